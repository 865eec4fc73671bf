/* What the headers of files cannot hold. */
#include "test-common.h"

#include "base/files/json.h"

#include <locale.h>
#include <math.h>
#include <stdbool.h>

START_TEST(a_number_that_is_none_is_refused)
{
    const double wrong[] = {NAN, INFINITY, -INFINITY};
    json_t *object = json_object(), *list = json_array();
    for (int i = 0; i < 3; i++) {
        assert_status(neuron_json_set_real(object, "best", wrong[i]), NEURON_E_NOT_FINITE);
        assert_message("\"best\" is ");
        assert_message("which the header of a file cannot hold");
        assert_status(neuron_json_append_real(list, wrong[i]), NEURON_E_NOT_FINITE);
        assert_message("which the header of a file cannot hold");
    }
    assert_ok(neuron_json_set_real(object, "best", 0.5));
    assert_ok(neuron_json_append_real(list, 0.25));
    ck_assert_double_eq(json_real_value(json_object_get(object, "best")), 0.5);
    ck_assert_double_eq(json_real_value(json_array_get(list, 0)), 0.25);
    ck_assert_uint_eq(json_array_size(list), 1);
    json_decref(object);
    json_decref(list);
}
END_TEST

/* The JSON library asks for the point by this name: here it gets one of two bytes, as
 * it does in some locales, and ends the process if it then reads a real number, or
 * writes what no reader takes. */
static bool wide_point;

struct lconv *localeconv(void)
{
    static char point[] = ".", wide[] = "\xd9\xab";
    static struct lconv found;
    found.decimal_point = wide_point ? wide : point;
    return &found;
}

static neuron_context_t *context;

static void set_up(void)
{
    context = test_context();
}

static void tear_down(void)
{
    wide_point = false;
    neuron_context_unref(context);
}

static int parse(json_t **json, const char *text)
{
    return neuron_json_parse(json, context, text, strlen(text), 0, "it");
}

START_TEST(texts_are_those_of_the_library)
{
    static const char *const texts[] = {
        "{}", "{\"a\":[1,2.5,-0.0,-1e-300,1e22,123456789.125,-7,0]}",
        "{\"1.5\":{\"b\":\"2.5 \\\" 3.5\",\"c\":[[],{},[0.1,[0.2]]]},\"d\":1.5,\"e\":2,\"f\":3.5}",
        "{\"g\":true,\"h\":false,\"i\":null,\"j\":\"\xc3\xa9/\\u0001\\n\\t\\b\\f\\r\\\\\x7f\"}",
        "{\"k\":[0.30000000000000004,5e-324,1.7976931348623157e308,3.0]}"};
    for (int wide = 0; wide < 2; wide++)
        for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
            json_t *found;
            char *written;
            size_t size;
            wide_point = wide;
            assert_ok(parse(&found, texts[i]));
            assert_ok(neuron_json_write(&written, &size, context, found));
            wide_point = false;
            json_t *expected = json_loads(texts[i], 0, NULL);
            char *dumped = json_dumps(expected, JSON_COMPACT | JSON_REAL_PRECISION(17));
            ck_assert(json_equal(found, expected));
            ck_assert_str_eq(written, dumped);
            ck_assert_uint_eq(size, strlen(dumped));
            free(dumped);
            neuron_release(context, written);
            json_decref(expected);
            json_decref(found);
        }
}
END_TEST

