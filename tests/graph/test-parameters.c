/* What parameters start as, and how they are read and written. */
#include "gradient.h"
#include "test-common.h"

#include <math.h>

/* The kernel of a graph with one layer. */
enum { UNITS = 300, IN = 200 };

static void make_kernel(neuron_context_t *context, const uint64_t *seed, float *kernel)
{
    neuron_graph_t *graph;
    assert_ok(neuron_graph_create(&graph, context));
    if (seed)
        assert_ok(neuron_graph_set_seed(graph, *seed));
    assert_ok(
        neuron_graph_finish(graph, neuron_dense(graph, vector_input(graph, IN), UNITS, NULL)));
    assert_ok(neuron_graph_read_array(kernel, IN * UNITS, NULL, graph, 0));
    neuron_graph_unref(graph);
}

/* A graph that is loaded, and one that is joined of others. */
static void load_and_join(neuron_context_t *context)
{
    static unsigned char file[1 << 16];
    neuron_graph_t *graph, *loaded, *committee;
    size_t size;
    assert_ok(neuron_graph_create(&graph, context));
    assert_ok(neuron_graph_finish(graph, neuron_dense(graph, vector_input(graph, 3), 2, NULL)));
    assert_ok(neuron_graph_save_memory(file, sizeof file, &size, graph));
    assert_ok(neuron_graph_load_memory(&loaded, context, file, size));
    assert_ok(neuron_committee_create(&committee, context, (neuron_graph_t *[]){graph, loaded}, 2,
                                      NULL, "rule=mean"));
    neuron_graph_unref(committee);
    neuron_graph_unref(loaded);
    neuron_graph_unref(graph);
}

static float kernels[2][IN * UNITS];

START_TEST(seeds)
{
    neuron_context_t *context = test_context(), *other = test_context();
    uint64_t seed = 5, another = 5 + ((uint64_t)1 << 32);
    make_kernel(context, NULL, kernels[0]);
    make_kernel(context, &another, kernels[1]);
    ck_assert_mem_ne(kernels[0], kernels[1], sizeof kernels[0]);
    make_kernel(context, NULL, kernels[1]); /* whatever was made before it */
    ck_assert_mem_eq(kernels[0], kernels[1], sizeof kernels[0]);
    load_and_join(context);
    make_kernel(context, NULL, kernels[1]);
    ck_assert_mem_eq(kernels[0], kernels[1], sizeof kernels[0]);
    make_kernel(other, NULL, kernels[1]); /* in another context of the same seed */
    ck_assert_mem_eq(kernels[0], kernels[1], sizeof kernels[0]);
    assert_ok(neuron_context_set_seed(other, seed));
    make_kernel(other, NULL, kernels[1]);
    ck_assert_mem_ne(kernels[0], kernels[1], sizeof kernels[0]);
    make_kernel(context, &seed, kernels[0]);
    make_kernel(other, &seed, kernels[1]);
    ck_assert_mem_eq(kernels[0], kernels[1], sizeof kernels[0]);
    make_kernel(other, &another, kernels[1]);
    ck_assert_mem_ne(kernels[0], kernels[1], sizeof kernels[0]);
    neuron_context_unref(context);
    neuron_context_unref(other);
}
END_TEST

START_TEST(two_layers_of_one_graph_start_differently)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x =
        neuron_dense(graph, neuron_dense(graph, vector_input(graph, 9), 9, NULL), 9, NULL);
    assert_ok(neuron_graph_finish(graph, x));
    float first[81], second[81];
    assert_ok(neuron_graph_read_array(first, 81, NULL, graph, 0));
    assert_ok(neuron_graph_read_array(second, 81, NULL, graph, 2));
    ck_assert_mem_ne(first, second, sizeof first);
    neuron_graph_unref(graph);
}
END_TEST

/* Fills the range, stays within it, and has the mean and variance of a uniform distribution. */
static void assert_uniform(const float *values, int count, double limit)
{
    double sum = 0, squares = 0, largest = 0;
    for (int i = 0; i < count; i++) {
        sum += (double)values[i];
        squares += (double)values[i] * (double)values[i];
        largest = fmax(largest, fabs((double)values[i]));
    }
    ck_assert_double_le(largest, limit * (1 + 1e-6));
    ck_assert_double_ge(largest, limit * 0.99);
    ck_assert_double_eq_tol(sum / count, 0, 5 * limit / sqrt(3.0 * count));
    ck_assert_double_eq_tol(squares / count, limit * limit / 3, 5 * limit * limit / sqrt(count));
}

