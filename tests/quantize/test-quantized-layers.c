/* Layers of bytes against plain loops: each shape of window, stride and padding, with and
 * without what is done in the same pass, by each set of kernels and any number of threads, to
 * the same bytes. */
#include "graph/graph.h"
#include "test-common.h"

#include <math.h>

static const char *const sets[] = {"baseline", "neon", "avx2", "avx2vnni", "avx512", "avx512vnni"};
enum { SETS = sizeof sets / sizeof *sets, BATCH = 5, ROOM = 100000 };

typedef struct shape {
    int64_t height, width, channels, filters, kernel_height, kernel_width, stride;
    bool same;
    int pool; /* windows of so many; 0 for none */
    bool relu, norm, tanh;
} shape;

static const shape shapes[] = {
    {9, 8, 1, 5, 3, 3, 1, false, 0, false, false, false},
    {9, 8, 1, 33, 3, 3, 1, true, 2, true, false, false},
    {12, 11, 3, 16, 5, 3, 1, true, 2, false, true, false},
    {12, 11, 3, 20, 3, 5, 2, true, 0, true, true, false},
    {7, 7, 8, 40, 1, 1, 1, false, 3, true, false, false},
    {7, 7, 6, 9, 1, 1, 2, false, 0, false, false, true},
    {40, 37, 4, 12, 3, 3, 1, true, 2, true, true, false},
    {40, 37, 2, 3, 7, 7, 3, true, 2, true, false, true},
    {6, 5, 16, 24, 6, 5, 1, false, 0, true, false, false},
    {4, 4, 5, 7, 3, 3, 1, true, 4, true, true, false},
    {3, 50, 2, 6, 2, 9, 4, true, 1, true, false, false},
};
enum { SHAPES = sizeof shapes / sizeof *shapes };

static uint32_t state;

static float uniform(void)
{
    state = state * 1664525u + 1013904223u;
    return (float)(state >> 8) / 16777216.0f;
}

static void fill(neuron_graph_t *graph)
{
    static float values[ROOM];
    for (int32_t i = 0; i < neuron_graph_array_count(graph); i++) {
        size_t count;
        const char *name = neuron_graph_array_name(graph, i);
        assert_ok(neuron_graph_read_array(NULL, 0, &count, graph, i));
        ck_assert_uint_le(count, ROOM);
        for (size_t j = 0; j < count; j++)
            values[j] = strstr(name, "kernel")     ? floorf(uniform() * 255) - 127
                        : strstr(name, "scale")    ? uniform() * 0.01f + 1e-4f
                        : strstr(name, "variance") ? uniform() + 0.5f
                                                   : uniform() * 2 - 1;
        assert_ok(neuron_graph_write_array(graph, i, values, count));
    }
}

static neuron_node_t *quantized(neuron_graph_t *graph, neuron_node_t *x, const shape *s)
{
    neuron_options options;
    const neuron_layer *layer = s ? &neuron_layer_quantized_conv2d : &neuron_layer_quantized_dense;
    neuron_options_reset(&options, &layer->options);
    if (s) {
        neuron_options_put(&options, NEURON_NODE_FILTERS, (double)s->filters);
        neuron_options_put(&options, NEURON_NODE_KERNEL_HEIGHT, (double)s->kernel_height);
        neuron_options_put(&options, NEURON_NODE_KERNEL_WIDTH, (double)s->kernel_width);
        neuron_options_put(&options, NEURON_NODE_STRIDE_HEIGHT, (double)s->stride);
        neuron_options_put(&options, NEURON_NODE_STRIDE_WIDTH, (double)s->stride);
        if (s->same)
            neuron_options_put(&options, NEURON_NODE_PADDING, NEURON_PADDING_SAME);
    } else {
        neuron_options_put(&options, NEURON_NODE_UNITS, 13);
    }
    neuron_options_put(&options, NEURON_NODE_INPUT_SCALE, s ? 1.0 / 64 : 1.0 / 16);
    neuron_options_put(&options, NEURON_NODE_INPUT_ZERO_POINT, s ? 77 : 130);
    return neuron_graph_add(graph, layer, NULL, &x, 1, &options, NULL);
}

