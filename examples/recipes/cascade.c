/* A cascade: a committee that asks its small network first, and the larger ones only about images
 * of which it is not certain (Wang et al., "Wisdom of Committees", 2022). It decides about as well
 * as all of them, for a part of what they cost. */
#include "recipe.h"

#include <libneuron-committee/committees.h>

enum { MEMBERS = 3, TRAINED = 10000, HELD_OUT = 2000, TEST = 4000, CLASSES = 10 };

/* A network of dense layers, or with convolutions if there are filters. */
static neuron_graph_t *build(neuron_context_t *context, int64_t filters, int64_t units)
{
    neuron_graph_t *graph;
    must(neuron_graph_create(&graph, context));
    neuron_node_t *x = neuron_input(graph, (const int64_t[]){28, 28, 1}, 3);
    if (filters > 0) {
        x = neuron_relu(graph, neuron_conv2d(graph, x, filters, 5, 5, NULL));
        x = neuron_max_pool2d(graph, x, 2, 2, NULL);
    }
    x = neuron_relu(graph, neuron_dense(graph, neuron_flatten(graph, x), units, NULL));
    x = neuron_softmax(graph, neuron_dense(graph, x, CLASSES, NULL), NULL);
    must(neuron_graph_finish(graph, x));
    return graph;
}

static void fit(neuron_context_t *context, neuron_graph_t *graph, neuron_dataset_t *train)
{
    neuron_optimizer_t *adam;
    neuron_trainer_t *trainer;
    must(neuron_optimizer_create(&adam, context, "adam", NULL));
    must(neuron_trainer_create(&trainer, graph, adam, train));
    must(neuron_trainer_set(trainer, "epochs=4"));
    must(neuron_trainer_run(NULL, trainer));
    neuron_trainer_unref(trainer);
    neuron_optimizer_unref(adam);
}

/* What some thresholds have and cost on the test images. */
static void print_curve(const neuron_cascade_t *cascade, const neuron_dataset_t *test,
                        const double *costs)
{
    neuron_tensor_t *curve;
    must(neuron_cascade_curve(&curve, cascade, test, costs));
    const float *rows = neuron_tensor_data(curve);
    int64_t points = neuron_tensor_extent(curve, 0);
    printf("threshold  accuracy  microseconds an image\n");
    for (int i = 0; i <= 8; i++) {
        const float *row = rows + 3 * ((points - 1) * i / 8);
        printf("%9.4f  %8.4f  %6.1f\n", (double)row[0], (double)row[1], (double)row[2]);
    }
    neuron_tensor_unref(curve);
}

int main(void)
{
    neuron_context_t *context;
    neuron_dataset_t *part, *held_out;
    neuron_cascade_t *cascade;
    neuron_graph_t *committee;
    neuron_tensor_t *outputs, *asked;
    double costs[MEMBERS], all = 0, paid = 0, threshold;
    int64_t right = 0;
    static int32_t labels[TEST];
    must(neuron_context_create(&context, NULL));
    neuron_dataset_t *train = images(context, "fashion-mnist", "train", TRAINED + HELD_OUT);
    neuron_dataset_t *test = images(context, "fashion-mnist", "t10k", TEST);
    must(neuron_dataset_subset(&part, train, 0, TRAINED));
    must(neuron_dataset_subset(&held_out, train, TRAINED, HELD_OUT));

    neuron_graph_t *members[] = {build(context, 0, 64), build(context, 8, 64),
                                 build(context, 32, 128)};
    for (int i = 0; i < MEMBERS; i++)
        fit(context, members[i], part);
    must(neuron_committee_create(&committee, context, members, MEMBERS, NULL, NULL));
    must(neuron_committee_costs(costs, members, MEMBERS, "batch_size=100"));
    for (int i = 0; i < MEMBERS; i++) {
        costs[i] *= 1e6 / 100; /* microseconds an image */
        all += costs[i];
    }

    must(neuron_cascade_create(&cascade, context, members, MEMBERS, NULL, NULL));
    must(neuron_cascade_tune(cascade, held_out, "tolerance=0.005"));
    must(neuron_cascade_get_number(&threshold, cascade, "threshold"));
    must(neuron_tensor_create(&outputs, context, NEURON_TYPE_F32, (const int64_t[]){TEST, CLASSES},
                              2));
    must(neuron_tensor_create(&asked, context, NEURON_TYPE_I32, (const int64_t[]){TEST}, 1));
    must(neuron_cascade_predict_dataset(cascade, test, outputs, asked));
    must(neuron_dataset_read(NULL, labels, test, 0, TEST));
    const float *said = neuron_tensor_data(outputs);
    for (int i = 0; i < TEST; i++) {
        int best = 0;
        for (int k = 1; k < CLASSES; k++)
            best = said[i * CLASSES + k] > said[i * CLASSES + best] ? k : best;
        right += best == labels[i];
        for (int m = 0; m < ((const int32_t *)neuron_tensor_data(asked))[i]; m++)
            paid += costs[m] / TEST;
    }
    print_curve(cascade, test, costs);
    for (int i = 0; i < MEMBERS; i++)
        printf("member %d: %.4f, %.1f microseconds\n", i, accuracy(members[i], test), costs[i]);
    double whole = accuracy(committee, test), share = (double)right / TEST;
    printf("committee: %.4f, %.1f microseconds\n", whole, all);
    printf("cascade with threshold %.4f: %.4f, %.1f microseconds\n", threshold, share, paid);
    int status = reached("accuracy of the cascade", share, whole - 0.015);
    if (status == EXIT_SUCCESS)
        status = reached("saved of the committee's time", 1 - paid / all, 0.05);

    for (int i = 0; i < MEMBERS; i++)
        neuron_graph_unref(members[i]);
    neuron_graph_unref(committee);
    neuron_cascade_unref(cascade);
    neuron_tensor_unref(outputs);
    neuron_tensor_unref(asked);
    neuron_dataset_unref(train);
    neuron_dataset_unref(test);
    neuron_dataset_unref(part);
    neuron_dataset_unref(held_out);
    neuron_context_unref(context);
    return status;
}
