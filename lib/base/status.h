/* Result codes and the line of text that goes with them. */
#ifndef BASE_STATUS_H
#define BASE_STATUS_H

#include <libneuron/status.h>

#include "base/compiler/attributes.h"
#include "base/handle.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

/* Writes one line of valid UTF-8, whatever name from a file or a caller is in it: '?'
 * stands for what is none, and for what would control a terminal. What does not fit
 * is cut behind a character. */
void neuron_format_line(char *line, size_t size, const char *format, va_list arguments)
    __attribute__((format(printf, 3, 0)));

/* Keeps a message for neuron_error_last() in this thread. One line, cut after 511 bytes. */
NEURON_SHARED void neuron_set_message(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

/* Keeps a message and has the value `status`, so that a function can end with
 * `return neuron_fail(NEURON_E_SHAPE, ...)`. A macro, so that compilers see the number. */
#define neuron_fail(status, ...) (neuron_set_message(__VA_ARGS__), (status))

/* How many messages this thread has kept. */
NEURON_SHARED uint64_t neuron_message_count(void);

/* Keeps a message about a function of the caller's that returned a failure, and behind it what that
 * function failed with: the last message, if there are more than `before`, when it was called. */
NEURON_SHARED void neuron_set_call_message(uint64_t before, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Such a message with the status of the call that the function was a part of: a negative result
 * goes back to who called it, another is no status. */
#define neuron_fail_call(result, before, ...)                                                      \
    (neuron_set_call_message(before, __VA_ARGS__), (result) < 0 ? (result) : NEURON_E_CALLBACK)

#define RETURN_IF_ERROR(expression)                                                                \
    do {                                                                                           \
        int status_ = (expression);                                                                \
        if (status_ < 0)                                                                           \
            return status_;                                                                        \
    } while (0)

/* What public calls check of their arguments. Each message names the function, the argument as the
 * header does, its value and what is allowed; no condition in C ever becomes text.
 *
 * CHECK_ARGUMENT: that a pointer is not NULL, and a handle of its kind. It takes nothing but a
 * pointer: the comparison is there so that compilers refuse a condition. */
#define CHECK_ARGUMENT(pointer)                                                                    \
    do {                                                                                           \
        if (NEURON_HANDLE_KIND(pointer) != NEURON_HANDLE_NONE)                                     \
            RETURN_IF_ERROR(                                                                       \
                neuron_handle_check(pointer, NEURON_HANDLE_KIND(pointer), #pointer, __func__));    \
        else if ((pointer) == NULL)                                                                \
            return neuron_refuse_null(#pointer, __func__);                                         \
    } while (0)

/* That a function of the caller's is not NULL. */
#define CHECK_FUNCTION(function)                                                                   \
    do {                                                                                           \
        if ((function) == NULL)                                                                    \
            return neuron_refuse_null(#function, __func__);                                        \
    } while (0)

/* That a number is from `least` to `most`, which is INT64_MAX where there is no upper bound. */
#define CHECK_RANGE(argument, least, most)                                                         \
    RETURN_IF_ERROR(neuron_check_range(argument, least, most, #argument, __func__))

/* How many handles or subsets a list has: more than the largest here is no count of any list. */
enum { NEURON_LIST_MAX = 1 << 20 };
#define CHECK_LIST(count) CHECK_RANGE(count, 1, NEURON_LIST_MAX)

/* That a number is finite, or so as float32. */
#define CHECK_FINITE(argument)                                                                     \
    RETURN_IF_ERROR(neuron_check_finite(argument, 0, #argument, __func__))
#define CHECK_FLOAT(argument) RETURN_IF_ERROR(neuron_check_finite(argument, 1, #argument, __func__))

/* That there is room where a capacity says so: `given` tells whether the pointers are not NULL. */
#define CHECK_ROOM(given, capacity)                                                                \
    do {                                                                                           \
        if (!(given) && (capacity) != 0)                                                           \
            return neuron_fail(                                                                    \
                NEURON_E_ARGUMENT,                                                                 \
                "%s: there is no room for results (NULL), but capacity is %" PRId64, __func__,     \
                (int64_t)(capacity));                                                              \
    } while (0)

/* That first, first + 1, ... first + count - 1 are among `all` examples. */
#define CHECK_PART(first, count, all)                                                              \
    RETURN_IF_ERROR(neuron_check_part(first, count, all, __func__))

/* NEURON_E_ARGUMENT with the messages "who: name is NULL; it must not be" and "who: name is 7; it
 * must be ...", where `allowed` follows. */
NEURON_SHARED int neuron_refuse_null(const char *name, const char *who);
NEURON_SHARED int neuron_refuse_value(int64_t value, const char *name, const char *allowed,
                                      const char *who);

/* What a word may be, for neuron_refuse_value(): "sum (10), mean (20)". Starts with { 0 }; what
 * does not fit is left out. */
typedef struct neuron_words_text {
    size_t used;
    char text[400];
} neuron_words_text;
void neuron_words_add(neuron_words_text *words, const char *name, int32_t value);

NEURON_SHARED int neuron_check_range(int64_t value, int64_t least, int64_t most, const char *name,
                                     const char *who);
NEURON_SHARED int neuron_check_finite(double value, int as_float, const char *name,
                                      const char *who);
int neuron_check_part(int64_t first, int64_t count, int64_t all, const char *who);

/* Whether a name that a caller gives, and that ends up in files, is 1 to `max` bytes of UTF-8
 * without control characters and without any of `forbidden`. */
NEURON_SHARED int neuron_name_check(const char *name, size_t max, const char *forbidden,
                                    const char *who);

enum { NEURON_MESSAGE_SIZE = 512 };

#ifdef __clang_analyzer__ /* which does not see that these never return NEURON_OK */
#define neuron_refuse_null(name, who) (neuron_refuse_null(name, who), NEURON_E_ARGUMENT)
#define neuron_refuse_value(value, name, allowed, who)                                             \
    (neuron_refuse_value(value, name, allowed, who), NEURON_E_ARGUMENT)
#endif

#endif
