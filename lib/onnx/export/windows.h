/* Windows of convolutions and pooling, as ONNX tells of them: padding at both ends, in numbers. */
#ifndef ONNX_WINDOWS_H
#define ONNX_WINDOWS_H

#include "onnx/export/writer.h"
#include "ops/window.h"

/* What the options of a node say of one of its axes: of an image 0 or 1, of a sequence 0. `padding`
 * and `padded` are of zeros that lie around it before all else. */
neuron_window neuron_onnx_window(const neuron_node_t *node, int32_t axis);

/* Sets kernel_shape, strides, dilations and pads of an operator whose windows those of a node are,
 * from its input to its output. */
void neuron_onnx_set_windows(neuron_onnx_writer *writer, neuron_onnx_operator *added,
                             const neuron_node_t *node);

#endif
