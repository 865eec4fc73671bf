/* Layers that files write as several operators: each is made where the last of these stands, if all
 * before it are there (match.h). The operators in between have become layers too where they can be,
 * which the finished graph has no need of, or were put off (operators.c). */
#ifndef ONNX_IMPORT_RECOGNIZE_H
#define ONNX_IMPORT_RECOGNIZE_H

#include "onnx/import/operators/match.h"
#include "onnx/import/weights.h"

/* Makes the output if the operator is the last of such a layer, and says so. */
typedef int neuron_onnx_recognizer(bool *done, neuron_onnx_reader *reader,
                                   const neuron_onnx_operator *from);

/* Of any layer. */
neuron_onnx_recognizer neuron_onnx_recognize;

/* bytes.c */
neuron_onnx_recognizer neuron_onnx_recognize_dynamic;
/* votes.c */
neuron_onnx_recognizer neuron_onnx_recognize_vote, neuron_onnx_recognize_choice;
/* uncertainty.c */
neuron_onnx_recognizer neuron_onnx_recognize_uncertainty;
/* calibration.c */
neuron_onnx_recognizer neuron_onnx_recognize_scaling, neuron_onnx_recognize_table,
    neuron_onnx_recognize_shares, neuron_onnx_recognize_set;

/* ---- What several of them do ---- */

/* Whether a constant has the numbers of the classes along an axis of a value: 0, 1, ... */
bool neuron_onnx_numbers_classes(neuron_onnx_reader *reader, const neuron_onnx_operator *from,
                                 const neuron_onnx_item *constant, const neuron_onnx_item *value,
                                 int32_t axis);

/* A node that has an axis last, and all others as rows before it, in the order of the file; a
 * vector has none. */
int neuron_onnx_rows(neuron_node_t **node, neuron_onnx_layout *layout, neuron_onnx_reader *reader,
                     const neuron_onnx_operator *from, const neuron_onnx_item *item, int32_t axis);

/* The same of several values, which must have one shape. */
int neuron_onnx_rows_of_all(neuron_node_t ***nodes, neuron_onnx_layout *layout,
                            neuron_onnx_reader *reader, const neuron_onnx_operator *from,
                            neuron_onnx_item *const *items, size_t count, int32_t axis);

#endif
