/* Functions of single values, and softmax. */
#include "onnx/import/constant.h"
#include "onnx/import/operators/operators.h"

#include "base/text/number.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

const char *neuron_onnx_number_text(char text[NEURON_ONNX_NUMBER], double value)
{
    snprintf(text, NEURON_ONNX_NUMBER, "%.17g", value);
    neuron_number_point(text);
    return text;
}

int neuron_onnx_rescale(neuron_node_t **node, neuron_onnx_reader *reader,
                        const neuron_onnx_operator *from, bool last, double scale, double offset)
{
    char options[120], text[2][NEURON_ONNX_NUMBER];
    if (scale == 1 && offset == 0)
        return NEURON_OK;
    snprintf(options, sizeof options, "scale=%s, offset=%s",
             neuron_onnx_number_text(text[0], scale), neuron_onnx_number_text(text[1], offset));
    return neuron_onnx_layer(node, reader, from, last, "rescale", node, 1, options);
}

/* A layer of one option, or of none. */
static int add(neuron_node_t **node, neuron_onnx_reader *reader, const neuron_onnx_operator *from,
               bool last, const char *layer, const char *option, double value)
{
    char options[80], text[NEURON_ONNX_NUMBER];
    if (option)
        snprintf(options, sizeof options, "%s=%s", option, neuron_onnx_number_text(text, value));
    return neuron_onnx_layer(node, reader, from, last, layer, node, 1, option ? options : NULL);
}

int neuron_onnx_clip(neuron_node_t **node, neuron_onnx_reader *reader,
                     const neuron_onnx_operator *from, double minimum, double maximum)
{
    char options[120], text[2][NEURON_ONNX_NUMBER];
    double most = (double)FLT_MAX;
    if (minimum <= -most && maximum >= most)
        return NEURON_OK;
    if (minimum == 0 && maximum >= most)
        return add(node, reader, from, true, "relu", NULL, 0);
    snprintf(options, sizeof options, "minimum=%s, maximum=%s",
             neuron_onnx_number_text(text[0], fmax(minimum, -most)),
             neuron_onnx_number_text(text[1], fmin(maximum, most)));
    return neuron_onnx_layer(node, reader, from, true, "clip", node, 1, options);
}

/* ---- Those that are a layer of their own ---- */

typedef struct activation {
    char type[16], layer[16];
    const char *attribute, *option; /* NULL for none */
    double standard;
} activation;

static const activation activations[] = {
    {"Elu", "elu", "alpha", "alpha", 1},
    {"Exp", "exponential", NULL, NULL, 0},
    {"HardSwish", "hard_swish", NULL, NULL, 0},
    {"LeakyRelu", "leaky_relu", "alpha", "slope", 0.01},
    {"Relu", "relu", NULL, NULL, 0},
    {"Sigmoid", "sigmoid", NULL, NULL, 0},
    {"Softplus", "softplus", NULL, NULL, 0},
    {"Softsign", "softsign", NULL, NULL, 0},
    {"Tanh", "tanh", NULL, NULL, 0},
};

static const activation *find_activation(const char *type)
{
    for (size_t i = 0; i < sizeof activations / sizeof *activations; i++)
        if (strcmp(activations[i].type, type) == 0)
            return &activations[i];
    return NULL;
}

/* ---- Those that are made of several ---- */

/* alpha * (ELU of x / alpha) */
static int add_celu(neuron_node_t **node, neuron_onnx_reader *reader,
                    const neuron_onnx_operator *from)
{
    double alpha;
    RETURN_IF_ERROR(neuron_onnx_read_real(&alpha, reader, from, "alpha", 1));
    if (!(alpha > 0))
        return neuron_onnx_refuse(reader, from, NEURON_E_UNSUPPORTED,
                                  "attribute alpha is %g; it must be above 0", alpha);
    RETURN_IF_ERROR(neuron_onnx_rescale(node, reader, from, false, 1 / alpha, 0));
    RETURN_IF_ERROR(add(node, reader, from, alpha == 1, "elu", "alpha", 1));
    return neuron_onnx_rescale(node, reader, from, true, alpha, 0);
}

