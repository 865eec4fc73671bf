/* Choosing examples by position, at random by weights, and with classes numbered anew; and bytes in
 * memory in place of files. */
#include "test-common.h"

#include "data/dataset.h"

#include <math.h>
#include <stdio.h>

static neuron_context_t *context;

static void setup(void)
{
    context = test_context();
}

static void teardown(void)
{
    neuron_context_unref(context);
}

enum { COUNT = 12, CLASSES = 4 };

/* Example i has the value i and the class i % 4. */
static neuron_dataset_t *numbered(void)
{
    neuron_tensor_t *examples, *labels;
    neuron_dataset_t *dataset;
    assert_ok(neuron_tensor_create(&examples, context, NEURON_TYPE_F32, (int64_t[]){COUNT, 1}, 2));
    assert_ok(neuron_tensor_create(&labels, context, NEURON_TYPE_U8, (int64_t[]){COUNT}, 1));
    for (int i = 0; i < COUNT; i++) {
        ((float *)neuron_tensor_data(examples))[i] = (float)i;
        ((uint8_t *)neuron_tensor_data(labels))[i] = (uint8_t)(i % CLASSES);
    }
    assert_ok(neuron_dataset_create(&dataset, context, examples, labels, CLASSES));
    neuron_tensor_unref(examples);
    neuron_tensor_unref(labels);
    return dataset;
}

static void assert_examples(const neuron_dataset_t *dataset, int64_t count, const int *values,
                            const int32_t *classes)
{
    float met[64];
    int32_t labels[64];
    ck_assert_int_eq(neuron_dataset_count(dataset), count);
    assert_ok(neuron_dataset_read(met, labels, dataset, 0, count));
    for (int64_t i = 0; i < count; i++) {
        ck_assert_float_eq(met[i], (float)values[i]);
        ck_assert_int_eq(labels[i], classes ? classes[i] : values[i] % CLASSES);
    }
}

START_TEST(positions_may_come_again)
{
    neuron_dataset_t *all = numbered(), *odd, *selected;
    assert_ok(neuron_dataset_select(&odd, all, (const int64_t[]){11, 9, 7, 5, 3, 1}, 6));
    assert_ok(neuron_dataset_select(&selected, odd, (const int64_t[]){0, 5, 0, 0, 2}, 5));
    neuron_dataset_unref(all);
    neuron_dataset_unref(odd);
    assert_examples(selected, 5, (const int[]){11, 1, 11, 11, 7}, NULL);
    int64_t counts[CLASSES];
    assert_ok(neuron_dataset_class_counts(counts, CLASSES, selected));
    ck_assert(counts[3] == 4 && counts[1] == 1);
    float weights[5] = {2, 1, 2, 2, 0.5f}, met[5];
    assert_ok(neuron_dataset_set_weights(selected, weights, 5));
    weights[3] = 3;
    assert_status(neuron_dataset_set_weights(selected, weights, 5), NEURON_E_DATA);
    assert_message("weight 0 is 2, but 3 is given to the same example elsewhere");
    assert_ok(neuron_dataset_read_weights(met, selected, 0, 5));
    ck_assert(met[0] == 2 && met[3] == 2 && met[4] == 0.5f);
    neuron_dataset_t *joined;
    assert_ok(neuron_dataset_join(&joined, &selected, 1));
    assert_examples(joined, 5, (const int[]){11, 1, 11, 11, 7}, NULL);
    neuron_dataset_unref(joined);
    neuron_dataset_unref(selected);
}
END_TEST

START_TEST(positions_are_checked)
{
    neuron_dataset_t *all = numbered(), *selected;
    const int64_t positions[] = {0, 12, -1};
    assert_status(neuron_dataset_select(&selected, all, positions, 2), NEURON_E_ARGUMENT);
    assert_message("neuron_dataset_select: positions[1] is 12; it must be 0 to 11");
    ck_assert_ptr_null(selected);
    assert_status(neuron_dataset_select(&selected, all, positions + 2, 1), NEURON_E_ARGUMENT);
    assert_message("positions[0] is -1");
    assert_status(neuron_dataset_select(&selected, all, positions, 0), NEURON_E_ARGUMENT);
    assert_status(neuron_dataset_select(&selected, all, NULL, 1), NEURON_E_ARGUMENT);
    assert_status(neuron_dataset_select(&selected, NULL, positions, 1), NEURON_E_ARGUMENT);
    assert_status(neuron_dataset_select(NULL, all, positions, 1), NEURON_E_ARGUMENT);
    neuron_dataset_unref(all);
}
END_TEST

