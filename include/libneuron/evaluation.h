/** @file evaluation.h
 *  Evaluations: the confusion matrix of a graph on a dataset, and what follows from it.
 *
 *  An evaluation does not change once it is made and may be read by any number of threads.
 */
#ifndef NEURON_EVALUATION_H
#define NEURON_EVALUATION_H

#include <libneuron/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Makes an evaluation from class numbers, for predictions that come from elsewhere.
 *  @param[out] evaluation  the figures; NULL on failure. Its loss is not a number.
 *  @param truth      `count` class numbers, 0 to class_count - 1.
 *  @param predicted  likewise.
 *  @param count  1 or more.
 *  @param class_count  1 to 65536.
 *  @return  0, NEURON_E_ARGUMENT, NEURON_E_DATA for a number out of range, NEURON_E_MEMORY.
 *           Since 0.1. */
NEURON_API int neuron_evaluation_create(neuron_evaluation_t **evaluation, neuron_context_t *context,
                                        const int32_t *truth, const int32_t *predicted,
                                        int64_t count, int32_t class_count);

/** Adds an owner. @return  `evaluation`. Any thread. Since 0.1. */
NEURON_API neuron_evaluation_t *neuron_evaluation_ref(neuron_evaluation_t *evaluation);

/** Takes an owner away. Any thread. Since 0.1. */
NEURON_API void neuron_evaluation_unref(neuron_evaluation_t *evaluation);

/** Number of examples; 0 for NULL. Since 0.1. */
NEURON_API int64_t neuron_evaluation_count(const neuron_evaluation_t *evaluation);

/** Number of classes; 0 for NULL. Since 0.1. */
NEURON_API int32_t neuron_evaluation_class_count(const neuron_evaluation_t *evaluation);

/** Mean loss: of neuron_graph_evaluate() cross-entropy in nats; not a number for NULL or without
 *  outputs. Since 0.1. */
NEURON_API double neuron_evaluation_loss(const neuron_evaluation_t *evaluation);

/** Share of examples whose largest output is their class; not a number for NULL. Since 0.1. */
NEURON_API double neuron_evaluation_accuracy(const neuron_evaluation_t *evaluation);

/** One cell of the confusion matrix: examples of class `truth` taken for `predicted`; -1 if there
 *  is no such class. Since 0.1. */
NEURON_API int64_t neuron_evaluation_confusion(const neuron_evaluation_t *evaluation, int32_t truth,
                                               int32_t predicted);

/** Rows of the report that are not a class. Since 0.1. */
enum {
    NEURON_AVERAGE_MACRO = -10,   /**< mean over the classes */
    NEURON_AVERAGE_WEIGHTED = -20 /**< mean over the classes, each weighed by its support */
};

/** Of the examples taken for a class, the share that belong to it; 0 if none was taken for it.
 *  @param row  a class number, or NEURON_AVERAGE_MACRO or NEURON_AVERAGE_WEIGHTED.
 *  @return  the figure; not a number for another row. Since 0.1. */
NEURON_API double neuron_evaluation_precision(const neuron_evaluation_t *evaluation, int32_t row);

/** Of the examples of a class, the share taken for it; 0 if the class has none. Since 0.1. */
NEURON_API double neuron_evaluation_recall(const neuron_evaluation_t *evaluation, int32_t row);

/** 2 precision recall / (precision + recall); 0 if both are. An average is that of the classes' F1,
 *  as in scikit-learn. Since 0.1. */
NEURON_API double neuron_evaluation_f1(const neuron_evaluation_t *evaluation, int32_t row);

/** Examples of a class, or all of them for an average; -1 for another row. Since 0.1. */
NEURON_API int64_t neuron_evaluation_support(const neuron_evaluation_t *evaluation, int32_t row);

/** Writes the report in the layout that scikit-learn made known: precision, recall, F1 and support
 *  of each class, accuracy, macro and weighted averages. Numbers have a point whatever the locale.
 *  @param class_names  neuron_evaluation_class_count() names, or NULL for numbers; '?' stands for
 *                      what is no UTF-8 in them, and for controls.
 *  @param digits       decimals, 0 to 9.
 *  @param[out] text    room for `capacity` bytes; NULL with capacity 0 to ask for the size.
 *  @param[out] needed  bytes of the text with its final zero; may be NULL.
 *  @return  0, NEURON_E_ARGUMENT also if `text` is given and too small. Since 0.1. */
NEURON_API int neuron_evaluation_report(const neuron_evaluation_t *evaluation,
                                        const char *const *class_names, int32_t digits, char *text,
                                        size_t capacity, size_t *needed);

#ifdef __cplusplus
}
#endif

#endif
