/* Products of bytes over the pool: see bytes-gemm.h. */
#include "ops/bytes-gemm.h"

#include "base/bump.h"
#include "base/checked.h"

#include <string.h>

/* Rows and columns of a task: as many rows as fit into the second cache beside a panel, and where
 * there are few columns not more than leave something for all threads. */
enum { TASK_COLUMNS = 64, TASK_ROWS = 128, FEW_COLUMNS = 512, FEW_ROWS = 48 };

static int64_t depth_of(const neuron_bytes_weights *weights)
{
    return weights->stretches * neuron_bytes_round(weights->stretch);
}

static void *place(void *memory, size_t offset)
{
    return memory ? (char *)memory + offset : NULL;
}

size_t neuron_bytes_lay_out(neuron_bytes_weights *weights, void *memory)
{
    size_t total = 0;
    int64_t columns = neuron_panel_round(weights->columns);
    weights->packed = place(memory, neuron_reserve(&total, columns, (size_t)depth_of(weights)));
    weights->start = place(memory, neuron_reserve(&total, columns, sizeof(int32_t)));
    weights->scale = place(memory, neuron_reserve(&total, columns, sizeof(float)));
    weights->bias = place(memory, neuron_reserve(&total, columns, sizeof(float)));
    weights->gain = place(memory, neuron_reserve(&total, columns, sizeof(float)));
    weights->offset = place(memory, neuron_reserve(&total, columns, sizeof(float)));
    return total;
}

/* One column, negated or not. */
static void pack_column(const neuron_bytes_weights *weights, const float *kernel, bool negated,
                        int64_t width, int8_t *to, int32_t *sum)
{
    int64_t padded = neuron_bytes_round(weights->stretch);
    *sum = 0;
    for (int64_t s = 0; s < weights->stretches; s++) {
        for (int64_t k = 0; k < padded; k++) {
            int32_t weight = 0;
            if (k < weights->stretch) {
                weight = neuron_nearest_weight(negated ? -*kernel : *kernel);
                kernel += weights->columns;
            }
            *sum += weight;
            to[k / 4 * 4 * width + k % 4] = (int8_t)weight;
        }
        to += padded * width;
    }
}

neuron_bytes_post neuron_bytes_post_of(const neuron_post_ops *post)
{
    neuron_bytes_post found = {.relu = neuron_post_begins_with_relu(post),
                               .pooling = neuron_post_pooling(post)};
    found.done = found.relu;
    if (found.done < post->count && post->list[found.done].kind == NEURON_POST_SCALE_SHIFT)
        found.affine = &post->list[found.done++];
    found.quantizer = neuron_post_find(post, NEURON_POST_QUANTIZE);
    /* Scales of products are not negative, so that all but the affine part keeps the order of
     * sums. */
    found.pools = found.pooling && found.pooling->window_rows == 2 &&
                  found.pooling->window_columns == 2 &&
                  &post->list[found.done].pooling == found.pooling;
    return found;
}

/* What follows the ReLU, per column. */
static void set_gain(const neuron_bytes_weights *weights, const neuron_post_ops *post, int64_t n)
{
    const neuron_bytes_post by = neuron_bytes_post_of(post);
    float inverse = by.quantizer ? by.quantizer->quantizer.inverse : 1;
    weights->gain[n] = by.affine ? by.affine->scale[n] * inverse : inverse;
    weights->offset[n] = by.affine ? by.affine->shift[n] * inverse : 0;
}

void neuron_bytes_pack(const neuron_bytes_weights *weights, const neuron_bytes_values *values,
                       int32_t lanes)
{
    int64_t depth = depth_of(weights);
    neuron_bytes_weights sizes = *weights;
    memset(weights->packed, 0, neuron_bytes_lay_out(&sizes, NULL));
    for (int64_t n = 0; n < weights->columns; n++) {
        int64_t first = n / (2 * lanes) * (2 * lanes);
        int64_t width = neuron_panel_width(lanes, weights->columns, first);
        bool negated = values->scale[n] < 0;
        int32_t sum;
        pack_column(weights, values->kernel + n, negated, width,
                    weights->packed + first * depth + (n - first) * 4, &sum);
        weights->start[n] = -values->zero_point * sum;
        weights->scale[n] = values->input_scale * (negated ? -values->scale[n] : values->scale[n]);
        weights->bias[n] = values->bias[n];
        set_gain(weights, values->post, n);
    }
}

