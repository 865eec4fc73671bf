/* Trains three different networks and joins them into a committee, as committee.c does, in C++17.
 *
 *     c++ -std=c++17 committee.cpp -o committee $(pkg-config --cflags --libs libneuron-committee)
 *     ./committee committee.safetensors fashion-mnist
 *
 * The folder has the four files of MNIST, Fashion-MNIST or K-MNIST; without one, the program learns
 * from images that the library draws. The committee that it saves is a graph like any other. */
#include <libneuron-committee/committees.hpp>
#include <libneuron/libneuron.hpp>

#include <cstdint>
#include <iomanip>
#include <iostream>
#include <string>
#include <vector>

/* `part` is "train" or "t10k", as these files are called. */
static neuron::dataset load(const neuron::context &context, const std::string &folder,
                            const std::string &part, std::int64_t drawn, std::uint64_t seed)
{
    if (folder.empty())
        return neuron::dataset::generate_glyphs(context, drawn, 28, 28, seed);
    return neuron::dataset::load_idx(context, folder + "/" + part + "-images-idx3-ubyte.gz",
                                     folder + "/" + part + "-labels-idx1-ubyte.gz");
}

/* Members may be anything that takes the same input and has outputs of the same meaning. The more
 * they differ, the more they gain together. */
static neuron::graph build(const neuron::context &context, const std::string &name,
                           std::int64_t extent, std::uint64_t seed)
{
    neuron::graph graph(context);
    graph.set_name(name);
    /* Members that are built alike would start, and stay, more alike with one seed. */
    graph.set_seed(seed);
    auto x = graph.input({28, 28, 1});
    x = x.conv2d(16, extent, extent).relu().max_pool2d(2, 2);
    graph.finish(x.flatten().dense(64).relu().dense(10).softmax());
    return graph;
}

static void run(const std::string &path, const std::string &folder)
{
    const neuron::context context;
    const auto all = load(context, folder, "train", 6000, 1);
    const auto test = load(context, folder, "t10k", 1000, 2);
    const auto subsets = all.split({0.9, 0.1}, 1, "order=stratified");
    const auto &train = subsets[0], &validation = subsets[1];

    const neuron::optimizer adam(context, "adam");
    const std::vector<neuron::graph> members{build(context, "fine", 3, 1),
                                             build(context, "medium", 5, 2),
                                             build(context, "coarse", 7, 3)};
    for (const auto &member : members) {
        neuron::trainer(member, adam).fit(train, {{"epochs", 5}});
        std::cout << "trained " << member.name() << ": accuracy "
                  << member.evaluate(validation).accuracy() << " on images kept apart" << std::endl;
    }

    /* Weights from images that no member was trained on, and that do not test the committee. */
    const auto weights = neuron::committee_weights(members, validation);
    const auto committee =
        neuron::graph::committee(context, members, weights, "rule=weighted_mean");
    for (std::size_t i = 0; i < members.size(); i++)
        std::cout << std::setw(6) << members[i].name().str() << " weight " << weights[i]
                  << ", test accuracy " << members[i].evaluate(test).accuracy() << '\n';
    std::cout << '\n' << committee.evaluate(test).report() << '\n';
    committee.save(path);
    std::cout << "saved " << path << '\n';
}

int main(int argc, char **argv)
try {
    if (argc < 2 || argc > 3 || argv[1][0] == '-') {
        std::cerr << "usage: " << argv[0] << " MODEL [FOLDER]\n";
        return 2;
    }
    std::cout << std::fixed << std::setprecision(4);
    run(argv[1], argc == 3 ? argv[2] : "");
    return 0;
} catch (const neuron::error &error) {
    std::cerr << error.what() << '\n';
    return 1;
}