START_TEST(samples_go_by_weights)
{
    enum { DRAWS = 60000 };
    static float met[DRAWS];
    const double weights[COUNT] = {0, 0, 1, 0, 3, 0, 0, 0, 0, 0, 2, 0};
    neuron_dataset_t *all = numbered(), *sample, *again;
    int counts[COUNT] = {0};
    assert_ok(neuron_dataset_sample(&sample, all, weights, COUNT, DRAWS, 5));
    assert_ok(neuron_dataset_read(met, NULL, sample, 0, DRAWS));
    for (int i = 0; i < DRAWS; i++)
        counts[(int)met[i]]++;
    for (int i = 0; i < COUNT; i++) {
        double expected = DRAWS * weights[i] / 6;
        ck_assert_double_le(fabs(counts[i] - expected), 5 * sqrt(expected));
    }
    assert_ok(
        neuron_dataset_sample(&again, all, weights, COUNT, 3, 5)); /* the same seed begins alike */
    assert_examples(again, 3, (const int[]){(int)met[0], (int)met[1], (int)met[2]}, NULL);
    neuron_dataset_unref(again);
    neuron_dataset_unref(sample);
    assert_ok(neuron_dataset_sample(&sample, all, NULL, 0, DRAWS, 1)); /* all are as likely */
    memset(counts, 0, sizeof counts);
    assert_ok(neuron_dataset_read(met, NULL, sample, 0, DRAWS));
    for (int i = 0; i < DRAWS; i++)
        counts[(int)met[i]]++;
    for (int i = 0; i < COUNT; i++)
        ck_assert_double_le(fabs(counts[i] - DRAWS / 12.0), 5 * sqrt(DRAWS / 12.0));
    neuron_dataset_unref(sample);
    neuron_dataset_unref(all);
}
END_TEST

START_TEST(weights_of_samples_are_checked)
{
    double weights[COUNT] = {0};
    neuron_dataset_t *all = numbered(), *sample;
    assert_status(neuron_dataset_sample(&sample, all, weights, COUNT, 5, 1), NEURON_E_DATA);
    assert_message("the sum of weights is 0");
    weights[3] = -1;
    assert_status(neuron_dataset_sample(&sample, all, weights, COUNT, 5, 1), NEURON_E_DATA);
    assert_message("weight 3 is negative");
    weights[2] = NAN;
    assert_status(neuron_dataset_sample(&sample, all, weights, COUNT, 5, 1), NEURON_E_DATA);
    assert_message("weight 2 is not finite");
    weights[2] = weights[3] = 1e308;
    assert_status(neuron_dataset_sample(&sample, all, weights, COUNT, 5, 1), NEURON_E_DATA);
    assert_status(neuron_dataset_sample(&sample, all, NULL, 0, 0, 1), NEURON_E_ARGUMENT);
    assert_status(neuron_dataset_sample(&sample, NULL, NULL, 0, 1, 1), NEURON_E_ARGUMENT);
    assert_status(neuron_dataset_sample(&sample, all, weights, COUNT - 1, 5, 1), NEURON_E_ARGUMENT);
    assert_message("weight_count is 11; there are 12 examples");
    assert_status(neuron_dataset_sample(&sample, all, NULL, COUNT, 5, 1), NEURON_E_ARGUMENT);
    assert_message("weight_count is 12; there are 0 weights (NULL)");
    assert_status(neuron_dataset_sample(NULL, all, NULL, 0, 1, 1), NEURON_E_ARGUMENT);
    ck_assert_ptr_null(sample);
    neuron_dataset_unref(all);
}
END_TEST

