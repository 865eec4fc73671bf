/* Maps against a plain computation in double with the matrices of
 * Keras, and known cases exactly. */
#include "test-common.h"

#include "augment/augmentation.h"
#include "ops/fill.h"

#include <math.h>

enum { HEIGHT = 7, WIDTH = 6, CHANNELS = 3, COUNT = HEIGHT * WIDTH * CHANNELS };

static const neuron_image_size whole = {HEIGHT, WIDTH, CHANNELS};
static const double pi = 3.14159265358979323846;

static neuron_augment_draw still(void)
{
    return (neuron_augment_draw){.row_zoom = 1, .column_zoom = 1, .brightness = 1};
}

static neuron_augment_settings filled(int32_t fill, double value)
{
    neuron_augment_settings settings;
    neuron_options_reset(&settings.options, &neuron_augmentation_options);
    neuron_options_put(&settings.options, NEURON_AUGMENTATION_FILL_MODE, fill);
    neuron_options_put(&settings.options, NEURON_AUGMENTATION_FILL_VALUE, value);
    return settings;
}

static void number(float *image, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        image[i] = (float)(i * 29 % 97) / 8 - 3;
}

static void warp_into(float *to, const float *from, const neuron_image_size *size,
                      const neuron_augment_draw *drawn, int32_t fill, double value)
{
    neuron_augment_settings settings = filled(fill, value);
    neuron_warp warp;
    ck_assert(neuron_warp_make(&warp, &settings, drawn, size));
    neuron_warp_apply(&warp, size, from, to);
}

/* ---- The plain computation ---- */

typedef struct matrix {
    double m[3][3];
} matrix;

static matrix times(matrix a, matrix b)
{
    matrix product = {{{0}}};
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++)
            for (int k = 0; k < 3; k++)
                product.m[i][j] += a.m[i][k] * b.m[k][j];
    return product;
}

static matrix moved(double rows, double columns)
{
    return (matrix){{{1, 0, rows}, {0, 1, columns}, {0, 0, 1}}};
}

static matrix map_of(const neuron_augment_draw *d, const neuron_image_size *size)
{
    double row = (double)size->height / 2 - 0.5, column = (double)size->width / 2 - 0.5;
    double t = d->rotation, s = d->shear;
    matrix rotation = {{{cos(t), -sin(t), 0}, {sin(t), cos(t), 0}, {0, 0, 1}}};
    matrix shear = {{{1, -sin(s), 0}, {0, cos(s), 0}, {0, 0, 1}}};
    matrix zoom = {{{d->row_zoom, 0, 0}, {0, d->column_zoom, 0}, {0, 0, 1}}};
    matrix all = times(times(times(rotation, moved(d->row_shift, d->column_shift)), shear), zoom);
    return times(times(moved(row, column), all), moved(-row, -column));
}

/* Walks into the image from outside, a step at a time; -1 for nothing there. */
static int64_t walk(int64_t i, int64_t extent, int32_t fill)
{
    while (i < 0 || i >= extent) {
        if (fill == NEURON_FILL_CONSTANT)
            return -1;
        if (fill == NEURON_FILL_NEAREST)
            i = i < 0 ? 0 : extent - 1;
        else if (fill == NEURON_FILL_WRAP)
            i += i < 0 ? extent : -extent;
        else
            i = i < 0 ? -1 - i : 2 * extent - 1 - i;
    }
    return i;
}

static double value_at(const float *image, const neuron_image_size *size, int64_t r, int64_t c,
                       int64_t k)
{
    return (double)image[(r * size->width + c) * size->channels + k];
}

