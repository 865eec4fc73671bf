/* Quantisation, from the inside: a graph predicts examples while ranges of inputs are measured
 * (calibrate.c), a range follows from what was seen (range.c), and a copy of the graph gets
 * layers of bytes (quantize.c). Settings are in quantization.c. */
#ifndef QUANTIZE_QUANTIZATION_H
#define QUANTIZE_QUANTIZATION_H

#include <libneuron/quantize.h>

#include "base/options/options.h"
#include "data/dataset.h"
#include "graph/graph.h"

/* Keys of the options, and words of the first: see neuron_graph_quantize(). */
enum {
    NEURON_QUANTIZATION_RANGE = 1,
    NEURON_QUANTIZATION_PERCENTILE,
    NEURON_QUANTIZATION_EXAMPLES,
    NEURON_QUANTIZATION_SYMMETRIC
};
enum { NEURON_RANGE_MIN_MAX = 1, NEURON_RANGE_PERCENTILE, NEURON_RANGE_MSE };

extern const neuron_option_table neuron_quantization_options;

enum { NEURON_RANGE_BINS = 2048 };

/* What the input of a layer was seen to be. First its bounds are measured, then its values are
 * counted in bins of equal width between them. */
typedef struct neuron_range_seen {
    double minimum, maximum; /* and 0 lies between them */
    int64_t counts[NEURON_RANGE_BINS];
    double sums[NEURON_RANGE_BINS]; /* of the values in each */
} neuron_range_seen;

/* How values become bytes: round(value / scale) + zero_point. */
typedef struct neuron_byte_scale {
    double scale; /* a float */
    int32_t zero_point;
} neuron_byte_scale;

/* Notes bounds; false if a value is not finite. */
bool neuron_range_bound(neuron_range_seen *seen, const float *values, int64_t count);
void neuron_range_count(neuron_range_seen *seen, const float *values, int64_t count);

/* The scale that follows from what was seen; the bins are needed for all but
 * NEURON_RANGE_MIN_MAX. */
neuron_byte_scale neuron_range_scale(const neuron_range_seen *seen, const neuron_options *options);

/* Measures what the layers of a graph see for which `seen`, by the index of the node, is not
 * NULL. */
int neuron_calibrate(const neuron_graph_t *graph, const neuron_dataset_t *dataset,
                     const neuron_options *options, neuron_range_seen *const *seen);

#endif
