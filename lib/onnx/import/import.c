/* Importing models: the public calls, and the model as a whole. */
#include <libneuron-onnx/onnx.h>

#include "base/float-mode.h"
#include "base/options/options.h"
#include "base/text/utf8.h"
#include "onnx/import/constant.h"
#include "onnx/import/file.h"
#include "onnx/import/meaning.h"
#include "onnx/import/operators/operators.h"
#include "onnx/import/options.h"

#include <stdio.h>
#include <string.h>

/* What this was written for. Later sets may have changed what an operator means. */
enum { VERSION_LEAST = 1, VERSION_KNOWN = 26 };

/* Numbers that a model may have of what it says by few bytes: see neuron_onnx_afford(). */
enum { NUMBERS_FOR_EACH = 4, NUMBERS_FOR_NONE = 1 << 20 };

/* ---- Options ---- */

static const neuron_word layouts[] = {
    {NEURON_ONNX_IMPORT_NHWC, "nhwc"}, {NEURON_ONNX_IMPORT_FILE, "file"}, {0, ""}};
static const neuron_word batches[] = {
    {NEURON_ONNX_IMPORT_FIRST, "first"}, {NEURON_ONNX_IMPORT_NONE, "none"}, {0, ""}};
static const neuron_option rows[] = {
    NEURON_CHOICE(NEURON_ONNX_IMPORT_LAYOUT, "layout", layouts, NEURON_ONNX_IMPORT_NHWC,
                  "the order of axes of images that go in and come out"),
    NEURON_CHOICE(NEURON_ONNX_IMPORT_BATCH, "batch", batches, NEURON_ONNX_IMPORT_FIRST,
                  "the axis of inputs along which examples lie"),
    NEURON_TEXT(NEURON_ONNX_IMPORT_OUTPUTS, "outputs",
                "names of the outputs that are wanted, with commas between")};
static const neuron_option_table table = NEURON_OPTION_TABLE(rows);

/* ---- What the model has by name ---- */

typedef Neuron__Onnx__Value value_info;

/* An output of the model, and what it is read from. */
typedef struct wanted_output {
    neuron_onnx_item *item;
    const neuron_onnx_operator *zip; /* which gives its classes names; NULL for none */
    neuron_node_t *node;
} wanted_output;

typedef struct importer {
    neuron_onnx_reader reader;
    Neuron__Onnx__Model *model;
    neuron_options options;
    bool *needed;         /* of each operator: an output depends on it */
    size_t *stack, depth; /* of operators whose inputs are still to be looked at */
    wanted_output *outputs;
    size_t output_count;
} importer;

static int index_initializers(importer *in)
{
    const Neuron__Onnx__Graph *graph = in->model->graph;
    neuron_onnx_item *item;
    for (size_t i = 0; i < graph->n_initializer; i++) {
        const Neuron__Onnx__Tensor *tensor = graph->initializer[i];
        if (!tensor->name || !tensor->name[0])
            return neuron_onnx_refuse(&in->reader, NULL, NEURON_E_FORMAT,
                                      "initializer %zu has no name", i);
        RETURN_IF_ERROR(neuron_onnx_add_item(&item, &in->reader, NULL, tensor->name));
        item->tensor = tensor;
    }
    return NEURON_OK;
}

static int index_operators(importer *in)
{
    const Neuron__Onnx__Graph *graph = in->model->graph;
    neuron_onnx_item *item;
    for (size_t i = 0; i < graph->n_node; i++) {
        const neuron_onnx_operator *from = graph->node[i];
        if (!from->op_type)
            return neuron_onnx_refuse(&in->reader, NULL, NEURON_E_FORMAT,
                                      "node %zu is of no operator", i);
        for (size_t k = 0; k < from->n_output; k++) {
            if (!from->output[k][0])
                continue;
            RETURN_IF_ERROR(neuron_onnx_add_item(&item, &in->reader, from, from->output[k]));
            item->maker_index = i;
        }
    }
    return NEURON_OK;
}

