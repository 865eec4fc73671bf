#include "test-common.h"

#include "base/status.h"

#include <pthread.h>
#include <stdio.h>

START_TEST(every_code_has_a_name)
{
    static const int32_t codes[] = {NEURON_OK,           NEURON_E_ARGUMENT,   NEURON_E_SHAPE,
                                    NEURON_E_TYPE,       NEURON_E_STATE,      NEURON_E_MEMORY,
                                    NEURON_E_IO,         NEURON_E_FORMAT,     NEURON_E_DATA,
                                    NEURON_E_NOT_FINITE, NEURON_E_UNSUPPORTED};
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        const char *name = neuron_error_name(codes[i]);
        assert_that(strncmp(name, "NEURON_", 7) == 0, "%d is %s", codes[i], name);
        for (size_t j = 0; j < i; j++)
            ck_assert_str_ne(name, neuron_error_name(codes[j]));
    }
    ck_assert_str_eq(neuron_error_name(NEURON_E_SHAPE), "NEURON_E_SHAPE");
    ck_assert_str_eq(neuron_error_name(-1), "unknown");
    ck_assert_str_eq(neuron_error_name(INT32_MIN), "unknown");
    ck_assert_str_eq(neuron_error_name(NEURON_STOP), "unknown");
}
END_TEST

START_TEST(the_message_stays_until_the_next_failure)
{
    ck_assert_int_eq(neuron_fail(NEURON_E_SHAPE, "%s is %d", "here", 7), NEURON_E_SHAPE);
    ck_assert_str_eq(neuron_error_last(), "here is 7");
    ck_assert_str_eq(neuron_error_name(NEURON_E_SHAPE), "NEURON_E_SHAPE");
    ck_assert_str_eq(neuron_error_last(), "here is 7");
    (void)neuron_fail(NEURON_E_IO, "there");
    ck_assert_str_eq(neuron_error_last(), "there");
}
END_TEST

START_TEST(a_message_may_quote_the_last_one)
{
    (void)neuron_fail(NEURON_E_SHAPE, "inner");
    (void)neuron_fail(NEURON_E_SHAPE, "outer: %s", neuron_error_last());
    ck_assert_str_eq(neuron_error_last(), "outer: inner");
    ck_assert_int_eq(neuron_fail(NEURON_E_TYPE, "%s", "100 % plain"), NEURON_E_TYPE);
    ck_assert_str_eq(neuron_error_last(), "100 % plain");
}
END_TEST

START_TEST(a_long_message_is_cut)
{
    char text[2 * NEURON_MESSAGE_SIZE];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = 0;
    (void)neuron_fail(NEURON_E_FORMAT, "%s", text);
    ck_assert_uint_eq(strlen(neuron_error_last()), NEURON_MESSAGE_SIZE - 1);
}
END_TEST

/* Valid as Python's decoder has it: nothing cut, too long, of a surrogate, or beyond U+10FFFF. */
static bool is_utf8(const char *text)
{
    for (const unsigned char *c = (const unsigned char *)text; *c;) {
        int size = *c < 0x80 ? 1 : *c < 0xe0 ? 2 : *c < 0xf0 ? 3 : 4;
        uint32_t code = size == 1 ? *c : *c & (0xffU >> (size + 1));
        if ((*c >= 0x80 && *c < 0xc2) || *c > 0xf4)
            return false;
        for (int i = 1; i < size; i++) {
            if ((c[i] & 0xc0) != 0x80)
                return false;
            code = code << 6 | (c[i] & 0x3f);
        }
        if ((size == 3 && (code < 0x800 || (code >= 0xd800 && code < 0xe000))) ||
            (size == 4 && (code < 0x10000 || code > 0x10ffff)))
            return false;
        c += size;
    }
    return true;
}

