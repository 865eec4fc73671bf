/* What members are worth: how differently they err, what each adds and costs, and which to keep,
 * against naive loops. */
#include "made-outputs.h"

#include <libneuron-committee/committees.h>

#include <float.h>
#include <stdio.h>

/* ---- Diversity ---- */

static int diversity(double values[MEMBERS * MEMBERS], const world *w, const char *options)
{
    return neuron_committee_diversity_from_outputs(values, context, w->outputs, MEMBERS, w->targets,
                                                   options);
}

/* Whether a member is right about an example, by loops that know two kinds of targets. */
static bool is_right(const world *w, int member, int64_t example)
{
    const float *x = w->x[member] + example * w->size;
    if (neuron_tensor_type(w->targets) == NEURON_TYPE_I32) {
        int64_t best = 0;
        for (int64_t k = 1; k < w->size; k++)
            best = x[k] > x[best] ? k : best;
        return best == ((const int32_t *)neuron_tensor_data(w->targets))[example];
    }
    const float *t = (const float *)neuron_tensor_data(w->targets) + example * w->size;
    for (int64_t k = 0; k < w->size; k++)
        if ((x[k] > 0.5f) != (t[k] > 0.5f))
            return false;
    return true;
}

static void assert_diversity(world w)
{
    const char *measures[] = {"disagreement", "double_fault", "q_statistic", "correlation",
                              "kappa"};
    double values[MEMBERS * MEMBERS];
    for (int k = 0; k < 5; k++) {
        char options[40];
        snprintf(options, sizeof options, "measure=%s", measures[k]);
        assert_ok(diversity(values, &w, k == 0 ? NULL : options));
        for (int i = 0; i < MEMBERS; i++)
            for (int j = 0; j < MEMBERS; j++) {
                double n[2][2] = {{0, 0}, {0, 0}}, count = (double)w.examples;
                for (int64_t e = 0; e < w.examples; e++)
                    n[is_right(&w, i, e)][is_right(&w, j, e)]++;
                double a = n[1][1] / count, b = n[1][0] / count, c = n[0][1] / count,
                       d = n[0][0] / count, p = a + b, q = a + c, agree = a + d,
                       chance = p * q + (1 - p) * (1 - q);
                const double expected[] = {b + c, d, (a * d - b * c) / (a * d + b * c),
                                           (a - p * q) / sqrt(p * (1 - p) * q * (1 - q)),
                                           (agree - chance) / (1 - chance)};
                if (isnan(expected[k]))
                    ck_assert_double_nan(values[i * MEMBERS + j]);
                else
                    ck_assert_double_eq_tol(values[i * MEMBERS + j], expected[k], 1e-12);
            }
    }
    drop(&w);
}

START_TEST(how_differently_members_err)
{
    assert_diversity(classes());
    assert_diversity(numbers(1, true));
    assert_diversity(numbers(2, true));
}
END_TEST

/* Nobody errs: what compares errors is not a number. */
START_TEST(members_without_errors)
{
    world w = classes();
    double values[MEMBERS * MEMBERS];
    const int32_t *labels = neuron_tensor_data(w.targets);
    for (int m = 0; m < MEMBERS; m++)
        for (int i = 0; i < EXAMPLES * CLASSES; i++)
            w.x[m][i] = (float)(labels[i / CLASSES] == i % CLASSES);
    assert_ok(diversity(values, &w, "measure=q_statistic"));
    ck_assert_double_nan(values[1]);
    assert_ok(diversity(values, &w, "measure=disagreement"));
    ck_assert_double_eq(values[1], 0);
    drop(&w);
}
END_TEST

/* ---- Contributions ---- */

static int contributions(double values[MEMBERS], const world *w, const double *weights,
                         const char *options)
{
    return neuron_committee_contributions_from_outputs(values, context, w->outputs, MEMBERS,
                                                       weights, w->targets, options);
}

/* The log loss of the weighted mean of classes. */
static double log_loss(const world *w, const double weights[MEMBERS])
{
    const int32_t *labels = neuron_tensor_data(w->targets);
    double loss = 0, all = 0;
    for (int m = 0; m < MEMBERS; m++)
        all += weights[m];
    for (int64_t i = 0; i < w->examples; i++) {
        double share = 0;
        for (int m = 0; m < MEMBERS; m++)
            share += weights[m] * (double)w->x[m][i * w->size + labels[i]] / all;
        loss -= log(fmax(share, DBL_EPSILON)) / (double)w->examples;
    }
    return loss;
}

