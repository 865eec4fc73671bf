/* Arrays and texts of a file. */
#include "keras/files/hdf5-chunks.h"

#include "base/text/number.h"

#include <string.h>

bool neuron_h5_has(const neuron_h5 *h5, const char *path)
{
    uint64_t address;
    return neuron_h5_find(&address, h5, path) && neuron_h5_at(h5, address, 16);
}

/* ---- Types ---- */

enum { WHOLE, REAL, TEXT = 3, VARIABLE = 9 };

typedef struct number_type {
    int kind;
    size_t width;
    bool big; /* the highest byte comes first */
    bool is_signed;
} number_type;

/* Numbers as every processor of today has them; others are told by kind -1. */
static number_type read_type(neuron_h5_span message)
{
    number_type type = {.kind = -1};
    if (message.size < 8)
        return type;
    int kind = message.bytes[0] & 15;
    size_t width = (size_t)neuron_h5_number(message.bytes + 4, 4);
    type = (number_type){kind, width, message.bytes[1] & 1, (message.bytes[1] & 8) != 0};
    if (kind == TEXT || (kind == VARIABLE && (message.bytes[1] & 15) == 1))
        return type;
    size_t bits = message.size >= 12 ? (size_t)neuron_h5_number(message.bytes + 10, 2) : 0;
    bool plain = bits == 8 * width && (width == 1 || width == 2 || width == 4 || width == 8);
    if (kind == REAL) {
        int exponent = message.size >= 20 ? message.bytes[13] : 0;
        int expected = width == 2 ? 5 : width == 4 ? 8 : width == 8 ? 11 : -1;
        plain = plain && exponent == expected && !(message.bytes[1] & 0x40);
    }
    if (!plain || kind > REAL)
        type.kind = -1;
    return type;
}

static uint64_t bits_of(const uint8_t *bytes, const number_type *type)
{
    uint8_t turned[8];
    if (!type->big)
        return neuron_h5_number(bytes, (int)type->width);
    for (size_t i = 0; i < type->width; i++)
        turned[i] = bytes[type->width - 1 - i];
    return neuron_h5_number(turned, (int)type->width);
}

static float number_of(const uint8_t *bytes, const number_type *type)
{
    uint64_t bits = bits_of(bytes, type);
    if (type->kind == WHOLE) {
        uint64_t top = (uint64_t)1 << (8 * type->width - 1);
        if (type->is_signed && bits & top)
            return -(float)((~bits + 1) & (top | (top - 1)));
        return (float)bits;
    }
    if (type->width == 2)
        return neuron_number_half((uint32_t)bits);
    if (type->width == 4) {
        uint32_t single = (uint32_t)bits;
        float value;
        memcpy(&value, &single, sizeof value);
        return value;
    }
    double value;
    memcpy(&value, &bits, sizeof value);
    return (float)value;
}

/* ---- Arrays ---- */

enum { IN_HEADER, IN_ONE_PIECE, IN_CHUNKS };

typedef struct array {
    const neuron_h5 *h5;
    const char *path;
    bool has_space, has_type, has_layout;
    neuron_shape shape;
    number_type type;
    int layout;          /* IN_HEADER, ... */
    neuron_h5_span data; /* in the header */
    uint64_t address;    /* of the one piece */
    neuron_h5_chunks chunks;
    uint64_t size; /* bytes of all numbers */
} array;

static void read_layout(array *of, neuron_h5_span message)
{
    int version = message.size >= 4 ? message.bytes[0] : 0;
    of->layout = version >= 3 ? message.bytes[1] : -1;
    of->has_layout = version >= 3 && version <= 5; /* 5 has wider sizes in indices */
    if (of->layout == IN_HEADER) {
        size_t size = (size_t)neuron_h5_number(message.bytes + 2, 2);
        of->data = (neuron_h5_span){message.bytes + 4, size};
        of->has_layout = of->has_layout && size <= message.size - 4;
    } else if (of->layout == IN_ONE_PIECE && message.size >= 18) {
        of->address = neuron_h5_number(message.bytes + 2, 8);
    } else {
        of->has_layout = of->has_layout && of->layout == IN_CHUNKS &&
                         neuron_h5_read_chunks(&of->chunks, message);
    }
}

static int visit_array(void *data, int kind, neuron_h5_span message)
{
    array *of = data;
    if (kind == NEURON_H5_SPACE)
        of->has_space = neuron_h5_read_space(&of->shape, message);
    if (kind == NEURON_H5_TYPE) {
        of->type = read_type(message);
        of->has_type = of->type.kind == WHOLE || of->type.kind == REAL;
    }
    if (kind == NEURON_H5_LAYOUT)
        read_layout(of, message);
    if (kind == NEURON_H5_PIPELINE && !neuron_h5_read_filters(&of->chunks, message))
        of->chunks.filter_count = -1;
    return 0;
}

