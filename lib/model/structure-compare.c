/* Whether a training that was saved with one graph goes on in another.
 *
 * Parameters are found by their names, what the optimizer remembers of them and random numbers by
 * the places of layers; so these must be equal, and all that a step is made of. */
#include "model/structure.h"

#include "base/options/json.h"
#include "graph/custom.h"
#include "model/structure-reader.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

typedef struct comparison {
    const neuron_graph_t *graph;
    const char *source;
    const char *what; /* the node or array at work */
    int32_t unlike;   /* layers that are frozen in one of the two */
    const char *first_unlike;
} comparison;

/* Whether a difference in what stands under a key of a node matters. */
typedef bool (*matters)(const neuron_node_t *node, const char *key);

static bool matters_of_node(const neuron_node_t *node, const char *key)
{
    if (strcmp(key, "name") == 0)
        return node->spec.array_count > 0;
    return !neuron_options_find_name(&node->spec.layer->options, key, strlen(key)) &&
           strcmp(key, "initializers") != 0 && strcmp(key, "trainable") != 0 &&
           strcmp(key, "arrays") != 0;
}

static bool matters_of_array(const neuron_node_t *node, const char *key)
{
    (void)node;
    return strcmp(key, "initializer") != 0 && strcmp(key, "parameter") != 0;
}

/* ---- Values ---- */

/* What messages about the node or array at work begin with. */
static const char *who(const comparison *c, char text[NEURON_MESSAGE_SIZE])
{
    snprintf(text, NEURON_MESSAGE_SIZE, "%s: %s", c->source, c->what);
    return text;
}

static int compare(const comparison *c, const char *key, const json_t *theirs, const json_t *ours)
{
    char text[NEURON_MESSAGE_SIZE];
    return neuron_json_compare(theirs, ours, key, who(c, text));
}

static int compare_values(const comparison *c, const neuron_node_t *node, matters matter,
                          json_t *theirs, json_t *ours)
{
    for (void *i = json_object_iter(ours); i; i = json_object_iter_next(ours, i)) {
        const char *key = json_object_iter_key(i);
        if (matter(node, key))
            RETURN_IF_ERROR(
                compare(c, key, json_object_get(theirs, key), json_object_iter_value(i)));
    }
    for (void *i = json_object_iter(theirs); i; i = json_object_iter_next(theirs, i)) {
        const char *key = json_object_iter_key(i);
        if (matter(node, key) && !json_object_get(ours, key))
            return compare(c, key, json_object_iter_value(i), NULL);
    }
    return NEURON_OK;
}

/* ---- Nodes ---- */

/* Reads the options of a node in the file, as its layer understands them:
 * an axis of -1 is the last. */
static int read_options(neuron_options *options, json_t *json, const neuron_node_t *node,
                        const char *who)
{
    const neuron_option_table *table = &node->spec.layer->options;
    neuron_spec spec = node->spec;
    neuron_options_reset(&spec.options, table);
    for (int32_t i = 0; i < table->count; i++) {
        const json_t *value = json_object_get(json, table->rows[i].name);
        if (value)
            RETURN_IF_ERROR(neuron_options_read_value(&spec.options, &table->rows[i], value, who));
    }
    if (!neuron_layer_is_custom(spec.layer)) /* if it does not fit, it differs from what does */
        (void)spec.layer->infer(&spec, node->name);
    *options = spec.options;
    return NEURON_OK;
}

static int compare_options(const comparison *c, const neuron_node_t *node, json_t *json)
{
    char text[NEURON_MESSAGE_SIZE];
    neuron_options theirs, ours = node->spec.options;
    RETURN_IF_ERROR(read_options(&theirs, json, node, who(c, text)));
    if (neuron_options_find(ours.table, NEURON_NODE_INITIALIZER)) /* plays no part any more */
        neuron_options_put(&theirs, NEURON_NODE_INITIALIZER,
                           neuron_options_value(&ours, NEURON_NODE_INITIALIZER));
    return neuron_options_compare(&theirs, &ours, text);
}

