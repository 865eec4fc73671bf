/* Parameters as a state dict of PyTorch in the safetensors layout, both ways: other names, other
 * axes, and channels before rows and columns where an image is flattened.
 *
 * Such a file says nothing of layers, and not in which order they come: writers sort the arrays by
 * name. What belongs to a layer is found by the name in front of the last point, "features.0" of
 * "features.0.weight"; here that is called a module, as in PyTorch. */
#include "base/checked.h"
#include "base/files/json.h"
#include "base/float-mode.h"
#include "base/sort.h"
#include "graph/copy-arrays.h"
#include "model/conversions.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Names ---- */

/* What an array of a module is. */
enum { WEIGHT, BIAS, RUNNING_MEAN, RUNNING_VAR, FIELDS, TRACKED = FIELDS, OTHER };

enum { NAME_ROOM = 512 };

static const char *const field_names[] = {"weight", "bias", "running_mean", "running_var",
                                          "num_batches_tracked"};

static const struct {
    const char *name;
    int field;
} counterparts[] = {{"kernel", WEIGHT},
                    {"gamma", WEIGHT},
                    {"alpha", WEIGHT},
                    {"bias", BIAS},
                    {"beta", BIAS},
                    {"moving_mean", RUNNING_MEAN},
                    {"moving_variance", RUNNING_VAR}};

/* What an array is in PyTorch; OTHER for one of a layer that it does not have. */
static int field_of(const neuron_graph_array *array)
{
    if (!(array->node->spec.layer->flags & NEURON_LAYER_CUSTOM))
        for (size_t i = 0; i < sizeof counterparts / sizeof *counterparts; i++)
            if (strcmp(array->array->name, counterparts[i].name) == 0)
                return counterparts[i].field;
    return OTHER;
}

/* Names of layers have a slash where PyTorch has a point. */
static char plain(char c)
{
    return c == '/' ? '.' : c;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static size_t count_digits(const char *text, const char *end)
{
    size_t count = 0;
    while (text + count < end && is_digit(text[count]))
        count++;
    return count;
}

/* By alphabet, but numbers as such: "layer.2" comes before "layer.10". */
static int compare_names(const char *a, size_t a_size, const char *b, size_t b_size)
{
    const char *a_end = a + a_size, *b_end = b + b_size;
    while (a < a_end && b < b_end) {
        size_t first = count_digits(a, a_end), second = count_digits(b, b_end);
        if (first != second && first > 0 && second > 0)
            return first < second ? -1 : 1;
        size_t same = first > 0 ? first : 1;
        for (size_t i = 0; i < same; i++, a++, b++)
            if (plain(*a) != plain(*b))
                return plain(*a) < plain(*b) ? -1 : 1;
    }
    return (a < a_end) - (b < b_end);
}

/* ---- Modules of a file ---- */

/* Layers of one kind have arrays of the same ranks. */
enum { SLOPES, NORMS, DENSE, CONVOLUTIONS_1D, CONVOLUTIONS_2D, MOVING_NORMS, KINDS };

typedef struct module {
    const char *name;
    size_t size; /* of the name */
    int kind;
    bool taken;
    const neuron_safetensors_entry *fields[FIELDS];
} module;

typedef struct state_dict {
    const neuron_graph_t *graph;
    const neuron_safetensors *file;
    const char *to_prefix, *from_prefix;
    module *modules; /* sorted */
    size_t module_count;
    const neuron_safetensors_entry *stranger; /* an array that is of no module; NULL for none */
    const module **by_array;                  /* of each array of the graph; NULL for none */
    const neuron_shape **folded;              /* of each node: see find_folded() */
    int64_t *columns;                         /* places in the longest row */
    float *numbers;                           /* of the largest array */
    neuron_conversions conversions;
} state_dict;

/* Begins a message about an array of the file. */
#define ENTRY "%s: array \"" NEURON_JSON_NAME "\""

/* Splits the name of an array behind the prefix; `field` is OTHER if it has none of PyTorch's. */
static module split(int *field, const char *name)
{
    const char *point = strrchr(name, '.'), *last = point ? point + 1 : name;
    *field = 0;
    while (*field < OTHER && strcmp(last, field_names[*field]) != 0)
        ++*field;
    return (module){.name = name, .size = point ? (size_t)(point - name) : 0};
}

static int compare_modules(const void *left, const void *right)
{
    const module *a = left, *b = right;
    return compare_names(a->name, a->size, b->name, b->size);
}

/* Of one module by the name of the array, as messages name the second of two. */
static int compare_arrays(const void *left, const void *right)
{
    int by_module = compare_modules(left, right);
    return by_module != 0 ? by_module
                          : strcmp(((const module *)left)->name, ((const module *)right)->name);
}

/* -1 for a module that no layer here makes. */
static int kind_of(const module *found)
{
    const neuron_safetensors_entry *weight = found->fields[WEIGHT];
    if (found->fields[RUNNING_MEAN] || found->fields[RUNNING_VAR])
        return MOVING_NORMS;
    if (!weight || weight->shape.rank < 1 || weight->shape.rank > 4)
        return -1;
    if (weight->shape.rank == 1)
        return found->fields[BIAS] ? NORMS : SLOPES;
    return DENSE + weight->shape.rank - 2;
}

/* Puts those of one name together; the first of them is the module. */
static int merge_modules(state_dict *state, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        module *last = state->module_count > 0 ? &state->modules[state->module_count - 1] : NULL;
        if (!last || compare_modules(last, &state->modules[i]) != 0) {
            state->modules[state->module_count++] = state->modules[i];
            continue;
        }
        for (int field = 0; field < FIELDS; field++) {
            const neuron_safetensors_entry *entry = state->modules[i].fields[field];
            if (entry && last->fields[field])
                return neuron_fail(NEURON_E_DATA, ENTRY " is there under two names",
                                   neuron_safetensors_source(state->file), entry->name);
            if (entry)
                last->fields[field] = entry;
        }
    }
    for (size_t i = 0; i < state->module_count; i++)
        state->modules[i].kind = kind_of(&state->modules[i]);
    return NEURON_OK;
}

