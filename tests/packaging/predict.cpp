// A C++17 user with nothing but the C headers: loads the committee and predicts what make-committee
// predicted. predict FOLDER
#include <libneuron/libneuron.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

struct unref {
    void operator()(neuron_context_t *handle) const
    {
        neuron_context_unref(handle);
    }
    void operator()(neuron_graph_t *handle) const
    {
        neuron_graph_unref(handle);
    }
    void operator()(neuron_tensor_t *handle) const
    {
        neuron_tensor_unref(handle);
    }
};

template <class Handle> using owned = std::unique_ptr<Handle, unref>;

static void must(int status)
{
    if (status < 0)
        throw std::runtime_error(neuron_error_last());
}

static std::vector<float> read_floats(const std::string &path)
{
    std::ifstream file(path, std::ios::binary);
    std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
    std::vector<float> values(bytes.size() / sizeof(float));
    std::copy(bytes.begin(), bytes.end(), reinterpret_cast<char *>(values.data()));
    return values;
}

static owned<neuron_tensor_t> wrap(neuron_context_t *context, std::vector<float> &values,
                                   const std::vector<std::int64_t> &shape)
{
    neuron_tensor_t *tensor = nullptr;
    must(neuron_tensor_wrap(&tensor, context, NEURON_TYPE_F32, shape.data(),
                            static_cast<std::int32_t>(shape.size()), values.data()));
    return owned<neuron_tensor_t>(tensor);
}

static bool agree(const std::string &folder)
{
    neuron_context_t *made = nullptr;
    must(neuron_context_create(&made, NULL));
    owned<neuron_context_t> context(made);
    neuron_graph_t *loaded = nullptr;
    must(neuron_graph_load(&loaded, made, (folder + "/committee.safetensors").c_str()));
    owned<neuron_graph_t> graph(loaded);

    auto inputs = read_floats(folder + "/inputs.f32"),
         wanted = read_floats(folder + "/outputs.f32");
    std::vector<float> outputs(wanted.size());
    const auto count = static_cast<std::int64_t>(inputs.size()) / 144;
    auto input = wrap(made, inputs, {count, 12, 12, 1});
    auto output = wrap(made, outputs, {count, 10});
    must(neuron_graph_predict(loaded, input.get(), output.get()));
    return count > 0 && outputs == wanted;
}

int main(int count, char **arguments)
try {
    return count == 2 && agree(arguments[1]) ? EXIT_SUCCESS : EXIT_FAILURE;
} catch (const std::exception &error) {
    std::fprintf(stderr, "%s\n", error.what());
    return EXIT_FAILURE;
}
