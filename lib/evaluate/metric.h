/* Metrics by name, from the inside. Each is computed in one of two ways: from the sums of an
 * evaluation, or from a list of what its examples were given, [score, is it so?], of which the one
 * with the largest score is the first. So ranking, calibration and abstaining are functions of one
 * such list, a bootstrap sample is a number of times that each example counts, and the average over
 * the rows is made in one place. metric.c has the table, scores.c makes the lists. */
#ifndef EVALUATE_METRIC_H
#define EVALUATE_METRIC_H

#include "base/options/options.h"
#include "evaluate/evaluation.h"

/* An example with a score, or a place of it. */
typedef struct neuron_scored {
    double score;
    int64_t mark; /* 2 * the example, and 1 more if it is so */
} neuron_scored;

typedef struct neuron_scored_list {
    neuron_scored *all;
    int64_t count;
    double offset;        /* what scores are to be raised by to be those that the outputs say */
    bool undefined;       /* a score is not a number, */
    int64_t undefined_at; /* as that of this example first */
} neuron_scored_list;

static inline bool neuron_scored_is_so(const neuron_scored *one)
{
    return one->mark & 1;
}

/* How often it counts. */
static inline double neuron_scored_weight(const neuron_scored *one, const int32_t *counts)
{
    return counts ? counts[one->mark >> 1] : 1;
}

/* What a list is about. */
typedef enum neuron_scored_what {
    NEURON_SCORED_ROW, /* the output of a row, and whether an example has that class or label */
    NEURON_SCORED_ALL_ROWS,   /* the same of all rows, one after the other */
    NEURON_SCORED_CONFIDENCE, /* the output of the class taken, and whether it is the right one */
    NEURON_SCORED_TRUTH,      /* the output of the right class, and yes */
    NEURON_SCORED_TOP         /* whether the right class is among the k largest */
} neuron_scored_what;

/* Memory for a list about that; NEURON_E_MEMORY. */
int neuron_scored_allocate(neuron_scored_list *list, const neuron_evaluation_t *evaluation,
                           neuron_scored_what what);

/* Fills it; `argument` is the row, or k. Probabilities are brought into 0 to 1. */
void neuron_scored_fill(neuron_scored_list *list, const neuron_evaluation_t *evaluation,
                        neuron_scored_what what, int64_t argument, bool probabilities);

/* Puts the largest score first. */
void neuron_scored_sort(neuron_scored_list *list);

/* Runs over a list by bins of equal width, or with 0 bins by scores that are equal. Bounds are
 * compared as floats, so that an output of 0.3 is in the bin that ends with 0.3. */
typedef struct neuron_score_bin {
    int64_t next;               /* place in the list behind the bin; 0 before the first */
    double weight, scores, yes; /* how many are in it, and the sums of these */
} neuron_score_bin;

/* The next bin, from the largest scores down; false behind the last. Of an empty one, as counts
 * can make it, the weight is 0. */
bool neuron_score_bin_next(neuron_score_bin *bin, const neuron_scored_list *list,
                           const int32_t *counts, double bins);

/* Keys of the options of metrics. */
enum {
    NEURON_METRIC_K = 1,
    NEURON_METRIC_BINS,
    NEURON_METRIC_COVERAGE,
    NEURON_METRIC_THRESHOLD,
    NEURON_METRIC_CONFIDENCE, /* of an interval */
    NEURON_METRIC_SAMPLES,
    NEURON_METRIC_SEED
};

#define NEURON_METRIC_OPTION_BINS                                                                  \
    NEURON_INTEGER(NEURON_METRIC_BINS, "bins", 0, 1000000, 15,                                     \
                   "of equal width; 0 for one of each probability")

