/* Models that compute with bytes: those that were exported come back to the bit, and those of
 * others compute what their bytes stand for. */
#include "onnx-build.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

enum { EXAMPLES = 40, IN = 6, OUT = 3 };

static const float x_scale = 0.02f, w_scale = 0.01f, y_scale = 0.05f;

/* Bytes without an order: of weights between -127 and 127. */
static int byte_at(int i)
{
    return (i * 7919 + 5) % 255 - 127;
}

static void add_bytes(model_t *model, const char *name, int32_t type, int rank,
                      const int64_t *extents, int first)
{
    tensor_t *tensor = new_tensor(name, type, 1, rank, extents);
    for (size_t i = 0; i < tensor->raw_data.len; i++)
        tensor->raw_data.data[i] = (uint8_t)byte_at(first + (int)i);
    APPEND(model->graph, initializer, tensor);
}

static void add_byte(model_t *model, const char *name, int32_t type, int value)
{
    tensor_t *tensor = new_tensor(name, type, 1, 0, NULL);
    tensor->raw_data.data[0] = (uint8_t)value;
    APPEND(model->graph, initializer, tensor);
}

static void add_list(model_t *model, const char *name, int count, const float *values)
{
    tensor_t *tensor = add_floats(model, name, EXTENTS(count));
    memcpy(floats_in(tensor), values, (size_t)count * sizeof *values);
}

/* What a byte stands for that a number becomes. */
static double rounded(double value, double scale, int zero, int least)
{
    double byte = fmin(fmax(nearbyint(value / scale) + zero, least), least + 255);
    return (byte - zero) * scale;
}

static double cut_off(double value, double scale, int zero, int least)
{
    return fmin(fmax(value, (least - zero) * scale), (least + 255 - zero) * scale);
}

static float *input_of(int64_t count)
{
    float *input = keep((size_t)count * sizeof *input);
    for (int64_t i = 0; i < count; i++)
        input[i] = 4 * some_number((size_t)i);
    return input;
}

/* ---- There and back ---- */

static neuron_graph_t *quantised(neuron_graph_t *graph, int64_t size)
{
    neuron_tensor_t *examples, *labels;
    neuron_dataset_t *dataset;
    neuron_graph_t *small;
    assert_ok(neuron_tensor_create(&examples, context, NEURON_TYPE_F32,
                                   (const int64_t[]){20, size, size, 3}, 4));
    assert_ok(neuron_tensor_create(&labels, context, NEURON_TYPE_U8, (const int64_t[]){20}, 1));
    float *values = neuron_tensor_data(examples);
    for (int64_t i = 0; i < 20 * size * size * 3; i++)
        values[i] = some_number((size_t)i);
    memset(neuron_tensor_data(labels), 0, 20);
    assert_ok(neuron_dataset_create(&dataset, context, examples, labels, 2));
    assert_ok(neuron_graph_quantize(&small, graph, dataset, NULL));
    neuron_dataset_unref(dataset);
    neuron_tensor_unref(labels);
    neuron_tensor_unref(examples);
    return small;
}

