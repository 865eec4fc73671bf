/* What can be computed before there are any examples: constants, and the shapes that files compute
 * of those of values. */
#include "onnx/import/constant.h"
#include "onnx/import/operators/operators.h"
#include "onnx/import/operators/quantized.h"

#include <math.h>
#include <string.h>

/* The numbers of a constant: one of the lists. */
typedef struct numbers {
    const float *floats;
    const int64_t *integers;
    const bool *batch;
} numbers;

static int read_numbers(numbers *n, neuron_onnx_reader *reader, const neuron_onnx_operator *from,
                        const neuron_onnx_constant *constant)
{
    *n = (numbers){.batch = constant->batch};
    if (constant->integer)
        return neuron_onnx_integers_of(&n->integers, reader, from, constant);
    return neuron_onnx_floats_of(&n->floats, reader, from, constant);
}

/* A constant to be filled in, with as many numbers as the file justifies. */
typedef struct made {
    neuron_onnx_constant *constant;
    float *floats;
    int64_t *integers;
    bool *batch;
} made;

static int make(made *m, neuron_onnx_reader *reader, const neuron_onnx_operator *from,
                const int64_t *extents, int32_t rank, bool integer, bool batch)
{
    int64_t count = 1;
    for (int32_t axis = 0; axis < rank; axis++)
        if (extents[axis] < 0 || !neuron_multiply_count(count, extents[axis], &count))
            count = -1;
    RETURN_IF_ERROR(neuron_onnx_afford(reader, from, count));
    *m = (made){.constant = neuron_onnx_constant_new(reader, extents, rank)};
    if (integer)
        m->integers = neuron_onnx_reader_get(reader, count, sizeof *m->integers);
    else
        m->floats = neuron_onnx_reader_get(reader, count, sizeof *m->floats);
    if (batch)
        m->batch = neuron_onnx_reader_get(reader, count, sizeof *m->batch);
    if (!m->constant || (integer ? !m->integers : !m->floats) || (batch && !m->batch))
        return NEURON_E_MEMORY;
    m->constant->integer = integer;
    m->constant->floats = m->floats;
    m->constant->integers = m->integers;
    m->constant->batch = m->batch;
    return NEURON_OK;
}

static void copy_number(const made *to, int64_t at, const numbers *from, int64_t index)
{
    if (to->integers)
        to->integers[at] = from->integers[index];
    else
        to->floats[at] = from->floats[index];
    if (to->batch)
        to->batch[at] = from->batch && from->batch[index];
}

/* ---- The same numbers, or some of them ---- */

/* A view of a constant with other extents, as many as there are numbers. */
static int out_view(neuron_onnx_reader *reader, const neuron_onnx_operator *from,
                    const neuron_onnx_constant *constant, const int64_t *extents, int32_t rank)
{
    neuron_onnx_constant *view = neuron_onnx_reader_get(reader, 1, sizeof *view);
    int64_t count = 1;
    if (!view)
        return NEURON_E_MEMORY;
    *view = *constant;
    view->rank = rank;
    for (int32_t axis = 0; axis < rank; axis++) {
        if (rank != constant->rank || extents[axis] != constant->extent[axis])
            view->bytes = NULL;
        count *= view->extent[axis] = extents[axis];
    }
    if (count != constant->count)
        return neuron_onnx_refuse(reader, from, NEURON_E_FORMAT,
                                  "gives %" PRId64 " numbers a shape of %" PRId64, constant->count,
                                  count);
    return neuron_onnx_out_constant(reader, from, 0, view);
}

/* Numbers that are found by steps along the axes of the result. */
static int out_strided(neuron_onnx_reader *reader, const neuron_onnx_operator *from,
                       const neuron_onnx_constant *constant, const int64_t *extents, int32_t rank,
                       const int64_t *steps, int64_t first)
{
    made m;
    numbers n;
    int64_t places[NEURON_RANK_MAX] = {0}, at = first;
    RETURN_IF_ERROR(
        make(&m, reader, from, extents, rank, constant->integer, constant->batch != NULL));
    RETURN_IF_ERROR(read_numbers(&n, reader, from, constant));
    for (int64_t i = 0; i < m.constant->count; i++) {
        copy_number(&m, i, &n, at);
        for (int32_t axis = rank - 1; axis >= 0; axis--) {
            at += steps[axis];
            if (++places[axis] < extents[axis])
                break;
            at -= extents[axis] * steps[axis];
            places[axis] = 0;
        }
    }
    return neuron_onnx_out_constant(reader, from, 0, m.constant);
}

