/* Runs a layer's work over the pool in contiguous pieces, whose size
 * follows from the shape alone. */
#include "layers/pieces.h"

#include "base/checked.h"

/* Large enough to pay for handing it to a thread, small enough to lie in the first cache. */
static const int64_t piece_floats = 8192;

typedef struct loop {
    const neuron_run *run;
    neuron_piece piece;           /* or */
    neuron_piece_with piece_with; /* with as much of the scratch for each thread as this: */
    size_t room;
    int64_t count, step;
} loop;

static void run_task(void *work, int64_t task, int32_t worker)
{
    const loop *all = work;
    int64_t first = task * all->step, count = neuron_min_count(all->step, all->count - first);
    if (all->piece)
        all->piece(all->run, first, count);
    else
        all->piece_with(all->run, first, count,
                        (char *)all->run->scratch + (size_t)worker * all->room);
}

/* `unit` floats are one for the piece. */
static void run_all(loop *all, int64_t width, int64_t unit)
{
    int64_t rows = width < piece_floats ? piece_floats / width : 1;
    all->step = rows * (width / unit);
    all->count = all->run->batch * neuron_run_output_size(all->run) / unit;
    neuron_pool_run(all->run->pool, neuron_ceil_divide(all->count, all->step), run_task, all);
}

void neuron_run_rows(const neuron_run *run, int64_t width, neuron_piece piece)
{
    run_all(&(loop){.run = run, .piece = piece}, width, width);
}

void neuron_run_pieces(const neuron_run *run, int64_t width, neuron_piece piece)
{
    run_all(&(loop){.run = run, .piece = piece}, width, 1);
}

void neuron_run_rows_with(const neuron_run *run, int64_t width, size_t room,
                          neuron_piece_with piece)
{
    run_all(&(loop){.run = run, .piece_with = piece, .room = room}, width, width);
}

/* Values of a chunk, and the most rows. */
enum { CHUNK_VALUES = 16384, CHUNK_ROWS = 512 };

neuron_row_chunks neuron_row_chunks_of(const neuron_shape *shape, int64_t batch)
{
    neuron_row_chunks chunks = {.channels = shape->extent[shape->rank - 1]};
    chunks.rows = neuron_shape_count(shape) / chunks.channels * batch;
    chunks.step = neuron_min_count(neuron_ceil_divide(CHUNK_VALUES, chunks.channels), CHUNK_ROWS);
    chunks.count = neuron_ceil_divide(chunks.rows, chunks.step);
    return chunks;
}

void neuron_join_chunk_sums(const neuron_row_chunks *chunks, const float *sums, int64_t stride,
                            float *joined)
{
    for (int64_t c = 0; c < chunks->channels; c++) {
        double sum = 0;
        for (int64_t i = 0; i < chunks->count; i++)
            sum += (double)sums[i * stride + c];
        joined[c] = (float)sum;
    }
}
