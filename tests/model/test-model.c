#include "model-examples.h"

#include "model/model.h"

#include <locale.h>
#include <stdio.h>

static neuron_context_t *context;

static void set_up(void)
{
    context = test_context();
}

static void tear_down(void)
{
    neuron_context_unref(context);
}

static bool same_prediction(const neuron_graph_t *a, const neuron_graph_t *b)
{
    float first[6], second[6];
    example_predict(context, a, first);
    example_predict(context, b, second);
    return memcmp(first, second, sizeof first) == 0;
}

/* save, load, save: the same bytes. */
static void check_memory_round_trip(neuron_graph_t *graph)
{
    neuron_graph_t *loaded;
    size_t size, again_size;
    unsigned char *bytes = example_save(graph, &size);
    assert_ok(neuron_graph_load_memory(&loaded, context, bytes, size));
    unsigned char *again = example_save(loaded, &again_size);
    ck_assert_uint_eq(size, again_size);
    ck_assert_mem_eq(bytes, again, size);
    ck_assert_int_eq(neuron_graph_parameter_count(graph), neuron_graph_parameter_count(loaded));
    ck_assert(same_prediction(graph, loaded));
    neuron_graph_unref(loaded);
    neuron_graph_unref(graph);
    free(bytes);
    free(again);
}

START_TEST(network_round_trip)
{
    check_memory_round_trip(example_network(context, "a network"));
}
END_TEST

START_TEST(committee_round_trip)
{
    check_memory_round_trip(example_committee(context));
}
END_TEST

START_TEST(graph_without_layers_round_trip)
{
    neuron_graph_t *graph, *loaded;
    size_t size;
    assert_ok(neuron_graph_create(&graph, context));
    assert_ok(neuron_graph_finish(graph, neuron_input(graph, (const int64_t[]){5}, 1)));
    unsigned char *bytes = example_save(graph, &size);
    assert_ok(neuron_graph_load_memory(&loaded, context, bytes, size));
    ck_assert_int_eq(neuron_graph_array_count(loaded), 0);
    neuron_graph_unref(loaded);
    neuron_graph_unref(graph);
    free(bytes);
}
END_TEST

START_TEST(file_has_the_bytes_of_memory)
{
    neuron_graph_t *graph = example_committee(context), *loaded;
    const char *path = test_file("committee.safetensors");
    size_t size;
    assert_ok(neuron_graph_save(graph, path));
    unsigned char *bytes = example_save(graph, &size);
    test_bytes read = test_read_file(path);
    ck_assert_uint_eq(read.size, size);
    ck_assert_mem_eq(bytes, read.data, size);
    assert_ok(neuron_graph_load(&loaded, context, path));
    ck_assert(same_prediction(graph, loaded));
    neuron_graph_unref(loaded);
    neuron_graph_unref(graph);
    free(bytes);
    free(read.data);
}
END_TEST

START_TEST(unaligned_memory)
{
    neuron_graph_t *graph = example_network(context, "network"), *loaded;
    size_t size;
    unsigned char *bytes = example_save(graph, &size);
    unsigned char *odd = malloc(size + 1);
    memcpy(odd + 1, bytes, size);
    assert_ok(neuron_graph_load_memory(&loaded, context, odd + 1, size));
    memset(odd, 0xff, size + 1); /* the memory is free again after the call */
    ck_assert(same_prediction(graph, loaded));
    neuron_graph_unref(loaded);
    neuron_graph_unref(graph);
    free(bytes);
    free(odd);
}
END_TEST

/* A decimal comma must not get into files nor be wanted in them, nor a point of several bytes. */
START_TEST(locale_does_not_matter)
{
    bool (*const set_locale[])(void) = {test_set_comma_locale, test_set_wide_point_locale};
    neuron_graph_t *graph = example_committee(context), *loaded;
    size_t size, other_size;
    unsigned char *bytes = example_save(graph, &size);
    set_locale[_i]();
    unsigned char *other = example_save(graph, &other_size);
    int status = neuron_graph_load_memory(&loaded, context, bytes, size);
    setlocale(LC_ALL, "C");
    assert_ok(status);
    ck_assert_uint_eq(size, other_size);
    ck_assert_mem_eq(bytes, other, size);
    neuron_graph_unref(loaded);
    neuron_graph_unref(graph);
    free(bytes);
    free(other);
}
END_TEST

