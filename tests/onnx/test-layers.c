/* What single layers become: their operators, attributes and constants. */
#include "onnx-fixture.h"

#include <math.h>

static neuron_context_t *context;
static neuron_graph_t *graph;

static void begin(void)
{
    context = test_context();
    graph = new_graph(context);
}

static void end(void)
{
    neuron_graph_unref(graph);
    neuron_context_unref(context);
}

static neuron_node_t *input(int64_t height, int64_t width, int64_t channels)
{
    return neuron_input(graph, (const int64_t[]){height, width, channels}, 3);
}

static neuron_node_t *vector(int64_t count)
{
    return neuron_input(graph, &count, 1);
}

static model_t *finished(neuron_node_t *output, const char *options)
{
    assert_ok(neuron_graph_finish(graph, output));
    return model_of(graph, options);
}

/* Numbers from 0 on in an array of the graph. */
static void count_up(const char *name)
{
    size_t size;
    int64_t index = neuron_graph_find_array(graph, name);
    assert_ok(neuron_graph_read_array(NULL, 0, &size, graph, index));
    float *values = malloc(size * sizeof *values);
    for (size_t i = 0; i < size; i++)
        values[i] = (float)i;
    assert_ok(neuron_graph_write_array(graph, index, values, size));
    free(values);
}

START_TEST(convolutions_have_padding_as_numbers)
{
    neuron_node_t *x = input(5, 6, 2);
    x = neuron_conv2d(graph, x, 4, 3, 2, "padding=same, stride=2");
    x = neuron_conv2d(graph, x, 4, 2, 3,
                      "padding_top=1, padding_right=2, dilation_width=2, groups=2");
    model_t *model = finished(x, NULL);
    ASSERT_INTEGERS(model, "conv2d", "pads", 1, 0, 1, 0);
    ASSERT_INTEGERS(model, "conv2d", "strides", 2, 2);
    ASSERT_INTEGERS(model, "conv2d", "kernel_shape", 3, 2);
    ck_assert_ptr_null(attribute_of(model, "conv2d", "dilations"));
    ASSERT_INTEGERS(model, "conv2d_1", "pads", 1, 0, 0, 2);
    ASSERT_INTEGERS(model, "conv2d_1", "dilations", 1, 2);
    ck_assert_int_eq(attribute_of(model, "conv2d_1", "group")->i, 2);
    free_model(model);
}
END_TEST

/* A pixel that no window sees takes no padding away. */
START_TEST(what_no_window_sees_needs_no_padding)
{
    model_t *model = finished(neuron_max_pool2d(graph, input(7, 5, 1), 2, 2, NULL), NULL);
    ASSERT_INTEGERS(model, "max_pool2d", "pads", 0, 0, 0, 0);
    free_model(model);
}
END_TEST

START_TEST(kernels_have_outputs_first)
{
    neuron_node_t *x = neuron_conv2d(graph, input(4, 4, 3), 5, 2, 1, NULL);
    x = neuron_depthwise_conv2d(graph, x, 1, 2, "depth_multiplier=2");
    x = neuron_conv2d_transpose(graph, x, 3, 2, 2, "stride=3, padding=same");
    assert_ok(neuron_graph_finish(graph, x));
    count_up("conv2d.kernel");
    count_up("depthwise_conv2d.kernel");
    count_up("conv2d_transpose.kernel");
    model_t *model = model_of(graph, NULL);
    ASSERT_EXTENTS(model, "conv2d.kernel", 5, 3, 2, 1);
    /* [1, 0, 2, 4] of [height, width, in, out] */
    ck_assert_double_eq(number_of(model, "conv2d.kernel", (size_t)(4 * 3 + 2) * 2 + 1),
                        (1 * 3 + 2) * 5 + 4);
    ASSERT_EXTENTS(model, "depthwise_conv2d.kernel", 10, 1, 1, 2);
    /* [0, 1, 3, 1] of [height, width, channels, multiplier] */
    ck_assert_double_eq(number_of(model, "depthwise_conv2d.kernel", (3 * 2 + 1) * 2 + 1),
                        (1 * 5 + 3) * 2 + 1);
    ASSERT_EXTENTS(model, "conv2d_transpose.kernel", 10, 3, 2, 2);
    ck_assert_double_eq(number_of(model, "conv2d_transpose.kernel", (7 * 3 + 2) * 4 + 2),
                        (2 * 3 + 2) * 10 + 7);
    ASSERT_INTEGERS(model, "conv2d_transpose", "output_padding", 1, 1);
    free_model(model);
}
END_TEST