/* By how many numbers each axis of a constant goes on. */
static void steps_of(const neuron_onnx_constant *constant, int64_t steps[NEURON_RANK_MAX])
{
    int64_t step = 1;
    for (int32_t axis = constant->rank - 1; axis >= 0; axis--) {
        steps[axis] = step;
        step *= constant->extent[axis];
    }
}

static int fold_identity(neuron_onnx_reader *reader, const neuron_onnx_operator *from,
                         const neuron_onnx_constant *c)
{
    return out_view(reader, from, c, c->extent, c->rank);
}

static int fold_reshape(neuron_onnx_reader *reader, const neuron_onnx_operator *from,
                        const neuron_onnx_constant *c)
{
    const int64_t *given;
    int64_t count, extents[NEURON_RANK_MAX], others = 1, keeps_zero;
    int32_t open = -1;
    RETURN_IF_ERROR(neuron_onnx_integers_in(&given, &count, reader, from, 1, "shape"));
    RETURN_IF_ERROR(neuron_onnx_read_integer(&keeps_zero, reader, from, "allowzero", 0));
    if (count > NEURON_RANK_MAX)
        return neuron_onnx_refuse(reader, from, NEURON_E_UNSUPPORTED,
                                  "makes %" PRId64 " axes; there may be %d", count,
                                  NEURON_RANK_MAX);
    for (int32_t i = 0; i < count; i++) {
        extents[i] = given[i] == 0 && !keeps_zero && i < c->rank ? c->extent[i] : given[i];
        if (extents[i] == -1)
            open = i;
        else if (extents[i] < 0 || !neuron_multiply_count(others, extents[i], &others))
            return neuron_onnx_refuse(reader, from, NEURON_E_FORMAT,
                                      "has a shape with the extent %" PRId64, extents[i]);
    }
    if (open >= 0)
        extents[open] = others > 0 ? c->count / others : 0;
    return out_view(reader, from, c, extents, (int32_t)count);
}

static int fold_transpose(neuron_onnx_reader *reader, const neuron_onnx_operator *from,
                          const neuron_onnx_constant *c)
{
    const int64_t *order;
    size_t count;
    int64_t extents[NEURON_RANK_MAX], steps[NEURON_RANK_MAX], own[NEURON_RANK_MAX];
    RETURN_IF_ERROR(neuron_onnx_read_integers(&order, &count, reader, from, "perm"));
    bool reverses = !neuron_onnx_attribute(from, "perm");
    steps_of(c, own);
    for (int32_t axis = 0; axis < c->rank; axis++) {
        int64_t old = reverses ? c->rank - 1 - axis : (size_t)axis < count ? order[axis] : -1;
        if (old < 0 || old >= c->rank)
            return neuron_onnx_refuse(reader, from, NEURON_E_FORMAT,
                                      "attribute perm is no order of %" PRId32 " axes", c->rank);
        extents[axis] = c->extent[old];
        steps[axis] = own[old];
    }
    return out_strided(reader, from, c, extents, c->rank, steps, 0);
}

static int fold_squeeze(neuron_onnx_reader *reader, const neuron_onnx_operator *from,
                        const neuron_onnx_constant *c)
{
    uint32_t axes;
    int64_t count, extents[NEURON_RANK_MAX];
    int32_t rank = 0;
    RETURN_IF_ERROR(neuron_onnx_axes_in(&axes, &count, reader, from, c->rank));
    for (int32_t axis = 0; axis < c->rank; axis++)
        if (axes ? !(axes >> axis & 1) : c->extent[axis] != 1)
            extents[rank++] = c->extent[axis];
    return out_view(reader, from, c, extents, rank);
}

static int fold_unsqueeze(neuron_onnx_reader *reader, const neuron_onnx_operator *from,
                          const neuron_onnx_constant *c)
{
    uint32_t axes;
    int64_t count, extents[NEURON_RANK_MAX];
    int32_t rank = 0, more;
    RETURN_IF_ERROR(neuron_onnx_axes_to_add(&more, reader, from, c->rank));
    RETURN_IF_ERROR(neuron_onnx_axes_in(&axes, &count, reader, from, c->rank + more));
    for (int32_t old = 0; rank < NEURON_RANK_MAX && (old < c->rank || axes >> rank);)
        if (axes >> rank & 1)
            extents[rank++] = 1;
        else if (old < c->rank)
            extents[rank++] = c->extent[old++];
        else
            break;
    return out_view(reader, from, c, extents, rank);
}

