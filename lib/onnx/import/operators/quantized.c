/* Bytes that stand for real numbers: see quantized.h. */
#include "onnx/import/operators/quantized.h"

#include "onnx/import/constant.h"
#include "onnx/import/operators/operators.h"
#include "ops/bytes-gemm.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define TYPE(name) NEURON__ONNX__TENSOR__DATA_TYPE__##name

/* ---- How numbers become bytes ---- */

/* The integers of a type. */
static bool range_of(double range[2], int64_t type)
{
    bool wide = type == TYPE(UINT16) || type == TYPE(INT16);
    bool negative = type == TYPE(INT8) || type == TYPE(INT16);
    double count = wide ? 65536 : 256;
    range[0] = negative ? -count / 2 : 0;
    range[1] = range[0] + count - 1;
    return wide || negative || type == TYPE(UINT8);
}

/* The type of a zero point, or the one that is told without. */
static int read_type(int64_t *type, neuron_onnx_reader *reader, const neuron_onnx_operator *from,
                     const neuron_onnx_constant *zero)
{
    double range[2];
    int64_t blocks;
    RETURN_IF_ERROR(neuron_onnx_read_integer(&blocks, reader, from, "block_size", 0));
    RETURN_IF_ERROR(neuron_onnx_read_integer(type, reader, from, "output_dtype", 0));
    if (zero)
        *type = zero->tensor ? zero->tensor->data_type : -1;
    else if (*type == 0)
        *type = TYPE(UINT8);
    if (range_of(range, *type) && blocks == 0)
        return NEURON_OK;
    return neuron_onnx_refuse(reader, from, NEURON_E_UNSUPPORTED,
                              blocks != 0 ? "attribute block_size is not 0"
                                          : "makes integers that do not have 8 or 16 bits");
}

/* The zero point of an operator, if there is one. */
static int read_zero(const neuron_onnx_constant **zero, neuron_onnx_reader *reader,
                     const neuron_onnx_operator *from)
{
    *zero = NULL;
    return neuron_onnx_in(reader, from, 2) ? neuron_onnx_constant_in(zero, reader, from, 2)
                                           : NEURON_OK;
}

/* One scale and one zero point for all. */
static int read_single(double *scale, double *zero, neuron_onnx_reader *reader,
                       const neuron_onnx_operator *from, const neuron_onnx_constant *point)
{
    const neuron_onnx_constant *constant;
    RETURN_IF_ERROR(neuron_onnx_constant_in(&constant, reader, from, 1));
    *zero = 0;
    if (!neuron_onnx_single(scale, constant) || (point && !neuron_onnx_single(zero, point)))
        return neuron_onnx_refuse(reader, from, NEURON_E_UNSUPPORTED,
                                  "has more than one scale; of values that are computed there may "
                                  "be one");
    if (*scale > 0 && *scale < (double)INFINITY)
        return NEURON_OK;
    return neuron_onnx_refuse(reader, from, NEURON_E_UNSUPPORTED,
                              "has the scale %g; it must be above 0", *scale);
}

/* ---- Values ---- */

/* A value of bytes as it is read: cut off where they end. */
static int read_bytes(neuron_onnx_item *bytes, neuron_onnx_reader *reader,
                      const neuron_onnx_operator *from)
{
    neuron_onnx_item *read = (neuron_onnx_item *)(uintptr_t)bytes->of;
    double range[2];
    if (read->node)
        return NEURON_OK;
    range_of(range, bytes->axes);
    read->node = read->of->node;
    return neuron_onnx_clip(&read->node, reader, from, (range[0] - bytes->times) * bytes->by,
                            (range[1] - bytes->times) * bytes->by);
}

