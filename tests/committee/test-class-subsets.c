/* Members that learn only some classes: which, from what, and how they are joined. */
#include "committee-bench.h"

#include "committee/classes.h"

#include <math.h>

enum { MEMBERS_MAX = 8 };

static void read_known(bool known[MEMBERS_MAX][CLASSES], const bench *b, int members)
{
    for (int m = 0; m < members; m++)
        assert_ok(neuron_committee_known_classes(known[m], b->trainer, m));
}

static neuron_tensor_t *predict(const neuron_graph_t *graph, const neuron_dataset_t *dataset,
                                neuron_context_t *context)
{
    neuron_tensor_t *output;
    int64_t shape[2] = {neuron_dataset_count(dataset), CLASSES};
    assert_ok(neuron_tensor_create(&output, context, NEURON_TYPE_F32, shape, 2));
    assert_ok(neuron_graph_predict_dataset(graph, dataset, output));
    return output;
}

/* What a tensor [n, classes] has of an example, and the class that it says. */
static const float *row_of(const neuron_tensor_t *tensor, int example)
{
    return (const float *)neuron_tensor_data((neuron_tensor_t *)(uintptr_t)tensor) +
           example * CLASSES;
}

static int class_of(const float *row)
{
    int largest = 0;
    for (int k = 1; k < CLASSES; k++)
        largest = row[k] > row[largest] ? k : largest;
    return largest;
}

/* How often examples are in what a member learns from. */
static void read_counts(int32_t counts[EXAMPLES], const bench *b, int64_t member)
{
    assert_ok(neuron_committee_trainer_example_counts(counts, EXAMPLES, NULL, b->trainer, member));
}

/* ---- Which classes, and from what ---- */

/* Three of ten classes for eight members are two or three for each class. */
START_TEST(classes_are_dealt_evenly)
{
    bench b;
    bool known[MEMBERS_MAX][CLASSES];
    int members_of[CLASSES] = {0};
    set_up(&b, "members=8, class_fraction=0.3, method=bagging");
    free(train(&b).data);
    read_known(known, &b, 8);
    for (int m = 0; m < 8; m++) {
        int count = 0;
        for (int k = 0; k < CLASSES; k++) {
            count += known[m][k];
            members_of[k] += known[m][k];
        }
        ck_assert_int_eq(count, 3);
    }
    for (int k = 0; k < CLASSES; k++)
        ck_assert(members_of[k] == 2 || members_of[k] == 3);
    ck_assert(memcmp(known[0], known[4], sizeof known[0]) != 0);
    tear_down(&b);
}
END_TEST

/* A member learns from the examples of its classes that its method gives it, is judged by those of
 * them that are held out, and puts out nothing for other classes. */
START_TEST(members_learn_their_classes)
{
    bench b, whole;
    bool known[MEMBERS_MAX][CLASSES];
    int32_t labels[EXAMPLES], counts[EXAMPLES], all[EXAMPLES];
    set_up(&b, "members=4, class_fraction=0.5, method=bagging, epochs=30");
    set_up(&whole, "members=4, method=bagging, epochs=0");
    free(train(&b).data);
    free(train(&whole).data);
    read_known(known, &b, 4);
    assert_ok(neuron_dataset_read(NULL, labels, b.train, 0, EXAMPLES));
    for (int m = 0; m < 4; m++) {
        const neuron_history_t *history = neuron_committee_trainer_history(b.trainer, m);
        neuron_tensor_t *output =
            predict(neuron_committee_trainer_member(b.trainer, m), b.train, b.context);
        int right = 0, learnt = 0, found = 0, judged = 0;
        read_counts(counts, &b, m);
        read_counts(all, &whole, m);
        for (int i = 0; i < EXAMPLES; i++) {
            const float *y = row_of(output, i);
            double sum = 0;
            ck_assert_int_eq(counts[i], known[m][labels[i]] ? all[i] : 0);
            for (int k = 0; k < CLASSES; k++) {
                sum += (double)y[k];
                ck_assert(known[m][k] || y[k] == 0);
            }
            ck_assert_double_eq_tol(sum, 1, 1e-5);
            right += counts[i] > 0 && class_of(y) == labels[i];
            learnt += counts[i] > 0;
            found += all[i] == 0 && class_of(y) == labels[i];
            judged += all[i] == 0 && known[m][labels[i]];
        }
        ck_assert_msg(right > 0.9 * learnt, "%d of %d", right, learnt);
        double accuracy;
        assert_ok(neuron_history_value(&accuracy, history, 29, "validation_accuracy"));
        ck_assert_double_eq_tol(accuracy, (double)found / judged, 1e-12);
        neuron_tensor_unref(output);
    }
    tear_down(&whole);
    tear_down(&b);
}
END_TEST

