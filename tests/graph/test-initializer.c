#include "gradient.h"
#include "test-common.h"

#include "graph/graph.h"

#include <math.h>

/* One dense layer of 200 x 300; its kernel is array 0. */
enum { IN = 200, OUT = 300, COUNT = IN * OUT };

static neuron_graph_t *dense_graph(uint64_t seed, int32_t kind, double parameter)
{
    neuron_graph_t *graph = new_graph();
    assert_ok(neuron_graph_set_seed(graph, seed));
    neuron_node_t *node = neuron_dense(graph, vector_input(graph, IN), OUT, NULL);
    assert_ok(neuron_node_set_initializer(node, "kernel", kind, parameter));
    assert_ok(neuron_graph_finish(graph, node));
    return graph;
}

static void read_kernel(const neuron_graph_t *graph, float *values)
{
    assert_ok(neuron_graph_read_array(values, COUNT, NULL, graph, 0));
}

static const struct {
    int32_t kind;
    const char *name;
    double parameter, deviation, limit; /* of the values; 0 for no limit */
} kinds[] = {
    {NEURON_INITIALIZER_GLOROT_UNIFORM, "glorot_uniform", 0, 0.0632456, 0.1095446},
    {NEURON_INITIALIZER_GLOROT_NORMAL, "glorot_normal", 0, 0.0632456, 0.1438017},
    {NEURON_INITIALIZER_HE_UNIFORM, "he_uniform", 0, 0.1, 0.1732051},
    {NEURON_INITIALIZER_HE_NORMAL, "he_normal", 0, 0.1, 0.2273695},
    {NEURON_INITIALIZER_LECUN_UNIFORM, "lecun_uniform", 0, 0.0707107, 0.1224745},
    {NEURON_INITIALIZER_LECUN_NORMAL, "lecun_normal", 0, 0.0707107, 0.1607745},
    {NEURON_INITIALIZER_UNIFORM, "uniform", 0.5, 0.2886751, 0.5},
    {NEURON_INITIALIZER_NORMAL, "normal", 0.02, 0.02, 0},
    {NEURON_INITIALIZER_TRUNCATED_NORMAL, "truncated_normal", 0.05, 0.0439813, 0.1},
    {NEURON_INITIALIZER_CONSTANT, "constant", -0.25, 0, 0},
    {NEURON_INITIALIZER_ZEROS, "zeros", 0, 0, 0},
    {NEURON_INITIALIZER_ONES, "ones", 0, 0, 0},
};

static double expected_mean(int32_t kind, double parameter)
{
    if (kind == NEURON_INITIALIZER_CONSTANT)
        return parameter;
    return kind == NEURON_INITIALIZER_ONES ? 1 : 0;
}

