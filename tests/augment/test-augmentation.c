/* The handle, its options, and images that do not depend on threads or batches. */
#include "test-models.h"

#include <math.h>
#include <stdio.h>

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
    assert_ok(neuron_augmentation_create(
        &made, context,
        "rotation=20, width_shift=0.1, height_shift=2, zoom=0.1, shear=5, horizontal_flip=yes, "
        "vertical_flip=yes, brightness_low=0.5, brightness_high=1.5, fill_mode=wrap, noise=0.05, "
        "blur=2, sharpen=1"));
    return made;
}

START_TEST(changes_nothing_by_default)
{
    neuron_augmentation_t *augmentation;
    neuron_dataset_t *glyphs = test_glyphs(context, EXAMPLES, SIZE);
    float plain[EXAMPLES * PIXELS], values[EXAMPLES * PIXELS];
    assert_ok(neuron_augmentation_create(&augmentation, context, NULL));
    assert_ok(neuron_dataset_read(plain, NULL, glyphs, 0, EXAMPLES));
    assert_ok(neuron_augmentation_apply(values, augmentation, glyphs, 0, EXAMPLES, 1, 0));
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
    assert_ok(neuron_augmentation_apply(expected, augmentation, glyphs, 0, EXAMPLES, 7, 3));
    const int64_t batches[] = {1, 4, 10, EXAMPLES};
    for (int32_t threads = 1; threads <= 3; threads++) {
        assert_ok(neuron_context_set_number(context, "threads", threads));
        for (int b = 0; b < 4; b++) {
            memset(values, 0, sizeof values);
            for (int64_t first = 0; first < EXAMPLES; first += batches[b]) {
                int64_t left = EXAMPLES - first;
                assert_ok(neuron_augmentation_apply(values + first * PIXELS, augmentation, glyphs,
                                                    first, left < batches[b] ? left : batches[b], 7,
                                                    3));
            }
            ck_assert_mem_eq(values, expected, sizeof values);
        }
    }
    assert_ok(neuron_augmentation_apply(values, augmentation, glyphs, 0, EXAMPLES, 7, 4));
    ck_assert_mem_ne(values, expected, PIXELS * sizeof(float));
    assert_ok(neuron_augmentation_apply(values, augmentation, glyphs, 0, EXAMPLES, 8, 3));
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
    assert_ok(neuron_augmentation_apply(values[0], augmentation, glyphs, 0, 4, 1, 0));
    assert_ok(neuron_dataset_reshape(glyphs, (int64_t[]){SIZE, SIZE}, 2));
    assert_ok(neuron_augmentation_apply(values[1], augmentation, glyphs, 0, 4, 1, 0));
    ck_assert_mem_eq(values[0], values[1], sizeof values[0]);
    assert_ok(neuron_dataset_reshape(glyphs, (int64_t[]){PIXELS}, 1));
    assert_status(neuron_augmentation_apply(values[1], augmentation, glyphs, 0, 4, 1, 0),
                  NEURON_E_SHAPE);
    assert_message("examples are 144, not height x width or height x width x channels");
    assert_ok(neuron_dataset_reshape(glyphs, (int64_t[]){2, 2, 6, 6}, 4));
    assert_status(neuron_augmentation_apply(values[1], augmentation, glyphs, 0, 4, 1, 0),
                  NEURON_E_SHAPE);
    neuron_dataset_unref(glyphs);
    neuron_augmentation_unref(augmentation);
}
END_TEST

static double option(const neuron_augmentation_t *a, const char *name)
{
    double value;
    assert_ok(neuron_augmentation_get_number(&value, a, name));
    return value;
}

