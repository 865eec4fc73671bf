/* Gradients of whole graphs: what happens between layers. Each layer alone is in tests/layers. */
#include "gradient.h"
#include "test-common.h"

#include "base/random.h"

#include <stdbool.h>

/* Dense, normalised, ReLU, dropout. */
static neuron_node_t *block(neuron_graph_t *graph, neuron_node_t *input, int64_t units)
{
    neuron_node_t *x = neuron_relu(graph, neuron_dense(graph, input, units, NULL));
    return neuron_dropout(graph, neuron_batch_norm(graph, x, NULL), 0.3);
}

static neuron_node_t *classify(neuron_graph_t *graph, neuron_node_t *input, int64_t classes)
{
    return neuron_softmax(graph, neuron_dense(graph, input, classes, NULL), NULL);
}

START_TEST(skip_concatenation)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = vector_input(graph, 784);
    neuron_node_t *hidden = block(graph, block(graph, x, 30), 30);
    neuron_node_t *joined = neuron_concat(graph, (neuron_node_t *[]){x, hidden}, 2, NULL);
    check_network(graph, classify(graph, joined, 10), 8);
}
END_TEST

static neuron_node_t *conv(neuron_graph_t *graph, neuron_node_t *input, int64_t filters)
{
    neuron_node_t *x = neuron_conv2d(graph, input, filters, 3, 3, "padding=same");
    return x;
}

static neuron_node_t *conv_block(neuron_graph_t *graph, neuron_node_t *input, int64_t filters)
{
    neuron_node_t *x =
        neuron_batch_norm(graph, neuron_relu(graph, conv(graph, input, filters)), NULL);
    return neuron_dropout(graph, neuron_max_pool2d(graph, x, 2, 2, NULL), 0.25);
}

START_TEST(convolutional_network)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = image_input(graph, 12, 12, 1);
    x = conv_block(graph, conv_block(graph, x, 8), 12);
    x = neuron_dropout(
        graph, neuron_relu(graph, neuron_dense(graph, neuron_flatten(graph, x), 16, NULL)), 0.5);
    check_network(graph, classify(graph, x, 10), 4);
}
END_TEST

static neuron_node_t *member(neuron_graph_t *graph, neuron_node_t *input, int kind)
{
    if (kind == 0)
        return classify(graph, neuron_flatten(graph, input), 5);
    if (kind == 1)
        return classify(graph, neuron_flatten(graph, conv_block(graph, input, 4)), 5);
    return classify(graph, block(graph, neuron_flatten(graph, input), 7), 5);
}

START_TEST(committee_of_means_trained_jointly)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = image_input(graph, 6, 6, 2), *members[3];
    for (int i = 0; i < 3; i++)
        members[i] = member(graph, x, i);
    neuron_node_t *output =
        _i ? neuron_weighted_average(graph, members, 3, (const double[]){0.5, 0.2, 0.9})
           : neuron_average(graph, members, 3);
    check_network(graph, output, 6);
}
END_TEST

/* Members and a committee of them as members of another. */
START_TEST(committee_of_committees)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = image_input(graph, 6, 6, 2), *inner[2], *outer[2];
    for (int i = 0; i < 2; i++)
        inner[i] = member(graph, x, i + 1);
    outer[0] = neuron_average(graph, inner, 2);
    outer[1] = member(graph, x, 0);
    check_network(graph, neuron_average(graph, outer, 2), 5);
}
END_TEST

START_TEST(a_node_used_twice)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = neuron_dense(graph, vector_input(graph, 5), 6, NULL);
    neuron_node_t *parts[] = {neuron_relu(graph, x), neuron_dense(graph, x, 6, NULL)};
    check_layer(graph, neuron_average(graph, parts, 2), 4);
}
END_TEST

