/* What each process of MPI does in a test: `ranks CASE [ARGUMENT...]`, of which run.py starts some.
 * A line that begins with its rank tells what came of it, which run.py looks at; what this program
 * can tell to be wrong by itself ends it with a failure. */
#include "train/ranks-bench.h"

#include <libneuron-committee/search.h>
#include <libneuron-mpi/mpi.h>

#include <signal.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

/* What there is on each rank. */
typedef struct own {
    int rank, size;
    neuron_context_t *context;
    neuron_communicator_t *communicator;
} own;

static void give_up(const own *o, const char *what)
{
    fprintf(stderr, "rank %d: %s\n", o->rank, what);
    exit(EXIT_FAILURE);
}

#define EXPECT(o, condition)                                                                       \
    do {                                                                                           \
        if (!(condition))                                                                          \
            give_up(o, #condition);                                                                \
    } while (0)

static void must(const own *o, int status)
{
    if (status < 0)
        give_up(o, neuron_error_last());
}

/* In one write, so that lines of two ranks do not mix. */
static void tell(const own *o, int status, const char *message)
{
    char line[1024];
    int size = snprintf(line, sizeof line, "%d %d %s\n", o->rank, status, message);
    EXPECT(o, write(STDOUT_FILENO, line, (size_t)size) == size);
}

static own begin(int *argc, char ***argv, int wanted, const char *options)
{
    own o = {.rank = -1};
    int level;
    MPI_Init_thread(argc, argv, wanted, &level);
    MPI_Comm_rank(MPI_COMM_WORLD, &o.rank);
    MPI_Comm_size(MPI_COMM_WORLD, &o.size);
    must(&o, neuron_context_create(&o.context, "seed=1, threads=2"));
    if (options)
        must(&o,
             neuron_mpi_communicator_create(&o.communicator, o.context, MPI_COMM_WORLD, options));
    return o;
}

static void end(own *o)
{
    neuron_communicator_unref(o->communicator);
    neuron_context_unref(o->context);
    MPI_Finalize();
}

/* Where a rank is dead MPI_Finalize() may wait for it for ever. */
static void leave(own *o)
{
    neuron_communicator_unref(o->communicator);
    neuron_context_unref(o->context);
    _exit(EXIT_SUCCESS);
}

static void pause_for(double seconds)
{
    struct timespec time = {.tv_sec = (time_t)seconds,
                            .tv_nsec = (long)((seconds - (double)(time_t)seconds) * 1e9)};
    while (nanosleep(&time, &time) != 0) { /* MPICH takes signals */
    }
}

/* ---- Trainings ---- */

static network network_of(const char *name)
{
    return strcmp(name, "convoluted") == 0 ? CONVOLUTED
           : strcmp(name, "deep") == 0     ? DEEP
                                           : REGULAR;
}

static void tell_training(const own *o, const training *t)
{
    outcome found = outcome_of(t);
    uint64_t sum = 1;
    char text[64];
    for (size_t i = 0; i < found.count; i++) {
        uint32_t bits;
        memcpy(&bits, &found.parameters[i], sizeof bits);
        sum = (sum ^ bits) * 0x100000001b3;
    }
    for (int64_t i = 0; i < found.epochs; i++)
        for (int k = 0; k < 5; k++) {
            uint64_t bits;
            memcpy(&bits, &found.figures[i][k], sizeof bits);
            sum = (sum ^ bits) * 0x100000001b3;
        }
    snprintf(text, sizeof text, "%016llx", (unsigned long long)sum);
    tell(o, 0, text);
    end_outcome(&found);
}

/* train NETWORK OPTIONS [FILE]: from where FILE has it if that is there; saved to it in the end. */
static void train(int argc, char **argv)
{
    own o = begin(&argc, &argv, MPI_THREAD_SERIALIZED, "timeout=100");
    training t = make_training(o.context, network_of(argv[2]));
    must(&o, neuron_trainer_set_communicator(t.trainer, o.communicator));
    must(&o, neuron_trainer_set(t.trainer, argv[3]));
    if (argc > 4 && access(argv[4], R_OK) == 0)
        must(&o, neuron_trainer_load(t.trainer, argv[4]));
    must(&o, neuron_trainer_run(NULL, t.trainer));
    must(&o, neuron_communicator_barrier(o.communicator));
    if (argc > 4 && o.rank == 0)
        must(&o, neuron_trainer_save(t.trainer, argv[4]));
    tell_training(&o, &t);
    end_training(&t);
    end(&o);
}

/* alone NETWORK OPTIONS: without MPI. */
static void alone(int argc, char **argv)
{
    (void)argc;
    own o = {.size = 1};
    must(&o, neuron_context_create(&o.context, "seed=1, threads=2"));
    training t = make_training(o.context, network_of(argv[2]));
    must(&o, neuron_trainer_set(t.trainer, argv[3]));
    must(&o, neuron_trainer_run(NULL, t.trainer));
    tell_training(&o, &t);
    end_training(&t);
    neuron_context_unref(o.context);
}

/* ---- A rank that is gone ---- */

typedef struct death {
    int rank, signal;
    int64_t steps; /* after so many */
} death;

static int die(neuron_trainer_t *trainer, int32_t event, void *user_data)
{
    death *d = user_data;
    (void)trainer;
    (void)event;
    if (d->steps-- == 0)
        kill(getpid(), d->signal);
    return 0;
}

/* killed RANK SIGNAL TIMEOUT OPTIONS: in a training, after some steps. */
static void killed(int argc, char **argv)
{
    char options[64];
    snprintf(options, sizeof options, "timeout=%s", argv[4]);
    own o = begin(&argc, &argv, MPI_THREAD_SERIALIZED, options);
    training t = make_training(o.context, CONVOLUTED);
    death d = {atoi(argv[2]), strcmp(argv[3], "stop") == 0 ? SIGSTOP : SIGKILL, 5};
    must(&o, neuron_trainer_set_communicator(t.trainer, o.communicator));
    must(&o, neuron_trainer_set(t.trainer, argv[5]));
    if (d.rank == o.rank)
        must(&o, neuron_trainer_add_function(t.trainer, NEURON_EVENT_STEP_END, die, &d, NULL));
    int status = neuron_trainer_run(NULL, t.trainer);
    tell(&o, status, neuron_error_last());
    EXPECT(&o, neuron_communicator_barrier(o.communicator) == status); /* at once, from now on */
    end_training(&t);
    leave(&o);
}

/* late RANK SECONDS TIMEOUT: one comes late to a barrier. */
static void late(int argc, char **argv)
{
    char options[64];
    snprintf(options, sizeof options, "timeout=%s", argv[4]);
    own o = begin(&argc, &argv, MPI_THREAD_SERIALIZED, options);
    must(&o, neuron_communicator_barrier(o.communicator));
    if (o.rank == atoi(argv[2]))
        pause_for(atof(argv[3]));
    int status = neuron_communicator_barrier(o.communicator);
    tell(&o, status, status < 0 ? neuron_error_last() : "");
    if (atof(argv[3]) > atof(argv[4]))
        leave(&o);
    end(&o);
}

/* ---- Bytes ---- */

static unsigned char byte_at(size_t i, int from, size_t size)
{
    return (unsigned char)(i * 7 + i / 251 + size + (size_t)from * 31);
}

static void check_broadcast(const own *o, size_t size, int root)
{
    unsigned char *bytes = malloc(size + 1);
    EXPECT(o, bytes);
    for (size_t i = 0; i <= size; i++)
        bytes[i] = o->rank == root ? byte_at(i, root, size) : 0xee;
    must(o, neuron_communicator_broadcast(bytes, size, o->communicator, root));
    for (size_t i = 0; i < size; i++)
        EXPECT(o, bytes[i] == byte_at(i, root, size));
    EXPECT(o, o->rank == root || bytes[size] == 0xee);
    free(bytes);
}

static void check_gather(const own *o, size_t size)
{
    unsigned char *all = malloc(size * (size_t)o->size), *mine = malloc(size);
    EXPECT(o, all && mine);
    for (size_t i = 0; i < size; i++)
        mine[i] = byte_at(i, o->rank, size);
    must(o, neuron_communicator_gather(all, o->communicator, mine, size));
    for (int r = 0; r < o->size; r++)
        for (size_t i = 0; i < size; i++)
            EXPECT(o, all[(size_t)r * size + i] == byte_at(i, r, size));
    free(all);
    free(mine);
}

/* Sizes about those of pieces, while messages of the program's own are on their way. */
static void bytes(int argc, char **argv)
{
    own o = begin(&argc, &argv, MPI_THREAD_SERIALIZED, "timeout=100");
    static const size_t sizes[] = {1, 4095, 131071, 131072, 131073, 262144, 262145, 1000003};
    int mine = o.rank, next = (o.rank + 1) % o.size, got = -1;
    MPI_Request requests[2];
    MPI_Status statuses[2];
    MPI_Irecv(&got, 1, MPI_INT, MPI_ANY_SOURCE, MPI_ANY_TAG, MPI_COMM_WORLD, &requests[0]);
    for (int root = 0; root < o.size; root++)
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
            check_broadcast(&o, sizes[i], root);
    check_gather(&o, 10007);
    MPI_Isend(&mine, 1, MPI_INT, next, 1, MPI_COMM_WORLD, &requests[1]);
    MPI_Waitall(2, requests, statuses);
    EXPECT(&o, got == (o.rank + o.size - 1) % o.size);
    double sum = o.rank + 0.5;
    must(&o, neuron_communicator_sum(&sum, 1, o.communicator));
    EXPECT(&o, sum == o.size * (o.size - 1) / 2 + 0.5 * o.size);
    tell(&o, 0, "");
    end(&o);
}

/* Two halves, each with its own communicator, beside one of all. */
static void halves(int argc, char **argv)
{
    own o = begin(&argc, &argv, MPI_THREAD_SERIALIZED, "timeout=100");
    MPI_Comm half;
    neuron_communicator_t *made;
    MPI_Comm_split(MPI_COMM_WORLD, o.rank % 2, -o.rank, &half);
    must(&o, neuron_mpi_communicator_create(&made, o.context, half, NULL));
    MPI_Comm_free(&half); /* it has one of its own */
    int expected = (o.size + 1 - o.rank % 2) / 2;
    EXPECT(&o, neuron_communicator_size(made) == expected);
    EXPECT(&o, neuron_communicator_rank(made) == expected - 1 - o.rank / 2);
    double count[] = {1, o.rank}, all = 1;
    must(&o, neuron_communicator_sum(count, 2, made));
    must(&o, neuron_communicator_sum(&all, 1, o.communicator));
    EXPECT(&o, count[0] == expected && all == o.size);
    EXPECT(&o, count[1] == expected * (expected - 1) + expected * (o.rank % 2));
    neuron_communicator_unref(made);
    must(&o, neuron_mpi_communicator_create_fortran(
                 &made, o.context, (int32_t)MPI_Comm_c2f(MPI_COMM_WORLD), "timeout=9"));
    EXPECT(&o, neuron_communicator_size(made) == o.size);
    must(&o, neuron_communicator_barrier(made));
    neuron_communicator_unref(made);
    tell(&o, 0, "");
    end(&o);
}

/* ---- Searches ---- */

/* The first trials take longest. */
static int try_level(double *score, const neuron_trial_t *trial, void *user_data)
{
    double level = neuron_trial_number(trial, "level");
    pause_for(0.02 * level);
    *score = -(level - 3) * (level - 3);
    (void)user_data;
    return 0;
}

/* Trials are handed out, and all ranks know of all in the end. */
static void search(int argc, char **argv)
{
    own o = begin(&argc, &argv, MPI_THREAD_SERIALIZED, "timeout=100");
    static const double levels[] = {9, 8, 7, 6, 5, 4, 3, 2, 1};
    neuron_search_t *made;
    must(&o, neuron_search_create(&made, o.context, try_level, NULL, NULL, NULL));
    must(&o, neuron_search_add_factor(made, "level", levels, 9));
    must(&o, neuron_search_set_communicator(made, o.communicator));
    must(&o, neuron_search_run_grid(made));
    EXPECT(&o, neuron_search_trial_count(made) == 9);
    EXPECT(&o, neuron_trial_number(neuron_search_best(made), "level") == 3);
    neuron_search_unref(made);
    tell(&o, 0, "");
    end(&o);
}

/* ---- What is refused ---- */

static void expect(const own *o, int status, int expected, const char *words)
{
    if (status == expected && strstr(neuron_error_last(), words))
        return;
    fprintf(stderr, "rank %d: %d, not %d with \"%s\": %s\n", o->rank, status, expected, words,
            neuron_error_last());
    exit(EXIT_FAILURE);
}

static void refused(int argc, char **argv)
{
    own o = {.rank = -1};
    neuron_communicator_t *made;
    must(&o, neuron_context_create(&o.context, NULL));
    expect(&o, neuron_mpi_communicator_create(&made, o.context, MPI_COMM_WORLD, NULL),
           NEURON_E_STATE, "MPI has not begun");
    neuron_context_unref(o.context);
    o = begin(&argc, &argv, MPI_THREAD_MULTIPLE, NULL);
    expect(&o, neuron_mpi_communicator_create(NULL, o.context, MPI_COMM_WORLD, NULL),
           NEURON_E_ARGUMENT, "communicator");
    expect(&o, neuron_mpi_communicator_create(&made, NULL, MPI_COMM_WORLD, NULL), NEURON_E_ARGUMENT,
           "context");
    expect(&o, neuron_mpi_communicator_create(&made, o.context, MPI_COMM_NULL, NULL),
           NEURON_E_ARGUMENT, "comm is MPI_COMM_NULL");
    expect(&o, neuron_mpi_communicator_create(&made, o.context, MPI_COMM_WORLD, "timeout=0"),
           NEURON_E_ARGUMENT, "timeout is 0");
    expect(&o, neuron_mpi_communicator_create(&made, o.context, MPI_COMM_WORLD, "time=1"),
           NEURON_E_ARGUMENT, "\"time\"");
    /* What is wrong on one rank alone fails on all. */
    const char *bad = o.rank == o.size - 1 ? "threads=some" : "timeout=50";
    char words[64];
    snprintf(words, sizeof words, "the call failed on rank %d", o.size - 1);
    expect(&o, neuron_mpi_communicator_create(&made, o.context, MPI_COMM_WORLD, bad),
           NEURON_E_ARGUMENT, o.rank == o.size - 1 ? "threads" : words);
    EXPECT(&o, made == NULL);
    /* And it can be made after that. */
    must(&o, neuron_mpi_communicator_create(&o.communicator, o.context, MPI_COMM_WORLD, NULL));
    must(&o, neuron_communicator_barrier(o.communicator));
    tell(&o, 0, "");
    neuron_communicator_unref(o.communicator);
    MPI_Finalize();
    expect(&o, neuron_mpi_communicator_create(&made, o.context, MPI_COMM_WORLD, NULL),
           NEURON_E_STATE, "MPI has ended");
    neuron_context_unref(o.context);
}

/* Programs that call MPI_Init(). */
static void single(int argc, char **argv)
{
    own o = begin(&argc, &argv, MPI_THREAD_SINGLE, NULL);
    int level;
    neuron_communicator_t *made;
    MPI_Query_thread(&level);
    if (level < MPI_THREAD_SERIALIZED)
        expect(&o, neuron_mpi_communicator_create(&made, o.context, MPI_COMM_WORLD, NULL),
               NEURON_E_STATE, "MPI was begun with MPI_THREAD_SINGLE");
    must(&o, neuron_mpi_communicator_create(&o.communicator, o.context, MPI_COMM_WORLD,
                                            "threads=main, timeout=100"));
    training t = make_training(o.context, REGULAR);
    must(&o, neuron_trainer_set_communicator(t.trainer, o.communicator));
    must(&o, neuron_trainer_set(t.trainer, "parts=8, overlap=off"));
    must(&o, neuron_trainer_run(NULL, t.trainer));
    tell_training(&o, &t);
    must(&o, neuron_trainer_set(t.trainer, "epochs=4, overlap=on"));
    expect(&o, neuron_trainer_run(NULL, t.trainer), NEURON_E_STATE, "overlap=off");
    end_training(&t);
    end(&o);
}

/* Each allocation of one rank fails in turn: all fail, none waits. */
static void memory(int argc, char **argv)
{
    own o = begin(&argc, &argv, MPI_THREAD_SERIALIZED, NULL);
    test_memory room;
    int last = o.size - 1, status = NEURON_E_MEMORY, tries = 0;
    neuron_context_t *limited = test_limited_context(&room);
    neuron_communicator_t *made;
    for (; status == NEURON_E_MEMORY; tries++) {
        long live = room.live;
        if (o.rank == last)
            room.left = tries;
        status = neuron_mpi_communicator_create(&made, limited, MPI_COMM_WORLD, "timeout=50");
        test_refill(&room);
        if (status == 0)
            neuron_communicator_unref(made);
        else
            EXPECT(&o, !made && room.live == live);
    }
    must(&o, status);
    EXPECT(&o, tries > 3);
    neuron_context_unref(limited);
    EXPECT(&o, room.live == 0);
    tell(&o, 0, "");
    end(&o);
}

static struct {
    const char *name;
    void (*run)(int argc, char **argv);
} const cases[] = {{"train", train},   {"alone", alone},   {"killed", killed},   {"late", late},
                   {"bytes", bytes},   {"halves", halves}, {"refused", refused}, {"single", single},
                   {"memory", memory}, {"search", search}};

/* The shared helpers of tests only work within one. */
static int given_count;
static char **given;

START_TEST(run)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (given_count > 1 && strcmp(cases[i].name, given[1]) == 0)
            cases[i].run(given_count, given);
}
END_TEST

int main(int argc, char **argv)
{
    Suite *suite = suite_create("ranks");
    TCase *tests = tcase_create("ranks");
    given_count = argc;
    given = argv;
    tcase_add_test(tests, run);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_set_fork_status(runner, CK_NOFORK); /* mpirun has started this process */
    srunner_run_all(runner, CK_MINIMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed;
}
