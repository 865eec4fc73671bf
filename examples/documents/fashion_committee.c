/* Document 004, "committee of three models on Fashion-MNIST".
 *
 * Three networks of growing depth are trained on the same images and then decide together: by the
 * mean of their probabilities, as in the document, by a mean weighted with their validation
 * accuracies, and by votes. The document joins the 60,000 and the 10,000 published images and
 * splits them again, 86 % to train with, 10 % to validate and 4 % to test, trains for 50 epochs and
 * keeps the best weights. It names no optimizer and no batch size: these are Keras' defaults, Adam
 * and 32. */
#include "common/example.h"

#include <stdlib.h>
#include <string.h>

/* The reports of the document round to two digits, and its test set has 2,800 images. */
static const example_run_t runs[] = {
    {"F1",
     "shallow network: one hidden layer of 128",
     {.test_accuracy = 0.9010714292526245,
      .test_loss = 0.4672,
      .macro_f1 = 0.90,
      .test_examples = 2800,
      .epochs = 50,
      .parameters = 101770}},
    {"F2",
     "basic CNN: one convolution of 32 filters",
     {.test_accuracy = 0.9203571677207947,
      .test_loss = 0.7595,
      .macro_f1 = 0.92,
      .test_examples = 2800,
      .epochs = 50,
      .parameters = 693962}},
    {"F3",
     "deeper CNN: convolutions of 64 and 128",
     {.test_accuracy = 0.9182142615318298,
      .test_loss = 0.9964,
      .macro_f1 = 0.92,
      .test_examples = 2800,
      .epochs = 50,
      .parameters = 896522}},
    {"F4",
     "committee of F1, F2, F3: mean",
     {.test_accuracy = 0.9353571428571429,
      .macro_f1 = 0.94,
      .test_examples = 2800,
      .parameters = 1692254}},
    {.id = "F4-vote", .description = "the same: majority vote"},
    {.id = "F6", .description = "the same: mean weighted by validation accuracy"},
    {.id = "F6-vote", .description = "the same: vote weighted by validation accuracy"},
};

static const example_program_t program = {
    .name = "fashion_committee",
    .document = "Document 004: committee of three models on Fashion-MNIST",
    .data = EXAMPLE_FASHION_DATA,
    .kept = EXAMPLE_KEPT_BEST,
    .runs = runs,
    .run_count = sizeof runs / sizeof runs[0],
};

static neuron_node_t *image(neuron_graph_t *g)
{
    return neuron_input(g, (const int64_t[]){28, 28, 1}, 3);
}

/* Filters of 3x3, and the largest of each 2x2. */
static neuron_node_t *convolve(neuron_graph_t *g, neuron_node_t *x, int64_t filters)
{
    return neuron_max_pool2d(g, neuron_relu(g, neuron_conv2d(g, x, filters, 3, 3, NULL)), 2, 2,
                             NULL);
}

/* A hidden layer, and the ten classes. */
static neuron_node_t *classify(neuron_graph_t *g, neuron_node_t *x, int64_t units)
{
    neuron_node_t *h = neuron_relu(g, neuron_dense(g, neuron_flatten(g, x), units, NULL));

    return neuron_softmax(g, neuron_dense(g, h, 10, NULL), NULL);
}

static neuron_node_t *shallow_network(neuron_graph_t *g)
{
    return classify(g, image(g), 128);
}

static neuron_node_t *basic_network(neuron_graph_t *g)
{
    return classify(g, convolve(g, image(g), 32), 128);
}

static neuron_node_t *deeper_network(neuron_graph_t *g)
{
    return classify(g, convolve(g, convolve(g, image(g), 64), 128), 256);
}

enum { MEMBERS = 3 };

static const struct {
    const char *id;
    neuron_node_t *(*network)(neuron_graph_t *g);
} networks[MEMBERS] = {
    {"F1", shallow_network},
    {"F2", basic_network},
    {"F3", deeper_network},
};

enum { COMMITTEES = 4 };

static const struct {
    const char *id;
    const char *options;
    bool weighted;
} committees[COMMITTEES] = {
    {"F4", "rule=mean", false},
    {"F4-vote", "rule=majority_vote", false},
    {"F6", "rule=weighted_mean", true},
    {"F6-vote", "rule=weighted_vote", true},
};

static void split_data(example_t *example)
{
    static const double fractions[] = {0.86, 0.10, 0.04};
    neuron_dataset_t *published[2];
    neuron_dataset_t *all;
    neuron_dataset_t *parts[3];

    example_load_images(example, EXAMPLE_FASHION_MNIST, &published[0], &published[1]);
    must(neuron_dataset_join(&all, published, 2));
    example_split(example, all, fractions, 3, "order=stratified", parts);
    example_set_data(example, example_one_hot(parts[0]), example_one_hot(parts[1]),
                     example_one_hot(parts[2]));

    neuron_dataset_unref(published[0]);
    neuron_dataset_unref(published[1]);
    neuron_dataset_unref(all);
}

static neuron_graph_t *train(example_t *example, int member, neuron_optimizer_t *adam)
{
    const example_training_t training = {
        .optimizer = adam, .batch_size = 32, .epochs = 50, .keep_best = true};
    neuron_graph_t *graph = example_graph(example, networks[member].id);

    must(neuron_graph_finish(graph, networks[member].network(graph)));
    return example_train(example, networks[member].id, graph, &training);
}

static bool wants_committee(const example_t *example)
{
    for (int i = 0; i < COMMITTEES; i++)
        if (example_wants(example, committees[i].id))
            return true;
    return false;
}

static void join(example_t *example, neuron_graph_t **members)
{
    for (int i = 0; i < COMMITTEES; i++) {
        double start = example_clock();
        double weights[MEMBERS];
        neuron_graph_t *committee;

        if (!example_wants(example, committees[i].id))
            continue;
        if (committees[i].weighted)
            must(neuron_committee_weights(weights, members, MEMBERS, example->validation));
        must(neuron_committee_create(&committee, example->context, members, MEMBERS,
                                     committees[i].weighted ? weights : NULL,
                                     committees[i].options));
        must(neuron_graph_set_name(committee, committees[i].id));
        example_record(example, committees[i].id, committee, committees[i].weighted,
                       example_clock() - start);
        if (strcmp(committees[i].options, "rule=mean") == 0 && !example_only_tells(example))
            example_save(example, "committee", committee);
        neuron_graph_unref(committee);
    }
}

int main(int argc, char **argv)
{
    example_t example;
    neuron_optimizer_t *adam;
    neuron_graph_t *members[MEMBERS] = {NULL};

    example_open(&example, &program, argc, argv);
    split_data(&example);

    must(neuron_optimizer_create(&adam, example.context, "adam", NULL));
    for (int i = 0; i < MEMBERS; i++)
        if (example_wants(&example, networks[i].id) || wants_committee(&example))
            members[i] = train(&example, i, adam);
    join(&example, members);

    for (int i = 0; i < MEMBERS; i++)
        neuron_graph_unref(members[i]);
    neuron_optimizer_unref(adam);
    example_close(&example);
    return EXIT_SUCCESS;
}
