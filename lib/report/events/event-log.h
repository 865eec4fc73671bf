/* An event log: a file of events with what is added to it. */
#ifndef REPORT_EVENTS_EVENT_LOG_H
#define REPORT_EVENTS_EVENT_LOG_H

#include <libneuron-report/event_log.h>

#include "report/events/event-file.h"

struct neuron_event_log {
    neuron_handle handle;
    neuron_context_t *context;
    neuron_event_file file;
    bool has_hparams;
};

/* An event of one value of a series, whose kind is still to be set. */
typedef struct neuron_event_point {
    Neuron__Event__Event event;
    Neuron__Event__Summary summary;
    Neuron__Event__Value value, *values[1];
    Neuron__Event__Metadata metadata;
    Neuron__Event__Metadata__Plugin plugin;
    Neuron__Event__Tensor tensor;
    Neuron__Event__Shape shape;
    Neuron__Event__Shape__Extent extent, *extents[1];
} neuron_event_point;

void neuron_event_point_init(neuron_event_point *point, const char *tag, int64_t step);

/* Makes it a list of `count` strings of bytes (1 of which is a text) or an empty list, for a plugin
 * of TensorBoard's. */
enum { NEURON_EVENT_TENSOR = 2, NEURON_EVENT_BLOBS = 3 };
void neuron_event_point_set_strings(neuron_event_point *point, const char *plugin,
                                    int32_t data_class, ProtobufCBinaryData *strings, size_t count);

/* Bytes or text as a message holds them; it does not change them. */
ProtobufCBinaryData neuron_event_bytes(const void *bytes, size_t size);
char *neuron_event_text(const char *text);

/* What all public calls check, as CHECK_ARGUMENT() does. */
int neuron_event_check(const neuron_event_log_t *log, const char *tag, int64_t step,
                       const char *who);
int neuron_event_check_tag(const char *tag, const char *name, const char *who);

/* The last thing that a call does. What it put since the file had that size is taken back if it
 * failed; else the file is flushed if that is due. */
int neuron_event_log_done(neuron_event_log_t *log, size_t before, int status, const char *who);

/* Adding without that. */
int neuron_event_log_put_scalar(neuron_event_log_t *log, const char *tag, int64_t step,
                                double value);
/* Two series at once: an event has fields and checksums of its own, which take most of the time. */
int neuron_event_log_put_pair(neuron_event_log_t *log, const char *const tags[2], int64_t step,
                              const double numbers[2]);
int neuron_event_log_put_text(neuron_event_log_t *log, const char *tag, int64_t step,
                              const char *text);
int neuron_event_log_put_histogram(neuron_event_log_t *log, const char *tag, int64_t step,
                                   const float *values, int64_t count);
int neuron_event_log_put_images(neuron_event_log_t *log, const char *tag, int64_t step,
                                const neuron_tensor_t *images);

/* "prefix/rest" in memory of the context; the rest alone without a prefix. NULL without memory. */
char *neuron_event_join(neuron_context_t *context, const char *prefix, const char *rest);

#endif
