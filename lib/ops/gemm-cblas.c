/* The products of a dense layer by the CBLAS. It has threads of its own, so that it is called from
 * none of the pool's; these do what the CBLAS does not. */
#include "ops/gemm.h"

#include "base/checked.h"
#include "base/bump.h"
#include "kernels/panels.h"

#include <cblas.h>
#include <limits.h>
#include <math.h>
#include <stdatomic.h>
#include <string.h>

/* Floats that a task passes over, and that are made before they are handed on. */
enum { PASS_FLOATS = 32768, SLICE_FLOATS = 262144 };

static int64_t pass_rows(int64_t width)
{
    return width < PASS_FLOATS ? PASS_FLOATS / width : 1;
}

/* Bias and post-operations of rows of `width` floats. */
typedef struct finish_job {
    const neuron_gemm *product;
    const float *bias;
    const neuron_post_ops *post;
    float *values;
    int64_t width;
} finish_job;

static void finish_task(void *work, int64_t task, int32_t worker)
{
    (void)worker;
    const finish_job *job = work;
    int64_t rows = pass_rows(job->width), row = task * rows;
    neuron_join_work part = {
        .rows = neuron_min_count(rows, job->product->batch - row),
        .columns = job->width,
        .count = 1,
        .parts = job->values + row * job->width,
        .part_row = job->width,
        .bias = job->bias,
        .output = job->values + row * job->width,
        .output_row = job->width,
        .post = {job->post, 0, row * job->width},
    };
    job->product->kernels->gemm->join(&part);
}

static void finish_rows(finish_job *job)
{
    neuron_pool_run(job->product->pool,
                    neuron_ceil_divide(job->product->batch, pass_rows(job->width)), finish_task,
                    job);
}

/* The smallest magnitude of numbers other than 0. */
typedef struct smallest_job {
    const float *values;
    int64_t count;
    atomic_uint smallest; /* the bits of it less 1, which are the most for 0 */
} smallest_job;

static void find_smallest(void *work, int64_t task, int32_t worker)
{
    (void)worker;
    smallest_job *job = work;
    const float *values = job->values + task * PASS_FLOATS;
    int64_t count = neuron_min_count(PASS_FLOATS, job->count - task * PASS_FLOATS);
    uint32_t smallest = UINT32_MAX;
    for (int64_t i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, &values[i], sizeof bits);
        bits = (bits & INT32_MAX) - 1;
        smallest = bits < smallest ? bits : smallest;
    }
    unsigned before = atomic_load(&job->smallest);
    while (smallest < before && !atomic_compare_exchange_weak(&job->smallest, &before, smallest)) {
    }
}

/* 1 if all are 0, so that it hinders nothing. */
static double smallest_of(const neuron_gemm *product, const float *values, int64_t count)
{
    smallest_job job = {.values = values, .count = count};
    atomic_init(&job.smallest, UINT32_MAX);
    neuron_pool_run(product->pool, neuron_ceil_divide(count, PASS_FLOATS), find_smallest, &job);
    uint32_t bits = atomic_load(&job.smallest);
    /* Taken apart by hand: here subnormal numbers count as 0. */
    if (bits == UINT32_MAX)
        return 1;
    return bits + 1 < 0x00800000 ? 0 : ldexp(1, (int)((bits + 1) >> 23) - 127);
}

/* Whether no number of a product of these comes near the subnormal ones, which are not 0 in the
 * threads of the CBLAS, and slow: nothing tells it in what mode they are to compute. What is
 * left where products of twice the digits cancel each other is above FLT_MIN too. */
static bool stays_normal(const neuron_gemm *product, const float *left, int64_t left_count,
                         const float *right, int64_t right_count)
{
    double least = smallest_of(product, left, left_count),
           other = least > 0 ? smallest_of(product, right, right_count) : 0;
    return other > 0 && least * other >= 0x1p-126 * 0x1p48;
}

