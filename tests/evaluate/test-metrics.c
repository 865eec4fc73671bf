/* Metrics by name, against plain formulas; curves, intervals and McNemar's test. More of them, of
 * all kinds and with many equal scores, are compared with scikit-learn in tests/interop/metrics.py.
 */
#include "test-common.h"

#include "base/random.h"

#include <math.h>
#include <stdio.h>

enum { COUNT = 90, CLASSES = 4, OVERALL = NEURON_AVERAGE_DEFAULT };

/* Outputs that are often equal, and add up to 1. */
typedef struct scene {
    neuron_context_t *context;
    float outputs[COUNT][CLASSES];
    int32_t truth[COUNT];
} scene;

static void draw(scene *s, uint64_t seed)
{
    neuron_random_reader reader = neuron_random_read(seed, NEURON_RANDOM_SHUFFLE, 9);
    for (int i = 0; i < COUNT; i++) {
        int parts = 16;
        s->truth[i] = (int32_t)neuron_random_below(&reader, CLASSES);
        for (int k = 0; k < CLASSES; k++) {
            int part =
                k == CLASSES - 1 ? parts : (int)neuron_random_below(&reader, (uint64_t)parts + 1);
            s->outputs[i][k] = (float)part / 16;
            parts -= part;
        }
    }
}

static neuron_evaluation_t *make(neuron_context_t *context, const float *outputs, int64_t width,
                                 const void *targets, int32_t type, int64_t count,
                                 const char *options)
{
    neuron_tensor_t *given, *wanted;
    neuron_evaluation_t *evaluation;
    assert_ok(neuron_tensor_copy(&given, context, NEURON_TYPE_F32, (const int64_t[]){count, width},
                                 2, (void *)(uintptr_t)outputs));
    assert_ok(neuron_tensor_copy(&wanted, context, type, (const int64_t[]){count, width},
                                 type == NEURON_TYPE_I32 ? 1 : 2, (void *)(uintptr_t)targets));
    assert_ok(
        neuron_evaluation_create_from_outputs(&evaluation, context, given, wanted, NULL, options));
    neuron_tensor_unref(given);
    neuron_tensor_unref(wanted);
    return evaluation;
}

static neuron_evaluation_t *evaluate(const scene *s)
{
    return make(s->context, s->outputs[0], CLASSES, s->truth, NEURON_TYPE_I32, COUNT, "scores=yes");
}

static double metric(const neuron_evaluation_t *evaluation, const char *name, int64_t row,
                     const char *options)
{
    double value = -1;
    assert_ok(neuron_evaluation_metric(&value, evaluation, name, row, options));
    return value;
}

static void assert_near(double value, double expected)
{
    ck_assert_msg(fabs(value - expected) < 1e-12, "%.17g is not %.17g", value, expected);
}

/* ---- Ranking ---- */

/* The share of pairs that are in order; a pair of equals is half in order. */
static double plain_auc(const double *scores, const bool *yes, int count)
{
    double in_order = 0, pairs = 0;
    for (int i = 0; i < count; i++)
        for (int j = 0; j < count; j++)
            if (yes[i] && !yes[j]) {
                in_order += scores[i] > scores[j] ? 1 : scores[i] == scores[j] ? 0.5 : 0;
                pairs++;
            }
    return in_order / pairs;
}

/* The mean of the precisions of those at least as large as each that is so. */
static double plain_precision(const double *scores, const bool *yes, int count)
{
    double sum = 0, all = 0;
    for (int i = 0; i < count; i++) {
        double taken = 0, right = 0;
        for (int j = 0; yes[i] && j < count; j++) {
            taken += scores[j] >= scores[i];
            right += scores[j] >= scores[i] && yes[j];
        }
        if (yes[i])
            sum += right / taken;
        all += yes[i];
    }
    return all > 0 ? sum / all : 0;
}

START_TEST(rankings_are_those_of_pairs)
{
    scene s = {.context = test_context()};
    static double scores[COUNT * CLASSES];
    static bool yes[COUNT * CLASSES];
    for (uint64_t seed = 0; seed < 20; seed++) {
        double areas = 0, precisions = 0, weighted = 0;
        draw(&s, seed);
        neuron_evaluation_t *evaluation = evaluate(&s);
        for (int k = 0; k < CLASSES; k++) {
            int all = 0;
            for (int i = 0; i < COUNT; i++) {
                scores[k * COUNT + i] = (double)s.outputs[i][k];
                all += yes[k * COUNT + i] = s.truth[i] == k;
            }
            double area = plain_auc(scores + k * COUNT, yes + k * COUNT, COUNT);
            double precision = plain_precision(scores + k * COUNT, yes + k * COUNT, COUNT);
            assert_near(metric(evaluation, "roc_auc", k, NULL), area);
            assert_near(metric(evaluation, "average_precision", k, NULL), precision);
            areas += area / CLASSES;
            precisions += precision / CLASSES;
            weighted += area * all / COUNT;
        }
        assert_near(metric(evaluation, "roc_auc", NEURON_AVERAGE_MACRO, NULL), areas);
        assert_near(metric(evaluation, "roc_auc", OVERALL, NULL), areas);
        assert_near(metric(evaluation, "roc_auc", NEURON_AVERAGE_WEIGHTED, NULL), weighted);
        assert_near(metric(evaluation, "average_precision", NEURON_AVERAGE_MACRO, NULL),
                    precisions);
        assert_near(metric(evaluation, "roc_auc", NEURON_AVERAGE_MICRO, NULL),
                    plain_auc(scores, yes, COUNT * CLASSES));
        assert_near(metric(evaluation, "average_precision", NEURON_AVERAGE_MICRO, NULL),
                    plain_precision(scores, yes, COUNT * CLASSES));
        neuron_evaluation_unref(evaluation);
    }
    neuron_context_unref(s.context);
}
END_TEST

/* ---- Classes ---- */

static int largest(const float *outputs)
{
    int best = 0;
    for (int k = 1; k < CLASSES; k++)
        if (outputs[k] > outputs[best])
            best = k;
    return best;
}

START_TEST(agreement_is_that_of_the_table)
{
    scene s = {.context = test_context()};
    for (uint64_t seed = 0; seed < 20; seed++) {
        double table[CLASSES][CLASSES] = {{0}}, of[CLASSES] = {0}, as[CLASSES] = {0}, right = 0;
        double by_chance = 0, of_of = 0, as_as = 0, recalls = 0, top[CLASSES + 1] = {0};
        draw(&s, seed);
        for (int i = 0; i < COUNT; i++) {
            int truth = s.truth[i], taken = largest(s.outputs[i]), before = 0;
            table[truth][taken]++;
            of[truth]++;
            as[taken]++;
            right += truth == taken;
            for (int k = 0; k < CLASSES; k++)
                before += s.outputs[i][k] > s.outputs[i][truth] ||
                          (s.outputs[i][k] == s.outputs[i][truth] && k > truth);
            for (int k = before + 1; k <= CLASSES; k++)
                top[k]++;
        }
        for (int k = 0; k < CLASSES; k++) {
            by_chance += of[k] * as[k];
            of_of += of[k] * of[k];
            as_as += as[k] * as[k];
            recalls += table[k][k] / of[k] / CLASSES;
        }
        neuron_evaluation_t *evaluation = evaluate(&s);
        double all = COUNT;
        assert_near(metric(evaluation, "accuracy", OVERALL, NULL), right / all);
        assert_near(metric(evaluation, "balanced_accuracy", OVERALL, NULL), recalls);
        assert_near(metric(evaluation, "cohen_kappa", OVERALL, NULL),
                    (right / all - by_chance / all / all) / (1 - by_chance / all / all));
        assert_near(metric(evaluation, "matthews_correlation", OVERALL, NULL),
                    (right * all - by_chance) / sqrt((all * all - of_of) * (all * all - as_as)));
        for (int k = 1; k <= CLASSES; k++) {
            char options[16];
            snprintf(options, sizeof options, "k=%d", k);
            assert_near(metric(evaluation, "top_k_accuracy", OVERALL, options), top[k] / all);
        }
        double tp = table[1][1], fn = of[1] - tp, fp = as[1] - tp, tn = all - tp - fn - fp;
        assert_near(metric(evaluation, "matthews_correlation", 1, NULL),
                    (tp * tn - fp * fn) / sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)));
        assert_near(metric(evaluation, "balanced_accuracy", 1, NULL),
                    (tp / (tp + fn) + tn / (tn + fp)) / 2);
        assert_near(metric(evaluation, "f1", 2, NULL), neuron_evaluation_f1(evaluation, 2));
        assert_near(metric(evaluation, "iou", NEURON_AVERAGE_MICRO, NULL),
                    neuron_evaluation_iou(evaluation, NEURON_AVERAGE_MICRO));
        neuron_evaluation_unref(evaluation);
    }
    neuron_context_unref(s.context);
}
END_TEST

