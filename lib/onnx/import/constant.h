/* The numbers of tensors, of any type that a file may have them in. */
#ifndef ONNX_IMPORT_CONSTANT_H
#define ONNX_IMPORT_CONSTANT_H

#include "onnx/import/reader.h"

/* Whether numbers of a type are floats, which all become float32 here. */
bool neuron_onnx_is_real(int64_t type);

/* Describes a tensor, whose numbers stay where they are. All that it says is checked: that there
 * are as many numbers as its extents have places. `name` is for messages. */
int neuron_onnx_constant_of_tensor(neuron_onnx_constant *constant, neuron_onnx_reader *reader,
                                   const neuron_onnx_operator *from,
                                   const Neuron__Onnx__Tensor *tensor, const char *name);

/* The numbers as floats, which halves, doubles and integers become: those of the file where they
 * can be. Finite ones that are too large are refused. */
int neuron_onnx_floats_of(const float **floats, neuron_onnx_reader *reader,
                          const neuron_onnx_operator *from, const neuron_onnx_constant *constant);

/* The numbers as integers, which they must be. */
int neuron_onnx_integers_of(const int64_t **integers, neuron_onnx_reader *reader,
                            const neuron_onnx_operator *from, const neuron_onnx_constant *constant);

/* A constant of numbers that were computed. */
neuron_onnx_constant *neuron_onnx_constant_new(neuron_onnx_reader *reader, const int64_t *extents,
                                               int32_t rank);

/* One number, of a tensor with one place; false if it has more. */
bool neuron_onnx_single(double *value, const neuron_onnx_constant *constant);

/* By how many numbers a constant goes on along each axis of a value, as it is broadcast over it;
 * false if it would change the value's shape, or differs along the batch. */
bool neuron_onnx_steps_over(int64_t step[NEURON_RANK_MAX], const neuron_onnx_constant *constant,
                            const neuron_onnx_layout *layout);

#endif
