/* One training for accuracy.py, which says what it measures: a network of the documents is trained
 * on files of MNIST's kind until it is as accurate as asked for on the test set, or for so many
 * epochs. It uses the library as any program does, through its public headers. train_torch.py is
 * its peer, with the same arguments and lines.
 *
 * A line of JSON says when the data is loaded, and another one how each epoch went. */
#include <libneuron/libneuron.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { CLASSES = 10 };

/* When what is measured next began, in seconds, and what is asked for. */
typedef struct {
    double start, trained, target;
} state_t;

/* As it is in the documents, with their batch. */
typedef struct {
    const char *name;
    int64_t batch;
    int64_t shape[3];
    int32_t rank;
    neuron_node_t *(*build)(neuron_graph_t *graph, neuron_node_t *x);
} network_t;

static void must(int status)
{
    if (status < 0) {
        fprintf(stderr, "neuron-accuracy: %s\n", neuron_error_last());
        exit(EXIT_FAILURE);
    }
}

static double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static neuron_node_t *block(neuron_graph_t *graph, neuron_node_t *x, int64_t units,
                            double deviation)
{
    neuron_node_t *dense = neuron_dense(graph, x, units, NULL);
    neuron_node_set_initializer(dense, "kernel", "normal", deviation);
    return neuron_dropout(graph, neuron_batch_norm(graph, neuron_relu(graph, dense), NULL), 0.5);
}

static neuron_node_t *build_m2(neuron_graph_t *graph, neuron_node_t *x)
{
    x = block(graph, block(graph, x, 512, 0.039), 256, 0.55);
    return neuron_softmax(graph, neuron_dense(graph, x, CLASSES, NULL), NULL);
}

static neuron_node_t *convolve(neuron_graph_t *graph, neuron_node_t *x, int64_t filters)
{
    x = neuron_relu(graph, neuron_conv2d(graph, x, filters, 3, 3, NULL));
    return neuron_max_pool2d(graph, x, 2, 2, NULL);
}

static neuron_node_t *build_f3(neuron_graph_t *graph, neuron_node_t *x)
{
    x = neuron_flatten(graph, convolve(graph, convolve(graph, x, 64), 128));
    x = neuron_relu(graph, neuron_dense(graph, x, 256, NULL));
    return neuron_softmax(graph, neuron_dense(graph, x, CLASSES, NULL), NULL);
}

static const network_t networks[] = {
    {"M2", 128, {784}, 1, build_m2},
    {"F3", 32, {28, 28, 1}, 3, build_f3},
};

static int after_step(neuron_trainer_t *trainer, int32_t event, void *user_data)
{
    (void)event;
    state_t *state = user_data;
    if (neuron_trainer_progress(trainer, "step") == neuron_trainer_progress(trainer, "steps"))
        state->trained = seconds_now();
    return 0;
}

static int after_epoch(neuron_trainer_t *trainer, int32_t event, void *user_data)
{
    (void)event;
    state_t *state = user_data;
    const neuron_history_t *history = neuron_trainer_history(trainer);
    int64_t epochs = neuron_history_epochs(history);
    double accuracy, now = seconds_now();
    must(neuron_history_value(&accuracy, history, epochs - 1, "validation_accuracy"));
    printf(
        "{\"epoch\": %lld, \"train_seconds\": %.9f, \"test_seconds\": %.9f, \"accuracy\": %.9f}\n",
        (long long)epochs, state->trained - state->start, now - state->trained, accuracy);
    fflush(stdout);
    state->start = seconds_now();
    return accuracy >= state->target ? NEURON_STOP : 0;
}

static neuron_dataset_t *load(neuron_context_t *context, const network_t *network, char **files)
{
    neuron_dataset_t *dataset;
    must(neuron_dataset_load_idx(&dataset, context, files[0], files[1], CLASSES));
    must(neuron_dataset_reshape(dataset, network->shape, network->rank));
    return dataset;
}

static neuron_graph_t *build(neuron_context_t *context, const network_t *network)
{
    neuron_graph_t *graph;
    must(neuron_graph_create(&graph, context));
    must(neuron_graph_finish(
        graph, network->build(graph, neuron_input(graph, network->shape, network->rank))));
    return graph;
}

static void train(neuron_context_t *context, const network_t *network, neuron_graph_t *graph,
                  neuron_dataset_t *data[2], int64_t epochs, state_t *state)
{
    neuron_optimizer_t *adam;
    neuron_trainer_t *trainer;
    must(neuron_optimizer_create(&adam, context, "adam", NULL));
    must(neuron_trainer_create(&trainer, graph, adam, data[0]));
    must(neuron_trainer_set_validation(trainer, data[1]));
    must(neuron_trainer_set_number(trainer, "batch_size", (double)network->batch));
    must(neuron_trainer_set_number(trainer, "epochs", (double)epochs));
    must(neuron_trainer_add_function(trainer, NEURON_EVENT_STEP_END, after_step, state, NULL));
    must(neuron_trainer_add_function(trainer, NEURON_EVENT_EPOCH_END, after_epoch, state, NULL));
    state->start = seconds_now();
    must(neuron_trainer_run(NULL, trainer));
    neuron_trainer_unref(trainer);
    neuron_optimizer_unref(adam);
}

static void run(const network_t *network, char **arguments)
{
    state_t state = {.target = strtod(arguments[2], NULL)};
    neuron_context_t *context;
    must(neuron_context_create(&context, NULL));
    must(neuron_context_set_seed(context, strtoull(arguments[0], NULL, 10)));
    must(neuron_context_set_number(context, "threads", (int32_t)strtol(arguments[3], NULL, 10)));
    double start = seconds_now();
    neuron_dataset_t *data[2] = {load(context, network, arguments + 4),
                                 load(context, network, arguments + 6)};
    double loaded = seconds_now();
    neuron_graph_t *graph = build(context, network);
    printf("{\"load_seconds\": %.9f, \"threads\": %d, \"train_examples\": %lld, "
           "\"test_examples\": %lld, \"parameters\": %lld}\n",
           loaded - start, (int)neuron_context_threads(context),
           (long long)neuron_dataset_count(data[0]), (long long)neuron_dataset_count(data[1]),
           (long long)neuron_graph_parameter_count(graph));
    fflush(stdout);
    train(context, network, graph, data, strtoll(arguments[1], NULL, 10), &state);
    neuron_graph_unref(graph);
    neuron_dataset_unref(data[0]);
    neuron_dataset_unref(data[1]);
    neuron_context_unref(context);
}

int main(int argc, char **argv)
{
    for (size_t i = 0; argc == 10 && i < sizeof networks / sizeof networks[0]; i++)
        if (strcmp(argv[1], networks[i].name) == 0) {
            run(&networks[i], argv + 2);
            return EXIT_SUCCESS;
        }
    fprintf(stderr, "usage: neuron-accuracy M2|F3 SEED EPOCHS TARGET THREADS TRAIN-IMAGES "
                    "TRAIN-LABELS TEST-IMAGES TEST-LABELS\n");
    return 2;
}
