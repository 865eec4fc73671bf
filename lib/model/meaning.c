/* Writes and reads what a graph knows of its inputs and outputs, and its metadata, as texts of a
 * safetensors file. */
#include "model/meaning.h"

#include "base/files/json.h"
#include "base/text/utf8.h"
#include "graph/meaning.h"
#include "graph/metadata.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* ---- Writing ---- */

/* The doubles of a scale by their names. */
static const struct {
    const char *name;
    size_t offset;
} scale_parts[] = {{"scale", offsetof(neuron_scale, scale)},
                   {"offset", offsetof(neuron_scale, offset)},
                   {"rest", offsetof(neuron_scale, rest)}};

enum { SCALE_PARTS = sizeof scale_parts / sizeof scale_parts[0] };

static double *part_of(neuron_scale *scale, int part)
{
    return (double *)(void *)((char *)scale + scale_parts[part].offset);
}

static int write_part(json_t *object, const neuron_scaling *by, int part)
{
    const char *name = scale_parts[part].name;
    neuron_scale one = *by->scale;
    if (!by->channels)
        return neuron_json_set_real(object, name, *part_of(&one, part));
    const neuron_scale *each = by->channels->data;
    json_t *list = json_array();
    RETURN_IF_ERROR(neuron_json_set(object, name, list));
    for (int64_t k = 0; k < by->channels->shape.extent[0]; k++) {
        one = each[k];
        RETURN_IF_ERROR(neuron_json_append_real(list, *part_of(&one, part)));
    }
    return NEURON_OK;
}

static bool has_rest(const neuron_scaling *by)
{
    const neuron_scale *each = by->channels ? by->channels->data : by->scale;
    int64_t count = by->channels ? by->channels->shape.extent[0] : 1;
    bool found = false;
    for (int64_t k = 0; k < count; k++)
        found = found || each[k].rest != 0;
    return found;
}

static int write_input(json_t *object, const neuron_node_t *input)
{
    const neuron_scaling by = neuron_node_scaling(input);
    int parts = has_rest(&by) ? SCALE_PARTS : SCALE_PARTS - 1;
    for (int part = 0; part < parts; part++)
        RETURN_IF_ERROR(write_part(object, &by, part));
    return NEURON_OK;
}

/* Names may have come from files of any encoding. */
static int write_output(json_t *object, const neuron_node_t *output)
{
    json_t *list = json_array();
    RETURN_IF_ERROR(neuron_json_set(object, "classes", list));
    const char *name = neuron_class_names_next(output->meaning.class_names, NULL);
    for (; name; name = neuron_class_names_next(output->meaning.class_names, name)) {
        char clean[256];
        snprintf(clean, sizeof clean, "%s", name);
        neuron_utf8_clean(clean, strlen(name) >= sizeof clean);
        RETURN_IF_ERROR(neuron_json_append(list, json_string(clean)));
    }
    return NEURON_OK;
}

/* What is known of ends of the graph: its inputs or its outputs. */
typedef struct ends {
    const char *key;
    neuron_node_t *const *nodes;
    int64_t count;
    bool (*is_known)(const neuron_node_t *node);
    int (*write)(json_t *object, const neuron_node_t *node);
} ends;

static bool is_scaled(const neuron_node_t *input)
{
    return input->meaning.scaled;
}

static bool is_named(const neuron_node_t *output)
{
    return output->meaning.class_names != NULL;
}

static int write_known(json_t *all, const ends *of)
{
    for (int32_t i = 0; i < of->count; i++) {
        json_t *object;
        if (!of->is_known(of->nodes[i]))
            continue;
        RETURN_IF_ERROR(neuron_json_set(all, of->nodes[i]->name, object = json_object()));
        RETURN_IF_ERROR(of->write(object, of->nodes[i]));
    }
    return NEURON_OK;
}

