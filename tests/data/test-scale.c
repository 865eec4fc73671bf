/* How stored values become inputs: set, worked out from data, read back. */
#include "test-models.h"

#include "data/dataset.h"

#include <math.h>
#include <stdio.h>

static neuron_context_t *context;

static void setup(void)
{
    context = test_context();
}

static void teardown(void)
{
    neuron_context_unref(context);
}

/* One example of these values, a pixel of three channels each. */
static neuron_dataset_t *of_floats(const float *values, int64_t pixels)
{
    const int64_t shape[] = {1, pixels, 3}, one = 1;
    neuron_tensor_t *examples, *labels;
    neuron_dataset_t *dataset;
    assert_ok(neuron_tensor_copy(&examples, context, NEURON_TYPE_F32, shape, 3,
                                 (void *)(uintptr_t)values));
    assert_ok(neuron_tensor_create(&labels, context, NEURON_TYPE_I32, &one, 1));
    assert_ok(neuron_dataset_create(&dataset, context, examples, labels, 2));
    neuron_tensor_unref(examples);
    neuron_tensor_unref(labels);
    return dataset;
}

START_TEST(scale_is_finite)
{
    const float values[] = {0, 1, 2};
    neuron_dataset_t *dataset = of_floats(values, 1);
    float inputs[3];
    assert_ok(neuron_dataset_set_scale(dataset, 2, 1));
    assert_status(neuron_dataset_set_scale(dataset, INFINITY, 0), NEURON_E_ARGUMENT);
    assert_message("neuron_dataset_set_scale: scale is inf; it must be finite");
    assert_status(neuron_dataset_set_scale(dataset, 1, -(double)INFINITY), NEURON_E_ARGUMENT);
    assert_message("neuron_dataset_set_scale: offset is -inf; it must be finite");
    assert_status(neuron_dataset_set_scale(dataset, NAN, 0), NEURON_E_ARGUMENT);
    assert_message("scale is nan");
    assert_status(neuron_dataset_normalize(dataset, -1e39, 0), NEURON_E_ARGUMENT);
    assert_message("neuron_dataset_normalize: minimum is -1e+39; it must be finite as float32");
    assert_status(neuron_dataset_normalize(dataset, 0, 1e39), NEURON_E_ARGUMENT);
    assert_message("maximum is 1e+39; it must be finite as float32");
    assert_status(neuron_dataset_normalize(dataset, 0.25, -0.5), NEURON_E_ARGUMENT);
    assert_message("minimum is 0.25 as float32; it must be below maximum, which is -0.5");
    assert_status(neuron_dataset_normalize(dataset, 1, 1 + 1e-12), NEURON_E_ARGUMENT);
    assert_ok(neuron_dataset_read(inputs, NULL, dataset, 0, 1));
    ck_assert(inputs[0] == 1 && inputs[2] == 5); /* as it was */
    neuron_dataset_unref(dataset);
}
END_TEST

/* ---- From the data ---- */

/* That the least and the most of a dataset's values become the bounds, and all others keep their
 * order between them; and another dataset does it alike that is given the same scale. */
static void assert_meets(neuron_dataset_t *dataset, const float *stored, int count, double minimum,
                         double maximum)
{
    static float inputs[256];
    int least = 0, most = 0;
    assert_ok(neuron_dataset_normalize(dataset, minimum, maximum));
    assert_ok(neuron_dataset_read(inputs, NULL, dataset, 0, 1));
    for (int i = 0; i < count; i++) {
        least = stored[i] < stored[least] ? i : least;
        most = stored[i] > stored[most] ? i : most;
        for (int k = 0; k < i; k++)
            assert_that(stored[i] >= stored[k] ? inputs[i] >= inputs[k] : inputs[i] <= inputs[k],
                        "%.9g and %.9g become %.9g and %.9g", (double)stored[i], (double)stored[k],
                        (double)inputs[i], (double)inputs[k]);
    }
    assert_that(inputs[least] == (float)minimum && inputs[most] == (float)maximum,
                "%.9g to %.9g become %.9g to %.9g, not %.9g to %.9g", (double)stored[least],
                (double)stored[most], (double)inputs[least], (double)inputs[most], minimum,
                maximum);
}

