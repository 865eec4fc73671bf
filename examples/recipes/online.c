/* Online learning: examples come a few at a time, are predicted, then learnt from, and gone.
 * Half-way the world changes: what was called 0 is now called 1, and so on. The network follows.
 *
 * A trainer without a dataset takes batches of the program's own, neuron_trainer_step(), and costs
 * what a step of any training does. */
#include "recipe.h"

enum { PIXELS = 28 * 28, BATCH = 10, BATCHES = 1000, CLASSES = 10 };

int main(void)
{
    neuron_context_t *context;
    neuron_graph_t *graph;
    neuron_optimizer_t *adam;
    neuron_trainer_t *trainer;
    neuron_tensor_t *seen, *answer, *truth;
    must(neuron_context_create(&context, NULL));
    neuron_dataset_t *world = images(context, "mnist", "train", BATCH * BATCHES);
    must(neuron_graph_create(&graph, context));
    neuron_node_t *x = neuron_flatten(graph, neuron_input(graph, (const int64_t[]){28, 28, 1}, 3));
    x = neuron_dense(graph, neuron_relu(graph, neuron_dense(graph, x, 64, NULL)), CLASSES, NULL);
    must(neuron_graph_finish(graph, neuron_softmax(graph, x, NULL)));
    must(neuron_optimizer_create(&adam, context, "adam", "learning_rate=0.003"));
    must(neuron_trainer_create(&trainer, graph, adam, NULL));

    must(neuron_tensor_create(&seen, context, NEURON_TYPE_F32, (const int64_t[]){BATCH, 28, 28, 1},
                              4));
    must(neuron_tensor_create(&answer, context, NEURON_TYPE_F32, (const int64_t[]){BATCH, CLASSES},
                              2));
    must(neuron_tensor_create(&truth, context, NEURON_TYPE_I32, (const int64_t[]){BATCH}, 1));
    neuron_tensor_t *inputs[] = {seen}, *targets[] = {truth};
    int32_t *label = neuron_tensor_data(truth);
    int64_t best[BATCH];
    int correct = 0;
    double last = 0;
    for (int batch = 0; batch < BATCHES; batch++) {
        must(neuron_dataset_read(neuron_tensor_data(seen), label, world, batch * BATCH, BATCH));
        must(neuron_graph_predict(graph, seen, answer));
        must(neuron_tensor_top_k(best, NULL, BATCH, answer, 1));
        for (int i = 0; i < BATCH; i++) {
            label[i] = (label[i] + (batch >= BATCHES / 2)) % CLASSES;
            correct += best[i] == label[i];
        }
        must(neuron_trainer_step(NULL, trainer, inputs, 1, targets, 1, NULL));
        if (batch % 100 == 99) {
            last = correct / (100.0 * BATCH);
            printf("batches %d to %d: %.3f correct before they were learnt\n", batch - 98,
                   batch + 1, last);
            correct = 0;
        }
    }
    int status = reached("correct in the end", last, 0.65);

    neuron_tensor_unref(seen);
    neuron_tensor_unref(answer);
    neuron_tensor_unref(truth);
    neuron_trainer_unref(trainer);
    neuron_optimizer_unref(adam);
    neuron_graph_unref(graph);
    neuron_dataset_unref(world);
    neuron_context_unref(context);
    return status;
}
