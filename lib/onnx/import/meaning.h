/* What a model says of itself: texts, the names of classes, and how bytes become inputs. */
#ifndef ONNX_IMPORT_MEANING_H
#define ONNX_IMPORT_MEANING_H

#include "onnx/import/reader.h"

/* Gives a finished graph what the metadata of its model say. What does not fit is left out, and the
 * log is warned. */
int neuron_onnx_read_meaning(neuron_onnx_reader *reader);

/* The names that a ZipMap of scikit-learn gives the classes of an output. */
int neuron_onnx_name_classes(neuron_onnx_reader *reader, const neuron_node_t *output,
                             const neuron_onnx_operator *zip);

#endif