static const double bounds[][2] = {
    {0, 1},       {-1, 1},        {-1, 0},         {0, 255},
    {0.1, 0.9},   {-0.7, 0.3},    {5, 6},          {1e-10, 1},
    {-1, 1e-9},   {-1e-30, 1e30}, {-3e38, 3e38},   {0, 1e-30},
    {1e6, 2e6},   {-1.5, -0.25},  {0.001, 0.0011}, {16777215, 16777216},
    {0.01, 0.99},
};
enum { BOUNDS = sizeof bounds / sizeof bounds[0] };

/* Ranges of all kinds: small ones far from 0, one that is no float, and one of the least floats. */
START_TEST(normalized_values_meet_their_bounds)
{
    static const float rows[][6] = {
        {5, 8, 6, 7, 5.5f, 7.75f},
        {20240101.0f, 20241231.0f, 20240601.0f, 20240630.0f, 20240229.0f, 20241130.0f},
        {48.1370f, 48.1371f, 48.13705f, 48.13702f, 48.13707f, 48.1370f},
        {16777215, 16777216, 16777215, 16777216, 16777216, 16777215},
        {-8388609, -8388608, -8388609, -8388608, -8388608, -8388609},
        {-3.4028235e38f, 3.4028235e38f, 0, 1, -2e38f, 1e-40f},
        {3.4028235e38f, 3.4028233e38f, 3.4028235e38f, 3.4028233e38f, 3.4028233e38f, 3.4028235e38f},
        {0, 1e-45f, 0, 0, 1e-45f, 0},
        {1.1754942e-38f, 1.1754944e-38f, 1.1754943e-38f, 1.1754942e-38f, 1.1754942e-38f,
         1.1754944e-38f},
        {-49, 0, -7, -1, -21, -48},
        {1700000000.0f, 1700086400.0f, 1700043200.0f, 1700000128.0f, 1700086272.0f, 1700010000.0f},
        {-1e-3f, 1e30f, 0, 5, -1e-4f, 1e29f},
    };
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++)
        for (int b = 0; b < BOUNDS; b++) {
            neuron_dataset_t *dataset = of_floats(rows[r], 2);
            assert_meets(dataset, rows[r], 6, bounds[b][0], bounds[b][1]);
            neuron_dataset_unref(dataset);
        }
}
END_TEST

/* Where they do, the numbers are as near as doubles are. */
START_TEST(normalizing_keeps_all_bits)
{
    static const float rows[][6] = {
        {5, 8, 6, 7, 6, 5}, {-7, 4, 0, 1, 3, -2}, {-49, 1, 0, -9, -1, 1}, {3, 13, 4, 5, 6, 7}};
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        neuron_dataset_t *dataset = of_floats(rows[r], 2);
        double range = (double)rows[r][1] - (double)rows[r][0];
        double scale, offset;
        assert_ok(neuron_dataset_normalize(dataset, 0, 1));
        assert_ok(neuron_dataset_scales(&scale, &offset, 1, NULL, dataset));
        ck_assert_double_eq_tol(scale, 1 / range, 1e-15);
        ck_assert_double_eq_tol(offset, -(double)rows[r][0] / range, 1e-14);
        neuron_dataset_unref(dataset);
    }
}
END_TEST

START_TEST(normalized_random_values_meet_their_bounds)
{
    uint64_t state = 12345;
    for (int round = 0; round < 4000; round++) {
        float values[12];
        state = state * UINT64_C(6364136223846793005) + 1442695040888963407;
        float origin = ldexpf((float)(state >> 40), (int)(state >> 20 & 63) - 40);
        for (int i = 0; i < 12; i++) {
            state = state * UINT64_C(6364136223846793005) + 1442695040888963407;
            values[i] = origin + ldexpf((float)(state >> 44), (int)(round % 60) - 50);
        }
        values[11] = nextafterf(values[0], INFINITY);
        neuron_dataset_t *dataset = of_floats(values, 4);
        assert_meets(dataset, values, 12, bounds[round % BOUNDS][0], bounds[round % BOUNDS][1]);
        neuron_dataset_unref(dataset);
    }
}
END_TEST

