/* Every layer of the registry as C source, and what is special about some. */
#include "exported.h"
#include "registry-layers.h"

#include <math.h>
#include <stdio.h>

static neuron_node_t *image(neuron_graph_t *graph, int64_t height, int64_t width, int64_t channels)
{
    return neuron_input(graph, (const int64_t[]){height, width, channels}, 3);
}

static neuron_node_t *vector(neuron_graph_t *graph, int64_t size)
{
    return neuron_input(graph, &size, 1);
}

START_TEST(every_layer)
{
    const neuron_layer *layer = neuron_layers[_i];
    if (layer == &neuron_layer_input)
        return;
    neuron_graph_t *graph = exported_graph();
    neuron_node_t *x = neuron_conv2d(graph, image(graph, 5, 6, 2), 4, 2, 1, NULL);
    x = registry_add(graph, layer, neuron_tanh(graph, x));
    check_exported_node(graph, neuron_relu(graph, x));
    exported_compile_everywhere(exported_path());
}
END_TEST

/* As the whole graph, what reads the caller's input and writes the caller's output. */
START_TEST(alone)
{
    const neuron_layer *layer = neuron_layers[_i];
    if (layer == &neuron_layer_input)
        return;
    neuron_graph_t *graph = exported_graph();
    check_exported_node(graph, registry_add(graph, layer, image(graph, 3, 4, 2)));
}
END_TEST

/* ---- Values at the ends ---- */

START_TEST(special_values)
{
    static const char *const names[] = {
        "elu",  "exponential", "gelu",        "hard_swish",    "leaky_relu", "prelu",
        "relu", "selu",        "sigmoid",     "silu",          "softplus",   "softsign",
        "tanh", "rescale",     "standardize", "unstandardize", "batch_norm", "clip"};
    static const float values[] = {0,     -0.0f,  1e-20f, -1e-20f, 0.5f,      -0.5f,     3,
                                   -3,    8,      -8,     20,      -20,       80,        -80,
                                   100,   -100,   1e30f,  -1e30f,  INFINITY,  -INFINITY, NAN,
                                   2.99f, -2.99f, 1,      -1,      0x1p-149f, 88.7f,     -103};
    enum { COUNT = sizeof values / sizeof *values };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        neuron_graph_t *graph = exported_graph();
        neuron_node_t *x = vector(graph, COUNT);
        assert_ok(neuron_graph_finish(
            graph, neuron_graph_add(graph, neuron_layer_find(names[i]), NULL, &x, 1, NULL, NULL)));
        check_exported_values(graph, values, 1);
    }
}
END_TEST

START_TEST(axes_in_another_order)
{
    neuron_graph_t *graph = exported_graph();
    neuron_node_t *x = image(graph, 3, 4, 5);
    check_exported_node(graph, neuron_permute(graph, x, (const int32_t[]){2, 0, 1}, 3));
    graph = exported_graph();
    x = neuron_log_softmax(graph, image(graph, 3, 4, 5), "axis=1");
    check_exported_node(graph, neuron_permute(graph, x, (const int32_t[]){1, 0, 2}, 3));
}
END_TEST

/* Probabilities that are made again: of 0 and 1 and what is no number too. */
START_TEST(calibrations)
{
    static const char *const options[] = {NULL, "activation=sigmoid",
                                          "activation=sigmoid, normalize=yes"};
    static const float values[] = {0, 1, 0, 0.25f, 0.5f, 0.25f, 0, 0, 0, 1e-40f, NAN, 0.9f};
    for (int i = 0; i < 6; i++) {
        neuron_graph_t *graph = exported_graph();
        neuron_node_t *x = vector(graph, 3);
        if (i == 5)
            x = neuron_piecewise_linear(graph, x, 40, "normalize=yes");
        else
            x = i < 2 ? neuron_temperature_scaling(graph, x, options[i])
                      : neuron_vector_scaling(graph, x, options[i - 2]);
        assert_ok(neuron_graph_finish(graph, x));
        for (int64_t a = 0; a < neuron_graph_array_count(graph); a++) {
            float numbers[120]; /* x of a table rise, for all numbers do */
            size_t size;
            assert_ok(neuron_graph_read_array(numbers, 120, &size, graph, a));
            for (size_t k = 0; k < size; k++)
                numbers[k] = 0.5f + (float)(k % 40) / 39;
            assert_ok(neuron_graph_write_array(graph, a, numbers, size));
        }
        check_exported_values(graph, values, 4);
    }
}
END_TEST

