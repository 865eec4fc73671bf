/* Pieces are found by an index, unpacked, and copied row by row to where they belong. */
#include "keras/files/hdf5-chunks.h"

#include <string.h>
#include <zlib.h>

/* Kinds of indices; the first is the only one of the older formats. */
enum { TREE = 0, SINGLE = 1, IMPLICIT = 2, FIXED_ARRAY = 3 };

enum { DEFLATE = 1, SHUFFLE = 2, CHECKSUM = 3 };

/* ---- What headers say ---- */

static bool read_extents(neuron_h5_chunks *chunks, const uint8_t *from, int axes, int width)
{
    if (axes < 2 || axes > NEURON_RANK_MAX + 1)
        return false;
    chunks->rank = axes - 1;
    for (int axis = 0; axis < chunks->rank; axis++) {
        chunks->extent[axis] = neuron_h5_number(from + axis * width, width);
        if (chunks->extent[axis] == 0 || chunks->extent[axis] > INT32_MAX)
            return false;
    }
    chunks->width = neuron_h5_number(from + chunks->rank * width, width);
    return chunks->width >= 1 && chunks->width <= 8;
}

bool neuron_h5_read_chunks(neuron_h5_chunks *chunks, neuron_h5_span message)
{
    const uint8_t *bytes = message.bytes;
    if (message.size < 5)
        return false;
    if (bytes[0] == 3) {
        size_t axes = bytes[2];
        chunks->index = TREE;
        chunks->address = message.size >= 11 ? neuron_h5_number(bytes + 3, 8) : NEURON_H5_NOWHERE;
        return message.size >= 11 + 4 * axes && read_extents(chunks, bytes + 11, (int)axes, 4);
    }
    int flags = bytes[2], width = bytes[4];
    size_t axes = bytes[3], place = 5 + axes * (size_t)width;
    enum { SINGLE_IS_PACKED = 2 };
    if (width < 1 || width > 8 || message.size < place + 1 ||
        !read_extents(chunks, bytes + 5, (int)axes, width))
        return false;
    chunks->index = bytes[place++];
    if (chunks->index == SINGLE && flags & SINGLE_IS_PACKED) {
        if (message.size < place + 12)
            return false;
        chunks->packed_size = neuron_h5_number(bytes + place, 8);
        chunks->packed_mask = (uint32_t)neuron_h5_number(bytes + place + 8, 4);
        place += 12;
    } else if (chunks->index == FIXED_ARRAY) {
        place++;
    }
    chunks->address =
        message.size >= place + 8 ? neuron_h5_number(bytes + place, 8) : NEURON_H5_NOWHERE;
    return true;
}

bool neuron_h5_read_filters(neuron_h5_chunks *chunks, neuron_h5_span message)
{
    const uint8_t *bytes = message.bytes;
    if (message.size < 2 || bytes[1] > NEURON_H5_FILTERS_MAX)
        return false;
    bool old = bytes[0] == 1;
    size_t place = old ? 8 : 2;
    chunks->filter_count = bytes[1];
    for (int i = 0; i < chunks->filter_count; i++) {
        if (message.size < place + 6)
            return false;
        int filter = (int)neuron_h5_number(bytes + place, 2);
        bool named = old || filter >= 256;
        size_t name = named ? (size_t)neuron_h5_number(bytes + place + 2, 2) : 0;
        size_t head = named ? 8 : 6;
        if (message.size < place + head)
            return false;
        size_t values = (size_t)neuron_h5_number(bytes + place + head - 2, 2);
        chunks->filters[i] = filter;
        name = old ? (name + 7) / 8 * 8 : name;
        place += head + name + 4 * (old ? (values + 1) / 2 * 2 : values);
    }
    return place <= message.size;
}

/* ---- Finding pieces ---- */

typedef struct walk {
    const neuron_h5 *h5;
    const neuron_h5_chunks *chunks;
    uint64_t counts[NEURON_RANK_MAX]; /* of pieces along each axis */
    uint64_t all, next;               /* pieces there must be, and the first that may come next */
    uint64_t size;                    /* of a piece when it is unpacked */
    size_t budget;                    /* nodes that may still be read */
    bool damaged;
    int (*visit)(struct walk *of, uint64_t index, neuron_h5_span bytes, uint32_t mask);
    uint64_t stored; /* bytes of all pieces so far */
    uint8_t *numbers;
    const neuron_shape *shape;
} walk;

