/* The handle, its options, and images that do not depend on threads or batches. */
#include "test-models.h"

#include <math.h>

enum { SIZE = 12, PIXELS = SIZE * SIZE, EXAMPLES = 23 };

static neuron_context_t *context;

static void setup(void)
{
    context = test_context();
}

static void teardown(void)
{
    neuron_context_unref(context);
}

static neuron_augmentation_t *everything(void)
{
    neuron_augmentation_t *made;
    assert_ok(neuron_augmentation_create(&made, context));
    assert_ok(neuron_augmentation_set_float(made, NEURON_AUGMENTATION_ROTATION, 20));
    assert_ok(neuron_augmentation_set_float(made, NEURON_AUGMENTATION_WIDTH_SHIFT, 0.1));
    assert_ok(neuron_augmentation_set_float(made, NEURON_AUGMENTATION_HEIGHT_SHIFT, 2));
    assert_ok(neuron_augmentation_set_float(made, NEURON_AUGMENTATION_ZOOM, 0.1));
    assert_ok(neuron_augmentation_set_float(made, NEURON_AUGMENTATION_SHEAR, 5));
    assert_ok(neuron_augmentation_set_int(made, NEURON_AUGMENTATION_HORIZONTAL_FLIP, 1));
    assert_ok(neuron_augmentation_set_int(made, NEURON_AUGMENTATION_VERTICAL_FLIP, 1));
    assert_ok(neuron_augmentation_set_float(made, NEURON_AUGMENTATION_BRIGHTNESS_LOW, 0.5));
    assert_ok(neuron_augmentation_set_float(made, NEURON_AUGMENTATION_BRIGHTNESS_HIGH, 1.5));
    assert_ok(neuron_augmentation_set_int(made, NEURON_AUGMENTATION_FILL_MODE, NEURON_FILL_WRAP));
    assert_ok(neuron_augmentation_set_float(made, NEURON_AUGMENTATION_NOISE, 0.05));
    assert_ok(neuron_augmentation_set_int(made, NEURON_AUGMENTATION_BLUR, 2));
    assert_ok(neuron_augmentation_set_int(made, NEURON_AUGMENTATION_SHARPEN, 1));
    return made;
}

START_TEST(changes_nothing_by_default)
{
    neuron_augmentation_t *augmentation;
    neuron_dataset_t *glyphs = test_glyphs(context, EXAMPLES, SIZE);
    float plain[EXAMPLES * PIXELS], values[EXAMPLES * PIXELS];
    assert_ok(neuron_augmentation_create(&augmentation, context));
    assert_ok(neuron_dataset_read(glyphs, 0, EXAMPLES, plain, NULL));
    assert_ok(neuron_augmentation_apply(augmentation, glyphs, 0, EXAMPLES, 1, 0, values));
    ck_assert_mem_eq(plain, values, sizeof plain);
    neuron_dataset_unref(glyphs);
    neuron_augmentation_unref(augmentation);
}
END_TEST

START_TEST(images_do_not_depend_on_threads_or_batches)
{
    neuron_augmentation_t *augmentation = everything();
    neuron_dataset_t *glyphs = test_glyphs(context, EXAMPLES, SIZE);
    float expected[EXAMPLES * PIXELS], values[EXAMPLES * PIXELS];
    assert_ok(neuron_augmentation_apply(augmentation, glyphs, 0, EXAMPLES, 7, 3, expected));
    const int64_t batches[] = {1, 4, 10, EXAMPLES};
    for (int32_t threads = 1; threads <= 3; threads++) {
        assert_ok(neuron_context_set_threads(context, threads));
        for (int b = 0; b < 4; b++) {
            memset(values, 0, sizeof values);
            for (int64_t first = 0; first < EXAMPLES; first += batches[b]) {
                int64_t left = EXAMPLES - first;
                assert_ok(neuron_augmentation_apply(augmentation, glyphs, first,
                                                    left < batches[b] ? left : batches[b], 7, 3,
                                                    values + first * PIXELS));
            }
            ck_assert_mem_eq(values, expected, sizeof values);
        }
    }
    assert_ok(neuron_augmentation_apply(augmentation, glyphs, 0, EXAMPLES, 7, 4, values));
    ck_assert_mem_ne(values, expected, PIXELS * sizeof(float));
    assert_ok(neuron_augmentation_apply(augmentation, glyphs, 0, EXAMPLES, 8, 3, values));
    ck_assert_mem_ne(values, expected, PIXELS * sizeof(float));
    neuron_dataset_unref(glyphs);
    neuron_augmentation_unref(augmentation);
}
END_TEST

