/* The trainer handle. Its struct names the parts of a training; each part has a header of its own
 * and knows none of the others. What belongs to the handle is in trainer.c (life), trainer-data.c
 * (datasets, losses, weights) and trainer-options.c (numbers); run.c lets the parts work together,
 * single-step.c does so for one batch of the caller's. */
#ifndef TRAIN_TRAINER_H
#define TRAIN_TRAINER_H

#include <libneuron/trainer.h>

#include "base/compiler/attributes.h"
#include "augment/augmentation.h"
#include "evaluate/evaluation.h"
#include "train/batch-source.h"
#include "train/callback-list.h"
#include "train/history.h"
#include "train/progress.h"
#include "train/rate.h"
#include "train/step.h"

/* Keys of the options: see neuron_trainer_set(). */
enum {
    NEURON_TRAINER_EPOCHS = 1,
    NEURON_TRAINER_BATCH_SIZE,
    NEURON_TRAINER_MICRO_BATCH_SIZE,
    NEURON_TRAINER_SHUFFLE,
    NEURON_TRAINER_WORKERS,
    NEURON_TRAINER_VALIDATION_SPLIT,
    NEURON_TRAINER_METRICS,
    NEURON_TRAINER_PARTS,
    NEURON_TRAINER_CALLBACKS,
    NEURON_TRAINER_OVERLAP,
    NEURON_TRAINER_DATA,
    NEURON_TRAINER_ORDER
};

/* Which ranks call the caller's functions. */
enum { NEURON_CALLBACKS_FIRST = 1, NEURON_CALLBACKS_ALL };

/* Whether ranks have the same examples, or each its own. */
enum { NEURON_DATA_WHOLE = 1, NEURON_DATA_SHARD };

/* Whether sums over ranks are the same for any number of these. */
enum { NEURON_ORDER_FIXED = 1, NEURON_ORDER_ANY };

/* Whether sums over ranks have a thread of their own. */
enum { NEURON_OVERLAP_AUTO = 1, NEURON_OVERLAP_ON, NEURON_OVERLAP_OFF };

extern const neuron_option_table neuron_trainer_options;

typedef struct neuron_trainer_data {
    neuron_dataset_t *given;              /* before a validation split was taken from it; NULL for
                                             none, as the next */
    neuron_dataset_t *train, *validation; /* the second may be NULL */
    double *class_weights;                /* of each class of the first target; NULL if all are 1 */
} neuron_trainer_data;

typedef struct neuron_trainer_settings {
    int64_t epochs, batch_size;
    int64_t micro_batch_size; /* 0 for batches as they are */
    bool shuffle;
    double validation_split;
    int64_t workers;   /* negative for as many as are of use */
    int64_t parts;     /* of a batch; 0 for what the communicator makes the default */
    int32_t order;     /* NEURON_ORDER_... */
    int32_t callbacks; /* NEURON_CALLBACKS_... */
    int32_t overlap;   /* NEURON_OVERLAP_... */
    int32_t sharing;   /* NEURON_DATA_... */
    bool augments;
    neuron_augment_settings augmentation; /* as it was when it was set */
} neuron_trainer_settings;

/* The run that is on. */
typedef struct neuron_trainer_run_state {
    bool running;
    bool stopped;         /* by a callback of the caller's */
    bool bad_number;      /* it ended because something is no finite number */
    bool epoch_beginning; /* callbacks are being told of the epoch */
    bool epoch_ended;     /* an epoch callback is on: progress is that of the epoch before */
    double resumed_at;    /* clock when the run began to count this epoch's seconds */
    neuron_batch_source *source;
} neuron_trainer_run_state;

/* What this rank has to do with others. */
typedef struct neuron_trainer_ranks {
    neuron_communicator_t *communicator; /* NULL for none */
    char *told;                          /* room for what each tells the others */
    size_t *offsets;
    int64_t *shards;       /* examples that each rank has */
    bool introduced;       /* all have the same trainer, with the same parameters */
    bool agreed;           /* all know how the run ends: nobody waits for anybody any more */
    bool have_work;        /* callbacks of some rank, even if the training is over */
    int32_t events;        /* that functions of some rank are called for */
    uint64_t rate_changes; /* of the first rank's optimizer, that all have followed */
} neuron_trainer_ranks;

