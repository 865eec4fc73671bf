/** @file context.h
 *  The context: where threads, memory, log lines and random numbers come from.
 *
 *  The library has no global state. Whatever a program can decide for all its networks at once, it
 *  decides on a context, and two contexts never disturb each other.
 *
 *  Calls compute in a floating-point mode of their own, whatever that of the calling thread is:
 *  round to nearest, no traps, and in networks on x86-64 and arm64 subnormal numbers count as 0.
 *  At return the calling thread has its mode and its flags back, as they were. Callbacks are
 *  called in the mode of the thread that called the library; one that changes it changes it for
 *  the caller, as any function would.
 */
#ifndef NEURON_CONTEXT_H
#define NEURON_CONTEXT_H

#include <libneuron/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Returns `size` bytes aligned to `alignment` (a power of two, 64 or less), or NULL if it has
 *  none. Must be safe to call from several threads at a time, and must not call the library.
 *  Since 0.1. */
typedef void *(*neuron_allocate_function_t)(size_t size, size_t alignment, void *user_data);

/** Takes back what neuron_allocate_function_t gave. `memory` is never NULL. Must be safe to call
 *  from several threads at a time. Since 0.1. */
typedef void (*neuron_release_function_t)(void *memory, void *user_data);

/** Receives one log line without its line end, in UTF-8 as neuron_error_last() has it.
 *  May be called from any thread that uses the context, one at a time. It must not
 *  call the library. Since 0.1. */
typedef void (*neuron_log_function_t)(int32_t level, const char *line, void *user_data);

/** Levels of log lines. Since 0.1. */
enum neuron_log_level {
    NEURON_LOG_WARNING = 10, /**< something a person should know */
    NEURON_LOG_INFO = 20,    /**< what was done: a checkpoint written, a run resumed */
    NEURON_LOG_DEBUG = 30    /**< which kernels were chosen and how much memory was planned, when a
                                  graph gets memory to predict or train with */
};

/** Makes a context: one thread per processor that the process may use, memory from the C library,
 *  no log, seed 0. Processors are those that the calling thread may run on, or fewer where a CPU
 *  quota of Linux's control groups, version 1 or 2, allows less than all of them (rounded up). No
 *  thread is started yet: see neuron_context_set_threads().
 *  @param[out] context  the new context; NULL on failure.
 *  @return  0; NEURON_E_ARGUMENT, also if the environment's NEURON_KERNELS is the name of no set of
 *           kernels (the message lists them; one that the processor cannot run is left aside);
 *           NEURON_E_MEMORY. Any thread. Since 0.1. */
NEURON_API int neuron_context_create(neuron_context_t **context);

/** Makes a context whose every allocation, and that of everything made with it, goes through the
 *  caller's two functions. (The JSON and BLAS libraries have allocators of their own.)
 *  @param[out] context  the new context; NULL on failure.
 *  @param allocate      gives memory.
 *  @param release       takes it back.
 *  @param user_data     handed to both; may be NULL. Must outlive the context.
 *  @return  as neuron_context_create(). Any thread. Since 0.1. */
NEURON_API int neuron_context_create_with_allocator(neuron_context_t **context,
                                                    neuron_allocate_function_t allocate,
                                                    neuron_release_function_t release,
                                                    void *user_data);

/** Adds an owner. @return  `context`. Any thread. Since 0.1. */
NEURON_API neuron_context_t *neuron_context_ref(neuron_context_t *context);

/** Takes an owner away; the last one ends the threads and frees. Any thread. Since 0.1. */
NEURON_API void neuron_context_unref(neuron_context_t *context);

/** Sets how many threads work on one call, the calling one included. Results do not depend on it.
 *  Threads are started by the first call that has work for them, on the processors of the thread
 *  that called this function (or made the context), sleep when there is nothing to do, and end with
 *  the context. With glibc 2.32 or later all signals are blocked in them but SIGPROF and those of a
 *  fault (SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP and SIGSYS), for which the host may have
 *  handlers; with others they have the signal mask of that first call. No more are started than
 *  there are processors to use, as neuron_context_create() counts them at this call, since more
 *  would only be in each other's way; with 1 none is ever started. Where the system refuses a
 *  thread, the work goes on with those that there are, and a warning goes to the log. The thread
 *  setting of the CBLAS belongs to the host program: the library never changes it.
 *  @param threads  1 to 256, or 0 for one per processor, counted as by neuron_context_create().
 *  @return  0, NEURON_E_ARGUMENT or NEURON_E_MEMORY: then the number is as before. No other call
 *           may use the context meanwhile. Since 0.1. */
NEURON_API int neuron_context_set_threads(neuron_context_t *context, int32_t threads);

/** How many threads work on one call at most: the number set; 0 for a NULL
 *  context. Any thread. Since 0.1. */
NEURON_API int32_t neuron_context_threads(const neuron_context_t *context);

/** Sets the seed of all random numbers: initial parameters, dropout, shuffling. Random numbers are
 *  made by the counter-based generator Philox4x32-10 (Salmon et al., SC 2011), so that the same
 *  seed and the same calls give the same bytes whatever the number of threads.
 *  Graphs and trainers take the seed when they are made; later changes do not touch them.
 *  @return  0 or NEURON_E_ARGUMENT. Since 0.1. */
NEURON_API int neuron_context_set_seed(neuron_context_t *context, uint64_t seed);

/** The seed; 0 for a NULL context. Since 0.1. */
NEURON_API uint64_t neuron_context_seed(const neuron_context_t *context);

/** Sets where log lines go: all those of `level` or a lower number. No other call
 *  may use the context meanwhile.
 *  @param sink       NULL for no log, which is the default. Called in whichever thread has
 *                    something to tell, one at a time.
 *  @param user_data  handed to it; may be NULL. Must live until another sink is set or the context,
 *                    which all that is made with it keeps alive, is
 *                    gone; the library never frees it.
 *  @return  0 or NEURON_E_ARGUMENT. Since 0.1. */
NEURON_API int neuron_context_set_log(neuron_context_t *context, int32_t level,
                                      neuron_log_function_t sink, void *user_data);

#ifdef __cplusplus
}
#endif

#endif
