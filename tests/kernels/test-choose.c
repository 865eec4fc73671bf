/* The choice of kernels. */
#include "kernels/kernels.h"
#include "test-common.h"

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

START_TEST(tables_are_whole)
{
    static const char *const names[] = {"baseline", "avx2", "avx512"};
    for (int i = 0; i < 3; i++) {
        const neuron_kernels *kernels = neuron_kernels_find(names[i]);
        if (!kernels)
            continue;
        ck_assert_str_eq(kernels->name, names[i]);
        ck_assert_int_eq(NEURON_PANEL_GROUP % (2 * kernels->lanes), 0);
        ck_assert(kernels->correlate && kernels->accumulate && kernels->multiply && kernels->pack);
        ck_assert(kernels->maximum && kernels->scatter && kernels->moments);
        ck_assert(kernels->normalize && kernels->gradient_sums && kernels->normalize_back);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("choose");
    TCase *all = tcase_create("all");
    tcase_add_test(all, environment_decides);
    tcase_add_test(all, unknown_names_are_passed_over);
    tcase_add_test(all, tables_are_whole);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
