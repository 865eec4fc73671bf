#include "test-common.h"

#include "evaluate/evaluation.h"

#include <libneuron-committee/committees.h>

#include <math.h>

/* A graph that hands its three inputs on: they are the probabilities. */
static neuron_graph_t *make_identity(neuron_context_t *context)
{
    neuron_graph_t *graph;
    assert_ok(neuron_graph_create(&graph, context));
    neuron_node_t *input = neuron_input(graph, (const int64_t[]){3}, 1);
    assert_ok(neuron_graph_finish(graph, neuron_relu(graph, input)));
    return graph;
}

static neuron_dataset_t *make_dataset(neuron_context_t *context, const float *examples,
                                      int64_t count, const void *labels, int32_t label_type,
                                      int64_t class_count)
{
    neuron_tensor_t *values, *classes;
    neuron_dataset_t *dataset;
    assert_ok(neuron_tensor_copy(&values, context, NEURON_TYPE_F32, (const int64_t[]){count, 3}, 2,
                                 (void *)(uintptr_t)examples));
    const int64_t shape[2] = {count, class_count};
    assert_ok(neuron_tensor_copy(&classes, context, label_type, shape,
                                 label_type == NEURON_TYPE_F32 ? 2 : 1, (void *)(uintptr_t)labels));
    assert_ok(neuron_dataset_create(&dataset, context, values, classes, class_count));
    neuron_tensor_unref(values);
    neuron_tensor_unref(classes);
    return dataset;
}

static const float outputs[4][3] = {
    {0.5f, 0.25f, 0.25f}, {0.25f, 0.5f, 0.25f}, {2, 1, 1}, {0, 0, 1}};

START_TEST(figures_are_those_by_hand)
{
    neuron_context_t *context = test_context();
    neuron_graph_t *graph = make_identity(context);
    const int32_t labels[4] = {0, 2, 1, 0};
    neuron_dataset_t *dataset = make_dataset(context, outputs[0], 4, labels, NEURON_TYPE_I32, 3);
    neuron_evaluation_t *evaluation;
    assert_ok(neuron_graph_evaluate(&evaluation, graph, dataset, NULL, NULL));
    double loss = (log(2) + log(4) + log(4) - log(1e-7)) / 4;
    ck_assert_double_eq_tol(neuron_evaluation_loss(evaluation), loss, 1e-12);
    ck_assert(neuron_evaluation_accuracy(evaluation) == 0.25);
    ck_assert_int_eq(neuron_evaluation_count(evaluation), 4);
    ck_assert_int_eq(neuron_evaluation_row_count(evaluation), 3);
    const int64_t confusion[3][3] = {{1, 0, 1}, {1, 0, 0}, {0, 1, 0}};
    for (int32_t truth = 0; truth < 3; truth++)
        for (int32_t predicted = 0; predicted < 3; predicted++)
            ck_assert_int_eq(neuron_evaluation_confusion(evaluation, truth, predicted),
                             confusion[truth][predicted]);
    neuron_score score = {.function = &neuron_loss_default};
    assert_ok(neuron_evaluate_outputs(graph, dataset, &score, 0, 1, NULL));
    ck_assert(score.loss == neuron_evaluation_loss(evaluation) && score.accuracy == 0.25);
    neuron_evaluation_unref(evaluation);
    neuron_dataset_unref(dataset);
    neuron_graph_unref(graph);
    neuron_context_unref(context);
}
END_TEST

START_TEST(targets_may_be_shares)
{
    neuron_context_t *context = test_context();
    neuron_graph_t *graph = make_identity(context);
    const float targets[2][3] = {{0.5f, 0.5f, 0}, {0, 0, 1}};
    neuron_dataset_t *dataset = make_dataset(context, outputs[0], 2, targets, NEURON_TYPE_F32, 3);
    neuron_evaluation_t *evaluation;
    assert_ok(neuron_graph_evaluate(&evaluation, graph, dataset, NULL, NULL));
    ck_assert_double_eq_tol(neuron_evaluation_loss(evaluation),
                            (0.5 * log(2) + 0.5 * log(4) + log(4)) / 2, 1e-12);
    ck_assert(neuron_evaluation_accuracy(evaluation) == 0.5);
    neuron_evaluation_unref(evaluation);
    neuron_dataset_unref(dataset);
    neuron_graph_unref(graph);
    neuron_context_unref(context);
}
END_TEST

