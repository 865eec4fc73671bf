/* The context: what one host's use of the library shares, which is memory, threads, log, seed and
 * kernels. Memory comes from the caller's allocator or from the C library; every other handle holds
 * a reference to its context, so the last of them releases it. The pool is in pool.c, the choice of
 * kernels in kernels/choose.c. */
#include "base/context.h"

#include "base/checked.h"
#include "base/float-mode.h"
#include "base/processors.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/mman.h>
#endif

struct neuron_log_lock {
    pthread_mutex_t mutex;
};

/* Large memory begins at a large page and asks for such pages: to read a matrix in blocks takes
 * many small pages at a time, more than the processor has addresses of. */
enum { LARGE_PAGE = 2 << 20, LARGE_MEMORY = 2 * LARGE_PAGE };

static void *allocate_from_c(size_t size, size_t alignment, void *user_data)
{
    (void)user_data;
    void *memory = NULL;
    bool large = size >= LARGE_MEMORY;
    if (posix_memalign(&memory, large ? LARGE_PAGE : alignment, size) != 0)
        return NULL;
#ifdef MADV_HUGEPAGE
    if (large)
        madvise(memory, size, MADV_HUGEPAGE); /* where it cannot be had, nothing is lost */
#endif
    return memory;
}

static void release_to_c(void *memory, void *user_data)
{
    (void)user_data;
    free(memory);
}

int neuron_context_make(neuron_context_t **context, const neuron_allocator *allocator,
                        int32_t threads, const char *who)
{
    static const neuron_allocator of_c = {allocate_from_c, release_to_c, NULL, NULL};
    const neuron_allocator from = allocator ? *allocator : of_c;
    /* The first piece of memory has no context to come from yet. */
    neuron_context_t *made = from.allocate(sizeof *made, NEURON_ALIGNMENT, from.user_data);
    if (!made)
        return neuron_fail(NEURON_E_MEMORY, "%s: out of memory", who);
    memset(made, 0, sizeof *made);
    atomic_init(&made->references, 1);
    made->memory = from;
    made->log_lock = neuron_allocate_zero(made, 1, sizeof *made->log_lock);
    made->processors = neuron_processors();
    if (made->log_lock)
        made->pool = neuron_pool_create(made, threads ? threads : made->processors);
    if (!made->pool) {
        neuron_release(made, made->log_lock);
        from.release(made, from.user_data);
        return neuron_fail(NEURON_E_MEMORY, "%s: out of memory", who);
    }
    pthread_mutex_init(&made->log_lock->mutex, NULL);
    *context = made;
    return NEURON_OK;
}

neuron_context_t *neuron_context_ref(neuron_context_t *context)
{
    if (context)
        atomic_fetch_add_explicit(&context->references, 1, memory_order_relaxed);
    return context;
}

/* Gives back what the caller lent, if it wants that. */
static void give_back(neuron_destroy_function_t destroy, void *user_data)
{
    if (destroy)
        neuron_destroy_user_data(destroy, user_data);
}

void neuron_context_unref(neuron_context_t *context)
{
    if (!context || !neuron_hold_last_owner(&context->references))
        return;
    neuron_pool_destroy(context->pool);
    give_back(context->parallel.destroy, context->parallel.user_data);
    while (context->custom_kinds) {
        neuron_owned *owned = context->custom_kinds;
        context->custom_kinds = owned->next;
        give_back(owned->destroy, owned->user_data);
        neuron_release(context, owned);
    }
    give_back(context->log.destroy, context->log.user_data);
    pthread_mutex_destroy(&context->log_lock->mutex);
    neuron_release(context, context->log_lock);
    const neuron_allocator memory = context->memory;
    memory.release(context, memory.user_data);
    give_back(memory.destroy, memory.user_data);
}

NEURON_HOLD_DEFINE(context)

int neuron_context_set_threads(neuron_context_t *context, int32_t threads, const char *who)
{
    int32_t before = context->processors;
    context->processors = neuron_processors();
    if (threads == 0)
        threads = context->processors;
    if (threads == neuron_pool_threads(context->pool) && before == context->processors &&
        neuron_pool_is_bound_as_caller(context->pool))
        return NEURON_OK;
    neuron_pool *pool = neuron_pool_create(context, threads);
    if (!pool) {
        context->processors = before;
        return neuron_fail(NEURON_E_MEMORY, "%s: out of memory for %d threads", who, threads);
    }
    neuron_pool_employ(pool, context->parallel.function ? &context->parallel : NULL);
    neuron_pool_destroy(context->pool);
    context->pool = pool;
    return NEURON_OK;
}

