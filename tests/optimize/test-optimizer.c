#include "test-common.h"

#include "kernels/kernels.h"
#include "optimize/optimizer.h"

#include <float.h>
#include <math.h>

enum { COUNT = 70001, STEPS = 20 }; /* several pieces, the last one not whole */

/* A training's arrays. */
struct arrays {
    float *values, *gradients, *slots[NEURON_OPTIMIZER_SLOTS_MAX];
};

static float *zeros(void)
{
    float *memory = calloc(COUNT, sizeof *memory);
    ck_assert_ptr_nonnull(memory);
    return memory;
}

static struct arrays make_arrays(void)
{
    struct arrays made = {zeros(), zeros(), {zeros(), zeros()}};
    for (int64_t i = 0; i < COUNT; i++)
        made.values[i] = (float)(i % 17) / 16 - 0.5f;
    return made;
}

static void free_arrays(struct arrays *arrays)
{
    free(arrays->values);
    free(arrays->gradients);
    free(arrays->slots[0]);
    free(arrays->slots[1]);
}

/* Every third parameter never has a gradient. */
static float gradient_at(int64_t i, uint64_t step)
{
    return i % 3 == 0 ? 0 : (float)((i * 7 + (int64_t)step * 13) % 101 - 50) / 40;
}

static void set_gradients(float *gradients, uint64_t step)
{
    for (int64_t i = 0; i < COUNT; i++)
        gradients[i] = gradient_at(i, step);
}

static void run_steps(const neuron_optimizer_t *optimizer, struct arrays *arrays, neuron_pool *pool)
{
    for (uint64_t step = 1; step <= STEPS; step++) {
        set_gradients(arrays->gradients, step);
        neuron_update update = {optimizer,
                                neuron_kernels_choose(),
                                step,
                                0,
                                arrays->values,
                                arrays->gradients,
                                {arrays->slots[0], arrays->slots[1]},
                                COUNT};
        neuron_optimizer_apply(&update, pool);
    }
}

static double option(const neuron_optimizer_t *optimizer, int32_t key)
{
    double value;
    assert_ok(neuron_optimizer_get_float(optimizer, key, &value));
    return value;
}

/* The rules once more, in double and one parameter at a time. */
static double sgd_reference(const neuron_optimizer_t *sgd, double value, int64_t i)
{
    double velocity = 0;
    for (uint64_t step = 1; step <= STEPS; step++) {
        velocity = option(sgd, NEURON_OPTIMIZER_MOMENTUM) * velocity -
                   option(sgd, NEURON_OPTIMIZER_LEARNING_RATE) * (double)gradient_at(i, step);
        value += velocity;
    }
    return value;
}

/* As the paper has it, with corrected moments; epsilon is then scaled as in Keras. */
static double adam_reference(const neuron_optimizer_t *adam, double value, int64_t i)
{
    const double beta_1 = option(adam, NEURON_OPTIMIZER_BETA_1);
    const double beta_2 = option(adam, NEURON_OPTIMIZER_BETA_2);
    double first = 0, second = 0, power_1 = 1, power_2 = 1;
    for (uint64_t step = 1; step <= STEPS; step++) {
        const double gradient = (double)gradient_at(i, step);
        power_1 *= beta_1;
        power_2 *= beta_2;
        first = beta_1 * first + (1 - beta_1) * gradient;
        second = beta_2 * second + (1 - beta_2) * gradient * gradient;
        const double epsilon = option(adam, NEURON_OPTIMIZER_EPSILON) / sqrt(1 - power_2);
        value -= option(adam, NEURON_OPTIMIZER_LEARNING_RATE) * (first / (1 - power_1)) /
                 (sqrt(second / (1 - power_2)) + epsilon);
    }
    return value;
}

static void compare(const neuron_optimizer_t *optimizer, neuron_context_t *context,
                    double (*reference)(const neuron_optimizer_t *, double, int64_t))
{
    struct arrays start = make_arrays(), trained = make_arrays();
    run_steps(optimizer, &trained, context->pool);
    for (int64_t i = 0; i < COUNT; i += i < 300 || i > COUNT - 300 ? 1 : 97) {
        const double expected = reference(optimizer, (double)start.values[i], i);
        ck_assert_double_eq_tol((double)trained.values[i], expected, 2e-5);
        if (i % 3 == 0)
            ck_assert(trained.values[i] == start.values[i]);
    }
    free_arrays(&start);
    free_arrays(&trained);
}

