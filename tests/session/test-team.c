/* Predictions of many examples whose values do not fit into a cache, which are cut into chunks. */
#include "test-models.h"

#include "session/step-call.h"
#include "session/team.h"

enum { SIZE = 24, PIXELS = SIZE * SIZE, FILTERS = 48, OUTPUTS = 3 };

/* Two convolutions, a depthwise one with a shortcut, means of channels. */
static neuron_graph_t *images_graph(neuron_context_t *context)
{
    neuron_graph_t *graph;
    assert_ok(neuron_graph_create(&graph, context));
    neuron_node_t *x = neuron_input(graph, (const int64_t[]){SIZE, SIZE, 1}, 3);
    neuron_node_t *node = neuron_conv2d(graph, x, FILTERS, 3, 3, "padding=same");
    neuron_node_t *shortcut = neuron_relu(graph, neuron_batch_norm(graph, node, NULL));
    node = neuron_depthwise_conv2d(graph, shortcut, 3, 3, "padding=same");
    node = neuron_add(graph, (neuron_node_t *[]){shortcut, node}, 2);
    node = neuron_conv2d(graph, node, FILTERS, 1, 1, NULL);
    node = neuron_global_average_pool2d(graph, neuron_tanh(graph, node));
    node = neuron_softmax(graph, neuron_dense(graph, node, OUTPUTS, NULL), NULL);
    assert_ok(neuron_graph_finish(graph, node));
    return graph;
}

/* Winograd's way, and a dense layer of many inputs: both choose what they do by the batch. */
static neuron_graph_t *choosing_graph(neuron_context_t *context)
{
    neuron_graph_t *graph;
    assert_ok(neuron_graph_create(&graph, context));
    neuron_node_t *x = neuron_input(graph, (const int64_t[]){SIZE, SIZE, 1}, 3);
    neuron_node_t *node = neuron_conv2d(graph, x, 16, 1, 1, NULL);
    for (int i = 0; i < 2; i++)
        node = neuron_conv2d(graph, neuron_relu(graph, node), 16, 3, 3, NULL);
    node = neuron_flatten(graph, neuron_max_pool2d(graph, node, 4, 4, NULL));
    assert_ok(neuron_graph_finish(graph, neuron_dense(graph, node, OUTPUTS, NULL)));
    return graph;
}

static bool is_team(neuron_graph_t *graph, int64_t batch)
{
    neuron_session *session;
    assert_ok(neuron_session_plan_prediction(&session, graph, batch));
    bool found = session->members != NULL;
    neuron_session_destroy(session);
    return found;
}

static float *values_of(int64_t count)
{
    float *values = malloc((size_t)(count * PIXELS) * sizeof *values);
    for (int64_t i = 0; i < count * PIXELS; i++)
        values[i] = (float)((i * 37 + i / PIXELS * 11) % 101) / 101;
    return values;
}

static void predict(neuron_graph_t *graph, neuron_context_t *context, float *values, int64_t count,
                    float *answers)
{
    neuron_tensor_t *input, *output;
    assert_ok(neuron_tensor_wrap(&input, context, NEURON_TYPE_F32,
                                 (const int64_t[]){count, SIZE, SIZE, 1}, 4, values));
    assert_ok(neuron_tensor_wrap(&output, context, NEURON_TYPE_F32,
                                 (const int64_t[]){count, OUTPUTS}, 2, answers));
    assert_ok(neuron_graph_predict(graph, input, output));
    neuron_tensor_unref(output);
    neuron_tensor_unref(input);
}

START_TEST(large_batches_are_cut)
{
    neuron_context_t *context = test_context();
    neuron_graph_t *graph = images_graph(context);
    ck_assert(is_team(graph, 64));
    ck_assert(!is_team(graph, 4)); /* few chunks */
    neuron_graph_unref(graph);
    graph = test_linear(context, SIZE);
    ck_assert(!is_team(graph, 128)); /* all values fit */
    neuron_graph_unref(graph);
    neuron_context_unref(context);
}
END_TEST

/* Weights of 6 MB would be read for every chunk. */
START_TEST(large_weights_are_read_once)
{
    neuron_context_t *context = test_context();
    neuron_graph_t *graph;
    assert_ok(neuron_graph_create(&graph, context));
    neuron_node_t *x = neuron_input(graph, (const int64_t[]){12, 12, 64}, 3);
    neuron_node_t *node = neuron_flatten(graph, neuron_conv2d(graph, x, 64, 1, 1, NULL));
    assert_ok(neuron_graph_finish(graph, neuron_dense(graph, node, 170, NULL)));
    ck_assert(!is_team(graph, 128));
    neuron_graph_unref(graph);
    neuron_context_unref(context);
}
END_TEST

