/* What each operator of ONNX becomes here. */
#ifndef ONNX_IMPORT_OPERATORS_H
#define ONNX_IMPORT_OPERATORS_H

#include "onnx/import/weights.h"

typedef int neuron_onnx_operator_function(neuron_onnx_reader *reader,
                                          const neuron_onnx_operator *from);

/* Makes an operator's outputs, whose inputs are made. Those of one that cannot be imported alone
 * are put off: it may be a part of a layer whose last operator is still to come. */
int neuron_onnx_import_operator(neuron_onnx_reader *reader, const neuron_onnx_operator *from);

/* NEURON_E_UNSUPPORTED for a value that was put off, which names what could not be imported. */
int neuron_onnx_refuse_put_off(neuron_onnx_reader *reader, const neuron_onnx_item *item);

/* The same for one whose inputs are all constants, where those are known that it makes; `*done`
 * says whether. */
int neuron_onnx_fold(bool *done, neuron_onnx_reader *reader, const neuron_onnx_operator *from);

/* products.c */
neuron_onnx_operator_function neuron_onnx_import_gemm, neuron_onnx_import_matmul;
/* convolutions.c */
neuron_onnx_operator_function neuron_onnx_import_conv, neuron_onnx_import_conv_transpose;
/* pooling.c */
neuron_onnx_operator_function neuron_onnx_import_pool, neuron_onnx_import_global_pool,
    neuron_onnx_import_reduce;
/* normalize.c */
neuron_onnx_operator_function neuron_onnx_import_batch_norm, neuron_onnx_import_layer_norm,
    neuron_onnx_import_dropout, neuron_onnx_import_scaler;
/* activations.c */
neuron_onnx_operator_function neuron_onnx_import_activation, neuron_onnx_import_bound,
    neuron_onnx_import_clip, neuron_onnx_import_erf, neuron_onnx_import_magnitude,
    neuron_onnx_import_greater, neuron_onnx_import_where, neuron_onnx_import_prelu,
    neuron_onnx_import_softmax, neuron_onnx_import_log;
/* arithmetic.c */
neuron_onnx_operator_function neuron_onnx_import_arithmetic, neuron_onnx_import_sum,
    neuron_onnx_import_negate, neuron_onnx_import_power, neuron_onnx_import_root;
/* shapes.c */
neuron_onnx_operator_function neuron_onnx_import_identity, neuron_onnx_import_cast,
    neuron_onnx_import_cast_like, neuron_onnx_import_reshape, neuron_onnx_import_flatten,
    neuron_onnx_import_transpose, neuron_onnx_import_squeeze, neuron_onnx_import_unsqueeze,
    neuron_onnx_import_shape;
/* parts.c */
neuron_onnx_operator_function neuron_onnx_import_concat, neuron_onnx_import_slice,
    neuron_onnx_import_split, neuron_onnx_import_pad, neuron_onnx_import_resize,
    neuron_onnx_import_gather, neuron_onnx_import_tile, neuron_onnx_import_expand;
/* bytes.c */
neuron_onnx_operator_function neuron_onnx_import_integers;
/* quantized.c */
neuron_onnx_operator_function neuron_onnx_import_quantize, neuron_onnx_import_dequantize;

/* What several of them do. */

/* Integers that are an attribute in older sets of operators, and an input in newer ones:
 * `*values` is NULL if there are none. */
int neuron_onnx_integers_in(const int64_t **values, int64_t *count, neuron_onnx_reader *reader,
                            const neuron_onnx_operator *from, size_t index, const char *attribute);

/* The set of axes among `rank` that such integers are, and how many there were. */
int neuron_onnx_axes_in(uint32_t *axes, int64_t *count, neuron_onnx_reader *reader,
                        const neuron_onnx_operator *from, int32_t rank);

/* How many axes they add to `rank`: one or more, and not too many. */
int neuron_onnx_axes_to_add(int32_t *count, neuron_onnx_reader *reader,
                            const neuron_onnx_operator *from, int32_t rank);

/* A number that is an attribute in older sets of operators, and an input in newer ones. */
int neuron_onnx_number_in(double *value, neuron_onnx_reader *reader,
                          const neuron_onnx_operator *from, size_t index, const char *attribute,
                          double standard);

