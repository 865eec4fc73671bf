/* Optimizers: the handle with its options, and the table of rules. Each rule is a file with the
 * arithmetic of one update of a slice of parameters; when slices come is up to train/step.c. */
#include "optimize/optimizer.h"

#include "base/checked.h"
#include "base/options/calls.h"
#include "kernels/kernels.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

static const neuron_rule *const rules[] = {
    &neuron_rule_sgd,      &neuron_rule_adam,  &neuron_rule_rmsprop, &neuron_rule_adagrad,
    &neuron_rule_adadelta, &neuron_rule_adamw, &neuron_rule_adamax,  &neuron_rule_nadam,
};

const char *neuron_optimizer_rule_name(const void *list, int64_t index)
{
    (void)list;
    return index < (int32_t)(sizeof rules / sizeof rules[0]) ? rules[index]->name : NULL;
}

static const neuron_rule *find_rule(const char *name)
{
    for (size_t i = 0; name && i < sizeof rules / sizeof rules[0]; i++)
        if (strcmp(rules[i]->name, name) == 0)
            return rules[i];
    return NULL;
}

const neuron_option_table *neuron_optimizer_rule_options(const char *name)
{
    const neuron_rule *rule = find_rule(name);
    return rule ? &rule->options : NULL;
}

/* Sets options that are in their bounds. */
static int commit(neuron_optimizer_t *optimizer, const neuron_options *changed)
{
    if (!neuron_optimizer_options_agree(changed))
        return neuron_fail(NEURON_E_ARGUMENT,
                           "%s: only one of clip_value, clip_norm and clip_global_norm may be "
                           "above 0",
                           optimizer->rule->name);
    optimizer->options = *changed;
    /* Also where it is set to what it was. */
    optimizer->rate_changes += neuron_options_given(changed, NEURON_OPTIMIZER_LEARNING_RATE);
    return NEURON_OK;
}

int neuron_optimizer_create(neuron_optimizer_t **optimizer, neuron_context_t *context,
                            const char *rule, const char *options)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(optimizer);
    *optimizer = NULL;
    CHECK_ARGUMENT(context);
    const neuron_rule *found = find_rule(rule);
    if (!found)
        return neuron_refuse_kind(rule, "rule", neuron_optimizer_rule_name, NULL, "optimizer");
    neuron_optimizer_t *made = neuron_allocate_zero(context, 1, sizeof *made);
    if (!made)
        return NEURON_E_MEMORY;
    neuron_handle_init(&made->handle, NEURON_HANDLE_KIND(made));
    made->context = neuron_context_ref(context);
    made->rule = found;
    neuron_options_reset(&made->options, &found->options);
    int status = neuron_optimizer_set(made, options);
    if (status < 0) {
        neuron_optimizer_unref(made);
        return status;
    }
    *optimizer = made;
    return NEURON_OK;
}

neuron_optimizer_t *neuron_optimizer_ref(neuron_optimizer_t *optimizer)
{
    if (!NEURON_IS(optimizer))
        return NULL;
    neuron_handle_own(&optimizer->handle);
    return optimizer;
}

void neuron_optimizer_unref(neuron_optimizer_t *optimizer)
{
    if (!NEURON_IS(optimizer) || !neuron_hold_last_owner(&optimizer->handle.references))
        return;
    neuron_context_t *context = optimizer->context;
    neuron_release(context, optimizer);
    neuron_context_unref(context);
}

const char *neuron_optimizer_kind(const neuron_optimizer_t *optimizer)
{
    return NEURON_IS(optimizer) ? optimizer->rule->name : NULL;
}

bool neuron_optimizer_options_agree(const neuron_options *options)
{
    static const int32_t keys[] = {NEURON_OPTIMIZER_CLIP_VALUE, NEURON_OPTIMIZER_CLIP_NORM,
                                   NEURON_OPTIMIZER_CLIP_GLOBAL_NORM};
    int32_t on = 0;
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        on += neuron_options_value(options, keys[i]) > 0;
    return on <= 1;
}

NEURON_OPTION_CALLS(optimizer, optimizer->options, optimizer->rule->name, commit)

