/* How a committee trainer joins its members, beside the calls that join members by themselves; and
 * committees in one call. */
#include "committee-bench.h"

#include <libneuron-committee/committees.h>

#include <math.h>

/* What a trainer's option is called elsewhere. */
typedef struct way {
    const char *combine;
    const char *rule;    /* of neuron_committee_create(); NULL for a stack */
    const char *weights; /* options of neuron_committee_weights(); NULL for none */
    const char *stack;   /* of neuron_committee_stack() */
} way;

static const way ways[] = {
    {"mean", "rule=mean", NULL, NULL},
    {"majority_vote", "rule=majority_vote", NULL, NULL},
    {"borda", "rule=borda", NULL, NULL},
    {"weighted_mean", "rule=weighted_mean", "method=accuracy", NULL},
    {"weighted_vote", "rule=weighted_vote", "method=accuracy", NULL},
    {"weighted_borda", "rule=weighted_borda", "method=accuracy", NULL},
    {"greedy", "rule=weighted_mean", "method=greedy", NULL},
    {"greedy, goal=accuracy, rounds=7", "rule=weighted_mean",
     "method=greedy, goal=accuracy, rounds=7", NULL},
    {"convex", "rule=weighted_mean", "method=convex", NULL},
    {"convex, goal=mean_squared_error", "rule=weighted_mean",
     "method=convex, goal=mean_squared_error", NULL},
    {"stacking", NULL, NULL, NULL},
    {"stacking, l2=0.1, iterations=20", NULL, NULL, "l2=0.1, iterations=20"},
    {"class_weights", NULL, NULL, "method=class_weights"},
    {"ranks, points=11", NULL, NULL, "method=ranks, points=11"},
};
enum { WAYS = sizeof ways / sizeof ways[0], ACCURACIES = 3, LEARNT = 6 };

enum { MEMBERS = 4 };

/* A trainer with members by that method and way. */
static void set_up_way(bench *b, const char *method, const char *combine)
{
    char options[160];
    snprintf(options, sizeof options, "%s, members=%d, epochs=2, combine=%s", method, MEMBERS,
             combine);
    set_up(b, options);
}

static void assert_same(const neuron_graph_t *found, const neuron_graph_t *expected,
                        const char *what)
{
    test_bytes a = bytes_of(found), e = bytes_of(expected);
    ck_assert_msg(same_bytes(a, e), "%s", what);
    free(a.data);
    free(e.data);
}

static void read_members(neuron_graph_t *members[MEMBERS], const bench *b)
{
    for (int64_t i = 0; i < MEMBERS; i++)
        members[i] = neuron_committee_trainer_member(b->trainer, i);
}

static void assert_weights(const bench *b, const double expected[MEMBERS], double error)
{
    double found[MEMBERS];
    assert_ok(neuron_committee_trainer_weights(found, MEMBERS, NULL, b->trainer));
    for (int m = 0; m < MEMBERS; m++)
        assert_that(fabs(found[m] - expected[m]) <= error, "member %d: %g, not %g", m, found[m],
                    expected[m]);
}

/* ---- By a validation set ---- */

START_TEST(by_a_validation_set)
{
    bench b;
    const way *by = &ways[_i];
    neuron_graph_t *found, *expected, *members[MEMBERS];
    double weights[MEMBERS] = {0.25, 0.25, 0.25, 0.25};
    set_up_way(&b, "method=initialization", by->combine);
    assert_ok(neuron_committee_trainer_set_validation(b.trainer, b.validation));
    assert_ok(neuron_committee_trainer_run(&found, b.trainer));
    read_members(members, &b);
    if (by->weights)
        assert_ok(neuron_committee_weights(weights, members, MEMBERS, b.validation, by->weights));
    if (by->rule)
        assert_ok(neuron_committee_create(&expected, b.context, members, MEMBERS,
                                          by->weights ? weights : NULL, by->rule));
    else
        assert_ok(neuron_committee_stack(&expected, b.context, members, MEMBERS, b.validation,
                                         by->stack));
    assert_same(found, expected, by->combine);
    assert_weights(&b, weights, 0);
    neuron_graph_unref(found);
    neuron_graph_unref(expected);
    tear_down(&b);
}
END_TEST

/* ---- By what was held out ---- */

/* What was put out for examples by members that had not learnt from them: of each set of members,
 * or of all where the set has none. */
typedef struct known {
    int64_t count; /* of examples that somebody has not learnt from */
    neuron_tensor_t *outputs[MEMBERS], *labels;
} known;

