/* The figures of each epoch of a training, by name, as they can be read and as they are saved. */
#include "train/history.h"

#include "base/checked.h"
#include "base/float-mode.h"
#include "base/text/number.h"
#include "base/files/file-write.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Figures that go by better and worse. */
#define ORDERED_WORDS                                                                              \
    {NEURON_METRIC_LOSS, "loss"}, {NEURON_METRIC_ACCURACY, "accuracy"},                            \
        {NEURON_METRIC_VALIDATION_LOSS, "validation_loss"},                                        \
    {                                                                                              \
        NEURON_METRIC_VALIDATION_ACCURACY, "validation_accuracy"                                   \
    }

const neuron_word neuron_monitor_words[] = {ORDERED_WORDS, {0, ""}};

/* All, in the order of a row. */
static const neuron_word metric_words[NEURON_HISTORY_FIGURES + 1] = {
    ORDERED_WORDS,
    {NEURON_METRIC_LEARNING_RATE, "learning_rate"},
    {NEURON_METRIC_SECONDS, "seconds"},
    {0, ""},
};

int neuron_history_create(neuron_history_t **history, neuron_context_t *context)
{
    neuron_history_t *made = neuron_allocate_zero(context, 1, sizeof *made);
    if (!made)
        return NEURON_E_MEMORY;
    atomic_init(&made->references, 1);
    made->context = neuron_context_ref(context);
    *history = made;
    return NEURON_OK;
}

neuron_history_t *neuron_history_ref(neuron_history_t *history)
{
    if (history)
        atomic_fetch_add_explicit(&history->references, 1, memory_order_relaxed);
    return history;
}

void neuron_history_unref(neuron_history_t *history)
{
    if (!history || !neuron_hold_last_owner(&history->references))
        return;
    neuron_context_t *context = history->context;
    neuron_release(context, history->rows);
    neuron_release(context, history);
    neuron_context_unref(context);
}

int neuron_history_reserve(neuron_history_t *history, int64_t epochs)
{
    if (epochs <= history->capacity)
        return NEURON_OK;
    /* Doubling keeps the copying in bounds for a trainer that reserves one epoch at a time. */
    int64_t capacity = epochs;
    if (history->capacity <= INT64_MAX / 2 && capacity < 2 * history->capacity)
        capacity = 2 * history->capacity;
    neuron_history_row *rows =
        neuron_allocate(history->context, neuron_size(capacity), sizeof *rows);
    if (!rows)
        return NEURON_E_MEMORY;
    if (history->epochs > 0)
        memcpy(rows, history->rows, (size_t)history->epochs * sizeof *rows);
    neuron_release(history->context, history->rows);
    history->rows = rows;
    history->capacity = capacity;
    return NEURON_OK;
}

void neuron_history_append(neuron_history_t *history, const double figures[NEURON_HISTORY_FIGURES])
{
    assert(history->epochs < history->capacity);
    memcpy(history->rows[history->epochs].figures, figures, sizeof history->rows->figures);
    history->epochs++;
}

void neuron_history_truncate(neuron_history_t *history, int64_t epochs)
{
    history->epochs = neuron_min_count(history->epochs, epochs);
}

int64_t neuron_history_epochs(const neuron_history_t *history)
{
    return history ? history->epochs : 0;
}

/* Place of a metric in a row, or -1. */
static int32_t metric_index(int32_t metric)
{
    for (int32_t i = 0; i < NEURON_HISTORY_FIGURES; i++)
        if (metric_words[i].value == metric)
            return i;
    return -1;
}

bool neuron_metric_has_order(int32_t metric)
{
    return neuron_word_name(neuron_monitor_words, metric);
}

int neuron_metric_refuse_order(int32_t metric, const char *who)
{
    return neuron_refuse_word(metric, "metric", neuron_monitor_words, who);
}

int neuron_history_value(double *value, const neuron_history_t *history, int64_t epoch,
                         int32_t metric)
{
    CHECK_ARGUMENT(history);
    CHECK_ARGUMENT(value);
    int32_t index = metric_index(metric);
    if (index < 0)
        return neuron_refuse_word(metric, "metric", metric_words, "history");
    if (epoch < 0 || epoch >= history->epochs)
        return neuron_fail(NEURON_E_ARGUMENT,
                           "history: epoch is %" PRId64 "; there are %" PRId64
                           " epochs, counted from 0",
                           epoch, history->epochs);
    *value = history->rows[epoch].figures[index];
    return NEURON_OK;
}

bool neuron_metric_better(int32_t metric, double value, double than)
{
    bool smaller = metric == NEURON_METRIC_LOSS || metric == NEURON_METRIC_VALIDATION_LOSS;
    return smaller ? value < than : value > than;
}

int neuron_history_best(int64_t *epoch, const neuron_history_t *history, int32_t metric)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(history);
    CHECK_ARGUMENT(epoch);
    int32_t index = metric_index(metric);
    if (!neuron_metric_has_order(metric))
        return neuron_metric_refuse_order(metric, "history");
    int64_t best = -1;
    for (int64_t i = 0; i < history->epochs; i++) {
        double value = history->rows[i].figures[index];
        if (isnan(value))
            continue;
        double record = best < 0 ? NAN : history->rows[best].figures[index];
        if (best < 0 || neuron_metric_better(metric, value, record))
            best = i;
    }
    if (best < 0)
        return neuron_fail(NEURON_E_STATE, "history: no epoch has that figure");
    *epoch = best;
    return NEURON_OK;
}

/* An epoch's number has at most 19 characters, one of nine digits 16 ("-1.23456789e-300"), and each
 * is followed by a comma or the line's end. The names of the columns are less. */
enum { CSV_LINE_MAX = 20 + NEURON_HISTORY_FIGURES * 17 };

/* Writes the line above those of the epochs, and returns its end. */
static char *write_names(char *line)
{
    line += sprintf(line, "epoch");
    for (int32_t i = 0; i < NEURON_HISTORY_FIGURES; i++)
        line += sprintf(line, ",%s", metric_words[i].name);
    *line++ = '\n';
    return line;
}

/* Writes a line and returns its end. */
static char *write_line(char *line, int64_t epoch, const neuron_history_row *row)
{
    char number[NEURON_NUMBER_TEXT];
    line += sprintf(line, "%lld", (long long)epoch + 1);
    for (int32_t i = 0; i < NEURON_HISTORY_FIGURES; i++) {
        double figure = row->figures[i];
        line += sprintf(line, ",%s", isnan(figure) ? "" : neuron_number_short(figure, number));
    }
    *line++ = '\n';
    return line;
}

int neuron_history_append_csv(const neuron_history_t *history, int64_t epoch, const char *path)
{
    char line[CSV_LINE_MAX];
    const char *end = write_line(line, epoch, &history->rows[epoch]);
    return neuron_file_append(path, line, (size_t)(end - line));
}

int neuron_history_save_csv(const neuron_history_t *history, const char *path)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(history);
    CHECK_ARGUMENT(path);
    char *table = neuron_allocate(history->context, neuron_size(history->epochs + 1), CSV_LINE_MAX);
    if (!table)
        return NEURON_E_MEMORY;
    char *end = write_names(table);
    for (int64_t i = 0; i < history->epochs; i++)
        end = write_line(end, i, &history->rows[i]);
    const neuron_file_piece piece = {table, (size_t)(end - table), 1};
    int status = neuron_file_replace(history->context, path, &piece, 1);
    neuron_release(history->context, table);
    return status;
}
