/* The bytes of a content in order, unpacked if they are gzip data; or those of an archive's member.
 * Only a small buffer is between them and where they go: a reader that stops early has unpacked no
 * more than it asked for. The packed kinds are in gzip.c; buffer.h has all bytes at once. */
#ifndef DATA_CODEC_SOURCE_H
#define DATA_CODEC_SOURCE_H

#include "base/compiler/attributes.h"
#include "data/codec/store.h"

#include <stdbool.h>

/* Makes zlib's input pointer const. */
#define ZLIB_CONST
#include <zlib.h>

/* No deflate stream unpacks to more than this many times its size. */
enum { NEURON_GZIP_RATIO_MAX = 1032 };

typedef struct neuron_source {
    neuron_context_t *context;
    const char *name; /* begins the messages */
    neuron_store store;
    bool owns_store;
    size_t end;          /* of the stored bytes */
    size_t fetched;      /* of them that have come from the store */
    const uint8_t *next; /* of those: what has not been used yet */
    size_t next_size;
    uint8_t *buffer;     /* where they lie if the store is a file */
    size_t position;     /* of the next byte that is given */
    const char *packing; /* "gzip", "deflate", or NULL */
    bool unpacked;       /* offsets are those of unpacked data */
    bool ended;          /* the packed data has come to its end */
    const struct neuron_source_sum *sum;
    uLong checksum;
    z_stream stream;
} neuron_source;

/* What an archive says of a member. */
typedef struct neuron_source_sum {
    size_t size; /* unpacked */
    uint32_t checksum;
} neuron_source_sum;

/* The bytes of a content, unpacked if they are gzip data; what the content points to must stay. On
 * success neuron_source_close() must follow. */
int neuron_source_open(neuron_source *source, const neuron_content *content);

/* A member of an archive: `size` stored bytes at `at`, which are within the store, plain or
 * deflated. The store and `sum` must stay. */
int neuron_source_open_member(neuron_source *source, const neuron_store *store, size_t at,
                              size_t size, bool deflated, const neuron_source_sum *sum,
                              const char *name);

NEURON_SHARED void neuron_source_close(neuron_source *source);

/* Reads up to `capacity` bytes; `got` is less only where the data ends. Of gzip data that is where
 * gunzip ends: members that follow one another are one, zeros behind the last are nothing, and
 * other bytes there are ignored with a warning to the log. */
NEURON_SHARED int neuron_source_read(neuron_source *source, void *bytes, size_t capacity,
                                     size_t *got);

/* How many bytes are left; of packed data without a sum that is how many there can be at most,
 * which a size may not have, and false. */
bool neuron_source_left(const neuron_source *source, uint64_t *left);

/* Checks that the data ends here, and its sum. `what` is what came before, as "the array". */
NEURON_SHARED int neuron_source_finish(neuron_source *source, const char *what);

/* For messages, behind an offset: " of the unpacked data", or nothing. */
const char *neuron_source_where(const neuron_source *source);

/* NEURON_E_UNSUPPORTED for gzip data of a format that packs its own: twice packed, a small file
 * could claim anything. */
int neuron_source_check_packed_once(const neuron_source *source);

/* For source.c and gzip.c alone. Fetches stored bytes if none are `next`; there may be no more. */
int neuron_source_fetch(neuron_source *source);
int neuron_gzip_start(neuron_source *source);
int neuron_gzip_read(neuron_source *source, void *bytes, size_t capacity, size_t *got);

#endif