/* ---- Probabilities ---- */

static double clipped_log(double p)
{
    return log(fmin(fmax(p, 0x1p-52), 1 - 0x1p-52));
}

START_TEST(probabilities_are_judged)
{
    scene s = {.context = test_context()};
    for (uint64_t seed = 0; seed < 20; seed++) {
        double loss = 0, square = 0, parts = 0, error = 0, worst = 0;
        double seen[5] = {0}, sure[5] = {0}, right[5] = {0};
        draw(&s, seed);
        for (int i = 0; i < COUNT; i++) {
            int taken = largest(s.outputs[i]);
            double confidence = (double)s.outputs[i][taken];
            int bin = 0;
            while (confidence > (bin + 1) / 5.0)
                bin++;
            seen[bin]++;
            sure[bin] += confidence;
            right[bin] += taken == s.truth[i];
            loss -= clipped_log((double)s.outputs[i][s.truth[i]]) / COUNT;
            for (int k = 0; k < CLASSES; k++)
                square += pow((double)s.outputs[i][k] - (s.truth[i] == k), 2) / COUNT;
        }
        for (int bin = 0; bin < 5; bin++) {
            error += fabs(sure[bin] - right[bin]) / COUNT;
            if (seen[bin] > 0)
                worst = fmax(worst, fabs(sure[bin] - right[bin]) / seen[bin]);
        }
        neuron_evaluation_t *evaluation = evaluate(&s);
        assert_near(metric(evaluation, "log_loss", OVERALL, NULL), loss);
        assert_near(metric(evaluation, "brier_score", OVERALL, NULL), square);
        assert_near(metric(evaluation, "expected_calibration_error", OVERALL, "bins=5"), error);
        assert_near(metric(evaluation, "maximum_calibration_error", OVERALL, "bins=5"), worst);
        parts = metric(evaluation, "brier_reliability", OVERALL, "bins=0") -
                metric(evaluation, "brier_resolution", OVERALL, "bins=0") +
                metric(evaluation, "brier_uncertainty", OVERALL, "bins=0");
        assert_near(parts, square);
        ck_assert(metric(evaluation, "brier_resolution", OVERALL, "bins=1") < 1e-12);
        ck_assert(metric(evaluation, "brier_resolution", OVERALL, NULL) > 1e-3);
        neuron_evaluation_unref(evaluation);
    }
    neuron_context_unref(s.context);
}
END_TEST

/* Ten examples of a single output: confidence is that of the class taken. */
static const float single[10] = {0.9f, 0.9f, 0.2f, 0.6f, 0.45f, 0.1f, 0.7f, 0.8f, 0.5f, 0.3f};
static const float single_truth[10] = {1, 0, 0, 1, 1, 0, 0, 1, 0, 0};

START_TEST(abstaining_is_by_confidence)
{
    neuron_context_t *context = test_context();
    neuron_evaluation_t *evaluation =
        make(context, single, 1, single_truth, NEURON_TYPE_F32, 10, "scores=yes");
    ck_assert_int_eq(neuron_evaluation_row_count(evaluation), 2);
    /* Sure: 1 - 0.1f | 0.9 0.9 | 0.8 | 1 - 0.2f | 0.7 and 1 - 0.3f | 0.6 | 0.55 | 0.5, in float.
     * Wrong are one of 0.9, one of 0.7, and 0.55. */
    const double risks[10] = {0,       1.0 / 3, 1.0 / 3, 1.0 / 4, 1.0 / 5,
                              2.0 / 7, 2.0 / 7, 2.0 / 8, 3.0 / 9, 3.0 / 10};
    double area = 0;
    for (int i = 0; i < 10; i++)
        area += risks[i] / 10;
    assert_near(metric(evaluation, "risk_coverage_area", OVERALL, NULL), area);
    assert_near(metric(evaluation, "accuracy_at_coverage", OVERALL, "coverage=0.1"), 1);
    assert_near(metric(evaluation, "accuracy_at_coverage", OVERALL, "coverage=0.2"), 2.0 / 3);
    assert_near(metric(evaluation, "accuracy_at_coverage", OVERALL, "coverage=0.7"), 5.0 / 7);
    assert_near(metric(evaluation, "accuracy_at_coverage", OVERALL, "coverage=0"), 1);
    assert_near(metric(evaluation, "coverage_at_confidence", OVERALL, "threshold=0.8"), 0.5);
    assert_near(metric(evaluation, "accuracy_at_confidence", OVERALL, "threshold=0.8"), 0.8);
    ck_assert(isnan(metric(evaluation, "accuracy_at_confidence", OVERALL, "threshold=0.95")));
    double coverage[12], risk[12], least[12];
    size_t needed = 0;
    assert_ok(neuron_evaluation_curve(NULL, NULL, NULL, 0, &needed, evaluation, "risk_coverage",
                                      OVERALL, NULL));
    ck_assert_uint_eq(needed, 8);
    assert_ok(neuron_evaluation_curve(coverage, risk, least, 12, NULL, evaluation, "risk_coverage",
                                      OVERALL, NULL));
    assert_near(coverage[0], 0.1);
    assert_near(coverage[1], 0.3);
    assert_near(risk[1], 1.0 / 3);
    assert_near(least[1], (double)0.9f);
    assert_near(risk[7], 0.3);
    assert_status(neuron_evaluation_curve(coverage, NULL, NULL, 7, &needed, evaluation,
                                          "risk_coverage", OVERALL, NULL),
                  NEURON_E_ARGUMENT);
    assert_message("risk_coverage: capacity is 7, but the curve has 8 points");
    neuron_evaluation_unref(evaluation);
    neuron_context_unref(context);
}
END_TEST

