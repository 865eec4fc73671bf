/** @file search.hpp
 *  Searches for C++17 and later: see search.h, and libneuron.hpp for how handles, errors, functions
 *  and texts are handed over. Programs are linked with libneuron-committee.
 */
#ifndef NEURON_SEARCH_HPP
#define NEURON_SEARCH_HPP

#include <libneuron-committee/search.h>
#include <libneuron/libneuron.hpp>

#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>

namespace neuron
{
inline namespace NEURON_CPP_MODE
{

/** One combination of settings. A pointer that lives as long as its search, and owns nothing. See
 *  search.h. */
class trial
{
  public:
    explicit trial(const neuron_trial_t *pointer) noexcept : trial_(pointer)
    {
    }
    const neuron_trial_t *get() const noexcept
    {
        return trial_;
    }
    explicit operator bool() const noexcept
    {
        return trial_ != nullptr;
    }
    /** neuron_trial_number() */
    double number(text factor) const noexcept
    {
        return neuron_trial_number(trial_, factor.c_str());
    }
    /** neuron_trial_choice() */
    text choice(text factor) const noexcept
    {
        return neuron_trial_choice(trial_, factor.c_str());
    }
    /** neuron_trial_index() */
    std::int64_t index() const noexcept
    {
        return neuron_trial_index(trial_);
    }
    /** neuron_trial_fold() */
    std::int64_t fold() const noexcept
    {
        return neuron_trial_fold(trial_);
    }
    /** neuron_trial_fold_count() */
    std::int64_t fold_count() const noexcept
    {
        return neuron_trial_fold_count(trial_);
    }
    /** neuron_trial_seed() */
    std::uint64_t seed() const noexcept
    {
        return neuron_trial_seed(trial_);
    }
    /** neuron_trial_score() */
    double score() const noexcept
    {
        return neuron_trial_score(trial_);
    }
    /** neuron_trial_deviation() */
    double deviation() const noexcept
    {
        return neuron_trial_deviation(trial_);
    }
    /** neuron_trial_fold_score() */
    double fold_score(std::int64_t fold) const noexcept
    {
        return neuron_trial_fold_score(trial_, fold);
    }
    /** neuron_trial_seconds() */
    double seconds() const noexcept
    {
        return neuron_trial_seconds(trial_);
    }
    /** neuron_trial_add_figure() */
    outcome<void> add_figure(text name, double value) const
    {
        return detail::done(neuron_trial_add_figure(trial_, name.c_str(), value));
    }
    /** neuron_trial_figure() */
    double figure(text name) const noexcept
    {
        return neuron_trial_figure(trial_, name.c_str());
    }

  private:
    const neuron_trial_t *trial_;
};

namespace detail
{

template <> struct calls<neuron_search_t> {
    static constexpr auto ref = &neuron_search_ref;
    static constexpr auto unref = &neuron_search_unref;
};

/* What is tried is double f(trial), the score, or f(double &score, trial) that returns a status or
 * nothing. */
template <class F> int try_by(double *score, const neuron_trial_t *next, void *function)
{
    return detail::guarded([&] {
        F &attempt = *static_cast<F *>(function);
        if constexpr (std::is_invocable_v<F &, const trial &>) {
            *score = static_cast<double>(attempt(trial(next)));
            return int{NEURON_OK};
        } else {
            return detail::called(attempt, *score, trial(next));
        }
    });
}

} // namespace detail

/** Combinations of settings that are tried. See search.h. */
class search : public handle<search, neuron_search_t>
{
  public:
    using handle::handle;
    search() noexcept = default;

    /** neuron_search_create()
     *  @param function  kept as long as the search: double function(const trial &), which returns
     *                   the score; or function(double &score, const trial &), which returns
     *                   nothing, or 0 to go on and neuron::stop to end the run. */
    template <class F>
    static outcome<search> create(const context &context, F &&function, const options &options = {})
    {
        neuron_search_t *made = nullptr;
        const int status = detail::hand_over(
            std::forward<F>(function), [&](void *kept, neuron_destroy_function_t destroy) {
                return neuron_search_create(&made, context.get(), &detail::try_by<std::decay_t<F>>,
                                            kept, destroy, options.c_str());
            });
        return detail::made<search>(status, made);
    }
#ifndef NEURON_NO_EXCEPTIONS
    template <class F>
    search(const context &context, F &&function, const options &options = {})
        : search(create(context, std::forward<F>(function), options))
    {
    }
#endif
    /** neuron_search_add_factor() */
    outcome<void> add_factor(text name, span<const double> levels)
    {
        return detail::done(
            neuron_search_add_factor(get(), name.c_str(), levels.data(), detail::count_of(levels)));
    }
    /** neuron_search_add_choice() */
    outcome<void> add_choice(text name, const texts &labels)
    {
        return detail::done(
            neuron_search_add_choice(get(), name.c_str(), labels.data(), labels.count()));
    }
    /** neuron_search_set_log() */
    outcome<void> set_log(text path)
    {
        return detail::done(neuron_search_set_log(get(), path.c_str()));
    }
    /** neuron_search_set_communicator(): one for several ranks tells who is ready. */
    outcome<void> set_communicator(const communicator &communicator)
    {
        return detail::done(neuron_search_set_communicator(get(), communicator.get()));
    }
    /** neuron_search_run_grid()
     *  @return  whether all was tried: false if the function ended it by neuron::stop. */
    outcome<bool> run_grid()
    {
        const int status = neuron_search_run_grid(get());
        return detail::given(status, status == NEURON_OK);
    }
    /** neuron_search_run_random(), likewise. */
    outcome<bool> run_random(std::int64_t trials, std::uint64_t seed)
    {
        const int status = neuron_search_run_random(get(), trials, seed);
        return detail::given(status, status == NEURON_OK);
    }
    /** neuron_search_trial_count() */
    std::int64_t trial_count() const noexcept
    {
        return neuron_search_trial_count(get());
    }
    /** neuron_search_trial(): an empty one for another number. */
    neuron::trial trial(std::int64_t index) const noexcept
    {
        return neuron::trial(neuron_search_trial(get(), index));
    }
    /** neuron_search_best(): an empty one if none has a score. */
    neuron::trial best() const noexcept
    {
        return neuron::trial(neuron_search_best(get()));
    }
    /** neuron_search_figure_count() */
    std::int64_t figure_count() const noexcept
    {
        return neuron_search_figure_count(get());
    }
    /** neuron_search_figure_name(): an empty one for another number. */
    text figure_name(std::int64_t index) const noexcept
    {
        return neuron_search_figure_name(get(), index);
    }
    /** neuron_search_table() */
    outcome<std::string> table() const
    {
        return detail::written([&](char *to, std::size_t capacity, std::size_t *needed) {
            return neuron_search_table(to, capacity, needed, get());
        });
    }
};

} // namespace NEURON_CPP_MODE
} // namespace neuron

#endif