/* A value of bytes, of what it was before. */
static int make_bytes(neuron_onnx_item *made, neuron_onnx_reader *reader,
                      const neuron_onnx_item *value, double scale, double zero, int64_t type)
{
    double range[2];
    neuron_onnx_item *read = neuron_onnx_reader_get(reader, 1, sizeof *read);
    if (!read)
        return NEURON_E_MEMORY;
    range_of(range, type);
    *read = (neuron_onnx_item){.name = value->name,
                               .layout = value->layout,
                               .part = NEURON_ONNX_BYTES_READ,
                               .of = value,
                               .by = scale,
                               .times = zero - range[0],
                               .axes = range[1] - range[0] < 256};
    *made = (neuron_onnx_item){.layout = value->layout,
                               .part = NEURON_ONNX_BYTES,
                               .of = read,
                               .by = scale,
                               .times = zero,
                               .axes = (uint32_t)type};
    return NEURON_OK;
}

int neuron_onnx_import_quantize(neuron_onnx_reader *reader, const neuron_onnx_operator *from)
{
    neuron_onnx_item *item, made;
    const neuron_onnx_constant *point;
    double scale, zero;
    int64_t type;
    RETURN_IF_ERROR(neuron_onnx_value_in(&item, reader, from, 0));
    RETURN_IF_ERROR(read_zero(&point, reader, from));
    RETURN_IF_ERROR(read_type(&type, reader, from, point));
    RETURN_IF_ERROR(read_single(&scale, &zero, reader, from, point));
    RETURN_IF_ERROR(make_bytes(&made, reader, item, scale, zero, type));
    return neuron_onnx_out_part(reader, from, &made);
}

/* Bytes by their own scale, or another; an input of the model has bytes as numbers. */
int neuron_onnx_import_dequantize(neuron_onnx_reader *reader, const neuron_onnx_operator *from)
{
    neuron_onnx_item *item = neuron_onnx_in(reader, from, 0), made;
    const neuron_onnx_constant *point;
    double scale, zero;
    if (!item || item->part != NEURON_ONNX_BYTES)
        RETURN_IF_ERROR(neuron_onnx_value_in(&item, reader, from, 0));
    RETURN_IF_ERROR(read_zero(&point, reader, from));
    RETURN_IF_ERROR(read_single(&scale, &zero, reader, from, point));
    if (item->part != NEURON_ONNX_BYTES) {
        made = (neuron_onnx_item){.node = item->node, .layout = item->layout};
        RETURN_IF_ERROR(neuron_onnx_rescale(&made.node, reader, from, true, scale, -zero * scale));
        return neuron_onnx_out_part(reader, from, &made);
    }
    RETURN_IF_ERROR(read_bytes(item, reader, from));
    made = *item->of;
    if (scale == item->by && zero == item->times)
        return neuron_onnx_out_part(reader, from, &made);
    made = (neuron_onnx_item){.node = made.node, .layout = made.layout};
    RETURN_IF_ERROR(neuron_onnx_rescale(&made.node, reader, from, true, scale / item->by,
                                        (item->times - zero) * scale));
    return neuron_onnx_out_part(reader, from, &made);
}

int neuron_onnx_move_bytes(bool *done, neuron_onnx_reader *reader, const neuron_onnx_operator *from,
                           neuron_onnx_operator_function *import)
{
    static const char words[] =
        "Flatten Gather MaxPool Reshape Shape Slice Split Squeeze Transpose Unsqueeze";
    neuron_onnx_item *item = neuron_onnx_in(reader, from, 0);
    *done = item && item->part == NEURON_ONNX_BYTES && neuron_onnx_is_one_of(from, words);
    if (!*done)
        return NEURON_OK;
    RETURN_IF_ERROR(read_bytes(item, reader, from));
    const neuron_onnx_item bytes = *item;
    item->node = bytes.of->node;
    item->part = NEURON_ONNX_WHOLE;
    int status = import(reader, from);
    item->node = NULL;
    item->part = NEURON_ONNX_BYTES;
    RETURN_IF_ERROR(status);
    for (size_t i = 0; i < from->n_output; i++) {
        neuron_onnx_item made, *out = neuron_onnx_find(reader, from->output[i]);
        neuron_onnx_item *value = neuron_onnx_reader_get(reader, 1, sizeof *value);
        if (!out || !out->made || !out->node)
            continue;
        if (!value)
            return NEURON_E_MEMORY;
        *value = (neuron_onnx_item){.name = out->name, .node = out->node, .layout = out->layout};
        RETURN_IF_ERROR(
            make_bytes(&made, reader, value, bytes.by, bytes.times, (int64_t)bytes.axes));
        ((neuron_onnx_item *)(uintptr_t)made.of)->node = value->node;
        out->node = NULL;
        out->part = made.part;
        out->of = made.of;
        out->by = made.by;
        out->times = made.times;
        out->axes = made.axes;
    }
    return NEURON_OK;
}

