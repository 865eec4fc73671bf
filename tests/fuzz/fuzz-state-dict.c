/* State dicts of any bytes, into a graph that has layers of each kind: what was loaded comes back
 * as it was written. */
#include "limited.h"

#include <string.h>

static neuron_graph_t *make_graph(neuron_context_t *context)
{
    neuron_graph_t *graph;
    if (neuron_graph_create(&graph, context) < 0)
        return NULL;
    neuron_node_t *x = neuron_input(graph, (const int64_t[]){4, 3, 2}, 3);
    x = neuron_batch_norm(graph, neuron_conv2d(graph, x, 3, 2, 2, NULL), NULL);
    x = neuron_prelu(graph, neuron_depthwise_conv2d(graph, x, 2, 1, "use_bias=no"));
    x = neuron_dense(graph, neuron_flatten(graph, x), 6, NULL);
    x = neuron_layer_norm(graph, x, NULL);
    neuron_node_set_name(x, "features/0");
    x = neuron_conv1d(graph, neuron_reshape(graph, x, (const int64_t[]){3, 2}, 2), 2, 2, NULL);
    if (neuron_graph_finish(graph, x) == NEURON_OK)
        return graph;
    neuron_graph_unref(graph);
    return NULL;
}

/* The bytes of a graph's state dict; NULL without memory. */
static void *save(const neuron_graph_t *graph, size_t *size)
{
    if (neuron_graph_save_state_dict_memory(NULL, 0, size, graph) < 0)
        return NULL;
    void *bytes = malloc(*size);
    if (bytes && neuron_graph_save_state_dict_memory(bytes, *size, NULL, graph) < 0)
        abort();
    return bytes;
}

static void come_back(neuron_context_t *context, const neuron_graph_t *graph)
{
    neuron_graph_t *other = make_graph(context);
    size_t sizes[2];
    int64_t loaded = 0;
    void *bytes = save(graph, &sizes[0]), *again = NULL;
    if (other && bytes) {
        if (neuron_graph_load_state_dict_memory(&loaded, other, bytes, sizes[0], NULL, NULL) < 0 ||
            loaded != neuron_graph_array_count(graph))
            abort();
        again = save(other, &sizes[1]);
        if (again && (sizes[0] != sizes[1] || memcmp(bytes, again, sizes[0]) != 0))
            abort();
    }
    free(again);
    free(bytes);
    neuron_graph_unref(other);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    neuron_context_t *context = limited_context(size);
    neuron_graph_t *graph = context ? make_graph(context) : NULL;
    if (graph) {
        int64_t loaded = -1;
        int status = neuron_graph_load_state_dict_memory(&loaded, graph, bytes, size, NULL, NULL);
        if ((status == NEURON_OK) != (loaded > 0))
            abort();
        if (status == NEURON_OK)
            come_back(context, graph);
        (void)neuron_graph_load_state_dict_memory(NULL, graph, bytes, size, "features",
                                                  "features.");
    }
    neuron_graph_unref(graph);
    neuron_context_unref(context);
    return 0;
}
