/** @file evaluation.h
 *  Evaluations: how well a graph does on a dataset, in the figures that its targets ask for.
 *
 *      neuron_graph_evaluate(&evaluation, graph, test, NULL, NULL);
 *      neuron_evaluation_report(text, sizeof text, NULL, evaluation, NULL, 3);
 *
 *  There are four kinds, of which neuron_graph_evaluate() chooses one:
 *
 *  - `classes`: each example is of one class. Accuracy, a confusion matrix, and for each class
 *    precision, recall and F1.
 *  - `multi_label`: each output stands for a label (a tag) that an example has or does not have.
 *    Precision, recall and F1 of each label; accuracy is the share of examples all of whose labels
 *    are right.
 *  - `regression`: outputs are numbers. For each of them the mean absolute error, the root mean
 *    squared error and R^2.
 *  - `pixels`: each place of a map, such as a pixel of an image, is of one class. As `classes`,
 *    over all places of all examples; and the intersection over union (IoU) of each class.
 *
 *  A report has a row for each class, label or output, and averages below them. What an evaluation
 *  takes grows with these rows, whatever the number of examples or of places; only more than 256
 *  classes take 8 bytes more for each example.
 *
 *  Every figure is also a metric with a name. Those that rank examples or judge probabilities, and
 *  curves, intervals and comparisons, look at each example once more; for them an evaluation keeps
 *  what the graph said, if it is told so:
 *
 *      neuron_graph_evaluate(&evaluation, graph, test, NULL, "scores=yes");
 *      neuron_evaluation_metric(&auc, evaluation, "roc_auc", NEURON_AVERAGE_MACRO, NULL);
 *      neuron_evaluation_interval(&low, &high, evaluation, "roc_auc", NEURON_AVERAGE_MACRO,
 *                                 "confidence=0.95, samples=2000");
 *      neuron_evaluation_mcnemar(NULL, &p_value, evaluation, other, NULL);
 *
 *  An evaluation does not change once it is made and may be read by any number of threads.
 */
#ifndef NEURON_EVALUATION_H
#define NEURON_EVALUATION_H

#include <libneuron/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Predicts all examples of a dataset and compares with their targets, at one output. Figures know
 *  no weights of examples; the loss does.
 *
 *  Options:
 *
 *  - `output`: which one, of a graph with several: 0, the default, to neuron_graph_output_count()
 *    - 1. Kind and default loss follow from its targets.
 *
 *  - `kind`: `classes`, `multi_label`, `regression`, `pixels`, or `auto`, the default, which takes
 *    the first that holds of
 *    1. `classes` for a dataset of classes: class numbers, or targets of neuron_dataset_create();
 *    2. with the loss cross_entropy or kullback_leibler, whose targets are probabilities,
 *       `classes`, and of a map `pixels`;
 *    3. if all targets of the dataset are 0 or 1 (with a hinge loss also -1 or 1): of a map
 *       `pixels`, if it has one channel or exactly one 1 at each place, else `multi_label`;
 *       `classes` for a single output; `multi_label` with the loss binary_cross_entropy, or
 *       without a loss for a graph that ends with a sigmoid; `classes` if each example has
 *       exactly one 1, else `multi_label`;
 *    4. `regression`.
 *  - `threshold`: an output above it means yes, where outputs are judged one by one: labels, and a
 *    single output or channel, which then stands for class 1. Any number; 0.5.
 *  - `channels`: numbers that belong to one place of a map. 0, the default, is the last extent of
 *    an output with several axes, 128 x 128 x 4; one with a single axis is then no map. With 4 an
 *    output of 65,536 numbers is such a map that was made flat. The rows of `regression` and
 *    `multi_label` are the channels of a map. Up to 65,536.
 *  - `scores`: yes keeps the outputs and the target of each example (of a map: of each place) for
 *    what needs them, see neuron_evaluation_metric(): 4 bytes for each output, and 8 for the
 *    classes or 4 for each target. no, the default, keeps none.
 *
 *  Threads as for neuron_graph_predict().
 *  @param[out] evaluation  the figures; NULL on failure.
 *  @param graph    finished.
 *  @param dataset  with at least one example; of as many inputs and targets as the graph has inputs
 *                  and outputs (neuron_dataset_zip()).
 *  @param loss     whose mean neuron_evaluation_loss() tells, without what regularisers add to it
 *                  (neuron_graph_penalty()), which the validation loss in a trainer's history
 *                  contains. NULL: cross_entropy for classes, mean_squared_error for a regression,
 *                  binary_cross_entropy where outputs are judged one by one, and of pixels.
 *  @param options  as options.h has them, "kind=multi_label, threshold=0.4"; NULL for none.
 *  @return  0; NEURON_E_ARGUMENT; NEURON_E_STATE before finish; NEURON_E_SHAPE if the examples, the
 *           outputs or the channels do not fit; NEURON_E_DATA for a dataset without examples or
 *           targets, and if the loss does not go with the targets; NEURON_E_MEMORY; or what a
 *           stream, a custom layer or a loss of the caller's returned. Since 0.1. */