/* {"name": {...}} of the nodes of which something is known, if there are any. */
static int write_ends(neuron_safetensors_writer *writer, const ends *of)
{
    neuron_context_t *context = of->nodes[0]->graph->context;
    char *text = NULL;
    size_t size;
    json_t *all = json_object();
    int status = all ? write_known(all, of) : neuron_json_no_memory();
    bool any = status == NEURON_OK && json_object_size(all) > 0;
    if (any)
        status = neuron_json_write(&text, &size, context, all);
    if (any && status == NEURON_OK)
        status = neuron_safetensors_add_text(writer, of->key, text);
    neuron_release(context, text);
    json_decref(all);
    return status;
}

int neuron_meaning_write(neuron_safetensors_writer *writer, const neuron_graph_t *graph)
{
    const ends inputs = {NEURON_METADATA_INPUTS, graph->inputs, graph->input_count, is_scaled,
                         write_input};
    const ends outputs = {NEURON_METADATA_OUTPUTS, graph->outputs, graph->output_count, is_named,
                          write_output};
    RETURN_IF_ERROR(write_ends(writer, &inputs));
    RETURN_IF_ERROR(write_ends(writer, &outputs));
    for (const neuron_metadata *entry = graph->metadata; entry; entry = entry->next)
        RETURN_IF_ERROR(neuron_safetensors_add_text(writer, entry->key, entry->text));
    return NEURON_OK;
}

/* ---- Reading ---- */

typedef struct reader {
    const char *source, *key;
    neuron_node_t *node;
} reader;

#define WHERE "%s: \"%s\" of \"" NEURON_JSON_NAME "\""
#define AT(r) (r)->source, (r)->key, (r)->node->name

/* Reads a number, or as many as there are channels. */
static int read_part(neuron_scale *each, int64_t count, int part, bool list, const json_t *json,
                     const reader *r)
{
    bool fits = list ? json_is_array(json) && json_array_size(json) == neuron_size(count)
                     : json_is_number(json);
    for (int64_t k = 0; fits && k < count; k++) {
        const json_t *number = list ? json_array_get(json, (size_t)k) : json;
        fits = json_is_number(number);
        *part_of(&each[k], part) = json_number_value(number);
    }
    if (fits)
        return NEURON_OK;
    return neuron_fail(NEURON_E_FORMAT,
                       WHERE ": \"%s\" is not a number, nor a list of one for each of the %lld "
                             "channels, as \"scale\" is",
                       AT(r), scale_parts[part].name, (long long)count);
}

static int read_parts(neuron_scale *each, int64_t count, bool list, const json_t *object,
                      const reader *r)
{
    for (int part = 0; part < SCALE_PARTS; part++) {
        const json_t *json = json_object_get(object, scale_parts[part].name);
        if (json || part < SCALE_PARTS - 1)
            RETURN_IF_ERROR(read_part(each, count, part, list, json, r));
    }
    return NEURON_OK;
}

static int read_input(const json_t *object, const reader *r)
{
    const neuron_shape *shape = &r->node->spec.output;
    neuron_scale one = {0};
    if (!json_is_array(json_object_get(object, "scale"))) {
        RETURN_IF_ERROR(read_parts(&one, 1, false, object, r));
        neuron_node_keep_scale(r->node, &one, NULL);
        return NEURON_OK;
    }
    int64_t last = shape->rank > 0 ? shape->extent[shape->rank - 1] : 1;
    const int64_t extents[] = {last, sizeof one};
    if (json_array_size(json_object_get(object, "scale")) != neuron_size(last)) /* says so */
        return read_part(&one, last, 0, true, NULL, r);
    neuron_tensor_t *channels;
    RETURN_IF_ERROR(
        neuron_tensor_create_raw(&channels, r->node->graph->context, NEURON_TYPE_U8, extents, 2));
    memset(channels->data, 0, (size_t)last * sizeof one);
    int status = read_parts(channels->data, last, true, object, r);
    if (status == NEURON_OK)
        neuron_node_keep_scale(r->node, &one, channels);
    neuron_tensor_unref(channels);
    return status;
}

