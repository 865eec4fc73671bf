/* Keys of the options of an export, and what they may be: see neuron_onnx_export(). */
#ifndef ONNX_OPTIONS_H
#define ONNX_OPTIONS_H

enum { NEURON_ONNX_LAYOUT = 1, NEURON_ONNX_INPUT_TYPE };

enum { NEURON_ONNX_NHWC = 1, NEURON_ONNX_NCHW };

enum { NEURON_ONNX_F32 = 1, NEURON_ONNX_U8 };

#endif
