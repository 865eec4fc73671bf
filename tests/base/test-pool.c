#include "test-common.h"

#include "base/context.h"

#include <dirent.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { TASKS = 1000 };

typedef struct marks {
    neuron_pool *pool;
    atomic_int done[TASKS];
    atomic_int at_work[NEURON_THREADS_MAX]; /* by worker */
    atomic_int clashes;
} marks;

static void mark(void *work, int64_t task, int32_t worker)
{
    marks *all = work;
    if (worker < 0 || worker >= neuron_pool_threads(all->pool) ||
        atomic_fetch_add(&all->at_work[worker], 1) != 0)
        atomic_fetch_add(&all->clashes, 1);
    atomic_fetch_add(&all->done[task], 1);
    atomic_fetch_sub(&all->at_work[worker], 1);
}

static void keep_line(int32_t level, const char *category, const char *line, void *user_data)
{
    (void)category;
    if (level == NEURON_LOG_WARNING)
        snprintf(user_data, 200, "%s", line);
}

static void assert_done(const marks *all, int count, int times)
{
    ck_assert_int_eq(all->clashes, 0);
    for (int i = 0; i < TASKS; i++)
        ck_assert_int_eq(all->done[i], i < count ? times : 0);
}

START_TEST(every_task_is_done_once)
{
    neuron_context_t *context = test_context();
    static const int32_t threads[] = {1, 2, 3, 16};
    static const int counts[] = {0, 1, 2, 7, TASKS};
    for (size_t t = 0; t < sizeof threads / sizeof *threads; t++) {
        neuron_pool *pool = neuron_pool_create(context, threads[t]);
        ck_assert_ptr_nonnull(pool);
        ck_assert_int_eq(neuron_pool_threads(pool), threads[t]);
        for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
            marks all = {.pool = pool};
            neuron_pool_run(pool, counts[c], mark, &all);
            assert_done(&all, counts[c], 1);
        }
        neuron_pool_destroy(pool);
    }
    neuron_pool_destroy(NULL);
    neuron_context_unref(context);
}
END_TEST

START_TEST(many_short_loops_follow_each_other)
{
    neuron_context_t *context = test_context();
    marks all = {.pool = context->pool};
    for (int i = 0; i < 2000; i++)
        neuron_pool_run(context->pool, 5, mark, &all);
    assert_done(&all, 5, 2000);
    neuron_context_unref(context);
}
END_TEST

static void nest(void *work, int64_t task, int32_t worker)
{
    (void)worker;
    marks *all = work;
    marks inner = {.pool = all->pool};
    neuron_pool_run(all->pool, 10, mark, &inner);
    for (int i = 0; i < 10; i++)
        if (inner.done[i] != 1)
            atomic_fetch_add(&all->clashes, 1);
    atomic_fetch_add(&all->done[task], 1);
}

START_TEST(a_task_may_start_a_loop)
{
    neuron_context_t *context = test_context();
    marks all = {.pool = context->pool};
    neuron_pool_run(context->pool, 50, nest, &all);
    assert_done(&all, 50, 1);
    neuron_context_unref(context);
}
END_TEST

static void *run_loops(void *pool)
{
    for (int i = 0; i < 100; i++) {
        marks all = {.pool = pool};
        neuron_pool_run(pool, 100, mark, &all);
        for (int k = 0; k < 100; k++)
            if (all.done[k] != 1)
                return pool;
    }
    return NULL;
}

START_TEST(several_threads_may_share_a_pool)
{
    neuron_context_t *context = test_context();
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, run_loops, context->pool), 0);
    for (int i = 0; i < 4; i++) {
        void *failed;
        pthread_join(threads[i], &failed);
        ck_assert_ptr_null(failed);
    }
    neuron_context_unref(context);
}
END_TEST

