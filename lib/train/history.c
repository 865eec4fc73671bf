/* The figures of each epoch of a training, by name, as they can be read and as they are saved. */
#include "train/history.h"

#include "base/checked.h"
#include "base/float-mode.h"
#include "base/text/number.h"
#include "base/files/file-write.h"
#include "data/dataset.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define OF_VALIDATION(place, name) {NEURON_METRIC_OF_VALIDATION + (place), "validation_" name},

const neuron_word neuron_history_words[] = {
    {NEURON_METRIC_LEARNING_RATE, "learning_rate"},
    {NEURON_METRIC_SECONDS, "seconds"},
    {NEURON_METRIC_LOSS, "loss"},
    {NEURON_METRIC_ACCURACY, "accuracy"},
    {NEURON_METRIC_VALIDATION_LOSS, "validation_loss"},
    {NEURON_METRIC_VALIDATION_ACCURACY, "validation_accuracy"},
    NEURON_METRIC_NAMES(OF_VALIDATION){0, ""},
};

static const char *name_of(int32_t figure)
{
    return neuron_word_name(neuron_history_words, figure);
}

static int make_names(neuron_tensor_t **names, const neuron_graph_t *graph)
{
    const char **list =
        neuron_allocate(graph->context, neuron_size(graph->output_count), sizeof *list);
    if (!list)
        return NEURON_E_MEMORY;
    for (int32_t i = 0; i < graph->output_count; i++)
        list[i] = graph->outputs[i]->name;
    int status =
        neuron_class_names_make(names, graph->context, list, graph->output_count, "history");
    neuron_release(graph->context, list);
    return status;
}

int neuron_history_create(neuron_history_t **history, const neuron_graph_t *graph)
{
    neuron_history_t *made = neuron_allocate_zero(graph->context, 1, sizeof *made);
    if (!made)
        return NEURON_E_MEMORY;
    neuron_handle_init(&made->handle, NEURON_HANDLE_KIND(made));
    made->context = neuron_context_ref(graph->context);
    made->outputs = graph->output_count;
    made->row_size = NEURON_HISTORY_FIGURES;
    if (made->outputs > 1)
        made->row_size += made->outputs * NEURON_HISTORY_OUTPUT_FIGURES;
    int status = make_names(&made->names, graph);
    if (status < 0)
        neuron_history_unref(made);
    else
        *history = made;
    return status;
}

void neuron_history_set_metrics(neuron_history_t *history, uint64_t metrics)
{
    int64_t before = history->metric_count;
    history->metrics = metrics;
    history->metric_count = 0;
    for (; metrics > 0; metrics &= metrics - 1)
        history->metric_count++;
    history->row_size += (history->metric_count - before) * history->outputs;
    neuron_release(history->context, history->rows);
    history->rows = NULL;
    history->capacity = 0;
}

int32_t neuron_history_metric_at(const neuron_history_t *history, int64_t index)
{
    int32_t place = 0;
    for (uint64_t bits = history->metrics; index >= 0; bits >>= 1) {
        place++;
        index -= (int64_t)(bits & 1);
    }
    return place;
}

neuron_history_t *neuron_history_ref(const neuron_history_t *history)
{
    neuron_history_t *owned = neuron_hold_object(history);
    if (!NEURON_IS(owned))
        return NULL;
    neuron_handle_own(&owned->handle);
    return owned;
}

void neuron_history_unref(neuron_history_t *history)
{
    if (!NEURON_IS(history) || !neuron_hold_last_owner(&history->handle.references))
        return;
    neuron_context_t *context = history->context;
    neuron_tensor_unref(history->names);
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
    size_t size = (size_t)history->row_size * sizeof(double);
    double *rows = neuron_allocate(history->context, neuron_size(capacity), size);
    if (!rows)
        return NEURON_E_MEMORY;
    if (history->epochs > 0)
        memcpy(rows, history->rows, (size_t)history->epochs * size);
    neuron_release(history->context, history->rows);
    history->rows = rows;
    history->capacity = capacity;
    return NEURON_OK;
}

double *neuron_history_append(neuron_history_t *history)
{
    assert(history->epochs < history->capacity);
    return neuron_history_row(history, history->epochs++);
}

void neuron_history_truncate(neuron_history_t *history, int64_t epochs)
{
    history->epochs = neuron_min_count(history->epochs, epochs);
}

int64_t neuron_history_epochs(const neuron_history_t *history)
{
    return NEURON_IS(history) ? history->epochs : 0;
}

