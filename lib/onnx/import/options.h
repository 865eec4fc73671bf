/* Keys of the options of an import, and what they may be: see neuron_onnx_import(). */
#ifndef ONNX_IMPORT_OPTIONS_H
#define ONNX_IMPORT_OPTIONS_H

enum { NEURON_ONNX_IMPORT_LAYOUT = 1, NEURON_ONNX_IMPORT_BATCH, NEURON_ONNX_IMPORT_OUTPUTS };

enum { NEURON_ONNX_IMPORT_NHWC = 1, NEURON_ONNX_IMPORT_FILE };

enum { NEURON_ONNX_IMPORT_FIRST = 1, NEURON_ONNX_IMPORT_NONE };

#endif
