/* Depthwise convolution, for each set of kernels, against plain loops in double. */
#include "layer-fixture.h"

typedef struct depthwise_case {
    int64_t height, width, channels, multiplier;
    int64_t window_height, window_width, stride_height, stride_width;
    int64_t dilation_height, dilation_width;
    int padding;
    int64_t batch;
} depthwise_case;

enum { VALID = NEURON_PADDING_VALID, SAME = NEURON_PADDING_SAME };

/* Channels that fill a part of a vector of 4, 8 or 16, or all, or are odd; heights that are a
 * multiple of the rows made at a time, and not; windows larger than the image, and of one row. */
static const depthwise_case cases[] = {
    {8, 9, 1, 1, 3, 3, 1, 1, 1, 1, SAME, 3},    {28, 28, 6, 1, 3, 3, 1, 1, 1, 1, SAME, 2},
    {7, 11, 2, 3, 3, 3, 1, 1, 1, 1, VALID, 3},  {13, 6, 3, 1, 5, 5, 1, 1, 1, 1, SAME, 18},
    {10, 10, 9, 1, 3, 3, 1, 1, 1, 1, VALID, 2}, {5, 70, 5, 1, 3, 7, 1, 1, 1, 1, SAME, 2},
    {4, 5, 7, 1, 7, 7, 1, 1, 1, 1, SAME, 3},    {3, 3, 12, 1, 5, 5, 1, 1, 1, 1, SAME, 2},
    {11, 9, 20, 1, 7, 7, 1, 1, 1, 1, VALID, 2}, {12, 8, 64, 1, 5, 5, 1, 1, 1, 1, SAME, 2},
    {9, 8, 17, 1, 5, 3, 1, 1, 1, 1, SAME, 3},   {9, 8, 18, 1, 3, 3, 1, 1, 1, 1, SAME, 2},
    {6, 30, 4, 1, 4, 4, 1, 1, 1, 3, SAME, 2},   {6, 30, 6, 1, 2, 5, 1, 1, 1, 2, VALID, 2},
    {9, 9, 6, 1, 3, 3, 1, 1, 2, 1, SAME, 2},    {9, 9, 6, 1, 5, 5, 2, 2, 1, 1, SAME, 2},
    {1, 50, 6, 1, 1, 5, 1, 1, 1, 1, SAME, 2},   {50, 1, 6, 1, 5, 1, 1, 1, 1, 1, SAME, 2},
    {40, 3, 3, 2, 33, 3, 1, 1, 1, 1, SAME, 2},  {40, 3, 3, 2, 32, 3, 1, 1, 1, 1, SAME, 2},
    {6, 5, 37, 1, 7, 7, 1, 1, 1, 1, SAME, 2},   {6, 5, 300, 1, 5, 5, 1, 1, 1, 1, SAME, 1},
    {5, 6, 3, 1, 1, 1, 1, 1, 1, 1, VALID, 4},   {64, 40, 8, 1, 5, 5, 1, 1, 1, 1, SAME, 1},
};
enum { CASES = sizeof cases / sizeof *cases };

static void open_case(layer_fixture *fixture, const depthwise_case *c, int32_t threads,
                      const neuron_kernels *kernels)
{
    const neuron_setting settings[] = {
        {NEURON_NODE_KERNEL_HEIGHT, (double)c->window_height},
        {NEURON_NODE_KERNEL_WIDTH, (double)c->window_width},
        {NEURON_NODE_STRIDE_HEIGHT, (double)c->stride_height},
        {NEURON_NODE_STRIDE_WIDTH, (double)c->stride_width},
        {NEURON_NODE_DILATION_HEIGHT, (double)c->dilation_height},
        {NEURON_NODE_DILATION_WIDTH, (double)c->dilation_width},
        {NEURON_NODE_DEPTH_MULTIPLIER, (double)c->multiplier},
        {NEURON_NODE_PADDING, c->padding},
        {0, 0},
    };
    neuron_shape input = {3, {c->height, c->width, c->channels}};
    fixture_open(fixture, &neuron_layer_depthwise_conv2d, settings, &input, c->batch + 1, c->batch,
                 threads, kernels, true);
    fixture_forward(fixture);
    assert_ok(fixture->spec.layer->backward(&fixture->run));
}

