/* The two networks of document 004, "committee of three models on Fashion-MNIST",
 * that are not in its committee.
 *
 * F5 is a CNN with batch normalisation, dropout and augmented images. F7 has two small hidden
 * layers, and an output layer that sees the second of them beside the image itself. Both are
 * trained for 50 epochs on the 60,000 published images and tested on the 10,000, as the document's
 * confusion matrices were; every tenth training image of each class is held out for validation. The
 * document gives neither the dropout rate nor the ranges of the augmentation: they are 0.3; and 10
 * degrees, a tenth of the size and a tenth of the scale here. */
#include "common/example.h"

#include <stdlib.h>

/* Of F7's test images the document prints a confusion matrix only: 8,678 of 10,000 lie on its
 * diagonal. The other figures are read off the ends of its curves. */
static const example_run_t runs[] = {
    {"F5",
     "CNN: augmentation, batch normalisation, dropout",
     {.epochs = 50,
      .train_accuracy = 0.89,
      .validation_accuracy = 0.91,
      .validation_loss = 0.30,
      .parameters = 422026}},
    {"F7",
     "skip-concatenation: image beside hidden layer",
     {.test_accuracy = 0.8678,
      .test_examples = 10000,
      .epochs = 50,
      .train_accuracy = 0.89,
      .validation_accuracy = 0.87,
      .validation_loss = 0.38,
      .parameters = 32870}},
};

static const example_program_t program = {
    .name = "fashion_skip_concat",
    .document = "Document 004: skip-concatenation network on Fashion-MNIST",
    .data = EXAMPLE_FASHION_DATA,
    .kept = EXAMPLE_KEPT_BEST,
    .runs = runs,
    .run_count = sizeof runs / sizeof runs[0],
};

static neuron_node_t *block(neuron_graph_t *g, neuron_node_t *x, int64_t filters)
{
    neuron_node_t *convolution = neuron_conv2d(g, x, filters, 3, 3, "padding=same");
    x = neuron_batch_norm(g, neuron_relu(g, convolution), NULL);
    return neuron_dropout(g, neuron_max_pool2d(g, x, 2, 2, NULL), 0.3);
}

static neuron_node_t *augmented_network(neuron_graph_t *g)
{
    neuron_node_t *x = neuron_input(g, (const int64_t[]){28, 28, 1}, 3);

    x = neuron_flatten(g, block(g, block(g, x, 32), 64));
    x = neuron_dropout(g, neuron_relu(g, neuron_dense(g, x, 128, NULL)), 0.3);
    return neuron_softmax(g, neuron_dense(g, x, 10, NULL), NULL);
}

static neuron_node_t *hidden(neuron_graph_t *g, neuron_node_t *x)
{
    return neuron_dropout(
        g, neuron_batch_norm(g, neuron_relu(g, neuron_dense(g, x, 30, NULL)), NULL), 0.3);
}

static neuron_node_t *skip_concat_network(neuron_graph_t *g)
{
    neuron_node_t *x = neuron_input(g, (const int64_t[]){784}, 1);
    neuron_node_t *h = hidden(g, hidden(g, x));
    neuron_node_t *both = neuron_concat(g, (neuron_node_t *const[]){x, h}, 2, NULL);

    return neuron_softmax(g, neuron_dense(g, both, 10, NULL), NULL);
}

/* A tenth of the training images for validation; `flat` gives them the shape of F7's input. */
static void split_data(example_t *example, bool flat)
{
    static const double fractions[] = {0.9, 0.1};
    neuron_dataset_t *train;
    neuron_dataset_t *test;
    neuron_dataset_t *parts[2];

    example_load_images(example, EXAMPLE_FASHION_MNIST, &train, &test);
    if (flat) {
        must(neuron_dataset_reshape(train, (const int64_t[]){784}, 1));
        must(neuron_dataset_reshape(test, (const int64_t[]){784}, 1));
    }
    example_split(example, train, fractions, 2, "order=stratified", parts);
    example_set_data(example, example_one_hot(parts[0]), example_one_hot(parts[1]),
                     example_one_hot(test));
    neuron_dataset_unref(train);
}

static neuron_augmentation_t *make_augmentation(const example_t *example)
{
    neuron_augmentation_t *augmentation;

    must(neuron_augmentation_create(
        &augmentation, example->context,
        "rotation=10, width_shift=0.1, height_shift=0.1, zoom=0.1, horizontal_flip=yes"));
    return augmentation;
}

static void train(example_t *example, const char *id, bool flat,
                  neuron_node_t *(*network)(neuron_graph_t *), neuron_augmentation_t *augmentation)
{
    neuron_optimizer_t *adam;

    if (!example_wants(example, id))
        return;
    split_data(example, flat);
    must(neuron_optimizer_create(&adam, example->context, "adam", NULL));
    example_training_t training = {.optimizer = adam,
                                   .augmentation = augmentation,
                                   .batch_size = 32,
                                   .epochs = 50,
                                   .keep_best = true};
    neuron_graph_t *graph = example_graph(example, id);
    must(neuron_graph_finish(graph, network(graph)));
    neuron_graph_unref(example_train(example, id, graph, &training));
    neuron_optimizer_unref(adam);
}

int main(int argc, char **argv)
{
    example_t example;

    example_open(&example, &program, argc, argv);
    neuron_augmentation_t *augmentation = make_augmentation(&example);
    train(&example, "F5", false, augmented_network, augmentation);
    train(&example, "F7", true, skip_concat_network, NULL);
    neuron_augmentation_unref(augmentation);
    example_close(&example);
    return EXIT_SUCCESS;
}
