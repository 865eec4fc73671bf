#include "test-common.h"

#include "base/text.h"

START_TEST(numbers_have_commas)
{
    const struct {
        int64_t number;
        const char *text;
    } pairs[] = {{0, "0"},
                 {999, "999"},
                 {1000, "1,000"},
                 {28672, "28,672"},
                 {48457738, "48,457,738"},
                 {INT64_MAX, "9,223,372,036,854,775,807"}};
    char text[NEURON_NUMBER_ROOM];
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
        ck_assert_str_eq(neuron_text_number(pairs[i].number, text), pairs[i].text);
}
END_TEST

START_TEST(bytes_have_a_unit)
{
    int64_t kib = 1024, mib = 1024 * kib, gib = 1024 * mib, tib = 1024 * gib;
    const struct {
        int64_t bytes;
        const char *text;
    } pairs[] = {{0, "-"},
                 {1, "1 (0.00 KiB)"},
                 {64, "64 (0.06 KiB)"},
                 {1024, "1,024 (1.00 KiB)"},
                 {153680, "153,680 (150.08 KiB)"},
                 {mib - 1, "1,048,575 (1024.00 KiB)"},
                 {mib, "1,048,576 (1.00 MiB)"},
                 {mib + mib / 2, "1,572,864 (1.50 MiB)"},
                 {gib + 5 * mib, "1,078,984,704 (1.00 GiB)"},
                 {gib + 6 * mib, "1,080,033,280 (1.01 GiB)"},
                 {2048 * tib, "2,251,799,813,685,248 (2048.00 TiB)"},
                 {INT64_MAX, "9,223,372,036,854,775,807 (8388608.00 TiB)"}};
    char text[NEURON_NUMBER_ROOM];
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
        ck_assert_str_eq(neuron_text_bytes(pairs[i].bytes, text), pairs[i].text);
}
END_TEST

/* Characters are aligned, not bytes. */
static void write_columns(neuron_text *text, const void *subject)
{
    const char *const *words = subject;
    neuron_text_left(text, words[0], 5);
    neuron_text_put(text, "|");
    neuron_text_right(text, words[1], 5);
    neuron_text_repeat(text, '.', 3);
}

START_TEST(columns_are_aligned)
{
    const char *const words[2] = {"m\xc3\xbc", "longer"};
    char text[32];
    ck_assert_uint_eq(neuron_text_width(words[0]), 2);
    assert_ok(neuron_text_fill(write_columns, words, "test", text, sizeof text, NULL));
    ck_assert_str_eq(text, "m\xc3\xbc   |longer...");
    const char *const others[2] = {"longer", "\xc3\xbc"};
    assert_ok(neuron_text_fill(write_columns, others, "test", text, sizeof text, NULL));
    ck_assert_str_eq(text, "longer|    \xc3\xbc...");
}
END_TEST

/* Names come from files: what is no text in them breaks neither the text nor its lines. */
START_TEST(bytes_that_are_no_text_are_replaced)
{
    const char *const words[2] = {"\xe9"
                                  "a",
                                  "\xe3\x81"};
    char text[32];
    size_t needed;
    ck_assert_uint_eq(neuron_text_width(words[0]), 2);
    ck_assert_uint_eq(neuron_text_width(words[1]), 1);
    assert_ok(neuron_text_fill(write_columns, words, "test", text, sizeof text, &needed));
    ck_assert_str_eq(text, "?a   |    ?...");
    ck_assert_uint_eq(needed, strlen(text) + 1);
    const char *const others[2] = {"a\nb", "\xc2\x9b"};
    assert_ok(neuron_text_fill(write_columns, others, "test", text, sizeof text, &needed));
    ck_assert_str_eq(text, "a?b  |    ?...");
    ck_assert_uint_eq(needed, strlen(text) + 1);
}
END_TEST

START_TEST(buffers_are_filled_or_refused)
{
    const char *const words[2] = {"a", "b"};
    char text[16];
    size_t needed = 0;
    assert_ok(neuron_text_fill(write_columns, words, "test", NULL, 0, &needed));
    ck_assert_uint_eq(needed, 5 + 1 + 5 + 3 + 1);
    assert_ok(neuron_text_fill(write_columns, words, "test", NULL, 0, NULL));
    memset(text, '#', sizeof text);
    assert_status(neuron_text_fill(write_columns, words, "test", text, needed - 1, NULL),
                  NEURON_E_ARGUMENT);
    assert_message("test: capacity is 14; it must be 15 or more");
    ck_assert_int_eq(text[0], '#');
    assert_ok(neuron_text_fill(write_columns, words, "test", text, needed, NULL));
    ck_assert_str_eq(text, "a    |    b...");
    ck_assert_int_eq(text[needed], '#');
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("text");
    TCase *tests = tcase_create("text");
    suite_add_tcase(suite, tests);
    tcase_add_test(tests, numbers_have_commas);
    tcase_add_test(tests, bytes_have_a_unit);
    tcase_add_test(tests, columns_are_aligned);
    tcase_add_test(tests, bytes_that_are_no_text_are_replaced);
    tcase_add_test(tests, buffers_are_filled_or_refused);
    return run_suite(suite);
}
