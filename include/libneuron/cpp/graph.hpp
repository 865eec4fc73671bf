/** @file graph.hpp
 *  Graphs and their nodes: see graph.h, layers.h, summary.h, committee.h, quantize.h and
 *  gradient.h. A part of libneuron.hpp, which is what to include.
 */
#ifndef NEURON_CPP_GRAPH_HPP
#define NEURON_CPP_GRAPH_HPP

#include <libneuron/cpp/dataset.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace neuron
{
inline namespace NEURON_CPP_MODE
{

class evaluation;
class graph;
class loss;

/** How a parameter array starts, see neuron_node_initializer(). */
struct initializer {
    text name;            /**< a constant */
    double parameter = 0; /**< limit, deviation or constant; 0 for those that take none */
};

/** By what a parameter array is kept small, see neuron_node_set_regularizer(). */
struct regularizer {
    double l1 = 0;
    double l2 = 0;
};

/** One layer of a graph, to build on: a pointer that lives as long as its graph, and owns nothing.
 *
 *  Each builder call of layers.h with one input is a function here, so that a chain reads from the
 *  input to the output; those with several inputs are functions of the graph. Where one fails, the
 *  node is empty, later ones do nothing, and graph::finish() tells what was wrong. */
class node
{
  public:
    node() noexcept = default;
    explicit node(neuron_graph_t *graph, neuron_node_t *pointer) noexcept
        : graph_(graph), node_(pointer)
    {
    }
    /** The node of C; NULL if it is empty. */
    neuron_node_t *get() const noexcept
    {
        return node_;
    }
    explicit operator bool() const noexcept
    {
        return node_ != nullptr;
    }
    friend bool operator==(const node &a, const node &b) noexcept
    {
        return a.node_ == b.node_;
    }
    friend bool operator!=(const node &a, const node &b) noexcept
    {
        return a.node_ != b.node_;
    }
    /** neuron_flatten() */
    node flatten() const
    {
        return node(graph_, neuron_flatten(graph_, node_));
    }
    /** neuron_reshape() */
    node reshape(span<const std::int64_t> shape) const
    {
        return node(graph_, neuron_reshape(graph_, node_, shape.data(), detail::rank_of(shape)));
    }
    /** neuron_permute() */
    node permute(span<const std::int32_t> axes) const
    {
        return node(graph_, neuron_permute(graph_, node_, axes.data(), detail::rank_of(axes)));
    }
    /** neuron_zero_pad2d() */
    node zero_pad2d(std::int64_t top, std::int64_t bottom, std::int64_t left,
                    std::int64_t right) const
    {
        return node(graph_, neuron_zero_pad2d(graph_, node_, top, bottom, left, right));
    }
    /** neuron_slice() */
    node slice(std::int64_t begin, std::int64_t count, const options &options = {}) const
    {
        return node(graph_, neuron_slice(graph_, node_, begin, count, options.c_str()));
    }
    /** neuron_upsample2d() */
    node upsample2d(std::int64_t factor_height, std::int64_t factor_width,
                    const options &options = {}) const
    {
        return node(graph_,
                    neuron_upsample2d(graph_, node_, factor_height, factor_width, options.c_str()));
    }
    /** neuron_rescale() */
    node rescale(double scale, double offset) const
    {
        return node(graph_, neuron_rescale(graph_, node_, scale, offset));
    }
    /** neuron_standardize() */
    node standardize() const
    {
        return node(graph_, neuron_standardize(graph_, node_));
    }
    /** neuron_unstandardize() */
    node unstandardize() const
    {
        return node(graph_, neuron_unstandardize(graph_, node_));
    }
    /** neuron_dense() */
    node dense(std::int64_t units, const options &options = {}) const
    {
        return node(graph_, neuron_dense(graph_, node_, units, options.c_str()));
    }
    /** neuron_conv2d() */
    node conv2d(std::int64_t filters, std::int64_t kernel_height, std::int64_t kernel_width,
                const options &options = {}) const
    {
        return node(graph_, neuron_conv2d(graph_, node_, filters, kernel_height, kernel_width,
                                          options.c_str()));
    }
    /** neuron_conv2d_transpose() */
    node conv2d_transpose(std::int64_t filters, std::int64_t kernel_height,
                          std::int64_t kernel_width, const options &options = {}) const
    {
        return node(graph_, neuron_conv2d_transpose(graph_, node_, filters, kernel_height,
                                                    kernel_width, options.c_str()));
    }
    /** neuron_conv1d() */
    node conv1d(std::int64_t filters, std::int64_t kernel_size, const options &options = {}) const
    {
        return node(graph_, neuron_conv1d(graph_, node_, filters, kernel_size, options.c_str()));
    }
    /** neuron_depthwise_conv2d() */
    node depthwise_conv2d(std::int64_t kernel_height, std::int64_t kernel_width,
                          const options &options = {}) const
    {
        return node(graph_, neuron_depthwise_conv2d(graph_, node_, kernel_height, kernel_width,
                                                    options.c_str()));
    }
    /** neuron_max_pool2d() */
    node max_pool2d(std::int64_t window_height, std::int64_t window_width,
                    const options &options = {}) const
    {
        return node(graph_,
                    neuron_max_pool2d(graph_, node_, window_height, window_width, options.c_str()));
    }
    /** neuron_average_pool2d() */
    node average_pool2d(std::int64_t window_height, std::int64_t window_width,
                        const options &options = {}) const
    {
        return node(graph_, neuron_average_pool2d(graph_, node_, window_height, window_width,
                                                  options.c_str()));
    }
    /** neuron_global_average_pool2d() */
    node global_average_pool2d() const
    {
        return node(graph_, neuron_global_average_pool2d(graph_, node_));
    }
    /** neuron_global_max_pool2d() */
    node global_max_pool2d() const
    {
        return node(graph_, neuron_global_max_pool2d(graph_, node_));
    }
    /** neuron_max_pool1d() */
    node max_pool1d(std::int64_t window, const options &options = {}) const
    {
        return node(graph_, neuron_max_pool1d(graph_, node_, window, options.c_str()));
    }
    /** neuron_average_pool1d() */
    node average_pool1d(std::int64_t window, const options &options = {}) const
    {
        return node(graph_, neuron_average_pool1d(graph_, node_, window, options.c_str()));
    }
    /** neuron_global_average_pool1d() */
    node global_average_pool1d() const
    {
        return node(graph_, neuron_global_average_pool1d(graph_, node_));
    }
    /** neuron_global_max_pool1d() */
    node global_max_pool1d() const
    {
        return node(graph_, neuron_global_max_pool1d(graph_, node_));
    }
    /** neuron_batch_norm() */
    node batch_norm(const options &options = {}) const
    {
        return node(graph_, neuron_batch_norm(graph_, node_, options.c_str()));
    }
    /** neuron_layer_norm() */
    node layer_norm(const options &options = {}) const
    {
        return node(graph_, neuron_layer_norm(graph_, node_, options.c_str()));
    }
    /** neuron_dropout() */
    node dropout(double rate) const
    {
        return node(graph_, neuron_dropout(graph_, node_, rate));
    }
    /** neuron_gaussian_noise() */
    node gaussian_noise(double deviation) const
    {
        return node(graph_, neuron_gaussian_noise(graph_, node_, deviation));
    }
    /** neuron_random_rotation() */
    node random_rotation(double factor, const options &options = {}) const
    {
        return node(graph_, neuron_random_rotation(graph_, node_, factor, options.c_str()));
    }
    /** neuron_relu() */
    node relu() const
    {
        return node(graph_, neuron_relu(graph_, node_));
    }
    /** neuron_tanh() */
    node tanh() const
    {
        return node(graph_, neuron_tanh(graph_, node_));
    }
    /** neuron_sigmoid() */
    node sigmoid() const
    {
        return node(graph_, neuron_sigmoid(graph_, node_));
    }
    /** neuron_leaky_relu() */
    node leaky_relu(double slope) const
    {
        return node(graph_, neuron_leaky_relu(graph_, node_, slope));
    }
    /** neuron_prelu() */
    node prelu() const
    {
        return node(graph_, neuron_prelu(graph_, node_));
    }
    /** neuron_elu() */
    node elu(double alpha) const
    {
        return node(graph_, neuron_elu(graph_, node_, alpha));
    }
    /** neuron_gelu() */
    node gelu(const options &options = {}) const
    {
        return node(graph_, neuron_gelu(graph_, node_, options.c_str()));
    }
    /** neuron_silu() */
    node silu() const
    {
        return node(graph_, neuron_silu(graph_, node_));
    }
    /** neuron_hard_swish() */
    node hard_swish() const
    {
        return node(graph_, neuron_hard_swish(graph_, node_));
    }
    /** neuron_selu() */
    node selu() const
    {
        return node(graph_, neuron_selu(graph_, node_));
    }
    /** neuron_softplus() */
    node softplus() const
    {
        return node(graph_, neuron_softplus(graph_, node_));
    }
    /** neuron_clip() */
    node clip(double minimum, double maximum) const
    {
        return node(graph_, neuron_clip(graph_, node_, minimum, maximum));
    }
    /** neuron_softsign() */
    node softsign() const
    {
        return node(graph_, neuron_softsign(graph_, node_));
    }
    /** neuron_exponential() */
    node exponential() const
    {
        return node(graph_, neuron_exponential(graph_, node_));
    }
    /** neuron_log_softmax() */
    node log_softmax(const options &options = {}) const
    {
        return node(graph_, neuron_log_softmax(graph_, node_, options.c_str()));
    }
    /** neuron_softmax() */
    node softmax(const options &options = {}) const
    {
        return node(graph_, neuron_softmax(graph_, node_, options.c_str()));
    }
    /** neuron_temperature_scaling() */
    node temperature_scaling(const options &options = {}) const
    {
        return node(graph_, neuron_temperature_scaling(graph_, node_, options.c_str()));
    }
    /** neuron_vector_scaling() */
    node vector_scaling(const options &options = {}) const
    {
        return node(graph_, neuron_vector_scaling(graph_, node_, options.c_str()));
    }
    /** neuron_piecewise_linear() */
    node piecewise_linear(std::int64_t points, const options &options = {}) const
    {
        return node(graph_, neuron_piecewise_linear(graph_, node_, points, options.c_str()));
    }
    /** neuron_prediction_set() */
    node prediction_set(const options &options = {}) const
    {
        return node(graph_, neuron_prediction_set(graph_, node_, options.c_str()));
    }
    /** neuron_layer_by_name() with one input. */
    node layer(text name, const options &options = {}) const
    {
        return node(graph_, neuron_layer_by_name(graph_, name.c_str(), &node_, 1, options.c_str()));
    }
    /** neuron_custom_layer() with one input, and the shape of its kind. */
    node custom_layer(text name) const
    {
        return node(graph_, neuron_custom_layer(graph_, name.c_str(), &node_, 1, nullptr, 0));
    }
    /** neuron_graph_import(): a copy of another graph behind this node. */
    node import_graph(const graph &source, text name = {}, const options &options = {}) const;
    /** neuron_graph_import_part() */
    node import_part(const graph &source, text from, text to, text name = {},
                     const options &options = {}) const;
    /** neuron_shared_part(): what there is from one node to another, with the same parameters. */
    node shared_part(const node &from, const node &to) const
    {
        return node(graph_, neuron_shared_part(graph_, node_, from.node_, to.node_));
    }
    /** neuron_shared_layer() with one input: what `layer` does, with the same parameters. */
    node shared_layer(const node &layer) const
    {
        return node(graph_, neuron_shared_layer(graph_, layer.node_, &node_, 1));
    }
    /** neuron_add() of two nodes: a residual connection. */
    friend node operator+(const node &a, const node &b)
    {
        neuron_node_t *const both[] = {a.node_, b.node_};
        return node(a.graph_, neuron_add(a.graph_, both, 2));
    }
    /** neuron_multiply() of two nodes */
    friend node operator*(const node &a, const node &b)
    {
        neuron_node_t *const both[] = {a.node_, b.node_};
        return node(a.graph_, neuron_multiply(a.graph_, both, 2));
    }
    /** neuron_node_set() */
    outcome<void> set(const options &options) const
    {
        return detail::done(neuron_node_set(node_, options.c_str()));
    }
    /** neuron_node_set_number() */
    outcome<void> set_number(text option, double value) const
    {
        return detail::done(neuron_node_set_number(node_, option.c_str(), value));
    }
    /** neuron_node_set_name() */
    outcome<void> set_name(text name) const
    {
        return detail::done(neuron_node_set_name(node_, name.c_str()));
    }
    /** neuron_node_set_initializer() */
    outcome<void> set_initializer(text array, text initializer, double parameter = 0) const
    {
        return detail::done(
            neuron_node_set_initializer(node_, array.c_str(), initializer.c_str(), parameter));
    }
    /** neuron_node_set_regularizer() */
    outcome<void> set_regularizer(text array, const neuron::regularizer &regularizer) const
    {
        return detail::done(
            neuron_node_set_regularizer(node_, array.c_str(), regularizer.l1, regularizer.l2));
    }
    /** neuron_node_set_trainable() */
    outcome<void> set_trainable(bool trainable) const
    {
        return detail::done(neuron_node_set_trainable(node_, trainable ? 1 : 0));
    }
    /** neuron_node_adapt() */
    outcome<void> adapt(const dataset &dataset) const
    {
        return detail::done(neuron_node_adapt(node_, dataset.get()));
    }
    /** neuron_custom_layer_add_array(), of a custom layer. */
    outcome<void> add_array(text name, span<const std::int64_t> shape, text initializer,
                            double parameter = 0, bool trainable = true) const
    {
        return detail::done(
            neuron_custom_layer_add_array(node_, name.c_str(), shape.data(), detail::rank_of(shape),
                                          initializer.c_str(), parameter, trainable ? 1 : 0));
    }
    /** neuron_node_initializer() */
    outcome<neuron::initializer> initializer(text array) const
    {
        const char *name = nullptr;
        double parameter = 0;
        const int status = neuron_node_initializer(&name, &parameter, node_, array.c_str());
        return detail::given(status, neuron::initializer{name, parameter});
    }
    /** neuron_node_regularizer() */
    outcome<neuron::regularizer> regularizer(text array) const
    {
        neuron::regularizer found;
        const int status = neuron_node_regularizer(&found.l1, &found.l2, node_, array.c_str());
        return detail::given(status, found);
    }
    /** neuron_node_get_number() */
    outcome<double> number(text option) const
    {
        double value = 0;
        const int status = neuron_node_get_number(&value, node_, option.c_str());
        return detail::given(status, value);
    }
    /** neuron_node_get_text(); of all options if none is named. */
    outcome<std::string> option_text(text option = {}) const
    {
        return detail::written([&](char *to, std::size_t capacity, std::size_t *needed) {
            return neuron_node_get_text(to, capacity, needed, node_, option.c_str());
        });
    }
    /** neuron_node_shape() */
    outcome<neuron::shape> shape() const
    {
        neuron::shape to;
        const int status = detail::shaped(to, [&](std::int64_t *extents, std::int32_t *rank) {
            return neuron_node_shape(extents, rank, node_);
        });
        return detail::given(status, to);
    }
    /** neuron_node_trainable() */
    bool trainable() const noexcept
    {
        return neuron_node_trainable(node_) != 0;
    }
    /** neuron_node_name() */
    text name() const noexcept
    {
        return neuron_node_name(node_);
    }
    /** neuron_node_layer() */
    text kind() const noexcept
    {
        return neuron_node_layer(node_);
    }
    /** neuron_node_custom_kind() */
    text custom_kind() const noexcept
    {
        return neuron_node_custom_kind(node_);
    }
    /** neuron_node_shared_with(): empty if it has parameters of its own, or none. */
    node shared_with() const noexcept
    {
        return node(graph_, const_cast<neuron_node_t *>(neuron_node_shared_with(node_)));
    }
    /** neuron_node_input_count() */
    std::int64_t input_count() const noexcept
    {
        return neuron_node_input_count(node_);
    }
    /** neuron_node_input() */
    node input_at(std::int64_t index) const noexcept
    {
        return node(graph_, neuron_node_input(node_, index));
    }

  private:
    neuron_graph_t *graph_ = nullptr;
    neuron_node_t *node_ = nullptr;
};

/** The structure of a network together with its parameters. See graph.h, layers.h, summary.h,
 *  committee.h and quantize.h. */
class graph : public handle<graph, neuron_graph_t>
{
  public:
    using handle::handle;
    graph() noexcept = default;

    /** neuron_graph_create() */
    static outcome<graph> create(const context &context)
    {
        neuron_graph_t *made = nullptr;
        const int status = neuron_graph_create(&made, context.get());
        return detail::made<graph>(status, made);
    }
    /** neuron_graph_load() */
    static outcome<graph> load(const context &context, text path)
    {
        neuron_graph_t *made = nullptr;
        const int status = neuron_graph_load(&made, context.get(), path.c_str());
        return detail::made<graph>(status, made);
    }
    /** neuron_graph_load_memory() */
    static outcome<graph> load_memory(const context &context, bytes file)
    {
        neuron_graph_t *made = nullptr;
        const int status = neuron_graph_load_memory(&made, context.get(), file.data(), file.size());
        return detail::made<graph>(status, made);
    }
    /** neuron_committee_create(): `weights` for as many members, or none. */
    static outcome<graph> committee(const context &context, const handles<neuron_graph_t> &members,
                                    span<const double> weights = {}, const options &options = {})
    {
        if (!weights.empty() && detail::count_of(weights) != members.count())
            return detail::refused<graph>(NEURON_E_ARGUMENT,
                                          "committee: there are not as many weights as members");
        neuron_graph_t *made = nullptr;
        const int status = neuron_committee_create(
            &made, context.get(), members.data(), members.count(), weights.data(), options.c_str());
        return detail::made<graph>(status, made);
    }
    /** neuron_committee_join() */
    static outcome<graph> committee_join(const context &context,
                                         const handles<neuron_graph_t> &members,
                                         const graph &combiner)
    {
        neuron_graph_t *made = nullptr;
        const int status = neuron_committee_join(&made, context.get(), members.data(),
                                                 members.count(), combiner.get());
        return detail::made<graph>(status, made);
    }
#ifndef NEURON_NO_EXCEPTIONS
    explicit graph(const context &context) : graph(create(context))
    {
    }
#endif

    /* What it is built of. */

    /** neuron_input() */
    node input(span<const std::int64_t> shape)
    {
        return node(get(), neuron_input(get(), shape.data(), detail::rank_of(shape)));
    }
    /** The same with a name, see neuron_node_set_name(). */
    node input(text name, span<const std::int64_t> shape)
    {
        neuron_node_t *made = neuron_input(get(), shape.data(), detail::rank_of(shape));
        /* Why it failed is kept by the graph. */
        return node(get(), neuron_node_set_name(made, name.c_str()) < 0 ? nullptr : made);
    }
    /** neuron_concat() */
    node concat(const handles<neuron_node_t> &inputs, const options &options = {})
    {
        return node(get(), neuron_concat(get(), inputs.data(), inputs.count(), options.c_str()));
    }
    /** neuron_add() */
    node add(const handles<neuron_node_t> &inputs)
    {
        return node(get(), neuron_add(get(), inputs.data(), inputs.count()));
    }
    /** neuron_multiply() */
    node multiply(const handles<neuron_node_t> &inputs)
    {
        return node(get(), neuron_multiply(get(), inputs.data(), inputs.count()));
    }
    /** neuron_average() */
    node average(const handles<neuron_node_t> &inputs)
    {
        return node(get(), neuron_average(get(), inputs.data(), inputs.count()));
    }
    /** neuron_weighted_average(): as many weights as inputs, or it fails. */
    node weighted_average(const handles<neuron_node_t> &inputs, span<const double> weights)
    {
        const bool fits = detail::count_of(weights) == inputs.count();
        return node(get(), neuron_weighted_average(get(), inputs.data(), fits ? inputs.count() : 0,
                                                   weights.data()));
    }
    /** neuron_uncertainty(): as many weights as inputs, or none. */
    node uncertainty(const handles<neuron_node_t> &inputs, const options &options = {},
                     span<const double> weights = {})
    {
        const bool fits = weights.empty() || detail::count_of(weights) == inputs.count();
        return node(get(), neuron_uncertainty(get(), inputs.data(), fits ? inputs.count() : 0,
                                              weights.data(), options.c_str()));
    }
    /** neuron_vote(): as many weights as inputs, or none. */
    node vote(const handles<neuron_node_t> &inputs, span<const double> weights = {})
    {
        const bool fits = weights.empty() || detail::count_of(weights) == inputs.count();
        return node(get(),
                    neuron_vote(get(), inputs.data(), fits ? inputs.count() : 0, weights.data()));
    }
    /** neuron_layer_by_name() */
    node layer(text name, const handles<neuron_node_t> &inputs, const options &options = {})
    {
        return node(get(), neuron_layer_by_name(get(), name.c_str(), inputs.data(), inputs.count(),
                                                options.c_str()));
    }
    /** neuron_shared_layer() */
    node shared_layer(const node &layer, const handles<neuron_node_t> &inputs)
    {
        return node(get(), neuron_shared_layer(get(), layer.get(), inputs.data(), inputs.count()));
    }
    /** neuron_custom_layer() with the shape of its kind. */
    node custom_layer(text name, const handles<neuron_node_t> &inputs)
    {
        return node(get(), neuron_custom_layer(get(), name.c_str(), inputs.data(), inputs.count(),
                                               nullptr, 0));
    }
    /** neuron_custom_layer() with a shape. */
    node custom_layer(text name, const handles<neuron_node_t> &inputs,
                      span<const std::int64_t> shape)
    {
        const std::int64_t none = 0;
        return node(get(), neuron_custom_layer(get(), name.c_str(), inputs.data(), inputs.count(),
                                               shape.empty() ? &none : shape.data(),
                                               detail::rank_of(shape)));
    }
    /** neuron_graph_import_many(): the nodes of the copies of all outputs; empty ones if it failed,
     *  with the reason left with the graph. */
    std::vector<node> import_graph(const handles<neuron_node_t> &inputs, const graph &source,
                                   text name = {}, const options &options = {})
    {
        std::vector<neuron_node_t *> made(static_cast<std::size_t>(source.output_count()));
        const int status =
            neuron_graph_import_many(made.data(), source.output_count(), get(), inputs.data(),
                                     inputs.count(), source.get(), name.c_str(), options.c_str());
        std::vector<node> nodes;
        for (neuron_node_t *each : made)
            nodes.emplace_back(get(), status < 0 ? nullptr : each);
        return nodes;
    }
    /** neuron_graph_finish() */
    outcome<void> finish(const node &output)
    {
        return detail::done(neuron_graph_finish(get(), output.get()));
    }
    /** neuron_graph_finish_many() */
    outcome<void> finish(const handles<neuron_node_t> &outputs)
    {
        return detail::done(neuron_graph_finish_many(get(), outputs.data(), outputs.count()));
    }
    /** neuron_graph_set_name() */
    outcome<void> set_name(text name)
    {
        return detail::done(neuron_graph_set_name(get(), name.c_str()));
    }
    /** neuron_graph_set_seed() */
    outcome<void> set_seed(std::uint64_t seed)
    {
        return detail::done(neuron_graph_set_seed(get(), seed));
    }
    /* What it has. */
    /** neuron_graph_name() */
    text name() const noexcept
    {
        return neuron_graph_name(get());
    }
    /** neuron_graph_input_count() */
    std::int64_t input_count() const noexcept
    {
        return neuron_graph_input_count(get());
    }
    /** neuron_graph_input() */
    node input_at(std::int64_t index) const noexcept
    {
        return node(get(), neuron_graph_input(get(), index));
    }
    /** neuron_graph_output_count() */
    std::int64_t output_count() const noexcept
    {
        return neuron_graph_output_count(get());
    }
    /** neuron_graph_output() */
    node output_at(std::int64_t index) const noexcept
    {
        return node(get(), neuron_graph_output(get(), index));
    }
    /** neuron_graph_node_count() */
    std::int64_t node_count() const noexcept
    {
        return neuron_graph_node_count(get());
    }
    /** neuron_graph_node() */
    node node_at(std::int64_t index) const noexcept
    {
        return node(get(), neuron_graph_node(get(), index));
    }
    /** neuron_graph_find_node(): empty if there is none. */
    node find_node(text name) const noexcept
    {
        return node(get(), neuron_graph_find_node(get(), name.c_str()));
    }
    /** neuron_graph_input_shape() */
    outcome<shape> input_shape() const
    {
        shape to;
        const int status = detail::shaped(to, [&](std::int64_t *extents, std::int32_t *rank) {
            return neuron_graph_input_shape(extents, rank, get());
        });
        return detail::given(status, to);
    }
    /** neuron_graph_output_shape() */
    outcome<shape> output_shape() const
    {
        shape to;
        const int status = detail::shaped(to, [&](std::int64_t *extents, std::int32_t *rank) {
            return neuron_graph_output_shape(extents, rank, get());
        });
        return detail::given(status, to);
    }
    /** neuron_graph_parameter_count() */
    std::int64_t parameter_count() const noexcept
    {
        return neuron_graph_parameter_count(get());
    }
    /** neuron_graph_trainable_parameter_count() */
    std::int64_t trainable_parameter_count() const noexcept
    {
        return neuron_graph_trainable_parameter_count(get());
    }
    /** neuron_graph_penalty() */
    double penalty() const noexcept
    {
        return neuron_graph_penalty(get());
    }
    /** neuron_graph_array_count() */
    std::int64_t array_count() const noexcept
    {
        return neuron_graph_array_count(get());
    }
    /** neuron_graph_array_name() */
    text array_name(std::int64_t index) const noexcept
    {
        return neuron_graph_array_name(get(), index);
    }
    /** neuron_graph_array_trainable() */
    bool array_trainable(std::int64_t index) const noexcept
    {
        return neuron_graph_array_trainable(get(), index) != 0;
    }
    /** neuron_graph_find_array(): -1 if there is none. */
    std::int64_t find_array(text name) const noexcept
    {
        return neuron_graph_find_array(get(), name.c_str());
    }
    /** neuron_graph_array_shape() */
    outcome<shape> array_shape(std::int64_t index) const
    {
        shape to;
        const int status = detail::shaped(to, [&](std::int64_t *extents, std::int32_t *rank) {
            return neuron_graph_array_shape(extents, rank, get(), index);
        });
        return detail::given(status, to);
    }
    /** neuron_graph_read_array() into a new vector. */
    outcome<std::vector<float>> read_array(std::int64_t index) const
    {
        return detail::filled<float>([&](float *to, std::size_t capacity, std::size_t *needed) {
            return neuron_graph_read_array(to, capacity, needed, get(), index);
        });
    }
    /** neuron_graph_read_array() into room of the caller's. */
    outcome<void> read_array(span<float> values, std::int64_t index) const
    {
        return detail::done(
            neuron_graph_read_array(values.data(), values.size(), nullptr, get(), index));
    }
    /** neuron_graph_write_array() */
    outcome<void> write_array(std::int64_t index, span<const float> values)
    {
        return detail::done(neuron_graph_write_array(get(), index, values.data(), values.size()));
    }
    /** neuron_graph_copy_arrays(): how many were copied. */
    outcome<std::int64_t> copy_arrays(const graph &from, text to_prefix = {}, text from_prefix = {})
    {
        std::int64_t copied = 0;
        const int status = neuron_graph_copy_arrays(&copied, get(), from.get(), to_prefix.c_str(),
                                                    from_prefix.c_str());
        return detail::given(status, copied);
    }
    /** neuron_graph_load_arrays(): how many were loaded. */
    outcome<std::int64_t> load_arrays(text path, text to_prefix = {}, text from_prefix = {})
    {
        std::int64_t loaded = 0;
        const int status = neuron_graph_load_arrays(&loaded, get(), path.c_str(), to_prefix.c_str(),
                                                    from_prefix.c_str());
        return detail::given(status, loaded);
    }
    /** neuron_graph_load_arrays_memory(): how many were loaded. */
    outcome<std::int64_t> load_arrays_memory(bytes file, text to_prefix = {}, text from_prefix = {})
    {
        std::int64_t loaded = 0;
        const int status = neuron_graph_load_arrays_memory(&loaded, get(), file.data(), file.size(),
                                                           to_prefix.c_str(), from_prefix.c_str());
        return detail::given(status, loaded);
    }
    /** neuron_graph_load_state_dict(): how many were loaded. */
    outcome<std::int64_t> load_state_dict(text path, text to_prefix = {}, text from_prefix = {})
    {
        std::int64_t loaded = 0;
        const int status = neuron_graph_load_state_dict(&loaded, get(), path.c_str(),
                                                        to_prefix.c_str(), from_prefix.c_str());
        return detail::given(status, loaded);
    }
    /** neuron_graph_load_state_dict_memory(): how many were loaded. */
    outcome<std::int64_t> load_state_dict_memory(bytes file, text to_prefix = {},
                                                 text from_prefix = {})
    {
        std::int64_t loaded = 0;
        const int status = neuron_graph_load_state_dict_memory(
            &loaded, get(), file.data(), file.size(), to_prefix.c_str(), from_prefix.c_str());
        return detail::given(status, loaded);
    }
    /** neuron_graph_summary() */
    outcome<std::string> summary(std::int64_t batch = 32) const
    {
        return detail::written([&](char *to, std::size_t capacity, std::size_t *needed) {
            return neuron_graph_summary(to, capacity, needed, get(), batch);
        });
    }
    /** neuron_graph_memory(): in bytes. */
    outcome<std::int64_t> memory(std::int64_t batch, const options &options = {}) const
    {
        std::int64_t size = 0;
        const int status = neuron_graph_memory(&size, get(), batch, options.c_str());
        return detail::given(status, size);
    }
    /** neuron_graph_profile(): seconds of each node. */
    outcome<std::vector<double>> profile(std::int64_t batch = 32, std::int64_t repeats = 10) const
    {
        std::vector<double> seconds(static_cast<std::size_t>(node_count()));
        const int status =
            neuron_graph_profile(seconds.data(), seconds.size(), nullptr, get(), batch, repeats);
        return detail::given(status, std::move(seconds));
    }
    /** neuron_graph_set_scales(): as many offsets as scales; none to forget them. */
    outcome<void> set_scales(span<const double> scales, span<const double> offsets, text input = {})
    {
        if (scales.size() != offsets.size())
            return detail::refused<void>(NEURON_E_ARGUMENT,
                                         "set_scales: there are not as many offsets as scales");
        return detail::done(neuron_graph_set_scales(get(), input.c_str(), scales.data(),
                                                    offsets.data(), scales.size()));
    }
    /** neuron_graph_scales() */
    outcome<neuron::scales> scales(text input = {}) const
    {
        return detail::scaled(
            [&](double *scales, double *offsets, std::size_t capacity, std::size_t *needed) {
                return neuron_graph_scales(scales, offsets, capacity, needed, get(), input.c_str());
            });
    }
    /** neuron_graph_set_class_names(): none to forget them. */
    outcome<void> set_class_names(const texts &names, text output = {})
    {
        return detail::done(
            neuron_graph_set_class_names(get(), output.c_str(), names.data(), names.count()));
    }
    /** neuron_graph_class_name() */
    text class_name(std::int64_t k, text output = {}) const noexcept
    {
        return neuron_graph_class_name(get(), output.c_str(), k);
    }
    /** neuron_graph_set_metadata(): nullptr to take the key away. */
    outcome<void> set_metadata(text key, text value)
    {
        return detail::done(neuron_graph_set_metadata(get(), key.c_str(), value.c_str()));
    }
    /** neuron_graph_metadata() */
    text metadata(text key) const noexcept
    {
        return neuron_graph_metadata(get(), key.c_str());
    }
    /** neuron_graph_metadata_key(), of all. */
    std::vector<text> metadata_keys() const
    {
        std::vector<text> keys;
        while (const text key = neuron_graph_metadata_key(get(), detail::count_of(keys)))
            keys.push_back(key);
        return keys;
    }
    /** neuron_graph_set_preparation(): an empty one to forget it. */
    outcome<void> set_preparation(const neuron::preparation &preparation)
    {
        return detail::done(neuron_graph_set_preparation(get(), preparation.get()));
    }
    /** neuron_graph_preparation() */
    outcome<neuron::preparation> preparation() const
    {
        neuron_preparation_t *made = nullptr;
        const int status = neuron_graph_preparation(&made, get());
        return detail::made<neuron::preparation>(status, made);
    }
    /** neuron_graph_prepare_row(), into room of the caller's. */
    outcome<void> prepare_row(span<float> inputs, const texts &fields) const
    {
        return detail::done(neuron_graph_prepare_row(inputs.data(), inputs.size(), nullptr, get(),
                                                     fields.data(), fields.count()));
    }
    /** The same into a new vector. */
    outcome<std::vector<float>> prepare_row(const texts &fields) const
    {
        return detail::filled<float>([&](float *to, std::size_t capacity, std::size_t *needed) {
            return neuron_graph_prepare_row(to, capacity, needed, get(), fields.data(),
                                            fields.count());
        });
    }

    /* What it does. */

    /** neuron_graph_predict() */
    outcome<void> predict(const tensor &input, const tensor &output) const
    {
        return detail::done_quickly(neuron_graph_predict(get(), input.get(), output.get()));
    }
    /** neuron_graph_predict() into a new tensor, of a finished graph with one output. */
    outcome<tensor> predict(const context &context, const tensor &input) const
    {
        std::int64_t shape[NEURON_RANK_MAX] = {input.extent(0)};
        std::int32_t rank = 0;
        neuron_tensor_t *made = nullptr;
        /* A rank of all axes, which leaves no room for the batch, is no output's. */
        std::int64_t one[NEURON_RANK_MAX];
        int status = neuron_graph_output_shape(one, &rank, get());
        for (std::int32_t i = 0; status >= 0 && i < rank && i + 1 < NEURON_RANK_MAX; i++)
            shape[i + 1] = one[i];
        if (status >= 0)
            status = neuron_tensor_create(&made, context.get(), NEURON_TYPE_F32, shape, rank + 1);
        tensor output(made);
        if (status >= 0)
            status = neuron_graph_predict(get(), input.get(), output.get());
        return detail::given(status, std::move(output));
    }
    /** neuron_graph_predict_many(), as in graph.predict({left, right}, {output}) */
    outcome<void> predict(const handles<neuron_tensor_t> &inputs,
                          const handles<neuron_tensor_t> &outputs) const
    {
        return detail::done_quickly(neuron_graph_predict_many(get(), inputs.data(), inputs.count(),
                                                              outputs.data(), outputs.count()));
    }
    /** neuron_graph_predict_dataset() */
    outcome<void> predict(const dataset &dataset, const tensor &output) const
    {
        return detail::done(neuron_graph_predict_dataset(get(), dataset.get(), output.get()));
    }
    /** neuron_graph_predict_dataset_many() */
    outcome<void> predict(const dataset &dataset, const handles<neuron_tensor_t> &outputs) const
    {
        return detail::done(neuron_graph_predict_dataset_many(get(), dataset.get(), outputs.data(),
                                                              outputs.count()));
    }
    /** neuron_graph_gradient(): as many gradients as inputs; nullptr where one is not wanted. */
    outcome<void> gradient(const handles<neuron_tensor_t> &inputs,
                           const handles<neuron_tensor_t> &output_gradients,
                           const handles<neuron_tensor_t> &input_gradients) const
    {
        if (input_gradients.count() != inputs.count())
            return detail::refused<void>(NEURON_E_ARGUMENT,
                                         "gradient: there are not as many gradients as inputs");
        return detail::done_quickly(
            neuron_graph_gradient(get(), inputs.data(), inputs.count(), output_gradients.data(),
                                  output_gradients.count(), input_gradients.data()));
    }
    /** neuron_graph_evaluate() by the loss that goes with the targets. */
    outcome<evaluation> evaluate(const dataset &dataset, const options &options = {}) const;
    /** neuron_graph_evaluate() */
    outcome<evaluation> evaluate(const dataset &dataset, const loss &loss,
                                 const options &options = {}) const;
    /** neuron_graph_with_outputs() */
    outcome<graph> with_outputs(const handles<neuron_node_t> &nodes) const
    {
        neuron_graph_t *made = nullptr;
        const int status = neuron_graph_with_outputs(&made, get(), nodes.data(), nodes.count());
        return detail::made<graph>(status, made);
    }
    /** neuron_graph_quantize() */
    outcome<graph> quantize(const dataset &calibration, const options &options = {}) const
    {
        neuron_graph_t *made = nullptr;
        const int status = neuron_graph_quantize(&made, get(), calibration.get(), options.c_str());
        return detail::made<graph>(status, made);
    }
    /** neuron_graph_clone(): a copy of the thing itself, not one more owner. */
    outcome<graph> clone(const context &context) const
    {
        neuron_graph_t *made = nullptr;
        const int status = neuron_graph_clone(&made, context.get(), get());
        return detail::made<graph>(status, made);
    }
    /** neuron_graph_save() */
    outcome<void> save(text path) const
    {
        return detail::done(neuron_graph_save(get(), path.c_str()));
    }
    /** neuron_graph_save_npz() */
    outcome<void> save_npz(text path) const
    {
        return detail::done(neuron_graph_save_npz(get(), path.c_str()));
    }
    /** neuron_graph_save_state_dict() */
    outcome<void> save_state_dict(text path) const
    {
        return detail::done(neuron_graph_save_state_dict(get(), path.c_str()));
    }
    /** neuron_graph_save_state_dict_memory() */
    outcome<std::vector<unsigned char>> save_state_dict_memory() const
    {
        return detail::filled<unsigned char>(
            [&](unsigned char *to, std::size_t capacity, std::size_t *needed) {
                return neuron_graph_save_state_dict_memory(to, capacity, needed, get());
            });
    }
    /** neuron_graph_set_storage() */
    outcome<void> set_storage(text storage)
    {
        return detail::done(neuron_graph_set_storage(get(), storage.c_str()));
    }
    /** neuron_graph_save_memory() */
    outcome<std::vector<unsigned char>> save_memory() const
    {
        return detail::filled<unsigned char>(
            [&](unsigned char *to, std::size_t capacity, std::size_t *needed) {
                return neuron_graph_save_memory(to, capacity, needed, get());
            });
    }
    /** neuron_graph_save_to()
     *  @param write  called as write(span<const unsigned char>) with one piece after the other. */
    template <class F> outcome<void> save_to(F &&write) const
    {
        if constexpr (std::is_function_v<std::remove_reference_t<F>>) {
            auto *pointer = &write; /* as C has no pointer to both functions and objects */
            return save_to(pointer);
        } else {
            using Function = std::remove_reference_t<F>;
            return detail::done(neuron_graph_save_to(
                get(), &detail::write_to<Function>,
                const_cast<void *>(static_cast<const void *>(std::addressof(write)))));
        }
    }
};

inline node node::import_graph(const graph &source, text name, const options &options) const
{
    return node(graph_,
                neuron_graph_import(graph_, node_, source.get(), name.c_str(), options.c_str()));
}

inline node node::import_part(const graph &source, text from, text to, text name,
                              const options &options) const
{
    return node(graph_, neuron_graph_import_part(graph_, node_, source.get(), from.c_str(),
                                                 to.c_str(), name.c_str(), options.c_str()));
}

/** Gradients of a graph's outputs by what was asked for. See gradient.h. */
class gradient : public handle<gradient, neuron_gradient_t>
{
  public:
    using handle::handle;
    gradient() noexcept = default;

    /** neuron_gradient_create() */
    static outcome<gradient> create(const graph &graph, const options &options = {})
    {
        neuron_gradient_t *made = nullptr;
        const int status = neuron_gradient_create(&made, graph.get(), options.c_str());
        return detail::made<gradient>(status, made);
    }
#ifndef NEURON_NO_EXCEPTIONS
    explicit gradient(const graph &graph, const options &options = {})
        : gradient(create(graph, options))
    {
    }
#endif
    /** neuron_gradient_add() */
    outcome<void> add(text name)
    {
        return detail::done(neuron_gradient_add(get(), name.c_str()));
    }
    /** neuron_gradient_forward() */
    outcome<void> forward(const handles<neuron_tensor_t> &inputs,
                          const handles<neuron_tensor_t> &outputs = {})
    {
        return detail::done(neuron_gradient_forward(get(), inputs.data(), inputs.count(),
                                                    outputs.data(), outputs.count()));
    }
    /** neuron_gradient_backward() */
    outcome<void> backward(const handles<neuron_tensor_t> &output_gradients,
                           const handles<neuron_tensor_t> &gradients)
    {
        return detail::done(neuron_gradient_backward(get(), output_gradients.data(),
                                                     output_gradients.count(), gradients.data(),
                                                     gradients.count()));
    }
};

} // namespace NEURON_CPP_MODE
} // namespace neuron

#endif