/* Older files have initializers among the inputs. */
static int index_inputs(importer *in)
{
    const Neuron__Onnx__Graph *graph = in->model->graph;
    neuron_onnx_item *item;
    for (size_t i = 0; i < graph->n_input; i++) {
        const char *name = graph->input[i]->name;
        if (!name || !name[0])
            return neuron_onnx_refuse(&in->reader, NULL, NEURON_E_FORMAT, "input %zu has no name",
                                      i);
        item = neuron_onnx_find(&in->reader, name);
        if (!item || !item->tensor)
            RETURN_IF_ERROR(neuron_onnx_add_item(&item, &in->reader, NULL, name));
    }
    return NEURON_OK;
}

/* ---- What is needed ---- */

/* The type of a tensor; -1 for what is none, 0 if it is not told. */
static int32_t type_of(const value_info *value)
{
    const Neuron__Onnx__Type *type = value->type;
    if (!type || type->value_case == NEURON__ONNX__TYPE__VALUE__NOT_SET)
        return 0;
    if (type->value_case != NEURON__ONNX__TYPE__VALUE_TENSOR_TYPE)
        return -1;
    return type->tensor_type->elem_type;
}

static bool is_zip_map(const neuron_onnx_operator *from)
{
    return from && from->n_input > 0 && from->domain && strcmp(from->domain, "ai.onnx.ml") == 0 &&
           strcmp(from->op_type, "ZipMap") == 0;
}

/* Adds an output; one that is no floats, such as labels, is left out with a line in the log, unless
 * it is named. */
static int add_output(importer *in, const char *name, int32_t type, bool named)
{
    neuron_onnx_item *item = neuron_onnx_find(&in->reader, name);
    wanted_output output = {.zip = NULL};
    if (!item)
        return neuron_onnx_refuse(&in->reader, NULL, NEURON_E_FORMAT,
                                  "nothing makes the output \"%.127s\"", name);
    if (is_zip_map(item->maker)) {
        output.zip = item->maker;
        item = neuron_onnx_find(&in->reader, item->maker->input[0]);
        type = 0;
    }
    if (!item || (type != 0 && !neuron_onnx_is_real(type))) {
        if (named)
            return neuron_onnx_refuse(&in->reader, NULL, NEURON_E_UNSUPPORTED,
                                      "the output \"%.127s\" is no tensor of floats", name);
        neuron_log(in->reader.context, NEURON_LOG_INFO, "model",
                   "%s: the output \"%.127s\" is left out, as it is no tensor of floats",
                   in->reader.source, name);
        return NEURON_OK;
    }
    output.item = item;
    item->is_output = true;
    in->outputs[in->output_count++] = output;
    return NEURON_OK;
}

/* The outputs of the option, which may be any value of the model. */
static int add_named(importer *in, const char *list, size_t size)
{
    const Neuron__Onnx__Graph *graph = in->model->graph;
    for (size_t i = 0, end; i < size; i = end + 1) {
        for (end = i; end < size && list[end] != ',';)
            end++;
        size_t first = i, last = end;
        while (first < last && list[first] == ' ')
            first++;
        while (last > first && list[last - 1] == ' ')
            last--;
        char *name = neuron_onnx_memory_get(&in->reader.memory, last - first + 1, 1);
        int32_t type = 0;
        if (!name)
            return NEURON_E_MEMORY;
        memcpy(name, list + first, last - first);
        for (size_t k = 0; k < graph->n_output; k++)
            if (graph->output[k]->name && strcmp(graph->output[k]->name, name) == 0)
                type = type_of(graph->output[k]);
        RETURN_IF_ERROR(add_output(in, name, type, true));
    }
    return NEURON_OK;
}

