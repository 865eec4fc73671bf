/* One training from the empty graph to the recorded result. */
#include "example.h"

#include <libneuron-committee/committees.h>

#include <stdlib.h>
#include <string.h>

/* Of the number in a run's name, so that a run starts the same alone, among others and in its
 * variants; and another one than any run with another seed. */
static uint64_t seed_of(const example_t *example, const char *id)
{
    uint64_t number = strtoull(id + strcspn(id, "0123456789"), NULL, 10);

    return (example->options.seed - 1) * 1000 + 15 + number;
}

neuron_graph_t *example_graph(const example_t *example, const char *id)
{
    neuron_graph_t *graph;

    must(neuron_graph_create(&graph, example->context));
    must(neuron_graph_set_name(graph, id));
    must(neuron_graph_set_seed(graph, seed_of(example, id)));
    return graph;
}

neuron_graph_t *example_trial_graph(const example_t *example, const char *id,
                                    const neuron_trial_t *trial)
{
    neuron_graph_t *graph = example_graph(example, id);

    must(neuron_graph_set_seed(graph, neuron_trial_seed(trial)));
    return graph;
}

static neuron_evaluation_t *evaluate(const neuron_graph_t *graph, const neuron_dataset_t *dataset,
                                     const neuron_loss_t *loss)
{
    neuron_evaluation_t *evaluation;

    must(neuron_graph_evaluate(&evaluation, graph, dataset, loss, NULL));
    return evaluation;
}

static void evaluate_into(const neuron_graph_t *graph, const neuron_dataset_t *dataset,
                          const neuron_loss_t *kind, double *accuracy, double *loss)
{
    neuron_evaluation_t *evaluation = evaluate(graph, dataset, kind);

    *accuracy = neuron_evaluation_accuracy(evaluation);
    *loss = neuron_evaluation_loss(evaluation);
    neuron_evaluation_unref(evaluation);
}

/* The same for one part of the images, with its details. Returns the evaluation. */
static neuron_evaluation_t *evaluate_part(const neuron_graph_t *graph,
                                          const neuron_dataset_t *dataset,
                                          const neuron_loss_t *kind, const char *part,
                                          FILE *details, double *accuracy, double *loss)
{
    neuron_evaluation_t *evaluation = evaluate(graph, dataset, kind);

    *accuracy = neuron_evaluation_accuracy(evaluation);
    *loss = neuron_evaluation_loss(evaluation);
    example_write_evaluation(details, part, evaluation);
    return evaluation;
}

void example_report(const example_t *example, const neuron_evaluation_t *evaluation)
{
    size_t size;

    must(neuron_evaluation_report(NULL, 0, &size, evaluation, example->class_names, 4));
    char *text = malloc(size);
    if (text == NULL)
        example_fail("out of memory");
    must(neuron_evaluation_report(text, size, NULL, evaluation, example->class_names, 4));
    puts(text);
    free(text);
}

/* What the network is made of, and the memory it takes at the trainer's own batch size. */
static void show_summary(const neuron_graph_t *graph)
{
    int64_t batch = 32;
    size_t size;

    must(neuron_graph_summary(NULL, 0, &size, graph, batch));
    char *text = malloc(size);
    if (text == NULL)
        example_fail("out of memory");
    must(neuron_graph_summary(text, size, NULL, graph, batch));
    puts(text);
    free(text);
}

/* Fills in what is measured of every graph, prints the report and writes the page, whose parts this
 * evaluates; `more` is for the end of the record, or NULL. */
static void measure(const example_t *example, example_result_t *result, const char *id,
                    example_page_t *page, const neuron_loss_t *loss, const char *more)
{
    const neuron_graph_t *graph = page->graph;
    size_t size;
    FILE *details = open_memstream(&result->details, &size);

    if (details == NULL)
        example_fail("out of memory");
    if (page->history != NULL)
        example_write_history(details, page->history);
    example_write_class_names(details, example->class_names,
                              neuron_dataset_class_count(example->test));
    example_write_class_counts(details, example);

    result->parameters = neuron_graph_parameter_count(graph);
    result->trainable_parameters = neuron_graph_trainable_parameter_count(graph);
    page->parts[0] = evaluate_part(graph, example->train, loss, "train", details,
                                   &result->train_accuracy, &result->train_loss);
    page->parts[1] = evaluate_part(graph, example->validation, loss, "validation", details,
                                   &result->validation_accuracy, &result->validation_loss);
    page->parts[2] = evaluate_part(graph, example->test, loss, "test", details,
                                   &result->test_accuracy, &result->test_loss);
    if (more != NULL)
        fputs(more, details);
    if (fclose(details) != 0)
        example_fail("out of memory");
    result->macro_f1 = neuron_evaluation_f1(page->parts[2], NEURON_AVERAGE_MACRO);
    printf("\n%s on the test set: accuracy %.4f, loss %.4f\n\n", id, result->test_accuracy,
           result->test_loss);
    example_report(example, page->parts[2]);
    example_show_confusion(page->parts[2]);
    example_write_page(example, id, page, result);
    for (int i = 0; i < 3; i++)
        neuron_evaluation_unref(page->parts[i]);
}

