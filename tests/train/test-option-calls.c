/* The calls by which the options of every handle are set and read, as text and as numbers, against
 * what neuron_kind_option() tells of them. */
#include "option-subjects.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>

/* ---- What is set is read back ---- */

/* Exactly, with a point whatever the locale. */
static void write_number(double value, char text[VALUE])
{
    snprintf(text, VALUE, "%.17g", value);
    const char *own = localeconv()->decimal_point;
    char *point = strstr(text, own);
    if (!point)
        return;
    *point = '.';
    memmove(point + 1, point + strlen(own), strlen(point + strlen(own)) + 1);
}

static const char *text_of(const subject *s, const char *option, char text[TEXT])
{
    assert_ok(s->calls->get_text(s->object, option, text, TEXT, NULL));
    return text;
}

/* Sets one option as text. */
static void set_as(const subject *s, const char *name, const char *value, int expected)
{
    char text[TEXT];
    snprintf(text, sizeof text, "%s=%s", name, value);
    assert_status(s->calls->set(s->object, text), expected);
}

static double number_of(const subject *s, const char *name)
{
    double value = -7;
    assert_ok(s->calls->get_number(s->object, name, &value));
    return value;
}

static void reset(const subject *s, const neuron_option_t *option)
{
    double standard = neuron_option_default(option);
    if (!isnan(standard))
        assert_ok(s->calls->set_number(s->object, neuron_option_name(option), standard));
}

static void assert_takes(const subject *s, const neuron_option_t *option, double value)
{
    const char *name = neuron_option_name(option);
    char given[VALUE], text[TEXT];
    assert_ok(s->calls->set_number(s->object, name, value));
    ck_assert(number_of(s, name) == value);
    text_of(s, name, text);
    reset(s, option);
    write_number(value, given);
    set_as(s, name, given, NEURON_OK);
    ck_assert(number_of(s, name) == value);
    reset(s, option);
    set_as(s, name, text, NEURON_OK); /* the text that was read */
    assert_that(number_of(s, name) == value, "%s: %s is %s", s->kind, name, text);
    reset(s, option);
}

static void assert_refuses(const subject *s, const neuron_option_t *option, double value)
{
    const char *name = neuron_option_name(option);
    char before[TEXT], after[TEXT], given[VALUE];
    text_of(s, NULL, before);
    snprintf(given, sizeof given, "%s is ", name);
    assert_status(s->calls->set_number(s->object, name, value), NEURON_E_ARGUMENT);
    assert_message(given);
    assert_message("; it must be ");
    write_number(value, given);
    set_as(s, name, given, NEURON_E_ARGUMENT);
    assert_message(given);
    assert_message("; it must be ");
    ck_assert_str_eq(text_of(s, NULL, after), before);
}

static void check_number(const subject *s, const neuron_option_t *option)
{
    const char *name = neuron_option_name(option);
    bool whole = neuron_option_type(option) == NEURON_OPTION_INTEGER;
    double low = neuron_option_minimum(option), high = neuron_option_maximum(option);
    double standard = neuron_option_default(option), is = number_of(s, name);
    ck_assert(low < high && (isnan(standard) || (low <= standard && standard <= high)));
    ck_assert(is == standard || (isnan(is) && isnan(standard)));
    ck_assert_ptr_null(neuron_option_word(option, 0));
    assert_takes(s, option, low);
    /* A split so large leaves no examples. */
    assert_takes(s, option, strcmp(name, "validation_split") == 0 ? 0.3 : high);
    assert_refuses(s, option, whole ? low - 1 : nextafter(low, -INFINITY));
    assert_refuses(s, option, whole ? high + 1 : nextafter(high, INFINITY));
    assert_refuses(s, option, INFINITY);
    assert_refuses(s, option, -INFINITY);
    assert_status(s->calls->set_number(s->object, name, NAN), NEURON_E_ARGUMENT);
    if (whole)
        assert_refuses(s, option, low + 0.5);
    const char *const none[] = {"yes", "nan", "0x10", "1;5", "1 2", "1=2", "1.5.2", "one"};
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
        set_as(s, name, none[i], NEURON_E_ARGUMENT);
}

