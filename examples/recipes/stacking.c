/* Stacking (Wolpert, 1992): a network on top of others learns whom to believe, from examples that
 * none of them was trained on.
 *
 * neuron_graph_import() puts the members into one graph, frozen and without their dropout, and a
 * dense layer on their joined outputs is all that learns. */
#include "recipe.h"

enum { MEMBERS = 3 };

/* A network that sees a part of each image only: the top, the middle or the bottom. */
static neuron_graph_t *build_member(neuron_context_t *context, int64_t first_row)
{
    neuron_graph_t *graph;
    must(neuron_graph_create(&graph, context));
    neuron_node_t *x = neuron_input(graph, (const int64_t[]){28, 28, 1}, 3);
    x = neuron_flatten(graph, neuron_slice(graph, x, first_row, 10, "axis=0"));
    x = neuron_dropout(graph, neuron_relu(graph, neuron_dense(graph, x, 64, NULL)), 0.2);
    must(neuron_graph_finish(graph, neuron_softmax(graph, neuron_dense(graph, x, 10, NULL), NULL)));
    return graph;
}

static void fit(neuron_context_t *context, neuron_graph_t *graph, neuron_dataset_t *train)
{
    neuron_optimizer_t *adam;
    neuron_trainer_t *trainer;
    must(neuron_optimizer_create(&adam, context, "adam", "learning_rate=0.003"));
    must(neuron_trainer_create(&trainer, graph, adam, train));
    must(neuron_trainer_set(trainer, "epochs=6"));
    must(neuron_trainer_run(NULL, trainer));
    neuron_trainer_unref(trainer);
    neuron_optimizer_unref(adam);
}

int main(void)
{
    neuron_context_t *context;
    neuron_dataset_t *parts[2];
    neuron_graph_t *members[MEMBERS], *mean, *stack;
    neuron_node_t *outputs[MEMBERS];
    must(neuron_context_create(&context, NULL));
    neuron_dataset_t *all = images(context, "mnist", "train", 10000);
    neuron_dataset_t *test = images(context, "mnist", "t10k", 4000);
    must(neuron_dataset_split(parts, all, (const double[]){0.7, 0.3}, 2, 1, "order=stratified"));
    for (int i = 0; i < MEMBERS; i++) {
        members[i] = build_member(context, 9 * i);
        fit(context, members[i], parts[0]);
        printf("member %d: %.4f\n", i + 1, accuracy(members[i], test));
    }

    must(neuron_graph_create(&stack, context));
    neuron_node_t *x = neuron_input(stack, (const int64_t[]){28, 28, 1}, 3);
    for (int i = 0; i < MEMBERS; i++)
        outputs[i] = neuron_graph_import(stack, x, members[i], NULL, "trainable=no, dropout=no");
    x = neuron_dense(stack, neuron_concat(stack, outputs, MEMBERS, NULL), 10, NULL);
    must(neuron_graph_finish(stack, neuron_softmax(stack, x, NULL)));
    fit(context, stack, parts[1]);

    must(neuron_committee_create(&mean, context, members, MEMBERS, NULL, NULL));
    printf("mean of the members: %.4f\n", accuracy(mean, test));
    printf("stacked: %.4f\n", accuracy(stack, test));
    int status = reached("gained by stacking", accuracy(stack, test) - accuracy(mean, test), 0.005);

    for (int i = 0; i < MEMBERS; i++)
        neuron_graph_unref(members[i]);
    neuron_graph_unref(mean);
    neuron_graph_unref(stack);
    neuron_dataset_unref(parts[0]);
    neuron_dataset_unref(parts[1]);
    neuron_dataset_unref(all);
    neuron_dataset_unref(test);
    neuron_context_unref(context);
    return status;
}
