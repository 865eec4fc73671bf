/* Layers that are used again: values, gradients and files against the reference in double, and
 * what is shared where graphs are copied, changed and refused. */
#include "custom-kinds.h"

#include "graph/graph.h"
#include "layer-fixture.h"
#include "session/steps.h"

enum { WIDTH = 6, BATCH = 5 };

/* Two nodes, both of `layer` on its own input; the classes behind them follow from both. */
static neuron_node_t *both(neuron_graph_t *graph, neuron_node_t *first, neuron_node_t *second)
{
    neuron_node_t *flat[] = {neuron_flatten(graph, first), neuron_flatten(graph, second)};
    neuron_node_t *x = neuron_concat(graph, flat, 2, NULL);
    return neuron_softmax(graph, neuron_dense(graph, x, 3, NULL), NULL);
}

static neuron_node_t *again(neuron_graph_t *graph, neuron_node_t *layer, neuron_node_t *input)
{
    return neuron_shared_layer(graph, layer, &input, 1);
}

/* The left and the right half of an image of 10 columns, behind a layer each, so that both want
 * gradients. */
static void split_image(neuron_graph_t *graph, neuron_node_t *halves[2])
{
    neuron_node_t *image = image_input(graph, 6, 10, 2);
    for (int i = 0; i < 2; i++)
        halves[i] =
            neuron_conv2d(graph, neuron_slice(graph, image, i * 5, 5, "axis=1"), 4, 1, 1, NULL);
}

typedef neuron_node_t *(*builder)(neuron_graph_t *graph, neuron_node_t *input);

#define BUILDER(name, call)                                                                        \
    static neuron_node_t *name(neuron_graph_t *graph, neuron_node_t *x)                            \
    {                                                                                              \
        return call;                                                                               \
    }

BUILDER(conv, neuron_conv2d(graph, x, 5, 3, 3, "padding=same"))
BUILDER(strided, neuron_conv2d(graph, x, 5, 3, 3, "stride_height=2, stride_width=2, use_bias=no"))
BUILDER(grouped, neuron_conv2d(graph, x, 6, 2, 2, "groups=2, dilation_width=2"))
BUILDER(wide, neuron_conv2d(graph, x, 16, 3, 3, "padding=same"))
BUILDER(depthwise, neuron_depthwise_conv2d(graph, x, 3, 3, "depth_multiplier=2"))
BUILDER(transposed, neuron_conv2d_transpose(graph, x, 3, 2, 2, "stride_height=2"))
BUILDER(dense, neuron_dense(graph, neuron_flatten(graph, x), 7, NULL))
BUILDER(batch_norm, neuron_batch_norm(graph, x, "momentum=0.8"))
BUILDER(layer_norm, neuron_layer_norm(graph, x, NULL))
BUILDER(prelu, neuron_prelu(graph, x))
BUILDER(standardize, neuron_standardize(graph, x))

/* A part of several layers that are done in one pass. */
static neuron_node_t *trunk(neuron_graph_t *graph, neuron_node_t *x)
{
    x = neuron_relu(graph, neuron_batch_norm(graph, neuron_conv2d(graph, x, 5, 3, 3, NULL), NULL));
    x = neuron_max_pool2d(graph, x, 2, 2, "padding=same");
    return neuron_tanh(graph, neuron_dense(graph, neuron_flatten(graph, x), 6, NULL));
}

static const builder builders[] = {conv,  strided,    grouped,    wide,  depthwise,   transposed,
                                   dense, batch_norm, layer_norm, prelu, standardize, trunk};
enum { BUILDERS = sizeof builders / sizeof *builders };

START_TEST(two_uses_have_summed_gradients)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *halves[2];
    split_image(graph, halves);
    neuron_node_t *first = builders[_i](graph, halves[0]);
    neuron_node_t *second = neuron_shared_part(graph, halves[1], halves[0], first);
    ck_assert_msg(second, "%s", neuron_error_last());
    check_network(graph, both(graph, first, second), BATCH);
}
END_TEST

/* h = tanh(W h + U x), with a regulariser, where the input needs no gradient. */
START_TEST(an_unrolled_cell)
{
    enum { STEPS = 5 };
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = vector_input(graph, WIDTH * STEPS);
    neuron_node_t *from_input = NULL, *from_state = NULL, *state = NULL;
    for (int64_t t = 0; t < STEPS; t++) {
        neuron_node_t *now = neuron_slice(graph, x, t * WIDTH, WIDTH, NULL);
        from_input = t == 0 ? neuron_dense(graph, now, 4, NULL) : again(graph, from_input, now);
        if (state)
            from_state = from_state ? again(graph, from_state, state)
                                    : neuron_dense(graph, state, 4, "use_bias=no");
        neuron_node_t *sum[] = {from_input, from_state};
        state = neuron_tanh(graph, state ? neuron_add(graph, sum, 2) : from_input);
    }
    assert_ok(neuron_node_set_regularizer(from_state, "kernel", 0.01, 0.02));
    check_network(graph, neuron_softmax(graph, neuron_dense(graph, state, 3, NULL), NULL), BATCH);
}
END_TEST

/* A layer on what it has made itself, and in the place of the output. */
START_TEST(a_layer_on_its_own_output)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *first = neuron_dense(graph, vector_input(graph, 3), 3, NULL);
    neuron_node_t *second = again(graph, first, neuron_relu(graph, first));
    neuron_node_t *third = again(graph, second, second);
    ck_assert_ptr_eq(neuron_node_shared_with(third), first);
    check_network(graph, neuron_softmax(graph, third, NULL), BATCH);
}
END_TEST

START_TEST(a_convolution_on_images_of_two_sizes)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *image = neuron_conv2d(graph, image_input(graph, 9, 8, 2), 16, 1, 1, NULL);
    neuron_node_t *half = neuron_average_pool2d(graph, image, 2, 2, NULL);
    neuron_node_t *first = neuron_conv2d(graph, image, 16, 3, 3, "padding=same");
    neuron_node_t *second = again(graph, first, half);
    check_network(graph, both(graph, first, second), BATCH);
}
END_TEST

START_TEST(a_normalisation_moves_by_both_uses)
{
    float values[2 * BATCH], mean = 0, variance = 1, found[2];
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = vector_input(graph, 2);
    neuron_node_t *first =
        neuron_batch_norm(graph, neuron_slice(graph, x, 0, 1, NULL), "momentum=0.75");
    neuron_node_t *second = again(graph, first, neuron_slice(graph, x, 1, 1, NULL));
    neuron_node_t *y = neuron_concat(graph, (neuron_node_t *[]){first, second}, 2, NULL);
    assert_ok(neuron_graph_finish(graph, neuron_softmax(graph, y, NULL)));
    for (int i = 0; i < 2 * BATCH; i++)
        values[i] = (float)(i * i % 7);
    neuron_session *session;
    assert_ok(neuron_session_create(&session, graph, NEURON_SESSION_TRAIN, BATCH));
    assert_ok(neuron_session_forward(session, (const float *const[]){values}, BATCH, 1, 1));
    neuron_session_destroy(session);
    for (int use = 0; use < 2; use++) {
        double sum = 0, squares = 0;
        for (int e = 0; e < BATCH; e++)
            sum += (double)values[2 * e + use];
        for (int e = 0; e < BATCH; e++)
            squares += pow((double)values[2 * e + use] - sum / BATCH, 2);
        mean = 0.75f * mean + 0.25f * (float)(sum / BATCH);
        variance = 0.75f * variance + 0.25f * (float)(squares / BATCH);
    }
    ck_assert_int_eq(neuron_graph_array_count(graph), 4);
    assert_ok(neuron_graph_read_array(&found[0], 1, NULL, graph, 2));
    assert_ok(neuron_graph_read_array(&found[1], 1, NULL, graph, 3));
    ck_assert_float_eq_tol(found[0], mean, 1e-6f);
    ck_assert_float_eq_tol(found[1], variance, 1e-5f);
    neuron_graph_unref(graph);
}
END_TEST

/* ---- What is shared ---- */

