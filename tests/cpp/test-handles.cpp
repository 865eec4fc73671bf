/* Handles of C++ as values: moves, copies, and who releases what, and when. */
#include "expect.hpp"

#include <libneuron-committee/committees.hpp>

#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace
{

/* An allocator that knows how many pieces are out. */
struct counting {
    std::shared_ptr<long> live;

    void *allocate(std::size_t size, std::size_t alignment)
    {
        ++*live;
        return ::operator new(size, std::align_val_t(alignment < 64 ? 64 : alignment));
    }
    void release(void *memory) noexcept
    {
        --*live;
        ::operator delete(memory, std::align_val_t(64));
    }
};

/* A vector that tells when it goes. */
struct watched : std::vector<float> {
    std::shared_ptr<int> alive;
    watched(std::size_t size, std::shared_ptr<int> counter)
        : std::vector<float>(size), alive(std::move(counter))
    {
    }
};

neuron::context one_thread()
{
    return neuron::context("threads=1");
}

template <class Handle> void check_traits()
{
    static_assert(std::is_nothrow_move_constructible_v<Handle>);
    static_assert(std::is_nothrow_move_assignable_v<Handle>);
    static_assert(std::is_nothrow_copy_constructible_v<Handle>);
    static_assert(std::is_nothrow_copy_assignable_v<Handle>);
    static_assert(std::is_nothrow_destructible_v<Handle>);
    static_assert(sizeof(Handle) == sizeof(void *));
    static_assert(!std::is_convertible_v<typename Handle::c_type *, Handle>);
    Handle empty(nullptr);
    EXPECT(!empty);
    EXPECT(empty.get() == nullptr);
    Handle copy(empty), moved(std::move(empty));
    EXPECT(copy == moved);
    moved = copy;
    copy = std::move(moved);
    copy.reset();
}

void moves()
{
    const neuron::context context = one_thread();
    const auto alive = std::make_shared<int>(0);
    auto tensor = neuron::tensor::own(context, watched(6, alive), {2, 3});
    EXPECT(alive.use_count() == 2);
    neuron_tensor_t *const pointer = tensor.get();

    neuron::tensor taken(std::move(tensor));
    EXPECT(!tensor && taken.get() == pointer);
    EXPECT_THROW(tensor.elements(), neuron::error, caught.code() == NEURON_E_TYPE);
    EXPECT_THROW(tensor.save_npy("nowhere"), neuron::error, caught.code() == NEURON_E_ARGUMENT);

    tensor = std::move(taken);
    EXPECT(!taken && tensor.get() == pointer);

    /* To itself, by another name, as compilers see through the same one. */
    neuron::tensor &same = tensor;
    tensor = std::move(same);
    EXPECT(tensor.get() == pointer && alive.use_count() == 2);
    tensor = same;
    EXPECT(tensor.get() == pointer && alive.use_count() == 2);

    std::swap(tensor, taken);
    EXPECT(!tensor && taken.get() == pointer);
    taken = neuron::tensor();
    EXPECT(alive.use_count() == 1);
}

void copies()
{
    const neuron::context context = one_thread();
    const auto alive = std::make_shared<int>(0);
    auto tensor = neuron::tensor::own(context, watched(6, alive), {2, 3});
    {
        const neuron::tensor copy(tensor);
        EXPECT(copy == tensor);
        tensor.elements()[4] = 5;
        EXPECT(copy.elements()[4] == 5); /* the same thing, not another one */
        tensor.reset();
        EXPECT(alive.use_count() == 2);
        EXPECT(copy.shape() == (neuron::shape{2, 3}));
    }
    EXPECT(alive.use_count() == 1);

    /* Between C and C++. */
    tensor = neuron::tensor::own(context, watched(1, alive), {1});
    neuron_tensor_t *owned = tensor.release();
    EXPECT(!tensor && alive.use_count() == 2);
    {
        const neuron::tensor shared = neuron::tensor::share(owned);
        EXPECT(shared.get() == owned);
    }
    EXPECT(alive.use_count() == 2);
    {
        const neuron::tensor again(owned);
        EXPECT(again.get() == owned);
    }
    EXPECT(alive.use_count() == 1);
    EXPECT(!neuron::tensor::share(nullptr));
}

/* What is made keeps alive what it was made from; all memory comes back. */
void owners()
{
    const auto live = std::make_shared<long>(0);
    {
        neuron::history history;
        neuron::graph kept;
        {
            auto context = neuron::context::create_with_allocator(counting{live}, "threads=1");
            auto train = neuron::dataset::generate_glyphs(context, 40, 8, 8, 1);
            neuron::graph graph(context);
            const auto x = graph.input("pixels", {8, 8, 1});
            graph.finish(x.flatten().dense(10).softmax());
            neuron::optimizer sgd(context, "sgd", {{"learning_rate", 0.1F}});
            neuron::trainer trainer(graph, sgd, train);
            context.reset();
            sgd.reset();
            train.reset();
            graph.reset();
            history = trainer.run();
            kept = trainer.graph();
            EXPECT(trainer.graph() == kept);
            EXPECT(trainer.history() == history);
            EXPECT(trainer.optimizer().kind() == "sgd");
        }
        EXPECT(history.epochs() == 1);
        EXPECT(kept.output_shape() == neuron::shape{10});
        EXPECT(*live > 0);
    }
    EXPECT(*live == 0);
    EXPECT(live.use_count() == 1);
}

/* Lists of handles that a call works with take no owners, and any number. */
void lists()
{
    const neuron::context context = one_thread();
    const auto alive = std::make_shared<int>(0);
    const auto tensor = neuron::tensor::own(context, watched(1, alive), {1});
    const neuron::handles<neuron_tensor_t> few{tensor, nullptr, tensor.get()};
    EXPECT(few.count() == 3);
    EXPECT(few.data()[0] == tensor.get() && !few.data()[1] && few.data()[2] == tensor.get());
    const std::vector<neuron::tensor> many(100, tensor);
    const neuron::handles<neuron_tensor_t> all(many);
    EXPECT(all.count() == 100 && all.data()[99] == tensor.get());
    EXPECT(alive.use_count() == 2);

    const std::string b = "b";
    const neuron::texts words{"a", b, nullptr};
    EXPECT(words.count() == 3 && !words.data()[2] && std::string(words.data()[1]) == "b");
    const std::vector<std::string> strings{"c", "d"};
    const neuron::texts looked_at(strings);
    EXPECT(looked_at.count() == 2 && looked_at.data()[0] == strings[0].c_str());
    EXPECT(neuron::texts().data() == nullptr);
}

std::vector<std::string> long_strings()
{
    return {std::string(100, 'x'), std::string(100, 'y')};
}

/* Strings whose elements are made one by one, when they are asked for. */
struct made_strings {
    struct iterator {
        int number;
        std::string operator*() const
        {
            return std::string(100, static_cast<char>('a' + number));
        }
        iterator &operator++()
        {
            number++;
            return *this;
        }
        bool operator!=(const iterator &other) const
        {
            return number != other.number;
        }
    };
    iterator begin() const
    {
        return {0};
    }
    iterator end() const
    {
        return {3};
    }
    std::size_t size() const
    {
        return 3;
    }
};

bool reads(const neuron::texts &texts, const std::string &first)
{
    return texts.count() > 0 && texts.data()[0] == first;
}

/* What a list of texts is made of may go before it. */
void going()
{
    const std::string x(100, 'x');
    const neuron::texts listed{std::string(100, 'x'), x, "z", nullptr};
    EXPECT(listed.count() == 4 && listed.data()[0] == x && listed.data()[1] == x.c_str());
    EXPECT(listed.data()[2] == std::string("z") && !listed.data()[3]);
    const neuron::texts returned(long_strings());
    EXPECT(returned.count() == 2 && returned.data()[0] == x);
    EXPECT(returned.data()[1] == std::string(100, 'y'));
    const made_strings maker;
    const neuron::texts made(maker);
    EXPECT(made.count() == 3 && made.data()[0] == std::string(100, 'a'));
    EXPECT(made.data()[2] == std::string(100, 'c'));
    EXPECT(reads(long_strings(), x));
    EXPECT(reads({x + "1", x}, x + "1"));
    EXPECT(reads(std::vector<neuron::text>{"a", x}, "a"));

    const neuron::options options = std::string("threads=1, seed=") + "1234567890";
    const neuron::context context(options);
    EXPECT(context.seed() == 1234567890);
    const std::vector<float> two{1, 2};
    std::vector<float> room(2);
    const auto over = neuron::tensor::wrap(context, neuron::span<float>(room), {2});
    const auto over_room = neuron::tensor::wrap(context, room, {2});
    EXPECT(over.elements().data() == room.data() && over_room.elements().data() == room.data());
#ifdef __cpp_lib_span
    const auto over_view = neuron::tensor::wrap(context, std::span<float>(room), {2});
    EXPECT(over_view.elements().data() == room.data());
#endif
    double sum = 0;
    for (const float each : neuron::tensor::copy(context, two, {2}).elements())
        sum += static_cast<double>(each);
    EXPECT(sum == 3);
}

} // namespace

