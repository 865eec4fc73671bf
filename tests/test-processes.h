/* Ranks as processes: bytes go through sockets, one pair for each two of them. */
#ifndef TEST_PROCESSES_H
#define TEST_PROCESSES_H

#include "test-common.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
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
static inline int by_sockets(void *received, size_t received_size, int32_t peer, const void *sent,
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

/* Whether the peer sends, or is gone. */
static inline int is_readable(int32_t peer, void *user_data)
{
    const process *own = user_data;
    struct pollfd wanted = {.fd = own->sockets[peer], .events = POLLIN};
    return poll(&wanted, 1, 0) != 0;
}

static inline void connect_all(int sockets[RANKS][RANKS])
{
    for (int32_t i = 0; i < RANKS; i++)
        for (int32_t j = 0; j < i; j++) {
            int pair[2];
            ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
            sockets[i][j] = pair[0];
            sockets[j][i] = pair[1];
        }
}

static inline void close_but(int sockets[RANKS][RANKS], int32_t rank)
{
    for (int32_t i = 0; i < RANKS; i++)
        for (int32_t j = 0; j < RANKS; j++)
            if (i != j && i != rank)
                close(sockets[i][j]);
}

/* What a process does, and tells: bytes that begin as zeros. It is killed at `dies_at` of what it
 * counts, which is -1 for never. */
typedef void (*process_work)(void *told, process *own, long dies_at);

/* Runs all ranks, each of which tells `size` bytes; those of one that is killed, `dying`, stay. */
static inline void run_processes(void *said, size_t size, process_work work, int32_t dying,
                                 long dies_at)
{
    int sockets[RANKS][RANKS], pipes[RANKS][2];
    pid_t children[RANKS];
    connect_all(sockets);
    for (int32_t rank = 0; rank < RANKS; rank++) {
        ck_assert_int_eq(pipe(pipes[rank]), 0);
        children[rank] = fork();
        if (children[rank] != 0)
            continue;
        process own = {.rank = rank, .dies_at = -1};
        for (int32_t i = 0; i < RANKS; i++)
            own.sockets[i] = i == rank ? -1 : sockets[rank][i];
        close_but(sockets, rank);
        void *told = calloc(1, size);
        work(told, &own, rank == dying ? dies_at : -1);
        _exit(write(pipes[rank][1], told, size) == (ssize_t)size ? 0 : 1);
    }
    close_but(sockets, -1);
    for (int32_t rank = 0; rank < RANKS; rank++) {
        int status;
        close(pipes[rank][1]);
        bool told = read(pipes[rank][0], (char *)said + (size_t)rank * size, size) == (ssize_t)size;
        close(pipes[rank][0]);
        ck_assert_int_eq(waitpid(children[rank], &status, 0), children[rank]);
        assert_that(told || (rank == dying && WIFSIGNALED(status)), "rank %d ends with %d",
                    (int)rank, status);
    }
}

#endif
