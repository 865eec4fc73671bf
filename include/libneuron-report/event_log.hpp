/** @file event_log.hpp
 *  Event logs for C++17 and later: see event_log.h for what they are, and libneuron.hpp for how
 *  handles, errors, options and texts are handed over.
 *
 *      trainer.add(neuron::event_log::create_callback(context, "logs/adam", "histograms=yes"));
 *
 *      neuron::event_log log(context, "logs/adam/test");
 *      log.add_evaluation("test", 50, graph.evaluate(test));
 *
 *  Programs are linked with libneuron-report.
 */
#ifndef NEURON_EVENT_LOG_HPP
#define NEURON_EVENT_LOG_HPP

#include <libneuron-report/event_log.h>
#include <libneuron/libneuron.hpp>

#include <cstdint>

namespace neuron
{
inline namespace NEURON_CPP_MODE
{

namespace detail
{

template <> struct calls<neuron_event_log_t> {
    static constexpr auto ref = &neuron_event_log_ref;
    static constexpr auto unref = &neuron_event_log_unref;
};

} // namespace detail

/** A file of events that grows, which TensorBoard shows. See event_log.h. */
class event_log : public handle<event_log, neuron_event_log_t>
{
  public:
    using handle::handle;
    event_log() noexcept = default;

    /** neuron_event_log_create() */
    static outcome<event_log> create(const context &context, text folder,
                                     const options &options = {})
    {
        neuron_event_log_t *made = nullptr;
        const int status =
            neuron_event_log_create(&made, context.get(), folder.c_str(), options.c_str());
        return detail::made<event_log>(status, made);
    }
#ifndef NEURON_NO_EXCEPTIONS
    event_log(const context &context, text folder, const options &options = {})
        : event_log(create(context, folder, options))
    {
    }
#endif
    /** neuron_callback_create_event_log(): what logs a training. */
    static outcome<callback> create_callback(const context &context, text folder,
                                             const options &options = {})
    {
        neuron_callback_t *made = nullptr;
        const int status =
            neuron_callback_create_event_log(&made, context.get(), folder.c_str(), options.c_str());
        return detail::made<callback>(status, made);
    }
    /** neuron_event_log_add_scalar() */
    outcome<void> add_scalar(text tag, std::int64_t step, double value)
    {
        return detail::done(neuron_event_log_add_scalar(get(), tag.c_str(), step, value));
    }
    /** neuron_event_log_add_histogram() */
    outcome<void> add_histogram(text tag, std::int64_t step, span<const float> values)
    {
        return detail::done(neuron_event_log_add_histogram(get(), tag.c_str(), step, values.data(),
                                                           detail::count_of(values)));
    }
    /** neuron_event_log_add_parameters() */
    outcome<void> add_parameters(text prefix, std::int64_t step, const graph &graph)
    {
        return detail::done(
            neuron_event_log_add_parameters(get(), prefix.c_str(), step, graph.get()));
    }
    /** neuron_event_log_add_images() */
    outcome<void> add_images(text tag, std::int64_t step, const tensor &images)
    {
        return detail::done(neuron_event_log_add_images(get(), tag.c_str(), step, images.get()));
    }
    /** neuron_event_log_add_text() */
    outcome<void> add_text(text tag, std::int64_t step, text markdown)
    {
        return detail::done(neuron_event_log_add_text(get(), tag.c_str(), step, markdown.c_str()));
    }
    /** neuron_event_log_add_evaluation() */
    outcome<void> add_evaluation(text tag, std::int64_t step, const evaluation &evaluation)
    {
        return detail::done(
            neuron_event_log_add_evaluation(get(), tag.c_str(), step, evaluation.get()));
    }
    /** neuron_event_log_add_hparams(): as many values as names. */
    outcome<void> add_hparams(const texts &names, const texts &values, const texts &metrics = {})
    {
        if (names.count() != values.count())
            return detail::refused<void>(NEURON_E_ARGUMENT,
                                         "event log: there are not as many values as names");
        return detail::done(neuron_event_log_add_hparams(
            get(), names.data(), values.data(), names.count(), metrics.data(), metrics.count()));
    }
    /** neuron_event_log_flush() */
    outcome<void> flush()
    {
        return detail::done(neuron_event_log_flush(get()));
    }
};

} // namespace NEURON_CPP_MODE
} // namespace neuron

#endif
