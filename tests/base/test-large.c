/* What needs more memory than there are addresses, or than there is, is refused as such: on
 * 32 bits no count is cut on its way to a size. The allocator has a gigabyte, so that
 * machines of 64 bits refuse the same. */
#include "test-common.h"

#include "base/checked.h"

#include <stdlib.h>
#include <zlib.h>

static const int64_t two_32 = (int64_t)1 << 32;

static void *allocate(size_t size, size_t alignment, void *user_data)
{
    (void)user_data;
    return size > (size_t)1 << 30 ? NULL : aligned_alloc(alignment, (size + 63) / 64 * 64);
}

static void release(void *memory, void *user_data)
{
    (void)user_data;
    free(memory);
}

static neuron_context_t *new_context(void)
{
    neuron_context_t *context;
    assert_ok(neuron_context_create_with_allocator(&context, allocate, release, NULL, NULL, NULL));
    return context;
}

static neuron_node_t *new_input(neuron_graph_t **graph, int64_t extent)
{
    neuron_context_t *context = new_context();
    assert_ok(neuron_graph_create(graph, context));
    neuron_context_unref(context);
    return neuron_input(*graph, (const int64_t[]){extent, 1, 1}, 3);
}

START_TEST(counts_become_sizes)
{
    size_t cut = SIZE_MAX > UINT32_MAX ? (size_t)two_32 : SIZE_MAX;
    ck_assert_uint_eq(neuron_size(0), 0);
    ck_assert_uint_eq(neuron_size(UINT32_MAX), UINT32_MAX);
    ck_assert_uint_eq(neuron_size(two_32), cut);
    ck_assert_uint_eq(neuron_size_of(two_32 / 4, 4), cut);
    ck_assert_uint_eq(neuron_size_of(two_32 / 4 - 1, 4), UINT32_MAX - 3);
    ck_assert_uint_eq(neuron_size_of((int64_t)1 << 62, 4), SIZE_MAX);
    ck_assert_uint_eq(neuron_size_of(INT64_MAX, 8), SIZE_MAX);
}
END_TEST

static const struct {
    int32_t type, rank;
    int64_t shape[3];
} tensors[] = {
    {NEURON_TYPE_F32, 1, {((int64_t)1 << 32) + 16}},
    {NEURON_TYPE_U8, 1, {((int64_t)1 << 32) + 1}},
    {NEURON_TYPE_U8, 2, {65536, 65537}},
    {NEURON_TYPE_F32, 1, {((int64_t)1 << 30) + 4}},
    {NEURON_TYPE_I64, 2, {1 << 29, 3}},
    {NEURON_TYPE_I32, 3, {1 << 10, 1 << 10, 1 << 20}},
    {NEURON_TYPE_I64, 1, {((int64_t)1 << 29) + 2}},
    {NEURON_TYPE_U8, 1, {(int64_t)1 << 40}},
    {NEURON_TYPE_F32, 3, {1 << 16, 1 << 16, 1 << 8}},
    {NEURON_TYPE_F32, 1, {(int64_t)1 << 31}},
};

START_TEST(tensors_are_refused)
{
    neuron_context_t *context = new_context();
    neuron_tensor_t *tensor;
    assert_status(neuron_tensor_create(&tensor, context, tensors[_i].type, tensors[_i].shape,
                                       tensors[_i].rank),
                  NEURON_E_MEMORY);
    ck_assert_ptr_null(tensor);
    neuron_context_unref(context);
}
END_TEST

/* A file of a few hundred bytes whose values need 16 gigabytes and come out as few again. */
START_TEST(values_of_a_small_file_are_refused)
{
    neuron_graph_t *graph, *loaded;
    neuron_node_t *x = new_input(&graph, 1);
    x = neuron_zero_pad2d(graph, x, 0, 65535, 0, _i == 0 ? 65536 : 65535);
    assert_ok(neuron_graph_finish(graph, neuron_average_pool2d(graph, x, 256, 256, NULL)));
    char file[8192];
    size_t size;
    assert_ok(neuron_graph_save_memory(file, sizeof file, &size, graph));
    neuron_graph_unref(graph);
    neuron_context_t *context = new_context();
    assert_ok(neuron_graph_load_memory(&loaded, context, file, size));
    neuron_tensor_t *input, *output;
    assert_ok(
        neuron_tensor_create(&input, context, NEURON_TYPE_F32, (const int64_t[]){2, 1, 1, 1}, 4));
    assert_ok(neuron_tensor_create(&output, context, NEURON_TYPE_F32,
                                   (const int64_t[]){2, 256, 256, 1}, 4));
    assert_status(neuron_graph_predict(loaded, input, output), NEURON_E_MEMORY);
    neuron_tensor_unref(output);
    neuron_tensor_unref(input);
    neuron_graph_unref(loaded);
    neuron_context_unref(context);
}
END_TEST

