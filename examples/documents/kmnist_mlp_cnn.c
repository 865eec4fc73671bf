/* Document 000, "fully connected and convolutional networks for K-MNIST".
 *
 * A fully connected network is improved by hand and by random searches, a convolutional one by
 * cross-validation and a grid. A run with a search tries its combinations first, keeps what it
 * found in OUT/<id>-search.jsonl and .txt, and then trains the best of them. What each trial and
 * fold was is kept in OUT/<id>-tried.jsonl and the run's record. A fifth of the training images
 * validates, except where the document looks at the test set. The runs are in
 * networks/kmnist_runs.c, the searches in networks/kmnist_plans.c. */
#include "networks/batch_rotation.h"
#include "networks/kmnist_plans.h"
#include "networks/kmnist_runs.h"
#include "networks/kmnist_tried.h"

#include <libneuron-committee/committees.h>

#include <stdlib.h>
#include <string.h>

enum { BATCH_SIZE = 32, SCHEDULE_LENGTH = 10, QUICK_TRIALS = 2 };

/* A run, and all images to train and validate with. */
typedef struct {
    example_t *example;
    const kmnist_run_t *run;
    neuron_dataset_t *all;
} study_t;

/* The rates of the document's schedule: what was asked for is overwritten. */
static int set_rate(double *rate, int64_t epoch, void *user_data)
{
    (void)user_data;
    *rate = epoch < SCHEDULE_LENGTH ? 0.001 : 0.0001;
    return 0;
}

static neuron_callback_t *make_schedule(const example_t *example, kmnist_schedule_t schedule)
{
    neuron_callback_t *made = NULL;

    if (schedule == KMNIST_SET)
        must(neuron_callback_create_schedule(&made, example->context, set_rate, NULL, NULL));
    else if (schedule == KMNIST_TENTHS)
        must(neuron_callback_create(&made, example->context, "step_schedule",
                                    "length=10, factor=0.1"));
    return made;
}

static neuron_graph_t *draw(const example_t *example, const kmnist_network_t *network,
                            neuron_graph_t *graph)
{
    if (network->whole_batch && network->rotation > 0)
        must(batch_rotation_register(example->context, network->rotation));
    must(neuron_graph_finish(graph, network->draw(graph, network)));
    return graph;
}

static neuron_dataset_t *choose_data(example_t *example, const kmnist_run_t *run)
{
    static const double fractions[] = {0.8, 0.2};
    bool on_test = run->on_test && run->search != KMNIST_FOLDS && run->search != KMNIST_GRID;
    neuron_dataset_t *all;
    neuron_dataset_t *test;
    neuron_dataset_t *parts[2];

    example->data_note = NULL;
    example_load_images(example, EXAMPLE_KMNIST, &all, &test);
    if (run->one_hot) {
        all = example_one_hot(all);
        test = example_one_hot(test);
    }
    if (on_test) {
        parts[0] = neuron_dataset_ref(all);
        parts[1] = neuron_dataset_ref(test);
    } else {
        example_split(example, all, fractions, 2, "order=stratified", parts);
    }
    example_set_data(example, parts[0], parts[1], test);
    if (example->options.limit != 0) {
        neuron_dataset_unref(all);
        all = neuron_dataset_ref(example->train);
    }
    return all;
}

static void prepare(const example_t *example, const kmnist_run_t *run, example_training_t *training)
{
    *training = (example_training_t){
        .batch_size = run->batch_size != 0 ? run->batch_size : BATCH_SIZE,
        .epochs = run->epochs,
        .keep_best = run->best,
    };
    must(neuron_optimizer_create(&training->optimizer, example->context,
                                 run->rule != NULL ? run->rule : "adam", NULL));
    if (run->learning_rate != 0)
        must(neuron_optimizer_set_number(training->optimizer, "learning_rate", run->learning_rate));
    if (run->patience != 0)
        training->callbacks[0] = example_early_stopping(example, run->patience);
    training->callbacks[1] = make_schedule(example, run->schedule);
    training->schedule_note = "0.001, and from epoch 11 on 0.0001, whatever the rate was";
}

static void release(example_training_t *training)
{
    neuron_optimizer_unref(training->optimizer);
    neuron_callback_unref(training->callbacks[0]);
    neuron_callback_unref(training->callbacks[1]);
}

/* The run with the levels of a trial in place of its own settings. */
static kmnist_run_t with_levels(const kmnist_run_t *run, const neuron_trial_t *trial)
{
    kmnist_run_t changed = *run;

    if (run->search == KMNIST_FOLDS)
        return changed;
    changed.learning_rate = neuron_trial_number(trial, "learning rate");
    if (run->search == KMNIST_GRID) {
        changed.network.dropout = neuron_trial_number(trial, "dropout");
        return changed;
    }
    changed.network.units = (int64_t)neuron_trial_number(trial, "last hidden layer");
    changed.network.hidden_layers = (int64_t)neuron_trial_number(trial, "hidden layers");
    changed.network.batch_norm = neuron_trial_number(trial, "batch normalisation") != 0;
    changed.network.rotation = neuron_trial_number(trial, "rotation") / 100;
    changed.network.noise = neuron_trial_number(trial, "noise");
    return changed;
}

