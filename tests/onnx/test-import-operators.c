/* Importing single operators: each computes what the standard of ONNX says, which is written out
 * here once more, as plainly as can be. */
#include "onnx-build.h"

#include <math.h>
#include <stdio.h>

/* What comes of some numbers, example by example in the order of the file. */
static void assert_computes(const model_t *model, const char *options, const float *x,
                            const float *wanted, int64_t count)
{
    neuron_graph_t *graph = import_model(context, model, options);
    int64_t size;
    float *y = predict(graph, x, 1, &size);
    ck_assert_int_eq(size, count);
    for (int64_t i = 0; i < count; i++)
        ck_assert_float_eq_tol(y[i], wanted[i], 2e-5f);
    free(y);
    neuron_graph_unref(graph);
}

#define ASSERT_COMPUTES(model, options, x, ...)                                                    \
    assert_computes(model, options, x, (const float[]){__VA_ARGS__},                               \
                    sizeof((const float[]){__VA_ARGS__}) / sizeof(float))

/* ---- Windows ---- */

enum { CHANNELS = 4, ROWS = 7, COLUMNS = 6, SIDE_MAX = 24, IMAGE_MAX = 8 * SIDE_MAX * SIDE_MAX };

static const int sides[] = {ROWS, COLUMNS};

typedef struct window {
    int64_t kernel[2], stride[2], dilation[2], pads[4]; /* before both axes, behind both */
    const char *automatic;                              /* auto_pad instead of pads; or NULL */
    int ceiling, groups, filters, biased;
    int64_t more[2], shape[2]; /* of a transposed one: output_padding, output_shape */
} window;

static int reach_of(const window *w, int axis)
{
    return (int)((w->kernel[axis] - 1) * w->dilation[axis] + 1);
}

/* So many zeros before and behind; an odd one goes behind, or with `lower` before. */
static void share_zeros(int zeros, bool lower, int *before, int *behind)
{
    *before = lower ? zeros - zeros / 2 : zeros / 2;
    *behind = zeros - *before;
}

/* How many windows there are along an axis. */
static int count_windows(const window *w, int axis, int *before, int *behind)
{
    int extent = sides[axis], stride = (int)w->stride[axis];
    *before = w->automatic ? 0 : (int)w->pads[axis];
    *behind = w->automatic ? 0 : (int)w->pads[2 + axis];
    if (w->automatic && strncmp(w->automatic, "SAME", 4) == 0) {
        int count = (extent + stride - 1) / stride;
        int zeros = (count - 1) * stride + reach_of(w, axis) - extent;
        share_zeros(zeros > 0 ? zeros : 0, strcmp(w->automatic, "SAME_LOWER") == 0, before, behind);
        return count;
    }
    int steps = *before + extent + *behind - reach_of(w, axis), count = steps / stride + 1;
    /* One more, unless it begins in the zeros behind. */
    if (w->ceiling && steps % stride != 0 && count * stride - *before < extent)
        count++;
    return count;
}

static operator_t *add_windows(model_t *model, const char *type, const char *inputs,
                               const window *w)
{
    operator_t *made = add_operator(model, type, inputs, "y");
    set_ints(made, "kernel_shape", 2, w->kernel);
    set_ints(made, "strides", 2, w->stride);
    set_ints(made, "dilations", 2, w->dilation);
    if (w->automatic)
        set_word(made, "auto_pad", w->automatic);
    else
        set_ints(made, "pads", 4, w->pads);
    add_output(model, "y");
    return made;
}

static model_t *image_model(void)
{
    model_t *model = new_model(13);
    add_input(model, "x", EXTENTS(0, CHANNELS, ROWS, COLUMNS));
    return model;
}

static const float *image(void)
{
    static float x[CHANNELS * ROWS * COLUMNS];
    for (size_t i = 0; i < sizeof x / sizeof *x; i++)
        x[i] = some_number(i);
    return x;
}

/* The largest value of a window, or the mean; of zeros around the image that of `counted` ones. */
static float pool(const window *w, const float *x, const int *from, const int *behind, bool average,
                  bool counted)
{
    double sum = 0, most = -(double)INFINITY;
    int values = 0, zeros = 0;
    for (int i = 0; i < w->kernel[0]; i++)
        for (int j = 0; j < w->kernel[1]; j++) {
            int row = from[0] + i * (int)w->dilation[0], column = from[1] + j * (int)w->dilation[1];
            if (row >= 0 && row < ROWS && column >= 0 && column < COLUMNS) {
                sum += (double)x[row * COLUMNS + column];
                most = fmax(most, (double)x[row * COLUMNS + column]);
                values++;
            } else if (row < ROWS + behind[0] && column < COLUMNS + behind[1]) {
                zeros++;
            }
        }
    return (float)(average ? sum / (values + (counted ? zeros : 0)) : most);
}

static const window pools[] = {
    {{3, 2}, {2, 2}, {1, 1}, .pads = {1, 0, 1, 1}},
    {{3, 3}, {2, 2}, {1, 1}, .pads = {1, 1, 0, 0}, .ceiling = 1},
    {{2, 3}, {2, 2}, {1, 1}, .ceiling = 1},
    {{3, 2}, {2, 3}, {1, 1}, .pads = {0, 0, 0, 1}, .ceiling = 1}, /* one more: in the zeros */
    {{2, 4}, {1, 2}, {1, 1}, .automatic = "SAME_UPPER"},
    {{2, 4}, {1, 1}, {1, 1}, .automatic = "SAME_LOWER"},
    {{2, 4}, {3, 1}, {1, 1}, .automatic = "VALID"},
    {{2, 2}, {1, 2}, {3, 2}, .pads = {0}},
    {{1, 2}, {1, 2}, {1, 2}, .ceiling = 1},
};