int64_t neuron_history_output_count(const neuron_history_t *history)
{
    return NEURON_IS(history) ? history->outputs : 0;
}

const char *neuron_history_output_name(const neuron_history_t *history, int64_t output)
{
    return NEURON_IS(history) && output >= 0 && output < history->outputs
               ? neuron_class_names_at(history->names, (int32_t)output)
               : NULL;
}

static int check_epoch(const neuron_history_t *history, int64_t epoch)
{
    if (epoch < 0 || epoch >= history->epochs)
        return neuron_fail(NEURON_E_ARGUMENT,
                           "history: epoch is %" PRId64 "; there are %" PRId64
                           " epochs, counted from 0",
                           epoch, history->epochs);
    return NEURON_OK;
}

bool neuron_history_has(const neuron_history_t *history, neuron_metric metric)
{
    return metric < NEURON_METRIC_OF_VALIDATION ||
           (history->metrics >> (metric - NEURON_METRIC_OF_VALIDATION - 1) & 1);
}

static double metric_figure(const neuron_history_t *history, int64_t epoch, int64_t output,
                            neuron_metric metric)
{
    int64_t index = 0;
    if (!neuron_history_has(history, metric))
        return (double)NAN;
    while (neuron_history_metric_at(history, index) + NEURON_METRIC_OF_VALIDATION != (int)metric)
        index++;
    return neuron_history_row(history, epoch)[neuron_history_metrics_begin(history) +
                                              index * history->outputs + (output < 0 ? 0 : output)];
}

double neuron_history_figure(const neuron_history_t *history, int64_t epoch, int64_t output,
                             neuron_metric metric)
{
    int64_t place = metric;
    if (metric >= NEURON_METRIC_OF_VALIDATION)
        return metric_figure(history, epoch, output, metric);
    if (output >= 0 && history->outputs > 1)
        place += NEURON_HISTORY_FIGURES + output * NEURON_HISTORY_OUTPUT_FIGURES;
    return neuron_history_row(history, epoch)[place];
}

const char *neuron_history_metric_name(const neuron_history_t *history, int64_t index)
{
    if (!NEURON_IS(history) || index < 0 || index >= NEURON_HISTORY_FIGURES + history->metric_count)
        return NULL;
    return name_of(index < NEURON_HISTORY_FIGURES
                       ? (int32_t)index
                       : NEURON_METRIC_OF_VALIDATION +
                             neuron_history_metric_at(history, index - NEURON_HISTORY_FIGURES));
}

/* The figure of a name that is one of a list and that there is. */
static int find_figure(neuron_metric *figure, const neuron_history_t *history, const char *name,
                       const neuron_word *words)
{
    int32_t found;
    RETURN_IF_ERROR(neuron_word_read(&found, name, words, "metric", "history"));
    *figure = (neuron_metric)found;
    return neuron_history_has(history, *figure)
               ? NEURON_OK
               : neuron_fail(NEURON_E_ARGUMENT,
                             "history: has no %s, which is not among the metrics of its trainer",
                             name);
}

int neuron_history_value(double *value, const neuron_history_t *history, int64_t epoch,
                         const char *metric)
{
    CHECK_ARGUMENT(history);
    CHECK_ARGUMENT(value);
    neuron_metric figure;
    RETURN_IF_ERROR(find_figure(&figure, history, metric, neuron_history_words));
    RETURN_IF_ERROR(check_epoch(history, epoch));
    *value = neuron_history_figure(history, epoch, -1, figure);
    return NEURON_OK;
}

int neuron_history_output_value(double *value, const neuron_history_t *history, int64_t epoch,
                                int64_t output, const char *metric)
{
    CHECK_ARGUMENT(value);
    CHECK_ARGUMENT(history);
    neuron_metric figure;
    RETURN_IF_ERROR(find_figure(&figure, history, metric, neuron_monitor_words));
    RETURN_IF_ERROR(check_epoch(history, epoch));
    RETURN_IF_ERROR(neuron_check_range(output, 0, history->outputs - 1, "output", "history"));
    *value = neuron_history_figure(history, epoch, output, figure);
    return NEURON_OK;
}

