/* The settings of a quantisation: options with names and bounds. */
#include "quantize/quantization.h"

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