/* An example of all bytes. */
static neuron_dataset_t *of_bytes(float *values)
{
    const int64_t shape[] = {1, 256}, one = 1;
    neuron_tensor_t *examples, *labels;
    neuron_dataset_t *dataset;
    assert_ok(neuron_tensor_create(&examples, context, NEURON_TYPE_U8, shape, 2));
    assert_ok(neuron_tensor_create(&labels, context, NEURON_TYPE_I32, &one, 1));
    for (int i = 0; i < 256; i++) {
        ((uint8_t *)neuron_tensor_data(examples))[i] = (uint8_t)i;
        values[i] = (float)i;
    }
    assert_ok(neuron_dataset_create(&dataset, context, examples, labels, 2));
    neuron_tensor_unref(examples);
    neuron_tensor_unref(labels);
    return dataset;
}

START_TEST(normalized_bytes_meet_their_bounds)
{
    float values[256];
    neuron_dataset_t *dataset = of_bytes(values);
    for (int b = 0; b < BOUNDS; b++)
        assert_meets(dataset, values, 256, bounds[b][0], bounds[b][1]);
    for (int i = 1; i < 1000; i++) {
        assert_meets(dataset, values, 256, 0, i * 0.037);
        assert_meets(dataset, values, 256, -i * 0.013, 0);
        assert_meets(dataset, values, 256, -i * 0.013, i * 0.037);
    }
    neuron_dataset_unref(dataset);
}
END_TEST

/* What is outside of the values that a scale was made of goes on along the same line. */
START_TEST(scale_of_one_set_fits_another)
{
    const float train[] = {20240101.0f, 20241231.0f, 20240630.0f},
                test[] = {20241231.0f, 20230101.0f, 20242361.0f};
    double scale, offset;
    float inputs[3];
    neuron_dataset_t *from = of_floats(train, 1), *to = of_floats(test, 1);
    assert_ok(neuron_dataset_normalize(from, 0, 1));
    assert_ok(neuron_dataset_scales(&scale, &offset, 1, NULL, from));
    assert_ok(neuron_dataset_set_scale(to, scale, offset));
    assert_ok(neuron_dataset_read(inputs, NULL, to, 0, 1));
    ck_assert_float_eq(inputs[0], 1);
    for (int i = 1; i < 3; i++)
        ck_assert_float_eq_tol(inputs[i], (test[i] - train[0]) / (train[1] - train[0]), 1e-6f);
    neuron_dataset_unref(to);
    neuron_dataset_unref(from);
}
END_TEST

/* Mean 0 and deviation 1, each value by the definition. */
static void assert_standard(const float *values, int count)
{
    neuron_dataset_t *dataset = of_floats(values, count / 3);
    static float inputs[3000];
    double mean = 0, variance = 0;
    for (int i = 0; i < count; i++)
        mean += ((double)values[i] - (double)values[0]) / count;
    for (int i = 0; i < count; i++) {
        double distance = (double)values[i] - (double)values[0] - mean;
        variance += distance * distance / count;
    }
    assert_ok(neuron_dataset_standardize(dataset, dataset));
    assert_ok(neuron_dataset_read(inputs, NULL, dataset, 0, 1));
    for (int i = 0; i < count; i++) {
        double right = ((double)values[i] - (double)values[0] - mean) / sqrt(variance);
        assert_that(fabs((double)inputs[i] - right) <= 1e-7 * fmax(1, fabs(right)),
                    "%.9g becomes %.9g, not %.9g", (double)values[i], (double)inputs[i], right);
    }
    neuron_dataset_unref(dataset);
}

