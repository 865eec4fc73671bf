/* What makes a dataset of another: filters, folds, orders, grey images. */
#include "test-common.h"

#include "data/dataset.h"

#include <math.h>
#include <stdbool.h>

static neuron_context_t *context;

static void setup(void)
{
    context = test_context();
}

static void teardown(void)
{
    neuron_context_unref(context);
}

/* Examples of the given type and shape; stored element e is `value(e)`, example i of class
 * i % classes. */
static neuron_dataset_t *make(int32_t type, const int64_t *extents, int32_t rank, int64_t classes,
                              double (*value)(int64_t element))
{
    neuron_tensor_t *examples, *labels;
    assert_ok(neuron_tensor_create(&examples, context, type, extents, rank));
    assert_ok(neuron_tensor_create(&labels, context, NEURON_TYPE_I32, extents, 1));
    for (int64_t e = 0; e < neuron_tensor_count(examples); e++)
        if (type == NEURON_TYPE_U8)
            ((uint8_t *)neuron_tensor_data(examples))[e] = (uint8_t)value(e);
        else
            ((float *)neuron_tensor_data(examples))[e] = (float)value(e);
    for (int64_t i = 0; i < extents[0]; i++)
        ((int32_t *)neuron_tensor_data(labels))[i] = (int32_t)(i % classes);
    neuron_dataset_t *dataset;
    assert_ok(neuron_dataset_create(&dataset, context, examples, labels, classes));
    neuron_tensor_unref(examples);
    neuron_tensor_unref(labels);
    return dataset;
}

static double itself(int64_t element)
{
    return (double)element;
}

static double scattered(int64_t element)
{
    return (double)(element * 37 % 256);
}

/* Example i has the one value i. */
static neuron_dataset_t *numbered(int64_t count, int64_t classes)
{
    return make(NEURON_TYPE_F32, (int64_t[]){count, 1}, 2, classes, itself);
}

/* All values and labels; the caller frees the values. */
static float *read_all(const neuron_dataset_t *dataset, int32_t *labels)
{
    int64_t shape[NEURON_RANK_MAX], size = 1;
    int32_t rank;
    assert_ok(neuron_dataset_shape(shape, &rank, dataset));
    for (int32_t i = 0; i < rank; i++)
        size *= shape[i];
    int64_t count = neuron_dataset_count(dataset);
    float *values = malloc((size_t)(count * size) * sizeof *values);
    assert_ok(neuron_dataset_read(values, labels, dataset, 0, count));
    return values;
}

/* Adds to `seen` how often each example of numbered() is there. */
static void mark(const neuron_dataset_t *part, int *seen)
{
    float *values = read_all(part, NULL);
    for (int64_t i = 0; i < neuron_dataset_count(part); i++)
        seen[(int)values[i]]++;
    free(values);
}

/* ---- Filters ---- */

START_TEST(filters_by_class)
{
    neuron_dataset_t *dataset = numbered(10, 4), *filtered;
    const int32_t classes[] = {3, 1, 3};
    assert_ok(neuron_dataset_filter(&filtered, dataset, classes, 3));
    ck_assert_int_eq(neuron_dataset_count(filtered), 5);
    ck_assert_int_eq(neuron_dataset_class_count(filtered), 4);
    int32_t labels[5];
    const float kept[] = {1, 3, 5, 7, 9};
    float *values = read_all(filtered, labels);
    ck_assert_mem_eq(values, kept, sizeof kept);
    for (int i = 0; i < 5; i++)
        ck_assert_int_eq(labels[i], i % 2 ? 3 : 1);
    free(values);
    neuron_dataset_unref(filtered);
    neuron_dataset_unref(dataset);
}
END_TEST

static int keep_even_of_class(int32_t *keep, int64_t position, int32_t label, void *user_data)
{
    ck_assert_int_eq(*keep, 0);
    *keep = position % 2 == 0 && label == *(const int32_t *)user_data ? -7 : 0; /* not only 1 */
    return 0;
}

