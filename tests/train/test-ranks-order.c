/* Trainings of several ranks with order=any: sums are the communicator's own, where it has one. */
#include "ranks-bench.h"

#include <stdio.h>

enum { RANKS = 3 };

/* What the ranks do, and what each says of it. */
typedef struct task {
    const char *options;
    bool has_sum[RANKS];
    bool fails; /* the sum, on all ranks, as none has what one does not */
    atomic_long sums;
    int status[RANKS];
    char messages[RANKS][512];
    outcome found[RANKS];
} task;

/* Each rank gives its numbers to all, which add them up from the last rank on. */
static int sum_of_all(float *values, int64_t count, void *user_data)
{
    test_rank *own = user_data;
    task *given = own->user_data;
    int32_t ranks = own->all->size;
    size_t bytes = (size_t)count * sizeof *values;
    float *all = malloc((size_t)ranks * bytes);
    int status = 0;
    ck_assert(all);
    atomic_fetch_add(&given->sums, 1);
    memcpy(all + own->rank * count, values, bytes);
    for (int32_t round = 0; round < ranks; round++) {
        int32_t peer = (round - own->rank + ranks) % ranks;
        if (peer != own->rank && status == 0)
            status = test_exchange(all + peer * count, bytes, peer, values, bytes, own);
    }
    memset(values, 0, bytes);
    for (int32_t rank = ranks - 1; rank >= 0; rank--)
        for (int64_t i = 0; i < count; i++)
            values[i] += all[rank * count + i];
    free(all);
    return given->fails ? 7 : status;
}

static void train_rank(test_rank *own)
{
    task *given = own->user_data;
    int32_t rank = own->rank;
    training t = make_training(own->context, DENSE);
    if (given->has_sum[rank])
        assert_ok(neuron_communicator_set_sum(own->communicator, sum_of_all));
    assert_ok(neuron_trainer_set(t.trainer, given->options));
    assert_ok(neuron_trainer_set_communicator(t.trainer, own->communicator));
    given->status[rank] = neuron_trainer_run(NULL, t.trainer);
    snprintf(given->messages[rank], sizeof given->messages[rank], "%s", neuron_error_last());
    if (given->status[rank] < 0 && given->fails) /* and so does every later run */
        ck_assert_int_eq(neuron_trainer_run(NULL, t.trainer), given->status[rank]);
    given->found[rank] = outcome_of(&t);
    end_training(&t);
}

static void run_in(task *given, int32_t threads)
{
    test_ranks all = {
        .size = RANKS, .threads = threads, .work = train_rank, .user_data = given, .dying = -1};
    test_run_ranks(&all);
}

static void drop(task *given)
{
    for (int32_t i = 0; i < RANKS; i++)
        end_outcome(&given->found[i]);
}

static task make_task(const char *options)
{
    return (task){.options = options, .has_sum = {true, true, true}};
}

/* All ranks have the same, which is nearly what sums in order make. */
START_TEST(any_order)
{
    outcome ordered = train_alone(DENSE, "parts=3", 1);
    for (int32_t threads = 1; threads <= 2; threads++) {
        task given = make_task("order=any, parts=8");
        run_in(&given, threads);
        ck_assert_int_gt(given.sums, 0);
        for (int32_t i = 0; i < RANKS; i++) {
            assert_that(given.status[i] == 0, "%s", given.messages[i]);
            ck_assert(same_outcome(&given.found[i], &given.found[0]));
        }
        ck_assert_uint_eq(given.found[0].count, ordered.count);
        for (size_t i = 0; i < ordered.count; i++)
            ck_assert_float_eq_tol(given.found[0].parameters[i], ordered.parameters[i], 2e-3f);
        drop(&given);
    }
    end_outcome(&ordered);
}
END_TEST

/* Without a sum of its own the communicator's exchanges make them in order. */
START_TEST(without_a_sum)
{
    outcome ordered = train_alone(DENSE, "parts=3", 1);
    task given = make_task("order=any");
    memset(given.has_sum, 0, sizeof given.has_sum);
    run_in(&given, 1);
    for (int32_t i = 0; i < RANKS; i++)
        ck_assert(same_outcome(&given.found[i], &ordered));
    drop(&given);
    end_outcome(&ordered);
}
END_TEST

/* A single rank has whole batches. */
START_TEST(alone)
{
    outcome whole = train_alone(DENSE, "parts=1", 1), any = train_alone(DENSE, "order=any", 1);
    ck_assert(same_outcome(&whole, &any));
    end_outcome(&whole);
    end_outcome(&any);
}
END_TEST

START_TEST(failing)
{
    for (int32_t threads = 1; threads <= 2; threads++) {
        task given = make_task("order=any");
        given.fails = true;
        run_in(&given, threads);
        for (int32_t i = 0; i < RANKS; i++) {
            ck_assert_int_eq(given.status[i], NEURON_E_CALLBACK);
            assert_that(
                strstr(given.messages[i], "rank 0: communicator: the sum over ranks failed"), "%s",
                given.messages[i]);
            ck_assert(same_outcome(&given.found[i], &given.found[0]));
        }
        drop(&given);
    }
}
END_TEST

/* Not all have a sum, or the option. */
START_TEST(refused)
{
    task given = make_task("order=any");
    given.has_sum[2] = false;
    run_in(&given, 1);
    for (int32_t i = 0; i < RANKS; i++) {
        ck_assert_int_eq(given.status[i], NEURON_E_ARGUMENT);
        ck_assert_str_eq(given.messages[i],
                         "trainer: whether the communicator adds up in any order "
                         "is 0 on rank 2, 1 on rank 0");
    }
    drop(&given);
    assert_status(neuron_communicator_set_sum(NULL, sum_of_all), NEURON_E_ARGUMENT);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ranks-order");
    TCase *tests = tcase_create("ranks-order");
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, any_order);
    tcase_add_test(tests, without_a_sum);
    tcase_add_test(tests, alone);
    tcase_add_test(tests, failing);
    tcase_add_test(tests, refused);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
