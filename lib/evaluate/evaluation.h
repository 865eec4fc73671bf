/* Evaluations, from the inside. */
#ifndef EVALUATE_EVALUATION_H
#define EVALUATE_EVALUATION_H

#include <libneuron/evaluation.h>

#include "base/context.h"
#include "data/batch.h"
#include "session/session.h"
#include "losses/loss.h"

/* As many classes as a dataset may have. */
enum { NEURON_EVALUATION_CLASSES_MAX = 65536 };

struct neuron_evaluation {
    atomic_int references;
    neuron_context_t *context;
    int32_t class_count;
    int64_t count;
    double loss;
    int64_t *confusion; /* [truth, predicted] */
    /* Its sums, which would take a while to find again and again where there are many classes. */
    int64_t *of_class, *taken_for;
};

/* Makes an evaluation of nothing: no examples, all cells 0, a loss that is not a number. */
int neuron_evaluation_create_empty(neuron_evaluation_t **evaluation, neuron_context_t *context,
                                   int32_t class_count);

/* Counts one example in the cells. */
void neuron_evaluation_note(neuron_evaluation_t *evaluation, int32_t truth, int32_t predicted);

/* A batch whose inputs a session has run forward, as losses see it. */
neuron_loss_batch neuron_loss_batch_of(const neuron_session *session, const neuron_batch *batch);

/* NEURON_E_DATA if the loss cannot work with the dataset's targets; `who` begins the message. */
int neuron_loss_check_dataset(const neuron_loss_t *loss, const neuron_dataset_t *dataset,
                              const char *who);

/* Predicts a dataset and compares: mean loss and the fraction of correct predictions. `function` is
 * the loss, NULL for cross-entropy; with `loss` NULL none is taken, and any targets will do. The
 * cells of `evaluation` are added to; NULL if not wanted. A loss that is infinite or not a number
 * is no failure. Any thread, as neuron_graph_predict(). */
int neuron_evaluate_into(const neuron_graph_t *graph, const neuron_dataset_t *dataset,
                         const neuron_loss_t *function, double *loss, double *accuracy,
                         neuron_evaluation_t *evaluation);

#endif