/* A text as an option has it: in quotes, each quote doubled, or as it is. Returns its size. */
static size_t unquote(char *to, const char *text, size_t size)
{
    size_t count = 0;
    bool quoted = size > 1 && text[0] == '"' && text[size - 1] == '"';
    for (size_t i = quoted; i < size - quoted; i++) {
        to[count++] = text[i];
        if (quoted && text[i] == '"' && text[i + 1] == '"')
            i++;
    }
    return count;
}

static int find_outputs(importer *in)
{
    const Neuron__Onnx__Graph *graph = in->model->graph;
    size_t size = 0, count = graph->n_output;
    const char *given = neuron_options_given_text(&in->options, NEURON_ONNX_IMPORT_OUTPUTS, &size);
    char *list = given ? neuron_onnx_memory_get(&in->reader.memory, size + 1, 1) : NULL;
    if (given && !list)
        return NEURON_E_MEMORY;
    size = given ? unquote(list, given, size) : 0;
    for (size_t i = 0; list && i < size; i++)
        count += list[i] == ',';
    in->outputs = neuron_onnx_memory_get(&in->reader.memory, count + 1, sizeof *in->outputs);
    if (!in->outputs)
        return NEURON_E_MEMORY;
    if (list)
        RETURN_IF_ERROR(add_named(in, list, size));
    for (size_t i = 0; !list && i < graph->n_output; i++) {
        const value_info *value = graph->output[i];
        RETURN_IF_ERROR(add_output(in, value->name ? value->name : "", type_of(value), false));
    }
    if (in->output_count > 0)
        return NEURON_OK;
    return neuron_onnx_refuse(&in->reader, NULL, NEURON_E_UNSUPPORTED,
                              graph->n_output > 0 ? "has no output of floats" : "has no outputs");
}

static void need(importer *in, neuron_onnx_item *item, const neuron_onnx_operator *user)
{
    item->needed = true;
    item->uses++;
    item->user = user;
    if (!item->maker || in->needed[item->maker_index])
        return;
    in->needed[item->maker_index] = true;
    in->stack[in->depth++] = item->maker_index;
}

/* Marks all operators that outputs depend on. */
static int find_needed(importer *in)
{
    const Neuron__Onnx__Graph *graph = in->model->graph;
    int64_t count = (int64_t)graph->n_node + 1;
    in->needed = neuron_onnx_reader_get(&in->reader, count, sizeof *in->needed);
    in->stack = neuron_onnx_reader_get(&in->reader, count, sizeof *in->stack);
    if (!in->needed || !in->stack)
        return NEURON_E_MEMORY;
    for (size_t i = 0; i < in->output_count; i++)
        need(in, in->outputs[i].item, NULL);
    while (in->depth > 0) {
        const neuron_onnx_operator *from = graph->node[in->stack[--in->depth]];
        for (size_t i = 0; i < from->n_input; i++) {
            neuron_onnx_item *item = neuron_onnx_find(&in->reader, from->input[i]);
            if (item)
                need(in, item, from);
            else if (from->input[i][0])
                return neuron_onnx_refuse(&in->reader, from, NEURON_E_FORMAT,
                                          "reads \"%.127s\", which nothing makes", from->input[i]);
        }
    }
    return NEURON_OK;
}

/* ---- Inputs ---- */

typedef enum order { IMAGES, KEPT, DECIDES } order;

/* What an operator says of an input's axes: that they are those of images, nothing yet, or that
 * they are as they are. */
static order order_of(const neuron_onnx_operator *from)
{
    static const char images[] =
        "AveragePool BatchNormalization Conv ConvInteger ConvTranspose GlobalAveragePool "
        "GlobalMaxPool MaxPool QLinearAveragePool QLinearConv QLinearGlobalAveragePool Resize "
        "Upsample";
    static const char kept[] =
        "Add Cast CastLike Celu Clip Concat DequantizeLinear Div Dropout DynamicQuantizeLinear "
        "Elu Exp Gelu HardSigmoid HardSwish Identity LeakyRelu Log Max Mean Min Mish Mul Neg "
        "PRelu Pad Pow QuantizeLinear Relu Selu Sigmoid Softplus Softsign Sub Sum Swish Tanh";
    return neuron_onnx_is_one_of(from, images) ? IMAGES
           : neuron_onnx_is_one_of(from, kept) ? KEPT
                                               : DECIDES;
}

