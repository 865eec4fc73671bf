/* Options as text and by name: what is read, what is refused and in which words, and what is told.
 * What a value may be, and options in files, are in test-options.c. */
#include "test-common.h"

#include "base/options/options.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>

enum { COUNT = 1, DEPTH, SPEED, OFFSET, FLAG, MODE, GOAL, LARGE, RATE };

/* Values that are not the places of their words. */
static const neuron_word modes[] = {{30, "valid"}, {20, "same"}, {40, "causal"}, {0, ""}};

static const neuron_option rows[] = {
    NEURON_REAL(GOAL, "goal", -FLT_MAX, FLT_MAX, NAN, "need not be set"),
    NEURON_INTEGER(COUNT, "count", 1, INT32_MAX, 5, "how many"),
    NEURON_REAL(DEPTH, "depth", 0.5, 3, 1, "how deep"),
    NEURON_REAL(SPEED, "speed", FLT_MIN, FLT_MAX, 2, "how fast"),
    NEURON_REAL(OFFSET, "offset", -FLT_MAX, FLT_MAX, 0, "where"),
    NEURON_FLAG(FLAG, "flag", 0, "whether"),
    NEURON_CHOICE(MODE, "mode", modes, 20, "how"),
    NEURON_INTEGER(LARGE, "large", -1, 1048576, 0, "of any size"),
    NEURON_REAL(RATE, "learning_rate", 0, DBL_MAX, 0.5, "how quickly"),
};

static const neuron_option_table table = NEURON_OPTION_TABLE(rows);

enum { ROWS = sizeof rows / sizeof rows[0] };

static neuron_options defaults(void)
{
    neuron_options options;
    neuron_options_reset(&options, &table);
    return options;
}

static bool same(const neuron_options *a, const neuron_options *b)
{
    return memcmp(a->values, b->values, sizeof a->values) == 0;
}

/* ---- What is read ---- */

static const struct {
    const char *text;
    neuron_setting settings[4];
} taken[] = {
    {NULL, {{0, 0}}},
    {"", {{0, 0}}},
    {" \t\r\n ", {{0, 0}}},
    {"count=7", {{COUNT, 7}}},
    {"count=7,depth=2.5", {{COUNT, 7}, {DEPTH, 2.5}}},
    {"\n\tcount = 7 ,\r\n  depth\t=\n2.5\r\n", {{COUNT, 7}, {DEPTH, 2.5}}},
    {"depth=2.5, mode=causal, count=7", {{COUNT, 7}, {DEPTH, 2.5}, {MODE, 40}}},
    {"count=7.0", {{COUNT, 7}}},
    {"count=7e2", {{COUNT, 700}}},
    {"count=0.7E1", {{COUNT, 7}}},
    {"count=2147483647", {{COUNT, 2147483647}}},
    {"count=0007", {{COUNT, 7}}},
    {"large=-1", {{LARGE, -1}}},
    {"large=+3", {{LARGE, 3}}},
    {"depth=.5", {{DEPTH, 0.5}}},
    {"depth=3.", {{DEPTH, 3}}},
    {"speed=1e-7", {{SPEED, 1e-7}}},
    {"speed=1.5e+2", {{SPEED, 150}}},
    {"offset=-1e38", {{OFFSET, -1e38}}},
    {"offset=0.1", {{OFFSET, 0.1}}}, /* the nearest double */
    {"offset=0.30000000000000004", {{OFFSET, 0.30000000000000004}}},
    {"learning_rate=2.2250738585072011e-308", {{RATE, 2.2250738585072011e-308}}},
    {"learning_rate=1.7976931348623157e308", {{RATE, DBL_MAX}}},
    {"learning_rate=1e-999", {{RATE, 0}}},
    {"goal=-0.25", {{GOAL, -0.25}}},
    {"mode=valid", {{MODE, 30}}},
    {"mode=same", {{MODE, 20}}},
    {"mode=causal", {{MODE, 40}}},
    {"flag=yes", {{FLAG, 1}}},
    {"flag=true", {{FLAG, 1}}},
    {"flag=1", {{FLAG, 1}}},
    {"flag=no", {{FLAG, 0}}},
    {"flag=false", {{FLAG, 0}}},
    {"flag=0", {{FLAG, 0}}},
    {"flag=yes,count=1,offset=1", {{FLAG, 1}, {COUNT, 1}, {OFFSET, 1}}},
};

