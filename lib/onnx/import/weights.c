/* Parameters on their way from constants to a graph: see weights.h. */
#include "onnx/import/weights.h"

#include <string.h>

void neuron_onnx_weights_axis(neuron_onnx_weights *weights, int64_t extent, int64_t step)
{
    weights->extent[weights->rank] = extent;
    weights->step[weights->rank++] = step;
}

void neuron_onnx_weights_factors(neuron_onnx_weights *weights, const neuron_onnx_layout *layout,
                                 int32_t place, const int64_t step[NEURON_RANK_MAX])
{
    int32_t factors[NEURON_ONNX_FACTORS];
    neuron_onnx_layout_places(layout, factors);
    for (int32_t p = place; p < layout->count; p++) {
        const neuron_onnx_factor *factor = &layout->factor[factors[p]];
        neuron_onnx_weights_axis(weights, factor->extent,
                                 neuron_onnx_layout_step(layout, factors[p]) * step[factor->axis]);
    }
}

static int64_t count_of(const neuron_onnx_weights *weights)
{
    int64_t count = 1;
    for (int32_t axis = 0; axis < weights->rank; axis++)
        if (!neuron_multiply_count(count, weights->extent[axis], &count))
            return -1;
    return count;
}

static bool same_weights(const neuron_onnx_weights *a, const neuron_onnx_weights *b)
{
    size_t size = (size_t)a->rank * sizeof *a->extent;
    return strcmp(a->array, b->array) == 0 && a->numbers == b->numbers && a->scale == b->scale &&
           a->rank == b->rank && memcmp(a->extent, b->extent, size) == 0 &&
           memcmp(a->step, b->step, size) == 0;
}

/* Where layers are whose first arrays have these numbers. */
static size_t place_of(const float *numbers)
{
    uintptr_t bits = (uintptr_t)numbers / sizeof *numbers;
    return (size_t)(bits ^ bits >> 8 ^ bits >> 16) % NEURON_ONNX_LAYER_PLACES;
}

/* More with the same numbers than these do not share them, so that a file cannot make the search
 * long. */
enum { LOOKED_AT_MOST = 4096 };

static neuron_onnx_layer_record *find_like(const neuron_onnx_reader *reader, const char *layer,
                                           const char *options, const neuron_onnx_weights *arrays,
                                           int32_t count)
{
    neuron_onnx_layer_record *known = reader->layers[place_of(arrays[0].numbers)];
    for (int i = 0; known && i < LOOKED_AT_MOST; known = known->before, i++) {
        bool same = known->count == count && arrays[0].numbers == known->arrays[0].numbers &&
                    strcmp(known->node->spec.layer->name, layer) == 0 &&
                    strcmp(known->options, options) == 0;
        for (int32_t k = 0; same && k < count; k++)
            same = same_weights(&known->arrays[k], &arrays[k]);
        if (same)
            return known;
    }
    return NULL;
}

static int keep(neuron_onnx_reader *reader, const neuron_onnx_operator *from, neuron_node_t *node,
                const char *options, const neuron_onnx_weights *arrays, int32_t count)
{
    for (int32_t i = 0; i < count; i++)
        RETURN_IF_ERROR(neuron_onnx_afford(reader, from, count_of(&arrays[i])));
    neuron_onnx_layer_record *made = neuron_onnx_reader_get(reader, 1, sizeof *made);
    char *copy = neuron_onnx_reader_get(reader, (int64_t)strlen(options) + 1, 1);
    if (!made || !copy)
        return NEURON_E_MEMORY;
    neuron_onnx_layer_record **last = &reader->layers[place_of(arrays[0].numbers)];
    *made = (neuron_onnx_layer_record){
        .before = *last, .node = node, .options = strcpy(copy, options), .count = count};
    memcpy(made->arrays, arrays, (size_t)count * sizeof *arrays);
    *last = made;
    return NEURON_OK;
}