/* Of two classes it is class 1 that is told of, as in scikit-learn. */
START_TEST(of_two_classes_it_is_the_second)
{
    neuron_context_t *context = test_context();
    neuron_evaluation_t *evaluation =
        make(context, single, 1, single_truth, NEURON_TYPE_F32, 10, "scores=yes");
    static const char *const names[] = {"precision", "recall", "f1", "iou", "average_precision"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        ck_assert(metric(evaluation, names[i], OVERALL, NULL) ==
                  metric(evaluation, names[i], 1, NULL));
        assert_near(
            metric(evaluation, names[i], NEURON_AVERAGE_MACRO, NULL),
            (metric(evaluation, names[i], 0, NULL) + metric(evaluation, names[i], 1, NULL)) / 2);
    }
    double square = 0;
    for (int i = 0; i < 10; i++)
        square += pow((double)single[i] - (double)single_truth[i], 2) / 10;
    assert_near(metric(evaluation, "brier_score", OVERALL, NULL), square);
    double x[20], y[20], at[20];
    size_t needed;
    assert_ok(neuron_evaluation_curve(x, y, at, 20, &needed, evaluation, "roc", OVERALL, NULL));
    ck_assert_uint_eq(needed, 10); /* two scores are equal */
    ck_assert(x[0] == 0 && y[0] == 0 && isinf(at[0]) && x[9] == 1 && y[9] == 1);
    assert_near(x[1], 1.0 / 6);
    assert_near(y[1], 1.0 / 4);
    assert_ok(neuron_evaluation_curve(x, y, NULL, 20, &needed, evaluation, "precision_recall",
                                      OVERALL, NULL));
    ck_assert(x[0] == 0 && y[0] == 1 && x[9] == 1);
    assert_near(y[9], 0.4);
    assert_ok(
        neuron_evaluation_curve(x, y, at, 20, &needed, evaluation, "reliability", 1, "bins=2"));
    ck_assert_uint_eq(needed, 2);
    assert_near(y[0], 1.0 / 5);
    assert_near(y[1], 3.0 / 5);
    ck_assert(at[0] == 5 && at[1] == 5);
    neuron_evaluation_unref(evaluation);
    neuron_context_unref(context);
}
END_TEST

/* ---- What is not defined ---- */

START_TEST(what_is_not_defined_is_not_a_number)
{
    neuron_context_t *context = test_context();
    static const float zeros[10] = {0};
    neuron_evaluation_t *evaluation =
        make(context, single, 1, zeros, NEURON_TYPE_F32, 10, "scores=yes, kind=classes");
    ck_assert(isnan(metric(evaluation, "roc_auc", 1, NULL)));
    ck_assert(isnan(metric(evaluation, "roc_auc", NEURON_AVERAGE_MACRO, NULL)));
    ck_assert(metric(evaluation, "average_precision", 1, NULL) == 0);
    ck_assert(metric(evaluation, "average_precision", 0, NULL) == 1);
    ck_assert(metric(evaluation, "matthews_correlation", OVERALL, NULL) == 0);
    neuron_evaluation_unref(evaluation);
    const float low[3] = {0.1f, 0.2f, 0.1f};
    evaluation = make(context, low, 1, zeros, NEURON_TYPE_F32, 3, "scores=yes, kind=classes");
    ck_assert(isnan(metric(evaluation, "cohen_kappa", OVERALL, NULL)));
    double low_bound = 0, high_bound = 0;
    assert_ok(neuron_evaluation_interval(&low_bound, &high_bound, evaluation, "roc_auc", 1, NULL));
    ck_assert(isnan(low_bound) && isnan(high_bound));
    neuron_evaluation_unref(evaluation);
    /* A class without examples has no area: the mean has none, but for the weighed one. */
    const float three[4][3] = {{0.6f, 0.4f, 0}, {0.3f, 0.7f, 0}, {0.4f, 0.6f, 0}, {0.9f, 0.1f, 0}};
    const int32_t two[4] = {0, 1, 0, 1};
    evaluation = make(context, three[0], 3, two, NEURON_TYPE_I32, 4, "scores=yes");
    ck_assert(isnan(metric(evaluation, "roc_auc", NEURON_AVERAGE_MACRO, NULL)));
    assert_near(metric(evaluation, "roc_auc", NEURON_AVERAGE_WEIGHTED, NULL), 0.5);
    assert_near(metric(evaluation, "balanced_accuracy", OVERALL, NULL), 0.5);
    neuron_evaluation_unref(evaluation);
    /* Nor has what is not a number itself. */
    const float bad[4][3] = {{0.6f, 0.4f, 0}, {0.3f, NAN, 0}, {0.4f, 0.6f, 0}, {0.9f, 0.1f, 0}};
    evaluation = make(context, bad[0], 3, two, NEURON_TYPE_I32, 4, "scores=yes");
    ck_assert(isnan(metric(evaluation, "roc_auc", 1, NULL)));
    assert_near(metric(evaluation, "roc_auc", 0, NULL), 0.5);
    ck_assert(isnan(metric(evaluation, "log_loss", OVERALL, NULL)));
    assert_status(neuron_evaluation_curve(NULL, NULL, NULL, 0, NULL, evaluation, "roc", 1, NULL),
                  NEURON_E_DATA);
    neuron_evaluation_unref(evaluation);
    neuron_context_unref(context);
}
END_TEST

/* ---- Kinds ---- */

START_TEST(labels_and_numbers)
{
    neuron_context_t *context = test_context();
    const float outputs[4][2] = {{0.9f, 0.2f}, {0.4f, 0.8f}, {0.7f, 0.6f}, {0.1f, 0.3f}};
    const float tags[4][2] = {{1, 0}, {1, 1}, {1, 0}, {0, 0}};
    neuron_evaluation_t *evaluation =
        make(context, outputs[0], 2, tags, NEURON_TYPE_F32, 4, "scores=yes, kind=multi_label");
    assert_near(metric(evaluation, "subset_accuracy", OVERALL, NULL), 0.5);
    assert_near(metric(evaluation, "f1", NEURON_AVERAGE_SAMPLES, NULL),
                (1 + 2.0 / 3 + 2.0 / 3) / 4);
    assert_near(metric(evaluation, "f1", OVERALL, NULL),
                neuron_evaluation_f1(evaluation, NEURON_AVERAGE_MACRO));
    assert_near(metric(evaluation, "roc_auc", OVERALL, NULL), 1);
    assert_near(metric(evaluation, "balanced_accuracy", 0, NULL), (2.0 / 3 + 1) / 2);
    assert_near(metric(evaluation, "balanced_accuracy", OVERALL, NULL),
                ((2.0 / 3 + 1) / 2 + (1 + 2.0 / 3) / 2) / 2);
    double values[2];
    assert_status(neuron_evaluation_metric(values, evaluation, "top_k_accuracy", OVERALL, NULL),
                  NEURON_E_ARGUMENT);
    assert_message("top_k_accuracy: is no metric of an evaluation of kind multi_label");
    assert_status(
        neuron_evaluation_curve(NULL, NULL, NULL, 0, NULL, evaluation, "roc", OVERALL, NULL),
        NEURON_E_ARGUMENT);
    neuron_evaluation_unref(evaluation);

    const float measured[4][2] = {{1, 10}, {2, 30}, {4, 20}, {3, 50}};
    evaluation = make(context, outputs[0], 2, measured, NEURON_TYPE_F32, 4, "scores=yes");
    double squares[2] = {0};
    for (int i = 0; i < 4; i++)
        for (int k = 0; k < 2; k++)
            squares[k] += pow((double)outputs[i][k] - (double)measured[i][k], 2) / 4;
    assert_near(metric(evaluation, "mean_squared_error", 1, NULL), squares[1]);
    assert_near(metric(evaluation, "mean_squared_error", OVERALL, NULL),
                (squares[0] + squares[1]) / 2);
    assert_near(metric(evaluation, "root_mean_squared_error", 0, NULL), sqrt(squares[0]));
    assert_near(metric(evaluation, "r2", NEURON_AVERAGE_MACRO, NULL),
                neuron_evaluation_r2(evaluation, NEURON_AVERAGE_MACRO));
    assert_status(neuron_evaluation_metric(values, evaluation, "r2", NEURON_AVERAGE_WEIGHTED, NULL),
                  NEURON_E_ARGUMENT);
    assert_status(neuron_evaluation_metric(values, evaluation, "roc_auc", 0, NULL),
                  NEURON_E_ARGUMENT);
    neuron_evaluation_unref(evaluation);
    neuron_context_unref(context);
}
END_TEST

