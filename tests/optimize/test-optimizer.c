#include "test-common.h"

#include "kernels/kernels.h"
#include "optimize/optimizer.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum { COUNT = 41, STEPS = 20 }; /* whole vectors and some of the next */

/* Every rule, and settings that are not its defaults. */
static const struct {
    int32_t rule;
    const char *name;
    struct {
        int32_t option;
        double fallback, other;
    } options[5];
} rules[] = {
    {NEURON_OPTIMIZER_SGD,
     "sgd",
     {{NEURON_OPTIMIZER_LEARNING_RATE, 0.01, 0.02},
      {NEURON_OPTIMIZER_MOMENTUM, 0, 0.9},
      {NEURON_OPTIMIZER_NESTEROV, 0, 0}}},
    {NEURON_OPTIMIZER_SGD,
     "sgd",
     {{NEURON_OPTIMIZER_LEARNING_RATE, 0.01, 0.03},
      {NEURON_OPTIMIZER_MOMENTUM, 0, 0.8},
      {NEURON_OPTIMIZER_NESTEROV, 0, 1}}},
    {NEURON_OPTIMIZER_ADAM,
     "adam",
     {{NEURON_OPTIMIZER_LEARNING_RATE, 0.001, 0.05},
      {NEURON_OPTIMIZER_BETA_1, 0.9, 0.8},
      {NEURON_OPTIMIZER_BETA_2, 0.999, 0.95},
      {NEURON_OPTIMIZER_EPSILON, 1e-7, 0.01}}},
    {NEURON_OPTIMIZER_RMSPROP,
     "rmsprop",
     {{NEURON_OPTIMIZER_LEARNING_RATE, 0.001, 0.01},
      {NEURON_OPTIMIZER_RHO, 0.9, 0.7},
      {NEURON_OPTIMIZER_MOMENTUM, 0, 0.6},
      {NEURON_OPTIMIZER_EPSILON, 1e-7, 0.02}}},
    {NEURON_OPTIMIZER_ADAGRAD,
     "adagrad",
     {{NEURON_OPTIMIZER_LEARNING_RATE, 0.001, 0.2},
      {NEURON_OPTIMIZER_INITIAL_ACCUMULATOR, 0.1, 0},
      {NEURON_OPTIMIZER_EPSILON, 1e-7, 0.03}}},
    {NEURON_OPTIMIZER_ADADELTA,
     "adadelta",
     {{NEURON_OPTIMIZER_LEARNING_RATE, 0.001, 1},
      {NEURON_OPTIMIZER_RHO, 0.95, 0.8},
      {NEURON_OPTIMIZER_EPSILON, 1e-7, 0.001}}},
    {NEURON_OPTIMIZER_ADAMW,
     "adamw",
     {{NEURON_OPTIMIZER_LEARNING_RATE, 0.001, 0.05},
      {NEURON_OPTIMIZER_BETA_1, 0.9, 0.7},
      {NEURON_OPTIMIZER_BETA_2, 0.999, 0.9},
      {NEURON_OPTIMIZER_EPSILON, 1e-7, 0.001},
      {NEURON_OPTIMIZER_WEIGHT_DECAY, 0.004, 0.3}}},
    {NEURON_OPTIMIZER_ADAMAX,
     "adamax",
     {{NEURON_OPTIMIZER_LEARNING_RATE, 0.001, 0.03},
      {NEURON_OPTIMIZER_BETA_1, 0.9, 0.8},
      {NEURON_OPTIMIZER_BETA_2, 0.999, 0.9},
      {NEURON_OPTIMIZER_EPSILON, 1e-7, 0.01}}},
    {NEURON_OPTIMIZER_NADAM,
     "nadam",
     {{NEURON_OPTIMIZER_LEARNING_RATE, 0.001, 0.03},
      {NEURON_OPTIMIZER_BETA_1, 0.9, 0.8},
      {NEURON_OPTIMIZER_BETA_2, 0.999, 0.9},
      {NEURON_OPTIMIZER_EPSILON, 1e-7, 0.01}}},
};

enum { RULES = sizeof rules / sizeof rules[0] };

static bool is_whole(int32_t key)
{
    return key == NEURON_OPTIMIZER_NESTEROV;
}

