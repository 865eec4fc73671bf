/* What functions of the caller's throw: it comes out of the call in C++, and nothing of C sees it;
 * what they had is released; all handles go on. */
#include "expect.hpp"

#include <libneuron-committee/committees.hpp>

#include <cmath>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace
{

/* Of the caller's own, and of no class that the library could know. */
struct oops {
    int number;
};

neuron::context one_thread()
{
    return neuron::context("threads=1");
}

neuron::dataset glyphs(const neuron::context &context)
{
    return neuron::dataset::generate_glyphs(context, 64, 8, 8, 1);
}

neuron::graph small_graph(const neuron::context &context)
{
    neuron::graph graph(context);
    graph.finish(graph.input({8, 8, 1}).flatten().dense(10).softmax());
    return graph;
}

/* Ends the program if anything is thrown through it. */
template <class F> int without_exceptions(F call) noexcept
{
    return call();
}

/* What C calls returns a failure in each case, and throws nothing. */
void trampolines()
{
    using namespace neuron::detail;
    auto by_batch = [](const neuron::loss_batch &) { throw oops{1}; };
    auto at_point = [](const neuron::trainer &) { throw oops{2}; };
    auto rate = [](double, std::int64_t) -> double { throw oops{3}; };
    auto stream = [](const neuron::stream_request &) { throw oops{4}; };
    auto stream_targets = [](const neuron::stream_targets_request &) { throw oops{5}; };
    auto keep = [](std::int64_t, std::int32_t) -> bool { throw oops{6}; };
    auto attempt = [](const neuron::trial &) -> double { throw oops{7}; };
    auto write = [](neuron::span<const unsigned char>) { throw oops{8}; };
    auto log = [](neuron::log_level, neuron::text, neuron::text) { throw oops{9}; };
    auto loop = [](std::int64_t, neuron::loop_part) { throw oops{10}; };
    struct {
        void forward(neuron::layer_run &) const
        {
            throw oops{11};
        }
        void backward(neuron::layer_run &) const
        {
            throw oops{12};
        }
        neuron::shape output_shape(neuron::span<const neuron::shape>) const
        {
            throw oops{13};
        }
        std::int64_t saved(const neuron::layer_run &) const
        {
            throw oops{14};
        }
        void *allocate(std::size_t, std::size_t)
        {
            throw std::bad_alloc();
        }
    } all;
    using everything = decltype(all);

    std::vector<int> tickets;
    auto fails = [&](auto call) {
        const int status = without_exceptions(call);
        EXPECT(status < -1000);
        tickets.push_back(status);
    };
    double number = 0;
    float value = 0;
    std::int32_t flag = 0;
    std::int64_t size = 0;
    const std::int64_t extents[NEURON_RANK_MAX] = {1};
    const std::int32_t rank = 1;
    fails([&] {
        return loss_by<decltype(by_batch)>(&number, nullptr, &value, &value, &flag, 1, 1,
                                           &by_batch);
    });
    fails([&] { return at_event<decltype(at_point)>(nullptr, 8, &at_point); });
    fails([&] { return schedule_by<decltype(rate)>(&number, 0, &rate); });
    fails([&] { return read_stream<decltype(stream)>(nullptr, nullptr, &size, 1, &stream); });
    fails([&] {
        return read_stream_targets<decltype(stream_targets)>(nullptr, nullptr, &size, 1,
                                                             &stream_targets);
    });
    fails([&] { return keep_by<decltype(keep)>(&flag, 0, 0, &keep); });
    fails([&] { return try_by<decltype(attempt)>(&number, nullptr, &attempt); });
    fails([&] { return write_to<decltype(write)>("x", 1, &write); });
    for (int i = 9; i <= 10; i++)
        tickets.push_back(0);
    fails([&] { return forward_of<everything>(nullptr, &all); });
    fails([&] { return backward_of<everything>(nullptr, &all); });
    fails([&] { return output_shape_of<everything>(&size, &flag, extents, &rank, 1, &all); });
    fails([&] { return static_cast<int>(saved_of<everything>(nullptr, &all)); });
    EXPECT(without_exceptions([&] { return allocate_from<everything>(1, 64, &all) ? 1 : 0; }) == 0);

    /* Each ticket stands for its own, once. */
    for (int i = static_cast<int>(tickets.size()); i > 0; i--) {
        const int ticket = tickets[static_cast<std::size_t>(i - 1)];
        if (ticket == 0)
            continue;
        EXPECT_THROW(done(ticket), oops, caught.number == i);
        EXPECT_THROW(done(ticket), neuron::error, caught.code() == NEURON_E_CALLBACK);
    }

    /* Where C has no failure the next call of the thread raises it, and no other thread's. */
    without_exceptions([&] {
        log_to<decltype(log)>(NEURON_LOG_INFO, "data", "line", &log);
        loop_in<decltype(loop)>(0, nullptr, nullptr, &loop);
        return 0;
    });
    std::thread([] { EXPECT(glyphs(one_thread()).count() == 64); }).join();
    EXPECT_THROW(one_thread(), oops, caught.number == 9);
    EXPECT(glyphs(one_thread()).count() == 64);
}

void trainings()
{
    const neuron::context context = one_thread();
    const auto captured = std::make_shared<int>(0);
    {
        const auto train = glyphs(context);
        const auto graph = small_graph(context);
        neuron::optimizer sgd(context, "sgd");
        neuron::trainer trainer(graph, sgd, train);

        bool failing = true;
        trainer.on(neuron::event::epoch_begin | neuron::event::step_end,
                   [captured, &failing](const neuron::trainer &self, neuron::event event) {
                       EXPECT(self.get() != nullptr);
                       if (failing && event == neuron::event::step_end)
                           throw std::out_of_range("a step");
                   });
        EXPECT(captured.use_count() == 2);
        EXPECT_THROW(trainer.run(), std::out_of_range, std::string(caught.what()) == "a step");
        EXPECT(trainer.history().epochs() == 0);
        failing = false;
        EXPECT(trainer.run().epochs() == 1);

        /* An error of the library's, thrown on by a function of the caller's. */
        auto at_end = neuron::callback::create_function(
            context, neuron::event::epoch_end, [](const neuron::trainer &self) {
                neuron::trainer copy = self; /* may live longer than the run */
                copy.set_validation({});
            });
        trainer.add(at_end);
        trainer.set("epochs=2");
        EXPECT_THROW(trainer.run(), neuron::error, caught.code() == NEURON_E_STATE);
        trainer.remove(at_end);
        trainer.run();

        auto schedule =
            neuron::callback::create_schedule(context, [captured](double rate, std::int64_t epoch) {
                if (epoch == 3)
                    throw oops{3};
                return rate / 2;
            });
        trainer.add(schedule);
        trainer.set("epochs=5");
        EXPECT_THROW(trainer.run(), oops, caught.number == 3);
        EXPECT(trainer.history().epochs() == 3);
        trainer.remove(schedule);

        /* Ended, not failed. */
        bool stopped = false;
        trainer.on(neuron::event::epoch_end, [](const neuron::trainer &) { return neuron::stop; });
        trainer.run(&stopped);
        EXPECT(stopped && trainer.history().epochs() == 4);
    }
    EXPECT(captured.use_count() == 1);
}

void losses()
{
    const neuron::context context = one_thread();
    const auto captured = std::make_shared<int>(0);
    {
        const auto train = glyphs(context);
        const auto graph = small_graph(context);
        int left = 3;
        const auto loss = neuron::loss::create_custom(
            context, [captured, &left](const neuron::loss_batch &batch) {
                if (left-- == 0)
                    throw oops{4};
                for (std::size_t i = 0; i < batch.outputs.size(); i++) {
                    const double error = static_cast<double>(batch.outputs[i] - batch.targets[i]);
                    batch.losses[i / static_cast<std::size_t>(batch.size)] += error * error;
                    if (!batch.gradients.empty())
                        batch.gradients[i] = static_cast<float>(2 * error);
                }
            });
        EXPECT(loss.kind() == "custom");
        EXPECT(graph.evaluate(train, loss).loss() > 0);
        left = 0;
        EXPECT_THROW(graph.evaluate(train, loss), oops, caught.number == 4);
        neuron::trainer trainer(graph, neuron::optimizer(context, "sgd"), train);
        trainer.set_loss(loss);
        left = 1;
        EXPECT_THROW(trainer.run(), oops, caught.number == 4);
        left = 100;
        EXPECT(trainer.run().value(0, "loss") > 0);
    }
    EXPECT(captured.use_count() == 1);
}

/* Scales by two; keeps as many numbers as there are outputs. */
struct twice {
    std::shared_ptr<int> captured;
    const char *fails = "";

    void fail_at(const char *point) const
    {
        if (std::string(fails) == point)
            throw std::runtime_error(point);
    }
    void forward(neuron::layer_run &run) const
    {
        fail_at("forward");
        EXPECT(run.input_shape() == run.output_shape());
        EXPECT(static_cast<std::int64_t>(run.output().size()) == run.batch() * run.output_size());
        for (std::size_t i = 0; i < run.output().size(); i++)
            run.output()[i] = 2 * run.input()[i];
    }
    void backward(neuron::layer_run &run) const
    {
        fail_at("backward");
        EXPECT(run.saved() != nullptr);
        for (std::size_t i = 0; i < run.input_gradient().size(); i++)
            run.input_gradient()[i] = 2 * run.output_gradient()[i];
    }
    neuron::shape output_shape(neuron::span<const neuron::shape> inputs) const
    {
        fail_at("output_shape");
        return inputs[0];
    }
    std::int64_t saved(const neuron::layer_run &run) const
    {
        fail_at("saved");
        return run.batch();
    }
};

void layers()
{
    const auto captured = std::make_shared<int>(0);
    for (const char *fails : {"", "forward", "backward", "output_shape", "saved"}) {
        neuron::context context = one_thread();
        const std::string point(fails);
        context.register_layer("twice", twice{captured, fails});
        EXPECT(captured.use_count() == 2);
        EXPECT_THROW(context.register_layer("twice", twice{captured, fails}), neuron::error,
                     caught.code() == NEURON_E_ARGUMENT);
        EXPECT(captured.use_count() == 2);

        neuron::graph graph(context);
        const auto x = graph.input({8, 8, 1}).flatten().dense(10).custom_layer("twice");
        if (point == "output_shape") {
            EXPECT(!x);
            EXPECT_THROW(graph.finish(x.softmax()), std::runtime_error, caught.what() == point);
            continue;
        }
        EXPECT(x.custom_kind() == "twice");
        graph.finish(x.softmax());
        const auto train = glyphs(context);
        neuron::tensor outputs(context, {train.count(), 10});
        if (point == "forward")
            EXPECT_THROW(graph.predict(train, outputs), std::runtime_error, caught.what() == point);
        else
            graph.predict(train, outputs);
        neuron::trainer trainer(graph, neuron::optimizer(context, "sgd"), train);
        if (point.empty())
            EXPECT(trainer.run().epochs() == 1);
        else
            EXPECT_THROW(trainer.run(), std::runtime_error, caught.what() == point);
    }
    EXPECT(captured.use_count() == 1);

    neuron::context context = one_thread();
    context.register_layer(
        "negative",
        [](neuron::layer_run &run) {
            for (std::size_t i = 0; i < run.output().size(); i++)
                run.output()[i] = -run.input()[i];
        },
        [](neuron::layer_run &) { throw oops{5}; });
    neuron::graph graph(context);
    graph.finish(graph.custom_layer("negative", {graph.input({3})}));
    std::vector<float> numbers{1, 2, 3}, outputs(3);
    const auto input = neuron::tensor::wrap(context, numbers, {1, 3});
    auto output = neuron::tensor::wrap(context, outputs, {1, 3});
    graph.predict(input, output);
    EXPECT(outputs == (std::vector<float>{-1, -2, -3}));
    EXPECT_THROW(graph.gradient({input}, {input}, {output}), oops, caught.number == 5);
}

void streams()
{
    const auto captured = std::make_shared<int>(0);
    /* With a worker the stream is read in another thread. */
    for (const char *workers : {"workers=0", "workers=1"}) {
        const neuron::context context("threads=2");
        bool failing = false;
        std::thread::id reader;
        const auto stream = neuron::dataset::create_stream(
            context,
            [captured, &failing, &reader](const neuron::stream_request &request) {
                reader = std::this_thread::get_id();
                if (failing)
                    throw oops{6};
                for (std::size_t i = 0; i < request.positions.size(); i++) {
                    if (request.labels)
                        request.labels[i] = static_cast<std::int32_t>(request.positions[i] % 10);
                    if (request.examples)
                        for (std::size_t k = 0; k < 64; k++)
                            request.examples_as<float>()[i * 64 + k] = 0.5F;
                }
            },
            100, "shape=8x8x1, classes=10");
        const auto graph = small_graph(context);
        EXPECT(graph.evaluate(stream).count() == 100);
        neuron::trainer trainer(graph, neuron::optimizer(context, "sgd"), stream);
        trainer.set(workers);
        failing = true;
        EXPECT_THROW(trainer.run(), oops, caught.number == 6);
        EXPECT((reader == std::this_thread::get_id()) == (workers[8] == '0'));
        EXPECT_THROW(graph.evaluate(stream), oops, caught.number == 6);
        failing = false;
        EXPECT(trainer.run().epochs() == 1);
    }
    EXPECT(captured.use_count() == 1);
    const neuron::context context = one_thread();
    EXPECT_THROW(neuron::dataset::create_stream(
                     context, [captured](const neuron::stream_request &) { throw oops{7}; }, 10,
                     "shape=3, classes=2"),
                 oops, caught.number == 7);
    EXPECT(captured.use_count() == 1);
    const auto with_targets = neuron::dataset::create_stream_with_targets(
        context,
        [](const neuron::stream_targets_request &request) {
            for (std::size_t i = 0; request.targets && i < request.positions.size(); i++)
                request.targets[i] = 0.25F;
        },
        10, "shape=3, targets=1");
    EXPECT(with_targets.read_targets(0, 10) == std::vector<float>(10, 0.25F));
}

void others()
{
    const neuron::context context = one_thread();
    const auto train = glyphs(context);
    const auto graph = small_graph(context);
    const auto captured = std::make_shared<int>(0);

    int pieces = 0;
    std::vector<unsigned char> saved;
    EXPECT_THROW(graph.save_to([&](neuron::span<const unsigned char>) {
        if (++pieces == 2)
            throw oops{8};
    }),
                 oops, caught.number == 8);
    graph.save_to([&](neuron::span<const unsigned char> piece) {
        saved.insert(saved.end(), piece.begin(), piece.end());
    });
    EXPECT(saved == graph.save_memory());
    EXPECT(neuron::graph::load_memory(context, saved).parameter_count() == graph.parameter_count());

    EXPECT_THROW(train.filter_by([](std::int64_t position, std::int32_t) {
        if (position == 9)
            throw oops{9};
        return true;
    }),
                 oops, caught.number == 9);
    EXPECT(
        train.filter_by([](std::int64_t position, std::int32_t) { return position < 5; }).count() ==
        5);

    {
        neuron::search search(context, [captured](const neuron::trial &trial) {
            if (trial.number("rate") > 2)
                throw oops{10};
            return trial.number("rate");
        });
        search.add_factor("rate", {1, 2, 3});
        search.add_choice("activation", {"relu", "tanh"});
        EXPECT_THROW(search.run_grid(), oops, caught.number == 10);
        EXPECT(search.trial_count() == 4 && search.best().number("rate") == 2);
        EXPECT(search.best().choice("activation") == "relu");
    }
    EXPECT(captured.use_count() == 1);
    neuron::search ended(context, [](double &, const neuron::trial &) { return neuron::stop; });
    ended.add_factor("rate", {1, 2});
    EXPECT(!ended.run_grid() && ended.trial_count() == 0);
    neuron::search smallest(context,
                            [](const neuron::trial &trial) { return trial.number("rate"); },
                            {{"goal", "smallest"}, {"folds", 2}});
    smallest.add_factor("rate", {3, 1, 2});
    EXPECT(smallest.run_grid() && smallest.best().index() == 1);
    EXPECT(smallest.best().fold_count() == 2 && smallest.best().fold_score(1) == 1);

    {
        neuron::dataset glyphs = neuron::dataset::generate_glyphs(context, 60, 8, 8, 1);
        neuron::committee_trainer trainer(
            context, neuron::optimizer(context, "adam"), glyphs,
            {{"method", "folds"}, {"members", 2}, {"epochs", 3}, {"side_by_side", "yes"}});
        bool fails = true;
        int epochs = 0;
        trainer.set_builder([captured, &fails](const neuron::context &within, std::int64_t member) {
            if (fails && member == 1)
                throw oops{11};
            neuron::graph built(within);
            built.finish(built.input({8, 8, 1}).flatten().dense(10).softmax());
            return built;
        });
        EXPECT_THROW(trainer.run(), oops, caught.number == 11);
        int built_by_fit = 0;
        const auto build = [&](const neuron::context &within, std::int64_t member) {
            if (fails && member == 1)
                throw oops{13};
            built_by_fit++;
            neuron::graph made(within);
            made.finish(made.input({8, 8, 1}).flatten().dense(10).softmax());
            return made;
        };
        EXPECT_THROW(neuron::committee_fit(context, build, glyphs, {{"members", 3}}), oops,
                     caught.number == 13);
        fails = false;
        const neuron::graph fitted =
            neuron::committee_fit(context, build, glyphs,
                                  {{"members", 3}, {"method", "bagging"}, {"combine", "stacking"}});
        EXPECT(built_by_fit == 4 && fitted.parameter_count() == 3 * 650 + 310);
        EXPECT_THROW(neuron::committee_fit(context, build, glyphs,
                                           {{"combine", "stacking"}, {"hold_out", 0}}),
                     neuron::error, caught.code() == NEURON_E_STATE);
        trainer.set_function([&](const neuron::committee_trainer &, std::int64_t) {
            if (++epochs == 2)
                throw oops{12};
        });
        EXPECT_THROW(trainer.run(), oops, caught.number == 12);
        trainer.set_function([&](const neuron::committee_trainer &running, std::int64_t) {
            return running.progress("epochs_done") > 3 ? neuron::stop : 0;
        });
        bool stopped = false;
        EXPECT(!trainer.run(&stopped) && stopped);
        trainer.set_function([](const neuron::committee_trainer &, std::int64_t) {});
        const neuron::graph committee = trainer.run(&stopped);
        EXPECT(!stopped && committee.output_count() == 1 && trainer.member_count() == 2);
        EXPECT(trainer.history(1).epochs() == 3 && !trainer.member(2));
        EXPECT(trainer.member(0).parameter_count() == 650);
        EXPECT(trainer.out_of_fold().count() == 600 && trainer.held_out().count() == 1200);
        const auto counts = trainer.example_counts(0);
        EXPECT(counts.size() == 60 && counts[0] + trainer.example_counts(1)[0] == 1);
    }
    EXPECT(captured.use_count() == 1);

    /* A function that refuses by a status, without an exception. */
    EXPECT_THROW(graph.save_to([](neuron::span<const unsigned char>) { return -5; }), neuron::error,
                 caught.code() == -5);
    EXPECT_THROW(graph.save_to([](neuron::span<const unsigned char>) { return 7; }), neuron::error,
                 caught.code() == NEURON_E_CALLBACK);
}

void contexts()
{
    const auto captured = std::make_shared<int>(0);
    {
        neuron::context context = one_thread();
        std::vector<std::string> lines;
        context.set_log(
            neuron::log_level::debug,
            [captured, &lines](neuron::log_level, neuron::text category, neuron::text line) {
                lines.push_back(category.str() + ": " + line.str());
                if (category == "graph")
                    throw oops{11};
            });
        const auto graph = small_graph(context);
        const auto train = glyphs(context);
        neuron::tensor outputs(context, {train.count(), 10});
        /* The plan of a first prediction is told at level debug. */
        EXPECT_THROW(graph.predict(train, outputs), oops, caught.number == 11);
        EXPECT(!lines.empty());
        graph.predict(train, outputs);
        context.set_log(nullptr);
        EXPECT(captured.use_count() == 1);
    }
    {
        neuron::context context("threads=3");
        int calls = 0;
        context.set_parallel_for([captured, &calls](std::int64_t count, neuron::loop_part part) {
            if (++calls == 2)
                throw oops{12};
            for (std::int64_t i = 0; i < count; i++)
                part(i);
        });
        const auto train = neuron::dataset::generate_glyphs(context, 512, 16, 16, 1);
        neuron::graph graph(context);
        graph.finish(graph.input({16, 16, 1}).flatten().dense(512).relu().dense(10).softmax());
        EXPECT_THROW(graph.evaluate(train), oops, caught.number == 12);
        EXPECT(graph.evaluate(train).count() == 512);
        EXPECT(calls > 2);
    }
    EXPECT(captured.use_count() == 1);
    /* No memory is an error like others. */
    struct poor {
        void *allocate(std::size_t, std::size_t)
        {
            throw std::bad_alloc();
        }
        void release(void *) noexcept
        {
        }
    };
    EXPECT_THROW(neuron::context::create_with_allocator(poor()), neuron::error,
                 caught.code() == NEURON_E_MEMORY);
    EXPECT_THROW(neuron::context("thread=2"), neuron::error,
                 neuron::text(caught.what()) ==
                         "context: there is no option \"thread\"; did you mean \"threads\"?" &&
                     caught.name() == "NEURON_E_ARGUMENT");
}

} // namespace

int main()
{
    trampolines();
    trainings();
    losses();
    layers();
    streams();
    others();
    contexts();
    return expectations();
}
