/* What a training costs more with an event log, and with a progress bar: libneuron-report in a
 * network whose steps take some 0.1 ms, where it would show.
 *
 *     report-cost [ROUNDS [FOLDER]]
 *
 * One thread trains the same network from the same start in turn with and without, by the time of
 * the processor. A round has each way once, beginning with another one each time; what is printed
 * is the median over the rounds of the ratio to the training without, so that what else the machine
 * does plays a small part. The logs go into FOLDER, by default a new one in $TMPDIR, which is
 * removed. */
#include <libneuron-report/event_log.h>
#include <libneuron-report/terminal.h>
#include <libneuron/libneuron.h>

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    SIDE = 28,
    UNITS = 128,
    BATCH = 32,
    BATCHES = 100,
    EPOCHS = 25,
    ROUNDS = 41,
    ROUNDS_MAX = 1001
};

/* Ways to train. */
typedef struct {
    const char *name;
    const char *log; /* options of the event log; NULL for none */
    int bar;
} way_t;

static const way_t ways[] = {
    {"nothing", NULL, 0},
    {"event log", "", 0},
    {"event log, histograms=yes", "histograms=yes", 0},
    {"event log, steps=yes", "steps=yes", 0},
    {"progress bar", NULL, 1},
    {"event log, steps=yes, histograms=yes, and bar", "steps=yes, histograms=yes", 1},
};

enum { WAYS = sizeof ways / sizeof ways[0] };

static neuron_context_t *context;
static neuron_dataset_t *train;

static void must(int status)
{
    if (status < 0) {
        fprintf(stderr, "report-cost: %s\n", neuron_error_last());
        exit(EXIT_FAILURE);
    }
}

static int drop(const void *bytes, size_t size, void *user_data)
{
    *(size_t *)user_data += size + (((const char *)bytes)[0] == '\0');
    return 0;
}

static neuron_graph_t *build(void)
{
    neuron_graph_t *graph;
    must(neuron_graph_create(&graph, context));
    must(neuron_graph_set_seed(graph, 1));
    neuron_node_t *x = neuron_input(graph, (const int64_t[]){SIDE, SIDE, 1}, 3);
    neuron_node_t *h = neuron_dense(graph, neuron_flatten(graph, x), UNITS, NULL);
    h = neuron_dense(graph, neuron_relu(graph, h), 10, NULL);
    must(neuron_graph_finish(graph, neuron_softmax(graph, h, NULL)));
    return graph;
}

static void add(neuron_trainer_t *trainer, neuron_callback_t *callback)
{
    must(neuron_trainer_add_callback(trainer, callback));
    neuron_callback_unref(callback);
}

static double processor_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* A whole training; returns its seconds. */
static double run(const way_t *way, const char *folder)
{
    static size_t dropped;
    neuron_graph_t *graph = build();
    neuron_optimizer_t *adam;
    neuron_trainer_t *trainer;
    neuron_callback_t *callback;
    must(neuron_optimizer_create(&adam, context, "adam", NULL));
    must(neuron_trainer_create(&trainer, graph, adam, train));
    must(neuron_trainer_set_number(trainer, "epochs", EPOCHS));
    must(neuron_trainer_set_number(trainer, "batch_size", BATCH));
    if (way->log) {
        must(neuron_callback_create_event_log(&callback, context, folder, way->log));
        add(trainer, callback);
    }
    if (way->bar) {
        must(neuron_callback_create_progress_bar(&callback, context, drop, &dropped, NULL,
                                                 "columns=100"));
        add(trainer, callback);
    }
    double begin = processor_seconds();
    must(neuron_trainer_run(NULL, trainer));
    double seconds = processor_seconds() - begin;
    neuron_trainer_unref(trainer);
    neuron_optimizer_unref(adam);
    neuron_graph_unref(graph);
    return seconds;
}

static int compare(const void *a, const void *b)
{
    double one = *(const double *)a, other = *(const double *)b;
    return (one > other) - (one < other);
}

static double median(const double *values, int count)
{
    double sorted[ROUNDS_MAX];
    memcpy(sorted, values, (size_t)count * sizeof *sorted);
    qsort(sorted, (size_t)count, sizeof *sorted, compare);
    return (sorted[count / 2] + sorted[(count - 1) / 2]) / 2;
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *place)
{
    (void)status, (void)kind, (void)place;
    return remove(path);
}

static void remove_folder(const char *folder)
{
    nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

int main(int argc, char **argv)
{
    static double seconds[WAYS][ROUNDS_MAX], ratios[WAYS][ROUNDS_MAX];
    int rounds = argc > 1 ? atoi(argv[1]) : ROUNDS;
    const char *temporary = getenv("TMPDIR");
    char folder[4096], logs[4200];
    if (argc > 3 || rounds < 1 || rounds > ROUNDS_MAX) {
        fprintf(stderr, "usage: report-cost [ROUNDS [FOLDER]], with 1 to %d rounds\n", ROUNDS_MAX);
        return 2;
    }
    snprintf(folder, sizeof folder, "%s",
             argc > 2                    ? argv[2]
             : temporary && temporary[0] ? temporary
                                         : "/tmp");
    if (argc < 3) {
        strncat(folder, "/libneuron-report-cost-XXXXXX", sizeof folder - strlen(folder) - 1);
        if (!mkdtemp(folder)) {
            perror(folder);
            return EXIT_FAILURE;
        }
    }
    must(neuron_context_create(&context, "threads=1"));
    must(neuron_dataset_generate_glyphs(&train, context, BATCH * BATCHES, SIDE, SIDE, 1));

    run(&ways[0], folder); /* warms up */
    for (int round = 0; round < rounds; round++) {
        for (int i = 0; i < WAYS; i++) {
            int way = (i + round) % WAYS;
            snprintf(logs, sizeof logs, "%s/%d-%d", folder, round, way);
            seconds[way][round] = run(&ways[way], logs);
            if (argc < 3)
                remove_folder(logs);
        }
        for (int way = 0; way < WAYS; way++)
            ratios[way][round] = seconds[way][round] / seconds[0][round];
    }
    printf("%d rounds; a step without takes %.1f us\n\n%-48s %9s %12s\n", rounds,
           1e6 * median(seconds[0], rounds) / (EPOCHS * BATCHES), "with", "ratio", "us a step");
    for (int way = 0; way < WAYS; way++) {
        double ratio = median(ratios[way], rounds);
        printf("%-48s %+8.2f %% %12.2f\n", ways[way].name, 100 * (ratio - 1),
               1e6 * (ratio - 1) * median(seconds[0], rounds) / (EPOCHS * BATCHES));
    }
    if (argc < 3)
        remove_folder(folder);
    neuron_dataset_unref(train);
    neuron_context_unref(context);
    return EXIT_SUCCESS;
}
