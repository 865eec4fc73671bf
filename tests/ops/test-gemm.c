/* The products of a dense layer, by each set of kernels and by the CBLAS, against plain loops in
 * double. */
#include "layer-fixture.h"

#include "ops/gemm.h"
#include "ops/gemm-tiling.h"

#include <stdatomic.h>

typedef struct shape {
    int64_t batch, inputs, units;
} shape;

/* Few rows and many; one panel, parts of panels and several; sums that are cut and that are not. */
static const shape shapes[] = {
    {1, 1, 1},       {1, 700, 10},   {1, 300, 513},   {1, 70, 2100},   {2, 33, 130},
    {3, 1500, 129},  {4, 1, 40},     {5, 65, 31},     {7, 512, 260},   {8, 100, 64},
    {9, 256, 300},   {11, 19, 17},   {12, 256, 48},   {13, 256, 48},   {16, 17, 16},
    {17, 40, 33},    {32, 784, 100}, {33, 513, 10},   {64, 30, 520},   {65, 1030, 31},
    {100, 256, 10},  {128, 60, 600}, {129, 512, 7},   {130, 700, 300}, {50, 5, 1100},
    {300, 90, 50},   {600, 20, 40},  {520, 1030, 33}, {128, 2048, 10}, {70, 512, 100},
    {40, 1024, 130},
};
enum { SHAPES = sizeof shapes / sizeof *shapes };

typedef struct products {
    shape is;
    neuron_context_t *context;
    float *input, *weights, *bias, *scale, *shift, *output_gradient;
    float *output, *input_gradient, *gradient, *bias_gradient;
    neuron_gemm product;
} products;

static float *padded_floats(int64_t count, uint32_t stream)
{
    int64_t room = (count + NEURON_PANEL_GROUP - 1) / NEURON_PANEL_GROUP * NEURON_PANEL_GROUP;
    float *values = fixture_floats(room);
    memset(values, 0, (size_t)room * sizeof *values);
    fixture_fill(values, count, stream);
    return values;
}

static float *filled_floats(int64_t count, uint32_t stream)
{
    float *values = fixture_floats(count);
    fixture_fill(values, count, stream);
    return values;
}

static void set_scratch(products *p, size_t bytes)
{
    free(p->product.scratch);
    p->product.scratch = fixture_memory(bytes);
}

/* Weights that were packed before give the same bytes, and no others are read. */
static void check_packed(products *p, const neuron_post_ops *post)
{
    int64_t outputs = p->is.batch * p->is.units, inputs = p->is.inputs;
    float *packed = fixture_floats(inputs * neuron_panel_round(p->is.units));
    float *output = fixture_floats(outputs);
    neuron_gemm_pack(&p->product, p->weights, packed);
    set_scratch(p, neuron_gemm_forward_scratch(p->is.batch, inputs, p->is.units,
                                               neuron_pool_threads(p->product.pool), true, false));
    bool reads_rows = p->product.by_cblas || !neuron_gemm_packs(p->is.batch, 1, 1, false);
    neuron_gemm_weights weights = {.rows = reads_rows ? p->weights : NULL, .packed = packed};
    neuron_gemm_forward(&p->product, p->input, &weights, p->bias, post, output);
    assert_same_bytes(output, p->output, outputs);
    free(output);
    free(packed);
}

/* Rows of weights that were aligned before are multiplied with few rows, and no others are read. */
static void check_aligned(const products *p, const neuron_post_ops *post)
{
    int64_t outputs = p->is.batch * p->is.units, inputs = p->is.inputs;
    if (p->is.batch > NEURON_FORWARD_FEW_ROWS)
        return;
    float *aligned = fixture_floats(inputs * neuron_gemm_aligned_row(p->is.units));
    float *output = fixture_floats(outputs);
    neuron_gemm_align(&p->product, p->weights, aligned);
    neuron_gemm_weights weights = {.aligned = aligned};
    neuron_gemm_forward(&p->product, p->input, &weights, p->bias, post, output);
    for (int64_t i = 0; i < outputs; i++)
        assert_that(fabsf(output[i] - p->output[i]) <= 1e-6f * (float)(inputs + 10),
                    "aligned output %ld is %g, not %g", (long)i, (double)output[i],
                    (double)p->output[i]);
    free(output);
    free(aligned);
}

