#include "data/content.h"

#include "base/checked.h"
#include "base/file.h"
#include "data/gzip.h"

#include <string.h>

/* Room for the unpacked data to begin with, and how much more is asked for where it is too small. */
enum { ROOM_RATIO = 4, ROOM_LEAST = 4096 };

/* Unpacks into room that grows with what really comes, so that no claim of the data is believed. */
static int unpack(neuron_content *content, neuron_gzip *gzip)
{
    size_t limit, room = ROOM_LEAST;
    if (!neuron_multiply_size(gzip->size, NEURON_GZIP_RATIO_MAX, &limit))
        limit = SIZE_MAX;
    if (gzip->size > room / ROOM_RATIO && gzip->size <= SIZE_MAX / ROOM_RATIO)
        room = gzip->size * ROOM_RATIO;
    for (;;) {
        uint8_t *larger = neuron_allocate(content->context, room, 1);
        if (!larger)
            return NEURON_E_MEMORY;
        if (content->size > 0)
            memcpy(larger, content->owned, content->size);
        neuron_release(content->context, content->owned);
        content->owned = larger;
        content->bytes = larger;
        size_t got;
        RETURN_IF_ERROR(neuron_gzip_read(gzip, larger + content->size, room - content->size, &got));
        content->size += got;
        if (content->size < room)
            return NEURON_OK;
        room = room > limit / 2 ? limit + 1 : room * 2;
    }
}

static int open_packed(neuron_content *content, const void *bytes, size_t size)
{
    neuron_gzip gzip;
    content->size = 0;
    content->unpacked = true;
    RETURN_IF_ERROR(neuron_gzip_open(&gzip, content->context, bytes, size, content->name));
    int status = unpack(content, &gzip);
    size_t left = neuron_gzip_left(&gzip);
    if (status == NEURON_OK && left > 0)
        status = neuron_fail(NEURON_E_FORMAT, "%s: %zu bytes follow the gzip data, at byte %zu",
                             content->name, left, size - left);
    neuron_gzip_close(&gzip);
    if (status < 0)
        neuron_content_close(content);
    return status;
}

int neuron_content_of(neuron_content *content, neuron_context_t *context, const void *bytes,
                      size_t size, const char *name)
{
    *content = (neuron_content){.context = context, .name = name, .bytes = bytes, .size = size};
    return neuron_gzip_is(bytes, size) ? open_packed(content, bytes, size) : NEURON_OK;
}

int neuron_content_open(neuron_content *content, neuron_context_t *context, const char *path)
{
    void *bytes;
    size_t size;
    RETURN_IF_ERROR(neuron_file_read(context, path, &bytes, &size));
    int status = neuron_content_of(content, context, bytes, size, path);
    if (status == NEURON_OK && !content->unpacked)
        content->owned = bytes;
    else
        neuron_release(context, bytes);
    return status;
}

int neuron_content_check_packed_once(const neuron_content *content)
{
    if (content->unpacked)
        return neuron_fail(NEURON_E_UNSUPPORTED, "%s: is packed twice: unpack it with gunzip first",
                           content->name);
    return NEURON_OK;
}

const char *neuron_content_where(const neuron_content *content)
{
    return content->unpacked ? " of the unpacked data" : "";
}

void neuron_content_close(neuron_content *content)
{
    if (content->owned)
        neuron_release(content->context, content->owned);
    content->owned = NULL;
}
