/* Numbers as a reader sees them. */
#include "report/document/figure.h"

#include "test-common.h"

#include <math.h>

typedef struct expected {
    double value;
    int decimals;
    const char *text;
} expected;

START_TEST(reals)
{
    static const expected all[] = {{0.97145, 4, "0.9715"},
                                   {0.5, 1, "0.5"},
                                   {0, 4, "0.0000"},
                                   {-1.25, 2, "-1.25"},
                                   {0.00005, 4, "0.0001"},
                                   {0.00004, 4, "4.00e-05"},
                                   {-3.456e-7, 4, "-3.46e-07"},
                                   {9.999e-6, 3, "1.00e-05"},
                                   {1e15, 2, "1.00e+15"},
                                   {5e-324, 4, "4.94e-324"},
                                   {1.7e308, 4, "1.70e+308"},
                                   {NAN, 4, "\xe2\x80\x93"},
                                   {INFINITY, 4, "\xe2\x88\x9e"},
                                   {-INFINITY, 4, "-\xe2\x88\x9e"}};
    neuron_figure figure;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        ck_assert_str_eq(neuron_figure_real(&figure, all[i].value, all[i].decimals), all[i].text);
}
END_TEST

START_TEST(counts)
{
    neuron_figure figure;
    ck_assert_str_eq(neuron_figure_count(&figure, 0), "0");
    ck_assert_str_eq(neuron_figure_count(&figure, 999), "999");
    ck_assert_str_eq(neuron_figure_count(&figure, 1000), "1,000");
    ck_assert_str_eq(neuron_figure_count(&figure, 48457738), "48,457,738");
    ck_assert_str_eq(neuron_figure_count(&figure, INT64_MIN), "-9,223,372,036,854,775,808");
}
END_TEST

START_TEST(units)
{
    neuron_figure figure;
    ck_assert_str_eq(neuron_figure_share(&figure, 0.9731), "97.3\xc2\xa0%");
    ck_assert_str_eq(neuron_figure_seconds(&figure, 0), "0");
    ck_assert_str_eq(neuron_figure_seconds(&figure, 0.00125), "1.25\xc2\xa0ms");
    ck_assert_str_eq(neuron_figure_seconds(&figure, 3.4), "3.40\xc2\xa0s");
    ck_assert_str_eq(neuron_figure_seconds(&figure, 600), "10\xc2\xa0min");
    ck_assert_str_eq(neuron_figure_seconds(&figure, 7500), "2\xc2\xa0h\xc2\xa0"
                                                           "05\xc2\xa0min");
    ck_assert_str_eq(neuron_figure_bytes(&figure, 1023), "1023\xc2\xa0"
                                                         "bytes");
    ck_assert_str_eq(neuron_figure_bytes(&figure, 157389), "153.7\xc2\xa0KiB");
    ck_assert_str_eq(neuron_figure_shape(&figure, (const int64_t[]){28, 28, 1}, 3),
                     "28 \xc3\x97 28 \xc3\x97 1");
    ck_assert_str_eq(neuron_figure_shape(&figure, NULL, 0), "1");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("report-figure");
    TCase *tests = tcase_create("figure");
    tcase_add_test(tests, reals);
    tcase_add_test(tests, counts);
    tcase_add_test(tests, units);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
