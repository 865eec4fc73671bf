#include "test-models.h"

#include <math.h>

enum { SIZE = 12, PIXELS = SIZE * SIZE };

static neuron_context_t *context;
static neuron_graph_t *graph;

static void set_up(void)
{
    context = test_context();
    graph = test_cnn(context, SIZE);
}

static void tear_down(void)
{
    neuron_graph_unref(graph);
    neuron_context_unref(context);
}

static neuron_tensor_t *tensor(int32_t type, const int64_t *shape, int32_t rank)
{
    neuron_tensor_t *made;
    assert_ok(neuron_tensor_create(&made, context, type, shape, rank));
    return made;
}

static neuron_tensor_t *images(int64_t count)
{
    return tensor(NEURON_TYPE_F32, (const int64_t[]){count, SIZE, SIZE, 1}, 4);
}

static neuron_tensor_t *answers(int64_t count)
{
    return tensor(NEURON_TYPE_F32, (const int64_t[]){count, TEST_CLASSES}, 2);
}

START_TEST(before_finish)
{
    neuron_graph_t *open;
    neuron_evaluation_t *evaluation = (neuron_evaluation_t *)&open;
    neuron_tensor_t *input = images(1), *output = answers(1);
    neuron_dataset_t *glyphs = test_glyphs(context, 10, SIZE);
    assert_ok(neuron_graph_create(&open, context));
    assert_ok(neuron_graph_set_name(open, "half"));
    assert_status(neuron_graph_predict(open, input, output), NEURON_E_STATE);
    assert_message("half is not finished");
    assert_status(neuron_graph_evaluate(&evaluation, open, glyphs, NULL, NULL), NEURON_E_STATE);
    assert_message("half is not finished");
    ck_assert_ptr_null(evaluation);
    neuron_graph_unref(open);
    neuron_dataset_unref(glyphs);
    neuron_tensor_unref(output);
    neuron_tensor_unref(input);
}
END_TEST

