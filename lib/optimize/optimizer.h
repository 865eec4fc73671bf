/* Optimizers, from the inside. */
#ifndef OPTIMIZE_OPTIMIZER_H
#define OPTIMIZE_OPTIMIZER_H

#include <libneuron/optimizer.h>

#include "base/compiler/attributes.h"
#include "base/context.h"
#include "base/options/options.h"

enum { NEURON_OPTIMIZER_SLOTS_MAX = 2, NEURON_OPTIMIZER_FACTORS_MAX = 2 };

/* Keys of the options: see neuron_optimizer_create(). */
enum {
    NEURON_OPTIMIZER_LEARNING_RATE = 1,
    NEURON_OPTIMIZER_MOMENTUM,
    NEURON_OPTIMIZER_BETA_1,
    NEURON_OPTIMIZER_BETA_2,
    NEURON_OPTIMIZER_EPSILON,
    NEURON_OPTIMIZER_NESTEROV,
    NEURON_OPTIMIZER_RHO,
    NEURON_OPTIMIZER_WEIGHT_DECAY,
    NEURON_OPTIMIZER_INITIAL_ACCUMULATOR,
    NEURON_OPTIMIZER_EPSILON_IN_ROOT,
    NEURON_OPTIMIZER_MOMENTUM_DECAY,
    NEURON_OPTIMIZER_CLIP_VALUE,
    NEURON_OPTIMIZER_CLIP_NORM,
    NEURON_OPTIMIZER_CLIP_GLOBAL_NORM
};

/* One update of a run of parameters. */
typedef struct neuron_update {
    const neuron_optimizer_t *optimizer;
    const struct neuron_kernels *kernels;
    uint64_t step;        /* from 1 */
    double learning_rate; /* of this training, which may not be the optimizer's */
    float *values;
    const float *gradients;
    float *slots[NEURON_OPTIMIZER_SLOTS_MAX]; /* what the rule remembers */
    int64_t count;
    atomic_bool *overflow; /* set where a parameter, or what is remembered of it, is not finite any
                              more; NULL if nobody asks */

    /* Set by neuron_optimizer_begin(). */
    float rate;                                  /* the same as the rule corrects it */
    float factors[NEURON_OPTIMIZER_FACTORS_MAX]; /* what else a rule works out once a step */
    float scale, bound; /* gradients are multiplied by the one and limited to the other */
} neuron_update;

/* One rule: a row of the table in optimizer.c, in a file of its own. */
typedef struct neuron_rule {
    const char *name; /* in files, messages and calls */
    int32_t slot_count;
    neuron_option_table options; /* NEURON_OPTIMIZER_...: its own, then those of all rules */
    /* What the slots hold before the first step; NULL for 0. */
    double (*initial)(const neuron_optimizer_t *optimizer);
    /* Corrects the rate, and sets the factors, of a step; NULL for the learning rate as it is. */
    void (*begin)(neuron_update *update);
    /* Returns whether all that it leaves is finite. */
    bool (*update)(const neuron_update *update);
} neuron_rule;

struct neuron_optimizer {
    neuron_handle handle;
    neuron_context_t *context;
    const neuron_rule *rule;
    neuron_options options; /* of rule->options */
    uint64_t rate_changes;  /* how often the learning rate was set, for trainers to follow */
};

/* The rules by name, for neuron_kind_option(); NULL where there is none. */
const char *neuron_optimizer_rule_name(const void *list, int64_t index);
const neuron_option_table *neuron_optimizer_rule_options(const char *name);

/* Sets all options, which are in their bounds and agree. */
void neuron_optimizer_take_options(neuron_optimizer_t *optimizer, const neuron_options *options);

/* A copy that has the rule and the options and is no handle. */
NEURON_SHARED void neuron_optimizer_copy_options(neuron_optimizer_t *copy,
                                                 const neuron_optimizer_t *optimizer);

/* True if at most one of the options of which there may be one alone is on. */
bool neuron_optimizer_options_agree(const neuron_options *options);

/* The value of an option that the rule has. */
double neuron_optimizer_option_value(const neuron_optimizer_t *optimizer, int32_t key);
float neuron_optimizer_float(const neuron_optimizer_t *optimizer, int32_t key);

