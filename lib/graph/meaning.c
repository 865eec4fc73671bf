/* What inputs and outputs mean: scales of bytes and names of classes, as a dataset has them. They
 * are kept as the dataset keeps them, in tensors that do not change and are shared. */
#include "graph/meaning.h"

#include "base/float-mode.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

/* ---- Finding ---- */

/* The input or output of that name, or with NULL the only one there is, but for outputs that tell
 * of others; NULL if there is none. */
static neuron_node_t *end_of(const neuron_graph_t *graph, const char *name, bool input)
{
    neuron_node_t *const *nodes = input ? graph->inputs : graph->outputs;
    int64_t count = input ? graph->input_count : graph->output_count;
    if (!name)
        return (input ? count : neuron_graph_target_count(graph)) == 1 ? nodes[0] : NULL;
    for (int32_t i = 0; i < count; i++)
        if (strcmp(nodes[i]->name, name) == 0)
            return nodes[i];
    return NULL;
}

static int find(neuron_node_t **node, const neuron_graph_t *graph, const char *name, bool input,
                const char *who)
{
    const char *what = input ? "input" : "output";
    RETURN_IF_ERROR(neuron_graph_check_finished(graph, who));
    *node = end_of(graph, name, input);
    if (*node)
        return NEURON_OK;
    if (!name)
        return neuron_fail(NEURON_E_ARGUMENT, "%s: %s is NULL, but %s has several", who, what,
                           graph->name);
    return neuron_fail(NEURON_E_ARGUMENT, "%s: %s has no %s \"%s\", but \"%s\"", who, graph->name,
                       what, name, (input ? graph->inputs : graph->outputs)[0]->name);
}

static int64_t last_extent(const neuron_node_t *node)
{
    const neuron_shape *shape = &node->spec.output;
    return shape->rank > 0 ? shape->extent[shape->rank - 1] : 1;
}

int64_t neuron_node_class_count(const neuron_node_t *output)
{
    int64_t last = last_extent(output);
    return last == 1 ? 2 : last;
}

/* ---- Scales ---- */

static const neuron_scale *first_scale(const neuron_node_t *input)
{
    return input->meaning.channels ? input->meaning.channels->data : &input->meaning.scale;
}

int64_t neuron_node_scale_count(const neuron_node_t *input)
{
    const neuron_meaning *meaning = &input->meaning;
    return meaning->channels ? meaning->channels->shape.extent[0] : meaning->scaled;
}

neuron_scaling neuron_node_scaling(const neuron_node_t *input)
{
    return (neuron_scaling){.kernels = input->graph->context->kernels,
                            .type = NEURON_TYPE_U8,
                            .scale = &input->meaning.scale,
                            .channels = input->meaning.channels};
}

void neuron_node_keep_scale(neuron_node_t *input, const neuron_scale *scale,
                            neuron_tensor_t *channels)
{
    neuron_meaning *meaning = &input->meaning;
    neuron_tensor_ref(channels);
    neuron_tensor_unref(meaning->channels);
    meaning->channels = channels;
    meaning->scale = *scale;
    meaning->scaled = true;
}

void neuron_node_forget_scale(neuron_node_t *input)
{
    neuron_node_keep_scale(input, &(neuron_scale){0}, NULL);
    input->meaning.scaled = false;
}

static int make_channels(neuron_tensor_t **made, neuron_context_t *context, const double *scales,
                         const double *offsets, int64_t count)
{
    const int64_t extents[] = {count, sizeof(neuron_scale)};
    RETURN_IF_ERROR(neuron_tensor_create_raw(made, context, NEURON_TYPE_U8, extents, 2));
    neuron_scale *each = (*made)->data;
    for (int64_t k = 0; k < count; k++)
        each[k] = (neuron_scale){.scale = scales[k], .offset = offsets[k]};
    return NEURON_OK;
}

static int set_scales(neuron_node_t *input, const double *scales, const double *offsets,
                      size_t count)
{
    neuron_tensor_t *channels = NULL;
    if (count > 1)
        RETURN_IF_ERROR(
            make_channels(&channels, input->graph->context, scales, offsets, (int64_t)count));
    neuron_node_keep_scale(input, &(neuron_scale){.scale = scales[0], .offset = offsets[0]},
                           channels);
    neuron_tensor_unref(channels);
    return NEURON_OK;
}

