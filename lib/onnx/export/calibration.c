/* Calibration: probabilities that are made again of their logarithms, or by a table. */
#include "onnx/export/layers.h"

#include <float.h>

static const char *step(neuron_onnx_writer *writer, const neuron_node_t *node, const char *type,
                        const char *part, const char *a, const char *b)
{
    return neuron_onnx_step(writer, node, type, part, (const char *[]){a, b}, b ? 2 : 1);
}

static const char *number(neuron_onnx_writer *writer, const neuron_node_t *node, const char *part,
                          double value)
{
    return neuron_onnx_number(writer, neuron_onnx_part(writer, node, part), value);
}

static bool is_sigmoid(const neuron_node_t *node)
{
    return neuron_onnx_option_is(node, "activation", "sigmoid");
}

/* Logarithms of probabilities, or log-odds, of what is bounded as the layers bound it. */
static const char *add_logarithms(neuron_onnx_writer *writer, const neuron_node_t *node,
                                  neuron_onnx_order order)
{
    const char *inputs[] = {neuron_onnx_input(writer, node, 0, order),
                            number(writer, node, "least", (double)FLT_MIN), NULL};
    if (!is_sigmoid(node)) {
        const char *bounded = neuron_onnx_step(writer, node, "Clip", "bounded", inputs, 2);
        return step(writer, node, "Log", "logarithm", bounded, NULL);
    }
    inputs[2] = number(writer, node, "most", 1 - 0x1p-24);
    const char *bounded = neuron_onnx_step(writer, node, "Clip", "bounded", inputs, 3);
    const char *rest = step(writer, node, "Sub", "rest", number(writer, node, "one", 1), bounded);
    const char *odds = step(writer, node, "Div", "odds", bounded, rest);
    return step(writer, node, "Log", "log_odds", odds, NULL);
}

/* The last step of a layer that may divide by the sum; where that is 0, all become alike. */
static void add_shares(neuron_onnx_writer *writer, const neuron_node_t *node, const char *values,
                       neuron_onnx_order order)
{
    int64_t axis = neuron_onnx_axis(node, -1, order);
    const char *axes =
        neuron_onnx_integers(writer, neuron_onnx_part(writer, node, "classes"), &axis, 1);
    const char *sum = neuron_onnx_part(writer, node, "sum");
    neuron_onnx_operator *added =
        neuron_onnx_add(writer, "ReduceSum", sum, (const char *[]){values, axes}, 2, sum);
    neuron_onnx_set_integer(writer, added, "keepdims", 1);
    const char *none = step(writer, node, "Equal", "none", sum, number(writer, node, "zero", 0));
    const neuron_shape *shape = &node->spec.output;
    const char *alike = number(writer, node, "alike", 1 / (double)shape->extent[shape->rank - 1]);
    const char *share = step(writer, node, "Div", "share", values, sum);
    neuron_onnx_add_last(writer, node, "Where", (const char *[]){none, alike, share}, 3, order);
}

/* Makes probabilities of scores again. */
static void add_activation(neuron_onnx_writer *writer, const neuron_node_t *node,
                           const char *scores, bool normalize, neuron_onnx_order order)
{
    if (normalize && is_sigmoid(node)) {
        add_shares(writer, node, step(writer, node, "Sigmoid", "sigmoid", scores, NULL), order);
        return;
    }
    const char *type = is_sigmoid(node) ? "Sigmoid" : "Softmax";
    neuron_onnx_operator *added = neuron_onnx_add_last(writer, node, type, &scores, 1, order);
    if (!is_sigmoid(node))
        neuron_onnx_set_integer(writer, added, "axis", neuron_onnx_axis(node, -1, order));
}

void neuron_onnx_add_temperature_scaling(neuron_onnx_writer *writer, const neuron_node_t *node)
{
    neuron_onnx_order order = neuron_onnx_input_order(writer, node, 0);
    const char *logarithms = add_logarithms(writer, node, order);
    const char *scores =
        step(writer, node, "Div", "scores", logarithms, neuron_onnx_add_array(writer, node, 0));
    add_activation(writer, node, scores, false, order);
}

