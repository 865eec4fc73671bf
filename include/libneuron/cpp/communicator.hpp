/** @file communicator.hpp
 *  Communicators: see communicator.h. A part of libneuron.hpp, which is what to include.
 */
#ifndef NEURON_CPP_COMMUNICATOR_HPP
#define NEURON_CPP_COMMUNICATOR_HPP

#include <libneuron/cpp/context.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>

namespace neuron
{
inline namespace NEURON_CPP_MODE
{

namespace detail
{

template <class F>
int exchange_by(void *received, std::size_t received_size, std::int32_t peer, const void *sent,
                std::size_t sent_size, void *function)
{
    return detail::guarded([&] {
        return detail::called(
            *static_cast<F *>(function), peer,
            span<const unsigned char>(static_cast<const unsigned char *>(sent), sent_size),
            span<unsigned char>(static_cast<unsigned char *>(received), received_size));
    });
}

/* Both functions of a communicator, as one. */
template <class E, class R> struct lines {
    E exchange;
    R ready;

    decltype(auto) operator()(std::int32_t peer, span<const unsigned char> sent,
                              span<unsigned char> received)
    {
        return exchange(peer, sent, received);
    }
};

template <class F> int ready_by(std::int32_t peer, void *function)
{
    return detail::guarded([&] { return int{static_cast<F *>(function)->ready(peer) ? 1 : 0}; });
}

} // namespace detail

/** One of several processes that do one thing together. See communicator.h. */
class communicator : public handle<communicator, neuron_communicator_t>
{
  public:
    using handle::handle;
    communicator() noexcept = default;

    /** neuron_communicator_create()
     *  @param exchange  kept as long as the communicator; called as exchange(std::int32_t peer,
     *                   span<const unsigned char> sent, span<unsigned char> received). */
    template <class F>
    static outcome<communicator> create(const context &context, std::int32_t rank,
                                        std::int32_t size, F &&exchange)
    {
        using Kept = std::decay_t<F>;
        neuron_communicator_t *made = nullptr;
        const int status = detail::hand_over(
            std::forward<F>(exchange), [&](void *kept, neuron_destroy_function_t destroy) {
                return neuron_communicator_create(&made, context.get(), rank, size,
                                                  &detail::exchange_by<Kept>, kept, destroy);
            });
        return detail::made<communicator>(status, made);
    }
    /** The same, and neuron_communicator_set_ready(), which searches need.
     *  @param ready  kept likewise; called as bool ready(std::int32_t peer). */
    template <class E, class R>
    static outcome<communicator> create(const context &context, std::int32_t rank,
                                        std::int32_t size, E &&exchange, R &&ready)
    {
        using Kept = detail::lines<std::decay_t<E>, std::decay_t<R>>;
        auto made =
            create(context, rank, size, Kept{std::forward<E>(exchange), std::forward<R>(ready)});
#ifdef NEURON_NO_EXCEPTIONS
        if (made)
            neuron_communicator_set_ready(made->get(), &detail::ready_by<Kept>);
#else
        neuron_communicator_set_ready(made.get(), &detail::ready_by<Kept>);
#endif
        return made;
    }
#ifndef NEURON_NO_EXCEPTIONS
    template <class F>
    communicator(const context &context, std::int32_t rank, std::int32_t size, F &&exchange)
        : communicator(create(context, rank, size, std::forward<F>(exchange)))
    {
    }
    template <class E, class R>
    communicator(const context &context, std::int32_t rank, std::int32_t size, E &&exchange,
                 R &&ready)
        : communicator(
              create(context, rank, size, std::forward<E>(exchange), std::forward<R>(ready)))
    {
    }
#endif
    /** neuron_communicator_rank() */
    std::int32_t rank() const noexcept
    {
        return neuron_communicator_rank(get());
    }
    /** neuron_communicator_size() */
    std::int32_t size() const noexcept
    {
        return neuron_communicator_size(get());
    }
    /** neuron_communicator_barrier() */
    outcome<void> barrier()
    {
        return detail::done(neuron_communicator_barrier(get()));
    }
    /** neuron_communicator_broadcast() */
    outcome<void> broadcast(span<unsigned char> bytes, std::int32_t root)
    {
        return detail::done(neuron_communicator_broadcast(bytes.data(), bytes.size(), get(), root));
    }
    /** neuron_communicator_gather()
     *  @param all  size() times as much as `own`. */
    outcome<void> gather(span<unsigned char> all, span<const unsigned char> own)
    {
        if (all.size() != own.size() * static_cast<std::size_t>(size()))
            return detail::refused<void>(NEURON_E_ARGUMENT,
                                         "communicator: there is no room for that of all ranks");
        return detail::done(neuron_communicator_gather(all.data(), get(), own.data(), own.size()));
    }
    /** neuron_communicator_sum() */
    outcome<void> sum(span<double> values)
    {
        return detail::done(
            neuron_communicator_sum(values.data(), detail::count_of(values), get()));
    }
};

} // namespace NEURON_CPP_MODE
} // namespace neuron

#endif
