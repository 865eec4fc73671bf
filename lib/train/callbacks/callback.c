/* The handle of all callbacks: options, references, and the row of functions that each kind has in
 * a file of this folder. When they are called is in train/callback-list.c. */
#include "train/callbacks/callback.h"

#include "base/files/file.h"
#include "base/options/calls.h"

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

const neuron_word neuron_mode_words[] = {
    {NEURON_MODE_AUTO, "auto"},
    {NEURON_MODE_SMALLEST, "smallest"},
    {NEURON_MODE_LARGEST, "largest"},
    {0, ""},
};

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
    neuron_options_reset(&made->options, &kind->options);
    *callback = made;
    return NEURON_OK;
}

int neuron_callback_make_with_path(neuron_callback_t **callback, neuron_context_t *context,
                                   const neuron_callback_kind *kind, const char *path)
{
    neuron_callback_t *made;
    RETURN_IF_ERROR(neuron_callback_make(&made, context, kind));
    int status = neuron_file_path(&made->path, context, path, kind->name);
    if (status < 0) {
        neuron_callback_unref(made);
        return status;
    }
    *callback = made;
    return NEURON_OK;
}

static int refuse_kind(int32_t kind)
{
    neuron_words_text words = {0};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        neuron_words_add(&words, kinds[i]->name, kinds[i]->key);
    return neuron_refuse_value(kind, "kind", words.text, "callback");
}

int neuron_callback_create(neuron_callback_t **callback, neuron_context_t *context, int32_t kind)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(callback);
    *callback = NULL;
    CHECK_ARGUMENT(context);
    const neuron_callback_kind *found = find_kind(kind);
    if (!found)
        return refuse_kind(kind);
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
    if (!callback || !neuron_hold_last_owner(&callback->references))
        return;
    neuron_context_t *context = callback->context;
    if (callback->destroy)
        neuron_destroy_user_data(callback->destroy, callback->user_data);
    neuron_release(context, callback->path);
    neuron_release(context, callback);
    neuron_context_unref(context);
}

const char *neuron_callback_name(const neuron_callback_t *callback)
{
    return callback ? callback->kind->name : NULL;
}

NEURON_OPTION_SET_INT(callback, callback->options, callback->kind->name)
NEURON_OPTION_SET_FLOAT(callback, callback->options, callback->kind->name)
NEURON_OPTION_GETTERS(callback, callback->options, callback->kind->name)

double neuron_callback_option(const neuron_callback_t *callback, int32_t key)
{
    return neuron_options_value(&callback->options, key);
}
