/* Committee trainers: who learns from what, what comes of it, and failures on the way. */
#include "committee-bench.h"

#include "committee/committee-trainer.h"

#include <libneuron-committee/committees.h>

#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdatomic.h>

static double progress(const bench *b, const char *what)
{
    return neuron_committee_trainer_progress(b->trainer, what);
}

static neuron_tensor_t *predict(bench *b, const neuron_graph_t *graph,
                                const neuron_dataset_t *dataset)
{
    neuron_tensor_t *output;
    int64_t shape[2] = {neuron_dataset_count(dataset), CLASSES};
    assert_ok(neuron_tensor_create(&output, b->context, NEURON_TYPE_F32, shape, 2));
    assert_ok(neuron_graph_predict_dataset(graph, dataset, output));
    return output;
}

/* Three numbers of three, or their shares of 1. */
static int build_three(neuron_graph_t **graph, neuron_context_t *context, int64_t member,
                       void *user_data)
{
    (void)member;
    int status = neuron_graph_create(graph, context);
    if (status < 0)
        return status;
    neuron_node_t *y = neuron_dense(*graph, neuron_input(*graph, (const int64_t[]){3}, 1), 3, NULL);
    return neuron_graph_finish(*graph, user_data ? neuron_sigmoid(*graph, y) : y);
}

/* ---- What comes of it ---- */

static const char *const methods[] = {"initialization", "bagging", "folds"};

START_TEST(test_members_are_joined)
{
    bench b;
    char options[64];
    snprintf(options, sizeof options, "method=%s, members=3, epochs=2", methods[_i]);
    set_up(&b, options);
    ck_assert_int_eq(neuron_committee_trainer_member_count(b.trainer), 3);
    ck_assert_ptr_null(neuron_committee_trainer_member(b.trainer, 0));
    neuron_graph_t *committee, *other, *members[3];
    assert_ok(neuron_committee_trainer_run(&committee, b.trainer));
    for (int64_t i = 0; i < 3; i++) {
        members[i] = neuron_committee_trainer_member(b.trainer, i);
        ck_assert_ptr_nonnull(members[i]);
        const neuron_history_t *history = neuron_committee_trainer_history(b.trainer, i);
        double loss;
        ck_assert_int_eq(neuron_history_epochs(history), 2);
        assert_ok(neuron_history_value(&loss, history, 1, "validation_loss"));
        ck_assert(isnan(loss) == (_i == 0)); /* the others hold some out */
    }
    ck_assert_ptr_null(neuron_committee_trainer_member(b.trainer, 3));
    ck_assert_ptr_null(neuron_committee_trainer_history(b.trainer, -1));
    assert_ok(neuron_committee_create(&other, b.context, members, 3, NULL, NULL));
    test_bytes a = bytes_of(committee), c = bytes_of(other);
    ck_assert(same_bytes(a, c));
    for (int i = 1; i < 3; i++) { /* they differ */
        test_bytes first = bytes_of(members[0]), next = bytes_of(members[i]);
        ck_assert(!same_bytes(first, next));
        free(first.data);
        free(next.data);
    }
    ck_assert(progress(&b, "members") == 3 && progress(&b, "members_done") == 3);
    ck_assert(progress(&b, "epochs") == 6 && progress(&b, "epochs_done") == 6);
    ck_assert(progress(&b, "seconds") > 0);
    ck_assert(isnan(progress(&b, "epoch")));
    assert_message("did you mean \"epochs\"?");
    free(a.data);
    free(c.data);
    neuron_graph_unref(other);
    neuron_graph_unref(committee);
    tear_down(&b);
}
END_TEST

START_TEST(test_it_learns)
{
    bench b;
    set_up(&b, "members=3, epochs=60, combine=weighted_vote");
    neuron_graph_t *committee;
    assert_status(neuron_committee_trainer_run(&committee, b.trainer), NEURON_E_STATE);
    assert_message("combine is weighted_vote, which learns from examples that are held out");
    assert_ok(neuron_committee_trainer_set_validation(b.trainer, b.validation));
    assert_ok(neuron_committee_trainer_run(&committee, b.trainer));
    neuron_evaluation_t *evaluation;
    assert_ok(neuron_graph_evaluate(&evaluation, committee, b.train, NULL, NULL));
    ck_assert_double_gt(neuron_evaluation_accuracy(evaluation), 0.9);
    neuron_evaluation_unref(evaluation);
    neuron_graph_unref(committee);
    tear_down(&b);
}
END_TEST

/* Votes take the largest of several labels, or of numbers, for the class. */
START_TEST(test_votes_are_for_classes)
{
    static const char *const rules[] = {"majority_vote", "weighted_vote", "borda",
                                        "weighted_borda"};
    enum { COUNT = 12, SIZE = 3 };
    const int64_t shape[] = {COUNT, SIZE};
    float numbers[COUNT * SIZE];
    for (int kind = 0; kind < 2; kind++)
        for (int i = 0; i < 5; i++) {
            bench b = {.context = test_context()};
            char options[64];
            neuron_tensor_t *x, *y;
            for (int k = 0; k < COUNT * SIZE; k++)
                numbers[k] = kind ? (float)k / 7 : (float)(k % 5 < 3);
            snprintf(options, sizeof options, "members=2, method=bagging, combine=%s",
                     i < 4 ? rules[i] : "mean");
            assert_ok(
                neuron_optimizer_create(&b.optimizer, b.context, "adam", "learning_rate=0.01"));
            assert_ok(neuron_tensor_copy(&x, b.context, NEURON_TYPE_F32, shape, 2, numbers));
            assert_ok(neuron_tensor_copy(&y, b.context, NEURON_TYPE_F32, shape, 2, numbers));
            assert_ok(neuron_dataset_create_with_targets(&b.train, b.context, x, y));
            neuron_tensor_unref(x);
            neuron_tensor_unref(y);
            assert_ok(neuron_committee_trainer_create(&b.trainer, b.context, b.optimizer, b.train,
                                                      options));
            assert_ok(neuron_committee_trainer_set_builder(b.trainer, build_three, kind ? NULL : &b,
                                                           NULL));
            neuron_loss_t *loss;
            assert_ok(neuron_loss_create(
                &loss, b.context, kind ? "mean_squared_error" : "binary_cross_entropy", NULL));
            assert_ok(neuron_committee_trainer_set_loss(b.trainer, loss));
            neuron_loss_unref(loss);
            if (i == 4)
                free(train(&b).data);
            else {
                assert_status(neuron_committee_trainer_run(NULL, b.trainer), NEURON_E_UNSUPPORTED);
                assert_message(kind ? "which is for classes; the targets are those of a regression"
                                    : "which is for classes; the targets are several labels");
                assert_message(rules[i]);
                ck_assert(progress(&b, "epochs_done") == 0);
            }
            tear_down(&b);
        }
}
END_TEST