static int stop(walk *of)
{
    of->damaged = true;
    return NEURON_E_FORMAT;
}

/* Pieces come in their order, each once. */
static int hand_on(walk *of, uint64_t index, uint64_t address, uint64_t size, uint32_t mask)
{
    const uint8_t *bytes = size <= of->h5->size ? neuron_h5_at(of->h5, address, size) : NULL;
    if (!bytes || index < of->next || index >= of->all)
        return stop(of);
    of->next = index + 1;
    of->stored += size;
    return of->visit(of, index, (neuron_h5_span){bytes, (size_t)size}, mask);
}

/* The number of a piece that begins at an offset along each axis. */
static uint64_t index_of(const walk *of, const uint8_t *offsets)
{
    uint64_t index = 0;
    for (int32_t axis = 0; axis < of->chunks->rank; axis++) {
        uint64_t offset = neuron_h5_number(offsets + 8 * axis, 8);
        uint64_t place = offset / of->chunks->extent[axis];
        if (offset % of->chunks->extent[axis] != 0 || place >= of->counts[axis])
            return UINT64_MAX;
        index = index * of->counts[axis] + place;
    }
    return index;
}

/* Level -1 is that of the root, which tells it. */
static int walk_tree(walk *of, uint64_t address, int level)
{
    enum { HEAD = 24, ADDRESS = 8 };
    uint64_t key = 8 + 8 * ((uint64_t)of->chunks->rank + 1);
    const uint8_t *node = neuron_h5_at(of->h5, address, HEAD);
    if (!node || memcmp(node, "TREE", 4) != 0 || node[4] != 1 || (level >= 0 && node[5] != level))
        return stop(of);
    level = node[5];
    uint64_t count = neuron_h5_number(node + 6, 2);
    node = neuron_h5_at(of->h5, address, HEAD + count * (key + ADDRESS) + key);
    if (!node || of->budget < count + 1)
        return stop(of);
    of->budget -= (size_t)count + 1;
    for (uint64_t i = 0; i < count; i++) {
        const uint8_t *entry = node + HEAD + i * (key + ADDRESS);
        uint64_t child = neuron_h5_number(entry + key, ADDRESS);
        if (level > 0)
            RETURN_IF_ERROR(walk_tree(of, child, level - 1));
        else
            RETURN_IF_ERROR(hand_on(of, index_of(of, entry + 8), child, neuron_h5_number(entry, 4),
                                    (uint32_t)neuron_h5_number(entry + 4, 4)));
    }
    return NEURON_OK;
}

static int walk_fixed_array(walk *of)
{
    enum { HEAD = 24, BLOCK_HEAD = 14, ADDRESS = 8, MASK = 4 };
    const uint8_t *head = neuron_h5_at(of->h5, of->chunks->address, HEAD);
    if (!head || memcmp(head, "FAHD", 4) != 0)
        return stop(of);
    bool packed = head[5] == 1;
    uint64_t entry = head[6], count = neuron_h5_number(head + 8, 8);
    uint64_t block = neuron_h5_number(head + 16, 8);
    int width = packed ? (int)entry - ADDRESS - MASK : 8;
    if (head[7] < 32 && count > (uint64_t)1 << head[7])
        return neuron_fail(NEURON_E_UNSUPPORTED,
                           "%s: an array lies in %" PRIu64 " pieces, which are too many to be read",
                           of->h5->name, count);
    if (count != of->all || width < 1 || width > 8 || entry < ADDRESS || count > of->h5->size)
        return stop(of);
    const uint8_t *entries = neuron_h5_at(of->h5, block, BLOCK_HEAD + count * entry);
    if (!entries || memcmp(entries, "FADB", 4) != 0)
        return stop(of);
    for (uint64_t i = 0; i < count; i++) {
        const uint8_t *from = entries + BLOCK_HEAD + i * entry;
        uint64_t size = packed ? neuron_h5_number(from + ADDRESS, width) : of->size;
        uint32_t mask = packed ? (uint32_t)neuron_h5_number(from + ADDRESS + width, MASK) : 0;
        RETURN_IF_ERROR(hand_on(of, i, neuron_h5_number(from, ADDRESS), size, mask));
    }
    return NEURON_OK;
}

