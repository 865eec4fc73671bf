/* The context and the memory that comes from it. */
#ifndef BASE_CONTEXT_H
#define BASE_CONTEXT_H

#include <libneuron/context.h>

#include "base/checked.h"
#include "base/compiler/attributes.h"
#include "base/hold.h"
#include "base/pool.h"
#include "base/status.h"

#include <stdatomic.h>
#include <stdbool.h>

/* Every kernel may read whole vectors: allocations are aligned for the widest of them. */
enum { NEURON_ALIGNMENT = 64, NEURON_THREADS_MAX = 256 };

/* The head of memory that lives as long as its context, which releases it. */
typedef struct neuron_owned {
    struct neuron_owned *next;
    neuron_context_t *context;
    void *user_data;
    neuron_destroy_function_t destroy; /* of the user data; NULL for none */
} neuron_owned;

/* Where memory comes from. */
typedef struct neuron_allocator {
    neuron_allocate_function_t allocate;
    neuron_release_function_t release;
    void *user_data;
    neuron_destroy_function_t destroy; /* of the user data, when all is released; NULL for none */
} neuron_allocator;

/* Where log lines go. */
typedef struct neuron_log_sink {
    int32_t level;
    neuron_log_function_t function; /* NULL for no log */
    void *user_data;
    neuron_destroy_function_t destroy; /* of the user data; NULL for none */
} neuron_log_sink;

/* The host's way to have work done in its threads. */
struct neuron_parallel {
    neuron_parallel_for_function_t function; /* NULL for the pool's own threads */
    void *user_data;
    neuron_destroy_function_t destroy; /* of the user data; NULL for none */
};

struct neuron_context {
    neuron_handle handle;
    const struct neuron_kernels *kernels; /* all that runs in this context works by these */
    neuron_allocator memory;
    uint64_t memory_limit; /* of all pieces together, maybe more than addresses; 0 for none */
    atomic_size_t memory_used;
    const char *missed_kernels; /* a set that the environment asks for and the processor has not */
    neuron_pool *pool;
    bool batch_invariant; /* predictions are the same bytes in any batch */
    int32_t processors;   /* when the pool was made */
    neuron_parallel parallel;
    uint64_t seed;
    neuron_log_sink log;
    struct neuron_log_lock *log_lock;
    int32_t threads_option, kernels_option; /* as they were set: see kernels/context-options.c */
    neuron_owned *custom_kinds; /* the heads of registered layers: see layers/custom.h */
};

/* What neuron_context_create() is above this room: see kernels/context-options.c. Without an
 * allocator the memory is malloc()'s. 0 threads are as many as there are processors. */
int neuron_context_make(neuron_context_t **context, const neuron_allocator *allocator,
                        uint64_t memory_limit, int32_t threads, const char *who);
extern const neuron_allocator neuron_allocator_of_c;

/* Changes how many threads work on one call at most, with `who` for the message. */
int neuron_context_set_threads(neuron_context_t *context, int32_t threads, const char *who);

/* `count` times `size` bytes; NULL if they cannot be had, with the message and nothing else to do
 * than return NEURON_E_MEMORY. At least one byte, so that NULL always means failure. */
NEURON_SHARED void *neuron_allocate(neuron_context_t *context, size_t count, size_t size);
NEURON_SHARED void *neuron_allocate_zero(neuron_context_t *context, size_t count, size_t size);
NEURON_SHARED char *neuron_copy_text(neuron_context_t *context, const char *text);

/* Whether the limit has room for memory that does not come from here. */
bool neuron_memory_allows(const neuron_context_t *context, size_t count, size_t size);

/* NULL is fine. */
NEURON_SHARED void neuron_release(neuron_context_t *context, void *memory);

/* Calls it in the floating-point mode of the host. */
NEURON_SHARED void neuron_destroy_user_data(neuron_destroy_function_t destroy, void *user_data);

/* For neuron_hold_add(), with the context as owner. */
NEURON_SHARED void neuron_release_hold(void *context, void *memory);

NEURON_SHARED NEURON_HOLD_DECLARE(context);

/* Sends a line to the log if its level is wanted. `category` is one of those that the comment of
 * neuron_log_function_t lists, as constant text. */
NEURON_SHARED void neuron_log(neuron_context_t *context, int32_t level, const char *category,
                              const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif
