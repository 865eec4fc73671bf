#include "reference-call.h"

#include "layers/joins/join.h"

#include <math.h>
#include <string.h>

/* Takes each value of the output from where its coordinates say. */
static void concat(const reference_call *c)
{
    int32_t rank = c->shape->rank, axis = (int32_t)reference_option(c, NEURON_NODE_AXIS);
    if (axis < 0)
        axis += rank;
    for (int64_t o = 0; o < c->count; o++) {
        int64_t place[NEURON_RANK_MAX] = {0}, rest = o;
        for (int32_t a = rank - 1; a >= 0; a--) {
            place[a] = rest % c->shape->extent[a];
            rest /= c->shape->extent[a];
        }
        int32_t i = 0;
        while (place[axis] >= c->node->inputs[i]->spec.output.extent[axis])
            place[axis] -= c->node->inputs[i++]->spec.output.extent[axis];
        int64_t from = rest; /* the example */
        for (int32_t a = 0; a < rank; a++)
            from = from * c->node->inputs[i]->spec.output.extent[a] + place[a];
        c->y[o] = reference_input(c, i)[from];
    }
}

static void average(const reference_call *c)
{
    double all = 0;
    for (int32_t i = 0; i < c->node->spec.input_count; i++)
        all += reference_weight(c, i);
    for (int64_t v = 0; v < c->count; v++) {
        c->y[v] = 0;
        for (int32_t i = 0; i < c->node->spec.input_count; i++)
            c->y[v] += reference_weight(c, i) * reference_input(c, i)[v] / all;
    }
}

/* Without ties, which inputs of a random test do not have. */
static void vote(const reference_call *c)
{
    int64_t classes = c->shape->extent[c->shape->rank - 1];
    bool borda = reference_option(c, NEURON_NODE_BALLOT) == NEURON_BALLOT_BORDA;
    double all = 0;
    for (int32_t i = 0; i < c->node->spec.input_count; i++)
        all += reference_weight(c, i);
    for (int64_t row = 0; row < c->count / classes; row++) {
        double *y = c->y + row * classes;
        for (int64_t k = 0; k < classes; k++)
            y[k] = 0;
        for (int32_t i = 0; classes == 1 && i < c->node->spec.input_count; i++)
            y[0] += reference_input(c, i)[row] > 0.5 ? reference_weight(c, i) / all : 0;
        for (int32_t i = 0; classes > 1 && i < c->node->spec.input_count; i++) {
            const double *x = reference_input(c, i) + row * classes;
            double points = (double)(classes * (classes - 1)) / 2;
            for (int64_t k = 0; borda && k < classes; k++)
                for (int64_t j = 0; j < classes; j++)
                    y[k] += x[k] > x[j] ? reference_weight(c, i) / all / points : 0;
            if (borda)
                continue;
            int64_t best = 0;
            for (int64_t k = 1; k < classes; k++)
                best = x[k] > x[best] ? k : best;
            y[best] += reference_weight(c, i) / all;
        }
    }
}

/* The value of an input that value v of the output has, by its coordinates: an axis that the input
 * does not have, or has once, does not count. */
static double broadcast(const reference_call *c, int32_t i, int64_t v)
{
    const neuron_shape *from = &c->node->inputs[i]->spec.output, *to = c->shape;
    int64_t place = 0, step = 1;
    for (int32_t a = to->rank - 1; a >= 0; a--) {
        int32_t own = a - (to->rank - from->rank);
        int64_t extent = own < 0 ? 1 : from->extent[own];
        place += extent == 1 ? 0 : v % to->extent[a] * step;
        step *= extent;
        v /= to->extent[a];
    }
    return reference_input(c, i)[v * step + place]; /* what is left is the example */
}

static void add(const reference_call *c)
{
    for (int64_t v = 0; v < c->count; v++) {
        c->y[v] = 0;
        for (int32_t i = 0; i < c->node->spec.input_count; i++)
            c->y[v] += broadcast(c, i, v);
    }
}

static void multiply(const reference_call *c)
{
    for (int64_t v = 0; v < c->count; v++) {
        c->y[v] = 1;
        for (int32_t i = 0; i < c->node->spec.input_count; i++)
            c->y[v] *= broadcast(c, i, v);
    }
}

