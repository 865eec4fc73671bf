/* ONNX files of any bytes: imported, and if that can be, predicted with, copied and exported. */
#include <libneuron-onnx/onnx.h>
#include <libneuron/libneuron.h>

#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What reading a file of a fuzzer's size may take at the most: a million numbers that it computes,
 * a few times. What a graph takes beyond that to predict with is up to its shapes; and what one
 * prediction may cost. */
static const size_t reading_max = (size_t)64 << 20, memory_max = (size_t)256 << 20;
static const int64_t work_max = 1 << 14;

static atomic_size_t memory_used;
static atomic_bool is_reading;

/* In front of each piece, to know its size. */
enum { HEAD = 64 };

static void *allocate(size_t size, size_t alignment, void *user_data)
{
    void *memory = NULL;
    (void)alignment; /* 64 or less */
    (void)user_data;
    if (atomic_load(&is_reading) &&
        (size > reading_max || atomic_load(&memory_used) > reading_max - size))
        abort(); /* a claim was believed too early */
    if (size > memory_max || atomic_load(&memory_used) > memory_max - size ||
        posix_memalign(&memory, HEAD, size + HEAD) != 0)
        return NULL;
    atomic_fetch_add(&memory_used, size);
    *(size_t *)memory = size;
    return (char *)memory + HEAD;
}

static void release(void *memory, void *user_data)
{
    char *whole = (char *)memory - HEAD;
    (void)user_data;
    atomic_fetch_sub(&memory_used, *(size_t *)(void *)whole);
    free(whole);
}

/* Whether nothing in a graph is so large that a prediction takes long. */
static int is_small(const neuron_graph_t *graph)
{
    for (int64_t i = 0; i < neuron_graph_node_count(graph); i++) {
        int64_t extents[NEURON_RANK_MAX], count = 1;
        int32_t rank;
        if (neuron_node_shape(extents, &rank, neuron_graph_node(graph, i)) < 0)
            abort();
        for (int32_t axis = 0; axis < rank; axis++) {
            if (extents[axis] > work_max || count > work_max)
                return 0;
            count *= extents[axis];
        }
        if (count > work_max)
            return 0;
    }
    return neuron_graph_node_count(graph) < 200 && neuron_graph_parameter_count(graph) < work_max;
}

/* Tensors of zeros with one example for each input or output; NULL if there is no memory. */
static neuron_tensor_t **make_tensors(neuron_context_t *context, const neuron_graph_t *graph,
                                      int64_t count, int outputs)
{
    neuron_tensor_t **made = calloc((size_t)count, sizeof(neuron_tensor_t *));
    for (int64_t i = 0; made && i < count; i++) {
        int64_t extents[NEURON_RANK_MAX + 1] = {1};
        int32_t rank;
        const neuron_node_t *node =
            outputs ? neuron_graph_output(graph, i) : neuron_graph_input(graph, i);
        if (neuron_node_shape(extents + 1, &rank, node) < 0)
            abort();
        (void)neuron_tensor_create(&made[i], context, NEURON_TYPE_F32, extents, rank + 1);
    }
    return made;
}

static void free_tensors(neuron_tensor_t **tensors, int64_t count)
{
    for (int64_t i = 0; tensors && i < count; i++)
        neuron_tensor_unref(tensors[i]);
    free(tensors);
}

static void predict(neuron_context_t *context, const neuron_graph_t *graph)
{
    int64_t counts[] = {neuron_graph_input_count(graph), neuron_graph_output_count(graph)};
    neuron_tensor_t **inputs = make_tensors(context, graph, counts[0], 0);
    neuron_tensor_t **outputs = make_tensors(context, graph, counts[1], 1);
    if (inputs && outputs)
        (void)neuron_graph_predict_many(graph, inputs, counts[0], outputs, counts[1]);
    free_tensors(inputs, counts[0]);
    free_tensors(outputs, counts[1]);
}

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
    neuron_context_t *context;
    neuron_graph_t *graph;
    if (neuron_context_create_with_allocator(&context, allocate, release, NULL, NULL, NULL) < 0)
        abort();
    neuron_context_set_number(context, "threads", 1);
    for (int i = 0; i < 3; i++) {
        atomic_store(&is_reading, true);
        int status = neuron_onnx_import_memory(&graph, context, data, size, options[i]);
        atomic_store(&is_reading, false);
        if ((status == NEURON_OK) != (graph != NULL) || (status < 0 && !neuron_error_last()[0]))
            abort();
        if (graph && is_small(graph)) {
            predict(context, graph);
            look(context, graph);
        }
        neuron_graph_unref(graph);
    }
    neuron_context_unref(context);
    if (atomic_load(&memory_used) != 0)
        abort(); /* a leak */
    return 0;
}
