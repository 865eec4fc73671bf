/* The generated data set: what it depends on, how its classes and pixels are spread. */
#include "test-common.h"

static neuron_dataset_t *generate(int64_t count, int32_t height, int32_t width, uint64_t seed,
                                  int32_t threads)
{
    neuron_context_t *context = test_context();
    assert_ok(neuron_context_set_number(context, "threads", threads));
    neuron_dataset_t *dataset;
    assert_ok(neuron_dataset_generate_glyphs(&dataset, context, count, height, width, seed));
    neuron_context_unref(context);
    return dataset;
}

/* Values of the first `count` examples as bytes, and their labels behind them. */
static float *content(const neuron_dataset_t *dataset, int64_t count, size_t *size)
{
    int64_t shape[NEURON_RANK_MAX];
    int32_t rank;
    assert_ok(neuron_dataset_shape(shape, &rank, dataset));
    size_t values = (size_t)(count * shape[0] * shape[1] * shape[2]);
    *size = (values + (size_t)count) * sizeof(float);
    float *bytes = malloc(*size);
    ck_assert_ptr_nonnull(bytes);
    int32_t *labels = malloc((size_t)count * sizeof *labels);
    ck_assert_ptr_nonnull(labels);
    assert_ok(neuron_dataset_read(bytes, labels, dataset, 0, count));
    for (int64_t i = 0; i < count; i++)
        bytes[values + (size_t)i] = (float)labels[i];
    free(labels);
    return bytes;
}

static int same(neuron_dataset_t *a, neuron_dataset_t *b, int64_t count)
{
    size_t size;
    float *left = content(a, count, &size), *right = content(b, count, &size);
    int equal = memcmp(left, right, size) == 0;
    free(left);
    free(right);
    neuron_dataset_unref(a);
    neuron_dataset_unref(b);
    return equal;
}

START_TEST(depends_on_seed_and_place_alone)
{
    ck_assert(same(generate(64, 28, 28, 3, 1), generate(64, 28, 28, 3, 2), 64));
    ck_assert(same(generate(64, 28, 28, 3, 1), generate(31, 28, 28, 3, 3), 31));
    ck_assert(!same(generate(20, 28, 28, 3, 1), generate(20, 28, 28, 4, 1), 20));
}
END_TEST

START_TEST(has_classes_in_equal_numbers)
{
    neuron_dataset_t *dataset = generate(205, 12, 12, 9, 2), *subset;
    ck_assert_int_eq(neuron_dataset_count(dataset), 205);
    ck_assert_int_eq(neuron_dataset_class_count(dataset), 10);
    int64_t counts[10];
    int same_order = 0;
    int32_t first[10], labels[10];
    assert_ok(neuron_dataset_read(NULL, first, dataset, 0, 10));
    for (int64_t begin = 0; begin < 200; begin += 10) {
        assert_ok(neuron_dataset_subset(&subset, dataset, begin, 10));
        assert_ok(neuron_dataset_class_counts(counts, 10, subset));
        for (int c = 0; c < 10; c++)
            ck_assert_int_eq(counts[c], 1);
        assert_ok(neuron_dataset_read(NULL, labels, subset, 0, 10));
        same_order += memcmp(first, labels, sizeof first) == 0;
        neuron_dataset_unref(subset);
    }
    ck_assert_int_eq(same_order, 1);
    neuron_dataset_unref(dataset);
}
END_TEST

START_TEST(draws_any_size)
{
    const int32_t sizes[][2] = {{8, 8}, {8, 1024}, {33, 17}, {1024, 8}, {200, 300}};
    for (size_t k = 0; k < sizeof sizes / sizeof sizes[0]; k++) {
        neuron_dataset_t *dataset = generate(10, sizes[k][0], sizes[k][1], 1, 2);
        int64_t shape[NEURON_RANK_MAX];
        int32_t rank;
        assert_ok(neuron_dataset_shape(shape, &rank, dataset));
        ck_assert_int_eq(rank, 3);
        ck_assert_int_eq(shape[0], sizes[k][0]);
        ck_assert_int_eq(shape[1], sizes[k][1]);
        ck_assert_int_eq(shape[2], 1);
        neuron_dataset_unref(dataset);
    }
}
END_TEST

