#include "reference-call.h"

#include "layers/joins/join.h"

#include <math.h>

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

const reference_layer reference_join_layers[] = {
    {"add", add},     {"average", average},   {"concat", concat},
    {"join", join},   {"multiply", multiply}, {"permute", permute},
    {"slice", slice}, {"vote", vote},         {"weighted_average", average},
    {NULL, NULL},
};
