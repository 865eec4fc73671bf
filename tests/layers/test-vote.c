#include "gradient.h"
#include "test-common.h"

#include "base/context.h"
#include "layers/layer.h"

#include <math.h>

enum { CLASSES = 4, INPUTS_MAX = 5 };

/* Runs the layer with the scratch that it asks for. */
static void run_layer(neuron_run *run)
{
    neuron_needs needs = {0};
    const neuron_plan_request request = {
        .spec = run->spec, .batch = 1, .threads = neuron_pool_threads(run->pool)};
    assert_ok(neuron_layer_vote.plan(&request, &needs));
    run->scratch = malloc(needs.scratch);
    neuron_layer_vote.forward(run);
    free(run->scratch);
}

/* A vote of `count` rows, without a graph around it. */
static void vote(const float (*rows)[CLASSES], int64_t count, const double *weights,
                 float output[CLASSES])
{
    neuron_context_t *context = test_context();
    neuron_shape shapes[INPUTS_MAX];
    const float *inputs[INPUTS_MAX];
    for (int32_t i = 0; i < count; i++) {
        shapes[i] = (neuron_shape){.rank = 1, .extent = {CLASSES}};
        inputs[i] = rows[i];
    }
    neuron_spec spec = {
        .layer = &neuron_layer_vote, .input_count = count, .inputs = shapes, .weights = weights};
    neuron_options_reset(&spec.options, &neuron_layer_vote.options);
    assert_ok(neuron_layer_vote.infer(&spec, "vote"));
    neuron_run run = {
        .spec = &spec, .pool = context->pool, .batch = 1, .inputs = inputs, .output = output};
    run_layer(&run);
    neuron_context_unref(context);
}

/* The same by rank. */
static void rank(const float (*rows)[CLASSES], int64_t count, const double *weights,
                 float output[CLASSES])
{
    neuron_context_t *context = test_context();
    neuron_graph_t *graph;
    neuron_node_t *nodes[INPUTS_MAX];
    neuron_tensor_t *inputs[INPUTS_MAX], *made;
    assert_ok(neuron_graph_create(&graph, context));
    for (int32_t i = 0; i < count; i++) {
        nodes[i] = neuron_input(graph, (const int64_t[]){CLASSES}, 1);
        assert_ok(neuron_tensor_create(&inputs[i], context, NEURON_TYPE_F32,
                                       (const int64_t[]){1, CLASSES}, 2));
        memcpy(neuron_tensor_data(inputs[i]), rows[i], sizeof *rows);
    }
    neuron_node_t *node = neuron_vote(graph, nodes, count, weights);
    assert_ok(neuron_node_set(node, "ballot=borda"));
    assert_ok(neuron_graph_finish(graph, node));
    assert_ok(neuron_tensor_wrap(&made, context, NEURON_TYPE_F32, (const int64_t[]){1, CLASSES}, 2,
                                 output));
    assert_ok(neuron_graph_predict_many(graph, inputs, count, &made, 1));
    for (int32_t i = 0; i < count; i++)
        neuron_tensor_unref(inputs[i]);
    neuron_tensor_unref(made);
    neuron_graph_unref(graph);
    neuron_context_unref(context);
}

static float up(float value)
{
    return nextafterf(value, 2);
}

/* The same of networks with one output. */
static float vote_of_one(const float *values, int64_t count, const double *weights)
{
    neuron_context_t *context = test_context();
    neuron_shape shapes[INPUTS_MAX];
    const float *inputs[INPUTS_MAX];
    float output = -1;
    for (int32_t i = 0; i < count; i++) {
        shapes[i] = (neuron_shape){.rank = 1, .extent = {1}};
        inputs[i] = &values[i];
    }
    neuron_spec spec = {
        .layer = &neuron_layer_vote, .input_count = count, .inputs = shapes, .weights = weights};
    neuron_options_reset(&spec.options, &neuron_layer_vote.options);
    assert_ok(neuron_layer_vote.infer(&spec, "vote"));
    neuron_run run = {
        .spec = &spec, .pool = context->pool, .batch = 1, .inputs = inputs, .output = &output};
    run_layer(&run);
    neuron_context_unref(context);
    return output;
}