START_TEST(options_have_bounds)
{
    neuron_augmentation_t *a;
    const neuron_option_t *row;
    int32_t count = 0;
    assert_ok(neuron_augmentation_create(&a, context, NULL));
    for (; (row = neuron_kind_option("augmentation", "augmentation", count)); count++) {
        const char *name = neuron_option_name(row);
        double low = neuron_option_minimum(row), high = neuron_option_maximum(row);
        if (neuron_option_type(row) == NEURON_OPTION_WORD)
            continue;
        ck_assert(low <= option(a, name) && option(a, name) <= high);
        ck_assert(option(a, name) == neuron_option_default(row));
        assert_ok(neuron_augmentation_set_number(a, name, low));
        assert_ok(neuron_augmentation_set_number(a, name, high));
        const double beyond[] = {nextafter(low, -INFINITY), nextafter(high, INFINITY), high + 1,
                                 NAN, INFINITY};
        for (size_t i = 0; i < sizeof beyond / sizeof *beyond; i++)
            if (beyond[i] != high) /* as the largest float plus 1 is */
                assert_status(neuron_augmentation_set_number(a, name, beyond[i]),
                              NEURON_E_ARGUMENT);
        if (neuron_option_type(row) != NEURON_OPTION_REAL)
            assert_status(neuron_augmentation_set_number(a, name, 0.5), NEURON_E_ARGUMENT);
        ck_assert_double_eq(option(a, name), high);
    }
    ck_assert_int_eq(count, 14);
    neuron_augmentation_unref(a);
}
END_TEST

START_TEST(names_and_words_are_told)
{
    neuron_augmentation_t *a, *none;
    double value = 7;
    char text[400];
    assert_ok(neuron_augmentation_create(&a, context, "fill_mode=wrap, rotation=8"));
    assert_status(neuron_augmentation_set(a, "rotation=9, rotate=3"), NEURON_E_ARGUMENT);
    assert_message("augmentation: there is no option \"rotate\"; did you mean \"rotation\"?");
    assert_status(neuron_augmentation_set(a, "rotation=9, contrast=3"), NEURON_E_ARGUMENT);
    assert_message("augmentation: there is no option \"contrast\"; its options are rotation, "
                   "width_shift, height_shift, zoom, shear, horizontal_flip, vertical_flip, "
                   "brightness_low, brightness_high, fill_mode, fill_value, noise, blur, sharpen");
    assert_status(neuron_augmentation_set(a, "rotation=9, rotation=9"), NEURON_E_ARGUMENT);
    assert_message("augmentation: rotation is given twice");
    assert_status(neuron_augmentation_set(a, "rotation=9, fill_mode=15"), NEURON_E_ARGUMENT);
    assert_message("augmentation: fill_mode is 15; it must be nearest, constant, reflect or wrap");
    assert_status(neuron_augmentation_set_number(a, "fill_mode", 1), NEURON_E_ARGUMENT);
    assert_message("augmentation: fill_mode is no number, but a word: nearest, constant, reflect");
    assert_status(neuron_augmentation_get_number(&value, a, "fill_mode"), NEURON_E_ARGUMENT);
    assert_status(neuron_augmentation_get_number(&value, a, "rotate"), NEURON_E_ARGUMENT);
    assert_status(neuron_augmentation_set_number(a, "rotate", 1), NEURON_E_ARGUMENT);
    ck_assert(value == 7);
    none = a;
    assert_status(neuron_augmentation_create(&none, context, "zoom=2"), NEURON_E_ARGUMENT);
    ck_assert_ptr_null(none);
    assert_ok(neuron_augmentation_get_text(text, sizeof text, NULL, a, NULL));
    ck_assert_str_eq(text, "rotation=8, width_shift=0, height_shift=0, zoom=0, shear=0, "
                           "horizontal_flip=no, vertical_flip=no, brightness_low=1, "
                           "brightness_high=1, fill_mode=wrap, fill_value=0, noise=0, blur=0, "
                           "sharpen=0");
    neuron_augmentation_unref(a);
}
END_TEST

static const struct {
    const char *option;
    double value;
    const char *message;
} refusals[] = {
    {"rotation", -3, "rotation is -3; it must be 0 to 180"},
    {"rotation", 181, "rotation is 181; it must be 0 to 180"},
    {"width_shift", 65537, "width_shift is 65537; it must be 0 to 65,536"},
    {"height_shift", -0.5, "height_shift is -0.5; it must be 0 to 65,536"},
    {"zoom", 1, "zoom is 1; it must be 0 to 0.99"},
    {"shear", 90, "shear is 90; it must be 0 to 89"},
    {"horizontal_flip", 2, "horizontal_flip is 2; it must be yes or no"},
    {"vertical_flip", -1, "vertical_flip is -1; it must be yes or no"},
    {"brightness_low", -0.5, "brightness_low is -0.5; it must be 0 to 1,000"},
    {"brightness_high", 1001, "brightness_high is 1001; it must be 0 to 1,000"},
    {"fill_value", (double)INFINITY, "fill_value is inf; it must be finite as float32"},
    {"noise", -0.25, "noise is -0.25; it must be 0 or more and finite as float32"},
    {"blur", 101, "blur is 101; it must be 0 to 100"},
    {"blur", 1.5, "blur is 1.5; it must be 0 to 100"},
    {"sharpen", -1, "sharpen is -1; it must be 0 to 100"},
};