static double option(const neuron_optimizer_t *optimizer, int32_t key)
{
    double value;
    int64_t whole;
    if (!is_whole(key)) {
        assert_ok(neuron_optimizer_get_float(optimizer, key, &value));
        return value;
    }
    assert_ok(neuron_optimizer_get_int(optimizer, key, &whole));
    return (double)whole;
}

static void set_option(neuron_optimizer_t *optimizer, int32_t key, double value)
{
    assert_ok(is_whole(key) ? neuron_optimizer_set_int(optimizer, key, (int64_t)value)
                            : neuron_optimizer_set_float(optimizer, key, value));
}

/* With the settings above that are not the defaults if `other`. */
static neuron_optimizer_t *make(neuron_context_t *context, int row, bool other)
{
    neuron_optimizer_t *optimizer;
    assert_ok(neuron_optimizer_create(&optimizer, context, rules[row].rule));
    for (int i = 0; other && i < 5 && rules[row].options[i].option; i++)
        set_option(optimizer, rules[row].options[i].option, rules[row].options[i].other);
    return optimizer;
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

static void rmsprop_step(const settings *s, parameter *p, double g, int step)
{
    (void)step;
    p->b = s->rho * p->b + (1 - s->rho) * g * g;
    p->a = s->momentum * p->a + s->rate * g / sqrt(p->b + s->epsilon);
    p->w -= p->a;
}

static void adagrad_step(const settings *s, parameter *p, double g, int step)
{
    (void)step;
    p->a += g * g;
    p->w -= s->rate * g / sqrt(p->a + s->epsilon);
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
        momentum = s->beta_1 * (1 - 0.5 * pow(0.96, i));
        product *= momentum;
    }
    double next = s->beta_1 * (1 - 0.5 * pow(0.96, step + 1));
    p->a = s->beta_1 * p->a + (1 - s->beta_1) * g;
    p->b = s->beta_2 * p->b + (1 - s->beta_2) * g * g;
    double mean = next * p->a / (1 - product * next) + (1 - momentum) * g / (1 - product);
    p->w -= s->rate * mean / (sqrt(p->b / (1 - pow(s->beta_2, step))) + s->epsilon);
}

static void (*const references[RULES])(const settings *, parameter *, double, int) = {
    sgd_step,      sgd_step,   adam_step,   rmsprop_step, adagrad_step,
    adadelta_step, adamw_step, adamax_step, nadam_step};

static settings settings_of(const neuron_optimizer_t *optimizer)
{
    settings s = {0};
    const struct {
        int32_t option;
        double *value;
    } all[] = {
        {NEURON_OPTIMIZER_LEARNING_RATE, &s.rate}, {NEURON_OPTIMIZER_MOMENTUM, &s.momentum},
        {NEURON_OPTIMIZER_BETA_1, &s.beta_1},      {NEURON_OPTIMIZER_BETA_2, &s.beta_2},
        {NEURON_OPTIMIZER_EPSILON, &s.epsilon},    {NEURON_OPTIMIZER_RHO, &s.rho},
        {NEURON_OPTIMIZER_WEIGHT_DECAY, &s.decay},
    };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        (void)neuron_optimizer_get_float(optimizer, all[i].option, all[i].value);
    int64_t nesterov = 0;
    (void)neuron_optimizer_get_int(optimizer, NEURON_OPTIMIZER_NESTEROV, &nesterov);
    s.nesterov = (double)nesterov;
    return s;
}

/* Where the first thing remembered starts. */
static double initial(const neuron_optimizer_t *optimizer)
{
    double value = 0;
    (void)neuron_optimizer_get_float(optimizer, NEURON_OPTIMIZER_INITIAL_ACCUMULATOR, &value);
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
    if (rules[row].rule != NEURON_OPTIMIZER_ADAMW)
        ck_assert(t.values[0] == -0.5f); /* nothing moves what never has a gradient */
}

START_TEST(rules_are_followed)
{
    neuron_context_t *context = test_context();
    for (int other = 0; other < 2; other++) {
        neuron_optimizer_t *optimizer = make(context, _i, other == 1);
        compare(_i, optimizer, INFINITY);
        assert_ok(neuron_optimizer_set_float(optimizer, NEURON_OPTIMIZER_CLIP_VALUE, 0.3));
        compare(_i, optimizer, 0.3);
        neuron_optimizer_unref(optimizer);
    }
    neuron_context_unref(context);
}
END_TEST