START_TEST(pooling_goes_by_its_windows)
{
    const window *w = &pools[_i];
    int before[2], behind[2], counts[2];
    for (int axis = 0; axis < 2; axis++)
        counts[axis] = count_windows(w, axis, &before[axis], &behind[axis]);
    for (int form = 0; form < 3; form++) { /* the largest; the mean without zeros, and with them */
        bool dilated = w->dilation[0] > 1 || w->dilation[1] > 1;
        model_t *model = image_model();
        operator_t *made = add_windows(model, form ? "AveragePool" : "MaxPool", "x", w);
        set_int(made, "ceil_mode", w->ceiling);
        if (form > 0 && !dilated)
            set_int(made, "count_include_pad", form - 1);
        float wanted[IMAGE_MAX];
        int at = 0;
        for (int c = 0; c < CHANNELS; c++)
            for (int row = 0; row < counts[0]; row++)
                for (int column = 0; column < counts[1]; column++) {
                    const int from[] = {row * (int)w->stride[0] - before[0],
                                        column * (int)w->stride[1] - before[1]};
                    wanted[at++] =
                        pool(w, image() + c * ROWS * COLUMNS, from, behind, form > 0, form > 1);
                }
        assert_computes(model, "layout=file", image(), wanted, at);
    }
}
END_TEST

static const window convolutions[] = {
    {{3, 2}, {2, 1}, {1, 2}, {1, 0, 2, 1}, NULL, 0, 1, 3, 1, {0}, {0}},
    {{2, 4}, {1, 2}, {1, 1}, {0}, "SAME_UPPER", 0, 1, 3, 1, {0}, {0}},
    {{2, 4}, {1, 1}, {1, 1}, {0}, "SAME_LOWER", 0, 1, 3, 0, {0}, {0}},
    {{3, 3}, {2, 2}, {1, 1}, {1, 1, 1, 1}, "VALID", 0, 1, 3, 1, {0}, {0}},
    {{3, 2}, {1, 1}, {1, 1}, {0, 1, 0, 0}, NULL, 0, 2, 6, 1, {0}, {0}},
    {{2, 3}, {1, 2}, {2, 1}, {1, 1, 1, 1}, NULL, 0, 4, 8, 1, {0}, {0}}, /* depthwise, two of each */
};

/* Weights with all filters first, or of a transposed one all channels. */
static const float *add_kernel(model_t *model, const window *w, int first, int second)
{
    const tensor_t *kernel =
        add_floats(model, "w", EXTENTS(first, second, w->kernel[0], w->kernel[1]));
    if (w->biased)
        add_floats(model, "b", EXTENTS(w->filters));
    return floats_in(kernel);
}

START_TEST(convolutions_go_by_their_windows)
{
    const window *w = &convolutions[_i];
    int before[2], behind[2], counts[2], channels = CHANNELS / w->groups;
    for (int axis = 0; axis < 2; axis++)
        counts[axis] = count_windows(w, axis, &before[axis], &behind[axis]);
    model_t *model = image_model();
    const float *kernel = add_kernel(model, w, w->filters, channels);
    set_int(add_windows(model, "Conv", w->biased ? "x w b" : "x w", w), "group", w->groups);
    float wanted[IMAGE_MAX];
    int at = 0;
    for (int f = 0; f < w->filters; f++)
        for (int row = 0; row < counts[0]; row++)
            for (int column = 0; column < counts[1]; column++) {
                float sum = w->biased ? some_number((size_t)f) : 0;
                const float *weight = kernel + f * channels * w->kernel[0] * w->kernel[1];
                for (int c = 0; c < channels; c++)
                    for (int i = 0; i < w->kernel[0]; i++)
                        for (int j = 0; j < w->kernel[1]; j++, weight++) {
                            int r = row * (int)w->stride[0] - before[0] + i * (int)w->dilation[0];
                            int k =
                                column * (int)w->stride[1] - before[1] + j * (int)w->dilation[1];
                            int channel = f / (w->filters / w->groups) * channels + c;
                            if (r >= 0 && r < ROWS && k >= 0 && k < COLUMNS)
                                sum += *weight * image()[(channel * ROWS + r) * COLUMNS + k];
                        }
                wanted[at++] = sum;
            }
    assert_computes(model, "layout=file", image(), wanted, at);
}
END_TEST

