/* Making datasets, reading from them, reshaping, scaling, subsets and joining. */
#include "test-common.h"

#include "data/dataset.h"

#include <math.h>

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
    void *elements = (void *)(uintptr_t)data;
    assert_ok(neuron_tensor_copy(&made, context, type, shape, rank, elements));
    return made;
}

/* Examples i of 2x3 bytes 10 i ... 10 i + 5. */
static neuron_tensor_t *byte_examples(int64_t count)
{
    neuron_tensor_t *made;
    assert_ok(neuron_tensor_create(&made, context, NEURON_TYPE_U8, (int64_t[]){count, 2, 3}, 3));
    uint8_t *bytes = neuron_tensor_data(made);
    for (int64_t i = 0; i < count * 6; i++)
        bytes[i] = (uint8_t)(i / 6 * 10 + i % 6);
    return made;
}

/* Makes a dataset and drops the tensors, as a caller may. */
static int make(neuron_dataset_t **dataset, neuron_tensor_t *examples, neuron_tensor_t *labels,
                int64_t class_count)
{
    int status = neuron_dataset_create(dataset, context, examples, labels, class_count);
    neuron_tensor_unref(examples);
    neuron_tensor_unref(labels);
    ck_assert((status == NEURON_OK) == (*dataset != NULL));
    return status;
}

static neuron_dataset_t *numbered(int64_t count)
{
    neuron_tensor_t *labels;
    assert_ok(neuron_tensor_create(&labels, context, NEURON_TYPE_I32, &count, 1));
    for (int64_t i = 0; i < count; i++)
        ((int32_t *)neuron_tensor_data(labels))[i] = (int32_t)(i % 3);
    neuron_dataset_t *dataset;
    assert_ok(make(&dataset, byte_examples(count), labels, 3));
    return dataset;
}

static neuron_dataset_t *targeted(void)
{
    const float targets[] = {0, 1, 0, 0.5f, 0.25f, 0.25f, 0.3f, 0.35f, 0.35f, 0, 0, 1};
    neuron_dataset_t *dataset;
    assert_ok(make(&dataset, byte_examples(4),
                   tensor(NEURON_TYPE_F32, (int64_t[]){4, 3}, 2, targets), 3));
    return dataset;
}

START_TEST(creates_and_reads)
{
    neuron_dataset_t *dataset = numbered(20);
    ck_assert_int_eq(neuron_dataset_count(dataset), 20);
    ck_assert_int_eq(neuron_dataset_class_count(dataset), 3);
    int64_t shape[NEURON_RANK_MAX];
    int32_t rank;
    assert_ok(neuron_dataset_shape(shape, &rank, dataset));
    ck_assert_int_eq(rank, 2);
    ck_assert_int_eq(shape[0], 2);
    ck_assert_int_eq(shape[1], 3);
    float values[18 * 6];
    int32_t labels[18];
    assert_ok(neuron_dataset_read(values, labels, dataset, 2, 18));
    for (int i = 0; i < 18 * 6; i++)
        ck_assert_float_eq_tol(values[i], (float)((i / 6 + 2) * 10 + i % 6) / 255, 1e-6f);
    for (int i = 0; i < 18; i++)
        ck_assert_int_eq(labels[i], (i + 2) % 3);
    assert_ok(neuron_dataset_read(values, labels, dataset, 20, 0));
    assert_ok(neuron_dataset_read(NULL, NULL, dataset, 0, 20));
    int64_t counts[3];
    assert_ok(neuron_dataset_class_counts(counts, 3, dataset));
    ck_assert_int_eq(counts[0], 7);
    ck_assert_int_eq(counts[1], 7);
    ck_assert_int_eq(counts[2], 6);
    neuron_dataset_unref(dataset);
}
END_TEST

