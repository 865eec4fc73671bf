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

static const char *pass_name(const bench_result_t *result)
{
    static const char *const names[] = {
        [BENCH_TRAIN] = "train", [BENCH_INFER] = "infer", [BENCH_INT8] = "int8"};
    return names[result->pass];
}

/* How many times as fast as the same in float32, which stands before it; 0 if that was not asked
 * for. */
static double speedup(const bench_results_t *results, int place)
{
    const bench_result_t *result = &results->results[place];
    if (place == 0 || result->pass != BENCH_INT8 || result->why[0])
        return 0;
    const bench_result_t *other = result - 1;
    if (other->pass != BENCH_INFER || other->batch != result->batch ||
        strcmp(other->name, result->name) != 0)
        return 0;
    return other->seconds / result->seconds;
}

static bool any_speedup(const bench_results_t *results)
{
    for (int i = 0; i < results->count; i++)
        if (speedup(results, i) > 0)
            return true;
    return false;
}

static void print_networks_head(bool speedups)
{
    printf("\n%-12s %-5s %6s %7s %11s %9s %7s %10s ", "network", "pass", "batch", "threads",
           "images/s", "GFLOP/s", "SGEMM", "peak MB");
    if (speedups)
        printf("%8s ", "/float32");
    printf("%11s\n", "allocs/step");
}

static void print_network(const bench_results_t *results, int place, double sgemm)
{
    const bench_result_t *result = &results->results[place];
    printf("%-12s %-5s %6lld %7d ", result->name, pass_name(result), (long long)result->batch,
           result->threads);
    if (result->why[0]) {
        printf("%s\n", result->why);
        return;
    }
    printf("%11.0f %9.1f %6.1f%% %10.1f ", images_per_second(result), gflops(result),
           100 * share(result, sgemm), 1e-6 * (double)result->peak_bytes);
    double ratio = speedup(results, place);
    if (ratio > 0)
        printf("%8.2f ", ratio);
    else if (any_speedup(results))
        printf("%8s ", "");
    printf("%11.2f\n", (double)result->allocations / (double)result->steps);
}

static void print_int8_caption(const bench_results_t *results)
{
    bool any = false;
    for (int i = 0; i < results->count; i++)
        any |= results->results[i].pass == BENCH_INT8;
    if (!any)
        return;
    puts("int8: predictions of the same network quantised by neuron_graph_quantize(), with its\n"
         "defaults, from the first 1000 examples of the row's data. Parameters and data are by\n"
         "chance: this is its speed, not its accuracy. Inputs and outputs are floats as before,\n"
         "GFLOP/s count what the float32 network computes, and /float32 is the time of the row\n"
         "above, which has the same batch, over that of this one.");
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
            print_networks_head(any_speedup(results));
        any = true;
        if (kernel)
            print_kernel(result, sgemm);
        else
            print_network(results, i, sgemm);
    }
}

void bench_print(const bench_results_t *results, double sgemm)
{
    print_kind(results, sgemm, false);
    print_int8_caption(results);
    print_kind(results, sgemm, true);
}

static json_t *row(const bench_result_t *result, double sgemm)
{
    json_t *row = json_pack("{s:s, s:s, s:I, s:i}", "row", result->name, "pass", pass_name(result),
                            "batch", (json_int_t)result->batch, "threads", (int)result->threads);
    if (result->why[0]) {
        json_object_set_new(row, "why", json_string(result->why));
        return row;
    }
    json_t *measured =
        json_pack("{s:f, s:f, s:f, s:I}", "images_per_second", images_per_second(result), "gflops",
                  gflops(result), "share_of_sgemm", share(result, sgemm), "peak_bytes",
                  (json_int_t)result->peak_bytes);
    json_object_update_new(row, measured);
    if (result->pass == BENCH_INT8)
        json_object_set_new(row, "byte_layers", json_integer(result->byte_layers));
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