void neuron_onnx_add_vector_scaling(neuron_onnx_writer *writer, const neuron_node_t *node)
{
    neuron_onnx_order order = neuron_onnx_channels_order(writer, node);
    const char *logarithms = add_logarithms(writer, node, order);
    const char *scaled = step(writer, node, "Mul", "scaled", logarithms,
                              neuron_onnx_add_channels(writer, node, 0, NULL, order));
    const char *scores = step(writer, node, "Add", "scores", scaled,
                              neuron_onnx_add_channels(writer, node, 1, NULL, order));
    add_activation(writer, node, scores, neuron_onnx_option(node, NEURON_NODE_NORMALIZE) != 0,
                   order);
}

/* ---- Tables ---- */

/* What a table is as a sum: before + sum of rise * min(max((v - x) * steep, 0), 1). */
typedef struct ramps {
    int64_t channels, count;          /* of each channel */
    float *x, *steep, *rise, *before; /* [count, channels], and before [channels] */
} ramps;

static bool make_ramps(neuron_onnx_writer *writer, const neuron_node_t *node, ramps *made)
{
    const neuron_graph_array *arrays[] = {neuron_onnx_array(writer, node, 0),
                                          neuron_onnx_array(writer, node, 1)};
    const float *x = neuron_onnx_array_values(writer, arrays[0]);
    const float *y = neuron_onnx_array_values(writer, arrays[1]);
    int64_t channels = arrays[0]->array->shape.extent[0], points = arrays[0]->count / channels;
    int64_t count = points > 1 ? points - 1 : 1, all = channels * count;
    *made = (ramps){.channels = channels, .count = count};
    float *numbers = neuron_onnx_floats(writer, 3 * all + channels);
    if (!numbers)
        return false;
    made->x = numbers;
    made->steep = numbers + all;
    made->rise = numbers + 2 * all;
    made->before = numbers + 3 * all;
    for (int64_t k = 0; k < channels; k++)
        made->before[k] = y[k * points];
    for (int64_t i = 0; i < all; i++) {
        int64_t from = i % channels * points + i / channels, to = from + (points > 1);
        float width = x[to] - x[from];
        made->x[i] = x[from];
        made->steep[i] = 1 / width > FLT_MAX ? FLT_MAX : 1 / width; /* a jump is steep */
        made->rise[i] = y[to] - y[from];
    }
    return true;
}

/* Numbers of each ramp, with all axes of what they meet: that of the ramps is behind the batch, as
 * OpenVINO 2026 is wrong where it is behind the channels. */
static const char *constant(neuron_onnx_writer *writer, const neuron_node_t *node, const char *part,
                            const ramps *of, const float *numbers)
{
    int64_t extents[NEURON_RANK_MAX + 1];
    int32_t rank = node->spec.output.rank + 2;
    for (int32_t axis = 0; axis < rank; axis++)
        extents[axis] = axis == 1 ? of->count : axis == rank - 1 ? of->channels : 1;
    return neuron_onnx_constant(writer, neuron_onnx_part(writer, node, part),
                                NEURON__ONNX__TENSOR__DATA_TYPE__FLOAT, extents, rank, numbers);
}

/* Adds all ramps up, and what holds before them, along the axis that the values have for it. */
static const char *add_ramps(neuron_onnx_writer *writer, const neuron_node_t *node,
                             const char *values, const char *axes, const ramps *of)
{
    const ramps first = {.channels = of->channels, .count = 1};
    const char *beyond =
        step(writer, node, "Sub", "beyond", values, constant(writer, node, "x_from", of, of->x));
    const char *steps[] = {
        step(writer, node, "Mul", "along", beyond, constant(writer, node, "steep", of, of->steep)),
        number(writer, node, "begin", 0), number(writer, node, "end", 1)};
    const char *done = neuron_onnx_step(writer, node, "Clip", "done", steps, 3);
    const char *risen =
        step(writer, node, "Mul", "risen", done, constant(writer, node, "rise", of, of->rise));
    const char *sum = neuron_onnx_part(writer, node, "sum_of_rises");
    neuron_onnx_operator *added =
        neuron_onnx_add(writer, "ReduceSum", sum, (const char *[]){risen, axes}, 2, sum);
    neuron_onnx_set_integer(writer, added, "keepdims", 1);
    return step(writer, node, "Add", "mapped", sum,
                constant(writer, node, "y_before", &first, of->before));
}

