#include "gradient.h"
#include "test-common.h"

#include "ops/fill.h"
#include "session/session.h"

#include <math.h>

enum { SIDE = 9, SIZE = SIDE * SIDE, BATCH = 50, ALL = SIZE * BATCH };

/* What a training step makes of images. */
static void turn(double factor, int32_t threads, uint64_t seed, uint64_t step, const float *input,
                 float *output)
{
    neuron_context_t *context = test_context();
    assert_ok(neuron_context_set_number(context, "threads", threads));
    neuron_graph_t *graph;
    assert_ok(neuron_graph_create(&graph, context));
    neuron_node_t *x = neuron_input(graph, (const int64_t[]){SIDE, SIDE}, 2);
    assert_ok(neuron_graph_finish(graph, neuron_random_rotation(graph, x, factor, NULL)));
    neuron_session *session;
    assert_ok(neuron_session_create(&session, graph, NEURON_SESSION_TRAIN, BATCH));
    neuron_session_forward(session, (const float *const[]){input}, BATCH, seed, step);
    memcpy(output, neuron_session_output(session, 0), ALL * sizeof *output);
    neuron_session_destroy(session);
    neuron_graph_unref(graph);
    neuron_context_unref(context);
}

static float images[ALL], first[ALL], second[ALL];

/* Planes that rise to the right: how they rise after a turn tells the angle. */
static void make_planes(void)
{
    for (int i = 0; i < ALL; i++)
        images[i] = (float)(i % SIDE - SIDE / 2);
}

/* Of one image, in full turns against the clock. */
static double angle_of(const float *image)
{
    int middle = SIDE / 2 * SIDE + SIDE / 2;
    double right = (double)(image[middle + 1] - image[middle - 1]);
    double down = (double)(image[middle + SIDE] - image[middle - SIDE]);
    return atan2(-down, right) / (2 * acos(-1));
}

START_TEST(angles_are_uniform)
{
    static const double factors[] = {0.05, 0.25, 0.5};
    double factor = factors[_i];
    double sum = 0, squares = 0, largest = 0;
    make_planes();
    for (uint64_t step = 0; step < 40; step++) {
        turn(factor, 2, 3, step, images, first);
        for (int e = 0; e < BATCH; e++) {
            double angle = angle_of(first + e * SIZE) / factor;
            sum += angle;
            squares += angle * angle;
            largest = fmax(largest, fabs(angle));
        }
    }
    /* Five standard deviations of 2000 draws. */
    ck_assert_double_eq_tol(sum / (40 * BATCH), 0, 0.065);
    ck_assert_double_eq_tol(squares / (40 * BATCH), 1.0 / 3, 0.034);
    ck_assert_double_le(largest, 1 + 1e-5);
    ck_assert_double_ge(largest, 0.99);
}
END_TEST

START_TEST(a_factor_of_0_changes_nothing)
{
    make_planes();
    turn(0, 2, 1, 0, images, first);
    ck_assert_mem_eq(images, first, sizeof images);
}
END_TEST

START_TEST(threads_do_not_matter)
{
    make_planes();
    turn(0.2, 1, 1, 7, images, first);
    for (int32_t threads = 2; threads <= 3; threads++) {
        turn(0.2, threads, 1, 7, images, second);
        ck_assert_mem_eq(first, second, sizeof first);
    }
}
END_TEST

START_TEST(steps_and_seeds_differ)
{
    make_planes();
    turn(0.2, 2, 1, 7, images, first);
    turn(0.2, 2, 1, 8, images, second);
    ck_assert_mem_ne(first, second, sizeof first);
    turn(0.2, 2, 2, 7, images, second);
    ck_assert_mem_ne(first, second, sizeof first);
}
END_TEST

