/* What an import knows while it makes a graph of a model: what each name stands for, and the layers
 * made so far.
 *
 * A name stands for an item: a constant, or a value of the graph, which has axes as in the file and
 * a place in memory as here (layout.h). Parameters are only noted while layers are added
 * (weights.h), and written once the graph is finished. All notes are in one memory that goes with
 * the reader. */
#ifndef ONNX_IMPORT_READER_H
#define ONNX_IMPORT_READER_H

#include <onnx.pb-c.h> /* made of onnx.proto */

#include "graph/graph.h"
#include "onnx/import/layout.h"
#include "onnx/messages/memory.h"

typedef Neuron__Onnx__Operator neuron_onnx_operator;

/* Numbers that are known: a tensor of the file, or what was computed of some. Either integers,
 * which truth values are too, or floats. */
typedef struct neuron_onnx_constant {
    int32_t rank;
    int64_t extent[NEURON_RANK_MAX];
    int64_t count;
    bool integer;
    const Neuron__Onnx__Tensor *tensor; /* whose numbers have not been read; else NULL and */
    const float *floats;                /* one of these */
    const float *as_floats;             /* what other numbers have become */
    const int64_t *integers;
    const bool *batch; /* of integers: which are times the number of examples; NULL for none */
    const struct neuron_onnx_bytes *bytes; /* that they were; NULL for none */
} neuron_onnx_constant;

/* What a value is besides, so that some operators together become one layer. */
typedef enum neuron_onnx_part {
    NEURON_ONNX_WHOLE,
    NEURON_ONNX_SCALED,  /* `of` times `by` */
    NEURON_ONNX_ERF,     /* erf(`of` times `by`), which is no layer */
    NEURON_ONNX_ERF_1,   /* (erf(`of` times `by`) + 1) times `times` */
    NEURON_ONNX_GELU,    /* `of` (erf(`of` times `by`) + 1) times `times` */
    NEURON_ONNX_SIGMOID, /* of `of` */
    NEURON_ONNX_HARD_SIGMOID,
    NEURON_ONNX_ABS,        /* the magnitude of `of`, which is no layer */
    NEURON_ONNX_ABS_1,      /* the same and 1 */
    NEURON_ONNX_SOFTPLUS,   /* of `of` */
    NEURON_ONNX_LARGE,      /* whether `of` is above `by`, which is no layer */
    NEURON_ONNX_SQUARE,     /* of `of` */
    NEURON_ONNX_MEAN,       /* of `of` over `axes`, which are kept */
    NEURON_ONNX_CENTERED,   /* `of` without its mean over `axes` */
    NEURON_ONNX_VARIANCE,   /* the mean of squares of `of`, which is centered; and `by` */
    NEURON_ONNX_DEVIATION,  /* the root of that, which is no layer */
    NEURON_ONNX_NORMALIZED, /* `of` by a layer normalisation over `axes` with the epsilon `by` */
    NEURON_ONNX_MAXIMUM,    /* of `of` over `axes`, which are kept */
    NEURON_ONNX_SHIFTED,    /* `of` without its maximum over `axes` */
    NEURON_ONNX_EXPONENTS,  /* the exponential function of `of` */
    NEURON_ONNX_TOTAL,      /* the sum of exponents, `of`, over `axes`, which are kept */
    NEURON_ONNX_LOG_TOTAL,  /* the logarithm of that, which is no layer; `of` are the exponents */
    NEURON_ONNX_SOFTMAX,    /* of `of` over `axes` */
    NEURON_ONNX_BYTES,      /* of a type, `axes`, with the scale `by` and the zero point `times`,
                               which is no layer; `of` is what is read of them */
    NEURON_ONNX_BYTES_READ  /* what bytes stand for that were `of` before, with the scale `by` and
                               the zero point `times` above the least; `axes`: they have 8 bits */
} neuron_onnx_part;

typedef struct neuron_onnx_item {
    const char *name;
    const neuron_onnx_operator *maker, *user; /* NULL for a given one; the last that reads it */
    size_t maker_index;
    const Neuron__Onnx__Tensor *tensor; /* of an initializer */
    int64_t uses;                       /* by operators that are needed, and as an output */
    bool needed, made, is_output;
    struct neuron_onnx_item *input; /* that it is made of by functions of single values; or NULL */
    bool images, decided;           /* of an input: whether its channels lie last */
    const neuron_onnx_constant *constant; /* NULL for a value of the graph */
    neuron_onnx_layout layout;
    neuron_node_t *node; /* NULL for a part that is no layer */
    neuron_onnx_part part;
    const struct neuron_onnx_item *of;
    double by, times; /* `times` is what all of it is multiplied by */
    uint32_t axes;
    const neuron_onnx_constant *gamma, *beta; /* of NORMALIZED; NULL for none yet */
    /* The operator for which it could not be made, its own or one before it: it may be a part of a
     * layer that is still to come, and is a failure if an output needs it. NULL for none. */
    const neuron_onnx_operator *put_off;
} neuron_onnx_item;

