#include "data/codec/content.h"

#include "data/codec/source.h"

#include <string.h>

/* Room for the unpacked data to begin with, and how much more is asked for where it is too small. */
enum { ROOM_RATIO = 4, ROOM_LEAST = 4096 };

/* Unpacks into room that grows with what really comes, so that no claim of the data is believed. */
static int unpack(neuron_content *content, neuron_source *source)
{
    size_t limit, room = ROOM_LEAST, packed = source->store.size;
    neuron_source_left(source, &limit);
    if (packed > room / ROOM_RATIO && packed <= SIZE_MAX / ROOM_RATIO)
        room = packed * ROOM_RATIO;
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
        RETURN_IF_ERROR(
            neuron_source_read(source, larger + content->size, room - content->size, &got));
        content->size += got;
        if (content->size < room)
            return NEURON_OK;
        room = room > limit / 2 ? limit + 1 : room * 2;
    }
}

static int copy(neuron_content *content, neuron_source *source)
{
    size_t size;
    neuron_source_left(source, &size);
    content->owned = neuron_allocate(content->context, size, 1);
    content->bytes = content->owned;
    return content->owned ? neuron_source_read(source, content->owned, size, &content->size)
                          : NEURON_E_MEMORY;
}

static int read_all(neuron_content *content, neuron_source *source)
{
    *content = (neuron_content){
        .context = source->context, .name = source->name, .unpacked = source->unpacked};
    int status = source->packing ? unpack(content, source) : copy(content, source);
    neuron_source_close(source);
    if (status < 0)
        neuron_content_close(content);
    return status;
}

int neuron_content_of(neuron_content *content, neuron_context_t *context, const void *bytes,
                      size_t size, const char *name)
{
    neuron_source source;
    RETURN_IF_ERROR(neuron_source_of(&source, context, bytes, size, name));
    if (source.packing)
        return read_all(content, &source);
    *content = (neuron_content){.context = context, .name = name, .bytes = bytes, .size = size};
    neuron_source_close(&source);
    return NEURON_OK;
}

int neuron_content_open(neuron_content *content, neuron_context_t *context, const char *path)
{
    neuron_source source;
    RETURN_IF_ERROR(neuron_source_open(&source, context, path));
    return read_all(content, &source);
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