static const window transposed[] = {
    {{3, 2}, {2, 3}, {1, 1}, {0}, NULL, 0, 1, 3, 1, {0}, {0}},
    {{3, 4}, {2, 1}, {1, 1}, {1, 2, 0, 1}, NULL, 0, 1, 3, 1, {0}, {0}},
    {{3, 3}, {2, 2}, {1, 1}, {1, 1, 1, 1}, NULL, 0, 1, 3, 1, {1, 0}, {0}},
    {{3, 3}, {2, 2}, {1, 1}, {0}, NULL, 0, 1, 3, 0, {1, 1}, {0}}, /* beyond what kernels reach */
    {{3, 4}, {2, 1}, {1, 1}, {0}, "SAME_UPPER", 0, 1, 3, 1, {0}, {0}},
    {{3, 4}, {2, 1}, {1, 1}, {0}, "SAME_LOWER", 0, 1, 3, 1, {0}, {0}},
    {{3, 4}, {2, 1}, {1, 1}, {0}, NULL, 0, 1, 3, 1, {0}, {12, 8}},
    {{2, 3}, {2, 1}, {1, 1}, {0}, NULL, 0, 2, 6, 1, {0}, {0}},
    {{2, 3}, {1, 1}, {3, 2}, {1, 0, 0, 2}, NULL, 0, 1, 3, 1, {0}, {0}},
};

/* How far the result goes along an axis, and what is taken away before it. */
static int reach_along(const window *w, int axis, int *before)
{
    int stride = (int)w->stride[axis], behind = (int)w->pads[2 + axis];
    int all = (sides[axis] - 1) * stride + reach_of(w, axis) + (int)w->more[axis];
    *before = (int)w->pads[axis];
    bool upper = w->automatic && strcmp(w->automatic, "SAME_UPPER") == 0;
    if (w->shape[axis] > 0 || w->automatic)
        share_zeros(all - (w->shape[axis] > 0 ? (int)w->shape[axis] : sides[axis] * stride), !upper,
                    before, &behind);
    return all - *before - behind;
}

START_TEST(transposed_convolutions_go_by_their_windows)
{
    const window *w = &transposed[_i];
    int before[2], counts[2], filters = w->filters / w->groups;
    for (int axis = 0; axis < 2; axis++)
        counts[axis] = reach_along(w, axis, &before[axis]);
    model_t *model = image_model();
    const float *weight = add_kernel(model, w, CHANNELS, filters);
    operator_t *made = add_windows(model, "ConvTranspose", w->biased ? "x w b" : "x w", w);
    set_int(made, "group", w->groups);
    set_ints(made, "output_padding", 2, w->more);
    if (w->shape[0] > 0)
        set_ints(made, "output_shape", 2, w->shape);
    float wanted[IMAGE_MAX];
    int size = counts[0] * counts[1];
    for (int i = 0; i < w->filters * size; i++)
        wanted[i] = w->biased ? some_number((size_t)(i / size)) : 0;
    for (int c = 0; c < CHANNELS; c++)
        for (int f = 0; f < filters; f++)
            for (int i = 0; i < w->kernel[0]; i++)
                for (int j = 0; j < w->kernel[1]; j++, weight++)
                    for (int p = 0; p < ROWS * COLUMNS; p++) {
                        int filter = c / (CHANNELS / w->groups) * filters + f;
                        int row =
                            p / COLUMNS * (int)w->stride[0] + i * (int)w->dilation[0] - before[0];
                        int column =
                            p % COLUMNS * (int)w->stride[1] + j * (int)w->dilation[1] - before[1];
                        if (row >= 0 && row < counts[0] && column >= 0 && column < counts[1])
                            wanted[filter * size + row * counts[1] + column] +=
                                *weight * image()[c * ROWS * COLUMNS + p];
                    }
    assert_computes(model, "layout=file", image(), wanted, w->filters * size);
}
END_TEST

/* ---- Normalisation ---- */

START_TEST(batches_are_normalized_by_their_epsilon)
{
    for (int given = 0; given < 2; given++) {
        model_t *model = new_model(15);
        const float numbers[4][2] = {{1.5f, -2}, {0.25f, 1}, {0.5f, -1}, {1e-4f, 4e-4f}};
        const float x[] = {1, 2, 3, 4};
        float wanted[4], epsilon = given ? 2e-4f : 1e-5f;
        double momentum;
        add_input(model, "x", EXTENTS(0, 2, 2));
        for (int i = 0; i < 4; i++)
            memcpy(
                floats_in(add_floats(model, (const char *[]){"s", "b", "m", "v"}[i], EXTENTS(2))),
                numbers[i], sizeof numbers[i]);
        operator_t *norm = add_operator(model, "BatchNormalization", "x s b m v", "y");
        if (given)
            set_float(set_float(norm, "epsilon", epsilon), "momentum", 0.75f);
        add_output(model, "y");
        for (int i = 0; i < 4; i++)
            wanted[i] = (x[i] - numbers[2][i / 2]) / sqrtf(numbers[3][i / 2] + epsilon) *
                            numbers[0][i / 2] +
                        numbers[1][i / 2];
        neuron_graph_t *graph = import_model(context, model, "layout=file");
        int64_t size, nodes = neuron_graph_node_count(graph);
        float *y = predict(graph, x, 1, &size);
        for (int i = 0; i < 4; i++)
            ck_assert_float_eq_tol(y[i] / wanted[i], 1, 1e-4f);
        for (int64_t i = 0; i < nodes; i++)
            if (strcmp(neuron_node_layer(neuron_graph_node(graph, i)), "batch_norm") == 0)
                assert_ok(
                    neuron_node_get_number(&momentum, neuron_graph_node(graph, i), "momentum"));
        ck_assert_double_eq_tol(momentum, given ? 0.75 : 0.9, 1e-6);
        free(y);
        neuron_graph_unref(graph);
    }
}
END_TEST

