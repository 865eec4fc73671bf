#include "test-common.h"

#include "losses/cross-entropy.h"
#include "losses/definitions.h"
#include "losses/loss.h"

#include <float.h>
#include <math.h>

enum { OUTPUTS = 4 };

/* ---- Losses at work ---- */

static neuron_context_t *context;

static void begin(void)
{
    context = test_context();
}

static void end(void)
{
    neuron_context_unref(context);
}

/* The class that a dataset makes of targets: the largest. */
static int32_t class_of(const float *target, int32_t outputs)
{
    return neuron_argmax(target, outputs);
}

/* One example as a batch; its gradient times `scale`, which is the example's weight. */
static neuron_loss_result compute(const neuron_loss_t *loss, const float *output, bool logits,
                                  const float *given, int32_t outputs, double scale,
                                  float *gradient)
{
    float target[OUTPUTS];
    int32_t label = class_of(given, outputs);
    neuron_loss_result *room = neuron_loss_allocate_results(context, 1, true), result;
    ck_assert_ptr_nonnull(room);
    const neuron_loss_batch batch = {.kernels = neuron_kernels_choose(),
                                     .count = 1,
                                     .outputs = outputs,
                                     .logits = logits,
                                     .threshold = 0.5f,
                                     .predictions = output,
                                     .targets = target,
                                     .labels = &label,
                                     .weights = &scale};
    memcpy(target, given, (size_t)outputs * sizeof *target);
    assert_ok(neuron_loss_compute(loss, context->pool, &batch, room, gradient));
    result = *room;
    neuron_release(context, room);
    return result;
}

static int check_targets(const neuron_loss_t *loss, const float *targets)
{
    return neuron_loss_check_targets(loss, targets, (const int64_t[]){0}, 1, OUTPUTS, "trainer");
}

static neuron_loss_t *make_loss(const loss_definition *d)
{
    neuron_loss_t *loss;
    assert_ok(neuron_loss_create(&loss, context, d->kind, NULL));
    assert_ok(loss_set(loss, d));
    return loss;
}

static double compute_one(const loss_definition *d, const float *output, const float *given,
                          double scale, float *gradient)
{
    neuron_loss_t *loss = make_loss(d);
    if (!loss_is(d, "cross_entropy")) /* of which only datasets know that targets suit */
        assert_ok(check_targets(loss, given));
    double value = compute(loss, output, d->logits, given, OUTPUTS, scale, gradient).loss / scale;
    neuron_loss_unref(loss);
    return value;
}

/* Loss against the definition, gradient against the definition's central differences. */
static void check(const loss_definition *d, const float *output, const float *target)
{
    double scale = 0.25;
    float gradient[OUTPUTS];
    double y[OUTPUTS];
    for (int i = 0; i < OUTPUTS; i++)
        y[i] = (double)output[i];
    double expected = loss_by_definition(d, y, target, OUTPUTS);
    double value = compute_one(d, output, target, scale, gradient);
    ck_assert_double_eq_tol(value, expected, 1e-6 * fmax(1, fabs(expected)));
    ck_assert(value == compute_one(d, output, target, 1, NULL));
    for (int i = 0; i < OUTPUTS; i++) {
        double middle = y[i], width = 1e-6 * fmax(1e-3, fabs(middle));
        y[i] = middle + width;
        double above = loss_by_definition(d, y, target, OUTPUTS);
        y[i] = middle - width;
        double below = loss_by_definition(d, y, target, OUTPUTS);
        y[i] = middle;
        double slope = scale * (above - below) / (2 * width);
        assert_that(fabs((double)gradient[i] - slope) <= 2e-5 * fmax(1, fabs(slope)),
                    "%s, output %d = %g: %g, not %g", d->kind, i, middle, (double)gradient[i],
                    slope);
    }
}

