/** @file error.hpp
 *  Errors, results, and exceptions on their way through C. A part of libneuron.hpp, which is what
 *  to include.
 */
#ifndef NEURON_CPP_ERROR_HPP
#define NEURON_CPP_ERROR_HPP

#include <libneuron/cpp/view.hpp>

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#ifdef __cpp_exceptions
#include <atomic>
#include <exception>
#include <mutex>
#ifdef __GLIBCXX__
#include <cxxabi.h>
#endif
#endif
#ifdef NEURON_NO_EXCEPTIONS
#include <memory>
#include <new>
#include <optional>
#include <type_traits>
#endif

namespace neuron
{
inline namespace NEURON_CPP_MODE
{

/** Why a call failed. what() is neuron_error_last() as it was then. */
class NEURON_CPP_SHARED error : public std::runtime_error
{
  public:
    error(int code, const std::string &message) : std::runtime_error(message), code_(code)
    {
    }
    /** One of NEURON_E_..., or a negative number that a function of the caller's returned. */
    int code() const noexcept
    {
        return code_;
    }
    /** neuron_error_name(): "NEURON_E_SHAPE". */
    text name() const noexcept
    {
        return neuron_error_name(code_);
    }

  private:
    int code_;
};

#ifdef NEURON_NO_EXCEPTIONS

/** A T, or the error that there is in its place: std::expected<T, error> in short. Ask before
 *  taking: `*` and `->` are for one that has a value, error() for one that has none. */
template <class T> class [[nodiscard]] result
{
  public:
    using value_type = T;

    result(T value) noexcept(std::is_nothrow_move_constructible_v<T>)
        : value_(std::move(value)), there_(true)
    {
    }
    result(neuron::error failure) noexcept : failure_(std::move(failure)), there_(false)
    {
    }
    result(const result &other) : there_(other.there_)
    {
        if (there_)
            new (&value_) T(other.value_);
        else
            new (&failure_) neuron::error(other.failure_);
    }
    result(result &&other) noexcept(std::is_nothrow_move_constructible_v<T>) : there_(other.there_)
    {
        if (there_)
            new (&value_) T(std::move(other.value_));
        else
            new (&failure_) neuron::error(std::move(other.failure_));
    }
    result &operator=(const result &other)
    {
        return *this = result(other);
    }
    result &operator=(result &&other) noexcept(std::is_nothrow_move_constructible_v<T>)
    {
        if (this != &other) {
            this->~result();
            new (this) result(std::move(other));
        }
        return *this;
    }
    ~result()
    {
        if (there_)
            value_.~T();
        else
            failure_.~error();
    }
    bool has_value() const noexcept
    {
        return there_;
    }
    explicit operator bool() const noexcept
    {
        return there_;
    }
    T &operator*() &noexcept
    {
        return value_;
    }
    const T &operator*() const &noexcept
    {
        return value_;
    }
    T &&operator*() &&noexcept
    {
        return std::move(value_);
    }
    T *operator->() noexcept
    {
        return std::addressof(value_);
    }
    const T *operator->() const noexcept
    {
        return std::addressof(value_);
    }
    T value_or(T other) const &
    {
        return there_ ? value_ : std::move(other);
    }
    T value_or(T other) &&
    {
        return there_ ? std::move(value_) : std::move(other);
    }
    const neuron::error &error() const noexcept
    {
        return failure_;
    }

  private:
    static_assert(std::is_nothrow_move_constructible_v<T>, "an assignment must not end half-way");
    union {
        T value_;
        neuron::error failure_;
    };
    bool there_;
};

/** Success, or an error. */
template <> class [[nodiscard]] result<void>
{
  public:
    using value_type = void;

    result() noexcept
    {
    }
    result(neuron::error failure) noexcept : failure_(std::move(failure))
    {
    }
    bool has_value() const noexcept
    {
        return !failure_;
    }
    explicit operator bool() const noexcept
    {
        return has_value();
    }
    const neuron::error &error() const noexcept
    {
        return *failure_;
    }

  private:
    std::optional<neuron::error> failure_;
};

/** What functions that may fail return. */
template <class T> using outcome = result<T>;

#else

/** What functions that may fail return: a T, as they throw when they fail. */
template <class T> using outcome = T;

#endif

} // namespace NEURON_CPP_MODE

#ifdef __cpp_exceptions

namespace across_modes
{

/* Exceptions that functions of the caller's have thrown, on their way through C: the library is
 * given a number that stands for one, and hands it back. No call may come to fetch one (a builder's
 * for a graph that is thrown away), so there is room for some only, and the newest stay. This is
 * one thing for all of a program, with and without exceptions. */
class NEURON_CPP_SHARED parked
{
  public:
    static int park(std::exception_ptr exception)
    {
        parked &all = one();
        std::lock_guard<std::mutex> lock(all.mutex_);
        const int number = all.next_++ & last_number;
        place &slot = all.places_[number % room];
        slot.ticket = first_ticket - number;
        slot.exception.swap(exception);
        return slot.ticket;
    }
    static bool is_ticket(int status) noexcept
    {
        return status <= first_ticket && status >= first_ticket - last_number;
    }
    static std::exception_ptr fetch(int ticket)
    {
        parked &all = one();
        std::lock_guard<std::mutex> lock(all.mutex_);
        place &slot = all.places_[(first_ticket - ticket) % room];
        return slot.ticket == ticket ? std::exchange(slot.exception, nullptr) : nullptr;
    }

