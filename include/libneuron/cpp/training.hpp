/** @file training.hpp
 *  Optimizers, losses, callbacks, trainers and histories: see the headers of these names. A part
 *  of libneuron.hpp, which is what to include.
 */
#ifndef NEURON_CPP_TRAINING_HPP
#define NEURON_CPP_TRAINING_HPP

#include <libneuron/cpp/communicator.hpp>
#include <libneuron/cpp/graph.hpp>

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

/** The rule by which gradients change parameters. See optimizer.h. */
class optimizer : public handle_with_options<optimizer, neuron_optimizer_t>
{
  public:
    using handle_with_options::handle_with_options;
    optimizer() noexcept = default;

    /** neuron_optimizer_create() */
    static outcome<optimizer> create(const context &context, text rule, const options &options = {})
    {
        neuron_optimizer_t *made = nullptr;
        const int status =
            neuron_optimizer_create(&made, context.get(), rule.c_str(), options.c_str());
        return detail::made<optimizer>(status, made);
    }
#ifndef NEURON_NO_EXCEPTIONS
    optimizer(const context &context, text rule, const options &options = {})
        : optimizer(create(context, rule, options))
    {
    }
#endif
    /** neuron_optimizer_kind() */
    text kind() const noexcept
    {
        return neuron_optimizer_kind(get());
    }
};

/** A batch for a loss of the caller's, see neuron_loss_function_t. */
struct loss_batch {
    span<double> losses;       /**< one for each example, all 0; to be set */
    span<float> gradients;     /**< one for each output, all 0; to be set. None if not wanted */
    span<const float> outputs; /**< `size` for each example */
    span<const float> targets; /**< likewise */
    span<const std::int32_t> labels; /**< one for each example */
    std::int64_t count;              /**< examples */
    std::int64_t size;               /**< outputs of one */
};

namespace detail
{

template <class F>
int loss_by(double *losses, float *gradients, const float *outputs, const float *targets,
            const std::int32_t *labels, std::int64_t count, std::int64_t size, void *function)
{
    return detail::guarded([&] {
        const auto examples = static_cast<std::size_t>(count);
        const std::size_t numbers = examples * static_cast<std::size_t>(size);
        const loss_batch batch{{losses, examples},
                               {gradients, gradients ? numbers : 0},
                               {outputs, numbers},
                               {targets, numbers},
                               {labels, examples},
                               count,
                               size};
        return detail::called(*static_cast<F *>(function), batch);
    });
}

} // namespace detail

/** What a training minimises. See loss.h. */
class loss : public handle_with_options<loss, neuron_loss_t>
{
  public:
    using handle_with_options::handle_with_options;
    loss() noexcept = default;

    /** neuron_loss_create() */
    static outcome<loss> create(const context &context, text kind, const options &options = {})
    {
        neuron_loss_t *made = nullptr;
        const int status = neuron_loss_create(&made, context.get(), kind.c_str(), options.c_str());
        return detail::made<loss>(status, made);
    }
    /** neuron_loss_create_custom()
     *  @param function  kept as long as the loss; called as function(const loss_batch &). */
    template <class F> static outcome<loss> create_custom(const context &context, F &&function)
    {
        neuron_loss_t *made = nullptr;
        const int status = detail::hand_over(
            std::forward<F>(function), [&](void *kept, neuron_destroy_function_t destroy) {
                return neuron_loss_create_custom(&made, context.get(),
                                                 &detail::loss_by<std::decay_t<F>>, kept, destroy);
            });
        return detail::made<loss>(status, made);
    }
#ifndef NEURON_NO_EXCEPTIONS
    loss(const context &context, text kind, const options &options = {})
        : loss(create(context, kind, options))
    {
    }
#endif
    /** neuron_loss_kind() */
    text kind() const noexcept
    {
        return neuron_loss_kind(get());
    }
};

/** The figures of each epoch of a training. See history.h. */
class history : public handle<history, neuron_history_t>
{
  public:
    using handle::handle;
    history() noexcept = default;

    /** neuron_history_epochs() */
    std::int64_t epochs() const noexcept
    {
        return neuron_history_epochs(get());
    }
    /** neuron_history_metric_name(), of all. */
    std::vector<text> metric_names() const
    {
        std::vector<text> names;
        while (const text name = neuron_history_metric_name(get(), detail::count_of(names)))
            names.push_back(name);
        return names;
    }
    /** neuron_history_value() */
    outcome<double> value(std::int64_t epoch, text metric) const
    {
        double value = 0;
        const int status = neuron_history_value(&value, get(), epoch, metric.c_str());
        return detail::given(status, value);
    }
    /** neuron_history_output_value() */
    outcome<double> output_value(std::int64_t epoch, std::int64_t output, text metric) const
    {
        double value = 0;
        const int status =
            neuron_history_output_value(&value, get(), epoch, output, metric.c_str());
        return detail::given(status, value);
    }
    /** neuron_history_output_count() */
    std::int64_t output_count() const noexcept
    {
        return neuron_history_output_count(get());
    }
    /** neuron_history_output_name() */
    text output_name(std::int64_t output) const noexcept
    {
        return neuron_history_output_name(get(), output);
    }
    /** neuron_history_best() */
    outcome<std::int64_t> best(text metric) const
    {
        std::int64_t epoch = 0;
        const int status = neuron_history_best(&epoch, get(), metric.c_str());
        return detail::given(status, epoch);
    }
    /** neuron_history_save_csv() */
    outcome<void> save_csv(text path) const
    {
        return detail::done(neuron_history_save_csv(get(), path.c_str()));
    }
};