/* What is wrong with numbers stays wrong, and at the same place. */
START_TEST(numbers_that_are_none_are_refused)
{
    static const char *const texts[] = {
        "{\"a\":--1.5}",   "{\"a\":01.5}",       "{\"a\":-01.5}",  "{\"a\":1.}",      "{\"a\":.5}",
        "{\"a\":1.5.5}",   "{\"a\":1e}",         "{\"a\":1.5e+}",  "{\"a\":1.5 2.5}", "{1.5:2}",
        "{\"a\":+1.5}",    "{\"a\":1.5x}",       "{\"a\":x1.5}",   "{\"a\":-}",       "{\"a\":1.5",
        "{\"a\":1,5}",     "{\"a\":1.5\"\"}",    "{\"a\":[1.5,]}", "{\"a\":\"1.5}",   "1.5",
        "{\"a\":-.5}",     "{\"a\":1.5-2}",      "{\"a\":00.5}",   "{\"a\":1.5}{}",   "[1.5]",
        "{\"a\":1.5e5.5}", "{\"a\":1\331\2535}",
    };
    for (int wide = 0; wide < 2; wide++)
        for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
            json_t *found;
            wide_point = wide;
            ck_assert_msg(parse(&found, texts[i]) == NEURON_E_FORMAT, "%s", texts[i]);
            ck_assert_ptr_null(found);
        }
    json_t *found;
    assert_status(parse(&found, "{\"a\":[0.5,{\"b\":-1e999}]}"), NEURON_E_FORMAT);
    assert_message("it: is not valid JSON at byte 15: real number overflow");
    assert_status(parse(&found, "{\"a\":[0.5,2.5x]}"), NEURON_E_FORMAT);
    assert_message("at byte 14: ']' expected near 'x'");
    assert_status(parse(&found, "{\"a\":[0.5,1.5e+]}"), NEURON_E_FORMAT);
    assert_message("at byte 15: invalid token near '1.5e+'");
}
END_TEST

START_TEST(what_does_not_fit_is_cut)
{
    json_t *json = json_pack("{s:[f,s]}", "a", 0.5, "x");
    char text[16] = "---------------";
    ck_assert_uint_eq(neuron_json_print(text, 7, json), 15);
    ck_assert_str_eq(text, "{\"a\":[0--------");
    ck_assert_uint_eq(neuron_json_print(NULL, 0, NULL), 0);
    json_decref(json);
}
END_TEST

/* ---- Memory that runs out once, with a border behind each piece ---- */

enum { BORDER = 64 };

static long fail_at, allocations;
static bool crossed;

/* The border ends with a quote, at which a parser that has gone on too far stops. */
static void *bordered(size_t size)
{
    if (++allocations == fail_at)
        return NULL;
    char *made = malloc(sizeof size + size + BORDER);
    memcpy(made, &size, sizeof size);
    memset(made + sizeof size, 'x', size + BORDER);
    made[sizeof size + size + BORDER - 1] = '"';
    return made + sizeof size;
}

static void release_bordered(void *memory)
{
    size_t size;
    if (!memory)
        return;
    memcpy(&size, (char *)memory - sizeof size, sizeof size);
    for (size_t i = 0; i < BORDER - 1; i++)
        crossed = crossed || ((char *)memory)[size + i] != 'x';
    free((char *)memory - sizeof size);
}

/* An object of any number of bytes, at each allocation that can fail. */
START_TEST(each_allocation_fails_once)
{
    json_malloc_t usual_malloc;
    json_free_t usual_free;
    json_get_alloc_funcs(&usual_malloc, &usual_free);
    json_set_alloc_funcs(bordered, release_bordered);
    for (size_t size = 8; size <= 300; size++) {
        char text[400];
        int status = NEURON_E_MEMORY;
        memset(text, 'a', size);
        memcpy(text, "{\"a\":\"", 6);
        memcpy(text + size - 2, "\"}", 2);
        for (fail_at = 1; status == NEURON_E_MEMORY; fail_at++) {
            json_t *json;
            allocations = 0;
            status = neuron_json_parse(&json, context, text, size, 0, "test");
            assert_that(status == NEURON_OK || status == NEURON_E_MEMORY, "%zu bytes: %s", size,
                        neuron_error_last());
            json_decref(json);
            assert_that(!crossed, "%zu bytes, allocation %ld: a border was crossed", size, fail_at);
            if (status == NEURON_OK && allocations >= fail_at)
                status = NEURON_E_MEMORY; /* it was done without */
        }
    }
    json_set_alloc_funcs(usual_malloc, usual_free);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("json");
    TCase *cases = tcase_create("json");
    suite_add_tcase(suite, cases);
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, a_number_that_is_none_is_refused);
    tcase_add_test(cases, texts_are_those_of_the_library);
    tcase_add_test(cases, numbers_that_are_none_are_refused);
    tcase_add_test(cases, what_does_not_fit_is_cut);
    tcase_add_test(cases, each_allocation_fails_once);
    return run_suite(suite);
}
