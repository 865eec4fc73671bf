/* Each layer, loss and optimizer alone, and what else a training step does; which there are is in
 * catalogue.c. */
#include "kernels.h"

#include "base/checked.h"
#include "base/context.h"
#include "data/dataset.h"
#include "kernels/kernels.h"
#include "losses/loss.h"
#include "optimize/optimizer.h"

#include <stdlib.h>
#include <string.h>

/* ---- A layer outside of any graph ---- */

enum { INPUTS_MAX = 8 };

typedef struct {
    neuron_context_t *context;
    const float *inputs[INPUTS_MAX];
    float *input_gradients[INPUTS_MAX];
    float *values[NEURON_ARRAYS_MAX], *gradients[NEURON_ARRAYS_MAX];
    void *pieces[64];
    int piece_count;
    neuron_fused fused;
    void *operation;
    neuron_run run;
} bed_t;

static void *piece(bed_t *bed, size_t bytes)
{
    void *memory = neuron_allocate_zero(bed->context, bytes, 1);
    if (!memory)
        bench_fail("%s", neuron_error_last());
    return bed->pieces[bed->piece_count++] = memory;
}

static float *floats(bed_t *bed, int64_t count)
{
    float *values = piece(bed, (size_t)count * sizeof *values);
    uint32_t state = 1;
    for (int64_t i = 0; i < count; i++) {
        state = state * 1664525 + 1013904223;
        values[i] = (float)(state >> 8) * 0x1p-24f - 0.5f;
    }
    return values;
}

/* As a training step does: what is made of the parameters is made anew. */
static int run_forward(const neuron_run *run)
{
    if (run->spec->layer->prepare)
        run->spec->layer->prepare(run);
    return run->spec->layer->forward(run);
}

static void open_bed(bed_t *bed, const bench_kernel_t *kernel, neuron_context_t *context)
{
    const neuron_spec *spec = kernel->spec;
    *bed = (bed_t){.context = context};
    neuron_needs needs = {0};
    bed->operation = piece(bed, spec->layer->operation_size + 1);
    const neuron_plan_request request = {.spec = spec,
                                         .node = spec->layer->name,
                                         .fused = &bed->fused,
                                         .batch = kernel->batch,
                                         .training = true,
                                         .threads = (int32_t)neuron_context_threads(context),
                                         .kernels = context->kernels,
                                         .operation = bed->operation};
    if (spec->layer->plan && spec->layer->plan(&request, &needs) < 0)
        bench_fail("%s", neuron_error_last());
    int64_t out = kernel->batch * neuron_shape_count(&spec->output);
    for (int32_t i = 0; i < spec->input_count; i++) {
        int64_t in = kernel->batch * neuron_shape_count(&spec->inputs[i]);
        bed->inputs[i] = floats(bed, in);
        bed->input_gradients[i] = kernel->part == BENCH_WEIGHT_GRADIENT ? NULL : floats(bed, in);
    }
    for (int32_t i = 0; i < spec->array_count; i++) {
        int64_t count = neuron_shape_count(&spec->arrays[i].shape);
        bed->values[i] = floats(bed, count);
        if (spec->arrays[i].trainable && kernel->part != BENCH_INPUT_GRADIENT)
            bed->gradients[i] = floats(bed, count);
    }
    bed->run = (neuron_run){
        .spec = spec,
        .kernels = neuron_kernels_choose(),
        .pool = context->pool,
        .batch = kernel->batch,
        .operation = bed->operation,
        .fused = &bed->fused,
        .training = true,
        .frozen = kernel->part == BENCH_INPUT_GRADIENT,
        .inputs = bed->inputs,
        .output = floats(bed, out),
        .output_gradient = floats(bed, out),
        .input_gradients = bed->input_gradients,
        .values = bed->values,
        .gradients = bed->gradients,
        .saved = piece(bed, needs.saved),
        .scratch = piece(bed, needs.scratch),
        .prepared = piece(bed, needs.prepared),
        .random = {.seed = 1, .use = NEURON_RANDOM_DROPOUT},
    };
    run_forward(&bed->run); /* backward reads what it saves */
}

static void close_bed(bed_t *bed)
{
    for (int i = 0; i < bed->piece_count; i++)
        neuron_release(bed->context, bed->pieces[i]);
}

