#include "base/pool.h"

#include "base/context.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <unistd.h>

/* How often a thread looks for the next loop before it sleeps: some ten microseconds, as long as
 * waking up would take. The steps of a small network follow each other faster than that. */
enum { LOOKS_BEFORE_SLEEP = 2000 };

struct neuron_pool {
    neuron_context_t *context;
    int32_t threads;
    pid_t process;    /* whose threads they are: a child of fork() has none of them */
    atomic_bool busy; /* a loop is on, and its caller owns what follows */

    pthread_mutex_t mutex;
    pthread_cond_t start, finish;
    atomic_uint_fast64_t loop; /* number of the last loop; changes under the mutex */
    bool open;                 /* threads may still join it */
    int32_t joined;            /* threads that are in it */
    bool ending;

    neuron_task task;
    void *work;
    int64_t count;
    atomic_int_fast64_t next;

    int32_t started;
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

static void work_off(neuron_pool *pool, int32_t worker)
{
    for (;;) {
        int64_t task = atomic_fetch_add_explicit(&pool->next, 1, memory_order_relaxed);
        if (task >= pool->count)
            return;
        pool->task(pool->work, task, worker);
    }
}

/* Returns with the mutex held, when there is another loop than `seen` or the pool ends. */
static void await_loop(neuron_pool *pool, uint64_t seen)
{
    for (int i = 0; i < LOOKS_BEFORE_SLEEP && atomic_load(&pool->loop) == seen; i++)
        look_again();
    pthread_mutex_lock(&pool->mutex);
    while (atomic_load(&pool->loop) == seen && !pool->ending)
        pthread_cond_wait(&pool->start, &pool->mutex);
}

static void *thread_main(void *argument)
{
    neuron_pool *pool = argument;
    pthread_mutex_lock(&pool->mutex);
    int32_t worker = ++pool->started;
    uint64_t seen = atomic_load(&pool->loop);
    pthread_mutex_unlock(&pool->mutex);
    for (;;) {
        await_loop(pool, seen);
        if (pool->ending)
            break;
        seen = atomic_load(&pool->loop);
        bool join = pool->open;
        pool->joined += join;
        pthread_mutex_unlock(&pool->mutex);
        if (!join)
            continue;
        work_off(pool, worker);
        pthread_mutex_lock(&pool->mutex);
        if (--pool->joined == 0)
            pthread_cond_signal(&pool->finish);
        pthread_mutex_unlock(&pool->mutex);
    }
    pthread_mutex_unlock(&pool->mutex);
    return NULL;
}

static void end_threads(neuron_pool *pool, int32_t count)
{
    pthread_mutex_lock(&pool->mutex);
    pool->ending = true;
    pthread_cond_broadcast(&pool->start);
    pthread_mutex_unlock(&pool->mutex);
    for (int32_t i = 0; i < count; i++)
        pthread_join(pool->handles[i], NULL);
    pthread_cond_destroy(&pool->finish);
    pthread_cond_destroy(&pool->start);
    pthread_mutex_destroy(&pool->mutex);
}

/* Ends the first `count` threads and frees the pool. A forked child only frees it: the threads that
 * hold or wait for something there are never going to let go. */
static void tear_down(neuron_pool *pool, int32_t count)
{
    if (getpid() == pool->process)
        end_threads(pool, count);
    neuron_release(pool->context, pool->handles);
    neuron_release(pool->context, pool);
}

neuron_pool *neuron_pool_create(neuron_context_t *context, int32_t threads)
{
    neuron_pool *pool = neuron_allocate_zero(context, 1, sizeof *pool);
    pthread_t *handles = neuron_allocate_zero(context, (size_t)threads, sizeof *handles);
    if (!pool || !handles) {
        neuron_release(context, handles);
        neuron_release(context, pool);
        return NULL;
    }
    pool->context = context;
    pool->threads = threads;
    pool->process = getpid();
    pool->handles = handles;
    pthread_mutex_init(&pool->mutex, NULL);
    pthread_cond_init(&pool->start, NULL);
    pthread_cond_init(&pool->finish, NULL);
    for (int32_t i = 0; i + 1 < threads; i++) {
        if (pthread_create(&handles[i], NULL, thread_main, pool) != 0) {
            tear_down(pool, i);
            return NULL;
        }
    }
    return pool;
}

void neuron_pool_destroy(neuron_pool *pool)
{
    if (pool)
        tear_down(pool, pool->threads - 1);
}

int32_t neuron_pool_threads(const neuron_pool *pool)
{
    return pool->threads;
}

void neuron_pool_run(neuron_pool *pool, int64_t count, neuron_task task, void *work)
{
    if (count <= 1 || pool->threads == 1 || getpid() != pool->process ||
        atomic_exchange(&pool->busy, true)) {
        for (int64_t i = 0; i < count; i++)
            task(work, i, 0);
        return;
    }
    pthread_mutex_lock(&pool->mutex);
    pool->task = task;
    pool->work = work;
    pool->count = count;
    atomic_store(&pool->next, 0);
    pool->open = true;
    atomic_fetch_add(&pool->loop, 1);
    pthread_cond_broadcast(&pool->start);
    pthread_mutex_unlock(&pool->mutex);

    work_off(pool, 0);

    /* A thread that has not woken up yet is not waited for: there is nothing left for it. */
    pthread_mutex_lock(&pool->mutex);
    pool->open = false;
    while (pool->joined > 0)
        pthread_cond_wait(&pool->finish, &pool->mutex);
    pthread_mutex_unlock(&pool->mutex);
    atomic_store(&pool->busy, false);
}