/* Whether the graph has an array of that name itself, as of a layer that PyTorch does not have. */
static bool is_own(const state_dict *state, const char *rest)
{
    char name[NAME_ROOM];
    snprintf(name, sizeof name, "%s%s", state->to_prefix, rest);
    return neuron_graph_array_place(state->graph, name) >= 0;
}

static int find_modules(state_dict *state)
{
    size_t length = strlen(state->from_prefix), count = 0;
    for (size_t i = 0; i < neuron_safetensors_count(state->file); i++) {
        const neuron_safetensors_entry *entry = neuron_safetensors_at(state->file, i);
        int field;
        if (strncmp(entry->name, state->from_prefix, length) != 0)
            continue;
        module made = split(&field, entry->name + length);
        if (field < FIELDS) {
            made.fields[field] = entry;
            state->modules[count++] = made;
        } else if (field == OTHER && !state->stranger && !is_own(state, entry->name + length)) {
            state->stranger = entry;
        }
    }
    neuron_sort(state->modules, count, sizeof *state->modules, compare_arrays);
    return merge_modules(state, count);
}

/* ---- Which module is which layer ---- */

/* The kind of a node by its arrays; -1 for one without those that PyTorch has. */
static int kind_of_node(const neuron_graph_t *graph, const neuron_node_t *node)
{
    if (node->owner || node->spec.array_count == 0)
        return -1;
    const neuron_graph_array *first = &graph->arrays[node->first_array];
    const neuron_graph_array *last = first + node->spec.array_count - 1;
    if (field_of(first) != WEIGHT)
        return -1;
    if (field_of(last) == RUNNING_VAR)
        return MOVING_NORMS;
    if (first->array->shape.rank > 1)
        return DENSE + first->array->shape.rank - 2;
    return last == first ? SLOPES : NORMS;
}

/* The next node of such a kind whose name begins with the prefix, and what follows that; NULL
 * behind the last. */
static const neuron_node_t *next_layer(const state_dict *state, int64_t *index, int *kind,
                                       const char **name)
{
    size_t length = strlen(state->to_prefix);
    while (*index < state->graph->node_count) {
        const neuron_node_t *node = state->graph->nodes[(*index)++];
        *kind = kind_of_node(state->graph, node);
        *name = node->name + length;
        if (*kind >= 0 && strncmp(node->name, state->to_prefix, length) == 0)
            return node;
    }
    return NULL;
}

