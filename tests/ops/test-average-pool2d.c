/* Average pooling, for each set of kernels, against plain loops in double. */
#include "layer-fixture.h"

typedef struct pool_case {
    int64_t height, width, channels;
    int64_t window_height, window_width, stride_height, stride_width;
    int padding;
    int64_t batch;
} pool_case;

enum { VALID = NEURON_PADDING_VALID, SAME = NEURON_PADDING_SAME };

/* Few channels and many, windows that overlap, touch and leave gaps, and rows longer than what is
 * summed at a time. */
static const pool_case cases[] = {
    {4, 4, 1, 2, 2, 2, 2, VALID, 1},       {28, 28, 6, 2, 2, 2, 2, VALID, 3},
    {7, 9, 3, 2, 2, 2, 2, SAME, 4},        {9, 8, 20, 3, 3, 2, 2, SAME, 5},
    {9, 13, 1, 3, 3, 1, 1, SAME, 2},       {5, 6, 16, 3, 3, 1, 1, SAME, 3},
    {10, 10, 64, 2, 3, 3, 4, SAME, 2},     {11, 12, 5, 2, 3, 4, 5, VALID, 2},
    {2, 3, 40, 5, 5, 1, 1, SAME, 2},       {9, 30, 2, 7, 19, 2, 3, SAME, 2},
    {3, 2000, 1, 2, 2, 2, 2, VALID, 1},    {3, 700, 3, 3, 3, 1, 1, SAME, 1},
    {2, 1500, 3, 2, 1200, 1, 7, VALID, 1}, {3, 5, 1100, 2, 2, 1, 1, SAME, 1},
    {4, 3, 2050, 3, 3, 2, 2, SAME, 1},     {2, 90, 33, 2, 17, 1, 1, SAME, 1},
};
enum { CASES = sizeof cases / sizeof *cases };

static void open_case(layer_fixture *fixture, const pool_case *c, int32_t threads,
                      const neuron_kernels *kernels)
{
    const neuron_setting settings[] = {
        {NEURON_NODE_KERNEL_HEIGHT, (double)c->window_height},
        {NEURON_NODE_KERNEL_WIDTH, (double)c->window_width},
        {NEURON_NODE_STRIDE_HEIGHT, (double)c->stride_height},
        {NEURON_NODE_STRIDE_WIDTH, (double)c->stride_width},
        {NEURON_NODE_PADDING, c->padding},
        {0, 0},
    };
    neuron_shape input = {3, {c->height, c->width, c->channels}};
    fixture_open(fixture, &neuron_layer_average_pool2d, settings, &input, c->batch, c->batch,
                 threads, kernels, true);
    fixture_forward(fixture);
    assert_ok(fixture->spec.layer->backward(&fixture->run));
}

/* Rows or columns of padding before the first pixel. */
static int64_t before(int64_t output, int64_t stride, int64_t window, int64_t input, int padding)
{
    int64_t missing = (output - 1) * stride + window - input;
    return padding == SAME && missing > 0 ? missing / 2 : 0;
}

/* Marks the pixels under a window and returns how many there are. */
static int64_t find_window(const layer_fixture *f, const pool_case *c, int64_t y, int64_t x,
                           int64_t *pixels)
{
    const int64_t *output = f->spec.output.extent;
    int64_t top = before(output[0], c->stride_height, c->window_height, c->height, c->padding);
    int64_t left = before(output[1], c->stride_width, c->window_width, c->width, c->padding);
    int64_t count = 0;
    for (int64_t k = 0; k < c->window_height * c->window_width; k++) {
        int64_t row = y * c->stride_height - top + k / c->window_width;
        int64_t column = x * c->stride_width - left + k % c->window_width;
        if (row >= 0 && row < c->height && column >= 0 && column < c->width)
            pixels[count++] = row * c->width + column;
    }
    return count;
}

static void check_case(int which, const neuron_kernels *kernels)
{
    const pool_case *c = &cases[which];
    layer_fixture f;
    open_case(&f, c, 2, kernels);
    double *gradient = calloc((size_t)f.input_count, sizeof *gradient);
    int64_t *pixels = calloc((size_t)(c->window_height * c->window_width), sizeof *pixels);
    ck_assert(gradient && pixels);
    int64_t columns = f.spec.output.extent[1], rows = f.spec.output.extent[0];
    for (int64_t i = 0; i < f.output_count; i++) {
        int64_t pixel = i / c->channels, image = pixel / (rows * columns);
        int64_t count = find_window(&f, c, pixel / columns % rows, pixel % columns, pixels);
        double mean = 0;
        for (int64_t k = 0; k < count; k++) {
            int64_t at = (image * c->height * c->width + pixels[k]) * c->channels + i % c->channels;
            mean += (double)f.input[at] / (double)count;
            gradient[at] += (double)f.output_gradient[i] / (double)count;
        }
        assert_that(fabs((double)f.output[i] - mean) < 1e-6, "case %d: output[%lld] is %g, not %g",
                    which, (long long)i, (double)f.output[i], mean);
    }
    for (int64_t i = 0; i < f.input_count; i++)
        assert_that(fabs((double)f.input_gradient[i] - gradient[i]) < 1e-6,
                    "case %d: gradient[%lld] is %g, not %g", which, (long long)i,
                    (double)f.input_gradient[i], gradient[i]);
    free(gradient);
    free(pixels);
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
    for (int which = 0; which < CASES; which++) {
        layer_fixture first, other;
        open_case(&first, &cases[which], 1, neuron_kernels_choose());
        open_case(&other, &cases[which], 3, neuron_kernels_choose());
        fixture_assert_same(&first, &other);
        fixture_close(&other);
        fixture_close(&first);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("average_pool2d");
    TCase *tests = tcase_create("average_pool2d");
    tcase_set_timeout(tests, 0);
    suite_add_tcase(suite, tests);
    tcase_add_loop_test(tests, agrees_with_plain_loops, 0, KERNEL_NAMES);
    tcase_add_test(tests, threads_change_nothing);
    return run_suite(suite);
}