/* Everything else stays as it is, be it a default or not. */
static void check_read(int i)
{
    neuron_options options = defaults(), expected;
    neuron_options_put(&options, FLAG, taken[i].settings[0].key != FLAG);
    expected = options;
    for (const neuron_setting *setting = taken[i].settings; setting->key; setting++)
        neuron_options_put(&expected, setting->key, setting->value);
    assert_ok(neuron_options_parse(&options, taken[i].text, "it"));
    assert_that(same(&options, &expected), "%s", taken[i].text ? taken[i].text : "NULL");
    for (int j = 0; j < ROWS; j++) {
        bool named = false;
        for (const neuron_setting *setting = taken[i].settings; setting->key; setting++)
            named = named || setting->key == rows[j].key;
        ck_assert(neuron_options_given(&options, rows[j].key) == named);
    }
}

START_TEST(text_is_read)
{
    check_read(_i);
}
END_TEST

/* ---- What is refused ---- */

#define FORTY  "abcdefghijabcdefghijabcdefghijabcdefghij"
#define COUNTS "; it must be 1 to 2,147,483,647"
#define FLAGS  "; it must be yes or no"
#define MODES  "; it must be valid, same or causal"
#define REALS  "; it must be finite as float32"

static const struct {
    const char *text, *message;
} refused[] = {
    {",", "it: an option is missing beside a comma"},
    {"count=7,", "it: an option is missing beside a comma"},
    {"count=7, \n", "it: an option is missing beside a comma"},
    {",count=7", "it: an option is missing beside a comma"},
    {"count=7,,depth=2", "it: an option is missing beside a comma"},
    {"count", "it: count has no value; write \"count=...\""},
    {"depth=2, count ", "it: count has no value; write \"count=...\""},
    {"count 7", "it: there is no option \"count 7\"; did you mean \"count\"?"},
    {"count=", "it: count has no value; write \"count=...\""},
    {"count= ,depth=2", "it: count has no value; write \"count=...\""},
    {"=7", "it: there is no option \"\"; its options are goal, count, depth, speed, offset, flag, "
           "mode, large, learning_rate"},
    {"=", "it: there is no option \"\"; its options are goal"},
    {"count=7, count=8", "it: count is given twice"},
    {"count=7, depth=2, count=7", "it: count is given twice"},
    {"learning_rate=1, goal=2, goal=3", "it: goal is given twice"},
    {"learning_rate=1, learning_rate=1", "it: learning_rate is given twice"},
    {"counts=7", "it: there is no option \"counts\"; did you mean \"count\"?"},
    {"Count=7", "it: there is no option \"Count\"; did you mean \"count\"?"},
    {"lr=7", "it: there is no option \"lr\"; did you mean \"learning_rate\"?"},
    {"learning-rate=7",
     "it: there is no option \"learning-rate\"; did you mean \"learning_rate\"?"},
    {"width=7", "it: there is no option \"width\"; its options are goal, count, depth, speed, "
                "offset, flag, mode, large, learning_rate"},
    {"\vcount=7", "\"; did you mean \"count\"?"}, /* which is no blank */
    {"count=7;depth=2", "it: count is 7;depth=2" COUNTS},
    {"count=7 depth=2", "it: count is 7 depth=2" COUNTS},
    {FORTY "klm=7", "it: there is no option \"" FORTY "\"; its options are goal"},
    {"count=" FORTY "klm", "it: count is " FORTY COUNTS},
    {"count=0", "it: count is 0" COUNTS},
    {"count=2147483648", "it: count is 2147483648" COUNTS},
    {"count=9223372036854775808", "it: count is 9223372036854775808" COUNTS},
    {"count=7.5", "it: count is 7.5" COUNTS},
    {"count=7.000000000000001", "it: count is 7.000000000000001" COUNTS},
    {"count=seven", "it: count is seven" COUNTS},
    {"count=yes", "it: count is yes" COUNTS},
    {"count=0x10", "it: count is 0x10" COUNTS},
    {"count=7f", "it: count is 7f" COUNTS},
    {"count=1_000", "it: count is 1_000" COUNTS},
    {"count=1 000", "it: count is 1 000" COUNTS},
    {"count==7", "it: count is =7" COUNTS},
    {"count=7=8", "it: count is 7=8" COUNTS},
    {"count=\"7\"", "it: count is \"7\"" COUNTS},
    {"offset=1,5", "it: there is no option \"5\"; its options are"},
    {"offset=inf", "it: offset is inf" REALS},
    {"offset=-inf", "it: offset is -inf" REALS},
    {"offset=infinity", "it: offset is infinity" REALS},
    {"offset=nan", "it: offset is nan" REALS},
    {"offset=NaN", "it: offset is NaN" REALS},
    {"goal=nan", "it: goal is nan" REALS},
    {"offset=0x1p-3", "it: offset is 0x1p-3" REALS},
    {"offset=1e", "it: offset is 1e" REALS},
    {"offset=1e+", "it: offset is 1e+" REALS},
    {"offset=e5", "it: offset is e5" REALS},
    {"offset=.", "it: offset is ." REALS},
    {"offset=-", "it: offset is -" REALS},
    {"offset=1.2.3", "it: offset is 1.2.3" REALS},
    {"offset=1e39", "it: offset is 1e39" REALS},
    {"learning_rate=1e999", "it: learning_rate is 1e999; it must be 0 or more and finite"},
    {"speed=1e-999", "it: speed is 1e-999; it must be above 0 and finite as float32"},
    {"depth=0.49999999999999994", "it: depth is 0.49999999999999994; it must be 0.5 to 3"},
    {"depth=3.0000000000000004", "it: depth is 3.0000000000000004; it must be 0.5 to 3"},
    {"flag=2", "it: flag is 2" FLAGS},
    {"flag=Yes", "it: flag is Yes" FLAGS},
    {"flag=y", "it: flag is y" FLAGS},
    {"flag=on", "it: flag is on" FLAGS},
    {"flag=1.0", "it: flag is 1.0" FLAGS},
    {"flag=truely", "it: flag is truely" FLAGS},
    {"mode=Same", "it: mode is Same" MODES},
    {"mode=sam", "it: mode is sam" MODES},
    {"mode=samex", "it: mode is samex" MODES},
    {"mode=20", "it: mode is 20" MODES},
    {"mode=valid same", "it: mode is valid same" MODES},
};

