/* What a model says of itself: see meaning.h. */
#include "onnx/export/meaning.h"

#include "base/text/number.h"
#include "base/text/utf8.h"
#include "graph/meaning.h"
#include "graph/metadata.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- Bytes that become inputs ---- */

static const neuron_scale *scales_of(const neuron_node_t *input, int64_t *count)
{
    const neuron_tensor_t *channels = input->meaning.channels;
    *count = channels ? channels->shape.extent[0] : 1;
    return channels ? channels->data : &input->meaning.scale;
}

/* A number for all values, or one for each channel, along the axis that they are in. */
static const char *add_scale(neuron_onnx_writer *writer, const neuron_node_t *input,
                             const char *part, bool offset)
{
    int64_t count, extents[NEURON_RANK_MAX] = {0};
    const neuron_scale *scales = scales_of(input, &count);
    float *numbers = neuron_onnx_floats(writer, count);
    if (!numbers)
        return NULL;
    for (int64_t k = 0; k < count; k++)
        numbers[k] = (float)(offset ? scales[k].offset + scales[k].rest : scales[k].scale);
    int32_t rank = input->meaning.channels ? 1 : 0;
    extents[0] = count;
    if (neuron_onnx_outer_order(writer, input) == NEURON_ONNX_CHANNELS_FIRST)
        for (; rank > 0 && rank < input->spec.output.rank; rank++)
            extents[rank] = 1;
    return neuron_onnx_constant(writer, neuron_onnx_part(writer, input, part),
                                NEURON__ONNX__TENSOR__DATA_TYPE__FLOAT, extents, rank, numbers);
}

const char *neuron_onnx_scale_bytes(neuron_onnx_writer *writer, const neuron_node_t *input)
{
    const char *numbers = neuron_onnx_part(writer, input, "numbers");
    neuron_onnx_set_integer(
        writer, neuron_onnx_add(writer, "Cast", numbers, (const char *[]){input->name}, 1, numbers),
        "to", NEURON__ONNX__TENSOR__DATA_TYPE__FLOAT);
    const char *scale = add_scale(writer, input, "scale", false);
    const char *scaled =
        neuron_onnx_step(writer, input, "Mul", "scaled", (const char *[]){numbers, scale}, 2);
    const char *offset = add_scale(writer, input, "offset", true);
    return neuron_onnx_step(writer, input, "Add", "input", (const char *[]){scaled, offset}, 2);
}

/* ---- Texts ---- */

/* A text that grows. */
typedef struct text {
    neuron_onnx_writer *writer;
    char *bytes;
    size_t length, capacity;
} text;

static void put(text *to, const char *more)
{
    size_t size = strlen(more);
    if (to->capacity - to->length <= size) {
        size_t capacity = 2 * (to->length + size) + 256;
        char *bytes = neuron_onnx_get(to->writer, capacity, 1);
        if (!bytes)
            return;
        if (to->length > 0)
            memcpy(bytes, to->bytes, to->length);
        to->bytes = bytes;
        to->capacity = capacity;
    }
    memcpy(to->bytes + to->length, more, size + 1);
    to->length += size;
}

/* A string of JSON. Names have no control characters. */
static void put_string(text *to, const char *name)
{
    char clean[256], part[3] = "";
    snprintf(clean, sizeof clean, "%s", name);
    neuron_utf8_clean(clean, strlen(name) >= sizeof clean);
    put(to, "\"");
    for (const char *c = clean; *c; c++) {
        snprintf(part, sizeof part, *c == '"' || *c == '\\' ? "\\%c" : "%c", *c);
        put(to, part);
    }
    put(to, "\"");
}

/* As many digits as it takes to read the same number back. */
static void put_number(text *to, double value)
{
    char number[NEURON_NUMBER_TEXT];
    snprintf(number, sizeof number, "%.17g", value);
    neuron_number_point(number);
    put(to, number);
}

/* "scale": a number, or a list of one for each channel. */
static void put_scales(text *to, const neuron_node_t *input, const char *name, bool offset)
{
    int64_t count;
    const neuron_scale *scales = scales_of(input, &count);
    bool list = input->meaning.channels != NULL;
    put_string(to, name);
    put(to, list ? ":[" : ":");
    for (int64_t k = 0; k < count; k++) {
        put(to, k > 0 ? "," : "");
        put_number(to, offset ? scales[k].offset + scales[k].rest : scales[k].scale);
    }
    put(to, list ? "]" : "");
}

static bool put_input(text *to, const neuron_node_t *input)
{
    if (!input->meaning.scaled)
        return false;
    put(to, to->length > 0 ? "," : "{");
    put_string(to, input->name);
    put(to, ":{");
    put_scales(to, input, "scale", false);
    put(to, ",");
    put_scales(to, input, "offset", true);
    put(to, "}");
    return true;
}

static bool put_output(text *to, const neuron_node_t *output)
{
    const char *name = neuron_graph_class_name(output->graph, output->name, 0);
    if (!name)
        return false;
    put(to, to->length > 0 ? "," : "{");
    put_string(to, output->name);
    put(to, ":{\"classes\":[");
    for (int64_t k = 0; name; name = neuron_graph_class_name(output->graph, output->name, ++k)) {
        put(to, k > 0 ? "," : "");
        put_string(to, name);
    }
    put(to, "]}");
    return true;
}

static void add_text(neuron_onnx_writer *writer, const char *key, const char *value)
{
    Neuron__Onnx__Text *made = neuron_onnx_get(writer, 1, sizeof *made);
    if (!made)
        return;
    neuron__onnx__text__init(made);
    made->key = neuron_onnx_lent(key);
    made->value = neuron_onnx_lent(value);
    neuron_onnx_add_text(writer, made);
}

/* {"name": {...}} of the inputs or outputs of which something is known, if there are any. */
static void add_ends(neuron_onnx_writer *writer, const char *key, neuron_node_t *const *nodes,
                     int64_t count, bool (*write)(text *to, const neuron_node_t *node))
{
    text json = {.writer = writer};
    bool any = false;
    for (int64_t i = 0; i < count; i++)
        any = write(&json, nodes[i]) || any;
    put(&json, "}");
    if (any && json.bytes)
        add_text(writer, key, json.bytes);
}

void neuron_onnx_add_meaning(neuron_onnx_writer *writer)
{
    const neuron_graph_t *graph = writer->graph;
    add_ends(writer, NEURON_METADATA_INPUTS, graph->inputs, graph->input_count, put_input);
    add_ends(writer, NEURON_METADATA_OUTPUTS, graph->outputs, graph->output_count, put_output);
    for (const neuron_metadata *entry = graph->metadata; entry; entry = entry->next)
        add_text(writer, entry->key, entry->text);
}
