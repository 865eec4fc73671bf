/* ONNX files of any bytes: imported, and if that can be, predicted with, copied and exported. */
/* What reading a file of a fuzzer's size may take at the most: a million numbers that it computes,
 * a few times. */
#define READING_MAX ((size_t)64 << 20)
#define WORK_MAX    (1 << 14)
#include "try-graph.h"

#include <libneuron-onnx/onnx.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A graph that was imported is exported and imported again, or says why not; and copied. */
static void look(neuron_context_t *context, const neuron_graph_t *graph)
{
    neuron_graph_t *clone;
    size_t size;
    int status = neuron_graph_clone(&clone, context, graph);
    if (status < 0 && status != NEURON_E_MEMORY && status != NEURON_E_UNSUPPORTED)
        abort();
    neuron_graph_unref(clone);
    if (neuron_onnx_export_memory(NULL, 0, &size, graph, NULL) < 0)
        return;
    void *bytes = malloc(size);
    neuron_graph_t *again = NULL;
    if (bytes && neuron_onnx_export_memory(bytes, size, NULL, graph, NULL) == NEURON_OK)
        (void)neuron_onnx_import_memory(&again, context, bytes, size, NULL);
    neuron_graph_unref(again);
    free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const options[] = {NULL, "layout=file", "batch=none, layout=file"};
    neuron_context_t *context = counted_context();
    neuron_graph_t *graph;
    for (int i = 0; i < 3; i++) {
        atomic_store(&is_reading, true);
        int status = neuron_onnx_import_memory(&graph, context, data, size, options[i]);
        atomic_store(&is_reading, false);
        if ((status == NEURON_OK) != (graph != NULL) || (status < 0 && !neuron_error_last()[0]))
            abort();
        if (graph && is_small(graph)) {
            predict(context, graph, NEURON_TYPE_F32);
            look(context, graph);
        }
        neuron_graph_unref(graph);
    }
    end_counted(context);
    return 0;
}