/* As a number and as text. */
START_TEST(what_is_out_of_bounds_is_refused_in_words)
{
    neuron_augmentation_t *a;
    const char *name = refusals[_i].option;
    assert_ok(neuron_augmentation_create(&a, context, NULL));
    double before = option(a, name);
    assert_status(neuron_augmentation_set_number(a, name, refusals[_i].value), NEURON_E_ARGUMENT);
    assert_message("augmentation: ");
    assert_message(refusals[_i].message);
    char text[64];
    snprintf(text, sizeof text, "%s=%g", name, refusals[_i].value);
    assert_status(neuron_augmentation_set(a, text), NEURON_E_ARGUMENT);
    assert_message("augmentation: ");
    assert_message(refusals[_i].message);
    ck_assert(option(a, name) == before);
    neuron_augmentation_unref(a);
}
END_TEST

START_TEST(arguments_are_checked)
{
    neuron_augmentation_t *a = NULL;
    neuron_dataset_t *glyphs = test_glyphs(context, 4, SIZE);
    float values[4 * PIXELS];
    double value;
    assert_status(neuron_augmentation_create(NULL, context, NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_augmentation_create(&a, NULL, NULL), NEURON_E_ARGUMENT);
    assert_ok(neuron_augmentation_create(&a, context, NULL));
    ck_assert_ptr_eq(neuron_augmentation_ref(a), a);
    neuron_augmentation_unref(a);
    neuron_augmentation_unref(NULL);
    ck_assert_ptr_null(neuron_augmentation_ref(NULL));
    assert_status(neuron_augmentation_set(NULL, "zoom=0"), NEURON_E_ARGUMENT);
    assert_status(neuron_augmentation_set(NULL, "blur=0"), NEURON_E_ARGUMENT);
    assert_status(neuron_augmentation_set_number(NULL, "blur", 0), NEURON_E_ARGUMENT);
    assert_status(neuron_augmentation_set_number(a, NULL, 0), NEURON_E_ARGUMENT);
    assert_status(neuron_augmentation_get_number(&value, NULL, "blur"), NEURON_E_ARGUMENT);
    assert_status(neuron_augmentation_get_number(NULL, a, "blur"), NEURON_E_ARGUMENT);
    assert_status(neuron_augmentation_get_number(&value, a, NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_augmentation_get_text(NULL, 0, NULL, NULL, NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_augmentation_apply(values, NULL, glyphs, 0, 1, 1, 0), NEURON_E_ARGUMENT);
    assert_status(neuron_augmentation_apply(values, a, NULL, 0, 1, 1, 0), NEURON_E_ARGUMENT);
    assert_status(neuron_augmentation_apply(values, a, glyphs, 0, 5, 1, 0), NEURON_E_ARGUMENT);
    assert_status(neuron_augmentation_apply(values, a, glyphs, -1, 1, 1, 0), NEURON_E_ARGUMENT);
    assert_status(neuron_augmentation_apply(values, a, glyphs, 0, -1, 1, 0), NEURON_E_ARGUMENT);
    assert_status(neuron_augmentation_apply(values, a, glyphs, 0, 1, 1, -1), NEURON_E_ARGUMENT);
    assert_message("epoch");
    assert_status(neuron_augmentation_apply(NULL, a, glyphs, 0, 1, 1, 0), NEURON_E_ARGUMENT);
    assert_ok(neuron_augmentation_apply(values, a, glyphs, 4, 0, 1, 0));
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
    tcase_add_test(tests, names_and_words_are_told);
    tcase_add_loop_test(tests, what_is_out_of_bounds_is_refused_in_words, 0,
                        sizeof refusals / sizeof *refusals);
    tcase_add_test(tests, arguments_are_checked);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
