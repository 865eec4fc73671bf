/* The forward product of a dense layer, y = x W + b, by one of three ways: large ones by CBLAS
 * (gemm-cblas.c), few rows by streaming the weights once (kernels/gemm-streaming.c), all else by
 * tiles of packed weights (kernels/gemm.c). The gradients are in gemm-gradients.c. */
#include "ops/gemm.h"

#include "base/bump.h"
#include "base/checked.h"
#include "base/compiler/attributes.h"
#include "kernels/panels.h"
#include "ops/gemm-tiling.h"

#include <string.h>

/* A block of the weights; none if it has no depth. */
typedef struct weight_block {
    int64_t column, columns, k, depth;
} weight_block;

/* What a worker has packed, and in which of its two memories. */
typedef struct forward_worker {
    weight_block block;
    int32_t side;
} forward_worker;

/* Where the scratch memory of a cut lies. */
typedef struct forward_places {
    size_t bias, parts, copy, workers, packed, packed_size;
} forward_places;

static bool has_parts(const neuron_forward_cut *cut)
{
    return cut->streams || cut->parts > 1;
}

static size_t place_forward(const neuron_forward_cut *cut, int64_t batch, int64_t inputs,
                            int64_t units, int32_t threads, bool packed, forward_places *places)
{
    size_t total = 0;
    int64_t room = neuron_panel_round(units);
    places->bias = neuron_reserve(&total, room, sizeof(float));
    places->parts = neuron_reserve(&total, has_parts(cut) ? cut->parts * batch : 0,
                                   neuron_size_of(room, sizeof(float)));
    places->copy = neuron_reserve(&total, batch, neuron_size_of(cut->copy_row, sizeof(float)));
    places->packed_size = 0;
    if (!packed && !cut->streams)
        places->packed_size = (size_t)(neuron_min_count(inputs, NEURON_FORWARD_DEPTH) *
                                       NEURON_FORWARD_PANELS * NEURON_PANEL_GROUP) *
                              sizeof(float);
    places->packed = neuron_reserve(&total, threads, 2 * places->packed_size);
    places->workers = neuron_reserve(&total, threads, sizeof(forward_worker));
    return total;
}

NEURON_COLD size_t neuron_gemm_forward_scratch(int64_t batch, int64_t inputs, int64_t units,
                                               int32_t threads, bool packed, bool invariant)
{
    forward_places places;
    size_t most = 0;
    /* A smaller batch can have more parts, but only if it has fewer slices of rows. */
    int64_t slices = neuron_ceil_divide(batch, NEURON_FORWARD_ROWS);
    for (int64_t i = 0; i <= neuron_min_count(slices, NEURON_FORWARD_TASKS + 1); i++) {
        int64_t rows = i == 0                     ? NEURON_FORWARD_FEW_ROWS
                       : i > NEURON_FORWARD_TASKS ? batch
                                                  : i * NEURON_FORWARD_ROWS;
        rows = neuron_min_count(rows, batch);
        neuron_forward_cut cut = neuron_forward_cut_of(rows, inputs, units, invariant);
        size_t bytes = place_forward(&cut, rows, inputs, units, threads, packed, &places);
        most = bytes > most ? bytes : most;
    }
    return most;
}

typedef struct forward_job {
    const neuron_gemm *product;
    const float *input, *weights, *packed, *aligned, *bias;
    const neuron_post_ops *post;
    float *output;
    neuron_forward_cut cut;
    forward_places places;
    const float *left; /* the input or its copy */
    int64_t left_row;
} forward_job;

static float *at_scratch(const forward_job *job, size_t place)
{
    return (float *)(void *)(job->product->scratch + place);
}

/* What one task makes: some rows and columns of one part of the sums. */
typedef struct forward_slice {
    int64_t row, rows, column, columns, part, depth_begin, depth_end;
    float *sums; /* of a part that is to be joined */
} forward_slice;

static forward_slice slice_at(const forward_job *job, int64_t task)
{
    const neuron_forward_cut *cut = &job->cut;
    const neuron_gemm *product = job->product;
    forward_slice slice = {.row = task % cut->row_slices * cut->rows,
                           .column = task / cut->row_slices % cut->column_slices * cut->columns,
                           .part = task / (cut->row_slices * cut->column_slices)};
    int64_t part_depth = cut->part_blocks * cut->block;
    slice.rows = neuron_min_count(cut->rows, product->batch - slice.row);
    slice.columns = neuron_min_count(cut->columns, product->units - slice.column);
    slice.depth_begin = slice.part * part_depth;
    slice.depth_end = neuron_min_count(slice.depth_begin + part_depth, product->inputs);
    if (has_parts(cut))
        slice.sums =
            at_scratch(job, job->places.parts) +
            (slice.part * product->batch + slice.row) * neuron_panel_round(product->units) +
            slice.column;
    return slice;
}