/* Looks for each input which operator is the first to say something of its axes. */
static void find_images(importer *in)
{
    const Neuron__Onnx__Graph *graph = in->model->graph;
    for (size_t i = 0; i < graph->n_input; i++) {
        neuron_onnx_item *item = neuron_onnx_find(&in->reader, graph->input[i]->name);
        if (!item->tensor)
            item->input = item;
    }
    for (size_t i = 0; i < graph->n_node; i++) {
        const neuron_onnx_operator *from = graph->node[i];
        order says = order_of(from);
        for (size_t k = 0; in->needed[i] && k < from->n_input; k++) {
            const neuron_onnx_item *item = neuron_onnx_find(&in->reader, from->input[k]);
            neuron_onnx_item *input = item ? item->input : NULL;
            if (!input || input->decided)
                continue;
            if (says == KEPT) {
                for (size_t o = 0; o < from->n_output; o++) {
                    neuron_onnx_item *made = neuron_onnx_find(&in->reader, from->output[o]);
                    if (made && !made->input)
                        made->input = input;
                }
                continue;
            }
            input->decided = true;
            input->images = says == IMAGES && k == 0;
        }
    }
}

/* Values of other types become floats at once, or nothing is known of them here. */
static bool is_cast_first(const neuron_onnx_item *item)
{
    return item->uses == 1 && item->user &&
           (strcmp(item->user->op_type, "Cast") == 0 ||
            strcmp(item->user->op_type, "DequantizeLinear") == 0);
}

static int read_extents(importer *in, const value_info *value, const neuron_onnx_item *item,
                        int64_t extents[NEURON_RANK_MAX], int32_t *rank)
{
    const neuron_onnx_reader *reader = &in->reader;
    int32_t type = type_of(value);
    bool numbers = type > 0 && type != NEURON__ONNX__TENSOR__DATA_TYPE__STRING;
    if (!numbers || (!neuron_onnx_is_real(type) && !is_cast_first(item)))
        return neuron_onnx_refuse(reader, NULL, NEURON_E_UNSUPPORTED,
                                  "the input \"%.127s\" is no tensor of floats", value->name);
    const Neuron__Onnx__Shape *shape = value->type->tensor_type->shape;
    size_t least = reader->no_batch ? 0 : 1;
    if (!shape || shape->n_dim < least || shape->n_dim > NEURON_RANK_MAX)
        return neuron_onnx_refuse(reader, NULL, NEURON_E_UNSUPPORTED,
                                  shape ? "the input \"%.127s\" has %zu axes; there must be %zu to "
                                          "%d"
                                        : "the input \"%.127s\" has no shape",
                                  value->name, shape ? shape->n_dim : 0, least, NEURON_RANK_MAX);
    *rank = (int32_t)shape->n_dim;
    for (int32_t axis = 0; axis < *rank; axis++) {
        const Neuron__Onnx__Shape__Extent *dim = shape->dim[axis];
        bool fixed = dim->value_case == NEURON__ONNX__SHAPE__EXTENT__VALUE_DIM_VALUE;
        bool named = dim->value_case == NEURON__ONNX__SHAPE__EXTENT__VALUE_DIM_PARAM;
        extents[axis] = fixed ? dim->dim_value : 0;
        if (axis == 0 && !reader->no_batch) {
            in->reader.fixed_batch = extents[axis];
            extents[axis] = 1;
        } else if (extents[axis] < 1) {
            return neuron_onnx_refuse(reader, NULL, NEURON_E_UNSUPPORTED,
                                      "axis %" PRId32 " of the input \"%.127s\", \"%.63s\", is not "
                                      "fixed; only the first may be",
                                      axis, value->name, named ? dim->dim_param : "?");
        }
    }
    return NEURON_OK;
}

