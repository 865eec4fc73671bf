#include "test-common.h"

#include "kernels/kernels.h"
#include "optimize/optimizer.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum { COUNT = 41, STEPS = 20 }; /* whole vectors and some of the next */

/* Every rule, and settings that are not its defaults. */
static const struct {
    const char *name;
    struct {
        const char *option;
        double fallback, other;
    } options[5];
} rules[] = {
    {"sgd", {{"learning_rate", 0.01, 0.02}, {"momentum", 0, 0.9}, {"nesterov", 0, 0}}},
    {"sgd", {{"learning_rate", 0.01, 0.03}, {"momentum", 0, 0.8}, {"nesterov", 0, 1}}},
    {"adam",
     {{"learning_rate", 0.001, 0.05},
      {"beta_1", 0.9, 0.8},
      {"beta_2", 0.999, 0.95},
      {"epsilon", 1e-7, 0.01}}},
    {"rmsprop",
     {{"learning_rate", 0.001, 0.01},
      {"rho", 0.9, 0.7},
      {"momentum", 0, 0.6},
      {"epsilon", 1e-7, 0.02},
      {"epsilon_in_root", 1, 1}}},
    {"rmsprop",
     {{"learning_rate", 0.001, 0.02},
      {"rho", 0.9, 0.8},
      {"momentum", 0, 0},
      {"epsilon", 1e-7, 0.02},
      {"epsilon_in_root", 1, 0}}},
    {"adagrad",
     {{"learning_rate", 0.001, 0.2},
      {"initial_accumulator", 0.1, 0},
      {"epsilon", 1e-7, 0.03},
      {"epsilon_in_root", 1, 1}}},
    {"adagrad",
     {{"learning_rate", 0.001, 0.1},
      {"initial_accumulator", 0.1, 0},
      {"epsilon", 1e-7, 0.03},
      {"epsilon_in_root", 1, 0}}},
    {"adadelta", {{"learning_rate", 0.001, 1}, {"rho", 0.95, 0.8}, {"epsilon", 1e-7, 0.001}}},
    {"adamw",
     {{"learning_rate", 0.001, 0.05},
      {"beta_1", 0.9, 0.7},
      {"beta_2", 0.999, 0.9},
      {"epsilon", 1e-7, 0.001},
      {"weight_decay", 0.004, 0.3}}},
    {"adamax",
     {{"learning_rate", 0.001, 0.03},
      {"beta_1", 0.9, 0.8},
      {"beta_2", 0.999, 0.9},
      {"epsilon", 1e-7, 0.01}}},
    {"nadam",
     {{"learning_rate", 0.001, 0.03},
      {"beta_1", 0.9, 0.8},
      {"beta_2", 0.999, 0.9},
      {"epsilon", 1e-7, 0.01},
      {"momentum_decay", 1, 0.004}}},
    {"nadam",
     {{"learning_rate", 0.001, 0.02},
      {"beta_1", 0.9, 0.95},
      {"beta_2", 0.999, 0.99},
      {"epsilon", 1e-7, 0.001},
      {"momentum_decay", 1, 3}}},
};

enum { RULES = sizeof rules / sizeof rules[0] };

static double option(const neuron_optimizer_t *optimizer, const char *name)
{
    double value;
    assert_ok(neuron_optimizer_get_number(&value, optimizer, name));
    return value;
}

/* With the settings above that are not the defaults if `other`. */
static neuron_optimizer_t *make(neuron_context_t *context, int row, bool other)
{
    neuron_optimizer_t *optimizer;
    assert_ok(neuron_optimizer_create(&optimizer, context, rules[row].name, NULL));
    for (int i = 0; other && i < 5 && rules[row].options[i].option; i++)
        assert_ok(neuron_optimizer_set_number(optimizer, rules[row].options[i].option,
                                              rules[row].options[i].other));
    return optimizer;
}

static bool has_decay(int row)
{
    return strcmp(rules[row].name, "adamw") == 0;
}

/* ---- Steps ---- */

typedef struct training {
    float values[COUNT], gradients[COUNT], slots[NEURON_OPTIMIZER_SLOTS_MAX][COUNT];
} training;

/* Every third parameter has a gradient in one of four steps alone, the first never has one. */
static float gradient_at(int64_t i, uint64_t step)
{
    if (i == 0 || (i % 3 == 0 && step % 4 != (uint64_t)i % 4))
        return 0;
    return (float)((i * 7 + (int64_t)step * 13) % 101 - 50) / 40;
}