START_TEST(prediction_sets)
{
    static const char *const options[] = {NULL, "allow_empty=yes", "method=aps",
                                          "method=raps, penalty=0.1, k_reg=1, allow_empty=yes"};
    static const float values[] = {0.5f,  0.3f,  0.1f,  0.1f,  1,    0,   0,    0,
                                   0.25f, 0.25f, 0.25f, 0.25f, 0.5f, NAN, 0.5f, 0};
    for (int i = 0; i < 4; i++) {
        neuron_graph_t *graph = exported_graph();
        assert_ok(
            neuron_graph_finish(graph, neuron_prediction_set(graph, vector(graph, 4), options[i])));
        assert_ok(neuron_graph_write_array(graph, 0, (const float[]){0.75f}, 1));
        check_exported_values(graph, values, 4);
    }
}
END_TEST

START_TEST(uncertainties)
{
    static const char *const options[] = {
        "measure=entropy",         "measure=expected_entropy",      "measure=mutual_information",
        "measure=variation_ratio", "measure=disagreement",          "measure=margin",
        "measure=confidence",      "measure=answers, threshold=0.6"};
    static const double weights[] = {1, 2, 0.5};
    static const float values[] = {0.5f, 0.3f, 0.2f, 0.25f, 0.5f, 0.25f, 1, 0, 0,
                                   1,    0,    0,    1,     0,    0,     1, 0, 0};
    for (int i = 0; i < 16; i++) {
        neuron_graph_t *graph = exported_graph();
        neuron_node_t *x = vector(graph, 9), *members[3];
        for (int m = 0; m < 3; m++)
            members[m] = neuron_slice(graph, x, 3 * m, i % 2 ? 3 : 1, NULL);
        assert_ok(neuron_graph_finish(
            graph,
            neuron_uncertainty(graph, members, 3, i % 4 < 2 ? weights : NULL, options[i / 2])));
        check_exported_values(graph, values, 2);
    }
}
END_TEST

START_TEST(approximate_gelu)
{
    neuron_graph_t *graph = exported_graph();
    check_exported_node(graph, neuron_gelu(graph, vector(graph, 50), "approximate=yes"));
}
END_TEST

/* ---- Windows ---- */

START_TEST(convolutions)
{
    static const char *const options[] = {
        "stride=2",
        "padding=same, stride=2",
        "padding=same, stride_height=3, stride_width=2",
        "padding=same, dilation=2",
        "dilation_height=3",
        "padding=same, groups=2",
        "padding=same, groups=2, dilation=2, stride=2",
        "padding_top=1, padding_left=2",
        "padding_top=5, padding_bottom=6, padding_left=7, padding_right=4, stride=2",
        "padding_right=9, dilation_width=2",
        "padding=same, padding_top=2, use_bias=no",
    };
    static const int64_t kernels[][2] = {{3, 3}, {2, 4}, {1, 1}, {5, 2}};
    for (size_t o = 0; o < sizeof options / sizeof *options; o++) {
        const int64_t *kernel = kernels[o % 4];
        neuron_graph_t *graph = exported_graph();
        neuron_node_t *x = image(graph, 9, 11, 4);
        check_exported_node(graph, neuron_conv2d(graph, x, 6, kernel[0], kernel[1], options[o]));
    }
}
END_TEST

START_TEST(depthwise)
{
    static const char *const options[] = {"depth_multiplier=3, padding=same", "stride=2",
                                          "padding_top=2, dilation=2",
                                          "padding=same, stride=3, use_bias=no"};
    for (size_t o = 0; o < sizeof options / sizeof *options; o++) {
        neuron_graph_t *graph = exported_graph();
        neuron_node_t *x = image(graph, 8, 7, 5);
        check_exported_node(graph, neuron_depthwise_conv2d(graph, x, 3, 2, options[o]));
    }
}
END_TEST

