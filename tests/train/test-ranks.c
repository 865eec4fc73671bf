/* Trainings of several ranks: the same bytes for any number of them, and of threads. */
#include "ranks-bench.h"

#include <math.h>

/* What each rank does, and what is to come of it. */
typedef struct task {
    network which;
    const char *options;
    outcome expected;
} task;

static void train_rank(test_rank *own)
{
    const task *given = own->user_data;
    training t = make_training(own->context, given->which);
    assert_ok(neuron_trainer_set(t.trainer, given->options));
    assert_ok(neuron_trainer_set_communicator(t.trainer, own->communicator));
    assert_ok(neuron_trainer_run(NULL, t.trainer));
    outcome found = outcome_of(&t);
    assert_that(same_outcome(&found, &given->expected), "rank %d of %d, network %d, %d threads",
                (int)own->rank, (int)own->all->size, (int)given->which, (int)own->all->threads);
    end_outcome(&found);
    end_training(&t);
}

static void in_ranks(task *given, int32_t size, int32_t threads)
{
    test_ranks all = {
        .size = size, .threads = threads, .work = train_rank, .user_data = given, .dying = -1};
    test_run_ranks(&all);
}

START_TEST(same_bytes)
{
    task given = {.which = (network)_i, .options = "parts=8"};
    given.expected = train_alone(given.which, given.options, 1);
    outcome more = train_alone(given.which, given.options, 3);
    ck_assert(same_outcome(&more, &given.expected));
    end_outcome(&more);
    static const int32_t sizes[] = {1, 2, 3, 4, 8};
    for (int32_t i = 0; i < 5; i++)
        in_ranks(&given, sizes[i], 1 + i % 4);
    end_outcome(&given.expected);
}
END_TEST

/* Numbers of parts that are no power of two, and of ranks that share them unevenly. */
START_TEST(odd_numbers)
{
    static const struct {
        const char *parts;
        int32_t ranks;
    } cases[] = {{"parts=3", 2}, {"parts=5", 3}, {"parts=5", 5}, {"parts=7", 6}, {"parts=16", 5}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        task given = {.which = DENSE, .options = cases[i].parts};
        given.expected = train_alone(given.which, given.options, 1);
        in_ranks(&given, cases[i].ranks, 1);
        end_outcome(&given.expected);
    }
}
END_TEST

/* Parts are nothing but another way to compute the same, where nothing is drawn. */
START_TEST(as_whole_batches)
{
    static const network same[] = {LINEAR, DEEP};
    outcome whole = train_alone(same[_i], "parts=1", 1), cut = train_alone(same[_i], "parts=8", 1);
    ck_assert_uint_eq(whole.count, cut.count);
    for (size_t i = 0; i < whole.count; i++)
        assert_that(fabsf(whole.parameters[i] - cut.parameters[i]) < 2e-3f, "%g and %g at %d",
                    (double)whole.parameters[i], (double)cut.parameters[i], (int)i);
    for (int64_t i = 0; i < whole.epochs; i++)
        ck_assert_double_eq_tol(whole.figures[i][0], cut.figures[i][0], 1e-3);
    end_outcome(&whole);
    end_outcome(&cut);
}
END_TEST

/* One part is the batch, as it always was. */
START_TEST(one_part)
{
    for (int32_t which = 0; which < NETWORKS; which++) {
        task given = {.which = (network)which, .options = "parts=1"};
        given.expected = train_alone(given.which, "epochs=3", 1);
        in_ranks(&given, 1, 2);
        end_outcome(&given.expected);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ranks");
    TCase *tests = tcase_create("ranks");
    tcase_set_timeout(tests, 280);
    tcase_add_loop_test(tests, same_bytes, 0, NETWORKS);
    tcase_add_test(tests, odd_numbers);
    tcase_add_loop_test(tests, as_whole_batches, 0, 2);
    tcase_add_test(tests, one_part);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