/* For which kinds a metric is, and what it can be of. */
enum {
    NEURON_METRIC_OF_CLASSES = 1, /* and pixels */
    NEURON_METRIC_OF_LABELS = 2,
    NEURON_METRIC_OF_NUMBERS = 4,
    NEURON_METRIC_HAS_ROWS = 8,
    NEURON_METRIC_HAS_MICRO = 16,
    NEURON_METRIC_HAS_SAMPLES = 32,
    NEURON_METRIC_HAS_WHOLE = 64,    /* a figure of all examples of classes, */
    NEURON_METRIC_SUMS_ROWS = 128,   /* which is the sum over the rows, of two classes half of it */
    NEURON_METRIC_FALLS = 256,       /* the smaller the better */
    NEURON_METRIC_SORTED = 512,      /* the list has to be */
    NEURON_METRIC_PROBABILITY = 1024 /* scores have to be */
};

typedef double (*neuron_figure_of_sums)(const neuron_evaluation_t *evaluation, int64_t row);
typedef double (*neuron_figure_of_list)(const neuron_scored_list *list, const int32_t *counts,
                                        double option);

typedef struct neuron_metric_row {
    char name[28];
    int32_t traits;
    neuron_scored_what whole;           /* what a list of all examples is about */
    neuron_figure_of_sums of_sums;      /* of a row, an average or NEURON_AVERAGE_DEFAULT; */
    neuron_figure_of_list of_list;      /* or this, of the list of a row, or of all */
    const neuron_option_table *options; /* of one, whose value it is told; NULL for none */
} neuron_metric_row;

/* The names of those behind accuracy, with their places in the table. */
#define NEURON_METRIC_NAMES(X)                                                                     \
    X(1, "precision")                                                                              \
    X(2, "recall")                                                                                 \
    X(3, "f1")                                                                                     \
    X(4, "iou")                                                                                    \
    X(5, "subset_accuracy")                                                                        \
    X(6, "balanced_accuracy")                                                                      \
    X(7, "matthews_correlation")                                                                   \
    X(8, "cohen_kappa")                                                                            \
    X(9, "top_k_accuracy")                                                                         \
    X(10, "roc_auc")                                                                               \
    X(11, "average_precision")                                                                     \
    X(12, "log_loss")                                                                              \
    X(13, "brier_score")                                                                           \
    X(14, "brier_reliability")                                                                     \
    X(15, "brier_resolution")                                                                      \
    X(16, "brier_uncertainty")                                                                     \
    X(17, "expected_calibration_error")                                                            \
    X(18, "maximum_calibration_error")                                                             \
    X(19, "risk_coverage_area")                                                                    \
    X(20, "accuracy_at_coverage")                                                                  \
    X(21, "accuracy_at_confidence")                                                                \
    X(22, "coverage_at_confidence")                                                                \
    X(23, "mean_absolute_error")                                                                   \
    X(24, "mean_squared_error")                                                                    \
    X(25, "root_mean_squared_error")                                                               \
    X(26, "r2")

/* The metrics; a name of "" ends the list. */
extern const neuron_metric_row neuron_metrics[];

/* Mean squared error of a row, or their mean. */
double neuron_mean_squared_error(const neuron_evaluation_t *evaluation, int64_t row);

/* Options of neuron_evaluation_interval() and neuron_evaluation_mcnemar(). */
extern const neuron_option_table neuron_interval_options, neuron_mcnemar_options;

/* For neuron_kind_option(); NULL where there is none. */
const char *neuron_metric_name(const void *list, int64_t index);
const neuron_option_table *neuron_metric_options(const char *name);

/* A metric of an evaluation, ready to be computed of any number of samples: of all of them for some
 * rows after the other, as lists of all rows may not fit into memory. */
typedef struct neuron_metric_call {
    const neuron_metric_row *metric;
    const neuron_evaluation_t *evaluation;
    int64_t row; /* or an average; NEURON_AVERAGE_DEFAULT for all examples */
    neuron_scored_what what;
    double option;
    bool all_rows;       /* it is put together from figures of all rows, */
    int64_t first, step; /* of which it is the turn of these */
    neuron_scored_list *lists;
} neuron_metric_call;

