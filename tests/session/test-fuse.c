/* Layers that are done in one pass, and those that must not be. */
#include "gradient.h"
#include "test-common.h"

#include "session/steps.h"

enum { BATCH = 3 };

static neuron_node_t *conv(neuron_graph_t *graph, neuron_node_t *input, int64_t filters)
{
    return neuron_conv2d(graph, input, filters, 3, 3, NULL);
}

/* Steps of a finished graph. */
static int64_t count_steps(const neuron_graph_t *graph, neuron_session_purpose purpose)
{
    neuron_session *session;
    assert_ok(neuron_session_create(&session, graph, purpose, BATCH));
    int64_t count = session->step_count;
    neuron_session_destroy(session);
    return count;
}

/* Checks the layer, behind which come a dense layer and a softmax (which the loss does when
 * training), and how many steps it all takes. */
static void check_steps(neuron_graph_t *graph, neuron_node_t *layer, int32_t training,
                        int32_t predicting)
{
    neuron_node_t *flat = neuron_flatten(graph, layer);
    neuron_node_t *output = neuron_softmax(graph, neuron_dense(graph, flat, 3, NULL), NULL);
    neuron_graph_ref(graph);
    check_network(graph, output, BATCH);
    ck_assert_int_eq(count_steps(graph, NEURON_SESSION_TRAIN), training + 1);
    ck_assert_int_eq(count_steps(graph, NEURON_SESSION_PREDICT), predicting + 2);
    neuron_graph_unref(graph);
}

START_TEST(a_relu_and_pooling_join_the_first_convolution)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = conv(graph, image_input(graph, 11, 9, 1), 5);
    check_steps(graph, neuron_max_pool2d(graph, neuron_relu(graph, x), 2, 2, NULL), 1, 1);
}
END_TEST

START_TEST(images_of_several_channels)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = conv(graph, image_input(graph, 11, 9, 3), 40);
    check_steps(graph, neuron_max_pool2d(graph, neuron_relu(graph, x), 3, 2, NULL), 1, 1);
}
END_TEST

START_TEST(a_deeper_convolution_pools_when_predicting)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = neuron_relu(graph, conv(graph, image_input(graph, 11, 9, 2), 6));
    x = neuron_relu(graph, conv(graph, x, 18));
    check_steps(graph, neuron_max_pool2d(graph, x, 2, 2, NULL), 3, 2);
}
END_TEST

static const int64_t pools[][2] = {{2, 2}, {3, 2}, {2, 3}, {1, 2}};

/* So many channels and pixels that Winograd's way is worthwhile, which pools by 2 x 2 only. */
START_TEST(a_convolution_of_many_channels_pools)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = neuron_relu(graph, conv(graph, image_input(graph, 17, 14, 16), 18));
    check_layer(graph, neuron_max_pool2d(graph, x, pools[_i][0], pools[_i][1], NULL), BATCH);
}
END_TEST

/* Each filter's factor becomes part of its weights when predicting: also of more filters than are
 * packed together, whichever way the convolution goes. */
START_TEST(a_normalisation_of_many_filters)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = conv(graph, image_input(graph, 17, 14, 16), 70);
    x = neuron_relu(graph, neuron_batch_norm(graph, x, NULL));
    x = neuron_batch_norm(graph, neuron_conv2d(graph, x, 70, 2, 2, NULL), NULL);
    check_layer(graph, x, BATCH);
}
END_TEST

START_TEST(a_normalisation_pools)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = neuron_relu(graph, conv(graph, image_input(graph, 12, 11, 1), 20));
    x = neuron_max_pool2d(graph, neuron_batch_norm(graph, x, NULL), 2, 2, NULL);
    check_steps(graph, x, 2, 1);
}
END_TEST

START_TEST(a_normalisation_before_the_relu)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x =
        neuron_batch_norm(graph, conv(graph, image_input(graph, 12, 11, 1), 20), NULL);
    check_steps(graph, neuron_max_pool2d(graph, neuron_relu(graph, x), 2, 3, NULL), 2, 1);
}
END_TEST

START_TEST(a_normalisation_between_two_relus)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = neuron_relu(graph, conv(graph, image_input(graph, 8, 8, 2), 4));
    x = neuron_relu(graph, neuron_batch_norm(graph, x, NULL));
    check_steps(graph, conv(graph, x, 3), 3, 2);
}
END_TEST

/* Both need the moments that the convolution takes, the second long after the first. */
START_TEST(two_normalisations_of_one_convolution)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = conv(graph, image_input(graph, 9, 9, 1), 6);
    neuron_node_t *first = neuron_batch_norm(graph, x, NULL);
    first = neuron_conv2d(graph, conv(graph, first, 7), 6, 3, 3, NULL);
    neuron_node_t *second = neuron_conv2d(graph, neuron_batch_norm(graph, x, NULL), 6, 5, 5, NULL);
    neuron_node_t *both[] = {neuron_flatten(graph, first), neuron_flatten(graph, second)};
    check_steps(graph, neuron_concat(graph, both, 2, NULL), 7, 7);
}
END_TEST

START_TEST(a_long_chain_has_room)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = image_input(graph, 2, 2, 1);
    for (int i = 0; i < 60; i++)
        x = neuron_batch_norm(graph, neuron_conv2d(graph, x, 4, 1, 1, NULL), NULL);
    assert_ok(neuron_graph_finish(graph, neuron_flatten(graph, x)));
    ck_assert_int_eq(count_steps(graph, NEURON_SESSION_TRAIN), 120);
    ck_assert_int_eq(count_steps(graph, NEURON_SESSION_PREDICT), 60);
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(windows_that_overlap_are_a_step)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = neuron_relu(graph, conv(graph, image_input(graph, 11, 9, 1), 5));
    x = neuron_max_pool2d(graph, x, 3, 3, "stride_height=2, stride_width=2");
    check_steps(graph, x, 2, 2);
}
END_TEST

