/* Communicators: what all ranks do together, for any number of them, and what becomes of it when
 * one is gone. */
#include "test-ranks.h"

#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- What they give ---- */

static void do_all(test_rank *own)
{
    neuron_communicator_t *c = own->communicator;
    int32_t size = own->all->size;
    enum { MANY = 5000 }; /* more than goes at once */
    ck_assert_int_eq(neuron_communicator_rank(c), own->rank);
    ck_assert_int_eq(neuron_communicator_size(c), size);
    assert_ok(neuron_communicator_barrier(c));
    for (int32_t root = 0; root < size; root++) {
        char text[32] = "";
        if (own->rank == root)
            snprintf(text, sizeof text, "from rank %d", (int)root);
        assert_ok(neuron_communicator_broadcast(text, sizeof text, c, root));
        char expected[32];
        snprintf(expected, sizeof expected, "from rank %d", (int)root);
        ck_assert_str_eq(text, expected);
    }
    int32_t *numbers = malloc(MANY * sizeof *numbers);
    int32_t *all = malloc((size_t)size * MANY * sizeof *all);
    for (int32_t i = 0; i < MANY; i++)
        numbers[i] = own->rank * MANY + i;
    assert_ok(neuron_communicator_gather(all, c, numbers, MANY * sizeof *numbers));
    for (int32_t i = 0; i < size * MANY; i++)
        ck_assert_int_eq(all[i], i);
    double *sums = malloc(MANY * sizeof *sums);
    for (int32_t i = 0; i < MANY; i++)
        sums[i] = own->rank + 0.25 * i;
    assert_ok(neuron_communicator_sum(sums, MANY, c));
    for (int32_t i = 0; i < MANY; i++)
        ck_assert_double_eq(sums[i], size * (size - 1) / 2 + size * 0.25 * i);
    /* Zero bytes are fine. */
    assert_ok(neuron_communicator_broadcast(NULL, 0, c, size - 1));
    assert_ok(neuron_communicator_gather(NULL, c, NULL, 0));
    assert_ok(neuron_communicator_sum(NULL, 0, c));
    free(sums);
    free(all);
    free(numbers);
}

START_TEST(all_numbers_of_ranks)
{
    for (int32_t size = 1; size <= 13; size++) {
        test_ranks all = {.size = size, .work = do_all, .dying = -1};
        test_run_ranks(&all);
    }
}
END_TEST

/* Doubles whose sum depends on the order: ((0 + 1) + (2 + 3)) + 4. */
static void sum_in_order(test_rank *own)
{
    const double numbers[] = {1, 0x1p-53, 0x1p-53, 0x1p-53, 0x1p-52};
    double sum = numbers[own->rank];
    assert_ok(neuron_communicator_sum(&sum, 1, own->communicator));
    ck_assert_double_eq(sum, (1 + 0x1p-53) + (0x1p-53 + 0x1p-53) + 0x1p-52);
}

START_TEST(sums_have_an_order)
{
    test_ranks all = {.size = 5, .work = sum_in_order, .dying = -1};
    test_run_ranks(&all);
}
END_TEST

/* ---- A rank that is gone ---- */

/* What came of the calls of each rank. */
typedef struct outcomes {
    int32_t call; /* which is tried */
    int status[TEST_RANKS_MOST];
    char messages[TEST_RANKS_MOST][512];
} outcomes;

static int try(neuron_communicator_t *c, int32_t call, int32_t root)
{
    double numbers[4] = {0}, all[4 * TEST_RANKS_MOST];
    switch (call) {
    case 0:
        return neuron_communicator_barrier(c);
    case 1:
        return neuron_communicator_broadcast(numbers, sizeof numbers, c, root);
    case 2:
        return neuron_communicator_gather(all, c, numbers, sizeof numbers);
    default:
        return neuron_communicator_sum(numbers, 4, c);
    }
}

static void lose_one(test_rank *own)
{
    outcomes *found = own->user_data;
    found->status[own->rank] = try(own->communicator, found->call, 1);
    if (own->rank == own->all->dying)
        return;
    if (found->status[own->rank] == 0) /* it died too late for that */
        found->status[own->rank] = neuron_communicator_barrier(own->communicator);
    snprintf(found->messages[own->rank], sizeof found->messages[0], "%s", neuron_error_last());
    /* Once it is known, nobody waits for anybody. */
    ck_assert_int_eq(neuron_communicator_barrier(own->communicator), found->status[own->rank]);
    ck_assert_str_eq(neuron_error_last(), found->messages[own->rank]);
}

