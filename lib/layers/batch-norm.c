/* Batch normalisation over the last axis: see neuron_batch_norm().
 *
 * Everything before the last axis, the batch included, is a row. Rows are cut into chunks that stay
 * in the cache; each gives its sums, which are joined in order and in double, so that neither the
 * number of rows nor the number of threads costs accuracy or changes a bit. */
#include "layers/layer.h"

#include "base/bump.h"
#include "base/checked.h"
#include "base/compiler/attributes.h"
#include "layers/image.h"
#include "layers/pieces.h"
#include "layers/post.h"
#include "ops/statistics.h"

#include <assert.h>
#include <float.h>
#include <math.h>

static const neuron_option options[] = {
    NEURON_REAL(NEURON_NODE_MOMENTUM, "momentum", 0, 1, 0.99, "share of the old moving statistics"),
    NEURON_REAL(NEURON_NODE_EPSILON, "epsilon", 1e-30, 1e30, 0.001,
                "added so that nothing is divided by 0"),
};

enum { GAMMA, BETA, MOVING_MEAN, MOVING_VARIANCE };

NEURON_COLD static int infer(neuron_spec *spec, const char *node)
{
    const neuron_shape *input = &spec->inputs[0];
    RETURN_IF_ERROR(neuron_layer_infer_channels(spec, node));
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

typedef struct norm_job {
    const neuron_run *run;
    int64_t rows, channels;
    int64_t chunk_rows, chunks;
    const neuron_pooling *pooling; /* of what is normalised; NULL for none */
    neuron_window down, along;     /* of the pooling */
    int64_t *rows_of_chunks;       /* scratch */
    float *sums;                   /* scratch: two numbers per channel for each chunk */
    float *scale, *slope, *shift;  /* scratch, per channel */
    float *mean, *inverse;         /* saved; inverse of the deviation */
    float *picked;                 /* saved; what each window of the pooling picked */
    neuron_normalization by;
} norm_job;

/* Chunks over rows of `shape`. */
static norm_job job_of(const neuron_shape *shape, int64_t batch)
{
    const neuron_row_chunks chunks = neuron_row_chunks_of(shape, batch);
    return (norm_job){.rows = chunks.rows,
                      .channels = chunks.channels,
                      .chunk_rows = chunks.step,
                      .chunks = chunks.count};
}

/* Windows side by side along an axis. */
static neuron_window window_of(const neuron_shape *shape, int axis, int64_t size, int64_t count)
{
    const neuron_image image = neuron_image_of(shape);
    return (neuron_window){.input = axis == 0 ? image.height : image.width,
                           .kernel = size,
                           .stride = size,
                           .output = count};
}

static norm_job job_of_run(const neuron_run *run)
{
    norm_job job = job_of(&run->spec->output, run->batch);
    job.run = run;
    size_t used = 0;
    job.rows_of_chunks = run->scratch;
    neuron_reserve(&used, job.chunks, sizeof *job.rows_of_chunks);
    job.scale = (float *)(void *)((char *)run->scratch + used);
    job.slope = job.scale + job.channels;
    job.shift = job.slope + job.channels;
    job.sums = job.shift + job.channels;
    job.mean = run->saved;
    job.inverse = job.mean ? job.mean + job.channels : NULL;
    job.picked = job.mean ? job.mean + 2 * neuron_panel_round(job.channels) : NULL;
    job.by = (neuron_normalization){neuron_post_begins_with_relu(&run->fused->post), job.mean,
                                    job.scale, job.slope, job.shift};
    job.pooling = neuron_post_pooling(&run->fused->post);
    if (job.pooling) {
        job.down = window_of(&run->spec->output, 0, job.pooling->window_rows, job.pooling->rows);
        job.along =
            window_of(&run->spec->output, 1, job.pooling->window_columns, job.pooling->columns);
    }
    return job;
}

NEURON_COLD static int plan(const neuron_plan_request *request, neuron_needs *needs)
{
    const neuron_spec *spec = request->spec;
    int64_t batch = request->batch;
    bool training = request->training;
    const neuron_pooling *pooling = neuron_post_pooling(&request->fused->post);
    norm_job job = job_of(&spec->output, batch);
    neuron_reserve(&needs->scratch, job.chunks, sizeof(int64_t));
    neuron_reserve(&needs->scratch, 3 + (training ? 2 * job.chunks : 0),
                   neuron_size_of(job.channels, sizeof(float)));
    if (!training)
        return NEURON_OK;
    neuron_reserve(&needs->saved, 2 * neuron_panel_round(job.channels), sizeof(float));
    if (pooling)
        neuron_reserve(&needs->saved, pooling->rows * pooling->columns * job.channels * batch,
                       sizeof(float));
    return NEURON_OK;
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
    job->rows_of_chunks[task] = chunk.rows;
    job->run->kernels->norm->statistics(job->run->inputs[0] + chunk.offset, chunk.rows,
                                        job->channels, chunk.sums[0], chunk.sums[1]);
}

static void normalize_chunk(void *work, int64_t task, int32_t worker)
{
    (void)worker;
    const norm_job *job = work;
    row_chunk chunk = chunk_of(job, task);
    job->run->kernels->norm->normalize(job->run->inputs[0] + chunk.offset, chunk.rows,
                                       job->channels, &job->by, job->run->output + chunk.offset);
    neuron_post_finish(job->run, job->by.relu, chunk.offset, chunk.rows * job->channels);
}

/* Channels whose sums are joined at a time, so that the loops over chunks walk through memory. */
enum { CHANNELS_AT_ONCE = 16 };

typedef struct joined {
    double mean[CHANNELS_AT_ONCE], squares[CHANNELS_AT_ONCE];
} joined;

/* Mean and summed squares of channels first .. first + count - 1 over all chunks: of each chunk
 * there is the same, and how far its mean lies off adds to the squares. */
static void join_statistics(const neuron_statistics *statistics, int64_t first, int64_t count,
                            joined *all)
{
    *all = (joined){{0}, {0}};
    double rows = 0;
    for (int64_t i = 0; i < statistics->count; i++) {
        const float *mean = statistics->sums + i * 2 * statistics->channels + first;
        for (int64_t c = 0; c < count; c++)
            all->mean[c] += (double)statistics->rows[i] * (double)mean[c];
        rows += (double)statistics->rows[i];
    }
    for (int64_t c = 0; c < count; c++)
        all->mean[c] /= rows;
    for (int64_t i = 0; i < statistics->count; i++) {
        const float *mean = statistics->sums + i * 2 * statistics->channels + first;
        const float *squares = mean + statistics->channels;
        for (int64_t c = 0; c < count; c++) {
            double distance = (double)mean[c] - all->mean[c];
            all->squares[c] +=
                (double)squares[c] + (double)statistics->rows[i] * distance * distance;
        }
    }
}

static void move(float *average, double value, double momentum)
{
    *average = (float)((double)*average * momentum + value * (1 - momentum));
}

static void set_channel(norm_job *job, int64_t c, double mean, double variance)
{
    const neuron_run *run = job->run;
    /* What does not fit would make this layer a constant: it must be seen in the loss. */
    if (fabs(mean) > FLT_MAX || variance > FLT_MAX)
        mean = variance = (double)NAN;
    double momentum = neuron_spec_option(run->spec, NEURON_NODE_MOMENTUM);
    double epsilon = neuron_spec_option(run->spec, NEURON_NODE_EPSILON);
    job->mean[c] = (float)mean;
    job->inverse[c] = (float)(1 / sqrt(variance + epsilon));
    job->scale[c] = run->values[GAMMA][c] * job->inverse[c];
    job->shift[c] = run->values[BETA][c];
    if (run->keeps)
        return;
    move(&run->values[MOVING_MEAN][c], mean, momentum);
    move(&run->values[MOVING_VARIANCE][c], variance, momentum);
}

/* The statistics of the batch, chunk by chunk: those that the step before has measured, or else its
 * own. */
static neuron_statistics measure_batch(norm_job *job)
{
    const neuron_run *run = job->run;
    if (run->fused->statistics)
        return *run->fused->statistics;
    neuron_pool_run(run->pool, job->chunks, measure_chunk, job);
    return (neuron_statistics){job->channels, job->chunks, job->rows_of_chunks, job->sums};
}

/* Sets mean, scale and shift by the batch, and moves the averages towards it. */
static void set_by_batch(norm_job *job)
{
    const neuron_statistics statistics = measure_batch(job);
    for (int64_t first = 0; first < job->channels; first += CHANNELS_AT_ONCE) {
        int64_t count = neuron_min_count(CHANNELS_AT_ONCE, job->channels - first);
        joined all;
        join_statistics(&statistics, first, count, &all);
        for (int64_t c = 0; c < count; c++)
            set_channel(job, first + c, all.mean[c], all.squares[c] / (double)job->rows);
    }
}

/* ---- Parts of a batch ---- */

/* What a part tells: how many rows it has; then, for each channel, its mean, and behind these the
 * sums of squared differences from it. On the way back: the sums of the gradient, and behind them
 * those of gradient times normalised value. */
enum { ROWS, FIRST_SUM };

static int64_t part_sums(const neuron_spec *spec)
{
    return FIRST_SUM + 2 * spec->output.extent[spec->output.rank - 1];
}

static void measure(const neuron_run *run, double *sums)
{
    norm_job job = job_of_run(run);
    const neuron_statistics statistics = measure_batch(&job);
    sums[ROWS] = (double)job.rows;
    for (int64_t first = 0; first < job.channels; first += CHANNELS_AT_ONCE) {
        int64_t count = neuron_min_count(CHANNELS_AT_ONCE, job.channels - first);
        joined all;
        join_statistics(&statistics, first, count, &all);
        for (int64_t c = 0; c < count; c++) {
            sums[FIRST_SUM + first + c] = all.mean[c];
            sums[FIRST_SUM + job.channels + first + c] = all.squares[c];
        }
    }
}

/* Joins the statistics of all parts in their order, as those of chunks are joined. */
static void set_by_parts(norm_job *job)
{
    const neuron_batch_parts *parts = job->run->parts;
    double rows = 0;
    for (int64_t i = 0; i < parts->count; i++)
        rows += parts->sums[i][ROWS];
    for (int64_t c = 0; c < job->channels; c++) {
        double mean = 0, squares = 0;
        for (int64_t i = 0; i < parts->count; i++)
            mean += parts->sums[i][ROWS] * parts->sums[i][FIRST_SUM + c];
        mean /= rows;
        for (int64_t i = 0; i < parts->count; i++) {
            const double *part = parts->sums[i] + FIRST_SUM + c;
            double distance = part[0] - mean;
            if (parts->sums[i][ROWS] > 0)
                squares += part[job->channels] + parts->sums[i][ROWS] * distance * distance;
        }
        set_channel(job, c, mean, squares / rows);
    }
}

/* The scale and shift per channel that the layer is when predicting. */
static void set_post_arrays(const neuron_spec *spec, const float *const *values,
                            float *const *arrays)
{
    double epsilon = neuron_spec_option(spec, NEURON_NODE_EPSILON);
    int64_t channels = spec->output.extent[spec->output.rank - 1];
    for (int64_t c = 0; c < channels; c++) {
        double deviation = sqrt((double)values[MOVING_VARIANCE][c] + epsilon);
        double factor = (double)values[GAMMA][c] / deviation;
        arrays[0][c] = (float)factor;
        arrays[1][c] = (float)((double)values[BETA][c] - (double)values[MOVING_MEAN][c] * factor);
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
        if (run->training) { /* for backward */
            job->mean[c] = run->values[MOVING_MEAN][c];
            job->inverse[c] = (float)(1 / deviation);
        }
    }
}

/* The part of an image's work that both directions of a pooled normalisation share. */
static neuron_norm_pool_work image_work(const norm_job *job)
{
    return (neuron_norm_pool_work){
        .windows = job->along.output,
        .window_rows = job->down.kernel,
        .window_columns = job->along.kernel,
        .channels = job->channels,
        .row_step = job->along.input * job->channels,
        .by = job->by,
    };
}

static void normalize_image(void *work, int64_t image, int32_t worker)
{
    (void)worker;
    const norm_job *job = work;
    neuron_norm_pool_work row = image_work(job);
    int64_t values = image * job->down.input * row.row_step;
    int64_t pooled = image * job->down.output * row.windows * row.channels;
    for (int64_t y = 0; y < job->down.output; y++) {
        row.values = job->run->inputs[0] + values + y * row.window_rows * row.row_step;
        row.output = job->run->output + pooled + y * row.windows * row.channels;
        row.picked = job->picked + pooled + y * row.windows * row.channels;
        job->run->kernels->norm->norm_pool(&row);
    }
}

static int forward(const neuron_run *run)
{
    norm_job job = job_of_run(run);
    if (run->parts && !run->fixed)
        set_by_parts(&job);
    else if (run->training && !run->fixed)
        set_by_batch(&job);
    else
        set_by_averages(&job);
    if (job.pooling)
        neuron_pool_run(run->pool, run->batch, normalize_image, &job);
    else
        neuron_pool_run(run->pool, job.chunks, normalize_chunk, &job);
    return NEURON_OK;
}

/* With pooling only what the windows picked has a gradient. */
static const float *values_with_gradient(const norm_job *job)
{
    return job->pooling ? job->picked : job->run->inputs[0];
}

static void sum_chunk(void *work, int64_t task, int32_t worker)
{
    (void)worker;
    const norm_job *job = work;
    const neuron_run *run = job->run;
    row_chunk chunk = chunk_of(job, task);
    run->kernels->norm->gradient_sums(run->output_gradient + chunk.offset,
                                      values_with_gradient(job) + chunk.offset, chunk.rows,
                                      job->channels, job->mean, chunk.sums[0], chunk.sums[1]);
}

static void normalize_back_chunk(void *work, int64_t task, int32_t worker)
{
    (void)worker;
    const norm_job *job = work;
    const neuron_run *run = job->run;
    row_chunk chunk = chunk_of(job, task);
    run->kernels->norm->normalize_back(run->output_gradient + chunk.offset,
                                       run->inputs[0] + chunk.offset, chunk.rows, job->channels,
                                       &job->by, run->input_gradients[0] + chunk.offset);
    if (!job->by.relu)
        neuron_post_finish_back(run, chunk.offset, chunk.rows * job->channels,
                                run->input_gradients[0] + chunk.offset);
}

/* The gradient of pixels that no window covers. */
static void uncovered_back(const norm_job *job, const float *values, int64_t pixels, float *to)
{
    job->run->kernels->norm->normalize_back(NULL, values, pixels, job->channels, &job->by, to);
}

/* The gradient of some rows of an image of values that are pooled; the first of a window. */
static void pooled_rows_back(const norm_job *job, int64_t image, int64_t first, int64_t rows,
                             float *to)
{
    neuron_norm_pool_work work = image_work(job);
    int64_t covered = work.windows * work.window_columns, width = work.windows * work.channels;
    int64_t pooled = (image * job->down.output + first / work.window_rows) * width;
    const float *values = job->run->inputs[0] + (image * job->down.input + first) * work.row_step;
    int64_t end = neuron_min_count(first + rows, job->down.output * work.window_rows), y = first;
    work.gradients = job->run->output_gradient + pooled;
    work.picked = job->picked + pooled;
    for (; y < end; y += work.window_rows, work.gradients += width, work.picked += width) {
        work.values = values;
        work.value_gradients = to;
        job->run->kernels->norm->norm_pool_back(&work);
        for (int64_t i = 0; i < work.window_rows; i++) {
            uncovered_back(job, values + covered * work.channels, job->along.input - covered,
                           to + covered * work.channels);
            values += work.row_step;
            to += work.row_step;
        }
    }
    uncovered_back(job, values, (first + rows - y) * job->along.input, to);
    int64_t done = (y - first) * work.row_step, count = rows * work.row_step;
    if (!job->by.relu)
        neuron_post_finish_back(job->run, (image * job->down.input + first) * work.row_step, count,
                                to - done);
}

static void normalize_image_back(void *work, int64_t image, int32_t worker)
{
    (void)worker;
    const norm_job *job = work;
    int64_t size = job->down.input * job->along.input * job->channels;
    pooled_rows_back(job, image, 0, job->down.input, job->run->input_gradients[0] + image * size);
}

static void gradient_rows(const neuron_run *run, int64_t example, int64_t first, int64_t rows,
                          float *to)
{
    norm_job job = job_of_run(run);
    job.by.relu = neuron_post_back_is_relu(run);
    if (job.pooling) {
        pooled_rows_back(&job, example, first, rows, to);
        return;
    }
    const neuron_shape *shape = &run->spec->output;
    int64_t row_size = neuron_shape_count(shape) / shape->extent[0];
    int64_t at = (example * shape->extent[0] + first) * row_size;
    run->kernels->norm->normalize_back(run->output_gradient + at, run->inputs[0] + at,
                                       rows * row_size / job.channels, job.channels, &job.by, to);
    if (!job.by.relu)
        neuron_post_finish_back(run, at, rows * row_size, to);
}

/* What the gradients of a channel follow from. */
typedef struct channel_sums {
    double gradient, product; /* sums of dy, and of dy x^ */
} channel_sums;

static void set_parameter_gradients(const neuron_run *run, int64_t c, channel_sums sums)
{
    if (run->gradients[BETA])
        run->gradients[BETA][c] = (float)sums.gradient;
    if (run->gradients[GAMMA])
        run->gradients[GAMMA][c] = (float)sums.product;
}

/* With n rows, x^ = (x - mean) * inverse, dbeta = sum dy and dgamma = sum dy x^:
 *     dx = gamma * inverse * (dy - dbeta / n - x^ * dgamma / n) */
static void set_input_gradient(norm_job *job, int64_t c, channel_sums sums, double rows)
{
    double inverse = (double)job->inverse[c];
    double scale = (double)job->run->values[GAMMA][c] * inverse;
    job->scale[c] = (float)scale;
    job->slope[c] = (float)(-scale * inverse * sums.product / rows);
    job->shift[c] = (float)(-scale * sums.gradient / rows);
}

/* The sums over the chunks of a job that has gone through sum_chunk(). */
static channel_sums join_chunks(const norm_job *job, int64_t c)
{
    channel_sums sums = {0, 0};
    for (int64_t i = 0; i < job->chunks; i++) {
        row_chunk chunk = chunk_of(job, i);
        sums.gradient += (double)chunk.sums[0][c];
        sums.product += (double)chunk.sums[1][c];
    }
    sums.product *= (double)job->inverse[c];
    return sums;
}

/* Sums the gradients of the batch, chunk by chunk. */
static norm_job sum_batch(const norm_job *job)
{
    const neuron_run *run = job->run;
    norm_job sums = *job;
    if (job->pooling) {
        const neuron_shape shape = {
            .rank = 3, .extent = {job->pooling->rows, job->pooling->columns, job->channels}};
        norm_job pooled = job_of(&shape, run->batch);
        sums.rows = pooled.rows;
        sums.chunk_rows = pooled.chunk_rows;
        sums.chunks = pooled.chunks;
    }
    neuron_pool_run(run->pool, sums.chunks, sum_chunk, &sums);
    return sums;
}

static void set_gradients_by_batch(norm_job *job)
{
    const norm_job sums = sum_batch(job);
    for (int64_t c = 0; c < job->channels; c++) {
        channel_sums own = join_chunks(&sums, c);
        set_parameter_gradients(job->run, c, own);
        set_input_gradient(job, c, own, (double)job->rows);
    }
}

static void measure_back(const neuron_run *run, double *sums)
{
    norm_job job = job_of_run(run);
    const norm_job summed = sum_batch(&job);
    for (int64_t c = 0; c < job.channels; c++) {
        channel_sums own = join_chunks(&summed, c);
        sums[FIRST_SUM + c] = own.gradient;
        sums[FIRST_SUM + job.channels + c] = own.product;
    }
}

static channel_sums sums_of_part(const norm_job *job, int64_t part, int64_t c)
{
    const double *sums = job->run->parts->sums[part] + FIRST_SUM + c;
    return (channel_sums){sums[0], sums[job->channels]};
}

/* Parameters get the gradient of this part, which is summed with those of the others later; the
 * input's follows from the sums of all. */
static void set_gradients_by_parts(norm_job *job)
{
    const neuron_run *run = job->run;
    double rows = (double)(neuron_shape_count(&run->spec->output) / job->channels) *
                  (double)run->parts->batch;
    for (int64_t c = 0; c < job->channels; c++) {
        channel_sums all = {0, 0};
        for (int64_t i = 0; i < run->parts->count; i++) {
            channel_sums part = sums_of_part(job, i, c);
            all.gradient += part.gradient;
            all.product += part.product;
        }
        set_parameter_gradients(run, c, sums_of_part(job, run->parts->own, c));
        set_input_gradient(job, c, all, rows);
    }
}

/* Constants of the fixed layer: dx = gamma * inverse * dy. */
static void set_fixed_gradients(const norm_job *job)
{
    assert(job->inverse);
    for (int64_t c = 0; c < job->channels; c++) {
        job->scale[c] = (float)((double)job->run->values[GAMMA][c] * (double)job->inverse[c]);
        job->slope[c] = 0;
        job->shift[c] = 0;
    }
}

static int backward(const neuron_run *run)
{
    norm_job job = job_of_run(run);
    if (run->parts && !run->fixed)
        set_gradients_by_parts(&job);
    else if (!run->frozen || !run->fixed)
        set_gradients_by_batch(&job);
    if (run->fixed)
        set_fixed_gradients(&job);
    if (!run->input_gradients[0])
        return NEURON_OK;
    job.by.relu = neuron_post_back_is_relu(run);
    if (job.pooling)
        neuron_pool_run(run->pool, run->batch, normalize_image_back, &job);
    else
        neuron_pool_run(run->pool, job.chunks, normalize_back_chunk, &job);
    return NEURON_OK;
}

static neuron_post_op post_op(const neuron_spec *spec)
{
    (void)spec;
    return (neuron_post_op){.kind = NEURON_POST_SCALE_SHIFT};
}

/* The kernels pool what they normalise, behind a ReLU or nothing, and only where backward will ask
 * what was picked. */
static const char *refuse(const neuron_fuse_request *request)
{
    const neuron_post_ops *post = request->post;
    if (request->op.kind != NEURON_POST_MAX_POOL)
        return neuron_post_refuse(request);
    if (!request->training)
        return "a normalisation pools only when training";
    if (post->count > 1 || (post->count == 1 && !neuron_post_begins_with_relu(post)))
        return "a normalisation pools behind a ReLU or nothing";
    return NULL;
}

const neuron_layer neuron_layer_batch_norm = {
    .name = "batch_norm",
    .flags = NEURON_LAYER_READS_INPUT | NEURON_LAYER_READS_STATISTICS,
    .options = NEURON_OPTION_TABLE(options),
    .infer = infer,
    .plan = plan,
    .forward = forward,
    .backward = backward,
    .part_sums = part_sums,
    .measure = measure,
    .measure_back = measure_back,
    .gradient_rows = gradient_rows,
    .post_op = post_op,
    .post_arrays = 2,
    .set_post_arrays = set_post_arrays,
    .refuse = refuse,
    .back_kinds = NEURON_POST_ACTIVATIONS,
};