static void assert_votes(const float output[CLASSES], float a, float b, float c, float d)
{
    const float expected[CLASSES] = {a, b, c, d};
    for (int i = 0; i < CLASSES; i++)
        assert_that(output[i] == expected[i], "class %d has %.9g, not %.9g", i, (double)output[i],
                    (double)expected[i]);
}

START_TEST(the_majority_wins)
{
    static const float rows[][CLASSES] = {
        {0.1f, 0.9f, 0, 0}, {0.9f, 0, 0.1f, 0}, {0.3f, 0.4f, 0.3f, 0}, {0, 1, 0, 0}};
    float output[CLASSES];
    vote(rows, 4, NULL, output);
    assert_votes(output, 0.25f, 0.75f, 0, 0);
    vote(rows, 1, NULL, output);
    assert_votes(output, 0, 1, 0, 0);
}
END_TEST

START_TEST(one_output_votes_for_one_of_two_classes)
{
    static const double weights[] = {3, 1, 1, 5}, none[] = {0, 0, 1};
    ck_assert_float_eq(vote_of_one((float[]){0.1f, 0.2f, 0.9f}, 3, NULL), 1.0f / 3);
    ck_assert_float_eq(vote_of_one((float[]){0.1f, 0.51f, 0.9f}, 3, NULL), 2.0f / 3);
    ck_assert_float_eq(vote_of_one((float[]){0.4f, 0, 0.1f, 0.5f}, 4, NULL),
                       0); /* 0.5 is class 0 */
    ck_assert_float_eq(vote_of_one((float[]){0.51f, 1, 0.6f}, 3, NULL), 1);
    ck_assert_float_eq(vote_of_one((float[]){0.9f, 0, 0, 0}, 4, weights), 0.3f);
    ck_assert_float_eq(vote_of_one((float[]){0, 0, 1, 1}, 4, weights), 0.6f);
    ck_assert_float_eq(vote_of_one((float[]){1, 1, 0.2f}, 3, none), 0);
    /* A tie falls to the mean of the outputs, which may be even too. */
    ck_assert_float_eq(vote_of_one((float[]){0.1f, 0.8f}, 2, NULL), 0.5f);
    ck_assert_float_eq(vote_of_one((float[]){0.3f, 0.9f}, 2, NULL), up(0.5f));
    ck_assert_float_eq(vote_of_one((float[]){0.25f, 0.75f}, 2, NULL), 0.5f);
    ck_assert_float_eq(vote_of_one((float[]){0, 0.9f, 0.8f, 0.1f}, 4, (double[]){1, 1, 2, 2}),
                       0.5f);
    /* What is not a number casts no vote. */
    ck_assert_float_eq(vote_of_one((float[]){NAN, 0.9f, 0.2f, 0.6f}, 4, NULL), 2.0f / 3);
    ck_assert(isnan(vote_of_one((float[]){NAN, NAN}, 2, NULL)));
    ck_assert_float_eq(vote_of_one((float[]){INFINITY, -INFINITY, 1}, 3, NULL), 2.0f / 3);
}
END_TEST

/* A majority that float does not show is one, and the output says so. */
START_TEST(a_small_majority_of_one_output_counts)
{
    static const float low = 0.5f;
    float high = up(0.5f);
    ck_assert_float_eq(vote_of_one((float[]){0.1f, 0.6f}, 2, (double[]){1, 1 + 1e-8}), high);
    ck_assert_float_eq(vote_of_one((float[]){0.1f, 0.6f}, 2, (double[]){1 + 1e-8, 1}), low);
    ck_assert_float_eq(vote_of_one((float[]){0.95f, 0.95f, 0.2f}, 3, (double[]){1, 1, 2 + 1e-8}),
                       low);
    ck_assert_float_eq(vote_of_one((float[]){0.51f, 0.51f, 0}, 3, (double[]){1, 1, 2 - 1e-12}),
                       high);
    ck_assert_float_eq(vote_of_one((float[]){0.4f, 1}, 2, (double[]){1e6 + 1e-6, 1e6}), low);
    ck_assert_float_eq(vote_of_one((float[]){0.4f, 0.51f}, 2, (double[]){1e-20, 1.00000002e-20}),
                       high);
    /* What only the sums' rounding makes one is none. */
    ck_assert_float_eq(vote_of_one((float[]){0.6f, 0.6f, 0}, 3, (double[]){0.1, 0.2, 0.3}), low);
    ck_assert_float_eq(vote_of_one((float[]){0.4f, 0.4f, 1}, 3, (double[]){0.1, 0.2, 0.3}), high);
    ck_assert_float_eq(vote_of_one((float[]){0.4f, 0.4f, 0.51f}, 3, (double[]){0.1, 0.7, 0.8}),
                       low);
}
END_TEST

