#include "test-common.h"

#include "base/options/json.h"

#include <locale.h>
#include <math.h>

enum {
    COUNT = 10,
    DEPTH = 20,
    SHARE = 30,
    SPEED = 40,
    OFFSET = 50,
    FLAG = 60,
    MODE = 70,
    RATE = 80,
    GOAL = 120
};

static const neuron_word modes[] = {{10, "valid"}, {20, "same"}, {40, "causal"}, {0, ""}};

static const neuron_option rows[] = {
    NEURON_INTEGER(COUNT, "count", 1, INT32_MAX, 5, "how many"),
    NEURON_REAL(DEPTH, "depth", 0.5, 3, 1, "how deep"),
    NEURON_REAL(SHARE, "share", 0, NEURON_BELOW_ONE, 0.25, "how much"),
    NEURON_REAL(SPEED, "speed", FLT_MIN, FLT_MAX, 2, "how fast"),
    NEURON_REAL(OFFSET, "offset", -FLT_MAX, FLT_MAX, 0, "where"),
    NEURON_FLAG(FLAG, "flag", 0, "1 for yes"),
    NEURON_CHOICE(MODE, "mode", modes, 20, "how"),
    NEURON_REAL(RATE, "rate", 0, FLT_MAX, 0.5, "how often"),
    NEURON_REAL(90, "open", DBL_MIN, 0x1.fffffep-1, 0.5, "between"),
    NEURON_REAL(100, "high", FLT_MIN, 7, 0.5, "at most"),
    NEURON_REAL(110, "zoom", 0, 0.99, 0, "a share"),
    NEURON_REAL(GOAL, "goal", -FLT_MAX, FLT_MAX, NAN, "need not be set"),
    NEURON_INTEGER(130, "large", -1, 1048576, 0, "of any size"),
};

static const neuron_option_table table = NEURON_OPTION_TABLE(rows);

enum { ROWS = sizeof rows / sizeof rows[0] };

static const struct {
    int32_t key;
    double value;
    const char *message;
} refusals[] = {
    {COUNT, 0, "it: count is 0; it must be 1 to 2,147,483,647"},
    {COUNT, 1.5, "it: count is 1.5; it must be 1 to 2,147,483,647"},
    {COUNT, 2147483648.0, "it: count is 2147483648; it must be "},
    {COUNT, (double)NAN, "it: count is nan; it must be "},
    {DEPTH, 0.25, "it: depth is 0.25; it must be 0.5 to 3"},
    {DEPTH, (double)NAN, "it: depth is nan; it must be 0.5 to 3"},
    {SHARE, 1, "it: share is 1; it must be 0 or more and less than 1"},
    {SPEED, 0, "it: speed is 0; it must be above 0 and finite as float32"},
    {SPEED, 1e39, "it: speed is 1e+39; it must be above 0 and finite as float32"},
    {OFFSET, 1e300, "it: offset is 1e+300; it must be finite as float32"},
    {SPEED, (double)INFINITY, "it: speed is inf; it must be above 0 and finite as float32"},
    {OFFSET, -(double)INFINITY, "it: offset is -inf; it must be finite as float32"},
    {FLAG, 2, "it: flag is 2; it must be yes or no"},
    {FLAG, 0.5, "it: flag is 0.5; it must be yes or no"},
    {MODE, 30, "it: mode is 30; it must be valid, same or causal"},
    {MODE, 0, "it: mode is 0; it must be valid, same or causal"},
    {RATE, -1, "it: rate is -1; it must be 0 or more and finite as float32"},
    {90, 0, "it: open is 0; it must be above 0 and less than 1"},
    {100, 8, "it: high is 8; it must be above 0 and at most 7"},
    {110, 1.5, "it: zoom is 1.5; it must be 0 to 0.99"},
    {110, 0x1.fae147ae147afp-1, "it: zoom is 0.9900000000000001; it must be 0 to 0.99"},
    {COUNT, 5.000000000000001, "it: count is 5.000000000000001; it must be 1 to"},
};

