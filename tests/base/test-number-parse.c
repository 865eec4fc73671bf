/* Numbers are read as C reads them and become the nearest float32: what the
 * fields of a CSV file rely on. */
#include "test-common.h"

#include "base/float-mode.h"
#include "base/text/number.h"

#include <math.h>
#include <stdio.h>

static bool parse(const char *text, double *value, float *nearest)
{
    float ours;
    double also;
    bool read = neuron_number_parse(text, strlen(text), value, nearest);
    FLOAT_SCOPE; /* in which subnormal numbers count as 0 */
    ck_assert(neuron_number_parse(text, strlen(text), &also, &ours) == read);
    assert_that(!read || memcmp(&ours, nearest, sizeof ours) == 0, "%s", text);
    return read;
}

START_TEST(reads_numbers_as_c_does)
{
    float nearest;
    static const char *const texts[] = {"0",
                                        "-0",
                                        "1",
                                        "0.1",
                                        "3.14159",
                                        "1e10",
                                        "1E-10",
                                        "123456789.123456789",
                                        "1e-45",
                                        "1e308",
                                        "2.5e-320",
                                        "0.000000000000000001",
                                        "1e-400",
                                        "00012",
                                        "18446744073709551616",
                                        "0.30000000000000004440892098500626"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        double value = 77, expected = strtod(texts[i], NULL);
        ck_assert(parse(texts[i], &value, &nearest));
        assert_that(nearest == strtof(texts[i], NULL), "%s: %.9g", texts[i], (double)nearest);
        assert_that(fabs(value - expected) <= 1e-15 * fabs(expected) + 1e-322, "%s: %.17g",
                    texts[i], value);
    }
    double value;
    ck_assert(parse("-1e999999999999999999999", &value, &nearest));
    ck_assert(isinf(value) && value < 0 && isinf(nearest) && nearest < 0);
    static const char *const none[] = {"",    ".",   "-",   "e5",  "1e",  "1e+", "1x",
                                       "1 2", "0x1", "nan", "inf", "1,5", "--1", "1.2.3"};
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
        assert_that(!parse(none[i], &value, &nearest), "%s", none[i]);
}
END_TEST

static void assert_nearest(const char *text, float right)
{
    double value;
    float nearest;
    ck_assert(parse(text, &value, &nearest));
    assert_that(memcmp(&nearest, &right, sizeof right) == 0, "%s: %.9g, not %.9g", text,
                (double)nearest, (double)right);
}

/* Texts of the middle between two floats, and of numbers as near to it as digits can tell. `high`
 * is what is not nearer to `low`, as the middle itself is where it is even. */
static void assert_middle(float low, float high, double middle, bool high_is_even)
{
    char text[1400];
    int size = snprintf(text, sizeof text, "%.160f", middle);
    assert_nearest(text, high_is_even ? high : low);
    char *last = text + size;
    snprintf(last, 1000, "%0800d", 0);
    assert_nearest(text, high_is_even ? high : low);
    text[size + 799] = '1';
    assert_nearest(text, high);
    snprintf(last, 8, "e-0");
    assert_nearest(text, high_is_even ? high : low);
    *last = '\0';
    while (*--last == '0' || *last == '.')
        if (*last == '0')
            *last = '9';
    --*last;
    assert_nearest(text, low);
    snprintf(text + size, 1000, "%0799d", 7);
    assert_nearest(text, low);
}

/* A middle is a double, whatever its digits in a text make of it. */
START_TEST(numbers_are_the_nearest_floats)
{
    uint64_t state = 99;
    for (uint32_t i = 0; i < 6000; i++) {
        state = state * UINT64_C(6364136223846793005) + 1442695040888963407;
        uint32_t bits = (uint32_t)(state >> 33) % 0x7f7fffff;
        bits = i < 300 ? i : i < 600 ? (i - 300) % 254 << 23 : i % 3 ? bits : bits % 0x800000;
        float low, high;
        char text[64];
        memcpy(&low, &bits, sizeof bits);
        bits++;
        memcpy(&high, &bits, sizeof bits);
        assert_middle(low, high, (double)low / 2 + (double)high / 2, bits % 2 == 0);
        snprintf(text, sizeof text, "%.*g", (int)(state >> 20 & 31), (double)low);
        assert_nearest(text, strtof(text, NULL));
    }
    assert_middle(0x1.fffffep127f, INFINITY, 0x1.ffffffp127, true);
    assert_nearest("3965.8116455078125", 3965.8115234375f);
    assert_nearest("7373.1110839843751", 7373.111328125f);
    assert_nearest("-7373.1110839843749", -7373.11083984375f);
#define SMALLEST_HALF                                                                              \
    "7."                                                                                           \
    "0064923216240853546186479164495806564013097093825788587853414194489554134293030074331909418"  \
    "1060791015625"
    assert_nearest(SMALLEST_HALF "e-46", 0);
    assert_nearest("-" SMALLEST_HALF "0e-46", -0.0f);
    assert_nearest(SMALLEST_HALF "000001e-46", 0x1p-149f);
#undef SMALLEST_HALF
}
END_TEST

/* An exponent and zeros that cancel each other. */
START_TEST(numbers_are_as_long_as_they_are)
{
    enum { ZEROS = 300000 };
    char *text = malloc(ZEROS + 64);
    ck_assert_ptr_nonnull(text);
    memset(text, '0', ZEROS);
    text[1] = '.';
    snprintf(text + ZEROS, 64, "39658116455078125e%d", ZEROS + 2);
    assert_nearest(text, 3965.8115234375f);
    memset(text, '0', ZEROS);
    memcpy(text, "39658116455078125", 17);
    snprintf(text + ZEROS, 64, ".00e%d", 4 - ZEROS);
    assert_nearest(text, 3965.8115234375f);
    text[ZEROS + 2] = '1';
    assert_nearest(text, 3965.811767578125f);
    free(text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("number-parse");
    TCase *tests = tcase_create("number-parse");
    tcase_add_test(tests, reads_numbers_as_c_does);
    tcase_add_test(tests, numbers_are_the_nearest_floats);
    tcase_add_test(tests, numbers_are_as_long_as_they_are);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
