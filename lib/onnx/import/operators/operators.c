/* The list of operators that are imported, with the attributes of each that are known: another one
 * may mean what is not done here. Most operators mean in the first sets what they do in later ones,
 * or say by an attribute that they do not. */
#include "onnx/import/operators/operators.h"

#include "onnx/import/constant.h"
#include "onnx/import/operators/quantized.h"
#include "onnx/import/operators/recognize.h"

#include <stdio.h>
#include <string.h>

static const struct {
    char type[24];
    neuron_onnx_operator_function *import;
    const char *attributes; /* with a blank before and behind each */
} rows[] = {
    {"Abs", neuron_onnx_import_magnitude, ""},
    {"Add", neuron_onnx_import_arithmetic, " broadcast "},
    {"AveragePool", neuron_onnx_import_pool,
     " auto_pad ceil_mode count_include_pad dilations kernel_shape pads strides "},
    {"BatchNormalization", neuron_onnx_import_batch_norm,
     " epsilon is_test momentum spatial training_mode "},
    {"Cast", neuron_onnx_import_cast, " round_mode saturate to "},
    {"CastLike", neuron_onnx_import_cast_like, " round_mode saturate "},
    {"Celu", neuron_onnx_import_activation, " alpha "},
    {"Clip", neuron_onnx_import_clip, " max min "},
    {"Concat", neuron_onnx_import_concat, " axis "},
    {"Conv", neuron_onnx_import_conv, " auto_pad dilations group kernel_shape pads strides "},
    {"ConvInteger", neuron_onnx_import_integers,
     " auto_pad dilations group kernel_shape pads strides "},
    {"ConvTranspose", neuron_onnx_import_conv_transpose,
     " auto_pad dilations group kernel_shape output_padding output_shape pads strides "},
    {"DequantizeLinear", neuron_onnx_import_dequantize, " axis block_size output_dtype "},
    {"Div", neuron_onnx_import_arithmetic, " broadcast "},
    {"Dropout", neuron_onnx_import_dropout, " is_test ratio seed "},
    {"Elu", neuron_onnx_import_activation, " alpha "},
    {"Erf", neuron_onnx_import_erf, ""},
    {"Exp", neuron_onnx_import_activation, ""},
    {"Expand", neuron_onnx_import_expand, ""},
    {"Flatten", neuron_onnx_import_flatten, " axis "},
    {"Gather", neuron_onnx_import_gather, " axis "},
    {"Gelu", neuron_onnx_import_activation, " approximate "},
    {"Gemm", neuron_onnx_import_gemm, " alpha beta broadcast transA transB "},
    {"GlobalAveragePool", neuron_onnx_import_global_pool, ""},
    {"GlobalMaxPool", neuron_onnx_import_global_pool, ""},
    {"Greater", neuron_onnx_import_greater, ""},
    {"HardSigmoid", neuron_onnx_import_activation, " alpha beta "},
    {"HardSwish", neuron_onnx_import_activation, ""},
    {"Identity", neuron_onnx_import_identity, ""},
    {"LayerNormalization", neuron_onnx_import_layer_norm, " axis epsilon stash_type "},
    {"LeakyRelu", neuron_onnx_import_activation, " alpha "},
    {"Log", neuron_onnx_import_log, ""},
    {"LogSoftmax", neuron_onnx_import_softmax, " axis "},
    {"MatMul", neuron_onnx_import_matmul, ""},
    {"MatMulInteger", neuron_onnx_import_integers, ""},
    {"Max", neuron_onnx_import_bound, ""},
    {"MaxPool", neuron_onnx_import_pool,
     " auto_pad ceil_mode dilations kernel_shape pads storage_order strides "},
    {"Mean", neuron_onnx_import_sum, ""},
    {"Min", neuron_onnx_import_bound, ""},
    {"Mish", neuron_onnx_import_activation, ""},
    {"Mul", neuron_onnx_import_arithmetic, " broadcast "},
    {"Neg", neuron_onnx_import_negate, ""},
    {"PRelu", neuron_onnx_import_prelu, ""},
    {"Pad", neuron_onnx_import_pad, " mode paddings pads value "},
    {"Pow", neuron_onnx_import_power, " broadcast "},
    {"QuantizeLinear", neuron_onnx_import_quantize,
     " axis block_size output_dtype precision saturate "},
    {"ReduceMax", neuron_onnx_import_reduce, " axes keepdims noop_with_empty_axes "},
    {"ReduceMean", neuron_onnx_import_reduce, " axes keepdims noop_with_empty_axes "},
    {"ReduceSum", neuron_onnx_import_reduce, " axes keepdims noop_with_empty_axes "},
    {"Relu", neuron_onnx_import_activation, ""},
    {"Reshape", neuron_onnx_import_reshape, " allowzero "},
    {"Resize", neuron_onnx_import_resize,
     " antialias coordinate_transformation_mode cubic_coeff_a exclude_outside extrapolation_value "
     "keep_aspect_ratio_policy mode nearest_mode "},
    {"Selu", neuron_onnx_import_activation, " alpha gamma "},
    {"Shape", neuron_onnx_import_shape, " end start "},
    {"Sigmoid", neuron_onnx_import_activation, ""},
    {"Slice", neuron_onnx_import_slice, " axes ends starts "},
    {"Softmax", neuron_onnx_import_softmax, " axis "},
    {"Softplus", neuron_onnx_import_activation, ""},
    {"Softsign", neuron_onnx_import_activation, ""},
    {"Split", neuron_onnx_import_split, " axis num_outputs split "},
    {"Sqrt", neuron_onnx_import_root, ""},
    {"Squeeze", neuron_onnx_import_squeeze, " axes "},
    {"Sub", neuron_onnx_import_arithmetic, " broadcast "},
    {"Sum", neuron_onnx_import_sum, ""},
    {"Swish", neuron_onnx_import_activation, " alpha "},
    {"Tanh", neuron_onnx_import_activation, ""},
    {"Tile", neuron_onnx_import_tile, ""},
    {"Transpose", neuron_onnx_import_transpose, " perm "},
    {"Unsqueeze", neuron_onnx_import_unsqueeze, " axes "},
    {"Upsample", neuron_onnx_import_resize, " mode scales "},
    {"Where", neuron_onnx_import_where, ""},
};

