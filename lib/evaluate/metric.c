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

static const struct {
    int64_t row;
    char name[12];
} averages[] = {{NEURON_AVERAGE_MACRO, "macro"},
                {NEURON_AVERAGE_WEIGHTED, "weighted"},
                {NEURON_AVERAGE_MICRO, "micro"},
                {NEURON_AVERAGE_SAMPLES, "samples"}};

enum { AVERAGES = sizeof averages / sizeof averages[0] };

static int refuse_row(const neuron_metric_call *call, int64_t row)
{
    char allowed[100] = "the default average";
    int used = 0;
    if (has(call->metric, NEURON_METRIC_HAS_ROWS))
        used = snprintf(allowed, sizeof allowed, "0 to %" PRId64 ", or the average",
                        call->evaluation->plan.rows - 1);
    for (int i = 0; used > 0 && i < AVERAGES; i++)
        if (has_row(call, averages[i].row))
            used +=
                snprintf(allowed + used, sizeof allowed - (size_t)used, " %s,", averages[i].name);
    if (used > 0)
        allowed[used - 1] = '\0';
    for (int i = 0; i < AVERAGES; i++)
        if (averages[i].row == row)
            return neuron_fail(NEURON_E_ARGUMENT,
                               "%s: row is the average %s of an evaluation of kind %s; it must be "
                               "%s",
                               call->metric->name, averages[i].name,
                               neuron_evaluation_kind(call->evaluation), allowed);
    return neuron_refuse_value(row, "row", allowed, call->metric->name);
}

static int check(const neuron_metric_call *call, int64_t row)
{
    const neuron_metric_row *metric = call->metric;
    const neuron_evaluation_t *evaluation = call->evaluation;
    if (!has(metric, kind_of(evaluation)))
        return neuron_fail(NEURON_E_ARGUMENT, "%s: is no metric of an evaluation of kind %s",
                           metric->name, neuron_evaluation_kind(evaluation));
    if (!has_row(call, row))
        return refuse_row(call, row);
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
    call->lists = neuron_allocate_zero(call->evaluation->context, neuron_size(call->step),
                                       sizeof *call->lists);
    int status = call->lists ? NEURON_OK : NEURON_E_MEMORY;
    for (int64_t i = 0; status == NEURON_OK && i < call->step; i++)
        status = neuron_scored_allocate(&call->lists[i], call->evaluation, call->what);
    if (status < 0)
        neuron_metric_end(call);
    return status;
}

int neuron_metric_begin(neuron_metric_call *call, const neuron_metric_row *metric,
                        const neuron_evaluation_t *evaluation, int64_t row,
                        const neuron_options *options, int64_t most)
{
    *call = (neuron_metric_call){.metric = metric, .evaluation = evaluation, .step = 1};
    RETURN_IF_ERROR(check(call, row));
    call->row = resolve(call, row);
    call->all_rows = is_of_all_rows(call);
    if (call->all_rows)
        call->step = neuron_min_count(metric->of_list ? most : INT64_MAX, evaluation->plan.rows);
    call->first = -call->step;
    if (metric->options)
        call->option = neuron_options_value(options, metric->options->rows[0].key);
    call->what = call->row == NEURON_AVERAGE_MICRO                        ? NEURON_SCORED_ALL_ROWS
                 : call->row == NEURON_AVERAGE_DEFAULT && !call->all_rows ? metric->whole
                                                                          : NEURON_SCORED_ROW;
    return metric->of_list ? allocate_lists(call) : NEURON_OK;
}

static int64_t rows_of(const neuron_metric_call *call)
{
    return call->all_rows ? call->evaluation->plan.rows : 1;
}

/* Behind the last row of a turn. */
static int64_t end_of(const neuron_metric_call *call)
{
    return neuron_min_count(call->first + call->step, rows_of(call));
}

