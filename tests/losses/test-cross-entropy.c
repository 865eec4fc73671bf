#include "test-common.h"

#include "losses/cross-entropy.h"

#include <float.h>
#include <math.h>

enum { CLASSES = 5 };

/* The loss once more, by its definition and in long double. */
static double reference(const double *output, bool logits, const float *target)
{
    long double sum = 0, loss = 0;
    for (int i = 0; i < CLASSES; i++)
        sum += logits ? expl((long double)output[i]) : (long double)output[i];
    for (int i = 0; i < CLASSES; i++) {
        long double share = logits ? expl((long double)output[i]) : (long double)output[i];
        share /= sum;
        if (!logits)
            share = fminl(fmaxl(share, 1e-7L), 1 - 1e-7L);
        loss -= (long double)target[i] * logl(share);
    }
    return (double)loss;
}

/* Loss against the definition, gradient against the definition's central differences. */
static void check(const float *output, bool logits, const float *target)
{
    float scale = 0.25f;
    float gradient[CLASSES];
    double exact[CLASSES];
    for (int i = 0; i < CLASSES; i++)
        exact[i] = (double)output[i];
    double loss = neuron_cross_entropy(neuron_kernels_choose(), output, logits, target, CLASSES,
                                       scale, gradient);
    ck_assert_double_eq_tol(loss, reference(exact, logits, target), 1e-9);
    ck_assert(loss == neuron_cross_entropy(neuron_kernels_choose(), output, logits, target, CLASSES,
                                           1, NULL));
    for (int i = 0; i < CLASSES; i++) {
        double width = 1e-6 * fmax(1e-3, fabs(exact[i]));
        double middle = exact[i];
        exact[i] = middle + width;
        double above = reference(exact, logits, target);
        exact[i] = middle - width;
        double below = reference(exact, logits, target);
        exact[i] = middle;
        double slope = (double)scale * (above - below) / (2 * width);
        ck_assert_double_eq_tol((double)gradient[i], slope, 1e-5 * fmax(1, fabs(slope)));
    }
}

static const float targets[][CLASSES] = {
    {0, 1, 0, 0, 0},
    {0, 0, 0, 0, 1},
    {0.1f, 0.2f, 0.3f, 0.4f, 0},
    {0.2f, 0.2f, 0.2f, 0.2f, 0.2f},
    {0.5f, 0.2505f, 0.25f, 0, 0}, /* as far from 1 as a dataset lets through */
};

START_TEST(logits_are_right)
{
    const float outputs[][CLASSES] = {
        {0, 0, 0, 0, 0}, {1, -2, 0.5f, 3, -0.25f}, {20, -20, 5, 19, 0}, {-60, -61, -62, -63, -59}};
    for (size_t i = 0; i < sizeof outputs / sizeof outputs[0]; i++)
        check(outputs[i], true, targets[_i]);
}
END_TEST

START_TEST(probabilities_are_right)
{
    const float outputs[][CLASSES] = {{0.2f, 0.2f, 0.2f, 0.2f, 0.2f},
                                      {0.1f, 0.05f, 0.6f, 0.15f, 0.1f},
                                      {1, 3, 2, 0.5f, 1.5f}, /* do not add up to 1 */
                                      {0.5f, 5e-8f, 0.3f, 0.1f, 3e-8f} /* below the smallest */};
    for (size_t i = 0; i < sizeof outputs / sizeof outputs[0]; i++)
        check(outputs[i], false, targets[_i]);
}
END_TEST

START_TEST(huge_logits_stay_finite)
{
    const float output[] = {1e4f, -1e4f, 0, 1e4f, FLT_MAX};
    float gradient[CLASSES];
    double loss =
        neuron_cross_entropy(neuron_kernels_choose(), output, true, targets[0], 4, 1, gradient);
    ck_assert_double_eq_tol(loss, 2e4 + log(2), 1e-9);
    ck_assert(gradient[0] == 0.5f && gradient[1] == -1 && gradient[2] == 0 && gradient[3] == 0.5f);
    loss = neuron_cross_entropy(neuron_kernels_choose(), output, true, targets[1], 5, 1, gradient);
    ck_assert(loss == 0 && gradient[4] == 0);
    loss = neuron_cross_entropy(neuron_kernels_choose(), output, true, targets[0], 5, 1, gradient);
    ck_assert(isfinite(loss) && loss > 3e38);
}
END_TEST