/* Places of a map are examples; what a graph says in logarithms is kept as probabilities. */
START_TEST(places_and_logarithms)
{
    neuron_context_t *context = test_context();
    enum { MAPS = 3, PLACES = 4, CHANNELS = 2 };
    float inputs[MAPS * PLACES * CHANNELS], targets[MAPS * PLACES * CHANNELS];
    for (int i = 0; i < MAPS * PLACES; i++) {
        inputs[2 * i] = (float)(i * 5 % 7) / 4;
        inputs[2 * i + 1] = 0.5f;
        targets[2 * i] = i % 3 == 0;
        targets[2 * i + 1] = i % 3 != 0;
    }
    const int64_t shape[] = {2, 2, CHANNELS}, all[] = {MAPS, 2, 2, CHANNELS};
    neuron_tensor_t *examples, *given;
    neuron_dataset_t *dataset;
    neuron_graph_t *graphs[2];
    neuron_evaluation_t *found[2];
    assert_ok(neuron_tensor_copy(&examples, context, NEURON_TYPE_F32, all, 4, inputs));
    assert_ok(neuron_tensor_copy(&given, context, NEURON_TYPE_F32,
                                 (const int64_t[]){MAPS, PLACES * CHANNELS}, 2, targets));
    assert_ok(neuron_dataset_create_with_targets(&dataset, context, examples, given));
    for (int i = 0; i < 2; i++) {
        assert_ok(neuron_graph_create(&graphs[i], context));
        neuron_node_t *x = neuron_input(graphs[i], shape, 3);
        assert_ok(neuron_graph_finish(graphs[i], i == 0 ? neuron_softmax(graphs[i], x, NULL)
                                                        : neuron_log_softmax(graphs[i], x, NULL)));
        assert_ok(
            neuron_graph_evaluate(&found[i], graphs[i], dataset, NULL, "kind=pixels, scores=yes"));
    }
    double loss = 0, right = 0;
    for (int i = 0; i < MAPS * PLACES; i++) {
        double p = 1 / (1 + exp((double)inputs[2 * i] - 0.5));
        loss -= log(targets[2 * i] > 0 ? 1 - p : p) / (MAPS * PLACES);
        right += (inputs[2 * i] >= 0.5f) == (targets[2 * i] > 0);
    }
    for (int i = 0; i < 2; i++) {
        double value = metric(found[i], "log_loss", OVERALL, NULL), low, high;
        ck_assert_double_eq_tol(value, loss, 1e-6);
        assert_near(metric(found[i], "accuracy", OVERALL, NULL), right / (MAPS * PLACES));
        /* Whole maps are drawn: with three there are no more than 10 different samples. */
        assert_ok(neuron_evaluation_interval(&low, &high, found[i], "log_loss", OVERALL,
                                             "samples=500, confidence=0.999999"));
        double least = INFINITY, most = -INFINITY;
        for (int map = 0; map < MAPS; map++) {
            double sum = 0;
            for (int k = map * PLACES; k < (map + 1) * PLACES; k++) {
                double p = 1 / (1 + exp((double)inputs[2 * k] - 0.5));
                sum -= log(targets[2 * k] > 0 ? 1 - p : p) / PLACES;
            }
            least = fmin(least, sum);
            most = fmax(most, sum);
        }
        ck_assert_double_eq_tol(low, least, 1e-5);
        ck_assert_double_eq_tol(high, most, 1e-5);
        assert_status(neuron_evaluation_mcnemar(NULL, NULL, found[i], found[i], NULL),
                      NEURON_E_ARGUMENT);
        neuron_evaluation_unref(found[i]);
        neuron_graph_unref(graphs[i]);
    }
    neuron_dataset_unref(dataset);
    neuron_tensor_unref(examples);
    neuron_tensor_unref(given);
    neuron_context_unref(context);
}
END_TEST

/* ---- Intervals ---- */

enum { SAMPLES = 40 };

static int compare(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

/* Evaluates each sample as a dataset of its own, in which examples stand several times. */
static void plain_interval(double bounds[2], const scene *s, const char *name, int64_t row)
{
    double figures[SAMPLES];
    scene sample = {.context = s->context};
    for (uint32_t n = 0; n < SAMPLES; n++) {
        neuron_random_reader reader = neuron_random_read(5, NEURON_RANDOM_BOOTSTRAP, n);
        for (int i = 0; i < COUNT; i++) {
            int64_t drawn = (int64_t)neuron_random_below(&reader, COUNT);
            memcpy(sample.outputs[i], s->outputs[drawn], sizeof sample.outputs[i]);
            sample.truth[i] = s->truth[drawn];
        }
        neuron_evaluation_t *evaluation = evaluate(&sample);
        figures[n] = metric(evaluation, name, row, NULL);
        neuron_evaluation_unref(evaluation);
    }
    qsort(figures, SAMPLES, sizeof *figures, compare);
    for (int i = 0; i < 2; i++) {
        double place = (i == 0 ? 0.1 : 0.9) * (SAMPLES - 1);
        int below = (int)place;
        bounds[i] = figures[below] + (place - below) * (figures[below + 1] - figures[below]);
    }
}

START_TEST(intervals_are_those_of_samples)
{
    static const struct {
        const char *name;
        int64_t row;
    } cases[] = {{"accuracy", OVERALL},
                 {"f1", NEURON_AVERAGE_MACRO},
                 {"cohen_kappa", OVERALL},
                 {"matthews_correlation", NEURON_AVERAGE_WEIGHTED},
                 {"top_k_accuracy", OVERALL},
                 {"roc_auc", NEURON_AVERAGE_MACRO},
                 {"roc_auc", NEURON_AVERAGE_WEIGHTED},
                 {"average_precision", NEURON_AVERAGE_MICRO},
                 {"average_precision", 2},
                 {"log_loss", OVERALL},
                 {"brier_score", OVERALL},
                 {"brier_resolution", OVERALL},
                 {"expected_calibration_error", OVERALL},
                 {"maximum_calibration_error", 1},
                 {"risk_coverage_area", OVERALL},
                 {"accuracy_at_coverage", OVERALL},
                 {"accuracy_at_confidence", OVERALL},
                 {"coverage_at_confidence", OVERALL}};
    scene s = {.context = test_context()};
    draw(&s, 3);
    neuron_evaluation_t *evaluation = evaluate(&s);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        double bounds[2], low[3], high[3];
        plain_interval(bounds, &s, cases[i].name, cases[i].row);
        for (int threads = 0; threads < 3; threads++) {
            assert_ok(neuron_context_set_number(s.context, "threads", 1 + 2 * threads));
            assert_ok(neuron_evaluation_interval(&low[threads], &high[threads], evaluation,
                                                 cases[i].name, cases[i].row,
                                                 "samples=40, seed=5, confidence=0.8"));
        }
        ck_assert_msg(fabs(low[0] - bounds[0]) < 1e-12 && fabs(high[0] - bounds[1]) < 1e-12,
                      "%s: %.17g to %.17g is not %.17g to %.17g", cases[i].name, low[0], high[0],
                      bounds[0], bounds[1]);
        ck_assert(low[0] == low[1] && low[0] == low[2] && high[0] == high[1] && high[0] == high[2]);
    }
    double low = 0, high = 0, wider = 0;
    assert_ok(neuron_evaluation_interval(&low, &high, evaluation, "accuracy", OVERALL, NULL));
    assert_ok(neuron_evaluation_interval(&wider, NULL, evaluation, "accuracy", OVERALL,
                                         "confidence=0.999"));
    ck_assert(wider < low && low < neuron_evaluation_accuracy(evaluation) &&
              neuron_evaluation_accuracy(evaluation) < high);
    assert_ok(neuron_evaluation_interval(&low, NULL, evaluation, "expected_calibration_error",
                                         OVERALL, "samples=10, bins=3"));
    assert_status(neuron_evaluation_interval(&low, NULL, evaluation, "accuracy", OVERALL,
                                             "samples=10, bins=3"),
                  NEURON_E_ARGUMENT);
    assert_message("accuracy: there is no option \"bins\"");
    neuron_evaluation_unref(evaluation);
    neuron_context_unref(s.context);
}
END_TEST

