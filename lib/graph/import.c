/* Copies a finished graph, or a part of it, into another one: nodes under a prefix, options,
 * parameters. */
#include "graph/import.h"

#include "base/checked.h"
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
    int64_t number = neuron_names_free_number(graph, base);
    snprintf(prefix, NEURON_NODE_NAME_MAX + 1, "%s", base);
    if (number > 0)
        snprintf(prefix, NEURON_NODE_NAME_MAX + 1, "%s_%" PRId64, base, number);
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

/* Copies a node with its arrays. */
static int copy_whole(neuron_graph_t *graph, const neuron_graph_t *source,
                      const neuron_node_t *node, const char *name, neuron_node_t *const *inputs,
                      neuron_node_t **made)
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

int neuron_graph_copy_node(neuron_graph_t *graph, const neuron_graph_t *source,
                           const neuron_node_t *node, const char *name,
                           neuron_node_t *const *inputs, neuron_node_t **owners,
                           neuron_node_t **made)
{
    neuron_node_t **owner = &owners[(node->owner ? node->owner : node)->index];
    if (*owner) {
        *made = neuron_graph_add_shared(graph, *owner, name, inputs, node->spec.input_count);
        return graph->status;
    }
    RETURN_IF_ERROR(copy_whole(graph, source, node, name, inputs, made));
    if (node->shared)
        *owner = *made;
    return NEURON_OK;
}

neuron_node_t *neuron_graph_copy_input(neuron_graph_t *graph, const neuron_node_t *input)
{
    const neuron_shape *shape = &input->spec.output;
    neuron_node_t *copy = neuron_input(graph, shape->extent, shape->rank);
    return copy && neuron_node_set_name(copy, input->name) == NEURON_OK ? copy : NULL;
}

/* ---- Copying ---- */

static const neuron_option rows[] = {
    NEURON_FLAG(NEURON_IMPORT_TRAINABLE, "trainable", 1,
                "no to freeze the copies, yes to leave them as they are"),
    NEURON_FLAG(NEURON_IMPORT_DROPOUT, "dropout", 1,
                "no to leave out layers that act in training only"),
};

const neuron_option_table neuron_import_options = NEURON_OPTION_TABLE(rows);

int neuron_copying_begin(neuron_copying *copying, neuron_graph_t *graph,
                         const neuron_graph_t *source, const char *text)
{
    *copying = (neuron_copying){.graph = graph, .source = source};
    neuron_options_reset(&copying->options, &neuron_import_options);
    RETURN_IF_ERROR(neuron_options_parse(&copying->options, text, "import"));
    size_t count = neuron_size(source->node_count), most = neuron_graph_most_inputs(source);
    copying->copies = neuron_allocate_zero(graph->context, count, sizeof *copying->copies);
    copying->owners = neuron_allocate_zero(graph->context, count, sizeof *copying->owners);
    copying->inputs = neuron_allocate(graph->context, most, sizeof *copying->inputs);
    return copying->copies && copying->owners && copying->inputs ? NEURON_OK : NEURON_E_MEMORY;
}

void neuron_copying_end(neuron_copying *copying)
{
    neuron_release(copying->graph->context, copying->copies);
    neuron_release(copying->graph->context, copying->owners);
    neuron_release(copying->graph->context, copying->inputs);
}

static bool is_yes(const neuron_copying *copying, int32_t key)
{
    return neuron_options_value(&copying->options, key) != 0;
}

/* Copies one node, whose inputs have copies. */
static int copy_node(const neuron_copying *copying, const neuron_node_t *node)
{
    neuron_node_t **made = &copying->copies[node->index];
    for (int32_t i = 0; i < node->spec.input_count; i++)
        copying->inputs[i] = copying->copies[node->inputs[i]->index];
    bool draws = node->spec.layer->flags & NEURON_LAYER_TRAINING_ONLY;
    if (draws && !is_yes(copying, NEURON_IMPORT_DROPOUT)) {
        *made = copying->inputs[0];
        return NEURON_OK;
    }
    char name[2 * NEURON_NODE_NAME_MAX + 3];
    const char *prefix = copying->prefix;
    snprintf(name, sizeof name, "%s%s%s", prefix ? prefix : "", prefix ? "/" : "", node->name);
    RETURN_IF_ERROR(neuron_graph_copy_node(copying->graph, copying->source, node, name,
                                           copying->inputs, copying->owners, made));
    if (!is_yes(copying, NEURON_IMPORT_TRAINABLE))
        (*made)->frozen = true;
    return NEURON_OK;
}