START_TEST(standardized_values_have_mean_0_and_deviation_1)
{
    static const float rows[][6] = {
        {48.1370f, 48.1371f, 48.1370f, 48.1371f, 48.1371f, 48.1370f},
        {99999992, 100000008, 100000000, 99999992, 100000008, 100000000},
        {20240101.0f, 20240129.0f, 20240115.0f, 20240108.0f, 20240122.0f, 20240115.0f},
        {16777215, 16777216, 16777215, 16777216, 16777216, 16777215},
        {-3e38f, 3e38f, -3e38f, 3e38f, 1, 2},
        {0, 1e-45f, 0, 1e-45f, 0, 0},
        {-1e-20f, 1e-20f, 3e-20f, 2e-20f, -5e-20f, 0},
    };
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++)
        assert_standard(rows[r], 6);
    static float many[3000]; /* behind a value far from all others */
    for (int i = 1; i < 3000; i++)
        many[i] = 123456784 + (float)(i % 3) * 8;
    assert_standard(many, 3000);
}
END_TEST

/* Each column for itself, and one that never changes; the same of bytes of which few differ. */
START_TEST(standardized_columns_keep_small_differences)
{
    const float values[] = {1e8f, 48.1370f, 7, 1e8f + 16, 48.1371f, 7};
    neuron_dataset_t *dataset = of_floats(values, 2);
    float inputs[256];
    assert_ok(neuron_dataset_standardize_channels(dataset, dataset));
    assert_ok(neuron_dataset_read(inputs, NULL, dataset, 0, 1));
    ck_assert(inputs[0] == -1 && inputs[1] == -1 && inputs[2] == 0);
    ck_assert(inputs[3] == 1 && inputs[4] == 1 && inputs[5] == 0);
    neuron_dataset_unref(dataset);

    const int64_t shape[] = {1, 30000}, one = 1;
    static float many[30000];
    neuron_tensor_t *examples, *labels;
    assert_ok(neuron_tensor_create(&examples, context, NEURON_TYPE_U8, shape, 2));
    assert_ok(neuron_tensor_create(&labels, context, NEURON_TYPE_I32, &one, 1));
    memset(neuron_tensor_data(examples), 200, 30000);
    ((uint8_t *)neuron_tensor_data(examples))[7] = 201;
    assert_ok(neuron_dataset_create(&dataset, context, examples, labels, 2));
    assert_ok(neuron_dataset_standardize(dataset, dataset));
    assert_ok(neuron_dataset_read(many, NULL, dataset, 0, 1));
    ck_assert_double_eq_tol((double)many[7], sqrt(29999), 1e-5);
    ck_assert_double_eq_tol((double)many[8], -1 / sqrt(29999), 1e-9);
    neuron_dataset_unref(dataset);
    neuron_tensor_unref(labels);
    neuron_tensor_unref(examples);
}
END_TEST

/* ---- Reading it back ---- */

static void assert_scales(const neuron_dataset_t *dataset, size_t count, const double *scales,
                          const double *offsets)
{
    double read[2][3];
    size_t needed = 0;
    assert_ok(neuron_dataset_scales(NULL, NULL, 0, &needed, dataset));
    ck_assert_uint_eq(needed, count);
    assert_ok(neuron_dataset_scales(read[0], read[1], 3, NULL, dataset));
    ck_assert(memcmp(read[0], scales, count * sizeof *scales) == 0);
    ck_assert(memcmp(read[1], offsets, count * sizeof *offsets) == 0);
}

START_TEST(scale_is_read_back)
{
    const float values[] = {0, 5, 2, 4, 6, 8};
    neuron_dataset_t *dataset = of_floats(values, 2), *glyphs = test_glyphs(context, 10, 8);
    ck_assert_int_eq(neuron_dataset_type(dataset), NEURON_TYPE_F32);
    ck_assert_int_eq(neuron_dataset_type(glyphs), NEURON_TYPE_U8);
    ck_assert_int_eq(neuron_dataset_type(NULL), 0);
    assert_scales(dataset, 1, (double[]){1}, (double[]){0});
    assert_scales(glyphs, 1, (double[]){1.0 / 255}, (double[]){0});
    assert_ok(neuron_dataset_normalize(glyphs, -1, 1));
    assert_scales(glyphs, 1, (double[]){2.0 / 255}, (double[]){-1});
    assert_ok(neuron_dataset_standardize_channels(dataset, dataset));
    double third = 1.0 / 3; /* rounded, whatever the compiler computes constants in */
    assert_scales(dataset, 3, (double[]){0.5, 2, third}, (double[]){-1, -11, -5 * third});
    assert_ok(neuron_dataset_set_scale(dataset, 3, 4));
    assert_scales(dataset, 1, (double[]){3}, (double[]){4});
    neuron_dataset_unref(glyphs);
    neuron_dataset_unref(dataset);
}
END_TEST