namespace beside
{

struct keeper {
    bool operator()(std::int64_t position, std::int32_t) const
    {
        return position == 2;
    }
};
struct writer {
    int operator()(neuron::span<const unsigned char>) const
    {
        return 0;
    }
};
template <class... Arguments> int called(Arguments &&...) = delete;
template <class... Arguments> int guarded(Arguments &&...) = delete;
template <class... Arguments> int hand_over(Arguments &&...) = delete;

} // namespace beside

namespace
{

int take_bytes(neuron::span<const unsigned char>)
{
    return 0;
}

bool is_second(std::int64_t position, std::int32_t)
{
    return position == 1;
}

/* Plain functions are functions of the caller's, too; and functions beside a callable, which are
 * called as those of the header are, are not mistaken for them. */
void functions()
{
    const neuron::context context = one_thread();
    const auto glyphs = neuron::dataset::generate_glyphs(context, 3, 8, 8, 1);
    EXPECT(glyphs.filter_by(is_second).count() == 1);
    EXPECT(glyphs.filter_by(&is_second).count() == 1);
    neuron::graph graph(context);
    graph.finish(graph.input({2}).dense(2).softmax());
    graph.save_to(take_bytes);
    EXPECT(glyphs.filter_by(beside::keeper()).count() == 1);
    graph.save_to(beside::writer());
}

/* What would be taken for something else is refused by the compiler. */
void refused()
{
    using std::is_constructible_v;
    using std::is_convertible_v;
    static_assert(!is_convertible_v<int, neuron::text> && !is_convertible_v<bool, neuron::text>);
    static_assert(!is_convertible_v<int, neuron::options>);
    static_assert(!is_convertible_v<int, neuron::dataset>);
    static_assert(!is_constructible_v<neuron::span<float>, int, std::size_t>);
    static_assert(!is_constructible_v<neuron::bytes, int, std::size_t>);
    static_assert(is_constructible_v<neuron::span<float>, std::vector<float> &>);
    static_assert(is_constructible_v<neuron::span<const float>, std::vector<float>>);
    static_assert(!is_constructible_v<neuron::span<float>, std::vector<float>>);
    static_assert(!is_constructible_v<neuron::span<float>, const std::vector<float> &>);
    static_assert(is_constructible_v<neuron::span<const float>, neuron::span<float>>);
    static_assert(!std::is_copy_constructible_v<neuron::texts>);
    static_assert(!is_convertible_v<int, neuron::span<float>>);
    static_assert(!is_convertible_v<std::string, neuron::span<const float>>);
    static_assert(!is_convertible_v<int, neuron::bytes>);
}

} // namespace

int main()
{
    check_traits<neuron::context>();
    check_traits<neuron::tensor>();
    check_traits<neuron::preparation>();
    check_traits<neuron::dataset>();
    check_traits<neuron::augmentation>();
    check_traits<neuron::graph>();
    check_traits<neuron::gradient>();
    check_traits<neuron::optimizer>();
    check_traits<neuron::loss>();
    check_traits<neuron::trainer>();
    check_traits<neuron::callback>();
    check_traits<neuron::history>();
    check_traits<neuron::search>();
    check_traits<neuron::committee_trainer>();
    check_traits<neuron::cascade>();
    check_traits<neuron::communicator>();
    check_traits<neuron::evaluation>();
    moves();
    copies();
    owners();
    lists();
    going();
    functions();
    refused();
    return expectations();
}