/* Over all axes from one on. */
START_TEST(layers_are_normalized_from_an_axis_on)
{
    const float x[] = {0, 1, 2, 3, 4, 8};
    for (int axis = -2; axis <= 2; axis++) {
        if (axis == 0)
            continue;
        bool both = axis == 1 || axis == -2;
        model_t *model = new_model(17);
        add_input(model, "x", EXTENTS(0, 2, 3));
        add_floats(model, "s", both ? 2 : 1, (const int64_t[]){2, 3} + !both);
        operator_t *norm = add_operator(model, "LayerNormalization", "x s", "y");
        set_float(set_int(norm, "axis", axis), "epsilon", 0.5f);
        add_output(model, "y");
        float wanted[6];
        int count = both ? 6 : 3;
        for (int first = 0; first < 6; first += count) {
            float mean = 0, squares = 0;
            for (int i = first; i < first + count; i++)
                mean += x[i] / (float)count;
            for (int i = first; i < first + count; i++)
                squares += (x[i] - mean) * (x[i] - mean) / (float)count;
            for (int i = first; i < first + count; i++)
                wanted[i] =
                    (x[i] - mean) / sqrtf(squares + 0.5f) * some_number((size_t)(i - first));
        }
        assert_computes(model, NULL, x, wanted, 6);
    }
}
END_TEST

/* ---- Products ---- */

/* alpha A B + beta C, where A and B may be transposed. */
START_TEST(gemm_turns_and_scales)
{
    enum { M = 3, K = 4, N = 2 };
    for (int form = 0; form < 12; form++) {
        int left = form & 1, right = form >> 1 & 1, bias = form >> 2; /* none, one, one for each */
        model_t *model = new_model(13);
        float a[M * K], wanted[M * N];
        add_input(model, "a", EXTENTS(left ? K : M, left ? M : K));
        const float *b = floats_in(add_floats(model, "b", EXTENTS(right ? N : K, right ? K : N)));
        add_floats(model, "c", EXTENTS(bias == 2 ? N : 1));
        operator_t *gemm = add_operator(model, "Gemm", bias ? "a b c" : "a b", "y");
        set_int(set_int(gemm, "transA", left), "transB", right);
        set_float(set_float(gemm, "alpha", 0.5f), "beta", 3);
        add_output(model, "y");
        for (size_t i = 0; i < M * K; i++)
            a[i] = some_number(i + 5);
        for (int row = 0; row < M; row++)
            for (int unit = 0; unit < N; unit++) {
                float sum = 0;
                for (int k = 0; k < K; k++)
                    sum += a[left ? k * M + row : row * K + k] *
                           b[right ? unit * K + k : k * N + unit];
                wanted[row * N + unit] =
                    0.5f * sum + (bias ? 3 * some_number(bias == 2 ? (size_t)unit : 0) : 0);
            }
        assert_computes(model, "batch=none", a, wanted, M * N);
    }
}
END_TEST

START_TEST(constants_are_multiplied_from_the_left)
{
    model_t *model = new_model(13);
    float x[8], wanted[6] = {0};
    add_input(model, "x", EXTENTS(4, 2));
    const float *w = floats_in(add_floats(model, "w", EXTENTS(3, 4)));
    add_operator(model, "MatMul", "w x", "y");
    add_output(model, "y");
    for (size_t i = 0; i < 8; i++)
        x[i] = some_number(i + 5);
    for (int i = 0; i < 6; i++)
        for (int k = 0; k < 4; k++)
            wanted[i] += w[i / 2 * 4 + k] * x[k * 2 + i % 2];
    assert_computes(model, "batch=none", x, wanted, 6);
}
END_TEST

/* [2, 1, 3, 4] by [2, 3, 4, 5]: a matrix for each of two places, and three for each. */
START_TEST(matrices_of_more_axes_are_multiplied_one_by_one)
{
    model_t *model = new_model(13);
    float x[24], wanted[90] = {0};
    add_input(model, "x", EXTENTS(2, 1, 3, 4));
    const float *w = floats_in(add_floats(model, "w", EXTENTS(2, 3, 4, 5)));
    add_operator(model, "MatMul", "x w", "y");
    add_output(model, "y");
    for (size_t i = 0; i < 24; i++)
        x[i] = some_number(i + 5);
    for (int i = 0; i < 90; i++) {
        int unit = i % 5, row = i / 5 % 3, matrix = i / 15;
        for (int k = 0; k < 4; k++)
            wanted[i] += x[(matrix / 3 * 3 + row) * 4 + k] * w[(matrix * 4 + k) * 5 + unit];
    }
    assert_computes(model, "batch=none", x, wanted, 90);
}
END_TEST