/* Late in a training nothing is corrected any more; Nadam's product of momenta is long. */
START_TEST(late_steps_are_finite)
{
    neuron_context_t *context = test_context();
    neuron_optimizer_t *optimizer = make(context, _i, false);
    const settings s = settings_of(optimizer);
    const int late[] = {900, 2000, 1000000};
    for (int j = 0; j < 3; j++) {
        static training t;
        start(optimizer, &t);
        parameter expected = {(double)t.values[1], initial(optimizer), 0};
        memset(t.gradients, 0, sizeof t.gradients);
        t.gradients[1] = 0.75f;
        take_step(optimizer, &t, (uint64_t)late[j]);
        references[_i](&s, &expected, 0.75, late[j]);
        assert_near((double)t.values[1], expected.w, rules[_i].name, 1, (uint64_t)late[j]);
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
    assert_ok(neuron_optimizer_create(&adam, context, NEURON_OPTIMIZER_ADAM));
    training t = {.values = {0.5f}, .gradients = {1}};
    take_step(adam, &t, 1);
    ck_assert_float_eq_tol(t.values[0], 0.499f, 1e-6f);
    ck_assert_float_eq_tol(t.slots[0][0], 0.1f, 1e-7f);
    ck_assert_float_eq_tol(t.slots[1][0], 0.001f, 1e-9f);
    neuron_optimizer_unref(adam);
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
            assert_ok(neuron_optimizer_set_float(optimizer, NEURON_OPTIMIZER_CLIP_VALUE, 0.4));
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
    assert_ok(neuron_optimizer_set_float(optimizer, NEURON_OPTIMIZER_CLIP_VALUE, 1));
    training t = {.values = {1, 1}, .gradients = {0, NAN}, .slots = {{1e-38f}, {1e-38f}}};
    for (uint64_t step = 1; step <= 3; step++)
        take_step(optimizer, &t, step);
    for (int32_t i = 0; i < optimizer->rule->slot_count; i++)
        ck_assert(t.slots[i][0] == 0);
    ck_assert(isnan(t.slots[0][1]) && isnan(t.values[1]));
    if (rules[_i].rule != NEURON_OPTIMIZER_ADAMW)
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
    ck_assert_str_eq(neuron_optimizer_name(optimizer), rules[_i].name);
    for (; count < 5 && rules[_i].options[count].option; count++)
        ck_assert(option(optimizer, rules[_i].options[count].option) ==
                  rules[_i].options[count].fallback);
    ck_assert(option(optimizer, NEURON_OPTIMIZER_CLIP_VALUE) == 0);
    ck_assert(option(optimizer, NEURON_OPTIMIZER_CLIP_NORM) == 0);
    ck_assert(option(optimizer, NEURON_OPTIMIZER_CLIP_GLOBAL_NORM) == 0);
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

/* Those of every rule too: high enough and low enough for any use, and nothing beyond. */
START_TEST(all_options_have_bounds)
{
    neuron_context_t *context = test_context();
    neuron_optimizer_t *optimizer = make(context, _i, false);
    for (int32_t i = 0; i < optimizer->rule->options.count; i++) {
        const neuron_option *row = &optimizer->rule->options.rows[i];
        if (row->kind == NEURON_OPTION_REAL)
            check_bounds(optimizer, row->key, row->name, row->name);
        set_option(optimizer, row->key, row->standard);
    }
    neuron_optimizer_unref(optimizer);
    neuron_context_unref(context);
}
END_TEST

START_TEST(one_way_to_clip)
{
    neuron_context_t *context = test_context();
    neuron_optimizer_t *optimizer = make(context, _i, false);
    const int32_t ways[] = {NEURON_OPTIMIZER_CLIP_VALUE, NEURON_OPTIMIZER_CLIP_NORM,
                            NEURON_OPTIMIZER_CLIP_GLOBAL_NORM};
    for (int i = 0; i < 3; i++) {
        assert_ok(neuron_optimizer_set_float(optimizer, ways[i], 2));
        assert_ok(neuron_optimizer_set_float(optimizer, ways[i], 0.5));
        for (int j = 0; j < 3; j++) {
            assert_ok(neuron_optimizer_set_float(optimizer, ways[j], i == j ? 0.5 : 0));
            if (i == j)
                continue;
            assert_status(neuron_optimizer_set_float(optimizer, ways[j], 3), NEURON_E_ARGUMENT);
            assert_message(" is 3; it must be 0 while gradients are clipped in another way");
            assert_message(rules[_i].name);
            ck_assert(option(optimizer, ways[j]) == 0 && option(optimizer, ways[i]) == 0.5);
        }
        ck_assert(neuron_optimizer_clips_norms(optimizer) == (i > 0));
        assert_ok(neuron_optimizer_set_float(optimizer, ways[i], 0));
    }
    ck_assert(!neuron_optimizer_clips_norms(optimizer));
    neuron_optimizer_unref(optimizer);
    neuron_context_unref(context);
}
END_TEST

START_TEST(options_have_bounds)
{
    neuron_context_t *context = test_context();
    neuron_optimizer_t *sgd, *adam;
    assert_ok(neuron_optimizer_create(&sgd, context, NEURON_OPTIMIZER_SGD));
    assert_ok(neuron_optimizer_create(&adam, context, NEURON_OPTIMIZER_ADAM));
    check_bounds(adam, NEURON_OPTIMIZER_LEARNING_RATE,
                 "adam: learning_rate is -1; it must be 0 or more",
                 "adam: learning_rate is inf; it must be 0 or more and finite as float32");
    check_bounds(sgd, NEURON_OPTIMIZER_LEARNING_RATE,
                 "sgd: learning_rate is -1; it must be 0 or more",
                 "sgd: learning_rate is inf; it must be 0 or more and finite as float32");
    check_bounds(sgd, NEURON_OPTIMIZER_MOMENTUM, "sgd: momentum is -1; it must be 0 to 1",
                 "sgd: momentum is inf; it must be 0 to 1");
    check_bounds(adam, NEURON_OPTIMIZER_BETA_1, "adam: beta_1 is -1; it must be 0 or more",
                 "and less than 1");
    check_bounds(adam, NEURON_OPTIMIZER_BETA_2, "adam: beta_2 is -1; it must be 0 or more",
                 "and less than 1");
    check_bounds(adam, NEURON_OPTIMIZER_EPSILON, "adam: epsilon is -1; it must be above 0",
                 "epsilon is inf");
    assert_ok(neuron_optimizer_set_int(sgd, NEURON_OPTIMIZER_NESTEROV, 1));
    const int64_t beyond[] = {-1, 2, INT64_MIN, INT64_MAX};
    for (size_t i = 0; i < sizeof beyond / sizeof beyond[0]; i++) {
        assert_status(neuron_optimizer_set_int(sgd, NEURON_OPTIMIZER_NESTEROV, beyond[i]),
                      NEURON_E_ARGUMENT);
        assert_message("; it must be 0 or 1");
    }
    ck_assert(option(sgd, NEURON_OPTIMIZER_NESTEROV) == 1);
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
    assert_message("optimizer: rule is 11; it must be ");
    assert_ok(neuron_optimizer_create(&sgd, context, NEURON_OPTIMIZER_SGD));
    int32_t rate = NEURON_OPTIMIZER_LEARNING_RATE;
    int64_t whole;
    assert_status(neuron_optimizer_set_int(NULL, NEURON_OPTIMIZER_NESTEROV, 1), NEURON_E_ARGUMENT);
    assert_status(neuron_optimizer_get_int(NULL, NEURON_OPTIMIZER_NESTEROV, &whole),
                  NEURON_E_ARGUMENT);
    assert_status(neuron_optimizer_get_int(sgd, NEURON_OPTIMIZER_NESTEROV, NULL),
                  NEURON_E_ARGUMENT);
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
    ck_assert_ptr_null(neuron_optimizer_name(NULL));
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
    tcase_add_loop_test(cases, rules_are_followed, 0, RULES);
    tcase_add_loop_test(cases, late_steps_are_finite, 0, RULES);
    tcase_add_test(cases, adam_takes_a_known_first_step);
    tcase_add_loop_test(cases, parts_change_nothing, 0, RULES);
    tcase_add_loop_test(cases, memory_fades_to_zero, 0, RULES);
    tcase_add_test(cases, gradients_are_limited);
    tcase_add_loop_test(cases, options_have_keras_defaults, 0, RULES);
    tcase_add_loop_test(cases, all_options_have_bounds, 0, RULES);
    tcase_add_loop_test(cases, one_way_to_clip, 0, RULES);
    tcase_add_test(cases, options_have_bounds);
    tcase_add_test(cases, bad_arguments_are_refused);
    tcase_set_timeout(cases, 120);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
