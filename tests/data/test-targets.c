/* Targets of any kind, and the weights of examples. */
#include "test-common.h"

#include "data/dataset.h"

#include <math.h>

enum { COUNT = 4 };

static neuron_context_t *context;

static void setup(void)
{
    context = test_context();
}

static void teardown(void)
{
    neuron_context_unref(context);
}

static neuron_tensor_t *tensor(int32_t type, const int64_t *shape, int32_t rank, const void *data)
{
    neuron_tensor_t *made;
    assert_ok(neuron_tensor_copy(&made, context, type, shape, rank, (void *)(uintptr_t)data));
    return made;
}

static int make(neuron_dataset_t **dataset, int64_t count, int64_t outputs, const float *targets)
{
    const float values[] = {1, 2, 3, 4, 5, 6, 7, 8};
    neuron_tensor_t *examples = tensor(NEURON_TYPE_F32, (const int64_t[]){COUNT, 2}, 2, values);
    neuron_tensor_t *given = tensor(NEURON_TYPE_F32, (const int64_t[]){count, outputs}, 2, targets);
    int status = neuron_dataset_create_with_targets(dataset, context, examples, given);
    neuron_tensor_unref(given);
    neuron_tensor_unref(examples);
    ck_assert((status == NEURON_OK) == (*dataset != NULL));
    return status;
}

static const float triples[] = {-1, 5, 2, 7, 0.5f, 7, 0, 0, -3, -2, -4, -1};

START_TEST(several_outputs)
{
    neuron_dataset_t *dataset;
    int32_t labels[COUNT];
    float target[3];
    int64_t counts[3];
    assert_ok(make(&dataset, COUNT, 3, triples));
    ck_assert_int_eq(neuron_dataset_class_count(dataset), 3);
    ck_assert(neuron_dataset_has_targets(dataset));
    for (int64_t i = 0; i < COUNT; i++) {
        neuron_dataset_copy_target(dataset, i, target);
        ck_assert_mem_eq(target, triples + 3 * i, sizeof target);
    }
    assert_ok(neuron_dataset_read(NULL, labels, dataset, 0, COUNT));
    ck_assert(labels[0] == 1 && labels[1] == 0 && labels[2] == 0 && labels[3] == 2);
    assert_ok(neuron_dataset_class_counts(counts, 3, dataset));
    ck_assert(counts[0] == 2 && counts[1] == 1 && counts[2] == 1);
    neuron_dataset_unref(dataset);
}
END_TEST

/* Two classes, told apart at one half. */
START_TEST(one_output)
{
    const float targets[] = {0, 1, 0.5f, 0.75f};
    neuron_dataset_t *dataset, *parts[2];
    int64_t counts[2];
    float target = 7;
    assert_ok(make(&dataset, COUNT, 1, targets));
    ck_assert_int_eq(neuron_dataset_class_count(dataset), 2);
    assert_ok(neuron_dataset_class_counts(counts, 2, dataset));
    ck_assert(counts[0] == 2 && counts[1] == 2);
    neuron_dataset_copy_target(dataset, 3, &target);
    ck_assert(target == 0.75f);
    assert_ok(
        neuron_dataset_split(parts, dataset, (const double[]){0.5, 0.5}, 2, 1, "order=stratified"));
    for (int k = 0; k < 2; k++) {
        assert_ok(neuron_dataset_class_counts(counts, 2, parts[k]));
        ck_assert(counts[0] == 1 && counts[1] == 1);
        neuron_dataset_unref(parts[k]);
    }
    neuron_dataset_unref(dataset);
}
END_TEST

START_TEST(targets_are_read_back)
{
    neuron_dataset_t *dataset, *mixed;
    float read[COUNT * 3 + 1] = {0};
    size_t needed;
    assert_ok(make(&dataset, COUNT, 3, triples));
    assert_ok(neuron_dataset_read_targets(NULL, 0, &needed, dataset, 0, 1));
    ck_assert_uint_eq(needed, 3);
    read[6] = 42;
    assert_ok(neuron_dataset_read_targets(read, 6, &needed, dataset, 1, 2));
    ck_assert_uint_eq(needed, 6);
    ck_assert_mem_eq(read, triples + 3, 6 * sizeof *read);
    ck_assert(read[6] == 42);
    assert_ok(neuron_dataset_shuffle(&mixed, dataset, 5));
    assert_ok(neuron_dataset_read_targets(read, COUNT * 3 + 1, NULL, mixed, 0, COUNT));
    for (int i = 0; i < COUNT; i++)
        ck_assert_mem_eq(read + i * 3, triples + mixed->order[i] * 3, 3 * sizeof *read);
    assert_ok(neuron_dataset_read_targets(read, 0, &needed, dataset, COUNT, 0));
    ck_assert_uint_eq(needed, 0);
    neuron_dataset_unref(mixed);
    neuron_dataset_unref(dataset);
}
END_TEST