static double processor_seconds(void)
{
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

START_TEST(idle_threads_sleep)
{
    neuron_context_t *context = test_context();
    neuron_pool *pool = neuron_pool_create(context, 4);
    marks all = {.pool = pool};
    neuron_pool_run(pool, 100, mark, &all);
    double before = processor_seconds();
    usleep(500000);
    /* Three threads that looked for work all the time would take 1.5 s, or all that there is. */
    ck_assert_double_lt(processor_seconds() - before, 0.1);
    neuron_pool_run(pool, 100, mark, &all);
    assert_done(&all, 100, 2);
    neuron_pool_destroy(pool);
    neuron_context_unref(context);
}
END_TEST

#ifdef __linux__
static int count_threads(void)
{
    int count = 0;
    DIR *folder = opendir("/proc/self/task");
    ck_assert_ptr_nonnull(folder);
    for (struct dirent *entry; (entry = readdir(folder));)
        count += entry->d_name[0] != '.';
    closedir(folder);
    return count;
}
#endif

/* Whether a child does its tasks, with as many threads as are `expected`. */
static bool child_runs(neuron_pool *pool, int expected)
{
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        alarm(20);
        marks all = {.pool = pool};
#ifdef __linux__
        int before = count_threads(); /* a sanitizer has some of its own */
#endif
        neuron_pool_run(pool, TASKS, mark, &all);
        int failed = all.done[0] != 1 || all.done[TASKS - 1] != 1 || all.clashes != 0;
#ifdef __linux__
        failed = failed || count_threads() - before != expected - 1;
#endif
        neuron_pool_destroy(pool);
        _exit(failed);
    }
    (void)expected;
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* No thread is lost that is not there yet; not even by the child of a child. */
START_TEST(a_child_from_before_the_first_loop_has_threads)
{
    neuron_context_t *context = test_context();
    context->processors = 3;
    neuron_pool *pool = neuron_pool_create(context, 3);
    ck_assert(child_runs(pool, 3));
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0)
        _exit(child_runs(pool, 3) ? 0 : 1);
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    marks all = {.pool = pool};
    neuron_pool_run(pool, TASKS, mark, &all);
    assert_done(&all, TASKS, 1);
    ck_assert(child_runs(pool, 1));
    neuron_pool_run(pool, TASKS, mark, &all);
    assert_done(&all, TASKS, 2);
    neuron_pool_destroy(pool);
    neuron_context_unref(context);
}
END_TEST

START_TEST(a_forked_child_works_alone)
{
    neuron_context_t *context = test_context();
    marks all = {.pool = context->pool};
    neuron_pool_run(context->pool, 100, mark, &all);
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        alarm(20); /* rather than to wait for threads that are not there */
        neuron_pool_run(context->pool, 100, mark, &all);
        neuron_context_unref(context);
        _exit(all.done[0] == 2 && all.done[99] == 2 ? 0 : 1);
    }
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    neuron_pool_run(context->pool, 100, mark, &all);
    assert_done(&all, 100, 2);
    neuron_context_unref(context);
}
END_TEST

#ifdef __linux__
/* Until there is something to share, and never for a single one. */
START_TEST(threads_are_started_when_they_are_needed)
{
    int before = count_threads();
    neuron_context_t *context;
    assert_ok(neuron_context_create(&context, NULL));
    assert_ok(neuron_context_set_number(context, "threads", 4));
    context->processors = 4; /* whatever this machine has */
    ck_assert_int_eq(count_threads(), before);
    marks all = {.pool = context->pool};
    neuron_pool_run(context->pool, 1, mark, &all);
    ck_assert_int_eq(count_threads(), before);
    neuron_pool *pool = neuron_pool_create(context, 3), *single = neuron_pool_create(context, 1);
    all = (marks){.pool = pool};
    neuron_pool_run(single, TASKS, mark, &all);
    ck_assert_int_eq(count_threads(), before);
    neuron_pool_run(pool, TASKS, mark, &all);
    ck_assert_int_eq(count_threads(), before + 2);
    neuron_pool_destroy(pool);
    neuron_pool_destroy(single);
    neuron_context_unref(context);
    ck_assert_int_le(count_threads(), before + 2);
}
END_TEST

START_TEST(no_more_threads_than_processors)
{
    int before = count_threads();
    neuron_context_t *context = test_context();
    for (int processors = 1; processors <= 3; processors++) {
        context->processors = processors;
        neuron_pool *pool = neuron_pool_create(context, 64);
        ck_assert_int_eq(neuron_pool_threads(pool), 64);
        marks all = {.pool = pool};
        neuron_pool_run(pool, TASKS, mark, &all);
        assert_done(&all, TASKS, 1);
        ck_assert_int_eq(count_threads(), before + processors - 1);
        neuron_pool_destroy(pool);
    }
    neuron_context_unref(context);
}
END_TEST

#ifdef __GLIBC__
static bool has_other_processors; /* and they are gone when they are asked for */

int sched_getaffinity(pid_t process, size_t size, cpu_set_t *allowed)
{
    memset(allowed, 0, size);
    if (!has_other_processors)
        return syscall(SYS_sched_getaffinity, process, size, allowed) < 0 ? -1 : 0;
    CPU_SET(CPU_SETSIZE - 1, allowed);
    return 0;
}

START_TEST(processors_may_go)
{
    int before = count_threads();
    neuron_context_t *context = test_context();
    char line[200] = "";
    assert_ok(neuron_context_set_log(context, NEURON_LOG_WARNING, keep_line, line, NULL));
    context->processors = 3;
    has_other_processors = true;
    neuron_pool *pool = neuron_pool_create(context, 3);
    has_other_processors = false;
    marks all = {.pool = pool};
    neuron_pool_run(pool, TASKS, mark, &all);
    assert_done(&all, TASKS, 1);
    ck_assert_int_eq(count_threads(), before + 2);
    ck_assert_str_eq(line, "");
    neuron_pool_destroy(pool);
    neuron_context_unref(context);
}
END_TEST
#endif