static double sample(const float *image, const neuron_image_size *size, double row, double column,
                     int64_t k, int32_t fill, double outside)
{
    if (fill == NEURON_FILL_CONSTANT && (row < 0 || row > (double)(size->height - 1) ||
                                         column < 0 || column > (double)(size->width - 1)))
        return outside;
    double sum = 0;
    for (int down = 0; down < 2; down++)
        for (int along = 0; along < 2; along++) {
            double r = floor(row) + down, c = floor(column) + along;
            double weight = (1 - fabs(row - r)) * (1 - fabs(column - c));
            int64_t inside_r = walk((int64_t)r, size->height, fill);
            int64_t inside_c = walk((int64_t)c, size->width, fill);
            if (weight > 0 && inside_r >= 0 && inside_c >= 0)
                sum += weight * value_at(image, size, inside_r, inside_c, k);
        }
    return sum;
}

static void check(const neuron_augment_draw *drawn, int32_t fill, double outside)
{
    float from[COUNT], to[COUNT];
    number(from, COUNT);
    warp_into(to, from, &whole, drawn, fill, outside);
    matrix map = map_of(drawn, &whole);
    double largest = 0;
    for (int64_t r = 0; r < HEIGHT; r++)
        for (int64_t c = 0; c < WIDTH; c++) {
            /* flips are made last, of what the map gave */
            double pr = (double)(drawn->flipped ? HEIGHT - 1 - r : r);
            double pc = (double)(drawn->mirrored ? WIDTH - 1 - c : c);
            double row = map.m[0][0] * pr + map.m[0][1] * pc + map.m[0][2];
            double column = map.m[1][0] * pr + map.m[1][1] * pc + map.m[1][2];
            for (int64_t k = 0; k < CHANNELS; k++) {
                double expected = sample(from, &whole, row, column, k, fill, outside);
                largest = fmax(largest, fabs(expected - value_at(to, &whole, r, c, k)));
            }
        }
    ck_assert_double_lt(largest, 1e-5);
}

START_TEST(each_transform_agrees_with_the_reference)
{
    neuron_augment_draw draws[9];
    for (int i = 0; i < 9; i++)
        draws[i] = still();
    draws[0].rotation = 0.3;
    draws[1].rotation = -2.2;
    draws[2].row_shift = 2.3;
    draws[3].column_shift = -15.75;
    draws[4].shear = 0.4;
    draws[5].row_zoom = 0.6;
    draws[6].column_zoom = 1.7;
    draws[7] = (neuron_augment_draw){0.2, -0.3, 1.2, -0.7, 1.1, 0.85, true, false, 1};
    draws[8] = (neuron_augment_draw){-0.9, 0.2, -3.1, 2.4, 0.7, 1.6, true, true, 1};
    for (int i = 0; i < 9; i++)
        for (int32_t fill = NEURON_FILL_NEAREST; fill <= NEURON_FILL_WRAP; fill++)
            check(&draws[i], fill, 0.625);
}
END_TEST

/* ---- Known cases ---- */

START_TEST(flips_are_exact)
{
    float from[COUNT], to[COUNT], expected[COUNT];
    number(from, COUNT);
    for (int which = 1; which < 4; which++) {
        neuron_augment_draw drawn = still();
        drawn.mirrored = which & 1;
        drawn.flipped = which & 2;
        warp_into(to, from, &whole, &drawn, NEURON_FILL_CONSTANT, 9);
        for (int r = 0; r < HEIGHT; r++)
            for (int c = 0; c < WIDTH; c++)
                memcpy(expected + (r * WIDTH + c) * CHANNELS,
                       from + ((which & 2 ? HEIGHT - 1 - r : r) * WIDTH +
                               (which & 1 ? WIDTH - 1 - c : c)) *
                                  CHANNELS,
                       CHANNELS * sizeof(float));
        ck_assert_mem_eq(to, expected, sizeof expected);
    }
}
END_TEST

