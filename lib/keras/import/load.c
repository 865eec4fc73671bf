/* The public calls that read: what kind of file it is, its parts, and what becomes of them. */
#include <libneuron-keras/keras.h>

#include "base/files/file.h"
#include "base/float-mode.h"
#include "base/options/options.h"
#include "data/codec/source.h"
#include "keras/export/writer.h"
#include "keras/files/archive.h"
#include "keras/import/reader.h"
#include "keras/weights/values.h"

#include <string.h>

/* ---- The parts of a file ---- */

typedef struct parts {
    neuron_context_t *context;
    const char *name; /* begins the messages */
    json_t *model;    /* its description; NULL if there is none */
    void *image;      /* of the weights, if they came out of an archive */
    neuron_h5 h5;
    neuron_keras_store store;
} parts;

static void close_parts(parts *all)
{
    if (all->store.h5)
        neuron_keras_store_close(&all->store);
    json_decref(all->model);
    neuron_release(all->context, all->image);
}

static int parse_model(parts *all, const char *text, size_t size)
{
    return neuron_json_parse(&all->model, all->context, text, size, 0, all->name);
}

static int open_archive(parts *all, const void *bytes, size_t size)
{
    /* A description in memory is much larger than its text. Keras does not pack either. */
    uint64_t text_max = (64 << 10) + 32 * (uint64_t)size;
    void *text;
    size_t length;
    RETURN_IF_ERROR(neuron_archive_read(&text, &length, all->context, bytes, size, all->name,
                                        "config.json", text_max));
    int status = parse_model(all, text, length);
    neuron_release(all->context, text);
    RETURN_IF_ERROR(status);
    RETURN_IF_ERROR(neuron_archive_read(&all->image, &length, all->context, bytes, size, all->name,
                                        "model.weights.h5", UINT64_MAX));
    RETURN_IF_ERROR(neuron_h5_open(&all->h5, all->context, all->name, all->image, length));
    all->h5.justified =
        NEURON_GZIP_RATIO_MAX * (uint64_t)size; /* packed twice is not twice as good */
    return NEURON_OK;
}

static int open_h5(parts *all, const void *bytes, size_t size)
{
    char **texts;
    size_t count;
    RETURN_IF_ERROR(neuron_h5_open(&all->h5, all->context, all->name, bytes, size));
    RETURN_IF_ERROR(neuron_h5_texts(&texts, &count, &all->h5, "/", "model_config"));
    int status = count == 1 ? parse_model(all, texts[0], strlen(texts[0])) : NEURON_OK;
    neuron_release(all->context, texts);
    return status;
}

/* Ends with close_parts(), after a failure too. */
static int open_parts(parts *all, neuron_context_t *context, const void *bytes, size_t size,
                      const char *name)
{
    *all = (parts){.context = context, .name = name};
    if (neuron_archive_is(bytes, size))
        RETURN_IF_ERROR(open_archive(all, bytes, size));
    else if (neuron_h5_is(bytes, size))
        RETURN_IF_ERROR(open_h5(all, bytes, size));
    else
        return neuron_fail(NEURON_E_FORMAT, "%s: is neither a .keras archive nor an HDF5 file",
                           name);
    return neuron_keras_store_open(&all->store, &all->h5);
}

/* ---- Models ---- */

/* Whether the numbers of a normalisation stand in the description. */
static bool is_told(const neuron_keras_layer *layer)
{
    return layer->mean && !json_is_null(layer->mean);
}

/* Whether a layer has arrays in the file. */
static bool has_weights(const neuron_keras_layer *layer)
{
    return layer->base && layer->base->spec.array_count > 0 && !is_told(layer);
}

static int no_weights(const parts *all, const neuron_keras_layer *layer)
{
    return neuron_fail(NEURON_E_FORMAT, "%s: there are no weights of layer \"%.100s\"", all->name,
                       layer->name);
}

/* Keras 2 has all arrays of a model within the model in one group: those that are trained, layer by
 * layer, and then the others. */
