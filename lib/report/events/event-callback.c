/* The callback that logs a training: see neuron_callback_create_event_log(). */
#include "report/events/event-log.h"

#include "base/files/file.h"
#include "base/float-mode.h"
#include "base/options/options.h"

#include <libneuron/callback.h>
#include <libneuron/history.h>
#include <libneuron/optimizer.h>
#include <libneuron/trainer.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { STEPS = 1, HISTOGRAMS };

static const neuron_option rows[] = {
    NEURON_FLAG(STEPS, "steps", 0, "yes to log each step"),
    NEURON_FLAG(HISTOGRAMS, "histograms", 0, "yes to log how the parameters are spread"),
};

static const neuron_option_table table = NEURON_OPTION_TABLE(rows);

/* What the callback has as user data. Logs are open during a run, each from when something is to be
 * written. Those of steps are in a folder of their own, as a run that goes on from an earlier
 * epoch purges by another number there. */
typedef struct recorder {
    neuron_context_t *context;
    char *folder;
    bool steps, histograms;
    int64_t first_epoch, first_step; /* of the run */
    neuron_event_log_t *train, *validation, *batches;
} recorder;

static void close_logs(recorder *to)
{
    neuron_event_log_t **logs[] = {&to->train, &to->validation, &to->batches};
    for (size_t i = 0; i < sizeof logs / sizeof logs[0]; i++) {
        neuron_event_log_unref(*logs[i]);
        *logs[i] = NULL;
    }
}

static void destroy(void *user_data)
{
    recorder *to = user_data;
    neuron_context_t *context = to->context;
    close_logs(to);
    neuron_release(context, to->folder);
    neuron_release(context, to);
    neuron_context_unref(context);
}

/* Opens the log of a part, unless it is. */
static int open_log(neuron_event_log_t **log, const recorder *to, const char *part, int64_t purge)
{
    if (*log)
        return NEURON_OK;
    char *folder = neuron_event_join(to->context, to->folder, part);
    if (!folder)
        return NEURON_E_MEMORY;
    char options[64];
    snprintf(options, sizeof options, "purge_step=%" PRId64, purge);
    int status = neuron_event_log_create(log, to->context, folder, options);
    neuron_release(to->context, folder);
    return status;
}

/* ---- The settings ---- */

typedef int (*text_getter)(char *text, size_t capacity, size_t *needed, const void *of,
                           const char *option);

static int get_trainer(char *text, size_t capacity, size_t *needed, const void *of,
                       const char *option)
{
    return neuron_trainer_get_text(text, capacity, needed, of, option);
}

static int get_optimizer(char *text, size_t capacity, size_t *needed, const void *of,
                         const char *option)
{
    return neuron_optimizer_get_text(text, capacity, needed, of, option);
}

/* All options as "name=value, ..."; the caller releases it. NULL on failure. */
static char *options_text(neuron_context_t *context, text_getter get, const void *of)
{
    size_t size;
    if (get(NULL, 0, &size, of, NULL) != NEURON_OK)
        return NULL;
    char *text = neuron_allocate(context, size, 1);
    if (text && get(text, size, NULL, of, NULL) != NEURON_OK) {
        neuron_release(context, text);
        return NULL;
    }
    return text;
}

enum { SETTINGS_MAX = 2 * NEURON_OPTIONS_MAX + 1 };

typedef struct settings {
    const char *names[SETTINGS_MAX], *values[SETTINGS_MAX];
    int64_t count;
} settings;

/* Cuts "name=value, name=value" into its parts. */
static void add_settings(settings *all, char *text)
{
    while (*text && all->count < SETTINGS_MAX) {
        char *equals = strchr(text, '='), *end = strstr(text, ", ");
        if (!equals)
            return;
        *equals = '\0';
        if (end)
            *end = '\0';
        if (equals[1]) {
            all->names[all->count] = text;
            all->values[all->count++] = equals + 1;
        }
        text = end ? end + 2 : equals + strlen(equals + 1) + 1;
    }
}

