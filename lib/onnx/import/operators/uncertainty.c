/* How sure several values are together, as it is exported (onnx/export/uncertainty.c), or one
 * alone. */
#include "onnx/import/operators/recognize.h"

#include "onnx/import/constant.h"
#include "onnx/import/operators/operators.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* A measure as it is put together. */
typedef struct measured {
    neuron_onnx_reader *reader;
    const neuron_onnx_operator *from;
    neuron_onnx_match match; /* of all but the parts of the inputs */
    neuron_onnx_item **inputs;
    double *weights;
    size_t count;
    int32_t rank, axis; /* of the inputs; the axis of the classes, or -1 */
} measured;

/* All operators go along one axis of the inputs. */
static bool take_axis(measured *m, const neuron_onnx_match *match)
{
    return neuron_onnx_match_axis(&m->axis, match, m->rank, "Concat");
}

/* Whether a constant numbers the classes of a value. */
static bool numbers_classes(const measured *m, const neuron_onnx_match *match,
                            const neuron_onnx_item *value)
{
    return m->axis >= 0 && neuron_onnx_numbers_classes(
                               m->reader, m->from, neuron_onnx_bound(match, 'n'), value, m->axis);
}

/* ---- Means of inputs ---- */

static int begin(measured *m, size_t count)
{
    m->count = count;
    m->axis = -1;
    RETURN_IF_ERROR(neuron_onnx_afford(m->reader, m->from, (int64_t)count));
    m->inputs = neuron_onnx_reader_get(m->reader, (int64_t)count, sizeof(neuron_onnx_item *));
    m->weights = neuron_onnx_reader_get(m->reader, (int64_t)count, sizeof *m->weights);
    return m->inputs && m->weights ? NEURON_OK : NEURON_E_MEMORY;
}

/* What of each input has a weight: a pattern in which x is its value, and w the weight. Its classes
 * are numbered by n where there is one. */
static bool read_inputs(measured *m, const neuron_onnx_item *sum, const char *pattern)
{
    double all = 0;
    for (size_t i = 0; i < m->count; i++) {
        neuron_onnx_match each = {.reader = m->reader};
        if (!neuron_onnx_match_item(&each, neuron_onnx_input_of(m->reader, sum, i), pattern))
            return false;
        m->inputs[i] = neuron_onnx_bound(&each, 'x');
        m->weights[i] = neuron_onnx_bound_number(&each, 'w');
        m->rank = m->inputs[i]->layout.rank;
        all += m->weights[i];
        bool numbered = neuron_onnx_bound(&each, 'n');
        if (!m->inputs[i]->node || !(m->weights[i] >= 0) || !take_axis(m, &each) ||
            (numbered && !numbers_classes(m, &each, m->inputs[i])))
            return false;
    }
    return fabs(all - 1) < 1e-5;
}

/* The inputs of which a value is the weighted mean; or it alone. */
static int read_mean(bool *done, measured *m, neuron_onnx_item *mean)
{
    neuron_onnx_match sum = {.reader = m->reader};
    if (neuron_onnx_match_item(&sum, mean, "Sum")) {
        RETURN_IF_ERROR(begin(m, neuron_onnx_input_count(mean)));
        *done = read_inputs(m, mean, "Mul(x,#w)");
        if (*done)
            return NEURON_OK;
    }
    RETURN_IF_ERROR(begin(m, 1));
    m->inputs[0] = mean;
    m->weights[0] = 1;
    m->rank = mean->layout.rank;
    *done = mean->node != NULL;
    return NEURON_OK;
}

/* Of two classes side by side, of which the first is what the second leaves, only the second is
 * given. */
static void take_single(const measured *m)
{
    for (size_t i = 0; i < m->count; i++) {
        neuron_onnx_match both = {.reader = m->reader};
        int64_t axis;
        int32_t own;
        if (!neuron_onnx_match_item(&both, m->inputs[i], "Concat(Sub(1,x),x)") ||
            neuron_onnx_read_integer(&axis, m->reader, m->inputs[i]->maker, "axis", 1) < 0 ||
            neuron_onnx_axis_of(&own, m->reader, m->from, axis, m->rank) < 0 || own != m->axis ||
            neuron_onnx_bound(&both, 'x')->layout.extent[own] != 1)
            return;
    }
    for (size_t i = 0; i < m->count; i++) {
        neuron_onnx_match both = {.reader = m->reader};
        neuron_onnx_match_item(&both, m->inputs[i], "Concat(Sub(1,x),x)");
        m->inputs[i] = neuron_onnx_bound(&both, 'x');
    }
}

/* ---- The measures ---- */

/* The least that a probability counts as in a logarithm. */
static bool is_least(const neuron_onnx_match *match)
{
    return !neuron_onnx_bound(match, 'e') || (neuron_onnx_bound_number(match, 'e') > 0 &&
                                              neuron_onnx_bound_number(match, 'e') <= 1e-30);
}

#define SURPRISE(p) "Mul(" p ",Log(Max(" p ",#e)))"

static bool matches(measured *m, const char *pattern)
{
    m->match = (neuron_onnx_match){.reader = m->reader};
    return neuron_onnx_match_operator(&m->match, m->from, pattern);
}

static neuron_onnx_item *bound(const measured *m, char letter)
{
    return neuron_onnx_bound(&m->match, letter);
}

