/* Batch normalisation over the last axis: see neuron_batch_norm().
 *
 * Everything before the last axis, the batch included, is a row. Rows are cut into chunks that stay
 * in the cache; each gives its sums, which are joined in order and in double, so that neither the
 * number of rows nor the number of threads costs accuracy or changes a bit. */
#include "layers/layer.h"

#include "base/checked.h"
#include "kernels/kernels.h"

#include <math.h>

static const neuron_option options[] = {
    {NEURON_NODE_MOMENTUM, "momentum", false, 0, 1, 0.99, NULL},
    {NEURON_NODE_EPSILON, "epsilon", false, 1e-30, 1e30, 0.001, NULL},
};

enum { GAMMA, BETA, MOVING_MEAN, MOVING_VARIANCE };

static int infer(neuron_spec *spec, const char *node)
{
    const neuron_shape *input = &spec->inputs[0];
    if (input->rank < 1)
        return neuron_fail(NEURON_E_SHAPE, "%s: needs an input of rank 1 or more, not scalar",
                           node);
    spec->output = *input;
    static const char *const names[] = {"gamma", "beta", "moving_mean", "moving_variance"};
    for (int i = GAMMA; i <= MOVING_VARIANCE; i++) {
        neuron_array *array = &spec->arrays[i];
        bool ones = i == GAMMA || i == MOVING_VARIANCE;
        *array = (neuron_array){
            .name = names[i],
            .trainable = i == GAMMA || i == BETA,
            .initializer = ones ? NEURON_INITIALIZER_ONES : NEURON_INITIALIZER_ZEROS,
        };
        RETURN_IF_ERROR(
            neuron_shape_set(&array->shape, &input->extent[input->rank - 1], 1, 1, node));
    }
    spec->array_count = 4;
    return NEURON_OK;
}

/* Values of a chunk, and the most rows: sums of so many floats are still accurate. */
enum { CHUNK_VALUES = 16384, CHUNK_ROWS = 512 };

typedef struct norm_job {
    const neuron_run *run;
    int64_t rows, channels;
    int64_t chunk_rows, chunks;
    float *sums;                  /* scratch: two numbers per channel for each chunk */
    float *scale, *slope, *shift; /* scratch, per channel */
    float *mean, *inverse;        /* saved; inverse of the deviation */
    neuron_normalization by;
} norm_job;

static norm_job job_of(const neuron_spec *spec, int64_t batch)
{
    norm_job job = {.channels = spec->output.extent[spec->output.rank - 1]};
    job.rows = neuron_shape_count(&spec->output) / job.channels * batch;
    job.chunk_rows = neuron_min_count(neuron_ceil_divide(CHUNK_VALUES, job.channels), CHUNK_ROWS);
    job.chunks = neuron_ceil_divide(job.rows, job.chunk_rows);
    return job;
}

static norm_job job_of_run(const neuron_run *run)
{
    norm_job job = job_of(run->spec, run->batch);
    job.run = run;
    job.scale = run->scratch;
    job.slope = job.scale + job.channels;
    job.shift = job.slope + job.channels;
    job.sums = job.shift + job.channels;
    job.mean = run->saved;
    job.inverse = job.mean ? job.mean + job.channels : NULL;
    job.by = (neuron_normalization){job.mean, job.scale, job.slope, job.shift};
    return job;
}

static void plan(const neuron_spec *spec, int64_t batch, bool training, int32_t threads,
                 neuron_needs *needs)
{
    (void)threads;
    norm_job job = job_of(spec, batch);
    size_t vectors = 3 + (training ? 2 * (size_t)job.chunks : 0);
    if (!neuron_multiply_size(vectors, (size_t)job.channels * sizeof(float), &needs->scratch))
        needs->scratch = SIZE_MAX;
    needs->saved = training ? 2 * (size_t)job.channels * sizeof(float) : 0;
}

/* The rows of one chunk. */
typedef struct row_chunk {
    int64_t rows, offset;
    float *sums[2];
} row_chunk;

static row_chunk chunk_of(const norm_job *job, int64_t number)
{
    int64_t first = number * job->chunk_rows;
    float *sums = job->sums + number * 2 * job->channels;
    return (row_chunk){neuron_min_count(job->chunk_rows, job->rows - first),
                       first * job->channels,
                       {sums, sums + job->channels}};
}

static void measure_chunk(void *work, int64_t task, int32_t worker)
{
    (void)worker;
    const norm_job *job = work;
    row_chunk chunk = chunk_of(job, task);
    job->run->kernels->moments(job->run->inputs[0] + chunk.offset, chunk.rows, job->channels,
                               chunk.sums[0], chunk.sums[1]);
}

static void normalize_chunk(void *work, int64_t task, int32_t worker)
{
    (void)worker;
    const norm_job *job = work;
    row_chunk chunk = chunk_of(job, task);
    job->run->kernels->normalize(job->run->inputs[0] + chunk.offset, chunk.rows, job->channels,
                                 &job->by, job->run->output + chunk.offset);
}