static int add_input(importer *in, const value_info *value)
{
    neuron_onnx_reader *reader = &in->reader;
    neuron_onnx_item *item = neuron_onnx_find(reader, value->name);
    int64_t extents[NEURON_RANK_MAX] = {0}, here[NEURON_RANK_MAX] = {1};
    int32_t rank = 0, count = 0;
    if (item->tensor || !item->needed)
        return NEURON_OK;
    RETURN_IF_ERROR(read_extents(in, value, item, extents, &rank));
    item->layout = neuron_onnx_layout_plain(extents, rank, reader->no_batch ? -1 : 0);
    bool images = item->images && !reader->files_order && rank > 2;
    for (int32_t axis = 0; axis < rank; axis++)
        if (axis != item->layout.batch && !(images && axis == 1))
            here[count++] = extents[axis];
    if (images) {
        here[count++] = extents[1];
        neuron_onnx_layout_put_last(&item->layout, 1);
    }
    item->node = neuron_input(reader->graph, here, count > 0 ? count : 1);
    if (!item->node || neuron_onnx_name(reader, item->node, value->name) < 0)
        return neuron_fail(reader->graph->status, "%s: %s", reader->source, neuron_error_last());
    item->made = true;
    return NEURON_OK;
}

static int add_inputs(importer *in)
{
    const Neuron__Onnx__Graph *graph = in->model->graph;
    find_images(in);
    for (size_t i = 0; i < graph->n_input; i++)
        RETURN_IF_ERROR(add_input(in, graph->input[i]));
    return NEURON_OK;
}

/* ---- Operators ---- */

static int add_constants(importer *in)
{
    neuron_onnx_reader *reader = &in->reader;
    const Neuron__Onnx__Graph *graph = in->model->graph;
    for (size_t i = 0; i < graph->n_initializer; i++) {
        const Neuron__Onnx__Tensor *tensor = graph->initializer[i];
        neuron_onnx_item *item = neuron_onnx_find(reader, tensor->name);
        if (!item->needed)
            continue;
        neuron_onnx_constant *constant = neuron_onnx_reader_get(reader, 1, sizeof *constant);
        if (!constant)
            return NEURON_E_MEMORY;
        RETURN_IF_ERROR(
            neuron_onnx_constant_of_tensor(constant, reader, NULL, tensor, tensor->name));
        item->constant = constant;
        item->made = true;
    }
    return NEURON_OK;
}

static int add_operator(importer *in, const neuron_onnx_operator *from)
{
    const neuron_onnx_item *first =
        from->n_output > 0 ? neuron_onnx_find(&in->reader, from->output[0]) : NULL;
    if (first && first->made) /* with the one before it */
        return NEURON_OK;
    for (size_t i = 0; i < from->n_input; i++)
        if (from->input[i][0] && !neuron_onnx_in(&in->reader, from, i))
            return neuron_onnx_refuse(&in->reader, from, NEURON_E_FORMAT,
                                      "reads \"%.127s\", which is not made before it",
                                      from->input[i]);
    return neuron_onnx_import_operator(&in->reader, from);
}

static int add_operators(importer *in)
{
    const Neuron__Onnx__Graph *graph = in->model->graph;
    for (size_t i = 0; i < graph->n_node; i++)
        if (in->needed[i])
            RETURN_IF_ERROR(add_operator(in, graph->node[i]));
    return NEURON_OK;
}

/* ---- Outputs ---- */

/* What messages about an output begin with, and what layers are named by that only put it in
 * order. */
