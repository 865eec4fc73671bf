/* The same calls without exceptions, and without run-time types: results in their place. */
#include "expect.hpp"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace
{

static_assert(std::is_same_v<neuron::outcome<neuron::graph>, neuron::result<neuron::graph>>);

void values()
{
    neuron::result<int> number = 5;
    EXPECT(number && number.has_value() && *number == 5);
    *number = 6;
    EXPECT(number.value_or(1) == 6);
    const neuron::result<int> none = neuron::error(NEURON_E_SHAPE, "no");
    EXPECT(!none && none.error().code() == NEURON_E_SHAPE && none.value_or(1) == 1);
    EXPECT(std::string(none.error().what()) == "no");
    number = none;
    EXPECT(!number && number.error().name() == "NEURON_E_SHAPE");

    neuron::result<std::unique_ptr<int>> pointer = std::make_unique<int>(7);
    EXPECT(**pointer == 7);
    std::unique_ptr<int> taken = *std::move(pointer);
    EXPECT(*taken == 7);

    neuron::result<void> done;
    EXPECT(done && done.has_value());
    done = neuron::error(-5, "mine");
    EXPECT(!done && done.error().code() == -5);
}

void whole()
{
    const auto made = neuron::context::create("threads=1");
    if (!made) {
        EXPECT(made);
        return;
    }
    neuron::context context = *made;
    EXPECT(context.get() && context.threads() == 1);
    const auto refused = neuron::context::create({{"threads", 500}});
    EXPECT(!refused && refused.error().code() == NEURON_E_ARGUMENT);

    const auto train = neuron::dataset::generate_glyphs(context, 200, 8, 8, 1);
    const auto graph = neuron::graph::create(context);
    EXPECT(train && graph);
    neuron::graph network = *graph;
    const auto x = network.input("pixels", {8, 8, 1}).flatten();
    const auto h = x.dense(16).relu();
    /* The first mistake is kept until the end. */
    neuron::graph wrong = neuron::graph::create(context).value_or(nullptr);
    const auto none = wrong.input({8}).dense(-3).relu().softmax();
    EXPECT(!none);
    const auto unfinished = wrong.finish(none);
    EXPECT(!unfinished && unfinished.error().code() == NEURON_E_ARGUMENT);
    EXPECT(network.finish(network.concat({x, h}).dense(10).softmax()));

    const auto adam = neuron::optimizer::create(context, "adam", "learning_rate=0.01");
    EXPECT(adam && *adam->number("learning_rate") == 0.01);
    EXPECT(!neuron::optimizer::create(context, "adamm"));
    auto trainer = neuron::trainer::create(network, *adam);
    EXPECT(trainer);
    const auto captured = std::make_shared<int>(0);
    int points = 0;
    EXPECT(trainer->on(neuron::event::epoch_end,
                       [captured, &points](const neuron::trainer &) -> neuron::result<void> {
                           if (++points == 2)
                               return neuron::error(-77, "mine");
                           return {};
                       }));
    const auto failed = trainer->fit(*train, {{"epochs", 3}});
    EXPECT(!failed && failed.error().code() == -77);
    const auto history = trainer->run();
    EXPECT(history && history->epochs() == 3);
    EXPECT(captured.use_count() == 2);
    trainer = neuron::trainer();
    EXPECT(captured.use_count() == 1);

    const auto evaluation = network.evaluate(*train);
    EXPECT(evaluation && evaluation->accuracy() > 0.1);
    EXPECT(evaluation->report() && evaluation->report()->size() > 100);
    EXPECT(!evaluation->report(4, {"one"}));
    EXPECT(!network.save("/nowhere/at/all"));
    EXPECT(network.save("/nowhere/at/all").error().code() == NEURON_E_IO);

    auto tensor = neuron::tensor::create(context, {2, 3});
    EXPECT(tensor && tensor->elements<float>() && tensor->elements<float>()->size() == 6);
    EXPECT(!tensor->elements<std::int32_t>());
    EXPECT(!neuron::tensor::copy(context, std::vector<float>(5), {2, 3}));
}

} // namespace

int main()
{
    values();
    whole();
    return expectations();
}