/* In the run's own folder, below which its figures are. */
static int log_settings(const recorder *to, const neuron_trainer_t *trainer)
{
    neuron_context_t *context = to->context;
    const neuron_optimizer_t *optimizer = neuron_trainer_optimizer(trainer);
    char *of_trainer = options_text(context, get_trainer, trainer);
    char *of_optimizer = of_trainer ? options_text(context, get_optimizer, optimizer) : NULL;
    int status = of_optimizer ? NEURON_OK : NEURON_E_MEMORY;
    neuron_event_log_t *log = NULL;
    if (status == NEURON_OK)
        status = neuron_event_log_create(&log, context, to->folder, NULL);
    if (status == NEURON_OK) {
        settings all = {.count = 1};
        all.names[0] = "optimizer";
        all.values[0] = neuron_optimizer_kind(optimizer);
        add_settings(&all, of_optimizer);
        add_settings(&all, of_trainer);
        status = neuron_event_log_add_hparams(log, all.names, all.values, all.count, NULL, 0);
    }
    if (status == NEURON_OK)
        status = neuron_event_log_flush(log);
    neuron_event_log_unref(log);
    neuron_release(context, of_optimizer);
    neuron_release(context, of_trainer);
    return status;
}

/* ---- A run ---- */

static int begin(recorder *to, const neuron_trainer_t *trainer)
{
    close_logs(to);
    to->first_epoch = neuron_history_epochs(neuron_trainer_history(trainer));
    to->first_step = (int64_t)neuron_trainer_progress(trainer, "all_steps");
    RETURN_IF_ERROR(log_settings(to, trainer));
    return open_log(&to->train, to, "train", to->first_epoch);
}

/* Everything that is open reaches its file, or the run fails. */
static int end(recorder *to)
{
    neuron_event_log_t *logs[] = {to->train, to->validation, to->batches};
    int status = NEURON_OK;
    for (size_t i = 0; i < sizeof logs / sizeof logs[0]; i++)
        if (logs[i] && status == NEURON_OK)
            status = neuron_event_log_flush(logs[i]);
    close_logs(to);
    return status;
}

static int log_step(recorder *to, const neuron_trainer_t *trainer)
{
    RETURN_IF_ERROR(open_log(&to->batches, to, "steps", to->first_step));
    static const char *const tags[2] = {"batch_loss", "batch_learning_rate"};
    const double numbers[2] = {neuron_trainer_progress(trainer, "last_loss"),
                               neuron_trainer_progress(trainer, "learning_rate")};
    int64_t step = (int64_t)neuron_trainer_progress(trainer, "all_steps") - 1;
    size_t before = to->batches->file.size;
    return neuron_event_log_done(to->batches, before,
                                 neuron_event_log_put_pair(to->batches, tags, step, numbers),
                                 "the event log");
}

/* A figure of an output of several; of all for output -1. It is left out if there is none. */
static int log_figure(neuron_event_log_t *log, const neuron_history_t *history, int64_t epoch,
                      int64_t output, const char *metric, const char *name)
{
    double value;
    if (output < 0)
        RETURN_IF_ERROR(neuron_history_value(&value, history, epoch, metric));
    else
        RETURN_IF_ERROR(neuron_history_output_value(&value, history, epoch, output, metric));
    if (isnan(value))
        return NEURON_OK;
    enum { TAG_MAX = 300 };
    char tag[TAG_MAX];
    const char *of = output < 0 ? NULL : neuron_history_output_name(history, output);
    snprintf(tag, sizeof tag, "epoch_%.250s%s%s", of ? of : "", of ? "_" : "", name);
    return neuron_event_log_add_scalar(log, tag, epoch, value);
}

