/* What all examples share: options, data, training with a progress bar, and results on disk.
 *
 * It is written against <libneuron/libneuron.h> like the examples themselves. An example ends with
 * one line on stderr as soon as something fails, so nothing here returns a status. */
#ifndef EXAMPLE_H
#define EXAMPLE_H

#include <libneuron-committee/committees.h>
#include <libneuron/libneuron.h>

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum {
    EXAMPLE_RUNS_MAX = 128,
    EXAMPLE_PATH_MAX = 4096,
    EXAMPLE_TEXT_MAX = 1024,
    EXAMPLE_CALLBACKS_MAX = 2,
    EXAMPLE_SETTINGS_MAX = 12,
    EXAMPLE_COMPARED_MAX = 12
};

#define EXAMPLE_FASHION_DATA "fashion-mnist/ or its files"
#define EXAMPLE_KEPT_BEST    "the parameters of the epoch with the best validation accuracy"
#define EXAMPLE_KEPT_LAST    "the parameters of the last epoch"

/* What a document reports of a run; NAN or 0 for what it does not say. Training and validation
 * figures are those of its last epoch. The accuracy it states is one of which it does not say of
 * which images it is, or calls it another than its own logs do. */
typedef struct {
    double test_accuracy;
    double test_loss;
    double macro_f1;
    int64_t test_examples;
    int64_t epochs;
    double train_accuracy;
    double validation_accuracy;
    double validation_loss;
    int64_t parameters;
    double stated_accuracy;
} example_reported_t;

/* One run that a program offers. */
typedef struct {
    const char *id;
    const char *description;
    example_reported_t reported;
} example_run_t;

/* What a section of a document compares. */
typedef struct {
    const char *title;
    const char *reference;                  /* the run from which changes are measured */
    const char *runs[EXAMPLE_COMPARED_MAX]; /* in the table's order; NULL behind the last one */
} example_comparison_t;

typedef struct example example_t;

/* A program: the experiments of one document. */
typedef struct {
    const char *name;
    const char *document;
    const char *data; /* what --help says of the folder given with --data */
    const char *kept; /* the parameters of which figures are given, for the results */
    const example_run_t *runs;
    int run_count;
    const char *usual; /* the runs where none is asked for, as for --run; NULL for all */
    bool several_sets; /* its runs take different sets of images */
    /* What results.md has besides, of the records that are there; NULL for nothing. */
    void (*write_more)(const example_t *example, FILE *file);
} example_program_t;

/* What the command line asks for. */
typedef struct {
    const char *data;      /* NULL if not given */
    const char *data_note; /* NULL if not given */
    const char *out;
    int64_t epochs; /* 0 for those of the run */
    int64_t limit;  /* training examples kept; 0 for all */
    uint64_t seed;
    int32_t threads; /* 0 for one per processor */
    bool quick;
    bool resume;
    bool tables;   /* written anew, nothing else */
    bool describe; /* the runs, nothing else */
    bool estimate; /* what the runs will take, nothing else */
    bool wanted[EXAMPLE_RUNS_MAX];
} example_options_t;

/* How a graph is trained. */
typedef struct {
    neuron_optimizer_t *optimizer;
    neuron_loss_t *loss;                 /* NULL for cross-entropy */
    const char *loss_note;               /* what a loss of one's own is; NULL for none */
    neuron_augmentation_t *augmentation; /* NULL for none */
    int64_t batch_size;
    int64_t epochs;
    neuron_callback_t *callbacks[EXAMPLE_CALLBACKS_MAX]; /* those that are not NULL */
    const char *schedule_note; /* what a schedule of one's own does; NULL for none */
    const char *note;          /* on the run, for the results; NULL for none */
    const char *search;        /* what was tried before, for its description; NULL for nothing */
    int64_t trials;            /* how many trainings that takes */
    const neuron_search_t *searched; /* the same, done, for its page; NULL for nothing */
    const char *details; /* for its record, in JSON, with a comma before; NULL for nothing */
    bool keep_best; /* the parameters of the epoch with the best validation accuracy, else of the
                       last one */
} example_training_t;

