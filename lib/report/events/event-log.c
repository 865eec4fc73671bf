/* Event logs: making and releasing them, numbers and texts. */
#include "report/events/event-log.h"

#include "base/float-mode.h"
#include "base/options/options.h"
#include "base/text/utf8.h"

#include <string.h>

/* ---- Making and releasing ---- */

enum { PURGE_STEP = 1, FLUSH_SECONDS };

static const neuron_option rows[] = {
    NEURON_INTEGER(PURGE_STEP, "purge_step", -1, 9007199254740991, -1,
                   "first step that earlier files no longer show"),
    NEURON_REAL(FLUSH_SECONDS, "flush_seconds", 0, FLT_MAX, 10,
                "after how long the file has what was added"),
};

static const neuron_option_table table = NEURON_OPTION_TABLE(rows);

/* TensorBoard takes the first start of a folder for that of its first session, which purges
 * nothing, so there are two: earlier files may have none. */
static int put_start(neuron_event_log_t *log, int64_t step)
{
    Neuron__Event__Event event = NEURON__EVENT__EVENT__INIT;
    Neuron__Event__SessionLog start = NEURON__EVENT__SESSION_LOG__INIT;
    start.status = 1;
    event.step = step;
    event.what_case = NEURON__EVENT__EVENT__WHAT_SESSION_LOG;
    event.session_log = &start;
    RETURN_IF_ERROR(neuron_event_file_put(&log->file, &event));
    return neuron_event_file_put(&log->file, &event);
}

static int make(neuron_event_log_t *log, const char *folder, const neuron_options *options,
                const char *who)
{
    RETURN_IF_ERROR(neuron_event_file_open(&log->file, log->context, folder,
                                           neuron_options_value(options, FLUSH_SECONDS), who));
    int64_t purge = (int64_t)neuron_options_value(options, PURGE_STEP);
    int status = purge < 0 ? NEURON_OK : put_start(log, purge);
    return neuron_event_log_done(log, 0, status, who);
}

int neuron_event_log_create(neuron_event_log_t **log, neuron_context_t *context, const char *folder,
                            const char *options)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(log);
    *log = NULL;
    CHECK_ARGUMENT(context);
    CHECK_ARGUMENT(folder);
    neuron_options values;
    neuron_options_reset(&values, &table);
    RETURN_IF_ERROR(neuron_options_parse(&values, options, __func__));

    neuron_event_log_t *made = neuron_allocate_zero(context, 1, sizeof *made);
    if (!made)
        return NEURON_E_MEMORY;
    made->context = context;
    int status = make(made, folder, &values, __func__);
    if (status != NEURON_OK) {
        neuron_event_file_close(&made->file);
        neuron_release(context, made);
        return status;
    }
    neuron_handle_init(&made->handle, NEURON_HANDLE_KIND(made));
    neuron_context_ref(context);
    *log = made;
    return NEURON_OK;
}

neuron_event_log_t *neuron_event_log_ref(neuron_event_log_t *log)
{
    if (!NEURON_IS(log))
        return NULL;
    neuron_handle_own(&log->handle);
    return log;
}

void neuron_event_log_unref(neuron_event_log_t *log)
{
    if (!NEURON_IS(log) || !neuron_hold_last_owner(&log->handle.references))
        return;
    FLOAT_SCOPE;
    neuron_context_t *context = log->context;
    if (neuron_event_file_close(&log->file) != NEURON_OK)
        neuron_log(context, NEURON_LOG_WARNING, "files", "%s", neuron_error_last());
    neuron_release(context, log);
    neuron_context_unref(context);
}

int neuron_event_log_flush(neuron_event_log_t *log)
{
    CHECK_ARGUMENT(log);
    return neuron_event_file_flush(&log->file, __func__);
}

/* ---- Points of series ---- */

ProtobufCBinaryData neuron_event_bytes(const void *bytes, size_t size)
{
    return (ProtobufCBinaryData){.len = size, .data = (uint8_t *)(uintptr_t)bytes};
}

char *neuron_event_text(const char *text)
{
    return (char *)(uintptr_t)text;
}

void neuron_event_point_init(neuron_event_point *point, const char *tag, int64_t step)
{
    neuron__event__event__init(&point->event);
    neuron__event__summary__init(&point->summary);
    neuron__event__value__init(&point->value);
    point->value.tag = neuron_event_text(tag);
    point->values[0] = &point->value;
    point->summary.n_value = 1;
    point->summary.value = point->values;
    point->event.step = step;
    point->event.what_case = NEURON__EVENT__EVENT__WHAT_SUMMARY;
    point->event.summary = &point->summary;
}

