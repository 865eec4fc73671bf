/* Each layer alone, at the sizes that the networks have, and what else a training step does. */
#include "bench.h"

#include "base/checked.h"
#include "base/context.h"
#include "data/dataset.h"
#include "graph/graph.h"
#include "kernels/kernels.h"
#include "optimize/optimizer.h"

#include <stdlib.h>
#include <string.h>

typedef enum { FORWARD, BACKWARD, INPUT_GRADIENT, WEIGHT_GRADIENT, OPTIMIZE, GATHER } part_t;

typedef struct {
    char name[BENCH_NAME_MAX];
    part_t part;
    const bench_network_t *network;
    const neuron_spec *spec; /* of a layer */
    int64_t batch;
    int64_t parameters; /* to be updated */
} kernel_t;

typedef struct {
    neuron_context_t *context; /* of the graphs, from which the specs are */
    kernel_t *kernels;
    int count;
    neuron_graph_t *graphs[32];
    int graph_count;
} catalogue_t;

/* ---- The list of them ---- */

static void add(catalogue_t *catalogue, const kernel_t *kernel)
{
    for (int i = 0; i < catalogue->count; i++)
        if (strcmp(catalogue->kernels[i].name, kernel->name) == 0 &&
            catalogue->kernels[i].batch == kernel->batch)
            return;
    size_t size = (size_t)(catalogue->count + 1) * sizeof *catalogue->kernels;
    catalogue->kernels = realloc(catalogue->kernels, size);
    if (!catalogue->kernels)
        bench_fail("out of memory");
    catalogue->kernels[catalogue->count++] = *kernel;
}

static void add_layer(catalogue_t *catalogue, kernel_t kernel, part_t part)
{
    static const char *const parts[] = {"forward", "backward", "input-gradient", "weight-gradient"};
    const neuron_spec *spec = kernel.spec;
    char in[NEURON_SHAPE_TEXT], out[NEURON_SHAPE_TEXT], layer[32];
    snprintf(layer, sizeof layer, "%s", spec->layer->name);
    for (char *c = layer; *c; c++)
        *c = *c == '_' ? '-' : *c;
    neuron_shape_text(&spec->inputs[0], in);
    neuron_shape_text(&spec->output, out);
    bool same = neuron_shape_equal(&spec->inputs[0], &spec->output);
    snprintf(kernel.name, sizeof kernel.name, "%.20s-%s/%.24s%s%.24s", layer, parts[part], in,
             same ? "" : "-", same ? "" : out);
    kernel.part = part;
    add(catalogue, &kernel);
}

static void add_node(catalogue_t *catalogue, kernel_t kernel, const neuron_node_t *node)
{
    const neuron_layer *layer = node->spec.layer;
    kernel.spec = &node->spec;
    if (!layer->forward || node->spec.input_count > 1)
        return;
    add_layer(catalogue, kernel, FORWARD);
    if (layer != &neuron_layer_dense && !bench_is_convolution(layer)) {
        add_layer(catalogue, kernel, BACKWARD);
        return;
    }
    if (bench_has_trained_inputs(node))
        add_layer(catalogue, kernel, INPUT_GRADIENT);
    add_layer(catalogue, kernel, WEIGHT_GRADIENT);
}

static void add_network(catalogue_t *catalogue, const bench_options_t *options,
                        const bench_network_t *network)
{
    neuron_graph_t **graph = &catalogue->graphs[catalogue->graph_count++];
    bench_draw(graph, catalogue->context, network);
    kernel_t kernel = {.network = network,
                       .batch = options->batch_count ? options->batches[0] : network->batch};
    for (int32_t i = 0; i < (*graph)->node_total; i++) {
        const neuron_node_t *node = (*graph)->nodes[i];
        add_node(catalogue, kernel, node);
        for (int32_t a = 0; a < node->spec.array_count; a++)
            if (node->spec.arrays[a].trainable)
                kernel.parameters += neuron_shape_count(&node->spec.arrays[a].shape);
    }
    kernel.part = OPTIMIZE;
    snprintf(kernel.name, sizeof kernel.name, "adam/%lld", (long long)kernel.parameters);
    add(catalogue, &kernel);
    kernel.part = GATHER;
    char shape[NEURON_SHAPE_TEXT];
    neuron_shape_text(&(*graph)->input->spec.output, shape);
    snprintf(kernel.name, sizeof kernel.name, "gather/%.24s", shape);
    add(catalogue, &kernel);
}

static catalogue_t make_catalogue(const bench_options_t *options)
{
    catalogue_t catalogue = {0};
    bench_must(neuron_context_create(&catalogue.context));
    for (const bench_network_t *network = bench_networks; network->name[0]; network++)
        add_network(&catalogue, options, network);
    return catalogue;
}

static void drop_catalogue(catalogue_t *catalogue)
{
    for (int i = 0; i < catalogue->graph_count; i++)
        neuron_graph_unref(catalogue->graphs[i]);
    free(catalogue->kernels);
    neuron_context_unref(catalogue->context);
}

/* ---- A layer outside of any graph ---- */