/* a and b read x by one layer; c and d by two, of which the first is renamed. */
typedef struct pair {
    neuron_graph_t *graph;
    neuron_node_t *x, *first, *second, *y;
} pair;

static pair make_pair(void)
{
    pair p = {.graph = new_graph()};
    p.x = vector_input(p.graph, WIDTH);
    p.first = neuron_dense(p.graph, neuron_slice(p.graph, p.x, 0, 3, NULL), 4, NULL);
    p.second = again(p.graph, p.first, neuron_slice(p.graph, p.x, 3, 3, NULL));
    p.y = neuron_concat(p.graph, (neuron_node_t *[]){p.first, p.second}, 2, NULL);
    return p;
}

static void assert_arrays(const neuron_graph_t *graph, const char *first, const char *second)
{
    ck_assert_int_eq(neuron_graph_array_count(graph), 2);
    ck_assert_str_eq(neuron_graph_array_name(graph, 0), first);
    ck_assert_str_eq(neuron_graph_array_name(graph, 1), second);
    ck_assert_int_eq(neuron_graph_parameter_count(graph), 16);
}

START_TEST(arrays_are_there_once)
{
    char text[4096];
    pair p = make_pair();
    ck_assert_ptr_null(neuron_node_shared_with(p.first));
    ck_assert_ptr_eq(neuron_node_shared_with(p.second), p.first);
    ck_assert_ptr_null(neuron_node_shared_with(p.y));
    ck_assert_ptr_null(neuron_node_shared_with(NULL));
    assert_ok(neuron_node_set_name(p.first, "encoder"));
    assert_ok(neuron_graph_finish(p.graph, p.y));
    assert_arrays(p.graph, "encoder.kernel", "encoder.bias");
    ck_assert_int_eq(neuron_graph_find_array(p.graph, "dense_1.kernel"), -1);
    assert_ok(neuron_graph_summary(text, sizeof text, NULL, p.graph, 1));
    ck_assert_ptr_nonnull(strstr(text, "dense_1 (dense of encoder)"));
    ck_assert_ptr_nonnull(strstr(text, "Total parameters          16"));
    neuron_graph_unref(p.graph);
}
END_TEST

START_TEST(what_is_set_counts_for_all)
{
    double l1, l2, value;
    const char *kind;
    pair p = make_pair();
    neuron_node_t *third = again(p.graph, p.second, neuron_slice(p.graph, p.x, 1, 3, NULL));
    assert_ok(neuron_node_set_regularizer(p.second, "kernel", 0.5, 0.25));
    assert_ok(neuron_node_set_initializer(third, "bias", "constant", 3));
    assert_ok(neuron_node_set_trainable(p.first, 0));
    const neuron_node_t *nodes[] = {p.first, p.second, third};
    for (int i = 0; i < 3; i++) {
        assert_ok(neuron_node_regularizer(&l1, &l2, nodes[i], "kernel"));
        ck_assert(l1 == 0.5 && l2 == 0.25);
        assert_ok(neuron_node_initializer(&kind, &value, nodes[i], "bias"));
        ck_assert(strcmp(kind, "constant") == 0 && value == 3);
        ck_assert_int_eq(neuron_node_trainable(nodes[i]), 0);
    }
    neuron_node_t *all[] = {p.first, p.second, third};
    assert_ok(neuron_graph_finish(p.graph, neuron_add(p.graph, all, 3)));
    ck_assert_int_eq(neuron_graph_trainable_parameter_count(p.graph), 0);
    assert_ok(neuron_node_set_trainable(third, 1));
    ck_assert_int_eq(neuron_graph_trainable_parameter_count(p.graph), 16);
    float bias[4];
    assert_ok(neuron_graph_read_array(bias, 4, NULL, p.graph, 1));
    ck_assert_float_eq(bias[0], 3);
    neuron_graph_unref(p.graph);
}
END_TEST