void neuron_event_point_set_strings(neuron_event_point *point, const char *plugin,
                                    int32_t data_class, ProtobufCBinaryData *strings, size_t count)
{
    enum { FLOAT32 = 1, BYTES = 7 };
    neuron__event__metadata__init(&point->metadata);
    neuron__event__metadata__plugin__init(&point->plugin);
    neuron__event__tensor__init(&point->tensor);
    neuron__event__shape__init(&point->shape);
    neuron__event__shape__extent__init(&point->extent);
    point->plugin.plugin_name = neuron_event_text(plugin);
    point->metadata.plugin_data = &point->plugin;
    point->metadata.data_class = data_class;
    point->value.metadata = &point->metadata;
    point->tensor.dtype = strings ? BYTES : FLOAT32;
    point->tensor.shape = &point->shape;
    point->tensor.string_val = strings;
    point->tensor.n_string_val = count;
    point->extent.size = (int64_t)count;
    point->extents[0] = &point->extent;
    point->shape.dim = point->extents;
    point->shape.n_dim = 1;
    point->value.value_case = NEURON__EVENT__VALUE__VALUE_TENSOR;
    point->value.tensor = &point->tensor;
}

int neuron_event_log_done(neuron_event_log_t *log, size_t before, int status, const char *who)
{
    if (status == NEURON_OK)
        return neuron_event_file_flush_due(&log->file, who);
    log->file.size = before;
    return status;
}

char *neuron_event_join(neuron_context_t *context, const char *prefix, const char *rest)
{
    size_t before = prefix ? strlen(prefix) : 0, length = strlen(rest);
    char *whole = neuron_allocate(context, before + 1 + length + 1, 1);
    if (!whole)
        return NULL;
    char *at = whole;
    if (prefix) {
        memcpy(at, prefix, before);
        at[before] = '/';
        at += before + 1;
    }
    memcpy(at, rest, length + 1);
    return whole;
}

/* ---- Arguments ---- */

int neuron_event_check_tag(const char *tag, const char *name, const char *who)
{
    if (!tag)
        return neuron_refuse_null(name, who);
    if (tag[0] == '\0')
        return neuron_fail(NEURON_E_ARGUMENT, "%s: %s is empty; it must not be", who, name);
    bool printable = true;
    for (const char *c = tag; *c && printable; c += neuron_utf8_next(c, &printable))
        ;
    if (!printable)
        return neuron_fail(NEURON_E_ARGUMENT, "%s: %s is \"%s\"; it must be UTF-8 without controls",
                           who, name, tag);
    return NEURON_OK;
}

int neuron_event_check(const neuron_event_log_t *log, const char *tag, int64_t step,
                       const char *who)
{
    RETURN_IF_ERROR(neuron_handle_check(log, NEURON_HANDLE_EVENT_LOG, "log", who));
    RETURN_IF_ERROR(neuron_event_check_tag(tag, "tag", who));
    return neuron_check_range(step, 0, INT64_MAX, "step", who);
}

/* ---- Numbers and texts ---- */

int neuron_event_log_put_scalar(neuron_event_log_t *log, const char *tag, int64_t step,
                                double value)
{
    neuron_event_point point;
    neuron_event_point_init(&point, tag, step);
    point.value.value_case = NEURON__EVENT__VALUE__VALUE_SIMPLE_VALUE;
    point.value.simple_value = (float)value;
    return neuron_event_file_put(&log->file, &point.event);
}

int neuron_event_log_put_pair(neuron_event_log_t *log, const char *const tags[2], int64_t step,
                              const double numbers[2])
{
    neuron_event_point point;
    neuron_event_point_init(&point, tags[0], step);
    Neuron__Event__Value second = NEURON__EVENT__VALUE__INIT;
    Neuron__Event__Value *both[] = {&point.value, &second};
    second.tag = neuron_event_text(tags[1]);
    for (int i = 0; i < 2; i++) {
        both[i]->value_case = NEURON__EVENT__VALUE__VALUE_SIMPLE_VALUE;
        both[i]->simple_value = (float)numbers[i];
    }
    point.summary.n_value = 2;
    point.summary.value = both;
    return neuron_event_file_put(&log->file, &point.event);
}

int neuron_event_log_add_scalar(neuron_event_log_t *log, const char *tag, int64_t step,
                                double value)
{
    FLOAT_SCOPE;
    RETURN_IF_ERROR(neuron_event_check(log, tag, step, __func__));
    size_t before = log->file.size;
    return neuron_event_log_done(log, before, neuron_event_log_put_scalar(log, tag, step, value),
                                 __func__);
}

int neuron_event_log_put_text(neuron_event_log_t *log, const char *tag, int64_t step,
                              const char *text)
{
    ProtobufCBinaryData string = neuron_event_bytes(text, strlen(text));
    neuron_event_point point;
    neuron_event_point_init(&point, tag, step);
    neuron_event_point_set_strings(&point, "text", NEURON_EVENT_TENSOR, &string, 1);
    return neuron_event_file_put(&log->file, &point.event);
}

int neuron_event_log_add_text(neuron_event_log_t *log, const char *tag, int64_t step,
                              const char *text)
{
    FLOAT_SCOPE;
    RETURN_IF_ERROR(neuron_event_check(log, tag, step, __func__));
    CHECK_ARGUMENT(text);
    size_t before = log->file.size;
    return neuron_event_log_done(log, before, neuron_event_log_put_text(log, tag, step, text),
                                 __func__);
}
