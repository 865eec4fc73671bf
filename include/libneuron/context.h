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
 *
 *  In a child of fork() a context of the parent computes in the calling thread alone, and can be
 *  released; a child that wants threads makes a context of its own. No other thread of the parent
 *  may be inside the library when it forks.
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
 *  call the library.
 *  @param level     NEURON_LOG_WARNING, NEURON_LOG_INFO or NEURON_LOG_DEBUG.
 *  @param category  what the line is about, as constant text that can be compared and filtered by:
 *
 *  - `data`: files of examples, tables, and how their values are scaled;
 *  - `files`: what happened to a file that was written;
 *  - `graph`: how a graph is laid out in passes and memory, and what committees join;
 *  - `kernels`: instruction sets that could not be had;
 *  - `model`: saved models and parameters, read and copied;
 *  - `search`: searches;
 *  - `threads`: threads that could not be had;
 *  - `training`: runs, their callbacks and checkpoints, and what is odd about their settings.
 *
 *  A later version may have more of them.
 *  @param line      the line.
 *  @param user_data  as it was given to neuron_context_set_log().
 *  Since 0.1. */
typedef void (*neuron_log_function_t)(int32_t level, const char *category, const char *line,
                                      void *user_data);

/** Does one part of a loop of the library's: see neuron_parallel_for_function_t. Since 0.1. */
typedef void (*neuron_part_function_t)(const void *loop, int64_t index);

/** Has threads of the host do the parts of a loop: calls part(loop, index) once for each index from
 *  0 to count - 1, in any threads, in any order, at the same time or not, and returns when all of
 *  these calls have returned. What it leaves out is done by the library in the calling thread when
 *  it returns, so where the host has no thread to spare it may do some, or none.
 *
 *  It is called in each thread that calls the library, for one loop of a context at a time: what
 *  other threads call meanwhile, and what is begun inside of a part, they do alone. It must not
 *  call the library, and neither it nor a thread with a part may end in another way than by
 *  returning. But a thread that waits for parts may do other work of the host's meanwhile, which
 *  may call the library as a further thread may.
 *  @param count      1 or more, and never more than the context's threads.
 *  @param part       what to call.
 *  @param loop       handed to it.
 *  @param user_data  as it was given to neuron_context_set_parallel_for().
 *  Since 0.1. */
typedef void (*neuron_parallel_for_function_t)(int64_t count, neuron_part_function_t part,
                                               const void *loop, void *user_data);

/** Levels of log lines. Since 0.1. */
enum neuron_log_level {
    NEURON_LOG_WARNING = 10, /**< something a person should know */
    NEURON_LOG_INFO = 20,    /**< what was done: a checkpoint written, a run resumed */
    NEURON_LOG_DEBUG = 30    /**< which kernels were chosen and how much memory was planned, when a
                                  graph gets memory to predict or train with */
};

/** Makes a context. With no options it has one thread per processor, memory from the C library, no
 *  log and seed 0. Options:
 *
 *  - `threads`: how many threads work on one call at most, the calling one included, 1 to 256.
 *    0, the default, is one per processor that the process may use: those that the calling thread
 *    may run on, or fewer where a CPU quota of Linux's control groups, version 1 or 2, allows less
 *    than all of them (rounded up). Results do not depend on it. With 1 the library starts no
 *    thread, ever, but those of a trainer that is told to have some (see its options `workers`
 *    and `overlap`), and one of a search over ranks (see its option `serve`);
 *  - `seed`: of all random numbers, 0 to 9007199254740991, default 0; neuron_context_set_seed()
 *    takes larger ones and tells more;
 *  - `kernels`: the instructions to compute with: `baseline`, which each processor has; `neon`,
 *    which each arm64 has; or `avx2`, `avx2vnni`, `avx512` or `avx512vnni`, which x86 has.
 *    Results differ between them in their last digits.
 *    `auto`, the default, is what the environment's NEURON_KERNELS names, if it does and the
 *    processor has it (else a warning goes to the log), or the best that the processor has. So the
 *    program's word comes before the environment's. They are chosen here for good;
 *  - `batch_invariant`: yes to have the prediction of an example be the same bytes in any batch,
 *    alone, among others and wherever in between, with the same kernels: whether a server groups
 *    requests or not cannot be told by its answers. Default no: then sums are made in the order
 *    that is fastest for the batch, and differ in their last digits. It holds for all that predicts
 *    (validation, evaluations, committees), layers of the caller's own excepted. Few examples at a
 *    time then take longer, and a CBLAS is not used;
 *  - `memory_limit`: the most bytes that the context and all that is made with it may have at a
 *    time, 0 to 9007199254740991; 0, the default, is no limit. What would take more fails with
 *    NEURON_E_MEMORY, as if there were none left. It is meant for models and data that nobody
 *    vouches for, which can be small files and ask for much: make a context for them with so much
 *    as an honest one takes. Text of JSON, which another library reads into memory of its own, must
 *    leave room for a hundred times its length while it is read. It is set here for good.
 *
 *  The first call that has work for several threads starts them: see neuron_context_set().
 *  @param[out] context  the new context; NULL on failure.
 *  @param options       such as "threads=2, seed=7"; NULL for the defaults.
 *  @return  0; NEURON_E_ARGUMENT, also if NEURON_KERNELS is asked and has the name of no set (the
 *           message lists them); NEURON_E_UNSUPPORTED for `kernels` that the processor does not
 *           have; NEURON_E_MEMORY. Any thread. Since 0.1. */
