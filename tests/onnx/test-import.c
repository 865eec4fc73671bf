/* Importing ONNX files: what models become, and that what was exported comes back. */
#include "onnx-build.h"
#include "registry-layers.h"

#include <math.h>
#include <stdio.h>

static float *numbers(int64_t count)
{
    float *values = calloc((size_t)count, sizeof *values);
    for (int64_t i = 0; i < count; i++)
        values[i] = some_number((size_t)i);
    return values;
}

/* A graph predicts what another does. */
static void assert_same(const neuron_graph_t *graph, const neuron_graph_t *other)
{
    int64_t shape[NEURON_RANK_MAX], count = 3, sizes[2];
    int32_t rank;
    assert_ok(neuron_graph_input_shape(shape, &rank, graph));
    for (int32_t i = 0; i < rank; i++)
        count *= shape[i];
    float *input = numbers(count);
    float *results[] = {predict(graph, input, 3, &sizes[0]), predict(other, input, 3, &sizes[1])};
    ck_assert_int_eq(sizes[0], sizes[1]);
    for (int64_t i = 0; i < sizes[0]; i++)
        ck_assert_float_eq_tol(results[1][i], results[0][i], 2e-5f);
    free(input);
    free(results[0]);
    free(results[1]);
}

static neuron_graph_t *import_graph(const neuron_graph_t *graph, const char *options)
{
    neuron_graph_t *made;
    size_t size;
    assert_ok(neuron_onnx_export_memory(NULL, 0, &size, graph, options));
    uint8_t *bytes = malloc(size);
    assert_ok(neuron_onnx_export_memory(bytes, size, NULL, graph, options));
    assert_ok(neuron_onnx_import_memory(&made, context, bytes, size, NULL));
    free(bytes);
    return made;
}

/* ---- Every layer, there and back ---- */

static void randomize(neuron_graph_t *graph)
{
    for (int64_t i = 0; i < neuron_graph_array_count(graph); i++) {
        size_t size;
        assert_ok(neuron_graph_read_array(NULL, 0, &size, graph, i));
        float *values = numbers((int64_t)size);
        bool positive = strstr(neuron_graph_array_name(graph, i), "variance") ||
                        strstr(neuron_graph_array_name(graph, i), "deviation") ||
                        strstr(neuron_graph_array_name(graph, i), "temperature");
        for (size_t k = 0; positive && k < size; k++)
            values[k] = fabsf(values[k]) + 0.25f;
        assert_ok(neuron_graph_write_array(graph, i, values, size));
        free(values);
    }
}

static neuron_graph_t *graph_with(const neuron_layer *layer)
{
    neuron_graph_t *graph = new_graph(context);
    neuron_node_t *x = neuron_input(graph, (const int64_t[]){5, 6, 2}, 3);
    x = registry_add(graph, layer, neuron_conv2d(graph, x, 4, 2, 1, NULL));
    neuron_node_set_name(x, "layer");
    assert_ok(neuron_graph_finish(graph, neuron_relu(graph, x)));
    randomize(graph);
    return graph;
}

START_TEST(layers_come_back)
{
    static const char *const layouts[] = {"layout=nhwc", "layout=nchw"};
    const neuron_layer *layer = neuron_layers[_i];
    for (int i = 0; i < 2 && layer != &neuron_layer_input; i++) {
        neuron_graph_t *graph = graph_with(layer);
        neuron_graph_t *made = import_graph(graph, layouts[i]);
        assert_same(graph, made);
        ck_assert_int_eq(count_layers(made, "permute"), 0);
        neuron_graph_unref(made);
        neuron_graph_unref(graph);
    }
}
END_TEST

/* What is read of a part of a layer, and missing, is not taken for another operator. */
START_TEST(failing_allocations_leave_nothing)
{
    test_memory memory;
    const neuron_layer *layer = neuron_layers[_i];
    if (layer == &neuron_layer_input)
        return;
    neuron_graph_t *graph = graph_with(layer), *made;
    size_t size;
    assert_ok(neuron_onnx_export_memory(NULL, 0, &size, graph, NULL));
    uint8_t *bytes = malloc(size);
    assert_ok(neuron_onnx_export_memory(bytes, size, NULL, graph, NULL));
    neuron_context_t *limited = test_limited_context(&memory);
    long before = memory.live;
    for (int failures = 0;; failures++) {
        memory.left = failures;
        int status = neuron_onnx_import_memory(&made, limited, bytes, size, NULL);
        test_refill(&memory);
        if (status == NEURON_OK)
            break;
        ck_assert_int_eq(status, NEURON_E_MEMORY);
        ck_assert_ptr_null(made);
        ck_assert_int_eq(memory.live, before);
    }
    neuron_graph_unref(made);
    ck_assert_int_eq(memory.live, before);
    neuron_context_unref(limited);
    free(bytes);
    neuron_graph_unref(graph);
}
END_TEST

