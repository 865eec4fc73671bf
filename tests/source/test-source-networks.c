/* Whole networks as C source: with several ends, as committees, and drawn at random. */
#include "exported.h"
#include "registry-layers.h"
#include "test-models.h"

#include <stdio.h>

/* ---- Ends ---- */

START_TEST(several_ends)
{
    neuron_graph_t *graph = exported_graph();
    neuron_node_t *left = neuron_input(graph, (const int64_t[]){4, 4, 1}, 3);
    neuron_node_t *right = neuron_input(graph, (const int64_t[]){5}, 1);
    assert_ok(neuron_node_set_name(left, "left"));
    assert_ok(neuron_node_set_name(right, "2nd-ünput"));
    neuron_node_t *both[] = {neuron_flatten(graph, left), right};
    neuron_node_t *h = neuron_concat(graph, both, 2, NULL);
    neuron_node_t *ends[] = {neuron_dense(graph, h, 3, NULL), neuron_relu(graph, h)};
    assert_ok(neuron_node_set_name(ends[0], "class"));
    assert_ok(neuron_graph_finish_many(graph, ends, 2));
    exported_fill(graph);
    check_exported(graph, "workspace=caller");
    test_bytes text = test_read_file(exported_path());
    ck_assert_ptr_nonnull(strstr(text.data, "void m_predict(const float *input_left, "
                                            "const float *input_2nd___nput, float *output_class, "
                                            "float *output_relu, float *workspace)"));
    ck_assert_ptr_nonnull(strstr(text.data, "#define M_OUTPUT_CLASS_SIZE 3\n"));
    free(text.data);
    exported_compile_everywhere(exported_path());
}
END_TEST

/* Inputs that are outputs, and outputs that are one value. */
START_TEST(ends_that_are_one)
{
    neuron_graph_t *graph = exported_graph();
    neuron_node_t *x = neuron_input(graph, (const int64_t[]){2, 3, 1}, 3);
    neuron_node_t *y = neuron_dense(graph, neuron_flatten(graph, x), 6, NULL);
    neuron_node_t *ends[] = {neuron_dropout(graph, x, 0.5), y,
                             neuron_reshape(graph, y, (const int64_t[]){3, 2}, 2)};
    assert_ok(neuron_graph_finish_many(graph, ends, 3));
    exported_fill(graph);
    check_exported(graph, "");
    exported_compile_everywhere(exported_path());
}
END_TEST

/* Names that become alike. */
START_TEST(ends_with_one_name)
{
    neuron_graph_t *graph = exported_graph();
    neuron_node_t *a = neuron_input(graph, (const int64_t[]){2}, 1);
    neuron_node_t *b = neuron_input(graph, (const int64_t[]){2}, 1);
    assert_ok(neuron_node_set_name(a, "a b"));
    assert_ok(neuron_node_set_name(b, "a/b"));
    neuron_node_t *both[] = {a, b};
    check_exported_node(graph, neuron_add(graph, both, 2));
    exported_compile_everywhere(exported_path());
}
END_TEST

/* ---- Bytes ---- */

typedef void (*predict_bytes_t)(const unsigned char *input, float *output);

static void check_bytes(neuron_graph_t *graph, int64_t size, const int64_t *shape, int32_t rank)
{
    unsigned char *bytes = malloc((size_t)size);
    float wanted[TEST_CLASSES], made[TEST_CLASSES];
    int64_t batch[NEURON_RANK_MAX] = {1};
    neuron_tensor_t *input, *output;
    for (int64_t i = 0; i < size; i++)
        bytes[i] = (unsigned char)(i * 37 + i / 5);
    memcpy(batch + 1, shape, (size_t)rank * sizeof *shape);
    neuron_context_t *context = graph->context;
    assert_ok(neuron_tensor_wrap(&input, context, NEURON_TYPE_U8, batch, rank + 1, bytes));
    assert_ok(neuron_tensor_wrap(&output, context, NEURON_TYPE_F32,
                                 (const int64_t[]){1, TEST_CLASSES}, 2, wanted));
    assert_ok(neuron_graph_predict(graph, input, output));
    assert_ok(neuron_source_export(graph, exported_path(), "name=m"));
    void *library = exported_compile(exported_path());
    predict_bytes_t predict = (predict_bytes_t)exported_function(library, "m_predict_bytes");
    predict(bytes, made);
    exported_near("of bytes", made, wanted, TEST_CLASSES);
    exported_compile_everywhere(exported_path());
    exported_unload(library);
    neuron_tensor_unref(input);
    neuron_tensor_unref(output);
    free(bytes);
    neuron_graph_unref(graph);
}

