/* Cascades: predictions and curves against naive ones, the bytes of the committee of means,
 * threads, what is refused, and failures on the way. */
#include "test-models.h"

#include <libneuron-committee/committees.h>

#include <float.h>
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

enum { SIZE = 8, EXAMPLES = 300, CLASSES = 10, MEMBERS = 3, FEW = 23 };

static const double weights[MEMBERS] = {2, 1, 0.5};
static const char *const measures[] = {"confidence", "margin", "entropy"};

static neuron_context_t *context;
static neuron_dataset_t *train, *test;
static neuron_graph_t *members[MEMBERS];

static void fit(neuron_graph_t *graph, const char *options)
{
    neuron_optimizer_t *adam;
    neuron_trainer_t *trainer;
    assert_ok(neuron_optimizer_create(&adam, context, "adam", "learning_rate=0.01"));
    assert_ok(neuron_trainer_create(&trainer, graph, adam, train));
    assert_ok(neuron_trainer_set(trainer, options));
    assert_ok(neuron_trainer_run(NULL, trainer));
    neuron_trainer_unref(trainer);
    neuron_optimizer_unref(adam);
}

static void set_up(void)
{
    context = test_context();
    train = test_glyphs(context, 400, SIZE);
    assert_ok(neuron_dataset_generate_glyphs(&test, context, EXAMPLES, SIZE, SIZE, 77));
    members[0] = test_linear(context, SIZE);
    members[1] = test_mlp(context, SIZE);
    members[2] = test_cnn(context, SIZE);
    for (int m = 0; m < MEMBERS; m++)
        fit(members[m], "epochs=20");
}

static void tear_down(void)
{
    for (int m = 0; m < MEMBERS; m++)
        neuron_graph_unref(members[m]);
    neuron_dataset_unref(train);
    neuron_dataset_unref(test);
    neuron_context_unref(context);
}

static neuron_tensor_t *tensor(int32_t type, int64_t count, int64_t size)
{
    neuron_tensor_t *made;
    assert_ok(
        neuron_tensor_create(&made, context, type, (const int64_t[]){count, size}, size ? 2 : 1));
    return made;
}

/* The first examples as a tensor. */
static neuron_tensor_t *inputs(int64_t count)
{
    neuron_tensor_t *made;
    assert_ok(neuron_tensor_create(&made, context, NEURON_TYPE_F32,
                                   (const int64_t[]){count, SIZE, SIZE, 1}, 4));
    assert_ok(neuron_dataset_read(neuron_tensor_data(made), NULL, test, 0, count));
    return made;
}

static neuron_cascade_t *cascade_of(const double *given, const char *options)
{
    neuron_cascade_t *cascade;
    assert_ok(neuron_cascade_create(&cascade, context, members, MEMBERS, given, options));
    return cascade;
}

/* Three numbers to three. */
static neuron_graph_t *three_by_three(float first)
{
    neuron_graph_t *made;
    float kernel[9];
    for (int i = 0; i < 9; i++)
        kernel[i] = first * (float)((i * 5) % 9 - 4);
    assert_ok(neuron_graph_create(&made, context));
    neuron_node_t *x = neuron_input(made, (const int64_t[]){3}, 1);
    x = neuron_softmax(made, neuron_dense(made, x, 3, NULL), NULL);
    assert_ok(neuron_graph_finish(made, x));
    assert_ok(neuron_graph_write_array(made, 0, kernel, 9));
    return made;
}

/* ---- The naive one ---- */

static double certainty(const double *mean, int size, const char *measure)
{
    double first = -1, second = -1, sum = 0;
    for (int k = 0; k < size; k++) {
        second = mean[k] > first ? first : fmax(second, mean[k]);
        first = fmax(first, mean[k]);
        sum -= mean[k] > 0 ? mean[k] * log(mean[k]) : 0;
    }
    return strcmp(measure, "margin") == 0    ? first - second
           : strcmp(measure, "entropy") == 0 ? 1 - sum / log(size)
                                             : first;
}

/* What each member says of all test examples. */
static float *said[MEMBERS];

static void ask_all(void)
{
    for (int m = 0; m < MEMBERS; m++) {
        neuron_tensor_t *output = tensor(NEURON_TYPE_F32, EXAMPLES, CLASSES);
        assert_ok(neuron_graph_predict_dataset(members[m], test, output));
        said[m] = malloc(EXAMPLES * CLASSES * sizeof(float));
        ck_assert_ptr_nonnull(said[m]);
        memcpy(said[m], neuron_tensor_data(output), EXAMPLES * CLASSES * sizeof(float));
        neuron_tensor_unref(output);
    }
}