/* ---- How they are joined ---- */

static const char *const rules[] = {"mean", "weighted_mean", "majority_vote", "weighted_vote"};

/* Five members of four classes: each class is known by two; seven: by two or three. */
START_TEST(what_each_class_has)
{
    bench b;
    bool known[MEMBERS_MAX][CLASSES];
    double weights[MEMBERS_MAX];
    neuron_graph_t *committee;
    neuron_tensor_t *outputs[MEMBERS_MAX];
    char options[120];
    int members = _i / 4 ? 7 : 5, rule = _i % 4;
    snprintf(options, sizeof options,
             "members=%d, class_fraction=0.4, method=bagging, epochs=20, combine=%s", members,
             rules[rule]);
    set_up(&b, options);
    assert_ok(neuron_committee_trainer_run(&committee, b.trainer));
    assert_ok(neuron_committee_trainer_weights(weights, MEMBERS_MAX, NULL, b.trainer));
    read_known(known, &b, members);
    for (int m = 0; m < members; m++)
        outputs[m] =
            predict(neuron_committee_trainer_member(b.trainer, m), b.validation, b.context);
    neuron_tensor_t *found = predict(committee, b.validation, b.context);
    for (int i = 0; i < neuron_dataset_count(b.validation); i++) {
        double expected[CLASSES], sum = 0;
        for (int k = 0; k < CLASSES; k++) {
            double all = 0;
            expected[k] = 0;
            for (int m = 0; m < members; m++) {
                const float *y = row_of(outputs[m], i);
                all += known[m][k] ? weights[m] : 0;
                expected[k] += weights[m] * (rule < 2 ? (double)y[k] : class_of(y) == k);
            }
            expected[k] /= all;
            sum += expected[k];
        }
        for (int k = 0; k < CLASSES; k++) {
            double y = (double)row_of(found, i)[k];
            assert_that(fabs(y - expected[k] / sum) < 1e-5, "example %d, class %d: %g, %g", i, k, y,
                        expected[k] / sum);
        }
    }
    neuron_evaluation_t *evaluation;
    assert_ok(neuron_graph_evaluate(&evaluation, committee, b.train, NULL, NULL));
    ck_assert_double_gt(neuron_evaluation_accuracy(evaluation), 0.5);
    neuron_evaluation_unref(evaluation);
    for (int m = 0; m < members; m++)
        neuron_tensor_unref(outputs[m]);
    neuron_tensor_unref(found);
    neuron_graph_unref(committee);
    tear_down(&b);
}
END_TEST

/* Members are weighed by examples of their classes. */
START_TEST(weights_of_what_they_know)
{
    bench b;
    bool known[MEMBERS_MAX][CLASSES];
    double weights[3], expected[3], sum = 0;
    int32_t labels[40];
    neuron_graph_t *committee;
    set_up(&b, "members=3, class_fraction=0.5, epochs=4, combine=weighted_mean");
    assert_ok(neuron_committee_trainer_set_validation(b.trainer, b.validation));
    assert_ok(neuron_committee_trainer_run(&committee, b.trainer));
    assert_ok(neuron_committee_trainer_weights(weights, 3, NULL, b.trainer));
    read_known(known, &b, 3);
    assert_ok(neuron_dataset_read(NULL, labels, b.validation, 0, 40));
    for (int m = 0; m < 3; m++) {
        neuron_tensor_t *output =
            predict(neuron_committee_trainer_member(b.trainer, m), b.validation, b.context);
        int right = 0, all = 0;
        for (int i = 0; i < 40; i++) {
            right += class_of(row_of(output, i)) == labels[i];
            all += known[m][labels[i]];
        }
        sum += expected[m] = (double)right / all;
        neuron_tensor_unref(output);
    }
    for (int m = 0; m < 3; m++)
        ck_assert_double_eq_tol(weights[m], expected[m] / sum, 1e-12);
    neuron_graph_unref(committee);
    tear_down(&b);
}
END_TEST

