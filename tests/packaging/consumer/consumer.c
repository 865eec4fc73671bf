/* A stranger's program in C: trains for a moment, and prints the version of the library. */
#include <libneuron/libneuron.h>

#include <stdio.h>

int main(void)
{
    neuron_context_t *context = NULL;
    neuron_graph_t *graph = NULL;
    neuron_optimizer_t *sgd = NULL;
    neuron_dataset_t *train = NULL;
    neuron_trainer_t *trainer = NULL;
    int status = neuron_context_create(&context, NULL);
    if (status == NEURON_OK)
        status = neuron_dataset_generate_glyphs(&train, context, 100, 8, 8, 1);
    if (status == NEURON_OK)
        status = neuron_graph_create(&graph, context);
    if (status == NEURON_OK) {
        neuron_node_t *x = neuron_input(graph, (const int64_t[]){8, 8, 1}, 3);
        x = neuron_dense(graph, neuron_flatten(graph, x), 10, NULL);
        status = neuron_graph_finish(graph, neuron_softmax(graph, x, NULL));
    }
    if (status == NEURON_OK)
        status = neuron_optimizer_create(&sgd, context, "sgd", NULL);
    if (status == NEURON_OK)
        status = neuron_trainer_create(&trainer, graph, sgd, train);
    if (status == NEURON_OK)
        status = neuron_trainer_run(NULL, trainer);
    printf("%s\n", status == NEURON_OK ? neuron_version_string() : neuron_error_last());
    neuron_trainer_unref(trainer);
    neuron_optimizer_unref(sgd);
    neuron_graph_unref(graph);
    neuron_dataset_unref(train);
    neuron_context_unref(context);
    return status == NEURON_OK ? 0 : 1;
}
