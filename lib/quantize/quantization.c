/* The settings of a quantisation: options with names and bounds. */
#include "quantize/quantization.h"

#include "base/float-mode.h"
#include "base/options/calls.h"

static const neuron_word range_words[] = {
    {NEURON_RANGE_MIN_MAX, "min_max"},
    {NEURON_RANGE_PERCENTILE, "percentile"},
    {NEURON_RANGE_MSE, "mse"},
    {0, ""},
};

static const neuron_option rows[] = {
    NEURON_CHOICE(NEURON_QUANTIZATION_RANGE, "range", range_words, NEURON_RANGE_MSE,
                  "how ranges follow from what was seen"),
    NEURON_REAL(NEURON_QUANTIZATION_PERCENTILE, "percentile", 50, 100, 99.99,
                "of values below the end of a range"),
    NEURON_INTEGER(NEURON_QUANTIZATION_EXAMPLES, "examples", 1, INT32_MAX, 1000,
                   "that are looked at"),
    NEURON_FLAG(NEURON_QUANTIZATION_SYMMETRIC, "symmetric", 0, "yes for ranges around 0"),
};

const neuron_option_table neuron_quantization_options = NEURON_OPTION_TABLE(rows);

static const char who[] = "quantization";

int neuron_quantization_create(neuron_quantization_t **quantization, neuron_context_t *context,
                               const char *options)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(quantization);
    *quantization = NULL;
    CHECK_ARGUMENT(context);
    neuron_options settings;
    neuron_options_reset(&settings, &neuron_quantization_options);
    RETURN_IF_ERROR(neuron_options_parse(&settings, options, who));
    neuron_quantization_t *made = neuron_allocate_zero(context, 1, sizeof *made);
    if (!made)
        return NEURON_E_MEMORY;
    atomic_init(&made->references, 1);
    made->context = neuron_context_ref(context);
    made->options = settings;
    *quantization = made;
    return NEURON_OK;
}

neuron_quantization_t *neuron_quantization_ref(neuron_quantization_t *quantization)
{
    if (quantization)
        atomic_fetch_add_explicit(&quantization->references, 1, memory_order_relaxed);
    return quantization;
}

void neuron_quantization_unref(neuron_quantization_t *quantization)
{
    if (!quantization || !neuron_hold_last_owner(&quantization->references))
        return;
    neuron_context_t *context = quantization->context;
    neuron_release(context, quantization);
    neuron_context_unref(context);
}

static int commit(neuron_quantization_t *quantization, const neuron_options *changed)
{
    quantization->options = *changed;
    return NEURON_OK;
}

NEURON_OPTION_CALLS(quantization, quantization->options, who, commit)