START_TEST(quantised_graphs_come_back_to_the_bit)
{
    neuron_graph_t *graph = new_graph(context), *made;
    neuron_node_t *x = neuron_input(graph, (const int64_t[]){8, 8, 3}, 3);
    x = neuron_relu(graph, neuron_conv2d(graph, x, 5, 3, 3, "padding=same, stride=2"));
    x = neuron_max_pool2d(graph, neuron_batch_norm(graph, x, NULL), 2, 2, NULL);
    x = neuron_conv2d(graph, x, 4, 2, 1, "use_bias=no, padding_top=1");
    x = neuron_dense(graph, neuron_flatten(graph, x), 2, NULL);
    assert_ok(neuron_graph_finish(graph, neuron_softmax(graph, x, NULL)));
    neuron_graph_t *small = quantised(graph, 8);
    ck_assert_int_eq(count_layers(small, "quantized_conv2d"), 2);
    for (int i = 0; i < 2; i++) {
        size_t size;
        const char *options = i ? "layout=nchw" : NULL;
        assert_ok(neuron_onnx_export_memory(NULL, 0, &size, small, options));
        uint8_t *bytes = keep(size);
        assert_ok(neuron_onnx_export_memory(bytes, size, NULL, small, options));
        assert_ok(neuron_onnx_import_memory(&made, context, bytes, size, NULL));
        ck_assert_int_eq(neuron_graph_node_count(made), neuron_graph_node_count(small));
        for (int64_t k = 0; k < neuron_graph_node_count(small); k++)
            ck_assert_str_eq(neuron_node_name(neuron_graph_node(made, k)),
                             neuron_node_name(neuron_graph_node(small, k)));
        float *input = input_of((int64_t)EXAMPLES * 8 * 8 * 3);
        int64_t sizes[2];
        float *ours = predict(small, input, EXAMPLES, &sizes[0]);
        float *theirs = predict(made, input, EXAMPLES, &sizes[1]);
        ck_assert_int_eq(sizes[0], sizes[1]);
        ck_assert_mem_eq(ours, theirs, (size_t)sizes[0] * sizeof *ours);
        free(ours);
        free(theirs);
        neuron_graph_unref(made);
    }
    neuron_graph_unref(small);
    neuron_graph_unref(graph);
}
END_TEST

/* ---- Products ---- */

/* x times weights [IN, OUT], which become bytes by a scale for each output; the product goes on as
 * "y". Bytes of x are of a type and have a zero point. */
typedef struct product {
    int32_t type;
    int zero, weight_zero;
    bool by_outputs, turned; /* [OUT, IN] */
    float scales[OUT];
} product;

static double weight_at(const product *p, int in, int out)
{
    int byte = byte_at(p->turned ? out * IN + in : in * OUT + out);
    return (byte - p->weight_zero) * (double)p->scales[p->by_outputs ? out : 0];
}

static model_t *product_model(const product *p)
{
    model_t *model = new_model(13);
    int64_t extents[] = {p->turned ? OUT : IN, p->turned ? IN : OUT};
    add_input(model, "x", EXTENTS(0, IN));
    add_number(model, "xs", x_scale);
    add_byte(model, "xz", p->type, p->zero);
    add_bytes(model, "w", TYPE(INT8), 2, extents, 0);
    int64_t scales = p->by_outputs ? OUT : 1;
    add_list(model, "ws", (int)scales, p->scales);
    tensor_t *zeros = new_tensor("wz", TYPE(INT8), 1, 1, &scales);
    memset(zeros->raw_data.data, p->weight_zero, zeros->raw_data.len);
    APPEND(model->graph, initializer, zeros);
    add_list(model, "b", OUT, (const float[]){0.5f, -1, 0.25f});
    return model;
}

/* The product of what bytes of x stand for, or of x cut off where they end. */
static double expected(const product *p, const float *x, int out, bool rounds)
{
    int least = p->type == TYPE(INT8) ? -128 : 0;
    double sum = 0;
    for (int i = 0; i < IN; i++)
        sum += (rounds ? rounded : cut_off)((double)x[i], (double)x_scale, p->zero, least) *
               weight_at(p, i, out);
    return sum;
}

static void assert_product(const model_t *model, const product *p, bool rounds, double bias)
{
    static const double biases[] = {0.5, -1, 0.25};
    neuron_graph_t *graph = import_model(context, model, NULL);
    float *input = input_of((int64_t)EXAMPLES * IN);
    int64_t size;
    float *y = predict(graph, input, EXAMPLES, &size);
    ck_assert_int_eq(size, EXAMPLES * OUT);
    ck_assert_int_eq(count_layers(graph, "quantized_dense"), rounds);
    for (int i = 0; i < EXAMPLES; i++)
        for (int k = 0; k < OUT; k++)
            ck_assert_double_eq_tol(
                (double)y[i * OUT + k],
                expected(p, input + (size_t)i * IN, k, rounds) + bias * biases[k], 1e-5);
    free(y);
    neuron_graph_unref(graph);
}