static const neuron_option *row_of(int32_t key)
{
    return neuron_options_find(&table, key);
}

START_TEST(what_is_out_of_bounds_is_refused_in_words)
{
    const neuron_option *row = row_of(refusals[_i].key);
    ck_assert(!neuron_option_allows(row, refusals[_i].value));
    assert_status(neuron_option_check(row, refusals[_i].value, "it"), NEURON_E_ARGUMENT);
    assert_message(refusals[_i].message);
}
END_TEST

START_TEST(refusals_do_not_depend_on_the_locale)
{
    test_set_comma_locale();
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        assert_status(neuron_option_check(row_of(refusals[i].key), refusals[i].value, "it"),
                      NEURON_E_ARGUMENT);
        assert_message(refusals[i].message);
    }
    setlocale(LC_ALL, "C");
}
END_TEST

static neuron_options defaults(void)
{
    neuron_options options;
    neuron_options_reset(&options, &table);
    return options;
}

START_TEST(bounds_and_defaults_are_taken)
{
    const neuron_options options = defaults();
    for (int32_t i = 0; i < ROWS; i++) {
        double value = neuron_options_value(&options, rows[i].key);
        if (!neuron_option_words(&rows[i])) {
            double minimum = rows[i].minimum, maximum = rows[i].maximum;
            assert_ok(neuron_option_check(&rows[i], minimum, "it"));
            assert_ok(neuron_option_check(&rows[i], maximum, "it"));
            ck_assert(!neuron_option_allows(&rows[i], nextafter(minimum, -INFINITY)));
            ck_assert(!neuron_option_allows(&rows[i], nextafter(maximum, INFINITY)));
        }
        for (const neuron_word *word = neuron_option_words(&rows[i]); word && word->name[0]; word++)
            assert_ok(neuron_option_check(&rows[i], word->value, "it"));
        ck_assert(!neuron_option_allows(&rows[i], NAN));
        if (rows[i].key != GOAL)
            assert_ok(neuron_option_check(&rows[i], value, "it"));
        ck_assert(memcmp(&value, &rows[i].standard, sizeof value) == 0);
        ck_assert_ptr_eq(neuron_options_find_name(&table, rows[i].name, strlen(rows[i].name)),
                         &rows[i]);
        ck_assert_ptr_eq(neuron_options_find(&table, rows[i].key), &rows[i]);
    }
    ck_assert_ptr_null(neuron_options_find(&table, 45));
    ck_assert_ptr_null(neuron_options_find_name(&table, "counts", 6));
}
END_TEST

START_TEST(values_are_put_and_read_by_key)
{
    neuron_options options = defaults();
    neuron_options_put(&options, MODE, 40);
    neuron_options_put(&options, DEPTH, 2.5);
    ck_assert(neuron_options_value(&options, MODE) == 40);
    ck_assert(neuron_options_value(&options, DEPTH) == 2.5);
    ck_assert(neuron_options_value(&options, COUNT) == 5);
    neuron_options_make(&options, &table, (const neuron_setting[]){{130, 9}, {FLAG, 1}, {0, 0}});
    ck_assert(neuron_options_value(&options, 130) == 9 &&
              neuron_options_value(&options, FLAG) == 1);
    ck_assert(neuron_options_value(&options, DEPTH) == 1);
}
END_TEST

START_TEST(all_of_an_object_are_checked)
{
    neuron_options options = defaults();
    neuron_options_put(&options, GOAL, 0);
    assert_ok(neuron_options_check(&options, "it"));
    neuron_options_put(&options, 130, -2);
    assert_status(neuron_options_check(&options, "it"), NEURON_E_ARGUMENT);
    assert_message("it: large is -2; it must be -1 to 1,048,576");
    neuron_options_put(&options, GOAL, NAN); /* which has to be set where all have to be */
    neuron_options_put(&options, 130, 0);
    assert_status(neuron_options_check(&options, "it"), NEURON_E_ARGUMENT);
    assert_message("it: goal is none; it must be finite as float32");
}
END_TEST