static int walk_index(walk *of)
{
    const neuron_h5_chunks *chunks = of->chunks;
    if (chunks->index == TREE)
        return walk_tree(of, chunks->address, -1);
    if (chunks->index == FIXED_ARRAY)
        return walk_fixed_array(of);
    if (chunks->index == SINGLE)
        return hand_on(of, 0, chunks->address, chunks->packed_size ? chunks->packed_size : of->size,
                       chunks->packed_mask);
    for (uint64_t i = 0; i < of->all; i++)
        RETURN_IF_ERROR(hand_on(of, i, chunks->address + i * of->size, of->size, 0));
    return NEURON_OK;
}

static bool begin_walk(walk *of, const neuron_h5 *h5, const neuron_h5_chunks *chunks,
                       const neuron_shape *shape)
{
    enum { NODE = 24 };
    *of = (walk){.h5 = h5, .chunks = chunks, .shape = shape, .all = 1, .size = chunks->width};
    of->budget = 2 * h5->size / NODE;
    if (chunks->rank != shape->rank)
        return false;
    for (int32_t axis = 0; axis < shape->rank; axis++) {
        of->counts[axis] =
            ((uint64_t)shape->extent[axis] + chunks->extent[axis] - 1) / chunks->extent[axis];
        of->all *= of->counts[axis];
        of->size *= chunks->extent[axis];
        if (of->size > (uint64_t)NEURON_H5_RATIO * h5->size || of->all > h5->size)
            return false;
    }
    return true;
}

static int end_walk(const walk *of, int status, const char *path)
{
    bool whole = !of->damaged && of->next == of->all;
    return status == NEURON_OK && whole         ? NEURON_OK
           : of->damaged || status == NEURON_OK ? neuron_h5_damaged(of->h5, path)
                                                : status;
}

/* ---- Unpacking ---- */

static void *allocate_for_zlib(void *context, uInt count, uInt size)
{
    return neuron_allocate(context, count, size);
}

static void release_for_zlib(void *context, void *memory)
{
    neuron_release(context, memory);
}

/* Returns how many bytes there are; 0 for damaged ones. */
static size_t inflate_all(uint8_t *to, size_t room, const uint8_t *from, size_t size,
                          neuron_context_t *context)
{
    z_stream stream = {.zalloc = allocate_for_zlib, .zfree = release_for_zlib, .opaque = context};
    if (size > UINT32_MAX || room > UINT32_MAX || inflateInit(&stream) != Z_OK)
        return 0;
    stream.next_in = (z_const Bytef *)(uintptr_t)from;
    stream.avail_in = (uInt)size;
    stream.next_out = to;
    stream.avail_out = (uInt)room;
    int code = inflate(&stream, Z_FINISH);
    size_t made = room - stream.avail_out;
    inflateEnd(&stream);
    return code == Z_STREAM_END ? made : 0;
}

/* First bytes of all numbers first, then the second ones, ... */
static void unshuffle(uint8_t *to, const uint8_t *from, size_t size, size_t width)
{
    size_t count = size / width;
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < width; k++)
            to[i * width + k] = from[k * count + i];
    memcpy(to + count * width, from + count * width, size - count * width);
}

/* The bytes of a piece, in one of two rooms or where they lie in the file. NULL if damaged. */
static const uint8_t *unpack(uint8_t *rooms[2], size_t room, const walk *of, neuron_h5_span bytes,
                             uint32_t mask)
{
    const neuron_h5_chunks *chunks = of->chunks;
    const uint8_t *from = bytes.bytes;
    size_t size = bytes.size;
    for (int i = chunks->filter_count; i-- > 0;) {
        uint8_t *to = from == rooms[0] ? rooms[1] : rooms[0];
        if (mask >> i & 1)
            continue;
        if (chunks->filters[i] == CHECKSUM) {
            if (size < 4)
                return NULL;
            size -= 4;
        } else if (chunks->filters[i] == SHUFFLE) {
            if (size > room)
                return NULL;
            unshuffle(to, from, size, (size_t)chunks->width);
            from = to;
        } else {
            size = inflate_all(to, room, from, size, of->h5->context);
            from = to;
        }
    }
    return size == of->size ? from : NULL;
}