static int open_array(array *of, const neuron_h5 *h5, const char *path)
{
    uint64_t address;
    *of = (array){.h5 = h5, .path = path};
    if (!neuron_h5_find(&address, h5, path))
        return neuron_fail(NEURON_E_FORMAT, "%s: there is no array \"%.200s\"", h5->name, path);
    neuron_h5_messages(h5, address, visit_array, of);
    if (!of->has_space || !of->has_type || !of->has_layout)
        return neuron_fail(NEURON_E_UNSUPPORTED,
                           "%s: \"%.200s\" is no array of numbers, or one of a kind that is not "
                           "read",
                           h5->name, path);
    if (of->chunks.filter_count < 0 ||
        (of->layout == IN_CHUNKS && of->chunks.width != of->type.width))
        return neuron_h5_damaged(h5, path);
    of->size = of->type.width;
    for (int32_t axis = 0; axis < of->shape.rank; axis++)
        of->size *= (uint64_t)of->shape.extent[axis];
    return NEURON_OK;
}

/* The bytes of an array that lies in one piece; NULL for a damaged one. */
static const uint8_t *numbers_of(const array *of)
{
    if (of->layout == IN_HEADER)
        return of->size <= of->data.size ? of->data.bytes : NULL;
    return neuron_h5_at(of->h5, of->address, of->size);
}

int neuron_h5_shape(neuron_shape *shape, uint64_t *stored, const neuron_h5 *h5, const char *path)
{
    array of;
    RETURN_IF_ERROR(open_array(&of, h5, path));
    *shape = of.shape;
    *stored = of.size;
    if (of.layout == IN_CHUNKS)
        return neuron_h5_check_chunks(stored, h5, &of.chunks, &of.shape, path);
    return numbers_of(&of) ? NEURON_OK : neuron_h5_damaged(h5, path);
}

static void convert(float *values, const array *of, const uint8_t *numbers)
{
    uint64_t count = of->size / of->type.width;
    for (uint64_t i = 0; i < count; i++)
        values[i] = number_of(numbers + i * of->type.width, &of->type);
}

int neuron_h5_read(float *values, const neuron_h5 *h5, const char *path)
{
    array of;
    RETURN_IF_ERROR(open_array(&of, h5, path));
    if (of.layout != IN_CHUNKS) {
        const uint8_t *numbers = numbers_of(&of);
        if (!numbers)
            return neuron_h5_damaged(h5, path);
        convert(values, &of, numbers);
        return NEURON_OK;
    }
    uint8_t *numbers = neuron_allocate(h5->context, (size_t)of.size, 1);
    if (!numbers)
        return NEURON_E_MEMORY;
    int status = neuron_h5_join_chunks(numbers, h5, &of.chunks, &of.shape, path);
    if (status == NEURON_OK)
        convert(values, &of, numbers);
    neuron_release(h5->context, numbers);
    return status;
}

/* ---- Texts ---- */

typedef struct attribute {
    const neuron_h5 *h5;
    const char *name;
    bool found;
    neuron_h5_span type, space, data;
} attribute;

/* Takes the first bytes of a message, and what fills them up to 8. */
static bool take(neuron_h5_span *part, neuron_h5_span *from, size_t size, bool pads)
{
    size_t step = pads ? (size + 7) / 8 * 8 : size;
    if (size > from->size)
        return false;
    *part = (neuron_h5_span){from->bytes, size};
    step = step < from->size ? step : from->size;
    from->bytes += step;
    from->size -= step;
    return true;
}

static int visit_attribute(void *data, int kind, neuron_h5_span message)
{
    attribute *of = data;
    neuron_h5_span name, rest = message;
    neuron_h5_heap others;
    if (kind == NEURON_H5_ATTRIBUTES && neuron_h5_read_heap(&others, message, 2))
        return neuron_h5_dense(of->h5, &others, visit_attribute, NEURON_H5_ATTRIBUTE, of);
    if (kind != NEURON_H5_ATTRIBUTE || message.size < 9)
        return 0;
    int version = message.bytes[0];
    size_t head = version == 3 ? 9 : 8;
    rest.bytes += head;
    rest.size -= head;
    if (version < 1 || version > 3 || (version > 1 && message.bytes[1] & 3) ||
        !take(&name, &rest, (size_t)neuron_h5_number(message.bytes + 2, 2), version == 1) ||
        !take(&of->type, &rest, (size_t)neuron_h5_number(message.bytes + 4, 2), version == 1) ||
        !take(&of->space, &rest, (size_t)neuron_h5_number(message.bytes + 6, 2), version == 1))
        return 0;
    size_t length = strlen(of->name);
    if (name.size != length + 1 || memcmp(name.bytes, of->name, length + 1) != 0)
        return 0;
    of->data = rest;
    of->found = true;
    return 1;
}

