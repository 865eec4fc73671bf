/* Patterns of operators: see match.h. */
#include "onnx/import/operators/match.h"

#include "onnx/import/constant.h"
#include "onnx/import/operators/operators.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- Terms ---- */

static bool is_standard(const neuron_onnx_operator *from)
{
    return !from->domain || !from->domain[0] || strcmp(from->domain, "ai.onnx") == 0;
}

static bool is_type(const neuron_onnx_operator *from, const char *type, size_t length)
{
    return is_standard(from) && strlen(from->op_type) == length &&
           memcmp(from->op_type, type, length) == 0;
}

static bool passes_on(const neuron_onnx_item *item)
{
    const neuron_onnx_operator *from = item ? item->maker : NULL;
    return from && is_standard(from) && neuron_onnx_is_one_of(from, "Identity") &&
           from->n_input == 1;
}

/* What passes a value on is not told in patterns; a file cannot make the way long. */
static neuron_onnx_item *passed_on(const neuron_onnx_reader *reader, neuron_onnx_item *item)
{
    enum { MOST = 8 };
    for (int i = 0; i < MOST && passes_on(item); i++)
        item = neuron_onnx_find(reader, item->maker->input[0]);
    return item;
}

static bool bind(neuron_onnx_match *match, char letter, neuron_onnx_item *item)
{
    neuron_onnx_item **bound = &match->bound[letter - 'a'];
    if (!*bound)
        *bound = item;
    return *bound == item;
}

/* Behind a term. */
static const char *behind(const char *pattern)
{
    for (int depth = 0; *pattern && (depth > 0 || (*pattern != ',' && *pattern != ')')); pattern++)
        depth += (*pattern == '(') - (*pattern == ')');
    return pattern;
}

static bool is_number(const neuron_onnx_item *item, double value)
{
    double number;
    return item->constant && neuron_onnx_single(&number, item->constant) && number == value;
}

static bool match_term(neuron_onnx_match *match, neuron_onnx_item *item, const char *pattern);

static neuron_onnx_item *input(const neuron_onnx_match *match, const neuron_onnx_operator *from,
                               size_t index)
{
    return index < from->n_input ? neuron_onnx_find(match->reader, from->input[index]) : NULL;
}

/* Two inputs that may stand in either order. */
static bool match_either(neuron_onnx_match *match, const neuron_onnx_operator *from,
                         const char *first, const char *second)
{
    const neuron_onnx_match before = *match;
    for (size_t swapped = 0; swapped < 2; swapped++) {
        *match = before;
        if (match_term(match, input(match, from, swapped), first) &&
            match_term(match, input(match, from, !swapped), second))
            return true;
    }
    return false;
}

/* The terms within parentheses. Of what has axes behind them, these are left to match_axis(). */
static bool match_inputs(neuron_onnx_match *match, const neuron_onnx_operator *from,
                         const char *pattern)
{
    enum { MOST = 4 };
    size_t count = 0, given = from->n_input;
    const char *terms[MOST];
    for (; *pattern != ')' && count < MOST; count++) {
        terms[count] = pattern;
        pattern = behind(pattern);
        pattern += *pattern == ',';
    }
    while (given > count && !from->input[given - 1][0])
        given--;
    bool axes =
        neuron_onnx_is_one_of(from, "CumSum ReduceMax ReduceMean ReduceSum Squeeze TopK Unsqueeze");
    if (given != count && !(axes && given == count + 1))
        return false;
    if (count == 2 && neuron_onnx_is_one_of(from, "Add And Equal Max Min Mul Or Sum"))
        return match_either(match, from, terms[0], terms[1]);
    for (size_t i = 0; i < count; i++)
        if (!match_term(match, input(match, from, i), terms[i]))
            return false;
    return true;
}

/* Whether all that it says is known here: of what is not, nobody knows what it means. */
static bool says_what_is_known(const neuron_onnx_operator *from)
{
    static const char known[] = " auto_pad axes axis dilations exclusive group keepdims "
                                "kernel_shape largest pads reverse saturate select_last_index "
                                "sorted strides to ";
    for (size_t i = 0; i < from->n_attribute; i++) {
        const Neuron__Onnx__Attribute *attribute = from->attribute[i];
        char word[32];
        int size = snprintf(word, sizeof word, " %s ", attribute->name ? attribute->name : "");
        if (size >= (int)sizeof word || !strstr(known, word) ||
            (attribute->ref_attr_name && attribute->ref_attr_name[0]))
            return false;
    }
    return true;
}

bool neuron_onnx_match_operator(neuron_onnx_match *match, const neuron_onnx_operator *from,
                                const char *pattern)
{
    size_t length = strcspn(pattern, ".@(,)");
    if (!is_type(from, pattern, length) || match->count == NEURON_ONNX_MATCH_OPERATORS ||
        !says_what_is_known(from))
        return false;
    match->operators[match->count++] = from;
    pattern += length;
    while (*pattern == '.' || *pattern == '@')
        pattern += 2;
    return *pattern != '(' || match_inputs(match, from, pattern + 1);
}

