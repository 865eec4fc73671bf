/* Looking into a graph: its nodes one by one, what they are and how they hang
 * together, and what its arrays are. */
#include "gradient.h"
#include "test-common.h"
#include "test-models.h"

static int copy_forward(neuron_custom_run_t *run, void *user_data)
{
    int64_t n = neuron_custom_run_batch(run) * neuron_custom_run_output_size(run);
    (void)user_data;
    memcpy(neuron_custom_run_output(run), neuron_custom_run_input(run, 0),
           (size_t)n * sizeof(float));
    return 0;
}

/* A dense layer and its input joined, and a dense layer that nobody needs. */
static neuron_graph_t *joined_graph(neuron_context_t *context)
{
    neuron_graph_t *graph;
    assert_ok(neuron_custom_layer_register(context, "copy", copy_forward, NULL, NULL, NULL, NULL));
    assert_ok(neuron_graph_create(&graph, context));
    assert_ok(neuron_graph_set_name(graph, "joined"));
    neuron_node_t *x = vector_input(graph, 3);
    neuron_dense(graph, x, 9, NULL);
    neuron_node_t *h = neuron_batch_norm(graph, neuron_dense(graph, x, 2, NULL), NULL);
    h = neuron_custom_layer(graph, "copy", &h, 1, NULL, 0);
    h = neuron_concat(graph, (neuron_node_t *const[]){x, h}, 2, NULL);
    assert_ok(neuron_graph_finish(graph, h));
    return graph;
}

static const struct {
    const char *name, *layer, *inputs[2];
} expected[] = {
    {"input", "input", {NULL}},
    {"dense_1", "dense", {"input"}},
    {"batch_norm", "batch_norm", {"dense_1"}},
    {"copy", "custom", {"batch_norm"}},
    {"concat", "concat", {"input", "copy"}},
};

enum { NODES = sizeof expected / sizeof *expected };

static void assert_nodes(const neuron_graph_t *graph)
{
    ck_assert_int_eq(neuron_graph_node_count(graph), NODES);
    for (int32_t i = 0; i < NODES; i++) {
        neuron_node_t *node = neuron_graph_node(graph, i);
        ck_assert_str_eq(neuron_node_name(node), expected[i].name);
        ck_assert_str_eq(neuron_node_layer(node), expected[i].layer);
        ck_assert_ptr_eq(neuron_graph_find_node(graph, expected[i].name), node);
        int64_t count = neuron_node_input_count(node);
        for (int32_t j = 0; j < count; j++)
            ck_assert_str_eq(neuron_node_name(neuron_node_input(node, j)), expected[i].inputs[j]);
        ck_assert(count == 2 || !expected[i].inputs[count]);
        ck_assert_ptr_null(neuron_node_input(node, count));
        ck_assert_ptr_null(neuron_node_input(node, -1));
    }
    ck_assert_str_eq(neuron_node_custom_kind(neuron_graph_node(graph, 3)), "copy");
    ck_assert_ptr_null(neuron_node_custom_kind(neuron_graph_node(graph, 1)));
}

START_TEST(nodes_in_their_order)
{
    neuron_context_t *context = test_context();
    neuron_graph_t *graph = joined_graph(context), *loaded;
    assert_nodes(graph);
    size_t size;
    assert_ok(neuron_graph_save_memory(NULL, 0, &size, graph));
    void *bytes = malloc(size);
    assert_ok(neuron_graph_save_memory(bytes, size, NULL, graph));
    assert_ok(neuron_graph_load_memory(&loaded, context, bytes, size));
    free(bytes);
    assert_nodes(loaded);
    ck_assert_str_eq(neuron_graph_name(loaded), "joined");
    neuron_graph_unref(loaded);
    neuron_graph_unref(graph);
    neuron_context_unref(context);
}
END_TEST

START_TEST(nodes_of_a_graph_that_is_not_finished)
{
    neuron_graph_t *graph = new_graph();
    ck_assert_str_eq(neuron_graph_name(graph), "graph");
    ck_assert_int_eq(neuron_graph_node_count(graph), 0);
    neuron_node_t *x = vector_input(graph, 3), *unused = neuron_dense(graph, x, 2, NULL);
    ck_assert_int_eq(neuron_graph_node_count(graph), 2);
    ck_assert_ptr_eq(neuron_graph_node(graph, 1), unused);
    assert_ok(neuron_graph_finish(graph, x));
    ck_assert_int_eq(neuron_graph_node_count(graph), 1);
    ck_assert_ptr_null(neuron_graph_node(graph, 1));
    assert_message("neuron_graph_node: graph has no node 1 of 1");
    ck_assert_ptr_null(neuron_graph_node(graph, -1));
    neuron_graph_unref(graph);
}
END_TEST

