/** @file types.h
 *  The handles, all opaque, and the rules they share.
 *
 *  - A call whose first argument is a pointer to a handle, or room for several, makes handles, of
 *    which the caller is an owner; on failure NULL is stored there. Nodes and trials have no owners
 *    of their own: they belong to their graph and their search. A handle that is returned belongs
 *    to what it was asked of, but for that of `_ref`.
 *  - `neuron_<noun>_ref` adds an owner and returns the handle, `neuron_<noun>_unref` takes one
 *  away; the last one frees. NULL is fine for both, and both may be called from any thread.
 *  - A handle keeps what it was made from alive: a graph its context, a trainer its graph and data.
 *    So handles may be released in any order.
 *  - Each handle knows its kind. One of another kind, as a binding may hand over, and memory that
 *    is no handle are refused with NEURON_E_ARGUMENT; calls that cannot fail take them for NULL. A
 *    handle that was freed is not noticed.
 *  - One handle is used by one thread at a time. Where a call allows more, its comment says so. A
 *    tensor that calls only read may be read by several at a time.
 *  - What a call hands back comes first among its arguments, with the room that there is for it;
 *    then the handle or the context; then what it works on; options, as text, last. (Tensors that a
 *    call fills stand behind those that they are made of: they are handles of the caller's.)
 *  - A text or an array is handed back into room of the caller: `capacity` says how much there is,
 *    `needed`, which may be NULL, how much it takes. With NULL and 0 a call only tells `needed`. Of
 *    too little room it says NEURON_E_ARGUMENT, writes nothing there, and tells `needed` all the
 *    same; after any other failure `needed` is as it was.
 *
 *  Functions of the caller's that a call runs meanwhile (callbacks of a training, layers, losses,
 *  streams, filters, the function of a search) have more:
 *
 *  - A running call owns the handles that it was given. Such a function may take their last other
 *    owner away; they then end with the call.
 *  - It should return. If it is left otherwise, the call is over as if it had failed, what it held
 *    (handles, locks, memory, threads of a training) is let go, and all handles can be used again
 *    or released: a training goes on behind the last step that was done, a search with the trial
 *    that was not. A C++ exception and the end of the thread, by pthread_exit() or
 *    pthread_cancel(), let go at once (on Linux). A longjmp() tells the library nothing. The next
 *    call in the same thread, on the stack that it began with (Linux), lets go if it is made by the
 *    function that made the call that was left, or by one further up: the same call again, or a
 *    release of any handle. One from deeper on the stack may as well be made by a callback of a
 *    call that goes on: until one from further up it gets NEURON_E_STATE from what is still in use
 *    (a training, a search, a stream), and what it releases is freed later. So a function that
 *    calls setjmp() should make or release something itself before it calls others. What is left by
 *    a longjmp() on another stack, or in a thread that makes no more calls, is not freed. Frames
 *    that are copied away from the thread's stack and back, as those of coroutines of Python's
 *    greenlet and of Ruby's callcc are, cannot be told from frames that were left: no other one of
 *    the thread may call the library while such a coroutine waits inside a call, as that call is
 *    then over, and must not go on.
 *  - A stream that a worker of a training reads must not throw, as nobody is there to catch it; if
 *    it ends that thread, or lets it be cancelled, the run fails with NEURON_E_CALLBACK.
 *  - Functions of an allocator, of a log, neuron_parallel_for_function_t,
 *    neuron_ready_function_t, neuron_exchange_function_t, neuron_committee_epoch_function_t and
 *    neuron_destroy_function_t always return, and none but the last three calls the library.
 */
#ifndef NEURON_TYPES_H
#define NEURON_TYPES_H

#include <libneuron/version.h>

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Threads, memory, log and seed that everything else works with. See context.h. Since 0.1. */
typedef struct neuron_context neuron_context_t;
/** An n-dimensional array. See tensor.h. Since 0.1. */
typedef struct neuron_tensor neuron_tensor_t;
/** Gradients of a graph's outputs by what was asked for. See gradient.h. Since 0.1. */
typedef struct neuron_gradient neuron_gradient_t;
/** The structure of a network together with its parameters. See graph.h. Since 0.1. */
typedef struct neuron_graph neuron_graph_t;
/** One layer of a graph. Owned by its graph; lives as long as the graph does. See layers.h.
 *  Since 0.1. */
typedef struct neuron_node neuron_node_t;
/** Examples and their labels. See dataset.h. Since 0.1. */
typedef struct neuron_dataset neuron_dataset_t;
/** What was learnt of the columns of a table. See table.h. Since 0.1. */
typedef struct neuron_preparation neuron_preparation_t;
/** Random changes of images. See augmentation.h. Since 0.1. */
typedef struct neuron_augmentation neuron_augmentation_t;
/** The rule by which gradients change parameters. See optimizer.h. Since 0.1. */
typedef struct neuron_optimizer neuron_optimizer_t;
/** What a training minimises. See loss.h. Since 0.1. */
typedef struct neuron_loss neuron_loss_t;
/** One training: its graph, optimizer, data, settings and progress. See trainer.h. Since 0.1. */
typedef struct neuron_trainer neuron_trainer_t;
/** What happens at set points of a training. See callback.h. Since 0.1. */
typedef struct neuron_callback neuron_callback_t;
/** The figures of each epoch. See history.h. Since 0.1. */
typedef struct neuron_history neuron_history_t;
/** Several processes that do one thing together. See communicator.h. Since 0.1, experimental. */
typedef struct neuron_communicator neuron_communicator_t;
/** How well a graph does on a dataset. See evaluation.h. Since 0.1. */
typedef struct neuron_evaluation neuron_evaluation_t;

/** Frees what was handed over: the memory of a tensor, or the user_data of a function that the
 *  library calls for as long as something lives. Called once, in the thread that takes the last
 *  owner away, when the library no longer looks at it. free() is such a function. Since 0.1. */
typedef void (*neuron_destroy_function_t)(void *user_data);

/** Takes the bytes of a file that is written to a function: a socket, a database, a file of another
 *  kind. It is called again and again, in the thread that saves, with what follows. It must not
 *  change what is saved.
 *  @param bytes  `size` bytes, 1 or more; free again after the call.
 *  @return  0; or a negative number to end the saving, which then returns that number (a positive
 *           one becomes NEURON_E_CALLBACK). The message then ends with that of the last call that
 *           failed in it. Since 0.1. */
typedef int (*neuron_write_function_t)(const void *bytes, size_t size, void *user_data);

/** The largest number of dimensions of a tensor, the batch dimension included. Since 0.1. */
enum { NEURON_RANK_MAX = 8 };

#ifdef __cplusplus
}
#endif

#endif
