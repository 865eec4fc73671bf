/* Graphs that the tests of model files save. */
#ifndef MODEL_EXAMPLES_H
#define MODEL_EXAMPLES_H

#include "test-common.h"

/* A convolution, batch normalisation and a skip-concatenation. Each has
 * other initial parameters. */
static inline neuron_graph_t *example_network(neuron_context_t *context, const char *name)
{
    static uint64_t seed = 100;
    neuron_graph_t *graph;
    assert_ok(neuron_graph_create(&graph, context));
    assert_ok(neuron_graph_set_seed(graph, seed++));
    assert_ok(neuron_graph_set_name(graph, name));
    neuron_node_t *x = neuron_input(graph, (const int64_t[]){4, 4, 1}, 3);
    neuron_node_t *c = neuron_conv2d(graph, x, 2, 3, 3, "padding=same");
    neuron_node_set_name(c, "skip \"\xc3\xa9\"");
    neuron_node_t *b = neuron_batch_norm(graph, neuron_relu(graph, c), "momentum=0.1");
    neuron_node_t *p = neuron_flatten(graph, neuron_max_pool2d(graph, b, 2, 2, NULL));
    neuron_node_t *both[] = {neuron_flatten(graph, x), neuron_dropout(graph, p, 0.3)};
    neuron_node_t *joined = neuron_concat(graph, both, 2, NULL);
    neuron_node_t *y = neuron_softmax(graph, neuron_dense(graph, joined, 3, NULL), NULL);
    neuron_relu(graph, y); /* not needed by the output, so not saved */
    assert_ok(neuron_graph_finish(graph, y));
    return graph;
}

/* A vote of two networks by weights that are no short decimal numbers. */
static inline neuron_graph_t *example_committee(neuron_context_t *context)
{
    neuron_graph_t *committee, *members[2];
    members[0] = example_network(context, "first");
    members[1] = example_network(context, "second");
    assert_ok(neuron_committee_create(&committee, context, members, 2,
                                      (const double[]){1.0 / 3, 2.0 / 3}, "rule=weighted_vote"));
    neuron_graph_unref(members[0]);
    neuron_graph_unref(members[1]);
    return committee;
}

/* What the graph makes of the same two examples each time. */
static inline void example_predict(neuron_context_t *context, const neuron_graph_t *graph,
                                   float output[6])
{
    float values[32];
    neuron_tensor_t *in, *out;
    for (int i = 0; i < 32; i++)
        values[i] = (float)((i * 7) % 11) / 11;
    assert_ok(neuron_tensor_copy(&in, context, NEURON_TYPE_F32, (const int64_t[]){2, 4, 4, 1}, 4,
                                 values));
    assert_ok(neuron_tensor_create(&out, context, NEURON_TYPE_F32, (const int64_t[]){2, 3}, 2));
    assert_ok(neuron_graph_predict(graph, in, out));
    memcpy(output, neuron_tensor_data_const(out), 6 * sizeof *output);
    neuron_tensor_unref(in);
    neuron_tensor_unref(out);
}

/* The bytes of a saved graph, from malloc. */
static inline unsigned char *example_save(const neuron_graph_t *graph, size_t *size)
{
    assert_ok(neuron_graph_save_memory(NULL, 0, size, graph));
    unsigned char *bytes = malloc(*size);
    assert_ok(neuron_graph_save_memory(bytes, *size, NULL, graph));
    return bytes;
}

#endif