START_TEST(sgd_follows_its_rule)
{
    neuron_context_t *context = test_context();
    neuron_optimizer_t *sgd;
    assert_ok(neuron_optimizer_create(&sgd, context, NEURON_OPTIMIZER_SGD));
    compare(sgd, context, sgd_reference);
    assert_ok(neuron_optimizer_set_float(sgd, NEURON_OPTIMIZER_MOMENTUM, 0.9));
    assert_ok(neuron_optimizer_set_float(sgd, NEURON_OPTIMIZER_LEARNING_RATE, 0.02));
    compare(sgd, context, sgd_reference);
    neuron_optimizer_unref(sgd);
    neuron_context_unref(context);
}
END_TEST

START_TEST(adam_follows_its_rule)
{
    neuron_context_t *context = test_context();
    neuron_optimizer_t *adam;
    assert_ok(neuron_optimizer_create(&adam, context, NEURON_OPTIMIZER_ADAM));
    compare(adam, context, adam_reference);
    assert_ok(neuron_optimizer_set_float(adam, NEURON_OPTIMIZER_LEARNING_RATE, 0.05));
    assert_ok(neuron_optimizer_set_float(adam, NEURON_OPTIMIZER_BETA_1, 0.8));
    assert_ok(neuron_optimizer_set_float(adam, NEURON_OPTIMIZER_BETA_2, 0.95));
    assert_ok(neuron_optimizer_set_float(adam, NEURON_OPTIMIZER_EPSILON, 0.01));
    compare(adam, context, adam_reference);
    neuron_optimizer_unref(adam);
    neuron_context_unref(context);
}
END_TEST

/* Steps of the default settings from 0.5 with the gradient 1, by hand:
 * m = 0.1, v = 0.001, rate = 0.001 sqrt(0.001) / 0.1, so that a step is 0.001 but for epsilon. */
START_TEST(adam_takes_a_known_first_step)
{
    neuron_context_t *context = test_context();
    neuron_optimizer_t *adam;
    assert_ok(neuron_optimizer_create(&adam, context, NEURON_OPTIMIZER_ADAM));
    float value = 0.5f, gradient = 1, first = 0, second = 0;
    neuron_update update = {adam,      neuron_kernels_choose(), 1, 0, &value,
                            &gradient, {&first, &second},       1};
    neuron_optimizer_apply(&update, context->pool);
    ck_assert_float_eq_tol(value, 0.499f, 1e-6f);
    ck_assert_float_eq_tol(first, 0.1f, 1e-7f);
    ck_assert_float_eq_tol(second, 0.001f, 1e-9f);
    neuron_optimizer_unref(adam);
    neuron_context_unref(context);
}
END_TEST

START_TEST(threads_change_nothing)
{
    const int32_t rules[] = {NEURON_OPTIMIZER_SGD, NEURON_OPTIMIZER_ADAM};
    neuron_context_t *context = test_context();
    neuron_optimizer_t *optimizer;
    assert_ok(neuron_optimizer_create(&optimizer, context, rules[_i]));
    struct arrays trained[3];
    for (int32_t i = 0; i < 3; i++) {
        assert_ok(neuron_context_set_threads(context, i + 1));
        trained[i] = make_arrays();
        run_steps(optimizer, &trained[i], context->pool);
        const size_t size = COUNT * sizeof(float);
        ck_assert_mem_eq(trained[i].values, trained[0].values, size);
        ck_assert_mem_eq(trained[i].slots[0], trained[0].slots[0], size);
        ck_assert_mem_eq(trained[i].slots[1], trained[0].slots[1], size);
    }
    for (int32_t i = 0; i < 3; i++)
        free_arrays(&trained[i]);
    neuron_optimizer_unref(optimizer);
    neuron_context_unref(context);
}
END_TEST

