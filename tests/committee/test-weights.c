/* Weights of members: each method against a naive one, by outputs and by graphs. */
#include "made-outputs.h"

#include <libneuron-committee/committees.h>

#include <float.h>
#include <math.h>
#include <stdio.h>

enum { ROUNDS = 25 };

static int learn(double weights[MEMBERS], const world *w, const char *options)
{
    return neuron_committee_weights_from_outputs(weights, context, w->outputs, MEMBERS, w->targets,
                                                 options);
}

/* ---- The naive ones ---- */

typedef enum goal { LOG_LOSS, SQUARED, ACCURACY } goal;

static float wanted(const world *w, int64_t i, int64_t k)
{
    if (neuron_tensor_type(w->targets) == NEURON_TYPE_I32)
        return ((const int32_t *)neuron_tensor_data(w->targets))[i] == k;
    return ((const float *)neuron_tensor_data(w->targets))[i * w->size + k];
}

/* Of the weighted mean, the smaller the better. */
static double loss(const world *w, const double weights[MEMBERS], goal by)
{
    double sum = 0;
    bool one_of = neuron_tensor_type(w->targets) == NEURON_TYPE_I32;
    for (int64_t i = 0; i < w->examples; i++) {
        int64_t best = 0, right = 0, truth = 0;
        double means[CLASSES] = {0};
        for (int64_t k = 0; k < w->size; k++) {
            means[k] = 0;
            for (int m = 0; m < MEMBERS; m++)
                means[k] += weights[m] * (double)w->x[m][i * w->size + k];
            double t = (double)wanted(w, i, k);
            best = means[k] > means[best] ? k : best;
            truth = t > 0.5 ? k : truth;
            right += (means[k] > 0.5) == (t > 0.5);
            if (by == SQUARED)
                sum += (means[k] - t) * (means[k] - t);
            else if (by == LOG_LOSS && !one_of)
                sum -= log(fmax(t > 0.5 ? means[k] : 1 - means[k], DBL_EPSILON));
        }
        if (by == LOG_LOSS && one_of)
            sum -= log(fmax(means[truth], DBL_EPSILON));
        if (by == ACCURACY)
            sum -= one_of ? best == truth : right == w->size;
    }
    return sum;
}

/* Of losses that are equal but for rounding, the first is taken; the data has no such by chance. */
static void select_naively(double weights[MEMBERS], const world *w, goal by)
{
    int chosen[MEMBERS] = {0};
    double best_of_all = INFINITY;
    for (int round = 1; round <= ROUNDS; round++) {
        int best = 0;
        double least = INFINITY, tried[MEMBERS];
        for (int m = 0; m < MEMBERS; m++) {
            for (int j = 0; j < MEMBERS; j++)
                tried[j] = (double)(chosen[j] + (j == m)) / round;
            double now = loss(w, tried, by);
            if (now < least) {
                least = now;
                best = m;
            }
        }
        chosen[best]++;
        if (least < best_of_all - 1e-12) {
            best_of_all = least;
            for (int j = 0; j < MEMBERS; j++)
                weights[j] = (double)chosen[j] / round;
        }
    }
}

static void assert_weights(const double weights[MEMBERS], const double expected[MEMBERS])
{
    for (int m = 0; m < MEMBERS; m++)
        ck_assert_double_eq_tol(weights[m], expected[m], 1e-12);
}

static void assert_greedy(world w, const char *options, goal by)
{
    double weights[MEMBERS], expected[MEMBERS];
    char text[80];
    snprintf(text, sizeof text, "method=greedy, rounds=%d, %s", ROUNDS, options);
    assert_ok(learn(weights, &w, text));
    select_naively(expected, &w, by);
    assert_weights(weights, expected);
    drop(&w);
}

