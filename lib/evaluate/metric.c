/* Metrics by name: the table, and what is the same for all: of which row or average a figure is,
 * and means over the rows. */
#include "evaluate/metric.h"

#include "base/checked.h"
#include "base/float-mode.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- The table ---- */

static const neuron_option k_row[] = {
    NEURON_INTEGER(NEURON_METRIC_K, "k", 1, NEURON_EVALUATION_CLASSES_MAX, 5, "largest outputs"),
};
static const neuron_option bins_row[] = {NEURON_METRIC_OPTION_BINS};
static const neuron_option coverage_row[] = {
    NEURON_REAL(NEURON_METRIC_COVERAGE, "coverage", 0, 1, 0.9, "share of the examples"),
};
static const neuron_option threshold_row[] = {
    NEURON_REAL(NEURON_METRIC_THRESHOLD, "threshold", 0, 1, 0.5, "the least confidence"),
};

static const neuron_option_table none = {NULL, 0}, k = NEURON_OPTION_TABLE(k_row),
                                 bins = NEURON_OPTION_TABLE(bins_row),
                                 coverage = NEURON_OPTION_TABLE(coverage_row),
                                 threshold = NEURON_OPTION_TABLE(threshold_row);

static double accuracy(const neuron_evaluation_t *evaluation, int64_t row)
{
    (void)row;
    return neuron_evaluation_accuracy(evaluation);
}

enum {
    JUDGED = NEURON_METRIC_OF_CLASSES | NEURON_METRIC_OF_LABELS,
    COUNTED = JUDGED | NEURON_METRIC_HAS_ROWS | NEURON_METRIC_HAS_MICRO,
    AGREEMENT = JUDGED | NEURON_METRIC_HAS_ROWS | NEURON_METRIC_HAS_WHOLE,
    RANKED = COUNTED | NEURON_METRIC_SORTED,
    PROBABLE = AGREEMENT | NEURON_METRIC_PROBABILITY,
    SELECTIVE = NEURON_METRIC_OF_CLASSES | NEURON_METRIC_HAS_WHOLE | NEURON_METRIC_SORTED |
                NEURON_METRIC_PROBABILITY,
    NUMBERS = NEURON_METRIC_OF_NUMBERS | NEURON_METRIC_HAS_ROWS,
    SUMMED = PROBABLE | NEURON_METRIC_SUMS_ROWS,
    BINNED = NEURON_METRIC_SORTED,
    FALLS = NEURON_METRIC_FALLS
};

const neuron_metric_row neuron_metrics[] = {
    {"accuracy", JUDGED | NEURON_METRIC_HAS_WHOLE, 0, accuracy, NULL, NULL},
    {"precision", COUNTED | NEURON_METRIC_HAS_SAMPLES, 0, neuron_evaluation_precision, NULL, NULL},
    {"recall", COUNTED | NEURON_METRIC_HAS_SAMPLES, 0, neuron_evaluation_recall, NULL, NULL},
    {"f1", COUNTED | NEURON_METRIC_HAS_SAMPLES, 0, neuron_evaluation_f1, NULL, NULL},
    {"iou", COUNTED, 0, neuron_evaluation_iou, NULL, NULL},
    {"subset_accuracy", NEURON_METRIC_OF_LABELS | NEURON_METRIC_HAS_WHOLE, 0, accuracy, NULL, NULL},
    {"balanced_accuracy", AGREEMENT, 0, neuron_balanced_accuracy, NULL, NULL},
    {"matthews_correlation", AGREEMENT, 0, neuron_matthews_correlation, NULL, NULL},
    {"cohen_kappa", AGREEMENT, 0, neuron_cohen_kappa, NULL, NULL},
    {"top_k_accuracy", NEURON_METRIC_OF_CLASSES | NEURON_METRIC_HAS_WHOLE, NEURON_SCORED_TOP, NULL,
     neuron_share_of_yes, &k},
    {"roc_auc", RANKED, 0, NULL, neuron_roc_auc, NULL},
    {"average_precision", RANKED, 0, NULL, neuron_average_precision, NULL},
    {"log_loss", PROBABLE | FALLS, NEURON_SCORED_TRUTH, NULL, neuron_log_loss, NULL},
    {"brier_score", SUMMED | FALLS, 0, NULL, neuron_brier_score, NULL},
    {"brier_reliability", SUMMED | BINNED | FALLS, 0, NULL, neuron_brier_reliability, &bins},
    {"brier_resolution", SUMMED | BINNED, 0, NULL, neuron_brier_resolution, &bins},
    {"brier_uncertainty", SUMMED | FALLS, 0, NULL, neuron_brier_uncertainty, &bins},
    {"expected_calibration_error", PROBABLE | BINNED | FALLS, NEURON_SCORED_CONFIDENCE, NULL,
     neuron_expected_calibration_error, &bins},
    {"maximum_calibration_error", PROBABLE | BINNED | FALLS, NEURON_SCORED_CONFIDENCE, NULL,
     neuron_maximum_calibration_error, &bins},
    {"risk_coverage_area", SELECTIVE | FALLS, NEURON_SCORED_CONFIDENCE, NULL,
     neuron_risk_coverage_area, NULL},
    {"accuracy_at_coverage", SELECTIVE, NEURON_SCORED_CONFIDENCE, NULL, neuron_accuracy_at_coverage,
     &coverage},
    {"accuracy_at_confidence", SELECTIVE, NEURON_SCORED_CONFIDENCE, NULL,
     neuron_accuracy_at_confidence, &threshold},
    {"coverage_at_confidence", SELECTIVE, NEURON_SCORED_CONFIDENCE, NULL,
     neuron_coverage_at_confidence, &threshold},
    {"mean_absolute_error", NUMBERS | FALLS, 0, neuron_evaluation_mean_absolute_error, NULL, NULL},
    {"mean_squared_error", NUMBERS | FALLS, 0, neuron_mean_squared_error, NULL, NULL},
    {"root_mean_squared_error", NUMBERS | FALLS, 0, neuron_evaluation_root_mean_squared_error, NULL,
     NULL},
    {"r2", NUMBERS, 0, neuron_evaluation_r2, NULL, NULL},
    {"", 0, 0, NULL, NULL, NULL},
};

