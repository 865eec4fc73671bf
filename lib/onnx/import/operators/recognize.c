/* Layers by their last operator: see recognize.h. */
#include "onnx/import/operators/recognize.h"

#include "onnx/import/constant.h"
#include "onnx/import/operators/operators.h"

#include <string.h>

/* 1 / (1 + exp(x)), as scikit-learn's calibration is written. */
static int recognize_logistic(bool *done, neuron_onnx_reader *reader,
                              const neuron_onnx_operator *from)
{
    neuron_onnx_match m = {.reader = reader};
    *done = neuron_onnx_match_operator(&m, from, "Div(1,Add(Exp(x),1))") &&
            neuron_onnx_bound(&m, 'x')->node;
    if (!*done)
        return NEURON_OK;
    const neuron_onnx_item *x = neuron_onnx_bound(&m, 'x');
    neuron_node_t *node = x->node;
    RETURN_IF_ERROR(neuron_onnx_rescale(&node, reader, from, false, -1, 0));
    RETURN_IF_ERROR(neuron_onnx_layer(&node, reader, from, true, "sigmoid", &node, 1, NULL));
    return neuron_onnx_out(reader, from, 0, node, &x->layout);
}

static const struct {
    char type[16];
    neuron_onnx_recognizer *recognize;
} rows[] = {
    {"Cast", neuron_onnx_recognize_choice},
    {"Cast", neuron_onnx_recognize_uncertainty},
    {"Div", recognize_logistic},
    {"Identity", neuron_onnx_recognize_set},
    {"Identity", neuron_onnx_recognize_uncertainty},
    {"Max", neuron_onnx_recognize_set},
    {"Mul", neuron_onnx_recognize_uncertainty},
    {"Mul", neuron_onnx_recognize_dynamic},
    {"Neg", neuron_onnx_recognize_uncertainty},
    {"OneHot", neuron_onnx_recognize_choice},
    {"Relu", neuron_onnx_recognize_uncertainty},
    {"ScatterElements", neuron_onnx_recognize_set},
    {"Sigmoid", neuron_onnx_recognize_scaling},
    {"Softmax", neuron_onnx_recognize_scaling},
    {"Squeeze", neuron_onnx_recognize_table},
    {"Sub", neuron_onnx_recognize_uncertainty},
    {"Where", neuron_onnx_recognize_shares},
    {"Where", neuron_onnx_recognize_vote},
};

int neuron_onnx_recognize(bool *done, neuron_onnx_reader *reader, const neuron_onnx_operator *from)
{
    *done = false;
    for (size_t i = 0; !*done && i < sizeof rows / sizeof *rows; i++)
        if (strcmp(rows[i].type, from->op_type) == 0)
            RETURN_IF_ERROR(rows[i].recognize(done, reader, from));
    return NEURON_OK;
}

bool neuron_onnx_numbers_classes(neuron_onnx_reader *reader, const neuron_onnx_operator *from,
                                 const neuron_onnx_item *constant, const neuron_onnx_item *value,
                                 int32_t axis)
{
    int64_t steps[NEURON_RANK_MAX];
    const int64_t *numbers;
    int64_t classes = value->layout.extent[axis];
    if (!constant->constant->integer || constant->constant->count != classes ||
        constant->constant->rank > value->layout.rank ||
        !neuron_onnx_steps_over(steps, constant->constant, &value->layout) ||
        (classes > 1 && steps[axis] == 0) ||
        neuron_onnx_integers_of(&numbers, reader, from, constant->constant) < 0)
        return false;
    for (int64_t k = 0; k < classes; k++)
        if (numbers[k] != k)
            return false;
    return true;
}

int neuron_onnx_rows(neuron_node_t **node, neuron_onnx_layout *layout, neuron_onnx_reader *reader,
                     const neuron_onnx_operator *from, const neuron_onnx_item *item, int32_t axis)
{
    uint32_t last = UINT32_C(1) << axis;
    const neuron_onnx_group groups[] = {{neuron_onnx_all_axes(&item->layout) & ~last, false},
                                        {last, false}};
    bool vector = neuron_onnx_layout_size(&item->layout) == item->layout.extent[axis];
    return neuron_onnx_arrange(node, layout, reader, from, item, groups + vector, 2 - vector);
}

int neuron_onnx_rows_of_all(neuron_node_t ***nodes, neuron_onnx_layout *layout,
                            neuron_onnx_reader *reader, const neuron_onnx_operator *from,
                            neuron_onnx_item *const *items, size_t count, int32_t axis)
{
    const neuron_onnx_layout *first = &items[0]->layout;
    size_t size = (size_t)first->rank * sizeof *first->extent;
    *nodes = neuron_onnx_reader_get(reader, (int64_t)count, sizeof **nodes);
    if (!*nodes)
        return NEURON_E_MEMORY;
    for (size_t i = 0; i < count; i++) {
        const neuron_onnx_layout *own = &items[i]->layout;
        if (own->rank != first->rank || own->batch != first->batch ||
            memcmp(own->extent, first->extent, size) != 0)
            return neuron_onnx_refuse(reader, from, NEURON_E_UNSUPPORTED,
                                      "joins values of different shapes");
        RETURN_IF_ERROR(neuron_onnx_rows(&(*nodes)[i], layout, reader, from, items[i], axis));
    }
    return NEURON_OK;
}
