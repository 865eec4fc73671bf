/* Graphs with any layer of the registry, for tests that must hold for all of them. */
#ifndef REGISTRY_LAYERS_H
#define REGISTRY_LAYERS_H

#include "graph/graph.h"
#include "layers/layer.h"

#include <string.h>

#define ONE(name) +1
enum { REGISTRY_LAYERS = 0 NEURON_LAYERS(ONE) };
#undef ONE

/* Whether a graph can be trained that has the layer behind another. */
static inline bool registry_trains(const neuron_layer *layer)
{
    return !(layer->flags & NEURON_LAYER_NO_GRADIENT) && layer != &neuron_layer_input;
}

/* Adds a layer with its defaults behind an image; a joining one takes two. */
static inline neuron_node_t *registry_add(neuron_graph_t *graph, const neuron_layer *layer,
                                          neuron_node_t *image)
{
    const double weights[] = {1, 2};
    const int64_t extents[] = {-1, 2};
    neuron_node_t *inputs[] = {image, image};
    if (layer == &neuron_layer_reshape)
        return neuron_reshape(graph, image, extents, 2);
    if (strstr(layer->name, "1d"))
        inputs[0] = neuron_reshape(graph, image, extents, 2);
    if (layer == &neuron_layer_dense || layer == &neuron_layer_quantized_dense)
        inputs[0] = neuron_flatten(graph, image);
    if (layer == &neuron_layer_temperature_scaling || layer == &neuron_layer_vector_scaling ||
        layer == &neuron_layer_uncertainty || layer == &neuron_layer_prediction_set)
        inputs[0] = inputs[1] = neuron_softmax(graph, image, NULL);
    bool many = layer->flags & NEURON_LAYER_MANY_INPUTS;
    return neuron_graph_add(graph, layer, NULL, inputs, many ? 2 : 1, NULL,
                            layer->flags & NEURON_LAYER_WEIGHTS_NEEDED ? weights : NULL);
}

#endif
