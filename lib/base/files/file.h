/* Reading files, whole or in parts. */
#ifndef BASE_FILES_FILE_H
#define BASE_FILES_FILE_H

#include "base/compiler/attributes.h"
#include "base/context.h"

/* Reads a regular file into memory from the context, which the caller releases.
 * NEURON_E_IO names the path and what the system says. */
NEURON_SHARED int neuron_file_read(neuron_context_t *context, const char *path, void **bytes,
                                   size_t *size);

/* Opens a regular file for neuron_file_read_at(), which reads all the bytes that are asked for or
 * fails. close() ends it. */
NEURON_SHARED int neuron_file_open(int *file, size_t *size, const char *path);
NEURON_SHARED int neuron_file_read_at(int file, const char *path, size_t at, void *bytes,
                                      size_t size);

/* Copies a path that will be used later: a relative one is told from the folder that is current
 * now, and stays where it is if the process goes elsewhere. It stays relative if that folder has no
 * path that leads to it: one that is gone, is too deep, or lies in one that may not be entered.
 * `who` begins the message about an empty path. The caller releases it. */
NEURON_SHARED int neuron_file_path(char **copy, neuron_context_t *context, const char *path,
                                   const char *who);

#endif