/* Of which set what is done here begins, where that is not the first. */
static const struct {
    char type[24];
    int32_t set;
} beginnings[] = {
    {"Cast", 6}, {"Concat", 4}, {"PRelu", 7}, {"Reshape", 5},
    {"Selu", 6}, {"Split", 2},  {"Tile", 6},  {"Upsample", 7},
};

static int check_set(neuron_onnx_reader *reader, const neuron_onnx_operator *from)
{
    for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings; i++)
        if (reader->version < beginnings[i].set && strcmp(beginnings[i].type, from->op_type) == 0)
            return neuron_onnx_refuse(reader, from, NEURON_E_UNSUPPORTED,
                                      "is of operator set %" PRId64 "; it is imported from %d on",
                                      reader->version, beginnings[i].set);
    return NEURON_OK;
}

static bool is_known(const char *attributes, const char *name)
{
    char word[64];
    int size = snprintf(word, sizeof word, " %s ", name);
    return size > 0 && size < (int)sizeof word && strstr(attributes, word);
}

/* Where values may lie, in the first sets. */
static bool is_hint(const neuron_onnx_reader *reader, const char *name)
{
    return reader->version < 6 && strcmp(name, "consumed_inputs") == 0;
}

/* Attributes that hold what is never read. */
static int check_attribute(neuron_onnx_reader *reader, const neuron_onnx_operator *from,
                           const Neuron__Onnx__Attribute *attribute, const char *known)
{
    const char *name = attribute->name ? attribute->name : "";
    const char *refused = NULL;
    if (attribute->has_g || attribute->n_graphs > 0)
        refused = "attribute %.63s is a graph";
    else if (attribute->sparse_tensor || attribute->n_sparse_tensors > 0)
        refused = "attribute %.63s is a sparse tensor";
    else if (attribute->ref_attr_name && attribute->ref_attr_name[0])
        refused = "attribute %.63s is that of a function";
    else if (known && !is_known(known, name) && !is_hint(reader, name))
        refused = "attribute %.63s is not known";
    return refused ? neuron_onnx_refuse(reader, from, NEURON_E_UNSUPPORTED, refused, name)
                   : NEURON_OK;
}

static bool is_standard(const neuron_onnx_operator *from)
{
    return !from->domain || !from->domain[0] || strcmp(from->domain, "ai.onnx") == 0;
}

static int import_alone(neuron_onnx_reader *reader, const neuron_onnx_operator *from)
{
    size_t row = 0, count = sizeof rows / sizeof *rows;
    bool done = false;
    bool learnt = from->domain && strcmp(from->domain, "ai.onnx.ml") == 0 &&
                  neuron_onnx_is_one_of(from, "ArrayFeatureExtractor Scaler");
    bool scales = learnt && from->op_type[0] == 'S';
    bool bytes = neuron_onnx_is_of_bytes(from);
    if (!is_standard(from) && !learnt && !bytes)
        return neuron_onnx_refuse(reader, from, NEURON_E_UNSUPPORTED,
                                  "operators of \"%.127s\" are not imported", from->domain);
    for (size_t i = 0; i < from->n_attribute; i++)
        RETURN_IF_ERROR(check_attribute(reader, from, from->attribute[i],
                                        learnt ? scales ? " offset scale " : "" : NULL));
    if (learnt)
        return scales ? neuron_onnx_import_scaler(reader, from)
                      : neuron_onnx_import_gather(reader, from);
    if (bytes)
        return neuron_onnx_import_of_bytes(reader, from);
    RETURN_IF_ERROR(check_set(reader, from));
    RETURN_IF_ERROR(neuron_onnx_fold(&done, reader, from));
    if (done)
        return NEURON_OK;
    while (row < count && strcmp(rows[row].type, from->op_type) != 0)
        row++;
    if (row == count)
        return neuron_onnx_refuse(reader, from, NEURON_E_UNSUPPORTED,
                                  "this operator is not imported");
    for (size_t i = 0; i < from->n_attribute; i++)
        RETURN_IF_ERROR(check_attribute(reader, from, from->attribute[i], rows[row].attributes));
    RETURN_IF_ERROR(neuron_onnx_move_bytes(&done, reader, from, rows[row].import));
    return done ? NEURON_OK : rows[row].import(reader, from);
}