/* ---- Who learns from what ---- */

static void read_counts(int32_t counts[EXAMPLES], const bench *b, int64_t member)
{
    size_t needed = 0;
    assert_ok(neuron_committee_trainer_example_counts(NULL, 0, &needed, b->trainer, member));
    ck_assert_uint_eq(needed, EXAMPLES);
    assert_ok(neuron_committee_trainer_example_counts(counts, EXAMPLES, NULL, b->trainer, member));
}

START_TEST(test_folds_divide_the_examples)
{
    bench b;
    int32_t counts[EXAMPLES], held_out[2][EXAMPLES] = {{0}}, labels[EXAMPLES];
    int fold[2][EXAMPLES];
    set_up(&b, "method=folds, members=6, folds=3");
    assert_status(neuron_committee_trainer_example_counts(counts, EXAMPLES, NULL, b.trainer, 0),
                  NEURON_E_STATE);
    free(train(&b).data);
    assert_ok(neuron_dataset_read(NULL, labels, b.train, 0, EXAMPLES));
    for (int member = 0; member < 6; member++) {
        int of_class[CLASSES] = {0};
        read_counts(counts, &b, member);
        for (int i = 0; i < EXAMPLES; i++) {
            ck_assert(counts[i] == 0 || counts[i] == 1);
            held_out[member / 3][i] += counts[i] == 0;
            if (counts[i] == 0) {
                fold[member / 3][i] = member % 3;
                of_class[labels[i]]++;
            }
        }
        for (int k = 0; k < CLASSES; k++) /* a third of the twelve of each */
            ck_assert_int_eq(of_class[k], 4);
    }
    int moved = 0;
    for (int i = 0; i < EXAMPLES; i++) {
        ck_assert(held_out[0][i] == 1 && held_out[1][i] == 1);
        moved += fold[0][i] != fold[1][i];
    }
    ck_assert_int_gt(moved, EXAMPLES / 3); /* the second set divides them anew */
    tear_down(&b);
}
END_TEST

START_TEST(test_bootstrap_draws_with_replacement)
{
    bench b;
    int32_t counts[2][EXAMPLES];
    set_up(&b, "method=bagging, members=2");
    free(train(&b).data);
    for (int member = 0; member < 2; member++) {
        int sum = 0, none = 0;
        read_counts(counts[member], &b, member);
        for (int i = 0; i < EXAMPLES; i++) {
            sum += counts[member][i];
            none += counts[member][i] == 0;
        }
        ck_assert_int_eq(sum, EXAMPLES);
        ck_assert(none > EXAMPLES / 4 && none < EXAMPLES / 2); /* 37 % */
    }
    ck_assert(memcmp(counts[0], counts[1], sizeof counts[0]) != 0);
    size_t needed = 0;
    assert_status(neuron_committee_trainer_example_counts(counts[0], 5, &needed, b.trainer, 0),
                  NEURON_E_ARGUMENT);
    ck_assert_uint_eq(needed, EXAMPLES);
    assert_status(neuron_committee_trainer_example_counts(NULL, 0, NULL, b.trainer, 2),
                  NEURON_E_ARGUMENT);
    tear_down(&b);
    set_up(&b, "method=bagging, members=2, sample_fraction=0.25");
    free(train(&b).data);
    int sum = 0;
    read_counts(counts[0], &b, 1);
    for (int i = 0; i < EXAMPLES; i++)
        sum += counts[0][i];
    ck_assert_int_eq(sum, EXAMPLES / 4);
    tear_down(&b);
}
END_TEST

/* ---- What is predicted of examples held out ---- */

