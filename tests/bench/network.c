/* Whole networks: steps of the trainer, and predictions. */
#include "bench.h"

#include "graph/graph.h"

#include <stdlib.h>

/* One measurement of one network. */
typedef struct {
    const bench_network_t *network; /* or */
    const char *model;              /* a saved graph */
    bench_pass_t pass;
    int64_t batch;
} job_t;

static neuron_graph_t *open_graph(const job_t *job, neuron_context_t *context)
{
    neuron_graph_t *graph;
    if (job->model) {
        bench_must(neuron_graph_load(&graph, context, job->model));
    } else {
        neuron_node_t *output = bench_draw(&graph, context, job->network);
        bench_must(neuron_graph_finish(graph, output));
    }
    return graph;
}

static const char *loss_of(const job_t *job)
{
    return job->network ? job->network->loss : "cross_entropy";
}

static int after_step(neuron_trainer_t *trainer, int32_t event, void *user_data)
{
    (void)event;
    bench_sampler_t *sampler = user_data;
    bool more = bench_sampler_tick(sampler);
    if (neuron_trainer_progress(trainer, "step") == neuron_trainer_progress(trainer, "steps"))
        bench_sampler_pause(sampler); /* the end of an epoch is not part of a step */
    return more ? 0 : NEURON_STOP;
}

/* `own` is a context whose memory does not count: the data is the same for every library. */
static neuron_dataset_t *make_dataset(const job_t *job, const neuron_graph_t *graph,
                                      neuron_context_t *own)
{
    int64_t shape[NEURON_RANK_MAX], classes[NEURON_RANK_MAX];
    int32_t rank, output_rank;
    bench_must(neuron_graph_input_shape(shape, &rank, graph));
    bench_must(neuron_graph_output_shape(classes, &output_rank, graph));
    return bench_dataset(own, shape, rank, loss_of(job), (int32_t)classes[0], job->batch);
}

static void train(const job_t *job, neuron_graph_t *graph, neuron_context_t *context,
                  neuron_context_t *own, bench_sampler_t *sampler, double seconds)
{
    neuron_dataset_t *dataset = make_dataset(job, graph, own);
    neuron_optimizer_t *adam;
    neuron_trainer_t *trainer;
    neuron_loss_t *loss;
    bench_must(neuron_optimizer_create(&adam, context, "adam", NULL));
    bench_must(neuron_loss_create(&loss, context, loss_of(job), NULL));
    bench_must(neuron_trainer_create(&trainer, graph, adam, dataset));
    bench_must(neuron_trainer_set_loss(trainer, loss));
    bench_must(neuron_trainer_set_number(trainer, "batch_size", (double)job->batch));
    bench_must(neuron_trainer_set_number(trainer, "epochs", INT32_MAX));
    bench_must(
        neuron_trainer_add_function(trainer, NEURON_EVENT_STEP_END, after_step, sampler, NULL));
    bench_sampler_begin(sampler, seconds, neuron_dataset_count(dataset) / job->batch - 2);
    int status = neuron_trainer_run(NULL, trainer);
    bench_must(status == NEURON_STOP ? NEURON_OK : status);
    neuron_trainer_unref(trainer);
    neuron_loss_unref(loss);
    neuron_optimizer_unref(adam);
    neuron_dataset_unref(dataset);
}

static void predict(const job_t *job, const neuron_graph_t *graph, neuron_context_t *own,
                    bench_sampler_t *sampler, double seconds)
{
    int64_t shape[NEURON_RANK_MAX];
    int32_t rank;
    bench_must(neuron_graph_input_shape(shape, &rank, graph));
    neuron_tensor_t *input = bench_tensor(own, job->batch, shape, rank);
    bench_must(neuron_graph_output_shape(shape, &rank, graph));
    neuron_tensor_t *output = bench_tensor(own, job->batch, shape, rank);
    bench_sampler_begin(sampler, seconds, INT64_MAX);
    do
        bench_must(neuron_graph_predict(graph, input, output));
    while (bench_sampler_tick(sampler));
    neuron_tensor_unref(input);
    neuron_tensor_unref(output);
}

