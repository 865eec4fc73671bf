/* Points of curves: ROC, precision and recall, risk and coverage, reliability. */
#include "evaluate/metric.h"

#include "base/float-mode.h"

#include <math.h>

static const neuron_option rows[] = {NEURON_METRIC_OPTION_BINS};
static const neuron_option_table table = NEURON_OPTION_TABLE(rows);

typedef enum curves {
    ROC = 10,
    PRECISION_RECALL = 20,
    RISK_COVERAGE = 30,
    RELIABILITY = 40
} curves;

static const neuron_word words[] = {{ROC, "roc"},
                                    {PRECISION_RECALL, "precision_recall"},
                                    {RISK_COVERAGE, "risk_coverage"},
                                    {RELIABILITY, "reliability"},
                                    {0, ""}};

typedef struct point {
    double x, y, at;
} point;

/* The curve as it is made: points so far, and sums over the examples. */
typedef struct curve_state {
    curves what;
    double all, yes;       /* of the list, */
    double seen, seen_yes; /* and so far */
} curve_state;

static double ratio(double part, double of)
{
    return of > 0 ? part / of : (double)NAN;
}

/* Behind a bin. */
static point point_of(const curve_state *state, const neuron_score_bin *bin, double least)
{
    double no = state->all - state->yes, seen_no = state->seen - state->seen_yes;
    switch (state->what) {
    case ROC:
        return (point){ratio(seen_no, no), ratio(state->seen_yes, state->yes), least};
    case PRECISION_RECALL:
        return (point){state->yes > 0 ? state->seen_yes / state->yes : 1,
                       state->seen > 0 ? state->seen_yes / state->seen : 1, least};
    case RISK_COVERAGE:
        return (point){state->seen / state->all, seen_no / state->seen, least};
    default:
        return (point){bin->scores / bin->weight, bin->yes / bin->weight, bin->weight};
    }
}

/* Where the points go; NULL where they do not. */
typedef struct points {
    double *x, *y, *at;
} points;

static void put(const points *to, size_t place, point made)
{
    if (to->x)
        to->x[place] = made.x;
    if (to->y)
        to->y[place] = made.y;
    if (to->at)
        to->at[place] = made.at;
}

static void reverse(double *numbers, size_t count)
{
    for (size_t i = 0; numbers && i < count / 2; i++) {
        double other = numbers[i];
        numbers[i] = numbers[count - 1 - i];
        numbers[count - 1 - i] = other;
    }
}

/* Makes all points, or with NULL for `to` counts them. */
static size_t make(const points *to, curves what, const neuron_scored_list *list, double bins)
{
    curve_state state = {.what = what, .all = (double)list->count};
    size_t count = 0;
    for (int64_t i = 0; i < list->count; i++)
        state.yes += neuron_scored_is_so(&list->all[i]);
    if (what == ROC || what == PRECISION_RECALL) {
        neuron_score_bin before = {0};
        point first = point_of(&state, &before, (double)INFINITY);
        if (what == PRECISION_RECALL)
            first.x = 0;
        if (to)
            put(to, count, first);
        count++;
    }
    double width = what == RELIABILITY ? bins : 0;
    for (neuron_score_bin bin = {0}; neuron_score_bin_next(&bin, list, NULL, width); count++) {
        state.seen += bin.weight;
        state.seen_yes += bin.yes;
        if (to)
            put(to, count, point_of(&state, &bin, list->offset + list->all[bin.next - 1].score));
    }
    if (to && what == RELIABILITY) {
        reverse(to->x, count);
        reverse(to->y, count);
        reverse(to->at, count);
    }
    return count;
}

/* ---- The call ---- */

static bool has_classes(const neuron_evaluation_t *evaluation)
{
    return evaluation->scores.truth != NULL;
}

/* What the list is about that a curve of this row is made from. */
static int choose(neuron_scored_what *what, int64_t *row, curves curve, const char *name,
                  const neuron_evaluation_t *evaluation)
{
    bool whole = *row == NEURON_AVERAGE_DEFAULT, classes = has_classes(evaluation);
    bool ranks = curve == ROC || curve == PRECISION_RECALL;
    *what = NEURON_SCORED_ROW;
    if (evaluation->errors || (curve == RISK_COVERAGE && !classes))
        return neuron_fail(NEURON_E_ARGUMENT, "%s: is no curve of an evaluation of kind %s", name,
                           neuron_evaluation_kind(evaluation));
    if (whole && ranks && classes && evaluation->plan.rows == 2)
        *row = 1;
    else if (whole && !ranks && classes)
        *what = NEURON_SCORED_CONFIDENCE;
    else if (*row == NEURON_AVERAGE_MICRO && curve != RISK_COVERAGE)
        *what = NEURON_SCORED_ALL_ROWS;
    else if (whole || *row < 0 || *row >= evaluation->plan.rows || curve == RISK_COVERAGE)
        return neuron_refuse_value(*row, "row",
                                   curve == RISK_COVERAGE
                                       ? "the default average"
                                       : "a class or label, or an average that the curve has",
                                   name);
    return NEURON_OK;
}

static int make_list(neuron_scored_list *list, const neuron_evaluation_t *evaluation,
                     neuron_scored_what what, int64_t row, bool probabilities, const char *name)
{
    RETURN_IF_ERROR(neuron_scored_allocate(list, evaluation, what));
    neuron_scored_fill(list, evaluation, what, row, probabilities);
    neuron_scored_sort(list);
    if (!list->undefined)
        return NEURON_OK;
    neuron_release(evaluation->context, list->all);
    return neuron_fail(NEURON_E_DATA, "%s: an output of example %" PRId64 " is not a number", name,
                       list->undefined_at);
}

int neuron_evaluation_curve(double *x, double *y, double *at, size_t capacity, size_t *needed,
                            const neuron_evaluation_t *evaluation, const char *curve, int64_t row,
                            const char *options)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(evaluation);
    CHECK_ROOM(x || y || at, capacity);
    int32_t found;
    neuron_options given;
    neuron_scored_what what;
    neuron_scored_list list;
    RETURN_IF_ERROR(neuron_word_read(&found, curve, words, "curve", "evaluation"));
    neuron_options_reset(&given, &table);
    RETURN_IF_ERROR(neuron_options_parse(&given, options, curve));
    if (found != RELIABILITY && neuron_options_given(&given, NEURON_METRIC_BINS))
        return neuron_fail(NEURON_E_ARGUMENT, "%s: bins are an option of reliability only", curve);
    RETURN_IF_ERROR(choose(&what, &row, (curves)found, curve, evaluation));
    RETURN_IF_ERROR(neuron_evaluation_check_scores(evaluation, curve));
    bool probabilities = found == RISK_COVERAGE || found == RELIABILITY;
    if (probabilities)
        RETURN_IF_ERROR(neuron_evaluation_check_probabilities(evaluation, curve));
    RETURN_IF_ERROR(make_list(&list, evaluation, what, row, probabilities, curve));
    double bins = neuron_options_value(&given, NEURON_METRIC_BINS);
    size_t count = make(NULL, (curves)found, &list, bins);
    int status = NEURON_OK;
    if (needed)
        *needed = count;
    if (capacity > 0 && capacity < count)
        status = neuron_fail(NEURON_E_ARGUMENT, "%s: capacity is %zu, but the curve has %zu points",
                             curve, capacity, count);
    else if (capacity > 0)
        make(&(points){x, y, at}, (curves)found, &list, bins);
    neuron_release(evaluation->context, list.all);
    return status;
}
