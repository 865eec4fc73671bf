/* Sums and products of values, and of values and constants. */
#include "onnx/import/constant.h"
#include "onnx/import/operators/operators.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- Constants that are broadcast over values ---- */

int neuron_onnx_broadcast_place(int32_t *place, const neuron_onnx_reader *reader,
                                const neuron_onnx_operator *from,
                                const neuron_onnx_constant *constant,
                                const neuron_onnx_layout *layout)
{
    int64_t steps[NEURON_RANK_MAX] = {0};
    int32_t factors[NEURON_ONNX_FACTORS];
    if (!neuron_onnx_steps_over(steps, constant, layout))
        return neuron_onnx_refuse(reader, from, NEURON_E_UNSUPPORTED,
                                  "has a constant that is no part of the shape of its value, or "
                                  "differs along the batch");
    neuron_onnx_layout_places(layout, factors);
    for (*place = 0; *place < layout->count; ++*place)
        if (steps[layout->factor[factors[*place]].axis] != 0)
            break;
    return NEURON_OK;
}

int neuron_onnx_broadcast_weights(neuron_onnx_weights *weights, neuron_onnx_reader *reader,
                                  const neuron_onnx_operator *from,
                                  const neuron_onnx_constant *constant, const char *array,
                                  const neuron_onnx_layout *layout, int32_t place)
{
    int64_t steps[NEURON_RANK_MAX] = {0};
    int32_t first;
    RETURN_IF_ERROR(neuron_onnx_broadcast_place(&first, reader, from, constant, layout));
    if (first < place)
        return neuron_onnx_refuse(reader, from, NEURON_E_UNSUPPORTED,
                                  "has a constant that differs along more axes than it may");
    neuron_onnx_steps_over(steps, constant, layout);
    *weights = (neuron_onnx_weights){.array = array, .scale = 1};
    RETURN_IF_ERROR(neuron_onnx_floats_of(&weights->numbers, reader, from, constant));
    neuron_onnx_weights_factors(weights, layout, place, steps);
    return NEURON_OK;
}

int neuron_onnx_view_from(neuron_node_t **node, neuron_onnx_reader *reader,
                          const neuron_onnx_operator *from, const neuron_onnx_item *item,
                          int32_t place)
{
    int64_t extents[] = {1, 1};
    for (int32_t i = 0; i < item->layout.count; i++)
        extents[item->layout.factor[i].place >= place] *= item->layout.factor[i].extent;
    const neuron_shape *shape = &item->node->spec.output;
    *node = item->node;
    if (shape->extent[shape->rank - 1] == extents[1])
        return NEURON_OK;
    bool all = extents[0] == 1;
    return neuron_onnx_view(node, reader, from, false, *node, extents + all, 2 - all);
}

/* ---- A value and a constant ---- */

/* value * scale + offset, of which one is a constant and the other a number. */
typedef struct affine {
    const neuron_onnx_constant *scale, *offset; /* NULL for none */
    double scale_by, offset_by;                 /* what it is multiplied by; or the number */
    bool divides;                               /* by the constant `scale` */
} affine;

static affine affine_of(const neuron_onnx_operator *from, const neuron_onnx_constant *constant,
                        bool constant_first)
{
    bool sums = strcmp(from->op_type, "Sum") == 0; /* of two */
    switch (sums ? 'A' : from->op_type[0]) {
    case 'A':
        return (affine){.offset = constant, .offset_by = 1, .scale_by = 1};
    case 'S':
        return (affine){.offset = constant,
                        .offset_by = constant_first ? 1 : -1,
                        .scale_by = constant_first ? -1 : 1};
    default:
        return (affine){.scale = constant, .scale_by = 1, .divides = from->op_type[0] == 'D'};
    }
}

