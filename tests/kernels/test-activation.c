/* Activations of each set of kernels against the same in double, over the whole range of floats. */
#include "layer-fixture.h"

#include <float.h>

enum { STEP = 3001 };

static const neuron_post_kind first = NEURON_POST_RELU, last = NEURON_POST_PRELU;

static const float alpha = 0.3f, beta = 1.7f;

static neuron_post_op op_of(neuron_post_kind kind, const float *slopes)
{
    return (neuron_post_op){.kind = kind, .alpha = alpha, .beta = beta, .scale = slopes};
}

static double logistic(double x)
{
    return x < 0 ? exp(x) / (1 + exp(x)) : 1 / (1 + exp(-x));
}

/* The normal distribution up to x. */
static double normal(double x)
{
    return 0.5 * erfc(-x * 0.70710678118654752440);
}

static double inner_of_gelu(double x)
{
    return 1.5957691216057307 * (x + 0.044715 * x * x * x);
}

static double elu(double x, double by)
{
    return x > 0 ? x : by * expm1(x);
}

static double value(neuron_post_kind kind, double x)
{
    double selu = 1.0507009873554805, selu_alpha = 1.6732632423543772;
    switch (kind) {
    case NEURON_POST_RELU:
        return x > 0 ? x : 0;
    case NEURON_POST_LEAKY_RELU:
    case NEURON_POST_PRELU:
        return x > 0 ? x : (double)alpha * x;
    case NEURON_POST_ELU:
        return elu(x, (double)alpha);
    case NEURON_POST_SELU:
        return selu * elu(x, selu_alpha);
    case NEURON_POST_TANH:
        return tanh(x);
    case NEURON_POST_SIGMOID:
        return logistic(x);
    case NEURON_POST_SOFTPLUS:
        return (x > 0 ? x : 0) + log1p(exp(-fabs(x)));
    case NEURON_POST_SOFTSIGN:
        return isinf(x) ? copysign(1, x) : x / (1 + fabs(x));
    case NEURON_POST_EXPONENTIAL:
        return exp(x);
    case NEURON_POST_GELU:
        return isinf(x) && x < 0 ? 0 : x * normal(x);
    case NEURON_POST_GELU_TANH:
        return isinf(x) && x < 0 ? 0 : x * logistic(inner_of_gelu(x));
    case NEURON_POST_SILU:
        return isinf(x) && x < 0 ? 0 : x * logistic(x);
    case NEURON_POST_CLIP:
        return x < (double)alpha ? (double)alpha : x > (double)beta ? (double)beta : x;
    default: /* HARD_SWISH */
        return x <= -3 ? 0 : x >= 3 ? x : x * (x + 3) / 6;
    }
}

/* The slope where `seen` is what the activation made, or was made of. */
static double slope(neuron_post_kind kind, double seen)
{
    double selu = 1.0507009873554805, selu_alpha = 1.6732632423543772, share = logistic(seen);
    switch (kind) {
    case NEURON_POST_RELU:
        return seen > 0;
    case NEURON_POST_LEAKY_RELU:
    case NEURON_POST_PRELU:
        return seen > 0 ? 1 : (double)alpha;
    case NEURON_POST_ELU:
        return seen > 0 ? 1 : seen + (double)alpha;
    case NEURON_POST_SELU:
        return seen > 0 ? selu : seen + selu * selu_alpha;
    case NEURON_POST_TANH:
        return 1 - seen * seen;
    case NEURON_POST_SIGMOID:
        return seen * (1 - seen);
    case NEURON_POST_SOFTPLUS:
        return -expm1(-seen);
    case NEURON_POST_SOFTSIGN:
        return (1 - fabs(seen)) * (1 - fabs(seen));
    case NEURON_POST_EXPONENTIAL:
        return seen;
    case NEURON_POST_GELU:
        return normal(seen) + (isinf(seen) ? 0 : seen * 0.3989422804014327 * exp(-seen * seen / 2));
    case NEURON_POST_GELU_TANH: {
        double by_tanh = logistic(inner_of_gelu(seen));
        return isinf(seen) ? by_tanh
                           : by_tanh + seen * by_tanh * logistic(-inner_of_gelu(seen)) *
                                           1.5957691216057307 * (1 + 0.134145 * seen * seen);
    }
    case NEURON_POST_SILU:
        return isinf(seen) ? share : share + seen * share * logistic(-seen);
    case NEURON_POST_CLIP:
        return seen > (double)alpha && seen < (double)beta;
    default: /* HARD_SWISH */
        return seen < -3 ? 0 : seen > 3 ? 1 : seen / 3 + 0.5;
    }
}

