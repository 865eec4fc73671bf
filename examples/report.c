/* Trains a small network and what belongs to a study of it, and writes report.html, which has a
 * section of each kind: data, network, curves, evaluation, mistakes, runs, a committee, a search.
 *
 *     cc report.c -o report $(pkg-config --cflags --libs libneuron-report) -lm
 *     ./report report.html pictures fashion-mnist
 *
 * The second argument is a folder for the pictures by themselves, "-" for none. The third has the
 * four files of MNIST, Fashion-MNIST or K-MNIST; without one, the program learns from images that
 * the library draws, which takes some seconds. */
#include <libneuron-committee/committees.h>
#include <libneuron-report/report.h>
#include <libneuron/libneuron.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MEMBERS = 3, EPOCHS = 12, SIDE = 28 };

static void must(int status)
{
    if (status < 0) {
        fprintf(stderr, "%s\n", neuron_error_last());
        exit(EXIT_FAILURE);
    }
}

/* What all steps work with. */
typedef struct study {
    neuron_context_t *context;
    neuron_dataset_t *all, *train, *validation, *test; /* all: the next two */
    neuron_report_t *report;
} study;

static neuron_dataset_t *load(neuron_context_t *context, const char *folder, const char *part,
                              int64_t drawn, uint64_t seed)
{
    neuron_dataset_t *dataset;
    char images[4096], labels[4096];
    if (!folder) {
        must(neuron_dataset_generate_glyphs(&dataset, context, drawn, SIDE, SIDE, seed));
        return dataset;
    }
    snprintf(images, sizeof images, "%s/%s-images-idx3-ubyte.gz", folder, part);
    snprintf(labels, sizeof labels, "%s/%s-labels-idx1-ubyte.gz", folder, part);
    must(neuron_dataset_load_idx(&dataset, context, images, labels, 10));
    neuron_dataset_t *some;
    must(neuron_dataset_subset(&some, dataset, 0, drawn));
    neuron_dataset_unref(dataset);
    return some;
}

/* A convolution, and a shortcut around it. */
static neuron_graph_t *build(neuron_context_t *context, int64_t filters, int64_t units,
                             uint64_t seed)
{
    neuron_graph_t *graph;
    must(neuron_graph_create(&graph, context));
    must(neuron_graph_set_name(graph, "glyphs"));
    must(neuron_graph_set_seed(graph, seed));
    neuron_node_t *x = neuron_input(graph, (const int64_t[]){SIDE, SIDE, 1}, 3);
    neuron_node_t *c = neuron_relu(graph, neuron_conv2d(graph, x, filters, 3, 3, "stride=2"));
    neuron_node_t *p = neuron_relu(graph, neuron_conv2d(graph, c, filters, 3, 3, "padding=same"));
    neuron_node_t *both[] = {c, p};
    neuron_node_t *h = neuron_max_pool2d(graph, neuron_concat(graph, both, 2, NULL), 2, 2, NULL);
    h = neuron_relu(graph, neuron_dense(graph, neuron_flatten(graph, h), units, NULL));
    h = neuron_dropout(graph, h, 0.2);
    must(neuron_graph_finish(graph, neuron_softmax(graph, neuron_dense(graph, h, 10, NULL), NULL)));
    return graph;
}

static neuron_trainer_t *train(const study *s, neuron_graph_t *graph, int64_t epochs, double rate)
{
    neuron_optimizer_t *adam;
    neuron_callback_t *decay;
    neuron_trainer_t *trainer;
    must(neuron_optimizer_create(&adam, s->context, "adam", NULL));
    must(neuron_optimizer_set_number(adam, "learning_rate", rate));
    must(neuron_trainer_create(&trainer, graph, adam, s->train));
    must(neuron_trainer_set_validation(trainer, s->validation));
    must(neuron_trainer_set_number(trainer, "epochs", (double)epochs));
    must(neuron_callback_create(&decay, s->context, "cosine_schedule", NULL));
    must(neuron_trainer_add_callback(trainer, decay));
    must(neuron_trainer_run(NULL, trainer));
    neuron_callback_unref(decay);
    neuron_optimizer_unref(adam);
    return trainer;
}