START_TEST(bytes)
{
    neuron_context_t *context = test_context();
    neuron_graph_t *graph = test_cnn(context, 8);
    exported_fill(graph);
    assert_ok(neuron_graph_set_scales(graph, NULL, (const double[]){1 / 255.0},
                                      (const double[]){-0.5}, 1));
    check_bytes(graph, 64, (const int64_t[]){8, 8, 1}, 3);

    assert_ok(neuron_graph_create(&graph, context));
    neuron_node_t *x = neuron_input(graph, (const int64_t[]){4, 4, 3}, 3);
    x = neuron_dense(graph, neuron_flatten(graph, x), TEST_CLASSES, NULL);
    assert_ok(neuron_graph_finish(graph, x));
    exported_fill(graph);
    assert_ok(neuron_graph_set_scales(graph, NULL, (const double[]){0.017, 0.018, 0.019},
                                      (const double[]){-2.1, -2.0, -1.8}, 3));
    check_bytes(graph, 48, (const int64_t[]){4, 4, 3}, 3);
    neuron_context_unref(context);
}
END_TEST

/* An input that the graph knows no scale of stays one of floats. */
START_TEST(some_bytes)
{
    neuron_graph_t *graph = exported_graph();
    neuron_node_t *a = neuron_input(graph, (const int64_t[]){3}, 1);
    neuron_node_t *b = neuron_input(graph, (const int64_t[]){3}, 1);
    neuron_node_t *both[] = {a, b};
    assert_ok(neuron_node_set_name(b, "b"));
    assert_ok(neuron_graph_finish(graph, neuron_multiply(graph, both, 2)));
    assert_ok(neuron_graph_set_scales(graph, "b", (const double[]){0.5}, (const double[]){1}, 1));
    assert_ok(neuron_source_export(graph, exported_path(), "name=m"));
    void *library = exported_compile(exported_path());
    typedef void (*function)(const float *, const unsigned char *, float *);
    function predict = (function)exported_function(library, "m_predict_bytes");
    float output[3];
    predict((const float[]){1, 2, 3}, (const unsigned char[]){0, 2, 255}, output);
    ck_assert_float_eq(output[0], 1);
    ck_assert_float_eq(output[1], 4);
    ck_assert_float_eq(output[2], 3 * 128.5f);
    exported_unload(library);
    neuron_graph_unref(graph);
}
END_TEST

/* ---- Committees and quantised copies ---- */

START_TEST(committees)
{
    static const char *const rules[] = {"rule=mean",          "rule=weighted_mean",
                                        "rule=majority_vote", "rule=weighted_vote",
                                        "rule=borda",         "rule=weighted_borda"};
    neuron_context_t *context = test_context();
    neuron_graph_t *members[] = {test_mlp(context, 8), test_cnn(context, 8),
                                 test_linear(context, 8)};
    for (int i = 0; i < 3; i++)
        exported_fill(members[i]);
    for (size_t r = 0; r < sizeof rules / sizeof rules[0]; r++) {
        neuron_graph_t *committee;
        const double weights[] = {0.5, 0.25, 0.7};
        assert_ok(neuron_committee_create(&committee, context, members, 3, r % 2 ? weights : NULL,
                                          rules[r]));
        check_exported(committee, "");
    }
    for (int i = 0; i < 3; i++)
        neuron_graph_unref(members[i]);
    neuron_context_unref(context);
}
END_TEST

START_TEST(quantized)
{
    neuron_context_t *context = test_context();
    neuron_dataset_t *glyphs = test_glyphs(context, 50, 8);
    neuron_graph_t *graph = test_cnn(context, 8), *small;
    assert_ok(neuron_graph_quantize(&small, graph, glyphs, NULL));
    check_exported(small, "workspace=caller");
    neuron_graph_unref(graph);
    neuron_dataset_unref(glyphs);
    neuron_context_unref(context);
}
END_TEST

/* ---- Networks that are drawn at random ---- */

enum { NETWORKS = 40, NODES = 14 };

typedef struct drawing {
    uint32_t state;
    neuron_graph_t *graph;
    neuron_node_t *nodes[NODES];
    int64_t count;
} drawing;

static int64_t draw(drawing *d, int64_t count)
{
    d->state = d->state * 1664525 + 1013904223;
    return (int64_t)(d->state >> 9) % count;
}

static neuron_node_t *any_node(drawing *d)
{
    /* The later ones more often. */
    int64_t a = draw(d, d->count), b = draw(d, d->count);
    return d->nodes[a > b ? a : b];
}

