/* The handle of all callbacks: options, references, and the row of functions that each kind has in
 * a file of this folder. When they are called is in train/callback-list.c. */
#include "train/callbacks/callback.h"

#include "base/files/file.h"
#include "base/options/calls.h"

#include <string.h>

static const neuron_callback_row *const kinds[] = {
    &neuron_callback_cosine_schedule,
    &neuron_callback_early_stopping,
    &neuron_callback_exponential_schedule,
    &neuron_callback_reduce_on_plateau,
    &neuron_callback_step_schedule,
    &neuron_callback_stop_on_nan,
    &neuron_callback_warm_up,
    &neuron_callback_weight_averaging,
};

const neuron_word neuron_mode_words[] = {
    {NEURON_MODE_AUTO, "auto"},
    {NEURON_MODE_SMALLEST, "smallest"},
    {NEURON_MODE_LARGEST, "largest"},
    {0, ""},
};

const char *neuron_callback_kind_name(const void *list, int64_t index)
{
    (void)list;
    return index < (int32_t)(sizeof kinds / sizeof kinds[0]) ? kinds[index]->name : NULL;
}

static const neuron_callback_row *find_kind(const char *name)
{
    for (size_t i = 0; name && i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(kinds[i]->name, name) == 0)
            return kinds[i];
    return NULL;
}

const neuron_option_table *neuron_callback_kind_options(const char *name)
{
    const neuron_callback_row *kind = find_kind(name);
    return kind ? &kind->options : NULL;
}

int neuron_callback_make(neuron_callback_t **callback, neuron_context_t *context,
                         const neuron_callback_row *kind)
{
    neuron_callback_t *made = neuron_allocate_zero(context, 1, sizeof *made);
    if (!made)
        return NEURON_E_MEMORY;
    neuron_handle_init(&made->handle, NEURON_HANDLE_KIND(made));
    made->context = neuron_context_ref(context);
    made->kind = kind;
    neuron_options_reset(&made->options, &kind->options);
    *callback = made;
    return NEURON_OK;
}

int neuron_callback_make_with_path(neuron_callback_t **callback, neuron_context_t *context,
                                   const neuron_callback_row *kind, const char *path)
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

int neuron_callback_create(neuron_callback_t **callback, neuron_context_t *context,
                           const char *kind, const char *options)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(callback);
    *callback = NULL;
    CHECK_ARGUMENT(context);
    const neuron_callback_row *found = find_kind(kind);
    if (!found)
        return neuron_refuse_kind(kind, "kind", neuron_callback_kind_name, NULL, "callback");
    neuron_options settings;
    neuron_options_reset(&settings, &found->options);
    RETURN_IF_ERROR(neuron_options_parse(&settings, options, found->name));
    RETURN_IF_ERROR(neuron_callback_make(callback, context, found));
    (*callback)->options = settings;
    return NEURON_OK;
}

neuron_callback_t *neuron_callback_ref(neuron_callback_t *callback)
{
    if (!NEURON_IS(callback))
        return NULL;
    neuron_handle_own(&callback->handle);
    return callback;
}

void neuron_callback_unref(neuron_callback_t *callback)
{
    if (!NEURON_IS(callback) || !neuron_hold_last_owner(&callback->handle.references))
        return;
    neuron_context_t *context = callback->context;
    if (callback->destroy)
        neuron_destroy_user_data(callback->destroy, callback->user_data);
    neuron_release(context, callback->path);
    neuron_release(context, callback);
    neuron_context_unref(context);
}

const char *neuron_callback_kind(const neuron_callback_t *callback)
{
    return NEURON_IS(callback) ? callback->kind->name : NULL;
}

static int commit(neuron_callback_t *callback, const neuron_options *changed)
{
    callback->options = *changed;
    return NEURON_OK;
}

NEURON_OPTION_CALLS(callback, callback->options, callback->kind->name, commit)

double neuron_callback_option(const neuron_callback_t *callback, int32_t key)
{
    return neuron_options_value(&callback->options, key);
}
