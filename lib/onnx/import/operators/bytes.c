/* Operators that compute with bytes: each is what it stands for, an operator of real numbers
 * between DequantizeLinear and QuantizeLinear (quantized.c), which are made here one by one. */
#include "onnx/import/constant.h"
#include "onnx/import/operators/operators.h"
#include "onnx/import/operators/quantized.h"
#include "onnx/import/operators/recognize.h"

#include <stdio.h>
#include <string.h>

typedef Neuron__Onnx__Attribute attribute_t;

/* Of ONNX Runtime. */
#define RUNTIME "com.microsoft"

enum { NONE = -1, LAST = -2, MANY = 127 };

/* An operator of bytes, and where its inputs have what. Operands come one behind the other, each
 * with its scale and its zero point; the second one of some has a scale for each place along an
 * axis. */
static const struct lowered {
    char type[28], domain[16], real[20];
    int8_t first, operands; /* the first of so many */
    int8_t axis;            /* of the second; LAST for its last */
    int8_t scale;           /* of the result */
    int8_t bias;            /* of integers, by the product of both scales; or NONE */
} rows[] = {
    {"QGemm", RUNTIME, "Gemm", 0, 2, 1, 7, 6},
    {"QLinearAdd", RUNTIME, "Add", 0, 2, NONE, 6, NONE},
    {"QLinearAveragePool", RUNTIME, "AveragePool", 0, 1, NONE, 3, NONE},
    {"QLinearConcat", RUNTIME, "Concat", 2, MANY, NONE, 0, NONE},
    {"QLinearConv", "", "Conv", 0, 2, 0, 6, 8},
    {"QLinearGlobalAveragePool", RUNTIME, "GlobalAveragePool", 0, 1, NONE, 3, NONE},
    {"QLinearLeakyRelu", RUNTIME, "LeakyRelu", 0, 1, NONE, 3, NONE},
    {"QLinearMatMul", "", "MatMul", 0, 2, LAST, 6, NONE},
    {"QLinearMul", RUNTIME, "Mul", 0, 2, NONE, 6, NONE},
    {"QLinearSigmoid", RUNTIME, "Sigmoid", 0, 1, NONE, 3, NONE},
    {"QLinearSoftmax", RUNTIME, "Softmax", 0, 1, NONE, 3, NONE},
};

static const struct lowered *find(const neuron_onnx_operator *from)
{
    const char *domain = from->domain && strcmp(from->domain, "ai.onnx") != 0 ? from->domain : "";
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcmp(rows[i].type, from->op_type) == 0 && strcmp(rows[i].domain, domain) == 0)
            return &rows[i];
    return NULL;
}

bool neuron_onnx_is_of_bytes(const neuron_onnx_operator *from)
{
    return find(from);
}

/* ---- Steps ---- */

/* What an operator becomes, step by step. */
typedef struct steps {
    neuron_onnx_reader *reader;
    const neuron_onnx_operator *from;
    int count; /* of the values in between */
} steps;

/* An operator that no file has. */
typedef struct step {
    neuron_onnx_operator made;
    char *output;
} step;

static char *lent(const char *name)
{
    return (char *)(uintptr_t)name;
}

/* A value in between, whose name no file has by chance. */
static int add_value(neuron_onnx_item **item, steps *s)
{
    const char *base = s->from->output[0];
    size_t size = strlen(base) + 24;
    char *name = neuron_onnx_reader_get(s->reader, (int64_t)size, 1);
    if (!name)
        return NEURON_E_MEMORY;
    snprintf(name, size, "%s\x01%d", base, s->count++);
    RETURN_IF_ERROR(neuron_onnx_add_item(item, s->reader, s->from, name));
    (*item)->needed = true;
    (*item)->uses = 1;
    return NEURON_OK;
}

/* Imports an operator of some inputs, which has the name of the whole. Its output is a value in
 * between, or that of the whole where `*output` names it. */
static int take(steps *s, const char *type, const char *const *inputs, size_t count,
                attribute_t **attributes, size_t attribute_count, const char **output)
{
    step *taken = neuron_onnx_reader_get(s->reader, 1, sizeof *taken);
    char **list = neuron_onnx_reader_get(s->reader, (int64_t)count, sizeof *list);
    neuron_onnx_item *item = NULL;
    if (!taken || !list)
        return NEURON_E_MEMORY;
    if (!*output)
        RETURN_IF_ERROR(add_value(&item, s));
    if (item) {
        item->maker = &taken->made;
        *output = item->name;
    }
    neuron__onnx__operator__init(&taken->made);
    for (size_t i = 0; i < count; i++)
        list[i] = lent(inputs[i]);
    taken->output = lent(*output);
    taken->made.op_type = lent(type);
    taken->made.name = s->from->name && s->from->name[0] ? s->from->name : s->from->output[0];
    taken->made.input = list;
    taken->made.n_input = count;
    taken->made.output = &taken->output;
    taken->made.n_output = 1;
    taken->made.attribute = attributes;
    taken->made.n_attribute = attribute_count;
    return neuron_onnx_import_operator(s->reader, &taken->made);
}