/* A figure on its way, of one sample. */
typedef struct neuron_metric_mean {
    double sum, weights;
    bool lacks_rows; /* that the whole has */
} neuron_metric_mean;

/* The options of a metric. */
const neuron_option_table *neuron_metric_table(const neuron_metric_row *metric);

/* Finds a metric, or says which name was meant. */
int neuron_metric_find(const neuron_metric_row **metric, const char *name);

/* Checks what it is of, and makes room for the lists of `most` rows if it needs them. `options` are
 * those of the metric, and may be more. After a failure nothing has to be ended. */
int neuron_metric_begin(neuron_metric_call *call, const neuron_metric_row *metric,
                        const neuron_evaluation_t *evaluation, int64_t row,
                        const neuron_options *options, int64_t most);

/* Makes the lists of the next rows; false if it was the turn of all. */
bool neuron_metric_turn(neuron_metric_call *call);

/* Adds what these rows have to a figure; with `counts` of a sample, whose sums are those of another
 * evaluation. Any thread at a time. */
void neuron_metric_add(neuron_metric_mean *mean, const neuron_metric_call *call,
                       const neuron_evaluation_t *sums, const int32_t *counts);
double neuron_metric_figure(const neuron_metric_call *call, const neuron_metric_mean *mean);
void neuron_metric_end(neuron_metric_call *call);

/* NEURON_E_STATE if an evaluation has no scores, as `who` needs them. */
int neuron_evaluation_check_scores(const neuron_evaluation_t *evaluation, const char *who);

/* NEURON_E_DATA if one is no probability. */
int neuron_evaluation_check_probabilities(const neuron_evaluation_t *evaluation, const char *who);

/* Whether a metric is one of that kind of evaluations. */
bool neuron_metric_fits(const neuron_metric_row *metric, neuron_evaluation_kinds kind);

/* A metric with the defaults of its options; not a number if it is none of that kind. */
int neuron_metric_of(double *value, const neuron_evaluation_t *evaluation,
                     const neuron_metric_row *metric);

/* Whether an example of classes or labels was judged right. */
bool neuron_evaluation_is_right(const neuron_evaluation_t *evaluation, int64_t place);

/* The figures, by file. */
double neuron_balanced_accuracy(const neuron_evaluation_t *evaluation, int64_t row);
double neuron_matthews_correlation(const neuron_evaluation_t *evaluation, int64_t row);
double neuron_cohen_kappa(const neuron_evaluation_t *evaluation, int64_t row);
double neuron_roc_auc(const neuron_scored_list *list, const int32_t *counts, double option);
double neuron_average_precision(const neuron_scored_list *list, const int32_t *counts,
                                double option);
double neuron_log_loss(const neuron_scored_list *list, const int32_t *counts, double option);
double neuron_brier_score(const neuron_scored_list *list, const int32_t *counts, double option);
double neuron_brier_reliability(const neuron_scored_list *list, const int32_t *counts, double bins);
double neuron_brier_resolution(const neuron_scored_list *list, const int32_t *counts, double bins);
double neuron_brier_uncertainty(const neuron_scored_list *list, const int32_t *counts, double bins);
double neuron_expected_calibration_error(const neuron_scored_list *list, const int32_t *counts,
                                         double bins);
double neuron_maximum_calibration_error(const neuron_scored_list *list, const int32_t *counts,
                                        double bins);
double neuron_share_of_yes(const neuron_scored_list *list, const int32_t *counts, double option);
double neuron_risk_coverage_area(const neuron_scored_list *list, const int32_t *counts,
                                 double option);
double neuron_accuracy_at_coverage(const neuron_scored_list *list, const int32_t *counts,
                                   double coverage);
double neuron_accuracy_at_confidence(const neuron_scored_list *list, const int32_t *counts,
                                     double threshold);
double neuron_coverage_at_confidence(const neuron_scored_list *list, const int32_t *counts,
                                     double threshold);

#endif
