/* Sequences: what kind of wave a noisy signal of 128 numbers is: a sine, a square, a saw-tooth or
 * nothing but noise; of any frequency, phase and size.
 *
 * neuron_conv1d() and neuron_max_pool1d() work along the one axis of time, neuron_batch_norm()
 * brings signals of every size to one. Its moving averages, by which predictions go, keep 99 % of
 * themselves at each step, so that a short training like this one needs momentum=0.9: else it looks
 * far worse than it is. The trainer warns of that in the log. */
#include "recipe.h"

#include <math.h>

enum { LENGTH = 128, CLASSES = 4 };

static double uniform(void)
{
    static uint32_t state = 1;
    state = state * 1664525 + 1013904223;
    return (state >> 8) / (double)(1 << 24);
}

static neuron_dataset_t *make_signals(neuron_context_t *context, int64_t count)
{
    static const char *const names[] = {"sine", "square", "saw-tooth", "noise"};
    neuron_tensor_t *signals, *labels;
    neuron_dataset_t *dataset;
    must(neuron_tensor_create(&signals, context, NEURON_TYPE_F32,
                              (const int64_t[]){count, LENGTH, 1}, 3));
    must(neuron_tensor_create(&labels, context, NEURON_TYPE_I32, &count, 1));
    float *signal = neuron_tensor_data(signals);
    int32_t *label = neuron_tensor_data(labels);
    for (int64_t i = 0; i < count; i++) {
        double frequency = 2 + 6 * uniform(), phase = uniform(), size = 0.5 + 4 * uniform();
        label[i] = (int32_t)(i % CLASSES);
        for (int t = 0; t < LENGTH; t++) {
            double at = fmod(frequency * t / LENGTH + phase, 1);
            double waves[] = {sin(6.283185 * at), at < 0.5 ? 1 : -1, 2 * at - 1, 0};
            double noise = uniform() + uniform() + uniform() - 1.5;
            signal[i * LENGTH + t] = (float)(size * (waves[label[i]] + noise));
        }
    }
    must(neuron_dataset_create(&dataset, context, signals, labels, CLASSES));
    must(neuron_dataset_set_class_names(dataset, names, CLASSES));
    neuron_tensor_unref(signals);
    neuron_tensor_unref(labels);
    return dataset;
}

static neuron_node_t *block(neuron_graph_t *graph, neuron_node_t *x, int64_t filters)
{
    x = neuron_conv1d(graph, x, filters, 7, "padding=same, use_bias=no");
    x = neuron_relu(graph, neuron_batch_norm(graph, x, "momentum=0.9"));
    return neuron_max_pool1d(graph, x, 2, NULL);
}

int main(void)
{
    neuron_context_t *context;
    neuron_graph_t *graph;
    neuron_optimizer_t *adam;
    neuron_trainer_t *trainer;
    neuron_evaluation_t *evaluation;
    must(neuron_context_create(&context, NULL));
    neuron_dataset_t *train = make_signals(context, 2000), *test = make_signals(context, 1000);
    must(neuron_graph_create(&graph, context));
    neuron_node_t *x = neuron_input(graph, (const int64_t[]){LENGTH, 1}, 2);
    x = block(graph, block(graph, block(graph, x, 16), 32), 32);
    x = neuron_dense(graph, neuron_global_average_pool1d(graph, x), CLASSES, NULL);
    must(neuron_graph_finish(graph, neuron_softmax(graph, x, NULL)));

    must(neuron_optimizer_create(&adam, context, "adam", "learning_rate=0.005"));
    must(neuron_trainer_create(&trainer, graph, adam, train));
    must(neuron_trainer_set(trainer, "epochs=4"));
    must(neuron_trainer_run(NULL, trainer));

    char report[2048];
    must(neuron_graph_evaluate(&evaluation, graph, test, NULL, NULL));
    must(neuron_evaluation_report(report, sizeof report, NULL, evaluation, NULL, 3));
    puts(report);
    int status = reached("accuracy", neuron_evaluation_accuracy(evaluation), 0.9);

    neuron_evaluation_unref(evaluation);
    neuron_trainer_unref(trainer);
    neuron_optimizer_unref(adam);
    neuron_graph_unref(graph);
    neuron_dataset_unref(train);
    neuron_dataset_unref(test);
    neuron_context_unref(context);
    return status;
}
