/* Cascades from the inside: their members and how certain what they say is. cascade.c has the
 * handle and predicts, curve.c looks at all thresholds. */
#ifndef COMMITTEE_CASCADES_CASCADE_H
#define COMMITTEE_CASCADES_CASCADE_H

#include <libneuron-committee/cascade.h>

#include "committee/outputs.h"

enum { NEURON_CASCADE_MEASURE = 1, NEURON_CASCADE_THRESHOLD, NEURON_CASCADE_TOLERANCE };

/* A threshold above all measures. */
#define NEURON_CASCADE_NEVER 2

struct neuron_cascade {
    neuron_handle handle;
    neuron_context_t *context;
    int64_t count;
    int64_t size;            /* numbers that each member puts out for an example */
    neuron_graph_t **graphs; /* an owner of each */
    double *weights;         /* above 0 */
    neuron_options options;  /* NEURON_CASCADE_MEASURE, ... */
};

extern const neuron_option_table neuron_cascade_options, neuron_cascade_tune_options;

/* The weighted mean of what the first `asked` members put out for an example, as the layers that
 * join committees compute it. Those of a member are `stride` behind those of the one before. */
void neuron_cascade_mean(const neuron_cascade_t *cascade, const float *outputs, int64_t stride,
                         int64_t asked, float *mean);

/* How certain that is: not a number if an output is none. */
float neuron_cascade_certainty(const neuron_cascade_t *cascade, const float *mean);

NEURON_HOLD_DECLARE(cascade);

#endif
