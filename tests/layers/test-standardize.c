#include "gradient.h"
#include "test-common.h"

#include "graph/graph.h"

#include <math.h>
#include <string.h>

START_TEST(rescaled_values)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *node = neuron_rescale(graph, vector_input(graph, 3), 1 / 255.0, -0.5);
    assert_ok(neuron_graph_finish(graph, node));
    float output[3];
    predict(graph, (const float[]){0, 127.5f, 255}, 1, output);
    for (int i = 0; i < 3; i++)
        ck_assert_float_eq_tol(output[i], -0.5f + 0.5f * (float)i, 1e-7f);
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(bad_numbers_are_refused)
{
    static const double bad[][2] = {{NAN, 0}, {1e39, 0}, {1, -INFINITY}};
    static const char *const messages[] = {"rescale: scale is nan", "rescale: scale is 1e+39",
                                           "rescale: offset is -inf"};
    neuron_graph_t *graph = new_graph();
    ck_assert_ptr_null(neuron_rescale(graph, vector_input(graph, 3), bad[_i][0], bad[_i][1]));
    assert_status(neuron_graph_finish(graph, NULL), NEURON_E_ARGUMENT);
    assert_message(messages[_i]);
    neuron_graph_unref(graph);
}
END_TEST

static neuron_node_t *add(neuron_graph_t *graph, neuron_node_t *x, int which)
{
    return which == 0   ? neuron_rescale(graph, x, -1.75, 0.5)
           : which == 1 ? neuron_standardize(graph, x)
                        : neuron_unstandardize(graph, x);
}

/* First of all, and in the pass of another layer. */
START_TEST(gradient)
{
    static const int64_t channels[] = {1, 3, 17, 40};
    for (int deep = 0; deep < 3; deep++) {
        neuron_graph_t *graph = new_graph();
        int64_t count = channels[_i / 3];
        neuron_node_t *x = deep ? hidden_values(graph, deep == 1 ? 4 : 0, 5, count)
                                : image_input(graph, 4, 5, count);
        check_layer(graph, neuron_relu(graph, add(graph, x, _i % 3)), 3);
    }
}
END_TEST

static neuron_graph_t *graph_of(neuron_node_t **node, const int64_t *shape, int32_t rank)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = neuron_input(graph, shape, rank);
    *node = neuron_standardize(graph, x);
    assert_ok(neuron_graph_finish(graph, *node));
    return graph;
}

static neuron_dataset_t *dataset_of(neuron_graph_t *graph, const float *values, int64_t count,
                                    const int64_t *shape, int32_t rank)
{
    int64_t extents[NEURON_RANK_MAX] = {count};
    static const int32_t labels[64];
    memcpy(extents + 1, shape, (size_t)rank * sizeof *shape);
    neuron_tensor_t *examples, *classes;
    neuron_dataset_t *dataset;
    assert_ok(neuron_tensor_copy(&examples, graph->context, NEURON_TYPE_F32, extents, rank + 1,
                                 (void *)(uintptr_t)values));
    assert_ok(neuron_tensor_copy(&classes, graph->context, NEURON_TYPE_I32, extents, 1,
                                 (void *)(uintptr_t)labels));
    assert_ok(neuron_dataset_create(&dataset, graph->context, examples, classes, 2));
    neuron_tensor_unref(examples);
    neuron_tensor_unref(classes);
    return dataset;
}