/* The mean of some members' rows that are numbers; how many are. */
static int mean_of(float mean[CLASSES], const float *rows, int first, int count)
{
    int used = 0;
    for (int m = first; m < first + count; m++) {
        if (isnan(rows[m * CLASSES]))
            continue;
        for (int k = 0; k < CLASSES; k++)
            mean[k] = used > 0 ? mean[k] + rows[m * CLASSES + k] : rows[m * CLASSES + k];
        used++;
    }
    for (int k = 0; used > 1 && k < CLASSES; k++)
        mean[k] /= (float)used;
    return used;
}

static known read_known(const bench *b, int sets)
{
    known all = {0};
    neuron_tensor_t *held_out;
    int32_t labels[EXAMPLES], kept[EXAMPLES];
    static float rows[MEMBERS][EXAMPLES * CLASSES];
    int each = MEMBERS / sets;
    assert_ok(neuron_committee_trainer_held_out(&held_out, b->trainer, 0));
    assert_ok(neuron_dataset_read(NULL, labels, b->train, 0, EXAMPLES));
    const float *values = neuron_tensor_data(held_out);
    for (int i = 0; i < EXAMPLES; i++, values += MEMBERS * CLASSES) {
        float of_all[CLASSES];
        if (mean_of(of_all, values, 0, MEMBERS) == 0)
            continue;
        for (int s = 0; s < sets; s++) {
            float *row = rows[s] + all.count * CLASSES;
            if (mean_of(row, values, s * each, each) == 0)
                memcpy(row, of_all, sizeof of_all);
        }
        kept[all.count++] = labels[i];
    }
    neuron_tensor_unref(held_out);
    const int64_t shape[] = {all.count, CLASSES};
    for (int s = 0; s < sets; s++)
        assert_ok(
            neuron_tensor_copy(&all.outputs[s], b->context, NEURON_TYPE_F32, shape, 2, rows[s]));
    assert_ok(neuron_tensor_copy(&all.labels, b->context, NEURON_TYPE_I32, shape, 1, kept));
    return all;
}

static void drop_known(known *all, int sets)
{
    for (int s = 0; s < sets; s++)
        neuron_tensor_unref(all->outputs[s]);
    neuron_tensor_unref(all->labels);
}

/* The accuracies of each member on what was held out from it, over their sum. */
static void read_accuracies(double weights[MEMBERS], const bench *b)
{
    neuron_tensor_t *held_out;
    int32_t labels[EXAMPLES];
    double sum = 0;
    assert_ok(neuron_committee_trainer_held_out(&held_out, b->trainer, 0));
    assert_ok(neuron_dataset_read(NULL, labels, b->train, 0, EXAMPLES));
    for (int m = 0; m < MEMBERS; m++) {
        int right = 0, all = 0;
        for (int i = 0; i < EXAMPLES; i++) {
            const float *row =
                (const float *)neuron_tensor_data(held_out) + (i * MEMBERS + m) * CLASSES;
            int largest = 0;
            if (isnan(row[0]))
                continue;
            for (int k = 1; k < CLASSES; k++)
                largest = row[k] > row[largest] ? k : largest;
            right += largest == labels[i];
            all++;
        }
        sum += weights[m] = (double)right / all;
    }
    for (int m = 0; m < MEMBERS; m++)
        weights[m] /= sum;
    neuron_tensor_unref(held_out);
}

/* Each member by itself, on different examples. */
START_TEST(accuracies_of_what_was_held_out)
{
    bench b;
    neuron_graph_t *found, *expected, *members[MEMBERS];
    double weights[MEMBERS], theirs[MEMBERS];
    const char *const methods[] = {"method=bagging", "method=folds", "method=folds, folds=2"};
    const way *by = &ways[ACCURACIES + _i % 3];
    set_up_way(&b, methods[_i / 3], by->combine);
    assert_ok(neuron_committee_trainer_run(&found, b.trainer));
    read_members(members, &b);
    read_accuracies(weights, &b);
    assert_weights(&b, weights, 1e-12);
    assert_ok(neuron_committee_trainer_weights(theirs, MEMBERS, NULL, b.trainer));
    assert_ok(neuron_committee_create(&expected, b.context, members, MEMBERS, theirs, by->rule));
    assert_same(found, expected, by->combine);
    neuron_graph_unref(found);
    neuron_graph_unref(expected);
    tear_down(&b);
}
END_TEST