/* All that the module has must be of the layer. */
static int give(state_dict *state, const neuron_node_t *node, module *found)
{
    bool has[FIELDS] = {false};
    for (int64_t i = node->first_array; i < node->first_array + node->spec.array_count; i++) {
        int field = field_of(&state->graph->arrays[i]);
        state->by_array[i] = found;
        if (field < FIELDS)
            has[field] = true;
    }
    for (int field = 0; field < FIELDS; field++)
        if (found->fields[field] && !has[field])
            return neuron_fail(NEURON_E_DATA, ENTRY ": %s has no such array",
                               neuron_safetensors_source(state->file), found->fields[field]->name,
                               node->name);
    found->taken = true;
    return NEURON_OK;
}

static module *find_module(const state_dict *state, const char *name)
{
    const module key = {.name = name, .size = strlen(name)};
    return state->module_count == 0
               ? NULL
               : bsearch(&key, state->modules, state->module_count, sizeof key, compare_modules);
}

/* The first array of the file that belongs to no layer; NULL for none. */
static const neuron_safetensors_entry *find_left(const state_dict *state)
{
    const neuron_safetensors_entry *left = state->stranger;
    for (size_t i = 0; !left && i < state->module_count; i++)
        for (int field = 0; !left && !state->modules[i].taken && field < FIELDS; field++)
            left = state->modules[i].fields[field];
    return left;
}

/* Those that have the names of layers here. One side may have more than the other, but not both,
 * which nobody may have meant. */
static int match_names(bool *any, state_dict *state)
{
    const char *name;
    int kind;
    int64_t index = 0;
    const neuron_node_t *missing = NULL;
    *any = false;
    for (const neuron_node_t *node; (node = next_layer(state, &index, &kind, &name));) {
        module *found = find_module(state, name);
        if (found)
            RETURN_IF_ERROR(give(state, node, found));
        else if (!missing)
            missing = node;
        *any |= found != NULL;
    }
    const neuron_safetensors_entry *left = *any && missing ? find_left(state) : NULL;
    return left ? neuron_fail(NEURON_E_DATA,
                              "%s: has no arrays for %s, and \"" NEURON_JSON_NAME
                              "\" is the name of no layer; prefixes choose a part",
                              neuron_safetensors_source(state->file), missing->name, left->name)
                : NEURON_OK;
}

/* The first module of a kind is the first layer of it, and so on, until none is left of both. */
static int match_order(state_dict *state)
{
    size_t next[KINDS] = {0};
    const char *name;
    int kind;
    int64_t index = 0;
    for (const neuron_node_t *node; (node = next_layer(state, &index, &kind, &name));) {
        size_t *at = &next[kind];
        while (*at < state->module_count && state->modules[*at].kind != kind)
            ++*at;
        if (*at == state->module_count)
            return neuron_fail(NEURON_E_DATA,
                               "%s: has no arrays for %s: layers of %s are taken in order, each "
                               "kind by itself",
                               neuron_safetensors_source(state->file), node->name,
                               state->graph->name);
        RETURN_IF_ERROR(give(state, node, &state->modules[(*at)++]));
    }
    const neuron_safetensors_entry *left = find_left(state);
    return left
               ? neuron_fail(NEURON_E_DATA,
                             ENTRY " belongs to no layer of %s: layers are taken in order, each "
                                   "kind by itself",
                             neuron_safetensors_source(state->file), left->name, state->graph->name)
               : NEURON_OK;
}

/* ---- Places of numbers ---- */

/* What an array is in PyTorch: its shape, and how far apart numbers lie there that are neighbours
 * along an axis here. */
typedef struct layout {
    neuron_shape shape;
    int64_t steps[NEURON_RANK_MAX];
} layout;

/* Windows come last there, and before them the inputs, then the outputs. Depthwise, each channel
 * has its own outputs, and inputs count for one. */
