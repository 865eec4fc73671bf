/* The public builder calls: each sets what it takes by the keys of the layer's options and leaves
 * the rest to their defaults. */
#include "graph/graph.h"

#include "base/float-mode.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Reads text into options, which may not set what `settings` has. */
static int read_text(neuron_options *options, const neuron_layer *layer,
                     const neuron_setting *settings, const char *text)
{
    RETURN_IF_ERROR(neuron_options_parse(options, text, layer->name));
    for (; settings && settings->key != 0; settings++)
        if (neuron_options_given(options, settings->key))
            return neuron_fail(NEURON_E_ARGUMENT, "%s: %s is given twice, as a number and as text",
                               layer->name,
                               neuron_options_find(options->table, settings->key)->name);
    return NEURON_OK;
}

/* Adds a layer with options, and those of a text; NULL for none. */
static neuron_node_t *join_with(neuron_graph_t *graph, const neuron_layer *layer,
                                neuron_node_t *const *inputs, int64_t count,
                                neuron_options *options, const neuron_setting *settings,
                                const char *text, const double *weights)
{
    FLOAT_SCOPE;
    if (!neuron_graph_takes_more(graph, layer->name))
        return NULL;
    int status = read_text(options, layer, settings, text);
    if (status < 0) {
        neuron_graph_latch(graph, status);
        return NULL;
    }
    return neuron_graph_add(graph, layer, NULL, inputs, count, options, weights);
}

/* Adds a layer with its defaults and what `settings` and `text`, NULL for nothing, say. */
static neuron_node_t *join(neuron_graph_t *graph, const neuron_layer *layer,
                           neuron_node_t *const *inputs, int64_t count,
                           const neuron_setting *settings, const char *text, const double *weights)
{
    neuron_options options;
    neuron_options_make(&options, &layer->options, settings);
    return join_with(graph, layer, inputs, count, &options, settings, text, weights);
}

static neuron_node_t *add(neuron_graph_t *graph, const neuron_layer *layer, neuron_node_t *input,
                          const neuron_setting *settings, const char *text)
{
    return join(graph, layer, &input, 1, settings, text, NULL);
}

/* A list of settings: pairs of the key's end and the value. */
#define END                                                                                        \
    {                                                                                              \
        0, 0                                                                                       \
    }
#define SET(option, value)                                                                         \
    {                                                                                              \
        NEURON_NODE_##option, (double)(value)                                                      \
    }
#define SETTINGS(...)                                                                              \
    (const neuron_setting[])                                                                       \
    {                                                                                              \
        __VA_ARGS__, END                                                                           \
    }

static int set_input_shape(neuron_node_t *node, const int64_t *shape, int32_t rank)
{
    /* The batch is a dimension too. */
    RETURN_IF_ERROR(neuron_check_range(rank, 1, NEURON_RANK_MAX - 1, "rank", node->name));
    RETURN_IF_ERROR(neuron_shape_set(&node->spec.output, shape, rank, 1, node->name));
    return neuron_graph_add_input(node->graph, node);
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
    return add(graph, &neuron_layer_flatten, input, NULL, NULL);
}

static int check_extents(const int64_t *shape, int32_t rank)
{
    RETURN_IF_ERROR(neuron_check_range(rank, 1, NEURON_RANK_MAX - 1, "rank", "reshape"));
    if (!shape)
        return neuron_refuse_null("shape", "reshape");
    for (int32_t axis = 0; axis < rank; axis++)
        if (shape[axis] == 0 || shape[axis] < -1) /* 0 would end the shape */
            return neuron_fail(NEURON_E_ARGUMENT,
                               "reshape: shape[%" PRId32 "] is %" PRId64
                               "; it must be 1 or more, or -1 once",
                               axis, shape[axis]);
    return NEURON_OK;
}