/* Memory is planned for `planned` examples. */
static void open_products(products *p, const shape *is, int64_t planned, int32_t threads,
                          const neuron_kernels *kernels, bool by_cblas)
{
    *p = (products){.is = *is};
    assert_ok(neuron_context_create(&p->context, NULL));
    assert_ok(neuron_context_set_number(p->context, "threads", threads));
    p->input = filled_floats(is->batch * is->inputs, 1);
    p->weights = filled_floats(is->inputs * is->units, 2);
    p->bias = filled_floats(is->units, 3);
    p->scale = padded_floats(is->units, 4);
    p->shift = padded_floats(is->units, 5);
    p->output_gradient = filled_floats(is->batch * is->units, 6);
    p->output = fixture_floats(is->batch * is->units);
    p->input_gradient = fixture_floats(is->batch * is->inputs);
    p->gradient = fixture_floats(is->inputs * is->units);
    p->bias_gradient = fixture_floats(is->units);
    p->product = (neuron_gemm){.kernels = kernels,
                               .pool = p->context->pool,
                               .by_cblas = by_cblas,
                               .batch = is->batch,
                               .inputs = is->inputs,
                               .units = is->units};
    size_t forward =
        neuron_gemm_forward_scratch(planned, is->inputs, is->units, threads, false, false);
    set_scratch(p, forward);
    const neuron_post_ops post = {
        2,
        {{.kind = NEURON_POST_RELU},
         {.kind = NEURON_POST_SCALE_SHIFT, .scale = p->scale, .shift = p->shift}}};
    const neuron_post_ops back = {1, {{.kind = NEURON_POST_RELU, .seen = p->input}}};
    neuron_gemm_weights weights = {.rows = p->weights};
    neuron_gemm_forward(&p->product, p->input, &weights, p->bias, &post, p->output);
    check_aligned(p, &post);
    check_packed(p, &post);
    set_scratch(p, neuron_gemm_backward_scratch(planned, is->inputs, is->units, threads));
    neuron_gemm_input_gradient(&p->product, p->output_gradient, p->weights, &back,
                               p->input_gradient);
    neuron_gemm_gradients arrays = {.input = p->input,
                                    .output_gradient = p->output_gradient,
                                    .gradient = p->gradient,
                                    .bias_gradient = p->bias_gradient};
    neuron_gemm_weight_gradient(&p->product, &arrays);
}

static void close_products(products *p)
{
    free(p->input);
    free(p->weights);
    free(p->bias);
    free(p->scale);
    free(p->shift);
    free(p->output_gradient);
    free(p->output);
    free(p->input_gradient);
    free(p->gradient);
    free(p->bias_gradient);
    free(p->product.scratch);
    neuron_context_unref(p->context);
}

/* A column of sums that lie `a_step` and `b_step` apart. */
static double dot(const float *a, int64_t a_step, const float *b, int64_t b_step, int64_t count)
{
    double sum = 0;
    for (int64_t i = 0; i < count; i++)
        sum += (double)a[i * a_step] * (double)b[i * b_step];
    return sum;
}

static void assert_near(const products *p, const char *what, int64_t at, float value,
                        double expected, int64_t depth)
{
    assert_that(fabs((double)value - expected) <= 1e-6 * (2 + (double)depth / 4),
                "%s %lldx%lldx%lld: %s[%lld] is %g, not %g", p->product.kernels->name,
                (long long)p->is.batch, (long long)p->is.inputs, (long long)p->is.units, what,
                (long long)at, (double)value, expected);
}

/* Not every element of the large ones. */
static int64_t step_of(int64_t count)
{
    return 1 + count / 1500;
}

static void check_output(const products *p)
{
    const shape *is = &p->is;
    for (int64_t i = 0; i < is->batch * is->units; i += step_of(is->batch * is->units)) {
        int64_t m = i / is->units, n = i % is->units;
        double sum = (double)p->bias[n] +
                     dot(p->input + m * is->inputs, 1, p->weights + n, is->units, is->inputs);
        sum = (sum > 0 ? sum : 0) * (double)p->scale[n] + (double)p->shift[n];
        assert_near(p, "output", i, p->output[i], sum, is->inputs);
    }
}

static void check_input_gradient(const products *p)
{
    const shape *is = &p->is;
    for (int64_t i = 0; i < is->batch * is->inputs; i += step_of(is->batch * is->inputs)) {
        int64_t m = i / is->inputs, k = i % is->inputs;
        double sum =
            dot(p->output_gradient + m * is->units, 1, p->weights + k * is->units, 1, is->units);
        assert_near(p, "input gradient", i, p->input_gradient[i], p->input[i] > 0 ? sum : 0,
                    is->units);
    }
}

static void check_gradient(const products *p)
{
    const shape *is = &p->is;
    for (int64_t i = 0; i < is->inputs * is->units; i += step_of(is->inputs * is->units)) {
        int64_t k = i / is->units, n = i % is->units;
        assert_near(p, "gradient", i, p->gradient[i],
                    dot(p->input + k, is->inputs, p->output_gradient + n, is->units, is->batch),
                    is->batch);
    }
    float one = 1;
    for (int64_t n = 0; n < is->units; n++)
        assert_near(p, "bias gradient", n, p->bias_gradient[n],
                    dot(&one, 0, p->output_gradient + n, is->units, is->batch), is->batch);
}

static void check_shape(const shape *is, const neuron_kernels *kernels, bool by_cblas)
{
    products p;
    open_products(&p, is, is->batch + is->batch % 3, 2, kernels, by_cblas);
    check_output(&p);
    check_input_gradient(&p);
    check_gradient(&p);
    close_products(&p);
}