/* What a run was set to, in words. */
typedef struct {
    int count;
    struct {
        const char *name;
        char text[EXAMPLE_TEXT_MAX];
    } rows[EXAMPLE_SETTINGS_MAX];
} example_settings_t;

/* What was measured of one run; NAN or 0 for what it does not have. */
typedef struct {
    int64_t parameters;
    int64_t trainable_parameters;
    int64_t epochs;
    double seconds;
    double train_accuracy;
    double train_loss;
    double validation_accuracy;
    double validation_loss;
    double test_accuracy;
    double test_loss;
    double macro_f1;
    double last_epoch_test_accuracy;
    double last_epoch_test_loss;
    double train_examples;
    double validation_examples;
    double test_examples;
    uint64_t seed;
    char data_name[EXAMPLE_TEXT_MAX];
    char data_source[EXAMPLE_TEXT_MAX];
    char data_note[EXAMPLE_TEXT_MAX];
    char command[EXAMPLE_TEXT_MAX];
    char note[EXAMPLE_TEXT_MAX];
    char library[EXAMPLE_TEXT_MAX]; /* its version */
    char commit[EXAMPLE_TEXT_MAX];  /* of the source tree; "" if it is not known */
    char settings[EXAMPLE_SETTINGS_MAX * EXAMPLE_TEXT_MAX]; /* in JSON; "" if they are not known */
    char *details; /* the rest of its file, in JSON; NULL for nothing */
} example_result_t;

struct example {
    const example_program_t *program;
    example_options_t options;
    neuron_context_t *context;
    char *command;

    const char *data_set; /* the published one, whether it is there or not */
    const char *data_name;
    const char *data_source; /* "real" or "generated" */
    const char *data_note;   /* how the data differs from what was published; NULL if it does not */
    const char *const *class_names;
    char split[EXAMPLE_TEXT_MAX];   /* in words, how the parts were made */
    neuron_augmentation_t *filters; /* what all images went through beforehand; NULL for nothing */
    neuron_dataset_t *train;
    neuron_dataset_t *validation;
    neuron_dataset_t *test;
    neuron_dataset_t *drawn[2]; /* the last images that were generated, to train and to test */
};

/* Ends the program with the library's message unless `status` is 0. */
void must(int status);

