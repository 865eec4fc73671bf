/* The packed kinds of a source: gzip data, and the deflate data of ZIP archives. zlib unpacks
 * straight into what the reader gave; what may follow gzip data is told as gunzip tells it, in
 * go_on(). */
#include "data/codec/source.h"

#include <string.h>

/* To zlib: take a gzip header and check its checksum, or take none, with the largest window. */
enum { GZIP_WINDOW = 16 + 15, RAW_WINDOW = -15 };

static const uint8_t magic[] = {0x1f, 0x8b};

static void *allocate_for_zlib(void *context, unsigned count, unsigned size)
{
    return neuron_allocate(context, count, size);
}

static void release_for_zlib(void *context, void *memory)
{
    neuron_release(context, memory);
}

static bool is_gzip(const neuron_source *source)
{
    return source->packing[0] == 'g';
}

int neuron_gzip_start(neuron_source *source)
{
    source->stream = (z_stream){
        .zalloc = allocate_for_zlib, .zfree = release_for_zlib, .opaque = source->context};
    int code = inflateInit2(&source->stream, is_gzip(source) ? GZIP_WINDOW : RAW_WINDOW);
    if (code == Z_OK)
        return NEURON_OK;
    return code == Z_MEM_ERROR
               ? NEURON_E_MEMORY
               : neuron_fail(NEURON_E_UNSUPPORTED, "%s: zlib %s is not the version of its headers",
                             source->name, zlibVersion());
}

/* Of the next byte that is given to zlib. */
static size_t stored_at(const neuron_source *source)
{
    return source->fetched - source->next_size;
}

/* One call of inflate; the status if it cannot go on. */
static int inflate_some(neuron_source *source, void *bytes, size_t capacity, size_t *got)
{
    size_t chunk_max = (size_t)1 << 30;
    z_stream *stream = &source->stream;
    uInt offered = (uInt)(capacity < chunk_max ? capacity : chunk_max);
    stream->next_in = source->next;
    stream->avail_in = (uInt)source->next_size;
    stream->next_out = bytes;
    stream->avail_out = offered;
    int code = inflate(stream, Z_NO_FLUSH);
    source->next = stream->next_in;
    source->next_size = stream->avail_in;
    *got = offered - stream->avail_out;
    switch (code) {
    case Z_STREAM_END:
        source->ended = true;
        return NEURON_OK;
    case Z_OK:
        return NEURON_OK;
    case Z_MEM_ERROR:
        return NEURON_E_MEMORY;
    case Z_BUF_ERROR: /* nothing to go on with, as there always is room */
        return neuron_fail(NEURON_E_FORMAT, "%s: the %s data ends early, at byte %zu", source->name,
                           source->packing, stored_at(source));
    default:
        return neuron_fail(NEURON_E_FORMAT, "%s: the %s data is damaged at byte %zu: %s",
                           source->name, source->packing, stored_at(source),
                           stream->msg ? stream->msg : "needs a dictionary");
    }
}

/* The next stored byte; -1 if there is none. */
static int next_byte(neuron_source *source, int *byte)
{
    RETURN_IF_ERROR(neuron_source_fetch(source));
    *byte = -1;
    if (source->next_size > 0) {
        *byte = *source->next++;
        source->next_size--;
    }
    return NEURON_OK;
}

/* What follows the end of a member. As gunzip has it: another member goes on with the data, zeros
 * fill a block of a tape, a single byte is a member that was cut, and anything else does not belong
 * to it. */
static int go_on(neuron_source *source)
{
    int first, second = 0;
    size_t at = stored_at(source);
    RETURN_IF_ERROR(next_byte(source, &first));
    while (first == 0 && second == 0)
        RETURN_IF_ERROR(next_byte(source, &second));
    if (first > 0)
        RETURN_IF_ERROR(next_byte(source, &second));
    if (first < 0 || (first == 0 && second < 0))
        return NEURON_OK;
    if (second < 0)
        return neuron_fail(NEURON_E_FORMAT, "%s: 1 byte follows the gzip data, at byte %zu",
                           source->name, at);
    if (first == magic[0] && second == magic[1]) {
        const uint8_t *next = source->next;
        size_t size = source->next_size, none;
        char nothing;
        source->ended = false;
        inflateReset(&source->stream);
        source->next = magic;
        source->next_size = sizeof magic;
        int status = inflate_some(source, &nothing, 1, &none); /* which is a header's beginning */
        source->next = next;
        source->next_size = size;
        return status;
    }
    neuron_log(source->context, NEURON_LOG_WARNING, "data",
               "%s: what follows the gzip data at byte %zu is ignored", source->name, at);
    return NEURON_OK;
}

int neuron_gzip_read(neuron_source *source, void *bytes, size_t capacity, size_t *got)
{
    *got = 0;
    while (*got < capacity && !source->ended) {
        size_t chunk;
        RETURN_IF_ERROR(neuron_source_fetch(source));
        RETURN_IF_ERROR(inflate_some(source, (char *)bytes + *got, capacity - *got, &chunk));
        *got += chunk;
        if (source->ended && is_gzip(source))
            RETURN_IF_ERROR(go_on(source));
    }
    return NEURON_OK;
}