class trainer;

namespace detail
{

template <class F> int at_event(neuron_trainer_t *running, std::int32_t event, void *function);

/* A schedule is double f(double rate, int64_t epoch), or f(double &rate, int64_t epoch) that
 * returns a status or nothing. */
template <class F> int schedule_by(double *rate, std::int64_t epoch, void *function)
{
    return detail::guarded([&] {
        F &schedule = *static_cast<F *>(function);
        using Returned = std::invoke_result_t<F &, double &, std::int64_t>;
        if constexpr (std::is_floating_point_v<Returned>) {
            *rate = static_cast<double>(schedule(*rate, epoch));
            return int{NEURON_OK};
        } else {
            return detail::called(schedule, *rate, epoch);
        }
    });
}

} // namespace detail

/** What happens at set points of a training. See callback.h. */
class callback : public handle_with_options<callback, neuron_callback_t>
{
  public:
    using handle_with_options::handle_with_options;
    callback() noexcept = default;

    /** neuron_callback_create() */
    static outcome<callback> create(const context &context, text kind, const options &options = {})
    {
        neuron_callback_t *made = nullptr;
        const int status =
            neuron_callback_create(&made, context.get(), kind.c_str(), options.c_str());
        return detail::made<callback>(status, made);
    }
    /** neuron_callback_create_checkpoint() */
    static outcome<callback> create_checkpoint(const context &context, text path,
                                               const options &options = {})
    {
        neuron_callback_t *made = nullptr;
        const int status =
            neuron_callback_create_checkpoint(&made, context.get(), path.c_str(), options.c_str());
        return detail::made<callback>(status, made);
    }
    /** neuron_callback_create_csv_log() */
    static outcome<callback> create_csv_log(const context &context, text path)
    {
        neuron_callback_t *made = nullptr;
        const int status = neuron_callback_create_csv_log(&made, context.get(), path.c_str());
        return detail::made<callback>(status, made);
    }
    /** neuron_callback_create_schedule()
     *  @param schedule  kept as long as the callback: double schedule(double rate, int64_t epoch);
     *                   or with `double &rate`, to return a status such as neuron::stop. */
    template <class F>
    static outcome<callback> create_schedule(const context &context, F &&schedule)
    {
        neuron_callback_t *made = nullptr;
        const int status = detail::hand_over(
            std::forward<F>(schedule), [&](void *kept, neuron_destroy_function_t destroy) {
                return neuron_callback_create_schedule(
                    &made, context.get(), &detail::schedule_by<std::decay_t<F>>, kept, destroy);
            });
        return detail::made<callback>(status, made);
    }
    /** neuron_callback_create_function()
     *  @param function  kept as long as the callback; as that of trainer::on(). */
    template <class F>
    static outcome<callback> create_function(const context &context, event events, F &&function)
    {
        neuron_callback_t *made = nullptr;
        const int status = detail::hand_over(
            std::forward<F>(function), [&](void *kept, neuron_destroy_function_t destroy) {
                return neuron_callback_create_function(
                    &made, context.get(), static_cast<std::int32_t>(events),
                    &detail::at_event<std::decay_t<F>>, kept, destroy);
            });
        return detail::made<callback>(status, made);
    }
#ifndef NEURON_NO_EXCEPTIONS
    callback(const context &context, text kind, const options &options = {})
        : callback(create(context, kind, options))
    {
    }
#endif
    /** neuron_callback_kind() */
    text kind() const noexcept
    {
        return neuron_callback_kind(get());
    }
};

/** One training: graph, optimizer, data, settings and progress. See trainer.h and callback.h. */
class trainer : public handle_with_options<trainer, neuron_trainer_t>
{
  public:
    using handle_with_options::handle_with_options;
    trainer() noexcept = default;

