/* A search by processes, one of which is killed while it tries something: the others go on, and the
 * log has all. */
#include "test-processes.h"

#include <libneuron-committee/committees.h>

#include <stdio.h>

enum { TRIALS = 20, KILLED = 1 };

static const char *path;

typedef struct report {
    int status;
    int tried;
    double scores[TRIALS];
    char message[512];
} report;

typedef struct work {
    int tried;
    long dies_at;
    useconds_t takes; /* microseconds */
} work;

static int try_one(double *score, const neuron_trial_t *trial, void *user_data)
{
    work *w = user_data;
    if (w->tried++ == w->dies_at)
        kill(getpid(), SIGKILL);
    usleep(w->takes);
    *score = (double)(neuron_trial_seed(trial) % 1000) / 7;
    return neuron_trial_add_figure(trial, "figure", *score / 3);
}

static void search_in(void *told, process *own, long dies_at)
{
    report *said = told;
    static const double levels[] = {1, 2, 3, 4, 5};
    work w = {.dies_at = dies_at, .takes = dies_at < 0 ? 20000 : 0}; /* that one gets enough */
    neuron_context_t *context;
    neuron_communicator_t *communicator;
    neuron_search_t *search;
    assert_ok(neuron_context_create(&context, "threads=1"));
    assert_ok(neuron_communicator_create(&communicator, context, own->rank, RANKS, by_sockets, own,
                                         NULL));
    assert_ok(neuron_communicator_set_ready(communicator, is_readable));
    assert_ok(neuron_search_create(&search, context, try_one, &w, NULL, NULL));
    assert_ok(neuron_search_add_factor(search, "a", levels, 5));
    assert_ok(neuron_search_add_factor(search, "b", levels, 4));
    assert_ok(neuron_search_set_log(search, path));
    assert_ok(neuron_search_set_communicator(search, communicator));
    said->status = neuron_search_run_random(search, TRIALS, 9);
    snprintf(said->message, sizeof said->message, "%s", neuron_error_last());
    for (int i = 0; i < neuron_search_trial_count(search); i++)
        said->scores[i] = neuron_trial_score(neuron_search_trial(search, i));
    said->tried = w.tried;
    neuron_search_unref(search);
    neuron_communicator_unref(communicator);
    neuron_context_unref(context);
}

START_TEST(killed)
{
    report said[RANKS], again[RANKS];
    path = test_file("processes.jsonl");
    for (int32_t dying = -1; dying < RANKS; dying++) {
        unlink(path);
        for (int32_t i = 0; i < RANKS; i++)
            said[i].status = KILLED;
        run_processes(said, sizeof said[0], search_in, dying, 2);
        int tried = 0;
        for (int32_t i = 0; i < RANKS; i++) {
            if (i == dying)
                continue;
            tried += said[i].tried;
            if (dying == 0) { /* nobody hands out */
                ck_assert_int_eq(said[i].status, NEURON_E_IO);
                assert_that(strstr(said[i].message, "rank 0 is gone"), "%s", said[i].message);
                continue;
            }
            assert_that(said[i].status == 0, "rank %d says %s", (int)i, said[i].message);
            ck_assert_mem_eq(said[i].scores, said[0].scores, sizeof said[0].scores);
        }
        if (dying >= 0)
            ck_assert_int_eq(said[dying].status, KILLED);
        if (dying != 0) /* the killed one has done two before */
            ck_assert_int_eq(tried, TRIALS - (dying > 0 ? 2 : 0));
        run_processes(again, sizeof again[0], search_in, -1,
                      -1); /* what is left, if something is */
        for (int32_t i = 0; i < RANKS; i++) {
            ck_assert_int_eq(again[i].status, 0);
            if (dying != 0) {
                ck_assert_int_eq(again[i].tried, 0);
                ck_assert_mem_eq(again[i].scores, said[0].scores, sizeof said[0].scores);
            }
        }
    }
    unlink(path);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("search-processes");
    TCase *tests = tcase_create("search-processes");
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, killed);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