NEURON_API int neuron_graph_evaluate(neuron_evaluation_t **evaluation, const neuron_graph_t *graph,
                                     const neuron_dataset_t *dataset, const neuron_loss_t *loss,
                                     const char *options);

/** Makes an evaluation from outputs that are there already, of any kind: of
 *  neuron_graph_predict_many(), or of another program.
 *  @param[out] evaluation  the figures; NULL on failure.
 *  @param outputs  NEURON_TYPE_F32, [n, ...shape of the output of one example], n 1 or more.
 *  @param targets  class numbers [n], of integers, if there are several outputs; else what
 *                  neuron_dataset_create_with_targets() takes.
 *  @param loss     as for neuron_graph_evaluate().
 *  @param options  likewise.
 *  @return  as neuron_graph_evaluate(), and NEURON_E_TYPE for other tensors. Any thread, as long as
 *           nobody writes to the tensors. Since 0.1. */
NEURON_API int neuron_evaluation_create_from_outputs(
    neuron_evaluation_t **evaluation, neuron_context_t *context, const neuron_tensor_t *outputs,
    const neuron_tensor_t *targets, const neuron_loss_t *loss, const char *options);

/** Makes an evaluation of `classes` from class numbers, for predictions that come from elsewhere.
 *  @param[out] evaluation  the figures; NULL on failure. Its loss is not a number.
 *  @param truth      `count` class numbers, 0 to class_count - 1.
 *  @param predicted  likewise.
 *  @param count  1 or more.
 *  @param class_count  1 to 65536.
 *  @return  0, NEURON_E_ARGUMENT, NEURON_E_DATA for a number out of range, NEURON_E_MEMORY. Any
 *           thread. Since 0.1. */
NEURON_API int neuron_evaluation_create(neuron_evaluation_t **evaluation, neuron_context_t *context,
                                        const int32_t *truth, const int32_t *predicted,
                                        int64_t count, int64_t class_count);

/** Adds an owner. @return  `evaluation`. Any thread. Since 0.1. */
NEURON_API neuron_evaluation_t *neuron_evaluation_ref(neuron_evaluation_t *evaluation);

/** Takes an owner away. Any thread. Since 0.1. */
NEURON_API void neuron_evaluation_unref(neuron_evaluation_t *evaluation);

/** The kind: "classes", "multi_label", "regression" or "pixels".
 *  @return  a constant; NULL for NULL. Any thread. Since 0.1. */
NEURON_API const char *neuron_evaluation_kind(const neuron_evaluation_t *evaluation);

/** Number of examples; 0 for NULL. Any thread. Since 0.1. */
NEURON_API int64_t neuron_evaluation_count(const neuron_evaluation_t *evaluation);

/** Number of rows: classes, labels, or outputs of a regression; 0 for NULL. A single output that is
 *  judged by a threshold makes two classes, 0 and 1. Any thread. Since 0.1. */
NEURON_API int64_t neuron_evaluation_row_count(const neuron_evaluation_t *evaluation);

/** What a row is called: the names of the dataset's classes (neuron_dataset_class_name()), or else
 *  of the graph's (neuron_graph_class_name()), if there are as many.
 *  @param row  0 to neuron_evaluation_row_count() - 1.
 *  @return  the name, which lives as long as the evaluation; NULL if it is not known, and for
 *           another row. Any thread. Since 0.1. */
