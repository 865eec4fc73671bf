/** @file status.h
 *  How calls report failure.
 *
 *  A function that can fail returns an `int`: 0 (NEURON_OK); NEURON_STOP from a run or a search
 *  that a function of the caller's ended; one of the negative codes below; or the negative number,
 *  whatever it is, that a function of the caller's returned. The exceptions return a node, which is
 *  NULL after a failure: the builder calls of layers.h with neuron_graph_import(), and
 *  neuron_custom_layer(), whose first error sticks to the graph until neuron_graph_finish() returns
 *  its code. Functions that only read something, such as neuron_tensor_count(), say what they
 *  return for NULL or for a number out of its range; they leave a message only where they say so.
 *
 *  What a call makes comes back through its first argument, and is NULL after a failure, whatever
 *  was there before, unless its comment says otherwise; so it may be released without asking
 *  whether it was made. Numbers and arrays that a call hands back are as they were before a
 *  failure, unless its comment says otherwise.
 *
 *  After a failure neuron_error_last() says in one line what was wrong, in the caller's terms, and
 *  every handle is as valid as it was before the call: to be used again or to be released.
 */
#ifndef NEURON_STATUS_H
#define NEURON_STATUS_H

#include <libneuron/version.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Result codes. The values never change; new ones take the gaps. Since 0.1. */
enum neuron_status {
    NEURON_OK = 0,             /**< it worked */
    NEURON_E_ARGUMENT = -10,   /**< a NULL, a handle of another kind, a number out of its range */
    NEURON_E_SHAPE = -20,      /**< shapes that do not fit each other */
    NEURON_E_TYPE = -30,       /**< elements of another type than the call takes */
    NEURON_E_STATE = -40,      /**< the right call at the wrong time: predicting before finishing */
    NEURON_E_MEMORY = -50,     /**< no memory, or none within the context's limit */
    NEURON_E_IO = -60,         /**< the operating system refused a file */
    NEURON_E_FORMAT = -70,     /**< a file or buffer that is not what it claims to be */
    NEURON_E_DATA = -80,       /**< examples that contradict each other: labels, counts, classes */
    NEURON_E_NOT_FINITE = -90, /**< a number is infinite, or not a number: a loss, a weight */
    NEURON_E_UNSUPPORTED = -100, /**< meaningful, but not something this build or object can do */
    NEURON_E_CALLBACK = -110     /**< a callback of the caller's returned a positive number */
};

/** What a callback or schedule of a training's run, or the function of a search, returns to end it
 *  early without calling that a failure: the run or the search returns NEURON_STOP too. Wherever
 *  else a function of the caller's returns a positive number, and for all other positive numbers,
 *  the call that needed it fails with NEURON_E_CALLBACK; if it returns a negative number, the call
 *  returns that number. Since 0.1. */
enum { NEURON_STOP = 1 };

/** Name of a result code, such as "NEURON_E_SHAPE"; "unknown" for any other number.
 *  @return  a constant string. Any thread. Since 0.1. */
NEURON_API const char *neuron_error_name(int status);

/** One line about the last failure in the calling thread, such as
 *  `concat_1: input 1 is 14x14x32, input 0 is 28x28x32; they differ on axis 0`.
 *
 *  It is valid UTF-8 of up to 511 bytes, whatever a path or a file holds: '?' stands for bytes that
 *  are no UTF-8, and for characters that would control a terminal or begin a line.
 *
 *  @return  the text, "" if nothing failed in this thread so far. It belongs to the library and
 *           stays until the next failure in the same thread. Any thread. Since 0.1. */
NEURON_API const char *neuron_error_last(void);

#ifdef __cplusplus
}
#endif

#endif