START_TEST(class_numbers_are_read_one_hot)
{
    neuron_dataset_t *glyphs;
    float read[3 * 10];
    size_t needed;
    assert_ok(neuron_dataset_generate_glyphs(&glyphs, context, 3, 8, 8, 1));
    assert_ok(neuron_dataset_read_targets(read, 30, &needed, glyphs, 0, 3));
    ck_assert_uint_eq(needed, 30);
    for (int64_t i = 0; i < 3; i++)
        for (int64_t k = 0; k < 10; k++)
            ck_assert(read[i * 10 + k] == (float)(k == neuron_dataset_label(glyphs, i)));
    neuron_dataset_unref(glyphs);
}
END_TEST

START_TEST(reading_has_bounds)
{
    neuron_dataset_t *dataset;
    float read[COUNT * 3];
    size_t needed = 0;
    assert_ok(make(&dataset, COUNT, 3, triples));
    assert_status(neuron_dataset_read_targets(read, 5, &needed, dataset, 0, 2), NEURON_E_ARGUMENT);
    assert_message("neuron_dataset_read_targets: there are 6 targets, but room for 5");
    ck_assert_uint_eq(needed, 6);
    assert_status(neuron_dataset_read_targets(NULL, 6, &needed, dataset, 0, 2), NEURON_E_ARGUMENT);
    assert_message(
        "neuron_dataset_read_targets: there is no room for results (NULL), but capacity is 6");
    assert_status(neuron_dataset_read_targets(read, 12, NULL, NULL, 0, 1), NEURON_E_ARGUMENT);
    assert_message("neuron_dataset_read_targets: dataset is NULL");
    assert_status(neuron_dataset_read_weights(read, NULL, 0, 1), NEURON_E_ARGUMENT);
    assert_message("neuron_dataset_read_weights: dataset is NULL");
    assert_status(neuron_dataset_read_weights(NULL, dataset, 0, 1), NEURON_E_ARGUMENT);
    assert_message("neuron_dataset_read_weights: weights is NULL");
    static const int64_t wrong[][2] = {{-1, 1}, {0, -1}, {COUNT + 1, 0}, {1, COUNT}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        int64_t first = wrong[i][0], count = wrong[i][1];
        assert_status(neuron_dataset_read_targets(read, 12, NULL, dataset, first, count),
                      NEURON_E_ARGUMENT);
        assert_message("neuron_dataset_read_targets: first is ");
        assert_status(neuron_dataset_read_weights(read, dataset, first, count), NEURON_E_ARGUMENT);
        assert_message("neuron_dataset_read_weights: first is ");
    }
    neuron_dataset_unref(dataset);
}
END_TEST

START_TEST(bad_targets)
{
    neuron_dataset_t *dataset;
    float wrong[COUNT * 3];
    memcpy(wrong, triples, sizeof wrong);
    wrong[7] = INFINITY;
    assert_status(make(&dataset, COUNT, 3, wrong), NEURON_E_DATA);
    assert_message("target 1 of example 2 is not finite");
    wrong[7] = NAN;
    assert_status(make(&dataset, COUNT, 3, wrong), NEURON_E_DATA);
    assert_status(make(&dataset, 3, 3, triples), NEURON_E_DATA);
    assert_message("4 examples but 3 targets");
    assert_status(make(&dataset, COUNT, 0, triples), NEURON_E_SHAPE);
    assert_message("targets are 4x0");

    const int32_t numbers[COUNT] = {0, 1, 0, 1};
    neuron_tensor_t *examples = tensor(NEURON_TYPE_F32, (const int64_t[]){COUNT, 3}, 2, triples);
    neuron_tensor_t *labels = tensor(NEURON_TYPE_I32, (const int64_t[]){COUNT}, 1, numbers);
    neuron_tensor_t *flat = tensor(NEURON_TYPE_F32, (const int64_t[]){COUNT}, 1, triples);
    neuron_tensor_t *scalar = tensor(NEURON_TYPE_F32, NULL, 0, triples);
    assert_status(neuron_dataset_create_with_targets(&dataset, context, examples, scalar),
                  NEURON_E_SHAPE);
    neuron_tensor_unref(scalar);
    assert_status(neuron_dataset_create_with_targets(&dataset, context, labels, examples),
                  NEURON_E_TYPE);
    assert_status(neuron_dataset_create_with_targets(&dataset, context, NULL, flat),
                  NEURON_E_ARGUMENT);
    assert_status(neuron_dataset_create_with_targets(&dataset, context, flat, NULL),
                  NEURON_E_SHAPE);
    assert_message("examples are 4, not [n, ...shape of one]");
    assert_status(neuron_dataset_create_with_targets(&dataset, NULL, flat, flat),
                  NEURON_E_ARGUMENT);
    assert_status(neuron_dataset_create_with_targets(NULL, context, flat, flat), NEURON_E_ARGUMENT);
    neuron_tensor_unref(flat);
    neuron_tensor_unref(labels);
    neuron_tensor_unref(examples);
}
END_TEST