int neuron_graph_set_scales(neuron_graph_t *graph, const char *input, const double *scales,
                            const double *offsets, size_t count)
{
    FLOAT_SCOPE;
    neuron_node_t *node;
    RETURN_IF_ERROR(find(&node, graph, input, true, __func__));
    CHECK_ROOM(scales && offsets, count);
    if (!scales || !offsets || count == 0) {
        neuron_node_forget_scale(node);
        return NEURON_OK;
    }
    if (count != 1 && count != neuron_size(last_extent(node)))
        return neuron_fail(NEURON_E_SHAPE, "%s: %zu scales, but the last axis has extent %" PRId64,
                           __func__, count, last_extent(node));
    RETURN_IF_ERROR(neuron_scales_check(scales, offsets, count, __func__));
    return set_scales(node, scales, offsets, count);
}

int neuron_graph_scales(double *scales, double *offsets, size_t capacity, size_t *needed,
                        const neuron_graph_t *graph, const char *input)
{
    FLOAT_SCOPE;
    neuron_node_t *node;
    RETURN_IF_ERROR(find(&node, graph, input, true, __func__));
    return neuron_scales_get(first_scale(node), (size_t)neuron_node_scale_count(node), scales,
                             offsets, capacity, needed, __func__);
}

/* Whether an input scales like others of which there are `count`. */
static bool scales_by(const neuron_node_t *input, const neuron_scale *scales,
                      const neuron_tensor_t *channels, int64_t count)
{
    return (input->meaning.channels != NULL) == (channels != NULL) &&
           neuron_node_scale_count(input) == count &&
           memcmp(first_scale(input), scales, (size_t)count * sizeof *scales) == 0;
}

bool neuron_node_same_scale(const neuron_node_t *a, const neuron_node_t *b)
{
    return scales_by(a, first_scale(b), b->meaning.channels, neuron_node_scale_count(b));
}

/* ---- Names ---- */

void neuron_node_keep_names(neuron_node_t *output, neuron_tensor_t *names)
{
    neuron_tensor_ref(names);
    neuron_tensor_unref(output->meaning.class_names);
    output->meaning.class_names = names;
}

int neuron_graph_set_class_names(neuron_graph_t *graph, const char *output,
                                 const char *const *names, int64_t count)
{
    neuron_node_t *node;
    neuron_tensor_t *made = NULL;
    RETURN_IF_ERROR(find(&node, graph, output, false, __func__));
    CHECK_ROOM(names, count);
    if (names && count != neuron_node_class_count(node))
        return neuron_fail(NEURON_E_SHAPE,
                           "%s: count is %" PRId64 "; it must be %" PRId64 ", the classes of %s",
                           __func__, count, neuron_node_class_count(node), node->name);
    if (names)
        RETURN_IF_ERROR(neuron_class_names_make(&made, graph->context, names, count, __func__));
    neuron_node_keep_names(node, made);
    neuron_tensor_unref(made);
    return NEURON_OK;
}

const char *neuron_graph_class_name(const neuron_graph_t *graph, const char *output, int64_t k)
{
    const neuron_node_t *node =
        NEURON_IS(graph) && graph->finished ? end_of(graph, output, false) : NULL;
    return node ? neuron_class_names_at(node->meaning.class_names, k) : NULL;
}

/* ---- From datasets and other graphs ---- */

/* Who begins a message about an end of a graph that has several: "trainer: left". */
enum { WHO_TEXT = NEURON_NODE_NAME_MAX + 80 };

static const char *who_text(const char *who, const neuron_node_t *node, int64_t ends,
                            char text[WHO_TEXT])
{
    if (ends == 1)
        return who;
    snprintf(text, WHO_TEXT, "%s: %s", who, node->name);
    return text;
}

static int check_count(const neuron_graph_t *graph, int64_t has, int64_t wants, const char *what,
                       const char *who)
{
    if (has == wants)
        return NEURON_OK;
    return neuron_fail(NEURON_E_SHAPE,
                       "%s: the dataset has %" PRId64 " %s%s, %s has %" PRId64
                       "; neuron_dataset_zip() makes one of several",
                       who, has, what, has == 1 ? "" : "s", graph->name, wants);
}

int neuron_graph_check_examples(const neuron_graph_t *graph, const neuron_dataset_t *dataset,
                                const char *who)
{
    char text[WHO_TEXT];
    RETURN_IF_ERROR(
        check_count(graph, neuron_dataset_inputs(dataset), graph->input_count, "input", who));
    for (int32_t i = 0; i < graph->input_count; i++)
        RETURN_IF_ERROR(neuron_dataset_check_input(
            neuron_dataset_input_at(dataset, i), &graph->inputs[i]->spec.output,
            who_text(who, graph->inputs[i], graph->input_count, text)));
    return NEURON_OK;
}

