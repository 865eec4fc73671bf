/* Takes parameters of a file into a graph by their names, whoever has written it. */
#include "graph/copy-arrays.h"
#include "model/conversions.h"
#include "model/npz-arrays.h"

#include "base/float-mode.h"

typedef struct file_source {
    const neuron_safetensors *file;
    neuron_conversions *conversions;
} file_source;

static int check_array(const void *owner, const char *name, const neuron_graph_array *to)
{
    const file_source *source = owner;
    const neuron_safetensors_entry *entry;
    char text[2][NEURON_SHAPE_TEXT];
    if (!neuron_safetensors_find(source->file, name))
        return 0;
    RETURN_IF_ERROR(neuron_safetensors_need_floats(&entry, source->file, name, NULL));
    if (!neuron_shape_equal(&entry->shape, &to->array->shape))
        return neuron_fail(NEURON_E_SHAPE, "%s: array \"%s\" is %s, not %s",
                           neuron_safetensors_source(source->file), name,
                           neuron_shape_text(&entry->shape, text[0]),
                           neuron_shape_text(&to->array->shape, text[1]));
    return 1;
}

static void copy_array(const void *owner, const char *name, const neuron_graph_array *to,
                       float *values)
{
    const file_source *source = owner;
    const neuron_safetensors_entry *entry = neuron_safetensors_find(source->file, name);
    if (entry)
        neuron_convert(source->conversions, entry, to->array->bytes, values);
}

static int load_and_close(int64_t *loaded, neuron_graph_t *graph, neuron_safetensors *file,
                          const char *to_prefix, const char *from_prefix)
{
    const char *name = neuron_safetensors_source(file);
    neuron_conversions conversions = {{0}};
    const file_source from = {file, &conversions};
    const neuron_array_source source = {name, &from, check_array, copy_array};
    int status = neuron_graph_take_arrays(loaded, graph, &source, to_prefix ? to_prefix : "",
                                          from_prefix ? from_prefix : "", "load_arrays");
    if (status == NEURON_OK)
        neuron_conversions_log(&conversions, graph->context, name);
    neuron_safetensors_close(file);
    return status;
}

/* Whether a content was an archive of NumPy, and was taken as such. */
static int load_archive(bool *is, int64_t *loaded, neuron_graph_t *graph,
                        const neuron_content *content, const char *to_prefix,
                        const char *from_prefix)
{
    RETURN_IF_ERROR(neuron_npz_is(is, content));
    return *is ? neuron_npz_load_arrays(loaded, graph, content, to_prefix ? to_prefix : "",
                                        from_prefix ? from_prefix : "")
               : NEURON_OK;
}

int neuron_graph_load_arrays(int64_t *loaded, neuron_graph_t *graph, const char *path,
                             const char *to_prefix, const char *from_prefix)
{
    FLOAT_SCOPE;
    neuron_safetensors *file;
    bool is_archive;
    RETURN_IF_ERROR(neuron_graph_check_finished(graph, __func__));
    CHECK_ARGUMENT(path);
    const neuron_content content = neuron_content_of_file(graph->context, path);
    RETURN_IF_ERROR(load_archive(&is_archive, loaded, graph, &content, to_prefix, from_prefix));
    if (is_archive)
        return NEURON_OK;
    RETURN_IF_ERROR(neuron_safetensors_open(&file, graph->context, path));
    return load_and_close(loaded, graph, file, to_prefix, from_prefix);
}

int neuron_graph_load_arrays_memory(int64_t *loaded, neuron_graph_t *graph, const void *bytes,
                                    size_t size, const char *to_prefix, const char *from_prefix)
{
    FLOAT_SCOPE;
    neuron_safetensors *file;
    bool is_archive;
    RETURN_IF_ERROR(neuron_graph_check_finished(graph, __func__));
    CHECK_ARGUMENT(bytes);
    const neuron_content content = neuron_content_of_memory(graph->context, bytes, size, "memory");
    RETURN_IF_ERROR(load_archive(&is_archive, loaded, graph, &content, to_prefix, from_prefix));
    if (is_archive)
        return NEURON_OK;
    RETURN_IF_ERROR(neuron_safetensors_parse(&file, graph->context, bytes, size, "memory"));
    return load_and_close(loaded, graph, file, to_prefix, from_prefix);
}
