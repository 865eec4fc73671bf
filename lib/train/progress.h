/* Where a training is: with parameters, what the optimizer remembers, rate, callbacks and history
 * it is all that a later run needs, and what lib/checkpoint writes to a file. */
#ifndef TRAIN_PROGRESS_H
#define TRAIN_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

enum { NEURON_STOP_REASON_SIZE = 256 };

typedef struct neuron_run_progress {
    uint64_t seed;
    int64_t epoch;    /* epochs that are done */
    int64_t step;     /* steps done in the epoch that is on */
    uint64_t updates; /* steps done in all */
    /* Those of them that the optimizer remembers: fewer if a callback has
     * restored an earlier state. */
    uint64_t optimizer_steps;
    int64_t single_steps; /* those that are not steps of the epochs of the present dataset */
    double last_loss;     /* mean of the last step; NaN before it and where nothing tells it */
    double loss_sum;      /* of the examples of this epoch so far */
    int64_t correct;      /* of them */
    int64_t seen;
    double seconds;                            /* spent in this epoch */
    bool epoch_begun;                          /* callbacks were told of the epoch that is on */
    char stop_reason[NEURON_STOP_REASON_SIZE]; /* "" if callbacks did not end the training */
} neuron_run_progress;

#endif
