/* Quantised copies of graphs: what they are made of, how near they come, and what is refused. */
#include "graph/graph.h"
#include "model/safetensors.h"
#include "test-models.h"

#include <math.h>
#include <stdio.h>

enum { SIZE = 12, IMAGES = 600, OUTPUTS = IMAGES * TEST_CLASSES };

static neuron_context_t *context;
static neuron_dataset_t *images;

static void set_up(void)
{
    context = test_context();
    images = test_glyphs(context, IMAGES, SIZE);
}

static void tear_down(void)
{
    neuron_dataset_unref(images);
    neuron_context_unref(context);
}

static void train(neuron_graph_t *graph)
{
    neuron_optimizer_t *adam;
    neuron_trainer_t *trainer;
    assert_ok(neuron_optimizer_create(&adam, context, "adam", "learning_rate=0.01"));
    assert_ok(neuron_trainer_create(&trainer, graph, adam, images));
    assert_ok(neuron_trainer_set(trainer, "epochs=3"));
    assert_ok(neuron_trainer_run(NULL, trainer));
    neuron_trainer_unref(trainer);
    neuron_optimizer_unref(adam);
}

static neuron_graph_t *trained_cnn(void)
{
    neuron_graph_t *graph = test_cnn(context, SIZE);
    train(graph);
    return graph;
}

static void predict(const neuron_graph_t *graph, float *output)
{
    static float values[IMAGES * SIZE * SIZE];
    neuron_tensor_t *in, *out;
    assert_ok(neuron_dataset_read(values, NULL, images, 0, IMAGES));
    assert_ok(neuron_tensor_wrap(&in, context, NEURON_TYPE_F32,
                                 (const int64_t[]){IMAGES, SIZE, SIZE, 1}, 4, values));
    assert_ok(neuron_tensor_wrap(&out, context, NEURON_TYPE_F32,
                                 (const int64_t[]){IMAGES, TEST_CLASSES}, 2, output));
    assert_ok(neuron_graph_predict(graph, in, out));
    neuron_tensor_unref(in);
    neuron_tensor_unref(out);
}

static double mean_difference(const float *a, const float *b)
{
    double sum = 0;
    for (int i = 0; i < OUTPUTS; i++)
        sum += fabs((double)a[i] - (double)b[i]);
    return sum / OUTPUTS;
}

static const char *layer_of(const neuron_graph_t *graph, const char *name)
{
    return neuron_node_layer(neuron_graph_find_node(graph, name));
}

START_TEST(outputs_stay_near)
{
    static float exact[OUTPUTS], outputs[OUTPUTS];
    static const char *const ranges[] = {"min_max", "percentile", "mse"};
    neuron_graph_t *graphs[] = {trained_cnn(), test_mlp(context, SIZE)};
    char options[64];
    train(graphs[1]);
    for (int i = 0; i < 12; i++) {
        neuron_graph_t *quantized, *graph = graphs[i / 6];
        snprintf(options, sizeof options, "range=%s, symmetric=%s", ranges[i % 3],
                 i / 3 % 2 ? "yes" : "no");
        assert_ok(neuron_graph_quantize(&quantized, graph, images, options));
        predict(graph, exact);
        predict(quantized, outputs);
        double difference = mean_difference(exact, outputs);
        assert_that(difference > 0 && difference < 0.004, "%d: %g", i, difference);
        double zero_point;
        const char *first = i < 6 ? "conv2d" : "dense";
        assert_ok(neuron_node_get_number(&zero_point, neuron_graph_find_node(quantized, first),
                                         "input_zero_point"));
        ck_assert_double_eq(zero_point, i / 3 % 2 ? 128 : 0); /* pixels are not negative */
        neuron_graph_unref(quantized);
    }
    neuron_graph_unref(graphs[0]);
    neuron_graph_unref(graphs[1]);
}
END_TEST

