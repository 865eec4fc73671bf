/* A parser of the one Python dictionary that a header is; accept_...() step over what they find,
 * and say whether they did. Then a check that as many elements can follow. */
#include "data/formats/npy-header.h"

#include "base/checked.h"
#include "base/tensor.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { MAGIC_SIZE = 6, FRONT_MOST = 12, VERSION_MOST = 3, TEXT_MAX = 1 << 16, SHOWN_MAX = 40 };

/* Types as NumPy names them, behind the sign of the byte order, which may be missing. */
static const struct {
    char name[3];
    uint8_t size;
    int32_t type;
} types[] = {
    {"u1", 1, NEURON_TYPE_U8},  {"b1", 1, NEURON_TYPE_U8},  {"f2", 2, NEURON_TYPE_F32},
    {"f4", 4, NEURON_TYPE_F32}, {"f8", 8, NEURON_TYPE_F32}, {"i1", 1, NEURON_TYPE_I32},
    {"i2", 2, NEURON_TYPE_I32}, {"i4", 4, NEURON_TYPE_I32}, {"i8", 8, NEURON_TYPE_I64},
    {"u2", 2, NEURON_TYPE_I32}, {"u4", 4, NEURON_TYPE_I64}, {"u8", 8, NEURON_TYPE_I64},
};

/* The header's text: a Python dictionary. */
typedef struct scan {
    const neuron_buffer *buffer;
    size_t at, end;
} scan;

#define fail_at(text, what)                                                                        \
    neuron_fail(NEURON_E_FORMAT, "%s: the header of the array %s at byte %zu%s",                   \
                (text)->buffer->name, what, (text)->at, neuron_buffer_where((text)->buffer))

static bool is_at(const scan *text, char character)
{
    return text->at < text->end && text->buffer->bytes[text->at] == (uint8_t)character;
}

static void skip_blanks(scan *text)
{
    while (is_at(text, ' ') || is_at(text, '\n') || is_at(text, '\t') || is_at(text, '\r'))
        text->at++;
}

/* Accepts a character, with blanks around it. */
static bool accept(scan *text, char character)
{
    skip_blanks(text);
    bool found = is_at(text, character);
    text->at += found;
    if (found)
        skip_blanks(text);
    return found;
}

static bool accept_word(scan *text, const char *word)
{
    size_t size = strlen(word);
    bool found =
        text->end - text->at >= size && memcmp(text->buffer->bytes + text->at, word, size) == 0;
    text->at += found ? size : 0;
    return found;
}

/* A text in quotes of either kind, which Python 2 marks where it is Unicode. */
static bool accept_text(scan *text, const char **begin, size_t *size)
{
    accept_word(text, "u");
    char quote = is_at(text, '"') ? '"' : '\'';
    if (!is_at(text, quote))
        return false;
    size_t first = ++text->at;
    while (text->at < text->end && !is_at(text, quote))
        text->at++;
    *begin = (const char *)text->buffer->bytes + first;
    *size = text->at - first;
    return accept(text, quote);
}

static int parse_type(scan *text, neuron_npy_header *header)
{
    const char *name;
    size_t size;
    if (is_at(text, '['))
        return neuron_fail(NEURON_E_UNSUPPORTED, "%s: elements of several fields are not read",
                           text->buffer->name);
    if (!accept_text(text, &name, &size))
        return fail_at(text, "has no type of elements");
    bool order = size == 3 && memchr("<>|=", name[0], 4);
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if ((order || size == 2) && memcmp(name + order, types[i].name, 2) == 0) {
            header->type = types[i].type;
            header->name = types[i].name;
            header->size = types[i].size;
            header->kind = types[i].name[0];
            header->big = order && name[0] == '>';
            return NEURON_OK;
        }
    return neuron_fail(NEURON_E_UNSUPPORTED,
                       "%s: elements are of type \"%.*s\", not b1, i1 to i8, u1 to u8 or f2 to f8",
                       text->buffer->name, (int)(size < SHOWN_MAX ? size : SHOWN_MAX), name);
}

static int parse_order(scan *text, neuron_npy_header *header)
{
    header->fortran = accept_word(text, "True");
    if (header->fortran || accept_word(text, "False"))
        return NEURON_OK;
    return fail_at(text, "does not say the order");
}

