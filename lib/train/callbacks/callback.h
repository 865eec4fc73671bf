/* Callbacks, from the inside: the row of a kind, the handle, and what kinds have in common. One
 * file a kind in this folder; the table of those that neuron_callback_create() knows is in
 * callback.c. What a kind may read and change of a training is in train/training.h;
 * train/callback-list.h calls it. */
#ifndef TRAIN_CALLBACKS_CALLBACK_H
#define TRAIN_CALLBACKS_CALLBACK_H

#include <libneuron/callback.h>

#include "base/context.h"
#include "base/options/options.h"
#include "train/history.h"
#include "train/snapshot.h"

/* Keys of the options: see neuron_callback_create(). */
enum {
    NEURON_CALLBACK_MONITOR = 1,
    NEURON_CALLBACK_MODE,
    NEURON_CALLBACK_PATIENCE,
    NEURON_CALLBACK_MIN_DELTA,
    NEURON_CALLBACK_RESTORE_BEST,
    NEURON_CALLBACK_BASELINE,
    NEURON_CALLBACK_START,
    NEURON_CALLBACK_FACTOR,
    NEURON_CALLBACK_ALPHA,
    NEURON_CALLBACK_LENGTH,
    NEURON_CALLBACK_PER_STEP,
    NEURON_CALLBACK_COOLDOWN,
    NEURON_CALLBACK_MIN_RATE,
    NEURON_CALLBACK_OUTPUT,
    NEURON_CALLBACK_RESTART,
    NEURON_CALLBACK_AVERAGE,
    NEURON_CALLBACK_DECAY,
    NEURON_CALLBACK_RENEW_STATISTICS
};

enum { NEURON_CALLBACK_STATE_MAX = 6 };

typedef struct neuron_callback_entry neuron_callback_entry;

/* One kind. Functions may be NULL; those that return a status return 0 to go on, as callbacks
 * do. */
typedef struct neuron_callback_row {
    const char *name; /* in files, messages and calls */
    neuron_option_table options;
    /* Numbers that it remembers of a training, 0 at first; the names are for the file. */
    int32_t state_count;
    const char *const *state_names;

    /* Whether it keeps a snapshot of all parameters. */
    bool (*keeps_values)(const neuron_callback_t *callback);
    bool keeps_slots; /* and beside it what the optimizer remembers */
    /* Whether it can do its work; asked before a run. */
    int (*check)(const neuron_callback_t *callback, const neuron_trainer_t *trainer);
    /* What the base rate is multiplied with in the step to come. */
    double (*factor)(const neuron_callback_t *callback, const neuron_trainer_t *trainer);
    int (*on_event)(neuron_trainer_t *trainer, neuron_callback_entry *entry, int32_t event);
    /* Something, such as the loss of a step, is no finite number, as neuron_error_last() says.
     * Whether the training is over by that instead of failing. */
    bool (*on_bad_number)(neuron_trainer_t *trainer, neuron_callback_entry *entry);
    /* Whether the graph gets the parameters of the snapshot when the training is over. */
    bool (*restores)(const neuron_callback_entry *entry);
    /* Whether a run has something to do for it even if the training is over. */
    bool (*has_work)(const neuron_callback_entry *entry);
    /* Whether moving statistics are to be renewed once the graph has these parameters, and that it
     * was done. */
    bool (*renews)(const neuron_callback_entry *entry);
    void (*on_renewed)(neuron_callback_entry *entry);
    /* The training goes on although it was ended. */
    void (*resume)(neuron_callback_entry *entry);
} neuron_callback_row;

struct neuron_callback {
    neuron_handle handle;
    neuron_context_t *context;
    const neuron_callback_row *kind;
    neuron_options options; /* of kind->options */
    char *path;
    neuron_schedule_function_t schedule;
    neuron_callback_function_t function;
    int32_t events; /* that the function is called for */
    void *user_data;
    neuron_destroy_function_t destroy; /* of the user data; NULL for none */
};

/* A callback of the library in a trainer's list. */
struct neuron_callback_entry {
    neuron_callback_t *callback;
    double state[NEURON_CALLBACK_STATE_MAX]; /* in the order of kind->state_names */
    neuron_snapshot snapshot; /* without memory if it keeps none, or before the first run */
};

