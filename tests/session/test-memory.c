/* Every allocation fails once, through the life of a graph: that of the n-th piece of memory, for
 * every n. A call that fails says so, is made again with memory there, and then does what it would
 * have done; at the end nothing is left. */
#include "failing-memory.h"

#include <libneuron-committee/committees.h>

static void use_context(long n)
{
    neuron_context_t *context;
    arm(n);
    TRY(make_context(&context));
    TRY(neuron_context_set_number(context, "threads", 3));
    ck_assert_int_eq(neuron_context_threads(context), 3);
    TRY(neuron_context_set_number(context, "threads", 1));
    neuron_context_unref(context);
}

START_TEST(contexts)
{
    fail_each(use_context);
}
END_TEST

static void use_data(long n)
{
    const double fractions[] = {0.5, 0.5};
    neuron_context_t *context;
    neuron_dataset_t *glyphs, *parts[2], *joined, *one_hot, *subset;
    neuron_tensor_t *copy, *examples, *labels;
    float values[4] = {1, 2, 3, 4};
    assert_ok(make_context(&context));
    arm(n);
    TRY(neuron_dataset_generate_glyphs(&glyphs, context, 40, 8, 8, 3));
    const char *const orders[] = {"order=in_order", "order=shuffled", "order=stratified"};
    for (int i = 0; i < 3; i++) {
        parts[0] = parts[1] = glyphs;
        TRY(neuron_dataset_split(parts, glyphs, fractions, 2, 5, orders[i]));
        TRY(neuron_dataset_join(&joined, parts, 2));
        ck_assert_int_eq(neuron_dataset_count(joined), 40);
        neuron_dataset_unref(joined);
        neuron_dataset_unref(parts[0]);
        neuron_dataset_unref(parts[1]);
    }
    TRY(neuron_dataset_one_hot(&one_hot, glyphs));
    TRY(neuron_dataset_subset(&subset, one_hot, 3, 4));
    TRY(neuron_tensor_copy(&copy, context, NEURON_TYPE_F32, (const int64_t[]){4}, 1, values));
    TRY(neuron_tensor_create(&examples, context, NEURON_TYPE_F32, (const int64_t[]){4, 2}, 2));
    TRY(neuron_tensor_create(&labels, context, NEURON_TYPE_I64, (const int64_t[]){4}, 1));
    neuron_dataset_unref(glyphs);
    TRY(neuron_dataset_create(&glyphs, context, examples, labels, 2));
    neuron_tensor_unref(labels);
    neuron_tensor_unref(examples);
    neuron_tensor_unref(copy);
    neuron_dataset_unref(subset);
    neuron_dataset_unref(one_hot);
    neuron_dataset_unref(glyphs);
    neuron_context_unref(context);
}

/* A standardising layer takes its numbers from a dataset. */
static void use_adaptation(long n)
{
    neuron_context_t *context;
    neuron_dataset_t *glyphs;
    neuron_graph_t *graph;
    assert_ok(make_context(&context));
    assert_ok(neuron_dataset_generate_glyphs(&glyphs, context, 40, 8, 8, 3));
    assert_ok(neuron_graph_create(&graph, context));
    neuron_node_t *x = neuron_input(graph, (const int64_t[]){8, 8, 1}, 3);
    x = neuron_standardize(graph, neuron_flatten(graph, x));
    assert_ok(neuron_graph_finish(graph, x));
    arm(n);
    TRY(neuron_node_adapt(x, glyphs));
    heal();
    float mean[64], sum = 0;
    assert_ok(neuron_graph_read_array(mean, 64, NULL, graph, 0));
    for (int i = 0; i < 64; i++)
        sum += mean[i];
    ck_assert_float_gt(sum, 0);
    neuron_graph_unref(graph);
    neuron_dataset_unref(glyphs);
    neuron_context_unref(context);
}

START_TEST(adaptation)
{
    fail_each(use_adaptation);
}
END_TEST

START_TEST(data)
{
    fail_each(use_data);
}
END_TEST

static void use_builders(long n)
{
    neuron_context_t *context;
    neuron_graph_t *graph, *expected;
    assert_ok(make_context(&context));
    assert_ok(build(&expected, context));
    arm(n);
    TRY(build(&graph, context));
    ck_assert(same_parameters(expected, graph));
    neuron_graph_unref(graph);
    neuron_graph_unref(expected);
    neuron_context_unref(context);
}

START_TEST(builders)
{
    fail_each(use_builders);
}
END_TEST

/* Memory that runs out while finishing leaves a graph that can still be finished. */
static void use_finish(long n)
{
    neuron_context_t *context;
    neuron_graph_t *g;
    assert_ok(make_context(&context));
    assert_ok(neuron_graph_create(&g, context));
    neuron_node_t *x = neuron_input(g, (const int64_t[]){4}, 1);
    neuron_node_t *y = neuron_dense(g, x, 3, NULL);
    neuron_dense(g, y, 2, NULL); /* nobody needs it */
    arm(n);
    TRY(neuron_graph_finish(g, y));
    ck_assert_int_eq(neuron_graph_parameter_count(g), 15);
    neuron_graph_unref(g);
    neuron_context_unref(context);
}

START_TEST(finish)
{
    fail_each(use_finish);
}
END_TEST