/* A convolution, what follows it, and if `deep` a dense layer behind, which may have bytes
 * handed. */
static neuron_graph_t *build(neuron_context_t *context, const shape *s, bool deep)
{
    neuron_graph_t *graph;
    assert_ok(neuron_graph_create(&graph, context));
    neuron_node_t *x = neuron_input(graph, (const int64_t[]){s->height, s->width, s->channels}, 3);
    x = quantized(graph, x, s);
    if (s->relu)
        x = neuron_relu(graph, x);
    if (s->norm)
        x = neuron_batch_norm(graph, x, NULL);
    if (s->tanh)
        x = neuron_tanh(graph, x);
    if (s->pool)
        x = neuron_max_pool2d(graph, x, s->pool, s->pool, NULL);
    if (deep)
        x = quantized(graph, neuron_flatten(graph, x), NULL);
    assert_ok(neuron_graph_finish(graph, x));
    state = 11;
    fill(graph);
    return graph;
}

static void predict(const neuron_graph_t *graph, neuron_context_t *context, const float *input,
                    int64_t batch, float *output)
{
    int64_t in[NEURON_RANK_MAX] = {batch}, out[NEURON_RANK_MAX] = {batch};
    int32_t in_rank, out_rank;
    neuron_tensor_t *inputs, *outputs;
    assert_ok(neuron_graph_input_shape(in + 1, &in_rank, graph));
    assert_ok(neuron_graph_output_shape(out + 1, &out_rank, graph));
    assert_ok(
        neuron_tensor_wrap(&inputs, context, NEURON_TYPE_F32, in, in_rank + 1, (void *)input));
    assert_ok(neuron_tensor_wrap(&outputs, context, NEURON_TYPE_F32, out, out_rank + 1, output));
    assert_ok(neuron_graph_predict(graph, inputs, outputs));
    neuron_tensor_unref(inputs);
    neuron_tensor_unref(outputs);
}

static int byte_of(float value, float scale, int zero_point)
{
    double byte = rint((double)value / (double)scale) + zero_point;
    return byte > 255 ? 255 : byte < 0 ? 0 : (int)byte;
}

static double reference_sum(const shape *s, const float *image, const float *kernel, int64_t y,
                            int64_t x, int64_t top, int64_t left, int64_t f)
{
    double sum = 0;
    for (int64_t i = 0; i < s->kernel_height; i++) {
        for (int64_t j = 0; j < s->kernel_width; j++) {
            int64_t row = y * s->stride - top + i, column = x * s->stride - left + j;
            if (row < 0 || row >= s->height || column < 0 || column >= s->width)
                continue;
            for (int64_t c = 0; c < s->channels; c++)
                sum +=
                    (byte_of(image[(row * s->width + column) * s->channels + c], 1.0f / 64, 77) -
                     77) *
                    (double)kernel[((i * s->kernel_width + j) * s->channels + c) * s->filters + f];
        }
    }
    return sum;
}