/* ---- Operators that are parts ---- */

/* Why an input of an operator could not be made. */
static const neuron_onnx_operator *missing_of(const neuron_onnx_reader *reader,
                                              const neuron_onnx_operator *from)
{
    for (size_t i = 0; i < from->n_input; i++) {
        const neuron_onnx_item *item = neuron_onnx_in(reader, from, i);
        if (item && item->put_off)
            return item->put_off;
    }
    return NULL;
}

/* Its outputs wait for a layer that they are a part of. */
static void put_off(const neuron_onnx_reader *reader, const neuron_onnx_operator *from,
                    const neuron_onnx_operator *missing)
{
    for (size_t i = 0; i < from->n_output; i++) {
        neuron_onnx_item *item = neuron_onnx_find(reader, from->output[i]);
        if (!item)
            continue;
        item->made = true;
        item->node = NULL;
        item->put_off = missing;
    }
}

int neuron_onnx_import_operator(neuron_onnx_reader *reader, const neuron_onnx_operator *from)
{
    bool done = false;
    if (is_standard(from))
        RETURN_IF_ERROR(neuron_onnx_recognize(&done, reader, from));
    if (done || reader->starved)
        return reader->starved ? NEURON_E_MEMORY : NEURON_OK;
    const neuron_onnx_operator *missing = missing_of(reader, from);
    int status = missing ? NEURON_E_UNSUPPORTED : import_alone(reader, from);
    if (reader->starved)
        return NEURON_E_MEMORY;
    if (status != NEURON_E_UNSUPPORTED || reader->graph->status < 0)
        return status;
    put_off(reader, from, missing ? missing : from);
    return NEURON_OK;
}

int neuron_onnx_refuse_put_off(neuron_onnx_reader *reader, const neuron_onnx_item *item)
{
    int status = import_alone(reader, item->put_off);
    return status < 0 ? status
                      : neuron_onnx_refuse(reader, item->put_off, NEURON_E_UNSUPPORTED,
                                           "is imported as a part of a layer alone");
}

/* ---- What an operator and the one behind it do together ---- */

/* Whether a constant that is added to a value goes along one axis alone. */
static bool goes_along(const neuron_onnx_constant *constant, const neuron_onnx_layout *layout,
                       int32_t axis)
{
    int64_t steps[NEURON_RANK_MAX];
    if (constant->rank > layout->rank || !neuron_onnx_steps_over(steps, constant, layout))
        return false;
    for (int32_t a = 0; a < layout->rank; a++)
        if (a != axis && steps[a] != 0)
            return false;
    return true;
}

int neuron_onnx_bias_behind(const neuron_onnx_constant **bias, const neuron_onnx_operator **adds,
                            neuron_onnx_reader *reader, const neuron_onnx_operator *from,
                            const neuron_onnx_layout *layout, int32_t axis)
{
    *bias = NULL;
    *adds = NULL;
    const neuron_onnx_item *item = neuron_onnx_find(reader, from->output[0]);
    const neuron_onnx_operator *user = item && item->uses == 1 ? item->user : NULL;
    if (!user || !is_standard(user) || strcmp(user->op_type, "Add") != 0 || user->n_input != 2)
        return NEURON_OK;
    size_t other = strcmp(user->input[0], from->output[0]) == 0;
    const neuron_onnx_item *added = neuron_onnx_in(reader, user, other);
    if (!added || !added->constant || !goes_along(added->constant, layout, axis))
        return NEURON_OK;
    *bias = added->constant;
    *adds = user;
    return NEURON_OK;
}

int neuron_onnx_out_biased(neuron_onnx_reader *reader, const neuron_onnx_operator *from,
                           const neuron_onnx_operator *adds, neuron_node_t *node,
                           const neuron_onnx_layout *layout)
{
    RETURN_IF_ERROR(neuron_onnx_out(reader, from, 0, node, layout));
    return adds ? neuron_onnx_out(reader, adds, 0, node, layout) : NEURON_OK;
}
