/* The preparation of the table that a graph was trained on, kept as a text among its metadata: so
 * it is in its file, and goes along where that does. */
#include "graph/metadata.h"

#include "base/float-mode.h"
#include "data/preparation-json.h"
#include "graph/meaning.h"

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

/* A row's inputs are then those that the graph takes. */
static void take_scales(neuron_preparation_t *preparation, const neuron_node_t *input)
{
    const neuron_meaning *meaning = &input->meaning;
    preparation->scaled = meaning->channels || meaning->scaled;
    preparation->scale = meaning->scale;
    preparation->channels = neuron_tensor_ref(meaning->channels);
}

int neuron_graph_preparation(neuron_preparation_t **preparation, const neuron_graph_t *graph)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(preparation);
    *preparation = NULL;
    CHECK_ARGUMENT(graph);
    const char *text = neuron_graph_kept_text(graph, NEURON_METADATA_PREPARATION);
    json_t *json;
    if (!text)
        return neuron_fail(NEURON_E_DATA, "%s: has no preparation of a table", graph->name);
    RETURN_IF_ERROR(neuron_json_parse(&json, graph->context, text, strlen(text), 0, graph->name));
    int status = neuron_preparation_read(preparation, graph->context, json, graph->name);
    json_decref(json);
    if (status == NEURON_OK)
        take_scales(*preparation, graph->inputs[0]);
    return status;
}