START_TEST(test_held_out_predictions)
{
    bench b;
    neuron_tensor_t *all, *mean, *own[3];
    int32_t counts[3][EXAMPLES];
    set_up(&b, _i ? "method=folds, members=3, epochs=2" : "method=bagging, members=3, epochs=2");
    assert_status(neuron_committee_trainer_held_out(&all, b.trainer, 0), NEURON_E_STATE);
    ck_assert_ptr_null(all);
    free(train(&b).data);
    for (int i = 0; i < 3; i++) {
        own[i] = predict(&b, neuron_committee_trainer_member(b.trainer, i), b.train);
        read_counts(counts[i], &b, i);
    }
    assert_ok(neuron_committee_trainer_held_out(&all, b.trainer, 0));
    assert_ok(neuron_committee_trainer_out_of_fold(&mean, b.trainer, 0));
    ck_assert(neuron_tensor_rank(all) == 3 && neuron_tensor_extent(all, 0) == EXAMPLES &&
              neuron_tensor_extent(all, 1) == 3 && neuron_tensor_extent(all, 2) == CLASSES);
    ck_assert(neuron_tensor_rank(mean) == 2 && neuron_tensor_extent(mean, 0) == EXAMPLES &&
              neuron_tensor_extent(mean, 1) == CLASSES);
    const float *values = neuron_tensor_data(all), *means = neuron_tensor_data(mean);
    for (int i = 0; i < EXAMPLES; i++)
        for (int k = 0; k < CLASSES; k++) {
            double sum = 0;
            int used = 0;
            for (int member = 0; member < 3; member++) {
                const float *theirs = neuron_tensor_data(own[member]);
                float value = values[(i * 3 + member) * CLASSES + k];
                if (counts[member][i] > 0) {
                    assert_that(isnan(value), "member %d knows example %d", member, i);
                    continue;
                }
                assert_that(fabsf(value - theirs[i * CLASSES + k]) < 1e-6F,
                            "member %d, example %d: %g", member, i, (double)value);
                sum += (double)value;
                used++;
            }
            float found = means[i * CLASSES + k];
            ck_assert(_i == 0 || used == 1);
            assert_that(used == 0 ? isnan(found) : fabs((double)found - sum / used) < 1e-6,
                        "example %d: %g of %d", i, (double)found, used);
        }
    neuron_tensor_t *kept = mean;
    assert_status(neuron_committee_trainer_out_of_fold(&mean, b.trainer, 1), NEURON_E_ARGUMENT);
    ck_assert_ptr_null(mean);
    neuron_tensor_unref(all);
    neuron_tensor_unref(kept);
    for (int i = 0; i < 3; i++)
        neuron_tensor_unref(own[i]);
    tear_down(&b);
}
END_TEST

START_TEST(test_initialization_holds_nothing_out)
{
    bench b;
    neuron_tensor_t *all;
    set_up(&b, "members=2");
    free(train(&b).data);
    assert_status(neuron_committee_trainer_held_out(&all, b.trainer, 0), NEURON_E_STATE);
    assert_message("method is initialization, which holds no examples out");
    tear_down(&b);
}
END_TEST

/* ---- The same bytes ---- */

static const char *const schedules[] = {"threads=1", "threads=2", "threads=2", "threads=3",
                                        "threads=4"};
static const char *const side_by_side[] = {"no", "no", "yes", "yes", "auto"};

START_TEST(test_threads_change_nothing)
{
    bench b;
    char options[96];
    test_bytes first = {NULL, 0};
    for (int i = 0; i < 5; i++) {
        snprintf(options, sizeof options,
                 "method=%s, members=5, folds=0, epochs=2, side_by_side=%s", methods[_i],
                 side_by_side[i]);
        set_up(&b, options);
        assert_ok(neuron_context_set(b.context, schedules[i]));
        test_bytes found = train(&b);
        double together = progress(&b, "side_by_side");
        static const double expected[] = {1, 1, 2, 3, 4};
        ck_assert_msg(together == expected[i], "%g side by side", together);
        if (i == 0)
            first = found;
        else {
            ck_assert_msg(same_bytes(first, found), "%s", schedules[i]);
            free(found.data);
        }
        tear_down(&b);
    }
    free(first.data);
}
END_TEST

/* ---- Features ---- */

static void predict_one(float output[CLASSES], const bench *b, const neuron_graph_t *graph,
                        const float pixels[PIXELS])
{
    const int64_t in[] = {1, SIDE, SIDE, 1}, out[] = {1, CLASSES};
    neuron_tensor_t *x, *y;
    assert_ok(neuron_tensor_copy(&x, b->context, NEURON_TYPE_F32, in, 4, pixels));
    assert_ok(neuron_tensor_create(&y, b->context, NEURON_TYPE_F32, out, 2));
    assert_ok(neuron_graph_predict(graph, x, y));
    memcpy(output, neuron_tensor_data(y), CLASSES * sizeof *output);
    neuron_tensor_unref(x);
    neuron_tensor_unref(y);
}

/* A member sees just the pixels that its layer leaves. */
START_TEST(test_random_subspaces)
{
    bench b;
    neuron_graph_t *committee;
    float divisors[2][PIXELS], pixels[PIXELS], before[CLASSES], after[CLASSES];
    set_up(&b, "members=2, epochs=40, feature_fraction=0.3, method=bagging");
    assert_ok(neuron_committee_trainer_run(&committee, b.trainer));
    for (int i = 0; i < 2; i++) {
        neuron_graph_t *member = neuron_committee_trainer_member(b.trainer, i);
        int seen = 0;
        assert_ok(neuron_graph_read_array(divisors[i], PIXELS, NULL, member,
                                          neuron_graph_find_array(member, "features.deviation")));
        assert_ok(neuron_dataset_read(pixels, NULL, b.train, 3, 1));
        predict_one(before, &b, member, pixels);
        for (int k = 0; k < PIXELS; k++) {
            ck_assert(divisors[i][k] == 1 || isinf(divisors[i][k]));
            if (divisors[i][k] == 1) {
                seen++;
                continue;
            }
            pixels[k] += 3;
        }
        ck_assert_int_eq(seen, 30);
        predict_one(after, &b, member, pixels);
        ck_assert(memcmp(before, after, sizeof before) == 0);
        for (int k = 0; k < PIXELS; k++)
            pixels[k] += divisors[i][k] == 1 ? 3 : 0;
        predict_one(after, &b, member, pixels);
        ck_assert(memcmp(before, after, sizeof before) != 0);
    }
    ck_assert(memcmp(divisors[0], divisors[1], sizeof divisors[0]) != 0);
    neuron_evaluation_t *evaluation;
    neuron_graph_t *loaded;
    test_bytes bytes = bytes_of(committee);
    assert_ok(neuron_graph_load_memory(&loaded, b.context, bytes.data, bytes.size));
    assert_ok(neuron_graph_evaluate(&evaluation, loaded, b.train, NULL, NULL));
    ck_assert_double_gt(neuron_evaluation_accuracy(evaluation), 0.6);
    neuron_evaluation_unref(evaluation);
    neuron_graph_unref(loaded);
    free(bytes.data);
    neuron_graph_unref(committee);
    tear_down(&b);
    assert_ok(set_up_in(&b, test_context(), "feature_fraction=0.5"));
    neuron_graph_t *graph;
    assert_ok(build_glyphs(&graph, b.context, 0, NULL));
    assert_ok(neuron_committee_trainer_add_member(b.trainer, graph));
    assert_status(neuron_committee_trainer_run(NULL, b.trainer), NEURON_E_ARGUMENT);
    assert_message("feature_fraction is for graphs of a builder");
    neuron_graph_unref(graph);
    tear_down(&b);
}
END_TEST