/* Mean and deviation within five deviations of theirs, bounds kept and nearly reached. */
START_TEST(moments_and_bounds)
{
    static float values[COUNT];
    neuron_graph_t *graph = dense_graph(3, kinds[_i].kind, kinds[_i].parameter);
    read_kernel(graph, values);
    double sum = 0, squares = 0, largest = 0, deviation = kinds[_i].deviation;
    for (int i = 0; i < COUNT; i++) {
        sum += (double)values[i];
        largest = fmax(largest, fabs((double)values[i]));
    }
    for (int i = 0; i < COUNT; i++)
        squares += pow((double)values[i] - sum / COUNT, 2);
    ck_assert_double_eq_tol(sum / COUNT, expected_mean(kinds[_i].kind, kinds[_i].parameter),
                            5 * deviation / sqrt(COUNT) + 1e-12);
    ck_assert_double_eq_tol(sqrt(squares / COUNT), deviation, 5 * deviation / sqrt(COUNT) + 1e-12);
    if (kinds[_i].limit > 0) {
        ck_assert_double_le(largest, kinds[_i].limit * 1.000001);
        ck_assert_double_ge(largest, kinds[_i].limit * 0.999);
    }
    if (kinds[_i].kind == NEURON_INITIALIZER_NORMAL)
        ck_assert_double_gt(largest, 3.5 * deviation);
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(names_and_kinds)
{
    int32_t kind = 0;
    assert_ok(neuron_initializer_find(&kind, kinds[_i].name));
    ck_assert_int_eq(kind, kinds[_i].kind);
    ck_assert_str_eq(neuron_initializer_name(kind), kinds[_i].name);
}
END_TEST

START_TEST(unknown_names)
{
    int32_t kind = 7;
    assert_status(neuron_initializer_find(&kind, "orthogonal"), NEURON_E_ARGUMENT);
    assert_message("there is no initializer \"orthogonal\"");
    ck_assert_int_eq(kind, 7);
    ck_assert_ptr_null(neuron_initializer_name(11));
    assert_ok(neuron_initializer_find(&kind, "random_normal"));
    ck_assert_int_eq(kind, NEURON_INITIALIZER_NORMAL);
    assert_status(neuron_initializer_find(&kind, NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_initializer_find(NULL, "ones"), NEURON_E_ARGUMENT);
}
END_TEST

START_TEST(the_seed_decides)
{
    static float values[3][COUNT];
    const uint64_t seeds[] = {3, 3, 4};
    for (int i = 0; i < 3; i++) {
        neuron_graph_t *graph = dense_graph(seeds[i], kinds[_i].kind, kinds[_i].parameter);
        read_kernel(graph, values[i]);
        neuron_graph_unref(graph);
    }
    ck_assert_int_eq(memcmp(values[0], values[1], sizeof values[0]), 0);
    bool random = kinds[_i].deviation > 0;
    ck_assert_int_eq(memcmp(values[0], values[2], sizeof values[0]) != 0, random);
}
END_TEST

/* Models that were trained from a seed must start the same with every version. */
START_TEST(glorot_uniform_stays)
{
    neuron_graph_t *graph = new_graph();
    assert_ok(neuron_graph_set_seed(graph, 1));
    assert_ok(neuron_graph_finish(graph, neuron_dense(graph, vector_input(graph, 3), 2, NULL)));
    float values[6];
    assert_ok(neuron_graph_read_array(values, 6, NULL, graph, 0));
    uint32_t numbers[4];
    const neuron_random random = {.seed = 1, .use = NEURON_RANDOM_INITIALIZE};
    for (int i = 0; i < 6; i++) {
        neuron_random_block(&random, (uint64_t)i / 4, numbers);
        double share = (double)(numbers[i % 4] >> 8) / 16777216;
        ck_assert_double_eq_tol((double)values[i], sqrt(6.0 / 5) * (2 * share - 1), 1e-6);
    }
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(any_array)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *node = neuron_dense(graph, vector_input(graph, 3), 2, NULL);
    neuron_node_t *norm = neuron_batch_norm(graph, node, NULL);
    assert_ok(neuron_node_set_initializer(norm, "gamma", NEURON_INITIALIZER_CONSTANT, 0.5));
    /* A layer uses the node already: the shape stays, so that is no hindrance. */
    assert_ok(neuron_node_set_initializer(node, "bias", NEURON_INITIALIZER_CONSTANT, 0.25));
    assert_ok(neuron_graph_finish(graph, norm));
    float values[2];
    assert_ok(neuron_graph_read_array(values, 2, NULL, graph, 1));
    ck_assert_float_eq(values[1], 0.25f);
    assert_ok(neuron_graph_read_array(values, 2, NULL, graph, 2));
    ck_assert_float_eq(values[0], 0.5f);
    neuron_graph_unref(graph);
}
END_TEST

/* The largest value of an array stays below a limit and comes near it. */
static void check_limit(const neuron_graph_t *graph, int32_t index, double limit)
{
    const neuron_graph_array *array = &graph->arrays[index];
    double largest = 0;
    /* Not fmax(), on which gcc 12 for arm64 gives up. */
    for (int64_t j = 0; j < array->count; j++) {
        double size = fabs((double)graph->values[array->offset + j]);
        largest = size > largest ? size : largest;
    }
    ck_assert_double_le(largest, limit * 1.000001);
    ck_assert_double_ge(largest, limit * 0.9);
}

static neuron_node_t *wide_dense(neuron_graph_t *graph)
{
    return neuron_dense(graph, vector_input(graph, 40), 30, NULL);
}

static neuron_node_t *high_convolution(neuron_graph_t *graph)
{
    return neuron_conv2d(graph, image_input(graph, 9, 9, 8), 50, 5, 2, NULL);
}

static neuron_node_t *high_depthwise_convolution(neuron_graph_t *graph)
{
    neuron_node_t *node =
        neuron_depthwise_conv2d(graph, image_input(graph, 9, 9, 30), 5, 2, "depth_multiplier=4");
    return node;
}

static const struct {
    neuron_node_t *(*build)(neuron_graph_t *graph);
    double fan_in, fan_out;
} fans[] = {
    {wide_dense, 40, 30},
    {high_convolution, 5 * 2 * 8, 5 * 2 * 50},
    {high_depthwise_convolution, 5 * 2 * 30, 5 * 2 * 4},
};

START_TEST(kernels_start_by_both_fans)
{
    neuron_graph_t *graph = new_graph();
    assert_ok(neuron_graph_finish(graph, fans[_i].build(graph)));
    check_limit(graph, 0, sqrt(6.0 / (fans[_i].fan_in + fans[_i].fan_out)));
    neuron_graph_unref(graph);
}
END_TEST

/* Of rank 1 both fans are the extent; with a window before the last axes they count it. */
START_TEST(fans_of_arrays)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *conv = neuron_conv2d(graph, image_input(graph, 9, 9, 8), 50, 5, 5, NULL);
    assert_ok(neuron_node_set_initializer(conv, "kernel", NEURON_INITIALIZER_HE_UNIFORM, 0));
    assert_ok(neuron_node_set_initializer(conv, "bias", NEURON_INITIALIZER_HE_UNIFORM, 0));
    assert_ok(neuron_graph_finish(graph, conv));
    check_limit(graph, 0, sqrt(6.0 / (5 * 5 * 8)));
    check_limit(graph, 1, sqrt(6.0 / 50));
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(the_option_takes_kinds_without_parameter)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *node = neuron_dense(graph, vector_input(graph, 3), 2, NULL);
    assert_ok(neuron_node_set_initializer(node, "kernel", NEURON_INITIALIZER_CONSTANT, 3));
    assert_ok(neuron_node_set(node, "initializer=ones"));
    assert_status(neuron_node_set(node, "initializer=normal"), NEURON_E_ARGUMENT);
    assert_message("dense: initializer is normal; it must be glorot_uniform, zeros");
    neuron_graph_unref(graph);
    graph = new_graph();
    node = neuron_dense(graph, vector_input(graph, 3), 2, NULL);
    assert_ok(neuron_node_set_initializer(node, "kernel", NEURON_INITIALIZER_CONSTANT, 3));
    assert_ok(neuron_node_set(node, "initializer=ones"));
    assert_ok(neuron_graph_finish(graph, node));
    float values[6];
    assert_ok(neuron_graph_read_array(values, 6, NULL, graph, 0));
    ck_assert_float_eq(values[5], 1);
    neuron_graph_unref(graph);
}
END_TEST

static const struct {
    const char *array;
    int32_t kind;
    double parameter;
    const char *message;
} refused[] = {
    {NULL, NEURON_INITIALIZER_ONES, 0, "dense: array is NULL"},
    {"gamma", NEURON_INITIALIZER_ONES, 0, "dense: has no array \"gamma\""},
    {"kernel", 11, 0, "dense: initializer is 11; it must be glorot_uniform (10), zeros (20)"},
    {"kernel", NEURON_INITIALIZER_NORMAL, -0.5,
     "parameter is -0.5; the deviation of normal must be 0 or more and finite as float"},
    {"kernel", NEURON_INITIALIZER_UNIFORM, (double)NAN, "the limit of uniform must be 0 or more"},
    {"kernel", NEURON_INITIALIZER_CONSTANT, (double)INFINITY,
     "value of constant must be finite as float"},
    {"kernel", NEURON_INITIALIZER_CONSTANT, 1e39,
     "parameter is 1e+39; the value of constant must be finite as float"},
    {"kernel", NEURON_INITIALIZER_UNIFORM, 1e39,
     "parameter is 1e+39; the limit of uniform must be 0 or more and finite as float"},
    {"kernel", NEURON_INITIALIZER_HE_NORMAL, 2, "parameter is 2; it must be 0 for he_normal"},
};

START_TEST(bad_input)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *node = neuron_dense(graph, vector_input(graph, 3), 2, NULL);
    assert_status(neuron_node_set_initializer(node, refused[_i].array, refused[_i].kind,
                                              refused[_i].parameter),
                  NEURON_E_ARGUMENT);
    assert_message(refused[_i].message);
    assert_status(neuron_graph_finish(graph, node), NEURON_E_ARGUMENT);
    assert_message(refused[_i].message);
    neuron_graph_unref(graph);
}
END_TEST