START_TEST(a_small_majority_counts)
{
    static const float rows[][CLASSES] = {{0.9f, 0.1f, 0, 0}, {0.4f, 0.6f, 0, 0}, {0, 0, 0, 1}};
    float output[CLASSES];
    vote(rows, 2, (const double[]){1, 1 + 1e-8}, output);
    assert_votes(output, 0.5f, up(0.5f), 0, 0);
    vote(rows, 2, (const double[]){1 + 1e-8, 1}, output);
    assert_votes(output, up(0.5f), 0.5f, 0, 0);
    vote(rows, 3, (const double[]){1, 1 + 1e-10, 2}, output);
    assert_votes(output, 0.25f, 0.25f, 0, 0.5f);
    vote(rows, 3, (const double[]){2, 2 + 1e-10, 1}, output);
    assert_votes(output, 0.4f, up(0.4f), 0, 0.2f);
}
END_TEST

START_TEST(the_first_of_equal_classes_gets_the_vote)
{
    static const float rows[][CLASSES] = {{0, 0.5f, 0.5f, 0}};
    float output[CLASSES];
    vote(rows, 1, NULL, output);
    assert_votes(output, 0, 1, 0, 0);
}
END_TEST

START_TEST(a_tie_falls_to_the_larger_sum)
{
    static const float rows[][CLASSES] = {{0.6f, 0.1f, 0.3f, 0}, {0, 0.1f, 0.9f, 0}};
    float output[CLASSES];
    vote(rows, 2, NULL, output);
    assert_votes(output, 0.5f, 0, up(0.5f), 0);
}
END_TEST

/* The inputs that lost the vote have a say in who wins the tie. */
START_TEST(a_tie_is_decided_by_all_who_vote)
{
    static const float rows[][CLASSES] = {{0.6f, 0.4f, 0, 0},
                                          {0.5f, 0.5f, 0, 0},
                                          {0, 0.9f, 0.1f, 0},
                                          {0, 0.9f, 0.1f, 0},
                                          {0.4f, 0, 0, 0.6f}};
    float output[CLASSES];
    vote(rows, 5, NULL, output);
    assert_votes(output, 0.4f, up(0.4f), 0, 0.2f);
    static const float turned[][CLASSES] = {{0.9f, 0.1f, 0, 0},
                                            {0.9f, 0.1f, 0, 0},
                                            {0, 0.6f, 0.4f, 0},
                                            {0, 0.6f, 0.4f, 0},
                                            {0.1f, 0.2f, 0, 0.7f}};
    vote(turned, 5, NULL, output);
    assert_votes(output, up(0.4f), 0.4f, 0, 0.2f);
}
END_TEST

START_TEST(an_even_tie_falls_to_the_lower_class)
{
    static const float rows[][CLASSES] = {{0, 0, 0, 1}, {0, 1, 0, 0}, {0, 0, 1, 0}};
    float output[CLASSES];
    vote(rows, 3, NULL, output);
    float third = (float)(1.0 / 3);
    assert_votes(output, 0, up(third), third, third);
}
END_TEST

START_TEST(weights_count)
{
    static const float rows[][CLASSES] = {{0, 1, 0, 0}, {0, 0, 1, 0}, {0, 0, 1, 0}};
    float output[CLASSES];
    vote(rows, 3, (const double[]){6, 1, 1}, output);
    assert_votes(output, 0, 0.75f, 0.25f, 0);
    vote(rows, 3, (const double[]){0, 0.5, 0}, output);
    assert_votes(output, 0, 0, 1, 0);
    vote(rows, 3, (const double[]){0.25, 0.125, 0.125}, output);
    assert_votes(output, 0, up(0.5f), 0.5f, 0); /* 0.25 against 0.25 in the sum as well */
}
END_TEST

