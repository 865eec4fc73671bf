/* Custom layers in files, and in other contexts. */
#include "custom-kinds.h"

#include <stdio.h>

START_TEST(loading_needs_the_kind)
{
    neuron_graph_t *graph = custom_graph();
    neuron_node_t *x = add_own_dense(graph, vector_input(graph, 3), 2);
    assert_ok(neuron_graph_finish(graph, x));
    neuron_context_t *other = test_context();
    save_and_load(graph, other, NEURON_E_UNSUPPORTED);
    assert_message("no layer \"own_dense\" is registered with the context");
    neuron_graph_t *copy;
    assert_ok(neuron_graph_create(&copy, other));
    ck_assert_ptr_null(neuron_graph_import(copy, vector_input(copy, 3), graph, NULL, NULL));
    assert_message("import: no layer \"own_dense\" is registered");
    neuron_graph_unref(copy);
    register_all(other);
    neuron_graph_t *loaded = save_and_load(graph, other, NEURON_OK);
    ck_assert(same_parameters(graph, loaded));
    ck_assert_str_eq(neuron_graph_array_name(loaded, 0), "own_dense.kernel");
    assert_ok(neuron_graph_create(&copy, other));
    x = neuron_graph_import(copy, vector_input(copy, 3), graph, NULL, NULL);
    assert_ok(neuron_graph_finish(copy, x));
    ck_assert(same_parameters(graph, copy));
    const float row[] = {1, -2, 3};
    float first[2], second[2];
    predict(graph, row, 1, first);
    predict(copy, row, 1, second);
    ck_assert_int_eq(memcmp(first, second, sizeof first), 0);
    neuron_graph_unref(copy);
    neuron_graph_unref(loaded);
    neuron_graph_unref(graph);
    neuron_context_unref(other);
}
END_TEST

/* A library that has a layer of that name, now or one day, keeps both apart. */
START_TEST(a_kind_may_be_called_as_a_layer_of_the_library)
{
    static const char *const names[] = {"dense", "input", "custom"};
    neuron_context_t *contexts[] = {test_context(), test_context()};
    neuron_graph_t *graph;
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 3; j++)
            assert_ok(neuron_custom_layer_register(contexts[i], names[j], swish, swish_back, NULL,
                                                   NULL, NULL));
    assert_ok(neuron_graph_create(&graph, contexts[0]));
    neuron_node_t *x = neuron_dense(graph, vector_input(graph, 3), 4, NULL);
    for (int j = 0; j < 3; j++)
        x = neuron_custom_layer(graph, names[j], &x, 1, NULL, 0);
    ck_assert_str_eq(neuron_node_name(x), "custom");
    assert_ok(neuron_custom_layer_add_array(x, "extra", NULL, 0, "ones", 0, 1));
    assert_ok(neuron_graph_finish(graph, neuron_dense(graph, x, 2, NULL)));
    ck_assert_ptr_nonnull(neuron_graph_find_node(graph, "dense_2"));
    neuron_graph_t *loaded = save_and_load(graph, contexts[1], NEURON_OK);
    ck_assert(same_parameters(graph, loaded));
    const float row[] = {1, -2, 3};
    float first[2], second[2];
    predict(graph, row, 1, first);
    predict(loaded, row, 1, second);
    ck_assert_mem_eq(first, second, sizeof first);
    neuron_graph_unref(loaded);
    neuron_graph_unref(graph);
    neuron_context_unref(contexts[0]);
    neuron_context_unref(contexts[1]);
}
END_TEST

