/* Whole files. */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include "base/context.h"

/* Reads a regular file into memory from the context, which the caller releases.
 * NEURON_E_IO names the path and what the system says. */
int neuron_file_read(neuron_context_t *context, const char *path, void **bytes, size_t *size);

#endif
