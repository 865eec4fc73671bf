/* Histories, from the inside: a list of rows that grows by one an epoch. */
#ifndef TRAIN_HISTORY_H
#define TRAIN_HISTORY_H

#include <libneuron/history.h>

#include "base/context.h"
#include "base/options/word.h"

#include <stdbool.h>

/* Figures of an epoch, in the order of NEURON_METRIC_...: loss, accuracy, validation loss,
 * validation accuracy, learning rate, seconds. */
enum { NEURON_HISTORY_FIGURES = 6 };

typedef struct neuron_history_row {
    double figures[NEURON_HISTORY_FIGURES];
} neuron_history_row;

struct neuron_history {
    atomic_int references;
    neuron_context_t *context;
    int64_t epochs, capacity;
    neuron_history_row *rows;
};

int neuron_history_create(neuron_history_t **history, neuron_context_t *context);

/* Makes room for `epochs` in all, so that appending up to there cannot fail. */
int neuron_history_reserve(neuron_history_t *history, int64_t epochs);

/* Adds an epoch; there must be room. A figure that does not exist is NaN. */
void neuron_history_append(neuron_history_t *history, const double figures[NEURON_HISTORY_FIGURES]);

/* Forgets all but the first epochs; the room stays. */
void neuron_history_truncate(neuron_history_t *history, int64_t epochs);

/* Adds an epoch's line to a file of neuron_history_save_csv(). */
int neuron_history_append_csv(const neuron_history_t *history, int64_t epoch, const char *path);

/* The figures that go by better and worse, and can be monitored. */
extern const neuron_word neuron_monitor_words[];

/* Whether a figure of history.h is one of these, and whether `value` is better. */
bool neuron_metric_has_order(int32_t metric);

/* NEURON_E_ARGUMENT for a metric that has none. */
int neuron_metric_refuse_order(int32_t metric, const char *who);
bool neuron_metric_better(int32_t metric, double value, double than);

#endif
