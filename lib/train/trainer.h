/* Trainers, from the inside. */
#ifndef TRAIN_TRAINER_H
#define TRAIN_TRAINER_H

#include <libneuron/trainer.h>

#include "augment/augmentation.h"
#include "data/dataset.h"
#include "session/session.h"
#include "losses/loss.h"
#include "optimize/optimizer.h"
#include "train/history.h"

/* What callbacks make of the learning rate: see callback.h. */
typedef struct neuron_rates {
    bool known; /* whether they did anything yet; if not, the optimizer's rate counts */
    double base, factor;
    double effective; /* what came of them */
    bool by_hand; /* the effective one was set since the last step, and is for the next as it is */
    uint64_t changes; /* of the optimizer's rate that were followed: later ones count */
} neuron_rates;

enum { NEURON_STOP_REASON_SIZE = 256 };

/* Where a training is: all that a later run needs beside parameters, slots and history. */
typedef struct neuron_progress {
    uint64_t seed;
    int64_t epoch;    /* whole epochs done */
    int64_t step;     /* steps done in the epoch that is on */
    uint64_t updates; /* steps done in all */
    /* Those of them that the optimizer remembers: fewer if a callback has put that back. */
    uint64_t optimizer_steps;
    double loss_sum; /* of the examples of this epoch so far */
    int64_t right;   /* of them */
    int64_t seen;
    double seconds;   /* spent in this epoch */
    bool epoch_begun; /* callbacks were told of the epoch that is on */
    neuron_rates rates;
    char stop_reason[NEURON_STOP_REASON_SIZE]; /* "" if callbacks did not end the training */
} neuron_progress;

/* Examples whose loss one task takes. */
enum { NEURON_LOSSES_PER_TASK = 16 };

/* Sums over some examples. */
typedef struct neuron_loss_part {
    double loss;
    int64_t right;
    bool overflow, undefined; /* a gradient of the loss is infinite, or not a number */
} neuron_loss_part;

/* The memory of a run, made by the first one. */
typedef struct neuron_run_memory {
    neuron_session *session;
    int64_t *order; /* of the examples in this epoch */
    float *slots[NEURON_OPTIMIZER_SLOTS_MAX];
    float *gradients; /* of all trainable parameters, sums of their squares, */
    double *squares;  /* and those of each array: for whole-step.h */
    double *array_squares;
    float *statistics; /* the part of graph->values that is not trained, before a step */
    float *targets;    /* of one example for each thread of the session */
    neuron_loss_part *losses;
} neuron_run_memory;

/* What is undone if a run is left in the middle of it. */
typedef enum neuron_stage {
    NEURON_STAGE_NONE,
    NEURON_STAGE_STEP,       /* forward may have changed moving statistics */
    NEURON_STAGE_EPOCH_BEGIN /* callbacks are being told of the epoch */
} neuron_stage;

typedef struct neuron_callback_entry neuron_callback_entry;
typedef struct neuron_feeder neuron_feeder;

struct neuron_trainer {
    atomic_int references;
    neuron_context_t *context;
    neuron_graph_t *graph;
    neuron_optimizer_t *optimizer;
    neuron_loss_t *loss;   /* NULL for cross-entropy */
    double *class_weights; /* of each class; NULL if all are 1 */
    neuron_dataset_t *train, *validation;
    neuron_dataset_t *given; /* `train` before the validation split took its share */
    neuron_history_t *history;

    int64_t epochs, batch_size;
    bool shuffle;
    double validation_split;
    int64_t workers; /* negative for as many as are of use */
    bool augments;
    neuron_augment_settings augmentation; /* as it was when it was set */
    neuron_trainer_callback_t step_callback, epoch_callback;
    void *step_data, *epoch_data;

    neuron_callback_entry *callbacks;
    int32_t callback_count;
    uint64_t settled_version; /* of the graph, when callbacks exchanged its parameters */

    bool running;
    neuron_stage stage;
    bool stopped;     /* by a callback of the caller's */
    bool bad_number;  /* the run ended because a loss is no number */
    bool epoch_ended; /* an epoch callback is on: progress is that of the epoch before */
    neuron_progress progress;
    double resumed_at; /* clock when the run began to count this epoch's seconds */
    neuron_run_memory memory;
    neuron_feeder *feeder; /* of the run that is on; NULL if it needs none */
};

NEURON_HOLD_DECLARE(trainer);

/* NEURON_E_STATE for what is set before the first step, if that was done. Public functions that look for a
 * run settle first: one that was left by a longjmp is over. */
int neuron_trainer_check_not_begun(const neuron_trainer_t *trainer, const char *what);

/* The loss, also if none was set. */
const neuron_loss_t *neuron_trainer_loss(const neuron_trainer_t *trainer);

/* NEURON_E_DATA if the loss does not go with the datasets. */
int neuron_trainer_check_loss(const neuron_trainer_t *trainer);

/* Sums of loss and right answers over the batch that was run forward; the gradient of the mean loss
 * goes to the session. */
neuron_loss_part neuron_trainer_take_losses(neuron_trainer_t *trainer, const int64_t *positions,
                                            int64_t batch);

/* Ends the run: `what`, such as "the loss", is no number in the step that is on. */
int neuron_trainer_fail_number(neuron_trainer_t *trainer, const char *what, double value);

/* Ends the epoch that is on, all of whose steps are done. */
int neuron_trainer_end_epoch(neuron_trainer_t *trainer);

/* Makes the memory of a run; does nothing if it is there. */
int neuron_trainer_prepare(neuron_trainer_t *trainer);
void neuron_trainer_drop_memory(neuron_trainer_t *trainer);

/* The learning rate of the last step, or of the next one if the optimizer's was set since. */
double neuron_trainer_rate(const neuron_trainer_t *trainer);

/* Whether the optimizer's rate was set since callbacks looked at it. */
bool neuron_trainer_rate_was_set(const neuron_trainer_t *trainer);

/* Steps of an epoch. */
int64_t neuron_trainer_steps(const neuron_trainer_t *trainer);

/* Seconds spent in this epoch so far, and the clock they are counted from. */
void neuron_trainer_start_clock(neuron_trainer_t *trainer);
double neuron_trainer_seconds(const neuron_trainer_t *trainer);

#endif
