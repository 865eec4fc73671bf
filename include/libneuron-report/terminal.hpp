/** @file terminal.hpp
 *  Text for terminals, for C++17 and later: see terminal.h for what it looks like, and
 *  libneuron.hpp for how handles, errors, options and texts are handed over.
 *
 *      trainer.add(neuron::terminal::progress_bar(
 *          context, [](std::string_view line) { std::cerr << line << std::flush; }));
 *      std::cout << neuron::terminal::confusion(graph.evaluate(test));
 *
 *  Programs are linked with libneuron-report.
 */
#ifndef NEURON_TERMINAL_HPP
#define NEURON_TERMINAL_HPP

#include <libneuron-report/terminal.h>
#include <libneuron/libneuron.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace neuron
{
inline namespace NEURON_CPP_MODE
{

namespace detail
{

template <class F> int show_by(const void *characters, std::size_t size, void *function)
{
    return detail::guarded([&] {
        return detail::called(*static_cast<F *>(function),
                              std::string_view(static_cast<const char *>(characters), size));
    });
}

} // namespace detail

/** See terminal.h. */
namespace terminal
{

/** neuron_terminal_columns() */
inline std::int64_t columns(std::int32_t descriptor) noexcept
{
    return neuron_terminal_columns(descriptor);
}
/** neuron_terminal_color() */
inline bool color(std::int32_t descriptor) noexcept
{
    return neuron_terminal_color(descriptor) != 0;
}
/** neuron_terminal_unicode() */
inline bool unicode() noexcept
{
    return neuron_terminal_unicode() != 0;
}
/** neuron_callback_create_progress_bar()
 *  @param write  kept as long as the callback, and called as write(std::string_view); it returns
 *                nothing, or a status as functions of callbacks do. */
template <class F>
outcome<callback> progress_bar(const context &context, F &&write, const options &options = {})
{
    neuron_callback_t *made = nullptr;
    const int status = detail::hand_over(
        std::forward<F>(write), [&](void *kept, neuron_destroy_function_t destroy) {
            return neuron_callback_create_progress_bar(&made, context.get(),
                                                       &detail::show_by<std::decay_t<F>>, kept,
                                                       destroy, options.c_str());
        });
    return detail::made<callback>(status, made);
}
/** neuron_terminal_bars(): a value for each name. */
inline outcome<std::string> bars(const texts &names, span<const double> values,
                                 const options &options = {})
{
    if (names.count() != detail::count_of(values))
        return detail::refused<std::string>(NEURON_E_ARGUMENT,
                                            "bars: there are not as many values as names");
    return detail::written([&](char *to, std::size_t capacity, std::size_t *needed) {
        return neuron_terminal_bars(to, capacity, needed, names.data(), values.data(),
                                    names.count(), options.c_str());
    });
}
/** neuron_terminal_class_counts() */
inline outcome<std::string> class_counts(const dataset &dataset, const options &options = {})
{
    return detail::written([&](char *to, std::size_t capacity, std::size_t *needed) {
        return neuron_terminal_class_counts(to, capacity, needed, dataset.get(), options.c_str());
    });
}
/** neuron_terminal_confusion() */
inline outcome<std::string> confusion(const evaluation &evaluation, const options &options = {})
{
    return detail::written([&](char *to, std::size_t capacity, std::size_t *needed) {
        return neuron_terminal_confusion(to, capacity, needed, evaluation.get(), options.c_str());
    });
}
/** neuron_terminal_sparkline() */
inline outcome<std::string> sparkline(span<const double> values, const options &options = {})
{
    return detail::written([&](char *to, std::size_t capacity, std::size_t *needed) {
        return neuron_terminal_sparkline(to, capacity, needed, values.data(),
                                         detail::count_of(values), options.c_str());
    });
}

} // namespace terminal

} // namespace NEURON_CPP_MODE
} // namespace neuron

#endif