int neuron_context_set_parallel_for(neuron_context_t *context,
                                    neuron_parallel_for_function_t function, void *user_data,
                                    neuron_destroy_function_t destroy)
{
    CHECK_ARGUMENT(context);
    neuron_pool *pool = neuron_pool_create(context, neuron_pool_threads(context->pool));
    if (!pool)
        return NEURON_E_MEMORY;
    neuron_parallel before = context->parallel;
    neuron_pool_destroy(context->pool);
    context->pool = pool;
    context->parallel = (neuron_parallel){function, user_data, destroy};
    neuron_pool_employ(pool, function ? &context->parallel : NULL);
    give_back(before.destroy, before.user_data);
    return NEURON_OK;
}

int32_t neuron_context_threads(const neuron_context_t *context)
{
    return context ? neuron_pool_threads(context->pool) : 0;
}

int neuron_context_set_seed(neuron_context_t *context, uint64_t seed)
{
    CHECK_ARGUMENT(context);
    context->seed = seed;
    return NEURON_OK;
}

uint64_t neuron_context_seed(const neuron_context_t *context)
{
    return context ? context->seed : 0;
}

int neuron_context_set_log(neuron_context_t *context, int32_t level, neuron_log_function_t sink,
                           void *user_data, neuron_destroy_function_t destroy)
{
    CHECK_ARGUMENT(context);
    neuron_log_sink before = context->log;
    context->log = (neuron_log_sink){level, sink, user_data, destroy};
    give_back(before.destroy, before.user_data);
    return NEURON_OK;
}

void neuron_log(neuron_context_t *context, int32_t level, const char *category, const char *format,
                ...)
{
    if (!context->log.function || level > context->log.level)
        return;
    char line[NEURON_MESSAGE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    neuron_format_line(line, sizeof line, format, arguments);
    va_end(arguments);
    int cancel; /* writing the line may be a point where the thread could be cancelled */
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel);
    pthread_mutex_lock(&context->log_lock->mutex);
    neuron_float_host *host = neuron_float_pause();
    context->log.function(level, category, line, context->log.user_data);
    neuron_float_resume(host);
    pthread_mutex_unlock(&context->log_lock->mutex);
    pthread_setcancelstate(cancel, NULL);
}

static void *allocate_bytes(neuron_context_t *context, size_t size)
{
    if (context->memory.allocate == allocate_from_c)
        return allocate_from_c(size, NEURON_ALIGNMENT, NULL);
    neuron_float_host *host = neuron_float_pause();
    void *memory = context->memory.allocate(size, NEURON_ALIGNMENT, context->memory.user_data);
    neuron_float_resume(host);
    return memory;
}

static void release_to_host(neuron_context_t *context, void *memory)
{
    neuron_float_host *host = neuron_float_pause();
    context->memory.release(memory, context->memory.user_data);
    neuron_float_resume(host);
}

void *neuron_allocate(neuron_context_t *context, size_t count, size_t size)
{
    size_t bytes;
    void *memory = NULL;
    /* More than half of all addresses are never one piece, and allocators
     * err when they round it up. */
    if (neuron_multiply_size(count, size, &bytes) && bytes <= PTRDIFF_MAX)
        memory = allocate_bytes(context, bytes ? bytes : 1);
    if (!memory)
        neuron_set_message("out of memory: %zu x %zu bytes", count, size);
    return memory;
}

void *neuron_allocate_zero(neuron_context_t *context, size_t count, size_t size)
{
    void *memory = neuron_allocate(context, count, size);
    if (memory)
        memset(memory, 0, count * size);
    return memory;
}

char *neuron_copy_text(neuron_context_t *context, const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = neuron_allocate(context, size, 1);
    if (copy)
        memcpy(copy, text, size);
    return copy;
}

void neuron_release(neuron_context_t *context, void *memory)
{
    if (memory && context->memory.release == release_to_c)
        release_to_c(memory, NULL);
    else if (memory)
        release_to_host(context, memory);
}

void neuron_destroy_user_data(neuron_destroy_function_t destroy, void *user_data)
{
    neuron_float_host *host = neuron_float_pause();
    destroy(user_data);
    neuron_float_resume(host);
}

void neuron_release_hold(void *context, void *memory)
{
    neuron_release(context, memory);
}