START_TEST(a_node_used_three_times)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = neuron_relu(graph, neuron_dense(graph, vector_input(graph, 5), 6, NULL));
    neuron_node_t *parts[] = {neuron_dropout(graph, x, 0.4), neuron_softmax(graph, x, NULL), x};
    check_layer(graph, neuron_concat(graph, parts, 3, "axis=0"), 4);
}
END_TEST

START_TEST(a_node_used_twice_by_one_layer)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = neuron_dense(graph, vector_input(graph, 5), 6, NULL);
    neuron_node_t *twice = neuron_concat(graph, (neuron_node_t *[]){x, x, x}, 3, NULL);
    check_layer(graph, twice, 4);
    graph = new_graph();
    x = neuron_relu(graph, neuron_dense(graph, vector_input(graph, 5), 6, NULL));
    twice = neuron_weighted_average(graph, (neuron_node_t *[]){x, x}, 2, (const double[]){1, 3});
    check_layer(graph, twice, 4);
}
END_TEST

/* A view is the same memory as its source: uses of either are uses of both. */
START_TEST(a_view_used_beside_its_source)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = conv(graph, image_input(graph, 4, 4, 2), 3);
    neuron_node_t *parts[3] = {neuron_relu(graph, neuron_flatten(graph, x))};
    parts[1] = neuron_flatten(graph, neuron_relu(graph, x));
    parts[2] = neuron_flatten(graph, x);
    check_layer(graph, neuron_concat(graph, parts, 3, "axis=0"), 3);
}
END_TEST

START_TEST(a_view_of_what_is_dropped)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = conv(graph, image_input(graph, 4, 4, 2), 3);
    neuron_node_t *dropped = neuron_dropout(graph, x, 0.4);
    neuron_node_t *parts[2] = {neuron_flatten(graph, dropped), neuron_flatten(graph, x)};
    check_layer(graph, neuron_average(graph, parts, 2), 3);
}
END_TEST

START_TEST(residual_blocks)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = conv(graph, image_input(graph, 5, 5, 1), 4);
    for (int i = 0; i < 3; i++) {
        neuron_node_t *y = conv(graph, neuron_relu(graph, neuron_batch_norm(graph, x, NULL)), 4);
        x = neuron_average(graph, (neuron_node_t *[]){x, y}, 2);
    }
    check_layer(graph, x, 3);
}
END_TEST

/* Every layer sees all before it. */
START_TEST(dense_connections)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = vector_input(graph, 6);
    for (int i = 0; i < 4; i++) {
        neuron_node_t *y = block(graph, x, 5);
        x = neuron_concat(graph, (neuron_node_t *[]){x, y}, 2, NULL);
    }
    check_layer(graph, x, 5);
}
END_TEST

/* Layers that may write over their input, behind all that may not be written over. */
START_TEST(chains_of_layers_that_work_in_place)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = vector_input(graph, 7);
    x = neuron_dropout(graph, x, 0.2);
    x = neuron_relu(graph, neuron_dropout(graph, x, 0.2));
    x = neuron_dense(graph, x, 9, NULL);
    x = neuron_softmax(graph, neuron_relu(graph, x), NULL);
    x = neuron_dropout(graph, neuron_dropout(graph, x, 0.3), 0.1);
    x = neuron_relu(graph, neuron_batch_norm(graph, neuron_relu(graph, x), NULL));
    check_layer(graph, x, 6);
}
END_TEST

static neuron_node_t *rotate(neuron_graph_t *graph, neuron_node_t *x)
{
    return neuron_random_rotation(graph, x, 0.2, NULL);
}

static neuron_node_t *pad(neuron_graph_t *graph, neuron_node_t *x)
{
    return neuron_zero_pad2d(graph, x, 0, 1, 2, 0);
}

static neuron_node_t *noise(neuron_graph_t *graph, neuron_node_t *x)
{
    return neuron_gaussian_noise(graph, x, 0.3);
}

static neuron_node_t *leak(neuron_graph_t *graph, neuron_node_t *x)
{
    return neuron_leaky_relu(graph, x, 0.3);
}