START_TEST(parameters_are_refused)
{
    static const int64_t units[][2] = {
        {65536, 65536}, {65536, 65537}, {(int64_t)1 << 20, (int64_t)1 << 12}, {32768, 32769}};
    neuron_graph_t *graph;
    neuron_node_t *x = new_input(&graph, units[_i][0]);
    x = neuron_dense(graph, neuron_flatten(graph, x), units[_i][1], NULL);
    assert_status(neuron_graph_finish(graph, x), NEURON_E_MEMORY);
    neuron_graph_unref(graph);
}
END_TEST

/* Of which memory is only told. */
START_TEST(memory_that_cannot_be_counted_is_not_nothing)
{
    static const int64_t extents[] = {(int64_t)1 << 40, (int64_t)1 << 32, ((int64_t)1 << 30) + 1};
    neuron_graph_t *graph;
    int64_t bytes;
    neuron_node_t *x = new_input(&graph, extents[_i]);
    assert_ok(neuron_graph_finish(graph, neuron_tanh(graph, x)));
    int status = neuron_graph_memory(&bytes, graph, 32, NULL);
    if (SIZE_MAX > UINT32_MAX) {
        assert_ok(status);
        ck_assert_int_ge(bytes, 4 * 32 * extents[_i]);
    } else {
        assert_status(status, NEURON_E_MEMORY);
        ck_assert_int_eq(bytes, 0);
    }
    neuron_graph_unref(graph);
}
END_TEST

static int read_labels(void *examples, int32_t *labels, const int64_t *positions, int64_t count,
                       void *user_data)
{
    (void)positions, (void)user_data;
    for (int64_t i = 0; labels && i < count; i++)
        labels[i] = 0;
    ck_assert_ptr_null(examples);
    return 0;
}

START_TEST(examples_of_a_stream_are_refused)
{
    const int64_t shapes[][2] = {{2, two_32 + 3}, {2, two_32 / 4 + 1}, {3, (int64_t)1 << 38}};
    neuron_context_t *context = new_context();
    neuron_dataset_t *dataset;
    assert_ok(
        neuron_dataset_create_stream(&dataset, context, read_labels, NULL, NULL, shapes[_i][0],
                                     test_stream_options(shapes[_i] + 1, 1, NEURON_TYPE_F32, 2)));
    assert_status(neuron_dataset_normalize(dataset, 0, 1), NEURON_E_MEMORY);
    neuron_dataset_unref(dataset);
    neuron_context_unref(context);
}
END_TEST

/* Gzip data in a file: a text, `count` bytes that repeat another (none of them for an empty one),
 * and as many zeros behind them, which gunzip ignores, as make it `file_size` bytes. */
static const char *write_packed(const char *text, size_t text_size, const char *bytes, size_t count,
                                size_t file_size)
{
    size_t size = text_size + count, period = strlen(bytes);
    char *plain = malloc(size + 1), *packed;
    ck_assert_ptr_nonnull(plain);
    memcpy(plain, text, text_size);
    for (size_t i = 0; i < count; i++)
        plain[text_size + i] = period > 0 ? bytes[i % period] : 0;
    z_stream stream = {0};
    ck_assert_int_eq(deflateInit2(&stream, file_size > 0 ? 1 : 0, Z_DEFLATED, 31, 8, 0), Z_OK);
    size_t room = deflateBound(&stream, (uLong)size) + file_size;
    ck_assert_ptr_nonnull(packed = calloc(room, 1));
    stream.next_in = (Bytef *)(void *)plain;
    stream.avail_in = (uInt)size;
    stream.next_out = (Bytef *)(void *)packed;
    stream.avail_out = (uInt)room;
    ck_assert_int_eq(deflate(&stream, Z_FINISH), Z_STREAM_END);
    size_t used = room - stream.avail_out;
    deflateEnd(&stream);
    const char *path = test_file("large.gz");
    test_write_file(path, packed, used > file_size ? used : file_size);
    free(packed);
    free(plain);
    return path;
}

static int load_image(neuron_tensor_t **tensor, neuron_context_t *context, const char *path)
{
    return neuron_tensor_load_image(tensor, context, path, NULL, NULL, 0);
}

static int load_npy(neuron_tensor_t **tensor, neuron_context_t *context, const char *path)
{
    return neuron_tensor_load_npy(tensor, context, path);
}

static int load_idx(neuron_tensor_t **tensor, neuron_context_t *context, const char *path)
{
    neuron_dataset_t *dataset;
    int status = neuron_dataset_load_idx(&dataset, context, path, path, 2);
    neuron_dataset_unref(dataset);
    *tensor = NULL;
    return status;
}

/* Claims of the size of all addresses of 32 bits, in packed files that
 * are large enough for them. */
