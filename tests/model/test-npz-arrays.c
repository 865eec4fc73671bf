/* Parameters as .npz archives: both ways, of other programs, damaged, and without memory. */
#include "test-models.h"

#include "data/codec/zip-write.h"
#include "data/formats/npy-header.h"
#include "graph/graph.h"

#include <math.h>
#include <stdio.h>
#include <unistd.h>
#include <zlib.h>

static neuron_context_t *context;
static const char *path;

static void set_up(void)
{
    context = test_context();
    path = test_file("weights.npz");
}

static void tear_down(void)
{
    neuron_context_unref(context);
}

/* With an array of each rank that there is, and a name that has a slash. */
static neuron_graph_t *make_graph(uint64_t seed)
{
    neuron_graph_t *graph;
    assert_ok(neuron_graph_create(&graph, context));
    assert_ok(neuron_graph_set_seed(graph, seed));
    neuron_node_t *x = neuron_input(graph, (const int64_t[]){6, 6, 1}, 3);
    x = neuron_batch_norm(graph, neuron_conv2d(graph, x, 3, 3, 3, NULL), NULL);
    x = neuron_dense(graph, neuron_flatten(graph, x), 2, NULL);
    neuron_node_set_name(x, "head/logits");
    assert_ok(neuron_graph_finish(graph, x));
    return graph;
}

