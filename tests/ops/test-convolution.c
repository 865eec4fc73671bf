/* Convolution, for each set of kernels, against plain loops in double. */
#include "layer-fixture.h"

#include "ops/winograd.h"
#include "layers/convolutions/conv2d.h"

typedef struct convolution_case {
    int64_t height, width, channels, filters;
    int64_t kernel_height, kernel_width, stride_height, stride_width;
    int padding;
    int64_t batch;
} convolution_case;

enum { VALID = NEURON_PADDING_VALID, SAME = NEURON_PADDING_SAME };

#define DIRECT   NEURON_CONV2D_DIRECT
#define WINOGRAD NEURON_CONV2D_WINOGRAD
#define SCATTER  NEURON_CONV2D_SCATTER

static const convolution_case cases[] = {
    {5, 5, 1, 1, 1, 1, 1, 1, VALID, 1},     {5, 6, 1, 8, 3, 3, 1, 1, VALID, 2},
    {6, 5, 1, 32, 3, 3, 1, 1, SAME, 3},     {28, 28, 1, 32, 5, 5, 1, 1, SAME, 2},
    {28, 28, 1, 33, 3, 3, 2, 2, SAME, 2},   {9, 8, 3, 17, 3, 3, 1, 1, SAME, 4},
    {9, 8, 3, 16, 5, 5, 1, 1, VALID, 5},    {32, 32, 3, 48, 3, 3, 1, 1, SAME, 1},
    {7, 7, 17, 33, 3, 3, 1, 1, SAME, 9},    {7, 7, 33, 17, 3, 3, 1, 1, VALID, 7},
    {8, 8, 64, 128, 3, 3, 1, 1, SAME, 2},   {10, 9, 16, 40, 2, 3, 1, 1, SAME, 3},
    {10, 9, 16, 15, 2, 3, 1, 1, VALID, 3},  {11, 10, 5, 31, 3, 3, 2, 2, VALID, 6},
    {11, 10, 5, 65, 3, 3, 2, 2, SAME, 6},   {12, 13, 4, 20, 5, 5, 3, 2, SAME, 4},
    {12, 13, 4, 20, 5, 5, 2, 3, VALID, 4},  {13, 7, 6, 10, 2, 3, 3, 3, SAME, 8},
    {13, 7, 6, 10, 1, 1, 2, 3, SAME, 5},    {9, 9, 3, 4, 1, 2, 3, 4, VALID, 2},
    {4, 4, 20, 12, 1, 1, 1, 1, VALID, 40},  {3, 3, 2, 7, 3, 3, 1, 1, VALID, 50},
    {2, 2, 3, 5, 5, 5, 1, 1, SAME, 3},      {1, 1, 3, 5, 4, 3, 1, 1, SAME, 3},
    {5, 1, 2, 3, 3, 1, 1, 1, SAME, 2},      {1, 200, 2, 3, 1, 7, 1, 2, SAME, 2},
    {16, 16, 64, 64, 3, 3, 1, 1, SAME, 6},  {14, 13, 32, 32, 3, 3, 1, 1, SAME, 5},
    {13, 13, 32, 64, 3, 3, 1, 1, VALID, 9}, {8, 8, 80, 128, 3, 3, 1, 1, SAME, 8},
    {12, 12, 16, 16, 3, 3, 1, 1, VALID, 4}, {4, 5, 19, 20, 3, 3, 1, 1, SAME, 13},
    {6, 6, 2, 3, 2, 2, 9, 9, VALID, 2},     {3, 4, 2, 3, 1, 1, 1000, 1000, SAME, 2},
    {7, 7, 5, 35, 3, 3, 2, 2, SAME, 41},    {8, 6, 3, 18, 4, 3, 2, 2, VALID, 97},
    {2, 2, 33, 65, 3, 3, 1, 1, SAME, 64},   {3, 1, 1, 40, 3, 5, 1, 1, SAME, 70},
    {6, 6, 40, 130, 5, 5, 1, 1, SAME, 1},   {4, 4, 70, 97, 5, 5, 1, 1, SAME, 3},
    {9, 9, 50, 70, 5, 5, 1, 1, VALID, 2},   {7, 7, 40, 36, 3, 3, 2, 2, SAME, 40},
    {5, 6, 10, 200, 5, 3, 1, 1, SAME, 3},   {9, 9, 200, 9, 4, 4, 2, 2, SAME, 2},
};
enum { CASES = sizeof cases / sizeof *cases };

