/* Winograd's way to 3x3 windows, for each set of kernels, against plain loops in double. Here it is
 * also gone where it would not be chosen: few channels, few tiles. */
#include "layer-fixture.h"

#include "ops/winograd.h"

/* The error of a result depends less on its own size than on that of its neighbours, so it is
 * measured by the root of the mean square of all. These are three times the worst that was seen,
 * 1.2e-6 and 1.05e-5; that is about twice what direct sums are off by. */
static const double mean_error = 3.6e-6, largest_error = 3.2e-5;

typedef struct shape {
    int64_t height, width, channels, filters;
    bool same;
    int64_t batch;
} shape;

/* Tiles that are cut on any side and not at all; parts of vectors, of panels and of groups; one
 * tile, less than a task, several tasks; sums that parts have for themselves and that all share. */
static const shape shapes[] = {
    {4, 4, 1, 1, true, 1},      {3, 3, 1, 1, false, 40},    {1, 1, 5, 3, true, 2},
    {2, 3, 3, 5, true, 3},      {5, 6, 16, 16, true, 1},    {6, 5, 17, 15, false, 2},
    {9, 8, 7, 33, true, 3},     {8, 9, 33, 7, false, 3},    {10, 11, 31, 32, true, 2},
    {7, 12, 32, 31, false, 5},  {13, 13, 32, 64, false, 9}, {8, 8, 64, 80, true, 11},
    {12, 12, 48, 24, true, 14}, {20, 33, 20, 40, true, 2},  {4, 4, 130, 70, true, 20},
    {16, 16, 16, 16, true, 33}, {6, 6, 100, 100, true, 70}, {1, 40, 3, 2, true, 4},
};
enum { SHAPES = sizeof shapes / sizeof *shapes };

static float *filled(int64_t count, uint32_t stream)
{
    float *values = fixture_floats(count);
    fixture_fill(values, count, stream);
    return values;
}

/* Whole panels, 0 behind `count`. */
static float *filled_panels(int64_t count, uint32_t stream)
{
    float *values = filled(neuron_panel_round(count), stream);
    memset(values + count, 0, (size_t)(neuron_panel_round(count) - count) * sizeof *values);
    return values;
}

static neuron_convolution convolution_of(const shape *is)
{
    int64_t padding = is->same ? 1 : 0;
    neuron_convolution c = {.height = is->height,
                            .width = is->width,
                            .channels = is->channels,
                            .kernel_height = 3,
                            .kernel_width = 3,
                            .stride_height = 1,
                            .stride_width = 1,
                            .dilation_height = 1,
                            .dilation_width = 1,
                            .groups = 1,
                            .top = padding,
                            .left = padding,
                            .rows = is->height - 2 + 2 * padding,
                            .columns = is->width - 2 + 2 * padding,
                            .filters = is->filters};
    c.pixel_step = c.filters;
    c.row_step = c.columns * c.pixel_step;
    c.image_step = c.rows * c.row_step;
    return c;
}

/* What the input's gradient is to the gradient of the output. */
static neuron_convolution turned_of(const shape *is)
{
    neuron_convolution c = convolution_of(is);
    shape rotated = {c.rows, c.columns, is->filters, is->channels, true, is->batch};
    neuron_convolution back = convolution_of(&rotated);
    back.top = back.left = is->same ? 1 : 2;
    back.rows = is->height;
    back.columns = is->width;
    back.row_step = back.columns * back.pixel_step;
    back.image_step = back.rows * back.row_step;
    return back;
}

typedef struct fixture {
    shape is;
    neuron_context_t *context;
    neuron_convolution forward, rotated;
    float *input, *weights, *bias, *output_gradient; /* given */
    float *output, *input_gradient, *weight_gradient, *bias_gradient;
    float *scale, *shift;
    neuron_convolution_run run;
} fixture;

static int64_t source_count(const neuron_convolution *c, int64_t batch)
{
    return batch * c->height * c->width * c->channels;
}

static int64_t output_count(const neuron_convolution *c, int64_t batch)
{
    return batch * c->image_step;
}