static int fold_slice(neuron_onnx_reader *reader, const neuron_onnx_operator *from,
                      const neuron_onnx_constant *c)
{
    const int64_t *starts, *ends, *axes, *each;
    int64_t counts[4], extents[NEURON_RANK_MAX], steps[NEURON_RANK_MAX], first = 0;
    RETURN_IF_ERROR(neuron_onnx_integers_in(&starts, &counts[0], reader, from, 1, "starts"));
    RETURN_IF_ERROR(neuron_onnx_integers_in(&ends, &counts[1], reader, from, 2, "ends"));
    RETURN_IF_ERROR(neuron_onnx_integers_in(&axes, &counts[2], reader, from, 3, "axes"));
    RETURN_IF_ERROR(neuron_onnx_integers_in(&each, &counts[3], reader, from, 4, "steps"));
    steps_of(c, steps);
    memcpy(extents, c->extent, sizeof extents);
    if (counts[0] != counts[1] || (counts[2] != 0 && counts[2] != counts[0]) ||
        (counts[3] != 0 && counts[3] != counts[0]))
        return neuron_onnx_refuse(reader, from, NEURON_E_FORMAT,
                                  "has %" PRId64 " starts and %" PRId64 " ends", counts[0],
                                  counts[1]);
    for (int64_t i = 0; i < counts[0]; i++) {
        int32_t axis;
        RETURN_IF_ERROR(neuron_onnx_axis_of(&axis, reader, from, counts[2] ? axes[i] : i, c->rank));
        int64_t extent = c->extent[axis], step = counts[3] ? each[i] : 1;
        int64_t begin = starts[i] < 0 ? starts[i] + extent : starts[i];
        int64_t end = ends[i] < 0 && ends[i] >= -extent ? ends[i] + extent : ends[i];
        int64_t least = step > 0 ? 0 : -1, most = step > 0 ? extent : extent - 1;
        if (step == 0 || step < -INT32_MAX || step > INT32_MAX)
            return neuron_onnx_refuse(reader, from, NEURON_E_UNSUPPORTED, "has a step of %" PRId64,
                                      step);
        begin = neuron_between(0, begin, most);
        end = neuron_between(least, end, most);
        int64_t span = step > 0 ? end - begin : begin - end, size = step > 0 ? step : -step;
        extents[axis] = span > 0 ? (span + size - 1) / size : 0;
        first += begin * steps[axis];
        steps[axis] *= step;
    }
    return out_strided(reader, from, c, extents, c->rank, steps, first);
}

static int fold_expand(neuron_onnx_reader *reader, const neuron_onnx_operator *from,
                       const neuron_onnx_constant *c)
{
    const int64_t *given;
    int64_t count, own[NEURON_RANK_MAX], extents[NEURON_RANK_MAX], steps[NEURON_RANK_MAX];
    RETURN_IF_ERROR(neuron_onnx_integers_in(&given, &count, reader, from, 1, "shape"));
    if (count > NEURON_RANK_MAX)
        return neuron_onnx_refuse(reader, from, NEURON_E_UNSUPPORTED, "makes too many axes");
    steps_of(c, own);
    int32_t rank = count > c->rank ? (int32_t)count : c->rank;
    for (int32_t axis = 0; axis < rank; axis++) {
        int32_t mine = axis - (rank - c->rank), wanted = axis - (rank - (int32_t)count);
        int64_t extent = mine >= 0 ? c->extent[mine] : 1, to = wanted >= 0 ? given[wanted] : 1;
        if (extent != to && extent != 1 && to != 1)
            return neuron_onnx_refuse(reader, from, NEURON_E_FORMAT,
                                      "repeats %" PRId64 " numbers to %" PRId64, extent, to);
        extents[axis] = extent == 1 ? to : extent;
        steps[axis] = extent == 1 ? 0 : own[mine];
    }
    return out_strided(reader, from, c, extents, rank, steps, 0);
}

/* ---- Numbers of several ---- */

