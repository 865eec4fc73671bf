/* Packing a matrix in panels. */
#include "kernels/table.h"

#include <stdbool.h>
#include <stddef.h>

/* `count` rows of whole panels, so that each row is read as it lies. */
static ALWAYS_INLINE void pack_panels(float *packed, const float *rows, int64_t stride,
                                      int64_t count, float *sums, int panels)
{
    vector sum[4] = {{0}};
    for (int64_t k = 0; k < count; k++) {
        UNROLL_FULLY
        for (int v = 0; v < 2 * panels; v++) {
            vector value = load(rows + k * stride + v * LANES);
            sum[v] += value;
            store(packed + (v / 2 * count + k) * 2 * LANES + v % 2 * LANES, value);
        }
    }
    for (int v = 0; sums && v < 2 * panels; v++)
        store(sums + v * LANES, load(sums + v * LANES) + sum[v]);
}

/* One vector, `width` floats apart. Where it has fewer columns what follows them in memory is the
 * next row, which is read too and made 0. */
static void pack_vector(float *packed, int64_t width, const float *rows, int64_t stride,
                        int64_t count, int64_t columns, float *sums)
{
    vector_mask wanted = {0};
    for (int n = 0; n < LANES; n++)
        wanted[n] = n < columns ? -1 : 0;
    vector sum = {0};
    for (int64_t k = 0; k < count; k++) {
        const float *row = rows + k * stride;
        bool whole = columns + (count - 1 - k) * stride >= LANES;
        vector value = whole ? choose(wanted, load(row), (vector){0}) : load_some(row, columns);
        sum += value;
        store(packed + k * width, value);
    }
    if (sums)
        store(sums, load(sums) + sum);
}

void KERNEL(pack)(float *packed, const float *rows, int64_t stride, int64_t count, int64_t columns,
                  float *sums)
{
    int64_t column = 0;
    for (; columns - column >= 4 * LANES; column += 4 * LANES)
        pack_panels(packed + column * count, rows + column, stride, count,
                    sums ? sums + column : NULL, 2);
    if (columns - column >= 2 * LANES) {
        pack_panels(packed + column * count, rows + column, stride, count,
                    sums ? sums + column : NULL, 1);
        column += 2 * LANES;
    }
    for (; column < columns; column += LANES) {
        int64_t panel = column / (2 * LANES) * (2 * LANES);
        int64_t width = columns - panel > LANES ? 2 * LANES : LANES;
        pack_vector(packed + panel * count + (column - panel), width, rows + column, stride, count,
                    columns - column, sums ? sums + column : NULL);
    }
}
