#include "base/hold.h"

#include <assert.h>
#include <pthread.h>
#include <stddef.h>
#include <string.h>
#include <unwind.h>

/* A hold as a longjmp leaves it, which takes the stack from under the other. */
typedef struct listed {
    neuron_hold hold;
    uintptr_t frame, code; /* the end of the frame that holds, and a place in its function */
} listed;

/* Calls in callbacks of calls. What goes deeper works, but not behind a longjmp. */
enum { LISTED_MAX = 12 };

static _Thread_local struct {
    listed list[LISTED_MAX];
    int32_t count;
    uint64_t numbers;
} here;

static int32_t find(uint64_t number)
{
    int32_t i = here.count - 1;
    while (i >= 0 && here.list[i].hold.number != number)
        i--;
    return i;
}

static neuron_hold take_off(int32_t index)
{
    const neuron_hold hold = here.list[index].hold;
    here.count--;
    memmove(&here.list[index], &here.list[index + 1],
            (size_t)(here.count - index) * sizeof here.list[0]);
    return hold;
}

static void end_parts(const neuron_hold *hold)
{
    for (int32_t i = hold->count - 1; i >= 0; i--)
        hold->parts[i].end(hold->parts[i].owner, hold->parts[i].object);
}

/* ---- Which functions are still on the stack ---- */

typedef struct walk {
    uintptr_t lowest, stack, code; /* the first stack pointer; that of the last frame, its place */
    uintptr_t fresh;               /* where the frame goes on that holds nothing yet */
    uint32_t alive;                /* bits of the list */
} walk;

static bool same_function(uintptr_t one, uintptr_t other)
{
#if defined(__ARM_EABI__) && !defined(__ARM_DWARF_EH__)
    /* Its unwinder does not tell; the callback is called not far from where the hold began. */
    return (one > other ? one - other : other - one) < 4096;
#else
    return _Unwind_FindEnclosingFunction((void *)(one - 1)) ==
           _Unwind_FindEnclosingFunction((void *)(other - 1));
#endif
}

/* Frames come from the innermost; one ends at the stack pointer of the next. */
static _Unwind_Reason_Code look(struct _Unwind_Context *context, void *data)
{
    walk *all = data;
    const uintptr_t stack = (uintptr_t)_Unwind_GetCFA(context);
    if (!all->lowest)
        all->lowest = stack;
    else if (stack < all->stack)
        return _URC_NORMAL_STOP; /* that is another stack */
    for (int32_t i = 0; i < here.count && all->code && all->code != all->fresh; i++)
        if (here.list[i].frame == stack && same_function(here.list[i].code, all->code))
            all->alive |= UINT32_C(1) << i;
    all->stack = stack;
    all->code = (uintptr_t)_Unwind_GetIP(context);
    return _URC_NO_REASON;
}

/* Finds the frame that goes on at `code`. */
static _Unwind_Reason_Code find_frame(struct _Unwind_Context *context, void *data)
{
    listed *entry = data;
    if (entry->frame) {
        entry->frame = (uintptr_t)_Unwind_GetCFA(context);
        return _URC_NORMAL_STOP;
    }
    entry->frame = (uintptr_t)_Unwind_GetIP(context) == entry->code;
    return _URC_NO_REASON;
}

/* Whether an address is on the stack that the thread began with: coroutines have others, on which a
 * function waits while its frame is below this one. */
static bool on_own_stack(uintptr_t address)
{
#ifdef __linux__
    pthread_attr_t attributes;
    void *stack = NULL;
    size_t size = 0;
    if (pthread_getattr_np(pthread_self(), &attributes) != 0)
        return false;
    pthread_attr_getstack(&attributes, &stack, &size);
    pthread_attr_destroy(&attributes);
    return address - (uintptr_t)stack < size;
#else
    (void)address;
    return false;
#endif
}

static bool is_left(const walk *all, int32_t index)
{
    const uintptr_t frame = here.list[index].frame;
    if (all->alive & UINT32_C(1) << index || frame > all->stack)
        return false;
    return frame > all->lowest || (on_own_stack(frame) && on_own_stack(all->lowest));
}

static void settle(uintptr_t fresh)
{
    if (here.count == 0)
        return;
    walk all = {.fresh = fresh};
    neuron_hold left[LISTED_MAX];
    int32_t count = 0;
    _Unwind_Backtrace(look, &all);
    for (int32_t i = here.count - 1; i >= 0; i--)
        if (is_left(&all, i))
            left[count++] = take_off(i);
    for (int32_t i = 0; i < count; i++)
        end_parts(&left[i]);
}

__attribute__((noinline)) void neuron_hold_settle(void)
{
    settle((uintptr_t)__builtin_return_address(0));
}

bool neuron_hold_last_owner(atomic_int *references, const void *object)
{
    const bool last = atomic_fetch_sub(references, 1) == 1;
    bool held = false;
    for (int32_t i = 0; i < here.count; i++)
        for (int32_t j = 0; j < here.list[i].hold.count; j++)
            held = held || here.list[i].hold.parts[j].object == object;
    if (held)
        settle(0);
    return last;
}

/* ---- Holding ---- */

static void enlist(neuron_hold *hold, uintptr_t code)
{
    listed entry = {.code = code};
    if (here.count == LISTED_MAX)
        settle(code);
    _Unwind_Backtrace(find_frame, &entry);
    if (here.count == LISTED_MAX || entry.frame <= 1)
        return;
    entry.hold.number = hold->number = ++here.numbers;
    here.list[here.count++] = entry;
}

static void add(neuron_hold *hold, const neuron_hold_part *part, uintptr_t code)
{
    if (!part->object)
        return;
    assert(hold->count < NEURON_HOLD_PARTS);
    if (hold->count == 0)
        enlist(hold, code);
    hold->parts[hold->count++] = *part;
    const int32_t index = hold->number ? find(hold->number) : -1;
    if (index >= 0)
        here.list[index].hold = *hold;
}

/* Where this returns to lies in the function that holds. */
__attribute__((noinline)) void neuron_hold_add(neuron_hold *hold, neuron_hold_ender end,
                                               void *owner, const void *object)
{
    const neuron_hold_part part = {end, owner, neuron_hold_object(object)};
    add(hold, &part, (uintptr_t)__builtin_return_address(0));
}

static void unlock(void *owner, void *mutex)
{
    (void)owner;
    pthread_mutex_unlock(mutex);
}

__attribute__((noinline)) void neuron_hold_lock(neuron_hold *hold, pthread_mutex_t *mutex)
{
    const neuron_hold_part part = {unlock, NULL, mutex};
    const uintptr_t code = (uintptr_t)__builtin_return_address(0);
    if (pthread_mutex_trylock(mutex) != 0) {
        settle(code);
        pthread_mutex_lock(mutex);
    }
    add(hold, &part, code);
}

void neuron_hold_end(neuron_hold *hold)
{
    if (hold->count == 0)
        return;
    const neuron_hold ending = *hold;
    const int32_t index = hold->number ? find(hold->number) : -1;
    *hold = (neuron_hold){.count = 0};
    if (index >= 0)
        take_off(index);
    if (index >= 0 || ending.number == 0) /* else a longjmp was taken for granted */
        end_parts(&ending);
}

void neuron_hold_forget(neuron_hold *hold)
{
    const int32_t index = hold->number ? find(hold->number) : -1;
    if (index >= 0)
        take_off(index);
    *hold = (neuron_hold){.count = 0};
}