START_TEST(transposed)
{
    static const char *const options[] = {"stride=2", "stride=2, padding=same", "stride=3",
                                          "padding=same", "stride_height=2, use_bias=no"};
    for (size_t o = 0; o < sizeof options / sizeof *options; o++)
        for (int64_t kernel = 1; kernel <= 4; kernel += 3) {
            neuron_graph_t *graph = exported_graph();
            neuron_node_t *x = image(graph, 4, 5, 3);
            check_exported_node(graph, neuron_conv2d_transpose(graph, x, 5, kernel,
                                                               kernel == 4 ? 3 : 2, options[o]));
        }
}
END_TEST

START_TEST(sequences)
{
    static const char *const options[] = {
        "padding=same", "stride=2", "dilation=4, padding_before=8", "padding_behind=5, stride=3"};
    for (size_t o = 0; o < sizeof options / sizeof *options; o++) {
        neuron_graph_t *graph = exported_graph();
        neuron_node_t *x = neuron_input(graph, (const int64_t[]){23, 3}, 2);
        x = neuron_relu(graph, neuron_conv1d(graph, x, 5, 3, options[o]));
        x = neuron_max_pool1d(graph, x, 3, "stride=2, padding=same");
        check_exported_node(graph, neuron_average_pool1d(graph, x, 2, "padding=same"));
    }
}
END_TEST

START_TEST(pooling)
{
    static const char *const options[] = {"padding=same",
                                          "stride=1",
                                          "stride=2, padding=same",
                                          "stride_height=3, stride_width=1",
                                          "padding_top=1, padding_left=2, padding_right=1",
                                          "padding_bottom=1, padding_left=1, stride=2"};
    for (size_t o = 0; o < sizeof options / sizeof *options; o++) {
        neuron_graph_t *graph = exported_graph();
        neuron_node_t *x = image(graph, 7, 9, 3);
        neuron_node_t *both[] = {neuron_max_pool2d(graph, x, 2, 3, options[o]),
                                 neuron_average_pool2d(graph, x, 2, 3, options[o])};
        check_exported_node(graph, neuron_concat(graph, both, 2, NULL));
    }
}
END_TEST

/* Many values cost a mean no digits. */
START_TEST(large_means)
{
    neuron_graph_t *graph = exported_graph();
    neuron_node_t *x = neuron_rescale(graph, image(graph, 96, 112, 2), 0.01, 3);
    check_exported_node(graph, neuron_global_average_pool2d(graph, x));
    graph = exported_graph();
    x = neuron_rescale(graph, neuron_input(graph, (const int64_t[]){30000, 1}, 2), 0.01, 3);
    check_exported_node(graph, neuron_global_average_pool1d(graph, x));
}
END_TEST

START_TEST(upsampling)
{
    static const char *const options[] = {"interpolation=bilinear", "interpolation=nearest"};
    for (int o = 0; o < 2; o++)
        for (int64_t factor = 1; factor <= 4; factor++) {
            neuron_graph_t *graph = exported_graph();
            neuron_node_t *x = image(graph, 3, 2, 2);
            check_exported_node(graph, neuron_upsample2d(graph, x, factor, 5 - factor, options[o]));
        }
}
END_TEST

/* More sums than are made at a time. */
START_TEST(wide)
{
    neuron_graph_t *graph = exported_graph();
    neuron_node_t *x = neuron_relu(graph, neuron_dense(graph, vector(graph, 13), 1200, NULL));
    x = neuron_batch_norm(graph, neuron_dense(graph, x, 523, "use_bias=no"), NULL);
    x = neuron_reshape(graph, x, (const int64_t[]){1, 1, 523}, 3);
    x = neuron_conv2d(graph, neuron_zero_pad2d(graph, x, 1, 0, 0, 1), 1024, 1, 2, NULL);
    x = neuron_prelu(graph, neuron_average_pool2d(graph, x, 2, 1, "stride=1"));
    x = neuron_max_pool2d(graph, neuron_depthwise_conv2d(graph, x, 1, 1, NULL), 1, 1, NULL);
    check_exported_node(graph, neuron_dense(graph, neuron_flatten(graph, x), 1, NULL));
}
END_TEST

