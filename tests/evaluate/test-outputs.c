/* Evaluation and prediction of networks with several inputs and outputs, by datasets: each output
 * is judged as its numbers are by themselves, in committees and quantised copies too. */
#include "test-several.h"

#include "evaluate/evaluation.h"
#include "graph/graph.h"

#include <libneuron-committee/committees.h>

#include <math.h>

enum { COUNT = 37, OUTPUTS = 3 };

static const char *const names[] = {"low", "middle", "high"};
static const int64_t sizes[] = {KINDS, 2, 1};

typedef struct scene {
    neuron_context_t *context;
    neuron_graph_t *graph;
    examples data;
    neuron_tensor_t *outputs[OUTPUTS]; /* room for what is predicted */
} scene;

static scene set_up_in(neuron_context_t *context)
{
    scene s = {.context = context, .graph = three_heads(context)};
    s.data = make_examples(s.context, COUNT, 3);
    assert_ok(neuron_dataset_set_class_names(s.data.of_kinds, names, KINDS));
    zip_examples(&s.data);
    for (int i = 0; i < OUTPUTS; i++)
        assert_ok(neuron_tensor_create(&s.outputs[i], s.context, NEURON_TYPE_F32,
                                       (const int64_t[]){COUNT, sizes[i]}, 2));
    return s;
}

static scene set_up(void)
{
    return set_up_in(test_context());
}

static void tear_down(scene *s)
{
    for (int i = 0; i < OUTPUTS; i++)
        neuron_tensor_unref(s->outputs[i]);
    drop_examples(&s->data);
    neuron_graph_unref(s->graph);
    neuron_context_unref(s->context);
}

static size_t bytes_of(const neuron_tensor_t *tensor)
{
    return (size_t)neuron_tensor_count(tensor) * sizeof(float);
}

START_TEST(datasets_are_predicted)
{
    scene s = set_up();
    neuron_tensor_t *inputs[] = {s.data.a, s.data.b};
    neuron_tensor_t *again[OUTPUTS];
    neuron_dataset_t *none, *some;
    for (int i = 0; i < OUTPUTS; i++)
        assert_ok(neuron_tensor_create(&again[i], s.context, NEURON_TYPE_F32,
                                       (const int64_t[]){COUNT, sizes[i]}, 2));
    assert_ok(neuron_graph_predict_many(s.graph, inputs, 2, s.outputs, OUTPUTS));
    assert_ok(neuron_graph_predict_dataset_many(s.graph, s.data.zipped, again, OUTPUTS));
    for (int i = 0; i < OUTPUTS; i++)
        ck_assert_mem_eq(neuron_tensor_data(again[i]), neuron_tensor_data(s.outputs[i]),
                         bytes_of(again[i]));
    /* Targets are not asked for. */
    assert_ok(
        neuron_dataset_zip(&none, (neuron_dataset_t *[]){s.data.of_a, s.data.of_b}, 2, NULL, 0));
    memset(neuron_tensor_data(again[1]), 0, bytes_of(again[1]));
    assert_ok(neuron_graph_predict_dataset_many(s.graph, none, again, OUTPUTS));
    ck_assert_mem_eq(neuron_tensor_data(again[1]), neuron_tensor_data(s.outputs[1]),
                     bytes_of(again[1]));
    assert_status(neuron_graph_predict_dataset_many(s.graph, none, again, 2), NEURON_E_ARGUMENT);
    assert_message("heads: outputs are 2; there must be 3");
    assert_status(neuron_graph_predict_dataset(s.graph, none, again[0]), NEURON_E_ARGUMENT);
    assert_status(neuron_graph_predict_dataset_many(s.graph, s.data.of_a, again, OUTPUTS),
                  NEURON_E_SHAPE);
    assert_message("predict: the dataset has 1 input, heads has 2");
    assert_status(neuron_graph_predict_dataset_many(s.graph, none, NULL, OUTPUTS),
                  NEURON_E_ARGUMENT);
    neuron_tensor_t *swapped[] = {again[1], again[0], again[2]};
    assert_status(neuron_graph_predict_dataset_many(s.graph, none, swapped, OUTPUTS),
                  NEURON_E_SHAPE);
    assert_ok(neuron_dataset_subset(&some, none, 0, 5));
    assert_status(neuron_graph_predict_dataset_many(s.graph, some, again, OUTPUTS), NEURON_E_SHAPE);
    neuron_dataset_unref(some);
    neuron_dataset_unref(none);
    for (int i = 0; i < OUTPUTS; i++)
        neuron_tensor_unref(again[i]);
    tear_down(&s);
}
END_TEST