/* Figures of many rows are put together by and by, each sample of the same examples every time, and
 * without the lists of all rows in memory. */
START_TEST(many_rows_take_turns)
{
    enum { ROWS = 600, TURNS = 40, SEEDS = 5 };
    static const struct {
        const char *name;
        int64_t row;
    } cases[] = {{"brier_score", OVERALL},
                 {"brier_reliability", NEURON_AVERAGE_WEIGHTED},
                 {"expected_calibration_error", NEURON_AVERAGE_MACRO}};
    static float outputs[ROWS * ROWS], drawn[TURNS * TURNS];
    static int32_t truth[ROWS], drawn_truth[TURNS];
    neuron_context_t *context;
    assert_ok(neuron_context_create(&context, "threads=2, memory_limit=7000000"));
    neuron_random_reader reader = neuron_random_read(1, NEURON_RANDOM_SHUFFLE, 9);
    for (int i = 0; i < ROWS * ROWS; i++)
        outputs[i] = (float)neuron_random_uniform(&reader);
    for (int i = 0; i < ROWS; i++)
        truth[i] = i;
    neuron_evaluation_t *large =
        make(context, outputs, ROWS, truth, NEURON_TYPE_I32, ROWS, "scores=yes");
    double low, high;
    assert_ok(neuron_evaluation_interval(&low, &high, large, "brier_score", OVERALL, "samples=2"));
    ck_assert(low > 0 && low <= high);
    neuron_evaluation_unref(large);
    neuron_evaluation_t *all =
        make(context, outputs, TURNS, truth, NEURON_TYPE_I32, TURNS, "scores=yes");
    for (int seed = 0; seed < SEEDS; seed++) {
        char options[40];
        snprintf(options, sizeof options, "samples=1, seed=%d", seed);
        reader = neuron_random_read((uint64_t)seed, NEURON_RANDOM_BOOTSTRAP, 0);
        for (int i = 0; i < TURNS; i++) {
            int64_t from = (int64_t)neuron_random_below(&reader, TURNS);
            memcpy(drawn + i * TURNS, outputs + from * TURNS, TURNS * sizeof *drawn);
            drawn_truth[i] = truth[from];
        }
        neuron_evaluation_t *sample =
            make(context, drawn, TURNS, drawn_truth, NEURON_TYPE_I32, TURNS, "scores=yes");
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
            double figure = metric(sample, cases[i].name, cases[i].row, NULL);
            assert_ok(
                neuron_evaluation_interval(&low, &high, all, cases[i].name, cases[i].row, options));
            ck_assert_msg(low == high && fabs(low - figure) < 1e-12, "%s: %.17g, not %.17g",
                          cases[i].name, low, figure);
        }
        /* Classes that the sample does not have are no part of this mean. */
        double sum = 0, present = 0;
        for (int64_t row = 0; row < TURNS; row++) {
            double area = metric(sample, "roc_auc", row, NULL);
            sum += isnan(area) ? 0 : area;
            present += !isnan(area);
        }
        ck_assert(present > 16 && present < TURNS);
        assert_ok(
            neuron_evaluation_interval(&low, &high, all, "roc_auc", NEURON_AVERAGE_MACRO, options));
        ck_assert(low == high && fabs(low - sum / present) < 1e-12);
        neuron_evaluation_unref(sample);
    }
    neuron_evaluation_unref(all);
    neuron_context_unref(context);
}
END_TEST

/* ---- What must not look good, or better than it is ---- */

/* An example whose outputs are not numbers is wrong, whatever its class or labels are. */
START_TEST(broken_outputs_are_wrong)
{
    neuron_context_t *context = test_context();
    const float broken[4][3] = {
        {NAN, NAN, NAN}, {NAN, NAN, NAN}, {0.6f, 0.3f, NAN}, {0.2f, 0.5f, 0.3f}};
    const int32_t truth[4] = {0, 1, 0, 1};
    neuron_evaluation_t *evaluation =
        make(context, broken[0], 3, truth, NEURON_TYPE_I32, 4, "scores=yes");
    assert_near(neuron_evaluation_accuracy(evaluation), 0.25);
    static const char *const undefined[] = {
        "log_loss",           "brier_score",          "top_k_accuracy",
        "risk_coverage_area", "accuracy_at_coverage", "expected_calibration_error"};
    for (size_t i = 0; i < sizeof undefined / sizeof undefined[0]; i++)
        ck_assert_msg(isnan(metric(evaluation, undefined[i], OVERALL, NULL)), "%s", undefined[i]);
    assert_status(neuron_evaluation_curve(NULL, NULL, NULL, 0, NULL, evaluation, "risk_coverage",
                                          OVERALL, NULL),
                  NEURON_E_DATA);
    assert_message("risk_coverage: an output of example 0 is not a number");
    neuron_evaluation_unref(evaluation);

    const float labels[4][3] = {{0, 0, 0}, {0, 0, 0}, {1, 0, 0}, {0, 1, 0}};
    static const char *const kinds[] = {"kind=multi_label, scores=yes",
                                        "kind=pixels, channels=3, scores=yes"};
    for (int kind = 0; kind < 2; kind++) {
        evaluation = make(context, broken[0], 3, labels, NEURON_TYPE_F32, 4, kinds[kind]);
        assert_near(neuron_evaluation_accuracy(evaluation), kind == 0 ? 0 : 0.25);
        ck_assert(kind == 1 || metric(evaluation, "recall", 0, NULL) == 1);
        ck_assert(kind == 1 || metric(evaluation, "precision", 2, NULL) == 0);
        double value = -1;
        assert_ok(neuron_evaluation_interval(&value, NULL, evaluation, "accuracy", OVERALL,
                                             "samples=20, confidence=0.01"));
        ck_assert(value < 1);
        neuron_evaluation_unref(evaluation);
    }
    const float one[2] = {NAN, NAN}, ones[2] = {0, 1};
    evaluation = make(context, one, 1, ones, NEURON_TYPE_F32, 2, "kind=classes");
    ck_assert(neuron_evaluation_accuracy(evaluation) == 0);
    neuron_evaluation_unref(evaluation);
    const float equal[2] = {1, 1};
    evaluation = make(context, one, 1, equal, NEURON_TYPE_F32, 2, "kind=regression");
    ck_assert(isnan(neuron_evaluation_r2(evaluation, 0)));
    neuron_evaluation_unref(evaluation);
    neuron_context_unref(context);
}
END_TEST