/* The means of sets of members, or the members. */
static void make_sets(neuron_graph_t *made[MEMBERS], const bench *b, int sets)
{
    neuron_graph_t *members[MEMBERS];
    int each = MEMBERS / sets;
    read_members(members, b);
    for (int s = 0; s < sets; s++)
        if (each == 1)
            made[s] = neuron_graph_ref(members[s]);
        else
            assert_ok(neuron_committee_create(&made[s], b->context, members + s * each, each, NULL,
                                              NULL));
}

static void check_held_out(const char *method, int sets, const way *by)
{
    bench b;
    neuron_graph_t *found, *expected, *members[MEMBERS], *made[MEMBERS];
    double weights[MEMBERS], of_sets[MEMBERS];
    set_up_way(&b, method, by->combine);
    assert_ok(neuron_committee_trainer_run(&found, b.trainer));
    known all = read_known(&b, sets);
    read_members(members, &b);
    make_sets(made, &b, sets);
    if (by->rule) {
        assert_ok(neuron_committee_weights_from_outputs(of_sets, b.context, all.outputs, sets,
                                                        all.labels, by->weights));
        for (int m = 0; m < MEMBERS; m++)
            weights[m] = of_sets[m / (MEMBERS / sets)] / (MEMBERS / sets);
        assert_ok(
            neuron_committee_create(&expected, b.context, members, MEMBERS, weights, by->rule));
        assert_weights(&b, weights, 0);
    } else {
        assert_ok(neuron_committee_stack_from_outputs(&expected, b.context, made, sets, all.outputs,
                                                      all.labels, by->stack));
        for (int m = 0; m < MEMBERS; m++)
            weights[m] = 1.0 / MEMBERS;
        assert_weights(&b, weights, 0);
    }
    assert_same(found, expected, by->combine);
    for (int s = 0; s < sets; s++)
        neuron_graph_unref(made[s]);
    drop_known(&all, sets);
    neuron_graph_unref(found);
    neuron_graph_unref(expected);
    tear_down(&b);
}

START_TEST(by_what_was_held_out)
{
    const way *by = &ways[LEARNT + _i];
    check_held_out("method=bagging", MEMBERS, by);
    check_held_out("method=folds", 1, by);
    check_held_out("method=folds, folds=2", 2, by);
}
END_TEST

/* A validation set goes before what the method has held out. */
START_TEST(a_validation_set_first)
{
    bench b;
    neuron_graph_t *found, *expected, *members[MEMBERS];
    set_up_way(&b, "method=bagging", "stacking");
    assert_ok(neuron_committee_trainer_set_validation(b.trainer, b.validation));
    assert_ok(neuron_committee_trainer_run(&found, b.trainer));
    read_members(members, &b);
    assert_ok(neuron_committee_stack(&expected, b.context, members, MEMBERS, b.validation, NULL));
    assert_same(found, expected, "stacking");
    neuron_graph_unref(found);
    neuron_graph_unref(expected);
    tear_down(&b);
}
END_TEST

/* ---- Regression ---- */

enum { POINTS = 80 };

static int build_line(neuron_graph_t **graph, neuron_context_t *context, int64_t member,
                      void *user_data)
{
    (void)user_data;
    int status = neuron_graph_create(graph, context);
    if (status < 0)
        return status;
    neuron_node_t *x = neuron_input(*graph, (const int64_t[]){2}, 1);
    if (member > 0) /* members further behind are worse or better by their kind */
        x = neuron_tanh(*graph, neuron_dense(*graph, x, member, NULL));
    return neuron_graph_finish(*graph, neuron_dense(*graph, x, 1, NULL));
}

static neuron_dataset_t *make_line(neuron_context_t *context)
{
    neuron_tensor_t *x, *y;
    neuron_dataset_t *dataset;
    assert_ok(neuron_tensor_create(&x, context, NEURON_TYPE_F32, (const int64_t[]){POINTS, 2}, 2));
    assert_ok(neuron_tensor_create(&y, context, NEURON_TYPE_F32, (const int64_t[]){POINTS, 1}, 2));
    float *in = neuron_tensor_data(x), *out = neuron_tensor_data(y);
    for (int i = 0; i < POINTS; i++) {
        in[2 * i] = (float)sin(i);
        in[2 * i + 1] = (float)cos(2.1 * i);
        out[i] = 2 * in[2 * i] - in[2 * i + 1] + 0.3F * (float)sin(5.3 * i);
    }
    assert_ok(neuron_dataset_create_with_targets(&dataset, context, x, y));
    neuron_tensor_unref(x);
    neuron_tensor_unref(y);
    return dataset;
}