NEURON_API int neuron_context_create(neuron_context_t **context, const char *options);

/** Makes a context whose every allocation, and that of everything made with it, goes through the
 *  caller's two functions. (The JSON and BLAS libraries have allocators of their own.)
 *  @param[out] context  the new context; NULL on failure.
 *  @param allocate      gives memory.
 *  @param release       takes it back.
 *  @param user_data     handed to both; may be NULL.
 *  @param destroy       called with `user_data` when the context is gone and has given all of its
 *                       memory back; not if this call fails, after which the caller still owns
 *                       `user_data`. NULL for none: then it must outlive the context.
 *  @param options       as those of neuron_context_create(); NULL for the defaults.
 *  @return  as neuron_context_create(). Any thread. Since 0.1. */
NEURON_API int neuron_context_create_with_allocator(neuron_context_t **context,
                                                    neuron_allocate_function_t allocate,
                                                    neuron_release_function_t release,
                                                    void *user_data,
                                                    neuron_destroy_function_t destroy,
                                                    const char *options);

/** Adds an owner. @return  `context`. Any thread. Since 0.1. */
NEURON_API neuron_context_t *neuron_context_ref(neuron_context_t *context);

/** Takes an owner away; the last one ends the threads and frees. Any thread. Since 0.1. */
NEURON_API void neuron_context_unref(neuron_context_t *context);

/** Sets options, but for `kernels` and `memory_limit`, which stay as the context was made with.
 *
 *  With `threads`, even if it is as before, those that there are end, and the first call that has
 *  work for several starts others, on the processors of the thread that called this function (or
 *  made the context). They sleep when there is nothing to do, and end with the context. All signals
 *  are blocked in them but SIGPROF and those of a fault (SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP
 *  and SIGSYS), for which the host may have handlers. No more are started than there are processors
 *  to use, as they are counted at this call, since more would only be in each other's way. Where
 *  the system refuses a thread, the work goes on with those that there are, and a warning goes to
 *  the log. The thread setting of the CBLAS belongs to the host program: the library never changes
 *  it.
 *  @param options  such as "threads=4".
 *  @return  0; NEURON_E_ARGUMENT; NEURON_E_STATE for other `kernels` or another `memory_limit`;
 *           NEURON_E_MEMORY for threads: then nothing has changed. No other call may use the
 *           context meanwhile. Since 0.1. */
NEURON_API int neuron_context_set(neuron_context_t *context, const char *options);

/** Sets one number: "threads" or "seed". No other call may use the context meanwhile.
 *  @return  as neuron_context_set(). Since 0.1. */
NEURON_API int neuron_context_set_number(neuron_context_t *context, const char *option,
                                         double value);

/** Reads one number back as it was set: `threads` may be 0, see neuron_context_threads(). Any
 *  thread, as long as no other one sets options.
 *  @param[out] value  a seed above 2^53 is rounded to a double: neuron_context_seed() tells it.
 *  @return  0 or NEURON_E_ARGUMENT. Since 0.1. */
NEURON_API int neuron_context_get_number(double *value, const neuron_context_t *context,
                                         const char *option);