static void forget_all(void)
{
    for (int m = 0; m < MEMBERS; m++)
        free(said[m]);
}

/* The mean of the first so many. */
static void mean_of(double mean[CLASSES], int example, int asked, const double *given)
{
    double total = 0;
    memset(mean, 0, CLASSES * sizeof *mean);
    for (int m = 0; m < asked; m++) {
        double weight = given ? given[m] : 1;
        total += weight;
        for (int k = 0; k < CLASSES; k++)
            mean[k] += weight * (double)said[m][example * CLASSES + k];
    }
    for (int k = 0; k < CLASSES; k++)
        mean[k] /= total;
}

/* How many are asked; -1 if that hangs on a rounding. */
static int walk(double mean[CLASSES], int example, const double *given, const char *measure,
                double threshold)
{
    for (int asked = 1;; asked++) {
        mean_of(mean, example, asked, given);
        double found = certainty(mean, CLASSES, measure);
        if (asked == MEMBERS || found >= threshold)
            return fabs(found - threshold) < 1e-5 && asked < MEMBERS ? -1 : asked;
        if (fabs(found - threshold) < 1e-5)
            return -1;
    }
}

static void check_against_naive(neuron_tensor_t *output, neuron_tensor_t *asked,
                                const double *given, const char *measure, double threshold,
                                int64_t seen[MEMBERS + 1])
{
    const float *y = neuron_tensor_data(output);
    const int32_t *counts = neuron_tensor_data(asked);
    for (int i = 0; i < EXAMPLES; i++) {
        double mean[CLASSES];
        int expected = walk(mean, i, given, measure, threshold);
        ck_assert(counts[i] >= 1 && counts[i] <= MEMBERS);
        seen[counts[i]]++;
        if (expected < 0)
            continue;
        assert_that(counts[i] == expected, "%s, example %d: %d asked, not %d", measure, i,
                    counts[i], expected);
        for (int k = 0; k < CLASSES; k++)
            ck_assert_double_eq_tol((double)y[i * CLASSES + k], mean[k], 1e-5);
    }
}

START_TEST(predictions)
{
    const char *measure = measures[_i % 3];
    const double *given = _i < 3 ? NULL : weights, thresholds[] = {0.7, 0.3, 0.5};
    double threshold = thresholds[_i % 3];
    char options[64];
    int64_t seen[MEMBERS + 1] = {0};
    ask_all();
    snprintf(options, sizeof options, "measure=%s, threshold=%g", measure, threshold);
    neuron_cascade_t *cascade = cascade_of(given, options);
    neuron_tensor_t *input = inputs(EXAMPLES), *output[2], *asked[2];
    for (int i = 0; i < 2; i++) {
        output[i] = tensor(NEURON_TYPE_F32, EXAMPLES, CLASSES);
        asked[i] = tensor(NEURON_TYPE_I32, EXAMPLES, 0);
    }
    assert_ok(neuron_cascade_predict(cascade, input, output[0], asked[0]));
    assert_ok(neuron_cascade_predict_dataset(cascade, test, output[1], asked[1]));
    for (int i = 0; i < 2; i++)
        check_against_naive(output[i], asked[i], given, measure, threshold, seen);
    for (int asked_for = 1; asked_for <= MEMBERS; asked_for++)
        assert_that(seen[asked_for] > 0, "%s asks %d of none", measure, asked_for);
    /* Nobody need know how many were asked. */
    memset(neuron_tensor_data(output[1]), 0, EXAMPLES * CLASSES * sizeof(float));
    assert_ok(neuron_cascade_predict(cascade, input, output[1], NULL));
    ck_assert_mem_eq(neuron_tensor_data(output[0]), neuron_tensor_data(output[1]),
                     EXAMPLES * CLASSES * sizeof(float));
    for (int i = 0; i < 2; i++) {
        neuron_tensor_unref(output[i]);
        neuron_tensor_unref(asked[i]);
    }
    neuron_tensor_unref(input);
    neuron_cascade_unref(cascade);
    forget_all();
}
END_TEST

