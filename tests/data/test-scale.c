/* How stored values become inputs: set, worked out from data, read back. */
#include "test-models.h"

#include "data/dataset.h"

#include <float.h>
#include <math.h>

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

int main(void)
{
    Suite *suite = suite_create("scale");
    TCase *tests = tcase_create("scale");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, scale_is_a_float);
    tcase_add_test(tests, data_without_a_scale_is_refused);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
