/* Calibration, as it is exported (onnx/export/calibration.c): probabilities that are made again of
 * their logarithms, tables, and sets of classes. */
#include "onnx/import/operators/recognize.h"

#include "onnx/import/constant.h"
#include "onnx/import/operators/operators.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* A layer as it is put together. `axis` is that of its channels. */
typedef struct calibrated {
    neuron_onnx_reader *reader;
    neuron_onnx_match match;
    neuron_onnx_item *input;
    int32_t axis;
    bool sigmoid;
    int64_t points; /* of a table */
    float *x, *y;   /* its points, channel by channel */
} calibrated;

static double number(const calibrated *c, char letter)
{
    return neuron_onnx_bound_number(&c->match, letter);
}

static neuron_onnx_item *bound(const calibrated *c, char letter)
{
    return neuron_onnx_bound(&c->match, letter);
}

static bool matches(calibrated *c, const neuron_onnx_operator *from, const char *pattern)
{
    c->match = (neuron_onnx_match){.reader = c->reader};
    c->input = NULL;
    c->axis = -1;
    if (!neuron_onnx_match_operator(&c->match, from, pattern))
        return false;
    c->input = bound(c, 'p');
    return c->input->node != NULL;
}

/* Along which axis of a value a constant goes: `*axis` stays where it is one number. False if it
 * goes along several, or another one. */
static bool goes_along(int32_t *axis, const neuron_onnx_item *constant,
                       const neuron_onnx_layout *layout)
{
    int64_t steps[NEURON_RANK_MAX];
    if (!neuron_onnx_steps_over(steps, constant->constant, layout))
        return false;
    for (int32_t a = 0; a < layout->rank; a++) {
        if (steps[a] == 0)
            continue;
        if (*axis >= 0 && *axis != a)
            return false;
        *axis = a;
    }
    return true;
}

/* A layer that reads rows of channels, as the output. */
static int add(const calibrated *c, const neuron_onnx_operator *from, const char *layer,
               const char *options, neuron_onnx_weights *arrays, int32_t count)
{
    neuron_node_t *node;
    neuron_onnx_layout layout;
    RETURN_IF_ERROR(neuron_onnx_rows(&node, &layout, c->reader, from, c->input, c->axis));
    RETURN_IF_ERROR(neuron_onnx_weighted_layer(&node, c->reader, from, true, layer, node, options,
                                               arrays, count));
    return neuron_onnx_out(c->reader, from, 0, node, &layout);
}

/* A number for each channel. */
static int array_of(neuron_onnx_weights *weights, const calibrated *c,
                    const neuron_onnx_operator *from, const char *array,
                    const neuron_onnx_item *constant)
{
    int32_t axis = -1;
    *weights = (neuron_onnx_weights){.array = array, .scale = 1};
    goes_along(&axis, constant, &c->input->layout);
    neuron_onnx_weights_axis(weights, c->input->layout.extent[c->axis], axis >= 0);
    return neuron_onnx_floats_of(&weights->numbers, c->reader, from, constant->constant);
}

/* ---- Scaling ---- */

#define LOGARITHM "Log(Clip(p,#e))"
#define LOG_ODDS  "Log(Div(Clip@c(p,#e,#m),Sub(1,c)))"

/* Probabilities count as the least float, and in log-odds as the float next to 1. */
static bool bounds_as_here(const calibrated *c)
{
    return fabs(number(c, 'e') / (double)FLT_MIN - 1) < 1e-5 &&
           (!c->sigmoid || fabs((1 - number(c, 'm')) * 0x1p24 - 1) < 1e-3);
}

