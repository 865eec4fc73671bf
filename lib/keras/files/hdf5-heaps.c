/* Fractal heaps, and the trees that tell what lies in them. Groups have links and attributes there
 * once they are many, in files of the newer formats. */
#include "keras/files/hdf5-objects.h"

#include <string.h>

/* How many bytes numbers up to a limit take. */
static int width_of(uint64_t limit)
{
    int width = 1;
    for (; limit > 0xff; limit >>= 8)
        width++;
    return width;
}

/* ---- Heaps ---- */

typedef struct heap {
    const neuron_h5 *h5;
    int id_size, offset_size, length_size;
    uint64_t width, first_size, direct_max; /* of a row of blocks; bytes of blocks */
    uint64_t root;
    uint64_t rows; /* of the root; 0 if it has objects itself */
} heap;

static bool is_power(uint64_t number)
{
    return number > 0 && (number & (number - 1)) == 0;
}

static bool open_heap(heap *of, const neuron_h5 *h5, uint64_t address)
{
    enum { HEAD = 142, BITS_MAX = 48 };
    const uint8_t *head = neuron_h5_at(h5, address, HEAD);
    if (!head || memcmp(head, "FRHP", 4) != 0 || head[4] != 0)
        return false;
    uint64_t managed_max = neuron_h5_number(head + 10, 4), bits = neuron_h5_number(head + 128, 2);
    *of = (heap){.h5 = h5,
                 .id_size = (int)neuron_h5_number(head + 5, 2),
                 .offset_size = (int)(bits + 7) / 8,
                 .width = neuron_h5_number(head + 110, 2),
                 .first_size = neuron_h5_number(head + 112, 8),
                 .direct_max = neuron_h5_number(head + 120, 8),
                 .root = neuron_h5_number(head + 132, 8),
                 .rows = neuron_h5_number(head + 140, 2)};
    int most = width_of(of->direct_max - 1);
    of->length_size = width_of(managed_max) < most ? width_of(managed_max) : most;
    bool packed = neuron_h5_number(head + 7, 2) != 0;
    return !packed && bits > 0 && bits <= BITS_MAX && is_power(of->width) &&
           is_power(of->first_size) && is_power(of->direct_max) && of->width <= h5->size &&
           of->first_size <= of->direct_max && of->direct_max <= (uint64_t)1 << BITS_MAX;
}

/* A block of blocks: rows of `width` each, of which the first two have the first size, and each
 * further one the double. Goes down to the block with objects that an offset lies in. */
static const uint8_t *find_object(const heap *of, uint64_t offset, uint64_t size)
{
    uint64_t address = of->root, rows = of->rows;
    enum { HEAD = 13, DEPTH_MAX = 64 };
    for (int depth = 0; rows > 0 && depth < DEPTH_MAX; depth++) {
        uint64_t block = of->first_size, row = 0;
        for (; row < rows && offset >= of->width * block; row++) {
            offset -= of->width * block;
            if (row > 0)
                block *= 2;
        }
        uint64_t place = row * of->width + offset / block;
        const uint8_t *child =
            neuron_h5_at(of->h5, address, HEAD + (uint64_t)of->offset_size + 8 * place + 8);
        if (row == rows || !child || memcmp(child, "FHIB", 4) != 0)
            return NULL;
        address = neuron_h5_number(child + HEAD + of->offset_size + 8 * place, 8);
        offset %= block;
        rows = 0;
        if (block > of->direct_max) /* a block of blocks again, with as many rows as it has room */
            for (uint64_t room = of->width * of->first_size; room <= block; room *= 2)
                rows++;
    }
    if (rows > 0 || offset > of->direct_max || size > of->direct_max - offset)
        return NULL;
    const uint8_t *bytes = neuron_h5_at(of->h5, address, offset + size);
    return bytes && memcmp(bytes, "FHDB", 4) == 0 ? bytes + offset : NULL;
}

/* ---- Trees ---- */

typedef struct tree {
    const neuron_h5 *h5;
    heap objects;
    int kind;
    size_t record_size, id_place; /* and where in a record the object's place is told */
    int count_size;
    uint64_t node_size;
    size_t budget; /* nodes that may still be read */
    neuron_h5_message visit;
    int message;
    void *data;
} tree;

enum { NODE_HEAD = 6, NODE_SIZE = 10 }; /* and with the sum behind */

