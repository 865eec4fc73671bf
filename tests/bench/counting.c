/* Counting what is allocated, by whom it may be. */
#include "bench.h"

#include "base/context.h"

#include <stdatomic.h>
#include <stdlib.h>

static atomic_llong through_context, through_malloc, live, peak;

/* Where the memory really comes from: the way of a plain context is part of what is measured. */
static neuron_context_t *plain;

/* In front of each piece, to know its size when it comes back; keeps the alignment. */
enum { HEADER = NEURON_ALIGNMENT };

static void *allocate(size_t size, size_t alignment, void *user_data)
{
    (void)user_data;
    if (size > SIZE_MAX - HEADER)
        return NULL;
    char *memory = plain->memory.allocate(size + HEADER, alignment, plain->memory.user_data);
    if (!memory)
        return NULL;
    *(size_t *)(void *)memory = size;
    atomic_fetch_add(&through_context, 1);
    long long now = atomic_fetch_add(&live, (long long)size) + (long long)size;
    long long before = atomic_load(&peak);
    while (now > before && !atomic_compare_exchange_weak(&peak, &before, now))
        ;
    return memory + HEADER;
}

static void release(void *memory, void *user_data)
{
    (void)user_data;
    char *start = (char *)memory - HEADER;
    atomic_fetch_sub(&live, (long long)*(size_t *)(void *)start);
    plain->memory.release(start, plain->memory.user_data);
}

neuron_context_t *bench_counting_context(int32_t threads)
{
    neuron_context_t *context;
    bench_must(neuron_context_create(&plain, NULL));
    bench_must(neuron_context_set_number(plain, "threads", 1));
    bench_forget_peak();
    bench_must(neuron_context_create_with_allocator(&context, allocate, release, NULL, NULL, NULL));
    bench_must(neuron_context_set_number(context, "threads", threads));
    bench_must(neuron_context_set_seed(context, 1));
    return context;
}

void bench_counting_close(neuron_context_t *context)
{
    neuron_context_unref(context);
    if (atomic_load(&live) != 0)
        bench_fail("%lld bytes were not given back", (long long)atomic_load(&live));
    neuron_context_unref(plain);
    plain = NULL;
}

void bench_forget_peak(void)
{
    atomic_store(&peak, atomic_load(&live));
}

int64_t bench_peak_bytes(void)
{
    return atomic_load(&peak);
}

int64_t bench_allocations(void)
{
    /* Most are seen by both. */
    long long context = atomic_load(&through_context), c_library = atomic_load(&through_malloc);
    return context > c_library ? context : c_library;
}

#ifdef BENCH_WRAPS_MALLOC /* the linker sends the calls of this program and the library here */

#define COUNT() atomic_fetch_add_explicit(&through_malloc, 1, memory_order_relaxed)

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void *__real_aligned_alloc(size_t alignment, size_t size);
int __real_posix_memalign(void **memory, size_t alignment, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);
int __wrap_posix_memalign(void **memory, size_t alignment, size_t size);

void *__wrap_malloc(size_t size)
{
    COUNT();
    return __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    COUNT();
    return __real_calloc(count, size);
}

void *__wrap_realloc(void *memory, size_t size)
{
    COUNT();
    return __real_realloc(memory, size);
}

void *__wrap_aligned_alloc(size_t alignment, size_t size)
{
    COUNT();
    return __real_aligned_alloc(alignment, size);
}

int __wrap_posix_memalign(void **memory, size_t alignment, size_t size)
{
    COUNT();
    return __real_posix_memalign(memory, alignment, size);
}

#endif
