/* The page of a run, OUT/<id>.html: its settings and data, what was tried, the network, the curves,
 * and how it does on all parts of the images, beside what the document reports. libneuron-report
 * makes it; without that library there is none. */
#include "example.h"

#include <stdlib.h>
#include <string.h>

#ifdef EXAMPLE_HAS_REPORT
#include <libneuron-report/report.h>

enum { FIGURES_MAX = 3, PAIRS_MAX = 8 + EXAMPLE_SETTINGS_MAX };

/* Names and values for a list. */
typedef struct {
    int64_t count;
    const char *names[PAIRS_MAX];
    const char *values[PAIRS_MAX];
} pairs_t;

static void add_pair(pairs_t *pairs, const char *name, const char *value)
{
    if (value[0] == '\0')
        return;
    pairs->names[pairs->count] = name;
    pairs->values[pairs->count++] = value;
}

static void add_settings(neuron_report_t *report, const example_t *example,
                         const example_settings_t *settings, const example_result_t *result)
{
    char note[EXAMPLE_TEXT_MAX];
    char seed[EXAMPLE_TEXT_MAX];
    pairs_t pairs = {0};

    example_data_note(example, note);
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)example->options.seed);
    add_pair(&pairs, "document", example->program->document);
    add_pair(&pairs, "images", example->data_name);
    add_pair(&pairs, "note on them", note);
    add_pair(&pairs, "seed", seed);
    add_pair(&pairs, "command", example->command);
    add_pair(&pairs, "note", result->note);
    add_pair(&pairs, "library", neuron_version_string());
    for (int i = 0; i < settings->count; i++)
        add_pair(&pairs, settings->rows[i].name, settings->rows[i].text);
    must(neuron_report_add_settings(report, NULL, pairs.names, pairs.values, pairs.count));
}

/* Of the difference of two shares, each of so many images. */
static double error_of(double share, double count, double reported, double reported_count)
{
    double reported_error = reported_count > 0 ? reported * (1 - reported) / reported_count : 0;

    return sqrt(share * (1 - share) / count + reported_error);
}

/* What the document has, if it has anything. */
static void add_comparison(neuron_report_t *report, const example_t *example, const char *id,
                           const example_page_t *page)
{
    const example_reported_t *reported =
        &example->program->runs[example_run_index(example->program, id)].reported;
    const double figures[FIGURES_MAX] = {reported->train_accuracy, reported->validation_accuracy,
                                         reported->test_accuracy};
    static const char *const parts[FIGURES_MAX] = {"training", "validation", "test"};
    const char *names[FIGURES_MAX];
    double values[FIGURES_MAX];
    double references[FIGURES_MAX];
    double errors[FIGURES_MAX];
    int64_t count = 0;

    for (int i = 0; i < FIGURES_MAX; i++) {
        if (!(figures[i] > 0))
            continue;
        double examples = (double)neuron_evaluation_count(page->parts[i]);
        names[count] = parts[i];
        values[count] = neuron_evaluation_accuracy(page->parts[i]);
        references[count] = figures[i];
        errors[count] = error_of(values[count], examples, figures[i],
                                 i == 2 ? (double)reported->test_examples : examples);
        count++;
    }
    if (count > 0)
        must(neuron_report_add_comparison(report, "Beside the document", "accuracy", names, values,
                                          references, errors, count));
}

static void add_network(neuron_report_t *report, const example_t *example,
                        const example_page_t *page)
{
    const neuron_history_t *history = page->history;

    if (page->searched != NULL)
        must(neuron_report_add_search(report, NULL, page->searched));
    must(neuron_report_add_graph(report, NULL, page->graph, "profile=yes"));
    if (history != NULL && neuron_history_epochs(history) > 0)
        must(neuron_report_add_history(report, NULL, history));
    if (page->member_count > 0)
        must(neuron_report_add_committee(report, NULL, page->graph, page->members,
                                         page->member_names, page->member_count, example->test));
}

/* Options that say how large images are whose pixels lie in a row, of squares with one channel;
 * with others before. */
static const char *image_options(const example_t *example, const char *others,
                                 char options[EXAMPLE_TEXT_MAX])
{
    int64_t shape[NEURON_RANK_MAX];
    int32_t rank;

    must(neuron_dataset_shape(shape, &rank, example->train));
    int side = (int)lround(sqrt((double)shape[0]));
    snprintf(options, EXAMPLE_TEXT_MAX, "%s", others);
    if (rank == 1 && (int64_t)side * side == shape[0])
        snprintf(options, EXAMPLE_TEXT_MAX, "%s, height=%d, width=%d", others, side, side);
    return options;
}

void example_write_page(const example_t *example, const char *id, const example_page_t *page,
                        const example_result_t *result)
{
    const example_run_t *run = &example->program->runs[example_run_index(example->program, id)];
    char title[EXAMPLE_TEXT_MAX];
    char path[EXAMPLE_PATH_MAX];
    char options[EXAMPLE_TEXT_MAX];
    neuron_report_t *report;

    snprintf(title, sizeof title, "%s: %s", id, run->description);
    must(neuron_report_create(&report, example->context, title, NULL));
    add_settings(report, example, page->settings, result);
    add_comparison(report, example, id, page);
    must(neuron_report_add_dataset(report, "Training images", example->train,
                                   image_options(example, "samples=20", options)));
    add_network(report, example, page);
    must(neuron_report_add_evaluation(report, "Test images", page->parts[2]));
    must(neuron_report_add_mistakes(report, NULL, page->graph, example->test,
                                    image_options(example, "count=16", options)));
    must(neuron_report_add_evaluation(report, "Validation images", page->parts[1]));
    must(neuron_report_add_evaluation(report, "Training images, evaluated", page->parts[0]));
    example_path(example, path, id, ".html");
    must(neuron_report_save(report, path));
    neuron_report_unref(report);
}

#else

void example_write_page(const example_t *example, const char *id, const example_page_t *page,
                        const example_result_t *result)
{
    (void)example, (void)id, (void)page, (void)result;
}

#endif
