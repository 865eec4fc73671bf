/* With what settings a run was made, for TensorBoard's page HParams. */
#include "report/events/event-log.h"

#include "base/float-mode.h"
#include "base/text/number.h"

#include <math.h>
#include <string.h>

enum { TYPE_TEXT = 1, TYPE_NUMBER = 3 };

static int32_t type_of(const char *value, double *number)
{
    float nearest;
    bool reads = neuron_number_parse(value, strlen(value), number, &nearest);
    return reads && isfinite(*number) ? TYPE_NUMBER : TYPE_TEXT;
}

/* Puts the content for the plugin, which stands where others have what a series is of. */
static int put(neuron_event_log_t *log, const char *tag, Neuron__Event__HParams *content)
{
    size_t size = neuron__event__hparams__get_packed_size(content);
    uint8_t *bytes = neuron_allocate(log->context, size, 1);
    if (!bytes)
        return NEURON_E_MEMORY;
    neuron__event__hparams__pack(content, bytes);
    neuron_event_point point;
    neuron_event_point_init(&point, tag, 0);
    neuron_event_point_set_strings(&point, "hparams", NEURON_EVENT_TENSOR, NULL, 0);
    point.plugin.content = neuron_event_bytes(bytes, size);
    int status = neuron_event_file_put(&log->file, &point.event);
    neuron_release(log->context, bytes);
    return status;
}

/* ---- The settings ---- */

typedef struct entry {
    Neuron__Event__Start__Entry entry;
    Neuron__Event__Setting setting;
} entry;

static int put_settings(neuron_event_log_t *log, const char *const *names,
                        const char *const *values, size_t count)
{
    entry *entries = neuron_allocate(log->context, count, sizeof *entries);
    Neuron__Event__Start__Entry **pointers =
        entries ? neuron_allocate(log->context, count, sizeof(Neuron__Event__Start__Entry *))
                : NULL;
    int status = pointers ? NEURON_OK : NEURON_E_MEMORY;
    if (status == NEURON_OK) {
        for (size_t i = 0; i < count; i++) {
            entry *at = &entries[i];
            pointers[i] = &at->entry;
            neuron__event__start__entry__init(&at->entry);
            neuron__event__setting__init(&at->setting);
            at->entry.key = neuron_event_text(names[i]);
            at->entry.value = &at->setting;
            if (type_of(values[i], &at->setting.number_value) == TYPE_NUMBER) {
                at->setting.kind_case = NEURON__EVENT__SETTING__KIND_NUMBER_VALUE;
            } else {
                at->setting.kind_case = NEURON__EVENT__SETTING__KIND_STRING_VALUE;
                at->setting.string_value = neuron_event_text(values[i]);
            }
        }
        Neuron__Event__Start start = NEURON__EVENT__START__INIT;
        Neuron__Event__HParams content = NEURON__EVENT__HPARAMS__INIT;
        start.hparams = pointers;
        start.n_hparams = count;
        start.start_time_secs = neuron_event_now();
        content.data_case = NEURON__EVENT__HPARAMS__DATA_SESSION_START_INFO;
        content.session_start_info = &start;
        status = put(log, "_hparams_/session_start_info", &content);
    }
    neuron_release(log->context, pointers);
    neuron_release(log->context, entries);
    return status;
}

/* ---- What is compared ---- */

typedef struct metric {
    Neuron__Event__Experiment__Metric metric;
    Neuron__Event__Experiment__Metric__Name name;
} metric;

static void describe_settings(Neuron__Event__Experiment__Info *infos,
                              Neuron__Event__Experiment__Info **pointers, const char *const *names,
                              const char *const *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        double number;
        pointers[i] = &infos[i];
        neuron__event__experiment__info__init(&infos[i]);
        infos[i].name = neuron_event_text(names[i]);
        infos[i].type = type_of(values[i], &number);
    }
}

static void describe_metrics(metric *described, Neuron__Event__Experiment__Metric **pointers,
                             const char *const *metrics, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        pointers[i] = &described[i].metric;
        neuron__event__experiment__metric__init(&described[i].metric);
        neuron__event__experiment__metric__name__init(&described[i].name);
        described[i].metric.name = &described[i].name;
        described[i].name.tag = neuron_event_text(metrics[i]);
    }
}

/* Without this TensorBoard shows all series. */
static int put_experiment(neuron_event_log_t *log, const char *const *names,
                          const char *const *values, size_t count, const char *const *metrics,
                          size_t metric_count)
{
    neuron_context_t *context = log->context;
    Neuron__Event__Experiment__Info *infos = neuron_allocate(context, count, sizeof *infos);
    metric *described = neuron_allocate(context, metric_count, sizeof *described);
    void **pointers = neuron_allocate(context, count + metric_count, sizeof(void *));
    int status = infos && described && pointers ? NEURON_OK : NEURON_E_MEMORY;
    if (status == NEURON_OK) {
        Neuron__Event__Experiment experiment = NEURON__EVENT__EXPERIMENT__INIT;
        Neuron__Event__HParams content = NEURON__EVENT__HPARAMS__INIT;
        experiment.hparam_infos = (Neuron__Event__Experiment__Info **)pointers;
        experiment.n_hparam_infos = count;
        experiment.metric_infos = (Neuron__Event__Experiment__Metric **)(pointers + count);
        experiment.n_metric_infos = metric_count;
        describe_settings(infos, experiment.hparam_infos, names, values, count);
        describe_metrics(described, experiment.metric_infos, metrics, metric_count);
        content.data_case = NEURON__EVENT__HPARAMS__DATA_EXPERIMENT;
        content.experiment = &experiment;
        status = put(log, "_hparams_/experiment", &content);
    }
    neuron_release(context, pointers);
    neuron_release(context, described);
    neuron_release(context, infos);
    return status;
}

static int check_texts(const char *const *texts, int64_t count, const char *name, const char *who)
{
    if (count > 0 && !texts)
        return neuron_refuse_null(name, who);
    for (int64_t i = 0; i < count; i++)
        if (!texts[i])
            return neuron_fail(NEURON_E_ARGUMENT, "%s: %s[%" PRId64 "] is NULL; it must not be",
                               who, name, i);
        else
            RETURN_IF_ERROR(neuron_event_check_tag(texts[i], name, who));
    return NEURON_OK;
}

int neuron_event_log_add_hparams(neuron_event_log_t *log, const char *const *names,
                                 const char *const *values, int64_t count,
                                 const char *const *metrics, int64_t metric_count)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(log);
    CHECK_LIST(count);
    CHECK_RANGE(metric_count, 0, NEURON_LIST_MAX);
    RETURN_IF_ERROR(check_texts(names, count, "names", __func__));
    RETURN_IF_ERROR(check_texts(values, count, "values", __func__));
    RETURN_IF_ERROR(check_texts(metrics, metric_count, "metrics", __func__));
    if (log->has_hparams)
        return neuron_fail(NEURON_E_STATE, "%s: the log has its settings already", __func__);
    size_t before = log->file.size;
    int status = put_settings(log, names, values, (size_t)count);
    if (status == NEURON_OK && metric_count > 0)
        status = put_experiment(log, names, values, (size_t)count, metrics, (size_t)metric_count);
    log->has_hparams = status == NEURON_OK;
    return neuron_event_log_done(log, before, status, __func__);
}