static void check_flag(const subject *s, const neuron_option_t *option)
{
    static const char *const words[2][3] = {{"no", "false", "0"}, {"yes", "true", "1"}};
    static const char *const none[] = {"2", "-1", "y", "Yes", "on", "yes no", "0.5", "00"};
    const char *name = neuron_option_name(option);
    char text[TEXT];
    ck_assert(neuron_option_minimum(option) == 0 && neuron_option_maximum(option) == 1);
    ck_assert(number_of(s, name) == neuron_option_default(option));
    for (int on = 0; on < 2; on++) {
        for (int i = 0; i < 3; i++) {
            assert_ok(s->calls->set_number(s->object, name, 1 - on));
            set_as(s, name, words[on][i], NEURON_OK);
            ck_assert(number_of(s, name) == on);
            ck_assert_str_eq(text_of(s, name, text), words[on][0]);
        }
    }
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        set_as(s, name, none[i], NEURON_E_ARGUMENT);
        assert_message("; it must be yes or no");
    }
    const double bad[] = {2, -1, 0.5, INFINITY};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_refuses(s, option, bad[i]);
    ck_assert(number_of(s, name) == 1);
    reset(s, option);
}

static void check_words(const subject *s, const neuron_option_t *option)
{
    static const char *const none[] = {"10", "1", "nonsense", "yes"};
    const char *name = neuron_option_name(option), *word;
    char text[TEXT];
    double value = -7;
    bool many = neuron_option_word(option, 16); /* then only some are shown */
    ck_assert(isnan(neuron_option_minimum(option)) && isnan(neuron_option_maximum(option)) &&
              isnan(neuron_option_default(option)));
    ck_assert_str_eq(text_of(s, name, text), neuron_option_word(option, 0));
    for (int32_t i = 0; (word = neuron_option_word(option, i)); i++) {
        for (size_t j = 0; j < sizeof none / sizeof none[0]; j++) {
            set_as(s, name, none[j], NEURON_E_ARGUMENT);
            assert_message("; it must be ");
            if (!many)
                assert_message(word);
        }
        set_as(s, name, word, NEURON_OK);
        ck_assert_str_eq(text_of(s, name, text), word);
        assert_status(s->calls->set_number(s->object, name, i), NEURON_E_ARGUMENT);
        assert_message("is no number, but a word");
        if (!many)
            assert_message(word);
        assert_status(s->calls->get_number(s->object, name, &value), NEURON_E_ARGUMENT);
        assert_message("is no number, but a word");
        ck_assert(value == -7);
        ck_assert_str_eq(text_of(s, name, text), word);
    }
    set_as(s, name, neuron_option_word(option, 0), NEURON_OK);
}

static void check_options(const subject *s)
{
    const neuron_option_t *option;
    char before[TEXT], after[TEXT];
    text_of(s, NULL, before);
    for (int32_t i = 0; (option = neuron_kind_option(s->family, s->kind, i)); i++) {
        int32_t type = neuron_option_type(option);
        ck_assert(type == NEURON_OPTION_INTEGER || type == NEURON_OPTION_REAL ||
                  type == NEURON_OPTION_FLAG || type == NEURON_OPTION_WORD ||
                  type == NEURON_OPTION_WORDS);
        ck_assert(neuron_option_help(option)[0] != '\0');
        set_as(s, neuron_option_name(option), "", NEURON_E_ARGUMENT);
        assert_message(" has no value; write \"");
        set_as(s, neuron_option_name(option), " \n", NEURON_E_ARGUMENT);
        assert_message(" has no value; write \"");
        (type == NEURON_OPTION_FLAG   ? check_flag
         : type >= NEURON_OPTION_WORD ? check_words
                                      : check_number)(s, option);
    }
    /* Only what cannot be unset is not as it was. */
    bool set = strcmp(s->kind, "early_stopping") == 0;
    ck_assert_int_eq(strcmp(text_of(s, NULL, after), before) != 0, set);
    assert_ok(s->calls->set(s->object, after));
    assert_ok(s->calls->set(s->object, before));
}