START_TEST(a_message_is_cut_behind_a_character)
{
    static const char *const letters[] = {"\xd0\xb9", "\xe3\x81\x82", "\xf0\x9f\xa6\x80"};
    char text[2 * NEURON_MESSAGE_SIZE];
    for (size_t i = 0; i < 3; i++)
        for (size_t before = 0; before < 5; before++) {
            size_t size = strlen(letters[i]);
            memset(text, 'x', sizeof text);
            for (size_t at = before; at + size < sizeof text; at += size)
                memcpy(text + at, letters[i], size);
            text[sizeof text - 5] = '\0';
            (void)neuron_fail(NEURON_E_FORMAT, "%s", text);
            ck_assert(is_utf8(neuron_error_last()));
            size_t length = strlen(neuron_error_last());
            ck_assert_uint_ge(length, NEURON_MESSAGE_SIZE - size);
            ck_assert_mem_eq(neuron_error_last(), text, length); /* nothing else is lost */
            uint64_t count = neuron_message_count();
            neuron_set_call_message(count - 1, "%.*s", (int)(NEURON_MESSAGE_SIZE - before), text);
            ck_assert(is_utf8(neuron_error_last()));
        }
    /* A name that is cut inside of a message. */
    (void)neuron_fail(NEURON_E_FORMAT, "\"%.3s\" is wrong", "\xd0\xb9\xd0\xb9");
    ck_assert_str_eq(neuron_error_last(), "\"\xd0\xb9?\" is wrong");
}
END_TEST

START_TEST(bytes_that_are_no_text_are_replaced)
{
    static const char *const pairs[][2] = {{"plain \xc3\xa9 \xe2\x82\xac \xf0\x9f\xa6\x80",
                                            "plain \xc3\xa9 \xe2\x82\xac \xf0\x9f\xa6\x80"},
                                           {"caf\xe9 latin", "caf? latin"},
                                           {"\xff\xfe"
                                            "a",
                                            "??a"},
                                           {"\x80\x80", "??"},
                                           {"\xc0\xaf", "??"},
                                           {"\xc1\xbf.", "??."},
                                           {"\xe0\x80\xaf.", "?."},
                                           {"\xed\xa0\x80.", "?."},
                                           {"\xf4\x90\x80\x80.", "?."},
                                           {"\xf5\x80.", "??."},
                                           {"\xe3\x81", "?"},
                                           {"\xe3\x81.", "?."},
                                           {"\xe3\xe3\x81\x82", "?\xe3\x81\x82"},
                                           {"two\nlines\t\x1b[31m\x7f", "two?lines??[31m?"},
                                           {"\xc2\x9b"
                                            "31m\xc2\x85\xe2\x80\xa8\xe2\x80\xa9|\xc2\xa0",
                                            "?31m???|\xc2\xa0"}};
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        (void)neuron_fail(NEURON_E_FORMAT, "%s", pairs[i][0]);
        ck_assert_str_eq(neuron_error_last(), pairs[i][1]);
    }
    /* Any bytes at all. */
    uint32_t state = 1;
    for (int i = 0; i < 20000; i++) {
        char text[12];
        for (size_t j = 0; j < sizeof text; j++) {
            state = state * 1664525 + 1013904223;
            unsigned char byte = (unsigned char)(state >> 24);
            text[j] = (char)(byte % 3 ? byte | 0x80 : byte);
        }
        text[sizeof text - 1] = '\0';
        (void)neuron_fail(NEURON_E_FORMAT, "%s", text);
        ck_assert(is_utf8(neuron_error_last()));
        if (is_utf8(text))
            ck_assert_uint_le(strlen(neuron_error_last()), strlen(text));
    }
}
END_TEST

static void *look_and_fail(void *seen)
{
    strcpy(seen, neuron_error_last());
    (void)neuron_fail(NEURON_E_DATA, "in the other thread");
    return NULL;
}

START_TEST(a_message_about_a_call_tells_its_reason)
{
    (void)neuron_fail(NEURON_E_SHAPE, "an old one");
    uint64_t before = neuron_message_count();
    neuron_set_call_message(before, "the function returned %d", -5);
    ck_assert_str_eq(neuron_error_last(), "the function returned -5");
    for (int i = 0; i < 2; i++) { /* also if the reason is the same as before */
        before = neuron_message_count();
        (void)neuron_fail(NEURON_E_IO, "no file");
        neuron_set_call_message(before, "the function returned %d", -60);
        ck_assert_str_eq(neuron_error_last(), "the function returned -60: no file");
        (void)neuron_fail(NEURON_E_IO, "no file");
    }
    char text[NEURON_MESSAGE_SIZE];
    memset(text, 'x', sizeof text);
    for (int length = NEURON_MESSAGE_SIZE - 1; length > NEURON_MESSAGE_SIZE - 6; length--) {
        before = neuron_message_count();
        (void)neuron_fail(NEURON_E_IO, "no file");
        neuron_set_call_message(before, "%.*s", length, text);
        ck_assert_uint_eq(strlen(neuron_error_last()), NEURON_MESSAGE_SIZE - 1);
    }
}
END_TEST