/* The convolution by itself, to the last bit. */
START_TEST(convolutions_agree_with_plain_loops)
{
    static float input[ROOM], output[ROOM], kernel[ROOM], scale[64], bias[64];
    shape s = shapes[_i % SHAPES];
    setenv("NEURON_KERNELS", sets[_i / SHAPES], 1);
    neuron_context_t *context = test_context();
    s.relu = s.norm = s.tanh = false;
    s.pool = 0;
    neuron_graph_t *graph = build(context, &s, false);
    int64_t size = s.height * s.width * s.channels, out[NEURON_RANK_MAX];
    int32_t rank;
    assert_ok(neuron_graph_output_shape(out, &rank, graph));
    ck_assert_int_le(BATCH * out[0] * out[1] * out[2], ROOM);
    for (int64_t i = 0; i < BATCH * size; i++)
        input[i] = uniform() * 5 - 1.5f; /* some beyond what bytes hold */
    assert_ok(neuron_graph_read_array(kernel, ROOM, NULL, graph, 0));
    assert_ok(neuron_graph_read_array(scale, 64, NULL, graph, 1));
    assert_ok(neuron_graph_read_array(bias, 64, NULL, graph, 2));
    predict(graph, context, input, BATCH, output);
    int64_t down = (out[0] - 1) * s.stride + s.kernel_height - s.height;
    int64_t along = (out[1] - 1) * s.stride + s.kernel_width - s.width;
    int64_t top = s.same && down > 0 ? down / 2 : 0, left = s.same && along > 0 ? along / 2 : 0;
    const float *found = output;
    for (int64_t n = 0; n < BATCH; n++)
        for (int64_t y = 0; y < out[0]; y++)
            for (int64_t x = 0; x < out[1]; x++)
                for (int64_t f = 0; f < s.filters; f++, found++) {
                    float sum =
                        (float)reference_sum(&s, input + n * size, kernel, y, x, top, left, f);
                    float by = 1.0f / 64 * scale[f], product = sum * by;
                    float expected = product + bias[f];
                    assert_that(*found == expected, "%s: %a, not %a", sets[_i / SHAPES], *found,
                                expected);
                }
    neuron_graph_unref(graph);
    neuron_context_unref(context);
    unsetenv("NEURON_KERNELS");
}
END_TEST

/* A dense layer that sees inputs at that scale, whose inverse is a power of two. */
static neuron_node_t *dense(neuron_graph_t *graph, neuron_node_t *x, int64_t units, double scale,
                            int zero_point)
{
    neuron_options options;
    neuron_options_reset(&options, &neuron_layer_quantized_dense.options);
    neuron_options_put(&options, NEURON_NODE_UNITS, (double)units);
    neuron_options_put(&options, NEURON_NODE_INPUT_SCALE, scale);
    neuron_options_put(&options, NEURON_NODE_INPUT_ZERO_POINT, zero_point);
    return neuron_graph_add(graph, &neuron_layer_quantized_dense, NULL, &x, 1, &options, NULL);
}

/* What a dense layer, whose three arrays begin at `array`, makes of one example. */
static void check_dense(const neuron_graph_t *graph, int32_t array, const float *input,
                        int64_t inputs, int64_t units, float input_scale, int zero_point,
                        const float *output)
{
    static float kernel[ROOM], scale[1000], bias[1000];
    assert_ok(neuron_graph_read_array(kernel, ROOM, NULL, graph, array));
    assert_ok(neuron_graph_read_array(scale, 1000, NULL, graph, array + 1));
    assert_ok(neuron_graph_read_array(bias, 1000, NULL, graph, array + 2));
    for (int64_t n = 0; n < units; n++) {
        double sum = 0;
        for (int64_t k = 0; k < inputs; k++)
            sum += (byte_of(input[k], input_scale, zero_point) - zero_point) *
                   round((double)kernel[k * units + n]);
        float by = input_scale * scale[n], product = (float)sum * by;
        float expected = product + bias[n];
        assert_that(output[n] == expected, "%lld to %lld, output %lld: %a, not %a",
                    (long long)inputs, (long long)units, (long long)n, output[n], expected);
    }
}

/* Weights that a caller set to something between are the nearest bytes. */
static void move_weights(neuron_graph_t *graph)
{
    static float values[ROOM];
    size_t count;
    assert_ok(neuron_graph_read_array(values, ROOM, &count, graph, 0));
    for (size_t i = 0; i < count; i++)
        values[i] += (uniform() - 0.5f) * 0.98f;
    assert_ok(neuron_graph_write_array(graph, 0, values, count));
}