/* By single numbers. */
static int scale_all(neuron_onnx_reader *reader, const neuron_onnx_operator *from,
                     const neuron_onnx_item *item, const affine *a, double value)
{
    double scale = a->scale ? a->divides ? 1 / value : value : a->scale_by;
    double offset = a->offset ? value * a->offset_by : 0;
    neuron_onnx_item result = {.node = item->node, .layout = item->layout};
    if (a->divides && value == 0)
        return neuron_onnx_refuse(reader, from, NEURON_E_UNSUPPORTED, "divides by 0");
    RETURN_IF_ERROR(neuron_onnx_rescale(&result.node, reader, from, true, scale, offset));
    if (a->scale) {
        result.part = NEURON_ONNX_SCALED;
        result.of = item;
        result.by = scale;
    } else if (item->part == NEURON_ONNX_VARIANCE && scale == 1) {
        result.part = item->part;
        result.of = item->of;
        result.axes = item->axes;
        result.by = item->by + offset;
    }
    return neuron_onnx_out_part(reader, from, &result);
}

static bool has_zero(const float *numbers, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        if (numbers[i] == 0)
            return true;
    return false;
}

/* 1 by each number. */
static int invert(neuron_onnx_weights *weights, neuron_onnx_reader *reader,
                  const neuron_onnx_operator *from, int64_t count)
{
    if (has_zero(weights->numbers, count))
        return neuron_onnx_refuse(reader, from, NEURON_E_UNSUPPORTED,
                                  "has a constant with a 0 that it divides by");
    float *numbers = neuron_onnx_reader_get(reader, count, sizeof *numbers);
    if (!numbers)
        return NEURON_E_MEMORY;
    for (int64_t i = 0; i < count; i++)
        numbers[i] = 1 / weights->numbers[i];
    weights->numbers = numbers;
    return NEURON_OK;
}

/* Times numbers of which some are 0, as in a mask: a convolution of each channel by itself, which
 * is not trained. A deviation of 0 would be 1. */
static int mask_each(neuron_node_t **node, neuron_onnx_reader *reader,
                     const neuron_onnx_operator *from, neuron_onnx_weights *numbers)
{
    const neuron_shape *shape = &(*node)->spec.output;
    int64_t channels = shape->extent[shape->rank - 1], rows[] = {1, channels};
    char options[120];
    for (int32_t axis = 0; axis + 1 < shape->rank; axis++)
        rows[0] *= shape->extent[axis];
    RETURN_IF_ERROR(neuron_onnx_view(node, reader, from, false, *node, rows, 2));
    numbers->array = "kernel";
    snprintf(options, sizeof options,
             "filters=%" PRId64 ", groups=%" PRId64 ", kernel_size=1, use_bias=no", channels,
             channels);
    RETURN_IF_ERROR(
        neuron_onnx_weighted_layer(node, reader, from, true, "conv1d", *node, options, numbers, 1));
    return neuron_node_set_trainable(*node, 0);
}

/* By numbers that differ from place to place. */
static int scale_each(neuron_node_t **node, neuron_onnx_reader *reader,
                      const neuron_onnx_operator *from, const neuron_onnx_item *item,
                      const affine *a)
{
    static const int64_t same[NEURON_RANK_MAX] = {0};
    const neuron_onnx_constant *constant = a->scale ? a->scale : a->offset;
    neuron_onnx_weights arrays[] = {{.array = "mean"},
                                    {.array = "deviation", .scale = a->scale_by}};
    int32_t place;
    RETURN_IF_ERROR(neuron_onnx_broadcast_place(&place, reader, from, constant, &item->layout));
    RETURN_IF_ERROR(neuron_onnx_view_from(node, reader, from, item, place));
    for (int i = 0; i < 2; i++) {
        neuron_onnx_weights *w = &arrays[i];
        if (constant != (i == 0 ? a->offset : a->scale)) {
            neuron_onnx_weights_factors(w, &item->layout, place, same);
            continue;
        }
        RETURN_IF_ERROR(neuron_onnx_broadcast_weights(w, reader, from, constant, w->array,
                                                      &item->layout, place));
        w->scale = i == 0 ? a->offset_by : 1;
    }
    if (a->scale && a->divides)
        RETURN_IF_ERROR(invert(&arrays[1], reader, from, constant->count));
    else if (a->scale && has_zero(arrays[1].numbers, constant->count))
        return mask_each(node, reader, from, &arrays[1]);
    return neuron_onnx_weighted_layer(node, reader, from, true, "unstandardize", *node, "", arrays,
                                      2);
}