static layout layout_of(const neuron_graph_array *array)
{
    layout made = {.shape = array->array->shape};
    const int64_t *ours = array->array->shape.extent;
    int32_t axis = made.shape.rank, in = axis - 2, out = axis - 1;
    int64_t step = 1;
    bool turned = axis > 1 && field_of(array) == WEIGHT;
    if (turned)
        axis -= 2;
    while (axis-- > 0) {
        made.steps[axis] = step;
        made.shape.extent[axis + (turned ? 2 : 0)] = ours[axis];
        step *= ours[axis];
    }
    if (!turned)
        return made;
    bool depthwise = strcmp(array->node->spec.layer->name, "depthwise_conv2d") == 0;
    made.shape.extent[0] = depthwise ? ours[in] * ours[out] : ours[out];
    made.shape.extent[1] = depthwise ? 1 : ours[in];
    made.steps[in] = depthwise ? step * ours[out] : step;
    made.steps[out] = depthwise ? step : step * ours[in];
    return made;
}

static bool is_called(const neuron_node_t *node, const char *layer)
{
    return strcmp(node->spec.layer->name, layer) == 0;
}

/* Whether output i of a layer of vectors is made of its input i. */
static bool passes(const neuron_node_t *node)
{
    return node->spec.input_count > 0 && node->spec.output.rank == 1 && !is_called(node, "dense") &&
           !(node->spec.layer->flags & NEURON_LAYER_CUSTOM) &&
           neuron_shape_equal(&node->spec.output, &node->spec.inputs[0]);
}

/* Whether PyTorch would have the channels of a value before its places: of images; of sequences
 * where a convolution or a pooling has made them. */
static bool has_channels(const neuron_node_t *node)
{
    if (node->spec.output.rank != 2)
        return node->spec.output.rank > 2;
    while (node->spec.input_count > 0 && node->spec.output.rank == 2) {
        if (strstr(node->spec.layer->name, "1d"))
            return true;
        node = node->inputs[0];
    }
    return false;
}

/* Finds the vectors that are images, or will be: a flattened one, and the output of a dense layer
 * that is given the shape of one. */
static void find_folded(const state_dict *state)
{
    const neuron_graph_t *graph = state->graph;
    for (int64_t i = 0; i < graph->node_count; i++) {
        const neuron_node_t *node = graph->nodes[i];
        if (!(node->spec.layer->flags & NEURON_LAYER_VIEW) || node->spec.input_count != 1)
            continue;
        const neuron_node_t *from = node->inputs[0];
        if (node->spec.output.rank == 1 && has_channels(from))
            state->folded[i] = &node->spec.inputs[0];
        while (passes(from))
            from = from->inputs[0];
        if (node->spec.inputs[0].rank == 1 && node->spec.output.rank > 2 &&
            is_called(from, "dense"))
            state->folded[from->index] = &node->spec.output;
    }
}

/* Which of PyTorch's a number of a vector is. */
static int64_t their_place(const state_dict *state, const neuron_node_t *node, int64_t i)
{
    int64_t before = 0;
    for (;;) {
        const neuron_shape *folded = state->folded[node->index];
        if (folded) {
            int64_t channels = folded->extent[folded->rank - 1];
            return before + i % channels * (neuron_shape_count(folded) / channels) + i / channels;
        }
        int64_t part = 0;
        bool joins = is_called(node, "concat") && node->spec.output.rank == 1;
        if (!joins && !passes(node))
            return before + i;
        for (; joins && i >= node->spec.inputs[part].extent[0]; part++) {
            i -= node->spec.inputs[part].extent[0];
            before += node->spec.inputs[part].extent[0];
        }
        node = node->inputs[part];
    }
}

/* Where a row of an array here begins there. */
static int64_t place_of_row(const state_dict *state, const neuron_graph_array *array,
                            const layout *theirs, int64_t row, bool dense)
{
    int64_t place = 0;
    for (int32_t axis = array->array->shape.rank - 2; axis >= 0; axis--) {
        int64_t extent = array->array->shape.extent[axis], at = row % extent;
        row /= extent;
        place +=
            (dense ? their_place(state, array->node->inputs[0], at) : at) * theirs->steps[axis];
    }
    return place;
}

/* Columns at a time: as many numbers as a cache line has. What is near here is far apart there, so
 * that whole rows would fetch each line many times. */