START_TEST(arguments_are_checked)
{
    neuron_graph_t *graph = example_network(context, "network"), *empty, *loaded = graph;
    size_t needed = 0;
    char bytes[8] = {0};
    assert_ok(neuron_graph_create(&empty, context));
    assert_status(neuron_graph_save(NULL, "x"), NEURON_E_ARGUMENT);
    assert_status(neuron_graph_save(graph, NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_graph_save(empty, "x"), NEURON_E_STATE);
    assert_status(neuron_graph_save(graph, "/nowhere/at/all"), NEURON_E_IO);
    assert_message("/nowhere/at/all");
    assert_status(neuron_graph_save_memory(NULL, 0, &needed, NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_graph_save_memory(NULL, 0, &needed, empty), NEURON_E_STATE);
    assert_status(neuron_graph_save_memory(NULL, 1, &needed, graph), NEURON_E_ARGUMENT);
    assert_status(neuron_graph_save_memory(bytes, 8, &needed, graph), NEURON_E_ARGUMENT);
    assert_message("capacity is ");
    ck_assert_uint_gt(needed, 8);
    assert_status(neuron_graph_load(NULL, context, "x"), NEURON_E_ARGUMENT);
    assert_status(neuron_graph_load(&loaded, NULL, "x"), NEURON_E_ARGUMENT);
    ck_assert_ptr_null(loaded);
    assert_status(neuron_graph_load(&loaded, context, NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_graph_load(&loaded, context, "/nowhere/at/all"), NEURON_E_IO);
    assert_message("/nowhere/at/all");
    assert_status(neuron_graph_load_memory(NULL, context, bytes, 8), NEURON_E_ARGUMENT);
    assert_status(neuron_graph_load_memory(&loaded, NULL, bytes, 8), NEURON_E_ARGUMENT);
    assert_status(neuron_graph_load_memory(&loaded, context, NULL, 8), NEURON_E_ARGUMENT);
    assert_status(neuron_graph_load_memory(&loaded, context, bytes, 0), NEURON_E_FORMAT);
    assert_message("memory: ends at byte 0");
    neuron_graph_unref(empty);
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(parameters_are_taken_by_a_graph_of_the_same_structure)
{
    neuron_graph_t *from = example_network(context, "network");
    neuron_graph_t *to = example_network(context, "network");
    neuron_graph_t *other = example_committee(context);
    neuron_safetensors *file;
    size_t size, to_size;
    unsigned char *bytes = example_save(from, &size);
    assert_ok(neuron_safetensors_parse(&file, context, bytes, size, "state"));
    assert_status(neuron_model_check(other, file), NEURON_E_DATA);
    assert_message("state: first/skip \"\xc3\xa9\": name is skip \"\xc3\xa9\" in the file, ");
    assert_ok(neuron_model_check(to, file));
    ck_assert(!same_prediction(from, to)); /* and what was made of the parameters is now old */
    neuron_model_take(to, file);
    ck_assert(same_prediction(from, to));
    unsigned char *taken = example_save(to, &to_size);
    ck_assert_uint_eq(size, to_size);
    ck_assert_mem_eq(bytes, taken, size);
    neuron_safetensors_close(file);
    neuron_graph_unref(from);
    neuron_graph_unref(to);
    neuron_graph_unref(other);
    free(bytes);
    free(taken);
}
END_TEST

/* A softmax had no axis once. */
START_TEST(parameters_of_an_older_file_are_taken)
{
    neuron_graph_t *graph = example_network(context, "network"), *loaded;
    neuron_safetensors *file;
    size_t size;
    unsigned char *bytes = example_save(graph, &size);
    /* In the header the text's quotes are escaped. What is cut out is made up for by blanks. */
    static const char cut[] = ",\\\"axis\\\":0";
    unsigned char *at = NULL;
    for (size_t i = 0; i + sizeof cut < size; i++)
        if (memcmp(bytes + i, cut, sizeof cut - 1) == 0)
            at = bytes + i; /* the last: that of the softmax, not of the concatenation */
    ck_assert_ptr_nonnull(at);
    memset(at, ' ', sizeof cut - 1);
    assert_ok(neuron_graph_load_memory(&loaded, context, bytes, size));
    ck_assert(same_prediction(graph, loaded));
    assert_ok(neuron_safetensors_parse(&file, context, bytes, size, "state"));
    assert_ok(neuron_model_check(graph, file));
    neuron_safetensors_close(file);
    neuron_graph_unref(loaded);
    neuron_graph_unref(graph);
    free(bytes);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("model");
    TCase *tests = tcase_create("model");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, network_round_trip);
    tcase_add_test(tests, committee_round_trip);
    tcase_add_test(tests, graph_without_layers_round_trip);
    tcase_add_test(tests, file_has_the_bytes_of_memory);
    tcase_add_test(tests, unaligned_memory);
    tcase_add_loop_test(tests, locale_does_not_matter, 0, 2);
    tcase_add_test(tests, arguments_are_checked);
    tcase_add_test(tests, parameters_are_taken_by_a_graph_of_the_same_structure);
    tcase_add_test(tests, parameters_of_an_older_file_are_taken);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
