/* Histories, from the inside: a list of rows that grows by one an epoch. */
#ifndef TRAIN_HISTORY_H
#define TRAIN_HISTORY_H

#include <libneuron/history.h>

#include "base/options/word.h"
#include "evaluate/metric.h"
#include "graph/graph.h"

#include <stdbool.h>

/* Figures of an epoch, in their order. Behind them, if there are several outputs, the first four
 * of each, which go by better and worse, and can be monitored; and behind these the metrics that
 * are asked for, of each output. */
typedef enum neuron_metric {
    NEURON_METRIC_LOSS,
    NEURON_METRIC_ACCURACY,
    NEURON_METRIC_VALIDATION_LOSS,
    NEURON_METRIC_VALIDATION_ACCURACY,
    NEURON_METRIC_LEARNING_RATE,
    NEURON_METRIC_SECONDS,
    NEURON_HISTORY_FIGURES,
    NEURON_HISTORY_OUTPUT_FIGURES = NEURON_METRIC_LEARNING_RATE,
    NEURON_METRIC_OF_VALIDATION = 100 /* and the place in neuron_metrics */
} neuron_metric;

struct neuron_history {
    neuron_handle handle;
    neuron_context_t *context;
    int64_t outputs, row_size; /* figures of an epoch */
    uint64_t metrics;          /* a bit for each, from the second in neuron_metrics on */
    int64_t metric_count;
    neuron_tensor_t *names; /* of the outputs, as those of classes */
    int64_t epochs, capacity;
    double *rows;
};

/* Makes one for the trainings of a finished graph. */
int neuron_history_create(neuron_history_t **history, const neuron_graph_t *graph);

/* Says which metrics there are; it has no epochs. */
void neuron_history_set_metrics(neuron_history_t *history, uint64_t metrics);

/* The place in neuron_metrics of a metric that there is, from 0 to metric_count - 1. */
int32_t neuron_history_metric_at(const neuron_history_t *history, int64_t index);

/* Where the metrics of an epoch are, [metric_count, outputs]. */
static inline int64_t neuron_history_metrics_begin(const neuron_history_t *history)
{
    return history->row_size - history->metric_count * history->outputs;
}

/* Makes room for `epochs` in all, so that appending up to there cannot fail. */
int neuron_history_reserve(neuron_history_t *history, int64_t epochs);

/* The figures of an epoch. */
static inline double *neuron_history_row(const neuron_history_t *history, int64_t epoch)
{
    return history->rows + epoch * history->row_size;
}

/* Adds an epoch, whose figures are to be set; there must be room. One that does not exist is NaN.
 */
double *neuron_history_append(neuron_history_t *history);

/* Forgets all but the first epochs; the room stays. */
void neuron_history_truncate(neuron_history_t *history, int64_t epochs);

/* Adds an epoch's line to a file of neuron_history_save_csv(). */
int neuron_history_append_csv(const neuron_history_t *history, int64_t epoch, const char *path);

/* The names of all figures. From the third on they are those that can be monitored. */
extern const neuron_word neuron_history_words[];
#define neuron_monitor_words (neuron_history_words + 2)

/* Whether there is that figure. */
bool neuron_history_has(const neuron_history_t *history, neuron_metric metric);

/* A figure of an epoch that there is, of one output where that is 0 or more. Not a number for a
 * metric that there is not. */
double neuron_history_figure(const neuron_history_t *history, int64_t epoch, int64_t output,
                             neuron_metric metric);

/* Whether one of those that can be monitored is better if it is smaller. */
static inline bool neuron_metric_falls(neuron_metric metric)
{
    return metric >= NEURON_METRIC_OF_VALIDATION
               ? neuron_metrics[metric - NEURON_METRIC_OF_VALIDATION].traits & NEURON_METRIC_FALLS
               : metric == NEURON_METRIC_LOSS || metric == NEURON_METRIC_VALIDATION_LOSS;
}

#endif