/* erf and what follows it in a GELU, x * 0.5 * (1 + erf(x / sqrt(2))) in any order; and the
 * magnitude in a softsign, x / (1 + |x|). */
static int go_on_with_part(neuron_onnx_reader *reader, const neuron_onnx_operator *from,
                           const neuron_onnx_item *item, const affine *a, double value)
{
    neuron_onnx_item result = *item;
    if (item->part == NEURON_ONNX_ERF && a->offset && a->scale_by == 1 &&
        value * a->offset_by == 1) {
        result.part = NEURON_ONNX_ERF_1;
        result.times = 1;
    } else if (item->part == NEURON_ONNX_ABS && a->offset && a->scale_by == 1 &&
               value * a->offset_by == 1) {
        result.part = NEURON_ONNX_ABS_1;
    } else if ((item->part == NEURON_ONNX_ERF_1 || item->part == NEURON_ONNX_GELU) && a->scale &&
               value != 0) {
        result.times *= a->divides ? 1 / value : value;
    } else {
        return neuron_onnx_refuse_part(reader, from, item);
    }
    return neuron_onnx_end_gelu(reader, from, &result);
}

int neuron_onnx_end_gelu(neuron_onnx_reader *reader, const neuron_onnx_operator *from,
                         neuron_onnx_item *item)
{
    double root = 0.70710678118654752440;
    bool whole = item->part == NEURON_ONNX_GELU && fabs(item->by - root) < 1e-5 &&
                 fabs(item->times - 0.5) < 1e-6;
    if (whole) {
        const neuron_onnx_item result = {.node = item->of->node, .layout = item->of->layout};
        neuron_onnx_item gelu = result;
        RETURN_IF_ERROR(
            neuron_onnx_layer(&gelu.node, reader, from, true, "gelu", &gelu.node, 1, NULL));
        return neuron_onnx_out_part(reader, from, &gelu);
    }
    return neuron_onnx_out_part(reader, from, item);
}

/* A normalisation that was put together gets its gamma and its beta. */
static int go_on_with_norm(bool *done, neuron_onnx_reader *reader, const neuron_onnx_operator *from,
                           const neuron_onnx_item *item, const neuron_onnx_constant *constant,
                           const affine *a)
{
    neuron_onnx_item result = *item;
    int32_t place;
    bool gamma = a->scale && !a->divides && !item->gamma && !item->beta;
    bool beta = a->offset && a->scale_by == 1 && a->offset_by == 1 && !item->beta;
    *done = false;
    if (item->part != NEURON_ONNX_NORMALIZED || (!gamma && !beta) ||
        neuron_onnx_broadcast_place(&place, reader, from, constant, &item->layout) < 0)
        return NEURON_OK;
    for (int32_t i = 0; i < item->layout.count; i++) /* it must not differ along other axes */
        if (!(item->axes >> item->layout.factor[i].axis & 1) &&
            item->layout.factor[i].place >= place)
            return NEURON_OK;
    *(gamma ? &result.gamma : &result.beta) = constant;
    *done = true;
    RETURN_IF_ERROR(neuron_onnx_put_layer_norm(&result.node, &result.layout, reader, from, item->of,
                                               item->axes, item->by, result.gamma, result.beta));
    return neuron_onnx_out_part(reader, from, &result);
}

static int with_constant(neuron_onnx_reader *reader, const neuron_onnx_operator *from,
                         const neuron_onnx_item *item, const neuron_onnx_constant *constant,
                         bool constant_first)
{
    const affine a = affine_of(from, constant, constant_first);
    double value = 0;
    bool single = neuron_onnx_single(&value, constant), done;
    neuron_node_t *node;
    if (constant_first && a.divides)
        return neuron_onnx_refuse(reader, from, NEURON_E_UNSUPPORTED, "divides by a value");
    if (constant->rank > item->layout.rank)
        return neuron_onnx_refuse(reader, from, NEURON_E_UNSUPPORTED,
                                  "has a constant of %" PRId32 " axes for a value of %" PRId32,
                                  constant->rank, item->layout.rank);
    if (!item->node)
        return single ? go_on_with_part(reader, from, item, &a, value)
                      : neuron_onnx_refuse_part(reader, from, item);
    RETURN_IF_ERROR(go_on_with_norm(&done, reader, from, item, constant, &a));
    if (done)
        return NEURON_OK;
    if (single)
        return scale_all(reader, from, item, &a, value);
    RETURN_IF_ERROR(scale_each(&node, reader, from, item, &a));
    return neuron_onnx_out(reader, from, 0, node, &item->layout);
}