START_TEST(takes_images_with_and_without_channels)
{
    neuron_augmentation_t *augmentation = everything();
    neuron_dataset_t *glyphs = test_glyphs(context, 4, SIZE);
    float values[2][4 * PIXELS];
    assert_ok(neuron_augmentation_apply(augmentation, glyphs, 0, 4, 1, 0, values[0]));
    assert_ok(neuron_dataset_reshape(glyphs, (int64_t[]){SIZE, SIZE}, 2));
    assert_ok(neuron_augmentation_apply(augmentation, glyphs, 0, 4, 1, 0, values[1]));
    ck_assert_mem_eq(values[0], values[1], sizeof values[0]);
    assert_ok(neuron_dataset_reshape(glyphs, (int64_t[]){PIXELS}, 1));
    assert_status(neuron_augmentation_apply(augmentation, glyphs, 0, 4, 1, 0, values[1]),
                  NEURON_E_SHAPE);
    assert_message("examples are 144, not height x width or height x width x channels");
    assert_ok(neuron_dataset_reshape(glyphs, (int64_t[]){2, 2, 6, 6}, 4));
    assert_status(neuron_augmentation_apply(augmentation, glyphs, 0, 4, 1, 0, values[1]),
                  NEURON_E_SHAPE);
    neuron_dataset_unref(glyphs);
    neuron_augmentation_unref(augmentation);
}
END_TEST

/* Reads an option by the call for its kind of number. @return  whether it is a whole one. */
static bool read_option(const neuron_augmentation_t *a, int32_t option, double *value)
{
    int64_t whole;
    if (neuron_augmentation_get_float(a, option, value) == NEURON_OK)
        return false;
    assert_message("is an integer");
    assert_ok(neuron_augmentation_get_int(a, option, &whole));
    *value = (double)whole;
    return true;
}

START_TEST(options_have_bounds)
{
    neuron_augmentation_t *a;
    assert_ok(neuron_augmentation_create(&a, context));
    for (int32_t option = NEURON_AUGMENTATION_ROTATION; option <= NEURON_AUGMENTATION_SHARPEN;
         option += 10) {
        double low, high, before, after;
        assert_ok(neuron_augmentation_bounds(a, option, &low, &high));
        bool whole = read_option(a, option, &before);
        ck_assert(low <= before && before <= high);
        if (whole) {
            assert_status(neuron_augmentation_set_float(a, option, before), NEURON_E_ARGUMENT);
            assert_message("is an integer");
            assert_ok(neuron_augmentation_set_int(a, option, (int64_t)high));
            assert_status(neuron_augmentation_set_int(a, option, (int64_t)high + 1),
                          NEURON_E_ARGUMENT);
        } else {
            assert_ok(neuron_augmentation_set_float(a, option, high));
            assert_status(neuron_augmentation_set_float(a, option, nextafter(high, INFINITY)),
                          NEURON_E_ARGUMENT);
            assert_status(neuron_augmentation_set_float(a, option, NAN), NEURON_E_ARGUMENT);
            assert_status(neuron_augmentation_set_int(a, option, 0), NEURON_E_ARGUMENT);
            assert_message("is a real number");
        }
        ck_assert(read_option(a, option, &after) == whole);
        ck_assert_double_eq(after, high);
    }
    assert_status(neuron_augmentation_set_float(a, NEURON_AUGMENTATION_ROTATION, -3),
                  NEURON_E_ARGUMENT);
    assert_message("augmentation: rotation is -3; it must be 0 to 180");
    assert_status(neuron_augmentation_set_int(a, NEURON_AUGMENTATION_FILL_MODE, 15),
                  NEURON_E_ARGUMENT);
    assert_message(
        "fill_mode is 15; it must be nearest (10), constant (20), reflect (30), wrap (40)");
    int64_t number;
    double value;
    assert_status(neuron_augmentation_get_int(a, 155, &number), NEURON_E_ARGUMENT);
    assert_message("augmentation: has no option 155");
    assert_status(neuron_augmentation_get_float(a, 155, &value), NEURON_E_ARGUMENT);
    assert_message("augmentation: has no option 155");
    assert_status(neuron_augmentation_set_int(a, 11, 1), NEURON_E_ARGUMENT);
    assert_status(neuron_augmentation_set_float(a, 0, 1), NEURON_E_ARGUMENT);
    assert_status(neuron_augmentation_bounds(a, 11, &value, &value), NEURON_E_ARGUMENT);
    neuron_augmentation_unref(a);
}
END_TEST