/* Marks what nodes need that has no copy. */
static void mark_needed(const neuron_copying *copying, neuron_node_t *const *nodes, int64_t count,
                        bool *needed)
{
    const neuron_graph_t *source = copying->source;
    for (int32_t i = 0; i < count; i++)
        needed[nodes[i]->index] = true;
    for (int64_t i = source->node_count - 1; i >= 0; i--) {
        const neuron_node_t *node = source->nodes[i];
        needed[i] = needed[i] && !copying->copies[i];
        for (int32_t j = 0; needed[i] && j < node->spec.input_count; j++)
            needed[node->inputs[j]->index] = true;
    }
}

int neuron_copying_run(const neuron_copying *copying, neuron_node_t *const *nodes, int64_t count)
{
    const neuron_graph_t *source = copying->source;
    neuron_context_t *context = copying->graph->context;
    bool *needed = neuron_allocate_zero(context, (size_t)source->node_count, sizeof *needed);
    int status = needed ? NEURON_OK : NEURON_E_MEMORY;
    if (needed)
        mark_needed(copying, nodes, count, needed);
    for (int32_t i = 0; i < source->node_count && status == NEURON_OK; i++) {
        if (!needed[i])
            continue;
        const neuron_node_t *node = source->nodes[i];
        status = neuron_node_is_input(node)
                     ? neuron_fail(NEURON_E_ARGUMENT,
                                   "import: %s of %s is needed, and nothing takes its place",
                                   node->name, source->name)
                     : copy_node(copying, node);
    }
    neuron_release(context, needed);
    return status;
}

/* ---- Importing ---- */

/* What is imported: from where to where, and in whose place. */
typedef struct importing {
    const neuron_graph_t *source;
    neuron_node_t *const *from, *const *to;
    int64_t from_count, to_count;
    const char *name, *options;
} importing;

static int check_place(const neuron_graph_t *source, const neuron_node_t *from,
                       const neuron_node_t *input, int64_t index)
{
    char text[2][NEURON_SHAPE_TEXT];
    if (!input)
        return neuron_fail(NEURON_E_ARGUMENT, "import: input %" PRId64 " is NULL", index);
    RETURN_IF_ERROR(neuron_handle_check_at(input, NEURON_HANDLE_NODE, "inputs", index, "import"));
    RETURN_IF_ERROR(neuron_node_check_fits(input));
    bool only = source->input_count == 1 && neuron_node_is_input(from);
    if (!neuron_shape_equal(&input->spec.output, &from->spec.output))
        return neuron_fail(NEURON_E_SHAPE, "import: %s %s %s, but %s is %s",
                           only ? source->name : from->name, only ? "takes" : "is",
                           neuron_shape_text(&from->spec.output, text[0]), input->name,
                           neuron_shape_text(&input->spec.output, text[1]));
    return NEURON_OK;
}

/* An input of the graph that takes the place of one of the source is given what that was trained
 * with. */
static int adopt_meaning(neuron_graph_t *graph, const importing *what, neuron_node_t *const *inputs)
{
    const char *text = neuron_graph_kept_text(what->source, NEURON_METADATA_PREPARATION);
    bool adopts = false;
    for (int32_t i = 0; i < what->from_count; i++) {
        const neuron_meaning *theirs = &what->from[i]->meaning;
        if (!neuron_node_is_input(what->from[i]) || !neuron_node_is_input(inputs[i]))
            continue;
        adopts = true;
        if (!inputs[i]->meaning.scaled && theirs->scaled)
            neuron_node_keep_scale(inputs[i], &theirs->scale, theirs->channels);
    }
    if (!adopts || !text || neuron_graph_kept_text(graph, NEURON_METADATA_PREPARATION))
        return NEURON_OK;
    return neuron_graph_keep_text(graph, NEURON_METADATA_PREPARATION, text);
}

static int copy_part(neuron_copying *copying, const importing *what, neuron_node_t *const *inputs,
                     neuron_node_t **outputs)
{
    char prefix[NEURON_NODE_NAME_MAX + 1];
    for (int32_t i = 0; i < what->from_count; i++) {
        RETURN_IF_ERROR(check_place(what->source, what->from[i], inputs[i], i));
        copying->copies[what->from[i]->index] = inputs[i];
    }
    RETURN_IF_ERROR(choose_prefix(copying->graph, what->source, what->name, prefix));
    copying->prefix = prefix;
    RETURN_IF_ERROR(neuron_copying_run(copying, what->to, what->to_count));
    for (int32_t i = 0; i < what->to_count; i++)
        outputs[i] = copying->copies[what->to[i]->index];
    return adopt_meaning(copying->graph, what, inputs);
}