START_TEST(every_option_of_every_kind)
{
    with_each(check_options);
}
END_TEST

/* ---- Names and lists ---- */

/* Another value of an option than its default, as text. */
static void write_other(const neuron_option_t *option, char text[VALUE])
{
    const char *word = neuron_option_word(option, 1);
    double low = neuron_option_minimum(option);
    bool real = neuron_option_type(option) == NEURON_OPTION_REAL;
    double other = low == neuron_option_default(option) ? low + 1 : real ? fmax(low, 0.25) : low;
    if (word)
        snprintf(text, VALUE, "%s", word);
    else
        write_number(other, text);
}

/* What is around or behind an option that is as it should be, and is not set then. */
static const struct {
    const char *before, *behind;
    bool twice;
} bad_lists[] = {
    {"", ", nonsense=1", false},
    {"", ", nonsense", false},
    {"", ",", false},
    {"", ",,", false},
    {",", "", false},
    {"", ", =3", false},
    {"", ", ", true},
    {"", "\n", true},
    {"", " ", true},
    {"", ",,", true},
    {"", "; nonsense=1", false},
    {"", " nonsense=1", false},
    {"nonsense=1, ", "", false},
    {"", ", , ", false},
    {"=", "", false},
};

static void check_lists(const subject *s)
{
    const neuron_option_t *option = neuron_kind_option(s->family, s->kind, 0);
    char text[TEXT], before[TEXT], after[TEXT], value[VALUE], good[2 * VALUE];
    text_of(s, NULL, before);
    assert_ok(s->calls->set(s->object, NULL));
    assert_ok(s->calls->set(s->object, ""));
    assert_ok(s->calls->set(s->object, " \t\r\n"));
    ck_assert_str_eq(text_of(s, NULL, after), before);
    assert_status(s->calls->set(s->object, "nonsense_nonsense=1"), NEURON_E_ARGUMENT);
    assert_message("there is no option \"nonsense_nonsense\"; ");
    assert_message(option ? "its options are " : "it has none");
    assert_message(option ? neuron_option_name(option) : "");
    if (!option)
        return;
    write_other(option, value);
    snprintf(good, sizeof good, "%s=%s", neuron_option_name(option), value);
    for (size_t i = 0; i < sizeof bad_lists / sizeof bad_lists[0]; i++) {
        snprintf(text, sizeof text, "%s%s%s%s", bad_lists[i].before, good, bad_lists[i].behind,
                 bad_lists[i].twice ? good : "");
        assert_status(s->calls->set(s->object, text), NEURON_E_ARGUMENT);
        ck_assert_str_eq(text_of(s, NULL, after), before);
    }
    snprintf(text, sizeof text, "\n\t %s \r\n = %s\n", neuron_option_name(option), value);
    assert_ok(s->calls->set(s->object, text));
    ck_assert_str_ne(text_of(s, NULL, after), before);
    assert_ok(s->calls->set(s->object, before));
}

START_TEST(a_list_is_set_as_a_whole)
{
    with_each(check_lists);
}
END_TEST

