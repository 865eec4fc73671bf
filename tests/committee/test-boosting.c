/* AdaBoost and gradient boosting: what members are joined by, against formulas worked out here. */
#include "committee-bench.h"

#include <libneuron-committee/committees.h>

#include <math.h>

enum { MEMBERS = 4 };

/* Small enough to make mistakes. */
static int build_weak(neuron_graph_t **graph, neuron_context_t *context, int64_t member,
                      void *user_data)
{
    (void)member;
    int status = neuron_graph_create(graph, context);
    if (status < 0)
        return status;
    neuron_graph_t *g = *graph;
    neuron_node_t *x = neuron_flatten(g, neuron_input(g, (const int64_t[]){SIDE, SIDE, 1}, 3));
    x = neuron_dense(g, neuron_tanh(g, neuron_dense(g, x, 3, NULL)), CLASSES, NULL);
    return neuron_graph_finish(g, user_data ? x : neuron_softmax(g, x, NULL));
}

static const float *predict(neuron_tensor_t **tensor, const bench *b, const neuron_graph_t *graph,
                            int64_t size)
{
    const int64_t shape[2] = {neuron_dataset_count(b->train), size};
    assert_ok(neuron_tensor_create(tensor, b->context, NEURON_TYPE_F32, shape, 2));
    assert_ok(neuron_graph_predict_dataset(graph, b->train, *tensor));
    return neuron_tensor_data_const(*tensor);
}

static int largest(const float *row)
{
    int best = 0;
    for (int k = 1; k < CLASSES; k++)
        best = row[k] > row[best] ? k : best;
    return best;
}

/* The probabilities of two classes by one of the kernels, the member's. */
static int build_kernel(neuron_graph_t **graph, neuron_context_t *context, int64_t member,
                        void *user_data)
{
    const float *kernels = user_data;
    const float values[2] = {-kernels[member], kernels[member]};
    int status = neuron_graph_create(graph, context);
    if (status < 0)
        return status;
    neuron_node_t *x = neuron_input(*graph, (const int64_t[]){1}, 1);
    status =
        neuron_graph_finish(*graph, neuron_softmax(*graph, neuron_dense(*graph, x, 2, NULL), NULL));
    return status < 0 ? status : neuron_graph_write_array(*graph, 0, values, 2);
}

/* ---- AdaBoost ---- */

/* Follows the members and works out weights of examples and votes of members. */
static void check_adaboost(const bench *b, bool real)
{
    double weights[EXAMPLES], votes[MEMBERS];
    int32_t labels[EXAMPLES];
    assert_ok(neuron_dataset_read(NULL, labels, b->train, 0, EXAMPLES));
    assert_ok(neuron_committee_trainer_weights(votes, MEMBERS, NULL, b->trainer));
    for (int i = 0; i < EXAMPLES; i++)
        weights[i] = 1.0 / EXAMPLES;
    for (int member = 0; member < MEMBERS; member++) {
        neuron_tensor_t *tensor;
        const float *values =
            predict(&tensor, b, neuron_committee_trainer_member(b->trainer, member), CLASSES);
        double error = 0, sum = 0, vote = 1;
        for (int i = 0; i < EXAMPLES; i++)
            error += weights[i] * (largest(values + i * CLASSES) != labels[i]);
        ck_assert(error > 0 && error < 0.9);
        if (!real)
            vote = log((1 - error) / error) + log(CLASSES - 1);
        assert_that(fabs(votes[member] - vote) < 1e-6, "member %d has %g votes, not %g", member,
                    votes[member], vote);
        for (int i = 0; i < EXAMPLES; i++) {
            double by = vote * (largest(values + i * CLASSES) != labels[i]);
            if (real) {
                by = 0;
                for (int k = 0; k < CLASSES; k++)
                    by -= (CLASSES - 1.0) / CLASSES * (k == labels[i] ? 1 : -1.0 / (CLASSES - 1)) *
                          log((double)values[i * CLASSES + k]);
            }
            weights[i] *= exp(by);
            sum += weights[i];
        }
        for (int i = 0; i < EXAMPLES; i++)
            weights[i] /= sum;
        neuron_tensor_unref(tensor);
    }
}

