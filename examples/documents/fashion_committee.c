/* Document 004, "committee of three models on Fashion-MNIST".
 *
 * Three networks of growing depth are trained on the same images and then decide together: by the
 * mean of their probabilities, as in the document, by a mean weighted with their validation
 * accuracies, and by votes. The document joins the 60,000 and the 10,000 published images and
 * splits them again, 86 % to train with, 10 % to validate and 4 % to test, and trains for 50
 * epochs. It validates on the images that it tests on, and the losses that it prints are of the
 * last epoch, although it says that it keeps the best: both are repeated. Runs named -best keep the
 * best epoch, by the images that are tested; those named -sound by the 10 %. It names no optimizer
 * and no batch size: these are Keras' defaults, Adam and 32. */
#include "common/example.h"

#include <libneuron-committee/committees.h>

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
    {"F1-best", "F1 by its best epoch on the test images", {.parameters = 101770}},
    {"F2-best", "F2 by its best epoch on the test images", {.parameters = 693962}},
    {"F3-best", "F3 by its best epoch on the test images", {.parameters = 896522}},
    {"F4-best", "committee of these three: mean", {.parameters = 1692254}},
    {"F1-sound", "F1 by its best epoch on validation images of its own", {.parameters = 101770}},
    {"F2-sound", "F2 by its best epoch on validation images of its own", {.parameters = 693962}},
    {"F3-sound", "F3 by its best epoch on validation images of its own", {.parameters = 896522}},
    {"F4-sound", "committee of these three: mean", {.parameters = 1692254}},
    {.id = "F6-sound", .description = "the same: mean weighted by validation accuracy"},
};

static const example_program_t program = {
    .name = "fashion_committee",
    .document = "Document 004: committee of three models on Fashion-MNIST",
    .data = EXAMPLE_FASHION_DATA,
    .kept = EXAMPLE_KEPT_LAST ", or of runs with -best and -sound of the best one by validation",
    .runs = runs,
    .run_count = sizeof runs / sizeof runs[0],
    .usual = "F1,F2,F3,F4,F4-vote,F6,F6-vote",
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

/* Which epoch is kept, and which images validate. */
typedef enum {
    LAST, /* the last one; those that are tested */
    BEST, /* the best one; those that are tested */
    SOUND /* the best one; images of their own */
} keeping_t;

enum { MEMBERS = 3, KEEPINGS = 3 };

static neuron_node_t *(*const networks[MEMBERS])(neuron_graph_t *g) = {
    shallow_network, basic_network, deeper_network};

static const char *const member_ids[KEEPINGS][MEMBERS] = {
    [LAST] = {"F1", "F2", "F3"},
    [BEST] = {"F1-best", "F2-best", "F3-best"},
    [SOUND] = {"F1-sound", "F2-sound", "F3-sound"},
};

static const struct {
    const char *id;
    const char *options;
    bool weighted;
    keeping_t keeping;
} committees[] = {
    {"F4", "rule=mean", false, LAST},
    {"F4-vote", "rule=majority_vote", false, LAST},
    {"F6", "rule=weighted_mean", true, LAST},
    {"F6-vote", "rule=weighted_vote", true, LAST},
    {"F4-best", "rule=mean", false, BEST},
    {"F4-sound", "rule=mean", false, SOUND},
    {"F6-sound", "rule=weighted_mean", true, SOUND},
};
enum { COMMITTEE_COUNT = sizeof committees / sizeof committees[0] };

static void split_data(example_t *example, keeping_t keeping)
{
    static const double fractions[] = {0.86, 0.10, 0.04};
    neuron_dataset_t *published[2];
    neuron_dataset_t *all;
    neuron_dataset_t *parts[3];

    example_load_images(example, EXAMPLE_FASHION_MNIST, &published[0], &published[1]);
    must(neuron_dataset_join(&all, published, 2));
    example_split(example, all, fractions, 3, "order=stratified", parts);
    for (int i = 0; i < 3; i++)
        parts[i] = example_one_hot(parts[i]);
    if (keeping == SOUND) {
        example_set_data(example, parts[0], parts[1], parts[2]);
    } else {
        neuron_dataset_unref(parts[1]);
        example_set_data(example, parts[0], neuron_dataset_ref(parts[2]), parts[2]);
        snprintf(example->split, EXAMPLE_TEXT_MAX,
                 "0.86, 0.1, 0.04 of each class, at random; the last part validates and tests");
    }

    neuron_dataset_unref(published[0]);
    neuron_dataset_unref(published[1]);
    neuron_dataset_unref(all);
}

static neuron_graph_t *train(example_t *example, keeping_t keeping, int member,
                             neuron_optimizer_t *adam)
{
    const char *id = member_ids[keeping][member];
    const example_training_t training = {
        .optimizer = adam, .batch_size = 32, .epochs = 50, .keep_best = keeping != LAST};
    neuron_graph_t *graph = example_graph(example, id);

    must(neuron_graph_finish(graph, networks[member](graph)));
    return example_train(example, id, graph, &training);
}

static bool wants_committee(const example_t *example, keeping_t keeping)
{
    for (int i = 0; i < COMMITTEE_COUNT; i++)
        if (committees[i].keeping == keeping && example_wants(example, committees[i].id))
            return true;
    return false;
}

static bool wants_member(const example_t *example, keeping_t keeping, int member)
{
    return example_wants(example, member_ids[keeping][member]) || wants_committee(example, keeping);
}

static void join(example_t *example, keeping_t keeping, neuron_graph_t **members)
{
    for (int i = 0; i < COMMITTEE_COUNT; i++) {
        double start = example_clock();
        double weights[MEMBERS];
        neuron_graph_t *committee;

        if (committees[i].keeping != keeping || !example_wants(example, committees[i].id))
            continue;
        if (committees[i].weighted)
            must(neuron_committee_weights(weights, members, MEMBERS, example->validation, NULL));
        must(neuron_committee_create(&committee, example->context, members, MEMBERS,
                                     committees[i].weighted ? weights : NULL,
                                     committees[i].options));
        must(neuron_graph_set_name(committee, committees[i].id));
        const example_committee_t made = {committee, (const neuron_graph_t *const *)members,
                                          member_ids[keeping], MEMBERS, committees[i].weighted};
        example_record(example, committees[i].id, &made, example_clock() - start);
        if (strcmp(committees[i].id, "F4") == 0 && !example_only_tells(example))
            example_save(example, "committee", committee);
        neuron_graph_unref(committee);
    }
}

/* The members of one keeping, and what they decide together. */
static void run(example_t *example, keeping_t keeping, neuron_optimizer_t *adam)
{
    neuron_graph_t *members[MEMBERS] = {NULL};
    bool wanted = false;

    for (int i = 0; i < MEMBERS; i++)
        wanted = wanted || wants_member(example, keeping, i);
    if (!wanted)
        return;
    split_data(example, keeping);
    for (int i = 0; i < MEMBERS; i++)
        if (wants_member(example, keeping, i))
            members[i] = train(example, keeping, i, adam);
    join(example, keeping, members);
    for (int i = 0; i < MEMBERS; i++)
        neuron_graph_unref(members[i]);
}

int main(int argc, char **argv)
{
    example_t example;
    neuron_optimizer_t *adam;

    example_open(&example, &program, argc, argv);
    must(neuron_optimizer_create(&adam, example.context, "adam", NULL));
    for (int keeping = LAST; keeping <= SOUND; keeping++)
        run(&example, (keeping_t)keeping, adam);
    neuron_optimizer_unref(adam);
    example_close(&example);
    return EXIT_SUCCESS;
}