/* What one call reads and writes, if each array passes once. */
static double layer_bytes(const bench_kernel_t *kernel)
{
    const neuron_spec *spec = kernel->spec;
    double in = 0, out = (double)(kernel->batch * neuron_shape_count(&spec->output));
    for (int32_t i = 0; i < spec->input_count; i++)
        in += (double)(kernel->batch * neuron_shape_count(&spec->inputs[i]));
    bool reads = spec->layer->flags & (NEURON_LAYER_READS_INPUT | NEURON_LAYER_READS_OUTPUT);
    return sizeof(float) * (in + out + (kernel->part == BENCH_BACKWARD && reads ? in : 0));
}

static double layer_operations(const bench_kernel_t *kernel)
{
    double products = kernel->part == BENCH_BACKWARD ? 2 : 1;
    return 2 * products * (double)kernel->batch * bench_multiply_adds(kernel->spec);
}

/* Of the larger of input and output. */
static double layer_values(const bench_kernel_t *kernel)
{
    int64_t in = neuron_shape_count(&kernel->spec->inputs[0]);
    int64_t out = neuron_shape_count(&kernel->spec->output);
    return (double)(kernel->batch * (in > out ? in : out));
}

static void time_layer(const bench_kernel_t *kernel, neuron_context_t *context, double seconds,
                       bench_sampler_t *sampler)
{
    bed_t bed;
    open_bed(&bed, kernel, context);
    const neuron_layer *layer = kernel->spec->layer;
    bool predicts = layer->flags & NEURON_LAYER_NO_GRADIENT; /* and prepares once */
    int (*call)(const neuron_run *run) = kernel->part != BENCH_FORWARD ? layer->backward
                                         : predicts                    ? layer->forward
                                                                       : run_forward;
    bench_sampler_begin(sampler, seconds, INT64_MAX);
    do
        call(&bed.run);
    while (bench_sampler_tick(sampler));
    close_bed(&bed);
}

/* ---- The rest of a step ---- */

/* As a training does it: in the pieces in which gradients are handed on. */
enum { OPTIMIZED_AT_A_TIME = 16384 };

static void optimize_piece(void *work, int64_t task, int32_t worker)
{
    (void)worker;
    const neuron_update *update = work;
    int64_t first = task * OPTIMIZED_AT_A_TIME;
    neuron_optimizer_apply_part(update, first, update->gradients + first,
                                neuron_min_count(OPTIMIZED_AT_A_TIME, update->count - first));
}

static void time_optimizer(const bench_kernel_t *kernel, neuron_context_t *context, double seconds,
                           bench_sampler_t *sampler)
{
    bed_t bed = {.context = context};
    neuron_optimizer_t *optimizer;
    bench_must(neuron_optimizer_create(&optimizer, context, kernel->kind, NULL));
    neuron_update update = {
        .optimizer = optimizer,
        .kernels = neuron_kernels_choose(),
        .learning_rate = neuron_optimizer_option_value(optimizer, NEURON_OPTIMIZER_LEARNING_RATE),
        .values = floats(&bed, kernel->count),
        .gradients = floats(&bed, kernel->count),
        .count = kernel->count,
    };
    for (int32_t i = 0; i < optimizer->rule->slot_count; i++)
        update.slots[i] = piece(&bed, (size_t)kernel->count * sizeof(float));
    neuron_optimizer_reset(optimizer, update.slots, kernel->count);
    bench_sampler_begin(sampler, seconds, INT64_MAX);
    do {
        update.step++;
        neuron_optimizer_begin(&update);
        neuron_pool_run(context->pool, neuron_ceil_divide(update.count, OPTIMIZED_AT_A_TIME),
                        optimize_piece, &update);
    } while (bench_sampler_tick(sampler));
    close_bed(&bed);
    neuron_optimizer_unref(optimizer);
}

/* One-hot targets and outputs between 0 and 1, as probabilities are. */
static void time_loss(const bench_kernel_t *kernel, neuron_context_t *context, double seconds,
                      bench_sampler_t *sampler)
{
    bed_t bed = {.context = context};
    int64_t outputs = kernel->count, count = kernel->batch * outputs;
    float *predictions = floats(&bed, count), *gradients = floats(&bed, count);
    float *targets = piece(&bed, (size_t)count * sizeof *targets);
    int32_t *labels = piece(&bed, (size_t)kernel->batch * sizeof *labels);
    double *weights = piece(&bed, (size_t)kernel->batch * sizeof *weights);
    neuron_loss_result *results = piece(&bed, (size_t)kernel->batch * sizeof *results);
    for (int64_t i = 0; i < count; i++)
        predictions[i] += 0.5f;
    for (int64_t i = 0; i < kernel->batch; i++) {
        weights[i] = 1;
        labels[i] = (int32_t)(i % outputs);
        targets[i * outputs + labels[i]] = 1;
    }
    neuron_loss_t *loss;
    bench_must(neuron_loss_create(&loss, context, kernel->kind, NULL));
    const neuron_loss_batch batch = {.count = kernel->batch,
                                     .kernels = context->kernels,
                                     .outputs = (int32_t)outputs,
                                     .logits = loss->kind->absorbs != 0,
                                     .threshold = 0.5f,
                                     .predictions = predictions,
                                     .targets = targets,
                                     .labels = labels,
                                     .weights = weights};
    bool gradient = kernel->part == BENCH_LOSS_GRADIENT;
    bench_sampler_begin(sampler, seconds, INT64_MAX);
    do
        bench_must(
            neuron_loss_compute(loss, context->pool, &batch, results, gradient ? gradients : NULL));
    while (bench_sampler_tick(sampler));
    neuron_loss_unref(loss);
    close_bed(&bed);
}

