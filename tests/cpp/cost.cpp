/* What check-cost.py counts: the same as cost.c in C++.
 * usage: cost COUNT */
#include <libneuron/libneuron.hpp>

#include <cstdio>
#include <cstdlib>

int main(int argc, char **argv)
try {
    const long count = argc == 2 ? std::strtol(argv[1], nullptr, 10) : 1;
    float values[16] = {0.5F}, probabilities[10] = {0};
    const neuron::context context("threads=1");
    neuron::graph graph(context);
    graph.finish(graph.input({16}).dense(8).relu().dense(10).softmax());
    const auto input = neuron::tensor::wrap(context, values, {1, 16});
    const auto output = neuron::tensor::wrap(context, probabilities, {1, 10});
    double sum = 0;
    for (long i = 0; i < count; i++) {
        graph.predict(input, output);
        sum += static_cast<double>(probabilities[3]);
    }
    std::printf("%g\n", sum);
    return EXIT_SUCCESS;
} catch (const neuron::error &error) {
    std::fprintf(stderr, "%s\n", error.what());
    return EXIT_FAILURE;
}
