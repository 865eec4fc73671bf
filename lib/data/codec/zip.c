/* An archive is read from its end: the end record tells where the directory is, the directory where
 * a member is, and a source unpacks the member. Bytes in front of the archive, as of a self-
 * extracting one, shift all offsets. */
#include "data/codec/zip.h"

#include <inttypes.h>
#include <string.h>

enum {
    END_SIZE = 22,
    END_COMMENT_MAX = 65535,
    END64_SIZE = 56,
    LOCATOR_SIZE = 20,
    ENTRY_SIZE = 46,
    EXTRA_ZIP64 = 1,
    LOCAL_SIZE = 30,
    STORED = 0,
    DEFLATED = 8,
    FLAG_ENCRYPTED = 1,
    SHOWN_MAX = 100
};

/* The table at an archive's end that says where its members are. */
typedef struct directory {
    uint64_t at, size, count;
    uint64_t before; /* bytes in front of the archive's own, from which its offsets count */
} directory;

typedef struct entry {
    const char *name;
    size_t name_size;
    uint32_t flags, method, checksum;
    uint64_t packed, size, local;
} entry;

static uint32_t number2(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8;
}

static uint32_t number4(const uint8_t *bytes)
{
    return number2(bytes) | number2(bytes + 2) << 16;
}

static uint64_t number8(const uint8_t *bytes)
{
    return number4(bytes) | (uint64_t)number4(bytes + 4) << 32;
}

/* The record that ends an archive is found from behind, as a comment may follow it: best one that
 * says how much does, else the last, behind which there is something else. */
static const uint8_t *find_end(const neuron_view *tail)
{
    const uint8_t *last = NULL;
    for (size_t behind = 0; behind + END_SIZE <= tail->size; behind++) {
        const uint8_t *end = tail->bytes + tail->size - END_SIZE - behind;
        if (memcmp(end, "PK\5\6", 4) != 0)
            continue;
        if (number2(end + 20) == behind)
            return end;
        last = last ? last : end;
    }
    return last;
}

/* Of ZIP64 the numbers are in a record of their own, which stands in front of what tells its
 * offset. As bytes may have been put in front of the archive, it is looked for there first. */
static int read_end64(directory *found, const neuron_store *archive, const neuron_view *tail,
                      const uint8_t *end, uint64_t *end_at)
{
    uint8_t record[END64_SIZE];
    const uint8_t *locator = end - LOCATOR_SIZE;
    if (end - tail->bytes < LOCATOR_SIZE || memcmp(locator, "PK\6\7", 4) != 0)
        return NEURON_OK;
    uint64_t offsets[] = {*end_at - LOCATOR_SIZE - END64_SIZE, number8(locator + 8)};
    for (int i = 0; i < 2; i++) {
        if (*end_at < LOCATOR_SIZE + END64_SIZE || offsets[i] > *end_at - LOCATOR_SIZE - END64_SIZE)
            continue;
        RETURN_IF_ERROR(neuron_store_read(archive, (size_t)offsets[i], record, sizeof record));
        if (memcmp(record, "PK\6\6", 4) != 0)
            continue;
        found->count = number8(record + 32);
        found->size = number8(record + 40);
        found->at = number8(record + 48);
        *end_at = offsets[i];
        return NEURON_OK;
    }
    return neuron_fail(NEURON_E_FORMAT,
                       "%s: the archive lacks the record of ZIP64 at byte %" PRIu64, archive->name,
                       offsets[1]);
}

/* Where the archive itself begins. */
static int find_begin(directory *found, const neuron_store *archive, uint64_t end_at)
{
    uint8_t sign[4] = {0};
    if (found->at > end_at || found->size > end_at - found->at)
        return neuron_fail(NEURON_E_FORMAT,
                           "%s: the archive's directory of %" PRIu64 " bytes at byte %" PRIu64
                           " goes beyond its end record at byte %" PRIu64,
                           archive->name, found->size, found->at, end_at);
    uint64_t before = end_at - found->size - found->at;
    if (before > 0 && found->size >= sizeof sign)
        RETURN_IF_ERROR(
            neuron_store_read(archive, (size_t)(found->at + before), sign, sizeof sign));
    if (memcmp(sign, "PK\1\2", 4) == 0) {
        found->before = before;
        found->at += before;
    }
    return NEURON_OK;
}