static neuron_onnx_operator output_operator(const neuron_onnx_item *item, char **name)
{
    neuron_onnx_operator from = NEURON__ONNX__OPERATOR__INIT;
    *name = (char *)(uintptr_t)item->name;
    from.name = from.op_type = *name;
    from.n_output = 1;
    from.output = name;
    return from;
}

/* Whether images lie with their channels last. */
static bool lies_channels_last(const neuron_onnx_layout *layout)
{
    neuron_onnx_layout own = *layout,
                       wanted = neuron_onnx_layout_plain(own.extent, own.rank, own.batch);
    neuron_onnx_layout_simplify(&own);
    neuron_onnx_layout_put_last(&wanted, 1);
    return own.rank > 2 && own.batch == 0 && neuron_onnx_layout_equal(&own, &wanted);
}

typedef enum says { NOTHING, IS_IMAGE, IS_NONE } says;

/* What an operator says of its output: that it is an image, none, or nothing but what its input
 * is. A transposition that puts the last axis behind the batch makes an image. */
static says says_of(const neuron_onnx_reader *reader, const neuron_onnx_operator *from)
{
    const int64_t *axes;
    size_t count;
    if (order_of(from) == IMAGES)
        return IS_IMAGE;
    if (strcmp(from->op_type, "Transpose") == 0)
        return neuron_onnx_read_integers(&axes, &count, reader, from, "perm") == NEURON_OK &&
                       count > 1 && axes[1] == (int64_t)count - 1
                   ? IS_IMAGE
                   : IS_NONE;
    if (neuron_onnx_is_one_of(from, "Expand Flatten Gather Gemm MatMul MatMulInteger QGemm "
                                    "QLinearMatMul Reshape Squeeze Unsqueeze"))
        return IS_NONE;
    return NOTHING;
}

/* Whether the last operator that says what a value is says that it is an image. How it lies does
 * not tell: an axis may lie last by chance, or be one of 1. */
static bool is_of_images(const importer *in, const neuron_onnx_item *item)
{
    says last = NOTHING;
    while (item && item->maker && (last = says_of(&in->reader, item->maker)) == NOTHING) {
        const neuron_onnx_operator *maker = item->maker;
        item = NULL;
        for (size_t i = 0; i < maker->n_input && (!item || item->constant); i++)
            item = neuron_onnx_find(&in->reader, maker->input[i]);
    }
    return item && (item->maker ? last == IS_IMAGE : item->images);
}

/* Puts an output in order: that of the file, or with channels last. */
static int order_output(importer *in, wanted_output *output)
{
    neuron_onnx_reader *reader = &in->reader;
    const neuron_onnx_item *item = output->item;
    char *name;
    const neuron_onnx_operator from = output_operator(item, &name);
    neuron_onnx_group groups[NEURON_RANK_MAX] = {{0}};
    neuron_onnx_layout layout;
    int32_t count = 0;
    if (item->put_off)
        return neuron_onnx_refuse_put_off(reader, item);
    if (item->constant || !item->made)
        return neuron_onnx_refuse(reader, NULL, NEURON_E_UNSUPPORTED,
                                  "the output \"%.127s\" depends on no input", item->name);
    if (!item->node)
        return neuron_onnx_refuse(reader, NULL, NEURON_E_UNSUPPORTED,
                                  "the output \"%.127s\" is a part of a layer that is not whole",
                                  item->name);
    bool images =
        !reader->files_order && lies_channels_last(&item->layout) && is_of_images(in, item);
    for (int32_t axis = 0; axis < item->layout.rank; axis++)
        if (axis != item->layout.batch && !(images && axis == 1))
            groups[count++].axes = UINT32_C(1) << axis;
    if (images)
        groups[count++].axes = 1 << 1;
    return neuron_onnx_arrange(&output->node, &layout, reader, &from, item, groups, count);
}

