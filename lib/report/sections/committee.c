/* A committee beside its members: who is right how often, who agrees with whom, and what the
 * committee mends and breaks. */
#include "report/document/report.h"

#include "base/float-mode.h"
#include "report/charts/bars.h"
#include "report/charts/dots.h"
#include "report/charts/heat-map.h"
#include "report/sections/predictions.h"

#include <stdio.h>

enum { HEAT_MAX = 40 };

/* The committee is the first. */
typedef struct voters {
    const neuron_dataset_t *dataset;
    const neuron_names *names;
    int64_t count, examples;
    const int32_t *truth;
    const int32_t *classes; /* [voter][example] */
} voters;

static int64_t count_right(const voters *v, int64_t voter)
{
    int64_t count = 0;
    for (int64_t i = 0; i < v->examples; i++)
        count += v->classes[voter * v->examples + i] == v->truth[i];
    return count;
}

static double agreement(const voters *v, int64_t a, int64_t b)
{
    int64_t count = 0;
    for (int64_t i = 0; i < v->examples; i++)
        count += v->classes[a * v->examples + i] == v->classes[b * v->examples + i];
    return (double)count / (double)v->examples;
}

/* Examples that one has right and another has wrong. */
static int64_t count_better(const voters *v, int64_t right, int64_t wrong)
{
    int64_t count = 0;
    for (int64_t i = 0; i < v->examples; i++)
        count += v->classes[right * v->examples + i] == v->truth[i] &&
                 v->classes[wrong * v->examples + i] != v->truth[i];
    return count;
}

static void fill_cell(neuron_heat_cell *cell, const void *data, int64_t row, int64_t column)
{
    double share = agreement(data, row, column);
    cell->level = share;
    neuron_figure_share(&cell->text, share);
    cell->more.text[0] = '\0';
}

static void put_agreement(neuron_section *section, const voters *v)
{
    if (v->count > HEAT_MAX)
        return;
    neuron_heat_map_draw(
        section, &(neuron_heat_map){.name = "agreement",
                                    .title = "How often each two agree",
                                    .description = "Share of the examples of which each two say "
                                                   "the same, right or wrong",
                                    .down = "This one",
                                    .across = "says the same as",
                                    .rows = v->names,
                                    .columns = v->names,
                                    .row_count = v->count,
                                    .column_count = v->count,
                                    .cell = fill_cell,
                                    .data = v});
}

static int put_accuracies(neuron_section *section, const voters *v)
{
    NEURON_BUFFER(room, section->html.context);
    double *values = neuron_buffer_room(&room, v->count, sizeof *values);
    if (!values)
        return NEURON_E_MEMORY;
    for (int64_t k = 0; k < v->count; k++)
        values[k] = (double)count_right(v, k) / (double)v->examples;
    neuron_facts_begin(section);
    neuron_fact_real(section, "Accuracy of the committee", values[0]);
    double sum = 0, best = 0;
    for (int64_t k = 1; k < v->count; k++) {
        sum += values[k];
        best = values[k] > best ? values[k] : best;
    }
    neuron_fact_real(section, "Best member", best);
    neuron_fact_real(section, "Mean of the members", sum / (double)(v->count - 1));
    neuron_fact_count(section, "Examples", v->examples);
    neuron_facts_end(section);
    neuron_charts_begin(section);
    neuron_dots_draw(section, &(neuron_dots){.name = "accuracy",
                                             .title = "Accuracy of the committee and its members",
                                             .what = "Graph",
                                             .names = v->names,
                                             .count = v->count,
                                             .first_name = "Accuracy",
                                             .first = values});
    return neuron_buffer_status(&section->html);
}

static int put_changes(neuron_section *section, const voters *v, const neuron_names *members)
{
    static const char *const series[] = {"mended: wrong here, right in the committee",
                                         "broken: right here, wrong in the committee"};
    int64_t count = v->count - 1;
    NEURON_BUFFER(room, section->html.context);
    double *values = neuron_buffer_room(&room, 2 * count, sizeof *values);
    if (!values)
        return NEURON_E_MEMORY;
    for (int64_t k = 0; k < count; k++) {
        values[k] = (double)count_better(v, 0, k + 1);
        values[count + k] = (double)count_better(v, k + 1, 0);
    }
    neuron_bars_draw(section,
                     &(neuron_bars){.name = "mended",
                                    .title = "Examples that the committee mends and breaks",
                                    .what = "Member",
                                    .names = members,
                                    .count = count,
                                    .series = series,
                                    .series_count = 2,
                                    .values = values,
                                    .write = neuron_bars_count});
    return neuron_buffer_status(&section->html);
}

/* What one of them says of all examples. */
static int ask(int32_t *classes, int32_t *truth, const neuron_graph_t *graph, const char *name,
               const neuron_dataset_t *dataset, neuron_context_t *context, const char *who)
{
    NEURON_BUFFER(room, context);
    RETURN_IF_ERROR(neuron_predictions_make(&room, graph, name, dataset, who));
    const neuron_prediction *predictions = neuron_predictions_of(&room);
    for (int64_t i = 0; i < neuron_dataset_count(dataset); i++) {
        classes[i] = predictions[i].predicted;
        truth[i] = predictions[i].truth;
    }
    return NEURON_OK;
}

static int put_all(neuron_section *section, const voters *v, const neuron_names *members)
{
    RETURN_IF_ERROR(put_accuracies(section, v));
    put_agreement(section, v);
    RETURN_IF_ERROR(put_changes(section, v, members));
    neuron_charts_end(section);
    return NEURON_OK;
}

int neuron_report_add_committee(neuron_report_t *report, const char *heading,
                                const neuron_graph_t *committee,
                                const neuron_graph_t *const *members, const char *const *names,
                                int64_t count, const neuron_dataset_t *dataset)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(report);
    CHECK_ARGUMENT(committee);
    CHECK_ARGUMENT(members);
    CHECK_RANGE(count, 1, 4096);
    CHECK_ARGUMENT(dataset);
    int64_t examples = neuron_dataset_count(dataset);
    NEURON_NAMES(list, report->context);
    NEURON_NAMES(member_names, report->context);
    NEURON_BUFFER(room, report->context);
    int32_t *classes = neuron_buffer_room(&room, (count + 2) * examples, sizeof *classes);
    if (!classes)
        return NEURON_E_MEMORY;
    int32_t *truth = classes + (count + 1) * examples;
    neuron_names_add(&list, "committee");
    RETURN_IF_ERROR(
        ask(classes, truth, committee, "the committee", dataset, report->context, __func__));
    for (int64_t k = 0; k < count; k++) {
        char name[32];
        snprintf(name, sizeof name, "members[%" PRId64 "]", k);
        RETURN_IF_ERROR(neuron_handle_check(members[k], NEURON_HANDLE_GRAPH, name, __func__));
        neuron_names_add_number(&list, names ? names[k] : NULL, k + 1);
        neuron_names_add_number(&member_names, names ? names[k] : NULL, k + 1);
        RETURN_IF_ERROR(ask(classes + (k + 1) * examples, truth, members[k], name, dataset,
                            report->context, __func__));
    }
    NEURON_SECTION(section, report, heading, "Committee");
    const voters v = {dataset, &list, count + 1, examples, truth, classes};
    RETURN_IF_ERROR(put_all(&section, &v, &member_names));
    return neuron_report_add(report, &section);
}
