/* A skip-concatenation: the last layer sees the pixels beside what a hidden layer made of them.
 *
 *     cc skip_concat.c -o skip_concat $(pkg-config --cflags --libs libneuron)
 *     ./skip_concat fashion-mnist
 *
 * The folder has the four files of MNIST, Fashion-MNIST or K-MNIST (train-images-idx3-ubyte.gz and
 * so on). Without one, the program learns from images that the library draws. It prints the
 * network, the accuracies after each epoch, and those of the best epoch's parameters on the test
 * images. */
#include <libneuron/libneuron.h>

#include <stdio.h>
#include <stdlib.h>

static void must(int status)
{
    if (status < 0) {
        fprintf(stderr, "%s\n", neuron_error_last());
        exit(EXIT_FAILURE);
    }
}

/* `part` is "train" or "t10k", as these files are called. */
static neuron_dataset_t *load(neuron_context_t *context, const char *folder, const char *part,
                              int64_t drawn, uint64_t seed)
{
    neuron_dataset_t *dataset;
    char images[4096], labels[4096];
    if (!folder) {
        must(neuron_dataset_generate_glyphs(&dataset, context, drawn, 28, 28, seed));
    } else {
        snprintf(images, sizeof images, "%s/%s-images-idx3-ubyte.gz", folder, part);
        snprintf(labels, sizeof labels, "%s/%s-labels-idx1-ubyte.gz", folder, part);
        must(neuron_dataset_load_idx(&dataset, context, images, labels, 10));
    }
    must(neuron_dataset_reshape(dataset, (const int64_t[]){784}, 1));
    return dataset;
}

/*  pixels --> dense 64 --> ReLU --> batch norm --> dropout --> concat --> dense 10 --> softmax
 *       \___________________________________________________________/                          */
static neuron_graph_t *build(neuron_context_t *context)
{
    neuron_graph_t *graph;
    must(neuron_graph_create(&graph, context));
    neuron_node_t *pixels = neuron_input(graph, (const int64_t[]){784}, 1);
    neuron_node_t *hidden = neuron_relu(graph, neuron_dense(graph, pixels, 64, NULL));
    hidden = neuron_dropout(graph, neuron_batch_norm(graph, hidden, NULL), 0.3);

    /* A node may be used any number of times. Axis -1 is the last one: 784 + 64 numbers. */
    neuron_node_t *both = neuron_concat(graph, (neuron_node_t *const[]){pixels, hidden}, 2, NULL);
    neuron_node_t *classes = neuron_softmax(graph, neuron_dense(graph, both, 10, NULL), NULL);

    /* Whatever went wrong in the calls above is told here. */
    must(neuron_graph_finish(graph, classes));
    return graph;
}

static int print_epoch(neuron_trainer_t *trainer, int32_t event, void *user_data)
{
    const neuron_history_t *history = neuron_trainer_history(trainer);
    int64_t epoch = neuron_history_epochs(history);
    double trained, validated;
    (void)event;
    (void)user_data;
    must(neuron_history_value(&trained, history, epoch - 1, "accuracy"));
    must(neuron_history_value(&validated, history, epoch - 1, "validation_accuracy"));
    printf("epoch %d: accuracy %.4f, validation %.4f\n", (int)epoch, trained, validated);
    return 0;
}

static void fit(neuron_context_t *context, neuron_graph_t *graph, neuron_dataset_t *train)
{
    neuron_optimizer_t *adam;
    neuron_callback_t *stop;
    neuron_trainer_t *trainer;
    must(neuron_optimizer_create(&adam, context, "adam", NULL));
    must(neuron_callback_create(&stop, context, "early_stopping", "patience=3, restore_best=yes"));
    must(neuron_trainer_create(&trainer, graph, adam, train));
    must(neuron_trainer_set(trainer, "epochs=10, batch_size=64, validation_split=0.1"));
    must(neuron_trainer_add_callback(trainer, stop));
    must(neuron_trainer_add_function(trainer, NEURON_EVENT_EPOCH_END, print_epoch, NULL, NULL));
    must(neuron_trainer_run(NULL, trainer));
    neuron_trainer_unref(trainer);
    neuron_callback_unref(stop);
    neuron_optimizer_unref(adam);
}

int main(int argc, char **argv)
{
    if (argc > 2 || (argc == 2 && argv[1][0] == '-')) {
        fprintf(stderr, "usage: %s [FOLDER]\n", argv[0]);
        return 2;
    }
    const char *folder = argc == 2 ? argv[1] : NULL;
    neuron_context_t *context;
    must(neuron_context_create(&context, NULL));
    neuron_dataset_t *train = load(context, folder, "train", 6000, 1);
    neuron_dataset_t *test = load(context, folder, "t10k", 1000, 2);
    neuron_graph_t *graph = build(context);

    char text[4096];
    must(neuron_graph_summary(text, sizeof text, NULL, graph, 64));
    puts(text);
    fit(context, graph, train);

    neuron_evaluation_t *evaluation;
    must(neuron_graph_evaluate(&evaluation, graph, test, NULL, NULL));
    printf("test accuracy %.4f, loss %.4f\n", neuron_evaluation_accuracy(evaluation),
           neuron_evaluation_loss(evaluation));

    neuron_evaluation_unref(evaluation);
    neuron_graph_unref(graph);
    neuron_dataset_unref(test);
    neuron_dataset_unref(train);
    neuron_context_unref(context);
    return EXIT_SUCCESS;
}
