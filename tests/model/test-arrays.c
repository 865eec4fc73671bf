/* Parameters by name: found, copied between graphs and from files of any program; clones; and files
 * that go through memory and functions. */
#include "test-models.h"

#include <math.h>
#include <stdio.h>

enum { SIDE = 8 };

static neuron_context_t *context;

static void set_up(void)
{
    context = test_context();
}

static void tear_down(void)
{
    neuron_context_unref(context);
}

static neuron_graph_t *make_small(uint64_t seed, int64_t units)
{
    neuron_graph_t *graph;
    assert_ok(neuron_graph_create(&graph, context));
    assert_ok(neuron_graph_set_seed(graph, seed));
    neuron_node_t *x = neuron_input(graph, (const int64_t[]){3}, 1);
    x = neuron_relu(graph, neuron_dense(graph, x, units, NULL));
    assert_ok(neuron_graph_finish(graph, neuron_dense(graph, x, 2, NULL)));
    return graph;
}

static void read_array(const neuron_graph_t *graph, const char *name, float *values, size_t count)
{
    int64_t index = neuron_graph_find_array(graph, name);
    size_t needed;
    ck_assert_int_ge(index, 0);
    ck_assert_str_eq(neuron_graph_array_name(graph, index), name);
    assert_ok(neuron_graph_read_array(values, count, &needed, graph, index));
    ck_assert_uint_eq(needed, count);
}

static bool same_array(const neuron_graph_t *a, const char *name, const neuron_graph_t *b,
                       const char *other, size_t count)
{
    float first[100], second[100];
    read_array(a, name, first, count);
    read_array(b, other, second, count);
    return memcmp(first, second, count * sizeof *first) == 0;
}

/* ---- Finding and copying ---- */

