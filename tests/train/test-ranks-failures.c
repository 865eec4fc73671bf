/* Trainings of several ranks of which one has no memory left, or is gone: all others end, and know
 * why. */
#include "ranks-bench.h"

#include <stdio.h>

/* What each rank does, and what comes of it. */
typedef struct task {
    network which;
    test_memory *memory; /* of `culprit` */
    int32_t culprit;
    long left; /* allocations that it has for its run */
    int status[TEST_RANKS_MOST];
    char messages[TEST_RANKS_MOST][512];
    outcome found[TEST_RANKS_MOST];
} task;

static void run(test_rank *own)
{
    task *given = own->user_data;
    training t = make_training(own->context, given->which);
    assert_ok(neuron_trainer_set_communicator(t.trainer, own->communicator));
    if (given->memory && own->rank == given->culprit)
        atomic_store(&given->memory->left, given->left);
    given->status[own->rank] = neuron_trainer_run(NULL, t.trainer);
    if (given->memory && own->rank == given->culprit)
        test_refill(given->memory);
    snprintf(given->messages[own->rank], sizeof given->messages[0], "%s", neuron_error_last());
    given->found[own->rank] = outcome_of(&t);
    end_training(&t);
}

static void drop(task *given, int32_t size)
{
    for (int32_t i = 0; i < size; i++)
        end_outcome(&given->found[i]);
}

/* Each allocation of a run fails in turn, on one rank of three. */
START_TEST(little_memory)
{
    long left = 0;
    for (bool failed = true; failed; left += left < 40 ? 1 : 3) {
        test_memory memory;
        task given = {.which = DENSE, .memory = &memory, .culprit = _i, .left = left};
        test_ranks all = {.size = 3, .work = run, .user_data = &given, .dying = -1};
        all.contexts[_i] = test_limited_context(&memory);
        assert_ok(neuron_context_set_seed(all.contexts[_i], 1));
        test_run_ranks(&all);
        failed = given.status[0] != 0;
        for (int32_t i = 0; i < 3; i++) {
            char begin[32];
            ck_assert_int_eq(given.status[i], failed ? NEURON_E_MEMORY : 0);
            snprintf(begin, sizeof begin, "rank %d: ", _i);
            assert_that(!failed || strstr(given.messages[i], begin) == given.messages[i],
                        "rank %d says %s after %ld", (int)i, given.messages[i], left);
            /* Nobody has done a step more than the others. */
            ck_assert(same_outcome(&given.found[i], &given.found[0]));
        }
        drop(&given, 3);
        neuron_context_unref(all.contexts[_i]);
        ck_assert_int_eq(atomic_load(&memory.live), 0);
    }
    ck_assert_int_gt(left, 20);
}
END_TEST

/* One rank is gone from any of its exchanges on. */
START_TEST(gone)
{
    int32_t size = 2 + _i;
    for (int32_t dying = 0; dying < size; dying++)
        for (long at = 0; at < 400; at += 13) {
            task given = {.which = DENSE};
            test_ranks all = {
                .size = size, .work = run, .user_data = &given, .dying = dying, .dies_at = at};
            test_run_ranks(&all);
            bool over = given.status[dying] == 0; /* it did not come so far */
            for (int32_t i = 0; i < size && !over; i++) {
                ck_assert_int_eq(given.status[i], NEURON_E_IO);
                assert_that(strstr(given.messages[i], " is gone"), "%s", given.messages[i]);
            }
            drop(&given, size);
            if (over)
                break;
        }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ranks-failures");
    TCase *tests = tcase_create("ranks-failures");
    tcase_set_timeout(tests, 280);
    tcase_add_loop_test(tests, little_memory, 0, 3);
    tcase_add_loop_test(tests, gone, 0, 3);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