bool neuron_cblas_forward(const neuron_gemm *product, const float *input, const float *weights,
                          const float *bias, const neuron_post_ops *post, float *output)
{
    int batch = (int)product->batch, inputs = (int)product->inputs, units = (int)product->units;
    finish_job job = {product, NULL, post, output, units};
    if (!stays_normal(product, input, product->batch * inputs, weights, product->inputs * units))
        return false;
    if (bias) {
        float *padded = (float *)(void *)product->scratch;
        memset(padded, 0, (size_t)neuron_panel_round(units) * sizeof *padded);
        memcpy(padded, bias, (size_t)units * sizeof *padded);
        job.bias = padded;
    }
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, batch, units, inputs, 1, input, inputs,
                weights, units, 0, output, units);
    if (bias || neuron_post_goes_on(post, 0))
        finish_rows(&job);
    return true;
}

bool neuron_cblas_input_gradient(const neuron_gemm *product, const float *output_gradient,
                                 const float *weights, const neuron_post_ops *post,
                                 float *input_gradient)
{
    int batch = (int)product->batch, inputs = (int)product->inputs, units = (int)product->units;
    finish_job job = {product, NULL, post, input_gradient, inputs};
    if (!stays_normal(product, output_gradient, product->batch * units, weights,
                      product->inputs * units))
        return false;
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, batch, inputs, units, 1, output_gradient,
                units, weights, units, 0, input_gradient, inputs);
    if (neuron_post_goes_on(post, 0))
        finish_rows(&job);
    return true;
}

/* Rows of the weights' gradient that are handed on at once. */
static int64_t slice_rows(int64_t units)
{
    return units < SLICE_FLOATS ? SLICE_FLOATS / units : 1;
}

size_t neuron_cblas_backward_scratch(int64_t units)
{
    size_t total = 0;
    neuron_reserve(&total, slice_rows(units), neuron_size_of(units, sizeof(float)));
    return total;
}

typedef struct slice_job {
    const neuron_gemm_gradients *arrays;
    const float *slice;
    int64_t first, count;
} slice_job;

static void take_task(void *work, int64_t task, int32_t worker)
{
    (void)worker;
    const slice_job *job = work;
    int64_t first = task * PASS_FLOATS;
    job->arrays->on_gradient(job->arrays->sink, job->slice + first, job->first + first,
                             neuron_min_count(PASS_FLOATS, job->count - first));
}

/* Rows first .. first + rows - 1 of the gradient of the weights. */
static void multiply_rows(const neuron_gemm *product, const neuron_gemm_gradients *arrays,
                          int64_t first, int64_t rows, float *gradient)
{
    int batch = (int)product->batch, inputs = (int)product->inputs, units = (int)product->units;
    cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, (int)rows, units, batch, 1,
                arrays->input + first, inputs, arrays->output_gradient, units, 0, gradient, units);
}

static void sink_slices(const neuron_gemm *product, const neuron_gemm_gradients *arrays)
{
    float *slice = (float *)(void *)product->scratch;
    int64_t step = slice_rows(product->units);
    for (int64_t row = 0; row < product->inputs; row += step) {
        int64_t rows = neuron_min_count(step, product->inputs - row);
        slice_job job = {arrays, slice, row * product->units, rows * product->units};
        multiply_rows(product, arrays, row, rows, slice);
        neuron_pool_run(product->pool, neuron_ceil_divide(job.count, PASS_FLOATS), take_task, &job);
    }
}

bool neuron_cblas_weight_gradient(const neuron_gemm *product, const neuron_gemm_gradients *arrays)
{
    if ((arrays->gradient || arrays->on_gradient) &&
        !stays_normal(product, arrays->input, product->batch * product->inputs,
                      arrays->output_gradient, product->batch * product->units))
        return false;
    if (arrays->bias_gradient) {
        float *sums = arrays->bias_gradient;
        memset(sums, 0, (size_t)product->units * sizeof *sums);
        for (int64_t row = 0; row < product->batch; row++)
            for (int64_t unit = 0; unit < product->units; unit++)
                sums[unit] += arrays->output_gradient[row * product->units + unit];
    }
    if (arrays->gradient)
        multiply_rows(product, arrays, 0, product->inputs, arrays->gradient);
    else if (arrays->on_gradient)
        sink_slices(product, arrays);
    return true;
}

bool neuron_gemm_by_cblas(const neuron_kernels *kernels, int64_t batch, int64_t inputs,
                          int64_t units)
{
    return kernels->lanes < 8 && batch <= INT_MAX && inputs <= INT_MAX && units <= INT_MAX;
}
