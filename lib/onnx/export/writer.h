/* What makes an ONNX model of a graph: operators, constants and attributes are added to it one by
 * one. A failure sticks: from then on functions do nothing and return NULL, which all of them take,
 * so that only the end has to ask for the status.
 *
 * Tensors are called by these rules. What a node puts out has the node's name, and so has the last
 * of its operators. All else that belongs to a node is `<node>.<part>`, which is the name of no
 * other node, as names have no '.'; parameter arrays have the names that they have in the graph. */
#ifndef ONNX_WRITER_H
#define ONNX_WRITER_H

#include "graph/graph.h"
#include "onnx/messages/memory.h"
#include "onnx/messages/pieces.h"

/* The order of a value's axes: channels are the last axis here, and the one behind the batch for
 * the convolutions of ONNX. With fewer than two axes beside the batch both are the same. */
typedef enum neuron_onnx_order {
    NEURON_ONNX_CHANNELS_LAST,
    NEURON_ONNX_CHANNELS_FIRST
} neuron_onnx_order;

/* The tensors that have what a node puts out, in each order; NULL where there is none yet. */
typedef struct neuron_onnx_value {
    const char *names[2];
} neuron_onnx_value;

typedef Neuron__Onnx__Operator neuron_onnx_operator;

typedef struct neuron_onnx_writer {
    neuron_onnx_memory memory;
    const neuron_graph_t *graph;
    neuron_onnx_order images;  /* of inputs and outputs with three axes */
    bool bytes;                /* inputs are */
    int status;                /* the first failure */
    neuron_onnx_value *values; /* of each node */
    bool *written;             /* of each array: the model has it */
    Neuron__Onnx__Model model;
    Neuron__Onnx__Graph body;
    size_t operator_capacity, constant_capacity, text_capacity;
} neuron_onnx_writer;

/* ---- Failures ---- */

/* Keeps a failure, whose message is set. */
void neuron_onnx_stop(neuron_onnx_writer *writer, int status);

/* ---- Memory ---- */

/* Zeroed memory that the model keeps; NULL after a failure, this one or one before. */
void *neuron_onnx_get(neuron_onnx_writer *writer, size_t count, size_t size);

/* Text for messages, which have none that must not change. */
static inline char *neuron_onnx_lent(const char *text)
{
    return (char *)(uintptr_t)text;
}

/* ---- Names ---- */

/* "<node>.<part>". */
const char *neuron_onnx_part(neuron_onnx_writer *writer, const neuron_node_t *node,
                             const char *part);

/* A copy of a text that the model keeps. */
const char *neuron_onnx_copy(neuron_onnx_writer *writer, const char *text);

/* ---- Values ---- */

/* Nothing else has no inputs. */
static inline bool neuron_onnx_is_input(const neuron_node_t *node)
{
    return node->spec.input_count == 0;
}

/* The order in which who runs the model has the value of an input or output. */
neuron_onnx_order neuron_onnx_outer_order(const neuron_onnx_writer *writer,
                                          const neuron_node_t *node);

/* The tensor of a node's value in an order, which is made if it is not there yet. */
const char *neuron_onnx_value_of(neuron_onnx_writer *writer, const neuron_node_t *node,
                                 neuron_onnx_order order);

/* The tensor of an input of a node in an order. */
const char *neuron_onnx_input(neuron_onnx_writer *writer, const neuron_node_t *node, int64_t index,
                              neuron_onnx_order order);

/* In which order the input is there without more work. */
neuron_onnx_order neuron_onnx_input_order(const neuron_onnx_writer *writer,
                                          const neuron_node_t *node, int64_t index);

/* Where an axis of what a node puts out is in an order, with the batch in front; -1 is the last. */
int64_t neuron_onnx_axis(const neuron_node_t *node, int64_t axis, neuron_onnx_order order);

/* The tensor that a node puts out in an order: the caller adds the operator that makes it. */
const char *neuron_onnx_output(neuron_onnx_writer *writer, const neuron_node_t *node,
                               neuron_onnx_order order);

/* Has a node put out what its input is. */
void neuron_onnx_pass(neuron_onnx_writer *writer, const neuron_node_t *node);

/* ---- Operators ---- */

/* Adds an operator with one output. */
neuron_onnx_operator *neuron_onnx_add(neuron_onnx_writer *writer, const char *type,
                                      const char *name, const char *const *inputs, size_t count,
                                      const char *output);

