/* What all examples share: options, data, training with a progress bar, and results on disk.
 *
 * It is written against <libneuron/libneuron.h> like the examples themselves. An example ends with
 * one line on stderr as soon as something fails, so nothing here returns a status. */
#ifndef EXAMPLE_H
#define EXAMPLE_H

#include <libneuron/libneuron.h>

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum { EXAMPLE_RUNS_MAX = 16, EXAMPLE_PATH_MAX = 4096 };

/* What a document reports of a run; NAN or 0 for what it does not say. */
typedef struct {
    double test_accuracy;
    double test_loss;
    double macro_f1;
    int64_t test_examples;
} example_reported_t;

/* One run that a program offers. */
typedef struct {
    const char *id;
    const char *description;
    example_reported_t reported;
} example_run_t;

/* A program: the experiment of one document. */
typedef struct {
    const char *name;
    const char *document;
    int default_epochs;
    const example_run_t *runs;
    int run_count;
} example_program_t;

/* What the command line asks for. */
typedef struct {
    const char *data; /* NULL if not given */
    const char *out;
    int64_t epochs;
    int64_t limit; /* training examples kept; 0 for all */
    uint64_t seed;
    int32_t threads; /* 0 for one per processor */
    bool quick;
    bool wanted[EXAMPLE_RUNS_MAX];
} example_options_t;

/* What was measured of one run; NAN or 0 for what it does not have. */
typedef struct {
    const example_run_t *run;
    int64_t parameters;
    int64_t trainable_parameters;
    int64_t epochs;
    double seconds;
    double train_accuracy;
    double validation_accuracy;
    double test_accuracy;
    double test_loss;
    double macro_f1;
    double last_epoch_test_accuracy;
    double last_epoch_test_loss;
} example_result_t;

typedef struct {
    const example_program_t *program;
    example_options_t options;
    neuron_context_t *context;

    const char *data_name;
    const char *data_source; /* "real" or "generated" */
    const char *const *class_names;
    neuron_dataset_t *train;
    neuron_dataset_t *validation;
    neuron_dataset_t *test;

    char *command;
    example_result_t results[EXAMPLE_RUNS_MAX];
    int result_count;
} example_t;

/* Draws a network into an empty graph and returns its output. */
typedef neuron_node_t *(*example_network_t)(neuron_graph_t *graph);

/* Ends the program with the library's message unless `status` is 0. */
void must(int status);

/* Ends the program with a message of its own. */
void example_fail(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/* Reads the command line (which may end the program: --help, --list, a bad option), makes the
 * context and the folder for results. */
void example_open(example_t *example, const example_program_t *program, int argc, char **argv);

/* Prints the table of all runs and where the files are, and releases everything. */
void example_close(example_t *example);

/* Whether the command line asks for a run. */
bool example_wants(const example_t *example, const char *id);

/* Fashion-MNIST as it was published, 60,000 images to train with and 10,000 to test on; or, where
 * it cannot be had, generated glyphs, with a line that says so. */
void example_load_fashion_mnist(example_t *example, neuron_dataset_t **train,
                                neuron_dataset_t **test);

/* Hands over the three parts that all runs work with. They are cut as --limit and --quick ask, and
 * the labels become one-hot. */
void example_set_data(example_t *example, neuron_dataset_t *train, neuron_dataset_t *validation,
                      neuron_dataset_t *test);

/* Trains a network with a progress bar and keeps the parameters of the epoch with the best
 * validation accuracy, which are saved, evaluated and recorded as run `id`. Returns the graph. */
neuron_graph_t *example_train(example_t *example, const char *id, example_network_t network,
                              neuron_optimizer_t *optimizer);

/* Evaluates, saves and records a graph that was not trained itself as run `id`.
 * `seconds` is what it took to make it. */
void example_record(example_t *example, const char *id, const neuron_graph_t *graph,
                    double seconds);

/* Saves a graph as OUT/<name>.safetensors. */
void example_save(const example_t *example, const char *name, const neuron_graph_t *graph);

/* Seconds on a clock that never goes back. */
double example_clock(void);

/* OUT/<name><ending>, into `path`. */
void example_path(const example_t *example, char path[EXAMPLE_PATH_MAX], const char *name,
                  const char *ending);

/* The rest is shared among the files of this folder. */
void example_parse(example_options_t *options, const example_program_t *program, int argc,
                   char **argv);
void example_make_folder(const char *path);
char *example_command(const example_program_t *program, int argc, char **argv);
int example_run_index(const example_program_t *program, const char *id);
void example_show_progress(neuron_trainer_t *trainer, const char *id);
void example_report(const example_t *example, const neuron_evaluation_t *evaluation);
void example_add_result(example_t *example, const example_result_t *result);
void example_write_table(const example_t *example, FILE *file);
void example_write_results(const example_t *example);

#endif
