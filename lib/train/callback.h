/* Callbacks, from the inside: one file a kind in lib/train/callbacks, each with its row. */
#ifndef TRAIN_CALLBACK_H
#define TRAIN_CALLBACK_H

#include <libneuron/callback.h>

#include "base/options.h"
#include "train/trainer.h"

enum { NEURON_CALLBACK_OPTIONS_MAX = 8, NEURON_CALLBACK_STATE_MAX = 6 };

/* One kind. Functions may be NULL; those that return a status return 0 to go on, as callbacks
 * do. */
typedef struct neuron_callback_kind {
    int32_t key;      /* NEURON_CALLBACK_..., or 0 if it has a function of its own that makes it */
    const char *name; /* also in files */
    neuron_option_table options;
    /* Numbers that it remembers of a training, 0 at first; the names are for the file. */
    int32_t state_count;
    const char *const *state_names;

    /* Whether it keeps a copy of all parameters. */
    bool (*keeps_values)(const neuron_callback_t *callback);
    bool keeps_slots; /* and beside it what the optimizer remembers */
    /* Whether it can do its work; asked before a run. */
    int (*check)(const neuron_callback_t *callback, const neuron_trainer_t *trainer);
    /* What the base rate is multiplied with in the step to come. */
    double (*factor)(const neuron_callback_t *callback, const neuron_trainer_t *trainer);
    int (*on_event)(neuron_trainer_t *trainer, neuron_callback_entry *entry, int32_t event);
    /* Whether that is the caller's own function, which is called after those of the library. */
    bool of_caller;
    /* The loss of a step, or the norm of a gradient that is limited, is no number, as
     * neuron_error_last() says. Whether the training is over by that instead of failing. */
    bool (*on_bad_loss)(neuron_trainer_t *trainer, neuron_callback_entry *entry);
    /* Whether the graph gets the kept parameters when the training is over. */
    bool (*restores)(const neuron_callback_entry *entry);
    /* Whether a run has something to do for it even if the training is over. */
    bool (*has_work)(const neuron_callback_entry *entry);
    /* The training goes on although it was ended. */
    void (*resume)(neuron_callback_entry *entry);
} neuron_callback_kind;

struct neuron_callback {
    atomic_int references;
    neuron_context_t *context;
    const neuron_callback_kind *kind;
    double options[NEURON_CALLBACK_OPTIONS_MAX]; /* in the order of kind->options */
    char *path;
    neuron_callback_schedule_t schedule;
    neuron_callback_custom_t custom;
    void *user_data;
    neuron_destroy_t destroy; /* of the user data; NULL for none */
};

/* A callback in a trainer's list. */
struct neuron_callback_entry {
    neuron_callback_t *callback;
    double state[NEURON_CALLBACK_STATE_MAX]; /* in the order of kind->state_names */
    float *values;  /* as many as the graph has; NULL if it keeps none or before the first run */
    float *slots;   /* those of the optimizer, one behind the other, likewise */
    uint64_t steps; /* that these come from */
    bool kept;      /* whether there are parameters in them */
    bool exchanged; /* whether they are those of the last step, and the graph has what was kept */
};

/* ---- For the kinds ---- */

int neuron_callback_make(neuron_callback_t **callback, neuron_context_t *context,
                         const neuron_callback_kind *kind);

/* The same with a path, which stays where it leads to now. */
int neuron_callback_make_with_path(neuron_callback_t **callback, neuron_context_t *context,
                                   const neuron_callback_kind *kind, const char *path);

/* The value of an option that the kind has. */
double neuron_callback_option(const neuron_callback_t *callback, int32_t key);

/* Rows of option tables that several kinds have. */
#define NEURON_CALLBACK_OPTION_MODE                                                                \
    {                                                                                              \
        NEURON_CALLBACK_MODE, "mode", true, 10, 30, NEURON_MODE_AUTO, neuron_callback_modes        \
    }
#define NEURON_CALLBACK_OPTION_MONITOR                                                             \
    {                                                                                              \
        NEURON_CALLBACK_MONITOR, "monitor", true, 10, 40, NEURON_METRIC_VALIDATION_LOSS,           \
            neuron_callback_monitors                                                               \
    }
#define NEURON_CALLBACK_OPTION_START                                                               \
    {                                                                                              \
        NEURON_CALLBACK_START, "start", true, 0, INT32_MAX, 0, NULL                                \
    }
#define NEURON_CALLBACK_OPTION_LENGTH(fallback)                                                    \
    {                                                                                              \
        NEURON_CALLBACK_LENGTH, "length", true, 1, INT32_MAX, fallback, NULL                       \
    }
