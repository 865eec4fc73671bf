/* What names stand for, and what operators say: see reader.h. */
#include "onnx/import/reader.h"

#include "base/text/utf8.h"
#include "graph/names.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ---- Failures ---- */

/* What an operator is called: by its name, or by what it makes. */
static void describe(const neuron_onnx_operator *from, char *text, size_t size)
{
    const char *type = from->op_type ? from->op_type : "";
    if (from->name && from->name[0])
        snprintf(text, size, "node \"%.127s\" (%.63s)", from->name, type);
    else if (from->n_output > 0)
        snprintf(text, size, "the node (%.63s) that makes \"%.127s\"", type, from->output[0]);
    else
        snprintf(text, size, "a node (%.63s)", type);
}

int neuron_onnx_refuse(const neuron_onnx_reader *reader, const neuron_onnx_operator *from,
                       int status, const char *format, ...)
{
    char text[NEURON_MESSAGE_SIZE], node[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (!from)
        return neuron_fail(status, "%s: %s", reader->source, text);
    describe(from, node, sizeof node);
    return neuron_fail(status, "%s: %s: %s", reader->source, node, text);
}

int neuron_onnx_afford(neuron_onnx_reader *reader, const neuron_onnx_operator *from, int64_t count)
{
    if (count >= 0 && (uint64_t)count <= reader->numbers) {
        reader->numbers -= (uint64_t)count;
        return NEURON_OK;
    }
    return neuron_onnx_refuse(reader, from, NEURON_E_UNSUPPORTED,
                              "needs %" PRId64 " numbers, far more than the file has", count);
}

bool neuron_onnx_is_one_of(const neuron_onnx_operator *from, const char *words)
{
    size_t size = strlen(from->op_type);
    for (size_t length; *words; words += length + (words[length] == ' ')) {
        length = strcspn(words, " ");
        if (length == size && memcmp(words, from->op_type, length) == 0)
            return true;
    }
    return false;
}

void *neuron_onnx_reader_get(neuron_onnx_reader *reader, int64_t count, size_t size)
{
    void *got = neuron_onnx_memory_get(&reader->memory, neuron_size(count), size);
    reader->starved = reader->starved || !got;
    return got;
}

/* ---- Items ---- */

/* FNV-1a from a start that no file knows, so that none can have all its names in one place. */
static uint32_t hash(const neuron_onnx_reader *reader, const char *name)
{
    uint32_t sum = 2166136261u ^ (uint32_t)((uintptr_t)reader->graph >> 4);
    for (; *name; name++)
        sum = (sum ^ (unsigned char)*name) * 16777619u;
    return sum ^ sum >> 15;
}

/* Where a name is, or would be. */
static size_t place_of(const neuron_onnx_reader *reader, const char *name)
{
    size_t last = reader->item_places - 1, place = hash(reader, name) & last;
    while (reader->items[place] && strcmp(reader->items[place]->name, name) != 0)
        place = (place + 1) & last;
    return place;
}

neuron_onnx_item *neuron_onnx_find(const neuron_onnx_reader *reader, const char *name)
{
    return reader->item_places ? reader->items[place_of(reader, name)] : NULL;
}

static int reserve_item(neuron_onnx_reader *reader)
{
    if (2 * (reader->item_count + 1) <= reader->item_places)
        return NEURON_OK;
    size_t places = reader->item_places ? 2 * reader->item_places : 64, old = reader->item_places;
    neuron_onnx_item **before = reader->items;
    neuron_onnx_item **table = neuron_onnx_memory_get(&reader->memory, places, sizeof *table);
    if (!table)
        return NEURON_E_MEMORY;
    reader->items = table;
    reader->item_places = places;
    for (size_t i = 0; i < old; i++)
        if (before[i])
            table[place_of(reader, before[i]->name)] = before[i];
    return NEURON_OK;
}

int neuron_onnx_add_item(neuron_onnx_item **item, neuron_onnx_reader *reader,
                         const neuron_onnx_operator *from, const char *name)
{
    *item = NULL;
    RETURN_IF_ERROR(reserve_item(reader));
    size_t place = place_of(reader, name);
    if (reader->items[place])
        return neuron_onnx_refuse(reader, from, NEURON_E_FORMAT, "\"%.127s\" is there twice", name);
    neuron_onnx_item *made = neuron_onnx_reader_get(reader, 1, sizeof *made);
    if (!made)
        return NEURON_E_MEMORY;
    made->name = name;
    made->maker = from;
    reader->items[place] = *item = made;
    reader->item_count++;
    return NEURON_OK;
}

neuron_onnx_item *neuron_onnx_in(const neuron_onnx_reader *reader, const neuron_onnx_operator *from,
                                 size_t index)
{
    if (index >= from->n_input || !from->input[index][0])
        return NULL;
    neuron_onnx_item *item = neuron_onnx_find(reader, from->input[index]);
    return item && item->made ? item : NULL;
}

static neuron_onnx_item *out_at(const neuron_onnx_reader *reader, const neuron_onnx_operator *from,
                                size_t index)
{
    if (index >= from->n_output || !from->output[index][0])
        return NULL;
    return neuron_onnx_find(reader, from->output[index]);
}

bool neuron_onnx_needs_out(const neuron_onnx_reader *reader, const neuron_onnx_operator *from,
                           size_t index)
{
    const neuron_onnx_item *item = out_at(reader, from, index);
    return item && item->needed;
}

int neuron_onnx_one_out(const neuron_onnx_reader *reader, const neuron_onnx_operator *from)
{
    for (size_t i = 1; i < from->n_output; i++)
        if (neuron_onnx_needs_out(reader, from, i))
            return neuron_onnx_refuse(reader, from, NEURON_E_UNSUPPORTED,
                                      "output %zu, \"%.127s\", is used; only the first can be", i,
                                      from->output[i]);
    return NEURON_OK;
}

static int need_in(neuron_onnx_item **item, const neuron_onnx_reader *reader,
                   const neuron_onnx_operator *from, size_t index)
{
    *item = neuron_onnx_in(reader, from, index);
    if (*item)
        return NEURON_OK;
    return neuron_onnx_refuse(reader, from, NEURON_E_FORMAT, "input %zu is missing", index);
}

int neuron_onnx_refuse_part(const neuron_onnx_reader *reader, const neuron_onnx_operator *from,
                            const neuron_onnx_item *item)
{
    const char *whole =
        item->part == NEURON_ONNX_DEVIATION ? "Sqrt is imported as a part of a "
                                              "layer normalisation"
        : item->part == NEURON_ONNX_ABS || item->part == NEURON_ONNX_ABS_1
            ? "Abs is imported as a part of a softsign"
        : item->part == NEURON_ONNX_LARGE     ? "Greater is imported as a part of a softplus"
        : item->part == NEURON_ONNX_LOG_TOTAL ? "Log is imported as a part of a log softmax"
        : item->part == NEURON_ONNX_BYTES     ? "QuantizeLinear is imported before DequantizeLinear"
                                              : "Erf is imported as a part of a GELU";
    return neuron_onnx_refuse(reader, from, NEURON_E_UNSUPPORTED, "reads \"%.127s\", and %s alone",
                              item->name, whole);
}

int neuron_onnx_value_in(neuron_onnx_item **item, neuron_onnx_reader *reader,
                         const neuron_onnx_operator *from, size_t index)
{
    RETURN_IF_ERROR(need_in(item, reader, from, index));
    if ((*item)->constant)
        return neuron_onnx_refuse(reader, from, NEURON_E_UNSUPPORTED,
                                  "input %zu, \"%.127s\", is a constant", index, (*item)->name);
    return (*item)->node ? NEURON_OK : neuron_onnx_refuse_part(reader, from, *item);
}

int neuron_onnx_constant_in(const neuron_onnx_constant **constant, neuron_onnx_reader *reader,
                            const neuron_onnx_operator *from, size_t index)
{
    neuron_onnx_item *item;
    RETURN_IF_ERROR(need_in(&item, reader, from, index));
    *constant = item->constant;
    if (*constant)
        return NEURON_OK;
    return neuron_onnx_refuse(reader, from, NEURON_E_UNSUPPORTED,
                              "input %zu, \"%.127s\", is computed; it must be a constant", index,
                              item->name);
}

static int make_out(neuron_onnx_item **item, neuron_onnx_reader *reader,
                    const neuron_onnx_operator *from, size_t index)
{
    *item = out_at(reader, from, index);
    if (!*item)
        return neuron_onnx_refuse(reader, from, NEURON_E_FORMAT, "output %zu is missing", index);
    (*item)->made = true;
    return NEURON_OK;
}

int neuron_onnx_out(neuron_onnx_reader *reader, const neuron_onnx_operator *from, size_t index,
                    neuron_node_t *node, const neuron_onnx_layout *layout)
{
    neuron_onnx_item *item;
    RETURN_IF_ERROR(make_out(&item, reader, from, index));
    item->node = node;
    item->layout = *layout;
    return NEURON_OK;
}

int neuron_onnx_out_constant(neuron_onnx_reader *reader, const neuron_onnx_operator *from,
                             size_t index, neuron_onnx_constant *constant)
{
    neuron_onnx_item *item;
    RETURN_IF_ERROR(make_out(&item, reader, from, index));
    bool any = false;
    for (int64_t i = 0; constant->batch && i < constant->count; i++)
        any = any || constant->batch[i];
    if (!any)
        constant->batch = NULL;
    item->constant = constant;
    return NEURON_OK;
}

int neuron_onnx_out_part(neuron_onnx_reader *reader, const neuron_onnx_operator *from,
                         const neuron_onnx_item *like)
{
    neuron_onnx_item *item;
    RETURN_IF_ERROR(make_out(&item, reader, from, 0));
    item->node = like->node;
    item->layout = like->layout;
    item->constant = like->constant;
    item->part = like->part;
    item->of = like->of;
    item->by = like->by;
    item->times = like->times;
    item->axes = like->axes;
    item->gamma = like->gamma;
    item->beta = like->beta;
    return NEURON_OK;
}

/* ---- Attributes ---- */

const Neuron__Onnx__Attribute *neuron_onnx_attribute(const neuron_onnx_operator *from,
                                                     const char *name)
{
    for (size_t i = 0; i < from->n_attribute; i++)
        if (from->attribute[i]->name && strcmp(from->attribute[i]->name, name) == 0)
            return from->attribute[i];
    return NULL;
}

static int refuse_type(const neuron_onnx_reader *reader, const neuron_onnx_operator *from,
                       const char *name, const char *type)
{
    return neuron_onnx_refuse(reader, from, NEURON_E_FORMAT, "attribute %s is no %s", name, type);
}

int neuron_onnx_read_integer(int64_t *value, const neuron_onnx_reader *reader,
                             const neuron_onnx_operator *from, const char *name, int64_t standard)
{
    const Neuron__Onnx__Attribute *attribute = neuron_onnx_attribute(from, name);
    *value = attribute ? attribute->i : standard;
    return attribute && !attribute->has_i ? refuse_type(reader, from, name, "integer") : NEURON_OK;
}

int neuron_onnx_read_real(double *value, const neuron_onnx_reader *reader,
                          const neuron_onnx_operator *from, const char *name, double standard)
{
    const Neuron__Onnx__Attribute *attribute = neuron_onnx_attribute(from, name);
    *value = attribute ? (double)attribute->f : standard;
    return attribute && !attribute->has_f ? refuse_type(reader, from, name, "number") : NEURON_OK;
}

int neuron_onnx_read_integers(const int64_t **values, size_t *count,
                              const neuron_onnx_reader *reader, const neuron_onnx_operator *from,
                              const char *name)
{
    const Neuron__Onnx__Attribute *attribute = neuron_onnx_attribute(from, name);
    *values = attribute ? attribute->ints : NULL;
    *count = attribute ? attribute->n_ints : 0;
    bool other = attribute && *count == 0 && attribute->has_type &&
                 attribute->type != NEURON__ONNX__ATTRIBUTE__TYPE__INTS;
    return other ? refuse_type(reader, from, name, "list of integers") : NEURON_OK;
}

int neuron_onnx_read_word(char *word, size_t capacity, const neuron_onnx_reader *reader,
                          const neuron_onnx_operator *from, const char *name, const char *standard)
{
    const Neuron__Onnx__Attribute *attribute = neuron_onnx_attribute(from, name);
    if (!attribute) {
        snprintf(word, capacity, "%s", standard);
        return NEURON_OK;
    }
    if (!attribute->has_s || attribute->s.len >= capacity)
        return refuse_type(reader, from, name, "word that it may be");
    if (attribute->s.len > 0)
        memcpy(word, attribute->s.data, attribute->s.len);
    word[attribute->s.len] = '\0';
    return NEURON_OK;
}

int neuron_onnx_axis_of(int32_t *axis, const neuron_onnx_reader *reader,
                        const neuron_onnx_operator *from, int64_t given, int32_t rank)
{
    *axis = (int32_t)(given < 0 ? given + rank : given);
    if (given >= -(int64_t)rank && given < rank)
        return NEURON_OK;
    return neuron_onnx_refuse(reader, from, NEURON_E_FORMAT,
                              "there is no axis %" PRId64 " among %" PRId32, given, rank);
}

/* ---- Layers ---- */

/* A name here has no '.' and no control characters, and begins with no '/', as those of PyTorch
 * do. */
static void make_name(char *name, size_t size, const char *given)
{
    while (*given == '/')
        given++;
    snprintf(name, size, "%s", *given ? given : "node");
    neuron_utf8_clean(name, strlen(given) >= size);
    for (char *c = name; *c; c++)
        if (*c == '.' || (unsigned char)*c < 0x20 || *c == 0x7f)
            *c = *c == '.' ? '/' : '_';
}

/* `part` is what else of an operator the node is, or NULL. */
static int name_part(neuron_onnx_reader *reader, neuron_node_t *node, const char *given,
                     const char *part)
{
    char base[NEURON_NODE_NAME_MAX - 40], name[NEURON_NODE_NAME_MAX + 1];
    make_name(base, sizeof base, given);
    snprintf(name, sizeof name, "%s%s%s", base, part ? "/" : "", part ? part : "");
    for (;;) {
        const neuron_node_t *other = neuron_names_find(reader->graph, name);
        if (!other || other == node)
            return neuron_node_set_name(node, name);
        reader->renamed++;
        snprintf(name, sizeof name, "%s%s%s_%" PRId64, base, part ? "/" : "", part ? part : "",
                 reader->renamed);
    }
}

int neuron_onnx_name(neuron_onnx_reader *reader, neuron_node_t *node, const char *name)
{
    return name_part(reader, node, name, NULL);
}

/* By the output of the model that it is, by the operator's own name, or by what it makes. */
static int name_node(neuron_onnx_reader *reader, const neuron_onnx_operator *from, bool last,
                     const char *layer, neuron_node_t *node)
{
    const char *first = from->n_output > 0 ? from->output[0] : "";
    const neuron_onnx_item *made = neuron_onnx_find(reader, first);
    bool own = from->name && from->name[0];
    const char *name = last && made && made->is_output ? first : own ? from->name : first;
    return name_part(reader, node, name[0] ? name : from->op_type, last ? NULL : layer);
}

/* The graph has an error, which is told in the words of the file. What no layer may be told is an
 * argument of the file's, not of the caller's. */
static int refuse_layer(const neuron_onnx_reader *reader, const neuron_onnx_operator *from)
{
    char message[NEURON_MESSAGE_SIZE];
    int status = reader->graph->status;
    snprintf(message, sizeof message, "%s", reader->graph->message);
    return neuron_onnx_refuse(
        reader, from, status == NEURON_E_ARGUMENT ? NEURON_E_UNSUPPORTED : status, "%s", message);
}

int neuron_onnx_layer(neuron_node_t **node, neuron_onnx_reader *reader,
                      const neuron_onnx_operator *from, bool last, const char *layer,
                      neuron_node_t *const *inputs, int64_t count, const char *options)
{
    *node = neuron_graph_add_from_file(reader->graph, layer, inputs, count, options);
    if (!*node || name_node(reader, from, last, layer, *node) < 0)
        return refuse_layer(reader, from);
    return NEURON_OK;
}

int neuron_onnx_join(neuron_node_t **node, neuron_onnx_reader *reader,
                     const neuron_onnx_operator *from, neuron_node_t *made, const char *options)
{
    *node = made;
    if (!made || name_node(reader, from, true, "", made) < 0 ||
        (options && neuron_node_set(made, options) < 0))
        return refuse_layer(reader, from);
    return NEURON_OK;
}

int neuron_onnx_shared(neuron_node_t **node, neuron_onnx_reader *reader,
                       const neuron_onnx_operator *from, bool last, neuron_node_t *like,
                       neuron_node_t *input)
{
    *node = neuron_shared_layer(reader->graph, like, &input, 1);
    if (!*node || name_node(reader, from, last, like->spec.layer->name, *node) < 0)
        return refuse_layer(reader, from);
    return NEURON_OK;
}

/* ---- Arranging values ---- */

static bool has_shape(const neuron_node_t *node, const int64_t *extents, int32_t rank)
{
    const neuron_shape *shape = &node->spec.output;
    return shape->rank == rank &&
           memcmp(shape->extent, extents, (size_t)rank * sizeof *extents) == 0;
}

int neuron_onnx_view(neuron_node_t **node, neuron_onnx_reader *reader,
                     const neuron_onnx_operator *from, bool last, neuron_node_t *input,
                     const int64_t *extents, int32_t rank)
{
    static const int64_t one = 1;
    if (rank == 0) { /* which no layer has */
        extents = &one;
        rank = 1;
    }
    *node = input;
    /* A view of a view is one of what that looks at. */
    while (!has_shape(*node, extents, rank) && (*node)->spec.layer->flags & NEURON_LAYER_VIEW)
        *node = (*node)->inputs[0];
    if (has_shape(*node, extents, rank))
        return NEURON_OK;
    if (rank == 1)
        return neuron_onnx_layer(node, reader, from, last, "flatten", (neuron_node_t *[]){*node}, 1,
                                 NULL);
    if (rank > NEURON_RANK_MAX - 1)
        return neuron_onnx_refuse(reader, from, NEURON_E_UNSUPPORTED,
                                  "%" PRId32 " axes are too many", rank);
    char text[NEURON_RANK_MAX * 40];
    size_t used = 0;
    for (int32_t axis = 0; axis < rank; axis++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%sextent_%" PRId32 "=%" PRId64,
                                 axis > 0 ? ", " : "", axis, extents[axis]);
    return neuron_onnx_layer(node, reader, from, last, "reshape", (neuron_node_t *[]){*node}, 1,
                             text);
}

/* Factors that stay side by side when others get another order: a run of them is one axis of the
 * permutation. */
typedef struct runs {
    int32_t count;
    int32_t first[NEURON_ONNX_FACTORS]; /* place that each begins at, in the new order */
    int64_t extent[NEURON_ONNX_FACTORS];
} runs;

static int permute(neuron_node_t **node, neuron_onnx_reader *reader,
                   const neuron_onnx_operator *from, const neuron_onnx_layout *layout,
                   const int32_t *order)
{
    runs made = {.count = 0};
    for (int32_t p = 0; p < layout->count; p++) {
        const neuron_onnx_factor *factor = &layout->factor[order[p]];
        if (p == 0 || factor->place != layout->factor[order[p - 1]].place + 1) {
            made.first[made.count] = factor->place;
            made.extent[made.count++] = 1;
        }
        made.extent[made.count - 1] *= factor->extent;
    }
    if (made.count > NEURON_RANK_MAX - 1)
        return neuron_onnx_refuse(reader, from, NEURON_E_UNSUPPORTED,
                                  "the axes of its input are mixed by transpositions and reshapes "
                                  "before it into %" PRId32 " parts; there may be %d",
                                  made.count, NEURON_RANK_MAX - 1);
    /* Which axis of what there is now each run is. */
    int64_t extents[NEURON_RANK_MAX];
    char text[NEURON_RANK_MAX * 16];
    size_t used = 0;
    for (int32_t i = 0; i < made.count; i++) {
        int32_t axis = 0;
        for (int32_t j = 0; j < made.count; j++)
            axis += made.first[j] < made.first[i];
        extents[axis] = made.extent[i];
        used += (size_t)snprintf(text + used, sizeof text - used, "%saxis_%" PRId32 "=%" PRId32,
                                 i > 0 ? ", " : "", i, axis);
    }
    RETURN_IF_ERROR(neuron_onnx_view(node, reader, from, false, *node, extents, made.count));
    return neuron_onnx_layer(node, reader, from, false, "permute", (neuron_node_t *[]){*node}, 1,
                             text);
}

int neuron_onnx_reorder(neuron_node_t **node, neuron_onnx_layout *layout,
                        neuron_onnx_reader *reader, const neuron_onnx_operator *from,
                        const int32_t *order)
{
    bool same = true;
    for (int32_t p = 0; p < layout->count; p++)
        same = same && layout->factor[order[p]].place == p;
    if (same)
        return NEURON_OK;
    RETURN_IF_ERROR(permute(node, reader, from, layout, order));
    for (int32_t p = 0; p < layout->count; p++)
        layout->factor[order[p]].place = p;
    return NEURON_OK;
}

int neuron_onnx_arrange(neuron_node_t **node, neuron_onnx_layout *layout,
                        neuron_onnx_reader *reader, const neuron_onnx_operator *from,
                        const neuron_onnx_item *item, const neuron_onnx_group *groups,
                        int32_t count)
{
    int32_t order[NEURON_ONNX_FACTORS], places[NEURON_ONNX_FACTORS], used = 0;
    int64_t extents[NEURON_RANK_MAX];
    *node = item->node;
    *layout = item->layout;
    neuron_onnx_layout_places(layout, places);
    for (int32_t g = 0; g < count; g++) {
        extents[g] = 1;
        for (int32_t i = 0; i < layout->count; i++) {
            int32_t f = groups[g].any ? places[i] : i;
            if (!(groups[g].axes >> layout->factor[f].axis & 1))
                continue;
            order[used++] = f;
            extents[g] *= layout->factor[f].extent;
        }
    }
    RETURN_IF_ERROR(neuron_onnx_reorder(node, layout, reader, from, order));
    return neuron_onnx_view(node, reader, from, false, *node, extents, count);
}

/* Where an axis lies, for the order of axes; false if it is not whole. One of extent 1 lies before
 * the next of the file, or behind all. */
static bool find_axis(const neuron_onnx_layout *layout, int32_t axis, bool any, int32_t *at)
{
    int32_t least = INT32_MAX, most = -1, count = 0, before = -1;
    bool ascends = true;
    for (int32_t i = 0; i < layout->count; i++) {
        const neuron_onnx_factor *factor = &layout->factor[i];
        if (factor->axis != axis)
            continue;
        ascends = ascends && factor->place > before;
        before = factor->place;
        least = factor->place < least ? factor->place : least;
        most = factor->place > most ? factor->place : most;
        count++;
    }
    if (count > 0) {
        *at = 2 * least;
        return most - least + 1 == count && (any || ascends);
    }
    *at = INT32_MAX;
    for (int32_t i = 0; i < layout->count; i++)
        if (layout->factor[i].axis > axis) {
            *at = 2 * layout->factor[i].place - 1;
            break;
        }
    return true;
}

/* The axes but the batch in the order in which they lie; false if one is not whole. */
static bool order_axes(const neuron_onnx_layout *layout, uint32_t any,
                       int32_t axes[NEURON_RANK_MAX], int32_t *count)
{
    int32_t at[NEURON_RANK_MAX] = {0};
    *count = 0;
    for (int32_t axis = 0; axis < layout->rank; axis++) {
        if (axis == layout->batch)
            continue;
        if (!find_axis(layout, axis, any >> axis & 1, &at[axis]))
            return false;
        int32_t i = (*count)++;
        for (; i > 0 && at[axes[i - 1]] > at[axis]; i--)
            axes[i] = axes[i - 1];
        axes[i] = axis;
    }
    return true;
}

int neuron_onnx_spread(neuron_node_t **node, neuron_onnx_layout *layout,
                       int32_t dimension[NEURON_RANK_MAX], neuron_onnx_reader *reader,
                       const neuron_onnx_operator *from, const neuron_onnx_item *item, uint32_t any)
{
    int32_t axes[NEURON_RANK_MAX], count;
    int64_t extents[NEURON_RANK_MAX];
    *node = item->node;
    *layout = item->layout;
    if (!order_axes(layout, any, axes, &count)) {
        int32_t order[NEURON_ONNX_FACTORS];
        for (int32_t i = 0; i < layout->count; i++)
            order[i] = i;
        RETURN_IF_ERROR(neuron_onnx_reorder(node, layout, reader, from, order));
        order_axes(layout, 0, axes, &count);
    }
    if (layout->batch >= 0)
        dimension[layout->batch] = -1;
    for (int32_t i = 0; i < count; i++) {
        dimension[axes[i]] = i;
        extents[i] = layout->extent[axes[i]];
    }
    return neuron_onnx_view(node, reader, from, false, *node, extents, count);
}

int neuron_onnx_put_last(neuron_node_t **node, neuron_onnx_layout *layout, int32_t *place,
                         neuron_onnx_reader *reader, const neuron_onnx_operator *from,
                         const neuron_onnx_item *item, uint32_t axes)
{
    int64_t size = 1;
    int32_t count = 0, first = INT32_MAX;
    for (int32_t i = 0; i < item->layout.count; i++) {
        const neuron_onnx_factor *factor = &item->layout.factor[i];
        if (!(axes >> factor->axis & 1))
            continue;
        size *= factor->extent;
        first = factor->place < first ? factor->place : first;
        count++;
    }
    const neuron_shape *shape = &item->node->spec.output;
    *node = item->node;
    *layout = item->layout;
    *place = layout->count - count;
    bool last = count == 0 || first == layout->count - count;
    if (last && shape->extent[shape->rank - 1] == size)
        return NEURON_OK;
    const neuron_onnx_group groups[] = {{neuron_onnx_all_axes(layout) & ~axes, true}, {axes, true}};
    bool all = size == neuron_onnx_layout_size(layout);
    return neuron_onnx_arrange(node, layout, reader, from, item, groups + all, 2 - all);
}