/* ---- Constants ---- */

/* A list with a number for all, or for each place along an axis. */
typedef struct along {
    const float *floats;
    const int64_t *integers;
    int64_t step;
} along;

static int read_along(along *a, neuron_onnx_reader *reader, const neuron_onnx_operator *from,
                      const neuron_onnx_constant *list, int64_t extent)
{
    if (list->count != 1 && (list->count != extent || list->rank != 1))
        return neuron_onnx_refuse(reader, from, NEURON_E_UNSUPPORTED,
                                  "has %" PRId64 " scales or zero points for an axis of %" PRId64,
                                  list->count, extent);
    a->step = list->count > 1;
    return list->integer ? neuron_onnx_integers_of(&a->integers, reader, from, list)
                         : neuron_onnx_floats_of(&a->floats, reader, from, list);
}

/* What both ways have in common: how a constant is cut along the axis of its scales. */
typedef struct folded {
    const neuron_onnx_constant *scales, *points;
    along scale, zero;
    int32_t axis;
    int64_t extent, behind; /* of the axis, and numbers behind it */
    neuron_onnx_constant *made;
} folded;

static int begin_fold(folded *f, neuron_onnx_reader *reader, const neuron_onnx_operator *from,
                      const neuron_onnx_constant *constant)
{
    int64_t given;
    *f = (folded){.extent = 1, .behind = constant->count};
    RETURN_IF_ERROR(neuron_onnx_constant_in(&f->scales, reader, from, 1));
    RETURN_IF_ERROR(read_zero(&f->points, reader, from));
    if (f->scales->count > 1 || (f->points && f->points->count > 1)) {
        RETURN_IF_ERROR(neuron_onnx_read_integer(&given, reader, from, "axis", 1));
        RETURN_IF_ERROR(neuron_onnx_axis_of(&f->axis, reader, from, given, constant->rank));
        f->extent = constant->extent[f->axis];
        f->behind = 1;
        for (int32_t axis = f->axis + 1; axis < constant->rank; axis++)
            f->behind *= constant->extent[axis];
    }
    if (f->scales->integer || (f->points && !f->points->integer))
        return neuron_onnx_refuse(reader, from, NEURON_E_FORMAT,
                                  "has a scale of integers, or a zero point of floats");
    RETURN_IF_ERROR(read_along(&f->scale, reader, from, f->scales, f->extent));
    if (f->points)
        RETURN_IF_ERROR(read_along(&f->zero, reader, from, f->points, f->extent));
    RETURN_IF_ERROR(neuron_onnx_afford(reader, from, constant->count));
    f->made = neuron_onnx_constant_new(reader, constant->extent, constant->rank);
    return f->made ? NEURON_OK : NEURON_E_MEMORY;
}

/* The place in the lists of number i. */
static int64_t place_of(const folded *f, int64_t i)
{
    return f->behind > 0 ? i / f->behind % f->extent : 0;
}

static double zero_at(const folded *f, int64_t place)
{
    return f->points ? (double)f->zero.integers[place * f->zero.step] : 0;
}