/* ---- In files ---- */

static json_t *parse(const neuron_context_t *context, const char *text)
{
    json_t *json;
    assert_ok(neuron_json_parse(&json, (neuron_context_t *)(uintptr_t)context, text, strlen(text),
                                0, "it"));
    return json;
}

START_TEST(files_have_names)
{
    neuron_context_t *context = test_context();
    json_t *json = json_object();
    char *text;
    size_t size;
    neuron_options options = defaults(), again;
    neuron_options_put(&options, MODE, 40);
    assert_ok(neuron_options_write(json, &options));
    assert_ok(neuron_json_write(&text, &size, context, json));
    ck_assert_str_eq(text, "{\"count\":5,\"depth\":1.0,\"share\":0.25,\"speed\":2.0,\"offset\":0.0,"
                           "\"flag\":0,\"mode\":\"causal\",\"rate\":0.5,\"open\":0.5,\"high\":0.5,"
                           "\"zoom\":0.0,\"goal\":null,\"large\":0}");
    assert_ok(neuron_options_read(&again, &table, json, "it"));
    ck_assert_mem_eq(&options, &again, sizeof options);
    assert_ok(neuron_options_compare(&again, &options, "it"));
    neuron_release(context, text);
    json_decref(json);
    neuron_context_unref(context);
}
END_TEST

START_TEST(what_a_file_lacks_has_its_default)
{
    neuron_context_t *context = test_context();
    json_t *json = parse(context, "{\"depth\":2,\"mode\":\"valid\",\"goal\":0.5}");
    neuron_options options;
    assert_ok(neuron_options_read(&options, &table, json, "it"));
    ck_assert(neuron_options_value(&options, DEPTH) == 2);
    ck_assert(neuron_options_value(&options, MODE) == 10);
    ck_assert(neuron_options_value(&options, GOAL) == 0.5);
    ck_assert(neuron_options_value(&options, COUNT) == 5);
    json_decref(json);
    neuron_context_unref(context);
}
END_TEST

START_TEST(what_a_file_may_not_have)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"{\"count\":0}", "it: count is 0; it must be 1 to 2,147,483,647"},
        {"{\"count\":1.0}", "it: count is 1; it must be an integer, 1 to 2,147,483,647"},
        {"{\"count\":1.5}", "it: count is 1.5; it must be an integer, 1 to 2,147,483,647"},
        {"{\"count\":null}", "it: count is null; it must be an integer, 1 to"},
        {"{\"count\":\"five\"}", "it: count is five; it must be an integer, 1 to"},
        {"{\"depth\":4}", "it: depth is 4; it must be 0.5 to 3"},
        {"{\"depth\":[1,2]}", "it: depth is [1,2]; it must be 0.5 to 3"},
        {"{\"depth\":null}", "it: depth is null; it must be 0.5 to 3"},
        {"{\"depth\":true}", "it: depth is true; it must be 0.5 to 3"},
        {"{\"mode\":10}", "it: mode is 10; it must be valid, same or causal"},
        {"{\"mode\":\"Same\"}", "it: mode is Same; it must be valid, same or causal"},
        {"{\"flag\":2}", "it: flag is 2; it must be 0 or 1"},
        {"{\"flag\":true}", "it: flag is true; it must be an integer, 0 or 1"},
        {"{\"flag\":\"yes\"}", "it: flag is yes; it must be an integer, 0 or 1"},
        {"{\"mode\":null}", "it: mode is null; it must be valid, same or causal"},
        {"{\"share\":0.5,\"shares\":0}", "it: has no option \"shares\""},
        {"{\"count \":5}", "it: has no option \"count \""},
    };
    neuron_context_t *context = test_context();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        neuron_options options;
        json_t *json = parse(context, cases[i].text);
        assert_status(neuron_options_read(&options, &table, json, "it"), NEURON_E_FORMAT);
        assert_message(cases[i].message);
        json_decref(json);
    }
    neuron_options options;
    json_t *list = json_array();
    assert_status(neuron_options_read(&options, &table, list, "it"), NEURON_E_FORMAT);
    assert_status(neuron_options_read(&options, &table, NULL, "it"), NEURON_E_FORMAT);
    assert_message("it: options are missing or no object");
    json_decref(list);
    neuron_context_unref(context);
}
END_TEST

