/* How the product of a dense layer's forward pass is cut into tasks: by its shape alone. */
#ifndef OPS_GEMM_TILING_H
#define OPS_GEMM_TILING_H

#include <stdbool.h>
#include <stdint.h>

/* Up to so many rows the weights are read where they lie: packing does not pay. */
enum { NEURON_FORWARD_FEW_ROWS = 12 };

/* Tasks that are enough for the threads of most machines to be busy to the end. */
enum { NEURON_FORWARD_TASKS = 16 };

/* A task has at most so many rows, and panels of columns; what it packs at once stays in the second
 * cache. */
enum { NEURON_FORWARD_ROWS = 256, NEURON_FORWARD_PANELS = 8, NEURON_FORWARD_DEPTH = 256 };

typedef struct neuron_forward_cut {
    bool streams;          /* few rows */
    int64_t rows, columns; /* of a slice; the last ones may have fewer */
    int64_t row_slices, column_slices;
    int64_t rows_at_once;       /* that are multiplied with a panel */
    int64_t block, blocks;      /* of the depth */
    int64_t part_blocks, parts; /* parts are summed apart and joined */
    int64_t copy_row;           /* floats of a row of the input's copy; 0 for no copy */
} neuron_forward_cut;

/* `invariant`: the depth is cut as for any other batch. */
neuron_forward_cut neuron_forward_cut_of(int64_t batch, int64_t inputs, int64_t units,
                                         bool invariant);

#endif
