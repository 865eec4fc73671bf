/** @file dataset.hpp
 *  Datasets, tables and augmentation: see dataset.h, table.h and augmentation.h. A part of
 *  libneuron.hpp, which is what to include.
 */
#ifndef NEURON_CPP_DATASET_HPP
#define NEURON_CPP_DATASET_HPP

#include <libneuron/cpp/tensor.hpp>

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

/** What a stream is asked for: see neuron_dataset_read_function_t. */
struct stream_request {
    void *examples;                     /**< room for elements; nullptr if not wanted */
    std::int32_t *labels;               /**< room for class numbers; nullptr likewise */
    span<const std::int64_t> positions; /**< of which examples */

    /** `examples` as what they are, float or unsigned char. */
    template <class T> T *examples_as() const noexcept
    {
        return static_cast<T *>(examples);
    }
};

/** The same of a stream with targets: see neuron_dataset_read_targets_function_t. */
struct stream_targets_request {
    void *examples;
    float *targets; /**< room for the targets of the examples; nullptr if not wanted */
    span<const std::int64_t> positions;

    template <class T> T *examples_as() const noexcept
    {
        return static_cast<T *>(examples);
    }
};

/** How stored values become inputs: value * scale + offset. */
struct scales {
    std::vector<double> scales;
    std::vector<double> offsets; /**< as many */
};

namespace detail
{

template <class F>
int read_stream(void *examples, std::int32_t *labels, const std::int64_t *positions,
                std::int64_t count, void *function)
{
    return detail::guarded([&] {
        return detail::called(
            *static_cast<F *>(function),
            stream_request{examples, labels, {positions, static_cast<std::size_t>(count)}});
    });
}

template <class F>
int read_stream_targets(void *examples, float *targets, const std::int64_t *positions,
                        std::int64_t count, void *function)
{
    return detail::guarded([&] {
        return detail::called(*static_cast<F *>(function),
                              stream_targets_request{
                                  examples, targets, {positions, static_cast<std::size_t>(count)}});
    });
}

template <class F>
int keep_by(std::int32_t *keep, std::int64_t position, std::int32_t label, void *function)
{
    return detail::guarded([&] {
        *keep = (*static_cast<F *>(function))(position, label) ? 1 : 0;
        return int{NEURON_OK};
    });
}

/* Scales and offsets that C writes: call(scales, offsets, capacity, needed). */
template <class Call> outcome<scales> scaled(Call call)
{
    scales all;
    std::size_t needed = 0;
    int status = call(static_cast<double *>(nullptr), static_cast<double *>(nullptr),
                      std::size_t{0}, &needed);
    if (status >= 0 && needed > 0) {
        all.scales.resize(needed);
        all.offsets.resize(needed);
        status = call(all.scales.data(), all.offsets.data(), needed, &needed);
    }
    return given(status, std::move(all));
}

} // namespace detail

/** What was learnt of the columns of a table; it never changes. See table.h. */
class preparation : public handle<preparation, neuron_preparation_t>
{
  public:
    using handle::handle;
    preparation() noexcept = default;

    /** neuron_preparation_create() */
    static outcome<preparation> create(const context &context, text json)
    {
        neuron_preparation_t *made = nullptr;
        const int status = neuron_preparation_create(&made, context.get(), json.c_str());
        return detail::made<preparation>(status, made);
    }
#ifndef NEURON_NO_EXCEPTIONS
    preparation(const context &context, text json) : preparation(create(context, json))
    {
    }
#endif
    /** neuron_preparation_json() */
    outcome<std::string> json() const
    {
        return detail::written([&](char *to, std::size_t capacity, std::size_t *needed) {
            return neuron_preparation_json(to, capacity, needed, get());
        });
    }
    /** neuron_preparation_field_count() */
    std::int64_t field_count() const noexcept
    {
        return neuron_preparation_field_count(get());
    }
    /** neuron_preparation_field_name() */
    text field_name(std::int64_t index) const noexcept
    {
        return neuron_preparation_field_name(get(), index);
    }
    /** neuron_preparation_input_count() */
    std::int64_t input_count() const noexcept
    {
        return neuron_preparation_input_count(get());
    }
    /** neuron_preparation_input_name() */
    outcome<std::string> input_name(std::int64_t index) const
    {
        return detail::written([&](char *to, std::size_t capacity, std::size_t *needed) {
            return neuron_preparation_input_name(to, capacity, needed, get(), index);
        });
    }
    /** neuron_preparation_apply(), into room of the caller's: input_count() numbers. */
    outcome<void> apply(span<float> inputs, const texts &fields) const
    {
        return detail::done(neuron_preparation_apply(inputs.data(), inputs.size(), nullptr, get(),
                                                     fields.data(), fields.count()));
    }
    /** The same into a new vector. */
    outcome<std::vector<float>> apply(const texts &fields) const
    {
        return detail::filled<float>([&](float *to, std::size_t capacity, std::size_t *needed) {
            return neuron_preparation_apply(to, capacity, needed, get(), fields.data(),
                                            fields.count());
        });
    }
};

