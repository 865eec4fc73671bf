// C++ exceptions out of functions that the library calls: whoever made the call catches them, and
// what it worked with can be used again and is not leaked.
#include <libneuron-committee/committees.h>
#include <libneuron/libneuron.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <new>
#include <stdexcept>
#include <string>
#include <vector>

namespace
{

constexpr int32_t side = 12, count = 40, classes = 10;
constexpr size_t pixels = side * side;

enum class function { callback, loss, read, keep, search, forward, backward, shape };

std::atomic<long> live;
function thrower;
int waits; // calls of a function that it returns from before it throws
bool will_throw;
int failures;

void *allocate(size_t size, size_t alignment, void *)
{
    void *memory = std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
    live += memory != nullptr;
    return memory;
}

void release(void *memory, void *)
{
    live--;
    std::free(memory);
}

int go(function from)
{
    if (will_throw && from == thrower && waits-- <= 0) {
        will_throw = false;
        throw std::runtime_error("thrown");
    }
    return 0;
}

void check(bool holds, const std::string &what)
{
    if (!holds) {
        std::fprintf(stderr, "%s; the last message is \"%s\"\n", what.c_str(), neuron_error_last());
        failures++;
    }
}

void ok(int status)
{
    if (status != NEURON_OK) {
        std::fprintf(stderr, "%s: %s\n", neuron_error_name(status), neuron_error_last());
        std::exit(EXIT_FAILURE);
    }
}

int on_event(neuron_trainer_t *, std::int32_t, void *)
{
    return go(function::callback);
}

int loss(double *losses, float *gradients, const float *outputs, const float *targets,
         const std::int32_t *, std::int64_t count, std::int64_t size, void *)
{
    for (std::int64_t i = 0; i < count * size; i++) {
        const float distance = outputs[i] - targets[i];
        losses[i / size] += static_cast<double>(distance * distance);
        if (gradients)
            gradients[i] = 2 * distance;
    }
    return go(function::loss);
}

int read(void *examples, int32_t *labels, const int64_t *positions, int64_t many, void *)
{
    float *values = static_cast<float *>(examples);
    for (int64_t i = 0; i < many; i++) {
        for (size_t j = 0; values && j < pixels; j++)
            values[static_cast<size_t>(i) * pixels + j] = static_cast<float>(j % 7);
        if (labels)
            labels[i] = static_cast<int32_t>(positions[i] % classes);
    }
    return values ? go(function::read) : 0;
}

int keep(std::int32_t *keep, std::int64_t, std::int32_t, void *)
{
    *keep = 1;
    return go(function::keep);
}

int try_one(double *score, const neuron_trial_t *, void *)
{
    *score = 1;
    return go(function::search);
}

int forward(neuron_custom_run_t *run, void *)
{
    const int64_t n = neuron_custom_run_batch(run) * neuron_custom_run_output_size(run);
    for (int64_t i = 0; i < n; i++)
        neuron_custom_run_output(run)[i] = neuron_custom_run_input(run, 0)[i];
    return go(function::forward);
}

int backward(neuron_custom_run_t *run, void *)
{
    const int64_t n = neuron_custom_run_batch(run) * neuron_custom_run_output_size(run);
    float *dx = neuron_custom_run_input_gradient(run, 0);
    for (int64_t i = 0; dx && i < n; i++)
        dx[i] = neuron_custom_run_output_gradient(run)[i];
    return go(function::backward);
}

int own_shape(int64_t *output, int32_t *rank, const int64_t *shapes, const int32_t *ranks, int64_t,
              void *)
{
    for (int32_t i = 0; i < ranks[0]; i++)
        output[i] = shapes[i];
    *rank = ranks[0];
    return go(function::shape);
}

struct handles {
    neuron_context_t *context = nullptr;
    neuron_graph_t *graph = nullptr;
    neuron_dataset_t *dataset = nullptr, *stream = nullptr, *made = nullptr;
    neuron_loss_t *loss = nullptr;
    neuron_trainer_t *trainer = nullptr;
    neuron_search_t *search = nullptr;
    neuron_evaluation_t *evaluation = nullptr;
    neuron_tensor_t *input = nullptr, *output = nullptr;