START_TEST(dense_layers_agree_with_plain_loops)
{
    static const int64_t sizes[][3] = {{1, 1, 1},     {5, 13, 3},  {64, 64, 2},   {70, 65, 50},
                                       {301, 150, 4}, {3, 600, 7}, {130, 33, 200}};
    static float input[ROOM], output[ROOM];
    setenv("NEURON_KERNELS", sets[_i], 1);
    neuron_context_t *context = test_context();
    for (size_t c = 0; c < sizeof sizes / sizeof *sizes; c++) {
        int64_t inputs = sizes[c][0], units = sizes[c][1], batch = sizes[c][2];
        neuron_graph_t *graph;
        assert_ok(neuron_graph_create(&graph, context));
        neuron_node_t *x = neuron_input(graph, &inputs, 1);
        assert_ok(neuron_graph_finish(graph, dense(graph, x, units, 1.0 / 16, 130)));
        state = 7;
        fill(graph);
        move_weights(graph);
        for (int64_t i = 0; i < batch * inputs; i++)
            input[i] = uniform() * 20 - 9;
        predict(graph, context, input, batch, output);
        for (int64_t m = 0; m < batch; m++)
            check_dense(graph, 0, input + m * inputs, inputs, units, 1.0f / 16, 130,
                        output + m * units);
        neuron_graph_unref(graph);
    }
    neuron_context_unref(context);
    unsetenv("NEURON_KERNELS");
}
END_TEST

/* Two that see the same values at other scales get them as floats. */
START_TEST(readers_may_have_scales_of_their_own)
{
    enum { WIDTH = 20, MIDDLE = 30, FIRST = 9, SECOND = 11 };
    static float input[BATCH * WIDTH], middle[BATCH * MIDDLE], output[BATCH * (FIRST + SECOND)];
    neuron_context_t *context = test_context();
    for (int other_scale = 0; other_scale < 2; other_scale++) {
        neuron_graph_t *graph, *front;
        assert_ok(neuron_graph_create(&graph, context));
        assert_ok(neuron_graph_create(&front, context));
        neuron_node_t *x = neuron_input(front, (const int64_t[]){WIDTH}, 1);
        assert_ok(neuron_graph_finish(front, dense(front, x, MIDDLE, 1.0 / 32, 120)));
        x = neuron_input(graph, (const int64_t[]){WIDTH}, 1);
        x = dense(graph, x, MIDDLE, 1.0 / 32, 120);
        int zero_point = other_scale ? 130 : 90;
        float scale = other_scale ? 1.0f / 8 : 1.0f / 16;
        neuron_node_t *both[] = {dense(graph, x, FIRST, 1.0 / 16, 130),
                                 dense(graph, x, SECOND, (double)scale, zero_point)};
        assert_ok(neuron_graph_finish(graph, neuron_concat(graph, both, 2, NULL)));
        state = 5;
        fill(front);
        state = 5;
        fill(graph);
        for (int i = 0; i < BATCH * WIDTH; i++)
            input[i] = uniform() * 8 - 3;
        predict(front, context, input, BATCH, middle);
        predict(graph, context, input, BATCH, output);
        for (int m = 0; m < BATCH; m++) {
            const float *row = output + m * (FIRST + SECOND);
            check_dense(graph, 3, middle + m * MIDDLE, MIDDLE, FIRST, 1.0f / 16, 130, row);
            check_dense(graph, 6, middle + m * MIDDLE, MIDDLE, SECOND, scale, zero_point,
                        row + FIRST);
        }
        neuron_graph_unref(front);
        neuron_graph_unref(graph);
    }
    neuron_context_unref(context);
}
END_TEST

static int64_t outputs_of(const neuron_graph_t *graph)
{
    return neuron_shape_count(neuron_graph_first_output(graph));
}

/* One pass or several, one thread or five, any batch: the baseline's bytes. Where something
 * other than quantised layers is in the graph, that must not depend on the set either; tanh
 * does. */