static void number_arrays(const neuron_keras_model *model, bool trained, bool counts, size_t *next)
{
    for (size_t i = 0; i < model->layer_count; i++) {
        neuron_keras_layer *layer = &model->layers[i];
        if (layer->model)
            number_arrays(layer->model, trained, counts, next);
        if (!has_weights(layer))
            continue;
        const neuron_spec *spec = &layer->base->spec;
        for (int64_t k = 0; k < spec->array_count; k++)
            if (!layer->skips[k] && (spec->arrays[k].trainable && !layer->frozen) == trained)
                layer->places[k] = (*next)++;
        *next += counts && !trained && neuron_keras_is_standard(layer->base);
    }
}

/* Normalisations may count examples too: then each does. */
static int number_all(const parts *all, const neuron_keras_layer *layer,
                      const neuron_keras_group *group)
{
    size_t wanted = 0;
    for (int counts = 0; counts < 2; counts++) {
        wanted = 0;
        number_arrays(layer->model, true, counts, &wanted);
        number_arrays(layer->model, false, counts, &wanted);
        if (wanted == group->count)
            return NEURON_OK;
    }
    return neuron_fail(NEURON_E_DATA,
                       "%s: layer \"%.100s\" (%.60s) has %zu arrays, but its layers have %zu",
                       all->name, layer->name, layer->class_name, group->count, wanted);
}

typedef struct pair_list {
    neuron_keras_pair *pairs;
    size_t count;
    neuron_keras_bytes bytes;        /* of their arrays */
    const neuron_keras_group *group; /* of the model that has all arrays; NULL for none */
} pair_list;

static int add_layer(pair_list *to, const parts *all, const neuron_keras_layer *layer)
{
    const neuron_keras_group *group = to->group;
    if (!group)
        group = neuron_keras_store_at(&all->store, all->store.ordered ? layer->name : layer->group);
    if (!group)
        return no_weights(all, layer);
    neuron_keras_pair *pair = &to->pairs[to->count++];
    *pair = (neuron_keras_pair){layer->base, group, layer->skips, to->group ? layer->places : NULL};
    return neuron_keras_check_pair(&to->bytes, &all->store, pair);
}

static int find_pairs(pair_list *to, const parts *all, const neuron_keras_model *model)
{
    for (size_t i = 0; i < model->layer_count; i++) {
        const neuron_keras_layer *layer = &model->layers[i];
        bool begins = layer->model && all->store.ordered && !to->group;
        if (begins) {
            to->group = neuron_keras_store_at(&all->store, layer->name);
            RETURN_IF_ERROR(to->group ? number_all(all, layer, to->group) : no_weights(all, layer));
        }
        if (layer->model)
            RETURN_IF_ERROR(find_pairs(to, all, layer->model));
        else if (has_weights(layer))
            RETURN_IF_ERROR(add_layer(to, all, layer));
        if (begins)
            to->group = NULL;
    }
    return NEURON_OK;
}

/* Numbers of a list of lists, which go on until there are as many as wanted. */
static void flatten(float *values, int64_t *count, int64_t most, const json_t *json)
{
    if (json_is_number(json) && *count < most)
        values[(*count)++] = (float)json_number_value(json);
    for (size_t i = 0; i < json_array_size(json) && *count < most; i++)
        flatten(values, count, most, json_array_get(json, i));
}

/* The node of a finished graph that has the arrays; NULL if no output needs them. */
static const neuron_node_t *needed(const neuron_node_t *node)
{
    const neuron_node_t *owner = node->owner ? node->owner : node;
    return owner->index < owner->graph->node_count ? owner : NULL;
}