/* Numbers of any type, and one for each example without an axis. */
START_TEST(integers_are_targets)
{
    const uint8_t bytes[COUNT] = {0, 200, 7, 255};
    const int32_t numbers[COUNT] = {-7, 0, 16777217, 3};
    const int64_t large[COUNT * 2] = {-5, INT64_C(1) << 40, 0, 1, 2, 3, 4, 5};
    neuron_tensor_t *examples = tensor(NEURON_TYPE_F32, (const int64_t[]){COUNT, 3}, 2, triples);
    neuron_tensor_t *targets[] = {tensor(NEURON_TYPE_U8, (const int64_t[]){COUNT}, 1, bytes),
                                  tensor(NEURON_TYPE_I32, (const int64_t[]){COUNT, 1}, 2, numbers),
                                  tensor(NEURON_TYPE_I64, (const int64_t[]){COUNT, 2}, 2, large),
                                  tensor(NEURON_TYPE_F32, (const int64_t[]){COUNT}, 1, triples)};
    const float expected[][COUNT * 2] = {{0, 200, 7, 255},
                                         {-7, 0, 16777216, 3},
                                         {-5, 0x1p40f, 0, 1, 2, 3, 4, 5},
                                         {triples[0], triples[1], triples[2], triples[3]}};
    for (int i = 0; i < 4; i++) {
        neuron_dataset_t *dataset;
        float met[COUNT * 2];
        size_t all;
        assert_ok(neuron_dataset_create_with_targets(&dataset, context, examples, targets[i]));
        assert_ok(neuron_dataset_read_targets(met, COUNT * 2, &all, dataset, 0, COUNT));
        ck_assert_uint_eq(all, i == 2 ? 2 * COUNT : COUNT);
        for (size_t k = 0; k < all; k++)
            ck_assert_float_eq(met[k], expected[i][k]);
        neuron_dataset_unref(dataset);
        neuron_tensor_unref(targets[i]);
    }
    neuron_tensor_unref(examples);
}
END_TEST

/* Dense maps: a target for each pixel, many of them, flat or not. */
START_TEST(targets_have_any_shape)
{
    enum { SIDE = 260, PIXELS = SIDE * SIDE };
    static float pixels[2 * PIXELS];
    neuron_tensor_t *images =
        tensor(NEURON_TYPE_F32, (const int64_t[]){2, SIDE, SIDE, 1}, 4, pixels);
    const int64_t shapes[][4] = {
        {2, SIDE, SIDE, 1}, {2, PIXELS}, {2, SIDE, SIDE}, {2, SIDE / 2, SIDE, 2}};
    static const int ranks[] = {4, 2, 3, 4};
    neuron_graph_t *graph;
    neuron_loss_t *loss;
    neuron_optimizer_t *sgd;
    assert_ok(neuron_graph_create(&graph, context));
    neuron_node_t *x = neuron_input(graph, (const int64_t[]){SIDE, SIDE, 1}, 3);
    x = neuron_sigmoid(graph, neuron_conv2d(graph, x, 1, 1, 1, NULL));
    assert_ok(neuron_graph_finish(graph, x));
    assert_ok(neuron_loss_create(&loss, context, "mean_squared_error", NULL));
    assert_ok(neuron_optimizer_create(&sgd, context, "sgd", NULL));
    for (int i = 0; i < 4; i++) {
        neuron_tensor_t *targets = tensor(NEURON_TYPE_F32, shapes[i], ranks[i], pixels);
        neuron_dataset_t *dataset;
        neuron_trainer_t *trainer;
        size_t outputs;
        assert_ok(neuron_dataset_create_with_targets(&dataset, context, images, targets));
        assert_ok(neuron_dataset_read_targets(NULL, 0, &outputs, dataset, 0, 1));
        ck_assert_uint_eq(outputs, PIXELS);
        int status = neuron_trainer_create(&trainer, graph, sgd, dataset);
        if (i < 3) {
            assert_ok(status);
            assert_ok(neuron_trainer_set_loss(trainer, loss));
            assert_ok(neuron_trainer_set(trainer, "epochs=1, batch_size=2"));
            assert_ok(neuron_trainer_run(NULL, trainer));
        } else {
            assert_status(status, NEURON_E_SHAPE);
            assert_message("targets are 130x260x2, the graph's output is 260x260x1");
        }
        neuron_trainer_unref(trainer);
        neuron_dataset_unref(dataset);
        neuron_tensor_unref(targets);
    }
    neuron_optimizer_unref(sgd);
    neuron_loss_unref(loss);
    neuron_graph_unref(graph);
    neuron_tensor_unref(images);
}
END_TEST

