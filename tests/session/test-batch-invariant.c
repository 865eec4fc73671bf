/* Predictions in contexts with batch_invariant=yes: an example gives the same bytes alone and among
 * any others, whatever the layers, the kernels and the threads. */
#include "registry-layers.h"
#include "test-models.h"

#include <stdio.h>

enum { COUNT = 140, OUTPUTS_MAX = 20000 };

static const char *const kernels[] = {"baseline", "neon",   "avx2",
                                      "avx2vnni", "avx512", "avx512vnni"};

enum { SETS = sizeof kernels / sizeof kernels[0] };

/* NULL where the processor does not have the kernels. */
static neuron_context_t *make_context(int set, bool invariant)
{
    neuron_context_t *context;
    char options[100];
    snprintf(options, sizeof options, "threads=3, seed=1, kernels=%s, batch_invariant=%s",
             kernels[set], invariant ? "yes" : "no");
    int status = neuron_context_create(&context, options);
    if (status == NEURON_E_UNSUPPORTED)
        return NULL;
    assert_ok(status);
    return context;
}

static int64_t size_of(const neuron_graph_t *graph, bool output)
{
    const neuron_node_t *node = output ? graph->outputs[0] : graph->inputs[0];
    return neuron_shape_count(&node->spec.output);
}

/* Predicts examples first .. first + count - 1 as one batch. */
static void predict(const neuron_graph_t *graph, const float *values, int64_t first, int64_t count,
                    float *answers)
{
    const neuron_shape *shape = &graph->inputs[0]->spec.output;
    const neuron_shape *row = &graph->outputs[0]->spec.output;
    int64_t in[NEURON_RANK_MAX] = {count}, out[NEURON_RANK_MAX] = {count};
    neuron_tensor_t *input, *output;
    memcpy(in + 1, shape->extent, (size_t)shape->rank * sizeof in[0]);
    memcpy(out + 1, row->extent, (size_t)row->rank * sizeof out[0]);
    assert_ok(neuron_tensor_create(&input, graph->context, NEURON_TYPE_F32, in, shape->rank + 1));
    assert_ok(neuron_tensor_create(&output, graph->context, NEURON_TYPE_F32, out, row->rank + 1));
    memcpy(neuron_tensor_data(input), values + first * size_of(graph, false),
           (size_t)(count * size_of(graph, false)) * sizeof(float));
    assert_ok(neuron_graph_predict(graph, input, output));
    memcpy(answers + first * size_of(graph, true), neuron_tensor_data(output),
           (size_t)(count * size_of(graph, true)) * sizeof(float));
    neuron_tensor_unref(input);
    neuron_tensor_unref(output);
}

/* The first batch size whose answers are unlike those of all examples at once; 0 for none. */
static int64_t first_difference(const neuron_graph_t *graph)
{
    static const int64_t batches[] = {1, 2, 3, 5, 8, 12, 13, 17, 32, 47, 64, 101, 128};
    int64_t size = size_of(graph, false), outputs = size_of(graph, true), found = 0;
    float *values = malloc((size_t)(COUNT * size) * sizeof *values);
    float *all = malloc((size_t)(COUNT * outputs) * sizeof *all);
    float *some = malloc((size_t)(COUNT * outputs) * sizeof *some);
    for (int64_t i = 0; i < COUNT * size; i++)
        values[i] = (float)((i * 7919) % 1009) / 504.0f - 1.0f;
    predict(graph, values, 0, COUNT, all);
    for (size_t b = 0; b < sizeof batches / sizeof batches[0] && !found; b++) {
        for (int64_t first = 0; first < COUNT; first += batches[b])
            predict(graph, values, first, batches[b] < COUNT - first ? batches[b] : COUNT - first,
                    some);
        if (memcmp(all, some, (size_t)(COUNT * outputs) * sizeof *all) != 0)
            found = batches[b];
    }
    free(values);
    free(all);
    free(some);
    return found;
}

/* Layers of an MLP, with what each product is cut for: few and many units, depths of one and of
 * many blocks, and rows that collide in the cache. */
static const int64_t widths[][3] = {{784, 30, 10}, {3, 5, 1},       {2049, 7, 300},
                                    {512, 90, 2},  {1024, 1024, 3}, {60, 700, 16}};

enum { MLPS = sizeof widths / sizeof widths[0] };

static neuron_graph_t *mlp(neuron_context_t *context, int number)
{
    neuron_graph_t *g;
    const int64_t *width = widths[number];
    assert_ok(neuron_graph_create(&g, context));
    neuron_node_t *x = neuron_input(g, &width[0], 1);
    x = neuron_gelu(g, neuron_dense(g, x, width[1], NULL), NULL);
    assert_ok(neuron_graph_finish(g, neuron_softmax(g, neuron_dense(g, x, width[2], NULL), NULL)));
    return g;
}

START_TEST(dense_layers)
{
    neuron_context_t *context = make_context(_i, true);
    for (int i = 0; context && i < MLPS; i++) {
        neuron_graph_t *graph = mlp(context, i);
        int64_t batch = first_difference(graph);
        assert_that(batch == 0, "%s: batches of %d differ in network %d", kernels[_i], (int)batch,
                    i);
        neuron_graph_unref(graph);
    }
    neuron_context_unref(context);
}
END_TEST

