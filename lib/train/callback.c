#include "train/callback.h"

#include <inttypes.h>

static const neuron_callback_kind *const kinds[] = {
    &neuron_callback_cosine_schedule,
    &neuron_callback_early_stopping,
    &neuron_callback_exponential_schedule,
    &neuron_callback_reduce_on_plateau,
    &neuron_callback_step_schedule,
    &neuron_callback_stop_on_nan,
    &neuron_callback_warm_up,
};

const int32_t neuron_callback_modes[] = {NEURON_MODE_AUTO, NEURON_MODE_SMALLEST,
                                         NEURON_MODE_LARGEST, 0};
const int32_t neuron_callback_monitors[] = {NEURON_METRIC_LOSS, NEURON_METRIC_ACCURACY,
                                            NEURON_METRIC_VALIDATION_LOSS,
                                            NEURON_METRIC_VALIDATION_ACCURACY, 0};

static const neuron_callback_kind *find_kind(int32_t key)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (kinds[i]->key == key)
            return kinds[i];
    return NULL;
}

int neuron_callback_make(neuron_callback_t **callback, neuron_context_t *context,
                         const neuron_callback_kind *kind)
{
    neuron_callback_t *made = neuron_allocate_zero(context, 1, sizeof *made);
    if (!made)
        return NEURON_E_MEMORY;
    atomic_init(&made->references, 1);
    made->context = neuron_context_ref(context);
    made->kind = kind;
    for (int32_t i = 0; i < kind->option_count; i++)
        made->options[i] = kind->options[i].fallback;
    *callback = made;
    return NEURON_OK;
}

int neuron_callback_make_with_path(neuron_callback_t **callback, neuron_context_t *context,
                                   const neuron_callback_kind *kind, const char *path)
{
    neuron_callback_t *made;
    RETURN_IF_ERROR(neuron_callback_make(&made, context, kind));
    made->path = neuron_copy_text(context, path);
    if (!made->path) {
        neuron_callback_unref(made);
        return NEURON_E_MEMORY;
    }
    *callback = made;
    return NEURON_OK;
}

int neuron_callback_create(neuron_callback_t **callback, neuron_context_t *context, int32_t kind)
{
    CHECK_ARGUMENT(callback);
    *callback = NULL;
    CHECK_ARGUMENT(context);
    const neuron_callback_kind *found = find_kind(kind);
    if (!found)
        return neuron_fail(NEURON_E_ARGUMENT, "callback: %" PRId32 " is not a kind", kind);
    return neuron_callback_make(callback, context, found);
}

neuron_callback_t *neuron_callback_ref(neuron_callback_t *callback)
{
    if (callback)
        atomic_fetch_add_explicit(&callback->references, 1, memory_order_relaxed);
    return callback;
}

void neuron_callback_unref(neuron_callback_t *callback)
{
    if (!callback || atomic_fetch_sub(&callback->references, 1) != 1)
        return;
    neuron_context_t *context = callback->context;
    neuron_release(context, callback->path);
    neuron_release(context, callback);
    neuron_context_unref(context);
}

/* Place of an option in the list of its kind, or -1. */
static int32_t find_option(const neuron_callback_kind *kind, int32_t key)
{
    for (int32_t i = 0; i < kind->option_count; i++)
        if (kind->options[i].key == key)
            return i;
    return -1;
}

/* The same with a message for the caller of a public function. */
static int look_up_option(const neuron_callback_t *callback, int32_t key, int32_t *index)
{
    *index = find_option(callback->kind, key);
    if (*index < 0)
        return neuron_fail(NEURON_E_ARGUMENT, "%s: has no option %" PRId32, callback->kind->name,
                           key);
    return NEURON_OK;
}

static int set_option(neuron_callback_t *callback, int32_t key, double value, bool whole)
{
    const char *name = callback->kind->name;
    int32_t index;
    RETURN_IF_ERROR(look_up_option(callback, key, &index));
    const neuron_option *option = &callback->kind->options[index];
    if (option->whole != whole)
        return neuron_fail(NEURON_E_ARGUMENT, "%s: %s is a %s number", name, option->name,
                           option->whole ? "whole" : "real");
    RETURN_IF_ERROR(neuron_option_check(option, value, name));
    callback->options[index] = value;
    return NEURON_OK;
}

int neuron_callback_set_int(neuron_callback_t *callback, int32_t option, int64_t value)
{
    CHECK_ARGUMENT(callback);
    return set_option(callback, option, (double)value, true);
}

int neuron_callback_set_float(neuron_callback_t *callback, int32_t option, double value)
{
    CHECK_ARGUMENT(callback);
    return set_option(callback, option, value, false);
}

int neuron_callback_get(const neuron_callback_t *callback, int32_t option, double *value)
{
    CHECK_ARGUMENT(callback);
    CHECK_ARGUMENT(value);
    int32_t index;
    RETURN_IF_ERROR(look_up_option(callback, option, &index));
    *value = callback->options[index];
    return NEURON_OK;
}

int neuron_callback_bounds(const neuron_callback_t *callback, int32_t option, double *minimum,
                           double *maximum)
{
    CHECK_ARGUMENT(callback);
    CHECK_ARGUMENT(minimum);
    CHECK_ARGUMENT(maximum);
    int32_t index;
    RETURN_IF_ERROR(look_up_option(callback, option, &index));
    *minimum = callback->kind->options[index].minimum;
    *maximum = callback->kind->options[index].maximum;
    return NEURON_OK;
}

double neuron_callback_option(const neuron_callback_t *callback, int32_t key)
{
    return callback->options[find_option(callback->kind, key)];
}