enum { SETTINGS = 8 };

static void settings_of(const convolution_case *c, int bias, neuron_setting settings[SETTINGS])
{
    const neuron_setting all[SETTINGS] = {
        {NEURON_NODE_FILTERS, (double)c->filters},
        {NEURON_NODE_KERNEL_HEIGHT, (double)c->kernel_height},
        {NEURON_NODE_KERNEL_WIDTH, (double)c->kernel_width},
        {NEURON_NODE_STRIDE_HEIGHT, (double)c->stride_height},
        {NEURON_NODE_STRIDE_WIDTH, (double)c->stride_width},
        {NEURON_NODE_PADDING, c->padding},
        {NEURON_NODE_USE_BIAS, bias},
        {0, 0},
    };
    memcpy(settings, all, sizeof all);
}

static void open_case(layer_fixture *fixture, const convolution_case *c, int bias, int32_t threads,
                      const neuron_kernels *kernels)
{
    neuron_setting settings[SETTINGS];
    settings_of(c, bias, settings);
    neuron_shape input = {3, {c->height, c->width, c->channels}};
    fixture_open(fixture, &neuron_layer_conv2d, settings, &input, c->batch + c->batch % 3, c->batch,
                 threads, kernels, true);
}

/* Results in double, and the sums of magnitudes that rounding is measured by. */
typedef struct reference {
    double *output, *input, *kernel, *bias;
} reference;

static double *zeros(int64_t count)
{
    double *values = calloc((size_t)count, sizeof *values);
    ck_assert_ptr_nonnull(values);
    return values;
}

static reference reference_create(const layer_fixture *f)
{
    return (reference){zeros(f->output_count), zeros(f->input_count),
                       zeros(neuron_shape_count(&f->spec.arrays[0].shape)),
                       zeros(f->spec.output.extent[2])};
}

static void reference_destroy(reference *r)
{
    free(r->output);
    free(r->input);
    free(r->kernel);
    free(r->bias);
}

static int64_t padding_before(int64_t input, int64_t output, int64_t kernel, int64_t stride,
                              int padding)
{
    int64_t all = (output - 1) * stride + kernel - input;
    return padding == SAME && all > 0 ? all / 2 : 0;
}

/* One input pixel that meets one kernel pixel for one output pixel; all are offsets. */
static void meet(const layer_fixture *f, int64_t x, int64_t k, int64_t y, reference *sum,
                 reference *size)
{
    int64_t channels = f->input_shape.extent[2], filters = f->spec.output.extent[2];
    for (int64_t c = 0; c < channels; c++) {
        for (int64_t n = 0; n < filters; n++) {
            double value = (double)f->input[x + c];
            double weight = (double)f->values[0][k + c * filters + n];
            double gradient = (double)f->output_gradient[y + n];
            sum->output[y + n] += value * weight;
            sum->input[x + c] += gradient * weight;
            sum->kernel[k + c * filters + n] += value * gradient;
            size->output[y + n] += fabs(value * weight);
            size->input[x + c] += fabs(gradient * weight);
            size->kernel[k + c * filters + n] += fabs(value * gradient);
        }
    }
}

static void add_bias(const layer_fixture *f, int64_t y, reference *sum, reference *size)
{
    for (int64_t n = 0; n < f->spec.output.extent[2]; n++) {
        double bias = f->spec.array_count > 1 ? (double)f->values[1][n] : 0;
        sum->output[y + n] += bias;
        size->output[y + n] += fabs(bias);
        sum->bias[n] += (double)f->output_gradient[y + n];
        size->bias[n] += fabs((double)f->output_gradient[y + n]);
    }
}

