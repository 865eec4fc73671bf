#include "gradient.h"
#include "test-common.h"

#include "graph/graph.h"

#include <math.h>

/* One dense layer of 200 x 300; its kernel is array 0. */
enum { IN = 200, OUT = 300, COUNT = IN * OUT };

static neuron_graph_t *dense_graph(uint64_t seed, const char *kind, double parameter)
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
    const char *kind;
    double parameter, deviation, limit; /* of the values; 0 for no limit */
} kinds[] = {
    {"glorot_uniform", 0, 0.0632456, 0.1095446},
    {"glorot_normal", 0, 0.0632456, 0.1438017},
    {"he_uniform", 0, 0.1, 0.1732051},
    {"he_normal", 0, 0.1, 0.2273695},
    {"lecun_uniform", 0, 0.0707107, 0.1224745},
    {"lecun_normal", 0, 0.0707107, 0.1607745},
    {"uniform", 0.5, 0.2886751, 0.5},
    {"normal", 0.02, 0.02, 0},
    {"truncated_normal", 0.05, 0.0439813, 0.1},
    {"constant", -0.25, 0, 0},
    {"zeros", 0, 0, 0},
    {"ones", 0, 0, 0},
};

static double expected_mean(const char *kind, double parameter)
{
    if (strcmp(kind, "constant") == 0)
        return parameter;
    return strcmp(kind, "ones") == 0 ? 1 : 0;
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
    if (strcmp(kinds[_i].kind, "normal") == 0)
        ck_assert_double_gt(largest, 3.5 * deviation);
    neuron_graph_unref(graph);
}
END_TEST

static void assert_starts(const neuron_node_t *node, const char *array, const char *kind,
                          double parameter)
{
    const char *found;
    double size;
    assert_ok(neuron_node_initializer(&found, &size, node, array));
    ck_assert_str_eq(found, kind);
    ck_assert_double_eq(size, parameter);
}

START_TEST(names)
{
    neuron_graph_t *graph = dense_graph(3, kinds[_i].kind, kinds[_i].parameter);
    assert_starts(graph->outputs[0], "kernel", kinds[_i].kind, kinds[_i].parameter);
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(other_names)
{
    neuron_graph_t *graph = dense_graph(3, "random_normal", 0.5);
    assert_starts(graph->outputs[0], "kernel", "normal", 0.5);
    neuron_graph_unref(graph);
    graph = dense_graph(3, "random_uniform", 0.5);
    assert_starts(graph->outputs[0], "kernel", "uniform", 0.5);
    neuron_graph_unref(graph);
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
    assert_ok(neuron_node_set_initializer(norm, "gamma", "constant", 0.5));
    /* A layer uses the node already: the shape stays, so that is no hindrance. */
    assert_ok(neuron_node_set_initializer(node, "bias", "constant", 0.25));
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
static void check_limit(const neuron_graph_t *graph, int64_t index, double limit)
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
    assert_ok(neuron_node_set_initializer(conv, "kernel", "he_uniform", 0));
    assert_ok(neuron_node_set_initializer(conv, "bias", "he_uniform", 0));
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
    assert_ok(neuron_node_set_initializer(node, "kernel", "constant", 3));
    assert_ok(neuron_node_set(node, "initializer=ones"));
    assert_status(neuron_node_set(node, "initializer=normal"), NEURON_E_ARGUMENT);
    assert_message("dense: initializer is normal; it must be glorot_uniform, zeros");
    neuron_graph_unref(graph);
    graph = new_graph();
    node = neuron_dense(graph, vector_input(graph, 3), 2, NULL);
    assert_ok(neuron_node_set_initializer(node, "kernel", "constant", 3));
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
    const char *kind;
    double parameter;
    const char *message;
} refused[] = {
    {NULL, "ones", 0, "dense: array is NULL"},
    {"gamma", "ones", 0, "dense: has no array \"gamma\""},
    {"kernel", "orthogonal", 0, "dense: there is no initializer \"orthogonal\""},
    {"kernel", "he_norml", 0, "did you mean \"he_normal\"?"},
    {"kernel", NULL, 0, "dense: initializer is NULL"},
    {"kernel", "normal", -0.5,
     "parameter is -0.5; the deviation of normal must be 0 or more and finite as float"},
    {"kernel", "uniform", (double)NAN, "the limit of uniform must be 0 or more"},
    {"kernel", "constant", (double)INFINITY, "value of constant must be finite as float"},
    {"kernel", "constant", 1e39,
     "parameter is 1e+39; the value of constant must be finite as float"},
    {"kernel", "uniform", 1e39,
     "parameter is 1e+39; the limit of uniform must be 0 or more and finite as float"},
    {"kernel", "he_normal", 2, "parameter is 2; it must be 0 for he_normal"},
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

START_TEST(read_back)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *node = neuron_dense(graph, vector_input(graph, 3), 2, NULL);
    neuron_node_t *norm = neuron_batch_norm(graph, node, NULL);
    assert_starts(node, "kernel", "glorot_uniform", 0);
    assert_starts(node, "bias", "zeros", 0);
    assert_starts(norm, "moving_variance", "ones", 0);
    node = neuron_dense(graph, norm, 2, "initializer=he_normal");
    assert_starts(node, "kernel", "he_normal", 0);
    assert_ok(neuron_node_set_initializer(node, "kernel", "normal", 0.55));
    assert_starts(node, "kernel", "normal", 0.55);
    assert_ok(neuron_node_set(node, "initializer=ones"));
    assert_starts(node, "kernel", "ones", 0);
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(bad_reading)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *node = neuron_dense(graph, vector_input(graph, 3), 2, NULL);
    const char *kind = "as before";
    double parameter = 7;
    assert_status(neuron_node_initializer(&kind, &parameter, NULL, "kernel"), NEURON_E_ARGUMENT);
    assert_status(neuron_node_initializer(&kind, &parameter, node, NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_node_initializer(&kind, &parameter, node, "gamma"), NEURON_E_ARGUMENT);
    assert_message("dense: has no array \"gamma\"");
    assert_status(neuron_node_initializer(NULL, &parameter, node, "kernel"), NEURON_E_ARGUMENT);
    assert_status(neuron_node_initializer(&kind, NULL, node, "kernel"), NEURON_E_ARGUMENT);
    ck_assert_str_eq(kind, "as before");
    assert_ok(neuron_graph_finish(graph, node));
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(too_late)
{
    neuron_graph_t *graph = dense_graph(1, "ones", 0);
    assert_status(neuron_node_set_initializer(graph->outputs[0], "kernel", "zeros", 0),
                  NEURON_E_STATE);
    assert_message("dense: the graph is finished");
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(saved_and_imported)
{
    neuron_graph_t *graph = dense_graph(1, "normal", 0.02), *loaded;
    size_t size;
    assert_ok(neuron_graph_save_memory(NULL, 0, &size, graph));
    void *bytes = malloc(size);
    assert_ok(neuron_graph_save_memory(bytes, size, NULL, graph));
    assert_ok(neuron_graph_load_memory(&loaded, graph->context, bytes, size));
    free(bytes);
    neuron_graph_t *copy = new_graph();
    neuron_node_t *output = neuron_graph_import(copy, vector_input(copy, IN), loaded, NULL, NULL);
    ck_assert_ptr_nonnull(output);
    assert_starts(output, "kernel", "normal", 0.02);
    assert_starts(output, "bias", "zeros", 0);
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
    tcase_add_loop_test(tests, names, 0, count);
    tcase_add_test(tests, other_names);
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
