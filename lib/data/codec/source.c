#include "data/codec/source.h"

#include "base/checked.h"

#include <inttypes.h>
#include <string.h>

enum { BUFFER_SIZE = 1 << 14 };

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

int neuron_source_take(neuron_source *source)
{
    /* zlib counts what it is given in unsigned int. */
    const size_t piece_max = (size_t)1 << 30;
    if (source->next_size > 0)
        return NEURON_OK;
    size_t left = source->end - source->taken;
    size_t piece = smaller(left, source->store.bytes ? piece_max : BUFFER_SIZE);
    if (source->store.bytes) {
        source->next = source->store.bytes + source->taken;
    } else if (piece > 0) {
        if (!source->buffer)
            source->buffer = neuron_allocate(source->context, BUFFER_SIZE, 1);
        if (!source->buffer)
            return NEURON_E_MEMORY;
        RETURN_IF_ERROR(neuron_store_read(&source->store, source->taken, source->buffer, piece));
        source->next = source->buffer;
    }
    source->next_size = piece;
    source->taken += piece;
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

static int begin_file(neuron_source *source)
{
    source->context = source->store.context;
    source->name = source->store.name;
    source->end = source->store.size;
    int status = neuron_source_take(source);
    if (status < 0) {
        neuron_source_close(source);
        return status;
    }
    source->unpacked = source->next_size >= 2 && memcmp(source->next, "\x1f\x8b", 2) == 0;
    source->packing = source->unpacked ? "gzip" : NULL;
    return begin(source);
}

int neuron_source_open(neuron_source *source, neuron_context_t *context, const char *path)
{
    *source = (neuron_source){.owns_store = true};
    RETURN_IF_ERROR(neuron_store_open(&source->store, context, path));
    return begin_file(source);
}

int neuron_source_of(neuron_source *source, neuron_context_t *context, const void *bytes,
                     size_t size, const char *name)
{
    *source = (neuron_source){.store = neuron_store_of(context, bytes, size, name)};
    return begin_file(source);
}

int neuron_source_part(neuron_source *source, const neuron_store *store, size_t at, size_t size,
                       bool deflated, const neuron_source_sum *sum, const char *name)
{
    *source = (neuron_source){.context = store->context,
                              .name = name,
                              .store = *store,
                              .taken = at,
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

/* Large pieces of a file go where they are wanted at once. */
static int read_plain(neuron_source *source, uint8_t *bytes, size_t room, size_t *got)
{
    for (*got = 0; *got < room;) {
        size_t piece = smaller(room - *got, source->next_size);
        if (piece > 0) {
            memcpy(bytes + *got, source->next, piece);
            source->next += piece;
            source->next_size -= piece;
        } else if (!source->store.bytes && room - *got >= BUFFER_SIZE) {
            piece = smaller(room - *got, source->end - source->taken);
            RETURN_IF_ERROR(neuron_store_read(&source->store, source->taken, bytes + *got, piece));
            source->taken += piece;
        } else {
            RETURN_IF_ERROR(neuron_source_take(source));
            piece = 0;
        }
        if (piece == 0 && source->next_size == 0)
            return NEURON_OK;
        *got += piece;
    }
    return NEURON_OK;
}

int neuron_source_read(neuron_source *source, void *bytes, size_t room, size_t *got)
{
    RETURN_IF_ERROR(source->packing ? neuron_gzip_read(source, bytes, room, got)
                                    : read_plain(source, bytes, room, got));
    source->position += *got;
    if (source->sum)
        source->checksum = crc32_z(source->checksum, bytes, *got);
    return NEURON_OK;
}

bool neuron_source_left(const neuron_source *source, size_t *left)
{
    size_t stored = source->end - source->taken + source->next_size;
    if (!source->packing)
        *left = stored;
    else if (source->sum)
        *left = source->sum->size > source->position ? source->sum->size - source->position : 0;
    else if (neuron_multiply_size(source->end, NEURON_GZIP_RATIO_MAX, left))
        *left -= source->position;
    else
        *left = SIZE_MAX;
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