/* Two convolutions of the same kernel share it where they do the same. */
START_TEST(weights_are_shared_by_what_does_the_same)
{
    static const struct {
        const char *inputs;
        int64_t stride, parameters;
    } others[] = {{"x w b", 1, 10}, {"x w c", 1, 20}, {"x w b", 2, 20}};
    const float x[] = {1, 2, 3, -1, 0, 2}, biases[] = {1, -1, 4, 2};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        model_t *model = new_model(13);
        add_input(model, "x", EXTENTS(0, 2, 3));
        const float *w = floats_in(add_floats(model, "w", EXTENTS(2, 2, 2)));
        memcpy(floats_in(add_floats(model, "b", EXTENTS(2))), biases, 2 * sizeof *biases);
        memcpy(floats_in(add_floats(model, "c", EXTENTS(2))), biases + 2, 2 * sizeof *biases);
        add_operator(model, "Conv", "x w b", "one");
        set_ints(add_operator(model, "Conv", others[i].inputs, "other"), "strides", 1,
                 &others[i].stride);
        set_int(add_operator(model, "Concat", "one other", "y"), "axis", -1);
        add_output(model, "y");
        float wanted[8];
        int at = 0, places = others[i].stride == 1 ? 2 : 1;
        for (int f = 0; f < 2; f++)
            for (int k = 0; k < 2 + places; k++) {
                int from = k < 2 ? k : k - 2;
                wanted[at] = biases[f + (k >= 2 && i == 1 ? 2 : 0)];
                for (int c = 0; c < 2; c++)
                    for (int j = 0; j < 2; j++)
                        wanted[at] += w[(f * 2 + c) * 2 + j] * x[c * 3 + from + j];
                at++;
            }
        assert_computes(model, "layout=file", x, wanted, at);
        neuron_graph_t *graph = import_model(context, model, NULL);
        ck_assert_int_eq(neuron_graph_parameter_count(graph), others[i].parameters);
        neuron_graph_unref(graph);
    }
}
END_TEST

/* A layer that is not needed in the end has nothing that others could share. */
START_TEST(weights_are_not_shared_with_what_goes)
{
    model_t *model = new_model(13);
    const float x[] = {1, 3};
    add_input(model, "x", EXTENTS(0, 2));
    add_number(model, "two", 2);
    add_number(model, "epsilon", 1e-4f);
    add_floats(model, "gamma", EXTENTS(2));
    add_floats(model, "beta", EXTENTS(2));
    set_ints(add_operator(model, "ReduceMean", "x", "m"), "axes", EXTENTS(-1));
    add_operator(model, "Sub", "x m", "d");
    add_operator(model, "Pow", "d two", "q");
    set_ints(add_operator(model, "ReduceMean", "q", "v"), "axes", EXTENTS(-1));
    add_operator(model, "Add", "v epsilon", "e");
    add_operator(model, "Sqrt", "e", "r");
    add_operator(model, "Div", "d r", "n");
    add_operator(model, "Mul", "n gamma", "g");
    add_operator(model, "Add", "g beta", "b");
    add_operator(model, "Div", "d r", "again");
    add_operator(model, "Mul", "again gamma", "h");
    set_int(add_operator(model, "Concat", "b h", "y"), "axis", 1);
    add_output(model, "y");
    float one = 1 / sqrtf(1 + 1e-4f), s[] = {some_number(0), some_number(1)};
    ASSERT_COMPUTES(model, NULL, x, -one * s[0] + s[0], one * s[1] + s[1], -one * s[0], one * s[1]);
}
END_TEST

/* ---- Axes and places ---- */

/* [N, 2, 3], and numbers that operators name. */
static model_t *table_model(int64_t version)
{
    model_t *model = new_model(version);
    add_input(model, "x", EXTENTS(0, 2, 3));
    add_integers(model, "-1", EXTENTS(-1));
    add_integers(model, "-2", EXTENTS(-2));
    add_integers(model, "1000", EXTENTS(1000));
    add_integers(model, "1,2,1", EXTENTS(1, 2, 1));
    add_integers(model, "1,1,2", EXTENTS(1, 1, 2));
    add_output(model, "y");
    return model;
}

static const float table[] = {0, 1, 2, 3, 4, 5};

START_TEST(axes_and_places_are_told_from_the_end)
{
    model_t *model = table_model(18);
    set_int(add_operator(model, "Flatten", "x", "y"), "axis", -2);
    ASSERT_COMPUTES(model, NULL, table, 0, 1, 2, 3, 4, 5);
    model = table_model(18);
    set_int(add_operator(model, "Gather", "x -1", "y"), "axis", -1);
    ASSERT_COMPUTES(model, NULL, table, 2, 5);
    model = table_model(18);
    add_operator(model, "Slice", "x -2 1000 -1", "y");
    ASSERT_COMPUTES(model, NULL, table, 1, 2, 4, 5);
    model = table_model(18);
    set_int(add_operator(model, "Concat", "x x", "y"), "axis", -1);
    ASSERT_COMPUTES(model, NULL, table, 0, 1, 2, 0, 1, 2, 3, 4, 5, 3, 4, 5);
    model = table_model(18);
    set_int(add_operator(model, "ReduceSum", "x -2", "y"), "keepdims", 0);
    ASSERT_COMPUTES(model, NULL, table, 3, 5, 7);
    model = table_model(18);
    add_operator(model, "ReduceMean", "x -1", "y");
    ASSERT_COMPUTES(model, NULL, table, 1, 4);
    model = table_model(18);
    add_operator(model, "ReduceMax", "x -2", "y");
    ASSERT_COMPUTES(model, NULL, table, 3, 4, 5);
    model = table_model(18); /* the last part has what is left */
    set_int(set_int(add_operator(model, "Split", "x", "z y"), "axis", -1), "num_outputs", 2);
    ASSERT_COMPUTES(model, NULL, table, 2, 5);
    model = table_model(18);
    add_operator(model, "Tile", "x 1,2,1", "y");
    ASSERT_COMPUTES(model, NULL, table, 0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5);
    model = table_model(18);
    add_operator(model, "Tile", "x 1,1,2", "y");
    ASSERT_COMPUTES(model, NULL, table, 0, 1, 2, 0, 1, 2, 3, 4, 5, 3, 4, 5);
}
END_TEST

