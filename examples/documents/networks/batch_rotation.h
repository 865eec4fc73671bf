/* The rotation of document 000 as its networks had it: of whole batches. */
#ifndef BATCH_ROTATION_H
#define BATCH_ROTATION_H

#include <libneuron/libneuron.h>

/* Makes the layer known for a factor, once for all graphs of the one context that a program has. */
int batch_rotation_register(neuron_context_t *context, double factor);

/* Adds a layer that takes a batch of images of one channel for a single image whose height is the
 * examples, whose width the rows and whose channels the columns, and rotates it, in training only,
 * by up to `factor` of a full turn to either side. That is what RandomRotation of Keras does where
 * images have no axis of channels: every example then has rows of its neighbours. Beyond the first
 * and last examples and rows they are mirrored, and between them values are blended.
 *
 * The layer has no parameters, so that its kind tells the factor: the number at the end of its name
 * is that in ten thousandths. */
neuron_node_t *batch_rotation(neuron_graph_t *graph, neuron_node_t *input, double factor);

#endif
