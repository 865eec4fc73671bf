/* Copies a finished graph into another one as a part of it: nodes under a
 * prefix, options, parameters. */
#include "graph/custom.h"

#include "graph/meaning.h"
#include "graph/metadata.h"
#include "graph/names.h"

#include "base/float-mode.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* What copies are called: `name`, or `name_1` and so on. The source's own name may hold characters
 * that a prefix may not, which become '_'. */
static int choose_prefix(const neuron_graph_t *graph, const neuron_graph_t *source,
                         const char *name, char prefix[NEURON_NODE_NAME_MAX + 1])
{
    char base[NEURON_GRAPH_NAME_MAX + 1];
    if (name)
        RETURN_IF_ERROR(neuron_name_check(name, NEURON_GRAPH_NAME_MAX, "/.", "import"));
    snprintf(base, sizeof base, "%s", name ? name : source->name);
    for (char *c = base; *c; c++)
        if (*c == '/' || *c == '.')
            *c = '_';
    int32_t number = neuron_names_free_number(graph, base);
    snprintf(prefix, NEURON_NODE_NAME_MAX + 1, "%s", base);
    if (number > 0)
        snprintf(prefix, NEURON_NODE_NAME_MAX + 1, "%s_%" PRId32, base, number);
    return NEURON_OK;
}

/* The present values of a node's arrays, one after the other. */
static int copy_values(neuron_node_t *copy, const neuron_graph_t *source, const neuron_node_t *node)
{
    const neuron_graph_array *arrays = source->arrays + node->first_array;
    size_t count = 0;
    for (int32_t i = 0; i < node->spec.array_count; i++)
        count += (size_t)arrays[i].count;
    if (count == 0)
        return NEURON_OK;
    copy->imported = neuron_allocate(copy->graph->context, count, sizeof *copy->imported);
    if (!copy->imported)
        return NEURON_E_MEMORY;
    float *to = copy->imported;
    for (int32_t i = 0; i < node->spec.array_count; i++) {
        memcpy(to, source->values + arrays[i].offset, (size_t)arrays[i].count * sizeof *to);
        to += arrays[i].count;
    }
    return NEURON_OK;
}

/* What a custom layer has of its own. */
static int copy_custom(neuron_node_t *copy, const neuron_node_t *node)
{
    copy->spec.output = node->spec.output;
    for (int32_t i = 0; i < node->spec.array_count; i++)
        RETURN_IF_ERROR(neuron_custom_take_array(copy, &node->spec.arrays[i]));
    return NEURON_OK;
}

int neuron_graph_copy_node(neuron_graph_t *graph, const neuron_graph_t *source,
                           const neuron_node_t *node, const char *name,
                           neuron_node_t *const *inputs, neuron_node_t **made)
{
    const neuron_layer *layer = node->spec.layer;
    const neuron_custom_kind *kind;
    if (neuron_layer_is_custom(layer)) { /* the source may be of another context */
        RETURN_IF_ERROR(neuron_custom_need(&kind, graph, layer->name, "import"));
        layer = &kind->layer;
    }
    neuron_options options = node->spec.options;
    options.table = &layer->options; /* a custom layer's, which is empty, may be another */
    neuron_node_t *copy = neuron_graph_add(graph, layer, name, inputs, node->spec.input_count,
                                           &options, node->spec.weights);
    if (!copy)
        return graph->status;
    if (neuron_layer_is_custom(layer))
        RETURN_IF_ERROR(copy_custom(copy, node));
    copy->frozen = node->frozen;
    memcpy(copy->choices, node->choices, sizeof copy->choices);
    *made = copy;
    return copy_values(copy, source, node);
}

/* Copies one node; `copies` has those of the source's earlier nodes. */
static int copy_node(neuron_graph_t *graph, const neuron_graph_t *source, const neuron_node_t *node,
                     const char *prefix, neuron_node_t **copies, neuron_node_t **inputs)
{
    for (int32_t i = 0; i < node->spec.input_count; i++)
        inputs[i] = copies[node->inputs[i]->index];
    char name[2 * NEURON_NODE_NAME_MAX + 3];
    snprintf(name, sizeof name, "%s/%s", prefix, node->name);
    return neuron_graph_copy_node(graph, source, node, name, inputs, &copies[node->index]);
}

static int copy_all(neuron_graph_t *graph, neuron_node_t *input, const neuron_graph_t *source,
                    const char *prefix, neuron_node_t **output)
{
    size_t count = (size_t)source->node_count;
    size_t most_inputs = 1;
    for (size_t i = 0; i < count; i++)
        if ((size_t)source->nodes[i]->spec.input_count > most_inputs)
            most_inputs = (size_t)source->nodes[i]->spec.input_count;
    neuron_node_t **copies = neuron_allocate(graph->context, count, sizeof *copies);
    neuron_node_t **inputs = neuron_allocate(graph->context, most_inputs, sizeof *inputs);
    int status = copies && inputs ? NEURON_OK : NEURON_E_MEMORY;
    for (size_t i = 0; i < count && status == NEURON_OK; i++) {
        if (source->nodes[i] == source->input)
            copies[i] = input;
        else
            status = copy_node(graph, source, source->nodes[i], prefix, copies, inputs);
    }
    if (status == NEURON_OK)
        *output = copies[source->output->index];
    neuron_release(graph->context, inputs);
    neuron_release(graph->context, copies);
    return status;
}

/* A part that sees the graph's input as it is, is given what it was trained with. */
static int adopt_meaning(neuron_graph_t *graph, neuron_node_t *input, const neuron_graph_t *source)
{
    const char *text = neuron_graph_kept_text(source, NEURON_METADATA_PREPARATION);
    if (input != graph->input)
        return NEURON_OK;
    if (!input->meaning.scaled && source->input->meaning.scaled)
        neuron_node_keep_scale(input, &source->input->meaning.scale,
                               source->input->meaning.channels);
    if (!text || neuron_graph_kept_text(graph, NEURON_METADATA_PREPARATION))
        return NEURON_OK;
    return neuron_graph_keep_text(graph, NEURON_METADATA_PREPARATION, text);
}

static int import(neuron_graph_t *graph, neuron_node_t *input, const neuron_graph_t *source,
                  const char *name, neuron_node_t **output)
{
    RETURN_IF_ERROR(neuron_graph_check_finished(source, "import"));
    CHECK_ARGUMENT(input);
    RETURN_IF_ERROR(neuron_node_check_fits(input));
    char text[2][NEURON_SHAPE_TEXT];
    const neuron_shape *expected = &source->input->spec.output;
    if (!neuron_shape_equal(&input->spec.output, expected))
        return neuron_fail(NEURON_E_SHAPE, "import: %s takes %s, but %s is %s", source->name,
                           neuron_shape_text(expected, text[0]), input->name,
                           neuron_shape_text(&input->spec.output, text[1]));
    char prefix[NEURON_NODE_NAME_MAX + 1];
    RETURN_IF_ERROR(choose_prefix(graph, source, name, prefix));
    RETURN_IF_ERROR(copy_all(graph, input, source, prefix, output));
    return adopt_meaning(graph, input, source);
}

neuron_node_t *neuron_import(neuron_graph_t *graph, neuron_node_t *input,
                             const neuron_graph_t *source, const char *name)
{
    FLOAT_SCOPE;
    if (!graph || graph->status < 0)
        return NULL;
    if (graph->finished) {
        neuron_set_message("%s: is finished and takes no more layers", graph->name);
        return NULL;
    }
    neuron_node_t *output = NULL;
    int status = import(graph, input, source, name, &output);
    if (status < 0)
        neuron_graph_latch(graph, status);
    return output;
}