START_TEST(nothing_is_null)
{
    neuron_tensor_t *input = images(1), *output = answers(1);
    neuron_dataset_t *glyphs = test_glyphs(context, 10, SIZE);
    neuron_evaluation_t *evaluation;
    assert_status(neuron_graph_predict(NULL, input, output), NEURON_E_ARGUMENT);
    assert_message("graph");
    assert_status(neuron_graph_predict(graph, NULL, output), NEURON_E_ARGUMENT);
    assert_message("input");
    assert_status(neuron_graph_predict(graph, input, NULL), NEURON_E_ARGUMENT);
    assert_message("output");
    assert_status(neuron_graph_evaluate(&evaluation, NULL, glyphs, NULL, NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_graph_evaluate(&evaluation, graph, NULL, NULL, NULL), NEURON_E_ARGUMENT);
    ck_assert_ptr_null(evaluation);
    assert_status(neuron_graph_evaluate(NULL, graph, glyphs, NULL, NULL), NEURON_E_ARGUMENT);
    neuron_dataset_unref(glyphs);
    neuron_tensor_unref(output);
    neuron_tensor_unref(input);
}
END_TEST

/* Predicts from one shape and type to another: what comes back, and what is said. */
static void refuse(int32_t type_in, const int64_t *in, int32_t rank_in, int32_t type_out,
                   const int64_t *out, int32_t rank_out, int status, const char *message)
{
    neuron_tensor_t *input = tensor(type_in, in, rank_in);
    neuron_tensor_t *output = tensor(type_out, out, rank_out);
    assert_status(neuron_graph_predict(graph, input, output), status);
    assert_message(message);
    assert_message("cnn");
    neuron_tensor_unref(output);
    neuron_tensor_unref(input);
}

START_TEST(tensors_must_fit)
{
    const int64_t in[] = {2, SIZE, SIZE, 1}, out[] = {2, TEST_CLASSES};
    const int64_t wide[] = {2, SIZE, SIZE + 1, 1}, few[] = {2, 9}, more[] = {3, TEST_CLASSES};
    const int64_t deep[] = {2, TEST_CLASSES, 1};
    refuse(NEURON_TYPE_F32, in, 3, NEURON_TYPE_F32, out, 2, NEURON_E_SHAPE, "the input is 2x12x12");
    refuse(NEURON_TYPE_F32, in, 0, NEURON_TYPE_F32, out, 2, NEURON_E_SHAPE, "the input is");
    refuse(NEURON_TYPE_F32, wide, 4, NEURON_TYPE_F32, out, 2, NEURON_E_SHAPE,
           "2x12x13x1, not n x 12x12x1");
    refuse(NEURON_TYPE_U8, in, 4, NEURON_TYPE_F32, out, 2, NEURON_E_TYPE,
           "the input is u8, not f32");
    refuse(NEURON_TYPE_F32, in, 4, NEURON_TYPE_I32, out, 2, NEURON_E_TYPE,
           "the output is i32, not f32");
    refuse(NEURON_TYPE_F32, in, 4, NEURON_TYPE_F32, few, 2, NEURON_E_SHAPE, "2x9, not n x 10");
    refuse(NEURON_TYPE_F32, in, 4, NEURON_TYPE_F32, deep, 3, NEURON_E_SHAPE, "2x10x1, not n x 10");
    refuse(NEURON_TYPE_F32, in, 4, NEURON_TYPE_F32, out, 1, NEURON_E_SHAPE, "the output is");
    refuse(NEURON_TYPE_F32, in, 4, NEURON_TYPE_F32, more, 2, NEURON_E_SHAPE, "the output is 3x10");
}
END_TEST

START_TEST(no_examples_are_fine)
{
    neuron_tensor_t *input = images(0), *output = answers(0);
    assert_ok(neuron_graph_predict(graph, input, output));
    neuron_tensor_unref(output);
    neuron_tensor_unref(input);
}
END_TEST

/* The first `count` answers, asked for `batch` at a time, into memory of the caller. */
static void predict_in_batches(float *values, int64_t count, int64_t batch, float *answer)
{
    for (int64_t first = 0; first < count; first += batch) {
        int64_t n = batch < count - first ? batch : count - first;
        neuron_tensor_t *input, *output;
        assert_ok(neuron_tensor_wrap(&input, context, NEURON_TYPE_F32,
                                     (const int64_t[]){n, SIZE, SIZE, 1}, 4,
                                     values + first * PIXELS));
        assert_ok(neuron_tensor_wrap(&output, context, NEURON_TYPE_F32,
                                     (const int64_t[]){n, TEST_CLASSES}, 2,
                                     answer + first * TEST_CLASSES));
        assert_ok(neuron_graph_predict(graph, input, output));
        neuron_tensor_unref(output);
        neuron_tensor_unref(input);
    }
}

START_TEST(batches_agree)
{
    enum { COUNT = 300 };
    const int64_t batches[] = {1, 7, 128, COUNT};
    neuron_dataset_t *glyphs = test_glyphs(context, COUNT, SIZE);
    float *values = malloc(COUNT * PIXELS * sizeof *values);
    float *before = malloc(COUNT * PIXELS * sizeof *before);
    float *first = malloc(COUNT * TEST_CLASSES * sizeof *first);
    float *other = malloc(COUNT * TEST_CLASSES * sizeof *other);
    assert_ok(neuron_dataset_read(values, NULL, glyphs, 0, COUNT));
    memcpy(before, values, COUNT * PIXELS * sizeof *values);
    predict_in_batches(values, COUNT, batches[0], first);
    for (int i = 0; i < COUNT; i++) {
        double sum = 0;
        for (int k = 0; k < TEST_CLASSES; k++)
            sum += (double)first[i * TEST_CLASSES + k];
        ck_assert_double_eq_tol(sum, 1, 1e-5);
    }
    for (int b = 1; b < 4; b++) {
        predict_in_batches(values, COUNT, batches[b], other);
        for (int i = 0; i < COUNT * TEST_CLASSES; i++)
            ck_assert_float_eq_tol(first[i], other[i], 1e-6f);
        /* And the same call again gives the same bytes. */
        predict_in_batches(values, COUNT, batches[b], first);
        ck_assert_mem_eq(first, other, COUNT * TEST_CLASSES * sizeof *first);
    }
    ck_assert_mem_eq(values, before, COUNT * PIXELS * sizeof *values); /* only read */
    free(other);
    free(first);
    free(before);
    free(values);
    neuron_dataset_unref(glyphs);
}
END_TEST

START_TEST(wrapped_memory_is_read_in_place)
{
    enum { COUNT = 3 };
    float values[COUNT * PIXELS], answer[COUNT * TEST_CLASSES + 2], copied[COUNT * TEST_CLASSES];
    for (int i = 0; i < COUNT * PIXELS; i++)
        values[i] = (float)(i % 17) / 17;
    answer[0] = answer[COUNT * TEST_CLASSES + 1] = -1;
    /* Not aligned for any vector, and with neighbours that must not be touched. */
    predict_in_batches(values, COUNT, COUNT, answer + 1);
    ck_assert_float_eq(answer[0], -1);
    ck_assert_float_eq(answer[COUNT * TEST_CLASSES + 1], -1);
    neuron_tensor_t *input = images(COUNT), *output = answers(COUNT);
    memcpy(neuron_tensor_data(input), values, sizeof values);
    assert_ok(neuron_graph_predict(graph, input, output));
    memcpy(copied, neuron_tensor_data_const(output), sizeof copied);
    ck_assert_mem_eq(copied, answer + 1, sizeof copied);
    neuron_tensor_unref(output);
    neuron_tensor_unref(input);
}
END_TEST

START_TEST(training_layers_are_off)
{
    /* Dropout gone and moving statistics used: each example is predicted alone. */
    enum { COUNT = 40 };
    neuron_dataset_t *glyphs = test_glyphs(context, COUNT, SIZE);
    float *values = malloc(COUNT * PIXELS * sizeof *values);
    float together[COUNT * TEST_CLASSES], alone[TEST_CLASSES];
    assert_ok(neuron_dataset_read(values, NULL, glyphs, 0, COUNT));
    predict_in_batches(values, COUNT, COUNT, together);
    predict_in_batches(values + 5 * PIXELS, 1, 1, alone);
    for (int k = 0; k < TEST_CLASSES; k++)
        ck_assert_float_eq_tol(alone[k], together[5 * TEST_CLASSES + k], 1e-6f);
    free(values);
    neuron_dataset_unref(glyphs);
}
END_TEST

START_TEST(evaluation_follows_from_predictions)
{
    enum { COUNT = 157 };
    neuron_dataset_t *glyphs = test_glyphs(context, COUNT, SIZE), *one_hot;
    float *values = malloc(COUNT * PIXELS * sizeof *values);
    float answer[COUNT * TEST_CLASSES];
    int32_t labels[COUNT];
    int64_t confusion[TEST_CLASSES][TEST_CLASSES] = {0}, right = 0;
    double loss = 0;
    assert_ok(neuron_dataset_read(values, labels, glyphs, 0, COUNT));
    predict_in_batches(values, COUNT, COUNT, answer);
    for (int i = 0; i < COUNT; i++) {
        const float *p = answer + i * TEST_CLASSES;
        int best = 0;
        for (int k = 1; k < TEST_CLASSES; k++)
            best = p[k] > p[best] ? k : best;
        confusion[labels[i]][best]++;
        right += best == labels[i];
        loss -= log((double)p[labels[i]]);
    }
    assert_ok(neuron_dataset_one_hot(&one_hot, glyphs));
    neuron_dataset_t *datasets[] = {glyphs, one_hot};
    for (int d = 0; d < 2; d++) {
        neuron_evaluation_t *evaluation;
        assert_ok(neuron_graph_evaluate(&evaluation, graph, datasets[d], NULL, NULL));
        ck_assert_int_eq(neuron_evaluation_count(evaluation), COUNT);
        ck_assert_double_eq_tol(neuron_evaluation_loss(evaluation), loss / COUNT, 1e-6);
        ck_assert_double_eq_tol(neuron_evaluation_accuracy(evaluation), (double)right / COUNT,
                                1e-12);
        for (int i = 0; i < TEST_CLASSES; i++)
            for (int k = 0; k < TEST_CLASSES; k++)
                ck_assert_int_eq(neuron_evaluation_confusion(evaluation, i, k), confusion[i][k]);
        neuron_evaluation_unref(evaluation);
    }
    neuron_dataset_unref(one_hot);
    neuron_dataset_unref(glyphs);
    free(values);
}
END_TEST

START_TEST(evaluation_refuses_what_does_not_fit)
{
    neuron_dataset_t *wide = test_glyphs(context, 10, SIZE + 1), *none;
    neuron_evaluation_t *evaluation;
    assert_status(neuron_graph_evaluate(&evaluation, graph, wide, NULL, NULL), NEURON_E_SHAPE);
    assert_message("13x13x1");
    assert_message("12x12x1");
    neuron_dataset_unref(wide);
    wide = test_glyphs(context, 10, SIZE);
    assert_ok(neuron_dataset_subset(&none, wide, 0, 0));
    assert_status(neuron_graph_evaluate(&evaluation, graph, none, NULL, NULL), NEURON_E_DATA);
    neuron_graph_t *three;
    assert_ok(neuron_graph_create(&three, context));
    neuron_node_t *x =
        neuron_flatten(three, neuron_input(three, (const int64_t[]){SIZE, SIZE, 1}, 3));
    assert_ok(
        neuron_graph_finish(three, neuron_softmax(three, neuron_dense(three, x, 3, NULL), NULL)));
    assert_status(neuron_graph_evaluate(&evaluation, three, wide, NULL, NULL), NEURON_E_SHAPE);
    assert_message("10 classes");
    ck_assert_ptr_null(evaluation);
    neuron_graph_unref(three);
    neuron_dataset_unref(none);
    neuron_dataset_unref(wide);
}
END_TEST

/* Outputs that nothing computes: the input itself, and views of it. */
START_TEST(the_output_may_be_the_input)
{
    for (int flat = 0; flat < 2; flat++) {
        neuron_graph_t *g;
        float x[] = {1, 2, 3, 4}, y[4] = {0};
        neuron_tensor_t *input, *output;
        assert_ok(neuron_graph_create(&g, context));
        neuron_node_t *node = neuron_input(g, (const int64_t[]){2, 2}, 2);
        assert_ok(
            neuron_graph_finish(g, flat ? neuron_dropout(g, neuron_flatten(g, node), 0.5) : node));
        assert_ok(
            neuron_tensor_wrap(&input, context, NEURON_TYPE_F32, (const int64_t[]){1, 2, 2}, 3, x));
        assert_ok(neuron_tensor_wrap(&output, context, NEURON_TYPE_F32,
                                     flat ? (const int64_t[]){1, 4} : (const int64_t[]){1, 2, 2},
                                     flat ? 2 : 3, y));
        assert_ok(neuron_graph_predict(g, input, output));
        ck_assert_mem_eq(x, y, sizeof x);
        neuron_tensor_unref(output);
        neuron_tensor_unref(input);
        neuron_graph_unref(g);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("predict");
    TCase *cases = tcase_create("predict");
    tcase_set_timeout(cases, 0);
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, before_finish);
    tcase_add_test(cases, nothing_is_null);
    tcase_add_test(cases, tensors_must_fit);
    tcase_add_test(cases, no_examples_are_fine);
    tcase_add_test(cases, batches_agree);
    tcase_add_test(cases, wrapped_memory_is_read_in_place);
    tcase_add_test(cases, training_layers_are_off);
    tcase_add_test(cases, evaluation_follows_from_predictions);
    tcase_add_test(cases, evaluation_refuses_what_does_not_fit);
    tcase_add_test(cases, the_output_may_be_the_input);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
