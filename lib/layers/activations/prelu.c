/* PReLU: see neuron_prelu().
 *
 * When predicting it can be done in the pass of the layer before it. When training it has a pass
 * of its own, for its slopes have gradients: a chunk of rows sums those of each channel, in any
 * thread, and the sums of chunks are joined in order. */
#include "base/bump.h"
#include "base/checked.h"
#include "kernels/panels.h"
#include "layers/pieces.h"
#include "layers/post.h"

#include <string.h>

enum { ALPHA };

/* As in the paper and in PyTorch. */
static const double initial_slope = 0.25;

static int infer(neuron_spec *spec, const char *node)
{
    RETURN_IF_ERROR(neuron_layer_infer_channels(spec, node));
    spec->arrays[ALPHA] = (neuron_array){
        .name = "alpha",
        .shape = {.rank = 1, .extent = {spec->output.extent[spec->output.rank - 1]}},
        .trainable = true,
        .initializer = NEURON_INITIALIZER_CONSTANT,
        .parameter = initial_slope,
    };
    spec->array_count = 1;
    return NEURON_OK;
}

/* Kernels want a slope for each value: those of as many rows as make this many are repeated. */
enum { SLOPES_AT_ONCE = 256 };

static int64_t count_slopes(int64_t channels)
{
    return neuron_ceil_divide(SLOPES_AT_ONCE, channels) * channels;
}

static int plan(const neuron_plan_request *request, neuron_needs *needs)
{
    const neuron_row_chunks chunks = neuron_row_chunks_of(&request->spec->output, request->batch);
    neuron_reserve(&needs->scratch, neuron_panel_round(count_slopes(chunks.channels)),
                   sizeof(float));
    if (request->training)
        neuron_reserve(&needs->scratch, chunks.count,
                       neuron_size_of(chunks.channels, sizeof(float)));
    return NEURON_OK;
}

typedef struct prelu_job {
    const neuron_run *run;
    neuron_row_chunks chunks;
    int64_t slope_count;
    float *slopes; /* scratch */
    float *sums;   /* scratch: per channel for each chunk */
} prelu_job;

static prelu_job job_of(const neuron_run *run)
{
    prelu_job job = {.run = run, .chunks = neuron_row_chunks_of(&run->spec->output, run->batch)};
    job.slope_count = count_slopes(job.chunks.channels);
    job.slopes = run->scratch;
    job.sums = job.slopes + neuron_panel_round(job.slope_count);
    for (int64_t i = 0; i < job.slope_count; i += job.chunks.channels)
        memcpy(job.slopes + i, run->values[ALPHA],
               (size_t)job.chunks.channels * sizeof *job.slopes);
    return job;
}

static neuron_post_op op_of(const prelu_job *job)
{
    return (neuron_post_op){.kind = NEURON_POST_PRELU, .scale = job->slopes};
}

/* The values of a chunk: `*count` from `*first` on. */
static void find_chunk(const prelu_job *job, int64_t chunk, int64_t *first, int64_t *count)
{
    int64_t row = chunk * job->chunks.step;
    *first = row * job->chunks.channels;
    *count = neuron_min_count(job->chunks.step, job->chunks.rows - row) * job->chunks.channels;
}

static void forward_chunk(void *work, int64_t chunk, int32_t worker)
{
    (void)worker;
    const prelu_job *job = work;
    const neuron_run *run = job->run;
    const neuron_post_op op = op_of(job);
    int64_t first, count;
    find_chunk(job, chunk, &first, &count);
    for (int64_t i = 0; i < count; i += job->slope_count)
        run->kernels->element->activate(&op, run->inputs[0] + first + i,
                                        neuron_min_count(job->slope_count, count - i),
                                        run->output + first + i);
    neuron_post_finish(run, 0, first, count);
}

static int forward(const neuron_run *run)
{
    prelu_job job = job_of(run);
    neuron_pool_run(run->pool, job.chunks.count, forward_chunk, &job);
    return NEURON_OK;
}

static void backward_chunk(void *work, int64_t chunk, int32_t worker)
{
    (void)worker;
    const prelu_job *job = work;
    const neuron_run *run = job->run;
    const neuron_post_op op = op_of(job);
    int64_t channels = job->chunks.channels;
    int64_t first, count;
    find_chunk(job, chunk, &first, &count);
    if (run->gradients[ALPHA])
        run->kernels->norm->slope_sums(run->output_gradient + first, run->inputs[0] + first,
                                       count / channels, channels, job->sums + chunk * channels);
    for (int64_t i = 0; run->input_gradients[0] && i < count; i += job->slope_count)
        run->kernels->element->activate_back(
            &op, run->output_gradient + first + i, run->inputs[0] + first + i,
            neuron_min_count(job->slope_count, count - i), run->input_gradients[0] + first + i);
}

static int backward(const neuron_run *run)
{
    prelu_job job = job_of(run);
    neuron_pool_run(run->pool, job.chunks.count, backward_chunk, &job);
    if (run->gradients[ALPHA])
        neuron_join_chunk_sums(&job.chunks, job.sums, job.chunks.channels, run->gradients[ALPHA]);
    return NEURON_OK;
}

static neuron_post_op post_op(const neuron_spec *spec)
{
    (void)spec;
    return (neuron_post_op){.kind = NEURON_POST_PRELU};
}

static void set_post_arrays(const neuron_spec *spec, const float *const *values,
                            float *const *arrays)
{
    int64_t channels = spec->output.extent[spec->output.rank - 1];
    memcpy(arrays[0], values[ALPHA], (size_t)channels * sizeof **arrays);
}

const neuron_layer neuron_layer_prelu = {
    .name = "prelu",
    .flags = NEURON_LAYER_READS_INPUT,
    .infer = infer,
    .plan = plan,
    .forward = forward,
    .backward = backward,
    .post_op = post_op,
    .post_arrays = 1,
    .set_post_arrays = set_post_arrays,
    .refuse = neuron_post_refuse,
};
