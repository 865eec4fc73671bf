/* Learning curves: of one training, or of several in one picture. */
#include "report/document/report.h"

#include <libneuron/history.h>

#include "base/float-mode.h"
#include "report/charts/lines.h"
#include "report/document/names.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* What is drawn, in pictures of a training figure and the same of the validation set. */
typedef struct metric_pair {
    const char *name, *title, *training, *validation;
    bool may_be_logarithmic;
} metric_pair;

static const metric_pair pairs[] = {
    {"loss", "Loss", "loss", "validation_loss", true},
    {"accuracy", "Accuracy", "accuracy", "validation_accuracy", false},
    {"learning-rate", "Learning rate", "learning_rate", NULL, true}};
enum { PAIRS = sizeof pairs / sizeof pairs[0] };

static const char of_validation[] = "validation_";

/* Reads a figure of all epochs; of one output, or with -1 of all. What is beyond the last epoch is
 * not a number. */
static int read_values(double *values, const neuron_history_t *history, int64_t count,
                       int64_t output, const char *metric)
{
    int64_t epochs = neuron_history_epochs(history);
    for (int64_t i = 0; i < count; i++) {
        values[i] = NAN;
        if (i < epochs)
            RETURN_IF_ERROR(
                output < 0 ? neuron_history_value(&values[i], history, i, metric)
                           : neuron_history_output_value(&values[i], history, i, output, metric));
    }
    return NEURON_OK;
}

static bool has_any(const double *values, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        if (isfinite(values[i]))
            return true;
    return false;
}

static bool is_constant(const double *values, int64_t count)
{
    for (int64_t i = 1; i < count; i++)
        if (values[i] != values[0])
            return false;
    return true;
}

/* The epoch at which a curve was best; -1 for a rate. */
static int64_t best_of(const double *values, int64_t count, const char *metric)
{
    bool largest = strstr(metric, "accuracy") != NULL;
    int64_t best = -1;
    for (int64_t i = 0; i < count && strcmp(metric, "learning_rate") != 0; i++)
        if (isfinite(values[i]) &&
            (best < 0 || (largest ? values[i] > values[best] : values[i] < values[best])))
            best = i;
    return best;
}

/* The picture of a pair; none where there are no figures. */
static int put_pair(neuron_section *section, const neuron_history_t *history,
                    const metric_pair *pair, int64_t output, const char *title)
{
    int64_t count = neuron_history_epochs(history);
    NEURON_BUFFER(room, section->html.context);
    double *values = neuron_buffer_room(&room, 2 * count, sizeof *values);
    if (!values)
        return NEURON_E_MEMORY;
    RETURN_IF_ERROR(read_values(values, history, count, output, pair->training));
    if (pair->validation)
        RETURN_IF_ERROR(read_values(values + count, history, count, output, pair->validation));
    bool trained = has_any(values, count);
    bool validated = pair->validation && has_any(values + count, count);
    if ((!trained && !validated) || (!pair->validation && is_constant(values, count)))
        return NEURON_OK;
    neuron_curve curves[2] = {{pair->validation ? "training" : pair->title, values, {0, 0}, -1},
                              {"validation", values + count, {1, 1}, -1}};
    neuron_curve *judged = &curves[validated ? 1 : 0];
    judged->best = best_of(judged->values, count, pair->training);
    if (output < 0 && strncmp(pair->training, of_validation, sizeof of_validation - 1) == 0 &&
        neuron_history_best(&judged->best, history, pair->training) < 0)
        judged->best = -1;
    neuron_lines_draw(section, &(neuron_lines){.name = pair->name,
                                               .title = title,
                                               .across = "Epoch",
                                               .curves = curves + !trained,
                                               .curve_count = trained + validated,
                                               .count = count,
                                               .may_be_logarithmic = pair->may_be_logarithmic});
    return neuron_buffer_status(&section->html);
}

