/* Handles of C++ as values: moves, copies, and who releases what, and when. */
#include "expect.hpp"

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
    EXPECT(neuron::texts(strings).count() == 2);
    EXPECT(neuron::texts().data() == nullptr);
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
    check_traits<neuron::evaluation>();
    moves();
    copies();
    owners();
    lists();
    return expectations();
}