static bool match_term(neuron_onnx_match *match, neuron_onnx_item *item, const char *pattern)
{
    item = passed_on(match->reader, item);
    if (*pattern == '_')
        return true;
    if (!item)
        return false;
    if (isdigit((unsigned char)*pattern))
        return is_number(item, *pattern - '0');
    if (*pattern == '#')
        return item->constant && bind(match, pattern[1], item);
    if (islower((unsigned char)*pattern))
        return !item->constant && bind(match, *pattern, item);
    const char *more = pattern + strcspn(pattern, ".@(,)");
    const neuron_onnx_operator *from = item->maker;
    size_t output = 0;
    if (*more == '.') {
        output = (size_t)(more[1] - '0');
        more += 2;
    }
    if (!from || output >= from->n_output || strcmp(from->output[output], item->name) != 0)
        return false;
    return neuron_onnx_match_operator(match, from, pattern) &&
           (*more != '@' || bind(match, more[1], item));
}

bool neuron_onnx_match_item(neuron_onnx_match *match, neuron_onnx_item *item, const char *pattern)
{
    const neuron_onnx_match before = *match;
    if (match_term(match, item, pattern))
        return true;
    *match = before;
    return false;
}

/* ---- What was matched ---- */

double neuron_onnx_bound_number(const neuron_onnx_match *match, char letter)
{
    const neuron_onnx_item *item = neuron_onnx_bound(match, letter);
    double number;
    return item && item->constant && neuron_onnx_single(&number, item->constant) ? number
                                                                                 : (double)NAN;
}

bool neuron_onnx_bound_near(const neuron_onnx_match *match, char letter, double value)
{
    return fabs(neuron_onnx_bound_number(match, letter) - value) <= 1e-5 * fabs(value);
}

bool neuron_onnx_has_axis(neuron_onnx_reader *reader, const neuron_onnx_operator *from,
                          int32_t rank, int32_t axis)
{
    uint32_t axes;
    int64_t count;
    return neuron_onnx_axes_in(&axes, &count, reader, from, rank) == NEURON_OK && count == 1 &&
           axes == UINT32_C(1) << axis;
}

size_t neuron_onnx_input_count(const neuron_onnx_item *item)
{
    return item->maker ? item->maker->n_input : 0;
}

neuron_onnx_item *neuron_onnx_input_of(const neuron_onnx_reader *reader,
                                       const neuron_onnx_item *item, size_t index)
{
    if (index >= neuron_onnx_input_count(item))
        return NULL;
    return passed_on(reader, neuron_onnx_find(reader, item->maker->input[index]));
}

/* Attributes that say no more than patterns do, and what they then are. */
static bool says_nothing(const neuron_onnx_match *match, const neuron_onnx_operator *from)
{
    static const struct {
        char name[20];
        int8_t value;
    } silent[] = {
        {"exclusive", 0}, {"keepdims", 1},          {"largest", 1},
        {"reverse", 0},   {"select_last_index", 0}, {"sorted", 1},
    };
    for (size_t i = 0; i < sizeof silent / sizeof *silent; i++) {
        int64_t value;
        if (neuron_onnx_read_integer(&value, match->reader, from, silent[i].name, silent[i].value) <
                0 ||
            value != silent[i].value)
            return false;
    }
    int64_t type;
    return !neuron_onnx_is_one_of(from, "Cast") ||
           (neuron_onnx_read_integer(&type, match->reader, from, "to", 0) == NEURON_OK &&
            neuron_onnx_is_real(type));
}

/* The axis of an operator that has one; -1 for one that has none, -2 for what is no single one. */
static int32_t axis_of(const neuron_onnx_match *match, const neuron_onnx_operator *from,
                       int32_t rank)
{
    neuron_onnx_reader *reader = match->reader;
    int64_t count, given;
    uint32_t axes;
    int32_t axis;
    if (neuron_onnx_is_one_of(from, "ReduceMax ReduceMean ReduceSum")) {
        if (neuron_onnx_axes_in(&axes, &count, reader, from, rank) < 0 || count != 1)
            return -2;
        for (axis = 0; !(axes >> axis & 1);)
            axis++;
        return axis;
    }
    if (neuron_onnx_is_one_of(from, "CumSum")) {
        const neuron_onnx_item *item = neuron_onnx_in(reader, from, 1);
        double number;
        if (!item || !item->constant || !neuron_onnx_single(&number, item->constant) ||
            neuron_onnx_axis_of(&axis, reader, from, (int64_t)number, rank) < 0)
            return -2;
        return axis;
    }
    bool first = neuron_onnx_is_one_of(from, "ArgMax ScatterElements");
    bool softmax = neuron_onnx_is_one_of(from, "LogSoftmax Softmax");
    if (!first && !softmax && !neuron_onnx_is_one_of(from, "OneHot TopK"))
        return -1;
    int64_t standard = first ? 0 : softmax && reader->version < 13 ? 1 : -1;
    if (neuron_onnx_read_integer(&given, reader, from, "axis", standard) < 0 ||
        neuron_onnx_axis_of(&axis, reader, from, given, rank) < 0)
        return -2;
    return axis;
}

bool neuron_onnx_match_axis(int32_t *axis, const neuron_onnx_match *match, int32_t rank,
                            const char *besides)
{
    for (int32_t i = 0; i < match->count; i++) {
        const neuron_onnx_operator *from = match->operators[i];
        if (neuron_onnx_is_one_of(from, besides))
            continue;
        int32_t own = axis_of(match, from, rank);
        if (own == -2 || !says_nothing(match, from) || (own >= 0 && *axis >= 0 && own != *axis))
            return false;
        *axis = own >= 0 ? own : *axis;
    }
    return true;
}