START_TEST(off_in_prediction)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *node = neuron_random_rotation(graph, image_input(graph, 2, 2, 1), 0.3, NULL);
    assert_ok(neuron_graph_finish(graph, node));
    const float input[4] = {1, -2, 3, -4};
    float output[4];
    predict(graph, input, 1, output);
    ck_assert_mem_eq(input, output, sizeof input);
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(places_outside)
{
    static const struct {
        int32_t mode;
        int64_t expected[11]; /* for -4 .. 6 of three places */
    } rows[] = {
        {NEURON_FILL_NEAREST, {0, 0, 0, 0, 0, 1, 2, 2, 2, 2, 2}},
        {NEURON_FILL_CONSTANT, {-1, -1, -1, -1, 0, 1, 2, -1, -1, -1, -1}},
        {NEURON_FILL_REFLECT, {2, 2, 1, 0, 0, 1, 2, 2, 1, 0, 0}},
        {NEURON_FILL_WRAP, {2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0}},
    };
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++)
        for (int64_t place = -4; place <= 6; place++)
            ck_assert_int_eq(neuron_fill_place(rows[r].mode, place, 3),
                             rows[r].expected[place + 4]);
}
END_TEST

START_TEST(bad_numbers_are_refused)
{
    static const char *const messages[] = {"random_rotation: factor is -0.1; it must be 0 to 1",
                                           "random_rotation: factor is 1.5; it must be 0 to 1",
                                           "random_rotation: needs an input of rank 2 or 3"};
    static const double factors[] = {-0.1, 1.5, 0.2};
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = _i < 2 ? image_input(graph, 4, 4, 1) : vector_input(graph, 16);
    ck_assert_ptr_null(neuron_random_rotation(graph, x, factors[_i], NULL));
    assert_status(neuron_graph_finish(graph, x), _i < 2 ? NEURON_E_ARGUMENT : NEURON_E_SHAPE);
    assert_message(messages[_i]);
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(the_fill_mode_is_checked)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *node = neuron_random_rotation(graph, image_input(graph, 4, 4, 1), 0.2, NULL);
    char mode[16];
    assert_ok(neuron_node_get_text(mode, sizeof mode, NULL, node, "fill_mode"));
    ck_assert_str_eq(mode, "reflect");
    assert_status(neuron_node_set(node, "fill_mode=15"), NEURON_E_ARGUMENT);
    assert_message(
        "random_rotation: fill_mode is 15; it must be nearest, constant, reflect or wrap");
    neuron_graph_unref(graph);
}
END_TEST

static const char *const modes[] = {
    "fill_mode=nearest, fill_value=0.7", "fill_mode=constant, fill_value=0.7",
    "fill_mode=reflect, fill_value=0.7", "fill_mode=wrap, fill_value=0.7"};

/* Behind a convolution; narrow images reach far outside when they are turned. */
START_TEST(gradient)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = neuron_conv2d(graph, image_input(graph, 5, 12, 2), 3, 2, 2, NULL);
    x = neuron_random_rotation(graph, x, 0.5, NULL);
    assert_ok(neuron_node_set(x, modes[_i]));
    check_layer(graph, neuron_relu(graph, x), 4);
}
END_TEST

/* The way it is used: on the examples, which have no channels here. */
START_TEST(gradient_as_the_first_layer)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = neuron_input(graph, (const int64_t[]){6, 7}, 2);
    x = neuron_random_rotation(graph, x, 0.1, NULL);
    x = neuron_reshape(graph, x, (const int64_t[]){6, 7, 1}, 3);
    check_layer(graph, neuron_relu(graph, neuron_conv2d(graph, x, 4, 3, 3, NULL)), 4);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("random_rotation");
    TCase *tests = tcase_create("random_rotation");
    tcase_set_timeout(tests, 0);
    suite_add_tcase(suite, tests);
    tcase_add_loop_test(tests, angles_are_uniform, 0, 3);
    tcase_add_test(tests, a_factor_of_0_changes_nothing);
    tcase_add_test(tests, threads_do_not_matter);
    tcase_add_test(tests, steps_and_seeds_differ);
    tcase_add_test(tests, off_in_prediction);
    tcase_add_test(tests, places_outside);
    tcase_add_loop_test(tests, bad_numbers_are_refused, 0, 3);
    tcase_add_test(tests, the_fill_mode_is_checked);
    tcase_add_loop_test(tests, gradient, 0, sizeof modes / sizeof *modes);
    tcase_add_test(tests, gradient_as_the_first_layer);
    return run_suite(suite);
}
