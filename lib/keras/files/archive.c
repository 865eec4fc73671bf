/* Archives of a few members. */
#include "keras/files/archive.h"

#include "data/codec/zip.h"

#include <stdio.h>
#include <string.h>

bool neuron_archive_is(const void *bytes, size_t size)
{
    return size >= 4 && memcmp(bytes, "PK\3\4", 4) == 0;
}

/* ---- Reading ---- */

/* All that a source has, which is as much as the archive says: it is asked for in pieces that grow,
 * so that an archive that lies costs no more than it is worth. */
static int read_all(void **bytes, size_t *size, neuron_source *source, neuron_context_t *context,
                    uint64_t most)
{
    enum { FIRST = 1 << 16 };
    size_t capacity = 0, used = 0, got = 0;
    char *all = NULL;
    do {
        size_t larger = capacity ? 2 * capacity : FIRST;
        char *grown = larger > capacity ? neuron_allocate(context, larger, 1) : NULL;
        if (!grown) {
            neuron_release(context, all);
            return NEURON_E_MEMORY;
        }
        if (used > 0)
            memcpy(grown, all, used);
        neuron_release(context, all);
        all = grown;
        capacity = larger;
        int status = neuron_source_read(source, all + used, capacity - used, &got);
        if (status < 0) {
            neuron_release(context, all);
            return status;
        }
        used += got;
        if (used > most) {
            neuron_release(context, all);
            return neuron_fail(NEURON_E_FORMAT,
                               "%s: has more than %" PRIu64
                               " bytes, which so small an archive does not justify",
                               source->name, most);
        }
    } while (used == capacity);
    *bytes = all;
    *size = used;
    return NEURON_OK;
}

static int read_member(void **bytes, size_t *size, const neuron_store *store, const char *member,
                       uint64_t most)
{
    char label[512];
    neuron_zip_member opened;
    snprintf(label, sizeof label, "%.400s: %.100s", store->name, member);
    RETURN_IF_ERROR(neuron_zip_open(&opened, store, label, member));
    int status = read_all(bytes, size, &opened.source, store->context, most);
    if (status == NEURON_OK) {
        status = neuron_source_finish(&opened.source, "the member");
        if (status < 0)
            neuron_release(store->context, *bytes);
    }
    neuron_source_close(&opened.source);
    return status;
}

int neuron_archive_read(void **bytes, size_t *size, neuron_context_t *context, const void *archive,
                        size_t archive_size, const char *name, const char *member, uint64_t most)
{
    const neuron_content content = neuron_content_of_memory(context, archive, archive_size, name);
    neuron_store store;
    *bytes = NULL;
    RETURN_IF_ERROR(neuron_store_open(&store, &content));
    int status = read_member(bytes, size, &store, member, most);
    neuron_store_close(&store);
    if (status < 0)
        *bytes = NULL;
    return status;
}

/* ---- Writing ---- */

enum { LOCAL_SIZE = 30, CENTRAL_SIZE = 46, END_SIZE = 22 };

static unsigned char *put(unsigned char *to, uint32_t value, int width)
{
    for (int i = 0; i < width; i++)
        *to++ = (unsigned char)(value >> (8 * i));
    return to;
}

/* What the heads of a member have in common: version, no flags, not packed, the first day that the
 * format has, so that the same members are the same bytes; sum, sizes, length of the name. */
static unsigned char *put_common(unsigned char *to, const neuron_archive_member *member,
                                 uint32_t sum)
{
    to = put(to, 20, 2);
    to = put(to, 0, 4);
    to = put(to, 0, 2);
    to = put(to, 0x21, 2);
    to = put(to, sum, 4);
    to = put(to, (uint32_t)member->size, 4);
    to = put(to, (uint32_t)member->size, 4);
    to = put(to, (uint32_t)strlen(member->name), 2);
    return put(to, 0, 2);
}

static unsigned char *put_bytes(unsigned char *to, const void *bytes, size_t size)
{
    memcpy(to, bytes, size);
    return to + size;
}

static uint32_t sum_of(const neuron_archive_member *member)
{
    return (uint32_t)crc32_z(crc32_z(0, NULL, 0), member->bytes, member->size);
}

static unsigned char *put_member(unsigned char *to, const neuron_archive_member *member)
{
    to = put(to, 0x04034b50, 4);
    to = put_common(to, member, sum_of(member));
    to = put_bytes(to, member->name, strlen(member->name));
    return put_bytes(to, member->bytes, member->size);
}

static unsigned char *put_entry(unsigned char *to, const neuron_archive_member *member, uint32_t at)
{
    to = put(to, 0x02014b50, 4);
    to = put(to, 20, 2);
    to = put_common(to, member, sum_of(member));
    to = put(to, 0, 2); /* comment, disk, attributes */
    to = put(to, 0, 4);
    to = put(to, 0, 4);
    to = put(to, at, 4);
    return put_bytes(to, member->name, strlen(member->name));
}

int neuron_archive_make(void **bytes, size_t *size, neuron_context_t *context,
                        const neuron_archive_member *members, size_t count)
{
    uint64_t total = END_SIZE, directory = 0;
    for (size_t i = 0; i < count; i++) {
        uint64_t name = strlen(members[i].name);
        directory += CENTRAL_SIZE + name;
        total += LOCAL_SIZE + CENTRAL_SIZE + 2 * name + members[i].size;
    }
    if (total > UINT32_MAX)
        return neuron_fail(NEURON_E_UNSUPPORTED,
                           "an archive of %" PRIu64 " bytes is too large for the format", total);
    unsigned char *made = neuron_allocate(context, (size_t)total, 1), *to = made;
    if (!made)
        return NEURON_E_MEMORY;
    for (size_t i = 0; i < count; i++)
        to = put_member(to, &members[i]);
    uint32_t end = (uint32_t)(to - made), at = 0;
    for (size_t i = 0; i < count; i++) {
        to = put_entry(to, &members[i], at);
        at += (uint32_t)(LOCAL_SIZE + strlen(members[i].name) + members[i].size);
    }
    to = put(to, 0x06054b50, 4);
    to = put(to, 0, 4);
    to = put(to, (uint32_t)count, 2);
    to = put(to, (uint32_t)count, 2);
    to = put(to, (uint32_t)directory, 4);
    to = put(to, end, 4);
    put(to, 0, 2);
    *bytes = made;
    *size = (size_t)total;
    return NEURON_OK;
}
