/* Stored bytes go through the source's buffer, or for memory and large chunks of a plain file
 * straight to the reader; packed ones through zlib, in gzip.c. */
#include "data/codec/source.h"

#include "base/checked.h"

#include <inttypes.h>
#include <string.h>

enum { BUFFER_SIZE = 1 << 14 };

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

int neuron_source_fetch(neuron_source *source)
{
    /* zlib counts what it is given in unsigned int. */
    size_t chunk_max = (size_t)1 << 30;
    if (source->next_size > 0)
        return NEURON_OK;
    size_t left = source->end - source->fetched;
    size_t chunk = smaller(left, source->store.bytes ? chunk_max : BUFFER_SIZE);
    if (source->store.bytes) {
        source->next = source->store.bytes + source->fetched;
    } else if (chunk > 0) {
        if (!source->buffer)
            source->buffer = neuron_allocate(source->context, BUFFER_SIZE, 1);
        if (!source->buffer)
            return NEURON_E_MEMORY;
        RETURN_IF_ERROR(neuron_store_read(&source->store, source->fetched, source->buffer, chunk));
        source->next = source->buffer;
    }
    source->next_size = chunk;
    source->fetched += chunk;
    return NEURON_OK;
}

/* Closes what could not be begun. */
static int begin(neuron_source *source)
{
    int status = source->packing ? neuron_gzip_start(source) : NEURON_OK;
    if (status < 0) {
        source->packing = NULL;
        neuron_source_close(source);
    }
    return status;
}

int neuron_source_open(neuron_source *source, const neuron_content *content)
{
    *source =
        (neuron_source){.context = content->context, .name = content->name, .owns_store = true};
    RETURN_IF_ERROR(neuron_store_open(&source->store, content));
    source->end = source->store.size;
    int status = neuron_source_fetch(source);
    if (status < 0) {
        neuron_source_close(source);
        return status;
    }
    source->unpacked = source->next_size >= 2 && memcmp(source->next, "\x1f\x8b", 2) == 0;
    source->packing = source->unpacked ? "gzip" : NULL;
    return begin(source);
}

int neuron_source_open_member(neuron_source *source, const neuron_store *store, size_t at,
                              size_t size, bool deflated, const neuron_source_sum *sum,
                              const char *name)
{
    *source = (neuron_source){.context = store->context,
                              .name = name,
                              .store = *store,
                              .fetched = at,
                              .end = at + size,
                              .packing = deflated ? "deflate" : NULL,
                              .unpacked = true,
                              .sum = sum};
    return begin(source);
}

void neuron_source_close(neuron_source *source)
{
    if (source->packing)
        inflateEnd(&source->stream);
    neuron_release(source->context, source->buffer);
    if (source->owns_store)
        neuron_store_close(&source->store);
}

/* Large chunks of a file go straight to the reader. */
static int read_plain(neuron_source *source, uint8_t *bytes, size_t capacity, size_t *got)
{
    for (*got = 0; *got < capacity;) {
        size_t chunk = smaller(capacity - *got, source->next_size);
        if (chunk > 0) {
            memcpy(bytes + *got, source->next, chunk);
            source->next += chunk;
            source->next_size -= chunk;
        } else if (!source->store.bytes && capacity - *got >= BUFFER_SIZE) {
            chunk = smaller(capacity - *got, source->end - source->fetched);
            RETURN_IF_ERROR(
                neuron_store_read(&source->store, source->fetched, bytes + *got, chunk));
            source->fetched += chunk;
        } else {
            RETURN_IF_ERROR(neuron_source_fetch(source));
            chunk = 0;
        }
        if (chunk == 0 && source->next_size == 0)
            return NEURON_OK;
        *got += chunk;
    }
    return NEURON_OK;
}

int neuron_source_read(neuron_source *source, void *bytes, size_t capacity, size_t *got)
{
    RETURN_IF_ERROR(source->packing ? neuron_gzip_read(source, bytes, capacity, got)
                                    : read_plain(source, bytes, capacity, got));
    source->position += *got;
    if (source->sum)
        source->checksum = crc32_z(source->checksum, bytes, *got);
    return NEURON_OK;
}

bool neuron_source_left(const neuron_source *source, uint64_t *left)
{
    uint64_t end_max = UINT64_MAX / NEURON_GZIP_RATIO_MAX / 2; /* far beyond any file */
    uint64_t end = source->end < end_max ? source->end : end_max;
    if (!source->packing)
        *left = source->end - source->fetched + source->next_size;
    else if (source->sum)
        *left = source->sum->size > source->position ? source->sum->size - source->position : 0;
    else
        *left = end * NEURON_GZIP_RATIO_MAX - source->position;
    return !source->packing || source->sum;
}

static int check_sum(const neuron_source *source, size_t extra)
{
    const neuron_source_sum *sum = source->sum;
    if (extra > 0 || source->position != sum->size)
        return neuron_fail(NEURON_E_FORMAT,
                           "%s: unpacks to %s than the %zu bytes that it should have", source->name,
                           extra > 0 ? "more" : "less", sum->size);
    if (source->checksum == sum->checksum)
        return NEURON_OK;
    return neuron_fail(NEURON_E_FORMAT,
                       "%s: is damaged: its checksum is %08lx, not %08" PRIx32 " as it should be",
                       source->name, source->checksum, sum->checksum);
}

int neuron_source_finish(neuron_source *source, const char *what)
{
    char extra;
    size_t got;
    RETURN_IF_ERROR(neuron_source_read(source, &extra, 1, &got));
    if (source->sum)
        return check_sum(source, got);
    if (got > 0)
        return neuron_fail(NEURON_E_FORMAT, "%s: more data follows %s, at byte %zu%s", source->name,
                           what, source->position - got, neuron_source_where(source));
    return NEURON_OK;
}

const char *neuron_source_where(const neuron_source *source)
{
    return source->unpacked ? " of the unpacked data" : "";
}

int neuron_source_check_packed_once(const neuron_source *source)
{
    if (source->unpacked)
        return neuron_fail(NEURON_E_UNSUPPORTED, "%s: is packed twice: unpack it with gunzip first",
                           source->name);
    return NEURON_OK;
}
