/* The public calls that write. */
#include <libneuron-keras/keras.h>

#include "base/files/file-write.h"
#include "base/float-mode.h"
#include "base/options/options.h"
#include "keras/export/writer.h"
#include "keras/files/archive.h"

#include <string.h>

enum { FORMAT = 1 };
static const neuron_word formats[] = {{NEURON_KERAS_FORMAT_KERAS, "keras"},
                                      {NEURON_KERAS_FORMAT_H5, "h5"},
                                      {NEURON_KERAS_FORMAT_WEIGHTS, "weights"},
                                      {0, ""}};
static const neuron_option rows[] = {
    NEURON_CHOICE(FORMAT, "format", formats, NEURON_KERAS_FORMAT_KERAS, "the kind of file")};
static const neuron_option_table table = NEURON_OPTION_TABLE(rows);

static bool ends_in(const char *path, const char *end)
{
    size_t length = strlen(path), size = strlen(end);
    return length >= size && strcmp(path + length - size, end) == 0;
}

/* The format that is set, or that the path tells; NULL for no path. */
static int read_format(int *format, const char *options, const char *path, const char *who)
{
    neuron_options given;
    neuron_options_reset(&given, &table);
    RETURN_IF_ERROR(neuron_options_parse(&given, options, who));
    *format = (int)neuron_options_value(&given, FORMAT);
    if (!path || neuron_options_given(&given, FORMAT))
        return NEURON_OK;
    if (ends_in(path, ".weights.h5"))
        *format = NEURON_KERAS_FORMAT_WEIGHTS;
    else if (ends_in(path, ".h5") || ends_in(path, ".hdf5"))
        *format = NEURON_KERAS_FORMAT_H5;
    else if (!ends_in(path, ".keras"))
        return neuron_fail(NEURON_E_ARGUMENT,
                           "%s: path is \"%.300s\"; without a format it must end in .keras, .h5 or "
                           ".weights.h5",
                           who, path);
    return NEURON_OK;
}

static int make_archive(void **bytes, size_t *size, const neuron_keras_writer *writer,
                        const char *text, size_t length)
{
    /* Without the time: the same graph is the same bytes. */
    static const char metadata[] =
        "{\"keras_version\": \"3.0.0\", \"date_saved\": \"1980-01-01@00:00:00\"}";
    void *weights;
    size_t weight_size = 0;
    RETURN_IF_ERROR(neuron_keras_write_weights(&weights, &weight_size, writer, NULL));
    const neuron_archive_member members[] = {{"metadata.json", metadata, sizeof metadata - 1},
                                             {"config.json", text, length},
                                             {"model.weights.h5", weights, weight_size}};
    int status = neuron_archive_make(bytes, size, writer->context, members, 3);
    neuron_release(writer->context, weights);
    return status;
}

static int make_with(void **bytes, size_t *size, neuron_keras_writer *writer)
{
    char *text;
    size_t length;
    neuron_keras_add_nodes(writer);
    RETURN_IF_ERROR(writer->status);
    if (writer->format == NEURON_KERAS_FORMAT_WEIGHTS)
        return neuron_keras_write_weights(bytes, size, writer, NULL);
    json_t *model = neuron_keras_describe_model(writer);
    if (!model)
        return writer->status;
    int status = neuron_json_write(&text, &length, writer->context, model);
    json_decref(model);
    RETURN_IF_ERROR(status);
    status = writer->format == NEURON_KERAS_FORMAT_KERAS
                 ? make_archive(bytes, size, writer, text, length)
                 : neuron_keras_write_weights(bytes, size, writer, text);
    neuron_release(writer->context, text);
    return status;
}

static int make(void **bytes, size_t *size, const neuron_graph_t *graph, int format,
                const char *who)
{
    *bytes = NULL;
    *size = 0;
    if (!graph->finished)
        return neuron_fail(NEURON_E_STATE, "%s: graph \"%s\" is not finished", who, graph->name);
    neuron_keras_writer writer = {.context = graph->context, .graph = graph, .format = format};
    int status = make_with(bytes, size, &writer);
    neuron_keras_end_writer(&writer);
    return status;
}

int neuron_keras_save(const neuron_graph_t *graph, const char *path, const char *options)
{
    FLOAT_SCOPE;
    int format;
    void *bytes;
    size_t size;
    CHECK_ARGUMENT(graph);
    CHECK_ARGUMENT(path);
    RETURN_IF_ERROR(read_format(&format, options, path, __func__));
    RETURN_IF_ERROR(make(&bytes, &size, graph, format, __func__));
    const neuron_file_piece piece = {bytes, size, 1};
    int status = neuron_file_replace(graph->context, path, &piece, 1);
    neuron_release(graph->context, bytes);
    return status;
}

int neuron_keras_save_memory(void *bytes, size_t capacity, size_t *needed,
                             const neuron_graph_t *graph, const char *options)
{
    FLOAT_SCOPE;
    int format;
    void *made;
    size_t size;
    CHECK_ARGUMENT(graph);
    CHECK_ROOM(bytes, capacity);
    RETURN_IF_ERROR(read_format(&format, options, NULL, __func__));
    RETURN_IF_ERROR(make(&made, &size, graph, format, __func__));
    int status = NEURON_OK;
    if (needed)
        *needed = size;
    if (bytes && capacity < size)
        status = neuron_fail(NEURON_E_ARGUMENT, "%s: capacity is %zu bytes; the model has %zu",
                             __func__, capacity, size);
    else if (bytes)
        memcpy(bytes, made, size);
    neuron_release(graph->context, made);
    return status;
}
