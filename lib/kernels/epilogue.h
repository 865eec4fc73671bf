/* What is done to sums on their way to memory: a rectifier while they are in registers, the rest
 * when a few thousand of them lie in the nearest cache. */
#ifndef KERNELS_EPILOGUE_H
#define KERNELS_EPILOGUE_H

#include "kernels/kernels.h"
#include "kernels/simd.h"

#include <math.h>

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

/* What is left, for `count` sums in a row, the first of which has column `column` and lies at `at`
 * of the output. */
static inline void finish_row(const neuron_epilogue *epilogue, int64_t column, int64_t count,
                              float *output, int64_t at)
{
    for (int64_t n = 0; n < count; n += LANES) {
        int64_t left = count - n;
        vector sum = load_some(output + at + n, left);
        if (epilogue->scale)
            sum = sum * load(epilogue->scale + column + n) + load(epilogue->shift + column + n);
        if (epilogue->rectify_last)
            sum = at_least((vector){0}, sum);
        if (epilogue->gate)
            sum = choose(load_some(epilogue->gate + at + n, left) > (vector){0}, sum, (vector){0});
        store_some(output + at + n, sum, left);
    }
}

#endif
