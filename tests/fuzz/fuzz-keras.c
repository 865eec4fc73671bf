/* Models of Keras of any bytes: read, and if that can be, predicted with, copied and written; and
 * their weights taken into a graph that is there. What begins with '{' is a description, for which
 * an archive is made with weights that fit some: sums of archives keep a fuzzer from changing
 * these. */
/* More than an input of INPUT_MAX can justify: what DEFLATE makes of it at most is 62 MB, which the
 * file, what is read of it and the graph have. */
#define READING_MAX ((size_t)255 << 20)
#define WORK_MAX    (1 << 14)
#include "try-graph.h"

#include "keras/files/archive.h"
#include "keras/files/hdf5.h"

#include <libneuron-keras/keras.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUT_MAX = 60000 };

/* A graph that was read is written and read again, or says why not; and copied. */
static void look(neuron_context_t *context, const neuron_graph_t *graph)
{
    static const char *const formats[] = {"format=keras", "format=h5", "format=weights"};
    neuron_graph_t *again;
    int status = neuron_graph_clone(&again, context, graph);
    if (status < 0 && status != NEURON_E_MEMORY && status != NEURON_E_UNSUPPORTED)
        abort();
    neuron_graph_unref(again);
    for (int i = 0; i < 3; i++) {
        size_t size;
        if (neuron_keras_save_memory(NULL, 0, &size, graph, formats[i]) < 0)
            continue;
        void *bytes = malloc(size);
        again = NULL;
        if (bytes && neuron_keras_save_memory(bytes, size, NULL, graph, formats[i]) == NEURON_OK &&
            neuron_keras_load_memory(&again, context, bytes, size) == NEURON_OK && i == 2)
            abort(); /* it has no structure */
        neuron_graph_unref(again);
        free(bytes);
    }
}

/* Two layers, as the kept inputs have them. */
static neuron_graph_t *new_graph(neuron_context_t *context)
{
    neuron_graph_t *graph;
    if (neuron_graph_create(&graph, context) < 0)
        abort();
    neuron_node_t *x = neuron_input(graph, (const int64_t[]){3}, 1);
    neuron_node_t *a = neuron_dense(graph, x, 4, NULL), *b = neuron_batch_norm(graph, a, NULL);
    neuron_node_set_name(a, "dense");
    neuron_node_set_name(b, "norm");
    if (neuron_graph_finish(graph, b) < 0)
        abort();
    return graph;
}

/* The archive of a description; the caller releases it. NULL if there is no memory. */
static void *wrap(size_t *archive_size, neuron_context_t *context, const uint8_t *data, size_t size)
{
    static void *weights;
    static size_t weights_size;
    void *archive = NULL;
    if (!weights) {
        neuron_graph_t *graph = new_graph(context);
        if (neuron_keras_save_memory(NULL, 0, &weights_size, graph, "format=weights") < 0)
            abort();
        weights = malloc(weights_size);
        if (!weights ||
            neuron_keras_save_memory(weights, weights_size, NULL, graph, "format=weights") < 0)
            abort();
        neuron_graph_unref(graph);
    }
    const neuron_archive_member members[] = {{"config.json", data, size},
                                             {"model.weights.h5", weights, weights_size}};
    (void)neuron_archive_make(&archive, archive_size, context, members, 2);
    return archive;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    neuron_context_t *context = counted_context();
    neuron_graph_t *graph, *mine = new_graph(context);
    void *archive = size > 0 && data[0] == '{' ? wrap(&size, context, data, size) : NULL;
    int64_t loaded = -1;
    if (size <= INPUT_MAX) {
        atomic_store(&is_reading, true);
        int status = neuron_keras_load_memory(&graph, context, archive ? archive : data, size);
        if ((status == NEURON_OK) != (graph != NULL) || (status < 0 && !neuron_error_last()[0]))
            abort();
        (void)neuron_keras_load_weights_memory(&loaded, mine, archive ? archive : data, size, NULL);
        atomic_store(&is_reading, false);
        if (graph && is_small(graph)) {
            predict(context, graph, NEURON_TYPE_F32);
            look(context, graph);
        }
        neuron_graph_unref(graph);
    }
    neuron_release(context, archive);
    neuron_graph_unref(mine);
    end_counted(context);
    return 0;
}