    explicit handles(bool streamed)
    {
        const int64_t shape[] = {side, side, 1}, in[] = {count, side, side, 1},
                      out[] = {count, classes};
        const double levels[] = {1, 2, 3};
        ok(neuron_context_create_with_allocator(&context, allocate, release, nullptr, nullptr,
                                                nullptr));
        ok(neuron_custom_layer_register(context, "pass", forward, backward, own_shape, nullptr,
                                        nullptr));
        ok(neuron_graph_create(&graph, context));
        neuron_node_t *x =
            neuron_dense(graph, neuron_flatten(graph, neuron_input(graph, shape, 3)), 8, NULL);
        x = neuron_batch_norm(graph, x, NULL);
        x = neuron_custom_layer(graph, "pass", &x, 1, nullptr, 0);
        ok(neuron_graph_finish(graph,
                               neuron_softmax(graph, neuron_dense(graph, x, classes, NULL), NULL)));
        ok(neuron_dataset_generate_glyphs(&dataset, context, count, side, side, 1));
        ok(neuron_dataset_create_stream(&stream, context, read, nullptr, nullptr, count,
                                        "shape=12x12x1, classes=10"));
        ok(neuron_loss_create_custom(&loss, context, ::loss, nullptr, nullptr));
        neuron_optimizer_t *optimizer;
        ok(neuron_optimizer_create(&optimizer, context, "adam", NULL));
        ok(neuron_trainer_create(&trainer, graph, optimizer, streamed ? stream : dataset));
        neuron_optimizer_unref(optimizer);
        ok(neuron_trainer_set(trainer, "workers=0"));
        ok(neuron_trainer_set(trainer, "epochs=2"));
        ok(neuron_trainer_set_loss(trainer, loss));
        ok(neuron_search_create(&search, context, try_one, nullptr, nullptr, nullptr));
        ok(neuron_search_add_factor(search, "rate", levels, 3));
        ok(neuron_tensor_create(&input, context, NEURON_TYPE_F32, in, 4));
        ok(neuron_tensor_create(&output, context, NEURON_TYPE_F32, out, 2));
    }

    ~handles()
    {
        neuron_tensor_unref(input);
        neuron_tensor_unref(output);
        neuron_evaluation_unref(evaluation);
        neuron_search_unref(search);
        neuron_trainer_unref(trainer);
        neuron_loss_unref(loss);
        neuron_dataset_unref(made);
        neuron_dataset_unref(stream);
        neuron_dataset_unref(dataset);
        neuron_graph_unref(graph);
        neuron_context_unref(context);
    }
};

struct scenario {
    const char *name;
    function thrower;
    int waits;
    bool streamed;
    std::function<int(handles &)> call;
};

int train(handles &h)
{
    return neuron_trainer_run(nullptr, h.trainer);
}

const std::vector<scenario> scenarios = {
    {"step callback", function::callback, 1, false,
     [](handles &h) {
         ok(neuron_trainer_add_function(h.trainer, NEURON_EVENT_STEP_END, on_event, nullptr,
                                        nullptr));
         return train(h);
     }},
    {"epoch callback", function::callback, 0, false,
     [](handles &h) {
         ok(neuron_trainer_add_function(h.trainer, NEURON_EVENT_EPOCH_END, on_event, nullptr,
                                        nullptr));
         return train(h);
     }},
    {"first loss", function::loss, 0, false, train},
    {"later loss", function::loss, 3, false, train},
    {"forward", function::forward, 1, false, train},
    {"backward", function::backward, 1, false, train},
    {"stream", function::read, 1, true, train},
    {"predict", function::forward, 0, false,
     [](handles &h) { return neuron_graph_predict(h.graph, h.input, h.output); }},
    {"evaluate, loss", function::loss, 0, false,
     [](handles &h) {
         return neuron_graph_evaluate(&h.evaluation, h.graph, h.stream, h.loss, NULL);
     }},
    {"evaluate, stream", function::read, 0, false,
     [](handles &h) {
         return neuron_graph_evaluate(&h.evaluation, h.graph, h.stream, NULL, NULL);
     }},
    {"load", function::shape, 0, false,
     [](handles &h) {
         std::vector<unsigned char> bytes(1 << 16);
         size_t size = 0;
         ok(neuron_graph_save_memory(bytes.data(), bytes.size(), &size, h.graph));
         neuron_graph_t *loaded = nullptr;
         const int status = neuron_graph_load_memory(&loaded, h.context, bytes.data(), size);
         neuron_graph_unref(loaded);
         return status;
     }},
    {"filter", function::keep, 9, false,
     [](handles &h) { return neuron_dataset_filter_by(&h.made, h.dataset, keep, nullptr); }},
    {"normalize", function::read, 0, false,
     [](handles &h) { return neuron_dataset_normalize(h.stream, 0, 1); }},
    {"grid", function::search, 1, false,
     [](handles &h) { return neuron_search_run_grid(h.search); }},
};

// Throws once, catches it, and makes the same call again unless the handles are to be released as
// they are.
void check_scenario(const scenario &all, bool again)
{
    bool caught = false;
    {
        handles h(all.streamed);
        will_throw = true;
        waits = all.waits;
        thrower = all.thrower;
        try {
            all.call(h);
        } catch (const std::runtime_error &) {
            caught = true;
        }
        check(caught, std::string(all.name) + ": nothing was caught");
        check(!again || all.call(h) == NEURON_OK, std::string(all.name) + ": does not work again");
    }
    check(live == 0,
          std::string(all.name) + ": " + std::to_string(live) + " pieces of memory are left");
    live = 0;
}

} // namespace

int main()
{
    for (const scenario &all : scenarios) {
        check_scenario(all, true);
        check_scenario(all, false);
    }
    return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
