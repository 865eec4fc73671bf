/* An independent forward pass in double: one plain loop nest for each layer, without a thought of
 * speed or memory. Gradients are checked against central differences of it. */
#ifndef TEST_REFERENCE_H
#define TEST_REFERENCE_H

#include "graph/graph.h"

typedef struct reference reference_t;

/* For batches of `batch` examples of a finished graph. `seed` and `step` choose what dropout drops,
 * as in neuron_session_forward(). */
reference_t *reference_create(const neuron_graph_t *graph, int64_t batch, bool training,
                              uint64_t seed, uint64_t step);
void reference_destroy(reference_t *reference);

/* Runs all layers. `parameters` is laid out as graph->values. */
void reference_forward(reference_t *reference, const double *parameters, const float *input);

/* The value of a node, [batch, ...shape], from the last forward. */
const double *reference_value(const reference_t *reference, const neuron_node_t *node);

/* Mean cross-entropy between the graph's output and `target` [batch, classes]. */
double reference_loss(const reference_t *reference, const float *target);

#endif
