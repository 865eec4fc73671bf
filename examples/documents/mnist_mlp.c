/* Document 001, "depth, batch normalisation and dropout in networks for MNIST".
 *
 * Three depths, each with batch normalisation alone and with dropout too, for 60 epochs of Adam.
 * The document validates on the 10,000 test images; runs named -sound hold out a tenth of the
 * training images instead and keep away from the test set. It does not say the batch size: 128 is
 * taken here, with which the first epoch comes out as in its logs. */
#include "common/example.h"

#include <stdlib.h>

enum { LAYERS_MAX = 5 };

/* Widths of the hidden layers, and the share that dropout takes after each. */
typedef struct {
    const char *id;
    const char *description;
    int64_t units[LAYERS_MAX];
    double dropout;
    bool sound;
    example_reported_t reported;
} mlp_run_t;

/* Reported, in this order: accuracy, loss and macro F1 on the test set, its size; epochs, training
 * accuracy, validation accuracy and loss of the last one; parameters; and 0, since no other
 * accuracy is stated. Of M3 and M5 the notebook prints another model's score; what stands
 * here is from their own logs. */
static const mlp_run_t mlp_runs[] = {
    {"M1",
     "512-256, batch normalisation (validated on the test set)",
     {512, 256},
     0,
     false,
     {0.983, 0.09192510834604554, 0, 10000, 60, 0.9992, 0.9830, 0.0919, 538890, 0}},
    {"M1-sound",
     "M1 with a validation set of its own",
     {512, 256},
     0,
     true,
     {.parameters = 538890}},
    {"M2",
     "512-256, batch normalisation and dropout (validated on the test set)",
     {512, 256},
     0.5,
     false,
     {0.9855, 0.05668292018135808, 0, 10000, 60, 0.9912, 0.9855, 0.0567, 538890, 0}},
    {"M2-sound",
     "M2 with a validation set of its own",
     {512, 256},
     0.5,
     true,
     {.parameters = 538890}},
    {"M3",
     "1024-512-256, batch normalisation (validated on the test set)",
     {1024, 512, 256},
     0,
     false,
     {0.9826, 0.0934, 0, 10000, 60, 0.9992, 0.9826, 0.0934, 1469706, 0}},
    {"M3-sound",
     "M3 with a validation set of its own",
     {1024, 512, 256},
     0,
     true,
     {.parameters = 1469706}},
    {"M4",
     "1024-512-256, batch normalisation and dropout (validated on the test set)",
     {1024, 512, 256},
     0.5,
     false,
     {0.9864, 0.059668766928038346, 0, 10000, 60, 0.9919, 0.9864, 0.0597, 1469706, 0}},
    {"M4-sound",
     "M4 with a validation set of its own",
     {1024, 512, 256},
     0.5,
     true,
     {.parameters = 1469706}},
    {"M5",
     "1024-512-256-128-64, batch normalisation (validated on the test set)",
     {1024, 512, 256, 128, 64},
     0,
     false,
     {0.9820, 0.0933, 0, 10000, 60, 0.9988, 0.9820, 0.0933, 1509706, 0}},
    {"M5-sound",
     "M5 with a validation set of its own",
     {1024, 512, 256, 128, 64},
     0,
     true,
     {.parameters = 1509706}},
    {"M6",
     "1024-512-256-128-64, batch normalisation and dropout (validated on the test set)",
     {1024, 512, 256, 128, 64},
     0.5,
     false,
     {0.9873, 0.06261478376485174, 0, 10000, 60, 0.9874, 0.9873, 0.0626, 1509706, 0}},
    {"M6-sound",
     "M6 with a validation set of its own",
     {1024, 512, 256, 128, 64},
     0.5,
     true,
     {.parameters = 1509706}},
};
enum { RUN_COUNT = sizeof mlp_runs / sizeof mlp_runs[0] };

static neuron_node_t *mlp_network(neuron_graph_t *g, const mlp_run_t *run)
{
    neuron_node_t *x = neuron_input(g, (const int64_t[]){784}, 1);

    for (int i = 0; i < LAYERS_MAX && run->units[i] > 0; i++) {
        neuron_node_t *dense = neuron_dense(g, x, run->units[i], NULL);

        neuron_node_set_initializer(dense, "kernel", "normal", i == 0 ? 0.039 : 0.55);
        x = neuron_batch_norm(g, neuron_relu(g, dense), NULL);
        if (run->dropout > 0)
            x = neuron_dropout(g, x, run->dropout);
    }
    return neuron_softmax(g, neuron_dense(g, x, 10, NULL), NULL);
}

static void choose_data(example_t *example, bool sound)
{
    static const double fractions[] = {0.9, 0.1};
    neuron_dataset_t *parts[2];
    neuron_dataset_t *test;

    example_load_images(example, EXAMPLE_MNIST, &parts[0], &test);
    must(neuron_dataset_reshape(parts[0], (const int64_t[]){784}, 1));
    must(neuron_dataset_reshape(test, (const int64_t[]){784}, 1));
    if (sound) {
        neuron_dataset_t *all = parts[0];

        example_split(example, all, fractions, 2, "order=stratified", parts);
        neuron_dataset_unref(all);
        parts[1] = example_one_hot(parts[1]);
        test = example_one_hot(test);
    } else {
        test = example_one_hot(test);
        parts[1] = neuron_dataset_ref(test);
    }
    example_set_data(example, example_one_hot(parts[0]), parts[1], test);
}

static void train(example_t *example, const mlp_run_t *run)
{
    neuron_optimizer_t *adam;

    choose_data(example, run->sound);
    must(neuron_optimizer_create(&adam, example->context, "adam", NULL));
    example_training_t training = {.optimizer = adam, .batch_size = 128, .epochs = 60};
    neuron_graph_t *graph = example_graph(example, run->id);
    must(neuron_graph_finish(graph, mlp_network(graph, run)));
    graph = example_train(example, run->id, graph, &training);

    neuron_graph_unref(graph);
    neuron_optimizer_unref(adam);
}

int main(int argc, char **argv)
{
    static example_run_t runs[RUN_COUNT];
    const example_program_t program = {
        .name = "mnist_mlp",
        .document = "Document 001: depth, batch normalisation and dropout on MNIST",
        .data = "mnist/ or its files",
        .kept = EXAMPLE_KEPT_LAST,
        .runs = runs,
        .run_count = RUN_COUNT,
    };
    example_t example;

    for (int i = 0; i < RUN_COUNT; i++)
        runs[i] = (example_run_t){mlp_runs[i].id, mlp_runs[i].description, mlp_runs[i].reported};
    example_open(&example, &program, argc, argv);
    for (int i = 0; i < RUN_COUNT; i++)
        if (example_wants(&example, mlp_runs[i].id))
            train(&example, &mlp_runs[i]);
    example_close(&example);
    return EXIT_SUCCESS;
}
