/* What every layer and every graph must hold: values and gradients as the reference has them, the
 * same bytes whatever was in the memory before, and the same predictions once saved and loaded. */
#ifndef TEST_GRADIENT_H
#define TEST_GRADIENT_H

#include <libneuron/libneuron.h>

/* Finishes the graph, whose output is one row of class probabilities for each example, gives it
 * random parameters, checks all of the above for a random batch, and releases it. */
void check_network(neuron_graph_t *graph, neuron_node_t *output, int64_t batch);

/* The same for a layer in the middle: flatten, dense with three classes and softmax come behind. */
void check_layer(neuron_graph_t *graph, neuron_node_t *layer, int64_t batch);

/* An empty graph with a context of its own, which it keeps. */
neuron_graph_t *new_graph(void);

/* An input of rank 1, or of rank 3 as height, width, channels. */
neuron_node_t *vector_input(neuron_graph_t *graph, int64_t extent);
neuron_node_t *image_input(neuron_graph_t *graph, int64_t height, int64_t width, int64_t channels);

/* Fails unless the node has that shape. */
void assert_node_shape(const neuron_node_t *node, const int64_t *expected, int32_t expected_rank);

/* Values that want a gradient: of height x width x channels behind a convolution, or of rank 1
 * behind a dense layer if the height is 0. */
neuron_node_t *hidden_values(neuron_graph_t *graph, int64_t height, int64_t width,
                             int64_t channels);

/* A predicted row for each of `count` examples, through tensors over the caller's memory. */
void predict(const neuron_graph_t *graph, const float *input, int64_t count, float *output);

#endif
