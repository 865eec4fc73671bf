/* Writes pages for check-pages.py into a folder: one of each kind of section, and one of all that
 * is hard to show. Beside them, in "figures.txt", it writes what calls say of the same things, in
 * lines of the section's heading, a word that stands before the figure, and the figure. */
#include "report/document/report.h"

#include "report/charts/bars.h"
#include "report/charts/lines.h"
#include "test-common.h"

#include <libneuron-committee/committees.h>

#include <math.h>
#include <stdio.h>

enum { SIDE = 12, EXAMPLES = 300, MANY = 5000 };

static FILE *figures;
static const char *folder;
static neuron_context_t *context;

static void must(int status)
{
    if (status < 0) {
        fprintf(stderr, "%s\n", neuron_error_last());
        exit(EXIT_FAILURE);
    }
}

static const char *path_of(const char *name)
{
    static char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void note(const char *heading, const char *word, double value)
{
    fprintf(figures, "%s\t%s\t%.4f\n", heading, word, value);
}

static void note_count(const char *heading, const char *word, int64_t value)
{
    fprintf(figures, "%s\t%s\t%lld\n", heading, word, (long long)value);
}

static neuron_graph_t *build(int64_t filters, uint64_t seed)
{
    neuron_graph_t *graph;
    must(neuron_graph_create(&graph, context));
    must(neuron_graph_set_seed(graph, seed));
    neuron_node_t *x = neuron_input(graph, (const int64_t[]){SIDE, SIDE, 1}, 3);
    neuron_node_t *a = neuron_relu(graph, neuron_conv2d(graph, x, filters, 3, 3, "padding=same"));
    neuron_node_t *both[] = {x, a};
    neuron_node_t *h = neuron_flatten(
        graph, neuron_max_pool2d(graph, neuron_concat(graph, both, 2, NULL), 2, 2, NULL));
    must(neuron_graph_finish(graph, neuron_softmax(graph, neuron_dense(graph, h, 10, NULL), NULL)));
    return graph;
}

static neuron_trainer_t *train(neuron_graph_t *graph, neuron_dataset_t *dataset, int64_t epochs)
{
    neuron_optimizer_t *adam;
    neuron_trainer_t *trainer;
    neuron_callback_t *decay;
    must(neuron_optimizer_create(&adam, context, "adam", NULL));
    must(neuron_trainer_create(&trainer, graph, adam, dataset));
    must(neuron_trainer_set(trainer, "validation_split=0.2, metrics=cohen_kappa"));
    must(neuron_trainer_set_number(trainer, "epochs", (double)epochs));
    must(neuron_callback_create(&decay, context, "exponential_schedule", NULL));
    must(neuron_trainer_add_callback(trainer, decay));
    must(neuron_trainer_run(NULL, trainer));
    neuron_callback_unref(decay);
    neuron_optimizer_unref(adam);
    return trainer;
}

static int try_one(double *score, const neuron_trial_t *trial, void *user_data)
{
    (void)user_data;
    double rate = neuron_trial_number(trial, "learning rate of the first layers");
    *score = rate > 0.5 ? NAN : 1 - rate + 0.01 * (double)neuron_trial_index(trial);
    must(neuron_trial_add_figure(trial, "training <b>", 1.5 - rate));
    if (neuron_trial_index(trial) == 1)
        must(neuron_trial_add_figure(trial, "of one", 3));
    return 0;
}

static void add_search(neuron_report_t *report)
{
    neuron_search_t *search;
    must(neuron_search_create(&search, context, try_one, NULL, NULL, "folds=2"));
    must(neuron_search_add_factor(search, "learning rate of the first layers",
                                  (const double[]){0.01, 0.1, 1}, 3));
    must(neuron_search_add_choice(search, "activation <b>", (const char *const[]){"relu", "t&nh"},
                                  2));
    must(neuron_search_run_grid(search));
    must(neuron_report_add_search(report, NULL, search));
    note("Search", "Best score", neuron_trial_score(neuron_search_best(search)));
    note_count("Search", "Trials done", neuron_search_trial_count(search));
    for (int64_t i = 0; i < neuron_search_trial_count(search); i++) {
        const neuron_trial_t *trial = neuron_search_trial(search, i);
        char word[32];
        snprintf(word, sizeof word, "%d", (int)i + 1);
        note("Search", word, neuron_trial_score(trial));
        note("Search", word, neuron_trial_figure(trial, "training <b>"));
        note("Search", word, neuron_trial_figure(trial, "of one"));
    }
    note("Search", "learning rate of the first layers", 1 - 0.1 + 0.03); /* the best of a level */
    note("Search", "learning rate of the first layers", 1 - 0.1 + 0.01 * 2.5); /* its mean */
    note("Search", "learning rate of the first layers", 1.5 - 0.1);            /* of its figure */
    note("Search", "activation <b>", 1.5 - 0.01); /* the best of each by itself */
    note("Search", "activation <b>", (3 * 1.5 - 1.11) / 3);
    neuron_search_unref(search);
}

static void note_evaluation(const char *heading, const neuron_evaluation_t *evaluation)
{
    note(heading, "Accuracy", neuron_evaluation_accuracy(evaluation));
    note(heading, "Loss", neuron_evaluation_loss(evaluation));
    for (int64_t i = 0; i < neuron_evaluation_row_count(evaluation); i++) {
        char word[32];
        snprintf(word, sizeof word, "%d", (int)i);
        note(heading, word, neuron_evaluation_precision(evaluation, i));
        note(heading, word, neuron_evaluation_recall(evaluation, i));
        note(heading, word, neuron_evaluation_f1(evaluation, i));
        for (int64_t k = 0; k < neuron_evaluation_row_count(evaluation); k++)
            note_count(heading, word, neuron_evaluation_confusion(evaluation, i, k));
    }
}

static void note_history(const char *heading, const neuron_history_t *history)
{
    static const char *const metrics[] = {"loss", "accuracy", "validation_loss",
                                          "validation_accuracy", "validation_cohen_kappa"};
    for (int64_t i = 0; i < neuron_history_epochs(history); i++)
        for (int k = 0; k < 5; k++) {
            char word[32];
            double value;
            snprintf(word, sizeof word, "%d", (int)i + 1);
            must(neuron_history_value(&value, history, i, metrics[k]));
            note(heading, word, value);
        }
}

static void note_graph(const neuron_graph_t *graph)
{
    note_count("Network", "Parameters", neuron_graph_parameter_count(graph));
    note_count("Network", "Layers", neuron_graph_node_count(graph));
    note_count("Network", "dense", 6 * 6 * 5 * 10 + 10);
    note_count("Network", "conv2d", 3 * 3 * 4 + 4);
}

static void add_committee(neuron_report_t *report, const neuron_graph_t *one,
                          const neuron_graph_t *two, const neuron_dataset_t *test)
{
    neuron_graph_t *both[] = {(neuron_graph_t *)one, (neuron_graph_t *)two}, *committee;
    const neuron_graph_t *members[] = {one, two};
    neuron_evaluation_t *evaluation;
    must(neuron_committee_create(&committee, context, both, 2, NULL, NULL));
    must(neuron_report_add_committee(report, NULL, committee, members, NULL, 2, test));
    double value, pairs[4];
    must(neuron_graph_evaluate(&evaluation, committee, test, NULL, "scores=yes"));
    note("Committee", "Accuracy of the committee", neuron_evaluation_accuracy(evaluation));
    note("Committee", "Log loss of the committee", neuron_evaluation_loss(evaluation));
    must(neuron_evaluation_metric(&value, evaluation, "risk_coverage_area", NEURON_AVERAGE_DEFAULT,
                                  NULL));
    note("Committee", "Area below risk and coverage", value);
    must(neuron_committee_diversity(pairs, both, 2, test, "measure=double_fault"));
    note("Committee", "Both of two are wrong", pairs[1]);
    neuron_evaluation_unref(evaluation);
    must(neuron_graph_evaluate(&evaluation, one, test, NULL, NULL));
    note("Committee", "1", neuron_evaluation_accuracy(evaluation));
    neuron_evaluation_unref(evaluation);
    neuron_graph_unref(committee);
}

static void write_usual(const char *name, const char *options)
{
    neuron_report_t *report;
    neuron_dataset_t *dataset, *test;
    neuron_evaluation_t *evaluation;
    must(neuron_report_create(&report, context, "Glyphs & <more>", options));
    must(neuron_dataset_generate_glyphs(&dataset, context, EXAMPLES, SIDE, SIDE, 1));
    must(neuron_dataset_generate_glyphs(&test, context, EXAMPLES, SIDE, SIDE, 2));
    neuron_graph_t *graph = build(4, 1), *other = build(2, 2);
    neuron_trainer_t *trainer = train(graph, dataset, 4), *second = train(other, dataset, 2);
    const neuron_history_t *both[] = {neuron_trainer_history(trainer),
                                      neuron_trainer_history(second)};
    must(neuron_graph_evaluate(&evaluation, graph, test, NULL, NULL));
    must(neuron_report_add_text(report, "Words", "One.\n\nTwo <b>\nlines."));
    must(neuron_report_add_settings(report, NULL, (const char *const[]){"a", "b"},
                                    (const char *const[]){"1", NULL}, 2));
    must(neuron_report_add_table(report, "Numbers", (const char *const[]){"name", "n"}, 2,
                                 (const char *const[]){"x", "1.5", "y", NULL}, 2));
    must(neuron_report_add_trainer(report, NULL, trainer));
    must(neuron_report_add_dataset(report, NULL, dataset, "samples=12"));
    must(neuron_report_add_graph(report, NULL, graph, "batch=8"));
    must(neuron_report_add_history(report, NULL, both[0]));
    must(neuron_report_add_histories(report, NULL, both, NULL, 2));
    must(neuron_report_add_evaluation(report, NULL, evaluation));
    must(neuron_report_add_mistakes(report, NULL, graph, test, "count=5"));
    must(neuron_report_add_comparison(report, NULL, "accuracy", (const char *const[]){"a", "b"},
                                      (const double[]){0.5, NAN}, (const double[]){0.25, 0.75},
                                      (const double[]){0.01, NAN}, 2));
    add_committee(report, graph, other, test);
    add_search(report);
    note_evaluation("Evaluation", evaluation);
    note_history("Learning curves", both[0]);
    note_graph(graph);
    note_count("Data", "Examples", EXAMPLES);
    note("Comparison", "a", 0.25);
    must(neuron_report_save(report, path_of(name)));
    must(neuron_report_save_pictures(report, path_of("pictures"), "theme=dark"));
    neuron_evaluation_unref(evaluation);
    neuron_trainer_unref(second);
    neuron_trainer_unref(trainer);
    neuron_graph_unref(other);
    neuron_graph_unref(graph);
    neuron_dataset_unref(test);
    neuron_dataset_unref(dataset);
    neuron_report_unref(report);
}

/* ---- What is hard to show ---- */

#define LONG_NAME                                                                                  \
    "a name of a class that is so long that no picture has room"                                   \
    " for all of it, and no table either, as nobody would read it"
static const char *const names[] = {
    "<b>&\"'</b>",
    "\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d \xd7\xa2\xd7\x95\xd7\x9c\xd7\x9d",
    LONG_NAME,
    "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e",
    "cat",
    "averyverylongwordwithoutanyblanksinitthatcannotbebroken",
    "\xd0\xba\xd0\xbe\xd1\x82",
    "</title><script>alert(1)</script>"};
enum { NAMES = sizeof names / sizeof names[0] };

/* Classes with such names, of which the last but one has no examples. */
static void add_names(neuron_report_t *report)
{
    enum { COUNT = 64 };
    float *values = calloc(COUNT * 64, sizeof *values);
    int32_t labels[COUNT];
    neuron_tensor_t *examples, *targets;
    neuron_dataset_t *dataset;
    for (int i = 0; i < COUNT; i++) {
        labels[i] = i % (NAMES - 1) == NAMES - 2 ? NAMES - 1 : i % (NAMES - 1);
        for (int k = 0; k < 64; k++)
            values[i * 64 + k] = (float)((k * (labels[i] + 2) + i) % 17);
    }
    must(neuron_tensor_copy(&examples, context, NEURON_TYPE_F32, (const int64_t[]){COUNT, 8, 8}, 3,
                            values));
    must(neuron_tensor_copy(&targets, context, NEURON_TYPE_I32, (const int64_t[]){COUNT}, 1,
                            labels));
    must(neuron_dataset_create(&dataset, context, examples, targets, NAMES));
    must(neuron_dataset_set_class_names(dataset, names, NAMES));
    neuron_graph_t *graph;
    neuron_evaluation_t *evaluation;
    must(neuron_graph_create(&graph, context));
    neuron_node_t *x = neuron_input(graph, (const int64_t[]){8, 8}, 2);
    x = neuron_dense(graph, neuron_flatten(graph, x), NAMES, NULL);
    must(neuron_node_set_name(x, "<dense> & \"more\""));
    must(neuron_graph_finish(graph, neuron_softmax(graph, x, NULL)));
    must(neuron_graph_evaluate(&evaluation, graph, dataset, NULL, NULL));
    must(neuron_report_add_dataset(report, names[1], dataset, "samples=9"));
    must(neuron_report_add_graph(report, names[0], graph, NULL));
    must(neuron_report_add_evaluation(report, names[2], evaluation));
    must(neuron_report_add_mistakes(report, names[7], graph, dataset, NULL));
    neuron_evaluation_unref(evaluation);
    neuron_graph_unref(graph);
    neuron_dataset_unref(dataset);
    neuron_tensor_unref(targets);
    neuron_tensor_unref(examples);
    free(values);
}

/* `classes` of which each is sometimes taken for the next but one. */
static void add_classes(neuron_report_t *report, const char *heading, int32_t classes)
{
    int32_t *truth = calloc(MANY, sizeof *truth), *predicted = calloc(MANY, sizeof *predicted);
    neuron_evaluation_t *evaluation;
    for (int32_t i = 0; i < MANY; i++) {
        truth[i] = i % classes;
        predicted[i] = i / classes % 7 == truth[i] % 5 ? (truth[i] + 2) % classes : truth[i];
    }
    must(neuron_evaluation_create(&evaluation, context, truth, predicted, MANY, classes));
    must(neuron_report_add_evaluation(report, heading, evaluation));
    neuron_evaluation_unref(evaluation);
    free(predicted);
    free(truth);
}

static void draw_lines(neuron_section *section, const char *title, const double *values,
                       int64_t curves, int64_t count, bool may_be_logarithmic)
{
    neuron_curve list[40];
    static char texts[40][16];
    for (int64_t k = 0; k < curves; k++) {
        snprintf(texts[k], sizeof texts[k], "run %d", (int)k + 1);
        list[k] = (neuron_curve){texts[k], values + k * count, neuron_style_of(k), -1};
    }
    neuron_lines_draw(
        section, &(neuron_lines){"lines", title, "Epoch", list, curves, count, may_be_logarithmic});
}

static void add_curves(neuron_report_t *report)
{
    enum { LONG = 12000, RUNS = 40 };
    double *values = calloc(LONG, sizeof *values);
    NEURON_SECTION(section, report, "Curves", "");
    neuron_charts_begin(&section);
    draw_lines(&section, "One value", (const double[]){0.25}, 1, 1, true);
    draw_lines(&section, "All the same", (const double[]){2, 2, 2, 2}, 1, 4, true);
    draw_lines(&section, "All zero", (const double[]){0, 0, 0}, 1, 3, true);
    draw_lines(&section, "Gaps", (const double[]){1, NAN, 3, INFINITY, -INFINITY, 2, 4, NAN, 1}, 1,
               9, true);
    draw_lines(&section, "Nothing", (const double[]){NAN, NAN}, 1, 2, true);
    draw_lines(&section, "Decades", (const double[]){100, 1, 0.01, 0.0003}, 1, 4, true);
    draw_lines(&section, "Tiny", (const double[]){1e-12, 3e-12, 2e-12}, 1, 3, false);
    draw_lines(&section, "Huge", (const double[]){-1.5e308, 1.5e308, 0}, 1, 3, false);
    draw_lines(&section, "Nearly the same",
               (const double[]){1000000.0001, 1000000.0002, 1000000.0003}, 1, 3, false);
    for (int i = 0; i < LONG; i++)
        values[i] = exp(-i / 3000.0) + 0.1 * sin(i * 12.9898);
    draw_lines(&section, "Very many values", values, 1, LONG, true);
    draw_lines(&section, "Forty runs", values, RUNS, LONG / RUNS, true);
    neuron_charts_end(&section);
    must(neuron_report_add(report, &section));
    free(values);
}

/* A thousand classes of which some have no examples. */
static void add_bars(neuron_report_t *report)
{
    enum { BARS = 1000 };
    double values[BARS];
    const char *series = "Examples";
    NEURON_NAMES(list, context);
    for (int i = 0; i < BARS; i++) {
        values[i] = i % 50 == 0 ? 0 : 1000.0 / (1 + i % 97);
        neuron_names_add_number(&list, NULL, i);
    }
    NEURON_SECTION(section, report, "Bars", "");
    neuron_charts_begin(&section);
    neuron_bars_draw(&section, &(neuron_bars){"bars", "A thousand", "Class", &list, BARS, &series,
                                              1, values, neuron_bars_count});
    neuron_bars_draw(&section, &(neuron_bars){"bars", "None at all", "Class", &list, 1, &series, 1,
                                              values, neuron_bars_count});
    neuron_charts_end(&section);
    must(neuron_report_add(report, &section));
}

/* Members side by side, each with shortcuts. */
static void add_wide_graph(neuron_report_t *report)
{
    neuron_graph_t *graph;
    neuron_node_t *ends[6];
    must(neuron_graph_create(&graph, context));
    neuron_node_t *x = neuron_input(graph, (const int64_t[]){16}, 1);
    for (int i = 0; i < 6; i++) {
        neuron_node_t *h = neuron_relu(graph, neuron_dense(graph, x, 16, NULL));
        for (int k = 0; k < 2; k++) {
            neuron_node_t *both[] = {h, neuron_tanh(graph, neuron_dense(graph, h, 16, NULL))};
            h = neuron_add(graph, both, 2);
        }
        ends[i] = i == 3 ? x : h;
    }
    must(neuron_graph_finish(graph,
                             neuron_dense(graph, neuron_concat(graph, ends, 6, NULL), 3, NULL)));
    must(neuron_report_add_graph(report, "Wide", graph, "profile=yes, batch=1"));
    neuron_graph_unref(graph);
}

static void add_regression(neuron_report_t *report)
{
    float outputs[40], targets[40];
    neuron_tensor_t *a, *b;
    neuron_evaluation_t *evaluation;
    for (int i = 0; i < 40; i++) {
        targets[i] = (float)i;
        outputs[i] = (float)i + (i % 3 == 0 ? 0.5f : -0.25f);
    }
    must(neuron_tensor_wrap(&a, context, NEURON_TYPE_F32, (const int64_t[]){20, 2}, 2, outputs));
    must(neuron_tensor_wrap(&b, context, NEURON_TYPE_F32, (const int64_t[]){20, 2}, 2, targets));
    must(
        neuron_evaluation_create_from_outputs(&evaluation, context, a, b, NULL, "kind=regression"));
    must(neuron_report_add_evaluation(report, "Regression", evaluation));
    neuron_evaluation_unref(evaluation);
    neuron_tensor_unref(a);
    neuron_tensor_unref(b);
}

static void write_edges(void)
{
    neuron_report_t *report;
    must(neuron_report_create(&report, context, names[1], "theme=dark, digits=3"));
    must(neuron_report_add_text(report, "No UTF-8 \xff", "a\x01z \xef\xbf\xbf \xed\xa0\x80 end"));
    add_names(report);
    add_classes(report, "One class", 1);
    add_classes(report, "Two classes", 2);
    add_classes(report, "Thirty classes", 30);
    add_classes(report, "A thousand classes", 1000);
    add_regression(report);
    add_curves(report);
    add_bars(report);
    add_wide_graph(report);
    must(neuron_report_save(report, path_of("edges.html")));
    must(neuron_report_save_pictures(report, path_of("edges"), NULL));
    neuron_report_unref(report);
    must(neuron_report_create(&report, context, "", "theme=light"));
    must(neuron_report_save(report, path_of("empty.html")));
    neuron_report_unref(report);
}

int main(int argc, char **argv)
{
    if (argc != 2)
        return EXIT_FAILURE;
    folder = argv[1];
    figures = fopen(path_of("figures.txt"), "w");
    must(neuron_context_create(&context, "seed=1, threads=1"));
    write_usual("usual.html", NULL);
    write_edges();
    neuron_context_unref(context);
    return fclose(figures) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
