/* Calibrated copies of graphs: see libneuron/calibration.h. */
#ifndef CALIBRATE_CALIBRATE_H
#define CALIBRATE_CALIBRATE_H

#include <libneuron-committee/calibration.h>

#include "base/options/options.h"
#include "graph/graph.h"

extern const neuron_option_table neuron_calibration_options, neuron_prediction_sets_options;

/* The graph that is calibrated, with one more owner: `graph`, or if an output of it is a
 * log-softmax, a copy with a softmax behind that. */
int neuron_calibrate_source(neuron_graph_t **source, const neuron_graph_t *graph, int64_t output);

#endif
