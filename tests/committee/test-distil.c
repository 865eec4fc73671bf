/* Datasets of what a teacher says: targets against predictions by themselves, the classes that
 * examples keep, and a student that learns from them. */
#include "test-models.h"

#include <libneuron-committee/committees.h>

#include <math.h>
#include <stdlib.h>

enum { SIZE = 8, EXAMPLES = 40, CLASSES = 10 };

static neuron_context_t *context;

static void set_up(void)
{
    context = test_context();
}

static void tear_down(void)
{
    neuron_context_unref(context);
}

/* What a graph says of all examples. */
static float *said_by_in(neuron_context_t *in, const neuron_graph_t *graph,
                         const neuron_dataset_t *dataset, int64_t size)
{
    neuron_tensor_t *output;
    int64_t count = neuron_dataset_count(dataset);
    assert_ok(
        neuron_tensor_create(&output, in, NEURON_TYPE_F32, (const int64_t[]){count, size}, 2));
    assert_ok(neuron_graph_predict_dataset(graph, dataset, output));
    float *values = malloc((size_t)(count * size) * sizeof *values);
    ck_assert_ptr_nonnull(values);
    memcpy(values, neuron_tensor_data(output), (size_t)(count * size) * sizeof *values);
    neuron_tensor_unref(output);
    return values;
}

static float *said_by(const neuron_graph_t *graph, const neuron_dataset_t *dataset, int64_t size)
{
    return said_by_in(context, graph, dataset, size);
}

static float *targets_of(const neuron_dataset_t *dataset)
{
    size_t size;
    int64_t count = neuron_dataset_count(dataset);
    assert_ok(neuron_dataset_read_targets(NULL, 0, &size, dataset, 0, count));
    float *targets = malloc(size * sizeof *targets);
    ck_assert_ptr_nonnull(targets);
    assert_ok(neuron_dataset_read_targets(targets, size, NULL, dataset, 0, count));
    return targets;
}

static void assert_targets(const neuron_dataset_t *distilled, const neuron_dataset_t *dataset,
                           const neuron_graph_t *teacher, int64_t size, double share)
{
    int64_t count = neuron_dataset_count(dataset);
    float *said = said_by(teacher, dataset, size), *targets = targets_of(distilled);
    float *before = share < 1 ? targets_of(dataset) : NULL;
    ck_assert_int_eq(neuron_dataset_count(distilled), count);
    for (int64_t i = 0; i < count * size; i++) {
        double expected = share * (double)said[i] + (before ? (1 - share) * (double)before[i] : 0);
        ck_assert_double_eq_tol((double)targets[i], expected, 1e-7 * fmax(1, fabs(expected)));
    }
    free(said);
    free(targets);
    free(before);
}

static void labels_of(int32_t *labels, const neuron_dataset_t *dataset)
{
    assert_ok(neuron_dataset_read(NULL, labels, dataset, 0, neuron_dataset_count(dataset)));
}