int neuron_history_best(int64_t *epoch, const neuron_history_t *history, const char *metric)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(history);
    CHECK_ARGUMENT(epoch);
    neuron_metric figure;
    RETURN_IF_ERROR(find_figure(&figure, history, metric, neuron_monitor_words));
    bool falls = neuron_metric_falls(figure);
    int64_t best = -1;
    for (int64_t i = 0; i < history->epochs; i++) {
        double value = neuron_history_figure(history, i, -1, figure);
        if (isnan(value))
            continue;
        double record = best < 0 ? NAN : neuron_history_figure(history, best, -1, figure);
        if (best < 0 || (falls ? value < record : value > record))
            best = i;
    }
    if (best < 0)
        return neuron_fail(NEURON_E_STATE, "history: no epoch has that figure");
    *epoch = best;
    return NEURON_OK;
}

/* Bytes of a line. An epoch's number has at most 19 characters, one of nine digits 16
 * ("-1.23456789e-300"), and each is followed by a comma or the line's end. */
static size_t line_size(const neuron_history_t *history)
{
    return 20 + (size_t)history->row_size * 17;
}

/* Bytes of the line of names, in which those of outputs may be quoted. */
static size_t names_size(const neuron_history_t *history)
{
    enum { TOTALS = 100, METRIC = sizeof neuron_history_words->name + 8 };
    size_t each =
        2 * (size_t)neuron_tensor_count(history->names) + METRIC * (size_t)history->outputs;
    return TOTALS + each * (size_t)(NEURON_HISTORY_OUTPUT_FIGURES + history->metric_count);
}

/* A field with a comma or a quote in it has quotes around it, and quotes in it twice. */
static char *write_field(char *line, const char *name, const char *metric)
{
    bool quoted = strpbrk(name, ",\"");
    *line++ = ',';
    if (quoted)
        *line++ = '"';
    for (; *name; name++) {
        if (*name == '"')
            *line++ = '"';
        *line++ = *name;
    }
    return line + sprintf(line, "_%s%s", metric, quoted ? "\"" : "");
}

static char *write_metric_names(char *line, const neuron_history_t *history, const char *name)
{
    if (history->outputs == 1)
        return line + sprintf(line, ",%s", name);
    for (int32_t k = 0; k < history->outputs; k++)
        line = write_field(line, neuron_class_names_at(history->names, k), name);
    return line;
}

/* Writes the line above those of the epochs, and returns its end. */
static char *write_names(char *line, const neuron_history_t *history)
{
    line += sprintf(line, "epoch");
    for (int32_t i = 0; i < NEURON_HISTORY_FIGURES; i++)
        line += sprintf(line, ",%s", name_of(i));
    for (int32_t k = 0; history->outputs > 1 && k < history->outputs; k++)
        for (int32_t i = 0; i < NEURON_HISTORY_OUTPUT_FIGURES; i++)
            line = write_field(line, neuron_class_names_at(history->names, k), name_of(i));
    for (int64_t i = 0; i < history->metric_count; i++)
        line = write_metric_names(line, history,
                                  neuron_history_metric_name(history, NEURON_HISTORY_FIGURES + i));
    *line++ = '\n';
    return line;
}

/* Writes a line and returns its end. */
static char *write_line(char *line, const neuron_history_t *history, int64_t epoch)
{
    char number[NEURON_NUMBER_TEXT];
    const double *figures = neuron_history_row(history, epoch);
    line += sprintf(line, "%lld", (long long)epoch + 1);
    for (int32_t i = 0; i < history->row_size; i++)
        line +=
            sprintf(line, ",%s", isnan(figures[i]) ? "" : neuron_number_short(figures[i], number));
    *line++ = '\n';
    return line;
}

int neuron_history_append_csv(const neuron_history_t *history, int64_t epoch, const char *path)
{
    char *line = neuron_allocate(history->context, line_size(history), 1);
    if (!line)
        return NEURON_E_MEMORY;
    const char *end = write_line(line, history, epoch);
    int status = neuron_file_append(path, line, (size_t)(end - line));
    neuron_release(history->context, line);
    return status;
}

int neuron_history_save_csv(const neuron_history_t *history, const char *path)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(history);
    CHECK_ARGUMENT(path);
    size_t lines = neuron_size_of(history->epochs, line_size(history));
    char *table = lines < SIZE_MAX - names_size(history)
                      ? neuron_allocate(history->context, names_size(history) + lines, 1)
                      : NULL;
    if (!table)
        return NEURON_E_MEMORY;
    char *end = write_names(table, history);
    for (int64_t i = 0; i < history->epochs; i++)
        end = write_line(end, history, i);
    const neuron_file_piece piece = {table, (size_t)(end - table), 1};
    int status = neuron_file_replace(history->context, path, &piece, 1);
    neuron_release(history->context, table);
    return status;
}