/* Quantised and taken back before a Gemm with a bias, and before a MatMul. */
static model_t *between_model(const product *p, bool gemm)
{
    model_t *model = product_model(p);
    add_operator(model, "QuantizeLinear", "x xs xz", "q");
    add_operator(model, "DequantizeLinear", "q xs xz", "xd");
    set_int(add_operator(model, "DequantizeLinear", "w ws wz", "wd"), "axis", p->turned ? 0 : 1);
    if (gemm)
        set_int(add_operator(model, "Gemm", "xd wd b", "y"), "transB", p->turned);
    else
        add_operator(model, "MatMul", "xd wd", "y");
    add_output(model, "y");
    return model;
}

START_TEST(products_between_bytes_are_quantised_layers)
{
    product p = {.type = TYPE(UINT8), .zero = 120, .scales = {0.01f, 0.02f, 0.005f}};
    for (int i = 0; i < 8; i++) {
        p.by_outputs = i & 1;
        p.turned = i & 2;
        p.type = i & 4 ? TYPE(INT8) : TYPE(UINT8);
        p.zero = i & 4 ? -10 : 120;
        assert_product(between_model(&p, true), &p, true, 1);
        if (!p.turned)
            assert_product(between_model(&p, false), &p, true, 0);
    }
}
END_TEST

/* As weights that are not around 0 make none. */
START_TEST(other_products_are_of_what_bytes_stand_for)
{
    product p = {.type = TYPE(UINT8), .zero = 100, .weight_zero = 3, .scales = {0.01f}};
    assert_product(between_model(&p, true), &p, false, 1);
    p.by_outputs = true;
    p.scales[1] = p.scales[2] = 0.03f;
    assert_product(between_model(&p, true), &p, false, 1);
    assert_product(between_model(&p, false), &p, false, 0);
}
END_TEST

/* Rows of vectors go through an image of one column. */
START_TEST(products_of_rows_are_quantised_layers)
{
    const product p = {.type = TYPE(UINT8), .zero = 120, .scales = {0.01f}};
    model_t *model = new_model(13), *single = product_model(&p);
    add_input(model, "x", EXTENTS(0, 4, IN));
    for (size_t i = 0; i < single->graph->n_initializer; i++)
        APPEND(model->graph, initializer, single->graph->initializer[i]);
    add_operator(model, "QuantizeLinear", "x xs xz", "q");
    add_operator(model, "DequantizeLinear", "q xs xz", "xd");
    set_int(add_operator(model, "DequantizeLinear", "w ws wz", "wd"), "axis", 1);
    add_operator(model, "MatMul", "xd wd", "m");
    add_operator(model, "Add", "m b", "y");
    add_output(model, "y");
    neuron_graph_t *graph = import_model(context, model, NULL);
    float *input = input_of((int64_t)EXAMPLES * 4 * IN);
    int64_t size;
    float *y = predict(graph, input, EXAMPLES, &size);
    ck_assert_int_eq(size, EXAMPLES * 4 * OUT);
    ck_assert_int_eq(count_layers(graph, "quantized_conv2d"), 1);
    for (int i = 0; i < EXAMPLES * 4 * OUT; i++) {
        double bias = (const double[]){0.5, -1, 0.25}[i % OUT];
        double sum = expected(&p, input + (size_t)(i / OUT) * IN, i % OUT, true);
        ck_assert_double_eq_tol((double)y[i], sum + bias, 1e-5);
    }
    free(y);
    neuron_graph_unref(graph);
}
END_TEST