START_TEST(keeps_what_it_needs)
{
    neuron_dataset_t *dataset = numbered(3), *subset;
    assert_ok(neuron_dataset_subset(&subset, dataset, 1, 2));
    ck_assert_ptr_eq(neuron_dataset_ref(dataset), dataset);
    neuron_dataset_unref(dataset);
    ck_assert_int_eq(neuron_dataset_count(dataset), 3);
    neuron_dataset_unref(dataset);
    float value[6];
    assert_ok(neuron_dataset_read(value, NULL, subset, 0, 1));
    ck_assert_float_eq_tol(value[0], 10.0f / 255, 1e-6f);
    neuron_dataset_unref(subset);
}
END_TEST

START_TEST(takes_every_type_of_label)
{
    const uint8_t bytes[] = {2, 0};
    const int64_t longs[] = {2, 0};
    int64_t two = 2;
    for (int wide = 0; wide < 2; wide++) {
        neuron_tensor_t *labels =
            wide ? tensor(NEURON_TYPE_I64, &two, 1, longs) : tensor(NEURON_TYPE_U8, &two, 1, bytes);
        neuron_dataset_t *dataset;
        assert_ok(make(&dataset, byte_examples(2), labels, 3));
        int32_t read[2];
        assert_ok(neuron_dataset_read(NULL, read, dataset, 0, 2));
        ck_assert_int_eq(read[0], 2);
        ck_assert_int_eq(read[1], 0);
        neuron_dataset_unref(dataset);
    }
}
END_TEST

START_TEST(takes_targets)
{
    neuron_dataset_t *dataset = targeted();
    ck_assert(neuron_dataset_has_targets(dataset));
    int64_t counts[3];
    assert_ok(neuron_dataset_class_counts(counts, 3, dataset));
    ck_assert_int_eq(counts[0], 1);
    ck_assert_int_eq(counts[1], 2); /* of two largest the first */
    ck_assert_int_eq(counts[2], 1);
    float target[3];
    neuron_dataset_copy_target(dataset, 1, target);
    ck_assert_float_eq(target[0], 0.5f);
    neuron_dataset_unref(dataset);
}
END_TEST

START_TEST(takes_no_examples)
{
    neuron_dataset_t *dataset = numbered(0);
    ck_assert_int_eq(neuron_dataset_count(dataset), 0);
    assert_ok(neuron_dataset_read(NULL, NULL, dataset, 0, 0));
    neuron_dataset_unref(dataset);
}
END_TEST

START_TEST(refuses_wrong_shapes_and_types)
{
    neuron_dataset_t *dataset;
    int64_t two = 2, three = 3;
    const int32_t numbers[] = {0, 1, 2};
    const float values[] = {1, 0, 0, 1};
    neuron_tensor_t *labels = tensor(NEURON_TYPE_I32, &three, 1, numbers);
    assert_status(make(&dataset, byte_examples(2), neuron_tensor_ref(labels), 3), NEURON_E_DATA);
    assert_message("dataset: 2 examples but 3 labels");
    assert_status(make(&dataset, neuron_tensor_ref(labels), neuron_tensor_ref(labels), 3),
                  NEURON_E_TYPE);
    assert_message("examples are i32, not u8 or f32");
    assert_status(make(&dataset, tensor(NEURON_TYPE_F32, &two, 1, values), labels, 3),
                  NEURON_E_SHAPE);
    assert_message("examples are 2, not [n, ...shape of one]");
    assert_status(make(&dataset, byte_examples(2), tensor(NEURON_TYPE_F32, &two, 1, values), 2),
                  NEURON_E_SHAPE);
    assert_message("labels are 2, not [n, classes] for targets");
    assert_status(
        make(&dataset, byte_examples(2), tensor(NEURON_TYPE_I32, (int64_t[]){3, 1}, 2, numbers), 2),
        NEURON_E_SHAPE);
    assert_message("labels are 3x1, not [n] for class numbers");
    assert_status(
        make(&dataset, byte_examples(2), tensor(NEURON_TYPE_F32, (int64_t[]){2, 2}, 2, values), 3),
        NEURON_E_SHAPE);
    assert_message("targets are 2x2, but there are 3 classes");
    neuron_tensor_t *flat;
    assert_ok(neuron_tensor_create(&flat, context, NEURON_TYPE_U8, (int64_t[]){2, 0, 3}, 3));
    assert_status(make(&dataset, flat, tensor(NEURON_TYPE_I32, &two, 1, numbers), 3),
                  NEURON_E_ARGUMENT);
    assert_message("shape[0] is 0; it must be 1 or more");
}
END_TEST

