#include "test-common.h"

#include "base/options.h"

#include <locale.h>
#include <math.h>

enum {
    COUNT = 10,
    DEPTH = 20,
    SHARE = 30,
    SPEED = 40,
    OFFSET = 50,
    FLAG = 60,
    MODE = 70,
    RATE = 80
};

static const int32_t modes[] = {10, 20, 40, 0};

static const neuron_option rows[] = {
    {COUNT, "count", true, 1, INT32_MAX, 5, NULL},
    {DEPTH, "depth", false, 0.5, 3, 1, NULL},
    {SHARE, "share", false, 0, NEURON_BELOW_ONE, 0.25, NULL},
    {SPEED, "speed", false, FLT_MIN, FLT_MAX, 2, NULL},
    {OFFSET, "offset", false, -FLT_MAX, FLT_MAX, 0, NULL},
    {FLAG, "flag", true, 0, 1, 0, NULL},
    {MODE, "mode", true, 10, 40, 20, modes},
    {RATE, "rate", false, 0, FLT_MAX, 0.5, NULL},
    {90, "open", false, DBL_MIN, 0x1.fffffep-1, 0.5, NULL},
    {100, "high", false, FLT_MIN, 7, 0.5, NULL},
    {110, "zoom", false, 0, 0.99, 0, NULL},
};

static const neuron_option_table table = NEURON_OPTION_TABLE(rows);

enum { ROWS = sizeof rows / sizeof rows[0] };

static const struct {
    int32_t key;
    double value;
    const char *message;
} refusals[] = {
    {COUNT, 0, "it: count 0 is not a whole number from 1 to 2147483647"},
    {COUNT, 1.5, "it: count 1.5 is not a whole number from 1 to 2147483647"},
    {COUNT, 2147483648.0, "it: count 2147483648 is not"},
    {COUNT, (double)NAN, "it: count nan is not"},
    {DEPTH, 0.25, "it: depth 0.25 is not 0.5 to 3"},
    {DEPTH, (double)NAN, "it: depth nan is not 0.5 to 3"},
    {SHARE, 1, "it: share 1 is not 0 or more and less than 1"},
    {SPEED, 0, "it: speed 0 is not above 0 and finite as float"},
    {SPEED, 1e39, "it: speed 1e+39 is not above 0 and finite as float"},
    {OFFSET, 1e300, "it: offset 1e+300 is not a number that is finite as float"},
    {SPEED, (double)INFINITY, "it: speed inf is not above 0 and finite as float"},
    {OFFSET, -(double)INFINITY, "it: offset -inf is not a number that is finite as float"},
    {FLAG, 2, "it: flag 2 is not 0 or 1"},
    {FLAG, 0.5, "it: flag 0.5 is not 0 or 1"},
    {MODE, 30, "it: mode 30 is not one of its choices"},
    {MODE, 0, "it: mode 0 is not one of its choices"},
    {RATE, -1, "it: rate -1 is not 0 or more and finite as float"},
    {90, 0, "it: open 0 is not above 0 and less than 1"},
    {100, 8, "it: high 8 is not above 0 and at most 7"},
    {110, 1.5, "it: zoom 1.5 is not 0 to 0.99"},
    {110, 0x1.fae147ae147afp-1, "it: zoom 0.9900000000000001 is not 0 to 0.99"},
    {COUNT, 5.000000000000001, "it: count 5.000000000000001 is not a whole number from 1 to"},
};

static const neuron_option *row_of(int32_t key)
{
    return &rows[neuron_options_find(&table, key)];
}

START_TEST(what_is_out_of_bounds_is_refused_in_words)
{
    const neuron_option *row = row_of(refusals[_i].key);
    ck_assert(!neuron_option_takes(row, refusals[_i].value));
    assert_status(neuron_option_check(row, refusals[_i].value, "it"), NEURON_E_ARGUMENT);
    assert_message(refusals[_i].message);
}
END_TEST

START_TEST(refusals_do_not_depend_on_the_locale)
{
    test_set_comma_locale();
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        assert_status(neuron_option_check(row_of(refusals[i].key), refusals[i].value, "it"),
                      NEURON_E_ARGUMENT);
        assert_message(refusals[i].message);
    }
    setlocale(LC_ALL, "C");
}
END_TEST

