/** @file report.hpp
 *  Reports for C++17 and later: see report.h for what they show, and libneuron.hpp for how handles,
 *  errors, options and texts are handed over.
 *
 *      neuron::report report(context, "Digits");
 *      report.add_trainer(nullptr, trainer);
 *      report.add_dataset("Training images", train);
 *      report.add_graph(nullptr, graph, "profile=yes");
 *      report.add_history(nullptr, trainer.history());
 *      report.add_evaluation("Test images", graph.evaluate(test));
 *      report.save("digits.html");
 *
 *  The first parameter of each section is its heading; nullptr is the one that it has by itself.
 *  Programs are linked with libneuron-report.
 */
#ifndef NEURON_REPORT_HPP
#define NEURON_REPORT_HPP

#include <libneuron-committee/search.hpp>
#include <libneuron-report/report.h>
#include <libneuron/libneuron.hpp>

#include <cstddef>
#include <memory>
#include <type_traits>

namespace neuron
{
inline namespace NEURON_CPP_MODE
{

namespace detail
{

template <> struct calls<neuron_report_t> {
    static constexpr auto ref = &neuron_report_ref;
    static constexpr auto unref = &neuron_report_unref;
};

} // namespace detail

/** What a training came to, as one HTML file. See report.h. */
class report : public handle<report, neuron_report_t>
{
  public:
    using handle::handle;
    report() noexcept = default;

    /** neuron_report_create() */
    static outcome<report> create(const context &context, text title, const options &options = {})
    {
        neuron_report_t *made = nullptr;
        const int status =
            neuron_report_create(&made, context.get(), title.c_str(), options.c_str());
        return detail::made<report>(status, made);
    }
#ifndef NEURON_NO_EXCEPTIONS
    report(const context &context, text title, const options &options = {})
        : report(create(context, title, options))
    {
    }
#endif
    /** neuron_report_add_text() */
    outcome<void> add_text(text heading, text paragraphs)
    {
        return detail::done(neuron_report_add_text(get(), heading.c_str(), paragraphs.c_str()));
    }
    /** neuron_report_add_settings(): as many values as names. */
    outcome<void> add_settings(text heading, const texts &names, const texts &values)
    {
        if (names.count() != values.count())
            return detail::refused<void>(NEURON_E_ARGUMENT,
                                         "report: there are not as many values as names");
        return detail::done(neuron_report_add_settings(get(), heading.c_str(), names.data(),
                                                       values.data(), names.count()));
    }
    /** neuron_report_add_table(): cells row by row, of each row one for each column. */
    outcome<void> add_table(text heading, const texts &columns, const texts &cells)
    {
        const std::int64_t count = columns.count();
        if (count == 0 || cells.count() % count != 0)
            return detail::refused<void>(NEURON_E_ARGUMENT,
                                         "report: the cells are not whole rows of the columns");
        return detail::done(neuron_report_add_table(get(), heading.c_str(), columns.data(), count,
                                                    cells.data(), cells.count() / count));
    }
    /** neuron_report_add_trainer() */
    outcome<void> add_trainer(text heading, const trainer &trainer)
    {
        return detail::done(neuron_report_add_trainer(get(), heading.c_str(), trainer.get()));
    }
    /** neuron_report_add_dataset() */
    outcome<void> add_dataset(text heading, const dataset &dataset, const options &options = {})
    {
        return detail::done(
            neuron_report_add_dataset(get(), heading.c_str(), dataset.get(), options.c_str()));
    }
    /** neuron_report_add_graph() */
    outcome<void> add_graph(text heading, const graph &graph, const options &options = {})
    {
        return detail::done(
            neuron_report_add_graph(get(), heading.c_str(), graph.get(), options.c_str()));
    }
    /** neuron_report_add_history() */
    outcome<void> add_history(text heading, const history &history)
    {
        return detail::done(neuron_report_add_history(get(), heading.c_str(), history.get()));
    }
    /** neuron_report_add_histories(): a name for each, or none for numbers. */
    outcome<void> add_histories(text heading, const handles<neuron_history_t> &histories,
                                const texts &names = {})
    {
        if (names.count() > 0 && names.count() != histories.count())
            return detail::refused<void>(NEURON_E_ARGUMENT,
                                         "report: there are not as many names as histories");
        return detail::done(neuron_report_add_histories(get(), heading.c_str(), histories.data(),
                                                        names.data(), histories.count()));
    }
    /** neuron_report_add_evaluation() */
    outcome<void> add_evaluation(text heading, const evaluation &evaluation)
    {
        return detail::done(neuron_report_add_evaluation(get(), heading.c_str(), evaluation.get()));
    }
    /** neuron_report_add_mistakes() */
    outcome<void> add_mistakes(text heading, const graph &graph, const dataset &dataset,
                               const options &options = {})
    {
        return detail::done(neuron_report_add_mistakes(get(), heading.c_str(), graph.get(),
                                                       dataset.get(), options.c_str()));
    }
    /** neuron_report_add_comparison(): a value and a reference for each name, and an error for each
     *  or none. */
    outcome<void> add_comparison(text heading, text metric, const texts &names,
                                 span<const double> values, span<const double> references,
                                 span<const double> errors = {})
    {
        const std::int64_t count = names.count();
        if (detail::count_of(values) != count || detail::count_of(references) != count ||
            (!errors.empty() && detail::count_of(errors) != count))
            return detail::refused<void>(NEURON_E_ARGUMENT,
                                         "report: there are not as many figures as names");
        return detail::done(neuron_report_add_comparison(
            get(), heading.c_str(), metric.c_str(), names.data(), values.data(), references.data(),
            errors.empty() ? nullptr : errors.data(), count));
    }
    /** neuron_report_add_committee(): a name for each member, or none for numbers. */
    outcome<void> add_committee(text heading, const graph &committee,
                                const handles<neuron_graph_t> &members, const dataset &dataset,
                                const texts &names = {})
    {
        if (names.count() > 0 && names.count() != members.count())
            return detail::refused<void>(NEURON_E_ARGUMENT,
                                         "report: there are not as many names as members");
        return detail::done(neuron_report_add_committee(get(), heading.c_str(), committee.get(),
                                                        members.data(), names.data(),
                                                        members.count(), dataset.get()));
    }
    /** neuron_report_add_search() */
    outcome<void> add_search(text heading, const search &search)
    {
        return detail::done(neuron_report_add_search(get(), heading.c_str(), search.get()));
    }
    /** neuron_report_add_images(): a caption for each, or none. */
    outcome<void> add_images(text heading, const tensor &images, const texts &captions = {})
    {
        if (captions.count() > 0 && captions.count() != neuron_tensor_extent(images.get(), 0))
            return detail::refused<void>(NEURON_E_ARGUMENT,
                                         "report: there are not as many captions as images");
        return detail::done(
            neuron_report_add_images(get(), heading.c_str(), images.get(), captions.data()));
    }
    /** neuron_report_save() */
    outcome<void> save(text path) const
    {
        return detail::done(neuron_report_save(get(), path.c_str()));
    }
    /** neuron_report_save_to()
     *  @param write  called as write(span<const unsigned char>). */
    template <class F> outcome<void> save_to(F &&write) const
    {
        if constexpr (std::is_function_v<std::remove_reference_t<F>>) {
            auto *pointer = &write; /* as C has no pointer to both functions and objects */
            return save_to(pointer);
        } else {
            using Function = std::remove_reference_t<F>;
            return detail::done(neuron_report_save_to(
                get(), &detail::write_to<Function>,
                const_cast<void *>(static_cast<const void *>(std::addressof(write)))));
        }
    }
    /** neuron_report_save_pictures() */
    outcome<void> save_pictures(text folder, const options &options = {}) const
    {
        return detail::done(neuron_report_save_pictures(get(), folder.c_str(), options.c_str()));
    }
};

} // namespace NEURON_CPP_MODE
} // namespace neuron

#endif
