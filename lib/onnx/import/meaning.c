/* The texts of a model: see meaning.h. */
#include "onnx/import/meaning.h"

#include "base/text/utf8.h"
#include "graph/metadata.h"
#include "model/meaning.h"

#include <stdio.h>
#include <string.h>

/* Each is looked for among all before it. */
enum { TEXTS_MAX = 10000 };

static void warn(const neuron_onnx_reader *reader)
{
    neuron_log(reader->context, NEURON_LOG_WARNING, "model", "%s: metadata: %s", reader->source,
               neuron_error_last());
}

static bool is_utf8(const char *text)
{
    while (*text) {
        bool printable;
        size_t size = neuron_utf8_next(text, &printable);
        if ((unsigned char)*text >= 0x80 && !printable)
            return false;
        text += size;
    }
    return true;
}

/* Keeps a text; one that may not be is no reason to fail. */
static int keep(const neuron_onnx_reader *reader, const char *key, const char *value)
{
    bool own = strncmp(key, NEURON_METADATA_PREFIX, sizeof NEURON_METADATA_PREFIX - 1) == 0;
    int status = NEURON_OK;
    if (!own)
        status = neuron_graph_set_metadata(reader->graph, key, value);
    else if (strcmp(key, NEURON_METADATA_PREPARATION) == 0 && is_utf8(value))
        status = neuron_graph_keep_text(reader->graph, key, value);
    if (status == NEURON_E_ARGUMENT) {
        warn(reader);
        return NEURON_OK;
    }
    return status;
}

int neuron_onnx_read_meaning(neuron_onnx_reader *reader)
{
    const Neuron__Onnx__Model *model = reader->model;
    const char *inputs = NULL, *outputs = NULL;
    if (model->n_metadata_props > TEXTS_MAX)
        return neuron_fail(NEURON_E_UNSUPPORTED, "%s: has %zu texts of metadata; there may be %d",
                           reader->source, model->n_metadata_props, TEXTS_MAX);
    for (size_t i = 0; i < model->n_metadata_props; i++) {
        const Neuron__Onnx__Text *text = model->metadata_props[i];
        if (!text->key || !text->value)
            continue;
        if (strcmp(text->key, NEURON_METADATA_INPUTS) == 0)
            inputs = text->value;
        else if (strcmp(text->key, NEURON_METADATA_OUTPUTS) == 0)
            outputs = text->value;
        else
            RETURN_IF_ERROR(keep(reader, text->key, text->value));
    }
    int status = neuron_meaning_read_texts(reader->graph, reader->source, inputs, outputs);
    if (status != NEURON_E_FORMAT)
        return status;
    warn(reader); /* as of a model whose outputs another program has renamed */
    return NEURON_OK;
}

int neuron_onnx_name_classes(neuron_onnx_reader *reader, const neuron_node_t *output,
                             const neuron_onnx_operator *zip)
{
    const Neuron__Onnx__Attribute *words = neuron_onnx_attribute(zip, "classlabels_strings");
    const Neuron__Onnx__Attribute *numbers = neuron_onnx_attribute(zip, "classlabels_int64s");
    size_t count = words ? words->n_strings : numbers ? numbers->n_ints : 0;
    char **names = neuron_onnx_reader_get(reader, (int64_t)count + 1, sizeof *names);
    if (!names)
        return NEURON_E_MEMORY;
    for (size_t i = 0; i < count; i++) {
        size_t size = words ? words->strings[i].len + 1 : 24;
        names[i] = neuron_onnx_reader_get(reader, (int64_t)size, 1);
        if (!names[i])
            return NEURON_E_MEMORY;
        if (words && size > 1)
            memcpy(names[i], words->strings[i].data, size - 1);
        else if (!words)
            snprintf(names[i], size, "%" PRId64, numbers->ints[i]);
    }
    int status = count == 0
                     ? NEURON_OK
                     : neuron_graph_set_class_names(reader->graph, output->name,
                                                    (const char *const *)names, (int64_t)count);
    if (status != NEURON_E_ARGUMENT && status != NEURON_E_SHAPE)
        return status;
    warn(reader);
    return NEURON_OK;
}