neuron_callback_t *example_early_stopping(const example_t *example, int64_t patience)
{
    neuron_callback_t *stop;

    must(neuron_callback_create(&stop, example->context, "early_stopping", NULL));
    must(neuron_callback_set_number(stop, "patience", (double)patience));
    return stop;
}

int64_t example_epochs(const example_t *example, int64_t epochs)
{
    return example->options.epochs != 0 ? example->options.epochs : epochs;
}

static neuron_trainer_t *make_trainer(const example_t *example, neuron_graph_t *graph,
                                      const example_training_t *training, neuron_dataset_t *train,
                                      neuron_dataset_t *validation)
{
    neuron_trainer_t *trainer;

    must(neuron_trainer_create(&trainer, graph, training->optimizer, train));
    must(neuron_trainer_set_validation(trainer, validation));
    must(neuron_trainer_set_number(trainer, "batch_size", (double)training->batch_size));
    must(neuron_trainer_set_number(trainer, "epochs",
                                   (double)example_epochs(example, training->epochs)));
    must(neuron_trainer_set_loss(trainer, training->loss));
    must(neuron_trainer_set_augmentation(trainer, training->augmentation));
    for (int i = 0; i < EXAMPLE_CALLBACKS_MAX; i++)
        if (training->callbacks[i] != NULL)
            must(neuron_trainer_add_callback(trainer, training->callbacks[i]));
    return trainer;
}

/* Goes on where the run was interrupted, if it was. */
static void resume(const example_t *example, neuron_trainer_t *trainer, const char *id,
                   const char *state, int64_t epochs)
{
    /* A training may go on for more epochs than it was begun with: they are not compared. */
    if (!example_take_up(example, id, "-state", ".safetensors", 0))
        return;
    must(neuron_trainer_load(trainer, state));
    int64_t done = neuron_history_epochs(neuron_trainer_history(trainer));
    if (done > epochs)
        example_fail("%s: is after epoch %lld of %lld asked for; remove it to begin anew", state,
                     (long long)done, (long long)epochs);
    printf("%s goes on after epoch %lld\n", id, (long long)done);
}

static void keep_best(const example_t *example, neuron_trainer_t *trainer, const char *path)
{
    neuron_callback_t *best;

    must(neuron_callback_create_checkpoint(&best, example->context, path,
                                           "monitor=validation_accuracy"));
    must(neuron_trainer_add_callback(trainer, best));
    neuron_callback_unref(best);
}

/* Runs until the last epoch, or until a callback has enough. A loss that is not a number is a
 * result too: the run ends with a note. */
static void fit(const example_t *example, neuron_trainer_t *trainer, const char *id,
                const example_training_t *training, example_result_t *result)
{
    const example_options_t *options = &example->options;
    neuron_history_t *history;
    char path[EXAMPLE_PATH_MAX];
    char state[EXAMPLE_PATH_MAX];
    example_path(example, state, id, "-state.safetensors");
    example_path(example, path, id, ".safetensors");
    if (training->keep_best)
        keep_best(example, trainer, path);
    if (options->resume)
        resume(example, trainer, id, state, example_epochs(example, training->epochs));
    else
        remove(state);
    example_follow(example, trainer, id, options->resume ? state : NULL);
    int status = neuron_trainer_run(&history, trainer);
    if (status != NEURON_E_NOT_FINITE)
        must(status);
    const char *end =
        status == NEURON_E_NOT_FINITE ? neuron_error_last() : neuron_trainer_stop_reason(trainer);
    const char *note = training->note != NULL ? training->note : "";
    snprintf(result->note, sizeof result->note, "%s%s%s", note, *note && *end ? "; " : "", end);

    example_path(example, path, id, "-history.csv");
    must(neuron_history_save_csv(history, path));
    example_show_losses(history);
    neuron_history_unref(history);
}

static double seconds_of(const neuron_history_t *history)
{
    double sum = 0;

    for (int64_t i = 0; i < neuron_history_epochs(history); i++) {
        double seconds;

        must(neuron_history_value(&seconds, history, i, "seconds"));
        sum += seconds;
    }
    return sum;
}

/* What is kept of a graph after its training. Takes the graph over. */
static neuron_graph_t *keep(const example_t *example, const char *id, neuron_graph_t *graph,
                            bool best)
{
    char path[EXAMPLE_PATH_MAX];

    if (!best) {
        example_save(example, id, graph);
        return graph;
    }
    neuron_graph_unref(graph);
    example_path(example, path, id, ".safetensors");
    must(neuron_graph_load(&graph, example->context, path));
    return graph;
}