START_TEST(orders_of_axes_change_where_they_must)
{
    neuron_node_t *x = neuron_relu(graph, neuron_conv2d(graph, input(4, 4, 3), 5, 1, 1, NULL));
    x = neuron_max_pool2d(graph, neuron_batch_norm(graph, x, NULL), 2, 2, NULL);
    x = neuron_dense(graph, neuron_flatten(graph, x), 2, NULL);
    model_t *model = finished(x, NULL);
    ck_assert_str_eq(operator_of(model, "conv2d")->input[0], "input.channels_first");
    ck_assert_str_eq(operator_of(model, "relu")->input[0], "conv2d");
    ck_assert_str_eq(operator_of(model, "batch_norm")->output[0], "batch_norm");
    ck_assert_str_eq(operator_of(model, "flatten")->input[0], "max_pool2d.channels_last");
    ASSERT_INTEGERS(model, "input.transpose", "perm", 0, 3, 1, 2);
    ASSERT_INTEGERS(model, "max_pool2d.transpose", "perm", 0, 2, 3, 1);
    ck_assert_uint_eq(model->graph->n_node, 8);
    free_model(model);
    model = model_of(graph, "layout=nchw");
    ck_assert_str_eq(operator_of(model, "conv2d")->input[0], "input");
    ck_assert_uint_eq(model->graph->n_node, 7);
    ck_assert_int_eq(model->graph->input[0]->type->tensor_type->shape->dim[1]->dim_value, 3);
    free_model(model);
}
END_TEST

START_TEST(outputs_have_the_names_of_nodes)
{
    neuron_node_t *x = input(4, 4, 3), *c = neuron_conv2d(graph, x, 5, 1, 1, NULL);
    neuron_node_t *d = neuron_dropout(graph, c, 0.5);
    neuron_node_t *outputs[] = {c, neuron_relu(graph, c), d, x};
    assert_ok(neuron_graph_finish_many(graph, outputs, 4));
    model_t *model = model_of(graph, NULL);
    ck_assert_str_eq(operator_of(model, "conv2d")->output[0], "conv2d.channels_first");
    ck_assert_str_eq(operator_of(model, "relu")->input[0], "conv2d.channels_first");
    assert_operator(model, "dropout", "Identity");
    ck_assert_str_eq(model->graph->output[0]->name, "conv2d");
    ck_assert_str_eq(model->graph->output[2]->name, "dropout");
    ck_assert_str_eq(model->graph->output[3]->name, "input.output");
    free_model(model);
    free_model(model_of(graph, "layout=nchw"));
}
END_TEST

START_TEST(shared_layers_have_constants_once)
{
    neuron_node_t *x = input(4, 4, 3), *c = neuron_conv2d(graph, x, 3, 1, 1, NULL);
    neuron_node_t *again = neuron_shared_layer(graph, c, &c, 1);
    neuron_node_t *p = neuron_prelu(graph, again), *q = neuron_shared_layer(graph, p, &x, 1);
    model_t *model = finished(neuron_add(graph, (neuron_node_t *[]){p, q}, 2), NULL);
    ck_assert_str_eq(operator_of(model, "conv2d_1")->input[1], "conv2d.kernel");
    ck_assert_str_eq(operator_of(model, "conv2d_1")->input[2], "conv2d.bias");
    ck_assert_str_eq(operator_of(model, "prelu_1")->input[1], "prelu.alpha");
    ASSERT_EXTENTS(model, "prelu.alpha", 3);
    free_model(model);
}
END_TEST