/* What is before a member's graph changes nothing of how it starts. */
START_TEST(test_parameters_behind_features)
{
    enum { COUNT = PIXELS * 12 };
    bench b;
    neuron_graph_t *expected;
    float found[COUNT], wanted[COUNT];
    set_up(&b, "members=2, epochs=0, feature_fraction=0.3");
    free(train(&b).data);
    for (int i = 0; i < 2; i++) {
        neuron_graph_t *member = neuron_committee_trainer_member(b.trainer, i);
        assert_ok(neuron_context_set_seed(b.context, neuron_committee_member_seed(b.trainer, i)));
        assert_ok(build_glyphs(&expected, b.context, i, NULL));
        assert_ok(neuron_graph_read_array(found, COUNT, NULL, member, 2)); /* behind the two */
        assert_ok(neuron_graph_read_array(wanted, COUNT, NULL, expected, 0));
        ck_assert_mem_eq(found, wanted, sizeof found);
        ck_assert(member->seed == expected->seed);
        neuron_graph_unref(expected);
    }
    tear_down(&b);
}
END_TEST

/* ---- Snapshots ---- */

/* The parameters that the training has, by hand, after so many of the cycles. */
static test_bytes train_cycles(bench *b, int cycles)
{
    neuron_graph_t *graph;
    neuron_trainer_t *trainer;
    neuron_callback_t *cosine;
    uint64_t seed = neuron_committee_member_seed(b->trainer, 0);
    assert_ok(neuron_context_set_seed(b->context, seed));
    assert_ok(build_glyphs(&graph, b->context, 0, NULL));
    assert_ok(neuron_trainer_create(&trainer, graph, b->optimizer, b->train));
    assert_ok(neuron_callback_create(&cosine, b->context, "cosine_schedule",
                                     "length=8, per_step=yes, restart=yes"));
    assert_ok(neuron_trainer_add_callback(trainer, cosine));
    assert_ok(neuron_trainer_set_number(trainer, "epochs", 2 * cycles));
    assert_ok(neuron_trainer_run(NULL, trainer));
    test_bytes bytes = bytes_of(graph);
    neuron_callback_unref(cosine);
    neuron_trainer_unref(trainer);
    neuron_graph_unref(graph);
    return bytes;
}

START_TEST(test_snapshots)
{
    bench b;
    set_up(&b, "method=snapshot, members=3, epochs=2"); /* of four steps each */
    free(train(&b).data);
    ck_assert(progress(&b, "epochs") == 6 && progress(&b, "epochs_done") == 6);
    ck_assert(progress(&b, "members_done") == 3);
    const neuron_history_t *history = neuron_committee_trainer_history(b.trainer, 2);
    ck_assert_ptr_eq(history, neuron_committee_trainer_history(b.trainer, 0));
    ck_assert_int_eq(neuron_history_epochs(history), 6);
    for (int i = 0; i < 3; i++) {
        test_bytes found = bytes_of(neuron_committee_trainer_member(b.trainer, i));
        test_bytes expected = train_cycles(&b, i + 1);
        ck_assert_msg(same_bytes(found, expected), "member %d", i);
        free(found.data);
        free(expected.data);
    }
    tear_down(&b);
}
END_TEST

static int add_given(neuron_trainer_t *trainer, int64_t member, void *callback)
{
    (void)member;
    return neuron_trainer_add_callback(trainer, callback);
}

/* The training goes to its end. */
START_TEST(test_snapshots_need_all_epochs)
{
    static const char *const kinds[] = {"early_stopping", "stop_on_nan"};
    bench b;
    neuron_callback_t *stop;
    for (int i = 0; i < 2; i++) {
        set_up(&b, "method=snapshot, members=3, epochs=4");
        assert_ok(neuron_callback_create(&stop, b.context, kinds[i], NULL));
        assert_status(neuron_committee_trainer_add_callback(b.trainer, stop), NEURON_E_ARGUMENT);
        assert_message("may end the training before its last snapshot");
        assert_ok(neuron_committee_trainer_set_setup(b.trainer, add_given, stop, NULL));
        assert_status(neuron_committee_trainer_run(NULL, b.trainer), NEURON_E_ARGUMENT);
        assert_message(kinds[i]);
        ck_assert(progress(&b, "epochs_done") == 0);
        neuron_callback_unref(stop);
        tear_down(&b);
    }
    set_up(&b, "method=snapshot, epochs=0");
    assert_status(neuron_committee_trainer_run(NULL, b.trainer), NEURON_E_ARGUMENT);
    tear_down(&b);
    assert_ok(set_up_in(&b, test_context(), "method=snapshot"));
    neuron_graph_t *graph;
    assert_ok(build_glyphs(&graph, b.context, 0, NULL));
    assert_ok(neuron_committee_trainer_add_member(b.trainer, graph));
    assert_status(neuron_committee_trainer_run(NULL, b.trainer), NEURON_E_ARGUMENT);
    assert_message("whose graph a builder makes");
    neuron_graph_unref(graph);
    tear_down(&b);
}
END_TEST