static const struct {
    const char *rule, *options, *message;
} bad_names[] = {
    {"adam", "lr=0.1", "adam: there is no option \"lr\"; did you mean \"learning_rate\"?"},
    {"adam", "learningrate=0.1", "did you mean \"learning_rate\"?"},
    {"adam", "Learning_Rate=0.1", "did you mean \"learning_rate\"?"},
    {"adam", "beta2=0.1", "did you mean \"beta_2\"?"},
    {"adam", "cgn=0.1", "did you mean \"clip_global_norm\"?"},
    {"sgd", "momen=0.1", "sgd: there is no option \"momen\"; did you mean \"momentum\"?"},
    {"sgd", "beta_1=0.1", "sgd: there is no option \"beta_1\"; its options are learning_rate, "},
    {"adam", "beta_1=0.1, beta_1=0.1", "adam: beta_1 is given twice"},
    {"adam", "beta_1", "adam: beta_1 has no value; write \"beta_1=...\""},
    {"adam", "beta_1=0.1,", "adam: an option is missing beside a comma"},
    {"adam", "beta_1=1", "adam: beta_1 is 1; it must be 0 or more and less than 1"},
    {"adam", "beta_1=0,5", "adam: there is no option \"5\""},
    {"sgd", "nesterov=perhaps", "sgd: nesterov is perhaps; it must be yes or no"},
    {"sgd", "clip_norm=1, clip_value=1",
     "sgd: only one of clip_value, clip_norm and clip_global_norm may be above 0"},
};

START_TEST(names_that_are_not_there)
{
    neuron_context_t *context = test_context();
    neuron_optimizer_t *made = (neuron_optimizer_t *)&context;
    assert_status(
        neuron_optimizer_create(&made, context, bad_names[_i].rule, bad_names[_i].options),
        NEURON_E_ARGUMENT);
    assert_message(bad_names[_i].message);
    ck_assert_ptr_null(made);
    assert_ok(neuron_optimizer_create(&made, context, bad_names[_i].rule, NULL));
    assert_status(neuron_optimizer_set(made, bad_names[_i].options), NEURON_E_ARGUMENT);
    assert_message(bad_names[_i].message);
    neuron_optimizer_unref(made);
    neuron_context_unref(context);
}
END_TEST

/* ---- NULL, sizes and locales ---- */

static void check_null(const subject *s)
{
    const neuron_option_t *option = neuron_kind_option(s->family, s->kind, 0);
    const char *name = option ? neuron_option_name(option) : "nonsense";
    const calls *c = s->calls;
    char text[TEXT];
    double value = -7;
    size_t needed = 7;
    assert_status(c->set(NULL, NULL), NEURON_E_ARGUMENT);
    assert_status(c->set(NULL, "nonsense=1"), NEURON_E_ARGUMENT);
    assert_status(c->set_number(NULL, name, 1), NEURON_E_ARGUMENT);
    assert_status(c->get_number(NULL, name, &value), NEURON_E_ARGUMENT);
    assert_status(c->get_text(NULL, name, text, sizeof text, &needed), NEURON_E_ARGUMENT);
    assert_status(c->set_number(s->object, NULL, 1), NEURON_E_ARGUMENT);
    assert_message("option is NULL; it must not be");
    assert_status(c->get_number(s->object, NULL, &value), NEURON_E_ARGUMENT);
    assert_message("option is NULL; it must not be");
    assert_status(c->get_number(s->object, name, NULL), NEURON_E_ARGUMENT);
    assert_status(c->set_number(s->object, "nonsense_nonsense", 1), NEURON_E_ARGUMENT);
    assert_message("there is no option \"nonsense_nonsense\"; ");
    assert_status(c->get_number(s->object, "nonsense_nonsense", &value), NEURON_E_ARGUMENT);
    assert_message("there is no option \"nonsense_nonsense\"; ");
    assert_status(c->get_number(s->object, "", &value), NEURON_E_ARGUMENT);
    assert_status(c->get_text(s->object, "nonsense_nonsense", text, sizeof text, &needed),
                  NEURON_E_ARGUMENT);
    assert_message("there is no option \"nonsense_nonsense\"; ");
    ck_assert(value == -7);
}

START_TEST(nothing_is_null)
{
    with_each(check_null);
}
END_TEST

