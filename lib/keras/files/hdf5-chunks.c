/* Pieces are found by an index, unpacked, and copied row by row to where they belong. */
#include "keras/files/hdf5-chunks.h"

#include "data/codec/source.h"

#include <string.h>

/* Kinds of indices; the first is the only one of the older formats. */
enum { TREE = 0, SINGLE = 1, IMPLICIT = 2, FIXED_ARRAY = 3 };

enum { DEFLATE = 1, SHUFFLE = 2, CHECKSUM = 3 };

/* Bytes of a checksum. */
enum { SUM = 4 };

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

typedef struct chunk {
    uint64_t index, address, size;
    uint32_t mask; /* a bit for each filter that was left out */
    const uint8_t *bytes;
} chunk;

typedef struct walk {
    const neuron_h5 *h5;
    const neuron_h5_chunks *chunks;
    const neuron_shape *shape;
    uint64_t counts[NEURON_RANK_MAX]; /* of pieces along each axis */
    uint64_t all, next;               /* pieces there must be, and the first that may come next */
    uint64_t size;                    /* of a piece when it is unpacked */
    size_t budget;                    /* nodes that may still be read */
    bool damaged;
    int (*visit)(struct walk *of, const chunk *found);
    uint64_t stored;   /* bytes of all pieces so far */
    uint8_t *numbers;  /* where they belong */
    uint8_t *rooms[2]; /* of a piece that is unpacked, with a sum behind; NULL if none is */
} walk;

static int stop(walk *of)
{
    of->damaged = true;
    return NEURON_E_FORMAT;
}

/* Pieces come in their order, each once. */
static int visit_chunk(walk *of, chunk found)
{
    found.bytes = neuron_h5_at(of->h5, found.address, found.size);
    if (!found.bytes || found.index != of->next || found.index >= of->all)
        return stop(of);
    of->next++;
    of->stored += found.size;
    return of->visit(of, &found);
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
            RETURN_IF_ERROR(
                visit_chunk(of, (chunk){.index = index_of(of, entry + 8),
                                        .address = child,
                                        .size = neuron_h5_number(entry, 4),
                                        .mask = (uint32_t)neuron_h5_number(entry + 4, 4)}));
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
        chunk found = {.index = i, .address = neuron_h5_number(from, ADDRESS), .size = of->size};
        if (packed) {
            found.size = neuron_h5_number(from + ADDRESS, width);
            found.mask = (uint32_t)neuron_h5_number(from + ADDRESS + width, MASK);
        }
        RETURN_IF_ERROR(visit_chunk(of, found));
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
        return visit_chunk(of, (chunk){.address = chunks->address,
                                       .size = chunks->packed_size ? chunks->packed_size : of->size,
                                       .mask = chunks->packed_mask});
    for (uint64_t i = 0; i < of->all; i++)
        RETURN_IF_ERROR(visit_chunk(
            of, (chunk){.index = i, .address = chunks->address + i * of->size, .size = of->size}));
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
        if (of->size > (uint64_t)NEURON_GZIP_RATIO_MAX * h5->size || of->all > h5->size)
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

/* `made` is how many bytes there are; 0 for damaged ones. */
static int inflate_all(size_t *made, uint8_t *to, size_t room, neuron_h5_span from,
                       neuron_context_t *context)
{
    z_stream stream = {.zalloc = allocate_for_zlib, .zfree = release_for_zlib, .opaque = context};
    *made = 0;
    if (from.size > UINT32_MAX || room > UINT32_MAX)
        return NEURON_OK;
    if (inflateInit(&stream) != Z_OK)
        return NEURON_E_MEMORY;
    stream.next_in = from.bytes;
    stream.avail_in = (uInt)from.size;
    stream.next_out = to;
    stream.avail_out = (uInt)room;
    int code = inflate(&stream, Z_FINISH);
    if (code == Z_STREAM_END)
        *made = room - stream.avail_out;
    inflateEnd(&stream);
    return code == Z_MEM_ERROR ? NEURON_E_MEMORY : NEURON_OK;
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

/* Whether the sum behind the bytes is theirs, which is Fletcher's of words of 16 bits, the higher
 * byte of each first. 0 and 65535 are the same in each half. */
static bool has_sum(neuron_h5_span bytes)
{
    enum { ONES = 0xffff };
    uint32_t sums[2] = {0, 0};
    for (size_t i = 0; i < bytes.size; i += 2) {
        sums[0] += (uint32_t)bytes.bytes[i] << 8 | (i + 1 < bytes.size ? bytes.bytes[i + 1] : 0u);
        sums[0] = (sums[0] & ONES) + (sums[0] >> 16);
        sums[1] += sums[0];
        sums[1] = (sums[1] & ONES) + (sums[1] >> 16);
    }
    for (int i = 0; i < 2; i++)
        if (neuron_h5_number(bytes.bytes + bytes.size + 2 * i, 2) % ONES != sums[i] % ONES)
            return false;
    return true;
}

/* The bytes of a piece, in one of the rooms or where they lie in the file. */
static int unpack(const uint8_t **unpacked, walk *of, const chunk *found)
{
    const neuron_h5_chunks *chunks = of->chunks;
    size_t room = (size_t)of->size + SUM;
    neuron_h5_span bytes = {found->bytes, (size_t)found->size};
    for (int i = chunks->filter_count; i-- > 0;) {
        uint8_t *to = of->rooms[bytes.bytes == of->rooms[0]];
        if (found->mask >> i & 1)
            continue;
        if (chunks->filters[i] == CHECKSUM) {
            if (bytes.size < SUM)
                return stop(of);
            bytes.size -= SUM;
            if (!has_sum(bytes))
                return stop(of);
        } else if (chunks->filters[i] == SHUFFLE) {
            if (bytes.size > room)
                return stop(of);
            unshuffle(to, bytes.bytes, bytes.size, (size_t)chunks->width);
            bytes.bytes = to;
        } else {
            size_t made;
            RETURN_IF_ERROR(inflate_all(&made, to, room, bytes, of->h5->context));
            bytes = (neuron_h5_span){to, made};
        }
    }
    *unpacked = bytes.bytes;
    return bytes.size == of->size ? NEURON_OK : stop(of);
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

static int join(walk *of, const chunk *found)
{
    const uint8_t *unpacked;
    RETURN_IF_ERROR(unpack(&unpacked, of, found));
    copy_rows(of, found->index, unpacked);
    return NEURON_OK;
}

/* Nothing is unpacked to more than its bytes can be. */
static int check(walk *of, const chunk *found)
{
    uint64_t most = (of->chunks->filter_count > 0 ? NEURON_GZIP_RATIO_MAX : 1) * found->size;
    return of->size <= most ? NEURON_OK : stop(of);
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
    int status = NEURON_OK;
    if (!begin_walk(&of, h5, chunks, shape))
        return neuron_h5_damaged(h5, path);
    of.visit = join;
    of.numbers = numbers;
    for (int i = 0; i < 2 && chunks->filter_count > 0 && status == NEURON_OK; i++) {
        of.rooms[i] = neuron_allocate(h5->context, (size_t)of.size + SUM, 1);
        status = of.rooms[i] ? NEURON_OK : NEURON_E_MEMORY;
    }
    if (status == NEURON_OK)
        status = end_walk(&of, walk_index(&of), path);
    neuron_release(h5->context, of.rooms[0]);
    neuron_release(h5->context, of.rooms[1]);
    return status;
}
