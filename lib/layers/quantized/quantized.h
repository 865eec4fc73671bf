/* What quantised layers share: options, arrays, and packed weights. See libneuron/quantize.h. */
#ifndef LAYERS_QUANTIZED_QUANTIZED_H
#define LAYERS_QUANTIZED_QUANTIZED_H

#include "ops/bytes-gemm.h"
#include "layers/layer.h"

#define NEURON_OPTIONS_QUANTIZED                                                                   \
    NEURON_REAL(NEURON_NODE_INPUT_SCALE, "input_scale", 1e-30, 1e30, 1,                            \
                "of the bytes that the input becomes"),                                            \
        NEURON_INTEGER(NEURON_NODE_INPUT_ZERO_POINT, "input_zero_point", 0, 255, 0,                \
                       "the byte that stands for 0")

/* Sets the arrays, for a kernel of that shape, whose last axis are the outputs. */
int neuron_quantized_set_arrays(neuron_spec *spec, const int64_t *kernel, int32_t rank,
                                const char *node);

neuron_quantizer neuron_quantized_quantizer(const neuron_spec *spec);

/* The weights of a layer, whose kernel has so many stretches of that many rows. */
neuron_bytes_weights neuron_quantized_weights(const neuron_spec *spec, int64_t stretches,
                                              int64_t stretch, void *prepared);
void neuron_quantized_pack(const neuron_run *run, const neuron_bytes_weights *weights);

/* What the ops are told. */
neuron_bytes_run neuron_quantized_run(const neuron_run *run, const neuron_bytes_weights *weights);

/* Which post-operations a layer does, but for pooling. */
const char *neuron_quantized_refuse(const neuron_fuse_request *request);

#endif