START_TEST(refuses_labels_out_of_range)
{
    neuron_dataset_t *dataset;
    int64_t ten = 10;
    const uint8_t bytes[] = {0, 1, 2, 3, 4, 5, 6, 12, 8, 13};
    const int32_t numbers[] = {0, 1, -1, 3, 4, 5, 6, 7, 8, 9};
    const int64_t longs[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, (int64_t)1 << 32};
    assert_status(make(&dataset, byte_examples(10), tensor(NEURON_TYPE_U8, &ten, 1, bytes), 10),
                  NEURON_E_DATA);
    assert_message("label 12 of example 7 is not 0 to 9");
    assert_status(make(&dataset, byte_examples(10), tensor(NEURON_TYPE_I32, &ten, 1, numbers), 10),
                  NEURON_E_DATA);
    assert_message("label -1 of example 2 is not 0 to 9");
    assert_status(make(&dataset, byte_examples(10), tensor(NEURON_TYPE_I64, &ten, 1, longs), 10),
                  NEURON_E_DATA);
    assert_message("label 4294967296 of example 9 is not 0 to 9");
}
END_TEST

START_TEST(refuses_bad_targets)
{
    const float bad[][4] = {{1, 0, 0.5f, 0.4f}, {1, 0, NAN, 1}, {1, 0, 1.5f, -0.5f}};
    const char *messages[] = {"the targets of example 1 do not add up to 1",
                              "target 0 of example 1 is not finite",
                              "target 1 of example 1 is negative"};
    for (int i = 0; i < 3; i++) {
        neuron_dataset_t *dataset;
        neuron_tensor_t *targets = tensor(NEURON_TYPE_F32, (int64_t[]){2, 2}, 2, bad[i]);
        assert_status(make(&dataset, byte_examples(2), targets, 2), NEURON_E_DATA);
        assert_message(messages[i]);
    }
}
END_TEST

