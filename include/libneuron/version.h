/** @file version.h
 *  Version of the library, at compile time and at run time.
 */
#ifndef NEURON_VERSION_H
#define NEURON_VERSION_H

#include <stdint.h>

#if defined(__GNUC__) || defined(__clang__)
#define NEURON_API __attribute__((visibility("default"), noinline))
#else
#define NEURON_API
#endif

/* The same for what is experimental: it may change or go in any version, without a new number in
 * the file name of the library. Its symbols have a version of their own, NEURON_EXPERIMENTAL. */
#define NEURON_API_EXPERIMENTAL NEURON_API

/* Marks what a later version will no longer have; `instead` says what to call. */
#if defined(__GNUC__) || defined(__clang__)
#define NEURON_DEPRECATED(instead) __attribute__((deprecated(instead)))
#else
#define NEURON_DEPRECATED(instead)
#endif

#ifdef __cplusplus
extern "C" {
#endif

#define NEURON_VERSION_MAJOR  0
#define NEURON_VERSION_MINOR  1
#define NEURON_VERSION_MICRO  0
#define NEURON_VERSION_STRING "0.1.0"

/* One number for a version: a later one is larger. */
#define NEURON_VERSION_ENCODE(major, minor, micro) ((major)*1000000 + (minor)*1000 + (micro))
#define NEURON_VERSION_NUMBER                                                                      \
    NEURON_VERSION_ENCODE(NEURON_VERSION_MAJOR, NEURON_VERSION_MINOR, NEURON_VERSION_MICRO)

/* Whether the headers are of that version or a later one, in `#if` as well. */
#define NEURON_VERSION_AT_LEAST(major, minor, micro)                                               \
    (NEURON_VERSION_NUMBER >= NEURON_VERSION_ENCODE(major, minor, micro))

/** Number in the file name `libneuron.so.1`; it grows only when a program built against an older
 *  library would break. */
#define NEURON_ABI_VERSION 1

/** Version of the library that is loaded, for comparison with NEURON_VERSION_STRING.
 *  @return  a string that lives as long as the library; never NULL. Any thread. Since 0.1. */
NEURON_API const char *neuron_version_string(void);

/** Version of the library that is loaded as one number, for comparison with NEURON_VERSION_NUMBER
 *  and NEURON_VERSION_ENCODE(). Any thread. Since 0.1. */
NEURON_API int32_t neuron_version_number(void);

/** ABI number of the library that is loaded: NEURON_ABI_VERSION of its build. Any thread.
 *  Since 0.1. */
NEURON_API int32_t neuron_version_abi(void);

#ifdef __cplusplus
}
#endif

#endif