/* A copy of another's scale gives its inputs, by the dataset and by hand. */
START_TEST(scale_can_be_handed_on)
{
    const float values[] = {0, 5, 2, 4, 6, 8};
    double scales[3], offsets[3];
    float expected[6], inputs[6];
    neuron_dataset_t *from = of_floats(values, 2), *to = of_floats(values, 2);
    assert_ok(neuron_dataset_standardize_channels(from, from));
    assert_ok(neuron_dataset_scales(scales, offsets, 3, NULL, from));
    assert_ok(neuron_dataset_set_scales(to, scales, offsets, 3));
    ck_assert(neuron_dataset_same_scale(from, to));
    assert_ok(neuron_dataset_read(expected, NULL, from, 0, 1));
    assert_ok(neuron_dataset_read(inputs, NULL, to, 0, 1));
    ck_assert(memcmp(inputs, expected, sizeof inputs) == 0);
    for (int i = 0; i < 6; i++)
        ck_assert_float_eq_tol(expected[i], (float)(values[i] * scales[i % 3] + offsets[i % 3]),
                               1e-6f);
    assert_ok(neuron_dataset_set_scales(to, (double[]){2}, (double[]){1}, 1));
    assert_scales(to, 1, (double[]){2}, (double[]){1});
    ck_assert(!neuron_dataset_same_scale(from, to));
    neuron_dataset_unref(to);
    neuron_dataset_unref(from);
}
END_TEST

static void hand_on(neuron_dataset_t *to, const neuron_dataset_t *from)
{
    double scales[3], offsets[3];
    size_t count;
    assert_ok(neuron_dataset_scales(scales, offsets, 3, &count, from));
    assert_ok(neuron_dataset_set_scales(to, scales, offsets, count));
}

static void assert_joins(neuron_dataset_t *a, neuron_dataset_t *b)
{
    neuron_dataset_t *both;
    ck_assert(neuron_dataset_same_scale(a, b) && neuron_dataset_same_scale(b, a));
    assert_ok(neuron_dataset_join(&both, (neuron_dataset_t *[]){a, b}, 2));
    neuron_dataset_unref(both);
}

/* One channel has a scale as the whole has one: to the last bit, and for all that compares them. */
START_TEST(scale_of_one_channel_can_be_handed_on)
{
    enum { COUNT = 8, PIXELS = 64 };
    static float expected[COUNT * PIXELS], inputs[COUNT * PIXELS];
    neuron_dataset_t *from = test_glyphs(context, COUNT, 8), *to = test_glyphs(context, COUNT, 8);
    assert_ok(neuron_dataset_standardize_channels(from, from));
    hand_on(to, from);
    assert_ok(neuron_dataset_read(expected, NULL, from, 0, COUNT));
    assert_ok(neuron_dataset_read(inputs, NULL, to, 0, COUNT));
    ck_assert(memcmp(inputs, expected, sizeof inputs) == 0);
    assert_joins(from, to);
    assert_ok(neuron_dataset_standardize(to, to));
    assert_joins(from, to);
    neuron_dataset_unref(to);
    neuron_dataset_unref(from);
}
END_TEST