static void compute(const layer_fixture *f, const convolution_case *c, reference *sum,
                    reference *size)
{
    int64_t rows = f->spec.output.extent[0], columns = f->spec.output.extent[1];
    int64_t top = padding_before(c->height, rows, c->kernel_height, c->stride_height, c->padding);
    int64_t left = padding_before(c->width, columns, c->kernel_width, c->stride_width, c->padding);
    for (int64_t i = 0; i < c->batch * rows * columns; i++) {
        int64_t image = i / (rows * columns), y = i / columns % rows, x = i % columns;
        add_bias(f, i * c->filters, sum, size);
        for (int64_t k = 0; k < c->kernel_height * c->kernel_width; k++) {
            int64_t from_y = y * c->stride_height - top + k / c->kernel_width;
            int64_t from_x = x * c->stride_width - left + k % c->kernel_width;
            if (from_y < 0 || from_y >= c->height || from_x < 0 || from_x >= c->width)
                continue;
            meet(f, ((image * c->height + from_y) * c->width + from_x) * c->channels,
                 k * c->channels * c->filters, i * c->filters, sum, size);
        }
    }
}

/* The direct way rounds like any sum: in proportion to the magnitudes that make it. Winograd's sums
 * up its neighbours too and takes them away again, so there the largest counts; 4e-7 of it is the
 * worst that was seen. */
static void assert_near(const char *what, int which, const float *values, const double *expected,
                        const double *size, int64_t count, bool winograd)
{
    double largest = 0;
    for (int64_t i = 0; i < count; i++)
        largest = fmax(largest, size[i]);
    for (int64_t i = 0; i < count; i++) {
        double distance = fabs((double)values[i] - expected[i]);
        assert_that(distance <= 1e-6 * (winograd ? largest : size[i]) + 1e-7,
                    "case %d: %s[%lld] is %g, not %g", which, what, (long long)i, (double)values[i],
                    expected[i]);
    }
}

static void check_results(int which, const layer_fixture *f, const reference *sum,
                          const reference *size)
{
    int64_t filters = cases[which].filters;
    neuron_convolution convolution = neuron_conv2d_forward(&f->spec);
    bool winograd = neuron_winograd_fits(&convolution, f->planned, false);
    assert_near("output", which, f->output, sum->output, size->output, f->output_count, winograd);
    assert_near("input gradient", which, f->input_gradient, sum->input, size->input, f->input_count,
                winograd);
    assert_near("kernel gradient", which, f->gradients[0], sum->kernel, size->kernel,
                neuron_shape_count(&f->spec.arrays[0].shape), winograd);
    if (f->spec.array_count > 1)
        assert_near("bias gradient", which, f->gradients[1], sum->bias, size->bias, filters,
                    winograd);
}

/* All sets of kernels are given the same, so that one reference serves them. */
START_TEST(agrees_with_plain_loops)
{
    reference sum = {0}, size = {0};
    for (int i = 0; i < KERNEL_NAMES; i++) {
        const neuron_kernels *kernels = neuron_kernels_find(kernel_names[i]);
        if (!kernels)
            continue;
        layer_fixture f;
        open_case(&f, &cases[_i], _i % 4 != 3, 2, kernels);
        fixture_forward(&f);
        f.spec.layer->backward(&f.run);
        if (!sum.output) {
            sum = reference_create(&f);
            size = reference_create(&f);
            compute(&f, &cases[_i], &sum, &size);
        }
        check_results(_i, &f, &sum, &size);
        fixture_close(&f);
    }
    reference_destroy(&sum);
    reference_destroy(&size);
}
END_TEST

START_TEST(threads_change_nothing)
{
    const neuron_kernels *kernels = neuron_kernels_find(kernel_names[_i]);
    for (int which = 0; kernels && which < CASES; which++) {
        layer_fixture first, other;
        open_case(&first, &cases[which], 1, 1, kernels);
        fixture_forward(&first);
        first.spec.layer->backward(&first.run);
        for (int32_t threads = 2; threads <= 3; threads++) {
            open_case(&other, &cases[which], 1, threads, kernels);
            fixture_forward(&other);
            other.spec.layer->backward(&other.run);
            fixture_assert_same(&first, &other);
            fixture_close(&other);
        }
        fixture_close(&first);
    }
}
END_TEST

