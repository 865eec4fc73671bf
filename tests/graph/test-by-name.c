/* Layers made by their names are what the builder calls make. */
#include "gradient.h"
#include "test-common.h"

#include "layers/layer.h"

/* Every layer that can be made so on an image of 8x8x4, with the options that it needs. */
static const struct {
    const char *layer, *options;
    int32_t inputs;
} layers[] = {
    {"add", NULL, 2},
    {"average", "", 2},
    {"average_pool1d", "kernel_size=3, padding=same", 1}, /* on a sequence, below */
    {"average_pool2d", "kernel_height=2, kernel_width=4", 1},
    {"batch_norm", "momentum=0.9", 1},
    {"clip", "minimum=-1", 1},
    {"concat", "axis=1", 2},
    {"conv1d", "filters=3, kernel_size=3, dilation=2", 1},
    {"conv2d", "filters=3, kernel_height=3, kernel_width=2, padding=same, use_bias=no", 1},
    {"conv2d_transpose", "filters=3, kernel_height=4, kernel_width=2, stride_height=2", 1},
    {"dense", NULL, 1}, /* on a vector, below */
    {"depthwise_conv2d", "kernel_height=3, kernel_width=3, depth_multiplier=2", 1},
    {"dropout", "rate=0.25", 1},
    {"elu", NULL, 1},
    {"exponential", NULL, 1},
    {"flatten", NULL, 1},
    {"gaussian_noise", "deviation=0.5", 1},
    {"gelu", "approximate=yes", 1},
    {"global_average_pool1d", NULL, 1},
    {"global_average_pool2d", NULL, 1},
    {"global_max_pool1d", NULL, 1},
    {"global_max_pool2d", NULL, 1},
    {"hard_swish", NULL, 1},
    {"layer_norm", "epsilon=1e-5", 1},
    {"leaky_relu", "slope=0.2", 1},
    {"log_softmax", "axis=1", 1},
    {"max_pool1d", "kernel_size=4, stride=1", 1},
    {"max_pool2d", "kernel_height=4, kernel_width=2, stride_width=1", 1},
    {"multiply", NULL, 2},
    {"permute", "axis_0=1, axis_1=0", 1},
    {"piecewise_linear", "points=3, normalize=yes", 1},
    {"prediction_set", "method=raps, penalty=0.1", 1},
    {"prelu", NULL, 1},
    {"random_rotation", "factor=0.1, fill_mode=wrap", 1},
    {"relu", NULL, 1},
    {"rescale", "scale=0.5, offset=-1", 1},
    {"reshape", "extent_0=4, extent_1=64", 1},
    {"selu", NULL, 1},
    {"sigmoid", NULL, 1},
    {"silu", NULL, 1},
    {"slice", "axis=1, begin=2, count=-1", 1},
    {"softmax", "axis=0", 1},
    {"softplus", NULL, 1},
    {"softsign", NULL, 1},
    {"standardize", NULL, 1},
    {"tanh", NULL, 1},
    {"temperature_scaling", "activation=sigmoid", 1},
    {"uncertainty", "measure=margin", 2},
    {"unstandardize", NULL, 1},
    {"upsample2d", "factor_height=2, factor_width=3, interpolation=bilinear", 1},
    {"vector_scaling", "activation=sigmoid, normalize=yes", 1},
    {"vote", NULL, 2},
    {"zero_pad2d", "top=1, right=2", 1},
};

enum { LAYERS = sizeof layers / sizeof layers[0] };

static neuron_node_t *build(neuron_graph_t *graph, neuron_node_t *x, int i)
{
    if (strstr(layers[i].layer, "1d"))
        x = neuron_reshape(graph, x, (const int64_t[]){64, 4}, 2);
    neuron_node_t *const both[] = {x, x};
    if (strcmp(layers[i].layer, "dense") == 0) {
        x = neuron_flatten(graph, x);
        return neuron_layer_by_name(graph, "dense", &x, 1, "units=5, initializer=he_uniform");
    }
    return neuron_layer_by_name(graph, layers[i].layer, both, layers[i].inputs, layers[i].options);
}

