/* Every activation in the pass of every layer that does it, and back through it by every layer that
 * goes back through activations: values and gradients against the
 * reference, and the steps it takes. */
#include "gradient.h"
#include "test-common.h"

#include "session/steps.h"

#include <stdio.h>
#include <string.h>

enum { BATCH = 3 };

static neuron_node_t *leaky_relu(neuron_graph_t *graph, neuron_node_t *x)
{
    return neuron_leaky_relu(graph, x, 0.2);
}

static neuron_node_t *elu(neuron_graph_t *graph, neuron_node_t *x)
{
    return neuron_elu(graph, x, 0.7);
}

static neuron_node_t *gelu_by_tanh(neuron_graph_t *graph, neuron_node_t *x)
{
    neuron_node_t *node = neuron_gelu(graph, x, "approximate=yes");
    return node;
}

static neuron_node_t *gelu(neuron_graph_t *graph, neuron_node_t *x)
{
    return neuron_gelu(graph, x, NULL);
}

static neuron_node_t *clip(neuron_graph_t *graph, neuron_node_t *x)
{
    return neuron_clip(graph, x, -0.2, 0.3);
}

typedef neuron_node_t *(*builder)(neuron_graph_t *graph, neuron_node_t *x);

/* `by_input`: the slope follows from what the activation was made of, not from what it made. */
static const struct {
    builder add;
    bool by_input;
} activations[] = {{neuron_relu, false},
                   {neuron_tanh, false},
                   {neuron_sigmoid, false},
                   {leaky_relu, false},
                   {elu, false},
                   {gelu, true},
                   {gelu_by_tanh, true},
                   {neuron_silu, true},
                   {neuron_hard_swish, true},
                   {neuron_selu, false},
                   {neuron_softplus, false},
                   {neuron_softsign, false},
                   {neuron_exponential, false},
                   {clip, false}};

enum { ACTIVATIONS = sizeof activations / sizeof *activations };

/* Producers, of an image of 9 x 8 with 3 channels. */

static neuron_node_t *conv(neuron_graph_t *graph, neuron_node_t *x)
{
    return neuron_conv2d(graph, x, 19, 3, 3, NULL);
}

/* Of a size that Winograd's algorithm is chosen for. */
static neuron_node_t *padded_conv(neuron_graph_t *graph, neuron_node_t *x)
{
    x = neuron_conv2d(graph, x, 32, 1, 1, NULL);
    x = neuron_conv2d(graph, x, 36, 3, 3, "padding=same");
    return x;
}

static neuron_node_t *strided_conv(neuron_graph_t *graph, neuron_node_t *x)
{
    x = neuron_conv2d(graph, x, 5, 3, 2, "stride_height=2, stride_width=3");
    return x;
}

static neuron_node_t *depthwise(neuron_graph_t *graph, neuron_node_t *x)
{
    return neuron_depthwise_conv2d(graph, x, 2, 3, NULL);
}

static neuron_node_t *norm(neuron_graph_t *graph, neuron_node_t *x)
{
    return neuron_batch_norm(graph, neuron_average_pool2d(graph, x, 2, 2, NULL), NULL);
}

static neuron_node_t *norm_of_rows(neuron_graph_t *graph, neuron_node_t *x)
{
    return neuron_layer_norm(graph, neuron_average_pool2d(graph, x, 2, 2, NULL), NULL);
}

/* Joins, of values that are small enough for exp(). */

static neuron_node_t *sum(neuron_graph_t *graph, neuron_node_t *x)
{
    neuron_node_t *a = neuron_tanh(graph, neuron_conv2d(graph, x, 5, 1, 1, NULL)),
                  *b = neuron_tanh(graph, neuron_conv2d(graph, x, 5, 1, 1, NULL));
    return neuron_add(graph, (neuron_node_t *[]){a, b}, 2);
}