/* Joins the parts of some rows and columns. */
static void join(const forward_job *job, int64_t row, int64_t rows, int64_t column, int64_t columns)
{
    const neuron_gemm *product = job->product;
    int64_t room = neuron_panel_round(product->units);
    neuron_join_work work = {
        .rows = rows,
        .columns = columns,
        .count = job->cut.parts,
        .parts = at_scratch(job, job->places.parts) + row * room + column,
        .part_step = product->batch * room,
        .part_row = room,
        .bias = job->bias ? job->bias + column : NULL,
        .output = job->output + row * product->units + column,
        .output_row = product->units,
        .post = {job->post, column, row * product->units + column},
    };
    product->kernels->gemm->join(&work);
}

static void stream_slice(const forward_job *job, int64_t task)
{
    const neuron_gemm *product = job->product;
    forward_slice at = slice_at(job, task), *slice = &at;
    int64_t room = neuron_panel_round(product->units);
    for (int64_t m = 0; m < slice->rows; m++)
        memset(slice->sums + m * room, 0,
               (size_t)neuron_panel_round(slice->columns) * sizeof *slice->sums);
    const float *weights = job->aligned ? job->aligned : job->weights;
    int64_t row = job->aligned ? neuron_gemm_aligned_row(product->units) : product->units;
    neuron_gemm_streaming_work work = {
        .rows = slice->rows,
        .columns = job->aligned ? neuron_gemm_aligned_row(slice->columns) : slice->columns,
        .depth = slice->depth_end - slice->depth_begin,
        .left = job->input + slice->depth_begin,
        .left_row = product->inputs,
        .right = weights + slice->depth_begin * row + slice->column,
        .right_row = row,
        .output = slice->sums,
        .output_row = room,
    };
    product->kernels->gemm->gemm_streaming(&work);
    if (job->cut.parts == 1)
        join(job, 0, slice->rows, slice->column, slice->columns);
}

static weight_block block_at(const forward_job *job, const forward_slice *slice, int64_t k)
{
    return (weight_block){slice->column, slice->columns, k,
                          neuron_min_count(job->cut.block, slice->depth_end - k)};
}

/* The block that is needed after the one at `k`: the next of this task or the first of the next
 * task, which is most likely this worker's. */
static weight_block block_after(const forward_job *job, const forward_slice *slice, int64_t task,
                                int64_t k)
{
    const neuron_forward_cut *cut = &job->cut;
    if (k + cut->block < slice->depth_end)
        return block_at(job, slice, k + cut->block);
    if (task + 1 >= cut->row_slices * cut->column_slices * cut->parts)
        return (weight_block){0};
    forward_slice next = slice_at(job, task + 1);
    return block_at(job, &next, next.depth_begin);
}

/* Packs rows begin .. end - 1 of a block. */
static void pack_rows(const forward_job *job, const weight_block *block, int64_t begin, int64_t end,
                      float *packed)
{
    const neuron_gemm *product = job->product;
    const neuron_kernels *kernels = product->kernels;
    const float *rows = job->weights + (block->k + begin) * product->units + block->column;
    for (int64_t column = 0; column < block->columns; column += 2 * kernels->lanes) {
        int64_t width = neuron_panel_width(kernels->lanes, block->columns, column);
        kernels->gemm->pack(packed + column * block->depth + begin * width, rows + column,
                            product->units, end - begin,
                            neuron_min_count(width, block->columns - column), NULL);
    }
}

/* Multiplies the rows of a slice with one panel. */
static void multiply_panel(const forward_job *job, const neuron_gemm_work *work)
{
    neuron_gemm_work part = *work;
    for (int64_t row = 0; row < work->rows; row += job->cut.rows_at_once) {
        part.rows = neuron_min_count(job->cut.rows_at_once, work->rows - row);
        part.left = work->left + row * work->left_row;
        part.output = work->output + row * work->output_row;
        part.post = neuron_post_slice_at(&work->post, 0, row * work->output_row);
        job->product->kernels->gemm->multiply(&part);
        part.ahead = NULL;
    }
}

/* Multiplies one panel after the other, which stays in the nearest cache, and packs some rows of
 * the next block after each. These were fetched meanwhile; there is room for few of them: where the
 * weights have a power of two columns they lie in few sets of the cache. */
