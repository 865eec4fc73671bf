/* Splitting a layer's work among threads. */
#ifndef LAYERS_PIECES_H
#define LAYERS_PIECES_H

#include "layers/layer.h"

/* Works on the elements, or rows, first .. first + count - 1. */
typedef void (*neuron_piece)(const neuron_run *run, int64_t first, int64_t count);

/* Runs `piece` over all elements of the output in pieces of about 8192, which are whole rows of
 * `width`: the first is told elements, the second rows. */
void neuron_run_pieces(const neuron_run *run, int64_t width, neuron_piece piece);
void neuron_run_rows(const neuron_run *run, int64_t width, neuron_piece piece);

/* The same for a piece that needs memory of its own: `room` bytes of the scratch, which must have
 * as many for each thread. */
typedef void (*neuron_piece_with)(const neuron_run *run, int64_t first, int64_t count, void *own);
void neuron_run_rows_with(const neuron_run *run, int64_t width, size_t room,
                          neuron_piece_with piece);

/* Everything before the last axis, the batch included, as rows of `channels`, cut into chunks
 * that lie in the cache and of whose rows a sum of floats is still accurate. They follow from
 * the shape, so that sums over them have the same bytes for any number of threads. */
typedef struct neuron_row_chunks {
    int64_t rows, channels;
    int64_t step, count; /* rows of a chunk, and chunks */
} neuron_row_chunks;

neuron_row_chunks neuron_row_chunks_of(const neuron_shape *shape, int64_t batch);

/* Adds up, in order, what all chunks have for each channel: that of chunk i lies `stride` floats
 * behind that of the one before it. */
void neuron_join_chunk_sums(const neuron_row_chunks *chunks, const float *sums, int64_t stride,
                            float *joined);

/* Elements of one example's output. */
static inline int64_t neuron_run_output_size(const neuron_run *run)
{
    return neuron_shape_count(&run->spec->output);
}

#endif