static void open_fixture(fixture *f, const shape *is, int32_t threads,
                         const neuron_kernels *kernels)
{
    *f = (fixture){.is = *is, .forward = convolution_of(is), .rotated = turned_of(is)};
    assert_ok(neuron_context_create(&f->context, NULL));
    assert_ok(neuron_context_set_number(f->context, "threads", threads));
    int64_t outputs = output_count(&f->forward, is->batch);
    f->input = filled(source_count(&f->forward, is->batch), 1);
    f->weights = filled(9 * is->channels * is->filters, 2);
    f->bias = filled_panels(is->filters, 3);
    f->output_gradient = filled(outputs, 4);
    f->scale = filled_panels(is->filters, 5);
    f->shift = filled_panels(is->filters, 6);
    f->output = fixture_floats(outputs);
    f->input_gradient = fixture_floats(source_count(&f->forward, is->batch));
    f->weight_gradient = fixture_floats(9 * is->channels * is->filters);
    f->bias_gradient = fixture_floats(is->filters);
    f->run =
        (neuron_convolution_run){.kernels = kernels, .pool = f->context->pool, .batch = is->batch};
}

static void close_fixture(fixture *f)
{
    float *all[] = {
        f->input,          f->weights,         f->bias,          f->output_gradient, f->output,
        f->input_gradient, f->weight_gradient, f->bias_gradient, f->scale,           f->shift};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
    neuron_context_unref(f->context);
}

/* Memory is planned for `planned` examples. */
static void convolve(fixture *f, const neuron_convolution *c, bool rotated, const float *source,
                     const float *bias, int64_t planned, float *output)
{
    float *points = fixture_memory(neuron_winograd_weights_size(c));
    f->run.source = source;
    f->run.scratch = fixture_memory(
        neuron_winograd_convolve_scratch(c, planned, neuron_pool_threads(f->run.pool)));
    neuron_winograd_transform_weights(c, f->run.kernels, f->run.pool, f->weights, rotated, points);
    neuron_winograd_convolve(c, &f->run, points, bias, output);
    free(f->run.scratch);
    free(points);
}

static void run_forward(fixture *f, int64_t planned)
{
    convolve(f, &f->forward, false, f->input, f->bias, planned, f->output);
}

static void run_input_gradient(fixture *f, int64_t planned)
{
    int64_t columns = neuron_panel_round(f->is.channels);
    float *none = fixture_floats(columns);
    memset(none, 0, (size_t)columns * sizeof *none);
    convolve(f, &f->rotated, true, f->output_gradient, none, planned, f->input_gradient);
    free(none);
}

static void run_weight_gradient(fixture *f, int64_t planned, float *weights, float *bias)
{
    f->run.source = f->input;
    f->run.scratch = fixture_memory(neuron_winograd_weight_gradient_scratch(
        &f->forward, planned, neuron_pool_threads(f->run.pool)));
    neuron_winograd_weight_gradient(&f->forward, &f->run, f->output_gradient, weights, bias);
    free(f->run.scratch);
}

static void run_all(fixture *f, int64_t planned)
{
    run_forward(f, planned);
    run_input_gradient(f, planned);
    run_weight_gradient(f, planned, f->weight_gradient, f->bias_gradient);
}

/* ---- The same in double ---- */

static double *zeros(int64_t count)
{
    double *values = calloc((size_t)count, sizeof *values);
    ck_assert_ptr_nonnull(values);
    return values;
}

typedef struct reference {
    double *output, *input_gradient, *weight_gradient, *bias_gradient;
} reference;

/* One input pixel that meets one tap for one output pixel; all are offsets. */
static void meet(const fixture *f, int64_t x, int64_t w, int64_t y, reference *r)
{
    int64_t filters = f->is.filters;
    for (int64_t c = 0; c < f->is.channels; c++) {
        for (int64_t n = 0; n < filters; n++) {
            double value = (double)f->input[x + c],
                   weight = (double)f->weights[w + c * filters + n];
            double gradient = (double)f->output_gradient[y + n];
            r->output[y + n] += value * weight;
            r->input_gradient[x + c] += gradient * weight;
            r->weight_gradient[w + c * filters + n] += value * gradient;
        }
    }
}