START_TEST(a_shift_by_a_pixel_shows_the_border)
{
    static const neuron_image_size row = {1, 4, 1};
    const float from[] = {1, 2, 3, 4};
    static const struct {
        double shift;
        int32_t fill;
        float expected[4];
    } cases[] = {
        {1, NEURON_FILL_NEAREST, {2, 3, 4, 4}},
        {-1, NEURON_FILL_NEAREST, {1, 1, 2, 3}},
        {1, NEURON_FILL_CONSTANT, {2, 3, 4, 9}},
        {-2, NEURON_FILL_CONSTANT, {9, 9, 1, 2}},
        {2, NEURON_FILL_REFLECT, {3, 4, 4, 3}},
        {-2, NEURON_FILL_REFLECT, {2, 1, 1, 2}},
        {5, NEURON_FILL_REFLECT, {3, 2, 1, 1}},
        {-6, NEURON_FILL_REFLECT, {3, 4, 4, 3}},
        {1, NEURON_FILL_WRAP, {2, 3, 4, 1}},
        {-1, NEURON_FILL_WRAP, {4, 1, 2, 3}},
        {-9, NEURON_FILL_WRAP, {4, 1, 2, 3}},
        {0.5, NEURON_FILL_WRAP, {1.5f, 2.5f, 3.5f, 2.5f}},
        {0.5, NEURON_FILL_CONSTANT, {1.5f, 2.5f, 3.5f, 9}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        float to[4];
        neuron_augment_draw drawn = still();
        drawn.column_shift = cases[i].shift;
        warp_into(to, from, &row, &drawn, cases[i].fill, 9);
        assert_that(memcmp(to, cases[i].expected, sizeof to) == 0, "case %d: %g %g %g %g", (int)i,
                    (double)to[0], (double)to[1], (double)to[2], (double)to[3]);
    }
}
END_TEST

START_TEST(quarter_turns_are_exact)
{
    enum { SIDE = 5 };
    static const neuron_image_size square = {SIDE, SIDE, 1};
    float from[SIDE * SIDE], to[SIDE * SIDE], expected[SIDE * SIDE];
    number(from, SIDE * SIDE);
    for (int keys = 1; keys < 4; keys++) {
        neuron_augment_draw drawn = still();
        drawn.rotation = keys * pi / 2;
        warp_into(to, from, &square, &drawn, NEURON_FILL_CONSTANT, 9);
        for (int r = 0; r < SIDE; r++)
            for (int c = 0; c < SIDE; c++) {
                /* a quarter key of the plane takes (r, c) to (-c, r), from the middle */
                int row = r, column = c;
                for (int t = 0; t < keys; t++) {
                    int kept = row;
                    row = SIDE - 1 - column;
                    column = kept;
                }
                expected[r * SIDE + c] = from[row * SIDE + column];
            }
        ck_assert_mem_eq(to, expected, sizeof expected);
    }
}
END_TEST

START_TEST(nothing_drawn_moves_nothing)
{
    neuron_augment_settings settings = filled(NEURON_FILL_NEAREST, 0);
    neuron_augment_draw drawn = still();
    neuron_warp warp;
    ck_assert(!neuron_warp_make(&warp, &settings, &drawn, &whole));
    float from[COUNT], to[COUNT];
    number(from, COUNT);
    neuron_warp_apply(&warp, &whole, from, to);
    ck_assert_mem_eq(from, to, sizeof from);
}
END_TEST

/* ---- Drawing ---- */

static void widen(double value, double range[3])
{
    range[0] = fmin(range[0], value);
    range[1] = fmax(range[1], value);
    range[2] += value;
}

static void check_range(const double range[3], double low, double high, int count)
{
    double width = high - low;
    ck_assert_double_ge(range[0], low);
    ck_assert_double_le(range[1], high);
    ck_assert_double_le(range[0], low + 0.01 * width);
    ck_assert_double_ge(range[1], high - 0.01 * width);
    ck_assert_double_eq_tol(range[2] / count, (low + high) / 2, 0.02 * width);
}

START_TEST(draws_fill_their_ranges)
{
    enum { EXAMPLES = 4000, NUMBERS = 7 };
    neuron_augmentation_t *augmentation;
    neuron_context_t *context = test_context();
    assert_ok(neuron_augmentation_create(
        &augmentation, context,
        "rotation=90, shear=45, height_shift=0.5, width_shift=2, zoom=0.25, brightness_low=0.5, "
        "brightness_high=2, horizontal_flip=yes"));
    double ranges[NUMBERS][3];
    for (int i = 0; i < NUMBERS; i++)
        memcpy(ranges[i], (double[]){INFINITY, -INFINITY, 0}, sizeof ranges[i]);
    int mirrored = 0, flipped = 0;
    for (int i = 0; i < EXAMPLES; i++) {
        neuron_augment_key key = {3, 1, (uint64_t)i};
        neuron_augment_draw d = neuron_augment_draw_for(&augmentation->settings, &whole, &key);
        const double values[NUMBERS] = {d.rotation, d.shear,       d.row_shift, d.column_shift,
                                        d.row_zoom, d.column_zoom, d.brightness};
        for (int k = 0; k < NUMBERS; k++)
            widen(values[k], ranges[k]);
        mirrored += d.mirrored;
        flipped += d.flipped;
    }
    static const double bounds[NUMBERS][2] = {{-90, 90},    {-45, 45},    {-3.5, 3.5}, {-2, 2},
                                              {0.75, 1.25}, {0.75, 1.25}, {0.5, 2}};
    for (int k = 0; k < NUMBERS; k++) {
        double unit = k < 2 ? pi / 180 : 1;
        check_range(ranges[k], bounds[k][0] * unit - 1e-12, bounds[k][1] * unit + 1e-12, EXAMPLES);
    }
    ck_assert_int_lt(abs(mirrored - EXAMPLES / 2), EXAMPLES / 20);
    ck_assert_int_eq(flipped, 0);
    neuron_augmentation_unref(augmentation);
    neuron_context_unref(context);
}
END_TEST

START_TEST(an_option_does_not_change_the_others)
{
    neuron_augment_settings one = filled(NEURON_FILL_NEAREST, 0), two;
    neuron_options_put(&one.options, NEURON_AUGMENTATION_ROTATION, 10);
    neuron_options_put(&one.options, NEURON_AUGMENTATION_ZOOM, 0.1);
    two = one;
    neuron_options_put(&two.options, NEURON_AUGMENTATION_HEIGHT_SHIFT, 0.2);
    neuron_options_put(&two.options, NEURON_AUGMENTATION_VERTICAL_FLIP, 1);
    neuron_augment_key key = {1, 2, 3};
    neuron_augment_draw a = neuron_augment_draw_for(&one, &whole, &key);
    neuron_augment_draw b = neuron_augment_draw_for(&two, &whole, &key);
    ck_assert(a.rotation == b.rotation && a.row_zoom == b.row_zoom && a.row_shift == 0 &&
              b.row_shift != 0);
}
END_TEST

START_TEST(each_example_epoch_and_seed_draws_anew)
{
    neuron_augment_settings settings = filled(NEURON_FILL_NEAREST, 0);
    neuron_options_put(&settings.options, NEURON_AUGMENTATION_ROTATION, 10);
    static const neuron_augment_key keys[] = {{1, 2, 3}, {1, 2, 4}, {1, 3, 3}, {2, 2, 3}};
    enum { TURNS = sizeof keys / sizeof keys[0] };
    double rotations[TURNS];
    for (int i = 0; i < TURNS; i++) {
        rotations[i] = neuron_augment_draw_for(&settings, &whole, &keys[i]).rotation;
        for (int j = 0; j < i; j++)
            ck_assert(rotations[i] != rotations[j]);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("warp");
    TCase *tests = tcase_create("warp");
    tcase_add_test(tests, each_transform_agrees_with_the_reference);
    tcase_add_test(tests, flips_are_exact);
    tcase_add_test(tests, a_shift_by_a_pixel_shows_the_border);
    tcase_add_test(tests, quarter_turns_are_exact);
    tcase_add_test(tests, nothing_drawn_moves_nothing);
    tcase_add_test(tests, draws_fill_their_ranges);
    tcase_add_test(tests, an_option_does_not_change_the_others);
    tcase_add_test(tests, each_example_epoch_and_seed_draws_anew);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
