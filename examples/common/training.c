/* One training from the empty graph to the recorded result. */
#include "example.h"

#include <stdlib.h>

/* The seed of each network is its own, so that a run alone starts as it does among all. */
static neuron_graph_t *build(const example_t *example, const char *id, example_network_t network)
{
    neuron_graph_t *graph;
    uint64_t index = (uint64_t)example_run_index(example->program, id);

    must(neuron_graph_create(&graph, example->context));
    must(neuron_graph_set_name(graph, id));
    must(neuron_graph_set_seed(graph, example->options.seed * EXAMPLE_RUNS_MAX + index));
    must(neuron_graph_finish(graph, network(graph)));
    return graph;
}

static neuron_evaluation_t *evaluate(const neuron_graph_t *graph, const neuron_dataset_t *dataset)
{
    neuron_evaluation_t *evaluation;

    must(neuron_graph_evaluate(graph, dataset, &evaluation));
    return evaluation;
}

static double accuracy(const neuron_graph_t *graph, const neuron_dataset_t *dataset)
{
    neuron_evaluation_t *evaluation = evaluate(graph, dataset);
    double value = neuron_evaluation_accuracy(evaluation);

    neuron_evaluation_unref(evaluation);
    return value;
}

void example_report(const example_t *example, const neuron_evaluation_t *evaluation)
{
    size_t size;

    must(neuron_evaluation_report(evaluation, example->class_names, 4, NULL, 0, &size));
    char *text = malloc(size);
    if (text == NULL)
        example_fail("out of memory");
    must(neuron_evaluation_report(evaluation, example->class_names, 4, text, size, NULL));
    puts(text);
    free(text);
}

/* What the network is made of, and the memory it takes at the trainer's own batch size. */
static void show_summary(const neuron_graph_t *graph)
{
    const int64_t batch = 32;
    size_t size;

    must(neuron_graph_summary(graph, batch, NULL, 0, &size));
    char *text = malloc(size);
    if (text == NULL)
        example_fail("out of memory");
    must(neuron_graph_summary(graph, batch, text, size, NULL));
    puts(text);
    free(text);
}

/* Fills in what is measured of every graph, and prints the report. */
static void measure(example_t *example, example_result_t *result, const char *id,
                    const neuron_graph_t *graph)
{
    neuron_evaluation_t *test = evaluate(graph, example->test);

    result->run = &example->program->runs[example_run_index(example->program, id)];
    result->parameters = neuron_graph_parameter_count(graph);
    result->trainable_parameters = neuron_graph_trainable_parameter_count(graph);
    result->train_accuracy = accuracy(graph, example->train);
    result->validation_accuracy = accuracy(graph, example->validation);
    result->test_accuracy = neuron_evaluation_accuracy(test);
    result->test_loss = neuron_evaluation_loss(test);
    result->macro_f1 = neuron_evaluation_f1(test, NEURON_AVERAGE_MACRO);
    printf("\n%s on the test set: accuracy %.4f, loss %.4f\n\n", id, result->test_accuracy,
           result->test_loss);
    example_report(example, test);
    neuron_evaluation_unref(test);
}

/* The run to its last epoch, with the best epoch in the file at `best`. */
static void fit(const example_t *example, neuron_trainer_t *trainer, const char *id,
                const char *best)
{
    neuron_history_t *history;
    char path[EXAMPLE_PATH_MAX];

    must(neuron_trainer_set_validation(trainer, example->validation));
    must(neuron_trainer_set_int(trainer, NEURON_TRAINER_EPOCHS, example->options.epochs));
    must(neuron_trainer_set_checkpoint(trainer, best, NEURON_METRIC_VALIDATION_ACCURACY));
    example_show_progress(trainer, id);
    must(neuron_trainer_run(trainer, &history));

    example_path(example, path, id, "-history.csv");
    must(neuron_history_save_csv(history, path));
    neuron_history_unref(history);
}

neuron_graph_t *example_train(example_t *example, const char *id, example_network_t network,
                              neuron_optimizer_t *optimizer)
{
    example_result_t result = {0};
    neuron_graph_t *graph = build(example, id, network);
    neuron_trainer_t *trainer;
    char best[EXAMPLE_PATH_MAX];
    double start = example_clock();

    printf("\n%s  %s\n\n", id,
           example->program->runs[example_run_index(example->program, id)].description);
    show_summary(graph);
    example_path(example, best, id, ".safetensors");
    must(neuron_trainer_create(&trainer, graph, optimizer, example->train));
    fit(example, trainer, id, best);
    result.seconds = example_clock() - start;
    result.epochs = neuron_history_epochs(neuron_trainer_history(trainer));

    neuron_evaluation_t *last = evaluate(graph, example->test);
    result.last_epoch_test_accuracy = neuron_evaluation_accuracy(last);
    result.last_epoch_test_loss = neuron_evaluation_loss(last);
    neuron_evaluation_unref(last);
    neuron_trainer_unref(trainer);
    neuron_graph_unref(graph);

    must(neuron_graph_load(&graph, example->context, best));
    measure(example, &result, id, graph);
    example_add_result(example, &result);
    return graph;
}

void example_record(example_t *example, const char *id, const neuron_graph_t *graph, double seconds)
{
    example_result_t result = {
        .seconds = seconds, .last_epoch_test_accuracy = NAN, .last_epoch_test_loss = NAN};

    example_save(example, id, graph);
    measure(example, &result, id, graph);
    example_add_result(example, &result);
}

void example_save(const example_t *example, const char *name, const neuron_graph_t *graph)
{
    char path[EXAMPLE_PATH_MAX];

    example_path(example, path, name, ".safetensors");
    must(neuron_graph_save(graph, path));
}