/* Mean and variance of a channel from those of its chunks (Chan, Golub and LeVeque, 1979). */
static void join_moments(const norm_job *job, int64_t channel, double *mean, double *variance)
{
    double count = 0, center = 0, squares = 0;
    for (int64_t i = 0; i < job->chunks; i++) {
        row_chunk chunk = chunk_of(job, i);
        double more = (double)chunk.rows, distance = (double)chunk.sums[0][channel] - center;
        count += more;
        center += distance * (more / count);
        squares +=
            (double)chunk.sums[1][channel] + distance * distance * (more * (count - more) / count);
    }
    *mean = center;
    *variance = squares / count;
}

static void move(float *average, double value, double momentum)
{
    *average = (float)((double)*average * momentum + value * (1 - momentum));
}

/* Sets mean, scale and shift by the batch, and moves the averages towards it. */
static void set_by_batch(norm_job *job)
{
    const neuron_run *run = job->run;
    double momentum = neuron_spec_option(run->spec, NEURON_NODE_MOMENTUM);
    double epsilon = neuron_spec_option(run->spec, NEURON_NODE_EPSILON);
    neuron_pool_run(run->pool, job->chunks, measure_chunk, job);
    for (int64_t c = 0; c < job->channels; c++) {
        double mean, variance;
        join_moments(job, c, &mean, &variance);
        job->mean[c] = (float)mean;
        job->inverse[c] = (float)(1 / sqrt(variance + epsilon));
        job->scale[c] = run->values[GAMMA][c] * job->inverse[c];
        job->shift[c] = run->values[BETA][c];
        move(&run->values[MOVING_MEAN][c], mean, momentum);
        move(&run->values[MOVING_VARIANCE][c], variance, momentum);
    }
}

static void set_by_averages(norm_job *job)
{
    const neuron_run *run = job->run;
    double epsilon = neuron_spec_option(run->spec, NEURON_NODE_EPSILON);
    job->by.mean = run->values[MOVING_MEAN];
    for (int64_t c = 0; c < job->channels; c++) {
        double deviation = sqrt((double)run->values[MOVING_VARIANCE][c] + epsilon);
        job->scale[c] = (float)((double)run->values[GAMMA][c] / deviation);
        job->shift[c] = run->values[BETA][c];
    }
}

static void forward(const neuron_run *run)
{
    norm_job job = job_of_run(run);
    if (run->training)
        set_by_batch(&job);
    else
        set_by_averages(&job);
    neuron_pool_run(run->pool, job.chunks, normalize_chunk, &job);
}

static void sum_chunk(void *work, int64_t task, int32_t worker)
{
    (void)worker;
    const norm_job *job = work;
    const neuron_run *run = job->run;
    row_chunk chunk = chunk_of(job, task);
    run->kernels->gradient_sums(run->output_gradient + chunk.offset, run->inputs[0] + chunk.offset,
                                chunk.rows, job->channels, job->mean, chunk.sums[0], chunk.sums[1]);
}

static void normalize_back_chunk(void *work, int64_t task, int32_t worker)
{
    (void)worker;
    const norm_job *job = work;
    const neuron_run *run = job->run;
    row_chunk chunk = chunk_of(job, task);
    run->kernels->normalize_back(run->output_gradient + chunk.offset, run->inputs[0] + chunk.offset,
                                 chunk.rows, job->channels, &job->by,
                                 run->input_gradients[0] + chunk.offset);
}

/* With n rows, x^ = (x - mean) * inverse, dbeta = sum dy and dgamma = sum dy x^:
 *     dx = gamma * inverse * (dy - dbeta / n - x^ * dgamma / n) */
static void set_gradients(norm_job *job)
{
    const neuron_run *run = job->run;
    double rows = (double)job->rows;
    for (int64_t c = 0; c < job->channels; c++) {
        double sum = 0, product = 0, inverse = (double)job->inverse[c];
        for (int64_t i = 0; i < job->chunks; i++) {
            row_chunk chunk = chunk_of(job, i);
            sum += (double)chunk.sums[0][c];
            product += (double)chunk.sums[1][c];
        }
        product *= inverse;
        if (run->gradients[BETA])
            run->gradients[BETA][c] = (float)sum;
        if (run->gradients[GAMMA])
            run->gradients[GAMMA][c] = (float)product;
        double scale = (double)run->values[GAMMA][c] * inverse;
        job->scale[c] = (float)scale;
        job->slope[c] = (float)(-scale * inverse * product / rows);
        job->shift[c] = (float)(-scale * sum / rows);
    }
}

static void backward(const neuron_run *run)
{
    norm_job job = job_of_run(run);
    neuron_pool_run(run->pool, job.chunks, sum_chunk, &job);
    set_gradients(&job);
    if (run->input_gradients[0])
        neuron_pool_run(run->pool, job.chunks, normalize_back_chunk, &job);
}

const neuron_layer neuron_layer_batch_norm = {
    .name = "batch_norm",
    .flags = NEURON_LAYER_READS_INPUT,
    .option_count = sizeof options / sizeof *options,
    .options = options,
    .infer = infer,
    .plan = plan,
    .forward = forward,
    .backward = backward,
};