static void start(const fixture *f, int64_t y, reference *r)
{
    for (int64_t n = 0; n < f->is.filters; n++) {
        r->output[y + n] = (double)f->bias[n];
        r->bias_gradient[n] += (double)f->output_gradient[y + n];
    }
}

static reference reference_create(const fixture *f)
{
    const neuron_convolution *c = &f->forward;
    reference r = {zeros(output_count(c, f->is.batch)), zeros(source_count(c, f->is.batch)),
                   zeros(9 * c->channels * c->filters), zeros(c->filters)};
    for (int64_t i = 0; i < f->is.batch * c->rows * c->columns; i++) {
        int64_t image = i / (c->rows * c->columns), y = i / c->columns % c->rows,
                x = i % c->columns;
        start(f, i * c->filters, &r);
        for (int64_t tap = 0; tap < 9; tap++) {
            int64_t row = y + tap / 3 - c->top, column = x + tap % 3 - c->left;
            if (row >= 0 && row < c->height && column >= 0 && column < c->width)
                meet(f, ((image * c->height + row) * c->width + column) * c->channels,
                     tap * c->channels * c->filters, i * c->filters, &r);
        }
    }
    return r;
}

static void reference_destroy(reference *r)
{
    free(r->output);
    free(r->input_gradient);
    free(r->weight_gradient);
    free(r->bias_gradient);
}

static void assert_near(const char *what, int which, const float *values, const double *expected,
                        int64_t count)
{
    double squares = 0, errors = 0, largest = 0;
    for (int64_t i = 0; i < count; i++) {
        double error = fabs((double)values[i] - expected[i]);
        assert_that(error >= 0, "shape %d: %s[%lld] is not a number", which, what, (long long)i);
        squares += expected[i] * expected[i];
        errors += error * error;
        largest = fmax(largest, error);
    }
    double size = sqrt(squares / (double)count), mean = sqrt(errors / (double)count);
    assert_that(mean <= mean_error * size && largest <= largest_error * size,
                "shape %d: %s is off by %g on average and by %g at most, of %g", which, what, mean,
                largest, size);
}

static void check_results(int which, const fixture *f, const reference *r)
{
    const shape *is = &f->is;
    assert_near("output", which, f->output, r->output, output_count(&f->forward, is->batch));
    assert_near("input gradient", which, f->input_gradient, r->input_gradient,
                source_count(&f->forward, is->batch));
    assert_near("weight gradient", which, f->weight_gradient, r->weight_gradient,
                9 * is->channels * is->filters);
    assert_near("bias gradient", which, f->bias_gradient, r->bias_gradient, is->filters);
}

/* All sets of kernels are given the same, so that one reference serves them. */
START_TEST(agrees_with_plain_loops)
{
    const shape *is = &shapes[_i];
    reference r = {0};
    for (int i = 0; i < KERNEL_NAMES; i++) {
        const neuron_kernels *kernels = neuron_kernels_find(kernel_names[i]);
        if (!kernels)
            continue;
        fixture f;
        open_fixture(&f, is, 2, kernels);
        run_all(&f, is->batch);
        if (!r.output)
            r = reference_create(&f);
        check_results(_i, &f, &r);
        close_fixture(&f);
    }
    reference_destroy(&r);
}
END_TEST

static void assert_same_results(const fixture *a, const fixture *b)
{
    int64_t batch = a->is.batch;
    assert_same_bytes(a->output, b->output, output_count(&a->forward, batch));
    assert_same_bytes(a->input_gradient, b->input_gradient, source_count(&a->forward, batch));
    assert_same_bytes(a->weight_gradient, b->weight_gradient, 9 * a->is.channels * a->is.filters);
    assert_same_bytes(a->bias_gradient, b->bias_gradient, a->is.filters);
}

