/* How sure several inputs are together: see neuron_uncertainty(). One value is the probability of
 * the second of two classes, which are put side by side first. */
#include "onnx/export/joins.h"
#include "onnx/export/layers.h"

#include <float.h>

/* What the steps share. */
typedef struct measuring {
    neuron_onnx_writer *writer;
    const neuron_node_t *node;
    int64_t count, classes;                 /* of inputs */
    const char **inputs;                    /* with all classes along the last axis */
    const char **weights;                   /* which add up to 1 */
    const char *one, *least, *axes, *every; /* constants; NULL where they are not needed */
} measuring;

static const char *name_of(const measuring *m, const char *part)
{
    return neuron_onnx_part(m->writer, m->node, part);
}

static const char *number(const measuring *m, const char *part, double value)
{
    return neuron_onnx_number(m->writer, name_of(m, part), value);
}

static const char *step(const measuring *m, const char *type, const char *part, const char *a,
                        const char *b)
{
    return neuron_onnx_step(m->writer, m->node, type, part, (const char *[]){a, b}, b ? 2 : 1);
}

static const char *pair(const measuring *m, const char *type, const char *part, int64_t index,
                        const char *a, const char *b)
{
    return neuron_onnx_numbered_step(m->writer, m->node, type, part, index, a, b);
}

static const char *single(const measuring *m, const char *type, const char *part, int64_t index,
                          const char *input, neuron_onnx_operator **added)
{
    const char *name = neuron_onnx_numbered(m->writer, m->node, part, index);
    *added = neuron_onnx_add(m->writer, type, name, &input, 1, name);
    return name;
}

static void finish(const measuring *m, const char *type, const char *a, const char *b)
{
    neuron_onnx_add_last(m->writer, m->node, type, (const char *[]){a, b}, b ? 2 : 1,
                         NEURON_ONNX_CHANNELS_LAST);
}

static int64_t last_axis(const measuring *m)
{
    return neuron_onnx_axis(m->node, -1, NEURON_ONNX_CHANNELS_LAST);
}

/* The largest of the classes, and their sum; they stay as an axis of one. */
static const char *largest(const measuring *m, const char *part, const char *input)
{
    int64_t axis = last_axis(m);
    neuron_onnx_operator *added =
        neuron_onnx_add(m->writer, "ReduceMax", name_of(m, part), &input, 1, name_of(m, part));
    neuron_onnx_set_integers(m->writer, added, "axes", &axis, 1);
    neuron_onnx_set_integer(m->writer, added, "keepdims", 1);
    return name_of(m, part);
}

static const char *sum(const measuring *m, const char *part, const char *input)
{
    neuron_onnx_operator *added =
        neuron_onnx_add(m->writer, "ReduceSum", name_of(m, part), (const char *[]){input, m->axes},
                        2, name_of(m, part));
    neuron_onnx_set_integer(m->writer, added, "keepdims", 1);
    return name_of(m, part);
}

/* ---- What the measures are made of ---- */

/* The mean of values that each input has, which are called `each` in the end. */
static const char *mean(const measuring *m, const char *part, const char *each,
                        const char *const *values)
{
    const char **weighted = neuron_onnx_get(m->writer, (size_t)m->count, sizeof *weighted);
    for (int64_t i = 0; weighted && i < m->count; i++)
        weighted[i] = pair(m, "Mul", each, i, values[i], m->weights[i]);
    return weighted ? neuron_onnx_step(m->writer, m->node, "Sum", part, weighted, (size_t)m->count)
                    : NULL;
}

static const char *mean_of_inputs(const measuring *m)
{
    return mean(m, "mean", "share", m->inputs);
}

/* p log p, where what has no logarithm counts as the least float that has. */
static const char *surprise(const measuring *m, int64_t index, const char *p)
{
    neuron_onnx_operator *added;
    const char *bounded = pair(m, "Max", "bounded", index, p, m->least);
    const char *logarithm = single(m, "Log", "logarithm", index, bounded, &added);
    return pair(m, "Mul", "surprise", index, p, logarithm);
}

/* Both entropies without their sign. */
static const char *entropy(const measuring *m)
{
    return sum(m, "entropy", surprise(m, m->count, mean_of_inputs(m)));
}

static const char *expected_entropy(const measuring *m)
{
    const char **values = neuron_onnx_get(m->writer, (size_t)m->count, sizeof *values);
    for (int64_t i = 0; values && i < m->count; i++)
        values[i] = surprise(m, i, m->inputs[i]);
    return values ? sum(m, "expected", mean(m, "mean_surprise", "surprise_share", values)) : NULL;
}

/* Truths: in which class values are largest, the first of equals. */
static const char *choice(const measuring *m, int64_t index, const char *values)
{
    neuron_onnx_operator *added;
    const char *place = single(m, "ArgMax", "largest", index, values, &added);
    neuron_onnx_set_integer(m->writer, added, "axis", last_axis(m));
    neuron_onnx_set_integer(m->writer, added, "keepdims", 1);
    return pair(m, "Equal", "is_largest", index, place, m->every);
}

/* The share of votes that each class has. */
static const char *votes(const measuring *m)
{
    neuron_onnx_operator *added;
    const char **given = neuron_onnx_get(m->writer, (size_t)m->count, sizeof *given);
    for (int64_t i = 0; given && i < m->count; i++) {
        given[i] = single(m, "Cast", "vote", i, choice(m, i, m->inputs[i]), &added);
        neuron_onnx_set_integer(m->writer, added, "to", NEURON__ONNX__TENSOR__DATA_TYPE__FLOAT);
    }
    return given ? mean(m, "votes", "vote_share", given) : NULL;
}

