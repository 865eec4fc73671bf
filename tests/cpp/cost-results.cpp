/* What check-cost.py counts: the same as cost.cpp without exceptions.
 * usage: cost COUNT */
#include <libneuron/libneuron.hpp>

#include <cstdio>
#include <cstdlib>

static int fail(const neuron::error &error)
{
    std::fprintf(stderr, "%s\n", error.what());
    return EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    const long count = argc == 2 ? std::strtol(argv[1], nullptr, 10) : 1;
    float values[16] = {0.5F}, probabilities[10] = {0};
    const auto context = neuron::context::create("threads=1");
    if (!context)
        return fail(context.error());
    auto graph = neuron::graph::create(*context);
    if (!graph)
        return fail(graph.error());
    if (auto done = graph->finish(graph->input({16}).dense(8).relu().dense(10).softmax()); !done)
        return fail(done.error());
    const auto input = neuron::tensor::wrap(*context, values, {1, 16});
    const auto output = neuron::tensor::wrap(*context, probabilities, {1, 10});
    if (!input || !output)
        return fail(input ? output.error() : input.error());
    double sum = 0;
    for (long i = 0; i < count; i++) {
        if (auto done = graph->predict(*input, *output); !done)
            return fail(done.error());
        sum += static_cast<double>(probabilities[3]);
    }
    std::printf("%g\n", sum);
    return EXIT_SUCCESS;
}
