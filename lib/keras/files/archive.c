/* Archives of a few members. */
#include "keras/files/archive.h"

#include "data/codec/zip-write.h"
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

/* The records of all members, whose bytes fit into an archive. */
static void put_members(uint8_t *to, const neuron_archive_member *members,
                        neuron_zip_stored *records, size_t count)
{
    uint8_t *begin = to;
    for (size_t i = 0; i < count; i++) {
        const neuron_archive_member *member = &members[i];
        records[i] = (neuron_zip_stored){
            .name = member->name,
            .checksum = (uint32_t)crc32_z(0, member->bytes, member->size),
            .size = (uint32_t)member->size,
            .at = (uint32_t)(to - begin),
        };
        to = neuron_zip_put_local(to, &records[i]);
        memcpy(to, member->bytes, member->size);
        to += member->size;
    }
    uint8_t *directory = to;
    for (size_t i = 0; i < count; i++)
        to = neuron_zip_put_entry(to, &records[i]);
    neuron_zip_put_end(to, (uint32_t)count, (uint32_t)(to - directory),
                       (uint32_t)(directory - begin));
}

int neuron_archive_make(void **bytes, size_t *size, neuron_context_t *context,
                        const neuron_archive_member *members, size_t count)
{
    neuron_zip_stored records[NEURON_ARCHIVE_MEMBERS];
    uint64_t total = NEURON_ZIP_END;
    for (size_t i = 0; i < count; i++)
        total += NEURON_ZIP_LOCAL + NEURON_ZIP_ENTRY + 2 * (uint64_t)strlen(members[i].name) +
                 members[i].size;
    if (total > UINT32_MAX)
        return neuron_fail(NEURON_E_UNSUPPORTED,
                           "an archive of %" PRIu64 " bytes is too large for the format", total);
    *bytes = neuron_allocate(context, (size_t)total, 1);
    if (!*bytes)
        return NEURON_E_MEMORY;
    put_members(*bytes, members, records, count);
    *size = (size_t)total;
    return NEURON_OK;
}