enum { COLUMNS = 16 };

/* Copies an array to or from PyTorch's order. */
static void exchange(const state_dict *state, const neuron_graph_array *array, const layout *theirs,
                     float *ours, float *numbers, bool to_ours)
{
    const neuron_node_t *node = array->node;
    int32_t last = array->array->shape.rank - 1;
    bool known = field_of(array) != OTHER, vector = known && node->spec.output.rank == 1;
    int64_t columns = last < 0 ? 1 : array->array->shape.extent[last];
    int64_t step = last < 0 ? 0 : theirs->steps[last];
    for (int64_t j = 0; j < columns; j++)
        state->columns[j] = (vector ? their_place(state, node, j) : j) * step;
    for (int64_t first = 0; first < columns; first += COLUMNS) {
        int64_t end = neuron_min_count(first + COLUMNS, columns);
        for (int64_t row = 0; row < array->count / columns; row++) {
            float *here = ours + row * columns;
            float *there = numbers + place_of_row(state, array, theirs, row, known && last == 1);
            for (int64_t j = first; j < end; j++)
                if (to_ours)
                    here[j] = there[state->columns[j]];
                else
                    there[state->columns[j]] = here[j];
        }
    }
}

/* ---- Loading ---- */

/* One slope for all channels does for each. */
static bool is_one_slope(const neuron_graph_array *array, const neuron_safetensors_entry *entry)
{
    return strcmp(array->array->name, "alpha") == 0 && neuron_shape_count(&entry->shape) == 1;
}

static bool is_float(const char *dtype)
{
    return strcmp(dtype, "BF16") == 0 || (dtype[0] == 'F' && dtype[1] != '8');
}

/* The array of a file that is one of the graph's; NULL for none. */
static const neuron_safetensors_entry *entry_of(const state_dict *state, const char *name,
                                                const neuron_graph_array *to)
{
    const module *found = state->by_array[to - state->graph->arrays];
    int field = field_of(to);
    if (field == OTHER)
        return neuron_safetensors_find(state->file, name);
    return found ? found->fields[field] : NULL;
}

/* A normalisation may be without what it multiplies by and adds. */
static int check_missing(const state_dict *state, const neuron_graph_array *to)
{
    const module *found = state->by_array[to - state->graph->arrays];
    const char *array = to->array->name;
    if (!found || strcmp(array, "gamma") == 0 || strcmp(array, "beta") == 0)
        return found ? 1 : 0;
    return neuron_fail(NEURON_E_DATA, "%s: \"%.*s\" has no %s, but %s is there",
                       neuron_safetensors_source(state->file), (int)found->size, found->name,
                       field_names[field_of(to)], to->name);
}

static int check_array(const void *owner, const char *name, const neuron_graph_array *to)
{
    const state_dict *state = owner;
    const char *source = neuron_safetensors_source(state->file);
    const neuron_safetensors_entry *entry = entry_of(state, name, to);
    char text[3][NEURON_SHAPE_TEXT];
    if (!entry)
        return check_missing(state, to);
    if (to->array->bytes)
        return neuron_fail(NEURON_E_TYPE, "%s: %s is quantised", source, to->name);
    if (!is_float(entry->dtype))
        return neuron_fail(NEURON_E_FORMAT, ENTRY " is of %s, not of F32, F16, BF16 or F64", source,
                           entry->name, entry->dtype);
    RETURN_IF_ERROR(neuron_safetensors_need_floats(&entry, state->file, entry->name, NULL));
    const layout theirs = layout_of(to);
    if (!is_one_slope(to, entry) && !neuron_shape_equal(&entry->shape, &theirs.shape))
        return neuron_fail(NEURON_E_SHAPE, ENTRY " is %s, but %s is %s, which is %s in PyTorch",
                           source, entry->name, neuron_shape_text(&entry->shape, text[0]), to->name,
                           neuron_shape_text(&to->array->shape, text[1]),
                           neuron_shape_text(&theirs.shape, text[2]));
    return 1;
}

