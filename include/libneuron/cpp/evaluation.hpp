/** @file evaluation.hpp
 *  Evaluations: see evaluation.h. A part of libneuron.hpp, which is what to include.
 */
#ifndef NEURON_CPP_EVALUATION_HPP
#define NEURON_CPP_EVALUATION_HPP

#include <libneuron/cpp/training.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace neuron
{
inline namespace NEURON_CPP_MODE
{

/** Bounds of a confidence interval. */
struct interval {
    double low, high;
};

/** What McNemar's test says. */
struct mcnemar_test {
    double statistic, p_value;
};

/** Points of a curve, of which neuron_evaluation_curve() says what x, y and at are. */
struct curve {
    std::vector<double> x, y, at;
};

/** How well a graph does on a dataset. See evaluation.h. */
class evaluation : public handle<evaluation, neuron_evaluation_t>
{
  public:
    using handle::handle;
    evaluation() noexcept = default;

    /** neuron_evaluation_create() */
    static outcome<evaluation> create(const context &context, span<const std::int32_t> truth,
                                      span<const std::int32_t> predicted, std::int64_t class_count)
    {
        if (truth.size() != predicted.size())
            return detail::refused<evaluation>(
                NEURON_E_ARGUMENT, "evaluation: there are not as many predictions as true classes");
        neuron_evaluation_t *made = nullptr;
        const int status =
            neuron_evaluation_create(&made, context.get(), truth.data(), predicted.data(),
                                     detail::count_of(truth), class_count);
        return detail::made<evaluation>(status, made);
    }
    /** neuron_evaluation_create_from_outputs(): an empty loss for that which goes with the
     *  targets. */
    static outcome<evaluation> create_from_outputs(const context &context, const tensor &outputs,
                                                   const tensor &targets,
                                                   const neuron::loss &loss = {},
                                                   const options &options = {})
    {
        neuron_evaluation_t *made = nullptr;
        const int status = neuron_evaluation_create_from_outputs(
            &made, context.get(), outputs.get(), targets.get(), loss.get(), options.c_str());
        return detail::made<evaluation>(status, made);
    }
    /** neuron_evaluation_kind() */
    text kind() const noexcept
    {
        return neuron_evaluation_kind(get());
    }
    /** neuron_evaluation_count() */
    std::int64_t count() const noexcept
    {
        return neuron_evaluation_count(get());
    }
    /** neuron_evaluation_row_count() */
    std::int64_t row_count() const noexcept
    {
        return neuron_evaluation_row_count(get());
    }
    /** neuron_evaluation_row_name() */
    text row_name(std::int64_t row) const noexcept
    {
        return neuron_evaluation_row_name(get(), row);
    }
    /** neuron_evaluation_loss() */
    double loss() const noexcept
    {
        return neuron_evaluation_loss(get());
    }
    /** neuron_evaluation_accuracy() */
    double accuracy() const noexcept
    {
        return neuron_evaluation_accuracy(get());
    }
    /** neuron_evaluation_confusion() */
    std::int64_t confusion(std::int64_t truth, std::int64_t predicted) const noexcept
    {
        return neuron_evaluation_confusion(get(), truth, predicted);
    }
    /** neuron_evaluation_precision(), of a row or of macro_average and its like. */
    double precision(std::int64_t row) const noexcept
    {
        return neuron_evaluation_precision(get(), row);
    }
    /** neuron_evaluation_recall() */
    double recall(std::int64_t row) const noexcept
    {
        return neuron_evaluation_recall(get(), row);
    }
    /** neuron_evaluation_f1() */
    double f1(std::int64_t row) const noexcept
    {
        return neuron_evaluation_f1(get(), row);
    }
    /** neuron_evaluation_iou() */
    double iou(std::int64_t row) const noexcept
    {
        return neuron_evaluation_iou(get(), row);
    }
    /** neuron_evaluation_support() */
    std::int64_t support(std::int64_t row) const noexcept
    {
        return neuron_evaluation_support(get(), row);
    }
    /** neuron_evaluation_mean_absolute_error() */
    double mean_absolute_error(std::int64_t row) const noexcept
    {
        return neuron_evaluation_mean_absolute_error(get(), row);
    }
    /** neuron_evaluation_root_mean_squared_error() */
    double root_mean_squared_error(std::int64_t row) const noexcept
    {
        return neuron_evaluation_root_mean_squared_error(get(), row);
    }
    /** neuron_evaluation_r2() */
    double r2(std::int64_t row) const noexcept
    {
        return neuron_evaluation_r2(get(), row);
    }
    /** neuron_evaluation_metric() */
    outcome<double> metric(text name, std::int64_t row = default_average,
                           const options &options = {}) const
    {
        double value = 0;
        const int status =
            neuron_evaluation_metric(&value, get(), name.c_str(), row, options.c_str());
        return detail::given(status, value);
    }
    /** neuron_evaluation_interval() */
    outcome<neuron::interval> interval(text name, std::int64_t row = default_average,
                                       const options &options = {}) const
    {
        neuron::interval found{};
        const int status = neuron_evaluation_interval(&found.low, &found.high, get(), name.c_str(),
                                                      row, options.c_str());
        return detail::given(status, found);
    }
    /** neuron_evaluation_mcnemar() */
    outcome<mcnemar_test> mcnemar(const evaluation &other, const options &options = {}) const
    {
        mcnemar_test found{};
        const int status = neuron_evaluation_mcnemar(&found.statistic, &found.p_value, get(),
                                                     other.get(), options.c_str());
        return detail::given(status, found);
    }
    /** neuron_evaluation_curve() */
    outcome<neuron::curve> curve(text name, std::int64_t row = default_average,
                                 const options &options = {}) const
    {
        neuron::curve found;
        std::size_t count = 0;
        int status = neuron_evaluation_curve(nullptr, nullptr, nullptr, 0, &count, get(),
                                             name.c_str(), row, options.c_str());
        if (status >= 0) {
            found.x.resize(count);
            found.y.resize(count);
            found.at.resize(count);
            status = neuron_evaluation_curve(found.x.data(), found.y.data(), found.at.data(), count,
                                             nullptr, get(), name.c_str(), row, options.c_str());
        }
        return detail::given(status, std::move(found));
    }
    /** neuron_evaluation_report(): a name for each row, or none for those that are known. */
    outcome<std::string> report(std::int64_t digits = 4, const texts &row_names = {}) const
    {
        if (row_names.count() > 0 && row_names.count() != row_count())
            return detail::refused<std::string>(NEURON_E_ARGUMENT,
                                                "report: there are not as many names as rows");
        return detail::written([&](char *to, std::size_t capacity, std::size_t *needed) {
            return neuron_evaluation_report(to, capacity, needed, get(), row_names.data(), digits);
        });
    }
};

inline outcome<evaluation> graph::evaluate(const dataset &dataset, const options &options) const
{
    neuron_evaluation_t *made = nullptr;
    const int status = neuron_graph_evaluate(&made, get(), dataset.get(), nullptr, options.c_str());
    return detail::made<evaluation>(status, made);
}

inline outcome<evaluation> graph::evaluate(const dataset &dataset, const loss &loss,
                                           const options &options) const
{
    neuron_evaluation_t *made = nullptr;
    const int status =
        neuron_graph_evaluate(&made, get(), dataset.get(), loss.get(), options.c_str());
    return detail::made<evaluation>(status, made);
}

} // namespace NEURON_CPP_MODE
} // namespace neuron

#endif
