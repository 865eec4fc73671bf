/* The choice of kernels. */
#include "base/context.h"
#include "kernels/kernels.h"
#include "test-common.h"

#include <stdio.h>

START_TEST(environment_decides)
{
    setenv("NEURON_KERNELS", "baseline", 1);
    ck_assert_str_eq(neuron_kernels_choose()->name, "baseline");
    unsetenv("NEURON_KERNELS");
}
END_TEST

START_TEST(unknown_names_are_passed_over)
{
    unsetenv("NEURON_KERNELS");
    const neuron_kernels *best = neuron_kernels_choose();
    setenv("NEURON_KERNELS", "abacus", 1);
    ck_assert_ptr_eq(neuron_kernels_choose(), best);
    unsetenv("NEURON_KERNELS");
    ck_assert_ptr_null(neuron_kernels_find("abacus"));
    ck_assert_ptr_eq(neuron_kernels_find(best->name), best);
}
END_TEST

/* A context says so; what other machines have is no error. */
START_TEST(unknown_names_are_told)
{
    static const char *const wrong[] = {"abacus", "AVX2", "avx-512", "avx2 ", "0"};
    static const char *const right[] = {"",         "baseline", "neon",      "avx2",
                                        "avx2vnni", "avx512",   "avx512vnni"};
    neuron_context_t *context;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        setenv("NEURON_KERNELS", wrong[i], 1);
        assert_status(neuron_context_create(&context, NULL), NEURON_E_ARGUMENT);
        ck_assert_ptr_null(context);
        assert_message(wrong[i]);
        assert_message("neuron_context_create: NEURON_KERNELS is");
        assert_message("not baseline, neon, avx2, avx2vnni, avx512 or avx512vnni");
    }
    for (size_t i = 0; i < sizeof right / sizeof right[0]; i++) {
        setenv("NEURON_KERNELS", right[i], 1);
        assert_ok(neuron_context_create(&context, NULL));
        neuron_context_unref(context);
    }
    unsetenv("NEURON_KERNELS");
}
END_TEST

/* What the program asks for comes first, and is never changed in silence. */
START_TEST(programs_decide)
{
    static const char *const names[] = {"baseline", "neon",   "avx2",
                                        "avx2vnni", "avx512", "avx512vnni"};
    neuron_context_t *context;
    setenv("NEURON_KERNELS", _i % 2 ? "baseline" : "abacus", 1);
    for (int i = 0; i < 6; i++) {
        char options[40];
        snprintf(options, sizeof options, "kernels=%s", names[i]);
        if (!neuron_kernels_find(names[i])) {
            assert_status(neuron_context_create(&context, options), NEURON_E_UNSUPPORTED);
            ck_assert_ptr_null(context);
            assert_message(names[i]);
            continue;
        }
        assert_ok(neuron_context_create(&context, options));
        ck_assert_str_eq(neuron_context_kernels(context), names[i]);
        ck_assert_ptr_null(context->missed_kernels);
        assert_ok(neuron_context_set(context, options));
        assert_status(neuron_context_set(context, "seed=3, kernels=auto"), NEURON_E_STATE);
        assert_message("context: kernels are chosen when it is made");
        ck_assert_uint_eq(neuron_context_seed(context), 0);
        ck_assert_str_eq(neuron_context_kernels(context), names[i]);
        neuron_context_unref(context);
    }
    setenv("NEURON_KERNELS", "baseline", 1);
    assert_ok(neuron_context_create(&context, "kernels=auto"));
    ck_assert_str_eq(neuron_context_kernels(context), "baseline");
    neuron_context_unref(context);
    unsetenv("NEURON_KERNELS");
}
END_TEST

START_TEST(tables_are_whole)
{
    static const char *const names[] = {"baseline", "neon",   "avx2",
                                        "avx2vnni", "avx512", "avx512vnni"};
    for (int i = 0; i < 6; i++) {
        const neuron_kernels *kernels = neuron_kernels_find(names[i]);
        if (!kernels)
            continue;
        ck_assert_str_eq(kernels->name, names[i]);
        ck_assert_int_eq(NEURON_PANEL_GROUP % (2 * kernels->lanes), 0);
        ck_assert(kernels->conv->conv_single_channel && kernels->gemm->multiply &&
                  kernels->gemm->pack);
        ck_assert(kernels->pool->max_pool && kernels->pool->max_pool_back &&
                  kernels->norm->statistics);
        ck_assert(kernels->norm->normalize && kernels->norm->gradient_sums &&
                  kernels->norm->normalize_back);
        ck_assert(kernels->dot->bytes_gemm && kernels->bytes->quantize);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("choose");
    TCase *all = tcase_create("all");
    tcase_add_test(all, environment_decides);
    tcase_add_test(all, unknown_names_are_passed_over);
    tcase_add_test(all, unknown_names_are_told);
    tcase_add_loop_test(all, programs_decide, 0, 2);
    tcase_add_test(all, tables_are_whole);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