/* One node puts out once: another one passes on the same. */
static int tell_apart(importer *in, size_t index)
{
    wanted_output *output = &in->outputs[index];
    char *name;
    const neuron_onnx_operator from = output_operator(output->item, &name);
    bool again = false;
    for (size_t i = 0; i < index; i++)
        again = again || in->outputs[i].node == output->node;
    if (!again)
        return NEURON_OK;
    return neuron_onnx_layer(&output->node, &in->reader, &from, true, "rescale", &output->node, 1,
                             "scale=1, offset=0");
}

static int finish(importer *in)
{
    neuron_onnx_reader *reader = &in->reader;
    neuron_node_t **nodes =
        neuron_onnx_reader_get(reader, (int64_t)in->output_count, sizeof(neuron_node_t *));
    if (!nodes)
        return NEURON_E_MEMORY;
    if (in->output_count > NEURON_NODES_MAX)
        return neuron_onnx_refuse(reader, NULL, NEURON_E_UNSUPPORTED, "has too many outputs");
    for (size_t i = 0; i < in->output_count; i++) {
        RETURN_IF_ERROR(order_output(in, &in->outputs[i]));
        RETURN_IF_ERROR(tell_apart(in, i));
        nodes[i] = in->outputs[i].node;
    }
    int status = neuron_graph_finish_many(reader->graph, nodes, (int64_t)in->output_count);
    if (status < 0) {
        char message[NEURON_MESSAGE_SIZE];
        snprintf(message, sizeof message, "%s", neuron_error_last());
        return neuron_fail(status, "%s: %s", reader->source, message);
    }
    RETURN_IF_ERROR(neuron_onnx_weights_write(reader));
    RETURN_IF_ERROR(neuron_onnx_read_meaning(reader));
    for (size_t i = 0; i < in->output_count; i++)
        if (in->outputs[i].zip)
            RETURN_IF_ERROR(
                neuron_onnx_name_classes(reader, in->outputs[i].node, in->outputs[i].zip));
    return NEURON_OK;
}

/* ---- The model ---- */

static int check_model(importer *in)
{
    const Neuron__Onnx__Model *model = in->model;
    neuron_onnx_reader *reader = &in->reader;
    reader->version = 0;
    if (!model->graph)
        return neuron_onnx_refuse(reader, NULL, NEURON_E_FORMAT, "no ONNX file: it has no graph");
    if (model->n_functions > 0)
        return neuron_onnx_refuse(reader, NULL, NEURON_E_UNSUPPORTED,
                                  "defines the function \"%.127s\"; functions are not imported",
                                  model->functions[0]->name ? model->functions[0]->name : "");
    if (model->graph->n_sparse_initializer > 0)
        return neuron_onnx_refuse(reader, NULL, NEURON_E_UNSUPPORTED,
                                  "has sparse tensors, which are not imported");
    for (size_t i = 0; i < model->n_opset_import; i++) {
        const Neuron__Onnx__OperatorSet *set = model->opset_import[i];
        if (!set->domain || !set->domain[0] || strcmp(set->domain, "ai.onnx") == 0)
            reader->version = set->version;
    }
    if (reader->version < VERSION_LEAST)
        return neuron_onnx_refuse(reader, NULL, NEURON_E_UNSUPPORTED,
                                  "is for operator set %" PRId64 "; it must be %d or later",
                                  reader->version, VERSION_LEAST);
    if (reader->version > VERSION_KNOWN)
        neuron_log(reader->context, NEURON_LOG_WARNING, "model",
                   "%s: is for operator set %" PRId64 ", later than %d, which this was made for",
                   reader->source, reader->version, VERSION_KNOWN);
    return NEURON_OK;
}

static void name_graph(importer *in)
{
    char name[NEURON_GRAPH_NAME_MAX + 1];
    const char *given = in->model->graph->name;
    if (!given || !given[0])
        return;
    snprintf(name, sizeof name, "%s", given);
    neuron_utf8_clean(name, strlen(given) >= sizeof name);
    neuron_graph_set_name(in->reader.graph, name);
}

