/* Names that callers give to graphs and layers, and that end up in files. */
#ifndef BASE_NAME_H
#define BASE_NAME_H

#include <stddef.h>

/* Whether a name is 1 to `max` bytes of UTF-8 without control characters and without any of
 * `forbidden`; `who` begins the message. */
int neuron_name_check(const char *name, size_t max, const char *forbidden, const char *who);

#endif
