/* Reads a content as a whole, through a source. The size of a plain file is known before; for gzip
 * data memory grows with what really comes out, up to what deflate can make of so many bytes. */
#include "data/codec/buffer.h"

#include "base/checked.h"
#include "data/codec/source.h"

#include <string.h>

/* The memory for unpacked data to begin with: a ratio that is common, but not less than this. */
enum { CAPACITY_RATIO = 4, CAPACITY_LEAST = 4096 };

/* Memory for more, with what is there already. */
static int grow(neuron_buffer *buffer, size_t capacity)
{
    uint8_t *larger = neuron_allocate(buffer->context, capacity, 1);
    if (!larger)
        return NEURON_E_MEMORY;
    if (buffer->size > 0)
        memcpy(larger, buffer->owned, buffer->size);
    neuron_release(buffer->context, buffer->owned);
    buffer->owned = larger;
    buffer->bytes = larger;
    return NEURON_OK;
}

static int read_packed(neuron_buffer *buffer, neuron_source *source)
{
    uint64_t limit;
    size_t capacity = CAPACITY_LEAST, packed = source->store.size;
    neuron_source_left(source, &limit);
    if (packed > capacity / CAPACITY_RATIO && packed <= SIZE_MAX / CAPACITY_RATIO)
        capacity = packed * CAPACITY_RATIO;
    for (;;) {
        size_t got;
        RETURN_IF_ERROR(grow(buffer, capacity));
        RETURN_IF_ERROR(neuron_source_read(source, (uint8_t *)buffer->owned + buffer->size,
                                           capacity - buffer->size, &got));
        buffer->size += got;
        if (buffer->size < capacity)
            return NEURON_OK;
        capacity = neuron_size(capacity > limit / 2 ? (int64_t)limit + 1 : (int64_t)capacity * 2);
    }
}

static int read_plain(neuron_buffer *buffer, neuron_source *source)
{
    uint64_t left;
    neuron_source_left(source, &left);
    size_t size = (size_t)left;              /* of the file, or its bytes in memory */
    RETURN_IF_ERROR(grow(buffer, size + 1)); /* one more for neuron_buffer_end_line() */
    return neuron_source_read(source, buffer->owned, size, &buffer->size);
}

int neuron_buffer_open(neuron_buffer *buffer, const neuron_content *content)
{
    neuron_source source;
    RETURN_IF_ERROR(neuron_source_open(&source, content));
    *buffer = (neuron_buffer){
        .context = content->context, .name = content->name, .unpacked = source.unpacked};
    int status = NEURON_OK;
    if (source.packing) {
        status = read_packed(buffer, &source);
    } else if (content->bytes) {
        buffer->bytes = content->bytes;
        buffer->size = content->size;
    } else {
        status = read_plain(buffer, &source);
    }
    neuron_source_close(&source);
    if (status < 0)
        neuron_buffer_close(buffer);
    return status;
}

int neuron_buffer_end_line(neuron_buffer *buffer)
{
    size_t size = buffer->size;
    if (!buffer->owned && size > 0 && buffer->bytes[size - 1] == '\n')
        return NEURON_OK;
    if (!buffer->owned) {
        uint8_t *copy = neuron_allocate(buffer->context, size + 1, 1);
        if (!copy)
            return NEURON_E_MEMORY;
        memcpy(copy, buffer->bytes, size);
        buffer->owned = copy;
        buffer->bytes = copy;
    }
    ((uint8_t *)buffer->owned)[size] = '\n';
    return NEURON_OK;
}

const char *neuron_buffer_where(const neuron_buffer *buffer)
{
    return buffer->unpacked ? " of the unpacked data" : "";
}

void neuron_buffer_close(neuron_buffer *buffer)
{
    if (buffer->owned)
        neuron_release(buffer->context, buffer->owned);
    buffer->owned = NULL;
}