/* What is remembered must fade to 0 rather than to numbers that are slow to work with, and what is
 * not a number must not be hidden. */
START_TEST(memory_fades_to_zero)
{
    const int32_t rules[] = {NEURON_OPTIMIZER_SGD, NEURON_OPTIMIZER_ADAM};
    neuron_context_t *context = test_context();
    neuron_optimizer_t *optimizer;
    assert_ok(neuron_optimizer_create(&optimizer, context, rules[_i]));
    float values[2] = {1, 1}, gradients[2] = {0, NAN};
    float first[2] = {1e-38f, 0}, second[2] = {1e-38f, 0};
    for (uint64_t step = 1; step <= 3; step++) {
        neuron_update update = {optimizer, neuron_kernels_choose(), step, 0, values,
                                gradients, {first, second},         2};
        neuron_optimizer_apply(&update, context->pool);
    }
    ck_assert(first[0] == 0 && values[0] == 1);
    ck_assert(isnan(first[1]) && isnan(values[1]));
    neuron_optimizer_unref(optimizer);
    neuron_context_unref(context);
}
END_TEST

START_TEST(options_have_keras_defaults)
{
    neuron_context_t *context = test_context();
    neuron_optimizer_t *sgd, *adam;
    assert_ok(neuron_optimizer_create(&sgd, context, NEURON_OPTIMIZER_SGD));
    assert_ok(neuron_optimizer_create(&adam, context, NEURON_OPTIMIZER_ADAM));
    ck_assert(option(sgd, NEURON_OPTIMIZER_LEARNING_RATE) == 0.01);
    ck_assert(option(sgd, NEURON_OPTIMIZER_MOMENTUM) == 0);
    ck_assert(option(adam, NEURON_OPTIMIZER_LEARNING_RATE) == 0.001);
    ck_assert(option(adam, NEURON_OPTIMIZER_BETA_1) == 0.9);
    ck_assert(option(adam, NEURON_OPTIMIZER_BETA_2) == 0.999);
    ck_assert(option(adam, NEURON_OPTIMIZER_EPSILON) == 1e-7);
    neuron_optimizer_unref(sgd);
    neuron_optimizer_unref(adam);
    neuron_context_unref(context);
}
END_TEST

/* Both bounds are taken, what lies beyond them is not, and a refusal changes nothing. */
static void check_bounds(neuron_optimizer_t *optimizer, int32_t key, const char *low,
                         const char *high)
{
    double minimum, maximum;
    assert_ok(neuron_optimizer_bounds(optimizer, key, &minimum, &maximum));
    assert_ok(neuron_optimizer_set_float(optimizer, key, minimum));
    assert_ok(neuron_optimizer_set_float(optimizer, key, maximum));
    const double beyond[] = {nextafter(minimum, -INFINITY), nextafter(maximum, INFINITY), NAN,
                             INFINITY, -INFINITY};
    for (size_t i = 0; i < sizeof beyond / sizeof beyond[0]; i++)
        assert_status(neuron_optimizer_set_float(optimizer, key, beyond[i]), NEURON_E_ARGUMENT);
    ck_assert(option(optimizer, key) == maximum);
    assert_status(neuron_optimizer_set_float(optimizer, key, -1), NEURON_E_ARGUMENT);
    assert_message(low);
    assert_status(neuron_optimizer_set_float(optimizer, key, INFINITY), NEURON_E_ARGUMENT);
    assert_message(high);
}