static int import(neuron_graph_t **graph, neuron_context_t *context, const neuron_graph_t *source)
{
    neuron_graph_t *g;
    int status = neuron_graph_create(&g, context);
    *graph = g;
    if (status < 0)
        return status;
    neuron_node_t *x = neuron_input(g, (const int64_t[]){SIZE, SIZE, 1}, 3);
    neuron_node_t *both[] = {neuron_graph_import(g, x, source, "left", NULL),
                             neuron_graph_import(g, x, source, NULL, NULL)};
    status = neuron_graph_finish(g, neuron_weighted_average(g, both, 2, (const double[]){1, 1}));
    if (status < 0) {
        neuron_graph_unref(g);
        *graph = NULL;
    }
    return status;
}

static void use_committees(long n)
{
    world w = make_world();
    neuron_graph_t *members[] = {w.graph, w.graph}, *committee, *imported;
    double weights[] = {7, 7};
    arm(n);
    TRY(neuron_committee_weights(weights, members, 2, w.glyphs, NULL));
    ck_assert_double_eq(weights[1], 0.5);
    committee = w.graph;
    TRY(neuron_committee_create(&committee, w.context, members, 2, weights, "rule=weighted_vote"));
    ck_assert_int_eq(neuron_graph_parameter_count(committee),
                     2 * neuron_graph_parameter_count(w.graph));
    TRY(import(&imported, w.context, w.graph));
    neuron_graph_unref(imported);
    neuron_graph_unref(committee);
    end_world(&w);
}

START_TEST(committees)
{
    fail_each(use_committees);
}
END_TEST

static void use_predictions(long n)
{
    world w = make_world();
    neuron_tensor_t *input, *output;
    neuron_evaluation_t *evaluation;
    size_t needed;
    char report[2000];
    assert_ok(neuron_tensor_create(&input, w.context, NEURON_TYPE_F32,
                                   (const int64_t[]){3, SIZE, SIZE, 1}, 4));
    assert_ok(neuron_tensor_create(&output, w.context, NEURON_TYPE_F32,
                                   (const int64_t[]){3, TEST_CLASSES}, 2));
    arm(n);
    TRY(neuron_graph_predict(w.graph, input, output));
    TRY(neuron_graph_evaluate(&evaluation, w.graph, w.glyphs, NULL, NULL));
    TRY(neuron_evaluation_report(report, sizeof report, &needed, evaluation, NULL, 4));
    neuron_evaluation_unref(evaluation);
    const int32_t classes[] = {0, 1, 1};
    TRY(neuron_evaluation_create(&evaluation, w.context, classes, classes, 3, 2));
    neuron_evaluation_unref(evaluation);
    neuron_tensor_unref(output);
    neuron_tensor_unref(input);
    end_world(&w);
}

/* One 1x1 convolution whose values take half a megabyte an example: a chunk is a single one. */
static int build_large(neuron_graph_t **graph, neuron_context_t *context)
{
    int status = neuron_graph_create(graph, context);
    if (status < 0)
        return status;
    neuron_node_t *x = neuron_input(*graph, (const int64_t[]){SIZE, SIZE, 1}, 3);
    neuron_node_t *node =
        neuron_batch_norm(*graph, neuron_conv2d(*graph, x, 2048, 1, 1, NULL), NULL);
    status = neuron_graph_finish(*graph, neuron_global_average_pool2d(*graph, node));
    if (status < 0)
        neuron_graph_unref(*graph);
    return status;
}

static void use_chunks(long n)
{
    neuron_context_t *context;
    neuron_graph_t *graph;
    neuron_tensor_t *input, *output;
    assert_ok(make_context(&context));
    assert_ok(neuron_context_set_number(context, "threads", 3));
    arm(n);
    TRY(build_large(&graph, context));
    TRY(neuron_tensor_create(&input, context, NEURON_TYPE_F32,
                             (const int64_t[]){EXAMPLES, SIZE, SIZE, 1}, 4));
    TRY(neuron_tensor_create(&output, context, NEURON_TYPE_F32, (const int64_t[]){EXAMPLES, 2048},
                             2));
    TRY(neuron_graph_predict(graph, input, output));
    neuron_tensor_unref(output);
    neuron_tensor_unref(input);
    neuron_graph_unref(graph);
    neuron_context_unref(context);
}

START_TEST(chunks)
{
    fail_each(use_chunks);
}
END_TEST

START_TEST(predictions)
{
    fail_each(use_predictions);
}
END_TEST

static void use_summary(long n)
{
    world w = make_world();
    size_t needed;
    int64_t bytes, expected;
    char text[4000];
    assert_ok(neuron_graph_memory(&expected, w.graph, BATCH, "training=yes"));
    arm(n);
    TRY(neuron_graph_memory(&bytes, w.graph, BATCH, "training=yes"));
    ck_assert_int_eq(bytes, expected);
    TRY(neuron_graph_memory(&bytes, w.graph, BATCH, NULL));
    TRY(neuron_graph_summary(NULL, 0, &needed, w.graph, BATCH));
    TRY(neuron_graph_summary(text, sizeof text, &needed, w.graph, BATCH));
    ck_assert_uint_eq(strlen(text) + 1, needed);
    end_world(&w);
}

START_TEST(summaries)
{
    fail_each(use_summary);
}
END_TEST

/* ---- Nothing is allocated where time counts ---- */
int main(void)
{
    json_set_alloc_funcs(json_allocate, json_release);
    Suite *suite = suite_create("memory");
    TCase *cases = tcase_create("memory");
    tcase_set_timeout(cases, 0);
    tcase_add_test(cases, contexts);
    tcase_add_test(cases, data);
    tcase_add_test(cases, adaptation);
    tcase_add_test(cases, builders);
    tcase_add_test(cases, finish);
    tcase_add_test(cases, committees);
    tcase_add_test(cases, predictions);
    tcase_add_test(cases, chunks);
    tcase_add_test(cases, summaries);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
