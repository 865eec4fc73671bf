/* Tensors whose numbers are in a file of their own beside the model, as those of large models
 * are. */
#ifndef ONNX_IMPORT_EXTERNAL_H
#define ONNX_IMPORT_EXTERNAL_H

#include "onnx/import/reader.h"

/* The same tensor with its numbers. Nothing but a regular file in the folder of the model is read,
 * and not more of it than it has. */
int neuron_onnx_external_read(const Neuron__Onnx__Tensor **read, neuron_onnx_reader *reader,
                              const neuron_onnx_operator *from, const Neuron__Onnx__Tensor *tensor,
                              int64_t bytes, const char *name);

#endif