/* Takes `*graph` for what it becomes. A network that is not made for it is no failure, but a
 * result: then `why` says so and the graph stays. */
static void quantize(const job_t *job, neuron_graph_t **graph, neuron_context_t *own, char *why)
{
    neuron_dataset_t *dataset = make_dataset(job, *graph, own);
    neuron_graph_t *quantized;
    int status = neuron_graph_quantize(&quantized, *graph, dataset, NULL);
    neuron_dataset_unref(dataset);
    if (status == NEURON_E_UNSUPPORTED || status == NEURON_E_NOT_FINITE) {
        snprintf(why, BENCH_WHY_MAX, "%s", neuron_error_last());
        return;
    }
    bench_must(status);
    neuron_graph_unref(*graph);
    *graph = quantized;
    bench_forget_peak(); /* of the calibration */
}

static void time_steps(const bench_options_t *options, const job_t *job, neuron_graph_t *graph,
                       neuron_context_t *context, neuron_context_t *own, bench_result_t *result)
{
    bench_sampler_t sampler;
    result->byte_layers = bench_byte_layers(graph);
    result->operations =
        (double)job->batch * bench_graph_operations(graph, job->pass == BENCH_TRAIN);
    if (job->pass == BENCH_TRAIN)
        train(job, graph, context, own, &sampler, options->seconds);
    else
        predict(job, graph, own, &sampler, options->seconds);
    result->seconds = bench_median(sampler.samples, sampler.sample_count);
    result->steps = sampler.steps;
    result->allocations = sampler.allocations;
}

static bench_result_t measure(const bench_options_t *options, const void *what, int32_t threads)
{
    const job_t *job = what;
    neuron_context_t *own, *context = bench_counting_context(threads);
    bench_must(neuron_context_create(&own, NULL));
    neuron_graph_t *graph = open_graph(job, context);
    bench_result_t result = {.pass = job->pass, .batch = job->batch, .threads = threads};
    snprintf(result.name, sizeof result.name, "%s", job->model ? job->model : job->network->name);
    if (job->pass == BENCH_INT8)
        quantize(job, &graph, own, result.why);
    if (!result.why[0])
        time_steps(options, job, graph, context, own, &result);
    neuron_graph_unref(graph);
    result.peak_bytes = bench_peak_bytes();
    bench_counting_close(context);
    neuron_context_unref(own);
    return result;
}

static void run_pass(const bench_options_t *options, bench_results_t *results, job_t job,
                     bench_pass_t pass, int64_t batch)
{
    job.pass = pass;
    job.batch = batch;
    bench_measure_best(options, results, measure, &job);
}

/* All passes over one network, with each batch. */
static void run(const bench_options_t *options, bench_results_t *results, job_t job, int64_t batch)
{
    const int64_t own[2] = {batch, 1};
    bool given = options->batch_count > 0;
    const int64_t *batches = given ? options->batches : own;
    for (int i = 0; options->train && i < (given ? options->batch_count : 1); i++)
        run_pass(options, results, job, BENCH_TRAIN, batches[i]);
    for (int i = 0; i < (given ? options->batch_count : 1 + (batch != 1)); i++) {
        if (options->infer)
            run_pass(options, results, job, BENCH_INFER, batches[i]);
        if (options->int8)
            run_pass(options, results, job, BENCH_INT8, batches[i]);
    }
}

void bench_networks_run(const bench_options_t *options, bench_results_t *results)
{
    bool all = options->row_count == 0 && !options->kernels && !options->model && !options->network;
    for (const bench_network_t *network = bench_networks; network->name[0]; network++)
        if (all || bench_wants(options, network->name))
            run(options, results, (job_t){.network = network}, network->batch);
    if (options->network) {
        char *text;
        bench_network_t network = bench_network_of_file(options->network, &text);
        run(options, results, (job_t){.network = &network}, network.batch);
        free(text);
    }
}

void bench_model_run(const bench_options_t *options, bench_results_t *results)
{
    if (options->model)
        run(options, results, (job_t){.model = options->model}, 128);
}