/* The parameters of a member that was trained by hand on examples with given weights. */
START_TEST(test_adaboost)
{
    bench b;
    neuron_graph_t *committee;
    set_up(&b, _i ? "method=adaboost, algorithm=samme_r, members=4, epochs=8"
                  : "method=adaboost, members=4, epochs=8");
    assert_ok(neuron_committee_trainer_set_builder(b.trainer, build_weak, NULL, NULL));
    assert_status(neuron_committee_trainer_weights(NULL, 0, NULL, b.trainer), NEURON_E_STATE);
    assert_ok(neuron_committee_trainer_run(&committee, b.trainer));
    check_adaboost(&b, _i == 1);
    neuron_tensor_t *tensors[MEMBERS + 1];
    const float *found = predict(&tensors[MEMBERS], &b, committee, CLASSES);
    double votes[MEMBERS], all = 0;
    size_t needed;
    assert_ok(neuron_committee_trainer_weights(votes, MEMBERS, &needed, b.trainer));
    ck_assert_uint_eq(needed, MEMBERS);
    const float *each[MEMBERS];
    for (int m = 0; m < MEMBERS; m++) {
        each[m] = predict(&tensors[m], &b, neuron_committee_trainer_member(b.trainer, m), CLASSES);
        all += votes[m];
    }
    for (int i = 0; i < EXAMPLES; i++) {
        double expected[CLASSES] = {0}, sum = 0;
        for (int m = 0; m < MEMBERS; m++)
            for (int k = 0; k < CLASSES; k++)
                expected[k] += _i ? log((double)each[m][i * CLASSES + k]) / MEMBERS
                                  : votes[m] / all * (largest(each[m] + i * CLASSES) == k);
        for (int k = 0; k < CLASSES && _i; k++)
            sum += expected[k] = exp(expected[k]);
        for (int k = 0; k < CLASSES; k++) {
            double want = _i ? expected[k] / sum : expected[k];
            assert_that(fabs((double)found[i * CLASSES + k] - want) < 1e-5,
                        "example %d: %g, not %g", i, (double)found[i * CLASSES + k], want);
        }
    }
    for (int m = 0; m <= MEMBERS; m++)
        neuron_tensor_unref(tensors[m]);
    neuron_graph_unref(committee);
    tear_down(&b);
}
END_TEST

/* Of the examples that the first member has wrong, how many the second one has right. */
static int count_mended(const char *options)
{
    bench b;
    neuron_graph_t *committee;
    set_up(&b, options);
    assert_ok(neuron_committee_trainer_set_builder(b.trainer, build_weak, NULL, NULL));
    assert_ok(neuron_committee_trainer_run(&committee, b.trainer));
    int32_t labels[EXAMPLES];
    neuron_tensor_t *tensors[2];
    int mended = 0;
    assert_ok(neuron_dataset_read(NULL, labels, b.train, 0, EXAMPLES));
    const float *first =
        predict(&tensors[0], &b, neuron_committee_trainer_member(b.trainer, 0), CLASSES);
    const float *second =
        predict(&tensors[1], &b, neuron_committee_trainer_member(b.trainer, 1), CLASSES);
    for (int i = 0; i < EXAMPLES; i++)
        mended +=
            largest(first + i * CLASSES) != labels[i] && largest(second + i * CLASSES) == labels[i];
    neuron_tensor_unref(tensors[0]);
    neuron_tensor_unref(tensors[1]);
    neuron_graph_unref(committee);
    tear_down(&b);
    return mended;
}

/* It learns from the weights that the first one has left: else they begin and go alike. */
START_TEST(test_adaboost_weighs_examples)
{
    int boosted = count_mended("method=adaboost, members=2, epochs=12");
    int plain = count_mended("method=initialization, members=2, epochs=12");
    ck_assert_msg(boosted > plain, "%d are mended, %d without weights", boosted, plain);
}
END_TEST

START_TEST(test_adaboost_ends)
{
    bench b;
    neuron_graph_t *committee;
    set_up(&b, "method=adaboost, members=4, epochs=300"); /* a member without an error */
    assert_ok(neuron_committee_trainer_run(&committee, b.trainer));
    ck_assert_int_eq(neuron_committee_trainer_member_count(b.trainer), 1);
    ck_assert(neuron_committee_trainer_progress(b.trainer, "members_done") == 1);
    neuron_graph_unref(committee);
    tear_down(&b);
    set_up(&b, "method=adaboost, members=4, epochs=0"); /* none that is better than chance */
    int status = neuron_committee_trainer_run(&committee, b.trainer);
    ck_assert(status == NEURON_OK || status == NEURON_E_DATA);
    if (status == NEURON_E_DATA)
        assert_message("which is no better than chance");
    else
        ck_assert_int_lt(neuron_committee_trainer_member_count(b.trainer), 4);
    neuron_graph_unref(committee);
    tear_down(&b);
}
END_TEST

