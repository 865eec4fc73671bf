/* The context: what one host's use of the library shares, which is memory, threads, log, seed and
 * kernels. Memory comes from where memory.c has it; every other handle holds
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
#include <string.h>
#include <unistd.h>

struct neuron_log_lock {
    pthread_mutex_t mutex;
};

int neuron_context_make(neuron_context_t **context, const neuron_allocator *allocator,
                        uint64_t memory_limit, int32_t threads, const char *who)
{
    const neuron_allocator from = allocator ? *allocator : neuron_allocator_of_c;
    /* The first piece of memory has no context to come from yet. */
    neuron_context_t *made = from.allocate(sizeof *made, NEURON_ALIGNMENT, from.user_data);
    if (!made)
        return neuron_fail(NEURON_E_MEMORY, "%s: out of memory", who);
    memset(made, 0, sizeof *made);
    neuron_handle_init(&made->handle, NEURON_HANDLE_KIND(made));
    made->memory = from;
    made->memory_limit = memory_limit;
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
    if (!NEURON_IS(context))
        return NULL;
    neuron_handle_own(&context->handle);
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
    if (!NEURON_IS(context) || !neuron_hold_last_owner(&context->handle.references))
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

int64_t neuron_context_threads(const neuron_context_t *context)
{
    return NEURON_IS(context) ? neuron_pool_threads(context->pool) : 0;
}

int neuron_context_set_seed(neuron_context_t *context, uint64_t seed)
{
    CHECK_ARGUMENT(context);
    context->seed = seed;
    return NEURON_OK;
}

uint64_t neuron_context_seed(const neuron_context_t *context)
{
    return NEURON_IS(context) ? context->seed : 0;
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