NEURON_API const char *neuron_evaluation_row_name(const neuron_evaluation_t *evaluation,
                                                  int64_t row);

/** Mean loss, see neuron_graph_evaluate(); not a number for NULL or without outputs. Any thread.
 *  Since 0.1. */
NEURON_API double neuron_evaluation_loss(const neuron_evaluation_t *evaluation);

/** Share that is right: of `classes` the examples whose largest output is their class (of a single
 *  output, that are on the right side of the threshold); of `pixels` the places; of `multi_label`
 *  the examples (of a map: the places) all of whose labels are right.
 *  @return  not a number for a regression and for NULL. Any thread. Since 0.1. */
NEURON_API double neuron_evaluation_accuracy(const neuron_evaluation_t *evaluation);

/** One cell of the confusion matrix: examples, or places of a map, of class `truth` taken for
 *  `predicted`.
 *  @return  -1 if there is no such class, of other kinds than `classes` and `pixels`, and for a map
 *           with more than 256 classes that has more of them than places. Any thread.
 *           Since 0.1. */
NEURON_API int64_t neuron_evaluation_confusion(const neuron_evaluation_t *evaluation, int64_t truth,
                                               int64_t predicted);

/** Averages: what may stand for a row. They are those of scikit-learn. Since 0.1. */
enum neuron_evaluation_average {
    NEURON_AVERAGE_MACRO = -10,    /**< mean over the rows */
    NEURON_AVERAGE_WEIGHTED = -20, /**< mean over the rows, each weighed by its support */
    NEURON_AVERAGE_MICRO = -30,    /**< of the counts of all rows together */
    NEURON_AVERAGE_SAMPLES = -40,  /**< mean over the examples, of `multi_label` only */
    /** The figure of all examples where a metric has one, such as the accuracy; else, of two
     *  classes, that of class 1; else NEURON_AVERAGE_MACRO. For neuron_evaluation_metric() and what
     *  follows it only. */
    NEURON_AVERAGE_DEFAULT = -50
};

/** Of the examples taken for a class or label, the share that have it; 0 if none was taken for it.
 *  Of a map it is places that count, here and below.
 *  @param row  a class or label, or NEURON_AVERAGE_...
 *  @return  the figure; not a number for a regression and for another row. Any thread.
 *           Since 0.1. */
NEURON_API double neuron_evaluation_precision(const neuron_evaluation_t *evaluation, int64_t row);

/** Of the examples of a class or label, the share taken for it; 0 if there are none. As
 *  neuron_evaluation_precision(). Any thread. Since 0.1. */
NEURON_API double neuron_evaluation_recall(const neuron_evaluation_t *evaluation, int64_t row);

/** 2 precision recall / (precision + recall); 0 if both are. An average is that of the rows' F1, as
 *  in scikit-learn. As neuron_evaluation_precision(). Any thread. Since 0.1. */
NEURON_API double neuron_evaluation_f1(const neuron_evaluation_t *evaluation, int64_t row);

/** Intersection over union, the Jaccard index: examples of a class or label that were taken for it,
 *  of those that are of it or were taken for it; 0 if there are none. NEURON_AVERAGE_MACRO is what
 *  is called the mean IoU. As neuron_evaluation_precision(), without NEURON_AVERAGE_SAMPLES. Any
 *  thread. Since 0.1. */
NEURON_API double neuron_evaluation_iou(const neuron_evaluation_t *evaluation, int64_t row);

/** Examples (places of a map) of a class or label; of all rows for an average. Of a regression, how
 *  many numbers were compared for a row; -1 for another row. Any thread. Since 0.1. */
NEURON_API int64_t neuron_evaluation_support(const neuron_evaluation_t *evaluation, int64_t row);

/** Mean absolute error of a regression's output, in the unit of its targets.
 *  @param row  an output, or NEURON_AVERAGE_MACRO for the mean over the outputs.
 *  @return  not a number for other kinds and another row. Any thread. Since 0.1. */
NEURON_API double neuron_evaluation_mean_absolute_error(const neuron_evaluation_t *evaluation,
                                                        int64_t row);

