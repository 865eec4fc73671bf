/* What a call holds while the caller's code runs in it: references to its handles, so that the last
 * owner may let go of one in there, locks, and memory.
 *
 *     NEURON_HOLD(hold);
 *     neuron_hold_reference(&hold, graph, member);
 *
 * All of it ends, the last first, when the block of NEURON_HOLD is left in any way: by its end or
 * return, or by a C++ exception or the cancellation of the thread, which unwind the stack. A
 * longjmp does not: then a later call proves that the block was left, by a frame of its own
 * that is not below that of the block. A call from deeper proves nothing, and what may still
 * be in use is never let go. */
#ifndef BASE_HOLD_H
#define BASE_HOLD_H

#include "base/compiler/attributes.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum { NEURON_HOLD_PARTS = 5 };

typedef void (*neuron_hold_ender)(void *owner, void *object);

typedef struct neuron_hold_part {
    neuron_hold_ender end;
    void *owner, *object;
} neuron_hold_part;

typedef struct neuron_hold {
    uintptr_t frame;               /* of the function whose block it is */
    struct neuron_hold_list *list; /* of the thread whose stack that is; NULL if it is in none */
    uint64_t number;               /* in the list */
    int64_t count;
    neuron_hold_part parts[NEURON_HOLD_PARTS];
} neuron_hold;

#ifndef NEURON_RETURNS /* which is said of files that nothing unwinds: see lib/meson.build */
#define NEURON_HOLD(name)                                                                          \
    __attribute__((cleanup(neuron_hold_end)))                                                      \
    neuron_hold name = {.frame = (uintptr_t)__builtin_frame_address(0)}
#endif

/* Adds what `end` takes back; NULL for an object that there is not. */
NEURON_SHARED void neuron_hold_add(neuron_hold *hold, neuron_hold_ender end, void *owner,
                                   const void *object);

/* Adds one more owner of a handle, as in neuron_hold_reference(&hold, graph, member). */
#define neuron_hold_reference(hold, noun, object)                                                  \
    neuron_hold_add(hold, neuron_##noun##_end_hold, NULL,                                          \
                    neuron_##noun##_ref(neuron_hold_object(object)))

/* Ends all of it now. (Compilers call abort() for a cleanup that may throw.) */
NEURON_SHARED void neuron_hold_end(neuron_hold *hold) __attribute__((nothrow));

/* Forgets all of it: it is in other hands. */
NEURON_SHARED void neuron_hold_forget(neuron_hold *hold);

/* Ends what calls hold that a longjmp of this thread has left. Only public functions that hold
 * nothing yet call it: they are never inlined (NEURON_API), so that their frame is below that
 * of each call that is alive. */
#define neuron_hold_end_left() neuron_hold_settle_below((uintptr_t)__builtin_frame_address(0) + 1)

/* Ends what frames below that address held. */
NEURON_SHARED void neuron_hold_settle_below(uintptr_t limit);

/* Takes one owner of an object away; true if it was the last. Settles as well. */
#define neuron_hold_last_owner(references)                                                         \
    neuron_hold_count_down(references, (uintptr_t)__builtin_frame_address(0) + 1)
NEURON_SHARED bool neuron_hold_count_down(atomic_int *references, uintptr_t limit);

/* What ends a reference, as neuron_<noun>_end_hold(). */
#define NEURON_HOLD_DECLARE(noun) void neuron_##noun##_end_hold(void *owner, void *object)
#define NEURON_HOLD_DEFINE(noun)                                                                   \
    void neuron_##noun##_end_hold(void *owner, void *object)                                       \
    {                                                                                              \
        (void)owner;                                                                               \
        neuron_##noun##_unref(object);                                                             \
    }

/* The pointer that an owner takes away again. */
static inline void *neuron_hold_object(const void *object)
{
    return (void *)(uintptr_t)object;
}

#endif