/* PyTorch calls its parameters as the module is called: conv1.weight; this library does so too. */
static int name_by_weights(neuron_onnx_reader *reader, const neuron_onnx_operator *from,
                           neuron_node_t *node)
{
    static const char *const ends[] = {".weight", ".kernel", ".gamma", ".alpha"};
    char name[NEURON_NODE_NAME_MAX + 1];
    for (size_t i = 0; i < from->n_input; i++) {
        const neuron_onnx_item *item = neuron_onnx_in(reader, from, i);
        const char *dot = item && item->tensor ? strrchr(item->name, '.') : NULL;
        size_t length = dot ? (size_t)(dot - item->name) : 0;
        for (size_t k = 0; dot && k < sizeof ends / sizeof *ends; k++)
            if (strcmp(dot, ends[k]) == 0 && length > 0 && length < sizeof name) {
                memcpy(name, item->name, length);
                name[length] = '\0';
                return neuron_onnx_name(reader, node, name);
            }
    }
    return NEURON_OK;
}

int neuron_onnx_weighted_layer(neuron_node_t **node, neuron_onnx_reader *reader,
                               const neuron_onnx_operator *from, bool last, const char *layer,
                               neuron_node_t *input, const char *options,
                               const neuron_onnx_weights *arrays, int32_t count)
{
    const neuron_onnx_layer_record *known = find_like(reader, layer, options, arrays, count);
    if (known)
        return neuron_onnx_shared(node, reader, from, last, known->node, input);
    RETURN_IF_ERROR(neuron_onnx_layer(node, reader, from, last, layer, &input, 1, options));
    if (last)
        RETURN_IF_ERROR(name_by_weights(reader, from, *node));
    return keep(reader, from, *node, options, arrays, count);
}

/* Goes over the values in the order of the array. */
static void gather(const neuron_onnx_weights *weights, int64_t count, float *to)
{
    int64_t places[NEURON_ONNX_WEIGHT_AXES] = {0}, at = 0;
    float scale = (float)weights->scale;
    for (int64_t n = 0; n < count; n++) {
        to[n] = weights->numbers ? weights->numbers[at] * scale : scale;
        for (int32_t axis = weights->rank - 1; axis >= 0; axis--) {
            at += weights->step[axis];
            if (++places[axis] < weights->extent[axis])
                break;
            at -= weights->extent[axis] * weights->step[axis];
            places[axis] = 0;
        }
    }
}

static int write_array(const neuron_onnx_reader *reader, int64_t index,
                       const neuron_onnx_weights *weights)
{
    int64_t count = count_of(weights);
    float *values = neuron_allocate(reader->context, neuron_size(count), sizeof *values);
    if (!values)
        return NEURON_E_MEMORY;
    gather(weights, count, values);
    int status = neuron_graph_write_array(reader->graph, index, values, neuron_size(count));
    neuron_release(reader->context, values);
    return status;
}

/* A node that is not needed in the end has left its arrays to one that shares them, if there is
 * one: else it is behind those of the finished graph. */
static int write(const neuron_onnx_reader *reader, const neuron_onnx_layer_record *record)
{
    const neuron_node_t *node = neuron_node_owner(record->node);
    if (node->index >= reader->graph->node_count)
        return NEURON_OK;
    for (int32_t i = 0; i < node->spec.array_count; i++)
        for (int32_t k = 0; k < record->count; k++)
            if (strcmp(node->spec.arrays[i].name, record->arrays[k].array) == 0)
                RETURN_IF_ERROR(write_array(reader, node->first_array + i, &record->arrays[k]));
    return NEURON_OK;
}

int neuron_onnx_weights_write(const neuron_onnx_reader *reader)
{
    for (int place = 0; place < NEURON_ONNX_LAYER_PLACES; place++)
        for (const neuron_onnx_layer_record *r = reader->layers[place]; r; r = r->before)
            RETURN_IF_ERROR(write(reader, r));
    return NEURON_OK;
}