/** Root of the mean squared error. NEURON_AVERAGE_MACRO is the mean of the outputs' roots, as
 *  scikit-learn's root_mean_squared_error. As neuron_evaluation_mean_absolute_error(). Any thread.
 *  Since 0.1. */
NEURON_API double neuron_evaluation_root_mean_squared_error(const neuron_evaluation_t *evaluation,
                                                            int64_t row);

/** Coefficient of determination, R^2: 1 - squared errors / squared distances of the targets from
 *  their mean. 1 is perfect, 0 as good as the mean would be, and it may be negative. Where all
 *  targets are equal it is 1 without an error, else 0; with fewer than two numbers it is not a
 *  number. As neuron_evaluation_mean_absolute_error(). Any thread. Since 0.1. */
NEURON_API double neuron_evaluation_r2(const neuron_evaluation_t *evaluation, int64_t row);

/** Any metric by its name. All are computed in double, and are those of scikit-learn where it has
 *  them, also where scores are equal. Which there are is told by neuron_kind_name("metric", i), and
 *  their options by neuron_kind_option(); numbers in parentheses are defaults. Kinds: c classes, m
 *  multi_label, p pixels, r regression. What needs the option `scores` of neuron_graph_evaluate()
 *  is marked *, and what needs outputs that are probabilities, 0 to 1, also p.
 *
 *  | name                         | of  |    | meaning                                           |
 *  | ---------------------------- | --- | -- | ------------------------------------------------- |
 *  | `accuracy`                   | cmp |    | neuron_evaluation_accuracy()                      |
 *  | `precision`, `recall`, `f1`, | cmp |    | neuron_evaluation_precision() and so on           |
 *  | `iou`                        |     |    |                                                   |
 *  | `subset_accuracy`            | m   |    | share of examples all of whose labels are right   |
 *  | `balanced_accuracy`          | cmp |    | mean recall of the classes that there are         |
 *  | `matthews_correlation`       | cmp |    | of truth and prediction; 0 if one is constant     |
 *  | `cohen_kappa`                | cmp |    | agreement beyond chance (Cohen, 1960)             |
 *  | `top_k_accuracy`             | cp  | *  | class among the `k` (5) largest outputs; of equal |
 *  |                              |     |    | ones the last, as in scikit-learn; with k=1 of    |
 *  |                              |     |    | two classes the accuracy                          |
 *  | `roc_auc`                    | cmp | *  | area under the ROC curve, one against rest        |
 *  | `average_precision`          | cmp | *  | sum of precisions weighed by steps of recall      |
 *  | `log_loss`                   | cmp | *p | - mean log probability of what is true, which is  |
 *  |                              |     |    | taken as 2.2e-16 or more, as scikit-learn does    |
 *  |                              |     |    | with probabilities given in double                |
 *  | `brier_score`                | cmp | *p | mean squared error of probabilities, summed over  |
 *  |                              |     |    | classes, of which two count half (Brier, 1950)    |
 *  | `brier_reliability`,         | cmp | *p | its parts over `bins` (15): reliability -         |
 *  | `brier_resolution`,          |     |    | resolution + uncertainty is the Brier score of    |
 *  | `brier_uncertainty`          |     |    | the bins' mean probabilities (Murphy, 1973)       |
 *  | `expected_calibration_error` | cmp | *p | mean distance of confidence and accuracy over     |
 *  |                              |     |    | `bins` (15) of equal width (Guo et al., 2017)     |
 *  | `maximum_calibration_error`  | cmp | *p | the largest of these distances                    |
 *  | `risk_coverage_area`         | cp  | *p | AURC: mean over the examples of the share that is |
 *  |                              |     |    | wrong of those at least as confident (Geifman and |
 *  |                              |     |    | El-Yaniv, 2017)                                   |
 *  | `accuracy_at_coverage`       | cp  | *p | of the most confident examples, whose share is    |
 *  |                              |     |    | `coverage` (0.9), and those equally confident     |
 *  | `accuracy_at_confidence`     | cp  | *p | of examples with a confidence of `threshold`      |
 *  |                              |     |    | (0.5) or more, others being abstained from        |
 *  | `coverage_at_confidence`     | cp  | *p | the share that these are of all                   |
 *  | `mean_absolute_error`,       | r   |    | neuron_evaluation_mean_absolute_error() and so on |
 *  | `root_mean_squared_error`,   |     |    |                                                   |
 *  | `r2`                         |     |    |                                                   |
 *  | `mean_squared_error`         | r   |    | in the square of the targets' unit                |
 *
 *  Confidence is the largest probability, of a single output p that of the class taken: p or 1 - p.
 *  Of a row the metrics that judge probabilities do so one against the rest: does the example have
 *  that class or label? With bins=0 each different probability is a bin of its own, for which
 *  Murphy's parts add up to the Brier score itself. Bins contain their upper bound, as a float.
 *
 *  What is not defined is not a number, as in scikit-learn: the area under the ROC curve of a class
 *  that all examples have, or none, and means over such; Cohen's kappa if truth and prediction are
 *  one class; the accuracy of no example; and what is computed from an output that is not a number:
 *  errors, and of metrics marked * those of its row and those of all examples. An example, label or
 *  place that has such an output is counted as wrong, taken for another class than its own.
 *  The average precision of a class that no example has is 0.
 *  @param[out] value  the figure.
 *  @param metric   a name of the table.
 *  @param row      a class, label or output; an average, NEURON_AVERAGE_SAMPLES only of precision,
 *                  recall and f1, NEURON_AVERAGE_MICRO only of these, iou, roc_auc and
 *                  average_precision, and NEURON_AVERAGE_WEIGHTED not of a regression; or
 *                  NEURON_AVERAGE_DEFAULT, and nothing else for those that have no rows: accuracy,
 *                  subset_accuracy and those of c and p only.
 *  @param options  of the metric, as options.h has them, "bins=10"; NULL for none.
 *  @return  0; NEURON_E_ARGUMENT for a name, row or option that there is not, and a metric that the
 *           kind does not have; NEURON_E_STATE without scores that it needs; NEURON_E_DATA for an
 *           output that is no probability; NEURON_E_MEMORY. Any thread. Since 0.1. */