/* Numbers on a line, of which those above 0 are class 1, but for one; two classes by a kernel of
 * the test's, which stays: the rate is 0. */
static void set_up_line(bench *b, const char *options, const float *kernels)
{
    enum { POINTS = 20 };
    float x[POINTS];
    int32_t classes[POINTS];
    const int64_t shape[2] = {POINTS, 1};
    *b = (bench){.context = test_context()};
    neuron_tensor_t *examples, *labels;
    for (int i = 0; i < POINTS; i++) {
        x[i] = (float)i - 9.5F;
        classes[i] = (x[i] > 0) != (i == 3);
    }
    assert_ok(neuron_tensor_copy(&examples, b->context, NEURON_TYPE_F32, shape, 2, x));
    assert_ok(neuron_tensor_copy(&labels, b->context, NEURON_TYPE_I32, shape, 1, classes));
    assert_ok(neuron_dataset_create(&b->train, b->context, examples, labels, 2));
    neuron_tensor_unref(examples);
    neuron_tensor_unref(labels);
    assert_ok(neuron_optimizer_create(&b->optimizer, b->context, "sgd", "learning_rate=0"));
    assert_ok(
        neuron_committee_trainer_create(&b->trainer, b->context, b->optimizer, b->train, options));
    assert_ok(neuron_committee_trainer_set_builder(b->trainer, build_kernel,
                                                   (void *)(uintptr_t)kernels, NULL));
}

static double progress(const bench *b, const char *what)
{
    return neuron_committee_trainer_progress(b->trainer, what);
}

/* One that is left out is none of those that count. */
START_TEST(test_adaboost_progress)
{
    static const float kernels[] = {1, -1, 1};
    bench b;
    neuron_graph_t *committee;
    set_up_line(&b, "method=adaboost, members=3", kernels);
    assert_ok(neuron_committee_trainer_run(&committee, b.trainer));
    ck_assert(progress(&b, "members") == 1 && progress(&b, "members_done") == 1);
    ck_assert(progress(&b, "epochs") == 1 && progress(&b, "epochs_done") == 1);
    neuron_graph_unref(committee);
    tear_down(&b);
}
END_TEST

/* What failed once fails again. */
START_TEST(test_adaboost_without_members)
{
    static const float kernels[] = {-1, 1, 1};
    bench b;
    set_up_line(&b, "method=adaboost, members=3", kernels);
    for (int i = 0; i < 3; i++) {
        assert_status(neuron_committee_trainer_run(NULL, b.trainer), NEURON_E_DATA);
        assert_message("member 0 has 0.95 of the examples wrong, which is no better than chance");
        ck_assert_int_eq(neuron_committee_trainer_member_count(b.trainer), 3);
    }
    tear_down(&b);
}
END_TEST

static int spoil(neuron_trainer_t *trainer, int32_t event, void *user_data)
{
    (void)event;
    const float *with = user_data;
    neuron_graph_t *graph = neuron_trainer_graph(trainer);
    float values[PIXELS * 3] = {*with};
    size_t count;
    int status = neuron_graph_read_array(NULL, 0, &count, graph, 0);
    return status < 0 ? status : neuron_graph_write_array(graph, 0, values, count);
}

static int spoil_second(neuron_trainer_t *trainer, int64_t member, void *user_data)
{
    return member == 1 ? neuron_trainer_add_function(trainer, NEURON_EVENT_EPOCH_END, spoil,
                                                     user_data, NULL)
                       : 0;
}

/* Predictions that are not finite change nothing of what is known of the members before. */
START_TEST(test_predictions_that_are_not_finite)
{
    static const char *const options[] = {"method=gradient_boosting, members=3",
                                          "method=adaboost, members=3",
                                          "method=adaboost, algorithm=samme_r, members=3"};
    float with = NAN;
    bench b;
    neuron_graph_t *committee;
    set_up(&b, options[_i]);
    assert_ok(
        neuron_committee_trainer_set_builder(b.trainer, build_weak, _i == 0 ? &b : NULL, NULL));
    assert_ok(neuron_committee_trainer_set_setup(b.trainer, spoil_second, &with, NULL));
    for (int i = 0; i < 3; i++) {
        assert_status(neuron_committee_trainer_run(&committee, b.trainer), NEURON_E_NOT_FINITE);
        assert_message("committee: member 1 puts out ");
        ck_assert_ptr_null(committee);
        assert_status(neuron_committee_trainer_weights(NULL, 0, NULL, b.trainer), NEURON_E_STATE);
    }
    tear_down(&b);
}
END_TEST