START_TEST(each_thread_has_its_own_message)
{
    (void)neuron_fail(NEURON_E_DATA, "in this thread");
    char seen[NEURON_MESSAGE_SIZE] = "not set";
    pthread_t thread;
    ck_assert_int_eq(pthread_create(&thread, NULL, look_and_fail, seen), 0);
    pthread_join(thread, NULL);
    ck_assert_str_eq(seen, "");
    ck_assert_str_eq(neuron_error_last(), "in this thread");
}
END_TEST

START_TEST(bounds_are_in_the_range)
{
    for (int value = 0; value <= 6; value++)
        assert_status(neuron_check_range(value, 2, 4, "value", "call"),
                      value < 2 || value > 4 ? NEURON_E_ARGUMENT : NEURON_OK);
    assert_message("call: value is 6; it must be 2 to 4");
    assert_status(neuron_check_range(0, 1, INT64_MAX, "value", "call"), NEURON_E_ARGUMENT);
    assert_message("call: value is 0; it must be 1 or more");
    assert_ok(neuron_check_range(INT64_MAX, 1, INT64_MAX, "value", "call"));
}
END_TEST

START_TEST(parts_lie_within)
{
    static const struct {
        int64_t first, count, all;
    } good[] = {{0, 0, 0}, {0, 10, 10}, {10, 0, 10}, {3, 7, 10}, {0, INT64_MAX, INT64_MAX}},
      bad[] = {{-1, 1, 10},
               {-1, 11, 10},
               {3, -1, 10},
               {11, 0, 10},
               {11, -1, 10},
               {3, 8, 10},
               {0, 11, 10},
               {INT64_MIN, INT64_MIN, 10},
               {INT64_MAX, INT64_MIN, 10},
               {9, INT64_MAX, 10}};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_ok(neuron_check_part(good[i].first, good[i].count, good[i].all, "read"));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_status(neuron_check_part(bad[i].first, bad[i].count, bad[i].all, "read"),
                      NEURON_E_ARGUMENT);
    assert_message("read: first is 9 and count 9223372036854775807, but the dataset has 10 "
                   "examples");
}
END_TEST

START_TEST(header_and_library_are_of_one_version)
{
    ck_assert_str_eq(neuron_version_string(), NEURON_VERSION_STRING);
    ck_assert_int_eq(neuron_version_abi(), NEURON_ABI_VERSION);
    ck_assert_int_eq(neuron_version_number(), NEURON_VERSION_NUMBER);
    ck_assert(NEURON_VERSION_AT_LEAST(NEURON_VERSION_MAJOR, NEURON_VERSION_MINOR, 0));
    ck_assert(!NEURON_VERSION_AT_LEAST(NEURON_VERSION_MAJOR, NEURON_VERSION_MINOR + 1, 0));
    ck_assert(!NEURON_VERSION_AT_LEAST(NEURON_VERSION_MAJOR + 1, 0, 0));
    ck_assert_int_gt(NEURON_VERSION_ENCODE(1, 0, 0), NEURON_VERSION_ENCODE(0, 999, 999));
    char text[32];
    snprintf(text, sizeof text, "%d.%d.%d", NEURON_VERSION_MAJOR, NEURON_VERSION_MINOR,
             NEURON_VERSION_MICRO);
    ck_assert_str_eq(text, NEURON_VERSION_STRING);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("status");
    TCase *tests = tcase_create("status");
    suite_add_tcase(suite, tests);
    tcase_add_test(tests, every_code_has_a_name);
    tcase_add_test(tests, the_message_stays_until_the_next_failure);
    tcase_add_test(tests, a_message_may_quote_the_last_one);
    tcase_add_test(tests, a_long_message_is_cut);
    tcase_add_test(tests, a_message_is_cut_behind_a_character);
    tcase_add_test(tests, bytes_that_are_no_text_are_replaced);
    tcase_add_test(tests, a_message_about_a_call_tells_its_reason);
    tcase_add_test(tests, each_thread_has_its_own_message);
    tcase_add_test(tests, bounds_are_in_the_range);
    tcase_add_test(tests, parts_lie_within);
    tcase_add_test(tests, header_and_library_are_of_one_version);
    return run_suite(suite);
}
