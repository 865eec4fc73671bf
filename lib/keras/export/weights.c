/* The arrays of a graph in an HDF5 file, where Keras looks for them. */
#include "keras/export/writer.h"
#include "keras/files/hdf5.h"

#include <stdio.h>
#include <string.h>

/* What Keras calls an array of a node, and, behind the last, the count of a normalisation. */
static const char *name_of(const neuron_node_t *node, int64_t place)
{
    if (neuron_keras_is_standard(node))
        return place == 0 ? "mean" : place == 1 ? "variance" : "count";
    return node->spec.arrays[place].name;
}

static int64_t count_of(const neuron_node_t *node)
{
    return node->spec.array_count + neuron_keras_is_standard(node);
}

/* Slopes have an axis for each of the values. */
static neuron_shape shape_of(const neuron_node_t *node, int64_t place)
{
    neuron_shape shape = node->spec.arrays[place].shape;
    if (strcmp(node->spec.layer->name, "prelu") == 0) {
        int64_t channels = shape.extent[0];
        shape.rank = node->spec.output.rank;
        for (int32_t axis = 0; axis < shape.rank; axis++)
            shape.extent[axis] = axis == shape.rank - 1 ? channels : 1;
    }
    return shape;
}

/* What Keras has of a deviation. One of 0 counts as 1 here. */
static void make_variances(float *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        values[i] = values[i] == 0 ? 1 : values[i] * values[i];
}

static int add_array(neuron_h5 *h5, const char *path, const neuron_graph_t *graph,
                     const neuron_node_t *node, int64_t place)
{
    if (place == node->spec.array_count)
        return neuron_h5_add_integer(h5, path, 0);
    const neuron_graph_array *array = &graph->arrays[node->first_array + place];
    neuron_shape shape = shape_of(node, place);
    size_t count = (size_t)array->count;
    float *values = neuron_allocate(graph->context, count, sizeof *values);
    if (!values)
        return NEURON_E_MEMORY;
    memcpy(values, graph->values + array->offset, count * sizeof *values);
    if (neuron_keras_is_standard(node) && place == 1)
        make_variances(values, count);
    int status = neuron_h5_add(h5, path, &shape, values);
    neuron_release(graph->context, values);
    return status;
}

/* ---- Keras 3 ---- */

static int add_numbered(neuron_h5 *h5, const neuron_keras_writer *writer)
{
    char path[NEURON_H5_PATH];
    RETURN_IF_ERROR(neuron_h5_add_group(h5, "/vars"));
    for (size_t i = 0; i < writer->layer_count; i++) {
        const neuron_keras_made *layer = &writer->layers[writer->order[i]];
        snprintf(path, sizeof path, "/layers/%s/vars", layer->group);
        RETURN_IF_ERROR(neuron_h5_add_group(h5, path));
        RETURN_IF_ERROR(neuron_h5_set_text(h5, path, "name", layer->name));
        for (int64_t k = 0; layer->node && k < count_of(layer->node); k++) {
            snprintf(path, sizeof path, "/layers/%s/vars/%d", layer->group, (int)k);
            RETURN_IF_ERROR(add_array(h5, path, writer->graph, layer->node, k));
        }
    }
    return NEURON_OK;
}

/* ---- Keras 2 ---- */

static int add_named_layer(neuron_h5 *h5, const neuron_graph_t *graph,
                           const neuron_keras_made *layer)
{
    char group[NEURON_H5_PATH / 2], path[NEURON_H5_PATH];
    char names[NEURON_ARRAYS_MAX + 1][NEURON_H5_NAME];
    const char *list[NEURON_ARRAYS_MAX + 1];
    size_t count = layer->node ? (size_t)count_of(layer->node) : 0;
    snprintf(group, sizeof group, "/model_weights/%s", layer->name);
    RETURN_IF_ERROR(neuron_h5_add_group(h5, group));
    for (size_t k = 0; k < count; k++) {
        snprintf(names[k], sizeof names[k], "%s/%s:0", layer->name,
                 name_of(layer->node, (int64_t)k));
        list[k] = names[k];
        snprintf(path, sizeof path, "%s/%s", group, names[k]);
        RETURN_IF_ERROR(add_array(h5, path, graph, layer->node, (int64_t)k));
    }
    return neuron_h5_set_texts(h5, group, "weight_names", list, count);
}

static int set_layer_names(neuron_h5 *h5, const neuron_keras_writer *writer)
{
    /* Attributes have 64 KiB, and a text takes 16 bytes there. */
    enum { MOST = 4000 };
    if (writer->layer_count > MOST)
        return neuron_fail(NEURON_E_UNSUPPORTED,
                           "a graph of %zu layers is too large for a .h5 file",
                           writer->layer_count);
    const char **names = neuron_allocate_zero(writer->context, writer->layer_count, sizeof *names);
    if (!names)
        return NEURON_E_MEMORY;
    for (size_t i = 0; i < writer->layer_count; i++)
        names[i] = writer->layers[writer->order[i]].name;
    int status =
        neuron_h5_set_texts(h5, "/model_weights", "layer_names", names, writer->layer_count);
    neuron_release(writer->context, names);
    return status;
}

static int add_named(neuron_h5 *h5, const neuron_keras_writer *writer, const char *description)
{
    static const char *const groups[] = {"/", "/model_weights"};
    RETURN_IF_ERROR(neuron_h5_add_group(h5, "/model_weights"));
    for (int i = 0; i < 2; i++) {
        RETURN_IF_ERROR(neuron_h5_set_text(h5, groups[i], "backend", "tensorflow"));
        RETURN_IF_ERROR(neuron_h5_set_text(h5, groups[i], "keras_version", "2.15.0"));
    }
    RETURN_IF_ERROR(neuron_h5_set_text(h5, "/", "model_config", description));
    RETURN_IF_ERROR(set_layer_names(h5, writer));
    for (size_t i = 0; i < writer->layer_count; i++)
        RETURN_IF_ERROR(add_named_layer(h5, writer->graph, &writer->layers[writer->order[i]]));
    return NEURON_OK;
}

/* ---- Both ---- */

int neuron_keras_write_weights(void **bytes, size_t *size, const neuron_keras_writer *writer,
                               const char *description)
{
    neuron_h5 h5;
    *bytes = NULL;
    int status = neuron_h5_create(&h5, writer->context, writer->graph->name);
    if (status == NEURON_OK)
        status = writer->format == NEURON_KERAS_FORMAT_H5 ? add_named(&h5, writer, description)
                                                          : add_numbered(&h5, writer);
    if (status == NEURON_OK)
        status = neuron_h5_image(bytes, size, &h5);
    neuron_h5_close(&h5);
    return status;
}