START_TEST(options_are_those_of_all)
{
    double value;
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = image_input(graph, 6, 6, 2);
    neuron_node_t *first = neuron_batch_norm(graph, x, NULL), *second = again(graph, first, first);
    assert_ok(neuron_node_set(second, "momentum=0.5"));
    assert_ok(neuron_node_set_number(first, "epsilon", 0.25));
    assert_ok(neuron_graph_finish(graph, second));
    assert_ok(neuron_node_set_number(first, "momentum", 0.625));
    assert_ok(neuron_node_get_number(&value, second, "momentum"));
    ck_assert_double_eq(value, 0.625);
    assert_ok(neuron_node_get_number(&value, second, "epsilon"));
    ck_assert_double_eq(value, 0.25);
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(options_that_change_shapes_are_refused)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = image_input(graph, 6, 6, 2), *y = neuron_slice(graph, x, 0, 3, "axis=0");
    neuron_node_t *first = neuron_conv2d(graph, x, 4, 3, 3, NULL), *second = again(graph, first, y);
    assert_ok(neuron_node_set(first, "initializer=he_normal"));
    assert_status(neuron_node_set(second, "filters=5"), NEURON_E_STATE);
    assert_message("conv2d_1: filters must be set before the layer is used again");
    ck_assert_int_eq(first->spec.arrays[0].shape.extent[3], 4);
    ck_assert_int_eq(second->spec.arrays[0].initializer, NEURON_INITIALIZER_HE_NORMAL);
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(the_first_that_is_needed_has_the_arrays)
{
    pair p = make_pair();
    assert_ok(neuron_node_set_regularizer(p.first, "kernel", 0, 0.25));
    assert_ok(neuron_graph_finish(p.graph, neuron_relu(p.graph, p.second)));
    assert_arrays(p.graph, "dense_1.kernel", "dense_1.bias");
    ck_assert_ptr_null(neuron_node_shared_with(p.second));
    ck_assert_double_gt(neuron_graph_penalty(p.graph), 0);
    neuron_graph_unref(p.graph);
}
END_TEST

static neuron_graph_t *finished_pair(void)
{
    pair p = make_pair();
    assert_ok(neuron_graph_finish(p.graph, p.y));
    return p.graph;
}

static const float example[WIDTH] = {1, -2, 3, 0.5f, -0.25f, 2};

static void assert_predicts_alike(const neuron_graph_t *a, const neuron_graph_t *b)
{
    float values[2][8];
    predict(a, example, 1, values[0]);
    predict(b, example, 1, values[1]);
    ck_assert_mem_eq(values[0], values[1], sizeof values[0]);
}

START_TEST(imports_share_within_themselves)
{
    neuron_graph_t *source = finished_pair(), *graph = new_graph();
    neuron_node_t *x = vector_input(graph, WIDTH);
    neuron_node_t *a = neuron_graph_import(graph, x, source, "a", NULL);
    neuron_node_t *b = neuron_graph_import(graph, x, source, "b", "trainable=no");
    assert_ok(neuron_graph_finish(graph, neuron_add(graph, (neuron_node_t *[]){a, b}, 2)));
    ck_assert_int_eq(neuron_graph_array_count(graph), 4);
    ck_assert_str_eq(neuron_graph_array_name(graph, 2), "b/dense.kernel");
    ck_assert_int_eq(neuron_graph_trainable_parameter_count(graph), 16);
    float once[8], sum[8];
    predict(source, example, 1, once);
    predict(graph, example, 1, sum);
    for (int i = 0; i < 8; i++)
        ck_assert_float_eq_tol(sum[i], 2 * once[i], 1e-5f);
    neuron_graph_unref(graph);
    neuron_graph_unref(source);
}
END_TEST

START_TEST(a_part_without_the_owner_is_imported)
{
    neuron_graph_t *source = finished_pair(), *graph = new_graph();
    neuron_node_t *x = vector_input(graph, 3);
    /* The first of two that share stands for what takes its place. */
    neuron_node_t *y =
        neuron_graph_import_part(graph, x, source, "slice_1", "dense_1", "part", NULL);
    ck_assert_ptr_nonnull(y);
    assert_ok(neuron_graph_finish(graph, y));
    assert_arrays(graph, "part/dense_1.kernel", "part/dense_1.bias");
    float whole[8], part[4];
    predict(source, example, 1, whole);
    predict(graph, example + 3, 1, part);
    ck_assert_mem_eq(part, whole + 4, sizeof part);
    neuron_graph_unref(graph);
    neuron_graph_unref(source);
}
END_TEST

START_TEST(other_outputs_and_clones_share)
{
    neuron_graph_t *source = finished_pair(), *made;
    neuron_node_t *second = neuron_graph_find_node(source, "dense_1");
    assert_ok(neuron_graph_with_outputs(&made, source, &second, 1));
    assert_arrays(made, "dense_1.kernel", "dense_1.bias");
    neuron_graph_unref(made);
    neuron_node_t *whole = neuron_graph_output(source, 0);
    assert_ok(neuron_graph_with_outputs(&made, source, &whole, 1));
    assert_arrays(made, "dense.kernel", "dense.bias");
    assert_predicts_alike(source, made);
    neuron_graph_unref(made);
    assert_ok(neuron_graph_clone(&made, source->context, source));
    assert_arrays(made, "dense.kernel", "dense.bias");
    assert_predicts_alike(source, made);
    ck_assert_ptr_eq(neuron_node_shared_with(neuron_graph_find_node(made, "dense_1")),
                     neuron_graph_find_node(made, "dense"));
    neuron_graph_unref(made);
    neuron_graph_unref(source);
}
END_TEST

START_TEST(committees_share_within_members)
{
    neuron_graph_t *source = finished_pair(), *committee; /* a mean of the same */
    assert_ok(neuron_committee_create(&committee, source->context,
                                      (neuron_graph_t *[]){source, source}, 2, NULL, NULL));
    ck_assert_int_eq(neuron_graph_array_count(committee), 4);
    assert_predicts_alike(source, committee);
    neuron_graph_unref(committee);
    neuron_graph_unref(source);
}
END_TEST

START_TEST(a_custom_layer)
{
    neuron_graph_t *graph = new_graph();
    assert_ok(neuron_custom_layer_register(graph->context, "own_dense", own_dense, own_dense_back,
                                           NULL, NULL, NULL));
    neuron_node_t *x = vector_input(graph, WIDTH);
    neuron_node_t *a = neuron_slice(graph, x, 0, 3, NULL), *b = neuron_slice(graph, x, 3, 3, NULL);
    neuron_node_t *first = neuron_custom_layer(graph, "own_dense", &a, 1, (const int64_t[]){4}, 1);
    assert_ok(neuron_custom_layer_add_array(first, "kernel", (const int64_t[]){3, 4}, 2,
                                            "glorot_uniform", 0, 1));
    assert_ok(neuron_custom_layer_add_array(first, "bias", (const int64_t[]){4}, 1, "zeros", 0, 1));
    neuron_node_t *second = again(graph, first, b);
    ck_assert_msg(second, "%s", neuron_error_last());
    ck_assert_ptr_eq(neuron_node_shared_with(second), first);
    neuron_node_t *y = neuron_concat(graph, (neuron_node_t *[]){first, second}, 2, NULL);
    assert_ok(neuron_graph_finish(graph, y));
    neuron_graph_t *like = finished_pair(), *loaded;
    for (int i = 0; i < 2; i++) {
        float values[12];
        size_t count;
        assert_ok(neuron_graph_read_array(values, 12, &count, graph, i));
        assert_ok(neuron_graph_write_array(like, i, values, count));
    }
    float ours[8], theirs[8];
    predict(graph, example, 1, ours);
    predict(like, example, 1, theirs);
    for (int i = 0; i < 8; i++)
        ck_assert_float_eq_tol(ours[i], theirs[i], 1e-5f);
    assert_ok(neuron_graph_clone(&loaded, graph->context, graph));
    assert_arrays(loaded, "own_dense.kernel", "own_dense.bias");
    assert_predicts_alike(graph, loaded);
    neuron_graph_unref(loaded);
    neuron_graph_unref(like);
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(a_layer_without_arrays_is_done_again)
{
    double rate;
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = vector_input(graph, WIDTH), *first = neuron_dropout(graph, x, 0.25);
    neuron_node_t *second = again(graph, first, first);
    ck_assert_ptr_null(neuron_node_shared_with(second));
    assert_ok(neuron_node_set_number(first, "rate", 0.5));
    assert_ok(neuron_node_get_number(&rate, second, "rate"));
    ck_assert_double_eq(rate, 0.25);
    const double weights[] = {0.25, 0.75};
    neuron_node_t *inputs[] = {first, second};
    neuron_node_t *mean = neuron_weighted_average(graph, inputs, 2, weights);
    neuron_node_t *like = neuron_shared_layer(graph, mean, inputs, 2);
    ck_assert_msg(like, "%s", neuron_error_last());
    ck_assert_double_eq(like->spec.weights[1], 0.75);
    neuron_graph_unref(graph);
}
END_TEST

/* Sums over uses have the same bytes, however many threads there are. */
START_TEST(threads_change_nothing)
{
    enum { WIDE = 160, STEPS = 3, EXAMPLES = 40 };
    static float inputs[EXAMPLES * WIDE], *gradients[2];
    fixture_fill(inputs, EXAMPLES * WIDE, 3);
    for (int i = 0; i < 2; i++) {
        neuron_context_t *context = test_context();
        neuron_graph_t *graph;
        assert_ok(neuron_context_set_number(context, "threads", i == 0 ? 1 : 5));
        assert_ok(neuron_graph_create(&graph, context));
        neuron_node_t *x = vector_input(graph, WIDE), *layer = neuron_dense(graph, x, WIDE, NULL);
        for (int t = 0; t < STEPS; t++)
            x = again(graph, layer, neuron_tanh(graph, t == 0 ? layer : x));
        assert_ok(neuron_graph_finish(graph, x));
        neuron_session *session;
        assert_ok(neuron_session_create(&session, graph, NEURON_SESSION_TRAIN_WHOLE, EXAMPLES));
        assert_ok(neuron_session_forward(session, (const float *const[]){inputs}, EXAMPLES, 1, 1));
        memcpy(neuron_session_output_gradient(session, 0), inputs, sizeof inputs);
        gradients[i] = calloc((size_t)graph->value_count, sizeof(float));
        assert_ok(neuron_session_backward(session, gradients[i]));
        neuron_session_destroy(session);
        neuron_graph_unref(graph);
        neuron_context_unref(context);
    }
    ck_assert_mem_eq(gradients[0], gradients[1], (size_t)(WIDE + 1) * WIDE * sizeof(float));
    free(gradients[0]);
    free(gradients[1]);
}
END_TEST

/* What is made of the parameters for predictions is kept once. */
START_TEST(packed_weights_are_kept_once)
{
    size_t kept[2];
    for (int shared = 0; shared < 2; shared++) {
        neuron_graph_t *graph = new_graph();
        neuron_node_t *halves[2], *made[2];
        split_image(graph, halves);
        made[0] = neuron_relu(graph, wide(graph, halves[0]));
        made[1] = shared ? neuron_shared_part(graph, halves[1], halves[0], made[0])
                         : neuron_relu(graph, wide(graph, halves[1]));
        neuron_session *session;
        assert_ok(neuron_graph_finish(graph, both(graph, made[0], made[1])));
        assert_ok(neuron_session_create(&session, graph, NEURON_SESSION_PREDICT, 2));
        kept[shared] = session->kept_bytes;
        neuron_session_destroy(session);
        neuron_graph_unref(graph);
    }
    ck_assert_uint_gt(kept[0], kept[1]);
}
END_TEST

/* ---- What is refused ---- */

static void assert_latched(neuron_graph_t *graph, const neuron_node_t *made, const char *text)
{
    ck_assert_ptr_null(made);
    ck_assert_msg(strstr(graph->message, text), "\"%s\" is not in \"%s\"", text, graph->message);
    ck_assert_int_lt(graph->status, 0);
    neuron_graph_unref(graph);
}

START_TEST(other_shapes_are_refused)
{
    pair p = make_pair();
    assert_latched(
        p.graph, again(p.graph, p.first, p.x),
        "dense_2: kernel would be 6x4 here; that of dense, which it is to share, is 3x4");
}
END_TEST

START_TEST(wrong_layers_are_refused)
{
    pair p = make_pair(), q = make_pair();
    ck_assert_ptr_null(again(q.graph, p.first, q.x));
    assert_latched(q.graph, NULL, "shared_layer: dense belongs to another graph");
    q = make_pair();
    assert_latched(q.graph, again(q.graph, NULL, q.x), "shared_layer: layer is NULL");
    q = make_pair();
    assert_latched(q.graph, again(q.graph, q.x, q.x), "shared_layer: input is an input");
    q = make_pair();
    assert_latched(q.graph, again(q.graph, q.first, NULL), "dense: input 0 is NULL");
    q = make_pair();
    neuron_node_t *two[] = {q.x, q.x};
    assert_latched(q.graph, neuron_shared_layer(q.graph, q.first, two, 2), "this layer takes 1");
    q = make_pair();
    neuron_node_t *mean =
        neuron_weighted_average(q.graph, (neuron_node_t *[]){q.x, q.x}, 2, (const double[]){1, 1});
    assert_latched(q.graph, again(q.graph, mean, q.x),
                   "count is 1; weighted_average has weights "
                   "for 2 inputs");
    neuron_graph_unref(p.graph);
}
END_TEST

START_TEST(parts_that_are_none_are_refused)
{
    pair p = make_pair();
    assert_latched(p.graph, neuron_shared_part(p.graph, p.x, p.second, p.first),
                   "shared_part: dense does not depend on dense_1");
    p = make_pair();
    assert_latched(p.graph, neuron_shared_part(p.graph, p.x, p.first, p.first),
                   "dense does not depend on dense");
    p = make_pair();
    assert_latched(p.graph, neuron_shared_part(p.graph, NULL, p.x, p.first), "input is NULL");
    p = make_pair();
    assert_ok(neuron_graph_finish(p.graph, p.y));
    ck_assert_ptr_null(neuron_shared_part(p.graph, p.x, p.x, p.y));
    ck_assert_ptr_null(again(p.graph, p.first, p.x));
    ck_assert_ptr_nonnull(strstr(neuron_error_last(), "is finished and takes no more layers"));
    ck_assert_int_eq(p.graph->status, 0);
    neuron_graph_unref(p.graph);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("shared");
    TCase *tests = tcase_create("shared");
    tcase_set_timeout(tests, 0);
    suite_add_tcase(suite, tests);
    tcase_add_loop_test(tests, two_uses_have_summed_gradients, 0, BUILDERS);
    tcase_add_test(tests, an_unrolled_cell);
    tcase_add_test(tests, a_layer_on_its_own_output);
    tcase_add_test(tests, a_convolution_on_images_of_two_sizes);
    tcase_add_test(tests, a_normalisation_moves_by_both_uses);
    tcase_add_test(tests, arrays_are_there_once);
    tcase_add_test(tests, what_is_set_counts_for_all);
    tcase_add_test(tests, options_are_those_of_all);
    tcase_add_test(tests, options_that_change_shapes_are_refused);
    tcase_add_test(tests, the_first_that_is_needed_has_the_arrays);
    tcase_add_test(tests, imports_share_within_themselves);
    tcase_add_test(tests, a_part_without_the_owner_is_imported);
    tcase_add_test(tests, other_outputs_and_clones_share);
    tcase_add_test(tests, committees_share_within_members);
    tcase_add_test(tests, a_custom_layer);
    tcase_add_test(tests, a_layer_without_arrays_is_done_again);
    tcase_add_test(tests, threads_change_nothing);
    tcase_add_test(tests, packed_weights_are_kept_once);
    tcase_add_test(tests, other_shapes_are_refused);
    tcase_add_test(tests, wrong_layers_are_refused);
    tcase_add_test(tests, parts_that_are_none_are_refused);
    return run_suite(suite);
}
