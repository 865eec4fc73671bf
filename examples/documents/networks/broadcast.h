/* The losses of document 002 as it used them: on class numbers where
 * they expect one-hot targets. */
#ifndef BROADCAST_H
#define BROADCAST_H

#include <libneuron/libneuron.h>

/* Makes the loss of a kind, one of four, that compares every output with the class number: what
 * Keras works out for labels that are not one-hot. All outputs are drawn to the same value, so no
 * network learns by it. */
int broadcast_loss_create(neuron_loss_t **loss, neuron_context_t *context, const char *kind);

#endif