    /** neuron_trainer_create(): without a training set for fit(), and for batches. */
    static outcome<trainer> create(const graph &graph, const optimizer &optimizer,
                                   const dataset &train = {})
    {
        neuron_trainer_t *made = nullptr;
        const int status = neuron_trainer_create(&made, graph.get(), optimizer.get(), train.get());
        return detail::made<trainer>(status, made);
    }
#ifndef NEURON_NO_EXCEPTIONS
    trainer(const neuron::graph &graph, const neuron::optimizer &optimizer,
            const dataset &train = {})
        : trainer(create(graph, optimizer, train))
    {
    }
#endif
    /** neuron_trainer_set_seed() */
    outcome<void> set_seed(std::uint64_t seed)
    {
        return detail::done(neuron_trainer_set_seed(get(), seed));
    }
    /** neuron_trainer_set_dataset() */
    outcome<void> set_dataset(const dataset &train)
    {
        return detail::done(neuron_trainer_set_dataset(get(), train.get()));
    }
    /** neuron_trainer_set_validation(): an empty one for none. */
    outcome<void> set_validation(const dataset &validation)
    {
        return detail::done(neuron_trainer_set_validation(get(), validation.get()));
    }
    /** neuron_trainer_set_loss(): an empty one for the default. */
    outcome<void> set_loss(const loss &loss)
    {
        return detail::done(neuron_trainer_set_loss(get(), loss.get()));
    }
    /** neuron_trainer_set_output_loss() */
    outcome<void> set_output_loss(std::int64_t output, const loss &loss, double weight = 1)
    {
        return detail::done(neuron_trainer_set_output_loss(get(), output, loss.get(), weight));
    }
    /** neuron_trainer_set_class_weights(): none for none. */
    outcome<void> set_class_weights(span<const double> weights)
    {
        return detail::done(
            neuron_trainer_set_class_weights(get(), weights.data(), detail::count_of(weights)));
    }
    /** neuron_trainer_set_communicator(): an empty one for none. */
    outcome<void> set_communicator(const communicator &communicator)
    {
        return detail::done(neuron_trainer_set_communicator(get(), communicator.get()));
    }
    /** neuron_trainer_set_augmentation(): an empty one for none. */
    outcome<void> set_augmentation(const augmentation &augmentation)
    {
        return detail::done(neuron_trainer_set_augmentation(get(), augmentation.get()));
    }
    /** neuron_trainer_add_callback() */
    outcome<void> add(const callback &callback)
    {
        return detail::done(neuron_trainer_add_callback(get(), callback.get()));
    }
    /** neuron_trainer_remove_callback() */
    outcome<void> remove(const callback &callback)
    {
        return detail::done(neuron_trainer_remove_callback(get(), callback.get()));
    }
    /** neuron_trainer_add_function()
     *
     *      trainer.on(neuron::event::epoch_end, [](const neuron::trainer &trainer) {
     *          std::cout << trainer.progress("loss") << '\n';
     *      });
     *
     *  @param function  kept as long as the trainer; called as function(const trainer &), or as
     *                   function(const trainer &, event). It returns nothing, or 0 to go on and
     *                   neuron::stop to end the run. The trainer is that of the run: what is to
     *                   live longer is a copy of it. */
    template <class F> outcome<void> on(event events, F &&function)
    {
        return detail::done(detail::hand_over(
            std::forward<F>(function), [&](void *kept, neuron_destroy_function_t destroy) {
                return neuron_trainer_add_function(get(), static_cast<std::int32_t>(events),
                                                   &detail::at_event<std::decay_t<F>>, kept,
                                                   destroy);
            }));
    }
    /** neuron_trainer_run()
     *  @param[out] stopped  whether a function of the caller's ended it by neuron::stop.
     *  @return  the trainer's own history. If the run fails, history() has the epochs so far. */
    outcome<neuron::history> run(bool *stopped = nullptr)
    {
        neuron_history_t *made = nullptr;
        const int status = neuron_trainer_run(&made, get());
        if (stopped)
            *stopped = status == NEURON_STOP;
        return detail::made<neuron::history>(status, made);
    }
    /** Trains on a dataset: set_dataset(), set(), run(). The option `epochs` counts from the first
     *  epoch of the trainer, not of the call. */
    outcome<neuron::history> fit(const dataset &train, const options &options = {})
    {
        int status = neuron_trainer_set_dataset(get(), train.get());
        return run_with(status, options);
    }
    /** The same with a dataset that is evaluated after each epoch, before the first step:
     *  set_validation(), and the others. */
    outcome<neuron::history> fit(const dataset &train, const dataset &validation,
                                 const options &options = {})
    {
        int status = neuron_trainer_set_dataset(get(), train.get());
        if (status >= 0)
            status = neuron_trainer_set_validation(get(), validation.get());
        return run_with(status, options);
    }
    /** neuron_trainer_step(), of a graph with one input and one output.
     *  @return  the loss of the batch. */
    outcome<double> step(const tensor &input, const tensor &target, const tensor &weights = {})
    {
        neuron_tensor_t *const inputs[] = {input.get()};
        neuron_tensor_t *const targets[] = {target.get()};
        double loss = 0;
        const int status = neuron_trainer_step(&loss, get(), inputs, 1, targets, 1, weights.get());
        return detail::given(status, loss);
    }
    /** neuron_trainer_step(), as in trainer.step({left, right}, {same}) */
    outcome<double> step(const handles<neuron_tensor_t> &inputs,
                         const handles<neuron_tensor_t> &targets, const tensor &weights = {})
    {
        double loss = 0;
        const int status = neuron_trainer_step(&loss, get(), inputs.data(), inputs.count(),
                                               targets.data(), targets.count(), weights.get());
        return detail::given(status, loss);
    }
    /** neuron_trainer_step_by_gradient() */
    outcome<void> step_by_gradient(const handles<neuron_tensor_t> &inputs,
                                   const handles<neuron_tensor_t> &output_gradients)
    {
        return detail::done(neuron_trainer_step_by_gradient(get(), inputs.data(), inputs.count(),
                                                            output_gradients.data(),
                                                            output_gradients.count()));
    }
    /** neuron_trainer_save() */
    outcome<void> save(text path) const
    {
        return detail::done(neuron_trainer_save(get(), path.c_str()));
    }
    /** neuron_trainer_save_memory() */
    outcome<std::vector<unsigned char>> save_memory() const
    {
        return detail::filled<unsigned char>(
            [&](unsigned char *to, std::size_t capacity, std::size_t *needed) {
                return neuron_trainer_save_memory(to, capacity, needed, get());
            });
    }
    /** neuron_trainer_save_to(), as graph::save_to(). */
    template <class F> outcome<void> save_to(F &&write) const
    {
        if constexpr (std::is_function_v<std::remove_reference_t<F>>) {
            auto *pointer = &write; /* as C has no pointer to both functions and objects */
            return save_to(pointer);
        } else {
            using Function = std::remove_reference_t<F>;
            return detail::done(neuron_trainer_save_to(
                get(), &detail::write_to<Function>,
                const_cast<void *>(static_cast<const void *>(std::addressof(write)))));
        }
    }
    /** neuron_trainer_load() */
    outcome<void> load(text path)
    {
        return detail::done(neuron_trainer_load(get(), path.c_str()));
    }
    /** neuron_trainer_load_memory() */
    outcome<void> load_memory(bytes file)
    {
        return detail::done(neuron_trainer_load_memory(get(), file.data(), file.size()));
    }
    /** neuron_trainer_graph(), with one more owner. */
    neuron::graph graph() const noexcept
    {
        return neuron::graph::share(neuron_trainer_graph(get()));
    }
    /** neuron_trainer_optimizer(), with one more owner. */
    neuron::optimizer optimizer() const noexcept
    {
        return neuron::optimizer::share(neuron_trainer_optimizer(get()));
    }
    /** neuron_trainer_history(), with one more owner. */
    neuron::history history() const noexcept
    {
        return neuron::history::share(neuron_trainer_history(get()));
    }
    /** neuron_trainer_progress() */
    double progress(text what) const noexcept
    {
        return neuron_trainer_progress(get(), what.c_str());
    }
    /** neuron_trainer_stop_reason() */
    text stop_reason() const noexcept
    {
        return neuron_trainer_stop_reason(get());
    }
    /** neuron_trainer_clear_stop() */
    outcome<void> clear_stop()
    {
        return detail::done(neuron_trainer_clear_stop(get()));
    }