static int tell_array(neuron_graph_t *graph, const neuron_keras_layer *layer, int64_t place,
                      const json_t *json, const char *source)
{
    const neuron_array *array = &layer->base->spec.arrays[place];
    int64_t most = array->shape.extent[0], count = 0;
    float *values = neuron_allocate_zero(graph->context, (size_t)most, sizeof *values);
    if (!values)
        return NEURON_E_MEMORY;
    flatten(values, &count, most, json);
    for (; count > 0 && json_is_number(json) && count < most; count++)
        values[count] = values[0];
    if (place == 1)
        neuron_keras_make_deviations(values, most);
    int status =
        count == most
            ? neuron_graph_write_array(graph, needed(layer->base)->first_array + place, values,
                                       (size_t)most)
            : neuron_fail(NEURON_E_SHAPE,
                          "%s: layer \"%.100s\" (%.60s): %s has %" PRId64 " numbers, not %" PRId64,
                          source, layer->name, layer->class_name, place == 0 ? "mean" : "variance",
                          count, most);
    neuron_release(graph->context, values);
    return status;
}

static int tell_arrays(const neuron_keras_reader *reader, const neuron_keras_model *model)
{
    for (size_t i = 0; i < model->layer_count; i++) {
        const neuron_keras_layer *layer = &model->layers[i];
        if (layer->model)
            RETURN_IF_ERROR(tell_arrays(reader, layer->model));
        if (!layer->base || !is_told(layer) || !needed(layer->base))
            continue;
        RETURN_IF_ERROR(tell_array(reader->graph, layer, 0, layer->mean, reader->source));
        RETURN_IF_ERROR(tell_array(reader->graph, layer, 1, layer->variance, reader->source));
    }
    return NEURON_OK;
}

/* Shapes are compared before the graph is finished: it takes no more memory than the file has. */
static int finish(neuron_keras_reader *reader, const parts *all, const neuron_keras_nodes *outputs)
{
    int64_t loaded;
    pair_list list = {neuron_allocate_zero(all->context, reader->layer_count, sizeof *list.pairs),
                      0,
                      {0, 0},
                      NULL};
    if (!list.pairs)
        return NEURON_E_MEMORY;
    int status = find_pairs(&list, all, &reader->model);
    if (status == NEURON_OK)
        status = neuron_graph_finish_many(reader->graph, outputs->nodes, (int64_t)outputs->count);
    size_t kept = 0; /* nodes that no output needs are gone; others may have their arrays */
    for (size_t i = 0; status == NEURON_OK && i < list.count; i++) {
        list.pairs[kept] = list.pairs[i];
        list.pairs[kept].node = needed(list.pairs[i].node);
        kept += list.pairs[kept].node != NULL;
    }
    if (status == NEURON_OK)
        status = neuron_keras_copy_pairs(&loaded, reader->graph, &all->store, list.pairs, kept);
    neuron_release(all->context, list.pairs);
    return status == NEURON_OK ? tell_arrays(reader, &reader->model) : status;
}

static int read_graph(neuron_keras_reader *reader, const parts *all)
{
    neuron_keras_nodes outputs = {NULL, 0, 0};
    reader->names = json_object();
    if (!reader->names)
        return neuron_json_no_memory();
    RETURN_IF_ERROR(neuron_graph_create(&reader->graph, reader->context));
    int status = neuron_keras_read_model(&outputs, reader, all->model);
    if (status == NEURON_OK)
        status = finish(reader, all, &outputs);
    neuron_release(reader->context, outputs.nodes);
    return status;
}

static void end_reader(neuron_keras_reader *reader)
{
    neuron_keras_release_model(&reader->model, reader->context);
    json_decref(reader->names);
}

static int load(neuron_graph_t **graph, neuron_context_t *context, const void *bytes, size_t size,
                const char *name)
{
    parts all;
    neuron_keras_reader reader = {.context = context, .source = name};
    int status = open_parts(&all, context, bytes, size, name);
    if (status == NEURON_OK && !all.model)
        status = neuron_fail(NEURON_E_FORMAT,
                             "%s: has weights only; neuron_keras_load_weights() reads them", name);
    if (status == NEURON_OK)
        status = read_graph(&reader, &all);
    end_reader(&reader);
    close_parts(&all);
    if (status < 0)
        neuron_graph_unref(reader.graph);
    else
        *graph = reader.graph;
    return status;
}

