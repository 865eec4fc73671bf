/* Batch normalisation, for each set of kernels, against the definition in double. */
#include "layer-fixture.h"

enum { GAMMA, BETA, MOVING_MEAN, MOVING_VARIANCE };

static const double momentum = 0.9, epsilon = 0.001;

typedef struct norm_case {
    neuron_shape shape;
    int64_t batch;
} norm_case;

static const norm_case cases[] = {
    {{1, {1}}, 5},         {{1, {30}}, 100},       {{1, {33}}, 1},        {{1, {5000}}, 9},
    {{3, {28, 28, 1}}, 7}, {{3, {14, 14, 32}}, 9}, {{3, {7, 7, 17}}, 13}, {{3, {12, 12, 64}}, 16},
    {{2, {3, 8}}, 2},      {{3, {28, 28, 6}}, 7},  {{3, {9, 9, 3}}, 11},  {{3, {5, 7, 20}}, 6},
    {{3, {1, 700, 5}}, 2}, {{3, {3, 3, 40}}, 5},   {{1, {2}}, 33},
};
enum { CASES = sizeof cases / sizeof *cases };

/* The values lie around `center`, so that a poor variance would show. */
static void open_case(layer_fixture *f, const norm_case *c, int32_t threads,
                      const neuron_kernels *kernels, bool training, float center)
{
    const neuron_setting settings[] = {
        {NEURON_NODE_MOMENTUM, momentum}, {NEURON_NODE_EPSILON, epsilon}, {0, 0}};
    fixture_open(f, &neuron_layer_batch_norm, settings, &c->shape, c->batch + 2, c->batch, threads,
                 kernels, training);
    for (int64_t i = 0; i < f->input_count; i++)
        f->input[i] += center;
    int64_t channels = c->shape.extent[c->shape.rank - 1];
    for (int64_t i = 0; i < channels; i++)
        f->values[MOVING_VARIANCE][i] += 1;
}

static void near(const char *what, double value, double expected, double tolerance)
{
    assert_that(fabs(value - expected) <= tolerance, "%s is %.9g, not %.9g", what, value, expected);
}

/* One channel of a batch. */
typedef struct channel {
    int64_t rows, step, first;
    double mean, inverse;
} channel;

static channel measure(const layer_fixture *f, int64_t first)
{
    int64_t channels = f->input_shape.extent[f->input_shape.rank - 1];
    channel c = {f->input_count / channels, channels, first, 0, 0};
    double variance = 0;
    for (int64_t r = 0; r < c.rows; r++)
        c.mean += (double)f->input[r * c.step + first] / (double)c.rows;
    for (int64_t r = 0; r < c.rows; r++)
        variance += pow((double)f->input[r * c.step + first] - c.mean, 2) / (double)c.rows;
    c.inverse = 1 / sqrt(variance + epsilon);
    return c;
}

static void check_forward(const layer_fixture *f, const layer_fixture *before, const channel *c)
{
    double gamma = (double)f->values[GAMMA][c->first], beta = (double)f->values[BETA][c->first];
    for (int64_t r = 0; r < c->rows; r++) {
        int64_t i = r * c->step + c->first;
        double expected = ((double)f->input[i] - c->mean) * c->inverse * gamma + beta;
        near("output", (double)f->output[i], expected, 2e-5);
    }
    double variance = 1 / (c->inverse * c->inverse) - epsilon;
    near("moving mean", (double)f->values[MOVING_MEAN][c->first],
         (double)before->values[MOVING_MEAN][c->first] * momentum + c->mean * (1 - momentum), 1e-6);
    near("moving variance", (double)f->values[MOVING_VARIANCE][c->first],
         (double)before->values[MOVING_VARIANCE][c->first] * momentum + variance * (1 - momentum),
         1e-6);
}

static void check_backward(const layer_fixture *f, const channel *c)
{
    double sum = 0, product = 0, size = 1;
    for (int64_t r = 0; r < c->rows; r++) {
        int64_t i = r * c->step + c->first;
        double gradient = (double)f->output_gradient[i];
        sum += gradient;
        product += gradient * ((double)f->input[i] - c->mean) * c->inverse;
        size += fabs(gradient);
    }
    near("beta's gradient", (double)f->gradients[BETA][c->first], sum, 1e-6 * size);
    near("gamma's gradient", (double)f->gradients[GAMMA][c->first], product, 1e-5 * size);
    for (int64_t r = 0; r < c->rows; r++) {
        int64_t i = r * c->step + c->first;
        double normal = ((double)f->input[i] - c->mean) * c->inverse;
        double expected = (double)f->values[GAMMA][c->first] * c->inverse *
                          ((double)f->output_gradient[i] - sum / (double)c->rows -
                           normal * product / (double)c->rows);
        near("input's gradient", (double)f->input_gradient[i], expected, 1e-5 * c->inverse);
    }
}