/* A report, for comparison. */
static char *report_of(const neuron_evaluation_t *evaluation)
{
    size_t needed;
    assert_ok(neuron_evaluation_report(NULL, 0, &needed, evaluation, NULL, 4));
    char *text = malloc(needed);
    assert_ok(neuron_evaluation_report(text, needed, &needed, evaluation, NULL, 4));
    return text;
}

START_TEST(outputs_are_judged_one_by_one)
{
    static const char *const options[] = {"output=0", "output=1", "output=2"};
    static const char *const kinds[] = {"classes", "regression", "classes"};
    scene s = set_up();
    neuron_tensor_t *inputs[] = {s.data.a, s.data.b};
    neuron_tensor_t *marks, *targets[] = {s.data.kinds, s.data.sizes, NULL};
    assert_ok(
        neuron_tensor_create(&marks, s.context, NEURON_TYPE_F32, (const int64_t[]){COUNT, 1}, 2));
    for (int i = 0; i < COUNT; i++)
        ((float *)neuron_tensor_data(marks))[i] =
            (float)((const int32_t *)neuron_tensor_data_const(s.data.marks))[i];
    targets[2] = marks;
    assert_ok(neuron_graph_predict_many(s.graph, inputs, 2, s.outputs, OUTPUTS));
    for (int i = 0; i < OUTPUTS; i++) {
        neuron_evaluation_t *whole, *one;
        assert_ok(neuron_graph_evaluate(&whole, s.graph, s.data.zipped, NULL, options[i]));
        assert_ok(neuron_evaluation_create_from_outputs(&one, s.context, s.outputs[i], targets[i],
                                                        NULL, NULL));
        ck_assert_str_eq(neuron_evaluation_kind(whole), neuron_evaluation_kind(one));
        if (i < 2)
            ck_assert_str_eq(neuron_evaluation_kind(whole), kinds[i]);
        ck_assert_int_eq(neuron_evaluation_count(whole), COUNT);
        ck_assert_int_eq(neuron_evaluation_row_count(whole), neuron_evaluation_row_count(one));
        ck_assert_double_eq_tol(neuron_evaluation_loss(whole), neuron_evaluation_loss(one), 1e-9);
        if (i != 1)
            ck_assert_double_eq(neuron_evaluation_accuracy(whole), neuron_evaluation_accuracy(one));
        else
            ck_assert_double_eq(neuron_evaluation_r2(whole, 1), neuron_evaluation_r2(one, 1));
        char *texts[] = {report_of(whole), report_of(one)};
        if (i == 0)
            ck_assert_ptr_nonnull(strstr(texts[0], "middle"));
        else
            ck_assert_str_eq(texts[0], texts[1]);
        free(texts[0]);
        free(texts[1]);
        neuron_evaluation_unref(one);
        neuron_evaluation_unref(whole);
    }
    neuron_tensor_unref(marks);
    tear_down(&s);
}
END_TEST