/* Measures of the mean alone, which is p. */
static int read_of_mean(const char **measure, measured *m)
{
    static const struct {
        char pattern[60];
        char measure[12];
    } rows[] = {
        {"Neg(ReduceSum(" SURPRISE("p") "))", "entropy"},
        {"Neg(ReduceSum(Mul(p,Log(p))))", "entropy"},
        {"Sub(ReduceMax(p),ReduceMax(Where(Equal(ArgMax(p),#n),#z,p)))", "margin"},
        {"Identity(ReduceMax(Sum@p))", "confidence"},
        {"Cast(GreaterOrEqual(ReduceMax(p),#t))", "answers"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        bool done;
        if (!matches(m, rows[i].pattern) || !is_least(&m->match))
            continue;
        RETURN_IF_ERROR(read_mean(&done, m, bound(m, 'p')));
        if (!done || !take_axis(m, &m->match) ||
            (bound(m, 'n') && !numbers_classes(m, &m->match, bound(m, 'p'))) ||
            (bound(m, 'z') && !(neuron_onnx_bound_number(&m->match, 'z') < -1e30)) ||
            (bound(m, 't') && !(neuron_onnx_bound_number(&m->match, 't') >= 0 &&
                                neuron_onnx_bound_number(&m->match, 't') <= 1)))
            continue;
        *measure = rows[i].measure;
        return NEURON_OK;
    }
    return NEURON_OK;
}

/* Measures of what each input is by itself: the sum is s. */
static int read_of_each(const char **measure, measured *m)
{
    static const char surprise[] = "Mul(" SURPRISE("x") ",#w)";
    static const char vote[] = "Mul(Cast(Equal(ArgMax(x),#n)),#w)";
    static const struct {
        char pattern[80];
        char measure[20];
        const char *each;
    } rows[] = {
        {"Neg(ReduceSum(Sum@s))", "expected_entropy", surprise},
        {"Relu(Sub(ReduceSum(Sum@s),ReduceSum(" SURPRISE("p") ")))", "mutual_information",
         surprise},
        {"Sub(1,ReduceMax(Sum@s))", "variation_ratio", vote},
        {"Mul(Relu(Sub(1,ReduceSum(Mul(Sum@s,s)))),#k)", "disagreement", vote},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        bool done = true;
        if (!matches(m, rows[i].pattern) || !is_least(&m->match))
            continue;
        RETURN_IF_ERROR(begin(m, neuron_onnx_input_count(bound(m, 's'))));
        if (!read_inputs(m, bound(m, 's'), rows[i].each) || !take_axis(m, &m->match))
            continue;
        if (bound(m, 'p')) { /* must be the mean of the same */
            measured mean = *m;
            RETURN_IF_ERROR(read_mean(&done, &mean, bound(m, 'p')));
            done = done && mean.count == m->count;
            for (size_t k = 0; done && k < m->count; k++)
                done = mean.inputs[k] == m->inputs[k] && mean.weights[k] == m->weights[k];
        }
        if (bound(m, 'k')) {
            double own = 0, factor = neuron_onnx_bound_number(&m->match, 'k');
            for (size_t k = 0; k < m->count; k++)
                own += m->weights[k] * m->weights[k];
            done = own < 1 - 1e-6 ? fabs(factor * (1 - own) - 1) < 1e-4 : factor == 0;
        }
        if (!done)
            continue;
        *measure = rows[i].measure;
        return NEURON_OK;
    }
    return NEURON_OK;
}

/* The layout of what has one value in place of the classes. */
static neuron_onnx_layout told_of(const neuron_onnx_layout *layout, int32_t axis)
{
    int64_t extents[NEURON_RANK_MAX];
    memcpy(extents, layout->extent, sizeof extents);
    extents[axis] = 1;
    return neuron_onnx_layout_plain(extents, layout->rank, layout->batch);
}

int neuron_onnx_recognize_uncertainty(bool *done, neuron_onnx_reader *reader,
                                      const neuron_onnx_operator *from)
{
    measured m = {.reader = reader, .from = from};
    neuron_node_t **nodes, *node;
    neuron_onnx_layout layout;
    const char *measure = NULL;
    char options[80], text[NEURON_ONNX_NUMBER];
    RETURN_IF_ERROR(read_of_mean(&measure, &m));
    if (!measure)
        RETURN_IF_ERROR(read_of_each(&measure, &m));
    *done = measure && m.axis >= 0 && m.axis != m.inputs[0]->layout.batch;
    if (!*done)
        return NEURON_OK;
    take_single(&m);
    double threshold = bound(&m, 't') ? neuron_onnx_bound_number(&m.match, 't') : 0.5;
    snprintf(options, sizeof options, "measure=%s, threshold=%s", measure,
             neuron_onnx_number_text(text, threshold));
    RETURN_IF_ERROR(
        neuron_onnx_rows_of_all(&nodes, &layout, reader, from, m.inputs, m.count, m.axis));
    RETURN_IF_ERROR(neuron_onnx_join(
        &node, reader, from,
        neuron_uncertainty(reader->graph, nodes, (int64_t)m.count, m.weights, options), NULL));
    layout = told_of(&m.inputs[0]->layout, m.axis);
    return neuron_onnx_out(reader, from, 0, node, &layout);
}
