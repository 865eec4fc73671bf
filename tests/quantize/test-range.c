/* Ranges of bytes from what was seen, against plain sums over all values in double. */
#include "quantize/quantization.h"
#include "test-common.h"

#include <math.h>

enum { VALUES = 20000 };
enum { RELU, NORMAL, NEGATIVE, LEVELS, OUTLIERS, ZEROS, ONE_SIDED_PAIR, SHAPES };

static float values[VALUES];
static neuron_range_seen seen;
static neuron_options options;

static uint32_t state;

static double uniform(void)
{
    state = state * 1664525u + 1013904223u;
    return (state >> 8) / 16777216.0;
}

static double normal(void)
{
    double sum = 0;
    for (int i = 0; i < 12; i++)
        sum += uniform();
    return sum - 6;
}

static float value_of(int shape, int i)
{
    switch (shape) {
    case RELU:
        return (float)fmax(0, normal());
    case NORMAL:
        return (float)(normal() * 3 + 1);
    case NEGATIVE:
        return (float)(-1e-3 * uniform() - 1e-4);
    case LEVELS: /* pixels */
        return (float)((int)(uniform() * 256)) / 255;
    case OUTLIERS:
        return i % 5000 == 0 ? 900 : (float)(normal());
    case ONE_SIDED_PAIR:
        return i % 2 ? 5e6f : -1;
    default:
        return 0;
    }
}

static void see(int shape)
{
    state = 5;
    seen = (neuron_range_seen){0};
    for (int i = 0; i < VALUES; i++)
        values[i] = value_of(shape, i);
    ck_assert(neuron_range_bound(&seen, values, VALUES / 3));
    ck_assert(neuron_range_bound(&seen, values + VALUES / 3, VALUES - VALUES / 3));
    neuron_range_count(&seen, values, VALUES / 2);
    neuron_range_count(&seen, values + VALUES / 2, VALUES - VALUES / 2);
    neuron_options_reset(&options, &neuron_quantization_options);
}

static neuron_byte_scale scale_by(int range, bool symmetric)
{
    neuron_options_put(&options, NEURON_QUANTIZATION_RANGE, range);
    neuron_options_put(&options, NEURON_QUANTIZATION_SYMMETRIC, symmetric);
    return neuron_range_scale(&seen, &options);
}

static double mean_square(double scale, double zero_point)
{
    double sum = 0;
    for (int i = 0; i < VALUES; i++) {
        double byte = fmin(fmax(rint(values[i] / scale) + zero_point, 0), 255);
        double off = (byte - zero_point) * scale - values[i];
        sum += off * off;
    }
    return sum / VALUES;
}

START_TEST(bounds_are_those_of_the_values)
{
    see(_i);
    double low = 0, high = 0;
    for (int i = 0; i < VALUES; i++) {
        low = fmin(low, values[i]);
        high = fmax(high, values[i]);
    }
    const neuron_byte_scale by = scale_by(NEURON_RANGE_MIN_MAX, false);
    double scale = high > low ? (high - low) / 255 : 1;
    ck_assert_double_eq_tol(by.scale, scale, scale * 1e-7);
    ck_assert_int_eq(by.zero_point, (int)rint(-low / scale));
    /* Nothing is further off than half a step, but for the rounding of 0 itself. */
    for (int i = 0; i < VALUES; i++) {
        double byte = fmin(fmax(rint(values[i] / by.scale) + by.zero_point, 0), 255);
        ck_assert(fabs((byte - by.zero_point) * by.scale - values[i]) <= by.scale * 1.001);
    }
    const neuron_byte_scale around = scale_by(NEURON_RANGE_MIN_MAX, true);
    double size = fmax(-low, high);
    ck_assert_double_eq_tol(around.scale, size > 0 ? size / 127 : 1, 1e-7 * (size + 1));
    ck_assert_int_eq(around.zero_point, 128);
}
END_TEST

