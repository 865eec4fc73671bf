/* Trains three different networks and joins them into a committee, which together err less often
 * than most of them. Five epochs of 60,000 images take about a minute.
 *
 *     cc committee.c -o committee $(pkg-config --cflags --libs libneuron-committee)
 *     ./committee committee.safetensors fashion-mnist
 *
 * The folder has the four files of MNIST, Fashion-MNIST or K-MNIST (train-images-idx3-ubyte.gz and
 * so on). Without one, the program learns from images that the library draws. It prints a line when
 * a member is trained, then the weight and the test accuracy of each and a report on the committee,
 * and saves that: it is a graph like any other, and predict_threads.c predicts with it. */
#include <libneuron-committee/committees.h>
#include <libneuron/libneuron.h>

#include <stdio.h>
#include <stdlib.h>

enum { MEMBERS = 3, EPOCHS = 5 };

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
    return dataset;
}

/* Members may be anything that takes the same input and has outputs of the same meaning. The more
 * they differ, the more they gain together. */
static neuron_graph_t *build(neuron_context_t *context, int member)
{
    static const char *const names[MEMBERS] = {"fine", "medium", "coarse"};
    neuron_graph_t *graph;
    must(neuron_graph_create(&graph, context));
    must(neuron_graph_set_name(graph, names[member]));
    /* Members that are built alike would start, and stay, more alike with one seed. */
    must(neuron_graph_set_seed(graph, (uint64_t)member + 1));

    neuron_node_t *x = neuron_input(graph, (const int64_t[]){28, 28, 1}, 3);
    int64_t extent = 3 + 2 * member;
    x = neuron_relu(graph, neuron_conv2d(graph, x, 16, extent, extent, NULL));
    x = neuron_max_pool2d(graph, x, 2, 2, NULL);
    x = neuron_relu(graph, neuron_dense(graph, neuron_flatten(graph, x), 64, NULL));
    must(neuron_graph_finish(graph, neuron_softmax(graph, neuron_dense(graph, x, 10, NULL), NULL)));
    return graph;
}

static void fit(neuron_context_t *context, neuron_graph_t *graph, neuron_dataset_t *train)
{
    neuron_optimizer_t *adam;
    neuron_trainer_t *trainer;
    must(neuron_optimizer_create(&adam, context, "adam", NULL));
    must(neuron_trainer_create(&trainer, graph, adam, train));
    must(neuron_trainer_set_number(trainer, "epochs", EPOCHS));
    must(neuron_trainer_run(NULL, trainer));
    neuron_trainer_unref(trainer);
    neuron_optimizer_unref(adam);
}

static double accuracy(const neuron_graph_t *graph, const neuron_dataset_t *test)
{
    neuron_evaluation_t *evaluation;
    must(neuron_graph_evaluate(&evaluation, graph, test, NULL, NULL));
    double result = neuron_evaluation_accuracy(evaluation);
    neuron_evaluation_unref(evaluation);
    return result;
}

static void print_report(const neuron_graph_t *graph, const neuron_dataset_t *test)
{
    neuron_evaluation_t *evaluation;
    char text[4096];
    must(neuron_graph_evaluate(&evaluation, graph, test, NULL, NULL));
    must(neuron_evaluation_report(text, sizeof text, NULL, evaluation, NULL, 4));
    printf("\n%s\n", text);
    neuron_evaluation_unref(evaluation);
}

int main(int argc, char **argv)
{
    if (argc < 2 || argc > 3 || argv[1][0] == '-') {
        fprintf(stderr, "usage: %s MODEL [FOLDER]\n", argv[0]);
        return 2;
    }
    const char *folder = argc == 3 ? argv[2] : NULL;
    neuron_context_t *context;
    neuron_dataset_t *subsets[2];
    must(neuron_context_create(&context, NULL));
    neuron_dataset_t *all = load(context, folder, "train", 6000, 1);
    neuron_dataset_t *test = load(context, folder, "t10k", 1000, 2);
    must(neuron_dataset_split(subsets, all, (const double[]){0.9, 0.1}, 2, 1, "order=stratified"));

    neuron_graph_t *members[MEMBERS], *committee;
    for (int i = 0; i < MEMBERS; i++) {
        members[i] = build(context, i);
        fit(context, members[i], subsets[0]);
        printf("trained %s: accuracy %.4f on images kept apart\n", neuron_graph_name(members[i]),
               accuracy(members[i], subsets[1]));
        fflush(stdout); /* at once, in a pipe or a file too */
    }

    /* Weights from images that no member was trained on, and that do not test the committee. */
    double weights[MEMBERS];
    must(neuron_committee_weights(weights, members, MEMBERS, subsets[1], NULL));
    must(neuron_committee_create(&committee, context, members, MEMBERS, weights,
                                 "rule=weighted_mean"));
    for (int i = 0; i < MEMBERS; i++)
        printf("%-6s weight %.3f, test accuracy %.4f\n", neuron_graph_name(members[i]), weights[i],
               accuracy(members[i], test));
    print_report(committee, test);
    must(neuron_graph_save(committee, argv[1]));
    printf("saved %s\n", argv[1]);

    neuron_graph_unref(committee);
    for (int i = 0; i < MEMBERS; i++)
        neuron_graph_unref(members[i]);
    neuron_dataset_unref(subsets[0]);
    neuron_dataset_unref(subsets[1]);
    neuron_dataset_unref(test);
    neuron_dataset_unref(all);
    neuron_context_unref(context);
    return EXIT_SUCCESS;
}
