/* Stored bytes that are read where they are wanted: of memory, or of a file, of which only that is
 * read. */
#ifndef DATA_CODEC_STORE_H
#define DATA_CODEC_STORE_H

#include "base/context.h"

#include <stddef.h>

typedef struct neuron_store {
    neuron_context_t *context;
    const char *name;     /* of the file; begins the messages */
    const uint8_t *bytes; /* in memory, or NULL */
    int file;             /* if they are not */
    size_t size;
} neuron_store;

/* Some of the bytes. */
typedef struct neuron_view {
    const uint8_t *bytes;
    size_t size;
    void *owned; /* a copy, or NULL if they lie in memory anyway */
} neuron_view;

/* On success neuron_store_close() must follow, and the path must stay until then. */
int neuron_store_open(neuron_store *store, neuron_context_t *context, const char *path);
void neuron_store_close(neuron_store *store);

/* Over bytes in memory, which must stay. Closing it is not needed. */
neuron_store neuron_store_of(neuron_context_t *context, const void *bytes, size_t size,
                             const char *name);

/* Copies bytes, all of which must be within the store. */
int neuron_store_read(const neuron_store *store, size_t at, void *bytes, size_t size);

/* The same without a copy where that can be. neuron_view_close() must follow. */
int neuron_view_open(neuron_view *view, const neuron_store *store, size_t at, size_t size);
void neuron_view_close(neuron_view *view, const neuron_store *store);

#endif
