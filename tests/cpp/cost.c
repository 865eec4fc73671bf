/* What check-cost.py counts: predicts one example after the other, as a C program does.
 * usage: cost COUNT */
#include <libneuron/libneuron.h>

#include <stdio.h>
#include <stdlib.h>

static void must(int status)
{
    if (status < 0) {
        fprintf(stderr, "%s\n", neuron_error_last());
        exit(EXIT_FAILURE);
    }
}

int main(int argc, char **argv)
{
    long count = argc == 2 ? strtol(argv[1], NULL, 10) : 1;
    float values[16] = {0.5f}, probabilities[10] = {0};
    neuron_context_t *context;
    must(neuron_context_create(&context, "threads=1"));
    neuron_graph_t *graph;
    must(neuron_graph_create(&graph, context));
    neuron_node_t *x = neuron_input(graph, (const int64_t[]){16}, 1);
    neuron_node_t *h = neuron_relu(graph, neuron_dense(graph, x, 8, NULL));
    must(neuron_graph_finish(graph, neuron_softmax(graph, neuron_dense(graph, h, 10, NULL), NULL)));
    neuron_tensor_t *input, *output;
    must(neuron_tensor_wrap(&input, context, NEURON_TYPE_F32, (const int64_t[]){1, 16}, 2, values));
    must(neuron_tensor_wrap(&output, context, NEURON_TYPE_F32, (const int64_t[]){1, 10}, 2,
                            probabilities));
    double sum = 0;
    for (long i = 0; i < count; i++) {
        must(neuron_graph_predict(graph, input, output));
        sum += (double)probabilities[3];
    }
    printf("%g\n", sum);
    neuron_tensor_unref(output);
    neuron_tensor_unref(input);
    neuron_graph_unref(graph);
    neuron_context_unref(context);
    return EXIT_SUCCESS;
}
