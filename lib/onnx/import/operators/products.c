/* Gemm and MatMul with a constant: dense layers, of one vector or, as a convolution by a kernel of
 * one place, of many. */
#include "onnx/import/constant.h"
#include "onnx/import/operators/operators.h"
#include "onnx/import/operators/quantized.h"
#include "onnx/import/weights.h"

#include <stdio.h>

/* A product over one axis of a value, which becomes an axis of `units`. */
typedef struct product {
    const neuron_onnx_item *item;
    int32_t axis;
    const float *numbers; /* of the constant: it goes on by `step` along the axis, by `unit_step` */
    const neuron_onnx_constant *matrix;
    int64_t step, units, unit_step;
    int32_t unit_axis; /* of the constant */
    double scale;
    const neuron_onnx_constant *bias; /* NULL for none */
    double bias_scale;
} product;

/* The layout of the result of a value whose axis is the last in memory, as that of units is. */
static neuron_onnx_layout result_of(const neuron_onnx_layout *layout, int32_t axis, int64_t units)
{
    neuron_onnx_layout made = {.rank = layout->rank, .batch = layout->batch};
    for (int32_t a = 0; a < layout->rank; a++)
        made.extent[a] = a == axis ? units : layout->extent[a];
    for (int32_t a = 0, i = 0; a < layout->rank; a++) {
        for (; i < layout->count && layout->factor[i].axis == a; i++)
            if (a != axis)
                made.factor[made.count++] = layout->factor[i];
        if (a == axis && units > 1)
            made.factor[made.count++] = (neuron_onnx_factor){units, axis, INT32_MAX};
    }
    for (int32_t i = 0; i < made.count; i++)
        if (made.factor[i].place == INT32_MAX)
            made.factor[i].place = made.count - 1;
    return made;
}

/* The result may have a factor more for each axis than its value has. */
static int check_factors(const neuron_onnx_reader *reader, const neuron_onnx_operator *from,
                         const neuron_onnx_layout *layout)
{
    enum { MOST = NEURON_ONNX_FACTORS - NEURON_RANK_MAX };
    if (layout->count <= MOST)
        return NEURON_OK;
    return neuron_onnx_refuse(reader, from, NEURON_E_UNSUPPORTED,
                              "the axes of its input are mixed by transpositions and reshapes "
                              "before it into %" PRId32 " parts; there may be %d",
                              layout->count, MOST);
}

/* A layer of bytes, which reads a vector, or rows of them as an image of one column. */
static int add_bytes(neuron_node_t **node, neuron_onnx_reader *reader,
                     const neuron_onnx_operator *from, const product *p,
                     const neuron_onnx_quantized *quantized, neuron_onnx_weights arrays[4])
{
    char options[200];
    const neuron_onnx_weights bias = arrays[1];
    const int64_t *extent = (*node)->spec.output.extent;
    bool vector = (*node)->spec.output.rank == 1;
    const int64_t image[] = {extent[0], 1, extent[1]};
    if (!vector)
        RETURN_IF_ERROR(neuron_onnx_view(node, reader, from, false, *node, image, 3));
    arrays[0].numbers = quantized->weights;
    neuron_onnx_quantized_arrays(arrays + 1, quantized, p->units, &bias);
    snprintf(options, sizeof options, "%s=%" PRId64 ", %s",
             vector ? "units" : "kernel_height=1, kernel_width=1, filters", p->units,
             quantized->options);
    return neuron_onnx_weighted_layer(node, reader, from, true,
                                      vector ? "quantized_dense" : "quantized_conv2d", *node,
                                      options, arrays, 3);
}