/* Scales along the inputs of weights. */
START_TEST(scales_along_another_axis_are_read)
{
    product p = {.type = TYPE(UINT8), .zero = 100, .scales = {0.01f}};
    model_t *model = product_model(&p);
    add_list(model, "s", IN, (const float[]){1, 2, 3, 4, 5, 6});
    add_operator(model, "QuantizeLinear", "x xs xz", "q");
    add_operator(model, "DequantizeLinear", "q xs xz", "xd");
    set_int(add_operator(model, "DequantizeLinear", "w s", "wd"), "axis", 0);
    add_operator(model, "MatMul", "xd wd", "y");
    add_output(model, "y");
    neuron_graph_t *graph = import_model(context, model, NULL);
    float *input = input_of((int64_t)EXAMPLES * IN);
    int64_t size;
    float *y = predict(graph, input, EXAMPLES, &size);
    for (int i = 0; i < EXAMPLES * OUT; i++) {
        double sum = 0;
        for (int k = 0; k < IN; k++)
            sum += cut_off((double)input[i / OUT * IN + k], (double)x_scale, 100, 0) *
                   byte_at(k * OUT + i % OUT) * (k + 1);
        ck_assert_double_eq_tol((double)y[i], sum, 1e-2);
    }
    free(y);
    neuron_graph_unref(graph);
}
END_TEST

/* What others have quantised themselves: numbers that go through QuantizeLinear. */
START_TEST(constants_are_quantised)
{
    model_t *model = new_model(13);
    add_input(model, "x", EXTENTS(0, 2));
    add_list(model, "s", 2, (const float[]){0.5f, 0.25f});
    tensor_t *zeros = new_tensor("z", TYPE(INT8), 1, EXTENTS(2));
    APPEND(model->graph, initializer, zeros);
    tensor_t *weights = add_floats(model, "w", EXTENTS(2, 2));
    memcpy(floats_in(weights), (const float[]){0.74f, 0.75f, -200, 0.13f}, 16);
    set_int(add_operator(model, "QuantizeLinear", "w s z", "q"), "axis", 1);
    set_int(add_operator(model, "DequantizeLinear", "q s z", "d"), "axis", 1);
    add_operator(model, "MatMul", "x d", "y");
    add_output(model, "y");
    neuron_graph_t *graph = import_model(context, model, NULL);
    float input[] = {1, 0, 0, 1};
    int64_t size;
    float *y = predict(graph, input, 2, &size);
    ck_assert_float_eq(y[0], 0.5f); /* 1.48 steps */
    ck_assert_float_eq(y[1], 0.75f);
    ck_assert_float_eq(y[2], -64);   /* -128 steps */
    ck_assert_float_eq(y[3], 0.25f); /* 0.52 steps */
    free(y);
    neuron_graph_unref(graph);
}
END_TEST

/* ---- Operators of bytes ---- */

/* QLinearMatMul and QGemm, whose results become bytes that are taken back. */
START_TEST(products_of_bytes_are_quantised_layers)
{
    product p = {.type = TYPE(UINT8), .zero = 128, .scales = {0.01f, 0.02f, 0.005f}};
    for (int i = 0; i < 4; i++) {
        p.by_outputs = i & 1;
        p.turned = i & 2;
        model_t *model = product_model(&p);
        add_number(model, "ys", y_scale);
        add_byte(model, "yz", TYPE(UINT8), 100);
        add_operator(model, "QuantizeLinear", "x xs xz", "q");
        if (p.turned) {
            operator_t *gemm = add_operator(model, "QGemm", "q xs xz w ws wz - ys yz", "p");
            gemm->domain = keep_text("com.microsoft");
            set_int(gemm, "transB", 1);
        } else {
            add_operator(model, "QLinearMatMul", "q xs xz w ws wz ys yz", "p");
        }
        add_operator(model, "DequantizeLinear", "p ys yz", "y");
        add_output(model, "y");
        neuron_graph_t *graph = import_model(context, model, NULL);
        float *input = input_of((int64_t)EXAMPLES * IN);
        int64_t size;
        float *y = predict(graph, input, EXAMPLES, &size);
        ck_assert_int_eq(count_layers(graph, "quantized_dense"), 1);
        for (int k = 0; k < EXAMPLES * OUT; k++)
            ck_assert_double_eq_tol(
                (double)y[k],
                cut_off(expected(&p, input + (size_t)(k / OUT) * IN, k % OUT, true),
                        (double)y_scale, 100, 0),
                1e-5);
        free(y);
        neuron_graph_unref(graph);
    }
}
END_TEST