START_TEST(classes)
{
    neuron_dataset_t *glyphs = test_glyphs(context, EXAMPLES, SIZE), *distilled, *part, *twice,
                     *one_hot;
    neuron_graph_t *teacher = test_mlp(context, SIZE);
    int32_t before[EXAMPLES], after[2 * EXAMPLES];
    int64_t counts[2][CLASSES];
    labels_of(before, glyphs);
    assert_ok(neuron_dataset_distil(&distilled, glyphs, teacher, NULL));
    assert_targets(distilled, glyphs, teacher, CLASSES, 1);
    /* An untrained teacher takes most for other classes, but they keep theirs. */
    labels_of(after, distilled);
    ck_assert_mem_eq(before, after, sizeof before);
    assert_ok(neuron_dataset_class_counts(counts[0], CLASSES, glyphs));
    assert_ok(neuron_dataset_class_counts(counts[1], CLASSES, distilled));
    ck_assert_mem_eq(counts[0], counts[1], sizeof counts[0]);
    float *targets = targets_of(distilled);
    int differs = 0;
    for (int i = 0; i < EXAMPLES; i++)
        for (int k = 0; k < CLASSES; k++)
            differs += targets[i * CLASSES + k] > targets[i * CLASSES + before[i]];
    ck_assert_int_gt(differs, 0);
    free(targets);
    neuron_dataset_unref(distilled);

    /* Of some of the examples, one of them twice. */
    const int64_t positions[] = {7, 3, 7, 30};
    assert_ok(neuron_dataset_select(&part, glyphs, positions, 4));
    assert_ok(neuron_dataset_distil(&distilled, part, teacher, "soft_share=0.25"));
    assert_targets(distilled, part, teacher, CLASSES, 0.25);
    labels_of(after, distilled);
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(after[i], before[positions[i]]);
    /* What is made of it keeps them too. */
    assert_ok(neuron_dataset_one_hot(&one_hot, glyphs));
    assert_ok(neuron_dataset_join(&twice, (neuron_dataset_t *[]){distilled, one_hot}, 2));
    neuron_dataset_unref(one_hot);
    labels_of(after, twice);
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(after[i], before[positions[i]]);
    ck_assert_mem_eq(after + 4, before, (EXAMPLES - 4) * sizeof *before);
    neuron_dataset_unref(twice);
    assert_ok(neuron_dataset_distil(&twice, distilled, teacher, NULL));
    assert_targets(twice, part, teacher, CLASSES, 1);
    neuron_dataset_unref(distilled);
    assert_ok(neuron_dataset_shuffle(&distilled, twice, 1));
    labels_of(after, distilled);
    int sum = 0;
    for (int i = 0; i < 4; i++)
        sum += after[i] - before[positions[i]];
    ck_assert_int_eq(sum, 0);
    neuron_dataset_unref(distilled);
    neuron_dataset_unref(twice);
    /* Outputs of members have the same classes beside them. */
    assert_ok(neuron_dataset_distil(&distilled, glyphs, teacher, NULL));
    assert_ok(neuron_committee_outputs(&twice, &teacher, 1, distilled));
    labels_of(after, twice);
    ck_assert_mem_eq(before, after, sizeof before);
    neuron_dataset_unref(twice);
    /* So does a dataset that is zipped. */
    assert_ok(neuron_dataset_zip(&twice, &glyphs, 1, &distilled, 1));
    labels_of(after, twice);
    ck_assert_mem_eq(before, after, sizeof before);
    neuron_dataset_unref(distilled);
    assert_ok(neuron_dataset_distil(&distilled, twice, teacher, "soft_share=0.5"));
    assert_targets(distilled, twice, teacher, CLASSES, 0.5);
    labels_of(after, distilled);
    ck_assert_mem_eq(before, after, sizeof before);
    neuron_dataset_unref(distilled);
    neuron_dataset_unref(twice);
    neuron_dataset_unref(part);
    neuron_dataset_unref(glyphs);
    neuron_graph_unref(teacher);
}
END_TEST

START_TEST(without_labels)
{
    neuron_dataset_t *glyphs = test_glyphs(context, EXAMPLES, SIZE), *images, *distilled;
    neuron_graph_t *teacher = test_mlp(context, SIZE), *linear = test_linear(context, SIZE);
    int32_t labels[EXAMPLES];
    assert_ok(neuron_dataset_input(&images, glyphs, 0));
    assert_ok(neuron_dataset_distil(&distilled, images, teacher, NULL));
    assert_targets(distilled, images, teacher, CLASSES, 1);
    ck_assert_int_eq(neuron_dataset_class_count(distilled), CLASSES);
    float *targets = targets_of(distilled);
    labels_of(labels, distilled);
    for (int i = 0; i < EXAMPLES; i++)
        for (int k = 0; k < CLASSES; k++)
            ck_assert(targets[i * CLASSES + k] <= targets[i * CLASSES + labels[i]]);
    free(targets);
    neuron_dataset_unref(distilled);
    assert_status(neuron_dataset_distil(&distilled, images, teacher, "soft_share=0.5"),
                  NEURON_E_DATA);
    assert_message("soft_share is 0.5");
    ck_assert_ptr_null(distilled);
    /* What is not probabilities is targets of any kind. */
    assert_ok(neuron_dataset_distil(&distilled, images, linear, NULL));
    int64_t size = 1, shape[NEURON_RANK_MAX];
    int32_t rank;
    assert_ok(neuron_graph_output_shape(shape, &rank, linear));
    for (int i = 0; i < rank; i++)
        size *= shape[i];
    assert_targets(distilled, images, linear, size, 1);
    neuron_dataset_unref(distilled);
    neuron_dataset_unref(images);
    neuron_dataset_unref(glyphs);
    neuron_graph_unref(teacher);
    neuron_graph_unref(linear);
}
END_TEST

