/* What check-gdb.py looks at: handles of each kind, at a function that only has them. */
#include <libneuron/libneuron.h>

#include <stdlib.h>

void show(neuron_tensor_t *tensor, neuron_tensor_t *bytes, neuron_graph_t *graph,
          neuron_node_t *node, neuron_graph_t *failed);

static const void *volatile seen;

__attribute__((noinline)) void show(neuron_tensor_t *tensor, neuron_tensor_t *bytes,
                                    neuron_graph_t *graph, neuron_node_t *node,
                                    neuron_graph_t *failed)
{
    seen = tensor;
    seen = bytes;
    seen = graph;
    seen = node;
    seen = failed;
}

static void must(int status)
{
    if (status < 0)
        exit(EXIT_FAILURE);
}

int main(void)
{
    neuron_context_t *context;
    neuron_graph_t *graph, *failed;
    neuron_tensor_t *input, *output, *bytes;
    float pixels[2 * 16] = {1, 2.5f, -3}, shares[2 * 3];
    uint8_t three[] = {7, 0, 255};
    must(neuron_context_create(&context, NULL));
    must(neuron_tensor_wrap(&input, context, NEURON_TYPE_F32, (const int64_t[]){2, 4, 4, 1}, 4,
                            pixels));
    must(neuron_tensor_wrap(&output, context, NEURON_TYPE_F32, (const int64_t[]){2, 3}, 2, shares));
    must(neuron_tensor_wrap(&bytes, context, NEURON_TYPE_U8, (const int64_t[]){3}, 1, three));
    must(neuron_graph_create(&graph, context));
    must(neuron_graph_set_name(graph, "shown"));
    neuron_node_t *x = neuron_input(graph, (const int64_t[]){4, 4, 1}, 3);
    neuron_node_t *c = neuron_relu(graph, neuron_conv2d(graph, x, 2, 3, 3, NULL));
    neuron_node_t *y =
        neuron_softmax(graph, neuron_dense(graph, neuron_flatten(graph, c), 3, NULL), NULL);
    must(neuron_graph_finish(graph, y));
    must(neuron_graph_create(&failed, context));
    neuron_dense(failed, NULL, 3, NULL);

    show(input, bytes, graph, c, failed);
    must(neuron_graph_predict(graph, input, output));

    neuron_tensor_unref(input);
    neuron_tensor_unref(output);
    neuron_tensor_unref(bytes);
    neuron_graph_unref(graph);
    neuron_graph_unref(failed);
    neuron_context_unref(context);
    return EXIT_SUCCESS;
}