/* A batch of so many in the file is any here, also where a shape names it. */
START_TEST(batches_of_a_fixed_size_are_any)
{
    model_t *model = new_model(13);
    add_input(model, "x", EXTENTS(4, 2, 3));
    add_integers(model, "shape", EXTENTS(4, 3, 2));
    add_operator(model, "Reshape", "x shape", "y");
    add_output(model, "y");
    ASSERT_COMPUTES(model, NULL, table, 0, 1, 2, 3, 4, 5);
}
END_TEST

/* With a number, and with fewer than there are. */
START_TEST(padding_has_its_number)
{
    model_t *model = table_model(13);
    add_integers(model, "pads", EXTENTS(0, 0, 1, 0, 1, -1));
    add_number(model, "half", 0.5f);
    add_operator(model, "Pad", "x pads half", "y");
    ASSERT_COMPUTES(model, NULL, table, 0.5f, 0, 1, 0.5f, 3, 4, 0.5f, 0.5f, 0.5f);
}
END_TEST

START_TEST(pixels_are_repeated_or_mixed)
{
    const float x[] = {0, 4};
    for (int linear = 0; linear < 2; linear++) {
        model_t *model = new_model(13);
        add_input(model, "x", EXTENTS(0, 1, 1, 2));
        memcpy(floats_in(add_floats(model, "scales", EXTENTS(4))), (const float[]){1, 1, 1, 2},
               4 * sizeof(float));
        set_word(add_operator(model, "Resize", "x - scales", "y"), "mode",
                 linear ? "linear" : "nearest");
        add_output(model, "y");
        if (linear)
            ASSERT_COMPUTES(model, NULL, x, 0, 1, 3, 4);
        else
            ASSERT_COMPUTES(model, NULL, x, 0, 0, 4, 4);
    }
}
END_TEST

/* The first axis of four may be no batch, as of one example alone, or of what was transposed: then
 * images are not all that there is. */
START_TEST(images_may_lie_along_a_first_axis)
{
    float x[16], padded[64] = {0}, means[4] = {0};
    for (int i = 0; i < 16; i++) {
        int plane = i / 4, row = i / 2 % 2, column = i % 2;
        x[i] = some_number((size_t)i);
        padded[plane * 16 + (row + 1) * 4 + column + 1] = x[i];
        means[plane] += x[i] / 4;
    }
    model_t *model = new_model(13);
    add_input(model, "x", EXTENTS(2, 2, 2, 2));
    add_integers(model, "pads", EXTENTS(0, 0, 1, 1, 0, 0, 1, 1));
    add_operator(model, "Pad", "x pads", "y");
    add_output(model, "y");
    assert_computes(model, "batch=none, layout=file", x, padded, 64);

    model = new_model(13);
    add_input(model, "x", EXTENTS(2, 2, 2, 2));
    set_ints(add_operator(model, "ReduceMean", "x", "y"), "axes", EXTENTS(2, 3));
    add_output(model, "y");
    assert_computes(model, "batch=none, layout=file", x, means, 4);

    model = new_model(13);
    add_input(model, "x", EXTENTS(0, 4, 2, 2));
    set_ints(add_operator(model, "Transpose", "x", "t"), "perm", EXTENTS(1, 0, 2, 3));
    set_ints(add_operator(model, "ReduceMean", "t", "m"), "axes", EXTENTS(2, 3));
    set_ints(add_operator(model, "Transpose", "m", "y"), "perm", EXTENTS(1, 0, 2, 3));
    add_output(model, "y");
    assert_computes(model, "layout=file", x, means, 4);

    model = new_model(13);
    add_input(model, "x", EXTENTS(2, 2, 2, 2));
    memcpy(floats_in(add_floats(model, "scales", EXTENTS(4))), (const float[]){1, 1, 2, 2},
           4 * sizeof(float));
    add_operator(model, "Resize", "x - scales", "y");
    add_output(model, "y");
    neuron_graph_t *graph;
    assert_status(try_import(&graph, context, model, "batch=none"), NEURON_E_UNSUPPORTED);
    assert_message("there must be four, of an image, whose first is the batch");
}
END_TEST

/* ---- Numbers ---- */

START_TEST(sums_and_products_have_their_sides)
{
    const float c[] = {2, 4, -8};
    static const struct {
        const char *type, *inputs;
    } all[] = {{"Sub", "c x"}, {"Sub", "x c"},  {"Div", "x c"}, {"Mul", "c x"},
               {"Sub", "x m"}, {"Mean", "x m"}, {"Add", "m x"}};
    for (size_t k = 0; k < sizeof all / sizeof *all; k++) {
        model_t *model = table_model(18);
        memcpy(floats_in(add_floats(model, "c", EXTENTS(3))), c, sizeof c);
        add_operator(model, "ReduceMax", "x -1", "m"); /* of each row */
        add_operator(model, all[k].type, all[k].inputs, "y");
        float wanted[6];
        for (int i = 0; i < 6; i++) {
            float x = table[i], most = table[i / 3 * 3 + 2], of = c[i % 3];
            const float results[] = {of - x,   x - of,         x / of,  x * of,
                                     x - most, (x + most) / 2, x + most};
            wanted[i] = results[k];
        }
        assert_computes(model, NULL, table, wanted, 6);
    }
}
END_TEST

