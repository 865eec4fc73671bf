/* Parameters that layers will have once the graph is finished. Each array is told as axes over the
 * numbers of a constant: from one value to the next along an axis it is so many numbers further. So
 * kernels get the order of axes that they have here, and one that reads flattened images that of
 * their pixels, without a copy before the graph has room for them. */
#ifndef ONNX_IMPORT_WEIGHTS_H
#define ONNX_IMPORT_WEIGHTS_H

#include "onnx/import/reader.h"

enum { NEURON_ONNX_WEIGHT_AXES = NEURON_ONNX_FACTORS + 4 };

typedef struct neuron_onnx_weights {
    const char *array;
    const float *numbers; /* NULL for a value that all have */
    double scale;         /* what they are multiplied by; that value */
    int32_t rank;
    int64_t extent[NEURON_ONNX_WEIGHT_AXES], step[NEURON_ONNX_WEIGHT_AXES];
} neuron_onnx_weights;

/* An axis behind those that there are. */
void neuron_onnx_weights_axis(neuron_onnx_weights *weights, int64_t extent, int64_t step);

/* The factors of a value from a place on, in the order in which they lie. The numbers of the
 * constant go along an axis of the value by `step[axis]`; 0 where they are the same for all its
 * values. */
void neuron_onnx_weights_factors(neuron_onnx_weights *weights, const neuron_onnx_layout *layout,
                                 int32_t place, const int64_t step[NEURON_RANK_MAX]);

enum { NEURON_ONNX_LAYER_ARRAYS = 4 };

/* A layer with parameters. */
typedef struct neuron_onnx_layer_record {
    struct neuron_onnx_layer_record *before;
    neuron_node_t *node;
    const char *options;
    int32_t count;
    neuron_onnx_weights arrays[NEURON_ONNX_LAYER_ARRAYS];
} neuron_onnx_layer_record;

/* Adds a layer and notes its arrays: `array` is their name there. One that does the same with the
 * same numbers as another shares its arrays, as in the file. */
int neuron_onnx_weighted_layer(neuron_node_t **node, neuron_onnx_reader *reader,
                               const neuron_onnx_operator *from, bool last, const char *layer,
                               neuron_node_t *input, const char *options,
                               const neuron_onnx_weights *arrays, int32_t count);

/* Writes all that were noted into the graph, which is finished. */
int neuron_onnx_weights_write(const neuron_onnx_reader *reader);

#endif
