/* Text that grows. What follows a failure is left out: who writes a page looks once, at its end. */
#ifndef REPORT_DOCUMENT_BUFFER_H
#define REPORT_DOCUMENT_BUFFER_H

#include "base/context.h"

typedef struct neuron_buffer {
    neuron_context_t *context;
    char *bytes; /* NULL before the first */
    size_t size, capacity;
    bool failed; /* there was no memory */
} neuron_buffer;

void neuron_buffer_end(neuron_buffer *buffer) __attribute__((nothrow));

/* An empty one, which ends with its block, however that is left. */
#define NEURON_BUFFER(name, of_context)                                                            \
    neuron_buffer name __attribute__((cleanup(neuron_buffer_end))) = {.context = (of_context)}

/* Room for `count` things of `size` bytes each, all 0, behind what there is; NULL without memory.
 * It stays where it is until something else is added. */
void *neuron_buffer_room(neuron_buffer *buffer, int64_t count, size_t size);

void neuron_buffer_add(neuron_buffer *buffer, const void *bytes, size_t size);

/* Text as it is: HTML of this library's. */
void neuron_buffer_put(neuron_buffer *buffer, const char *text);

/* Text of anybody's: what HTML and XML would take for more than text is escaped, and '?' stands for
 * what neither may have. */
void neuron_buffer_escape(neuron_buffer *buffer, const char *text, size_t size);

/* Writes HTML of this library's with texts and numbers in it: %s is escaped; %d and %" PRId64 "
 * are whole numbers; %g is a place or a length in a picture, with two decimals at most. There is
 * nothing else but %%. */
void neuron_buffer_print(neuron_buffer *buffer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The message of what failed: 0, or NEURON_E_MEMORY as the allocator has told it. */
int neuron_buffer_status(const neuron_buffer *buffer);

#endif