/* Ends the program with a message of its own. */
void example_fail(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/* Reads the command line (which may end the program: --help, --list, a bad option), makes the
 * context and the folder for results. */
void example_open(example_t *example, const example_program_t *program, int argc, char **argv);

/* Prints the table of all runs and where the files are, and releases everything. */
void example_close(example_t *example);

/* Whether the command line asks only what runs are or take: nothing is to be trained or written. */
bool example_only_tells(const example_t *example);

/* Whether the command line asks for a run. */
bool example_wants(const example_t *example, const char *id);

/* The published sets of images with pairs of IDX files. */
typedef enum { EXAMPLE_FASHION_MNIST, EXAMPLE_MNIST, EXAMPLE_KMNIST } example_images_t;

/* A set as it was published, 60,000 images of 28x28 to train with and 10,000 to test on. Generated
 * glyphs, if they are what --data asks for or, with a line that says so, if it asks for nothing and
 * the set is not there; a folder that --data names must have it. Of K-MNIST, if only the 10,000
 * test images are there, 8,000 of them are to train with. */
void example_load_images(example_t *example, example_images_t images, neuron_dataset_t **train,
                         neuron_dataset_t **test);

/* A table of such images with their labels in the first column, if --data names it, the folder that
 * has it, or the folder of that: DATA/<folder>/<name>. Returns whether it does. */
bool example_load_table(example_t *example, example_images_t images, const char *folder,
                        const char *name, neuron_dataset_t **dataset);

/* How the colour images of CIFAR-10 are taken. */
typedef enum {
    EXAMPLE_GREY,     /* 32x32x1 */
    EXAMPLE_COLOUR,   /* 32x32x3 */
    EXAMPLE_SCRAMBLED /* its planes read as if the channels came last, and not scaled: 0 to 255 */
} example_colours_t;

/* CIFAR-10 as it was published, in its binary or its Python version, 50,000 images to train with
 * and 10,000 to test on; or generated glyphs, likewise. */
void example_load_cifar10(example_t *example, example_colours_t colours, neuron_dataset_t **train,
                          neuron_dataset_t **test);

/* neuron_dataset_split() with the seed that was asked for, kept in words
 * for the run's description. */
void example_split(example_t *example, neuron_dataset_t *dataset, const double *fractions,
                   int64_t count, const char *options, neuron_dataset_t **parts);

/* Hands over the three parts that runs work with, in place of those before; the test set may be the
 * one that validates, too. They are cut as --limit and --quick ask. */
void example_set_data(example_t *example, neuron_dataset_t *train, neuron_dataset_t *validation,
                      neuron_dataset_t *test);

/* The same examples with one-hot labels. Takes the dataset over. */
neuron_dataset_t *example_one_hot(neuron_dataset_t *dataset);

/* An empty graph for run `id`, with a seed of its own. */
neuron_graph_t *example_graph(const example_t *example, const char *id);

/* The same for a trial of run `id`: each trial and fold has a seed of its own,
 * which the search's log names. */
neuron_graph_t *example_trial_graph(const example_t *example, const char *id,
                                    const neuron_trial_t *trial);

/* Ends a training when the validation loss has not become smaller for so many epochs. */
neuron_callback_t *example_early_stopping(const example_t *example, int64_t patience);

/* Trains a finished graph with a progress bar; what is kept of it is saved, evaluated and recorded
 * as run `id`. Takes the graph over and returns what was kept. With --describe it prints what the
 * run is, and with --estimate what it takes, and trains nothing. */
neuron_graph_t *example_train(example_t *example, const char *id, neuron_graph_t *graph,
                              const example_training_t *training);

/* Trains a finished graph with these data, and nothing else: for a search. What comes of it is one
 * accuracy: on `score` after the last epoch, or if that is NULL the best one on the validation set;
 * NAN if there is none, as on `score` after a loss that is no number. Takes the graph over.
 * `figures` gets fields of JSON: the epochs and, with `score`, accuracies and confusion matrices of
 * all parts, else the best accuracy of training. */
double example_try(const example_t *example, neuron_graph_t *graph,
                   const example_training_t *training, neuron_dataset_t *train,
                   neuron_dataset_t *validation, const neuron_dataset_t *score, FILE *figures);

/* A committee, and what it is made of. */
typedef struct {
    const neuron_graph_t *graph;
    const neuron_graph_t *const *members;
    const char *const *member_names;
    int64_t member_count;
    bool weighted; /* the members' votes weigh as much as their validation accuracies */
} example_committee_t;

/* Evaluates, saves and records a committee as run `id`, or describes it. `seconds` is what it took
 * to make it. */
void example_record(example_t *example, const char *id, const example_committee_t *committee,
                    double seconds);

/* Whether OUT/<id><name><ending> is there to go on with: what an interrupted run left, of the same
 * seed, data, note and, unless that is 0, number of epochs. Without --resume it is removed; one
 * that goes with others ends the program. */
bool example_take_up(const example_t *example, const char *id, const char *name, const char *ending,
                     int64_t epochs);

/* A table of what a section of the document compares, and a line on whether the records point the
 * same way. */
void example_write_comparison(const example_t *example, FILE *file,
                              const example_comparison_t *comparison);

/* Of runs that were repeated with other seeds a table, where there are any; and for results.json
 * their rows. */
void example_write_seeds(const example_t *example, FILE *file);
void example_write_seeds_json(const example_t *example, FILE *file);

/* The epochs that --epochs and --quick ask for, else those of the run. */
int64_t example_epochs(const example_t *example, int64_t epochs);

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
char *example_command(const example_program_t *program, int argc, char **argv);
int example_run_index(const example_program_t *program, const char *id);
int example_id_width(const example_program_t *program); /* of the column with the runs' names */
/* What a training, or a committee, is set to; and the description of a run that is asked for. */
void example_settings(const example_t *example, const neuron_trainer_t *trainer,
                      const example_training_t *training, example_settings_t *settings);
void example_settings_of_committee(const example_t *example, const neuron_graph_t *committee,
                                   bool weighted, example_settings_t *settings);
void example_describe(const example_t *example, const char *id, const neuron_graph_t *graph,
                      const example_settings_t *settings);
void example_write_settings(const example_settings_t *settings, example_result_t *result);
/* Parts of a result's details. */
void example_write_history(FILE *file, const neuron_history_t *history);
void example_write_class_names(FILE *file, const char *const *names, int64_t count);
void example_write_class_counts(FILE *file, const example_t *example);
void example_write_number(FILE *file, double number);
void example_write_confusion(FILE *file, const char *between,
                             const neuron_evaluation_t *evaluation);
void example_write_evaluation(FILE *file, const char *part, const neuron_evaluation_t *evaluation);
/* The number in the first field of this name; NAN if there is none. */
double example_read_number(const char *text, const char *name);
/* Seconds: as time passes, and of all processors together. */
typedef struct {
    double seconds;
    double cpu_seconds;
} example_cost_t;

/* What a training will take. It is run for some steps: afterwards it is of no other use. */
example_cost_t example_estimate(const example_t *example, const char *id, neuron_trainer_t *trainer,
                                const example_training_t *training);
bool example_file_exists(const char *path);
const char *const *example_folders(const example_t *example);
/* Ends the program if --data names a folder. */
void example_generate(example_t *example, const char *wanted, int32_t extent,
                      neuron_dataset_t **train, neuron_dataset_t **test);
/* What the page of a run shows. */
typedef struct {
    const example_settings_t *settings;
    const neuron_graph_t *graph;
    const neuron_history_t *history; /* NULL for a graph that was not trained */
    const neuron_search_t *searched; /* what was tried before; NULL for nothing */
    const neuron_graph_t *const *members;
    const char *const *member_names;
    int64_t member_count;          /* 0 for a graph that is no committee */
    neuron_evaluation_t *parts[3]; /* of the images to train, validate and test */
} example_page_t;

/* Writes OUT/<id>.html, if libneuron-report is there: see page.c. */
void example_write_page(const example_t *example, const char *id, const example_page_t *page,
                        const example_result_t *result);
/* What a terminal shows, likewise: see progress.c. */
void example_follow(const example_t *example, neuron_trainer_t *trainer, const char *id,
                    const char *state_path);
void example_show_classes(const neuron_dataset_t *dataset);
void example_show_confusion(const neuron_evaluation_t *evaluation);
void example_show_losses(const neuron_history_t *history);
void example_report(const example_t *example, const neuron_evaluation_t *evaluation);
void example_add_result(const example_t *example, const char *id, example_result_t *result);
void example_write_whole(const example_t *example, const char *name, const char *ending,
                         void (*write)(const example_t *, FILE *, const void *), const void *what);
char *example_read_text(const example_t *example, const char *id, const char *ending);
void example_data_note(const example_t *example, char note[EXAMPLE_TEXT_MAX]);
void example_write_run(FILE *file, const example_run_t *run, const example_result_t *result);
bool example_read_result(const example_t *example, const char *id, example_result_t *result);
void example_print_table(const example_t *example);
void example_write_tables(const example_t *example);

#endif