/* ---- Gradient boosting ---- */

static double log_loss(const float *values, const int32_t *labels)
{
    double sum = 0;
    for (int i = 0; i < EXAMPLES; i++)
        sum -= log((double)values[i * CLASSES + labels[i]]) / EXAMPLES;
    return sum;
}

/* Each member makes the loss less, and goes as far as makes it least. */
START_TEST(test_gradient_boosting)
{
    bench b;
    neuron_graph_t *committee;
    static float sums[EXAMPLES][CLASSES], shares[EXAMPLES][CLASSES];
    double steps[MEMBERS], before = log(CLASSES), shrinkage = _i ? 0.5 : 1;
    int32_t labels[EXAMPLES];
    set_up(&b, _i ? "method=gradient_boosting, members=4, epochs=6, shrinkage=0.5"
                  : "method=gradient_boosting, members=4, epochs=6");
    assert_ok(neuron_committee_trainer_set_builder(b.trainer, build_weak, NULL, NULL));
    assert_status(neuron_committee_trainer_run(&committee, b.trainer), NEURON_E_ARGUMENT);
    assert_message("committee: member 0: the graph ends in softmax; for gradient boosting");
    tear_down(&b);
    set_up(&b, _i ? "method=gradient_boosting, members=4, epochs=6, shrinkage=0.5"
                  : "method=gradient_boosting, members=4, epochs=6");
    assert_ok(neuron_committee_trainer_set_builder(b.trainer, build_weak, &b, NULL));
    assert_ok(neuron_committee_trainer_run(&committee, b.trainer));
    assert_ok(neuron_committee_trainer_weights(steps, MEMBERS, NULL, b.trainer));
    assert_ok(neuron_dataset_read(NULL, labels, b.train, 0, EXAMPLES));
    memset(sums, 0, sizeof sums); /* all classes are as frequent: the base is 0 */
    for (int m = 0; m < MEMBERS; m++) {
        neuron_tensor_t *tensor;
        double losses[3];
        const float *values =
            predict(&tensor, &b, neuron_committee_trainer_member(b.trainer, m), CLASSES);
        static const double along[] = {0.97, 1.03, 1};
        for (int t = 0; t < 3; t++) { /* a little less, a little more, as far as it went */
            double step = steps[m] * along[t] / shrinkage;
            for (int i = 0; i < EXAMPLES; i++) {
                double sum = 0;
                for (int k = 0; k < CLASSES; k++)
                    sum += exp((double)sums[i][k] + step * (double)values[i * CLASSES + k]);
                for (int k = 0; k < CLASSES; k++)
                    shares[i][k] =
                        (float)(exp((double)sums[i][k] + step * (double)values[i * CLASSES + k]) /
                                sum);
            }
            losses[t] = log_loss(shares[0], labels);
        }
        ck_assert_msg(losses[2] < before, "member %d: %g after %g", m, losses[2], before);
        ck_assert(losses[2] < losses[0] && losses[2] < losses[1]);
        for (int i = 0; i < EXAMPLES * CLASSES; i++)
            sums[i / CLASSES][i % CLASSES] += (float)steps[m] * values[i];
        before = losses[2];
        if (_i == 1) { /* it went half as far */
            for (int i = 0; i < EXAMPLES; i++) {
                double sum = 0;
                for (int k = 0; k < CLASSES; k++)
                    sum += exp((double)sums[i][k]);
                for (int k = 0; k < CLASSES; k++)
                    shares[i][k] = (float)(exp((double)sums[i][k]) / sum);
            }
            before = log_loss(shares[0], labels);
        }
        neuron_tensor_unref(tensor);
    }
    neuron_tensor_t *tensor;
    const float *found = predict(&tensor, &b, committee, CLASSES);
    for (int i = 0; i < EXAMPLES; i++) {
        double sum = 0;
        for (int k = 0; k < CLASSES; k++)
            sum += exp((double)sums[i][k]);
        for (int k = 0; k < CLASSES; k++)
            assert_that(fabs((double)found[i * CLASSES + k] - exp((double)sums[i][k]) / sum) < 1e-5,
                        "example %d, class %d is %g", i, k, (double)found[i * CLASSES + k]);
    }
    neuron_tensor_unref(tensor);
    neuron_graph_unref(committee);
    tear_down(&b);
}
END_TEST

