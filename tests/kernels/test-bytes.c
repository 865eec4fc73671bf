/* Products of bytes, of each set of kernels, against plain loops of whole numbers: the same
 * bytes, also where sums of 16 bits would be cut off. */
#include "layer-fixture.h"

#include "ops/bytes-gemm.h"

static const char *const sets[] = {"baseline", "neon", "avx2", "avx2vnni", "avx512", "avx512vnni"};
enum { SETS = sizeof sets / sizeof *sets };
enum { GUARD = 3, LEFT_BYTES = 5000 };

typedef struct example {
    int64_t rows, columns, stretch, stretches, pool;
    int32_t zero_point;
    bool relu, gains, to_bytes, extreme;
} example;

typedef struct factors {
    uint8_t left[LEFT_BYTES];
    int64_t places[64];
    float kernel[400 * 70], scale[70], bias[70];
    neuron_post_op affine;
    float *gain, *offset; /* in whole panels */
} factors;

static uint32_t draw(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

static void fill(factors *f, const example *e)
{
    uint32_t state = 1;
    for (int i = 0; i < LEFT_BYTES; i++)
        f->left[i] = e->extreme ? 255 : (uint8_t)draw(&state);
    for (int64_t m = 0; m < e->rows; m++)
        f->places[m] = draw(&state) % 2000;
    for (int64_t i = 0; i < e->stretch * e->stretches * e->columns; i++)
        f->kernel[i] = e->extreme ? (i % e->columns % 2 ? 127 : -127)
                                  : (float)((int32_t)(draw(&state) % 255) - 127);
    for (int64_t n = 0; n < e->columns; n++) {
        f->scale[n] = (float)(draw(&state) % 1000) * 1e-4f * (n % 3 == 2 ? -1 : 1);
        f->bias[n] = (float)(draw(&state) % 1000) * 0.01f - 5;
        f->gain[n] = (float)(draw(&state) % 1000) * 0.002f - 1;
        f->offset[n] = (float)(draw(&state) % 1000) * 0.01f - 5;
    }
}

/* What column n of row m becomes before ReLU and gain; a step at a time. */
static float value_of(const factors *f, const example *e, int64_t m, int64_t n)
{
    enum { STEP = 600 };
    int32_t sum = 0;
    for (int64_t s = 0; s < e->stretches; s++)
        for (int64_t k = 0; k < e->stretch; k++)
            sum += (f->left[f->places[m] + s * STEP + k] - e->zero_point) *
                   (int32_t)f->kernel[(s * e->stretch + k) * e->columns + n];
    float scale = 0.25f * f->scale[n];
    float product = (float)sum * scale;
    return product + f->bias[n];
}

static float finish(const factors *f, const example *e, float value, int64_t n, float inverse)
{
    if (e->relu && value < 0)
        value = 0;
    if (!e->gains && !e->to_bytes)
        return value;
    float gain = e->gains ? f->gain[n] * inverse : inverse;
    float product = value * gain;
    return e->gains ? product + f->offset[n] * inverse : product;
}

static uint8_t byte_of(float value, int32_t zero_point)
{
    double byte = nearbyint((double)value) + zero_point;
    return (uint8_t)(byte > 255 ? 255 : byte >= 0 ? byte : 0);
}

static void check(const neuron_kernels *kernels, const example *e)
{
    static factors f;
    int64_t room = neuron_panel_round(e->columns);
    f.gain = fixture_floats(room);
    f.offset = fixture_floats(room);
    fill(&f, e);
    neuron_bytes_weights weights = {
        .stretches = e->stretches, .stretch = e->stretch, .columns = e->columns};
    void *memory = fixture_memory(neuron_bytes_lay_out(&weights, NULL));
    neuron_bytes_lay_out(&weights, memory);
    float inverse = 3.5f;
    neuron_post_ops post = {.count = 0};
    if (e->relu)
        post.list[post.count++].kind = NEURON_POST_RELU;
    if (e->gains)
        post.list[post.count++] =
            (neuron_post_op){.kind = NEURON_POST_SCALE_SHIFT, .scale = f.gain, .shift = f.offset};
    if (e->pool == 4)
        post.list[post.count++] = (neuron_post_op){
            .kind = NEURON_POST_MAX_POOL, .pooling = {.window_rows = 2, .window_columns = 2}};
    if (e->to_bytes)
        post.list[post.count++] =
            (neuron_post_op){.kind = NEURON_POST_QUANTIZE, .quantizer = {inverse, e->zero_point}};
    const neuron_bytes_values values = {f.kernel, f.scale, f.bias, 0.25f, e->zero_point, &post};
    neuron_bytes_pack(&weights, &values, kernels->lanes);
    const neuron_bytes_run run = {.weights = &weights, .post = &post};
    neuron_bytes_gemm_work work = neuron_bytes_work(&run);
    ck_assert_int_eq(work.pool, e->pool);
    int64_t rows = e->rows / e->pool, row = e->columns + GUARD;
    float *output = fixture_floats(rows * row);
    uint8_t *bytes = fixture_memory((size_t)(rows * row));
    work.rows = e->rows;
    work.left = f.left;
    work.places = f.places;
    work.stretch_step = 600;
    work.output_row = row;
    if (e->to_bytes)
        work.bytes = bytes;
    else
        work.output = output;
    kernels->dot->bytes_gemm(&work);
    for (int64_t m = 0; m < rows; m++) {
        for (int64_t n = 0; n < e->columns; n++) {
            float by = e->to_bytes ? inverse : 1, most = -INFINITY;
            for (int64_t i = 0; i < e->pool; i++)
                most = fmaxf(most, finish(&f, e, value_of(&f, e, e->pool * m + i, n), n, by));
            if (e->to_bytes)
                ck_assert_int_eq(bytes[m * row + n], byte_of(most, e->zero_point));
            else
                assert_that(memcmp(&output[m * row + n], &most, sizeof most) == 0 ||
                                (most == 0 && output[m * row + n] == 0),
                            "%s: row %d, column %d is %a, not %a", kernels->name, (int)m, (int)n,
                            output[m * row + n], most);
        }
        for (int64_t n = e->columns; n < row; n++)
            ck_assert_int_eq(bytes[m * row + n], 0xff);
    }
    free(bytes);
    free(output);
    free(memory);
    free(f.gain);
    free(f.offset);
}

START_TEST(products_are_exact)
{
    const neuron_kernels *kernels = neuron_kernels_find(sets[_i]);
    static const int64_t all_columns[] = {1, 7, 8, 9, 16, 17, 32, 33, 64, 70};
    static const int64_t all_rows[] = {1, 2, 3, 4, 5, 8, 11, 12, 16, 28, 40};
    uint32_t state = 7;
    for (int c = 0; kernels && c < 10; c++) {
        for (int r = 0; r < 11; r++) {
            for (int kind = 0; kind < 16; kind++) {
                example e = {.rows = all_rows[r],
                             .columns = all_columns[c],
                             .stretch = 1 + draw(&state) % 30,
                             .stretches = 1 + draw(&state) % 3,
                             .pool = 1,
                             .zero_point = (int32_t)(draw(&state) % 3) * 127 + kind % 2,
                             .relu = kind & 1,
                             .gains = kind & 2,
                             .to_bytes = kind & 4,
                             .extreme = (kind & 8) && r % 2};
                if (e.rows % 4 == 0 && kind & 8)
                    e.pool = 4;
                check(kernels, &e);
            }
        }
    }
}
END_TEST

/* Also sums of as many products as there may be, all as large as can be. */
START_TEST(the_deepest_sums_fit)
{
    const neuron_kernels *kernels = neuron_kernels_find(sets[_i]);
    enum { DEPTH = NEURON_BYTES_DEPTH_MAX };
    if (!kernels)
        return;
    uint8_t *left = fixture_memory(DEPTH);
    float *kernel = fixture_floats(DEPTH), output[2];
    neuron_post_ops post = {.count = 0};
    neuron_bytes_weights weights = {.stretches = 1, .stretch = DEPTH, .columns = 1};
    void *memory = fixture_memory(neuron_bytes_lay_out(&weights, NULL));
    neuron_bytes_lay_out(&weights, memory);
    for (int zero_point = 0; zero_point <= 255; zero_point += 255) {
        for (int64_t k = 0; k < DEPTH; k++)
            kernel[k] = zero_point ? -127 : 127;
        memset(left, zero_point ? 0 : 255, DEPTH);
        neuron_bytes_pack(&weights,
                          &(neuron_bytes_values){kernel, (const float[]){1}, (const float[]){0}, 1,
                                                 zero_point, &post},
                          kernels->lanes);
        neuron_bytes_gemm_work work =
            neuron_bytes_work(&(neuron_bytes_run){.weights = &weights, .post = &post});
        work.rows = 1;
        work.left = left;
        work.places = (const int64_t[]){0};
        work.output = output;
        kernels->dot->bytes_gemm(&work);
        ck_assert_float_eq(output[0], 255.0f * 127 * DEPTH);
    }
    free(memory);
    free(kernel);
    free(left);
}
END_TEST

START_TEST(floats_become_the_nearest_bytes)
{
    const neuron_kernels *kernels = neuron_kernels_find(sets[_i]);
    static const float values[] = {0,        -0.0f,       0.5f,         1.5f,   2.5f,    -0.5f,
                                   -1.5f,    0.49999997f, 254.5f,       255.5f, 1e9f,    -1e9f,
                                   3e38f,    -3e38f,      1e-40f,       127.5f, -128.5f, 100.25f,
                                   INFINITY, -INFINITY,   2147483648.0f};
    enum { COUNT = sizeof values / sizeof *values };
    for (int zero_point = 0; kernels && zero_point <= 255; zero_point += 51) {
        for (int count = 0; count <= COUNT; count++) {
            const neuron_quantizer by = {0.75f, zero_point};
            uint8_t bytes[COUNT + 1];
            memset(bytes, 77, sizeof bytes);
            kernels->bytes->quantize(&by, values, count, bytes);
            for (int i = 0; i < count; i++)
                assert_that(bytes[i] == byte_of(values[i] * 0.75f, zero_point), "%s: %g is %d",
                            kernels->name, values[i], bytes[i]);
            ck_assert_int_eq(bytes[count], 77);
        }
        float nothing = NAN;
        uint8_t byte;
        kernels->bytes->quantize(&(neuron_quantizer){1, zero_point}, &nothing, 1, &byte);
        ck_assert_int_eq(byte, 0);
    }
}
END_TEST

START_TEST(the_largest_byte_is_found)
{
    const neuron_kernels *kernels = neuron_kernels_find(sets[_i]);
    static uint8_t values[6 * 15 * 40];
    uint8_t output[5 * 40 + 1];
    uint32_t state = 3;
    for (size_t i = 0; i < sizeof values; i++)
        values[i] = (uint8_t)draw(&state);
    for (int channels = 1; kernels && channels <= 40; channels += 3) {
        int64_t row = 15 * channels;
        const neuron_bytes_pool_work work = {5, 2, 3, channels, row, values, output};
        memset(output, 1, sizeof output);
        kernels->bytes->bytes_max_pool(&work);
        for (int i = 0; i < 5; i++) {
            for (int c = 0; c < channels; c++) {
                uint8_t most = 0;
                for (int y = 0; y < 2; y++)
                    for (int x = 0; x < 3; x++) {
                        uint8_t value = values[y * row + (3 * i + x) * channels + c];
                        most = value > most ? value : most;
                    }
                ck_assert_int_eq(output[i * channels + c], most);
            }
        }
        ck_assert_int_eq(output[5 * channels], 1);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("bytes");
    TCase *all = tcase_create("all");
    tcase_set_timeout(all, 0);
    tcase_add_loop_test(all, products_are_exact, 0, SETS);
    tcase_add_loop_test(all, the_deepest_sums_fit, 0, SETS);
    tcase_add_loop_test(all, floats_become_the_nearest_bytes, 0, SETS);
    tcase_add_loop_test(all, the_largest_byte_is_found, 0, SETS);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