/* The operator that makes what a node puts out. */
neuron_onnx_operator *neuron_onnx_add_last(neuron_onnx_writer *writer, const neuron_node_t *node,
                                           const char *type, const char *const *inputs,
                                           size_t count, neuron_onnx_order order);

/* An operator on the way there, which is called as its output; returns that. */
const char *neuron_onnx_step(neuron_onnx_writer *writer, const neuron_node_t *node,
                             const char *type, const char *part, const char *const *inputs,
                             size_t count);

void neuron_onnx_set_integer(neuron_onnx_writer *writer, neuron_onnx_operator *added,
                             const char *name, int64_t value);
void neuron_onnx_set_integers(neuron_onnx_writer *writer, neuron_onnx_operator *added,
                              const char *name, const int64_t *values, size_t count);
void neuron_onnx_set_number(neuron_onnx_writer *writer, neuron_onnx_operator *added,
                            const char *name, double value);
void neuron_onnx_set_word(neuron_onnx_writer *writer, neuron_onnx_operator *added, const char *name,
                          const char *word);

/* ---- Constants ---- */

static inline int64_t neuron_onnx_count(const int64_t *extents, int32_t rank)
{
    int64_t count = 1;
    for (int32_t axis = 0; axis < rank; axis++)
        count *= extents[axis];
    return count;
}

/* Adds a constant of a type of Neuron__Onnx__Tensor__DataType; the numbers stay where they are.
 * Returns its name. */
const char *neuron_onnx_constant(neuron_onnx_writer *writer, const char *name, int32_t type,
                                 const int64_t *extents, int32_t rank, const void *numbers);

/* One float without axes, and integers in one axis, which are copied. */
const char *neuron_onnx_number(neuron_onnx_writer *writer, const char *name, double value);
const char *neuron_onnx_integers(neuron_onnx_writer *writer, const char *name,
                                 const int64_t *values, int32_t count);

/* Room for `count` floats that constants are made of. */
float *neuron_onnx_floats(neuron_onnx_writer *writer, int64_t count);

/* A parameter array of a node, by its place in the layer; NULL if the node has none there. */
const neuron_graph_array *neuron_onnx_array(const neuron_onnx_writer *writer,
                                            const neuron_node_t *node, int32_t place);
const float *neuron_onnx_array_values(const neuron_onnx_writer *writer,
                                      const neuron_graph_array *array);

/* Adds an array under its name, unless a node that shares it has done so: as it is, or as other
 * numbers. Returns the name. */
const char *neuron_onnx_add_array_as(neuron_onnx_writer *writer, const neuron_graph_array *array,
                                     int32_t type, const int64_t *extents, int32_t rank,
                                     const void *numbers);
const char *neuron_onnx_add_array(neuron_onnx_writer *writer, const neuron_node_t *node,
                                  int32_t place);

/* Whether a node before has added it. */
bool neuron_onnx_has_array(const neuron_onnx_writer *writer, const neuron_graph_array *array);

/* The same of an array with a number for each channel of the output, along the axis where the order
 * has them; as `numbers`, or as it is for NULL. */
const char *neuron_onnx_add_channels(neuron_onnx_writer *writer, const neuron_node_t *node,
                                     int32_t place, const float *numbers, neuron_onnx_order order);

/* The order for a layer with such arrays: that of its input, unless others share them, which may
 * find theirs in the other order. */
neuron_onnx_order neuron_onnx_channels_order(const neuron_onnx_writer *writer,
                                             const neuron_node_t *node);

/* ---- Texts ---- */

/* Adds a text to the metadata of the model. */
void neuron_onnx_add_text(neuron_onnx_writer *writer, Neuron__Onnx__Text *text);

/* ---- Options of nodes ---- */

/* Of a node that has the option. */
static inline double neuron_onnx_option(const neuron_node_t *node, int32_t key)
{
    return neuron_options_value(&node->spec.options, key);
}

/* An integer; `otherwise` for a node without the option. */
int64_t neuron_onnx_integer_option(const neuron_node_t *node, int32_t key, int64_t otherwise);

/* Whether the option of that name is a word. */
bool neuron_onnx_option_is(const neuron_node_t *node, const char *name, const char *word);

#endif
