/* All bytes of a content in memory, unpacked if they are gzip data: for readers that look at them
 * more than once. Those that read in order take a source, which needs no memory for them. */
#ifndef DATA_CODEC_BUFFER_H
#define DATA_CODEC_BUFFER_H

#include "data/codec/content.h"

#include <stdbool.h>

typedef struct neuron_buffer {
    neuron_context_t *context;
    const char *name; /* begins the messages */
    const uint8_t *bytes;
    size_t size;
    bool unpacked; /* offsets are those of the unpacked data */
    void *owned;   /* what neuron_buffer_close() releases */
} neuron_buffer;

/* Bytes in memory are copied only if they are packed; else they must stay as long as the buffer. On
 * failure there is nothing to close. */
int neuron_buffer_open(neuron_buffer *buffer, const neuron_content *content);

/* Sees to it that a byte can be read behind the end, or that the last one ends a line. */
int neuron_buffer_end_line(neuron_buffer *buffer);

/* For messages, behind an offset: " of the unpacked data", or nothing. */
const char *neuron_buffer_where(const neuron_buffer *buffer);

/* A buffer of zeros, or one that is closed, is fine. */
void neuron_buffer_close(neuron_buffer *buffer);

#endif