#define NEURON_CALLBACK_OPTION_FACTOR(fallback)                                                    \
    {                                                                                              \
        NEURON_CALLBACK_FACTOR, "factor", false, DBL_MIN, FLT_MAX, fallback, NULL                  \
    }
#define NEURON_CALLBACK_OPTIONS_TIME                                                               \
    NEURON_CALLBACK_OPTION_START,                                                                  \
    {                                                                                              \
        NEURON_CALLBACK_PER_STEP, "per_step", true, 0, 1, 0, NULL                                  \
    }

extern const int32_t neuron_callback_modes[], neuron_callback_monitors[];

/* ---- Kinds that look at a figure: they have the options mode and monitor ---- */

/* Refuses a figure of a validation set that there is not. */
int neuron_monitor_check(const neuron_callback_t *callback, const neuron_trainer_t *trainer);

/* The figure of the epoch that just ended. */
double neuron_monitor_value(const neuron_callback_t *callback, const neuron_trainer_t *trainer);

/* "validation loss" */
const char *neuron_monitor_name(const neuron_callback_t *callback);

/* The best figure so far. */
typedef struct neuron_record {
    bool exists;
    double value;
} neuron_record;

/* Whether `value` is better than the record by more than `delta`. Any finite number is better than
 * none; what is not finite is not better. */
bool neuron_monitor_better(const neuron_callback_t *callback, double value, neuron_record than,
                           double delta);

/* ---- Schedules: they have the options start and per step ---- */

/* Steps or epochs since the start of the step to come; 0 before it. */
double neuron_schedule_time(const neuron_callback_t *callback, const neuron_trainer_t *trainer);

/* The same in lengths, of kinds with that option. */
double neuron_schedule_lengths(const neuron_callback_t *callback, const neuron_trainer_t *trainer);

/* The base rate; setting it also sets the effective one, with the factors of the moment. */
double neuron_rate_base(neuron_trainer_t *trainer);
void neuron_rate_set_base(neuron_trainer_t *trainer, double base);

/* Keeps the graph's parameters and what belongs to them, and puts back what was kept. */
void neuron_callback_keep(neuron_trainer_t *trainer, neuron_callback_entry *entry);
void neuron_callback_put_back(neuron_trainer_t *trainer, neuron_callback_entry *entry);

/* ---- For the trainer ---- */

/* Numbers of the optimizer that it keeps. */
size_t neuron_callback_slots_size(const neuron_trainer_t *trainer,
                                  const neuron_callback_entry *entry);

/* Makes room for parameters and these numbers, unless it is there. */
int neuron_callback_make_values(neuron_trainer_t *trainer, neuron_callback_entry *entry);

/* Whether the caller has changed the parameters that the graph got when the training was over:
 * these are then the ones to go on with, and nothing is left of what was kept. */
bool neuron_callback_is_void(const neuron_trainer_t *trainer, const neuron_callback_entry *entry);

/* Checks all callbacks and makes their memory. */
int neuron_callbacks_prepare(neuron_trainer_t *trainer);
void neuron_callbacks_drop(neuron_trainer_t *trainer);

/* Calls all: those of the library, then the caller's, of which those of trainer.h are the last. The
 * first answer that is not 0, with its message, where `status` comes before all; trainer->stopped
 * becomes whether it is the caller's. */
int neuron_callbacks_call(neuron_trainer_t *trainer, int32_t event, int status);

/* Works the rate for the step to come out. */
void neuron_callbacks_set_rate(neuron_trainer_t *trainer);

/* Whether a run has something to do for one of them even if the training is over. */
bool neuron_callbacks_have_work(const neuron_trainer_t *trainer);

/* Whether the training is over instead of failing. */
bool neuron_callbacks_take_bad_loss(neuron_trainer_t *trainer);

/* Puts the parameters in place with which a training is over, or those with which it goes on. */
void neuron_callbacks_settle(neuron_trainer_t *trainer);
void neuron_callbacks_unsettle(neuron_trainer_t *trainer);

/* Ends the training, unless it is ended already. */
void neuron_trainer_stop(neuron_trainer_t *trainer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

extern const neuron_callback_kind neuron_callback_checkpoint;
extern const neuron_callback_kind neuron_callback_cosine_schedule;
extern const neuron_callback_kind neuron_callback_csv_log;
extern const neuron_callback_kind neuron_callback_custom;
extern const neuron_callback_kind neuron_callback_early_stopping;
extern const neuron_callback_kind neuron_callback_exponential_schedule;
extern const neuron_callback_kind neuron_callback_reduce_on_plateau;
extern const neuron_callback_kind neuron_callback_schedule;
extern const neuron_callback_kind neuron_callback_step_schedule;
extern const neuron_callback_kind neuron_callback_stop_on_nan;
extern const neuron_callback_kind neuron_callback_warm_up;

#endif