/* A file beside the model, and how many of its bytes may still be read. */
typedef struct neuron_onnx_external {
    struct neuron_onnx_external *before;
    const char *name;
    int64_t left;
} neuron_onnx_external;

enum { NEURON_ONNX_LAYER_PLACES = 256 };

typedef struct neuron_onnx_reader {
    neuron_context_t *context;
    const char *source; /* begins messages: the path */
    const char *folder; /* of the file, with its '/', for what lies beside it; NULL in memory */
    const Neuron__Onnx__Model *model;
    neuron_onnx_memory memory;
    neuron_graph_t *graph;
    int64_t version;          /* of the operators */
    uint64_t numbers;         /* what the file justifies: see neuron_onnx_afford() */
    bool files_order;         /* inputs and outputs have their axes in the order of the file */
    bool no_batch;            /* their first axis is no batch */
    int64_t fixed_batch;      /* its extent in the file; 0 for any */
    neuron_onnx_item **items; /* a hash table by name, half of it empty */
    size_t item_count, item_places;
    /* With parameters, the last added of each place in a hash table: see weights.h. */
    struct neuron_onnx_layer_record *layers[NEURON_ONNX_LAYER_PLACES];
    neuron_onnx_external *external; /* the last met */
    int64_t renamed;                /* nodes that got a number, as others had their names */
    bool starved;                   /* there was no memory for something, and who asked may go on */
} neuron_onnx_reader;

/* ---- Failures ---- */

/* "<file>: node "<name>" (<type>): ..." */
int neuron_onnx_refuse(const neuron_onnx_reader *reader, const neuron_onnx_operator *from,
                       int status, const char *format, ...) __attribute__((format(printf, 4, 5)));

/* What the file does not have the bytes for, as it says a lot by few: NEURON_E_UNSUPPORTED. */
int neuron_onnx_afford(neuron_onnx_reader *reader, const neuron_onnx_operator *from, int64_t count);

/* Whether its type is one of these words, which have blanks between. */
bool neuron_onnx_is_one_of(const neuron_onnx_operator *from, const char *words);

/* Zeroed memory that goes with the reader. */
void *neuron_onnx_reader_get(neuron_onnx_reader *reader, int64_t count, size_t size);

/* ---- Items ---- */

/* What a name stands for; NULL if nothing has it. */
neuron_onnx_item *neuron_onnx_find(const neuron_onnx_reader *reader, const char *name);

/* Adds a name, which must be new: `from` makes it, or is NULL. */
int neuron_onnx_add_item(neuron_onnx_item **item, neuron_onnx_reader *reader,
                         const neuron_onnx_operator *from, const char *name);

/* An input of an operator that is made; NULL if it is left out, which is no failure. */
neuron_onnx_item *neuron_onnx_in(const neuron_onnx_reader *reader, const neuron_onnx_operator *from,
                                 size_t index);

/* Whether it has an output at that place which something needs. */
bool neuron_onnx_needs_out(const neuron_onnx_reader *reader, const neuron_onnx_operator *from,
                           size_t index);

/* NEURON_E_UNSUPPORTED if something needs more of its outputs than the first. */
int neuron_onnx_one_out(const neuron_onnx_reader *reader, const neuron_onnx_operator *from);

/* NEURON_E_UNSUPPORTED for a value that is no layer, as what would make it one is missing. */
int neuron_onnx_refuse_part(const neuron_onnx_reader *reader, const neuron_onnx_operator *from,
                            const neuron_onnx_item *item);

/* One that must be there, and a value of the graph. */
int neuron_onnx_value_in(neuron_onnx_item **item, neuron_onnx_reader *reader,
                         const neuron_onnx_operator *from, size_t index);

/* One that must be there, and a constant. */
int neuron_onnx_constant_in(const neuron_onnx_constant **constant, neuron_onnx_reader *reader,
                            const neuron_onnx_operator *from, size_t index);

/* One of its outputs, which is made with it. */
int neuron_onnx_out(neuron_onnx_reader *reader, const neuron_onnx_operator *from, size_t index,
                    neuron_node_t *node, const neuron_onnx_layout *layout);
int neuron_onnx_out_constant(neuron_onnx_reader *reader, const neuron_onnx_operator *from,
                             size_t index, neuron_onnx_constant *constant);

/* The first, as what another item is. */
int neuron_onnx_out_part(neuron_onnx_reader *reader, const neuron_onnx_operator *from,
                         const neuron_onnx_item *like);

/* ---- Attributes ---- */

/* The values of an attribute of that type; the default, or NULL, if there is none. What has another
 * type is a failure. */
