/* Exporting graphs: the public calls, and the model as a whole. */
#include <libneuron-onnx/onnx.h>
#include <libneuron/custom.h>

#include "base/float-mode.h"
#include "base/options/options.h"
#include "onnx/export/layers.h"
#include "onnx/export/meaning.h"
#include "onnx/export/options.h"

#include <string.h>

/* What the model is written for: docs/onnx.md tells why. */
enum { FORMAT_VERSION = 7, OPERATOR_VERSION = 13 };

/* ---- Options ---- */

static const neuron_word layouts[] = {
    {NEURON_ONNX_NHWC, "nhwc"}, {NEURON_ONNX_NCHW, "nchw"}, {0, ""}};
static const neuron_word types[] = {{NEURON_ONNX_F32, "f32"}, {NEURON_ONNX_U8, "u8"}, {0, ""}};
static const neuron_option rows[] = {
    NEURON_CHOICE(NEURON_ONNX_LAYOUT, "layout", layouts, NEURON_ONNX_NHWC,
                  "the order of axes of images that go in and come out"),
    NEURON_CHOICE(NEURON_ONNX_INPUT_TYPE, "input_type", types, NEURON_ONNX_F32,
                  "what inputs are: numbers, or bytes that the model scales")};
static const neuron_option_table table = NEURON_OPTION_TABLE(rows);

/* ---- Inputs and outputs ---- */

/* A tensor that goes in or comes out: its type, and its shape behind the batch. */
static Neuron__Onnx__Value *describe(neuron_onnx_writer *writer, const neuron_node_t *node,
                                     const char *name, int32_t type)
{
    const neuron_shape *shape = &node->spec.output;
    bool first = neuron_onnx_outer_order(writer, node) == NEURON_ONNX_CHANNELS_FIRST;
    struct {
        Neuron__Onnx__Value value;
        Neuron__Onnx__Type type;
        Neuron__Onnx__Type__OfTensor tensor;
        Neuron__Onnx__Shape shape;
        Neuron__Onnx__Shape__Extent *list[NEURON_RANK_MAX];
        Neuron__Onnx__Shape__Extent extents[NEURON_RANK_MAX];
    } *all = neuron_onnx_get(writer, 1, sizeof *all);
    if (!all)
        return NULL;
    neuron__onnx__value__init(&all->value);
    neuron__onnx__type__init(&all->type);
    neuron__onnx__type__of_tensor__init(&all->tensor);
    neuron__onnx__shape__init(&all->shape);
    for (int32_t axis = 0; axis <= shape->rank; axis++) {
        Neuron__Onnx__Shape__Extent *extent = all->list[axis] = &all->extents[axis];
        neuron__onnx__shape__extent__init(extent);
        int32_t from = first ? (axis == 1 ? shape->rank : axis - 1) : axis;
        extent->value_case = NEURON__ONNX__SHAPE__EXTENT__VALUE_DIM_VALUE;
        if (axis > 0)
            extent->dim_value = shape->extent[from - 1];
    }
    all->extents[0].value_case = NEURON__ONNX__SHAPE__EXTENT__VALUE_DIM_PARAM;
    all->extents[0].dim_param = neuron_onnx_lent("batch");
    all->shape.dim = all->list;
    all->shape.n_dim = (size_t)shape->rank + 1;
    all->tensor.has_elem_type = 1;
    all->tensor.elem_type = type;
    all->tensor.shape = &all->shape;
    all->type.value_case = NEURON__ONNX__TYPE__VALUE_TENSOR_TYPE;
    all->type.tensor_type = &all->tensor;
    all->value.name = neuron_onnx_lent(name);
    all->value.type = &all->type;
    return &all->value;
}

/* Whether bytes are wanted, and can be had. */
static bool takes_bytes(const neuron_onnx_writer *writer, const neuron_node_t *input)
{
    return writer->bytes && input->meaning.scaled;
}

/* An input of the model. Bytes are scaled first. */
static void add_input(neuron_onnx_writer *writer, const neuron_node_t *input)
{
    bool bytes = takes_bytes(writer, input);
    writer->body.input[writer->body.n_input++] = describe(
        writer, input, input->name,
        bytes ? NEURON__ONNX__TENSOR__DATA_TYPE__UINT8 : NEURON__ONNX__TENSOR__DATA_TYPE__FLOAT);
    writer->values[input->index].names[neuron_onnx_outer_order(writer, input)] =
        bytes ? neuron_onnx_scale_bytes(writer, input) : input->name;
}