/* With a threshold above 1 it is the committee, to the byte. */
/* The output may be the input, and what tells how many were asked be its memory too. */
START_TEST(in_place)
{
    static const float numbers[] = {1, 2, -1, 0.5F, 0, 2, -1, -1, 0.25F};
    neuron_graph_t *three[] = {three_by_three(0.1F), three_by_three(-0.3F), three_by_three(0.2F)};
    neuron_cascade_t *cascade;
    for (int i = 0; i < 2; i++) {
        neuron_tensor_t *x = tensor(NEURON_TYPE_F32, 3, 3), *y = tensor(NEURON_TYPE_F32, 3, 3);
        assert_ok(neuron_cascade_create(&cascade, context, three, 3, NULL,
                                        i ? "threshold=2" : "threshold=0.5"));
        memcpy(neuron_tensor_data(x), numbers, sizeof numbers);
        assert_ok(neuron_cascade_predict(cascade, x, y, NULL));
        assert_ok(neuron_cascade_predict(cascade, x, x, NULL));
        ck_assert_mem_eq(neuron_tensor_data(x), neuron_tensor_data(y), sizeof numbers);
        neuron_cascade_unref(cascade);
        neuron_tensor_unref(x);
        neuron_tensor_unref(y);
    }
    for (int m = 0; m < 3; m++)
        neuron_graph_unref(three[m]);
}
END_TEST