static bool parse_extent(scan *text, int64_t *extent)
{
    size_t first = text->at;
    for (*extent = 0; text->at < text->end; text->at++) {
        uint8_t character = text->buffer->bytes[text->at];
        if (character < '0' || character > '9')
            break;
        if (!neuron_multiply_count(*extent, 10, extent) ||
            __builtin_add_overflow(*extent, character - '0', extent))
            return false;
    }
    bool found = text->at > first;
    accept_word(text, "L"); /* as Python 2 wrote a long number */
    return found;
}

static int parse_shape(scan *text, neuron_shape *shape)
{
    shape->rank = 0;
    if (!accept(text, '('))
        return fail_at(text, "has no shape");
    while (!accept(text, ')')) {
        if (shape->rank == NEURON_RANK_MAX)
            return neuron_fail(NEURON_E_UNSUPPORTED, "%s: the array has more than %d axes",
                               text->buffer->name, NEURON_RANK_MAX);
        if (!parse_extent(text, &shape->extent[shape->rank++]))
            return fail_at(text, "has a shape of no numbers");
        if (!accept(text, ',') && !is_at(text, ')'))
            return fail_at(text, "has a shape without an end");
    }
    return NEURON_OK;
}

static int parse_dictionary(scan *text, neuron_npy_header *header)
{
    bool has_type = false, has_order = false, has_shape = false;
    if (!accept(text, '{'))
        return fail_at(text, "is no dictionary");
    while (!accept(text, '}')) {
        const char *key;
        size_t size;
        if (!accept_text(text, &key, &size) || !accept(text, ':'))
            return fail_at(text, "is no dictionary");
        if (size == 5 && memcmp(key, "descr", size) == 0 && !has_type) {
            RETURN_IF_ERROR(parse_type(text, header));
            has_type = true;
        } else if (size == 13 && memcmp(key, "fortran_order", size) == 0 && !has_order) {
            RETURN_IF_ERROR(parse_order(text, header));
            has_order = true;
        } else if (size == 5 && memcmp(key, "shape", size) == 0 && !has_shape) {
            RETURN_IF_ERROR(parse_shape(text, &header->shape));
            has_shape = true;
        } else {
            return fail_at(text, "has a key too much");
        }
        if (!accept(text, ',') && !is_at(text, '}'))
            return fail_at(text, "is no dictionary");
    }
    if (!has_type || !has_order || !has_shape)
        return fail_at(text, "lacks the type, the order or the shape");
    skip_blanks(text);
    return text->at == text->end ? NEURON_OK : fail_at(text, "goes on behind its dictionary");
}

/* What stands in front of the text: its length, which is `width` bytes of them. */
static int read_front(neuron_source *source, uint8_t front[FRONT_MOST], size_t *width, size_t *size)
{
    size_t got;
    RETURN_IF_ERROR(neuron_source_read(source, front, MAGIC_SIZE + 2, &got));
    if (got < MAGIC_SIZE + 2 || memcmp(front, "\x93NUMPY", MAGIC_SIZE) != 0)
        return neuron_fail(NEURON_E_FORMAT, "%s: not a .npy file: it does not begin with 93 NUMPY",
                           source->name);
    if (front[MAGIC_SIZE] < 1 || front[MAGIC_SIZE] > VERSION_MOST)
        return neuron_fail(NEURON_E_UNSUPPORTED, "%s: version %d of the .npy format, not 1 to %d",
                           source->name, front[MAGIC_SIZE], VERSION_MOST);
    *width = front[MAGIC_SIZE] == 1 ? 2 : 4;
    RETURN_IF_ERROR(neuron_source_read(source, front + MAGIC_SIZE + 2, *width, &got));
    if (got < *width)
        return neuron_fail(NEURON_E_FORMAT, "%s: the array's header ends early, at byte %zu",
                           source->name, source->position);
    *size = 0;
    for (size_t i = *width; i-- > 0;)
        *size = *size << 8 | front[MAGIC_SIZE + 2 + i];
    return NEURON_OK;
}

static int fail_text(const neuron_source *source, size_t size, uint64_t has)
{
    return neuron_fail(NEURON_E_FORMAT,
                       "%s: the array's header of %zu bytes goes beyond the %" PRIu64 " bytes%s",
                       source->name, size, has, neuron_source_where(source));
}

