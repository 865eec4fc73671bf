#include "reference-call.h"

#include <math.h>

static void dense(const reference_call *c)
{
    const double *kernel = reference_array(c, "kernel"), *bias = reference_array(c, "bias");
    int64_t in = c->from->extent[0], units = c->shape->extent[0];
    for (int64_t e = 0; e < c->reference->batch; e++)
        for (int64_t u = 0; u < units; u++) {
            double sum = bias ? bias[u] : 0;
            for (int64_t i = 0; i < in; i++)
                sum += c->x[e * in + i] * kernel[i * units + u];
            c->y[e * units + u] = sum;
        }
}

static void batch_norm(const reference_call *c)
{
    int64_t channels = c->shape->extent[c->shape->rank - 1], rows = c->count / channels;
    const double *gamma = reference_array(c, "gamma"), *beta = reference_array(c, "beta");
    for (int64_t k = 0; k < channels; k++) {
        double mean = reference_array(c, "moving_mean")[k],
               variance = reference_array(c, "moving_variance")[k];
        if (c->reference->training && !c->node->frozen) {
            mean = variance = 0;
            for (int64_t row = 0; row < rows; row++)
                mean += c->x[row * channels + k] / (double)rows;
            for (int64_t row = 0; row < rows; row++)
                variance += pow(c->x[row * channels + k] - mean, 2) / (double)rows;
        }
        double scale = gamma[k] / sqrt(variance + reference_option(c, NEURON_NODE_EPSILON));
        for (int64_t row = 0; row < rows; row++)
            c->y[row * channels + k] = (c->x[row * channels + k] - mean) * scale + beta[k];
    }
}

static void layer_norm(const reference_call *c)
{
    int64_t channels = c->shape->extent[c->shape->rank - 1];
    const double *gamma = reference_array(c, "gamma"), *beta = reference_array(c, "beta");
    for (int64_t row = 0; row < c->count; row += channels) {
        const double *x = c->x + row;
        double mean = 0, variance = 0;
        for (int64_t k = 0; k < channels; k++)
            mean += x[k] / (double)channels;
        for (int64_t k = 0; k < channels; k++)
            variance += pow(x[k] - mean, 2) / (double)channels;
        for (int64_t k = 0; k < channels; k++)
            c->y[row + k] = (x[k] - mean) /
                                sqrt(variance + reference_option(c, NEURON_NODE_EPSILON)) *
                                gamma[k] +
                            beta[k];
    }
}

const reference_layer reference_dense_layers[] = {
    {"batch_norm", batch_norm},
    {"dense", dense},
    {"layer_norm", layer_norm},
    {"own_dense", dense}, /* of test-custom.c */
    {NULL, NULL},
};