/* Convolutions of all ways: Winograd's, strided, grouped, dilated, by bytes, along one axis. */
static neuron_graph_t *cnn(neuron_context_t *context, int number)
{
    static const char *const options[] = {"padding=same", "stride_width=2",
                                          "groups=4, padding=same", "dilation_height=2",
                                          "use_bias=no"};
    const int64_t sizes[][3] = {{12, 12, 24}, {9, 7, 24}, {6, 6, 64}};
    neuron_graph_t *g;
    assert_ok(neuron_graph_create(&g, context));
    neuron_node_t *x = neuron_input(g, sizes[number / 5], 3);
    x = neuron_relu(g, neuron_conv2d(g, x, 32, 3, 3, options[number % 5]));
    x = neuron_conv2d(g, x, 24, 1, 1, NULL);
    x = neuron_batch_norm(g, neuron_depthwise_conv2d(g, x, 2, 2, NULL), NULL);
    if (number % 2)
        x = neuron_max_pool2d(g, x, 2, 2, "padding=same");
    x = neuron_dense(g, neuron_global_average_pool2d(g, x), 11, NULL);
    assert_ok(neuron_graph_finish(g, neuron_sigmoid(g, x)));
    return g;
}

enum { CNNS = 15 };

START_TEST(convolutions)
{
    neuron_context_t *context = make_context(_i, true);
    for (int i = 0; context && i < CNNS; i++) {
        neuron_graph_t *graph = cnn(context, i);
        int64_t batch = first_difference(graph);
        assert_that(batch == 0, "%s: batches of %d differ in network %d", kernels[_i], (int)batch,
                    i);
        neuron_graph_unref(graph);
    }
    neuron_context_unref(context);
}
END_TEST

START_TEST(every_layer)
{
    static const neuron_layer *const layers[] = {
#define ROW(name) &neuron_layer_##name,
        NEURON_LAYERS(ROW)
#undef ROW
    };
    const int64_t size[] = {8, 8, 16};
    int tried = 0;
    neuron_context_t *context = make_context(_i, true);
    for (int i = 0; context && i < REGISTRY_LAYERS; i++) {
        neuron_graph_t *graph;
        if (layers[i] == &neuron_layer_input)
            continue;
        assert_ok(neuron_graph_create(&graph, context));
        neuron_node_t *x =
            neuron_conv2d(graph, neuron_input(graph, size, 3), 16, 3, 3, "padding=same");
        x = registry_add(graph, layers[i], x);
        if (x && neuron_graph_finish(graph, x) == 0 && size_of(graph, true) < OUTPUTS_MAX) {
            int64_t batch = first_difference(graph);
            assert_that(batch == 0, "%s: batches of %d differ in %s", kernels[_i], (int)batch,
                        layers[i]->name);
            tried++;
        }
        neuron_graph_unref(graph);
    }
    ck_assert(!context || tried > REGISTRY_LAYERS / 2);
    neuron_context_unref(context);
}
END_TEST

/* Copies by bytes, and several networks that vote. */
START_TEST(quantized_graphs_and_committees)
{
    enum { SIZE = 12 };
    neuron_context_t *context = make_context(_i, true);
    if (!context)
        return;
    neuron_graph_t *members[] = {test_cnn(context, SIZE), test_mlp(context, SIZE)};
    neuron_graph_t *made[2];
    neuron_dataset_t *glyphs = test_glyphs(context, COUNT, SIZE);
    assert_ok(neuron_committee_create(&made[0], context, members, 2, NULL, NULL));
    assert_ok(neuron_graph_quantize(&made[1], members[0], glyphs, NULL));
    for (int i = 0; i < 2; i++) {
        int64_t batch = first_difference(made[i]);
        assert_that(batch == 0, "%s: batches of %d differ in %d", kernels[_i], (int)batch, i);
        neuron_graph_unref(made[i]);
        neuron_graph_unref(members[i]);
    }
    neuron_dataset_unref(glyphs);
    neuron_context_unref(context);
}
END_TEST

/* Else these tests would show nothing; and the setting counts from the next prediction. */
START_TEST(it_is_the_setting_that_does_it)
{
    neuron_context_t *context = make_context(_i, false);
    if (!context)
        return;
    int differ = 0;
    for (int i = 0; i < MLPS; i++) {
        neuron_graph_t *graph = mlp(context, i);
        differ += first_difference(graph) > 0;
        assert_ok(neuron_context_set(context, "batch_invariant=yes"));
        ck_assert_int_eq(first_difference(graph), 0);
        assert_ok(neuron_context_set(context, "batch_invariant=no"));
        neuron_graph_unref(graph);
    }
    ck_assert_int_gt(differ, 0);
    for (int i = 0, ways = 0; i < CNNS; i++) {
        neuron_graph_t *graph = cnn(context, i);
        ways += first_difference(graph) > 0;
        neuron_graph_unref(graph);
        if (i == CNNS - 1)
            ck_assert_int_gt(ways, 0);
    }
    neuron_context_unref(context);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("batch-invariant");
    TCase *tests = tcase_create("batch-invariant");
    tcase_set_timeout(tests, 0);
    tcase_add_loop_test(tests, dense_layers, 0, SETS);
    tcase_add_loop_test(tests, convolutions, 0, SETS);
    tcase_add_loop_test(tests, every_layer, 0, SETS);
    tcase_add_loop_test(tests, quantized_graphs_and_committees, 0, SETS);
    tcase_add_loop_test(tests, it_is_the_setting_that_does_it, 0, SETS);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