/* The weighted sum, not the plain one, decides between the leaders. */
START_TEST(a_tie_of_weights_falls_to_the_larger_weighted_sum)
{
    static const float rows[][CLASSES] = {{1, 0, 0, 0}, {0.51f, 0.49f, 0, 0}, {0.1f, 0.9f, 0, 0}};
    float output[CLASSES];
    vote(rows, 3, (const double[]){1, 2, 3}, output);
    assert_votes(output, 0.5f, up(0.5f), 0, 0);
    static const float turned[][CLASSES] = {{0, 1, 0, 0}, {0.49f, 0.51f, 0, 0}, {0.9f, 0.1f, 0, 0}};
    vote(turned, 3, (const double[]){1, 2, 3}, output);
    assert_votes(output, up(0.5f), 0.5f, 0, 0);
}
END_TEST

/* 0.1 + 0.2 is not 0.3 in binary, but a person would call it a tie. */
START_TEST(weights_tie_as_a_person_expects)
{
    static const float rows[][CLASSES] = {{0, 1, 0, 0}, {0, 1, 0, 0}, {0, 0, 1, 0}};
    float output[CLASSES];
    vote(rows, 3, (const double[]){0.1, 0.2, 0.3}, output);
    ck_assert_float_eq(fminf(output[1], output[2]), 0.5f);
    ck_assert_float_eq(fmaxf(output[1], output[2]), up(0.5f));
    static const float sure[][CLASSES] = {{0.4f, 0.6f, 0, 0}, {0.4f, 0.6f, 0, 0}, {0, 0, 1, 0}};
    vote(sure, 3, (const double[]){0.1, 0.2, 0.3}, output);
    assert_votes(output, 0, 0.5f, up(0.5f), 0);
}
END_TEST

START_TEST(what_is_not_a_number_casts_no_vote)
{
    const float rows[][CLASSES] = {
        {0, 1, 0, 0}, {1, NAN, 0, 0}, {NAN, NAN, NAN, NAN}, {0, 0, 1, 0}, {0, 0, 1, NAN}};
    float output[CLASSES];
    vote(rows, 4, NULL, output);
    assert_votes(output, 0, up(0.5f), 0.5f, 0);
    vote(rows, 5, (const double[]){3, 100, 100, 1, 100}, output);
    assert_votes(output, 0, 0.75f, 0.25f, 0);
    vote(rows + 1, 2, NULL, output);
    for (int i = 0; i < CLASSES; i++)
        ck_assert_float_nan(output[i]);
    /* The only one that could vote weighs nothing. */
    vote(rows + 2, 2, (const double[]){1, 0}, output);
    for (int i = 0; i < CLASSES; i++)
        ck_assert_float_nan(output[i]);
}
END_TEST

START_TEST(infinity_is_the_largest)
{
    const float rows[][CLASSES] = {{-INFINITY, 0, INFINITY, 1},
                                   {-INFINITY, -INFINITY, -INFINITY, -INFINITY},
                                   {-INFINITY, -INFINITY, -INFINITY, -1}};
    float output[CLASSES];
    vote(rows, 1, NULL, output);
    assert_votes(output, 0, 0, 1, 0);
    vote(rows + 1, 1, NULL, output);
    assert_votes(output, 1, 0, 0, 0);
    vote(rows + 2, 1, NULL, output);
    assert_votes(output, 0, 0, 0, 1);
}
END_TEST

/* 3, 2, 1 and 0 of 6 points by rank, equal classes the mean of theirs. */
START_TEST(votes_shared_by_rank)
{
    const float rows[][CLASSES] = {{0.1f, 0.5f, 0.3f, 0.05f},
                                   {0.4f, 0.2f, 0.3f, 0.1f},
                                   {0.3f, 0.3f, 0.3f, 0.1f},
                                   {NAN, 0, 0, 1}};
    float output[CLASSES];
    rank(rows, 1, NULL, output);
    assert_votes(output, 1 / 6.0f, 0.5f, 2 / 6.0f, 0);
    rank(rows, 2, NULL, output);
    for (int k = 0; k < CLASSES; k++) /* 4, 4, 4, 0 of 12: the sums of values decide */
        ck_assert_float_eq_tol(output[k], k < 3 ? 1 / 3.0f : 0, 1e-7f);
    ck_assert(output[1] > output[0] && output[1] > output[2]);
    rank(rows, 4, (const double[]){1, 2, 3, 100}, output);
    const float expected[] = {(1 + 6 + 6) / 36.0f, (3 + 2 + 6) / 36.0f, (2 + 4 + 6) / 36.0f, 0};
    for (int k = 0; k < CLASSES; k++)
        ck_assert_float_eq_tol(output[k], expected[k], 1e-7f);
    rank(rows + 3, 1, NULL, output);
    ck_assert_float_nan(output[0]);
}
END_TEST