static double normal(double x)
{
    return x / 2 * (1 + erf(x / sqrt(2)));
}

static double logistic(double x)
{
    return 1 / (1 + exp(-x));
}

static double elu(double x, double alpha)
{
    return x > 0 ? x : alpha * (exp(x) - 1);
}

/* Of sets up to 24: `a` and `b` are attributes, or their defaults. */
static double activation_of(const char *type, double x, double a, double b)
{
    static const char *const types[] = {
        "Celu", "Elu",  "Exp",     "Gelu",     "HardSigmoid", "HardSwish", "LeakyRelu", "Mish",
        "Relu", "Selu", "Sigmoid", "Softplus", "Softsign",    "Swish",     "Tanh"};
    const double results[] = {fmax(0, x) + fmin(0, a * (exp(x / a) - 1)),
                              elu(x, a),
                              exp(x),
                              normal(x),
                              fmin(fmax(a * x + b, 0), 1),
                              x * fmin(fmax(x / 6 + 0.5, 0), 1),
                              x > 0 ? x : a * x,
                              x * tanh(log1p(exp(x))),
                              fmax(x, 0),
                              b * elu(x, a),
                              logistic(x),
                              log1p(exp(x)),
                              x / (1 + fabs(x)),
                              x * logistic(a * x),
                              tanh(x)};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strcmp(types[i], type) == 0)
            return results[i];
    ck_abort_msg("%s", type);
}

static const struct {
    const char *type, *names[2];
    double values[2];
    bool given;
} activations[] = {
    {"Celu", {"alpha"}, {1, 0}, false},
    {"Celu", {"alpha"}, {0.5, 0}, true},
    {"Elu", {"alpha"}, {1, 0}, false},
    {"Elu", {"alpha"}, {0.5, 0}, true},
    {"Exp", {NULL}, {1, 0}, false},
    {"Gelu", {NULL}, {1, 0}, false},
    {"HardSigmoid", {"alpha", "beta"}, {0.2, 0.5}, false},
    {"HardSigmoid", {"alpha", "beta"}, {0.25, 0.375}, true},
    {"HardSwish", {NULL}, {1, 0}, false},
    {"LeakyRelu", {"alpha"}, {0.01, 0}, false},
    {"LeakyRelu", {"alpha"}, {0.25, 0}, true},
    {"Mish", {NULL}, {1, 0}, false},
    {"Relu", {NULL}, {1, 0}, false},
    {"Selu", {"alpha", "gamma"}, {1.67326319217681884765625, 1.05070102214813232421875}, false},
    {"Selu", {"alpha", "gamma"}, {1.5, 0.75}, true},
    {"Sigmoid", {NULL}, {1, 0}, false},
    {"Softplus", {NULL}, {1, 0}, false},
    {"Softsign", {NULL}, {1, 0}, false},
    {"Swish", {"alpha"}, {1, 0}, false},
    {"Swish", {"alpha"}, {0.5, 0}, true},
    {"Tanh", {NULL}, {1, 0}, false},
};

START_TEST(activations_have_their_defaults)
{
    const float x[] = {-5, -1.5f, -0.25f, 0, 0.5f, 2.75f};
    const double *values = activations[_i].values;
    float wanted[6];
    model_t *model = new_model(24);
    add_input(model, "x", EXTENTS(0, 6));
    operator_t *made = add_operator(model, activations[_i].type, "x", "y");
    for (int k = 0; activations[_i].given && k < 2 && activations[_i].names[k]; k++)
        set_float(made, activations[_i].names[k], (float)values[k]);
    add_output(model, "y");
    for (int i = 0; i < 6; i++)
        wanted[i] = (float)activation_of(activations[_i].type, (double)x[i], values[0], values[1]);
    assert_computes(model, NULL, x, wanted, 6);
}
END_TEST

START_TEST(bounds_are_kept)
{
    static const struct {
        const char *type, *inputs;
        float bounds[2];
    } all[] = {{"Clip", "x least most", {1, 3}},
               {"Clip", "x least", {1, 9}},
               {"Clip", "x - most", {-9, 3}},
               {"Max", "x least", {1, 9}},
               {"Min", "most x", {-9, 3}}};
    for (size_t k = 0; k < sizeof all / sizeof *all; k++) {
        model_t *model = table_model(13);
        float wanted[6];
        add_number(model, "least", 1);
        add_number(model, "most", 3);
        add_operator(model, all[k].type, all[k].inputs, "y");
        for (int i = 0; i < 6; i++)
            wanted[i] = fminf(fmaxf(table[i], all[k].bounds[0]), all[k].bounds[1]);
        assert_computes(model, NULL, table, wanted, 6);
    }
}
END_TEST

/* ---- What is known beforehand ---- */

/* x, which is zero, and a constant that was computed. */
static void assert_folded(model_t *model, int rank, const int64_t *extents, const float *wanted)
{
    const float zeros[12] = {0};
    int64_t shape[4] = {0}, count = 1;
    for (int i = 0; i < rank; i++)
        count *= shape[i + 1] = extents[i];
    add_input(model, "x", rank + 1, shape);
    add_operator(model, "Add", "x made", "y");
    add_output(model, "y");
    assert_computes(model, NULL, zeros, wanted, count);
}

