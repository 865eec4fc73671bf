/* Votes: each input speaks for the class where it is largest, or for all by their rank, and where
 * votes tie, the values do, as neuron_vote() tells. Votes tie here where they differ by less than a
 * millionth. Inputs with a value that is not a number have no weight. */
#include "onnx/export/joins.h"
#include "layers/joins/join.h"
#include "onnx/export/layers.h"

#include <math.h>

/* Of floats: what rounding of sums is no majority, and the next one above 1/2. */
static const double slack = 0x1p-20, above_half = 0.5 + 0x1p-24;

/* What the steps of a vote share. */
typedef struct vote {
    neuron_onnx_writer *writer;
    const neuron_node_t *node;
    int64_t classes, count; /* inputs */
    const char *zero, *half, *one, *numbers;
    bool borda;
    const char *behind, *before, *own, *scale; /* for ranks */
    const char **weights, **votes, **support;  /* of each input: what it gives to each class */
} vote;

static const char *number(const vote *v, const char *part, double value)
{
    return neuron_onnx_number(v->writer, neuron_onnx_part(v->writer, v->node, part), value);
}

/* Steps of one to three inputs, and of those for one of the inputs of the vote. */
static const char *step(const vote *v, const char *type, const char *part, const char *a,
                        const char *b, const char *c)
{
    size_t count = c ? 3 : b ? 2 : 1;
    return neuron_onnx_step(v->writer, v->node, type, part, (const char *[]){a, b, c}, count);
}

static const char *single(const vote *v, const char *type, const char *part, int64_t input,
                          const char *a, neuron_onnx_operator **added)
{
    const char *name = neuron_onnx_numbered(v->writer, v->node, part, input);
    *added = neuron_onnx_add(v->writer, type, name, &a, 1, name);
    return name;
}

static const char *pair(const vote *v, const char *type, const char *part, int64_t input,
                        const char *a, const char *b)
{
    return neuron_onnx_numbered_step(v->writer, v->node, type, part, input, a, b);
}

/* A number for each truth. */
static const char *as_numbers(const vote *v, const char *part, int64_t input, const char *truths)
{
    neuron_onnx_operator *added;
    const char *name = single(v, "Cast", part, input, truths, &added);
    neuron_onnx_set_integer(v->writer, added, "to", NEURON__ONNX__TENSOR__DATA_TYPE__FLOAT);
    return name;
}

/* Over the classes, which stay as an axis of one. */
static void reduce_classes(const vote *v, neuron_onnx_operator *added)
{
    int64_t axis = neuron_onnx_axis(v->node, -1, NEURON_ONNX_CHANNELS_LAST);
    neuron_onnx_set_integers(v->writer, added, "axes", &axis, 1);
    neuron_onnx_set_integer(v->writer, added, "keepdims", 1);
}

static const char *largest(const vote *v, const char *part, const char *values)
{
    const char *name = neuron_onnx_part(v->writer, v->node, part);
    reduce_classes(v, neuron_onnx_add(v->writer, "ReduceMax", name, &values, 1, name));
    return name;
}

/* Truths: which class is the first with the largest value. */
static const char *choose(const vote *v, const char *part, const char *chosen, int64_t input,
                          const char *values)
{
    neuron_onnx_operator *added;
    const char *place = single(v, "ArgMax", part, input, values, &added);
    int64_t axis = neuron_onnx_axis(v->node, -1, NEURON_ONNX_CHANNELS_LAST);
    neuron_onnx_set_integer(v->writer, added, "axis", axis);
    neuron_onnx_set_integer(v->writer, added, "keepdims", 1);
    return pair(v, "Equal", chosen, input, place, v->numbers);
}

/* All weights by a power of two, so that they are about 1 and as exact as they were given: what
 * ties in whole numbers then ties. */
static double vote_weight(const neuron_node_t *node, int64_t input)
{
    double all = 0;
    int exponent;
    for (int64_t i = 0; i < node->spec.input_count; i++)
        all += node->spec.weights ? node->spec.weights[i] : 1;
    frexp(all, &exponent);
    return ldexp(node->spec.weights ? node->spec.weights[input] : 1, -exponent);
}

/* The weight of an input, where all its values are numbers; returns these, with zeros or halves for
 * those that are none. */