START_TEST(refuses_null_and_numbers_out_of_range)
{
    neuron_dataset_t *dataset = numbered(6), *made = dataset;
    neuron_tensor_t *examples = byte_examples(6);
    int64_t numbers[NEURON_RANK_MAX] = {6};
    int32_t rank;
#define REFUSED(call) assert_status((call), NEURON_E_ARGUMENT)
    REFUSED(neuron_dataset_create(NULL, context, examples, examples, 3));
    REFUSED(neuron_dataset_create(&made, NULL, examples, examples, 3));
    ck_assert_ptr_null(made);
    REFUSED(neuron_dataset_create(&made, context, NULL, examples, 3));
    REFUSED(neuron_dataset_create(&made, context, examples, NULL, 3));
    REFUSED(neuron_dataset_create(&made, context, examples, examples, 0));
    REFUSED(neuron_dataset_create(&made, context, examples, examples, 65537));
    assert_message("class_count");
    REFUSED(neuron_dataset_subset(NULL, dataset, 0, 1));
    REFUSED(neuron_dataset_subset(&made, NULL, 0, 1));
    REFUSED(neuron_dataset_subset(&made, dataset, -1, 1));
    REFUSED(neuron_dataset_subset(&made, dataset, 0, -1));
    REFUSED(neuron_dataset_subset(&made, dataset, 7, 0));
    REFUSED(neuron_dataset_subset(&made, dataset, 3, INT64_MAX));
    assert_message(
        "neuron_dataset_subset: first is 3 and count 9223372036854775807, but the dataset has 6 "
        "examples");
    REFUSED(neuron_dataset_join(NULL, &dataset, 1));
    REFUSED(neuron_dataset_join(&made, NULL, 1));
    REFUSED(neuron_dataset_join(&made, &dataset, 0));
    REFUSED(neuron_dataset_join(&made, (neuron_dataset_t *[]){dataset, NULL}, 2));
    REFUSED(neuron_dataset_one_hot(NULL, dataset));
    REFUSED(neuron_dataset_one_hot(&made, NULL));
    REFUSED(neuron_dataset_reshape(NULL, numbers, 1));
    REFUSED(neuron_dataset_reshape(dataset, NULL, 1));
    REFUSED(neuron_dataset_reshape(dataset, numbers, 0));
    REFUSED(neuron_dataset_reshape(dataset, numbers, NEURON_RANK_MAX));
    REFUSED(neuron_dataset_set_scale(NULL, 1, 0));
    REFUSED(neuron_dataset_set_scale(dataset, NAN, 0));
    assert_message("neuron_dataset_set_scale: scale is nan; it must be finite");
    REFUSED(neuron_dataset_set_scale(dataset, 1, INFINITY));
    assert_message("neuron_dataset_set_scale: offset is inf; it must be finite");
    REFUSED(neuron_dataset_shape(numbers, &rank, NULL));
    REFUSED(neuron_dataset_shape(NULL, &rank, dataset));
    REFUSED(neuron_dataset_shape(numbers, NULL, dataset));
    REFUSED(neuron_dataset_class_counts(numbers, 3, NULL));
    REFUSED(neuron_dataset_class_counts(NULL, 3, dataset));
    REFUSED(neuron_dataset_class_counts(numbers, 2, dataset));
    REFUSED(neuron_dataset_read(NULL, NULL, NULL, 0, 1));
    REFUSED(neuron_dataset_read(NULL, NULL, dataset, -1, 1));
    REFUSED(neuron_dataset_read(NULL, NULL, dataset, 0, -1));
    REFUSED(neuron_dataset_read(NULL, NULL, dataset, 6, 1));
#undef REFUSED
    ck_assert_int_eq(neuron_dataset_count(NULL), 0);
    ck_assert_int_eq(neuron_dataset_class_count(NULL), 0);
    ck_assert_ptr_null(neuron_dataset_ref(NULL));
    neuron_dataset_unref(NULL);
    neuron_tensor_unref(examples);
    neuron_dataset_unref(dataset);
}
END_TEST

START_TEST(reshapes_and_scales)
{
    neuron_dataset_t *dataset = numbered(3), *subset;
    assert_ok(neuron_dataset_subset(&subset, dataset, 1, 2));
    assert_ok(neuron_dataset_reshape(dataset, (int64_t[]){6}, 1));
    assert_ok(neuron_dataset_set_scale(dataset, 2, -1));
    float values[6];
    assert_ok(neuron_dataset_read(values, NULL, dataset, 1, 1));
    ck_assert_float_eq(values[2], 23);
    /* what was made before is as it was */
    int64_t shape[NEURON_RANK_MAX];
    int32_t rank;
    assert_ok(neuron_dataset_shape(shape, &rank, subset));
    ck_assert_int_eq(rank, 2);
    assert_status(neuron_dataset_reshape(subset, (int64_t[]){7}, 1), NEURON_E_SHAPE);
    assert_message("examples of 2x3 cannot become 7");
    assert_status(neuron_dataset_reshape(subset, (int64_t[]){-2, -3}, 2), NEURON_E_ARGUMENT);
    neuron_dataset_unref(subset);
    neuron_dataset_unref(dataset);
}
END_TEST

