/* Shapes are compared first, then all numbers are read, and then they go into the graph. */
#include "keras/weights/values.h"
#include "keras/weights/classes.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static bool skips(const neuron_keras_pair *pair, int64_t place)
{
    return pair->skips && pair->skips[place];
}

/* The place of an array in the group: of those that the node has there it is number `index`. */
static size_t place_of(const neuron_keras_pair *pair, int64_t array, size_t index)
{
    return pair->places ? pair->places[array] : index;
}

/* An array for the channels may have other axes before them, of one place each. */
static bool same_shape(const neuron_shape *theirs, const neuron_shape *ours)
{
    int32_t more = theirs->rank - ours->rank;
    for (int32_t axis = 0; axis < theirs->rank; axis++)
        if (more < 0 || theirs->extent[axis] != (axis < more ? 1 : ours->extent[axis - more]))
            return false;
    return theirs->rank >= ours->rank;
}

/* Arrays that lie in the same place would take memory that the file does not justify. */
static int check_array(neuron_keras_bytes *bytes, const neuron_keras_store *store,
                       const neuron_keras_pair *pair, size_t index, const neuron_array *array)
{
    char path[NEURON_H5_PATH], text[2][NEURON_SHAPE_TEXT];
    neuron_shape shape;
    uint64_t more = 0;
    RETURN_IF_ERROR(neuron_keras_store_path(path, store, pair->group, index));
    RETURN_IF_ERROR(neuron_h5_shape(&shape, &more, store->h5, path));
    bytes->stored += more;
    bytes->floats += (uint64_t)neuron_shape_count(&shape) * sizeof(float);
    if (bytes->stored > store->h5->size || bytes->floats > store->h5->justified)
        return neuron_h5_damaged(store->h5, path);
    if (same_shape(&shape, &array->shape))
        return NEURON_OK;
    return neuron_fail(NEURON_E_SHAPE, "%s: \"%.150s\" is %s, but %.100s.%s is %s", store->h5->name,
                       path, neuron_shape_text(&shape, text[0]), pair->node->name, array->name,
                       neuron_shape_text(&array->shape, text[1]));
}

int neuron_keras_check_pair(neuron_keras_bytes *bytes, const neuron_keras_store *store,
                            const neuron_keras_pair *pair)
{
    const neuron_spec *spec = &pair->node->spec;
    size_t wanted = 0, count = pair->group->count;
    for (int64_t i = 0; i < spec->array_count; i++)
        wanted += !skips(pair, i);
    /* A normalisation counts examples too. */
    if (!pair->places && count != wanted &&
        !(neuron_keras_is_standard(pair->node) && count == wanted + 1))
        return neuron_fail(NEURON_E_DATA, "%s: layer \"%.100s\" has %zu arrays, but %.100s has %zu",
                           store->h5->name,
                           pair->group->name ? pair->group->name : pair->group->path, count,
                           pair->node->name, wanted);
    size_t index = 0;
    for (int64_t i = 0; i < spec->array_count; i++)
        if (!skips(pair, i))
            RETURN_IF_ERROR(
                check_array(bytes, store, pair, place_of(pair, i, index++), &spec->arrays[i]));
    return NEURON_OK;
}

void neuron_keras_make_deviations(float *values, int64_t count)
{
    float least = 1e-7f;
    for (int64_t i = 0; i < count; i++) {
        values[i] = sqrtf(values[i]);
        if (!(values[i] > least))
            values[i] = least;
    }
}

static int read_pair(float *to, int64_t *loaded, const neuron_keras_store *store,
                     const neuron_keras_pair *pair)
{
    char path[NEURON_H5_PATH];
    size_t index = 0;
    for (int64_t i = 0; i < pair->node->spec.array_count; i++) {
        int64_t count = neuron_shape_count(&pair->node->spec.arrays[i].shape);
        if (skips(pair, i))
            continue;
        RETURN_IF_ERROR(
            neuron_keras_store_path(path, store, pair->group, place_of(pair, i, index++)));
        RETURN_IF_ERROR(neuron_h5_read(to, store->h5, path));
        if (neuron_keras_is_standard(pair->node) && i == 1)
            neuron_keras_make_deviations(to, count);
        to += count;
        *loaded += 1;
    }
    return NEURON_OK;
}

static int64_t pair_size(const neuron_keras_pair *pair)
{
    int64_t size = 0;
    for (int64_t i = 0; i < pair->node->spec.array_count; i++)
        size += skips(pair, i) ? 0 : neuron_shape_count(&pair->node->spec.arrays[i].shape);
    return size;
}

static int write_pair(neuron_graph_t *graph, const neuron_keras_pair *pair, const float *from)
{
    for (int64_t i = 0; i < pair->node->spec.array_count; i++) {
        int64_t count = neuron_shape_count(&pair->node->spec.arrays[i].shape);
        if (skips(pair, i))
            continue;
        RETURN_IF_ERROR(
            neuron_graph_write_array(graph, pair->node->first_array + i, from, (size_t)count));
        from += count;
    }
    return NEURON_OK;
}

int neuron_keras_copy_pairs(int64_t *loaded, neuron_graph_t *graph, const neuron_keras_store *store,
                            const neuron_keras_pair *pairs, size_t count)
{
    int64_t size = 0, at = 0;
    *loaded = 0;
    for (size_t i = 0; i < count; i++)
        size += pair_size(&pairs[i]);
    float *values = neuron_allocate(graph->context, (size_t)size, sizeof *values);
    if (!values)
        return NEURON_E_MEMORY;
    int status = NEURON_OK;
    for (size_t i = 0; status == NEURON_OK && i < count; at += pair_size(&pairs[i++]))
        status = read_pair(values + at, loaded, store, &pairs[i]);
    at = 0;
    for (size_t i = 0; status == NEURON_OK && i < count; at += pair_size(&pairs[i++]))
        status = write_pair(graph, &pairs[i], values + at);
    neuron_release(graph->context, values);
    return status;
}