START_TEST(both_ways)
{
    neuron_graph_t *graph = make_graph(1), *other = make_graph(2);
    int64_t loaded = 0;
    ck_assert(!same_parameters(graph, other));
    assert_ok(neuron_graph_save_npz(graph, path));
    assert_ok(neuron_graph_load_arrays(&loaded, other, path, NULL, NULL));
    ck_assert_int_eq(loaded, neuron_graph_array_count(graph));
    ck_assert(same_parameters(graph, other));

    neuron_tensor_t *kernel;
    assert_ok(neuron_tensor_load_npz(&kernel, context, path, "conv2d.kernel"));
    ck_assert_int_eq(neuron_tensor_rank(kernel), 4);
    ck_assert_int_eq(neuron_tensor_extent(kernel, 3), 3);
    neuron_tensor_unref(kernel);
    assert_ok(neuron_tensor_load_npz(&kernel, context, path, "head/logits.bias"));
    neuron_tensor_unref(kernel);

    neuron_graph_t *again = make_graph(3);
    test_bytes bytes = test_read_file(path);
    assert_ok(neuron_graph_load_arrays_memory(NULL, again, bytes.data, bytes.size, NULL, NULL));
    ck_assert(same_parameters(graph, again));
    /* The same parameters make the same bytes. */
    assert_ok(neuron_graph_save_npz(again, test_file("again.npz")));
    ck_assert(test_same_files(path, test_file("again.npz")));
    free(bytes.data);
    neuron_graph_unref(again);
    neuron_graph_unref(other);
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(prefixes)
{
    neuron_graph_t *graph = make_graph(1), *other = make_graph(2);
    float bias[2][2];
    assert_ok(neuron_graph_write_array(graph, neuron_graph_find_array(graph, "head/logits.bias"),
                                       (const float[]){3, 4}, 2));
    assert_ok(neuron_graph_save_npz(graph, path));
    int64_t loaded = 0;
    assert_ok(neuron_graph_load_arrays(&loaded, other, path, "head/", "head/"));
    ck_assert_int_eq(loaded, 2);
    int64_t place = neuron_graph_find_array(other, "head/logits.bias");
    assert_ok(neuron_graph_read_array(bias[0], 2, NULL, other, place));
    ck_assert_float_eq(bias[0][1], 4);
    assert_status(neuron_graph_load_arrays(&loaded, other, path, "head/", "foot/"), NEURON_E_DATA);
    assert_message("has none that begins with \"foot/\"");
    ck_assert_int_eq(loaded, 2);
    neuron_graph_unref(graph);
    neuron_graph_unref(other);
}
END_TEST

START_TEST(quantised)
{
    neuron_dataset_t *glyphs = test_glyphs(context, 20, 8);
    neuron_graph_t *graph = test_cnn(context, 8), *small, *other;
    assert_ok(neuron_graph_quantize(&small, graph, glyphs, NULL));
    assert_ok(neuron_graph_clone(&other, context, small));
    float zeros[4 * 9] = {0};
    for (int64_t i = 0; i < neuron_graph_array_count(other); i++)
        if (strstr(neuron_graph_array_name(other, i), "conv2d.kernel"))
            assert_ok(neuron_graph_write_array(other, i, zeros, 4 * 9));
    assert_ok(neuron_graph_save_npz(small, path));
    assert_ok(neuron_graph_load_arrays(NULL, other, path, NULL, NULL));
    size_t count;
    float *values[2] = {test_parameters(small, &count), test_parameters(other, &count)};
    for (size_t i = 0; i < count; i++)
        ck_assert_float_eq(values[0][i], values[1][i]); /* -0 has become 0 */
    free(values[0]);
    free(values[1]);
    neuron_graph_unref(other);
    neuron_graph_unref(small);
    neuron_graph_unref(graph);
    neuron_dataset_unref(glyphs);
}
END_TEST

/* ---- Archives of other programs ---- */

/* An archive of one array; the caller frees the bytes. */
static test_bytes make_archive(const char *name, const char *type, const neuron_shape *shape,
                               const void *numbers, size_t size)
{
    char header[NEURON_NPY_HEADER_ROOM];
    size_t head = neuron_npy_write_header(header, type, shape);
    test_bytes made = {.data = malloc(4096 + size)};
    uLong sum = crc32(0, (const Bytef *)header, (uInt)head);
    const neuron_zip_stored member = {.name = name,
                                      .checksum = (uint32_t)crc32(sum, numbers, (uInt)size),
                                      .size = (uint32_t)(head + size)};
    uint8_t *begin = (uint8_t *)made.data, *end = neuron_zip_put_local(begin, &member);
    memcpy(end, header, head);
    memcpy(end + head, numbers, size);
    uint8_t *directory = end + head + size;
    end = neuron_zip_put_entry(directory, &member);
    end = neuron_zip_put_end(end, 1, (uint32_t)(end - directory), (uint32_t)(directory - begin));
    made.size = (size_t)(end - begin);
    return made;
}

static int lines;

static void count_lines(int32_t level, const char *category, const char *line, void *user_data)
{
    (void)user_data;
    (void)level;
    (void)category;
    lines += strstr(line, "1 arrays of other numbers have become float32") != NULL;
}

START_TEST(other_numbers)
{
    static const double doubles[] = {0.1, -1e-50};
    static const int32_t integers[] = {7, -8};
    static const uint8_t bytes[] = {200, 3};
    static const int64_t longs[] = {1LL << 40, -5};
    const neuron_shape shape = {.rank = 1, .extent = {2}};
    const struct {
        const char *type;
        const void *numbers;
        size_t size;
        float wanted[2];
    } rows[] = {{"<f8", doubles, sizeof doubles, {0.1f, -0.0f}},
                {"<i4", integers, sizeof integers, {7, -8}},
                {"|u1", bytes, sizeof bytes, {200, 3}},
                {"<i8", longs, sizeof longs, {0x1p40f, -5}}};
    neuron_graph_t *graph = make_graph(1);
    int64_t place = neuron_graph_find_array(graph, "head/logits.bias");
    assert_ok(neuron_context_set_log(context, NEURON_LOG_INFO, count_lines, NULL, NULL));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        float values[2];
        int64_t loaded;
        lines = 0;
        test_bytes made = make_archive("head/logits.bias.npy", rows[i].type, &shape,
                                       rows[i].numbers, rows[i].size);
        assert_ok(neuron_graph_load_arrays_memory(&loaded, graph, made.data, made.size, "", ""));
        ck_assert_int_eq(loaded, 1);
        ck_assert_int_eq(lines, 1);
        assert_ok(neuron_graph_read_array(values, 2, NULL, graph, place));
        ck_assert_mem_eq(values, rows[i].wanted, sizeof values);
        free(made.data);
    }
    neuron_graph_unref(graph);
}
END_TEST