START_TEST(greedy_selection)
{
    assert_greedy(classes(), "goal=auto", LOG_LOSS);
    assert_greedy(classes(), "goal=log_loss", LOG_LOSS);
    assert_greedy(classes(), "goal=accuracy", ACCURACY);
    assert_greedy(classes(), "goal=mean_squared_error", SQUARED);
    assert_greedy(numbers(1, true), "goal=auto", LOG_LOSS);
    assert_greedy(numbers(1, true), "goal=accuracy", ACCURACY);
    assert_greedy(numbers(3, true), "goal=log_loss", LOG_LOSS);
    assert_greedy(numbers(3, true), "goal=accuracy", ACCURACY);
    assert_greedy(numbers(2, false), "goal=auto", SQUARED);
}
END_TEST

/* No weights are better: not those moved by a little between two members, nor any of some drawn. */
static void assert_convex(world w, const char *goal_text, goal by)
{
    double weights[MEMBERS], others[MEMBERS], sum = 0;
    char text[80];
    snprintf(text, sizeof text, "method=convex, goal=%s", goal_text);
    assert_ok(learn(weights, &w, text));
    for (int m = 0; m < MEMBERS; m++) {
        ck_assert_double_ge(weights[m], 0);
        sum += weights[m];
    }
    ck_assert_double_eq_tol(sum, 1, 1e-14);
    double least = loss(&w, weights, by), allowed = 1e-8 * fabs(least);
    for (int from = 0; from < MEMBERS; from++)
        for (int to = 0; to < MEMBERS; to++)
            for (double amount = 1e-4; amount < 1; amount *= 10) {
                if (from == to || weights[from] < amount)
                    continue;
                memcpy(others, weights, sizeof others);
                others[from] -= amount;
                others[to] += amount;
                ck_assert_double_ge(loss(&w, others, by), least - allowed);
            }
    for (int n = 0; n < 200; n++) {
        sum = 0;
        for (int m = 0; m < MEMBERS; m++)
            sum += others[m] = -log(draw());
        for (int m = 0; m < MEMBERS; m++)
            others[m] /= sum;
        ck_assert_double_ge(loss(&w, others, by), least - allowed);
    }
    drop(&w);
}

START_TEST(convex_weights)
{
    assert_convex(classes(), "auto", LOG_LOSS);
    assert_convex(classes(), "mean_squared_error", SQUARED);
    assert_convex(numbers(1, true), "log_loss", LOG_LOSS);
    assert_convex(numbers(3, true), "auto", LOG_LOSS);
    assert_convex(numbers(2, false), "auto", SQUARED);
}
END_TEST

/* A member that is right with certainty takes all, one that is wrong with certainty nothing: the
 * log loss of 0 is that of 2^-52. */
/* Errors that cancel out: the least loss is 0, to which no share of it bounds the gap. */
START_TEST(convex_weights_without_loss)
{
    enum { ROWS = 20000, COUNT = 3 };
    const int64_t extents[] = {ROWS, 1};
    const float errors[COUNT] = {1.0f / 3, -1.0f / 7, 1.0f / 11};
    neuron_tensor_t *outputs[COUNT], *targets;
    double weights[COUNT], sum = 0;
    assert_ok(neuron_tensor_create(&targets, context, NEURON_TYPE_F32, extents, 2));
    float *y = neuron_tensor_data(targets);
    for (int m = 0; m < COUNT; m++) {
        assert_ok(neuron_tensor_create(&outputs[m], context, NEURON_TYPE_F32, extents, 2));
        float *x = neuron_tensor_data(outputs[m]);
        for (int i = 0; i < ROWS; i++) {
            y[i] = (float)(i * 7 % 10 - 5);
            x[i] = y[i] + errors[m] * (float)(i * 3 % 11 - 5);
        }
    }
    assert_ok(neuron_committee_weights_from_outputs(weights, context, outputs, COUNT, targets,
                                                    "method=convex, goal=mean_squared_error"));
    for (int m = 0; m < COUNT; m++)
        sum += weights[m] * (double)errors[m];
    ck_assert_double_eq_tol(sum, 0, 1e-6);
    neuron_tensor_unref(targets);
    for (int m = 0; m < COUNT; m++)
        neuron_tensor_unref(outputs[m]);
}
END_TEST

