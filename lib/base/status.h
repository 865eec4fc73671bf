/* Result codes and the line of text that goes with them. */
#ifndef BASE_STATUS_H
#define BASE_STATUS_H

#include <libneuron/status.h>

#include <stdint.h>

/* Keeps a message for neuron_error_last() in this thread. No newline; cut after 511 bytes. */
void neuron_set_message(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Keeps a message and has the value `status`, so that a function can end with
 * `return neuron_fail(NEURON_E_SHAPE, ...)`. A macro, so that compilers see the number. */
#define neuron_fail(status, ...) (neuron_set_message(__VA_ARGS__), (status))

/* How many messages this thread has kept. */
uint64_t neuron_message_count(void);

/* Keeps a message about a function of the caller's that returned a failure, and behind it what that
 * function failed with: the last message, if there are more than `before`, when it was called. */
void neuron_set_call_message(uint64_t before, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#define RETURN_IF_ERROR(expression)                                                                \
    do {                                                                                           \
        int status_ = (expression);                                                                \
        if (status_ < 0)                                                                           \
            return status_;                                                                        \
    } while (0)

/* Checks what a caller handed in: the message names the function and the condition. */
#define CHECK_ARGUMENT(condition)                                                                  \
    do {                                                                                           \
        if (!(condition))                                                                          \
            return neuron_fail(NEURON_E_ARGUMENT, "%s: needs %s", __func__, #condition);           \
    } while (0)

enum { NEURON_MESSAGE_SIZE = 512 };

#endif