START_TEST(gone)
{
    static const int32_t sizes[] = {2, 3, 4, 6, 8, 9};
    for (int32_t k = 0; k < 6; k++)
        for (int32_t size = sizes[k], dying = 0; dying < size; dying++)
            for (long dies_at = 0; dies_at < 3; dies_at++) {
                outcomes found = {.call = _i};
                test_ranks all = {.size = size,
                                  .work = lose_one,
                                  .user_data = &found,
                                  .dying = dying,
                                  .dies_at = dies_at};
                test_run_ranks(&all);
                char name[64];
                snprintf(name, sizeof name, "communicator: rank %d is gone", (int)dying);
                for (int32_t i = 0; i < size; i++)
                    if (i != dying) {
                        ck_assert_int_eq(found.status[i], NEURON_E_IO);
                        assert_that(strstr(found.messages[i], name) == found.messages[i],
                                    "rank %d of %d says %s, not %s", (int)i, (int)size,
                                    found.messages[i], name);
                    }
            }
}
END_TEST

/* ---- Processes ---- */

enum { PROCESSES = 4 };

static int sockets[PROCESSES][PROCESSES]; /* of a process, to each other one */

/* All that fits at once goes through a socket, so that both sides may write first. */
static int by_socket(void *received, size_t received_size, int32_t peer, const void *sent,
                     size_t sent_size, void *user_data)
{
    int socket = sockets[*(int32_t *)user_data][peer];
    if (sent_size > 0 && write(socket, sent, sent_size) != (ssize_t)sent_size)
        return -1;
    for (size_t done = 0; done < received_size;) {
        ssize_t got = read(socket, (char *)received + done, received_size - done);
        if (got <= 0)
            return -2;
        done += (size_t)got;
    }
    return 0;
}

/* Returns 0 if all is right. */
static int in_process(int32_t rank)
{
    neuron_context_t *context;
    neuron_communicator_t *c;
    double sum = rank;
    if (neuron_context_create(&context, "threads=1") < 0 ||
        neuron_communicator_create(&c, context, rank, PROCESSES, by_socket, &rank, NULL) < 0 ||
        neuron_communicator_sum(&sum, 1, c) < 0 || sum != 6)
        return 1;
    if (rank == 2)
        return 0; /* gone, as all that it has ends */
    int status = neuron_communicator_barrier(c);
    bool named = strstr(neuron_error_last(), "rank 2 is gone");
    neuron_communicator_unref(c);
    neuron_context_unref(context);
    return status < 0 && named ? 0 : 2;
}

START_TEST(processes)
{
    pid_t children[PROCESSES];
    for (int32_t i = 0; i < PROCESSES; i++)
        for (int32_t j = 0; j < i; j++) {
            int pair[2];
            ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
            sockets[i][j] = pair[0];
            sockets[j][i] = pair[1];
        }
    for (int32_t rank = 0; rank < PROCESSES; rank++) {
        children[rank] = fork();
        if (children[rank] != 0)
            continue;
        signal(SIGPIPE, SIG_IGN);
        for (int32_t i = 0; i < PROCESSES; i++)
            for (int32_t j = 0; j < PROCESSES; j++)
                if (i != j && i != rank)
                    close(sockets[i][j]);
        _exit(in_process(rank));
    }
    for (int32_t i = 0; i < PROCESSES; i++)
        for (int32_t j = 0; j < PROCESSES; j++)
            if (i != j)
                close(sockets[i][j]);
    for (int32_t rank = 0; rank < PROCESSES; rank++) {
        int status;
        ck_assert_int_eq(waitpid(children[rank], &status, 0), children[rank]);
        assert_that(WIFEXITED(status) && WEXITSTATUS(status) == 0, "rank %d ends with %d",
                    (int)rank, status);
    }
}
END_TEST

/* ---- What is refused ---- */

static int never(void *received, size_t received_size, int32_t peer, const void *sent,
                 size_t sent_size, void *user_data)
{
    (void)peer, (void)sent, (void)sent_size, (void)received, (void)received_size, (void)user_data;
    ck_abort_msg("nothing is to be exchanged");
    return 0;
}

