/* Handles: what every object that callers hold begins with, so that one of another kind, which a
 * binding may hand over, is refused. */
#ifndef BASE_HANDLE_H
#define BASE_HANDLE_H

#include <libneuron/types.h>

#include <stdatomic.h>
#include <stdbool.h>

struct neuron_custom_run;

/* Numbers that are hardly anywhere by chance. */
typedef enum neuron_handle_kind {
    NEURON_HANDLE_NONE,
    NEURON_HANDLE_FIRST = 0x6e65726f,
    NEURON_HANDLE_CONTEXT = NEURON_HANDLE_FIRST,
    NEURON_HANDLE_TENSOR,
    NEURON_HANDLE_GRADIENT,
    NEURON_HANDLE_GRAPH,
    NEURON_HANDLE_NODE,
    NEURON_HANDLE_DATASET,
    NEURON_HANDLE_PREPARATION,
    NEURON_HANDLE_AUGMENTATION,
    NEURON_HANDLE_OPTIMIZER,
    NEURON_HANDLE_LOSS,
    NEURON_HANDLE_TRAINER,
    NEURON_HANDLE_CALLBACK,
    NEURON_HANDLE_HISTORY,
    NEURON_HANDLE_SEARCH,
    NEURON_HANDLE_TRIAL,
    NEURON_HANDLE_EVALUATION,
    NEURON_HANDLE_CUSTOM_RUN,
    NEURON_HANDLE_LAST = NEURON_HANDLE_CUSTOM_RUN
} neuron_handle_kind;

/* The first member of each. Those that belong to another object use no references. */
typedef struct neuron_handle {
    uint32_t kind; /* NEURON_HANDLE_... */
    atomic_int references;
} neuron_handle;

/* The kind that a pointer's type tells; none for what is no handle. */
#define NEURON_HANDLE_ROW(type, KIND)                                                              \
    type * : NEURON_HANDLE_##KIND, const type * : NEURON_HANDLE_##KIND
#define NEURON_HANDLE_KIND(pointer)                                                                \
    _Generic((pointer), NEURON_HANDLE_ROW(neuron_context_t, CONTEXT),                              \
             NEURON_HANDLE_ROW(neuron_tensor_t, TENSOR),                                           \
             NEURON_HANDLE_ROW(neuron_gradient_t, GRADIENT),                                       \
             NEURON_HANDLE_ROW(neuron_graph_t, GRAPH), NEURON_HANDLE_ROW(neuron_node_t, NODE),     \
             NEURON_HANDLE_ROW(neuron_dataset_t, DATASET),                                         \
             NEURON_HANDLE_ROW(neuron_preparation_t, PREPARATION),                                 \
             NEURON_HANDLE_ROW(neuron_augmentation_t, AUGMENTATION),                               \
             NEURON_HANDLE_ROW(neuron_optimizer_t, OPTIMIZER),                                     \
             NEURON_HANDLE_ROW(neuron_loss_t, LOSS), NEURON_HANDLE_ROW(neuron_trainer_t, TRAINER), \
             NEURON_HANDLE_ROW(neuron_callback_t, CALLBACK),                                       \
             NEURON_HANDLE_ROW(neuron_history_t, HISTORY),                                         \
             NEURON_HANDLE_ROW(neuron_search_t, SEARCH), NEURON_HANDLE_ROW(neuron_trial_t, TRIAL), \
             NEURON_HANDLE_ROW(neuron_evaluation_t, EVALUATION),                                   \
             NEURON_HANDLE_ROW(struct neuron_custom_run, CUSTOM_RUN), default                      \
             : NEURON_HANDLE_NONE)

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
int neuron_handle_check(const void *pointer, neuron_handle_kind kind, const char *name,
                        const char *who);

/* The same of one of an array, for which NULL is refused by whoever knows more: `name` is
 * "datasets". */
int neuron_handle_check_at(const void *pointer, neuron_handle_kind kind, const char *name,
                           int64_t index, const char *who);

#define CHECK_HANDLE(pointer, who)                                                                 \
    RETURN_IF_ERROR(neuron_handle_check(pointer, NEURON_HANDLE_KIND(pointer), #pointer, who))

/* For a handle that may be NULL. */
#define CHECK_OPTIONAL(pointer)                                                                    \
    do {                                                                                           \
        if (pointer)                                                                               \
            CHECK_HANDLE(pointer, __func__);                                                       \
    } while (0)

#endif
