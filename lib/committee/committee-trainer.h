/* Committee trainers, from the inside: what is set (committee-trainer.c), which examples a member
 * learns from (examples.c), how it is made (member.c), how all are trained (run.c) and joined
 * (combine.c), all of it in one call (fit.c), what of them is kept in a folder (folder.c), and what
 * they predict of examples held out (held-out.c).
 */
#ifndef COMMITTEE_COMMITTEE_TRAINER_H
#define COMMITTEE_COMMITTEE_TRAINER_H

#include <libneuron-committee/committee-trainer.h>

#include "base/options/options.h"
#include "committee/outputs.h"
#include "train/trainer.h"

#include <pthread.h>

/* Keys of the options: see neuron_committee_trainer_create(). */
enum {
    NEURON_COMMITTEE_METHOD = 1,
    NEURON_COMMITTEE_MEMBERS,
    NEURON_COMMITTEE_FOLDS,
    NEURON_COMMITTEE_SAMPLE_FRACTION,
    NEURON_COMMITTEE_COMBINE,
    NEURON_COMMITTEE_GOAL,
    NEURON_COMMITTEE_ROUNDS,
    NEURON_COMMITTEE_L2,
    NEURON_COMMITTEE_ITERATIONS,
    NEURON_COMMITTEE_POINTS,
    NEURON_COMMITTEE_SIDE_BY_SIDE,
    NEURON_COMMITTEE_EPOCHS,
    NEURON_COMMITTEE_BATCH_SIZE,
    NEURON_COMMITTEE_MICRO_BATCH_SIZE,
    NEURON_COMMITTEE_SHUFFLE,
    NEURON_COMMITTEE_WORKERS,
    NEURON_COMMITTEE_ALGORITHM,
    NEURON_COMMITTEE_SHRINKAGE,
    NEURON_COMMITTEE_FEATURE_FRACTION,
    NEURON_COMMITTEE_CLASS_FRACTION,
    NEURON_COMMITTEE_OPTIMIZER, /* the rest of neuron_committee_fit() */
    NEURON_COMMITTEE_LEARNING_RATE,
    NEURON_COMMITTEE_HOLD_OUT
};

typedef enum neuron_committee_method {
    NEURON_COMMITTEE_METHOD_INITIALIZATION,
    NEURON_COMMITTEE_METHOD_BAGGING,
    NEURON_COMMITTEE_METHOD_FOLDS,
    NEURON_COMMITTEE_METHOD_SNAPSHOT,
    NEURON_COMMITTEE_METHOD_ADABOOST,
    NEURON_COMMITTEE_METHOD_GRADIENT_BOOSTING
} neuron_committee_method;

enum {
    NEURON_COMMITTEE_SIDE_BY_SIDE_AUTO,
    NEURON_COMMITTEE_SIDE_BY_SIDE_NO,
    NEURON_COMMITTEE_SIDE_BY_SIDE_YES
};

enum { NEURON_COMMITTEE_ALGORITHM_SAMME, NEURON_COMMITTEE_ALGORITHM_SAMME_R };

extern const neuron_option_table neuron_committee_trainer_options;
extern const neuron_option_table neuron_committee_fit_options;

typedef struct neuron_committee_member {
    neuron_committee_trainer_t *committee;
    int64_t index;
    neuron_graph_t *graph;     /* NULL before it is built */
    bool built;                /* what the builder began is finished */
    neuron_trainer_t *trainer; /* NULL before it is made */
    bool ready;                /* it is set up, and has what the folder has of it */
    atomic_bool done;          /* trained to its end */
    atomic_llong epochs_done;  /* which other threads may ask for */
    bool own_workers;          /* its setup has chosen how many threads make batches */
    bool unsaved;              /* its last epoch could not be saved */
    bool in_turns;             /* it gives way behind each epoch, */
    bool gave_way;             /* and has done so */
    int status;                /* of its part of the run, and the message of a failure */
    char message[NEURON_MESSAGE_SIZE];
} neuron_committee_member;

/* What boosting knows of the members so far: see boost.h. */
typedef struct neuron_committee_boost {
    bool begun;
    int64_t stage;   /* the member to come */
    int64_t used;    /* members that are part of the committee */
    bool over;       /* there are to be no more */
    int64_t size;    /* numbers that a member puts out */
    double *weights; /* of each example, 1 in the mean */
    double *steps;   /* by which members are joined */
    float *base;     /* what the sum of members begins with, */
    float *scores;   /* and what it is for each example, [n, size] */
} neuron_committee_boost;

/* A function of the caller's, with what is handed to it. */
#define NEURON_COMMITTEE_FUNCTION(type)                                                            \
    struct {                                                                                       \
        type function; /* NULL for none */                                                         \
        void *user_data;                                                                           \
        neuron_destroy_function_t destroy; /* of the user data; NULL for none */                   \
    }

struct neuron_committee_trainer {
    neuron_handle handle;
    neuron_context_t *context;
    neuron_optimizer_t *optimizer;
    neuron_dataset_t *train, *validation; /* the second may be NULL */
    neuron_loss_t *loss;                  /* NULL for the default */
    neuron_augmentation_t *augmentation;  /* a copy; NULL for none */
    neuron_options options;
    neuron_callback_t **callbacks;
    int64_t callback_count;
    NEURON_COMMITTEE_FUNCTION(neuron_committee_build_function_t) build;
    NEURON_COMMITTEE_FUNCTION(neuron_committee_setup_function_t) setup;
    NEURON_COMMITTEE_FUNCTION(neuron_committee_epoch_function_t) on_epoch;
    char *folder; /* NULL for none */

