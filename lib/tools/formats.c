/* What each format is read and written by. A library beside the core that this build has adds a
 * row's functions. */
#include "tools/formats.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef TOOLS_HAVE_KERAS
#include <libneuron-keras/keras.h>
#endif
#ifdef TOOLS_HAVE_ONNX
#include <libneuron-onnx/onnx.h>
#endif
#ifdef TOOLS_HAVE_SOURCE
#include <libneuron-source/source.h>
#endif

static int read_weights(int64_t *count, neuron_graph_t *graph, const char *path)
{
    return neuron_graph_load_arrays(count, graph, path, NULL, NULL);
}

static int read_state_dict(int64_t *count, neuron_graph_t *graph, const char *path)
{
    return neuron_graph_load_state_dict(count, graph, path, NULL, NULL);
}

static int write_state_dict(neuron_graph_t *graph, const char *path, const char *options)
{
    (void)options;
    return neuron_graph_save_state_dict(graph, path);
}

/* Its only option is the type of the parameters. */
static int write_safetensors(neuron_graph_t *graph, const char *path, const char *options)
{
    const char *equals = options ? strchr(options, '=') : NULL;
    int status = equals ? neuron_graph_set_storage(graph, equals + 1) : NEURON_OK;
    return status < 0 ? status : neuron_graph_save(graph, path);
}

static int write_npz(neuron_graph_t *graph, const char *path, const char *options)
{
    (void)options;
    return neuron_graph_save_npz(graph, path);
}

#ifdef TOOLS_HAVE_KERAS
static int read_keras_weights(int64_t *count, neuron_graph_t *graph, const char *path)
{
    return neuron_keras_load_weights(count, graph, path, NULL);
}

/* The format is that of the row, whatever the file is called. */
static int write_keras(neuron_graph_t *graph, const char *path, const char *options)
{
    (void)options;
    return neuron_keras_save(graph, path, "format=keras");
}

static int write_h5(neuron_graph_t *graph, const char *path, const char *options)
{
    (void)options;
    return neuron_keras_save(graph, path, "format=h5");
}

static int write_keras_weights(neuron_graph_t *graph, const char *path, const char *options)
{
    (void)options;
    return neuron_keras_save(graph, path, "format=weights");
}
#define READ_KERAS          neuron_keras_load
#define READ_KERAS_WEIGHTS  read_keras_weights
#define WRITE_KERAS         write_keras
#define WRITE_H5            write_h5
#define WRITE_KERAS_WEIGHTS write_keras_weights
#else
#define READ_KERAS          NULL
#define READ_KERAS_WEIGHTS  NULL
#define WRITE_KERAS         NULL
#define WRITE_H5            NULL
#define WRITE_KERAS_WEIGHTS NULL
#endif

#ifdef TOOLS_HAVE_ONNX
static int write_onnx(neuron_graph_t *graph, const char *path, const char *options)
{
    return neuron_onnx_export(graph, path, options);
}
static int read_onnx(neuron_graph_t **graph, neuron_context_t *context, const char *path)
{
    return neuron_onnx_import(graph, context, path, NULL);
}
#define READ_ONNX  read_onnx
#define WRITE_ONNX write_onnx
#else
#define READ_ONNX  NULL
#define WRITE_ONNX NULL
#endif

#ifdef TOOLS_HAVE_SOURCE
static int write_source(neuron_graph_t *graph, const char *path, const char *options)
{
    return neuron_source_export(graph, path, options);
}
#define WRITE_SOURCE write_source
#else
#define WRITE_SOURCE NULL
#endif

const format_t formats[] = {
    {.name = "safetensors",
     .ending = ".safetensors",
     .what = "a model of libneuron",
     .kind = CONTENT_MODEL,
     .read = neuron_graph_load,
     .read_weights = read_weights,
     .options = "storage",
     .write = write_safetensors},
    {.name = "npz",
     .ending = ".npz",
     .what = "parameters by name, for NumPy",
     .kind = CONTENT_NPZ,
     .read_weights = read_weights,
     .write = write_npz},
    {.name = "state_dict",
     .ending = "",
     .what = "parameters with the names and axes of PyTorch, as safetensors",
     .kind = CONTENT_STATE_DICT,
     .read_weights = read_state_dict,
     .write = write_state_dict},
    {.name = "weights",
     .ending = "",
     .what = "parameters by name, of any program",
     .kind = CONTENT_WEIGHTS,
     .read_weights = read_weights},
    {.name = "keras",
     .ending = ".keras",
     .what = "a model for Keras 3",
     .needs = "libneuron-keras",
     .kind = CONTENT_KERAS,
     .read = READ_KERAS,
     .read_weights = READ_KERAS_WEIGHTS,
     .write = WRITE_KERAS},
    /* Before ".h5", which it ends in. What is in the file tells that it has no model. */
    {.name = "weights.h5",
     .ending = ".weights.h5",
     .what = "parameters for Keras 3",
     .needs = "libneuron-keras",
     .kind = CONTENT_UNKNOWN,
     .read_weights = READ_KERAS_WEIGHTS,
     .write = WRITE_KERAS_WEIGHTS},
    {.name = "h5",
     .ending = ".h5",
     .what = "a model for Keras 2",
     .needs = "libneuron-keras",
     .kind = CONTENT_HDF5,
     .read = READ_KERAS,
     .read_weights = READ_KERAS_WEIGHTS,
     .write = WRITE_H5},
    {.name = "onnx",
     .ending = ".onnx",
     .what = "a model for ONNX Runtime and others",
     .needs = "libneuron-onnx",
     .kind = CONTENT_ONNX,
     .read = READ_ONNX,
     .options = "layout, input_type",
     .write = WRITE_ONNX},
    {.name = "c",
     .ending = ".c",
     .what = "one file of C that predicts",
     .needs = "libneuron-source",
     .kind = CONTENT_UNKNOWN,
     .options = "name, header, workspace, linkage",
     .write = WRITE_SOURCE},
    {.name = NULL},
};

const format_t *format_by_name(const char *name)
{
    for (const format_t *format = formats; format->name; format++)
        if (strcmp(format->name, name) == 0)
            return format;
    return NULL;
}

const format_t *format_by_ending(const char *path)
{
    for (const format_t *format = formats; format->name; format++) {
        size_t size = strlen(path), end = strlen(format->ending);
        if (end > 0 && size > end && strcmp(path + size - end, format->ending) == 0)
            return format;
    }
    return NULL;
}

const format_t *format_by_kind(content_kind_t kind)
{
    for (const format_t *format = formats; format->name; format++)
        if (format->kind == kind && kind != CONTENT_UNKNOWN)
            return format;
    return NULL;
}

const char *format_list(bool written)
{
    static char text[2][256];
    char *list = text[written];
    size_t used = 0;
    for (const format_t *format = formats; format->name; format++)
        if (written ? format->write != NULL : format->read != NULL)
            used += (size_t)snprintf(list + used, sizeof *text - used, "%s%s", used > 0 ? ", " : "",
                                     format->name);
    return list;
}

neuron_graph_t *format_load(const tool_t *tool, neuron_context_t *context, const char *path)
{
    const content_t content = content_of(path);
    const format_t *format = format_by_kind(content.kind);
    neuron_graph_t *graph = NULL;
    if (content.kind == CONTENT_MISSING)
        tool_complain(tool, "%s: %s", path, strerror(errno));
    else if (!format || !format->read)
        tool_complain(tool, "%s is %s, not a model that can be read; formats are: %s", path,
                      content_name(content.kind), format_list(false));
    else if (format->read(&graph, context, path) < 0)
        tool_complain_of_call(tool);
    return graph;
}
