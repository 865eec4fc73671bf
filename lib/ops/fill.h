/* What lies outside the edges of an image. */
#ifndef OPS_FILL_H
#define OPS_FILL_H

#include <stdint.h>

enum {
    NEURON_FILL_NEAREST = 1, /* aaaa|abcd|dddd, of a row abcd */
    NEURON_FILL_CONSTANT,    /* a constant */
    NEURON_FILL_REFLECT,     /* dcba|abcd|dcba */
    NEURON_FILL_WRAP         /* abcd|abcd|abcd */
};

/* All of NEURON_FILL_..., for the rows of a list of words. */
#define NEURON_FILL_WORDS                                                                          \
    {NEURON_FILL_NEAREST, "nearest"}, {NEURON_FILL_CONSTANT, "constant"},                          \
        {NEURON_FILL_REFLECT, "reflect"},                                                          \
    {                                                                                              \
        NEURON_FILL_WRAP, "wrap"                                                                   \
    }

/* The place inside, 0 .. extent - 1, that stands for any place of an axis; -1 for the constant. */
static inline int64_t neuron_fill_place(int32_t mode, int64_t place, int64_t extent)
{
    if (place >= 0 && place < extent)
        return place;
    if (mode == NEURON_FILL_CONSTANT)
        return -1;
    if (mode == NEURON_FILL_NEAREST)
        return place < 0 ? 0 : extent - 1;
    int64_t period = mode == NEURON_FILL_REFLECT ? 2 * extent : extent;
    int64_t rest = place % period;
    rest += rest < 0 ? period : 0;
    return rest < extent ? rest : period - 1 - rest;
}

#endif
