/* neuron-bench: how fast the library trains and predicts, against what the machine can do. */
#include "bench.h"

#include <stdlib.h>

void bench_measure_best(const bench_options_t *options, bench_results_t *results,
                        bench_result_t (*measure)(const bench_options_t *options, const void *what,
                                                  int32_t threads),
                        const void *what)
{
    bench_result_t best = {0};
    int64_t allocations = 0, steps = 0;
    for (int i = 0; i < options->thread_count; i++) {
        bench_blas_set_threads(options->threads[i]);
        bench_result_t result = measure(options, what, options->threads[i]);
        allocations += result.allocations;
        steps += result.steps;
        if (i == 0 || result.seconds < best.seconds)
            best = result;
        if (result.why[0])
            break;
    }
    best.allocations = allocations; /* of all: none may allocate */
    best.steps = steps;
    bench_add_result(results, &best);
}

static int64_t count_allocations(const bench_results_t *results)
{
    int64_t sum = 0;
    for (int i = 0; i < results->count; i++)
        sum += results->results[i].allocations;
    return sum;
}

/* All rows, between two looks at what the machine can do. Returns its rate; 0 if not wanted. */
static double measure_all(const bench_options_t *options, bench_results_t *results)
{
    bench_sgemm_t sgemm = {0};
    int32_t threads = options->threads[options->thread_count - 1]; /* the most */
    if (!options->no_sgemm)
        bench_sgemm_measure(&sgemm, threads, options->seconds);
    bench_networks_run(options, results);
    bench_committees_run(options, results);
    bench_model_run(options, results);
    bench_kernels_run(options, results);
    if (options->no_sgemm)
        return 0;
    bench_sgemm_measure(&sgemm, threads, options->seconds);
    double rate = bench_sgemm_rate(&sgemm);
    if (sgemm.threads_set)
        printf("SGEMM: %.1f GFLOP/s with %d threads\n", rate, threads);
    else
        printf("SGEMM: %.1f GFLOP/s with as many threads as the CBLAS likes\n", rate);
    return rate;
}

int main(int argc, char **argv)
{
    bench_options_t options;
    bench_results_t results = {0};
    bench_networks_read();
    bench_parse(&options, argc, argv);
    double rate = measure_all(&options, &results);
    bench_print(&results, rate);
    if (options.json)
        bench_write_json(&results, rate, options.json);
    int64_t allocations = count_allocations(&results);
    if (allocations > 0)
        fprintf(stderr, "neuron-bench: %lld allocations in steps that should have none\n",
                (long long)allocations);
    free(results.results);
    free(options.rows);
    return allocations > 0;
}