START_TEST(nodes_keep_their_names)
{
    neuron_graph_t *graph = trained_cnn(), *quantized;
    double scale;
    assert_ok(neuron_graph_quantize(&quantized, graph, images, NULL));
    ck_assert_str_eq(neuron_graph_name(quantized), "cnn");
    ck_assert_str_eq(layer_of(quantized, "conv2d"), "quantized_conv2d");
    ck_assert_str_eq(layer_of(quantized, "dense"), "quantized_dense");
    ck_assert_str_eq(layer_of(quantized, "max_pool2d"), "max_pool2d");
    ck_assert_ptr_null(neuron_graph_find_node(quantized, "batch_norm"));
    /* Pixels from 0 to 1. */
    assert_ok(
        neuron_node_get_number(&scale, neuron_graph_find_node(quantized, "conv2d"), "input_scale"));
    ck_assert(scale > 0.9 / 255 && scale <= 1.0001 / 255);
    ck_assert_int_eq(neuron_graph_trainable_parameter_count(quantized), 0);
    neuron_graph_unref(quantized);
    neuron_graph_unref(graph);
}
END_TEST

static const float *array_of(const neuron_graph_t *graph, const char *name, float values[6000],
                             size_t *count)
{
    int32_t i = 0;
    while (strcmp(neuron_graph_array_name(graph, i), name) != 0)
        i++;
    assert_ok(neuron_graph_read_array(values, 6000, count, graph, i));
    return values;
}

/* Each filter's weights are those of the convolution and its normalisation, in steps of which the
 * largest is 127. */
START_TEST(weights_are_rounded)
{
    enum { GAMMA, BETA, MEAN, VARIANCE, ARRAYS, FILTERS = 4 };
    static const char *const names[] = {"batch_norm.gamma", "batch_norm.beta",
                                        "batch_norm.moving_mean", "batch_norm.moving_variance"};
    static float norm[ARRAYS][6000], kernel[6000], start[6000], bytes[6000], scale[6000],
        bias[6000];
    neuron_graph_t *graph = trained_cnn(), *quantized;
    size_t count, some;
    assert_ok(neuron_graph_quantize(&quantized, graph, images, NULL));
    for (int i = 0; i < ARRAYS; i++)
        array_of(graph, names[i], norm[i], &some);
    array_of(graph, "conv2d.kernel", kernel, &count);
    array_of(graph, "conv2d.bias", start, &some);
    array_of(quantized, "conv2d.kernel", bytes, &some);
    ck_assert_uint_eq(some, count);
    array_of(quantized, "conv2d.scale", scale, &some);
    array_of(quantized, "conv2d.bias", bias, &some);
    for (int f = 0; f < FILTERS; f++) {
        double factor = norm[GAMMA][f] / sqrt(norm[VARIANCE][f] + 0.001);
        float largest = 0;
        for (size_t k = (size_t)f; k < count; k += FILTERS) {
            ck_assert_float_eq(bytes[k], rintf(bytes[k]));
            largest = fmaxf(largest, fabsf(bytes[k]));
            ck_assert(fabs(bytes[k] * scale[f] - kernel[k] * factor) <= scale[f] * 0.5001);
        }
        ck_assert_float_eq(largest, 127);
        double expected = (start[f] - norm[MEAN][f]) * factor + norm[BETA][f];
        ck_assert_double_eq_tol(bias[f], expected, 1e-6);
    }
    neuron_graph_unref(quantized);
    neuron_graph_unref(graph);
}
END_TEST

static unsigned char *save(const neuron_graph_t *graph, size_t *size)
{
    assert_ok(neuron_graph_save_memory(NULL, 0, size, graph));
    unsigned char *bytes = malloc(*size);
    assert_ok(neuron_graph_save_memory(bytes, *size, NULL, graph));
    return bytes;
}

