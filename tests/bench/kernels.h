/* What the files of --kernels share: single operations, of the networks and of a table. */
#ifndef BENCH_KERNELS_H
#define BENCH_KERNELS_H

#include "bench.h"

typedef enum {
    BENCH_FORWARD,
    BENCH_BACKWARD, /* of all that has a gradient */
    BENCH_INPUT_GRADIENT,
    BENCH_WEIGHT_GRADIENT,
    BENCH_LOSS,
    BENCH_LOSS_GRADIENT, /* with the loss itself */
    BENCH_OPTIMIZE,
    BENCH_GATHER
} bench_part_t;

typedef struct {
    char name[BENCH_NAME_MAX];
    bench_part_t part;
    bool table; /* is one of --kernels */
    int64_t batch;
    const neuron_spec *spec;        /* of a layer */
    const bench_network_t *network; /* whose examples are gathered */
    int64_t count;                  /* parameters to be updated, outputs of a loss */
    const char *kind;               /* of an optimizer or a loss */
    char text[BENCH_NAME_MAX];      /* of the table: the operation in words, for others */
} bench_kernel_t;

typedef struct {
    neuron_context_t *context; /* of the graphs, from which the specs are */
    bench_kernel_t *kernels;
    int count;
    neuron_graph_t **graphs;
    int graph_count;
} bench_catalogue_t;

/* All kernels, with the first batch of the options if they have any. */
bench_catalogue_t bench_catalogue(const bench_options_t *options);
void bench_catalogue_drop(bench_catalogue_t *catalogue);

bool bench_wants_kernel(const bench_options_t *options, const bench_catalogue_t *catalogue,
                        const bench_kernel_t *kernel);

#endif
