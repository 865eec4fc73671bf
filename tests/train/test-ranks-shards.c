/* Ranks with examples of their own: as many as they like, and some that have none left. */
#include "ranks-bench.h"

#include <math.h>

typedef struct task {
    network which;
    const int64_t *shards; /* examples of each rank, one behind the other in all of them */
    const char *options;
    outcome found[TEST_RANKS_MOST];
    double seen[TEST_RANKS_MOST], steps[TEST_RANKS_MOST];
} task;

/* Rank r has those behind the examples of the ranks before it. */
static void give_shard(training *t, const task *given, int32_t rank)
{
    neuron_dataset_t *shard;
    int64_t first = 0;
    for (int32_t i = 0; i < rank; i++)
        first += given->shards[i];
    assert_ok(neuron_dataset_subset(&shard, t->train, first, given->shards[rank]));
    assert_ok(neuron_trainer_set_dataset(t->trainer, shard));
    neuron_dataset_unref(shard);
}

static void run(test_rank *own)
{
    task *given = own->user_data;
    training t = make_training(own->context, given->which);
    give_shard(&t, given, own->rank);
    assert_ok(neuron_trainer_set(t.trainer, given->options));
    assert_ok(neuron_trainer_set_communicator(t.trainer, own->communicator));
    assert_ok(neuron_trainer_run(NULL, t.trainer));
    given->steps[own->rank] = neuron_trainer_progress(t.trainer, "all_steps");
    given->found[own->rank] = outcome_of(&t);
    end_training(&t);
}

static void run_in(task *given, int32_t size, int32_t threads)
{
    test_ranks all = {
        .size = size, .threads = threads, .work = run, .user_data = given, .dying = -1};
    test_run_ranks(&all);
}

static void drop(task *given, int32_t size)
{
    for (int32_t i = 0; i < size; i++)
        end_outcome(&given->found[i]);
}

/* 7, 30 and 13 examples, and 5, 6 and 5 of each batch: the second rank's last for 5 steps. */
START_TEST(unequal)
{
    static const int64_t shards[] = {7, 30, 13};
    task given = {.which = (network)_i, .shards = shards, .options = "data=shard, epochs=2"};
    task again = given;
    run_in(&given, 3, 1);
    run_in(&again, 3, 2);
    for (int32_t i = 0; i < 3; i++) {
        ck_assert_double_eq(given.steps[i], 2 * 5);
        ck_assert_int_eq(given.found[i].epochs, 2);
        ck_assert(isfinite(given.found[i].figures[1][0]));
        ck_assert(same_outcome(&given.found[i], &given.found[0]));
        ck_assert(same_outcome(&again.found[i], &given.found[0]));
    }
    drop(&given, 3);
    drop(&again, 3);
}
END_TEST

/* A training that is saved after an epoch goes on with the same shards. */
static void run_in_two(test_rank *own)
{
    task *given = own->user_data;
    const char *path = given->options;
    training t = make_training(own->context, given->which), rest;
    training *both[] = {&t, &rest};
    rest = make_training(own->context, given->which);
    for (int32_t i = 0; i < 2; i++) {
        give_shard(both[i], given, own->rank);
        assert_ok(neuron_trainer_set(both[i]->trainer, "data=shard, epochs=1"));
        assert_ok(neuron_trainer_set_communicator(both[i]->trainer, own->communicator));
    }
    assert_ok(neuron_trainer_run(NULL, t.trainer));
    assert_ok(neuron_trainer_save(t.trainer, path));
    assert_ok(neuron_communicator_barrier(own->communicator)); /* until it is there */
    assert_ok(neuron_trainer_load(rest.trainer, path));
    assert_ok(neuron_trainer_set(rest.trainer, "epochs=2"));
    assert_ok(neuron_trainer_run(NULL, rest.trainer));
    given->found[own->rank] = outcome_of(&rest);
    end_training(&rest);
    end_training(&t);
}

START_TEST(resumed)
{
    static const int64_t shards[] = {7, 30, 13};
    task whole = {.which = DENSE, .shards = shards, .options = "data=shard, epochs=2"};
    task given = {.which = DENSE, .shards = shards, .options = test_file("shards")};
    test_ranks all = {.size = 3, .work = run_in_two, .user_data = &given, .dying = -1};
    test_run_ranks(&all);
    run_in(&whole, 3, 1);
    for (int32_t i = 0; i < 3; i++)
        ck_assert(same_outcome(&given.found[i], &whole.found[i]));
    drop(&given, 3);
    drop(&whole, 3);
}
END_TEST

/* Where nothing is drawn, shards that are dealt as the batches would be are the same training: an
 * epoch of one step has the examples of all, in the same parts. */
START_TEST(as_whole)
{
    static const int64_t shards[] = {24, 24};
    neuron_context_t *context = test_context();
    training t = make_training(context, DEEP);
    neuron_dataset_t *all;
    assert_ok(neuron_dataset_subset(&all, t.train, 0, 48));
    assert_ok(neuron_trainer_set_dataset(t.trainer, all));
    assert_ok(neuron_trainer_set(t.trainer, "parts=8, shuffle=no, batch_size=48"));
    assert_ok(neuron_trainer_run(NULL, t.trainer));
    outcome whole = outcome_of(&t);
    task given = {
        .which = DEEP, .shards = shards, .options = "data=shard, shuffle=no, batch_size=48"};
    run_in(&given, 2, 1);
    ck_assert(same_outcome(&given.found[0], &whole));
    ck_assert(same_outcome(&given.found[1], &whole));
    drop(&given, 2);
    end_outcome(&whole);
    neuron_dataset_unref(all);
    end_training(&t);
    neuron_context_unref(context);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ranks-shards");
    TCase *tests = tcase_create("ranks-shards");
    tcase_set_timeout(tests, 120);
    tcase_add_loop_test(tests, unequal, 0, NETWORKS);
    tcase_add_test(tests, resumed);
    tcase_add_test(tests, as_whole);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