static const loss_definition definitions[] = {
    {"cross_entropy", 0, 0, false},
    {"cross_entropy", 0.1, 0, false},
    {"cross_entropy", 0.3, 0, true},
    {"cross_entropy", 1, 0, true},
    {"distillation", 0.9, 4, false},
    {"distillation", 0.7, 2.5, true},
    {"distillation", 0.4, 1, true},
    {"distillation", 1, 20, true},
    {"distillation", 0, 3, false},
    {"binary_cross_entropy", 0, 0, false},
    {"binary_cross_entropy", 0, 0, true},
    {"binary_cross_entropy", 0.2, 0, false},
    {"binary_cross_entropy", 0.2, 0, true},
    {"mean_squared_error", 0, 0, false},
    {"mean_absolute_error", 0, 0, false},
    {"mean_squared_logarithmic_error", 0, 0, false},
    {"hinge", 0, 0, false},
    {"squared_hinge", 0, 0, false},
    {"kullback_leibler", 0, 0, false},
    {"huber", 0, 1, false},
    {"huber", 0, 0.25, false},
};
enum { DEFINITIONS = sizeof definitions / sizeof definitions[0] };

START_TEST(classes)
{
    const float outputs[][OUTPUTS] = {{0.1f, 0.2f, 0.3f, 0.4f},
                                      {0.97f, 0.01f, 0.015f, 0.005f},
                                      {0.5f, 3e-8f, 0.4f, 0.1f}, /* below the smallest */
                                      {0.7f, 0.6f, 1.5f, 2.5f}};
    const float targets[][OUTPUTS] = {{1, 0, 0, 0}, {0, 0, 1, 0}, {0, 0, 0, 1}};
    for (size_t i = 0; i < sizeof outputs / sizeof outputs[0]; i++)
        for (size_t j = 0; j < sizeof targets / sizeof targets[0]; j++)
            check(&definitions[_i], outputs[i], targets[j]);
}
END_TEST

START_TEST(shares)
{
    const float outputs[][OUTPUTS] = {{0.2f, 0.3f, 0.4f, 0.1f}, {0.6f, 0.05f, 0.3f, 0.25f}};
    const float targets[][OUTPUTS] = {{0.25f, 0.125f, 0.5f, 0.125f}, {0.75f, 0.25f, 0, 0}};
    for (size_t i = 0; i < 2; i++)
        for (size_t j = 0; j < 2; j++)
            check(&definitions[_i], outputs[i], targets[j]);
}
END_TEST

/* Only for losses that take any. */
START_TEST(numbers)
{
    const loss_definition *d = &definitions[_i];
    const float outputs[][OUTPUTS] = {{-1.5f, 0.25f, 3, -0.75f}, {12, -7, 0.875f, 1.75f}};
    const float targets[][OUTPUTS] = {{-1, 1, -1, 1}, {2.5f, -3, 0, 1}, {1, 1, 1, 1}};
    if (loss_is(d, "cross_entropy") || loss_is(d, "distillation") ||
        (loss_is(d, "binary_cross_entropy") && !d->logits))
        return;
    size_t first = loss_is(d, "binary_cross_entropy") ? 2 : 0;
    for (size_t i = 0; i < 2; i++)
        for (size_t j = first; j < 3; j++)
            check(d, outputs[i], targets[j]);
}
END_TEST

/* Wherever it stands, whatever would be clipped. */
START_TEST(what_is_not_finite_shows)
{
    const float bad[] = {NAN, INFINITY, -INFINITY};
    const float target[] = {0, 1, 0, 0};
    for (int i = 0; i < 3 * OUTPUTS; i++) {
        float output[] = {0.2f, 0.2f, 0.4f, 0.2f};
        output[i / 3] = bad[i % 3];
        ck_assert(!isfinite(compute_one(&definitions[_i], output, target, 1, NULL)));
    }
}
END_TEST