/* What the scales of the channels have replaced does not count. */
START_TEST(replaced_scale_is_forgotten)
{
    const float values[] = {0, 5, 2, 4, 6, 8};
    neuron_dataset_t *from = of_floats(values, 2), *to = of_floats(values, 2);
    assert_ok(neuron_dataset_set_scale(from, 2, 1));
    assert_ok(neuron_dataset_standardize_channels(from, from));
    hand_on(to, from);
    assert_joins(from, to);
    assert_ok(neuron_dataset_set_scale(to, 2, 1));
    ck_assert(!neuron_dataset_same_scale(from, to) && !neuron_dataset_same_scale(to, from));
    neuron_dataset_unref(to);
    neuron_dataset_unref(from);
}
END_TEST

/* What a graph tells that knows nothing, 0 of them, is the default, whatever was set before. */
START_TEST(no_scales_are_the_default)
{
    const float values[] = {0, 1, 2};
    const double scales[] = {1, 2, 3};
    neuron_dataset_t *floats = of_floats(values, 1), *bytes;
    assert_ok(neuron_dataset_generate_glyphs(&bytes, context, 3, 8, 8, 1));
    for (int i = 0; i < 2; i++) {
        neuron_dataset_t *dataset = i == 0 ? floats : bytes;
        double scale, offset;
        size_t count;
        assert_ok(neuron_dataset_set_scales(dataset, scales, scales, i == 0 ? 3 : 1));
        assert_ok(neuron_dataset_set_scales(dataset, i == 0 ? scales : NULL, NULL, 0));
        assert_ok(neuron_dataset_scales(&scale, &offset, 1, &count, dataset));
        ck_assert_uint_eq(count, 1);
        ck_assert(scale == (i == 0 ? 1 : 1.0 / 255) && offset == 0);
        neuron_dataset_unref(dataset);
    }
}
END_TEST

START_TEST(bad_scales_are_refused)
{
    const float values[] = {0, 1, 2};
    const double good[] = {1, 2, 3}, bad[] = {1, 2, (double)INFINITY};
    double room[3];
    size_t needed;
    neuron_dataset_t *dataset = of_floats(values, 1);
    assert_status(neuron_dataset_set_scales(dataset, good, good, 2), NEURON_E_SHAPE);
    assert_message("neuron_dataset_set_scales: 2 scales, but the last axis has extent 3");
    assert_status(neuron_dataset_set_scales(dataset, NULL, NULL, 3), NEURON_E_ARGUMENT);
    assert_status(neuron_dataset_set_scales(dataset, bad, good, 3), NEURON_E_ARGUMENT);
    assert_message("scale 2 is inf, not finite");
    assert_status(neuron_dataset_set_scales(dataset, good, bad, 3), NEURON_E_ARGUMENT);
    assert_message("offset 2 is inf, not finite");
    assert_status(neuron_dataset_set_scales(NULL, good, good, 3), NEURON_E_ARGUMENT);
    assert_status(neuron_dataset_set_scales(dataset, NULL, good, 3), NEURON_E_ARGUMENT);
    assert_status(neuron_dataset_set_scales(dataset, good, NULL, 3), NEURON_E_ARGUMENT);
    assert_scales(dataset, 1, (double[]){1}, (double[]){0});
    assert_ok(neuron_dataset_set_scales(dataset, good, good, 3));
    assert_status(neuron_dataset_scales(room, room, 2, &needed, dataset), NEURON_E_ARGUMENT);
    assert_message("there are 3 scales, but room for 2");
    ck_assert_uint_eq(needed, 3);
    assert_status(neuron_dataset_scales(room, NULL, 3, NULL, dataset), NEURON_E_ARGUMENT);
    assert_message("there is no room for results (NULL), but capacity is 3");
    assert_status(neuron_dataset_scales(NULL, room, 3, NULL, dataset), NEURON_E_ARGUMENT);
    assert_status(neuron_dataset_scales(room, room, 3, NULL, NULL), NEURON_E_ARGUMENT);
    neuron_dataset_unref(dataset);
}
END_TEST

/* ---- Training ---- */

static char warning[256];
static int warnings;

static void keep_warning(int32_t level, const char *category, const char *line, void *user_data)
{
    (void)category;
    (void)user_data;
    ck_assert_int_eq(level, NEURON_LOG_WARNING);
    snprintf(warning, sizeof warning, "%s", line);
    warnings++;
}