START_TEST(filters_by_a_function)
{
    neuron_dataset_t *dataset = numbered(20, 3), *part, *filtered;
    assert_ok(neuron_dataset_subset(&part, dataset, 1, 19));
    int32_t label = 2;
    assert_ok(neuron_dataset_filter_by(&filtered, part, keep_even_of_class, &label));
    const float kept[] = {5, 11, 17}; /* places 4, 10, 16 of the part */
    float *values = read_all(filtered, NULL);
    ck_assert_int_eq(neuron_dataset_count(filtered), 3);
    ck_assert_mem_eq(values, kept, sizeof kept);
    free(values);
    neuron_dataset_unref(filtered);
    neuron_dataset_unref(part);
    neuron_dataset_unref(dataset);
}
END_TEST

/* Fails at example 4 of those that it keeps. */
static int fail_late(int32_t *keep, int64_t position, int32_t label, void *user_data)
{
    const int *answer = user_data;
    (void)label;
    *keep = 1;
    if (position < 4)
        return 0;
    if (*answer == NEURON_E_SHAPE)
        neuron_dataset_shuffle(NULL, NULL, 1);
    return *answer;
}

START_TEST(a_function_may_fail)
{
    const struct {
        int answer, status;
        const char *message;
    } cases[] = {
        {-4711, -4711, "neuron_dataset_filter_by: the function returned -4711 for example 4"},
        {NEURON_E_SHAPE, NEURON_E_SHAPE, "for example 4: neuron_dataset_shuffle: "},
        {NEURON_STOP, NEURON_E_CALLBACK, "the function returned 1 for example 4"},
        {250, NEURON_E_CALLBACK, "the function returned 250 for example 4"},
    };
    neuron_dataset_t *dataset = numbered(9, 3);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int answer = cases[i].answer;
        neuron_dataset_t *made = dataset;
        assert_status(neuron_dataset_filter_by(&made, dataset, fail_late, &answer),
                      cases[i].status);
        assert_message(cases[i].message);
        ck_assert_ptr_null(made);
        answer = 0;
        assert_ok(neuron_dataset_filter_by(&made, dataset, fail_late, &answer));
        ck_assert_int_eq(neuron_dataset_count(made), 9);
        neuron_dataset_unref(made);
    }
    neuron_dataset_unref(dataset);
}
END_TEST

static int keep_nothing(int32_t *keep, int64_t position, int32_t label, void *user_data)
{
    (void)keep;
    (void)position;
    (void)label;
    (void)user_data;
    return 0;
}

START_TEST(filters_refuse)
{
    neuron_dataset_t *dataset = numbered(2, 5), *made = dataset;
    int32_t one = 1, three = 3, five = 5, negative = -1;
    assert_status(neuron_dataset_filter(&made, dataset, &five, 1), NEURON_E_ARGUMENT);
    ck_assert_ptr_null(made);
    assert_message("a class is 5; it must be 0 to 4");
    assert_status(neuron_dataset_filter(&made, dataset, &negative, 1), NEURON_E_ARGUMENT);
    assert_message("a class is -1");
    assert_status(neuron_dataset_filter(&made, dataset, &three, 1), NEURON_E_DATA);
    assert_message("none of the 2 examples is of these classes");
    assert_status(neuron_dataset_filter(&made, dataset, &one, 0), NEURON_E_ARGUMENT);
    assert_status(neuron_dataset_filter(&made, dataset, NULL, 1), NEURON_E_ARGUMENT);
    assert_status(neuron_dataset_filter(&made, NULL, &one, 1), NEURON_E_ARGUMENT);
    assert_status(neuron_dataset_filter(NULL, dataset, &one, 1), NEURON_E_ARGUMENT);
    assert_status(neuron_dataset_filter_by(&made, dataset, keep_nothing, NULL), NEURON_E_DATA);
    assert_message("none of the 2 examples is kept");
    assert_status(neuron_dataset_filter_by(&made, dataset, NULL, NULL), NEURON_E_ARGUMENT);
    neuron_dataset_unref(dataset);
}
END_TEST