START_TEST(certain_members)
{
    world w = classes();
    const int32_t *labels = neuron_tensor_data(w.targets);
    double weights[MEMBERS];
    for (int i = 0; i < EXAMPLES; i++)
        for (int k = 0; k < CLASSES; k++) {
            w.x[1][i * CLASSES + k] = (float)(k == labels[i]);
            w.x[2][i * CLASSES + k] = (float)(k == (labels[i] + 1) % CLASSES);
        }
    assert_ok(learn(weights, &w, "method=convex"));
    assert_weights(weights, (const double[]){0, 1, 0, 0});
    assert_ok(learn(weights, &w, "method=greedy"));
    assert_weights(weights, (const double[]){0, 1, 0, 0});
    for (int m = 0; m < MEMBERS; m++) /* nobody is ever right */
        memcpy(w.x[m], w.x[2], EXAMPLES * CLASSES * sizeof(float));
    assert_ok(learn(weights, &w, "method=convex"));
    assert_weights(weights, (const double[]){0.25, 0.25, 0.25, 0.25});
    assert_ok(learn(weights, &w, "method=accuracy"));
    assert_weights(weights, (const double[]){0.25, 0.25, 0.25, 0.25});
    drop(&w);
}
END_TEST

START_TEST(accuracies)
{
    world w = classes();
    const int32_t *labels = neuron_tensor_data(w.targets);
    double weights[MEMBERS], right[MEMBERS] = {0}, sum = 0;
    for (int m = 0; m < MEMBERS; m++) {
        for (int i = 0; i < EXAMPLES; i++) {
            int best = 0;
            for (int k = 1; k < CLASSES; k++)
                if (w.x[m][i * CLASSES + k] > w.x[m][i * CLASSES + best])
                    best = k;
            right[m] += best == labels[i];
        }
        sum += right[m];
    }
    assert_ok(learn(weights, &w, NULL));
    for (int m = 0; m < MEMBERS; m++)
        ck_assert_double_eq_tol(weights[m], right[m] / sum, 1e-15);
    drop(&w);
}
END_TEST

/* Of several labels all have to be right, as in evaluations. */
START_TEST(accuracies_of_labels)
{
    world w = numbers(3, true);
    const float *t = neuron_tensor_data(w.targets);
    double weights[MEMBERS], right[MEMBERS] = {0}, sum = 0;
    for (int m = 0; m < MEMBERS; m++) {
        for (int i = 0; i < EXAMPLES; i++) {
            int wrong = 0;
            for (int k = 3 * i; k < 3 * i + 3; k++)
                wrong += (w.x[m][k] > 0.5f) != (t[k] > 0.5f);
            right[m] += wrong == 0;
        }
        sum += right[m];
    }
    ck_assert(right[0] > right[3] && right[3] > 0);
    assert_ok(learn(weights, &w, NULL));
    for (int m = 0; m < MEMBERS; m++)
        ck_assert_double_eq_tol(weights[m], right[m] / sum, 1e-12);
    drop(&w);
}
END_TEST

/* Of a regression, which the targets tell. */
START_TEST(inverse_errors)
{
    world w = numbers(2, false);
    const float *t = neuron_tensor_data(w.targets);
    double weights[MEMBERS], expected[MEMBERS], sum = 0;
    for (int m = 0; m < MEMBERS; m++) {
        double error = 0;
        for (int i = 0; i < EXAMPLES * 2; i++)
            error += pow((double)w.x[m][i] - (double)t[i], 2);
        sum += expected[m] = 1 / error;
    }
    for (int given = 0; given < 2; given++) {
        assert_ok(learn(weights, &w, given ? "method=inverse_error" : NULL));
        for (int m = 0; m < MEMBERS; m++)
            ck_assert_double_eq_tol(weights[m], expected[m] / sum, 1e-12);
    }
    assert_status(learn(expected, &w, "method=accuracy"), NEURON_E_UNSUPPORTED);
    assert_message("method is accuracy");
    memcpy(w.x[1], t, EXAMPLES * 2 * sizeof *t); /* without an error */
    assert_ok(learn(weights, &w, NULL));
    for (int m = 0; m < MEMBERS; m++)
        ck_assert_double_eq(weights[m], m == 1);
    w.x[2][5] = INFINITY;
    assert_status(learn(weights, &w, NULL), NEURON_E_NOT_FINITE);
    assert_message("member 2 puts out inf for example 2");
    drop(&w);
}
END_TEST