neuron_node_t *neuron_reshape(neuron_graph_t *graph, neuron_node_t *input, const int64_t *shape,
                              int32_t rank)
{
    static const int32_t keys[] = {
        NEURON_NODE_EXTENT_0, NEURON_NODE_EXTENT_1, NEURON_NODE_EXTENT_2, NEURON_NODE_EXTENT_3,
        NEURON_NODE_EXTENT_4, NEURON_NODE_EXTENT_5, NEURON_NODE_EXTENT_6,
    };
    neuron_setting extents[NEURON_RANK_MAX] = {END};
    if (!neuron_graph_takes_more(graph, "reshape"))
        return NULL;
    int status = check_extents(shape, rank);
    if (status < 0) {
        neuron_graph_latch(graph, status);
        return NULL;
    }
    for (int32_t axis = 0; axis < rank; axis++)
        extents[axis] = (neuron_setting){keys[axis], (double)shape[axis]};
    return add(graph, &neuron_layer_reshape, input, extents, NULL);
}

neuron_node_t *neuron_permute(neuron_graph_t *graph, neuron_node_t *input, const int32_t *axes,
                              int32_t rank)
{
    neuron_setting settings[NEURON_RANK_MAX] = {END};
    if (!neuron_graph_takes_more(graph, "permute"))
        return NULL;
    int status = neuron_check_range(rank, 1, NEURON_RANK_MAX - 1, "rank", "permute");
    if (status == NEURON_OK && !axes)
        status = neuron_refuse_null("axes", "permute");
    if (status < 0) {
        neuron_graph_latch(graph, status);
        return NULL;
    }
    for (int32_t axis = 0; axis < rank; axis++)
        settings[axis] = (neuron_setting){NEURON_NODE_AXIS_0 + axis, axes[axis]};
    return add(graph, &neuron_layer_permute, input, settings, NULL);
}

neuron_node_t *neuron_zero_pad2d(neuron_graph_t *graph, neuron_node_t *input, int64_t top,
                                 int64_t bottom, int64_t left, int64_t right)
{
    return add(graph, &neuron_layer_zero_pad2d, input,
               SETTINGS(SET(TOP, top), SET(BOTTOM, bottom), SET(LEFT, left), SET(RIGHT, right)),
               NULL);
}

neuron_node_t *neuron_slice(neuron_graph_t *graph, neuron_node_t *input, int64_t begin,
                            int64_t count, const char *options)
{
    return add(graph, &neuron_layer_slice, input, SETTINGS(SET(BEGIN, begin), SET(COUNT, count)),
               options);
}

neuron_node_t *neuron_upsample2d(neuron_graph_t *graph, neuron_node_t *input, int64_t factor_height,
                                 int64_t factor_width, const char *options)
{
    return add(graph, &neuron_layer_upsample2d, input,
               SETTINGS(SET(FACTOR_HEIGHT, factor_height), SET(FACTOR_WIDTH, factor_width)),
               options);
}

neuron_node_t *neuron_rescale(neuron_graph_t *graph, neuron_node_t *input, double scale,
                              double offset)
{
    return add(graph, &neuron_layer_rescale, input,
               SETTINGS(SET(SCALE, scale), SET(OFFSET, offset)), NULL);
}

neuron_node_t *neuron_standardize(neuron_graph_t *graph, neuron_node_t *input)
{
    return add(graph, &neuron_layer_standardize, input, NULL, NULL);
}

neuron_node_t *neuron_unstandardize(neuron_graph_t *graph, neuron_node_t *input)
{
    return add(graph, &neuron_layer_unstandardize, input, NULL, NULL);
}

neuron_node_t *neuron_dense(neuron_graph_t *graph, neuron_node_t *input, int64_t units,
                            const char *options)
{
    return add(graph, &neuron_layer_dense, input, SETTINGS(SET(UNITS, units)), options);
}

neuron_node_t *neuron_conv2d(neuron_graph_t *graph, neuron_node_t *input, int64_t filters,
                             int64_t kernel_height, int64_t kernel_width, const char *options)
{
    return add(graph, &neuron_layer_conv2d, input,
               SETTINGS(SET(FILTERS, filters), SET(KERNEL_HEIGHT, kernel_height),
                        SET(KERNEL_WIDTH, kernel_width)),
               options);
}