int neuron_keras_load(neuron_graph_t **graph, neuron_context_t *context, const char *path)
{
    FLOAT_SCOPE;
    void *bytes;
    size_t size;
    CHECK_ARGUMENT(graph);
    *graph = NULL;
    CHECK_ARGUMENT(context);
    CHECK_ARGUMENT(path);
    RETURN_IF_ERROR(neuron_file_read(context, path, &bytes, &size));
    int status = load(graph, context, bytes, size, path);
    neuron_release(context, bytes);
    return status;
}

int neuron_keras_load_memory(neuron_graph_t **graph, neuron_context_t *context, const void *bytes,
                             size_t size)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(graph);
    *graph = NULL;
    CHECK_ARGUMENT(context);
    CHECK_ARGUMENT(bytes);
    return load(graph, context, bytes, size, "memory");
}

/* ---- Weights alone ---- */

enum { MATCH = 1 };
enum { MATCH_AUTO = 1, MATCH_NAME, MATCH_ORDER };
static const neuron_word matches[] = {
    {MATCH_AUTO, "auto"}, {MATCH_NAME, "name"}, {MATCH_ORDER, "order"}, {0, ""}};
static const neuron_option rows[] = {
    NEURON_CHOICE(MATCH, "match", matches, MATCH_AUTO, "how layers of the file are found")};
static const neuron_option_table table = NEURON_OPTION_TABLE(rows);

/* The group with the name of a node; NULL if there is none. */
static const neuron_keras_group *find_name(const neuron_keras_store *store,
                                           const neuron_node_t *node)
{
    char name[NEURON_NODE_NAME_MAX + 1];
    const neuron_keras_group *group = neuron_keras_store_find(store, node->name);
    neuron_keras_layer_name(name, node);
    return group ? group : neuron_keras_store_find(store, name);
}

static bool has_all_names(const neuron_keras_store *store, const neuron_graph_t *graph)
{
    for (int64_t i = 0; i < graph->node_count; i++)
        if (neuron_keras_has_arrays(graph->nodes[i]) && !find_name(store, graph->nodes[i]))
            return false;
    return true;
}

/* Adds a pair, which is checked. */
static int add_pair(pair_list *to, const neuron_keras_store *store, const neuron_node_t *node,
                    const neuron_keras_group *group, const char *how)
{
    if (!group)
        return neuron_fail(NEURON_E_DATA, "%s: there are no weights for %.127s, by %s",
                           store->h5->name, node->name, how);
    neuron_keras_pair *pair = &to->pairs[to->count++];
    *pair = (neuron_keras_pair){node, group, NULL, NULL};
    return neuron_keras_check_pair(&to->bytes, store, pair);
}

static int match_names(pair_list *to, const neuron_graph_t *graph, const neuron_keras_store *store)
{
    for (int64_t i = 0; i < graph->node_count; i++) {
        const neuron_node_t *node = graph->nodes[i];
        if (neuron_keras_has_arrays(node))
            RETURN_IF_ERROR(add_pair(to, store, node, find_name(store, node), "name"));
    }
    return NEURON_OK;
}

/* The next group that has arrays; NULL behind the last. */
static const neuron_keras_group *next_group(const neuron_keras_store *store, size_t *next)
{
    while (*next < store->group_count && store->groups[*next].count == 0)
        ++*next;
    return *next < store->group_count ? &store->groups[(*next)++] : NULL;
}

