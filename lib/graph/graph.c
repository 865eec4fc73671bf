/* Graphs: making them, adding nodes, the builder's latched error, finishing, and what
 * can be asked of them. Builders of layers are in builders.c, parameters in arrays.c;
 * a graph runs in session/. */
#include "graph/graph.h"

#include "base/checked.h"
#include "base/float-mode.h"
#include "base/options/word.h"
#include "graph/arrays.h"
#include "graph/metadata.h"
#include "graph/names.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

int neuron_graph_create(neuron_graph_t **graph, neuron_context_t *context)
{
    CHECK_ARGUMENT(graph);
    *graph = NULL;
    CHECK_ARGUMENT(context);
    neuron_graph_t *made = neuron_allocate_zero(context, 1, sizeof *made);
    if (!made)
        return NEURON_E_MEMORY;
    atomic_init(&made->sessions, NULL);
    neuron_handle_init(&made->handle, NEURON_HANDLE_KIND(made));
    made->context = neuron_context_ref(context);
    memcpy(made->name, "graph", sizeof "graph");
    made->storage = NEURON_STORAGE_F32;
    neuron_random_reader reader = neuron_random_read(context->seed, NEURON_RANDOM_GRAPH_SEED, 0);
    made->seed = (uint64_t)neuron_random_next(&reader) << 32 | neuron_random_next(&reader);
    *graph = made;
    return NEURON_OK;
}

neuron_graph_t *neuron_graph_ref(neuron_graph_t *graph)
{
    if (!NEURON_IS(graph))
        return NULL;
    neuron_handle_own(&graph->handle);
    return graph;
}

void neuron_graph_unref(neuron_graph_t *graph)
{
    if (!NEURON_IS(graph) || !neuron_hold_last_owner(&graph->handle.references))
        return;
    neuron_context_t *context = graph->context;
    neuron_attachment *sessions = atomic_load(&graph->sessions);
    if (sessions)
        sessions->release(sessions);
    neuron_graph_drop_arrays(graph);
    neuron_graph_drop_metadata(graph);
    for (int32_t i = 0; i < graph->node_total; i++)
        neuron_node_destroy(graph->nodes[i]);
    neuron_names_drop(graph);
    neuron_release(context, graph->nodes);
    neuron_release(context, graph->inputs);
    neuron_release(context, graph->outputs);
    neuron_release(context, graph);
    neuron_context_unref(context);
}

NEURON_HOLD_DEFINE(graph)

int neuron_graph_set_name(neuron_graph_t *graph, const char *name)
{
    CHECK_ARGUMENT(graph);
    CHECK_ARGUMENT(name);
    RETURN_IF_ERROR(neuron_name_check(name, NEURON_GRAPH_NAME_MAX, "", "graph"));
    snprintf(graph->name, sizeof graph->name, "%s", name);
    return NEURON_OK;
}

const char *neuron_graph_name(const neuron_graph_t *graph)
{
    return NEURON_IS(graph) ? graph->name : NULL;
}

int neuron_graph_set_seed(neuron_graph_t *graph, uint64_t seed)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(graph);
    if (graph->finished)
        return neuron_fail(NEURON_E_STATE, "%s: the parameters have their initial values already",
                           graph->name);
    graph->seed = seed;
    return NEURON_OK;
}

static const neuron_word storages[] = {{NEURON_STORAGE_F32, "f32"},
                                       {NEURON_STORAGE_F16, "f16"},
                                       {NEURON_STORAGE_BF16, "bf16"},
                                       {0, ""}};

static const char *storage_at(const void *list, int64_t index)
{
    (void)list;
    return storages[index].name[0] ? storages[index].name : NULL;
}

int neuron_graph_set_storage(neuron_graph_t *graph, const char *storage)
{
    CHECK_ARGUMENT(graph);
    CHECK_ARGUMENT(storage);
    if (!neuron_word_find(storages, storage, strlen(storage), &graph->storage))
        return neuron_refuse_kind(storage, "storage", storage_at, NULL, graph->name);
    return NEURON_OK;
}

void neuron_graph_latch(neuron_graph_t *graph, int status)
{
    if (graph->status < 0)
        return;
    graph->status = status;
    snprintf(graph->message, sizeof graph->message, "%s", neuron_error_last());
}

bool neuron_graph_takes_more(const neuron_graph_t *graph, const char *who)
{
    if (!graph || neuron_handle_check(graph, NEURON_HANDLE_GRAPH, "graph", who) < 0)
        return false;
    if (graph->status >= 0 && graph->finished)
        neuron_set_message("%s: is finished and takes no more layers", graph->name);
    return graph->status >= 0 && !graph->finished;
}

int neuron_graph_check_finished(const neuron_graph_t *graph, const char *who)
{
    CHECK_HANDLE(graph, who);
    if (!graph->finished)
        return neuron_fail(NEURON_E_STATE,
                           "%s: %s is not finished; call neuron_graph_finish() first", who,
                           graph->name);
    return NEURON_OK;
}

bool neuron_graph_may_fail(const neuron_graph_t *graph)
{
    for (int32_t i = 0; i < graph->node_count; i++)
        if (graph->nodes[i]->spec.layer->flags & NEURON_LAYER_CUSTOM)
            return true;
    return false;
}

const neuron_node_t *neuron_graph_find_barrier(const neuron_graph_t *graph)
{
    for (int32_t i = 0; i < graph->node_count; i++)
        if (graph->nodes[i]->spec.layer->flags & NEURON_LAYER_NO_GRADIENT)
            return graph->nodes[i];
    return NULL;
}

int neuron_graph_check_trainable(const neuron_graph_t *graph, const char *who)
{
    /* Anywhere before the output it stops every gradient. */
    const neuron_node_t *barrier = neuron_graph_find_barrier(graph);
    if (barrier)
        return neuron_fail(NEURON_E_UNSUPPORTED, "%s: %s cannot be trained: %s has no gradient",
                           who, graph->name, barrier->name);
    if (neuron_graph_trainable_parameter_count(graph) == 0)
        return neuron_fail(NEURON_E_UNSUPPORTED, "%s: %s has nothing to train", who, graph->name);
    return NEURON_OK;
}

int neuron_graph_input_shape(int64_t *shape, int32_t *rank, const neuron_graph_t *graph)
{
    RETURN_IF_ERROR(neuron_graph_check_finished(graph, __func__));
    CHECK_ARGUMENT(shape);
    CHECK_ARGUMENT(rank);
    neuron_shape_get(neuron_graph_first_input(graph), shape, rank);
    return NEURON_OK;
}

int neuron_graph_output_shape(int64_t *shape, int32_t *rank, const neuron_graph_t *graph)
{
    RETURN_IF_ERROR(neuron_graph_check_finished(graph, __func__));
    CHECK_ARGUMENT(shape);
    CHECK_ARGUMENT(rank);
    neuron_shape_get(neuron_graph_first_output(graph), shape, rank);
    return NEURON_OK;
}
