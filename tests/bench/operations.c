/* How many floating-point operations a network is. */
#include "bench.h"

#include "graph/graph.h"

bool bench_is_convolution(const neuron_layer *layer)
{
    return layer == &neuron_layer_conv2d || layer == &neuron_layer_conv1d ||
           layer == &neuron_layer_conv2d_transpose || layer == &neuron_layer_depthwise_conv2d ||
           layer == &neuron_layer_quantized_conv2d;
}

int32_t bench_byte_layers(const neuron_graph_t *graph)
{
    int32_t count = 0;
    for (int32_t i = 0; i < graph->node_count; i++) {
        const neuron_layer *layer = graph->nodes[i]->spec.layer;
        count += layer == &neuron_layer_quantized_dense || layer == &neuron_layer_quantized_conv2d;
    }
    return count;
}

double bench_multiply_adds(const neuron_spec *spec)
{
    bool convolution = bench_is_convolution(spec->layer);
    if (!convolution && spec->layer != &neuron_layer_dense &&
        spec->layer != &neuron_layer_quantized_dense)
        return 0;
    double kernel = (double)neuron_shape_count(&spec->arrays[0].shape);
    if (!convolution)
        return kernel;
    bool transposed = spec->layer == &neuron_layer_conv2d_transpose;
    const neuron_shape *shape = transposed ? &spec->inputs[0] : &spec->output;
    return kernel * (double)(neuron_shape_count(shape) / shape->extent[shape->rank - 1]);
}

/* At the node or before it. Looks at the nearest first, so that it does not go far. */
static bool has_trained(const neuron_node_t *node)
{
    for (int32_t a = 0; a < node->spec.array_count; a++)
        if (node->spec.arrays[a].trainable)
            return true;
    return bench_has_trained_inputs(node);
}

bool bench_has_trained_inputs(const neuron_node_t *node)
{
    for (int32_t i = 0; i < node->spec.input_count; i++)
        if (has_trained(node->inputs[i]))
            return true;
    return false;
}

double bench_graph_operations(const neuron_graph_t *graph, bool training)
{
    double sum = 0;
    for (int32_t i = 0; i < graph->node_count; i++) {
        const neuron_node_t *node = graph->nodes[i];
        int times = !training ? 1 : bench_has_trained_inputs(node) ? 3 : 2;
        sum += 2 * times * bench_multiply_adds(&node->spec);
    }
    return sum;
}
