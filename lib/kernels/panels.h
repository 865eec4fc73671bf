/* How matrices are packed: in panels of two vectors of columns, the last panel of one vector if
 * that is enough; missing columns are zero.
 *
 * Element (k, n) of a matrix of `depth` rows lies in panel p = n / (2 * lanes), which begins at
 * p * 2 * lanes * depth, in row k of it. With 4 lanes and 11 columns:
 *
 *     columns   0 ... 7      8 ... 10 and one of zeros
 *     k = 0     panel 0      panel 1, of one vector
 *     k = 1     (8 wide)     (4 wide)
 *     ...                                                                                        */
#ifndef KERNELS_PANELS_H
#define KERNELS_PANELS_H

#include <stdint.h>

/* No matrix needs more columns than its own, rounded up to a multiple of this,
 * whatever the instruction set. */
enum { NEURON_PANEL_GROUP = 32 };

/* `count` rounded up to whole panels. */
static inline int64_t neuron_panel_round(int64_t count)
{
    return (count + NEURON_PANEL_GROUP - 1) / NEURON_PANEL_GROUP * NEURON_PANEL_GROUP;
}

/* `count` rounded up to whole vectors. */
static inline int64_t neuron_vector_round(int32_t lanes, int64_t count)
{
    return (count + lanes - 1) / lanes * lanes;
}

/* How many columns the panel that begins at `column` has in memory. */
static inline int64_t neuron_panel_width(int32_t lanes, int64_t columns, int64_t column)
{
    return columns - column > lanes ? 2 * lanes : lanes;
}

#endif
