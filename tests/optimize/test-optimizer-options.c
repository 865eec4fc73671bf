/* Handles of optimizers: rules and options by name, their bounds, and what is refused. */
#include "test-common.h"

#include "optimize/optimizer.h"

#include <math.h>
#include <stdio.h>

static const char *const rules[] = {"sgd",      "adam",  "rmsprop", "adagrad",
                                    "adadelta", "adamw", "adamax",  "nadam"};

enum { RULES = sizeof rules / sizeof rules[0] };

static neuron_context_t *context;

static void begin(void)
{
    context = test_context();
}

static void end(void)
{
    neuron_context_unref(context);
}

static neuron_optimizer_t *make(const char *rule, const char *options)
{
    neuron_optimizer_t *optimizer;
    assert_ok(neuron_optimizer_create(&optimizer, context, rule, options));
    return optimizer;
}

static double option(const neuron_optimizer_t *optimizer, const char *name)
{
    double value;
    assert_ok(neuron_optimizer_get_number(&value, optimizer, name));
    return value;
}

static const neuron_option_t *find_option(const char *rule, const char *name)
{
    const neuron_option_t *found;
    for (int32_t i = 0; (found = neuron_kind_option("optimizer", rule, i)); i++)
        if (strcmp(neuron_option_name(found), name) == 0)
            return found;
    ck_abort_msg("%s has no option %s", rule, name);
    return NULL;
}

/* Both bounds are taken, what lies beyond them is not, and a refusal changes nothing. */
static void check_bounds(neuron_optimizer_t *optimizer, const char *name, const char *low,
                         const char *high)
{
    const neuron_option_t *row = find_option(neuron_optimizer_kind(optimizer), name);
    double minimum = neuron_option_minimum(row), maximum = neuron_option_maximum(row);
    assert_ok(neuron_optimizer_set_number(optimizer, name, minimum));
    ck_assert(option(optimizer, name) == minimum);
    assert_ok(neuron_optimizer_set_number(optimizer, name, maximum));
    const double beyond[] = {nextafter(minimum, -INFINITY), nextafter(maximum, INFINITY), NAN,
                             INFINITY, -INFINITY};
    for (size_t i = 0; i < sizeof beyond / sizeof beyond[0]; i++)
        assert_status(neuron_optimizer_set_number(optimizer, name, beyond[i]), NEURON_E_ARGUMENT);
    ck_assert(option(optimizer, name) == maximum);
    assert_status(neuron_optimizer_set_number(optimizer, name, -1), NEURON_E_ARGUMENT);
    assert_message(low);
    char text[64];
    snprintf(text, sizeof text, "%s=-1", name);
    assert_status(neuron_optimizer_set(optimizer, text), NEURON_E_ARGUMENT);
    assert_message(low);
    assert_status(neuron_optimizer_set_number(optimizer, name, INFINITY), NEURON_E_ARGUMENT);
    assert_message(high);
    ck_assert(option(optimizer, name) == maximum);
}

/* Those of every rule too: high enough and low enough for any use, and nothing beyond. */
START_TEST(all_options_have_bounds)
{
    neuron_optimizer_t *optimizer = make(rules[_i], NULL);
    for (int32_t i = 0; i < optimizer->rule->options.count; i++) {
        const neuron_option *row = &optimizer->rule->options.rows[i];
        check_bounds(optimizer, row->name, row->name, row->name);
        assert_ok(neuron_optimizer_set_number(optimizer, row->name, row->standard));
    }
    neuron_optimizer_unref(optimizer);
}
END_TEST

