/* L-BFGS: that it comes to the least value, in how many steps, and that it ends where rounding
 * does. */
#include "base/random.h"
#include "calibrate/minimize.h"
#include "test-common.h"

#include <math.h>

static neuron_context_t *context;

static void set_up(void)
{
    context = test_context();
}

static void tear_down(void)
{
    neuron_context_unref(context);
}

enum { MANY = 40 };

/* Squares around 1, 2, 3, ..., the last a thousand times as steep as the first. */
static double squares(void *object, const double *point, double *slopes)
{
    double sum = 0;
    for (int i = 0; i < MANY; i++) {
        double steep = pow(1e3, (double)i / (MANY - 1)), off = point[i] - (i + 1);
        sum += steep * off * off / 2;
        slopes[i] = steep * off;
    }
    ++*(int *)object;
    return sum;
}

static double go(int *calls, int64_t iterations)
{
    double point[MANY] = {0}, farthest = 0;
    const neuron_function function = {MANY, squares, calls};
    assert_ok(neuron_minimize(point, context, &function, iterations, 1e-10));
    for (int i = 0; i < MANY; i++)
        farthest = fmax(farthest, fabs(point[i] - (i + 1)));
    return farthest;
}

START_TEST(least_value)
{
    int calls = 0;
    ck_assert_double_le(go(&calls, 1000), 1e-5);
    ck_assert_int_le(calls, 400);
}
END_TEST

enum { EXAMPLES = 2000, CLASSES = 10 };

typedef struct scores {
    int calls;
    double logs[EXAMPLES][CLASSES];
    int labels[EXAMPLES];
} scores;

/* The log loss of scaled and shifted scores, which is rounded in each of its many sums. */
static double log_loss(void *object, const double *point, double *slopes)
{
    scores *s = object;
    double loss = 0;
    s->calls++;
    memset(slopes, 0, 2 * CLASSES * sizeof *slopes);
    for (int i = 0; i < EXAMPLES; i++) {
        double made[CLASSES], sum = 0;
        for (int k = 0; k < CLASSES; k++)
            sum += made[k] = exp(point[k] * s->logs[i][k] + point[CLASSES + k]);
        loss -= log(made[s->labels[i]] / sum) / EXAMPLES;
        for (int k = 0; k < CLASSES; k++) {
            double off = (made[k] / sum - (k == s->labels[i])) / EXAMPLES;
            slopes[k] += off * s->logs[i][k];
            slopes[CLASSES + k] += off;
        }
    }
    return loss;
}

/* Near the least value rounding hides what is still gained. Slopes lead on, and where they are no
 * more than rounding either, that is the end: with a look at the value alone, halvings of steps
 * come to thousands. */
START_TEST(ends_where_rounding_does)
{
    static scores s;
    double point[2 * CLASSES] = {0}, slopes[2 * CLASSES];
    neuron_random_reader reader = neuron_random_read(3, NEURON_RANDOM_INITIALIZE, 0);
    for (int i = 0; i < EXAMPLES; i++) {
        double most = -INFINITY;
        for (int k = 0; k < CLASSES; k++) {
            s.logs[i][k] = 4 * neuron_random_normal(&reader);
            double drawn = s.logs[i][k] / 1.5 - log(-log(neuron_random_uniform(&reader)));
            if (drawn > most)
                s.labels[i] = k;
            most = fmax(most, drawn);
        }
    }
    s.calls = 0;
    const neuron_function function = {2 * CLASSES, log_loss, &s};
    assert_ok(neuron_minimize(point, context, &function, 1000, 1e-10));
    ck_assert_int_le(s.calls, 200);
    log_loss(&s, point, slopes);
    for (int j = 0; j < 2 * CLASSES; j++)
        ck_assert_double_le(fabs(slopes[j]), 1e-9);
    for (int k = 0; k < CLASSES; k++)
        ck_assert_double_eq_tol(point[k], 1 / 1.5, 0.1);
}
END_TEST

START_TEST(no_more_iterations_than_asked_for)
{
    int calls = 0;
    ck_assert_double_gt(go(&calls, 3), 1);
    ck_assert_int_le(calls, 3 * 10);
}
END_TEST

/* Rosenbrock's valley, which turns. */
static double valley(void *object, const double *point, double *slopes)
{
    double x = point[0], y = point[1], off = y - x * x;
    ++*(int *)object;
    slopes[0] = -2 * (1 - x) - 400 * x * off;
    slopes[1] = 200 * off;
    return (1 - x) * (1 - x) + 100 * off * off;
}

START_TEST(a_valley)
{
    int calls = 0;
    double point[2] = {-1.2, 1};
    const neuron_function function = {2, valley, &calls};
    assert_ok(neuron_minimize(point, context, &function, 1000, 1e-12));
    ck_assert_double_eq_tol(point[0], 1, 1e-8);
    ck_assert_double_eq_tol(point[1], 1, 1e-8);
    ck_assert_int_le(calls, 100);
}
END_TEST

/* A value that falls without end: as far as the iterations lead, and finite. */
static double slope(void *object, const double *point, double *slopes)
{
    ++*(int *)object;
    slopes[0] = -exp(-point[0]);
    return exp(-point[0]);
}

START_TEST(no_least_value)
{
    int calls = 0;
    double point = 0;
    const neuron_function function = {1, slope, &calls};
    assert_ok(neuron_minimize(&point, context, &function, 1000, 1e-10));
    ck_assert_double_ge(point, 20);
    ck_assert_double_le(point, 1000);
    ck_assert_int_le(calls, 100);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("minimize");
    TCase *tests = tcase_create("minimize");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, least_value);
    tcase_add_test(tests, ends_where_rounding_does);
    tcase_add_test(tests, no_more_iterations_than_asked_for);
    tcase_add_test(tests, a_valley);
    tcase_add_test(tests, no_least_value);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
