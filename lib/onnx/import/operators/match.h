/* Whether what makes a value is what a pattern tells, for layers that files write as several
 * operators.
 *
 * A pattern reads as operators are written: "Softmax(Div(Log(Clip(p,#e)),#t))". What stands in it:
 *   p           any value; the same one wherever the letter stands
 *   #t          a constant, likewise
 *   0 and 1     a constant of that one number
 *   _           anything
 *   Sum@s       an operator, its output called s; its inputs are anything unless they are told
 *   TopK.1(p,_) the output of an operator that is not its first
 * Inputs of Add, Mul, Max and others may stand in either order. Of operators that have axes as an
 * input in newer sets, and as an attribute in older ones, patterns tell none. */
#ifndef ONNX_IMPORT_MATCH_H
#define ONNX_IMPORT_MATCH_H

#include "onnx/import/reader.h"

enum { NEURON_ONNX_MATCH_OPERATORS = 32 };

typedef struct neuron_onnx_match {
    neuron_onnx_reader *reader;
    neuron_onnx_item *bound[26];                                        /* by letter */
    const neuron_onnx_operator *operators[NEURON_ONNX_MATCH_OPERATORS]; /* all that were met */
    int32_t count;
} neuron_onnx_match;

/* Matches what makes an item; what an earlier call has bound stays. */
bool neuron_onnx_match_item(neuron_onnx_match *match, neuron_onnx_item *item, const char *pattern);

/* Matches an operator itself, whose output need not be made. */
bool neuron_onnx_match_operator(neuron_onnx_match *match, const neuron_onnx_operator *from,
                                const char *pattern);

static inline neuron_onnx_item *neuron_onnx_bound(const neuron_onnx_match *match, char letter)
{
    return match->bound[letter - 'a'];
}

/* The number of a constant; NaN if it has more than one. */
double neuron_onnx_bound_number(const neuron_onnx_match *match, char letter);

/* Whether that is about a value. */
bool neuron_onnx_bound_near(const neuron_onnx_match *match, char letter, double value);

/* Whether an operator has one axis in its list of these. */
bool neuron_onnx_has_axis(neuron_onnx_reader *reader, const neuron_onnx_operator *from,
                          int32_t rank, int32_t axis);

/* How many inputs the operator has that makes an item, and one of these; NULL for one that is not
 * there. */
size_t neuron_onnx_input_count(const neuron_onnx_item *item);
neuron_onnx_item *neuron_onnx_input_of(const neuron_onnx_reader *reader,
                                       const neuron_onnx_item *item, size_t index);

/* Whether all operators that were met and have an axis go along one, which `*axis` becomes; or is,
 * where it is not -1. They must keep it, and say no more by attributes than patterns do. Squeeze
 * and Unsqueeze have none, as a pattern's own code looks at theirs, and those that `besides` names
 * are left out. */
bool neuron_onnx_match_axis(int32_t *axis, const neuron_onnx_match *match, int32_t rank,
                            const char *besides);

#endif