/* min(max(alpha x + beta, 0), 1) */
static int add_hard_sigmoid(neuron_node_t **node, neuron_onnx_reader *reader,
                            const neuron_onnx_operator *from)
{
    double alpha, beta;
    RETURN_IF_ERROR(neuron_onnx_read_real(&alpha, reader, from, "alpha", 0.2));
    RETURN_IF_ERROR(neuron_onnx_read_real(&beta, reader, from, "beta", 0.5));
    RETURN_IF_ERROR(neuron_onnx_rescale(node, reader, from, false, alpha, beta));
    return neuron_onnx_clip(node, reader, from, 0, 1);
}

/* gamma times an ELU; that of the paper is a layer. */
static int add_selu(neuron_node_t **node, neuron_onnx_reader *reader,
                    const neuron_onnx_operator *from)
{
    double alpha, gamma;
    const double paper[] = {1.67326324235438, 1.05070098735548};
    RETURN_IF_ERROR(neuron_onnx_read_real(&alpha, reader, from, "alpha", paper[0]));
    RETURN_IF_ERROR(neuron_onnx_read_real(&gamma, reader, from, "gamma", paper[1]));
    if (fabs(alpha - paper[0]) < 1e-6 && fabs(gamma - paper[1]) < 1e-6)
        return add(node, reader, from, true, "selu", NULL, 0);
    RETURN_IF_ERROR(add(node, reader, from, gamma == 1, "elu", "alpha", alpha));
    return neuron_onnx_rescale(node, reader, from, true, gamma, 0);
}

static int add_gelu(neuron_node_t **node, neuron_onnx_reader *reader,
                    const neuron_onnx_operator *from)
{
    char word[8];
    RETURN_IF_ERROR(neuron_onnx_read_word(word, sizeof word, reader, from, "approximate", "none"));
    bool approximate = strcmp(word, "tanh") == 0;
    if (!approximate && strcmp(word, "none") != 0)
        return neuron_onnx_refuse(reader, from, NEURON_E_UNSUPPORTED,
                                  "attribute approximate is \"%s\"", word);
    return add(node, reader, from, true, "gelu", approximate ? "approximate" : NULL, 1);
}

/* x times what became of it. */
static int multiply(neuron_node_t **node, neuron_onnx_reader *reader,
                    const neuron_onnx_operator *from, neuron_node_t *x)
{
    neuron_node_t *both[] = {x, *node};
    return neuron_onnx_layer(node, reader, from, true, "multiply", both, 2, NULL);
}

/* x times the logistic function of alpha x */
static int add_swish(neuron_node_t **node, neuron_onnx_reader *reader,
                     const neuron_onnx_operator *from)
{
    neuron_node_t *x = *node;
    double alpha;
    RETURN_IF_ERROR(neuron_onnx_read_real(&alpha, reader, from, "alpha", 1));
    if (alpha == 1)
        return add(node, reader, from, true, "silu", NULL, 0);
    RETURN_IF_ERROR(neuron_onnx_rescale(node, reader, from, false, alpha, 0));
    RETURN_IF_ERROR(add(node, reader, from, false, "sigmoid", NULL, 0));
    return multiply(node, reader, from, x);
}

/* x tanh(softplus(x)) */
static int add_mish(neuron_node_t **node, neuron_onnx_reader *reader,
                    const neuron_onnx_operator *from)
{
    neuron_node_t *x = *node;
    RETURN_IF_ERROR(add(node, reader, from, false, "softplus", NULL, 0));
    RETURN_IF_ERROR(add(node, reader, from, false, "tanh", NULL, 0));
    return multiply(node, reader, from, x);
}

static const struct {
    char type[16];
    int (*add)(neuron_node_t **node, neuron_onnx_reader *reader, const neuron_onnx_operator *from);
} made[] = {{"Celu", add_celu}, {"Gelu", add_gelu}, {"HardSigmoid", add_hard_sigmoid},
            {"Mish", add_mish}, {"Selu", add_selu}, {"Swish", add_swish}};

