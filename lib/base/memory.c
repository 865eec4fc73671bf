/* Memory of a context, from the caller's allocator or from the C library, within the context's
 * limit if it has one. Whose memory it is, is in context.c. */
#include "base/context.h"

#include "base/checked.h"
#include "base/float-mode.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#ifdef __linux__
#include <sys/mman.h>
#endif

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

const neuron_allocator neuron_allocator_of_c = {allocate_from_c, release_to_c, NULL, NULL};

static void *allocate_from(neuron_context_t *context, size_t size)
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

static void release_to(neuron_context_t *context, void *memory)
{
    if (context->memory.release == release_to_c)
        release_to_c(memory, NULL);
    else
        release_to_host(context, memory);
}

/* Where memory has a limit, each piece begins with its size. */
enum { HEAD = NEURON_ALIGNMENT };

static bool claim(neuron_context_t *context, size_t size)
{
    size_t used = atomic_load(&context->memory_used);
    do {
        if (size > context->memory_limit || used > context->memory_limit - size)
            return false;
    } while (!atomic_compare_exchange_weak(&context->memory_used, &used, used + size));
    return true;
}

static void *allocate_limited(neuron_context_t *context, size_t size)
{
    if (!claim(context, size))
        return NULL;
    char *memory = size < SIZE_MAX - HEAD ? allocate_from(context, size + HEAD) : NULL;
    if (!memory) {
        atomic_fetch_sub(&context->memory_used, size);
        return NULL;
    }
    memcpy(memory, &size, sizeof size);
    return memory + HEAD;
}

static void release_limited(neuron_context_t *context, void *memory)
{
    char *begin = (char *)memory - HEAD;
    size_t size;
    memcpy(&size, begin, sizeof size);
    atomic_fetch_sub(&context->memory_used, size);
    release_to(context, begin);
}

bool neuron_memory_allows(const neuron_context_t *context, size_t count, size_t size)
{
    size_t bytes;
    return context->memory_limit == 0 ||
           (neuron_multiply_size(count, size, &bytes) && bytes <= context->memory_limit &&
            atomic_load(&context->memory_used) <= context->memory_limit - bytes);
}

static void *allocate_bytes(neuron_context_t *context, size_t size)
{
    return context->memory_limit ? allocate_limited(context, size) : allocate_from(context, size);
}

void *neuron_allocate(neuron_context_t *context, size_t count, size_t size)
{
    size_t bytes;
    void *memory = NULL;
    /* More than half of all addresses are never one piece, and allocators
     * err when they round it up. */
    if (neuron_multiply_size(count, size, &bytes) && bytes <= PTRDIFF_MAX)
        memory = allocate_bytes(context, bytes ? bytes : 1);
    if (!memory && context->memory_limit)
        neuron_set_message("out of memory: %zu x %zu bytes, with %zu of %" PRIu64 " in use", count,
                           size, atomic_load(&context->memory_used), context->memory_limit);
    else if (!memory)
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
    if (memory && context->memory_limit)
        release_limited(context, memory);
    else if (memory)
        release_to(context, memory);
}
