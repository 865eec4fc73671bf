/* Reading CIFAR-10's binary files, good and damaged, and the real ones if they are there. */
#include "test-common.h"

#include "data/formats/cifar10.h"

#include <stdio.h>
#include <zlib.h>

enum { RECORD = 3073, RECORDS = 3 };

static neuron_context_t *context;
static uint8_t file[RECORDS * RECORD];

static uint8_t stored_pixel(int record, int channel, int y, int x)
{
    return (uint8_t)(record * 50 + channel * 85 + y * 7 + x);
}

static void setup(void)
{
    context = test_context();
    for (int r = 0; r < RECORDS; r++) {
        uint8_t *to = file + r * RECORD;
        *to++ = (uint8_t)(r * 4 + 1);
        for (int c = 0; c < 3; c++)
            for (int y = 0; y < 32; y++)
                for (int x = 0; x < 32; x++)
                    *to++ = stored_pixel(r, c, y, x);
    }
}

static void teardown(void)
{
    neuron_context_unref(context);
}

/* Reads memory of exactly that size, so that the sanitizer sees a read behind the end. */
static int read_bytes(neuron_dataset_t **dataset, const uint8_t *bytes, size_t size)
{
    *dataset = NULL;
    void *copy = malloc(size ? size : 1);
    ck_assert_ptr_nonnull(copy);
    memcpy(copy, bytes, size);
    const neuron_content content =
        neuron_content_of_memory(context, copy, size, "data_batch_1.bin");
    int status = neuron_cifar10_read(dataset, &content, &(neuron_cifar10_settings){1});
    free(copy);
    ck_assert((status == NEURON_OK) == (*dataset != NULL));
    return status;
}

static void assert_refused(const uint8_t *bytes, size_t size, int status, const char *message)
{
    neuron_dataset_t *dataset;
    assert_status(read_bytes(&dataset, bytes, size), status);
    assert_message("data_batch_1.bin: ");
    assert_message(message);
}

static const char *write_file(const char *name, const void *bytes, size_t size)
{
    const char *path = test_file(name);
    test_write_file(path, bytes, size);
    return path;
}

/* Whether example `at` is record `record` with the channels last. */
static void assert_record(const neuron_dataset_t *dataset, int64_t at, int record)
{
    static float values[3072];
    int32_t label;
    assert_ok(neuron_dataset_read(values, &label, dataset, at, 1));
    ck_assert_int_eq(label, record * 4 + 1);
    int wrong = 0;
    for (int y = 0; y < 32; y++)
        for (int x = 0; x < 32; x++)
            for (int c = 0; c < 3; c++) {
                float expected = (float)stored_pixel(record, c, y, x) / 255;
                float difference = values[(y * 32 + x) * 3 + c] - expected;
                wrong += difference > 1e-6f || difference < -1e-6f;
            }
    ck_assert_int_eq(wrong, 0);
}

START_TEST(joins_files_in_order)
{
    const char *paths[] = {write_file("last.bin", file + 2 * RECORD, RECORD),
                           write_file("first.bin", file, 2 * RECORD)};
    neuron_dataset_t *dataset;
    assert_ok(neuron_dataset_load_cifar10(&dataset, context, paths, 2));
    ck_assert_int_eq(neuron_dataset_count(dataset), 3);
    ck_assert_int_eq(neuron_dataset_class_count(dataset), 10);
    int64_t shape[NEURON_RANK_MAX];
    int32_t rank;
    assert_ok(neuron_dataset_shape(shape, &rank, dataset));
    ck_assert(rank == 3 && shape[0] == 32 && shape[1] == 32 && shape[2] == 3);
    assert_record(dataset, 0, 2);
    assert_record(dataset, 1, 0);
    assert_record(dataset, 2, 1);
    neuron_dataset_unref(dataset);
}
END_TEST

START_TEST(reads_gzip)
{
    static uint8_t packed[2 * sizeof file];
    z_stream stream = {0};
    ck_assert_int_eq(deflateInit2(&stream, 9, Z_DEFLATED, 16 + 15, 8, Z_DEFAULT_STRATEGY), Z_OK);
    stream.next_in = file;
    stream.avail_in = sizeof file;
    stream.next_out = packed;
    stream.avail_out = sizeof packed;
    ck_assert_int_eq(deflate(&stream, Z_FINISH), Z_STREAM_END);
    size_t size = sizeof packed - stream.avail_out;
    deflateEnd(&stream);
    neuron_dataset_t *dataset;
    assert_ok(read_bytes(&dataset, packed, size));
    assert_record(dataset, 2, 2);
    neuron_dataset_unref(dataset);
    assert_refused(packed, size - 1, NEURON_E_FORMAT, "the gzip data ends early");
    packed[size] = 0;
    assert_ok(read_bytes(&dataset, packed, size + 1));
    neuron_dataset_unref(dataset);
    packed[size] = 1;
    assert_refused(packed, size + 1, NEURON_E_FORMAT, "1 byte follows the gzip data, at byte ");
}
END_TEST