/* What is planned for a batch must do for every smaller one, which may be cut in another way. */
START_TEST(smaller_batches_fit)
{
    static const convolution_case large[] = {
        {14, 14, 16, 32, 3, 3, 1, 1, SAME, 64},  {32, 32, 16, 16, 3, 3, 1, 1, SAME, 16},
        {28, 28, 16, 33, 3, 3, 1, 1, VALID, 16}, {8, 8, 64, 64, 3, 3, 1, 1, SAME, 40},
        {7, 9, 3, 40, 3, 3, 1, 1, SAME, 40},     {12, 12, 1, 20, 5, 5, 1, 1, SAME, 33},
    };
    enum { GUARD = 1 << 16 };
    static unsigned char guard[GUARD];
    memset(guard, 0xff, sizeof guard);
    const neuron_kernels *kernels = neuron_kernels_find(kernel_names[_i / 2]);
    bool training = _i % 2;
    for (size_t which = 0; kernels && which < sizeof large / sizeof *large; which++) {
        layer_fixture f;
        neuron_setting settings[SETTINGS];
        settings_of(&large[which], 1, settings);
        neuron_shape input = {3, {large[which].height, large[which].width, large[which].channels}};
        fixture_open(&f, &neuron_layer_conv2d, settings, &input, large[which].batch,
                     large[which].batch, 2, kernels, training);
        free(f.run.scratch);
        unsigned char *scratch = fixture_memory(f.scratch_bytes + GUARD);
        f.run.scratch = scratch;
        for (f.run.batch = 1; f.run.batch <= large[which].batch; f.run.batch++) {
            fixture_forward(&f);
            if (training)
                f.spec.layer->backward(&f.run);
            bool intact = memcmp(scratch + f.scratch_bytes, guard, GUARD) == 0;
            assert_that(intact, "case %d: %d of %d images need more", (int)which, (int)f.run.batch,
                        (int)large[which].batch);
        }
        fixture_close(&f);
    }
}
END_TEST

/* What each pass of a shape is computed by: see neuron_conv2d_plan(). */
START_TEST(the_cheapest_way_is_taken)
{
    static const struct {
        convolution_case shape;
        neuron_conv2d_way forward, input_gradient, weight_gradient;
    } all[] = {
        /* few channels, but 3x3 windows of enough: Winograd's */
        {{13, 13, 32, 64, 3, 3, 1, 1, VALID, 128}, WINOGRAD, WINOGRAD, WINOGRAD},
        {{32, 32, 16, 16, 3, 3, 1, 1, SAME, 64}, WINOGRAD, WINOGRAD, WINOGRAD},
        {{14, 14, 6, 16, 5, 5, 1, 1, VALID, 64}, DIRECT, SCATTER, DIRECT},
        {{32, 32, 3, 32, 3, 3, 1, 1, SAME, 64}, DIRECT, SCATTER, DIRECT},
        {{13, 13, 32, 64, 5, 5, 1, 1, VALID, 64}, DIRECT, SCATTER, DIRECT},
        {{16, 16, 64, 64, 5, 5, 1, 1, SAME, 64}, DIRECT, DIRECT, DIRECT},
        {{32, 32, 32, 64, 3, 3, 2, 2, SAME, 64}, DIRECT, DIRECT, DIRECT},
        {{8, 8, 64, 128, 3, 3, 2, 2, SAME, 64}, DIRECT, SCATTER, DIRECT},
        {{32, 32, 64, 128, 1, 1, 1, 1, SAME, 64}, DIRECT, DIRECT, DIRECT},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        layer_fixture f;
        open_case(&f, &all[i].shape, 1, 1, neuron_kernels_choose());
        const neuron_conv2d_operation *operation = f.run.operation;
        assert_that(operation->forward == all[i].forward &&
                        operation->input_gradient == all[i].input_gradient &&
                        operation->weight_gradient == all[i].weight_gradient,
                    "shape %d: %d, %d, %d", (int)i, (int)operation->forward,
                    (int)operation->input_gradient, (int)operation->weight_gradient);
        fixture_close(&f);
    }
}
END_TEST

