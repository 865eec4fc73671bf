/* The thread pool: parallel loops over numbered tasks.
 *
 * Each thread begins with a share of the tasks, the same ones in each loop of that size, and then
 * takes from the others. Joining a loop and leaving it are one compare-and-swap each on the pool's
 * state; a thread that finds no loop looks for the next one for a moment, then sleeps. How many
 * there may be is in processors.c. Threads of the host's join a loop likewise, called by its
 * function in the place of our own. */
#include "base/pool.h"

#include "base/clock.h"
#include "base/compiler/attributes.h"
#include "base/context.h"
#include "base/float-mode.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <unistd.h>

/* How often a thread looks for the next loop before it sleeps: some ten to a hundred microseconds,
 * about as long as waking up takes. The steps of a small network follow each other faster. */
enum { LOOKS_BEFORE_SLEEP = 2000, LOOKS_BEFORE_YIELD = 250 };

/* To give way takes a microsecond where no other thread wants the processor. */
static const double crowded_seconds = 20e-6;

/* The state of a pool in one word, so that joining a loop is one step: the number of the loop, then
 * whether threads may still join it, then how many are in it. */
enum { JOINED_BITS = 16, OPEN = 1 << JOINED_BITS, LOOP_SHIFT = JOINED_BITS + 1 };

/* The tasks that a thread does first: the same ones in every loop of the same size, so that it
 * finds in its caches what it left there. Whoever is done takes from the others. */
typedef struct share {
    _Alignas(NEURON_ALIGNMENT) atomic_int_fast64_t next;
    int64_t end;
} share;

struct neuron_pool {
    neuron_context_t *context;
    int32_t threads;
    int32_t crew; /* of these, those that there is a processor for, the caller included */
    const neuron_parallel *parallel; /* the host's threads instead of its own; NULL for none */
#ifdef __linux__
    bool has_allowed;
    cpu_set_t allowed; /* the processors that it could run on */
#endif
    atomic_bool busy; /* a loop is on, and its caller owns what follows */

    /* Whose threads they are: a child of fork() has none of them. 0 before the first loop, as no
     * thread is started before it. */
    _Atomic pid_t process;
    int32_t running; /* threads that were started */

    atomic_uint_fast64_t state;
    neuron_task task;
    void *work;
    neuron_float_host host; /* of the caller */
    share *shares;          /* one per thread */

    pthread_mutex_t mutex;
    pthread_cond_t start;
    atomic_int_fast32_t sleepers;
    atomic_bool ending;

    int32_t named;             /* under the mutex: threads that have their number */
    atomic_int_fast32_t parts; /* of the host's that have joined the loop */
    pthread_t *handles;
};