/* What learns to join has what all members put out, of all classes. */
START_TEST(what_learns_to_join)
{
    bench b;
    neuron_graph_t *found, *expected, *members[4];
    char options[120];
    snprintf(options, sizeof options, "members=4, class_fraction=0.5, epochs=10, combine=%s",
             _i ? "class_weights" : "stacking");
    set_up(&b, options);
    assert_ok(neuron_committee_trainer_set_validation(b.trainer, b.validation));
    assert_ok(neuron_committee_trainer_run(&found, b.trainer));
    for (int m = 0; m < 4; m++)
        members[m] = neuron_committee_trainer_member(b.trainer, m);
    assert_ok(neuron_committee_stack(&expected, b.context, members, 4, b.validation,
                                     _i ? "method=class_weights" : NULL));
    test_bytes a = bytes_of(found), e = bytes_of(expected);
    ck_assert(same_bytes(a, e));
    free(a.data);
    free(e.data);
    neuron_graph_unref(found);
    neuron_graph_unref(expected);
    tear_down(&b);
}
END_TEST

/* ---- What was held out ---- */

/* The mean of each class is over the members that know it, of those that the example is held out
 * from by their method. */
START_TEST(out_of_bag)
{
    bench b, whole;
    bool known[MEMBERS_MAX][CLASSES];
    int32_t all[5][EXAMPLES];
    neuron_tensor_t *each, *mean;
    set_up(&b, "members=5, class_fraction=0.4, method=bagging, epochs=10, combine=stacking");
    set_up(&whole, "members=5, method=bagging, epochs=0");
    free(train(&b).data);
    free(train(&whole).data);
    read_known(known, &b, 5);
    assert_ok(neuron_committee_trainer_held_out(&each, b.trainer, 0));
    assert_ok(neuron_committee_trainer_out_of_fold(&mean, b.trainer, 0));
    for (int m = 0; m < 5; m++)
        read_counts(all[m], &whole, m);
    for (int i = 0; i < EXAMPLES; i++) {
        double expected[CLASSES] = {0}, sum = 0;
        int members = 0;
        for (int m = 0; m < 5; m++) {
            ck_assert(isnan(row_of(each, i * 5 + m)[0]) == (all[m][i] > 0));
            members += all[m][i] == 0;
        }
        for (int k = 0; k < CLASSES; k++) {
            int used = 0;
            for (int m = 0; m < 5; m++) {
                if (all[m][i] > 0 || !known[m][k])
                    continue;
                expected[k] += (double)row_of(each, i * 5 + m)[k];
                used++;
            }
            expected[k] /= used > 0 ? used : 1;
            sum += expected[k];
        }
        for (int k = 0; k < CLASSES; k++) {
            double y = (double)row_of(mean, i)[k];
            ck_assert(members > 0 ? fabs(y - expected[k] / sum) < 1e-5 : isnan(y));
        }
    }
    neuron_tensor_unref(each);
    neuron_tensor_unref(mean);
    tear_down(&whole);
    tear_down(&b);
}
END_TEST

/* Stacking out of bag: what a member that has learnt from the example would put out is, of the
 * classes that it knows, the mean of others that know them. */