/* Real numbers of bytes, whose scales may differ along an axis. */
static int dequantize(const char **real, steps *s, const char *bytes, const char *scale,
                      const char *zero, int64_t axis)
{
    attribute_t *attribute = neuron_onnx_reader_get(s->reader, 1, sizeof *attribute);
    attribute_t **list = neuron_onnx_reader_get(s->reader, 1, sizeof(attribute_t *));
    if (!attribute || !list)
        return NEURON_E_MEMORY;
    neuron__onnx__attribute__init(attribute);
    attribute->name = lent("axis");
    attribute->has_i = 1;
    attribute->i = axis;
    *list = attribute;
    *real = NULL;
    return take(s, "DequantizeLinear", (const char *[]){bytes, scale, zero}, 3, list, 1, real);
}

/* ---- Operators between bytes ---- */

static const char *input(const neuron_onnx_operator *from, int64_t index)
{
    return index >= 0 && (size_t)index < from->n_input ? from->input[index] : "";
}

/* The attributes of the operator of real numbers. */
static int read_attributes(attribute_t ***list, size_t *count, steps *s)
{
    int64_t last, set;
    double alpha;
    const neuron_onnx_operator *from = s->from;
    RETURN_IF_ERROR(neuron_onnx_read_integer(&last, s->reader, from, "channels_last", 0));
    RETURN_IF_ERROR(neuron_onnx_read_integer(&set, s->reader, from, "opset", s->reader->version));
    RETURN_IF_ERROR(neuron_onnx_read_real(&alpha, s->reader, from, "alpha", 1));
    bool scales = alpha != 1 && strcmp(from->op_type, "QGemm") == 0;
    if (last != 0 || (set >= 13) != (s->reader->version >= 13) || scales)
        return neuron_onnx_refuse(s->reader, from, NEURON_E_UNSUPPORTED,
                                  last != 0 ? "attribute channels_last is not 0"
                                  : scales  ? "attribute alpha is not 1"
                                            : "attribute opset is that of other sets");
    *count = 0;
    *list = neuron_onnx_reader_get(s->reader, (int64_t)from->n_attribute + 1, sizeof **list);
    if (!*list)
        return NEURON_E_MEMORY;
    for (size_t i = 0; i < from->n_attribute; i++) {
        const char *name = from->attribute[i]->name ? from->attribute[i]->name : "";
        if (strcmp(name, "channels_last") != 0 && strcmp(name, "opset") != 0)
            (*list)[(*count)++] = from->attribute[i];
    }
    return NEURON_OK;
}

/* Along which axis the second operand has its scales. */
static int axis_of(int64_t *axis, const steps *s, const struct lowered *row)
{
    int64_t transposed = 0;
    *axis = row->axis == LAST ? -1 : row->axis == NONE ? 0 : row->axis;
    if (strcmp(row->type, "QGemm") == 0)
        RETURN_IF_ERROR(neuron_onnx_read_integer(&transposed, s->reader, s->from, "transB", 0));
    if (transposed)
        *axis = 0;
    return NEURON_OK;
}

int neuron_onnx_import_of_bytes(neuron_onnx_reader *reader, const neuron_onnx_operator *from)
{
    const struct lowered *row = find(from);
    steps s = {.reader = reader, .from = from};
    const char *scale = NULL, *result;
    attribute_t **attributes = NULL;
    size_t count = 0, attribute_count = 0;
    int64_t axis, most = row->operands < MANY ? row->operands : ((int64_t)from->n_input - 2) / 3;
    RETURN_IF_ERROR(neuron_onnx_one_out(reader, from));
    if (from->n_output == 0 || most < 1)
        return neuron_onnx_refuse(reader, from, NEURON_E_FORMAT, "has no output, or no operands");
    RETURN_IF_ERROR(read_attributes(&attributes, &attribute_count, &s));
    RETURN_IF_ERROR(axis_of(&axis, &s, row));
    const char **reals = neuron_onnx_reader_get(reader, most + 1, sizeof *reals);
    if (!reals)
        return NEURON_E_MEMORY;
    for (int64_t i = 0, at = row->first; i < most; i++, at += 3)
        RETURN_IF_ERROR(dequantize(&reals[count++], &s, input(from, at), input(from, at + 1),
                                   input(from, at + 2), i == 0 ? 0 : axis));
    if (input(from, row->bias)[0]) {
        const char *scales[] = {input(from, row->first + 1), input(from, row->first + 4)};
        RETURN_IF_ERROR(take(&s, "Mul", scales, 2, NULL, 0, &scale));
        RETURN_IF_ERROR(dequantize(&reals[count++], &s, input(from, row->bias), scale, "", 0));
    }
    bool ends = !input(from, row->scale)[0]; /* as real numbers, which QGemm alone may */
    if (ends && strcmp(row->type, "QGemm") != 0)
        return neuron_onnx_refuse(reader, from, NEURON_E_FORMAT, "input %d is missing", row->scale);
    result = ends ? from->output[0] : NULL;
    RETURN_IF_ERROR(take(&s, row->real, reals, count, attributes, attribute_count, &result));
    if (ends)
        return NEURON_OK;
    const char *bytes[] = {result, input(from, row->scale), input(from, row->scale + 1)};
    const char *output = from->output[0];
    return take(&s, "QuantizeLinear", bytes, 3, NULL, 0, &output);
}

