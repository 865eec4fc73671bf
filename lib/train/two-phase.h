/* Two-phase updates: all gradients first, then the update of all parameters. Steps are such whose
 * gradients are limited by a norm, those of graphs whose backward pass may fail, those in
 * micro-batches, and those that begin with an infinite gradient of the loss; all others update
 * a parameter as soon as its gradient is there (step.c). */
#ifndef TRAIN_TWO_PHASE_H
#define TRAIN_TWO_PHASE_H

#include "optimize/optimizer.h"
#include "session/session.h"

/* Memory of such updates, allocated when the first is needed. */
typedef struct neuron_two_phase {
    float *gradients;      /* of all trainable parameters, laid out as graph->values */
    float *sums;           /* of those of micro-batches; NULL if there are none */
    double *squares;       /* partial sums of their squares, of one array */
    double *array_squares; /* sums of the squares of each array */
} neuron_two_phase;

/* Whether the steps of a graph are such with these options. */
bool neuron_two_phase_needed(const neuron_graph_t *graph, const neuron_optimizer_t *options);

/* Allocates the memory unless it is there. */
int neuron_two_phase_allocate(neuron_two_phase *memory, const neuron_graph_t *graph);
int neuron_two_phase_allocate_sums(neuron_two_phase *memory, const neuron_graph_t *graph);
void neuron_two_phase_release(neuron_two_phase *memory, neuron_context_t *context);

/* Runs the backward pass. */
int neuron_two_phase_backward(const neuron_two_phase *memory, neuron_session *session);

/* Adds the gradients of a micro-batch, multiplied by its share of the batch, to the sums, or begins
 * these with them. neuron_two_phase_take_sums() makes the sums the gradients to update by. */
void neuron_two_phase_add(const neuron_two_phase *memory, const neuron_graph_t *graph, double share,
                          bool first);
void neuron_two_phase_take_sums(neuron_two_phase *memory);

/* Updates all parameters. `update` has been begun. Nothing is updated if a norm by which gradients
 * are limited is not finite or, where the loss has an `infinite` gradient, one of a parameter is
 * not a number: `*bad` becomes what it is, "the norm of a gradient" for instance, and `*value` its
 * value. */
void neuron_two_phase_update(const neuron_two_phase *memory, const neuron_graph_t *graph,
                             const neuron_update *update, bool infinite, const char **bad,
                             double *value);

#endif