static int fold_concat(neuron_onnx_reader *reader, const neuron_onnx_operator *from,
                       const neuron_onnx_constant *first)
{
    int64_t given, extents[NEURON_RANK_MAX], before = 1, at = 0;
    int32_t axis;
    made m;
    bool batch = false;
    RETURN_IF_ERROR(neuron_onnx_read_integer(&given, reader, from, "axis", 1));
    RETURN_IF_ERROR(neuron_onnx_axis_of(&axis, reader, from, given, first->rank));
    memcpy(extents, first->extent, sizeof extents);
    extents[axis] = 0;
    for (size_t i = 0; i < from->n_input; i++) {
        const neuron_onnx_constant *c;
        RETURN_IF_ERROR(neuron_onnx_constant_in(&c, reader, from, i));
        bool fits = c->rank == first->rank && c->integer == first->integer;
        for (int32_t a = 0; fits && a < c->rank; a++)
            fits = a == axis || c->extent[a] == first->extent[a];
        if (!fits || __builtin_add_overflow(extents[axis], c->extent[axis], &extents[axis]))
            return neuron_onnx_refuse(reader, from, NEURON_E_FORMAT,
                                      "joins constants that do not fit");
        batch = batch || c->batch;
    }
    RETURN_IF_ERROR(make(&m, reader, from, extents, first->rank, first->integer, batch));
    for (int32_t a = 0; a < axis; a++)
        before *= extents[a];
    for (int64_t row = 0; row < before; row++)
        for (size_t i = 0; i < from->n_input; i++) {
            const neuron_onnx_constant *c;
            numbers n;
            RETURN_IF_ERROR(neuron_onnx_constant_in(&c, reader, from, i));
            RETURN_IF_ERROR(read_numbers(&n, reader, from, c));
            int64_t width = c->count / before;
            for (int64_t k = 0; k < width; k++)
                copy_number(&m, at++, &n, row * width + k);
        }
    return neuron_onnx_out_constant(reader, from, 0, m.constant);
}

static int fold_gather(neuron_onnx_reader *reader, const neuron_onnx_operator *from,
                       const neuron_onnx_constant *c)
{
    const neuron_onnx_constant *index;
    const int64_t *places;
    int64_t given, extents[NEURON_RANK_MAX], before = 1, behind = 1, at = 0;
    int32_t axis, rank = 0;
    made m;
    numbers n;
    RETURN_IF_ERROR(neuron_onnx_constant_in(&index, reader, from, 1));
    RETURN_IF_ERROR(neuron_onnx_integers_of(&places, reader, from, index));
    RETURN_IF_ERROR(neuron_onnx_read_integer(&given, reader, from, "axis", 0));
    RETURN_IF_ERROR(neuron_onnx_axis_of(&axis, reader, from, given, c->rank));
    if (c->rank + index->rank - 1 > NEURON_RANK_MAX)
        return neuron_onnx_refuse(reader, from, NEURON_E_UNSUPPORTED, "makes too many axes");
    for (int32_t a = 0; a < c->rank; a++) {
        if (a != axis)
            extents[rank++] = c->extent[a];
        for (int32_t b = 0; a == axis && b < index->rank; b++)
            extents[rank++] = index->extent[b];
        *(a < axis ? &before : &behind) *= a == axis ? 1 : c->extent[a];
    }
    RETURN_IF_ERROR(make(&m, reader, from, extents, rank, c->integer, c->batch != NULL));
    RETURN_IF_ERROR(read_numbers(&n, reader, from, c));
    for (int64_t row = 0; row < before; row++)
        for (int64_t i = 0; i < index->count; i++) {
            int64_t place = places[i] < 0 ? places[i] + c->extent[axis] : places[i];
            if (place < 0 || place >= c->extent[axis])
                return neuron_onnx_refuse(reader, from, NEURON_E_FORMAT,
                                          "takes place %" PRId64 " of %" PRId64, places[i],
                                          c->extent[axis]);
            for (int64_t k = 0; k < behind; k++)
                copy_number(&m, at++, &n, (row * c->extent[axis] + place) * behind + k);
        }
    return neuron_onnx_out_constant(reader, from, 0, m.constant);
}

/* ---- Other numbers ---- */