static void add_inputs(neuron_onnx_writer *writer)
{
    const neuron_graph_t *graph = writer->graph;
    bool any = !writer->bytes;
    writer->body.input = neuron_onnx_get(writer, (size_t)graph->input_count, sizeof(void *));
    for (int64_t i = 0; i < graph->input_count && writer->status == NEURON_OK; i++) {
        add_input(writer, graph->inputs[i]);
        any = any || takes_bytes(writer, graph->inputs[i]);
    }
    if (!any) {
        neuron_set_message("%s: does not know how bytes become its inputs, which "
                           "neuron_graph_set_scales() tells",
                           graph->name);
        neuron_onnx_stop(writer, NEURON_E_STATE);
    }
}

/* Outputs of the model. One that is an input as well needs another name. */
static void add_outputs(neuron_onnx_writer *writer)
{
    const neuron_graph_t *graph = writer->graph;
    writer->body.output = neuron_onnx_get(writer, (size_t)graph->output_count, sizeof(void *));
    for (int64_t i = 0; i < graph->output_count && writer->status == NEURON_OK; i++) {
        const neuron_node_t *node = graph->outputs[i];
        const char *name =
            neuron_onnx_value_of(writer, node, neuron_onnx_outer_order(writer, node));
        if (neuron_onnx_is_input(node))
            name = neuron_onnx_step(writer, node, "Identity", "output", &name, 1);
        writer->body.output[writer->body.n_output++] =
            describe(writer, node, name, NEURON__ONNX__TENSOR__DATA_TYPE__FLOAT);
    }
}

/* ---- The model ---- */

static void refuse(neuron_onnx_writer *writer, const neuron_node_t *node)
{
    const char *kind = neuron_node_custom_kind(node);
    if (kind)
        neuron_set_message("%s: ONNX has no operators for the custom layer \"%s\"", node->name,
                           kind);
    else
        neuron_set_message("%s: ONNX has no operators for the layer %s", node->name,
                           node->spec.layer->name);
    neuron_onnx_stop(writer, NEURON_E_UNSUPPORTED);
}

static void add_nodes(neuron_onnx_writer *writer)
{
    const neuron_graph_t *graph = writer->graph;
    for (int64_t i = 0; i < graph->node_count && writer->status == NEURON_OK; i++) {
        const neuron_node_t *node = graph->nodes[i];
        neuron_onnx_layer_function *add = neuron_onnx_layer_find(node->spec.layer->name);
        if (neuron_onnx_is_input(node))
            continue;
        if (add && !neuron_node_custom_kind(node))
            add(writer, node);
        else
            refuse(writer, node);
    }
}

/* Of what the model is and who made it. */
static void add_head(neuron_onnx_writer *writer)
{
    struct {
        Neuron__Onnx__OperatorSet set, *list[1];
    } *all = neuron_onnx_get(writer, 1, sizeof *all);
    if (!all)
        return;
    neuron__onnx__operator_set__init(&all->set);
    all->set.domain = neuron_onnx_lent("");
    all->set.has_version = 1;
    all->set.version = OPERATOR_VERSION;
    all->list[0] = &all->set;
    writer->model.opset_import = all->list;
    writer->model.n_opset_import = 1;
    writer->model.has_ir_version = 1;
    writer->model.ir_version = FORMAT_VERSION;
    writer->model.producer_name = neuron_onnx_lent("libneuron");
    writer->model.producer_version = neuron_onnx_lent(NEURON_VERSION_STRING);
    writer->model.graph = &writer->body;
    writer->body.name = neuron_onnx_lent(writer->graph->name);
}

/* What all arrays take, before any is copied. */
static uint64_t array_bytes(const neuron_graph_t *graph)
{
    uint64_t bytes = 0;
    for (int64_t i = 0; i < graph->array_count; i++)
        bytes +=
            (uint64_t)graph->arrays[i].count * (graph->arrays[i].array->bytes ? 1 : sizeof(float));
    return bytes;
}

static int make_model(neuron_onnx_pieces *pieces, neuron_onnx_writer *writer)
{
    const neuron_graph_t *graph = writer->graph;
    RETURN_IF_ERROR(neuron_onnx_check_size(array_bytes(graph), graph->name));
    writer->values = neuron_onnx_get(writer, (size_t)graph->node_count, sizeof *writer->values);
    writer->written = neuron_onnx_get(writer, (size_t)graph->array_count, sizeof *writer->written);
    add_head(writer);
    add_inputs(writer);
    add_nodes(writer);
    add_outputs(writer);
    neuron_onnx_add_meaning(writer);
    RETURN_IF_ERROR(writer->status);
    RETURN_IF_ERROR(neuron_onnx_pieces_make(pieces, &writer->memory, &writer->model));
    return neuron_onnx_check_size(pieces->size, graph->name);
}

