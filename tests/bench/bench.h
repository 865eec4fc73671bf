/* What the files of neuron-bench share. A benchmark has nobody to report to but the terminal: what
 * fails ends the program. */
#ifndef BENCH_H
#define BENCH_H

#include <libneuron/libneuron.h>

#include "layers/layer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum {
    BENCH_NAME_MAX = 112,
    BENCH_THREAD_COUNTS_MAX = 10,
    BENCH_BATCHES_MAX = 32,
    BENCH_SAMPLES_MAX = 256,
    BENCH_WHY_MAX = 256
};

/* ---- What to measure: options.c ---- */

typedef struct {
    const char *json;    /* NULL for no file */
    const char *model;   /* NULL for none */
    const char *network; /* a file; NULL for none */
    const char **rows;
    int row_count;
    bool no_sgemm;
    bool kernels;            /* the whole table */
    bool train, infer, int8; /* which passes */
    bool beside;             /* int8 goes with infer, and nothing is trained */
    int64_t batches[BENCH_BATCHES_MAX];
    int batch_count; /* 0 for the row's own */
    int32_t threads[BENCH_THREAD_COUNTS_MAX];
    int thread_count;
    double seconds; /* for one measurement */
} bench_options_t;

/* Reads the command line, which may end the program: --help, --list, a bad option. */
void bench_parse(bench_options_t *options, int argc, char **argv);