START_TEST(options_have_bounds)
{
    neuron_context_t *context = test_context();
    neuron_optimizer_t *sgd, *adam;
    assert_ok(neuron_optimizer_create(&sgd, context, NEURON_OPTIMIZER_SGD));
    assert_ok(neuron_optimizer_create(&adam, context, NEURON_OPTIMIZER_ADAM));
    check_bounds(adam, NEURON_OPTIMIZER_LEARNING_RATE, "adam: learning rate -1 is not 0 or more",
                 "adam: learning rate inf is not 0 or more and finite");
    check_bounds(sgd, NEURON_OPTIMIZER_LEARNING_RATE, "sgd: learning rate -1 is not 0 or more",
                 "sgd: learning rate inf is not 0 or more and finite");
    check_bounds(sgd, NEURON_OPTIMIZER_MOMENTUM, "sgd: momentum -1 is not 0 to 1",
                 "sgd: momentum inf is not 0 to 1");
    check_bounds(adam, NEURON_OPTIMIZER_BETA_1, "adam: beta_1 -1 is not 0 or more",
                 "and less than 1");
    check_bounds(adam, NEURON_OPTIMIZER_BETA_2, "adam: beta_2 -1 is not 0 or more",
                 "and less than 1");
    check_bounds(adam, NEURON_OPTIMIZER_EPSILON, "adam: epsilon -1 is not above 0", "epsilon inf");
    assert_status(neuron_optimizer_set_float(adam, NEURON_OPTIMIZER_BETA_1, 1), NEURON_E_ARGUMENT);
    assert_status(neuron_optimizer_set_float(adam, NEURON_OPTIMIZER_EPSILON, 0), NEURON_E_ARGUMENT);
    neuron_optimizer_unref(sgd);
    neuron_optimizer_unref(adam);
    neuron_context_unref(context);
}
END_TEST

START_TEST(bad_arguments_are_refused)
{
    neuron_context_t *context = test_context();
    neuron_optimizer_t *sgd, *none = (neuron_optimizer_t *)context;
    double a, b;
    assert_status(neuron_optimizer_create(NULL, context, NEURON_OPTIMIZER_SGD), NEURON_E_ARGUMENT);
    assert_status(neuron_optimizer_create(&none, NULL, NEURON_OPTIMIZER_SGD), NEURON_E_ARGUMENT);
    ck_assert_ptr_null(none);
    assert_status(neuron_optimizer_create(&none, context, 11), NEURON_E_ARGUMENT);
    assert_message("optimizer: 11 is not a rule");
    assert_ok(neuron_optimizer_create(&sgd, context, NEURON_OPTIMIZER_SGD));
    const int32_t rate = NEURON_OPTIMIZER_LEARNING_RATE;
    assert_status(neuron_optimizer_set_float(NULL, rate, 1), NEURON_E_ARGUMENT);
    assert_status(neuron_optimizer_get_float(NULL, rate, &a), NEURON_E_ARGUMENT);
    assert_status(neuron_optimizer_get_float(sgd, rate, NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_optimizer_bounds(NULL, rate, &a, &b), NEURON_E_ARGUMENT);
    assert_status(neuron_optimizer_bounds(sgd, rate, NULL, &b), NEURON_E_ARGUMENT);
    assert_status(neuron_optimizer_bounds(sgd, rate, &a, NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_optimizer_set_float(sgd, NEURON_OPTIMIZER_BETA_1, 0.5), NEURON_E_ARGUMENT);
    assert_message("sgd: has no option 30");
    assert_status(neuron_optimizer_get_float(sgd, NEURON_OPTIMIZER_EPSILON, &a), NEURON_E_ARGUMENT);
    assert_status(neuron_optimizer_bounds(sgd, 0, &a, &b), NEURON_E_ARGUMENT);
    ck_assert_ptr_null(neuron_optimizer_ref(NULL));
    neuron_optimizer_unref(NULL);
    ck_assert_ptr_eq(neuron_optimizer_ref(sgd), sgd);
    neuron_optimizer_unref(sgd);
    neuron_context_unref(context); /* the optimizer keeps it */
    assert_ok(neuron_optimizer_set_float(sgd, rate, 1));
    neuron_optimizer_unref(sgd);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("optimizer");
    TCase *cases = tcase_create("optimizer");
    tcase_add_test(cases, sgd_follows_its_rule);
    tcase_add_test(cases, adam_follows_its_rule);
    tcase_add_test(cases, adam_takes_a_known_first_step);
    tcase_add_loop_test(cases, threads_change_nothing, 0, 2);
    tcase_add_loop_test(cases, memory_fades_to_zero, 0, 2);
    tcase_add_test(cases, options_have_keras_defaults);
    tcase_add_test(cases, options_have_bounds);
    tcase_add_test(cases, bad_arguments_are_refused);
    tcase_set_timeout(cases, 120);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