/* ---- Orders ---- */

START_TEST(shuffles)
{
    neuron_dataset_t *dataset = numbered(50, 5), *shuffled[3];
    const uint64_t seeds[] = {7, 7, 8};
    float *values[3];
    for (int k = 0; k < 3; k++) {
        int seen[50] = {0};
        assert_ok(neuron_dataset_shuffle(&shuffled[k], dataset, seeds[k]));
        values[k] = read_all(shuffled[k], NULL);
        mark(shuffled[k], seen);
        for (int i = 0; i < 50; i++)
            ck_assert_int_eq(seen[i], 1);
    }
    ck_assert_mem_eq(values[0], values[1], 50 * sizeof(float));
    ck_assert_mem_ne(values[0], values[2], 50 * sizeof(float));
    int32_t labels[50];
    assert_ok(neuron_dataset_read(NULL, labels, shuffled[0], 0, 50));
    for (int i = 0; i < 50; i++)
        ck_assert_int_eq(labels[i], (int)values[0][i] % 5);
    for (int k = 0; k < 3; k++) {
        free(values[k]);
        neuron_dataset_unref(shuffled[k]);
    }
    neuron_dataset_unref(dataset);
    assert_status(neuron_dataset_shuffle(&dataset, NULL, 1), NEURON_E_ARGUMENT);
    assert_status(neuron_dataset_shuffle(NULL, NULL, 1), NEURON_E_ARGUMENT);
}
END_TEST

/* ---- Folds ---- */

static void check_folds(int64_t count, int64_t classes, int64_t k)
{
    neuron_dataset_t *dataset = numbered(count, classes);
    int *validated = calloc((size_t)count, sizeof *validated);
    for (int64_t fold = 0; fold < k; fold++) {
        neuron_dataset_t *train, *validation;
        assert_ok(neuron_dataset_k_fold(&train, &validation, dataset, k, fold, 3));
        int64_t size = neuron_dataset_count(validation), of_class[16], of_fold[16];
        ck_assert_int_ge(size, count / k);
        ck_assert_int_le(size, (count + k - 1) / k);
        ck_assert_int_eq(neuron_dataset_count(train), count - size);
        assert_ok(neuron_dataset_class_counts(of_class, 16, dataset));
        assert_ok(neuron_dataset_class_counts(of_fold, 16, validation));
        for (int32_t c = 0; c < classes; c++)
            ck_assert_int_le(llabs(of_fold[c] * k - of_class[c]), k);
        int *seen = calloc((size_t)count, sizeof *seen), twice = 0;
        mark(validation, validated);
        mark(validation, seen);
        mark(train, seen);
        for (int64_t i = 0; i < count; i++)
            twice += seen[i] != 1;
        ck_assert_int_eq(twice, 0);
        free(seen);
        neuron_dataset_unref(validation);
        neuron_dataset_unref(train);
    }
    int missed = 0;
    for (int64_t i = 0; i < count; i++)
        missed += validated[i] != 1;
    ck_assert_int_eq(missed, 0);
    free(validated);
    neuron_dataset_unref(dataset);
}

START_TEST(folds)
{
    check_folds(1000, 10, 5);
    check_folds(103, 7, 4);
    check_folds(9, 3, 9);
    check_folds(2, 1, 2);
    check_folds(29, 16, 3);
}
END_TEST