static int make_graph(importer *in)
{
    RETURN_IF_ERROR(check_model(in));
    RETURN_IF_ERROR(neuron_graph_create(&in->reader.graph, in->reader.context));
    name_graph(in);
    RETURN_IF_ERROR(index_initializers(in));
    RETURN_IF_ERROR(index_operators(in));
    RETURN_IF_ERROR(index_inputs(in));
    RETURN_IF_ERROR(find_outputs(in));
    RETURN_IF_ERROR(find_needed(in));
    RETURN_IF_ERROR(add_constants(in));
    RETURN_IF_ERROR(add_inputs(in));
    RETURN_IF_ERROR(add_operators(in));
    return finish(in);
}

/* ---- The calls ---- */

__attribute__((nothrow)) static void end_importer(importer *in)
{
    neuron_graph_unref(in->reader.graph);
    neuron_onnx_memory_release(&in->reader.memory);
    neuron_onnx_free_model(in->model, in->reader.context);
}

/* What ends with the block, however it is left. */
#define IMPORTER(name) importer name __attribute__((cleanup(end_importer))) = {.model = NULL}

static int begin(importer *in, neuron_context_t *context, const char *options, const char *who)
{
    RETURN_IF_ERROR(neuron_handle_check(context, NEURON_HANDLE_CONTEXT, "context", who));
    neuron_options_reset(&in->options, &table);
    RETURN_IF_ERROR(neuron_options_parse(&in->options, options, who));
    in->reader.context = in->reader.memory.context = context;
    in->reader.files_order =
        neuron_options_value(&in->options, NEURON_ONNX_IMPORT_LAYOUT) == NEURON_ONNX_IMPORT_FILE;
    in->reader.no_batch =
        neuron_options_value(&in->options, NEURON_ONNX_IMPORT_BATCH) == NEURON_ONNX_IMPORT_NONE;
    return NEURON_OK;
}

static int end(neuron_graph_t **graph, importer *in, uint64_t size)
{
    in->reader.model = in->model;
    in->reader.numbers = size * NUMBERS_FOR_EACH + NUMBERS_FOR_NONE;
    RETURN_IF_ERROR(make_graph(in));
    *graph = in->reader.graph;
    in->reader.graph = NULL;
    return NEURON_OK;
}

/* The folder of a file with the '/' behind it; "" for the current one. */
static int set_folder(importer *in, const char *path)
{
    const char *slash = strrchr(path, '/');
    size_t length = slash ? (size_t)(slash - path) + 1 : 0;
    char *folder = neuron_onnx_memory_get(&in->reader.memory, length + 1, 1);
    if (!folder)
        return NEURON_E_MEMORY;
    memcpy(folder, path, length);
    in->reader.folder = folder;
    return NEURON_OK;
}

int neuron_onnx_import(neuron_graph_t **graph, neuron_context_t *context, const char *path,
                       const char *options)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(graph);
    *graph = NULL;
    CHECK_ARGUMENT(context);
    CHECK_ARGUMENT(path);
    IMPORTER(in);
    uint64_t size;
    RETURN_IF_ERROR(begin(&in, context, options, __func__));
    RETURN_IF_ERROR(neuron_onnx_read_file(&in.model, &size, context, path));
    RETURN_IF_ERROR(set_folder(&in, path));
    in.reader.source = path;
    return end(graph, &in, size);
}

int neuron_onnx_import_memory(neuron_graph_t **graph, neuron_context_t *context, const void *bytes,
                              size_t size, const char *options)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(graph);
    *graph = NULL;
    CHECK_ARGUMENT(context);
    CHECK_ARGUMENT(bytes);
    IMPORTER(in);
    RETURN_IF_ERROR(begin(&in, context, options, __func__));
    in.reader.source = "model";
    RETURN_IF_ERROR(neuron_onnx_parse(&in.model, context, bytes, size, in.reader.source));
    return end(graph, &in, size);
}
