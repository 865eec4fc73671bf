#include "data/gzip.h"

#include <string.h>

/* zlib counts what it is given in unsigned int. */
static const size_t piece_max = (size_t)1 << 30;

/* To zlib: take a gzip header and check its checksum, or take none, with the largest window. */
enum { GZIP_WINDOW = 16 + 15, RAW_WINDOW = -15 };

static void *allocate_for_zlib(void *context, unsigned count, unsigned size)
{
    return neuron_allocate(context, count, size);
}

static void release_for_zlib(void *context, void *memory)
{
    neuron_release(context, memory);
}

bool neuron_gzip_is(const void *bytes, size_t size)
{
    return size >= 2 && memcmp(bytes, "\x1f\x8b", 2) == 0;
}

static int open_window(neuron_gzip *gzip, neuron_context_t *context, const void *bytes, size_t size,
                       const char *name, int window)
{
    *gzip = (neuron_gzip){
        .context = context,
        .name = name,
        .kind = window < 0 ? "deflate" : "gzip",
        .bytes = bytes,
        .size = size,
        .stream = {.zalloc = allocate_for_zlib, .zfree = release_for_zlib, .opaque = context}};
    int code = inflateInit2(&gzip->stream, window);
    if (code == Z_OK)
        return NEURON_OK;
    return code == Z_MEM_ERROR
               ? NEURON_E_MEMORY
               : neuron_fail(NEURON_E_UNSUPPORTED, "%s: zlib %s is not the version of its headers",
                             name, zlibVersion());
}

int neuron_gzip_open(neuron_gzip *gzip, neuron_context_t *context, const void *bytes, size_t size,
                     const char *name)
{
    return open_window(gzip, context, bytes, size, name, GZIP_WINDOW);
}

int neuron_gzip_open_raw(neuron_gzip *gzip, neuron_context_t *context, const void *bytes,
                         size_t size, const char *name)
{
    return open_window(gzip, context, bytes, size, name, RAW_WINDOW);
}

void neuron_gzip_close(neuron_gzip *gzip)
{
    inflateEnd(&gzip->stream);
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* One call of inflate; the status if it cannot go on. */
static int unpack(neuron_gzip *gzip, void *buffer, size_t room, size_t *got)
{
    z_stream *stream = &gzip->stream;
    if (stream->avail_in == 0) {
        size_t piece = smaller(gzip->size - gzip->taken, piece_max);
        stream->next_in = gzip->bytes + gzip->taken;
        stream->avail_in = (uInt)piece;
        gzip->taken += piece;
    }
    uInt offered = (uInt)smaller(room, piece_max);
    stream->next_out = buffer;
    stream->avail_out = offered;
    int code = inflate(stream, Z_NO_FLUSH);
    *got = offered - stream->avail_out;
    size_t at = gzip->taken - stream->avail_in;
    switch (code) {
    case Z_STREAM_END:
        gzip->ended = true;
        return NEURON_OK;
    case Z_OK:
        return NEURON_OK;
    case Z_MEM_ERROR:
        return NEURON_E_MEMORY;
    case Z_BUF_ERROR: /* nothing to go on with, as there always is room */
        return neuron_fail(NEURON_E_FORMAT, "%s: the %s data ends early, at byte %zu", gzip->name,
                           gzip->kind, at);
    default:
        return neuron_fail(NEURON_E_FORMAT, "%s: the %s data is damaged at byte %zu: %s",
                           gzip->name, gzip->kind, at,
                           stream->msg ? stream->msg : "needs a dictionary");
    }
}

int neuron_gzip_read(neuron_gzip *gzip, void *buffer, size_t room, size_t *got)
{
    *got = 0;
    while (*got < room && !gzip->ended) {
        size_t piece;
        RETURN_IF_ERROR(unpack(gzip, (char *)buffer + *got, room - *got, &piece));
        *got += piece;
    }
    return NEURON_OK;
}

size_t neuron_gzip_left(const neuron_gzip *gzip)
{
    return gzip->size - gzip->taken + gzip->stream.avail_in;
}
