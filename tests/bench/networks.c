/* The networks that are measured: MLPs for 28 x 28 pixels and CNNs for 28 x 28 and 32 x 32. */
#include "bench.h"

#include "graph/graph.h"

static neuron_node_t *output(neuron_graph_t *g, neuron_node_t *x)
{
    return neuron_softmax(g, neuron_dense(g, x, 10));
}

static neuron_node_t *dense(neuron_graph_t *g, neuron_node_t *x, int64_t units)
{
    return neuron_relu(g, neuron_dense(g, x, units));
}

/* Dense, ReLU, normalised, and half of it dropped. */
static neuron_node_t *block(neuron_graph_t *g, neuron_node_t *x, int64_t units)
{
    return neuron_dropout(g, neuron_batch_norm(g, dense(g, x, units)), 0.5);
}

static neuron_node_t *convolution(neuron_graph_t *g, neuron_node_t *x, int64_t filters)
{
    return neuron_relu(g, neuron_conv2d(g, x, filters, 3, 3));
}

static neuron_node_t *mlp_plain(neuron_graph_t *g, neuron_node_t *x)
{
    return output(g, dense(g, dense(g, x, 512), 256));
}

static neuron_node_t *mlp_512(neuron_graph_t *g, neuron_node_t *x)
{
    return output(g, block(g, block(g, x, 512), 256));
}

static neuron_node_t *mlp_8192(neuron_graph_t *g, neuron_node_t *x)
{
    x = neuron_dropout(g, x, 0.2);
    return output(g, block(g, block(g, block(g, x, 8192), 4096), 2048));
}

static neuron_node_t *cnn_basic(neuron_graph_t *g, neuron_node_t *x)
{
    x = neuron_max_pool2d(g, convolution(g, x, 32), 2, 2);
    return output(g, dense(g, neuron_flatten(g, x), 128));
}

static neuron_node_t *cnn_deep(neuron_graph_t *g, neuron_node_t *x)
{
    x = neuron_max_pool2d(g, neuron_batch_norm(g, convolution(g, x, 32)), 2, 2);
    x = neuron_max_pool2d(g, neuron_batch_norm(g, convolution(g, x, 64)), 2, 2);
    return output(g, neuron_dropout(g, dense(g, neuron_flatten(g, x), 128), 0.5));
}

/* Two convolutions with padding, each normalised, then pooled. */
static neuron_node_t *double_convolution(neuron_graph_t *g, neuron_node_t *x, int64_t filters,
                                         double rate)
{
    for (int i = 0; i < 2; i++) {
        x = neuron_conv2d(g, x, filters, 3, 3);
        neuron_node_set_int(x, NEURON_NODE_PADDING, NEURON_PADDING_SAME);
        x = neuron_batch_norm(g, neuron_relu(g, x));
    }
    return neuron_dropout(g, neuron_max_pool2d(g, x, 2, 2), rate);
}

static neuron_node_t *cnn_9(neuron_graph_t *g, neuron_node_t *x)
{
    x = double_convolution(g, x, 32, 0.3);
    x = double_convolution(g, x, 64, 0.4);
    x = double_convolution(g, x, 128, 0.5);
    x = neuron_tanh(g, neuron_dense(g, neuron_flatten(g, x), 128));
    return output(g, neuron_dropout(g, neuron_batch_norm(g, x), 0.3));
}

const bench_network_t bench_networks[] = {
    {"mlp-plain", "784-512-256-10, ReLU", 128, 1, {784}, mlp_plain},
    {"mlp-512", "784-512-256-10, batch normalisation, dropout", 128, 1, {784}, mlp_512},
    {"mlp-8192", "784-8192-4096-2048-10, batch normalisation, dropout", 128, 1, {784}, mlp_8192},
    {"cnn-basic", "28x28, one convolution, dense 128", 128, 3, {28, 28, 1}, cnn_basic},
    {"cnn-deep", "28x28, two convolutions, batch normalisation", 128, 3, {28, 28, 1}, cnn_deep},
    {"cnn-9", "32x32, six convolutions, batch normalisation, tanh", 32, 3, {32, 32, 1}, cnn_9},
    {NULL, NULL, 0, 0, {0}, NULL},
};

neuron_node_t *bench_draw(neuron_graph_t **graph, neuron_context_t *context,
                          const bench_network_t *network)
{
    bench_must(neuron_graph_create(graph, context));
    bench_must(neuron_graph_set_name(*graph, network->name));
    neuron_node_t *node =
        network->draw(*graph, neuron_input(*graph, network->shape, network->rank));
    if (!node)
        bench_must(neuron_graph_finish(*graph, node)); /* which says why */
    return node;
}

/* Multiply-adds of a layer that has a kernel, forward, on one example: each number of the kernel
 * meets each place of the output. */
static double multiply_adds(const neuron_spec *spec)
{
    bool convolution = spec->layer == &neuron_layer_conv2d;
    if (!convolution && spec->layer != &neuron_layer_dense)
        return 0;
    double kernel = (double)neuron_shape_count(&spec->arrays[0].shape);
    return convolution ? kernel * (double)(spec->output.extent[0] * spec->output.extent[1])
                       : kernel;
}

bool bench_has_trained_inputs(const neuron_node_t *node)
{
    for (int32_t i = 0; i < node->spec.input_count; i++) {
        const neuron_node_t *input = node->inputs[i];
        for (int32_t a = 0; a < input->spec.array_count; a++)
            if (input->spec.arrays[a].trainable)
                return true;
        if (bench_has_trained_inputs(input))
            return true;
    }
    return false;
}

double bench_graph_operations(const neuron_graph_t *graph, bool training)
{
    double sum = 0;
    for (int32_t i = 0; i < graph->node_count; i++) {
        const neuron_node_t *node = graph->nodes[i];
        int times = !training ? 1 : bench_has_trained_inputs(node) ? 3 : 2;
        sum += 2 * times * multiply_adds(&node->spec);
    }
    return sum;
}
