/* Every format is read from memory as it is from files: the same examples, and the same
 * messages for what is damaged. */
#include "test-common.h"

#include "data/formats/cifar10.h"
#include "data/tables/csv.h"
#include "data/formats/idx.h"
#include "data/formats/image-tensor.h"
#include "data/formats/npz.h"

#include <stdio.h>

enum { CONTENTS_MAX = 2, VALUES_MAX = 40000 };

static neuron_context_t *context;

static void setup(void)
{
    context = test_context();
}

static void teardown(void)
{
    neuron_context_unref(context);
}

/* Each format with settings for its files. */

static int read_csv(neuron_dataset_t **dataset, const neuron_content *contents)
{
    return neuron_csv_read(dataset, contents, "classes=10", "load");
}

static int read_idx(neuron_dataset_t **dataset, const neuron_content *contents)
{
    return neuron_idx_read(dataset, contents, &(neuron_idx_settings){256});
}

static int read_npy(neuron_dataset_t **dataset, const neuron_content *contents)
{
    return neuron_npy_read(dataset, contents, &(neuron_npy_settings){10});
}

static int read_npz(neuron_dataset_t **dataset, const neuron_content *contents)
{
    return neuron_npz_read(dataset, contents, &(neuron_npz_settings){"x_train", "y_train", 3});
}

static int read_cifar10(neuron_dataset_t **dataset, const neuron_content *contents)
{
    return neuron_cifar10_read(dataset, contents, &(neuron_cifar10_settings){2});
}

static int read_cifar10_pickle(neuron_dataset_t **dataset, const neuron_content *contents)
{
    return neuron_cifar10_pickle_read(dataset, contents, &(neuron_cifar10_settings){2});
}

/* An image is no dataset: its pixels are, as the only example. */
static int read_image(neuron_dataset_t **dataset, const neuron_content *contents)
{
    neuron_tensor_t *image = NULL, *labels;
    int64_t one = 1;
    int status = neuron_image_read_tensor(&image, contents, &(neuron_image_settings){.count = 0});
    if (status < 0)
        return status;
    assert_ok(neuron_tensor_create(&labels, context, NEURON_TYPE_I32, &one, 1));
    assert_ok(neuron_dataset_create(dataset, context, image, labels, 1));
    neuron_tensor_unref(labels);
    neuron_tensor_unref(image);
    return NEURON_OK;
}

#define CORPUS(path) CORPORA "/corpus-" path

static const struct format {
    const char *name, *paths[CONTENTS_MAX];
    int count;
    int (*read)(neuron_dataset_t **dataset, const neuron_content *contents);
} formats[] = {
    {"csv", {CORPUS("csv/floats-crlf")}, 1, read_csv},
    {"csv.gz", {CORPUS("csv/packed.gz")}, 1, read_csv},
    {"idx", {CORPUS("idx/images.idx"), CORPUS("idx/two-labels.idx")}, 2, read_idx},
    {"idx.gz", {CORPUS("idx/images.idx.gz"), CORPUS("idx/two-labels.idx.gz")}, 2, read_idx},
    {"npy", {CORPUS("npy/f4-big.npy"), CORPUS("npy/labels-i4.npy")}, 2, read_npy},
    {"npz", {CORPUS("npz/deflated.npz")}, 1, read_npz},
    {"npz stored", {CORPUS("npz/stored.npz")}, 1, read_npz},
    {"cifar10", {CORPUS("cifar/records.gz"), CORPUS("cifar/records.gz")}, 2, read_cifar10},
    {"cifar10 pickle",
     {CORPUS("pickle/python2.gz"), CORPUS("pickle/python3-protocol5.gz")},
     2,
     read_cifar10_pickle},
    {"image", {CORPUS("image/rgb-text.ppm")}, 1, read_image},
    {"image.gz", {CORPUS("image/members.pgm.gz")}, 1, read_image},
};

/* A dataset as numbers: its shape, and then all values and labels. */
static int64_t numbers_of(neuron_dataset_t *dataset, float *values)
{
    int64_t shape[NEURON_RANK_MAX], size = 1, count = neuron_dataset_count(dataset);
    static int32_t labels[VALUES_MAX];
    int32_t rank;
    assert_ok(neuron_dataset_shape(shape, &rank, dataset));
    for (int32_t i = 0; i < rank; i++)
        size *= shape[i];
    ck_assert_int_le(count * (size + 1) + rank, VALUES_MAX);
    for (int32_t i = 0; i < rank; i++)
        *values++ = (float)shape[i];
    assert_ok(neuron_dataset_read(values, labels, dataset, 0, count));
    for (int64_t i = 0; i < count; i++)
        values[count * size + i] = (float)labels[i];
    return count * (size + 1) + rank;
}