/* What a backward pass sees of an activation that reads its output. */
static bool is_made(neuron_post_kind kind, float y)
{
    const double least[] = {[NEURON_POST_RELU] = 0,        [NEURON_POST_LEAKY_RELU] = -INFINITY,
                            [NEURON_POST_ELU] = -0.3,      [NEURON_POST_SELU] = -1.7580992,
                            [NEURON_POST_TANH] = -1,       [NEURON_POST_SIGMOID] = 0,
                            [NEURON_POST_SOFTPLUS] = 0,    [NEURON_POST_SOFTSIGN] = -1,
                            [NEURON_POST_EXPONENTIAL] = 0, [NEURON_POST_CLIP] = 0.3};
    bool below_one =
        kind == NEURON_POST_TANH || kind == NEURON_POST_SIGMOID || kind == NEURON_POST_SOFTSIGN;
    return neuron_post_sees_input(kind) || isnan(y) ||
           ((double)y >= least[kind] && (!below_one || y <= 1));
}

/* Units in the last place, and for what crosses 0, or flows from a cube, an error beside 1. */
typedef struct bound {
    double units, absolute;
} bound;

static bound value_bound(neuron_post_kind kind)
{
    /* Where a share of x is subnormal, it has few digits. */
    double tiny = 1e-36;
    switch (kind) {
    case NEURON_POST_GELU:
        return (bound){4, tiny};
    case NEURON_POST_GELU_TANH:
        return (bound){2.5, 1.2e-7};
    case NEURON_POST_SILU:
        return (bound){3.5, tiny};
    case NEURON_POST_SELU:
        return (bound){3, 0};
    case NEURON_POST_EXPONENTIAL:
        return (bound){1.1, 0};
    case NEURON_POST_SIGMOID:
        return (bound){2.3, 0};
    default:
        return (bound){2, 0};
    }
}

static bound slope_bound(neuron_post_kind kind)
{
    bool crosses = kind == NEURON_POST_ELU || kind == NEURON_POST_SELU ||
                   (neuron_post_sees_input(kind) && kind != NEURON_POST_PRELU);
    return (bound){3, kind == NEURON_POST_GELU_TANH ? 4e-7 : crosses ? 2e-7 : 0};
}

static void check(neuron_post_kind kind, const char *what, float x, float result, double expected,
                  bound by)
{
    double unit = fmax(ldexp(1, ilogb(fmax(fabs(expected), (double)FLT_MIN)) - 23), 0x1p-149);
    bool fine = fabs((double)result - expected) <= by.units * unit + by.absolute;
    if (isnan(expected))
        fine = isnan(result);
    else if (fabs(expected) > (double)FLT_MAX)
        fine = isinf(result) && (result > 0) == (expected > 0);
    else if (fabs(expected) < (double)FLT_MIN * 2)
        fine = fabs((double)result) <= (double)FLT_MIN * 2;
    assert_that(fine, "%s of kind %d at %.9g (%a) is %.9g, not %.9g", what, (int)kind, (double)x,
                (double)x, (double)result, expected);
}

/* Every STEP-th float, and what is special. */
static int64_t fill(float *values, int64_t room)
{
    static const float special[] = {0.0f,      -0.0f,    1,      -1,     3,       -3,
                                    INFINITY,  88.7f,    88.73f, -87.3f, -103.9f, -104.1f,
                                    0.625f,    -0.625f,  NAN,    1e-45f, -1e-45f, FLT_MAX,
                                    FLT_MIN,   -FLT_MAX, 16.1f,  -14,    -13.1f,  -INFINITY,
                                    8.000001f, 20,       1e-30f, -1e-30f};
    int64_t count = 0;
    for (size_t i = 0; i < sizeof special / sizeof *special; i++)
        values[count++] = special[i];
    for (uint64_t bits = 1; bits <= UINT32_MAX && count < room; bits += STEP) {
        uint32_t word = (uint32_t)bits;
        memcpy(&values[count++], &word, sizeof word);
    }
    return count;
}

enum { ROOM = (int)(UINT32_MAX / STEP) + 64 };