static int read_end(directory *found, const neuron_store *archive, const neuron_view *tail)
{
    const uint8_t *end = find_end(tail);
    if (!end)
        return neuron_fail(NEURON_E_FORMAT, "%s: not a ZIP archive, or cut: it has no end record",
                           archive->name);
    if (number2(end + 4) != number2(end + 6) || number2(end + 8) != number2(end + 10))
        return neuron_fail(NEURON_E_UNSUPPORTED, "%s: a ZIP archive of several parts",
                           archive->name);
    uint64_t end_at = archive->size - tail->size + (size_t)(end - tail->bytes);
    *found =
        (directory){.at = number4(end + 16), .size = number4(end + 12), .count = number2(end + 10)};
    RETURN_IF_ERROR(read_end64(found, archive, tail, end, &end_at));
    return find_begin(found, archive, end_at);
}

static int find_directory(directory *found, const neuron_store *archive)
{
    size_t most = LOCATOR_SIZE + END_SIZE + END_COMMENT_MAX;
    neuron_view tail;
    uint8_t magic[2] = {0};
    if (archive->size >= sizeof magic)
        RETURN_IF_ERROR(neuron_store_read(archive, 0, magic, sizeof magic));
    if (magic[0] == 0x1f && magic[1] == 0x8b)
        return neuron_fail(NEURON_E_UNSUPPORTED, "%s: is packed twice: unpack it with gunzip first",
                           archive->name);
    size_t size = archive->size < most ? archive->size : most;
    RETURN_IF_ERROR(neuron_view_open(&tail, archive, archive->size - size, size));
    int status = read_end(found, archive, &tail);
    neuron_view_close(&tail, archive);
    return status;
}

/* Numbers that need more than four bytes follow the name, in this order and only where four do not
 * do. */
static bool read_zip64(entry *read, const uint8_t *extra, size_t size)
{
    uint64_t *const numbers[] = {&read->size, &read->packed, &read->local};
    while (size >= 4 && number2(extra) != EXTRA_ZIP64) {
        size_t field = 4 + (size_t)number2(extra + 2);
        if (field > size)
            return true; /* what nobody needs may be damaged */
        extra += field;
        size -= field;
    }
    if (size < 4)
        return true;
    size_t left = number2(extra + 2);
    if (left > size - 4)
        return false;
    extra += 4;
    for (int i = 0; i < 3; i++) {
        if (*numbers[i] != UINT32_MAX)
            continue;
        if (left < 8)
            return false;
        *numbers[i] = number8(extra);
        extra += 8;
        left -= 8;
    }
    return true;
}

static int read_entry(entry *read, const neuron_view *table, size_t *at, const directory *from,
                      const neuron_store *archive)
{
    const uint8_t *bytes = table->bytes + *at;
    size_t left = table->size - *at, needed = ENTRY_SIZE;
    bool good = left >= needed && memcmp(bytes, "PK\1\2", 4) == 0;
    if (good) {
        size_t name_size = number2(bytes + 28), extra = number2(bytes + 30);
        *read = (entry){.flags = number2(bytes + 8),
                        .method = number2(bytes + 10),
                        .checksum = number4(bytes + 16),
                        .packed = number4(bytes + 20),
                        .size = number4(bytes + 24),
                        .local = number4(bytes + 42),
                        .name = (const char *)bytes + ENTRY_SIZE,
                        .name_size = name_size};
        needed += name_size + extra + number2(bytes + 32);
        good = left >= needed && read_zip64(read, bytes + ENTRY_SIZE + name_size, extra);
    }
    if (!good)
        return neuron_fail(NEURON_E_FORMAT,
                           "%s: the archive's directory is damaged at byte %" PRIu64, archive->name,
                           from->at + *at);
    *at += needed;
    return NEURON_OK;
}

static bool is_called(const entry *read, const char *name, size_t size)
{
    return read->name_size == size && memcmp(read->name, name, size) == 0;
}