static int fold_cast(neuron_onnx_reader *reader, const neuron_onnx_operator *from,
                     const neuron_onnx_constant *c)
{
    int64_t type;
    made m;
    numbers n;
    RETURN_IF_ERROR(neuron_onnx_read_integer(&type, reader, from, "to", 0));
    bool real = neuron_onnx_is_real(type);
    bool truth = type == NEURON__ONNX__TENSOR__DATA_TYPE__BOOL;
    bool integer = type == NEURON__ONNX__TENSOR__DATA_TYPE__INT64 ||
                   type == NEURON__ONNX__TENSOR__DATA_TYPE__INT32;
    if ((!real && !truth && !integer) || (c->batch && !integer))
        return neuron_onnx_refuse(reader, from, NEURON_E_UNSUPPORTED,
                                  "attribute to is %" PRId64 ", which is not known of constants",
                                  type);
    if (real ? !c->integer : c->integer && !truth)
        return out_view(reader, from, c, c->extent, c->rank);
    RETURN_IF_ERROR(make(&m, reader, from, c->extent, c->rank, !real, false));
    RETURN_IF_ERROR(read_numbers(&n, reader, from, c));
    for (int64_t i = 0; i < c->count; i++) {
        double value = c->integer ? (double)n.integers[i] : (double)n.floats[i];
        if (real)
            m.floats[i] = (float)value;
        else if (truth)
            m.integers[i] = value != 0;
        else
            m.integers[i] = fabs(value) < 0x1p62 ? (int64_t)value : 0;
    }
    return neuron_onnx_out_constant(reader, from, 0, m.constant);
}

static int fold_constant_of_shape(neuron_onnx_reader *reader, const neuron_onnx_operator *from,
                                  const neuron_onnx_constant *shape)
{
    const Neuron__Onnx__Attribute *attribute = neuron_onnx_attribute(from, "value");
    neuron_onnx_constant value = {.count = 1};
    const int64_t *extents;
    double number = 0;
    made m;
    RETURN_IF_ERROR(neuron_onnx_integers_of(&extents, reader, from, shape));
    if (attribute && attribute->t)
        RETURN_IF_ERROR(
            neuron_onnx_constant_of_tensor(&value, reader, from, attribute->t, "value"));
    if ((attribute && (!attribute->t || !neuron_onnx_single(&number, &value))) || shape->batch ||
        shape->count > NEURON_RANK_MAX)
        return neuron_onnx_refuse(reader, from, NEURON_E_UNSUPPORTED,
                                  "makes a constant of a shape or value that is not known");
    RETURN_IF_ERROR(make(&m, reader, from, extents, (int32_t)shape->count, value.integer, false));
    for (int64_t i = 0; i < m.constant->count; i++)
        if (value.integer)
            m.integers[i] = (int64_t)number;
        else
            m.floats[i] = (float)number;
    return neuron_onnx_out_constant(reader, from, 0, m.constant);
}

/* What is computed number by number. */
typedef enum function {
    ABS,
    ADD,
    CEIL,
    DIV,
    EQUAL,
    EXP,
    FLOOR,
    LOG,
    MAX,
    MIN,
    MOD,
    MUL,
    NEG,
    POW,
    RECIPROCAL,
    SQRT,
    SUB,
    WHERE
} function;

static const struct {
    char type[12];
    int8_t function, inputs;
} functions[] = {
    {"Abs", ABS, 1},     {"Add", ADD, 2},     {"Ceil", CEIL, 1},
    {"Div", DIV, 2},     {"Equal", EQUAL, 2}, {"Exp", EXP, 1},
    {"Floor", FLOOR, 1}, {"Log", LOG, 1},     {"Max", MAX, 2},
    {"Min", MIN, 2},     {"Mod", MOD, 2},     {"Mul", MUL, 2},
    {"Neg", NEG, 1},     {"Pow", POW, 2},     {"Reciprocal", RECIPROCAL, 1},
    {"Sqrt", SQRT, 1},   {"Sub", SUB, 2},     {"Where", WHERE, 3},
};

static double compute(function what, double a, double b)
{
    switch (what) {
    case ABS:
        return fabs(a);
    case ADD:
        return a + b;
    case CEIL:
        return ceil(a);
    case DIV:
        return a / b;
    case EXP:
        return exp(a);
    case FLOOR:
        return floor(a);
    case LOG:
        return log(a);
    case MAX:
        return a > b ? a : b;
    case MIN:
        return a < b ? a : b;
    case MUL:
        return a * b;
    case NEG:
        return -a;
    case POW:
        return pow(a, b);
    case RECIPROCAL:
        return 1 / a;
    case SQRT:
        return sqrt(a);
    default:
        return a - b;
    }
}

