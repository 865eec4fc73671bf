/* The time of each layer, by neuron_graph_profile(). */
#include "failing-memory.h"

#include <time.h>

enum { NODES_MAX = 32 };

static double clock_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static int64_t place_of(const neuron_graph_t *graph, const char *name)
{
    for (int64_t i = 0; i < neuron_graph_node_count(graph); i++)
        if (strcmp(neuron_node_name(neuron_graph_node(graph, i)), name) == 0)
            return i;
    ck_abort_msg("there is no %s", name);
    return -1;
}

/* A layer of a million products an example beside one of ten: the order of the nodes is that of the
 * graph, and an activation is in the pass of what it follows. */
START_TEST(time_is_where_the_work_is)
{
    neuron_context_t *context = test_context();
    neuron_graph_t *g;
    double seconds[NODES_MAX];
    size_t needed;
    assert_ok(neuron_graph_create(&g, context));
    neuron_node_t *x = neuron_input(g, (const int64_t[]){1000}, 1);
    neuron_node_t *wide = neuron_relu(g, neuron_dense(g, x, 1000, NULL));
    neuron_node_t *narrow = neuron_dense(g, neuron_dense(g, wide, 1, NULL), 10, NULL);
    assert_ok(neuron_graph_finish(g, narrow));

    assert_ok(neuron_graph_profile(NULL, 0, &needed, g, 64, 1));
    ck_assert_uint_eq(needed, (size_t)neuron_graph_node_count(g));
    double begin = clock_now(), sum = 0;
    seconds[needed] = 7;
    assert_ok(neuron_graph_profile(seconds, needed, NULL, g, 64, 5));
    ck_assert_double_eq(seconds[needed], 7);
    double all = clock_now() - begin;
    for (size_t i = 0; i < needed; i++) {
        ck_assert(seconds[i] >= 0 && seconds[i] < all);
        sum += seconds[i];
    }
    ck_assert_double_gt(sum, 0);
    ck_assert_double_lt(5 * sum, all);
    ck_assert_double_gt(seconds[place_of(g, "dense")], 3 * seconds[place_of(g, "dense_2")]);
    ck_assert_double_eq(seconds[place_of(g, "relu")], 0);
    ck_assert_double_eq(seconds[place_of(g, "input")], 0);
    neuron_graph_unref(g);
    neuron_context_unref(context);
}
END_TEST

typedef struct slow_layer {
    int result; /* what it returns */
    int calls;
    float sum; /* of the last call's inputs */
} slow_layer;

/* Takes five milliseconds. */
static int slow_forward(neuron_custom_run_t *run, void *user_data)
{
    slow_layer *slow = user_data;
    const struct timespec pause = {.tv_nsec = 5000000};
    const float *input = neuron_custom_run_input(run, 0);
    int64_t count = neuron_custom_run_batch(run) * neuron_custom_run_output_size(run);
    slow->calls++;
    slow->sum = 0;
    for (int64_t i = 0; i < count; i++)
        slow->sum += input[i];
    memcpy(neuron_custom_run_output(run), input, (size_t)count * sizeof(float));
    nanosleep(&pause, NULL);
    return slow->result;
}

START_TEST(a_layer_of_the_callers_takes_its_time_and_may_fail)
{
    neuron_context_t *context = test_context();
    neuron_graph_t *g;
    double seconds[NODES_MAX];
    slow_layer slow = {0};
    assert_ok(neuron_custom_layer_register(context, "slow", slow_forward, NULL, NULL, &slow, NULL));
    assert_ok(neuron_graph_create(&g, context));
    neuron_node_t *x = neuron_input(g, (const int64_t[]){3}, 1);
    x = neuron_custom_layer(g, "slow", &x, 1, NULL, 0);
    assert_ok(neuron_graph_finish(g, neuron_dense(g, x, 4, NULL)));
    assert_ok(neuron_graph_profile(seconds, NODES_MAX, NULL, g, 2, 3));
    ck_assert_int_eq(slow.calls, 4);
    ck_assert_float_eq(slow.sum, 2 * 3 * 0.5f);
    ck_assert_double_ge(seconds[place_of(g, "slow")], 0.005);
    ck_assert_double_lt(seconds[place_of(g, "dense")], 0.005);
    slow.result = NEURON_E_DATA;
    seconds[0] = 1;
    assert_status(neuron_graph_profile(seconds, NODES_MAX, NULL, g, 2, 3), NEURON_E_DATA);
    for (int64_t i = 0; i < neuron_graph_node_count(g); i++)
        ck_assert_double_eq(seconds[i], 0);
    neuron_graph_unref(g);
    neuron_context_unref(context);
}
END_TEST

START_TEST(bad_calls_are_refused)
{
    neuron_context_t *context = test_context();
    neuron_graph_t *g = test_cnn(context, 8), *open;
    double seconds[NODES_MAX] = {7};
    size_t needed = 0;
    assert_ok(neuron_graph_create(&open, context));
    neuron_input(open, (const int64_t[]){3}, 1);
    assert_status(neuron_graph_profile(seconds, NODES_MAX, NULL, NULL, 1, 1), NEURON_E_ARGUMENT);
    assert_status(neuron_graph_profile(seconds, NODES_MAX, NULL, open, 1, 1), NEURON_E_STATE);
    assert_status(neuron_graph_profile(seconds, NODES_MAX, NULL, g, 0, 1), NEURON_E_ARGUMENT);
    assert_message("batch is 0");
    assert_status(neuron_graph_profile(seconds, NODES_MAX, NULL, g, 1, 0), NEURON_E_ARGUMENT);
    assert_message("repeats is 0");
    assert_status(neuron_graph_profile(NULL, 3, NULL, g, 1, 1), NEURON_E_ARGUMENT);
    assert_status(neuron_graph_profile(seconds, 2, &needed, g, 1, 1), NEURON_E_ARGUMENT);
    assert_message("capacity is 2");
    ck_assert_uint_eq(needed, (size_t)neuron_graph_node_count(g));
    ck_assert_double_eq(seconds[0], 7);
    neuron_graph_unref(open);
    neuron_graph_unref(g);
    neuron_context_unref(context);
}
END_TEST

static void use_profile(long n)
{
    neuron_context_t *context;
    neuron_graph_t *graph;
    double seconds[NODES_MAX];
    assert_ok(make_context(&context));
    graph = test_cnn(context, SIZE);
    arm(n);
    TRY(neuron_graph_profile(seconds, NODES_MAX, NULL, graph, BATCH, 1));
    neuron_graph_unref(graph);
    neuron_context_unref(context);
}

START_TEST(memory_that_runs_out)
{
    fail_each(use_profile);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("profile");
    TCase *tests = tcase_create("profile");
    suite_add_tcase(suite, tests);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, time_is_where_the_work_is);
    tcase_add_test(tests, a_layer_of_the_callers_takes_its_time_and_may_fail);
    tcase_add_test(tests, bad_calls_are_refused);
    tcase_add_test(tests, memory_that_runs_out);
    return run_suite(suite);
}
