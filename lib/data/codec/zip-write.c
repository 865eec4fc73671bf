/* Writing of ZIP archives: local records, the directory and what ends it, with the date of 1980 so
 * that the same members make the same bytes. */
#include "data/codec/zip-write.h"

#include <string.h>

enum { VERSION = 20, FIRST_OF_JANUARY = 0x21, NAMES_ARE_UTF8 = 0x800 };

static uint8_t *put(uint8_t *to, uint32_t number, int bytes)
{
    for (int i = 0; i < bytes; i++)
        *to++ = (uint8_t)(number >> (8 * i));
    return to;
}

static uint8_t *put_sign(uint8_t *to, char third, char fourth)
{
    const char sign[] = {'P', 'K', third, fourth};
    memcpy(to, sign, sizeof sign);
    return to + sizeof sign;
}

/* What both records of a member have: from the version to the length of the name. */
static uint8_t *put_member(uint8_t *to, const neuron_zip_stored *member)
{
    to = put(to, VERSION, 2);
    to = put(to, NAMES_ARE_UTF8, 2);
    to = put(to, 0, 2); /* stored */
    to = put(to, 0, 2);
    to = put(to, FIRST_OF_JANUARY, 2);
    to = put(to, member->checksum, 4);
    to = put(to, member->size, 4);
    to = put(to, member->size, 4);
    to = put(to, (uint32_t)strlen(member->name), 2);
    return put(to, 0, 2); /* nothing extra */
}

static uint8_t *put_name(uint8_t *to, const neuron_zip_stored *member)
{
    size_t size = strlen(member->name);
    memcpy(to, member->name, size);
    return to + size;
}

uint8_t *neuron_zip_put_local(uint8_t *to, const neuron_zip_stored *member)
{
    return put_name(put_member(put_sign(to, 3, 4), member), member);
}

uint8_t *neuron_zip_put_entry(uint8_t *to, const neuron_zip_stored *member)
{
    to = put_member(put(put_sign(to, 1, 2), VERSION, 2), member);
    to = put(to, 0, 4); /* no comment, the only part */
    to = put(to, 0, 2);
    to = put(to, 0, 4); /* nothing of a file system */
    return put_name(put(to, member->at, 4), member);
}

uint8_t *neuron_zip_put_end(uint8_t *to, uint32_t count, uint32_t size, uint32_t at)
{
    to = put(put_sign(to, 5, 6), 0, 4);
    to = put(to, count, 2);
    to = put(to, count, 2);
    to = put(to, size, 4);
    to = put(to, at, 4);
    return put(to, 0, 2);
}