START_TEST(values_are_exact)
{
    const neuron_kernels *kernels = neuron_kernels_find(kernel_names[_i]);
    if (!kernels)
        return;
    float *x = fixture_floats(ROOM), *y = fixture_floats(ROOM), *slopes = fixture_floats(ROOM);
    int64_t count = fill(x, ROOM);
    for (int64_t i = 0; i < ROOM; i++)
        slopes[i] = alpha;
    for (neuron_post_kind kind = first; kind <= last; kind++) {
        const neuron_post_op op = op_of(kind, slopes);
        kernels->element->activate(&op, x, count, y);
        for (int64_t i = 0; i < count; i++)
            check(kind, "value", x[i], y[i], isnan(x[i]) ? NAN : value(kind, (double)x[i]),
                  value_bound(kind));
    }
    free(x);
    free(y);
    free(slopes);
}
END_TEST

START_TEST(slopes_are_exact)
{
    const neuron_kernels *kernels = neuron_kernels_find(kernel_names[_i]);
    if (!kernels)
        return;
    float *seen = fixture_floats(ROOM), *dx = fixture_floats(ROOM), *dy = fixture_floats(ROOM),
          *slopes = fixture_floats(ROOM);
    int64_t count = fill(seen, ROOM);
    for (int64_t i = 0; i < ROOM; i++) {
        slopes[i] = alpha;
        dy[i] = i % 2 ? 1 : -1;
    }
    for (neuron_post_kind kind = first; kind <= last; kind++) {
        const neuron_post_op op = op_of(kind, slopes);
        kernels->element->activate_back(&op, dy, seen, count, dx);
        for (int64_t i = 0; i < count; i++) {
            bool passes = kind == NEURON_POST_RELU || kind == NEURON_POST_LEAKY_RELU ||
                          kind == NEURON_POST_PRELU || kind == NEURON_POST_CLIP;
            if (!is_made(kind, seen[i]) || (passes && isnan(seen[i])))
                continue;
            double expected = isnan(seen[i]) ? NAN : slope(kind, (double)seen[i]);
            check(kind, "slope", seen[i], dx[i] / dy[i], expected, slope_bound(kind));
        }
    }
    free(seen);
    free(dx);
    free(dy);
    free(slopes);
}
END_TEST

/* Any number of values, in place as well, and nothing behind them. */
START_TEST(ends_where_told)
{
    enum { MOST = 40 };
    const neuron_kernels *kernels = neuron_kernels_find(kernel_names[_i]);
    for (neuron_post_kind kind = first; kernels && kind <= last; kind++) {
        float x[MOST + 1], y[MOST + 1], slopes[2 * MOST];
        fixture_fill(x, MOST + 1, 1);
        fixture_fill(slopes, 2 * MOST, 2);
        const neuron_post_op op = op_of(kind, slopes);
        kernels->element->activate(&op, x, MOST, y);
        for (int64_t count = 0; count < MOST; count++) {
            float in_place[MOST + 1], back[MOST + 1];
            memcpy(in_place, x, sizeof x);
            kernels->element->activate(&op, in_place, count, in_place);
            assert_same_bytes(in_place, y, count);
            assert_same_bytes(in_place + count, x + count, MOST + 1 - count);
            kernels->element->activate_back(&op, x, y, MOST, back);
            memcpy(in_place, x, sizeof x);
            kernels->element->activate_back(&op, in_place, y, count, in_place);
            assert_same_bytes(in_place, back, count);
            assert_same_bytes(in_place + count, x + count, MOST + 1 - count);
        }
    }
}
END_TEST

enum { ROWS = 3, COLUMNS = 21, STRIDE = 27, LEFT = 32, BELOW = 5 };
enum { FLOATS = BELOW + ROWS * STRIDE };