static void assert_array(const neuron_graph_t *graph, const char *name, const int64_t *shape,
                         int32_t rank, int32_t trainable)
{
    int64_t found[NEURON_RANK_MAX];
    int64_t index = 0;
    int32_t found_rank = -1;
    while (strcmp(neuron_graph_array_name(graph, index), name) != 0)
        index++;
    assert_ok(neuron_graph_array_shape(found, &found_rank, graph, index));
    ck_assert_int_eq(found_rank, rank);
    ck_assert_mem_eq(found, shape, (size_t)rank * sizeof *shape);
    ck_assert_int_eq(neuron_graph_array_trainable(graph, index), trainable);
}

START_TEST(shapes_of_arrays)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = neuron_conv2d(graph, image_input(graph, 8, 9, 2), 5, 3, 4, NULL);
    x = neuron_flatten(graph, neuron_batch_norm(graph, x, NULL));
    assert_ok(neuron_graph_finish(graph, neuron_dense(graph, x, 7, NULL)));
    assert_array(graph, "conv2d.kernel", (const int64_t[]){3, 4, 2, 5}, 4, 1);
    assert_array(graph, "conv2d.bias", (const int64_t[]){5}, 1, 1);
    assert_array(graph, "batch_norm.moving_mean", (const int64_t[]){5}, 1, 0);
    assert_array(graph, "dense.kernel", (const int64_t[]){6 * 6 * 5, 7}, 2, 1);
    assert_ok(neuron_node_set_trainable(neuron_graph_find_node(graph, "dense"), 0));
    assert_array(graph, "dense.kernel", (const int64_t[]){6 * 6 * 5, 7}, 2, 0);
    neuron_graph_unref(graph);
}
END_TEST

/* All but the last layer with parameters, of a graph whose names are not known. */
START_TEST(freezing_all_but_the_last_layers)
{
    neuron_context_t *context = test_context();
    neuron_graph_t *graph = test_cnn(context, 8);
    int64_t count = neuron_graph_node_count(graph);
    for (int32_t i = 0; i < count - 2; i++)
        assert_ok(neuron_node_set_trainable(neuron_graph_node(graph, i), 0));
    ck_assert_int_eq(neuron_graph_trainable_parameter_count(graph), (4 * 4 * 4 + 1) * TEST_CLASSES);
    neuron_graph_unref(graph);
    neuron_context_unref(context);
}
END_TEST

START_TEST(what_there_is_not)
{
    neuron_graph_t *graph = new_graph();
    int64_t shape[NEURON_RANK_MAX];
    int32_t rank;
    ck_assert_ptr_null(neuron_graph_name(NULL));
    ck_assert_int_eq(neuron_graph_node_count(NULL), 0);
    ck_assert_ptr_null(neuron_graph_node(NULL, 0));
    assert_message("neuron_graph_node: graph is NULL");
    ck_assert_ptr_null(neuron_node_layer(NULL));
    ck_assert_ptr_null(neuron_node_custom_kind(NULL));
    ck_assert_int_eq(neuron_node_input_count(NULL), 0);
    ck_assert_ptr_null(neuron_node_input(NULL, 0));
    ck_assert_int_eq(neuron_graph_array_trainable(NULL, 0), 0);
    assert_status(neuron_graph_array_shape(shape, &rank, NULL, 0), NEURON_E_ARGUMENT);
    neuron_node_t *x = neuron_dense(graph, vector_input(graph, 3), 2, NULL);
    assert_status(neuron_graph_array_shape(shape, &rank, graph, 0), NEURON_E_STATE);
    ck_assert_int_eq(neuron_graph_array_trainable(graph, 0), 0);
    assert_ok(neuron_graph_finish(graph, x));
    assert_status(neuron_graph_array_shape(NULL, &rank, graph, 0), NEURON_E_ARGUMENT);
    assert_status(neuron_graph_array_shape(shape, NULL, graph, 0), NEURON_E_ARGUMENT);
    for (int64_t index = -1; index <= 2; index += 3) {
        assert_status(neuron_graph_array_shape(shape, &rank, graph, index), NEURON_E_ARGUMENT);
        assert_message("has no parameter array");
        ck_assert_int_eq(neuron_graph_array_trainable(graph, index), 0);
    }
    neuron_graph_unref(graph);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("nodes");
    TCase *tests = tcase_create("nodes");
    tcase_set_timeout(tests, 0);
    suite_add_tcase(suite, tests);
    tcase_add_test(tests, nodes_in_their_order);
    tcase_add_test(tests, nodes_of_a_graph_that_is_not_finished);
    tcase_add_test(tests, shapes_of_arrays);
    tcase_add_test(tests, freezing_all_but_the_last_layers);
    tcase_add_test(tests, what_there_is_not);
    return run_suite(suite);
}