/* ---- The measures ---- */

static void add_disagreement(const measuring *m)
{
    double own = 0;
    for (int64_t i = 0; i < m->count; i++)
        own += neuron_onnx_join_weight(m->node, i) * neuron_onnx_join_weight(m->node, i);
    const char *shares = votes(m), *squares = step(m, "Mul", "squares", shares, shares);
    const char *apart = step(m, "Sub", "apart", m->one, sum(m, "alike", squares));
    const char *above = step(m, "Relu", "above_0", apart, NULL); /* but for rounding */
    finish(m, "Mul", above, number(m, "pairs", 1 - own > 0x1p-40 ? 1 / (1 - own) : 0));
}

/* The second is the largest of what the first is taken out of. */
static void add_margin(const measuring *m)
{
    const char *p = mean_of_inputs(m);
    const char *others[] = {choice(m, m->count, p), number(m, "nothing", -(double)FLT_MAX), p};
    const char *rest = neuron_onnx_step(m->writer, m->node, "Where", "others", others, 3);
    finish(m, "Sub", largest(m, "first", p), largest(m, "second", rest));
}

static void add_answers(const measuring *m)
{
    const char *least = number(m, "threshold", neuron_onnx_option(m->node, NEURON_NODE_THRESHOLD));
    const char *confidence = largest(m, "confidence", mean_of_inputs(m));
    const char *is = step(m, "GreaterOrEqual", "is_sure", confidence, least);
    neuron_onnx_operator *added =
        neuron_onnx_add_last(m->writer, m->node, "Cast", &is, 1, NEURON_ONNX_CHANNELS_LAST);
    neuron_onnx_set_integer(m->writer, added, "to", NEURON__ONNX__TENSOR__DATA_TYPE__FLOAT);
}

static bool measures(const measuring *m, const char *word)
{
    return neuron_onnx_option_is(m->node, "measure", word);
}

static void add_measure(const measuring *m)
{
    if (measures(m, "entropy"))
        finish(m, "Neg", entropy(m), NULL);
    else if (measures(m, "expected_entropy"))
        finish(m, "Neg", expected_entropy(m), NULL);
    else if (measures(m, "mutual_information"))
        finish(m, "Relu", step(m, "Sub", "information", expected_entropy(m), entropy(m)), NULL);
    else if (measures(m, "variation_ratio"))
        finish(m, "Sub", m->one, largest(m, "most", votes(m)));
    else if (measures(m, "disagreement"))
        add_disagreement(m);
    else if (measures(m, "margin"))
        add_margin(m);
    else if (measures(m, "confidence"))
        finish(m, "Identity", largest(m, "largest", mean_of_inputs(m)), NULL);
    else
        add_answers(m);
}

/* ---- What they begin with ---- */

/* Puts both classes side by side where an input has the probability of one. */
static void add_classes(const measuring *m)
{
    for (int64_t i = 0; i < m->count; i++) {
        const char *rest = pair(m, "Sub", "rest", i, m->one, m->inputs[i]);
        const char *name = neuron_onnx_numbered(m->writer, m->node, "both", i);
        neuron_onnx_operator *added = neuron_onnx_add(
            m->writer, "Concat", name, (const char *[]){rest, m->inputs[i]}, 2, name);
        neuron_onnx_set_integer(m->writer, added, "axis", last_axis(m));
        m->inputs[i] = name;
    }
}

static const char *every_class(const measuring *m)
{
    int64_t *numbers = neuron_onnx_get(m->writer, (size_t)m->classes, sizeof *numbers);
    for (int64_t k = 0; numbers && k < m->classes; k++)
        numbers[k] = k;
    return numbers ? neuron_onnx_integers(m->writer, name_of(m, "every_class"), numbers,
                                          (int32_t)m->classes)
                   : NULL;
}

void neuron_onnx_add_uncertainty(neuron_onnx_writer *writer, const neuron_node_t *node)
{
    const neuron_shape *shape = &node->spec.inputs[0];
    int64_t values = shape->extent[shape->rank - 1], axis;
    measuring m = {.writer = writer,
                   .node = node,
                   .count = node->spec.input_count,
                   .classes = values > 1 ? values : 2};
    bool entropies = measures(&m, "entropy") || measures(&m, "expected_entropy") ||
                     measures(&m, "mutual_information");
    bool choices = measures(&m, "variation_ratio") || measures(&m, "disagreement");
    m.inputs = neuron_onnx_join_inputs(writer, node, NEURON_ONNX_CHANNELS_LAST);
    m.weights = neuron_onnx_get(writer, (size_t)m.count, sizeof *m.weights);
    if (!m.inputs || !m.weights)
        return;
    for (int64_t i = 0; i < m.count; i++)
        m.weights[i] = neuron_onnx_number(writer, neuron_onnx_numbered(writer, node, "weight", i),
                                          neuron_onnx_join_weight(node, i));
    axis = last_axis(&m);
    if (choices || values == 1)
        m.one = number(&m, "one", 1);
    if (entropies)
        m.least = number(&m, "least", (double)FLT_MIN);
    if (entropies || measures(&m, "disagreement"))
        m.axes = neuron_onnx_integers(writer, name_of(&m, "classes"), &axis, 1);
    if (choices || measures(&m, "margin"))
        m.every = every_class(&m);
    if (values == 1)
        add_classes(&m);
    add_measure(&m);
}