/* One of the trainer's metrics: "Roc auc" */
static int put_trainer_metric(neuron_section *section, const neuron_history_t *history,
                              const char *metric)
{
    char title[48];
    snprintf(title, sizeof title, "%s", metric + sizeof of_validation - 1);
    title[0] = (char)(title[0] - 'a' + 'A');
    for (char *c = title; *c; c++)
        *c = *c == '_' ? ' ' : *c;
    return put_pair(section, history, &(metric_pair){metric, title, metric, NULL, false}, -1,
                    title);
}

/* "Loss of digit" */
static int put_output(neuron_section *section, const neuron_history_t *history, int64_t output)
{
    for (int i = 0; i < 2; i++) {
        NEURON_BUFFER(title, section->html.context);
        neuron_buffer_put(&title, pairs[i].title);
        neuron_buffer_put(&title, " of ");
        neuron_buffer_put(&title, neuron_history_output_name(history, output));
        neuron_buffer_add(&title, "", 1);
        RETURN_IF_ERROR(neuron_buffer_status(&title));
        RETURN_IF_ERROR(put_pair(section, history, &pairs[i], output, title.bytes));
    }
    return NEURON_OK;
}

static void put_figure_of(neuron_section *section, const neuron_history_t *history, int64_t epoch,
                          const char *name, const char *metric)
{
    double value;
    if (neuron_history_value(&value, history, epoch, metric) == NEURON_OK && !isnan(value))
        neuron_fact_real(section, name, value);
}

static int put_facts(neuron_section *section, const neuron_history_t *history)
{
    int64_t count = neuron_history_epochs(history), best;
    double value, seconds = 0;
    neuron_figure figure;
    for (int64_t i = 0; i < count; i++) {
        RETURN_IF_ERROR(neuron_history_value(&value, history, i, "seconds"));
        seconds += value;
    }
    bool validated = neuron_history_best(&best, history, "validation_loss") == NEURON_OK;
    if (!validated && neuron_history_best(&best, history, "loss") != NEURON_OK)
        best = count - 1;
    neuron_facts_begin(section);
    neuron_fact_count(section, "Epochs", count);
    neuron_fact_count(section, validated ? "Best epoch by validation loss" : "Best epoch by loss",
                      best + 1);
    put_figure_of(section, history, best, "Loss there", "loss");
    put_figure_of(section, history, best, "Accuracy there", "accuracy");
    put_figure_of(section, history, best, "Validation loss there", "validation_loss");
    put_figure_of(section, history, best, "Validation accuracy there", "validation_accuracy");
    neuron_fact(section, "Time", neuron_figure_seconds(&figure, seconds));
    neuron_facts_end(section);
    if (count > 1)
        neuron_write_note(section, "The large dot on a curve is its best epoch.");
    return NEURON_OK;
}

static int check_epochs(const neuron_history_t *history, const char *who)
{
    if (neuron_history_epochs(history) > 0)
        return NEURON_OK;
    return neuron_fail(NEURON_E_DATA, "%s: a history has no epochs yet", who);
}

int neuron_report_add_history(neuron_report_t *report, const char *heading,
                              const neuron_history_t *history)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(report);
    CHECK_ARGUMENT(history);
    RETURN_IF_ERROR(check_epochs(history, __func__));
    NEURON_SECTION(section, report, heading, "Learning curves");
    RETURN_IF_ERROR(put_facts(&section, history));
    neuron_charts_begin(&section);
    for (int i = 0; i < PAIRS; i++)
        RETURN_IF_ERROR(put_pair(&section, history, &pairs[i], -1, pairs[i].title));
    const char *metric;
    for (int64_t i = 6; (metric = neuron_history_metric_name(history, i)); i++)
        RETURN_IF_ERROR(put_trainer_metric(&section, history, metric));
    if (neuron_history_output_count(history) > 1)
        for (int64_t k = 0; k < neuron_history_output_count(history); k++)
            RETURN_IF_ERROR(put_output(&section, history, k));
    neuron_charts_end(&section);
    return neuron_report_add(report, &section);
}

/* ---- Several ---- */

typedef struct run_list {
    const neuron_history_t *const *histories;
    const neuron_names *names;
    int64_t count, epochs; /* of the longest */
} run_list;

