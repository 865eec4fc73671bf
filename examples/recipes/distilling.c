/* Distilling (Hinton et al., 2015; arXiv 1503.02531): a small network learns from what a large one
 * says, without a single label, and does better than one that has learnt from few labels.
 *
 * neuron_graph_predict_dataset() writes down what the teacher says of all images, and these
 * probabilities are targets as good as classes: neuron_dataset_create() takes either. They are
 * softened by a temperature: neuron_graph_import_part() takes the teacher up to its scores, and
 * neuron_rescale() divides them before a new softmax. The student has the same rescaling, which
 * does not change which of its outputs is the largest. */
#include "recipe.h"

enum { UNLABELLED = 10000, LABELLED = 500, CLASSES = 10 };

static const double temperature = 4;

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
    neuron_node_set_name(x, "scores");
    must(neuron_graph_finish(graph, neuron_softmax(graph, x, NULL)));
    return graph;
}

/* The same network with its scores divided by the temperature. */
static neuron_graph_t *soften(neuron_context_t *context, const neuron_graph_t *source)
{
    neuron_graph_t *graph;
    must(neuron_graph_create(&graph, context));
    neuron_node_t *x = neuron_input(graph, (const int64_t[]){28, 28, 1}, 3);
    x = neuron_graph_import_part(graph, x, source, NULL, "scores", NULL, NULL);
    x = neuron_softmax(graph, neuron_rescale(graph, x, 1 / temperature, 0), NULL);
    must(neuron_graph_finish(graph, x));
    return graph;
}

static void fit(neuron_context_t *context, neuron_graph_t *graph, neuron_dataset_t *train,
                const char *options)
{
    neuron_optimizer_t *adam;
    neuron_trainer_t *trainer;
    must(neuron_optimizer_create(&adam, context, "adam", NULL));
    must(neuron_trainer_create(&trainer, graph, adam, train));
    must(neuron_trainer_set(trainer, options));
    must(neuron_trainer_run(NULL, trainer));
    neuron_trainer_unref(trainer);
    neuron_optimizer_unref(adam);
}

int main(void)
{
    neuron_context_t *context;
    neuron_dataset_t *labelled, *unlabelled, *answers, *taught;
    neuron_tensor_t *said;
    must(neuron_context_create(&context, NULL));
    neuron_dataset_t *train = images(context, "fashion-mnist", "train", 2 * UNLABELLED);
    neuron_dataset_t *test = images(context, "fashion-mnist", "t10k", 4000);
    must(neuron_dataset_subset(&labelled, train, 0, LABELLED));
    must(neuron_dataset_subset(&unlabelled, train, UNLABELLED, UNLABELLED));

    neuron_graph_t *teacher = build(context, 32, 128), *alone = build(context, 0, 32);
    neuron_graph_t *small = build(context, 0, 32), *student = soften(context, small);
    fit(context, teacher, train, "epochs=3");
    fit(context, alone, labelled, "epochs=30");

    neuron_graph_t *soft_teacher = soften(context, teacher);
    must(neuron_tensor_create(&said, context, NEURON_TYPE_F32,
                              (const int64_t[]){UNLABELLED, CLASSES}, 2));
    must(neuron_graph_predict_dataset(soft_teacher, unlabelled, said));
    must(neuron_dataset_create(&answers, context, said, said, CLASSES));
    must(neuron_dataset_zip(&taught, &unlabelled, 1, &answers, 1)); /* images and answers */
    fit(context, student, taught, "epochs=5");

    printf("teacher, %d parameters: %.4f\n", (int)neuron_graph_parameter_count(teacher),
           accuracy(teacher, test));
    printf("small network with %d labels, %d parameters: %.4f\n", LABELLED,
           (int)neuron_graph_parameter_count(alone), accuracy(alone, test));
    printf("the same without labels, by the teacher: %.4f\n", accuracy(student, test));
    double gain = accuracy(student, test) - accuracy(alone, test);
    int status = reached("gained by distilling", gain, 0.02);

    neuron_graph_t *graphs[] = {teacher, alone, small, student, soft_teacher};
    neuron_dataset_t *sets[] = {train, test, labelled, unlabelled, answers, taught};
    for (int i = 0; i < 5; i++)
        neuron_graph_unref(graphs[i]);
    for (int i = 0; i < 6; i++)
        neuron_dataset_unref(sets[i]);
    neuron_tensor_unref(said);
    neuron_context_unref(context);
    return status;
}