bool neuron_metric_turn(neuron_metric_call *call)
{
    call->first += call->step;
    for (int64_t i = call->first; call->lists && i < end_of(call); i++)
        fill(call, &call->lists[i - call->first],
             call->all_rows                    ? i
             : call->what == NEURON_SCORED_ROW ? call->row
                                               : (int64_t)call->option);
    return call->first < rows_of(call);
}

void neuron_metric_end(neuron_metric_call *call)
{
    neuron_context_t *context = call->evaluation->context;
    for (int64_t i = 0; call->lists && i < call->step; i++)
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
    const neuron_scored_list *list = &call->lists[row - call->first];
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
    const neuron_scored_list *list = &call->lists[row - call->first];
    double share = neuron_share_of_yes(list, NULL, 0);
    return !list->undefined && share > 0 && share < 1;
}

/* As in scikit-learn, a row that nothing has, whose figure may not be defined, does not count where
 * they are weighed. In a sample those that it lacks do not count. */
static void add_row(neuron_metric_mean *mean, const neuron_metric_call *call,
                    const neuron_evaluation_t *sums, const int32_t *counts, int64_t row)
{
    double share, figure = figure_of_row(call, sums, counts, row, &share);
    double weight = call->row == NEURON_AVERAGE_WEIGHTED ? share : 1;
    if (isnan(figure) && is_missing(call, sums, counts, row)) {
        mean->lacks_rows = true;
        return;
    }
    mean->sum += weight > 0 ? weight * figure : 0;
    mean->weights += weight;
}

void neuron_metric_add(neuron_metric_mean *mean, const neuron_metric_call *call,
                       const neuron_evaluation_t *sums, const int32_t *counts)
{
    for (int64_t i = call->first; call->all_rows && i < end_of(call); i++)
        add_row(mean, call, sums, counts, i);
    if (!call->all_rows)
        mean->sum = call->metric->of_sums ? call->metric->of_sums(sums, call->row)
                                          : of_list(call, call->lists, counts);
}

double neuron_metric_figure(const neuron_metric_call *call, const neuron_metric_mean *mean)
{
    if (!call->all_rows)
        return mean->sum;
    if (call->row == NEURON_AVERAGE_DEFAULT)
        return call->evaluation->plan.rows == 2 ? mean->sum / 2 : mean->sum;
    if (mean->weights > 0)
        return mean->sum / mean->weights;
    return mean->lacks_rows ? (double)NAN : 0;
}

/* Of the evaluation itself, row by row. */
static int compute(double *value, const neuron_evaluation_t *evaluation,
                   const neuron_metric_row *metric, int64_t row, const neuron_options *options)
{
    neuron_metric_call call;
    neuron_metric_mean mean = {0};
    RETURN_IF_ERROR(neuron_metric_begin(&call, metric, evaluation, row, options, 1));
    while (neuron_metric_turn(&call))
        neuron_metric_add(&mean, &call, evaluation, NULL);
    *value = neuron_metric_figure(&call, &mean);
    neuron_metric_end(&call);
    return NEURON_OK;
}

int neuron_metric_of(double *value, const neuron_evaluation_t *evaluation,
                     const neuron_metric_row *metric)
{
    FLOAT_SCOPE;
    neuron_options options;
    *value = (double)NAN;
    if (!neuron_metric_fits(metric, evaluation->plan.kind))
        return NEURON_OK;
    neuron_options_reset(&options, neuron_metric_table(metric));
    return compute(value, evaluation, metric, NEURON_AVERAGE_DEFAULT, &options);
}

int neuron_evaluation_metric(double *value, const neuron_evaluation_t *evaluation,
                             const char *metric, int64_t row, const char *options)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(value);
    CHECK_ARGUMENT(evaluation);
    const neuron_metric_row *found;
    neuron_options given;
    RETURN_IF_ERROR(neuron_metric_find(&found, metric));
    neuron_options_reset(&given, neuron_metric_table(found));
    RETURN_IF_ERROR(neuron_options_parse(&given, options, found->name));
    return compute(value, evaluation, found, row, &given);
}
