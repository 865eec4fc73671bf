/* What a graph becomes: steps, one after the other, which read values and write one.
 *
 * A layer that only passes a value on is no step. One that treats each value for itself is part of
 * the step that makes these, if nobody else reads them. Values between two steps lie in a
 * workspace, where those that are not needed at the same time share a place. */
#ifndef SOURCE_PROGRAM_PROGRAM_H
#define SOURCE_PROGRAM_PROGRAM_H

#include "source/layers/layer.h"

/* Where a value is. */
typedef enum neuron_value_place {
    NEURON_VALUE_WORKSPACE,
    NEURON_VALUE_INPUT, /* in memory of the caller, and never written */
    NEURON_VALUE_OUTPUT
} neuron_value_place;

typedef struct neuron_value {
    neuron_value_place place;
    int64_t index;       /* of the input or output */
    int64_t size;        /* floats */
    int64_t first, last; /* the steps that write it and read it last, counted from 1; 0 for none */
    int64_t memory; /* the value in whose memory it is: itself, or one that it is written over */
    int64_t offset; /* in the workspace, in floats; of an input, where bytes become it */
} neuron_value;

/* A copy of a value into one more output. */
typedef struct neuron_value_copy {
    int64_t value, output;
} neuron_value_copy;

typedef struct neuron_program {
    const neuron_graph_t *graph;
    neuron_value *values;
    int64_t value_count;
    int64_t *value_of;          /* by the index of a node: what it puts out */
    const neuron_node_t **next; /* by the index of a node: the next one of its chain */
    neuron_step *steps;
    int64_t step_count;
    neuron_value_copy *copies;
    int64_t copy_count;
    bool takes_bytes;  /* the graph knows how bytes become some input */
    int64_t workspace; /* floats */
} neuron_program;

/* NEURON_E_UNSUPPORTED for a layer without source or for sizes that C need not have. `who` begins
 * the message. */
int neuron_program_make(neuron_program *program, const neuron_graph_t *graph, const char *who);
void neuron_program_end(neuron_program *program) __attribute__((nothrow));

/* Whether the graph knows how bytes become an input. */
bool neuron_source_takes_bytes(const neuron_node_t *input);

/* Where a value is, with what shares its memory. */
const neuron_value *neuron_program_memory(const neuron_program *program, int64_t value);

#endif
