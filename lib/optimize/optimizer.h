/* Optimizers, from the inside. */
#ifndef OPTIMIZE_OPTIMIZER_H
#define OPTIMIZE_OPTIMIZER_H

#include <libneuron/optimizer.h>

#include "base/context.h"

enum { NEURON_OPTIMIZER_OPTIONS_MAX = 6, NEURON_OPTIMIZER_SLOTS_MAX = 2 };

typedef struct neuron_optimizer_option {
    int32_t key; /* NEURON_OPTIMIZER_... */
    const char *name;
    double minimum, maximum, fallback;
} neuron_optimizer_option;

/* One update of a run of parameters. */
typedef struct neuron_update {
    const neuron_optimizer_t *optimizer;
    const struct neuron_kernels *kernels;
    uint64_t step; /* from 1 */
    float rate;    /* of this step: set by neuron_optimizer_begin() */
    float *values;
    const float *gradients;
    float *
        slots[NEURON_OPTIMIZER_SLOTS_MAX]; /* what the rule remembers, zero before the first step */
    int64_t count;
} neuron_update;

/* One rule: a row of the table in optimizer.c, in a file of its own. */
typedef struct neuron_rule {
    int32_t key; /* NEURON_OPTIMIZER_SGD ... */
    const char *name;
    int32_t slot_count;
    int32_t option_count;
    const neuron_optimizer_option *options;
    double (*rate)(const neuron_update *update); /* of a step; NULL for the learning rate */
    void (*update)(const neuron_update *update);
} neuron_rule;

struct neuron_optimizer {
    atomic_int references;
    neuron_context_t *context;
    const neuron_rule *rule;
    double options[NEURON_OPTIMIZER_OPTIONS_MAX]; /* in the order of rule->options */
};

/* The value of an option that the rule has. */
double neuron_optimizer_option_value(const neuron_optimizer_t *optimizer, int32_t key);

/* Works out once what all parts of a step have in common. */
void neuron_optimizer_begin(neuron_update *update);

/* Updates parameters offset .. offset + count - 1 by their gradient. What else `update` points to
 * begins at parameter 0; it has been begun. */
void neuron_optimizer_apply_part(const neuron_update *update, int64_t offset, const float *gradient,
                                 int64_t count);

/* Updates all parameters, split among the pool's threads in pieces of fixed size. */
void neuron_optimizer_apply(const neuron_update *update, neuron_pool *pool);

extern const neuron_rule neuron_rule_adam;
extern const neuron_rule neuron_rule_sgd;

#endif
