/* Losses, from the inside: a table of kinds, which take predictions, targets and weights as arrays.
 * They know neither datasets nor sessions; each says which output layer it absorbs, so that whoever
 * compiles the network can leave that layer out. A batch goes through compute.c. */
#ifndef LOSSES_LOSS_H
#define LOSSES_LOSS_H

#include <libneuron/loss.h>

#include "base/context.h"
#include "base/options/options.h"
#include "kernels/kernels.h"

/* Keys of the options: see neuron_loss_create(). */
enum {
    NEURON_LOSS_LABEL_SMOOTHING = 1,
    NEURON_LOSS_DELTA,
    NEURON_LOSS_TEMPERATURE,
    NEURON_LOSS_SOFT_SHARE
};

/* What Keras calls epsilon: the smallest number whose logarithm is taken. */
#define NEURON_LOSS_EPSILON 1e-7

/* How far the probabilities of an example may add up beside 1, in a dataset of classes too. */
#define NEURON_LOSS_SUM_TOLERANCE 0.001

/* The output layer that is left out of a network because the loss computes it as well: both
 * together are faster, and exact where exponentials would overflow. */
typedef enum neuron_absorbs {
    NEURON_ABSORBS_NOTHING,
    NEURON_ABSORBS_SOFTMAX, /* over the classes */
    NEURON_ABSORBS_SIGMOID
} neuron_absorbs;

/* One example. */
typedef struct neuron_loss_example {
    const neuron_kernels *kernels;
    const float *output; /* [outputs], logits if `logits` */
    float *target;       /* [outputs] */
    int64_t outputs;
    int32_t label;
    bool logits;
} neuron_loss_example;

/* What one output adds to a loss, and the derivative of that by the output. */
typedef struct neuron_loss_point {
    double value, slope;
} neuron_loss_point;

enum { NEURON_LOSS_POINTS = 64 };

/* The same of several outputs, at most so many. */
typedef struct neuron_loss_points {
    const neuron_loss_t *loss;
    const neuron_kernels *kernels;
    bool logits;
    int64_t count;
    const float *outputs, *targets;
    double values[NEURON_LOSS_POINTS], slopes[NEURON_LOSS_POINTS];
} neuron_loss_points;

/* Defines the function `points` of a kind by what it has for a single one. */
#define NEURON_LOSS_EACH(point)                                                                    \
    static void points(neuron_loss_points *all)                                                    \
    {                                                                                              \
        for (int32_t i = 0; i < all->count; i++) {                                                 \
            const neuron_loss_point one =                                                          \
                point(all->loss, (double)all->outputs[i], (double)all->targets[i]);                \
            all->values[i] = one.value;                                                            \
            all->slopes[i] = one.slope;                                                            \
        }                                                                                          \
    }

/* One kind: a row of the table in loss.c, in a file of its own. Of `points` and `compute` it has
 * one, but for the caller's own, whose function takes a whole batch. */
typedef struct neuron_loss_row {
    const char *name;            /* in files, messages and calls */
    neuron_absorbs absorbs;      /* the output layer, if the network ends with it */
    bool sums;                   /* over the outputs, where the others take the mean */
    neuron_option_table options; /* NEURON_LOSS_LABEL_SMOOTHING ... */
    /* Whether targets of any kind will do; NULL if they always will. */
    bool (*accepts)(const float *target, int64_t outputs);
    const char *needs; /* in words, what it accepts */
    /* Changes an example's targets in place before the loss; NULL if it does not. */
    void (*prepare)(const neuron_loss_t *loss, float *target, int64_t outputs);
    void (*points)(neuron_loss_points *all);
    /* The loss, with its gradient times `scale` unless that is NULL. */
    double (*compute)(const neuron_loss_t *loss, const neuron_loss_example *example, double scale,
                      float *gradient);
} neuron_loss_row;

struct neuron_loss {
    neuron_handle handle;
    neuron_context_t *context;
    const neuron_loss_row *kind;
    neuron_options options;          /* of kind->options */
    neuron_loss_function_t function; /* of the caller's; NULL for the other kinds */
    void *user_data;
    neuron_destroy_function_t destroy; /* of the user data; NULL for none */
};

NEURON_HOLD_DECLARE(loss);

/* Cross-entropy with its defaults, for who was given no loss. Never referenced. */
extern const neuron_loss_t neuron_loss_default;