void neuron_onnx_add_piecewise_linear(neuron_onnx_writer *writer, const neuron_node_t *node)
{
    ramps of;
    if (!make_ramps(writer, node, &of))
        return;
    neuron_onnx_order order = NEURON_ONNX_CHANNELS_LAST;
    const char *input = neuron_onnx_input(writer, node, 0, order);
    int64_t axis = 1;
    const char *axes =
        neuron_onnx_integers(writer, neuron_onnx_part(writer, node, "points"), &axis, 1);
    const char *values = step(writer, node, "Unsqueeze", "values", input, axes);
    const char *inputs[] = {add_ramps(writer, node, values, axes, &of), axes};
    if (neuron_onnx_option(node, NEURON_NODE_NORMALIZE) == 0)
        neuron_onnx_add_last(writer, node, "Squeeze", inputs, 2, order);
    else
        add_shares(writer, node, neuron_onnx_step(writer, node, "Squeeze", "single", inputs, 2),
                   order);
}

/* ---- Prediction sets ---- */

/* Truths as numbers. */
static const char *cast(neuron_onnx_writer *writer, const neuron_node_t *node, const char *part,
                        const char *truths)
{
    const char *name = neuron_onnx_part(writer, node, part);
    neuron_onnx_set_integer(writer, neuron_onnx_add(writer, "Cast", name, &truths, 1, name), "to",
                            NEURON__ONNX__TENSOR__DATA_TYPE__FLOAT);
    return name;
}

/* Which classes have a score that is not too large. */
static const char *add_within(neuron_onnx_writer *writer, const neuron_node_t *node,
                              const char *scores)
{
    const char *is = step(writer, node, "LessOrEqual", "is_within", scores,
                          neuron_onnx_add_array(writer, node, 0));
    return cast(writer, node, "within", is);
}

static bool allows_empty(const neuron_node_t *node)
{
    return neuron_onnx_option(node, NEURON_NODE_ALLOW_EMPTY) != 0;
}

/* A number for each class; `makes` says which by the place, from 1. */
static const char *add_numbers(neuron_onnx_writer *writer, const neuron_node_t *node,
                               const char *part,
                               float (*makes)(const neuron_node_t *node, int64_t place))
{
    const neuron_shape *shape = &node->spec.output;
    int64_t classes = shape->extent[shape->rank - 1];
    float *numbers = neuron_onnx_floats(writer, classes);
    for (int64_t k = 0; numbers && k < classes; k++)
        numbers[k] = makes(node, k + 1);
    return numbers
               ? neuron_onnx_constant(writer, neuron_onnx_part(writer, node, part),
                                      NEURON__ONNX__TENSOR__DATA_TYPE__FLOAT, &classes, 1, numbers)
               : NULL;
}

static float penalty_of(const neuron_node_t *node, int64_t place)
{
    double beyond = (double)place - neuron_onnx_option(node, NEURON_NODE_K_REG);
    return beyond > 0 ? (float)neuron_onnx_option(node, NEURON_NODE_PENALTY) * (float)beyond : 0;
}

static float is_first(const neuron_node_t *node, int64_t place)
{
    (void)node;
    return place == 1;
}

