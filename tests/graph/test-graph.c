#include "gradient.h"
#include "test-common.h"

#include <stdbool.h>
#include <stdio.h>

static neuron_node_t *classify(neuron_graph_t *graph, neuron_node_t *x)
{
    return neuron_softmax(graph, neuron_dense(graph, x, 10, NULL), NULL);
}

/* Dense, ReLU, normalised. */
static neuron_node_t *block(neuron_graph_t *graph, neuron_node_t *x, int64_t units)
{
    return neuron_batch_norm(graph, neuron_relu(graph, neuron_dense(graph, x, units, NULL)), NULL);
}

static neuron_node_t *conv(neuron_graph_t *graph, neuron_node_t *x, int64_t filters,
                           const char *padding)
{
    x = neuron_conv2d(graph, x, filters, 3, 3, NULL);
    assert_ok(neuron_node_set(x, padding));
    return neuron_relu(graph, x);
}

static neuron_node_t *hidden(neuron_graph_t *graph, neuron_node_t *x, int64_t units)
{
    return neuron_relu(graph, neuron_dense(graph, neuron_flatten(graph, x), units, NULL));
}

static neuron_node_t *perceptron(neuron_graph_t *graph)
{
    return classify(graph, block(graph, block(graph, vector_input(graph, 784), 512), 256));
}

static neuron_node_t *one_convolution(neuron_graph_t *graph)
{
    neuron_node_t *x = conv(graph, image_input(graph, 28, 28, 1), 32, "padding=valid");
    return classify(graph, hidden(graph, neuron_max_pool2d(graph, x, 2, 2, NULL), 128));
}

static neuron_node_t *two_convolutions(neuron_graph_t *graph)
{
    neuron_node_t *x = conv(graph, image_input(graph, 28, 28, 1), 64, "padding=valid");
    x = conv(graph, neuron_max_pool2d(graph, x, 2, 2, NULL), 128, "padding=valid");
    return classify(graph, hidden(graph, neuron_max_pool2d(graph, x, 2, 2, NULL), 256));
}

static neuron_node_t *pool_block(neuron_graph_t *graph, neuron_node_t *x, int64_t filters)
{
    x = neuron_batch_norm(graph, conv(graph, x, filters, "padding=same"), NULL);
    return neuron_dropout(graph, neuron_max_pool2d(graph, x, 2, 2, NULL), 0.25);
}

static neuron_node_t *normalised_convolutions(neuron_graph_t *graph)
{
    neuron_node_t *x = pool_block(graph, image_input(graph, 28, 28, 1), 32);
    x = neuron_dropout(graph, hidden(graph, pool_block(graph, x, 64), 128), 0.5);
    return classify(graph, x);
}

static neuron_node_t *skip_concatenation(neuron_graph_t *graph)
{
    neuron_node_t *x = vector_input(graph, 784), *h = x;
    for (int i = 0; i < 2; i++)
        h = neuron_dropout(graph, block(graph, h, 30), 0.3);
    return classify(graph, neuron_concat(graph, (neuron_node_t *[]){x, h}, 2, NULL));
}

/* As Keras prints them for the same networks. */
static const struct {
    neuron_node_t *(*build)(neuron_graph_t *graph);
    int64_t parameters, trainable;
} networks[] = {
    {perceptron, 538890, 537354},       {one_convolution, 693962, 693962},
    {two_convolutions, 896522, 896522}, {normalised_convolutions, 422026, 421834},
    {skip_concatenation, 32870, 32750},
};