START_TEST(refuses_parts_of_a_record)
{
    neuron_dataset_t *dataset;
    assert_refused(file, 0, NEURON_E_FORMAT, "no records of CIFAR-10: there is no byte");
    for (size_t size = 1; size < 2 * RECORD; size++)
        if (size % RECORD != 0)
            assert_status(read_bytes(&dataset, file, size), NEURON_E_FORMAT);
    assert_refused(file, 2 * RECORD - 1, NEURON_E_FORMAT,
                   "6145 bytes are not a multiple of 3073: the last record begins at byte 3073");
}
END_TEST

START_TEST(refuses_a_label_above_9)
{
    file[2 * RECORD] = 10;
    assert_refused(file, sizeof file, NEURON_E_DATA,
                   "label 10 of record 2 is not 0 to 9, at byte 6146");
}
END_TEST

START_TEST(refuses_missing_files_and_null)
{
    const char *paths[] = {write_file("good.bin", file, RECORD), "/nowhere/data_batch_2.bin", NULL};
    neuron_dataset_t *dataset;
    assert_status(neuron_dataset_load_cifar10(&dataset, context, paths, 2), NEURON_E_IO);
    assert_message("cannot open \"/nowhere/data_batch_2.bin\"");
    ck_assert_ptr_null(dataset);
    assert_status(neuron_dataset_load_cifar10(&dataset, context, paths, 3), NEURON_E_ARGUMENT);
    assert_message("neuron_dataset_load_cifar10: paths[2] is NULL");
    assert_status(neuron_dataset_load_cifar10(&dataset, context, paths, 0), NEURON_E_ARGUMENT);
    assert_message("neuron_dataset_load_cifar10: count is ");
    assert_status(neuron_dataset_load_cifar10(&dataset, context, paths, -1), NEURON_E_ARGUMENT);
    assert_message("neuron_dataset_load_cifar10: count is ");
    assert_status(neuron_dataset_load_cifar10(&dataset, context, NULL, 1), NEURON_E_ARGUMENT);
    assert_message("neuron_dataset_load_cifar10: paths is NULL");
    assert_status(neuron_dataset_load_cifar10(&dataset, NULL, paths, 1), NEURON_E_ARGUMENT);
    assert_status(neuron_dataset_load_cifar10(NULL, context, paths, 1), NEURON_E_ARGUMENT);
}
END_TEST

/* The counts of each class as published with the set. */
static void check_real(const char *const *names, int64_t count, int64_t each)
{
    char room[5][4096];
    const char *paths[5];
    for (int64_t k = 0; k < count; k++) {
        const char *path = test_data(names[k]);
        if (!path) {
            printf("%s: skipped: no data\n", names[k]);
            return;
        }
        snprintf(room[k], sizeof room[k], "%s", path);
        paths[k] = room[k];
    }
    neuron_dataset_t *dataset;
    assert_ok(neuron_dataset_load_cifar10(&dataset, context, paths, count));
    ck_assert_int_eq(neuron_dataset_count(dataset), 10 * each);
    int64_t met[10];
    assert_ok(neuron_dataset_class_counts(met, 10, dataset));
    for (int c = 0; c < 10; c++)
        ck_assert_int_eq(met[c], each);
    neuron_dataset_unref(dataset);
}

START_TEST(loads_real_data)
{
    check_real((const char *[]){"cifar-10-batches-bin/data_batch_1.bin",
                                "cifar-10-batches-bin/data_batch_2.bin",
                                "cifar-10-batches-bin/data_batch_3.bin",
                                "cifar-10-batches-bin/data_batch_4.bin",
                                "cifar-10-batches-bin/data_batch_5.bin"},
               5, 5000);
    check_real((const char *[]){"cifar-10-batches-bin/test_batch.bin"}, 1, 1000);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cifar10");
    TCase *tests = tcase_create("cifar10");
    tcase_set_timeout(tests, 120);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, joins_files_in_order);
    tcase_add_test(tests, reads_gzip);
    tcase_add_test(tests, refuses_parts_of_a_record);
    tcase_add_test(tests, refuses_a_label_above_9);
    tcase_add_test(tests, refuses_missing_files_and_null);
    tcase_add_test(tests, loads_real_data);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