static const struct {
    int32_t option;
    double value;
    const char *message;
} refusals[] = {
    {NEURON_AUGMENTATION_ROTATION, 181, "rotation is 181; it must be 0 to 180"},
    {NEURON_AUGMENTATION_WIDTH_SHIFT, 65537, "width_shift is 65537; it must be 0 to 65,536"},
    {NEURON_AUGMENTATION_HEIGHT_SHIFT, -0.5, "height_shift is -0.5; it must be 0 to 65,536"},
    {NEURON_AUGMENTATION_ZOOM, 1, "zoom is 1; it must be 0 to 0.99"},
    {NEURON_AUGMENTATION_SHEAR, 90, "shear is 90; it must be 0 to 89"},
    {NEURON_AUGMENTATION_HORIZONTAL_FLIP, 2, "horizontal_flip is 2; it must be 0 or 1"},
    {NEURON_AUGMENTATION_VERTICAL_FLIP, -1, "vertical_flip is -1; it must be 0 or 1"},
    {NEURON_AUGMENTATION_BRIGHTNESS_LOW, -0.5, "brightness_low is -0.5; it must be 0 to 1,000"},
    {NEURON_AUGMENTATION_BRIGHTNESS_HIGH, 1001, "brightness_high is 1001; it must be 0 to 1,000"},
    {NEURON_AUGMENTATION_FILL_MODE, 50, "fill_mode is 50; it must be nearest (10), constant"},
    {NEURON_AUGMENTATION_FILL_VALUE, (double)INFINITY,
     "fill_value is inf; it must be finite as float32"},
    {NEURON_AUGMENTATION_NOISE, -0.25,
     "noise is -0.25; it must be 0 or more and finite as float32"},
    {NEURON_AUGMENTATION_BLUR, 101, "blur is 101; it must be 0 to 100"},
    {NEURON_AUGMENTATION_SHARPEN, -1, "sharpen is -1; it must be 0 to 100"},
};

START_TEST(what_is_out_of_bounds_is_refused_in_words)
{
    neuron_augmentation_t *a;
    int32_t option = refusals[_i].option;
    assert_ok(neuron_augmentation_create(&a, context));
    double before, after, value = refusals[_i].value;
    bool whole = read_option(a, option, &before);
    assert_status(whole ? neuron_augmentation_set_int(a, option, (int64_t)value)
                        : neuron_augmentation_set_float(a, option, value),
                  NEURON_E_ARGUMENT);
    assert_message("augmentation: ");
    assert_message(refusals[_i].message);
    (void)read_option(a, option, &after);
    ck_assert(after == before);
    neuron_augmentation_unref(a);
}
END_TEST