START_TEST(parameter_counts)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *output = networks[_i].build(graph);
    ck_assert_int_eq(neuron_graph_parameter_count(graph), 0);
    assert_ok(neuron_graph_finish(graph, output));
    ck_assert_int_eq(neuron_graph_parameter_count(graph), networks[_i].parameters);
    ck_assert_int_eq(neuron_graph_trainable_parameter_count(graph), networks[_i].trainable);
    int64_t shape[NEURON_RANK_MAX];
    int32_t rank;
    assert_ok(neuron_graph_output_shape(shape, &rank, graph));
    ck_assert_int_eq(rank, 1);
    ck_assert_int_eq(shape[0], 10);
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(shapes_of_input_and_output)
{
    neuron_graph_t *graph = new_graph();
    int64_t shape[NEURON_RANK_MAX];
    int32_t rank;
    neuron_node_t *x = image_input(graph, 4, 5, 6);
    assert_node_shape(x, (const int64_t[]){4, 5, 6}, 3);
    assert_status(neuron_graph_input_shape(shape, &rank, graph), NEURON_E_STATE);
    assert_message("neuron_graph_input_shape: graph is not finished");
    assert_ok(neuron_graph_finish(graph, neuron_flatten(graph, x)));
    assert_ok(neuron_graph_input_shape(shape, &rank, graph));
    ck_assert_int_eq(rank, 3);
    ck_assert_int_eq(shape[1], 5);
    assert_ok(neuron_graph_output_shape(shape, &rank, graph));
    ck_assert_int_eq(rank, 1);
    ck_assert_int_eq(shape[0], 120);
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(default_names)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = vector_input(graph, 4);
    ck_assert_str_eq(neuron_node_name(x), "input");
    ck_assert_str_eq(neuron_node_name(x = neuron_dense(graph, x, 4, NULL)), "dense");
    ck_assert_str_eq(neuron_node_name(x = neuron_dense(graph, x, 4, NULL)), "dense_1");
    ck_assert_str_eq(neuron_node_name(x = neuron_batch_norm(graph, x, NULL)), "batch_norm");
    assert_ok(neuron_node_set_name(x, "dense_2"));
    ck_assert_str_eq(neuron_node_name(x = neuron_dense(graph, x, 4, NULL)), "dense_3");
    neuron_node_t *twice[] = {x, x};
    ck_assert_str_eq(
        neuron_node_name(neuron_weighted_average(graph, twice, 2, (const double[]){1, 1})),
        "weighted_average");
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(renaming)
{
    static const struct {
        const char *name, *message;
    } bad[] = {{"", "name has 0 bytes; it must have 1 to 127"},
               {"a.b", "byte 1 of name is 0x2e, which is not allowed"},
               {"tab\there", "byte 3 of name is 0x09, which is not allowed"},
               {"gr\xf6\xdf"
                "e",
                "name is not UTF-8"},
               {"cut \xc3", "name is not UTF-8"},
               {"\xc0\xafslash", "name is not UTF-8"},
               {"dense", "is called dense already"},
               {NULL, "name is NULL"}};
    char longest[129];
    memset(longest, 'n', sizeof longest);
    longest[128] = 0;
    for (size_t i = 0; i <= sizeof bad / sizeof *bad; i++) {
        neuron_graph_t *graph = new_graph();
        neuron_node_t *x = vector_input(graph, 4);
        neuron_node_t *first = neuron_dense(graph, x, 4, NULL),
                      *second = neuron_dense(graph, first, 4, NULL);
        assert_ok(neuron_node_set_name(second, "dense_1")); /* its own */
        assert_ok(neuron_node_set_name(second, "größe/x y"));
        assert_ok(neuron_node_set_name(second, longest + 1));
        ck_assert_str_eq(neuron_node_name(second), longest + 1);
        bool listed = i < sizeof bad / sizeof *bad;
        assert_status(neuron_node_set_name(second, listed ? bad[i].name : longest),
                      NEURON_E_ARGUMENT);
        assert_message(listed ? bad[i].message : "name has 128 bytes; it must have 1 to 127");
        ck_assert_str_eq(neuron_node_name(second), longest + 1);
        assert_status(neuron_graph_finish(graph, second), NEURON_E_ARGUMENT);
        neuron_graph_unref(graph);
    }
}
END_TEST

/* Enough for several to want the same place in a table. */
START_TEST(renamed_nodes_are_found)
{
    enum { COUNT = 300 };
    neuron_graph_t *graph = new_graph();
    neuron_node_t *node = vector_input(graph, 4), *nodes[COUNT];
    char name[32];
    for (int i = 0; i < COUNT; i++) {
        nodes[i] = node = neuron_relu(graph, node);
        snprintf(name, sizeof name, "first %d", i);
        assert_ok(neuron_node_set_name(node, name));
    }
    for (int i = 0; i < COUNT; i++) {
        snprintf(name, sizeof name, "second %d", i);
        assert_ok(neuron_node_set_name(nodes[i], name));
        ck_assert_ptr_eq(neuron_graph_find_node(graph, name), nodes[i]);
        for (int j = 0; j < COUNT; j++) {
            snprintf(name, sizeof name, "first %d", j);
            ck_assert_ptr_eq(neuron_graph_find_node(graph, name), j > i ? nodes[j] : NULL);
        }
    }
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(names_of_graphs)
{
    neuron_graph_t *graph = new_graph();
    char longest[65];
    memset(longest, 'n', sizeof longest);
    longest[64] = 0;
    assert_ok(neuron_graph_set_name(graph, longest + 1));
    assert_status(neuron_graph_set_name(graph, longest), NEURON_E_ARGUMENT);
    assert_message("it must have 1 to 63");
    assert_status(neuron_graph_set_name(graph, ""), NEURON_E_ARGUMENT);
    assert_status(neuron_graph_set_name(graph, "line\nend"), NEURON_E_ARGUMENT);
    assert_ok(neuron_graph_set_name(graph, "a name/with.all"));
    assert_status(neuron_graph_input_shape(NULL, NULL, graph), NEURON_E_STATE);
    assert_message("a name/with.all is not finished");
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(the_first_error_is_kept)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = vector_input(graph, 8);
    neuron_node_t *bad = neuron_dense(graph, x, 0, NULL);
    ck_assert_ptr_null(bad);
    ck_assert_ptr_null(neuron_relu(graph, bad));
    ck_assert_ptr_null(neuron_conv2d(graph, x, 1, 3, 3, NULL)); /* an error of its own */
    ck_assert_ptr_null(neuron_dense(graph, x, 3, NULL));
    neuron_graph_t *other = new_graph();
    assert_status(neuron_graph_finish(other, NULL), NEURON_E_ARGUMENT);
    for (int i = 0; i < 2; i++) {
        assert_status(neuron_graph_finish(graph, x), NEURON_E_ARGUMENT);
        assert_message("dense: units is 0; it must be 1");
    }
    ck_assert_int_eq(neuron_graph_parameter_count(graph), 0);
    neuron_graph_unref(other);
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(two_graphs_do_not_mix)
{
    neuron_graph_t *graph = new_graph(), *other = new_graph();
    neuron_node_t *x = vector_input(graph, 8), *y = vector_input(other, 8);
    assert_status(neuron_graph_finish(graph, y), NEURON_E_ARGUMENT);
    assert_message("the output input belongs to another graph");
    ck_assert_ptr_null(neuron_concat(graph, (neuron_node_t *[]){x, y}, 2, NULL));
    assert_status(neuron_graph_finish(graph, x), NEURON_E_ARGUMENT);
    assert_message("concat: input 1 (input) belongs to another graph");
    assert_ok(neuron_graph_finish(other, y));
    neuron_graph_unref(graph);
    neuron_graph_unref(other);
}
END_TEST

START_TEST(bad_inputs_are_refused)
{
    static const int64_t shapes[][NEURON_RANK_MAX] = {
        {0}, {-3}, {4, 0}, {(int64_t)1 << 40, (int64_t)1 << 40}, {1}, {1}, {1}};
    static const int32_t ranks[] = {1, 1, 2, 2, 0, -1, NEURON_RANK_MAX};
    for (size_t i = 0; i <= sizeof ranks / sizeof *ranks; i++) {
        neuron_graph_t *graph = new_graph();
        bool null = i == sizeof ranks / sizeof *ranks;
        ck_assert_ptr_null(neuron_input(graph, null ? NULL : shapes[i], null ? 1 : ranks[i]));
        assert_status(neuron_graph_finish(graph, NULL), NEURON_E_ARGUMENT);
        assert_message("input: ");
        neuron_graph_unref(graph);
    }
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = neuron_input(graph, (const int64_t[]){1, 1, 1, 2, 1, 1, 1}, 7);
    assert_ok(neuron_graph_finish(graph, x));
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(a_finished_graph_stays_as_it_is)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = vector_input(graph, 8), *output = neuron_dense(graph, x, 3, NULL);
    assert_ok(neuron_graph_finish(graph, output));
    assert_status(neuron_graph_finish(graph, output), NEURON_E_STATE);
    assert_message("graph: is finished already");
    assert_status(neuron_graph_set_seed(graph, 1), NEURON_E_STATE);
    ck_assert_ptr_null(neuron_relu(graph, output));
    assert_message("graph: is finished and takes no more layers");
    ck_assert_ptr_null(neuron_input(graph, (const int64_t[]){2}, 1));
    ck_assert_int_eq(neuron_graph_parameter_count(graph), 27);
    float output_row[3];
    predict(graph, (const float[8]){1}, 1, output_row);
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(what_the_output_does_not_need_is_left_out)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = vector_input(graph, 8);
    neuron_node_t *unused = neuron_dense(graph, neuron_dense(graph, x, 100, NULL), 50, NULL);
    neuron_node_t *output = neuron_dense(graph, x, 3, NULL);
    neuron_node_t *behind = neuron_relu(graph, output);
    assert_ok(neuron_graph_finish(graph, output));
    ck_assert_int_eq(neuron_graph_parameter_count(graph), 27);
    ck_assert_int_eq(neuron_graph_array_count(graph), 2);
    ck_assert_str_eq(neuron_graph_array_name(graph, 0), "dense_2.kernel");
    ck_assert_str_eq(neuron_node_name(unused), "dense_1"); /* still there to be asked */
    ck_assert_str_eq(neuron_node_name(behind), "relu");
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(nulls_are_refused_by_graph_calls)
{
    neuron_context_t *context = test_context();
    neuron_graph_t *graph = (neuron_graph_t *)&context;
    int64_t shape[NEURON_RANK_MAX];
    int32_t rank;
    float value;
    assert_status(neuron_graph_create(NULL, context), NEURON_E_ARGUMENT);
    assert_status(neuron_graph_create(&graph, NULL), NEURON_E_ARGUMENT);
    ck_assert_ptr_null(graph);
    ck_assert_ptr_null(neuron_graph_ref(NULL));
    neuron_graph_unref(NULL);
    assert_status(neuron_graph_set_name(NULL, "x"), NEURON_E_ARGUMENT);
    assert_status(neuron_graph_set_seed(NULL, 1), NEURON_E_ARGUMENT);
    assert_status(neuron_graph_finish(NULL, NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_graph_input_shape(shape, &rank, NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_graph_output_shape(shape, &rank, NULL), NEURON_E_ARGUMENT);
    ck_assert_int_eq(neuron_graph_parameter_count(NULL), 0);
    ck_assert_int_eq(neuron_graph_trainable_parameter_count(NULL), 0);
    ck_assert_int_eq(neuron_graph_array_count(NULL), 0);
    ck_assert_ptr_null(neuron_graph_array_name(NULL, 0));
    assert_status(neuron_graph_read_array(&value, 1, NULL, NULL, 0), NEURON_E_ARGUMENT);
    assert_status(neuron_graph_write_array(NULL, 0, &value, 1), NEURON_E_ARGUMENT);
    assert_ok(neuron_graph_create(&graph, context));
    assert_status(neuron_graph_set_name(graph, NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_graph_finish(graph, NULL), NEURON_E_ARGUMENT);
    neuron_node_t *x = vector_input(graph, 1);
    assert_ok(neuron_graph_finish(graph, x)); /* the NULL before did not stick */
    assert_status(neuron_graph_input_shape(NULL, &rank, graph), NEURON_E_ARGUMENT);
    assert_status(neuron_graph_output_shape(shape, NULL, graph), NEURON_E_ARGUMENT);
    neuron_graph_unref(graph);
    neuron_context_unref(context);
}
END_TEST

START_TEST(nulls_are_refused_by_node_calls)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *node = neuron_dropout(graph, vector_input(graph, 4), 0.5);
    int64_t shape[NEURON_RANK_MAX];
    int32_t rank;
    double value;
    char text[8];
    assert_status(neuron_node_get_number(&value, NULL, "units"), NEURON_E_ARGUMENT);
    assert_status(neuron_node_get_number(NULL, node, "units"), NEURON_E_ARGUMENT);
    assert_status(neuron_node_get_number(&value, NULL, "rate"), NEURON_E_ARGUMENT);
    assert_status(neuron_node_get_number(NULL, node, "rate"), NEURON_E_ARGUMENT);
    assert_status(neuron_node_get_number(&value, node, NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_node_get_text(text, sizeof text, NULL, NULL, "rate"), NEURON_E_ARGUMENT);
    assert_status(neuron_node_set(NULL, "rate=0.25"), NEURON_E_ARGUMENT);
    assert_status(neuron_node_set_number(NULL, "rate", 0.25), NEURON_E_ARGUMENT);
    assert_status(neuron_node_shape(shape, &rank, NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_node_shape(NULL, &rank, node), NEURON_E_ARGUMENT);
    assert_status(neuron_node_shape(shape, NULL, node), NEURON_E_ARGUMENT);
    ck_assert_ptr_null(neuron_node_name(NULL));
    neuron_graph_unref(graph);
}
END_TEST

/* What each builder makes of a graph that is NULL, or of an input that is. */
static neuron_node_t *build(int which, neuron_graph_t *graph, neuron_node_t *x)
{
    neuron_node_t *inputs[] = {x};
    switch (which) {
    case 0:
        return neuron_flatten(graph, x);
    case 1:
        return neuron_dense(graph, x, 1, NULL);
    case 2:
        return neuron_conv2d(graph, x, 1, 1, 1, NULL);
    case 3:
        return neuron_max_pool2d(graph, x, 1, 1, NULL);
    case 4:
        return neuron_batch_norm(graph, x, NULL);
    case 5:
        return neuron_dropout(graph, x, 0.5);
    case 6:
        return neuron_relu(graph, x);
    case 7:
        return neuron_softmax(graph, x, NULL);
    case 8:
        return neuron_concat(graph, inputs, 1, "axis=0");
    case 9:
        return neuron_average(graph, inputs, 1);
    case 10:
        return neuron_weighted_average(graph, inputs, 1, (const double[]){1});
    case 11:
        return neuron_vote(graph, inputs, 1, NULL);
    default:
        return neuron_vote(graph, NULL, 1, NULL);
    }
}

START_TEST(nulls_are_refused_by_builders)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = vector_input(graph, 4);
    ck_assert_ptr_null(build(_i, NULL, x));
    ck_assert_ptr_null(neuron_input(NULL, (const int64_t[]){1}, 1));
    ck_assert_ptr_null(build(_i, graph, NULL));
    assert_status(neuron_graph_finish(graph, x), NEURON_E_ARGUMENT);
    assert_message("input 0 is NULL");
    neuron_graph_unref(graph);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("graph");
    TCase *tests = tcase_create("graph");
    suite_add_tcase(suite, tests);
    tcase_add_loop_test(tests, parameter_counts, 0, sizeof networks / sizeof *networks);
    tcase_add_test(tests, shapes_of_input_and_output);
    tcase_add_test(tests, default_names);
    tcase_add_test(tests, renaming);
    tcase_add_test(tests, renamed_nodes_are_found);
    tcase_add_test(tests, names_of_graphs);
    tcase_add_test(tests, the_first_error_is_kept);
    tcase_add_test(tests, two_graphs_do_not_mix);
    tcase_add_test(tests, bad_inputs_are_refused);
    tcase_add_test(tests, a_finished_graph_stays_as_it_is);
    tcase_add_test(tests, what_the_output_does_not_need_is_left_out);
    tcase_add_test(tests, nulls_are_refused_by_graph_calls);
    tcase_add_test(tests, nulls_are_refused_by_node_calls);
    tcase_add_loop_test(tests, nulls_are_refused_by_builders, 0, 13);
    return run_suite(suite);
}
