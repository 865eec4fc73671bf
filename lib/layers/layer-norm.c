/* Layer normalisation over the last axis: see neuron_layer_norm().
 *
 * Everything before the last axis, the batch included, is a row, which kernels/layer-norm.c
 * normalises by itself. Chunks of rows run in any thread; each sums the gradients of gamma and
 * beta over its own rows, and these are joined in order. */
#include "base/bump.h"
#include "base/checked.h"
#include "layers/pieces.h"
#include "layers/post.h"

static const neuron_option options[] = {
    NEURON_REAL(NEURON_NODE_EPSILON, "epsilon", 1e-30, 1e30, 0.001,
                "added so that nothing is divided by 0"),
};

enum { GAMMA, BETA, ARRAYS };

static int infer(neuron_spec *spec, const char *node)
{
    RETURN_IF_ERROR(neuron_layer_infer_channels(spec, node));
    for (int i = 0; i < ARRAYS; i++)
        spec->arrays[i] = (neuron_array){
            .name = i == GAMMA ? "gamma" : "beta",
            .shape = {.rank = 1, .extent = {spec->output.extent[spec->output.rank - 1]}},
            .trainable = true,
            .initializer = i == GAMMA ? NEURON_INITIALIZER_ONES : NEURON_INITIALIZER_ZEROS,
        };
    spec->array_count = ARRAYS;
    return NEURON_OK;
}

static int plan(const neuron_plan_request *request, neuron_needs *needs)
{
    if (!request->training)
        return NEURON_OK;
    const neuron_row_chunks chunks = neuron_row_chunks_of(&request->spec->output, request->batch);
    neuron_reserve(&needs->saved, chunks.rows, sizeof(neuron_row_statistics));
    neuron_reserve(&needs->scratch, chunks.count,
                   neuron_size_of(ARRAYS * chunks.channels, sizeof(float)));
    return NEURON_OK;
}

typedef struct norm_job {
    const neuron_run *run;
    neuron_row_chunks chunks;
} norm_job;

static norm_job job_of(const neuron_run *run)
{
    return (norm_job){run, neuron_row_chunks_of(&run->spec->output, run->batch)};
}

/* The rows of one chunk, the first of which is `*first`. */
static neuron_layer_norm_work work_of(const norm_job *job, int64_t chunk, int64_t *first)
{
    const neuron_run *run = job->run;
    neuron_row_statistics *statistics = run->saved;
    *first = chunk * job->chunks.step;
    return (neuron_layer_norm_work){
        .rows = neuron_min_count(job->chunks.step, job->chunks.rows - *first),
        .channels = job->chunks.channels,
        .epsilon = (float)neuron_spec_option(run->spec, NEURON_NODE_EPSILON),
        .values = run->inputs[0] + *first * job->chunks.channels,
        .gamma = run->values[GAMMA],
        .beta = run->values[BETA],
        .statistics = statistics ? statistics + *first : NULL,
    };
}

static void forward_chunk(void *user, int64_t chunk, int32_t worker)
{
    (void)worker;
    const norm_job *job = user;
    int64_t first;
    neuron_layer_norm_work work = work_of(job, chunk, &first);
    first *= work.channels;
    work.output = job->run->output + first;
    job->run->kernels->norm->layer_norm(&work);
    neuron_post_finish(job->run, 0, first, work.rows * work.channels);
}

static int forward(const neuron_run *run)
{
    norm_job job = job_of(run);
    neuron_pool_run(run->pool, job.chunks.count, forward_chunk, &job);
    return NEURON_OK;
}

static void backward_chunk(void *user, int64_t chunk, int32_t worker)
{
    (void)worker;
    const norm_job *job = user;
    const neuron_run *run = job->run;
    int64_t first;
    neuron_layer_norm_work work = work_of(job, chunk, &first);
    first *= work.channels;
    work.gradients = run->output_gradient + first;
    if (!run->frozen) {
        work.sums = (float *)run->scratch + chunk * ARRAYS * work.channels;
        for (int64_t i = 0; i < ARRAYS * work.channels; i++)
            work.sums[i] = 0;
    }
    if (run->input_gradients[0])
        work.value_gradients = run->input_gradients[0] + first;
    run->kernels->norm->layer_norm_back(&work);
    if (run->input_gradients[0])
        neuron_post_finish_back(run, first, work.rows * work.channels, work.value_gradients);
}

static int backward(const neuron_run *run)
{
    norm_job job = job_of(run);
    neuron_pool_run(run->pool, job.chunks.count, backward_chunk, &job);
    for (int i = 0; i < ARRAYS; i++)
        if (run->gradients[i])
            neuron_join_chunk_sums(&job.chunks, (float *)run->scratch + i * job.chunks.channels,
                                   ARRAYS * job.chunks.channels, run->gradients[i]);
    return NEURON_OK;
}

const neuron_layer neuron_layer_layer_norm = {
    .name = "layer_norm",
    .flags = NEURON_LAYER_READS_INPUT,
    .options = NEURON_OPTION_TABLE(options),
    .infer = infer,
    .plan = plan,
    .forward = forward,
    .backward = backward,
    .refuse = neuron_post_refuse,
    .back_kinds = NEURON_POST_ACTIVATIONS,
};
