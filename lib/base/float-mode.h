/* The floating-point mode that the library computes in, whatever the host's is: round to nearest,
 * no traps, and in networks subnormal numbers count as 0 where the processor can do so. So results
 * depend neither on a mode that the host sets in some of its threads nor on which thread computes,
 * numbers that fade away never make a network slow, and a host that has traps on, or looks at the
 * flags, never sees those of intermediate results.
 *
 * Public functions that compute with networks begin with COMPUTE_SCOPE, others that handle numbers
 * with FLOAT_SCOPE, in which subnormal numbers are what they are; the host's functions are called
 * between neuron_float_pause() and neuron_float_resume(), in the host's mode. */
#ifndef BASE_FLOAT_MODE_H
#define BASE_FLOAT_MODE_H

#include "base/compiler/attributes.h"

#include <fenv.h>
#include <stdbool.h>
#include <stdint.h>

/* The mode and the flags of the host in one thread. */
typedef struct neuron_float_host {
    bool flushes; /* how the thread computes meanwhile */
#if defined(__x86_64__)
    uint32_t control;   /* MXCSR */
    uint16_t old_flags; /* of the x87 */
    bool unusual;       /* the x87 has a mode of its own too, and `environment` is all of it */
#elif defined(__aarch64__)
    uint64_t control, status; /* FPCR, FPSR */
#endif
#if !defined(__aarch64__)
    fenv_t environment;
#endif
} neuron_float_host;

typedef struct neuron_float_scope {
    neuron_float_host host;
    bool outermost, flushed; /* what to go back to where it is not */
} neuron_float_scope;

NEURON_SHARED void neuron_float_enter(neuron_float_scope *scope, bool flushes);
/* How the thread computes; true outside of all scopes. */
bool neuron_float_flushes(void);
/* Compilers call abort() for a cleanup that may throw. */
NEURON_SHARED void neuron_float_leave(neuron_float_scope *scope) __attribute__((nothrow));

/* From here to the end of the block, however it is left. */
#define FLOAT_SCOPE_(flushes)                                                                      \
    neuron_float_scope float_scope __attribute__((cleanup(neuron_float_leave)));                   \
    neuron_float_enter(&float_scope, flushes)
#define FLOAT_SCOPE   FLOAT_SCOPE_(false)
#define COMPUTE_SCOPE FLOAT_SCOPE_(true)

/* Goes back to the mode of the host for a call of its function, which may change it: what it leaves
 * is the host's mode from then on. Where the function does not return, there is nothing to do. */
NEURON_SHARED neuron_float_host *neuron_float_pause(void);
NEURON_SHARED void neuron_float_resume(neuron_float_host *host);

/* Inside a scope: what the mode of the host is, and how the thread computes; and to take both from
 * another thread, on whose behalf this one computes and calls the host's functions. */
NEURON_SHARED void neuron_float_copy_host(neuron_float_host *host);
NEURON_SHARED void neuron_float_take_host(const neuron_float_host *host);

#endif
