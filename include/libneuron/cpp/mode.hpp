/** @file mode.hpp
 *  How failures are told: by exceptions or by results. A part of libneuron.hpp, which is what to
 *  include.
 */
#ifndef NEURON_CPP_MODE_HPP
#define NEURON_CPP_MODE_HPP

#include <libneuron/libneuron.h>

/* Objects of all kinds may be linked into one program: all names are in an inline namespace, one
 * for each kind of bodies that functions have. With results but exceptions on, functions of the
 * caller's may throw, and what they throw comes out of the call. */
#ifndef __cpp_exceptions
#define NEURON_CPP_MODE returning
#ifndef NEURON_NO_EXCEPTIONS
#define NEURON_NO_EXCEPTIONS
#endif
#elif defined(NEURON_NO_EXCEPTIONS)
#define NEURON_CPP_MODE returning_unwinding
#else
#define NEURON_CPP_MODE throwing
#endif

/* What has to be one thing in all shared objects of a program, and what seldom runs. */
#if defined(__GNUC__) || defined(__clang__)
#define NEURON_CPP_SHARED __attribute__((visibility("default")))
#define NEURON_CPP_RARE   __attribute__((noinline, cold))
#else
#define NEURON_CPP_SHARED
#define NEURON_CPP_RARE
#endif

/* What a view points into. A compiler that knows of this warns where it is gone too soon. */
#define NEURON_CPP_POINTS_INTO
#ifdef __has_cpp_attribute
#if __has_cpp_attribute(clang::lifetimebound)
#undef NEURON_CPP_POINTS_INTO
#define NEURON_CPP_POINTS_INTO [[clang::lifetimebound]]
#elif __has_cpp_attribute(msvc::lifetimebound)
#undef NEURON_CPP_POINTS_INTO
#define NEURON_CPP_POINTS_INTO [[msvc::lifetimebound]]
#endif
#endif

#endif