START_TEST(stacked_out_of_bag)
{
    enum { COUNT = 5 };
    bench b;
    bool known[MEMBERS_MAX][CLASSES];
    int32_t labels[EXAMPLES], kept[EXAMPLES];
    static float rows[COUNT][EXAMPLES * CLASSES];
    int64_t count = 0;
    neuron_graph_t *found, *expected, *members[COUNT];
    neuron_tensor_t *each, *outputs[COUNT], *targets;
    set_up(&b, "members=5, class_fraction=0.4, method=bagging, epochs=10, combine=stacking");
    assert_ok(neuron_committee_trainer_run(&found, b.trainer));
    read_known(known, &b, COUNT);
    assert_ok(neuron_committee_trainer_held_out(&each, b.trainer, 0));
    assert_ok(neuron_dataset_read(NULL, labels, b.train, 0, EXAMPLES));
    for (int i = 0; i < EXAMPLES; i++) {
        int members_left = 0;
        for (int m = 0; m < COUNT; m++)
            members_left += !isnan(row_of(each, i * COUNT + m)[0]);
        if (members_left == 0)
            continue;
        for (int m = 0; m < COUNT; m++) {
            float *row = rows[m] + count * CLASSES, sum = 0;
            memcpy(row, row_of(each, i * COUNT + m), CLASSES * sizeof *row);
            if (!isnan(row[0]))
                continue;
            for (int k = 0; k < CLASSES; k++) {
                int used = 0;
                row[k] = 0;
                for (int other = 0; other < COUNT; other++) {
                    float value = row_of(each, i * COUNT + other)[k];
                    if (isnan(value) || !known[other][k] || !known[m][k])
                        continue;
                    row[k] = used++ > 0 ? row[k] + value : value;
                }
                row[k] = used > 1 ? row[k] / (float)used : row[k];
                sum += row[k];
            }
            for (int k = 0; sum > 0 && k < CLASSES; k++)
                row[k] /= sum;
        }
        kept[count++] = labels[i];
    }
    const int64_t shape[] = {count, CLASSES};
    for (int m = 0; m < COUNT; m++) {
        members[m] = neuron_committee_trainer_member(b.trainer, m);
        assert_ok(neuron_tensor_copy(&outputs[m], b.context, NEURON_TYPE_F32, shape, 2, rows[m]));
    }
    assert_ok(neuron_tensor_copy(&targets, b.context, NEURON_TYPE_I32, shape, 1, kept));
    assert_ok(neuron_committee_stack_from_outputs(&expected, b.context, members, COUNT, outputs,
                                                  targets, NULL));
    test_bytes a = bytes_of(found), e = bytes_of(expected);
    ck_assert(same_bytes(a, e));
    free(a.data);
    free(e.data);
    for (int m = 0; m < COUNT; m++)
        neuron_tensor_unref(outputs[m]);
    neuron_tensor_unref(targets);
    neuron_tensor_unref(each);
    neuron_graph_unref(found);
    neuron_graph_unref(expected);
    tear_down(&b);
}
END_TEST

/* The members of a set of folds know the same classes. */
START_TEST(folds)
{
    bench b;
    bool known[MEMBERS_MAX][CLASSES];
    neuron_graph_t *committee;
    set_up(&b, "members=6, folds=2, class_fraction=0.4, method=folds, epochs=30, combine=stacking");
    assert_ok(neuron_committee_trainer_run(&committee, b.trainer));
    read_known(known, &b, 6);
    for (int m = 0; m < 6; m++)
        ck_assert(memcmp(known[m], known[m / 2 * 2], sizeof known[m]) == 0);
    ck_assert(memcmp(known[0], known[2], sizeof known[0]) != 0);
    neuron_evaluation_t *evaluation;
    assert_ok(neuron_graph_evaluate(&evaluation, committee, b.train, NULL, NULL));
    ck_assert_double_gt(neuron_evaluation_accuracy(evaluation), 0.5);
    neuron_evaluation_unref(evaluation);
    neuron_graph_unref(committee);
    tear_down(&b);
    set_up(&b, "members=3, class_fraction=0.4, method=folds");
    assert_status(neuron_committee_trainer_run(NULL, b.trainer), NEURON_E_ARGUMENT);
    assert_message("1 sets of folds that know 4 of 10 classes each leave some out");
    tear_down(&b);
}
END_TEST

/* ---- The same bytes ---- */

static int stop_soon(neuron_committee_trainer_t *trainer, int64_t member, void *user_data)
{
    (void)member;
    (void)trainer;
    int *left = user_data;
    return --*left == 0 ? NEURON_STOP : 0;
}

START_TEST(interrupted_with_any_threads)
{
    const char *options =
        "members=3, class_fraction=0.5, feature_fraction=0.7, method=bagging, epochs=3";
    const char *folder = new_folder(test_file("classes"));
    bench b;
    set_up(&b, options);
    assert_ok(neuron_context_set(b.context, "threads=1"));
    test_bytes expected = train(&b);
    tear_down(&b);
    set_up(&b, options);
    assert_ok(neuron_context_set(b.context, "threads=3"));
    test_bytes found = train(&b);
    ck_assert(same_bytes(found, expected));
    free(found.data);
    tear_down(&b);
    for (int run = 0; run < 2; run++) {
        int left = 4;
        set_up(&b, options);
        assert_ok(neuron_committee_trainer_set_folder(b.trainer, folder));
        if (run == 0) {
            assert_ok(neuron_committee_trainer_set_function(b.trainer, stop_soon, &left, NULL));
            ck_assert_int_eq(neuron_committee_trainer_run(NULL, b.trainer), NEURON_STOP);
        } else {
            found = train(&b);
            ck_assert(same_bytes(found, expected));
            free(found.data);
        }
        tear_down(&b);
    }
    set_up(&b, "members=3, class_fraction=0.6, feature_fraction=0.7, method=bagging, epochs=3");
    assert_ok(neuron_committee_trainer_set_folder(b.trainer, folder));
    assert_status(neuron_committee_trainer_run(NULL, b.trainer), NEURON_E_DATA);
    assert_message("class_fraction");
    tear_down(&b);
    free(expected.data);
    new_folder(folder);
}
END_TEST