static const struct {
    int (*load)(neuron_tensor_t **tensor, neuron_context_t *context, const char *path);
    const char *text;
    size_t text_size, file_size;
} claims[] = {
#define CLAIM(load, text, file_size)                                                               \
    {                                                                                              \
        load, text, sizeof(text) - 1, file_size                                                    \
    }
    CLAIM(load_image, "P4\n65536 65536\n", 521000), /* 2^32 samples, in 2^29 bytes */
    CLAIM(load_image, "P4\n65537 65536\n", 530000),
    CLAIM(load_image, "P5\n65535 65537\n255\n", 4200000), /* 2^32 - 1 */
    CLAIM(load_image, "P5\n65520 65552\n255\n", 4200000), /* 2^32 - 256 */
    CLAIM(load_image, "P5\n65536 65536\n255\n", 4200000),
    CLAIM(load_image, "P5\n65535 32769\n65535\n", 4300000), /* 2^32 + 65534 bytes */
    CLAIM(load_image, "P6\n21845 65537\n255\n", 4200000),
    CLAIM(load_image, "P6\n21845 65536\n255\n", 4200000), /* 2^32 - 65536 */
    CLAIM(load_image, "P1\n65536 65536\n", 4200000),
    CLAIM(load_image, "P2\n65536 65536\n255\n", 8400000),
    CLAIM(load_idx, "\0\0\x08\3\0\0\0\1\0\1\0\0\0\1\0\0", 4200000),
    CLAIM(load_npy,
          "\x93NUMPY\1\0\x46\0{'descr': '|u1', 'fortran_order': False, 'shape': (65536, 65536), }  "
          "\n",
          4200000),
};

START_TEST(claims_of_packed_files_are_refused)
{
    neuron_context_t *context = new_context();
    neuron_tensor_t *tensor;
    const char *path =
        write_packed(claims[_i].text, claims[_i].text_size, "", 1 << 20, claims[_i].file_size);
    assert_status(claims[_i].load(&tensor, context, path), NEURON_E_MEMORY);
    ck_assert_ptr_null(tensor);
    neuron_context_unref(context);
}
END_TEST

/* The most that may be in 4.2 MB is more than a size of 32 bits has. */
START_TEST(large_packed_files_are_read)
{
    static const struct {
        const char *text, *bytes;
        size_t count;
        float first;
    } files[] = {{"P5\n2200 2000\n255\n", "abc", 4400000, 'a'},
                 {"P6\n1000 1500\n255\n", "abc", 4500000, 'a'},
                 {"P4\n8000 4400\n", "abc", 4400000, 255},
                 {"P2\n1100 2000\n9\n", "7 ", 4400000, 198},
                 {"P1\n2200 2000\n", "0", 4400000, 255}};
    neuron_context_t *context = new_context();
    neuron_tensor_t *tensor;
    const char *path =
        write_packed(files[_i].text, strlen(files[_i].text), files[_i].bytes, files[_i].count, 0);
    assert_ok(load_image(&tensor, context, path));
    const float *pixels = neuron_tensor_data(tensor);
    ck_assert_float_eq_tol(pixels[0], files[_i].first / 255, 1e-6f);
    neuron_tensor_unref(tensor);
    neuron_context_unref(context);
}
END_TEST

START_TEST(targets_are_counted_or_refused)
{
    int64_t count = 65537, classes = 65536;
    neuron_context_t *context = new_context();
    neuron_dataset_t *numbered, *dataset;
    size_t needed = 7;
    assert_ok(neuron_dataset_create_stream(
        &numbered, context, read_labels, NULL, NULL, count,
        test_stream_options((const int64_t[]){1}, 1, NEURON_TYPE_F32, (int32_t)classes)));
    assert_ok(neuron_dataset_one_hot(&dataset, numbered));
    neuron_dataset_unref(numbered);
    int status = neuron_dataset_read_targets(NULL, 0, &needed, dataset, 0, count);
    if (SIZE_MAX > UINT32_MAX) {
        assert_ok(status);
        ck_assert_uint_eq(needed, (size_t)(count * classes));
    } else {
        assert_status(status, NEURON_E_MEMORY);
        ck_assert_uint_eq(needed, 7);
    }
    assert_ok(neuron_dataset_read_targets(NULL, 0, &needed, dataset, 0, 32767));
    ck_assert_uint_eq(needed, 32767U * 65536U);
    neuron_dataset_unref(dataset);
    neuron_context_unref(context);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("large");
    TCase *all = tcase_create("all");
    tcase_add_test(all, counts_become_sizes);
    tcase_add_loop_test(all, tensors_are_refused, 0, (int)(sizeof tensors / sizeof *tensors));
    tcase_add_loop_test(all, values_of_a_small_file_are_refused, 0, 2);
    tcase_add_loop_test(all, parameters_are_refused, 0, 4);
    tcase_add_loop_test(all, memory_that_cannot_be_counted_is_not_nothing, 0, 3);
    tcase_add_loop_test(all, examples_of_a_stream_are_refused, 0, 3);
    tcase_add_loop_test(all, claims_of_packed_files_are_refused, 0,
                        (int)(sizeof claims / sizeof *claims));
    tcase_add_loop_test(all, large_packed_files_are_read, 0, 5);
    tcase_add_test(all, targets_are_counted_or_refused);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
