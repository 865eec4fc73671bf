/* Trains a small network before the reader's eyes, with a bar that tells how far it is, and keeps
 * what it came to: report.html, a page to read, and an event log for TensorBoard.
 *
 *     c++ -std=c++17 report.cpp -o report $(pkg-config --cflags --libs libneuron-report)
 *     ./report report.html logs
 *
 * It learns from images that the library draws, in some seconds. A report with a section of each
 * kind is written by report.c. */
#include <libneuron-committee/committees.hpp>
#include <libneuron-report/event_log.hpp>
#include <libneuron-report/report.hpp>
#include <libneuron-report/terminal.hpp>

#include <cstdint>
#include <iostream>
#include <string>
#include <string_view>

namespace
{

neuron::graph build(const neuron::context &context, std::int64_t filters)
{
    neuron::graph graph(context);
    const auto x = graph.input("pixels", {16, 16, 1});
    const auto c = x.conv2d(filters, 3, 3, "padding=same").relu();
    const auto h = graph.concat({x, c}).max_pool2d(2, 2).flatten();
    graph.finish(h.dense(32).relu().dense(10).softmax());
    return graph;
}

neuron::trainer make_trainer(const neuron::context &context, const neuron::graph &graph,
                             const neuron::dataset &train)
{
    neuron::optimizer adam(context, "adam", {{"learning_rate", 3e-3}});
    neuron::trainer trainer(graph, adam, train);
    trainer.set("epochs=8, validation_split=0.1");
    return trainer;
}

/* How much the number of filters matters. */
neuron::search search_filters(const neuron::context &context, const neuron::dataset &train,
                              const neuron::dataset &test)
{
    neuron::search search(context, [&](const neuron::trial &trial) {
        const auto graph = build(context, static_cast<std::int64_t>(trial.number("filters")));
        neuron::trainer trainer = make_trainer(context, graph, train);
        trainer.set("epochs=2");
        trainer.run();
        trial.add_figure("training accuracy", graph.evaluate(train).accuracy());
        return graph.evaluate(test).accuracy();
    });
    search.add_factor("filters", {2.0, 4.0, 8.0});
    search.run_grid();
    return search;
}

} // namespace

int main(int argc, char **argv)
try {
    const std::string path = argc > 1 ? argv[1] : "report.html";
    const std::string logs = argc > 2 ? argv[2] : "logs";
    const neuron::context context("seed=1");
    const auto train = neuron::dataset::generate_glyphs(context, 3000, 16, 16, 1);
    const auto test = neuron::dataset::generate_glyphs(context, 1000, 16, 16, 2);

    const neuron::graph graph = build(context, 8);
    neuron::trainer trainer = make_trainer(context, graph, train);
    const bool redraw = neuron::terminal::columns(2) > 0;
    trainer.add(neuron::terminal::progress_bar(
        context, [](std::string_view line) { std::cerr << line << std::flush; },
        {{"redraw", redraw}, {"color", neuron::terminal::color(2)}}));
    trainer.add(neuron::event_log::create_callback(context, logs, {{"histograms", true}}));
    trainer.run();
    const auto evaluation = graph.evaluate(test);
    std::cout << neuron::terminal::confusion(evaluation);

    neuron::event_log log(context, logs + "/test");
    log.add_evaluation("test", 8, evaluation);

    neuron::report report(context, "Glyphs");
    report.add_text("What this is", "A small network learns ten kinds of images.");
    report.add_trainer(nullptr, trainer);
    report.add_dataset("Training images", train);
    report.add_graph(nullptr, graph, "profile=yes");
    report.add_history(nullptr, trainer.history());
    report.add_evaluation("Test images", evaluation);
    report.add_mistakes(nullptr, graph, test);
    report.add_search("Filters", search_filters(context, train, test));
    report.save(path);
    std::cout << path << " is written; tensorboard --logdir " << logs << '\n';
} catch (const neuron::error &error) {
    std::cerr << error.name() << ": " << error.what() << '\n';
    return 1;
}
