/* Text that grows, what is escaped in it, and lists of names. */
#include "report/document/buffer.h"

#include "report/document/names.h"
#include "test-common.h"

/* A context that lives until the end of the block, behind the buffers in it. */
static void end_context(neuron_context_t **context)
{
    neuron_context_unref(*context);
}

#define CONTEXT(name, made) neuron_context_t *name __attribute__((cleanup(end_context))) = made

static void assert_text(const neuron_buffer *buffer, const char *expected)
{
    size_t length = strlen(expected);
    const char *found = buffer->bytes ? buffer->bytes : "";
    ck_assert_msg(buffer->size == length && memcmp(found, expected, length) == 0, "%.*s, not %s",
                  (int)buffer->size, found, expected);
}

START_TEST(escapes)
{
    static const char *const texts[][2] = {
        {"<a href=\"x\">'&'</a>", "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/a&gt;"},
        {"tab\there", "tab here"},
        {"bell\a line\n", "bell? line?"},
        {"\xc3\xa9 \xe2\x82\xac \xf0\x9f\x90\x88", "\xc3\xa9 \xe2\x82\xac \xf0\x9f\x90\x88"},
        {"\xff\xc3x", "??x"},
        {"\xef\xbf\xbe\xef\xbf\xbf", "??"},
        {"", ""}};
    CONTEXT(context, test_context());
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        NEURON_BUFFER(buffer, context);
        neuron_buffer_print(&buffer, "%s", texts[i][0]);
        assert_text(&buffer, texts[i][1]);
    }
}
END_TEST

START_TEST(prints)
{
    CONTEXT(context, test_context());
    NEURON_BUFFER(buffer, context);
    neuron_buffer_print(&buffer, "%d %" PRId64 " %g %g %g %g %% %s", -3, INT64_MIN, 1.5, 2.0,
                        -0.001, 12.3456, "<");
    assert_text(&buffer, "-3 -9223372036854775808 1.5 2 0 12.35 % &lt;");
}
END_TEST

START_TEST(cuts_no_character)
{
    CONTEXT(context, test_context());
    NEURON_BUFFER(buffer, context);
    neuron_buffer_escape(&buffer, "a\xc3\xa9", 2);
    assert_text(&buffer, "a?");
}
END_TEST

START_TEST(grows)
{
    CONTEXT(context, test_context());
    NEURON_BUFFER(buffer, context);
    for (int i = 0; i < 10000; i++)
        neuron_buffer_put(&buffer, "0123456789");
    ck_assert_uint_eq(buffer.size, 100000);
    ck_assert(memcmp(buffer.bytes + 99990, "0123456789", 10) == 0);
    ck_assert_int_eq(neuron_buffer_status(&buffer), NEURON_OK);
}
END_TEST

START_TEST(stays_failed)
{
    test_memory memory;
    CONTEXT(context, test_limited_context(&memory));
    NEURON_BUFFER(buffer, context);
    memory.left = 0;
    neuron_buffer_put(&buffer, "a");
    ck_assert_ptr_null(neuron_buffer_room(&buffer, 1, 1));
    test_refill(&memory);
    neuron_buffer_put(&buffer, "b");
    neuron_buffer_print(&buffer, "%s", "c");
    ck_assert_uint_eq(buffer.size, 0);
    ck_assert_int_eq(neuron_buffer_status(&buffer), NEURON_E_MEMORY);
}
END_TEST

START_TEST(keeps_names)
{
    CONTEXT(context, test_context());
    NEURON_NAMES(names, context);
    neuron_names_add(&names, "cat");
    neuron_names_add_number(&names, NULL, 12);
    neuron_names_add_number(&names, "dog", 3);
    ck_assert_str_eq(neuron_names_at(&names, 0), "cat");
    ck_assert_str_eq(neuron_names_at(&names, 1), "12");
    ck_assert_str_eq(neuron_names_at(&names, 2), "dog");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("report-buffer");
    TCase *tests = tcase_create("buffer");
    tcase_add_test(tests, escapes);
    tcase_add_test(tests, prints);
    tcase_add_test(tests, cuts_no_character);
    tcase_add_test(tests, grows);
    tcase_add_test(tests, stays_failed);
    tcase_add_test(tests, keeps_names);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
