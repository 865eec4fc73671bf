/* Parameters by name: finding them, and copying those that two graphs have in common, under
 * prefixes that may differ. All are checked before the first is copied. */
#include "graph/copy-arrays.h"

#include "base/float-mode.h"
#include "base/options/options.h"
#include "graph/names.h"

#include <stdio.h>
#include <string.h>

/* ---- Finding ---- */

/* Which of a node's arrays has that name, "<node>.<array>". */
static int64_t place_at(const neuron_graph_t *graph, const neuron_node_t *node, const char *name)
{
    if (!NEURON_IS(node) || node->index >= graph->node_count)
        return -1;
    for (int32_t i = 0; i < node->spec.array_count; i++)
        if (strcmp(graph->arrays[node->first_array + i].name, name) == 0)
            return node->first_array + i;
    return -1;
}

int64_t neuron_graph_array_place(const neuron_graph_t *graph, const char *name)
{
    int64_t place = -1;
    /* Arrays of a custom layer may have a point in their names. */
    for (const char *point = strchr(name, '.'); point && place < 0;
         point = strchr(point + 1, '.')) {
        char node[NEURON_NODE_NAME_MAX + 1];
        if (point - name > NEURON_NODE_NAME_MAX)
            break;
        snprintf(node, sizeof node, "%.*s", (int)(point - name), name);
        place = place_at(graph, neuron_names_find(graph, node), name);
    }
    return place;
}

static const char *name_at(const void *list, int64_t index)
{
    const neuron_graph_t *graph = list;
    return index < graph->array_count ? graph->arrays[index].name : NULL;
}

int64_t neuron_graph_find_array(const neuron_graph_t *graph, const char *name)
{
    char nearest[NEURON_NEAREST_TEXT];
    if (neuron_graph_check_finished(graph, __func__) < 0)
        return -1;
    if (!name) {
        neuron_refuse_null("name", __func__);
        return -1;
    }
    int64_t place = neuron_graph_array_place(graph, name);
    if (place < 0)
        neuron_set_message("%s: has no parameter array \"%.127s\"%s", graph->name, name,
                           neuron_nearest_name(name, strlen(name), name_at, graph, nearest));
    return place;
}

/* ---- Copying ---- */

enum { NAME_ROOM = 512 };

/* What an array is called in the source; NULL if it does not begin with the prefix. */
static const char *source_name(char name[NAME_ROOM], const neuron_graph_array *array,
                               const char *to_prefix, const char *from_prefix)
{
    size_t length = strlen(to_prefix);
    if (strncmp(array->name, to_prefix, length) != 0)
        return NULL;
    snprintf(name, NAME_ROOM, "%s%s", from_prefix, array->name + length);
    return name;
}

static void log_counts(const neuron_graph_t *graph, const neuron_array_source *source,
                       int32_t copied, int32_t missing, const char *first_missing, const char *who)
{
    if (missing == 0)
        neuron_log(graph->context, NEURON_LOG_INFO, "model",
                   "%s: %" PRId32 " arrays of %s taken into %s", who, copied, source->name,
                   graph->name);
    else
        neuron_log(graph->context, NEURON_LOG_INFO, "model",
                   "%s: %" PRId32 " arrays of %s taken into %s; %" PRId32
                   " others stay, the first of them \"%s\"",
                   who, copied, source->name, graph->name, missing, first_missing);
}

int neuron_graph_take_arrays(int64_t *count, neuron_graph_t *graph,
                             const neuron_array_source *source, const char *to_prefix,
                             const char *from_prefix, const char *who)
{
    char name[NAME_ROOM];
    int32_t found = 0, missing = 0;
    const char *first_missing = NULL;
    for (int32_t i = 0; i < graph->array_count; i++) {
        const neuron_graph_array *array = &graph->arrays[i];
        if (!source_name(name, array, to_prefix, from_prefix))
            continue;
        int status = source->check(source->owner, name, array);
        RETURN_IF_ERROR(status);
        found += status;
        if (status == 0 && missing++ == 0)
            first_missing = array->name;
    }
    if (found == 0)
        return neuron_fail(NEURON_E_DATA,
                           "%s: of the arrays of %s that begin with \"%.127s\" %s has none that "
                           "begins with \"%.127s\"",
                           who, graph->name, to_prefix, source->name, from_prefix);
    for (int32_t i = 0; i < graph->array_count; i++) {
        const neuron_graph_array *array = &graph->arrays[i];
        if (source_name(name, array, to_prefix, from_prefix))
            source->copy(source->owner, name, array, graph->values + array->offset);
    }
    neuron_graph_touch(graph);
    log_counts(graph, source, found, missing, first_missing, who);
    if (count)
        *count = found;
    return NEURON_OK;
}

static int check_array(const void *owner, const char *name, const neuron_graph_array *to)
{
    const neuron_graph_t *graph = owner;
    char text[2][NEURON_SHAPE_TEXT];
    int64_t place = neuron_graph_array_place(graph, name);
    if (place < 0)
        return 0;
    const neuron_array *from = graph->arrays[place].array;
    if (!neuron_shape_equal(&from->shape, &to->array->shape))
        return neuron_fail(NEURON_E_SHAPE, "copy_arrays: %s is %s, but %s of %s is %s", to->name,
                           neuron_shape_text(&to->array->shape, text[0]), name, graph->name,
                           neuron_shape_text(&from->shape, text[1]));
    if (from->bytes != to->array->bytes)
        return neuron_fail(NEURON_E_TYPE, "copy_arrays: %s%s is quantised, %s%s is not",
                           from->bytes ? "the source's " : "", to->name,
                           from->bytes ? "" : "the source's ", to->name);
    return 1;
}

static void copy_array(const void *owner, const char *name, const neuron_graph_array *to,
                       float *values)
{
    const neuron_graph_t *graph = owner;
    int64_t place = neuron_graph_array_place(graph, name);
    if (place >= 0)
        memmove(values, graph->values + graph->arrays[place].offset,
                (size_t)to->count * sizeof *values);
}

int neuron_graph_copy_arrays(int64_t *copied, neuron_graph_t *to, const neuron_graph_t *from,
                             const char *to_prefix, const char *from_prefix)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(to);
    CHECK_ARGUMENT(from);
    RETURN_IF_ERROR(neuron_graph_check_finished(to, __func__));
    RETURN_IF_ERROR(neuron_graph_check_finished(from, __func__));
    const neuron_array_source source = {from->name, from, check_array, copy_array};
    return neuron_graph_take_arrays(copied, to, &source, to_prefix ? to_prefix : "",
                                    from_prefix ? from_prefix : "", "copy_arrays");
}
