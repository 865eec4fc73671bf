/* Headers and groups. The format is that of the "HDF5 File Format Specification", version 3. */
#include "keras/files/hdf5-objects.h"

#include "data/codec/source.h"

#include <string.h>

const uint8_t *neuron_h5_at(const neuron_h5 *h5, uint64_t address, uint64_t size)
{
    if (address == NEURON_H5_NOWHERE || address > h5->size || h5->base > h5->size - address)
        return NULL;
    uint64_t place = h5->base + address;
    return size <= h5->size - place ? h5->bytes + place : NULL;
}

uint64_t neuron_h5_number(const uint8_t *bytes, int width)
{
    uint64_t number = 0;
    for (int i = width; i-- > 0;)
        number = number << 8 | bytes[i];
    return number;
}

int neuron_h5_damaged(const neuron_h5 *h5, const char *path)
{
    return neuron_fail(NEURON_E_FORMAT, "%s: \"%.200s\" cannot be read: the HDF5 file is damaged",
                       h5->name, path);
}

/* ---- The head of the file ---- */

static const uint8_t signature[] = {0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n'};

bool neuron_h5_is(const void *bytes, size_t size)
{
    return size >= sizeof signature && memcmp(bytes, signature, sizeof signature) == 0;
}

/* Versions 0 and 1 have the widths of numbers at 13, 2 and 3 at 9. */
static bool read_head(neuron_h5 *h5)
{
    const uint8_t *head = h5->bytes;
    enum { SHORT = 48, LONG = 96 };
    if (h5->size < LONG || !neuron_h5_is(head, h5->size))
        return false;
    int version = head[8];
    if (version == 2 || version == 3) {
        h5->base = neuron_h5_number(head + 12, 8);
        h5->root = neuron_h5_number(head + 36, 8);
        return neuron_h5_number(head + 28, 8) <= h5->size && head[9] == 8 && head[10] == 8;
    }
    int more = version == 1 ? 4 : 0;
    h5->base = neuron_h5_number(head + 24 + more, 8);
    h5->root = neuron_h5_number(head + 64 + more, 8);
    return version <= 1 && neuron_h5_number(head + 40 + more, 8) <= h5->size && head[13] == 8 &&
           head[14] == 8;
}

int neuron_h5_open(neuron_h5 *h5, neuron_context_t *context, const char *name, const void *bytes,
                   size_t size)
{
    *h5 = (neuron_h5){.context = context, .name = name, .bytes = bytes, .size = size, .file = -1};
    h5->justified = NEURON_GZIP_RATIO_MAX * (uint64_t)size;
    if (read_head(h5) && h5->base <= size)
        return NEURON_OK;
    return neuron_fail(NEURON_E_FORMAT, "%s: is no HDF5 file, or a damaged one", name);
}

/* ---- Headers ---- */

/* How messages are written: the version of the header, and whether they have an order. */
typedef struct header {
    const neuron_h5 *h5;
    int version;
    size_t head;   /* bytes before each message */
    size_t budget; /* of bytes that may still be read, so that no header leads to itself */
    neuron_h5_span blocks[8]; /* that are still to be read */
    int block_count;
    neuron_h5_message visit;
    void *data;
} header;

/* A block of more messages, which is read when this one is at its end. */
static void add_block(header *of, neuron_h5_span message)
{
    enum { BLOCKS_MAX = sizeof of->blocks / sizeof of->blocks[0] };
    if (message.size < 16 || of->block_count == BLOCKS_MAX)
        return;
    uint64_t size = neuron_h5_number(message.bytes + 8, 8);
    const uint8_t *bytes = neuron_h5_at(of->h5, neuron_h5_number(message.bytes, 8), size);
    if (!bytes || size > of->budget)
        return;
    of->budget -= (size_t)size;
    neuron_h5_span block = {bytes, (size_t)size};
    if (of->version == 2) { /* "OCHK" before, and a sum behind */
        if (size < 8 || memcmp(bytes, "OCHK", 4) != 0)
            return;
        block = (neuron_h5_span){bytes + 4, (size_t)size - 8};
    }
    of->blocks[of->block_count++] = block;
}

static int read_block(header *of, neuron_h5_span block)
{
    while (block.size >= of->head) {
        int kind = of->version == 2 ? block.bytes[0] : (int)neuron_h5_number(block.bytes, 2);
        size_t size = (size_t)neuron_h5_number(block.bytes + (of->version == 2 ? 1 : 2), 2);
        if (size > block.size - of->head)
            return 0;
        neuron_h5_span message = {block.bytes + of->head, size};
        bool shared = (block.bytes[of->version == 2 ? 3 : 4] & 2) != 0; /* lies elsewhere */
        int result = 0;
        if (kind == NEURON_H5_CONTINUATION)
            add_block(of, message);
        else if (!shared)
            result = of->visit(of->data, kind, message);
        if (result != 0)
            return result;
        block.bytes += of->head + size;
        block.size -= of->head + size;
    }
    return 0;
}

/* "OHDR", with optional parts, and a first block whose size has 1 to 8 bytes. */
static bool begin_new(header *of, neuron_h5_span *block, uint64_t address, const uint8_t *head)
{
    int flags = head[5];
    uint64_t place = 6 + (flags & 0x20 ? 16u : 0u) + (flags & 0x10 ? 4u : 0u);
    int width = 1 << (flags & 3);
    const uint8_t *bytes = neuron_h5_at(of->h5, address, place + (uint64_t)width);
    if (head[4] != 2 || !bytes)
        return false;
    uint64_t size = neuron_h5_number(bytes + place, width);
    place += (uint64_t)width;
    bytes = size <= of->h5->size ? neuron_h5_at(of->h5, address, place + size) : NULL;
    if (!bytes)
        return false;
    of->version = 2;
    of->head = flags & 4 ? 6 : 4;
    *block = (neuron_h5_span){bytes + place, (size_t)size};
    return true;
}

static bool begin_old(header *of, neuron_h5_span *block, uint64_t address, const uint8_t *head)
{
    enum { HEAD = 16 };
    uint64_t size = neuron_h5_number(head + 8, 4);
    const uint8_t *bytes = neuron_h5_at(of->h5, address, HEAD + size);
    if (head[0] != 1 || !bytes)
        return false;
    of->version = 1;
    of->head = 8;
    *block = (neuron_h5_span){bytes + HEAD, (size_t)size};
    return true;
}

int neuron_h5_messages(const neuron_h5 *h5, uint64_t address, neuron_h5_message visit, void *data)
{
    header of = {.h5 = h5, .budget = h5->size, .visit = visit, .data = data};
    neuron_h5_span block;
    const uint8_t *head = neuron_h5_at(h5, address, 16);
    if (!head)
        return 0;
    bool begun = memcmp(head, "OHDR", 4) == 0 ? begin_new(&of, &block, address, head)
                                              : begin_old(&of, &block, address, head);
    int result = begun ? read_block(&of, block) : 0;
    while (result == 0 && of.block_count > 0)
        result = read_block(&of, of.blocks[--of.block_count]);
    return result;
}

/* ---- Groups ---- */

typedef struct group {
    const neuron_h5 *h5;
    uint64_t heap; /* where names are, */
    uint64_t heap_size;
    size_t budget; /* nodes and entries that may still be read */
    neuron_h5_member visit;
    void *data;
} group;

/* A name in the heap, with its end. */
static int visit_symbol(group *of, const uint8_t *entry)
{
    uint64_t place = neuron_h5_number(entry, 8), address = neuron_h5_number(entry + 8, 8);
    if (place >= of->heap_size || address == NEURON_H5_NOWHERE) /* as a link by name has it */
        return 0;
    const uint8_t *heap = neuron_h5_at(of->h5, of->heap, of->heap_size);
    size_t room = (size_t)(of->heap_size - place);
    const char *name = heap ? (const char *)heap + place : NULL;
    if (!name || !memchr(name, '\0', room))
        return 0;
    return of->visit(of->data, name, strlen(name), address);
}

static int read_symbols(group *of, uint64_t address)
{
    enum { HEAD = 8, ENTRY = 40 };
    const uint8_t *node = neuron_h5_at(of->h5, address, HEAD);
    if (!node || memcmp(node, "SNOD", 4) != 0)
        return 0;
    uint64_t count = neuron_h5_number(node + 6, 2);
    node = neuron_h5_at(of->h5, address, HEAD + count * ENTRY);
    for (uint64_t i = 0; node && i < count && of->budget > 0; i++) {
        of->budget--;
        int result = visit_symbol(of, node + HEAD + i * ENTRY);
        if (result != 0)
            return result;
    }
    return 0;
}

/* A node of the tree, whose children are one level below. */
static int read_tree(group *of, uint64_t address, int level)
{
    enum { HEAD = 24, ENTRY = 16 };
    const uint8_t *node = neuron_h5_at(of->h5, address, HEAD);
    if (!node || memcmp(node, "TREE", 4) != 0 || node[4] != 0 || of->budget == 0 ||
        (level >= 0 && node[5] != level))
        return 0;
    of->budget--;
    level = node[5];
    uint64_t count = neuron_h5_number(node + 6, 2);
    node = neuron_h5_at(of->h5, address, HEAD + 8 + count * ENTRY);
    for (uint64_t i = 0; node && i < count && of->budget > 0; i++) {
        uint64_t child = neuron_h5_number(node + HEAD + 8 + i * ENTRY, 8);
        of->budget--;
        int result = level > 0 ? read_tree(of, child, level - 1) : read_symbols(of, child);
        if (result != 0)
            return result;
    }
    return 0;
}

static int read_table(group *of, neuron_h5_span message)
{
    enum { HEAD = 32 };
    const uint8_t *heap = message.size < 16
                              ? NULL
                              : neuron_h5_at(of->h5, neuron_h5_number(message.bytes + 8, 8), HEAD);
    if (!heap || memcmp(heap, "HEAP", 4) != 0)
        return 0;
    of->heap_size = neuron_h5_number(heap + 8, 8);
    of->heap = neuron_h5_number(heap + 24, 8);
    return read_tree(of, neuron_h5_number(message.bytes, 8), -1);
}

/* A link that is a message by itself. */
static int read_link(group *of, neuron_h5_span message)
{
    if (message.size < 2 || message.bytes[0] != 1)
        return 0;
    int flags = message.bytes[1], width = 1 << (flags & 3);
    size_t place = 2;
    bool is_hard = true;
    if (flags & 8 && place < message.size)
        is_hard = message.bytes[place++] == 0;
    place += (flags & 4 ? 8u : 0u) + (flags & 16 ? 1u : 0u);
    if (!is_hard || place + (size_t)width > message.size)
        return 0;
    uint64_t length = neuron_h5_number(message.bytes + place, width);
    place += (size_t)width;
    if (length >= NEURON_H5_NAME || length + 8 > message.size - place)
        return 0;
    char name[NEURON_H5_NAME];
    memcpy(name, message.bytes + place, (size_t)length);
    name[length] = '\0';
    return of->visit(of->data, name, (size_t)length,
                     neuron_h5_number(message.bytes + place + length, 8));
}

static int visit_group(void *data, int kind, neuron_h5_span message)
{
    group *of = data;
    neuron_h5_heap links;
    if (kind == NEURON_H5_SYMBOLS)
        return read_table(of, message);
    if (kind == NEURON_H5_LINKS && neuron_h5_read_heap(&links, message, 8))
        return neuron_h5_dense(of->h5, &links, visit_group, NEURON_H5_LINK, of);
    return kind == NEURON_H5_LINK ? read_link(of, message) : 0;
}

int neuron_h5_members(const neuron_h5 *h5, uint64_t address, neuron_h5_member visit, void *data)
{
    enum { NODE = 24 };
    group of = {.h5 = h5, .budget = 2 * h5->size / NODE, .visit = visit, .data = data};
    return neuron_h5_messages(h5, address, visit_group, &of);
}

/* ---- Paths ---- */

typedef struct wanted {
    const char *name;
    size_t length;
    uint64_t address;
} wanted;

static int find_member(void *data, const char *name, size_t length, uint64_t address)
{
    wanted *what = data;
    if (length != what->length || memcmp(name, what->name, length) != 0)
        return 0;
    what->address = address;
    return 1;
}

bool neuron_h5_find(uint64_t *address, const neuron_h5 *h5, const char *path)
{
    *address = h5->root;
    for (;;) {
        path += strspn(path, "/");
        wanted what = {path, strcspn(path, "/"), 0};
        if (what.length == 0)
            return true;
        if (neuron_h5_members(h5, *address, find_member, &what) != 1)
            return false;
        *address = what.address;
        path += what.length;
    }
}

bool neuron_h5_read_space(neuron_shape *shape, neuron_h5_span message)
{
    *shape = (neuron_shape){.rank = 0};
    if (message.size < 4)
        return false;
    int version = message.bytes[0], rank = message.bytes[1];
    size_t head = version == 1 ? 8 : 4;
    if (version < 1 || version > 2 || rank > NEURON_RANK_MAX ||
        message.size < head + 8 * (size_t)rank)
        return false;
    shape->rank = rank;
    int64_t count = 1;
    for (int axis = 0; axis < rank; axis++) {
        uint64_t extent = neuron_h5_number(message.bytes + head + 8 * (size_t)axis, 8);
        if (extent > INT32_MAX || count > INT64_MAX / INT32_MAX / 8)
            return false;
        shape->extent[axis] = (int64_t)extent;
        count *= extent > 0 ? (int64_t)extent : 1;
    }
    if (version == 2 && message.bytes[3] == 2) /* a space of nothing */
        *shape = (neuron_shape){.rank = 1};
    return true;
}