/* ---- Maps ---- */

/* Each place of a map counts as an example by itself would, for losses, accuracies and what members
 * are worth. */
START_TEST(maps)
{
    enum { PLACES = 4, MAPS = EXAMPLES / PLACES };
    static const char *const options[] = {
        "method=greedy, goal=log_loss", "method=greedy, goal=accuracy",
        "method=greedy, goal=mean_squared_error", "method=convex", "method=accuracy"};
    world flat = classes();
    neuron_tensor_t *of_maps[MEMBERS], *targets;
    const int64_t shape[] = {MAPS, 2, PLACES / 2, CLASSES};
    double weights[MEMBERS], expected[MEMBERS], pairs[2][MEMBERS * MEMBERS], added[2][MEMBERS];
    assert_ok(neuron_tensor_create(&targets, context, NEURON_TYPE_F32, shape, 4));
    memset(neuron_tensor_data(targets), 0, EXAMPLES * CLASSES * sizeof(float));
    for (int i = 0; i < EXAMPLES; i++)
        ((float *)neuron_tensor_data(
            targets))[i * CLASSES + ((const int32_t *)neuron_tensor_data(flat.targets))[i]] = 1;
    for (int m = 0; m < MEMBERS; m++) {
        assert_ok(neuron_tensor_create(&of_maps[m], context, NEURON_TYPE_F32, shape, 4));
        memcpy(neuron_tensor_data(of_maps[m]), flat.x[m], EXAMPLES * CLASSES * sizeof(float));
    }
    for (size_t k = 0; k < sizeof options / sizeof options[0]; k++) {
        assert_ok(learn(expected, &flat, options[k]));
        assert_ok(neuron_committee_weights_from_outputs(weights, context, of_maps, MEMBERS, targets,
                                                        options[k]));
        for (int m = 0; m < MEMBERS; m++)
            ck_assert_double_eq_tol(weights[m], expected[m], 1e-9);
    }
    assert_ok(neuron_committee_diversity_from_outputs(pairs[0], context, flat.outputs, MEMBERS,
                                                      flat.targets, NULL));
    assert_ok(neuron_committee_diversity_from_outputs(pairs[1], context, of_maps, MEMBERS, targets,
                                                      NULL));
    for (int i = 0; i < MEMBERS * MEMBERS; i++)
        ck_assert_double_eq_tol(pairs[0][i], pairs[1][i], 1e-12);
    for (int k = 0; k < 3; k++) {
        const char *by =
            (const char *[]){"goal=log_loss", "goal=accuracy", "goal=mean_squared_error"}[k];
        assert_ok(neuron_committee_contributions_from_outputs(added[0], context, flat.outputs,
                                                              MEMBERS, NULL, flat.targets, by));
        assert_ok(neuron_committee_contributions_from_outputs(added[1], context, of_maps, MEMBERS,
                                                              NULL, targets, by));
        for (int m = 0; m < MEMBERS; m++)
            ck_assert_double_eq_tol(added[0][m], added[1][m], 1e-12);
    }
    for (int m = 0; m < MEMBERS; m++)
        neuron_tensor_unref(of_maps[m]);
    neuron_tensor_unref(targets);
    drop(&flat);
}
END_TEST

/* ---- Graphs ---- */

