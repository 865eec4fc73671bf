/* Splitting: sizes, proportions, order, and that no example is dealt twice. */
#include "test-common.h"

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

/* Example i has the one value i and class i % classes. */
static neuron_dataset_t *numbered(int64_t count, int64_t classes)
{
    neuron_tensor_t *examples, *labels;
    assert_ok(neuron_tensor_create(&examples, context, NEURON_TYPE_F32, (int64_t[]){count, 1}, 2));
    assert_ok(neuron_tensor_create(&labels, context, NEURON_TYPE_I32, &count, 1));
    for (int64_t i = 0; i < count; i++) {
        ((float *)neuron_tensor_data(examples))[i] = (float)i;
        ((int32_t *)neuron_tensor_data(labels))[i] = (int32_t)(i % classes);
    }
    neuron_dataset_t *dataset;
    assert_ok(neuron_dataset_create(&dataset, context, examples, labels, classes));
    neuron_tensor_unref(examples);
    neuron_tensor_unref(labels);
    return dataset;
}

static void release(neuron_dataset_t **parts, int count)
{
    for (int k = 0; k < count; k++)
        neuron_dataset_unref(parts[k]);
}

static float *values_of(const neuron_dataset_t *dataset)
{
    int64_t count = neuron_dataset_count(dataset);
    float *values = malloc((size_t)count * sizeof *values);
    ck_assert_ptr_nonnull(values);
    assert_ok(neuron_dataset_read(values, NULL, dataset, 0, count));
    return values;
}

/* Adds to `seen` how often each example of numbered() is in a part. */
static void mark(const neuron_dataset_t *part, int *seen)
{
    float *values = values_of(part);
    for (int64_t i = 0; i < neuron_dataset_count(part); i++)
        seen[(int)values[i]]++;
    free(values);
}

static const char *const orders[] = {"order=in_order", "order=shuffled", "order=stratified"};

START_TEST(deals_every_example_once)
{
    const double fractions[] = {0.7, 0.1, 0.2};
    neuron_dataset_t *dataset = numbered(101, 3);
    for (int i = 0; i < 3; i++) {
        neuron_dataset_t *parts[3];
        int seen[101] = {0};
        assert_ok(neuron_dataset_split(parts, dataset, fractions, 3, 5, orders[i]));
        for (int k = 0; k < 3; k++) {
            int64_t size = neuron_dataset_count(parts[k]);
            ck_assert_int_le(llabs(size - llround(fractions[k] * 101)), 2);
            mark(parts[k], seen);
        }
        for (int k = 0; k < 101; k++)
            ck_assert_int_eq(seen[k], 1);
        release(parts, 3);
    }
    neuron_dataset_unref(dataset);
}
END_TEST

START_TEST(keeps_the_order_if_asked)
{
    neuron_dataset_t *dataset = numbered(10, 2), *parts[2];
    assert_ok(neuron_dataset_split(parts, dataset, (double[]){0.3, 0.3}, 2, 0, "order=in_order"));
    for (int k = 0; k < 2; k++) {
        ck_assert_int_eq(neuron_dataset_count(parts[k]), 3);
        float *values = values_of(parts[k]);
        for (int i = 0; i < 3; i++)
            ck_assert_float_eq(values[i], (float)(3 * k + i));
        free(values);
    }
    release(parts, 2);
    neuron_dataset_unref(dataset);
}
END_TEST

START_TEST(divides_70000_as_the_document_does)
{
    const double fractions[] = {0.86, 0.10, 0.04};
    const int64_t sizes[] = {60200, 7000, 2800};
    neuron_dataset_t *dataset = numbered(70000, 10), *parts[3];
    assert_ok(neuron_dataset_split(parts, dataset, fractions, 3, 42, "order=stratified"));
    for (int k = 0; k < 3; k++) {
        ck_assert_int_eq(neuron_dataset_count(parts[k]), sizes[k]);
        int64_t counts[10];
        assert_ok(neuron_dataset_class_counts(counts, 10, parts[k]));
        for (int c = 0; c < 10; c++)
            ck_assert_int_eq(counts[c], sizes[k] / 10);
    }
    /* the classes of a part are mixed */
    int32_t labels[100];
    assert_ok(neuron_dataset_read(NULL, labels, parts[2], 0, 100));
    int changes = 0;
    for (int i = 1; i < 100; i++)
        changes += labels[i] != labels[i - 1];
    ck_assert_int_gt(changes, 50);
    release(parts, 3);
    neuron_dataset_unref(dataset);
}
END_TEST

START_TEST(repeats_itself_for_a_seed)
{
    neuron_dataset_t *dataset = numbered(50, 5), *parts[3];
    for (int i = 1; i < 3; i++) {
        const uint64_t seeds[] = {7, 7, 8};
        float *values[3];
        for (int k = 0; k < 3; k++) {
            assert_ok(
                neuron_dataset_split(&parts[k], dataset, (double[]){1}, 1, seeds[k], orders[i]));
            ck_assert_int_eq(neuron_dataset_count(parts[k]), 50);
            values[k] = values_of(parts[k]);
        }
        ck_assert_mem_eq(values[0], values[1], 50 * sizeof(float));
        ck_assert_mem_ne(values[0], values[2], 50 * sizeof(float));
        for (int k = 0; k < 3; k++)
            free(values[k]);
        release(parts, 3);
    }
    neuron_dataset_unref(dataset);
}
END_TEST

