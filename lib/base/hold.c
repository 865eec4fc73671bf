/* Ends what calls hold that were left without a return: see hold.h. Holds on a thread's own stack
 * are also copied to a list of the thread; a later call whose frame is not below such a hold proves
 * that it was left, as a longjmp does, and ends it. */
#include "base/hold.h"

#include <assert.h>
#include <pthread.h>
#include <stddef.h>
#include <string.h>
#ifdef __linux__
#include <sys/auxv.h>
#include <sys/resource.h>
#include <unistd.h>
#endif

/* A hold as a longjmp leaves it, which takes the stack from under the other. */
typedef struct listed {
    neuron_hold hold;
    const neuron_hold *place;
} listed;

/* Calls in callbacks of calls. What goes deeper works, but not behind a longjmp. */
enum { LISTED_MAX = 12 };

/* Stacks are below the largest addresses, where they may claim all that is free: what is further
 * down may be mapped for something else, as the stack of a coroutine. */
static const uintptr_t stack_max = UINT32_C(64) << 20;

/* Only what is on the stack that the thread began with is listed: nothing can be told of frames on
 * different stacks, and a coroutine may go on in another thread. */
static _Thread_local struct neuron_hold_list {
    bool has_stack;
    uintptr_t stack, stack_end;
    uint64_t numbers;
    int64_t count;
    listed list[LISTED_MAX];
} here;

static int64_t find(const neuron_hold *hold)
{
    int64_t i = hold->list ? hold->list->count - 1 : -1;
    while (i >= 0 && hold->list->list[i].hold.number != hold->number)
        i--;
    return i;
}

static void take_off(struct neuron_hold_list *from, int64_t index)
{
    from->count--;
    if (index < from->count)
        memmove(&from->list[index], &from->list[index + 1],
                (size_t)(from->count - index) * sizeof from->list[0]);
}

static void end_parts(const neuron_hold *hold)
{
    for (int64_t i = hold->count - 1; i >= 0; i--)
        hold->parts[i].end(hold->parts[i].owner, hold->parts[i].object);
}

/* ---- After a longjmp ---- */

static void set_stack(uintptr_t end, uint64_t size)
{
    here.stack_end = end;
    here.stack = end - (size < stack_max ? (uintptr_t)size : stack_max);
}

#ifdef __linux__
/* That of a program's first thread, on top of which the kernel has put the program's name. glibc
 * reads a file in /proc for it, which may not be there, or no file can be opened. In other threads
 * this is a stack that they are not on, and nothing is listed. */
static void find_first_stack(void)
{
    uintptr_t name = getauxval(AT_EXECFN), page = (uintptr_t)sysconf(_SC_PAGESIZE);
    struct rlimit limit;
    if (name != 0 && getrlimit(RLIMIT_STACK, &limit) == 0)
        set_stack((name + page) / page * page, limit.rlim_cur);
}
#endif

#if defined(__linux__) && !defined(__GLIBC__)
/* With other C libraries the end of a thread does not unwind its stack, but runs the destructors of
 * keys. (glibc may unload this library before they run.) */
static pthread_key_t thread_end;

static void end_thread(void *list)
{
    (void)list;
    while (here.count > 0) {
        neuron_hold left = here.list[here.count - 1].hold;
        take_off(&here, here.count - 1);
        end_parts(&left);
    }
}

static void make_key(void)
{
    pthread_key_create(&thread_end, end_thread);
}

static void watch_thread(void)
{
    static pthread_once_t made = PTHREAD_ONCE_INIT;
    pthread_once(&made, make_key);
    pthread_setspecific(thread_end, &here);
}
#else
static void watch_thread(void)
{
}
#endif

static void find_stack(void)
{
    here.has_stack = true;
    watch_thread();
#ifdef __linux__
    pthread_attr_t attributes;
    void *stack = NULL;
    size_t size = 0;
    if (pthread_getattr_np(pthread_self(), &attributes) != 0) {
        find_first_stack();
        return;
    }
    if (pthread_attr_getstack(&attributes, &stack, &size) == 0)
        set_stack((uintptr_t)stack + size, size);
    pthread_attr_destroy(&attributes);
#endif
}

static bool is_on_stack(uintptr_t address)
{
    if (!here.has_stack)
        find_stack();
    return address >= here.stack && address < here.stack_end;
}

/* The stack grows down: frames below one that runs are gone. So is what was in the
 * place of a hold that begins. */
static void end_left(uintptr_t limit, const neuron_hold *place)
{
    neuron_hold left[LISTED_MAX];
    int64_t count = 0;
    if (here.count == 0 || !is_on_stack(limit - 1))
        return;
    for (int64_t i = here.count - 1; i >= 0; i--)
        if (here.list[i].hold.frame < limit || here.list[i].place == place) {
            left[count++] = here.list[i].hold;
            take_off(&here, i);
        }
    for (int32_t i = 0; i < count; i++)
        end_parts(&left[i]);
}

void neuron_hold_settle_below(uintptr_t limit)
{
    end_left(limit, NULL);
}

bool neuron_hold_count_down(atomic_int *references, uintptr_t limit)
{
    bool last = atomic_fetch_sub(references, 1) == 1;
    end_left(limit, NULL);
    return last;
}

/* ---- Holding ---- */

static void enlist(neuron_hold *hold)
{
    end_left(hold->frame, hold);
    if (here.count == LISTED_MAX || !is_on_stack(hold->frame))
        return;
    hold->list = &here;
    hold->number = ++here.numbers;
    listed *entry = &here.list[here.count++];
    entry->place = hold;
    entry->hold.frame = hold->frame;
    entry->hold.number = hold->number;
}

/* The parts of a hold that is not in its list any more have ended: its frame seemed to be gone, as
 * one does that a coroutine copies away from the stack, and back. */
static void drop_ended(neuron_hold *hold)
{
    hold->list = NULL;
    hold->count = 0;
}

void neuron_hold_add(neuron_hold *hold, neuron_hold_ender end, void *owner, const void *object)
{
    if (!object)
        return;
    int64_t index = find(hold);
    if (hold->list && index < 0)
        drop_ended(hold);
    assert(hold->count < NEURON_HOLD_PARTS);
    if (hold->count == 0) {
        enlist(hold);
        index = find(hold);
    }
    const neuron_hold_part part = {end, owner, neuron_hold_object(object)};
    hold->parts[hold->count++] = part;
    if (index >= 0) { /* the part alone, which is quicker than the whole */
        assert(hold->list);
        neuron_hold *copy = &hold->list->list[index].hold;
        copy->parts[hold->count - 1] = part;
        copy->count = hold->count;
    }
}

/* Takes it out of its list, which another thread may do that goes on with the stack. */
void neuron_hold_forget(neuron_hold *hold)
{
    int64_t index = find(hold);
    if (index >= 0)
        take_off(hold->list, index);
    drop_ended(hold);
}

void neuron_hold_end(neuron_hold *hold)
{
    int64_t count = hold->list && find(hold) < 0 ? 0 : hold->count;
    neuron_hold_forget(hold);
    /* What ends may look for others, but never sees this hold, which is forgotten. */
    for (int64_t i = count - 1; i >= 0; i--)
        hold->parts[i].end(hold->parts[i].owner, hold->parts[i].object);
}