static double accuracy(const neuron_graph_t *graph, const neuron_dataset_t *dataset)
{
    neuron_evaluation_t *evaluation;
    must(neuron_graph_evaluate(&evaluation, graph, dataset, NULL, NULL));
    double result = neuron_evaluation_accuracy(evaluation);
    neuron_evaluation_unref(evaluation);
    return result;
}

/* One network, from its data to its mistakes. */
static void add_network(const study *s, neuron_graph_t *graph, const neuron_trainer_t *trainer)
{
    neuron_evaluation_t *evaluation;
    must(neuron_graph_evaluate(&evaluation, graph, s->test, NULL, NULL));
    must(neuron_report_add_trainer(s->report, NULL, trainer));
    must(neuron_report_add_dataset(s->report, "Training images", s->train, NULL));
    must(neuron_report_add_graph(s->report, NULL, graph, "profile=yes, batch=128"));
    must(neuron_report_add_history(s->report, NULL, neuron_trainer_history(trainer)));
    must(neuron_report_add_evaluation(s->report, "Test images", evaluation));
    must(neuron_report_add_mistakes(s->report, NULL, graph, s->test, NULL));
    neuron_evaluation_unref(evaluation);
}

/* The filters of the first convolution, as images. */
static void add_filters(const study *s, const neuron_graph_t *graph)
{
    int64_t shape[NEURON_RANK_MAX], index = neuron_graph_find_array(graph, "conv2d.kernel");
    int32_t rank;
    must(neuron_graph_array_shape(shape, &rank, graph, index));
    int64_t size = shape[0] * shape[1], filters = shape[3];
    float *kernel = calloc((size_t)(size * filters), sizeof *kernel);
    float *images = calloc((size_t)(size * filters), sizeof *images);
    if (!kernel || !images)
        exit(EXIT_FAILURE);
    must(neuron_graph_read_array(kernel, (size_t)(size * filters), NULL, graph, index));
    for (int64_t i = 0; i < size * filters; i++)
        images[i % filters * size + i / filters] = kernel[i];
    neuron_tensor_t *tensor;
    must(neuron_tensor_wrap(&tensor, s->context, NEURON_TYPE_F32,
                            (const int64_t[]){filters, shape[0], shape[1]}, 3, images));
    must(neuron_report_add_images(s->report, "Filters of the first layer", tensor, NULL));
    neuron_tensor_unref(tensor);
    free(images);
    free(kernel);
}

/* Several that start differently, and what they are together. */
static void add_committee(const study *s)
{
    static const char *const names[MEMBERS] = {"seed 1", "seed 2", "seed 3"};
    neuron_graph_t *members[MEMBERS], *committee;
    neuron_trainer_t *trainers[MEMBERS];
    const neuron_history_t *histories[MEMBERS];
    double accuracies[MEMBERS], references[MEMBERS], errors[MEMBERS];
    for (int i = 0; i < MEMBERS; i++) {
        members[i] = build(s->context, 6, 24, (uint64_t)i + 1);
        trainers[i] = train(s, members[i], EPOCHS / 2, 0.001);
        histories[i] = neuron_trainer_history(trainers[i]);
        accuracies[i] = accuracy(members[i], s->test);
        references[i] = accuracy(members[i], s->validation);
        /* Of a difference of two shares of a thousand examples each. */
        errors[i] = sqrt(
            (accuracies[i] * (1 - accuracies[i]) + references[i] * (1 - references[i])) / 1000);
    }
    must(neuron_committee_create(&committee, s->context, members, MEMBERS, NULL, NULL));
    must(neuron_report_add_histories(s->report, "Three seeds", histories, names, MEMBERS));
    must(neuron_report_add_committee(s->report, NULL, committee,
                                     (const neuron_graph_t *const *)members, names, MEMBERS,
                                     s->test));
    must(neuron_report_add_comparison(s->report, "Test and validation",
                                      "Test accuracy beside that of the validation", names,
                                      accuracies, references, errors, MEMBERS));
    neuron_graph_unref(committee);
    for (int i = 0; i < MEMBERS; i++) {
        neuron_trainer_unref(trainers[i]);
        neuron_graph_unref(members[i]);
    }
}