START_TEST(arguments_are_checked)
{
    neuron_augmentation_t *a = NULL;
    neuron_dataset_t *glyphs = test_glyphs(context, 4, SIZE);
    float values[4 * PIXELS];
    double value;
    assert_status(neuron_augmentation_create(NULL, context), NEURON_E_ARGUMENT);
    assert_status(neuron_augmentation_create(&a, NULL), NEURON_E_ARGUMENT);
    assert_ok(neuron_augmentation_create(&a, context));
    ck_assert_ptr_eq(neuron_augmentation_ref(a), a);
    neuron_augmentation_unref(a);
    neuron_augmentation_unref(NULL);
    ck_assert_ptr_null(neuron_augmentation_ref(NULL));
    assert_status(neuron_augmentation_set_float(NULL, NEURON_AUGMENTATION_ZOOM, 0),
                  NEURON_E_ARGUMENT);
    assert_status(neuron_augmentation_set_int(NULL, NEURON_AUGMENTATION_BLUR, 0),
                  NEURON_E_ARGUMENT);
    int64_t times;
    assert_status(neuron_augmentation_get_int(NULL, NEURON_AUGMENTATION_BLUR, &times),
                  NEURON_E_ARGUMENT);
    assert_status(neuron_augmentation_get_int(a, NEURON_AUGMENTATION_BLUR, NULL),
                  NEURON_E_ARGUMENT);
    assert_status(neuron_augmentation_get_float(NULL, NEURON_AUGMENTATION_ZOOM, &value),
                  NEURON_E_ARGUMENT);
    assert_status(neuron_augmentation_get_float(a, NEURON_AUGMENTATION_ZOOM, NULL),
                  NEURON_E_ARGUMENT);
    assert_status(neuron_augmentation_bounds(a, NEURON_AUGMENTATION_BLUR, NULL, &value),
                  NEURON_E_ARGUMENT);
    assert_status(neuron_augmentation_bounds(a, NEURON_AUGMENTATION_BLUR, &value, NULL),
                  NEURON_E_ARGUMENT);
    assert_status(neuron_augmentation_bounds(NULL, NEURON_AUGMENTATION_BLUR, &value, &value),
                  NEURON_E_ARGUMENT);
    assert_status(neuron_augmentation_apply(NULL, glyphs, 0, 1, 1, 0, values), NEURON_E_ARGUMENT);
    assert_status(neuron_augmentation_apply(a, NULL, 0, 1, 1, 0, values), NEURON_E_ARGUMENT);
    assert_status(neuron_augmentation_apply(a, glyphs, 0, 5, 1, 0, values), NEURON_E_ARGUMENT);
    assert_status(neuron_augmentation_apply(a, glyphs, -1, 1, 1, 0, values), NEURON_E_ARGUMENT);
    assert_status(neuron_augmentation_apply(a, glyphs, 0, -1, 1, 0, values), NEURON_E_ARGUMENT);
    assert_status(neuron_augmentation_apply(a, glyphs, 0, 1, 1, -1, values), NEURON_E_ARGUMENT);
    assert_message("epoch");
    assert_status(neuron_augmentation_apply(a, glyphs, 0, 1, 1, 0, NULL), NEURON_E_ARGUMENT);
    assert_ok(neuron_augmentation_apply(a, glyphs, 4, 0, 1, 0, values));
    neuron_dataset_unref(glyphs);
    neuron_augmentation_unref(a);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("augmentation");
    TCase *tests = tcase_create("augmentation");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, changes_nothing_by_default);
    tcase_add_test(tests, images_do_not_depend_on_threads_or_batches);
    tcase_add_test(tests, takes_images_with_and_without_channels);
    tcase_add_test(tests, options_have_bounds);
    tcase_add_loop_test(tests, what_is_out_of_bounds_is_refused_in_words, 0,
                        sizeof refusals / sizeof *refusals);
    tcase_add_test(tests, arguments_are_checked);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
