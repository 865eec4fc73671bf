/* Axes: round numbers, whatever is shown. */
#include "report/charts/axis.h"

#include "test-common.h"

#include <float.h>
#include <math.h>
#include <stdio.h>

static neuron_axis axis_of(double low, double high, bool may_be_logarithmic)
{
    neuron_range range = neuron_range_none();
    neuron_range_add(&range, low);
    neuron_range_add(&range, high);
    return neuron_axis_make(range, 100, 300, 5, may_be_logarithmic);
}

/* The labels of the ticks in one line. */
static const char *labels(const neuron_axis *axis)
{
    static char text[1024];
    neuron_figure figure;
    text[0] = '\0';
    for (int i = 0; i < axis->count; i++) {
        strcat(text, i > 0 ? " " : "");
        strcat(text, neuron_axis_label(&figure, axis->ticks[i]));
    }
    return text;
}

START_TEST(ticks)
{
    neuron_axis axis = axis_of(0.12, 0.97, true);
    ck_assert_str_eq(labels(&axis), "0 0.2 0.4 0.6 0.8 1");
    axis = axis_of(-3, 7, true);
    ck_assert_str_eq(labels(&axis), "-4 -2 0 2 4 6 8");
    axis = axis_of(0.30000000000000004, 0.7, false);
    ck_assert_str_eq(labels(&axis), "0.3 0.4 0.5 0.6 0.7");
    axis = axis_of(1e-7, 3e-7, false);
    ck_assert_str_eq(labels(&axis), "1e-7 1.5e-7 2e-7 2.5e-7 3e-7");
    axis = axis_of(5, 5, false);
    ck_assert_str_eq(labels(&axis), "4.7 4.8 4.9 5 5.1 5.2 5.3");
    axis = axis_of(NAN, INFINITY, true);
    ck_assert_str_eq(labels(&axis), "0 0.2 0.4 0.6 0.8 1");
}
END_TEST

START_TEST(logarithms)
{
    neuron_axis axis = axis_of(0.002, 0.3, true);
    ck_assert(axis.logarithmic);
    ck_assert_str_eq(labels(&axis), "0.001 0.01 0.1 1");
    ck_assert(fabs(neuron_axis_place(&axis, 1) - 300) < 1e-9);
    ck_assert(!axis_of(0.002, 0.2, true).logarithmic);   /* two decades */
    ck_assert(!axis_of(0, 1000, true).logarithmic);      /* 0 has no logarithm */
    ck_assert(!axis_of(0.001, 1000, false).logarithmic); /* shares never */
    axis = axis_of(1e-30, 1e30, true);
    ck_assert_int_le(axis.count, 8);
}
END_TEST

START_TEST(wholes)
{
    neuron_axis axis = neuron_axis_whole(1, 12, 0, 100, 8);
    ck_assert_str_eq(labels(&axis), "2 4 6 8 10 12");
    axis = neuron_axis_whole(1, 1, 0, 100, 8);
    ck_assert_str_eq(labels(&axis), "1");
    ck_assert(neuron_axis_place(&axis, 1) == 50);
    axis = neuron_axis_whole(1, 12000, 0, 100, 8);
    ck_assert_str_eq(labels(&axis), "2,000 4,000 6,000 8,000 10,000 12,000");
}
END_TEST

/* Whatever there is lies between the two ends, and there are neither too few ticks nor too many. */
START_TEST(anything)
{
    static const double values[] = {-DBL_MAX, -1e300, -1e9, -1,    -1e-5,  -5e-324,   0,
                                    5e-324,   1e-300, 1e-9, 0.5,   1,      1.0000001, 3,
                                    99,       1e6,    1e15, 1e300, DBL_MAX};
    enum { COUNT = sizeof values / sizeof values[0] };
    for (int i = 0; i < COUNT; i++)
        for (int k = i; k < COUNT; k++)
            for (int logarithmic = 0; logarithmic < 2; logarithmic++) {
                neuron_axis axis = axis_of(values[i], values[k], logarithmic);
                double low = neuron_axis_place(&axis, values[i]);
                double high = neuron_axis_place(&axis, values[k]);
                assert_that(low >= 99.99 && low <= high && high <= 300.01,
                            "%g to %g lie at %g and %g", values[i], values[k], low, high);
                assert_that(axis.count >= 1 && axis.count < NEURON_TICKS_MAX,
                            "%g to %g has %d ticks", values[i], values[k], axis.count);
                for (int t = 0; t < axis.count; t++) {
                    double at = neuron_axis_place(&axis, axis.ticks[t]);
                    assert_that(at >= 99.99 && at <= 300.01, "%g to %g has a tick at %g", values[i],
                                values[k], at);
                }
            }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("report-axis");
    TCase *tests = tcase_create("axis");
    tcase_add_test(tests, ticks);
    tcase_add_test(tests, logarithms);
    tcase_add_test(tests, wholes);
    tcase_add_test(tests, anything);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
