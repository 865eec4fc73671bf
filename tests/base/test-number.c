#include "test-common.h"

#include "base/float-mode.h"
#include "base/text/number.h"

#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>

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

static void assert_reads(const char *text, double expected)
{
    double found = neuron_number_read(text, strlen(text));
    assert_that(memcmp(&found, &expected, sizeof found) == 0, "%s is %.17g, not %.17g", text, found,
                expected);
}

START_TEST(numbers_are_read)
{
    const char *const texts[] = {
        "0", "-0.0", "0.25", "-1.5E+3", "1e23", "8.5e22", "9007199254740993",
        "9007199254740992.99999999999999999999999999999", "0.1e1", "123456789012345678901234567890",
        /* halfway between two, and a little above */
        "9007199254740993.0000000000000000000000000000000000000000000000000000000000000000001",
        "2.2250738585072011e-308", "2.2250738585072014e-308", "4.9e-324", "2.4703282292062327e-324",
        "2.4703282292062328e-324", "1e-400", "0e999999999999",
        "0.000000000000000000000000000001e30", "1.7976931348623157e308", "1.7976931348623158e308",
        "1.7976931348623159e308", "1e309", "-1e999", "6.631236846766476e-316",
        "3.2378839133029012895883524125015321748630094e-319"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        assert_reads(texts[i], strtod(texts[i], NULL));
    /* The middle of 1 and the next number has 53 digits; what decides
     * comes after a thousand zeros. */
    char text[1200];
    for (int zeros = 0; zeros < 1100; zeros += 99) {
        int size = sprintf(text, "1.00000000000000011102230246251565404236316680908203125");
        memset(text + size, '0', (size_t)zeros);
        strcpy(text + size + zeros, "");
        assert_reads(text, 1);
        strcpy(text + size + zeros, "1");
        assert_reads(text, nextafter(1, 2));
    }
}
END_TEST

/* Nor has the mode in which the library computes, which takes denormal numbers for 0. */
START_TEST(denormal_numbers_are_read)
{
    static const struct {
        const char *text;
        uint64_t bits;
    } pairs[] = {{"5e-324", 1},
                 {"-1e-310", 0x800012688b70e62b},
                 {"2.2250738585072011e-308", 0xfffffffffffff}};
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        FLOAT_SCOPE;
        double value = neuron_number_read(pairs[i].text, strlen(pairs[i].text));
        ck_assert_mem_eq(&value, &pairs[i].bits, sizeof value);
    }
}
END_TEST

/* The bits of a simple generator, which reach all exponents. */
static double any_number(uint64_t *state)
{
    double value;
    do {
        *state = *state * 6364136223846793005U + 1442695040888963407U;
        uint64_t bits = *state ^ *state >> 29;
        memcpy(&value, &bits, sizeof value);
    } while (!isfinite(value));
    return value;
}

START_TEST(what_is_written_exactly_is_read_back)
{
    char text[NEURON_NUMBER_TEXT];
    const char *const pairs[] = {"0.25",
                                 "3.0",
                                 "-0.0",
                                 "1e20",
                                 "9.9999999999999995e-7",
                                 "1e22",
                                 "12345678901.5",
                                 "0.10000000000000001",
                                 "1.7976931348623157e308"};
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
        ck_assert_str_eq(neuron_number_exact(strtod(pairs[i], NULL), text), pairs[i]);
    uint64_t state = 1;
    for (int i = 0; i < 20000; i++) {
        double value = any_number(&state);
        assert_reads(neuron_number_exact(value, text), value);
        snprintf(text, sizeof text, "%.*e", i % 40, value);
        assert_reads(text, strtod(text, NULL));
        snprintf(text, sizeof text, "%.*g", i % 16 + 1, fmod(value, 1e9));
        assert_reads(text, strtod(text, NULL));
    }
}
END_TEST

/* Beside the middle of two floats, where an approximation decides
 * wrongly, in the library's mode. */
START_TEST(floats_are_the_nearest)
{
    char text[NEURON_NUMBER_TEXT];
    uint64_t state = 1;
    for (int i = 0; i < 20000; i++) {
        float value = (float)ldexp(fabs(frexp(any_number(&state), &(int){0})), i % 250 - 124);
        double middle = ((double)value + (double)nextafterf(value, INFINITY)) / 2;
        snprintf(text, sizeof text, "%.*e", i % 4 + 15, middle);
        float expected = strtof(text, NULL), nearest;
        double about;
        FLOAT_SCOPE;
        ck_assert(neuron_number_parse(text, strlen(text), &about, &nearest));
        ck_assert_msg(memcmp(&nearest, &expected, sizeof nearest) == 0, "%s", text);
        ck_assert(fabs(about - middle) <= middle * 1e-14);
    }
}
END_TEST

static void check_in_locale(void)
{
    char text[NEURON_NUMBER_TEXT];
    ck_assert_str_eq(neuron_number_fixed(-1234567.875, 3, text), "-1234567.875");
    ck_assert_str_eq(neuron_number_short(1.5e-8, text), "1.5e-08");
    ck_assert_str_eq(neuron_number_apart(1.5, 2, 6, text), "1.5");
    ck_assert_str_eq(neuron_number_exact(-0x1p-20, text), "-9.5367431640625e-7");
    ck_assert_str_eq(neuron_number_exact(2, text), "2.0");
    ck_assert_double_eq(neuron_number_read("2.5e-1", 6), 0.25);
}

START_TEST(the_locale_does_not_matter)
{
    check_in_locale();
    test_set_comma_locale();
    check_in_locale();
    test_set_wide_point_locale();
    check_in_locale();
    setlocale(LC_ALL, "C");
}
END_TEST

/* Against its definition, for all of them. */
START_TEST(numbers_of_half_the_width)
{
    for (uint32_t bits = 0; bits < 0x10000; bits++) {
        int exponent = bits >> 10 & 31, rest = bits & 0x3ff;
        float found = neuron_number_half(bits);
        double size = exponent > 0 ? ldexp(1024 + rest, exponent - 25) : ldexp(rest, -24);
        ck_assert_int_eq(signbit(found) != 0, bits >> 15);
        if (exponent < 31)
            ck_assert_double_eq(fabs((double)found), size);
        else
            ck_assert(rest ? isnan(found) : isinf(found));
    }
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
    tcase_add_test(tests, numbers_are_read);
    tcase_add_test(tests, denormal_numbers_are_read);
    tcase_add_test(tests, what_is_written_exactly_is_read_back);
    tcase_add_test(tests, floats_are_the_nearest);
    tcase_add_test(tests, the_locale_does_not_matter);
    tcase_add_test(tests, numbers_of_half_the_width);
    return run_suite(suite);
}