START_TEST(certainty)
{
    const loss_definition binary = {"binary_cross_entropy", 0, 0, false};
    const float sure[] = {0, 1, 0, 1}, right[] = {0, 1, 0, 1}, wrong[] = {1, 0, 1, 0};
    float gradient[OUTPUTS] = {1, 1, 1, 1};
    ck_assert_double_eq_tol(compute_one(&binary, sure, right, 1, gradient), 1e-7, 1e-12);
    for (int i = 0; i < OUTPUTS; i++)
        ck_assert(gradient[i] == 0);
    ck_assert_double_eq_tol(compute_one(&binary, sure, wrong, 1, gradient), -log(1e-7), 1e-8);
    for (int i = 0; i < OUTPUTS; i++)
        ck_assert(gradient[i] == 0);
    /* The logits of the same go on pulling. */
    const loss_definition logits = {"binary_cross_entropy", 0, 0, true};
    const float huge[] = {-1e30f, 1e30f, -200, 200};
    ck_assert_double_eq_tol(compute_one(&logits, huge, right, 1, gradient), 0, 1e-12);
    ck_assert(isfinite(compute_one(&logits, huge, wrong, 1, gradient)));
    ck_assert(gradient[0] == -0.25f && gradient[1] == 0.25f);
    const loss_definition divergence = {"kullback_leibler", 0, 0, false};
    ck_assert_double_eq_tol(compute_one(&divergence, sure, right, 1, gradient), 0, 1e-12);
    ck_assert(gradient[0] == 0 && gradient[1] == -1);
    ck_assert_double_eq_tol(compute_one(&divergence, sure, wrong, 1, gradient), -2 * log(1e-7),
                            1e-5);
}
END_TEST

/* At a kink the gradient is 0. */
START_TEST(kinks)
{
    float gradient[OUTPUTS];
    const float t[] = {1, -1, 1, -1}, y[] = {1, -1, 2, 0};
    const loss_definition absolute = {"mean_absolute_error", 0, 0, false};
    ck_assert(compute_one(&absolute, y, t, 1, gradient) == 0.5);
    ck_assert(gradient[0] == 0 && gradient[1] == 0 && gradient[2] == 0.25f && gradient[3] == 0.25f);
    const loss_definition hinge = {"hinge", 0, 0, false};
    ck_assert(compute_one(&hinge, y, t, 1, gradient) == 0.25);
    ck_assert(gradient[0] == 0 && gradient[1] == 0 && gradient[2] == 0 && gradient[3] == 0.25f);
    const loss_definition huber = {"huber", 0, 1, false};
    ck_assert(compute_one(&huber, y, t, 1, gradient) == 0.25);
    ck_assert(gradient[0] == 0 && gradient[2] == 0.25f && gradient[3] == 0.25f);
    const loss_definition logarithmic = {"mean_squared_logarithmic_error", 0, 0, false};
    const float negative[] = {-1, -2, -1e30f, 0};
    compute_one(&logarithmic, negative, t, 1, gradient);
    for (int i = 0; i < OUTPUTS; i++)
        ck_assert(gradient[i] == 0);
}
END_TEST

/* The figures that Keras gives in its documentation, mean of two examples. */
START_TEST(known_values)
{
    const float t[2][2] = {{0, 1}, {0, 0}}, y[2][2] = {{0.6f, 0.4f}, {0.4f, 0.6f}};
    const struct {
        const char *kind;
        double loss;
    } known[] = {{"binary_cross_entropy", 0.815},
                 {"hinge", 1.3},
                 {"squared_hinge", 1.86},
                 {"kullback_leibler", 0.458},
                 {"huber", 0.155}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        neuron_loss_t *loss;
        double sum = 0;
        assert_ok(neuron_loss_create(&loss, context, known[i].kind, NULL));
        for (int j = 0; j < 2; j++)
            sum += compute(loss, y[j], false, t[j], 2, 1, NULL).loss;
        ck_assert_double_eq_tol(sum / 2, known[i].loss, 6e-4);
        neuron_loss_unref(loss);
    }
}
END_TEST

/* ---- The caller's own ---- */

typedef struct call {
    int calls;
    int64_t examples;
    float output[OUTPUTS], target[OUTPUTS]; /* of the first */
    int32_t label;
    int returns;
} call;