/* What may become a part of a layer with what follows. */
static neuron_onnx_part part_of(const neuron_onnx_reader *reader, const neuron_onnx_operator *from)
{
    double alpha, beta;
    if (strcmp(from->op_type, "Sigmoid") == 0)
        return NEURON_ONNX_SIGMOID;
    if (strcmp(from->op_type, "Softplus") == 0)
        return NEURON_ONNX_SOFTPLUS;
    if (strcmp(from->op_type, "Exp") == 0)
        return NEURON_ONNX_EXPONENTS;
    if (strcmp(from->op_type, "HardSigmoid") != 0 ||
        neuron_onnx_read_real(&alpha, reader, from, "alpha", 0.2) < 0 ||
        neuron_onnx_read_real(&beta, reader, from, "beta", 0.5) < 0)
        return NEURON_ONNX_WHOLE;
    return fabs(alpha - 1 / 6.0) < 1e-6 && beta == 0.5 ? NEURON_ONNX_HARD_SIGMOID
                                                       : NEURON_ONNX_WHOLE;
}

int neuron_onnx_import_activation(neuron_onnx_reader *reader, const neuron_onnx_operator *from)
{
    neuron_onnx_item *item;
    double value = 0;
    RETURN_IF_ERROR(neuron_onnx_value_in(&item, reader, from, 0));
    neuron_node_t *node = item->node;
    const activation *known = find_activation(from->op_type);
    if (known && known->attribute)
        RETURN_IF_ERROR(
            neuron_onnx_read_real(&value, reader, from, known->attribute, known->standard));
    if (known)
        RETURN_IF_ERROR(add(&node, reader, from, true, known->layer, known->option, value));
    for (size_t i = 0; !known && i < sizeof made / sizeof *made; i++)
        if (strcmp(made[i].type, from->op_type) == 0)
            RETURN_IF_ERROR(made[i].add(&node, reader, from));
    const neuron_onnx_item result = {
        .node = node, .layout = item->layout, .part = part_of(reader, from), .of = item};
    return neuron_onnx_out_part(reader, from, &result);
}

/* ---- Bounds ---- */

int neuron_onnx_import_clip(neuron_onnx_reader *reader, const neuron_onnx_operator *from)
{
    neuron_onnx_item *item;
    double minimum, maximum;
    RETURN_IF_ERROR(neuron_onnx_value_in(&item, reader, from, 0));
    RETURN_IF_ERROR(neuron_onnx_number_in(&minimum, reader, from, 1, "min", -(double)INFINITY));
    RETURN_IF_ERROR(neuron_onnx_number_in(&maximum, reader, from, 2, "max", (double)INFINITY));
    neuron_node_t *node = item->node;
    RETURN_IF_ERROR(neuron_onnx_clip(&node, reader, from, minimum, maximum));
    return neuron_onnx_out(reader, from, 0, node, &item->layout);
}

/* Min and Max of a value and a number. */
int neuron_onnx_import_bound(neuron_onnx_reader *reader, const neuron_onnx_operator *from)
{
    neuron_onnx_item *first = neuron_onnx_in(reader, from, 0), *item;
    const neuron_onnx_constant *constant;
    double value;
    bool left = first && first->constant, least = from->op_type[1] == 'a';
    if (from->n_input != 2)
        return neuron_onnx_refuse(reader, from, NEURON_E_UNSUPPORTED,
                                  "has %zu inputs; it must have two, a value and a number",
                                  from->n_input);
    RETURN_IF_ERROR(neuron_onnx_value_in(&item, reader, from, left));
    RETURN_IF_ERROR(neuron_onnx_constant_in(&constant, reader, from, !left));
    if (!neuron_onnx_single(&value, constant))
        return neuron_onnx_refuse(reader, from, NEURON_E_UNSUPPORTED,
                                  "input %d has %" PRId64 " numbers; there may be one", !left,
                                  constant->count);
    neuron_node_t *node = item->node;
    RETURN_IF_ERROR(neuron_onnx_clip(&node, reader, from, least ? value : -(double)INFINITY,
                                     least ? (double)INFINITY : value));
    return neuron_onnx_out(reader, from, 0, node, &item->layout);
}