/* Adds the layer. With `adds` the bias is that of another operator. */
static int add_product(neuron_onnx_reader *reader, const neuron_onnx_operator *from,
                       const product *p, const neuron_onnx_operator *adds)
{
    neuron_onnx_layout layout;
    neuron_node_t *node;
    int32_t place;
    uint32_t others = neuron_onnx_all_axes(&p->item->layout) & ~(UINT32_C(1) << p->axis);
    neuron_onnx_quantized quantized;
    bool vector = true;
    bool bytes =
        p->matrix && p->scale == 1 &&
        neuron_onnx_can_quantize(&quantized, reader, from, p->item, p->matrix, p->unit_axis);
    for (int32_t i = 0; i < p->item->layout.count; i++)
        vector = vector && p->item->layout.factor[i].axis == p->axis;
    /* A vector, or rows of them. */
    const neuron_onnx_group groups[] = {{others, true}, {UINT32_C(1) << p->axis, true}};
    RETURN_IF_ERROR(neuron_onnx_arrange(&node, &layout, reader, from,
                                        bytes ? quantized.input : p->item, groups + vector,
                                        2 - vector));
    place = 0;
    for (int32_t i = 0; i < layout.count; i++)
        place += layout.factor[i].axis != p->axis;

    int64_t steps[NEURON_RANK_MAX] = {0};
    steps[p->axis] = p->step;
    neuron_onnx_weights arrays[4] = {{.array = "kernel", .numbers = p->numbers, .scale = p->scale},
                                     {.array = "bias", .scale = p->bias_scale}};
    neuron_onnx_weights_factors(&arrays[0], &layout, place, steps);
    neuron_onnx_weights_axis(&arrays[0], p->units, p->unit_step);
    if (p->bias)
        RETURN_IF_ERROR(neuron_onnx_floats_of(&arrays[1].numbers, reader, from, p->bias));
    neuron_onnx_weights_axis(&arrays[1], p->units, p->bias && p->bias->count > 1);

    layout = result_of(&layout, p->axis, p->units);
    if (bytes) {
        RETURN_IF_ERROR(add_bytes(&node, reader, from, p, &quantized, arrays));
        return neuron_onnx_out_biased(reader, from, adds, node, &layout);
    }
    char options[80];
    snprintf(options, sizeof options, "%s=%" PRId64 "%s%s", vector ? "units" : "filters", p->units,
             vector ? "" : ", kernel_size=1", p->bias ? "" : ", use_bias=no");
    RETURN_IF_ERROR(neuron_onnx_weighted_layer(&node, reader, from, true,
                                               vector ? "dense" : "conv1d", node, options, arrays,
                                               p->bias ? 2 : 1));
    return neuron_onnx_out_biased(reader, from, adds, node, &layout);
}

/* With what is added behind it, if that is a bias. */
static int multiply(neuron_onnx_reader *reader, const neuron_onnx_operator *from, product *p)
{
    const neuron_onnx_operator *adds = NULL;
    if (!p->bias) {
        const neuron_onnx_layout result = result_of(&p->item->layout, p->axis, p->units);
        RETURN_IF_ERROR(neuron_onnx_bias_behind(&p->bias, &adds, reader, from, &result, p->axis));
        p->bias_scale = 1;
    }
    return add_product(reader, from, p, adds);
}

static int refuse_extents(const neuron_onnx_reader *reader, const neuron_onnx_operator *from,
                          int64_t extent, int64_t given)
{
    return neuron_onnx_refuse(reader, from, NEURON_E_FORMAT,
                              "multiplies %" PRId64 " values by %" PRId64, extent, given);
}

/* Takes away an axis of extent 1 that a vector has left behind. */
static int drop_axis(neuron_onnx_reader *reader, const neuron_onnx_operator *from, int32_t axis)
{
    neuron_onnx_item *item = neuron_onnx_find(reader, from->output[0]);
    int64_t extents[NEURON_RANK_MAX];
    int32_t rank = 0, batch = item->layout.batch;
    for (int32_t a = 0; a < item->layout.rank; a++)
        if (a != axis)
            extents[rank++] = item->layout.extent[a];
    neuron_onnx_layout_reshape(&item->layout, extents, rank, batch > axis ? batch - 1 : batch);
    return NEURON_OK;
}

/* ---- A matrix for each place of more axes ---- */

/* The axes before the last two, of the value and of the constant: those that both have are groups
 * of channels, those of the value alone are rows, and those of the constant alone are units. */
typedef struct axes {
    int32_t rank;                    /* of the result */
    uint32_t rows, groups, units;    /* sets of axes */
    int64_t extent[NEURON_RANK_MAX]; /* of the constant */
    int64_t step[NEURON_RANK_MAX];   /* by how many numbers it goes on */
    int64_t group_count, unit_count; /* the products of extents */
} axes;

