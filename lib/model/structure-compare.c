/* Whether a training that was saved with one graph goes on in another.
 *
 * Parameters are found by their names, what the optimizer remembers of them and random numbers by
 * the places of layers; so these must be equal, and all that a step is made of. */
#include "model/structure.h"

#include "base/text/number.h"
#include "model/structure-reader.h"

#include <inttypes.h>
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
    return strcmp(key, "initializer") != 0 && strcmp(key, "initializers") != 0 &&
           strcmp(key, "trainable") != 0 && strcmp(key, "arrays") != 0;
}

static bool matters_of_array(const neuron_node_t *node, const char *key)
{
    (void)node;
    return strcmp(key, "initializer") != 0 && strcmp(key, "parameter") != 0;
}

/* ---- Values ---- */

static bool same(const json_t *a, const json_t *b)
{
    if (json_is_number(a) && json_is_number(b))
        return json_number_value(a) == json_number_value(b);
    return json_equal(a, b);
}

/* What a message says of a value beside another. */
static const char *text_of(const json_t *value, const json_t *other, char text[NEURON_NUMBER_TEXT])
{
    enum { DIGITS = 6, LENGTH = 80 };
    if (!value)
        return "none";
    if (json_is_string(value))
        return json_string_value(value);
    if (json_is_number(value))
        return neuron_number_apart(json_number_value(value), json_number_value(other), DIGITS,
                                   text);
    memset(text, 0, LENGTH + 1); /* what is longer is cut, and no end is written */
    neuron_json_print(text, LENGTH, value);
    return text;
}

static int fail_different(const comparison *c, const char *key, const json_t *theirs,
                          const json_t *ours)
{
    char text[2][NEURON_NUMBER_TEXT];
    return neuron_fail(NEURON_E_DATA,
                       "%s: %s: " NEURON_JSON_NAME " " NEURON_JSON_NAME
                       " in the file, " NEURON_JSON_NAME " in the graph",
                       c->source, c->what, key, text_of(theirs, ours, text[0]),
                       text_of(ours, theirs, text[1]));
}

static int compare_values(const comparison *c, const neuron_node_t *node, matters matter,
                          json_t *theirs, json_t *ours)
{
    for (void *i = json_object_iter(ours); i; i = json_object_iter_next(ours, i)) {
        const char *key = json_object_iter_key(i);
        const json_t *value = json_object_iter_value(i), *found = json_object_get(theirs, key);
        if (matter(node, key) && !same(found, value))
            return fail_different(c, key, found, value);
    }
    for (void *i = json_object_iter(theirs); i; i = json_object_iter_next(theirs, i)) {
        const char *key = json_object_iter_key(i);
        if (matter(node, key) && !json_object_get(ours, key))
            return fail_different(c, key, json_object_iter_value(i), NULL);
    }
    return NEURON_OK;
}

/* ---- Nodes ---- */

/* An option that an older library did not have yet has its default, as the layer understands it: an
 * axis of -1 is the last. */
static int complete(json_t *json, const neuron_node_t *node)
{
    const neuron_option_table *options = &node->spec.layer->options;
    neuron_spec spec = node->spec;
    bool lacks[NEURON_OPTIONS_MAX] = {false}, any = false;
    for (int32_t i = 0; i < options->count; i++) {
        lacks[i] = !json_object_get(json, options->rows[i].name);
        any = any || lacks[i];
        if (lacks[i])
            spec.options[i] = options->rows[i].fallback;
    }
    if (any) /* if it does not fit, it differs from what does */
        (void)spec.layer->infer(&spec, node->name);
    for (int32_t i = 0; i < options->count; i++)
        if (lacks[i])
            RETURN_IF_ERROR(
                neuron_json_set(json, options->rows[i].name, json_real(spec.options[i])));
    return NEURON_OK;
}

/* Those of a custom layer; a layer of the library has what follows from its options. */
static int compare_arrays(comparison *c, const neuron_node_t *node, const json_t *theirs,
                          const json_t *ours)
{
    const size_t count = json_array_size(ours);
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
    const bool frozen = json_is_integer(mark) && json_integer_value(mark) == 0;
    if (node->spec.array_count > 0 && frozen != node->frozen && c->unlike++ == 0)
        c->first_unlike = node->name;
}

static int compare_node(comparison *c, const neuron_node_t *node, json_t *theirs, json_t *ours)
{
    const json_t *layer = json_object_get(ours, "layer"), *found = json_object_get(theirs, "layer");
    c->what = node->name;
    if (!same(found, layer))
        return fail_different(c, "layer", found, layer);
    RETURN_IF_ERROR(complete(theirs, node));
    RETURN_IF_ERROR(compare_values(c, node, matters_of_node, theirs, ours));
    note_frozen(c, node, theirs);
    return compare_arrays(c, node, json_object_get(theirs, "arrays"),
                          json_object_get(ours, "arrays"));
}

static int compare_counts(const comparison *c, const json_t *theirs, size_t ours)
{
    const size_t count = json_array_size(theirs);
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
    const size_t count = json_array_size(nodes);
    for (size_t i = 0; i < count && i < json_array_size(found); i++)
        RETURN_IF_ERROR(compare_node(c, c->graph->nodes[i], json_array_get(found, i),
                                     json_array_get(nodes, i)));
    RETURN_IF_ERROR(compare_counts(c, found, count));
    const json_t *from = json_object_get(theirs, "output"), *here = json_object_get(ours, "output");
    c->what = c->graph->name;
    return same(from, here) ? NEURON_OK : fail_different(c, "output", from, here);
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
        neuron_log(graph->context, NEURON_LOG_WARNING,
                   "%s: was saved with other layers frozen: %" PRId32 " differ, the first is %s",
                   source, c.unlike, c.first_unlike);
    json_decref(ours);
    json_decref(theirs);
    return status;
}