START_TEST(mean_and_deviation_are_those_of_a_dataset)
{
    static const float values[] = {1, 10, 7, 3, 10, 7, 5, 10, 7, 7, 10, 7};
    static const int64_t shape[] = {2, 3};
    neuron_node_t *node;
    neuron_graph_t *graph = graph_of(&node, shape, 2);
    neuron_dataset_t *dataset = dataset_of(graph, values, 2, shape, 2);
    uint64_t version = graph->version;
    assert_ok(neuron_node_adapt(node, dataset));
    ck_assert_uint_ne(graph->version, version);
    float mean[3], deviation[3], output[12];
    assert_ok(neuron_graph_read_array(mean, 3, NULL, graph, 0));
    assert_ok(neuron_graph_read_array(deviation, 3, NULL, graph, 1));
    ck_assert_float_eq(mean[0], 4);
    ck_assert_float_eq(mean[1], 10);
    ck_assert_float_eq_tol(deviation[0], sqrtf(5), 1e-6f);
    ck_assert_float_eq(deviation[1], 0);
    predict(graph, values, 2, output);
    ck_assert_float_eq_tol(output[0], -3 / sqrtf(5), 1e-6f);
    ck_assert_float_eq(output[1], 0);                   /* all are equal: by 1 */
    assert_ok(neuron_dataset_set_scale(dataset, 2, 1)); /* as the graph sees them */
    assert_ok(neuron_node_adapt(node, dataset));
    assert_ok(neuron_graph_read_array(mean, 3, NULL, graph, 0));
    ck_assert_float_eq(mean[0], 9);
    neuron_dataset_unref(dataset);
    neuron_graph_unref(graph);
}
END_TEST

/* More examples than are looked at in one go, through a flatten. */
START_TEST(many_examples)
{
    enum { COUNT = 64, SIZE = 3000 };
    static float values[COUNT * SIZE];
    static const int64_t shape[] = {100, 30};
    for (int i = 0; i < COUNT * SIZE; i++)
        values[i] = (float)(i % SIZE) + (float)(i / SIZE);
    neuron_graph_t *graph = new_graph();
    neuron_node_t *node =
        neuron_standardize(graph, neuron_flatten(graph, neuron_input(graph, shape, 2)));
    assert_ok(neuron_graph_finish(graph, node));
    neuron_dataset_t *dataset = dataset_of(graph, values, COUNT, shape, 2);
    assert_ok(neuron_node_adapt(node, dataset));
    float mean[SIZE], deviation[SIZE];
    assert_ok(neuron_graph_read_array(mean, SIZE, NULL, graph, 0));
    assert_ok(neuron_graph_read_array(deviation, SIZE, NULL, graph, 1));
    for (int i = 0; i < SIZE; i++) {
        ck_assert_float_eq(mean[i], (float)i + (COUNT - 1) / 2.0f);
        ck_assert_float_eq_tol(deviation[i], sqrtf((COUNT * COUNT - 1) / 12.0f), 1e-4f);
    }
    neuron_dataset_unref(dataset);
    neuron_graph_unref(graph);
}
END_TEST

/* Targets [2, ...shape], of examples that play no part. */
static neuron_dataset_t *dataset_with(neuron_graph_t *graph, const float *targets,
                                      const int64_t *shape, int32_t rank)
{
    int64_t extents[NEURON_RANK_MAX] = {2};
    if (rank > 0)
        memcpy(extents + 1, shape, (size_t)rank * sizeof *shape);
    neuron_tensor_t *examples, *numbers;
    neuron_dataset_t *dataset;
    assert_ok(neuron_tensor_create(&examples, graph->context, NEURON_TYPE_F32,
                                   (const int64_t[]){2, 2}, 2));
    assert_ok(
        neuron_tensor_copy(&numbers, graph->context, NEURON_TYPE_F32, extents, rank + 1, targets));
    assert_ok(neuron_dataset_create_with_targets(&dataset, graph->context, examples, numbers));
    neuron_tensor_unref(examples);
    neuron_tensor_unref(numbers);
    return dataset;
}

