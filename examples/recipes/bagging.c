/* Bagging (Breiman, 1996): each member of a committee learns from a sample of its own, drawn with
 * replacement, and together they err less often than one of them.
 *
 * A committee trainer draws the samples, trains the members, two at a time where there are two
 * processors, and joins them into a graph that is saved as any other. The examples that a sample
 * lacks tell how good the committee is without a test set: they are out of bag. */
#include "recipe.h"

#include <libneuron-committee/committees.h>

enum { COUNT = 2000, CLASSES = 10 };

/* All members are built alike: what they start with follows from their seeds. */
static int build(neuron_graph_t **graph, neuron_context_t *context, int64_t member, void *user_data)
{
    (void)member;
    (void)user_data;
    must(neuron_graph_create(graph, context));
    neuron_graph_t *g = *graph;
    neuron_node_t *x = neuron_flatten(g, neuron_input(g, (const int64_t[]){28, 28, 1}, 3));
    x = neuron_relu(g, neuron_dense(g, x, 64, NULL));
    return neuron_graph_finish(g, neuron_softmax(g, neuron_dense(g, x, CLASSES, NULL), NULL));
}

/* How many examples the members that did not learn from them have right together. */
static double accuracy_out_of_bag(const neuron_committee_trainer_t *trainer,
                                  const neuron_dataset_t *train)
{
    static int32_t labels[COUNT];
    neuron_tensor_t *predictions;
    int correct = 0, predicted = 0;
    must(neuron_committee_trainer_out_of_fold(&predictions, trainer, 0));
    must(neuron_dataset_read(NULL, labels, train, 0, COUNT));
    const float *row = neuron_tensor_data_const(predictions);
    for (int i = 0; i < COUNT; i++, row += CLASSES) {
        int best = 0;
        for (int k = 1; k < CLASSES; k++)
            best = row[k] > row[best] ? k : best;
        correct += row[0] >= 0 && best == labels[i];
        predicted += row[0] >= 0; /* not a number where all members have seen it */
    }
    neuron_tensor_unref(predictions);
    return (double)correct / predicted;
}

int main(void)
{
    neuron_context_t *context;
    neuron_optimizer_t *adam;
    neuron_committee_trainer_t *trainer;
    neuron_graph_t *committee;
    must(neuron_context_create(&context, NULL));
    neuron_dataset_t *train = images(context, "fashion-mnist", "train", COUNT);
    neuron_dataset_t *test = images(context, "fashion-mnist", "t10k", 4000);
    must(neuron_optimizer_create(&adam, context, "adam", "learning_rate=0.003"));
    must(neuron_committee_trainer_create(&trainer, context, adam, train,
                                         "method=bagging, members=5, epochs=20"));
    must(neuron_committee_trainer_set_builder(trainer, build, NULL, NULL));
    must(neuron_committee_trainer_run(&committee, trainer));

    double mean = 0, members = (double)neuron_committee_trainer_member_count(trainer);
    for (int64_t i = 0; i < (int64_t)members; i++) {
        double alone = accuracy(neuron_committee_trainer_member(trainer, i), test);
        printf("member %d: %.4f\n", (int)i + 1, alone);
        mean += alone / members;
    }
    printf("committee: %.4f, out of bag: %.4f\n", accuracy(committee, test),
           accuracy_out_of_bag(trainer, train));
    int status = reached("gained by bagging", accuracy(committee, test) - mean, 0.01);

    neuron_graph_unref(committee);
    neuron_committee_trainer_unref(trainer);
    neuron_optimizer_unref(adam);
    neuron_dataset_unref(train);
    neuron_dataset_unref(test);
    neuron_context_unref(context);
    return status;
}
