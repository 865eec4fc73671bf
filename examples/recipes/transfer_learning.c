/* Transfer learning: a network that has learnt five kinds of images lends its layers to one that
 * has but 50 images of five other kinds.
 *
 * neuron_graph_import_part() copies the layers up to one of them, here frozen, and a new head is
 * built upon the copy. Afterwards all layers are thawed, and fine-tuned with a small rate. */
#include "recipe.h"

static const int32_t known[] = {0, 2, 4, 6, 8}, novel[] = {1, 3, 5, 7, 9};

static neuron_node_t *trunk(neuron_graph_t *graph, neuron_node_t *x)
{
    x = neuron_relu(graph, neuron_conv2d(graph, x, 16, 3, 3, NULL));
    x = neuron_max_pool2d(graph, x, 2, 2, NULL);
    x = neuron_relu(graph, neuron_conv2d(graph, x, 32, 3, 3, NULL));
    x = neuron_flatten(graph, neuron_max_pool2d(graph, x, 2, 2, NULL));
    neuron_node_set_name(x, "trunk");
    return x;
}

/* A network with layers of its own, or on the trunk of one that was trained. */
static neuron_graph_t *build(neuron_context_t *context, const neuron_graph_t *trained)
{
    neuron_graph_t *graph;
    must(neuron_graph_create(&graph, context));
    neuron_node_t *x = neuron_input(graph, (const int64_t[]){28, 28, 1}, 3);
    x = trained ? neuron_graph_import_part(graph, x, trained, NULL, "trunk", NULL, "trainable=no")
                : trunk(graph, x);
    must(neuron_graph_finish(graph, neuron_softmax(graph, neuron_dense(graph, x, 5, NULL), NULL)));
    return graph;
}

static void fit(neuron_context_t *context, neuron_graph_t *graph, neuron_dataset_t *train,
                const char *rate, const char *options)
{
    neuron_optimizer_t *adam;
    neuron_trainer_t *trainer;
    must(neuron_optimizer_create(&adam, context, "adam", rate));
    must(neuron_trainer_create(&trainer, graph, adam, train));
    must(neuron_trainer_set(trainer, options));
    must(neuron_trainer_run(NULL, trainer));
    neuron_trainer_unref(trainer);
    neuron_optimizer_unref(adam);
}

int main(void)
{
    neuron_context_t *context;
    neuron_dataset_t *many, *other, *few, *test;
    must(neuron_context_create(&context, NULL));
    neuron_dataset_t *all = images(context, "mnist", "train", 20000);
    neuron_dataset_t *all_tests = images(context, "mnist", "t10k", 4000);
    must(neuron_dataset_filter_renumbered(&many, all, known, 5));
    must(neuron_dataset_filter_renumbered(&other, all, novel, 5));
    must(neuron_dataset_filter_renumbered(&test, all_tests, novel, 5));
    must(neuron_dataset_subset(&few, other, 0, 50));

    neuron_graph_t *trained = build(context, NULL), *alone = build(context, NULL);
    fit(context, trained, many, NULL, "epochs=3");
    neuron_graph_t *graph = build(context, trained);
    fit(context, alone, few, NULL, "epochs=30, batch_size=10");
    fit(context, graph, few, "learning_rate=0.003", "epochs=30, batch_size=10");
    printf("50 images, from the beginning: %.4f\n", accuracy(alone, test));
    printf("50 images, on a frozen trunk: %.4f\n", accuracy(graph, test));

    for (int64_t i = 0; i < neuron_graph_node_count(graph); i++)
        must(neuron_node_set_trainable(neuron_graph_node(graph, i), 1));
    fit(context, graph, few, "learning_rate=0.0001", "epochs=10, batch_size=10");
    printf("50 images, fine-tuned: %.4f\n", accuracy(graph, test));
    double gain = accuracy(graph, test) - accuracy(alone, test);
    int status = reached("gained by the transfer", gain, 0.02);

    neuron_graph_t *graphs[] = {trained, alone, graph};
    neuron_dataset_t *sets[] = {all, all_tests, many, other, few, test};
    for (int i = 0; i < 3; i++)
        neuron_graph_unref(graphs[i]);
    for (int i = 0; i < 6; i++)
        neuron_dataset_unref(sets[i]);
    neuron_context_unref(context);
    return status;
}