static void start(const neuron_optimizer_t *optimizer, training *t)
{
    float *slots[] = {t->slots[0], t->slots[1]};
    for (int64_t i = 0; i < COUNT; i++)
        t->values[i] = (float)(i % 17) / 16 - 0.5f;
    memset(t->slots, 0, sizeof t->slots);
    neuron_optimizer_reset(optimizer, slots, COUNT);
}

/* A step, begun once and handed on in two parts. */
static void take_step(const neuron_optimizer_t *optimizer, training *t, uint64_t step)
{
    neuron_update update = {
        .optimizer = optimizer,
        .kernels = neuron_kernels_choose(),
        .learning_rate = neuron_optimizer_option_value(optimizer, NEURON_OPTIMIZER_LEARNING_RATE),
        .step = step,
        .values = t->values,
        .slots = {t->slots[0], t->slots[1]},
    };
    enum { FIRST = 18 };
    neuron_optimizer_begin(&update);
    neuron_optimizer_apply_part(&update, 0, t->gradients, FIRST);
    neuron_optimizer_apply_part(&update, FIRST, t->gradients + FIRST, COUNT - FIRST);
}

/* ---- The rules once more, in double and one parameter at a time ---- */

typedef struct parameter {
    double w, a, b; /* and what is remembered */
} parameter;

typedef struct settings {
    double rate, momentum, beta_1, beta_2, epsilon, nesterov, rho, decay;
    double epsilon_in_root, momentum_decay;
} settings;

static void sgd_step(const settings *s, parameter *p, double g, int step)
{
    (void)step;
    p->a = s->momentum * p->a - s->rate * g;
    p->w += s->nesterov > 0 ? s->momentum * p->a - s->rate * g : p->a;
}

/* As the paper has it, with corrected moments; epsilon is then scaled as in Keras. */
static void adam_step(const settings *s, parameter *p, double g, int step)
{
    p->a = s->beta_1 * p->a + (1 - s->beta_1) * g;
    p->b = s->beta_2 * p->b + (1 - s->beta_2) * g * g;
    double mean = p->a / (1 - pow(s->beta_1, step)), start = 1 - pow(s->beta_2, step);
    p->w -= s->rate * mean / (sqrt(p->b / start) + s->epsilon / sqrt(start));
}

static void adamw_step(const settings *s, parameter *p, double g, int step)
{
    p->w -= s->rate * s->decay * p->w;
    adam_step(s, p, g, step);
}

static double root_of(const settings *s, double square)
{
    return s->epsilon_in_root > 0 ? sqrt(square + s->epsilon) : sqrt(square) + s->epsilon;
}

static void rmsprop_step(const settings *s, parameter *p, double g, int step)
{
    (void)step;
    p->b = s->rho * p->b + (1 - s->rho) * g * g;
    p->a = s->momentum * p->a + s->rate * g / root_of(s, p->b);
    p->w -= p->a;
}

static void adagrad_step(const settings *s, parameter *p, double g, int step)
{
    (void)step;
    p->a += g * g;
    p->w -= s->rate * g / root_of(s, p->a);
}

static void adadelta_step(const settings *s, parameter *p, double g, int step)
{
    (void)step;
    p->a = s->rho * p->a + (1 - s->rho) * g * g;
    double change = -sqrt(p->b + s->epsilon) / sqrt(p->a + s->epsilon) * g;
    p->b = s->rho * p->b + (1 - s->rho) * change * change;
    p->w += s->rate * change;
}

static void adamax_step(const settings *s, parameter *p, double g, int step)
{
    p->a = s->beta_1 * p->a + (1 - s->beta_1) * g;
    p->b = fmax(s->beta_2 * p->b, fabs(g));
    p->w -= s->rate / (1 - pow(s->beta_1, step)) * p->a / (p->b + s->epsilon);
}

static void nadam_step(const settings *s, parameter *p, double g, int step)
{
    double product = 1, momentum = 0;
    for (int i = 1; i <= step; i++) {
        momentum = s->beta_1 * (1 - 0.5 * pow(0.96, s->momentum_decay * i));
        product *= momentum;
    }
    double next = s->beta_1 * (1 - 0.5 * pow(0.96, s->momentum_decay * (step + 1)));
    p->a = s->beta_1 * p->a + (1 - s->beta_1) * g;
    p->b = s->beta_2 * p->b + (1 - s->beta_2) * g * g;
    double mean = next * p->a / (1 - product * next) + (1 - momentum) * g / (1 - product);
    p->w -= s->rate * mean / (sqrt(p->b / (1 - pow(s->beta_2, step))) + s->epsilon);
}

