/* The mistakes of which a graph was most certain. */
#include "report/document/report.h"

#include "base/float-mode.h"
#include "base/options/options.h"
#include "report/sections/predictions.h"
#include "report/sections/samples.h"
#include "report/sections/tiles.h"

#include <stdio.h>
#include <string.h>

enum { COUNT = 1 };
enum { MISTAKES_MAX = 400 };

static const neuron_option rows[] = {
    NEURON_INTEGER(COUNT, "count", 1, MISTAKES_MAX, 24, "how many are shown"),
    NEURON_SAMPLES_OPTIONS};
static const neuron_option_table table = NEURON_OPTION_TABLE(rows);

typedef struct mistakes {
    const neuron_dataset_t *dataset;
    const neuron_prediction *predictions;
    int64_t all, wanted, count;   /* how many there are in all, and of these */
    int64_t places[MISTAKES_MAX]; /* the most certain first */
} mistakes;

/* Puts one where it belongs, if it is certain enough; of equals the first stays the first. */
static void rank(mistakes *m, int64_t place)
{
    float certainty = m->predictions[place].of_predicted;
    int64_t at = m->count;
    while (at > 0 && certainty > m->predictions[m->places[at - 1]].of_predicted)
        at--;
    if (at == m->wanted)
        return;
    m->count += m->count < m->wanted;
    memmove(m->places + at + 1, m->places + at, (size_t)(m->count - at - 1) * sizeof *m->places);
    m->places[at] = place;
}

static void find(mistakes *m)
{
    int64_t count = neuron_dataset_count(m->dataset);
    for (int64_t i = 0; i < count; i++)
        if (m->predictions[i].predicted != m->predictions[i].truth) {
            m->all++;
            rank(m, i);
        }
}

static const char *class_text(char text[32], const neuron_dataset_t *dataset, int32_t class_number)
{
    const char *name = neuron_dataset_class_name(dataset, class_number);
    snprintf(text, 32, "%d", (int)class_number);
    return name ? name : text;
}

static int put_tile(neuron_section *section, neuron_samples *samples, const mistakes *m,
                    int64_t place)
{
    const neuron_prediction *p = &m->predictions[place];
    char truth[32], predicted[32];
    neuron_figure of_truth, of_predicted;
    NEURON_BUFFER(alt, section->html.context);
    neuron_buffer_put(&alt, "Example ");
    neuron_buffer_print(&alt, "%" PRId64, place);
    neuron_buffer_put(&alt, ", ");
    neuron_buffer_put(&alt, class_text(truth, m->dataset, p->truth));
    neuron_buffer_put(&alt, ", taken for ");
    neuron_buffer_put(&alt, class_text(predicted, m->dataset, p->predicted));
    neuron_buffer_add(&alt, "", 1);
    RETURN_IF_ERROR(neuron_buffer_status(&alt));
    RETURN_IF_ERROR(neuron_samples_read(samples, place));
    RETURN_IF_ERROR(neuron_tile_begin(section, &samples->image, alt.bytes));
    neuron_buffer_print(
        &section->html, "is <b><bdi>%s</bdi></b>, %s<br>taken for <b><bdi>%s</bdi></b>, %s",
        class_text(truth, m->dataset, p->truth), neuron_figure_share(&of_truth, p->of_truth),
        class_text(predicted, m->dataset, p->predicted),
        neuron_figure_share(&of_predicted, p->of_predicted));
    neuron_tile_end(section);
    return NEURON_OK;
}

static void put_table(neuron_section *section, const mistakes *m)
{
    char text[32];
    neuron_figure figure;
    neuron_table_begin(section, "Mistakes, the most certain first");
    neuron_table_column(section, "Example", false);
    neuron_table_column(section, "True class", false);
    neuron_table_column(section, "Its probability", true);
    neuron_table_column(section, "Predicted class", false);
    neuron_table_column(section, "Its probability", true);
    for (int64_t i = 0; i < m->count; i++) {
        const neuron_prediction *p = &m->predictions[m->places[i]];
        neuron_table_row(section, neuron_figure_count(&figure, m->places[i]));
        neuron_table_cell(section, class_text(text, m->dataset, p->truth));
        neuron_table_real(section, p->of_truth);
        neuron_table_cell(section, class_text(text, m->dataset, p->predicted));
        neuron_table_real(section, p->of_predicted);
    }
    neuron_table_end(section);
}

static int put_all(neuron_section *section, const mistakes *m, const neuron_options *options,
                   const char *who)
{
    bool are_images;
    NEURON_SAMPLES(samples, section->html.context);
    RETURN_IF_ERROR(neuron_samples_begin(&samples, &are_images, m->dataset, options, who));
    neuron_facts_begin(section);
    neuron_fact_count(section, "Mistakes", m->all);
    neuron_fact_count(section, "Examples", neuron_dataset_count(m->dataset));
    neuron_fact_count(section, "Shown", m->count);
    neuron_facts_end(section);
    if (are_images && m->count > 0) {
        neuron_tiles_begin(section);
        for (int64_t i = 0; i < m->count; i++)
            RETURN_IF_ERROR(put_tile(section, &samples, m, m->places[i]));
        neuron_tiles_end(section);
        neuron_buffer_put(&section->html, "<details><summary>Table of the mistakes</summary>");
    }
    if (m->count > 0)
        put_table(section, m);
    if (are_images && m->count > 0)
        neuron_buffer_put(&section->html, "</details>\n");
    return NEURON_OK;
}

int neuron_report_add_mistakes(neuron_report_t *report, const char *heading,
                               const neuron_graph_t *graph, const neuron_dataset_t *dataset,
                               const char *options)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(report);
    CHECK_ARGUMENT(graph);
    CHECK_ARGUMENT(dataset);
    neuron_options given;
    neuron_options_reset(&given, &table);
    RETURN_IF_ERROR(neuron_options_parse(&given, options, __func__));
    NEURON_BUFFER(predictions, report->context);
    RETURN_IF_ERROR(
        neuron_predictions_make(&predictions, NULL, graph, "the graph", dataset, __func__));
    mistakes m = {.dataset = dataset,
                  .predictions = neuron_predictions_of(&predictions),
                  .wanted = (int64_t)neuron_options_value(&given, COUNT)};
    find(&m);
    NEURON_SECTION(section, report, heading, "Most confident mistakes");
    RETURN_IF_ERROR(put_all(&section, &m, &given, __func__));
    return neuron_report_add(report, &section);
}
