/** @file layer.hpp
 *  Layers of the caller's own: see custom.h. A part of libneuron.hpp, which is what to include.
 */
#ifndef NEURON_CPP_LAYER_HPP
#define NEURON_CPP_LAYER_HPP

#include <libneuron/cpp/graph.hpp>

#include <cstdint>
#include <type_traits>
#include <utility>
#include <vector>

namespace neuron
{
inline namespace NEURON_CPP_MODE
{

/** One call of forward or backward of a layer of the caller's: examples of a batch lie one behind
 *  the other. See custom.h. */
class layer_run
{
  public:
    explicit layer_run(neuron_custom_run_t *run) noexcept : run_(run)
    {
    }
    neuron_custom_run_t *get() const noexcept
    {
        return run_;
    }
    /** neuron_custom_run_name() */
    text name() const noexcept
    {
        return neuron_custom_run_name(get());
    }
    /** neuron_custom_run_batch() */
    std::int64_t batch() const noexcept
    {
        return neuron_custom_run_batch(get());
    }
    /** neuron_custom_run_training() */
    bool training() const noexcept
    {
        return neuron_custom_run_training(get()) != 0;
    }
    /** neuron_custom_run_input_count() */
    std::int64_t input_count() const noexcept
    {
        return neuron_custom_run_input_count(get());
    }
    /** neuron_custom_run_input_size() */
    std::int64_t input_size(std::int64_t index = 0) const noexcept
    {
        return neuron_custom_run_input_size(get(), index);
    }
    /** neuron_custom_run_output_size() */
    std::int64_t output_size() const noexcept
    {
        return neuron_custom_run_output_size(get());
    }
    /** neuron_custom_run_array_size() */
    std::int64_t array_size(std::int64_t index) const noexcept
    {
        return neuron_custom_run_array_size(get(), index);
    }
    /** neuron_custom_run_input_shape() */
    shape input_shape(std::int64_t index = 0) const noexcept
    {
        std::int64_t extents[NEURON_RANK_MAX];
        std::int32_t rank = 0;
        neuron_custom_run_input_shape(extents, &rank, run_, index);
        return span<const std::int64_t>(extents, static_cast<std::size_t>(rank));
    }
    /** neuron_custom_run_output_shape() */
    shape output_shape() const noexcept
    {
        std::int64_t extents[NEURON_RANK_MAX];
        std::int32_t rank = 0;
        neuron_custom_run_output_shape(extents, &rank, run_);
        return span<const std::int64_t>(extents, static_cast<std::size_t>(rank));
    }
    /** neuron_custom_run_array_shape() */
    shape array_shape(std::int64_t index) const noexcept
    {
        std::int64_t extents[NEURON_RANK_MAX];
        std::int32_t rank = 0;
        neuron_custom_run_array_shape(extents, &rank, run_, index);
        return span<const std::int64_t>(extents, static_cast<std::size_t>(rank));
    }
    /** neuron_custom_run_input(), of the whole batch. */
    span<const float> input(std::int64_t index = 0) const noexcept
    {
        return all(neuron_custom_run_input(run_, index), batch() * input_size(index));
    }
    /** neuron_custom_run_output(), of the whole batch. */
    span<float> output() const noexcept
    {
        return all(neuron_custom_run_output(run_), batch() * output_size());
    }
    /** neuron_custom_run_output_gradient(), of the whole batch; none in forward. */
    span<const float> output_gradient() const noexcept
    {
        return all(neuron_custom_run_output_gradient(run_), batch() * output_size());
    }
    /** neuron_custom_run_input_gradient(), of the whole batch; none if it is not needed. */
    span<float> input_gradient(std::int64_t index = 0) const noexcept
    {
        return all(neuron_custom_run_input_gradient(run_, index), batch() * input_size(index));
    }
    /** neuron_custom_run_array() */
    span<float> array(std::int64_t index) const noexcept
    {
        return all(neuron_custom_run_array(run_, index), array_size(index));
    }
    /** neuron_custom_run_array_gradient(); none if it is not needed. */
    span<float> array_gradient(std::int64_t index) const noexcept
    {
        return all(neuron_custom_run_array_gradient(run_, index), array_size(index));
    }
    /** neuron_custom_run_saved(): as many as the layer's saved() says. */
    float *saved() const noexcept
    {
        return neuron_custom_run_saved(run_);
    }
    /** neuron_custom_run_random(), from number `first` on. */
    outcome<void> random(span<float> numbers, std::int64_t first = 0) const
    {
        return detail::done_quickly(
            neuron_custom_run_random(numbers.data(), run_, first, detail::count_of(numbers)));
    }

  private:
    template <class T> static span<T> all(T *from, std::int64_t count) noexcept
    {
        return span<T>(from, from ? static_cast<std::size_t>(count) : 0);
    }
    neuron_custom_run_t *run_;
};

namespace detail
{

template <class Layer, class = void> struct has_backward : std::false_type {
};
template <class Layer>
struct has_backward<
    Layer, std::void_t<decltype(std::declval<Layer &>().backward(std::declval<layer_run &>()))>>
    : std::true_type {
};
template <class Layer, class = void> struct has_output_shape : std::false_type {
};
template <class Layer>
struct has_output_shape<Layer, std::void_t<decltype(std::declval<Layer &>().output_shape(
                                   std::declval<span<const shape>>()))>> : std::true_type {
};
template <class Layer, class = void> struct has_saved : std::false_type {
};
template <class Layer>
struct has_saved<
    Layer, std::void_t<decltype(std::declval<Layer &>().saved(std::declval<const layer_run &>()))>>
    : std::true_type {
};

template <class Layer> int forward_of(neuron_custom_run_t *run, void *layer)
{
    return detail::guarded([&] {
        layer_run view(run);
        auto forward = [&] { return static_cast<Layer *>(layer)->forward(view); };
        return detail::called(forward);
    });
}

template <class Layer> int backward_of(neuron_custom_run_t *run, void *layer)
{
    return detail::guarded([&] {
        layer_run view(run);
        auto backward = [&] { return static_cast<Layer *>(layer)->backward(view); };
        return detail::called(backward);
    });
}

template <class Layer>
int output_shape_of(std::int64_t *output, std::int32_t *rank, const std::int64_t *shapes,
                    const std::int32_t *ranks, std::int64_t count, void *layer)
{
    return detail::guarded([&] {
        std::vector<shape> inputs;
        for (std::int64_t i = 0; i < count; i++)
            inputs.emplace_back(span<const std::int64_t>(shapes + i * NEURON_RANK_MAX,
                                                         static_cast<std::size_t>(ranks[i])));
        const outcome<shape> made =
            static_cast<Layer *>(layer)->output_shape(span<const shape>(inputs));
#ifdef NEURON_NO_EXCEPTIONS
        if (!made)
            return made.error().code();
        const shape &found = *made;
#else
        const shape &found = made;
#endif
        *rank = found.rank();
        for (std::int32_t i = 0; i < found.rank(); i++)
            output[i] = found.data()[i];
        return int{NEURON_OK};
    });
}

template <class Layer> std::int64_t saved_of(const neuron_custom_run_t *run, void *layer)
{
    std::int64_t count = 0;
    const int status = detail::guarded([&] {
        const layer_run view(const_cast<neuron_custom_run_t *>(run));
        count = static_cast<Layer *>(layer)->saved(view);
        return int{NEURON_OK};
    });
    return status < 0 ? status : count;
}

template <class Forward, class Backward> struct layer_of_functions {
    Forward forward;
    Backward backward;
};

} // namespace detail

/** What is registered is an object of the caller's with some of these functions. It is kept as long
 *  as the context, is shared by all nodes of the kind, and may be called by several threads.
 *
 *      struct swish {
 *          void forward(neuron::layer_run &run);           what a function of yours returns: above
 *          void backward(neuron::layer_run &run);          if it can be trained
 *          neuron::shape output_shape(neuron::span<const neuron::shape> inputs);
 *                                                          if it is not that of the first input
 *          std::int64_t saved(const neuron::layer_run &run);
 *                                                          if forward keeps numbers for backward
 *      };
 *      context.register_layer("swish", swish()); */
template <class Layer> outcome<void> context::register_layer(text name, Layer &&layer)
{
    using Kept = std::decay_t<Layer>;
    int status = detail::hand_over(
        std::forward<Layer>(layer), [&](void *kept, neuron_destroy_function_t destroy) {
            neuron_custom_run_function_t backward = nullptr;
            neuron_custom_shape_function_t output_shape = nullptr;
            if constexpr (detail::has_backward<Kept>::value)
                backward = &detail::backward_of<Kept>;
            if constexpr (detail::has_output_shape<Kept>::value)
                output_shape = &detail::output_shape_of<Kept>;
            return neuron_custom_layer_register(get(), name.c_str(), &detail::forward_of<Kept>,
                                                backward, output_shape, kept, destroy);
        });
    if constexpr (detail::has_saved<Kept>::value) {
        if (status >= 0)
            status = neuron_custom_layer_set_saved(get(), name.c_str(), &detail::saved_of<Kept>);
    }
    return detail::done(status);
}

template <class Forward, class Backward>
outcome<void> context::register_layer(text name, Forward forward, Backward backward)
{
    return register_layer(name, detail::layer_of_functions<Forward, Backward>{std::move(forward),
                                                                              std::move(backward)});
}

} // namespace NEURON_CPP_MODE
} // namespace neuron

#endif