START_TEST(memory_is_read_as_a_file_is)
{
    const struct format *format = &formats[_i];
    static float from_files[VALUES_MAX], from_memory[VALUES_MAX];
    neuron_content contents[CONTENTS_MAX] = {{.context = context}};
    neuron_dataset_t *dataset;
    test_bytes bytes[CONTENTS_MAX];
    for (int k = 0; k < format->count; k++)
        contents[k] = neuron_content_of_file(context, format->paths[k]);
    assert_ok(format->read(&dataset, contents));
    int64_t count = numbers_of(dataset, from_files);
    neuron_dataset_unref(dataset);
    for (int k = 0; k < format->count; k++) {
        bytes[k] = test_read_file(format->paths[k]);
        contents[k] = neuron_content_of_memory(context, bytes[k].data, bytes[k].size, "memory");
    }
    assert_ok(format->read(&dataset, contents));
    for (int k = 0; k < format->count; k++)
        free(bytes[k].data); /* a dataset needs nothing of the contents */
    ck_assert_int_eq(numbers_of(dataset, from_memory), count);
    ck_assert_mem_eq(from_memory, from_files, (size_t)count * sizeof *from_files);
    neuron_dataset_unref(dataset);
}
END_TEST

/* Reads contents of which the last is cut; the message is the caller's to release. */
static int read_cut(const struct format *format, const neuron_content *cut, char **message)
{
    neuron_content contents[CONTENTS_MAX];
    neuron_dataset_t *dataset = NULL;
    for (int k = 0; k < format->count; k++)
        contents[k] = neuron_content_of_file(context, format->paths[k]);
    contents[format->count - 1] = *cut;
    int status = format->read(&dataset, contents);
    *message = strdup(status < 0 ? neuron_error_last() : "");
    ck_assert((status == NEURON_OK) == (dataset != NULL));
    neuron_dataset_unref(dataset);
    return status;
}

START_TEST(damage_is_told_alike)
{
    const struct format *format = &formats[_i];
    const char *path = test_file("cut");
    test_bytes bytes = test_read_file(format->paths[format->count - 1]);
    int refused = 0;
    size_t step = bytes.size / 50 + 1;
    for (size_t size = 0; size < bytes.size; size += step) {
        /* Memory of exactly that size lets the sanitizer see a read behind the end. */
        char *messages[2], *copy = malloc(size ? size : 1);
        memcpy(copy, bytes.data, size);
        test_write_file(path, copy, size);
        const neuron_content file = neuron_content_of_file(context, path);
        const neuron_content memory = neuron_content_of_memory(context, copy, size, path);
        int status = read_cut(format, &file, &messages[0]);
        assert_status(read_cut(format, &memory, &messages[1]), status);
        ck_assert_str_eq(messages[0], messages[1]);
        refused += status < 0;
        free(messages[0]);
        free(messages[1]);
        free(copy);
    }
    ck_assert_int_gt(refused, 0);
    free(bytes.data);
}
END_TEST

START_TEST(nothing_is_no_data)
{
    neuron_content contents[CONTENTS_MAX];
    neuron_dataset_t *dataset = NULL;
    for (int k = 0; k < CONTENTS_MAX; k++)
        contents[k] = neuron_content_of_memory(context, NULL, 7, "nothing");
    assert_status(formats[_i].read(&dataset, contents), NEURON_E_FORMAT);
    assert_message("nothing: ");
    for (int k = 0; k < CONTENTS_MAX; k++)
        contents[k] = neuron_content_of_file(context, "/nowhere/at/all");
    assert_status(formats[_i].read(&dataset, contents), NEURON_E_IO);
    assert_message("/nowhere/at/all");
    ck_assert_ptr_null(dataset);
}
END_TEST

/* Each allocation fails in turn, whatever the bytes are read from. */
START_TEST(memory_may_be_refused)
{
    const struct format *format = &formats[_i];
    test_memory memory;
    neuron_context_t *limited = test_limited_context(&memory);
    long before = memory.live;
    test_bytes bytes[CONTENTS_MAX];
    for (int k = 0; k < format->count; k++)
        bytes[k] = test_read_file(format->paths[k]);
    for (int stored = 0; stored < 2; stored++) {
        int status = NEURON_E_MEMORY, failures = 0;
        for (; status != NEURON_OK; failures++) {
            neuron_content contents[CONTENTS_MAX];
            neuron_dataset_t *dataset = NULL;
            for (int k = 0; k < format->count; k++)
                contents[k] = stored ? neuron_content_of_file(limited, format->paths[k])
                                     : neuron_content_of_memory(limited, bytes[k].data,
                                                                bytes[k].size, format->name);
            memory.left = failures;
            status = format->read(&dataset, contents);
            neuron_dataset_unref(dataset);
            ck_assert_int_eq(memory.live, before);
            ck_assert(status == NEURON_OK || status == NEURON_E_MEMORY);
        }
        ck_assert_int_gt(failures, 2);
        test_refill(&memory);
    }
    for (int k = 0; k < format->count; k++)
        free(bytes[k].data);
    neuron_context_unref(limited);
}
END_TEST

/* ---- Tensors ---- */

static const double scale = 0.5, offset = -3;