START_TEST(kernels_start_within_the_limits_of_glorot)
{
    neuron_context_t *context = test_context();
    make_kernel(context, NULL, kernels[0]);
    assert_uniform(kernels[0], IN * UNITS, sqrt(6.0 / (IN + UNITS)));
    neuron_context_unref(context);
    /* Each pixel of a window counts for both fans. */
    neuron_graph_t *graph = new_graph();
    assert_ok(neuron_graph_finish(
        graph, neuron_conv2d(graph, image_input(graph, 8, 8, 20), 30, 3, 5, NULL)));
    assert_ok(neuron_graph_read_array(kernels[0], 15 * 20 * 30, NULL, graph, 0));
    assert_uniform(kernels[0], 15 * 20 * 30, sqrt(6.0 / (15 * (20 + 30))));
    float bias[30], zeros[30] = {0};
    assert_ok(neuron_graph_read_array(bias, 30, NULL, graph, 1));
    ck_assert_mem_eq(bias, zeros, sizeof bias);
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(kernels_may_start_as_zeros)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = neuron_dense(graph, vector_input(graph, 4), 2, "initializer=zeros");
    assert_ok(neuron_graph_finish(graph, x));
    float kernel[8], zeros[8] = {0};
    assert_ok(neuron_graph_read_array(kernel, 8, NULL, graph, 0));
    ck_assert_mem_eq(kernel, zeros, sizeof kernel);
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(arrays_are_read_and_written)
{
    neuron_graph_t *graph = new_graph();
    float values[8] = {0};
    size_t needed = 0;
    neuron_node_t *x = neuron_dense(graph, vector_input(graph, 3), 2, NULL);
    ck_assert_int_eq(neuron_graph_array_count(graph), 0);
    ck_assert_ptr_null(neuron_graph_array_name(graph, 0));
    assert_status(neuron_graph_read_array(values, 8, NULL, graph, 0), NEURON_E_STATE);
    assert_status(neuron_graph_write_array(graph, 0, values, 6), NEURON_E_STATE);
    assert_ok(neuron_graph_finish(graph, x));
    const float kernel[6] = {1, 2, 3, 4, 5, 6};
    assert_ok(neuron_graph_write_array(graph, 0, kernel, 6));
    assert_ok(neuron_graph_read_array(NULL, 0, &needed, graph, 0));
    ck_assert_uint_eq(needed, 6);
    assert_ok(neuron_graph_read_array(values, 8, &needed, graph, 0));
    ck_assert_mem_eq(values, kernel, sizeof kernel);
    assert_status(neuron_graph_read_array(values, 5, &needed, graph, 0), NEURON_E_ARGUMENT);
    assert_message("dense.kernel has 6 numbers, there is room for 5");
    ck_assert_uint_eq(needed, 6);
    assert_status(neuron_graph_read_array(NULL, 8, NULL, graph, 0), NEURON_E_ARGUMENT);
    assert_status(neuron_graph_write_array(graph, 1, kernel, 6), NEURON_E_ARGUMENT);
    assert_message("dense.bias has 2 numbers, not 6");
    assert_status(neuron_graph_write_array(graph, 0, NULL, 6), NEURON_E_ARGUMENT);
    for (int64_t index = -1; index <= 2; index += 3) {
        ck_assert_ptr_null(neuron_graph_array_name(graph, index));
        assert_status(neuron_graph_read_array(values, 8, NULL, graph, index), NEURON_E_ARGUMENT);
        assert_message("has no parameter array");
        assert_status(neuron_graph_write_array(graph, index, values, 6), NEURON_E_ARGUMENT);
    }
    neuron_graph_unref(graph);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("parameters");
    TCase *tests = tcase_create("parameters");
    suite_add_tcase(suite, tests);
    tcase_add_test(tests, seeds);
    tcase_add_test(tests, two_layers_of_one_graph_start_differently);
    tcase_add_test(tests, kernels_start_within_the_limits_of_glorot);
    tcase_add_test(tests, kernels_may_start_as_zeros);
    tcase_add_test(tests, arrays_are_read_and_written);
    return run_suite(suite);
}