static int visit_record(tree *of, const uint8_t *record)
{
    const uint8_t *id = record + of->id_place;
    const heap *objects = &of->objects;
    if (id[0] & 0x30) /* large objects, and tiny ones, lie elsewhere */
        return 0;
    uint64_t offset = neuron_h5_number(id + 1, objects->offset_size);
    uint64_t size = neuron_h5_number(id + 1 + objects->offset_size, objects->length_size);
    const uint8_t *bytes = size <= of->h5->size ? find_object(objects, offset, size) : NULL;
    if (!bytes)
        return 0;
    return of->visit(of->data, of->message, (neuron_h5_span){bytes, (size_t)size});
}

/* How many records the nodes of a level may have, and all below them. */
static uint64_t most_records(const tree *of, int level, uint64_t *below, int *pointer)
{
    uint64_t most = (of->node_size - NODE_SIZE) / of->record_size;
    *below = most;
    *pointer = 0;
    for (int i = 1; i <= level; i++) {
        *pointer = 8 + of->count_size + (i > 1 ? width_of(*below) : 0);
        if (of->node_size < NODE_SIZE + (uint64_t)*pointer || *below > (uint64_t)1 << 32)
            return 0;
        most = (of->node_size - NODE_SIZE - (uint64_t)*pointer) /
               (of->record_size + (uint64_t)*pointer);
        *below = (most + 1) * *below + most;
    }
    return most;
}

static int read_node(tree *of, uint64_t address, uint64_t count, int level)
{
    uint64_t below;
    int pointer;
    uint64_t most = most_records(of, level, &below, &pointer);
    uint64_t pointers = level > 0 ? (count + 1) * (uint64_t)pointer : 0;
    const uint8_t *node =
        neuron_h5_at(of->h5, address, NODE_HEAD + count * of->record_size + pointers);
    if (!node || count > most || of->budget < count + 1 || node[5] != of->kind ||
        memcmp(node, level > 0 ? "BTIN" : "BTLF", 4) != 0)
        return 0;
    of->budget -= (size_t)count + 1;
    const uint8_t *children = node + NODE_HEAD + count * of->record_size;
    for (uint64_t i = 0; i <= count; i++) {
        int result = 0;
        if (level > 0)
            result = read_node(
                of, neuron_h5_number(children + i * (uint64_t)pointer, 8),
                neuron_h5_number(children + i * (uint64_t)pointer + 8, of->count_size), level - 1);
        if (result == 0 && i < count)
            result = visit_record(of, node + NODE_HEAD + i * of->record_size);
        if (result != 0)
            return result;
    }
    return 0;
}

int neuron_h5_dense(const neuron_h5 *h5, const neuron_h5_heap *where, neuron_h5_message visit,
                    int message, void *data)
{
    enum { HEAD = 38, LINKS = 5, ATTRIBUTES = 8, DEPTH_MAX = 16 };
    tree of = {.h5 = h5, .visit = visit, .message = message, .data = data, .budget = h5->size / 8};
    const uint8_t *head = neuron_h5_at(h5, where->tree, HEAD);
    if (!head || memcmp(head, "BTHD", 4) != 0 || !open_heap(&of.objects, h5, where->heap))
        return 0;
    of.kind = head[5];
    of.node_size = neuron_h5_number(head + 6, 4);
    of.record_size = (size_t)neuron_h5_number(head + 10, 2);
    of.id_place = of.kind == LINKS ? 4 : 0;
    int depth = (int)neuron_h5_number(head + 12, 2);
    size_t id_size = 1 + (size_t)of.objects.offset_size + (size_t)of.objects.length_size;
    if ((of.kind != LINKS && of.kind != ATTRIBUTES) || depth > DEPTH_MAX ||
        of.id_place + id_size > of.record_size || of.node_size < NODE_SIZE + of.record_size)
        return 0;
    of.count_size = width_of((of.node_size - NODE_SIZE) / of.record_size);
    return read_node(&of, neuron_h5_number(head + 16, 8), neuron_h5_number(head + 24, 2), depth);
}

bool neuron_h5_read_heap(neuron_h5_heap *where, neuron_h5_span message, size_t first)
{
    size_t place = 2 + (message.size >= 2 && message.bytes[1] & 1 ? first : 0);
    if (message.size < place + 16)
        return false;
    where->heap = neuron_h5_number(message.bytes + place, 8);
    where->tree = neuron_h5_number(message.bytes + place + 8, 8);
    return where->heap != NEURON_H5_NOWHERE;
}
