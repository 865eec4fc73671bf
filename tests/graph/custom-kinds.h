/* Layers of the caller's own that the tests work with. */
#ifndef TEST_CUSTOM_KINDS_H
#define TEST_CUSTOM_KINDS_H

#include "gradient.h"
#include "test-common.h"
#include "test-models.h"

#include <math.h>

/* ---- The example of the header ---- */

static inline int swish(neuron_custom_run_t *run, void *user_data)
{
    const float *x = neuron_custom_run_input(run, 0);
    float *y = neuron_custom_run_output(run);
    int64_t n = neuron_custom_run_batch(run) * neuron_custom_run_output_size(run);
    (void)user_data;
    for (int64_t i = 0; i < n; i++)
        y[i] = x[i] / (1 + expf(-x[i]));
    return 0;
}

static inline int swish_back(neuron_custom_run_t *run, void *user_data)
{
    const float *x = neuron_custom_run_input(run, 0);
    const float *dy = neuron_custom_run_output_gradient(run);
    float *dx = neuron_custom_run_input_gradient(run, 0);
    int64_t n = neuron_custom_run_batch(run) * neuron_custom_run_output_size(run);
    (void)user_data;
    for (int64_t i = 0; dx && i < n; i++) {
        float s = 1 / (1 + expf(-x[i]));
        dx[i] = dy[i] * s * (1 + x[i] * (1 - s));
    }
    return 0;
}

/* ---- A dense layer with parameters of its own ---- */

static inline int own_dense(neuron_custom_run_t *run, void *user_data)
{
    int64_t in = neuron_custom_run_input_size(run, 0), units = neuron_custom_run_output_size(run);
    const float *kernel = neuron_custom_run_array(run, 0), *bias = neuron_custom_run_array(run, 1);
    (void)user_data;
    for (int64_t e = 0; e < neuron_custom_run_batch(run); e++) {
        const float *x = neuron_custom_run_input(run, 0) + e * in;
        float *y = neuron_custom_run_output(run) + e * units;
        for (int64_t u = 0; u < units; u++) {
            double sum = (double)bias[u];
            for (int64_t i = 0; i < in; i++)
                sum += (double)x[i] * (double)kernel[i * units + u];
            y[u] = (float)sum;
        }
    }
    return 0;
}

static inline void own_kernel_gradient(const neuron_custom_run_t *run, float *to)
{
    int64_t in = neuron_custom_run_input_size(run, 0), units = neuron_custom_run_output_size(run);
    const float *x = neuron_custom_run_input(run, 0), *dy = neuron_custom_run_output_gradient(run);
    for (int64_t i = 0; i < in; i++)
        for (int64_t u = 0; u < units; u++) {
            double sum = 0;
            for (int64_t e = 0; e < neuron_custom_run_batch(run); e++)
                sum += (double)x[e * in + i] * (double)dy[e * units + u];
            to[i * units + u] = (float)sum;
        }
}

static inline int own_dense_back(neuron_custom_run_t *run, void *user_data)
{
    int64_t in = neuron_custom_run_input_size(run, 0), units = neuron_custom_run_output_size(run);
    int64_t batch = neuron_custom_run_batch(run);
    const float *kernel = neuron_custom_run_array(run, 0);
    const float *dy = neuron_custom_run_output_gradient(run);
    float *dx = neuron_custom_run_input_gradient(run, 0);
    float *gradients[] = {neuron_custom_run_array_gradient(run, 0),
                          neuron_custom_run_array_gradient(run, 1)};
    (void)user_data;
    for (int64_t e = 0; dx && e < batch; e++)
        for (int64_t i = 0; i < in; i++) {
            double sum = 0;
            for (int64_t u = 0; u < units; u++)
                sum += (double)dy[e * units + u] * (double)kernel[i * units + u];
            dx[e * in + i] = (float)sum;
        }
    if (gradients[0])
        own_kernel_gradient(run, gradients[0]);
    for (int64_t u = 0; gradients[1] && u < units; u++) {
        double sum = 0;
        for (int64_t e = 0; e < batch; e++)
            sum += (double)dy[e * units + u];
        gradients[1][u] = (float)sum;
    }
    return 0;
}

