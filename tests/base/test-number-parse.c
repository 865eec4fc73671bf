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

/* ---- Quickly ---- */

/* What is read quickly is what is read with care; what follows a number is not looked at. Returns
 * whether it was. */
static bool check_scan(const char *text, char point)
{
    char copy[100];
    double quick, value;
    float near_quick, nearest;
    size_t size = strlen(text);
    memcpy(copy, text, size);
    memcpy(copy + size, "\n", 2);
    const char *end = neuron_number_scan(copy, point, &quick, &near_quick);
    if (!end)
        return false;
    assert_that(end == copy + strlen(text), "%s", text);
    assert_that(neuron_number_parse_with(text, strlen(text), point, &value, &nearest), "%s", text);
    assert_that(memcmp(&nearest, &near_quick, sizeof nearest) == 0, "%s is %.9g, not %.9g", text,
                (double)near_quick, (double)nearest);
    assert_that(fabs(quick - value) <= fabs(value) * 0x1p-50, "%s", text);
    return true;
}

static uint64_t drawn = 1;

static uint32_t draw(void)
{
    drawn = drawn * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(drawn >> 32);
}

/* Numbers of any size and length, and such that lie at or beside the middle of two floats. */
START_TEST(quick_numbers_are_the_nearest_floats_too)
{
    enum { COUNT = 200000 };
    int quick = 0, middles = 0;
    for (int i = 0; i < COUNT; i++) {
        char text[80];
        uint32_t bits = draw() & 0x7fffffff, next;
        float low, high;
        if (bits >= 0x7f000000)
            continue;
        next = bits + 1;
        memcpy(&low, &bits, sizeof low);
        memcpy(&high, &next, sizeof high);
        double middle = ((double)low + (double)high) / 2;
        snprintf(text, sizeof text, "%.*g", (int)(draw() % 18) + 1, (double)low);
        quick += check_scan(text, '.');
        snprintf(text, sizeof text, "-%.*e", (int)(draw() % 18), (double)high);
        quick += check_scan(text, '.');
        snprintf(text, sizeof text, "%.18e", middle);
        middles += check_scan(text, '.');
        text[15] = (char)('0' + draw() % 10); /* now it may be beside it */
        quick += check_scan(text, '.');
        snprintf(text, sizeof text, "%u,%u", draw() % 100000, draw());
        quick += check_scan(text, ',');
    }
    ck_assert_int_gt(quick, 3 * COUNT);
    ck_assert_int_eq(middles, 0); /* too near to tell */
}
END_TEST

START_TEST(what_is_not_quick_is_left)
{
    static const char *const left[] = {"",     "-",   ".",     "x",    "+1",
                                       "1e",   "1e+", "nan",   "1e99", "1e-70",
                                       "-inf", "e5",  "1e-45", "3e39", "12345678901234567890"};
    static const char *const read[] = {"0", "-0", "1.", ".5", "-.25e1", "1E3", "0.0000", "1e-30"};
    double value;
    float nearest;
    for (size_t i = 0; i < sizeof left / sizeof left[0]; i++)
        ck_assert_msg(!neuron_number_scan(left[i], '.', &value, &nearest), "%s", left[i]);
    for (size_t i = 0; i < sizeof read / sizeof read[0]; i++)
        ck_assert_msg(check_scan(read[i], '.'), "%s", read[i]);
    const char *text = "12;34";
    ck_assert_ptr_eq(neuron_number_scan(text, '.', &value, &nearest), text + 2);
    ck_assert_float_eq(nearest, 12);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("number-parse");
    TCase *tests = tcase_create("number-parse");
    tcase_add_test(tests, reads_numbers_as_c_does);
    tcase_add_test(tests, numbers_are_the_nearest_floats);
    tcase_add_test(tests, numbers_are_as_long_as_they_are);
    tcase_add_test(tests, quick_numbers_are_the_nearest_floats_too);
    tcase_add_test(tests, what_is_not_quick_is_left);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