static const char *weigh(const vote *v, int64_t i, const char *input)
{
    neuron_onnx_operator *added;
    const char *none = single(v, "IsNaN", "is_no_number", i, input, &added);
    const char *missing = as_numbers(v, "missing", i, none);
    if (v->classes > 1) {
        missing = single(v, "ReduceMax", "any_missing", i, missing, &added);
        reduce_classes(v, added);
    }
    const char *there = pair(v, "Sub", "there", i, v->one, missing);
    const char *weight = neuron_onnx_number(
        v->writer, neuron_onnx_numbered(v->writer, v->node, "share", i), vote_weight(v->node, i));
    v->weights[i] = pair(v, "Mul", "weight", i, there, weight);
    const char *name = neuron_onnx_numbered(v->writer, v->node, "values", i);
    const char *inputs[] = {none, v->classes > 1 ? v->zero : v->half, input};
    neuron_onnx_add(v->writer, "Where", name, inputs, 3, name);
    return name;
}

static const char *sum(const vote *v, const char *part, const char *const *of)
{
    return neuron_onnx_step(v->writer, v->node, "Sum", part, of, (size_t)v->count);
}

/* The last operator: `a` where it is true, else `b`. */
static void end(const vote *v, const char *truths, const char *a, const char *b)
{
    neuron_onnx_add_last(v->writer, v->node, "Where", (const char *[]){truths, a, b}, 3,
                         NEURON_ONNX_CHANNELS_LAST);
}

/* What an input gives to each class: 1 to its largest; or by rank, where each is compared with all.
 * The mean over what it is compared with, itself as half of one, is less than its share of the
 * points by 1 / (2 classes), and has classes - 1 over 2 times as much. */
static const char *ballot(const vote *v, int64_t i, const char *values)
{
    if (!v->borda)
        return as_numbers(v, "vote", i, choose(v, "place", "chosen", i, values));
    neuron_onnx_operator *added;
    int64_t axis = neuron_onnx_axis(v->node, -1, NEURON_ONNX_CHANNELS_LAST);
    const char *rows = pair(v, "Unsqueeze", "rows", i, values, v->behind);
    const char *columns = pair(v, "Unsqueeze", "columns", i, values, v->before);
    const char *above = as_numbers(v, "above", i, pair(v, "Greater", "is_above", i, rows, columns));
    const char *equal = as_numbers(v, "equal", i, pair(v, "Equal", "is_equal", i, rows, columns));
    const char *wins =
        pair(v, "Add", "wins_over", i, above, pair(v, "Mul", "ties", i, equal, v->half));
    const char *mean = single(v, "ReduceMean", "rank", i, wins, &added);
    axis++;
    neuron_onnx_set_integers(v->writer, added, "axes", &axis, 1);
    neuron_onnx_set_integer(v->writer, added, "keepdims", 0);
    return pair(v, "Mul", "vote", i, pair(v, "Sub", "points", i, mean, v->own), v->scale);
}

static void add_vote(const vote *v, const char *const *inputs)
{
    for (int64_t i = 0; i < v->count; i++) {
        const char *values = weigh(v, i, inputs[i]);
        v->votes[i] = pair(v, "Mul", "votes", i, ballot(v, i, values), v->weights[i]);
        v->support[i] = pair(v, "Mul", "support", i, values, v->weights[i]);
    }
    const char *tally = sum(v, "tally", v->votes), *support = sum(v, "support", v->support);
    const char *shares = step(v, "Div", "shares", tally, sum(v, "all", v->weights), NULL);
    const char *least =
        step(v, "Mul", "least", largest(v, "lead", tally), number(v, "rounding", 1 - slack), NULL);
    const char *leads = step(v, "GreaterOrEqual", "leads", tally, least, NULL);
    const char *speaks =
        step(v, "Where", "speaks", leads, support, number(v, "lowest", -3.4028234663852886e38));
    const char *wins = choose(v, "winner", "wins", 0, speaks);
    /* A lead may be none when it is rounded to float. */
    const char *others = largest(v, "others", step(v, "Where", "rest", wins, v->zero, shares));
    const char *above = step(v, "Mul", "above", others, number(v, "next", 1 + 0x1p-23), NULL);
    const char *loses = step(v, "LessOrEqual", "loses", shares, others, NULL);
    end(v, step(v, "And", "rises", wins, loses, NULL), above, shares);
}

