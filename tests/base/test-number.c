#include "test-common.h"

#include "base/number.h"

#include <float.h>
#include <locale.h>
#include <math.h>

START_TEST(numbers_are_written)
{
    char text[NEURON_NUMBER_TEXT];
    ck_assert_str_eq(neuron_number_fixed(0.875, 2, text), "0.88");
    ck_assert_str_eq(neuron_number_fixed(0.125, 2, text), "0.12"); /* a tie, to even */
    ck_assert_str_eq(neuron_number_fixed(1, 0, text), "1");
    ck_assert_str_eq(neuron_number_fixed(-0.5, 9, text), "-0.500000000");
    ck_assert_str_eq(neuron_number_short(0.001, text), "0.001");
    ck_assert_str_eq(neuron_number_short(1.0 / 3, text), "0.333333333");
    ck_assert_str_eq(neuron_number_short(-1.5e-300, text), "-1.5e-300");
    ck_assert_str_eq(neuron_number_short(123456789012.0, text), "1.23456789e+11");
    ck_assert_str_eq(neuron_number_short(0, text), "0");
    ck_assert_str_eq(neuron_number_short(NAN, text), "nan");
    ck_assert_str_eq(neuron_number_short(-INFINITY, text), "-inf");
    ck_assert_str_eq(neuron_number_fixed(INFINITY, 3, text), "inf");
    ck_assert_uint_eq(strlen(neuron_number_fixed(-DBL_MAX, 9, text)), 1 + 309 + 1 + 9);
}
END_TEST

START_TEST(a_separator_becomes_a_point)
{
    const char *const pairs[][2] = {{"0,875", "0.875"},
                                    {"-1,5e-08", "-1.5e-08"},
                                    {"3\xd9\xab"
                                     "25",
                                     "3.25"},
                                    {"1e+11", "1e+11"},
                                    {"12", "12"},
                                    {"0.5", "0.5"}};
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        char text[NEURON_NUMBER_TEXT];
        strcpy(text, pairs[i][0]);
        neuron_number_point(text);
        ck_assert_str_eq(text, pairs[i][1]);
    }
}
END_TEST

START_TEST(numbers_are_told_apart)
{
    char text[NEURON_NUMBER_TEXT];
    ck_assert_str_eq(neuron_number_apart(0.5, 0.99, 6, text), "0.5");
    ck_assert_str_eq(neuron_number_apart(0.99, 0.99, 6, text), "0.99");
    ck_assert_str_eq(neuron_number_apart(1.0 / 3, 7, 6, text), "0.333333");
    ck_assert_str_eq(neuron_number_apart(0.9900001, 0.99, 6, text), "0.9900001");
    ck_assert_str_eq(neuron_number_apart(nextafter(0.99, 1), 0.99, 6, text), "0.9900000000000001");
    ck_assert_str_eq(neuron_number_apart(nextafter(1e300, INFINITY), 1e300, 6, text),
                     "1.0000000000000002e+300");
    ck_assert_str_eq(neuron_number_apart(2147483648.0, INT32_MAX, 15, text), "2147483648");
    ck_assert_str_eq(neuron_number_apart(NAN, NAN, 6, text), "nan");
    ck_assert_str_eq(neuron_number_apart(INFINITY, DBL_MAX, 6, text), "inf");
}
END_TEST

START_TEST(the_locale_does_not_matter)
{
    char text[NEURON_NUMBER_TEXT];
    test_set_comma_locale();
    ck_assert_str_eq(neuron_number_fixed(-1234567.875, 3, text), "-1234567.875");
    ck_assert_str_eq(neuron_number_short(1.5e-8, text), "1.5e-08");
    ck_assert_str_eq(neuron_number_apart(1.5, 2, 6, text), "1.5");
    setlocale(LC_ALL, "C");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("number");
    TCase *tests = tcase_create("number");
    suite_add_tcase(suite, tests);
    tcase_add_test(tests, numbers_are_written);
    tcase_add_test(tests, a_separator_becomes_a_point);
    tcase_add_test(tests, numbers_are_told_apart);
    tcase_add_test(tests, the_locale_does_not_matter);
    return run_suite(suite);
}