static int load_npy(neuron_tensor_t **tensor, const char *path, const test_bytes *bytes)
{
    return path ? neuron_tensor_load_npy(tensor, context, path)
                : neuron_tensor_load_npy_memory(tensor, context, bytes->data, bytes->size);
}

static int load_npz(neuron_tensor_t **tensor, const char *path, const test_bytes *bytes)
{
    return path ? neuron_tensor_load_npz(tensor, context, path, "x_train")
                : neuron_tensor_load_npz_memory(tensor, context, bytes->data, bytes->size,
                                                "x_train");
}

static int load_image(neuron_tensor_t **tensor, const char *path, const test_bytes *bytes)
{
    return path ? neuron_tensor_load_image(tensor, context, path, &scale, &offset, 1)
                : neuron_tensor_load_image_memory(tensor, context, bytes->data, bytes->size, &scale,
                                                  &offset, 1);
}

static const struct {
    const char *path;
    int (*load)(neuron_tensor_t **tensor, const char *path, const test_bytes *bytes);
} tensors[] = {
    {CORPUS("npy/f8-big.npy"), load_npy},        {CORPUS("npy/u1.npy"), load_npy},
    {CORPUS("npy/fortran-i8.npy"), load_npy},    {CORPUS("npz/deflated.npz"), load_npz},
    {CORPUS("npz/stored.npz"), load_npz},        {CORPUS("image/grey-text.pgm"), load_image},
    {CORPUS("image/members.pgm.gz"), load_image}};

START_TEST(tensors_are_read_from_memory)
{
    neuron_tensor_t *file, *memory;
    test_bytes bytes = test_read_file(tensors[_i].path), none = {NULL, 5};
    const char *message;
    assert_ok(tensors[_i].load(&file, tensors[_i].path, NULL));
    assert_ok(tensors[_i].load(&memory, NULL, &bytes));
    ck_assert_int_eq(neuron_tensor_type(memory), neuron_tensor_type(file));
    ck_assert_int_eq(neuron_tensor_rank(memory), neuron_tensor_rank(file));
    for (int32_t i = 0; i < neuron_tensor_rank(file); i++)
        ck_assert_int_eq(neuron_tensor_extent(memory, i), neuron_tensor_extent(file, i));
    ck_assert_int_gt(neuron_tensor_count(file), 0);
    size_t width = neuron_tensor_type(file) == NEURON_TYPE_U8    ? 1
                   : neuron_tensor_type(file) == NEURON_TYPE_I64 ? 8
                                                                 : 4;
    memset(bytes.data, 0, bytes.size); /* a tensor needs nothing of them */
    ck_assert_mem_eq(neuron_tensor_data_const(memory), neuron_tensor_data_const(file),
                     (size_t)neuron_tensor_count(file) * width);
    neuron_tensor_unref(memory);
    memory = file;
    assert_status(tensors[_i].load(&memory, NULL, &none), NEURON_E_FORMAT);
    message = neuron_error_last();
    ck_assert_ptr_null(memory);
    assert_that(strncmp(message, "memory: ", 8) == 0, "%s", message);
    neuron_tensor_unref(file);
    free(bytes.data);
}
END_TEST

START_TEST(tensors_of_memory_are_refused)
{
    neuron_tensor_t *t;
#define REFUSED(call) assert_status((call), NEURON_E_ARGUMENT)
    REFUSED(neuron_tensor_load_npy_memory(NULL, context, "x", 1));
    REFUSED(neuron_tensor_load_npy_memory(&t, NULL, "x", 1));
    REFUSED(neuron_tensor_load_npz_memory(NULL, context, "x", 1, "a"));
    REFUSED(neuron_tensor_load_npz_memory(&t, NULL, "x", 1, "a"));
    REFUSED(neuron_tensor_load_npz_memory(&t, context, "x", 1, NULL));
    REFUSED(neuron_tensor_load_image_memory(NULL, context, "x", 1, NULL, NULL, 0));
    REFUSED(neuron_tensor_load_image_memory(&t, NULL, "x", 1, NULL, NULL, 0));
    REFUSED(neuron_tensor_load_image_memory(&t, context, "x", 1, &scale, NULL, 1));
    assert_message("neuron_tensor_load_image_memory: scales are given, offsets are NULL");
    REFUSED(neuron_tensor_load_image_memory(&t, context, "x", 1, NULL, NULL, 1));
    ck_assert_ptr_null(t);
#undef REFUSED
}
END_TEST

int main(void)
{
    int count = sizeof formats / sizeof formats[0];
    Suite *suite = suite_create("contents");
    TCase *tests = tcase_create("contents");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, memory_is_read_as_a_file_is, 0, count);
    tcase_add_loop_test(tests, damage_is_told_alike, 0, count);
    tcase_add_loop_test(tests, nothing_is_no_data, 0, count);
    tcase_add_loop_test(tests, memory_may_be_refused, 0, count);
    tcase_add_loop_test(tests, tensors_are_read_from_memory, 0, sizeof tensors / sizeof tensors[0]);
    tcase_add_test(tests, tensors_of_memory_are_refused);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
