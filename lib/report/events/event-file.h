/* A file of events: records of protobuf messages, each with its length and two checksums. What is
 * added waits in memory until it is flushed, and stays there if the file cannot be written. */
#ifndef REPORT_EVENTS_EVENT_FILE_H
#define REPORT_EVENTS_EVENT_FILE_H

#include "base/context.h"

#include <event.pb-c.h> /* made of event.proto */
#include <sys/types.h>

typedef struct neuron_event_file {
    neuron_context_t *context; /* the owner's */
    char *path;
    int file;
    off_t written;  /* bytes that are in the file */
    uint8_t *bytes; /* those that are not yet */
    size_t size, capacity;
    double flush_seconds, flushed_at;
} neuron_event_file;

/* Makes a folder, with those above it, and in it a file of a new name with its first record. On
 * failure there is nothing to close. */
int neuron_event_file_open(neuron_event_file *file, neuron_context_t *context, const char *folder,
                           double flush_seconds, const char *who);

/* Flushes and closes it; NEURON_E_IO if what was left is lost. */
int neuron_event_file_close(neuron_event_file *file);

/* Adds an event to what waits, with the time. NEURON_E_MEMORY changes nothing. What was
 * added since can be taken back by setting `size` to what it was. */
int neuron_event_file_put(neuron_event_file *file, Neuron__Event__Event *event);

/* Writes what waits: always, or if it has waited for so long that it is due. On failure it waits on
 * and the file is as it was. */
int neuron_event_file_flush(neuron_event_file *file, const char *who);
int neuron_event_file_flush_due(neuron_event_file *file, const char *who);

/* Seconds since 1970. */
double neuron_event_now(void);

#endif