/* Outputs of 0.1, 0.2 and so on are each the upper bound of a bin. */
START_TEST(bins_contain_their_upper_bound)
{
    neuron_context_t *context = test_context();
    float outputs[20], truth[20];
    for (int i = 0; i < 20; i++) {
        outputs[i] = (float)(i / 2 + 1) / 10;
        truth[i] = (float)(i % 2);
    }
    neuron_evaluation_t *evaluation =
        make(context, outputs, 1, truth, NEURON_TYPE_F32, 20, "kind=classes, scores=yes");
    double x[10], at[10];
    size_t needed;
    assert_ok(
        neuron_evaluation_curve(x, NULL, at, 10, &needed, evaluation, "reliability", 1, "bins=10"));
    ck_assert_uint_eq(needed, 10);
    for (int i = 0; i < 10; i++) {
        ck_assert(at[i] == 2);
        assert_near(x[i], (double)outputs[2 * i]);
    }
    assert_status(neuron_evaluation_curve(x, NULL, at, 10, &needed, evaluation, "roc", 1, "bins=3"),
                  NEURON_E_ARGUMENT);
    assert_message("roc: bins are an option of reliability only");
    neuron_evaluation_unref(evaluation);
    neuron_context_unref(context);
}
END_TEST

/* A sample without examples of a class says nothing of it. */
START_TEST(samples_without_a_class_do_not_count)
{
    neuron_context_t *context = test_context();
    float outputs[100], truth[100];
    for (int i = 0; i < 100; i++) {
        truth[i] = i < 2;
        outputs[i] = i < 2 ? 0.9f : 0.1f;
    }
    neuron_evaluation_t *evaluation =
        make(context, outputs, 1, truth, NEURON_TYPE_F32, 100, "kind=classes, scores=yes");
    static const char *const names[] = {
        "precision", "recall", "f1", "iou", "average_precision", "roc_auc", "matthews_correlation"};
    static const int64_t averages[] = {1, NEURON_AVERAGE_MACRO, NEURON_AVERAGE_WEIGHTED};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        for (int k = 0; k < 3; k++) {
            double low = -1, high = -1;
            assert_ok(neuron_evaluation_interval(&low, &high, evaluation, names[i], averages[k],
                                                 "samples=200"));
            ck_assert_msg(fabs(low - 1) < 1e-12 && fabs(high - 1) < 1e-12, "%s: %g to %g", names[i],
                          low, high);
        }
    neuron_evaluation_unref(evaluation);
    /* What is 0 because no example at all was taken for it stays 0. */
    for (int i = 0; i < 100; i++)
        outputs[i] = 0.1f;
    evaluation = make(context, outputs, 1, truth, NEURON_TYPE_F32, 100, "kind=classes, scores=yes");
    double low = -1, high = -1;
    assert_ok(neuron_evaluation_interval(&low, &high, evaluation, "precision", 1, "samples=200"));
    ck_assert(low == 0 && high == 0);
    neuron_evaluation_unref(evaluation);
    neuron_context_unref(context);
}
END_TEST

/* Of any number of examples the last point is exactly (1, 1). */
START_TEST(rates_end_at_one)
{
    neuron_context_t *context = test_context();
    float outputs[60], truth[60];
    double x[61], y[61];
    for (int count = 2; count <= 60; count++)
        for (int yes = 1; yes < count; yes++) {
            size_t needed;
            for (int i = 0; i < count; i++) {
                outputs[i] = (float)(i + 1) / 61;
                truth[i] = i < yes;
            }
            neuron_evaluation_t *evaluation = make(context, outputs, 1, truth, NEURON_TYPE_F32,
                                                   count, "kind=classes, scores=yes");
            assert_ok(neuron_evaluation_curve(x, y, NULL, 61, &needed, evaluation, "roc", 1, NULL));
            ck_assert(x[needed - 1] == 1 && y[needed - 1] == 1);
            neuron_evaluation_unref(evaluation);
        }
    neuron_context_unref(context);
}
END_TEST

START_TEST(small_probabilities_keep_their_order)
{
    neuron_context_t *context = test_context();
    const float outputs[4] = {1e-18f, 1e-19f, 1e-20f, 1e-21f}, truth[4] = {1, 1, 0, 0};
    neuron_evaluation_t *evaluation =
        make(context, outputs, 1, truth, NEURON_TYPE_F32, 4, "kind=classes, scores=yes");
    assert_near(metric(evaluation, "roc_auc", 0, NULL), 1);
    assert_near(metric(evaluation, "average_precision", 0, NULL), 1);
    assert_near(metric(evaluation, "roc_auc", NEURON_AVERAGE_MACRO, NULL), 1);
    double at[5];
    assert_ok(neuron_evaluation_curve(NULL, NULL, at, 5, NULL, evaluation, "roc", 0, NULL));
    assert_near(at[4], 1);
    neuron_evaluation_unref(evaluation);
    neuron_context_unref(context);
}
END_TEST

/* Whether they have one output or two. */
START_TEST(the_first_of_two_classes_is_the_accuracy)
{
    neuron_context_t *context = test_context();
    const float outputs[4][2] = {{0.5f, 0.5f}, {0.5f, 0.5f}, {0.2f, 0.8f}, {0.3f, 0.7f}};
    const int32_t truth[4] = {0, 0, 1, 0};
    neuron_evaluation_t *evaluation =
        make(context, outputs[0], 2, truth, NEURON_TYPE_I32, 4, "scores=yes");
    ck_assert(neuron_evaluation_accuracy(evaluation) == 0.75);
    ck_assert(metric(evaluation, "top_k_accuracy", OVERALL, "k=1") == 0.75);
    ck_assert(metric(evaluation, "top_k_accuracy", OVERALL, "k=2") == 1);
    neuron_evaluation_unref(evaluation);
    neuron_context_unref(context);
}
END_TEST

/* With one example each sample is the example: the interval is the figure, whatever the kind, and
 * whatever layer ends the graph. */
START_TEST(samples_of_one_example_are_the_example)
{
    static const char *const layers[] = {"nothing", "sigmoid", "softmax", "log_softmax"};
    static const struct {
        const char *options, *metrics[3];
    } cases[] = {
        {"kind=regression, scores=yes", {"mean_absolute_error", "mean_squared_error"}},
        {"kind=multi_label, scores=yes, threshold=-1.2", {"accuracy", "f1", "recall"}},
        {"kind=classes, scores=yes", {"accuracy", "f1", "recall"}},
        {"kind=pixels, scores=yes, channels=3", {"accuracy", "f1", "iou"}},
    };
    neuron_context_t *context = test_context();
    const float inputs[3] = {0.1f, 0.9f, 0.4f}, target[3] = {0, 1, 0};
    neuron_tensor_t *given, *wanted;
    const int64_t shape[2] = {1, 3};
    assert_ok(
        neuron_tensor_copy(&given, context, NEURON_TYPE_F32, shape, 2, (void *)(uintptr_t)inputs));
    assert_ok(
        neuron_tensor_copy(&wanted, context, NEURON_TYPE_F32, shape, 2, (void *)(uintptr_t)target));
    neuron_dataset_t *dataset;
    assert_ok(neuron_dataset_create_with_targets(&dataset, context, given, wanted));
    for (size_t layer = 0; layer < 4; layer++) {
        neuron_graph_t *graph;
        assert_ok(neuron_graph_create(&graph, context));
        neuron_node_t *node = neuron_input(graph, shape + 1, 1);
        node = layer == 0   ? neuron_leaky_relu(graph, node, 1)
               : layer == 1 ? neuron_sigmoid(graph, node)
               : layer == 2 ? neuron_softmax(graph, node, NULL)
                            : neuron_log_softmax(graph, node, NULL);
        assert_ok(neuron_graph_finish(graph, node));
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
            neuron_evaluation_t *evaluation;
            assert_ok(neuron_graph_evaluate(&evaluation, graph, dataset, NULL, cases[i].options));
            for (int k = 0; k < 3 && cases[i].metrics[k]; k++) {
                const char *name = cases[i].metrics[k];
                int64_t row = strcmp(name, "accuracy") == 0 ? OVERALL : NEURON_AVERAGE_MACRO;
                double low = -1, high = -1, figure = metric(evaluation, name, row, NULL);
                assert_ok(
                    neuron_evaluation_interval(&low, &high, evaluation, name, row, "samples=3"));
                ck_assert_msg(low == figure && high == figure,
                              "%s of %s after %s: %g to %g, not %g", name, cases[i].options,
                              layers[layer], low, high, figure);
            }
            neuron_evaluation_unref(evaluation);
        }
        neuron_graph_unref(graph);
    }
    neuron_dataset_unref(dataset);
    neuron_tensor_unref(given);
    neuron_tensor_unref(wanted);
    neuron_context_unref(context);
}
END_TEST