START_TEST(joining)
{
    const float ones[] = {1, 2, 3, 4}, shares[] = {1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 0, 0};
    neuron_dataset_t *a, *b, *one, *pair, *joined, *none;
    float target[3];
    assert_ok(make(&a, COUNT, 3, triples));
    assert_ok(neuron_dataset_subset(&b, a, 1, 2));
    assert_ok(neuron_dataset_join(&joined, (neuron_dataset_t *[]){b, a}, 2));
    ck_assert_int_eq(neuron_dataset_count(joined), 6);
    neuron_dataset_copy_target(joined, 1, target);
    ck_assert_mem_eq(target, triples + 6, sizeof target);
    neuron_dataset_copy_target(joined, 5, target);
    ck_assert_mem_eq(target, triples + 9, sizeof target);
    assert_status(neuron_dataset_one_hot(&none, a), NEURON_E_TYPE);

    neuron_tensor_t *examples = tensor(NEURON_TYPE_F32, (const int64_t[]){COUNT, 2}, 2, triples);
    neuron_tensor_t *given = tensor(NEURON_TYPE_F32, (const int64_t[]){COUNT, 3}, 2, shares);
    neuron_dataset_t *strict;
    assert_ok(neuron_dataset_create(&strict, context, examples, given, 3));
    assert_status(neuron_dataset_join(&none, (neuron_dataset_t *[]){a, strict}, 2), NEURON_E_TYPE);
    assert_message("only one has targets of any kind");
    assert_ok(make(&one, COUNT, 1, ones));
    assert_ok(make(&pair, COUNT, 2, triples));
    assert_status(neuron_dataset_join(&none, (neuron_dataset_t *[]){one, pair}, 2), NEURON_E_DATA);
    assert_message("dataset 1 has 2 targets, dataset 0 has 1");
    neuron_dataset_unref(pair);
    neuron_dataset_unref(one);
    neuron_dataset_unref(strict);
    neuron_tensor_unref(given);
    neuron_tensor_unref(examples);
    neuron_dataset_unref(joined);
    neuron_dataset_unref(b);
    neuron_dataset_unref(a);
}
END_TEST

static void assert_weights(const neuron_dataset_t *dataset, const float *expected)
{
    float read[2 * COUNT];
    assert_ok(neuron_dataset_read_weights(read, dataset, 0, neuron_dataset_count(dataset)));
    ck_assert_mem_eq(read, expected, (size_t)neuron_dataset_count(dataset) * sizeof *read);
    for (int64_t i = 0; i < neuron_dataset_count(dataset); i++)
        assert_that(neuron_dataset_weight(dataset, i) == (double)expected[i], "%d: %g, not %g",
                    (int)i, neuron_dataset_weight(dataset, i), (double)expected[i]);
}