  private:
    outcome<neuron::history> run_with(int status, const options &options)
    {
        neuron_history_t *made = nullptr;
        if (status >= 0)
            status = neuron_trainer_set(get(), options.c_str());
        if (status >= 0)
            status = neuron_trainer_run(&made, get());
        return detail::made<neuron::history>(status, made);
    }
};

namespace detail
{

/* A handle that is lent to a function of the caller's, which is no owner. */
template <class Handle> class lent
{
  public:
    template <class C> explicit lent(C *pointer) noexcept : handle_(pointer)
    {
    }
    lent(const lent &) = delete;
    lent &operator=(const lent &) = delete;
    ~lent()
    {
        static_cast<void>(handle_.release());
    }
    const Handle &get() const noexcept
    {
        return handle_;
    }

  private:
    Handle handle_;
};

template <class F> int at_event(neuron_trainer_t *running, std::int32_t number, void *function)
{
    const lent<trainer> lent_trainer(running);
    return detail::guarded([&] {
        F &act = *static_cast<F *>(function);
        if constexpr (std::is_invocable_v<F &, const trainer &, event>)
            return detail::called(act, lent_trainer.get(), static_cast<event>(number));
        else
            return detail::called(act, lent_trainer.get());
    });
}

} // namespace detail

} // namespace NEURON_CPP_MODE
} // namespace neuron

#endif
