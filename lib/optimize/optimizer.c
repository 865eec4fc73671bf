#include "optimize/optimizer.h"

#include "base/checked.h"

#include <float.h>
#include <stddef.h>

static const neuron_rule *const rules[] = {&neuron_rule_sgd, &neuron_rule_adam};

/* Parameters that one task updates: a few microseconds' work, and all its arrays fit a cache. */
enum { PIECE = 16384 };

static const neuron_rule *find_rule(int32_t key)
{
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
        if (rules[i]->key == key)
            return rules[i];
    return NULL;
}

/* Place of an option in the rule's list, or -1. */
static int32_t find_option(const neuron_rule *rule, int32_t key)
{
    for (int32_t i = 0; i < rule->option_count; i++)
        if (rule->options[i].key == key)
            return i;
    return -1;
}

/* The same with a message for the caller of a public function. */
static int look_up_option(const neuron_optimizer_t *optimizer, int32_t key, int32_t *index)
{
    *index = find_option(optimizer->rule, key);
    if (*index < 0)
        return neuron_fail(NEURON_E_ARGUMENT, "%s: has no option %d", optimizer->rule->name, key);
    return NEURON_OK;
}

/* What an option may be, in words: its exact bounds may be the last number before one that is
 * excluded. */
static const char *bounds_text(const neuron_optimizer_option *option)
{
    if (option->maximum >= FLT_MAX)
        return option->minimum > 0 ? "above 0" : "0 or more and finite";
    return option->maximum < 1 ? "0 or more and less than 1" : "0 to 1";
}

int neuron_optimizer_create(neuron_optimizer_t **optimizer, neuron_context_t *context, int32_t rule)
{
    CHECK_ARGUMENT(optimizer);
    *optimizer = NULL;
    CHECK_ARGUMENT(context);
    const neuron_rule *found = find_rule(rule);
    if (!found)
        return neuron_fail(NEURON_E_ARGUMENT, "optimizer: %d is not a rule", rule);
    neuron_optimizer_t *made = neuron_allocate_zero(context, 1, sizeof *made);
    if (!made)
        return NEURON_E_MEMORY;
    atomic_init(&made->references, 1);
    made->context = neuron_context_ref(context);
    made->rule = found;
    for (int32_t i = 0; i < found->option_count; i++)
        made->options[i] = found->options[i].fallback;
    *optimizer = made;
    return NEURON_OK;
}

neuron_optimizer_t *neuron_optimizer_ref(neuron_optimizer_t *optimizer)
{
    if (optimizer)
        atomic_fetch_add_explicit(&optimizer->references, 1, memory_order_relaxed);
    return optimizer;
}

void neuron_optimizer_unref(neuron_optimizer_t *optimizer)
{
    if (!optimizer || atomic_fetch_sub(&optimizer->references, 1) != 1)
        return;
    neuron_context_t *context = optimizer->context;
    neuron_release(context, optimizer);
    neuron_context_unref(context);
}

int neuron_optimizer_set_float(neuron_optimizer_t *optimizer, int32_t option, double value)
{
    CHECK_ARGUMENT(optimizer);
    int32_t index;
    RETURN_IF_ERROR(look_up_option(optimizer, option, &index));
    const neuron_optimizer_option *row = &optimizer->rule->options[index];
    /* Written so that a NaN is refused. */
    if (!(value >= row->minimum && value <= row->maximum))
        return neuron_fail(NEURON_E_ARGUMENT, "%s: %s %g is not %s", optimizer->rule->name,
                           row->name, value, bounds_text(row));
    optimizer->options[index] = value;
    return NEURON_OK;
}

int neuron_optimizer_get_float(const neuron_optimizer_t *optimizer, int32_t option, double *value)
{
    CHECK_ARGUMENT(optimizer);
    CHECK_ARGUMENT(value);
    int32_t index;
    RETURN_IF_ERROR(look_up_option(optimizer, option, &index));
    *value = optimizer->options[index];
    return NEURON_OK;
}

int neuron_optimizer_bounds(const neuron_optimizer_t *optimizer, int32_t option, double *minimum,
                            double *maximum)
{
    CHECK_ARGUMENT(optimizer);
    CHECK_ARGUMENT(minimum);
    CHECK_ARGUMENT(maximum);
    int32_t index;
    RETURN_IF_ERROR(look_up_option(optimizer, option, &index));
    *minimum = optimizer->rule->options[index].minimum;
    *maximum = optimizer->rule->options[index].maximum;
    return NEURON_OK;
}

double neuron_optimizer_option_value(const neuron_optimizer_t *optimizer, int32_t key)
{
    return optimizer->options[find_option(optimizer->rule, key)];
}

void neuron_optimizer_begin(neuron_update *update)
{
    const neuron_optimizer_t *optimizer = update->optimizer;
    double rate = optimizer->rule->rate
                      ? optimizer->rule->rate(update)
                      : neuron_optimizer_option_value(optimizer, NEURON_OPTIMIZER_LEARNING_RATE);
    update->rate = (float)rate;
}

void neuron_optimizer_apply_part(const neuron_update *update, int64_t offset, const float *gradient,
                                 int64_t count)
{
    const neuron_rule *rule = update->optimizer->rule;
    neuron_update part = *update;
    part.values += offset;
    part.gradients = gradient;
    for (int32_t i = 0; i < rule->slot_count; i++)
        part.slots[i] += offset;
    part.count = count;
    rule->update(&part);
}

static void update_piece(void *work, int64_t task, int32_t worker)
{
    (void)worker;
    const neuron_update *whole = work;
    const int64_t first = task * PIECE;
    neuron_optimizer_apply_part(whole, first, whole->gradients + first,
                                neuron_min_count(PIECE, whole->count - first));
}

void neuron_optimizer_apply(const neuron_update *update, neuron_pool *pool)
{
    neuron_update whole = *update;
    neuron_optimizer_begin(&whole);
    neuron_pool_run(pool, neuron_ceil_divide(whole.count, PIECE), update_piece, &whole);
}