/* What the caller's own steps need; NULL before the first. */
typedef struct neuron_single_step {
    neuron_batch *batches; /* of each output */
    const float **inputs, **gradients;
    int64_t capacity; /* of the batches */
} neuron_single_step;

struct neuron_trainer {
    neuron_handle handle;
    neuron_context_t *context;
    neuron_graph_t *graph;
    neuron_optimizer_t *optimizer;
    neuron_step_loss *losses; /* of each output of the graph; kept by the trainer, but for
                                 neuron_loss_default */
    neuron_history_t *history;
    neuron_output_sums *sums; /* of each output, over this epoch so far; */
    neuron_score *scores;     /* and what validation says of it */
    neuron_trainer_data data;
    neuron_trainer_settings settings;
    neuron_callback_list callbacks;
    neuron_run_progress progress;
    neuron_rate rate;
    neuron_step *step; /* NULL before the first run */
    neuron_trainer_run_state run;
    neuron_trainer_ranks ranks;
    neuron_single_step single;
};

NEURON_HOLD_DECLARE(trainer);

/* NEURON_E_STATE for what is set before the first step, if that was done. Public functions that
 * look for a run end what was left first: one that was left by a longjmp is over. */
int neuron_trainer_check_not_begun(const neuron_trainer_t *trainer, const char *what);

/* Whether a graph can learn from the dataset, or be evaluated with it. */
int neuron_trainer_check_dataset(const neuron_graph_t *graph, const neuron_dataset_t *dataset);

/* Lets go of a loss that the trainer kept. */
void neuron_trainer_end_loss(const neuron_loss_t *loss);

/* Takes the validation split, if there is one, from the dataset that was given. */
int neuron_trainer_split(neuron_trainer_t *trainer);

/* NEURON_E_DATA if a loss does not go with the datasets. */
int neuron_trainer_check_loss(const neuron_trainer_t *trainer);

/* Lets go of the communicator. */
void neuron_trainer_leave_ranks(neuron_trainer_t *trainer);

/* NEURON_E_ARGUMENT for options of parts that do not go together. */
int neuron_trainer_check_parts(const neuron_trainer_t *trainer);

/* Makes the step, or makes it ready for what has changed and for batches of the dataset, or of
 * `count` examples. */
int neuron_trainer_prepare(neuron_trainer_t *trainer);
int neuron_trainer_prepare_for(neuron_trainer_t *trainer, int64_t count);
NEURON_SHARED void neuron_trainer_drop_step(neuron_trainer_t *trainer);

/* Lets go of what single steps needed. */
void neuron_single_step_release(neuron_trainer_t *trainer);

/* Metrics of the validation set: warns or fails at the beginning of a run if they cannot be
 * computed, for which a batch is judged before the first step; makes the scores of the outputs
 * empty, with evaluations of a dataset if it is not NULL, which are to be let go of; tells them. */
int neuron_trainer_check_metrics(neuron_trainer_t *trainer);
int neuron_trainer_begin_metrics(neuron_trainer_t *trainer, const neuron_dataset_t *dataset);
int neuron_trainer_end_metrics(const neuron_trainer_t *trainer, double *metrics);
void neuron_trainer_drop_metrics(void *owner, void *trainer);

/* Whether ranks have examples of their own: how many, by rank; else NULL. */
const int64_t *neuron_trainer_shards(const neuron_trainer_t *trainer);

/* How batches are cut, and which parts of them this rank has. */
neuron_parts_settings neuron_trainer_split_of(const neuron_trainer_t *trainer);

/* Counts a step that is done. */
void neuron_trainer_count_step(neuron_run_progress *progress, const neuron_step_result *result,
                               int64_t examples);

/* Seconds spent in this epoch so far, and the clock they are counted from. */
void neuron_trainer_start_clock(neuron_trainer_t *trainer);
double neuron_trainer_seconds(const neuron_trainer_t *trainer);

/* Where a run is, by name. */
enum {
    NEURON_PROGRESS_EPOCH,
    NEURON_PROGRESS_EPOCHS,
    NEURON_PROGRESS_STEP,
    NEURON_PROGRESS_STEPS,
    NEURON_PROGRESS_ALL_STEPS,
    NEURON_PROGRESS_LOSS,
    NEURON_PROGRESS_LAST_LOSS,
    NEURON_PROGRESS_ACCURACY,
    NEURON_PROGRESS_SECONDS,
    NEURON_PROGRESS_LEARNING_RATE
};

#endif
