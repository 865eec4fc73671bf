/* All that is in a file: its bytes, unpacked if they are gzip data. */
#ifndef DATA_CODEC_CONTENT_H
#define DATA_CODEC_CONTENT_H

#include "base/context.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct neuron_content {
    neuron_context_t *context;
    const char *name; /* begins the messages */
    const uint8_t *bytes;
    size_t size;
    bool unpacked; /* offsets are those of the unpacked data */
    void *owned;   /* what neuron_content_close() releases */
} neuron_content;

/* The content of a file, whose path must stay. On failure there is nothing to close. */
int neuron_content_open(neuron_content *content, neuron_context_t *context, const char *path);

/* The same for bytes in memory, which must stay and are copied only where they are packed. */
int neuron_content_of(neuron_content *content, neuron_context_t *context, const void *bytes,
                      size_t size, const char *name);

/* For messages, behind an offset: " of the unpacked data", or nothing. */
const char *neuron_content_where(const neuron_content *content);

/* A content of zeros, or one that is closed, is fine. */
void neuron_content_close(neuron_content *content);

#endif