START_TEST(errors_of_a_regression)
{
    neuron_context_t *context = test_context();
    neuron_dataset_t *line = make_line(context);
    neuron_optimizer_t *optimizer;
    neuron_loss_t *loss;
    neuron_committee_trainer_t *trainer;
    neuron_tensor_t *held_out;
    double weights[MEMBERS], expected[MEMBERS], sum = 0;
    float targets[POINTS];
    assert_ok(neuron_optimizer_create(&optimizer, context, "adam", "learning_rate=0.05"));
    assert_ok(neuron_loss_create(&loss, context, "mean_squared_error", NULL));
    assert_ok(neuron_committee_trainer_create(
        &trainer, context, optimizer, line,
        "method=bagging, members=4, epochs=20, combine=weighted_mean"));
    assert_ok(neuron_committee_trainer_set_builder(trainer, build_line, NULL, NULL));
    assert_ok(neuron_committee_trainer_set_loss(trainer, loss));
    assert_ok(neuron_committee_trainer_run(NULL, trainer));
    neuron_graph_t *committee;
    assert_ok(neuron_committee_trainer_run(&committee, trainer));
    assert_ok(neuron_committee_trainer_weights(weights, MEMBERS, NULL, trainer));
    assert_ok(neuron_committee_trainer_held_out(&held_out, trainer, 0));
    assert_ok(neuron_dataset_read_targets(targets, POINTS, NULL, line, 0, POINTS));
    for (int m = 0; m < MEMBERS; m++) {
        double error = 0;
        int count = 0;
        for (int i = 0; i < POINTS; i++) {
            float y = ((const float *)neuron_tensor_data(held_out))[i * MEMBERS + m];
            if (isnan(y))
                continue;
            error += pow((double)y - (double)targets[i], 2);
            count++;
        }
        sum += expected[m] = count / error;
    }
    for (int m = 0; m < MEMBERS; m++)
        ck_assert_double_eq_tol(weights[m], expected[m] / sum, 1e-9);
    ck_assert(fabs(weights[0] - weights[1]) > 0.01); /* they do differ */
    neuron_tensor_unref(held_out);
    neuron_graph_unref(committee);
    neuron_committee_trainer_unref(trainer);
    /* What would fail behind the training fails before it. */
    assert_ok(neuron_committee_trainer_create(&trainer, context, optimizer, line,
                                              "method=folds, members=2, combine=ranks"));
    assert_ok(neuron_committee_trainer_set_builder(trainer, build_line, NULL, NULL));
    assert_ok(neuron_committee_trainer_set_loss(trainer, loss));
    assert_status(neuron_committee_trainer_run(&committee, trainer), NEURON_E_UNSUPPORTED);
    assert_message("which ranks would not be near");
    ck_assert(neuron_committee_trainer_progress(trainer, "epochs_done") == 0);
    neuron_committee_trainer_unref(trainer);
    neuron_loss_unref(loss);
    neuron_optimizer_unref(optimizer);
    neuron_dataset_unref(line);
    neuron_context_unref(context);
}
END_TEST

/* ---- In one call ---- */

START_TEST(in_one_call)
{
    bench b;
    neuron_graph_t *found, *expected;
    set_up(&b, "members=3, method=bagging, combine=stacking, epochs=2, batch_size=16");
    assert_ok(neuron_committee_trainer_run(&expected, b.trainer));
    assert_ok(neuron_committee_fit(&found, b.context, build_glyphs, NULL, b.train,
                                   "members=3, method=bagging, combine=stacking, epochs=2, "
                                   "batch_size=16, learning_rate=0.01"));
    assert_same(found, expected, "bagging");
    neuron_graph_unref(expected);
    neuron_graph_unref(found);
    tear_down(&b);
}
END_TEST