static void look_again(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

static uint64_t loop_of(uint64_t state)
{
    return state >> LOOP_SHIFT;
}

static void work_off(neuron_pool *pool, int32_t worker)
{
    for (int32_t i = 0; i < pool->threads; i++) {
        share *from = &pool->shares[(worker + i) % pool->threads];
        for (;;) {
            int64_t task = atomic_fetch_add_explicit(&from->next, 1, memory_order_relaxed);
            if (task >= from->end)
                break;
            pool->task(pool->work, task, worker);
        }
    }
}

static bool has_news(neuron_pool *pool, uint64_t seen)
{
    return loop_of(atomic_load(&pool->state)) != seen || atomic_load(&pool->ending);
}

/* Lets others have the processor. Returns whether one wanted it. */
static bool give_way(void)
{
    double before = neuron_clock_seconds();
    sched_yield();
    return neuron_clock_seconds() - before > crowded_seconds;
}

/* Returns when there is another loop than `seen`, or the pool ends. */
static void await_loop(neuron_pool *pool, uint64_t seen)
{
    for (int i = 1; i <= LOOKS_BEFORE_SLEEP; i++) {
        if (has_news(pool, seen))
            return;
        look_again();
        if (i % LOOKS_BEFORE_YIELD == 0 && give_way())
            break;
    }
    pthread_mutex_lock(&pool->mutex);
    atomic_fetch_add(&pool->sleepers, 1);
    while (!has_news(pool, seen))
        pthread_cond_wait(&pool->start, &pool->mutex);
    atomic_fetch_sub(&pool->sleepers, 1);
    pthread_mutex_unlock(&pool->mutex);
}

/* Joins the loop that is on, if it is still open. */
static bool join(neuron_pool *pool, uint64_t *seen)
{
    uint64_t state = atomic_load(&pool->state);
    do {
        *seen = loop_of(state);
        if (!(state & OPEN))
            return false;
    } while (!atomic_compare_exchange_weak(&pool->state, &state, state + 1));
    return true;
}

static void *thread_main(void *argument)
{
    neuron_pool *pool = argument;
    COMPUTE_SCOPE;
    pthread_mutex_lock(&pool->mutex);
    int32_t worker = ++pool->named;
    pthread_mutex_unlock(&pool->mutex);
    uint64_t seen = 0;
    for (;;) {
        await_loop(pool, seen);
        if (atomic_load(&pool->ending))
            return NULL;
        if (join(pool, &seen)) {
            neuron_float_take_host(&pool->host);
            work_off(pool, worker);
            atomic_fetch_sub(&pool->state, 1);
        }
    }
}

static void end_threads(neuron_pool *pool)
{
    pthread_mutex_lock(&pool->mutex);
    atomic_store(&pool->ending, true);
    pthread_cond_broadcast(&pool->start);
    pthread_mutex_unlock(&pool->mutex);
    for (int32_t i = 0; i < pool->running; i++)
        pthread_join(pool->handles[i], NULL);
    pthread_cond_destroy(&pool->start);
    pthread_mutex_destroy(&pool->mutex);
}

NEURON_COLD neuron_pool *neuron_pool_create(neuron_context_t *context, int32_t threads)
{
    neuron_pool *pool = neuron_allocate_zero(context, 1, sizeof *pool);
    pthread_t *handles = neuron_allocate_zero(context, neuron_size(threads), sizeof *handles);
    share *shares = neuron_allocate_zero(context, neuron_size(threads), sizeof *shares);
    if (!pool || !handles || !shares) {
        neuron_release(context, handles);
        neuron_release(context, shares);
        neuron_release(context, pool);
        return NULL;
    }
    pool->context = context;
    pool->threads = threads;
    pool->crew = threads < context->processors ? threads : context->processors;
#ifdef __linux__
    pool->has_allowed = sched_getaffinity(0, sizeof pool->allowed, &pool->allowed) == 0;
#endif
    pool->handles = handles;
    pool->shares = shares;
    pthread_mutex_init(&pool->mutex, NULL);
    pthread_cond_init(&pool->start, NULL);
    return pool;
}

static bool has_lost_threads(const neuron_pool *pool)
{
    pid_t process = atomic_load(&pool->process);
    return process != 0 && process != getpid();
}

/* A forked child only frees: the threads that hold or wait for something there are never going to
 * let go. */
NEURON_COLD void neuron_pool_destroy(neuron_pool *pool)
{
    if (!pool)
        return;
    if (!has_lost_threads(pool))
        end_threads(pool);
    neuron_release(pool->context, pool->handles);
    neuron_release(pool->context, pool->shares);
    neuron_release(pool->context, pool);
}

void neuron_pool_employ(neuron_pool *pool, const neuron_parallel *parallel)
{
    pool->parallel = parallel;
    if (parallel)
        pool->crew = pool->threads;
}

int32_t neuron_pool_threads(const neuron_pool *pool)
{
    return pool->threads;
}

/* What a thread begins with: glibc takes it as attributes, all of it from 2.32 on. With other C
 * libraries it has the signals and processors of its maker, which changes its own meanwhile. */
#if defined(__linux__) && defined(__GLIBC__)
#define PLACE_IS_ATTRIBUTE
#if __GLIBC_PREREQ(2, 32)
#define SIGNALS_ARE_ATTRIBUTE
#endif
#endif

/* The host's signals are for its own threads. Those of a fault stay: blocked, they would kill a
 * process that has a handler for them; and so does that of profilers, which ask each thread. */
static void list_blocked_signals(sigset_t *blocked)
{
    static const int open[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGPROF};
    sigfillset(blocked);
    for (size_t i = 0; i < sizeof open / sizeof open[0]; i++)
        sigdelset(blocked, open[i]);
}

#if defined(SIGNALS_ARE_ATTRIBUTE)
static int create_thread(pthread_t *thread, pthread_attr_t *attributes, void *(*run)(void *),
                         void *argument)
{
    sigset_t blocked;
    list_blocked_signals(&blocked);
    pthread_attr_setsigmask_np(attributes, &blocked);
    return pthread_create(thread, attributes, run, argument);
}
#else
static int create_thread(pthread_t *thread, pthread_attr_t *attributes, void *(*run)(void *),
                         void *argument)
{
    sigset_t blocked, before;
    list_blocked_signals(&blocked);
    int failure = pthread_sigmask(SIG_SETMASK, &blocked, &before);
    if (failure != 0)
        return failure;
    failure = pthread_create(thread, attributes, run, argument);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failure;
}
#endif

NEURON_COLD int neuron_pool_start_thread(const neuron_pool *pool, pthread_t *thread,
                                         void *(*run)(void *), void *argument)
{
    pthread_attr_t attributes;
    if (pthread_attr_init(&attributes) != 0)
        return pthread_create(thread, NULL, run, argument);
#if defined(PLACE_IS_ATTRIBUTE)
    if (pool->has_allowed)
        pthread_attr_setaffinity_np(&attributes, sizeof pool->allowed, &pool->allowed);
#elif defined(__linux__)
    cpu_set_t own;
    bool moved = pool->has_allowed && !neuron_pool_is_bound_as_caller(pool) &&
                 sched_getaffinity(0, sizeof own, &own) == 0 &&
                 sched_setaffinity(0, sizeof pool->allowed, &pool->allowed) == 0;
#endif
    int failure = create_thread(thread, &attributes, run, argument);
#if defined(PLACE_IS_ATTRIBUTE)
    cpu_set_t allowed; /* they may be others by now */
    if (failure == EINVAL && pool->has_allowed &&
        sched_getaffinity(0, sizeof allowed, &allowed) == 0) {
        pthread_attr_setaffinity_np(&attributes, sizeof allowed, &allowed);
        failure = create_thread(thread, &attributes, run, argument);
    }
#elif defined(__linux__)
    if (moved)
        sched_setaffinity(0, sizeof own, &own);
#else
    (void)pool;
#endif
    pthread_attr_destroy(&attributes);
    return failure;
}

bool neuron_pool_is_bound_as_caller(const neuron_pool *pool)
{
#ifdef __linux__
    cpu_set_t allowed;
    CPU_ZERO(&allowed);
    return (sched_getaffinity(0, sizeof allowed, &allowed) == 0) == pool->has_allowed &&
           (!pool->has_allowed || CPU_EQUAL(&allowed, &pool->allowed));
#else
    (void)pool;
    return true;
#endif
}

void neuron_pool_take_place(neuron_pool *pool, const neuron_pool *from)
{
#ifdef __linux__
    pool->has_allowed = from->has_allowed;
    pool->allowed = from->allowed;
#else
    (void)pool;
    (void)from;
#endif
}

/* Where no more can be had, those that there are do the work. */
static void start_threads(neuron_pool *pool)
{
    atomic_store(&pool->process, getpid());
    while (pool->running + 1 < pool->crew &&
           neuron_pool_start_thread(pool, &pool->handles[pool->running], thread_main, pool) == 0)
        pool->running++;
}

static void warn_of_missing(const neuron_pool *pool)
{
    if (pool->running + 1 < pool->crew)
        neuron_log(pool->context, NEURON_LOG_WARNING, "threads",
                   "threads: only %d of %d could be started, the work goes on with them",
                   (int)pool->running + 1, (int)pool->crew);
}

/* Opens a loop for all threads. */
static void open_loop(neuron_pool *pool, int64_t count)
{
    for (int32_t i = 0; i < pool->threads; i++) {
        atomic_store_explicit(&pool->shares[i].next, count * i / pool->threads,
                              memory_order_relaxed);
        pool->shares[i].end = count * (i + 1) / pool->threads;
    }
    uint64_t number = loop_of(atomic_load(&pool->state)) + 1;
    atomic_store(&pool->state, number << LOOP_SHIFT | OPEN);
    if (atomic_load(&pool->sleepers) > 0) {
        pthread_mutex_lock(&pool->mutex);
        pthread_cond_broadcast(&pool->start);
        pthread_mutex_unlock(&pool->mutex);
    }
}

/* Waits for the threads that are in the loop. One that has not woken up yet is not waited for:
 * there is nothing left for it. What the others still do takes no longer than a task. */
static void close_loop(neuron_pool *pool)
{
    uint64_t state = atomic_fetch_and(&pool->state, ~(uint64_t)OPEN);
    for (int i = 1; state & (OPEN - 1); i++) {
        if (i < LOOKS_BEFORE_SLEEP && i % LOOKS_BEFORE_YIELD != 0)
            look_again();
        else
            sched_yield();
        state = atomic_load(&pool->state);
    }
}

/* A part of the host's. It joins the loop that is on, if there is one, so that one which comes too
 * late or too often does nothing wrong. */
static void run_part(const void *loop, int64_t index)
{
    (void)index;
    neuron_pool *pool = (neuron_pool *)(uintptr_t)loop;
    uint64_t seen;
    if (!join(pool, &seen))
        return;
    int32_t worker = (int32_t)atomic_fetch_add(&pool->parts, 1);
    if (worker < pool->threads) {
        COMPUTE_SCOPE;
        neuron_float_host own; /* which the thread goes back to */
        neuron_float_copy_host(&own);
        neuron_float_take_host(&pool->host);
        work_off(pool, worker);
        neuron_float_take_host(&own);
    }
    atomic_fetch_sub(&pool->state, 1);
}

/* Like close_loop(), has all done that the host has not. */
static void run_by_host(neuron_pool *pool, int64_t count)
{
    int cancel;
    atomic_store(&pool->parts, 0);
    open_loop(pool, count);
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel);
    neuron_float_host *host = neuron_float_pause();
    pool->parallel->function(count < pool->crew ? count : pool->crew, run_part, pool,
                             pool->parallel->user_data);
    neuron_float_resume(host);
    pthread_setcancelstate(cancel, NULL);
    close_loop(pool);
    work_off(pool, 0);
}

static void run_alone(int64_t count, neuron_task task, void *work)
{
    for (int64_t i = 0; i < count; i++)
        task(work, i, 0);
}

void neuron_pool_run(neuron_pool *pool, int64_t count, neuron_task task, void *work)
{
    FLOAT_SCOPE_(neuron_float_flushes()); /* as the caller */
    if (count <= 1 || pool->crew == 1 || has_lost_threads(pool) ||
        atomic_exchange(&pool->busy, true)) {
        run_alone(count, task, work);
        return;
    }
    pool->task = task;
    pool->work = work;
    neuron_float_copy_host(&pool->host);
    if (pool->parallel) {
        run_by_host(pool, count);
        atomic_store(&pool->busy, false);
        return;
    }
    bool begins = atomic_load(&pool->process) == 0;
    if (begins)
        start_threads(pool);
    if (pool->running == 0) {
        atomic_store(&pool->busy, false);
        if (begins)
            warn_of_missing(pool);
        run_alone(count, task, work);
        return;
    }
    open_loop(pool, count);
    work_off(pool, 0);
    close_loop(pool);
    atomic_store(&pool->busy, false);
    if (begins)
        warn_of_missing(pool);
}