/* Members, and data, that call classes otherwise: nothing is chosen by them. */
START_TEST(class_names)
{
    static const char *const names[] = {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k"};
    neuron_cascade_t *cascade = cascade_of(NULL, NULL), *none;
    double values[MEMBERS * MEMBERS], threshold;
    neuron_tensor_t *curve;
    for (int m = 0; m < MEMBERS; m++)
        assert_ok(neuron_graph_set_class_names(members[m], NULL, m == 1 ? NULL : names,
                                               m == 1 ? 0 : CLASSES));
    assert_ok(neuron_dataset_set_class_names(test, names, CLASSES));
    assert_ok(neuron_cascade_tune(cascade, test, NULL));
    assert_ok(neuron_cascade_get_number(&threshold, cascade, "threshold"));
    for (int i = 0; i < 2; i++) {
        if (i == 0)
            assert_ok(neuron_dataset_set_class_names(test, names + 1, CLASSES));
        else {
            assert_ok(neuron_dataset_set_class_names(test, NULL, 0));
            assert_ok(neuron_graph_set_class_names(members[2], NULL, names + 1, CLASSES));
            assert_status(neuron_cascade_create(&none, context, members, MEMBERS, NULL, NULL),
                          NEURON_E_DATA);
            assert_message("cascade: class 0 is \"a\" in member 0");
        }
        const char *message = i == 0 ? "in the dataset" : "in member 2";
        assert_status(neuron_cascade_tune(cascade, test, NULL), NEURON_E_DATA);
        assert_message(message);
        assert_status(neuron_cascade_curve(&curve, cascade, test, NULL), NEURON_E_DATA);
        assert_message(message);
        assert_status(neuron_committee_weights(values, members, MEMBERS, test, NULL),
                      NEURON_E_DATA);
        assert_message(message);
        assert_status(neuron_committee_diversity(values, members, MEMBERS, test, NULL),
                      NEURON_E_DATA);
        assert_message(message);
    }
    double now;
    assert_ok(neuron_cascade_get_number(&now, cascade, "threshold"));
    ck_assert(now == threshold);
    neuron_cascade_unref(cascade);
}
END_TEST

START_TEST(bytes_of_the_committee)
{
    const double *given = _i ? weights : NULL;
    neuron_graph_t *committee;
    neuron_cascade_t *cascade = cascade_of(given, "threshold=1.5");
    assert_ok(neuron_committee_create(&committee, context, members, MEMBERS, given,
                                      given ? "rule=weighted_mean" : NULL));
    for (int64_t count = 1; count <= FEW; count += 11) {
        neuron_tensor_t *input = inputs(count), *asked = tensor(NEURON_TYPE_I32, count, 0);
        neuron_tensor_t *ours = tensor(NEURON_TYPE_F32, count, CLASSES);
        neuron_tensor_t *theirs = tensor(NEURON_TYPE_F32, count, CLASSES);
        assert_ok(neuron_cascade_predict(cascade, input, ours, asked));
        assert_ok(neuron_graph_predict(committee, input, theirs));
        ck_assert_mem_eq(neuron_tensor_data(ours), neuron_tensor_data(theirs),
                         (size_t)count * CLASSES * sizeof(float));
        for (int64_t i = 0; i < count; i++)
            ck_assert_int_eq(((const int32_t *)neuron_tensor_data(asked))[i], MEMBERS);
        neuron_tensor_unref(input);
        neuron_tensor_unref(asked);
        neuron_tensor_unref(ours);
        neuron_tensor_unref(theirs);
    }
    neuron_graph_unref(committee);
    neuron_cascade_unref(cascade);
}
END_TEST

/* ---- Thresholds ---- */

/* What a threshold has on the test set: right ones, and what is paid. */
static void try_threshold(neuron_cascade_t *cascade, double threshold, const double *costs,
                          int64_t *right, double *paid)
{
    neuron_tensor_t *output = tensor(NEURON_TYPE_F32, EXAMPLES, CLASSES);
    neuron_tensor_t *asked = tensor(NEURON_TYPE_I32, EXAMPLES, 0);
    int32_t labels[EXAMPLES];
    assert_ok(neuron_dataset_read(NULL, labels, test, 0, EXAMPLES));
    assert_ok(neuron_cascade_set_number(cascade, "threshold", threshold));
    assert_ok(neuron_cascade_predict_dataset(cascade, test, output, asked));
    const float *y = neuron_tensor_data(output);
    *right = 0;
    *paid = 0;
    for (int i = 0; i < EXAMPLES; i++) {
        int best = 0;
        for (int k = 1; k < CLASSES; k++)
            best = y[i * CLASSES + k] > y[i * CLASSES + best] ? k : best;
        *right += best == labels[i];
        for (int m = 0; m < ((const int32_t *)neuron_tensor_data(asked))[i]; m++)
            *paid += costs ? costs[m] : 1;
    }
    neuron_tensor_unref(output);
    neuron_tensor_unref(asked);
}

START_TEST(curves)
{
    const double costs[MEMBERS] = {1, 10, 25};
    const double *given = _i % 2 ? costs : NULL;
    neuron_tensor_t *curve;
    char options[32];
    snprintf(options, sizeof options, "measure=%s", measures[_i % 3]);
    neuron_cascade_t *cascade = cascade_of(_i % 2 ? weights : NULL, options);
    assert_ok(neuron_cascade_curve(&curve, cascade, test, given));
    int64_t points = neuron_tensor_extent(curve, 0);
    const float *rows = neuron_tensor_data(curve);
    ck_assert_int_gt(points, 20);
    ck_assert(rows[0] == 2);
    ck_assert_double_eq_tol((double)rows[2], given ? 36 : 3, 1e-6);
    ck_assert_double_eq_tol((double)rows[3 * (points - 1) + 2], 1, 1e-6);
    for (int64_t i = 0; i < points; i += i < points - 20 ? 17 : 1) {
        int64_t right;
        double paid;
        /* Between this threshold and the next, as members may round otherwise for other examples
         * beside these. */
        double low = i + 1 < points ? (double)rows[3 * i + 3] : 0;
        double threshold = i == 0 ? 2 : ((double)rows[3 * i] + low) / 2;
        if (i > 0) {
            ck_assert(rows[3 * i] < rows[3 * i - 3] && rows[3 * i + 2] <= rows[3 * i - 1]);
            if ((double)rows[3 * i] - low < 1e-5)
                continue;
        }
        try_threshold(cascade, threshold, given, &right, &paid);
        ck_assert_double_eq_tol((double)rows[3 * i + 1], (double)right / EXAMPLES, 1e-6);
        ck_assert_double_eq_tol((double)rows[3 * i + 2], paid / EXAMPLES, 1e-4);
    }
    neuron_tensor_unref(curve);
    neuron_cascade_unref(cascade);
}
END_TEST

START_TEST(tuning)
{
    const double tolerances[] = {0, 0.005, 0.03, 1};
    double threshold, before = 2;
    neuron_tensor_t *curve;
    neuron_cascade_t *cascade = cascade_of(NULL, NULL);
    assert_ok(neuron_cascade_curve(&curve, cascade, test, NULL));
    int64_t points = neuron_tensor_extent(curve, 0);
    const float *rows = neuron_tensor_data(curve);
    for (int t = 0; t < 4; t++) {
        char options[32];
        int64_t best = 0;
        snprintf(options, sizeof options, "tolerance=%g", tolerances[t]);
        assert_ok(neuron_cascade_tune(cascade, test, options));
        assert_ok(neuron_cascade_get_number(&threshold, cascade, "threshold"));
        for (int64_t i = 0; i < points; i++)
            if ((double)rows[3 * i + 1] >= (double)rows[1] - tolerances[t] - 1e-6)
                best = i;
        ck_assert(threshold == (double)rows[3 * best]);
        ck_assert(threshold <= before);
        before = threshold;
    }
    ck_assert(threshold == (double)rows[3 * (points - 1)]);
    neuron_tensor_unref(curve);
    neuron_cascade_unref(cascade);
}
END_TEST

/* ---- A single output ---- */

static neuron_graph_t *yes_or_no(const char *name)
{
    neuron_graph_t *graph;
    assert_ok(neuron_graph_create(&graph, context));
    assert_ok(neuron_graph_set_name(graph, name));
    neuron_node_t *x = neuron_input(graph, (const int64_t[]){1}, 1);
    assert_ok(neuron_graph_finish(graph, neuron_sigmoid(graph, neuron_dense(graph, x, 1, NULL))));
    return graph;
}

START_TEST(single_outputs)
{
    neuron_graph_t *both[] = {yes_or_no("first"), yes_or_no("second")};
    neuron_cascade_t *cascade;
    neuron_dataset_t *dataset;
    neuron_tensor_t *x = tensor(NEURON_TYPE_F32, 5, 1), *y = tensor(NEURON_TYPE_F32, 5, 1);
    neuron_tensor_t *output = tensor(NEURON_TYPE_F32, 5, 1), *asked = tensor(NEURON_TYPE_I32, 5, 0);
    neuron_tensor_t *curve;
    const float numbers[] = {-4, -0.5f, 0.1f, 1, 5}, truth[] = {0, 1, 0, 1, 1};
    memcpy(neuron_tensor_data(x), numbers, sizeof numbers);
    memcpy(neuron_tensor_data(y), truth, sizeof truth);
    assert_ok(neuron_dataset_create_with_targets(&dataset, context, x, y));
    for (int m = 0; m < 2; m++) {
        int64_t kernel = neuron_graph_find_array(both[m], "dense.kernel");
        assert_ok(neuron_graph_write_array(both[m], kernel, (const float[]){m ? -1 : 1}, 1));
    }
    assert_ok(
        neuron_cascade_create(&cascade, context, both, 2, (const double[]){3, 1}, "threshold=0.7"));
    for (int k = 0; k < 3; k++) {
        /* p of 1 / (1 + exp(-1)) = 0.731, of exp(-0.5) 0.622, of 0.1 0.525 */
        const char *options[] = {"threshold=0.7", "measure=margin, threshold=0.4",
                                 "measure=entropy, threshold=0.15"};
        assert_ok(neuron_cascade_set(cascade, options[k]));
        assert_ok(neuron_cascade_predict(cascade, x, output, asked));
        const int32_t *counts = neuron_tensor_data(asked), expected[] = {1, 2, 2, 1, 1};
        ck_assert_mem_eq(counts, expected, sizeof expected);
        double p = 1 / (1 + exp(0.5));
        ck_assert_double_eq_tol((double)((const float *)neuron_tensor_data(output))[1],
                                (3 * p + 1 - p) / 4, 1e-6);
    }
    assert_ok(neuron_cascade_set(cascade, "measure=confidence"));
    assert_ok(neuron_cascade_curve(&curve, cascade, dataset, NULL));
    const float *rows = neuron_tensor_data(curve);
    ck_assert_int_eq(neuron_tensor_extent(curve, 0), 6);
    /* The weight of 3 decides for all, two of which are wrong. */
    for (int i = 0; i < 6; i++)
        ck_assert_double_eq_tol((double)rows[3 * i + 1], 0.6, 1e-6);
    ck_assert_double_eq_tol((double)rows[2], 2, 1e-6);
    neuron_tensor_unref(curve);
    neuron_tensor_unref(x);
    neuron_tensor_unref(y);
    neuron_tensor_unref(output);
    neuron_tensor_unref(asked);
    neuron_dataset_unref(dataset);
    neuron_cascade_unref(cascade);
    neuron_graph_unref(both[0]);
    neuron_graph_unref(both[1]);
}
END_TEST

/* ---- Handles and what is refused ---- */

START_TEST(handles)
{
    char text[64];
    double value;
    neuron_cascade_t *cascade = cascade_of(NULL, "measure=margin");
    ck_assert_ptr_eq(neuron_cascade_ref(cascade), cascade);
    neuron_cascade_unref(cascade);
    ck_assert_int_eq(neuron_cascade_member_count(cascade), MEMBERS);
    ck_assert_int_eq(neuron_cascade_member_count(NULL), 0);
    ck_assert_ptr_eq(neuron_cascade_member(cascade, 2), members[2]);
    ck_assert_ptr_null(neuron_cascade_member(cascade, MEMBERS));
    ck_assert_ptr_null(neuron_cascade_member(cascade, -1));
    assert_ok(neuron_cascade_get_text(text, sizeof text, NULL, cascade, "measure"));
    ck_assert_str_eq(text, "margin");
    assert_ok(neuron_cascade_get_number(&value, cascade, "threshold"));
    ck_assert(value == 0.9);
    assert_status(neuron_cascade_set(cascade, "threshold=3"), NEURON_E_ARGUMENT);
    assert_message("threshold is 3; it must be 0 to 2");
    assert_status(neuron_cascade_set(cascade, "treshold=1"), NEURON_E_ARGUMENT);
    assert_message("did you mean \"threshold\"");
    neuron_cascade_unref(cascade);
    neuron_cascade_unref(NULL);
}
END_TEST

static void refuse_members(neuron_graph_t *second, int status, const char *message)
{
    neuron_cascade_t *made;
    neuron_graph_t *both[] = {members[0], second};
    assert_status(neuron_cascade_create(&made, context, both, 2, NULL, NULL), status);
    assert_message(message);
    ck_assert_ptr_null(made);
}

START_TEST(members_that_are_refused)
{
    neuron_cascade_t *made;
    neuron_graph_t *open, *large = test_linear(context, SIZE + 1), *single = yes_or_no("single");
    refuse_members(NULL, NEURON_E_ARGUMENT, "members[1] is NULL");
    assert_ok(neuron_graph_create(&open, context));
    refuse_members(open, NEURON_E_STATE, "");
    neuron_node_t *x = neuron_input(open, (const int64_t[]){SIZE, SIZE, 1}, 3);
    neuron_node_t *both[] = {neuron_softmax(open, x, NULL), neuron_flatten(open, x)};
    assert_ok(neuron_graph_finish_many(open, both, 2));
    refuse_members(open, NEURON_E_UNSUPPORTED, "has 1 inputs and 2 outputs");
    refuse_members(large, NEURON_E_SHAPE, "member 1 (linear) takes 9x9x1, member 0 (linear) 8x8x1");
    neuron_graph_t *map;
    assert_ok(neuron_graph_with_outputs(&map, open, both, 1));
    refuse_members(map, NEURON_E_SHAPE, "puts out 8x8x1");
    assert_status(neuron_cascade_create(&made, context, &map, 1, NULL, NULL), NEURON_E_SHAPE);
    assert_message("probabilities of classes");
    for (int i = 0; i < 3; i++) {
        const double wrong[][2] = {{1, 0}, {1, NAN}, {DBL_MAX, DBL_MAX}};
        assert_status(neuron_cascade_create(&made, context, members, 2, wrong[i], NULL),
                      NEURON_E_ARGUMENT);
        assert_message("weights[1] is");
    }
    assert_status(neuron_cascade_create(&made, context, members, 0, NULL, NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_cascade_create(&made, context, members, 2, NULL, "measure=best"),
                  NEURON_E_ARGUMENT);
    neuron_graph_unref(map);
    neuron_graph_unref(open);
    neuron_graph_unref(large);
    neuron_graph_unref(single);
}
END_TEST

START_TEST(data_that_is_refused)
{
    neuron_cascade_t *cascade = cascade_of(NULL, "threshold=0.6");
    neuron_tensor_t *input = inputs(FEW), *output = tensor(NEURON_TYPE_F32, FEW, CLASSES);
    neuron_tensor_t *short_one = tensor(NEURON_TYPE_I32, FEW - 1, 0), *curve;
    neuron_tensor_t *floats = tensor(NEURON_TYPE_F32, FEW, 0);
    double value;
    assert_status(neuron_cascade_predict(cascade, input, output, short_one), NEURON_E_SHAPE);
    assert_message("asked is 22, but there are 23 examples");
    assert_status(neuron_cascade_predict(cascade, input, output, floats), NEURON_E_TYPE);
    assert_status(neuron_cascade_predict(cascade, output, output, NULL), NEURON_E_SHAPE);
    assert_status(neuron_cascade_predict_dataset(cascade, test, output, NULL), NEURON_E_SHAPE);
    assert_status(neuron_cascade_curve(&curve, cascade, test, (const double[]){1, 2, -1}),
                  NEURON_E_ARGUMENT);
    assert_message("costs[2] is -1");
    assert_status(neuron_cascade_tune(cascade, test, "tolerance=-1"), NEURON_E_ARGUMENT);
    /* A member that says nonsense: it is asked, but nobody is certain. */
    int64_t bias = neuron_graph_find_array(members[0], "dense.bias");
    float nans[CLASSES];
    for (int k = 0; k < CLASSES; k++)
        nans[k] = NAN;
    assert_ok(neuron_graph_write_array(members[0], bias, nans, CLASSES));
    assert_status(neuron_cascade_tune(cascade, test, NULL), NEURON_E_DATA);
    assert_message("member 0 puts out nan for example 0");
    assert_ok(neuron_cascade_get_number(&value, cascade, "threshold"));
    ck_assert(value == 0.6);
    for (int i = 0; i < 3; i++) {
        neuron_tensor_t *asked = tensor(NEURON_TYPE_I32, FEW, 0);
        assert_ok(neuron_cascade_set(cascade, i == 0   ? "measure=confidence"
                                              : i == 1 ? "measure=margin"
                                                       : "measure=entropy"));
        assert_ok(neuron_cascade_predict(cascade, input, output, asked));
        for (int k = 0; k < FEW; k++)
            ck_assert_int_eq(((const int32_t *)neuron_tensor_data(asked))[k], MEMBERS);
        neuron_tensor_unref(asked);
    }
    neuron_tensor_unref(input);
    neuron_tensor_unref(output);
    neuron_tensor_unref(short_one);
    neuron_tensor_unref(floats);
    neuron_cascade_unref(cascade);
}
END_TEST

START_TEST(empty_input)
{
    neuron_cascade_t *cascade = cascade_of(NULL, NULL);
    neuron_tensor_t *input = inputs(0), *output = tensor(NEURON_TYPE_F32, 0, CLASSES);
    neuron_tensor_t *asked = tensor(NEURON_TYPE_I32, 0, 0);
    assert_ok(neuron_cascade_predict(cascade, input, output, asked));
    neuron_tensor_unref(input);
    neuron_tensor_unref(output);
    neuron_tensor_unref(asked);
    neuron_cascade_unref(cascade);
}
END_TEST

/* ---- Threads ---- */

typedef struct crowd {
    const neuron_cascade_t *cascade;
    neuron_tensor_t *input;
    const float *expected;
    int wrong;
} crowd;

static void *predict_often(void *work)
{
    crowd *c = work;
    neuron_tensor_t *output = tensor(NEURON_TYPE_F32, EXAMPLES, CLASSES);
    for (int i = 0; i < 20; i++) {
        c->wrong += neuron_cascade_predict(c->cascade, c->input, output, NULL) != NEURON_OK;
        c->wrong += memcmp(neuron_tensor_data(output), c->expected,
                           EXAMPLES * CLASSES * sizeof(float)) != 0;
    }
    neuron_tensor_unref(output);
    return NULL;
}

START_TEST(threads)
{
    neuron_cascade_t *cascade = cascade_of(weights, "threshold=0.7");
    neuron_tensor_t *input = inputs(EXAMPLES), *output = tensor(NEURON_TYPE_F32, EXAMPLES, CLASSES);
    assert_ok(neuron_cascade_predict(cascade, input, output, NULL));
    pthread_t all[4];
    crowd crowds[4];
    for (int i = 0; i < 4; i++) {
        crowds[i] = (crowd){cascade, input, neuron_tensor_data(output), 0};
        ck_assert_int_eq(pthread_create(&all[i], NULL, predict_often, &crowds[i]), 0);
    }
    for (int i = 0; i < 4; i++) {
        ck_assert_int_eq(pthread_join(all[i], NULL), 0);
        ck_assert_int_eq(crowds[i].wrong, 0);
    }
    neuron_tensor_unref(input);
    neuron_tensor_unref(output);
    neuron_cascade_unref(cascade);
}
END_TEST

/* ---- Failures on the way ---- */

/* Streams call functions of the caller's: one that fails, or leaves. */
typedef struct source {
    int left; /* calls until then */
    jmp_buf *leave;
    neuron_cascade_t **cascade; /* let go of then */
} source;

static int read_some(void *examples, int32_t *labels, const int64_t *positions, int64_t count,
                     void *user_data)
{
    source *s = user_data;
    if (examples && s->left-- == 0) {
        if (s->leave)
            longjmp(*s->leave, 1);
        if (!s->cascade)
            return -77;
        neuron_cascade_unref(*s->cascade);
        *s->cascade = NULL;
    }
    for (int64_t i = 0; i < count; i++) {
        if (labels)
            labels[i] = (int32_t)(positions[i] % CLASSES);
        for (int k = 0; examples && k < SIZE * SIZE; k++)
            ((float *)examples)[i * SIZE * SIZE + k] =
                (float)fmod((double)(positions[i] * 31 + k) * 0.37, 1);
    }
    return 0;
}

static jmp_buf back;

/* Whether the function of the stream leaves the call. */
static bool is_left(int *status, const neuron_cascade_t *cascade, const neuron_dataset_t *stream,
                    neuron_tensor_t *output)
{
    if (setjmp(back) != 0)
        return true;
    *status = neuron_cascade_predict_dataset(cascade, stream, output, NULL);
    return false;
}

static void check_stream(int way, int calls)
{
    test_memory memory = {0};
    neuron_context_t *limited = test_limited_context(&memory);
    neuron_graph_t *own[] = {test_linear(limited, SIZE), test_mlp(limited, SIZE)};
    neuron_cascade_t *cascade, *next;
    neuron_dataset_t *stream;
    neuron_tensor_t *output;
    int status = 0;
    source s = {.left = calls, .leave = way == 1 ? &back : NULL};
    assert_ok(neuron_cascade_create(&cascade, limited, own, 2, NULL, "threshold=2"));
    s.cascade = way == 2 ? &cascade : NULL;
    assert_ok(neuron_dataset_create_stream(&stream, limited, read_some, &s, NULL, 30,
                                           "shape=8x8x1, classes=10"));
    assert_ok(
        neuron_tensor_create(&output, limited, NEURON_TYPE_F32, (const int64_t[]){30, CLASSES}, 2));
    ck_assert(is_left(&status, cascade, stream, output) == (way == 1));
    ck_assert_int_eq(status, way == 0 ? -77 : 0);
    ck_assert(!cascade == (way == 2));
    s.cascade = NULL;
    /* The next call tidies up. */
    assert_ok(neuron_cascade_create(&next, limited, own, 1, NULL, NULL));
    assert_ok(neuron_cascade_predict_dataset(next, stream, output, NULL));
    neuron_cascade_unref(next);
    neuron_cascade_unref(cascade);
    neuron_dataset_unref(stream);
    neuron_tensor_unref(output);
    neuron_graph_unref(own[0]);
    neuron_graph_unref(own[1]);
    neuron_context_unref(limited);
    ck_assert_int_eq(atomic_load(&memory.live), 0);
}

/* In the first member and in the second. */
START_TEST(streams_that_fail_or_leave)
{
    for (int way = 0; way < 3; way++)
        for (int calls = 0; calls < 2; calls++)
            check_stream(way, calls);
}
END_TEST

START_TEST(failed_allocations)
{
    for (int way = 0; way < 4; way++) {
        int status = NEURON_E_MEMORY;
        for (long n = 0; status != NEURON_OK; n++) {
            test_memory memory = {0};
            neuron_context_t *limited = test_limited_context(&memory);
            neuron_dataset_t *glyphs = test_glyphs(limited, FEW, SIZE);
            neuron_graph_t *own[] = {test_linear(limited, SIZE), test_mlp(limited, SIZE)};
            neuron_cascade_t *cascade = NULL;
            neuron_tensor_t *input, *output, *curve = NULL;
            double threshold = 0.15;
            assert_ok(neuron_tensor_create(&input, limited, NEURON_TYPE_F32,
                                           (const int64_t[]){FEW, SIZE, SIZE, 1}, 4));
            assert_ok(neuron_dataset_read(neuron_tensor_data(input), NULL, glyphs, 0, FEW));
            assert_ok(neuron_tensor_create(&output, limited, NEURON_TYPE_F32,
                                           (const int64_t[]){FEW, CLASSES}, 2));
            atomic_store(&memory.left, n);
            status = neuron_cascade_create(&cascade, limited, own, 2, NULL, "threshold=0.15");
            if (status == NEURON_OK)
                status = way == 0   ? neuron_cascade_predict(cascade, input, output, NULL)
                         : way == 1 ? neuron_cascade_predict_dataset(cascade, glyphs, output, NULL)
                         : way == 2 ? neuron_cascade_tune(cascade, glyphs, NULL)
                                    : neuron_cascade_curve(&curve, cascade, glyphs, NULL);
            test_refill(&memory);
            ck_assert(status == NEURON_OK || status == NEURON_E_MEMORY);
            if (cascade && status != NEURON_OK) {
                assert_ok(neuron_cascade_get_number(&threshold, cascade, "threshold"));
                ck_assert(threshold == 0.15 && !curve);
            }
            neuron_tensor_unref(curve);
            neuron_tensor_unref(input);
            neuron_tensor_unref(output);
            neuron_cascade_unref(cascade);
            neuron_dataset_unref(glyphs);
            neuron_graph_unref(own[0]);
            neuron_graph_unref(own[1]);
            neuron_context_unref(limited);
            ck_assert_int_eq(atomic_load(&memory.live), 0);
            ck_assert_int_lt(n, 400);
        }
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cascades");
    TCase *tests = tcase_create("cascade");
    suite_add_tcase(suite, tests);
    tcase_set_timeout(tests, 120);
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_loop_test(tests, predictions, 0, 6);
    tcase_add_test(tests, in_place);
    tcase_add_test(tests, class_names);
    tcase_add_loop_test(tests, bytes_of_the_committee, 0, 2);
    tcase_add_loop_test(tests, curves, 0, 6);
    tcase_add_test(tests, tuning);
    tcase_add_test(tests, single_outputs);
    tcase_add_test(tests, handles);
    tcase_add_test(tests, members_that_are_refused);
    tcase_add_test(tests, data_that_is_refused);
    tcase_add_test(tests, empty_input);
    tcase_add_test(tests, threads);
    tcase_add_test(tests, streams_that_fail_or_leave);
    tcase_add_test(tests, failed_allocations);
    return run_suite(suite);
}
