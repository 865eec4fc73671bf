/* The table of a graph's layers, in the layout that Keras made known, and of its memory. */
#include <libneuron/summary.h>

#include "base/text.h"
#include "base/float-mode.h"
#include "session/session.h"
#include "optimize/optimizer.h"

#include <inttypes.h>
#include <stdio.h>

enum { GAP = 2, LABEL_TEXT = 2 * NEURON_NODE_NAME_MAX + 64, SHAPE_TEXT = NEURON_SHAPE_TEXT + 32 };

enum { PARAMETERS, MOMENTS, WORKING, TOTAL, PARTS };

static const char *const part_names[PARTS] = {"Parameters", "Adam's moments", "Working memory",
                                              "Total"};

struct memory {
    const char *title;
    int64_t bytes[PARTS]; /* 0 for a part that there is not */
    size_t width;
};

struct summary {
    const neuron_graph_t *graph;
    int64_t batch;
    bool chain; /* each layer takes the one before it, so that nobody need say so */
    size_t label_width, shape_width, count_width, source_width;
    struct memory memory[2];
    int32_t memory_count; /* 1 for a graph that cannot be trained */
};

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

/* ---- Cells ---- */

static const char *label_text(const neuron_node_t *node, char text[LABEL_TEXT])
{
    if (node->owner)
        snprintf(text, LABEL_TEXT, "%s (%s of %s)", node->name, node->spec.layer->name,
                 node->owner->name);
    else
        snprintf(text, LABEL_TEXT, "%s (%s)", node->name, node->spec.layer->name);
    return text;
}

/* "(None, 28, 28, 1)" */
static const char *shape_text(const neuron_shape *shape, char text[SHAPE_TEXT])
{
    size_t used = (size_t)snprintf(text, SHAPE_TEXT, "(None");
    for (int32_t axis = 0; axis < shape->rank; axis++)
        used += (size_t)snprintf(text + used, SHAPE_TEXT - used, ", %" PRId64, shape->extent[axis]);
    snprintf(text + used, SHAPE_TEXT - used, ")");
    return text;
}

static int64_t node_parameters(const neuron_node_t *node)
{
    int64_t count = 0;
    for (int32_t i = 0; !node->owner && i < node->spec.array_count; i++)
        count += neuron_shape_count(&node->spec.arrays[i].shape);
    return count;
}

/* ---- Layers ---- */

static bool is_chain(const neuron_graph_t *graph)
{
    for (int32_t i = 1; i < graph->node_count; i++) {
        const neuron_node_t *node = graph->nodes[i];
        if (node->spec.input_count != 1 || node->inputs[0] != graph->nodes[i - 1])
            return false;
    }
    return true;
}

static void put_gap(neuron_text *text)
{
    neuron_text_repeat(text, ' ', GAP);
}

static void put_rule(neuron_text *text, const struct summary *s, char character)
{
    size_t width = s->label_width + GAP + s->shape_width + GAP + s->count_width;
    neuron_text_repeat(text, character, s->chain ? width : width + GAP + s->source_width);
    neuron_text_end_line(text);
}

static void put_row(neuron_text *text, const struct summary *s, const char *label,
                    const char *shape, const char *count, const char *source)
{
    neuron_text_left(text, label, s->label_width);
    put_gap(text);
    neuron_text_left(text, shape, s->shape_width);
    put_gap(text);
    neuron_text_right(text, count, s->count_width);
    if (!s->chain && source) {
        put_gap(text);
        neuron_text_put(text, source);
    }
    neuron_text_end_line(text);
}

static void put_node(neuron_text *text, const struct summary *s, const neuron_node_t *node)
{
    char label[LABEL_TEXT], shape[SHAPE_TEXT], count[NEURON_NUMBER_ROOM];
    int64_t inputs = node->spec.input_count;
    put_row(text, s, label_text(node, label), shape_text(&node->spec.output, shape),
            neuron_text_number(node_parameters(node), count),
            inputs ? node->inputs[0]->name : NULL);
    for (int32_t i = 1; i < inputs; i++)
        put_row(text, s, "", "", "", node->inputs[i]->name);
}

static const char label_title[] = "Layer (type)", shape_title[] = "Output shape",
                  count_title[] = "Parameters", source_title[] = "Connected to";

static void measure_columns(struct summary *s)
{
    char text[LABEL_TEXT + SHAPE_TEXT];
    s->chain = is_chain(s->graph);
    s->label_width = sizeof label_title - 1;
    s->shape_width = sizeof shape_title - 1;
    s->count_width = sizeof count_title - 1;
    s->source_width = sizeof source_title - 1;
    for (int32_t i = 0; i < s->graph->node_count; i++) {
        const neuron_node_t *node = s->graph->nodes[i];
        s->label_width = larger(s->label_width, neuron_text_width(label_text(node, text)));
        s->shape_width =
            larger(s->shape_width, neuron_text_width(shape_text(&node->spec.output, text)));
        s->count_width = larger(s->count_width,
                                neuron_text_width(neuron_text_number(node_parameters(node), text)));
        for (int32_t j = 0; j < node->spec.input_count; j++)
            s->source_width = larger(s->source_width, neuron_text_width(node->inputs[j]->name));
    }
}

static void put_layers(neuron_text *text, const struct summary *s)
{
    neuron_text_put(text, "Model: \"");
    neuron_text_put(text, s->graph->name);
    neuron_text_put(text, "\"");
    neuron_text_end_line(text);
    put_rule(text, s, '-');
    put_row(text, s, label_title, shape_title, count_title, source_title);
    put_rule(text, s, '=');
    for (int32_t i = 0; i < s->graph->node_count; i++)
        put_node(text, s, s->graph->nodes[i]);
    put_rule(text, s, '=');
}