/* One output says which of two classes it is: see neuron_vote(). */
static void add_vote_for_one(const vote *v, const char *const *inputs)
{
    for (int64_t i = 0; i < v->count; i++) {
        const char *values = weigh(v, i, inputs[i]);
        const char *chosen = pair(v, "Greater", "chosen", i, values, v->half);
        v->votes[i] = pair(v, "Mul", "votes", i, as_numbers(v, "vote", i, chosen), v->weights[i]);
        v->support[i] = pair(v, "Mul", "support", i, pair(v, "Sub", "margin", i, values, v->half),
                             v->weights[i]);
    }
    const char *yes = sum(v, "yes", v->votes), *all = sum(v, "all", v->weights);
    const char *balance = sum(v, "balance", v->support);
    const char *gap = step(v, "Sub", "gap", yes, step(v, "Sub", "no", all, yes, NULL), NULL);
    const char *least = step(v, "Mul", "least", all, number(v, "rounding", slack), NULL);
    const char *ties =
        step(v, "LessOrEqual", "ties", step(v, "Abs", "lead", gap, NULL, NULL), least, NULL);
    const char *decided = step(v, "Not", "decided", ties, NULL, NULL);
    const char *by_votes = step(v, "And", "by_votes", decided,
                                step(v, "Greater", "has_more", gap, v->zero, NULL), NULL);
    const char *by_values = step(v, "And", "by_values", ties,
                                 step(v, "Greater", "speaks", balance, v->zero, NULL), NULL);
    const char *wins = step(v, "Or", "wins", by_votes, by_values, NULL);
    const char *share =
        step(v, "Where", "share", ties, v->half, step(v, "Div", "exact", yes, all, NULL));
    /* Rounded to float, it still says which class it is. */
    const char *high = step(v, "Max", "high", share, number(v, "next", above_half), NULL);
    const char *low = step(v, "Min", "low", share, v->half, NULL);
    const char *made = step(v, "Where", "made", wins, high, low);
    end(v, step(v, "Greater", "known", all, v->zero, NULL), made,
        number(v, "unknown", (double)NAN));
}

static void prepare_ranks(vote *v)
{
    int64_t before = neuron_onnx_axis(v->node, -1, NEURON_ONNX_CHANNELS_LAST), behind = before + 1;
    double classes = (double)v->classes;
    v->behind = neuron_onnx_integers(v->writer, neuron_onnx_part(v->writer, v->node, "axis_behind"),
                                     &behind, 1);
    v->before = neuron_onnx_integers(v->writer, neuron_onnx_part(v->writer, v->node, "axis_before"),
                                     &before, 1);
    v->half = number(v, "half", 0.5);
    v->own = number(v, "own", 0.5 / classes);
    v->scale = number(v, "scale", 2 / (classes - 1));
}

void neuron_onnx_add_vote(neuron_onnx_writer *writer, const neuron_node_t *node)
{
    const neuron_shape *shape = &node->spec.output;
    vote v = {.writer = writer,
              .node = node,
              .classes = shape->extent[shape->rank - 1],
              .count = node->spec.input_count};
    const char **inputs = neuron_onnx_join_inputs(writer, node, NEURON_ONNX_CHANNELS_LAST);
    size_t count = (size_t)v.count;
    v.weights = neuron_onnx_get(writer, count, sizeof *v.weights);
    v.votes = neuron_onnx_get(writer, count, sizeof *v.votes);
    v.support = neuron_onnx_get(writer, count, sizeof *v.support);
    int64_t *numbers = neuron_onnx_get(writer, neuron_size(v.classes), sizeof *numbers);
    if (!numbers)
        return;
    for (int64_t k = 0; k < v.classes; k++)
        numbers[k] = k;
    v.zero = number(&v, "zero", 0);
    v.one = number(&v, "one", 1);
    if (v.classes == 1) {
        v.half = number(&v, "half", 0.5);
        add_vote_for_one(&v, inputs);
    } else {
        v.numbers = neuron_onnx_integers(writer, neuron_onnx_part(writer, node, "classes"), numbers,
                                         (int32_t)v.classes);
        v.borda = neuron_onnx_option(node, NEURON_NODE_BALLOT) == NEURON_BALLOT_BORDA;
        if (v.borda)
            prepare_ranks(&v);
        add_vote(&v, inputs);
    }
}