/* A text that lies in a heap of the file: its length, the heap's address, the place in there. */
static bool find_variable(neuron_h5_span *text, const neuron_h5 *h5, const uint8_t *from)
{
    enum { HEAD = 16, OBJECT = 16 };
    uint64_t length = neuron_h5_number(from, 4), address = neuron_h5_number(from + 4, 8);
    uint64_t wanted = neuron_h5_number(from + 12, 4);
    *text = (neuron_h5_span){(const uint8_t *)"", 0};
    if (length == 0)
        return true;
    const uint8_t *heap = neuron_h5_at(h5, address, HEAD);
    if (!heap || memcmp(heap, "GCOL", 4) != 0)
        return false;
    uint64_t size = neuron_h5_number(heap + 8, 8), place = HEAD;
    heap = size <= h5->size ? neuron_h5_at(h5, address, size) : NULL;
    while (heap && place <= size && size - place >= OBJECT) {
        uint64_t index = neuron_h5_number(heap + place, 2);
        uint64_t bytes = neuron_h5_number(heap + place + 8, 8);
        if (index == 0 || bytes > size - place - OBJECT)
            return false;
        if (index == wanted) {
            *text = (neuron_h5_span){heap + place + OBJECT, (size_t)length};
            return length <= bytes;
        }
        place += OBJECT + (bytes + 7) / 8 * 8;
    }
    return false;
}

static bool find_text(neuron_h5_span *text, const neuron_h5 *h5, const attribute *of,
                      const number_type *type, size_t index)
{
    const uint8_t *from = of->data.bytes + index * type->width;
    if (type->kind == VARIABLE)
        return find_variable(text, h5, from);
    *text = (neuron_h5_span){from, type->width};
    return true;
}

/* Copies texts into one piece of memory: pointers, and behind them what they point to. A text may
 * be longer than what it takes in the file as often as it is named, so that all are measured. */
static int copy_texts(char ***texts, const neuron_h5 *h5, const attribute *of,
                      const number_type *type, size_t count)
{
    uint64_t size = 0;
    neuron_h5_span text;
    for (size_t i = 0; i < count; i++) {
        if (!find_text(&text, h5, of, type, i) || size > h5->size)
            return neuron_h5_damaged(h5, of->name);
        size += text.size + 1;
    }
    char **list = neuron_allocate_zero(h5->context, count * sizeof(char *) + (size_t)size + 1, 1);
    if (!list)
        return NEURON_E_MEMORY;
    char *to = (char *)(list + count);
    for (size_t i = 0; i < count; i++) {
        find_text(&text, h5, of, type, i);
        list[i] = to;
        memcpy(to, text.bytes, text.size);
        to += strlen(to) + 1;
    }
    *texts = list;
    return NEURON_OK;
}

int neuron_h5_texts(char ***texts, size_t *count, const neuron_h5 *h5, const char *group,
                    const char *name)
{
    attribute of = {.h5 = h5, .name = name};
    neuron_shape shape;
    uint64_t address;
    *texts = NULL;
    *count = 0;
    if (!neuron_h5_find(&address, h5, group))
        return NEURON_OK;
    neuron_h5_messages(h5, address, visit_attribute, &of);
    if (!of.found)
        return NEURON_OK;
    if (!neuron_h5_read_space(&shape, of.space))
        return neuron_h5_damaged(h5, name);
    uint64_t all = 1;
    for (int32_t axis = 0; axis < shape.rank; axis++)
        all *= (uint64_t)shape.extent[axis];
    number_type type = read_type(of.type);
    if (all > 0 && type.kind != TEXT && type.kind != VARIABLE)
        return neuron_fail(NEURON_E_FORMAT, "%s: attribute \"%.200s\" has no texts", h5->name,
                           name);
    if (all > 0 && (type.width == 0 || (type.kind == VARIABLE && type.width != 16) ||
                    all > of.data.size / type.width))
        return neuron_h5_damaged(h5, name);
    *count = (size_t)all;
    return copy_texts(texts, h5, &of, &type, *count);
}

/* ---- Names ---- */

typedef struct names {
    neuron_h5_visit visit;
    void *data;
} names;

static int visit_name(void *data, const char *name, size_t length, uint64_t address)
{
    names *all = data;
    (void)address;
    return length < NEURON_H5_NAME ? all->visit(all->data, name) : 0;
}

int neuron_h5_each(const neuron_h5 *h5, const char *group, neuron_h5_visit visit, void *data)
{
    uint64_t address;
    names all = {visit, data};
    if (!neuron_h5_find(&address, h5, group))
        return NEURON_OK;
    return neuron_h5_members(h5, address, visit_name, &all);
}
