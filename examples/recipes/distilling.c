/* Distilling (Hinton et al., 2015; arXiv 1503.02531): a small network learns from what a large one
 * says, without a single label, and does better than one that has learnt from few labels.
 *
 * neuron_dataset_distil() asks the teacher once about each image, and what it says is the target
 * that the ordinary trainer goes by. The loss "distillation" softens teacher and student by a
 * temperature, so that what the teacher takes for less likely counts too. */
#include "recipe.h"

#include <libneuron-committee/distilling.h>

enum { UNLABELLED = 10000, LABELLED = 500, CLASSES = 10 };

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
    x = neuron_dense(graph, x, CLASSES, NULL);
    must(neuron_graph_finish(graph, neuron_softmax(graph, x, NULL)));
    return graph;
}

static void fit(neuron_context_t *context, neuron_graph_t *graph, neuron_dataset_t *train,
                neuron_loss_t *loss, const char *options)
{
    neuron_optimizer_t *adam;
    neuron_trainer_t *trainer;
    must(neuron_optimizer_create(&adam, context, "adam", NULL));
    must(neuron_trainer_create(&trainer, graph, adam, train));
    must(neuron_trainer_set(trainer, options));
    must(neuron_trainer_set_loss(trainer, loss)); /* NULL: cross_entropy */
    must(neuron_trainer_run(NULL, trainer));
    neuron_trainer_unref(trainer);
    neuron_optimizer_unref(adam);
}

int main(void)
{
    neuron_context_t *context;
    neuron_dataset_t *labelled, *part, *unlabelled, *taught;
    neuron_loss_t *distillation;
    must(neuron_context_create(&context, NULL));
    neuron_dataset_t *train = images(context, "fashion-mnist", "train", 2 * UNLABELLED);
    neuron_dataset_t *test = images(context, "fashion-mnist", "t10k", 4000);
    must(neuron_dataset_subset(&labelled, train, 0, LABELLED));
    must(neuron_dataset_subset(&part, train, UNLABELLED, UNLABELLED));
    must(neuron_dataset_input(&unlabelled, part, 0));

    neuron_graph_t *teacher = build(context, 32, 128), *alone = build(context, 0, 32);
    neuron_graph_t *student = build(context, 0, 32);
    fit(context, teacher, train, NULL, "epochs=3");
    fit(context, alone, labelled, NULL, "epochs=30");

    must(neuron_dataset_distil(&taught, unlabelled, teacher, NULL));
    must(neuron_loss_create(&distillation, context, "distillation", "temperature=2, soft_share=1"));
    fit(context, student, taught, distillation, "epochs=5");

    printf("teacher, %d parameters: %.4f\n", (int)neuron_graph_parameter_count(teacher),
           accuracy(teacher, test));
    printf("small network with %d labels, %d parameters: %.4f\n", LABELLED,
           (int)neuron_graph_parameter_count(alone), accuracy(alone, test));
    printf("the same without labels, by the teacher: %.4f\n", accuracy(student, test));
    double gain = accuracy(student, test) - accuracy(alone, test);
    int status = reached("gained by distilling", gain, 0.02);

    neuron_graph_t *graphs[] = {teacher, alone, student};
    neuron_dataset_t *sets[] = {train, test, labelled, part, unlabelled, taught};
    for (int i = 0; i < 3; i++)
        neuron_graph_unref(graphs[i]);
    for (int i = 0; i < 6; i++)
        neuron_dataset_unref(sets[i]);
    neuron_loss_unref(distillation);
    neuron_context_unref(context);
    return status;
}