    /* Those of functions of which C expects nothing wait for the thread's next call. */
    static void put_aside(std::exception_ptr exception)
    {
        std::exception_ptr &mine = aside_of_thread().exception;
        if (!mine) { /* else the first one tells what is wrong */
            mine.swap(exception);
            waiting.fetch_add(1, std::memory_order_relaxed);
        }
    }
    static std::exception_ptr fetch_aside()
    {
        std::exception_ptr &mine = aside_of_thread().exception;
        if (mine)
            waiting.fetch_sub(1, std::memory_order_relaxed);
        return std::exchange(mine, nullptr);
    }
    /* How many are aside, of all threads: none, and no call has to look. */
    static inline std::atomic<int> waiting{0};

  private:
    /* Far below the numbers of status.h. */
    static constexpr int first_ticket = -1000000000;
    static constexpr int last_number = 0xffffff;
    static constexpr int room = 128;

    struct place {
        int ticket = 0;
        std::exception_ptr exception;
    };
    struct aside {
        std::exception_ptr exception;
        ~aside()
        {
            if (exception)
                waiting.fetch_sub(1, std::memory_order_relaxed);
        }
    };
    /* Where a program has several after all, in objects that hide their symbols, each begins with
     * numbers of its own. */
    parked() noexcept
        : next_(static_cast<int>((reinterpret_cast<std::uintptr_t>(this) >> 4) & 0xfffff))
    {
    }
    static parked &one()
    {
        static parked all;
        return all;
    }
    static aside &aside_of_thread()
    {
        static thread_local aside mine;
        return mine;
    }
    std::mutex mutex_;
    int next_;
    place places_[room];
};

} // namespace across_modes

#endif

inline namespace NEURON_CPP_MODE
{

namespace detail
{

#ifdef __cpp_exceptions
using across_modes::parked;
#endif

/* Runs a function of the caller's in the midst of C, to where nothing may be thrown. */
template <class Body> int guarded(Body &&body)
{
#ifdef __cpp_exceptions
    try {
        return body();
    }
#ifdef __GLIBCXX__
    catch (abi::__forced_unwind &) { /* the end of the thread, which C knows how to bear */
        throw;
    }
#endif
    catch (...) {
        return parked::park(std::current_exception());
    }
#else
    return body();
#endif
}

/* The same where C expects nothing. */
template <class Body> void guarded_aside(Body &&body)
{
#ifdef __cpp_exceptions
    try {
        body();
    }
#ifdef __GLIBCXX__
    catch (abi::__forced_unwind &) {
        throw;
    }
#endif
    catch (...) {
        parked::put_aside(std::current_exception());
    }
#else
    body();
#endif
}

/* The error of a call that failed just now; or the exception that made it fail. */
NEURON_CPP_RARE inline error failure(int status)
{
#ifdef __cpp_exceptions
    if (parked::is_ticket(status)) {
        if (const std::exception_ptr exception = parked::fetch(status))
            std::rethrow_exception(exception);
        status = NEURON_E_CALLBACK;
    }
#endif
    return error(status, neuron_error_last());
}

#ifdef __cpp_exceptions
NEURON_CPP_RARE inline void raise_aside()
{
    if (const std::exception_ptr exception = parked::fetch_aside())
        std::rethrow_exception(exception);
}
#endif

inline void look_aside()
{
#ifdef __cpp_exceptions
    if (parked::waiting.load(std::memory_order_relaxed) != 0)
        raise_aside();
#endif
}

#ifdef NEURON_NO_EXCEPTIONS

/* What C returned, as a result. */
inline result<void> done(int status)
{
    look_aside();
    return status < 0 ? result<void>(failure(status)) : result<void>();
}

/* The same for what runs in loops, and tells nothing to a log but once. */
inline result<void> done_quickly(int status)
{
    return status < 0 ? result<void>(failure(status)) : result<void>();
}

/* A value that C has filled in, if it did. */
template <class T> result<T> given(int status, T value)
{
    look_aside();
    return status < 0 ? result<T>(failure(status)) : result<T>(std::move(value));
}

template <class T> result<T> refused(int status, const char *message)
{
    return error(status, message);
}

#else

[[noreturn]] NEURON_CPP_RARE inline void raise(int status)
{
    throw failure(status);
}

inline void done_quickly(int status)
{
    if (status < 0)
        raise(status);
}

inline void done(int status)
{
    done_quickly(status);
    look_aside();
}

template <class T> T given(int status, T value)
{
    done(status);
    return value;
}

template <class T> [[noreturn]] NEURON_CPP_RARE T refused(int status, const char *message)
{
    throw error(status, message);
}

#endif

/* A handle that C has made: owned first, so that it is released whatever happens. */
template <class Handle, class C> outcome<Handle> made(int status, C *handle)
{
    return given(status, Handle(handle));
}

/* A text that C writes into room of the caller's: call(characters, capacity, needed). */
template <class Call> outcome<std::string> written(Call call)
{
    std::string all;
    std::size_t needed = 0;
    int status = call(static_cast<char *>(nullptr), std::size_t{0}, &needed);
    if (status >= 0 && needed > 0) {
        all.resize(needed - 1);
        status = call(all.data(), needed, &needed);
    }
    return given(status, std::move(all));
}

/* Likewise elements. */
template <class T, class Call> outcome<std::vector<T>> filled(Call call)
{
    std::vector<T> all;
    std::size_t needed = 0;
    int status = call(static_cast<T *>(nullptr), std::size_t{0}, &needed);
    if (status >= 0 && needed > 0) {
        all.resize(needed);
        status = call(all.data(), needed, &needed);
    }
    return given(status, std::move(all));
}

/* A shape that C writes: call(extents, rank). */
template <class Call> int shaped(shape &to, Call call)
{
    std::int64_t extents[NEURON_RANK_MAX];
    std::int32_t rank = 0;
    const int status = call(extents, &rank);
    if (status >= 0)
        to = shape(span<const std::int64_t>(extents, static_cast<std::size_t>(rank)));
    return status;
}

template <class T> std::int64_t count_of(const T &range) noexcept
{
    return static_cast<std::int64_t>(range.size());
}

template <class T> std::int32_t rank_of(span<const T> extents) noexcept
{
    return extents.size() > 1000 ? 1000 : static_cast<std::int32_t>(extents.size());
}

} // namespace detail

} // namespace NEURON_CPP_MODE
} // namespace neuron

#endif