/* ---- Sums of bytes ---- */

/* ConvInteger and MatMulInteger: what bytes are above their zero points, whose scale is 1. */
int neuron_onnx_import_integers(neuron_onnx_reader *reader, const neuron_onnx_operator *from)
{
    steps s = {.reader = reader, .from = from};
    bool convolves = from->op_type[0] == 'C';
    static const float one = 1;
    const char *reals[2], *output;
    neuron_onnx_item *scale;
    RETURN_IF_ERROR(neuron_onnx_one_out(reader, from));
    if (from->n_output == 0)
        return neuron_onnx_refuse(reader, from, NEURON_E_FORMAT, "output 0 is missing");
    neuron_onnx_constant *constant = neuron_onnx_constant_new(reader, NULL, 0);
    if (!constant)
        return NEURON_E_MEMORY;
    constant->floats = &one;
    RETURN_IF_ERROR(add_value(&scale, &s));
    scale->constant = constant;
    scale->made = true;
    for (int i = 0; i < 2; i++)
        RETURN_IF_ERROR(dequantize(&reals[i], &s, input(from, i), scale->name, input(from, 2 + i),
                                   convolves ? 0 : -1));
    output = from->output[0];
    return take(&s, convolves ? "Conv" : "MatMul", reals, 2, from->attribute, from->n_attribute,
                &output);
}

/* Where a value finds its own scale, by ONNX Runtime's dynamic quantisation, it is not rounded; its
 * weights are what their bytes stand for. */
int neuron_onnx_recognize_dynamic(bool *done, neuron_onnx_reader *reader,
                                  const neuron_onnx_operator *from)
{
#define BYTES_OF  "DynamicQuantizeLinear(x)"
#define POINT_OF  "DynamicQuantizeLinear.2(x)"
#define SCALED_BY "Mul(DynamicQuantizeLinear.1(x),#s)"
    static const char *const patterns[] = {
        "Mul(Cast(MatMulInteger@i(" BYTES_OF ",#w," POINT_OF ",#z))," SCALED_BY ")",
        "Mul(Cast(MatMulInteger@i(" BYTES_OF ",#w," POINT_OF "))," SCALED_BY ")",
        "Mul(Cast(ConvInteger@i(" BYTES_OF ",#w," POINT_OF ",#z))," SCALED_BY ")",
        "Mul(Cast(ConvInteger@i(" BYTES_OF ",#w," POINT_OF "))," SCALED_BY ")",
    };
    steps s = {.reader = reader, .from = from};
    neuron_onnx_match m = {.reader = reader};
    *done = false;
    for (size_t i = 0; !*done && i < sizeof patterns / sizeof *patterns; i++) {
        m = (neuron_onnx_match){.reader = reader};
        *done = neuron_onnx_match_operator(&m, from, patterns[i]);
    }
    if (!*done || !neuron_onnx_bound(&m, 'x')->node) {
        *done = false;
        return NEURON_OK;
    }
    const neuron_onnx_operator *sums = neuron_onnx_bound(&m, 'i')->maker;
    const neuron_onnx_item *zero = neuron_onnx_bound(&m, 'z');
    bool convolves = sums->op_type[0] == 'C';
    const char *reals[] = {neuron_onnx_bound(&m, 'x')->name, NULL}, *output = from->output[0];
    RETURN_IF_ERROR(dequantize(&reals[1], &s, neuron_onnx_bound(&m, 'w')->name,
                               neuron_onnx_bound(&m, 's')->name, zero ? zero->name : "",
                               convolves ? 0 : -1));
    return take(&s, convolves ? "Conv" : "MatMul", reals, 2, sums->attribute, sums->n_attribute,
                &output);
}
