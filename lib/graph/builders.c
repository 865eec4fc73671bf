/* The public builder calls: each hands its numbers, in the order of the layer's row, to
 * neuron_graph_add(). */
#include "graph/graph.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Fills the defaults of a layer and puts the builder's own numbers in front. */
static neuron_node_t *add(neuron_graph_t *graph, const neuron_layer *layer, neuron_node_t *input,
                          const double *numbers, int32_t count)
{
    double options[NEURON_OPTIONS_MAX];
    neuron_options_reset(&layer->options, options);
    for (int32_t i = 0; i < count; i++)
        options[i] = numbers[i];
    return neuron_graph_add(graph, layer, NULL, &input, 1, options, NULL);
}

static int set_input_shape(neuron_node_t *node, const int64_t *shape, int32_t rank)
{
    neuron_graph_t *graph = node->graph;
    if (graph->input)
        return neuron_fail(NEURON_E_ARGUMENT, "%s: has an input already, %s", graph->name,
                           graph->input->name);
    /* The batch is a dimension too. */
    RETURN_IF_ERROR(neuron_check_range(rank, 1, NEURON_RANK_MAX - 1, "rank", node->name));
    RETURN_IF_ERROR(neuron_shape_set(&node->spec.output, shape, rank, 1, node->name));
    graph->input = node;
    return NEURON_OK;
}

neuron_node_t *neuron_input(neuron_graph_t *graph, const int64_t *shape, int32_t rank)
{
    neuron_node_t *node = neuron_graph_add(graph, &neuron_layer_input, NULL, NULL, 0, NULL, NULL);
    if (!node)
        return NULL;
    int status = set_input_shape(node, shape, rank);
    if (status < 0) {
        neuron_graph_latch(graph, status);
        return NULL;
    }
    return node;
}

neuron_node_t *neuron_flatten(neuron_graph_t *graph, neuron_node_t *input)
{
    return add(graph, &neuron_layer_flatten, input, NULL, 0);
}

static int check_extents(const int64_t *shape, int32_t rank)
{
    RETURN_IF_ERROR(neuron_check_range(rank, 1, NEURON_RANK_MAX - 1, "rank", "reshape"));
    if (!shape)
        return neuron_refuse_null("shape", "reshape");
    for (int32_t axis = 0; axis < rank; axis++)
        if (shape[axis] == 0) /* which would end the shape */
            return neuron_fail(NEURON_E_ARGUMENT,
                               "reshape: shape[%" PRId32 "] is 0; it must be 1 or more, or -1 once",
                               axis);
    return NEURON_OK;
}

neuron_node_t *neuron_reshape(neuron_graph_t *graph, neuron_node_t *input, const int64_t *shape,
                              int32_t rank)
{
    double numbers[NEURON_RANK_MAX - 1] = {0};
    if (!graph || graph->status < 0)
        return NULL;
    int status = check_extents(shape, rank);
    if (status < 0) {
        if (!graph->finished)
            neuron_graph_latch(graph, status);
        return NULL;
    }
    for (int32_t axis = 0; axis < rank; axis++)
        numbers[axis] = (double)shape[axis];
    return add(graph, &neuron_layer_reshape, input, numbers, NEURON_RANK_MAX - 1);
}

neuron_node_t *neuron_zero_pad2d(neuron_graph_t *graph, neuron_node_t *input, int64_t top,
                                 int64_t bottom, int64_t left, int64_t right)
{
    const double numbers[] = {(double)top, (double)bottom, (double)left, (double)right};
    return add(graph, &neuron_layer_zero_pad2d, input, numbers, 4);
}

neuron_node_t *neuron_dense(neuron_graph_t *graph, neuron_node_t *input, int64_t units)
{
    return add(graph, &neuron_layer_dense, input, (const double[]){(double)units}, 1);
}

neuron_node_t *neuron_conv2d(neuron_graph_t *graph, neuron_node_t *input, int64_t filters,
                             int64_t kernel_height, int64_t kernel_width)
{
    const double numbers[] = {(double)filters, (double)kernel_height, (double)kernel_width};
    return add(graph, &neuron_layer_conv2d, input, numbers, 3);
}

neuron_node_t *neuron_depthwise_conv2d(neuron_graph_t *graph, neuron_node_t *input,
                                       int64_t kernel_height, int64_t kernel_width)
{
    const double numbers[] = {(double)kernel_height, (double)kernel_width};
    return add(graph, &neuron_layer_depthwise_conv2d, input, numbers, 2);
}

/* The strides are equal to the window. */
static neuron_node_t *add_pooling(neuron_graph_t *graph, const neuron_layer *layer,
                                  neuron_node_t *input, int64_t height, int64_t width)
{
    const double numbers[] = {(double)height, (double)width, (double)height, (double)width};
    return add(graph, layer, input, numbers, 4);
}

