/** @file committees.hpp
 *  libneuron-committee for C++17 and later: see committees.h for what it does, and libneuron.hpp
 *  for how handles, errors, options, functions and texts are handed over.
 *
 *      neuron::committee_trainer trainer(context, adam, train, {{"method", "bagging"}});
 *      trainer.set_builder([](const neuron::context &context, std::int64_t) { ... });
 *      neuron::graph committee = trainer.run();
 *      neuron::calibrate(committee, held_out).save("digits.safetensors");
 *
 *  Programs are linked with libneuron-committee.
 */
#ifndef NEURON_COMMITTEES_HPP
#define NEURON_COMMITTEES_HPP

#include <libneuron-committee/committees.h>
#include <libneuron-committee/search.hpp>
#include <libneuron/libneuron.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

namespace neuron
{
inline namespace NEURON_CPP_MODE
{

class committee_trainer;

namespace detail
{

template <> struct calls<neuron_committee_trainer_t> {
    static constexpr auto ref = &neuron_committee_trainer_ref;
    static constexpr auto unref = &neuron_committee_trainer_unref;
};
template <> struct calls<neuron_cascade_t> {
    static constexpr auto ref = &neuron_cascade_ref;
    static constexpr auto unref = &neuron_cascade_unref;
    static constexpr auto set = &neuron_cascade_set;
    static constexpr auto set_number = &neuron_cascade_set_number;
    static constexpr auto get_number = &neuron_cascade_get_number;
    static constexpr auto get_text = &neuron_cascade_get_text;
};

/* A builder is graph f(context, member), or f(graph &made, context, member) that returns a status
 * or nothing. */
template <class F>
int build_by(neuron_graph_t **made, neuron_context_t *context, std::int64_t member, void *function)
{
    const lent<neuron::context> lent_context(context);
    return detail::guarded([&] {
        F &build = *static_cast<F *>(function);
        graph built;
        int status = NEURON_OK;
        if constexpr (std::is_invocable_r_v<graph, F &, const neuron::context &, std::int64_t>)
            built = build(lent_context.get(), member);
        else
            status = detail::called(build, built, lent_context.get(), member);
        *made = built.release();
        return status;
    });
}

template <class F> int set_up_by(neuron_trainer_t *trainer, std::int64_t member, void *function)
{
    const lent<neuron::trainer> lent_trainer(trainer);
    return detail::guarded([&] {
        neuron::trainer own = lent_trainer.get();
        return detail::called(*static_cast<F *>(function), own, member);
    });
}

template <class F>
int after_epoch(neuron_committee_trainer_t *running, std::int64_t member, void *function);

} // namespace detail

/** The members of a committee, trained and joined by one call. See committee-trainer.h. */
class committee_trainer : public handle<committee_trainer, neuron_committee_trainer_t>
{
  public:
    using handle::handle;
    committee_trainer() noexcept = default;

    /** neuron_committee_trainer_create() */
    static outcome<committee_trainer> create(const context &context, const optimizer &optimizer,
                                             const dataset &train, const options &options = {})
    {
        neuron_committee_trainer_t *made = nullptr;
        const int status = neuron_committee_trainer_create(&made, context.get(), optimizer.get(),
                                                           train.get(), options.c_str());
        return detail::made<committee_trainer>(status, made);
    }
#ifndef NEURON_NO_EXCEPTIONS
    committee_trainer(const context &context, const optimizer &optimizer, const dataset &train,
                      const options &options = {})
        : committee_trainer(create(context, optimizer, train, options))
    {
    }
#endif
    /** neuron_committee_trainer_set_builder()
     *
     *      trainer.set_builder([](const neuron::context &context, std::int64_t) {
     *          neuron::graph graph(context);
     *          auto x = graph.input({784});
     *          graph.finish(x.dense(32).relu().dense(10).softmax());
     *          return graph;
     *      });
     *
     *  @param build  kept as long as the trainer: graph build(const context &, int64_t member), or
     *                build(graph &made, const context &, int64_t member), which returns nothing, or
     *                0 for success. */
    template <class F> outcome<void> set_builder(F &&build)
    {
        return detail::done(detail::hand_over(
            std::forward<F>(build), [&](void *kept, neuron_destroy_function_t destroy) {
                return neuron_committee_trainer_set_builder(
                    get(), &detail::build_by<std::decay_t<F>>, kept, destroy);
            }));
    }
    /** neuron_committee_trainer_add_member() */
    outcome<void> add(const graph &member)
    {
        return detail::done(neuron_committee_trainer_add_member(get(), member.get()));
    }
    /** neuron_committee_trainer_add_callback() */
    outcome<void> add(const callback &callback)
    {
        return detail::done(neuron_committee_trainer_add_callback(get(), callback.get()));
    }
    /** neuron_committee_trainer_set_validation(): an empty one for the default. */
    outcome<void> set_validation(const dataset &validation)
    {
        return detail::done(neuron_committee_trainer_set_validation(get(), validation.get()));
    }
    /** neuron_committee_trainer_set_loss(): an empty one for the default. */
    outcome<void> set_loss(const loss &loss)
    {
        return detail::done(neuron_committee_trainer_set_loss(get(), loss.get()));
    }
    /** neuron_committee_trainer_set_augmentation(): an empty one for none. */
    outcome<void> set_augmentation(const augmentation &augmentation)
    {
        return detail::done(neuron_committee_trainer_set_augmentation(get(), augmentation.get()));
    }
    /** neuron_committee_trainer_set_setup()
     *  @param setup  kept as long as the trainer: setup(trainer &, int64_t member), which returns
     *                nothing, or 0 for success. */
    template <class F> outcome<void> set_setup(F &&setup)
    {
        return detail::done(detail::hand_over(
            std::forward<F>(setup), [&](void *kept, neuron_destroy_function_t destroy) {
                return neuron_committee_trainer_set_setup(
                    get(), &detail::set_up_by<std::decay_t<F>>, kept, destroy);
            }));
    }
    /** neuron_committee_trainer_set_function()
     *  @param on_epoch  kept as long as the trainer, or until another is set:
     *                   on_epoch(const committee_trainer &, int64_t member), in any thread but one
     *                   call at a time. It returns nothing, or 0 to go on and neuron::stop to end
     *                   the run. */
    template <class F> outcome<void> set_function(F &&on_epoch)
    {
        return detail::done(detail::hand_over(
            std::forward<F>(on_epoch), [&](void *kept, neuron_destroy_function_t destroy) {
                return neuron_committee_trainer_set_function(
                    get(), &detail::after_epoch<std::decay_t<F>>, kept, destroy);
            }));
    }
    /** neuron_committee_trainer_set_folder() */
    outcome<void> set_folder(text path)
    {
        return detail::done(neuron_committee_trainer_set_folder(get(), path.c_str()));
    }
    /** neuron_committee_trainer_run()
     *  @param[out] stopped  whether a function of the caller's ended it by neuron::stop.
     *  @return  the committee; an empty one if the run was stopped. */
    outcome<graph> run(bool *stopped = nullptr)
    {
        neuron_graph_t *made = nullptr;
        const int status = neuron_committee_trainer_run(&made, get());
        if (stopped)
            *stopped = status == NEURON_STOP;
        return detail::made<graph>(status, made);
    }
    /** neuron_committee_trainer_member_count() */
    std::int64_t member_count() const noexcept
    {
        return neuron_committee_trainer_member_count(get());
    }
    /** neuron_committee_trainer_member(), with one more owner; an empty one for another number. */
    graph member(std::int64_t index) const noexcept
    {
        return graph::share(neuron_committee_trainer_member(get(), index));
    }
    /** neuron_committee_trainer_history(), with one more owner; an empty one for another number. */
    neuron::history history(std::int64_t member) const noexcept
    {
        return neuron::history::share(neuron_committee_trainer_history(get(), member));
    }
    /** neuron_committee_trainer_weights() */
    outcome<std::vector<double>> weights() const
    {
        return detail::filled<double>([&](double *to, std::size_t capacity, std::size_t *needed) {
            return neuron_committee_trainer_weights(to, capacity, needed, get());
        });
    }
    /** neuron_committee_trainer_progress() */
    double progress(text what) const noexcept
    {
        return neuron_committee_trainer_progress(get(), what.c_str());
    }
    /** neuron_committee_trainer_example_counts() */
    outcome<std::vector<std::int32_t>> example_counts(std::int64_t member) const
    {
        return detail::filled<std::int32_t>(
            [&](std::int32_t *to, std::size_t capacity, std::size_t *needed) {
                return neuron_committee_trainer_example_counts(to, capacity, needed, get(), member);
            });
    }
    /** neuron_committee_trainer_held_out() */
    outcome<tensor> held_out(std::int64_t output = 0) const
    {
        neuron_tensor_t *made = nullptr;
        const int status = neuron_committee_trainer_held_out(&made, get(), output);
        return detail::made<tensor>(status, made);
    }
    /** neuron_committee_trainer_out_of_fold() */
    outcome<tensor> out_of_fold(std::int64_t output = 0) const
    {
        neuron_tensor_t *made = nullptr;
        const int status = neuron_committee_trainer_out_of_fold(&made, get(), output);
        return detail::made<tensor>(status, made);
    }
};

namespace detail
{

template <class F>
int after_epoch(neuron_committee_trainer_t *running, std::int64_t member, void *function)
{
    const lent<committee_trainer> lent_trainer(running);
    return detail::guarded(
        [&] { return detail::called(*static_cast<F *>(function), lent_trainer.get(), member); });
}

} // namespace detail

/** neuron_committee_fit()
 *
 *      const auto committee = neuron::committee_fit(
 *          context,
 *          [](const neuron::context &context, std::int64_t) {
 *              neuron::graph graph(context);
 *              graph.finish(graph.input({784}).dense(32).relu().dense(10).softmax());
 *              return graph;
 *          },
 *          train, {{"members", 5}, {"method", "bagging"}, {"combine", "stacking"}});
 *
 *  @param build  as for committee_trainer::set_builder(). */
template <class F>
outcome<graph> committee_fit(const context &context, F &&build, const dataset &train,
                             const options &options = {})
{
    neuron_graph_t *made = nullptr;
    const int status =
        neuron_committee_fit(&made, context.get(), &detail::build_by<std::remove_reference_t<F>>,
                             const_cast<void *>(static_cast<const void *>(std::addressof(build))),
                             train.get(), options.c_str());
    return detail::made<graph>(status, made);
}

/** Members that are asked one after the other until the decision is certain. See cascade.h. */
class cascade : public handle_with_options<cascade, neuron_cascade_t>
{
  public:
    using handle_with_options::handle_with_options;
    cascade() noexcept = default;

    /** neuron_cascade_create() */
    static outcome<cascade> create(const context &context, const handles<neuron_graph_t> &members,
                                   span<const double> weights = {}, const options &options = {})
    {
        if (!weights.empty() && detail::count_of(weights) != members.count())
            return detail::refused<cascade>(NEURON_E_ARGUMENT,
                                            "cascade: there are not as many weights as members");
        neuron_cascade_t *made = nullptr;
        const int status = neuron_cascade_create(&made, context.get(), members.data(),
                                                 members.count(), weights.data(), options.c_str());
        return detail::made<cascade>(status, made);
    }
#ifndef NEURON_NO_EXCEPTIONS
    cascade(const context &context, const handles<neuron_graph_t> &members,
            span<const double> weights = {}, const options &options = {})
        : cascade(create(context, members, weights, options))
    {
    }
#endif
    /** neuron_cascade_member_count() */
    std::int64_t member_count() const noexcept
    {
        return neuron_cascade_member_count(get());
    }
    /** neuron_cascade_member(), with one more owner; an empty one for another number. */
    graph member(std::int64_t index) const noexcept
    {
        return graph::share(neuron_cascade_member(get(), index));
    }
    /** neuron_cascade_predict() */
    outcome<void> predict(const tensor &input, const tensor &output,
                          const tensor &asked = tensor()) const
    {
        return detail::done_quickly(
            neuron_cascade_predict(get(), input.get(), output.get(), asked.get()));
    }
    /** neuron_cascade_predict_dataset() */
    outcome<void> predict(const dataset &dataset, const tensor &output,
                          const tensor &asked = tensor()) const
    {
        return detail::done(
            neuron_cascade_predict_dataset(get(), dataset.get(), output.get(), asked.get()));
    }
    /** neuron_cascade_tune() */
    outcome<void> tune(const dataset &validation, const options &options = {})
    {
        return detail::done(neuron_cascade_tune(get(), validation.get(), options.c_str()));
    }
    /** neuron_cascade_curve(): costs for each member, or none. */
    outcome<tensor> curve(const dataset &dataset, span<const double> costs = {}) const
    {
        if (!costs.empty() && detail::count_of(costs) != member_count())
            return detail::refused<tensor>(NEURON_E_ARGUMENT,
                                           "cascade: there are not as many costs as members");
        neuron_tensor_t *made = nullptr;
        const int status = neuron_cascade_curve(&made, get(), dataset.get(), costs.data());
        return detail::made<tensor>(status, made);
    }
};

/** neuron_committee_stack() */
inline outcome<graph> committee_stack(const context &context,
                                      const handles<neuron_graph_t> &members,
                                      const dataset &validation, const options &options = {})
{
    neuron_graph_t *made = nullptr;
    const int status = neuron_committee_stack(&made, context.get(), members.data(), members.count(),
                                              validation.get(), options.c_str());
    return detail::made<graph>(status, made);
}

/** neuron_committee_stack_from_outputs() */
inline outcome<graph> committee_stack_from_outputs(const context &context,
                                                   const handles<neuron_graph_t> &members,
                                                   const handles<neuron_tensor_t> &outputs,
                                                   const tensor &targets,
                                                   const options &options = {})
{
    if (outputs.count() != members.count())
        return detail::refused<graph>(NEURON_E_ARGUMENT,
                                      "committee: there are not as many outputs as members");
    neuron_graph_t *made = nullptr;
    const int status =
        neuron_committee_stack_from_outputs(&made, context.get(), members.data(), members.count(),
                                            outputs.data(), targets.get(), options.c_str());
    return detail::made<graph>(status, made);
}

/** neuron_committee_weights(): a weight for each member. */
inline outcome<std::vector<double>> committee_weights(const handles<neuron_graph_t> &members,
                                                      const dataset &validation,
                                                      const options &options = {})
{
    std::vector<double> weights(static_cast<std::size_t>(members.count()));
    const int status = neuron_committee_weights(weights.data(), members.data(), members.count(),
                                                validation.get(), options.c_str());
    return detail::given(status, std::move(weights));
}

/** neuron_committee_weights_from_outputs(): a weight for each member. */
inline outcome<std::vector<double>>
committee_weights_from_outputs(const context &context, const handles<neuron_tensor_t> &outputs,
                               const tensor &targets, const options &options = {})
{
    std::vector<double> weights(static_cast<std::size_t>(outputs.count()));
    const int status =
        neuron_committee_weights_from_outputs(weights.data(), context.get(), outputs.data(),
                                              outputs.count(), targets.get(), options.c_str());
    return detail::given(status, std::move(weights));
}

/** neuron_committee_diversity(): a number for each pair of members, the first with all first. */
inline outcome<std::vector<double>> committee_diversity(const handles<neuron_graph_t> &members,
                                                        const dataset &examples,
                                                        const options &options = {})
{
    std::vector<double> values(static_cast<std::size_t>(members.count() * members.count()));
    const int status = neuron_committee_diversity(values.data(), members.data(), members.count(),
                                                  examples.get(), options.c_str());
    return detail::given(status, std::move(values));
}

/** neuron_committee_diversity_from_outputs() */
inline outcome<std::vector<double>>
committee_diversity_from_outputs(const context &context, const handles<neuron_tensor_t> &outputs,
                                 const tensor &targets, const options &options = {})
{
    std::vector<double> values(static_cast<std::size_t>(outputs.count() * outputs.count()));
    const int status =
        neuron_committee_diversity_from_outputs(values.data(), context.get(), outputs.data(),
                                                outputs.count(), targets.get(), options.c_str());
    return detail::given(status, std::move(values));
}

/** neuron_committee_contributions(): `weights` for as many members, or none. */
inline outcome<std::vector<double>> committee_contributions(const handles<neuron_graph_t> &members,
                                                            const dataset &examples,
                                                            span<const double> weights = {},
                                                            const options &options = {})
{
    using list = std::vector<double>;
    if (!weights.empty() && detail::count_of(weights) != members.count())
        return detail::refused<list>(NEURON_E_ARGUMENT,
                                     "committee: there are not as many weights as members");
    list values(static_cast<std::size_t>(members.count()));
    const int status =
        neuron_committee_contributions(values.data(), members.data(), members.count(),
                                       weights.data(), examples.get(), options.c_str());
    return detail::given(status, std::move(values));
}

/** neuron_committee_contributions_from_outputs(): `weights` for as many members, or none. */
inline outcome<std::vector<double>>
committee_contributions_from_outputs(const context &context,
                                     const handles<neuron_tensor_t> &outputs, const tensor &targets,
                                     span<const double> weights = {}, const options &options = {})
{
    using list = std::vector<double>;
    if (!weights.empty() && detail::count_of(weights) != outputs.count())
        return detail::refused<list>(NEURON_E_ARGUMENT,
                                     "committee: there are not as many weights as members");
    list values(static_cast<std::size_t>(outputs.count()));
    const int status = neuron_committee_contributions_from_outputs(
        values.data(), context.get(), outputs.data(), outputs.count(), weights.data(),
        targets.get(), options.c_str());
    return detail::given(status, std::move(values));
}

/** neuron_committee_costs(): a number for each member. */
inline outcome<std::vector<double>> committee_costs(const handles<neuron_graph_t> &members,
                                                    const options &options = {})
{
    std::vector<double> costs(static_cast<std::size_t>(members.count()));
    const int status =
        neuron_committee_costs(costs.data(), members.data(), members.count(), options.c_str());
    return detail::given(status, std::move(costs));
}

/** neuron_committee_prune(): which members to keep; `costs` for as many, or none for 1 each. */
inline outcome<std::vector<std::int64_t>> committee_prune(const handles<neuron_graph_t> &members,
                                                          double budget, const dataset &examples,
                                                          span<const double> costs = {},
                                                          const options &options = {})
{
    using list = std::vector<std::int64_t>;
    if (!costs.empty() && detail::count_of(costs) != members.count())
        return detail::refused<list>(NEURON_E_ARGUMENT,
                                     "committee: there are not as many costs as members");
    list kept(static_cast<std::size_t>(members.count()));
    std::int64_t count = 0;
    const int status =
        neuron_committee_prune(kept.data(), &count, members.data(), members.count(), costs.data(),
                               budget, examples.get(), options.c_str());
    kept.resize(static_cast<std::size_t>(count));
    return detail::given(status, std::move(kept));
}

/** neuron_committee_prune_from_outputs(): `costs` for as many members, or none for 1 each. */
inline outcome<std::vector<std::int64_t>>
committee_prune_from_outputs(const context &context, const handles<neuron_tensor_t> &outputs,
                             double budget, const tensor &targets, span<const double> costs = {},
                             const options &options = {})
{
    using list = std::vector<std::int64_t>;
    if (!costs.empty() && detail::count_of(costs) != outputs.count())
        return detail::refused<list>(NEURON_E_ARGUMENT,
                                     "committee: there are not as many costs as members");
    list kept(static_cast<std::size_t>(outputs.count()));
    std::int64_t count = 0;
    const int status = neuron_committee_prune_from_outputs(
        kept.data(), &count, context.get(), outputs.data(), outputs.count(), costs.data(), budget,
        targets.get(), options.c_str());
    kept.resize(static_cast<std::size_t>(count));
    return detail::given(status, std::move(kept));
}

/** neuron_committee_outputs() */
inline outcome<dataset> committee_outputs(const handles<neuron_graph_t> &members,
                                          const dataset &examples)
{
    neuron_dataset_t *made = nullptr;
    const int status =
        neuron_committee_outputs(&made, members.data(), members.count(), examples.get());
    return detail::made<dataset>(status, made);
}

/** neuron_graph_calibrate() */
inline outcome<graph> calibrate(const graph &trained, const dataset &held_out,
                                const options &options = {})
{
    neuron_graph_t *made = nullptr;
    const int status =
        neuron_graph_calibrate(&made, trained.get(), held_out.get(), options.c_str());
    return detail::made<graph>(status, made);
}

/** neuron_graph_add_prediction_sets() */
inline outcome<graph> add_prediction_sets(const graph &trained, const dataset &held_out,
                                          const options &options = {})
{
    neuron_graph_t *made = nullptr;
    const int status =
        neuron_graph_add_prediction_sets(&made, trained.get(), held_out.get(), options.c_str());
    return detail::made<graph>(status, made);
}

/** neuron_dataset_distil() */
inline outcome<dataset> distil(const dataset &examples, const graph &teacher,
                               const options &options = {})
{
    neuron_dataset_t *made = nullptr;
    const int status = neuron_dataset_distil(&made, examples.get(), teacher.get(), options.c_str());
    return detail::made<dataset>(status, made);
}

/** neuron_committee_option(): the options of what this library does. */
inline std::vector<option> committee_options(text what)
{
    std::vector<option> all;
    while (const neuron_option_t *found =
               neuron_committee_option(what.c_str(), detail::count_of(all)))
        all.emplace_back(found);
    return all;
}

} // namespace NEURON_CPP_MODE
} // namespace neuron

#endif
