/* The convolutional networks of document 002. */
#ifndef CIFAR_H
#define CIFAR_H

#include <libneuron/libneuron.h>

#include <stdbool.h>

enum { CIFAR_BLOCKS = 3 };

/* An activation, such as neuron_relu(). */
typedef neuron_node_t *(*cifar_activation_t)(neuron_graph_t *graph, neuron_node_t *input);

/* Three blocks of convolutions of 3x3, each ended by pooling, a hidden
 * layer and the ten classes. */
typedef struct {
    int64_t filters[CIFAR_BLOCKS];
    bool simple; /* one convolution a block, without padding; else two that keep the extent */
    bool batch_norm;
    double dropout[CIFAR_BLOCKS + 1]; /* after each block and the hidden layer */
    int64_t units;                    /* of the hidden layer */
    cifar_activation_t in_blocks;     /* neuron_relu() if NULL */
    cifar_activation_t in_hidden;     /* neuron_relu() if NULL */
} cifar_network_t;

/* Draws a network for images of 32x32 into an empty graph and returns its output. */
neuron_node_t *cifar_network(neuron_graph_t *graph, const cifar_network_t *network,
                             int64_t channels);

#endif