static int build_line(neuron_graph_t **graph, neuron_context_t *context, int64_t member,
                      void *user_data)
{
    (void)member;
    (void)user_data;
    int status = neuron_graph_create(graph, context);
    if (status < 0)
        return status;
    neuron_node_t *x = neuron_input(*graph, (const int64_t[]){1}, 1);
    x = neuron_tanh(*graph, neuron_dense(*graph, x, 4, NULL));
    return neuron_graph_finish(*graph, neuron_dense(*graph, x, 1, NULL));
}

/* They are those of the sum of the members, whose base is the log of the odds; the committee can
 * be evaluated. */
static void check_probabilities(const bench *b, const neuron_graph_t *committee, const float *found,
                                int count)
{
    double steps[6], sums[40];
    int32_t labels[40];
    int ones = 0;
    ck_assert_int_le(count, 40);
    assert_ok(neuron_committee_trainer_weights(steps, 6, NULL, b->trainer));
    assert_ok(neuron_dataset_read(NULL, labels, b->train, 0, count));
    for (int i = 0; i < count; i++)
        ones += labels[i];
    for (int i = 0; i < count; i++)
        sums[i] = log((double)ones / (count - ones));
    for (int m = 0; m < 6; m++) {
        neuron_tensor_t *tensor;
        const float *values =
            predict(&tensor, b, neuron_committee_trainer_member(b->trainer, m), 1);
        for (int i = 0; i < count; i++)
            sums[i] += steps[m] * (double)values[i];
        neuron_tensor_unref(tensor);
    }
    for (int i = 0; i < count; i++)
        ck_assert_double_eq_tol((double)found[2 * i + 1], 1 / (1 + exp(-sums[i])), 1e-5);
    neuron_evaluation_t *evaluation;
    assert_ok(neuron_graph_evaluate(&evaluation, committee, b->train, NULL, NULL));
    ck_assert_double_gt(neuron_evaluation_accuracy(evaluation), 0.9);
    neuron_evaluation_unref(evaluation);
}

/* Numbers: the base is the mean of the targets, and the error falls. Two classes, one output: the
 * probabilities of both. */
START_TEST(test_gradient_boosting_of_one_number)
{
    enum { POINTS = 40 };
    static float x[POINTS], y[POINTS];
    static int32_t classes[POINTS];
    int64_t shape[2] = {POINTS, 1};
    bench b = {.context = test_context()};
    neuron_tensor_t *examples, *targets;
    for (int i = 0; i < POINTS; i++) {
        x[i] = (float)i / POINTS * 6 - 3;
        y[i] = 50 + 10 * sinf(x[i]);
        classes[i] = x[i] * x[i] < 2;
    }
    assert_ok(neuron_tensor_copy(&examples, b.context, NEURON_TYPE_F32, shape, 2, x));
    if (_i == 0) {
        assert_ok(neuron_tensor_copy(&targets, b.context, NEURON_TYPE_F32, shape, 2, y));
        assert_ok(neuron_dataset_create_with_targets(&b.train, b.context, examples, targets));
    } else {
        assert_ok(neuron_tensor_copy(&targets, b.context, NEURON_TYPE_I32, shape, 1, classes));
        assert_ok(neuron_dataset_create(&b.train, b.context, examples, targets, 2));
    }
    neuron_tensor_unref(examples);
    neuron_tensor_unref(targets);
    assert_ok(neuron_optimizer_create(&b.optimizer, b.context, "adam", "learning_rate=0.02"));
    assert_ok(neuron_committee_trainer_create(
        &b.trainer, b.context, b.optimizer, b.train,
        "method=gradient_boosting, members=6, epochs=60, batch_size=8"));
    assert_ok(neuron_committee_trainer_set_builder(b.trainer, build_line, NULL, NULL));
    neuron_graph_t *committee;
    assert_ok(neuron_committee_trainer_run(&committee, b.trainer));
    neuron_tensor_t *tensor;
    const float *found = predict(&tensor, &b, committee, _i ? 2 : 1);
    double error = 0, spread = 0;
    int correct = 0;
    for (int i = 0; i < POINTS; i++) {
        if (_i == 0) {
            error += pow((double)found[i] - (double)y[i], 2);
            spread += pow((double)y[i] - 50, 2);
            continue;
        }
        correct += (found[2 * i + 1] > found[2 * i]) == classes[i];
        ck_assert(found[2 * i] >= 0 && fabsf(found[2 * i] + found[2 * i + 1] - 1) < 1e-6F);
    }
    if (_i == 1)
        check_probabilities(&b, committee, found, POINTS);
    ck_assert_msg(_i == 1 || error < 0.1 * spread, "%g of %g", error, spread);
    ck_assert_msg(_i == 0 || correct > POINTS * 9 / 10, "%d are right", correct);
    neuron_tensor_unref(tensor);
    neuron_graph_unref(committee);
    tear_down(&b);
}
END_TEST