static neuron_node_t *drop(neuron_graph_t *graph, neuron_node_t *x)
{
    return neuron_dropout(graph, x, 0.2);
}

static neuron_node_t *convolve(neuron_graph_t *graph, neuron_node_t *x)
{
    return conv(graph, x, 5);
}

static neuron_node_t *mix_channels(neuron_graph_t *graph, neuron_node_t *x)
{
    return neuron_conv2d(graph, x, 4, 1, 1, NULL);
}

static neuron_node_t *convolve_channels(neuron_graph_t *graph, neuron_node_t *x)
{
    return neuron_depthwise_conv2d(graph, x, 2, 2, NULL);
}

static neuron_node_t *average_windows(neuron_graph_t *graph, neuron_node_t *x)
{
    return neuron_average_pool2d(graph, x, 2, 1, NULL);
}

static neuron_node_t *largest_of_windows(neuron_graph_t *graph, neuron_node_t *x)
{
    return neuron_max_pool2d(graph, x, 1, 2, NULL);
}

static neuron_node_t *turn_over(neuron_graph_t *graph, neuron_node_t *x)
{
    int64_t shape[NEURON_RANK_MAX];
    int32_t rank;
    assert_ok(neuron_node_shape(shape, &rank, x));
    return neuron_reshape(graph, x, (const int64_t[]){shape[1], shape[0], -1}, 3);
}

static neuron_node_t *softmax_of_columns(neuron_graph_t *graph, neuron_node_t *x)
{
    neuron_node_t *node = neuron_softmax(graph, x, "axis=1");
    return node;
}

/* Channels are few: by the default of epsilon the rounding of those that hardly differ would become
 * large. */
static neuron_node_t *normalize_rows(neuron_graph_t *graph, neuron_node_t *x)
{
    neuron_node_t *node = neuron_layer_norm(graph, x, "epsilon=0.1");
    return node;
}

static neuron_node_t *square(neuron_graph_t *graph, neuron_node_t *x)
{
    return neuron_multiply(graph, (neuron_node_t *[]){x, x}, 2);
}

static neuron_node_t *add_sigmoid(neuron_graph_t *graph, neuron_node_t *x)
{
    return neuron_add(graph, (neuron_node_t *[]){x, neuron_sigmoid(graph, x)}, 2);
}

static neuron_node_t *normalize(neuron_graph_t *graph, neuron_node_t *x)
{
    return neuron_batch_norm(graph, x, NULL);
}

static neuron_node_t *gelu(neuron_graph_t *graph, neuron_node_t *x)
{
    return neuron_gelu(graph, x, NULL);
}

static neuron_node_t *(*const image_layers[])(neuron_graph_t *graph, neuron_node_t *x) = {
    convolve,
    neuron_relu,
    normalize,
    largest_of_windows, /* those that are fused */
    convolve,
    neuron_relu,
    normalize,
    convolve_channels,
    average_windows,
    mix_channels,
    rotate,
    pad,
    noise,
    leak,
    drop,
    gelu,
    neuron_silu,
    neuron_prelu,
    normalize_rows,
    neuron_sigmoid,
    neuron_tanh,
    turn_over,
    softmax_of_columns,
    square,
    add_sigmoid,
};

/* Chains as they come, which end in one of the ways to leave an image. */
START_TEST(random_mixes)
{
    neuron_random_reader reader = neuron_random_read(11, NEURON_RANDOM_SHUFFLE, (uint32_t)_i);
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = convolve(graph, image_input(graph, 13, 12, 1));
    for (int i = 0; i < 6; i++) {
        uint64_t count = sizeof image_layers / sizeof *image_layers;
        neuron_node_t *next = image_layers[neuron_random_below(&reader, count)](graph, x);
        uint64_t branch = neuron_random_below(&reader, 8);
        int64_t shape[2][NEURON_RANK_MAX];
        int32_t rank;
        assert_ok(neuron_node_shape(shape[0], &rank, x));
        assert_ok(neuron_node_shape(shape[1], &rank, next));
        bool joins = branch == 0 && memcmp(shape[0], shape[1], 3 * sizeof **shape) == 0;
        x = joins ? neuron_add(graph, (neuron_node_t *[]){x, next}, 2) : next;
    }
    /* Large sums would leave the loss no digits. */
    x = neuron_batch_norm(graph, x, NULL);
    if (_i % 3)
        x = _i % 3 == 1 ? neuron_global_average_pool2d(graph, x)
                        : neuron_global_max_pool2d(graph, x);
    check_layer(graph, x, 3);
}
END_TEST