/* Nothing has changed after a failure. */
START_TEST(refused)
{
    static const double large[] = {1, 1e300};
    static const float three[] = {1, 2, 3};
    neuron_graph_t *graph = make_graph(1), *before = make_graph(1);
    neuron_shape shape = {.rank = 1, .extent = {3}};
    test_bytes made = make_archive("head/logits.bias.npy", "<f4", &shape, three, sizeof three);
    assert_status(neuron_graph_load_arrays_memory(NULL, graph, made.data, made.size, NULL, NULL),
                  NEURON_E_SHAPE);
    assert_message("memory: array \"head/logits.bias\" is 3, not 2");
    free(made.data);
    shape.extent[0] = 2;
    made = make_archive("head/logits.bias.npy", "<f8", &shape, large, sizeof large);
    assert_status(neuron_graph_load_arrays_memory(NULL, graph, made.data, made.size, NULL, NULL),
                  NEURON_E_DATA);
    assert_message("too large for float32");
    free(made.data);
    made = make_archive("other.bias.npy", "<f4", &shape, three, 2 * sizeof *three);
    assert_status(neuron_graph_load_arrays_memory(NULL, graph, made.data, made.size, NULL, NULL),
                  NEURON_E_DATA);
    free(made.data);
    ck_assert(same_parameters(graph, before));

    neuron_graph_t *open;
    assert_ok(neuron_graph_create(&open, context));
    assert_status(neuron_graph_save_npz(open, path), NEURON_E_STATE);
    assert_status(neuron_graph_save_npz(NULL, path), NEURON_E_ARGUMENT);
    assert_status(neuron_graph_save_npz(graph, NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_graph_save_npz(graph, "/nowhere/weights.npz"), NEURON_E_IO);
    neuron_graph_unref(open);
    neuron_graph_unref(graph);
    neuron_graph_unref(before);
}
END_TEST

/* Cut anywhere, and with any byte changed, an archive is refused or read right. */
START_TEST(damage)
{
    neuron_graph_t *graph = make_graph(1), *other = make_graph(2), *before = make_graph(2);
    assert_ok(neuron_graph_save_npz(graph, path));
    test_bytes bytes = test_read_file(path);
    for (size_t size = 0; size < bytes.size; size += 13) {
        ck_assert_int_lt(neuron_graph_load_arrays_memory(NULL, other, bytes.data, size, NULL, NULL),
                         0);
        ck_assert(same_parameters(other, before));
    }
    for (size_t at = 0; at < bytes.size; at += 7) {
        char was = bytes.data[at];
        bytes.data[at] = (char)(was ^ 0x55);
        neuron_graph_t *target = make_graph(2);
        int status =
            neuron_graph_load_arrays_memory(NULL, target, bytes.data, bytes.size, NULL, NULL);
        if (status < 0)
            ck_assert(same_parameters(target, before));
        neuron_graph_unref(target);
        bytes.data[at] = was;
    }
    free(bytes.data);
    neuron_graph_unref(before);
    neuron_graph_unref(other);
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(no_memory)
{
    test_memory memory;
    neuron_context_t *limited = test_limited_context(&memory);
    neuron_graph_t *graph = test_mlp(limited, 6);
    size_t count;
    float *values = test_parameters(graph, &count);
    int status = NEURON_E_MEMORY;
    for (long left = 0; test_one_more(&memory, &left, status);) {
        remove(path);
        status = neuron_graph_save_npz(graph, path);
        test_refill(&memory);
        ck_assert_int_eq(access(path, F_OK) == 0, status == NEURON_OK);
    }
    status = NEURON_E_MEMORY;
    for (long left = 0; test_one_more(&memory, &left, status);) {
        status = neuron_graph_load_arrays(NULL, graph, path, NULL, NULL);
        test_refill(&memory);
        float *now = test_parameters(graph, &count);
        ck_assert_mem_eq(now, values, count * sizeof *now);
        free(now);
    }
    free(values);
    neuron_graph_unref(graph);
    neuron_context_unref(limited);
    ck_assert_int_eq(atomic_load(&memory.live), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("npz arrays");
    TCase *tests = tcase_create("npz arrays");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_set_timeout(tests, 0);
    suite_add_tcase(suite, tests);
    tcase_add_test(tests, both_ways);
    tcase_add_test(tests, prefixes);
    tcase_add_test(tests, quantised);
    tcase_add_test(tests, other_numbers);
    tcase_add_test(tests, refused);
    tcase_add_test(tests, damage);
    tcase_add_test(tests, no_memory);
    return run_suite(suite);
}
