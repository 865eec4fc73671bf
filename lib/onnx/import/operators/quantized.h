/* Numbers that are bytes on the way: QuantizeLinear and DequantizeLinear, operators of bytes
 * between them, and layers that compute with bytes.
 *
 * A value of bytes stands for real numbers, scale (byte - zero point), and is those here, cut off
 * where bytes end, but not rounded. A dense layer or a convolution that reads it is a quantised
 * layer if its weights are bytes around 0 as well: that rounds its input as the file says. */
#ifndef ONNX_IMPORT_QUANTIZED_H
#define ONNX_IMPORT_QUANTIZED_H

#include "onnx/import/operators/operators.h"

/* Constants that were bytes: (value - zero point) times a scale, which may differ along an axis. */
typedef struct neuron_onnx_bytes {
    const neuron_onnx_constant *values, *scale;
    int32_t axis;
    bool symmetric; /* all zero points are 0, and no value is below -127 or above 127 */
} neuron_onnx_bytes;

/* What a quantised layer is told. */
typedef struct neuron_onnx_quantized {
    const neuron_onnx_item *input; /* before it became bytes */
    const float *weights;          /* whole numbers, as many and in the same order */
    const float *scale;
    int64_t scale_step; /* from one output to the next */
    char options[100];
} neuron_onnx_quantized;

/* Whether a layer can be one, whose weights have their outputs along an axis. */
bool neuron_onnx_can_quantize(neuron_onnx_quantized *quantized, neuron_onnx_reader *reader,
                              const neuron_onnx_operator *from, const neuron_onnx_item *item,
                              const neuron_onnx_constant *weights, int32_t axis);

/* The arrays of one beside its kernel: scales, and biases, which are zeros where `bias` has no
 * numbers. */
void neuron_onnx_quantized_arrays(neuron_onnx_weights arrays[2],
                                  const neuron_onnx_quantized *quantized, int64_t outputs,
                                  const neuron_onnx_weights *bias);

/* For operators that move bytes without reading them, such as MaxPool: does it with the numbers
 * they stand for, and says so. */
int neuron_onnx_move_bytes(bool *done, neuron_onnx_reader *reader, const neuron_onnx_operator *from,
                           neuron_onnx_operator_function *import);

/* Whether an operator computes with bytes and has a scale for its result, such as QLinearConv; and
 * imports it. Some are ONNX Runtime's own. */
bool neuron_onnx_is_of_bytes(const neuron_onnx_operator *from);
int neuron_onnx_import_of_bytes(neuron_onnx_reader *reader, const neuron_onnx_operator *from);

/* QuantizeLinear and DequantizeLinear of constants. */
int neuron_onnx_fold_quantize(neuron_onnx_reader *reader, const neuron_onnx_operator *from,
                              const neuron_onnx_constant *constant);
int neuron_onnx_fold_dequantize(neuron_onnx_reader *reader, const neuron_onnx_operator *from,
                                const neuron_onnx_constant *constant);

#endif
