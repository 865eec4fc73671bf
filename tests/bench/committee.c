/* Committees of small networks: members trained side by side, beside one after the other by all
 * threads, and predictions of the committee, beside those of its members one by one. */
#include "bench.h"

#include <libneuron-committee/committees.h>

#include <string.h>

enum { MEMBERS = 5, BATCH = 128 };

static const char network_text[] =
    "name committee; batch 128; input 784; dense 32; relu; dense 10; softmax";

typedef struct {
    const char *name, *description;
    bool together;
} row_t;

static const row_t rows[] = {
    {"committee", "five of 784-32-10 side by side, and what they say joined", true},
    {"members", "the same one after the other, and one by one", false},
};

enum { ROWS = sizeof rows / sizeof *rows };

typedef struct {
    const row_t *row;
    bench_pass_t pass;
    int64_t batch;
} job_t;

static int build(neuron_graph_t **graph, neuron_context_t *context, int64_t member, void *user_data)
{
    (void)member;
    const bench_network_t *network = user_data;
    neuron_node_t *output = bench_draw(graph, context, network);
    return neuron_graph_finish(*graph, output);
}

/* Seconds of a training from the beginning, with all that it takes. */
static double train_once(const job_t *job, bench_network_t *network, neuron_context_t *context,
                         neuron_dataset_t *dataset, int64_t epochs)
{
    neuron_optimizer_t *adam;
    neuron_committee_trainer_t *trainer;
    neuron_graph_t *committee;
    char options[120];
    snprintf(options, sizeof options, "members=%d, epochs=%lld, batch_size=%lld, side_by_side=%s",
             MEMBERS, (long long)epochs, (long long)job->batch, job->row->together ? "yes" : "no");
    double start = bench_clock();
    bench_must(neuron_optimizer_create(&adam, context, "adam", NULL));
    bench_must(neuron_committee_trainer_create(&trainer, context, adam, dataset, options));
    bench_must(neuron_committee_trainer_set_builder(trainer, build, network, NULL));
    bench_must(neuron_committee_trainer_run(&committee, trainer));
    double seconds = bench_clock() - start;
    neuron_graph_unref(committee);
    neuron_committee_trainer_unref(trainer);
    neuron_optimizer_unref(adam);
    return seconds;
}

/* A step is one of one member. */
static void train(const job_t *job, bench_network_t *network, neuron_context_t *context,
                  neuron_context_t *own, double seconds, bench_result_t *result)
{
    enum { SAMPLES = 3 };
    double samples[SAMPLES];
    neuron_dataset_t *dataset =
        bench_dataset(own, network->shape, network->rank, network->loss, 10, job->batch);
    double epoch = train_once(job, network, context, dataset, 1);
    double wanted = seconds / SAMPLES / epoch;
    int64_t epochs = wanted < 1 ? 1 : wanted > 1000 ? 1000 : (int64_t)wanted;
    result->steps = MEMBERS * epochs * (neuron_dataset_count(dataset) / job->batch);
    for (int i = 0; i < SAMPLES; i++)
        samples[i] = train_once(job, network, context, dataset, epochs);
    result->seconds = bench_median(samples, SAMPLES) / (double)result->steps;
    neuron_dataset_unref(dataset);
}

/* A step asks all members. */
static void predict(const job_t *job, const bench_network_t *network, neuron_graph_t **members,
                    neuron_context_t *context, neuron_context_t *own, double seconds,
                    bench_result_t *result)
{
    neuron_graph_t *committee;
    neuron_tensor_t *outputs[MEMBERS];
    bench_sampler_t sampler;
    int64_t classes = 10;
    neuron_tensor_t *input = bench_tensor(own, job->batch, network->shape, network->rank);
    for (int i = 0; i < MEMBERS; i++)
        outputs[i] = bench_tensor(own, job->batch, &classes, 1);
    bench_must(neuron_committee_create(&committee, context, members, MEMBERS, NULL, NULL));
    bench_sampler_begin(&sampler, seconds, INT64_MAX);
    do {
        if (job->row->together)
            bench_must(neuron_graph_predict(committee, input, outputs[0]));
        for (int i = 0; !job->row->together && i < MEMBERS; i++)
            bench_must(neuron_graph_predict(members[i], input, outputs[i]));
    } while (bench_sampler_tick(&sampler));
    result->seconds = bench_median(sampler.samples, sampler.sample_count);
    result->steps = sampler.steps;
    result->allocations = sampler.allocations;
    neuron_graph_unref(committee);
    neuron_tensor_unref(input);
    for (int i = 0; i < MEMBERS; i++)
        neuron_tensor_unref(outputs[i]);
}

static bench_result_t measure(const bench_options_t *options, const void *what, int32_t threads)
{
    const job_t *job = what;
    bench_network_t network = bench_read_network(job->row->name, "", network_text);
    neuron_context_t *own, *context = bench_counting_context(threads);
    bench_must(neuron_context_create(&own, NULL));
    neuron_graph_t *members[MEMBERS];
    bench_result_t result = {.pass = job->pass, .batch = job->batch, .threads = threads};
    snprintf(result.name, sizeof result.name, "%s", job->row->name);
    for (int i = 0; i < MEMBERS; i++)
        bench_must(build(&members[i], context, i, &network));
    bool trains = job->pass == BENCH_TRAIN;
    result.operations = (double)job->batch * bench_graph_operations(members[0], trains);
    if (trains) {
        train(job, &network, context, own, options->seconds, &result);
    } else {
        result.operations *= MEMBERS;
        predict(job, &network, members, context, own, options->seconds, &result);
    }
    for (int i = 0; i < MEMBERS; i++)
        neuron_graph_unref(members[i]);
    result.peak_bytes = bench_peak_bytes();
    bench_counting_close(context);
    neuron_context_unref(own);
    return result;
}

bool bench_is_committee(const char *name)
{
    for (int i = 0; i < ROWS; i++)
        if (strcmp(rows[i].name, name) == 0)
            return true;
    return false;
}

void bench_committees_list(void)
{
    for (int i = 0; i < ROWS; i++)
        printf("%-12s batch %-4d %s\n", rows[i].name, BATCH, rows[i].description);
}

static void run_pass(const bench_options_t *options, bench_results_t *results, bench_pass_t pass,
                     int64_t batch)
{
    bool all = options->row_count == 0;
    for (int i = 0; i < ROWS; i++) {
        const job_t job = {&rows[i], pass, batch};
        if (all || bench_wants(options, rows[i].name))
            bench_measure_best(options, results, measure, &job);
    }
}

void bench_committees_run(const bench_options_t *options, bench_results_t *results)
{
    static const int64_t own[] = {BATCH, 1};
    bool given = options->batch_count > 0,
         others = options->kernels || options->model || options->network || options->int8;
    const int64_t *batches = given ? options->batches : own;
    if (options->row_count == 0 && others)
        return;
    for (int i = 0; options->train && i < (given ? options->batch_count : 1); i++)
        run_pass(options, results, BENCH_TRAIN, batches[i]);
    for (int i = 0; options->infer && i < (given ? options->batch_count : 2); i++)
        run_pass(options, results, BENCH_INFER, batches[i]);
}
