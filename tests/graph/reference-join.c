#include "reference-call.h"

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
            int64_t best = 0;
            for (int64_t k = 1; k < classes; k++)
                best = x[k] > x[best] ? k : best;
            y[best] += reference_weight(c, i) / all;
        }
    }
}

static void add(const reference_call *c)
{
    for (int64_t v = 0; v < c->count; v++) {
        c->y[v] = 0;
        for (int32_t i = 0; i < c->node->spec.input_count; i++)
            c->y[v] += reference_input(c, i)[v];
    }
}

static void multiply(const reference_call *c)
{
    for (int64_t v = 0; v < c->count; v++) {
        c->y[v] = 1;
        for (int32_t i = 0; i < c->node->spec.input_count; i++)
            c->y[v] *= reference_input(c, i)[v];
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
    {"add", add},
    {"average", average},
    {"concat", concat},
    {"join", join},
    {"multiply", multiply},
    {"vote", vote},
    {"weighted_average", average},
    {NULL, NULL},
};