neuron_node_t *neuron_max_pool2d(neuron_graph_t *graph, neuron_node_t *input, int64_t window_height,
                                 int64_t window_width)
{
    return add_pooling(graph, &neuron_layer_max_pool2d, input, window_height, window_width);
}

neuron_node_t *neuron_average_pool2d(neuron_graph_t *graph, neuron_node_t *input,
                                     int64_t window_height, int64_t window_width)
{
    return add_pooling(graph, &neuron_layer_average_pool2d, input, window_height, window_width);
}

neuron_node_t *neuron_global_average_pool2d(neuron_graph_t *graph, neuron_node_t *input)
{
    return add(graph, &neuron_layer_global_average_pool2d, input, NULL, 0);
}

neuron_node_t *neuron_global_max_pool2d(neuron_graph_t *graph, neuron_node_t *input)
{
    return add(graph, &neuron_layer_global_max_pool2d, input, NULL, 0);
}

neuron_node_t *neuron_batch_norm(neuron_graph_t *graph, neuron_node_t *input)
{
    return add(graph, &neuron_layer_batch_norm, input, NULL, 0);
}

neuron_node_t *neuron_dropout(neuron_graph_t *graph, neuron_node_t *input, double rate)
{
    return add(graph, &neuron_layer_dropout, input, &rate, 1);
}

neuron_node_t *neuron_gaussian_noise(neuron_graph_t *graph, neuron_node_t *input, double deviation)
{
    return add(graph, &neuron_layer_gaussian_noise, input, &deviation, 1);
}

neuron_node_t *neuron_random_rotation(neuron_graph_t *graph, neuron_node_t *input, double factor)
{
    return add(graph, &neuron_layer_random_rotation, input, &factor, 1);
}

neuron_node_t *neuron_relu(neuron_graph_t *graph, neuron_node_t *input)
{
    return add(graph, &neuron_layer_relu, input, NULL, 0);
}

neuron_node_t *neuron_tanh(neuron_graph_t *graph, neuron_node_t *input)
{
    return add(graph, &neuron_layer_tanh, input, NULL, 0);
}

neuron_node_t *neuron_sigmoid(neuron_graph_t *graph, neuron_node_t *input)
{
    return add(graph, &neuron_layer_sigmoid, input, NULL, 0);
}

neuron_node_t *neuron_leaky_relu(neuron_graph_t *graph, neuron_node_t *input, double slope)
{
    return add(graph, &neuron_layer_leaky_relu, input, &slope, 1);
}

neuron_node_t *neuron_elu(neuron_graph_t *graph, neuron_node_t *input, double alpha)
{
    return add(graph, &neuron_layer_elu, input, &alpha, 1);
}

neuron_node_t *neuron_gelu(neuron_graph_t *graph, neuron_node_t *input)
{
    return add(graph, &neuron_layer_gelu, input, NULL, 0);
}

neuron_node_t *neuron_softmax(neuron_graph_t *graph, neuron_node_t *input)
{
    return add(graph, &neuron_layer_softmax, input, NULL, 0);
}

neuron_node_t *neuron_concat(neuron_graph_t *graph, neuron_node_t *const *inputs, int32_t count,
                             int32_t axis)
{
    return neuron_graph_add(graph, &neuron_layer_concat, NULL, inputs, count,
                            (const double[]){axis}, NULL);
}

neuron_node_t *neuron_add(neuron_graph_t *graph, neuron_node_t *const *inputs, int32_t count)
{
    return neuron_graph_add(graph, &neuron_layer_add, NULL, inputs, count, NULL, NULL);
}

neuron_node_t *neuron_multiply(neuron_graph_t *graph, neuron_node_t *const *inputs, int32_t count)
{
    return neuron_graph_add(graph, &neuron_layer_multiply, NULL, inputs, count, NULL, NULL);
}

neuron_node_t *neuron_average(neuron_graph_t *graph, neuron_node_t *const *inputs, int32_t count)
{
    return neuron_graph_add(graph, &neuron_layer_average, NULL, inputs, count, NULL, NULL);
}

neuron_node_t *neuron_weighted_average(neuron_graph_t *graph, neuron_node_t *const *inputs,
                                       int32_t count, const double *weights)
{
    return neuron_graph_add(graph, &neuron_layer_weighted_average, NULL, inputs, count, NULL,
                            weights);
}

neuron_node_t *neuron_vote(neuron_graph_t *graph, neuron_node_t *const *inputs, int32_t count,
                           const double *weights)
{
    return neuron_graph_add(graph, &neuron_layer_vote, NULL, inputs, count, NULL, weights);
}