int neuron_onnx_add_constant_behind(neuron_onnx_reader *reader, const neuron_onnx_operator *from,
                                    const neuron_onnx_constant *constant)
{
    neuron_onnx_item *item = neuron_onnx_find(reader, from->output[0]);
    const affine a = {.offset = constant, .offset_by = 1, .scale_by = 1};
    return scale_each(&item->node, reader, from, item, &a);
}

/* ---- Values ---- */

/* Values of one shape, or of shapes that are broadcast: nodes whose axes stand for the same, and
 * the layout of what comes of them. */
static int broadcast(neuron_node_t **nodes, neuron_onnx_layout *layout, neuron_onnx_reader *reader,
                     const neuron_onnx_operator *from, const neuron_onnx_item *const *items,
                     size_t count)
{
    int64_t extents[NEURON_RANK_MAX] = {0};
    int32_t rank = 0, batch = -1, base = -1, dimension[NEURON_RANK_MAX] = {0};
    for (size_t i = 0; i < count; i++)
        rank = items[i]->layout.rank > rank ? items[i]->layout.rank : rank;
    for (size_t i = 0; i < count; i++) {
        const neuron_onnx_layout *own = &items[i]->layout;
        int32_t shift = rank - own->rank, there = own->batch < 0 ? -1 : own->batch + shift;
        if (i > 0 && there != batch)
            return neuron_onnx_refuse(reader, from, NEURON_E_UNSUPPORTED,
                                      "joins values whose batch is not the same axis");
        batch = there;
        for (int32_t axis = 0; axis < rank; axis++) {
            int64_t extent = axis < shift ? 1 : own->extent[axis - shift];
            if (i > 0 && extent != 1 && extents[axis] != 1 && extents[axis] != extent)
                return neuron_onnx_refuse(reader, from, NEURON_E_FORMAT,
                                          "joins %" PRId64 " and %" PRId64 " values of an axis",
                                          extents[axis], extent);
            extents[axis] = i == 0 || extent > extents[axis] ? extent : extents[axis];
        }
    }
    for (size_t i = 0; i < count && base < 0; i++)
        if (items[i]->layout.rank == rank &&
            memcmp(items[i]->layout.extent, extents, (size_t)rank * sizeof *extents) == 0)
            base = (int32_t)i;
    /* The axes in the order of the first that has all of them, or in that of the file. */
    int32_t order[NEURON_RANK_MAX], axes = 0;
    *layout = neuron_onnx_layout_plain(extents, rank, batch);
    if (base >= 0)
        RETURN_IF_ERROR(
            neuron_onnx_spread(&nodes[base], layout, dimension, reader, from, items[base], 0));
    for (int32_t axis = 0; axis < rank; axis++)
        if (axis != batch)
            order[base >= 0 ? dimension[axis] : axes] = axis, axes++;
    for (size_t i = 0; i < count; i++) {
        neuron_onnx_group groups[NEURON_RANK_MAX];
        neuron_onnx_layout own;
        int32_t shift = rank - items[i]->layout.rank;
        if ((int32_t)i == base)
            continue;
        for (int32_t g = 0; g < axes; g++)
            groups[g] = (neuron_onnx_group){
                .axes = order[g] < shift ? 0 : UINT32_C(1) << (order[g] - shift)};
        RETURN_IF_ERROR(neuron_onnx_arrange(&nodes[i], &own, reader, from, items[i], groups, axes));
    }
    return NEURON_OK;
}