START_TEST(gathers_floats_in_any_order)
{
    float stored[40], values[40];
    int32_t labels[40] = {0};
    for (int i = 0; i < 40; i++)
        stored[i] = (float)i - 20;
    neuron_dataset_t *dataset;
    assert_ok(make(&dataset, tensor(NEURON_TYPE_F32, (int64_t[]){40, 1}, 2, stored),
                   tensor(NEURON_TYPE_I32, (int64_t[]){40}, 1, labels), 1));
    int64_t positions[40];
    for (int i = 0; i < 40; i++)
        positions[i] = 39 - i;
    neuron_dataset_gather(dataset, context->pool, positions, 0, 40, values);
    for (int i = 0; i < 40; i++)
        ck_assert_float_eq(values[i], stored[39 - i]);
    neuron_dataset_unref(dataset);
}
END_TEST

START_TEST(makes_one_hot)
{
    neuron_dataset_t *dataset = numbered(4), *one_hot, *again;
    assert_ok(neuron_dataset_one_hot(&one_hot, dataset));
    ck_assert(!neuron_dataset_has_targets(dataset));
    ck_assert(neuron_dataset_has_targets(one_hot));
    float target[3];
    neuron_dataset_copy_target(one_hot, 2, target);
    ck_assert(target[0] == 0 && target[1] == 0 && target[2] == 1);
    assert_status(neuron_dataset_one_hot(&again, one_hot), NEURON_E_TYPE);
    assert_message("the dataset has targets already");
    ck_assert_ptr_null(again);
    neuron_dataset_unref(one_hot);
    neuron_dataset_unref(dataset);
}
END_TEST

START_TEST(joins)
{
    neuron_dataset_t *a = numbered(6), *tail, *joined;
    assert_ok(neuron_dataset_subset(&tail, a, 4, 2));
    assert_ok(neuron_dataset_join(&joined, (neuron_dataset_t *[]){tail, a, tail}, 3));
    ck_assert_int_eq(neuron_dataset_count(joined), 10);
    const int32_t expected[] = {4, 5, 0, 1, 2, 3, 4, 5, 4, 5};
    float values[60];
    int32_t labels[10];
    assert_ok(neuron_dataset_read(values, labels, joined, 0, 10));
    for (int i = 0; i < 10; i++) {
        ck_assert_float_eq_tol(values[i * 6], (float)expected[i] * 10 / 255, 1e-6f);
        ck_assert_int_eq(labels[i], expected[i] % 3);
    }
    neuron_dataset_unref(joined);
    neuron_dataset_unref(tail);
    neuron_dataset_unref(a);
}
END_TEST

START_TEST(joins_targets_and_one_hot)
{
    neuron_dataset_t *numbers = numbered(3), *one_hot, *targets = targeted(), *joined;
    assert_ok(neuron_dataset_one_hot(&one_hot, numbers));
    assert_ok(neuron_dataset_join(&joined, (neuron_dataset_t *[]){one_hot, targets}, 2));
    float target[3];
    neuron_dataset_copy_target(joined, 2, target);
    ck_assert(target[0] == 0 && target[1] == 0 && target[2] == 1);
    neuron_dataset_copy_target(joined, 4, target);
    ck_assert(target[0] == 0.5f && target[1] == 0.25f && target[2] == 0.25f);
    neuron_dataset_unref(joined);
    assert_ok(neuron_dataset_join(&joined, (neuron_dataset_t *[]){one_hot, one_hot}, 2));
    ck_assert(neuron_dataset_has_targets(joined));
    neuron_dataset_copy_target(joined, 4, target);
    ck_assert(target[1] == 1);
    neuron_dataset_unref(joined);
    assert_status(neuron_dataset_join(&joined, (neuron_dataset_t *[]){numbers, targets}, 2),
                  NEURON_E_TYPE);
    assert_message("of dataset 1 and dataset 0 only one has targets");
    neuron_dataset_unref(targets);
    neuron_dataset_unref(one_hot);
    neuron_dataset_unref(numbers);
}
END_TEST