/* Nor does memory that was planned for more examples. */
START_TEST(threads_change_nothing)
{
    const neuron_kernels *kernels = neuron_kernels_find(kernel_names[_i]);
    for (int which = 0; kernels && which < SHAPES; which++) {
        fixture first, other;
        open_fixture(&first, &shapes[which], 1, kernels);
        run_all(&first, shapes[which].batch);
        for (int32_t threads = 2; threads <= 3; threads++) {
            open_fixture(&other, &shapes[which], threads, kernels);
            run_all(&other, shapes[which].batch + threads * 7);
            assert_same_results(&first, &other);
            close_fixture(&other);
        }
        close_fixture(&first);
    }
}
END_TEST

/* Sizes of tasks and blocks do not follow the batch, but what is planned for a batch
 * must do for all smaller ones. */
START_TEST(memory_is_enough_for_smaller_batches)
{
    for (int which = 0; which < SHAPES; which++) {
        neuron_convolution c = convolution_of(&shapes[which]);
        size_t convolve_bytes = 0, gradient_bytes = 0;
        for (int64_t batch = 1; batch < 300; batch++) {
            size_t bytes = neuron_winograd_convolve_scratch(&c, batch, 2);
            assert_that(bytes >= convolve_bytes, "shape %d: less for a batch of %d", which,
                        (int)batch);
            convolve_bytes = bytes;
            bytes = neuron_winograd_weight_gradient_scratch(&c, batch, 2);
            assert_that(bytes >= gradient_bytes, "shape %d: less for a batch of %d", which,
                        (int)batch);
            gradient_bytes = bytes;
        }
    }
}
END_TEST

START_TEST(gradients_that_are_not_wanted_change_nothing)
{
    for (int which = 0; which < SHAPES; which++) {
        fixture f;
        open_fixture(&f, &shapes[which], 2, neuron_kernels_choose());
        int64_t weights = 9 * f.is.channels * f.is.filters;
        run_weight_gradient(&f, f.is.batch, f.weight_gradient, f.bias_gradient);
        float *alone = fixture_floats(weights + f.is.filters);
        run_weight_gradient(&f, f.is.batch, alone, NULL);
        run_weight_gradient(&f, f.is.batch, NULL, alone + weights);
        assert_same_bytes(alone, f.weight_gradient, weights);
        assert_same_bytes(alone + weights, f.bias_gradient, f.is.filters);
        free(alone);
        close_fixture(&f);
    }
}
END_TEST

static float rectified(float value)
{
    return value < 0 ? 0 : value;
}

static float ended(const fixture *f, const neuron_post_ops *post, int64_t at, float value)
{
    int64_t n = at % f->is.filters;
    for (int32_t i = 0; i < post->count; i++) {
        const neuron_post_op *op = &post->list[i];
        if (op->kind == NEURON_POST_SCALE_SHIFT)
            value = value * op->scale[n] + op->shift[n];
        else if (op->seen)
            value = op->seen[at] > 0 ? value : 0;
        else
            value = rectified(value);
    }
    return value;
}

/* What follows the sums, against the sums without it. */
static void check_post(fixture *f, const neuron_post_ops *post, const float *plain)
{
    f->run.post = post;
    run_forward(f, f->is.batch);
    for (int64_t i = 0; i < output_count(&f->forward, f->is.batch); i++) {
        float expected = ended(f, post, i, plain[i]);
        /* The product and the sum may be rounded apart or as one. */
        assert_that(fabsf(f->output[i] - expected) <= (post->count > 1 ? 1e-5f : 0),
                    "output %lld is %g, not %g", (long long)i, (double)f->output[i],
                    (double)expected);
    }
}

START_TEST(what_follows_the_sums)
{
    const neuron_kernels *kernels = neuron_kernels_find(kernel_names[_i]);
    for (int which = 0; kernels && which < SHAPES; which++) {
        fixture f;
        open_fixture(&f, &shapes[which], 2, kernels);
        run_forward(&f, f.is.batch);
        float *plain = f.output;
        f.output = fixture_floats(output_count(&f.forward, f.is.batch));
        const neuron_post_op relu = {.kind = NEURON_POST_RELU};
        const neuron_post_op scale = {
            .kind = NEURON_POST_SCALE_SHIFT, .scale = f.scale, .shift = f.shift};
        const neuron_post_op back = {.kind = NEURON_POST_RELU, .seen = f.output_gradient};
        const neuron_post_ops lists[] = {{1, {relu}},
                                         {2, {scale, relu}},
                                         {3, {relu, scale, relu}},
                                         {1, {back}},
                                         {2, {relu, back}}};
        for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
            check_post(&f, &lists[i], plain);
        free(plain);
        close_fixture(&f);
    }
}
END_TEST