/* Rows or columns of padding before the first pixel. */
static int64_t before(int64_t output, int64_t stride, int64_t extent, int64_t input, int padding)
{
    int64_t missing = (output - 1) * stride + extent - input;
    return padding == SAME && missing > 0 ? missing / 2 : 0;
}

/* What plain loops make. */
typedef struct expected {
    double *output, *input, *weights, *bias;
} expected;

static double *doubles(int64_t count)
{
    double *memory = calloc((size_t)count, sizeof *memory);
    ck_assert_ptr_nonnull(memory);
    return memory;
}

/* One output, which is number `i` of all. */
static void add_output(const layer_fixture *f, const depthwise_case *c, int64_t i,
                       const expected *to)
{
    const int64_t *output = f->spec.output.extent;
    int64_t channel = i % output[2], x = i / output[2] % output[1];
    int64_t y = i / (output[2] * output[1]) % output[0], image = i * c->batch / f->output_count;
    int64_t top = before(output[0], c->stride_height,
                         (c->window_height - 1) * c->dilation_height + 1, c->height, c->padding);
    int64_t left = before(output[1], c->stride_width, (c->window_width - 1) * c->dilation_width + 1,
                          c->width, c->padding);
    double gradient = f->output_gradient[i];
    to->output[i] = f->values[1][channel];
    to->bias[channel] += gradient;
    for (int64_t k = 0; k < c->window_height * c->window_width; k++) {
        int64_t row = y * c->stride_height - top + k / c->window_width * c->dilation_height;
        int64_t column = x * c->stride_width - left + k % c->window_width * c->dilation_width;
        if (row < 0 || row >= c->height || column < 0 || column >= c->width)
            continue;
        int64_t pixel = (image * c->height + row) * c->width + column;
        int64_t from = pixel * c->channels + channel / c->multiplier;
        int64_t weight = k * output[2] + channel;
        to->output[i] += (double)f->input[from] * f->values[0][weight];
        to->input[from] += gradient * f->values[0][weight];
        to->weights[weight] += gradient * f->input[from];
    }
}

static void check_values(const char *what, int which, const float *values, const double *sought,
                         int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        assert_that(fabs((double)values[i] - sought[i]) < 2e-5 * (1 + fabs(sought[i])),
                    "case %d: %s[%lld] is %g, not %g", which, what, (long long)i, (double)values[i],
                    sought[i]);
}

static void check_case(int which, const neuron_kernels *kernels)
{
    const depthwise_case *c = &cases[which];
    layer_fixture f;
    open_case(&f, c, 2, kernels);
    int64_t weights = neuron_shape_count(&f.spec.arrays[0].shape);
    int64_t channels = c->channels * c->multiplier;
    const expected all = {doubles(f.output_count), doubles(f.input_count), doubles(weights),
                          doubles(channels)};
    for (int64_t i = 0; i < f.output_count; i++)
        add_output(&f, c, i, &all);
    check_values("output", which, f.output, all.output, f.output_count);
    check_values("input gradient", which, f.input_gradient, all.input, f.input_count);
    check_values("kernel gradient", which, f.gradients[0], all.weights, weights);
    check_values("bias gradient", which, f.gradients[1], all.bias, channels);
    free(all.output);
    free(all.input);
    free(all.weights);
    free(all.bias);
    fixture_close(&f);
}

START_TEST(agrees_with_plain_loops)
{
    const neuron_kernels *kernels = neuron_kernels_find(kernel_names[_i]);
    for (int which = 0; kernels && which < CASES; which++)
        check_case(which, kernels);
}
END_TEST

START_TEST(threads_change_nothing)
{
    const neuron_kernels *kernels = neuron_kernels_find(kernel_names[_i]);
    for (int which = 0; kernels && which < CASES; which++) {
        layer_fixture first, other;
        open_case(&first, &cases[which], 1, kernels);
        for (int32_t threads = 2; threads <= 5; threads += 3) {
            open_case(&other, &cases[which], threads, kernels);
            fixture_assert_same(&first, &other);
            fixture_close(&other);
        }
        fixture_close(&first);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("depthwise");
    TCase *tests = tcase_create("depthwise");
    tcase_set_timeout(tests, 0);
    suite_add_tcase(suite, tests);
    tcase_add_loop_test(tests, agrees_with_plain_loops, 0, KERNEL_NAMES);
    tcase_add_loop_test(tests, threads_change_nothing, 0, KERNEL_NAMES);
    return run_suite(suite);
}