/* Without an option it is the first output; the loss may be given. */
START_TEST(the_loss_may_be_given)
{
    scene s = set_up();
    neuron_evaluation_t *evaluation;
    neuron_loss_t *huber, *cross;
    assert_ok(neuron_graph_evaluate(&evaluation, s.graph, s.data.zipped, NULL, NULL));
    ck_assert_str_eq(neuron_evaluation_row_name(evaluation, 2), "high");
    neuron_evaluation_unref(evaluation);
    assert_ok(neuron_loss_create(&huber, s.context, "mean_absolute_error", NULL));
    assert_ok(neuron_loss_create(&cross, s.context, "cross_entropy", NULL));
    assert_ok(neuron_graph_evaluate(&evaluation, s.graph, s.data.zipped, huber, "output=1"));
    ck_assert_double_eq_tol(neuron_evaluation_loss(evaluation),
                            neuron_evaluation_mean_absolute_error(evaluation, NEURON_AVERAGE_MACRO),
                            1e-6);
    neuron_evaluation_unref(evaluation);
    assert_status(neuron_graph_evaluate(&evaluation, s.graph, s.data.zipped, cross, "output=2"),
                  NEURON_E_DATA);
    ck_assert_ptr_null(evaluation);
    assert_status(neuron_graph_evaluate(&evaluation, s.graph, s.data.zipped, NULL, "output=3"),
                  NEURON_E_ARGUMENT);
    assert_message("evaluation: output is 3; it must be 0 to 2");
    assert_status(neuron_graph_evaluate(&evaluation, s.graph, s.data.of_kinds, NULL, NULL),
                  NEURON_E_SHAPE);
    assert_message("evaluate: the dataset has 1 input, heads has 2");
    neuron_loss_unref(huber);
    neuron_loss_unref(cross);
    tear_down(&s);
}
END_TEST

/* The outputs of one name are joined, and judged as the mean of the members. */
START_TEST(committees_are_judged)
{
    scene s = set_up();
    neuron_graph_t *second = three_heads(s.context), *committee;
    neuron_graph_t *members[] = {s.graph, second};
    neuron_evaluation_t *evaluation;
    double weights[2], loss = 0;
    for (int32_t i = 0; i < neuron_graph_array_count(second); i++) {
        size_t count;
        float values[64];
        assert_ok(neuron_graph_read_array(values, 64, &count, second, i));
        for (size_t k = 0; k < count; k++)
            values[k] = 0.3f * (float)(k % 3) - 0.7f * values[k];
        assert_ok(neuron_graph_write_array(second, i, values, count));
    }
    assert_ok(neuron_committee_create(&committee, s.context, members, 2, NULL, NULL));
    ck_assert_int_eq(neuron_graph_output_count(committee), OUTPUTS);
    float means[COUNT * 2];
    for (int m = 0; m < 2; m++) {
        const float *size = neuron_tensor_data_const(s.outputs[1]);
        assert_ok(neuron_graph_predict_dataset_many(members[m], s.data.zipped, s.outputs, OUTPUTS));
        for (int i = 0; i < COUNT * 2; i++)
            means[i] = m == 0 ? size[i] / 2 : means[i] + size[i] / 2;
    }
    const float *targets = neuron_tensor_data_const(s.data.sizes);
    for (int i = 0; i < COUNT * 2; i++)
        loss += pow((double)means[i] - (double)targets[i], 2) / (2 * COUNT);
    assert_ok(neuron_graph_evaluate(&evaluation, committee, s.data.zipped, NULL, "output=1"));
    ck_assert_double_eq_tol(neuron_evaluation_loss(evaluation), loss, 1e-6);
    neuron_evaluation_unref(evaluation);

    /* Members weigh by how often the first output is right. */
    double right[2];
    for (int m = 0; m < 2; m++) {
        assert_ok(neuron_graph_evaluate(&evaluation, members[m], s.data.zipped, NULL, NULL));
        right[m] = neuron_evaluation_accuracy(evaluation);
        neuron_evaluation_unref(evaluation);
    }
    ck_assert(right[0] != right[1]);
    assert_ok(neuron_committee_weights(weights, members, 2, s.data.zipped, NULL));
    for (int m = 0; m < 2; m++)
        ck_assert_double_eq_tol(weights[m], right[m] / (right[0] + right[1]), 1e-12);
    neuron_graph_unref(committee);
    neuron_graph_unref(second);
    tear_down(&s);
}
END_TEST

