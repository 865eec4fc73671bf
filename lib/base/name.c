/* Which names nodes, graphs, datasets and custom layers may have. */
#include "base/name.h"

#include "base/status.h"
#include "base/text/utf8.h"

#include <string.h>

int neuron_name_check(const char *name, size_t max, const char *forbidden, const char *who)
{
    size_t length = strlen(name);
    if (length == 0 || length > max)
        return neuron_fail(NEURON_E_ARGUMENT, "%s: name has %zu bytes; it must have 1 to %zu", who,
                           length, max);
    for (const char *c = name; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f || strchr(forbidden, *c))
            return neuron_fail(NEURON_E_ARGUMENT,
                               "%s: byte %zu of name is 0x%02x, which is not allowed", who,
                               (size_t)(c - name), (unsigned char)*c);
    for (const char *c = name; *c; c += neuron_utf8_length(c))
        if (neuron_utf8_length(c) == 0)
            return neuron_fail(NEURON_E_ARGUMENT, "%s: name is not UTF-8; it must be", who);
    return NEURON_OK;
}