/* The kinds by name, for neuron_kind_option(); NULL where there is none. */
const char *neuron_loss_kind_name(const void *list, int64_t index);
const neuron_option_table *neuron_loss_kind_options(const char *name);

/* The value of an option that the kind has. */
double neuron_loss_option_value(const neuron_loss_t *loss, int32_t key);

/* A batch as a loss sees it. */
typedef struct neuron_loss_batch {
    const neuron_kernels *kernels;
    int64_t count; /* of examples */
    int64_t whole; /* of which their gradient is the mean; 0 for these */
    int64_t outputs;
    bool logits;              /* predictions lack the layer that the loss absorbs */
    float threshold;          /* a single output above it stands for class 1, else for class 0 */
    const float *predictions; /* [count, outputs] */
    float *targets;           /* [count, outputs]; kinds smooth or recode them in place */
    const int32_t *labels;    /* [count], the class of each */
    const double *weights;    /* [count], by which losses are multiplied */
} neuron_loss_batch;

/* What becomes of one example. */
typedef struct neuron_loss_result {
    double loss;              /* times its weight; 0 without a loss */
    int64_t predicted;        /* class, the first of equals */
    bool overflow, undefined; /* a gradient of the loss is infinite, or not a number */
} neuron_loss_result;

/* Room for the results of a batch of `count` examples and, behind them, if there is a loss of the
 * caller's, for the numbers that its function writes. NULL after a failure. */
neuron_loss_result *neuron_loss_allocate_results(neuron_context_t *context, int64_t count,
                                                 bool by_caller);

/* Computes the results of a batch's examples and, unless it is NULL, the gradient of their mean
 * loss by the predictions, [count, outputs]. `loss` may be NULL if only classes are wanted. Runs
 * over the pool, but for a function of the caller's, which is called in this thread: it alone may
 * fail. */
int neuron_loss_compute(const neuron_loss_t *loss, neuron_pool *pool,
                        const neuron_loss_batch *batch, neuron_loss_result *results,
                        float *gradients);

/* Calls the caller's function for a batch, as neuron_loss_function_t says. */
int neuron_loss_call(const neuron_loss_t *loss, const neuron_loss_batch *batch, double *losses,
                     float *gradients);

/* NEURON_E_DATA if the loss cannot work with targets of any kind: `count` rows of `targets`,
 * [..., outputs]. `who` begins the message. */
int neuron_loss_check_targets(const neuron_loss_t *loss, const float *targets, const int64_t *rows,
                              int64_t count, int64_t outputs, const char *who);

/* Makes each target t  t (1 - smoothing) + smoothing * average. */
void neuron_loss_smooth(const neuron_loss_t *loss, float *target, int64_t outputs, double average);

/* Makes zeros of targets that are all 0 or 1 to -1. */
void neuron_hinge_prepare(const neuron_loss_t *loss, float *target, int64_t outputs);

/* The row of an option that several kinds have. */
#define NEURON_LOSS_OPTION_SMOOTHING                                                               \
    NEURON_REAL(NEURON_LOSS_LABEL_SMOOTHING, "label_smoothing", 0, 1, 0,                           \
                "share of a target spread over all")

/* A NaN stays one. */
static inline double neuron_loss_clip(double value, double minimum, double maximum)
{
    if (value < minimum)
        return minimum;
    return value > maximum ? maximum : value;
}

/* Whether clipping changes a number; not for a NaN. */
static inline bool neuron_loss_clips(double value, double minimum, double maximum)
{
    return value < minimum || value > maximum;
}

extern const neuron_loss_row neuron_loss_binary_cross_entropy;
extern const neuron_loss_row neuron_loss_cross_entropy;
extern const neuron_loss_row neuron_loss_custom;
extern const neuron_loss_row neuron_loss_distillation;
extern const neuron_loss_row neuron_loss_hinge;
extern const neuron_loss_row neuron_loss_huber;
extern const neuron_loss_row neuron_loss_kullback_leibler;
extern const neuron_loss_row neuron_loss_mean_absolute_error;
extern const neuron_loss_row neuron_loss_mean_squared_error;
extern const neuron_loss_row neuron_loss_mean_squared_logarithmic_error;
extern const neuron_loss_row neuron_loss_squared_hinge;

#endif