/* The same where all lie alike, as they are. */
static int align(neuron_node_t **nodes, neuron_onnx_layout *layout, neuron_onnx_reader *reader,
                 const neuron_onnx_operator *from, const neuron_onnx_item *const *items,
                 size_t count)
{
    *layout = items[0]->layout;
    for (size_t i = 1; i < count; i++)
        if (!neuron_onnx_layout_equal(layout, &items[i]->layout))
            return broadcast(nodes, layout, reader, from, items, count);
    nodes[0] = items[0]->node;
    const neuron_shape *shape = &nodes[0]->spec.output;
    for (size_t i = 1; i < count; i++)
        RETURN_IF_ERROR(neuron_onnx_view(&nodes[i], reader, from, false, items[i]->node,
                                         shape->extent, shape->rank));
    return NEURON_OK;
}

/* Whether an item is what another was made of, or the same under another name. */
static bool same_value(const neuron_onnx_item *a, const neuron_onnx_item *b)
{
    return a && b &&
           (a == b ||
            (a->node && a->node == b->node && neuron_onnx_layout_equal(&a->layout, &b->layout)));
}

/* x times (erf(...) + 1), where x may be scaled. */
static int times_erf(neuron_onnx_reader *reader, const neuron_onnx_operator *from,
                     const neuron_onnx_item *value, const neuron_onnx_item *erf)
{
    neuron_onnx_item result = *erf;
    bool scaled = value->part == NEURON_ONNX_SCALED && same_value(value->of, erf->of);
    if (erf->part != NEURON_ONNX_ERF_1 || (!scaled && !same_value(value, erf->of)))
        return neuron_onnx_refuse_part(reader, from, erf);
    result.part = NEURON_ONNX_GELU;
    result.times *= scaled ? value->by : 1;
    return neuron_onnx_end_gelu(reader, from, &result);
}

/* Layers that products of two values are. */
static int multiply_parts(bool *done, neuron_onnx_reader *reader, const neuron_onnx_operator *from,
                          const neuron_onnx_item *a, const neuron_onnx_item *b)
{
    bool silu = b->part == NEURON_ONNX_SIGMOID && same_value(b->of, a);
    bool swish = b->part == NEURON_ONNX_HARD_SIGMOID && same_value(b->of, a);
    *done = true;
    if (!b->node)
        return times_erf(reader, from, a, b);
    *done = silu || swish;
    if (!*done)
        return NEURON_OK;
    neuron_node_t *node = a->node;
    RETURN_IF_ERROR(
        neuron_onnx_layer(&node, reader, from, true, silu ? "silu" : "hard_swish", &node, 1, NULL));
    return neuron_onnx_out(reader, from, 0, node, &a->layout);
}

/* (x - mean) / sqrt(variance + epsilon), x / (1 + |x|), or exp(x) / (the sum of exp(x)) */
static int divide(neuron_onnx_reader *reader, const neuron_onnx_operator *from,
                  const neuron_onnx_item *a, const neuron_onnx_item *b)
{
    if (b->part == NEURON_ONNX_ABS_1 && same_value(b->of, a)) {
        neuron_node_t *node = a->node;
        RETURN_IF_ERROR(neuron_onnx_layer(&node, reader, from, true, "softsign", &node, 1, NULL));
        return neuron_onnx_out(reader, from, 0, node, &a->layout);
    }
    if (b->part == NEURON_ONNX_TOTAL && same_value(b->of, a))
        return neuron_onnx_put_softmax(reader, from, neuron_onnx_softmax_of(b->of, b->axes),
                                       b->axes, false);
    if (b->part != NEURON_ONNX_DEVIATION || !same_value(b->of, a))
        return neuron_onnx_refuse(reader, from, NEURON_E_UNSUPPORTED,
                                  "divides by a value that is not the deviation of a layer "
                                  "normalisation, or the sum in a softmax");
    neuron_onnx_item result = {
        .part = NEURON_ONNX_NORMALIZED, .of = a->of, .axes = a->axes, .by = b->by};
    RETURN_IF_ERROR(neuron_onnx_put_layer_norm(&result.node, &result.layout, reader, from, a->of,
                                               a->axes, b->by, NULL, NULL));
    return neuron_onnx_out_part(reader, from, &result);
}

