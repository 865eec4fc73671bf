/* Feeds bytes to the reader of .npz archives, as two arrays that make a dataset, and as parameters
 * of a graph. */
#include "limited.h"

#include "data/formats/npz.h"

/* Arrays that are called as those of the dataset. */
static void take_parameters(neuron_context_t *context, const uint8_t *bytes, size_t size)
{
    neuron_graph_t *graph;
    if (neuron_graph_create(&graph, context) < 0)
        return;
    neuron_node_t *x = neuron_input(graph, (const int64_t[]){2}, 1);
    if (neuron_graph_finish(graph, neuron_dense(graph, x, 3, NULL)) == NEURON_OK) {
        neuron_graph_load_arrays_memory(NULL, graph, bytes, size, "dense.kernel", "x_train");
        neuron_graph_load_arrays_memory(NULL, graph, bytes, size, "dense.bias", "y_train");
    }
    neuron_graph_unref(graph);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    neuron_context_t *context = limited_context(size);
    if (context) {
        const neuron_content content = neuron_content_of_memory(context, bytes, size, "fuzz");
        const neuron_npz_settings settings = {"x_train", "y_train", 3};
        neuron_dataset_t *dataset = NULL;
        int status = neuron_npz_read(&dataset, &content, &settings);
        limited_check(status, dataset);
        neuron_dataset_unref(dataset);
        take_parameters(context, bytes, size);
    }
    neuron_context_unref(context);
    return 0;
}