static void put_totals(neuron_text *text, const neuron_graph_t *graph)
{
    int64_t total = neuron_graph_parameter_count(graph);
    int64_t trainable = neuron_graph_trainable_parameter_count(graph);
    const struct {
        const char *title;
        int64_t count;
    } rows[] = {{"Total parameters", total},
                {"Trainable parameters", trainable},
                {"Non-trainable parameters", total - trainable}};
    char number[NEURON_NUMBER_ROOM];
    size_t width = neuron_text_width(neuron_text_number(total, number));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        neuron_text_left(text, rows[i].title, sizeof "Non-trainable parameters" - 1);
        put_gap(text);
        neuron_text_right(text, neuron_text_number(rows[i].count, number), width);
        neuron_text_end_line(text);
    }
}

/* ---- Memory ---- */

static int64_t optimizer_bytes(const neuron_graph_t *graph)
{
    return graph->trainable_count * neuron_rule_adam.slot_count * (int64_t)sizeof(float);
}

static int measure_memory(struct summary *s, bool training, const char *title)
{
    struct memory *memory = &s->memory[s->memory_count++];
    int64_t *bytes = memory->bytes;
    memory->title = title;
    bytes[PARAMETERS] = s->graph->value_count * (int64_t)sizeof(float);
    bytes[MOMENTS] = training ? optimizer_bytes(s->graph) : 0;
    RETURN_IF_ERROR(
        neuron_graph_memory(&bytes[WORKING], s->graph, s->batch, training ? "training=yes" : NULL));
    bytes[TOTAL] = bytes[PARAMETERS] + bytes[MOMENTS] + bytes[WORKING];
    memory->width = neuron_text_width(title);
    for (int32_t part = 0; part < PARTS; part++) {
        char text[NEURON_NUMBER_ROOM];
        memory->width =
            larger(memory->width, neuron_text_width(neuron_text_bytes(bytes[part], text)));
    }
    return NEURON_OK;
}

_Static_assert(NEURON_PREDICT_BATCH == 128, "the title below says so");

/* Prediction takes many examples in several turns. */
static const char *prediction_title(int64_t batch)
{
    return batch > neuron_session_cache_batch(batch) ? "Prediction, 128 at a time" : "Prediction";
}

static bool has_part(const struct summary *s, int32_t part)
{
    for (int32_t i = 0; i < s->memory_count; i++)
        if (s->memory[i].bytes[part] > 0)
            return true;
    return false;
}

static void put_part(neuron_text *text, const struct summary *s, int32_t part)
{
    char bytes[NEURON_NUMBER_ROOM];
    for (int32_t i = 0; i < s->memory_count; i++) {
        put_gap(text);
        neuron_text_right(text, neuron_text_bytes(s->memory[i].bytes[part], bytes),
                          s->memory[i].width);
    }
    neuron_text_end_line(text);
}

static void put_memory(neuron_text *text, const struct summary *s)
{
    char title[2 * NEURON_NUMBER_ROOM], number[NEURON_NUMBER_ROOM];
    snprintf(title, sizeof title, "Bytes for batches of %s", neuron_text_number(s->batch, number));
    neuron_text_put(text, title);
    for (int32_t i = 0; i < s->memory_count; i++) {
        put_gap(text);
        neuron_text_right(text, s->memory[i].title, s->memory[i].width);
    }
    neuron_text_end_line(text);
    for (int32_t part = 0; part < PARTS; part++) {
        if (!has_part(s, part))
            continue;
        neuron_text_left(text, part_names[part], neuron_text_width(title));
        put_part(text, s, part);
    }
}

/* Says why a graph cannot be trained. */
static void put_obstacle(neuron_text *text, const neuron_graph_t *graph)
{
    const neuron_node_t *barrier = neuron_graph_find_barrier(graph);
    neuron_text_put(text, "Cannot be trained: ");
    neuron_text_put(text, barrier ? barrier->name : graph->name);
    neuron_text_put(text, barrier ? " has no gradient" : " has nothing to train");
    neuron_text_end_line(text);
}

static void put_summary(neuron_text *text, const void *subject)
{
    const struct summary *s = subject;
    put_layers(text, s);
    put_totals(text, s->graph);
    neuron_text_end_line(text);
    put_memory(text, s);
    if (s->memory_count == 1)
        put_obstacle(text, s->graph);
}

static bool can_be_trained(const neuron_graph_t *graph)
{
    return !neuron_graph_find_barrier(graph) && neuron_graph_trainable_parameter_count(graph) > 0;
}

int neuron_graph_summary(char *text, size_t capacity, size_t *needed, const neuron_graph_t *graph,
                         int64_t batch)
{
    FLOAT_SCOPE;
    RETURN_IF_ERROR(neuron_graph_check_finished(graph, __func__));
    CHECK_ROOM(text, capacity);
    NEURON_HOLD(hold);
    neuron_hold_reference(&hold, graph, graph);
    struct summary made = {.graph = graph, .batch = batch};
    RETURN_IF_ERROR(measure_memory(&made, false, prediction_title(batch)));
    if (can_be_trained(graph))
        RETURN_IF_ERROR(measure_memory(&made, true, "Training with Adam"));
    measure_columns(&made);
    return neuron_text_fill(put_summary, &made, "summary", text, capacity, needed);
}