static void copy_array(const void *owner, const char *name, const neuron_graph_array *to,
                       float *values)
{
    state_dict *state = (state_dict *)(uintptr_t)owner;
    const neuron_safetensors_entry *entry = entry_of(state, name, to);
    layout theirs = layout_of(to);
    if (entry) {
        neuron_convert(&state->conversions, entry, false, state->numbers);
        if (is_one_slope(to, entry))
            theirs.steps[0] = 0;
        exchange(state, to, &theirs, values, state->numbers, true);
    } else if (state->by_array[to - state->graph->arrays]) {
        for (int64_t i = 0; i < to->count; i++)
            values[i] = field_of(to) == WEIGHT;
    }
}

/* Room for what places are found by, and for so many numbers. */
static int make_room(state_dict *state, int64_t numbers)
{
    const neuron_graph_t *graph = state->graph;
    int64_t longest = 1, largest = 1;
    for (int64_t i = 0; i < graph->array_count; i++) {
        const neuron_graph_array *array = &graph->arrays[i];
        const neuron_shape *shape = &array->array->shape;
        int64_t row = shape->rank > 0 ? shape->extent[shape->rank - 1] : 1;
        longest = row > longest ? row : longest;
        largest = array->count > largest ? array->count : largest;
    }
    state->folded =
        neuron_allocate_zero(graph->context, neuron_size(graph->node_count), sizeof *state->folded);
    state->columns = neuron_allocate(graph->context, neuron_size(longest), sizeof *state->columns);
    state->numbers = neuron_allocate(graph->context, neuron_size(numbers > 0 ? numbers : largest),
                                     sizeof *state->numbers);
    if (!state->folded || !state->columns || !state->numbers)
        return NEURON_E_MEMORY;
    find_folded(state);
    return NEURON_OK;
}

static void end(state_dict *state)
{
    neuron_context_t *context = state->graph->context;
    neuron_release(context, state->modules);
    neuron_release(context, (void *)state->by_array);
    neuron_release(context, (void *)state->folded);
    neuron_release(context, state->columns);
    neuron_release(context, state->numbers);
}

static int match(state_dict *state)
{
    neuron_context_t *context = state->graph->context;
    bool by_name;
    state->modules = neuron_allocate_zero(context, neuron_safetensors_count(state->file),
                                          sizeof *state->modules);
    state->by_array = neuron_allocate_zero(context, neuron_size(state->graph->array_count),
                                           sizeof *state->by_array);
    if (!state->modules || !state->by_array)
        return NEURON_E_MEMORY;
    RETURN_IF_ERROR(find_modules(state));
    RETURN_IF_ERROR(match_names(&by_name, state));
    return by_name ? NEURON_OK : match_order(state);
}

static int load_and_close(int64_t *loaded, neuron_graph_t *graph, neuron_safetensors *file,
                          const char *to_prefix, const char *from_prefix)
{
    const char *name = neuron_safetensors_source(file);
    state_dict state = {.graph = graph,
                        .file = file,
                        .to_prefix = to_prefix ? to_prefix : "",
                        .from_prefix = from_prefix ? from_prefix : ""};
    const neuron_array_source source = {name, &state, check_array, copy_array};
    int status = match(&state);
    if (status == NEURON_OK)
        status = make_room(&state, 0);
    if (status == NEURON_OK)
        status = neuron_graph_take_arrays(loaded, graph, &source, state.to_prefix,
                                          state.from_prefix, "load_state_dict");
    if (status == NEURON_OK)
        neuron_conversions_log(&state.conversions, graph->context, name);
    end(&state);
    neuron_safetensors_close(file);
    return status;
}

int neuron_graph_load_state_dict(int64_t *loaded, neuron_graph_t *graph, const char *path,
                                 const char *to_prefix, const char *from_prefix)
{
    FLOAT_SCOPE;
    neuron_safetensors *file;
    RETURN_IF_ERROR(neuron_graph_check_finished(graph, __func__));
    CHECK_ARGUMENT(path);
    RETURN_IF_ERROR(neuron_safetensors_open(&file, graph->context, path));
    return load_and_close(loaded, graph, file, to_prefix, from_prefix);
}