/* Of few of many examples the targets of these alone take memory; they are the examples that they
 * were, with their weights, and so is what is selected of them. */
START_TEST(few_of_many)
{
    enum { MANY = 100000, FEW = 5, OUTPUTS = 100 };
    neuron_context_t *limited;
    neuron_tensor_t *x;
    neuron_dataset_t *all, *some, *distilled;
    neuron_graph_t *teacher;
    const int64_t positions[FEW] = {99999, 7, 7, 4711, 250}; /* one of them twice */
    const float weights[FEW] = {1, 2, 2, 3, 0.5F};
    float before[FEW], after[FEW];
    assert_ok(neuron_context_create(&limited, "threads=1, memory_limit=8000000"));
    assert_ok(neuron_tensor_create(&x, limited, NEURON_TYPE_U8, (const int64_t[]){MANY, 1}, 2));
    for (int i = 0; i < MANY; i++)
        ((uint8_t *)neuron_tensor_data(x))[i] = (uint8_t)(i % 251);
    assert_ok(neuron_dataset_create_with_targets(&all, limited, x, NULL));
    assert_ok(neuron_dataset_select(&some, all, positions, FEW));
    assert_ok(neuron_dataset_set_weights(some, weights, FEW));
    assert_ok(neuron_graph_create(&teacher, limited));
    neuron_node_t *y = neuron_input(teacher, (const int64_t[]){1}, 1);
    y = neuron_softmax(teacher, neuron_dense(teacher, y, OUTPUTS, NULL), NULL);
    assert_ok(neuron_graph_finish(teacher, y));
    assert_ok(neuron_dataset_distil(&distilled, some, teacher, NULL));
    float *said = said_by_in(limited, teacher, some, OUTPUTS), *targets = targets_of(distilled);
    ck_assert_mem_eq(said, targets, FEW * OUTPUTS * sizeof *said);
    assert_ok(neuron_dataset_read(before, NULL, some, 0, FEW));
    assert_ok(neuron_dataset_read(after, NULL, distilled, 0, FEW));
    ck_assert_mem_eq(before, after, sizeof before);
    assert_ok(neuron_dataset_read_weights(after, distilled, 0, FEW));
    ck_assert_mem_eq(weights, after, sizeof after);
    free(said);
    free(targets);
    neuron_dataset_unref(distilled);
    neuron_dataset_unref(some);
    neuron_dataset_unref(all);
    neuron_tensor_unref(x);
    neuron_graph_unref(teacher);
    neuron_context_unref(limited);
}
END_TEST

static neuron_graph_t *dense(int64_t outputs)
{
    neuron_graph_t *graph;
    assert_ok(neuron_graph_create(&graph, context));
    neuron_node_t *x = neuron_input(graph, (const int64_t[]){3}, 1);
    assert_ok(neuron_graph_finish(graph, neuron_dense(graph, x, outputs, NULL)));
    return graph;
}

