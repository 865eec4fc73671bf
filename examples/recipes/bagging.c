/* Bagging (Breiman, 1996): each member of a committee learns from a sample of its own, drawn with
 * replacement, and together they err less often than one of them.
 *
 * neuron_dataset_sample() draws the samples, which share the memory of the dataset. Each graph and
 * trainer has a seed of its own, and neuron_committee_create() makes a graph of them that is saved
 * as any other. */
#include "recipe.h"

enum { MEMBERS = 5, COUNT = 2000 };

static neuron_graph_t *train_member(neuron_context_t *context, neuron_dataset_t *train,
                                    uint64_t seed)
{
    neuron_dataset_t *sample;
    neuron_graph_t *graph;
    neuron_optimizer_t *adam;
    neuron_trainer_t *trainer;
    must(neuron_dataset_sample(&sample, train, NULL, 0, COUNT, seed));
    must(neuron_graph_create(&graph, context));
    must(neuron_graph_set_seed(graph, seed));
    neuron_node_t *x = neuron_flatten(graph, neuron_input(graph, (const int64_t[]){28, 28, 1}, 3));
    x = neuron_relu(graph, neuron_dense(graph, x, 64, NULL));
    must(neuron_graph_finish(graph, neuron_softmax(graph, neuron_dense(graph, x, 10, NULL), NULL)));
    must(neuron_optimizer_create(&adam, context, "adam", "learning_rate=0.003"));
    must(neuron_trainer_create(&trainer, graph, adam, sample));
    must(neuron_trainer_set_seed(trainer, seed));
    must(neuron_trainer_set(trainer, "epochs=20"));
    must(neuron_trainer_run(NULL, trainer));
    neuron_trainer_unref(trainer);
    neuron_optimizer_unref(adam);
    neuron_dataset_unref(sample);
    return graph;
}

int main(void)
{
    neuron_context_t *context;
    neuron_graph_t *members[MEMBERS], *committee;
    must(neuron_context_create(&context, NULL));
    neuron_dataset_t *train = images(context, "fashion-mnist", "train", COUNT);
    neuron_dataset_t *test = images(context, "fashion-mnist", "t10k", 4000);
    double mean = 0;
    for (int i = 0; i < MEMBERS; i++) {
        members[i] = train_member(context, train, (uint64_t)i + 1);
        printf("member %d: %.4f\n", i + 1, accuracy(members[i], test));
        mean += accuracy(members[i], test) / MEMBERS;
    }
    must(neuron_committee_create(&committee, context, members, MEMBERS, NULL, "rule=mean"));
    printf("committee: %.4f\n", accuracy(committee, test));
    int status = reached("gained by bagging", accuracy(committee, test) - mean, 0.01);

    for (int i = 0; i < MEMBERS; i++)
        neuron_graph_unref(members[i]);
    neuron_graph_unref(committee);
    neuron_dataset_unref(train);
    neuron_dataset_unref(test);
    neuron_context_unref(context);
    return status;
}