int neuron_graph_load_state_dict_memory(int64_t *loaded, neuron_graph_t *graph, const void *bytes,
                                        size_t size, const char *to_prefix, const char *from_prefix)
{
    FLOAT_SCOPE;
    neuron_safetensors *file;
    RETURN_IF_ERROR(neuron_graph_check_finished(graph, __func__));
    CHECK_ARGUMENT(bytes);
    RETURN_IF_ERROR(neuron_safetensors_parse(&file, graph->context, bytes, size, "memory"));
    return load_and_close(loaded, graph, file, to_prefix, from_prefix);
}

/* ---- Saving ---- */

/* What an array of a layer is called there. */
static void write_name(char name[NAME_ROOM], const neuron_graph_array *array, int field)
{
    if (field == OTHER) {
        snprintf(name, NAME_ROOM, "%s", array->name);
        return;
    }
    snprintf(name, NAME_ROOM, "%s.%s", array->node->name, field_names[field]);
    for (char *c = name; *c; c++)
        *c = plain(*c);
}

static const int64_t no_batches;

/* Modules of PyTorch that have moving statistics count the batches as well. */
static int add_counts(neuron_safetensors_writer *writer, const neuron_graph_t *graph)
{
    char name[NAME_ROOM];
    const neuron_shape scalar = {.rank = 0};
    for (int64_t i = 0; i < graph->array_count; i++) {
        if (field_of(&graph->arrays[i]) != RUNNING_MEAN)
            continue;
        write_name(name, &graph->arrays[i], TRACKED);
        RETURN_IF_ERROR(
            neuron_safetensors_add(writer, name, NEURON_TYPE_I64, &scalar, &no_batches));
    }
    return NEURON_OK;
}

static int add_arrays(neuron_safetensors_writer *writer, const state_dict *state)
{
    char name[NAME_ROOM];
    const neuron_graph_t *graph = state->graph;
    float *numbers = state->numbers;
    RETURN_IF_ERROR(neuron_safetensors_add_text(writer, "format", "pt"));
    RETURN_IF_ERROR(add_counts(writer, graph));
    for (int64_t i = 0; i < graph->array_count; i++) {
        const neuron_graph_array *array = &graph->arrays[i];
        const layout theirs = layout_of(array);
        if (array->array->bytes)
            return neuron_fail(NEURON_E_UNSUPPORTED, "%s: %s is quantised, which no state dict is",
                               graph->name, array->name);
        exchange(state, array, &theirs, graph->values + array->offset, numbers, false);
        write_name(name, array, field_of(array));
        RETURN_IF_ERROR(
            neuron_safetensors_add(writer, name, NEURON_TYPE_F32, &theirs.shape, numbers));
        numbers += array->count;
    }
    return NEURON_OK;
}

/* A file whose numbers are those of the state, which must stay meanwhile. */
static int begin(neuron_safetensors_writer **writer, state_dict *state)
{
    RETURN_IF_ERROR(make_room(state, state->graph->value_count));
    RETURN_IF_ERROR(neuron_safetensors_writer_create(writer, state->graph->context));
    return add_arrays(*writer, state);
}

int neuron_graph_save_state_dict(const neuron_graph_t *graph, const char *path)
{
    FLOAT_SCOPE;
    neuron_safetensors_writer *writer = NULL;
    state_dict state = {.graph = graph};
    RETURN_IF_ERROR(neuron_graph_check_finished(graph, __func__));
    CHECK_ARGUMENT(path);
    int status = begin(&writer, &state);
    if (status == NEURON_OK)
        status = neuron_safetensors_save(writer, path);
    neuron_safetensors_writer_destroy(writer);
    end(&state);
    return status;
}

int neuron_graph_save_state_dict_memory(void *bytes, size_t capacity, size_t *needed,
                                        const neuron_graph_t *graph)
{
    FLOAT_SCOPE;
    neuron_safetensors_writer *writer = NULL;
    state_dict state = {.graph = graph};
    RETURN_IF_ERROR(neuron_graph_check_finished(graph, __func__));
    CHECK_ROOM(bytes, capacity);
    int status = begin(&writer, &state);
    if (status == NEURON_OK)
        status = neuron_safetensors_copy(writer, bytes, capacity, needed, __func__);
    neuron_safetensors_writer_destroy(writer);
    end(&state);
    return status;
}