static void (*const references[RULES])(const settings *, parameter *, double, int) = {
    sgd_step,     sgd_step,      adam_step,  rmsprop_step, rmsprop_step, adagrad_step,
    adagrad_step, adadelta_step, adamw_step, adamax_step,  nadam_step,   nadam_step};

static settings settings_of(const neuron_optimizer_t *optimizer)
{
    settings s = {0};
    const struct {
        const char *option;
        double *value;
    } all[] = {
        {"learning_rate", &s.rate},
        {"momentum", &s.momentum},
        {"beta_1", &s.beta_1},
        {"beta_2", &s.beta_2},
        {"epsilon", &s.epsilon},
        {"rho", &s.rho},
        {"weight_decay", &s.decay},
        {"nesterov", &s.nesterov},
        {"epsilon_in_root", &s.epsilon_in_root},
        {"momentum_decay", &s.momentum_decay},
    };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        (void)neuron_optimizer_get_number(all[i].value, optimizer, all[i].option);
    return s;
}

/* Where the first thing remembered starts. */
static double initial(const neuron_optimizer_t *optimizer)
{
    double value = 0;
    (void)neuron_optimizer_get_number(&value, optimizer, "initial_accumulator");
    return value;
}

static void assert_near(double value, double expected, const char *name, int64_t i, uint64_t step)
{
    assert_that(fabs(value - expected) <= 1e-5 * fabs(expected) + 1e-7,
                "%s: parameter %d after step %d is %.9g, not %.9g", name, (int)i, (int)step, value,
                expected);
}

static void compare(int row, const neuron_optimizer_t *optimizer, double bound)
{
    const settings s = settings_of(optimizer);
    static training t;
    parameter expected[COUNT];
    start(optimizer, &t);
    for (int64_t i = 0; i < COUNT; i++)
        expected[i] = (parameter){(double)t.values[i], initial(optimizer), 0};
    for (int step = 1; step <= STEPS; step++) {
        for (int64_t i = 0; i < COUNT; i++)
            t.gradients[i] = gradient_at(i, (uint64_t)step);
        take_step(optimizer, &t, (uint64_t)step);
        for (int64_t i = 0; i < COUNT; i++) {
            double gradient = (double)t.gradients[i];
            references[row](&s, &expected[i], fmax(-bound, fmin(bound, gradient)), step);
            assert_near((double)t.values[i], expected[i].w, rules[row].name, i, (uint64_t)step);
        }
    }
    if (!has_decay(row))
        ck_assert(t.values[0] == -0.5f); /* nothing moves what never has a gradient */
}

START_TEST(rules_are_followed)
{
    neuron_context_t *context = test_context();
    for (int other = 0; other < 2; other++) {
        neuron_optimizer_t *optimizer = make(context, _i, other == 1);
        compare(_i, optimizer, INFINITY);
        assert_ok(neuron_optimizer_set(optimizer, "clip_value=0.3"));
        compare(_i, optimizer, 0.3);
        neuron_optimizer_unref(optimizer);
    }
    neuron_context_unref(context);
}
END_TEST

/* Late in a training nothing is corrected any more; Nadam's product of momenta is long, and a step
 * must not take longer for it. */
START_TEST(late_steps_are_finite)
{
    neuron_context_t *context = test_context();
    neuron_optimizer_t *optimizer = make(context, _i / 2, _i % 2 == 1);
    const settings s = settings_of(optimizer);
    const int late[] = {900, 2000, 1000000};
    for (int j = 0; j < 3; j++) {
        static training t;
        start(optimizer, &t);
        parameter expected = {(double)t.values[1], initial(optimizer), 0};
        memset(t.gradients, 0, sizeof t.gradients);
        t.gradients[1] = 0.75f;
        take_step(optimizer, &t, (uint64_t)late[j]);
        references[_i / 2](&s, &expected, 0.75, late[j]);
        assert_near((double)t.values[1], expected.w, rules[_i / 2].name, 1, (uint64_t)late[j]);
    }
    neuron_optimizer_unref(optimizer);
    neuron_context_unref(context);
}
END_TEST

/* Steps of the default settings from 0.5 with the gradient 1, by hand:
 * m = 0.1, v = 0.001, rate = 0.001 sqrt(0.001) / 0.1, so that a step is 0.001 but for epsilon. */