NEURON_API int neuron_evaluation_metric(double *value, const neuron_evaluation_t *evaluation,
                                        const char *metric, int64_t row, const char *options);

/** A confidence interval of a metric, by bootstrap (Efron, 1979): the metric of as many examples,
 *  drawn at random with replacement, is computed many times, and the interval is between two
 *  percentiles of what comes out, interpolated as in NumPy. Samples in which the metric is not
 *  defined do not count, also those where a row's figure would divide by nothing, though it does
 *  not over all examples; means over the rows leave such rows out. Of a map, whole examples are
 *  drawn. Needs the option `scores` of neuron_graph_evaluate(), whatever the metric.
 *
 *  Options, besides those of the metric:
 *
 *  - `confidence`: share of the samples that is between the bounds; above 0 and less than 1; 0.95.
 *  - `samples`: how many, 1 to 1,000,000; 2000.
 *  - `seed`: of the random numbers, 0 to 2,147,483,647; 0. One seed gives one interval whatever the
 *    number of threads, and draws the same examples for each metric.
 *  @param[out] low   the lower bound; not a number if no sample defines the metric; may be NULL.
 *  @param[out] high  the upper bound, likewise.
 *  @return  as neuron_evaluation_metric(). Any thread; works on those of the context. Since 0.1. */
NEURON_API int neuron_evaluation_interval(double *low, double *high,
                                          const neuron_evaluation_t *evaluation, const char *metric,
                                          int64_t row, const char *options);

/** McNemar's test: is one of two models right more often, or can chance tell the difference of what
 *  they say of the same examples (McNemar, 1947)? It looks at the examples that only one of them
 *  has right.
 *
 *  Options: `method` is `exact`, the binomial test, whose statistic is the smaller of the two
 *  counts; `chi_squared`, with continuity correction (Edwards, 1948), which never goes below 0: of
 *  equal counts the statistic is 0; or `auto`, the default: exact below 25 such examples,
 *  chi-squared from there on.
 *  @param[out] statistic  of the test; may be NULL.
 *  @param[out] p_value  probability that chance makes a difference as large or larger, of both
 *                       signs; 1 if there is no such example; may be NULL.
 *  @param a  of `classes` or `multi_label`, where an example is right if all its labels are, with
 *            the option `scores` of neuron_graph_evaluate().
 *  @param b  of the same examples in the same order.
 *  @return  0; NEURON_E_ARGUMENT also for other kinds; NEURON_E_STATE without scores; NEURON_E_DATA
 *           if the two are of different examples. Any thread. Since 0.1. */