/* Batch after batch out of a shuffled dataset. */
static void time_gathering(const bench_kernel_t *kernel, neuron_context_t *context, double seconds,
                           bench_sampler_t *sampler)
{
    bed_t bed = {.context = context};
    const bench_network_t *network = kernel->network;
    neuron_dataset_t *dataset =
        bench_dataset(context, network->shape, network->rank, "cross_entropy", 10, kernel->batch);
    int64_t count = neuron_dataset_count(dataset), first = 0;
    int64_t *order = piece(&bed, (size_t)count * sizeof *order);
    for (int64_t i = 0; i < count; i++)
        order[i] = i;
    neuron_random_reader reader = neuron_random_read(1, NEURON_RANDOM_SHUFFLE, 0);
    neuron_random_shuffle(&reader, order, count);
    float *values = floats(&bed, kernel->batch * neuron_shape_count(&dataset->shape));
    bench_sampler_begin(sampler, seconds, INT64_MAX);
    do {
        neuron_dataset_gather(dataset, context->pool, order + first, 0, kernel->batch, values);
        first = (first + kernel->batch) % count;
    } while (bench_sampler_tick(sampler));
    close_bed(&bed);
    neuron_dataset_unref(dataset);
}

/* ---- Measuring ---- */

static bench_result_t measure(const bench_options_t *options, const void *what, int32_t threads)
{
    const bench_kernel_t *kernel = what;
    bench_sampler_t sampler;
    bench_result_t result = {
        .kernel = true, .pass = BENCH_TRAIN, .batch = kernel->batch, .threads = threads};
    memcpy(result.name, kernel->name, sizeof result.name);
    neuron_context_t *context = bench_counting_context(threads);
    switch (kernel->part) {
    case BENCH_OPTIMIZE: /* reads four arrays and writes three, if it is Adam */
        result.bytes = 7 * sizeof(float) * (double)kernel->count;
        result.values = (double)kernel->count;
        time_optimizer(kernel, context, options->seconds, &sampler);
        break;
    case BENCH_GATHER:
        result.values = (double)kernel->batch;
        for (int32_t i = 0; i < kernel->network->rank; i++)
            result.values *= (double)kernel->network->shape[i];
        result.bytes = (sizeof(float) + 1) * result.values;
        time_gathering(kernel, context, options->seconds, &sampler);
        break;
    case BENCH_LOSS:
    case BENCH_LOSS_GRADIENT:
        result.values = (double)(kernel->batch * kernel->count);
        result.bytes = sizeof(float) * result.values * (kernel->part == BENCH_LOSS ? 2 : 3);
        time_loss(kernel, context, options->seconds, &sampler);
        break;
    default:
        result.bytes = layer_bytes(kernel);
        result.values = layer_values(kernel);
        result.operations = layer_operations(kernel);
        time_layer(kernel, context, options->seconds, &sampler);
    }
    result.seconds = bench_median(sampler.samples, sampler.sample_count);
    result.steps = sampler.steps;
    result.allocations = sampler.allocations;
    result.peak_bytes = bench_peak_bytes();
    bench_counting_close(context);
    return result;
}

void bench_kernels_run(const bench_options_t *options, bench_results_t *results)
{
    if (!options->train)
        return; /* they are parts of a training step */
    if (!options->kernels && options->row_count == 0)
        return;
    bench_catalogue_t catalogue = bench_catalogue(options);
    for (int i = 0; i < catalogue.count; i++)
        if (bench_wants_kernel(options, &catalogue, &catalogue.kernels[i]))
            bench_measure_best(options, results, measure, &catalogue.kernels[i]);
    bench_catalogue_drop(&catalogue);
}