/* ---- What is refused ---- */

START_TEST(refused)
{
    static const struct {
        const char *options;
        neuron_committee_build_function_t build;
        int status;
        const char *message;
    } cases[] = {
        {"method=snapshot, class_fraction=0.5", build_glyphs, NEURON_E_ARGUMENT,
         "class_fraction is for members by initialization, bagging and folds, not by snapshot"},
        {"method=adaboost, class_fraction=0.5", build_glyphs, NEURON_E_ARGUMENT, "not by adaboost"},
        {"members=4, class_fraction=0.2", build_glyphs, NEURON_E_ARGUMENT,
         "4 members that know 2 of 10 classes each leave some out"},
        {"class_fraction=0.5, combine=borda", build_glyphs, NEURON_E_ARGUMENT,
         "combine is borda; with class_fraction it must be mean"},
        {"class_fraction=0.5", build_numbers, NEURON_E_UNSUPPORTED,
         "class_fraction is for graphs that end in a softmax over the 10 classes"},
    };
    bench b;
    neuron_graph_t *committee;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_ok(set_up_in(&b, test_context(), cases[i].options));
        assert_ok(neuron_committee_trainer_set_builder(b.trainer, cases[i].build, NULL, NULL));
        int status = neuron_committee_trainer_run(&committee, b.trainer);
        ck_assert_msg(status == cases[i].status, "%s: %d", cases[i].options, status);
        assert_message(cases[i].message);
        ck_assert_ptr_null(committee);
        tear_down(&b);
    }
    neuron_graph_t *graph;
    neuron_tensor_t *x, *y;
    neuron_dataset_t *targets;
    const int64_t images[] = {4, SIDE, SIDE, 1}, numbers[] = {4, CLASSES};
    assert_ok(set_up_in(&b, test_context(), "class_fraction=0.5"));
    assert_ok(build_glyphs(&graph, b.context, 0, NULL));
    assert_ok(neuron_committee_trainer_add_member(b.trainer, graph));
    assert_status(neuron_committee_trainer_run(NULL, b.trainer), NEURON_E_ARGUMENT);
    assert_message("class_fraction is for graphs of a builder");
    assert_ok(neuron_tensor_create(&x, b.context, NEURON_TYPE_F32, images, 4));
    assert_ok(neuron_tensor_create(&y, b.context, NEURON_TYPE_F32, numbers, 2));
    assert_ok(neuron_dataset_create_with_targets(&targets, b.context, x, y));
    assert_status(neuron_committee_fit(&committee, b.context, build_glyphs, NULL, targets,
                                       "class_fraction=0.5"),
                  NEURON_E_DATA);
    assert_message("class_fraction is for classes; the dataset has targets");
    neuron_dataset_unref(targets);
    neuron_tensor_unref(x);
    neuron_tensor_unref(y);
    neuron_graph_unref(graph);
    tear_down(&b);
}
END_TEST

static const char *const hungry[] = {
    "members=3, class_fraction=0.4, method=bagging, combine=weighted_mean",
    "members=2, class_fraction=0.5, method=bagging, combine=stacking",
};

START_TEST(failing_allocations)
{
    fit_with_little(hungry[_i], NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("class subsets");
    TCase *tcase = tcase_create("all");
    tcase_set_timeout(tcase, 240);
    tcase_add_test(tcase, classes_are_dealt_evenly);
    tcase_add_test(tcase, members_learn_their_classes);
    tcase_add_loop_test(tcase, what_each_class_has, 0, 8);
    tcase_add_test(tcase, weights_of_what_they_know);
    tcase_add_loop_test(tcase, what_learns_to_join, 0, 2);
    tcase_add_test(tcase, out_of_bag);
    tcase_add_test(tcase, stacked_out_of_bag);
    tcase_add_test(tcase, folds);
    tcase_add_test(tcase, interrupted_with_any_threads);
    tcase_add_test(tcase, refused);
    tcase_add_loop_test(tcase, failing_allocations, 0, sizeof hungry / sizeof hungry[0]);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