static neuron_node_t *product(neuron_graph_t *graph, neuron_node_t *x)
{
    neuron_node_t *a = neuron_tanh(graph, neuron_conv2d(graph, x, 4, 1, 1, NULL)),
                  *b = neuron_tanh(graph, neuron_conv2d(graph, x, 4, 1, 1, NULL));
    return neuron_multiply(graph, (neuron_node_t *[]){a, b}, 2);
}

/* `steps` without the activation. */
static const struct {
    builder add;
    int32_t steps;
} producers[] = {{conv, 1}, {padded_conv, 2}, {strided_conv, 1}, {depthwise, 1},
                 {norm, 2}, {sum, 3},         {product, 3},      {norm_of_rows, 2}};

enum { PRODUCERS = sizeof producers / sizeof *producers };

/* Consumers. */

static neuron_node_t *flat(neuron_graph_t *graph, neuron_node_t *x)
{
    return neuron_dense(graph, neuron_flatten(graph, x), 5, NULL);
}

static neuron_node_t *next_conv(neuron_graph_t *graph, neuron_node_t *x)
{
    x = neuron_conv2d(graph, x, 3, 2, 2, "stride_width=2, padding=same");
    return x;
}

static neuron_node_t *next_norm(neuron_graph_t *graph, neuron_node_t *x)
{
    return neuron_batch_norm(graph, x, NULL);
}

static neuron_node_t *next_pool(neuron_graph_t *graph, neuron_node_t *x)
{
    return neuron_average_pool2d(graph, x, 2, 1, NULL);
}

static neuron_node_t *next_norm_of_rows(neuron_graph_t *graph, neuron_node_t *x)
{
    return neuron_layer_norm(graph, x, NULL);
}

static const builder consumers[] = {flat, next_conv, next_norm, next_pool, next_norm_of_rows};

enum { CONSUMERS = sizeof consumers / sizeof *consumers };

static int64_t count_steps(const neuron_graph_t *graph, neuron_session_purpose purpose)
{
    neuron_session *session;
    assert_ok(neuron_session_create(&session, graph, purpose, BATCH));
    int64_t count = session->step_count;
    neuron_session_destroy(session);
    return count;
}

/* One consumer for each pair of an activation and a producer, such that all pairs of the three are
 * there. */
static bool combines(int activation, int producer, int consumer)
{
    return (activation + producer + consumer) % CONSUMERS == 0;
}

START_TEST(a_pass_less)
{
    int a = _i / PRODUCERS, p = _i % PRODUCERS;
    for (int c = 0; c < CONSUMERS; c++) {
        if (!combines(a, p, c))
            continue;
        neuron_graph_t *graph = new_graph();
        neuron_node_t *x = producers[p].add(graph, image_input(graph, 9, 8, 3));
        x = consumers[c](graph, activations[a].add(graph, x));
        neuron_node_t *output =
            neuron_softmax(graph, neuron_dense(graph, neuron_flatten(graph, x), 3, NULL), NULL);
        neuron_graph_ref(graph);
        check_network(graph, output, BATCH);
        ck_assert_int_eq(count_steps(graph, NEURON_SESSION_TRAIN), producers[p].steps + 2);
        neuron_graph_unref(graph);
    }
}
END_TEST

/* The first layer pools what its activation made, unless the slope would be lost. */
START_TEST(with_pooling)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = conv(graph, image_input(graph, 9, 8, 3));
    x = neuron_max_pool2d(graph, activations[_i].add(graph, x), 2, 2, NULL);
    neuron_node_t *output =
        neuron_softmax(graph, neuron_dense(graph, neuron_flatten(graph, x), 3, NULL), NULL);
    neuron_graph_ref(graph);
    check_network(graph, output, BATCH);
    ck_assert_int_eq(count_steps(graph, NEURON_SESSION_TRAIN), activations[_i].by_input ? 3 : 2);
    ck_assert_int_eq(count_steps(graph, NEURON_SESSION_PREDICT), 3);
    neuron_graph_unref(graph);
}
END_TEST

/* A normalisation behind an activation, and another activation behind that: one pass when
 * predicting, two when training, whose gradients the normalisation makes a few rows at a time. */
