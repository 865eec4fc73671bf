/* Maximum pooling, for each set of kernels, against plain loops. */
#include "layer-fixture.h"

typedef struct pool_case {
    int64_t height, width, channels;
    int64_t window_height, window_width, stride_height, stride_width;
    int padding;
    int64_t batch;
} pool_case;

enum { VALID = NEURON_PADDING_VALID, SAME = NEURON_PADDING_SAME };

static const pool_case cases[] = {
    {4, 4, 1, 2, 2, 2, 2, VALID, 1},   {28, 28, 32, 2, 2, 2, 2, VALID, 3},
    {7, 7, 33, 2, 2, 2, 2, VALID, 2},  {7, 7, 17, 2, 2, 2, 2, SAME, 4},
    {9, 8, 3, 3, 3, 2, 2, SAME, 5},    {9, 8, 20, 3, 2, 1, 1, VALID, 2},
    {5, 6, 5, 3, 3, 1, 1, SAME, 9},    {10, 10, 64, 2, 3, 3, 4, SAME, 2},
    {6, 6, 16, 1, 1, 2, 2, VALID, 2},  {2, 3, 40, 5, 5, 1, 1, SAME, 2},
    {9, 13, 1, 3, 3, 2, 2, SAME, 3},   {9, 13, 6, 2, 2, 2, 2, VALID, 3},
    {9, 13, 1, 2, 2, 2, 2, VALID, 3},  {7, 9, 3, 2, 4, 2, 4, VALID, 2},
    {9, 13, 6, 4, 3, 1, 1, SAME, 2},   {9, 9, 6, 9, 9, 1, 1, VALID, 3},
    {8, 8, 20, 5, 5, 3, 2, SAME, 2},   {3, 1500, 1, 3, 3, 2, 2, SAME, 1},
    {4, 700, 3, 2, 3, 2, 2, VALID, 2}, {5, 1100, 2, 3, 2, 2, 3, SAME, 1},
    {5, 9, 4, 3, 3, 2, 4, VALID, 2},
};
enum { CASES = sizeof cases / sizeof *cases };

static void open_case(layer_fixture *fixture, const pool_case *c, int32_t threads,
                      const neuron_kernels *kernels, bool training)
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
    fixture_open(fixture, &neuron_layer_max_pool2d, settings, &input, c->batch + 1, c->batch,
                 threads, kernels, training);
    /* All below zero, so that a padding of zero would win; and some equal. */
    for (int64_t i = 0; i < fixture->input_count; i++)
        fixture->input[i] = floorf(fixture->input[i] * 16) - 20;
}

/* Offset of the first largest value of a window, in one channel of the batch. */
static int64_t largest(const layer_fixture *f, const pool_case *c, int64_t image, int64_t y,
                       int64_t x, int64_t channel)
{
    int64_t rows = f->spec.output.extent[0], columns = f->spec.output.extent[1];
    int64_t down = (rows - 1) * c->stride_height + c->window_height - c->height;
    int64_t along = (columns - 1) * c->stride_width + c->window_width - c->width;
    int64_t top = c->padding == SAME && down > 0 ? down / 2 : 0;
    int64_t left = c->padding == SAME && along > 0 ? along / 2 : 0;
    int64_t best = -1;
    for (int64_t k = 0; k < c->window_height * c->window_width; k++) {
        int64_t from_y = y * c->stride_height - top + k / c->window_width;
        int64_t from_x = x * c->stride_width - left + k % c->window_width;
        if (from_y < 0 || from_y >= c->height || from_x < 0 || from_x >= c->width)
            continue;
        int64_t at = ((image * c->height + from_y) * c->width + from_x) * c->channels + channel;
        if (best < 0 || f->input[at] > f->input[best])
            best = at;
    }
    return best;
}

static void check_case(int which, const neuron_kernels *kernels)
{
    const pool_case *c = &cases[which];
    layer_fixture f;
    open_case(&f, c, 2, kernels, true);
    fixture_forward(&f);
    f.spec.layer->backward(&f.run);
    double *gradient = calloc((size_t)f.input_count, sizeof *gradient);
    ck_assert_ptr_nonnull(gradient);
    int64_t columns = f.spec.output.extent[1], rows = f.spec.output.extent[0];
    for (int64_t i = 0; i < f.output_count; i++) {
        int64_t pixel = i / c->channels;
        int64_t best = largest(&f, c, pixel / (rows * columns), pixel / columns % rows,
                               pixel % columns, i % c->channels);
        assert_that(f.output[i] == f.input[best], "case %d: output[%lld] is %g, not %g", which,
                    (long long)i, (double)f.output[i], (double)f.input[best]);
        gradient[best] += (double)f.output_gradient[i];
    }
    for (int64_t i = 0; i < f.input_count; i++)
        assert_that(fabs((double)f.input_gradient[i] - gradient[i]) < 1e-5,
                    "case %d: gradient[%lld] is %g, not %g", which, (long long)i,
                    (double)f.input_gradient[i], gradient[i]);
    free(gradient);
    fixture_close(&f);
}

