#include "gradient.h"
#include "test-common.h"

enum { IN = 4, OUT = 3 };

/* IN numbers to OUT shares, under a name. */
static neuron_graph_t *source_graph(const char *name)
{
    neuron_graph_t *graph = new_graph();
    assert_ok(neuron_graph_set_name(graph, name));
    neuron_node_t *x = neuron_relu(graph, neuron_dense(graph, vector_input(graph, IN), 5, NULL));
    x = neuron_batch_norm(graph, x, NULL);
    assert_ok(
        neuron_graph_finish(graph, neuron_softmax(graph, neuron_dense(graph, x, OUT, NULL), NULL)));
    return graph;
}

static const float example[IN] = {0.5f, -1, 2, 0.25f};

static int32_t find_array(const neuron_graph_t *graph, const char *name)
{
    for (int32_t i = 0; i < neuron_graph_array_count(graph); i++)
        if (strcmp(neuron_graph_array_name(graph, i), name) == 0)
            return i;
    ck_abort_msg("there is no array %s", name);
}

START_TEST(a_copy_predicts_the_same)
{
    neuron_graph_t *source = source_graph("member"), *graph = new_graph();
    /* Statistics as well as what is trained. */
    assert_ok(neuron_graph_write_array(source, find_array(source, "batch_norm.moving_mean"),
                                       (const float[]){1, 2, 3, 4, 5}, 5));
    neuron_node_t *copy = neuron_graph_import(graph, vector_input(graph, IN), source, NULL, NULL);
    ck_assert_ptr_nonnull(copy);
    ck_assert_str_eq(neuron_node_name(copy), "member/softmax");
    assert_ok(neuron_graph_finish(graph, copy));
    ck_assert_int_eq(neuron_graph_parameter_count(graph), neuron_graph_parameter_count(source));
    float expected[OUT], output[OUT];
    predict(source, example, 1, expected);
    predict(graph, example, 1, output);
    ck_assert_mem_eq(output, expected, sizeof output);
    neuron_graph_unref(graph);
    neuron_graph_unref(source);
}
END_TEST

