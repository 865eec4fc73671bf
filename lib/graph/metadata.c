/* Texts by key: a list, as there are few of them, and a file has them in its order. */
#include "graph/metadata.h"

#include "base/text/utf8.h"

#include <string.h>

enum { KEY_MAX = 255 };

static bool is_own(const char *key)
{
    return strncmp(key, NEURON_METADATA_PREFIX, sizeof NEURON_METADATA_PREFIX - 1) == 0;
}

/* Where the entry of a key is, or the end of the list. */
static neuron_metadata **find(neuron_graph_t *graph, const char *key)
{
    neuron_metadata **place = &graph->metadata;
    while (*place && strcmp((*place)->key, key) != 0)
        place = &(*place)->next;
    return place;
}

static void remove_at(neuron_graph_t *graph, neuron_metadata **place)
{
    neuron_metadata *entry = *place;
    *place = entry->next;
    neuron_release(graph->context, entry->text);
    neuron_release(graph->context, entry);
}

static int add_at(neuron_graph_t *graph, neuron_metadata **place, const char *key, char *text)
{
    size_t size = strlen(key) + 1;
    neuron_metadata *entry = neuron_allocate(graph->context, 1, sizeof *entry + size);
    if (!entry)
        return NEURON_E_MEMORY;
    *entry = (neuron_metadata){.text = text};
    memcpy(entry->key, key, size);
    *place = entry;
    return NEURON_OK;
}

/* What was read of a text goes with it. */
static void forget_preparation(neuron_graph_t *graph)
{
    neuron_preparation_unref(atomic_exchange(&graph->preparation, NULL));
}

int neuron_graph_keep_text(neuron_graph_t *graph, const char *key, const char *text)
{
    forget_preparation(graph);
    neuron_metadata **place = find(graph, key);
    if (!text) {
        if (*place)
            remove_at(graph, place);
        return NEURON_OK;
    }
    char *copy = neuron_copy_text(graph->context, text);
    if (!copy)
        return NEURON_E_MEMORY;
    if (*place) {
        neuron_release(graph->context, (*place)->text);
        (*place)->text = copy;
        return NEURON_OK;
    }
    int status = add_at(graph, place, key, copy);
    if (status < 0)
        neuron_release(graph->context, copy);
    return status;
}

const char *neuron_graph_kept_text(const neuron_graph_t *graph, const char *key)
{
    const neuron_metadata *entry = graph->metadata;
    while (entry && strcmp(entry->key, key) != 0)
        entry = entry->next;
    return entry ? entry->text : NULL;
}

int neuron_graph_copy_metadata(neuron_graph_t *graph, const neuron_graph_t *from)
{
    for (const neuron_metadata *entry = from->metadata; entry; entry = entry->next)
        RETURN_IF_ERROR(neuron_graph_keep_text(graph, entry->key, entry->text));
    return NEURON_OK;
}

void neuron_graph_drop_metadata(neuron_graph_t *graph)
{
    forget_preparation(graph);
    while (graph->metadata)
        remove_at(graph, &graph->metadata);
}

static int check_text(const char *text, const char *who)
{
    for (const char *c = text; *c; c += neuron_utf8_length(c))
        if (neuron_utf8_length(c) == 0)
            return neuron_fail(NEURON_E_ARGUMENT, "%s: text is not UTF-8 at byte %zu; it must be",
                               who, (size_t)(c - text));
    return NEURON_OK;
}

int neuron_graph_set_metadata(neuron_graph_t *graph, const char *key, const char *text)
{
    CHECK_ARGUMENT(graph);
    CHECK_ARGUMENT(key);
    RETURN_IF_ERROR(neuron_name_check(key, KEY_MAX, "", __func__));
    if (is_own(key))
        return neuron_fail(NEURON_E_ARGUMENT,
                           "%s: key is \"%s\"; keys that begin with \"" NEURON_METADATA_PREFIX
                           "\" belong to the library",
                           __func__, key);
    if (text)
        RETURN_IF_ERROR(check_text(text, __func__));
    return neuron_graph_keep_text(graph, key, text);
}

const char *neuron_graph_metadata(const neuron_graph_t *graph, const char *key)
{
    return NEURON_IS(graph) && key && !is_own(key) ? neuron_graph_kept_text(graph, key) : NULL;
}

const char *neuron_graph_metadata_key(const neuron_graph_t *graph, int64_t index)
{
    const neuron_metadata *entry = NEURON_IS(graph) && index >= 0 ? graph->metadata : NULL;
    for (; entry; entry = entry->next)
        if (!is_own(entry->key) && index-- == 0)
            return entry->key;
    return NULL;
}
