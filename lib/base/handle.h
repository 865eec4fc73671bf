/* Handles: what every object that callers hold begins with, so that one of another kind, which a
 * binding may hand over, is refused. */
#ifndef BASE_HANDLE_H
#define BASE_HANDLE_H

#include <libneuron/types.h>

#include "base/compiler/attributes.h"

#include <stdatomic.h>
#include <stdbool.h>

/* All kinds: each is a struct neuron_<noun>. */
/* clang-format off */
#define NEURON_HANDLES(ROW) \
    ROW(CONTEXT, context) \
    ROW(TENSOR, tensor) \
    ROW(GRADIENT, gradient) \
    ROW(GRAPH, graph) \
    ROW(NODE, node) \
    ROW(DATASET, dataset) \
    ROW(PREPARATION, preparation) \
    ROW(AUGMENTATION, augmentation) \
    ROW(OPTIMIZER, optimizer) \
    ROW(LOSS, loss) \
    ROW(TRAINER, trainer) \
    ROW(CALLBACK, callback) \
    ROW(HISTORY, history) \
    ROW(SEARCH, search) \
    ROW(TRIAL, trial) \
    ROW(EVALUATION, evaluation) \
    ROW(CUSTOM_RUN, custom_run) \
    ROW(COMMITTEE_TRAINER, committee_trainer) \
    ROW(CASCADE, cascade) \
    ROW(COMMUNICATOR, communicator) \
    ROW(REPORT, report) \
    ROW(EVENT_LOG, event_log)
/* clang-format on */

/* Those that types.h does not have. */
struct neuron_custom_run;
struct neuron_report;
struct neuron_event_log;

/* Numbers that are hardly anywhere by chance. */
#define NEURON_HANDLE_ROW(KIND, noun) NEURON_HANDLE_##KIND,
typedef enum neuron_handle_kind {
    NEURON_HANDLE_NONE,
    NEURON_HANDLE_BEFORE = 0x6e65726e,
    NEURON_HANDLES(NEURON_HANDLE_ROW) /* one behind the other */
    NEURON_HANDLE_BEHIND
} neuron_handle_kind;
#undef NEURON_HANDLE_ROW

/* The first member of each. Those that belong to another object use no references. */
typedef struct neuron_handle {
    uint32_t kind; /* NEURON_HANDLE_... */
    atomic_int references;
} neuron_handle;

/* The kind that a pointer's type tells; none for what is no handle. */
#define NEURON_HANDLE_CASE(KIND, noun)                                                             \
    struct neuron_##noun * : NEURON_HANDLE_##KIND,                                                 \
                             const struct neuron_##noun * : NEURON_HANDLE_##KIND,
#define NEURON_HANDLE_KIND(pointer)                                                                \
    _Generic((pointer), NEURON_HANDLES(NEURON_HANDLE_CASE) default : NEURON_HANDLE_NONE)

static inline void neuron_handle_init(neuron_handle *handle, neuron_handle_kind kind)
{
    handle->kind = kind;
    atomic_init(&handle->references, 1);
}

static inline void neuron_handle_own(neuron_handle *handle)
{
    atomic_fetch_add_explicit(&handle->references, 1, memory_order_relaxed);
}

static inline bool neuron_handle_is(const void *pointer, neuron_handle_kind kind)
{
    return pointer && *(const uint32_t *)pointer == (uint32_t)kind;
}

/* Whether there is an object, and of the kind that the pointer's type says. */
#define NEURON_IS(pointer) neuron_handle_is(pointer, NEURON_HANDLE_KIND(pointer))

/* NEURON_E_ARGUMENT unless it is of that kind: "neuron_graph_save: graph is a tensor". */
NEURON_SHARED int neuron_handle_check(const void *pointer, neuron_handle_kind kind,
                                      const char *name, const char *who);

/* The same of one of an array: "neuron_dataset_join: datasets[1] is NULL; it must not be". */
NEURON_SHARED int neuron_handle_check_at(const void *pointer, neuron_handle_kind kind,
                                         const char *name, int64_t index, const char *who);

#define CHECK_HANDLE(pointer, who)                                                                 \
    RETURN_IF_ERROR(neuron_handle_check(pointer, NEURON_HANDLE_KIND(pointer), #pointer, who))

/* For a handle that may be NULL. */
#define CHECK_OPTIONAL(pointer)                                                                    \
    do {                                                                                           \
        if (pointer)                                                                               \
            CHECK_HANDLE(pointer, __func__);                                                       \
    } while (0)

#endif