/* Whatever stood before it in the text. */
static void check_refused(int i)
{
    char text[128];
    neuron_options options = defaults();
    neuron_options_put(&options, LARGE, 77);
    const neuron_options before = options;
    assert_status(neuron_options_parse(&options, refused[i].text, "it"), NEURON_E_ARGUMENT);
    assert_message(refused[i].message);
    ck_assert(same(&options, &before));
    snprintf(text, sizeof text, "large=3,%s", refused[i].text);
    assert_status(neuron_options_parse(&options, text, "it"), NEURON_E_ARGUMENT);
    ck_assert(same(&options, &before));
}

START_TEST(text_is_refused)
{
    check_refused(_i);
}
END_TEST

START_TEST(what_has_no_options_says_so)
{
    static const neuron_option_table none = {NULL, 0};
    neuron_options options;
    neuron_options_reset(&options, &none);
    assert_ok(neuron_options_parse(&options, " ", "it"));
    assert_status(neuron_options_parse(&options, "count=1", "it"), NEURON_E_ARGUMENT);
    assert_message("it: there is no option \"count\"; it has none");
}
END_TEST

/* ---- Numbers by name ---- */

START_TEST(numbers_are_set_and_read)
{
    neuron_options options = defaults();
    double value;
    assert_ok(neuron_options_get_number(&options, "goal", &value, "it"));
    ck_assert(isnan(value));
    static const neuron_setting settings[] = {{GOAL, 0.125}, {COUNT, 9},         {DEPTH, 0.1 + 0.5},
                                              {SPEED, 3},    {OFFSET, -1.0 / 3}, {FLAG, 1},
                                              {LARGE, -1},   {RATE, 4}};
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        const char *name = neuron_options_find(&table, settings[i].key)->name;
        assert_ok(neuron_options_set_number(&options, name, settings[i].value, "it"));
        assert_ok(neuron_options_get_number(&options, name, &value, "it"));
        ck_assert(value == settings[i].value);
        ck_assert(neuron_options_value(&options, settings[i].key) == value);
        for (int j = 0; j < ROWS; j++)
            ck_assert(neuron_options_given(&options, rows[j].key) ==
                      (rows[j].key == settings[i].key));
    }
    ck_assert(neuron_options_value(&options, MODE) == 20);
}
END_TEST