/* Imports into a graph that is not finished and has no error; one of the importing sticks to it. */
static int import(neuron_graph_t *graph, const importing *what, neuron_node_t *const *inputs,
                  neuron_node_t **outputs)
{
    neuron_copying copying;
    int status = neuron_copying_begin(&copying, graph, what->source, what->options);
    if (status == NEURON_OK)
        status = copy_part(&copying, what, inputs, outputs);
    neuron_copying_end(&copying);
    return status;
}

static int latch(neuron_graph_t *graph, int status)
{
    if (status < 0)
        neuron_graph_latch(graph, status);
    return status;
}

static int import_many(neuron_graph_t *graph, neuron_node_t *const *inputs, int64_t input_count,
                       importing *what, neuron_node_t **outputs, int64_t output_count)
{
    const neuron_graph_t *source = what->source;
    CHECK_HANDLE(source, "import");
    RETURN_IF_ERROR(neuron_graph_check_finished(source, "import"));
    if (!inputs)
        return neuron_refuse_null("inputs", "import");
    if (!outputs)
        return neuron_refuse_null("outputs", "import");
    if (input_count != source->input_count || output_count != source->output_count)
        return neuron_fail(NEURON_E_ARGUMENT,
                           "import: %" PRId64 " inputs and %" PRId64
                           " outputs are given; %s has %" PRId64 " and %" PRId64,
                           input_count, output_count, source->name, source->input_count,
                           source->output_count);
    what->from = source->inputs;
    what->to = source->outputs;
    what->from_count = input_count;
    what->to_count = output_count;
    return import(graph, what, inputs, outputs);
}

int neuron_graph_import_many(neuron_node_t **outputs, int64_t output_count, neuron_graph_t *graph,
                             neuron_node_t *const *inputs, int64_t input_count,
                             const neuron_graph_t *source, const char *name, const char *options)
{
    FLOAT_SCOPE;
    for (int32_t i = 0; outputs && i < output_count; i++)
        outputs[i] = NULL;
    CHECK_ARGUMENT(graph);
    if (!neuron_graph_takes_more(graph, "import"))
        return graph->status < 0 ? graph->status : NEURON_E_STATE;
    importing what = {.source = source, .name = name, .options = options};
    return latch(graph, import_many(graph, inputs, input_count, &what, outputs, output_count));
}

neuron_node_t *neuron_graph_import(neuron_graph_t *graph, neuron_node_t *input,
                                   const neuron_graph_t *source, const char *name,
                                   const char *options)
{
    FLOAT_SCOPE;
    if (!neuron_graph_takes_more(graph, "import"))
        return NULL;
    neuron_node_t *output = NULL;
    importing what = {.source = source, .name = name, .options = options};
    return latch(graph, import_many(graph, &input, 1, &what, &output, 1)) < 0 ? NULL : output;
}

/* The node of a finished graph that is called so; NULL stands for the only one of `count`. */
static int find_end(neuron_node_t **found, const neuron_graph_t *source, const char *name,
                    neuron_node_t *const *ends, int64_t count, const char *what)
{
    if (!name && count != 1)
        return neuron_fail(NEURON_E_ARGUMENT, "import: `%s` is NULL, but %s has %" PRId64, what,
                           source->name, count);
    *found = name ? neuron_graph_find_node(source, name) : ends[0];
    return *found ? NEURON_OK : NEURON_E_ARGUMENT;
}

static int import_part(neuron_graph_t *graph, neuron_node_t *input, const char *from,
                       const char *to, importing *what, neuron_node_t **output)
{
    const neuron_graph_t *source = what->source;
    neuron_node_t *first, *last;
    CHECK_HANDLE(source, "import");
    RETURN_IF_ERROR(neuron_graph_check_finished(source, "import"));
    RETURN_IF_ERROR(find_end(&first, source, from, source->inputs, source->input_count, "from"));
    RETURN_IF_ERROR(find_end(&last, source, to, source->outputs, source->output_count, "to"));
    what->from = &first;
    what->to = &last;
    what->from_count = what->to_count = 1;
    return import(graph, what, &input, output);
}

neuron_node_t *neuron_graph_import_part(neuron_graph_t *graph, neuron_node_t *input,
                                        const neuron_graph_t *source, const char *from,
                                        const char *to, const char *name, const char *options)
{
    FLOAT_SCOPE;
    if (!neuron_graph_takes_more(graph, "import"))
        return NULL;
    neuron_node_t *output = NULL;
    importing what = {.source = source, .name = name, .options = options};
    return latch(graph, import_part(graph, input, from, to, &what, &output)) < 0 ? NULL : output;
}

/* ---- Other outputs ---- */