START_TEST(test_adaboost_of_one_number)
{
    static const float kernels[] = {1};
    bench b;
    set_up_line(&b, "method=adaboost, members=1", kernels);
    assert_ok(neuron_committee_trainer_set_builder(b.trainer, build_line, NULL, NULL));
    assert_status(neuron_committee_trainer_run(NULL, b.trainer), NEURON_E_SHAPE);
    assert_message("the graph puts out 1 numbers, the dataset has 2");
    tear_down(&b);
}
END_TEST

START_TEST(test_what_is_refused)
{
    bench b;
    neuron_loss_t *loss;
    set_up(&b, "method=adaboost, combine=mean");
    assert_status(neuron_committee_trainer_run(NULL, b.trainer), NEURON_E_ARGUMENT);
    assert_message("combine is given");
    tear_down(&b);
    set_up(&b, "method=gradient_boosting");
    assert_ok(neuron_loss_create(&loss, b.context, "huber", NULL));
    assert_ok(neuron_committee_trainer_set_loss(b.trainer, loss));
    assert_status(neuron_committee_trainer_run(NULL, b.trainer), NEURON_E_ARGUMENT);
    assert_message("a loss is set");
    neuron_loss_unref(loss);
    tear_down(&b);
    set_up(&b, "method=adaboost, algorithm=samme_r");
    assert_ok(neuron_committee_trainer_set_builder(b.trainer, build_numbers, NULL, NULL));
    assert_status(neuron_committee_trainer_run(NULL, b.trainer), NEURON_E_ARGUMENT);
    assert_message("for SAMME.R it must end in softmax");
    tear_down(&b);
}
END_TEST

START_TEST(test_failing_allocations)
{
    static const char *const methods[] = {"method=adaboost, members=2, epochs=4",
                                          "method=adaboost, members=2, algorithm=samme_r",
                                          "method=gradient_boosting, members=2"};
    int status = NEURON_E_MEMORY;
    for (long allowed = 0; status != NEURON_OK; allowed += 1 + allowed / 60) {
        test_memory memory;
        bench b;
        neuron_graph_t *committee = NULL;
        neuron_context_t *context = test_limited_context(&memory);
        assert_ok(set_up_in(&b, context, methods[_i]));
        assert_ok(
            neuron_committee_trainer_set_builder(b.trainer, build_weak, _i == 2 ? &b : NULL, NULL));
        atomic_store(&memory.left, allowed);
        status = neuron_committee_trainer_run(&committee, b.trainer);
        test_refill(&memory);
        if (status != NEURON_OK) {
            assert_status(status, NEURON_E_MEMORY);
            assert_ok(neuron_committee_trainer_run(&committee, b.trainer));
        }
        neuron_graph_unref(committee);
        tear_down(&b);
        ck_assert_int_eq(atomic_load(&memory.live), 0);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("boosting");
    TCase *tcase = tcase_create("all");
    tcase_set_timeout(tcase, 240);
    tcase_add_loop_test(tcase, test_adaboost, 0, 2);
    tcase_add_test(tcase, test_adaboost_weighs_examples);
    tcase_add_test(tcase, test_adaboost_ends);
    tcase_add_loop_test(tcase, test_gradient_boosting, 0, 2);
    tcase_add_loop_test(tcase, test_gradient_boosting_of_one_number, 0, 2);
    tcase_add_test(tcase, test_adaboost_progress);
    tcase_add_test(tcase, test_adaboost_without_members);
    tcase_add_loop_test(tcase, test_predictions_that_are_not_finite, 0, 3);
    tcase_add_test(tcase, test_adaboost_of_one_number);
    tcase_add_test(tcase, test_what_is_refused);
    tcase_add_loop_test(tcase, test_failing_allocations, 0, 3);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