static const struct {
    const char *name;
    double value;
    const char *message;
} numbers[] = {
    {"count", 0, "it: count is 0" COUNTS},
    {"count", 7.5, "it: count is 7.5" COUNTS},
    {"count", 5.000000000000001, "it: count is 5.000000000000001" COUNTS},
    {"count", 2147483648.0, "it: count is 2147483648" COUNTS},
    {"count", 0x1p63, "it: count is 9.22337203685478e+18" COUNTS},
    {"count", (double)NAN, "it: count is nan" COUNTS},
    {"large", -2, "it: large is -2; it must be -1 to 1,048,576"},
    {"large", 1048577, "it: large is 1048577; it must be -1 to 1,048,576"},
    {"flag", -1, "it: flag is -1" FLAGS},
    {"flag", 0.5, "it: flag is 0.5" FLAGS},
    {"goal", (double)NAN, "it: goal is none" REALS},
    {"offset", (double)INFINITY, "it: offset is inf" REALS},
    {"mode", 20, "it: mode is no number, but a word: valid, same or causal"},
    {"mode", (double)NAN, "it: mode is no number, but a word: valid, same or causal"},
    {"", 1, "it: there is no option \"\"; its options are goal, count"},
    {"counts", 7, "it: there is no option \"counts\"; did you mean \"count\"?"},
    {" count", 7, "it: there is no option \" count\"; did you mean \"count\"?"},
    {"width", 7, "it: there is no option \"width\"; its options are goal, count"},
    {NULL, 7, "it: option is NULL; it must not be"},
};

START_TEST(numbers_are_refused)
{
    neuron_options options = defaults();
    const neuron_options before = options;
    assert_status(neuron_options_set_number(&options, numbers[_i].name, numbers[_i].value, "it"),
                  NEURON_E_ARGUMENT);
    assert_message(numbers[_i].message);
    ck_assert(same(&options, &before));
}
END_TEST

START_TEST(what_is_no_number_is_not_read)
{
    static const char *const names[] = {"mode", "counts", "width", "", NULL};
    static const char *const messages[] = {
        "it: mode is no number, but a word: valid, same or causal",
        "it: there is no option \"counts\"; did you mean \"count\"?",
        "it: there is no option \"width\"; its options are", "it: there is no option \"\"",
        "it: option is NULL"};
    const neuron_options options = defaults();
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        double value = 7;
        assert_status(neuron_options_get_number(&options, names[i], &value, "it"),
                      NEURON_E_ARGUMENT);
        assert_message(messages[i]);
        ck_assert(value == 7);
    }
}
END_TEST

/* ---- Told as text ---- */

static void assert_text(const neuron_options *options, const char *name, const char *expected)
{
    char text[400];
    size_t needed = 0, size = strlen(expected) + 1;
    memset(text, '#', sizeof text);
    assert_ok(neuron_options_get_text(options, name, NULL, 0, &needed, "it"));
    ck_assert_uint_eq(needed, size);
    assert_ok(neuron_options_get_text(options, name, NULL, 0, NULL, "it"));
    assert_ok(neuron_options_get_text(options, name, text, size, NULL, "it"));
    ck_assert_str_eq(text, expected);
    ck_assert(text[size] == '#');
    memset(text, '#', sizeof text);
    needed = 0;
    assert_status(neuron_options_get_text(options, name, text, size - 1, &needed, "it"),
                  NEURON_E_ARGUMENT);
    assert_message("it: capacity is ");
    ck_assert_uint_eq(needed, size);
    ck_assert(text[size - 1] == '#');
}