START_TEST(files_have_bytes)
{
    static float first[OUTPUTS], second[OUTPUTS];
    neuron_graph_t *graph = trained_cnn(), *quantized, *loaded;
    neuron_safetensors *file;
    size_t size, again_size;
    assert_ok(neuron_graph_quantize(&quantized, graph, images, NULL));
    const char *const storages[] = {"f32", "f16", "bf16"};
    for (int s = 0; s < 3; s++) {
        assert_ok(neuron_graph_set_storage(quantized, storages[s]));
        unsigned char *bytes = save(quantized, &size);
        assert_ok(neuron_safetensors_parse(&file, context, bytes, size, "it"));
        ck_assert_str_eq(neuron_safetensors_find(file, "conv2d.kernel")->dtype, "I8");
        ck_assert_str_eq(neuron_safetensors_find(file, "dense.kernel")->dtype, "I8");
        ck_assert_str_eq(neuron_safetensors_find(file, "dense.scale")->dtype, "F32");
        neuron_safetensors_close(file);
        assert_ok(neuron_graph_load_memory(&loaded, context, bytes, size));
        unsigned char *again = save(loaded, &again_size);
        ck_assert_uint_eq(size, again_size);
        ck_assert_mem_eq(bytes, again, size);
        predict(quantized, first);
        predict(loaded, second);
        ck_assert_mem_eq(first, second, sizeof first);
        neuron_graph_unref(loaded);
        /* As a library that knows no such layer. */
        for (size_t i = 0; i + 16 < size; i++)
            if (memcmp(bytes + i, "quantized_conv2d", 16) == 0)
                memcpy(bytes + i, "quantised_conv2d", 16);
        assert_status(neuron_graph_load_memory(&loaded, context, bytes, size), NEURON_E_FORMAT);
        assert_message("layer \"quantised_conv2d\" is not known");
        free(again);
        free(bytes);
    }
    neuron_graph_unref(quantized);
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(committees_take_them)
{
    static float first[OUTPUTS], second[OUTPUTS], both[OUTPUTS];
    neuron_graph_t *graph = trained_cnn(), *quantized, *committee;
    assert_ok(neuron_graph_quantize(&quantized, graph, images, NULL));
    assert_ok(neuron_committee_create(&committee, context, (neuron_graph_t *[]){graph, quantized},
                                      2, NULL, "rule=mean"));
    predict(graph, first);
    predict(quantized, second);
    predict(committee, both);
    for (int i = 0; i < OUTPUTS; i++)
        ck_assert_float_eq_tol(both[i], (first[i] + second[i]) / 2, 1e-6f);
    neuron_graph_unref(quantized);
    assert_ok(neuron_graph_quantize(&quantized, committee, images, NULL)); /* the other half, too */
    predict(quantized, second);
    ck_assert(mean_difference(both, second) < 0.004);
    neuron_graph_unref(committee);
    neuron_graph_unref(quantized);
    neuron_graph_unref(graph);
}
END_TEST

/* A layer that is read twice, a normalisation with another reader before it, and a layer with more
 * weights than sums have room for. */
START_TEST(what_cannot_be_quantised_stays)
{
    enum { LONG = 33000 };
    static float values[2 * LONG];
    neuron_graph_t *graph, *quantized;
    neuron_tensor_t *in, *labels;
    neuron_dataset_t *dataset;
    assert_ok(neuron_graph_create(&graph, context));
    neuron_node_t *x = neuron_input(graph, (const int64_t[]){LONG}, 1);
    neuron_node_t *h = neuron_dense(graph, x, 6, NULL), *wide = neuron_dense(graph, h, 5, NULL);
    neuron_node_t *both[] = {neuron_batch_norm(graph, wide, NULL), neuron_tanh(graph, wide)};
    assert_ok(neuron_graph_finish(graph, neuron_concat(graph, both, 2, NULL)));
    for (int i = 0; i < 2 * LONG; i++)
        values[i] = (float)(i % 17) / 17;
    assert_ok(
        neuron_tensor_wrap(&in, context, NEURON_TYPE_F32, (const int64_t[]){2, LONG}, 2, values));
    assert_ok(neuron_tensor_create(&labels, context, NEURON_TYPE_I32, (const int64_t[]){2}, 1));
    assert_ok(neuron_dataset_create(&dataset, context, in, labels, 10));
    assert_ok(neuron_graph_quantize(&quantized, graph, dataset, NULL));
    ck_assert_str_eq(layer_of(quantized, "dense"), "dense");
    ck_assert_str_eq(layer_of(quantized, "dense_1"), "quantized_dense");
    ck_assert_str_eq(layer_of(quantized, "batch_norm"), "batch_norm");
    neuron_graph_unref(quantized);
    /* What the layer sees is not finite. */
    values[77] = 3e38f;
    for (int i = 0; i < 200; i++)
        values[i] = 3e38f;
    neuron_dataset_unref(dataset);
    assert_ok(neuron_dataset_create(&dataset, context, in, labels, 10));
    float kernel[6 * 200];
    for (int i = 0; i < 6 * 200; i++)
        kernel[i] = 1e3f;
    float *all = calloc(6 * LONG, sizeof *all);
    memcpy(all, kernel, sizeof kernel);
    assert_ok(neuron_graph_write_array(graph, 0, all, 6 * LONG));
    assert_status(neuron_graph_quantize(&quantized, graph, dataset, NULL), NEURON_E_NOT_FINITE);
    assert_message("an input of dense_1 is not a finite number");
    ck_assert_ptr_null(quantized);
    free(all);
    neuron_dataset_unref(dataset);
    neuron_tensor_unref(labels);
    neuron_tensor_unref(in);
    neuron_graph_unref(graph);
}
END_TEST

/* Rows and columns of zeros go with a convolution; where its pixels lie apart, or it has groups, it
 * keeps its floats. */
START_TEST(padded_convolutions_are_quantised)
{
    static float exact[OUTPUTS], outputs[OUTPUTS];
    neuron_graph_t *graph, *quantized;
    assert_ok(neuron_graph_create(&graph, context));
    neuron_node_t *x = neuron_input(graph, (const int64_t[]){SIZE, SIZE, 1}, 3);
    x = neuron_conv2d(graph, x, 8, 3, 3, "padding_top=1, padding_left=3, padding_right=2");
    neuron_node_set_name(x, "padded");
    x = neuron_conv2d(graph, neuron_relu(graph, x), 8, 3, 3, "dilation_height=2");
    neuron_node_set_name(x, "dilated");
    x = neuron_conv2d(graph, neuron_relu(graph, x), 8, 3, 3, "groups=2");
    neuron_node_set_name(x, "grouped");
    x = neuron_flatten(graph, neuron_relu(graph, x));
    x = neuron_softmax(graph, neuron_dense(graph, x, TEST_CLASSES, NULL), NULL);
    assert_ok(neuron_graph_finish(graph, x));
    train(graph);
    assert_ok(neuron_graph_quantize(&quantized, graph, images, NULL));
    ck_assert_str_eq(layer_of(quantized, "padded"), "quantized_conv2d");
    ck_assert_str_eq(layer_of(quantized, "dilated"), "conv2d");
    ck_assert_str_eq(layer_of(quantized, "grouped"), "conv2d");
    predict(graph, exact);
    predict(quantized, outputs);
    double difference = mean_difference(exact, outputs);
    assert_that(difference < 0.01, "they differ by %g", difference);
    neuron_graph_unref(quantized);
    neuron_graph_unref(graph);
}
END_TEST

/* One trunk on both halves of an image: its normalisation goes in with both uses, and not if one of
 * them has none. */
START_TEST(shared_layers_stay_shared)
{
    static float exact[OUTPUTS], outputs[OUTPUTS];
    for (int alike = 0; alike < 2; alike++) {
        neuron_graph_t *graph, *quantized;
        double scale[2];
        assert_ok(neuron_graph_create(&graph, context));
        neuron_node_t *x = neuron_input(graph, (const int64_t[]){SIZE, SIZE, 1}, 3), *halves[2];
        for (int i = 0; i < 2; i++)
            halves[i] = neuron_slice(graph, x, i * SIZE / 2, SIZE / 2, "axis=1");
        neuron_node_t *conv = neuron_conv2d(graph, halves[0], 8, 3, 3, NULL);
        neuron_node_t *norm = neuron_batch_norm(graph, conv, "momentum=0.9");
        neuron_node_t *first = neuron_relu(graph, norm);
        neuron_node_t *second =
            neuron_shared_part(graph, halves[1], halves[0], alike ? first : conv);
        neuron_node_t *flat[] = {neuron_flatten(graph, first), neuron_flatten(graph, second)};
        x = neuron_dense(graph, neuron_concat(graph, flat, 2, NULL), TEST_CLASSES, NULL);
        assert_ok(neuron_graph_finish(graph, neuron_softmax(graph, x, NULL)));
        train(graph);
        assert_ok(neuron_graph_quantize(&quantized, graph, images, NULL));
        const neuron_node_t *layers[] = {neuron_graph_find_node(quantized, "conv2d"),
                                         neuron_graph_find_node(quantized, "conv2d_1")};
        ck_assert_str_eq(neuron_node_layer(layers[0]), "quantized_conv2d");
        ck_assert_str_eq(neuron_node_layer(layers[1]), "quantized_conv2d");
        ck_assert_ptr_eq(neuron_node_shared_with(layers[1]), layers[0]);
        for (int i = 0; i < 2; i++)
            assert_ok(neuron_node_get_number(&scale[i], layers[i], "input_scale"));
        ck_assert_double_eq(scale[0], scale[1]);
        ck_assert_int_eq(neuron_graph_find_node(quantized, "batch_norm") == NULL, alike);
        predict(graph, exact);
        predict(quantized, outputs);
        double difference = mean_difference(exact, outputs);
        assert_that(difference > 0 && difference < 0.01, "they differ by %g", difference);
        neuron_graph_unref(quantized);
        neuron_graph_unref(graph);
    }
}
END_TEST

START_TEST(they_are_not_trained)
{
    neuron_graph_t *graph = test_linear(context, SIZE), *quantized;
    neuron_optimizer_t *adam;
    neuron_trainer_t *trainer;
    assert_ok(neuron_graph_quantize(&quantized, graph, images, NULL));
    assert_ok(neuron_optimizer_create(&adam, context, "adam", NULL));
    assert_status(neuron_trainer_create(&trainer, quantized, adam, images), NEURON_E_UNSUPPORTED);
    assert_message("dense has no gradient");
    /* Quantised already. */
    neuron_graph_t *again = graph;
    assert_status(neuron_graph_quantize(&again, quantized, images, NULL), NEURON_E_UNSUPPORTED);
    assert_message("linear has no dense layer or convolution that can be quantised");
    ck_assert_ptr_null(again);
    neuron_optimizer_unref(adam);
    neuron_graph_unref(quantized);
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(arguments_are_checked)
{
    neuron_graph_t *graph = test_linear(context, SIZE), *other = test_linear(context, SIZE + 1);
    neuron_graph_t *unfinished, *made = graph;
    neuron_dataset_t *none;
    assert_ok(neuron_graph_create(&unfinished, context));
    assert_status(neuron_graph_quantize(NULL, graph, images, NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_graph_quantize(&made, NULL, images, NULL), NEURON_E_ARGUMENT);
    ck_assert_ptr_null(made);
    assert_status(neuron_graph_quantize(&made, graph, NULL, NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_graph_quantize(&made, unfinished, images, NULL), NEURON_E_STATE);
    assert_status(neuron_graph_quantize(&made, other, images, NULL), NEURON_E_SHAPE);
    assert_message("quantize: examples are 12x12x1, the graph's input is 13x13x1");
    assert_ok(neuron_dataset_subset(&none, images, 0, 0));
    assert_status(neuron_graph_quantize(&made, graph, none, NULL), NEURON_E_DATA);
    neuron_dataset_unref(none);
    assert_ok(neuron_graph_write_array(
        graph, 1, (const float[]){0, 1, 2, 3, INFINITY, 5, 6, 7, 8, 9}, TEST_CLASSES));
    assert_status(neuron_graph_quantize(&made, graph, images, NULL), NEURON_E_NOT_FINITE);
    assert_message("a parameter of dense is not a finite number");

    static const struct {
        const char *options, *message;
    } refused[] = {
        {"examples=5, ranges=mse",
         "quantization: there is no option \"ranges\"; did you mean \"range\"?"},
        {"symmetric=yes, range=11",
         "quantization: range is 11; it must be min_max, percentile or mse"},
        {"symmetric=maybe", "quantization: symmetric is maybe; it must be yes or no"},
        {"examples=0", "quantization: examples is 0; it must be 1 to 2,147,483,647"},
        {"examples=1.5", "quantization: examples is 1.5; it must be 1 to 2,147,483,647"},
        {"percentile=49", "quantization: percentile is 49; it must be 50 to 100"},
        {"percentile=100.5", "quantization: percentile is 100.5; it must be 50 to 100"},
    };
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        made = graph;
        assert_status(neuron_graph_quantize(&made, graph, images, refused[i].options),
                      NEURON_E_ARGUMENT);
        assert_message(refused[i].message);
        ck_assert_ptr_null(made);
    }
    neuron_graph_unref(unfinished);
    neuron_graph_unref(other);
    neuron_graph_unref(graph);
}
END_TEST

/* Only the first examples are looked at. */
START_TEST(examples_are_counted)
{
    neuron_graph_t *graph = test_linear(context, SIZE), *few, *all;
    neuron_tensor_t *in, *labels;
    neuron_dataset_t *dataset;
    static float values[3 * SIZE * SIZE];
    for (int i = 0; i < 3 * SIZE * SIZE; i++)
        values[i] = i < 2 * SIZE * SIZE ? 1 : -4;
    assert_ok(neuron_tensor_wrap(&in, context, NEURON_TYPE_F32, (const int64_t[]){3, SIZE, SIZE, 1},
                                 4, values));
    assert_ok(neuron_tensor_create(&labels, context, NEURON_TYPE_I32, (const int64_t[]){3}, 1));
    assert_ok(neuron_dataset_create(&dataset, context, in, labels, TEST_CLASSES));
    assert_ok(neuron_graph_quantize(&all, graph, dataset, "range=min_max"));
    assert_ok(neuron_graph_quantize(&few, graph, dataset, "range=min_max, examples=2"));
    double scale;
    assert_ok(neuron_node_get_number(&scale, neuron_graph_find_node(few, "dense"), "input_scale"));
    ck_assert_double_eq_tol(scale, 1.0 / 255, 1e-9);
    assert_ok(neuron_node_get_number(&scale, neuron_graph_find_node(all, "dense"), "input_scale"));
    ck_assert_double_eq_tol(scale, 5.0 / 255, 1e-8);
    neuron_graph_unref(few);
    neuron_graph_unref(all);
    neuron_dataset_unref(dataset);
    neuron_tensor_unref(labels);
    neuron_tensor_unref(in);
    neuron_graph_unref(graph);
}
END_TEST

/* Each allocation fails in turn, and nothing is left. */
START_TEST(memory_may_run_out)
{
    test_memory memory = {0};
    neuron_context_t *limited = test_limited_context(&memory);
    neuron_dataset_t *glyphs = test_glyphs(limited, 40, SIZE);
    neuron_graph_t *graph = test_cnn(limited, SIZE), *quantized;
    assert_ok(neuron_context_set_number(limited, "threads", 1));
    int status = NEURON_E_MEMORY, count = 0;
    for (; status == NEURON_E_MEMORY; count++) {
        long live = atomic_load(&memory.live);
        atomic_store(&memory.left, count);
        status = neuron_graph_quantize(&quantized, graph, glyphs, "range=mse");
        if (status < 0) {
            ck_assert_int_eq(atomic_load(&memory.live), live);
            ck_assert(count == 0 || !quantized);
        }
    }
    assert_ok(status);
    ck_assert_int_gt(count, 30);
    test_refill(&memory);
    neuron_graph_unref(quantized);
    neuron_graph_unref(graph);
    neuron_dataset_unref(glyphs);
    neuron_context_unref(limited);
    ck_assert_int_eq(atomic_load(&memory.live), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("quantize");
    TCase *tests = tcase_create("quantize");
    tcase_set_timeout(tests, 0);
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, outputs_stay_near);
    tcase_add_test(tests, nodes_keep_their_names);
    tcase_add_test(tests, weights_are_rounded);
    tcase_add_test(tests, files_have_bytes);
    tcase_add_test(tests, committees_take_them);
    tcase_add_test(tests, what_cannot_be_quantised_stays);
    tcase_add_test(tests, padded_convolutions_are_quantised);
    tcase_add_test(tests, shared_layers_stay_shared);
    tcase_add_test(tests, they_are_not_trained);
    tcase_add_test(tests, arguments_are_checked);
    tcase_add_test(tests, examples_are_counted);
    tcase_add_test(tests, memory_may_run_out);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
