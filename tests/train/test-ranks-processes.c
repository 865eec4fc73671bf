/* Ranks as processes: one of them is killed. */
#include "ranks-bench.h"
#include "test-processes.h"

#include <stdio.h>

/* What a process tells its parent. */
typedef struct report {
    int status;
    uint64_t sum; /* of the parameters */
    char message[512];
} report;

static uint64_t sum_of(const outcome *o)
{
    uint64_t sum = 1;
    for (size_t i = 0; i < o->count; i++) {
        uint32_t bits;
        memcpy(&bits, &o->parameters[i], sizeof bits);
        sum = (sum ^ bits) * 0x100000001b3;
    }
    return sum;
}

static void train_in(void *told, process *own, long dies_at)
{
    report *said = told;
    own->dies_at = dies_at; /* of its exchanges */
    neuron_context_t *context;
    neuron_communicator_t *communicator;
    assert_ok(neuron_context_create(&context, "seed=1, threads=2"));
    training t = make_training(context, CONVOLUTED);
    assert_ok(neuron_communicator_create(&communicator, context, own->rank, RANKS, by_sockets, own,
                                         NULL));
    assert_ok(neuron_trainer_set_communicator(t.trainer, communicator));
    said->status = neuron_trainer_run(NULL, t.trainer);
    snprintf(said->message, sizeof said->message, "%s", neuron_error_last());
    outcome o = outcome_of(&t);
    said->sum = sum_of(&o);
    end_outcome(&o);
    end_training(&t);
    neuron_communicator_unref(communicator);
    neuron_context_unref(context);
}

START_TEST(same_bytes)
{
    report said[RANKS];
    outcome alone = train_alone(CONVOLUTED, "parts=8", 1);
    run_processes(said, sizeof said[0], train_in, -1, -1);
    for (int32_t i = 0; i < RANKS; i++) {
        assert_that(said[i].status == 0, "rank %d says %s", (int)i, said[i].message);
        ck_assert_uint_eq(said[i].sum, sum_of(&alone));
    }
    end_outcome(&alone);
}
END_TEST

START_TEST(killed)
{
    for (int32_t dying = 0; dying < RANKS; dying++) {
        report said[RANKS];
        run_processes(said, sizeof said[0], train_in, dying, 40);
        for (int32_t i = 0; i < RANKS; i++) {
            if (i == dying)
                continue;
            ck_assert_int_eq(said[i].status, NEURON_E_IO);
            assert_that(strstr(said[i].message, " is gone"), "%s", said[i].message);
        }
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ranks-processes");
    TCase *tests = tcase_create("ranks-processes");
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, same_bytes);
    tcase_add_test(tests, killed);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