/* A set of the pixels of another, as floats that are scaled to the same inputs. */
static neuron_dataset_t *as_floats(neuron_dataset_t *glyphs)
{
    const int64_t shape[] = {10, 8, 8, 1};
    neuron_tensor_t *examples, *labels;
    neuron_dataset_t *dataset;
    assert_ok(neuron_tensor_create(&examples, context, NEURON_TYPE_F32, shape, 4));
    assert_ok(neuron_tensor_create(&labels, context, NEURON_TYPE_I32, shape, 1));
    assert_ok(neuron_dataset_set_scale(glyphs, 1, 0));
    assert_ok(neuron_dataset_read(neuron_tensor_data(examples), neuron_tensor_data(labels), glyphs,
                                  0, 10));
    assert_ok(neuron_dataset_set_scale(glyphs, 1.0 / 255, 0));
    assert_ok(neuron_dataset_create(&dataset, context, examples, labels, TEST_CLASSES));
    assert_ok(neuron_dataset_set_scale(dataset, 1.0 / 255, 0));
    neuron_tensor_unref(examples);
    neuron_tensor_unref(labels);
    return dataset;
}

START_TEST(unlike_validation_is_warned_of)
{
    neuron_dataset_t *train = test_glyphs(context, 20, 8), *same = test_glyphs(context, 10, 8);
    neuron_dataset_t *floats = as_floats(same), *other = test_glyphs(context, 10, 8);
    neuron_graph_t *graph = test_linear(context, 8);
    neuron_optimizer_t *optimizer;
    neuron_trainer_t *trainer;
    assert_ok(neuron_dataset_standardize(other, other));
    assert_ok(neuron_optimizer_create(&optimizer, context, "sgd", NULL));
    assert_ok(neuron_trainer_create(&trainer, graph, optimizer, train));
    assert_ok(neuron_context_set_log(context, NEURON_LOG_WARNING, keep_warning, NULL, NULL));
    warnings = 0;
    assert_ok(neuron_trainer_set_validation(trainer, same));
    assert_ok(neuron_trainer_set_validation(trainer, NULL));
    ck_assert_int_eq(warnings, 0);
    assert_ok(neuron_trainer_set_validation(trainer, floats));
    ck_assert_int_eq(warnings, 1);
    ck_assert_str_eq(warning, "trainer: examples to validate with are f32, those to train with u8");
    assert_ok(neuron_trainer_set_validation(trainer, other));
    ck_assert_int_eq(warnings, 2);
    ck_assert_str_eq(warning,
                     "trainer: examples to validate with have another scale or offset than "
                     "those to train with");
    neuron_trainer_unref(trainer);
    neuron_optimizer_unref(optimizer);
    neuron_graph_unref(graph);
    neuron_dataset_unref(other);
    neuron_dataset_unref(floats);
    neuron_dataset_unref(same);
    neuron_dataset_unref(train);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("scale");
    TCase *tests = tcase_create("scale");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, scale_is_finite);
    tcase_add_test(tests, normalized_values_meet_their_bounds);
    tcase_add_test(tests, normalizing_keeps_all_bits);
    tcase_add_test(tests, normalized_random_values_meet_their_bounds);
    tcase_add_test(tests, normalized_bytes_meet_their_bounds);
    tcase_add_test(tests, scale_of_one_set_fits_another);
    tcase_add_test(tests, standardized_values_have_mean_0_and_deviation_1);
    tcase_add_test(tests, standardized_columns_keep_small_differences);
    tcase_add_test(tests, scale_is_read_back);
    tcase_add_test(tests, scale_can_be_handed_on);
    tcase_add_test(tests, scale_of_one_channel_can_be_handed_on);
    tcase_add_test(tests, replaced_scale_is_forgotten);
    tcase_add_test(tests, no_scales_are_the_default);
    tcase_add_test(tests, bad_scales_are_refused);
    tcase_add_test(tests, unlike_validation_is_warned_of);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