START_TEST(options_have_bounds)
{
    neuron_optimizer_t *sgd = make("sgd", ""), *adam = make("adam", " \n");
    check_bounds(adam, "learning_rate", "adam: learning_rate is -1; it must be 0 or more",
                 "adam: learning_rate is inf; it must be 0 or more and finite as float32");
    check_bounds(sgd, "learning_rate", "sgd: learning_rate is -1; it must be 0 or more",
                 "sgd: learning_rate is inf; it must be 0 or more and finite as float32");
    check_bounds(sgd, "momentum", "sgd: momentum is -1; it must be 0 to 1",
                 "sgd: momentum is inf; it must be 0 to 1");
    check_bounds(adam, "beta_1", "adam: beta_1 is -1; it must be 0 or more", "and less than 1");
    check_bounds(adam, "beta_2", "adam: beta_2 is -1; it must be 0 or more", "and less than 1");
    check_bounds(adam, "epsilon", "adam: epsilon is -1; it must be above 0", "epsilon is inf");
    assert_ok(neuron_optimizer_set(sgd, "nesterov=yes"));
    const double beyond[] = {-1, 2, 0.5, INT64_MIN, 0x1p63, NAN};
    for (size_t i = 0; i < sizeof beyond / sizeof beyond[0]; i++) {
        assert_status(neuron_optimizer_set_number(sgd, "nesterov", beyond[i]), NEURON_E_ARGUMENT);
        assert_message("; it must be yes or no");
    }
    ck_assert(option(sgd, "nesterov") == 1);
    assert_status(neuron_optimizer_set(adam, "beta_1=1"), NEURON_E_ARGUMENT);
    assert_message("adam: beta_1 is 1; it must be 0 or more and less than 1");
    assert_status(neuron_optimizer_set(adam, "epsilon=0"), NEURON_E_ARGUMENT);
    assert_message("adam: epsilon is 0; it must be above 0");
    neuron_optimizer_unref(sgd);
    neuron_optimizer_unref(adam);
}
END_TEST

START_TEST(one_way_to_clip)
{
    static const char *const ways[] = {"clip_value", "clip_norm", "clip_global_norm"};
    static const char *const both[] = {"clip_value=1, clip_norm=1",
                                       "learning_rate=5,clip_global_norm=1,clip_value=2",
                                       "clip_norm=0.5, clip_global_norm=0.5, clip_value=0"};
    neuron_optimizer_t *optimizer = make(rules[_i], NULL), *none;
    for (int i = 0; i < 3; i++) {
        assert_ok(neuron_optimizer_set_number(optimizer, ways[i], 2));
        assert_ok(neuron_optimizer_set_number(optimizer, ways[i], 0.5));
        for (int j = 0; j < 3; j++) {
            assert_ok(neuron_optimizer_set_number(optimizer, ways[j], i == j ? 0.5 : 0));
            if (i == j)
                continue;
            assert_status(neuron_optimizer_set_number(optimizer, ways[j], 3), NEURON_E_ARGUMENT);
            assert_message(
                ": only one of clip_value, clip_norm and clip_global_norm may be above 0");
            assert_message(rules[_i]);
            ck_assert(option(optimizer, ways[j]) == 0 && option(optimizer, ways[i]) == 0.5);
        }
        ck_assert(neuron_optimizer_clips_norms(optimizer) == (i > 0));
        assert_ok(neuron_optimizer_set_number(optimizer, ways[i], 0));
    }
    ck_assert(!neuron_optimizer_clips_norms(optimizer));
    double rate = option(optimizer, "learning_rate");
    for (int i = 0; i < 3; i++) {
        assert_status(neuron_optimizer_set(optimizer, both[i]), NEURON_E_ARGUMENT);
        assert_message(": only one of clip_value, clip_norm and clip_global_norm may be above 0");
        none = optimizer;
        assert_status(neuron_optimizer_create(&none, context, rules[_i], both[i]),
                      NEURON_E_ARGUMENT);
        ck_assert_ptr_null(none);
        for (int j = 0; j < 3; j++)
            ck_assert(option(optimizer, ways[j]) == 0);
        ck_assert(option(optimizer, "learning_rate") == rate);
    }
    /* From one way to another in one call, in whatever order. */
    assert_ok(neuron_optimizer_set(optimizer, "clip_value=1"));
    assert_ok(neuron_optimizer_set(optimizer, "clip_norm=2, clip_value=0"));
    ck_assert(option(optimizer, "clip_value") == 0 && option(optimizer, "clip_norm") == 2);
    neuron_optimizer_unref(optimizer);
}
END_TEST