/* `shorter` is the name without its end. */
static int search_table(entry *found, const neuron_view *table, const directory *from,
                        const neuron_store *archive, const char *name, size_t shorter)
{
    char names[SHOWN_MAX + 1] = "";
    size_t used = 0, size = strlen(name);
    uint64_t count = 0;
    entry read;
    for (size_t at = 0; at < table->size; count++) {
        RETURN_IF_ERROR(read_entry(&read, table, &at, from, archive));
        if (is_called(&read, name, shorter) ||
            (is_called(&read, name, size) && (!found->name || found->name_size == size)))
            *found = read;
        if (read.name_size + 1 <= SHOWN_MAX - used) {
            names[used++] = ' ';
            memcpy(names + used, read.name, read.name_size);
            used += read.name_size;
        }
    }
    if ((count & UINT16_MAX) != (from->count & UINT16_MAX))
        return neuron_fail(NEURON_E_FORMAT,
                           "%s: the archive's directory has %" PRIu64
                           " members, its end record %" PRIu64,
                           archive->name, count, from->count);
    if (found->name)
        return NEURON_OK;
    return neuron_fail(NEURON_E_DATA, "%s: the archive has no \"%s\"; it has%s", archive->name,
                       name, used > 0 ? names : " nothing");
}

static int check_entry(const entry *found, const char *label)
{
    if (found->flags & FLAG_ENCRYPTED)
        return neuron_fail(NEURON_E_UNSUPPORTED, "%s: is encrypted", label);
    if (found->method != STORED && found->method != DEFLATED)
        return neuron_fail(NEURON_E_UNSUPPORTED,
                           "%s: is packed by method %" PRIu32 ", not stored or deflated", label,
                           found->method);
    if (found->method == STORED && found->packed != found->size)
        return neuron_fail(NEURON_E_FORMAT,
                           "%s: is stored, but has %" PRIu64 " bytes packed and %" PRIu64
                           " unpacked",
                           label, found->packed, found->size);
    if (found->method == DEFLATED && found->size / NEURON_GZIP_RATIO_MAX > found->packed)
        return neuron_fail(NEURON_E_FORMAT,
                           "%s: %" PRIu64 " bytes are more than %" PRIu64 " packed bytes can hold",
                           label, found->size, found->packed);
    return NEURON_OK;
}

/* Finds the packed bytes. Their size is the directory's: what stands in front of them may leave it
 * open. */
static int find_bytes(size_t *at, const entry *found, const directory *from,
                      const neuron_store *archive)
{
    uint8_t local[LOCAL_SIZE];
    uint64_t size = archive->size, begin = found->local + from->before;
    bool there = begin >= found->local && begin <= size && size - begin >= LOCAL_SIZE;
    if (there)
        RETURN_IF_ERROR(neuron_store_read(archive, (size_t)begin, local, sizeof local));
    if (!there || memcmp(local, "PK\3\4", 4) != 0)
        return neuron_fail(NEURON_E_FORMAT,
                           "%s: there is no member of the archive at byte %" PRIu64, archive->name,
                           begin);
    begin += LOCAL_SIZE + (uint64_t)number2(local + 26) + number2(local + 28);
    if (begin > size || found->packed > size - begin)
        return neuron_fail(NEURON_E_FORMAT,
                           "%s: a member of %" PRIu64 " packed bytes at byte %" PRIu64
                           " goes beyond the archive's %" PRIu64,
                           archive->name, found->packed, begin, size);
    *at = (size_t)begin;
    return NEURON_OK;
}

int neuron_zip_open(neuron_zip_member *member, const neuron_store *archive, char *label,
                    const char *name)
{
    directory from;
    neuron_view table;
    entry found = {.name = NULL};
    size_t at = 0, shorter = strlen(name), begin = strlen(archive->name) + 2;
    RETURN_IF_ERROR(find_directory(&from, archive));
    RETURN_IF_ERROR(neuron_view_open(&table, archive, (size_t)from.at, (size_t)from.size));
    int status = search_table(&found, &table, &from, archive, label + begin, shorter);
    neuron_view_close(&table, archive);
    RETURN_IF_ERROR(status);
    label[begin + found.name_size] = '\0';
    RETURN_IF_ERROR(find_bytes(&at, &found, &from, archive));
    RETURN_IF_ERROR(check_entry(&found, label));
    if (found.size > SIZE_MAX)
        return neuron_fail(NEURON_E_MEMORY, "%s: has %" PRIu64 " bytes", label, found.size);
    member->sum = (neuron_source_sum){.size = (size_t)found.size, .checksum = found.checksum};
    return neuron_source_open_member(&member->source, archive, at, (size_t)found.packed,
                                     found.method == DEFLATED, &member->sum, label);
}
