/* Saving and loading graphs, to and from files and memory. A model is a safetensors file
 * (safetensors-write.c, -read.c) whose metadata has the structure as JSON
 * (structure-write.c, -read.c). */
#include "model/model.h"

#include "base/float-mode.h"
#include "base/files/json.h"
#include "model/conversions.h"
#include "model/meaning.h"
#include "model/structure.h"

#include <libneuron/tensor.h>

#include <string.h>

static const char structure_key[] = "libneuron.graph";
static const char version_key[] = "libneuron.version";

/* Whether an array gets fewer bytes than it has. */
static bool narrows(const neuron_graph_array *array, int32_t storage)
{
    return array->array->bytes || (storage != NEURON_STORAGE_F32 && array->array->trainable);
}

static int write_array(neuron_safetensors_writer *writer, const neuron_graph_t *graph,
                       int32_t storage, const neuron_graph_array *array)
{
    const char *dtype = "F32";
    if (array->array->bytes)
        dtype = "I8";
    else if (narrows(array, storage))
        dtype = storage == NEURON_STORAGE_F16 ? "F16" : "BF16";
    return neuron_safetensors_add_floats(writer, array->name, dtype, &array->array->shape,
                                         graph->values + array->offset);
}

int neuron_model_write(neuron_safetensors_writer *writer, const neuron_graph_t *graph,
                       int32_t storage)
{
    char *text = NULL;
    RETURN_IF_ERROR(neuron_safetensors_add_text(writer, version_key, NEURON_VERSION_STRING));
    RETURN_IF_ERROR(neuron_structure_write(&text, graph));
    int status = neuron_safetensors_add_text(writer, structure_key, text);
    neuron_release(graph->context, text);
    /* Those that stay as they are come first, so that all are aligned. */
    for (int narrow = 0; narrow <= 1; narrow++)
        for (int32_t i = 0; i < graph->array_count && status == NEURON_OK; i++)
            if (narrow == narrows(&graph->arrays[i], storage))
                status = write_array(writer, graph, storage, &graph->arrays[i]);
    return status;
}

static int write_all(neuron_safetensors_writer **writer, const neuron_graph_t *graph)
{
    RETURN_IF_ERROR(neuron_safetensors_writer_create(writer, graph->context));
    int status = neuron_model_write(*writer, graph, graph->storage);
    if (status == NEURON_OK)
        status = neuron_meaning_write(*writer, graph);
    if (status < 0) {
        neuron_safetensors_writer_destroy(*writer);
        *writer = NULL;
    }
    return status;
}

int neuron_graph_save(const neuron_graph_t *graph, const char *path)
{
    FLOAT_SCOPE;
    neuron_safetensors_writer *writer;
    RETURN_IF_ERROR(neuron_graph_check_finished(graph, __func__));
    CHECK_ARGUMENT(path);
    RETURN_IF_ERROR(write_all(&writer, graph));
    int status = neuron_safetensors_save(writer, path);
    neuron_safetensors_writer_destroy(writer);
    return status;
}

int neuron_graph_save_memory(void *bytes, size_t capacity, size_t *needed,
                             const neuron_graph_t *graph)
{
    FLOAT_SCOPE;
    neuron_safetensors_writer *writer;
    RETURN_IF_ERROR(neuron_graph_check_finished(graph, __func__));
    CHECK_ROOM(bytes, capacity);
    RETURN_IF_ERROR(write_all(&writer, graph));
    int status = neuron_safetensors_copy(writer, bytes, capacity, needed, __func__);
    neuron_safetensors_writer_destroy(writer);
    return status;
}

static void drop_writer(void *owner, void *writer)
{
    (void)owner;
    neuron_safetensors_writer_destroy(writer);
}

int neuron_graph_save_to(const neuron_graph_t *graph, neuron_write_function_t write,
                         void *user_data)
{
    FLOAT_SCOPE;
    neuron_safetensors_writer *writer;
    RETURN_IF_ERROR(neuron_graph_check_finished(graph, __func__));
    CHECK_FUNCTION(write);
    neuron_hold_end_left();
    NEURON_HOLD(hold);
    neuron_hold_reference(&hold, graph, graph);
    RETURN_IF_ERROR(write_all(&writer, graph));
    neuron_hold_add(&hold, drop_writer, NULL, writer);
    return neuron_safetensors_hand_out(writer, write, user_data, __func__);
}

static int find_structure(const char **text, const neuron_safetensors *file)
{
    *text = neuron_safetensors_text(file, structure_key);
    if (!*text)
        return neuron_fail(NEURON_E_FORMAT, "%s: holds no libneuron graph (key \"%s\" is missing)",
                           neuron_safetensors_source(file), structure_key);
    return NEURON_OK;
}

static int check_arrays(const neuron_graph_t *graph, const neuron_safetensors *file)
{
    const neuron_safetensors_entry *entry;
    for (int32_t i = 0; i < graph->array_count; i++) {
        const neuron_graph_array *array = &graph->arrays[i];
        const neuron_shape *shape = &array->array->shape;
        RETURN_IF_ERROR(neuron_safetensors_need_floats(&entry, file, array->name, shape));
    }
    return NEURON_OK;
}

void neuron_model_take(neuron_graph_t *graph, const neuron_safetensors *file)
{
    neuron_conversions conversions = {{0}};
    for (int32_t i = 0; i < graph->array_count; i++) {
        const neuron_graph_array *array = &graph->arrays[i];
        neuron_convert(&conversions, neuron_safetensors_find(file, array->name),
                       array->array->bytes, graph->values + array->offset);
    }
    neuron_conversions_log(&conversions, graph->context, neuron_safetensors_source(file));
    neuron_graph_touch(graph);
}