    neuron_committee_member *members; /* of a builder from the first run on */
    int64_t count;
    neuron_committee_boost boost;
    neuron_committee_member source; /* of snapshots: the one training that they are taken of */

    double *weights; /* by which they were joined; NULL before that */

    bool running, begun;
    uint64_t seed;      /* of the context when it began */
    uint64_t host_seed; /* of the context while a builder is called */
    bool has_host_seed;
    atomic_bool ending;     /* members are to end behind their epochs */
    pthread_mutex_t turns;  /* under which members are taken by threads */
    pthread_mutex_t mutex;  /* under which functions are told of epochs */
    double seconds, run_at; /* spent in runs that are over, and when the one that is on began */
    /* Under which the thread of a run changes what neuron_committee_trainer_progress() reads: the
     * list of members, how far boosting is, clocks and side_by_side. */
    pthread_mutex_t facts;
    int64_t side_by_side; /* members at a time, 0 before the first run */
};

NEURON_HOLD_DECLARE(committee_trainer);

/* As neuron_committee_trainer_create(), with options that were read, of either table. */
int neuron_committee_trainer_make(neuron_committee_trainer_t **trainer, neuron_context_t *context,
                                  neuron_optimizer_t *optimizer, neuron_dataset_t *train,
                                  const neuron_options *options);

/* The value of an option, and those that are whole. */
double neuron_committee_value(const neuron_committee_trainer_t *trainer, int32_t key);
int64_t neuron_committee_count(const neuron_committee_trainer_t *trainer, int32_t key);
neuron_committee_method neuron_committee_method_of(const neuron_committee_trainer_t *trainer);
const char *neuron_committee_method_name(const neuron_committee_trainer_t *trainer);

/* Whether members are snapshots of one training. */
bool neuron_committee_takes_snapshots(const neuron_committee_trainer_t *trainer);

/* How many parts `folds` divides the examples into, and how many members count as one: those of a
 * set of folds, of which each example has one that did not learn from it. */
int64_t neuron_committee_folds(const neuron_committee_trainer_t *trainer);
int64_t neuron_committee_members_of_set(const neuron_committee_trainer_t *trainer);

/* A seed of the member alone. */
uint64_t neuron_committee_member_seed(const neuron_committee_trainer_t *trainer, int64_t member);

/* Whether a member has examples held out from it. */
bool neuron_committee_holds_out(const neuron_committee_trainer_t *trainer);

/* Parts of the training set: what a member learns from, what its method holds out from it, and of
 * that what it is judged by, which is of the classes that it knows. */
typedef enum neuron_committee_part {
    NEURON_COMMITTEE_LEARNT,
    NEURON_COMMITTEE_HELD_OUT,
    NEURON_COMMITTEE_JUDGED
} neuron_committee_part;

/* Writes how often each example of the training set is in such a part. */
int neuron_committee_count_examples(int32_t *counts, const neuron_committee_trainer_t *trainer,
                                    int64_t member, neuron_committee_part part);

/* A dataset of it; NULL where that is nothing. */
int neuron_committee_select(neuron_dataset_t **selected, const neuron_committee_trainer_t *trainer,
                            int64_t member, neuron_committee_part part);

/* Makes a member's graph and its trainer, unless they are there, and has it go on with what the
 * folder has. */
int neuron_committee_make_member(neuron_committee_member *member);
void neuron_committee_drop_member(neuron_committee_member *member);

/* Has the trainer, which is made, go on with what the folder has, and tell of its epochs. */
int neuron_committee_attach(neuron_committee_member *member);

/* Puts a layer before the graph that a builder has made, which leaves it a part of its inputs. */
int neuron_committee_choose_features(neuron_committee_member *member);

/* Has what was made of the member's graph take its place, unless that failed: then it is gone. */
int neuron_committee_change_graph(neuron_committee_member *member, neuron_graph_t *made,
                                  int status);

/* Whether its training calls functions of the caller's that must be called in the thread of the
 * run. */
bool neuron_committee_calls_host(const neuron_committee_member *member);

/* Multiplications of one step, roughly. */
double neuron_committee_step_work(const neuron_committee_member *member);

/* Fails as the member did, whose name comes before the last message. */
int neuron_committee_fail(int64_t member, int status);

/* Begins the folder, or checks that it is this committee's. */
int neuron_committee_open_folder(const neuron_committee_trainer_t *trainer);

/* Writes a member's training into the folder, if there is one, or reads it from there, if it is
 * there. */
int neuron_committee_save_member(const neuron_committee_member *member);
int neuron_committee_load_member(neuron_committee_member *member);

/* The same of a member's graph alone. */
int neuron_committee_save_graph(const neuron_committee_member *member);
int neuron_committee_load_graph(neuron_committee_member *member);

/* Changes what other threads may ask for: how many members are trained at a time. */
void neuron_committee_set_side_by_side(neuron_committee_trainer_t *trainer, int64_t members);

/* NEURON_E_ARGUMENT for a callback with which a training may end before the last snapshot. The
 * message begins with the prefix. */
int neuron_committee_check_callback(const neuron_committee_trainer_t *committee,
                                    const neuron_callback_t *callback, const char *prefix);

/* Snapshots: adds the schedule that the training goes by, makes members of its parameters at the
 * end of an epoch that ends a cycle, takes over those of the folder, and fails if some are missing
 * when the training is over. */
int neuron_committee_add_cycles(neuron_trainer_t *trainer,
                                const neuron_committee_trainer_t *committee);
int neuron_committee_take_snapshot(neuron_committee_trainer_t *committee);
int neuron_committee_load_snapshots(neuron_committee_trainer_t *committee);
int neuron_committee_check_snapshots(const neuron_committee_trainer_t *committee);

#endif
