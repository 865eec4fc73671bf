/** @file options.hpp
 *  Options as text or pairs, and what options there are. A part of libneuron.hpp, which is what to
 *  include.
 */
#ifndef NEURON_CPP_OPTIONS_HPP
#define NEURON_CPP_OPTIONS_HPP

#include <libneuron/cpp/enumeration.hpp>
#include <libneuron/cpp/error.hpp>

#include <charconv>
#include <cstdint>
#include <cstdio>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

namespace neuron
{
inline namespace NEURON_CPP_MODE
{

/** One option and its value. */
class option_value
{
  public:
    template <class T, class = std::enable_if_t<std::is_arithmetic_v<T>>>
    option_value(text name, T value) : text_(name.str() + '=')
    {
        if constexpr (std::is_same_v<T, bool>)
            text_ += value ? "yes" : "no";
        else if constexpr (std::is_same_v<T, char>)
            append_text(std::string(1, value));
        else
            append(value);
    }
    option_value(text name, text value) : text_(name.str() + '=')
    {
        append_text(value.str());
    }
    const std::string &str() const noexcept
    {
        return text_;
    }

  private:
    /* Whatever is in it, it stays one value, and sets no other option. */
    void append_text(const std::string &value)
    {
        if (value.find_first_of(",\"") == std::string::npos) {
            text_ += value;
            return;
        }
        text_ += '"';
        for (const char c : value)
            text_.append(c == '"' ? 2 : 1, c);
        text_ += '"';
    }
    /* With all digits, and a point whatever the locale. */
    template <class T> void append(T value)
    {
        char digits[64];
#if defined(__cpp_lib_to_chars) && __cpp_lib_to_chars >= 201611L
        text_.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
#else
        if constexpr (std::is_integral_v<T>) {
            text_.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
        } else {
            std::snprintf(digits, sizeof digits, "%.17g", static_cast<double>(value));
            for (char *c = digits; *c; c++) {
                const bool number = (*c >= '0' && *c <= '9') || (*c >= 'a' && *c <= 'z');
                text_ += number || *c == '-' || *c == '+' ? *c : '.';
            }
        }
#endif
    }
    std::string text_;
};

/** Options: text as options.h has it, or pairs of a name and a number, a truth value or a text:
 *
 *      trainer.set("epochs=50, shuffle=no");
 *      trainer.set({{"epochs", 50}, {"shuffle", false}});
 *
 *  Text that is given is not copied, unless it is a std::string that is about to go: it has to live
 *  as long as the object. */
class options
{
  public:
    options() noexcept = default;
    options(const char *characters) noexcept : given_(characters)
    {
    }
    options(const std::string &characters NEURON_CPP_POINTS_INTO) noexcept : given_(characters)
    {
    }
    options(std::string &&characters) noexcept : own_(std::move(characters))
    {
    }
    options(text characters) noexcept : given_(characters)
    {
    }
    template <class T, class = detail::if_number<T>> options(T) = delete; /* 0 sets nothing */
    options(std::initializer_list<option_value> values)
    {
        for (const option_value &value : values)
            own_ += (own_.empty() ? "" : ", ") + value.str();
    }
    /** NULL for no options. */
    const char *c_str() const noexcept
    {
        return own_.empty() ? given_.c_str() : own_.c_str();
    }

  private:
    text given_;
    std::string own_;
};

/** An option that a kind has, for help and bindings: a constant that lives for ever. */
class option
{
  public:
    explicit option(const neuron_option_t *pointer) noexcept : option_(pointer)
    {
    }
    const neuron_option_t *get() const noexcept
    {
        return option_;
    }
    /** neuron_option_name() */
    text name() const noexcept
    {
        return neuron_option_name(option_);
    }
    /** neuron_option_type() */
    option_type type() const noexcept
    {
        return static_cast<option_type>(neuron_option_type(option_));
    }
    /** neuron_option_help() */
    text help() const noexcept
    {
        return neuron_option_help(option_);
    }
    /** neuron_option_minimum() */
    double minimum() const noexcept
    {
        return neuron_option_minimum(option_);
    }
    /** neuron_option_maximum() */
    double maximum() const noexcept
    {
        return neuron_option_maximum(option_);
    }
    /** neuron_option_default() */
    double default_value() const noexcept
    {
        return neuron_option_default(option_);
    }
    /** neuron_option_word(), of all. */
    std::vector<text> words() const
    {
        std::vector<text> all;
        while (const text word = neuron_option_word(option_, detail::count_of(all)))
            all.push_back(word);
        return all;
    }

  private:
    const neuron_option_t *option_;
};

/** The kinds of a family: neuron_kind_count(), neuron_kind_name(). */
inline std::vector<text> kinds(text family)
{
    std::vector<text> all;
    for (std::int64_t i = 0; i < neuron_kind_count(family.c_str()); i++)
        all.push_back(neuron_kind_name(family.c_str(), i));
    return all;
}

/** The options of a kind: neuron_kind_option(). */
inline std::vector<option> kind_options(text family, text kind)
{
    std::vector<option> all;
    while (const neuron_option_t *next =
               neuron_kind_option(family.c_str(), kind.c_str(), detail::count_of(all)))
        all.emplace_back(next);
    return all;
}

/** neuron_version_string() */
inline text version() noexcept
{
    return neuron_version_string();
}

/** neuron_version_number() */
inline std::int32_t version_number() noexcept
{
    return neuron_version_number();
}

/** neuron_version_abi() */
inline std::int32_t version_abi() noexcept
{
    return neuron_version_abi();
}

} // namespace NEURON_CPP_MODE
} // namespace neuron

#endif
