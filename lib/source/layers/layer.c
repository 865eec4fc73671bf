/* What all rows write with, and the table of them. */
#include "source/layers/layer.h"

#include "source/text/number.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Sums on the stack of a device, 2 KiB of them at most; fewer at a time cost more. */
enum { BLOCK_MOST = 512, BLOCK_LEAST = 64 };

#define ROW(name) &neuron_source_##name,
static const neuron_source_layer *const rows[] = {NEURON_SOURCE_LAYERS(ROW)};
#undef ROW

const neuron_source_layer *neuron_source_layer_find(const char *name)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcmp(rows[i]->name, name) == 0)
            return rows[i];
    return NULL;
}

int64_t neuron_block_of(int64_t count)
{
    int64_t block = count < BLOCK_MOST ? count : BLOCK_MOST;
    while (count % block != 0)
        block--;
    return block >= BLOCK_LEAST ? block : count;
}

/* ---- Nodes ---- */

double neuron_source_real(const neuron_node_t *node, int32_t key)
{
    return neuron_options_value(&node->spec.options, key);
}

int64_t neuron_source_option(const neuron_node_t *node, int32_t key)
{
    return (int64_t)neuron_source_real(node, key);
}

int64_t neuron_source_option_or(const neuron_node_t *node, int32_t key, int64_t otherwise)
{
    const neuron_option_table *table = &node->spec.layer->options;
    for (int64_t i = 0; i < table->count; i++)
        if (table->rows[i].key == key)
            return neuron_source_option(node, key);
    return otherwise;
}

static const neuron_node_t *owner_of(const neuron_node_t *node)
{
    return node->owner ? node->owner : node;
}

const float *neuron_source_values(const neuron_node_t *node, const char *array)
{
    const neuron_node_t *owner = owner_of(node);
    const neuron_graph_t *graph = node->graph;
    for (int64_t i = 0; i < owner->spec.array_count; i++)
        if (strcmp(owner->spec.arrays[i].name, array) == 0)
            return graph->values + graph->arrays[owner->first_array + i].offset;
    return NULL;
}

int64_t neuron_source_channels(const neuron_node_t *node)
{
    const neuron_shape *shape = &node->spec.output;
    return shape->rank > 0 ? shape->extent[shape->rank - 1] : 1;
}

const char *neuron_node_prefix(const neuron_writer *writer, const neuron_node_t *node,
                               char text[NEURON_NODE_TEXT])
{
    char name[NEURON_IDENTIFIER_TEXT];
    const neuron_node_t *owner = owner_of(node);
    snprintf(text, NEURON_NODE_TEXT, "%s_%" PRId64 "_%s", writer->name, owner->index,
             neuron_identifier(owner->name, name));
    return text;
}

/* ---- Lines ---- */

/* The most fields that one template has, with those that all have. */
enum { FIELDS_MOST = 32 };

void neuron_write(neuron_writer *writer, const char *template, const neuron_field *fields,
                  size_t count)
{
    char prefix[NEURON_NODE_TEXT];
    const neuron_node_t *node = writer->step->node;
    neuron_field all[FIELDS_MOST] = {
        TEXT("node", neuron_node_prefix(writer, node, prefix)),
        NUMBER("count", neuron_shape_count(&node->spec.output)),
    };
    for (size_t i = 0; i < count && i + 2 < FIELDS_MOST; i++)
        all[i + 2] = fields[i];
    neuron_code_fill(writer->body, template, all, count + 2);
}

void neuron_write_lines(neuron_writer *writer, const char *template)
{
    neuron_write(writer, template, NULL, 0);
}

/* ---- Arrays ---- */

bool neuron_write_arrays_now(neuron_writer *writer, const neuron_node_t *node)
{
    bool *has = &writer->has_arrays[owner_of(node)->index];
    bool now = !*has;
    *has = true;
    return now;
}

static bool check_finite(neuron_writer *writer, const neuron_node_t *node, const char *array,
                         const float *values, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        if (!isfinite(values[i])) {
            if (writer->status == NEURON_OK)
                writer->status =
                    neuron_fail(NEURON_E_NOT_FINITE,
                                "%s: %s of %s has a number that is not finite, at %" PRId64,
                                writer->graph->name, array, node->name, i);
            return false;
        }
    return true;
}

static void write_array(neuron_writer *writer, const neuron_node_t *node, const char *array,
                        const float *values, int64_t count, bool bytes)
{
    char prefix[NEURON_NODE_TEXT];
    if (!check_finite(writer, node, array, values, count))
        return;
    FILL(writer->arrays, "static const @type@ @prefix@_@array@[@count@] = {\n",
         TEXT("type", bytes ? "signed char" : "float"),
         TEXT("prefix", neuron_node_prefix(writer, node, prefix)), TEXT("array", array),
         NUMBER("count", count));
    neuron_code_numbers(writer->arrays, values, count, bytes);
    neuron_code_put(writer->arrays, "};\n");
}

void neuron_write_floats(neuron_writer *writer, const neuron_node_t *node, const char *array,
                         const float *values, int64_t count)
{
    write_array(writer, node, array, values, count, false);
}

void neuron_write_bytes(neuron_writer *writer, const neuron_node_t *node, const char *array,
                        const float *values, int64_t count)
{
    write_array(writer, node, array, values, count, true);
}

float *neuron_writer_floats(neuron_writer *writer, int64_t count)
{
    float *floats = neuron_allocate(writer->graph->context, neuron_size(count), sizeof(float));
    if (!floats && writer->status == NEURON_OK)
        writer->status = NEURON_E_MEMORY;
    return floats;
}

/* ---- Values ---- */

static const neuron_node_t *next_of(const neuron_writer *writer, const neuron_node_t *node)
{
    return writer->next[node->index];
}

bool neuron_chain_has_channels(const neuron_writer *writer)
{
    for (const neuron_node_t *node = writer->step->chain; node; node = next_of(writer, node))
        if (neuron_source_layer_find(node->spec.layer->name)->flags & NEURON_SOURCE_CHANNELS)
            return true;
    return false;
}

void neuron_write_store(neuron_writer *writer, const char *target, const char *value,
                        const char *channel)
{
    const neuron_node_t *node = writer->step->chain;
    WRITE(writer, "@target@ = ", TEXT("target", node ? "float v" : target));
    neuron_write_lines(writer, value);
    neuron_write_lines(writer, ";\n");
    if (!node)
        return;
    for (; node; node = next_of(writer, node))
        neuron_source_layer_find(node->spec.layer->name)->apply(writer, node, channel);
    WRITE(writer, "@target@ = v;\n", TEXT("target", target));
}

void neuron_write_each(neuron_writer *writer, const char *value)
{
    if (!neuron_chain_has_channels(writer)) {
        neuron_write_lines(writer, "for (long i = 0; i < @count@; i++) {\n");
        neuron_write_store(writer, "y[i]", value, NULL);
        neuron_write_lines(writer, "}\n");
        return;
    }
    WRITE(writer,
          "for (long row = 0; row < @count@; row += @channels@) {\n"
          "for (long c = 0; c < @channels@; c++) {\n"
          "const long i = row + c;\n",
          NUMBER("channels", neuron_source_channels(writer->step->node)));
    neuron_write_store(writer, "y[i]", value, "c");
    neuron_write_lines(writer, "}\n}\n");
}

void neuron_write_map(neuron_writer *writer)
{
    neuron_write_each(writer, "x[i]");
}
