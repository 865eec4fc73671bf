#include "gradient.h"
#include "test-common.h"

#include "kernels/kernels.h"
#include "session/session.h"

#include <math.h>
#include <stdlib.h>

enum { VALUES = 5003, BATCH = 20, ALL = VALUES * BATCH };

/* What noise makes of zeros in a training step. */
static void make_noise(double deviation, int32_t threads, uint64_t seed, uint64_t step,
                       float output[ALL])
{
    neuron_context_t *context = test_context();
    assert_ok(neuron_context_set_number(context, "threads", threads));
    neuron_graph_t *graph;
    assert_ok(neuron_graph_create(&graph, context));
    neuron_node_t *node = neuron_gaussian_noise(graph, vector_input(graph, VALUES), deviation);
    assert_ok(neuron_graph_finish(graph, node));
    neuron_session *session;
    assert_ok(neuron_session_create(&session, graph, NEURON_SESSION_TRAIN, BATCH));
    memset(neuron_session_input(session, 0), 0, ALL * sizeof(float));
    neuron_session_forward(session, NULL, BATCH, seed, step);
    memcpy(output, neuron_session_output(session, 0), ALL * sizeof *output);
    neuron_session_destroy(session);
    neuron_graph_unref(graph);
    neuron_context_unref(context);
}

static float first[ALL], second[ALL];

/* Mean of the products of values that lie `distance` apart. */
static double moment(const float *a, const float *b, int distance)
{
    double sum = 0;
    for (int i = distance; i < ALL; i++)
        sum += (double)a[i] * (double)b[i - distance];
    return sum / (ALL - distance);
}

/* Five standard deviations of 100,060 draws: of the mean 0.016, of a product 0.016, of the variance
 * 0.023, of the share within one deviation 0.0074. */
START_TEST(it_is_normal)
{
    double deviation = 2.5;
    make_noise(deviation, 2, 1, 0, first);
    double sum = 0;
    int within = 0;
    for (int i = 0; i < ALL; i++) {
        sum += (double)first[i] / deviation;
        within += fabs((double)first[i]) < deviation;
    }
    ck_assert_double_eq_tol(sum / ALL, 0, 0.016);
    ck_assert_double_eq_tol(moment(first, first, 0) / (deviation * deviation), 1, 0.023);
    ck_assert_double_eq_tol(within / (double)ALL, 0.6827, 0.0074);
    for (int distance = 1; distance < 10; distance++)
        ck_assert_double_eq_tol(moment(first, first, distance) / (deviation * deviation), 0, 0.016);
}
END_TEST