neuron_node_t *neuron_conv2d_transpose(neuron_graph_t *graph, neuron_node_t *input, int64_t filters,
                                       int64_t kernel_height, int64_t kernel_width,
                                       const char *options)
{
    return add(graph, &neuron_layer_conv2d_transpose, input,
               SETTINGS(SET(FILTERS, filters), SET(KERNEL_HEIGHT, kernel_height),
                        SET(KERNEL_WIDTH, kernel_width)),
               options);
}

neuron_node_t *neuron_conv1d(neuron_graph_t *graph, neuron_node_t *input, int64_t filters,
                             int64_t kernel_size, const char *options)
{
    return add(graph, &neuron_layer_conv1d, input,
               SETTINGS(SET(FILTERS, filters), SET(KERNEL_SIZE, kernel_size)), options);
}

neuron_node_t *neuron_depthwise_conv2d(neuron_graph_t *graph, neuron_node_t *input,
                                       int64_t kernel_height, int64_t kernel_width,
                                       const char *options)
{
    return add(graph, &neuron_layer_depthwise_conv2d, input,
               SETTINGS(SET(KERNEL_HEIGHT, kernel_height), SET(KERNEL_WIDTH, kernel_width)),
               options);
}

/* The strides are equal to the window, which may be no larger than they. */
static int check_window(const neuron_layer *layer, int64_t height, int64_t width)
{
    const neuron_option *stride = neuron_options_find(&layer->options, NEURON_NODE_STRIDE_HEIGHT);
    int64_t most = (int64_t)stride->maximum;
    RETURN_IF_ERROR(neuron_check_range(height, 1, most, "window_height", layer->name));
    return neuron_check_range(width, 1, most, "window_width", layer->name);
}

static neuron_node_t *add_pooling(neuron_graph_t *graph, const neuron_layer *layer,
                                  neuron_node_t *input, int64_t height, int64_t width,
                                  const char *options)
{
    if (!neuron_graph_takes_more(graph, layer->name))
        return NULL;
    int status = check_window(layer, height, width);
    if (status < 0) {
        neuron_graph_latch(graph, status);
        return NULL;
    }
    /* The strides may be given as text. */
    neuron_options strides;
    neuron_options_make(&strides, &layer->options,
                        SETTINGS(SET(KERNEL_HEIGHT, height), SET(KERNEL_WIDTH, width),
                                 SET(STRIDE_HEIGHT, height), SET(STRIDE_WIDTH, width)));
    return join_with(graph, layer, &input, 1, &strides,
                     SETTINGS(SET(KERNEL_HEIGHT, height), SET(KERNEL_WIDTH, width)), options, NULL);
}

neuron_node_t *neuron_max_pool2d(neuron_graph_t *graph, neuron_node_t *input, int64_t window_height,
                                 int64_t window_width, const char *options)
{
    return add_pooling(graph, &neuron_layer_max_pool2d, input, window_height, window_width,
                       options);
}

neuron_node_t *neuron_average_pool2d(neuron_graph_t *graph, neuron_node_t *input,
                                     int64_t window_height, int64_t window_width,
                                     const char *options)
{
    return add_pooling(graph, &neuron_layer_average_pool2d, input, window_height, window_width,
                       options);
}

static neuron_node_t *add_pooling_1d(neuron_graph_t *graph, const neuron_layer *layer,
                                     neuron_node_t *input, int64_t window, const char *options)
{
    if (!neuron_graph_takes_more(graph, layer->name))
        return NULL;
    const neuron_option *stride = neuron_options_find(&layer->options, NEURON_NODE_STRIDE);
    int status = neuron_check_range(window, 1, (int64_t)stride->maximum, "window", layer->name);
    if (status < 0) {
        neuron_graph_latch(graph, status);
        return NULL;
    }
    neuron_options strides;
    neuron_options_make(&strides, &layer->options,
                        SETTINGS(SET(KERNEL_SIZE, window), SET(STRIDE, window)));
    return join_with(graph, layer, &input, 1, &strides, SETTINGS(SET(KERNEL_SIZE, window)), options,
                     NULL);
}