/** Writes the value of an option as text, without its name (\"\" if it is not set), or with NULL as
 *  `option` all of them as `name=value, ...`, which can be set again:
 *  "threads=2, seed=7, ...". Any thread, as long as no other one sets options.
 *  @param[out] text    NULL to ask for the size only.
 *  @param capacity     bytes that there are at `text`.
 *  @param[out] needed  bytes that it takes with the zero behind it; may be NULL.
 *  @return  0, or NEURON_E_ARGUMENT, also for a capacity that is too small. Since 0.1. */
NEURON_API int neuron_context_get_text(char *text, size_t capacity, size_t *needed,
                                       const neuron_context_t *context, const char *option);

/** How many threads work on one call at most; 0 for a NULL context. Any thread, as long as no other
 *  one sets their number. Since 0.1. */
NEURON_API int64_t neuron_context_threads(const neuron_context_t *context);

/** The instruction set that the context computes with: "baseline", "avx2", ...
 *  @return  a constant; NULL for a NULL context. Any thread. Since 0.1. */
NEURON_API const char *neuron_context_kernels(const neuron_context_t *context);

/** Sets the seed of all random numbers, as the option `seed` does, to any number of 64 bits: of
 *  initial parameters, dropout, shuffling. Random numbers are
 *  made by the counter-based generator Philox4x32-10 (Salmon et al., SC 2011), so that the same
 *  seed and the same calls give the same bytes whatever the number of threads.
 *  Graphs and trainers take the seed when they are made; later changes do not touch them. No other
 *  call may use the context meanwhile.
 *  @return  0 or NEURON_E_ARGUMENT. Since 0.1. */
NEURON_API int neuron_context_set_seed(neuron_context_t *context, uint64_t seed);

/** The seed; 0 for a NULL context. Any thread, as long as no other one sets it. Since 0.1. */
NEURON_API uint64_t neuron_context_seed(const neuron_context_t *context);

/** Has the context work in threads of the host's, a pool of tasks say, instead of its own: it
 *  starts none but for the option `workers` of a trainer, whose default is then 0. Results are the
 *  same bytes. A loop is cut into as many parts as the context has threads, whatever the number of
 *  processors, so that option is best the number of the host's threads. In a child of fork() the
 *  function is called as before. No other call may use the context meanwhile.
 *
 *      static void in_threads(int64_t count, neuron_part_function_t part, const void *loop,
 *                             void *none)
 *      {
 *          (void)none;
 *      #pragma omp parallel for schedule(dynamic)
 *          for (int64_t i = 0; i < count; i++)
 *              part(loop, i);
 *      }
 *      neuron_context_set_parallel_for(context, in_threads, NULL, NULL);
 *
 *  @param function   NULL for the context's own threads again.
 *  @param user_data  handed to it; may be NULL.
 *  @param destroy    called with `user_data`, once for each call that gave it, when another
 *                    function, or none, has been set, or when the context is gone, of which it
 *                    must not use anything any more; not if this call fails. NULL for none: then
 *                    `user_data` must live so long.
 *  @return  0, NEURON_E_ARGUMENT or NEURON_E_MEMORY: then nothing has changed. Since 0.1,
 *           experimental. */
NEURON_API_EXPERIMENTAL int neuron_context_set_parallel_for(neuron_context_t *context,
                                                            neuron_parallel_for_function_t function,
                                                            void *user_data,
                                                            neuron_destroy_function_t destroy);

/** Sets where log lines go: all those of `level` or a lower number. No other call
 *  may use the context meanwhile.
 *  @param sink       NULL for no log, which is the default. Called in whichever thread has
 *                    something to tell, one at a time.
 *  @param user_data  handed to it; may be NULL.
 *  @param destroy    called with `user_data`, once for each call that gave it, when another sink,
 *                    or none, has been set, or when the context, which all that is made with it
 *                    keeps alive, is gone, of which it must not use anything any more; not if this
 *                    call fails. NULL for none: then `user_data` must live so long.
 *  @return  0 or NEURON_E_ARGUMENT. Since 0.1. */
NEURON_API int neuron_context_set_log(neuron_context_t *context, int32_t level,
                                      neuron_log_function_t sink, void *user_data,
                                      neuron_destroy_function_t destroy);

#ifdef __cplusplus
}
#endif

#endif
