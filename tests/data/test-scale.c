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
    assert_ok(neuron_tensor_wrap(&examples, context, NEURON_F32, shape, 3,
                                 (void *)(uintptr_t)values, NEURON_COPY, NULL, NULL));
    assert_ok(neuron_tensor_create(&labels, context, NEURON_I32, &one, 1));
    assert_ok(neuron_dataset_create(&dataset, context, examples, labels, 2));
    neuron_tensor_unref(examples);
    neuron_tensor_unref(labels);
    return dataset;
}

START_TEST(scale_is_a_float)
{
    const float values[] = {0, 1, 2};
    neuron_dataset_t *dataset = of_floats(values, 1);
    float inputs[3];
    assert_ok(neuron_dataset_set_scale(dataset, 2, 1));
    assert_status(neuron_dataset_set_scale(dataset, 1e39, 0), NEURON_E_ARGUMENT);
    assert_message("neuron_dataset_set_scale: needs isfinite((float)scale)");
    assert_status(neuron_dataset_set_scale(dataset, 1, -1e39), NEURON_E_ARGUMENT);
    assert_message("needs isfinite((float)offset)");
    assert_status(neuron_dataset_set_scale(dataset, NAN, 0), NEURON_E_ARGUMENT);
    assert_status(neuron_dataset_normalize(dataset, -1e39, 0), NEURON_E_ARGUMENT);
    assert_message("needs isfinite((float)minimum)");
    assert_status(neuron_dataset_normalize(dataset, 0, 1e39), NEURON_E_ARGUMENT);
    assert_message("needs isfinite((float)maximum)");
    assert_ok(neuron_dataset_read(dataset, 0, 1, inputs, NULL));
    ck_assert(inputs[0] == 1 && inputs[2] == 5); /* as it was */
    neuron_dataset_unref(dataset);
}
END_TEST

/* Values so near to each other that what would spread them is no float. */
START_TEST(data_without_a_scale_is_refused)
{
    const float near[] = {0, 1e-45f, 0, 1e-45f, 0, 0};
    neuron_dataset_t *dataset = of_floats(near, 2);
    float inputs[6];
    const char *message = "the values are too near to each other: a scale of ";
    assert_status(neuron_dataset_normalize(dataset, 0, 1), NEURON_E_DATA);
    assert_message("neuron_dataset_normalize: ");
    assert_message(message);
    assert_message("is too large for float32");
    assert_status(neuron_dataset_standardize(dataset, dataset), NEURON_E_DATA);
    assert_message(message);
    assert_status(neuron_dataset_standardize_channels(dataset, dataset), NEURON_E_DATA);
    assert_message(message);
    assert_ok(neuron_dataset_read(dataset, 0, 1, inputs, NULL));
    ck_assert(memcmp(inputs, near, sizeof near) == 0); /* as it was */
    neuron_dataset_unref(dataset);
}
END_TEST

/* ---- Reading it back ---- */

static void assert_scales(const neuron_dataset_t *dataset, size_t count, const double *scales,
                          const double *offsets)
{
    double read[2][3];
    size_t needed = 0;
    assert_ok(neuron_dataset_get_scale(dataset, NULL, NULL, 0, &needed));
    ck_assert_uint_eq(needed, count);
    assert_ok(neuron_dataset_get_scale(dataset, read[0], read[1], 3, NULL));
    ck_assert(memcmp(read[0], scales, count * sizeof *scales) == 0);
    ck_assert(memcmp(read[1], offsets, count * sizeof *offsets) == 0);
}

