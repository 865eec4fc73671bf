/** @file history.h
 *  Histories: the figures of each epoch of a training, by name:
 *
 *  - `loss`: mean loss while training, as the parameters changed
 *  - `accuracy`: share of training examples right, likewise
 *  - `validation_loss`: mean loss on the validation set after the epoch
 *  - `validation_accuracy`: share of the validation set right after the epoch
 *  - `learning_rate`: at the end of the epoch: see neuron_trainer_progress()
 *  - `seconds`: time that the epoch took
 *  - `validation_roc_auc` and so on: the metrics of the validation set that the trainer's option
 *    `metrics` asks for
 *
 *  Of a graph with several outputs a loss is the sum over the outputs of weight times loss, and an
 *  accuracy that of the first output; neuron_history_output_value() has those of each.
 *
 *  A trainer's history grows in its runs. Any thread may read it, unless another one runs, loads or
 *  changes the trainer meanwhile.
 */
#ifndef NEURON_HISTORY_H
#define NEURON_HISTORY_H

#include <libneuron/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Adds an owner. @return  `history`. Any thread. Since 0.1. */
NEURON_API neuron_history_t *neuron_history_ref(const neuron_history_t *history);

/** Takes an owner away. Any thread. Since 0.1. */
NEURON_API void neuron_history_unref(neuron_history_t *history);

/** Number of whole epochs; 0 for NULL. Any thread, unless another one runs or changes the trainer
 *  meanwhile. Since 0.1. */
NEURON_API int64_t neuron_history_epochs(const neuron_history_t *history);

/** The name of a figure that the history has.
 *  @param index  from 0: the six above in the order of neuron_history_save_csv(), then those of the
 *                trainer's option `metrics`, in the order of neuron_kind_name("metric", i).
 *  @return  a constant; NULL behind the last, and for NULL. Any thread. Since 0.1. */
NEURON_API const char *neuron_history_metric_name(const neuron_history_t *history, int64_t index);

/** One figure.
 *  @param[out] value  the figure; not a number for a validation figure without a validation set,
 *                     and for a metric that is not defined, or is none of the kind of the first
 *                     output.
 *  @param epoch   0 to neuron_history_epochs() - 1.
 *  @param metric  the name of a figure that the history has.
 *  @return  0 or NEURON_E_ARGUMENT. Any thread, unless another one runs or changes the trainer
 *           meanwhile. Since 0.1. */
NEURON_API int neuron_history_value(double *value, const neuron_history_t *history, int64_t epoch,
                                    const char *metric);

/** One figure of one output: its loss without the weight that it has in the loss of all (not a
 *  number for a loss while training with weight 0) and without what regularisers add, or its
 *  accuracy. Of a graph with one output they are those of neuron_history_value().
 *  @param[out] value  the figure; not a number for a validation figure without a validation set.
 *  @param epoch   0 to neuron_history_epochs() - 1.
 *  @param output  0 to neuron_history_output_count() - 1.
 *  @param metric  one of the two losses, the two accuracies or the trainer's metrics.
 *  @return  0 or NEURON_E_ARGUMENT. Any thread, unless another one runs or changes the trainer
 *           meanwhile. Since 0.1. */
NEURON_API int neuron_history_output_value(double *value, const neuron_history_t *history,
                                           int64_t epoch, int64_t output, const char *metric);

/** How many outputs the graph has; 0 for NULL. Any thread. Since 0.1. */
NEURON_API int64_t neuron_history_output_count(const neuron_history_t *history);

/** Name of an output, as it was when the trainer was made. The text lives as long as the history.
 *  @return  the name; NULL if there is no such output. Any thread. Since 0.1. */
NEURON_API const char *neuron_history_output_name(const neuron_history_t *history, int64_t output);

/** The best epoch by one figure: the smallest loss, the largest accuracy, of a metric what is
 *  better, the first of equals.
 *  @param[out] epoch  counted from 0.
 *  @param metric  one of the two losses, the two accuracies or the trainer's metrics.
 *  @return  0, NEURON_E_ARGUMENT, or NEURON_E_STATE if no epoch has that figure. Any thread, unless
 *           another one runs or changes the trainer meanwhile. Since 0.1. */
NEURON_API int neuron_history_best(int64_t *epoch, const neuron_history_t *history,
                                   const char *metric);

/** Writes a table, one line an epoch, with a header line:
 *  `epoch,loss,accuracy,validation_loss,validation_accuracy,learning_rate,seconds`, and with
 *  several outputs `NAME_loss,NAME_accuracy,NAME_validation_loss,NAME_validation_accuracy` of each;
 *  then the trainer's metrics, `validation_roc_auc`, with several outputs that of each.
 *  Epochs count from 1; a figure that is not a number is left empty. Numbers have a point whatever
 *  the locale.
 *  @return  0, NEURON_E_ARGUMENT, NEURON_E_IO, NEURON_E_MEMORY. Any thread, unless another one runs
 *           or changes the trainer meanwhile. Since 0.1. */
NEURON_API int neuron_history_save_csv(const neuron_history_t *history, const char *path);

#ifdef __cplusplus
}
#endif

#endif