static int squares(double *losses, float *gradients, const float *outputs, const float *targets,
                   const int32_t *labels, int64_t count, int64_t size, void *user_data)
{
    call *seen = user_data;
    ck_assert_int_eq(size, OUTPUTS);
    seen->calls++;
    seen->examples += count;
    seen->label = labels[0];
    memcpy(seen->output, outputs, sizeof seen->output);
    memcpy(seen->target, targets, sizeof seen->target);
    for (int64_t i = 0; i < count * size; i++) {
        double error = (double)outputs[i] - (double)targets[i];
        ck_assert(i % size != 0 || losses[i / size] == 0);
        losses[i / size] += error * error / OUTPUTS;
        if (gradients) {
            ck_assert(gradients[i] == 0);
            gradients[i] = (float)(2 * error / OUTPUTS);
        }
    }
    return seen->returns;
}

START_TEST(own_function)
{
    const float given[] = {0, 2, 1, 0}, output[] = {0.5f, 1, -2, 0.25f};
    call seen = {0};
    neuron_loss_t *own;
    assert_ok(neuron_loss_create_custom(&own, context, squares, &seen, NULL));
    float gradient[OUTPUTS] = {9, 9, 9, 9}, other[OUTPUTS];
    const loss_definition built_in = {"mean_squared_error", 0, 0, false};
    assert_ok(check_targets(own, given));
    ck_assert(compute(own, output, false, given, OUTPUTS, 0.5, gradient).loss ==
              0.5 * compute_one(&built_in, output, given, 0.5, other));
    ck_assert_mem_eq(gradient, other, sizeof gradient);
    ck_assert_int_eq(seen.calls, 1);
    ck_assert_int_eq(seen.examples, 1);
    ck_assert_int_eq(seen.label, 1);
    ck_assert_mem_eq(seen.output, output, sizeof output);
    ck_assert_mem_eq(seen.target, given, sizeof given);
    ck_assert(isfinite(compute(own, output, false, given, OUTPUTS, 1, NULL).loss));
    double value;
    ck_assert_str_eq(neuron_loss_kind(own), "custom");
    assert_status(neuron_loss_set(own, "delta=1"), NEURON_E_ARGUMENT);
    assert_message("custom: there is no option \"delta\"; it has none");
    assert_status(neuron_loss_set_number(own, "delta", 1), NEURON_E_ARGUMENT);
    assert_status(neuron_loss_get_number(&value, own, "label_smoothing"), NEURON_E_ARGUMENT);
    assert_ok(neuron_loss_set(own, ""));
    char text[4] = "abc";
    assert_ok(neuron_loss_get_text(text, sizeof text, NULL, own, NULL));
    ck_assert_str_eq(text, "");
    neuron_loss_unref(own);
}
END_TEST

/* ---- Batches ---- */

/* More examples than one task has, with other weights; each result is that of the example alone. */
START_TEST(batches)
{
    enum { COUNT = 37, WIDTH = 3 };
    float outputs[COUNT * WIDTH], targets[COUNT * WIDTH], gradients[COUNT * WIDTH];
    int32_t labels[COUNT];
    double weights[COUNT];
    neuron_loss_result results[COUNT];
    neuron_loss_t *loss;
    assert_ok(neuron_loss_create(&loss, context, "huber", NULL));
    for (int i = 0; i < COUNT * WIDTH; i++) {
        outputs[i] = (float)((i * 7) % 11) / 4 - 1;
        targets[i] = (float)((i * 5) % 7) / 3 - 1;
    }
    for (int i = 0; i < COUNT; i++) {
        labels[i] = i % WIDTH;
        weights[i] = i % 4 / 2.0;
    }
    outputs[20 * WIDTH] = NAN; /* not told of the others */
    outputs[21 * WIDTH] = INFINITY;
    const neuron_loss_batch batch = {.kernels = neuron_kernels_choose(),
                                     .count = COUNT,
                                     .outputs = WIDTH,
                                     .predictions = outputs,
                                     .targets = targets,
                                     .labels = labels,
                                     .weights = weights};
    assert_ok(neuron_loss_compute(loss, context->pool, &batch, results, gradients));
    for (int i = 0; i < COUNT; i++) {
        float gradient[WIDTH];
        const float *output = outputs + i * WIDTH;
        const neuron_loss_result alone =
            compute(loss, output, false, targets + i * WIDTH, WIDTH, weights[i] / COUNT, gradient);
        ck_assert_mem_eq(gradients + i * WIDTH, gradient, sizeof gradient);
        ck_assert_int_eq(results[i].predicted, neuron_argmax(output, WIDTH));
        ck_assert_int_eq(results[i].overflow, alone.overflow);
        ck_assert_int_eq(results[i].undefined, alone.undefined);
        if (i == 20 || i == 21)
            ck_assert(!isfinite(results[i].loss));
        else
            ck_assert_double_eq_tol(results[i].loss, alone.loss * COUNT, 1e-12);
    }
    assert_ok(neuron_loss_compute(NULL, context->pool, &batch, results, NULL)); /* classes alone */
    ck_assert(results[3].loss == 0);
    ck_assert_int_eq(results[3].predicted, neuron_argmax(outputs + 3 * WIDTH, WIDTH));
    neuron_loss_unref(loss);
}
END_TEST

