/* A file as a message, by no more memory than its bytes justify. */
#ifndef ONNX_IMPORT_FILE_H
#define ONNX_IMPORT_FILE_H

#include <onnx.pb-c.h> /* made of onnx.proto */

#include "base/context.h"

/* Parses bytes, which are free again afterwards. NEURON_E_FORMAT if they are no model, or one that
 * takes far more memory than they do; messages begin with `source`. */
int neuron_onnx_parse(Neuron__Onnx__Model **model, neuron_context_t *context, const void *bytes,
                      size_t size, const char *source);

/* The same of a file. */
int neuron_onnx_read_file(Neuron__Onnx__Model **model, uint64_t *size, neuron_context_t *context,
                          const char *path);

/* NULL is fine. */
void neuron_onnx_free_model(Neuron__Onnx__Model *model, neuron_context_t *context);

#endif