static int try_one(double *score, const neuron_trial_t *trial, void *user_data)
{
    const study *s = user_data;
    neuron_graph_t *graph = build(s->context, (int64_t)neuron_trial_number(trial, "filters"),
                                  (int64_t)neuron_trial_number(trial, "units"), 1);
    neuron_trainer_unref(train(s, graph, 1, neuron_trial_number(trial, "learning_rate")));
    must(neuron_trial_add_figure(trial, "training accuracy", accuracy(graph, s->train)));
    *score = accuracy(graph, s->validation);
    neuron_graph_unref(graph);
    return 0;
}

static void add_search(const study *s)
{
    neuron_search_t *search;
    must(neuron_search_create(&search, s->context, try_one, (void *)s, NULL, NULL));
    must(neuron_search_add_factor(search, "learning_rate", (const double[]){0.0003, 0.001, 0.003},
                                  3));
    must(neuron_search_add_factor(search, "filters", (const double[]){2, 4, 8}, 3));
    must(neuron_search_add_factor(search, "units", (const double[]){16, 32}, 2));
    must(neuron_search_run_grid(search));
    must(neuron_report_add_search(s->report, NULL, search));
    neuron_search_unref(search);
}

static void add_words(const study *s, const char *data)
{
    const char *const names[] = {"Data", "Library", "Seed"};
    const char *const values[] = {data, NEURON_VERSION_STRING, "1"};
    must(neuron_report_add_text(
        s->report, "What this is",
        "A small convolutional network with a shortcut around its second convolution learns ten "
        "kinds of images.\n\nThree of them form a committee, and a grid search tries three "
        "settings."));
    must(neuron_report_add_settings(s->report, NULL, names, values, 3));
}

int main(int argc, char **argv)
{
    const char *path = argc > 1 ? argv[1] : "report.html";
    const char *folder = argc > 3 ? argv[3] : NULL;
    study s;
    must(neuron_context_create(&s.context, "seed=1"));
    s.all = load(s.context, folder, "train", 6000, 1);
    s.test = load(s.context, folder, "t10k", 1000, 2);
    must(neuron_dataset_subset(&s.train, s.all, 0, 5000));
    must(neuron_dataset_subset(&s.validation, s.all, 5000, 1000));
    must(neuron_report_create(&s.report, s.context, "Ten kinds of images", NULL));

    neuron_graph_t *graph = build(s.context, 8, 32, 1);
    neuron_trainer_t *trainer = train(&s, graph, EPOCHS, 0.002);
    add_words(&s, folder ? folder : "drawn by the library");
    add_network(&s, graph, trainer);
    add_filters(&s, graph);
    add_committee(&s);
    add_search(&s);
    must(neuron_report_save(s.report, path));
    if (argc > 2 && strcmp(argv[2], "-") != 0)
        must(neuron_report_save_pictures(s.report, argv[2], NULL));
    printf("%s is written\n", path);

    neuron_trainer_unref(trainer);
    neuron_graph_unref(graph);
    neuron_report_unref(s.report);
    neuron_dataset_unref(s.validation);
    neuron_dataset_unref(s.test);
    neuron_dataset_unref(s.train);
    neuron_dataset_unref(s.all);
    neuron_context_unref(s.context);
    return EXIT_SUCCESS;
}