START_TEST(folds_are_mixed_and_repeat_themselves)
{
    neuron_dataset_t *dataset = numbered(200, 4), *train[3], *validation[3];
    const uint64_t seeds[] = {7, 7, 8};
    float *values[3];
    int32_t labels[150];
    for (int i = 0; i < 3; i++) {
        assert_ok(neuron_dataset_k_fold(&train[i], &validation[i], dataset, 4, 1, seeds[i]));
        values[i] = read_all(train[i], labels);
    }
    ck_assert_mem_eq(values[0], values[1], 150 * sizeof(float));
    ck_assert_mem_ne(values[0], values[2], 150 * sizeof(float));
    int changes = 0;
    for (int i = 1; i < 150; i++)
        changes += labels[i] != labels[i - 1];
    ck_assert_int_gt(changes, 75);
    for (int i = 0; i < 3; i++) {
        free(values[i]);
        neuron_dataset_unref(train[i]);
        neuron_dataset_unref(validation[i]);
    }
    neuron_dataset_unref(dataset);
}
END_TEST

START_TEST(folds_refuse)
{
    neuron_dataset_t *dataset = numbered(4, 2), *train = dataset, *validation = dataset;
    assert_status(neuron_dataset_k_fold(&train, &validation, dataset, 5, 0, 1), NEURON_E_DATA);
    assert_message("5 folds of 4 examples");
    ck_assert_ptr_null(train);
    ck_assert_ptr_null(validation);
    assert_status(neuron_dataset_k_fold(&train, &validation, dataset, 1, 0, 1), NEURON_E_ARGUMENT);
    assert_message("neuron_dataset_k_fold: k is 1; it must be 2 or more");
    assert_status(neuron_dataset_k_fold(&train, &validation, dataset, 3, 3, 1), NEURON_E_ARGUMENT);
    assert_message("neuron_dataset_k_fold: fold is 3; it must be 0 to 2");
    assert_status(neuron_dataset_k_fold(&train, &validation, dataset, 3, -1, 1), NEURON_E_ARGUMENT);
    assert_status(neuron_dataset_k_fold(&train, &validation, NULL, 3, 1, 1), NEURON_E_ARGUMENT);
    assert_status(neuron_dataset_k_fold(NULL, &validation, dataset, 3, 1, 1), NEURON_E_ARGUMENT);
    assert_status(neuron_dataset_k_fold(&train, NULL, dataset, 3, 1, 1), NEURON_E_ARGUMENT);
    neuron_dataset_unref(dataset);
}
END_TEST

/* ---- Grey images ---- */

enum { COUNT = 5, PIXELS = 6 };

static void check_gray(neuron_dataset_t *dataset, int64_t first_stored, bool bytes)
{
    neuron_dataset_t *gray;
    assert_ok(neuron_dataset_grayscale(&gray, dataset));
    int64_t shape[NEURON_RANK_MAX], count = neuron_dataset_count(dataset);
    int32_t rank, labels[COUNT];
    assert_ok(neuron_dataset_shape(shape, &rank, gray));
    ck_assert_int_eq(rank, 3);
    ck_assert(shape[0] == 2 && shape[1] == 3 && shape[2] == 1);
    ck_assert_int_eq(neuron_dataset_count(gray), count);
    float *values = read_all(gray, labels);
    double largest = 0;
    for (int64_t i = 0; i < count * PIXELS; i++) {
        int64_t e = (first_stored * PIXELS + i) * 3;
        double luma = 0.299 * scattered(e) + 0.587 * scattered(e + 1) + 0.114 * scattered(e + 2);
        double expected = bytes ? floor(luma + 0.5 + 1e-9) / 255 : luma * 2 - 1;
        largest = fmax(largest, fabs((double)values[i] - expected));
    }
    ck_assert_double_lt(largest, bytes ? 1e-7 : 1e-4);
    for (int64_t i = 0; i < count; i++)
        ck_assert_int_eq(labels[i], (first_stored + i) % 3);
    free(values);
    neuron_dataset_unref(gray);
}