static int sort_axes(axes *a, neuron_onnx_reader *reader, const neuron_onnx_operator *from,
                     const neuron_onnx_layout *layout, const neuron_onnx_constant *matrix)
{
    int32_t shift = layout->rank - matrix->rank;
    int64_t step = 1;
    *a = (axes){.rank = layout->rank, .group_count = 1, .unit_count = 1};
    for (int32_t axis = layout->rank - 1; axis >= 0; axis--) {
        a->extent[axis] = axis >= shift ? matrix->extent[axis - shift] : 1;
        a->step[axis] = step;
        step *= a->extent[axis];
        if (axis >= layout->rank - 2)
            continue;
        uint32_t bit = UINT32_C(1) << axis;
        bool own = axis == layout->batch || layout->extent[axis] > 1, theirs = a->extent[axis] > 1;
        if (own && theirs && (axis == layout->batch || layout->extent[axis] != a->extent[axis]))
            return refuse_extents(reader, from, layout->extent[axis], a->extent[axis]);
        *(own && theirs ? &a->groups : theirs ? &a->units : &a->rows) |= bit;
        *(own ? &a->group_count : &a->unit_count) *= a->extent[axis];
    }
    a->rows |= UINT32_C(1) << (layout->rank - 2);
    return NEURON_OK;
}

/* What the layer makes: rows, then groups, and in each the units. */
static neuron_onnx_layout result_of_each(const neuron_onnx_layout *layout, const axes *a)
{
    int64_t extents[NEURON_RANK_MAX];
    for (int32_t axis = 0; axis < a->rank; axis++)
        extents[axis] = axis < a->rank - 2 && a->extent[axis] > 1 ? a->extent[axis]
                        : axis == a->rank - 1                     ? a->extent[axis]
                                                                  : layout->extent[axis];
    neuron_onnx_layout made = neuron_onnx_layout_plain(extents, a->rank, layout->batch);
    int32_t place = 0, factors[NEURON_ONNX_FACTORS];
    /* Rows may have several factors, which lie as they do in the value. */
    made.count = 0;
    neuron_onnx_layout_places(layout, factors);
    for (int32_t axis = 0; axis < a->rank; axis++) {
        bool row = a->rows >> axis & 1;
        for (int32_t i = 0; row && i < layout->count; i++)
            if (layout->factor[i].axis == axis)
                made.factor[made.count++] = layout->factor[i];
        if (!row && extents[axis] > 1)
            made.factor[made.count++] = (neuron_onnx_factor){extents[axis], axis, -1};
    }
    for (int32_t i = 0; i < made.count; i++)
        place += made.factor[i].place >= 0;
    const uint32_t order[] = {a->groups, a->units, UINT32_C(1) << (a->rank - 1)};
    for (int32_t kind = 0; kind < 3; kind++)
        for (int32_t i = 0; i < made.count; i++)
            if (order[kind] >> made.factor[i].axis & 1)
                made.factor[i].place = place++;
    return made;
}

/* The axes of a set, in the order of the file. */
static void add_axes(neuron_onnx_weights *weights, const axes *a, uint32_t set)
{
    for (int32_t axis = 0; axis < a->rank; axis++)
        if (set >> axis & 1)
            neuron_onnx_weights_axis(weights, a->extent[axis], a->step[axis]);
}

/* The value of an operator with as many axes as the constant; a vector becomes a row. */
static int widen(neuron_onnx_item *wide, neuron_onnx_reader *reader,
                 const neuron_onnx_operator *from, const neuron_onnx_item *item, int32_t rank)
{
    int64_t extents[NEURON_RANK_MAX];
    int32_t own = item->layout.rank, more = rank > own ? rank - own : 0;
    *wide = *item;
    if (more == 0)
        return NEURON_OK;
    if (item->layout.batch >= 0)
        return neuron_onnx_refuse(reader, from, NEURON_E_UNSUPPORTED,
                                  "multiplies by a constant of more axes than its value has");
    for (int32_t axis = 0; axis < rank; axis++)
        extents[axis] = axis < more ? 1 : item->layout.extent[axis - more];
    neuron_onnx_layout_reshape(&wide->layout, extents, rank, -1);
    return NEURON_OK;
}

