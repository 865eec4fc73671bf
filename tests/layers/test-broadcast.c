#include "gradient.h"
#include "test-common.h"

#include "session/session.h"

#include <string.h>

/* A value of any shape that wants a gradient. */
static neuron_node_t *values(neuron_graph_t *graph, neuron_node_t *x, const int64_t *shape,
                             int32_t rank)
{
    int64_t count = 1;
    for (int32_t i = 0; i < rank; i++)
        count *= shape[i];
    return neuron_reshape(graph, neuron_dense(graph, x, count, NULL), shape, rank);
}

typedef neuron_node_t *(*join_call)(neuron_graph_t *, neuron_node_t *const *, int64_t);
static const join_call joins[] = {neuron_add, neuron_multiply};

static const struct {
    int32_t count;
    int32_t ranks[3];
    int64_t shapes[3][4], output[4];
    int32_t rank;
} cases[] = {
    {2, {3, 1}, {{3, 4, 5}, {5}}, {3, 4, 5}, 3},
    {2, {1, 3}, {{5}, {3, 4, 5}}, {3, 4, 5}, 3},
    {2, {3, 3}, {{3, 4, 5}, {1, 1, 5}}, {3, 4, 5}, 3},
    {2, {3, 3}, {{3, 4, 5}, {3, 4, 1}}, {3, 4, 5}, 3},
    {2, {3, 3}, {{3, 4, 5}, {3, 1, 5}}, {3, 4, 5}, 3},
    {2, {3, 2}, {{3, 4, 5}, {4, 5}}, {3, 4, 5}, 3},
    {2, {3, 2}, {{3, 4, 5}, {4, 1}}, {3, 4, 5}, 3},
    {2, {3, 3}, {{3, 4, 5}, {1, 4, 1}}, {3, 4, 5}, 3},
    {2, {3, 1}, {{3, 4, 5}, {1}}, {3, 4, 5}, 3},
    {2, {2, 2}, {{7, 1}, {1, 9}}, {7, 9}, 2},
    {2, {3, 1}, {{1, 1, 5}, {5}}, {1, 1, 5}, 3},
    {3, {3, 1, 3}, {{6, 5, 3}, {3}, {6, 5, 1}}, {6, 5, 3}, 3},
    {3, {4, 2, 3}, {{2, 1, 4, 3}, {4, 1}, {5, 1, 3}}, {2, 5, 4, 3}, 4},
    {2, {3, 1}, {{13, 11, 33}, {33}}, {13, 11, 33}, 3},
    {2, {2, 1}, {{3, 4500}, {4500}}, {3, 4500}, 2},
    {2, {2, 2}, {{3, 4500}, {3, 1}}, {3, 4500}, 2},
};

START_TEST(gradient)
{
    int which = _i / 2;
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = vector_input(graph, 3), *inputs[3];
    for (int32_t i = 0; i < cases[which].count; i++)
        inputs[i] = values(graph, x, cases[which].shapes[i], cases[which].ranks[i]);
    neuron_node_t *joined = joins[_i % 2](graph, inputs, cases[which].count);
    assert_node_shape(joined, cases[which].output, cases[which].rank);
    check_layer(graph, neuron_gelu(graph, joined, NULL), 3);
}
END_TEST

/* Arrays by channel are done in the pass of the join. */
START_TEST(gradient_of_a_squeeze_and_excitation)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = neuron_conv2d(graph, image_input(graph, 9, 8, 2), 20, 2, 3, NULL);
    neuron_node_t *s = neuron_dense(graph, neuron_global_average_pool2d(graph, x), 4, NULL);
    s = neuron_sigmoid(graph, neuron_dense(graph, neuron_relu(graph, s), 20, NULL));
    x = neuron_multiply(graph, (neuron_node_t *[]){x, s}, 2);
    x = neuron_prelu(graph, neuron_batch_norm(graph, x, NULL));
    check_layer(graph, neuron_max_pool2d(graph, x, 2, 2, NULL), 4);
}
END_TEST