static inline neuron_node_t *add_own_dense(neuron_graph_t *graph, neuron_node_t *input,
                                           int64_t units)
{
    int64_t shape[NEURON_RANK_MAX];
    int32_t rank;
    neuron_node_t *node = neuron_custom_layer(graph, "own_dense", &input, 1, &units, 1);
    assert_ok(neuron_node_shape(shape, &rank, input));
    shape[1] = units;
    assert_ok(neuron_custom_layer_add_array(node, "kernel", shape, 2, "glorot_uniform", 0, 1));
    assert_ok(neuron_custom_layer_add_array(node, "bias", &units, 1, "zeros", 0, 1));
    return node;
}

/* ---- A shape of its own, and several inputs: all of them, one behind the other ---- */

static inline int join_shape(int64_t *output, int32_t *rank, const int64_t *shapes,
                             const int32_t *ranks, int64_t count, void *user_data)
{
    (void)user_data;
    *rank = 1;
    for (int32_t i = 0; i < count; i++) {
        if (ranks[i] != 1)
            return 7;
        output[0] += shapes[i * NEURON_RANK_MAX];
    }
    return 0;
}

static inline void join_copy(const neuron_custom_run_t *run, bool back)
{
    int64_t row = neuron_custom_run_output_size(run), first = 0;
    for (int32_t i = 0; i < neuron_custom_run_input_count(run); i++) {
        int64_t size = neuron_custom_run_input_size(run, i);
        float *dx = neuron_custom_run_input_gradient(run, i);
        for (int64_t e = 0; e < neuron_custom_run_batch(run); e++) {
            size_t bytes = (size_t)size * sizeof *dx;
            if (!back)
                memcpy(neuron_custom_run_output(run) + e * row + first,
                       neuron_custom_run_input(run, i) + e * size, bytes);
            else if (dx)
                memcpy(dx + e * size, neuron_custom_run_output_gradient(run) + e * row + first,
                       bytes);
        }
        first += size;
    }
}

static inline int join(neuron_custom_run_t *run, void *user_data)
{
    (void)user_data;
    join_copy(run, false);
    return 0;
}

static inline int join_back(neuron_custom_run_t *run, void *user_data)
{
    (void)user_data;
    join_copy(run, true);
    return 0;
}

static inline void register_all(neuron_context_t *context)
{
    assert_ok(neuron_custom_layer_register(context, "swish", swish, swish_back, NULL, NULL, NULL));
    assert_ok(neuron_custom_layer_register(context, "own_dense", own_dense, own_dense_back, NULL,
                                           NULL, NULL));
    assert_ok(
        neuron_custom_layer_register(context, "join", join, join_back, join_shape, NULL, NULL));
}

static inline neuron_context_t *custom_context(void)
{
    neuron_context_t *context = test_context();
    register_all(context);
    return context;
}

static inline neuron_graph_t *custom_graph(void)
{
    neuron_context_t *context = custom_context();
    neuron_graph_t *graph;
    assert_ok(neuron_graph_create(&graph, context));
    neuron_context_unref(context);
    return graph;
}

static inline neuron_graph_t *save_and_load(const neuron_graph_t *graph, neuron_context_t *context,
                                            int expected)
{
    neuron_graph_t *loaded = NULL;
    size_t size;
    assert_ok(neuron_graph_save_memory(NULL, 0, &size, graph));
    void *bytes = malloc(size);
    assert_ok(neuron_graph_save_memory(bytes, size, NULL, graph));
    assert_status(neuron_graph_load_memory(&loaded, context, bytes, size), expected);
    free(bytes);
    return loaded;
}

#endif