static int compare(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* Kolmogorov and Smirnov's distance from the normal distribution, which 100,060 draws exceed by
 * 1.95 / sqrt(100,060) once in a thousand times; and five standard deviations of skewness and
 * kurtosis, which are sqrt(6 / n) and sqrt(24 / n). */
START_TEST(its_distribution_is_normal)
{
    make_noise(1, 2, 3, 1, first);
    double cubes = 0, fourths = 0, distance = 0;
    for (int i = 0; i < ALL; i++) {
        cubes += pow((double)first[i], 3) / ALL;
        fourths += pow((double)first[i], 4) / ALL;
    }
    ck_assert_double_eq_tol(cubes, 0, 5 * sqrt(15.0 / ALL));
    ck_assert_double_eq_tol(fourths, 3, 5 * sqrt(96.0 / ALL));
    qsort(first, ALL, sizeof *first, compare);
    for (int i = 0; i < ALL; i++) {
        double below = 0.5 * erfc(-(double)first[i] * 0.70710678118654752440);
        distance = fmax(distance, fmax(below - i / (double)ALL, (i + 1) / (double)ALL - below));
    }
    ck_assert_double_le(distance, 1.95 / sqrt(ALL));
    ck_assert_float_gt(first[ALL - 1], 3.8f); /* tails: about seven of them are beyond 4 */
    ck_assert_float_lt(first[0], -3.8f);
}
END_TEST

/* Each number is what Box and Muller make of two random numbers, whatever the instruction set, and
 * nothing behind the last is touched. */
START_TEST(it_is_what_the_numbers_make)
{
    enum { COUNT = 20000 };
    const neuron_kernels *kernels = neuron_kernels_choose();
    const neuron_noise_work work = {.random = {5, 6, 7}, .first = 0xffffff00u, .deviation = 0.75f};
    for (int32_t count = COUNT; count > 0; count = count > 67 ? 67 : count - 1) {
        for (int32_t i = 0; i <= count; i++)
            second[i] = (float)i / 4;
        kernels->element->gaussian_noise(&work, second, count, second);
        ck_assert(second[count] == (float)count / 4);
        for (int32_t i = 0; i < count; i++) {
            uint32_t numbers[4];
            neuron_random_block(&work.random, work.first + (uint64_t)i / 4, numbers);
            const uint32_t *pair = numbers + i % 4 / 2 * 2;
            double radius = sqrt(-2 * log(1 - (double)neuron_random_float(pair[0])));
            double angle = 6.283185307179586 * (double)neuron_random_float(pair[1]);
            double normal = radius * (i % 2 ? sin(angle) : cos(angle)),
                   sum = i / 4.0 + 0.75 * normal;
            ck_assert_double_eq_tol((double)second[i], sum, 4e-7 * (1 + fabs(sum)));
        }
    }
}
END_TEST

START_TEST(threads_do_not_matter)
{
    make_noise(0.3, 1, 1, 7, first);
    for (int32_t threads = 2; threads <= 3; threads++) {
        make_noise(0.3, threads, 1, 7, second);
        ck_assert_mem_eq(first, second, sizeof first);
    }
}
END_TEST

START_TEST(steps_and_seeds_differ)
{
    make_noise(1, 2, 1, 7, first);
    make_noise(1, 2, 1, 8, second);
    ck_assert_double_eq_tol(moment(first, second, 0), 0, 0.016);
    make_noise(1, 2, 2, 7, second);
    ck_assert_double_eq_tol(moment(first, second, 0), 0, 0.016);
}
END_TEST

START_TEST(off_in_prediction)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *node = neuron_gaussian_noise(graph, vector_input(graph, 4), 3);
    assert_ok(neuron_graph_finish(graph, node));
    const float input[4] = {1, -2, 3, -4};
    float output[4];
    predict(graph, input, 1, output);
    ck_assert_mem_eq(input, output, sizeof input);
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(bad_deviations_are_refused)
{
    static const double bad[] = {-0.1, (double)INFINITY, (double)NAN};
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = vector_input(graph, 4);
    ck_assert_ptr_null(neuron_gaussian_noise(graph, x, bad[_i]));
    assert_status(neuron_graph_finish(graph, x), NEURON_E_ARGUMENT);
    assert_message("gaussian_noise: deviation ");
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(gradient)
{
    static const double deviations[] = {0, 0.3, 2};
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = neuron_dense(graph, vector_input(graph, 6), 13, NULL);
    x = neuron_relu(graph, neuron_gaussian_noise(graph, x, deviations[_i]));
    check_layer(graph, neuron_gaussian_noise(graph, x, 0.2), 5);
}
END_TEST

/* Straight on the examples, and on a value that another layer reads too. */
START_TEST(gradient_of_branches)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = neuron_gaussian_noise(graph, vector_input(graph, 6), 0.5);
    neuron_node_t *h = neuron_tanh(graph, neuron_dense(graph, x, 6, NULL));
    neuron_node_t *noisy = neuron_gaussian_noise(graph, h, 0.5);
    check_layer(graph, neuron_add(graph, (neuron_node_t *[]){x, h, noisy}, 3), 5);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("gaussian_noise");
    TCase *tests = tcase_create("gaussian_noise");
    tcase_set_timeout(tests, 0);
    suite_add_tcase(suite, tests);
    tcase_add_test(tests, it_is_normal);
    tcase_add_test(tests, its_distribution_is_normal);
    tcase_add_test(tests, it_is_what_the_numbers_make);
    tcase_add_test(tests, threads_do_not_matter);
    tcase_add_test(tests, steps_and_seeds_differ);
    tcase_add_test(tests, off_in_prediction);
    tcase_add_loop_test(tests, bad_deviations_are_refused, 0, 3);
    tcase_add_loop_test(tests, gradient, 0, 3);
    tcase_add_test(tests, gradient_of_branches);
    return run_suite(suite);
}