/* All of it or nothing, and trainers are told of a rate that is set, be it the same. */
START_TEST(a_text_is_taken_whole_or_not_at_all)
{
    static const char *const texts[] = {
        "learning_rate=0.5, beta_1=1",   "learning_rate=0.5, beta1=0.5",
        "learning_rate=0.5, beta_1",     "learning_rate=0.5,",
        "learning_rate=0.5, rho=0.5",    "learning_rate=0.5, learning_rate=0.5",
        "learning_rate=0.5, clip_norm=x"};
    neuron_optimizer_t *adam = make("adam", "learning_rate=0.25, beta_1=0.75");
    uint64_t changes = adam->rate_changes;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        assert_status(neuron_optimizer_set(adam, texts[i]), NEURON_E_ARGUMENT);
        ck_assert(option(adam, "learning_rate") == 0.25 && option(adam, "beta_1") == 0.75);
    }
    assert_ok(neuron_optimizer_set(adam, "epsilon=1e-3"));
    assert_ok(neuron_optimizer_set_number(adam, "epsilon", 1e-3));
    assert_ok(neuron_optimizer_set(adam, NULL));
    ck_assert_uint_eq(adam->rate_changes, changes);
    assert_ok(neuron_optimizer_set(adam, "epsilon=1e-3, learning_rate=0.25"));
    assert_ok(neuron_optimizer_set_number(adam, "learning_rate", 0.25));
    assert_ok(neuron_optimizer_set(adam, "learning_rate=0.5"));
    ck_assert_uint_eq(adam->rate_changes, changes + 3);
    ck_assert(option(adam, "epsilon") == 1e-3);
    neuron_optimizer_unref(adam);
}
END_TEST

START_TEST(options_are_told_as_text)
{
    neuron_optimizer_t *sgd = make("sgd", "nesterov=true, momentum=0.9"), *again;
    char text[160], small[8] = "as is";
    size_t needed;
    assert_ok(neuron_optimizer_get_text(text, sizeof text, &needed, sgd, NULL));
    ck_assert_str_eq(text, "learning_rate=0.01, momentum=0.9, nesterov=yes, clip_value=0, "
                           "clip_norm=0, clip_global_norm=0");
    ck_assert_uint_eq(needed, strlen(text) + 1);
    again = make("sgd", text);
    ck_assert_mem_eq(again->options.values, sgd->options.values, sizeof sgd->options.values);
    assert_ok(neuron_optimizer_get_text(text, 4, &needed, sgd, "nesterov"));
    ck_assert_str_eq(text, "yes");
    ck_assert_uint_eq(needed, 4);
    assert_status(neuron_optimizer_get_text(small, 4, &needed, sgd, "learning_rate"),
                  NEURON_E_ARGUMENT);
    ck_assert_uint_eq(needed, 5);
    assert_ok(neuron_optimizer_get_text(NULL, 0, &needed, sgd, "learning_rate"));
    ck_assert_uint_eq(needed, 5);
    assert_status(neuron_optimizer_get_text(text, sizeof text, &needed, sgd, "rate"),
                  NEURON_E_ARGUMENT);
    assert_message("sgd: there is no option \"rate\"");
    neuron_optimizer_unref(again);
    neuron_optimizer_unref(sgd);
}
END_TEST