typedef neuron_node_t *activation(neuron_graph_t *graph, neuron_node_t *input);

static activation *const activations[] = {neuron_relu, neuron_tanh, neuron_silu};

/* What is added up for several readers, and goes through an activation that none of them took, is
 * more than one task works on; the last task has less than the others. */
START_TEST(many_values_used_more_than_once)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = neuron_dense(graph, vector_input(graph, 5), 101, NULL);
    x = activations[_i](graph, x);
    neuron_node_t *readers[3];
    for (int i = 0; i < 3; i++)
        readers[i] = neuron_dense(graph, x, i + 2, NULL);
    check_layer(graph, neuron_concat(graph, readers, 3, NULL), 170);
}
END_TEST

/* More columns than a task works on, several panels in each, and more examples than are few. What
 * is done in the same pass has arrays with a number for each column. */
START_TEST(many_columns)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = neuron_dense(graph, vector_input(graph, 3), 1100, NULL);
    x = neuron_prelu(graph, neuron_batch_norm(graph, x, NULL));
    x = neuron_batch_norm(graph, neuron_relu(graph, neuron_dense(graph, x, 77, NULL)), NULL);
    check_layer(graph, x, 13);
}
END_TEST

START_TEST(many_filters)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = neuron_conv2d(graph, image_input(graph, 7, 6, 2), 83, 3, 3, NULL);
    x = neuron_prelu(graph, neuron_batch_norm(graph, x, NULL));
    x = neuron_batch_norm(graph, neuron_relu(graph, neuron_conv2d(graph, x, 37, 2, 2, NULL)), NULL);
    check_layer(graph, x, 3);
}
END_TEST

START_TEST(one_example)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = neuron_relu(graph, neuron_dense(graph, vector_input(graph, 7), 5, NULL));
    check_network(graph, classify(graph, x, 2), 1);
}
END_TEST

START_TEST(nothing_before_the_output_layer)
{
    neuron_graph_t *graph = new_graph();
    check_network(graph, classify(graph, vector_input(graph, 7), 3), 4);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("gradient");
    TCase *tests = tcase_create("gradient");
    tcase_set_timeout(tests, 0);
    suite_add_tcase(suite, tests);
    tcase_add_test(tests, skip_concatenation);
    tcase_add_test(tests, convolutional_network);
    tcase_add_loop_test(tests, committee_of_means_trained_jointly, 0, 2);
    tcase_add_test(tests, committee_of_committees);
    tcase_add_test(tests, a_node_used_twice);
    tcase_add_test(tests, a_node_used_three_times);
    tcase_add_test(tests, a_node_used_twice_by_one_layer);
    tcase_add_test(tests, a_view_used_beside_its_source);
    tcase_add_test(tests, a_view_of_what_is_dropped);
    tcase_add_test(tests, residual_blocks);
    tcase_add_test(tests, dense_connections);
    tcase_add_test(tests, chains_of_layers_that_work_in_place);
    tcase_add_loop_test(tests, random_mixes, 0, 12);
    tcase_add_loop_test(tests, many_values_used_more_than_once, 0,
                        sizeof activations / sizeof activations[0]);
    tcase_add_test(tests, many_columns);
    tcase_add_test(tests, many_filters);
    tcase_add_test(tests, one_example);
    tcase_add_test(tests, nothing_before_the_output_layer);
    return run_suite(suite);
}