START_TEST(splits_parts_again)
{
    neuron_dataset_t *dataset = numbered(40, 4), *halves[2], *quarters[2];
    const double half[] = {0.5, 0.5};
    int seen[40] = {0};
    assert_ok(neuron_dataset_split(halves, dataset, half, 2, 1, "order=shuffled"));
    assert_ok(neuron_dataset_split(quarters, halves[1], half, 2, 1, "order=shuffled"));
    mark(halves[0], seen);
    mark(quarters[0], seen);
    mark(quarters[1], seen);
    for (int i = 0; i < 40; i++)
        ck_assert_int_eq(seen[i], 1);
    release(quarters, 2);
    release(halves, 2);
    neuron_dataset_unref(dataset);
}
END_TEST

/* Shards follow each other, and differ by one example at most, whatever the numbers. */
START_TEST(shards_have_every_example_once)
{
    for (int32_t count = 1; count <= 30; count += 7) {
        neuron_dataset_t *all = numbered(count, 3);
        for (int32_t size = 1; size <= count; size++) {
            int64_t next = 0;
            for (int32_t rank = 0; rank < size; rank++) {
                neuron_dataset_t *shard;
                float values[30];
                int32_t labels[30];
                assert_ok(neuron_dataset_shard(&shard, all, rank, size));
                int64_t examples = neuron_dataset_count(shard);
                ck_assert_int_eq(examples, count / size + (rank < count % size));
                assert_ok(neuron_dataset_read(values, labels, shard, 0, examples));
                for (int64_t i = 0; i < examples; i++, next++) {
                    ck_assert_float_eq(values[i], (float)next);
                    ck_assert_int_eq(labels[i], (int32_t)(next % 3));
                }
                neuron_dataset_unref(shard);
            }
            ck_assert_int_eq(next, count);
        }
        neuron_dataset_unref(all);
    }
}
END_TEST

START_TEST(refuses_shards_that_there_are_not)
{
    neuron_dataset_t *all = numbered(3, 3), *shard = all;
    assert_status(neuron_dataset_shard(NULL, all, 0, 1), NEURON_E_ARGUMENT);
    assert_status(neuron_dataset_shard(&shard, NULL, 0, 1), NEURON_E_ARGUMENT);
    ck_assert_ptr_null(shard);
    assert_status(neuron_dataset_shard(&shard, all, 0, 0), NEURON_E_ARGUMENT);
    assert_message("neuron_dataset_shard: size is 0; it must be 1 to 1,048,576");
    assert_status(neuron_dataset_shard(&shard, all, 2, 2), NEURON_E_ARGUMENT);
    assert_message("neuron_dataset_shard: rank is 2; it must be 0 or 1");
    assert_status(neuron_dataset_shard(&shard, all, -1, 2), NEURON_E_ARGUMENT);
    assert_status(neuron_dataset_shard(&shard, all, 0, 4), NEURON_E_DATA);
    assert_message("neuron_dataset_shard: 3 examples are too few for 4 ranks");
    ck_assert_ptr_null(shard);
    neuron_dataset_unref(all);
}
END_TEST

START_TEST(refuses_bad_fractions)
{
    neuron_dataset_t *dataset = numbered(10, 2), *parts[3] = {dataset, dataset, dataset};
    const struct {
        double fractions[3];
        int status;
        const char *message;
    } cases[] = {
        {{0.5, 0.5, 0.1}, NEURON_E_ARGUMENT, "the sum of fractions is "},
        {{0.5, 0, 0.1}, NEURON_E_ARGUMENT, "fractions[1] is "},
        {{0.5, 0.1, -0.1}, NEURON_E_ARGUMENT, "fractions[2] is "},
        {{NAN, 0.1, 0.1}, NEURON_E_ARGUMENT, "fractions[0] is "},
        {{0.5, 0.4, 0.001}, NEURON_E_DATA, "subset 2 of 3 would get none of the 10 examples"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_status(neuron_dataset_split(parts, dataset, cases[i].fractions, 3, 0, NULL),
                      cases[i].status);
        assert_message(cases[i].message);
        for (int k = 0; k < 3; k++)
            ck_assert_ptr_null(parts[k]);
    }
    neuron_dataset_unref(dataset);
}
END_TEST

START_TEST(refuses_null_and_unknown_kinds)
{
    neuron_dataset_t *dataset = numbered(4, 2), *part = dataset;
    double half = 0.5;
    assert_status(neuron_dataset_split(&part, NULL, &half, 1, 0, NULL), NEURON_E_ARGUMENT);
    ck_assert_ptr_null(part);
    assert_status(neuron_dataset_split(&part, dataset, NULL, 1, 0, NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_dataset_split(&part, dataset, &half, 0, 0, NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_dataset_split(NULL, dataset, &half, 1, 0, NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_dataset_split(&part, dataset, &half, 1, 0, "order=random"),
                  NEURON_E_ARGUMENT);
    assert_message("split: order is random; it must be shuffled, stratified or in_order");
    neuron_dataset_unref(dataset);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("split");
    TCase *tests = tcase_create("split");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, deals_every_example_once);
    tcase_add_test(tests, keeps_the_order_if_asked);
    tcase_add_test(tests, divides_70000_as_the_document_does);
    tcase_add_test(tests, repeats_itself_for_a_seed);
    tcase_add_test(tests, splits_parts_again);
    tcase_add_test(tests, shards_have_every_example_once);
    tcase_add_test(tests, refuses_shards_that_there_are_not);
    tcase_add_test(tests, refuses_bad_fractions);
    tcase_add_test(tests, refuses_null_and_unknown_kinds);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
