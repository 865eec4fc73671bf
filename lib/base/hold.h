/* What a call holds while the caller's code runs in it: references to its handles, so that the last
 * owner may let go of one in there, locks, and memory.
 *
 *     NEURON_HOLD(hold);
 *     neuron_hold_reference(&hold, graph, member);
 *
 * All of it ends, the last first, when the block of NEURON_HOLD is left in any way: by its end or
 * return; by a C++ exception or the cancellation of the thread, which unwind the stack; and after a
 * longjmp, which does not, as soon as the same thread comes to ask for what is held. */
#ifndef BASE_HOLD_H
#define BASE_HOLD_H

#include <pthread.h>
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
    uint64_t number; /* 0 if this thread's list has no room for it */
    int32_t count;
    neuron_hold_part parts[NEURON_HOLD_PARTS];
} neuron_hold;

#define NEURON_HOLD(name) __attribute__((cleanup(neuron_hold_end))) neuron_hold name = {.count = 0}

/* Adds what `end` takes back; NULL for an object that there is not. */
void neuron_hold_add(neuron_hold *hold, neuron_hold_ender end, void *owner, const void *object);

/* Adds one more owner of a handle, as in neuron_hold_reference(&hold, graph, member). */
#define neuron_hold_reference(hold, noun, object)                                                  \
    neuron_hold_add(hold, neuron_##noun##_end_hold, NULL,                                          \
                    neuron_##noun##_ref(neuron_hold_object(object)))

/* Locks a mutex and adds it. One that a longjmp of this thread left locked is let go before. */
void neuron_hold_lock(neuron_hold *hold, pthread_mutex_t *mutex);

/* Ends all of it now. */
void neuron_hold_end(neuron_hold *hold);

/* Forgets all of it: it is in other hands. */
void neuron_hold_forget(neuron_hold *hold);

/* Ends what calls hold that a longjmp of this thread has left. The function that calls this holds
 * nothing: in its place on the stack may have been another call of it that was left. */
void neuron_hold_settle(void);

/* Takes one owner of an object away; true if it was the last. So do calls that hold the object and
 * that a longjmp of this thread has left. */
bool neuron_hold_last_owner(atomic_int *references, const void *object);

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
