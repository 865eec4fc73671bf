/* Graphs of many layers: how many there may be, what they are called, and that twice
 * as many take twice as long. */
#include "test-models.h"

#include <stdio.h>
#include <time.h>

enum { MOST = 10000 };

static neuron_graph_t *new_graph(neuron_context_t *context)
{
    neuron_graph_t *graph;
    assert_ok(neuron_graph_create(&graph, context));
    return graph;
}

static neuron_node_t *vector(neuron_graph_t *graph)
{
    return neuron_input(graph, (const int64_t[]){4}, 1);
}

/* A chain of layers, the input counted. */
static neuron_node_t *chain(neuron_graph_t *graph, int64_t count)
{
    neuron_node_t *x = vector(graph);
    for (int32_t i = 1; i < count; i++)
        x = neuron_relu(graph, x);
    return x;
}

START_TEST(most_layers)
{
    neuron_context_t *context = test_context();
    neuron_graph_t *graph = new_graph(context);
    neuron_node_t *x = chain(graph, MOST);
    ck_assert_ptr_nonnull(x);
    ck_assert_str_eq(neuron_node_name(x), "relu_9998");
    ck_assert_ptr_eq(neuron_graph_find_node(graph, "relu_1234"), neuron_graph_node(graph, 1235));
    ck_assert_ptr_null(neuron_relu(graph, x));
    assert_message("more than 10000 layers");
    assert_status(neuron_graph_finish(graph, x), NEURON_E_ARGUMENT);
    neuron_graph_unref(graph);
    neuron_context_unref(context);
}
END_TEST

/* ---- Time ---- */

static void build_chain(neuron_context_t *context, int64_t count)
{
    neuron_graph_t *graph = new_graph(context);
    assert_ok(neuron_graph_finish(graph, chain(graph, count)));
    neuron_graph_unref(graph);
}

static void build_named(neuron_context_t *context, int64_t count)
{
    neuron_graph_t *graph = new_graph(context);
    neuron_node_t *x = vector(graph);
    char name[32];
    for (int32_t i = 1; i < count; i++) {
        x = i % 2 ? neuron_relu(graph, x) : neuron_dense(graph, x, 1, NULL);
        snprintf(name, sizeof name, "layer %d", i);
        assert_ok(neuron_node_set_name(x, name));
    }
    for (int32_t i = 1; i < count; i++) {
        snprintf(name, sizeof name, "layer %d", i);
        ck_assert(neuron_graph_find_node(graph, name) == neuron_graph_node(graph, i));
    }
    neuron_graph_unref(graph);
}

static void build_wide(neuron_context_t *context, int64_t count)
{
    neuron_graph_t *graph = new_graph(context);
    neuron_node_t *x = vector(graph), *nodes[4096];
    for (int32_t i = 0; i < count; i++)
        nodes[i % 4096] = neuron_dense(graph, x, 1, NULL);
    ck_assert_ptr_nonnull(neuron_concat(graph, nodes, count < 4096 ? count : 4096, NULL));
    neuron_graph_unref(graph);
}

static void build_imports(neuron_context_t *context, int64_t count)
{
    neuron_graph_t *member = new_graph(context), *graph = new_graph(context);
    assert_ok(neuron_graph_finish(member, neuron_relu(member, vector(member))));
    neuron_node_t *x = vector(graph);
    for (int32_t i = 1; i < count; i++)
        ck_assert_ptr_nonnull(x = neuron_graph_import(graph, x, member, NULL, NULL));
    neuron_graph_unref(member);
    neuron_graph_unref(graph);
}

static double seconds(void (*build)(neuron_context_t *context, int64_t count),
                      neuron_context_t *context, int64_t count)
{
    double least = 1e9;
    for (int i = 0; i < 3; i++) {
        clock_t begin = clock();
        build(context, count);
        double taken = (double)(clock() - begin) / CLOCKS_PER_SEC;
        least = taken < least ? taken : least;
    }
    return least;
}

START_TEST(time_grows_with_layers)
{
    static void (*const builders[])(neuron_context_t *, int64_t) = {build_chain, build_named,
                                                                    build_wide};
    neuron_context_t *context = test_context();
    double small = seconds(builders[_i], context, 900);
    double large = seconds(builders[_i], context, 9000);
    ck_assert_msg(large < 40 * small + 0.01, "%g s for ten times the layers of %g s", large, small);
    neuron_context_unref(context);
}
END_TEST

/* Each looks at all names once, which is quick; to try all numbers for each was not. */
START_TEST(time_grows_with_imports)
{
    neuron_context_t *context = test_context();
    double taken = seconds(build_imports, context, 4000);
    ck_assert_msg(taken < 5, "%g s for 4000 imports", taken);
    neuron_context_unref(context);
}
END_TEST

/* ---- Names ---- */

START_TEST(names)
{
    neuron_context_t *context = test_context();
    neuron_graph_t *g = new_graph(context), *member = new_graph(context);
    assert_ok(neuron_graph_set_name(member, "part"));
    assert_ok(neuron_graph_finish(member, neuron_relu(member, vector(member))));
    neuron_node_t *x = vector(g), *nodes[6];
    for (int i = 0; i < 3; i++)
        nodes[i] = neuron_dense(g, x, 2, NULL);
    ck_assert_str_eq(neuron_node_name(nodes[2]), "dense_2");
    /* A name that was given up is free, and found no more. */
    assert_ok(neuron_node_set_name(nodes[1], "middle"));
    ck_assert_ptr_null(neuron_graph_find_node(g, "dense_1"));
    ck_assert_ptr_eq(neuron_graph_find_node(g, "middle"), nodes[1]);
    assert_ok(neuron_node_set_name(nodes[0], "dense_1"));
    ck_assert_ptr_eq(neuron_graph_find_node(g, "dense_1"), nodes[0]);
    /* "dense" is free again; then those that begin so are counted. */
    nodes[3] = neuron_dense(g, x, 2, NULL);
    ck_assert_str_eq(neuron_node_name(nodes[3]), "dense");
    nodes[4] = neuron_dense(g, x, 2, NULL);
    ck_assert_str_eq(neuron_node_name(nodes[4]), "dense_3");
    /* Copies are called by the first number that is free. */
    ck_assert_str_eq(neuron_node_name(neuron_graph_import(g, x, member, NULL, NULL)), "part/relu");
    ck_assert_str_eq(neuron_node_name(neuron_graph_import(g, x, member, NULL, NULL)),
                     "part_1/relu");
    assert_ok(neuron_node_set_name(neuron_graph_find_node(g, "part/relu"), "part_2/relu"));
    ck_assert_str_eq(neuron_node_name(neuron_graph_import(g, x, member, NULL, NULL)), "part/relu");
    ck_assert_str_eq(neuron_node_name(neuron_graph_import(g, x, member, NULL, NULL)),
                     "part_3/relu");
    /* After finishing only what the output needs is there. */
    assert_ok(neuron_graph_finish(g, nodes[0]));
    ck_assert_ptr_eq(neuron_graph_find_node(g, "dense_1"), nodes[0]);
    ck_assert_ptr_null(neuron_graph_find_node(g, "middle"));
    assert_message("has no layer called \"middle\"");
    neuron_graph_unref(member);
    neuron_graph_unref(g);
    neuron_context_unref(context);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("large graphs");
    TCase *cases = tcase_create("all");
    tcase_set_timeout(cases, 120);
    tcase_add_test(cases, most_layers);
    tcase_add_loop_test(cases, time_grows_with_layers, 0, 3);
    tcase_add_test(cases, time_grows_with_imports);
    tcase_add_test(cases, names);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
