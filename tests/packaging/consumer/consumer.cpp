/* A stranger's program in C++: the same as consumer.c. */
#include <libneuron/libneuron.hpp>

#include <iostream>

int main()
try {
    const neuron::context context;
    const auto train = neuron::dataset::generate_glyphs(context, 100, 8, 8, 1);
    neuron::graph graph(context);
    graph.finish(graph.input({8, 8, 1}).flatten().dense(10).softmax());
    neuron::trainer(graph, neuron::optimizer(context, "sgd"), train).run();
    std::cout << neuron::version() << '\n';
    return 0;
} catch (const neuron::error &error) {
    std::cout << error.what() << '\n';
    return 1;
}