START_TEST(sets_and_threads_change_nothing)
{
    static float input[ROOM], first[ROOM], output[ROOM];
    const shape *s = &shapes[_i];
    int64_t size = s->height * s->width * s->channels, count = 0;
    state = 3;
    for (int64_t i = 0; i < BATCH * size; i++)
        input[i] = uniform() * 5 - 1.5f;
    for (int set = 0; set < SETS; set++) {
        for (int32_t threads = 1; threads <= 5; threads += 4) {
            setenv("NEURON_KERNELS", sets[set], 1);
            neuron_context_t *context = test_context();
            assert_ok(neuron_context_set_number(context, "threads", threads));
            neuron_graph_t *graph = build(context, s, true);
            count = outputs_of(graph);
            predict(graph, context, input, BATCH, output);
            if ((set == 0 || s->tanh) && threads == 1)
                memcpy(first, output, sizeof first);
            assert_that(memcmp(first, output, (size_t)(BATCH * count) * sizeof *output) == 0,
                        "%s with %d threads", sets[set], threads);
            for (int64_t i = 0; i < BATCH; i++) {
                predict(graph, context, input + i * size, 1, output);
                ck_assert_mem_eq(first + i * count, output, (size_t)count * sizeof *output);
            }
            neuron_graph_unref(graph);
            neuron_context_unref(context);
        }
    }
    unsetenv("NEURON_KERNELS");
}
END_TEST

/* Bytes that are handed on are those that the next layer would make of the floats, or next to them
 * where the last bit of a float decides. */
START_TEST(handed_bytes_are_those_of_the_floats)
{
    static float input[ROOM], whole[ROOM], middle[ROOM], rest[ROOM];
    const shape *s = &shapes[_i];
    int64_t size = s->height * s->width * s->channels;
    neuron_context_t *context = test_context();
    neuron_graph_t *graph = build(context, s, true), *front = build(context, s, false), *back;
    state = 4;
    for (int64_t i = 0; i < BATCH * size; i++)
        input[i] = uniform() * 5 - 1.5f;
    assert_ok(neuron_graph_create(&back, context));
    int64_t width = outputs_of(front), count = outputs_of(graph);
    neuron_node_t *x = neuron_input(back, (const int64_t[]){width}, 1);
    assert_ok(neuron_graph_finish(back, quantized(back, x, NULL)));
    /* The parameters of both halves. */
    int64_t fronts = neuron_graph_array_count(front);
    for (int32_t i = 0; i < neuron_graph_array_count(graph); i++) {
        static float values[ROOM];
        size_t needed;
        assert_ok(neuron_graph_read_array(values, ROOM, &needed, graph, i));
        assert_ok(neuron_graph_write_array(i < fronts ? front : back, i < fronts ? i : i - fronts,
                                           values, needed));
    }
    predict(graph, context, input, BATCH, whole);
    predict(front, context, input, BATCH, middle);
    predict(back, context, middle, BATCH, rest);
    for (int64_t i = 0; i < BATCH * count; i++) /* a step of an input, times the largest weight */
        ck_assert(fabsf(whole[i] - rest[i]) <= 3 * 127 * 0.0101f / 16);
    neuron_graph_unref(back);
    neuron_graph_unref(front);
    neuron_graph_unref(graph);
    neuron_context_unref(context);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("quantized layers");
    TCase *tests = tcase_create("quantized layers");
    tcase_set_timeout(tests, 0);
    tcase_add_loop_test(tests, convolutions_agree_with_plain_loops, 0, SETS * SHAPES);
    tcase_add_loop_test(tests, dense_layers_agree_with_plain_loops, 0, SETS);
    tcase_add_test(tests, readers_may_have_scales_of_their_own);
    tcase_add_loop_test(tests, sets_and_threads_change_nothing, 0, SHAPES);
    tcase_add_loop_test(tests, handed_bytes_are_those_of_the_floats, 0, SHAPES);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