/* A single output says on which side of the threshold it is; what is no number is wrong. */
START_TEST(single_outputs)
{
    const float outputs[] = {0.25f, 0.5f, 0.75f, NAN}, thresholds[] = {0.5f, 0, INFINITY};
    const int32_t expected[][4] = {{0, 0, 1, 1}, {1, 1, 1, 1}, {0, 0, 0, 0}};
    float targets[4] = {0};
    const int32_t labels[4] = {0};
    const double weights[] = {1, 1, 1, 1};
    for (int i = 0; i < 3; i++) {
        neuron_loss_result results[4];
        const neuron_loss_batch batch = {.kernels = neuron_kernels_choose(),
                                         .count = 4,
                                         .outputs = 1,
                                         .threshold = thresholds[i],
                                         .predictions = outputs,
                                         .targets = targets,
                                         .labels = labels,
                                         .weights = weights};
        assert_ok(neuron_loss_compute(NULL, context->pool, &batch, results, NULL));
        for (int j = 0; j < 4; j++)
            ck_assert_int_eq(results[j].predicted, expected[i][j]);
    }
}
END_TEST

/* ---- Targets ---- */

START_TEST(targets_must_suit)
{
    const float any[] = {0.5f, 0.5f, 0.5f, 0}, parts[] = {0.5f, 0.5f, 0, 0},
                negative[] = {-1, 1, 1, -1};
    neuron_loss_t *entropy, *binary, *hinge;
    assert_ok(neuron_loss_create(&entropy, context, "cross_entropy", NULL));
    assert_ok(neuron_loss_create(&binary, context, "binary_cross_entropy", NULL));
    assert_ok(neuron_loss_create(&hinge, context, "hinge", NULL));
    assert_status(check_targets(entropy, any), NEURON_E_DATA);
    assert_message("trainer: cross_entropy needs class numbers or targets that are probabilities");
    assert_status(check_targets(entropy, negative), NEURON_E_DATA);
    assert_ok(check_targets(entropy, parts));
    assert_ok(check_targets(binary, any));
    assert_status(check_targets(binary, negative), NEURON_E_DATA);
    assert_message("binary_cross_entropy needs targets from 0 to 1");
    assert_ok(check_targets(hinge, negative));
    neuron_loss_unref(hinge);
    neuron_loss_unref(binary);
    neuron_loss_unref(entropy);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("loss");
    TCase *cases = tcase_create("loss");
    tcase_add_checked_fixture(cases, begin, end);
    tcase_add_loop_test(cases, classes, 0, DEFINITIONS);
    tcase_add_loop_test(cases, shares, 0, DEFINITIONS);
    tcase_add_loop_test(cases, numbers, 0, DEFINITIONS);
    tcase_add_loop_test(cases, what_is_not_finite_shows, 0, DEFINITIONS);
    tcase_add_test(cases, certainty);
    tcase_add_test(cases, kinks);
    tcase_add_test(cases, known_values);
    tcase_add_test(cases, own_function);
    tcase_add_test(cases, batches);
    tcase_add_test(cases, single_outputs);
    tcase_add_test(cases, targets_must_suit);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