/* The time grows as that of sorting: comparing each two of these would take minutes. */
START_TEST(many_classes_are_ranked_fast)
{
    enum { COUNT = 1 << 18 };
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = vector_input(graph, COUNT);
    neuron_node_t *node = neuron_vote(graph, (neuron_node_t *[]){x, x}, 2, NULL);
    assert_ok(neuron_node_set(node, "ballot=borda"));
    assert_ok(neuron_graph_finish(graph, node));
    float *values = calloc(COUNT, sizeof *values), *output = calloc(COUNT, sizeof *output);
    for (int64_t k = 0; k < COUNT; k++)
        values[k] = (float)(k * 77777 % COUNT / 2); /* each twice */
    predict(graph, values, 1, output);
    for (int64_t k = 0; k < COUNT; k++) {
        double points = 2 * (double)values[k] + 0.5, most = (double)COUNT * (COUNT - 1) / 2;
        bool wins = values[k] == COUNT / 2 - 1; /* may have the next float, to win */
        ck_assert(fabs((double)output[k] * most / points - 1) < (wins ? 2.5e-7 : 1e-7));
    }
    free(values);
    free(output);
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(each_row_votes_for_itself)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = image_input(graph, 1, 2, 3);
    assert_ok(neuron_graph_finish(graph, neuron_vote(graph, (neuron_node_t *[]){x, x}, 2, NULL)));
    const float expected[12] = {0, 1, 0, 0, 0, 1, 1, 0, 0, 1, 0, 0};
    float output[12];
    predict(graph, (const float[]){1, 2, 1, 1, 2, 3, 9, 8, 7, 5, 5, 5}, 2, output);
    ck_assert_mem_eq(output, expected, sizeof expected);
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(bad_weights_and_shapes_are_refused)
{
    static const double bad[][2] = {{1, -1}, {0, 0}, {1, NAN}};
    static const char *const messages[] = {"vote: weight 1 is negative",
                                           "vote: the weights add up to 0",
                                           "vote: weight 1 is not finite"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        neuron_graph_t *graph = new_graph();
        neuron_node_t *x = vector_input(graph, 3);
        ck_assert_ptr_null(neuron_vote(graph, (neuron_node_t *[]){x, x}, 2, bad[i]));
        assert_status(neuron_graph_finish(graph, x), NEURON_E_ARGUMENT);
        assert_message(messages[i]);
        neuron_graph_unref(graph);
    }
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = vector_input(graph, 3);
    neuron_node_t *y = neuron_dense(graph, x, 10, NULL);
    ck_assert_ptr_null(neuron_vote(graph, (neuron_node_t *[]){x, y}, 2, NULL));
    assert_status(neuron_graph_finish(graph, x), NEURON_E_SHAPE);
    assert_message("vote: input 1 is 10, input 0 is 3");
    neuron_graph_unref(graph);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("vote");
    TCase *tests = tcase_create("vote");
    suite_add_tcase(suite, tests);
    tcase_add_test(tests, the_majority_wins);
    tcase_add_test(tests, one_output_votes_for_one_of_two_classes);
    tcase_add_test(tests, a_small_majority_of_one_output_counts);
    tcase_add_test(tests, a_small_majority_counts);
    tcase_add_test(tests, the_first_of_equal_classes_gets_the_vote);
    tcase_add_test(tests, a_tie_falls_to_the_larger_sum);
    tcase_add_test(tests, a_tie_is_decided_by_all_who_vote);
    tcase_add_test(tests, an_even_tie_falls_to_the_lower_class);
    tcase_add_test(tests, weights_count);
    tcase_add_test(tests, a_tie_of_weights_falls_to_the_larger_weighted_sum);
    tcase_add_test(tests, weights_tie_as_a_person_expects);
    tcase_add_test(tests, what_is_not_a_number_casts_no_vote);
    tcase_add_test(tests, infinity_is_the_largest);
    tcase_add_test(tests, votes_shared_by_rank);
    tcase_add_test(tests, many_classes_are_ranked_fast);
    tcase_add_test(tests, each_row_votes_for_itself);
    tcase_add_test(tests, bad_weights_and_shapes_are_refused);
    return run_suite(suite);
}