/* ---- Joining ---- */

/* Copies the rows of a piece to where they belong; at the ends of the array a piece may go on. */
static void copy_rows(const walk *of, uint64_t index, const uint8_t *from)
{
    const neuron_h5_chunks *chunks = of->chunks;
    uint64_t begin[NEURON_RANK_MAX], take[NEURON_RANK_MAX], at[NEURON_RANK_MAX] = {0};
    int32_t last = chunks->rank - 1;
    for (int32_t axis = last; axis >= 0; axis--) {
        begin[axis] = index % of->counts[axis] * chunks->extent[axis];
        index /= of->counts[axis];
        uint64_t left = (uint64_t)of->shape->extent[axis] - begin[axis];
        take[axis] = left < chunks->extent[axis] ? left : chunks->extent[axis];
    }
    for (;;) {
        uint64_t to = 0, place = 0;
        for (int32_t axis = 0; axis <= last; axis++) {
            to = to * (uint64_t)of->shape->extent[axis] + begin[axis] + at[axis];
            place = place * chunks->extent[axis] + at[axis];
        }
        memcpy(of->numbers + to * chunks->width, from + place * chunks->width,
               (size_t)(take[last] * chunks->width));
        int32_t axis = last - 1;
        while (axis >= 0 && ++at[axis] == take[axis])
            at[axis--] = 0;
        if (axis < 0)
            return;
    }
}

static int join(walk *of, uint64_t index, neuron_h5_span bytes, uint32_t mask)
{
    size_t room = (size_t)of->size + 4; /* with a sum behind */
    uint8_t *rooms[2] = {NULL, NULL};
    int status = NEURON_OK;
    for (int i = 0; i < 2 && of->chunks->filter_count > 0 && status == NEURON_OK; i++) {
        rooms[i] = neuron_allocate(of->h5->context, room, 1);
        status = rooms[i] ? NEURON_OK : NEURON_E_MEMORY;
    }
    if (status == NEURON_OK) {
        const uint8_t *from = unpack(rooms, room, of, bytes, mask);
        if (from)
            copy_rows(of, index, from);
        else
            status = stop(of);
    }
    neuron_release(of->h5->context, rooms[0]);
    neuron_release(of->h5->context, rooms[1]);
    return status;
}

/* Nothing is unpacked to more than its bytes can be. */
static int check(walk *of, uint64_t index, neuron_h5_span bytes, uint32_t mask)
{
    (void)index;
    (void)mask;
    bool packed = of->chunks->filter_count > 0;
    return of->size <= (packed ? NEURON_H5_RATIO : 1) * (uint64_t)bytes.size ? NEURON_OK : stop(of);
}

int neuron_h5_check_chunks(uint64_t *stored, const neuron_h5 *h5, const neuron_h5_chunks *chunks,
                           const neuron_shape *shape, const char *path)
{
    walk of;
    if (chunks->index < TREE || chunks->index > FIXED_ARRAY)
        return neuron_fail(NEURON_E_UNSUPPORTED,
                           "%s: \"%.200s\" can grow, and is found by an index of kind %d, which is "
                           "not read",
                           h5->name, path, chunks->index);
    for (int i = 0; i < chunks->filter_count; i++)
        if (chunks->filters[i] < DEFLATE || chunks->filters[i] > CHECKSUM)
            return neuron_fail(NEURON_E_UNSUPPORTED,
                               "%s: \"%.200s\" is packed by filter %d; gzip (1), shuffle (2) and "
                               "fletcher32 (3) are read",
                               h5->name, path, chunks->filters[i]);
    if (!begin_walk(&of, h5, chunks, shape))
        return neuron_h5_damaged(h5, path);
    of.visit = check;
    int status = walk_index(&of);
    *stored = of.stored;
    return end_walk(&of, status, path);
}

int neuron_h5_join_chunks(uint8_t *numbers, const neuron_h5 *h5, const neuron_h5_chunks *chunks,
                          const neuron_shape *shape, const char *path)
{
    walk of;
    if (!begin_walk(&of, h5, chunks, shape))
        return neuron_h5_damaged(h5, path);
    of.visit = join;
    of.numbers = numbers;
    return end_walk(&of, walk_index(&of), path);
}
