#include "base/name.h"

#include "base/status.h"

#include <string.h>

/* Bytes of the UTF-8 sequence that begins at `text`; 0 if it is none, is longer than need be, or
 * stands for half a surrogate pair (RFC 3629). */
static size_t utf8_length(const unsigned char *text)
{
    static const unsigned char first_of_length[] = {0, 0, 0xc2, 0xe0, 0xf0, 0xf5};
    if (text[0] < 0x80)
        return 1;
    size_t length = 2;
    while (length < 4 && text[0] >= first_of_length[length + 1])
        length++;
    if (text[0] < first_of_length[2] || text[0] >= first_of_length[5])
        return 0;
    for (size_t i = 1; i < length; i++)
        if ((text[i] & 0xc0) != 0x80)
            return 0;
    if ((text[0] == 0xe0 && text[1] < 0xa0) || (text[0] == 0xed && text[1] >= 0xa0) ||
        (text[0] == 0xf0 && text[1] < 0x90) || (text[0] == 0xf4 && text[1] >= 0x90))
        return 0;
    return length;
}

int neuron_name_check(const char *name, size_t max, const char *forbidden, const char *who)
{
    size_t length = strlen(name);
    if (length == 0 || length > max)
        return neuron_fail(NEURON_E_ARGUMENT, "%s: a name has 1 to %zu bytes, not %zu", who, max,
                           length);
    for (const char *c = name; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f || strchr(forbidden, *c))
            return neuron_fail(NEURON_E_ARGUMENT,
                               "%s: byte %zu of the name is not allowed (0x%02x)", who,
                               (size_t)(c - name), (unsigned char)*c);
    for (const unsigned char *c = (const unsigned char *)name; *c; c += utf8_length(c))
        if (utf8_length(c) == 0)
            return neuron_fail(NEURON_E_ARGUMENT, "%s: the name is not UTF-8", who);
    return NEURON_OK;
}