START_TEST(what_each_member_adds)
{
    world w = classes();
    const double weights[MEMBERS] = {3, 1, 2, 0}, equal[MEMBERS] = {1, 1, 1, 1};
    double values[MEMBERS];
    for (int k = 0; k < 2; k++) {
        const double *all = k ? weights : equal;
        assert_ok(contributions(values, &w, k ? weights : NULL, NULL));
        for (int m = 0; m < MEMBERS; m++) {
            double others[MEMBERS];
            memcpy(others, all, sizeof others);
            others[m] = 0;
            ck_assert_double_eq_tol(values[m], log_loss(&w, others) - log_loss(&w, all), 1e-12);
        }
    }
    assert_ok(contributions(values, &w, (const double[]){0, 5, 0, 0}, NULL));
    ck_assert_double_nan(values[1]);
    ck_assert_double_eq(values[0], 0);
    drop(&w);
}
END_TEST

/* A member that knows all adds much when its outputs are dealt at random, one that says the same of
 * each example nothing. */
START_TEST(permuted_members)
{
    world w = classes();
    double values[MEMBERS], again[MEMBERS];
    const int32_t *labels = neuron_tensor_data(w.targets);
    for (int i = 0; i < EXAMPLES * CLASSES; i++) {
        w.x[0][i] = labels[i / CLASSES] == i % CLASSES ? 0.98f : 0.01f;
        w.x[3][i] = 1.0f / CLASSES;
    }
    assert_ok(contributions(values, &w, NULL, "measure=permutation"));
    ck_assert_double_gt(values[0], values[1]);
    ck_assert_double_gt(values[0], 0.1);
    ck_assert_double_eq_tol(values[3], 0, 1e-12);
    assert_ok(contributions(again, &w, NULL, "measure=permutation"));
    ck_assert_mem_eq(values, again, sizeof values);
    assert_ok(contributions(again, &w, NULL, "measure=permutation, seed=1"));
    ck_assert_double_ne(values[0], again[0]);
    assert_ok(contributions(values, &w, NULL, "measure=permutation, goal=accuracy, repeats=50"));
    ck_assert_double_gt(values[0], 0);
    drop(&w);
}
END_TEST

/* ---- Pruning ---- */

static int prune(int64_t kept[MEMBERS], int64_t *count, const world *w, const double *costs,
                 double budget, const char *options)
{
    return neuron_committee_prune_from_outputs(kept, count, context, w->outputs, MEMBERS, costs,
                                               budget, w->targets, options);
}

START_TEST(which_members_to_keep)
{
    world w = classes();
    int64_t kept[MEMBERS], count, expected[MEMBERS], best_count = 0;
    double weights[MEMBERS] = {0}, best = INFINITY;
    for (int chosen = 0; chosen < MEMBERS; chosen++) { /* naively: all sizes */
        int next = -1;
        double least = INFINITY;
        for (int m = 0; m < MEMBERS; m++) {
            if (weights[m] > 0)
                continue;
            weights[m] = 1;
            double loss = log_loss(&w, weights);
            if (loss < least) {
                least = loss;
                next = m;
            }
            weights[m] = 0;
        }
        weights[next] = 1;
        expected[chosen] = next;
        if (least < best) {
            best = least;
            best_count = chosen + 1;
        }
    }
    assert_ok(prune(kept, &count, &w, NULL, MEMBERS, NULL));
    ck_assert_int_eq(count, best_count);
    ck_assert_mem_eq(kept, expected, (size_t)count * sizeof *kept);
    assert_ok(prune(kept, &count, &w, NULL, MEMBERS, "fill=yes"));
    ck_assert_int_eq(count, MEMBERS);
    ck_assert_mem_eq(kept, expected, sizeof kept);
    assert_ok(prune(kept, &count, &w, NULL, 1, NULL));
    ck_assert_int_eq(count, 1);
    ck_assert_int_eq(kept[0], expected[0]);
    /* The best one is too dear, and two others are together. */
    double costs[MEMBERS] = {2, 2, 2, 2};
    costs[expected[0]] = 10;
    assert_ok(prune(kept, &count, &w, costs, 3.9, "fill=yes"));
    ck_assert_int_eq(count, 1);
    ck_assert_int_ne(kept[0], expected[0]);
    for (int m = 1; m <= MEMBERS; m++) { /* sums of 0.1 are not what they are written as */
        const double tenths[MEMBERS] = {0.1, 0.1, 0.1, 0.1};
        assert_ok(prune(kept, &count, &w, tenths, m == 3 ? 0.3 : 0.1 * m, "fill=yes"));
        ck_assert_int_eq(count, m);
    }
    assert_ok(prune(kept, &count, &w, costs, 6, "fill=yes"));
    ck_assert_int_eq(count, 3);
    drop(&w);
}
END_TEST