/* Takes each value from where its coordinates say. */
static void slice(const reference_call *c)
{
    int32_t axis = (int32_t)reference_option(c, NEURON_NODE_AXIS);
    int64_t begin = (int64_t)reference_option(c, NEURON_NODE_BEGIN), behind = 1;
    for (int32_t a = axis + 1; a < c->shape->rank; a++)
        behind *= c->shape->extent[a];
    for (int64_t v = 0; v < c->count; v++) {
        int64_t before = v / behind / c->shape->extent[axis];
        int64_t place = begin + v / behind % c->shape->extent[axis];
        c->y[v] = c->x[(before * c->from->extent[axis] + place) * behind + v % behind];
    }
}

static void permute(const reference_call *c)
{
    int32_t rank = c->shape->rank;
    for (int64_t v = 0; v < c->count; v++) {
        int64_t places[NEURON_RANK_MAX], rest = v, at = 0;
        for (int32_t a = rank - 1; a >= 0; a--) {
            places[(int)reference_option(c, NEURON_NODE_AXIS_0 + a)] = rest % c->shape->extent[a];
            rest /= c->shape->extent[a];
        }
        for (int32_t a = 0; a < rank; a++)
            at = at * c->from->extent[a] + places[a];
        c->y[v] = c->x[rest * (c->count / c->reference->batch) + at];
    }
}

/* A custom layer of test-custom.c: all inputs one behind the other. */
static void join(const reference_call *c)
{
    double *y = c->y;
    for (int64_t e = 0; e < c->reference->batch; e++)
        for (int32_t i = 0; i < c->node->spec.input_count; i++) {
            int64_t size = c->node->spec.inputs[i].extent[0];
            for (int64_t j = 0; j < size; j++)
                *y++ = reference_input(c, i)[e * size + j];
        }
}

static double share_of(const reference_call *c, int32_t i)
{
    double all = 0;
    for (int32_t j = 0; j < c->node->spec.input_count; j++)
        all += reference_weight(c, j);
    return reference_weight(c, i) / all;
}

/* The probability of a class by an input, or by the mean of all with -1; one value is that of the
 * second of two classes. */
static double probability(const reference_call *c, int32_t i, int64_t row, int64_t k)
{
    int64_t values = c->from->extent[c->from->rank - 1];
    double sum = 0;
    for (int32_t j = 0; i < 0 && j < c->node->spec.input_count; j++)
        sum += share_of(c, j) * probability(c, j, row, k);
    if (i < 0)
        return sum;
    const double *x = reference_input(c, i) + row * values;
    return values > 1 ? x[k] : k == 1 ? x[0] : 1 - x[0];
}

/* The measures that have slopes: entropies, the margin, and the confidence. */
static double told(const reference_call *c, const char *measure, int64_t row, int64_t classes)
{
    double first = -1, second = -1, whole = 0, expected = 0;
    for (int64_t k = 0; k < classes; k++) {
        double p = probability(c, -1, row, k);
        whole -= p * log(fmax(p, 0x1p-126));
        for (int32_t i = 0; i < c->node->spec.input_count; i++) {
            double q = probability(c, i, row, k);
            expected -= share_of(c, i) * q * log(fmax(q, 0x1p-126));
        }
        second = p > first ? first : fmax(p, second);
        first = fmax(first, p);
    }
    if (strstr(measure, "entropy"))
        return strcmp(measure, "entropy") == 0 ? whole : expected;
    if (strcmp(measure, "mutual_information") == 0)
        return fmax(whole - expected, 0);
    return strcmp(measure, "margin") == 0 ? first - second : first;
}

static void uncertainty(const reference_call *c)
{
    char measure[40];
    size_t needed;
    int64_t values = c->from->extent[c->from->rank - 1];
    neuron_node_get_text(measure, sizeof measure, &needed, c->node, "measure");
    for (int64_t row = 0; row < c->count; row++)
        c->y[row] = told(c, measure, row, values > 1 ? values : 2);
}

const reference_layer reference_join_layers[] = {
    {"add", add},           {"average", average},
    {"concat", concat},     {"join", join},
    {"multiply", multiply}, {"permute", permute},
    {"slice", slice},       {"uncertainty", uncertainty},
    {"vote", vote},         {"weighted_average", average},
    {NULL, NULL},
};
