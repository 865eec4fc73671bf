/* Unpacking gzip data, and the deflate data of ZIP archives, that lies in memory. */
#ifndef DATA_GZIP_H
#define DATA_GZIP_H

#include "base/context.h"

#include <stdbool.h>

/* Makes zlib's input pointer const. */
#define ZLIB_CONST
#include <stdbool.h>
#include <zlib.h>

/* No deflate stream unpacks to more than this many times its size. */
enum { NEURON_GZIP_RATIO_MAX = 1032 };

typedef struct neuron_gzip {
    neuron_context_t *context;
    const char *name; /* begins the messages */
    const char *kind; /* "gzip" or "deflate" */
    const uint8_t *bytes;
    size_t size;
    size_t taken; /* bytes that zlib has been given */
    bool ended;
    z_stream stream;
} neuron_gzip;

bool neuron_gzip_is(const void *bytes, size_t size);

/* Begins to unpack. On success neuron_gzip_close() must follow. */
int neuron_gzip_open(neuron_gzip *gzip, neuron_context_t *context, const void *bytes, size_t size,
                     const char *name);

/* The same for deflate data without gzip's header and checksum. */
int neuron_gzip_open_raw(neuron_gzip *gzip, neuron_context_t *context, const void *bytes,
                         size_t size, const char *name);
void neuron_gzip_close(neuron_gzip *gzip);

/* Unpacks up to `room` bytes; `got` is less only where the unpacked data ends. */
int neuron_gzip_read(neuron_gzip *gzip, void *buffer, size_t room, size_t *got);

/* Bytes behind the end of the gzip data, once neuron_gzip_read() has come to it. */
size_t neuron_gzip_left(const neuron_gzip *gzip);

#endif