START_TEST(classes_are_numbered_anew)
{
    static const char text[] = "label,a\nfox,0\nhen,1\ncat,2\nhen,3\ncat,4\nowl,5\n";
    neuron_dataset_t *all, *some;
    float values[3];
    int32_t classes[3];
    assert_ok(neuron_dataset_load_csv_memory(&all, context, text, sizeof text - 1, "type=f32"));
    ck_assert_str_eq(neuron_dataset_class_name(all, 3), "owl");
    assert_ok(neuron_dataset_filter_renumbered(&some, all, (const int32_t[]){3, 0}, 2));
    ck_assert_int_eq(neuron_dataset_class_count(some), 2);
    ck_assert_str_eq(neuron_dataset_class_name(some, 0), "owl");
    ck_assert_str_eq(neuron_dataset_class_name(some, 1), "cat");
    ck_assert_ptr_null(neuron_dataset_class_name(some, 2));
    ck_assert_ptr_null(neuron_dataset_preparation(some));
    ck_assert_int_eq(neuron_dataset_count(some), 3);
    assert_ok(neuron_dataset_read(values, classes, some, 0, 3));
    ck_assert(values[0] == 2 && values[1] == 4 && values[2] == 5);
    ck_assert(classes[0] == 1 && classes[1] == 1 && classes[2] == 0);
    neuron_dataset_unref(some);
    neuron_dataset_unref(all);
    all = numbered();
    neuron_dataset_t *one_hot;
    float targets[6];
    assert_ok(neuron_dataset_one_hot(&one_hot, all));
    assert_ok(neuron_dataset_filter_renumbered(&some, one_hot, (const int32_t[]){2, 1}, 2));
    assert_ok(neuron_dataset_read_targets(targets, 6, NULL, some, 0, 3));
    ck_assert(targets[0] == 0 && targets[1] == 1 && targets[2] == 1 && targets[3] == 0);
    neuron_dataset_unref(some);
    neuron_dataset_unref(one_hot);
    neuron_dataset_unref(all);
}
END_TEST

/* The last name is found as fast as the first: walking to each of these takes many seconds. */
START_TEST(many_names_are_found_fast)
{
    enum { MANY = 65536 };
    neuron_dataset_t *dataset;
    neuron_tensor_t *examples, *labels;
    static char texts[MANY][8];
    static const char *names[MANY];
    for (int k = 0; k < MANY; k++) {
        snprintf(texts[k], sizeof texts[k], "c%d", k);
        names[k] = texts[k];
    }
    assert_ok(neuron_tensor_copy(&examples, context, NEURON_TYPE_F32, (const int64_t[]){1, 1}, 2,
                                 (const float[]){1}));
    assert_ok(neuron_tensor_copy(&labels, context, NEURON_TYPE_I32, (const int64_t[]){1}, 1,
                                 (const int32_t[]){7}));
    assert_ok(neuron_dataset_create(&dataset, context, examples, labels, MANY));
    assert_ok(neuron_dataset_set_class_names(dataset, names, MANY));
    for (int k = 0; k < MANY; k++)
        ck_assert_str_eq(neuron_dataset_class_name(dataset, k), texts[k]);
    ck_assert_ptr_null(neuron_dataset_class_name(dataset, MANY));
    ck_assert_ptr_null(neuron_dataset_class_name(dataset, -1));
    neuron_dataset_unref(dataset);
    neuron_tensor_unref(examples);
    neuron_tensor_unref(labels);
}
END_TEST

START_TEST(new_numbers_are_checked)
{
    neuron_dataset_t *all = numbered(), *some;
    const int32_t twice[] = {1, 2, 1};
#define REFUSED(status, dataset, classes, count, message)                                          \
    assert_status(neuron_dataset_filter_renumbered(&some, dataset, classes, count), status);       \
    assert_message(message);                                                                       \
    ck_assert_ptr_null(some)
    REFUSED(NEURON_E_ARGUMENT, all, twice, 3,
            "classes[0] and classes[2] are both 1; each must be there once");
    REFUSED(NEURON_E_ARGUMENT, all, ((const int32_t[]){4}), 1, "a class is 4; it must be 0 to 3");
    REFUSED(NEURON_E_ARGUMENT, all, twice, 0, "count is 0");
    REFUSED(NEURON_E_ARGUMENT, all, NULL, 1, "classes");
    REFUSED(NEURON_E_ARGUMENT, NULL, twice, 1, "dataset");
    neuron_dataset_t *none;
    assert_ok(neuron_dataset_select(&none, all, (const int64_t[]){0}, 1));
    REFUSED(NEURON_E_DATA, none, twice, 2, "none of the 1 examples is of these classes");
#undef REFUSED
    assert_status(neuron_dataset_filter_renumbered(NULL, all, twice, 1), NEURON_E_ARGUMENT);
    neuron_dataset_unref(none);
    neuron_dataset_unref(all);
}
END_TEST