/* What a graph is besides its numbers. */
START_TEST(names_and_texts_come_back)
{
    neuron_graph_t *graph = new_graph(context);
    neuron_node_t *x = neuron_input(graph, (const int64_t[]){8, 8, 1}, 3);
    neuron_node_set_name(x, "pixels");
    x = neuron_relu(graph, neuron_conv2d(graph, x, 3, 3, 3, "padding=same"));
    x = neuron_flatten(graph, neuron_max_pool2d(graph, x, 2, 2, NULL));
    x = neuron_softmax(graph, neuron_dense(graph, x, 3, NULL), NULL);
    assert_ok(neuron_graph_set_name(graph, "digits"));
    assert_ok(neuron_graph_finish(graph, x));
    const char *const classes[] = {"a", "b \"c\"", "d"};
    double scale = 0.25, offset = -1, scales[2];
    assert_ok(neuron_graph_set_class_names(graph, NULL, classes, 3));
    assert_ok(neuron_graph_set_metadata(graph, "author", "me\nand you"));
    assert_ok(neuron_graph_set_scales(graph, NULL, &scale, &offset, 1));
    for (int i = 0; i < 2; i++) {
        neuron_graph_t *made = import_graph(graph, i ? "layout=nchw" : NULL);
        assert_same(graph, made);
        ck_assert_str_eq(neuron_graph_name(made), "digits");
        ck_assert_str_eq(neuron_graph_class_name(made, NULL, 1), "b \"c\"");
        ck_assert_str_eq(neuron_graph_metadata(made, "author"), "me\nand you");
        assert_ok(neuron_graph_scales(&scales[0], &scales[1], 1, NULL, made, NULL));
        ck_assert_double_eq(scales[0], scale);
        ck_assert_double_eq(scales[1], offset);
        ck_assert_int_eq(neuron_graph_node_count(made), neuron_graph_node_count(graph));
        for (int64_t k = 0; k < neuron_graph_node_count(graph); k++)
            ck_assert_str_eq(neuron_node_name(neuron_graph_node(made, k)),
                             neuron_node_name(neuron_graph_node(graph, k)));
        neuron_graph_unref(made);
    }
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(shared_layers_stay_shared)
{
    neuron_graph_t *graph = new_graph(context);
    neuron_node_t *x = neuron_input(graph, (const int64_t[]){6}, 1);
    neuron_node_t *first = neuron_dense(graph, x, 6, NULL), *h = neuron_tanh(graph, first);
    assert_ok(neuron_graph_finish(graph, neuron_shared_layer(graph, first, &h, 1)));
    randomize(graph);
    neuron_graph_t *made = import_graph(graph, NULL);
    assert_same(graph, made);
    ck_assert_int_eq(neuron_graph_parameter_count(made), 42);
    neuron_graph_unref(made);
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(bytes_are_scaled_as_the_file_says)
{
    neuron_graph_t *graph = new_graph(context);
    neuron_node_t *x = neuron_input(graph, (const int64_t[]){4, 4, 2}, 3);
    x = neuron_conv2d(graph, x, 3, 3, 3, NULL);
    assert_ok(neuron_graph_finish(graph, x));
    double scale = 0.5, offset = 0.25;
    assert_ok(neuron_graph_set_scales(graph, NULL, &scale, &offset, 1));
    neuron_graph_t *made = import_graph(graph, "input_type=u8");
    float input[32], scaled[32];
    for (int i = 0; i < 32; i++) {
        input[i] = (float)(i * 8);
        scaled[i] = input[i] * 0.5f + 0.25f;
    }
    int64_t size;
    float *ours = predict(graph, scaled, 1, &size), *theirs = predict(made, input, 1, &size);
    for (int64_t i = 0; i < size; i++)
        ck_assert_float_eq_tol(ours[i], theirs[i], 1e-4f);
    free(ours);
    free(theirs);
    neuron_graph_unref(made);
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(imported_graphs_are_trained_and_saved)
{
    neuron_graph_t *graph = new_graph(context), *loaded;
    neuron_node_t *x = neuron_input(graph, (const int64_t[]){8, 8, 1}, 3);
    x = neuron_relu(graph, neuron_batch_norm(graph, neuron_conv2d(graph, x, 4, 3, 3, NULL), NULL));
    x = neuron_dense(graph, neuron_dropout(graph, neuron_flatten(graph, x), 0.2), 10, NULL);
    assert_ok(neuron_graph_finish(graph, neuron_softmax(graph, x, NULL)));
    neuron_graph_t *made = import_graph(graph, NULL);
    neuron_dataset_t *glyphs;
    neuron_optimizer_t *adam;
    neuron_trainer_t *trainer;
    neuron_history_t *history;
    double losses[2];
    assert_ok(neuron_dataset_generate_glyphs(&glyphs, context, 200, 8, 8, 7));
    assert_ok(neuron_optimizer_create(&adam, context, "adam", "learning_rate=0.01"));
    assert_ok(neuron_trainer_create(&trainer, made, adam, glyphs));
    assert_ok(neuron_trainer_set(trainer, "epochs=5, batch_size=20"));
    assert_ok(neuron_trainer_run(&history, trainer));
    assert_ok(neuron_history_value(&losses[0], history, 0, "loss"));
    assert_ok(neuron_history_value(&losses[1], history, 4, "loss"));
    ck_assert_double_lt(losses[1], 0.7 * losses[0]);
    assert_ok(neuron_graph_save(made, test_file("imported.safetensors")));
    assert_ok(neuron_graph_load(&loaded, context, test_file("imported.safetensors")));
    assert_same(made, loaded);
    neuron_graph_unref(loaded);
    neuron_history_unref(history);
    neuron_trainer_unref(trainer);
    neuron_optimizer_unref(adam);
    neuron_dataset_unref(glyphs);
    neuron_graph_unref(made);
    neuron_graph_unref(graph);
}
END_TEST

/* ---- Layouts ---- */

/* [N, 2, 5, 4] goes through a convolution; what reads it follows. */
static model_t *convolution_model(int64_t version)
{
    model_t *model = new_model(version);
    add_input(model, "x", EXTENTS(0, 2, 5, 4));
    add_floats(model, "conv.weight", EXTENTS(3, 2, 2, 2));
    add_floats(model, "conv.bias", EXTENTS(3));
    add_operator(model, "Conv", "x conv.weight conv.bias", "h");
    return model;
}

/* Convolves in the order of the file, [3, 4, 3]. */
static void convolve(const model_t *model, const float *x, float *h)
{
    const float *w = floats_in(model->graph->initializer[0]);
    const float *b = floats_in(model->graph->initializer[1]);
    for (int f = 0; f < 3; f++)
        for (int row = 0; row < 4; row++)
            for (int column = 0; column < 3; column++) {
                float sum = b[f];
                for (int c = 0; c < 2; c++)
                    for (int i = 0; i < 2; i++)
                        for (int j = 0; j < 2; j++)
                            sum += x[(c * 5 + row + i) * 4 + column + j] *
                                   w[((f * 2 + c) * 2 + i) * 2 + j];
                h[(f * 4 + row) * 3 + column] = sum;
            }
}

START_TEST(images_have_channels_last)
{
    model_t *model = convolution_model(13);
    add_output(model, "h");
    float *x = numbers(40), turned[40], h[36];
    convolve(model, x, h);
    for (int c = 0; c < 2; c++)
        for (int p = 0; p < 20; p++)
            turned[p * 2 + c] = x[c * 20 + p];
    neuron_graph_t *graph = import_model(context, model, NULL);
    neuron_graph_t *as_in_file = import_model(context, model, "layout=file");
    int64_t size;
    float *results[] = {predict(graph, turned, 1, &size), predict(as_in_file, x, 1, &size)};
    ck_assert_int_eq(size, 36);
    for (int f = 0; f < 3; f++)
        for (int p = 0; p < 12; p++) {
            ck_assert_float_eq_tol(results[0][p * 3 + f], h[f * 12 + p], 1e-5f);
            ck_assert_float_eq_tol(results[1][f * 12 + p], h[f * 12 + p], 1e-5f);
        }
    ck_assert_str_eq(neuron_graph_array_name(graph, 0), "conv.kernel"); /* as the parameters */
    ck_assert_int_eq(count_layers(graph, "permute"), 0);
    ck_assert_int_eq(count_layers(as_in_file, "permute"), 2);
    free(results[0]);
    free(results[1]);
    free(x);
    neuron_graph_unref(graph);
    neuron_graph_unref(as_in_file);
}
END_TEST

/* Whatever stands between an image and a product: weights take it in. */
START_TEST(weights_behind_images_are_put_in_order)
{
    static const char *const ways[] = {"Flatten", "Reshape", "Reshape by shape", "Transpose",
                                       "BatchNormalization"};
    model_t *model = convolution_model(13);
    const char *last = "f";
    if (strcmp(ways[_i], "Reshape") == 0) {
        add_integers(model, "shape", EXTENTS(-1, 36));
        add_operator(model, "Reshape", "h shape", "f");
    } else if (strcmp(ways[_i], "Reshape by shape") == 0) {
        add_integers(model, "zero", EXTENTS(0));
        add_integers(model, "rest", EXTENTS(-1));
        add_operator(model, "Shape", "h", "s");
        add_operator(model, "Gather", "s zero", "n");
        set_int(add_operator(model, "Concat", "n rest", "shape"), "axis", 0);
        add_operator(model, "Reshape", "h shape", "f");
    } else if (strcmp(ways[_i], "Transpose") == 0) { /* there and back */
        set_ints(add_operator(model, "Transpose", "h", "t"), "perm", EXTENTS(0, 3, 1, 2));
        add_operator(model, "Relu", "t", "r");
        set_ints(add_operator(model, "Transpose", "r", "b"), "perm", EXTENTS(0, 2, 3, 1));
        add_operator(model, "Flatten", "b", "f");
    } else {
        add_operator(model, "Flatten", "h", "f");
    }
    if (strcmp(ways[_i], "BatchNormalization") == 0) {
        for (int i = 0; i < 4; i++)
            add_floats(model, (const char *[]){"s", "b", "m", "v"}[i], EXTENTS(36));
        for (int i = 0; i < 36; i++)
            floats_in(model->graph->initializer[model->graph->n_initializer - 1])[i] += 2;
        add_operator(model, "BatchNormalization", "f s b m v", "n");
        last = "n";
    }
    tensor_t *w = add_floats(model, "w", EXTENTS(36, 5));
    char inputs[16];
    snprintf(inputs, sizeof inputs, "%s w", last);
    add_operator(model, "MatMul", inputs, "y");
    add_output(model, "y");
    float *x = numbers(40), h[36], turned[40];
    convolve(model, x, h);
    if (strcmp(last, "n") == 0)
        for (int i = 0; i < 36; i++) {
            float s = some_number((size_t)i);
            h[i] = (h[i] - s) / sqrtf(s + 2 + 1e-5f) * s + s;
        }
    if (strcmp(ways[_i], "Transpose") == 0)
        for (int i = 0; i < 36; i++)
            h[i] = fmaxf(h[i], 0);
    for (int c = 0; c < 2; c++)
        for (int p = 0; p < 20; p++)
            turned[p * 2 + c] = x[c * 20 + p];
    neuron_graph_t *graph = import_model(context, model, NULL);
    int64_t size;
    float *y = predict(graph, turned, 1, &size);
    ck_assert_int_eq(size, 5);
    for (int u = 0; u < 5; u++) {
        double sum = 0;
        for (int i = 0; i < 36; i++)
            sum += (double)h[i] * (double)floats_in(w)[i * 5 + u];
        ck_assert_double_eq_tol((double)y[u], sum, 1e-4);
    }
    ck_assert_int_eq(count_layers(graph, "permute"), 0);
    free(y);
    free(x);
    neuron_graph_unref(graph);
}
END_TEST

/* An order that nothing can take in is made. */
START_TEST(orders_that_must_be_made_are_made)
{
    model_t *model = convolution_model(13);
    set_ints(add_operator(model, "Transpose", "h", "t"), "perm", EXTENTS(0, 2, 1, 3));
    add_operator(model, "Flatten", "t", "y");
    add_output(model, "y");
    float *x = numbers(40), h[36];
    convolve(model, x, h);
    neuron_graph_t *graph = import_model(context, model, "layout=file");
    int64_t size;
    float *y = predict(graph, x, 1, &size);
    for (int row = 0; row < 4; row++)
        for (int f = 0; f < 3; f++)
            for (int column = 0; column < 3; column++)
                ck_assert_float_eq_tol(y[(row * 3 + f) * 3 + column], h[(f * 4 + row) * 3 + column],
                                       1e-5f);
    ck_assert_int_eq(count_layers(graph, "permute"), 2);
    free(y);
    free(x);
    neuron_graph_unref(graph);
}
END_TEST

/* ---- Several operators that are one layer ---- */

START_TEST(products_and_sums_are_one_layer)
{
    model_t *model = new_model(13);
    add_input(model, "x", EXTENTS(0, 4));
    add_floats(model, "w", EXTENTS(4, 3));
    add_floats(model, "b", EXTENTS(3));
    add_operator(model, "MatMul", "x w", "h");
    add_operator(model, "Add", "b h", "y");
    add_output(model, "y");
    neuron_graph_t *graph = import_model(context, model, NULL);
    ck_assert_int_eq(neuron_graph_node_count(graph), 2);
    ck_assert_int_eq(neuron_graph_parameter_count(graph), 15);
    neuron_graph_unref(graph);
    add_output(model, "h"); /* then it is not the sum alone that is wanted */
    graph = import_model(context, model, NULL);
    ck_assert_int_eq(neuron_graph_output_count(graph), 2);
    ck_assert_int_eq(count_layers(graph, "unstandardize"), 1);
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(gelu_in_any_order_is_one_layer)
{
    static const struct {
        const char *inputs[3];
    } orders[] = {{{"x raised", "p half", NULL}},  /* x (1 + erf) 0.5 */
                  {{"x half", "p raised", NULL}},  /* x 0.5 (1 + erf) */
                  {{"raised half", "x p", NULL}}}; /* (1 + erf) 0.5 x */
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
        model_t *model = new_model(13);
        add_input(model, "x", EXTENTS(0, 4));
        add_number(model, "root", sqrtf(2));
        add_number(model, "one", 1);
        add_number(model, "half", 0.5f);
        add_operator(model, "Div", "x root", "s");
        add_operator(model, "Erf", "s", "e");
        add_operator(model, "Add", "e one", "raised");
        add_operator(model, "Mul", orders[i].inputs[0], "p");
        add_operator(model, "Mul", orders[i].inputs[1], "y");
        add_output(model, "y");
        neuron_graph_t *graph = import_model(context, model, NULL);
        ck_assert_int_eq(neuron_graph_node_count(graph), 2);
        ck_assert_int_eq(count_layers(graph, "gelu"), 1);
        neuron_graph_unref(graph);
    }
}
END_TEST

START_TEST(normalisations_in_parts_are_one_layer)
{
    model_t *model = new_model(13);
    add_input(model, "x", EXTENTS(0, 3, 8));
    add_number(model, "two", 2);
    add_number(model, "epsilon", 1e-4f);
    add_floats(model, "gamma", EXTENTS(8));
    add_floats(model, "beta", EXTENTS(8));
    set_ints(add_operator(model, "ReduceMean", "x", "m"), "axes", EXTENTS(-1));
    add_operator(model, "Sub", "x m", "d");
    add_operator(model, "Pow", "d two", "q");
    set_ints(add_operator(model, "ReduceMean", "q", "v"), "axes", EXTENTS(-1));
    add_operator(model, "Add", "v epsilon", "e");
    add_operator(model, "Sqrt", "e", "r");
    add_operator(model, "Div", "d r", "n");
    add_operator(model, "Mul", "n gamma", "g");
    add_operator(model, "Add", "g beta", "y");
    add_output(model, "y");
    neuron_graph_t *graph = import_model(context, model, NULL);
    double epsilon;
    ck_assert_int_eq(neuron_graph_node_count(graph), 2);
    assert_ok(neuron_node_get_number(&epsilon, neuron_graph_node(graph, 1), "epsilon"));
    ck_assert_double_eq_tol(epsilon, 1e-4, 1e-9);
    float values[8];
    for (int i = 0; i < 2; i++) {
        assert_ok(neuron_graph_read_array(values, 8, NULL, graph, i));
        ck_assert_float_eq(values[5], some_number(5));
    }
    neuron_graph_unref(graph);
}
END_TEST

/* With the maximum taken away or not, and its logarithm in either way. */
START_TEST(softmax_in_parts_is_one_layer)
{
    for (int form = 0; form < 4; form++) {
        bool shifted = form & 1, logarithm = form & 2;
        model_t *model = new_model(13);
        add_input(model, "x", EXTENTS(0, 2, 3));
        add_integers(model, "axes", EXTENTS(1));
        set_ints(add_operator(model, "ReduceMax", "x", "m"), "axes", EXTENTS(1));
        add_operator(model, "Sub", "x m", "d");
        add_operator(model, "Exp", shifted ? "d" : "x", "e");
        add_operator(model, "ReduceSum", "e axes", "t");
        if (logarithm && shifted) {
            add_operator(model, "Log", "t", "l");
            add_operator(model, "Sub", "d l", "y");
        } else {
            add_operator(model, "Div", "e t", "p");
            add_operator(model, logarithm ? "Log" : "Identity", "p", "y");
        }
        add_output(model, "y");
        neuron_graph_t *graph = import_model(context, model, NULL);
        ck_assert_int_eq(neuron_graph_node_count(graph), 2);
        const float x[] = {1, 2, 3, 1, -1, 3.5f};
        int64_t size;
        float *y = predict(graph, x, 1, &size);
        for (int i = 0; i < 3; i++) {
            double first = 1 / (1 + exp((double)x[3 + i] - (double)x[i]));
            ck_assert_double_eq_tol((double)y[i], logarithm ? log(first) : first, 1e-6);
        }
        free(y);
        neuron_graph_unref(graph);
    }
}
END_TEST

START_TEST(powers_are_products)
{
    model_t *model = new_model(13);
    add_input(model, "x", EXTENTS(0, 2));
    add_number(model, "three", 3);
    add_number(model, "half", 0.5f);
    add_operator(model, "Pow", "x three", "y");
    add_output(model, "y");
    neuron_graph_t *graph = import_model(context, model, NULL);
    int64_t size;
    float *y = predict(graph, (const float[]){2, -3}, 1, &size);
    ck_assert_float_eq(y[0], 8);
    ck_assert_float_eq(y[1], -27);
    free(y);
    neuron_graph_unref(graph);
    model->graph->node[0]->input[1] = keep_text("half");
    assert_status(try_import(&graph, context, model, NULL), NEURON_E_UNSUPPORTED);
    assert_message("has an exponent that is not 1, 2, 3 or 4");
}
END_TEST

/* Places of an axis of one have no order among others until there are more of them. */
START_TEST(axes_of_one_grow_where_they_are)
{
    model_t *model = new_model(13);
    add_input(model, "x", EXTENTS(0, 2, 3, 3));
    tensor_t *w = add_floats(model, "w", EXTENTS(2, 1, 1, 3));
    add_integers(model, "pads", EXTENTS(0, 0, 0, 1, 0, 0, 0, 1));
    set_int(add_operator(model, "Conv", "x w", "c"), "group", 2); /* [2, 3, 1] */
    add_operator(model, "Pad", "c pads", "p");                    /* [2, 3, 3] */
    set_ints(add_operator(model, "AveragePool", "p", "y"), "kernel_shape", EXTENTS(1, 2));
    add_output(model, "y");
    float x[18];
    for (size_t i = 0; i < 18; i++)
        x[i] = some_number(i);
    neuron_graph_t *graph = import_model(context, model, "layout=file");
    int64_t size;
    float *y = predict(graph, x, 1, &size);
    ck_assert_int_eq(size, 12);
    for (int channel = 0; channel < 2; channel++)
        for (int row = 0; row < 3; row++) {
            float sum = 0;
            for (int i = 0; i < 3; i++)
                sum += x[channel * 9 + row * 3 + i] * floats_in(w)[channel * 3 + i];
            for (int i = 0; i < 2; i++)
                ck_assert_float_eq_tol(y[channel * 6 + row * 2 + i], sum / 2, 1e-6f);
        }
    free(y);
    neuron_graph_unref(graph);
}
END_TEST

/* A shape that is computed, as exporters do for an expansion: where a 1 stands for each -1. */
START_TEST(shapes_that_are_computed_are_known)
{
    model_t *model = new_model(13);
    add_input(model, "x", EXTENTS(0, 1, 3));
    add_integers(model, "wanted", EXTENTS(1, 4, -1));
    add_integers(model, "less", EXTENTS(-1));
    add_integers(model, "ones", EXTENTS(1));
    add_operator(model, "Equal", "wanted less", "open");
    add_operator(model, "Where", "open ones wanted", "shape");
    add_operator(model, "Expand", "x shape", "y");
    add_output(model, "y");
    neuron_graph_t *graph = import_model(context, model, NULL);
    int64_t size;
    float *y = predict(graph, (const float[]){1, 2, 3}, 1, &size);
    ck_assert_int_eq(size, 12);
    for (int i = 0; i < 12; i++)
        ck_assert_float_eq(y[i], (float)(i % 3 + 1));
    free(y);
    neuron_graph_unref(graph);
}
END_TEST

/* Which is not trained, and may have zeros. */
START_TEST(masks_are_multiplied_by)
{
    for (int rank = 1; rank <= 2; rank++) {
        model_t *model = new_model(13);
        add_input(model, "x", EXTENTS(0, 2, 3));
        tensor_t *mask = add_floats(model, "mask", rank, (const int64_t[]){2, 3} + 2 - rank);
        for (int i = 0; i < 3 * rank; i++)
            floats_in(mask)[i] = (float)(i % 2 * 2);
        add_operator(model, "Mul", "x mask", "y");
        add_output(model, "y");
        neuron_graph_t *graph = import_model(context, model, NULL);
        int64_t size;
        float *y = predict(graph, (const float[]){1, 2, 3, 4, 5, 6}, 1, &size);
        const float wanted[2][6] = {{0, 4, 0, 0, 10, 0}, {0, 4, 0, 8, 0, 12}};
        ck_assert_int_eq(size, 6);
        for (int i = 0; i < 6; i++)
            ck_assert_float_eq(y[i], wanted[rank - 1][i]);
        ck_assert_int_eq(neuron_graph_array_trainable(graph, 0), 0);
        free(y);
        neuron_graph_unref(graph);
        model->graph->node[0]->op_type = keep_text("Div");
        assert_status(try_import(&graph, context, model, NULL), NEURON_E_UNSUPPORTED);
        assert_message("has a constant with a 0 that it divides by");
    }
}
END_TEST

/* Of scikit-learn: for each feature, or for all. */
START_TEST(scalers_standardize)
{
    for (size_t count = 1; count <= 3; count++) {
        model_t *model = new_model(13);
        add_input(model, "x", EXTENTS(0, 3));
        operator_t *scaler = add_operator(model, "Scaler", "x", "y");
        scaler->domain = keep_text("ai.onnx.ml");
        set_floats(scaler, "offset", count, (const float[]){1, 2, 3});
        set_floats(scaler, "scale", 1, (const float[]){0.5f});
        add_output(model, "y");
        neuron_graph_t *graph;
        if (count == 2) {
            assert_status(try_import(&graph, context, model, NULL), NEURON_E_FORMAT);
            assert_message("(Scaler) that makes \"y\": attribute offset has 2 numbers for 3");
            continue;
        }
        graph = import_model(context, model, NULL);
        int64_t size;
        float *y = predict(graph, (const float[]){5, 7, 2}, 1, &size);
        ck_assert_float_eq(y[0], 2);
        ck_assert_float_eq(y[1], count == 1 ? 3 : 2.5f);
        ck_assert_float_eq(y[2], count == 1 ? 0.5f : -0.5f);
        free(y);
        neuron_graph_unref(graph);
    }
}
END_TEST

/* Every so many places of an axis, as for the skips of narrower blocks. */
START_TEST(slices_go_by_steps)
{
    model_t *model = new_model(13);
    add_input(model, "x", EXTENTS(0, 2, 5, 7));
    add_integers(model, "starts", EXTENTS(1, -7));
    add_integers(model, "ends", EXTENTS(INT64_MAX, 7));
    add_integers(model, "axes", EXTENTS(-2, 3));
    tensor_t *steps = add_integers(model, "steps", EXTENTS(2, 100));
    add_operator(model, "Slice", "x starts ends axes steps", "y");
    add_output(model, "y");
    float x[70];
    for (size_t i = 0; i < 70; i++)
        x[i] = (float)i;
    neuron_graph_t *graph = import_model(context, model, NULL);
    int64_t size;
    float *y = predict(graph, x, 1, &size);
    ck_assert_int_eq(size, 4); /* [2, 2, 1] */
    const float wanted[] = {7, 21, 42, 56};
    for (int i = 0; i < 4; i++)
        ck_assert_float_eq(y[i], wanted[i]);
    free(y);
    neuron_graph_unref(graph);
    ((int64_t *)(void *)steps->raw_data.data)[0] = -1;
    assert_status(try_import(&graph, context, model, NULL), NEURON_E_UNSUPPORTED);
    assert_message("has a step of -1; it must be 1 or more");
}
END_TEST

/* How the axes of an output lie does not tell: [1, 6, 2] of a dense network stays so, and so does
 * what was padded as images are; one channel of an image is the last. */
START_TEST(outputs_are_images_if_an_operator_says_so)
{
    static const int64_t wanted[3][3] = {{1, 6, 2}, {6, 2, 1}, {1, 8, 4}};
    int64_t shape[NEURON_RANK_MAX];
    int32_t rank;
    for (int form = 0; form < 3; form++) {
        model_t *model = new_model(13);
        add_input(model, "x", EXTENTS(0, 1, 6, 2));
        add_integers(model, "shape", EXTENTS(0, 1, 6, 2));
        add_integers(model, "pads", EXTENTS(0, 0, 1, 1, 0, 0, 1, 1));
        add_operator(model, "Relu", "x", "r");
        if (form == 0)
            set_int(add_operator(model, "Softmax", "r", "y"), "axis", -1);
        if (form == 1)
            set_ints(add_operator(model, "MaxPool", "r", "y"), "kernel_shape", EXTENTS(1, 1));
        if (form == 2) {
            add_operator(model, "Reshape", "r shape", "s");
            add_operator(model, "Pad", "s pads", "y");
        }
        add_output(model, "y");
        neuron_graph_t *graph = import_model(context, model, NULL);
        assert_ok(neuron_graph_output_shape(shape, &rank, graph));
        ck_assert_int_eq(rank, 3);
        for (int i = 0; i < 3; i++)
            ck_assert_int_eq(shape[i], wanted[form][i]);
        neuron_graph_unref(graph);
    }
}
END_TEST

/* ---- What is told of a model ---- */

START_TEST(numbers_of_all_types_are_read)
{
    static const struct {
        int32_t type;
        size_t size;
        uint64_t bits[3]; /* of 1, -2.5 and 0 */
    } all[] = {{TYPE(FLOAT), 4, {0x3f800000, 0xc0200000, 0}},
               {TYPE(DOUBLE), 8, {0x3ff0000000000000, 0xc004000000000000, 0}},
               {TYPE(FLOAT16), 2, {0x3c00, 0xc100, 0x8000}},
               {TYPE(BFLOAT16), 2, {0x3f80, 0xc020, 0}}};
    for (size_t t = 0; t < sizeof all / sizeof *all; t++)
        for (int raw = 0; raw < 2; raw++) {
            model_t *model = new_model(13);
            add_input(model, "x", EXTENTS(0, 1));
            tensor_t *w = new_tensor("w", all[t].type, all[t].size, EXTENTS(1, 3));
            for (int i = 0; i < 3; i++)
                for (size_t k = 0; k < all[t].size; k++)
                    w->raw_data.data[(size_t)i * all[t].size + k] =
                        (uint8_t)(all[t].bits[i] >> (8 * k));
            APPEND(model->graph, initializer, w);
            if (!raw) {
                w->has_raw_data = 0;
                w->n_float_data = w->n_double_data = w->n_int32_data = 0;
                w->float_data = keep(3 * sizeof(float));
                w->double_data = keep(3 * sizeof(double));
                w->int32_data = keep(3 * sizeof(int32_t));
                memcpy(w->float_data, (const float[]){1, -2.5f, 0}, 3 * sizeof(float));
                memcpy(w->double_data, (const double[]){1, -2.5, 0}, 3 * sizeof(double));
                for (int i = 0; i < 3; i++)
                    w->int32_data[i] = (int32_t)all[t].bits[i];
                *(all[t].type == TYPE(FLOAT)    ? &w->n_float_data
                  : all[t].type == TYPE(DOUBLE) ? &w->n_double_data
                                                : &w->n_int32_data) = 3;
            }
            add_operator(model, "MatMul", "x w", "y");
            add_output(model, "y");
            neuron_graph_t *graph = import_model(context, model, NULL);
            float values[3];
            assert_ok(neuron_graph_read_array(values, 3, NULL, graph, 0));
            ck_assert_float_eq(values[0], 1);
            ck_assert_float_eq(values[1], -2.5f);
            ck_assert_float_eq(values[2], 0);
            neuron_graph_unref(graph);
        }
}
END_TEST

/* Older sets have attributes where newer ones have inputs. */
START_TEST(operators_of_all_sets_are_read)
{
    for (int64_t version = 7; version <= 22; version++) {
        model_t *model = new_model(version);
        add_input(model, "x", EXTENTS(0, 4, 3));
        operator_t *clip, *pad, *squeeze, *split, *drop;
        if (version < 11) {
            clip = add_operator(model, "Clip", "x", "c");
            set_float(set_float(clip, "min", -0.5f), "max", 0.25f);
            pad = add_operator(model, "Pad", "c", "p");
            set_ints(pad, "pads", EXTENTS(0, 1, 0, 0, 1, 0));
        } else {
            add_number(model, "least", -0.5f);
            add_number(model, "most", 0.25f);
            add_integers(model, "pads", EXTENTS(0, 1, 0, 0, 1, 0));
            add_operator(model, "Clip", "x least most", "c");
            add_operator(model, "Pad", "c pads", "p");
        }
        if (version < 13) {
            split = add_operator(model, "Split", "p", "a b");
            set_ints(split, "split", EXTENTS(2, 4));
            squeeze = add_operator(model, "Unsqueeze", "a", "u");
            set_ints(squeeze, "axes", EXTENTS(2));
            squeeze = add_operator(model, "Squeeze", "u", "q");
            set_ints(squeeze, "axes", EXTENTS(2));
        } else {
            add_integers(model, "sizes", EXTENTS(2, 4));
            add_integers(model, "axes", EXTENTS(2));
            split = add_operator(model, "Split", "p sizes", "a b");
            add_operator(model, "Unsqueeze", "a axes", "u");
            add_operator(model, "Squeeze", "u axes", "q");
        }
        set_int(split, "axis", 1);
        if (version < 12) {
            drop = add_operator(model, "Dropout", "q", "d");
            set_float(drop, "ratio", 0.25f);
        } else {
            add_number(model, "ratio", 0.25f);
            add_operator(model, "Dropout", "q ratio", "d");
        }
        add_operator(model, "Softmax", "d", "y"); /* over both axes, or the last */
        add_output(model, "y");
        neuron_graph_t *graph = import_model(context, model, NULL);
        float x[] = {0.1f, 0.2f, -0.3f, 5, -5, 0.2f, 0, 0, 0, 0, 0, 0};
        const float d[] = {0, 0, 0, 0.1f, 0.2f, -0.3f};
        int64_t size;
        float *y = predict(graph, x, 1, &size);
        ck_assert_int_eq(size, 6);
        for (int row = 0; row < 2; row++) {
            double sum = 0;
            for (int i = version < 13 ? 0 : 3 * row; i < (version < 13 ? 6 : 3 * row + 3); i++)
                sum += exp((double)d[i]);
            for (int i = 3 * row; i < 3 * row + 3; i++)
                ck_assert_double_eq_tol((double)y[i], exp((double)d[i]) / sum, 1e-6);
        }
        ck_assert_int_eq(count_layers(graph, "dropout"), 1);
        free(y);
        neuron_graph_unref(graph);
    }
}
END_TEST

/* The first sets have attributes that say what later ones do always. */
START_TEST(operators_of_the_first_sets_are_read)
{
    for (int64_t version = 1; version <= 6; version++) {
        model_t *model = new_model(version);
        add_input(model, "x", EXTENTS(0, 3, 2, 2));
        operator_t *relu = add_operator(model, "Relu", "x", "r");
        if (version < 6)
            set_ints(relu, "consumed_inputs", EXTENTS(0));
        const float *one = floats_in(add_floats(model, "one", EXTENTS(3)));
        const float *two = floats_in(add_floats(model, "two", EXTENTS(3)));
        float *variance = floats_in(add_floats(model, "variance", EXTENTS(3)));
        for (int c = 0; c < 3; c++)
            variance[c] = 0.5f + (float)c;
        operator_t *norm = add_operator(model, "BatchNormalization", "r one one two variance", "n");
        set_float(set_int(norm, "is_test", 1), "epsilon", 0.25f);
        if (version < 6)
            set_ints(norm, "consumed_inputs", EXTENTS(0, 0, 0, 1, 1));
        add_operator(model, "GlobalAveragePool", "n", "g");
        add_operator(model, "Flatten", "g", "f");
        set_int(add_operator(model, "Dropout", "f", "d"), "is_test", 1);
        const float *b = floats_in(add_floats(model, "b", EXTENTS(3)));
        set_int(add_operator(model, "Add", "d b", "a"), "broadcast", 1);
        add_operator(model, "Softsign", "a", "y");
        add_output(model, "y");
        neuron_graph_t *graph = import_model(context, model, NULL);
        int64_t size;
        float x[12];
        for (int i = 0; i < 12; i++)
            x[i] = (float)(i % 5) - 2;
        float *y = predict(graph, x, 1, &size);
        ck_assert_int_eq(size, 3);
        for (int c = 0; c < 3; c++) {
            double mean = 0;
            for (int i = 0; i < 4; i++)
                mean += fmax((double)x[3 * i + c], 0) / 4;
            double a = (mean - (double)two[c]) / sqrt(0.25 + (double)variance[c]) * (double)one[c] +
                       (double)one[c] + (double)b[c];
            ck_assert_double_eq_tol((double)y[c], a / (1 + fabs(a)), 1e-6);
        }
        free(y);
        neuron_graph_unref(graph);
    }
}
END_TEST

START_TEST(initializers_may_be_inputs_too)
{
    model_t *model = new_model(8);
    add_input(model, "x", EXTENTS(0, 4));
    add_input(model, "w", EXTENTS(4, 3));
    add_floats(model, "w", EXTENTS(4, 3));
    add_operator(model, "MatMul", "x w", "y");
    add_output(model, "y");
    neuron_graph_t *graph = import_model(context, model, NULL);
    ck_assert_int_eq(neuron_graph_input_count(graph), 1);
    ck_assert_int_eq(neuron_graph_parameter_count(graph), 12);
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(outputs_are_chosen)
{
    model_t *model = new_model(13);
    add_input(model, "x", EXTENTS(0, 4));
    add_operator(model, "Relu", "x", "a");
    add_operator(model, "Tanh", "a", "b");
    add_operator(model, "ArgMax", "b", "label");
    add_output(model, "b");
    APPEND(model->graph, output, value_of("label", TYPE(INT64), EXTENTS(0)));
    neuron_graph_t *graph = import_model(context, model, NULL); /* labels are no floats */
    ck_assert_int_eq(neuron_graph_output_count(graph), 1);
    ck_assert_str_eq(neuron_node_name(neuron_graph_output(graph, 0)), "b");
    neuron_graph_unref(graph);
    graph = import_model(context, model, "outputs=\"a, b\", layout=file");
    ck_assert_int_eq(neuron_graph_output_count(graph), 2);
    ck_assert_str_eq(neuron_node_layer(neuron_graph_output(graph, 0)), "relu");
    neuron_graph_unref(graph);
    assert_status(try_import(&graph, context, model, "outputs=label"), NEURON_E_UNSUPPORTED);
    assert_message("model: the output \"label\" is no tensor of floats");
    assert_status(try_import(&graph, context, model, "outputs=c"), NEURON_E_FORMAT);
    assert_message("model: nothing makes the output \"c\"");
}
END_TEST

START_TEST(models_without_a_batch_are_one_example)
{
    model_t *model = new_model(13);
    add_input(model, "x", EXTENTS(4, 3));
    set_int(add_operator(model, "Softmax", "x", "y"), "axis", 0);
    add_output(model, "y");
    neuron_graph_t *graph;
    assert_status(try_import(&graph, context, model, NULL), NEURON_E_UNSUPPORTED);
    assert_message(
        "model: the node (Softmax) that makes \"y\": attribute axis: goes along the batch");
    graph = import_model(context, model, "batch=none");
    int64_t shape[NEURON_RANK_MAX];
    int32_t rank;
    assert_ok(neuron_graph_input_shape(shape, &rank, graph));
    ck_assert_int_eq(rank, 2);
    ck_assert_int_eq(shape[0], 4);
    neuron_graph_unref(graph);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("onnx import");
    TCase *tests = tcase_create("import");
    tcase_add_checked_fixture(tests, begin, end);
    tcase_set_timeout(tests, 0);
    suite_add_tcase(suite, tests);
    tcase_add_loop_test(tests, layers_come_back, 0, REGISTRY_LAYERS);
    tcase_add_loop_test(tests, failing_allocations_leave_nothing, 0, REGISTRY_LAYERS);
    tcase_add_test(tests, names_and_texts_come_back);
    tcase_add_test(tests, shared_layers_stay_shared);
    tcase_add_test(tests, bytes_are_scaled_as_the_file_says);
    tcase_add_test(tests, imported_graphs_are_trained_and_saved);
    tcase_add_test(tests, images_have_channels_last);
    tcase_add_loop_test(tests, weights_behind_images_are_put_in_order, 0, 5);
    tcase_add_test(tests, orders_that_must_be_made_are_made);
    tcase_add_test(tests, products_and_sums_are_one_layer);
    tcase_add_test(tests, gelu_in_any_order_is_one_layer);
    tcase_add_test(tests, normalisations_in_parts_are_one_layer);
    tcase_add_test(tests, softmax_in_parts_is_one_layer);
    tcase_add_test(tests, powers_are_products);
    tcase_add_test(tests, axes_of_one_grow_where_they_are);
    tcase_add_test(tests, shapes_that_are_computed_are_known);
    tcase_add_test(tests, masks_are_multiplied_by);
    tcase_add_test(tests, scalers_standardize);
    tcase_add_test(tests, slices_go_by_steps);
    tcase_add_test(tests, outputs_are_images_if_an_operator_says_so);
    tcase_add_test(tests, numbers_of_all_types_are_read);
    tcase_add_test(tests, operators_of_all_sets_are_read);
    tcase_add_test(tests, operators_of_the_first_sets_are_read);
    tcase_add_test(tests, initializers_may_be_inputs_too);
    tcase_add_test(tests, outputs_are_chosen);
    tcase_add_test(tests, models_without_a_batch_are_one_example);
    return run_suite(suite);
}