START_TEST(source_and_copy_are_independent)
{
    neuron_graph_t *source = source_graph("member"), *graph = new_graph();
    float before[OUT], after[OUT], zeros[5 * IN] = {0};
    predict(source, example, 1, before);
    neuron_node_t *copy = neuron_graph_import(graph, vector_input(graph, IN), source, "a", NULL);
    /* The copy has the values of the moment of the import. */
    assert_ok(
        neuron_graph_write_array(source, find_array(source, "dense_1.kernel"), zeros, 5 * OUT));
    assert_ok(neuron_graph_finish(graph, copy));
    predict(graph, example, 1, after);
    ck_assert_mem_eq(before, after, sizeof before);
    predict(source, example, 1, before);
    assert_ok(neuron_graph_write_array(graph, find_array(graph, "a/dense.kernel"), zeros, 5 * IN));
    predict(source, example, 1, after);
    ck_assert_mem_eq(before, after, sizeof before);
    neuron_graph_unref(source);
    predict(graph, example, 1, after);
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(names_are_made_unique)
{
    neuron_graph_t *source = source_graph("net.v1/a"), *graph = new_graph();
    neuron_node_t *x = vector_input(graph, IN);
    ck_assert_str_eq(neuron_node_name(neuron_graph_import(graph, x, source, NULL, NULL)),
                     "net_v1_a/softmax");
    ck_assert_str_eq(neuron_node_name(neuron_graph_import(graph, x, source, NULL, NULL)),
                     "net_v1_a_1/softmax");
    ck_assert_str_eq(neuron_node_name(neuron_graph_import(graph, x, source, "b", NULL)),
                     "b/softmax");
    ck_assert_str_eq(neuron_node_name(neuron_graph_import(graph, x, source, "b", NULL)),
                     "b_1/softmax");
    ck_assert_str_eq(neuron_node_name(neuron_graph_import(graph, x, source, "b", NULL)),
                     "b_2/softmax");
    ck_assert_str_eq(neuron_node_name(neuron_graph_import(graph, x, source, "b_1", NULL)),
                     "b_1_1/softmax");
    /* The layers' own names stay free. */
    neuron_node_t *own = neuron_dense(graph, x, 2, NULL);
    ck_assert_str_eq(neuron_node_name(own), "dense");
    assert_ok(neuron_graph_finish(graph, own));
    neuron_graph_unref(graph);
    neuron_graph_unref(source);
}
END_TEST

START_TEST(an_import_of_an_import)
{
    neuron_graph_t *source = source_graph("inner"), *middle = new_graph(), *graph = new_graph();
    neuron_node_t *x = vector_input(middle, IN);
    neuron_node_t *members[] = {neuron_graph_import(middle, x, source, NULL, NULL),
                                neuron_graph_import(middle, x, source, NULL, NULL)};
    assert_ok(neuron_graph_finish(
        middle, neuron_weighted_average(middle, members, 2, (const double[]){1, 3})));
    neuron_node_t *copy =
        neuron_graph_import(graph, vector_input(graph, IN), middle, "outer", NULL);
    ck_assert_str_eq(neuron_node_name(copy), "outer/weighted_average");
    assert_ok(neuron_graph_finish(graph, copy));
    ck_assert_int_ge(find_array(graph, "outer/inner/dense.kernel"), 0);
    ck_assert_int_ge(find_array(graph, "outer/inner_1/dense_1.bias"), 0);
    float expected[OUT], output[OUT];
    predict(middle, example, 1, expected);
    predict(graph, example, 1, output);
    ck_assert_mem_eq(output, expected, sizeof output);
    neuron_graph_unref(graph);
    neuron_graph_unref(middle);
    neuron_graph_unref(source);
}
END_TEST

/* Layers before and behind it, options kept, and parameters of its own beside those brought in. */
START_TEST(in_the_middle_of_a_graph)
{
    neuron_graph_t *source = new_graph(), *graph = new_graph();
    neuron_node_t *c = neuron_conv2d(source, image_input(source, 6, 6, 2), 3, 3, 3,
                                     "padding=same, stride_height=2");
    assert_ok(neuron_graph_finish(source, neuron_relu(source, c)));
    neuron_node_t *x = neuron_conv2d(graph, image_input(graph, 7, 7, 1), 2, 2, 2, NULL);
    neuron_node_t *copy = neuron_graph_import(graph, x, source, "body", NULL);
    int64_t shape[NEURON_RANK_MAX];
    int32_t rank;
    assert_ok(neuron_node_shape(shape, &rank, copy));
    ck_assert_int_eq(shape[0], 3);
    ck_assert_int_eq(shape[1], 6);
    neuron_graph_unref(source);
    check_layer(graph, copy, 3);
}
END_TEST

START_TEST(a_source_without_layers)
{
    neuron_graph_t *source = new_graph(), *graph = new_graph();
    assert_ok(neuron_graph_finish(source, vector_input(source, 3)));
    neuron_node_t *x = vector_input(graph, 3);
    ck_assert_ptr_eq(neuron_graph_import(graph, x, source, NULL, NULL), x);
    neuron_graph_unref(graph);
    neuron_graph_unref(source);
}
END_TEST

START_TEST(another_input_shape_is_refused)
{
    neuron_graph_t *source = source_graph("member"), *graph = new_graph();
    neuron_node_t *x = image_input(graph, 28, 28, 1);
    ck_assert_ptr_null(neuron_graph_import(graph, x, source, NULL, NULL));
    assert_status(neuron_graph_finish(graph, x), NEURON_E_SHAPE);
    assert_message("import: member takes 4, but input is 28x28x1");
    neuron_graph_unref(graph);
    neuron_graph_unref(source);
}
END_TEST

START_TEST(an_unfinished_source_is_refused)
{
    neuron_graph_t *source = new_graph(), *graph = new_graph();
    neuron_dense(source, vector_input(source, 4), 3, NULL);
    neuron_node_t *x = vector_input(graph, 4);
    ck_assert_ptr_null(neuron_graph_import(graph, x, source, NULL, NULL));
    assert_status(neuron_graph_finish(graph, x), NEURON_E_STATE);
    assert_message("import: graph is not finished");
    neuron_graph_unref(graph);
    neuron_graph_unref(source);
}
END_TEST

START_TEST(a_finished_graph_takes_no_import)
{
    neuron_graph_t *source = source_graph("member"), *graph = source_graph("other");
    float before[OUT], after[OUT];
    predict(graph, example, 1, before);
    neuron_graph_t *third = new_graph();
    neuron_node_t *x = vector_input(third, IN);
    ck_assert_ptr_null(neuron_graph_import(graph, x, source, NULL, NULL));
    assert_message("other: is finished and takes no more layers");
    predict(graph, example, 1, after);
    ck_assert_mem_eq(before, after, sizeof before);
    neuron_graph_unref(third);
    neuron_graph_unref(graph);
    neuron_graph_unref(source);
}
END_TEST

START_TEST(bad_names_are_refused)
{
    static const char *const bad[] = {
        "", "a/b", "a.b", "a\nb",
        "a name of more than sixty-three bytes, which is all that there is room for"};
    neuron_graph_t *source = source_graph("member");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        neuron_graph_t *graph = new_graph();
        neuron_node_t *x = vector_input(graph, IN);
        ck_assert_ptr_null(neuron_graph_import(graph, x, source, bad[i], NULL));
        assert_status(neuron_graph_finish(graph, x), NEURON_E_ARGUMENT);
        assert_message("import: ");
        neuron_graph_unref(graph);
    }
    neuron_graph_unref(source);
}
END_TEST

START_TEST(nulls_are_refused)
{
    neuron_graph_t *source = source_graph("member"), *graph = new_graph();
    neuron_node_t *x = vector_input(graph, IN);
    ck_assert_ptr_null(neuron_graph_import(NULL, x, source, NULL, NULL));
    ck_assert_ptr_null(neuron_graph_import(graph, NULL, source, NULL, NULL));
    assert_status(neuron_graph_finish(graph, x), NEURON_E_ARGUMENT);
    neuron_graph_unref(graph);
    graph = new_graph();
    x = vector_input(graph, IN);
    ck_assert_ptr_null(neuron_graph_import(graph, x, NULL, NULL, NULL));
    assert_status(neuron_graph_finish(graph, x), NEURON_E_ARGUMENT);
    neuron_graph_unref(graph);
    neuron_graph_unref(source);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("import");
    TCase *tests = tcase_create("import");
    tcase_set_timeout(tests, 0);
    suite_add_tcase(suite, tests);
    tcase_add_test(tests, a_copy_predicts_the_same);
    tcase_add_test(tests, source_and_copy_are_independent);
    tcase_add_test(tests, names_are_made_unique);
    tcase_add_test(tests, an_import_of_an_import);
    tcase_add_test(tests, in_the_middle_of_a_graph);
    tcase_add_test(tests, a_source_without_layers);
    tcase_add_test(tests, another_input_shape_is_refused);
    tcase_add_test(tests, an_unfinished_source_is_refused);
    tcase_add_test(tests, a_finished_graph_takes_no_import);
    tcase_add_test(tests, bad_names_are_refused);
    tcase_add_test(tests, nulls_are_refused);
    return run_suite(suite);
}
