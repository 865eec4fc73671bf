/* The stored bytes of a content at any offset: of a file only those are read that are asked for.
 * What reads in order and unpacks gzip data is built on it: source.h. */
#ifndef DATA_CODEC_STORE_H
#define DATA_CODEC_STORE_H

#include "base/compiler/attributes.h"
#include "data/codec/content.h"

typedef struct neuron_store {
    neuron_context_t *context;
    const char *name;     /* begins the messages */
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

/* On success neuron_store_close() must follow; what the content points to must stay until then. */
NEURON_SHARED int neuron_store_open(neuron_store *store, const neuron_content *content);
NEURON_SHARED void neuron_store_close(neuron_store *store);

/* Copies bytes, all of which must be within the store. */
int neuron_store_read(const neuron_store *store, size_t at, void *bytes, size_t size);

/* The same without a copy where that can be. neuron_view_close() must follow. */
int neuron_view_open(neuron_view *view, const neuron_store *store, size_t at, size_t size);
void neuron_view_close(neuron_view *view, const neuron_store *store);

#endif