#define ASSERT_FOLDED(model, extents, ...)                                                         \
    assert_folded(model, extents, (const float[]){__VA_ARGS__})

static model_t *constant_model(void)
{
    model_t *model = new_model(13);
    add_integers(model, "c", EXTENTS(7, -8, 9));
    add_integers(model, "last", EXTENTS(-1));
    add_integers(model, "far", EXTENTS(INT64_MIN));
    add_integers(model, "zero", EXTENTS(0));
    add_integers(model, "places", EXTENTS(-1, 0, -2));
    add_integers(model, "divisors", EXTENTS(2, 3, 5));
    memcpy(floats_in(add_floats(model, "m", EXTENTS(2, 3))), table, sizeof table);
    return model;
}

START_TEST(constants_are_computed)
{
    model_t *model = constant_model();
    add_operator(model, "Slice", "c last far zero last", "s");
    set_int(add_operator(model, "Cast", "s", "made"), "to", TYPE(FLOAT));
    ASSERT_FOLDED(model, EXTENTS(3), 9, -8, 7);
    model = constant_model();
    add_operator(model, "Gather", "c places", "g");
    set_int(add_operator(model, "Cast", "g", "made"), "to", TYPE(FLOAT));
    ASSERT_FOLDED(model, EXTENTS(3), 9, 7, -8);
    model = constant_model();
    set_int(add_operator(model, "Gather", "m places", "made"), "axis", -1);
    ASSERT_FOLDED(model, EXTENTS(2, 3), 2, 0, 1, 5, 3, 4);
    model = constant_model();
    set_ints(add_operator(model, "Transpose", "m", "made"), "perm", EXTENTS(1, 0));
    ASSERT_FOLDED(model, EXTENTS(3, 2), 0, 3, 1, 4, 2, 5);
    model = constant_model();
    set_int(add_operator(model, "Concat", "m m", "made"), "axis", -1);
    ASSERT_FOLDED(model, EXTENTS(2, 6), 0, 1, 2, 0, 1, 2, 3, 4, 5, 3, 4, 5);
    model = constant_model(); /* whole numbers towards zero */
    add_operator(model, "Div", "c divisors", "d");
    set_int(add_operator(model, "Cast", "d", "made"), "to", TYPE(FLOAT));
    ASSERT_FOLDED(model, EXTENTS(3), 3, -2, 1);
    model = constant_model(); /* with the sign of the second */
    add_operator(model, "Mod", "c divisors", "d");
    set_int(add_operator(model, "Cast", "d", "made"), "to", TYPE(FLOAT));
    ASSERT_FOLDED(model, EXTENTS(3), 1, 1, 4);
}
END_TEST

/* Of scikit-learn's classifiers. */
START_TEST(classes_have_the_names_of_the_map)
{
    model_t *model = new_model(13);
    add_input(model, "x", EXTENTS(0, 2));
    add_operator(model, "Softmax", "x", "p");
    operator_t *zip = add_operator(model, "ZipMap", "p", "y");
    zip->domain = keep_text("ai.onnx.ml");
    set_ints(zip, "classlabels_int64s", EXTENTS(3, 50));
    add_output(model, "y");
    neuron_graph_t *graph = import_model(context, model, NULL);
    ck_assert_str_eq(neuron_graph_class_name(graph, NULL, 0), "3");
    ck_assert_str_eq(neuron_graph_class_name(graph, NULL, 1), "50");
    neuron_graph_unref(graph);
}
END_TEST

#define LENGTH(array) ((int)(sizeof(array) / sizeof *(array)))

int main(void)
{
    Suite *suite = suite_create("onnx import of operators");
    TCase *tests = tcase_create("operators");
    tcase_add_checked_fixture(tests, begin, end);
    tcase_set_timeout(tests, 0);
    suite_add_tcase(suite, tests);
    tcase_add_loop_test(tests, pooling_goes_by_its_windows, 0, LENGTH(pools));
    tcase_add_loop_test(tests, convolutions_go_by_their_windows, 0, LENGTH(convolutions));
    tcase_add_loop_test(tests, transposed_convolutions_go_by_their_windows, 0, LENGTH(transposed));
    tcase_add_test(tests, batches_are_normalized_by_their_epsilon);
    tcase_add_test(tests, layers_are_normalized_from_an_axis_on);
    tcase_add_test(tests, gemm_turns_and_scales);
    tcase_add_test(tests, constants_are_multiplied_from_the_left);
    tcase_add_test(tests, matrices_of_more_axes_are_multiplied_one_by_one);
    tcase_add_test(tests, weights_are_shared_by_what_does_the_same);
    tcase_add_test(tests, weights_are_not_shared_with_what_goes);
    tcase_add_test(tests, axes_and_places_are_told_from_the_end);
    tcase_add_test(tests, batches_of_a_fixed_size_are_any);
    tcase_add_test(tests, padding_has_its_number);
    tcase_add_test(tests, pixels_are_repeated_or_mixed);
    tcase_add_test(tests, images_may_lie_along_a_first_axis);
    tcase_add_test(tests, sums_and_products_have_their_sides);
    tcase_add_loop_test(tests, activations_have_their_defaults, 0, LENGTH(activations));
    tcase_add_test(tests, bounds_are_kept);
    tcase_add_test(tests, constants_are_computed);
    tcase_add_test(tests, classes_have_the_names_of_the_map);
    return run_suite(suite);
}