const char *neuron_metric_name(const void *list, int64_t index)
{
    (void)list;
    const neuron_metric_row *row = neuron_metrics;
    while (index-- > 0 && row->name[0])
        row++;
    return row->name[0] ? row->name : NULL;
}

static const neuron_metric_row *find(const char *name)
{
    const neuron_metric_row *row = neuron_metrics;
    while (row->name[0] && strcmp(row->name, name) != 0)
        row++;
    return row->name[0] ? row : NULL;
}

const neuron_option_table *neuron_metric_table(const neuron_metric_row *metric)
{
    return metric->options ? metric->options : &none;
}

const neuron_option_table *neuron_metric_options(const char *name)
{
    const neuron_metric_row *found = find(name);
    return found ? neuron_metric_table(found) : NULL;
}

int neuron_metric_find(const neuron_metric_row **metric, const char *name)
{
    *metric = name ? find(name) : NULL;
    return *metric ? NEURON_OK
                   : neuron_refuse_kind(name, "metric", neuron_metric_name, NULL, "evaluation");
}

/* ---- Of what ---- */

static bool has(const neuron_metric_row *metric, int32_t trait)
{
    return metric->traits & trait;
}

static int32_t trait_of(neuron_evaluation_kinds kind)
{
    switch (kind) {
    case NEURON_EVALUATION_REGRESSION:
        return NEURON_METRIC_OF_NUMBERS;
    case NEURON_EVALUATION_MULTI_LABEL:
        return NEURON_METRIC_OF_LABELS;
    default:
        return NEURON_METRIC_OF_CLASSES;
    }
}

bool neuron_metric_fits(const neuron_metric_row *metric, neuron_evaluation_kinds kind)
{
    return has(metric, trait_of(kind));
}

static int32_t kind_of(const neuron_evaluation_t *evaluation)
{
    return trait_of(evaluation->plan.kind);
}

static bool has_row(const neuron_metric_call *call, int64_t row)
{
    const neuron_metric_row *metric = call->metric;
    int32_t kind = kind_of(call->evaluation);
    if (row == NEURON_AVERAGE_DEFAULT)
        return true;
    if (!has(metric, NEURON_METRIC_HAS_ROWS))
        return false;
    if (row == NEURON_AVERAGE_MICRO)
        return has(metric, NEURON_METRIC_HAS_MICRO);
    if (row == NEURON_AVERAGE_SAMPLES)
        return has(metric, NEURON_METRIC_HAS_SAMPLES) && kind == NEURON_METRIC_OF_LABELS;
    if (row == NEURON_AVERAGE_WEIGHTED)
        return kind != NEURON_METRIC_OF_NUMBERS;
    return row == NEURON_AVERAGE_MACRO || (row >= 0 && row < call->evaluation->plan.rows);
}