/* ---- McNemar ---- */

/* Two evaluations of `count` examples, of which `only_a` and `only_b` are right in one alone. */
static void make_pair(neuron_evaluation_t *pair[2], neuron_context_t *context, int only_a,
                      int only_b)
{
    enum { MOST = 200 };
    float outputs[2][MOST][2];
    int32_t truth[MOST];
    for (int i = 0; i < MOST; i++) {
        bool wrong[2] = {i >= only_a && i < only_a + only_b, i < only_a};
        truth[i] = i % 2;
        for (int m = 0; m < 2; m++) {
            int taken = wrong[m] ? 1 - truth[i] : truth[i];
            outputs[m][i][taken] = 0.75f;
            outputs[m][i][1 - taken] = 0.25f;
        }
    }
    for (int m = 0; m < 2; m++)
        pair[m] = make(context, outputs[m][0], 2, truth, NEURON_TYPE_I32, MOST, "scores=yes");
}

static double choose(int n, int k)
{
    double product = 1;
    for (int i = 1; i <= k; i++)
        product = product * (n - k + i) / i;
    return product;
}

START_TEST(models_are_compared)
{
    neuron_context_t *context = test_context();
    static const int cases[][2] = {{0, 0},   {1, 0},   {3, 9},   {9, 3},
                                   {12, 12}, {10, 20}, {30, 12}, {0, 50}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int a = cases[i][0], b = cases[i][1], few = a < b ? a : b, count = a + b;
        double tail = 0, statistic = -1, p = -1, automatic = -1;
        neuron_evaluation_t *pair[2];
        for (int k = 0; k <= few; k++)
            tail += choose(count, k) / pow(2, count);
        make_pair(pair, context, a, b);
        assert_ok(neuron_evaluation_mcnemar(&statistic, &p, pair[0], pair[1], "method=exact"));
        ck_assert(statistic == few);
        assert_near(p, fmin(1, 2 * tail));
        assert_ok(neuron_evaluation_mcnemar(NULL, &automatic, pair[0], pair[1], NULL));
        ck_assert(count >= 25 || automatic == p);
        assert_ok(
            neuron_evaluation_mcnemar(&statistic, &p, pair[0], pair[1], "method=chi_squared"));
        double distance = fmax(0, abs(a - b) - 1);
        assert_near(statistic, count > 0 ? distance * distance / count : 0);
        assert_near(p, erfc(sqrt(statistic / 2)));
        ck_assert(count < 25 || automatic == p);
        neuron_evaluation_unref(pair[0]);
        neuron_evaluation_unref(pair[1]);
    }
    neuron_context_unref(context);
}
END_TEST