/* An integer, which may be so many times the number of examples. */
typedef struct number {
    int64_t value;
    bool batch;
} number;

/* False if it is not known. */
static bool compute_integers(function what, number a, number b, number *result)
{
    bool both = a.batch && b.batch, either = a.batch || b.batch;
    int64_t *value = &result->value;
    result->batch = either;
    switch (what) {
    case ADD:
        return !either && !__builtin_add_overflow(a.value, b.value, value);
    case SUB:
        return !either && !__builtin_sub_overflow(a.value, b.value, value);
    case MUL:
        return !both && !__builtin_mul_overflow(a.value, b.value, value);
    case DIV:
        if (b.value == 0 || b.batch || (a.batch && a.value % b.value != 0) || b.value == -1)
            return false;
        *value = a.value / b.value;
        return true;
    case MOD: /* with the sign of the second */
        if (either || b.value < 1)
            return false;
        *value = a.value % b.value;
        *value += *value < 0 ? b.value : 0;
        return true;
    case NEG:
        return !either && !__builtin_sub_overflow((int64_t)0, a.value, value);
    case ABS:
        return a.value >= 0 ? (*value = a.value, true)
                            : !__builtin_sub_overflow((int64_t)0, a.value, value);
    case MAX:
        *value = a.value > b.value ? a.value : b.value;
        return !either;
    case MIN:
        *value = a.value < b.value ? a.value : b.value;
        return !either;
    case EQUAL: /* there may be any number of examples, but not fewer than none */
        *value = !either && a.value == b.value;
        result->batch = false;
        return !either || (!both && (a.batch ? b.value : a.value) < 0);
    default:
        return false;
    }
}

/* Steps along the axes of what several constants become that are broadcast. */
static int broadcast(int64_t *extents, int32_t *rank, int64_t steps[][NEURON_RANK_MAX],
                     neuron_onnx_reader *reader, const neuron_onnx_operator *from,
                     const neuron_onnx_constant *const *constants, int count)
{
    int64_t own[NEURON_RANK_MAX];
    *rank = 0;
    for (int i = 0; i < count; i++)
        *rank = constants[i]->rank > *rank ? constants[i]->rank : *rank;
    for (int i = 0; i < count; i++) {
        const neuron_onnx_constant *c = constants[i];
        steps_of(c, own);
        for (int32_t axis = 0; axis < *rank; axis++) {
            int32_t mine = axis - (*rank - c->rank);
            int64_t extent = mine >= 0 ? c->extent[mine] : 1;
            steps[i][axis] = extent == 1 ? 0 : own[mine];
            if (i > 0 && extent != 1 && extents[axis] != 1 && extents[axis] != extent)
                return neuron_onnx_refuse(reader, from, NEURON_E_FORMAT,
                                          "has constants whose shapes do not fit");
            extents[axis] = i == 0 || extents[axis] == 1 ? extent : extents[axis];
        }
    }
    return NEURON_OK;
}

static number integer_at(const numbers *n, int64_t at)
{
    return (number){n->integers[at], n->batch && n->batch[at]};
}

/* One number of the result. */
static int compute_number(const made *m, int64_t i, neuron_onnx_reader *reader,
                          const neuron_onnx_operator *from, function what, const numbers *n,
                          const int64_t *at)
{
    if (what == WHERE) {
        int chosen = n[0].integers[at[0]] ? 1 : 2;
        copy_number(m, i, &n[chosen], at[chosen]);
        return NEURON_OK;
    }
    if (n[0].integers && n[1].integers) {
        number result;
        if (!compute_integers(what, integer_at(&n[0], at[0]), integer_at(&n[1], at[1]), &result))
            return neuron_onnx_refuse(reader, from, NEURON_E_UNSUPPORTED,
                                      "computes with integers what is not known here");
        m->integers[i] = result.value;
        if (m->batch)
            m->batch[i] = result.batch;
        return NEURON_OK;
    }
    double x = n[0].integers ? (double)n[0].integers[at[0]] : (double)n[0].floats[at[0]];
    double y = n[1].integers ? (double)n[1].integers[at[1]] : (double)n[1].floats[at[1]];
    if (what == EQUAL)
        m->integers[i] = x == y;
    else
        m->floats[i] = (float)compute(what, x, y);
    return NEURON_OK;
}