/* A trial of a random search, by the best epoch; or one fold of one, by the last epoch. */
static int try_one(double *score, const neuron_trial_t *trial, void *user_data)
{
    const study_t *study = user_data;
    example_t *example = study->example;
    kmnist_run_t run = with_levels(study->run, trial);
    neuron_dataset_t *train = example->train;
    neuron_dataset_t *fold = example->validation;
    bool folds = neuron_trial_fold_count(trial) > 1;
    example_training_t training;
    char *figures;
    size_t size;
    FILE *file = open_memstream(&figures, &size);

    if (file == NULL)
        example_fail("out of memory");
    if (folds)
        must(neuron_dataset_k_fold(&train, &fold, study->all, neuron_trial_fold_count(trial),
                                   neuron_trial_fold(trial), example->options.seed));
    prepare(example, &run, &training);
    neuron_graph_t *graph =
        draw(example, &run.network, example_trial_graph(example, run.run.id, trial));
    *score = example_try(example, graph, &training, train, fold,
                         !folds        ? NULL
                         : run.on_test ? example->test
                                       : fold,
                         file);
    if (fclose(file) != 0)
        example_fail("out of memory");
    kmnist_keep_tried(example, &run, trial, *score, figures);
    must(neuron_trial_add_figure(
        trial, "training accuracy",
        example_read_number(figures, folds ? "train_accuracy" : "best_train_accuracy")));
    free(figures);
    printf("%s  trial %lld, fold %lld of %lld: %.4f\n", run.run.id,
           (long long)neuron_trial_index(trial), (long long)neuron_trial_fold(trial) + 1,
           (long long)neuron_trial_fold_count(trial), *score);
    fflush(stdout);
    release(&training);
    if (folds) {
        neuron_dataset_unref(train);
        neuron_dataset_unref(fold);
    }
    return 0;
}

static int64_t levels_of(const example_t *example, const kmnist_factor_t *factor)
{
    return example->options.quick && factor->quick_count != 0 ? factor->quick_count : factor->count;
}

/* How many combinations are tried at random; 0 for all. */
static int64_t trials_of(const example_t *example, const kmnist_plan_t *plan)
{
    int64_t all = 1;

    for (int32_t i = 0; i < plan->count; i++)
        all *= levels_of(example, &plan->factors[i]);
    if (example->options.quick && all > QUICK_TRIALS)
        return QUICK_TRIALS;
    return plan->trials;
}

/* How many trainings a search takes. */
static int64_t trainings_of(const example_t *example, const kmnist_plan_t *plan)
{
    int64_t all = 1;

    for (int32_t i = 0; i < plan->count; i++)
        all *= levels_of(example, &plan->factors[i]);
    return (trials_of(example, plan) != 0 ? trials_of(example, plan) : all) * plan->folds;
}

static void tell_factor(char *text, const kmnist_factor_t *factor, int64_t count)
{
    snprintf(text + strlen(text), EXAMPLE_TEXT_MAX - strlen(text), "; %s", factor->name);
    for (int32_t i = 0; i < count; i++)
        snprintf(text + strlen(text), EXAMPLE_TEXT_MAX - strlen(text), " %.9g", factor->levels[i]);
}

/* What is tried and by what it is chosen, for the description of a run. */
static const char *tell_search(const example_t *example, const kmnist_run_t *run)
{
    static char text[EXAMPLE_TEXT_MAX];
    const kmnist_plan_t *plan = &kmnist_plans[run->search];
    int64_t trials = trials_of(example, plan);

    text[0] = '\0';
    if (trials != 0)
        snprintf(text, sizeof text, "%lld at random", (long long)trials);
    else
        snprintf(text, sizeof text, "all");
    if (plan->folds > 1)
        snprintf(text + strlen(text), sizeof text - strlen(text),
                 ", %d folds each, by the mean on %s", (int)plan->folds,
                 run->on_test ? "the test set" : "the fold");
    else
        snprintf(text + strlen(text), sizeof text - strlen(text),
                 ", by the best epoch's validation accuracy");
    for (int32_t i = 0; i < plan->count; i++)
        tell_factor(text, &plan->factors[i], levels_of(example, &plan->factors[i]));
    snprintf(text + strlen(text), sizeof text - strlen(text),
             "; the best of them replace what stands here");
    return text;
}

/* The table of levels and the best trial, to be freed. */
static char *table_of(const neuron_search_t *search)
{
    size_t size;

    must(neuron_search_table(NULL, 0, &size, search));
    char *text = malloc(size);
    if (text == NULL)
        example_fail("out of memory");
    must(neuron_search_table(text, size, NULL, search));
    return text;
}

static void write_text(const example_t *example, FILE *file, const void *text)
{
    (void)example;
    fputs(text, file);
}