/* ---- Graphs ---- */

static neuron_graph_t *graph_of(int64_t units)
{
    neuron_graph_t *g;
    assert_ok(neuron_graph_create(&g, context));
    neuron_node_t *x = neuron_input(g, (const int64_t[]){64}, 1);
    x = neuron_relu(g, neuron_dense(g, x, units, NULL));
    assert_ok(
        neuron_graph_finish(g, neuron_softmax(g, neuron_dense(g, x, TEST_CLASSES, NULL), NULL)));
    return g;
}

/* The calls that take graphs say what those say that take what the graphs put out. */
START_TEST(graphs)
{
    enum { COUNT = 2, MANY = 20 };
    neuron_graph_t *members[COUNT] = {graph_of(4), graph_of(2048)};
    neuron_dataset_t *glyphs = test_glyphs(context, MANY, 8);
    neuron_tensor_t *outputs[COUNT], *labels = tensor(NEURON_TYPE_I32, MANY, 0);
    double a[COUNT * COUNT], b[COUNT * COUNT];
    int64_t kept[2][COUNT], counts[2];
    assert_ok(neuron_dataset_reshape(glyphs, (const int64_t[]){64}, 1));
    assert_ok(neuron_dataset_read(NULL, neuron_tensor_data(labels), glyphs, 0, MANY));
    for (int m = 0; m < COUNT; m++) {
        outputs[m] = tensor(NEURON_TYPE_F32, MANY, TEST_CLASSES);
        assert_ok(neuron_graph_predict_dataset(members[m], glyphs, outputs[m]));
    }
    assert_ok(neuron_committee_diversity(a, members, COUNT, glyphs, NULL));
    assert_ok(neuron_committee_diversity_from_outputs(b, context, outputs, COUNT, labels, NULL));
    ck_assert_mem_eq(a, b, sizeof a);
    assert_ok(neuron_committee_contributions(a, members, COUNT, NULL, glyphs, NULL));
    assert_ok(neuron_committee_contributions_from_outputs(b, context, outputs, COUNT, NULL, labels,
                                                          NULL));
    ck_assert_mem_eq(a, b, COUNT * sizeof *a);
    const float nothing[MANY] = {0}; /* all alike */
    assert_ok(neuron_dataset_set_weights(glyphs, nothing, MANY));
    assert_ok(neuron_committee_contributions(a, members, COUNT, NULL, glyphs, NULL));
    ck_assert_mem_eq(a, b, COUNT * sizeof *a);
    assert_ok(neuron_dataset_set_weights(glyphs, NULL, 0));
    assert_ok(neuron_committee_prune(kept[0], &counts[0], members, COUNT, NULL, 1, glyphs, NULL));
    assert_ok(neuron_committee_prune_from_outputs(kept[1], &counts[1], context, outputs, COUNT,
                                                  NULL, 1, labels, NULL));
    ck_assert_int_eq(counts[0], 1);
    ck_assert_int_eq(kept[0][0], kept[1][0]);
    assert_ok(neuron_committee_costs(a, members, COUNT, "unit=parameters"));
    ck_assert_double_eq(a[0], 64 * 4 + 4 + 4 * 10 + 10);
    ck_assert_double_eq(a[1], 64 * 2048 + 2048 + 2048 * 10 + 10);
    assert_ok(neuron_committee_costs(a, members, COUNT, "batch_size=32, repeats=5"));
    ck_assert(a[0] > 0 && a[1] > a[0] && a[1] < 60);
    for (int m = 0; m < COUNT; m++) {
        neuron_graph_unref(members[m]);
        neuron_tensor_unref(outputs[m]);
    }
    neuron_tensor_unref(labels);
    neuron_dataset_unref(glyphs);
}
END_TEST