static int positive(void *received, size_t received_size, int32_t peer, const void *sent,
                    size_t sent_size, void *user_data)
{
    (void)peer, (void)sent, (void)sent_size, (void)received, (void)received_size, (void)user_data;
    neuron_tensor_t *none;
    assert_status(neuron_tensor_create(&none, user_data, 4711, NULL, 0), NEURON_E_ARGUMENT);
    return 7;
}

static void count_calls(void *user_data)
{
    ++*(int *)user_data;
}

static void assert_refused(int status, const char *expected)
{
    ck_assert_int_eq(status, NEURON_E_ARGUMENT);
    ck_assert_str_eq(neuron_error_last(), expected);
}

START_TEST(refused)
{
    neuron_context_t *context = test_context();
    neuron_communicator_t *c = (neuron_communicator_t *)context;
    int ended = 0;
    assert_refused(neuron_communicator_create(&c, context, 0, 0, never, &ended, count_calls),
                   "neuron_communicator_create: size is 0; it must be 1 to 1,048,576");
    ck_assert_ptr_null(c);
    assert_refused(neuron_communicator_create(&c, context, 2, 2, never, &ended, count_calls),
                   "neuron_communicator_create: rank is 2; it must be 0 or 1");
    assert_refused(neuron_communicator_create(&c, context, 0, 2, NULL, &ended, count_calls),
                   "neuron_communicator_create: exchange is NULL; it must not be");
    ck_assert_int_eq(ended, 0);
    assert_ok(neuron_communicator_create(&c, context, 0, 2, never, &ended, count_calls));
    assert_refused(neuron_communicator_broadcast(NULL, 0, c, 2),
                   "neuron_communicator_broadcast: root is 2; it must be 0 or 1");
    assert_refused(neuron_communicator_broadcast(NULL, 1, c, 0),
                   "neuron_communicator_broadcast: bytes is NULL; it must not be");
    assert_refused(neuron_communicator_gather(NULL, c, &ended, 1),
                   "neuron_communicator_gather: all is NULL; it must not be");
    assert_refused(neuron_communicator_gather(&ended, c, NULL, 1),
                   "neuron_communicator_gather: own is NULL; it must not be");
    assert_refused(neuron_communicator_sum(NULL, 1, c),
                   "neuron_communicator_sum: values is NULL; it must not be");
    assert_refused(neuron_communicator_sum(NULL, -1, c),
                   "neuron_communicator_sum: count is -1; it must be 0 or more");
    neuron_communicator_ref(c);
    neuron_communicator_unref(c);
    ck_assert_int_eq(ended, 0);
    neuron_communicator_unref(c);
    ck_assert_int_eq(ended, 1);
    ck_assert_int_eq(neuron_communicator_rank(NULL), 0);
    ck_assert_int_eq(neuron_communicator_size(NULL), 0);

    /* A positive number is no status of the library's; what failed inside is told. */
    assert_ok(neuron_communicator_create(&c, context, 0, 2, positive, context, NULL));
    ck_assert_int_eq(neuron_communicator_barrier(c), NEURON_E_CALLBACK);
    const char *begin = "communicator: rank 1 is gone (exchange returned 7): tensor: type is 4711";
    assert_that(strncmp(neuron_error_last(), begin, strlen(begin)) == 0, "%s", neuron_error_last());
    neuron_communicator_unref(c);
    neuron_context_unref(context);
}
END_TEST

START_TEST(little_memory)
{
    test_memory memory = {.left = 1000, .live = 0};
    neuron_context_t *context = test_limited_context(&memory);
    neuron_communicator_t *c;
    WITH_LITTLE_MEMORY(&memory, neuron_communicator_create(&c, context, 0, 3, never, NULL, NULL));
    neuron_communicator_unref(c);
    neuron_context_unref(context);
    ck_assert_int_eq(atomic_load(&memory.live), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("communicator");
    TCase *tests = tcase_create("communicator");
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, all_numbers_of_ranks);
    tcase_add_test(tests, sums_have_an_order);
    tcase_add_loop_test(tests, gone, 0, 4);
    tcase_add_test(tests, processes);
    tcase_add_test(tests, refused);
    tcase_add_test(tests, little_memory);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
