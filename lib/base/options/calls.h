/* The public calls of a handle with options, which are the same for all: neuron_loss_set(), ...
 * `values` is where neuron_options of the handle are, and `who` what messages call it; both are
 * made of the handle, which is called as its type: loss->options, loss->kind->name. */
#ifndef BASE_OPTIONS_CALLS_H
#define BASE_OPTIONS_CALLS_H

#include "base/float-mode.h"
#include "base/options/options.h"
#include "base/status.h"

/* By name. `commit` is a function that takes over changed options, or refuses them. */
#define NEURON_OPTION_CALLS(handle, values, who, commit)                                           \
    int neuron_##handle##_set(neuron_##handle##_t *handle, const char *options)                    \
    {                                                                                              \
        FLOAT_SCOPE;                                                                               \
        CHECK_ARGUMENT(handle);                                                                    \
        neuron_options changed = values;                                                           \
        RETURN_IF_ERROR(neuron_options_parse(&changed, options, who));                             \
        return commit(handle, &changed);                                                           \
    }                                                                                              \
    int neuron_##handle##_set_number(neuron_##handle##_t *handle, const char *option,              \
                                     double value)                                                 \
    {                                                                                              \
        FLOAT_SCOPE;                                                                               \
        CHECK_ARGUMENT(handle);                                                                    \
        neuron_options changed = values;                                                           \
        RETURN_IF_ERROR(neuron_options_set_number(&changed, option, value, who));                  \
        return commit(handle, &changed);                                                           \
    }                                                                                              \
    NEURON_OPTION_GETTERS(handle, values, who)

/* What reads them. */
#define NEURON_OPTION_GETTERS(handle, values, who)                                                 \
    int neuron_##handle##_get_number(double *value, const neuron_##handle##_t *handle,             \
                                     const char *option)                                           \
    {                                                                                              \
        CHECK_ARGUMENT(handle);                                                                    \
        CHECK_ARGUMENT(value);                                                                     \
        return neuron_options_get_number(&values, option, value, who);                             \
    }                                                                                              \
    int neuron_##handle##_get_text(char *text, size_t capacity, size_t *needed,                    \
                                   const neuron_##handle##_t *handle, const char *option)          \
    {                                                                                              \
        FLOAT_SCOPE;                                                                               \
        CHECK_ARGUMENT(handle);                                                                    \
        return neuron_options_get_text(&values, option, text, capacity, needed, who);              \
    }

#endif