/* Those of a custom layer; a layer of the library has what follows from its options. */
static int compare_arrays(comparison *c, const neuron_node_t *node, const json_t *theirs,
                          const json_t *ours)
{
    size_t count = json_array_size(ours);
    if (json_array_size(theirs) != count)
        return neuron_fail(NEURON_E_DATA, "%s: %s: %zu arrays in the file, %zu in the graph",
                           c->source, c->what, json_array_size(theirs), count);
    for (size_t i = 0; i < count; i++) {
        c->what = c->graph->arrays[(size_t)node->first_array + i].name;
        RETURN_IF_ERROR(compare_values(c, node, matters_of_array, json_array_get(theirs, i),
                                       json_array_get(ours, i)));
    }
    return NEURON_OK;
}

static void note_frozen(comparison *c, const neuron_node_t *node, const json_t *theirs)
{
    const json_t *mark = json_object_get(theirs, "trainable");
    bool frozen = json_is_integer(mark) && json_integer_value(mark) == 0;
    if (node->spec.array_count > 0 && frozen != node->frozen && c->unlike++ == 0)
        c->first_unlike = node->name;
}

static int compare_node(comparison *c, const neuron_node_t *node, json_t *theirs, json_t *ours)
{
    c->what = node->name;
    RETURN_IF_ERROR(
        compare(c, "layer", json_object_get(theirs, "layer"), json_object_get(ours, "layer")));
    if (json_object_get(theirs, "shared") || node->owner)
        RETURN_IF_ERROR(compare(c, "shared", json_object_get(theirs, "shared"),
                                json_object_get(ours, "shared")));
    else
        RETURN_IF_ERROR(compare_options(c, node, theirs));
    RETURN_IF_ERROR(compare_values(c, node, matters_of_node, theirs, ours));
    if (!node->owner)
        note_frozen(c, node, theirs);
    return compare_arrays(c, node, json_object_get(theirs, "arrays"),
                          json_object_get(ours, "arrays"));
}

static int compare_counts(const comparison *c, const json_t *theirs, size_t ours)
{
    size_t count = json_array_size(theirs);
    if (count < ours)
        return neuron_fail(NEURON_E_DATA, "%s: layer %s of the graph is not in the file", c->source,
                           c->graph->nodes[count]->name);
    const char *name = json_string_value(json_object_get(json_array_get(theirs, ours), "name"));
    if (count > ours)
        return neuron_fail(NEURON_E_DATA,
                           "%s: layer " NEURON_JSON_NAME " of the file is not in the graph",
                           c->source, name ? name : "");
    return NEURON_OK;
}

static int compare_graphs(comparison *c, const json_t *theirs, const json_t *ours)
{
    const json_t *found = json_object_get(theirs, "nodes"), *nodes = json_object_get(ours, "nodes");
    size_t count = json_array_size(nodes);
    for (size_t i = 0; i < count && i < json_array_size(found); i++)
        RETURN_IF_ERROR(compare_node(c, c->graph->nodes[i], json_array_get(found, i),
                                     json_array_get(nodes, i)));
    RETURN_IF_ERROR(compare_counts(c, found, count));
    c->what = c->graph->name;
    return compare(c, "output", json_object_get(theirs, "output"), json_object_get(ours, "output"));
}

int neuron_structure_compare(const neuron_graph_t *graph, const char *text, const char *source)
{
    json_t *theirs, *ours = NULL;
    comparison c = {.graph = graph, .source = source};
    RETURN_IF_ERROR(neuron_structure_parse(&theirs, graph->context, text, source));
    int status = neuron_structure_make(&ours, graph);
    if (status == NEURON_OK)
        status = compare_graphs(&c, theirs, ours);
    if (status == NEURON_OK && c.unlike > 0)
        neuron_log(graph->context, NEURON_LOG_WARNING, "model",
                   "%s: was saved with other layers frozen: %" PRId32 " differ, the first is %s",
                   source, c.unlike, c.first_unlike);
    json_decref(ours);
    json_decref(theirs);
    return status;
}