static bool read_scaling(calibrated *c, const neuron_onnx_operator *from)
{
    static const struct {
        char pattern[64];
        bool sigmoid;
    } rows[] = {
        {"Softmax(Div(" LOGARITHM ",#t))", false},
        {"Softmax(Add(Mul(" LOGARITHM ",#s),#b))", false},
        {"Sigmoid(Div(" LOG_ODDS ",#t))", true},
        {"Sigmoid(Add(Mul(" LOG_ODDS ",#s),#b))", true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        c->sigmoid = rows[i].sigmoid;
        if (!matches(c, from, rows[i].pattern))
            continue;
        const neuron_onnx_layout *layout = &c->input->layout;
        if (!bounds_as_here(c) || !neuron_onnx_match_axis(&c->axis, &c->match, layout->rank, "") ||
            (bound(c, 's') && (!goes_along(&c->axis, bound(c, 's'), layout) ||
                               !goes_along(&c->axis, bound(c, 'b'), layout))) ||
            (bound(c, 't') && !(number(c, 't') > 0)))
            return false;
        c->axis = c->axis < 0 ? layout->rank - 1 : c->axis;
        bool last = c->axis == layout->rank - 1;
        /* A softmax of one class is none; in older sets it goes over all axes from its own on. */
        return c->axis >= 0 && c->axis != layout->batch &&
               (c->sigmoid || (layout->extent[c->axis] > 1 && (last || c->reader->version >= 13)));
    }
    return false;
}

static int add_scaling(const calibrated *c, const neuron_onnx_operator *from, bool normalize)
{
    neuron_onnx_weights arrays[2];
    char options[60];
    snprintf(options, sizeof options, "activation=%s%s", c->sigmoid ? "sigmoid" : "softmax",
             normalize ? ", normalize=yes" : "");
    if (bound(c, 't')) {
        arrays[0] = (neuron_onnx_weights){.array = "temperature", .scale = 1};
        neuron_onnx_weights_axis(&arrays[0], 1, 0);
        RETURN_IF_ERROR(
            neuron_onnx_floats_of(&arrays[0].numbers, c->reader, from, bound(c, 't')->constant));
        return add(c, from, "temperature_scaling", options, arrays, 1);
    }
    RETURN_IF_ERROR(array_of(&arrays[0], c, from, "scale", bound(c, 's')));
    RETURN_IF_ERROR(array_of(&arrays[1], c, from, "bias", bound(c, 'b')));
    return add(c, from, "vector_scaling", options, arrays, 2);
}

int neuron_onnx_recognize_scaling(bool *done, neuron_onnx_reader *reader,
                                  const neuron_onnx_operator *from)
{
    calibrated c = {.reader = reader};
    *done = read_scaling(&c, from);
    return *done ? add_scaling(&c, from, false) : NEURON_OK;
}

/* ---- Tables ---- */

/* What ramps are told by: numbers along the axis that they have, and along that of the channels. */
typedef struct list {
    const float *numbers;
    int64_t count, step, channel_step;
} list;

static bool read_list(list *l, calibrated *c, const neuron_onnx_operator *from, char letter,
                      const neuron_onnx_layout *layout, int32_t axis)
{
    const neuron_onnx_constant *constant = bound(c, letter)->constant;
    int64_t steps[NEURON_RANK_MAX];
    neuron_onnx_layout wide = *layout;
    int32_t at = axis - (layout->rank - constant->rank);
    wide.extent[axis] = at >= 0 && at < constant->rank ? constant->extent[at] : 1;
    if (constant->count == 0 || !neuron_onnx_steps_over(steps, constant, &wide) ||
        neuron_onnx_floats_of(&l->numbers, c->reader, from, constant) < 0)
        return false;
    l->count = wide.extent[axis];
    l->step = steps[axis];
    l->channel_step = 0;
    for (int32_t a = 0; a < layout->rank; a++) {
        int32_t own = a - (a > axis); /* of the value */
        if (a == axis || steps[a] == 0)
            continue;
        if (c->axis >= 0 && c->axis != own)
            return false;
        c->axis = own;
        l->channel_step = steps[a];
    }
    return true;
}

/* The points that ramps go between: each begins where the one before it ends. */
static bool make_points(const calibrated *c, int64_t channel, const list lists[4])
{
    int64_t k = channel * c->points;
    const float *from = lists[0].numbers + channel * lists[0].channel_step;
    double y = (double)lists[3].numbers[channel * lists[3].channel_step];
    c->y[k] = (float)y;
    for (int64_t i = 0; i + 1 < c->points; i++) {
        double x = (double)from[i * lists[0].step];
        double steep =
            (double)lists[1].numbers[channel * lists[1].channel_step + i * lists[1].step];
        double width = steep < (double)FLT_MAX ? 1 / steep : 0;
        bool last = i + 2 == c->points;
        double next = last ? x + width : (double)from[(i + 1) * lists[0].step];
        y += (double)lists[2].numbers[channel * lists[2].channel_step + i * lists[2].step];
        c->x[k + i] = (float)x;
        c->x[k + i + 1] = (float)next;
        c->y[k + i + 1] = (float)y;
        if (!(steep > 0) || !(fabs(next - x - width) <= 1e-5 * (width + fabs(x))))
            return false;
    }
    return true;
}

static int read_table(bool *done, calibrated *c, const neuron_onnx_operator *from)
{
    static const char pattern[] =
        "Squeeze(Add(ReduceSum@d(Mul(Clip(Mul(Sub(Unsqueeze@u(p),#f),#s),0,1),#r)),#y))";
    static const char letters[] = "fsry";
    list lists[4];
    uint32_t axes;
    int64_t count, keeps;
    int32_t axis = 0;
    *done = false;
    if (!matches(c, from, pattern))
        return NEURON_OK;
    int32_t rank = c->input->layout.rank + 1;
    if (rank > NEURON_RANK_MAX ||
        neuron_onnx_axes_in(&axes, &count, c->reader, bound(c, 'u')->maker, rank) < 0 || count != 1)
        return NEURON_OK;
    while (!(axes >> axis & 1))
        axis++;
    const neuron_onnx_layout *layout = &bound(c, 'u')->layout;
    if (!neuron_onnx_has_axis(c->reader, bound(c, 'd')->maker, rank, axis) ||
        !neuron_onnx_has_axis(c->reader, from, rank, axis) ||
        neuron_onnx_read_integer(&keeps, c->reader, bound(c, 'd')->maker, "keepdims", 1) < 0 ||
        keeps != 1 || layout->rank != rank)
        return NEURON_OK;
    for (int i = 0; i < 4; i++)
        if (!read_list(&lists[i], c, from, letters[i], layout, axis))
            return NEURON_OK;
    c->axis = c->axis < 0 ? rank - 2 : c->axis;
    c->points = lists[0].count + 1;
    if (c->axis < 0 || c->axis == c->input->layout.batch || lists[1].count != lists[0].count ||
        lists[2].count != lists[0].count || lists[3].count != 1)
        return NEURON_OK;
    int64_t channels = c->input->layout.extent[c->axis], all;
    if (!neuron_multiply_count(channels, c->points, &all))
        all = -1;
    RETURN_IF_ERROR(neuron_onnx_afford(c->reader, from, all));
    c->x = neuron_onnx_reader_get(c->reader, all, sizeof *c->x);
    c->y = neuron_onnx_reader_get(c->reader, all, sizeof *c->y);
    if (!c->x || !c->y)
        return NEURON_E_MEMORY;
    *done = true;
    for (int64_t channel = 0; *done && channel < channels; channel++)
        *done = make_points(c, channel, lists);
    return NEURON_OK;
}

static int add_table(const calibrated *c, const neuron_onnx_operator *from, bool normalize)
{
    neuron_onnx_weights arrays[] = {{.array = "x", .numbers = c->x, .scale = 1},
                                    {.array = "y", .numbers = c->y, .scale = 1}};
    char options[60];
    for (int i = 0; i < 2; i++) {
        neuron_onnx_weights_axis(&arrays[i], c->input->layout.extent[c->axis], c->points);
        neuron_onnx_weights_axis(&arrays[i], c->points, 1);
    }
    snprintf(options, sizeof options, "points=%" PRId64 "%s", c->points,
             normalize ? ", normalize=yes" : "");
    return add(c, from, "piecewise_linear", options, arrays, 2);
}

int neuron_onnx_recognize_table(bool *done, neuron_onnx_reader *reader,
                                const neuron_onnx_operator *from)
{
    calibrated c = {.reader = reader};
    RETURN_IF_ERROR(read_table(done, &c, from));
    return *done ? add_table(&c, from, false) : NEURON_OK;
}

/* ---- What is divided by its sum ---- */

int neuron_onnx_recognize_shares(bool *done, neuron_onnx_reader *reader,
                                 const neuron_onnx_operator *from)
{
    calibrated c = {.reader = reader};
    neuron_onnx_match m = {.reader = reader};
    *done = false;
    if (!neuron_onnx_match_operator(&m, from, "Where(Equal(ReduceSum@s(v),0),#k,Div(v,s))"))
        return NEURON_OK;
    const neuron_onnx_operator *maker = neuron_onnx_bound(&m, 'v')->maker;
    bool scales = maker && read_scaling(&c, maker);
    *done = scales && c.sigmoid && bound(&c, 's');
    if (maker && !scales)
        RETURN_IF_ERROR(read_table(done, &c, maker));
    if (!*done)
        return NEURON_OK;
    const neuron_onnx_layout *layout = &c.input->layout;
    double alike = neuron_onnx_bound_number(&m, 'k');
    *done = neuron_onnx_match_axis(&c.axis, &m, layout->rank, "") &&
            fabs(alike * (double)layout->extent[c.axis] - 1) < 1e-5;
    if (!*done)
        return NEURON_OK;
    return scales ? add_scaling(&c, from, true) : add_table(&c, from, true);
}

/* ---- Sets of classes ---- */

/* Penalties of classes that are behind so many others, which grow by the same from one to the
 * next. */
static bool read_penalties(double *penalty, int64_t *beyond, const calibrated *c,
                           const neuron_onnx_operator *from)
{
    const neuron_onnx_constant *constant = bound(c, 'u')->constant;
    int64_t classes = c->input->layout.extent[c->axis];
    const float *numbers;
    int32_t axis = c->axis;
    if (constant->count != classes || !goes_along(&axis, bound(c, 'u'), &c->input->layout) ||
        neuron_onnx_floats_of(&numbers, c->reader, from, constant) < 0)
        return false;
    for (*beyond = 0; *beyond < classes && numbers[*beyond] == 0;)
        ++*beyond;
    *penalty = *beyond < classes ? (double)numbers[*beyond] : 0;
    if (!(*penalty >= 0 && *penalty <= 1))
        return false;
    for (int64_t k = *beyond; k < classes; k++)
        if (!(fabs((double)numbers[k] - *penalty * (double)(k + 1 - *beyond)) <=
              1e-5 * (double)numbers[k]))
            return false;
    return true;
}

/* Whether a constant has 1 for the first class and 0 for the others. */
static bool is_first(const calibrated *c, const neuron_onnx_operator *from)
{
    const neuron_onnx_constant *constant = bound(c, 'f')->constant;
    int64_t classes = c->input->layout.extent[c->axis];
    const float *numbers;
    int32_t axis = c->axis;
    if (constant->count != classes || !goes_along(&axis, bound(c, 'f'), &c->input->layout) ||
        neuron_onnx_floats_of(&numbers, c->reader, from, constant) < 0)
        return false;
    for (int64_t k = 0; k < classes; k++)
        if (numbers[k] != (k == 0 ? 1.0f : 0.0f))
            return false;
    return true;
}

#define SMALL_ENOUGH(scores) "Cast(LessOrEqual(" scores ",#t))"

/* By sums of what is as probable or more so. */
static bool read_cumulated(calibrated *c, const neuron_onnx_operator *from)
{
    neuron_onnx_match *m = &c->match;
    if (!matches(c, from, "ScatterElements(Sub(p,p),TopK.1(p,#c),w)"))
        return false;
    neuron_onnx_item *within = bound(c, 'w');
    if (neuron_onnx_match_item(m, within, "Max(x,#f)"))
        within = bound(c, 'x');
    return (neuron_onnx_match_item(m, within, SMALL_ENOUGH("CumSum(TopK(p,#c))")) ||
            neuron_onnx_match_item(m, within, SMALL_ENOUGH("Add(CumSum(TopK(p,#c)),#u)"))) &&
           neuron_onnx_match_axis(&c->axis, m, c->input->layout.rank, "") && c->axis >= 0 &&
           number(c, 'c') == (double)c->input->layout.extent[c->axis] &&
           (!bound(c, 'f') || is_first(c, from));
}

/* By the probability of each class. */
static bool read_ambiguous(calibrated *c, const neuron_onnx_operator *from)
{
    bool whole = matches(c, from, "Max(" SMALL_ENOUGH("Sub(1,p)") ",Cast(Equal(ArgMax(p),#n)))");
    if (!whole && !matches(c, from, "Identity(" SMALL_ENOUGH("Sub(1,p)") ")"))
        return false;
    int32_t rank = c->input->layout.rank;
    if (!neuron_onnx_match_axis(&c->axis, &c->match, rank, ""))
        return false;
    c->axis = whole ? c->axis : rank - 1;
    return c->axis >= 0 && (!whole || neuron_onnx_numbers_classes(c->reader, from, bound(c, 'n'),
                                                                  c->input, c->axis));
}

int neuron_onnx_recognize_set(bool *done, neuron_onnx_reader *reader,
                              const neuron_onnx_operator *from)
{
    calibrated c = {.reader = reader};
    char options[140], text[NEURON_ONNX_NUMBER];
    double penalty = 0;
    int64_t beyond = 0;
    bool cumulates = from->op_type[0] == 'S';
    *done = false;
    if (!(cumulates ? read_cumulated : read_ambiguous)(&c, from) ||
        c.axis == c.input->layout.batch || c.input->layout.extent[c.axis] < 2 ||
        bound(&c, 't')->constant->count != 1 ||
        (bound(&c, 'u') && !read_penalties(&penalty, &beyond, &c, from)))
        return NEURON_OK;
    *done = true;
    bool empty = cumulates ? !bound(&c, 'f') : !bound(&c, 'n');
    snprintf(options, sizeof options, "method=%s, penalty=%s, k_reg=%" PRId64 ", allow_empty=%s",
             !cumulates       ? "lac"
             : bound(&c, 'u') ? "raps"
                              : "aps",
             neuron_onnx_number_text(text, penalty), beyond, empty ? "yes" : "no");
    neuron_onnx_weights threshold = {.array = "threshold", .scale = 1};
    neuron_onnx_weights_axis(&threshold, 1, 0);
    RETURN_IF_ERROR(
        neuron_onnx_floats_of(&threshold.numbers, reader, from, bound(&c, 't')->constant));
    return add(&c, from, "prediction_set", options, &threshold, 1);
}