/* A convolution with a bias of integers, a pooling of its bytes, and a sum of those with others. */
START_TEST(convolutions_of_bytes_are_quantised_layers)
{
    model_t *model = new_model(13);
    add_input(model, "x", EXTENTS(0, 2, 4, 4));
    add_number(model, "xs", x_scale);
    add_byte(model, "xz", TYPE(UINT8), 128);
    add_bytes(model, "w", TYPE(INT8), EXTENTS(2, 2, 1, 1), 0);
    add_number(model, "ws", w_scale);
    add_byte(model, "wz", TYPE(INT8), 0);
    tensor_t *bias = new_tensor("b", TYPE(INT32), sizeof(int32_t), EXTENTS(2));
    memcpy(bias->raw_data.data, (const int32_t[]){1000, -2000}, 8);
    APPEND(model->graph, initializer, bias);
    add_number(model, "ys", y_scale);
    add_byte(model, "yz", TYPE(UINT8), 0); /* so that it is a ReLU as well */
    add_operator(model, "QuantizeLinear", "x xs xz", "q");
    add_operator(model, "QLinearConv", "q xs xz w ws wz ys yz b", "c");
    operator_t *pool = add_operator(model, "MaxPool", "c", "m");
    set_ints(pool, "kernel_shape", EXTENTS(2, 2));
    set_ints(pool, "strides", EXTENTS(2, 2));
    add_operator(model, "QLinearAdd", "m ys yz m ys yz xs xz", "a")->domain =
        keep_text("com.microsoft");
    add_operator(model, "Flatten", "a", "f");
    add_operator(model, "DequantizeLinear", "f xs xz", "y");
    add_output(model, "y");
    neuron_graph_t *graph = import_model(context, model, "layout=file");
    ck_assert_int_eq(count_layers(graph, "quantized_conv2d"), 1);
    float *input = input_of((int64_t)EXAMPLES * 32);
    int64_t size;
    float *y = predict(graph, input, EXAMPLES, &size);
    ck_assert_int_eq(size, EXAMPLES * 8);
    for (int i = 0; i < EXAMPLES * 8; i++) {
        int filter = i / 4 % 2, row = i / 2 % 2 * 2, column = i % 2 * 2;
        double largest = -INFINITY;
        for (int k = 0; k < 4; k++) {
            int place = (row + k / 2) * 4 + column + k % 2;
            double sum = (filter ? -2000 : 1000) * (double)x_scale * (double)w_scale;
            for (int c = 0; c < 2; c++)
                sum +=
                    rounded((double)input[i / 8 * 32 + c * 16 + place], (double)x_scale, 128, 0) *
                    byte_at(filter * 2 + c) * (double)w_scale;
            largest = fmax(largest, cut_off(sum, (double)y_scale, 0, 0));
        }
        ck_assert_double_eq_tol((double)y[i], cut_off(2 * largest, (double)x_scale, 128, 0), 1e-5);
    }
    free(y);
    neuron_graph_unref(graph);
}
END_TEST

/* MatMulInteger has no scale: it is multiplied by both behind a Cast. */
START_TEST(sums_of_bytes_are_read)
{
    product p = {.type = TYPE(UINT8), .zero = 128, .scales = {w_scale}};
    model_t *model = product_model(&p);
    add_number(model, "both", x_scale * w_scale);
    add_operator(model, "QuantizeLinear", "x xs xz", "q");
    add_operator(model, "MatMulInteger", "q w xz", "i");
    set_int(add_operator(model, "Cast", "i", "f"), "to", TYPE(FLOAT));
    add_operator(model, "Mul", "f both", "y");
    add_output(model, "y");
    assert_product(model, &p, false, 0);
}
END_TEST

