/* The names of a graph's nodes: a hash table, and numbers that make names unlike. */
#include "graph/names.h"

#include <string.h>

static uint32_t hash(const char *name)
{
    uint32_t sum = 2166136261u; /* FNV-1a */
    for (; *name; name++)
        sum = (sum ^ (unsigned char)*name) * 16777619u;
    return sum;
}

/* Where a name is in the table, or would be. Its size is a power of
 * two, and half of it is empty. */
static uint32_t place_of(const neuron_graph_t *graph, const char *name)
{
    uint32_t last = (uint32_t)graph->name_places - 1;
    uint32_t place = hash(name) & last;
    while (graph->by_name[place] && strcmp(graph->by_name[place]->name, name) != 0)
        place = (place + 1) & last;
    return place;
}

neuron_node_t *neuron_names_find(const neuron_graph_t *graph, const char *name)
{
    return graph->name_places ? graph->by_name[place_of(graph, name)] : NULL;
}

int neuron_names_reserve(neuron_graph_t *graph)
{
    if (2 * (graph->node_total + 1) <= graph->name_places)
        return NEURON_OK;
    int64_t places = graph->name_places ? 2 * graph->name_places : 32;
    neuron_node_t **table = neuron_allocate_zero(graph->context, (size_t)places, sizeof *table);
    if (!table)
        return NEURON_E_MEMORY;
    neuron_release(graph->context, graph->by_name);
    graph->by_name = table;
    graph->name_places = places;
    for (int32_t i = 0; i < graph->node_total; i++)
        table[place_of(graph, graph->nodes[i]->name)] = graph->nodes[i];
    return NEURON_OK;
}

static bool begins_with(const char *name, const char *start)
{
    return strncmp(name, start, strlen(start)) == 0;
}

static void count_name(neuron_graph_t *graph, const char *name, int32_t change)
{
    for (int32_t i = 0; i < graph->kind_count; i++)
        if (begins_with(name, graph->kinds[i].layer->name))
            graph->kinds[i].names += change;
}

void neuron_names_add(neuron_graph_t *graph, neuron_node_t *node)
{
    graph->by_name[place_of(graph, node->name)] = node;
    count_name(graph, node->name, 1);
}

void neuron_names_remove(neuron_graph_t *graph, const neuron_node_t *node)
{
    uint32_t last = (uint32_t)graph->name_places - 1;
    uint32_t place = place_of(graph, node->name);
    graph->by_name[place] = NULL;
    /* What follows was put there when this place was taken, and is looked for from before it. */
    for (place = (place + 1) & last; graph->by_name[place]; place = (place + 1) & last) {
        neuron_node_t *moved = graph->by_name[place];
        graph->by_name[place] = NULL;
        graph->by_name[place_of(graph, moved->name)] = moved;
    }
    count_name(graph, node->name, -1);
}

int neuron_names_count(neuron_graph_t *graph, const neuron_layer *layer, int64_t *count)
{
    int64_t i = 0;
    while (i < graph->kind_count && graph->kinds[i].layer != layer)
        i++;
    if (i < graph->kind_count) {
        *count = graph->kinds[i].names;
        return NEURON_OK;
    }
    neuron_kind_names *list = neuron_allocate(graph->context, (size_t)i + 1, sizeof *list);
    if (!list)
        return NEURON_E_MEMORY;
    if (i > 0)
        memcpy(list, graph->kinds, (size_t)i * sizeof *list);
    list[i] = (neuron_kind_names){layer, 0};
    for (int32_t j = 0; j < graph->node_total; j++)
        list[i].names += begins_with(graph->nodes[j]->name, layer->name);
    neuron_release(graph->context, graph->kinds);
    graph->kinds = list;
    graph->kind_count = i + 1;
    *count = list[i].names;
    return NEURON_OK;
}

/* The number in `_12/...`, 0 for `/...`, -1 for anything else. */
static int64_t number_behind(const char *text)
{
    if (*text == '/')
        return 0;
    if (text[0] != '_' || text[1] < '1' || text[1] > '9')
        return -1;
    int64_t number = 0;
    for (text++; *text >= '0' && *text <= '9' && number <= NEURON_NODES_MAX; text++)
        number = 10 * number + (*text - '0');
    return *text == '/' ? number : -1;
}

int64_t neuron_names_free_number(const neuron_graph_t *graph, const char *base)
{
    uint8_t taken[NEURON_NODES_MAX / 8 + 1] = {0};
    for (int64_t i = 0; i < graph->node_total; i++) {
        const char *name = graph->nodes[i]->name;
        int64_t number = begins_with(name, base) ? number_behind(name + strlen(base)) : -1;
        if (number >= 0 && number <= NEURON_NODES_MAX)
            taken[number / 8] |= (uint8_t)(1 << number % 8);
    }
    int64_t number = 0;
    while (taken[number / 8] & 1 << number % 8) /* of so many nodes one has no name of these */
        number++;
    return number;
}

void neuron_names_drop(neuron_graph_t *graph)
{
    neuron_release(graph->context, graph->by_name);
    neuron_release(graph->context, graph->kinds);
}
