#include "data/zip.h"

#include "base/checked.h"
#include "data/gzip.h"

#include <inttypes.h>
#include <string.h>

enum {
    END_SIZE = 22,
    END_COMMENT_MAX = 65535,
    ENTRY_SIZE = 46,
    LOCAL_SIZE = 30,
    STORED = 0,
    DEFLATED = 8,
    FLAG_ENCRYPTED = 1,
    SHOWN_MAX = 100
};

/* The table at an archive's end that says where its members are. */
typedef struct directory {
    size_t at, end;
    uint32_t count;
} directory;

typedef struct entry {
    const char *name;
    size_t name_size;
    uint32_t flags, method, checksum, packed, size, local;
} entry;

static uint32_t number2(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8;
}

static uint32_t number4(const uint8_t *bytes)
{
    return number2(bytes) | number2(bytes + 2) << 16;
}

/* The record that ends an archive is found from behind, as a comment may follow it. */
static const uint8_t *find_end(const neuron_content *archive)
{
    size_t size = archive->size;
    for (size_t comment = 0; comment <= END_COMMENT_MAX && comment + END_SIZE <= size; comment++) {
        const uint8_t *end = archive->bytes + size - END_SIZE - comment;
        if (memcmp(end, "PK\5\6", 4) == 0 && number2(end + 20) == comment)
            return end;
    }
    return NULL;
}

static int find_directory(directory *found, const neuron_content *archive)
{
    const uint8_t *end = find_end(archive);
    if (!end)
        return neuron_fail(NEURON_E_FORMAT, "%s: not a ZIP archive, or cut: it has no end record",
                           archive->name);
    uint32_t size = number4(end + 12), at = number4(end + 16);
    found->count = number2(end + 10);
    if (number2(end + 4) != 0 || number2(end + 6) != 0 || number2(end + 8) != found->count)
        return neuron_fail(NEURON_E_UNSUPPORTED, "%s: a ZIP archive of several parts",
                           archive->name);
    if (found->count == UINT16_MAX || size == UINT32_MAX || at == UINT32_MAX)
        return neuron_fail(NEURON_E_UNSUPPORTED, "%s: a ZIP64 archive, which is not read",
                           archive->name);
    size_t end_at = (size_t)(end - archive->bytes);
    if (at > end_at || size > end_at - at)
        return neuron_fail(NEURON_E_FORMAT,
                           "%s: the archive's directory of %" PRIu32 " bytes at byte %" PRIu32
                           " goes beyond its end record at byte %zu",
                           archive->name, size, at, end_at);
    found->at = at;
    found->end = at + (size_t)size;
    return NEURON_OK;
}

static int next_entry(entry *read, directory *from, const neuron_content *archive)
{
    const uint8_t *bytes = archive->bytes + from->at;
    size_t left = from->end - from->at;
    size_t needed = ENTRY_SIZE;
    if (left >= needed && memcmp(bytes, "PK\1\2", 4) == 0)
        needed += (size_t)number2(bytes + 28) + number2(bytes + 30) + number2(bytes + 32);
    if (left < needed || memcmp(bytes, "PK\1\2", 4) != 0)
        return neuron_fail(NEURON_E_FORMAT, "%s: the archive's directory is damaged at byte %zu",
                           archive->name, from->at);
    *read = (entry){.flags = number2(bytes + 8),
                    .method = number2(bytes + 10),
                    .checksum = number4(bytes + 16),
                    .packed = number4(bytes + 20),
                    .size = number4(bytes + 24),
                    .local = number4(bytes + 42),
                    .name = (const char *)bytes + ENTRY_SIZE,
                    .name_size = number2(bytes + 28)};
    from->at += needed;
    return NEURON_OK;
}

static int find_entry(entry *found, const neuron_content *archive, const char *name)
{
    directory from;
    char names[SHOWN_MAX + 1] = "";
    size_t used = 0;
    RETURN_IF_ERROR(find_directory(&from, archive));
    for (uint32_t i = 0; i < from.count; i++) {
        RETURN_IF_ERROR(next_entry(found, &from, archive));
        if (found->name_size == strlen(name) && memcmp(found->name, name, found->name_size) == 0)
            return NEURON_OK;
        if (found->name_size + 1 <= SHOWN_MAX - used) {
            names[used++] = ' ';
            memcpy(names + used, found->name, found->name_size);
            used += found->name_size;
        }
    }
    return neuron_fail(NEURON_E_DATA, "%s: the archive has no \"%s\"; it has%s", archive->name,
                       name, used > 0 ? names : " nothing");
}