/* ---- Joins ---- */

START_TEST(broadcasts)
{
    for (int product = 0; product < 2; product++) {
        neuron_graph_t *graph = exported_graph();
        neuron_node_t *x = image(graph, 3, 4, 5);
        neuron_node_t *channels = neuron_global_average_pool2d(graph, x);
        neuron_node_t *rows =
            neuron_slice(graph, neuron_slice(graph, x, 0, 1, "axis=1"), 2, 1, NULL);
        neuron_node_t *pixels = neuron_slice(graph, x, 1, 1, "axis=2");
        neuron_node_t *all[] = {channels, x, rows, pixels};
        neuron_node_t *y = product ? neuron_multiply(graph, all, 4) : neuron_add(graph, all, 4);
        check_exported_node(graph, neuron_prelu(graph, y));
    }
}
END_TEST

START_TEST(many_inputs)
{
    enum { MANY = 11 };
    static const char *const layers[] = {"add",  "multiply", "average", "weighted_average",
                                         "vote", "concat"};
    for (size_t l = 0; l < sizeof layers / sizeof *layers; l++) {
        neuron_graph_t *graph = exported_graph();
        neuron_node_t *x = vector(graph, 6), *all[MANY];
        double weights[MANY];
        for (int i = 0; i < MANY; i++) {
            all[i] = neuron_softmax(graph, neuron_dense(graph, x, 4, NULL), NULL);
            weights[i] = 0.3 + i;
        }
        neuron_node_t *y = strcmp(layers[l], "weighted_average") == 0
                               ? neuron_weighted_average(graph, all, MANY, weights)
                               : neuron_layer_by_name(graph, layers[l], all, MANY, NULL);
        check_exported_node(graph, neuron_prelu(graph, y));
    }
}
END_TEST

/* Votes that tie, that weigh, and that are no numbers. */
START_TEST(votes)
{
    static const float values[] = {
        /* member 0, 1, 2 of an example each */
        0.5f, 0.3f, 0.2f, 0.1f, 0.8f, 0.1f, 0.2f, 0.2f, 0.6f, /* a tie */
        0.5f, 0.3f, 0.2f, 0.5f, 0.4f, 0.1f, 0.2f, 0.2f, 0.6f, /* none */
        0.4f, 0.4f, 0.2f, 0.4f, 0.4f, 0.2f, 0.1f, NAN,  0.6f, /* equals; one has no vote */
        NAN,  0.4f, 0.2f, NAN,  0.4f, 0.2f, NAN,  0.2f, 0.6f, /* nobody has one */
        0.6f, 0.3f, 0.1f, 0.2f, 0.7f, 0.1f, 0.1f, 0.1f, 0.8f};
    static const double weights[][3] = {{1, 1, 1}, {0.1, 0.2, 0.3}, {3, 1, 2}, {0, 1, 1}};
    for (size_t w = 0; w < 2 * sizeof weights / sizeof *weights; w++)
        for (int64_t classes = 1; classes <= 3; classes += 2) {
            neuron_graph_t *graph = exported_graph();
            neuron_node_t *x = vector(graph, 3 * classes), *members[3];
            for (int64_t i = 0; i < 3; i++)
                members[i] = neuron_slice(graph, x, i * classes, classes, NULL);
            neuron_node_t *vote = neuron_vote(graph, members, 3, weights[w / 2]);
            assert_ok(neuron_node_set(vote, w % 2 ? "ballot=borda" : "ballot=plurality"));
            assert_ok(neuron_graph_finish(graph, vote));
            check_exported_values(graph, values, classes == 1 ? 15 : 5);
        }
}
END_TEST

START_TEST(concatenations)
{
    for (int axis = 0; axis < 3; axis++) {
        char text[16];
        snprintf(text, sizeof text, "axis=%d", axis);
        neuron_graph_t *graph = exported_graph();
        neuron_node_t *x = image(graph, 3, 4, 5);
        neuron_node_t *both[] = {neuron_slice(graph, x, -2, 2, text), x,
                                 neuron_slice(graph, x, 1, 1, text)};
        neuron_node_t *joined = neuron_concat(graph, both, 3, text);
        check_exported_node(graph, neuron_softmax(graph, joined, text));
    }
}
END_TEST