typedef struct surroundings {
    pthread_t caller;
    atomic_int others, blocked, bound;
} surroundings;

static void look_around(void *work, int64_t task, int32_t worker)
{
    (void)task;
    (void)worker;
    surroundings *seen = work;
    usleep(1000);
    if (pthread_equal(pthread_self(), seen->caller))
        return;
    sigset_t signals;
    cpu_set_t allowed;
    pthread_sigmask(SIG_BLOCK, NULL, &signals);
    sched_getaffinity(0, sizeof allowed, &allowed);
    atomic_fetch_add(&seen->others, 1);
    atomic_fetch_add(&seen->blocked, sigismember(&signals, SIGUSR1));
    atomic_fetch_add(&seen->bound, CPU_COUNT(&allowed) == 1);
}

/* Processors are those of the thread that made the pool, not of the first to use it; signals of the
 * host come to its own threads. */
START_TEST(threads_are_bound_as_their_maker)
{
    neuron_context_t *context = test_context();
    context->processors = 4;
    cpu_set_t allowed, one;
    neuron_pool *pool = neuron_pool_create(context, 4);
    sched_getaffinity(0, sizeof allowed, &allowed);
    CPU_ZERO(&one);
    for (size_t i = 0; i < CPU_SETSIZE && CPU_COUNT(&one) == 0; i++)
        if (CPU_ISSET(i, &allowed))
            CPU_SET(i, &one);
    sched_setaffinity(0, sizeof one, &one);
    surroundings seen = {.caller = pthread_self()};
    neuron_pool_run(pool, 200, look_around, &seen);
    sched_setaffinity(0, sizeof allowed, &allowed);
    ck_assert_int_gt(seen.others, 0);
    ck_assert_int_eq(seen.blocked, seen.others);
    if (CPU_COUNT(&allowed) > 1)
        ck_assert_int_eq(seen.bound, 0);
    sigset_t signals;
    pthread_sigmask(SIG_BLOCK, NULL, &signals);
    ck_assert_int_eq(sigismember(&signals, SIGUSR1), 0);
    neuron_pool_destroy(pool);
    neuron_context_unref(context);
}
END_TEST

/* The first processor of these from a number on. */
static size_t bind_from(const cpu_set_t *allowed, size_t from)
{
    cpu_set_t one;
    while (from < CPU_SETSIZE && !CPU_ISSET(from, allowed))
        from++;
    CPU_ZERO(&one);
    CPU_SET(from % CPU_SETSIZE, &one);
    if (from < CPU_SETSIZE)
        ck_assert_int_eq(sched_setaffinity(0, sizeof one, &one), 0);
    return from;
}

static void *look_where(void *data)
{
    ck_assert_int_eq(sched_getaffinity(0, sizeof(cpu_set_t), data), 0);
    return data;
}

static void assert_bound_to(const neuron_context_t *context, size_t processor)
{
    pthread_t thread;
    cpu_set_t found;
    ck_assert_int_eq(neuron_pool_start_thread(context->pool, &thread, look_where, &found), 0);
    pthread_join(thread, NULL);
    ck_assert_int_eq(CPU_COUNT(&found), 1);
    ck_assert(CPU_ISSET(processor, &found));
}

/* A host that goes to another processor says so by setting the same number again. */
START_TEST(the_same_number_on_another_processor)
{
    cpu_set_t allowed;
    ck_assert_int_eq(sched_getaffinity(0, sizeof allowed, &allowed), 0);
    size_t first = bind_from(&allowed, 0), second = bind_from(&allowed, first + 1);
    if (second == CPU_SETSIZE)
        return;
    for (int32_t threads = 0; threads < 4; threads++) {
        neuron_context_t *context = test_context();
        assert_ok(neuron_context_set_number(context, "threads", threads));
        assert_bound_to(context, second);
        bind_from(&allowed, first);
        const neuron_pool *before = context->pool;
        assert_ok(neuron_context_set_number(context, "threads", threads));
        assert_bound_to(context, first);
        ck_assert_ptr_ne(context->pool, before);
        before = context->pool;
        assert_ok(
            neuron_context_set_number(context, "threads", threads)); /* nothing is made anew */
        ck_assert_ptr_eq(context->pool, before);
        bind_from(&allowed, second);
        neuron_context_unref(context);
    }
    sched_setaffinity(0, sizeof allowed, &allowed);
}
END_TEST
#endif

#ifdef __linux__
enum { PAGES = 400 };

static struct {
    char *pages;
    size_t size; /* of one */
    pthread_t caller;
    atomic_int faults, others;
} faulty;