/* The same by the builder calls. */
static neuron_node_t *expected(neuron_graph_t *graph, neuron_node_t *x, const char *layer)
{
    neuron_node_t *const both[] = {x, x};
#define IS(name) (strcmp(layer, name) == 0)
    if (IS("add"))
        return neuron_add(graph, both, 2);
    neuron_node_t *sequence = neuron_reshape(graph, x, (const int64_t[]){64, 4}, 2);
    if (IS("average_pool1d"))
        return neuron_average_pool1d(graph, sequence, 3, "padding=same");
    if (IS("average_pool2d"))
        return neuron_average_pool2d(graph, x, 2, 4, NULL);
    if (IS("batch_norm"))
        return neuron_batch_norm(graph, x, "momentum=0.9");
    if (IS("concat"))
        return neuron_concat(graph, both, 2, "axis=1");
    if (IS("conv1d"))
        return neuron_conv1d(graph, sequence, 3, 3, "dilation=2");
    if (IS("conv2d_transpose"))
        return neuron_conv2d_transpose(graph, x, 3, 4, 2, "stride_height=2");
    if (IS("conv2d"))
        return neuron_conv2d(graph, x, 3, 3, 2, "padding=same, use_bias=no");
    if (IS("dense"))
        return neuron_dense(graph, neuron_flatten(graph, x), 5, "initializer=he_uniform");
    if (IS("depthwise_conv2d"))
        return neuron_depthwise_conv2d(graph, x, 3, 3, "depth_multiplier=2");
    if (IS("dropout"))
        return neuron_dropout(graph, x, 0.25);
    if (IS("elu"))
        return neuron_elu(graph, x, 1);
    if (IS("gelu"))
        return neuron_gelu(graph, x, "approximate=yes");
    if (IS("layer_norm"))
        return neuron_layer_norm(graph, x, "epsilon=1e-5");
    if (IS("leaky_relu"))
        return neuron_leaky_relu(graph, x, 0.2);
    if (IS("max_pool1d"))
        return neuron_max_pool1d(graph, sequence, 4, "stride=1");
    if (IS("rescale"))
        return neuron_rescale(graph, x, 0.5, -1);
    if (IS("slice"))
        return neuron_slice(graph, x, 2, -1, "axis=1");
    if (IS("upsample2d"))
        return neuron_upsample2d(graph, x, 2, 3, "interpolation=bilinear");
    if (IS("max_pool2d"))
        return neuron_max_pool2d(graph, x, 4, 2, "stride_width=1");
    if (IS("piecewise_linear"))
        return neuron_piecewise_linear(graph, x, 3, "normalize=yes");
    if (IS("prediction_set"))
        return neuron_prediction_set(graph, x, "method=raps, penalty=0.1");
    if (IS("temperature_scaling"))
        return neuron_temperature_scaling(graph, x, "activation=sigmoid");
    if (IS("vector_scaling"))
        return neuron_vector_scaling(graph, x, "activation=sigmoid, normalize=yes");
    if (IS("random_rotation"))
        return neuron_random_rotation(graph, x, 0.1, "fill_mode=wrap");
    if (IS("reshape"))
        return neuron_reshape(graph, x, (const int64_t[]){4, 64}, 2);
    if (IS("softmax"))
        return neuron_softmax(graph, x, "axis=0");
    if (IS("uncertainty"))
        return neuron_uncertainty(graph, both, 2, NULL, "measure=margin");
    if (IS("vote"))
        return neuron_vote(graph, both, 2, NULL);
    if (IS("zero_pad2d"))
        return neuron_zero_pad2d(graph, x, 1, 0, 0, 2);
#undef IS
    return NULL;
}

static void assert_same(const neuron_node_t *made, const neuron_node_t *other)
{
    char text[2][400];
    int64_t shape[NEURON_RANK_MAX];
    int32_t rank;
    size_t needed;
    ck_assert_str_eq(neuron_node_layer(made), neuron_node_layer(other));
    assert_ok(neuron_node_get_text(text[0], sizeof text[0], &needed, made, NULL));
    assert_ok(neuron_node_get_text(text[1], sizeof text[1], &needed, other, NULL));
    ck_assert_str_eq(text[0], text[1]);
    assert_ok(neuron_node_shape(shape, &rank, made));
    assert_node_shape(other, shape, rank);
    ck_assert_int_eq(neuron_node_input_count(made), neuron_node_input_count(other));
}

START_TEST(a_name_makes_what_the_builder_makes)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = image_input(graph, 8, 8, 4);
    neuron_node_t *made = build(graph, x, _i);
    assert_that(made, "%s: %s", layers[_i].layer, neuron_error_last());
    ck_assert_str_eq(neuron_node_layer(made), layers[_i].layer);
    neuron_node_t *other = expected(graph, x, layers[_i].layer);
    if (other)
        assert_same(made, other);
    neuron_graph_unref(graph);
}
END_TEST

/* What is listed above, and what needs more than options, are all layers. */
START_TEST(every_layer_is_tried)
{
    static const char *const others[] = {"input", "quantized_conv2d", "quantized_dense",
                                         "weighted_average"};
    int64_t count = neuron_kind_count("layer");
    ck_assert_int_eq(count, LAYERS + 4);
    for (int32_t i = 0; i < count; i++) {
        const char *name = neuron_kind_name("layer", i);
        bool found = false;
        for (int j = 0; j < LAYERS; j++)
            found |= strcmp(layers[j].layer, name) == 0;
        for (int j = 0; j < 4; j++)
            found |= strcmp(others[j], name) == 0;
        assert_that(found, "%s is not tried", name);
    }
}
END_TEST