/* Quantised copies are calibrated by all inputs. */
START_TEST(quantised_copies_are_near)
{
    scene s = set_up();
    neuron_graph_t *quantized = NULL;
    neuron_tensor_t *near[OUTPUTS];
    for (int i = 0; i < OUTPUTS; i++)
        assert_ok(neuron_tensor_create(&near[i], s.context, NEURON_TYPE_F32,
                                       (const int64_t[]){COUNT, sizes[i]}, 2));
    assert_status(neuron_graph_quantize(&quantized, s.graph, s.data.of_a, NULL), NEURON_E_SHAPE);
    assert_message("quantize: the dataset has 1 input, heads has 2");
    assert_ok(neuron_graph_quantize(&quantized, s.graph, s.data.zipped, NULL));
    assert_ok(neuron_graph_predict_dataset_many(s.graph, s.data.zipped, s.outputs, OUTPUTS));
    assert_ok(neuron_graph_predict_dataset_many(quantized, s.data.zipped, near, OUTPUTS));
    bool changed = false;
    for (int i = 0; i < OUTPUTS; i++)
        for (int64_t k = 0; k < COUNT * sizes[i]; k++) {
            float exact = ((const float *)neuron_tensor_data_const(s.outputs[i]))[k];
            float other = ((const float *)neuron_tensor_data_const(near[i]))[k];
            assert_that(fabsf(other - exact) < 0.03f, "output %d, number %d: %g, not %g", i, (int)k,
                        (double)other, (double)exact);
            changed |= other != exact;
        }
    ck_assert(changed);
    for (int i = 0; i < OUTPUTS; i++)
        neuron_tensor_unref(near[i]);
    neuron_graph_unref(quantized);
    tear_down(&s);
}
END_TEST

/* A layer is adapted to what it reads. */
START_TEST(layers_adapt_to_their_input)
{
    scene s = set_up();
    neuron_graph_t *g;
    neuron_dataset_t *thrice;
    assert_ok(neuron_graph_create(&g, s.context));
    neuron_node_t *ends[2], *inputs[] = {neuron_input(g, (const int64_t[]){A}, 1),
                                         neuron_input(g, (const int64_t[]){B}, 1)};
    for (int i = 0; i < 2; i++)
        ends[i] = neuron_standardize(g, inputs[i]);
    assert_ok(neuron_graph_finish_many(g, ends, 2));
    for (int i = 0; i < 2; i++)
        assert_ok(neuron_node_adapt(ends[i], s.data.zipped));
    for (int i = 0; i < 2; i++) {
        const neuron_tensor_t *x = i == 0 ? s.data.a : s.data.b;
        const float *values = neuron_tensor_data_const(x);
        int width = i == 0 ? A : B;
        float means[A];
        size_t count;
        assert_ok(neuron_graph_read_array(means, A, &count, g, 2 * i));
        ck_assert_uint_eq(count, (size_t)width);
        for (int k = 0; k < width; k++) {
            double sum = 0;
            for (int n = 0; n < COUNT; n++)
                sum += (double)values[n * width + k];
            ck_assert_double_eq_tol((double)means[k], sum / COUNT, 1e-6);
        }
    }
    assert_ok(neuron_node_adapt(ends[1], s.data.of_b)); /* alone, too */
    assert_status(neuron_node_adapt(ends[1], s.data.of_a), NEURON_E_SHAPE);
    assert_ok(neuron_dataset_zip(
        &thrice, (neuron_dataset_t *[]){s.data.of_a, s.data.of_b, s.data.of_a}, 3, NULL, 0));
    assert_status(neuron_node_adapt(ends[1], thrice), NEURON_E_SHAPE);
    assert_message("the dataset has 3 inputs");
    neuron_dataset_unref(thrice);
    neuron_graph_unref(g);
    tear_down(&s);
}
END_TEST