/* The best trial and how it did in each fold, for the results: the last line of the table. What the
 * document reports is its best trial, or of folds the mean, which no single network has. */
static void describe(const neuron_search_t *search, const char *table, char *note)
{
    const neuron_trial_t *best = neuron_search_best(search);
    const char *line = strstr(table, "Best of");
    size_t length = line != NULL ? strcspn(line, "\n") : 0;

    snprintf(note, EXAMPLE_TEXT_MAX, "%.*s", (int)length, line != NULL ? line : "");
    if (neuron_trial_fold_count(best) == 1) {
        snprintf(note + strlen(note), EXAMPLE_TEXT_MAX - strlen(note),
                 "; the document reports its best trial, this row is one more training with the "
                 "levels of the best here, from another seed");
        return;
    }
    for (int32_t i = 0; i < neuron_trial_fold_count(best); i++)
        snprintf(note + strlen(note), EXAMPLE_TEXT_MAX - strlen(note), "%s%.4f",
                 i == 0 ? "; in its folds " : ", ", neuron_trial_fold_score(best, i));
    snprintf(note + strlen(note), EXAMPLE_TEXT_MAX - strlen(note),
             ", whose mean is what the document reports; this row is one more training");
}

/* Tries what there is to try; the run with the levels that were best. What was tried is to be
 * released. */
static kmnist_run_t search(study_t *study, char *note, neuron_search_t **tried)
{
    example_t *example = study->example;
    const kmnist_run_t *run = study->run;
    const kmnist_plan_t *plan = &kmnist_plans[run->search];
    neuron_search_t *search;
    char log[EXAMPLE_PATH_MAX], options[32];

    if (example_take_up(example, run->run.id, "-search", ".jsonl",
                        example_epochs(example, run->epochs)))
        printf("%s goes on with its search\n", run->run.id);
    else
        kmnist_forget_tried(example, run);
    example_path(example, log, run->run.id, "-search.jsonl");
    snprintf(options, sizeof options, "folds=%d", (int)plan->folds);
    must(neuron_search_create(&search, example->context, try_one, study, NULL, options));
    for (int32_t i = 0; i < plan->count; i++)
        must(neuron_search_add_factor(search, plan->factors[i].name, plan->factors[i].levels,
                                      levels_of(example, &plan->factors[i])));
    must(neuron_search_set_log(search, log));
    if (trials_of(example, plan) == 0)
        must(neuron_search_run_grid(search));
    else
        must(neuron_search_run_random(search, trials_of(example, plan), example->options.seed));
    if (neuron_search_best(search) == NULL)
        example_fail("%s: no trial has a score", run->run.id);

    char *table = table_of(search);
    puts(table);
    example_write_whole(example, run->run.id, "-search.txt", write_text, table);
    describe(search, table, note);
    free(table);
    *tried = search;
    return with_levels(run, neuron_search_best(search));
}

static void train(example_t *example, const kmnist_run_t *asked)
{
    char note[EXAMPLE_TEXT_MAX] = "";
    study_t study = {.example = example, .run = asked};
    kmnist_run_t run = *asked;
    neuron_search_t *searched = NULL;
    example_training_t training;

    study.all = choose_data(example, asked);
    if (asked->search != KMNIST_NO_SEARCH && !example_only_tells(example))
        run = search(&study, note, &searched);
    prepare(example, &run, &training);
    training.note = note;
    training.searched = searched;
    char *tried = NULL;
    if (asked->search != KMNIST_NO_SEARCH) {
        if (!example_only_tells(example))
            training.details = tried = kmnist_tried(example, asked);
        training.search = tell_search(example, asked);
        training.trials = trainings_of(example, &kmnist_plans[asked->search]);
    }
    neuron_graph_t *graph = draw(example, &run.network, example_graph(example, run.run.id));
    graph = example_train(example, run.run.id, graph, &training);

    neuron_graph_unref(graph);
    neuron_search_unref(searched);
    free(tried);
    release(&training);
    neuron_dataset_unref(study.all);
}

int main(int argc, char **argv)
{
    static example_run_t runs[EXAMPLE_RUNS_MAX];
    const example_program_t program = {
        .name = "kmnist_mlp_cnn",
        .document = "Document 000: fully connected and convolutional networks for K-MNIST",
        .data = "kmnist/ or its files",
        .kept = "the parameters of the last epoch, or of K2 and K3 of the best one by validation",
        .runs = runs,
        .run_count = kmnist_run_count,
        .write_more = kmnist_write_searches,
    };
    example_t example;

    for (int i = 0; i < kmnist_run_count; i++)
        runs[i] = kmnist_runs[i].run;
    example_open(&example, &program, argc, argv);
    for (int i = 0; i < kmnist_run_count; i++)
        if (example_wants(&example, kmnist_runs[i].run.id))
            train(&example, &kmnist_runs[i]);
    example_close(&example);
    return EXIT_SUCCESS;
}
