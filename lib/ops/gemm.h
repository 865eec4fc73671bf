/* The products of a dense layer: its output and both of its gradients, for any set of kernels.
 *
 * The work is cut by the shape alone into tasks, which pack what they need of the weights into
 * memory of their worker; sums that are cut along their depth are joined in fixed order. */
#ifndef OPS_GEMM_H
#define OPS_GEMM_H

#include "kernels/kernels.h"

#include "base/pool.h"

#include <stddef.h>

typedef struct neuron_gemm {
    const neuron_kernels *kernels;
    neuron_pool *pool;
    bool by_cblas;  /* see below */
    bool invariant; /* forward sums an example in the same order in any batch */
    int64_t batch, inputs, units;
    char *scratch; /* of the size below */
} neuron_gemm;

/* Whether the CBLAS is to be used for these kernels: this is the one place that decides it.
 *
 * From AVX2 on our own kernels are used for all: on one core they are about as fast as OpenBLAS
 * on its best sizes and up to a third faster where the weights come from memory; they share the
 * pool's threads more evenly, and nobody waits for the threads of two pools. The baseline has
 * plain vectors of four floats for a processor that nothing is known of, and a CBLAS may have
 * been written for it: OpenBLAS for SSE does 23 GFLOP/s to our 18. Even then few examples are
 * multiplied by our kernels, which read the weights once, in order: two to four times as fast.
 * Never where the library was built without one, or where it cannot count so far: to an int. */
bool neuron_gemm_by_cblas(const neuron_kernels *kernels, int64_t batch, int64_t inputs,
                          int64_t units);

/* Weights of inputs x units. `packed` has them once more, as neuron_gemm_pack() made them, which
 * saves packing them in each call; `aligned` as neuron_gemm_align() did, for few rows; NULL for no
 * such. */
typedef struct neuron_gemm_weights {
    const float *rows, *packed, *aligned;
} neuron_gemm_weights;

/* output = input * weights + bias, and then what `post` lists; both `bias` and `post` may be
 * NULL. */
void neuron_gemm_forward(const neuron_gemm *product, const float *input,
                         const neuron_gemm_weights *weights, const float *bias,
                         const neuron_post_ops *post, float *output);

/* Whether packed weights would be read for batches of up to that size, and are small enough to be
 * kept twice: what does not fit the caches takes as long to read either way. An invariant product
 * reads them for any batch. */
bool neuron_gemm_packs(int64_t batch, int64_t inputs, int64_t units, bool invariant);

/* As many floats as whole lines of a cache have. */
int64_t neuron_gemm_aligned_row(int64_t units);

/* Whether rows of weights that begin anywhere would be read for batches of up to that size, where
 * it is the caches that take the time: a vector that lies in two lines takes twice as long to
 * load. */
bool neuron_gemm_aligns(int64_t batch, int64_t inputs, int64_t units);

/* In rows of neuron_gemm_aligned_row(units) columns, the last of them 0. */
void neuron_gemm_align(const neuron_gemm *product, const float *weights, float *aligned);

/* In panels over the whole depth. `packed` has room for neuron_panel_round(units) columns. */
void neuron_gemm_pack(const neuron_gemm *product, const float *weights, float *packed);

/* input_gradient = output_gradient * weights', and then what `post` lists, if it is not NULL:
 * the way back through what made the input. */
void neuron_gemm_input_gradient(const neuron_gemm *product, const float *output_gradient,
                                const float *weights, const neuron_post_ops *post,
                                float *input_gradient);

/* Takes elements first .. first + count - 1 of the gradient of the weights. */
typedef void (*neuron_gemm_on_gradient)(const void *sink, const float *slice, int64_t first,
                                        int64_t count);

/* gradient = input' * output_gradient, and its bias: the sums of the columns of output_gradient.
 * `gradient` may be NULL; then slices of it are given to `on_gradient`, unless that is NULL too,
 * by any thread. `bias_gradient` may be NULL. */
typedef struct neuron_gemm_gradients {
    const float *input, *output_gradient;
    float *gradient, *bias_gradient;
    neuron_gemm_on_gradient on_gradient;
    const void *sink;
} neuron_gemm_gradients;

void neuron_gemm_weight_gradient(const neuron_gemm *product, const neuron_gemm_gradients *arrays);

/* Bytes for any batch up to this one, and for any kernels; `packed` if the weights always are. */
size_t neuron_gemm_forward_scratch(int64_t batch, int64_t inputs, int64_t units, int32_t threads,
                                   bool packed, bool invariant);
size_t neuron_gemm_backward_scratch(int64_t batch, int64_t inputs, int64_t units, int32_t threads);

/* The same by the CBLAS, which may have threads of its own, where subnormal numbers are not 0.
 * False where that may matter: then nothing is done. */
bool neuron_cblas_forward(const neuron_gemm *product, const float *input, const float *weights,
                          const float *bias, const neuron_post_ops *post, float *output);
bool neuron_cblas_input_gradient(const neuron_gemm *product, const float *output_gradient,
                                 const float *weights, const neuron_post_ops *post,
                                 float *input_gradient);
bool neuron_cblas_weight_gradient(const neuron_gemm *product, const neuron_gemm_gradients *arrays);
size_t neuron_cblas_backward_scratch(int64_t units);

#endif