/* Sets where the rules with NEURON_OPTION_EPSILON_IN_ROOT have their epsilon. */
struct neuron_rule_work;
void neuron_optimizer_place_epsilon(struct neuron_rule_work *work,
                                    const neuron_optimizer_t *optimizer);

/* True if gradients are limited by a norm: then whole ones are needed before the first update. */
bool neuron_optimizer_clips_norms(const neuron_optimizer_t *optimizer);

/* Fills slots of `count` parameters with what they hold before the first step. */
void neuron_optimizer_reset(const neuron_optimizer_t *optimizer, float *const *slots,
                            int64_t count);

/* Works out once what all parts of a step have in common. */
void neuron_optimizer_begin(neuron_update *update);

/* Updates parameters offset .. offset + count - 1 by their gradient. What else `update` points to
 * begins at parameter 0; it has been begun. */
void neuron_optimizer_apply_part(const neuron_update *update, int64_t offset, const float *gradient,
                                 int64_t count);

/* Adam, for the rules that are made of it: the rate of a step, and the step, which also takes
 * `decay` of the parameters away. */
void neuron_adam_begin(neuron_update *update);
bool neuron_adam_update(const neuron_update *update, float decay);

extern const neuron_rule neuron_rule_adadelta;
extern const neuron_rule neuron_rule_adagrad;
extern const neuron_rule neuron_rule_adam;
extern const neuron_rule neuron_rule_adamax;
extern const neuron_rule neuron_rule_adamw;
extern const neuron_rule neuron_rule_nadam;
extern const neuron_rule neuron_rule_rmsprop;
extern const neuron_rule neuron_rule_sgd;

/* Rows of options that several rules have. Epsilon must not vanish in float: it keeps 0 / 0 away
 * from parameters without a gradient. */
#define NEURON_OPTION_RATE(fallback)                                                               \
    NEURON_REAL(NEURON_OPTIMIZER_LEARNING_RATE, "learning_rate", 0, FLT_MAX, fallback,             \
                "length of a step")
#define NEURON_OPTIONS_BETAS                                                                       \
    NEURON_REAL(NEURON_OPTIMIZER_BETA_1, "beta_1", 0, NEURON_BELOW_ONE, 0.9,                       \
                "decay of the mean gradient"),                                                     \
        NEURON_REAL(NEURON_OPTIMIZER_BETA_2, "beta_2", 0, NEURON_BELOW_ONE, 0.999,                 \
                    "decay of the mean square")
#define NEURON_OPTION_EPSILON                                                                      \
    NEURON_REAL(NEURON_OPTIMIZER_EPSILON, "epsilon", FLT_MIN, FLT_MAX, 1e-7,                       \
                "added so that nothing is divided by 0")
#define NEURON_OPTION_EPSILON_IN_ROOT                                                              \
    NEURON_FLAG(NEURON_OPTIMIZER_EPSILON_IN_ROOT, "epsilon_in_root", 1, "epsilon is under the root")
#define NEURON_OPTION_MOMENTUM                                                                     \
    NEURON_REAL(NEURON_OPTIMIZER_MOMENTUM, "momentum", 0, 1, 0, "share of the last step")
#define NEURON_OPTION_RHO(fallback)                                                                \
    NEURON_REAL(NEURON_OPTIMIZER_RHO, "rho", 0, NEURON_BELOW_ONE, fallback,                        \
                "decay of the mean square")

/* The rows that end the table of every rule. At most one of these is not 0. */
#define NEURON_OPTIONS_CLIPPING                                                                    \
    NEURON_REAL(NEURON_OPTIMIZER_CLIP_VALUE, "clip_value", 0, FLT_MAX, 0,                          \
                "limit of each gradient"),                                                         \
        NEURON_REAL(NEURON_OPTIMIZER_CLIP_NORM, "clip_norm", 0, FLT_MAX, 0,                        \
                    "limit of each array's norm"),                                                 \
        NEURON_REAL(NEURON_OPTIMIZER_CLIP_GLOBAL_NORM, "clip_global_norm", 0, FLT_MAX, 0,          \
                    "limit of the norm of all")

#endif
