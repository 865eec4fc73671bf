/* Two heads: one network tells the kind of an image, which is a class, and how much ink it took,
 * which is a number.
 *
 * neuron_graph_finish_many() takes both outputs, neuron_dataset_zip() puts labels and numbers side
 * by side, and each output has a loss and a weight of its own. An evaluation is of one output. */
#include "recipe.h"

enum { PIXELS = 28 * 28, CLASSES = 10 };

/* Images with two targets: their kind, and the sum of their pixels, in hundreds. */
static neuron_dataset_t *with_ink(neuron_context_t *context, const char *part, int64_t count)
{
    neuron_tensor_t *sums;
    neuron_dataset_t *kinds = images(context, "mnist", part, count), *inks, *both;
    must(neuron_tensor_create(&sums, context, NEURON_TYPE_F32, (const int64_t[]){count, 1}, 2));
    float image[PIXELS], *ink = neuron_tensor_data(sums);
    for (int64_t i = 0; i < count; i++) {
        must(neuron_dataset_read(image, NULL, kinds, i, 1));
        for (int k = 0; k < PIXELS; k++)
            ink[i] += image[k] / 100;
    }
    must(neuron_dataset_create_with_targets(&inks, context, sums, sums));
    must(neuron_dataset_zip(&both, &kinds, 1, (neuron_dataset_t *[]){kinds, inks}, 2));
    neuron_tensor_unref(sums);
    neuron_dataset_unref(kinds);
    neuron_dataset_unref(inks);
    return both;
}

int main(void)
{
    neuron_context_t *context;
    neuron_graph_t *graph;
    neuron_optimizer_t *adam;
    neuron_loss_t *squared;
    neuron_trainer_t *trainer;
    neuron_evaluation_t *of_kind, *of_ink;
    must(neuron_context_create(&context, NULL));
    neuron_dataset_t *train = with_ink(context, "train", 10000);
    neuron_dataset_t *test = with_ink(context, "t10k", 2000);

    must(neuron_graph_create(&graph, context));
    neuron_node_t *x = neuron_input(graph, (const int64_t[]){28, 28, 1}, 3);
    x = neuron_relu(graph, neuron_conv2d(graph, x, 16, 5, 5, "stride=2"));
    x = neuron_relu(graph, neuron_dense(graph, neuron_flatten(graph, x), 64, NULL));
    neuron_node_t *kind = neuron_softmax(graph, neuron_dense(graph, x, CLASSES, NULL), NULL);
    neuron_node_t *ink = neuron_dense(graph, x, 1, NULL);
    neuron_node_set_name(kind, "kind");
    neuron_node_set_name(ink, "ink");
    must(neuron_graph_finish_many(graph, (neuron_node_t *[]){kind, ink}, 2));

    must(neuron_optimizer_create(&adam, context, "adam", NULL));
    must(neuron_loss_create(&squared, context, "mean_squared_error", NULL));
    must(neuron_trainer_create(&trainer, graph, adam, train));
    must(neuron_trainer_set_output_loss(trainer, 1, squared, 2)); /* output 0 has cross-entropy */
    must(neuron_trainer_set(trainer, "epochs=3"));
    must(neuron_trainer_run(NULL, trainer));

    must(neuron_graph_evaluate(&of_kind, graph, test, NULL, "output=0"));
    must(neuron_graph_evaluate(&of_ink, graph, test, NULL, "output=1"));
    int status = reached("kind, accuracy", neuron_evaluation_accuracy(of_kind), 0.85);
    status |= reached("ink, coefficient of determination", neuron_evaluation_r2(of_ink, 0), 0.85);

    neuron_evaluation_unref(of_kind);
    neuron_evaluation_unref(of_ink);
    neuron_trainer_unref(trainer);
    neuron_loss_unref(squared);
    neuron_optimizer_unref(adam);
    neuron_graph_unref(graph);
    neuron_dataset_unref(train);
    neuron_dataset_unref(test);
    neuron_context_unref(context);
    return status;
}
