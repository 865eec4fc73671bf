/* ZIP archives, as `.keras` files are: read by the core, written without packing. */
#ifndef KERAS_ARCHIVE_H
#define KERAS_ARCHIVE_H

#include "base/context.h"

#include <stdbool.h>

/* Whether bytes begin as an archive does. */
bool neuron_archive_is(const void *bytes, size_t size);

/* The bytes of a member, which the caller releases. NEURON_E_DATA if there is none, NEURON_E_FORMAT
 * if it has more than `most`. */
int neuron_archive_read(void **bytes, size_t *size, neuron_context_t *context, const void *archive,
                        size_t archive_size, const char *name, const char *member, uint64_t most);

/* What an archive will have. */
typedef struct neuron_archive_member {
    const char *name;
    const void *bytes;
    size_t size;
} neuron_archive_member;

enum { NEURON_ARCHIVE_MEMBERS = 3 };

/* An archive of up to so many members, which the caller releases. They are stored as they are, as
 * Keras does. */
int neuron_archive_make(void **bytes, size_t *size, neuron_context_t *context,
                        const neuron_archive_member *members, size_t count);

#endif