neuron_graph_t *example_train(example_t *example, const char *id, neuron_graph_t *graph,
                              const example_training_t *training)
{
    example_result_t result = {0};
    example_settings_t settings;
    neuron_trainer_t *trainer =
        make_trainer(example, graph, training, example->train, example->validation);

    example_settings(example, trainer, training, &settings);
    if (example->options.describe) {
        example_describe(example, id, graph, &settings);
        neuron_trainer_unref(trainer);
        return graph;
    }
    if (example->options.estimate) {
        example_cost_t cost = example_estimate(example, id, trainer, training);
        printf("%s %.2f %.2f\n", id, cost.seconds, cost.cpu_seconds);
        fflush(stdout);
        neuron_trainer_unref(trainer);
        return graph;
    }
    printf("\n%s  %s\n\n", id,
           example->program->runs[example_run_index(example->program, id)].description);
    show_summary(graph);
    example_write_settings(&settings, &result);
    fit(example, trainer, id, training, &result);
    const neuron_history_t *history = neuron_trainer_history(trainer);
    result.epochs = neuron_history_epochs(history);
    result.seconds = seconds_of(history);

    evaluate_into(graph, example->test, training->loss, &result.last_epoch_test_accuracy,
                  &result.last_epoch_test_loss);
    graph = keep(example, id, graph, training->keep_best && result.epochs > 0);
    example_page_t page = {
        .settings = &settings, .graph = graph, .history = history, .searched = training->searched};
    measure(example, &result, id, &page, training->loss, training->details);
    example_add_result(example, id, &result);
    free(result.details);
    neuron_trainer_unref(trainer);
    return graph;
}

static void write_figure(FILE *file, const char *name, double figure)
{
    fprintf(file, ", \"%s\": ", name);
    example_write_number(file, figure);
}

/* The best accuracy of an epoch, of training or validation images; NAN if there was none. */
static double best_of(const neuron_history_t *history, const char *metric)
{
    double accuracy = NAN;
    int64_t best;

    if (neuron_history_epochs(history) > 0) {
        must(neuron_history_best(&best, history, metric));
        must(neuron_history_value(&accuracy, history, best, metric));
    }
    return accuracy;
}

/* Of each part of a fold's images its accuracy and its confusion matrix. */
static void write_parts(const neuron_graph_t *graph, const neuron_loss_t *loss,
                        const neuron_dataset_t *const parts[3], FILE *figures)
{
    static const char *const names[] = {"train", "validation", "test"};
    neuron_evaluation_t *evaluations[3];
    char name[32];

    for (int i = 0; i < 3; i++) {
        evaluations[i] = evaluate(graph, parts[i], loss);
        snprintf(name, sizeof name, "%s_accuracy", names[i]);
        write_figure(figures, name, neuron_evaluation_accuracy(evaluations[i]));
    }
    fputs(", \"confusion\": {", figures);
    for (int i = 0; i < 3; i++) {
        fprintf(figures, "%s\"%s\": [", i > 0 ? ", " : "", names[i]);
        example_write_confusion(figures, ", ", evaluations[i]);
        fputc(']', figures);
        neuron_evaluation_unref(evaluations[i]);
    }
    fputc('}', figures);
}

double example_try(const example_t *example, neuron_graph_t *graph,
                   const example_training_t *training, neuron_dataset_t *train,
                   neuron_dataset_t *validation, const neuron_dataset_t *score, FILE *figures)
{
    neuron_trainer_t *trainer = make_trainer(example, graph, training, train, validation);
    neuron_history_t *history;
    double accuracy = NAN;
    double loss;
    int status = neuron_trainer_run(&history, trainer);

    if (status != NEURON_E_NOT_FINITE)
        must(status);
    fprintf(figures, "\"epochs\": %lld", (long long)neuron_history_epochs(history));
    if (score == NULL) {
        accuracy = best_of(history, "validation_accuracy");
        write_figure(figures, "best_train_accuracy", best_of(history, "accuracy"));
    } else if (status != NEURON_E_NOT_FINITE) {
        /* A ruined training has no last epoch: it gets no score. */
        evaluate_into(graph, score, training->loss, &accuracy, &loss);
        write_parts(graph, training->loss,
                    (const neuron_dataset_t *const[]){train, validation, example->test}, figures);
    }
    neuron_history_unref(history);
    neuron_trainer_unref(trainer);
    neuron_graph_unref(graph);
    return accuracy;
}

void example_record(example_t *example, const char *id, const example_committee_t *committee,
                    double seconds)
{
    example_result_t result = {
        .seconds = seconds, .last_epoch_test_accuracy = NAN, .last_epoch_test_loss = NAN};
    example_settings_t settings;

    example_settings_of_committee(example, committee->graph, committee->weighted, &settings);
    if (example->options.describe) {
        example_describe(example, id, committee->graph, &settings);
        return;
    }
    if (example->options.estimate)
        return;
    example_save(example, id, committee->graph);
    example_page_t page = {.settings = &settings,
                           .graph = committee->graph,
                           .members = committee->members,
                           .member_names = committee->member_names,
                           .member_count = committee->member_count};
    measure(example, &result, id, &page, NULL, NULL);
    example_write_settings(&settings, &result);
    example_add_result(example, id, &result);
    free(result.details);
}

void example_save(const example_t *example, const char *name, const neuron_graph_t *graph)
{
    char path[EXAMPLE_PATH_MAX];

    example_path(example, path, name, ".safetensors");
    must(neuron_graph_save(graph, path));
}
