/* What is done to sums on their way to memory: a rectifier while they are in registers, the rest
 * when a few thousand of them lie in the nearest cache. */
#ifndef KERNELS_EPILOGUE_H
#define KERNELS_EPILOGUE_H

#include "kernels/kernels.h"
#include "kernels/simd.h"

#include <math.h>
#include <string.h>

/* Below this a sum becomes it. */
static inline vector epilogue_floor(const neuron_epilogue *epilogue)
{
    return epilogue->rectify ? (vector){0} : broadcast(-INFINITY);
}

/* A NaN stays one. */
static ALWAYS_INLINE vector at_least(vector floor, vector value)
{
    return choose(value < floor, floor, value);
}

/* Whether anything is left to do behind the floor. */
static inline bool epilogue_goes_on(const neuron_epilogue *epilogue)
{
    return epilogue->scale || epilogue->rectify_last || epilogue->gate;
}

/* All that is left but for the floor, for a vector of sums. `column` is that of the first, `at` its
 * place in the output, of which `left` floats or more are to be written. */
static inline void finish_vector(const neuron_epilogue *epilogue, vector sums, int64_t column,
                                 float *output, int64_t at, int64_t left)
{
    if (epilogue->scale)
        sums = sums * load(epilogue->scale + column) + load(epilogue->shift + column);
    if (epilogue->rectify_last)
        sums = at_least((vector){0}, sums);
    if (epilogue->gate)
        sums = choose(load_some(epilogue->gate + at, left) > (vector){0}, sums, (vector){0});
    store_some(output + at, sums, left);
}

/* The same for `count` sums in a row of the output. */
static inline void finish_row(const neuron_epilogue *epilogue, int64_t column, int64_t count,
                              float *output, int64_t at)
{
    for (int64_t n = 0; n < count; n += LANES)
        finish_vector(epilogue, load_some(output + at + n, count - n), column + n, output, at + n,
                      count - n);
}

/* All of it, for a vector of sums. */
static inline void finish(const neuron_epilogue *epilogue, vector sums, int64_t column,
                          float *output, int64_t at, int64_t left)
{
    finish_vector(epilogue, at_least(epilogue_floor(epilogue), sums), column, output, at, left);
}

/* The first `columns` floats of a tile's rows, to where each belongs. Out of line, or the calls among
 * the stores would take the sums to memory and back. */
__attribute__((noinline, unused)) static void
copy_rows(const float *tile, int rows, int64_t columns, float *output, const int64_t *offsets)
{
    for (int m = 0; m < rows; m++)
        memcpy(output + offsets[m], tile + m * 2 * LANES, (size_t)columns * sizeof *output);
}

#endif