typedef struct {
    neuron_context_t *context;
    const float *inputs[1];
    float *input_gradients[1];
    float *values[NEURON_ARRAYS_MAX], *gradients[NEURON_ARRAYS_MAX];
    void *pieces[32];
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

static void open_bed(bed_t *bed, const kernel_t *kernel, neuron_context_t *context)
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
                                         .threads = neuron_context_threads(context),
                                         .operation = bed->operation};
    if (spec->layer->plan && spec->layer->plan(&request, &needs) < 0)
        bench_fail("%s", neuron_error_last());
    int64_t in = kernel->batch * neuron_shape_count(&spec->inputs[0]);
    int64_t out = kernel->batch * neuron_shape_count(&spec->output);
    bed->inputs[0] = floats(bed, in);
    bed->input_gradients[0] = kernel->part == WEIGHT_GRADIENT ? NULL : floats(bed, in);
    for (int32_t i = 0; i < spec->array_count; i++) {
        int64_t count = neuron_shape_count(&spec->arrays[i].shape);
        bed->values[i] = floats(bed, count);
        if (spec->arrays[i].trainable && kernel->part != INPUT_GRADIENT)
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
static double layer_bytes(const kernel_t *kernel)
{
    double in = (double)(kernel->batch * neuron_shape_count(&kernel->spec->inputs[0]));
    double out = (double)(kernel->batch * neuron_shape_count(&kernel->spec->output));
    bool reads =
        kernel->spec->layer->flags & (NEURON_LAYER_READS_INPUT | NEURON_LAYER_READS_OUTPUT);
    return sizeof(float) * (in + out + (kernel->part == BACKWARD && reads ? in : 0));
}

static double layer_operations(const kernel_t *kernel)
{
    return 2 * (double)kernel->batch * bench_multiply_adds(kernel->spec);
}

static void time_layer(const kernel_t *kernel, neuron_context_t *context, double seconds,
                       bench_sampler_t *sampler)
{
    bed_t bed;
    open_bed(&bed, kernel, context);
    int (*call)(const neuron_run *run) =
        kernel->part == FORWARD ? run_forward : kernel->spec->layer->backward;
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

static void time_optimizer(const kernel_t *kernel, neuron_context_t *context, double seconds,
                           bench_sampler_t *sampler)
{
    bed_t bed = {.context = context};
    neuron_optimizer_t *adam;
    bench_must(neuron_optimizer_create(&adam, context, NEURON_OPTIMIZER_ADAM));
    neuron_update update = {
        .optimizer = adam,
        .kernels = neuron_kernels_choose(),
        .learning_rate = neuron_optimizer_option_value(adam, NEURON_OPTIMIZER_LEARNING_RATE),
        .values = floats(&bed, kernel->parameters),
        .gradients = floats(&bed, kernel->parameters),
        .count = kernel->parameters,
    };
    for (int32_t i = 0; i < adam->rule->slot_count; i++)
        update.slots[i] = piece(&bed, (size_t)kernel->parameters * sizeof(float));
    bench_sampler_begin(sampler, seconds, INT64_MAX);
    do {
        update.step++;
        neuron_optimizer_begin(&update);
        neuron_pool_run(context->pool, neuron_ceil_divide(update.count, OPTIMIZED_AT_A_TIME),
                        optimize_piece, &update);
    } while (bench_sampler_tick(sampler));
    close_bed(&bed);
    neuron_optimizer_unref(adam);
}

/* Batch after batch out of a shuffled dataset. */
static void time_gathering(const kernel_t *kernel, neuron_context_t *context, double seconds,
                           bench_sampler_t *sampler)
{
    bed_t bed = {.context = context};
    const bench_network_t *network = kernel->network;
    neuron_dataset_t *dataset = bench_dataset(context, network->shape, network->rank,
                                              NEURON_LOSS_CROSS_ENTROPY, 10, kernel->batch);
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
    const kernel_t *kernel = what;
    bench_sampler_t sampler;
    bench_result_t result = {
        .kernel = true, .training = true, .batch = kernel->batch, .threads = threads};
    memcpy(result.name, kernel->name, sizeof result.name);
    neuron_context_t *context = bench_counting_context(threads);
    switch (kernel->part) {
    case OPTIMIZE: /* reads four arrays and writes three */
        result.bytes = 7 * sizeof(float) * (double)kernel->parameters;
        time_optimizer(kernel, context, options->seconds, &sampler);
        break;
    case GATHER:
        result.bytes = (sizeof(float) + 1) * (double)kernel->batch;
        for (int32_t i = 0; i < kernel->network->rank; i++)
            result.bytes *= (double)kernel->network->shape[i];
        time_gathering(kernel, context, options->seconds, &sampler);
        break;
    default:
        result.bytes = layer_bytes(kernel);
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
    catalogue_t catalogue = make_catalogue(options);
    for (int i = 0; i < catalogue.count; i++)
        if (options->kernels || bench_wants(options, catalogue.kernels[i].name, true))
            bench_measure_best(options, results, measure, &catalogue.kernels[i]);
    drop_catalogue(&catalogue);
}

int bench_kernels_count(const bench_options_t *options, const char *prefix)
{
    int found = 0;
    catalogue_t catalogue = make_catalogue(options);
    for (int i = 0; i < catalogue.count; i++)
        found += strncmp(catalogue.kernels[i].name, prefix, strlen(prefix)) == 0;
    drop_catalogue(&catalogue);
    return found;
}

void bench_kernels_list(void)
{
    catalogue_t catalogue = make_catalogue(&(bench_options_t){0});
    for (int i = 0; i < catalogue.count; i++)
        printf("%-48s batch %lld\n", catalogue.kernels[i].name,
               (long long)catalogue.kernels[i].batch);
    drop_catalogue(&catalogue);
}