/* ---- Functions of the caller's ---- */

typedef struct calls {
    int made, fail_at, result;
    uint64_t seeds[8];
    jmp_buf *leave;
} calls;

static int build_counted(neuron_graph_t **graph, neuron_context_t *context, int64_t member,
                         void *user_data)
{
    calls *c = user_data;
    ck_assert_int_lt(c->made, 8);
    c->seeds[c->made] = neuron_context_seed(context);
    int number = c->made++;
    int status = build_glyphs(graph, context, member, NULL);
    if (number == c->fail_at && c->leave)
        longjmp(*c->leave, 1);
    return number == c->fail_at ? c->result : status;
}

START_TEST(test_failing_builder)
{
    static const int results[] = {NEURON_E_DATA, 7, NEURON_STOP};
    static const int statuses[] = {NEURON_E_DATA, NEURON_E_CALLBACK, NEURON_E_CALLBACK};
    bench b;
    calls c = {.fail_at = 1, .result = results[_i]};
    set_up(&b, "members=2");
    assert_ok(neuron_committee_trainer_set_builder(b.trainer, build_counted, &c, NULL));
    neuron_graph_t *committee;
    assert_status(neuron_committee_trainer_run(&committee, b.trainer), statuses[_i]);
    ck_assert_ptr_null(committee);
    assert_message("member 1: the builder returned");
    ck_assert_uint_eq(neuron_context_seed(b.context), 1);
    ck_assert(c.seeds[0] != c.seeds[1] && c.seeds[0] != 1);
    free(train(&b).data); /* that member is built again, the first one is not */
    ck_assert_int_eq(c.made, 3);
    ck_assert_uint_eq(c.seeds[2], c.seeds[1]);
    tear_down(&b);
}
END_TEST

static int build_nothing(neuron_graph_t **graph, neuron_context_t *context, int64_t member,
                         void *user_data)
{
    (void)member;
    return user_data ? neuron_graph_create(graph, context) : 0;
}

START_TEST(test_builder_without_graph)
{
    bench b;
    for (int i = 0; i < 2; i++) {
        set_up(&b, NULL);
        assert_ok(
            neuron_committee_trainer_set_builder(b.trainer, build_nothing, i ? &b : NULL, NULL));
        assert_status(neuron_committee_trainer_run(NULL, b.trainer),
                      i ? NEURON_E_STATE : NEURON_E_ARGUMENT);
        assert_message("member 0");
        tear_down(&b);
    }
}
END_TEST

/* A run from a frame that is below those of the calls that follow: only these can tell that it was
 * left. */
__attribute__((noinline)) static int run_deep(neuron_committee_trainer_t *trainer)
{
    volatile char room[16384];
    room[0] = 0;
    int status = neuron_committee_trainer_run(NULL, trainer);
    room[1] = room[0];
    return status;
}

START_TEST(test_left_builder)
{
    bench b;
    jmp_buf back;
    calls c = {.fail_at = 1, .leave = &back};
    set_up(&b, "members=2");
    assert_ok(neuron_committee_trainer_set_builder(b.trainer, build_counted, &c, NULL));
    if (setjmp(back) == 0) {
        (void)run_deep(b.trainer);
        ck_abort_msg("the builder has not left it");
    }
    free(train(&b).data);
    ck_assert_uint_eq(neuron_context_seed(b.context), 1);
    ck_assert_uint_eq(c.seeds[2], c.seeds[1]);
    tear_down(&b);
}
END_TEST

static int fail_third_step(neuron_trainer_t *trainer, int32_t event, void *user_data)
{
    (void)event;
    int *left = user_data;
    (void)trainer;
    return (*left)-- == 0 ? NEURON_E_DATA : 0;
}

static int set_up_function(neuron_trainer_t *trainer, int64_t member, void *user_data)
{
    if (member < 1)
        return 0;
    return neuron_trainer_add_function(trainer, NEURON_EVENT_STEP_END, fail_third_step, user_data,
                                       NULL);
}

static int set_twelve_epochs(neuron_trainer_t *trainer, int64_t member, void *user_data)
{
    (void)user_data;
    return member == 0 ? neuron_trainer_set(trainer, "epochs=12") : 0;
}

static int set_seed(neuron_trainer_t *trainer, int64_t member, void *user_data)
{
    (void)member;
    (void)user_data;
    return neuron_trainer_set_seed(trainer, 5);
}

static int set_dataset(neuron_trainer_t *trainer, int64_t member, void *dataset)
{
    (void)member;
    return neuron_trainer_set_validation(trainer, dataset);
}

static int set_split(neuron_trainer_t *trainer, int64_t member, void *user_data)
{
    (void)member;
    (void)user_data;
    return neuron_trainer_set(trainer, "validation_split=0.2");
}

/* What the committee goes by: of snapshots there would be more than there are members. */
START_TEST(test_setups_that_change_too_much)
{
    static const char *const options[] = {"members=2, epochs=2",
                                          "method=snapshot, members=2, epochs=2"};
    static const char *const epochs[] = {
        "committee: member 0: its setup has set epochs to 12, which must stay 2",
        "committee: member 0: its setup has set epochs to 12, which must stay 4"};
    const neuron_committee_setup_function_t setups[] = {set_twelve_epochs, set_seed, set_dataset,
                                                        set_split};
    static const char *const messages[] = {NULL, "its setup has set the seed to 5, which must stay",
                                           "its setup has set another dataset",
                                           "its setup has set another dataset"};
    for (int i = 0; i < 4; i++) {
        bench b;
        set_up(&b, options[_i]);
        assert_ok(neuron_committee_trainer_set_setup(b.trainer, setups[i], b.validation, NULL));
        for (int run = 0; run < 2; run++) {
            assert_status(neuron_committee_trainer_run(NULL, b.trainer), NEURON_E_ARGUMENT);
            assert_message(messages[i] ? messages[i] : epochs[_i]);
        }
        ck_assert(progress(&b, "epochs_done") == 0);
        tear_down(&b);
    }
}
END_TEST