START_TEST(unwanted_gradients_are_left_out)
{
    layer_fixture f, whole;
    open_case(&whole, &cases[8], 1, 2, neuron_kernels_choose());
    whole.spec.layer->backward(&whole.run);
    open_case(&f, &cases[8], 1, 2, neuron_kernels_choose());
    float *kernel = f.gradients[0];
    f.gradients[0] = NULL;
    f.input_gradients[0] = NULL;
    f.spec.layer->backward(&f.run);
    assert_same_bytes(f.gradients[1], whole.gradients[1], cases[8].filters);
    f.gradients[0] = kernel;
    f.input_gradients[0] = f.input_gradient;
    free(f.gradients[1]);
    f.gradients[1] = NULL;
    f.spec.layer->backward(&f.run);
    assert_same_bytes(f.gradients[0], whole.gradients[0],
                      neuron_shape_count(&f.spec.arrays[0].shape));
    assert_same_bytes(f.input_gradient, whole.input_gradient, f.input_count);
    fixture_close(&f);
    fixture_close(&whole);
}
END_TEST

static int infer(const convolution_case *c, const neuron_shape *input, neuron_spec *spec)
{
    *spec = (neuron_spec){.layer = &neuron_layer_conv2d, .input_count = 1, .inputs = input};
    neuron_setting settings[SETTINGS];
    settings_of(c, 1, settings);
    neuron_options_make(&spec->options, &spec->layer->options, settings);
    return spec->layer->infer(spec, "conv2d_1");
}

START_TEST(shapes_follow)
{
    neuron_spec spec;
    neuron_shape input = {3, {28, 27, 3}};
    convolution_case c = {.filters = 32,
                          .kernel_height = 3,
                          .kernel_width = 4,
                          .stride_height = 2,
                          .stride_width = 3,
                          .padding = VALID};
    assert_ok(infer(&c, &input, &spec));
    ck_assert(neuron_shape_equal(&spec.output, &(neuron_shape){3, {13, 8, 32}}));
    ck_assert(neuron_shape_equal(&spec.arrays[0].shape, &(neuron_shape){4, {3, 4, 3, 32}}));
    ck_assert(neuron_shape_equal(&spec.arrays[1].shape, &(neuron_shape){1, {32}}));
    ck_assert(spec.arrays[0].fan_in == 36 && spec.arrays[0].fan_out == 384);
    c.padding = SAME;
    assert_ok(infer(&c, &input, &spec));
    ck_assert(neuron_shape_equal(&spec.output, &(neuron_shape){3, {14, 9, 32}}));
}
END_TEST

START_TEST(bad_shapes_are_named)
{
    neuron_spec spec;
    neuron_shape flat = {1, {784}}, small = {3, {3, 3, 1}};
    convolution_case c = {.filters = 8,
                          .kernel_height = 5,
                          .kernel_width = 5,
                          .stride_height = 1,
                          .stride_width = 1,
                          .padding = VALID};
    assert_status(infer(&c, &flat, &spec), NEURON_E_SHAPE);
    assert_message("conv2d_1: needs an input of rank 3 (height x width x channels), not 784");
    assert_status(infer(&c, &small, &spec), NEURON_E_SHAPE);
    assert_message("conv2d_1: a kernel of 5x5 does not fit into 3x3 with padding valid");
    c.padding = SAME;
    assert_ok(infer(&c, &small, &spec));
    c.filters = 0;
    assert_status(infer(&c, &small, &spec), NEURON_E_ARGUMENT);
    assert_message("conv2d_1: ");
    c.filters = INT32_MAX;
    c.kernel_height = INT32_MAX;
    assert_status(infer(&c, &small, &spec), NEURON_E_ARGUMENT);
    assert_message("conv2d_1: ");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("convolution");
    TCase *all = tcase_create("all");
    tcase_set_timeout(all, 240);
    tcase_add_loop_test(all, agrees_with_plain_loops, 0, CASES);
    tcase_add_loop_test(all, threads_change_nothing, 0, KERNEL_NAMES);
    tcase_add_loop_test(all, smaller_batches_fit, 0, 2 * KERNEL_NAMES);
    tcase_add_test(all, the_cheapest_way_is_taken);
    tcase_add_test(all, unwanted_gradients_are_left_out);
    tcase_add_test(all, shapes_follow);
    tcase_add_test(all, bad_shapes_are_named);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
