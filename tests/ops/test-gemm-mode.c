/* Products of numbers near the subnormal ones, which count as 0 whatever multiplies: the CBLAS is
 * large enough here to use threads of its own. */
#include "layer-fixture.h"

#include "base/float-mode.h"
#include "ops/gemm.h"

enum { SIZE = 256, COUNT = SIZE * SIZE };

typedef struct arrays {
    float left[COUNT], right[COUNT], results[3][COUNT];
} arrays;

/* All three products: 0 is the output, 1 the gradient of the input, 2 that of the weights. */
static void multiply(arrays *all, bool with_cblas)
{
    neuron_context_t *context;
    assert_ok(neuron_context_create(&context, NULL));
    size_t forward = neuron_gemm_forward_scratch(SIZE, SIZE, SIZE, 2, false, false),
           backward = neuron_gemm_backward_scratch(SIZE, SIZE, SIZE, 2);
    assert_ok(neuron_context_set_number(context, "threads", 2));
    const neuron_gemm product = {.kernels = neuron_kernels_find("baseline"),
                                 .pool = context->pool,
                                 .by_cblas = with_cblas,
                                 .batch = SIZE,
                                 .inputs = SIZE,
                                 .units = SIZE,
                                 .scratch =
                                     fixture_memory(forward > backward ? forward : backward)};
    const neuron_gemm_gradients weights = {
        .input = all->left, .output_gradient = all->right, .gradient = all->results[2]};
    {
        COMPUTE_SCOPE;
        neuron_gemm_forward(&product, all->left, &(neuron_gemm_weights){.rows = all->right}, NULL,
                            NULL, all->results[0]);
        neuron_gemm_input_gradient(&product, all->left, all->right, NULL, all->results[1]);
        neuron_gemm_weight_gradient(&product, &weights);
    }
    free(product.scratch);
    neuron_context_unref(context);
}

/* False in a build without one. */
static bool by_cblas(void)
{
    return neuron_gemm_by_cblas(neuron_kernels_find("baseline"), SIZE, SIZE, SIZE);
}

typedef struct pair {
    float left, right; /* all numbers are this */
} pair;

/* A factor that is subnormal, or a product. */
static const pair fading[] = {{1, 1e-39f},       {1e-39f, 1},      {-1e-45f, 1e30f},
                              {1e10f, -1e-38f},  {1e-20f, 1e-20f}, {-1e-30f, 1e-9f},
                              {1e-19f, 0.9e-20f}};

/* Elsewhere processors can take such results for 0, but not such factors, or neither. */
#if defined(__x86_64__) || defined(__aarch64__)
enum { FADING = sizeof fading / sizeof fading[0] };
#else
enum { FADING = 0 };
#endif

START_TEST(what_fades_is_0)
{
    arrays *all = fixture_memory(sizeof *all);
    for (int i = 0; i < COUNT; i++) {
        all->left[i] = fading[_i].left;
        all->right[i] = fading[_i].right;
    }
    multiply(all, by_cblas());
    for (int k = 0; k < 3; k++)
        for (int i = 0; i < COUNT; i++)
            assert_that(all->results[k][i] == 0, "product %d: number %d is %g", k, i,
                        (double)all->results[k][i]);
    free(all);
}
END_TEST

/* One such number among others is enough. */
START_TEST(one_is_enough)
{
    static const float small[] = {1e-39f, -1e-40f, 1e-37f};
    arrays *all = fixture_memory(sizeof *all), *other = fixture_memory(sizeof *other);
    fixture_fill(all->left, COUNT, 1);
    fixture_fill(all->right, COUNT, 2);
    (_i < 3 ? all->left : all->right)[_i % 2 ? COUNT - 1 : 777] = small[_i % 3];
    memcpy(other->left, all->left, sizeof other->left);
    memcpy(other->right, all->right, sizeof other->right);
    multiply(all, by_cblas());
    multiply(other, false);
    ck_assert_mem_eq(all->results, other->results, sizeof all->results);
    free(all);
    free(other);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("product-mode");
    TCase *tests = tcase_create("product-mode");
    tcase_add_loop_test(tests, what_fades_is_0, 0, FADING);
    tcase_add_loop_test(tests, one_is_enough, 0, 6);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
