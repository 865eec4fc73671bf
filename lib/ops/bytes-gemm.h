/* Products of bytes for quantised layers: weights as the kernels want them, and the product of a
 * dense layer over the pool. Sums are exact, so that how the work is cut changes nothing. */
#ifndef OPS_BYTES_GEMM_H
#define OPS_BYTES_GEMM_H

#include "kernels/kernels.h"

#include "base/pool.h"

#include <stddef.h>

/* So many products of 255 and 127 and as many more fit into a sum. */
enum { NEURON_BYTES_DEPTH_MAX = 32768 };

/* `count` rounded up to what a step of a product takes. */
static inline int64_t neuron_bytes_round(int64_t count)
{
    return (count + 3) / 4 * 4;
}

/* Weights of `stretches` stretches of `stretch` rows each, which are packed as neuron_bytes_round()
 * has them, with zeros behind: element (k, n) of a panel of `width` columns is byte k % 4 of number
 * k / 4 * width + n. Panels are as panels.h says. */
typedef struct neuron_bytes_weights {
    int64_t stretches, stretch, columns;
    int8_t *packed;
    int32_t *start;
    float *scale, *bias, *gain, *offset;
} neuron_bytes_weights;

/* Lays out the arrays in memory, which may be NULL, and returns how many bytes they take. */
size_t neuron_bytes_lay_out(neuron_bytes_weights *weights, void *memory);

/* What a layer is packed from. */
typedef struct neuron_bytes_values {
    const float *kernel, *scale, *bias; /* the kernel's are whole numbers from -127 to 127 */
    float input_scale;
    int32_t zero_point;
    const neuron_post_ops *post; /* with its arrays */
} neuron_bytes_values;

void neuron_bytes_pack(const neuron_bytes_weights *weights, const neuron_bytes_values *values,
                       int32_t lanes);

/* What a quantised layer works with. */
typedef struct neuron_bytes_run {
    const neuron_kernels *kernels;
    neuron_pool *pool;
    int64_t batch;
    const float *values;        /* of the input; NULL if they are bytes already */
    const uint8_t *bytes;       /* then these */
    neuron_quantizer quantizer; /* of the input */
    const neuron_bytes_weights *weights;
    const neuron_post_ops *post;
    float *output; /* with NEURON_POST_QUANTIZE it is bytes that are written there */
    char *scratch;
} neuron_bytes_run;

/* What a product does of a list in its own pass, in this order: a ReLU, a scale and shift,
 * pooling by windows of 2x2, and making bytes. */
typedef struct neuron_bytes_post {
    bool relu;
    const neuron_post_op *affine;    /* NULL for none, like the others */
    const neuron_pooling *pooling;   /* of any windows */
    const neuron_post_op *quantizer; /* only if nothing else is left */
    int32_t done;                    /* entries that are neither pooling nor bytes */
    bool pools;                      /* by the product itself */
} neuron_bytes_post;

neuron_bytes_post neuron_bytes_post_of(const neuron_post_ops *post);

/* The part of a product that does not depend on where it is. */
neuron_bytes_gemm_work neuron_bytes_work(const neuron_bytes_run *run);

/* What is left of the list when a kernel has done its part, to rows of `columns` floats. */
void neuron_bytes_finish(const neuron_bytes_run *run, int64_t rows, int64_t column, int64_t columns,
                         float *values);

/* The first of the bytes that are written. */
static inline uint8_t *neuron_bytes_output(const neuron_bytes_run *run)
{
    return (uint8_t *)(void *)run->output;
}

/* Output of a dense layer. */
void neuron_bytes_dense(const neuron_bytes_run *run);
size_t neuron_bytes_dense_scratch(int64_t batch, int64_t inputs);

#endif