/* A scale and a shift of channels that follow from something else (Perez et al., 2018; arXiv
 * 1709.07871). */
START_TEST(gradient_of_a_feature_wise_modulation)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *in = image_input(graph, 5, 6, 2);
    neuron_node_t *by = neuron_dense(graph, neuron_flatten(graph, in), 2 * 7, NULL);
    neuron_node_t *gamma = neuron_slice(graph, by, 0, 7, NULL);
    neuron_node_t *beta = neuron_slice(graph, by, 7, -1, NULL);
    neuron_node_t *x = neuron_conv2d(graph, in, 7, 3, 3, NULL);
    x = neuron_multiply(graph, (neuron_node_t *[]){x, gamma}, 2);
    x = neuron_add(graph, (neuron_node_t *[]){x, beta}, 2);
    check_layer(graph, neuron_relu(graph, x), 5);
}
END_TEST

START_TEST(values_by_hand)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = image_input(graph, 2, 2, 1);
    neuron_node_t *row = neuron_slice(graph, x, 0, 1, "axis=0");
    neuron_node_t *pixel = neuron_slice(graph, row, 1, 1, "axis=1");
    assert_ok(neuron_graph_finish(graph, joins[_i](graph, (neuron_node_t *[]){x, row, pixel}, 3)));
    static const float expected[2][4] = {{4, 6, 6, 8}, {2, 8, 6, 16}};
    float output[4];
    predict(graph, (const float[]){1, 2, 3, 4}, 1, output);
    for (int i = 0; i < 4; i++)
        ck_assert_float_eq(output[i], expected[_i][i]);
    neuron_graph_unref(graph);
}
END_TEST

/* A million values near each other, whose sum must not lose what they differ by. */
START_TEST(long_sums_keep_their_digits)
{
    enum { SIDE = 300, CHANNELS = 3, VALUES = SIDE * SIDE * CHANNELS };
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = image_input(graph, SIDE, SIDE, CHANNELS);
    neuron_node_t *one = neuron_dense(graph, neuron_global_max_pool2d(graph, x), 1, NULL);
    neuron_node_t *y = joins[_i](graph, (neuron_node_t *[]){x, one}, 2);
    assert_ok(neuron_graph_finish(graph, y));
    neuron_session *session;
    assert_ok(neuron_session_create(&session, graph, NEURON_SESSION_TRAIN, 1));
    float *input = neuron_session_input(session, 0), gradients[64];
    double expected = 0;
    for (int i = 0; i < VALUES; i++)
        input[i] = 1;
    ck_assert_int_le(graph->value_count, 64);
    neuron_session_forward(session, NULL, 1, 1, 1);
    float *slopes = neuron_session_output_gradient(session, 0);
    for (int i = 0; i < VALUES; i++) {
        slopes[i] = 1 + (float)(i % 7) / 1024;
        expected += (double)slopes[i];
    }
    neuron_session_backward(session, gradients);
    int64_t bias = graph->array_count - 1;
    ck_assert_double_eq_tol((double)gradients[graph->arrays[bias].offset] / expected, 1, 1e-6);
    neuron_session_destroy(session);
    neuron_graph_unref(graph);
}
END_TEST

