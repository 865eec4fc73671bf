/** @file tensor.hpp
 *  Tensors: see tensor.h. A part of libneuron.hpp, which is what to include.
 */
#ifndef NEURON_CPP_TENSOR_HPP
#define NEURON_CPP_TENSOR_HPP

#include <libneuron/cpp/context.hpp>

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>
#include <vector>

namespace neuron
{
inline namespace NEURON_CPP_MODE
{

namespace detail
{

template <class T> struct type_of;
template <> struct type_of<float> : std::integral_constant<neuron::type, neuron::type::f32> {
};
template <> struct type_of<unsigned char> : std::integral_constant<neuron::type, neuron::type::u8> {
};
template <> struct type_of<std::int32_t> : std::integral_constant<neuron::type, neuron::type::i32> {
};
template <> struct type_of<std::int64_t> : std::integral_constant<neuron::type, neuron::type::i64> {
};

template <class Range>
using element_of = std::remove_cv_t<std::remove_pointer_t<data_of<std::remove_reference_t<Range>>>>;

} // namespace detail

/** The largest numbers of each row of a tensor, see tensor::top_k(). */
struct top_values {
    std::vector<std::int64_t> indices; /**< k for each row, the largest first */
    std::vector<float> values;         /**< these numbers */
};

/** An n-dimensional array. See tensor.h. A const one is the same array for good; its elements can
 *  be written by who has another owner of it, and by calls that fill it. */
class tensor : public handle<tensor, neuron_tensor_t>
{
  public:
    using handle::handle;
    tensor() noexcept = default;

    /** neuron_tensor_create() */
    static outcome<tensor> create(const context &context, span<const std::int64_t> shape,
                                  neuron::type type = neuron::type::f32)
    {
        neuron_tensor_t *made = nullptr;
        const int status =
            neuron_tensor_create(&made, context.get(), static_cast<std::int32_t>(type),
                                 shape.data(), detail::rank_of(shape));
        return detail::made<tensor>(status, made);
    }
    /** neuron_tensor_copy(): of elements that there are, as many as the shape has. */
    template <class Range>
    static outcome<tensor> copy(const context &context, const Range &elements,
                                span<const std::int64_t> shape)
    {
        using Element = detail::element_of<Range>;
        if (!fits(std::size(elements), shape))
            return wrong_size();
        neuron_tensor_t *made = nullptr;
        const int status =
            neuron_tensor_copy(&made, context.get(), number_of<Element>(), shape.data(),
                               detail::rank_of(shape), std::data(elements));
        return detail::made<tensor>(status, made);
    }
    /** neuron_tensor_wrap(): lies over elements of the caller's, as many as the shape has, which
     *  must stay where they are as long as the tensor lives, and all that was made with it. */
    template <class T>
    static outcome<tensor> wrap(const context &context, span<T> elements,
                                span<const std::int64_t> shape)
    {
        static_assert(!std::is_const_v<T>,
                      "a tensor may be written: copy() elements that are const");
        if (!fits(elements.size(), shape))
            return wrong_size();
        neuron_tensor_t *made = nullptr;
        const int status = neuron_tensor_wrap(&made, context.get(), number_of<T>(), shape.data(),
                                              detail::rank_of(shape), elements.data());
        return detail::made<tensor>(status, made);
    }
    /** The same over a container or an array of the caller's, or what another view leads to. */
    template <class Range, class = detail::data_of<Range &>,
              class = std::enable_if_t<std::is_lvalue_reference_v<Range> ||
                                       !detail::owns_elements<Range>>>
    static outcome<tensor> wrap(const context &context, Range &&elements,
                                span<const std::int64_t> shape)
    {
        using Element = std::remove_pointer_t<detail::data_of<std::remove_reference_t<Range>>>;
        return wrap(context, span<Element>(elements), shape);
    }
    /** Takes over a std::vector, or another container of as many elements as the shape has: it is
     *  moved, not copied, and goes with the tensor. neuron_tensor_wrap(),
     *  neuron_tensor_set_destroy() */
    template <class Range, class = std::enable_if_t<!std::is_lvalue_reference_v<Range> &&
                                                    detail::owns_elements<Range>>>
    static outcome<tensor> own(const context &context, Range &&elements,
                               span<const std::int64_t> shape)
    {
        using Element = detail::element_of<Range>;
        if (!fits(std::size(elements), shape))
            return wrong_size();
        neuron_tensor_t *made = nullptr;
        int status = detail::hand_over(std::move(elements), [&](void *kept,
                                                                neuron_destroy_function_t destroy) {
            Range &moved = *static_cast<Range *>(kept);
            int result = neuron_tensor_wrap(&made, context.get(), number_of<Element>(),
                                            shape.data(), detail::rank_of(shape), std::data(moved));
            if (result >= 0)
                result = neuron_tensor_set_destroy(made, kept, destroy);
            return result;
        });
        return detail::made<tensor>(status, made);
    }
    /** neuron_tensor_load_npy() */
    static outcome<tensor> load_npy(const context &context, text path)
    {
        neuron_tensor_t *made = nullptr;
        const int status = neuron_tensor_load_npy(&made, context.get(), path.c_str());
        return detail::made<tensor>(status, made);
    }
    /** neuron_tensor_load_npy_memory() */
    static outcome<tensor> load_npy_memory(const context &context, bytes file)
    {
        neuron_tensor_t *made = nullptr;
        const int status =
            neuron_tensor_load_npy_memory(&made, context.get(), file.data(), file.size());
        return detail::made<tensor>(status, made);
    }
    /** neuron_tensor_load_npz() */
    static outcome<tensor> load_npz(const context &context, text path, text name)
    {
        neuron_tensor_t *made = nullptr;
        const int status = neuron_tensor_load_npz(&made, context.get(), path.c_str(), name.c_str());
        return detail::made<tensor>(status, made);
    }
    /** neuron_tensor_load_npz_memory() */
    static outcome<tensor> load_npz_memory(const context &context, bytes file, text name)
    {
        neuron_tensor_t *made = nullptr;
        const int status = neuron_tensor_load_npz_memory(&made, context.get(), file.data(),
                                                         file.size(), name.c_str());
        return detail::made<tensor>(status, made);
    }
    /** neuron_tensor_load_image(): `scales` and `offsets` of the same size, or none of both. */
    static outcome<tensor> load_image(const context &context, text path,
                                      span<const double> scales = {},
                                      span<const double> offsets = {})
    {
        if (scales.size() != offsets.size())
            return wrong_scales();
        neuron_tensor_t *made = nullptr;
        const int status = neuron_tensor_load_image(&made, context.get(), path.c_str(),
                                                    scales.data(), offsets.data(), scales.size());
        return detail::made<tensor>(status, made);
    }
    /** neuron_tensor_load_image_memory(), likewise. */
    static outcome<tensor> load_image_memory(const context &context, bytes file,
                                             span<const double> scales = {},
                                             span<const double> offsets = {})
    {
        if (scales.size() != offsets.size())
            return wrong_scales();
        neuron_tensor_t *made = nullptr;
        const int status =
            neuron_tensor_load_image_memory(&made, context.get(), file.data(), file.size(),
                                            scales.data(), offsets.data(), scales.size());
        return detail::made<tensor>(status, made);
    }
#ifndef NEURON_NO_EXCEPTIONS
    tensor(const context &context, span<const std::int64_t> shape,
           neuron::type type = neuron::type::f32)
        : tensor(create(context, shape, type))
    {
    }
#endif
    /** neuron_tensor_save_npy() */
    outcome<void> save_npy(text path) const
    {
        return detail::done(neuron_tensor_save_npy(get(), path.c_str()));
    }
    /** neuron_tensor_type() */
    neuron::type type() const noexcept
    {
        return static_cast<neuron::type>(neuron_tensor_type(get()));
    }
    /** neuron_tensor_rank() */
    std::int32_t rank() const noexcept
    {
        return neuron_tensor_rank(get());
    }
    /** neuron_tensor_extent() */
    std::int64_t extent(std::int32_t axis) const noexcept
    {
        return neuron_tensor_extent(get(), axis);
    }
    /** All extents. */
    neuron::shape shape() const noexcept
    {
        std::int64_t extents[NEURON_RANK_MAX];
        const std::int32_t count = rank();
        for (std::int32_t i = 0; i < count; i++)
            extents[i] = extent(i);
        return span<const std::int64_t>(extents, static_cast<std::size_t>(count));
    }
    /** neuron_tensor_count() */
    std::int64_t count() const noexcept
    {
        return neuron_tensor_count(get());
    }
    /** The elements, as what they are: float, unsigned char, std::int32_t or std::int64_t.
     *  NEURON_E_TYPE for another type than the tensor's. neuron_tensor_data() */
    template <class T = float> outcome<span<T>> elements() &
    {
        if (type() != detail::type_of<T>::value)
            return detail::refused<span<T>>(NEURON_E_TYPE,
                                            "elements(): the tensor has elements of another type");
        return span<T>(static_cast<T *>(neuron_tensor_data(get())),
                       static_cast<std::size_t>(count()));
    }
    /** The elements, to be read. neuron_tensor_data_const() */
    template <class T = float> outcome<span<const T>> elements() const &
    {
        if (type() != detail::type_of<T>::value)
            return detail::refused<span<const T>>(
                NEURON_E_TYPE, "elements(): the tensor has elements of another type");
        return span<const T>(static_cast<const T *>(neuron_tensor_data_const(get())),
                             static_cast<std::size_t>(count()));
    }
    /** Of a tensor that is about to go, as that of `graph.predict(context, input)`: a copy. */
    template <class T = float> outcome<std::vector<T>> elements() const &&
    {
        if (type() != detail::type_of<T>::value)
            return detail::refused<std::vector<T>>(
                NEURON_E_TYPE, "elements(): the tensor has elements of another type");
        const T *from = static_cast<const T *>(neuron_tensor_data_const(get()));
        return std::vector<T>(from, from + count());
    }
    /** neuron_tensor_top_k(), of all rows. */
    outcome<top_values> top_k(std::int64_t k) const
    {
        const std::int64_t row = rank() > 0 ? extent(rank() - 1) : 0;
        const bool sound = k > 0 && k <= row;
        const auto size = static_cast<std::size_t>(sound ? count() / row * k : 0);
        top_values top{std::vector<std::int64_t>(size), std::vector<float>(size)};
        std::int64_t none = 0;
        const int status =
            neuron_tensor_top_k(size > 0 ? top.indices.data() : &none,
                                size > 0 ? top.values.data() : nullptr, size, get(), k);
        return detail::given(status, std::move(top));
    }

  private:
    static bool fits(std::size_t size, span<const std::int64_t> shape) noexcept
    {
        /* What is no shape at all is for the library to refuse. */
        std::size_t product = 1;
        for (const std::int64_t extent : shape) {
            const auto factor = static_cast<std::size_t>(extent);
            if (extent < 0 || (factor > 0 && product > SIZE_MAX / factor))
                return extent < 0;
            product *= factor;
        }
        return product == size || shape.size() > NEURON_RANK_MAX;
    }
    static outcome<tensor> wrong_size()
    {
        return detail::refused<tensor>(NEURON_E_SHAPE,
                                       "tensor: there are not as many elements as the shape has");
    }
    static outcome<tensor> wrong_scales()
    {
        return detail::refused<tensor>(NEURON_E_ARGUMENT,
                                       "load_image: there are not as many offsets as scales");
    }
    template <class Element> static constexpr std::int32_t number_of() noexcept
    {
        return static_cast<std::int32_t>(detail::type_of<Element>::value);
    }
};

} // namespace NEURON_CPP_MODE
} // namespace neuron

#endif
