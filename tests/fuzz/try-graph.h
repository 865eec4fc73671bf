/* For fuzz targets that read models: memory that is counted and bounded, and a prediction. They say
 * before what reading may take (READING_MAX) and what one prediction may cost (WORK_MAX). */
#ifndef FUZZ_TRY_GRAPH_H
#define FUZZ_TRY_GRAPH_H

#include <libneuron/libneuron.h>

#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

/* What reading takes beyond READING_MAX ends the program. What a graph takes beyond that to predict
 * with is up to its shapes. */
static const size_t memory_max = (size_t)256 << 20;

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
        (size > READING_MAX || atomic_load(&memory_used) > READING_MAX - size))
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
static inline int is_small(const neuron_graph_t *graph)
{
    for (int64_t i = 0; i < neuron_graph_node_count(graph); i++) {
        int64_t extents[NEURON_RANK_MAX], count = 1;
        int32_t rank;
        if (neuron_node_shape(extents, &rank, neuron_graph_node(graph, i)) < 0)
            abort();
        for (int32_t axis = 0; axis < rank; axis++) {
            if (extents[axis] > WORK_MAX || count > WORK_MAX)
                return 0;
            count *= extents[axis];
        }
        if (count > WORK_MAX)
            return 0;
    }
    return neuron_graph_node_count(graph) < 200 && neuron_graph_parameter_count(graph) < WORK_MAX;
}

/* Tensors of zeros with one example for each input or output; NULL if there is no memory. */
static neuron_tensor_t **make_tensors(neuron_context_t *context, const neuron_graph_t *graph,
                                      int64_t count, int outputs, int32_t type)
{
    neuron_tensor_t **made = calloc((size_t)count, sizeof(neuron_tensor_t *));
    for (int64_t i = 0; made && i < count; i++) {
        int64_t extents[NEURON_RANK_MAX + 1] = {1};
        int32_t rank;
        const neuron_node_t *node =
            outputs ? neuron_graph_output(graph, i) : neuron_graph_input(graph, i);
        if (neuron_node_shape(extents + 1, &rank, node) < 0)
            abort();
        (void)neuron_tensor_create(&made[i], context, type, extents, rank + 1);
    }
    return made;
}

static void free_tensors(neuron_tensor_t **tensors, int64_t count)
{
    for (int64_t i = 0; tensors && i < count; i++)
        neuron_tensor_unref(tensors[i]);
    free(tensors);
}

/* With inputs of that type. */
static inline void predict(neuron_context_t *context, const neuron_graph_t *graph, int32_t type)
{
    int64_t counts[] = {neuron_graph_input_count(graph), neuron_graph_output_count(graph)};
    neuron_tensor_t **inputs = make_tensors(context, graph, counts[0], 0, type);
    neuron_tensor_t **outputs = make_tensors(context, graph, counts[1], 1, NEURON_TYPE_F32);
    if (inputs && outputs)
        (void)neuron_graph_predict_many(graph, inputs, counts[0], outputs, counts[1]);
    free_tensors(inputs, counts[0]);
    free_tensors(outputs, counts[1]);
}

/* A context with one thread and that memory. */
static inline neuron_context_t *counted_context(void)
{
    neuron_context_t *context;
    if (neuron_context_create_with_allocator(&context, allocate, release, NULL, NULL, NULL) < 0)
        abort();
    neuron_context_set_number(context, "threads", 1);
    return context;
}

/* Ends the context, and the program if there is a leak. */
static inline void end_counted(neuron_context_t *context)
{
    neuron_context_unref(context);
    if (atomic_load(&memory_used) != 0)
        abort();
}

#endif
