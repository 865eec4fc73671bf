/* A training step in parts: forward and backward of all parts that this rank has, side by side
 * where layers join the examples of a batch, else one after the other; what it has to do with other
 * ranks for that; and their agreement on whether the step is to count. Whose data it is, what the
 * loss says and what becomes of the gradients is its caller's affair (train/step.c). */
#ifndef TRAIN_PARALLEL_PARTS_H
#define TRAIN_PARALLEL_PARTS_H

#include "session/session.h"
#include "train/parallel/settings.h"
#include "train/step.h"

typedef struct neuron_parts neuron_parts;

/* Makes it. `gradients`, laid out as the trained part of graph->values, is where the sums over all
 * parts and ranks are in the end, without penalties; it and `purposes` stay. */
int neuron_parts_create(neuron_parts **parts, neuron_graph_t *graph,
                        const neuron_session_purpose *purposes,
                        const neuron_parts_settings *settings, float *gradients);
void neuron_parts_destroy(neuron_parts *parts);

/* Sets how many examples a whole batch may have. To be followed by neuron_parts_prepare(), which
 * compiles sessions anew if that, the number of threads or what is frozen has changed. */
void neuron_parts_set_capacity(neuron_parts *parts, int64_t capacity);
int neuron_parts_prepare(neuron_parts *parts);

/* One step of this rank. */
typedef struct neuron_parts_work {
    int64_t count, first; /* examples that are here, and the place of the first in the batch */
    int64_t whole;        /* examples of the batch */
    bool sharded;         /* those that are here are this rank's own, and divided among its parts */
    uint64_t seed, number;
    int status; /* a failure before the step, as neuron_error_last() says: nothing is computed */
    /* Where the inputs of some examples are, until the next call; the first of those here is 0. */
    const float *const *(*inputs)(void *object, int64_t first);
    /* Computes the loss of a part, which adds to the result, and its output gradients. */
    int (*judge)(void *object, neuron_session *session, int64_t first, int64_t count,
                 neuron_step_result *result, bool *infinite);
    void *object;
    neuron_output_sums *outputs; /* that judge() adds to */
} neuron_parts_work;

/* Runs it. The result, with what each output adds up to, and `infinite` are those of the whole
 * batch, and the same on all ranks, as is a failure. */
int neuron_parts_run(neuron_parts *parts, const neuron_parts_work *work, neuron_step_result *result,
                     bool *infinite);

/* Only forward; without judge(). */
int neuron_parts_forward(neuron_parts *parts, const neuron_parts_work *work);

#endif