struct examples;
struct fold;

/** Examples and their labels. See dataset.h and table.h. Of a const object nothing can be set; what
 *  is made of it shares its memory. */
class dataset : public handle<dataset, neuron_dataset_t>
{
  public:
    using handle::handle;
    dataset() noexcept = default;
    /** neuron_dataset_create() */
    static outcome<dataset> create(const context &context, const tensor &examples,
                                   const tensor &labels, std::int64_t class_count)
    {
        neuron_dataset_t *made = nullptr;
        const int status =
            neuron_dataset_create(&made, context.get(), examples.get(), labels.get(), class_count);
        return detail::made<dataset>(status, made);
    }
    /** neuron_dataset_create_with_targets(): an empty tensor for no targets. */
    static outcome<dataset> create_with_targets(const context &context, const tensor &examples,
                                                const tensor &targets)
    {
        neuron_dataset_t *made = nullptr;
        const int status =
            neuron_dataset_create_with_targets(&made, context.get(), examples.get(), targets.get());
        return detail::made<dataset>(status, made);
    }
    /** neuron_dataset_load_idx() */
    static outcome<dataset> load_idx(const context &context, text images_path, text labels_path,
                                     std::int64_t class_count = 10)
    {
        neuron_dataset_t *made = nullptr;
        const int status = neuron_dataset_load_idx(&made, context.get(), images_path.c_str(),
                                                   labels_path.c_str(), class_count);
        return detail::made<dataset>(status, made);
    }
    /** neuron_dataset_load_idx_memory() */
    static outcome<dataset> load_idx_memory(const context &context, bytes images, bytes labels,
                                            std::int64_t class_count = 10)
    {
        neuron_dataset_t *made = nullptr;
        const int status =
            neuron_dataset_load_idx_memory(&made, context.get(), images.data(), images.size(),
                                           labels.data(), labels.size(), class_count);
        return detail::made<dataset>(status, made);
    }
    /** neuron_dataset_load_cifar10() */
    static outcome<dataset> load_cifar10(const context &context, const texts &paths)
    {
        neuron_dataset_t *made = nullptr;
        const int status =
            neuron_dataset_load_cifar10(&made, context.get(), paths.data(), paths.count());
        return detail::made<dataset>(status, made);
    }
    /** neuron_dataset_load_cifar10_pickle() */
    static outcome<dataset> load_cifar10_pickle(const context &context, const texts &paths)
    {
        neuron_dataset_t *made = nullptr;
        const int status =
            neuron_dataset_load_cifar10_pickle(&made, context.get(), paths.data(), paths.count());
        return detail::made<dataset>(status, made);
    }
    /** neuron_dataset_load_cifar10_memory() */
    static outcome<dataset> load_cifar10_memory(const context &context, span<const bytes> files)
    {
        std::vector<const void *> data;
        std::vector<std::size_t> sizes;
        for (const bytes &file : files) {
            data.push_back(file.data());
            sizes.push_back(file.size());
        }
        neuron_dataset_t *made = nullptr;
        const int status = neuron_dataset_load_cifar10_memory(
            &made, context.get(), data.data(), sizes.data(), detail::count_of(files));
        return detail::made<dataset>(status, made);
    }
    /** neuron_dataset_load_cifar10_pickle_memory() */
    static outcome<dataset> load_cifar10_pickle_memory(const context &context,
                                                       span<const bytes> files)
    {
        std::vector<const void *> data;
        std::vector<std::size_t> sizes;
        for (const bytes &file : files) {
            data.push_back(file.data());
            sizes.push_back(file.size());
        }
        neuron_dataset_t *made = nullptr;
        const int status = neuron_dataset_load_cifar10_pickle_memory(
            &made, context.get(), data.data(), sizes.data(), detail::count_of(files));
        return detail::made<dataset>(status, made);
    }
    /** neuron_dataset_load_npy() */
    static outcome<dataset> load_npy(const context &context, text examples_path, text labels_path,
                                     std::int64_t class_count)
    {
        neuron_dataset_t *made = nullptr;
        const int status = neuron_dataset_load_npy(&made, context.get(), examples_path.c_str(),
                                                   labels_path.c_str(), class_count);
        return detail::made<dataset>(status, made);
    }
    /** neuron_dataset_load_npy_memory() */
    static outcome<dataset> load_npy_memory(const context &context, bytes examples, bytes labels,
                                            std::int64_t class_count)
    {
        neuron_dataset_t *made = nullptr;
        const int status =
            neuron_dataset_load_npy_memory(&made, context.get(), examples.data(), examples.size(),
                                           labels.data(), labels.size(), class_count);
        return detail::made<dataset>(status, made);
    }
    /** neuron_dataset_load_npz() */
    static outcome<dataset> load_npz(const context &context, text path, text examples_name,
                                     text labels_name, std::int64_t class_count)
    {
        neuron_dataset_t *made = nullptr;
        const int status =
            neuron_dataset_load_npz(&made, context.get(), path.c_str(), examples_name.c_str(),
                                    labels_name.c_str(), class_count);
        return detail::made<dataset>(status, made);
    }
    /** neuron_dataset_load_npz_memory() */
    static outcome<dataset> load_npz_memory(const context &context, bytes file, text examples_name,
                                            text labels_name, std::int64_t class_count)
    {
        neuron_dataset_t *made = nullptr;
        const int status =
            neuron_dataset_load_npz_memory(&made, context.get(), file.data(), file.size(),
                                           examples_name.c_str(), labels_name.c_str(), class_count);
        return detail::made<dataset>(status, made);
    }
    /** neuron_dataset_load_folder() */
    static outcome<dataset> load_folder(const context &context, text path)
    {
        neuron_dataset_t *made = nullptr;
        const int status = neuron_dataset_load_folder(&made, context.get(), path.c_str());
        return detail::made<dataset>(status, made);
    }
    /** neuron_dataset_load_folder_as() */
    static outcome<dataset> load_folder_as(const context &context, text path,
                                           const dataset &classes_of)
    {
        neuron_dataset_t *made = nullptr;
        const int status =
            neuron_dataset_load_folder_as(&made, context.get(), path.c_str(), classes_of.get());
        return detail::made<dataset>(status, made);
    }
    /** neuron_dataset_generate_glyphs() */
    static outcome<dataset> generate_glyphs(const context &context, std::int64_t count,
                                            std::int64_t height, std::int64_t width,
                                            std::uint64_t seed)
    {
        neuron_dataset_t *made = nullptr;
        const int status =
            neuron_dataset_generate_glyphs(&made, context.get(), count, height, width, seed);
        return detail::made<dataset>(status, made);
    }
    /** neuron_dataset_load_csv() */
    static outcome<dataset> load_csv(const context &context, text path, const options &options = {})
    {
        neuron_dataset_t *made = nullptr;
        const int status =
            neuron_dataset_load_csv(&made, context.get(), path.c_str(), options.c_str());
        return detail::made<dataset>(status, made);
    }
    /** neuron_dataset_load_csv_memory() */
    static outcome<dataset> load_csv_memory(const context &context, bytes file,
                                            const options &options = {})
    {
        neuron_dataset_t *made = nullptr;
        const int status = neuron_dataset_load_csv_memory(&made, context.get(), file.data(),
                                                          file.size(), options.c_str());
        return detail::made<dataset>(status, made);
    }
    /** neuron_dataset_load_csv_like() */
    static outcome<dataset> load_csv_like(const context &context, text path, const dataset &like)
    {
        neuron_dataset_t *made = nullptr;
        const int status =
            neuron_dataset_load_csv_like(&made, context.get(), path.c_str(), like.get());
        return detail::made<dataset>(status, made);
    }
    /** neuron_dataset_load_csv_like_memory() */
    static outcome<dataset> load_csv_like_memory(const context &context, bytes file,
                                                 const dataset &like)
    {
        neuron_dataset_t *made = nullptr;
        const int status = neuron_dataset_load_csv_like_memory(&made, context.get(), file.data(),
                                                               file.size(), like.get());
        return detail::made<dataset>(status, made);
    }
    /** neuron_dataset_load_csv_prepared() */
    static outcome<dataset> load_csv_prepared(const context &context, text path,
                                              const neuron::preparation &preparation)
    {
        neuron_dataset_t *made = nullptr;
        const int status =
            neuron_dataset_load_csv_prepared(&made, context.get(), path.c_str(), preparation.get());
        return detail::made<dataset>(status, made);
    }
    /** neuron_dataset_load_csv_prepared_memory() */
    static outcome<dataset> load_csv_prepared_memory(const context &context, bytes file,
                                                     const neuron::preparation &preparation)
    {
        neuron_dataset_t *made = nullptr;
        const int status = neuron_dataset_load_csv_prepared_memory(
            &made, context.get(), file.data(), file.size(), preparation.get());
        return detail::made<dataset>(status, made);
    }
    /** neuron_dataset_create_stream()
     *  @param read     kept as long as the dataset and all that is made of it; called as
     *                  read(stream_request), maybe in another thread.
     *  @param options  "shape=28x28x1, classes=10" and so on. */
    template <class F>
    static outcome<dataset> create_stream(const context &context, F &&read, std::int64_t count,
                                          const options &options)
    {
        neuron_dataset_t *made = nullptr;
        const int status = detail::hand_over(
            std::forward<F>(read), [&](void *kept, neuron_destroy_function_t destroy) {
                return neuron_dataset_create_stream(&made, context.get(),
                                                    &detail::read_stream<std::decay_t<F>>, kept,
                                                    destroy, count, options.c_str());
            });
        return detail::made<dataset>(status, made);
    }
    /** neuron_dataset_create_stream_with_targets()
     *  @param read     kept as long as the dataset and all that is made of it; called as
     *                  read(stream_targets_request), maybe in another thread.
     *  @param options  "shape=28x28x1, targets=3" and so on. */
    template <class F>
    static outcome<dataset> create_stream_with_targets(const context &context, F &&read,
                                                       std::int64_t count, const options &options)
    {
        neuron_dataset_t *made = nullptr;
        const int status = detail::hand_over(
            std::forward<F>(read), [&](void *kept, neuron_destroy_function_t destroy) {
                return neuron_dataset_create_stream_with_targets(
                    &made, context.get(), &detail::read_stream_targets<std::decay_t<F>>, kept,
                    destroy, count, options.c_str());
            });
        return detail::made<dataset>(status, made);
    }
#ifndef NEURON_NO_EXCEPTIONS
    dataset(const context &context, const tensor &examples, const tensor &labels,
            std::int64_t class_count)
        : dataset(create(context, examples, labels, class_count))
    {
    }
#endif
    /** neuron_dataset_join() */
    static outcome<dataset> join(const handles<neuron_dataset_t> &datasets)
    {
        neuron_dataset_t *made = nullptr;
        const int status = neuron_dataset_join(&made, datasets.data(), datasets.count());
        return detail::made<dataset>(status, made);
    }
    /** neuron_dataset_zip() */
    static outcome<dataset> zip(const handles<neuron_dataset_t> &inputs,
                                const handles<neuron_dataset_t> &targets = {})
    {
        neuron_dataset_t *made = nullptr;
        const int status = neuron_dataset_zip(&made, inputs.data(), inputs.count(), targets.data(),
                                              targets.count());
        return detail::made<dataset>(status, made);
    }
    /** neuron_dataset_subset() */
    outcome<dataset> subset(std::int64_t first, std::int64_t count) const
    {
        neuron_dataset_t *made = nullptr;
        const int status = neuron_dataset_subset(&made, get(), first, count);
        return detail::made<dataset>(status, made);
    }
    /** neuron_dataset_shard() */
    outcome<dataset> shard(std::int32_t rank, std::int32_t size) const
    {
        neuron_dataset_t *made = nullptr;
        const int status = neuron_dataset_shard(&made, get(), rank, size);
        return detail::made<dataset>(status, made);
    }
    /** neuron_dataset_split(): as many datasets as there are fractions. */
    outcome<std::vector<dataset>> split(span<const double> fractions, std::uint64_t seed,
                                        const options &options = {}) const
    {
        std::vector<neuron_dataset_t *> made(fractions.size());
        std::vector<dataset> subsets(fractions.size());
        const int status = neuron_dataset_split(made.data(), get(), fractions.data(),
                                                detail::count_of(fractions), seed, options.c_str());
        for (std::size_t i = 0; i < made.size(); i++)
            subsets[i] = dataset(made[i]);
        return detail::given(status, std::move(subsets));
    }
    /** neuron_dataset_k_fold() */
    outcome<neuron::fold> k_fold(std::int64_t k, std::int64_t number, std::uint64_t seed) const;
    /** neuron_dataset_shuffle() */
    outcome<dataset> shuffle(std::uint64_t seed) const
    {
        neuron_dataset_t *made = nullptr;
        const int status = neuron_dataset_shuffle(&made, get(), seed);
        return detail::made<dataset>(status, made);
    }
    /** neuron_dataset_select() */
    outcome<dataset> select(span<const std::int64_t> positions) const
    {
        neuron_dataset_t *made = nullptr;
        const int status =
            neuron_dataset_select(&made, get(), positions.data(), detail::count_of(positions));
        return detail::made<dataset>(status, made);
    }
    /** neuron_dataset_sample() */
    outcome<dataset> sample(std::int64_t count, std::uint64_t seed,
                            span<const double> weights = {}) const
    {
        neuron_dataset_t *made = nullptr;
        const int status = neuron_dataset_sample(&made, get(), weights.data(),
                                                 detail::count_of(weights), count, seed);
        return detail::made<dataset>(status, made);
    }
    /** neuron_dataset_filter() */
    outcome<dataset> filter(span<const std::int32_t> classes) const
    {
        neuron_dataset_t *made = nullptr;
        const int status =
            neuron_dataset_filter(&made, get(), classes.data(), detail::count_of(classes));
        return detail::made<dataset>(status, made);
    }
    /** neuron_dataset_filter_renumbered() */
    outcome<dataset> filter_renumbered(span<const std::int32_t> classes) const
    {
        neuron_dataset_t *made = nullptr;
        const int status = neuron_dataset_filter_renumbered(&made, get(), classes.data(),
                                                            detail::count_of(classes));
        return detail::made<dataset>(status, made);
    }
    /** neuron_dataset_filter_by()
     *  @param keep  called as bool keep(int64_t position, int32_t label), and not kept. */
    template <class F> outcome<dataset> filter_by(F &&keep) const
    {
        if constexpr (std::is_function_v<std::remove_reference_t<F>>) {
            auto *pointer = &keep; /* as C has no pointer to both functions and objects */
            return filter_by(pointer);
        } else {
            using Function = std::remove_reference_t<F>;
            neuron_dataset_t *made = nullptr;
            const int status = neuron_dataset_filter_by(
                &made, get(), &detail::keep_by<Function>,
                const_cast<void *>(static_cast<const void *>(std::addressof(keep))));
            return detail::made<dataset>(status, made);
        }
    }
    /** neuron_dataset_grayscale() */
    outcome<dataset> grayscale() const
    {
        neuron_dataset_t *made = nullptr;
        const int status = neuron_dataset_grayscale(&made, get());
        return detail::made<dataset>(status, made);
    }
    /** neuron_dataset_one_hot() */
    outcome<dataset> one_hot() const
    {
        neuron_dataset_t *made = nullptr;
        const int status = neuron_dataset_one_hot(&made, get());
        return detail::made<dataset>(status, made);
    }
    /** neuron_dataset_reshape() */
    outcome<void> reshape(span<const std::int64_t> shape)
    {
        return detail::done(neuron_dataset_reshape(get(), shape.data(), detail::rank_of(shape)));
    }
    /** neuron_dataset_set_scale() */
    outcome<void> set_scale(double scale, double offset = 0)
    {
        return detail::done(neuron_dataset_set_scale(get(), scale, offset));
    }
    /** neuron_dataset_set_scales(): as many offsets as scales. */
    outcome<void> set_scales(span<const double> scales, span<const double> offsets)
    {
        if (scales.size() != offsets.size())
            return detail::refused<void>(NEURON_E_ARGUMENT,
                                         "set_scales: there are not as many offsets as scales");
        return detail::done(
            neuron_dataset_set_scales(get(), scales.data(), offsets.data(), scales.size()));
    }
    /** neuron_dataset_scales() */
    outcome<neuron::scales> scales() const
    {
        return detail::scaled(
            [&](double *scales, double *offsets, std::size_t capacity, std::size_t *needed) {
                return neuron_dataset_scales(scales, offsets, capacity, needed, get());
            });
    }
    /** neuron_dataset_set_weights(): none for 1 everywhere. */
    outcome<void> set_weights(span<const float> weights)
    {
        return detail::done(
            neuron_dataset_set_weights(get(), weights.data(), detail::count_of(weights)));
    }
    /** neuron_dataset_normalize() */
    outcome<void> normalize(double minimum, double maximum)
    {
        return detail::done(neuron_dataset_normalize(get(), minimum, maximum));
    }
    /** neuron_dataset_standardize() */
    outcome<void> standardize(const dataset &reference)
    {
        return detail::done(neuron_dataset_standardize(get(), reference.get()));
    }
    /** neuron_dataset_standardize_channels() */
    outcome<void> standardize_channels(const dataset &reference)
    {
        return detail::done(neuron_dataset_standardize_channels(get(), reference.get()));
    }
    /** neuron_dataset_count() */
    std::int64_t count() const noexcept
    {
        return neuron_dataset_count(get());
    }
    /** neuron_dataset_input_count() */
    std::int64_t input_count() const noexcept
    {
        return neuron_dataset_input_count(get());
    }
    /** neuron_dataset_target_count() */
    std::int64_t target_count() const noexcept
    {
        return neuron_dataset_target_count(get());
    }
    /** neuron_dataset_input() */
    outcome<dataset> input(std::int64_t index) const
    {
        neuron_dataset_t *made = nullptr;
        const int status = neuron_dataset_input(&made, get(), index);
        return detail::made<dataset>(status, made);
    }
    /** neuron_dataset_target() */
    outcome<dataset> target(std::int64_t index) const
    {
        neuron_dataset_t *made = nullptr;
        const int status = neuron_dataset_target(&made, get(), index);
        return detail::made<dataset>(status, made);
    }
    /** neuron_dataset_class_count() */
    std::int64_t class_count() const noexcept
    {
        return neuron_dataset_class_count(get());
    }
    /** neuron_dataset_class_name() */
    text class_name(std::int64_t k) const noexcept
    {
        return neuron_dataset_class_name(get(), k);
    }
    /** neuron_dataset_set_class_names(): none to forget them. */
    outcome<void> set_class_names(const texts &names)
    {
        return detail::done(neuron_dataset_set_class_names(get(), names.data(), names.count()));
    }
    /** neuron_dataset_type() */
    neuron::type type() const noexcept
    {
        return static_cast<neuron::type>(neuron_dataset_type(get()));
    }
    /** neuron_dataset_shape(), of one example. */
    outcome<neuron::shape> shape() const
    {
        neuron::shape to;
        const int status = detail::shaped(to, [&](std::int64_t *extents, std::int32_t *rank) {
            return neuron_dataset_shape(extents, rank, get());
        });
        return detail::given(status, to);
    }
    /** neuron_dataset_class_counts() */
    outcome<std::vector<std::int64_t>> class_counts() const
    {
        std::vector<std::int64_t> counts(static_cast<std::size_t>(class_count()));
        const int status =
            neuron_dataset_class_counts(counts.data(), detail::count_of(counts), get());
        return detail::given(status, std::move(counts));
    }
    /** neuron_dataset_read() into room of the caller's.
     *  @param values  `count` times the elements of one example; none if they are not wanted.
     *  @param labels  `count` numbers; likewise. */
    outcome<void> read(span<float> values, span<std::int32_t> labels, std::int64_t first,
                       std::int64_t count) const
    {
        neuron::shape one;
        const int status = detail::shaped(one, [&](std::int64_t *extents, std::int32_t *rank) {
            return neuron_dataset_shape(extents, rank, get());
        });
        if (status < 0)
            return detail::done(status);
        if ((!values.empty() && detail::count_of(values) / one.count() < count) ||
            (!labels.empty() && detail::count_of(labels) < count))
            return detail::refused<void>(NEURON_E_ARGUMENT,
                                         "read: there is not room for so many examples");
        return detail::done(neuron_dataset_read(values.data(), labels.data(), get(), first, count));
    }
    /** neuron_dataset_read() into new vectors. */
    outcome<neuron::examples> read(std::int64_t first, std::int64_t count) const;
    /** neuron_dataset_read_targets() into a new vector: [count, outputs]. */
    outcome<std::vector<float>> read_targets(std::int64_t first, std::int64_t count) const
    {
        return detail::filled<float>([&](float *to, std::size_t capacity, std::size_t *needed) {
            return neuron_dataset_read_targets(to, capacity, needed, get(), first, count);
        });
    }
    /** neuron_dataset_read_targets() into room of the caller's. */
    outcome<void> read_targets(span<float> targets, std::int64_t first, std::int64_t count) const
    {
        return detail::done(neuron_dataset_read_targets(targets.data(), targets.size(), nullptr,
                                                        get(), first, count));
    }
    /** neuron_dataset_read_weights(): of as many examples as there is room for. */
    outcome<void> read_weights(span<float> weights, std::int64_t first) const
    {
        return detail::done(
            neuron_dataset_read_weights(weights.data(), get(), first, detail::count_of(weights)));
    }
    /** neuron_dataset_preparation(): empty if there is none. */
    neuron::preparation preparation() const noexcept
    {
        return neuron::preparation::share(neuron_dataset_preparation(get()));
    }
};

