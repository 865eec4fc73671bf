/** @file function.hpp
 *  How functions of the caller's are handed to C, kept and called. A part of libneuron.hpp, which
 *  is what to include.
 */
#ifndef NEURON_CPP_FUNCTION_HPP
#define NEURON_CPP_FUNCTION_HPP

#include <libneuron/cpp/handle.hpp>

#include <cstddef>
#include <memory>
#include <type_traits>
#include <utility>

namespace neuron
{
inline namespace NEURON_CPP_MODE
{

namespace detail
{

inline int status_of(int status) noexcept
{
    return status;
}
#ifdef NEURON_NO_EXCEPTIONS
inline int status_of(const result<void> &result) noexcept
{
    return result ? NEURON_OK : result.error().code();
}
#endif
template <class T> int status_of(T) = delete; /* what would true mean? return 0 or neuron::stop */

/* Calls a function that returns a status, or nothing for success. */
template <class F, class... Arguments> int called(F &function, Arguments &&...arguments)
{
    if constexpr (std::is_void_v<std::invoke_result_t<F &, Arguments...>>) {
        function(std::forward<Arguments>(arguments)...);
        return NEURON_OK;
    } else {
        return detail::status_of(function(std::forward<Arguments>(arguments)...));
    }
}

template <class T> void destroy(void *object)
{
    delete static_cast<T *>(object);
}

/* Gives C an object of the caller's to keep: call(object, destroy). It is C's unless that fails. */
template <class T, class Call> int hand_over(T &&object, Call call)
{
    using Kept = std::decay_t<T>;
    std::unique_ptr<Kept> kept(new Kept(std::forward<T>(object)));
    const int status = call(static_cast<void *>(kept.get()), &destroy<Kept>);
    if (status >= 0)
        static_cast<void>(kept.release());
    return status;
}

template <class F> int write_to(const void *bytes, std::size_t size, void *function)
{
    return detail::guarded([&] {
        return detail::called(
            *static_cast<F *>(function),
            span<const unsigned char>(static_cast<const unsigned char *>(bytes), size));
    });
}

} // namespace detail

} // namespace NEURON_CPP_MODE
} // namespace neuron

#endif