START_TEST(unknown_names_are_refused_with_the_nearest)
{
    static const struct {
        const char *rule, *options, *message;
    } cases[] = {
        {"adm", NULL, "optimizer: there is no rule \"adm\"; did you mean \"adam\"?"},
        {"ADAM", NULL, "optimizer: there is no rule \"ADAM\"; did you mean \"adam\"?"},
        {"lion", NULL,
         "optimizer: there is no rule \"lion\", but sgd, adam, rmsprop, adagrad, "
         "adadelta, adamw, adamax, nadam"},
        {"", NULL, "optimizer: there is no rule \"\", but sgd"},
        {"adam", "lr=0.1", "adam: there is no option \"lr\"; did you mean \"learning_rate\"?"},
        {"adam", "beta1=0.1", "adam: there is no option \"beta1\"; did you mean \"beta_1\"?"},
        {"sgd", "momenta=0.1", "sgd: there is no option \"momenta\"; did you mean \"momentum\"?"},
        {"sgd", "beta_1=0.5",
         "sgd: there is no option \"beta_1\"; its options are learning_rate, momentum, nesterov, "
         "clip_value, clip_norm, clip_global_norm"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        neuron_optimizer_t *none = (neuron_optimizer_t *)context;
        assert_status(neuron_optimizer_create(&none, context, cases[i].rule, cases[i].options),
                      NEURON_E_ARGUMENT);
        assert_message(cases[i].message);
        ck_assert_ptr_null(none);
    }
}
END_TEST

START_TEST(bad_arguments_are_refused)
{
    neuron_optimizer_t *sgd, *none = (neuron_optimizer_t *)context;
    double a = 7;
    assert_status(neuron_optimizer_create(NULL, context, "sgd", NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_optimizer_create(&none, NULL, "sgd", NULL), NEURON_E_ARGUMENT);
    ck_assert_ptr_null(none);
    none = (neuron_optimizer_t *)context;
    assert_status(neuron_optimizer_create(&none, context, NULL, NULL), NEURON_E_ARGUMENT);
    assert_message("optimizer: rule is NULL");
    ck_assert_ptr_null(none);
    sgd = make("sgd", NULL);
    assert_status(neuron_optimizer_set(NULL, "nesterov=yes"), NEURON_E_ARGUMENT);
    assert_status(neuron_optimizer_set_number(NULL, "learning_rate", 1), NEURON_E_ARGUMENT);
    assert_status(neuron_optimizer_set_number(sgd, NULL, 1), NEURON_E_ARGUMENT);
    assert_message("sgd: option is NULL");
    assert_status(neuron_optimizer_get_number(&a, NULL, "learning_rate"), NEURON_E_ARGUMENT);
    assert_status(neuron_optimizer_get_number(NULL, sgd, "learning_rate"), NEURON_E_ARGUMENT);
    assert_status(neuron_optimizer_get_number(&a, sgd, NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_optimizer_get_text(NULL, 0, NULL, NULL, NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_optimizer_get_number(&a, sgd, "epsilon"), NEURON_E_ARGUMENT);
    assert_status(neuron_optimizer_set_number(sgd, "epsilon", 1), NEURON_E_ARGUMENT);
    assert_status(neuron_optimizer_set(sgd, "beta_1=0.5"), NEURON_E_ARGUMENT);
    ck_assert(a == 7);
    ck_assert_ptr_null(neuron_optimizer_kind(NULL));
    ck_assert_ptr_null(neuron_optimizer_ref(NULL));
    neuron_optimizer_unref(NULL);
    ck_assert_ptr_eq(neuron_optimizer_ref(sgd), sgd);
    neuron_optimizer_unref(sgd);
    neuron_optimizer_unref(sgd);
}
END_TEST

START_TEST(an_optimizer_keeps_its_context)
{
    neuron_context_t *other = test_context();
    neuron_optimizer_t *sgd;
    assert_ok(neuron_optimizer_create(&sgd, other, "sgd", NULL));
    neuron_context_unref(other);
    assert_ok(neuron_optimizer_set_number(sgd, "learning_rate", 1));
    neuron_optimizer_unref(sgd);
}
END_TEST

/* A refused text leaves nothing behind, and so does each allocation that fails. */
START_TEST(nothing_is_left_of_what_failed)
{
    test_memory memory = {0};
    neuron_context_t *limited = test_limited_context(&memory);
    neuron_optimizer_t *adam;
    long live = atomic_load(&memory.live);
    assert_status(neuron_optimizer_create(&adam, limited, "adam", "beta_1=2"), NEURON_E_ARGUMENT);
    assert_status(neuron_optimizer_create(&adam, limited, "adam", "clip_norm=1, clip_value=1"),
                  NEURON_E_ARGUMENT);
    ck_assert_int_eq(atomic_load(&memory.live), live);
    atomic_store(&memory.left, 0);
    assert_status(neuron_optimizer_create(&adam, limited, "adam", "beta_1=0.5"), NEURON_E_MEMORY);
    ck_assert_ptr_null(adam);
    test_refill(&memory);
    ck_assert_int_eq(atomic_load(&memory.live), live);
    neuron_context_unref(limited);
    ck_assert_int_eq(atomic_load(&memory.live), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("optimizer-options");
    TCase *cases = tcase_create("optimizer-options");
    tcase_add_checked_fixture(cases, begin, end);
    tcase_add_loop_test(cases, all_options_have_bounds, 0, RULES);
    tcase_add_test(cases, options_have_bounds);
    tcase_add_loop_test(cases, one_way_to_clip, 0, RULES);
    tcase_add_test(cases, a_text_is_taken_whole_or_not_at_all);
    tcase_add_test(cases, options_are_told_as_text);
    tcase_add_test(cases, unknown_names_are_refused_with_the_nearest);
    tcase_add_test(cases, bad_arguments_are_refused);
    tcase_add_test(cases, an_optimizer_keeps_its_context);
    tcase_add_test(cases, nothing_is_left_of_what_failed);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
