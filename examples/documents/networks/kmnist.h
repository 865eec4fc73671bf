/* The networks of document 000, for images of 28x28. */
#ifndef KMNIST_H
#define KMNIST_H

#include <libneuron/libneuron.h>

#include <stdbool.h>

typedef struct kmnist_network kmnist_network_t;

/* Draws a network into an empty graph and returns its output. */
typedef neuron_node_t *(*kmnist_draw_t)(neuron_graph_t *graph, const kmnist_network_t *network);

struct kmnist_network {
    kmnist_draw_t draw;
    double dropout; /* after each hidden layer */

    /* Of kmnist_mlp() alone: the last hidden layer, before which each has twice as many units as
     * the next. */
    int64_t units;
    int64_t hidden_layers;
    bool batch_norm;
    double rotation;      /* share of a full turn, to either side: */
    bool whole_batch;     /* of the batch as if it were one image, else of each image */
    double noise;         /* deviation */
    double input_dropout; /* of the pixels */
};

neuron_node_t *kmnist_mlp(neuron_graph_t *graph, const kmnist_network_t *network);

/* The published network that others are measured by, with dropout of its own. */
neuron_node_t *kmnist_published_cnn(neuron_graph_t *graph, const kmnist_network_t *network);

neuron_node_t *kmnist_basic_cnn(neuron_graph_t *graph, const kmnist_network_t *network);

neuron_node_t *kmnist_deeper_cnn(neuron_graph_t *graph, const kmnist_network_t *network);

#endif