static void check_sizes(const subject *s)
{
    const neuron_option_t *option = neuron_kind_option(s->family, s->kind, 0);
    const char *const names[] = {NULL, option ? neuron_option_name(option) : NULL};
    for (int i = 0; i < 2; i++) {
        char whole[TEXT], text[TEXT];
        size_t size = strlen(text_of(s, names[i], whole)) + 1, needed = 0;
        assert_ok(s->calls->get_text(s->object, names[i], NULL, 0, &needed));
        ck_assert_uint_eq(needed, size);
        assert_ok(s->calls->get_text(s->object, names[i], NULL, 0, NULL));
        for (size_t capacity = 0; capacity <= size; capacity++) {
            memset(text, '#', sizeof text);
            needed = 0;
            assert_status(s->calls->get_text(s->object, names[i], text, capacity, &needed),
                          capacity < size ? NEURON_E_ARGUMENT : NEURON_OK);
            ck_assert_uint_eq(needed, size);
            ck_assert(text[capacity] == '#');
        }
        ck_assert_str_eq(text, whole);
    }
}

START_TEST(texts_have_sizes)
{
    with_each(check_sizes);
}
END_TEST

START_TEST(locales_change_nothing)
{
    bool (*const set_locale[])(void) = {test_set_comma_locale, test_set_wide_point_locale};
    if (!set_locale[_i]())
        return;
    with_each(check_options);
    with_each(check_lists);
    setlocale(LC_ALL, "C");
}
END_TEST

/* ---- Kinds ---- */

/* As many as have been told of, and no others. */
START_TEST(kinds_are_told_of)
{
    static const struct {
        const char *family;
        int64_t count;
        const char *one;
    } families[] = {
        {"optimizer", 8, "adamw"},   {"loss", 10, "huber"},
        {"callback", 8, "warm_up"},  {"augmentation", 1, "augmentation"},
        {"trainer", 1, "trainer"},   {"quantization", 1, "quantization"},
        {"nonsense", 0, "nonsense"}, {"optimizers", 0, "adam"},
    };
    for (size_t i = 0; i < sizeof families / sizeof families[0]; i++) {
        const char *family = families[i].family;
        bool found = false;
        ck_assert_int_eq(neuron_kind_count(family), families[i].count);
        for (int64_t k = 0; k < families[i].count; k++)
            found = found || strcmp(neuron_kind_name(family, k), families[i].one) == 0;
        ck_assert_int_eq(found, families[i].count > 0);
        ck_assert_ptr_null(neuron_kind_name(family, families[i].count));
        ck_assert_ptr_null(neuron_kind_name(family, -1));
        ck_assert_ptr_null(neuron_kind_option(family, "nonsense", 0));
        ck_assert_ptr_null(neuron_kind_option(family, NULL, 0));
        ck_assert_ptr_null(neuron_kind_option(family, families[i].one, -1));
        ck_assert_ptr_null(neuron_kind_option(family, families[i].one, 99));
    }
    ck_assert_int_gt(neuron_kind_count("layer"), 20);
    ck_assert_int_eq(neuron_kind_count(NULL), 0);
    ck_assert_ptr_null(neuron_kind_name(NULL, 0));
    ck_assert_ptr_null(neuron_kind_option(NULL, "adam", 0));
    ck_assert_ptr_null(neuron_option_name(NULL));
    ck_assert_ptr_null(neuron_option_help(NULL));
    ck_assert_ptr_null(neuron_option_word(NULL, 0));
    ck_assert_int_eq(neuron_option_type(NULL), 0);
    ck_assert(isnan(neuron_option_minimum(NULL)) && isnan(neuron_option_maximum(NULL)) &&
              isnan(neuron_option_default(NULL)));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("option-calls");
    TCase *tests = tcase_create("option-calls");
    tcase_add_test(tests, every_option_of_every_kind);
    tcase_add_test(tests, a_list_is_set_as_a_whole);
    tcase_add_loop_test(tests, names_that_are_not_there, 0, sizeof bad_names / sizeof bad_names[0]);
    tcase_add_test(tests, nothing_is_null);
    tcase_add_test(tests, texts_have_sizes);
    tcase_add_loop_test(tests, locales_change_nothing, 0, 2);
    tcase_add_test(tests, kinds_are_told_of);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