START_TEST(sure_probabilities_are_clipped)
{
    const float output[] = {0, 0, 0, 0, 1};
    float gradient[CLASSES];
    ck_assert_double_eq_tol(
        neuron_cross_entropy(neuron_kernels_choose(), output, false, targets[1], 5, 1, gradient),
        1e-7, 1e-12);
    for (int i = 0; i < CLASSES; i++)
        ck_assert(gradient[i] == 0);
    ck_assert_double_eq_tol(
        neuron_cross_entropy(neuron_kernels_choose(), output, false, targets[0], 5, 1, gradient),
        -log(1e-7), 1e-9);
    for (int i = 0; i < CLASSES; i++)
        ck_assert(gradient[i] == 0);
}
END_TEST

/* Wherever it stands and whatever the target of its class. */
START_TEST(what_is_not_finite_shows)
{
    const float bad[] = {NAN, INFINITY};
    for (int i = 0; i < 2 * CLASSES; i++) {
        float output[] = {0.2f, 0.2f, 0.2f, 0.2f, 0.2f};
        output[i / 2] = bad[i % 2];
        ck_assert(!isfinite(
            neuron_cross_entropy(neuron_kernels_choose(), output, true, targets[_i], 5, 1, NULL)));
        ck_assert(!isfinite(
            neuron_cross_entropy(neuron_kernels_choose(), output, false, targets[_i], 5, 1, NULL)));
    }
    const float nothing[CLASSES] = {0};
    ck_assert(isnan(
        neuron_cross_entropy(neuron_kernels_choose(), nothing, false, targets[_i], 5, 1, NULL)));
    const float bottomless[] = {-INFINITY, -INFINITY, -INFINITY, -INFINITY, -INFINITY};
    ck_assert(!isfinite(
        neuron_cross_entropy(neuron_kernels_choose(), bottomless, true, targets[_i], 5, 1, NULL)));
    ck_assert(!isfinite(
        neuron_cross_entropy(neuron_kernels_choose(), bottomless, false, targets[_i], 5, 1, NULL)));
}
END_TEST

START_TEST(largest_takes_the_first_of_equals)
{
    ck_assert_int_eq(neuron_argmax((const float[]){1}, 1), 0);
    ck_assert_int_eq(neuron_argmax((const float[]){1, 3, 2, 3}, 4), 1);
    ck_assert_int_eq(neuron_argmax((const float[]){-3, -1, -2}, 3), 1);
    ck_assert_int_eq(neuron_argmax((const float[]){NAN, -1, -2}, 3), 1);
    ck_assert_int_eq(neuron_argmax((const float[]){1, NAN, 2}, 3), 2);
    ck_assert_int_eq(neuron_argmax((const float[]){NAN, NAN, -INFINITY, NAN}, 4), 2);
    ck_assert_int_eq(neuron_argmax((const float[]){NAN, NAN}, 2), 0);
}
END_TEST

int main(void)
{
    int count = sizeof targets / sizeof targets[0];
    Suite *suite = suite_create("cross-entropy");
    TCase *cases = tcase_create("cross-entropy");
    tcase_add_loop_test(cases, logits_are_right, 0, count);
    tcase_add_loop_test(cases, probabilities_are_right, 0, count);
    tcase_add_test(cases, huge_logits_stay_finite);
    tcase_add_test(cases, sure_probabilities_are_clipped);
    tcase_add_loop_test(cases, what_is_not_finite_shows, 0, count);
    tcase_add_test(cases, largest_takes_the_first_of_equals);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