/* A step of a network of all layers that sum over more than one task. */
static void run_step(int32_t threads, float *gradients, int64_t room)
{
    enum { COUNT = 7, SIDE = 12, COLOURS = 4 };
    neuron_context_t *context = test_context();
    assert_ok(neuron_context_set_number(context, "threads", threads));
    neuron_graph_t *graph;
    assert_ok(neuron_graph_create(&graph, context));
    assert_ok(neuron_graph_set_seed(graph, 5));
    neuron_node_t *x = image_input(graph, SIDE, SIDE, COLOURS);
    x = neuron_conv2d(graph, x, 8, 3, 3, "groups=2, padding=same, dilation_width=2");
    neuron_node_t *s = neuron_dense(graph, neuron_global_average_pool2d(graph, x), 8, NULL);
    x = neuron_multiply(graph, (neuron_node_t *[]){x, neuron_sigmoid(graph, s)}, 2);
    x = neuron_conv2d_transpose(graph, x, 6, 3, 3, "stride_height=2, stride_width=2");
    x = neuron_upsample2d(graph, x, 1, 2, "interpolation=bilinear");
    x = neuron_add(graph, (neuron_node_t *[]){x, neuron_slice(graph, x, 3, 1, "axis=0")}, 2);
    x = neuron_reshape(graph, neuron_rescale(graph, x, 2, 1), (const int64_t[]){25 * 50, 6}, 2);
    x = neuron_conv1d(graph, neuron_standardize(graph, x), 5, 4, "stride=3, groups=1");
    x = neuron_average_pool1d(graph, neuron_max_pool1d(graph, x, 3, NULL), 2, NULL);
    assert_ok(neuron_graph_finish(graph, neuron_flatten(graph, x)));
    neuron_session *session;
    assert_ok(neuron_session_create(&session, graph, NEURON_SESSION_TRAIN, COUNT));
    float *input = neuron_session_input(session, 0);
    for (int i = 0; i < COUNT * SIDE * SIDE * COLOURS; i++)
        input[i] = (float)(i * 7 % 101) / 101;
    neuron_session_forward(session, NULL, COUNT, 1, 1);
    int64_t outputs = COUNT * neuron_shape_count(&graph->outputs[0]->spec.output);
    memcpy(neuron_session_output_gradient(session, 0), neuron_session_output(session, 0),
           (size_t)outputs * sizeof(float));
    ck_assert_int_le(graph->value_count, room);
    neuron_session_backward(session, gradients);
    neuron_session_destroy(session);
    neuron_graph_unref(graph);
    neuron_context_unref(context);
}

START_TEST(threads_do_not_matter)
{
    enum { ROOM = 4096 };
    static float first[ROOM], second[ROOM];
    run_step(1, first, ROOM);
    for (int32_t threads = 2; threads <= 5; threads++) {
        run_step(threads, second, ROOM);
        ck_assert_mem_eq(first, second, sizeof first);
    }
}
END_TEST

START_TEST(what_does_not_go_together_is_refused)
{
    static const struct {
        int32_t ranks[2];
        int64_t shapes[2][3];
        const char *message;
    } all[] = {
        {{3, 1},
         {{3, 4, 5}, {4}},
         "input 1 is 4, which does not go with 3x4x5: on axis 2 they must be equal, or one of them "
         "1"},
        {{3, 3},
         {{3, 4, 5}, {3, 2, 5}},
         "input 1 is 3x2x5, which does not go with 3x4x5: on axis 1"},
        {{2, 3}, {{2, 5}, {3, 4, 5}}, "input 0 is 2x5, which does not go with 3x4x5: on axis 1"},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        neuron_graph_t *graph = new_graph();
        neuron_node_t *x = vector_input(graph, 3), *inputs[2];
        for (int k = 0; k < 2; k++)
            inputs[k] = values(graph, x, all[i].shapes[k], all[i].ranks[k]);
        ck_assert_ptr_null(joins[_i](graph, inputs, 2));
        assert_status(neuron_graph_finish(graph, x), NEURON_E_SHAPE);
        assert_message(_i ? "multiply: " : "add: ");
        assert_message(all[i].message);
        neuron_graph_unref(graph);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("broadcast");
    TCase *tests = tcase_create("broadcast");
    tcase_set_timeout(tests, 0);
    suite_add_tcase(suite, tests);
    tcase_add_loop_test(tests, gradient, 0, 2 * (int)(sizeof cases / sizeof *cases));
    tcase_add_test(tests, gradient_of_a_squeeze_and_excitation);
    tcase_add_test(tests, gradient_of_a_feature_wise_modulation);
    tcase_add_loop_test(tests, values_by_hand, 0, 2);
    tcase_add_loop_test(tests, long_sums_keep_their_digits, 0, 2);
    tcase_add_test(tests, threads_do_not_matter);
    tcase_add_loop_test(tests, what_does_not_go_together_is_refused, 0, 2);
    return run_suite(suite);
}