START_TEST(differences_are_named)
{
    static const struct {
        neuron_setting theirs;
        const char *message;
    } cases[] = {
        {{COUNT, 6}, "it: count is 6 in the file, 5 here"},
        {{MODE, 40}, "it: mode is causal in the file, same here"},
        {{GOAL, 0.25}, "it: goal is 0.25 in the file, none here"},
        {{DEPTH, 1.0000000000000002}, "it: depth is 1.0000000000000002 in the file, 1 here"},
    };
    const neuron_options ours = defaults();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        neuron_options theirs;
        neuron_options_make(&theirs, &table, (const neuron_setting[]){cases[i].theirs, {0, 0}});
        assert_status(neuron_options_compare(&theirs, &ours, "it"), NEURON_E_DATA);
        assert_message(cases[i].message);
    }
    assert_ok(neuron_options_compare(&ours, &ours, "it"));
}
END_TEST

START_TEST(values_of_files_are_compared)
{
    static const struct {
        const char *a, *b, *message;
    } cases[] = {
        {"1", "1.0", NULL},
        {"\"x\"", "\"x\"", NULL},
        {"[1,{\"a\":2}]", "[1,{\"a\":2}]", NULL},
        {"9007199254740993", "9007199254740992",
         "it: v is 9007199254740993 in the file, 900719925474"},
        {"0.1", "0.10000000000000002",
         "it: v is 0.10000000000000001 in the file, 0.10000000000000002 here"},
        {"\"x\"", "\"y\"", "it: v is x in the file, y here"},
        {"1", "\"1\"", "it: v is 1 in the file, 1 here"},
        {"[1,2]", "[]", "it: v is [1,2] in the file, [] here"},
    };
    neuron_context_t *context = test_context();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[128];
        snprintf(text, sizeof text, "{\"a\":%s,\"b\":%s}", cases[i].a, cases[i].b);
        json_t *json = parse(context, text);
        const json_t *a = json_object_get(json, "a"), *b = json_object_get(json, "b");
        assert_status(neuron_json_compare(a, b, "v", "it"),
                      cases[i].message ? NEURON_E_DATA : NEURON_OK);
        if (cases[i].message)
            assert_message(cases[i].message);
        assert_status(neuron_json_compare(NULL, b, "v", "it"), NEURON_E_DATA);
        assert_message("it: v is none in the file, ");
        assert_status(neuron_json_compare(a, NULL, "v", "it"), NEURON_E_DATA);
        json_decref(json);
    }
    assert_ok(neuron_json_compare(NULL, NULL, "v", "it"));
    neuron_context_unref(context);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("options");
    TCase *tests = tcase_create("options");
    tcase_add_loop_test(tests, what_is_out_of_bounds_is_refused_in_words, 0,
                        sizeof refusals / sizeof refusals[0]);
    tcase_add_test(tests, refusals_do_not_depend_on_the_locale);
    tcase_add_test(tests, bounds_and_defaults_are_taken);
    tcase_add_test(tests, values_are_put_and_read_by_key);
    tcase_add_test(tests, all_of_an_object_are_checked);
    tcase_add_test(tests, files_have_names);
    tcase_add_test(tests, what_a_file_lacks_has_its_default);
    tcase_add_test(tests, what_a_file_may_not_have);
    tcase_add_test(tests, differences_are_named);
    tcase_add_test(tests, values_of_files_are_compared);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