static void assert_starts(const neuron_node_t *node, const char *array, int32_t kind,
                          double parameter)
{
    int32_t found;
    double size;
    assert_ok(neuron_node_initializer(&found, &size, node, array));
    ck_assert_int_eq(found, kind);
    ck_assert_double_eq(size, parameter);
}

START_TEST(read_back)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *node = neuron_dense(graph, vector_input(graph, 3), 2, NULL);
    neuron_node_t *norm = neuron_batch_norm(graph, node, NULL);
    assert_starts(node, "kernel", NEURON_INITIALIZER_GLOROT_UNIFORM, 0);
    assert_starts(node, "bias", NEURON_INITIALIZER_ZEROS, 0);
    assert_starts(norm, "moving_variance", NEURON_INITIALIZER_ONES, 0);
    node = neuron_dense(graph, norm, 2, "initializer=he_normal");
    assert_starts(node, "kernel", NEURON_INITIALIZER_HE_NORMAL, 0);
    assert_ok(neuron_node_set_initializer(node, "kernel", NEURON_INITIALIZER_NORMAL, 0.55));
    assert_starts(node, "kernel", NEURON_INITIALIZER_NORMAL, 0.55);
    assert_ok(neuron_node_set(node, "initializer=ones"));
    assert_starts(node, "kernel", NEURON_INITIALIZER_ONES, 0);
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(bad_reading)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *node = neuron_dense(graph, vector_input(graph, 3), 2, NULL);
    int32_t kind = 7;
    double parameter = 7;
    assert_status(neuron_node_initializer(&kind, &parameter, NULL, "kernel"), NEURON_E_ARGUMENT);
    assert_status(neuron_node_initializer(&kind, &parameter, node, NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_node_initializer(&kind, &parameter, node, "gamma"), NEURON_E_ARGUMENT);
    assert_message("dense: has no array \"gamma\"");
    assert_status(neuron_node_initializer(NULL, &parameter, node, "kernel"), NEURON_E_ARGUMENT);
    assert_status(neuron_node_initializer(&kind, NULL, node, "kernel"), NEURON_E_ARGUMENT);
    ck_assert_int_eq(kind, 7);
    assert_ok(neuron_graph_finish(graph, node));
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(too_late)
{
    neuron_graph_t *graph = dense_graph(1, NEURON_INITIALIZER_ONES, 0);
    assert_status(
        neuron_node_set_initializer(graph->outputs[0], "kernel", NEURON_INITIALIZER_ZEROS, 0),
        NEURON_E_STATE);
    assert_message("dense: the graph is finished");
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(saved_and_imported)
{
    neuron_graph_t *graph = dense_graph(1, NEURON_INITIALIZER_NORMAL, 0.02), *loaded;
    size_t size;
    assert_ok(neuron_graph_save_memory(NULL, 0, &size, graph));
    void *bytes = malloc(size);
    assert_ok(neuron_graph_save_memory(bytes, size, NULL, graph));
    assert_ok(neuron_graph_load_memory(&loaded, graph->context, bytes, size));
    free(bytes);
    neuron_graph_t *copy = new_graph();
    neuron_node_t *output = neuron_graph_import(copy, vector_input(copy, IN), loaded, NULL, NULL);
    ck_assert_ptr_nonnull(output);
    assert_starts(output, "kernel", NEURON_INITIALIZER_NORMAL, 0.02);
    assert_starts(output, "bias", NEURON_INITIALIZER_ZEROS, 0);
    ck_assert_int_eq(output->choices[1].initializer, 0);
    neuron_graph_unref(copy);
    neuron_graph_unref(loaded);
    neuron_graph_unref(graph);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("initializer");
    TCase *tests = tcase_create("initializer");
    int count = sizeof kinds / sizeof *kinds;
    tcase_set_timeout(tests, 0);
    suite_add_tcase(suite, tests);
    tcase_add_loop_test(tests, moments_and_bounds, 0, count);
    tcase_add_loop_test(tests, names_and_kinds, 0, count);
    tcase_add_test(tests, unknown_names);
    tcase_add_loop_test(tests, the_seed_decides, 0, count);
    tcase_add_test(tests, glorot_uniform_stays);
    tcase_add_test(tests, any_array);
    tcase_add_loop_test(tests, kernels_start_by_both_fans, 0, sizeof fans / sizeof fans[0]);
    tcase_add_test(tests, fans_of_arrays);
    tcase_add_test(tests, the_option_takes_kinds_without_parameter);
    tcase_add_loop_test(tests, bad_input, 0, sizeof refused / sizeof *refused);
    tcase_add_test(tests, read_back);
    tcase_add_test(tests, bad_reading);
    tcase_add_test(tests, too_late);
    tcase_add_test(tests, saved_and_imported);
    return run_suite(suite);
}