/* What the outputs of a copy are, and what changes them; NULL for nothing. */
typedef struct new_outputs {
    neuron_node_t *const *nodes;
    int64_t count;
    neuron_output_change *change;
    const void *by;
} new_outputs;

static int copy_to_outputs(neuron_copying *copying, const new_outputs *outputs,
                           neuron_node_t **copies)
{
    neuron_node_t *const *nodes = outputs->nodes;
    int64_t count = outputs->count, all = count;
    const neuron_graph_t *source = copying->source;
    bool *needed =
        neuron_allocate_zero(copying->graph->context, (size_t)source->node_count, sizeof *needed);
    if (!needed)
        return NEURON_E_MEMORY;
    mark_needed(copying, nodes, count, needed);
    int status = NEURON_OK;
    for (int32_t i = 0; i < source->input_count && status == NEURON_OK; i++) {
        const neuron_node_t *input = source->inputs[i];
        if (!needed[input->index])
            continue;
        neuron_node_t *copy = neuron_graph_copy_input(copying->graph, input);
        copying->copies[input->index] = copy;
        status = copying->graph->status;
        if (copy && input->meaning.scaled)
            neuron_node_keep_scale(copy, &input->meaning.scale, input->meaning.channels);
    }
    neuron_release(copying->graph->context, needed);
    RETURN_IF_ERROR(status);
    RETURN_IF_ERROR(neuron_copying_run(copying, nodes, count));
    for (int32_t i = 0; i < count; i++)
        copies[i] = copying->copies[nodes[i]->index];
    if (outputs->change)
        RETURN_IF_ERROR(outputs->change(copying->graph, copies, &all, outputs->by));
    RETURN_IF_ERROR(neuron_graph_finish_many(copying->graph, copies, all));
    for (int32_t i = 0; i < count; i++)
        neuron_node_keep_names(copies[i], nodes[i]->meaning.class_names);
    return neuron_graph_copy_metadata(copying->graph, source);
}

static int check_nodes(const neuron_graph_t *source, neuron_node_t *const *nodes, int64_t count)
{
    for (int32_t i = 0; i < count; i++)
        if (!NEURON_IS(nodes[i]) || nodes[i]->graph != source ||
            nodes[i]->index >= source->node_count)
            return neuron_fail(NEURON_E_ARGUMENT,
                               "%s: nodes[%" PRId32 "] is %s; it must be a node of this graph",
                               source->name, i,
                               !nodes[i]             ? "NULL"
                               : NEURON_IS(nodes[i]) ? nodes[i]->name
                                                     : "none");
    return NEURON_OK;
}

static int fill_with_outputs(neuron_graph_t *graph, const neuron_graph_t *source,
                             const new_outputs *outputs)
{
    neuron_copying copying;
    RETURN_IF_ERROR(neuron_graph_set_name(graph, source->name));
    graph->storage = source->storage;
    graph->seed = source->seed;
    neuron_node_t **copies =
        neuron_allocate(graph->context, neuron_size(outputs->count) + 1, sizeof *copies);
    if (!copies)
        return NEURON_E_MEMORY;
    int status = neuron_copying_begin(&copying, graph, source, NULL);
    if (status == NEURON_OK)
        status = copy_to_outputs(&copying, outputs, copies);
    neuron_copying_end(&copying);
    neuron_release(graph->context, copies);
    return status;
}

static int make_with_outputs(neuron_graph_t **graph, const neuron_graph_t *source,
                             const new_outputs *outputs)
{
    neuron_graph_t *made;
    RETURN_IF_ERROR(neuron_graph_create(&made, source->context));
    int status = fill_with_outputs(made, source, outputs);
    if (status < 0)
        neuron_graph_unref(made);
    else
        *graph = made;
    return status;
}

int neuron_graph_copy_changed(neuron_graph_t **made, const neuron_graph_t *source,
                              neuron_output_change *change, const void *by)
{
    return make_with_outputs(made, source,
                             &(new_outputs){source->outputs, source->output_count, change, by});
}

int neuron_graph_with_outputs(neuron_graph_t **graph, const neuron_graph_t *source,
                              neuron_node_t *const *nodes, int64_t count)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(graph);
    *graph = NULL;
    CHECK_HANDLE(source, __func__);
    RETURN_IF_ERROR(neuron_graph_check_finished(source, __func__));
    CHECK_ARGUMENT(nodes);
    CHECK_RANGE(count, 1, NEURON_NODES_MAX);
    RETURN_IF_ERROR(check_nodes(source, nodes, count));
    return make_with_outputs(graph, source, &(new_outputs){.nodes = nodes, .count = count});
}