START_TEST(spreads_its_pixels)
{
    enum { IMAGES = 1000, PIXELS = 28 * 28 };
    neuron_dataset_t *dataset = generate(IMAGES, 28, 28, 2, 2);
    size_t size;
    float *values = content(dataset, IMAGES, &size);
    double sum = 0, squares = 0, corner = 0, middle = 0;
    int outside = 0;
    for (int i = 0; i < IMAGES * PIXELS; i++) {
        outside += !(values[i] >= 0 && values[i] <= 1);
        sum += (double)values[i];
        squares += (double)values[i] * (double)values[i];
    }
    ck_assert_int_eq(outside, 0);
    for (int i = 0; i < IMAGES; i++) {
        corner += (double)values[i * PIXELS] / IMAGES;
        middle += (double)values[i * PIXELS + 14 * 28 + 14] / IMAGES;
    }
    double mean = sum / (IMAGES * PIXELS), variance = squares / (IMAGES * PIXELS) - mean * mean;
    ck_assert_double_gt(mean, 0.15);
    ck_assert_double_lt(mean, 0.27);
    ck_assert_double_gt(variance, 0.03);
    ck_assert_double_lt(variance, 0.07);
    /* glyphs lie in the middle */
    ck_assert_double_gt(middle, corner + 0.1);
    free(values);
    neuron_dataset_unref(dataset);
}
END_TEST

/* Share of 1,000 images whose class has the nearest mean among 2,000 others. */
static double nearest_mean_accuracy(const float *values, const int32_t *labels)
{
    enum { PIXELS = 28 * 28, TRAIN = 2000, TEST = 1000 };
    static double means[10][PIXELS];
    for (int i = 0; i < TRAIN; i++)
        for (int k = 0; k < PIXELS; k++)
            means[labels[i]][k] += (double)values[i * PIXELS + k] * 10 / TRAIN;
    int right = 0;
    for (int i = TRAIN; i < TRAIN + TEST; i++) {
        int nearest = 0;
        double smallest = 1e30;
        for (int c = 0; c < 10; c++) {
            double distance = 0;
            for (int k = 0; k < PIXELS; k++) {
                double difference = (double)values[i * PIXELS + k] - means[c][k];
                distance += difference * difference;
            }
            if (distance < smallest) {
                smallest = distance;
                nearest = c;
            }
        }
        right += nearest == labels[i];
    }
    return (double)right / TEST;
}

START_TEST(can_be_learnt_but_not_at_once)
{
    enum { IMAGES = 3000 };
    neuron_dataset_t *dataset = generate(IMAGES, 28, 28, 11, 2);
    size_t size;
    float *values = content(dataset, IMAGES, &size);
    static int32_t labels[IMAGES];
    assert_ok(neuron_dataset_read(NULL, labels, dataset, 0, IMAGES));
    double accuracy = nearest_mean_accuracy(values, labels);
    ck_assert_double_gt(accuracy, 0.3);
    ck_assert_double_lt(accuracy, 0.85);
    free(values);
    neuron_dataset_unref(dataset);
}
END_TEST

START_TEST(refuses_null_and_numbers_out_of_range)
{
    neuron_context_t *context = test_context();
    neuron_dataset_t *dataset;
#define REFUSED(call) assert_status((call), NEURON_E_ARGUMENT)
    REFUSED(neuron_dataset_generate_glyphs(NULL, context, 1, 8, 8, 0));
    REFUSED(neuron_dataset_generate_glyphs(&dataset, NULL, 1, 8, 8, 0));
    REFUSED(neuron_dataset_generate_glyphs(&dataset, context, 0, 8, 8, 0));
    assert_message("neuron_dataset_generate_glyphs: count is 0; it must be 1 or more");
    REFUSED(neuron_dataset_generate_glyphs(&dataset, context, 1, 7, 8, 0));
    REFUSED(neuron_dataset_generate_glyphs(&dataset, context, 1, 8, 1025, 0));
    REFUSED(neuron_dataset_generate_glyphs(&dataset, context, INT64_MAX, 8, 8, 0));
    ck_assert_ptr_null(dataset);
#undef REFUSED
    neuron_context_unref(context);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("glyphs");
    TCase *tests = tcase_create("glyphs");
    tcase_add_test(tests, depends_on_seed_and_place_alone);
    tcase_add_test(tests, has_classes_in_equal_numbers);
    tcase_add_test(tests, draws_any_size);
    tcase_add_test(tests, spreads_its_pixels);
    tcase_add_test(tests, can_be_learnt_but_not_at_once);
    tcase_add_test(tests, refuses_null_and_numbers_out_of_range);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