START_TEST(adam_takes_a_known_first_step)
{
    neuron_context_t *context = test_context();
    neuron_optimizer_t *adam;
    assert_ok(neuron_optimizer_create(&adam, context, "adam", NULL));
    training t = {.values = {0.5f}, .gradients = {1}};
    take_step(adam, &t, 1);
    ck_assert_float_eq_tol(t.values[0], 0.499f, 1e-6f);
    ck_assert_float_eq_tol(t.slots[0][0], 0.1f, 1e-7f);
    ck_assert_float_eq_tol(t.slots[1][0], 0.001f, 1e-9f);
    neuron_optimizer_unref(adam);
    neuron_context_unref(context);
}
END_TEST

/* Where epsilon stands, by hand: from 0.5 with the gradient 1e-3 and no momentum v = 1e-7, and a
 * step is 1e-6 / sqrt(1e-7 + 1e-7) or 1e-6 / (sqrt(1e-7) + 1e-7). */
START_TEST(epsilon_is_under_the_root_or_beside_it)
{
    static const struct {
        const char *options;
        float value;
    } cases[] = {{"rho=0.9", 0.49776393f},
                 {"rho=0.9, epsilon_in_root=yes", 0.49776393f},
                 {"rho=0.9, epsilon_in_root=no", 0.49683872f}};
    neuron_context_t *context = test_context();
    for (int i = 0; i < 3; i++) {
        neuron_optimizer_t *rmsprop;
        assert_ok(neuron_optimizer_create(&rmsprop, context, "rmsprop", cases[i].options));
        training t = {.values = {0.5f}, .gradients = {1e-3f}};
        take_step(rmsprop, &t, 1);
        ck_assert_float_eq_tol(t.values[0], cases[i].value, 1e-7f);
        neuron_optimizer_unref(rmsprop);
    }
    neuron_context_unref(context);
}
END_TEST

/* The first step of Nadam from 0.5 with the gradient 1, by hand: u_1 = 0.9 (1 - 0.96^d / 2), u_2
 * likewise; m = 0.1, v / (1 - beta_2) = 1. With d = 1 u_1 = 0.468 and u_2 = 0.48528, and a step is
 * 0.001 (0.048528 / (1 - 0.468 * 0.48528) + 1); with d = 0.004 they are 0.45007347 and 0.45014694.
 */
START_TEST(the_momentum_of_nadam_has_a_pace)
{
    static const struct {
        const char *options;
        double value;
    } cases[] = {
        {NULL, 0.5 - 0.001 * (0.048528 / (1 - 0.468 * 0.48528) + 1)},
        {"momentum_decay=0.004", 0.5 - 0.001 * (0.045014694 / (1 - 0.45007347 * 0.45014694) + 1)}};
    neuron_context_t *context = test_context();
    for (int i = 0; i < 2; i++) {
        neuron_optimizer_t *nadam;
        assert_ok(neuron_optimizer_create(&nadam, context, "nadam", cases[i].options));
        training t = {.values = {0.5f}, .gradients = {1}};
        take_step(nadam, &t, 1);
        ck_assert_double_eq_tol((double)t.values[0], cases[i].value, 5e-8);
        neuron_optimizer_unref(nadam);
    }
    neuron_context_unref(context);
}
END_TEST

/* How a run of parameters is cut must not show, nor the copies that limit gradients. */
START_TEST(parts_change_nothing)
{
    enum { MANY = 5000 };
    neuron_context_t *context = test_context();
    for (int clipped = 0; clipped < 2; clipped++) {
        neuron_optimizer_t *optimizer = make(context, _i, true);
        if (clipped)
            assert_ok(neuron_optimizer_set(optimizer, "clip_value=0.4"));
        static float values[2][MANY], gradients[MANY], slots[2][2][MANY];
        memset(values, 0, sizeof values);
        for (int part = 0; part < 2; part++) {
            neuron_update update = {
                .optimizer = optimizer,
                .kernels = neuron_kernels_choose(),
                .learning_rate =
                    neuron_optimizer_option_value(optimizer, NEURON_OPTIMIZER_LEARNING_RATE),
                .values = values[part],
                .slots = {slots[part][0], slots[part][1]},
            };
            neuron_optimizer_reset(optimizer, update.slots, MANY);
            for (update.step = 1; update.step <= 3; update.step++) {
                for (int64_t i = 0; i < MANY; i++)
                    gradients[i] = gradient_at(i, update.step);
                neuron_optimizer_begin(&update);
                int64_t size = part ? 1024 + 16 : MANY; /* whole vectors, as trainings have it */
                for (int64_t i = 0; i < MANY; i += size)
                    neuron_optimizer_apply_part(&update, i, gradients + i,
                                                i + size < MANY ? size : MANY - i);
            }
        }
        ck_assert_mem_eq(values[0], values[1], sizeof values[0]);
        ck_assert_mem_eq(slots[0], slots[1], sizeof slots[0]);
        neuron_optimizer_unref(optimizer);
    }
    neuron_context_unref(context);
}
END_TEST

