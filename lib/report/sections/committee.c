/* A committee beside its members: who is right how often and how sure, who agrees and errs with
 * whom, what the committee mends and breaks, and what each member adds. */
#include "report/document/report.h"

#include <libneuron-committee/joining.h>
#include <libneuron/evaluation.h>

#include "base/float-mode.h"
#include "base/hold.h"
#include "data/dataset.h"
#include "report/charts/bars.h"
#include "report/charts/dots.h"
#include "report/charts/heat-map.h"
#include "report/charts/lines.h"
#include "report/sections/predictions.h"

#include <math.h>
#include <stdio.h>

enum { HEAT_MAX = 40, TENTHS = 10, PERCENTS = 100 };

/* The committee is the first. */
typedef struct voters {
    const neuron_dataset_t *dataset;
    const neuron_names *names;
    int64_t count, examples;
    const int32_t *truth;
    const int32_t *classes; /* [voter][example] */
    const neuron_graph_t *committee;
    neuron_graph_t *const *members;
    neuron_tensor_t *const *outputs; /* of the members, which predict once, */
    const neuron_tensor_t *targets;  /* and what they should be */
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
static int ask(int32_t *classes, int32_t *truth, neuron_tensor_t **outputs,
               const neuron_graph_t *graph, const char *name, const neuron_dataset_t *dataset,
               neuron_context_t *context, const char *who)
{
    NEURON_BUFFER(room, context);
    RETURN_IF_ERROR(neuron_predictions_make(&room, outputs, graph, name, dataset, who));
    const neuron_prediction *predictions = neuron_predictions_of(&room);
    for (int64_t i = 0; i < neuron_dataset_count(dataset); i++) {
        classes[i] = predictions[i].predicted;
        truth[i] = predictions[i].truth;
    }
    return NEURON_OK;
}

/* ---- How sure they are ---- */

static void end_evaluation(neuron_evaluation_t **evaluation) __attribute__((nothrow));

static void end_evaluation(neuron_evaluation_t **evaluation)
{
    neuron_evaluation_unref(*evaluation);
}

/* One that ends with its block, however that is left. */
#define EVALUATION(name) neuron_evaluation_t *name __attribute__((cleanup(end_evaluation))) = NULL

/* An evaluation with scores; NULL if what the graph puts out are no probabilities, or not even
 * numbers, of which there is nothing to tell. */
static int judge(neuron_evaluation_t **evaluation, const neuron_graph_t *graph,
                 const neuron_dataset_t *dataset)
{
    double loss;
    RETURN_IF_ERROR(neuron_graph_evaluate(evaluation, graph, dataset, NULL, "scores=yes"));
    int status = neuron_evaluation_metric(&loss, *evaluation, "expected_calibration_error",
                                          NEURON_AVERAGE_DEFAULT, NULL);
    if (status == NEURON_OK && !isnan(loss))
        return NEURON_OK;
    neuron_evaluation_unref(*evaluation);
    *evaluation = NULL;
    return status == NEURON_E_DATA || status == NEURON_E_ARGUMENT ? NEURON_OK : status;
}

/* Whether it is in a tenth, which contains its upper bound, as a float. */
static bool is_in_tenth(double confidence, size_t tenth)
{
    float place = (float)confidence;
    return place > (float)tenth / TENTHS && place <= (float)(tenth + 1) / TENTHS;
}

static int put_metric(neuron_section *section, const char *name, const char *metric,
                      const neuron_evaluation_t *evaluation)
{
    double value;
    RETURN_IF_ERROR(
        neuron_evaluation_metric(&value, evaluation, metric, NEURON_AVERAGE_DEFAULT, NULL));
    neuron_fact_real(section, name, value);
    return NEURON_OK;
}

/* The points of a curve: room for x, y and at, one behind the other. */
static int read_curve(neuron_buffer *room, size_t *count, const neuron_evaluation_t *evaluation,
                      const char *curve, const char *options)
{
    RETURN_IF_ERROR(neuron_evaluation_curve(NULL, NULL, NULL, 0, count, evaluation, curve,
                                            NEURON_AVERAGE_DEFAULT, options));
    double *values = neuron_buffer_room(room, 3 * (int64_t)*count, sizeof *values);
    if (!values)
        return NEURON_E_MEMORY;
    return neuron_evaluation_curve(values, values + *count, values + 2 * *count, *count, NULL,
                                   evaluation, curve, NEURON_AVERAGE_DEFAULT, options);
}

/* The share that is wrong of the surest examples, for each hundredth of them. */
static int fill_risks(double risks[PERCENTS], neuron_context_t *context,
                      const neuron_evaluation_t *evaluation)
{
    NEURON_BUFFER(room, context);
    size_t count, at = 0;
    RETURN_IF_ERROR(read_curve(&room, &count, evaluation, "risk_coverage", NULL));
    const double *x = (const double *)(const void *)room.bytes, *y = x + count;
    for (int percent = 1; percent <= PERCENTS; percent++) {
        while (at + 1 < count && x[at] * PERCENTS < percent - 1e-9)
            at++;
        risks[percent - 1] = y[at];
    }
    return NEURON_OK;
}

static int put_risks(neuron_section *section, const neuron_evaluation_t *committee,
                     const neuron_evaluation_t *best)
{
    double risks[2][PERCENTS];
    RETURN_IF_ERROR(fill_risks(risks[0], section->html.context, committee));
    RETURN_IF_ERROR(fill_risks(risks[1], section->html.context, best));
    const neuron_curve curves[] = {{"committee", risks[0], neuron_style_of(0), -1},
                                   {"best member", risks[1], neuron_style_of(1), -1}};
    neuron_lines_draw(section,
                      &(neuron_lines){.name = "risk-coverage",
                                      .title = "Share that is wrong of the surest examples",
                                      .across = "Percent of the examples",
                                      .curves = curves,
                                      .curve_count = 2,
                                      .count = PERCENTS});
    return neuron_buffer_status(&section->html);
}

/* How often what was said so surely is so, by tenths of the confidence. */
static int put_reliability(neuron_section *section, const neuron_evaluation_t *evaluation)
{
    static const char *const series[] = {"mean confidence", "share that is right"};
    NEURON_NAMES(names, section->html.context);
    NEURON_BUFFER(room, section->html.context);
    double values[2][TENTHS];
    size_t count;
    RETURN_IF_ERROR(read_curve(&room, &count, evaluation, "reliability", "bins=10"));
    const double *x = (const double *)(const void *)room.bytes, *y = x + count;
    for (size_t k = 0; k < TENTHS; k++) {
        char text[40];
        snprintf(text, sizeof text, "%zu to %zu %%", 10 * k, 10 * k + 10);
        neuron_names_add(&names, text);
        values[0][k] = values[1][k] = NAN;
        for (size_t i = 0; i < count; i++)
            if (is_in_tenth(x[i], k)) {
                values[0][k] = x[i];
                values[1][k] = y[i];
            }
    }
    neuron_bars_draw(section,
                     &(neuron_bars){.name = "reliability",
                                    .title = "Is the committee right as often as it is sure?",
                                    .what = "Confidence",
                                    .names = &names,
                                    .count = TENTHS,
                                    .series = series,
                                    .series_count = 2,
                                    .values = values[0],
                                    .write = neuron_figure_real});
    return neuron_buffer_status(&section->html);
}

static int64_t best_member(const voters *v)
{
    int64_t best = 1;
    for (int64_t k = 2; k < v->count; k++)
        best = count_right(v, k) > count_right(v, best) ? k : best;
    return best - 1;
}

static int put_certainty_of(neuron_section *section, const neuron_evaluation_t *committee,
                            const neuron_evaluation_t *best)
{
    static const char *const metrics[][3] = {
        {"log_loss", "Log loss of the committee", "Log loss of the best member"},
        {"expected_calibration_error", "Expected calibration error", "That of the best member"},
        {"risk_coverage_area", "Area below risk and coverage", "That of the best member"}};
    neuron_facts_begin(section);
    for (size_t k = 0; k < sizeof metrics / sizeof metrics[0]; k++) {
        RETURN_IF_ERROR(put_metric(section, metrics[k][1], metrics[k][0], committee));
        RETURN_IF_ERROR(put_metric(section, metrics[k][2], metrics[k][0], best));
    }
    neuron_facts_end(section);
    neuron_charts_begin(section);
    RETURN_IF_ERROR(put_reliability(section, committee));
    RETURN_IF_ERROR(put_risks(section, committee, best));
    neuron_charts_end(section);
    return neuron_buffer_status(&section->html);
}

static int put_certainty(neuron_section *section, const voters *v)
{
    EVALUATION(committee);
    EVALUATION(best);
    RETURN_IF_ERROR(judge(&committee, v->committee, v->dataset));
    RETURN_IF_ERROR(judge(&best, v->members[best_member(v)], v->dataset));
    return committee && best ? put_certainty_of(section, committee, best) : NEURON_OK;
}

/* ---- What members are worth ---- */

/* What a heat map of pairs of members shows. */
typedef struct pairs {
    int64_t count;
    const double *values;
} pairs;

static void fill_pair(neuron_heat_cell *cell, const void *data, int64_t row, int64_t column)
{
    const pairs *p = data;
    double share = p->values[row * p->count + column];
    cell->level = share;
    neuron_figure_share(&cell->text, share);
    cell->more.text[0] = '\0';
}

static double mean_of_pairs(const double *values, int64_t count)
{
    double sum = 0;
    for (int64_t i = 0; i < count; i++)
        for (int64_t j = 0; j < i; j++)
            sum += values[i * count + j];
    return sum / ((double)count * (double)(count - 1) / 2);
}

/* Means over all pairs as facts; and how often both of a pair are wrong. */
static int put_diversity(neuron_section *section, const voters *v, const neuron_names *members)
{
    static const struct {
        const char *measure, *name;
    } measures[] = {{"measure=disagreement", "Only one of two is right"},
                    {"measure=q_statistic", "Q statistic of two"},
                    {"measure=kappa", "Kappa of two being right"},
                    {"measure=double_fault", "Both of two are wrong"}};
    int64_t count = v->count - 1;
    NEURON_BUFFER(room, section->html.context);
    double *values = neuron_buffer_room(&room, count * count, sizeof *values);
    if (!values)
        return NEURON_E_MEMORY;
    for (size_t k = 0; k < sizeof measures / sizeof measures[0]; k++) {
        RETURN_IF_ERROR(neuron_committee_diversity_from_outputs(
            values, section->html.context, v->outputs, count, v->targets, measures[k].measure));
        if (k == 0)
            neuron_facts_begin(section);
        neuron_fact_real(section, measures[k].name, mean_of_pairs(values, count));
    }
    neuron_facts_end(section);
    neuron_charts_begin(section);
    const pairs shown = {count, values};
    if (count <= HEAT_MAX)
        neuron_heat_map_draw(
            section,
            &(neuron_heat_map){.name = "both-wrong",
                               .title = "How often both of two members are wrong",
                               .description = "Share of the examples that neither of two has right",
                               .down = "This one",
                               .across = "is wrong together with",
                               .rows = members,
                               .columns = members,
                               .row_count = count,
                               .column_count = count,
                               .cell = fill_pair,
                               .data = &shown});
    return neuron_buffer_status(&section->html);
}

static bool has_weights(const neuron_dataset_t *dataset)
{
    bool found = false;
    for (int64_t i = 0; i < neuron_dataset_count(dataset); i++)
        found = found || neuron_dataset_weight(dataset, i) != 1;
    return found;
}

/* Only a dataset has weights of examples, so that members must predict it again. */
static int contribute(double *values, const voters *v, neuron_context_t *context,
                      const char *options)
{
    int64_t count = v->count - 1;
    if (has_weights(v->dataset))
        return neuron_committee_contributions(values, v->members, count, NULL, v->dataset, options);
    return neuron_committee_contributions_from_outputs(values, context, v->outputs, count, NULL,
                                                       v->targets, options);
}

/* By how much the mean of the members is worse without one. */
static int put_contributions(neuron_section *section, const voters *v, const neuron_names *members)
{
    int64_t count = v->count - 1;
    NEURON_BUFFER(room, section->html.context);
    double *values = neuron_buffer_room(&room, 2 * count, sizeof *values);
    if (!values)
        return NEURON_E_MEMORY;
    neuron_context_t *context = section->html.context;
    int status = contribute(values, v, context, NULL);
    if (status == NEURON_OK)
        status = contribute(values + count, v, context, "measure=permutation");
    if (status == NEURON_E_DATA || status == NEURON_E_NOT_FINITE)
        return NEURON_OK; /* no probabilities */
    RETURN_IF_ERROR(status);
    neuron_dots_draw(section, &(neuron_dots){.name = "contributions",
                                             .title = "What each member adds: log loss of the mean",
                                             .what = "Member",
                                             .names = members,
                                             .count = count,
                                             .first_name = "more without it",
                                             .second_name = "more with its outputs dealt at random",
                                             .first = values,
                                             .second = values + count});
    return neuron_buffer_status(&section->html);
}

static int put_worth(neuron_section *section, const voters *v, const neuron_names *members)
{
    if (v->count < 3)
        return NEURON_OK;
    int status = put_diversity(section, v, members);
    if (status == NEURON_E_NOT_FINITE)
        return NEURON_OK; /* what pairs have in common cannot be told */
    RETURN_IF_ERROR(status);
    RETURN_IF_ERROR(put_contributions(section, v, members));
    neuron_charts_end(section);
    return neuron_buffer_status(&section->html);
}

static int put_all(neuron_section *section, const voters *v, const neuron_names *members)
{
    RETURN_IF_ERROR(put_accuracies(section, v));
    put_agreement(section, v);
    RETURN_IF_ERROR(put_changes(section, v, members));
    neuron_charts_end(section);
    RETURN_IF_ERROR(put_certainty(section, v));
    return put_worth(section, v, members);
}

/* What the members put out for all examples, and what is true of these. It ends with its block,
 * however that is left. */
typedef struct kept_outputs {
    neuron_buffer tensors; /* of the members */
    int64_t count;
    neuron_tensor_t *targets;
} kept_outputs;

static void end_outputs(kept_outputs *kept) __attribute__((nothrow));

static void end_outputs(kept_outputs *kept)
{
    neuron_tensor_t **tensors = (neuron_tensor_t **)(void *)kept->tensors.bytes;
    for (int64_t i = 0; tensors && i < kept->count; i++)
        neuron_tensor_unref(tensors[i]);
    neuron_tensor_unref(kept->targets);
    neuron_buffer_end(&kept->tensors);
}

/* Classes as numbers; of a single output, which is that of class 1, as what it should be. */
static int make_targets(kept_outputs *kept, neuron_tensor_t *const *outputs, const int32_t *truth,
                        int64_t examples)
{
    neuron_context_t *context = kept->tensors.context;
    const int64_t extents[2] = {examples, 1};
    if (neuron_tensor_count(outputs[0]) != examples)
        return neuron_tensor_copy(&kept->targets, context, NEURON_TYPE_I32, extents, 1, truth);
    RETURN_IF_ERROR(neuron_tensor_create(&kept->targets, context, NEURON_TYPE_F32, extents, 2));
    float *targets = neuron_tensor_data(kept->targets);
    for (int64_t i = 0; i < examples; i++)
        targets[i] = (float)truth[i];
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
    kept_outputs kept __attribute__((cleanup(end_outputs))) = {
        .tensors = {.context = report->context}, .count = count};
    neuron_tensor_t **outputs = neuron_buffer_room(&kept.tensors, count, sizeof *outputs);
    if (!classes || !outputs)
        return NEURON_E_MEMORY;
    int32_t *truth = classes + (count + 1) * examples;
    neuron_names_add(&list, "committee");
    RETURN_IF_ERROR(
        ask(classes, truth, NULL, committee, "the committee", dataset, report->context, __func__));
    for (int64_t k = 0; k < count; k++) {
        char name[32];
        snprintf(name, sizeof name, "members[%" PRId64 "]", k);
        RETURN_IF_ERROR(neuron_handle_check(members[k], NEURON_HANDLE_GRAPH, name, __func__));
        neuron_names_add_number(&list, names ? names[k] : NULL, k + 1);
        neuron_names_add_number(&member_names, names ? names[k] : NULL, k + 1);
        RETURN_IF_ERROR(ask(classes + (k + 1) * examples, truth, &outputs[k], members[k], name,
                            dataset, report->context, __func__));
    }
    RETURN_IF_ERROR(make_targets(&kept, outputs, truth, examples));
    NEURON_SECTION(section, report, heading, "Committee");
    neuron_graph_t *const *borrowed = neuron_hold_object(members); /* which change nothing */
    const voters v = {.dataset = dataset,
                      .names = &list,
                      .count = count + 1,
                      .examples = examples,
                      .truth = truth,
                      .classes = classes,
                      .committee = committee,
                      .members = borrowed,
                      .outputs = outputs,
                      .targets = kept.targets};
    RETURN_IF_ERROR(put_all(&section, &v, &member_names));
    return neuron_report_add(report, &section);
}