/** What k_fold() divides a dataset into. */
struct fold {
    dataset train;
    dataset validation;
};

/** Examples that were read: their inputs, one example behind the other, and class numbers. */
struct examples {
    std::vector<float> values;
    std::vector<std::int32_t> labels;
};

inline outcome<fold> dataset::k_fold(std::int64_t k, std::int64_t number, std::uint64_t seed) const
{
    neuron_dataset_t *train = nullptr, *validation = nullptr;
    const int status = neuron_dataset_k_fold(&train, &validation, get(), k, number, seed);
    return detail::given(status, fold{dataset(train), dataset(validation)});
}

inline outcome<examples> dataset::read(std::int64_t first, std::int64_t count) const
{
    neuron::shape one;
    examples all;
    int status = detail::shaped(one, [&](std::int64_t *extents, std::int32_t *rank) {
        return neuron_dataset_shape(extents, rank, get());
    });
    /* What is out of range is for the library to refuse, and needs no memory. */
    const bool there = status >= 0 && first >= 0 && count >= 0 && count <= this->count() - first;
    if (there) {
        all.values.resize(static_cast<std::size_t>(count * one.count()));
        all.labels.resize(static_cast<std::size_t>(count));
    }
    if (status >= 0)
        status = neuron_dataset_read(all.values.data(), all.labels.data(), get(), first, count);
    return detail::given(status, std::move(all));
}