/* Scales that are found while a model runs: values are not rounded. */
START_TEST(dynamic_scales_leave_values_as_they_are)
{
    product p = {.type = TYPE(UINT8), .zero = 128, .weight_zero = 2};
    for (int i = 0; i < 2; i++) {
        p.by_outputs = i;
        memcpy(p.scales, (const float[]){0.01f, 0.02f, 0.03f}, sizeof p.scales);
        model_t *model = product_model(&p);
        add_operator(model, "DynamicQuantizeLinear", "x", "q s z");
        add_operator(model, "Mul", "s ws", "both");
        add_operator(model, "MatMulInteger", "q w z wz", "i");
        set_int(add_operator(model, "Cast", "i", "f"), "to", TYPE(FLOAT));
        add_operator(model, "Mul", "f both", "m");
        add_operator(model, "Add", "m b", "y");
        add_output(model, "y");
        neuron_graph_t *graph = import_model(context, model, NULL);
        ck_assert_int_eq(neuron_graph_node_count(graph), 2);
        float *input = input_of((int64_t)EXAMPLES * IN);
        int64_t size;
        float *y = predict(graph, input, EXAMPLES, &size);
        for (int k = 0; k < EXAMPLES * OUT; k++) {
            double sum = (const double[]){0.5, -1, 0.25}[k % OUT];
            for (int c = 0; c < IN; c++)
                sum += (double)input[k / OUT * IN + c] * weight_at(&p, c, k % OUT);
            ck_assert_double_eq_tol((double)y[k], sum, 1e-5);
        }
        free(y);
        neuron_graph_unref(graph);
    }
}
END_TEST

/* An input of bytes is one of numbers. */
START_TEST(inputs_of_bytes_are_numbers)
{
    model_t *model = new_model(13);
    APPEND(model->graph, input, value_of("x", TYPE(UINT8), EXTENTS(0, 2)));
    add_number(model, "s", 0.5f);
    add_byte(model, "z", TYPE(UINT8), 4);
    add_operator(model, "DequantizeLinear", "x s z", "y");
    add_output(model, "y");
    neuron_graph_t *graph = import_model(context, model, NULL);
    float input[] = {0, 255};
    int64_t size;
    float *y = predict(graph, input, 1, &size);
    ck_assert_float_eq(y[0], -2);
    ck_assert_float_eq(y[1], 125.5f);
    free(y);
    neuron_graph_unref(graph);
}
END_TEST

/* ---- What is refused ---- */

static void assert_refused(const model_t *model, int status, const char *message)
{
    neuron_graph_t *graph;
    assert_status(try_import(&graph, context, model, NULL), status);
    ck_assert_ptr_null(graph);
    assert_message(message);
}

static model_t *bytes_model(const char *type, const char *inputs, const char *outputs)
{
    model_t *model = new_model(19);
    add_input(model, "x", EXTENTS(0, 2));
    add_number(model, "s", 0.5f);
    add_number(model, "negative", -1);
    add_list(model, "ss", 2, (const float[]){1, 2});
    add_byte(model, "z", TYPE(UINT8), 4);
    add_integers(model, "long", EXTENTS(4));
    add_bytes(model, "w", TYPE(INT8), EXTENTS(2, 2), 0);
    add_operator(model, type, inputs, outputs);
    add_output(model, "y");
    return model;
}

