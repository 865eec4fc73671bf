/* What the machine can do: multiplying large matrices by the CBLAS or by the library, whichever is
 * faster. */
#include "bench.h"

#include "base/context.h"
#include "ops/gemm.h"

#include <dlfcn.h>
#include <stdlib.h>
#if BENCH_HAS_CBLAS
#include <cblas.h>
#endif

static const int sizes[BENCH_SGEMM_SIZES] = {1024, 2048};

bool bench_blas_set_threads(int32_t threads)
{
    /* Each CBLAS has a call of its own for it, and none is in the standard. */
    static const char *const names[] = {"openblas_set_num_threads", "bli_thread_set_num_threads",
                                        "MKL_Set_Num_Threads"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        void *symbol = dlsym(RTLD_DEFAULT, names[i]);
        if (!symbol)
            continue;
        void (*set)(long);
        *(void **)&set = symbol; /* as POSIX has it: a void * holds a function */
        set(threads);
        return true;
    }
    return false;
}

static float *matrix(int size)
{
    size_t count = (size_t)size * (size_t)size;
    float *values = malloc(count * sizeof *values);
    if (!values)
        bench_fail("out of memory");
    for (size_t i = 0; i < count; i++)
        values[i] = (float)(i % 17) / 17;
    return values;
}

#if BENCH_HAS_CBLAS
static void multiply_by_cblas(int size, const float *a, const float *b, float *c, int32_t threads)
{
    (void)threads; /* set before */
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, size, size, size, 1, a, size, b, size, 0,
                c, size);
}
#endif

static void multiply(int size, const float *a, const float *b, float *c, int32_t threads)
{
    neuron_context_t *context = NULL;
    if (neuron_context_create(&context, NULL) ||
        neuron_context_set_number(context, "threads", threads))
        bench_fail("%s", neuron_error_last());
    neuron_gemm product = {.kernels = neuron_kernels_choose(),
                           .pool = context->pool,
                           .batch = size,
                           .inputs = size,
                           .units = size};
    product.scratch = malloc(neuron_gemm_forward_scratch(size, size, size, threads, false, false));
    if (!product.scratch)
        bench_fail("out of memory");
    neuron_gemm_forward(&product, a, &(neuron_gemm_weights){.rows = b}, NULL, NULL, c);
    free(product.scratch);
    neuron_context_unref(context);
}

typedef void (*multiply_function)(int size, const float *a, const float *b, float *c,
                                  int32_t threads);

static const multiply_function ways[BENCH_SGEMM_WAYS] = {
    multiply,
#if BENCH_HAS_CBLAS
    multiply_by_cblas,
#endif
};

static void measure_size(bench_sgemm_t *sgemm, int way, int which, double seconds, int32_t threads)
{
    int size = sizes[which], *count = &sgemm->counts[way][which];
    float *a = matrix(size), *b = matrix(size), *c = matrix(size);
    double begin = bench_clock();
    do {
        double start = bench_clock();
        ways[way](size, a, b, c, threads);
        double taken = bench_clock() - start;
        if (*count < BENCH_SAMPLES_MAX)
            sgemm->samples[way][which][(*count)++] = 2e-9 * size * (double)size * size / taken;
    } while (bench_clock() - begin < seconds);
    free(a);
    free(b);
    free(c);
}

void bench_sgemm_measure(bench_sgemm_t *sgemm, int32_t threads, double seconds)
{
    sgemm->threads_set = bench_blas_set_threads(threads);
    for (int way = 0; way < BENCH_SGEMM_WAYS; way++)
        for (int i = 0; ways[way] && i < BENCH_SGEMM_SIZES; i++)
            measure_size(sgemm, way, i, seconds / 4, threads);
}

double bench_sgemm_rate(bench_sgemm_t *sgemm)
{
    double best = 0;
    for (int way = 0; way < BENCH_SGEMM_WAYS; way++) {
        for (int i = 0; ways[way] && i < BENCH_SGEMM_SIZES; i++) {
            double median = bench_median(sgemm->samples[way][i], sgemm->counts[way][i]);
            best = median > best ? median : best;
        }
    }
    return best;
}
