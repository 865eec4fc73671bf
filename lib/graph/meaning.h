/* What the inputs and outputs of a finished graph mean: how bytes become inputs, and what classes
 * are called. The calls of users are in libneuron/graph.h. */
#ifndef GRAPH_MEANING_H
#define GRAPH_MEANING_H

#include "base/compiler/attributes.h"
#include "data/dataset.h"
#include "graph/graph.h"

/* How bytes become an input for which that is known. */
neuron_scaling neuron_node_scaling(const neuron_node_t *input);

/* Keeps one scale of an input, or unless they are NULL those of its channels; and forgets both. */
void neuron_node_keep_scale(neuron_node_t *input, const neuron_scale *scale,
                            neuron_tensor_t *channels);
void neuron_node_forget_scale(neuron_node_t *input);

/* How many scales there are: one, one for each channel, or none. */
int64_t neuron_node_scale_count(const neuron_node_t *input);

/* Keeps the names of an output, which may be NULL. */
NEURON_SHARED void neuron_node_keep_names(neuron_node_t *output, neuron_tensor_t *names);

/* How many names an output may have. */
int64_t neuron_node_class_count(const neuron_node_t *output);

/* Whether a dataset has the inputs of a finished graph, and whether it has its targets, too; `who`
 * begins the message. For what is only judged it may be without those of outputs that tell of
 * others. */
NEURON_SHARED int neuron_graph_check_examples(const neuron_graph_t *graph,
                                              const neuron_dataset_t *dataset, const char *who);
NEURON_SHARED int neuron_graph_check_dataset(const neuron_graph_t *graph,
                                             const neuron_dataset_t *dataset, const char *who);
NEURON_SHARED int neuron_graph_check_judged(const neuron_graph_t *graph,
                                            const neuron_dataset_t *dataset, const char *who);

/* Takes over what a dataset that trains the graph and fits it knows. */
NEURON_SHARED void neuron_graph_learn_meaning(neuron_graph_t *graph,
                                              const neuron_dataset_t *dataset);

/* Gives a finished graph what another of the same inputs and outputs knows. */
void neuron_graph_copy_meaning(neuron_graph_t *graph, const neuron_graph_t *from);

void neuron_meaning_drop(neuron_meaning *meaning);

/* Whether two inputs scale alike, also if both do not know how. */
bool neuron_node_same_scale(const neuron_node_t *a, const neuron_node_t *b);

/* Warns in the log of a dataset whose bytes would be scaled otherwise than those that the graph has
 * learnt from, or whose classes are called otherwise; `who` begins the message. */
void neuron_graph_warn_of_meaning(const neuron_graph_t *graph, const neuron_dataset_t *dataset,
                                  const char *who);

#endif
