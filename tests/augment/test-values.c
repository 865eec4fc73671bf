/* Brightness, blur, sharpening and noise against plain computations. */
#include "test-common.h"

#include "augment/augmentation.h"

#include <math.h>

enum { HEIGHT = 5, WIDTH = 4, CHANNELS = 2, COUNT = HEIGHT * WIDTH * CHANNELS };

static const neuron_image_size size = {HEIGHT, WIDTH, CHANNELS};

static void number(float *image)
{
    for (int i = 0; i < COUNT; i++)
        image[i] = (float)(i * 29 % 97) / 64;
}

/* Convolves in double, with zeros outside. */
static void convolve(double *image, const double weights[3][3])
{
    double sums[COUNT] = {0};
    for (int r = 0; r < HEIGHT; r++)
        for (int c = 0; c < WIDTH; c++)
            for (int k = 0; k < CHANNELS; k++)
                for (int i = -1; i <= 1; i++)
                    for (int j = -1; j <= 1; j++)
                        if (r + i >= 0 && r + i < HEIGHT && c + j >= 0 && c + j < WIDTH)
                            sums[(r * WIDTH + c) * CHANNELS + k] +=
                                weights[i + 1][j + 1] *
                                image[((r + i) * WIDTH + c + j) * CHANNELS + k];
    memcpy(image, sums, sizeof sums);
}

static void check_kernel(void (*run)(const neuron_image_size *, int64_t, float *, float *),
                         const double weights[3][3])
{
    for (int passes = 0; passes < 6; passes++) {
        float image[COUNT], room[COUNT];
        double expected[COUNT], largest = 0;
        number(image);
        for (int i = 0; i < COUNT; i++)
            expected[i] = (double)image[i];
        run(&size, passes, image, room);
        for (int i = 0; i < passes; i++)
            convolve(expected, weights);
        for (int i = 0; i < COUNT; i++)
            largest =
                fmax(largest, fabs(expected[i] - (double)image[i]) / fmax(1, fabs(expected[i])));
        ck_assert_double_lt(largest, 1e-5);
    }
}

START_TEST(blurs)
{
    static const double weights[3][3] = {
        {0.0625, 0.125, 0.0625}, {0.125, 0.25, 0.125}, {0.0625, 0.125, 0.0625}};
    check_kernel(neuron_augment_blur, weights);
}
END_TEST

START_TEST(sharpens)
{
    static const double weights[3][3] = {{0, -1, 0}, {-1, 5, -1}, {0, -1, 0}};
    check_kernel(neuron_augment_sharpen, weights);
}
END_TEST

static neuron_dataset_t *one_image(neuron_context_t *context, int32_t type, double scale,
                                   double offset)
{
    const int64_t extents[] = {1, 1, 3, 1}, one = 1;
    neuron_tensor_t *examples, *labels;
    neuron_dataset_t *dataset;
    assert_ok(neuron_tensor_create(&examples, context, type, extents, 4));
    assert_ok(neuron_tensor_create(&labels, context, NEURON_TYPE_I32, &one, 1));
    assert_ok(neuron_dataset_create(&dataset, context, examples, labels, 1));
    assert_ok(neuron_dataset_set_scale(dataset, scale, offset));
    neuron_tensor_unref(examples);
    neuron_tensor_unref(labels);
    return dataset;
}

START_TEST(brightens)
{
    static const neuron_image_size row = {1, 3, 1};
    static const struct {
        int32_t type;
        double scale, offset, factor;
        float from[3], to[3];
    } cases[] = {
        /* bytes stop at what 255 becomes */
        {NEURON_TYPE_U8, 1.0 / 255, 0, 2, {0, 0.25f, 0.75f}, {0, 0.5f, 1}},
        {NEURON_TYPE_U8, 1.0 / 255, 0, 0.5, {0, 0.25f, 1}, {0, 0.125f, 0.5f}},
        {NEURON_TYPE_U8, 2.0 / 255, -1, 2, {-1, -0.5f, 0.5f}, {-1, 0, 1}},
        {NEURON_TYPE_U8, -1.0 / 255, 1, 2, {1, 0.75f, 0.25f}, {1, 0.5f, 0}},
        {NEURON_TYPE_F32, 1, 0, 2, {-1, 0.75f, 3}, {-2, 1.5f, 6}},
        {NEURON_TYPE_F32, 1, 1, 0, {-1, 0.75f, 3}, {1, 1, 1}},
    };
    neuron_context_t *context = test_context();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        neuron_dataset_t *dataset =
            one_image(context, cases[i].type, cases[i].scale, cases[i].offset);
        float image[3];
        memcpy(image, cases[i].from, sizeof image);
        neuron_augment_brighten(dataset, &row, cases[i].factor, image);
        for (int k = 0; k < 3; k++)
            ck_assert_float_eq_tol(image[k], cases[i].to[k], 1e-6f);
        neuron_dataset_unref(dataset);
    }
    neuron_context_unref(context);
}
END_TEST

START_TEST(noise_is_normal)
{
    enum { MANY = 40001 };
    double deviation = 0.5;
    float *image = calloc(MANY, sizeof *image);
    neuron_augment_key key = {1, 0, 5};
    neuron_augment_add_noise(&key, deviation, MANY, image);
    double moments[4] = {0};
    int inside = 0;
    for (int i = 0; i < MANY; i++) {
        double z = (double)image[i] / deviation, power = z;
        for (int k = 0; k < 4; k++, power *= z)
            moments[k] += power / MANY;
        inside += fabs(z) < 1;
    }
    ck_assert_double_eq_tol(moments[0], 0, 0.02);
    ck_assert_double_eq_tol(moments[1], 1, 0.03);
    ck_assert_double_eq_tol(moments[2], 0, 0.06);
    ck_assert_double_eq_tol(moments[3], 3, 0.2);
    ck_assert_double_eq_tol((double)inside / MANY, 0.6827, 0.01);
    free(image);
}
END_TEST

START_TEST(noise_follows_its_turn)
{
    const neuron_augment_key keys[] = {{1, 0, 5}, {1, 0, 6}, {1, 1, 5}, {2, 0, 5}, {1, 0, 5}};
    float image[5][COUNT];
    for (int i = 0; i < 5; i++) {
        memset(image[i], 0, sizeof image[i]);
        neuron_augment_add_noise(&keys[i], 1, COUNT, image[i]);
    }
    for (int i = 1; i < 4; i++)
        ck_assert_mem_ne(image[0], image[i], sizeof image[0]);
    ck_assert_mem_eq(image[0], image[4], sizeof image[0]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("values");
    TCase *tests = tcase_create("values");
    tcase_add_test(tests, blurs);
    tcase_add_test(tests, sharpens);
    tcase_add_test(tests, brightens);
    tcase_add_test(tests, noise_is_normal);
    tcase_add_test(tests, noise_follows_its_turn);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