START_TEST(agrees_with_plain_loops)
{
    const neuron_kernels *kernels = neuron_kernels_find(kernel_names[_i]);
    for (int which = 0; kernels && which < CASES; which++)
        check_case(which, kernels);
}
END_TEST

START_TEST(threads_and_kernels_change_nothing)
{
    const neuron_kernels *kernels = neuron_kernels_find(kernel_names[_i]);
    for (int which = 0; kernels && which < CASES; which++) {
        layer_fixture first, other;
        open_case(&first, &cases[which], 1, neuron_kernels_find("baseline"), true);
        open_case(&other, &cases[which], 3, kernels, true);
        fixture_forward(&first);
        fixture_forward(&other);
        first.spec.layer->backward(&first.run);
        other.spec.layer->backward(&other.run);
        fixture_assert_same(&first, &other);
        fixture_close(&other);
        fixture_close(&first);
    }
}
END_TEST

START_TEST(prediction_keeps_nothing)
{
    layer_fixture training, predicting;
    open_case(&training, &cases[1], 2, neuron_kernels_choose(), true);
    open_case(&predicting, &cases[1], 2, neuron_kernels_choose(), false);
    fixture_forward(&training);
    fixture_forward(&predicting);
    assert_same_bytes(training.output, predicting.output, training.output_count);
    fixture_close(&training);
    fixture_close(&predicting);
}
END_TEST

START_TEST(not_a_number_is_passed_on)
{
    const neuron_kernels *kernels = neuron_kernels_find(kernel_names[_i]);
    for (int64_t place = 0; kernels && place < 4; place++) {
        layer_fixture f;
        open_case(&f, &cases[2], 1, kernels, true);
        int64_t pixel = place / 2 * 7 + place % 2;
        for (int64_t c = 0; c < 33; c++)
            f.input[pixel * 33 + c] = NAN;
        fixture_forward(&f);
        for (int64_t i = 0; i < f.output_count; i++)
            ck_assert(isnan(f.output[i]) == (i < 33));
        fixture_close(&f);
    }
}
END_TEST

START_TEST(bad_shapes_are_named)
{
    neuron_shape flat = {1, {784}}, small = {3, {3, 4, 1}};
    neuron_spec spec = {.layer = &neuron_layer_max_pool2d, .input_count = 1, .inputs = &flat};
    const neuron_setting settings[] = {
        {NEURON_NODE_KERNEL_HEIGHT, 5},
        {NEURON_NODE_KERNEL_WIDTH, 2},
        {NEURON_NODE_STRIDE_HEIGHT, 2},
        {NEURON_NODE_STRIDE_WIDTH, 2},
        {0, 0},
    };
    neuron_options_make(&spec.options, &spec.layer->options, settings);
    assert_status(spec.layer->infer(&spec, "pool"), NEURON_E_SHAPE);
    assert_message("pool: needs an input of rank 3 (height x width x channels), not 784");
    spec.inputs = &small;
    assert_status(spec.layer->infer(&spec, "pool"), NEURON_E_SHAPE);
    assert_message("pool: a window of 5x2 does not fit into 3x4 with padding valid");
    neuron_options_put(&spec.options, NEURON_NODE_PADDING, SAME);
    assert_ok(spec.layer->infer(&spec, "pool"));
    ck_assert(neuron_shape_equal(&spec.output, &(neuron_shape){3, {2, 2, 1}}));
    neuron_options_put(&spec.options, NEURON_NODE_KERNEL_HEIGHT, INT32_MAX);
    neuron_options_put(&spec.options, NEURON_NODE_KERNEL_WIDTH, INT32_MAX);
    assert_status(spec.layer->infer(&spec, "pool"), NEURON_E_ARGUMENT);
    assert_message("pool: a window of 2147483647x2147483647");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("max-pool2d");
    TCase *all = tcase_create("all");
    tcase_set_timeout(all, 240);
    tcase_add_loop_test(all, agrees_with_plain_loops, 0, KERNEL_NAMES);
    tcase_add_loop_test(all, threads_and_kernels_change_nothing, 0, KERNEL_NAMES);
    tcase_add_test(all, prediction_keeps_nothing);
    tcase_add_loop_test(all, not_a_number_is_passed_on, 0, KERNEL_NAMES);
    tcase_add_test(all, bad_shapes_are_named);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