/* Scores of single classes; the largest has the least. */
static void add_least_ambiguous(neuron_onnx_writer *writer, const neuron_node_t *node,
                                const char *p, neuron_onnx_order order)
{
    const char *scores = step(writer, node, "Sub", "rest", number(writer, node, "one", 1), p);
    const char *within = add_within(writer, node, scores);
    int64_t axis = neuron_onnx_axis(node, -1, order);
    const neuron_shape *shape = &node->spec.output;
    if (allows_empty(node)) {
        neuron_onnx_add_last(writer, node, "Identity", &within, 1, order);
        return;
    }
    int64_t classes = shape->extent[shape->rank - 1], *numbers;
    numbers = neuron_onnx_get(writer, (size_t)classes, sizeof *numbers);
    for (int64_t k = 0; numbers && k < classes; k++)
        numbers[k] = k;
    if (!numbers)
        return;
    const char *every = neuron_onnx_integers(writer, neuron_onnx_part(writer, node, "every_class"),
                                             numbers, (int32_t)classes);
    const char *place = neuron_onnx_part(writer, node, "largest");
    neuron_onnx_operator *added = neuron_onnx_add(writer, "ArgMax", place, &p, 1, place);
    neuron_onnx_set_integer(writer, added, "axis", axis);
    neuron_onnx_set_integer(writer, added, "keepdims", 1);
    const char *is = step(writer, node, "Equal", "is_largest", place, every);
    const char *both[] = {within, cast(writer, node, "first", is)};
    neuron_onnx_add_last(writer, node, "Max", both, 2, order);
}

/* All classes in the order of their probabilities, and where they come from. */
static const char *add_sorted(neuron_onnx_writer *writer, const neuron_node_t *node, const char *p,
                              int64_t axis, const char **places)
{
    const neuron_shape *shape = &node->spec.output;
    const char *count = neuron_onnx_integers(writer, neuron_onnx_part(writer, node, "classes"),
                                             &shape->extent[shape->rank - 1], 1);
    const char *sorted = neuron_onnx_part(writer, node, "sorted");
    neuron_onnx_operator *added =
        neuron_onnx_add(writer, "TopK", sorted, (const char *[]){p, count}, 2, sorted);
    char **outputs = neuron_onnx_get(writer, 2, sizeof *outputs);
    *places = neuron_onnx_part(writer, node, "places");
    if (!added || !outputs)
        return NULL;
    outputs[0] = added->output[0];
    outputs[1] = neuron_onnx_lent(*places);
    added->output = outputs;
    added->n_output = 2;
    neuron_onnx_set_integer(writer, added, "axis", axis);
    return sorted;
}

/* Scores are sums of what is as probable or more so; what is within goes back to its place. */
static void add_cumulated(neuron_onnx_writer *writer, const neuron_node_t *node, const char *p,
                          neuron_onnx_order order)
{
    const char *places, *axes;
    int64_t axis = neuron_onnx_axis(node, -1, order);
    const char *sorted = add_sorted(writer, node, p, axis, &places);
    axes = neuron_onnx_integers(writer, neuron_onnx_part(writer, node, "axis"), &axis, 1);
    const char *scores = step(writer, node, "CumSum", "sums", sorted, axes);
    if (neuron_onnx_option_is(node, "method", "raps"))
        scores = step(writer, node, "Add", "scores", scores,
                      add_numbers(writer, node, "penalties", penalty_of));
    const char *within = add_within(writer, node, scores);
    if (!allows_empty(node))
        within = step(writer, node, "Max", "never_empty", within,
                      add_numbers(writer, node, "first", is_first));
    const char *inputs[] = {step(writer, node, "Sub", "nothing", p, p), places, within};
    neuron_onnx_set_integer(writer,
                            neuron_onnx_add_last(writer, node, "ScatterElements", inputs, 3, order),
                            "axis", axis);
}

void neuron_onnx_add_prediction_set(neuron_onnx_writer *writer, const neuron_node_t *node)
{
    neuron_onnx_order order = NEURON_ONNX_CHANNELS_LAST;
    const char *p = neuron_onnx_input(writer, node, 0, order);
    if (neuron_onnx_option_is(node, "method", "lac"))
        add_least_ambiguous(writer, node, p, order);
    else
        add_cumulated(writer, node, p, order);
}
