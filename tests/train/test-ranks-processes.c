/* Ranks as processes: bytes go through sockets, and one of them is killed. */
#include "ranks-bench.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { RANKS = 3 };

/* What a process is. */
typedef struct process {
    int32_t rank;
    int sockets[RANKS]; /* to each other one */
    long exchanges, dies_at;
} process;

/* Sends what fits, and receives what is there, until both are done. */
static int by_sockets(void *received, size_t received_size, int32_t peer, const void *sent,
                      size_t sent_size, void *user_data)
{
    process *own = user_data;
    int socket = own->sockets[peer];
    size_t out = 0, in = 0;
    if (own->exchanges++ == own->dies_at)
        kill(getpid(), SIGKILL);
    while (out < sent_size || in < received_size) {
        struct pollfd wanted = {.fd = socket};
        wanted.events =
            (short)((out < sent_size ? POLLOUT : 0) | (in < received_size ? POLLIN : 0));
        if (poll(&wanted, 1, 60000) <= 0)
            return NEURON_E_IO;        /* in bounded time */
        if (wanted.revents & POLLIN) { /* what is there, or the end of it */
            ssize_t got = read(socket, (char *)received + in, received_size - in);
            if (got == 0 || (got < 0 && errno != EAGAIN))
                return NEURON_E_IO;
            in += got > 0 ? (size_t)got : 0;
        } else if (wanted.revents & POLLOUT) {
            ssize_t put = send(socket, (const char *)sent + out, sent_size - out, MSG_NOSIGNAL);
            if (put < 0 && errno != EAGAIN)
                return NEURON_E_IO;
            out += put > 0 ? (size_t)put : 0;
        } else {
            return NEURON_E_IO;
        }
    }
    return 0;
}

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

static report train_in(process *own)
{
    neuron_context_t *context;
    neuron_communicator_t *communicator;
    report said = {.status = 0};
    assert_ok(neuron_context_create(&context, "seed=1, threads=2"));
    training t = make_training(context, CONVOLUTED);
    assert_ok(neuron_communicator_create(&communicator, context, own->rank, RANKS, by_sockets, own,
                                         NULL));
    assert_ok(neuron_trainer_set_communicator(t.trainer, communicator));
    said.status = neuron_trainer_run(NULL, t.trainer);
    snprintf(said.message, sizeof said.message, "%s", neuron_error_last());
    outcome o = outcome_of(&t);
    said.sum = sum_of(&o);
    end_outcome(&o);
    end_training(&t);
    neuron_communicator_unref(communicator);
    neuron_context_unref(context);
    return said;
}

static void connect_all(int sockets[RANKS][RANKS])
{
    for (int32_t i = 0; i < RANKS; i++)
        for (int32_t j = 0; j < i; j++) {
            int pair[2];
            ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
            sockets[i][j] = pair[0];
            sockets[j][i] = pair[1];
        }
}

static void close_but(int sockets[RANKS][RANKS], int32_t rank)
{
    for (int32_t i = 0; i < RANKS; i++)
        for (int32_t j = 0; j < RANKS; j++)
            if (i != j && i != rank)
                close(sockets[i][j]);
}

/* Runs all ranks; `dying` is killed at an exchange of its. */
static void run_processes(report said[RANKS], int32_t dying, long dies_at)
{
    int sockets[RANKS][RANKS], pipes[RANKS][2];
    pid_t children[RANKS];
    connect_all(sockets);
    for (int32_t rank = 0; rank < RANKS; rank++) {
        ck_assert_int_eq(pipe(pipes[rank]), 0);
        children[rank] = fork();
        if (children[rank] != 0)
            continue;
        process own = {.rank = rank, .dies_at = rank == dying ? dies_at : -1};
        for (int32_t i = 0; i < RANKS; i++)
            own.sockets[i] = i == rank ? -1 : sockets[rank][i];
        close_but(sockets, rank);
        report mine = train_in(&own);
        ssize_t written = write(pipes[rank][1], &mine, sizeof mine);
        _exit(written == (ssize_t)sizeof mine ? 0 : 1);
    }
    close_but(sockets, -1);
    for (int32_t rank = 0; rank < RANKS; rank++) {
        int status;
        close(pipes[rank][1]);
        bool told = read(pipes[rank][0], &said[rank], sizeof said[rank]) == sizeof said[rank];
        close(pipes[rank][0]);
        ck_assert_int_eq(waitpid(children[rank], &status, 0), children[rank]);
        assert_that(told || (rank == dying && WIFSIGNALED(status)), "rank %d ends with %d",
                    (int)rank, status);
    }
}

START_TEST(same_bytes)
{
    report said[RANKS];
    outcome alone = train_alone(CONVOLUTED, "parts=8", 1);
    run_processes(said, -1, -1);
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
        run_processes(said, dying, 40);
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