static int join(neuron_onnx_reader *reader, const neuron_onnx_operator *from, const char *layer,
                const neuron_onnx_item *const *items, size_t count, neuron_onnx_item *result)
{
    neuron_node_t **nodes = neuron_onnx_reader_get(reader, (int64_t)count, sizeof(void *));
    if (!nodes)
        return NEURON_E_MEMORY;
    RETURN_IF_ERROR(align(nodes, &result->layout, reader, from, items, count));
    if (from->op_type[0] == 'S' && strcmp(from->op_type, "Sub") == 0)
        RETURN_IF_ERROR(neuron_onnx_rescale(&nodes[1], reader, from, false, -1, 0));
    return neuron_onnx_layer(&result->node, reader, from, true, layer, nodes, (int64_t)count, NULL);
}

static int with_value(neuron_onnx_reader *reader, const neuron_onnx_operator *from,
                      const neuron_onnx_item *a, const neuron_onnx_item *b)
{
    neuron_onnx_item result = {.node = NULL};
    const neuron_onnx_item *const both[] = {a, b};
    bool multiplies = from->op_type[0] == 'M', done = false;
    if (from->op_type[0] == 'D')
        return a->node
                   ? divide(reader, from, a, b)
                   : neuron_onnx_refuse(reader, from, NEURON_E_UNSUPPORTED, "divides by a value");
    if (multiplies) {
        RETURN_IF_ERROR(multiply_parts(&done, reader, from, a, b));
        if (!done)
            RETURN_IF_ERROR(multiply_parts(&done, reader, from, b, a));
    } else if (from->op_type[0] == 'S' && a->node && b->part == NEURON_ONNX_LOG_TOTAL &&
               same_value(b->of->of, a)) {
        return neuron_onnx_put_softmax(reader, from, neuron_onnx_softmax_of(b->of, b->axes),
                                       b->axes, true);
    } else if (!a->node || !b->node) {
        return neuron_onnx_refuse_part(reader, from, a->node ? b : a);
    }
    if (done)
        return NEURON_OK;
    RETURN_IF_ERROR(join(reader, from, multiplies ? "multiply" : "add", both, 2, &result));
    if (multiplies && same_value(a, b)) {
        result.part = NEURON_ONNX_SQUARE;
        result.of = a;
    } else if (from->op_type[0] == 'S' && b->part == NEURON_ONNX_MEAN && same_value(b->of, a)) {
        result.part = NEURON_ONNX_CENTERED;
        result.of = a;
        result.axes = b->axes;
    } else if (from->op_type[0] == 'S' && b->part == NEURON_ONNX_MAXIMUM && same_value(b->of, a)) {
        result.part = NEURON_ONNX_SHIFTED;
        result.of = a;
        result.axes = b->axes;
    }
    return neuron_onnx_out_part(reader, from, &result);
}

int neuron_onnx_import_arithmetic(neuron_onnx_reader *reader, const neuron_onnx_operator *from)
{
    neuron_onnx_item *a = neuron_onnx_in(reader, from, 0), *b = neuron_onnx_in(reader, from, 1);
    if (!a || !b)
        return neuron_onnx_refuse(reader, from, NEURON_E_FORMAT, "input %d is missing", a != NULL);
    if (a->constant && b->constant)
        return neuron_onnx_refuse(reader, from, NEURON_E_UNSUPPORTED,
                                  "computes with constants what is not known here");
    if (a->constant || b->constant)
        return with_constant(reader, from, a->constant ? b : a,
                             a->constant ? a->constant : b->constant, a->constant);
    return with_value(reader, from, a, b);
}

