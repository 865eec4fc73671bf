/* Splitting a layer's work among threads. */
#ifndef LAYERS_PIECES_H
#define LAYERS_PIECES_H

#include "layers/layer.h"

/* Works on the elements, or rows, first .. first + count - 1. */
typedef void (*neuron_piece)(const neuron_run *run, int64_t first, int64_t count);

/* Runs `piece` over 0 .. count - 1 in pieces of about 8192 floats, `width` of which make one. */
void neuron_run_pieces(const neuron_run *run, int64_t count, int64_t width, neuron_piece piece);

/* The same over all elements of the output, in pieces of whole rows of `width`; `piece` is told
 * elements. */
void neuron_run_rows(const neuron_run *run, int64_t width, neuron_piece piece);

/* Elements of one example's output. */
static inline int64_t neuron_run_output_size(const neuron_run *run)
{
    return neuron_shape_count(&run->spec->output);
}

#endif