START_TEST(memory_may_be_refused)
{
    test_memory memory;
    static const char text[] = "label,a\nfox,0\nhen,1\ncat,2\n";
    neuron_context_t *limited = test_limited_context(&memory);
    long before = memory.live;
    int failures = 0;
    for (int status = NEURON_E_MEMORY; status != NEURON_OK; failures++) {
        neuron_dataset_t *all = NULL, *made[3] = {NULL};
        memory.left = failures;
        status = neuron_dataset_load_csv_memory(&all, limited, text, sizeof text - 1, NULL);
        if (status == NEURON_OK)
            status = neuron_dataset_select(&made[0], all, (const int64_t[]){2, 2}, 2);
        if (status == NEURON_OK)
            status = neuron_dataset_sample(&made[1], all, NULL, 0, 3, 1);
        if (status == NEURON_OK)
            status = neuron_dataset_filter_renumbered(&made[2], all, (const int32_t[]){2, 0}, 2);
        for (int i = 0; i < 3; i++)
            neuron_dataset_unref(made[i]);
        neuron_dataset_unref(all);
        ck_assert_int_eq(memory.live, before);
        ck_assert(status == NEURON_OK || status == NEURON_E_MEMORY);
    }
    ck_assert_int_gt(failures, 12);
    test_refill(&memory);
    neuron_context_unref(limited);
}
END_TEST

/* ---- Bytes in memory ---- */

#define CORPUS(path) CORPORA "/corpus-" path

static void assert_same(neuron_dataset_t *file, neuron_dataset_t *memory)
{
    int64_t shape[NEURON_RANK_MAX], size = 1, count = neuron_dataset_count(file);
    int32_t rank;
    assert_ok(neuron_dataset_shape(shape, &rank, file));
    for (int32_t i = 0; i < rank; i++)
        size *= shape[i];
    ck_assert_int_eq(neuron_dataset_count(memory), count);
    float *values = malloc((size_t)(2 * size * count) * sizeof *values);
    assert_ok(neuron_dataset_read(values, NULL, file, 0, count));
    assert_ok(neuron_dataset_read(values + size * count, NULL, memory, 0, count));
    ck_assert_mem_eq(values, values + size * count, (size_t)(size * count) * sizeof *values);
    free(values);
    neuron_dataset_unref(file);
    neuron_dataset_unref(memory);
}

START_TEST(bytes_in_memory_are_read_as_files)
{
    static const char *const paths[] = {CORPUS("idx/images.idx"),   CORPUS("idx/two-labels.idx"),
                                        CORPUS("cifar/records.gz"), CORPUS("pickle/python2.gz"),
                                        CORPUS("npy/f4-big.npy"),   CORPUS("npy/labels-i4.npy"),
                                        CORPUS("npz/deflated.npz")};
    neuron_dataset_t *file, *memory;
    test_bytes b[7];
    for (int i = 0; i < 7; i++)
        b[i] = test_read_file(paths[i]);
    assert_ok(neuron_dataset_load_idx(&file, context, paths[0], paths[1], 256));
    assert_ok(neuron_dataset_load_idx_memory(&memory, context, b[0].data, b[0].size, b[1].data,
                                             b[1].size, 256));
    assert_same(file, memory);
    const void *two[] = {b[2].data, b[2].data};
    const size_t sizes[] = {b[2].size, b[2].size};
    assert_ok(
        neuron_dataset_load_cifar10(&file, context, (const char *const[]){paths[2], paths[2]}, 2));
    assert_ok(neuron_dataset_load_cifar10_memory(&memory, context, two, sizes, 2));
    assert_same(file, memory);
    const void *pickle[] = {b[3].data};
    assert_ok(neuron_dataset_load_cifar10_pickle(&file, context, &paths[3], 1));
    assert_ok(neuron_dataset_load_cifar10_pickle_memory(&memory, context, pickle, &b[3].size, 1));
    assert_same(file, memory);
    assert_ok(neuron_dataset_load_npy(&file, context, paths[4], paths[5], 10));
    assert_ok(neuron_dataset_load_npy_memory(&memory, context, b[4].data, b[4].size, b[5].data,
                                             b[5].size, 10));
    assert_same(file, memory);
    assert_ok(neuron_dataset_load_npz(&file, context, paths[6], "x_train", "y_train", 3));
    assert_ok(neuron_dataset_load_npz_memory(&memory, context, b[6].data, b[6].size, "x_train",
                                             "y_train", 3));
    assert_same(file, memory);
    for (int i = 0; i < 7; i++)
        free(b[i].data);
}
END_TEST

