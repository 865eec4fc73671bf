/* What a reader of a format is given: bytes with a name, in a file or in memory. A content only
 * tells where they are; nothing is open yet, and nothing has to be closed. A reader opens it as it
 * needs the bytes, and does not know which of the two it has:
 *
 *     neuron_source   source.h   in order, unpacked from gzip     IDX, .npy, images
 *     neuron_buffer   buffer.h   all at once, unpacked from gzip  CSV, CIFAR-10, pickles
 *     neuron_store    store.h    at any offset, as stored         ZIP archives
 *
 * The readers of datasets, each `contents, settings -> dataset`, are in data/formats. */
#ifndef DATA_CODEC_CONTENT_H
#define DATA_CODEC_CONTENT_H

#include "base/context.h"

#include <stddef.h>

typedef struct neuron_content {
    neuron_context_t *context;
    const char *name;     /* begins the messages; of a file its path */
    const uint8_t *bytes; /* in memory; NULL for a file */
    size_t size;          /* of these bytes */
} neuron_content;

/* The context and the path must stay as long as the content is used. */
static inline neuron_content neuron_content_of_file(neuron_context_t *context, const char *path)
{
    return (neuron_content){.context = context, .name = path};
}

/* The bytes must stay too; NULL is fine if there are none. */
static inline neuron_content neuron_content_of_memory(neuron_context_t *context, const void *bytes,
                                                      size_t size, const char *name)
{
    return (neuron_content){.context = context,
                            .name = name,
                            .bytes = bytes ? bytes : (const uint8_t *)"",
                            .size = bytes ? size : 0};
}

#endif
