/** @file view.hpp
 *  Texts, views of elements and bytes, and shapes. A part of libneuron.hpp, which is what to
 *  include.
 */
#ifndef NEURON_CPP_VIEW_HPP
#define NEURON_CPP_VIEW_HPP

#include <libneuron/cpp/mode.hpp>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <string>
#include <string_view>
#include <type_traits>

#if __cplusplus >= 202002L
#include <span>
#endif

namespace neuron
{
inline namespace NEURON_CPP_MODE
{

namespace detail
{

/* 0 and false would be pointers to nothing, where a number is surely not what was meant. */
template <class T> using if_number = std::enable_if_t<std::is_arithmetic_v<T>>;

} // namespace detail

/** A text that ends with a zero, as C has it: of a literal, a std::string, or of the library. It
 *  does not own its characters: one of the library lives as long as the C function says. It may be
 *  NULL, where the C function may return that or take it. */
class text
{
  public:
    constexpr text() noexcept = default;
    constexpr text(std::nullptr_t) noexcept
    {
    }
    constexpr text(const char *characters) noexcept : characters_(characters)
    {
    }
    text(const std::string &string NEURON_CPP_POINTS_INTO) noexcept : characters_(string.c_str())
    {
    }
    template <class T, class = detail::if_number<T>> text(T) = delete; /* say nullptr, or {} */
    constexpr const char *c_str() const noexcept
    {
        return characters_;
    }
    /** Whether there is a text at all. */
    constexpr explicit operator bool() const noexcept
    {
        return characters_ != nullptr;
    }
    /** No text is an empty one here. */
    constexpr operator std::string_view() const noexcept
    {
        return characters_ ? std::string_view(characters_) : std::string_view();
    }
    std::string str() const
    {
        return std::string(std::string_view(*this));
    }
    operator std::string() const
    {
        return str();
    }
    friend constexpr bool operator==(text a, text b) noexcept
    {
        return std::string_view(a) == std::string_view(b);
    }
    friend constexpr bool operator!=(text a, text b) noexcept
    {
        return !(a == b);
    }
    template <class Stream>
    friend auto operator<<(Stream &stream, text t) -> decltype(stream << std::string_view())
    {
        return stream << std::string_view(t);
    }

  private:
    const char *characters_ = nullptr;
};

class shape;

namespace detail
{

/* Nothing is one of these. */
struct nothing {
  private:
    nothing();
};

template <class T> constexpr const T *begin_of(const std::initializer_list<T> &list) noexcept
{
    return list.begin();
}

template <class Range> using data_of = decltype(std::data(std::declval<Range &>()));

/* Whether a range lies in one piece of memory that a T * can point into. */
template <class Range, class T, class = void> struct lies_in_one_piece : std::false_type {
};
template <class Range, class T>
struct lies_in_one_piece<Range, T,
                         std::void_t<data_of<Range>, decltype(std::size(std::declval<Range &>()))>>
    : std::is_convertible<std::remove_pointer_t<data_of<Range>> (*)[], T (*)[]> {
};

/* Whether elements go with a range, as those of a vector do: a const one has const elements. A view
 * leads to the same whether it is const or not, and may go before them. */
template <class Range, class = void> struct owner_of_elements : std::false_type {
};
template <class Range>
struct owner_of_elements<Range, std::void_t<data_of<Range>>>
    : std::bool_constant<!std::is_same_v<data_of<Range>, data_of<const Range>>> {
};
template <> struct owner_of_elements<shape> : std::true_type {
};
template <class Range>
inline constexpr bool owns_elements = owner_of_elements<std::remove_const_t<Range>>::value;

} // namespace detail

/** A view of elements in memory: what std::span is, which C++17 does not have. Of elements to be
 *  read it may also be a list in braces, {1, 2, 3}, for the call that it is given to. */
template <class T> class span
{
  public:
    using element_type = T;
    using value_type = std::remove_cv_t<T>;
    using size_type = std::size_t;
    using difference_type = std::ptrdiff_t;
    using pointer = T *;
    using reference = T &;
    using iterator = T *;

    constexpr span() noexcept = default;
    constexpr span(T *data, std::size_t size) noexcept : data_(data), size_(size)
    {
    }
    template <class Number, class = detail::if_number<Number>>
    constexpr span(Number, std::size_t) = delete; /* 0 is no array */
    constexpr span(
        std::initializer_list<std::conditional_t<std::is_const_v<T>, value_type, detail::nothing>>
            list NEURON_CPP_POINTS_INTO) noexcept
        : span(detail::begin_of(list), list.size())
    {
    }
    /* Of a container. One that is about to go can be read from, but is not there to write to. */
    template <class Range,
              std::enable_if_t<detail::lies_in_one_piece<Range, T>::value &&
                                   detail::owns_elements<std::remove_reference_t<Range>> &&
                                   (std::is_const_v<T> || std::is_lvalue_reference_v<Range>),
                               int> = 0>
    constexpr span(Range &&range NEURON_CPP_POINTS_INTO)
        : data_(std::data(range)), size_(std::size(range))
    {
    }
    /* Of another view. */
    template <class Range,
              std::enable_if_t<detail::lies_in_one_piece<Range, T>::value &&
                                   !detail::owns_elements<std::remove_reference_t<Range>> &&
                                   !std::is_same_v<std::decay_t<Range>, span>,
                               char> = 0>
    constexpr span(Range &&range) : data_(std::data(range)), size_(std::size(range))
    {
    }
    constexpr T *data() const noexcept
    {
        return data_;
    }
    constexpr std::size_t size() const noexcept
    {
        return size_;
    }
    constexpr bool empty() const noexcept
    {
        return size_ == 0;
    }
    constexpr T *begin() const noexcept
    {
        return data_;
    }
    constexpr T *end() const noexcept
    {
        return data_ + size_;
    }
    constexpr T &operator[](std::size_t index) const noexcept
    {
        return data_[index];
    }
    constexpr T &front() const noexcept
    {
        return data_[0];
    }
    constexpr T &back() const noexcept
    {
        return data_[size_ - 1];
    }
    /** `count` elements from `first` on, all of which there must be. */
    constexpr span subspan(std::size_t first, std::size_t count) const noexcept
    {
        return span(data_ + first, count);
    }

  private:
    T *data_ = nullptr;
    std::size_t size_ = 0;
};

/** Bytes to be read: a file in memory, an array in the program. */
class bytes
{
  public:
    constexpr bytes() noexcept = default;
    constexpr bytes(const void *data, std::size_t size) noexcept : data_(data), size_(size)
    {
    }
    template <class Number, class = detail::if_number<Number>>
    constexpr bytes(Number, std::size_t) = delete; /* 0 is no array */
    /* Not of a literal, whose last byte is a zero. */
    template <class Range,
              std::enable_if_t<sizeof(*std::data(std::declval<const Range &>())) == 1 &&
                                   !std::is_convertible_v<const Range &, const char *> &&
                                   detail::owns_elements<Range>,
                               int> = 0>
    bytes(const Range &range NEURON_CPP_POINTS_INTO) noexcept
        : bytes(std::data(range), std::size(range))
    {
    }
    /* Of another view. */
    template <class Range,
              std::enable_if_t<sizeof(*std::data(std::declval<const Range &>())) == 1 &&
                                   !std::is_convertible_v<const Range &, const char *> &&
                                   !detail::owns_elements<Range>,
                               char> = 0>
    bytes(const Range &range) noexcept : bytes(std::data(range), std::size(range))
    {
    }
    constexpr const void *data() const noexcept
    {
        return data_;
    }
    constexpr std::size_t size() const noexcept
    {
        return size_;
    }

  private:
    const void *data_ = nullptr;
    std::size_t size_ = 0;
};

/** The extents of an array, NEURON_RANK_MAX at most; more than that are left out. */
class shape
{
  public:
    constexpr shape() noexcept = default;
    constexpr shape(span<const std::int64_t> extents) noexcept
    {
        for (const std::int64_t extent : extents) {
            if (rank_ < NEURON_RANK_MAX)
                extents_[rank_++] = extent;
        }
    }
    constexpr shape(std::initializer_list<std::int64_t> extents) noexcept
        : shape(span<const std::int64_t>(detail::begin_of(extents), extents.size()))
    {
    }
    constexpr std::int32_t rank() const noexcept
    {
        return rank_;
    }
    constexpr const std::int64_t *data() const noexcept
    {
        return extents_;
    }
    constexpr std::size_t size() const noexcept
    {
        return static_cast<std::size_t>(rank_);
    }
    constexpr const std::int64_t *begin() const noexcept
    {
        return extents_;
    }
    constexpr const std::int64_t *end() const noexcept
    {
        return extents_ + rank_;
    }
    constexpr std::int64_t operator[](std::size_t axis) const noexcept
    {
        return extents_[axis];
    }
    /** How many elements an array of this shape has. */
    constexpr std::int64_t count() const noexcept
    {
        std::int64_t product = 1;
        for (const std::int64_t extent : *this)
            product *= extent;
        return product;
    }
    friend constexpr bool operator==(const shape &a, const shape &b) noexcept
    {
        bool equal = a.rank_ == b.rank_;
        for (std::int32_t i = 0; equal && i < a.rank_; i++)
            equal = a.extents_[i] == b.extents_[i];
        return equal;
    }
    friend constexpr bool operator!=(const shape &a, const shape &b) noexcept
    {
        return !(a == b);
    }

  private:
    std::int64_t extents_[NEURON_RANK_MAX] = {};
    std::int32_t rank_ = 0;
};

} // namespace NEURON_CPP_MODE
} // namespace neuron

#if defined(__cpp_lib_span)
/* So that std::span takes one that is about to go, as the elements stay. */
template <class T> inline constexpr bool std::ranges::enable_borrowed_range<neuron::span<T>> = true;
template <class T> inline constexpr bool std::ranges::enable_view<neuron::span<T>> = true;
#endif

#endif
