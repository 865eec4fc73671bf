/* The names in a folder of the file system. */
#ifndef DATA_FORMATS_FILE_NAMES_H
#define DATA_FORMATS_FILE_NAMES_H

#include "base/context.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct neuron_names {
    neuron_context_t *context;
    char **at;
    size_t count, capacity;
    uint64_t bytes; /* of all files together */
} neuron_names;

/* Lists the sub-folders of a folder, or its files, sorted by the bytes of their names; hidden ones,
 * whose names begin with a dot, are left out, and so is what systems and programs put into folders
 * for themselves, with a line to the log. Files other than regular ones are refused, and among
 * files sub-folders too; among sub-folders files are left out. */
int neuron_names_list(neuron_names *names, neuron_context_t *context, const char *folder,
                      bool folders);

/* Names of zeros are fine. */
void neuron_names_release(neuron_names *names);

/* "folder/name" from the context. NULL if there is no memory. */
char *neuron_names_path(neuron_context_t *context, const char *folder, const char *name);

#endif