START_TEST(agrees_with_the_definition)
{
    const neuron_kernels *kernels = neuron_kernels_find(kernel_names[_i]);
    for (int which = 0; kernels && which < CASES; which++) {
        layer_fixture f, before;
        float center = which % 2 ? 0 : 10;
        open_case(&before, &cases[which], 1, kernels, true, center);
        open_case(&f, &cases[which], 2, kernels, true, center);
        fixture_forward(&f);
        f.spec.layer->backward(&f.run);
        for (int64_t i = 0; i < cases[which].shape.extent[cases[which].shape.rank - 1]; i++) {
            channel c = measure(&f, i);
            check_forward(&f, &before, &c);
            check_backward(&f, &c);
        }
        fixture_close(&f);
        fixture_close(&before);
    }
}
END_TEST

START_TEST(threads_change_nothing)
{
    const neuron_kernels *kernels = neuron_kernels_find(kernel_names[_i]);
    for (int which = 0; kernels && which < CASES; which++) {
        layer_fixture first, other;
        open_case(&first, &cases[which], 1, kernels, true, 1);
        fixture_forward(&first);
        first.spec.layer->backward(&first.run);
        for (int32_t threads = 2; threads <= 3; threads++) {
            open_case(&other, &cases[which], threads, kernels, true, 1);
            fixture_forward(&other);
            other.spec.layer->backward(&other.run);
            fixture_assert_same(&first, &other);
            fixture_close(&other);
        }
        fixture_close(&first);
    }
}
END_TEST

START_TEST(prediction_takes_the_moving_averages)
{
    const neuron_kernels *kernels = neuron_kernels_find(kernel_names[_i]);
    for (int which = 0; kernels && which < CASES; which++) {
        layer_fixture f, before;
        open_case(&before, &cases[which], 1, kernels, false, 0);
        open_case(&f, &cases[which], 2, kernels, false, 0);
        fixture_forward(&f);
        int64_t channels = cases[which].shape.extent[cases[which].shape.rank - 1];
        for (int64_t i = 0; i < f.input_count; i++) {
            int64_t c = i % channels;
            double deviation = sqrt((double)f.values[MOVING_VARIANCE][c] + epsilon);
            double normal = ((double)f.input[i] - (double)f.values[MOVING_MEAN][c]) / deviation;
            near("output", (double)f.output[i],
                 normal * (double)f.values[GAMMA][c] + (double)f.values[BETA][c], 1e-5);
        }
        assert_same_bytes(f.values[MOVING_MEAN], before.values[MOVING_MEAN], channels);
        assert_same_bytes(f.values[MOVING_VARIANCE], before.values[MOVING_VARIANCE], channels);
        fixture_close(&f);
        fixture_close(&before);
    }
}
END_TEST

START_TEST(arrays_are_per_channel)
{
    neuron_shape input = {3, {4, 5, 6}}, scalar = {.rank = 0};
    neuron_spec spec = {.layer = &neuron_layer_batch_norm, .input_count = 1, .inputs = &input};
    neuron_options_reset(&spec.options, &spec.layer->options);
    assert_ok(spec.layer->infer(&spec, "norm"));
    ck_assert(neuron_shape_equal(&spec.output, &input));
    ck_assert_int_eq(spec.array_count, 4);
    for (int i = 0; i < 4; i++) {
        ck_assert(neuron_shape_equal(&spec.arrays[i].shape, &(neuron_shape){1, {6}}));
        ck_assert_int_eq(spec.arrays[i].trainable, i < 2);
    }
    spec.inputs = &scalar;
    assert_status(spec.layer->infer(&spec, "norm"), NEURON_E_SHAPE);
    assert_message("norm: needs an input of rank 1 or more");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("batch-norm");
    TCase *all = tcase_create("all");
    tcase_set_timeout(all, 240);
    tcase_add_loop_test(all, agrees_with_the_definition, 0, KERNEL_NAMES);
    tcase_add_loop_test(all, threads_change_nothing, 0, KERNEL_NAMES);
    tcase_add_loop_test(all, prediction_takes_the_moving_averages, 0, KERNEL_NAMES);
    tcase_add_test(all, arrays_are_per_channel);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