static bool has_array(const neuron_graph_t *graph, const char *name)
{
    for (int32_t i = 0; i < graph->array_count; i++)
        if (strcmp(graph->arrays[i].name, name) == 0)
            return true;
    return false;
}

/* All arrays of the graph were found, so a file that has more has one that is not the graph's. */
static int check_no_more(const neuron_graph_t *graph, const neuron_safetensors *file)
{
    size_t count = neuron_safetensors_count(file);
    for (size_t i = 0; count > (size_t)graph->array_count && i < count; i++) {
        const char *name = neuron_safetensors_at(file, i)->name;
        if (!has_array(graph, name))
            return neuron_fail(NEURON_E_FORMAT,
                               "%s: array \"" NEURON_JSON_NAME "\" belongs to no node",
                               neuron_safetensors_source(file), name);
    }
    return NEURON_OK;
}

static int load(neuron_graph_t **graph, neuron_context_t *context, const neuron_safetensors *file)
{
    const char *text;
    neuron_graph_t *made;
    RETURN_IF_ERROR(find_structure(&text, file));
    RETURN_IF_ERROR(neuron_structure_read(&made, context, text, file));
    int status = check_arrays(made, file);
    if (status == NEURON_OK)
        status = check_no_more(made, file);
    if (status == NEURON_OK)
        status = neuron_meaning_read(made, file);
    if (status < 0) {
        neuron_graph_unref(made);
        return status;
    }
    neuron_model_take(made, file);
    *graph = made;
    return NEURON_OK;
}

static void close_file(void *owner, void *file)
{
    (void)owner;
    neuron_safetensors_close(file);
}

/* Layers of the caller's own tell their shapes meanwhile. */
static int load_and_close(neuron_graph_t **graph, neuron_context_t *context,
                          neuron_safetensors *file)
{
    NEURON_HOLD(hold);
    neuron_hold_reference(&hold, context, context);
    neuron_hold_add(&hold, close_file, NULL, file);
    return load(graph, context, file);
}

int neuron_graph_load(neuron_graph_t **graph, neuron_context_t *context, const char *path)
{
    FLOAT_SCOPE;
    neuron_safetensors *file;
    CHECK_ARGUMENT(graph);
    *graph = NULL;
    CHECK_ARGUMENT(context);
    CHECK_ARGUMENT(path);
    RETURN_IF_ERROR(neuron_safetensors_open(&file, context, path));
    return load_and_close(graph, context, file);
}

int neuron_graph_load_memory(neuron_graph_t **graph, neuron_context_t *context, const void *bytes,
                             size_t size)
{
    FLOAT_SCOPE;
    neuron_safetensors *file;
    CHECK_ARGUMENT(graph);
    *graph = NULL;
    CHECK_ARGUMENT(context);
    CHECK_ARGUMENT(bytes);
    RETURN_IF_ERROR(neuron_safetensors_parse(&file, context, bytes, size, "memory"));
    return load_and_close(graph, context, file);
}

/* The bytes of a graph's file with all that it knows, as its numbers are. */
static int write_bytes(void **bytes, size_t *size, neuron_context_t *context,
                       const neuron_graph_t *graph)
{
    neuron_safetensors_writer *writer;
    RETURN_IF_ERROR(neuron_safetensors_writer_create(&writer, context));
    int status = neuron_model_write(writer, graph, NEURON_STORAGE_F32);
    if (status == NEURON_OK)
        status = neuron_meaning_write(writer, graph);
    if (status == NEURON_OK)
        status = neuron_safetensors_copy(writer, NULL, 0, size, graph->name);
    *bytes = status == NEURON_OK ? neuron_allocate(context, 1, *size) : NULL;
    if (status == NEURON_OK)
        status = *bytes ? neuron_safetensors_copy(writer, *bytes, *size, NULL, graph->name)
                        : NEURON_E_MEMORY;
    neuron_safetensors_writer_destroy(writer);
    if (status < 0)
        neuron_release(context, *bytes);
    return status;
}

int neuron_graph_clone(neuron_graph_t **clone, neuron_context_t *context,
                       const neuron_graph_t *graph)
{
    FLOAT_SCOPE;
    neuron_safetensors *file;
    void *bytes;
    size_t size;
    CHECK_ARGUMENT(clone);
    *clone = NULL;
    CHECK_ARGUMENT(context);
    RETURN_IF_ERROR(neuron_graph_check_finished(graph, __func__));
    neuron_hold_end_left();
    NEURON_HOLD(hold);
    neuron_hold_reference(&hold, graph, graph);
    RETURN_IF_ERROR(write_bytes(&bytes, &size, context, graph));
    int status = neuron_safetensors_parse(&file, context, bytes, size, "clone");
    if (status < 0) {
        neuron_release(context, bytes);
        return status;
    }
    neuron_safetensors_own(file, bytes);
    RETURN_IF_ERROR(load_and_close(clone, context, file));
    (*clone)->storage = graph->storage;
    return NEURON_OK;
}

int neuron_model_check(const neuron_graph_t *graph, const neuron_safetensors *file)
{
    const char *found;
    RETURN_IF_ERROR(find_structure(&found, file));
    RETURN_IF_ERROR(neuron_structure_compare(graph, found, neuron_safetensors_source(file)));
    return check_arrays(graph, file);
}
