/** @file context.hpp
 *  Contexts: see context.h. A part of libneuron.hpp, which is what to include.
 */
#ifndef NEURON_CPP_CONTEXT_HPP
#define NEURON_CPP_CONTEXT_HPP

#include <libneuron/cpp/function.hpp>

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

namespace neuron
{
inline namespace NEURON_CPP_MODE
{

/** Does one part of a loop of the library's, see neuron_parallel_for_function_t. */
class loop_part
{
  public:
    loop_part(neuron_part_function_t part, const void *loop) noexcept : part_(part), loop_(loop)
    {
    }
    void operator()(std::int64_t index) const
    {
        part_(loop_, index);
    }

  private:
    neuron_part_function_t part_;
    const void *loop_;
};

namespace detail
{

template <class F>
void log_to(std::int32_t level, const char *category, const char *line, void *function)
{
    detail::guarded_aside([&] {
        (*static_cast<F *>(function))(static_cast<log_level>(level), text(category), text(line));
    });
}

template <class F>
void loop_in(std::int64_t count, neuron_part_function_t part, const void *loop, void *function)
{
    detail::guarded_aside([&] { (*static_cast<F *>(function))(count, loop_part(part, loop)); });
}

template <class Allocator>
void *allocate_from(std::size_t size, std::size_t alignment, void *allocator)
{
    void *memory = nullptr;
    auto allocate = [&] {
        memory = static_cast<Allocator *>(allocator)->allocate(size, alignment);
    };
#ifdef __cpp_exceptions
    try {
        allocate();
    }
#ifdef __GLIBCXX__
    catch (abi::__forced_unwind &) {
        throw;
    }
#endif
    catch (...) {
        return nullptr; /* there is none: the call fails with NEURON_E_MEMORY */
    }
#else
    allocate();
#endif
    return memory;
}

template <class Allocator> void release_to(void *memory, void *allocator)
{
    static_assert(noexcept(std::declval<Allocator &>().release(memory)),
                  "release() of an allocator must be noexcept");
    static_cast<Allocator *>(allocator)->release(memory);
}

} // namespace detail

/** Threads, memory, log and seed that everything else works with. See context.h. */
class context : public handle_with_options<context, neuron_context_t>
{
  public:
    using handle_with_options::handle_with_options;

    /** neuron_context_create() */
    static outcome<context> create(const options &options = {})
    {
        neuron_context_t *made = nullptr;
        const int status = neuron_context_create(&made, options.c_str());
        return detail::made<context>(status, made);
    }
    /** neuron_context_create_with_allocator()
     *  @param allocator  kept: has `void *allocate(std::size_t size, std::size_t alignment)`, which
     *                    returns nullptr or throws if there is none, and `void release(void *)
     *                    noexcept`; both are called by several threads at a time. */
    template <class Allocator>
    static outcome<context> create_with_allocator(Allocator &&allocator,
                                                  const options &options = {})
    {
        using Kept = std::decay_t<Allocator>;
        neuron_context_t *made = nullptr;
        const int status = detail::hand_over(
            std::forward<Allocator>(allocator), [&](void *kept, neuron_destroy_function_t destroy) {
                return neuron_context_create_with_allocator(&made, &detail::allocate_from<Kept>,
                                                            &detail::release_to<Kept>, kept,
                                                            destroy, options.c_str());
            });
        return detail::made<context>(status, made);
    }
#ifndef NEURON_NO_EXCEPTIONS
    /** With the default options. (An empty one is `context(nullptr)`.) */
    context() : context(create())
    {
    }
    explicit context(const options &options) : context(create(options))
    {
    }
#else
    context() = delete; /* would be an empty one here: create() makes one */
#endif
    /** neuron_context_threads() */
    std::int64_t threads() const noexcept
    {
        return neuron_context_threads(get());
    }
    /** neuron_context_kernels() */
    text kernels() const noexcept
    {
        return neuron_context_kernels(get());
    }
    /** neuron_context_seed() */
    std::uint64_t seed() const noexcept
    {
        return neuron_context_seed(get());
    }
    /** neuron_context_set_seed() */
    outcome<void> set_seed(std::uint64_t seed)
    {
        return detail::done(neuron_context_set_seed(get(), seed));
    }
    /** neuron_context_set_log()
     *  @param sink  called as sink(log_level, text category, text line). It must not call the
     *               library. */
    template <class F> outcome<void> set_log(log_level level, F &&sink)
    {
        return detail::done(detail::hand_over(
            std::forward<F>(sink), [&](void *kept, neuron_destroy_function_t destroy) {
                return neuron_context_set_log(get(), static_cast<std::int32_t>(level),
                                              &detail::log_to<std::decay_t<F>>, kept, destroy);
            }));
    }
    /** No log. */
    outcome<void> set_log(std::nullptr_t)
    {
        return detail::done(
            neuron_context_set_log(get(), NEURON_LOG_WARNING, nullptr, nullptr, nullptr));
    }
    /** neuron_context_set_parallel_for()
     *  @param loop  called as loop(int64_t count, loop_part part), calls part(i) for each i from 0
     *               to count - 1, in any threads, and returns when all of these have returned. */
    template <class F> outcome<void> set_parallel_for(F &&loop)
    {
        return detail::done(detail::hand_over(
            std::forward<F>(loop), [&](void *kept, neuron_destroy_function_t destroy) {
                return neuron_context_set_parallel_for(get(), &detail::loop_in<std::decay_t<F>>,
                                                       kept, destroy);
            }));
    }
    /** The context's own threads again. */
    outcome<void> set_parallel_for(std::nullptr_t)
    {
        return detail::done(neuron_context_set_parallel_for(get(), nullptr, nullptr, nullptr));
    }
    /** Registers a kind of layer of the caller's; see layer_run below.
     *  neuron_custom_layer_register(), neuron_custom_layer_set_saved() */
    template <class Layer> outcome<void> register_layer(text name, Layer &&layer);
    /** The same by two functions: forward(layer_run &) and backward(layer_run &). */
    template <class Forward, class Backward>
    outcome<void> register_layer(text name, Forward forward, Backward backward);
};

} // namespace NEURON_CPP_MODE
} // namespace neuron

#endif