/* ---- Chains ---- */

/* What two read is no part of a pass, nor what is an output. */
START_TEST(chains_end_where_two_read)
{
    neuron_graph_t *graph = exported_graph();
    neuron_node_t *x = neuron_dense(graph, vector(graph, 7), 5, NULL);
    neuron_node_t *b = neuron_batch_norm(graph, x, NULL);
    neuron_node_t *r = neuron_relu(graph, neuron_dropout(graph, b, 0.5));
    neuron_node_t *sum = neuron_add(graph, (neuron_node_t *[]){r, x}, 2);
    neuron_node_t *t = neuron_tanh(graph, neuron_batch_norm(graph, sum, NULL));
    neuron_node_t *ends[] = {t, b, neuron_silu(graph, neuron_silu(graph, t))};
    assert_ok(neuron_graph_finish_many(graph, ends, 3));
    exported_fill(graph);
    check_exported(graph, "workspace=caller");
}
END_TEST

/* Normalisation by the channels that a dense layer behind a flattening does not have. */
START_TEST(chains_end_where_channels_change)
{
    neuron_graph_t *graph = exported_graph();
    neuron_node_t *x = neuron_conv2d(graph, image(graph, 4, 4, 2), 3, 3, 3, NULL);
    x = neuron_batch_norm(graph, neuron_flatten(graph, x), NULL);
    check_exported_node(graph, neuron_relu(graph, x));
}
END_TEST

/* One layer in several places has one array, and so has the function where the shapes are alike. */
START_TEST(shared_layers)
{
    neuron_graph_t *graph = exported_graph();
    neuron_node_t *x = vector(graph, 12), *cell = NULL, *state = NULL;
    for (int t = 0; t < 4; t++) {
        neuron_node_t *in = neuron_slice(graph, x, 3 * t, 3, NULL);
        neuron_node_t *both[] = {in, state};
        in = t == 0 ? neuron_dense(graph, in, 3, NULL) : neuron_concat(graph, both, 2, NULL);
        if (t > 0)
            in = cell =
                cell ? neuron_shared_layer(graph, cell, &in, 1) : neuron_dense(graph, in, 3, NULL);
        state = neuron_tanh(graph, neuron_batch_norm(graph, in, NULL));
    }
    assert_ok(neuron_graph_finish(graph, state));
    exported_fill(graph);
    assert_ok(neuron_source_export(graph, exported_path(), "name=m"));
    test_bytes text = test_read_file(exported_path());
    int arrays = 0;
    for (const char *at = text.data; (at = strstr(at, "_kernel[")); at++)
        arrays++;
    ck_assert_int_eq(arrays, 2);
    free(text.data);
    check_exported(graph, "");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("source of layers");
    TCase *tests = tcase_create("layers");
    tcase_set_timeout(tests, 0);
    suite_add_tcase(suite, tests);
    tcase_add_loop_test(tests, every_layer, 0, REGISTRY_LAYERS);
    tcase_add_loop_test(tests, alone, 0, REGISTRY_LAYERS);
    tcase_add_test(tests, special_values);
    tcase_add_test(tests, axes_in_another_order);
    tcase_add_test(tests, calibrations);
    tcase_add_test(tests, prediction_sets);
    tcase_add_test(tests, uncertainties);
    tcase_add_test(tests, approximate_gelu);
    tcase_add_test(tests, convolutions);
    tcase_add_test(tests, depthwise);
    tcase_add_test(tests, transposed);
    tcase_add_test(tests, sequences);
    tcase_add_test(tests, pooling);
    tcase_add_test(tests, large_means);
    tcase_add_test(tests, upsampling);
    tcase_add_test(tests, wide);
    tcase_add_test(tests, broadcasts);
    tcase_add_test(tests, many_inputs);
    tcase_add_test(tests, votes);
    tcase_add_test(tests, concatenations);
    tcase_add_test(tests, chains_end_where_two_read);
    tcase_add_test(tests, chains_end_where_channels_change);
    tcase_add_test(tests, shared_layers);
    return run_suite(suite);
}