START_TEST(what_is_not_finite_shows)
{
    neuron_context_t *context = test_context();
    neuron_graph_t *graph = make_identity(context);
    const float bad[2][3] = {{0.5f, 0.25f, 0.25f}, {0.5f, INFINITY, 0.25f}};
    neuron_dataset_t *dataset =
        make_dataset(context, bad[0], 2, (const int32_t[]){0, 0}, NEURON_TYPE_I32, 3);
    neuron_evaluation_t *evaluation;
    assert_ok(neuron_graph_evaluate(&evaluation, graph, dataset, NULL, NULL));
    ck_assert(!isfinite(neuron_evaluation_loss(evaluation)));
    ck_assert(neuron_evaluation_accuracy(evaluation) == 0.5);
    neuron_evaluation_unref(evaluation);
    neuron_dataset_unref(dataset);
    neuron_graph_unref(graph);
    neuron_context_unref(context);
}
END_TEST

/* More than two batches, and the last one not full. */
enum { GLYPHS = 300, SIDE = 8, CLASSES = 10 };

static neuron_graph_t *make_classifier(neuron_context_t *context)
{
    neuron_graph_t *graph;
    assert_ok(neuron_graph_create(&graph, context));
    assert_ok(neuron_graph_set_seed(graph, 7));
    neuron_node_t *input = neuron_input(graph, (const int64_t[]){SIDE, SIDE, 1}, 3);
    neuron_node_t *hidden =
        neuron_relu(graph, neuron_dense(graph, neuron_flatten(graph, input), 16, NULL));
    assert_ok(neuron_graph_finish(
        graph, neuron_softmax(graph, neuron_dense(graph, hidden, CLASSES, NULL), NULL)));
    return graph;
}

/* The figures once more, from predictions through the public calls. */
static void check_against_predictions(neuron_context_t *context, const neuron_graph_t *graph,
                                      const neuron_dataset_t *dataset,
                                      const neuron_evaluation_t *evaluation)
{
    static float pixels[GLYPHS * SIDE * SIDE], predictions[GLYPHS][CLASSES];
    static int32_t labels[GLYPHS];
    assert_ok(neuron_dataset_read(pixels, labels, dataset, 0, GLYPHS));
    neuron_tensor_t *input, *output;
    assert_ok(neuron_tensor_wrap(&input, context, NEURON_TYPE_F32,
                                 (const int64_t[]){GLYPHS, SIDE, SIDE, 1}, 4, pixels));
    assert_ok(neuron_tensor_wrap(&output, context, NEURON_TYPE_F32,
                                 (const int64_t[]){GLYPHS, CLASSES}, 2, predictions));
    assert_ok(neuron_graph_predict(graph, input, output));
    double loss = 0;
    int right = 0;
    for (int i = 0; i < GLYPHS; i++) {
        int best = 0;
        for (int class_number = 1; class_number < CLASSES; class_number++)
            if (predictions[i][class_number] > predictions[i][best])
                best = class_number;
        right += best == labels[i];
        loss -= log((double)predictions[i][labels[i]]);
    }
    ck_assert_double_eq_tol(neuron_evaluation_loss(evaluation), loss / GLYPHS, 1e-6);
    ck_assert_double_eq_tol(neuron_evaluation_accuracy(evaluation), (double)right / GLYPHS, 1e-15);
    neuron_tensor_unref(input);
    neuron_tensor_unref(output);
}

START_TEST(many_batches_and_threads_give_the_same)
{
    neuron_context_t *context = test_context();
    neuron_graph_t *graph = make_classifier(context);
    neuron_dataset_t *dataset;
    assert_ok(neuron_dataset_generate_glyphs(&dataset, context, GLYPHS, SIDE, SIDE, 3));
    double losses[3];
    for (int32_t threads = 1; threads <= 3; threads++) {
        assert_ok(neuron_context_set_number(context, "threads", threads));
        neuron_evaluation_t *evaluation;
        assert_ok(neuron_graph_evaluate(&evaluation, graph, dataset, NULL, NULL));
        check_against_predictions(context, graph, dataset, evaluation);
        losses[threads - 1] = neuron_evaluation_loss(evaluation);
        for (int32_t i = 0; i < CLASSES; i++)
            ck_assert_int_eq(neuron_evaluation_support(evaluation, i), GLYPHS / CLASSES);
        neuron_evaluation_unref(evaluation);
    }
    ck_assert(losses[0] == losses[1] && losses[0] == losses[2]);
    neuron_dataset_unref(dataset);
    neuron_graph_unref(graph);
    neuron_context_unref(context);
}
END_TEST

