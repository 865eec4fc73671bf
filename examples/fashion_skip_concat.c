/* The skip-concatenation network of document 004, "committee of three models on Fashion-MNIST".
 *
 * Two small hidden layers, and an output layer that sees the second of them beside the image
 * itself. It is trained on the 60,000 published images and tested on the 10,000, as the document's
 * confusion matrix was; every tenth training image of each class is held out for validation. The
 * document does not give the dropout rate: it is 0.3 here. */
#include "common/example.h"

#include <stdlib.h>

/* The document prints a confusion matrix only: 8,678 of 10,000 lie on its diagonal. */
static const example_run_t runs[] = {
    {"F7",
     "skip-concatenation: image beside hidden layer",
     {.test_accuracy = 0.8678, .test_examples = 10000, .parameters = 32870}},
};

static const example_program_t program = {
    .name = "fashion_skip_concat",
    .document = "Document 004: skip-concatenation network on Fashion-MNIST",
    .data = EXAMPLE_FASHION_DATA,
    .kept = EXAMPLE_KEPT_BEST,
    .runs = runs,
    .run_count = sizeof runs / sizeof runs[0],
};

static neuron_node_t *hidden(neuron_graph_t *g, neuron_node_t *x)
{
    return neuron_dropout(g, neuron_batch_norm(g, neuron_relu(g, neuron_dense(g, x, 30))), 0.3);
}

static neuron_node_t *skip_concat_network(neuron_graph_t *g)
{
    neuron_node_t *x = neuron_input(g, (const int64_t[]){784}, 1);
    neuron_node_t *h = hidden(g, hidden(g, x));
    neuron_node_t *both = neuron_concat(g, (neuron_node_t *const[]){x, h}, 2, -1);

    return neuron_softmax(g, neuron_dense(g, both, 10));
}

static void split_data(example_t *example)
{
    static const double fractions[] = {0.9, 0.1};
    neuron_dataset_t *train;
    neuron_dataset_t *test;
    neuron_dataset_t *parts[2];

    example_load_images(example, EXAMPLE_FASHION_MNIST, &train, &test);
    must(neuron_dataset_reshape(train, (const int64_t[]){784}, 1));
    must(neuron_dataset_reshape(test, (const int64_t[]){784}, 1));
    must(neuron_dataset_split(train, fractions, 2, NEURON_SPLIT_STRATIFIED, example->options.seed,
                              parts));
    example_set_data(example, example_one_hot(parts[0]), example_one_hot(parts[1]),
                     example_one_hot(test));
    neuron_dataset_unref(train);
}

int main(int argc, char **argv)
{
    example_t example;
    neuron_optimizer_t *adam;

    example_open(&example, &program, argc, argv);
    split_data(&example);

    must(neuron_optimizer_create(&adam, example.context, NEURON_OPTIMIZER_ADAM));
    example_training_t training = {
        .optimizer = adam, .batch_size = 32, .epochs = 3, .keep_best = true};
    neuron_graph_t *graph = example_graph(&example, "F7");
    must(neuron_graph_finish(graph, skip_concat_network(graph)));
    graph = example_train(&example, "F7", graph, &training);

    neuron_graph_unref(graph);
    neuron_optimizer_unref(adam);
    example_close(&example);
    return EXIT_SUCCESS;
}
