/* The parameters of a graph: one flat array of values with those that are trained first, each array
 * at a whole cache line; naming, reading and writing them, and freezing layers. */
#include "graph/arrays.h"

#include "base/checked.h"
#include "graph/initializer.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const int64_t floats_per_line = NEURON_ALIGNMENT / (int64_t)sizeof(float);

/* Names all arrays and counts them; arrays that are shared are their owner's, which comes first. */
static int list_arrays(neuron_graph_t *graph)
{
    int64_t count = 0;
    for (int32_t i = 0; i < graph->node_count; i++)
        count += graph->nodes[i]->owner ? 0 : graph->nodes[i]->spec.array_count;
    graph->arrays = neuron_allocate_zero(graph->context, neuron_size(count), sizeof *graph->arrays);
    if (!graph->arrays)
        return NEURON_E_MEMORY;
    for (int32_t i = 0; i < graph->node_count; i++) {
        neuron_node_t *node = graph->nodes[i];
        node->first_array = node->owner ? node->owner->first_array : graph->array_count;
        for (int32_t j = 0; !node->owner && j < node->spec.array_count; j++) {
            neuron_graph_array *array = &graph->arrays[graph->array_count];
            array->node = node;
            array->array = &node->spec.arrays[j];
            array->count = neuron_shape_count(&array->array->shape);
            char name[NEURON_NODE_NAME_MAX + 32];
            snprintf(name, sizeof name, "%s.%s", node->name, array->array->name);
            array->name = neuron_copy_text(graph->context, name);
            if (!array->name)
                return NEURON_E_MEMORY;
            graph->array_count++;
        }
    }
    return NEURON_OK;
}

/* Gives offsets to the arrays that are trainable, or to those that are not. */
static int place_arrays(neuron_graph_t *graph, bool trainable)
{
    for (int32_t i = 0; i < graph->array_count; i++) {
        neuron_graph_array *array = &graph->arrays[i];
        if (array->array->trainable != trainable)
            continue;
        array->offset = graph->value_count;
        graph->value_count += neuron_ceil_divide(array->count, floats_per_line) * floats_per_line;
        if (graph->value_count > (int64_t)1 << 40)
            return neuron_fail(NEURON_E_ARGUMENT, "%s: too many parameters", graph->name);
    }
    return NEURON_OK;
}

/* Fills an array as its layer says, or as the caller has said. */
static void initialize(const neuron_graph_t *graph, int64_t index)
{
    const neuron_graph_array *place = &graph->arrays[index];
    const neuron_array_choice *choice =
        &place->node->choices[place->array - place->node->spec.arrays];
    const neuron_random random = {
        .seed = graph->seed, .use = NEURON_RANDOM_INITIALIZE, .stream = (uint32_t)index};
    neuron_array array = *place->array;
    if (choice->initializer) {
        array.initializer = choice->initializer;
        array.parameter = choice->parameter;
    }
    neuron_initializer_fill(&array, &random, place->count, graph->values + place->offset);
}

/* Imported nodes bring their values with them. */
static void take_imported(neuron_graph_t *graph)
{
    for (int32_t i = 0; i < graph->node_count; i++) {
        neuron_node_t *node = graph->nodes[i];
        const float *from = node->imported;
        for (int32_t j = 0; from && j < node->spec.array_count; j++) {
            const neuron_graph_array *array = &graph->arrays[node->first_array + j];
            memcpy(graph->values + array->offset, from, (size_t)array->count * sizeof *from);
            from += array->count;
        }
        neuron_release(graph->context, node->imported);
        node->imported = NULL;
    }
}

static int make_arrays(neuron_graph_t *graph)
{
    RETURN_IF_ERROR(list_arrays(graph));
    RETURN_IF_ERROR(place_arrays(graph, true));
    graph->trainable_count = graph->value_count;
    RETURN_IF_ERROR(place_arrays(graph, false));
    graph->values = neuron_allocate_zero(graph->context, neuron_size(graph->value_count),
                                         sizeof *graph->values);
    if (!graph->values)
        return NEURON_E_MEMORY;
    for (int32_t i = 0; i < graph->array_count; i++)
        initialize(graph, i);
    take_imported(graph);
    neuron_graph_touch(graph);
    return NEURON_OK;
}