/* A place from 0 to `extent` that is given so or from the end, and may lie outside. */
int64_t neuron_onnx_bounded(int64_t value, int64_t extent);

/* Gives a value other axes, with as many values on either side of the batch, as the first
 * output. */
int neuron_onnx_reshape_item(neuron_onnx_reader *reader, const neuron_onnx_operator *from,
                             const neuron_onnx_item *item, const int64_t *extents, int32_t rank,
                             int32_t batch);

/* A number for a layer's options, whatever the locale. */
enum { NEURON_ONNX_NUMBER = 40 };
const char *neuron_onnx_number_text(char text[NEURON_ONNX_NUMBER], double value);

/* value * scale + offset, by single numbers. */
int neuron_onnx_rescale(neuron_node_t **node, neuron_onnx_reader *reader,
                        const neuron_onnx_operator *from, bool last, double scale, double offset);

/* What lies outside of bounds, which may be infinite, is put on them. */
int neuron_onnx_clip(neuron_node_t **node, neuron_onnx_reader *reader,
                     const neuron_onnx_operator *from, double minimum, double maximum);

/* Makes the first output: a softmax of a value over some axes, or its logarithm. */
int neuron_onnx_put_softmax(neuron_onnx_reader *reader, const neuron_onnx_operator *from,
                            const neuron_onnx_item *item, uint32_t axes, bool logarithm);

/* What exponents, divided by their sum over some axes, are a softmax of: a maximum over these
 * that was taken away makes no difference. */
const neuron_onnx_item *neuron_onnx_softmax_of(const neuron_onnx_item *exponents, uint32_t axes);

/* Adds a layer normalisation over some axes, with its numbers or without. */
int neuron_onnx_put_layer_norm(neuron_node_t **node, neuron_onnx_layout *layout,
                               neuron_onnx_reader *reader, const neuron_onnx_operator *from,
                               const neuron_onnx_item *item, uint32_t axes, double epsilon,
                               const neuron_onnx_constant *gamma, const neuron_onnx_constant *beta);

/* Makes the first output: a GELU, if all parts of one are there, else what the item is. */
int neuron_onnx_end_gelu(neuron_onnx_reader *reader, const neuron_onnx_operator *from,
                         neuron_onnx_item *item);

/* A constant that is added, along one axis alone, to what an operator makes, by the only one that
 * reads it: so that both become one layer with a bias. `*bias` is NULL if there is none. */
int neuron_onnx_bias_behind(const neuron_onnx_constant **bias, const neuron_onnx_operator **adds,
                            neuron_onnx_reader *reader, const neuron_onnx_operator *from,
                            const neuron_onnx_layout *layout, int32_t axis);

/* The outputs of an operator with a bias, or of that and of what adds one. */
int neuron_onnx_out_biased(neuron_onnx_reader *reader, const neuron_onnx_operator *from,
                           const neuron_onnx_operator *adds, neuron_node_t *node,
                           const neuron_onnx_layout *layout);

/* Adds a constant to the first output, which is made: what that stands for is what comes of it. */
int neuron_onnx_add_constant_behind(neuron_onnx_reader *reader, const neuron_onnx_operator *from,
                                    const neuron_onnx_constant *constant);

/* A constant input that is broadcast over a value, as a parameter array of its last axis, whose
 * factors begin at a place; it must not differ along others. */
int neuron_onnx_broadcast_weights(neuron_onnx_weights *weights, neuron_onnx_reader *reader,
                                  const neuron_onnx_operator *from,
                                  const neuron_onnx_constant *constant, const char *array,
                                  const neuron_onnx_layout *layout, int32_t place);

/* The first place such that a constant is the same for all factors before it; a failure if it is
 * not broadcast over the value. */
int neuron_onnx_broadcast_place(int32_t *place, const neuron_onnx_reader *reader,
                                const neuron_onnx_operator *from,
                                const neuron_onnx_constant *constant,
                                const neuron_onnx_layout *layout);

/* A node whose last axis are the factors of an item from a place on. */
int neuron_onnx_view_from(neuron_node_t **node, neuron_onnx_reader *reader,
                          const neuron_onnx_operator *from, const neuron_onnx_item *item,
                          int32_t place);

#endif