/* A graph that puts out softmax(kernel x). */
static neuron_graph_t *graph_of(int64_t seed)
{
    neuron_graph_t *g;
    assert_ok(neuron_graph_create(&g, context));
    assert_ok(neuron_graph_set_seed(g, (uint64_t)seed));
    neuron_node_t *x = neuron_input(g, (const int64_t[]){2}, 1);
    assert_ok(neuron_graph_finish(g, neuron_softmax(g, neuron_dense(g, x, CLASSES, NULL), NULL)));
    return g;
}

static neuron_dataset_t *points(void)
{
    neuron_tensor_t *examples = tensor(NEURON_TYPE_F32, EXAMPLES, 2);
    neuron_tensor_t *labels = tensor(NEURON_TYPE_I32, EXAMPLES, 0);
    neuron_dataset_t *dataset;
    float *x = neuron_tensor_data(examples);
    int32_t *label = neuron_tensor_data(labels);
    for (int i = 0; i < EXAMPLES; i++) {
        label[i] = (int32_t)(draw() * CLASSES);
        x[2 * i] = (float)(draw() + (label[i] == 1));
        x[2 * i + 1] = (float)(draw() + (label[i] == 2));
    }
    assert_ok(neuron_dataset_create(&dataset, context, examples, labels, CLASSES));
    neuron_tensor_unref(examples);
    neuron_tensor_unref(labels);
    return dataset;
}

/* Graphs are weighed as what they put out is, and the weights of examples count: an example of
 * weight 2 is there twice, one of weight 0 is not. */
START_TEST(graphs_and_weights_of_examples)
{
    neuron_dataset_t *dataset = points(), *twice;
    neuron_graph_t *members[MEMBERS];
    world w = make(EXAMPLES, CLASSES);
    double weights[MEMBERS], expected[MEMBERS];
    int64_t positions[EXAMPLES];
    float each[EXAMPLES];
    w.targets = tensor(NEURON_TYPE_I32, EXAMPLES, 0);
    int32_t *labels = neuron_tensor_data(w.targets);
    for (int m = 0; m < MEMBERS; m++) {
        members[m] = graph_of(m + 1);
        assert_ok(neuron_graph_predict_dataset(members[m], dataset, w.outputs[m]));
    }
    assert_ok(neuron_dataset_read(NULL, labels, dataset, 0, EXAMPLES));
    for (int method = 0; method < 3; method++) {
        const char *options =
            (const char *[]){"method=greedy", "method=convex", "method=accuracy"}[method];
        assert_ok(neuron_committee_weights(weights, members, MEMBERS, dataset, options));
        assert_ok(learn(expected, &w, options));
        assert_weights(weights, expected);
    }
    int64_t kept = 0;
    for (int i = 0; i < EXAMPLES; i++) { /* half of them twice or not at all */
        each[i] = (float)(i % 4 == 0 ? 2 : i % 4 == 1 ? 0 : 1);
        for (int k = 0; k < (int)each[i]; k++)
            positions[kept++] = i;
    }
    assert_ok(neuron_dataset_select(&twice, dataset, positions, kept));
    assert_ok(neuron_dataset_set_weights(dataset, each, EXAMPLES));
    for (int method = 0; method < 2; method++) {
        const char *options = (const char *[]){"method=greedy", "method=convex"}[method];
        assert_ok(neuron_committee_weights(weights, members, MEMBERS, dataset, options));
        assert_ok(neuron_committee_weights(expected, members, MEMBERS, twice, options));
        for (int m = 0; m < MEMBERS; m++)
            ck_assert_double_eq_tol(weights[m], expected[m], 1e-5);
    }
    for (int m = 0; m < MEMBERS; m++)
        neuron_graph_unref(members[m]);
    neuron_dataset_unref(twice);
    neuron_dataset_unref(dataset);
    drop(&w);
}
END_TEST

/* ---- What is refused ---- */

static void assert_refused(const world *w, const char *options, int status, const char *says)
{
    double weights[MEMBERS] = {7, 7, 7, 7};
    assert_status(learn(weights, w, options), status);
    assert_message(says);
    assert_weights(weights, (const double[]){7, 7, 7, 7});
}

