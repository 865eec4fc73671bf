/* What networks cost as C source, beside the library: size of the source and of the program's part,
 * workspace, and the time of one example. Prints the table of docs/source.md.
 *
 * usage: source-cost [SECONDS] [FLAGS...], each of which is a row's compiler flags: "-O2" "-O3
 * -march=native" */
#include <libneuron-source/source.h>
#include <libneuron/libneuron.h>

#include "../../examples/documents/networks/cifar.h"
#include "../../examples/documents/networks/kmnist.h"

#include <dlfcn.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#ifndef COST_CC
#define COST_CC "cc"
#endif

static void must(int status)
{
    if (status < 0) {
        fprintf(stderr, "%s\n", neuron_error_last());
        exit(EXIT_FAILURE);
    }
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/* ---- The networks ---- */

static neuron_node_t *mlp(neuron_graph_t *g)
{
    neuron_node_t *x = neuron_flatten(g, neuron_input(g, (const int64_t[]){28, 28, 1}, 3));
    x = neuron_relu(g, neuron_dense(g, x, 128, NULL));
    x = neuron_relu(g, neuron_dense(g, x, 64, NULL));
    return neuron_softmax(g, neuron_dense(g, x, 10, NULL), NULL);
}

/* For a sensor: 64 samples of 3 axes. */
static neuron_node_t *sensor(neuron_graph_t *g)
{
    neuron_node_t *x = neuron_input(g, (const int64_t[]){64, 3}, 2);
    x = neuron_max_pool1d(g, neuron_relu(g, neuron_conv1d(g, x, 8, 5, NULL)), 2, NULL);
    x = neuron_max_pool1d(g, neuron_relu(g, neuron_conv1d(g, x, 16, 5, NULL)), 2, NULL);
    x = neuron_relu(g, neuron_dense(g, neuron_flatten(g, x), 32, NULL));
    return neuron_softmax(g, neuron_dense(g, x, 6, NULL), NULL);
}

static neuron_node_t *basic(neuron_graph_t *g)
{
    return kmnist_basic_cnn(g, &(const kmnist_network_t){.dropout = 0.5});
}

static neuron_node_t *published(neuron_graph_t *g)
{
    return kmnist_published_cnn(g, &(const kmnist_network_t){.dropout = 0.5});
}

static neuron_node_t *cifar(neuron_graph_t *g)
{
    return cifar_network(
        g, &(const cifar_network_t){.filters = {32, 64, 128}, .batch_norm = true, .units = 128}, 3);
}

/* Depthwise and pointwise, as MobileNet has them. */
static neuron_node_t *separable(neuron_graph_t *g)
{
    neuron_node_t *x = neuron_input(g, (const int64_t[]){64, 64, 3}, 3);
    x = neuron_relu(
        g, neuron_batch_norm(g, neuron_conv2d(g, x, 16, 3, 3, "stride=2, padding=same"), NULL));
    for (int64_t filters = 32; filters <= 128; filters *= 2) {
        x = neuron_depthwise_conv2d(g, x, 3, 3, "stride=2, padding=same");
        x = neuron_relu(g, neuron_batch_norm(g, x, NULL));
        x = neuron_relu(g, neuron_batch_norm(g, neuron_conv2d(g, x, filters, 1, 1, NULL), NULL));
    }
    x = neuron_global_average_pool2d(g, x);
    return neuron_softmax(g, neuron_dense(g, x, 10, NULL), NULL);
}

static const struct {
    const char *name;
    neuron_node_t *(*draw)(neuron_graph_t *g);
    bool quantized, large;
} networks[] = {
    {"MLP, 784-128-64-10", mlp, false, true},
    {"the same, quantised", mlp, true, true},
    {"sensor, 2 conv1d, 64x3", sensor, false, false},
    {"basic CNN of document 000", basic, false, true},
    {"the same, quantised", basic, true, true},
    {"published CNN of document 000", published, false, true},
    {"separable CNN, 64x64x3", separable, false, false},
    {"CNN of document 002, 32x32x3", cifar, false, true},
};

/* Whoever gives it less time wants to see that it runs, and no large sources compiled. */
static const double LOOK = 0.1;

/* ---- One of them ---- */

static neuron_graph_t *make(neuron_context_t *context, size_t which)
{
    neuron_graph_t *graph, *small;
    must(neuron_graph_create(&graph, context));
    must(neuron_graph_finish(graph, networks[which].draw(graph)));
    if (!networks[which].quantized)
        return graph;
    int64_t shape[NEURON_RANK_MAX + 1] = {100};
    int32_t rank;
    neuron_tensor_t *examples;
    neuron_dataset_t *dataset;
    must(neuron_graph_input_shape(shape + 1, &rank, graph));
    must(neuron_tensor_create(&examples, context, NEURON_TYPE_F32, shape, rank + 1));
    float *values = neuron_tensor_data(examples);
    for (int64_t i = 0; i < neuron_tensor_count(examples); i++)
        values[i] = (float)(i * 7919 % 1000) / 1000;
    must(neuron_dataset_create_with_targets(&dataset, context, examples, NULL));
    must(neuron_graph_quantize(&small, graph, dataset, NULL));
    neuron_dataset_unref(dataset);
    neuron_tensor_unref(examples);
    neuron_graph_unref(graph);
    return small;
}

/* The least of several times, each of as many calls as fill a tenth of the seconds. */
typedef void (*call_t)(const void *what);

static double time_of(call_t call, const void *what, double seconds)
{
    double least = INFINITY;
    long calls = 1;
    for (double spent = 0; spent < seconds;) {
        double begin = now();
        for (long i = 0; i < calls; i++)
            call(what);
        double taken = now() - begin;
        spent += taken;
        least = fmin(least, taken / (double)calls);
        if (taken < seconds / 10)
            calls *= 2;
    }
    return least;
}

typedef struct prediction {
    const neuron_graph_t *graph;
    neuron_tensor_t *input, *output;
    void (*predict)(const float *input, float *output);
} prediction_t;

static void by_library(const void *what)
{
    const prediction_t *p = what;
    must(neuron_graph_predict(p->graph, p->input, p->output));
}

static void by_source(const void *what)
{
    const prediction_t *p = what;
    p->predict(neuron_tensor_data_const(p->input), neuron_tensor_data(p->output));
}

static prediction_t prepare(neuron_context_t *context, const neuron_graph_t *graph)
{
    prediction_t p = {.graph = graph};
    int64_t shape[NEURON_RANK_MAX + 1] = {1};
    int32_t rank;
    must(neuron_graph_input_shape(shape + 1, &rank, graph));
    must(neuron_tensor_create(&p.input, context, NEURON_TYPE_F32, shape, rank + 1));
    must(neuron_graph_output_shape(shape + 1, &rank, graph));
    must(neuron_tensor_create(&p.output, context, NEURON_TYPE_F32, shape, rank + 1));
    float *values = neuron_tensor_data(p.input);
    for (int64_t i = 0; i < neuron_tensor_count(p.input); i++)
        values[i] = (float)(i * 7919 % 1000) / 1000;
    return p;
}

/* Compiles the source, and times it; the bytes of instructions and constants go to *size. */
static double time_source(prediction_t *p, const char *folder, const char *flags, double seconds,
                          int64_t *size)
{
    char command[512], library[128];
    static int number;
    snprintf(library, sizeof library, "%s/net%d.so", folder, number++);
    snprintf(
        command, sizeof command,
        "cd %s && %s -std=c99 %s -c net.c -o net.o && %s -shared -fPIC -std=c99 %s net.c -o %s -lm",
        folder, COST_CC, flags, COST_CC, flags, library);
    if (system(command) != 0)
        exit(EXIT_FAILURE);
    snprintf(command, sizeof command, "size %s/net.o | awk 'NR == 2 {print $1 + $2}'", folder);
    FILE *pipe = popen(command, "r");
    long bytes = 0;
    if (!pipe || fscanf(pipe, "%ld", &bytes) != 1)
        bytes = 0;
    if (pipe)
        pclose(pipe);
    *size = bytes;
    void *loaded = dlopen(library, RTLD_NOW);
    if (!loaded) {
        fprintf(stderr, "%s\n", dlerror());
        exit(EXIT_FAILURE);
    }
    void *symbol = dlsym(loaded, "net_predict");
    memcpy(&p->predict, &symbol, sizeof symbol);
    double taken = time_of(by_source, p, seconds);
    dlclose(loaded);
    return taken;
}

static int64_t workspace_of(const char *path)
{
    char line[256];
    long size = 0;
    FILE *file = fopen(path, "r");
    while (file && fgets(line, sizeof line, file) &&
           sscanf(line, "#define NET_WORKSPACE_SIZE %ld", &size) != 1)
        ;
    if (file)
        fclose(file);
    return 4 * size;
}

static void measure(neuron_context_t *context, size_t which, const char *folder, char **flags,
                    int flag_count, double seconds)
{
    char path[128];
    struct stat about = {0};
    neuron_graph_t *graph = make(context, which);
    snprintf(path, sizeof path, "%s/net.c", folder);
    must(neuron_source_export(graph, path, "name=net"));
    stat(path, &about);
    prediction_t p = prepare(context, graph);
    printf("| %s | %" PRId64 " | %.0f |", networks[which].name, neuron_graph_parameter_count(graph),
           (double)about.st_size / 1024);
    for (int i = 0; i < flag_count; i++) {
        int64_t size;
        double taken = time_source(&p, folder, flags[i], seconds, &size);
        if (i == 0)
            printf(" %.1f | %.1f |", (double)size / 1024, (double)workspace_of(path) / 1024);
        printf(" %.3g |", 1e6 * taken);
    }
    printf(" %.3g |\n", 1e6 * time_of(by_library, &p, seconds));
    fflush(stdout);
    neuron_tensor_unref(p.input);
    neuron_tensor_unref(p.output);
    neuron_graph_unref(graph);
}

int main(int argc, char **argv)
{
    static char *standard[] = {"-O2", "-O3 -march=native"};
    double seconds = argc > 1 ? atof(argv[1]) : 1;
    char folder[] = "/tmp/source-cost-XXXXXX", command[64];
    char **flags = argc > 2 ? argv + 2 : standard;
    int flag_count = argc > 2 ? argc - 2 : 2;
    neuron_context_t *context;
    if (!mkdtemp(folder))
        return EXIT_FAILURE;
    must(neuron_context_create(&context, "threads=1, seed=1"));
    printf("| network | parameters | source, KiB | compiled, KiB | workspace, KiB |");
    for (int i = 0; i < flag_count; i++)
        printf(" `%s`, us |", flags[i]);
    printf(" library, us |\n|%s", " --- | ---: | ---: | ---: | ---: |");
    for (int i = 0; i <= flag_count; i++)
        printf(" ---: |");
    puts("");
    for (size_t i = 0; i < sizeof networks / sizeof *networks; i++)
        if (seconds >= LOOK || !networks[i].large)
            measure(context, i, folder, flags, flag_count, seconds);
    neuron_context_unref(context);
    snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