static int multiply_each(neuron_onnx_reader *reader, const neuron_onnx_operator *from,
                         const neuron_onnx_item *item, const neuron_onnx_constant *matrix,
                         bool from_left)
{
    neuron_onnx_item wide;
    neuron_onnx_layout layout;
    neuron_node_t *node;
    axes a;
    char options[120];
    if (from_left)
        return neuron_onnx_refuse(reader, from, NEURON_E_UNSUPPORTED,
                                  "multiplies a constant of %" PRId32 " axes by a value",
                                  matrix->rank);
    RETURN_IF_ERROR(widen(&wide, reader, from, item, matrix->rank));
    RETURN_IF_ERROR(sort_axes(&a, reader, from, &wide.layout, matrix));
    int32_t last = a.rank - 1, row = a.rank - 2;
    if (wide.layout.batch >= row || wide.layout.extent[last] != a.extent[row])
        return refuse_extents(reader, from, wide.layout.extent[last], a.extent[row]);
    const neuron_onnx_group groups[] = {
        {neuron_onnx_all_axes(&wide.layout) & (a.rows | a.units), true},
        {a.groups | UINT32_C(1) << last, false}};
    RETURN_IF_ERROR(neuron_onnx_arrange(&node, &layout, reader, from, &wide, groups, 2));
    neuron_onnx_weights kernel = {.array = "kernel", .scale = 1};
    RETURN_IF_ERROR(neuron_onnx_floats_of(&kernel.numbers, reader, from, matrix));
    neuron_onnx_weights_axis(&kernel, a.extent[row], a.step[row]);
    add_axes(&kernel, &a, a.groups);
    add_axes(&kernel, &a, a.units);
    neuron_onnx_weights_axis(&kernel, a.extent[last], 1);
    snprintf(options, sizeof options,
             "filters=%" PRId64 ", kernel_size=1, groups=%" PRId64 ", use_bias=no",
             a.group_count * a.unit_count * a.extent[last], a.group_count);
    RETURN_IF_ERROR(
        neuron_onnx_weighted_layer(&node, reader, from, true, "conv1d", node, options, &kernel, 1));
    layout = result_of_each(&layout, &a);
    RETURN_IF_ERROR(neuron_onnx_out(reader, from, 0, node, &layout));
    return item->layout.rank == 1 ? drop_axis(reader, from, row) : NEURON_OK;
}

int neuron_onnx_import_matmul(neuron_onnx_reader *reader, const neuron_onnx_operator *from)
{
    neuron_onnx_item *sides[] = {neuron_onnx_in(reader, from, 0), neuron_onnx_in(reader, from, 1)};
    if (sides[0] && sides[1] && !sides[0]->constant && !sides[1]->constant)
        return neuron_onnx_refuse(reader, from, NEURON_E_UNSUPPORTED,
                                  "multiplies two values; one must be a constant");
    bool from_left = sides[0] && sides[0]->constant;
    const neuron_onnx_constant *matrix;
    neuron_onnx_item *item;
    RETURN_IF_ERROR(neuron_onnx_constant_in(&matrix, reader, from, !from_left));
    RETURN_IF_ERROR(neuron_onnx_value_in(&item, reader, from, from_left));
    RETURN_IF_ERROR(check_factors(reader, from, &item->layout));
    if (matrix->rank == 0 || item->layout.rank == 0)
        return neuron_onnx_refuse(reader, from, NEURON_E_FORMAT, "multiplies by a single number");
    if (matrix->rank > 2)
        return multiply_each(reader, from, item, matrix, from_left);
    bool vector = matrix->rank == 1;
    int32_t rank = item->layout.rank, axis = from_left && rank > 1 ? rank - 2 : rank - 1;
    if (rank == 0 || axis == item->layout.batch)
        return neuron_onnx_refuse(reader, from, NEURON_E_UNSUPPORTED, "multiplies along the batch");
    /* [in, units]; from the left [units, in] */
    int64_t in = matrix->extent[from_left && !vector],
            units = vector ? 1 : matrix->extent[!from_left];
    if (in != item->layout.extent[axis])
        return refuse_extents(reader, from, item->layout.extent[axis], in);
    product p = {.item = item,
                 .axis = axis,
                 .matrix = vector ? NULL : matrix,
                 .unit_axis = !from_left,
                 .step = from_left || vector ? 1 : units,
                 .units = units,
                 .unit_step = from_left ? in : 1,
                 .scale = 1};
    RETURN_IF_ERROR(neuron_onnx_floats_of(&p.numbers, reader, from, matrix));
    if (!vector)
        return multiply(reader, from, &p);
    RETURN_IF_ERROR(add_product(reader, from, &p, NULL));
    return drop_axis(reader, from, axis);
}