START_TEST(refused)
{
    world w = classes();
    double weights[MEMBERS];
    neuron_tensor_t *kept = w.outputs[2];
    assert_refused(&w, "method=best", NEURON_E_ARGUMENT, "must be");
    assert_refused(&w, "rounds=0", NEURON_E_ARGUMENT, "rounds");
    assert_refused(&w, "method=convex, goal=accuracy", NEURON_E_ARGUMENT, "accuracy");
    w.x[2][5 * CLASSES + 1] = 1.5f;
    assert_refused(&w, "method=convex", NEURON_E_DATA, "member 2 puts out 1.5 for example 5");
    assert_ok(learn(weights, &w, "method=convex, goal=mean_squared_error"));
    w.x[2][5 * CLASSES + 1] = NAN;
    assert_refused(&w, "method=greedy, goal=accuracy", NEURON_E_NOT_FINITE, "member 2");
    assert_ok(learn(weights, &w, "method=accuracy"));
    w.outputs[2] = NULL;
    assert_refused(&w, NULL, NEURON_E_ARGUMENT, "outputs[2] is NULL");
    w.outputs[2] = tensor(NEURON_TYPE_F32, EXAMPLES, CLASSES + 1);
    assert_refused(&w, NULL, NEURON_E_SHAPE, "outputs[2] are 60x4, outputs[0] 60x3");
    neuron_tensor_unref(w.outputs[2]);
    w.outputs[2] = tensor(NEURON_TYPE_U8, EXAMPLES, CLASSES);
    assert_refused(&w, NULL, NEURON_E_TYPE, "outputs[2] are u8");
    neuron_tensor_unref(w.outputs[2]);
    w.outputs[2] = kept;
    assert_status(
        neuron_committee_weights_from_outputs(weights, context, w.outputs, 0, w.targets, NULL),
        NEURON_E_ARGUMENT);
    assert_status(
        neuron_committee_weights_from_outputs(weights, context, w.outputs, 4097, w.targets, NULL),
        NEURON_E_ARGUMENT);
    neuron_tensor_t *short_one = tensor(NEURON_TYPE_I32, EXAMPLES - 1, 0);
    assert_status(neuron_committee_weights_from_outputs(weights, context, w.outputs, MEMBERS,
                                                        short_one, NULL),
                  NEURON_E_DATA);
    neuron_tensor_unref(short_one);
    drop(&w);
}
END_TEST

/* ---- Memory ---- */

START_TEST(failed_allocations)
{
    const char *options[] = {"method=accuracy", "method=greedy", "method=greedy, goal=accuracy",
                             "method=convex"};
    for (int k = 0; k < 4; k++) {
        int status = NEURON_E_MEMORY;
        for (long n = 0; status != NEURON_OK; n++) {
            test_memory memory = {0};
            neuron_context_t *usual = context;
            context = test_limited_context(&memory);
            world w = classes();
            double weights[MEMBERS] = {7, 7, 7, 7};
            atomic_store(&memory.left, n);
            status = learn(weights, &w, options[k]);
            test_refill(&memory);
            ck_assert(status == NEURON_OK || status == NEURON_E_MEMORY);
            ck_assert(status == NEURON_OK || weights[3] == 7);
            drop(&w);
            neuron_context_unref(context);
            ck_assert_int_eq(atomic_load(&memory.live), 0);
            context = usual;
            ck_assert_int_lt(n, 200);
        }
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("weights of members");
    TCase *tests = tcase_create("weights");
    suite_add_tcase(suite, tests);
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, greedy_selection);
    tcase_add_test(tests, convex_weights);
    tcase_add_test(tests, convex_weights_without_loss);
    tcase_add_test(tests, certain_members);
    tcase_add_test(tests, accuracies);
    tcase_add_test(tests, accuracies_of_labels);
    tcase_add_test(tests, inverse_errors);
    tcase_add_test(tests, maps);
    tcase_add_test(tests, graphs_and_weights_of_examples);
    tcase_add_test(tests, refused);
    tcase_add_test(tests, failed_allocations);
    return run_suite(suite);
}
