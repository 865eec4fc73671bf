/* Regression: prices of about half a million, from inputs of very different size.
 *
 * A network learns numbers around 0 best. Two layers keep that inside the graph:
 * neuron_standardize() before it and neuron_unstandardize() behind it, which neuron_node_adapt()
 * sets to mean and deviation of the inputs and of the targets; so the program hands in and gets
 * numbers in their own units, and so do evaluations. Adam does not mind that the loss is large. */
#include "recipe.h"

#include <math.h>

enum { INPUTS = 3 };

/* A house: square metres, distance in metres, year; and its price. */
static neuron_dataset_t *make_houses(neuron_context_t *context, int64_t count)
{
    static uint32_t state = 1;
    neuron_tensor_t *houses, *prices;
    neuron_dataset_t *dataset;
    must(neuron_tensor_create(&houses, context, NEURON_TYPE_F32, (const int64_t[]){count, INPUTS},
                              2));
    must(neuron_tensor_create(&prices, context, NEURON_TYPE_F32, &count, 1));
    float *house = neuron_tensor_data(houses), *price = neuron_tensor_data(prices);
    for (int64_t i = 0; i < count; i++, house += INPUTS) {
        float random[4];
        for (int k = 0; k < 4; k++) {
            state = state * 1664525 + 1013904223;
            random[k] = (float)(state >> 8) / (1 << 24);
        }
        house[0] = 60 + 140 * random[0];
        house[1] = 30000 * random[1];
        house[2] = 1900 + 125 * random[2];
        price[i] = 3500 * house[0] * (1 + expf(-house[1] / 8000)) + 1000 * (house[2] - 1900) +
                   50000 * random[3];
    }
    must(neuron_dataset_create_with_targets(&dataset, context, houses, prices));
    neuron_tensor_unref(houses);
    neuron_tensor_unref(prices);
    return dataset;
}

int main(void)
{
    neuron_context_t *context;
    neuron_graph_t *graph;
    neuron_optimizer_t *adam;
    neuron_loss_t *loss;
    neuron_trainer_t *trainer;
    neuron_evaluation_t *evaluation;
    must(neuron_context_create(&context, NULL));
    neuron_dataset_t *train = make_houses(context, 4000), *test = make_houses(context, 1000);

    must(neuron_graph_create(&graph, context));
    neuron_node_t *inputs = neuron_input(graph, (const int64_t[]){INPUTS}, 1);
    neuron_node_t *scaled = neuron_standardize(graph, inputs);
    neuron_node_t *x = neuron_relu(graph, neuron_dense(graph, scaled, 64, NULL));
    neuron_node_t *price = neuron_unstandardize(graph, neuron_dense(graph, x, 1, NULL));
    must(neuron_graph_finish(graph, price));
    must(neuron_node_adapt(scaled, train));
    must(neuron_node_adapt(price, train));

    must(neuron_optimizer_create(&adam, context, "adam", "learning_rate=0.003"));
    must(neuron_loss_create(&loss, context, "mean_squared_error", NULL));
    must(neuron_trainer_create(&trainer, graph, adam, train));
    must(neuron_trainer_set_loss(trainer, loss));
    must(neuron_trainer_set(trainer, "epochs=20"));
    must(neuron_trainer_run(NULL, trainer));

    must(neuron_graph_evaluate(&evaluation, graph, test, loss, NULL));
    printf("mean absolute error: %.0f\n", neuron_evaluation_mean_absolute_error(evaluation, 0));
    int status = reached("coefficient of determination", neuron_evaluation_r2(evaluation, 0), 0.95);

    neuron_evaluation_unref(evaluation);
    neuron_trainer_unref(trainer);
    neuron_loss_unref(loss);
    neuron_optimizer_unref(adam);
    neuron_graph_unref(graph);
    neuron_dataset_unref(train);
    neuron_dataset_unref(test);
    neuron_context_unref(context);
    return status;
}
