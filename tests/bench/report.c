/* Results as a table and as JSON. */
#include "bench.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

void bench_add_result(bench_results_t *results, const bench_result_t *result)
{
    size_t size = (size_t)(results->count + 1) * sizeof *results->results;
    results->results = realloc(results->results, size);
    if (!results->results)
        bench_fail("out of memory");
    results->results[results->count++] = *result;
}

static double images_per_second(const bench_result_t *result)
{
    return (double)result->batch / result->seconds;
}

static double gflops(const bench_result_t *result)
{
    return 1e-9 * result->operations / result->seconds;
}

static double share(const bench_result_t *result, double sgemm)
{
    return sgemm > 0 ? gflops(result) / sgemm : 0;
}

static void print_network(const bench_result_t *result, double sgemm)
{
    printf("%-12s %-5s %6lld %7d %11.0f %9.1f %6.1f%% %10.1f %11.2f\n", result->name,
           result->training ? "train" : "infer", (long long)result->batch, result->threads,
           images_per_second(result), gflops(result), 100 * share(result, sgemm),
           1e-6 * (double)result->peak_bytes, (double)result->allocations / (double)result->steps);
}

static double nanoseconds_per_value(const bench_result_t *result)
{
    return 1e9 * result->seconds / result->values;
}

static void print_kernel(const bench_result_t *result, double sgemm)
{
    printf("%-52s %6lld %7d %10.1f %8.3f ", result->name, (long long)result->batch, result->threads,
           1e6 * result->seconds, nanoseconds_per_value(result));
    if (result->operations > 0)
        printf("%9.1f %6.1f%%", gflops(result), 100 * share(result, sgemm));
    else
        printf("%9s %7s", "", "");
    printf(" %7.1f %8.2f\n", 1e-9 * result->bytes / result->seconds,
           (double)result->allocations / (double)result->steps);
}

static void print_kind(const bench_results_t *results, double sgemm, bool kernel)
{
    bool any = false;
    for (int i = 0; i < results->count; i++) {
        const bench_result_t *result = &results->results[i];
        if (result->kernel != kernel)
            continue;
        if (!any && kernel)
            printf("\n%-52s %6s %7s %10s %8s %9s %7s %7s %8s\n", "kernel", "batch", "threads", "us",
                   "ns/value", "GFLOP/s", "SGEMM", "GB/s", "allocs");
        else if (!any)
            printf("\n%-12s %-5s %6s %7s %11s %9s %7s %10s %11s\n", "network", "pass", "batch",
                   "threads", "images/s", "GFLOP/s", "SGEMM", "peak MB", "allocs/step");
        any = true;
        if (kernel)
            print_kernel(result, sgemm);
        else
            print_network(result, sgemm);
    }
}

void bench_print(const bench_results_t *results, double sgemm)
{
    print_kind(results, sgemm, false);
    print_kind(results, sgemm, true);
}

static json_t *row(const bench_result_t *result, double sgemm)
{
    json_t *row =
        json_pack("{s:s, s:s, s:I, s:i, s:f, s:f, s:f, s:I}", "row", result->name, "pass",
                  result->training ? "train" : "infer", "batch", (json_int_t)result->batch,
                  "threads", (int)result->threads, "images_per_second", images_per_second(result),
                  "gflops", gflops(result), "share_of_sgemm", share(result, sgemm), "peak_bytes",
                  (json_int_t)result->peak_bytes);
    if (result->kernel)
        json_object_set_new(row, "ns_per_value", json_real(nanoseconds_per_value(result)));
    return row;
}

void bench_write_json(const bench_results_t *results, double sgemm, const char *path)
{
    json_t *rows = json_array(), *root;
    for (int i = 0; i < results->count; i++)
        json_array_append_new(rows, row(&results->results[i], sgemm));
    root = json_pack("{s:f, s:o}", "sgemm_gflops", sgemm, "rows", rows);
    if (!root || json_array_size(rows) != (size_t)results->count)
        bench_fail("out of memory");
    if (json_dump_file(root, path, JSON_INDENT(2) | JSON_REAL_PRECISION(9)) != 0)
        bench_fail("cannot write %s", path);
    json_decref(root);
}