/* A block somewhere in an output: its arrays are found, and only it is changed. */
START_TEST(lists_are_done_in_order)
{
    const neuron_kernels *kernels = neuron_kernels_find(kernel_names[_i]);
    for (neuron_post_kind kind = first; kernels && kind <= last; kind++) {
        float x[FLOATS], expected[FLOATS], before[FLOATS], seen[FLOATS], scale[128], shift[128];
        fixture_fill(x, FLOATS, 1);
        fixture_fill(seen, FLOATS, 2);
        fixture_fill(scale, 128, 3);
        fixture_fill(shift, 128, 4);
        memcpy(expected, x, sizeof x);
        memset(before, 0, sizeof before);
        const neuron_post_op scaling = {
            .kind = NEURON_POST_SCALE_SHIFT, .scale = scale, .shift = shift};
        neuron_post_op forward = op_of(kind, scale), back = forward,
                       here = op_of(kind, scale + LEFT);
        forward.before = before;
        back.seen = seen;
        const neuron_post_ops ops = {3, {scaling, forward, back}};
        const neuron_post_slice slice = {&ops, LEFT, BELOW};
        for (int64_t row = 0; row < ROWS; row++) {
            float *values = expected + BELOW + row * STRIDE;
            const neuron_post_ops alone = {1, {scaling}};
            const neuron_post_slice one = {&alone, LEFT, 0};
            kernels->element->post_ops(&one, 0, 1, COLUMNS, values, COLUMNS);
            ck_assert(fabsf(values[2] - (x[BELOW + row * STRIDE + 2] * scale[LEFT + 2] +
                                         shift[LEFT + 2])) < 1e-6f);
            kernels->element->activate(&here, values, COLUMNS, values);
            kernels->element->activate_back(&here, values, seen + BELOW + row * STRIDE, COLUMNS,
                                            values);
        }
        kernels->element->post_ops(&slice, 0, ROWS, COLUMNS, x + BELOW, STRIDE);
        assert_same_bytes(x, expected, FLOATS);
        kernels->element->activate(&here, before + BELOW + STRIDE, COLUMNS,
                                   before + BELOW + STRIDE);
        kernels->element->activate_back(&here, before + BELOW + STRIDE, seen + BELOW + STRIDE,
                                        COLUMNS, before + BELOW + STRIDE);
        assert_same_bytes(before + BELOW + STRIDE, expected + BELOW + STRIDE, COLUMNS);
        ck_assert(before[BELOW - 1] == 0 && before[BELOW + COLUMNS] == 0);
    }
}
END_TEST

/* To 1e-14, as the header says. */
START_TEST(exponentials_and_logarithms)
{
    enum { COUNT = 21, PADDED = 24 };
    const neuron_kernels *kernels = neuron_kernels_find(kernel_names[_i]);
    for (int k = 0; kernels && k < 5000; k++) {
        double powers[PADDED] = {0}, numbers[PADDED] = {0}, results[PADDED] = {0};
        for (int i = 0; i < COUNT; i++) {
            powers[i] = -pow(1.0061 + i * 1e-5, k % 1080) + (k % 7 == 0);
            powers[i] = powers[i] > 0 ? 0 : powers[i];
            numbers[i] = pow(1.3 + i * 0.01, k % 2000 - 1000);
        }
        kernels->element->exponentials(powers, COUNT, results);
        for (int i = 0; i < COUNT; i++)
            ck_assert_double_eq_tol(results[i], exp(fmax(powers[i], -708)),
                                    1e-14 * exp(fmax(powers[i], -708)));
        kernels->element->logarithms(numbers, COUNT, numbers);
        for (int i = 0; i < COUNT; i++) {
            double exact = log(pow(1.3 + i * 0.01, k % 2000 - 1000));
            ck_assert_double_eq_tol(numbers[i], exact, 1e-14 * fmax(1, fabs(exact)));
        }
    }
    double special[8] = {NAN, 0, -INFINITY, -1e300, -700, -1e-300};
    if (!kernels)
        return;
    kernels->element->exponentials(special, 8, special);
    ck_assert(isnan(special[0]) && special[1] == 1 && special[2] < 1e-307 && special[3] < 1e-307 &&
              special[4] > 0 && special[5] == 1);
    double others[8] = {NAN, 1, INFINITY, DBL_MIN, DBL_MAX};
    kernels->element->logarithms(others, 8, others);
    ck_assert(isnan(others[0]) && others[1] == 0 && isinf(others[2]));
    ck_assert_double_eq_tol(others[3], log(DBL_MIN), 1e-11);
    ck_assert_double_eq_tol(others[4], log(DBL_MAX), 1e-11);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("activation");
    TCase *all = tcase_create("all");
    tcase_set_timeout(all, 240);
    tcase_add_loop_test(all, values_are_exact, 0, KERNEL_NAMES);
    tcase_add_loop_test(all, slopes_are_exact, 0, KERNEL_NAMES);
    tcase_add_loop_test(all, ends_where_told, 0, KERNEL_NAMES);
    tcase_add_loop_test(all, lists_are_done_in_order, 0, KERNEL_NAMES);
    suite_add_tcase(suite, all);
    tcase_add_loop_test(all, exponentials_and_logarithms, 0, KERNEL_NAMES);
    return run_suite(suite);
}