/* ---- The others ---- */

/* Is a part of GELU, or of nothing. */
int neuron_onnx_import_erf(neuron_onnx_reader *reader, const neuron_onnx_operator *from)
{
    neuron_onnx_item *item;
    RETURN_IF_ERROR(neuron_onnx_value_in(&item, reader, from, 0));
    bool scaled = item->part == NEURON_ONNX_SCALED;
    const neuron_onnx_item result = {.layout = item->layout,
                                     .part = NEURON_ONNX_ERF,
                                     .of = scaled ? item->of : item,
                                     .by = scaled ? item->by : 1};
    return neuron_onnx_out_part(reader, from, &result);
}

/* PyTorch has a straight line for a softplus above 20, as a float has not the digits for more. */
static const double straight_from = 15;

/* Is a part of a softplus here, or of what recognize.h knows. */
int neuron_onnx_import_greater(neuron_onnx_reader *reader, const neuron_onnx_operator *from)
{
    neuron_onnx_item *item;
    const neuron_onnx_constant *constant;
    double value;
    RETURN_IF_ERROR(neuron_onnx_value_in(&item, reader, from, 0));
    RETURN_IF_ERROR(neuron_onnx_constant_in(&constant, reader, from, 1));
    if (!neuron_onnx_single(&value, constant) || value < straight_from)
        return neuron_onnx_refuse(reader, from, NEURON_E_UNSUPPORTED,
                                  "is imported as a part of a softplus, or of a vote, alone");
    const neuron_onnx_item result = {
        .layout = item->layout, .part = NEURON_ONNX_LARGE, .of = item, .by = value};
    return neuron_onnx_out_part(reader, from, &result);
}

/* x where it is large, and its softplus elsewhere. */
int neuron_onnx_import_where(neuron_onnx_reader *reader, const neuron_onnx_operator *from)
{
    const neuron_onnx_item *large = neuron_onnx_in(reader, from, 0);
    neuron_onnx_item *x, *softplus;
    RETURN_IF_ERROR(neuron_onnx_value_in(&x, reader, from, 1));
    RETURN_IF_ERROR(neuron_onnx_value_in(&softplus, reader, from, 2));
    if (!large || large->part != NEURON_ONNX_LARGE || softplus->part != NEURON_ONNX_SOFTPLUS ||
        large->of->node != x->node || softplus->of->node != x->node)
        return neuron_onnx_refuse(reader, from, NEURON_E_UNSUPPORTED,
                                  "is imported as a part of a softplus, or of a vote, alone");
    return neuron_onnx_out_part(reader, from, softplus);
}

/* Is a part of a softsign, or of nothing. */
int neuron_onnx_import_magnitude(neuron_onnx_reader *reader, const neuron_onnx_operator *from)
{
    neuron_onnx_item *item;
    RETURN_IF_ERROR(neuron_onnx_value_in(&item, reader, from, 0));
    const neuron_onnx_item result = {.layout = item->layout, .part = NEURON_ONNX_ABS, .of = item};
    return neuron_onnx_out_part(reader, from, &result);
}

int neuron_onnx_import_prelu(neuron_onnx_reader *reader, const neuron_onnx_operator *from)
{
    neuron_onnx_item *item;
    neuron_node_t *node;
    const neuron_onnx_constant *slope;
    neuron_onnx_weights alpha;
    int32_t place;
    RETURN_IF_ERROR(neuron_onnx_value_in(&item, reader, from, 0));
    RETURN_IF_ERROR(neuron_onnx_constant_in(&slope, reader, from, 1));
    RETURN_IF_ERROR(neuron_onnx_broadcast_place(&place, reader, from, slope, &item->layout));
    RETURN_IF_ERROR(neuron_onnx_view_from(&node, reader, from, item, place));
    RETURN_IF_ERROR(
        neuron_onnx_broadcast_weights(&alpha, reader, from, slope, "alpha", &item->layout, place));
    RETURN_IF_ERROR(
        neuron_onnx_weighted_layer(&node, reader, from, true, "prelu", node, "", &alpha, 1));
    return neuron_onnx_out(reader, from, 0, node, &item->layout);
}