/** Random changes of images. See augmentation.h. */
class augmentation : public handle_with_options<augmentation, neuron_augmentation_t>
{
  public:
    using handle_with_options::handle_with_options;
    augmentation() noexcept = default;
    /** neuron_augmentation_create() */
    static outcome<augmentation> create(const context &context, const options &options = {})
    {
        neuron_augmentation_t *made = nullptr;
        const int status = neuron_augmentation_create(&made, context.get(), options.c_str());
        return detail::made<augmentation>(status, made);
    }
#ifndef NEURON_NO_EXCEPTIONS
    explicit augmentation(const context &context, const options &options = {})
        : augmentation(create(context, options))
    {
    }
#endif
    /** neuron_augmentation_apply() */
    outcome<std::vector<float>> apply(const dataset &dataset, std::int64_t first,
                                      std::int64_t count, std::uint64_t seed,
                                      std::int64_t epoch) const
    {
        neuron::shape one;
        std::vector<float> values;
        int status = detail::shaped(one, [&](std::int64_t *extents, std::int32_t *rank) {
            return neuron_dataset_shape(extents, rank, dataset.get());
        });
        if (status >= 0 && first >= 0 && count >= 0 && count <= dataset.count() - first)
            values.resize(static_cast<std::size_t>(count * one.count()));
        if (status >= 0)
            status = neuron_augmentation_apply(values.data(), get(), dataset.get(), first, count,
                                               seed, epoch);
        return detail::given(status, std::move(values));
    }
};

} // namespace NEURON_CPP_MODE
} // namespace neuron

#endif