static void multiply_block(const forward_job *job, const neuron_gemm_work *work,
                           const weight_block *next, float *packed)
{
    int64_t units = job->product->units;
    int64_t panels = neuron_ceil_divide(work->columns, NEURON_PANEL_GROUP);
    int64_t step = neuron_ceil_divide(next->depth, panels);
    neuron_gemm_work part = *work;
    part.ahead_row = units;
    part.ahead_columns = next->columns;
    for (int64_t i = 0; i < panels; i++) {
        int64_t column = i * NEURON_PANEL_GROUP, begin = neuron_min_count(i * step, next->depth);
        int64_t end = neuron_min_count(begin + step, next->depth);
        part.columns = neuron_min_count(NEURON_PANEL_GROUP, work->columns - column);
        part.right = work->right + column * work->depth;
        part.bias = work->bias ? work->bias + column : NULL;
        part.output = work->output + column;
        part.post = neuron_post_slice_at(&work->post, column, column);
        part.ahead_rows = end - begin;
        part.ahead = end > begin ? job->weights + (next->k + begin) * units + next->column : NULL;
        multiply_panel(job, &part);
        pack_rows(job, next, begin, end, packed);
    }
}

/* The same of weights that are packed already; the next panel is fetched meanwhile. */
static void multiply_packed(const forward_job *job, const neuron_gemm_work *work, int64_t first,
                            int64_t k)
{
    const neuron_gemm *product = job->product;
    int64_t step = 2 * product->kernels->lanes;
    neuron_gemm_work part = *work;
    for (int64_t column = 0; column < work->columns; column += step) {
        int64_t at = first + column;
        int64_t width = neuron_panel_width(product->kernels->lanes, product->units, at);
        part.columns = neuron_min_count(step, work->columns - column);
        part.right = job->packed + at * product->inputs + k * width;
        part.bias = work->bias ? work->bias + column : NULL;
        part.output = work->output + column;
        part.post = neuron_post_slice_at(&work->post, column, column);
        part.ahead = column + step < work->columns ? part.right + step * product->inputs : NULL;
        part.ahead_row = part.ahead_columns = width;
        part.ahead_rows = work->depth;
        multiply_panel(job, &part);
    }
}

static void multiply_slice(const forward_job *job, int64_t task, forward_worker *worker,
                           float *const packed[2])
{
    const neuron_gemm *product = job->product;
    forward_slice at = slice_at(job, task), *slice = &at;
    neuron_gemm_work work = {
        .rows = slice->rows,
        .columns = slice->columns,
        .left_row = job->left_row,
        .left_column = 1,
        .bias = job->bias && !slice->sums ? job->bias + slice->column : NULL,
        .output =
            slice->sums ? slice->sums : job->output + slice->row * product->units + slice->column,
        .output_row = slice->sums ? neuron_panel_round(product->units) : product->units,
    };
    for (int64_t k = slice->depth_begin; k < slice->depth_end; k += job->cut.block) {
        weight_block block = block_at(job, slice, k), next = block_after(job, slice, task, k);
        work.depth = block.depth;
        work.left = job->left + slice->row * job->left_row + k;
        if (k + work.depth == slice->depth_end && !slice->sums)
            work.post = (neuron_post_slice){job->post, slice->column,
                                            slice->row * product->units + slice->column};
        if (job->packed) {
            multiply_packed(job, &work, slice->column, k);
        } else {
            if (memcmp(&worker->block, &block, sizeof block) != 0)
                pack_rows(job, &block, 0, block.depth, packed[worker->side]);
            work.right = packed[worker->side];
            worker->side = !worker->side;
            multiply_block(job, &work, &next, packed[worker->side]);
            worker->block = next;
        }
        work.bias = NULL;
        work.add = true;
    }
}

static void forward_task(void *work, int64_t task, int32_t worker)
{
    const forward_job *job = work;
    const forward_places *places = &job->places;
    if (job->cut.streams) {
        stream_slice(job, task);
        return;
    }
    size_t place = places->packed + (size_t)worker * 2 * places->packed_size;
    float *packed[2] = {at_scratch(job, place), at_scratch(job, place + places->packed_size)};
    forward_worker *workers = (void *)(job->product->scratch + places->workers);
    multiply_slice(job, task, &workers[worker], packed);
}

/* Rows of what passes over memory once: a task has about this many floats. */
enum { PASS_FLOATS = 32768 };

static int64_t pass_rows(int64_t width)
{
    return neuron_between(1, PASS_FLOATS / width, PASS_FLOATS);
}

static void join_task(void *work, int64_t task, int32_t worker)
{
    (void)worker;
    const forward_job *job = work;
    int64_t rows = pass_rows(job->product->units * job->cut.parts);
    join(job, task * rows, neuron_min_count(rows, job->product->batch - task * rows), 0,
         job->product->units);
}

static void copy_task(void *work, int64_t task, int32_t worker)
{
    (void)worker;
    const forward_job *job = work;
    int64_t inputs = job->product->inputs, rows = pass_rows(inputs);
    float *copy = at_scratch(job, job->places.copy);
    for (int64_t row = task * rows; row < job->product->batch && row < (task + 1) * rows; row++)
        memcpy(copy + row * job->left_row, job->input + row * inputs,
               (size_t)inputs * sizeof *copy);
}