/* ---- For the kinds ---- */

int neuron_callback_make(neuron_callback_t **callback, neuron_context_t *context,
                         const neuron_callback_row *kind);

/* The same with a path, which stays where it leads to now. */
int neuron_callback_make_with_path(neuron_callback_t **callback, neuron_context_t *context,
                                   const neuron_callback_row *kind, const char *path);

/* The kinds that need no more than options by name, for neuron_kind_option(); NULL where there is
 * none. */
const char *neuron_callback_kind_name(const void *list, int64_t index);
const neuron_option_table *neuron_callback_kind_options(const char *name);

/* One of a function of the caller's. `who` begins the message of what is refused. */
int neuron_callback_make_function(neuron_callback_t **callback, neuron_context_t *context,
                                  int32_t events, neuron_callback_function_t function,
                                  void *user_data, const char *who);

/* Calls a function of the caller's: 0, NEURON_STOP or a failure. */
int neuron_callback_call(neuron_trainer_t *trainer, const neuron_callback_t *callback,
                         int32_t event);

/* The value of an option that the kind has. */
double neuron_callback_option(const neuron_callback_t *callback, int32_t key);

/* Rows of option tables that several kinds have. */
#define NEURON_CALLBACK_OPTION_MODE                                                                \
    NEURON_CHOICE(NEURON_CALLBACK_MODE, "mode", neuron_mode_words, NEURON_MODE_AUTO,               \
                  "which figures are better")
#define NEURON_CALLBACK_OPTION_MONITOR                                                             \
    NEURON_CHOICE(NEURON_CALLBACK_MONITOR, "monitor", neuron_monitor_words,                        \
                  NEURON_METRIC_VALIDATION_LOSS, "the figure that is watched")
#define NEURON_CALLBACK_OPTION_OUTPUT                                                              \
    NEURON_INTEGER(NEURON_CALLBACK_OUTPUT, "output", -1, INT32_MAX, -1,                            \
                   "whose figure it is, -1 for that of all")
#define NEURON_CALLBACK_OPTION_START                                                               \
    NEURON_INTEGER(NEURON_CALLBACK_START, "start", 0, INT32_MAX, 0,                                \
                   "epochs or steps before it begins")
#define NEURON_CALLBACK_OPTION_LENGTH(fallback)                                                    \
    NEURON_INTEGER(NEURON_CALLBACK_LENGTH, "length", 1, INT32_MAX, fallback, "epochs or steps")
#define NEURON_CALLBACK_OPTION_FACTOR(fallback)                                                    \
    NEURON_REAL(NEURON_CALLBACK_FACTOR, "factor", DBL_MIN, FLT_MAX, fallback,                      \
                "what the rate is multiplied with")
#define NEURON_CALLBACK_OPTIONS_TIME                                                               \
    NEURON_CALLBACK_OPTION_START,                                                                  \
        NEURON_FLAG(NEURON_CALLBACK_PER_STEP, "per_step", 0, "yes to count steps")

/* Which figures are better. */
enum { NEURON_MODE_AUTO, NEURON_MODE_SMALLEST, NEURON_MODE_LARGEST };
extern const neuron_word neuron_mode_words[];

/* ---- Kinds that look at a figure: they have the options monitor, output and mode ---- */

/* Refuses a figure of a validation set or of an output that there is not. */
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

extern const neuron_callback_row neuron_callback_checkpoint;
extern const neuron_callback_row neuron_callback_cosine_schedule;
extern const neuron_callback_row neuron_callback_csv_log;
extern const neuron_callback_row neuron_callback_early_stopping;
extern const neuron_callback_row neuron_callback_exponential_schedule;
extern const neuron_callback_row neuron_callback_function;
extern const neuron_callback_row neuron_callback_reduce_on_plateau;
extern const neuron_callback_row neuron_callback_schedule;
extern const neuron_callback_row neuron_callback_step_schedule;
extern const neuron_callback_row neuron_callback_stop_on_nan;
extern const neuron_callback_row neuron_callback_warm_up;
extern const neuron_callback_row neuron_callback_weight_averaging;

#endif
