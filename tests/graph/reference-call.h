/* One layer of the reference at work, and what its forward passes share. They are in one file for
 * each kind of layer: reference-dense.c, -image.c, -join.c and -value.c. */
#ifndef TEST_REFERENCE_CALL_H
#define TEST_REFERENCE_CALL_H

#include "reference.h"

struct reference {
    const neuron_graph_t *graph;
    int64_t batch;
    bool training;
    uint64_t seed, step;
    double **values; /* of each node */
};

typedef struct reference_call {
    const reference_t *reference;
    const neuron_node_t *node;
    const double *parameters;
    const neuron_shape *shape; /* of the output */
    const neuron_shape *from;  /* of the first input */
    int64_t count;             /* values of all examples together */
    const double *x;           /* first input */
    double *y;
} reference_call;

/* The value in force of an option. */
double reference_option(const reference_call *c, int32_t key);

/* A parameter array by its name, or NULL. */
const double *reference_array(const reference_call *c, const char *name);

/* The value of an input, and its weight. */
const double *reference_input(const reference_call *c, int32_t i);
double reference_weight(const reference_call *c, int32_t i);

/* Four random numbers of the layer at work: block `block` of its step. */
void reference_random(const reference_call *c, uint64_t block, uint32_t numbers[4]);

/* The forward passes of one file, ended by NULL. */
typedef struct reference_layer {
    const char *layer;
    void (*forward)(const reference_call *c);
} reference_layer;

extern const reference_layer reference_dense_layers[], reference_image_layers[],
    reference_join_layers[], reference_value_layers[];

#endif