/* Targets of a regression. */
static neuron_dataset_t *numbers(int64_t outputs)
{
    neuron_tensor_t *x, *y;
    neuron_dataset_t *dataset;
    assert_ok(
        neuron_tensor_create(&x, context, NEURON_TYPE_F32, (const int64_t[]){EXAMPLES, 3}, 2));
    assert_ok(neuron_tensor_create(&y, context, NEURON_TYPE_F32,
                                   (const int64_t[]){EXAMPLES, outputs}, 2));
    for (int i = 0; i < EXAMPLES * 3; i++)
        ((float *)neuron_tensor_data(x))[i] = (float)sin(i);
    for (int64_t i = 0; i < EXAMPLES * outputs; i++)
        ((float *)neuron_tensor_data(y))[i] = (float)cos((double)i);
    assert_ok(neuron_dataset_create_with_targets(&dataset, context, x, y));
    neuron_tensor_unref(x);
    neuron_tensor_unref(y);
    return dataset;
}

START_TEST(regression)
{
    for (int64_t outputs = 1; outputs <= 2; outputs++) {
        neuron_dataset_t *dataset = numbers(outputs), *distilled;
        neuron_graph_t *teacher = dense(outputs);
        assert_ok(neuron_dataset_distil(&distilled, dataset, teacher, "soft_share=0.5"));
        assert_targets(distilled, dataset, teacher, outputs, 0.5);
        neuron_dataset_unref(distilled);
        neuron_dataset_unref(dataset);
        neuron_graph_unref(teacher);
    }
}
END_TEST