START_TEST(values_are_told_as_text)
{
    neuron_options options = defaults();
    assert_text(&options, "goal", "");
    assert_text(&options, "count", "5");
    assert_text(&options, "learning_rate", "0.5");
    assert_text(&options, "flag", "no");
    assert_text(&options, "mode", "same");
    assert_text(&options, NULL,
                "count=5, depth=1, speed=2, offset=0, flag=no, mode=same, large=0, "
                "learning_rate=0.5");
    assert_ok(neuron_options_parse(
        &options, "goal=1e-7, flag=1, mode=causal, count=2147483647, offset=-3.25, depth=0.7",
        "it"));
    assert_text(&options, "goal", "1e-07");
    assert_text(&options, "flag", "yes");
    assert_text(&options, "mode", "causal");
    assert_text(&options, "depth", "0.7");
    assert_text(&options, NULL,
                "goal=1e-07, count=2147483647, depth=0.7, speed=2, offset=-3.25, "
                "flag=yes, mode=causal, large=0, learning_rate=0.5");
    size_t needed = 6;
    char text[8] = "as is";
    assert_status(neuron_options_get_text(&options, "counts", text, 8, &needed, "it"),
                  NEURON_E_ARGUMENT);
    assert_message("it: there is no option \"counts\"; did you mean \"count\"?");
    assert_status(neuron_options_get_text(&options, "", text, 8, &needed, "it"), NEURON_E_ARGUMENT);
    ck_assert_str_eq(text, "as is");
    ck_assert_uint_eq(needed, 6);
}
END_TEST

static void check_round_trip(const neuron_options *options)
{
    char text[400], one[64];
    neuron_options again = defaults();
    assert_ok(neuron_options_get_text(options, NULL, text, sizeof text, NULL, "it"));
    assert_ok(neuron_options_parse(&again, text, "it"));
    assert_that(same(&again, options), "%s", text);
    again = defaults();
    for (int i = 0; i < ROWS; i++) {
        assert_ok(neuron_options_get_text(options, rows[i].name, one, sizeof one, NULL, "it"));
        if (one[0] == '\0')
            continue;
        snprintf(text, sizeof text, "%s=%s", rows[i].name, one);
        assert_ok(neuron_options_parse(&again, text, "it"));
    }
    ck_assert(same(&again, options));
}

static const double all_digits[] = {
    1.0 / 3,           0.1 + 0.2, 1 - 0x1p-53,        1 + 0x1p-52, 0.001, 1e-7, 0x1.fffffep127,
    0x1p-126,          0.7,       123456789.12345678, 0x1p53 - 1,  1e22,  1e23, 9007199254740993.0,
    3.1415926535897931};

START_TEST(text_sets_the_same_again)
{
    neuron_options options = defaults();
    check_round_trip(&options);
    options.values[0] = all_digits[_i]; /* goal */
    neuron_options_put(&options, OFFSET, -all_digits[_i]);
    neuron_options_put(&options, SPEED, all_digits[_i]);
    neuron_options_put(&options, RATE, all_digits[_i] / 7);
    neuron_options_put(&options, FLAG, 1);
    neuron_options_put(&options, MODE, _i % 2 ? 30 : 40);
    neuron_options_put(&options, COUNT, 2147483647);
    neuron_options_put(&options, LARGE, -1);
    check_round_trip(&options);
}
END_TEST

START_TEST(the_locale_means_nothing)
{
    bool (*const locales[])(void) = {test_set_comma_locale, test_set_wide_point_locale};
    for (int which = 0; which < 2; which++) {
        if (!locales[which]())
            continue;
        for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
            check_read((int)i);
        for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
            check_refused((int)i);
        neuron_options options = defaults();
        assert_ok(neuron_options_parse(&options, "offset=-1.5, learning_rate=1e-7", "it"));
        assert_text(&options, "offset", "-1.5");
        assert_text(&options, "learning_rate", "1e-07");
        check_round_trip(&options);
        setlocale(LC_ALL, "C");
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("option-text");
    TCase *tests = tcase_create("option-text");
    tcase_add_loop_test(tests, text_is_read, 0, sizeof taken / sizeof *taken);
    tcase_add_loop_test(tests, text_is_refused, 0, sizeof refused / sizeof *refused);
    tcase_add_test(tests, what_has_no_options_says_so);
    tcase_add_test(tests, numbers_are_set_and_read);
    tcase_add_loop_test(tests, numbers_are_refused, 0, sizeof numbers / sizeof *numbers);
    tcase_add_test(tests, what_is_no_number_is_not_read);
    tcase_add_test(tests, values_are_told_as_text);
    tcase_add_loop_test(tests, text_sets_the_same_again, 0, sizeof all_digits / sizeof *all_digits);
    tcase_add_test(tests, the_locale_means_nothing);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
