/* Memory that runs out at any allocation leaves no file, and nothing behind. */
#include "session/failing-memory.h"

#include <libneuron-source/source.h>

#include <unistd.h>

static const char *path;

/* Several kinds of layers, bytes, an output that is a copy. */
static neuron_graph_t *make_graph(neuron_context_t *context)
{
    neuron_graph_t *graph;
    assert_ok(neuron_graph_create(&graph, context));
    neuron_node_t *x = neuron_input(graph, (const int64_t[]){6, 6, 2}, 3);
    neuron_node_t *c = neuron_batch_norm(graph, neuron_conv2d(graph, x, 4, 3, 3, NULL), NULL);
    neuron_node_t *p = neuron_prelu(graph, neuron_max_pool2d(graph, c, 2, 2, NULL));
    neuron_node_t *s = neuron_standardize(graph, neuron_layer_norm(graph, p, NULL));
    neuron_node_t *n = neuron_batch_norm(graph, neuron_flatten(graph, s), NULL);
    neuron_node_t *a = neuron_dense(graph, n, 3, NULL), *b = neuron_dense(graph, n, 3, NULL);
    neuron_node_t *both[] = {a, b};
    neuron_node_t *ends[] = {neuron_weighted_average(graph, both, 2, (const double[]){1, 2}), a,
                             neuron_reshape(graph, a, (const int64_t[]){3, 1}, 2)};
    assert_ok(neuron_graph_finish_many(graph, ends, 3));
    assert_ok(neuron_graph_set_scales(graph, NULL, (const double[]){0.1, 0.2},
                                      (const double[]){0, 1}, 2));
    return graph;
}

static int take(const void *bytes, size_t size, void *user_data)
{
    (void)bytes;
    *(size_t *)user_data += size;
    return 0;
}

static void export(long n)
{
    neuron_context_t *context;
    size_t size = 0;
    assert_ok(make_context(&context));
    neuron_graph_t *graph = make_graph(context);
    remove(path);
    arm(n);
    int status = neuron_source_export(graph, path, NULL);
    bool failed = atomic_load(&failures) > 0;
    if (status < 0)
        assert_out_of_memory(status, "export");
    ck_assert_int_eq(status < 0, failed);
    ck_assert_int_eq(access(path, F_OK) == 0, status == NEURON_OK);
    heal();
    arm(n);
    TRY(neuron_source_export(graph, path, "header=yes"));
    heal();
    failed |= atomic_load(&failures) > 0;
    arm(n);
    TRY(neuron_source_export_to(graph, take, &size, NULL));
    heal();
    ck_assert_uint_gt(size, 0);
    if (failed) /* of those before, too */
        atomic_store(&failures, 1);
    neuron_graph_unref(graph);
    neuron_context_unref(context);
}

START_TEST(exports)
{
    path = test_file("m.c");
    fail_each(export);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("memory of source");
    TCase *tests = tcase_create("memory");
    tcase_set_timeout(tests, 0);
    suite_add_tcase(suite, tests);
    tcase_add_test(tests, exports);
    return run_suite(suite);
}