/* ---- What is refused ---- */

START_TEST(refused)
{
    world w = numbers(2, false);
    double values[MEMBERS * MEMBERS] = {7};
    int64_t kept[MEMBERS] = {7}, count = 7;
    neuron_graph_t *unfinished;
    assert_status(diversity(values, &w, NULL), NEURON_E_UNSUPPORTED);
    assert_message("regression");
    assert_status(diversity(values, &w, "measure=q"), NEURON_E_ARGUMENT);
    assert_status(contributions(values, &w, NULL, "goal=accuracy"), NEURON_E_UNSUPPORTED);
    assert_status(contributions(values, &w, (const double[]){1, -1, 1, 1}, NULL),
                  NEURON_E_ARGUMENT);
    assert_status(contributions(values, &w, (const double[]){1, NAN, 1, 1}, NULL),
                  NEURON_E_ARGUMENT);
    assert_status(contributions(values, &w, (const double[]){0, 0, 0, 0}, NULL), NEURON_E_ARGUMENT);
    assert_status(prune(kept, &count, &w, NULL, 0.5, NULL), NEURON_E_ARGUMENT);
    assert_message("budget is 0.5; the cheapest member costs 1");
    assert_status(prune(kept, &count, &w, (const double[]){1, -2, 1, 1}, 5, NULL),
                  NEURON_E_ARGUMENT);
    assert_message("costs[1] is -2");
    assert_status(prune(kept, &count, &w, NULL, NAN, NULL), NEURON_E_ARGUMENT);
    w.x[1][3] = NAN;
    assert_status(prune(kept, &count, &w, NULL, 2, NULL), NEURON_E_NOT_FINITE);
    assert_ok(neuron_graph_create(&unfinished, context));
    assert_status(neuron_committee_costs(values, &unfinished, 1, NULL), NEURON_E_STATE);
    neuron_graph_unref(unfinished);
    ck_assert_double_eq(values[0], 7);
    ck_assert(kept[0] == 7 && count == 7);
    drop(&w);
}
END_TEST

START_TEST(failed_allocations)
{
    for (int call = 0; call < 4; call++) {
        int status = NEURON_E_MEMORY;
        for (long n = 0; status != NEURON_OK; n++) {
            test_memory memory = {0};
            neuron_context_t *usual = context;
            double values[MEMBERS * MEMBERS] = {7};
            int64_t kept[MEMBERS] = {7}, count;
            context = test_limited_context(&memory);
            world w = classes();
            neuron_graph_t *graph = graph_of(3);
            atomic_store(&memory.left, n);
            status = call == 0   ? diversity(values, &w, NULL)
                     : call == 1 ? contributions(values, &w, NULL, "measure=permutation")
                     : call == 2 ? prune(kept, &count, &w, NULL, 2, NULL)
                                 : neuron_committee_costs(values, &graph, 1, "repeats=1");
            test_refill(&memory);
            ck_assert(status == NEURON_OK ||
                      (status == NEURON_E_MEMORY && values[0] == 7 && kept[0] == 7));
            neuron_graph_unref(graph);
            drop(&w);
            neuron_context_unref(context);
            ck_assert_int_eq(atomic_load(&memory.live), 0);
            context = usual;
            ck_assert_int_lt(n, 300);
        }
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("worth of members");
    TCase *tests = tcase_create("worth");
    suite_add_tcase(suite, tests);
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, how_differently_members_err);
    tcase_add_test(tests, members_without_errors);
    tcase_add_test(tests, what_each_member_adds);
    tcase_add_test(tests, permuted_members);
    tcase_add_test(tests, which_members_to_keep);
    tcase_add_test(tests, graphs);
    tcase_add_test(tests, refused);
    tcase_add_test(tests, failed_allocations);
    return run_suite(suite);
}