static int fold_function(neuron_onnx_reader *reader, const neuron_onnx_operator *from, int8_t row)
{
    enum { MOST = 3 };
    const neuron_onnx_constant *constants[MOST];
    function what = (function)functions[row].function;
    int count = functions[row].inputs;
    int64_t extents[NEURON_RANK_MAX], steps[MOST][NEURON_RANK_MAX] = {{0}};
    int64_t at[MOST] = {0}, places[NEURON_RANK_MAX] = {0};
    int32_t rank;
    bool batch = false;
    numbers n[MOST];
    made m;
    for (int i = 0; i < count; i++) {
        RETURN_IF_ERROR(neuron_onnx_constant_in(&constants[i], reader, from, (size_t)i));
        batch = batch || constants[i]->batch;
    }
    int64_t other_signs;
    RETURN_IF_ERROR(neuron_onnx_read_integer(&other_signs, reader, from, "fmod", 0));
    if (what == MOD && (!constants[0]->integer || !constants[1]->integer || other_signs))
        return neuron_onnx_refuse(reader, from, NEURON_E_UNSUPPORTED,
                                  "takes remainders that are no integers, or have other signs");
    if (what == WHERE && (!constants[0]->integer || constants[0]->batch ||
                          constants[1]->integer != constants[2]->integer))
        return neuron_onnx_refuse(reader, from, NEURON_E_UNSUPPORTED,
                                  "chooses by, or of, constants of different types");
    RETURN_IF_ERROR(broadcast(extents, &rank, steps, reader, from, constants, count));
    /* Of Where, those that are chosen of. */
    bool integer =
        what == EQUAL || (constants[what == WHERE]->integer && constants[count - 1]->integer);
    RETURN_IF_ERROR(make(&m, reader, from, extents, rank, integer, batch));
    for (int i = 0; i < count; i++)
        RETURN_IF_ERROR(read_numbers(&n[i], reader, from, constants[i]));
    if (count == 1)
        n[1] = n[0];
    for (int64_t i = 0; i < m.constant->count; i++) {
        RETURN_IF_ERROR(compute_number(&m, i, reader, from, what, n, at));
        for (int32_t axis = rank - 1; axis >= 0; axis--) {
            bool goes_on = ++places[axis] < extents[axis];
            for (int k = 0; k < count; k++)
                at[k] += goes_on ? steps[k][axis] : -(extents[axis] - 1) * steps[k][axis];
            if (goes_on)
                break;
            places[axis] = 0;
        }
        at[1] = count == 1 ? at[0] : at[1];
    }
    return neuron_onnx_out_constant(reader, from, 0, m.constant);
}

static int fold_shape(neuron_onnx_reader *reader, const neuron_onnx_operator *from,
                      const neuron_onnx_constant *c)
{
    made m;
    int64_t rank = c->rank;
    if (from->n_attribute > 0)
        return neuron_onnx_refuse(reader, from, NEURON_E_UNSUPPORTED,
                                  "takes a part of the shape of a constant");
    RETURN_IF_ERROR(make(&m, reader, from, &rank, 1, true, false));
    memcpy(m.integers, c->extent, (size_t)rank * sizeof *c->extent);
    return neuron_onnx_out_constant(reader, from, 0, m.constant);
}

/* How many numbers there are. */
static int fold_size(neuron_onnx_reader *reader, const neuron_onnx_operator *from,
                     const neuron_onnx_constant *c)
{
    made m;
    RETURN_IF_ERROR(make(&m, reader, from, NULL, 0, true, false));
    m.integers[0] = c->count;
    return neuron_onnx_out_constant(reader, from, 0, m.constant);
}