START_TEST(a_value_that_others_read_stays)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = neuron_dense(graph, vector_input(graph, 7), 6, NULL);
    neuron_node_t *y = neuron_relu(graph, x);
    check_steps(graph, neuron_concat(graph, (neuron_node_t *[]){x, y}, 2, NULL), 3, 3);
}
END_TEST

START_TEST(a_relu_that_two_layers_read)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = neuron_dense(graph, vector_input(graph, 7), 20, NULL);
    x = neuron_relu(graph, x);
    neuron_node_t *y = neuron_dense(graph, x, 5, NULL);
    check_steps(graph, neuron_concat(graph, (neuron_node_t *[]){x, y}, 2, NULL), 3, 3);
}
END_TEST

START_TEST(a_relu_behind_dense_layers)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = neuron_relu(graph, neuron_dense(graph, vector_input(graph, 9), 40, NULL));
    x = neuron_dropout(graph, neuron_relu(graph, neuron_dense(graph, x, 33, NULL)), 0.4);
    x = neuron_batch_norm(graph, neuron_relu(graph, neuron_dense(graph, x, 17, NULL)), NULL);
    check_steps(graph, x, 5, 3);
}
END_TEST

/* One channel, by which scales, shifts and slopes go all the same. */
START_TEST(one_channel)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = neuron_depthwise_conv2d(graph, image_input(graph, 12, 12, 1), 1, 1, NULL),
                  *sum[2];
    for (int i = 0; i < 2; i++)
        sum[i] = neuron_conv2d(graph, x, 1, 3, 3, NULL);
    x = _i == 0   ? x
        : _i == 1 ? neuron_add(graph, sum, 2)
        : _i == 2 ? neuron_multiply(graph, sum, 2)
        : _i == 3 ? neuron_layer_norm(graph, sum[0], NULL)
                  : neuron_batch_norm(graph, neuron_average_pool2d(graph, x, 2, 2, NULL), NULL);
    if (_i != 3) /* which would make of rounding errors all that there is */
        x = neuron_batch_norm(graph, x, NULL);
    x = neuron_prelu(graph, x);
    neuron_node_t *output =
        neuron_softmax(graph, neuron_dense(graph, neuron_flatten(graph, x), 3, NULL), NULL);
    check_network(graph, output, BATCH);
}
END_TEST

/* A prediction works on what it made of the parameters once: it must notice when they change. */
START_TEST(predictions_follow_the_parameters)
{
    enum { IN = 50, CLASSES = 3 };
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = neuron_relu(graph, conv(graph, image_input(graph, 5, 5, 2), 16));
    x = neuron_flatten(graph, neuron_batch_norm(graph, x, NULL));
    assert_ok(neuron_graph_finish(
        graph, neuron_softmax(graph, neuron_dense(graph, x, CLASSES, NULL), NULL)));
    float input[IN], before[CLASSES], after[CLASSES], again[CLASSES];
    for (int i = 0; i < IN; i++)
        input[i] = (float)i / IN;
    for (int32_t i = 0; i < graph->array_count; i++) {
        predict(graph, input, 1, before);
        int64_t count = graph->arrays[i].count;
        float *values = calloc((size_t)count, sizeof *values);
        assert_ok(neuron_graph_read_array(values, (size_t)count, NULL, graph, i));
        for (int64_t j = 0; j < count; j++)
            values[j] = values[j] * 1.5f + 0.25f + 0.03125f * (float)(j % 7);
        assert_ok(neuron_graph_write_array(graph, i, values, (size_t)count));
        predict(graph, input, 1, after);
        assert_that(memcmp(before, after, sizeof after) != 0, "%s changed nothing",
                    graph->arrays[i].name);
        predict(graph, input, 1, again);
        ck_assert_mem_eq(again, after, sizeof after);
        free(values);
    }
    neuron_graph_unref(graph);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fuse");
    TCase *tests = tcase_create("fuse");
    tcase_set_timeout(tests, 120);
    suite_add_tcase(suite, tests);
    tcase_add_test(tests, a_relu_and_pooling_join_the_first_convolution);
    tcase_add_test(tests, images_of_several_channels);
    tcase_add_test(tests, a_deeper_convolution_pools_when_predicting);
    tcase_add_loop_test(tests, a_convolution_of_many_channels_pools, 0,
                        sizeof pools / sizeof pools[0]);
    tcase_add_test(tests, a_normalisation_of_many_filters);
    tcase_add_test(tests, a_normalisation_pools);
    tcase_add_test(tests, a_normalisation_before_the_relu);
    tcase_add_test(tests, a_normalisation_between_two_relus);
    tcase_add_test(tests, two_normalisations_of_one_convolution);
    tcase_add_test(tests, a_long_chain_has_room);
    tcase_add_test(tests, windows_that_overlap_are_a_step);
    tcase_add_test(tests, a_value_that_others_read_stays);
    tcase_add_test(tests, a_relu_that_two_layers_read);
    tcase_add_test(tests, a_relu_behind_dense_layers);
    tcase_add_loop_test(tests, one_channel, 0, 5);
    tcase_add_test(tests, predictions_follow_the_parameters);
    return run_suite(suite);
}