START_TEST(only_the_same_examples_are_compared)
{
    scene s = {.context = test_context()};
    draw(&s, 1);
    neuron_evaluation_t *a = evaluate(&s), *others[3];
    s.truth[7] = (s.truth[7] + 1) % CLASSES;
    others[0] = evaluate(&s);
    others[1] =
        make(s.context, s.outputs[0], CLASSES, s.truth, NEURON_TYPE_I32, COUNT - 1, "scores=yes");
    others[2] = make(s.context, s.outputs[0], CLASSES, s.truth, NEURON_TYPE_I32, COUNT, NULL);
    static const struct {
        int status;
        const char *message;
    } expected[] = {{NEURON_E_DATA, "mcnemar: example 7 has another target in a than in b"},
                    {NEURON_E_DATA, "a has 90 examples and 4 classes, b 89 and 4 classes"},
                    {NEURON_E_STATE, "scores=yes"}};
    for (int i = 0; i < 3; i++) {
        assert_status(neuron_evaluation_mcnemar(NULL, NULL, a, others[i], NULL),
                      expected[i].status);
        assert_message(expected[i].message);
        neuron_evaluation_unref(others[i]);
    }
    assert_status(neuron_evaluation_mcnemar(NULL, NULL, a, NULL, NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_evaluation_mcnemar(NULL, NULL, a, a, "method=chi"), NEURON_E_ARGUMENT);
    neuron_evaluation_unref(a);
    neuron_context_unref(s.context);
}
END_TEST

/* ---- Names and refusals ---- */

START_TEST(metrics_have_names_and_options)
{
    int64_t count = neuron_kind_count("metric");
    ck_assert_int_gt(count, 25);
    scene s = {.context = test_context()};
    draw(&s, 1);
    neuron_evaluation_t *evaluation = evaluate(&s);
    int numbers = 0;
    for (int64_t i = 0; i < count; i++) {
        double value = NAN;
        const char *name = neuron_kind_name("metric", i);
        int status = neuron_evaluation_metric(&value, evaluation, name, OVERALL, NULL);
        if (status == NEURON_OK)
            ck_assert_msg(isfinite(value), "%s", name);
        numbers += status == NEURON_OK;
    }
    ck_assert_int_eq(numbers, count - 5); /* one is of labels, four of numbers */
    ck_assert_str_eq(neuron_option_name(neuron_kind_option("metric", "top_k_accuracy", 0)), "k");
    ck_assert_ptr_null(neuron_kind_option("metric", "top_k_accuracy", 1));
    ck_assert_ptr_null(neuron_kind_option("metric", "accuracy", 0));
    ck_assert_ptr_null(neuron_kind_option("metric", "acuracy", 0));
    neuron_evaluation_unref(evaluation);
    neuron_context_unref(s.context);
}
END_TEST

START_TEST(bad_arguments_are_refused)
{
    scene s = {.context = test_context()};
    draw(&s, 1);
    neuron_evaluation_t *kept = evaluate(&s), *not_kept;
    not_kept = make(s.context, s.outputs[0], CLASSES, s.truth, NEURON_TYPE_I32, COUNT, NULL);
    double value = 7;
    assert_near(metric(not_kept, "cohen_kappa", OVERALL, NULL),
                metric(kept, "cohen_kappa", OVERALL, NULL));
    assert_status(neuron_evaluation_metric(&value, not_kept, "roc_auc", 0, NULL), NEURON_E_STATE);
    assert_message("roc_auc: needs what was said of each example");
    assert_message("\"scores=yes\"");
    assert_status(neuron_evaluation_interval(&value, NULL, not_kept, "accuracy", OVERALL, NULL),
                  NEURON_E_STATE);
    assert_status(neuron_evaluation_curve(NULL, NULL, NULL, 0, NULL, not_kept, "roc", 0, NULL),
                  NEURON_E_STATE);
    assert_status(neuron_evaluation_metric(&value, kept, "rocauc", 0, NULL), NEURON_E_ARGUMENT);
    assert_message("evaluation: there is no metric \"rocauc\"; did you mean \"roc_auc\"?");
    assert_status(neuron_evaluation_metric(&value, kept, NULL, 0, NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_evaluation_metric(NULL, kept, "roc_auc", 0, NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_evaluation_metric(&value, NULL, "roc_auc", 0, NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_evaluation_metric(&value, kept, "roc_auc", CLASSES, NULL),
                  NEURON_E_ARGUMENT);
    assert_message("roc_auc: row is 4; it must be 0 to 3, or the average macro, weighted, micro");
    assert_status(neuron_evaluation_metric(&value, kept, "f1", NEURON_AVERAGE_SAMPLES, NULL),
                  NEURON_E_ARGUMENT);
    assert_message("f1: row is the average samples of an evaluation of kind classes; it must be 0 "
                   "to 3, or the average macro, weighted, micro");
    assert_status(neuron_evaluation_metric(&value, kept, "accuracy", NEURON_AVERAGE_MACRO, NULL),
                  NEURON_E_ARGUMENT);
    assert_message("accuracy: row is the average macro of an evaluation of kind classes; it must "
                   "be the default average");
    static const int64_t rows[] = {-1, INT64_MIN, INT64_MAX, NEURON_AVERAGE_SAMPLES};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_status(neuron_evaluation_metric(&value, kept, "f1", rows[i], NULL),
                      NEURON_E_ARGUMENT);
    assert_status(neuron_evaluation_metric(&value, kept, "accuracy", 0, NULL), NEURON_E_ARGUMENT);
    assert_message("accuracy: row is 0; it must be the default average");
    assert_status(neuron_evaluation_metric(&value, kept, "cohen_kappa", NEURON_AVERAGE_MICRO, NULL),
                  NEURON_E_ARGUMENT);
    assert_status(neuron_evaluation_metric(&value, kept, "top_k_accuracy", OVERALL, "k=0"),
                  NEURON_E_ARGUMENT);
    assert_message("top_k_accuracy: k is 0; it must be 1 to 65,536");
    assert_status(neuron_evaluation_curve(NULL, NULL, NULL, 0, NULL, kept, "ROC", 0, NULL),
                  NEURON_E_ARGUMENT);
    assert_message("did you mean \"roc\"?");
    assert_status(neuron_evaluation_curve(NULL, NULL, NULL, 0, NULL, kept, "roc", 4, NULL),
                  NEURON_E_ARGUMENT);
    assert_status(
        neuron_evaluation_curve(NULL, NULL, NULL, 0, NULL, kept, "risk_coverage", 0, NULL),
        NEURON_E_ARGUMENT);
    assert_status(neuron_evaluation_curve(NULL, NULL, NULL, 3, NULL, kept, "roc", 0, NULL),
                  NEURON_E_ARGUMENT);
    assert_status(neuron_evaluation_curve(NULL, NULL, NULL, 0, NULL, NULL, "roc", 0, NULL),
                  NEURON_E_ARGUMENT);
    assert_status(neuron_evaluation_interval(&value, NULL, kept, "roc_auc", 0, "confidence=1"),
                  NEURON_E_ARGUMENT);
    ck_assert(value == 7);
    neuron_evaluation_unref(kept);
    neuron_evaluation_unref(not_kept);
    s.outputs[7][2] = 1.5f;
    kept = evaluate(&s);
    metric(kept, "roc_auc", 2, NULL);
    assert_status(neuron_evaluation_metric(&value, kept, "log_loss", OVERALL, NULL), NEURON_E_DATA);
    assert_message("log_loss: output 2 of example 7 is 1.5; it must be a probability, 0 to 1");
    neuron_evaluation_unref(kept);
    neuron_context_unref(s.context);
}
END_TEST

START_TEST(no_memory_is_an_answer)
{
    test_memory memory;
    scene s = {.context = test_limited_context(&memory)};
    draw(&s, 1);
    neuron_evaluation_t *kept = evaluate(&s);
    long live = memory.live;
    static const char *const names[] = {"roc_auc", "log_loss", "cohen_kappa", "brier_score"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        for (int what = 0; what < 3; what++) {
            int status = NEURON_E_MEMORY;
            for (long allowed = 0; status < 0; allowed++) {
                double x[200], value;
                memory.left = allowed;
                status = what == 0   ? neuron_evaluation_metric(&value, kept, names[i],
                                                                NEURON_AVERAGE_MACRO, NULL)
                         : what == 1 ? neuron_evaluation_interval(&value, NULL, kept, names[i],
                                                                  OVERALL, "samples=3")
                                     : neuron_evaluation_curve(x, NULL, NULL, 200, NULL, kept,
                                                               "roc", 1, NULL);
                test_refill(&memory);
                ck_assert(status == NEURON_OK || status == NEURON_E_MEMORY);
                ck_assert_int_eq(memory.live, live);
            }
        }
    neuron_evaluation_unref(kept);
    int status = NEURON_E_MEMORY;
    neuron_tensor_t *given, *wanted;
    assert_ok(neuron_tensor_copy(&given, s.context, NEURON_TYPE_F32,
                                 (const int64_t[]){COUNT, CLASSES}, 2, s.outputs));
    assert_ok(neuron_tensor_copy(&wanted, s.context, NEURON_TYPE_I32, (const int64_t[]){COUNT}, 1,
                                 s.truth));
    for (long allowed = 0; status < 0; allowed++) {
        memory.left = allowed;
        status = neuron_evaluation_create_from_outputs(&kept, s.context, given, wanted, NULL,
                                                       "scores=yes");
        test_refill(&memory);
        ck_assert(status == NEURON_OK || (status == NEURON_E_MEMORY && !kept));
    }
    metric(kept, "roc_auc", OVERALL, NULL);
    neuron_evaluation_unref(kept);
    neuron_tensor_unref(given);
    neuron_tensor_unref(wanted);
    neuron_context_unref(s.context);
    ck_assert_int_eq(memory.live, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("metrics");
    TCase *tests = tcase_create("metrics");
    tcase_set_timeout(tests, 0);
    suite_add_tcase(suite, tests);
    tcase_add_test(tests, rankings_are_those_of_pairs);
    tcase_add_test(tests, agreement_is_that_of_the_table);
    tcase_add_test(tests, probabilities_are_judged);
    tcase_add_test(tests, abstaining_is_by_confidence);
    tcase_add_test(tests, of_two_classes_it_is_the_second);
    tcase_add_test(tests, what_is_not_defined_is_not_a_number);
    tcase_add_test(tests, labels_and_numbers);
    tcase_add_test(tests, places_and_logarithms);
    tcase_add_test(tests, intervals_are_those_of_samples);
    tcase_add_test(tests, many_rows_take_turns);
    tcase_add_test(tests, broken_outputs_are_wrong);
    tcase_add_test(tests, bins_contain_their_upper_bound);
    tcase_add_test(tests, samples_without_a_class_do_not_count);
    tcase_add_test(tests, rates_end_at_one);
    tcase_add_test(tests, small_probabilities_keep_their_order);
    tcase_add_test(tests, the_first_of_two_classes_is_the_accuracy);
    tcase_add_test(tests, samples_of_one_example_are_the_example);
    tcase_add_test(tests, models_are_compared);
    tcase_add_test(tests, only_the_same_examples_are_compared);
    tcase_add_test(tests, metrics_have_names_and_options);
    tcase_add_test(tests, bad_arguments_are_refused);
    tcase_add_test(tests, no_memory_is_an_answer);
    return run_suite(suite);
}