int neuron_graph_make_arrays(neuron_graph_t *graph)
{
    int status = make_arrays(graph);
    if (status < 0)
        neuron_graph_drop_arrays(graph);
    return status;
}

void neuron_graph_drop_arrays(neuron_graph_t *graph)
{
    for (int32_t i = 0; i < graph->array_count; i++)
        neuron_release(graph->context, graph->arrays[i].name);
    neuron_release(graph->context, graph->arrays);
    neuron_release(graph->context, graph->values);
    graph->arrays = NULL;
    graph->values = NULL;
    graph->array_count = 0;
    graph->value_count = 0;
    graph->trainable_count = 0;
}

bool neuron_graph_trains(const neuron_graph_t *graph, int64_t index)
{
    const neuron_graph_array *array = &graph->arrays[index];
    return neuron_node_trains(array->node, (int32_t)(array->array - array->node->spec.arrays));
}

static int64_t count_parameters(const neuron_graph_t *graph, bool only_trainable)
{
    int64_t count = 0;
    for (int32_t i = 0; NEURON_IS(graph) && i < graph->array_count; i++)
        if (!only_trainable || neuron_graph_trains(graph, i))
            count += graph->arrays[i].count;
    return count;
}

int64_t neuron_graph_parameter_count(const neuron_graph_t *graph)
{
    return count_parameters(graph, false);
}

int64_t neuron_graph_trainable_parameter_count(const neuron_graph_t *graph)
{
    return count_parameters(graph, true);
}

int64_t neuron_graph_array_count(const neuron_graph_t *graph)
{
    return NEURON_IS(graph) ? graph->array_count : 0;
}

const char *neuron_graph_array_name(const neuron_graph_t *graph, int64_t index)
{
    return NEURON_IS(graph) && index >= 0 && index < graph->array_count ? graph->arrays[index].name
                                                                        : NULL;
}

static int find_array(const neuron_graph_t *graph, int64_t index, const char *who)
{
    RETURN_IF_ERROR(neuron_graph_check_finished(graph, who));
    if (index < 0 || index >= graph->array_count)
        return neuron_fail(NEURON_E_ARGUMENT,
                           "%s: %s has no parameter array %" PRId64 " of %" PRId64, who,
                           graph->name, index, graph->array_count);
    return NEURON_OK;
}

int neuron_graph_array_shape(int64_t *shape, int32_t *rank, const neuron_graph_t *graph,
                             int64_t index)
{
    RETURN_IF_ERROR(find_array(graph, index, __func__));
    CHECK_ARGUMENT(shape);
    CHECK_ARGUMENT(rank);
    neuron_shape_get(&graph->arrays[index].array->shape, shape, rank);
    return NEURON_OK;
}

int32_t neuron_graph_array_trainable(const neuron_graph_t *graph, int64_t index)
{
    return neuron_graph_array_name(graph, index) && neuron_graph_trains(graph, index);
}

int neuron_graph_read_array(float *values, size_t capacity, size_t *needed,
                            const neuron_graph_t *graph, int64_t index)
{
    RETURN_IF_ERROR(find_array(graph, index, __func__));
    const neuron_graph_array *array = &graph->arrays[index];
    size_t count = (size_t)array->count;
    if (needed)
        *needed = count;
    if (!values && capacity == 0)
        return NEURON_OK;
    CHECK_ARGUMENT(values);
    if (capacity < count)
        return neuron_fail(NEURON_E_ARGUMENT, "%s: %s has %zu numbers, there is room for %zu",
                           __func__, array->name, count, capacity);
    memcpy(values, graph->values + array->offset, count * sizeof *values);
    return NEURON_OK;
}

int neuron_graph_write_array(neuron_graph_t *graph, int64_t index, const float *values,
                             size_t count)
{
    RETURN_IF_ERROR(find_array(graph, index, __func__));
    CHECK_ARGUMENT(values);
    const neuron_graph_array *array = &graph->arrays[index];
    if (count != (size_t)array->count)
        return neuron_fail(NEURON_E_ARGUMENT, "%s: %s has %" PRId64 " numbers, not %zu", __func__,
                           array->name, array->count, count);
    memcpy(graph->values + array->offset, values, count * sizeof *values);
    neuron_graph_touch(graph);
    return NEURON_OK;
}