int neuron_onnx_fold_quantize(neuron_onnx_reader *reader, const neuron_onnx_operator *from,
                              const neuron_onnx_constant *constant)
{
    folded f;
    const float *values;
    double range[2];
    int64_t type, *numbers;
    RETURN_IF_ERROR(begin_fold(&f, reader, from, constant));
    RETURN_IF_ERROR(read_type(&type, reader, from, f.points));
    RETURN_IF_ERROR(neuron_onnx_floats_of(&values, reader, from, constant));
    numbers = neuron_onnx_reader_get(reader, constant->count, sizeof *numbers);
    if (!numbers)
        return NEURON_E_MEMORY;
    range_of(range, type);
    for (int64_t i = 0; i < constant->count; i++) {
        int64_t place = place_of(&f, i);
        double steps = nearbyint((double)(values[i] / f.scale.floats[place * f.scale.step]));
        double value = fmin(fmax(steps + zero_at(&f, place), range[0]), range[1]);
        numbers[i] = (int64_t)value;
    }
    f.made->integer = true;
    f.made->integers = numbers;
    return neuron_onnx_out_constant(reader, from, 0, f.made);
}

int neuron_onnx_fold_dequantize(neuron_onnx_reader *reader, const neuron_onnx_operator *from,
                                const neuron_onnx_constant *constant)
{
    folded f;
    const int64_t *values, most = 127; /* what a quantised layer has */
    RETURN_IF_ERROR(begin_fold(&f, reader, from, constant));
    RETURN_IF_ERROR(neuron_onnx_integers_of(&values, reader, from, constant));
    float *numbers = neuron_onnx_reader_get(reader, constant->count, sizeof *numbers);
    neuron_onnx_bytes *bytes = neuron_onnx_reader_get(reader, 1, sizeof *bytes);
    if (!numbers || !bytes)
        return NEURON_E_MEMORY;
    *bytes = (neuron_onnx_bytes){
        .values = constant, .scale = f.scales, .axis = f.axis, .symmetric = true};
    for (int64_t i = 0; i < constant->count; i++) {
        int64_t place = place_of(&f, i);
        double zero = zero_at(&f, place);
        bytes->symmetric = bytes->symmetric && zero == 0 && values[i] >= -most && values[i] <= most;
        numbers[i] = (float)((double)values[i] - zero) * f.scale.floats[place * f.scale.step];
    }
    f.made->floats = numbers;
    f.made->bytes = bytes;
    return neuron_onnx_out_constant(reader, from, 0, f.made);
}

/* ---- Layers ---- */

bool neuron_onnx_can_quantize(neuron_onnx_quantized *quantized, neuron_onnx_reader *reader,
                              const neuron_onnx_operator *from, const neuron_onnx_item *item,
                              const neuron_onnx_constant *weights, int32_t axis)
{
    const neuron_onnx_bytes *bytes = weights->bytes;
    char text[NEURON_ONNX_NUMBER];
    int64_t outputs = weights->extent[axis];
    if (!bytes || !bytes->symmetric || item->part != NEURON_ONNX_BYTES_READ || !item->axes ||
        !neuron_onnx_layout_equal(&item->layout, &item->of->layout) || outputs == 0 ||
        weights->count / outputs > NEURON_BYTES_DEPTH_MAX || item->by < 1e-30 || item->by > 1e30 ||
        item->times < 0 || item->times > 255 ||
        (bytes->scale->count > 1 && (bytes->axis != axis || bytes->scale->count != outputs)) ||
        neuron_onnx_floats_of(&quantized->weights, reader, from, bytes->values) < 0 ||
        neuron_onnx_floats_of(&quantized->scale, reader, from, bytes->scale) < 0)
        return false;
    quantized->input = item->of;
    quantized->scale_step = bytes->scale->count > 1;
    snprintf(quantized->options, sizeof quantized->options, "input_scale=%s, input_zero_point=%.0f",
             neuron_onnx_number_text(text, item->by), item->times);
    return true;
}

void neuron_onnx_quantized_arrays(neuron_onnx_weights arrays[2],
                                  const neuron_onnx_quantized *quantized, int64_t outputs,
                                  const neuron_onnx_weights *bias)
{
    neuron_onnx_weights given = *bias;
    arrays[0] = (neuron_onnx_weights){.array = "scale", .numbers = quantized->scale, .scale = 1};
    arrays[1] = given.numbers ? given : (neuron_onnx_weights){.array = "bias"};
    neuron_onnx_weights_axis(&arrays[0], outputs, quantized->scale_step);
    if (!given.numbers)
        neuron_onnx_weights_axis(&arrays[1], outputs, 0);
}
