/* The handle of a loss: the table of kinds, creation, life and options. What a loss does with a
 * batch is in compute.c, each kind in a file of its own. */
#include "losses/loss.h"

#include "base/options/calls.h"

#include <stddef.h>
#include <string.h>

static const neuron_loss_row *const kinds[] = {
    &neuron_loss_binary_cross_entropy,
    &neuron_loss_cross_entropy,
    &neuron_loss_distillation,
    &neuron_loss_hinge,
    &neuron_loss_huber,
    &neuron_loss_kullback_leibler,
    &neuron_loss_mean_absolute_error,
    &neuron_loss_mean_squared_error,
    &neuron_loss_mean_squared_logarithmic_error,
    &neuron_loss_squared_hinge,
};

const neuron_loss_t neuron_loss_default = {
    .handle.kind = NEURON_HANDLE_LOSS,
    .kind = &neuron_loss_cross_entropy,
    .options = {.table = &neuron_loss_cross_entropy.options}, /* whose default is 0 */
};

const char *neuron_loss_kind_name(const void *list, int64_t index)
{
    (void)list;
    return index < (int32_t)(sizeof kinds / sizeof kinds[0]) ? kinds[index]->name : NULL;
}

static const neuron_loss_row *find_kind(const char *name)
{
    for (size_t i = 0; name && i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(kinds[i]->name, name) == 0)
            return kinds[i];
    return NULL;
}

const neuron_option_table *neuron_loss_kind_options(const char *name)
{
    const neuron_loss_row *kind = find_kind(name);
    return kind ? &kind->options : NULL;
}

static int create(neuron_loss_t **loss, neuron_context_t *context, const neuron_loss_row *kind)
{
    neuron_loss_t *made = neuron_allocate_zero(context, 1, sizeof *made);
    if (!made)
        return NEURON_E_MEMORY;
    neuron_handle_init(&made->handle, NEURON_HANDLE_KIND(made));
    made->context = neuron_context_ref(context);
    made->kind = kind;
    neuron_options_reset(&made->options, &kind->options);
    *loss = made;
    return NEURON_OK;
}

int neuron_loss_create(neuron_loss_t **loss, neuron_context_t *context, const char *kind,
                       const char *options)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(loss);
    *loss = NULL;
    CHECK_ARGUMENT(context);
    const neuron_loss_row *found = find_kind(kind);
    if (!found)
        return neuron_refuse_kind(kind, "kind", neuron_loss_kind_name, NULL, "loss");
    neuron_options settings;
    neuron_options_reset(&settings, &found->options);
    RETURN_IF_ERROR(neuron_options_parse(&settings, options, found->name));
    RETURN_IF_ERROR(create(loss, context, found));
    (*loss)->options = settings;
    return NEURON_OK;
}

int neuron_loss_create_custom(neuron_loss_t **loss, neuron_context_t *context,
                              neuron_loss_function_t function, void *user_data,
                              neuron_destroy_function_t destroy)
{
    CHECK_ARGUMENT(loss);
    *loss = NULL;
    CHECK_ARGUMENT(context);
    CHECK_FUNCTION(function);
    RETURN_IF_ERROR(create(loss, context, &neuron_loss_custom));
    (*loss)->function = function;
    (*loss)->user_data = user_data;
    (*loss)->destroy = destroy;
    return NEURON_OK;
}

neuron_loss_t *neuron_loss_ref(neuron_loss_t *loss)
{
    if (!NEURON_IS(loss))
        return NULL;
    neuron_handle_own(&loss->handle);
    return loss;
}

void neuron_loss_unref(neuron_loss_t *loss)
{
    if (!NEURON_IS(loss) || !neuron_hold_last_owner(&loss->handle.references))
        return;
    neuron_context_t *context = loss->context;
    if (loss->destroy)
        neuron_destroy_user_data(loss->destroy, loss->user_data);
    neuron_release(context, loss);
    neuron_context_unref(context);
}

NEURON_HOLD_DEFINE(loss)

const char *neuron_loss_kind(const neuron_loss_t *loss)
{
    return NEURON_IS(loss) ? loss->kind->name : NULL;
}

static int commit(neuron_loss_t *loss, const neuron_options *changed)
{
    loss->options = *changed;
    return NEURON_OK;
}

NEURON_OPTION_CALLS(loss, loss->options, loss->kind->name, commit)

double neuron_loss_option_value(const neuron_loss_t *loss, int32_t key)
{
    return neuron_options_value(&loss->options, key);
}