START_TEST(refuses_to_join_what_differs)
{
    neuron_dataset_t *a = numbered(3), *b = numbered(3), *joined;
    neuron_dataset_t *both[] = {a, b};
    assert_ok(neuron_dataset_set_scale(b, 1, 0));
    assert_status(neuron_dataset_join(&joined, both, 2), NEURON_E_DATA);
    assert_message("dataset 1 has another scale or offset than dataset 0");
    const double same[] = {2, 2, 2}, other[] = {2, 2, 3};
    assert_ok(neuron_dataset_set_scale(a, 2, 2));
    assert_ok(neuron_dataset_set_scales(b, same, same, 3));
    assert_status(neuron_dataset_join(&joined, both, 2), NEURON_E_DATA);
    assert_ok(neuron_dataset_set_scales(a, same, other, 3));
    assert_status(neuron_dataset_join(&joined, both, 2), NEURON_E_DATA);
    assert_ok(neuron_dataset_set_scales(a, same, same, 3));
    assert_ok(neuron_dataset_join(&joined, both, 2));
    neuron_dataset_unref(joined);
    assert_ok(neuron_dataset_reshape(b, (int64_t[]){6}, 1));
    assert_status(neuron_dataset_join(&joined, both, 2), NEURON_E_SHAPE);
    assert_message("examples of dataset 1 are 6, those of dataset 0 are 2x3");
    neuron_dataset_unref(b);
    const int32_t labels[] = {0};
    assert_ok(
        make(&both[1], byte_examples(1), tensor(NEURON_TYPE_I32, (int64_t[]){1}, 1, labels), 4));
    assert_status(neuron_dataset_join(&joined, both, 2), NEURON_E_DATA);
    assert_message("dataset 1 has 4 classes, dataset 0 has 3");
    neuron_dataset_unref(both[1]);
    const float floats[6] = {0};
    assert_ok(make(&both[1], tensor(NEURON_TYPE_F32, (int64_t[]){1, 2, 3}, 3, floats),
                   tensor(NEURON_TYPE_I32, (int64_t[]){1}, 1, labels), 3));
    assert_status(neuron_dataset_join(&joined, both, 2), NEURON_E_TYPE);
    assert_message("examples of dataset 1 are f32, those of dataset 0 are u8");
    ck_assert_ptr_null(joined);
    neuron_dataset_unref(both[1]);
    neuron_dataset_unref(a);
}
END_TEST

START_TEST(checks_a_graphs_shapes)
{
    neuron_dataset_t *dataset = numbered(3);
    const neuron_shape input = {2, {2, 3}}, flat = {1, {6}}, three = {1, {3}}, four = {1, {4}};
    assert_ok(neuron_dataset_check_input(dataset, &input, "fit"));
    assert_ok(neuron_dataset_check_target(dataset, &three, "fit"));
    assert_status(neuron_dataset_check_input(dataset, &flat, "fit"), NEURON_E_SHAPE);
    assert_message("fit: examples are 2x3, the graph's input is 6");
    assert_status(neuron_dataset_check_target(dataset, &four, "fit"), NEURON_E_SHAPE);
    assert_message("fit: the dataset has 3 classes, the graph's output is 4");
    neuron_dataset_unref(dataset);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("dataset");
    TCase *tests = tcase_create("dataset");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, creates_and_reads);
    tcase_add_test(tests, keeps_what_it_needs);
    tcase_add_test(tests, takes_every_type_of_label);
    tcase_add_test(tests, takes_targets);
    tcase_add_test(tests, takes_no_examples);
    tcase_add_test(tests, refuses_wrong_shapes_and_types);
    tcase_add_test(tests, refuses_labels_out_of_range);
    tcase_add_test(tests, refuses_bad_targets);
    tcase_add_test(tests, refuses_null_and_numbers_out_of_range);
    tcase_add_test(tests, reshapes_and_scales);
    tcase_add_test(tests, gathers_floats_in_any_order);
    tcase_add_test(tests, makes_one_hot);
    tcase_add_test(tests, joins);
    tcase_add_test(tests, joins_targets_and_one_hot);
    tcase_add_test(tests, refuses_to_join_what_differs);
    tcase_add_test(tests, checks_a_graphs_shapes);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