/* Sum and Mean of any number. */
int neuron_onnx_import_sum(neuron_onnx_reader *reader, const neuron_onnx_operator *from)
{
    const neuron_onnx_item *a = neuron_onnx_in(reader, from, 0),
                           *b = neuron_onnx_in(reader, from, 1);
    if (from->op_type[0] == 'S' && from->n_input == 2 && a && b && !a->constant != !b->constant)
        return with_constant(reader, from, a->constant ? b : a,
                             a->constant ? a->constant : b->constant, a->constant);
    const neuron_onnx_item **items =
        neuron_onnx_reader_get(reader, (int64_t)from->n_input + 1, sizeof *items);
    neuron_onnx_item result = {.node = NULL};
    bool mean = from->op_type[0] == 'M';
    if (!items)
        return NEURON_E_MEMORY;
    for (size_t i = 0; i < from->n_input; i++) {
        neuron_onnx_item *item;
        RETURN_IF_ERROR(neuron_onnx_value_in(&item, reader, from, i));
        items[i] = item;
    }
    if (from->n_input == 0)
        return neuron_onnx_refuse(reader, from, NEURON_E_FORMAT, "has no inputs");
    if (from->n_input == 1)
        return neuron_onnx_out_part(reader, from, items[0]);
    bool alike = true;
    for (size_t i = 1; i < from->n_input; i++)
        alike = alike && neuron_onnx_layout_equal(&items[0]->layout, &items[i]->layout);
    RETURN_IF_ERROR(
        join(reader, from, mean && alike ? "average" : "add", items, from->n_input, &result));
    if (mean && !alike)
        RETURN_IF_ERROR(
            neuron_onnx_rescale(&result.node, reader, from, true, 1 / (double)from->n_input, 0));
    return neuron_onnx_out_part(reader, from, &result);
}

int neuron_onnx_import_negate(neuron_onnx_reader *reader, const neuron_onnx_operator *from)
{
    neuron_onnx_item *item;
    RETURN_IF_ERROR(neuron_onnx_value_in(&item, reader, from, 0));
    neuron_node_t *node = item->node;
    RETURN_IF_ERROR(neuron_onnx_rescale(&node, reader, from, true, -1, 0));
    return neuron_onnx_out(reader, from, 0, node, &item->layout);
}

/* Pow by a small whole number, which is a product; or by a half, which is a root. */
int neuron_onnx_import_power(neuron_onnx_reader *reader, const neuron_onnx_operator *from)
{
    enum { MOST = 4 };
    neuron_onnx_item *item;
    const neuron_onnx_constant *exponent;
    neuron_node_t *factors[MOST];
    double value;
    RETURN_IF_ERROR(neuron_onnx_value_in(&item, reader, from, 0));
    RETURN_IF_ERROR(neuron_onnx_constant_in(&exponent, reader, from, 1));
    bool single = neuron_onnx_single(&value, exponent);
    if (single && value == 0.5 && item->part == NEURON_ONNX_VARIANCE)
        return neuron_onnx_import_root(reader, from);
    if (!single || value < 1 || value > MOST || value != floor(value))
        return neuron_onnx_refuse(reader, from, NEURON_E_UNSUPPORTED,
                                  "has an exponent that is not 1, 2, 3 or %d", MOST);
    int64_t count = (int64_t)value;
    neuron_onnx_item result = {.layout = item->layout};
    if (count == 1)
        return neuron_onnx_out_part(reader, from, item);
    for (int64_t i = 0; i < count; i++)
        factors[i] = item->node;
    if (count == 2) {
        result.part = NEURON_ONNX_SQUARE;
        result.of = item;
    }
    RETURN_IF_ERROR(
        neuron_onnx_layer(&result.node, reader, from, true, "multiply", factors, count, NULL));
    return neuron_onnx_out_part(reader, from, &result);
}

/* Is a part of a layer normalisation, or of nothing. */
int neuron_onnx_import_root(neuron_onnx_reader *reader, const neuron_onnx_operator *from)
{
    neuron_onnx_item *item;
    RETURN_IF_ERROR(neuron_onnx_value_in(&item, reader, from, 0));
    if (item->part != NEURON_ONNX_VARIANCE)
        return neuron_onnx_refuse(reader, from, NEURON_E_UNSUPPORTED,
                                  "is imported as a part of a layer normalisation alone");
    neuron_onnx_item result = *item;
    result.node = NULL;
    result.part = NEURON_ONNX_DEVIATION;
    return neuron_onnx_out_part(reader, from, &result);
}