int neuron_onnx_read_integer(int64_t *value, const neuron_onnx_reader *reader,
                             const neuron_onnx_operator *from, const char *name, int64_t standard);
int neuron_onnx_read_real(double *value, const neuron_onnx_reader *reader,
                          const neuron_onnx_operator *from, const char *name, double standard);
int neuron_onnx_read_integers(const int64_t **values, size_t *count,
                              const neuron_onnx_reader *reader, const neuron_onnx_operator *from,
                              const char *name);
/* `capacity` bytes with the 0 at the end; a longer word is a failure. */
int neuron_onnx_read_word(char *word, size_t capacity, const neuron_onnx_reader *reader,
                          const neuron_onnx_operator *from, const char *name, const char *standard);
const Neuron__Onnx__Attribute *neuron_onnx_attribute(const neuron_onnx_operator *from,
                                                     const char *name);

/* An axis from 0 to rank - 1, given so or from the end. */
int neuron_onnx_axis_of(int32_t *axis, const neuron_onnx_reader *reader,
                        const neuron_onnx_operator *from, int64_t given, int32_t rank);

/* ---- Layers ---- */

/* Adds a layer that a part of an operator becomes. `last` says that nothing else of it follows: the
 * layer has its name then, or that of the output of the model that it makes. `options` may be
 * NULL. */
int neuron_onnx_layer(neuron_node_t **node, neuron_onnx_reader *reader,
                      const neuron_onnx_operator *from, bool last, const char *layer,
                      neuron_node_t *const *inputs, int64_t count, const char *options);

/* Names a layer of several inputs that was just added, or NULL if it could not be, and sets its
 * options, which may be NULL. */
int neuron_onnx_join(neuron_node_t **node, neuron_onnx_reader *reader,
                     const neuron_onnx_operator *from, neuron_node_t *made, const char *options);

/* Names a node, whose name is made fit and unique. */
int neuron_onnx_name(neuron_onnx_reader *reader, neuron_node_t *node, const char *name);

/* Adds a node that does what another does, with its parameters. */
int neuron_onnx_shared(neuron_node_t **node, neuron_onnx_reader *reader,
                       const neuron_onnx_operator *from, bool last, neuron_node_t *like,
                       neuron_node_t *input);

/* The same node, or a view of it with another shape; of no axes becomes one of 1. */
int neuron_onnx_view(neuron_node_t **node, neuron_onnx_reader *reader,
                     const neuron_onnx_operator *from, bool last, neuron_node_t *input,
                     const int64_t *extents, int32_t rank);

/* ---- Arranging values ---- */

/* Axes that are wanted side by side in memory: all bits of a set, in the order of the file; or
 * in any order. */
typedef struct neuron_onnx_group {
    uint32_t axes;
    bool any;
} neuron_onnx_group;

/* A node with an axis for each group, which together have all axes but the batch; layout tells
 * how it lies. It is the value's own node, viewed, where that will do, else one with its axes
 * permuted. */
int neuron_onnx_arrange(neuron_node_t **node, neuron_onnx_layout *layout,
                        neuron_onnx_reader *reader, const neuron_onnx_operator *from,
                        const neuron_onnx_item *item, const neuron_onnx_group *groups,
                        int32_t count);

/* Puts the factors of a layout in that order, each once: the node becomes one that lies so, whose
 * shape is still to be set by neuron_onnx_view(). */
int neuron_onnx_reorder(neuron_node_t **node, neuron_onnx_layout *layout,
                        neuron_onnx_reader *reader, const neuron_onnx_operator *from,
                        const int32_t *order);

/* A node with the axes of the file, each as one of its own, in the order in which they lie if they
 * lie so that each is whole; `dimension[axis]` tells where. Axes of the set `any` may have their
 * values in any order. The batch has -1. */
int neuron_onnx_spread(neuron_node_t **node, neuron_onnx_layout *layout,
                       int32_t dimension[NEURON_RANK_MAX], neuron_onnx_reader *reader,
                       const neuron_onnx_operator *from, const neuron_onnx_item *item,
                       uint32_t any);

/* A node whose last axis are the values of some axes, in any order, which begin at a place: its own
 * shape where that will do. */
int neuron_onnx_put_last(neuron_node_t **node, neuron_onnx_layout *layout, int32_t *place,
                         neuron_onnx_reader *reader, const neuron_onnx_operator *from,
                         const neuron_onnx_item *item, uint32_t axes);

/* The set of all axes but the batch. */
static inline uint32_t neuron_onnx_all_axes(const neuron_onnx_layout *layout)
{
    uint32_t all = (UINT32_C(1) << layout->rank) - 1;
    return layout->batch < 0 ? all : all & ~(UINT32_C(1) << layout->batch);
}

#endif