NEURON_API int neuron_evaluation_mcnemar(double *statistic, double *p_value,
                                         const neuron_evaluation_t *a, const neuron_evaluation_t *b,
                                         const char *options);

/** Points of a curve. Needs the option `scores` of neuron_graph_evaluate(); `reliability` and
 *  `risk_coverage` also outputs that are probabilities.
 *
 *  | curve              | x                 | y                   | at                          |
 *  | ------------------ | ----------------- | ------------------- | --------------------------- |
 *  | `roc`              | false positives   | true positives      | score from which on it is a |
 *  |                    |                   |                     | yes; first infinite         |
 *  | `precision_recall` | recall            | precision           | likewise                    |
 *  | `risk_coverage`    | coverage          | share that is wrong | least confidence            |
 *  | `reliability`      | mean probability  | share that is so    | examples in the bin         |
 *
 *  The first two, of a row, begin at (0, 0) and (0, 1) and have a point for each different score,
 *  the largest first: scikit-learn's roc_curve() without `drop_intermediate`, and its
 *  precision_recall_curve() from the end. `risk_coverage`, of all examples, has one for each
 *  different confidence. `reliability` has one for each of `bins` (15) with examples in it, the
 *  least probable first: of a row, or of all examples by their confidence. What would divide by
 *  nothing is not a number; the recall of what is not there is 1.
 *  @param[out] x         room for `capacity` numbers; may be NULL, as the next two.
 *  @param[out] y         likewise.
 *  @param[out] at        likewise.
 *  @param capacity  0 to ask how many there are.
 *  @param[out] needed  how many points there are; may be NULL.
 *  @param curve    one of the names.
 *  @param row      a class or label; NEURON_AVERAGE_MICRO for all rows together;
 *                  NEURON_AVERAGE_DEFAULT: of all examples, of `roc` and `precision_recall` of two
 *                  classes class 1, and of others none.
 *  @param options  `bins` of `reliability`; NULL for none.
 *  @return  as neuron_evaluation_metric(), and NEURON_E_ARGUMENT for a capacity that is not 0 and
 *           too small, and for `bins` of another curve; NEURON_E_DATA also for an output that
 *           is not a number. Any thread. Since 0.1. */
NEURON_API int neuron_evaluation_curve(double *x, double *y, double *at, size_t capacity,
                                       size_t *needed, const neuron_evaluation_t *evaluation,
                                       const char *curve, int64_t row, const char *options);

/** Writes the report: of classes, labels and pixels in the layout that scikit-learn made known,
 *  precision, recall, F1 (of pixels also the IoU) and support of each row, then accuracy (of labels
 *  the share of exact matches) and averages; of a regression mean absolute error, root mean squared
 *  error and R^2 of each output and their averages. More than 200 labels or outputs without names
 *  are not listed: then it has the averages only. Numbers have a point whatever the locale.
 *  @param[out] text    room for `capacity` bytes; NULL with capacity 0 to ask for the size.
 *  @param[out] needed  bytes of the text with its final zero; may be NULL.
 *  @param row_names  neuron_evaluation_row_count() names; NULL for those that
 *                    neuron_evaluation_row_name() tells, and numbers where there are none. '?'
 *                    stands for what is no UTF-8 in them, and for controls.
 *  @param digits       decimals, 0 to 9.
 *  @return  0, NEURON_E_ARGUMENT also if `text` is given and too small. Any thread. Since 0.1. */
NEURON_API int neuron_evaluation_report(char *text, size_t capacity, size_t *needed,
                                        const neuron_evaluation_t *evaluation,
                                        const char *const *row_names, int64_t digits);

#ifdef __cplusplus
}
#endif

#endif