static int set_workers(neuron_trainer_t *trainer, int64_t member, void *user_data)
{
    neuron_trainer_t **trainers = user_data;
    trainers[member] = trainer;
    return member == 1 ? neuron_trainer_set(trainer, "workers=2") : 0;
}

START_TEST(test_workers_of_a_setup)
{
    bench b;
    neuron_trainer_t *trainers[2];
    double workers;
    set_up(&b, "members=2, side_by_side=yes");
    assert_ok(neuron_context_set(b.context, "threads=2"));
    assert_ok(neuron_committee_trainer_set_setup(b.trainer, set_workers, trainers, NULL));
    free(train(&b).data);
    assert_ok(neuron_trainer_get_number(&workers, trainers[0], "workers"));
    ck_assert(workers == 0);
    assert_ok(neuron_trainer_get_number(&workers, trainers[1], "workers"));
    ck_assert(workers == 2);
    tear_down(&b);
}
END_TEST

/* ---- Members that are not alike ---- */

static int build_once(neuron_graph_t **graph, neuron_context_t *context, int64_t member,
                      void *user_data)
{
    neuron_graph_t **one = user_data;
    int status = *one ? NEURON_OK : build_glyphs(one, context, member, NULL);
    *graph = neuron_graph_ref(*one);
    return status;
}

START_TEST(test_builder_of_one_graph)
{
    bench b;
    neuron_graph_t *one = NULL;
    set_up(&b, "members=3, side_by_side=yes");
    assert_ok(neuron_committee_trainer_set_builder(b.trainer, build_once, &one, NULL));
    assert_status(neuron_committee_trainer_run(NULL, b.trainer), NEURON_E_ARGUMENT);
    assert_message("committee: member 1: the builder's graph is member 0 already");
    ck_assert(progress(&b, "epochs_done") == 0);
    neuron_graph_unref(one);
    tear_down(&b);
}
END_TEST