START_TEST(channels_are_where_the_order_has_them)
{
    neuron_node_t *x = neuron_prelu(graph, neuron_conv2d(graph, input(4, 4, 3), 5, 1, 1, NULL));
    x = neuron_standardize(graph, x);
    assert_ok(neuron_graph_finish(graph, x));
    const float deviations[] = {0, 2, 3, 0, 5};
    int64_t index = neuron_graph_find_array(graph, "standardize.deviation");
    assert_ok(neuron_graph_write_array(graph, index, deviations, 5));
    model_t *model = model_of(graph, NULL);
    ASSERT_EXTENTS(model, "prelu.alpha", 5, 1, 1);
    ASSERT_EXTENTS(model, "standardize.deviation", 5, 1, 1);
    for (size_t i = 0; i < 5; i++) /* 0 counts as 1 */
        ck_assert_double_eq(number_of(model, "standardize.deviation", i),
                            deviations[i] == 0 ? 1 : (double)deviations[i]);
    free_model(model);
}
END_TEST

START_TEST(joins_spread_inputs)
{
    neuron_node_t *x = neuron_conv2d(graph, input(4, 4, 3), 5, 1, 1, NULL), *v = vector(5);
    neuron_node_t *y = neuron_multiply(graph, (neuron_node_t *[]){x, v, x}, 3);
    y = neuron_add(graph, (neuron_node_t *[]){neuron_flatten(graph, y), vector(80)}, 2);
    model_t *model = finished(y, NULL);
    assert_operator(model, "multiply.spread_1", "Unsqueeze");
    const constant_t *axes = constant_of(model, "multiply.axes_1");
    ck_assert_int_eq(axes->data_type, NEURON__ONNX__TENSOR__DATA_TYPE__INT64);
    ck_assert_uint_eq(axes->raw_data.len, 16);
    ck_assert_uint_eq(axes->raw_data.data[0], 2);
    ck_assert_uint_eq(axes->raw_data.data[8], 3);
    ck_assert_str_eq(operator_of(model, "multiply")->input[0], "multiply.product_1");
    assert_operator(model, "add", "Add");
    ck_assert_str_eq(operator_of(model, "add")->input[1], "input_2");
    free_model(model);
}
END_TEST

START_TEST(committees_are_one_model)
{
    neuron_graph_t *members[2], *committee;
    const double weights[] = {1, 3};
    for (int i = 0; i < 2; i++) {
        members[i] = new_graph(context);
        neuron_node_t *x = neuron_input(members[i], (const int64_t[]){3}, 1);
        x = neuron_softmax(members[i], neuron_dense(members[i], x, 2, NULL), NULL);
        assert_ok(neuron_graph_finish(members[i], x));
        assert_ok(neuron_graph_set_name(members[i], i == 0 ? "a" : "b"));
    }
    assert_ok(
        neuron_committee_create(&committee, context, members, 2, weights, "rule=weighted_mean"));
    model_t *model = model_of(committee, NULL);
    ck_assert_ptr_nonnull(constant_of(model, "a/dense.kernel"));
    ck_assert_ptr_nonnull(constant_of(model, "b/dense.kernel"));
    ck_assert_double_eq(number_of(model, "weighted_average.weight_1", 0), 0.75);
    free_model(model);
    neuron_graph_unref(committee);
    assert_ok(neuron_committee_create(&committee, context, members, 2, NULL, "rule=majority_vote"));
    model = model_of(committee, NULL);
    assert_operator(model, "vote", "Where");
    free_model(model);
    neuron_graph_unref(committee);
    neuron_graph_unref(members[0]);
    neuron_graph_unref(members[1]);
}
END_TEST