START_TEST(bounds_and_defaults_are_taken)
{
    double values[ROWS];
    neuron_options_reset(&table, values);
    for (int32_t i = 0; i < ROWS; i++) {
        double minimum, maximum;
        assert_ok(neuron_options_bounds(&table, rows[i].key, &minimum, &maximum, "it"));
        assert_ok(neuron_option_check(&rows[i], minimum, "it"));
        assert_ok(neuron_option_check(&rows[i], maximum, "it"));
        ck_assert(!neuron_option_takes(&rows[i], nextafter(minimum, -INFINITY)));
        ck_assert(!neuron_option_takes(&rows[i], nextafter(maximum, INFINITY)));
        assert_ok(neuron_option_check(&rows[i], values[i], "it"));
        ck_assert(values[i] == rows[i].fallback);
    }
}
END_TEST

START_TEST(values_are_set_and_read_by_key)
{
    double values[ROWS], value;
    int64_t whole;
    neuron_options_reset(&table, values);
    assert_ok(neuron_options_set_int(&table, values, MODE, 40, "it"));
    assert_ok(neuron_options_set_float(&table, values, DEPTH, 2.5, "it"));
    assert_ok(neuron_options_get_int(&table, values, MODE, &whole, "it"));
    ck_assert_int_eq(whole, 40);
    assert_ok(neuron_options_get_float(&table, values, DEPTH, &value, "it"));
    ck_assert(value == 2.5);
    ck_assert(neuron_options_value(&table, values, DEPTH) == 2.5);
    ck_assert(neuron_options_value(&table, values, COUNT) == 5);
}
END_TEST

START_TEST(a_refusal_changes_nothing)
{
    double values[ROWS], minimum = 7, maximum = 8, value = 9;
    neuron_options_reset(&table, values);
    assert_status(neuron_options_set_float(&table, values, COUNT, 3, "it"), NEURON_E_ARGUMENT);
    assert_message("it: count is a whole number");
    assert_status(neuron_options_set_int(&table, values, DEPTH, 3, "it"), NEURON_E_ARGUMENT);
    assert_message("it: depth is a real number");
    assert_status(neuron_options_set_int(&table, values, COUNT, INT64_MAX, "it"),
                  NEURON_E_ARGUMENT);
    assert_status(neuron_options_set_float(&table, values, 45, 3, "it"), NEURON_E_ARGUMENT);
    assert_message("it: has no option 45");
    for (int32_t i = 0; i < ROWS; i++)
        ck_assert(values[i] == rows[i].fallback);
    int64_t whole = 6;
    assert_status(neuron_options_get_int(&table, values, 45, &whole, "it"), NEURON_E_ARGUMENT);
    assert_message("it: has no option 45");
    assert_status(neuron_options_get_float(&table, values, 45, &value, "it"), NEURON_E_ARGUMENT);
    assert_message("it: has no option 45");
    assert_status(neuron_options_get_int(&table, values, DEPTH, &whole, "it"), NEURON_E_ARGUMENT);
    assert_message("it: depth is a real number");
    assert_status(neuron_options_get_float(&table, values, COUNT, &value, "it"), NEURON_E_ARGUMENT);
    assert_message("it: count is a whole number");
    assert_status(neuron_options_bounds(&table, 45, &minimum, &maximum, "it"), NEURON_E_ARGUMENT);
    assert_message("it: has no option 45");
    ck_assert(value == 9 && whole == 6 && minimum == 7 && maximum == 8);
    ck_assert_int_eq(neuron_options_find(&table, 45), -1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("options");
    TCase *tests = tcase_create("options");
    tcase_add_loop_test(tests, what_is_out_of_bounds_is_refused_in_words, 0,
                        sizeof refusals / sizeof refusals[0]);
    tcase_add_test(tests, refusals_do_not_depend_on_the_locale);
    tcase_add_test(tests, bounds_and_defaults_are_taken);
    tcase_add_test(tests, values_are_set_and_read_by_key);
    tcase_add_test(tests, a_refusal_changes_nothing);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