/* Channels of a map, in the order that a subset has, and of the second output of two. */
START_TEST(the_way_back_takes_what_targets_have)
{
    static const float values[] = {1, 10, 3, 10, 5, 10, 7, 10}, other[] = {100, 300};
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = neuron_dense(graph, vector_input(graph, 2), 4, NULL);
    x = neuron_reshape(graph, x, (const int64_t[]){2, 2}, 2);
    neuron_node_t *map = neuron_unstandardize(graph, x);
    neuron_node_t *number =
        neuron_unstandardize(graph, neuron_dense(graph, neuron_flatten(graph, x), 1, NULL));
    neuron_node_t *outputs[] = {neuron_flatten(graph, map), number};
    assert_ok(neuron_graph_finish_many(graph, outputs, 2));
    neuron_dataset_t *of_map = dataset_with(graph, values, (const int64_t[]){2, 2}, 2);
    neuron_dataset_t *of_number = dataset_with(graph, other, NULL, 0), *both, *last;
    assert_ok(neuron_dataset_zip(&both, &of_map, 1, (neuron_dataset_t *[]){of_map, of_number}, 2));
    uint64_t version = graph->version;
    assert_ok(neuron_node_adapt(map, both));
    assert_ok(neuron_node_adapt(number, both));
    ck_assert_uint_ne(graph->version, version);
    float mean[2], deviation[2];
    int64_t at = neuron_graph_find_array(graph, "unstandardize.mean");
    assert_ok(neuron_graph_read_array(mean, 2, NULL, graph, at));
    assert_ok(neuron_graph_read_array(deviation, 2, NULL, graph, at + 1));
    ck_assert_float_eq(mean[0], 4);
    ck_assert_float_eq(mean[1], 10);
    ck_assert_float_eq_tol(deviation[0], sqrtf(5), 1e-6f);
    ck_assert_float_eq(deviation[1], 0);
    at = neuron_graph_find_array(graph, "unstandardize_1.mean");
    assert_ok(neuron_graph_read_array(mean, 2, NULL, graph, at));
    assert_ok(neuron_graph_read_array(deviation, 2, NULL, graph, at + 1));
    ck_assert_float_eq(mean[0], 200);
    ck_assert_float_eq(deviation[0], 100);
    assert_ok(neuron_dataset_subset(&last, of_map, 1, 1));
    assert_ok(neuron_node_adapt(map, last));
    at = neuron_graph_find_array(graph, "unstandardize.mean");
    assert_ok(neuron_graph_read_array(mean, 2, NULL, graph, at));
    ck_assert_float_eq(mean[0], 6);
    neuron_dataset_t *sets[] = {of_map, of_number, both, last};
    for (int i = 0; i < 4; i++)
        neuron_dataset_unref(sets[i]);
    neuron_graph_unref(graph);
}
END_TEST