/* As one at a time; and the same bytes for any number of threads. */
START_TEST(chunks_give_what_single_examples_give)
{
    enum { COUNT = 151, WAYS = 5 };
    float *values = values_of(COUNT), answers[WAYS][COUNT * OUTPUTS], single[OUTPUTS];
    static const int32_t threads[WAYS] = {1, 2, 5, 16, 200};
    for (int t = 0; t < WAYS; t++) {
        neuron_context_t *context = test_context();
        assert_ok(neuron_context_set_number(context, "threads", threads[t]));
        neuron_graph_t *graph = _i ? choosing_graph(context) : images_graph(context);
        ck_assert(is_team(graph, 128));
        predict(graph, context, values, COUNT, answers[t]);
        ck_assert_mem_eq(answers[t], answers[0], sizeof answers[0]);
        predict(graph, context, values, COUNT, answers[t]);
        ck_assert_mem_eq(answers[t], answers[0], sizeof answers[0]);
        for (int64_t i = 0; t == 0 && i < COUNT; i++) {
            predict(graph, context, values + i * PIXELS, 1, single);
            for (int64_t k = 0; k < OUTPUTS; k++)
                ck_assert_float_eq_tol(single[k], answers[0][i * OUTPUTS + k], _i ? 1e-4f : 2e-6f);
        }
        neuron_graph_unref(graph);
        neuron_context_unref(context);
    }
    free(values);
}
END_TEST

static neuron_pool *pool_of(neuron_session *session)
{
    neuron_step_call call;
    neuron_step_call_begin(&call, session, &session->steps[0]);
    return call.run.pool;
}

/* What layers of a member plan for one thread they also run in one; others run in the context's. */
START_TEST(members_have_a_thread_each)
{
    neuron_context_t *context = test_context();
    assert_ok(neuron_context_set_number(context, "threads", 5));
    neuron_graph_t *graph = images_graph(context);
    neuron_session *team, *plain;
    assert_ok(neuron_session_create_prediction(&team, graph, 64));
    assert_ok(neuron_session_create_prediction(&plain, graph, 4));
    ck_assert_int_eq(team->member_count, 5);
    for (int32_t i = 0; i < team->member_count; i++) {
        ck_assert_int_eq(neuron_session_threads(team->members[i]), 1);
        ck_assert_int_eq(neuron_pool_threads(pool_of(team->members[i])), 1);
    }
    ck_assert_ptr_eq(pool_of(plain), context->pool);
    assert_ok(neuron_context_set_number(context, "threads", 2));
    ck_assert_ptr_eq(pool_of(plain), context->pool);
    neuron_session_destroy(plain);
    neuron_session_destroy(team);
    neuron_graph_unref(graph);
    neuron_context_unref(context);
}
END_TEST

/* Sessions outlive the pool that they were made with. */
START_TEST(threads_may_change)
{
    enum { COUNT = 64 };
    neuron_context_t *context = test_context();
    neuron_graph_t *graph = images_graph(context);
    float *values = values_of(COUNT), before[COUNT * OUTPUTS], after[COUNT * OUTPUTS];
    static const int32_t threads[] = {5, 2, 1, 3};
    for (int t = 0; t < 4; t++) {
        assert_ok(neuron_context_set_number(context, "threads", threads[t]));
        predict(graph, context, values, COUNT, after);
        predict(graph, context, values, 1, after);
        if (t > 0)
            ck_assert_mem_eq(before, after, sizeof before);
        memcpy(before, after, sizeof before);
    }
    free(values);
    neuron_graph_unref(graph);
    neuron_context_unref(context);
}
END_TEST

/* Changed parameters count for the next prediction. */
START_TEST(parameters_are_prepared_anew)
{
    enum { COUNT = 64 };
    neuron_context_t *context = test_context();
    neuron_graph_t *graph = images_graph(context);
    float *values = values_of(COUNT), before[COUNT * OUTPUTS], after[COUNT * OUTPUTS];
    predict(graph, context, values, COUNT, before);
    float *zeros = calloc(1, FILTERS * 9 * sizeof *zeros);
    assert_ok(neuron_graph_write_array(graph, 0, zeros, FILTERS * 9));
    predict(graph, context, values, COUNT, after);
    for (int64_t i = 0; i < COUNT * OUTPUTS; i++)
        ck_assert_float_eq(after[i], after[i % OUTPUTS]);
    ck_assert_mem_ne(before, after, sizeof before);
    free(zeros);
    free(values);
    neuron_graph_unref(graph);
    neuron_context_unref(context);
}
END_TEST

START_TEST(memory_is_as_foretold)
{
    neuron_context_t *context = test_context();
    assert_ok(neuron_context_set_number(context, "threads", 3));
    neuron_graph_t *graph = images_graph(context);
    neuron_session *session;
    int64_t bytes;
    assert_ok(neuron_graph_memory(&bytes, graph, 64, NULL));
    assert_ok(neuron_session_create_prediction(&session, graph, 64));
    ck_assert_int_eq(bytes, (int64_t)neuron_session_bytes(session));
    const neuron_session *leader = session->members[0];
    size_t all = session->arena_bytes + leader->kept_bytes + 3 * leader->arena_bytes;
    ck_assert_uint_eq(neuron_session_bytes(session), all);
    ck_assert_uint_lt(leader->arena_bytes, 1 << 21);
    neuron_session_destroy(session);
    neuron_graph_unref(graph);
    neuron_context_unref(context);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("team");
    TCase *cases = tcase_create("team");
    tcase_set_timeout(cases, 0);
    tcase_add_test(cases, large_batches_are_cut);
    tcase_add_test(cases, large_weights_are_read_once);
    tcase_add_loop_test(cases, chunks_give_what_single_examples_give, 0, 2);
    tcase_add_test(cases, members_have_a_thread_each);
    tcase_add_test(cases, threads_may_change);
    tcase_add_test(cases, parameters_are_prepared_anew);
    tcase_add_test(cases, memory_is_as_foretold);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
