/* Losses, from the inside. */
#ifndef LOSSES_LOSS_H
#define LOSSES_LOSS_H

#include <libneuron/loss.h>

#include "base/context.h"
#include "base/options.h"
#include "data/dataset.h"
#include "session/session.h"

/* What Keras calls epsilon: the smallest number whose logarithm is taken. */
#define NEURON_LOSS_EPSILON 1e-7

enum { NEURON_LOSS_OPTIONS_MAX = 1 };

/* One example. */
typedef struct neuron_loss_example {
    const float *output; /* [outputs], logits if `logits` */
    const float *target; /* [outputs] */
    int32_t outputs;
    int32_t label;
    bool logits;
} neuron_loss_example;

/* What one output adds to a loss, and the derivative of that by the output. */
typedef struct neuron_loss_point {
    double value, slope;
} neuron_loss_point;

/* One kind: a row of the table in loss.c, in a file of its own. Of `point` and `whole` it has one. */
typedef struct neuron_loss_kind {
    int32_t key;                    /* NEURON_LOSS_CROSS_ENTROPY ...; 0 for the caller's own */
    const char *name;               /* in files and messages */
    neuron_session_purpose purpose; /* which says what layer is left to the loss */
    bool sums;                      /* over the outputs, where the others take the mean */
    neuron_option_table options;    /* NEURON_LOSS_LABEL_SMOOTHING ... */
    /* Whether targets of any kind will do; NULL if they always will. */
    bool (*accepts)(const float *target, int32_t outputs);
    const char *needs; /* in words, what it accepts */
    /* Changes an example's targets in place before the loss; NULL if it does not. */
    void (*prepare)(const neuron_loss_t *loss, float *target, int32_t outputs);
    neuron_loss_point (*point)(const neuron_loss_t *loss, bool logits, double output,
                               double target);
    /* The loss, with its gradient times `scale` unless that is NULL. */
    double (*whole)(const neuron_loss_t *loss, const neuron_loss_example *example, double scale,
                    float *gradient);
} neuron_loss_kind;

struct neuron_loss {
    atomic_int references;
    neuron_context_t *context;
    const neuron_loss_kind *kind;
    double options[NEURON_LOSS_OPTIONS_MAX]; /* in the order of kind->options */
    neuron_loss_callback_t callback;
    void *user_data;
    neuron_destroy_t destroy; /* of the user data; NULL for none */
};

NEURON_HOLD_DECLARE(loss);

/* Cross-entropy with its defaults, for who was given no loss. Never referenced. */
extern const neuron_loss_t neuron_loss_default;

/* The value of an option that the kind has. */
double neuron_loss_option_value(const neuron_loss_t *loss, int32_t key);

/* NEURON_E_DATA if the loss cannot work with the dataset's targets; `who` begins the message. */
int neuron_loss_check(const neuron_loss_t *loss, const neuron_dataset_t *dataset, const char *who);

/* The loss of the dataset's example at `position`, without its weight.
 *   output    [outputs] of the session, of which `logits` is neuron_session_logits()
 *   target    [outputs] room for the targets
 *   gradient  [outputs] of the loss times `scale`, or NULL if not wanted */
double neuron_loss_take(const neuron_loss_t *loss, const neuron_dataset_t *dataset,
                        int64_t position, const float *output, bool logits, float *target,
                        double scale, float *gradient);

/* The class that an output stands for: see neuron_dataset_label(). */
int32_t neuron_loss_answer(const neuron_dataset_t *dataset, const float *output, bool logits);

/* Makes each target t  t (1 - smoothing) + smoothing * share. */
void neuron_loss_smooth(const neuron_loss_t *loss, float *target, int32_t outputs, double share);

/* Makes zeros of targets that are all 0 or 1 to -1. */
void neuron_hinge_prepare(const neuron_loss_t *loss, float *target, int32_t outputs);

/* The row of an option that several kinds have. */
#define NEURON_LOSS_OPTION_SMOOTHING                                                               \
    {                                                                                              \
        NEURON_LOSS_LABEL_SMOOTHING, "label_smoothing", false, 0, 1, 0, NULL                       \
    }

/* A NaN stays one. */
static inline double neuron_clip(double value, double minimum, double maximum)
{
    if (value < minimum)
        return minimum;
    return value > maximum ? maximum : value;
}

/* Whether clipping changes a number; not for a NaN. */
static inline bool neuron_clips(double value, double minimum, double maximum)
{
    return value < minimum || value > maximum;
}

extern const neuron_loss_kind neuron_loss_binary_cross_entropy;
extern const neuron_loss_kind neuron_loss_cross_entropy;
extern const neuron_loss_kind neuron_loss_custom;
extern const neuron_loss_kind neuron_loss_hinge;
extern const neuron_loss_kind neuron_loss_huber;
extern const neuron_loss_kind neuron_loss_kullback_leibler;
extern const neuron_loss_kind neuron_loss_mean_absolute_error;
extern const neuron_loss_kind neuron_loss_mean_squared_error;
extern const neuron_loss_kind neuron_loss_mean_squared_logarithmic_error;
extern const neuron_loss_kind neuron_loss_squared_hinge;

#endif