static int check(const neuron_metric_call *call, int64_t row)
{
    const neuron_metric_row *metric = call->metric;
    const neuron_evaluation_t *evaluation = call->evaluation;
    char allowed[80] = "the default average";
    if (!has(metric, kind_of(evaluation)))
        return neuron_fail(NEURON_E_ARGUMENT, "%s: is no metric of an evaluation of kind %s",
                           metric->name, neuron_evaluation_kind(evaluation));
    if (has(metric, NEURON_METRIC_HAS_ROWS))
        snprintf(allowed, sizeof allowed, "0 to %" PRId64 " or an average that the metric has",
                 evaluation->plan.rows - 1);
    if (!has_row(call, row))
        return neuron_refuse_value(row, "row", allowed, metric->name);
    if (metric->of_list)
        RETURN_IF_ERROR(neuron_evaluation_check_scores(evaluation, metric->name));
    return has(metric, NEURON_METRIC_PROBABILITY)
               ? neuron_evaluation_check_probabilities(evaluation, metric->name)
               : NEURON_OK;
}

static int64_t resolve(const neuron_metric_call *call, int64_t row)
{
    bool classes = kind_of(call->evaluation) == NEURON_METRIC_OF_CLASSES;
    bool rows = has(call->metric, NEURON_METRIC_HAS_ROWS);
    if (row != NEURON_AVERAGE_DEFAULT ||
        (has(call->metric, NEURON_METRIC_HAS_WHOLE) && (classes || !rows)))
        return row;
    return classes && call->evaluation->plan.rows == 2 ? 1 : NEURON_AVERAGE_MACRO;
}

/* Whether it is put together from figures of all rows. */
static bool is_of_all_rows(const neuron_metric_call *call)
{
    const neuron_metric_row *metric = call->metric;
    bool mean = call->row == NEURON_AVERAGE_MACRO || call->row == NEURON_AVERAGE_WEIGHTED;
    return (mean && (metric->of_list || has(metric, NEURON_METRIC_HAS_WHOLE))) ||
           (call->row == NEURON_AVERAGE_DEFAULT && has(metric, NEURON_METRIC_SUMS_ROWS));
}

/* ---- Computing ---- */

static void fill(const neuron_metric_call *call, neuron_scored_list *list, int64_t argument)
{
    neuron_scored_fill(list, call->evaluation, call->what, argument,
                       has(call->metric, NEURON_METRIC_PROBABILITY));
    if (has(call->metric, NEURON_METRIC_SORTED))
        neuron_scored_sort(list);
}

static int allocate_lists(neuron_metric_call *call)
{
    call->list_count = call->keeps_lists && is_of_all_rows(call) ? call->evaluation->plan.rows : 1;
    call->lists = neuron_allocate_zero(call->evaluation->context, neuron_size(call->list_count),
                                       sizeof *call->lists);
    int status = call->lists ? NEURON_OK : NEURON_E_MEMORY;
    for (int64_t i = 0; status == NEURON_OK && i < call->list_count; i++)
        status = neuron_scored_allocate(&call->lists[i], call->evaluation, call->what);
    if (status < 0)
        neuron_metric_end(call);
    return status;
}

int neuron_metric_begin(neuron_metric_call *call, const neuron_metric_row *metric,
                        const neuron_evaluation_t *evaluation, int64_t row,
                        const neuron_options *options, bool keeps_lists)
{
    *call = (neuron_metric_call){
        .metric = metric, .evaluation = evaluation, .keeps_lists = keeps_lists};
    RETURN_IF_ERROR(check(call, row));
    call->row = resolve(call, row);
    if (metric->options)
        call->option = neuron_options_value(options, metric->options->rows[0].key);
    if (!metric->of_list)
        return NEURON_OK;
    call->what = call->row == NEURON_AVERAGE_MICRO ? NEURON_SCORED_ALL_ROWS
                 : call->row == NEURON_AVERAGE_DEFAULT && !is_of_all_rows(call) ? metric->whole
                                                                                : NEURON_SCORED_ROW;
    RETURN_IF_ERROR(allocate_lists(call));
    if (is_of_all_rows(call))
        for (int64_t i = 0; keeps_lists && i < call->list_count; i++)
            fill(call, &call->lists[i], i);
    else
        fill(call, call->lists,
             call->what == NEURON_SCORED_ROW ? call->row : (int64_t)call->option);
    return NEURON_OK;
}

