/* Writing a file so that a crash at any moment leaves the old one or the new one, and adding to one
 * so that a crash costs no more than what was being added. */
#ifndef BASE_FILES_FILE_WRITE_H
#define BASE_FILES_FILE_WRITE_H

#include "base/compiler/attributes.h"
#include "base/context.h"

#include <stddef.h>

/* Part of what a file will hold. */
typedef struct neuron_file_piece {
    const void *data;
    size_t size;
    size_t width; /* of its numbers, which a file has little-endian; 1 for bytes */
} neuron_file_piece;

/* Writes the pieces one after the other into a new file of the same folder, flushes it to the disk
 * and puts it in the place of `path`; if that is a link, of what it points to, which need not be
 * there yet. An old file's mode and group are kept; where the process may not give it that group,
 * the mode lets in nobody by it. On failure the new file is removed and what was at `path` stays.
 * Only a regular file is replaced. */
NEURON_SHARED int neuron_file_replace(neuron_context_t *context, const char *path,
                                      const neuron_file_piece *pieces, size_t count);

/* Adds bytes to the end of a regular file, which is made if it is not there, and flushes them to
 * the disk, the first ones with the name. On failure the file is as long as before, if
 * the system lets it be cut. */
NEURON_SHARED int neuron_file_append(const char *path, const void *data, size_t size);

/* Cuts a file down to its first bytes. It is the next addition that flushes it. */
NEURON_SHARED int neuron_file_cut(const char *path, size_t size);

#endif