/* Labels of a file are targets of any kind where there are no classes. */
START_TEST(arrays_may_be_targets)
{
    neuron_dataset_t *dataset;
    float targets[64];
    size_t outputs;
    assert_ok(neuron_dataset_load_npy(&dataset, context, CORPUS("npy/f4-big.npy"),
                                      CORPUS("npy/labels-i4.npy"), 0));
    assert_ok(neuron_dataset_read_targets(NULL, 0, &outputs, dataset, 0, 1));
    ck_assert_uint_eq(outputs, 1);
    int64_t count = neuron_dataset_count(dataset);
    neuron_dataset_t *classes;
    int32_t labels[64];
    assert_ok(neuron_dataset_load_npy(&classes, context, CORPUS("npy/f4-big.npy"),
                                      CORPUS("npy/labels-i4.npy"), 10));
    assert_ok(neuron_dataset_read(NULL, labels, classes, 0, count));
    assert_ok(neuron_dataset_read_targets(targets, 64, NULL, dataset, 0, count));
    for (int64_t i = 0; i < count; i++)
        ck_assert_float_eq(targets[i], (float)labels[i]);
    neuron_dataset_unref(classes);
    neuron_dataset_unref(dataset);
}
END_TEST

START_TEST(memory_that_is_none_is_refused)
{
    neuron_dataset_t *d;
    const void *bytes[] = {"x", NULL};
    const size_t sizes[] = {1, 0};
#define REFUSED(call) assert_status((call), NEURON_E_ARGUMENT)
    REFUSED(neuron_dataset_load_idx_memory(NULL, context, "x", 1, "x", 1, 10));
    REFUSED(neuron_dataset_load_idx_memory(&d, NULL, "x", 1, "x", 1, 10));
    REFUSED(neuron_dataset_load_idx_memory(&d, context, "x", 1, "x", 1, 0));
    REFUSED(neuron_dataset_load_cifar10_memory(NULL, context, bytes, sizes, 1));
    REFUSED(neuron_dataset_load_cifar10_memory(&d, NULL, bytes, sizes, 1));
    REFUSED(neuron_dataset_load_cifar10_memory(&d, context, NULL, sizes, 1));
    REFUSED(neuron_dataset_load_cifar10_memory(&d, context, bytes, NULL, 1));
    REFUSED(neuron_dataset_load_cifar10_memory(&d, context, bytes, sizes, 2));
    assert_message("neuron_dataset_load_cifar10_memory: bytes[1] is NULL; it must not be");
    REFUSED(neuron_dataset_load_cifar10_pickle_memory(&d, context, bytes, sizes, 0));
    REFUSED(neuron_dataset_load_npy_memory(NULL, context, "x", 1, "x", 1, 10));
    REFUSED(neuron_dataset_load_npy_memory(&d, NULL, "x", 1, "x", 1, 10));
    REFUSED(neuron_dataset_load_npy_memory(&d, context, "x", 1, "x", 1, -1));
    REFUSED(neuron_dataset_load_npz_memory(NULL, context, "x", 1, "a", "b", 10));
    REFUSED(neuron_dataset_load_npz_memory(&d, NULL, "x", 1, "a", "b", 10));
    REFUSED(neuron_dataset_load_npz_memory(&d, context, "x", 1, NULL, "b", 10));
    REFUSED(neuron_dataset_load_npz_memory(&d, context, "x", 1, "a", NULL, 10));
#undef REFUSED
    assert_status(neuron_dataset_load_idx_memory(&d, context, NULL, 9, "x", 1, 10),
                  NEURON_E_FORMAT);
    assert_message("images in memory: not an IDX file");
    assert_status(neuron_dataset_load_npz_memory(&d, context, "x", 1, "a", "b", 10),
                  NEURON_E_FORMAT);
    ck_assert_ptr_null(d);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("select");
    TCase *tests = tcase_create("select");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, positions_may_come_again);
    tcase_add_test(tests, positions_are_checked);
    tcase_add_test(tests, samples_go_by_weights);
    tcase_add_test(tests, weights_of_samples_are_checked);
    tcase_add_test(tests, classes_are_numbered_anew);
    tcase_add_test(tests, many_names_are_found_fast);
    tcase_add_test(tests, new_numbers_are_checked);
    tcase_add_test(tests, memory_may_be_refused);
    tcase_add_test(tests, bytes_in_memory_are_read_as_files);
    tcase_add_test(tests, arrays_may_be_targets);
    tcase_add_test(tests, memory_that_is_none_is_refused);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