/* Layers in the order that Keras would have them in. */
static int match_order(pair_list *to, const neuron_keras_writer *model,
                       const neuron_keras_store *store)
{
    size_t next = 0;
    for (size_t i = 0; i < model->layer_count; i++) {
        const neuron_keras_made *layer = &model->layers[model->order[i]];
        if (!layer->node || layer->node->spec.array_count == 0)
            continue;
        const neuron_keras_group *group =
            store->ordered ? next_group(store, &next) : neuron_keras_store_at(store, layer->group);
        RETURN_IF_ERROR(add_pair(to, store, layer->node, group, "order"));
    }
    const neuron_keras_group *more = store->ordered ? next_group(store, &next) : NULL;
    if (more)
        return neuron_fail(NEURON_E_DATA, "%s: layer \"%.100s\" is one more than the graph has",
                           store->h5->name, more->name);
    return NEURON_OK;
}

static int match_all(pair_list *to, const neuron_graph_t *graph, const neuron_keras_store *store,
                     int match)
{
    if (match == MATCH_NAME || (match == MATCH_AUTO && has_all_names(store, graph)))
        return match_names(to, graph, store);
    neuron_keras_writer model = {
        .context = graph->context, .graph = graph, .format = NEURON_KERAS_FORMAT_WEIGHTS};
    neuron_keras_add_nodes(&model);
    int status = model.status;
    if (status == NEURON_OK)
        status = match_order(to, &model, store);
    neuron_keras_end_writer(&model);
    return status;
}

static int load_pairs(int64_t *loaded, neuron_graph_t *graph, const neuron_keras_store *store,
                      int match, neuron_keras_pair *pairs)
{
    pair_list list = {pairs, 0, {0, 0}, NULL};
    int64_t arrays;
    RETURN_IF_ERROR(match_all(&list, graph, store, match));
    RETURN_IF_ERROR(neuron_keras_copy_pairs(&arrays, graph, store, pairs, list.count));
    if (loaded)
        *loaded = arrays;
    return NEURON_OK;
}

static int load_weights(int64_t *loaded, neuron_graph_t *graph, const void *bytes, size_t size,
                        const char *name, int match)
{
    parts all;
    int status = open_parts(&all, graph->context, bytes, size, name);
    neuron_keras_pair *pairs =
        neuron_allocate_zero(graph->context, (size_t)graph->node_count, sizeof *pairs);
    if (status == NEURON_OK && !pairs)
        status = NEURON_E_MEMORY;
    if (status == NEURON_OK)
        status = load_pairs(loaded, graph, &all.store, match, pairs);
    neuron_release(graph->context, pairs);
    close_parts(&all);
    return status;
}

static int check_weights(int *match, const neuron_graph_t *graph, const char *options,
                         const char *who)
{
    neuron_options given;
    RETURN_IF_ERROR(neuron_handle_check(graph, NEURON_HANDLE_GRAPH, "graph", who));
    neuron_options_reset(&given, &table);
    RETURN_IF_ERROR(neuron_options_parse(&given, options, who));
    if (!graph->finished)
        return neuron_fail(NEURON_E_STATE, "%s: graph \"%s\" is not finished", who, graph->name);
    *match = (int)neuron_options_value(&given, MATCH);
    return NEURON_OK;
}

int neuron_keras_load_weights(int64_t *loaded, neuron_graph_t *graph, const char *path,
                              const char *options)
{
    FLOAT_SCOPE;
    int match;
    void *bytes;
    size_t size;
    CHECK_ARGUMENT(graph);
    CHECK_ARGUMENT(path);
    RETURN_IF_ERROR(check_weights(&match, graph, options, __func__));
    RETURN_IF_ERROR(neuron_file_read(graph->context, path, &bytes, &size));
    int status = load_weights(loaded, graph, bytes, size, path, match);
    neuron_release(graph->context, bytes);
    return status;
}

int neuron_keras_load_weights_memory(int64_t *loaded, neuron_graph_t *graph, const void *bytes,
                                     size_t size, const char *options)
{
    FLOAT_SCOPE;
    int match;
    CHECK_ARGUMENT(graph);
    CHECK_ARGUMENT(bytes);
    RETURN_IF_ERROR(check_weights(&match, graph, options, __func__));
    return load_weights(loaded, graph, bytes, size, "memory", match);
}