START_TEST(bad_arguments_are_refused)
{
    neuron_context_t *context = test_context();
    neuron_graph_t *graph = make_identity(context), *unfinished;
    assert_ok(neuron_graph_create(&unfinished, context));
    const int32_t labels[4] = {0, 2, 1, 0};
    neuron_dataset_t *dataset = make_dataset(context, outputs[0], 4, labels, NEURON_TYPE_I32, 3);
    neuron_dataset_t *four = make_dataset(context, outputs[0], 4, labels, NEURON_TYPE_I32, 4);
    neuron_dataset_t *none = make_dataset(context, outputs[0], 0, labels, NEURON_TYPE_I32, 3);
    neuron_dataset_t *glyphs;
    assert_ok(neuron_dataset_generate_glyphs(&glyphs, context, 4, SIDE, SIDE, 3));
    neuron_evaluation_t *evaluation = (neuron_evaluation_t *)context;
    assert_status(neuron_graph_evaluate(NULL, graph, dataset, NULL, NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_graph_evaluate(&evaluation, NULL, dataset, NULL, NULL), NEURON_E_ARGUMENT);
    ck_assert_ptr_null(evaluation);
    assert_status(neuron_graph_evaluate(&evaluation, graph, NULL, NULL, NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_graph_evaluate(&evaluation, unfinished, dataset, NULL, NULL),
                  NEURON_E_STATE);
    assert_status(neuron_graph_evaluate(&evaluation, graph, glyphs, NULL, NULL), NEURON_E_SHAPE);
    assert_message("evaluate: examples are 8x8x1, the graph's input is 3");
    assert_status(neuron_graph_evaluate(&evaluation, graph, four, NULL, NULL), NEURON_E_SHAPE);
    assert_message("4 classes");
    assert_status(neuron_graph_evaluate(&evaluation, graph, none, NULL, NULL), NEURON_E_DATA);
    assert_message("evaluate: the dataset has no examples");
    ck_assert_ptr_null(evaluation);
    neuron_dataset_unref(dataset);
    neuron_dataset_unref(four);
    neuron_dataset_unref(none);
    neuron_dataset_unref(glyphs);
    neuron_graph_unref(graph);
    neuron_graph_unref(unfinished);
    neuron_context_unref(context);
}
END_TEST

START_TEST(no_memory_is_an_answer)
{
    test_memory memory;
    neuron_context_t *context = test_limited_context(&memory);
    neuron_graph_t *graph = make_classifier(context);
    neuron_dataset_t *dataset;
    assert_ok(neuron_dataset_generate_glyphs(&dataset, context, GLYPHS, SIDE, SIDE, 3));
    neuron_evaluation_t *evaluation = NULL;
    int status = NEURON_E_MEMORY;
    for (long allowed = 0; status < 0; allowed++) {
        ck_assert_ptr_null(evaluation);
        memory.left = allowed;
        status = neuron_graph_evaluate(&evaluation, graph, dataset, NULL, NULL);
        test_refill(&memory);
        ck_assert(status == NEURON_OK || status == NEURON_E_MEMORY);
    }
    check_against_predictions(context, graph, dataset, evaluation);
    neuron_graph_t *const members[] = {graph, graph};
    double weights[3] = {0, 0, 7};
    status = NEURON_E_MEMORY;
    for (long allowed = 0; status < 0; allowed++) {
        memory.left = allowed;
        status = neuron_committee_weights(weights, members, 2, dataset, NULL);
        test_refill(&memory);
        ck_assert(status == NEURON_OK || status == NEURON_E_MEMORY);
    }
    ck_assert(weights[0] == 0.5 && weights[1] == 0.5 && weights[2] == 7);
    neuron_evaluation_unref(evaluation);
    neuron_dataset_unref(dataset);
    neuron_graph_unref(graph);
    neuron_context_unref(context);
    ck_assert_int_eq(memory.live, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("evaluate");
    TCase *tests = tcase_create("evaluate");
    suite_add_tcase(suite, tests);
    tcase_add_test(tests, figures_are_those_by_hand);
    tcase_add_test(tests, targets_may_be_shares);
    tcase_add_test(tests, what_is_not_finite_shows);
    tcase_add_test(tests, many_batches_and_threads_give_the_same);
    tcase_add_test(tests, bad_arguments_are_refused);
    tcase_add_test(tests, no_memory_is_an_answer);
    return run_suite(suite);
}