/* All targets are equal: they come out as they are, by a deviation of 1. */
START_TEST(a_constant_target_comes_back)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *y = neuron_unstandardize(graph, vector_input(graph, 2));
    assert_ok(neuron_graph_finish(graph, y));
    neuron_dataset_t *dataset =
        dataset_with(graph, (const float[]){7, -1, 7, 3}, (const int64_t[]){2}, 1);
    assert_ok(neuron_node_adapt(y, dataset));
    float output[2];
    predict(graph, (const float[]){0.5f, 2}, 1, output);
    ck_assert_float_eq(output[0], 7.5f);
    ck_assert_float_eq(output[1], 5);
    neuron_dataset_unref(dataset);
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(what_has_no_targets_is_refused)
{
    static const float values[] = {1, 2, 3, 4, 5, 6};
    static const int64_t shape[] = {2}, wide[] = {3};
    neuron_graph_t *graph = new_graph();
    neuron_node_t *hidden = neuron_unstandardize(graph, vector_input(graph, 2));
    neuron_node_t *y = neuron_unstandardize(graph, neuron_dense(graph, hidden, 2, NULL));
    neuron_dataset_t *numbers = dataset_with(graph, values, shape, 1);
    neuron_dataset_t *more = dataset_with(graph, values, wide, 1), *twice;
    neuron_dataset_t *classes = dataset_of(graph, values, 2, shape, 1);
    assert_status(neuron_node_adapt(y, numbers), NEURON_E_STATE);
    assert_ok(neuron_graph_finish(graph, y));
    assert_status(neuron_node_adapt(hidden, numbers), NEURON_E_ARGUMENT);
    assert_message(
        "unstandardize: is no output; only what the graph puts out can be adapted to targets");
    assert_status(neuron_node_adapt(y, more), NEURON_E_SHAPE);
    assert_message("unstandardize_1: an example has 3 targets, the output 2");
    assert_status(neuron_node_adapt(y, classes), NEURON_E_DATA);
    assert_message("unstandardize_1: the dataset has classes; targets must be numbers");
    assert_ok(neuron_dataset_zip(&twice, &numbers, 1, (neuron_dataset_t *[]){numbers, more}, 2));
    assert_status(neuron_node_adapt(y, twice), NEURON_E_SHAPE);
    assert_message("unstandardize_1: the dataset has 2 targets, ");
    float mean[2];
    assert_ok(neuron_graph_read_array(mean, 2, NULL, graph,
                                      neuron_graph_find_array(graph, "unstandardize_1.mean")));
    ck_assert_float_eq(mean[0], 0);
    neuron_dataset_t *sets[] = {numbers, more, twice, classes};
    for (int i = 0; i < 4; i++)
        neuron_dataset_unref(sets[i]);
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(what_cannot_be_adapted_is_refused)
{
    static const int64_t shape[] = {2}, other[] = {3};
    static const float values[] = {1, 2, 3, 4, 5, NAN};
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = vector_input(graph, 2);
    neuron_node_t *first = neuron_standardize(graph, x),
                  *hidden = neuron_dense(graph, first, 2, NULL);
    neuron_node_t *second = neuron_standardize(graph, hidden);
    neuron_dataset_t *dataset = dataset_of(graph, values, 2, shape, 1);
    neuron_dataset_t *wide = dataset_of(graph, values, 1, other, 1);
    neuron_dataset_t *broken = dataset_of(graph, values + 2, 2, shape, 1);
    assert_status(neuron_node_adapt(first, dataset), NEURON_E_STATE);
    assert_ok(neuron_graph_finish(graph, second));
    assert_status(neuron_node_adapt(NULL, dataset), NEURON_E_ARGUMENT);
    assert_status(neuron_node_adapt(first, NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_node_adapt(hidden, dataset), NEURON_E_ARGUMENT);
    assert_message("dense: has nothing to adapt; that is for nodes of neuron_standardize() and "
                   "neuron_unstandardize()");
    assert_status(neuron_node_adapt(second, dataset), NEURON_E_ARGUMENT);
    assert_message("standardize_1: reads dense; only what reads the graph's input can be adapted");
    assert_status(neuron_node_adapt(first, wide), NEURON_E_SHAPE);
    assert_message("standardize: examples are 3, the input is 2");
    assert_status(neuron_node_adapt(first, broken), NEURON_E_DATA);
    float mean[2];
    assert_ok(neuron_graph_read_array(mean, 2, NULL, graph, 0));
    neuron_dataset_unref(dataset);
    neuron_dataset_unref(wide);
    neuron_dataset_unref(broken);
    neuron_graph_unref(graph);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("standardize");
    TCase *tests = tcase_create("standardize");
    tcase_set_timeout(tests, 0);
    suite_add_tcase(suite, tests);
    tcase_add_test(tests, rescaled_values);
    tcase_add_loop_test(tests, bad_numbers_are_refused, 0, 3);
    tcase_add_loop_test(tests, gradient, 0, 12);
    tcase_add_test(tests, mean_and_deviation_are_those_of_a_dataset);
    tcase_add_test(tests, many_examples);
    tcase_add_test(tests, the_way_back_takes_what_targets_have);
    tcase_add_test(tests, a_constant_target_comes_back);
    tcase_add_test(tests, what_has_no_targets_is_refused);
    tcase_add_test(tests, what_cannot_be_adapted_is_refused);
    return run_suite(suite);
}
