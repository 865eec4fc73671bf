/* Small data and models that several tests train. */
#ifndef TEST_MODELS_H
#define TEST_MODELS_H

#include "test-common.h"

#include <stdbool.h>

enum { TEST_CLASSES = 10 };

static inline neuron_dataset_t *test_glyphs(neuron_context_t *context, int64_t count, int32_t size)
{
    neuron_dataset_t *glyphs;
    assert_ok(neuron_dataset_generate_glyphs(&glyphs, context, count, size, size, 7));
    return glyphs;
}

/* Dense layers with a skip-concatenation, batch normalisation and dropout. */
static inline neuron_graph_t *test_mlp(neuron_context_t *context, int64_t size)
{
    neuron_graph_t *g;
    assert_ok(neuron_graph_create(&g, context));
    neuron_node_t *x = neuron_flatten(g, neuron_input(g, (const int64_t[]){size, size, 1}, 3));
    neuron_node_t *h = neuron_batch_norm(g, neuron_relu(g, neuron_dense(g, x, 12, NULL)), NULL);
    neuron_node_t *both[] = {x, neuron_dropout(g, h, 0.3)};
    neuron_node_t *joined = neuron_concat(g, both, 2, NULL);
    assert_ok(neuron_graph_set_name(g, "mlp"));
    assert_ok(neuron_graph_finish(
        g, neuron_softmax(g, neuron_dense(g, joined, TEST_CLASSES, NULL), NULL)));
    return g;
}

/* A convolution, batch normalisation, pooling and dropout. */
static inline neuron_graph_t *test_cnn(neuron_context_t *context, int64_t size)
{
    neuron_graph_t *g;
    assert_ok(neuron_graph_create(&g, context));
    neuron_node_t *x = neuron_input(g, (const int64_t[]){size, size, 1}, 3);
    neuron_node_t *c = neuron_conv2d(g, x, 4, 3, 3, "padding=same");
    neuron_node_t *p =
        neuron_max_pool2d(g, neuron_relu(g, neuron_batch_norm(g, c, NULL)), 2, 2, NULL);
    neuron_node_t *h = neuron_flatten(g, neuron_dropout(g, p, 0.25));
    assert_ok(neuron_graph_set_name(g, "cnn"));
    assert_ok(
        neuron_graph_finish(g, neuron_softmax(g, neuron_dense(g, h, TEST_CLASSES, NULL), NULL)));
    return g;
}

/* A linear model with softmax: no batch normalisation, no dropout. */
static inline neuron_graph_t *test_linear(neuron_context_t *context, int64_t size)
{
    neuron_graph_t *g;
    assert_ok(neuron_graph_create(&g, context));
    neuron_node_t *x = neuron_flatten(g, neuron_input(g, (const int64_t[]){size, size, 1}, 3));
    assert_ok(neuron_graph_set_name(g, "linear"));
    assert_ok(
        neuron_graph_finish(g, neuron_softmax(g, neuron_dense(g, x, TEST_CLASSES, NULL), NULL)));
    return g;
}

/* All parameters, array after array; the caller frees them. */
static inline float *test_parameters(const neuron_graph_t *graph, size_t *count)
{
    *count = (size_t)neuron_graph_parameter_count(graph);
    float *values = malloc(*count * sizeof *values);
    size_t place = 0, size;
    for (int32_t i = 0; i < neuron_graph_array_count(graph); i++) {
        assert_ok(neuron_graph_read_array(values + place, *count - place, &size, graph, i));
        place += size;
    }
    ck_assert_uint_eq(place, *count);
    return values;
}

static inline bool same_parameters(const neuron_graph_t *a, const neuron_graph_t *b)
{
    size_t count[2];
    float *values[2] = {test_parameters(a, &count[0]), test_parameters(b, &count[1])};
    bool same =
        count[0] == count[1] && memcmp(values[0], values[1], count[0] * sizeof *values[0]) == 0;
    free(values[0]);
    free(values[1]);
    return same;
}

static inline void copy_parameters(neuron_graph_t *to, const neuron_graph_t *from)
{
    ck_assert_int_eq(neuron_graph_array_count(to), neuron_graph_array_count(from));
    size_t count, place = 0, size;
    float *values = test_parameters(from, &count);
    for (int32_t i = 0; i < neuron_graph_array_count(to); i++) {
        assert_ok(neuron_graph_read_array(NULL, 0, &size, to, i));
        assert_ok(neuron_graph_write_array(to, i, values + place, size));
        place += size;
    }
    free(values);
}

/* The figures of an epoch, but for the seconds that it took. */
static const char *const test_metrics[] = {"loss", "accuracy", "validation_loss",
                                           "validation_accuracy", "learning_rate"};

static inline double test_figure(const neuron_history_t *history, int64_t epoch, const char *metric)
{
    double value;
    assert_ok(neuron_history_value(&value, history, epoch, metric));
    return value;
}

#endif