START_TEST(arrays_are_found)
{
    neuron_graph_t *graph = make_small(1, 4), *open;
    for (int32_t i = 0; i < neuron_graph_array_count(graph); i++)
        ck_assert_int_eq(neuron_graph_find_array(graph, neuron_graph_array_name(graph, i)), i);
    ck_assert_int_eq(neuron_graph_find_array(graph, "dense_1.kernal"), -1);
    assert_message("graph: has no parameter array \"dense_1.kernal\"; did you mean "
                   "\"dense_1.kernel\"?");
    ck_assert_int_eq(neuron_graph_find_array(graph, "relu.kernel"), -1);
    ck_assert_int_eq(neuron_graph_find_array(graph, "dense"), -1);
    ck_assert_int_eq(neuron_graph_find_array(graph, ""), -1);
    ck_assert_int_eq(neuron_graph_find_array(graph, NULL), -1);
    ck_assert_int_eq(neuron_graph_find_array(NULL, "dense.kernel"), -1);
    assert_ok(neuron_graph_create(&open, context));
    ck_assert_int_eq(neuron_graph_find_array(open, "dense.kernel"), -1);
    neuron_graph_unref(open);
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(arrays_are_copied_by_prefix)
{
    neuron_graph_t *trained = make_small(1, 4), *graph, *other = make_small(3, 4);
    int64_t copied = 7;
    assert_ok(neuron_graph_create(&graph, context));
    neuron_node_t *x = neuron_input(graph, (const int64_t[]){3}, 1);
    x = neuron_graph_import(graph, x, other, "trunk", NULL);
    assert_ok(neuron_graph_finish(graph, neuron_dense(graph, x, 5, NULL)));
    ck_assert(!same_array(graph, "trunk/dense.kernel", trained, "dense.kernel", 12));
    assert_ok(neuron_graph_copy_arrays(&copied, graph, trained, "trunk/", NULL));
    ck_assert_int_eq(copied, 4);
    ck_assert(same_array(graph, "trunk/dense.kernel", trained, "dense.kernel", 12));
    ck_assert(same_array(graph, "trunk/dense_1.bias", trained, "dense_1.bias", 2));
    assert_ok(neuron_graph_copy_arrays(NULL, graph, other, "trunk/dense_1", "dense_1"));
    ck_assert(same_array(graph, "trunk/dense_1.kernel", other, "dense_1.kernel", 8));
    ck_assert(same_array(graph, "trunk/dense.kernel", trained, "dense.kernel", 12));
    assert_ok(neuron_graph_copy_arrays(&copied, trained, graph, NULL, "trunk/"));
    ck_assert_int_eq(copied, 4);
    ck_assert(same_array(trained, "dense_1.kernel", other, "dense_1.kernel", 8));
    assert_status(neuron_graph_copy_arrays(&copied, graph, trained, "trunc/", ""), NEURON_E_DATA);
    assert_message("copy_arrays: of the arrays of graph that begin with \"trunc/\" graph has none");
    ck_assert_int_eq(copied, 4);
    neuron_graph_unref(other);
    neuron_graph_unref(graph);
    neuron_graph_unref(trained);
}
END_TEST

/* Shapes are looked at before anything is copied. */
START_TEST(other_shapes_are_refused)
{
    neuron_graph_t *from = make_small(1, 4), *to = make_small(2, 5), *before;
    assert_ok(neuron_graph_clone(&before, context, to));
    assert_status(neuron_graph_copy_arrays(NULL, to, from, NULL, NULL), NEURON_E_SHAPE);
    assert_message("copy_arrays: dense.kernel is 3x5, but dense.kernel of graph is 3x4");
    ck_assert(same_array(to, "dense.kernel", before, "dense.kernel", 15));
    ck_assert(same_array(to, "dense_1.bias", before, "dense_1.bias", 2));
    assert_status(neuron_graph_copy_arrays(NULL, NULL, from, NULL, NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_graph_copy_arrays(NULL, to, NULL, NULL, NULL), NEURON_E_ARGUMENT);
    neuron_graph_unref(before);
    neuron_graph_unref(to);
    neuron_graph_unref(from);
}
END_TEST

/* ---- Files of other programs ---- */

/* Writes a file of one array [3, 4] or [4] for each of the small graph's, all of one type. */
static void write_foreign(const char *path, const char *dtype, size_t width, const void *numbers)
{
    static const struct {
        const char *name, *shape;
        size_t count;
    } arrays[] = {{"model.dense.bias", "4", 4}, {"model.dense.kernel", "3,4", 12}};
    char header[500] = "{\"__metadata__\":{\"format\":\"np\"}";
    size_t begin = 0;
    for (int i = 0; i < 2; i++) {
        size_t end = begin + arrays[i].count * width, used = strlen(header);
        snprintf(header + used, sizeof header - used,
                 ",\"%s\":{\"dtype\":\"%s\",\"shape\":[%s],\"data_offsets\":[%zu,%zu]}",
                 arrays[i].name, dtype, arrays[i].shape, begin, end);
        begin = end;
    }
    strcat(header, "}");
    FILE *file = fopen(path, "wb");
    unsigned char length[8] = {(unsigned char)strlen(header), (unsigned char)(strlen(header) >> 8)};
    ck_assert_ptr_nonnull(file);
    fwrite(length, 1, 8, file);
    fwrite(header, 1, strlen(header), file);
    fwrite(numbers, width, 16, file);
    fclose(file);
}

/* Numbers of each type, as bytes with the lowest first, and what they are. */
static const struct {
    const char *dtype;
    size_t width;
    unsigned char bytes[3][8];
    float values[3];
} types[] = {
    {"F32", 4, {{0, 0, 0xc0, 0x3f}, {0, 0, 0, 0xc0}, {0, 0, 0x80, 0x7f}}, {1.5f, -2, INFINITY}},
    {"F16", 2, {{0, 0x3e}, {0, 0xc0}, {1, 0}}, {1.5f, -2, 0x1p-24f}},
    {"BF16", 2, {{0xc0, 0x3f}, {0, 0xc0}, {0x80, 0x7f}}, {1.5f, -2, INFINITY}},
    {"F64",
     8,
     {{0, 0, 0, 0, 0, 0, 0xf8, 0x3f}, {1, 0, 0, 0, 0, 0, 0, 0xc0}, {0, 0, 0, 0, 0, 0, 0xf0, 0xff}},
     {1.5f, -2, -INFINITY}},
    {"I8", 1, {{127}, {0x80}, {0xff}}, {127, -128, -1}},
    {"U8", 1, {{127}, {0x80}, {0xff}}, {127, 128, 255}},
    {"I16", 2, {{1, 2}, {0, 0x80}, {0xff, 0xff}}, {513, -32768, -1}},
    {"U16", 2, {{1, 2}, {0, 0x80}, {0xff, 0xff}}, {513, 32768, 65535}},
    {"I32", 4, {{1, 0, 0, 1}, {0, 0, 0, 0x80}, {0xff, 0xff, 0xff, 0xff}}, {0x1p24f, -0x1p31f, -1}},
    {"U32",
     4,
     {{3, 0, 0, 1}, {0, 0, 0, 0x80}, {0, 0xff, 0xff, 0xff}},
     {0x1p24f + 4, 0x1p31f, 0xffffff00p0f}},
    {"I64",
     8,
     {{5}, {0, 0, 0, 0, 0, 0, 0, 0x80}, {0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}},
     {5, -0x1p63f, -2}},
    {"U64", 8, {{5}, {0, 0, 0, 0, 0, 0, 0, 0x80}, {0, 0, 0, 1}}, {5, 0x1p63f, 0x1p24f}},
};

static char logged[2000];

static void keep_log(int32_t level, const char *category, const char *line, void *user_data)
{
    (void)category;
    (void)level;
    (void)user_data;
    strncat(logged, line, sizeof logged - strlen(logged) - 2);
    strcat(logged, "\n");
}

START_TEST(numbers_of_other_programs)
{
    unsigned char bytes[16 * 8];
    float kernel[12], bias[4];
    const char *path = test_file("foreign.safetensors");
    neuron_graph_t *graph = make_small(1, 4), *before;
    int64_t loaded;
    for (size_t i = 0; i < 16; i++)
        memcpy(bytes + i * types[_i].width, types[_i].bytes[i % 3], types[_i].width);
    write_foreign(path, types[_i].dtype, types[_i].width, bytes);
    assert_ok(neuron_graph_clone(&before, context, graph));
    logged[0] = '\0';
    assert_ok(neuron_context_set_log(context, NEURON_LOG_INFO, keep_log, NULL, NULL));
    assert_ok(neuron_graph_load_arrays(&loaded, graph, path, "", "model."));
    ck_assert_int_eq(loaded, 2);
    read_array(graph, "dense.bias", bias, 4);
    read_array(graph, "dense.kernel", kernel, 12);
    for (int i = 0; i < 16; i++) {
        float value = i < 4 ? bias[i] : kernel[i - 4];
        assert_that(value == types[_i].values[i % 3], "%s: number %d is %a, not %a",
                    types[_i].dtype, i, (double)value, (double)types[_i].values[i % 3]);
    }
    ck_assert(same_array(graph, "dense_1.kernel", before, "dense_1.kernel", 8));
    char said[100];
    snprintf(said, sizeof said, "2 arrays of %s have become float32", types[_i].dtype);
    ck_assert_int_eq(strstr(logged, said) != NULL, _i > 0);
    ck_assert_ptr_nonnull(strstr(logged, "2 others stay, the first of them \"dense_1.kernel\""));
    test_bytes file = test_read_file(path);
    logged[0] = '\0';
    assert_ok(neuron_graph_load_arrays_memory(&loaded, before, file.data, file.size, "", "model."));
    ck_assert_int_eq(loaded, 2);
    ck_assert(same_array(graph, "dense.kernel", before, "dense.kernel", 12));
    ck_assert(same_array(graph, "dense.bias", before, "dense.bias", 4));
    ck_assert_int_eq(strstr(logged, said) != NULL, _i > 0);
    free(file.data);
    neuron_graph_unref(before);
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(what_is_no_number_of_ours)
{
    static const unsigned char large[16 * 8] = {
        0,    0,    0, 0,    0,    0,    0xf0, 0x3f, /* 1, then 1e300 */
        0x9c, 0x75, 0, 0x88, 0x3c, 0xe4, 0x37, 0x7e};
    const char *path = test_file("foreign.safetensors");
    neuron_graph_t *graph = make_small(1, 4), *wide = make_small(1, 5), *before;
    assert_ok(neuron_graph_clone(&before, context, graph));
    write_foreign(path, "F64", 8, large);
    assert_status(neuron_graph_load_arrays(NULL, graph, path, NULL, "model."), NEURON_E_FORMAT);
    assert_message("number 1 of array \"model.dense.bias\" is too large for float32");
    write_foreign(path, "BOOL", 1, large);
    assert_status(neuron_graph_load_arrays(NULL, graph, path, NULL, "model."), NEURON_E_FORMAT);
    assert_message("is of BOOL, not of f32");
    write_foreign(path, "F32", 4, large);
    assert_status(neuron_graph_load_arrays(NULL, wide, path, NULL, "model."), NEURON_E_SHAPE);
    assert_message("array \"model.dense.kernel\" is 3x4, not 3x5");
    assert_status(neuron_graph_load_arrays(NULL, graph, path, NULL, NULL), NEURON_E_DATA);
    assert_message("load_arrays: of the arrays of graph that begin with \"\" ");
    assert_status(neuron_graph_load_arrays(NULL, graph, test_file("nothing"), NULL, NULL),
                  NEURON_E_IO);
    assert_status(neuron_graph_load_arrays(NULL, graph, NULL, NULL, NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_graph_load_arrays_memory(NULL, graph, NULL, 9, NULL, NULL),
                  NEURON_E_ARGUMENT);
    assert_status(neuron_graph_load_arrays_memory(NULL, NULL, large, 9, NULL, NULL),
                  NEURON_E_ARGUMENT);
    assert_status(neuron_graph_load_arrays_memory(NULL, graph, large, 9, NULL, NULL),
                  NEURON_E_FORMAT);
    ck_assert(same_array(graph, "dense.kernel", before, "dense.kernel", 12));
    ck_assert(same_array(graph, "dense.bias", before, "dense.bias", 4));
    neuron_graph_unref(before);
    neuron_graph_unref(wide);
    neuron_graph_unref(graph);
}
END_TEST

/* ---- Clones, memory, functions ---- */

typedef struct sink {
    unsigned char *bytes;
    size_t size, room, limit;
} sink;

static int take(const void *bytes, size_t size, void *user_data)
{
    sink *to = user_data;
    if (to->size + size > to->limit) {
        neuron_graph_find_array(NULL, "x");
        return to->limit == 10 ? 5 : -1234;
    }
    if (to->size + size > to->room)
        to->bytes = realloc(to->bytes, to->room = 2 * (to->size + size));
    memcpy(to->bytes + to->size, bytes, size);
    to->size += size;
    return 0;
}

START_TEST(a_clone_is_the_same)
{
    neuron_graph_t *graph = test_cnn(context, SIDE), *clone;
    neuron_context_t *other = test_context();
    assert_ok(neuron_node_set_trainable(neuron_graph_find_node(graph, "conv2d"), 0));
    assert_ok(neuron_graph_set_metadata(graph, "version", "1"));
    assert_ok(neuron_graph_set_storage(graph, "f16"));
    assert_ok(neuron_graph_clone(&clone, other, graph));
    unsigned char bytes[2][20000];
    size_t sizes[2];
    assert_ok(neuron_graph_save_memory(bytes[0], sizeof bytes[0], &sizes[0], graph));
    assert_ok(neuron_graph_save_memory(bytes[1], sizeof bytes[1], &sizes[1], clone));
    ck_assert_uint_eq(sizes[0], sizes[1]);
    ck_assert_mem_eq(bytes[0], bytes[1], sizes[0]);
    assert_ok(neuron_graph_set_storage(graph, "f32"));
    assert_ok(neuron_graph_set_storage(clone, "f32"));
    assert_ok(neuron_graph_save_memory(bytes[0], sizeof bytes[0], &sizes[0], graph));
    assert_ok(neuron_graph_save_memory(bytes[1], sizeof bytes[1], &sizes[1], clone));
    ck_assert_mem_eq(bytes[0], bytes[1], sizes[0]);
    ck_assert_int_eq(neuron_node_trainable(neuron_graph_find_node(clone, "conv2d")), 0);
    assert_status(neuron_graph_clone(NULL, context, graph), NEURON_E_ARGUMENT);
    neuron_graph_unref(graph);
    assert_status(neuron_graph_clone(&graph, NULL, clone), NEURON_E_ARGUMENT);
    assert_status(neuron_graph_clone(&graph, context, NULL), NEURON_E_ARGUMENT);
    ck_assert_ptr_null(graph);
    neuron_graph_unref(clone);
    neuron_context_unref(other);
}
END_TEST

START_TEST(a_graph_goes_to_a_function)
{
    neuron_graph_t *graph = test_cnn(context, SIDE);
    sink to = {.limit = SIZE_MAX / 4}, small = {.limit = 100}, positive = {.limit = 10};
    unsigned char bytes[20000];
    size_t size;
    assert_ok(neuron_graph_save_to(graph, take, &to));
    assert_ok(neuron_graph_save_memory(bytes, sizeof bytes, &size, graph));
    ck_assert_uint_eq(to.size, size);
    ck_assert_mem_eq(to.bytes, bytes, size);
    assert_status(neuron_graph_save_to(graph, take, &small), -1234);
    assert_message("neuron_graph_save_to: the callback returned -1234");
    assert_message("graph is NULL");
    assert_status(neuron_graph_save_to(graph, take, &positive), NEURON_E_CALLBACK);
    assert_status(neuron_graph_save_to(graph, NULL, NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_graph_save_to(NULL, take, &to), NEURON_E_ARGUMENT);
    free(positive.bytes);
    free(small.bytes);
    free(to.bytes);
    neuron_graph_unref(graph);
}
END_TEST

static neuron_trainer_t *make_trainer(neuron_graph_t **graph, neuron_dataset_t *train)
{
    neuron_optimizer_t *adam;
    neuron_trainer_t *trainer;
    *graph = test_mlp(context, SIDE);
    assert_ok(neuron_optimizer_create(&adam, context, "adam", NULL));
    assert_ok(neuron_trainer_create(&trainer, *graph, adam, train));
    neuron_optimizer_unref(adam);
    return trainer;
}

static unsigned char *save_trainer(const neuron_trainer_t *trainer, size_t *size)
{
    assert_ok(neuron_trainer_save_memory(NULL, 0, size, trainer));
    unsigned char *bytes = malloc(*size);
    assert_ok(neuron_trainer_save_memory(bytes, *size, NULL, trainer));
    return bytes;
}

/* A training that goes on from memory ends as one that was not interrupted. */
START_TEST(a_training_goes_through_memory)
{
    neuron_dataset_t *train = test_glyphs(context, 60, SIDE);
    neuron_graph_t *graphs[2];
    neuron_trainer_t *a = make_trainer(&graphs[0], train), *b = make_trainer(&graphs[1], train);
    size_t sizes[2];
    sink to = {.limit = SIZE_MAX / 4};
    assert_ok(neuron_trainer_run(NULL, a));
    unsigned char *bytes = save_trainer(a, &sizes[0]);
    assert_ok(neuron_trainer_save_to(a, take, &to));
    ck_assert_uint_eq(to.size, sizes[0]);
    ck_assert_mem_eq(to.bytes, bytes, to.size);
    assert_status(neuron_trainer_save_memory(bytes, sizes[0] - 1, NULL, a), NEURON_E_ARGUMENT);
    assert_ok(neuron_trainer_load_memory(b, bytes, sizes[0]));
    free(bytes);
    assert_ok(neuron_trainer_set(a, "epochs=2"));
    assert_ok(neuron_trainer_set(b, "epochs=2"));
    assert_ok(neuron_trainer_run(NULL, a));
    assert_ok(neuron_trainer_run(NULL, b));
    unsigned char *one = save_trainer(a, &sizes[0]), *two = save_trainer(b, &sizes[1]);
    neuron_graph_t *clone;
    assert_ok(neuron_graph_clone(&clone, context, graphs[0]));
    for (int32_t i = 0; i < neuron_graph_array_count(clone); i++) {
        float values[2][2000];
        size_t count;
        assert_ok(neuron_graph_read_array(values[0], 2000, &count, graphs[0], i));
        assert_ok(neuron_graph_read_array(values[1], 2000, &count, graphs[1], i));
        ck_assert_mem_eq(values[0], values[1], count * sizeof(float));
    }
    assert_status(neuron_trainer_load_memory(b, one, 50), NEURON_E_FORMAT);
    assert_message("memory: ");
    assert_status(neuron_trainer_load_memory(b, NULL, 50), NEURON_E_ARGUMENT);
    assert_status(neuron_trainer_load_memory(NULL, one, 50), NEURON_E_ARGUMENT);
    assert_status(neuron_trainer_save_to(a, NULL, NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_trainer_save_to(NULL, take, &to), NEURON_E_ARGUMENT);
    free(two);
    free(one);
    free(to.bytes);
    neuron_graph_unref(clone);
    neuron_trainer_unref(b);
    neuron_trainer_unref(a);
    neuron_graph_unref(graphs[0]);
    neuron_graph_unref(graphs[1]);
    neuron_dataset_unref(train);
}
END_TEST

/* ---- Memory ---- */

START_TEST(no_memory_is_an_answer)
{
    test_memory memory;
    neuron_context_t *kept = context;
    unsigned char numbers[16 * 8] = {0};
    const char *path = test_file("foreign.safetensors");
    write_foreign(path, "F64", 8, numbers);
    test_bytes file = test_read_file(path);
    context = test_limited_context(&memory);
    neuron_dataset_t *train = test_glyphs(context, 20, SIDE);
    neuron_graph_t *graph, *clone, *small = make_small(1, 4);
    neuron_trainer_t *trainer = make_trainer(&graph, train);
    sink to = {.limit = SIZE_MAX / 4}, two = {.limit = SIZE_MAX / 4};
    assert_ok(neuron_trainer_run(NULL, trainer));
    WITH_LITTLE_MEMORY(&memory, neuron_graph_clone(&clone, context, graph));
    WITH_LITTLE_MEMORY(&memory, neuron_graph_load_arrays(NULL, small, path, NULL, "model."));
    WITH_LITTLE_MEMORY(&memory, neuron_graph_load_arrays_memory(NULL, small, file.data, file.size,
                                                                NULL, "model."));
    WITH_LITTLE_MEMORY(&memory, neuron_graph_copy_arrays(NULL, clone, graph, NULL, NULL));
    WITH_LITTLE_MEMORY(&memory, neuron_graph_save_to(graph, take, &two));
    WITH_LITTLE_MEMORY(&memory, neuron_trainer_save_to(trainer, take, &to));
    WITH_LITTLE_MEMORY(&memory, neuron_trainer_load_memory(trainer, to.bytes, to.size));
    free(file.data);
    free(two.bytes);
    free(to.bytes);
    neuron_graph_unref(small);
    neuron_graph_unref(clone);
    neuron_trainer_unref(trainer);
    neuron_graph_unref(graph);
    neuron_dataset_unref(train);
    neuron_context_unref(context);
    ck_assert_int_eq(memory.live, 0);
    context = kept;
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("arrays");
    TCase *tests = tcase_create("arrays");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    suite_add_tcase(suite, tests);
    tcase_add_test(tests, arrays_are_found);
    tcase_add_test(tests, arrays_are_copied_by_prefix);
    tcase_add_test(tests, other_shapes_are_refused);
    tcase_add_loop_test(tests, numbers_of_other_programs, 0, sizeof types / sizeof types[0]);
    tcase_add_test(tests, what_is_no_number_of_ours);
    tcase_add_test(tests, a_clone_is_the_same);
    tcase_add_test(tests, a_graph_goes_to_a_function);
    tcase_add_test(tests, a_training_goes_through_memory);
    tcase_add_test(tests, no_memory_is_an_answer);
    return run_suite(suite);
}
