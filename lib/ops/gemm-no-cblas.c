/* Instead of product-cblas.c where the library is built without a CBLAS: its own products do it
 * all, and the functions below are never reached. */
#include "ops/gemm.h"

bool neuron_gemm_by_cblas(const neuron_kernels *kernels, int64_t batch, int64_t inputs,
                          int64_t units)
{
    (void)kernels, (void)batch, (void)inputs, (void)units;
    return false;
}

bool neuron_cblas_forward(const neuron_gemm *product, const float *input, const float *weights,
                          const float *bias, const neuron_post_ops *post, float *output)
{
    (void)product, (void)input, (void)weights, (void)bias, (void)post, (void)output;
    return false;
}

bool neuron_cblas_input_gradient(const neuron_gemm *product, const float *output_gradient,
                                 const float *weights, const neuron_post_ops *post,
                                 float *input_gradient)
{
    (void)product, (void)output_gradient, (void)weights, (void)post, (void)input_gradient;
    return false;
}

bool neuron_cblas_weight_gradient(const neuron_gemm *product, const neuron_gemm_gradients *arrays)
{
    (void)product, (void)arrays;
    return false;
}

size_t neuron_cblas_backward_scratch(int64_t units)
{
    (void)units;
    return 0;
}