START_TEST(around_a_normalisation)
{
    int other = (_i + 1) % ACTIVATIONS;
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = activations[_i].add(graph, conv(graph, image_input(graph, 9, 8, 1)));
    x = activations[other].add(graph, neuron_batch_norm(graph, x, NULL));
    x = neuron_max_pool2d(graph, x, 2, 2, NULL);
    neuron_node_t *output =
        neuron_softmax(graph, neuron_dense(graph, neuron_flatten(graph, x), 3, NULL), NULL);
    neuron_graph_ref(graph);
    check_network(graph, output, BATCH);
    bool pools = activations[other].add == neuron_relu;
    ck_assert_int_eq(count_steps(graph, NEURON_SESSION_TRAIN), pools ? 3 : 4);
    ck_assert_int_eq(count_steps(graph, NEURON_SESSION_PREDICT), 3);
    neuron_graph_unref(graph);
}
END_TEST

/* What the log says of nodes: "name: ...". */
typedef struct log_book {
    char lines[16][200];
    int count;
} log_book;

static void keep(int32_t level, const char *category, const char *line, void *user_data)
{
    (void)category;
    log_book *book = user_data;
    if (level == NEURON_LOG_DEBUG && book->count < 16)
        snprintf(book->lines[book->count++], sizeof book->lines[0], "%s", line);
}

static void assert_line(const log_book *book, const char *line)
{
    for (int i = 0; i < book->count; i++)
        if (strcmp(book->lines[i], line) == 0)
            return;
    for (int i = 0; i < book->count; i++)
        fprintf(stderr, "%s\n", book->lines[i]);
    assert_that(false, "not in the log: %s", line);
}

START_TEST(the_log_tells_where_each_layer_is_done)
{
    neuron_context_t *context;
    neuron_graph_t *graph;
    neuron_session *session;
    log_book book = {.count = 0};
    assert_ok(neuron_context_create(&context, NULL));
    assert_ok(neuron_context_set_log(context, NEURON_LOG_DEBUG, keep, &book, NULL));
    assert_ok(neuron_graph_create(&graph, context));
    neuron_node_t *x = neuron_tanh(graph, conv(graph, image_input(graph, 9, 8, 3)));
    x = neuron_batch_norm(graph, x, NULL);
    x = neuron_dropout(graph, neuron_flatten(graph, x), 0.5);
    assert_ok(
        neuron_graph_finish(graph, neuron_softmax(graph, neuron_dense(graph, x, 3, NULL), NULL)));
    assert_ok(neuron_session_create(&session, graph, NEURON_SESSION_TRAIN, BATCH));
    neuron_session_destroy(session);
    assert_line(&book, "conv2d: a pass of its own, for it cannot be part of another");
    assert_line(&book, "tanh: in the pass of conv2d");
    assert_line(&book,
                "batch_norm: a pass of its own, for it has parameters, and this is a training");
    assert_line(&book, "flatten: only passes on what it reads");
    assert_line(&book, "softmax: computed with the loss");
    ck_assert_int_eq(book.count, 8);
    book.count = 0;
    assert_ok(neuron_session_create(&session, graph, NEURON_SESSION_PREDICT, BATCH));
    neuron_session_destroy(session);
    assert_line(&book, "batch_norm: in the pass of conv2d");
    assert_line(&book, "dropout: only passes on what it reads");
    assert_line(&book, "softmax: a pass of its own, for it cannot be part of another");
    neuron_graph_unref(graph);
    neuron_context_unref(context);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fuse activations");
    TCase *tests = tcase_create("all");
    tcase_set_timeout(tests, 120);
    suite_add_tcase(suite, tests);
    tcase_add_loop_test(tests, a_pass_less, 0, ACTIVATIONS * PRODUCERS);
    tcase_add_loop_test(tests, with_pooling, 0, ACTIVATIONS);
    tcase_add_loop_test(tests, around_a_normalisation, 0, ACTIVATIONS);
    tcase_add_test(tests, the_log_tells_where_each_layer_is_done);
    return run_suite(suite);
}