/* What is remembered must fade to 0 rather than to numbers that are slow to work with, and what is
 * not a number must not be hidden. */
START_TEST(memory_fades_to_zero)
{
    neuron_context_t *context = test_context();
    neuron_optimizer_t *optimizer = make(context, _i, true);
    assert_ok(neuron_optimizer_set(optimizer, "clip_value=1"));
    training t = {.values = {1, 1}, .gradients = {0, NAN}, .slots = {{1e-38f}, {1e-38f}}};
    for (uint64_t step = 1; step <= 3; step++)
        take_step(optimizer, &t, step);
    for (int32_t i = 0; i < optimizer->rule->slot_count; i++)
        ck_assert(t.slots[i][0] == 0);
    ck_assert(isnan(t.slots[0][1]) && isnan(t.values[1]));
    if (!has_decay(_i))
        ck_assert(t.values[0] == 1);
    neuron_optimizer_unref(optimizer);
    neuron_context_unref(context);
}
END_TEST

START_TEST(options_have_keras_defaults)
{
    neuron_context_t *context = test_context();
    neuron_optimizer_t *optimizer = make(context, _i, false);
    const neuron_rule *rule = optimizer->rule;
    int32_t count = 0;
    ck_assert_str_eq(neuron_optimizer_kind(optimizer), rules[_i].name);
    for (; count < 5 && rules[_i].options[count].option; count++)
        ck_assert(option(optimizer, rules[_i].options[count].option) ==
                  rules[_i].options[count].fallback);
    ck_assert(option(optimizer, "clip_value") == 0);
    ck_assert(option(optimizer, "clip_norm") == 0);
    ck_assert(option(optimizer, "clip_global_norm") == 0);
    /* and no others */
    ck_assert_int_eq(rule->options.count, count + 3);
    ck_assert_int_le(rule->slot_count, NEURON_OPTIMIZER_SLOTS_MAX);
    neuron_optimizer_unref(optimizer);
    neuron_context_unref(context);
}
END_TEST

static void assert_mem_near(const float *a, const double *b, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        assert_near((double)a[i], b[i], "sum", i, 0);
}

/* The two kernels that clip, against the naive. */
START_TEST(gradients_are_limited)
{
    const neuron_kernels *kernels = neuron_kernels_choose();
    float gradients[COUNT], limited[COUNT];
    double expected[COUNT], squares = 0;
    for (int64_t i = 0; i < COUNT; i++) {
        gradients[i] = gradient_at(i, 5);
        expected[i] = fmax(-0.25, fmin(0.25, 0.5 * (double)gradients[i]));
        squares += (double)gradients[i] * (double)gradients[i];
    }
    kernels->update->limit(gradients, COUNT, 0.5f, 0.25f, limited);
    assert_mem_near(limited, expected, COUNT);
    ck_assert_double_eq_tol(kernels->update->square_sum(gradients, COUNT), squares,
                            1e-12 * squares);
    ck_assert(kernels->update->square_sum(gradients, 0) == 0);
    gradients[3] = NAN;
    gradients[4] = -INFINITY;
    kernels->update->limit(gradients, 5, 1, 0.25f, limited);
    ck_assert(isnan(limited[3]) && limited[4] == -0.25f);
    ck_assert(isnan(kernels->update->square_sum(gradients, 5)));
    gradients[0] = 3e38f; /* its square is no float */
    ck_assert_double_eq_tol(kernels->update->square_sum(gradients, 1), 9e76, 1e71);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("optimizer");
    TCase *cases = tcase_create("optimizer");
    tcase_add_loop_test(cases, rules_are_followed, 0, RULES);
    tcase_add_loop_test(cases, late_steps_are_finite, 0, 2 * RULES);
    tcase_add_test(cases, adam_takes_a_known_first_step);
    tcase_add_test(cases, epsilon_is_under_the_root_or_beside_it);
    tcase_add_test(cases, the_momentum_of_nadam_has_a_pace);
    tcase_add_loop_test(cases, parts_change_nothing, 0, RULES);
    tcase_add_loop_test(cases, memory_fades_to_zero, 0, RULES);
    tcase_add_test(cases, gradients_are_limited);
    tcase_add_loop_test(cases, options_have_keras_defaults, 0, RULES);
    tcase_set_timeout(cases, 120);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