/* ---- The calls ---- */

__attribute__((nothrow)) static void end_writer(neuron_onnx_writer *writer)
{
    neuron_onnx_memory_release(&writer->memory);
}

/* What ends with the block, however it is left. */
#define WRITER(name)                                                                               \
    neuron_onnx_writer name __attribute__((cleanup(end_writer))) = {.status = NEURON_OK}

static int make(neuron_onnx_pieces *pieces, neuron_onnx_writer *writer, const neuron_graph_t *graph,
                const char *options, const char *who)
{
    neuron_options given;
    RETURN_IF_ERROR(neuron_handle_check(graph, NEURON_HANDLE_GRAPH, "graph", who));
    neuron_options_reset(&given, &table);
    RETURN_IF_ERROR(neuron_options_parse(&given, options, who));
    if (!graph->finished)
        return neuron_fail(NEURON_E_STATE, "%s: graph \"%s\" is not finished", who, graph->name);
    writer->graph = graph;
    writer->memory.context = graph->context;
    writer->images = neuron_options_value(&given, NEURON_ONNX_LAYOUT) == NEURON_ONNX_NCHW
                         ? NEURON_ONNX_CHANNELS_FIRST
                         : NEURON_ONNX_CHANNELS_LAST;
    writer->bytes = neuron_options_value(&given, NEURON_ONNX_INPUT_TYPE) == NEURON_ONNX_U8;
    neuron__onnx__model__init(&writer->model);
    neuron__onnx__graph__init(&writer->body);
    return make_model(pieces, writer);
}

int neuron_onnx_export(const neuron_graph_t *graph, const char *path, const char *options)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(graph);
    CHECK_ARGUMENT(path);
    WRITER(writer);
    neuron_onnx_pieces pieces;
    RETURN_IF_ERROR(make(&pieces, &writer, graph, options, __func__));
    return neuron_file_replace(graph->context, path, pieces.list, pieces.count);
}

int neuron_onnx_export_memory(void *bytes, size_t capacity, size_t *needed,
                              const neuron_graph_t *graph, const char *options)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(graph);
    CHECK_ROOM(bytes, capacity);
    WRITER(writer);
    neuron_onnx_pieces pieces;
    RETURN_IF_ERROR(make(&pieces, &writer, graph, options, __func__));
    if (needed)
        *needed = (size_t)pieces.size;
    if (!bytes)
        return NEURON_OK;
    if (capacity < pieces.size)
        return neuron_fail(NEURON_E_ARGUMENT, "%s: capacity is %zu bytes; the model has %" PRIu64,
                           __func__, capacity, pieces.size);
    char *to = bytes;
    for (size_t i = 0; i < pieces.count; i++) {
        memcpy(to, pieces.list[i].data, pieces.list[i].size);
        to += pieces.list[i].size;
    }
    return NEURON_OK;
}

static int make_for_function(neuron_onnx_pieces *pieces, neuron_onnx_writer *writer,
                             const neuron_graph_t *graph, const char *options, const char *who)
{
    FLOAT_SCOPE;
    return make(pieces, writer, graph, options, who);
}

__attribute__((nothrow)) static void end_graph(neuron_graph_t **graph)
{
    neuron_graph_unref(*graph);
}

int neuron_onnx_export_to(const neuron_graph_t *graph, neuron_write_function_t write,
                          void *user_data, const char *options)
{
    CHECK_ARGUMENT(graph);
    CHECK_FUNCTION(write);
    /* The function may take the last owner away. */
    neuron_graph_t *kept __attribute__((cleanup(end_graph))) =
        neuron_graph_ref((neuron_graph_t *)(uintptr_t)graph);
    WRITER(writer);
    neuron_onnx_pieces pieces;
    RETURN_IF_ERROR(make_for_function(&pieces, &writer, kept, options, __func__));
    for (size_t i = 0; i < pieces.count; i++) {
        uint64_t before = neuron_message_count();
        int result = pieces.list[i].size == 0
                         ? 0
                         : write(pieces.list[i].data, pieces.list[i].size, user_data);
        if (result != 0)
            return neuron_fail_call(result, before, "%s: the function that writes returned %d",
                                    __func__, result);
    }
    return NEURON_OK;
}