/* ---- Softmax ---- */

enum { SOFTMAX_ALONG_ONE_AXIS = 13 };

int neuron_onnx_put_softmax(neuron_onnx_reader *reader, const neuron_onnx_operator *from,
                            const neuron_onnx_item *item, uint32_t axes, bool logarithm)
{
    neuron_onnx_item result = {
        .part = logarithm ? NEURON_ONNX_WHOLE : NEURON_ONNX_SOFTMAX, .of = item, .axes = axes};
    int32_t place, dimension[NEURON_RANK_MAX], axis = 0;
    char options[40] = "";
    if (axes != 0 && (axes & (axes - 1)) == 0) {
        RETURN_IF_ERROR(
            neuron_onnx_spread(&result.node, &result.layout, dimension, reader, from, item, axes));
        while (!(axes >> axis & 1))
            axis++;
        snprintf(options, sizeof options, "axis=%" PRId32, dimension[axis]);
    } else {
        RETURN_IF_ERROR(
            neuron_onnx_put_last(&result.node, &result.layout, &place, reader, from, item, axes));
    }
    RETURN_IF_ERROR(neuron_onnx_layer(&result.node, reader, from, true,
                                      logarithm ? "log_softmax" : "softmax", &result.node, 1,
                                      options));
    return neuron_onnx_out_part(reader, from, &result);
}

int neuron_onnx_import_softmax(neuron_onnx_reader *reader, const neuron_onnx_operator *from)
{
    neuron_onnx_item *item;
    int64_t given;
    int32_t axis;
    bool along_one = reader->version >= SOFTMAX_ALONG_ONE_AXIS;
    RETURN_IF_ERROR(neuron_onnx_value_in(&item, reader, from, 0));
    RETURN_IF_ERROR(neuron_onnx_read_integer(&given, reader, from, "axis", along_one ? -1 : 1));
    RETURN_IF_ERROR(neuron_onnx_axis_of(&axis, reader, from, given, item->layout.rank));
    /* Older ones go over all axes from that one on together. */
    uint32_t axes = UINT32_C(1) << axis;
    if (!along_one)
        axes = ((UINT32_C(1) << item->layout.rank) - 1) & ~(axes - 1);
    if (item->layout.batch >= 0 && axes >> item->layout.batch & 1)
        return neuron_onnx_refuse(reader, from, NEURON_E_UNSUPPORTED,
                                  "attribute axis: goes along the batch");
    return neuron_onnx_put_softmax(reader, from, item, axes, from->op_type[0] == 'L');
}

const neuron_onnx_item *neuron_onnx_softmax_of(const neuron_onnx_item *exponents, uint32_t axes)
{
    const neuron_onnx_item *of = exponents->of;
    return of->part == NEURON_ONNX_SHIFTED && of->axes == axes ? of->of : of;
}

/* Of a softmax, or a part of one. */
int neuron_onnx_import_log(neuron_onnx_reader *reader, const neuron_onnx_operator *from)
{
    neuron_onnx_item *item;
    RETURN_IF_ERROR(neuron_onnx_value_in(&item, reader, from, 0));
    if (item->part == NEURON_ONNX_SOFTMAX)
        return neuron_onnx_put_softmax(reader, from, item->of, item->axes, true);
    if (item->part != NEURON_ONNX_TOTAL)
        return neuron_onnx_refuse(reader, from, NEURON_E_UNSUPPORTED,
                                  "is imported as a part of a log softmax, an entropy or a "
                                  "calibration alone");
    const neuron_onnx_item result = {
        .layout = item->layout, .part = NEURON_ONNX_LOG_TOTAL, .of = item->of, .axes = item->axes};
    return neuron_onnx_out_part(reader, from, &result);
}