/* From a number to another, without that. */
static int fold_range(neuron_onnx_reader *reader, const neuron_onnx_operator *from,
                      const neuron_onnx_constant *first)
{
    const neuron_onnx_constant *constants[3] = {first};
    double bounds[3], count;
    int64_t extent;
    made m;
    for (size_t i = 0; i < 3; i++) {
        RETURN_IF_ERROR(neuron_onnx_constant_in(&constants[i], reader, from, i));
        if (!neuron_onnx_single(&bounds[i], constants[i]) || constants[i]->batch)
            return neuron_onnx_refuse(reader, from, NEURON_E_UNSUPPORTED,
                                      "input %zu is no number that is known", i);
    }
    count = ceil((bounds[1] - bounds[0]) / bounds[2]);
    extent = count > 0 ? count < 0x1p62 ? (int64_t)count : INT64_MAX : 0;
    RETURN_IF_ERROR(make(&m, reader, from, &extent, 1, first->integer, false));
    for (int64_t i = 0; i < extent; i++)
        if (first->integer)
            m.integers[i] = (int64_t)(bounds[0] + (double)i * bounds[2]);
        else
            m.floats[i] = (float)(bounds[0] + (double)i * bounds[2]);
    return neuron_onnx_out_constant(reader, from, 0, m.constant);
}

static const struct {
    char type[20];
    int (*fold)(neuron_onnx_reader *reader, const neuron_onnx_operator *from,
                const neuron_onnx_constant *first);
} folds[] = {
    {"Cast", fold_cast},
    {"Concat", fold_concat},
    {"ConstantOfShape", fold_constant_of_shape},
    {"DequantizeLinear", neuron_onnx_fold_dequantize},
    {"Expand", fold_expand},
    {"Gather", fold_gather},
    {"Identity", fold_identity},
    {"QuantizeLinear", neuron_onnx_fold_quantize},
    {"Range", fold_range},
    {"Reshape", fold_reshape},
    {"Shape", fold_shape},
    {"Size", fold_size},
    {"Slice", fold_slice},
    {"Squeeze", fold_squeeze},
    {"Transpose", fold_transpose},
    {"Unsqueeze", fold_unsqueeze},
};

/* Constant: a tensor, or a number or a list of them as an attribute. */
static int read_constant(neuron_onnx_reader *reader, const neuron_onnx_operator *from)
{
    const Neuron__Onnx__Attribute *given = from->n_attribute == 1 ? from->attribute[0] : NULL;
    neuron_onnx_constant *constant = neuron_onnx_reader_get(reader, 1, sizeof *constant);
    if (!constant)
        return NEURON_E_MEMORY;
    const char *name = given && given->name ? given->name : "";
    if (strcmp(name, "value") == 0 && given->t) {
        RETURN_IF_ERROR(neuron_onnx_constant_of_tensor(constant, reader, from, given->t, "value"));
        return neuron_onnx_out_constant(reader, from, 0, constant);
    }
    bool list = strcmp(name, "value_floats") == 0 || strcmp(name, "value_ints") == 0;
    constant->integer = strcmp(name, "value_ints") == 0 || strcmp(name, "value_int") == 0;
    constant->rank = list;
    constant->count = constant->extent[0] = 1;
    if (list)
        constant->count = constant->extent[0] =
            (int64_t)(constant->integer ? given->n_ints : given->n_floats);
    if (strcmp(name, "value_float") != 0 && strcmp(name, "value_int") != 0 && !list)
        return neuron_onnx_refuse(reader, from, NEURON_E_UNSUPPORTED,
                                  "attribute %.63s is no constant of floats or integers", name);
    constant->floats = list ? given->floats : &given->f;
    constant->integers = list ? given->ints : &given->i;
    *(constant->integer ? (const void **)&constant->floats : (const void **)&constant->integers) =
        NULL;
    return neuron_onnx_out_constant(reader, from, 0, constant);
}

int neuron_onnx_fold(bool *done, neuron_onnx_reader *reader, const neuron_onnx_operator *from)
{
    const neuron_onnx_item *first = neuron_onnx_in(reader, from, 0);
    *done = strcmp(from->op_type, "Constant") == 0;
    if (*done)
        return read_constant(reader, from);
    for (size_t i = 0; i < from->n_input; i++) {
        const neuron_onnx_item *item = neuron_onnx_in(reader, from, i);
        if (item && !item->constant)
            return NEURON_OK;
    }
    for (size_t i = 0; first && i < sizeof folds / sizeof *folds; i++)
        if (strcmp(folds[i].type, from->op_type) == 0) {
            *done = true;
            return folds[i].fold(reader, from, first->constant);
        }
    for (size_t i = 0; first && i < sizeof functions / sizeof *functions; i++)
        if (strcmp(functions[i].type, from->op_type) == 0 &&
            from->n_input == (size_t)functions[i].inputs) {
            *done = true;
            return fold_function(reader, from, (int8_t)i);
        }
    return NEURON_OK;
}