static int put_metric(neuron_section *section, const run_list *runs, const char *name,
                      const char *title, const char *metric, bool may_be_logarithmic)
{
    NEURON_BUFFER(room, section->html.context);
    NEURON_BUFFER(curve_room, section->html.context);
    double *values = neuron_buffer_room(&room, runs->count * runs->epochs, sizeof *values);
    neuron_curve *curves = neuron_buffer_room(&curve_room, runs->count, sizeof *curves);
    if (!values || !curves)
        return NEURON_E_MEMORY;
    for (int64_t i = 0; i < runs->count; i++) {
        double *own = values + i * runs->epochs;
        RETURN_IF_ERROR(read_values(own, runs->histories[i], runs->epochs, -1, metric));
        curves[i] = (neuron_curve){neuron_names_at(runs->names, i), own, neuron_style_of(i), -1};
    }
    if (!has_any(values, runs->count * runs->epochs))
        return NEURON_OK;
    neuron_lines_draw(section, &(neuron_lines){.name = name,
                                               .title = title,
                                               .across = "Epoch",
                                               .curves = curves,
                                               .curve_count = runs->count,
                                               .count = runs->epochs,
                                               .may_be_logarithmic = may_be_logarithmic});
    return neuron_buffer_status(&section->html);
}

/* The last and the best figures of each run. */
static void put_summary(neuron_section *section, const run_list *runs)
{
    static const char *const metrics[] = {"loss", "accuracy", "validation_loss",
                                          "validation_accuracy"};
    static const char *const heads[] = {"Best loss", "Best accuracy", "Best validation loss",
                                        "Best validation accuracy"};
    neuron_table_begin(section, "Best figures of each run");
    neuron_table_column(section, "Run", false);
    neuron_table_column(section, "Epochs", true);
    for (int k = 0; k < 4; k++)
        neuron_table_column(section, heads[k], true);
    for (int64_t i = 0; i < runs->count; i++) {
        neuron_table_row(section, neuron_names_at(runs->names, i));
        neuron_table_count(section, neuron_history_epochs(runs->histories[i]));
        for (int k = 0; k < 4; k++) {
            int64_t best;
            double value = NAN;
            if (neuron_history_best(&best, runs->histories[i], metrics[k]) == NEURON_OK)
                neuron_history_value(&value, runs->histories[i], best, metrics[k]);
            neuron_table_real(section, value);
        }
    }
    neuron_table_end(section);
}

static int put_runs(neuron_section *section, const run_list *runs)
{
    RETURN_IF_ERROR(neuron_names_status(runs->names));
    put_summary(section, runs);
    neuron_charts_begin(section);
    RETURN_IF_ERROR(put_metric(section, runs, "loss", "Loss", "loss", true));
    RETURN_IF_ERROR(
        put_metric(section, runs, "validation-loss", "Validation loss", "validation_loss", true));
    RETURN_IF_ERROR(put_metric(section, runs, "accuracy", "Accuracy", "accuracy", false));
    RETURN_IF_ERROR(put_metric(section, runs, "validation-accuracy", "Validation accuracy",
                               "validation_accuracy", false));
    neuron_charts_end(section);
    return NEURON_OK;
}

int neuron_report_add_histories(neuron_report_t *report, const char *heading,
                                const neuron_history_t *const *histories, const char *const *names,
                                int64_t count)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(report);
    CHECK_ARGUMENT(histories);
    CHECK_LIST(count);
    NEURON_NAMES(list, report->context);
    run_list runs = {histories, &list, count, 0};
    for (int64_t i = 0; i < count; i++) {
        RETURN_IF_ERROR(
            neuron_handle_check(histories[i], NEURON_HANDLE_HISTORY, "a history", __func__));
        RETURN_IF_ERROR(check_epochs(histories[i], __func__));
        int64_t epochs = neuron_history_epochs(histories[i]);
        runs.epochs = epochs > runs.epochs ? epochs : runs.epochs;
        neuron_names_add_number(&list, names ? names[i] : NULL, i + 1);
    }
    NEURON_SECTION(section, report, heading, "Runs");
    RETURN_IF_ERROR(put_runs(&section, &runs));
    return neuron_report_add(report, &section);
}
