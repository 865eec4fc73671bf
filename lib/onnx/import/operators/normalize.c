/* BatchNormalization, LayerNormalization and Dropout. */
#include "onnx/import/constant.h"
#include "onnx/import/operators/operators.h"

#include <float.h>
#include <math.h>
#include <stdio.h>

/* ---- Batches ---- */

/* Numbers for the channels, axis 1. */
static int read_channels(neuron_onnx_weights *weights, neuron_onnx_reader *reader,
                         const neuron_onnx_operator *from, size_t index, const char *array,
                         const neuron_onnx_layout *layout, int32_t place)
{
    const neuron_onnx_constant *constant;
    const int64_t steps[NEURON_RANK_MAX] = {[1] = 1};
    RETURN_IF_ERROR(neuron_onnx_constant_in(&constant, reader, from, index));
    if (constant->count != layout->extent[1])
        return neuron_onnx_refuse(reader, from, NEURON_E_FORMAT,
                                  "input %zu has %" PRId64 " numbers for %" PRId64 " channels",
                                  index, constant->count, layout->extent[1]);
    *weights = (neuron_onnx_weights){.array = array, .scale = 1};
    RETURN_IF_ERROR(neuron_onnx_floats_of(&weights->numbers, reader, from, constant));
    neuron_onnx_weights_factors(weights, layout, place, steps);
    return NEURON_OK;
}

static int check_batch_norm(neuron_onnx_reader *reader, const neuron_onnx_operator *from,
                            const neuron_onnx_item *item)
{
    static const struct {
        const char *name;
        int64_t usual, wanted;
        int32_t until; /* the last set that has it; 0 if that is not over */
    } attributes[] = {{"spatial", 1, 1, 0}, {"training_mode", 0, 0, 0}, {"is_test", 0, 1, 6}};
    RETURN_IF_ERROR(neuron_onnx_one_out(reader, from));
    for (size_t i = 0; i < sizeof attributes / sizeof *attributes; i++) {
        int64_t value;
        RETURN_IF_ERROR(neuron_onnx_read_integer(&value, reader, from, attributes[i].name,
                                                 attributes[i].usual));
        if (value != attributes[i].wanted &&
            (!attributes[i].until || reader->version <= attributes[i].until))
            return neuron_onnx_refuse(reader, from, NEURON_E_UNSUPPORTED,
                                      "attribute %s is %" PRId64 "; it must be %" PRId64,
                                      attributes[i].name, value, attributes[i].wanted);
    }
    if (item->layout.rank >= 2 && item->layout.batch != 1)
        return NEURON_OK;
    return neuron_onnx_refuse(reader, from, NEURON_E_FORMAT, "reads a value without channels");
}

int neuron_onnx_import_batch_norm(neuron_onnx_reader *reader, const neuron_onnx_operator *from)
{
    static const char *const names[] = {"gamma", "beta", "moving_mean", "moving_variance"};
    neuron_onnx_item *item;
    neuron_node_t *node;
    neuron_onnx_layout layout;
    neuron_onnx_weights arrays[4];
    int32_t place;
    double epsilon, momentum;
    char options[120], text[2][NEURON_ONNX_NUMBER];
    RETURN_IF_ERROR(neuron_onnx_value_in(&item, reader, from, 0));
    RETURN_IF_ERROR(check_batch_norm(reader, from, item));
    RETURN_IF_ERROR(neuron_onnx_read_real(&epsilon, reader, from, "epsilon", 1e-5));
    RETURN_IF_ERROR(neuron_onnx_read_real(&momentum, reader, from, "momentum", 0.9));
    RETURN_IF_ERROR(neuron_onnx_put_last(&node, &layout, &place, reader, from, item, 1 << 1));
    for (size_t i = 0; i < 4; i++)
        RETURN_IF_ERROR(read_channels(&arrays[i], reader, from, i + 1, names[i], &layout, place));
    snprintf(options, sizeof options, "epsilon=%s, momentum=%s",
             neuron_onnx_number_text(text[0], epsilon), neuron_onnx_number_text(text[1], momentum));
    RETURN_IF_ERROR(neuron_onnx_weighted_layer(&node, reader, from, true, "batch_norm", node,
                                               options, arrays, 4));
    return neuron_onnx_out(reader, from, 0, node, &layout);
}

/* ---- Layers ---- */

int neuron_onnx_put_layer_norm(neuron_node_t **node, neuron_onnx_layout *layout,
                               neuron_onnx_reader *reader, const neuron_onnx_operator *from,
                               const neuron_onnx_item *item, uint32_t axes, double epsilon,
                               const neuron_onnx_constant *gamma, const neuron_onnx_constant *beta)
{
    neuron_onnx_weights arrays[2];
    int32_t place, count = 0;
    char options[80], text[NEURON_ONNX_NUMBER];
    RETURN_IF_ERROR(neuron_onnx_put_last(node, layout, &place, reader, from, item, axes));
    if (gamma)
        RETURN_IF_ERROR(neuron_onnx_broadcast_weights(&arrays[count++], reader, from, gamma,
                                                      "gamma", layout, place));
    if (beta)
        RETURN_IF_ERROR(neuron_onnx_broadcast_weights(&arrays[count++], reader, from, beta, "beta",
                                                      layout, place));
    snprintf(options, sizeof options, "epsilon=%s", neuron_onnx_number_text(text, epsilon));
    if (count == 0)
        return neuron_onnx_layer(node, reader, from, true, "layer_norm", node, 1, options);
    return neuron_onnx_weighted_layer(node, reader, from, true, "layer_norm", *node, options,
                                      arrays, count);
}