/* Finds the packed bytes. Their size is the directory's: what stands in front of them may leave it
 * open. */
static int find_bytes(const uint8_t **bytes, const entry *found, const neuron_content *archive)
{
    size_t at = found->local, left = archive->size;
    if (found->packed == UINT32_MAX || found->size == UINT32_MAX || found->local == UINT32_MAX)
        return neuron_fail(NEURON_E_UNSUPPORTED,
                           "%s: a member of 4 GB or more (ZIP64), which is "
                           "not read",
                           archive->name);
    if (at > left || left - at < LOCAL_SIZE || memcmp(archive->bytes + at, "PK\3\4", 4) != 0)
        return neuron_fail(NEURON_E_FORMAT, "%s: there is no member of the archive at byte %zu",
                           archive->name, at);
    const uint8_t *local = archive->bytes + at;
    at += LOCAL_SIZE + (size_t)number2(local + 26) + number2(local + 28);
    if (at > left || found->packed > left - at)
        return neuron_fail(NEURON_E_FORMAT,
                           "%s: a member of %" PRIu32 " packed bytes at byte %zu goes beyond the "
                           "archive's %zu",
                           archive->name, found->packed, at, left);
    *bytes = archive->bytes + at;
    return NEURON_OK;
}

static int unpack(neuron_content *member, const entry *found, const uint8_t *packed)
{
    size_t got = 0, more = 0;
    char extra;
    neuron_gzip gzip;
    if (found->size / NEURON_GZIP_RATIO_MAX > found->packed)
        return neuron_fail(NEURON_E_FORMAT,
                           "%s: %" PRIu32 " bytes are more than %" PRIu32 " packed bytes can hold",
                           member->name, found->size, found->packed);
    uint8_t *room = neuron_allocate(member->context, found->size, 1);
    if (!room)
        return NEURON_E_MEMORY;
    member->owned = room;
    member->bytes = room;
    RETURN_IF_ERROR(
        neuron_gzip_open_raw(&gzip, member->context, packed, found->packed, member->name));
    int status = neuron_gzip_read(&gzip, room, found->size, &got);
    if (status == NEURON_OK)
        status = neuron_gzip_read(&gzip, &extra, 1, &more);
    neuron_gzip_close(&gzip);
    if (status == NEURON_OK && (got < found->size || more > 0))
        status = neuron_fail(NEURON_E_FORMAT,
                             "%s: unpacks to %s than the %" PRIu32 " bytes that it should have",
                             member->name, more > 0 ? "more" : "less", found->size);
    return status;
}

static int check_bytes(const neuron_content *member, const entry *found)
{
    uLong checksum = crc32_z(0, member->bytes, member->size);
    if (checksum == found->checksum)
        return NEURON_OK;
    return neuron_fail(NEURON_E_FORMAT,
                       "%s: is damaged: its checksum is %08lx, not %08" PRIx32 " as it should be",
                       member->name, checksum, found->checksum);
}

int neuron_zip_open(neuron_content *member, const neuron_content *archive, const char *name,
                    const char *label)
{
    entry found;
    const uint8_t *bytes;
    RETURN_IF_ERROR(find_entry(&found, archive, name));
    RETURN_IF_ERROR(find_bytes(&bytes, &found, archive));
    if (found.flags & FLAG_ENCRYPTED)
        return neuron_fail(NEURON_E_UNSUPPORTED, "%s: is encrypted", label);
    if (found.method != STORED && found.method != DEFLATED)
        return neuron_fail(NEURON_E_UNSUPPORTED,
                           "%s: is packed by method %" PRIu32 ", not stored or deflated", label,
                           found.method);
    if (found.method == STORED && found.packed != found.size)
        return neuron_fail(NEURON_E_FORMAT,
                           "%s: is stored, but has %" PRIu32 " bytes packed and %" PRIu32
                           " unpacked",
                           label, found.packed, found.size);
    *member = (neuron_content){.context = archive->context,
                               .name = label,
                               .bytes = bytes,
                               .size = found.size,
                               .unpacked = true};
    int status = found.method == DEFLATED ? unpack(member, &found, bytes) : NEURON_OK;
    if (status == NEURON_OK)
        status = check_bytes(member, &found);
    if (status < 0)
        neuron_content_close(member);
    return status;
}