static int check_dataset(const neuron_graph_t *graph, const neuron_dataset_t *dataset,
                         int64_t targets, const char *who)
{
    char text[WHO_TEXT];
    RETURN_IF_ERROR(neuron_graph_check_examples(graph, dataset, who));
    if (dataset->outputs > 0)
        RETURN_IF_ERROR(
            check_count(graph, neuron_dataset_targets(dataset), targets, "target", who));
    for (int32_t i = 0; i < neuron_dataset_targets(dataset); i++)
        RETURN_IF_ERROR(neuron_dataset_check_target(
            neuron_dataset_target_at(dataset, i), &graph->outputs[i]->spec.output,
            who_text(who, graph->outputs[i], graph->output_count, text)));
    return NEURON_OK;
}

int neuron_graph_check_dataset(const neuron_graph_t *graph, const neuron_dataset_t *dataset,
                               const char *who)
{
    return check_dataset(graph, dataset, graph->output_count, who);
}

int neuron_graph_check_judged(const neuron_graph_t *graph, const neuron_dataset_t *dataset,
                              const char *who)
{
    int64_t count = neuron_graph_target_count(graph);
    bool all = neuron_dataset_targets(dataset) == graph->output_count;
    return check_dataset(graph, dataset, all ? graph->output_count : count, who);
}

/* Floats without a scale tell nothing of bytes: who made them has done it. */
static bool tells_scale(const neuron_dataset_t *dataset)
{
    const neuron_scale *scale = &dataset->scale;
    return dataset->examples->type == NEURON_TYPE_U8 || dataset->channels || scale->scale != 1 ||
           scale->offset != 0 || scale->rest != 0;
}

void neuron_graph_learn_meaning(neuron_graph_t *graph, const neuron_dataset_t *dataset)
{
    for (int32_t i = 0; i < graph->input_count; i++) {
        const neuron_dataset_t *part = neuron_dataset_input_at(dataset, i);
        if (tells_scale(part))
            neuron_node_keep_scale(graph->inputs[i], &part->scale, part->channels);
    }
    for (int32_t i = 0; i < graph->output_count; i++) {
        const neuron_dataset_t *part = neuron_dataset_target_at(dataset, i);
        if (part->class_names && part->class_count == neuron_node_class_count(graph->outputs[i]))
            neuron_node_keep_names(graph->outputs[i], part->class_names);
    }
}

void neuron_graph_copy_meaning(neuron_graph_t *graph, const neuron_graph_t *from)
{
    for (int32_t i = 0; i < from->input_count; i++) {
        const neuron_meaning *input = &from->inputs[i]->meaning;
        if (input->scaled)
            neuron_node_keep_scale(graph->inputs[i], &input->scale, input->channels);
    }
    for (int32_t i = 0; i < from->output_count; i++)
        neuron_node_keep_names(graph->outputs[i], from->outputs[i]->meaning.class_names);
}

void neuron_meaning_drop(neuron_meaning *meaning)
{
    neuron_tensor_unref(meaning->channels);
    neuron_tensor_unref(meaning->class_names);
}

static void warn_of_scale(const neuron_graph_t *graph, const neuron_node_t *input,
                          const neuron_dataset_t *dataset, const char *who)
{
    if (dataset->examples->type == NEURON_TYPE_U8 && input->meaning.scaled &&
        !scales_by(input, neuron_dataset_each_scale(dataset), dataset->channels,
                   neuron_dataset_scale_count(dataset)))
        neuron_log(graph->context, NEURON_LOG_WARNING, "data",
                   "%s: the dataset scales bytes otherwise than the set that %s was trained with: "
                   "give it the scale that neuron_graph_scales() tells",
                   who, graph->name);
}

static void warn_of_names(const neuron_graph_t *graph, const neuron_node_t *output,
                          const neuron_dataset_t *dataset, const char *who)
{
    const neuron_tensor_t *names = output->meaning.class_names;
    int64_t k = neuron_class_names_differ(names, dataset->class_names);
    if (k >= 0)
        neuron_log(graph->context, NEURON_LOG_WARNING, "data",
                   "%s: class %" PRId64 " is \"%s\" in the dataset and \"%s\" in %s", who, k,
                   neuron_class_names_at(dataset->class_names, k), neuron_class_names_at(names, k),
                   graph->name);
}

void neuron_graph_warn_of_meaning(const neuron_graph_t *graph, const neuron_dataset_t *dataset,
                                  const char *who)
{
    char text[WHO_TEXT];
    for (int32_t i = 0; i < graph->input_count; i++)
        warn_of_scale(graph, graph->inputs[i], neuron_dataset_input_at(dataset, i),
                      who_text(who, graph->inputs[i], graph->input_count, text));
    for (int32_t i = 0; i < neuron_dataset_targets(dataset) && i < graph->output_count; i++)
        warn_of_names(graph, graph->outputs[i], neuron_dataset_target_at(dataset, i),
                      who_text(who, graph->outputs[i], graph->output_count, text));
}