START_TEST(a_file_has_the_shape_that_the_kind_makes)
{
    neuron_context_t *contexts[] = {test_context(), test_context()};
    neuron_graph_t *graph;
    assert_ok(neuron_custom_layer_register(contexts[0], "k", swish, NULL, NULL, NULL, NULL));
    assert_ok(neuron_custom_layer_register(contexts[1], "k", swish, NULL, join_shape, NULL, NULL));
    assert_ok(neuron_graph_create(&graph, contexts[0]));
    neuron_node_t *x = vector_input(graph, 3);
    assert_ok(neuron_graph_finish(
        graph, neuron_custom_layer(graph, "k", &x, 1, (const int64_t[]){1000}, 1)));
    save_and_load(graph, contexts[1], NEURON_E_FORMAT);
    assert_message("its shape is 1000, but k makes 3");
    neuron_graph_unref(graph);
    neuron_context_unref(contexts[0]);
    neuron_context_unref(contexts[1]);
}
END_TEST

/* What a kind makes of its inputs may be said again, and not otherwise: no file with
 * another shape could be loaded. */
START_TEST(a_shape_beside_that_of_the_kind)
{
    neuron_graph_t *graph = custom_graph();
    neuron_node_t *x = vector_input(graph, 3);
    x = neuron_custom_layer(graph, "join", &x, 1, (const int64_t[]){3}, 1);
    assert_ok(neuron_graph_finish(graph, x));
    neuron_context_t *other = custom_context();
    neuron_graph_unref(save_and_load(graph, other, NEURON_OK));
    neuron_context_unref(other);
    neuron_graph_unref(graph);
    graph = custom_graph();
    x = vector_input(graph, 3);
    ck_assert_ptr_null(neuron_custom_layer(graph, "join", &x, 1, (const int64_t[]){4}, 1));
    assert_status(neuron_graph_finish(graph, x), NEURON_E_SHAPE);
    assert_message("join: its shape is 4, but join makes 3");
    neuron_graph_unref(graph);
}
END_TEST

static int answer_shape(int64_t *output, int32_t *rank, const int64_t *shapes, const int32_t *ranks,
                        int64_t count, void *user_data)
{
    (void)count;
    memcpy(output, shapes, (size_t)ranks[0] * sizeof *output);
    *rank = ranks[0];
    return *(int *)user_data;
}

/* The number of a callback is the caller's in a file as in a graph that is built. A shape that
 * cannot be is one of the file: the kind that wrote it made another. */
START_TEST(a_shape_callback_that_fails)
{
    static const struct {
        int answer, expected;
    } cases[] = {{-4242, -4242},
                 {7, NEURON_E_CALLBACK},
                 {NEURON_E_SHAPE, NEURON_E_SHAPE},
                 {NEURON_E_MEMORY, NEURON_E_MEMORY},
                 {INT32_MIN, INT32_MIN}};
    neuron_context_t *context = test_context();
    int answer = 0;
    neuron_graph_t *graph;
    assert_ok(neuron_custom_layer_register(context, "k", swish, NULL, answer_shape, &answer, NULL));
    assert_ok(neuron_graph_create(&graph, context));
    neuron_node_t *x = vector_input(graph, 3);
    x = neuron_dense(graph, neuron_custom_layer(graph, "k", &x, 1, NULL, 0), 2, NULL);
    assert_ok(neuron_graph_finish(graph, x));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[80];
        answer = cases[i].answer;
        ck_assert_ptr_null(save_and_load(graph, context, cases[i].expected));
        snprintf(text, sizeof text, "node 1 \"k\": k: the shape callback returned %d", answer);
        assert_message(text);
    }
    answer = 0;
    neuron_graph_unref(save_and_load(graph, context, NEURON_OK));
    neuron_graph_unref(graph);
    neuron_context_unref(context);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("custom-files");
    TCase *tests = tcase_create("custom-files");
    tcase_set_timeout(tests, 0);
    suite_add_tcase(suite, tests);
    tcase_add_test(tests, loading_needs_the_kind);
    tcase_add_test(tests, a_kind_may_be_called_as_a_layer_of_the_library);
    tcase_add_test(tests, a_file_has_the_shape_that_the_kind_makes);
    tcase_add_test(tests, a_shape_beside_that_of_the_kind);
    tcase_add_test(tests, a_shape_callback_that_fails);
    return run_suite(suite);
}