static int read_output(const json_t *object, const reader *r)
{
    const json_t *list = json_object_get(object, "classes");
    int64_t count = neuron_node_class_count(r->node);
    bool fits = json_is_array(list) && json_array_size(list) == neuron_size(count);
    for (size_t k = 0; fits && k < (size_t)count; k++)
        fits = json_is_string(json_array_get(list, k));
    if (!fits)
        return neuron_fail(NEURON_E_FORMAT, WHERE ": \"classes\" are not %lld texts", AT(r),
                           (long long)count);
    neuron_context_t *context = r->node->graph->context;
    neuron_tensor_t *names = NULL;
    const char **texts = neuron_allocate(context, neuron_size(count), sizeof *texts);
    for (size_t k = 0; texts && k < (size_t)count; k++)
        texts[k] = json_string_value(json_array_get(list, k));
    int status = texts ? neuron_class_names_pack(&names, context, texts, count) : NEURON_E_MEMORY;
    if (status == NEURON_OK)
        neuron_node_keep_names(r->node, names);
    neuron_tensor_unref(names);
    neuron_release(context, texts);
    return status;
}

static neuron_node_t *find_node(neuron_node_t *const *nodes, int64_t count, const char *name)
{
    for (int32_t i = 0; i < count; i++)
        if (strcmp(nodes[i]->name, name) == 0)
            return nodes[i];
    return NULL;
}

static int refuse_ends(const reader *r, neuron_node_t *const *nodes)
{
    return neuron_fail(NEURON_E_FORMAT, "%s: \"%s\" is not an object of \"" NEURON_JSON_NAME "\"",
                       r->source, r->key, nodes[0]->name);
}

/* Reads {"name": {...}} of some of the nodes where there is such a text. */
static int read_ends(const char *source, const char *key, const char *text,
                     neuron_node_t *const *nodes, int64_t count,
                     int (*read)(const json_t *object, const reader *r))
{
    reader r = {.source = source, .key = key};
    json_t *all;
    if (!text)
        return NEURON_OK;
    int status = neuron_json_parse(&all, nodes[0]->graph->context, text, strlen(text), 0, r.source);
    if (status == NEURON_E_FORMAT)
        return neuron_fail(status, "%s (of the text \"%s\")", neuron_error_last(), key);
    RETURN_IF_ERROR(status);
    if (!json_is_object(all) || json_object_size(all) == 0)
        status = refuse_ends(&r, nodes);
    void *place = json_object_iter(all);
    for (; place && status == NEURON_OK; place = json_object_iter_next(all, place)) {
        const json_t *object = json_object_iter_value(place);
        r.node = find_node(nodes, count, json_object_iter_key(place));
        status = r.node && json_is_object(object) ? read(object, &r) : refuse_ends(&r, nodes);
    }
    json_decref(all);
    return status;
}

/* Texts of users and other programs, and one of the library's that others than this room read. */
static bool is_kept(const char *key)
{
    return strncmp(key, NEURON_METADATA_PREFIX, sizeof NEURON_METADATA_PREFIX - 1) != 0 ||
           strcmp(key, NEURON_METADATA_PREPARATION) == 0;
}

int neuron_meaning_read_texts(neuron_graph_t *graph, const char *source, const char *inputs,
                              const char *outputs)
{
    RETURN_IF_ERROR(read_ends(source, NEURON_METADATA_INPUTS, inputs, graph->inputs,
                              graph->input_count, read_input));
    return read_ends(source, NEURON_METADATA_OUTPUTS, outputs, graph->outputs, graph->output_count,
                     read_output);
}

int neuron_meaning_read(neuron_graph_t *graph, const neuron_safetensors *file)
{
    RETURN_IF_ERROR(
        neuron_meaning_read_texts(graph, neuron_safetensors_source(file),
                                  neuron_safetensors_text(file, NEURON_METADATA_INPUTS),
                                  neuron_safetensors_text(file, NEURON_METADATA_OUTPUTS)));
    const char *text, *key = neuron_safetensors_next_text(file, NULL, &text);
    for (; key; key = neuron_safetensors_next_text(file, key, &text))
        if (is_kept(key))
            RETURN_IF_ERROR(neuron_graph_keep_text(graph, key, text));
    return NEURON_OK;
}