/* No range that is tried here has a clearly smaller error. */
START_TEST(the_smallest_error_is_found)
{
    see(_i);
    double low = seen.minimum, high = seen.maximum;
    for (int symmetric = 0; symmetric <= 1; symmetric++) {
        const neuron_byte_scale by = scale_by(NEURON_RANGE_MSE, symmetric);
        double found = mean_square(by.scale, by.zero_point), best = INFINITY;
        for (int i = 5; i <= 100; i++) {
            for (int j = 5; j <= 100 && (!symmetric || j == 5); j += 5) {
                double first = low * i / 100, last = high * j / 100;
                double scale = symmetric ? fmax(-low, high) * i / 100 / 127 : (last - first) / 255;
                double zero_point = symmetric ? 128 : rint(-first / scale);
                best = scale > 0 ? fmin(best, mean_square(scale, zero_point)) : best;
            }
        }
        assert_that(best == INFINITY || found <= best * 1.05 + 1e-12, "%d: %g, but there is %g", _i,
                    found, best);
        const neuron_byte_scale widest = scale_by(NEURON_RANGE_MIN_MAX, symmetric);
        ck_assert(found <= mean_square(widest.scale, widest.zero_point) * 1.001 + 1e-12);
    }
}
END_TEST

static int compare(const void *left, const void *right)
{
    const float *a = left, *b = right;
    return (*a > *b) - (*a < *b);
}

START_TEST(percentiles_leave_out_what_is_rare)
{
    static const double percents[] = {60, 90, 99, 99.9, 99.99, 100};
    see(_i);
    double width = (seen.maximum - seen.minimum) / NEURON_RANGE_BINS;
    qsort(values, VALUES, sizeof *values, compare);
    for (int i = 0; i < 6; i++) {
        int rare = (int)((1 - percents[i] / 100) * VALUES);
        neuron_options_put(&options, NEURON_QUANTIZATION_PERCENTILE, percents[i]);
        const neuron_byte_scale by = scale_by(NEURON_RANGE_PERCENTILE, false);
        double low = fmin(values[rare], 0), high = fmax(values[VALUES - 1 - rare], 0);
        double expected = high > low ? high - low : 0;
        assert_that(fabs(by.scale * 255 - expected) <= 2 * width + 1e-6 * expected ||
                        (expected == 0 && by.scale == 1),
                    "%g %% of %d: %g, not %g", percents[i], _i, by.scale * 255, expected);
    }
}
END_TEST

START_TEST(what_is_not_finite_is_told)
{
    static const float bad[] = {NAN, INFINITY, -INFINITY};
    for (int i = 0; i < 3; i++) {
        for (int place = 0; place < 40; place += 13) {
            float some[40] = {1, 2, 3};
            some[place] = bad[i];
            seen = (neuron_range_seen){0};
            ck_assert(!neuron_range_bound(&seen, some, 40));
        }
    }
}
END_TEST

/* As far as floats go. */
START_TEST(scales_stay_in_bounds)
{
    static const float ends[] = {1e-44f, 1e-38f, 3.4e38f};
    neuron_options_reset(&options, &neuron_quantization_options);
    for (int i = 0; i < 3; i++) {
        seen = (neuron_range_seen){.maximum = ends[i]};
        neuron_range_count(&seen, &ends[i], 1);
        for (int range = NEURON_RANGE_MIN_MAX; range <= NEURON_RANGE_MSE; range++) {
            const neuron_byte_scale by = scale_by(range, i % 2);
            ck_assert(by.scale >= 0.9999e-30 && by.scale <= 1e37);
            ck_assert_int_ge(by.zero_point, 0);
            ck_assert_int_le(by.zero_point, 255);
        }
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("range");
    TCase *tests = tcase_create("range");
    tcase_set_timeout(tests, 0);
    tcase_add_loop_test(tests, bounds_are_those_of_the_values, 0, SHAPES);
    tcase_add_loop_test(tests, the_smallest_error_is_found, 0, SHAPES);
    tcase_add_loop_test(tests, percentiles_leave_out_what_is_rare, 0, SHAPES);
    tcase_add_test(tests, what_is_not_finite_is_told);
    tcase_add_test(tests, scales_stay_in_bounds);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