START_TEST(what_is_no_quantisation_is_refused_by_name)
{
    assert_refused(bytes_model("QuantizeLinear", "x s z", "y"), NEURON_E_UNSUPPORTED,
                   "the output \"y\" is a part of a layer that is not whole");
    assert_refused(bytes_model("QuantizeLinear", "x ss z", "y"), NEURON_E_UNSUPPORTED,
                   "(QuantizeLinear) that makes \"y\": has more than one scale");
    assert_refused(bytes_model("QuantizeLinear", "x negative z", "y"), NEURON_E_UNSUPPORTED,
                   "has the scale -1; it must be above 0");
    assert_refused(bytes_model("QuantizeLinear", "x s long", "y"), NEURON_E_UNSUPPORTED,
                   "makes integers that do not have 8 or 16 bits");
    assert_refused(bytes_model("QuantizeLinear", "x s x", "y"), NEURON_E_UNSUPPORTED,
                   "is computed; it must be a constant");
    model_t *model = bytes_model("QuantizeLinear", "x s z", "y");
    set_int(model->graph->node[0], "block_size", 2);
    assert_refused(model, NEURON_E_UNSUPPORTED, "attribute block_size is not 0");
    model = bytes_model("QuantizeLinear", "x s z", "q");
    add_operator(model, "Relu", "q", "y");
    assert_refused(model, NEURON_E_UNSUPPORTED,
                   "reads \"q\", and QuantizeLinear is imported before DequantizeLinear alone");
    assert_refused(bytes_model("QLinearMatMul", "x s z w s z s z", "y"), NEURON_E_UNSUPPORTED,
                   "is a part of a layer that is not whole");
    assert_refused(bytes_model("QLinearMatMul", "x s z w s", "y"), NEURON_E_FORMAT,
                   "(QLinearMatMul) that makes \"y\": input 6 is missing");
    assert_refused(bytes_model("QLinearMatMul", "x", "y"), NEURON_E_FORMAT, "input 1 is missing");
    assert_refused(bytes_model("QLinearConv", "", "y"), NEURON_E_FORMAT, "input 0 is missing");
    assert_refused(bytes_model("ConvInteger", "x", "y"), NEURON_E_FORMAT, "input 0 is missing");
    assert_refused(bytes_model("DynamicQuantizeLinear", "x", "y"), NEURON_E_UNSUPPORTED,
                   "(DynamicQuantizeLinear) that makes \"y\": this operator is not imported");
    model = bytes_model("QLinearAveragePool", "x s z s z", "y");
    assert_refused(model, NEURON_E_UNSUPPORTED, "(QLinearAveragePool)");
    model->graph->node[0]->domain = keep_text("com.microsoft");
    set_int(model->graph->node[0], "channels_last", 1);
    assert_refused(model, NEURON_E_UNSUPPORTED, "attribute channels_last is not 0");
    model = bytes_model("QLinearSoftmax", "x s z s z", "y");
    model->graph->node[0]->domain = keep_text("com.microsoft");
    set_int(model->graph->node[0], "opset", 7);
    assert_refused(model, NEURON_E_UNSUPPORTED, "attribute opset is that of other sets");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("onnx import bytes");
    TCase *tests = tcase_create("bytes");
    tcase_add_checked_fixture(tests, begin, end);
    tcase_add_test(tests, quantised_graphs_come_back_to_the_bit);
    tcase_add_test(tests, products_between_bytes_are_quantised_layers);
    tcase_add_test(tests, products_of_rows_are_quantised_layers);
    tcase_add_test(tests, other_products_are_of_what_bytes_stand_for);
    tcase_add_test(tests, scales_along_another_axis_are_read);
    tcase_add_test(tests, constants_are_quantised);
    tcase_add_test(tests, products_of_bytes_are_quantised_layers);
    tcase_add_test(tests, convolutions_of_bytes_are_quantised_layers);
    tcase_add_test(tests, sums_of_bytes_are_read);
    tcase_add_test(tests, dynamic_scales_leave_values_as_they_are);
    tcase_add_test(tests, inputs_of_bytes_are_numbers);
    tcase_add_test(tests, what_is_no_quantisation_is_refused_by_name);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
