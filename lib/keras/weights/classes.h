/* What Keras calls layers, and where its files have their weights. */
#ifndef KERAS_CLASSES_H
#define KERAS_CLASSES_H

#include "graph/graph.h"

#include <jansson.h>

enum { NEURON_KERAS_GROUP = 160 };

/* What Keras calls the class of a node; NULL for one that it has no layer for. */
const char *neuron_keras_class_of(const neuron_node_t *node);

/* The group of the next layer of a class: "conv2d", "conv2d_1", ... `counts` is an object that
 * begins empty and counts them. */
int neuron_keras_next_group(char group[NEURON_KERAS_GROUP], json_t *counts, const char *class_name);

/* The name of a node as Keras takes it: without '/'. */
void neuron_keras_layer_name(char name[NEURON_NODE_NAME_MAX + 1], const neuron_node_t *node);

/* "<base><suffix>", with "_<number>" behind it from 2 on. A base that is too long is cut between
 * characters. */
void neuron_keras_join_name(char name[NEURON_NODE_NAME_MAX + 1], const char *base,
                            const char *suffix, json_int_t number);

/* Whether a node has arrays of its own. */
static inline bool neuron_keras_has_arrays(const neuron_node_t *node)
{
    return node->spec.array_count > 0 && !node->owner;
}

/* Whether it is a normalisation by fixed numbers, of which Keras has the variance. */
bool neuron_keras_is_standard(const neuron_node_t *node);

#endif
