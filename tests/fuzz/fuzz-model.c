/* Model files of any bytes: loaded, and if they load, asked for what they mean, predicted with and
 * copied. */
/* Many times what a file of a fuzzer's size can have. */
#define READING_MAX ((size_t)64 << 20)
#define WORK_MAX    (1 << 16)
#include "try-graph.h"

#include <string.h>

/* Layers of the caller's own touch all that they may, so that a
 * sanitizer sees what is too small. */
static int touch(neuron_custom_run_t *run, void *user_data)
{
    (void)user_data;
    float sum = 0;
    int64_t batch = neuron_custom_run_batch(run);
    for (int64_t k = 0; k < neuron_custom_run_input_count(run); k++) {
        const float *x = neuron_custom_run_input(run, k);
        for (int64_t i = 0; i < batch * neuron_custom_run_input_size(run, k); i++)
            sum += x[i];
    }
    for (int64_t k = 0; neuron_custom_run_array_size(run, k) > 0; k++)
        for (int64_t i = 0; i < neuron_custom_run_array_size(run, k); i++)
            sum += neuron_custom_run_array(run, k)[i];
    float *y = neuron_custom_run_output(run);
    for (int64_t i = 0; i < batch * neuron_custom_run_output_size(run); i++)
        y[i] = sum;
    return 0;
}

/* The shape that the corpus has of this kind. */
static int pair_shape(int64_t *output, int32_t *rank, const int64_t *shapes, const int32_t *ranks,
                      int64_t count, void *user_data)
{
    (void)shapes;
    (void)user_data;
    if (count != 1 || ranks[0] != 1)
        return -1;
    output[0] = 2;
    *rank = 1;
    return 0;
}

static void register_kinds(neuron_context_t *context)
{
    if (neuron_custom_layer_register(context, "own", touch, NULL, NULL, NULL, NULL) < 0 ||
        neuron_custom_layer_register(context, "pair", touch, NULL, pair_shape, NULL, NULL) < 0)
        abort();
}

static int64_t count_elements(const int64_t *shape, int32_t rank)
{
    int64_t count = 1;
    for (int32_t axis = 0; axis < rank; axis++)
        count *= shape[axis];
    return count;
}

/* A graph that was loaded is saved and loaded again with all that it knows. */
static void look(neuron_context_t *context, const neuron_graph_t *graph)
{
    double scales[4], offsets[4];
    size_t length = 0, count;
    neuron_graph_t *clone;
    for (int64_t k = 0; neuron_graph_class_name(graph, NULL, k); k++)
        length += strlen(neuron_graph_class_name(graph, NULL, k));
    for (int32_t i = 0; neuron_graph_metadata_key(graph, i); i++)
        length += strlen(neuron_graph_metadata(graph, neuron_graph_metadata_key(graph, i)));
    (void)neuron_graph_scales(scales, offsets, 4, &count, graph, NULL);
    neuron_preparation_t *preparation;
    (void)neuron_graph_preparation(&preparation, graph);
    neuron_preparation_unref(preparation);
    int status = neuron_graph_clone(&clone, context, graph);
    if (length == SIZE_MAX ||
        (status < 0 && status != NEURON_E_MEMORY && status != NEURON_E_UNSUPPORTED && status != -1))
        abort();
    neuron_graph_unref(clone);
}

static bool has_small_ends(const neuron_graph_t *graph)
{
    int64_t in[NEURON_RANK_MAX], out[NEURON_RANK_MAX];
    int32_t in_rank, out_rank;
    if (neuron_graph_input_shape(in, &in_rank, graph) < 0 ||
        neuron_graph_output_shape(out, &out_rank, graph) < 0)
        abort();
    return count_elements(in, in_rank) <= WORK_MAX && count_elements(out, out_rank) <= WORK_MAX;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    neuron_context_t *context = counted_context();
    neuron_graph_t *graph;
    register_kinds(context);
    atomic_store(&is_reading, true);
    int status = neuron_graph_load_memory(&graph, context, data, size);
    atomic_store(&is_reading, false);
    if (status == NEURON_OK) {
        if (has_small_ends(graph)) {
            predict(context, graph, NEURON_TYPE_F32);
            predict(context, graph, NEURON_TYPE_U8);
        }
        look(context, graph);
    }
    neuron_graph_unref(graph);
    end_counted(context);
    return 0;
}