static const struct {
    const char *layer, *options, *message;
    int32_t inputs;
} refused[] = {
    {"conv2", NULL, "graph: there is no layer \"conv2\"; did you mean \"conv2d\"?", 1},
    {NULL, NULL, "layer", 1},
    {"dropout", NULL, "dropout: rate is missing; write \"rate=...\"", 1},
    {"dense", "use_bias=no", "dense: units is missing; write \"units=...\"", 1},
    {"conv2d", "filters=3, kernel_height=3", "conv2d: kernel_width is missing", 1},
    {"max_pool2d", "kernel_width=3", "max_pool2d: kernel_height is missing", 1},
    {"max_pool2d", "kernel_height=2, kernel_width=1025", "max_pool2d: stride_width is 1025", 1},
    {"gaussian_noise", "", "gaussian_noise: deviation is missing", 1},
    {"piecewise_linear", "", "piecewise_linear: points is missing", 1},
    {"random_rotation", "", "random_rotation: factor is missing", 1},
    {"gelu", "approximately=yes", "gelu: there is no option \"approximately\"", 1},
    {"gelu", "approximate=maybe", "gelu: approximate is maybe; it must be yes or no", 1},
    {"relu", NULL, "relu: count is 2; it must be 1", 2},
    {"relu", NULL, "relu: count is 0; it must be 1", 0},
    {"input", "", "input: needs more than options; see neuron_input()", 0},
    {"weighted_average", "", "needs more than options; see neuron_weighted_average()", 2},
    {"quantized_dense", "units=2", "quantized_dense: is made by neuron_graph_quantize()", 1},
    {"quantized_conv2d", "", "quantized_conv2d: is made by neuron_graph_quantize()", 1},
};

/* The reason sticks, as that of any builder call. */
START_TEST(what_cannot_be_is_refused)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = image_input(graph, 8, 8, 4);
    neuron_node_t *const both[] = {x, x};
    ck_assert_ptr_null(neuron_layer_by_name(graph, refused[_i].layer, both, refused[_i].inputs,
                                            refused[_i].options));
    assert_message(refused[_i].message);
    ck_assert_ptr_null(neuron_layer_by_name(graph, "relu", &x, 1, NULL));
    assert_status(neuron_graph_finish(graph, x), NEURON_E_ARGUMENT);
    assert_message(refused[_i].message);
    neuron_graph_unref(graph);
}
END_TEST

/* What a builder call is given as text, and may not be. */
START_TEST(bad_text_sticks)
{
    static const char *const texts[][2] = {
        {"padding=sam", "conv2d: padding is sam; it must be valid or same"},
        {"paddin=same", "conv2d: there is no option \"paddin\"; did you mean \"padding\"?"},
        {"use_bias=no, filters=3", "conv2d: filters is given twice, as a number and as text"},
        {"kernel_width=4", "conv2d: kernel_width is given twice, as a number and as text"},
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        neuron_graph_t *graph = new_graph();
        neuron_node_t *x = image_input(graph, 8, 8, 4);
        neuron_node_t *node = neuron_relu(graph, neuron_conv2d(graph, x, 3, 3, 3, texts[i][0]));
        ck_assert_ptr_null(node);
        assert_status(neuron_graph_finish(graph, node), NEURON_E_ARGUMENT);
        assert_message(texts[i][1]);
        neuron_graph_unref(graph);
    }
}
END_TEST

/* The strides of pooling are no arguments: they may be given. */
START_TEST(windows_overlap_where_that_is_asked_for)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = image_input(graph, 8, 8, 4);
    assert_node_shape(neuron_max_pool2d(graph, x, 2, 2, NULL), (const int64_t[]){4, 4, 4}, 3);
    assert_node_shape(neuron_max_pool2d(graph, x, 2, 2, "stride_height=1, padding=same"),
                      (const int64_t[]){8, 4, 4}, 3);
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(no_graph_and_one_that_is_finished)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = image_input(graph, 8, 8, 4);
    ck_assert_ptr_null(neuron_layer_by_name(NULL, "relu", &x, 1, NULL));
    assert_ok(neuron_graph_finish(graph, neuron_layer_by_name(graph, "relu", &x, 1, NULL)));
    ck_assert_ptr_null(neuron_layer_by_name(graph, "relu", &x, 1, NULL));
    assert_message("is finished and takes no more layers");
    neuron_graph_unref(graph);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("by-name");
    TCase *cases = tcase_create("by-name");
    tcase_add_loop_test(cases, a_name_makes_what_the_builder_makes, 0, LAYERS);
    tcase_add_test(cases, every_layer_is_tried);
    tcase_add_loop_test(cases, what_cannot_be_is_refused, 0, sizeof refused / sizeof refused[0]);
    tcase_add_test(cases, bad_text_sticks);
    tcase_add_test(cases, windows_overlap_where_that_is_asked_for);
    tcase_add_test(cases, no_graph_and_one_that_is_finished);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