static float largest_of_window(const fixture *f, int64_t image, int64_t row, int64_t column,
                               int64_t n)
{
    float largest = -INFINITY;
    for (int64_t i = 0; i < 4; i++) {
        int64_t y = 2 * row + i / 2, x = 2 * column + i % 2;
        largest = fmaxf(largest, f->output[image * f->forward.image_step + y * f->forward.row_step +
                                           x * f->forward.pixel_step + n]);
    }
    return largest;
}

START_TEST(the_largest_of_each_window)
{
    const neuron_kernels *kernels = neuron_kernels_find(kernel_names[_i]);
    for (int which = 0; kernels && which < SHAPES; which++) {
        fixture f;
        open_fixture(&f, &shapes[which], 2, kernels);
        run_forward(&f, f.is.batch);
        neuron_pooling pooling = {
            .window_rows = 2,
            .window_columns = 2,
            .rows = f.forward.rows / 2,
            .columns = f.forward.columns / 2,
        };
        int64_t count = f.is.batch * pooling.rows * pooling.columns * f.is.filters;
        pooling.output = fixture_floats(count);
        const neuron_post_ops post = {1, {{.kind = NEURON_POST_MAX_POOL, .pooling = pooling}}};
        f.run.post = &post;
        run_forward(&f, f.is.batch);
        for (int64_t i = 0; i < count; i++) {
            int64_t n = i % f.is.filters, window = i / f.is.filters;
            int64_t column = window % pooling.columns, row = window / pooling.columns;
            /* A compiler may join other products and sums in the two ways to the same output. */
            float expected =
                largest_of_window(&f, row / pooling.rows, row % pooling.rows, column, n);
            assert_that(fabsf(pooling.output[i] - expected) <= 1e-5f, "output %d is %g, not %g",
                        (int)i, (double)pooling.output[i], (double)expected);
        }
        free(pooling.output);
        close_fixture(&f);
    }
}
END_TEST

START_TEST(chosen_by_shape)
{
    neuron_convolution c = convolution_of(&(shape){16, 16, 32, 32, true, 1});
    ck_assert(neuron_winograd_fits(&c, 2, false));
    ck_assert(neuron_winograd_fits(&c, 1, true));
    ck_assert(!neuron_winograd_fits(&c, 1, false)); /* too few tiles to pay for the weights */
    neuron_convolution other = c;
    other.stride_width = 2;
    ck_assert(!neuron_winograd_fits(&other, 32, true));
    other = c;
    other.kernel_height = 5;
    ck_assert(!neuron_winograd_fits(&other, 32, true));
    other = c;
    other.channels = 3;
    ck_assert(!neuron_winograd_fits(&other, 32, true));
    other = convolution_of(&(shape){5, 5, 32, 32, true, 1}); /* tiles that are half empty */
    ck_assert(!neuron_winograd_fits(&other, 32, true));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("winograd");
    TCase *all = tcase_create("all");
    tcase_set_timeout(all, 240);
    tcase_add_loop_test(all, agrees_with_plain_loops, 0, SHAPES);
    tcase_add_loop_test(all, threads_change_nothing, 0, KERNEL_NAMES);
    tcase_add_test(all, memory_is_enough_for_smaller_batches);
    tcase_add_test(all, gradients_that_are_not_wanted_change_nothing);
    tcase_add_loop_test(all, what_follows_the_sums, 0, KERNEL_NAMES);
    tcase_add_loop_test(all, the_largest_of_each_window, 0, KERNEL_NAMES);
    tcase_add_test(all, chosen_by_shape);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