/* Begins with what all tasks read: the input where its rows do not collide, and a padded bias. */
static void begin_forward(forward_job *job)
{
    const neuron_gemm *product = job->product;
    if (job->bias) {
        float *bias = at_scratch(job, job->places.bias);
        memset(bias, 0, (size_t)neuron_panel_round(product->units) * sizeof *bias);
        memcpy(bias, job->bias, (size_t)product->units * sizeof *bias);
        job->bias = bias;
    }
    for (int32_t i = 0; i < neuron_pool_threads(product->pool); i++)
        ((forward_worker *)(void *)(product->scratch + job->places.workers))[i] =
            (forward_worker){{0}, 0};
    job->left = job->input;
    job->left_row = product->inputs;
    if (job->cut.copy_row) {
        job->left = at_scratch(job, job->places.copy);
        job->left_row = job->cut.copy_row;
        neuron_pool_run(product->pool,
                        neuron_ceil_divide(product->batch, pass_rows(product->inputs)), copy_task,
                        job);
    }
}

/* 64 MB */
enum { PACKED_FLOATS_MAX = 1 << 24 };

bool neuron_gemm_packs(int64_t batch, int64_t inputs, int64_t units, bool invariant)
{
    return (invariant || batch > NEURON_FORWARD_FEW_ROWS) &&
           (double)inputs * (double)neuron_panel_round(units) <= PACKED_FLOATS_MAX;
}

/* 16 MB */
enum { ALIGNED_FLOATS_MAX = 1 << 22, LINE_FLOATS = 16 };

int64_t neuron_gemm_aligned_row(int64_t units)
{
    return neuron_ceil_divide(units, LINE_FLOATS) * LINE_FLOATS;
}

/* Few units would be read as slowly for what fills their lines. */
bool neuron_gemm_aligns(int64_t batch, int64_t inputs, int64_t units)
{
    int64_t row = neuron_gemm_aligned_row(units);
    return batch <= NEURON_FORWARD_FEW_ROWS && row != units && row - units <= units / 4 &&
           (double)inputs * (double)row <= ALIGNED_FLOATS_MAX;
}

void neuron_gemm_align(const neuron_gemm *product, const float *weights, float *aligned)
{
    int64_t units = product->units, row = neuron_gemm_aligned_row(units);
    for (int64_t k = 0; k < product->inputs; k++) {
        memcpy(aligned + k * row, weights + k * units, (size_t)units * sizeof *aligned);
        memset(aligned + k * row + units, 0, (size_t)(row - units) * sizeof *aligned);
    }
}

typedef struct pack_job {
    const neuron_gemm *product;
    const float *weights;
    float *packed;
} pack_job;

/* A panel. */
static void pack_task(void *work, int64_t task, int32_t worker)
{
    (void)worker;
    const pack_job *job = work;
    const neuron_gemm *product = job->product;
    int64_t step = 2 * product->kernels->lanes, column = task * step;
    product->kernels->gemm->pack(job->packed + column * product->inputs, job->weights + column,
                                 product->units, product->inputs,
                                 neuron_min_count(step, product->units - column), NULL);
}

void neuron_gemm_pack(const neuron_gemm *product, const float *weights, float *packed)
{
    pack_job job = {product, weights, packed};
    neuron_pool_run(product->pool, neuron_ceil_divide(product->units, 2 * product->kernels->lanes),
                    pack_task, &job);
}

void neuron_gemm_forward(const neuron_gemm *product, const float *input,
                         const neuron_gemm_weights *weights, const float *bias,
                         const neuron_post_ops *post, float *output)
{
    if (product->by_cblas && product->batch > NEURON_FORWARD_FEW_ROWS &&
        neuron_cblas_forward(product, input, weights->rows, bias, post, output))
        return;
    forward_job job = {.product = product,
                       .input = input,
                       .weights = weights->rows,
                       .packed = weights->packed,
                       .aligned = weights->aligned,
                       .bias = bias,
                       .post = post,
                       .output = output,
                       .cut = neuron_forward_cut_of(product->batch, product->inputs, product->units,
                                                    product->invariant)};
    place_forward(&job.cut, product->batch, product->inputs, product->units,
                  neuron_pool_threads(product->pool), weights->packed != NULL, &job.places);
    begin_forward(&job);
    neuron_pool_run(product->pool, job.cut.row_slices * job.cut.column_slices * job.cut.parts,
                    forward_task, &job);
    if (job.cut.parts > 1)
        neuron_pool_run(
            product->pool,
            neuron_ceil_divide(product->batch, pass_rows(product->units * job.cut.parts)),
            join_task, &job);
}
