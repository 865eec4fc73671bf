/** @file handle.hpp
 *  What all classes of handles have, and handles and texts that a call reads. A part of
 *  libneuron.hpp, which is what to include.
 */
#ifndef NEURON_CPP_HANDLE_HPP
#define NEURON_CPP_HANDLE_HPP

#include <libneuron/cpp/options.hpp>

#include <initializer_list>
#include <iterator>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace neuron
{
inline namespace NEURON_CPP_MODE
{

class texts;

namespace detail
{

/* The C functions that each handle has. */
template <class C> struct calls;
template <> struct calls<neuron_context_t> {
    static constexpr auto ref = &neuron_context_ref;
    static constexpr auto unref = &neuron_context_unref;
    static constexpr auto set = &neuron_context_set;
    static constexpr auto set_number = &neuron_context_set_number;
    static constexpr auto get_number = &neuron_context_get_number;
    static constexpr auto get_text = &neuron_context_get_text;
};
template <> struct calls<neuron_tensor_t> {
    static constexpr auto ref = &neuron_tensor_ref;
    static constexpr auto unref = &neuron_tensor_unref;
};
template <> struct calls<neuron_preparation_t> {
    static constexpr auto ref = &neuron_preparation_ref;
    static constexpr auto unref = &neuron_preparation_unref;
};
template <> struct calls<neuron_dataset_t> {
    static constexpr auto ref = &neuron_dataset_ref;
    static constexpr auto unref = &neuron_dataset_unref;
};
template <> struct calls<neuron_augmentation_t> {
    static constexpr auto ref = &neuron_augmentation_ref;
    static constexpr auto unref = &neuron_augmentation_unref;
    static constexpr auto set = &neuron_augmentation_set;
    static constexpr auto set_number = &neuron_augmentation_set_number;
    static constexpr auto get_number = &neuron_augmentation_get_number;
    static constexpr auto get_text = &neuron_augmentation_get_text;
};
template <> struct calls<neuron_graph_t> {
    static constexpr auto ref = &neuron_graph_ref;
    static constexpr auto unref = &neuron_graph_unref;
};
template <> struct calls<neuron_gradient_t> {
    static constexpr auto ref = &neuron_gradient_ref;
    static constexpr auto unref = &neuron_gradient_unref;
};
template <> struct calls<neuron_optimizer_t> {
    static constexpr auto ref = &neuron_optimizer_ref;
    static constexpr auto unref = &neuron_optimizer_unref;
    static constexpr auto set = &neuron_optimizer_set;
    static constexpr auto set_number = &neuron_optimizer_set_number;
    static constexpr auto get_number = &neuron_optimizer_get_number;
    static constexpr auto get_text = &neuron_optimizer_get_text;
};
template <> struct calls<neuron_loss_t> {
    static constexpr auto ref = &neuron_loss_ref;
    static constexpr auto unref = &neuron_loss_unref;
    static constexpr auto set = &neuron_loss_set;
    static constexpr auto set_number = &neuron_loss_set_number;
    static constexpr auto get_number = &neuron_loss_get_number;
    static constexpr auto get_text = &neuron_loss_get_text;
};
template <> struct calls<neuron_trainer_t> {
    static constexpr auto ref = &neuron_trainer_ref;
    static constexpr auto unref = &neuron_trainer_unref;
    static constexpr auto set = &neuron_trainer_set;
    static constexpr auto set_number = &neuron_trainer_set_number;
    static constexpr auto get_number = &neuron_trainer_get_number;
    static constexpr auto get_text = &neuron_trainer_get_text;
};
template <> struct calls<neuron_callback_t> {
    static constexpr auto ref = &neuron_callback_ref;
    static constexpr auto unref = &neuron_callback_unref;
    static constexpr auto set = &neuron_callback_set;
    static constexpr auto set_number = &neuron_callback_set_number;
    static constexpr auto get_number = &neuron_callback_get_number;
    static constexpr auto get_text = &neuron_callback_get_text;
};
template <> struct calls<neuron_history_t> {
    static constexpr auto ref = &neuron_history_ref;
    static constexpr auto unref = &neuron_history_unref;
};
template <> struct calls<neuron_communicator_t> {
    static constexpr auto ref = &neuron_communicator_ref;
    static constexpr auto unref = &neuron_communicator_unref;
};
template <> struct calls<neuron_evaluation_t> {
    static constexpr auto ref = &neuron_evaluation_ref;
    static constexpr auto unref = &neuron_evaluation_unref;
};

} // namespace detail

/** One owner of a handle of C, or none: what all classes of handles have. */
template <class Self, class C> class handle
{
  public:
    using c_type = C;

    constexpr handle() noexcept = default;
    constexpr handle(std::nullptr_t) noexcept
    {
    }
    /** Takes over an owner that the caller has. */
    constexpr explicit handle(C *owned) noexcept : pointer_(owned)
    {
    }
    template <class T, class = detail::if_number<T>> handle(T) = delete; /* an empty one is {} */
    handle(const handle &other) noexcept : pointer_(detail::calls<C>::ref(other.pointer_))
    {
    }
    handle(handle &&other) noexcept : pointer_(std::exchange(other.pointer_, nullptr))
    {
    }
    handle &operator=(const handle &other) noexcept
    {
        handle(other).swap(*this);
        return *this;
    }
    handle &operator=(handle &&other) noexcept
    {
        handle(std::move(other)).swap(*this);
        return *this;
    }
    ~handle()
    {
        if (pointer_)
            detail::calls<C>::unref(pointer_);
    }
    /** One more owner of what a C program, or this library, has. */
    static Self share(const C *pointer) noexcept
    {
        return Self(detail::calls<C>::ref(const_cast<C *>(pointer)));
    }
    /** The handle, for calls of C; it stays this object's. NULL if it is empty. */
    constexpr C *get() const noexcept
    {
        return pointer_;
    }
    /** The handle, which is the caller's from now on; this object is empty then. */
    [[nodiscard]] constexpr C *release() noexcept
    {
        return std::exchange(pointer_, nullptr);
    }
    /** Takes the owner away. */
    void reset() noexcept
    {
        handle().swap(*this);
    }
    constexpr explicit operator bool() const noexcept
    {
        return pointer_ != nullptr;
    }
    void swap(handle &other) noexcept
    {
        std::swap(pointer_, other.pointer_);
    }
    /** Whether both are the same thing, not a copy of it. */
    friend constexpr bool operator==(const handle &a, const handle &b) noexcept
    {
        return a.pointer_ == b.pointer_;
    }
    friend constexpr bool operator!=(const handle &a, const handle &b) noexcept
    {
        return a.pointer_ != b.pointer_;
    }

  private:
    C *pointer_ = nullptr;
};

/** A handle that has options. */
template <class Self, class C> class handle_with_options : public handle<Self, C>
{
  public:
    using handle<Self, C>::handle;

    /** neuron_..._set() */
    outcome<void> set(const options &options)
    {
        return detail::done(detail::calls<C>::set(this->get(), options.c_str()));
    }
    /** neuron_..._set_number(): without text in between, for what changes in a loop. */
    outcome<void> set_number(text option, double value)
    {
        return detail::done(detail::calls<C>::set_number(this->get(), option.c_str(), value));
    }
    /** neuron_..._get_number() */
    outcome<double> number(text option) const
    {
        double value = 0;
        const int status = detail::calls<C>::get_number(&value, this->get(), option.c_str());
        return detail::given(status, value);
    }
    /** neuron_..._get_text(); of all options if none is named. */
    outcome<std::string> option_text(text option = {}) const
    {
        return detail::written([&](char *to, std::size_t capacity, std::size_t *needed) {
            const auto get_text = detail::calls<C>::get_text; // g++ 16 wants it constexpr at once
            return get_text(to, capacity, needed, this->get(), option.c_str());
        });
    }
};

/** A handle that a call works with: of C, of one of the classes here, or nullptr. */
template <class C> class borrowed
{
  public:
    constexpr borrowed(std::nullptr_t) noexcept
    {
    }
    constexpr borrowed(C *pointer) noexcept : pointer_(pointer)
    {
    }
    template <class Handle, class = std::enable_if_t<std::is_same_v<
                                decltype(std::declval<const Handle &>().get()), C *>>>
    constexpr borrowed(const Handle &handle) noexcept : pointer_(handle.get())
    {
    }
    constexpr C *get() const noexcept
    {
        return pointer_;
    }

  private:
    C *pointer_ = nullptr;
};

/** Handles that a call works with, as an array of C: of a list in braces, {a, b}, or of any range
 *  of them. Their owners are not touched. A few are kept in place, without an allocation. */
template <class C> class handles
{
  public:
    handles() noexcept = default;
    handles(std::initializer_list<borrowed<C>> list) : handles(list.begin(), list.size())
    {
    }
    template <class Range, class = std::enable_if_t<std::is_convertible_v<
                               decltype(*std::begin(std::declval<const Range &>())), borrowed<C>>>>
    handles(const Range &range) : handles(std::begin(range), std::size(range))
    {
    }
    handles(const handles &) = delete;
    handles &operator=(const handles &) = delete;
    /** NULL for none. */
    C *const *data() const noexcept
    {
        return size_ == 0 ? nullptr : many_ ? many_.get() : few_;
    }
    std::int64_t count() const noexcept
    {
        return static_cast<std::int64_t>(size_);
    }

  private:
    template <class Iterator> handles(Iterator from, std::size_t size) : size_(size)
    {
        C **to = few_;
        if (size > room) {
            many_.reset(new C *[size]);
            to = many_.get();
        }
        for (std::size_t i = 0; i < size; i++, ++from)
            to[i] = borrowed<C>(*from).get();
    }
    static constexpr std::size_t room = 8;
    C *few_[room];
    std::unique_ptr<C *[]> many_;
    std::size_t size_ = 0;
};

namespace detail
{

/* One of a list of texts. A std::string that is about to go is kept. */
class listed_text
{
  public:
    listed_text(text given) noexcept : given_(given)
    {
    }
    listed_text(std::nullptr_t) noexcept
    {
    }
    listed_text(const char *given) noexcept : given_(given)
    {
    }
    listed_text(const std::string &given NEURON_CPP_POINTS_INTO) noexcept : given_(given)
    {
    }
    listed_text(std::string &&going) noexcept : own_(std::move(going)), goes_(true)
    {
    }
    template <class T, class = if_number<T>> listed_text(T) = delete;

  private:
    friend texts;
    text given_;
    std::string own_;
    bool goes_ = false;
};

/* Whether elements of a range are strings that may go before the call. */
template <class Range, class Element = decltype(*std::begin(std::declval<Range &>()))>
inline constexpr bool has_going_strings =
    std::is_same_v<std::decay_t<Element>, std::string> &&
    !(std::is_lvalue_reference_v<Range> && std::is_lvalue_reference_v<Element>);

} // namespace detail

/** Texts that a call reads: a list in braces, {"a", "b"}, or any range of texts. Strings are looked
 *  at where they are; but those that are about to go are copied. */
class texts
{
  public:
    texts() noexcept = default;
    texts(std::initializer_list<detail::listed_text> list)
    {
        pointers_.reserve(list.size());
        for (const detail::listed_text &each : list) {
            if (each.goes_)
                keep(each.own_, list.size());
            else
                pointers_.push_back(each.given_.c_str());
        }
    }
    template <class Range, class = std::enable_if_t<std::is_convertible_v<
                               decltype(*std::begin(std::declval<Range &>())), text>>>
    texts(Range &&range)
    {
        const auto size = static_cast<std::size_t>(std::size(range));
        pointers_.reserve(size);
        for (auto &&each : range) {
            if constexpr (detail::has_going_strings<Range>)
                keep(std::forward<decltype(each)>(each), size);
            else
                pointers_.push_back(text(each).c_str());
        }
    }
    texts(const texts &) = delete;
    texts &operator=(const texts &) = delete;
    /** NULL for none. */
    const char *const *data() const noexcept
    {
        return pointers_.empty() ? nullptr : pointers_.data();
    }
    std::int64_t count() const noexcept
    {
        return detail::count_of(pointers_);
    }

  private:
    template <class String> void keep(String &&going, std::size_t size)
    {
        own_.reserve(size); /* once: they are pointed to */
        own_.push_back(std::forward<String>(going));
        pointers_.push_back(own_.back().c_str());
    }
    std::vector<const char *> pointers_;
    std::vector<std::string> own_;
};

} // namespace NEURON_CPP_MODE
} // namespace neuron

#endif
