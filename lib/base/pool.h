/* The thread pool of a context. */
#ifndef BASE_POOL_H
#define BASE_POOL_H

#include "base/compiler/attributes.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct neuron_context neuron_context_t;
typedef struct neuron_pool neuron_pool;

/* One task of a parallel loop. Tasks run in any order and in any thread; what a task computes must
 * depend on its number alone, so that the number of threads cannot change a result. `worker` is
 * unlike that of every task that runs at the same time in the same loop, and below
 * neuron_pool_threads(), for scratch memory. */
typedef void (*neuron_task)(void *work, int64_t task, int32_t worker);

/* Makes a pool whose caller has up to threads - 1 others to help. They are started by the first
 * loop that has work for them: no more than the context has processors for, and fewer where no more
 * can be had. Returns NULL if there is no memory. */
neuron_pool *neuron_pool_create(neuron_context_t *context, int32_t threads);
void neuron_pool_destroy(neuron_pool *pool);

/* Before its first loop: has it start no threads, but call a function of the host's, which must
 * stay while the pool does. NULL for its own threads. */
typedef struct neuron_parallel neuron_parallel;
void neuron_pool_employ(neuron_pool *pool, const neuron_parallel *parallel);

/* Starts a thread as those of the pool are: where the C library can do so with all signals blocked
 * but those of faults and SIGPROF, and on the processors of the thread that made the pool, as the
 * caller may be bound to one. Returns what pthread_create() does. */
NEURON_SHARED int neuron_pool_start_thread(const neuron_pool *pool, pthread_t *thread,
                                           void *(*run)(void *), void *argument);

/* Whether the calling thread may run on the same processors as the one that made the pool. */
bool neuron_pool_is_bound_as_caller(const neuron_pool *pool);

/* Before its first loop: gives a pool the processors of another one. */
void neuron_pool_take_place(neuron_pool *pool, const neuron_pool *from);

/* The number asked for: what a task's worker is below. */
NEURON_SHARED int32_t neuron_pool_threads(const neuron_pool *pool);

/* Runs tasks 0 .. count - 1 and returns when all are done. If the pool is busy with the loop of
 * another thread, or of the task that calls this, the caller does all of them itself; so does a
 * child of fork() that comes after the first loop, as it has none of the threads. */
NEURON_SHARED void neuron_pool_run(neuron_pool *pool, int64_t count, neuron_task task, void *work);

#endif