/* Ends the program with status 2 and a line on what is wrong with the command. */
void bench_usage_error(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/* Ends the program with status 1 and a line. */
void bench_fail(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/* Ends the program with the library's message unless `status` is 0 or more. */
void bench_must(int status);

/* Whether a --row is that name. */
bool bench_wants(const bench_options_t *options, const char *name);

/* ---- The networks: networks.c, drawing.c, operations.c ---- */

typedef struct {
    char name[BENCH_NAME_MAX];
    const char *description;
    const char *text; /* in the words of drawing.c */
    int64_t batch;    /* of training */
    int32_t rank;     /* of the input */
    int64_t shape[3];
    const char *loss;
} bench_network_t;

extern bench_network_t bench_networks[]; /* ended by an empty name */

/* Fills bench_networks. To be called before anything else. */
void bench_networks_read(void);

/* Reads the head of a network's text, which stays the caller's. A bad one is a bad command. */
bench_network_t bench_read_network(const char *name, const char *description, const char *text);

/* The network described by a file, and its text, which the caller frees. */
bench_network_t bench_network_of_file(const char *path, char **text);

/* Draws the network into a new graph and returns its output. The graph is not finished. */
neuron_node_t *bench_draw(neuron_graph_t **graph, neuron_context_t *context,
                          const bench_network_t *network);

bool bench_is_convolution(const neuron_layer *layer); /* of any kind */

/* Multiply-adds of a layer that has a kernel, forward, on one example: each number of the kernel
 * meets each place of the output. */
double bench_multiply_adds(const neuron_spec *spec);

/* Floating-point operations on one example: two for each multiply-add of dense and convolution
 * layers by the direct algorithm. With `training` both gradients count too, but not that of the
 * first layer's input, which nobody needs. */
double bench_graph_operations(const neuron_graph_t *graph, bool training);

/* How many layers compute with bytes. */
int32_t bench_byte_layers(const neuron_graph_t *graph);

/* Whether anything before a node is trained, so that the gradient of its input is needed. */
bool bench_has_trained_inputs(const neuron_node_t *node);

/* ---- Data: data.c ---- */

/* Bytes by chance, in memory: as many as MNIST has if they are small. With labels for
 * cross-entropy, else with so many targets, 0 or 1 with equal chance. The number of examples is a
 * multiple of `batch`. */
neuron_dataset_t *bench_dataset(neuron_context_t *context, const int64_t *shape, int32_t rank,
                                const char *loss, int32_t outputs, int64_t batch);

/* A tensor of `batch` times `shape` floats between 0 and 1. */
neuron_tensor_t *bench_tensor(neuron_context_t *context, int64_t batch, const int64_t *shape,
                              int32_t rank);

/* ---- Counting: counting.c ---- */

/* A context whose allocations are counted, and otherwise made as a plain context makes them. One
 * at a time. */
neuron_context_t *bench_counting_context(int32_t threads);
void bench_counting_close(neuron_context_t *context);

/* The most bytes that were allocated at a time through the present counting context, since it was
 * made or what was before was to be forgotten. */
int64_t bench_peak_bytes(void);
void bench_forget_peak(void);

/* How many allocations there were so far, through counting contexts or, where the linker can tell,
 * by malloc() and the like from the library's code. */
int64_t bench_allocations(void);

/* ---- Time: sampler.c ---- */

double bench_clock(void);
double bench_median(double *values, int count);

/* Times equal steps in windows of several, after some to warm up. */
typedef struct {
    double seconds; /* to be spent on windows */
    int64_t most;   /* steps of a window */
    double start, window_start;
    int64_t warm_ticks; /* -1 once warm */
    int64_t window_steps, done;
    int64_t window_allocations;
    bool closed; /* the next tick only opens a window */

    double samples[BENCH_SAMPLES_MAX]; /* seconds of a step */
    int sample_count;
    int64_t steps, allocations; /* in all windows */
} bench_sampler_t;

/* `most` limits the steps of a window. */
void bench_sampler_begin(bench_sampler_t *sampler, double seconds, int64_t most);
/* To be called after each step; false when there are enough. */
bool bench_sampler_tick(bench_sampler_t *sampler);
/* What comes before the next tick is not a step alone. */
void bench_sampler_pause(bench_sampler_t *sampler);

/* ---- The machine's limit: blas.c ---- */

/* Lets the CBLAS use so many threads; false if it cannot be told. */
bool bench_blas_set_threads(int32_t threads);

enum { BENCH_SGEMM_SIZES = 2, BENCH_SGEMM_WAYS = 2 };

typedef struct {
    /* GFLOP/s for each way and size */
    double samples[BENCH_SGEMM_WAYS][BENCH_SGEMM_SIZES][BENCH_SAMPLES_MAX];
    int counts[BENCH_SGEMM_WAYS][BENCH_SGEMM_SIZES];
    bool threads_set;
} bench_sgemm_t;

/* Multiplies large square matrices for `seconds`, with so many threads: by the CBLAS, if there
 * is one, and by the library, for a CBLAS that does not know a processor may use a tenth of it. */
void bench_sgemm_measure(bench_sgemm_t *sgemm, int32_t threads, double seconds);

/* The best of the medians. */
double bench_sgemm_rate(bench_sgemm_t *sgemm);

/* ---- Results: report.c ---- */

typedef enum {
    BENCH_TRAIN,
    BENCH_INFER, /* with floats */
    BENCH_INT8   /* the same network quantised */
} bench_pass_t;

typedef struct {
    char name[BENCH_NAME_MAX];
    char why[BENCH_WHY_MAX]; /* there is nothing to measure; else empty */
    bool kernel;
    bench_pass_t pass;
    int32_t byte_layers; /* of the network, quantised */
    int64_t batch;
    int32_t threads;
    double seconds;    /* of a step */
    double operations; /* of a step, floating-point */
    double bytes;      /* kernel: read and written by a step */
    double values;     /* kernel: of its larger side in a step */
    int64_t peak_bytes;
    int64_t steps, allocations;
} bench_result_t;

typedef struct {
    bench_result_t *results;
    int count;
} bench_results_t;

void bench_add_result(bench_results_t *results, const bench_result_t *result);
void bench_print(const bench_results_t *results, double sgemm);
void bench_write_json(const bench_results_t *results, double sgemm, const char *path);

/* ---- Measuring: network.c, committee.c, kernels.c, catalogue.c ---- */

/* Measures with each number of threads and keeps the fastest. What cannot be measured is a result,
 * too. */
void bench_measure_best(const bench_options_t *options, bench_results_t *results,
                        bench_result_t (*measure)(const bench_options_t *options, const void *what,
                                                  int32_t threads),
                        const void *what);

void bench_networks_run(const bench_options_t *options, bench_results_t *results);
void bench_committees_run(const bench_options_t *options, bench_results_t *results);
void bench_model_run(const bench_options_t *options, bench_results_t *results);
void bench_kernels_run(const bench_options_t *options, bench_results_t *results);

/* Whether a row of that name is of a committee, and all of them, for --list. */
bool bench_is_committee(const char *name);
void bench_committees_list(void);

/* How many kernels a --row of that name, or beginning, means. */
int bench_kernels_count(const bench_options_t *options, const char *prefix);
void bench_kernels_list(void);

/* Prints the table of kernels, a line of name, tab and words for each. */
void bench_kernels_describe(void);

#endif
