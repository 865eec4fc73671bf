/* What needs more memory than there are addresses, or than there is, is refused as such: on 32 bits no
 * count is cut on its way to a size. The allocator has a gigabyte, so that machines of 64 bits refuse
 * the same. */
#include "test-common.h"

#include "base/checked.h"

#include <stdlib.h>

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
    assert_ok(neuron_context_create_with_allocator(&context, allocate, release, NULL));
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
    const size_t cut = SIZE_MAX > UINT32_MAX ? (size_t)two_32 : SIZE_MAX;
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
    {NEURON_F32, 1, {((int64_t)1 << 32) + 16}},
    {NEURON_U8, 1, {((int64_t)1 << 32) + 1}},
    {NEURON_U8, 2, {65536, 65537}},
    {NEURON_F32, 1, {((int64_t)1 << 30) + 4}},
    {NEURON_I64, 2, {1 << 29, 3}},
    {NEURON_I32, 3, {1 << 10, 1 << 10, 1 << 20}},
    {NEURON_I64, 1, {((int64_t)1 << 29) + 2}},
    {NEURON_U8, 1, {(int64_t)1 << 40}},
    {NEURON_F32, 3, {1 << 16, 1 << 16, 1 << 8}},
    {NEURON_F32, 1, {(int64_t)1 << 31}},
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
    assert_ok(neuron_graph_finish(graph, neuron_average_pool2d(graph, x, 256, 256)));
    char file[8192];
    size_t size;
    assert_ok(neuron_graph_save_memory(graph, file, sizeof file, &size));
    neuron_graph_unref(graph);
    neuron_context_t *context = new_context();
    assert_ok(neuron_graph_load_memory(&loaded, context, file, size));
    neuron_tensor_t *input, *output;
    assert_ok(neuron_tensor_create(&input, context, NEURON_F32, (const int64_t[]){2, 1, 1, 1}, 4));
    assert_ok(
        neuron_tensor_create(&output, context, NEURON_F32, (const int64_t[]){2, 256, 256, 1}, 4));
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
    x = neuron_dense(graph, neuron_flatten(graph, x), units[_i][1]);
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
    int status = neuron_graph_memory(graph, NEURON_MEMORY_PREDICTION, 32, &bytes);
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

static int read_labels(const int64_t *positions, int64_t count, void *examples, int32_t *labels,
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
    assert_ok(neuron_dataset_create_stream(&dataset, context, read_labels, NULL, NULL,
                                           shapes[_i][0], shapes[_i] + 1, 1, NEURON_F32, 2));
    assert_status(neuron_dataset_normalize(dataset, 0, 1), NEURON_E_MEMORY);
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
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