START_TEST(in_one_call_with_some_held_out)
{
    bench b;
    neuron_graph_t *found, *expected;
    neuron_dataset_t *parts[2];
    neuron_committee_trainer_t *trainer;
    neuron_optimizer_t *sgd;
    set_up(&b, NULL);
    assert_ok(neuron_dataset_split(parts, b.train, (const double[]){0.75, 0.25}, 2,
                                   neuron_context_seed(b.context), "order=stratified"));
    assert_ok(neuron_optimizer_create(&sgd, b.context, "sgd", "learning_rate=0.1"));
    assert_ok(neuron_committee_trainer_create(&trainer, b.context, sgd, parts[0],
                                              "members=2, combine=greedy, epochs=3"));
    assert_ok(neuron_committee_trainer_set_builder(trainer, build_glyphs, NULL, NULL));
    assert_ok(neuron_committee_trainer_set_validation(trainer, parts[1]));
    assert_ok(neuron_committee_trainer_run(&expected, trainer));
    assert_ok(neuron_committee_fit(&found, b.context, build_glyphs, NULL, b.train,
                                   "members=2, combine=greedy, epochs=3, hold_out=0.25, "
                                   "optimizer=sgd, learning_rate=0.1"));
    assert_same(found, expected, "held out");
    neuron_graph_unref(expected);
    neuron_graph_unref(found);
    neuron_committee_trainer_unref(trainer);
    neuron_optimizer_unref(sgd);
    neuron_dataset_unref(parts[0]);
    neuron_dataset_unref(parts[1]);
    /* Where nothing is learnt, all learn from all. */
    neuron_optimizer_set_number(b.optimizer, "learning_rate", 0.001);
    assert_ok(neuron_committee_trainer_run(&expected, b.trainer));
    assert_ok(neuron_committee_fit(&found, b.context, build_glyphs, NULL, b.train, NULL));
    assert_same(found, expected, "the defaults");
    neuron_graph_unref(expected);
    neuron_graph_unref(found);
    tear_down(&b);
}
END_TEST

START_TEST(refused)
{
    bench b;
    neuron_graph_t *committee;
    const struct {
        const char *options;
        int status;
        const char *message;
    } cases[] = {
        {"combine=stacking", NEURON_E_STATE,
         "combine is stacking, which learns from examples that are held out: set a validation set"},
        {"method=snapshot, combine=convex", NEURON_E_STATE, "combine is convex"},
        {"combine=convex, goal=accuracy, method=bagging", NEURON_E_ARGUMENT,
         "goal is accuracy; with convex weights"},
        {"method=gradient_boosting, combine=stacking", NEURON_E_ARGUMENT, "combine is given"},
        {"method=bagging, members=1, sample_fraction=1, combine=mean", 0, NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        set_up(&b, cases[i].options);
        int status = neuron_committee_trainer_run(&committee, b.trainer);
        ck_assert_msg(status == cases[i].status, "%s: %d", cases[i].options, status);
        if (status < 0) {
            assert_message(cases[i].message);
            ck_assert_ptr_null(committee);
            ck_assert(neuron_committee_trainer_progress(b.trainer, "epochs_done") == 0);
        }
        neuron_graph_unref(committee);
        tear_down(&b);
    }
    set_up(&b, NULL);
    assert_status(neuron_committee_fit(&committee, b.context, build_glyphs, NULL, b.train,
                                       "combine=stakking"),
                  NEURON_E_ARGUMENT);
    assert_message("stacking");
    assert_status(
        neuron_committee_fit(&committee, b.context, build_glyphs, NULL, b.train, "optimizer=adm"),
        NEURON_E_ARGUMENT);
    assert_message("did you mean \"adam\"?");
    assert_status(neuron_committee_fit(&committee, b.context, build_glyphs, NULL, b.train,
                                       "combine=stacking, hold_out=0"),
                  NEURON_E_STATE);
    assert_status(
        neuron_committee_fit(&committee, b.context, build_glyphs, NULL, b.train, "hold_out=1"),
        NEURON_E_ARGUMENT);
    assert_status(neuron_committee_fit(&committee, b.context, NULL, NULL, b.train, NULL),
                  NEURON_E_ARGUMENT);
    ck_assert_ptr_null(committee);
    tear_down(&b);
}
END_TEST

/* ---- Memory ---- */

static const char *const hungry[] = {
    "members=2, method=bagging, combine=stacking",
    "members=2, method=folds, combine=convex",
    "members=4, method=folds, folds=2, combine=ranks, points=3",
    "members=2, combine=greedy, rounds=3",
    "members=2, method=bagging, combine=weighted_vote",
};

START_TEST(failing_allocations)
{
    fit_with_little(hungry[_i], "threads=2");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("combine");
    TCase *tcase = tcase_create("all");
    tcase_set_timeout(tcase, 240);
    tcase_add_loop_test(tcase, by_a_validation_set, 0, WAYS);
    tcase_add_loop_test(tcase, accuracies_of_what_was_held_out, 0, 9);
    tcase_add_loop_test(tcase, by_what_was_held_out, 0, WAYS - LEARNT);
    tcase_add_test(tcase, a_validation_set_first);
    tcase_add_test(tcase, errors_of_a_regression);
    tcase_add_test(tcase, in_one_call);
    tcase_add_test(tcase, in_one_call_with_some_held_out);
    tcase_add_test(tcase, refused);
    tcase_add_loop_test(tcase, failing_allocations, 0, sizeof hungry / sizeof hungry[0]);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