void neuron_metric_end(neuron_metric_call *call)
{
    neuron_context_t *context = call->evaluation->context;
    for (int64_t i = 0; call->lists && i < call->list_count; i++)
        neuron_release(context, call->lists[i].all);
    neuron_release(context, call->lists);
    call->lists = NULL;
}

static double of_list(const neuron_metric_call *call, const neuron_scored_list *list,
                      const int32_t *counts)
{
    return list->undefined ? (double)NAN : call->metric->of_list(list, counts, call->option);
}

/* The figure of a row, and the share of the examples that have that class or label. */
static double figure_of_row(const neuron_metric_call *call, const neuron_evaluation_t *sums,
                            const int32_t *counts, int64_t row, double *share)
{
    if (call->metric->of_sums) {
        *share = (double)sums->of_row[row] / (double)sums->seen;
        return call->metric->of_sums(sums, row);
    }
    neuron_scored_list *list = &call->lists[call->keeps_lists ? row : 0];
    if (!call->keeps_lists)
        fill(call, list, row);
    *share = neuron_share_of_yes(list, counts, 0);
    return of_list(call, list, counts);
}

/* Whether a row has no figure only because a sample has no example of it, or none but its own. */
static bool is_missing(const neuron_metric_call *call, const neuron_evaluation_t *sums,
                       const int32_t *counts, int64_t row)
{
    const neuron_evaluation_t *whole = call->evaluation;
    if (!counts)
        return false;
    if (sums)
        return whole->of_row[row] > 0 && whole->of_row[row] < whole->seen;
    const neuron_scored_list *list = &call->lists[row];
    double share = neuron_share_of_yes(list, NULL, 0);
    return !list->undefined && share > 0 && share < 1;
}

/* As in scikit-learn, a row that nothing has, whose figure may not be defined, does not count where
 * they are weighed. In a sample those that it lacks do not count. */
static double over_rows(const neuron_metric_call *call, const neuron_evaluation_t *sums,
                        const int32_t *counts)
{
    int64_t rows = call->evaluation->plan.rows;
    double sum = 0, weights = 0, otherwise = 0;
    for (int64_t i = 0; i < rows; i++) {
        double share, figure = figure_of_row(call, sums, counts, i, &share);
        double weight = call->row == NEURON_AVERAGE_WEIGHTED ? share : 1;
        if (isnan(figure) && is_missing(call, sums, counts, i)) {
            otherwise = (double)NAN;
            continue;
        }
        sum += weight > 0 ? weight * figure : 0;
        weights += weight;
    }
    if (call->row == NEURON_AVERAGE_DEFAULT)
        return rows == 2 ? sum / 2 : sum;
    return weights > 0 ? sum / weights : otherwise;
}

double neuron_metric_compute(const neuron_metric_call *call, const neuron_evaluation_t *sums,
                             const int32_t *counts)
{
    if (is_of_all_rows(call))
        return over_rows(call, sums, counts);
    return call->metric->of_sums ? call->metric->of_sums(sums, call->row)
                                 : of_list(call, call->lists, counts);
}

int neuron_metric_of(double *value, const neuron_evaluation_t *evaluation,
                     const neuron_metric_row *metric)
{
    FLOAT_SCOPE;
    neuron_options options;
    neuron_metric_call call;
    *value = (double)NAN;
    if (!neuron_metric_fits(metric, evaluation->plan.kind))
        return NEURON_OK;
    neuron_options_reset(&options, neuron_metric_table(metric));
    RETURN_IF_ERROR(
        neuron_metric_begin(&call, metric, evaluation, NEURON_AVERAGE_DEFAULT, &options, false));
    *value = neuron_metric_compute(&call, evaluation, NULL);
    neuron_metric_end(&call);
    return NEURON_OK;
}

int neuron_evaluation_metric(double *value, const neuron_evaluation_t *evaluation,
                             const char *metric, int64_t row, const char *options)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(value);
    CHECK_ARGUMENT(evaluation);
    const neuron_metric_row *found;
    neuron_options given;
    neuron_metric_call call;
    RETURN_IF_ERROR(neuron_metric_find(&found, metric));
    neuron_options_reset(&given, neuron_metric_table(found));
    RETURN_IF_ERROR(neuron_options_parse(&given, options, found->name));
    RETURN_IF_ERROR(neuron_metric_begin(&call, found, evaluation, row, &given, false));
    *value = neuron_metric_compute(&call, evaluation, NULL);
    neuron_metric_end(&call);
    return NEURON_OK;
}
