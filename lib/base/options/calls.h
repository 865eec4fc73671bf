/* The public calls of a handle with options, which are the same for all: neuron_loss_set_int(), ...
 * `values` is where neuron_options of the handle are, and `who` what messages call it; both are
 * made of the handle, which is called as its type: loss->options, loss->kind->name. */
#ifndef BASE_OPTIONS_CALLS_H
#define BASE_OPTIONS_CALLS_H

#include "base/float-mode.h"
#include "base/options/options.h"
#include "base/status.h"

#define NEURON_OPTION_SET_INT(handle, values, who)                                                 \
    int neuron_##handle##_set_int(neuron_##handle##_t *handle, int32_t option, int64_t value)      \
    {                                                                                              \
        FLOAT_SCOPE;                                                                               \
        CHECK_ARGUMENT(handle);                                                                    \
        return neuron_options_set_int(&values, option, value, who);                                \
    }

#define NEURON_OPTION_SET_FLOAT(handle, values, who)                                               \
    int neuron_##handle##_set_float(neuron_##handle##_t *handle, int32_t option, double value)     \
    {                                                                                              \
        FLOAT_SCOPE;                                                                               \
        CHECK_ARGUMENT(handle);                                                                    \
        return neuron_options_set_float(&values, option, value, who);                              \
    }

#define NEURON_OPTION_GETTERS(handle, values, who)                                                 \
    int neuron_##handle##_get_int(const neuron_##handle##_t *handle, int32_t option,               \
                                  int64_t *value)                                                  \
    {                                                                                              \
        CHECK_ARGUMENT(handle);                                                                    \
        CHECK_ARGUMENT(value);                                                                     \
        return neuron_options_get_int(&values, option, value, who);                                \
    }                                                                                              \
    int neuron_##handle##_get_float(const neuron_##handle##_t *handle, int32_t option,             \
                                    double *value)                                                 \
    {                                                                                              \
        CHECK_ARGUMENT(handle);                                                                    \
        CHECK_ARGUMENT(value);                                                                     \
        return neuron_options_get_float(&values, option, value, who);                              \
    }                                                                                              \
    int neuron_##handle##_bounds(const neuron_##handle##_t *handle, int32_t option,                \
                                 double *minimum, double *maximum)                                 \
    {                                                                                              \
        CHECK_ARGUMENT(handle);                                                                    \
        CHECK_ARGUMENT(minimum);                                                                   \
        CHECK_ARGUMENT(maximum);                                                                   \
        return neuron_options_bounds(&values, option, minimum, maximum, who);                      \
    }

#endif