void neuron_optimizer_take_options(neuron_optimizer_t *optimizer, const neuron_options *options)
{
    double before = neuron_optimizer_option_value(optimizer, NEURON_OPTIMIZER_LEARNING_RATE);
    optimizer->options = *options;
    optimizer->rate_changes +=
        neuron_optimizer_option_value(optimizer, NEURON_OPTIMIZER_LEARNING_RATE) != before;
}

void neuron_optimizer_copy_options(neuron_optimizer_t *copy, const neuron_optimizer_t *optimizer)
{
    copy->rule = optimizer->rule;
    copy->options = optimizer->options;
}

double neuron_optimizer_option_value(const neuron_optimizer_t *optimizer, int32_t key)
{
    return neuron_options_value(&optimizer->options, key);
}

bool neuron_optimizer_clips_norms(const neuron_optimizer_t *optimizer)
{
    return neuron_optimizer_option_value(optimizer, NEURON_OPTIMIZER_CLIP_NORM) > 0 ||
           neuron_optimizer_option_value(optimizer, NEURON_OPTIMIZER_CLIP_GLOBAL_NORM) > 0;
}

float neuron_optimizer_float(const neuron_optimizer_t *optimizer, int32_t key)
{
    return (float)neuron_optimizer_option_value(optimizer, key);
}

void neuron_optimizer_place_epsilon(neuron_rule_work *work, const neuron_optimizer_t *optimizer)
{
    float epsilon = neuron_optimizer_float(optimizer, NEURON_OPTIMIZER_EPSILON);
    if (neuron_optimizer_option_value(optimizer, NEURON_OPTIMIZER_EPSILON_IN_ROOT) > 0)
        work->epsilon = epsilon;
    else
        work->outer_epsilon = epsilon;
}

void neuron_optimizer_reset(const neuron_optimizer_t *optimizer, float *const *slots, int64_t count)
{
    const neuron_rule *rule = optimizer->rule;
    float initial = rule->initial ? (float)rule->initial(optimizer) : 0;
    for (int32_t i = 0; i < rule->slot_count; i++)
        for (int64_t j = 0; j < count; j++)
            slots[i][j] = initial;
}

void neuron_optimizer_begin(neuron_update *update)
{
    const neuron_optimizer_t *optimizer = update->optimizer;
    double bound = neuron_optimizer_option_value(optimizer, NEURON_OPTIMIZER_CLIP_VALUE);
    update->rate = (float)update->learning_rate;
    update->scale = 1;
    update->bound = bound > 0 ? (float)bound : INFINITY;
    if (optimizer->rule->begin)
        optimizer->rule->begin(update);
}

/* Hands the gradient to the rule in limited copies, which fit the first cache. */
static bool update_limited(const neuron_update *whole)
{
    enum { PIECE = 1024 };
    const neuron_rule *rule = whole->optimizer->rule;
    float limited[PIECE];
    bool finite = true;
    for (int64_t first = 0; first < whole->count; first += PIECE) {
        neuron_update part = *whole;
        part.values += first;
        part.gradients = limited;
        for (int32_t i = 0; i < rule->slot_count; i++)
            part.slots[i] += first;
        part.count = neuron_min_count(PIECE, whole->count - first);
        part.kernels->update->limit(whole->gradients + first, part.count, part.scale, part.bound,
                                    limited);
        finite = rule->update(&part) && finite;
    }
    return finite;
}

void neuron_optimizer_apply_part(const neuron_update *update, int64_t offset, const float *gradient,
                                 int64_t count)
{
    COMPUTE_SCOPE;
    const neuron_rule *rule = update->optimizer->rule;
    neuron_update part = *update;
    part.values += offset;
    part.gradients = gradient;
    for (int32_t i = 0; i < rule->slot_count; i++)
        part.slots[i] += offset;
    part.count = count;
    bool limited = part.scale != 1 || part.bound < INFINITY;
    if (!(limited ? update_limited(&part) : rule->update(&part)) && update->overflow)
        atomic_store(update->overflow, true);
}