neuron_bytes_gemm_work neuron_bytes_work(const neuron_bytes_run *run)
{
    const neuron_bytes_weights *weights = run->weights;
    const neuron_bytes_post by = neuron_bytes_post_of(run->post);
    bool more = by.affine || by.quantizer;
    return (neuron_bytes_gemm_work){
        .columns = weights->columns,
        .pool = by.pools ? 4 : 1,
        .stretch = neuron_bytes_round(weights->stretch),
        .stretches = weights->stretches,
        .right = weights->packed,
        .start = weights->start,
        .scale = weights->scale,
        .bias = weights->bias,
        .gain = more ? weights->gain : NULL,
        .offset = more ? weights->offset : NULL,
        .relu = by.relu,
        .zero_point = by.quantizer ? by.quantizer->quantizer.zero_point : 0,
        .output_row = weights->columns,
    };
}

void neuron_bytes_finish(const neuron_bytes_run *run, int64_t rows, int64_t column, int64_t columns,
                         float *values)
{
    const neuron_bytes_post by = neuron_bytes_post_of(run->post);
    const neuron_post_slice slice = {run->post, column, 0};
    if (neuron_post_goes_on(run->post, by.done))
        run->kernels->element->post_ops(&slice, by.done, rows, columns, values,
                                        run->weights->columns);
}

typedef struct dense_job {
    const neuron_bytes_run *run;
    const uint8_t *left;
    int64_t left_row, task_rows, column_tasks;
} dense_job;

static void quantize_row(void *job, int64_t row, int32_t worker)
{
    (void)worker;
    const dense_job *dense = job;
    const neuron_bytes_run *run = dense->run;
    int64_t inputs = run->weights->stretch;
    uint8_t *to = (uint8_t *)run->scratch + row * dense->left_row;
    if (run->values)
        run->kernels->bytes->quantize(&run->quantizer, run->values + row * inputs, inputs, to);
    else
        memcpy(to, run->bytes + row * inputs, (size_t)inputs);
    memset(to + inputs, 0, (size_t)(dense->left_row - inputs));
}

static void multiply_block(void *job, int64_t task, int32_t worker)
{
    (void)worker;
    const dense_job *dense = job;
    const neuron_bytes_run *run = dense->run;
    int64_t first = task / dense->column_tasks * dense->task_rows;
    int64_t column = task % dense->column_tasks * TASK_COLUMNS;
    int64_t places[TASK_ROWS];
    neuron_bytes_gemm_work work = neuron_bytes_work(run);
    int64_t depth = work.stretch, output = first * work.output_row + column;
    work.rows = neuron_min_count(run->batch - first, dense->task_rows);
    work.columns = neuron_min_count(work.columns - column, TASK_COLUMNS);
    for (int64_t m = 0; m < work.rows; m++)
        places[m] = m * dense->left_row;
    work.places = places;
    work.left = dense->left + first * dense->left_row;
    work.right += column * depth;
    work.start += column;
    work.scale += column;
    work.bias += column;
    if (work.gain) {
        work.gain += column;
        work.offset += column;
    }
    if (neuron_post_find(run->post, NEURON_POST_QUANTIZE))
        work.bytes = neuron_bytes_output(run) + output;
    else
        work.output = run->output + output;
    run->kernels->dot->bytes_gemm(&work);
    if (work.output)
        neuron_bytes_finish(run, work.rows, column, work.columns, work.output);
}

size_t neuron_bytes_dense_scratch(int64_t batch, int64_t inputs)
{
    return neuron_size_of(batch, (size_t)neuron_bytes_round(inputs));
}

void neuron_bytes_dense(const neuron_bytes_run *run)
{
    int64_t inputs = run->weights->stretch, columns = run->weights->columns;
    dense_job job = {.run = run, .left = run->bytes, .left_row = neuron_bytes_round(inputs)};
    job.task_rows = columns < FEW_COLUMNS ? FEW_ROWS : TASK_ROWS;
    job.column_tasks = neuron_ceil_divide(columns, TASK_COLUMNS);
    if (run->values || inputs != job.left_row) {
        neuron_pool_run(run->pool, run->batch, quantize_row, &job);
        job.left = (const uint8_t *)run->scratch;
    }
    int64_t row_tasks = neuron_ceil_divide(run->batch, job.task_rows);
    neuron_pool_run(run->pool, row_tasks * job.column_tasks, multiply_block, &job);
}