START_TEST(weights_go_along)
{
    const float weights[] = {0.5f, 2, 0, 3}, ones[] = {1, 1, 1, 1};
    neuron_dataset_t *a, *b, *subset, *joined;
    assert_ok(make(&a, COUNT, 3, triples));
    assert_weights(a, ones);
    assert_ok(neuron_dataset_subset(&b, a, 0, 2));
    assert_ok(neuron_dataset_set_weights(a, weights, COUNT));
    assert_weights(a, weights);
    assert_weights(b, ones); /* made before */
    assert_ok(neuron_dataset_subset(&subset, a, 1, 3));
    assert_weights(subset, weights + 1);
    assert_ok(neuron_dataset_join(&joined, (neuron_dataset_t *[]){b, subset}, 2));
    assert_weights(joined, (const float[]){1, 1, 2, 0, 3});
    neuron_dataset_t *parts[2];
    assert_ok(neuron_dataset_split(parts, a, (const double[]){0.5, 0.5}, 2, 3, "order=shuffled"));
    for (int k = 0; k < 2; k++)
        for (int64_t i = 0; i < neuron_dataset_count(parts[k]); i++)
            ck_assert(neuron_dataset_weight(parts[k], i) == (double)weights[parts[k]->order[i]]);
    neuron_dataset_unref(parts[1]);
    neuron_dataset_unref(parts[0]);
    neuron_dataset_t *mixed;
    assert_ok(neuron_dataset_shuffle(&mixed, a, 5));
    for (int64_t i = 0; i < COUNT; i++)
        ck_assert(neuron_dataset_weight(mixed, i) == (double)weights[mixed->order[i]]);
    neuron_dataset_unref(mixed);
    assert_ok(neuron_dataset_set_weights(subset, ones, 3));
    assert_weights(a, weights);
    assert_ok(neuron_dataset_set_weights(subset, weights + 1, 3));
    assert_ok(neuron_dataset_set_weights(a, NULL, 0));
    assert_weights(a, ones);
    assert_weights(subset, weights + 1);
    neuron_dataset_unref(joined);
    neuron_dataset_unref(subset);
    neuron_dataset_unref(b);
    neuron_dataset_unref(a);
}
END_TEST

START_TEST(weights_of_one_hot)
{
    const float weights[] = {0.5f, 2, 0, 3};
    const int32_t numbers[COUNT] = {0, 1, 0, 1};
    neuron_tensor_t *examples = tensor(NEURON_TYPE_F32, (const int64_t[]){COUNT, 3}, 2, triples);
    neuron_tensor_t *labels = tensor(NEURON_TYPE_I32, (const int64_t[]){COUNT}, 1, numbers);
    neuron_dataset_t *dataset, *one_hot;
    assert_ok(neuron_dataset_create(&dataset, context, examples, labels, 2));
    assert_ok(neuron_dataset_set_weights(dataset, weights, COUNT));
    assert_ok(neuron_dataset_one_hot(&one_hot, dataset));
    assert_weights(one_hot, weights);
    neuron_dataset_unref(one_hot);
    neuron_dataset_unref(dataset);
    neuron_tensor_unref(labels);
    neuron_tensor_unref(examples);
}
END_TEST

START_TEST(bad_weights)
{
    const float weights[] = {0.5f, 2, 0, 3}, negative[] = {1, 1, -1, 1}, nothing[] = {1, NAN, 1, 1};
    neuron_dataset_t *dataset;
    assert_ok(make(&dataset, COUNT, 3, triples));
    assert_ok(neuron_dataset_set_weights(dataset, weights, COUNT));
    assert_status(neuron_dataset_set_weights(NULL, weights, COUNT), NEURON_E_ARGUMENT);
    assert_status(neuron_dataset_set_weights(dataset, weights, 3), NEURON_E_ARGUMENT);
    assert_message("3 weights, but the dataset has 4 examples");
    assert_status(neuron_dataset_set_weights(dataset, negative, COUNT), NEURON_E_DATA);
    assert_message("weight 2 is negative");
    assert_status(neuron_dataset_set_weights(dataset, nothing, COUNT), NEURON_E_DATA);
    assert_message("weight 1 is not finite");
    assert_weights(dataset, weights);
    neuron_dataset_unref(dataset);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("targets");
    TCase *cases = tcase_create("targets");
    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_test(cases, several_outputs);
    tcase_add_test(cases, one_output);
    tcase_add_test(cases, targets_are_read_back);
    tcase_add_test(cases, class_numbers_are_read_one_hot);
    tcase_add_test(cases, reading_has_bounds);
    tcase_add_test(cases, bad_targets);
    tcase_add_test(cases, integers_are_targets);
    tcase_add_test(cases, targets_have_any_shape);
    tcase_add_test(cases, joining);
    tcase_add_test(cases, weights_go_along);
    tcase_add_test(cases, weights_of_one_hot);
    tcase_add_test(cases, bad_weights);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