/* What is added by Gemm: a number for each unit, or for all; else it is left for later. */
static bool is_bias(const neuron_onnx_constant *bias, int64_t units)
{
    return bias->count == 1 ||
           (bias->count == units && bias->rank > 0 && bias->extent[bias->rank - 1] == units);
}

int neuron_onnx_import_gemm(neuron_onnx_reader *reader, const neuron_onnx_operator *from)
{
    neuron_onnx_item *item, *bias = neuron_onnx_in(reader, from, 2);
    const neuron_onnx_constant *matrix;
    int64_t turns_left, turns_right;
    double alpha, beta;
    RETURN_IF_ERROR(neuron_onnx_read_integer(&turns_left, reader, from, "transA", 0));
    RETURN_IF_ERROR(neuron_onnx_read_integer(&turns_right, reader, from, "transB", 0));
    RETURN_IF_ERROR(neuron_onnx_read_real(&alpha, reader, from, "alpha", 1));
    RETURN_IF_ERROR(neuron_onnx_read_real(&beta, reader, from, "beta", 1));
    RETURN_IF_ERROR(neuron_onnx_value_in(&item, reader, from, 0));
    RETURN_IF_ERROR(neuron_onnx_constant_in(&matrix, reader, from, 1));
    RETURN_IF_ERROR(check_factors(reader, from, &item->layout));
    int32_t axis = turns_left ? 0 : 1;
    if (item->layout.rank != 2 || matrix->rank != 2)
        return neuron_onnx_refuse(reader, from, NEURON_E_FORMAT,
                                  "multiplies %" PRId32 " axes by %" PRId32 "; both must have two",
                                  item->layout.rank, matrix->rank);
    if (axis == item->layout.batch)
        return neuron_onnx_refuse(reader, from, NEURON_E_UNSUPPORTED,
                                  "attribute transA: multiplies along the batch");
    int64_t in = matrix->extent[turns_right != 0], units = matrix->extent[turns_right == 0];
    if (in != item->layout.extent[axis])
        return refuse_extents(reader, from, item->layout.extent[axis], in);
    if (bias && !bias->constant)
        return neuron_onnx_refuse(reader, from, NEURON_E_UNSUPPORTED,
                                  "input 2, \"%.127s\", is computed; it must be a constant",
                                  bias->name);
    neuron_onnx_item transposed = *item;
    if (turns_left)
        neuron_onnx_layout_transpose(&transposed.layout, (const int32_t[]){1, 0});
    product p = {.item = &transposed,
                 .axis = 1,
                 .matrix = matrix,
                 .unit_axis = !turns_right,
                 .step = turns_right ? 1 : units,
                 .units = units,
                 .unit_step = turns_right ? in : 1,
                 .scale = alpha,
                 .bias = bias && is_bias(bias->constant, units) ? bias->constant : NULL,
                 .bias_scale = beta};
    RETURN_IF_ERROR(neuron_onnx_floats_of(&p.numbers, reader, from, matrix));
    if (!bias || p.bias)
        return multiply(reader, from, &p);
    if (beta != 1)
        return neuron_onnx_refuse(reader, from, NEURON_E_UNSUPPORTED,
                                  "attribute beta with input 2 that is no vector");
    RETURN_IF_ERROR(add_product(reader, from, &p, NULL));
    return neuron_onnx_add_constant_behind(reader, from, bias->constant);
}