neuron_node_t *neuron_max_pool1d(neuron_graph_t *graph, neuron_node_t *input, int64_t window,
                                 const char *options)
{
    return add_pooling_1d(graph, &neuron_layer_max_pool1d, input, window, options);
}

neuron_node_t *neuron_average_pool1d(neuron_graph_t *graph, neuron_node_t *input, int64_t window,
                                     const char *options)
{
    return add_pooling_1d(graph, &neuron_layer_average_pool1d, input, window, options);
}

neuron_node_t *neuron_global_average_pool1d(neuron_graph_t *graph, neuron_node_t *input)
{
    return add(graph, &neuron_layer_global_average_pool1d, input, NULL, NULL);
}

neuron_node_t *neuron_global_max_pool1d(neuron_graph_t *graph, neuron_node_t *input)
{
    return add(graph, &neuron_layer_global_max_pool1d, input, NULL, NULL);
}

neuron_node_t *neuron_global_average_pool2d(neuron_graph_t *graph, neuron_node_t *input)
{
    return add(graph, &neuron_layer_global_average_pool2d, input, NULL, NULL);
}

neuron_node_t *neuron_global_max_pool2d(neuron_graph_t *graph, neuron_node_t *input)
{
    return add(graph, &neuron_layer_global_max_pool2d, input, NULL, NULL);
}

neuron_node_t *neuron_batch_norm(neuron_graph_t *graph, neuron_node_t *input, const char *options)
{
    return add(graph, &neuron_layer_batch_norm, input, NULL, options);
}

neuron_node_t *neuron_layer_norm(neuron_graph_t *graph, neuron_node_t *input, const char *options)
{
    return add(graph, &neuron_layer_layer_norm, input, NULL, options);
}

neuron_node_t *neuron_dropout(neuron_graph_t *graph, neuron_node_t *input, double rate)
{
    return add(graph, &neuron_layer_dropout, input, SETTINGS(SET(RATE, rate)), NULL);
}

neuron_node_t *neuron_gaussian_noise(neuron_graph_t *graph, neuron_node_t *input, double deviation)
{
    return add(graph, &neuron_layer_gaussian_noise, input, SETTINGS(SET(DEVIATION, deviation)),
               NULL);
}

neuron_node_t *neuron_random_rotation(neuron_graph_t *graph, neuron_node_t *input, double factor,
                                      const char *options)
{
    return add(graph, &neuron_layer_random_rotation, input, SETTINGS(SET(FACTOR, factor)), options);
}

neuron_node_t *neuron_relu(neuron_graph_t *graph, neuron_node_t *input)
{
    return add(graph, &neuron_layer_relu, input, NULL, NULL);
}

neuron_node_t *neuron_tanh(neuron_graph_t *graph, neuron_node_t *input)
{
    return add(graph, &neuron_layer_tanh, input, NULL, NULL);
}

neuron_node_t *neuron_sigmoid(neuron_graph_t *graph, neuron_node_t *input)
{
    return add(graph, &neuron_layer_sigmoid, input, NULL, NULL);
}

neuron_node_t *neuron_leaky_relu(neuron_graph_t *graph, neuron_node_t *input, double slope)
{
    return add(graph, &neuron_layer_leaky_relu, input, SETTINGS(SET(SLOPE, slope)), NULL);
}

neuron_node_t *neuron_prelu(neuron_graph_t *graph, neuron_node_t *input)
{
    return add(graph, &neuron_layer_prelu, input, NULL, NULL);
}

neuron_node_t *neuron_elu(neuron_graph_t *graph, neuron_node_t *input, double alpha)
{
    return add(graph, &neuron_layer_elu, input, SETTINGS(SET(ALPHA, alpha)), NULL);
}

neuron_node_t *neuron_gelu(neuron_graph_t *graph, neuron_node_t *input, const char *options)
{
    return add(graph, &neuron_layer_gelu, input, NULL, options);
}

neuron_node_t *neuron_silu(neuron_graph_t *graph, neuron_node_t *input)
{
    return add(graph, &neuron_layer_silu, input, NULL, NULL);
}

neuron_node_t *neuron_hard_swish(neuron_graph_t *graph, neuron_node_t *input)
{
    return add(graph, &neuron_layer_hard_swish, input, NULL, NULL);
}