START_TEST(agrees_with_plain_loops)
{
    const neuron_kernels *kernels = neuron_kernels_find(kernel_names[_i]);
    for (int i = 0; kernels && i < SHAPES; i++)
        check_shape(&shapes[i], kernels, false);
}
END_TEST

START_TEST(any_batch)
{
    const neuron_kernels *kernels = neuron_kernels_find(kernel_names[_i]);
    for (int64_t batch = 1; kernels && batch <= 130; batch++)
        check_shape(&(shape){batch, 45, 38}, kernels, false);
}
END_TEST

/* False in a build without one. */
static bool has_cblas(void)
{
    return neuron_gemm_by_cblas(neuron_kernels_find("baseline"), 128, 784, 512);
}

START_TEST(cblas_does_the_same)
{
    for (int i = 0; has_cblas() && i < SHAPES; i++)
        check_shape(&shapes[i], neuron_kernels_choose(), true);
}
END_TEST

/* Memory that is planned for more examples is enough, whatever the cut. */
START_TEST(threads_and_plans_change_nothing)
{
    const neuron_kernels *kernels = neuron_kernels_find(kernel_names[_i]);
    for (int i = 0; kernels && i < SHAPES; i++) {
        const shape *is = &shapes[i];
        products first, other;
        open_products(&first, is, is->batch, 1, kernels, false);
        for (int32_t threads = 2; threads <= 3; threads++) {
            open_products(&other, is, is->batch * 7 + 1, threads, kernels, false);
            assert_same_bytes(first.output, other.output, is->batch * is->units);
            assert_same_bytes(first.input_gradient, other.input_gradient, is->batch * is->inputs);
            assert_same_bytes(first.gradient, other.gradient, is->inputs * is->units);
            assert_same_bytes(first.bias_gradient, other.bias_gradient, is->units);
            close_products(&other);
        }
        close_products(&first);
    }
}
END_TEST

typedef struct taken {
    float *gradient;
    atomic_int_fast64_t count;
} taken;

static void take_slice(const void *user, const float *slice, int64_t first, int64_t count)
{
    taken *all = *(taken *const *)user;
    memcpy(all->gradient + first, slice, (size_t)count * sizeof *slice);
    atomic_fetch_add(&all->count, count);
}

static void check_slices(const shape *is, const neuron_kernels *kernels, bool by_cblas)
{
    products p;
    open_products(&p, is, is->batch, 2, kernels, by_cblas);
    int64_t count = is->inputs * is->units;
    taken all = {.gradient = fixture_floats(count)};
    taken *user = &all;
    neuron_gemm_gradients arrays = {.input = p.input,
                                    .output_gradient = p.output_gradient,
                                    .on_gradient = take_slice,
                                    .sink = &user};
    neuron_gemm_weight_gradient(&p.product, &arrays);
    ck_assert_int_eq(atomic_load(&all.count), count);
    if (!by_cblas)
        assert_same_bytes(all.gradient, p.gradient, count);
    for (int64_t i = 0; i < count; i++)
        assert_near(&p, "slices", i, all.gradient[i], (double)p.gradient[i], is->batch);
    free(all.gradient);
    close_products(&p);
}

START_TEST(slices_are_the_whole)
{
    const neuron_kernels *kernels = neuron_kernels_find(kernel_names[_i]);
    for (int i = 0; kernels && i < SHAPES; i++) {
        check_slices(&shapes[i], kernels, false);
        if (has_cblas())
            check_slices(&shapes[i], kernels, true);
    }
}
END_TEST

START_TEST(sizes_that_do_not_fit_are_told)
{
    ck_assert_uint_eq(neuron_gemm_forward_scratch(INT64_MAX / 8, 1 << 30, 1 << 30, 2, false, false),
                      SIZE_MAX);
    ck_assert_uint_eq(neuron_gemm_backward_scratch(INT64_MAX / 8, 1 << 30, 1 << 30, 2), SIZE_MAX);
}
END_TEST

/* A CBLAS counts by int. */
START_TEST(counts_beyond_an_int_are_ours)
{
    const neuron_kernels *baseline = neuron_kernels_find("baseline");
    int64_t large = (int64_t)INT32_MAX + 1;
    ck_assert(!neuron_gemm_by_cblas(baseline, 1, large, 1));
    ck_assert(!neuron_gemm_by_cblas(baseline, 1, 1, 2 * large + 3));
    ck_assert(!neuron_gemm_by_cblas(baseline, large, 2, 2));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("product");
    TCase *all = tcase_create("all");
    tcase_set_timeout(all, 240);
    tcase_add_loop_test(all, agrees_with_plain_loops, 0, KERNEL_NAMES);
    tcase_add_loop_test(all, any_batch, 0, KERNEL_NAMES);
    tcase_add_test(all, cblas_does_the_same);
    tcase_add_test(all, counts_beyond_an_int_are_ours);
    tcase_add_loop_test(all, threads_and_plans_change_nothing, 0, KERNEL_NAMES);
    tcase_add_loop_test(all, slices_are_the_whole, 0, KERNEL_NAMES);
    tcase_add_test(all, sizes_that_do_not_fit_are_told);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