/* The scale of each input and the names of each output go with the graph that learnt them. */
START_TEST(meaning_is_of_each)
{
    scene s = set_up();
    neuron_optimizer_t *sgd;
    neuron_trainer_t *trainer;
    neuron_dataset_t *zipped;
    static const char *const marks[] = {"no", "yes"};
    neuron_dataset_t *inputs[] = {s.data.of_a, s.data.of_b};
    neuron_dataset_t *targets[] = {s.data.of_kinds, s.data.of_sizes, s.data.of_marks};
    double scale, offset;
    assert_ok(neuron_dataset_set_scale(s.data.of_b, 2, 1));
    assert_ok(neuron_dataset_set_class_names(s.data.of_sizes, marks, 2));
    assert_ok(neuron_dataset_zip(&zipped, inputs, 2, targets, 3));
    assert_ok(neuron_optimizer_create(&sgd, s.context, "sgd", NULL));
    assert_ok(neuron_trainer_create(&trainer, s.graph, sgd, zipped));
    set_losses(trainer, s.context, 1, 1);
    assert_ok(neuron_trainer_run(NULL, trainer));
    ck_assert_str_eq(neuron_graph_class_name(s.graph, "kind", 1), "middle");
    ck_assert_str_eq(neuron_graph_class_name(s.graph, "size", 1), "yes");
    ck_assert_ptr_null(neuron_graph_class_name(s.graph, "mark", 0));
    size_t count;
    assert_ok(neuron_graph_scales(&scale, &offset, 1, &count, s.graph, "b"));
    ck_assert(count == 1 && scale == 2 && offset == 1);
    neuron_trainer_unref(trainer);
    neuron_optimizer_unref(sgd);
    neuron_dataset_unref(zipped);
    tear_down(&s);
}
END_TEST

START_TEST(no_memory_loses_nothing)
{
    test_memory memory;
    neuron_context_t *context = test_limited_context(&memory);
    assert_ok(neuron_context_set_number(context, "threads", 1));
    scene s = set_up_in(context);
    long live = 0, allocations = 0;
    for (int turn = 0; turn < 2; turn++) /* sessions are kept from the first on */
        for (allocations = 0;; allocations++) {
            neuron_evaluation_t *evaluation = NULL;
            neuron_graph_t *graph = NULL, *quantized = NULL;
            double weight;
            live = memory.live;
            memory.left = allocations;
            int status = neuron_graph_clone(&graph, context, s.graph);
            if (status == NEURON_OK)
                status =
                    neuron_graph_predict_dataset_many(graph, s.data.zipped, s.outputs, OUTPUTS);
            if (status == NEURON_OK)
                status = neuron_graph_evaluate(&evaluation, graph, s.data.zipped, NULL, "output=1");
            if (status == NEURON_OK)
                status = neuron_committee_weights(&weight, &graph, 1, s.data.zipped, NULL);
            if (status == NEURON_OK)
                status = neuron_graph_quantize(&quantized, graph, s.data.zipped, NULL);
            test_refill(&memory);
            neuron_evaluation_unref(evaluation);
            neuron_graph_unref(quantized);
            neuron_graph_unref(graph);
            ck_assert_int_eq(memory.live, live);
            if (status == NEURON_OK)
                break;
            assert_status(status, NEURON_E_MEMORY);
        }
    ck_assert_int_gt(allocations, 60);
    tear_down(&s);
    ck_assert_int_eq(memory.live, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("outputs");
    TCase *tests = tcase_create("outputs");
    tcase_set_timeout(tests, 0);
    tcase_add_test(tests, datasets_are_predicted);
    tcase_add_test(tests, outputs_are_judged_one_by_one);
    tcase_add_test(tests, the_loss_may_be_given);
    tcase_add_test(tests, committees_are_judged);
    tcase_add_test(tests, quantised_copies_are_near);
    tcase_add_test(tests, layers_adapt_to_their_input);
    tcase_add_test(tests, meaning_is_of_each);
    tcase_add_test(tests, no_memory_loses_nothing);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
