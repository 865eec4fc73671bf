/* What is done to a vector of sums on its way to memory. */
#ifndef KERNELS_EPILOGUE_H
#define KERNELS_EPILOGUE_H

#include "kernels/kernels.h"
#include "kernels/simd.h"

static ALWAYS_INLINE vector rectified(vector value)
{
    /* A NaN stays one. */
    return choose(value < (vector){0}, (vector){0}, value);
}

/* `column` is that of the sums' first; `at` is where they go in the output, of which `left` floats or
 * more are to be written. */
static ALWAYS_INLINE void finish(const neuron_epilogue *epilogue, vector sums, int64_t column,
                                 float *output, int64_t at, int64_t left)
{
    if (epilogue->rectify)
        sums = rectified(sums);
    if (epilogue->scale)
        sums = sums * load(epilogue->scale + column) + load(epilogue->shift + column);
    if (epilogue->rectify_last)
        sums = rectified(sums);
    if (epilogue->gate)
        sums = choose(load_some(epilogue->gate + at, left) > (vector){0}, sums, (vector){0});
    store_some(output + at, sums, left);
}

#endif