int neuron_onnx_import_layer_norm(neuron_onnx_reader *reader, const neuron_onnx_operator *from)
{
    neuron_onnx_item *item;
    neuron_node_t *node;
    neuron_onnx_layout layout;
    const neuron_onnx_constant *gamma, *beta = NULL;
    int64_t given;
    int32_t axis;
    double epsilon;
    RETURN_IF_ERROR(neuron_onnx_one_out(reader, from));
    RETURN_IF_ERROR(neuron_onnx_value_in(&item, reader, from, 0));
    RETURN_IF_ERROR(neuron_onnx_constant_in(&gamma, reader, from, 1));
    if (neuron_onnx_in(reader, from, 2))
        RETURN_IF_ERROR(neuron_onnx_constant_in(&beta, reader, from, 2));
    RETURN_IF_ERROR(neuron_onnx_read_integer(&given, reader, from, "axis", -1));
    RETURN_IF_ERROR(neuron_onnx_read_real(&epsilon, reader, from, "epsilon", 1e-5));
    RETURN_IF_ERROR(neuron_onnx_axis_of(&axis, reader, from, given, item->layout.rank));
    if (item->layout.batch >= axis)
        return neuron_onnx_refuse(reader, from, NEURON_E_UNSUPPORTED,
                                  "attribute axis: goes along the batch");
    uint32_t axes = neuron_onnx_all_axes(&item->layout) & ~((UINT32_C(1) << axis) - 1);
    RETURN_IF_ERROR(
        neuron_onnx_put_layer_norm(&node, &layout, reader, from, item, axes, epsilon, gamma, beta));
    return neuron_onnx_out(reader, from, 0, node, &layout);
}

/* ---- Scaler ---- */

/* Numbers of an attribute, one for each of the last axis or one for all; `standard` without. */
static int read_scaler(neuron_onnx_weights *weights, neuron_onnx_reader *reader,
                       const neuron_onnx_operator *from, const char *name,
                       const neuron_onnx_layout *layout, int32_t place, double standard)
{
    int32_t last = layout->rank - 1;
    int64_t steps[NEURON_RANK_MAX] = {0};
    const Neuron__Onnx__Attribute *given = neuron_onnx_attribute(from, name);
    size_t count = given ? given->n_floats : 0;
    if (count > 1 && count != (size_t)layout->extent[last])
        return neuron_onnx_refuse(reader, from, NEURON_E_FORMAT,
                                  "attribute %s has %zu numbers for %" PRId64, name, count,
                                  layout->extent[last]);
    weights->numbers = count > 0 ? given->floats : NULL;
    weights->scale = count > 0 ? 1 : standard;
    steps[last] = count > 1;
    neuron_onnx_weights_factors(weights, layout, place, steps);
    return NEURON_OK;
}

/* (x - offset) * scale, as scikit-learn's scalers become: of the domain ai.onnx.ml. */
int neuron_onnx_import_scaler(neuron_onnx_reader *reader, const neuron_onnx_operator *from)
{
    neuron_onnx_item *item;
    neuron_node_t *node;
    neuron_onnx_layout layout;
    neuron_onnx_weights arrays[] = {{.array = "mean"}, {.array = "deviation"}};
    int32_t place;
    RETURN_IF_ERROR(neuron_onnx_value_in(&item, reader, from, 0));
    int32_t last = item->layout.rank - 1;
    if (last < 1 || item->layout.batch == last)
        return neuron_onnx_refuse(reader, from, NEURON_E_FORMAT, "reads a value without features");
    RETURN_IF_ERROR(
        neuron_onnx_put_last(&node, &layout, &place, reader, from, item, UINT32_C(1) << last));
    RETURN_IF_ERROR(read_scaler(&arrays[0], reader, from, "offset", &layout, place, 0));
    RETURN_IF_ERROR(read_scaler(&arrays[1], reader, from, "scale", &layout, place, 1));
    const Neuron__Onnx__Attribute *scale = neuron_onnx_attribute(from, "scale");
    size_t count = scale ? scale->n_floats : 0;
    float *deviation = neuron_onnx_reader_get(reader, (int64_t)count + 1, sizeof *deviation);
    if (!deviation)
        return NEURON_E_MEMORY;
    for (size_t i = 0; i < count; i++) {
        if (scale->floats[i] == 0)
            return neuron_onnx_refuse(reader, from, NEURON_E_UNSUPPORTED,
                                      "attribute scale has a 0");
        deviation[i] = 1 / scale->floats[i];
    }
    arrays[1].numbers = count > 0 ? deviation : NULL;
    RETURN_IF_ERROR(
        neuron_onnx_weighted_layer(&node, reader, from, true, "standardize", node, "", arrays, 2));
    return neuron_onnx_out(reader, from, 0, node, &layout);
}

/* ---- Dropout ---- */

/* Acts in training alone, also if the file was made for training. */
int neuron_onnx_import_dropout(neuron_onnx_reader *reader, const neuron_onnx_operator *from)
{
    neuron_onnx_item *item;
    neuron_node_t *node;
    double rate;
    char options[80], text[NEURON_ONNX_NUMBER];
    RETURN_IF_ERROR(neuron_onnx_one_out(reader, from));
    RETURN_IF_ERROR(neuron_onnx_value_in(&item, reader, from, 0));
    RETURN_IF_ERROR(neuron_onnx_number_in(&rate, reader, from, 1, "ratio", 0.5));
    snprintf(options, sizeof options, "rate=%s", neuron_onnx_number_text(text, rate));
    RETURN_IF_ERROR(
        neuron_onnx_layer(&node, reader, from, true, "dropout", &item->node, 1, options));
    return neuron_onnx_out(reader, from, 0, node, &item->layout);
}