START_TEST(grays)
{
    const int64_t extents[] = {COUNT, 2, 3, 3};
    const int32_t types[] = {NEURON_TYPE_U8, NEURON_TYPE_F32};
    for (int t = 0; t < 2; t++) {
        neuron_dataset_t *dataset = make(types[t], extents, 4, 3, scattered), *part, *hot;
        if (t == 1)
            assert_ok(neuron_dataset_set_scale(dataset, 2, -1));
        check_gray(dataset, 0, t == 0);
        assert_ok(neuron_dataset_one_hot(&hot, dataset));
        check_gray(hot, 0, t == 0);
        assert_ok(neuron_dataset_subset(&part, hot, 2, 2));
        check_gray(part, 2, t == 0);
        neuron_dataset_unref(part);
        neuron_dataset_unref(hot);
        neuron_dataset_unref(dataset);
    }
}
END_TEST

START_TEST(gray_needs_colours)
{
    neuron_dataset_t *dataset = make(NEURON_TYPE_U8, (int64_t[]){2, 4, 3, 1}, 4, 2, scattered),
                     *made;
    assert_status(neuron_dataset_grayscale(&made, dataset), NEURON_E_SHAPE);
    assert_message("examples are 4x3x1, not height x width x 3");
    ck_assert_ptr_null(made);
    assert_ok(neuron_dataset_reshape(dataset, (int64_t[]){4, 3}, 2));
    assert_status(neuron_dataset_grayscale(&made, dataset), NEURON_E_SHAPE);
    assert_status(neuron_dataset_grayscale(&made, NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_dataset_grayscale(NULL, dataset), NEURON_E_ARGUMENT);
    neuron_dataset_unref(dataset);
}
END_TEST

/* ---- Scales that follow from the data ---- */

static double spread(int64_t element)
{
    return (double)((element * 37 + element / 3) % 200) + 20 * (double)(element % 3);
}

static double large(int64_t element)
{
    return 1e6 + scattered(element);
}

/* Mean and deviation of every `step`-th value from `first` on. */
static void check_balanced(const float *values, int64_t count, int64_t first, int64_t step)
{
    double sum = 0, squares = 0;
    int64_t seen = 0;
    for (int64_t i = first; i < count; i += step, seen++)
        sum += (double)values[i];
    double mean = sum / (double)seen;
    for (int64_t i = first; i < count; i += step)
        squares += ((double)values[i] - mean) * ((double)values[i] - mean);
    ck_assert_double_eq_tol(mean, 0, 2e-4);
    ck_assert_double_eq_tol(sqrt(squares / (double)seen), 1, 2e-4);
}

START_TEST(standardizes)
{
    const int64_t extents[] = {20, 2, 3, 3};
    int64_t all = 20 * 18;
    const int32_t types[] = {NEURON_TYPE_U8, NEURON_TYPE_F32};
    for (int t = 0; t < 2; t++)
        for (int by_channel = 0; by_channel < 2; by_channel++) {
            neuron_dataset_t *train = make(types[t], extents, 4, 3, spread), *part, *joined, *split;
            if (by_channel)
                assert_ok(neuron_dataset_standardize_channels(train, train));
            else
                assert_ok(neuron_dataset_standardize(train, train));
            float *values = read_all(train, NULL);
            for (int64_t k = 0; k < (by_channel ? 3 : 1); k++)
                check_balanced(values, all, k, by_channel ? 3 : 1);
            /* what is made of it takes the scale along */
            assert_ok(neuron_dataset_subset(&part, train, 3, 9));
            assert_ok(neuron_dataset_one_hot(&split, part));
            assert_ok(neuron_dataset_join(&joined, (neuron_dataset_t *[]){split, split}, 2));
            float *again = read_all(joined, NULL);
            ck_assert_mem_eq(again, values + 3 * 18, 9 * 18 * sizeof(float));
            ck_assert_mem_eq(again + 9 * 18, values + 3 * 18, 9 * 18 * sizeof(float));
            free(again);
            free(values);
            /* one of another scale does not join */
            neuron_dataset_unref(joined);
            assert_ok(neuron_dataset_set_scale(split, 1, 0));
            assert_status(neuron_dataset_join(&joined, (neuron_dataset_t *[]){split, train}, 2),
                          NEURON_E_TYPE);
            neuron_dataset_unref(split);
            assert_ok(neuron_dataset_set_scale(part, 1, 0));
            assert_status(neuron_dataset_join(&joined, (neuron_dataset_t *[]){part, train}, 2),
                          NEURON_E_DATA);
            assert_message("another scale or offset");
            neuron_dataset_unref(part);
            neuron_dataset_unref(train);
        }
}
END_TEST

START_TEST(standardizes_by_another)
{
    const int64_t extents[] = {30, 4};
    neuron_dataset_t *train = make(NEURON_TYPE_F32, extents, 2, 3, large), *test, *same;
    assert_ok(neuron_dataset_subset(&test, train, 0, 10));
    assert_ok(neuron_dataset_subset(&same, train, 10, 20));
    float *plain = read_all(same, NULL);
    double sum = 0, squares = 0;
    for (int i = 0; i < 80; i++)
        sum += (double)plain[i];
    for (int i = 0; i < 80; i++)
        squares += pow((double)plain[i] - sum / 80, 2);
    assert_ok(neuron_dataset_standardize(test, same));
    float *values = read_all(test, NULL), *before = read_all(train, NULL);
    for (int i = 0; i < 40; i++) /* offsets this large leave few digits */
        ck_assert_double_eq_tol((double)values[i],
                                ((double)before[i] - sum / 80) / sqrt(squares / 80), 2e-3);
    free(before);
    free(values);
    free(plain);
    neuron_dataset_unref(same);
    neuron_dataset_unref(test);
    neuron_dataset_unref(train);
}
END_TEST

static double constant(int64_t element)
{
    return element % 2 ? 7 : (double)element;
}

START_TEST(a_constant_is_only_centred)
{
    const int64_t extents[] = {8, 2};
    neuron_dataset_t *dataset = make(NEURON_TYPE_F32, extents, 2, 2, constant);
    assert_ok(neuron_dataset_standardize_channels(dataset, dataset));
    float *values = read_all(dataset, NULL);
    check_balanced(values, 16, 0, 2);
    for (int i = 1; i < 16; i += 2)
        ck_assert_float_eq(values[i], 0);
    free(values);
    neuron_dataset_unref(dataset);
}
END_TEST

START_TEST(normalizes)
{
    const int64_t extents[] = {16, 16};
    const int32_t types[] = {NEURON_TYPE_U8, NEURON_TYPE_F32};
    for (int t = 0; t < 2; t++) {
        neuron_dataset_t *dataset = make(types[t], extents, 2, 2, scattered);
        assert_ok(neuron_dataset_standardize_channels(dataset, dataset)); /* replaced */
        assert_ok(neuron_dataset_normalize(dataset, -1, 3));
        float *values = read_all(dataset, NULL);
        for (int i = 0; i < 256; i++)
            ck_assert_double_eq_tol((double)values[i], scattered(i) / 255 * 4 - 1, 1e-5);
        free(values);
        neuron_dataset_unref(dataset);
    }
}
END_TEST

static double infinite(int64_t element)
{
    return element == 5 ? INFINITY : 1;
}

START_TEST(scales_refuse)
{
    neuron_dataset_t *bytes = make(NEURON_TYPE_U8, (int64_t[]){4, 2, 2, 3}, 4, 2, scattered), *none;
    neuron_dataset_t *floats = make(NEURON_TYPE_F32, (int64_t[]){4, 6}, 2, 2, infinite), *made;
    assert_status(neuron_dataset_standardize(bytes, floats), NEURON_E_TYPE);
    assert_message("examples are u8, those of the reference are f32");
    assert_status(neuron_dataset_standardize(floats, floats), NEURON_E_DATA);
    assert_message("not finite");
    assert_status(neuron_dataset_standardize_channels(floats, floats), NEURON_E_DATA);
    assert_status(neuron_dataset_normalize(floats, 0, 1), NEURON_E_DATA);
    assert_ok(neuron_dataset_subset(&none, bytes, 0, 0));
    assert_status(neuron_dataset_standardize(bytes, none), NEURON_E_DATA);
    assert_message("no examples");
    assert_ok(neuron_dataset_reshape(none, (int64_t[]){12}, 1));
    assert_status(neuron_dataset_standardize_channels(bytes, none), NEURON_E_SHAPE);
    assert_message("the last axis has extent 3, that of the reference 12");
    assert_status(neuron_dataset_normalize(bytes, 1, 1), NEURON_E_ARGUMENT);
    assert_message("minimum is 1 as float32; it must be below maximum, which is 1");
    assert_status(neuron_dataset_normalize(bytes, 0, INFINITY), NEURON_E_ARGUMENT);
    assert_message("neuron_dataset_normalize: maximum is inf; it must be finite as float32");
    assert_status(neuron_dataset_normalize(bytes, NAN, 1), NEURON_E_ARGUMENT);
    assert_message("neuron_dataset_normalize: minimum is nan; it must be finite as float32");
    assert_status(neuron_dataset_normalize(NULL, 0, 1), NEURON_E_ARGUMENT);
    assert_status(neuron_dataset_standardize(NULL, bytes), NEURON_E_ARGUMENT);
    assert_status(neuron_dataset_standardize(bytes, NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_dataset_standardize_channels(NULL, bytes), NEURON_E_ARGUMENT);
    assert_status(neuron_dataset_standardize_channels(bytes, NULL), NEURON_E_ARGUMENT);
    assert_ok(neuron_dataset_standardize_channels(bytes, bytes));
    assert_status(neuron_dataset_grayscale(&made, bytes), NEURON_E_UNSUPPORTED);
    assert_message("before it is standardised");
    neuron_dataset_unref(none);
    neuron_dataset_unref(floats);
    neuron_dataset_unref(bytes);
}
END_TEST

START_TEST(weights_go_along)
{
    neuron_dataset_t *dataset = numbered(30, 3), *made[4];
    float weights[30];
    for (int i = 0; i < 30; i++)
        weights[i] = (float)i / 2;
    assert_ok(neuron_dataset_set_weights(dataset, weights, 30));
    assert_ok(neuron_dataset_shuffle(&made[0], dataset, 1));
    assert_ok(neuron_dataset_filter(&made[1], dataset, (int32_t[]){2}, 1));
    assert_ok(neuron_dataset_k_fold(&made[2], &made[3], dataset, 3, 0, 1));
    for (int k = 0; k < 4; k++) {
        float *values = read_all(made[k], NULL);
        for (int64_t i = 0; i < neuron_dataset_count(made[k]); i++)
            ck_assert_double_eq(neuron_dataset_weight(made[k], i), (double)values[i] / 2);
        free(values);
        neuron_dataset_unref(made[k]);
    }
    neuron_dataset_unref(dataset);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("operations");
    TCase *tests = tcase_create("operations");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, filters_by_class);
    tcase_add_test(tests, filters_by_a_function);
    tcase_add_test(tests, a_function_may_fail);
    tcase_add_test(tests, filters_refuse);
    tcase_add_test(tests, shuffles);
    tcase_add_test(tests, folds);
    tcase_add_test(tests, folds_are_mixed_and_repeat_themselves);
    tcase_add_test(tests, folds_refuse);
    tcase_add_test(tests, grays);
    tcase_add_test(tests, gray_needs_colours);
    tcase_add_test(tests, standardizes);
    tcase_add_test(tests, standardizes_by_another);
    tcase_add_test(tests, a_constant_is_only_centred);
    tcase_add_test(tests, normalizes);
    tcase_add_test(tests, scales_refuse);
    tcase_add_test(tests, weights_go_along);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