START_TEST(scale_is_read_back)
{
    const float values[] = {0, 5, 2, 4, 6, 8};
    neuron_dataset_t *dataset = of_floats(values, 2), *glyphs = test_glyphs(context, 10, 8);
    ck_assert_int_eq(neuron_dataset_type(dataset), NEURON_F32);
    ck_assert_int_eq(neuron_dataset_type(glyphs), NEURON_U8);
    ck_assert_int_eq(neuron_dataset_type(NULL), 0);
    assert_scales(dataset, 1, (double[]){1}, (double[]){0});
    assert_scales(glyphs, 1, (double[]){1.0 / 255}, (double[]){0});
    assert_ok(neuron_dataset_normalize(glyphs, -1, 1));
    assert_scales(glyphs, 1, (double[]){2.0 / 255}, (double[]){-1});
    assert_ok(neuron_dataset_standardize_channels(dataset, dataset));
    assert_scales(dataset, 3, (double[]){0.5, 2, (double)(1.0f / 3)},
                  (double[]){-1, -11, (double)(-5.0f / 3)});
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
    assert_ok(neuron_dataset_get_scale(from, scales, offsets, 3, NULL));
    assert_ok(neuron_dataset_set_scales(to, scales, offsets, 3));
    ck_assert(neuron_dataset_same_scale(from, to));
    assert_ok(neuron_dataset_read(from, 0, 1, expected, NULL));
    assert_ok(neuron_dataset_read(to, 0, 1, inputs, NULL));
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
    assert_ok(neuron_dataset_get_scale(from, scales, offsets, 3, &count));
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
    assert_ok(neuron_dataset_read(from, 0, COUNT, expected, NULL));
    assert_ok(neuron_dataset_read(to, 0, COUNT, inputs, NULL));
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

START_TEST(bad_scales_are_refused)
{
    const float values[] = {0, 1, 2};
    const double good[] = {1, 2, 3}, bad[] = {1, 2, 1e39};
    double room[3];
    size_t needed;
    neuron_dataset_t *dataset = of_floats(values, 1);
    assert_status(neuron_dataset_set_scales(dataset, good, good, 2), NEURON_E_SHAPE);
    assert_message("neuron_dataset_set_scales: 2 scales, but the last axis has 3 places");
    assert_status(neuron_dataset_set_scales(dataset, good, good, 0), NEURON_E_SHAPE);
    assert_status(neuron_dataset_set_scales(dataset, bad, good, 3), NEURON_E_ARGUMENT);
    assert_message("scale 2 is not finite as float");
    assert_status(neuron_dataset_set_scales(dataset, good, bad, 3), NEURON_E_ARGUMENT);
    assert_message("offset 2 is not finite as float");
    assert_status(neuron_dataset_set_scales(NULL, good, good, 3), NEURON_E_ARGUMENT);
    assert_status(neuron_dataset_set_scales(dataset, NULL, good, 3), NEURON_E_ARGUMENT);
    assert_status(neuron_dataset_set_scales(dataset, good, NULL, 3), NEURON_E_ARGUMENT);
    assert_scales(dataset, 1, (double[]){1}, (double[]){0});
    assert_ok(neuron_dataset_set_scales(dataset, good, good, 3));
    assert_status(neuron_dataset_get_scale(dataset, room, room, 2, &needed), NEURON_E_ARGUMENT);
    assert_message("there are 3 scales, but room for 2");
    ck_assert_uint_eq(needed, 3);
    assert_status(neuron_dataset_get_scale(dataset, room, NULL, 3, NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_dataset_get_scale(dataset, NULL, room, 3, NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_dataset_get_scale(NULL, room, room, 3, NULL), NEURON_E_ARGUMENT);
    neuron_dataset_unref(dataset);
}
END_TEST

/* ---- Training ---- */

static char warning[256];
static int warnings;

static void keep_warning(int32_t level, const char *line, void *user_data)
{
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
    assert_ok(neuron_tensor_create(&examples, context, NEURON_F32, shape, 4));
    assert_ok(neuron_tensor_create(&labels, context, NEURON_I32, shape, 1));
    assert_ok(neuron_dataset_set_scale(glyphs, 1, 0));
    assert_ok(neuron_dataset_read(glyphs, 0, 10, neuron_tensor_data(examples),
                                  neuron_tensor_data(labels)));
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
    assert_ok(neuron_optimizer_create(&optimizer, context, NEURON_OPTIMIZER_SGD));
    assert_ok(neuron_trainer_create(&trainer, graph, optimizer, train));
    assert_ok(neuron_context_set_log(context, NEURON_LOG_WARNING, keep_warning, NULL));
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
    tcase_add_test(tests, scale_is_a_float);
    tcase_add_test(tests, data_without_a_scale_is_refused);
    tcase_add_test(tests, scale_is_read_back);
    tcase_add_test(tests, scale_can_be_handed_on);
    tcase_add_test(tests, scale_of_one_channel_can_be_handed_on);
    tcase_add_test(tests, replaced_scale_is_forgotten);
    tcase_add_test(tests, bad_scales_are_refused);
    tcase_add_test(tests, unlike_validation_is_warned_of);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
