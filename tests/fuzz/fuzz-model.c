/* Model files of any bytes: loaded, and if they load, asked for what they mean, predicted with and
 * copied. */
#include <libneuron/libneuron.h>

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* More than any honest file of a fuzzer's size needs; and what one prediction may cost. */
static const size_t memory_max = (size_t)256 << 20;
static const int64_t work_max = 1 << 16;

static atomic_size_t memory_used;

/* In front of each piece, to know its size. */
enum { HEAD = 64 };

static void *allocate(size_t size, size_t alignment, void *user_data)
{
    void *memory = NULL;
    (void)alignment; /* 64 or less */
    (void)user_data;
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

static void predict(neuron_context_t *context, const neuron_graph_t *graph, int32_t type)
{
    int64_t in[NEURON_RANK_MAX + 1] = {1}, out[NEURON_RANK_MAX + 1] = {1};
    int32_t in_rank, out_rank;
    neuron_tensor_t *input = NULL, *output = NULL;
    if (neuron_graph_input_shape(in + 1, &in_rank, graph) < 0 ||
        neuron_graph_output_shape(out + 1, &out_rank, graph) < 0)
        abort();
    if (count_elements(in, in_rank + 1) > work_max || count_elements(out, out_rank + 1) > work_max)
        return;
    if (neuron_tensor_create(&input, context, type, in, in_rank + 1) == NEURON_OK &&
        neuron_tensor_create(&output, context, NEURON_TYPE_F32, out, out_rank + 1) == NEURON_OK)
        (void)neuron_graph_predict(graph, input, output);
    neuron_tensor_unref(input);
    neuron_tensor_unref(output);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    neuron_context_t *context;
    neuron_graph_t *graph;
    if (neuron_context_create_with_allocator(&context, allocate, release, NULL, NULL, NULL) < 0)
        abort();
    neuron_context_set_number(context, "threads", 1);
    register_kinds(context);
    if (neuron_graph_load_memory(&graph, context, data, size) == NEURON_OK) {
        predict(context, graph, NEURON_TYPE_F32);
        predict(context, graph, NEURON_TYPE_U8);
        look(context, graph);
    }
    neuron_graph_unref(graph);
    neuron_context_unref(context);
    if (atomic_load(&memory_used) != 0)
        abort(); /* a leak */
    return 0;
}
