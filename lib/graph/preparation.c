/* The preparation of the table that a graph was trained on, kept as a text among its metadata: so
 * it is in its file, and goes along where that does. */
#include "graph/metadata.h"

#include "base/float-mode.h"
#include "data/preparation-json.h"
#include "graph/meaning.h"

#include <inttypes.h>
#include <string.h>

int neuron_graph_keep_preparation(neuron_graph_t *graph, const neuron_preparation_t *preparation)
{
    json_t *json;
    char *text;
    size_t size;
    RETURN_IF_ERROR(neuron_preparation_write(&json, preparation));
    int status = neuron_json_write(&text, &size, graph->context, json);
    json_decref(json);
    RETURN_IF_ERROR(status);
    status = neuron_graph_keep_text(graph, NEURON_METADATA_PREPARATION, text);
    neuron_release(graph->context, text);
    return status;
}

int neuron_graph_set_preparation(neuron_graph_t *graph, const neuron_preparation_t *preparation)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(graph);
    CHECK_OPTIONAL(preparation);
    return preparation ? neuron_graph_keep_preparation(graph, preparation)
                       : neuron_graph_keep_text(graph, NEURON_METADATA_PREPARATION, NULL);
}

static int read_preparation(neuron_preparation_t **preparation, const neuron_graph_t *graph)
{
    const char *text = neuron_graph_kept_text(graph, NEURON_METADATA_PREPARATION);
    json_t *json;
    if (!text)
        return neuron_fail(NEURON_E_DATA, "%s: has no preparation of a table", graph->name);
    RETURN_IF_ERROR(neuron_json_parse(&json, graph->context, text, strlen(text), 0, graph->name));
    int status = neuron_preparation_read(preparation, graph->context, json, graph->name);
    json_decref(json);
    return status;
}

/* The text is read once: of several threads that predict, the first one's stays. It is the graph's,
 * and lent to callers that nobody may change the graph beside. */
static int find_preparation(neuron_preparation_t **preparation, const neuron_graph_t *graph)
{
    neuron_graph_t *keeper = (neuron_graph_t *)(uintptr_t)graph;
    *preparation = atomic_load(&keeper->preparation);
    if (*preparation)
        return NEURON_OK;
    neuron_preparation_t *made, *first = NULL;
    RETURN_IF_ERROR(read_preparation(&made, graph));
    bool stays = atomic_compare_exchange_strong(&keeper->preparation, &first, made);
    *preparation = stays ? made : first;
    if (!stays)
        neuron_preparation_unref(made);
    return NEURON_OK;
}

int neuron_graph_preparation(neuron_preparation_t **preparation, const neuron_graph_t *graph)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(preparation);
    *preparation = NULL;
    CHECK_ARGUMENT(graph);
    neuron_preparation_t *found;
    RETURN_IF_ERROR(find_preparation(&found, graph));
    *preparation = neuron_preparation_ref(found);
    return NEURON_OK;
}

/* As the dataset that the graph was trained on scales what it has stored, to the last bit. */
static void scale_row(const neuron_node_t *input, int32_t type, int64_t count, float *inputs)
{
    neuron_scaling by = neuron_node_scaling(input);
    if (neuron_node_scale_count(input) == 0)
        return;
    if (type == NEURON_TYPE_F32 || by.channels) {
        by.type = NEURON_TYPE_F32;
        neuron_scale_examples(&by, NULL, inputs, 1, count, inputs);
        return;
    }
    for (int64_t i = 0; i < count; i++) {
        uint8_t byte = (uint8_t)inputs[i];
        neuron_scale_examples(&by, NULL, &byte, 1, 1, inputs + i);
    }
}

/* A file may have the preparation of one table and the network of another. */
static int check_fits(const neuron_node_t *input, const neuron_preparation_t *preparation)
{
    char text[NEURON_SHAPE_TEXT];
    if (neuron_shape_count(&input->spec.output) == preparation->input_count)
        return NEURON_OK;
    return neuron_fail(NEURON_E_SHAPE, "%s: a row becomes %" PRId64 " inputs, but %s takes %s",
                       input->graph->name, preparation->input_count, input->name,
                       neuron_shape_text(&input->spec.output, text));
}

int neuron_graph_prepare_row(float *inputs, size_t capacity, size_t *needed,
                             const neuron_graph_t *graph, const char *const *fields, int64_t count)
{
    FLOAT_SCOPE;
    CHECK_ROOM(inputs, capacity);
    RETURN_IF_ERROR(neuron_graph_check_finished(graph, __func__));
    neuron_preparation_t *by;
    RETURN_IF_ERROR(find_preparation(&by, graph));
    RETURN_IF_ERROR(check_fits(graph->inputs[0], by));
    RETURN_IF_ERROR(
        neuron_preparation_apply_for(inputs, capacity, needed, by, fields, count, __func__));
    if (inputs)
        scale_row(graph->inputs[0], by->type, by->input_count, inputs);
    return NEURON_OK;
}