/* Reads the text with what is in front of it, so that offsets in it are those of the file. */
static int read_text(neuron_buffer *text, neuron_source *source)
{
    uint8_t front[FRONT_MOST];
    size_t width, size, got;
    uint64_t left;
    RETURN_IF_ERROR(read_front(source, front, &width, &size));
    size_t before = MAGIC_SIZE + 2 + width;
    neuron_source_left(source, &left);
    if (size > TEXT_MAX || size > left)
        return fail_text(source, size, before + left);
    uint8_t *bytes = neuron_allocate(source->context, before + size, 1);
    if (!bytes)
        return NEURON_E_MEMORY;
    *text = (neuron_buffer){.context = source->context,
                            .name = source->name,
                            .bytes = bytes,
                            .size = before + size,
                            .unpacked = source->unpacked,
                            .owned = bytes};
    memcpy(bytes, front, before);
    int status = neuron_source_read(source, bytes + before, size, &got);
    if (status == NEURON_OK && got < size)
        status = fail_text(source, size, before + got);
    if (status < 0)
        neuron_buffer_close(text);
    return status;
}

static uint64_t needed_by(const neuron_npy_header *header)
{
    return (uint64_t)neuron_shape_count(&header->shape) * header->size;
}

int neuron_npy_fail_size(const neuron_npy_header *header, const neuron_source *source, uint64_t has)
{
    char text[NEURON_SHAPE_TEXT];
    return neuron_fail(NEURON_E_FORMAT,
                       "%s: an array %s of elements of %zu bytes needs %" PRIu64
                       " bytes, but from byte %zu on there are %" PRIu64 "%s",
                       source->name, neuron_shape_text(&header->shape, text), header->size,
                       needed_by(header), header->begin, has, neuron_source_where(source));
}

static int check_size(const neuron_npy_header *header, const neuron_source *source)
{
    neuron_shape checked;
    if (neuron_shape_set(&checked, header->shape.extent, header->shape.rank, 0, source->name) < 0)
        return NEURON_E_FORMAT; /* it is the file's doing, not the caller's */
    uint64_t left;
    bool exact = neuron_source_left(source, &left);
    if (exact && needed_by(header) != left)
        return neuron_npy_fail_size(header, source, left);
    if (needed_by(header) <= left)
        return NEURON_OK;
    char text[NEURON_SHAPE_TEXT];
    return neuron_fail(NEURON_E_FORMAT,
                       "%s: an array %s of elements of %zu bytes needs %" PRIu64
                       " bytes, more than %zu bytes of gzip data can hold",
                       source->name, neuron_shape_text(&header->shape, text), header->size,
                       needed_by(header), source->end);
}

int neuron_npy_parse(neuron_npy_header *header, neuron_source *source)
{
    neuron_buffer buffer;
    *header = (neuron_npy_header){.type = 0};
    RETURN_IF_ERROR(read_text(&buffer, source));
    header->begin = buffer.size;
    const uint8_t *front = buffer.bytes;
    scan text = {.buffer = &buffer,
                 .at = MAGIC_SIZE + 2 + (front[MAGIC_SIZE] == 1 ? 2 : 4),
                 .end = buffer.size};
    int status = parse_dictionary(&text, header);
    neuron_buffer_close(&buffer);
    return status == NEURON_OK ? check_size(header, source) : status;
}

/* ---- Writing ---- */

/* Headers are filled up so that elements begin at a multiple of this. */
enum { HEADER_ALIGNMENT = 64 };

/* Of version 1.0. */
size_t neuron_npy_write_header(char header[NEURON_NPY_HEADER_ROOM], const char *type,
                               const neuron_shape *shape)
{
    char extents[NEURON_SHAPE_TEXT + 2 * NEURON_RANK_MAX] = "";
    size_t used = 0;
    for (int32_t axis = 0; axis < shape->rank; axis++)
        used += (size_t)snprintf(extents + used, sizeof extents - used, "%" PRId64 ", ",
                                 shape->extent[axis]);
    size_t front = 10; /* magic, version and length */
    size_t text =
        (size_t)snprintf(header + front, NEURON_NPY_HEADER_ROOM - front,
                         "{'descr': '%s', 'fortran_order': False, 'shape': (%s), }", type, extents);
    size_t size = front + text + 1;
    size = (size + HEADER_ALIGNMENT - 1) / HEADER_ALIGNMENT * HEADER_ALIGNMENT;
    memset(header + front + text, ' ', size - front - text);
    header[size - 1] = '\n';
    memcpy(header, "\x93NUMPY\x01\x00", 8);
    header[8] = (char)((size - front) & 0xff);
    header[9] = (char)((size - front) >> 8);
    return size;
}