neuron_node_t *neuron_clip(neuron_graph_t *graph, neuron_node_t *input, double minimum,
                           double maximum)
{
    return add(graph, &neuron_layer_clip, input,
               SETTINGS(SET(MINIMUM, minimum), SET(MAXIMUM, maximum)), NULL);
}

neuron_node_t *neuron_selu(neuron_graph_t *graph, neuron_node_t *input)
{
    return add(graph, &neuron_layer_selu, input, NULL, NULL);
}

neuron_node_t *neuron_softplus(neuron_graph_t *graph, neuron_node_t *input)
{
    return add(graph, &neuron_layer_softplus, input, NULL, NULL);
}

neuron_node_t *neuron_softsign(neuron_graph_t *graph, neuron_node_t *input)
{
    return add(graph, &neuron_layer_softsign, input, NULL, NULL);
}

neuron_node_t *neuron_exponential(neuron_graph_t *graph, neuron_node_t *input)
{
    return add(graph, &neuron_layer_exponential, input, NULL, NULL);
}

neuron_node_t *neuron_softmax(neuron_graph_t *graph, neuron_node_t *input, const char *options)
{
    return add(graph, &neuron_layer_softmax, input, NULL, options);
}

neuron_node_t *neuron_log_softmax(neuron_graph_t *graph, neuron_node_t *input, const char *options)
{
    return add(graph, &neuron_layer_log_softmax, input, NULL, options);
}

neuron_node_t *neuron_temperature_scaling(neuron_graph_t *graph, neuron_node_t *input,
                                          const char *options)
{
    return add(graph, &neuron_layer_temperature_scaling, input, NULL, options);
}

neuron_node_t *neuron_vector_scaling(neuron_graph_t *graph, neuron_node_t *input,
                                     const char *options)
{
    return add(graph, &neuron_layer_vector_scaling, input, NULL, options);
}

neuron_node_t *neuron_piecewise_linear(neuron_graph_t *graph, neuron_node_t *input, int64_t points,
                                       const char *options)
{
    return add(graph, &neuron_layer_piecewise_linear, input, SETTINGS(SET(POINTS, points)),
               options);
}

neuron_node_t *neuron_prediction_set(neuron_graph_t *graph, neuron_node_t *input,
                                     const char *options)
{
    return add(graph, &neuron_layer_prediction_set, input, NULL, options);
}

neuron_node_t *neuron_concat(neuron_graph_t *graph, neuron_node_t *const *inputs, int64_t count,
                             const char *options)
{
    return join(graph, &neuron_layer_concat, inputs, count, NULL, options, NULL);
}

neuron_node_t *neuron_add(neuron_graph_t *graph, neuron_node_t *const *inputs, int64_t count)
{
    return join(graph, &neuron_layer_add, inputs, count, NULL, NULL, NULL);
}

neuron_node_t *neuron_multiply(neuron_graph_t *graph, neuron_node_t *const *inputs, int64_t count)
{
    return join(graph, &neuron_layer_multiply, inputs, count, NULL, NULL, NULL);
}

neuron_node_t *neuron_average(neuron_graph_t *graph, neuron_node_t *const *inputs, int64_t count)
{
    return join(graph, &neuron_layer_average, inputs, count, NULL, NULL, NULL);
}

neuron_node_t *neuron_uncertainty(neuron_graph_t *graph, neuron_node_t *const *inputs,
                                  int64_t count, const double *weights, const char *options)
{
    return join(graph, &neuron_layer_uncertainty, inputs, count, NULL, options, weights);
}

neuron_node_t *neuron_weighted_average(neuron_graph_t *graph, neuron_node_t *const *inputs,
                                       int64_t count, const double *weights)
{
    return join(graph, &neuron_layer_weighted_average, inputs, count, NULL, NULL, weights);
}

neuron_node_t *neuron_vote(neuron_graph_t *graph, neuron_node_t *const *inputs, int64_t count,
                           const double *weights)
{
    return join(graph, &neuron_layer_vote, inputs, count, NULL, NULL, weights);
}