/* Loss and accuracy, of all and of each output if there are several. */
static int log_figures(neuron_event_log_t *log, const neuron_history_t *history, int64_t epoch,
                       const char *loss, const char *accuracy)
{
    int64_t outputs = neuron_history_output_count(history);
    int status = NEURON_OK;
    for (int64_t i = -1; status == NEURON_OK && i < (outputs > 1 ? outputs : 0); i++) {
        status = log_figure(log, history, epoch, i, loss, "loss");
        if (status == NEURON_OK)
            status = log_figure(log, history, epoch, i, accuracy, "accuracy");
    }
    return status;
}

/* The metrics that the trainer's option asks for, which stand behind the six figures. */
static int log_metrics(neuron_event_log_t *log, const neuron_history_t *history, int64_t epoch)
{
    static const char prefix[] = "validation_";
    int64_t outputs = neuron_history_output_count(history);
    const char *metric;
    for (int64_t i = 6; (metric = neuron_history_metric_name(history, i)); i++)
        for (int64_t k = outputs > 1 ? 0 : -1; k < (outputs > 1 ? outputs : 0); k++)
            RETURN_IF_ERROR(log_figure(log, history, epoch, k, metric, metric + sizeof prefix - 1));
    return NEURON_OK;
}

static int log_epoch(recorder *to, neuron_trainer_t *trainer)
{
    const neuron_history_t *history = neuron_trainer_history(trainer);
    int64_t epoch = neuron_history_epochs(history) - 1;
    double validation_loss;
    RETURN_IF_ERROR(open_log(&to->train, to, "train", to->first_epoch));
    RETURN_IF_ERROR(log_figures(to->train, history, epoch, "loss", "accuracy"));
    RETURN_IF_ERROR(log_figure(to->train, history, epoch, -1, "learning_rate", "learning_rate"));
    if (to->histograms)
        RETURN_IF_ERROR(
            neuron_event_log_add_parameters(to->train, NULL, epoch, neuron_trainer_graph(trainer)));
    RETURN_IF_ERROR(neuron_history_value(&validation_loss, history, epoch, "validation_loss"));
    if (isnan(validation_loss))
        return NEURON_OK;
    RETURN_IF_ERROR(open_log(&to->validation, to, "validation", to->first_epoch));
    RETURN_IF_ERROR(
        log_figures(to->validation, history, epoch, "validation_loss", "validation_accuracy"));
    return log_metrics(to->validation, history, epoch);
}

static int record(neuron_trainer_t *trainer, int32_t event, void *user_data)
{
    FLOAT_SCOPE;
    recorder *to = user_data;
    switch (event) {
    case NEURON_EVENT_RUN_BEGIN:
        return begin(to, trainer);
    case NEURON_EVENT_STEP_END:
        return log_step(to, trainer);
    case NEURON_EVENT_EPOCH_END:
        return log_epoch(to, trainer);
    default:
        return end(to);
    }
}

int neuron_callback_create_event_log(neuron_callback_t **callback, neuron_context_t *context,
                                     const char *folder, const char *options)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(callback);
    *callback = NULL;
    CHECK_ARGUMENT(context);
    CHECK_ARGUMENT(folder);
    neuron_options values;
    neuron_options_reset(&values, &table);
    RETURN_IF_ERROR(neuron_options_parse(&values, options, __func__));

    recorder *made = neuron_allocate_zero(context, 1, sizeof *made);
    if (!made)
        return NEURON_E_MEMORY;
    made->context = neuron_context_ref(context);
    made->steps = neuron_options_value(&values, STEPS) > 0;
    made->histograms = neuron_options_value(&values, HISTOGRAMS) > 0;
    int32_t events = NEURON_EVENT_RUN_BEGIN | NEURON_EVENT_EPOCH_END | NEURON_EVENT_RUN_END |
                     (made->steps ? NEURON_EVENT_STEP_END : 0);
    int status = neuron_file_path(&made->folder, context, folder, __func__);
    if (status == NEURON_OK)
        status = neuron_callback_create_function(callback, context, events, record, made, destroy);
    if (status != NEURON_OK)
        destroy(made);
    return status;
}