START_TEST(refused)
{
    neuron_dataset_t *glyphs = test_glyphs(context, EXAMPLES, SIZE), *made, *dataset = numbers(2);
    neuron_graph_t *teacher = test_mlp(context, SIZE), *open, *two = dense(2), *many;
    assert_status(neuron_dataset_distil(NULL, glyphs, teacher, NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_dataset_distil(&made, NULL, teacher, NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_dataset_distil(&made, glyphs, NULL, NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_dataset_distil(&made, glyphs, teacher, "soft_share=1.5"),
                  NEURON_E_ARGUMENT);
    assert_message("soft_share");
    assert_status(neuron_dataset_distil(&made, dataset, teacher, NULL), NEURON_E_SHAPE);
    assert_status(neuron_dataset_distil(&made, glyphs, two, NULL), NEURON_E_SHAPE);
    assert_ok(neuron_graph_create(&open, context));
    assert_status(neuron_dataset_distil(&made, glyphs, open, NULL), NEURON_E_STATE);
    neuron_node_t *x = neuron_input(open, (const int64_t[]){SIZE, SIZE, 1}, 3);
    x = neuron_dense(open, neuron_flatten(open, x), CLASSES, NULL);
    assert_ok(neuron_graph_finish(open, x));
    assert_status(neuron_dataset_distil(&made, glyphs, open, NULL), NEURON_E_DATA);
    assert_message("for example 0 is not probabilities");
    neuron_node_t *nodes[] = {x, neuron_graph_input(open, 0)};
    assert_ok(neuron_graph_with_outputs(&many, open, nodes, 2));
    assert_status(neuron_dataset_distil(&made, glyphs, many, NULL), NEURON_E_UNSUPPORTED);
    assert_message("has 2 outputs");
    int64_t bias = neuron_graph_find_array(two, "dense.bias");
    assert_ok(neuron_graph_write_array(two, bias, (const float[]){1, NAN}, 2));
    assert_status(neuron_dataset_distil(&made, dataset, two, NULL), NEURON_E_NOT_FINITE);
    assert_message("puts out nan for example 0, at place 1");
    ck_assert_ptr_null(made);
    neuron_graph_unref(many);
    neuron_graph_unref(open);
    neuron_graph_unref(two);
    neuron_graph_unref(teacher);
    neuron_dataset_unref(dataset);
    neuron_dataset_unref(glyphs);
}
END_TEST

static void fit(neuron_graph_t *graph, neuron_dataset_t *train, neuron_loss_t *loss,
                const char *options)
{
    neuron_optimizer_t *adam;
    neuron_trainer_t *trainer;
    assert_ok(neuron_optimizer_create(&adam, context, "adam", "learning_rate=0.01"));
    assert_ok(neuron_trainer_create(&trainer, graph, adam, train));
    assert_ok(neuron_trainer_set(trainer, options));
    if (loss)
        assert_ok(neuron_trainer_set_loss(trainer, loss));
    assert_ok(neuron_trainer_run(NULL, trainer));
    neuron_trainer_unref(trainer);
    neuron_optimizer_unref(adam);
}

static double accuracy(const neuron_graph_t *graph, const neuron_dataset_t *dataset)
{
    neuron_evaluation_t *evaluation;
    assert_ok(neuron_graph_evaluate(&evaluation, graph, dataset, NULL, NULL));
    double value = neuron_evaluation_accuracy(evaluation);
    neuron_evaluation_unref(evaluation);
    return value;
}

/* A student that has seen no label does what its teacher does. */
START_TEST(a_student_learns)
{
    neuron_dataset_t *train = test_glyphs(context, 1000, SIZE), *images, *distilled, *test;
    neuron_graph_t *teacher = test_mlp(context, SIZE), *student;
    neuron_loss_t *loss;
    assert_ok(neuron_dataset_generate_glyphs(&test, context, 200, SIZE, SIZE, 77));
    fit(teacher, train, NULL, "epochs=30");
    assert_ok(neuron_dataset_input(&images, train, 0));
    assert_ok(neuron_dataset_distil(&distilled, images, teacher, NULL));
    assert_ok(neuron_loss_create(&loss, context, "distillation", "temperature=3"));
    assert_ok(neuron_graph_create(&student, context));
    neuron_node_t *x = neuron_input(student, (const int64_t[]){SIZE, SIZE, 1}, 3);
    x = neuron_dense(student, neuron_flatten(student, x), CLASSES, NULL);
    assert_ok(neuron_graph_finish(student, neuron_softmax(student, x, NULL)));
    fit(student, distilled, loss, "epochs=40");
    double of_teacher = accuracy(teacher, test), of_student = accuracy(student, test);
    assert_that(of_teacher > 0.6 && of_student > of_teacher - 0.1, "teacher %g, student %g",
                of_teacher, of_student);
    neuron_loss_unref(loss);
    neuron_graph_unref(student);
    neuron_graph_unref(teacher);
    neuron_dataset_unref(distilled);
    neuron_dataset_unref(images);
    neuron_dataset_unref(test);
    neuron_dataset_unref(train);
}
END_TEST

START_TEST(failed_allocations)
{
    for (int labelled = 0; labelled < 2; labelled++) {
        int status = NEURON_E_MEMORY;
        for (long n = 0; status != NEURON_OK; n++) {
            test_memory memory = {0};
            neuron_context_t *limited = test_limited_context(&memory);
            neuron_dataset_t *glyphs = test_glyphs(limited, 20, SIZE), *part, *made, *joined = NULL;
            neuron_graph_t *teacher = test_mlp(limited, SIZE);
            assert_ok(neuron_dataset_input(&part, glyphs, 0));
            atomic_store(&memory.left, n);
            status = neuron_dataset_distil(&made, labelled ? glyphs : part, teacher, NULL);
            ck_assert(status == NEURON_OK || (status == NEURON_E_MEMORY && !made));
            if (status == NEURON_OK && labelled)
                status = neuron_dataset_join(&joined, (neuron_dataset_t *[]){made, made}, 2);
            test_refill(&memory);
            ck_assert(status == NEURON_OK || status == NEURON_E_MEMORY);
            neuron_dataset_unref(joined);
            neuron_dataset_unref(made);
            neuron_dataset_unref(part);
            neuron_dataset_unref(glyphs);
            neuron_graph_unref(teacher);
            neuron_context_unref(limited);
            ck_assert_int_eq(atomic_load(&memory.live), 0);
            ck_assert_int_lt(n, 300);
        }
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("distilling");
    TCase *tests = tcase_create("distil");
    suite_add_tcase(suite, tests);
    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, classes);
    tcase_add_test(tests, without_labels);
    tcase_add_test(tests, few_of_many);
    tcase_add_test(tests, regression);
    tcase_add_test(tests, refused);
    tcase_add_test(tests, a_student_learns);
    tcase_add_test(tests, failed_allocations);
    return run_suite(suite);
}
