/* The handle of a loss: the table of kinds, creation, life and options. What a loss does with a
 * batch is in compute.c, each kind in a file of its own. */
#include "losses/loss.h"

#include "base/options/calls.h"

#include <stddef.h>

static const neuron_loss_kind *const kinds[] = {
    &neuron_loss_binary_cross_entropy,
    &neuron_loss_cross_entropy,
    &neuron_loss_hinge,
    &neuron_loss_huber,
    &neuron_loss_kullback_leibler,
    &neuron_loss_mean_absolute_error,
    &neuron_loss_mean_squared_error,
    &neuron_loss_mean_squared_logarithmic_error,
    &neuron_loss_squared_hinge,
};

const neuron_loss_t neuron_loss_default = {
    .kind = &neuron_loss_cross_entropy,
    .options = {.table = &neuron_loss_cross_entropy.options}, /* whose default is 0 */
};

static const neuron_loss_kind *find_kind(int32_t key)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (kinds[i]->key == key)
            return kinds[i];
    return NULL;
}

static int create(neuron_loss_t **loss, neuron_context_t *context, const neuron_loss_kind *kind)
{
    neuron_loss_t *made = neuron_allocate_zero(context, 1, sizeof *made);
    if (!made)
        return NEURON_E_MEMORY;
    atomic_init(&made->references, 1);
    made->context = neuron_context_ref(context);
    made->kind = kind;
    neuron_options_reset(&made->options, &kind->options);
    *loss = made;
    return NEURON_OK;
}

static int refuse_kind(int32_t kind)
{
    neuron_words_text words = {0};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        neuron_words_add(&words, kinds[i]->name, kinds[i]->key);
    return neuron_refuse_value(kind, "kind", words.text, "loss");
}

int neuron_loss_create(neuron_loss_t **loss, neuron_context_t *context, int32_t kind)
{
    CHECK_ARGUMENT(loss);
    *loss = NULL;
    CHECK_ARGUMENT(context);
    const neuron_loss_kind *found = find_kind(kind);
    if (!found)
        return refuse_kind(kind);
    return create(loss, context, found);
}

int neuron_loss_create_custom(neuron_loss_t **loss, neuron_context_t *context,
                              neuron_loss_callback_t callback, void *user_data,
                              neuron_destroy_t destroy)
{
    CHECK_ARGUMENT(loss);
    *loss = NULL;
    CHECK_ARGUMENT(context);
    CHECK_ARGUMENT(callback);
    RETURN_IF_ERROR(create(loss, context, &neuron_loss_custom));
    (*loss)->callback = callback;
    (*loss)->user_data = user_data;
    (*loss)->destroy = destroy;
    return NEURON_OK;
}

neuron_loss_t *neuron_loss_ref(neuron_loss_t *loss)
{
    if (loss)
        atomic_fetch_add_explicit(&loss->references, 1, memory_order_relaxed);
    return loss;
}

void neuron_loss_unref(neuron_loss_t *loss)
{
    if (!loss || !neuron_hold_last_owner(&loss->references))
        return;
    neuron_context_t *context = loss->context;
    if (loss->destroy)
        neuron_destroy_user_data(loss->destroy, loss->user_data);
    neuron_release(context, loss);
    neuron_context_unref(context);
}

NEURON_HOLD_DEFINE(loss)

const char *neuron_loss_name(const neuron_loss_t *loss)
{
    return loss ? loss->kind->name : NULL;
}

NEURON_OPTION_SET_INT(loss, loss->options, loss->kind->name)
NEURON_OPTION_SET_FLOAT(loss, loss->options, loss->kind->name)
NEURON_OPTION_GETTERS(loss, loss->options, loss->kind->name)

double neuron_loss_option_value(const neuron_loss_t *loss, int32_t key)
{
    return neuron_options_value(&loss->options, key);
}