static bool same_shape(const neuron_node_t *a, const neuron_node_t *b)
{
    int64_t shapes[2][NEURON_RANK_MAX];
    int32_t ranks[2];
    assert_ok(neuron_node_shape(shapes[0], &ranks[0], a));
    assert_ok(neuron_node_shape(shapes[1], &ranks[1], b));
    return ranks[0] == ranks[1] &&
           memcmp(shapes[0], shapes[1], (size_t)ranks[0] * sizeof **shapes) == 0;
}

static neuron_node_t *join(drawing *d, neuron_node_t *x, int64_t rank)
{
    neuron_node_t *all[3] = {x};
    int64_t count = 1;
    for (int64_t i = 0; i < d->count && count < 3; i++)
        if (d->nodes[i] != x && same_shape(d->nodes[i], x))
            all[count++] = d->nodes[i];
    switch (draw(d, 5)) {
    case 0:
        return neuron_add(d->graph, all, count);
    case 1:
        return neuron_average(d->graph, all, count);
    case 2:
        return neuron_tanh(d->graph, neuron_multiply(d->graph, all, count));
    case 3:
        return rank > 1 ? neuron_dropout(d->graph, x, 0.5)
                        : neuron_vote(d->graph, all, count, NULL);
    default:
        return neuron_concat(d->graph, all, count, NULL);
    }
}

static neuron_node_t *change_image(drawing *d, neuron_node_t *x)
{
    switch (draw(d, 7)) {
    case 0:
        return neuron_conv2d(d->graph, x, 1 + draw(d, 9), 3, 2, "padding=same");
    case 1:
        return neuron_depthwise_conv2d(d->graph, x, 2, 2, "padding=same");
    case 2:
        return neuron_max_pool2d(d->graph, x, 2, 2, "padding=same, stride=1");
    case 3:
        return neuron_average_pool2d(d->graph, x, 3, 3, "padding=same, stride=1");
    case 4:
        return neuron_zero_pad2d(d->graph, neuron_slice(d->graph, x, 1, -1, "axis=0"), 0, 1, 0, 0);
    case 5:
        return neuron_flatten(d->graph, x);
    default:
        return neuron_global_average_pool2d(d->graph, x);
    }
}

static neuron_node_t *change_values(drawing *d, neuron_node_t *x)
{
    switch (draw(d, 7)) {
    case 0:
        return neuron_relu(d->graph, x);
    case 1:
        return neuron_batch_norm(d->graph, x, NULL);
    case 2:
        return neuron_prelu(d->graph, x);
    case 3:
        return neuron_silu(d->graph, neuron_dropout(d->graph, x, 0.1));
    case 4:
        return neuron_softmax(d->graph, x, NULL);
    case 5:
        return neuron_layer_norm(d->graph, x, NULL);
    default:
        return neuron_rescale(d->graph, x, 0.5, -0.25);
    }
}

START_TEST(random_networks)
{
    drawing d = {.state = (uint32_t)_i * 2654435761u + 1, .graph = exported_graph()};
    d.nodes[d.count++] = neuron_input(d.graph, (const int64_t[]){5, 4, 3}, 3);
    while (d.count < NODES) {
        neuron_node_t *x = any_node(&d);
        int64_t shape[NEURON_RANK_MAX];
        int32_t rank;
        assert_ok(neuron_node_shape(shape, &rank, x));
        int64_t what = draw(&d, 4);
        d.nodes[d.count++] = what == 0   ? join(&d, x, rank)
                             : what == 1 ? change_values(&d, x)
                             : rank == 3 ? change_image(&d, x)
                             : what == 2 ? neuron_dense(d.graph, x, 1 + draw(&d, 20), NULL)
                                         : change_values(&d, x);
    }
    neuron_node_t *ends[] = {d.nodes[NODES - 1], d.nodes[NODES - 1 - NODES / 3]};
    int64_t count = 1 + _i % 2;
    assert_ok(neuron_graph_finish_many(d.graph, ends, count));
    exported_fill(d.graph);
    check_exported(d.graph, "workspace=caller");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("source of networks");
    TCase *tests = tcase_create("networks");
    tcase_set_timeout(tests, 0);
    suite_add_tcase(suite, tests);
    tcase_add_test(tests, several_ends);
    tcase_add_test(tests, ends_that_are_one);
    tcase_add_test(tests, ends_with_one_name);
    tcase_add_test(tests, bytes);
    tcase_add_test(tests, some_bytes);
    tcase_add_test(tests, committees);
    tcase_add_test(tests, quantized);
    tcase_add_loop_test(tests, random_networks, 0, NETWORKS);
    return run_suite(suite);
}