START_TEST(quantised_layers_have_bytes)
{
    neuron_node_t *x = neuron_relu(graph, neuron_conv2d(graph, input(4, 4, 3), 5, 2, 1, NULL));
    x = neuron_dense(graph, neuron_flatten(graph, x), 2, NULL);
    assert_ok(neuron_graph_finish(graph, x));
    neuron_tensor_t *examples, *labels;
    neuron_dataset_t *dataset;
    neuron_graph_t *small;
    assert_ok(neuron_tensor_create(&examples, context, NEURON_TYPE_F32,
                                   (const int64_t[]){2, 4, 4, 3}, 4));
    assert_ok(neuron_tensor_create(&labels, context, NEURON_TYPE_U8, (const int64_t[]){2}, 1));
    float *values = neuron_tensor_data(examples);
    for (int i = 0; i < 96; i++)
        values[i] = sinf((float)i);
    memset(neuron_tensor_data(labels), 0, 2);
    assert_ok(neuron_dataset_create(&dataset, context, examples, labels, 2));
    assert_ok(neuron_graph_quantize(&small, graph, dataset, NULL));
    model_t *model = model_of(small, NULL);
    ASSERT_EXTENTS(model, "conv2d.kernel", 5, 3, 2, 1);
    ck_assert_int_eq(constant_of(model, "conv2d.kernel")->data_type,
                     NEURON__ONNX__TENSOR__DATA_TYPE__INT8);
    ck_assert_uint_eq(constant_of(model, "conv2d.kernel")->raw_data.len, 30);
    ck_assert_int_eq(constant_of(model, "dense.input_zero_point")->data_type,
                     NEURON__ONNX__TENSOR__DATA_TYPE__UINT8);
    assert_operator(model, "dense.input_bytes", "QuantizeLinear");
    assert_operator(model, "dense.weights", "DequantizeLinear");
    ck_assert_int_eq(attribute_of(model, "dense.weights", "axis")->i, 1);
    ck_assert_int_eq(attribute_of(model, "conv2d.weights", "axis")->i, 0);
    free_model(model);
    neuron_graph_unref(small);
    neuron_dataset_unref(dataset);
    neuron_tensor_unref(labels);
    neuron_tensor_unref(examples);
}
END_TEST

static int double_forward(neuron_custom_run_t *run, void *user_data)
{
    (void)run, (void)user_data;
    return 0;
}

START_TEST(custom_layers_are_refused_by_name)
{
    assert_ok(
        neuron_custom_layer_register(context, "doubled", double_forward, NULL, NULL, NULL, NULL));
    neuron_node_t *x = vector(3);
    x = neuron_custom_layer(graph, "doubled", &x, 1, (const int64_t[]){3}, 1);
    neuron_node_set_name(x, "twice");
    assert_ok(neuron_graph_finish(graph, x));
    assert_status(neuron_onnx_export(graph, test_file("custom.onnx"), NULL), NEURON_E_UNSUPPORTED);
    assert_message("twice: ONNX has no operators for the custom layer \"doubled\"");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("onnx layers");
    TCase *tests = tcase_create("layers");
    tcase_add_checked_fixture(tests, begin, end);
    tcase_add_test(tests, convolutions_have_padding_as_numbers);
    tcase_add_test(tests, what_no_window_sees_needs_no_padding);
    tcase_add_test(tests, kernels_have_outputs_first);
    tcase_add_test(tests, orders_of_axes_change_where_they_must);
    tcase_add_test(tests, outputs_have_the_names_of_nodes);
    tcase_add_test(tests, shared_layers_have_constants_once);
    tcase_add_test(tests, channels_are_where_the_order_has_them);
    tcase_add_test(tests, joins_spread_inputs);
    tcase_add_test(tests, committees_are_one_model);
    tcase_add_test(tests, quantised_layers_have_bytes);
    tcase_add_test(tests, custom_layers_are_refused_by_name);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