/* The last of three calls its classes otherwise, or takes another input. */
static int build_other(neuron_graph_t **graph, neuron_context_t *context, int64_t member,
                       void *user_data)
{
    static const char *const names[] = {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k"};
    if (!user_data) {
        int status = build_glyphs(graph, context, member, NULL);
        return status < 0
                   ? status
                   : neuron_graph_set_class_names(*graph, NULL, names + (member == 2), CLASSES);
    }
    int status = neuron_graph_create(graph, context);
    if (status < 0)
        return status;
    const int64_t flat[] = {PIXELS}, images[] = {SIDE, SIDE, 1};
    neuron_node_t *x = member == 2 ? neuron_input(*graph, flat, 1)
                                   : neuron_flatten(*graph, neuron_input(*graph, images, 3));
    x = neuron_dense(*graph, x, CLASSES, NULL);
    return neuron_graph_finish(*graph, neuron_softmax(*graph, x, NULL));
}

START_TEST(test_members_that_cannot_be_joined)
{
    bench b;
    for (int i = 0; i < 2; i++) {
        set_up(&b, "members=3");
        assert_ok(
            neuron_committee_trainer_set_builder(b.trainer, build_other, i ? &b : NULL, NULL));
        assert_status(neuron_committee_trainer_run(NULL, b.trainer),
                      i ? NEURON_E_SHAPE : NEURON_E_DATA);
        assert_message(i ? "committee: member 2" : "committee: class 0 is \"a\" in member 0");
        ck_assert(progress(&b, "epochs_done") == 0);
        assert_status(neuron_committee_trainer_weights(NULL, 0, NULL, b.trainer), NEURON_E_STATE);
        tear_down(&b);
    }
}
END_TEST

/* A run that could not begin has not begun. */
START_TEST(test_folder_that_cannot_be_made)
{
    bench b;
    calls c = {.fail_at = -1};
    set_up(&b, "members=2");
    assert_ok(neuron_committee_trainer_set_folder(b.trainer, test_file("nowhere/committee")));
    assert_status(neuron_committee_trainer_run(NULL, b.trainer), NEURON_E_IO);
    ck_assert_ptr_null(neuron_committee_trainer_member(b.trainer, 0));
    assert_ok(neuron_committee_trainer_set_builder(b.trainer, build_counted, &c, NULL));
    assert_ok(neuron_committee_trainer_set_folder(b.trainer, NULL));
    free(train(&b).data);
    ck_assert_int_eq(c.made, 2);
    tear_down(&b);
}
END_TEST

/* ---- Progress from another thread ---- */

typedef struct watcher {
    neuron_committee_trainer_t *trainer;
    atomic_bool over;
    bool wrong;
} watcher;

static void *watch(void *user_data)
{
    watcher *w = user_data;
    static const char *const figures[] = {"members",     "members_done", "epochs",
                                          "epochs_done", "seconds",      "side_by_side"};
    double seconds = 0;
    while (!atomic_load(&w->over))
        for (int i = 0; i < 6; i++) {
            double number = neuron_committee_trainer_progress(w->trainer, figures[i]);
            w->wrong = w->wrong || !(number >= 0) || (i == 4 && number < seconds);
            seconds = i == 4 ? number : seconds;
        }
    return NULL;
}

START_TEST(test_progress_from_another_thread)
{
    static const char *const options[] = {"members=3, epochs=3", "method=adaboost, epochs=3",
                                          "method=snapshot, members=2, epochs=3"};
    bench b;
    pthread_t thread;
    set_up(&b, options[_i]);
    watcher w = {.trainer = b.trainer};
    ck_assert_int_eq(pthread_create(&thread, NULL, watch, &w), 0);
    for (int i = 0; i < 3; i++)
        free(train(&b).data);
    atomic_store(&w.over, true);
    pthread_join(thread, NULL);
    ck_assert(!w.wrong);
    tear_down(&b);
}
END_TEST

static int fail_second(neuron_trainer_t *trainer, int64_t member, void *user_data)
{
    (void)trainer;
    (void)user_data;
    return member == 1 ? NEURON_E_IO : 0;
}

START_TEST(test_failing_member)
{
    bench b;
    int left = 2;
    set_up(&b, "members=3, epochs=2, side_by_side=yes");
    assert_ok(neuron_committee_trainer_set_setup(b.trainer, fail_second, NULL, NULL));
    assert_status(neuron_committee_trainer_run(NULL, b.trainer), NEURON_E_IO);
    assert_message("committee: member 1: its setup returned");
    tear_down(&b);
    set_up(&b, "members=3, epochs=2, side_by_side=yes");
    assert_ok(neuron_committee_trainer_set_setup(b.trainer, set_up_function, &left, NULL));
    assert_status(neuron_committee_trainer_run(NULL, b.trainer), NEURON_E_DATA);
    assert_message("committee: member 1: the callback function returned");
    ck_assert(progress(&b, "side_by_side") == 1); /* the caller's functions are for one thread */
    ck_assert(progress(&b, "members_done") == 1);
    free(train(&b).data); /* goes on behind the step */
    ck_assert(progress(&b, "members_done") == 3);
    tear_down(&b);
}
END_TEST

typedef struct jump {
    int left;
    jmp_buf back;
} jump;

static int jump_away(neuron_trainer_t *trainer, int32_t event, void *user_data)
{
    (void)trainer;
    (void)event;
    jump *j = user_data;
    if (j->left-- == 0)
        longjmp(j->back, 1);
    return 0;
}

static int set_up_jump(neuron_trainer_t *trainer, int64_t member, void *user_data)
{
    if (member < 1 || !user_data)
        return 0;
    return neuron_trainer_add_function(trainer, NEURON_EVENT_STEP_END, jump_away, user_data, NULL);
}

/* A run that was left in the midst of a member goes on behind the step that was done. */
START_TEST(test_left_member)
{
    static jump j;
    bench b, whole;
    j.left = 2;
    set_up(&whole, "members=2, epochs=2");
    set_up(&b, "members=2, epochs=2");
    assert_ok(neuron_committee_trainer_set_setup(b.trainer, set_up_jump, &j, NULL));
    if (setjmp(j.back) == 0) {
        (void)run_deep(b.trainer);
        ck_abort_msg("the callback has not left it");
    }
    test_bytes found = train(&b), expected = train(&whole);
    ck_assert(same_bytes(found, expected));
    free(found.data);
    free(expected.data);
    tear_down(&b);
    tear_down(&whole);
}
END_TEST

START_TEST(test_callbacks)
{
    bench b;
    neuron_callback_t *stop, *log;
    set_up(&b, "members=2, epochs=9, method=bagging");
    assert_ok(neuron_callback_create(&stop, b.context, "early_stopping",
                                     "monitor=loss, min_delta=1000, patience=2"));
    assert_ok(neuron_callback_create_csv_log(&log, b.context, test_file("log.csv")));
    assert_status(neuron_committee_trainer_add_callback(b.trainer, log), NEURON_E_ARGUMENT);
    assert_message("all members would write the one file of this csv_log");
    assert_ok(neuron_committee_trainer_add_callback(b.trainer, stop));
    free(train(&b).data);
    assert_status(neuron_committee_trainer_add_callback(b.trainer, stop), NEURON_E_STATE);
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(neuron_history_epochs(neuron_committee_trainer_history(b.trainer, i)), 3);
    ck_assert(progress(&b, "epochs_done") == 18); /* those that were left out too */
    neuron_callback_unref(stop);
    neuron_callback_unref(log);
    tear_down(&b);
}
END_TEST

/* ---- Members that are built already ---- */

START_TEST(test_given_members)
{
    bench b;
    neuron_graph_t *graphs[2], *committee;
    int32_t counts[EXAMPLES];
    assert_ok(set_up_in(&b, test_context(), "epochs=1"));
    assert_status(neuron_committee_trainer_example_counts(counts, EXAMPLES, NULL, b.trainer, 0),
                  NEURON_E_STATE);
    assert_status(neuron_committee_trainer_run(NULL, b.trainer), NEURON_E_ARGUMENT);
    assert_message("has neither a builder nor members");
    for (int i = 0; i < 2; i++) {
        assert_ok(build_glyphs(&graphs[i], b.context, 0, NULL));
        assert_ok(neuron_committee_trainer_add_member(b.trainer, graphs[i]));
    }
    assert_status(neuron_committee_trainer_add_member(b.trainer, graphs[1]), NEURON_E_ARGUMENT);
    assert_message("graph is member 1 already");
    assert_status(neuron_committee_trainer_set_builder(b.trainer, build_glyphs, NULL, NULL),
                  NEURON_E_STATE);
    ck_assert_int_eq(neuron_committee_trainer_member_count(b.trainer), 2);
    assert_ok(neuron_committee_trainer_run(&committee, b.trainer));
    ck_assert_ptr_eq(neuron_committee_trainer_member(b.trainer, 1), graphs[1]);
    test_bytes first = bytes_of(graphs[0]), second = bytes_of(graphs[1]);
    ck_assert(!same_bytes(first, second)); /* their trainers have seeds of their own */
    free(first.data);
    free(second.data);
    neuron_graph_unref(committee);
    neuron_graph_unref(graphs[0]);
    neuron_graph_unref(graphs[1]);
    tear_down(&b);
}
END_TEST

START_TEST(test_wrong_arguments)
{
    bench b;
    neuron_committee_trainer_t *trainer;
    set_up(&b, "method=folds, members=5, folds=2");
    assert_status(
        neuron_committee_trainer_create(&trainer, b.context, b.optimizer, b.train, "method=baging"),
        NEURON_E_ARGUMENT);
    ck_assert_ptr_null(trainer);
    assert_status(neuron_committee_trainer_create(&trainer, b.context, b.optimizer, NULL, NULL),
                  NEURON_E_ARGUMENT);
    assert_status(neuron_committee_trainer_run(NULL, b.trainer), NEURON_E_ARGUMENT);
    assert_message("5 members for 2 folds; there must be 2 folds or more, and as many members");
    assert_status(neuron_committee_trainer_run(NULL, NULL), NEURON_E_ARGUMENT);
    ck_assert(isnan(neuron_committee_trainer_progress(NULL, "members")));
    ck_assert_int_eq(neuron_committee_trainer_member_count(NULL), 0);
    tear_down(&b);
    set_up(&b, "method=folds, members=121");
    assert_status(neuron_committee_trainer_run(NULL, b.trainer), NEURON_E_DATA);
    assert_message("121 folds of 120 examples");
    tear_down(&b);
}
END_TEST

/* ---- Memory ---- */

/* All that a run with a folder does. */
static int do_all(bench *b, neuron_context_t *context, const char *folder, bool snapshots)
{
    neuron_graph_t *committee = NULL;
    neuron_tensor_t *all = NULL;
    neuron_callback_t *stop = NULL;
    int status = set_up_in(
        b, context,
        snapshots ? "method=snapshot, members=2, combine=weighted_mean"
                  : "method=bagging, members=2, combine=weighted_mean, feature_fraction=0.5");
    if (status == NEURON_OK)
        status = neuron_callback_create(&stop, context, "early_stopping", "restore_best=yes");
    if (status == NEURON_OK && !snapshots)
        status = neuron_committee_trainer_add_callback(b->trainer, stop);
    if (status == NEURON_OK)
        status = neuron_committee_trainer_set_validation(b->trainer, b->validation);
    if (status == NEURON_OK)
        status = neuron_committee_trainer_set_builder(b->trainer, build_glyphs, NULL, NULL);
    if (status == NEURON_OK)
        status = neuron_committee_trainer_set_folder(b->trainer, folder);
    if (status == NEURON_OK)
        status = neuron_committee_trainer_run(&committee, b->trainer);
    if (status == NEURON_OK && !snapshots)
        status = neuron_committee_trainer_out_of_fold(&all, b->trainer, 0);
    neuron_tensor_unref(all);
    neuron_graph_unref(committee);
    neuron_callback_unref(stop);
    return status;
}

START_TEST(test_failing_allocations)
{
    int status = NEURON_E_MEMORY;
    const char *folder = test_file("memory");
    for (long allowed = 0; status != NEURON_OK; allowed += 1 + allowed / 40) {
        test_memory memory;
        neuron_context_t *context = test_limited_context(&memory);
        assert_ok(neuron_context_set(context, "threads=2"));
        bench b;
        atomic_store(&memory.left, allowed);
        status = do_all(&b, context, new_folder(folder), _i == 1);
        if (status != NEURON_OK) {
            assert_status(status, NEURON_E_MEMORY);
            test_refill(&memory);
            if (b.trainer) { /* all goes on */
                (void)neuron_committee_trainer_set_validation(b.trainer, b.validation);
                (void)neuron_committee_trainer_set_builder(b.trainer, build_glyphs, NULL, NULL);
                free(train(&b).data);
            }
        }
        test_refill(&memory);
        tear_down(&b);
        ck_assert_int_eq(atomic_load(&memory.live), 0);
    }
    new_folder(folder);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("committee-trainer");
    TCase *tcase = tcase_create("all");
    tcase_set_timeout(tcase, 240);
    tcase_add_loop_test(tcase, test_members_are_joined, 0, 3);
    tcase_add_test(tcase, test_it_learns);
    tcase_add_test(tcase, test_folds_divide_the_examples);
    tcase_add_test(tcase, test_bootstrap_draws_with_replacement);
    tcase_add_loop_test(tcase, test_held_out_predictions, 0, 2);
    tcase_add_test(tcase, test_initialization_holds_nothing_out);
    tcase_add_loop_test(tcase, test_threads_change_nothing, 0, 3);
    tcase_add_test(tcase, test_random_subspaces);
    tcase_add_test(tcase, test_parameters_behind_features);
    tcase_add_test(tcase, test_snapshots);
    tcase_add_test(tcase, test_snapshots_need_all_epochs);
    tcase_add_loop_test(tcase, test_failing_builder, 0, 3);
    tcase_add_test(tcase, test_builder_without_graph);
    tcase_add_test(tcase, test_left_builder);
    tcase_add_test(tcase, test_votes_are_for_classes);
    tcase_add_loop_test(tcase, test_setups_that_change_too_much, 0, 2);
    tcase_add_test(tcase, test_workers_of_a_setup);
    tcase_add_test(tcase, test_builder_of_one_graph);
    tcase_add_test(tcase, test_members_that_cannot_be_joined);
    tcase_add_test(tcase, test_folder_that_cannot_be_made);
    tcase_add_loop_test(tcase, test_progress_from_another_thread, 0, 3);
    tcase_add_test(tcase, test_failing_member);
    tcase_add_test(tcase, test_left_member);
    tcase_add_test(tcase, test_callbacks);
    tcase_add_test(tcase, test_given_members);
    tcase_add_test(tcase, test_wrong_arguments);
    tcase_add_loop_test(tcase, test_failing_allocations, 0, 2);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