/* As programs have it that make memory when it is touched. */
static void make_page(int signal, siginfo_t *info, void *context)
{
    (void)signal;
    (void)context;
    uintptr_t page = (uintptr_t)info->si_addr & ~(uintptr_t)(faulty.size - 1);
    mprotect((void *)page, faulty.size, PROT_READ | PROT_WRITE);
    atomic_fetch_add(&faulty.faults, 1);
}

static void touch(void *work, int64_t task, int32_t worker)
{
    (void)work;
    (void)worker;
    usleep(200);
    if (!pthread_equal(pthread_self(), faulty.caller))
        atomic_fetch_add(&faulty.others, 1);
    ((volatile char *)faulty.pages)[(size_t)task * faulty.size] = 1;
}

START_TEST(faults_reach_the_handler_of_the_host)
{
    neuron_context_t *context = test_context();
    context->processors = 4;
    neuron_pool *pool = neuron_pool_create(context, 4);
    faulty.size = (size_t)sysconf(_SC_PAGESIZE);
    faulty.caller = pthread_self();
    faulty.pages = mmap(NULL, PAGES * faulty.size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ck_assert(faulty.pages != MAP_FAILED);
    struct sigaction action = {.sa_flags = SA_SIGINFO}, before;
    action.sa_sigaction = make_page;
    ck_assert_int_eq(sigaction(SIGSEGV, &action, &before), 0);
    neuron_pool_run(pool, PAGES, touch, NULL);
    sigaction(SIGSEGV, &before, NULL);
    ck_assert_int_eq(faulty.faults, PAGES);
    ck_assert_int_gt(faulty.others, 0);
    munmap(faulty.pages, PAGES * faulty.size);
    neuron_pool_destroy(pool);
    neuron_context_unref(context);
}
END_TEST

static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGPROF};

static void *look_at_signals(void *set)
{
    pthread_sigmask(SIG_BLOCK, NULL, set);
    return NULL;
}

START_TEST(other_signals_are_for_the_host)
{
    static const int blocked[] = {SIGINT, SIGTERM, SIGALRM, SIGCHLD, SIGUSR2, SIGPIPE, SIGHUP};
    neuron_context_t *context = test_context();
    sigset_t signals;
    pthread_t thread;
    ck_assert_int_eq(neuron_pool_start_thread(context->pool, &thread, look_at_signals, &signals),
                     0);
    pthread_join(thread, NULL);
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        ck_assert_int_eq(sigismember(&signals, faults[i]), 0);
        ck_assert_int_eq(sigismember(&signals, blocked[i]), 1);
    }
    neuron_context_unref(context);
}
END_TEST
#endif

START_TEST(the_caller_does_it_where_no_thread_can_be_had)
{
    if (!test_refuse_threads(true))
        return;
    neuron_context_t *context;
    char line[200] = "";
    assert_ok(neuron_context_create(&context, NULL));
    assert_ok(neuron_context_set_number(context, "threads", 4));
    assert_ok(neuron_context_set_log(context, NEURON_LOG_WARNING, keep_line, line, NULL));
    ck_assert_int_eq(neuron_context_threads(context), 4);
    context->processors = 3;
    neuron_pool *pool = neuron_pool_create(context, 4);
    marks all = {.pool = pool};
    for (int i = 0; i < 3; i++)
        neuron_pool_run(pool, TASKS, mark, &all);
    test_refuse_threads(false);
    assert_done(&all, TASKS, 3);
    ck_assert_str_eq(line, "threads: only 1 of 3 could be started, the work goes on with them");
    neuron_pool_destroy(pool);
    neuron_context_unref(context);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("pool");
    TCase *tests = tcase_create("pool");
    suite_add_tcase(suite, tests);
    tcase_add_test(tests, every_task_is_done_once);
    tcase_add_test(tests, many_short_loops_follow_each_other);
    tcase_add_test(tests, a_task_may_start_a_loop);
    tcase_add_test(tests, several_threads_may_share_a_pool);
    tcase_add_test(tests, idle_threads_sleep);
#ifdef __linux__
    tcase_add_test(tests, threads_are_started_when_they_are_needed);
    tcase_add_test(tests, no_more_threads_than_processors);
    tcase_add_test(tests, threads_are_bound_as_their_maker);
    tcase_add_test(tests, the_same_number_on_another_processor);
#endif
#if defined(__linux__) && defined(__GLIBC__)
    tcase_add_test(tests, processors_may_go);
#endif
#ifdef __linux__
    tcase_add_test(tests, faults_reach_the_handler_of_the_host);
    tcase_add_test(tests, other_signals_are_for_the_host);
#endif
    tcase_add_test(tests, a_child_from_before_the_first_loop_has_threads);
    tcase_add_test(tests, the_caller_does_it_where_no_thread_can_be_had);
    tcase_add_test(tests, a_forked_child_works_alone);
    return run_suite(suite);
}
