#include "data/npy-header.h"

#include "base/checked.h"
#include "base/tensor.h"

#include <inttypes.h>
#include <string.h>

enum { MAGIC_SIZE = 6, VERSION_MOST = 3, TEXT_MAX = 1 << 16, SHOWN_MAX = 40 };

/* Types as NumPy names them, behind the sign of the byte order. */
static const struct {
    char name[3];
    uint8_t size;
    int32_t type;
} types[] = {
    {"u1", 1, NEURON_U8},  {"b1", 1, NEURON_U8},  {"f4", 4, NEURON_F32},
    {"f8", 8, NEURON_F32}, {"i4", 4, NEURON_I32}, {"i8", 8, NEURON_I64},
};

/* The header's text: a Python dictionary. */
typedef struct scan {
    const neuron_content *content;
    size_t at, end;
} scan;

#define fail_at(text, what)                                                                        \
    neuron_fail(NEURON_E_FORMAT, "%s: the header of the array %s at byte %zu%s",                   \
                (text)->content->name, what, (text)->at, neuron_content_where((text)->content))

static bool is_at(const scan *text, char character)
{
    return text->at < text->end && text->content->bytes[text->at] == (uint8_t)character;
}

static void skip_blanks(scan *text)
{
    while (is_at(text, ' ') || is_at(text, '\n') || is_at(text, '\t'))
        text->at++;
}

/* Takes a character, with blanks around it. */
static bool take(scan *text, char character)
{
    skip_blanks(text);
    bool found = is_at(text, character);
    text->at += found;
    if (found)
        skip_blanks(text);
    return found;
}

static bool take_word(scan *text, const char *word)
{
    size_t size = strlen(word);
    bool found =
        text->end - text->at >= size && memcmp(text->content->bytes + text->at, word, size) == 0;
    text->at += found ? size : 0;
    return found;
}

/* A text in quotes of either kind. */
static bool take_text(scan *text, const char **begin, size_t *size)
{
    char quote = is_at(text, '"') ? '"' : '\'';
    if (!is_at(text, quote))
        return false;
    size_t first = ++text->at;
    while (text->at < text->end && !is_at(text, quote))
        text->at++;
    *begin = (const char *)text->content->bytes + first;
    *size = text->at - first;
    return take(text, quote);
}

static int take_type(scan *text, neuron_npy_header *header)
{
    const char *name;
    size_t size;
    if (is_at(text, '['))
        return neuron_fail(NEURON_E_UNSUPPORTED, "%s: elements of several fields are not read",
                           text->content->name);
    if (!take_text(text, &name, &size))
        return fail_at(text, "has no type of elements");
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (size == 3 && memchr("<>|=", name[0], 4) && memcmp(name + 1, types[i].name, 2) == 0) {
            header->type = types[i].type;
            header->size = types[i].size;
            header->boolean = types[i].name[0] == 'b';
            header->big = name[0] == '>';
            return NEURON_OK;
        }
    return neuron_fail(NEURON_E_UNSUPPORTED,
                       "%s: elements are of type \"%.*s\", not u1, b1, f4, f8, i4 or i8",
                       text->content->name, (int)(size < SHOWN_MAX ? size : SHOWN_MAX), name);
}

static int take_order(scan *text)
{
    if (take_word(text, "False"))
        return NEURON_OK;
    if (take_word(text, "True"))
        return neuron_fail(NEURON_E_UNSUPPORTED,
                           "%s: elements are in Fortran's order; save it with "
                           "numpy.ascontiguousarray()",
                           text->content->name);
    return fail_at(text, "does not say the order");
}

static bool take_extent(scan *text, int64_t *extent)
{
    size_t first = text->at;
    for (*extent = 0; text->at < text->end; text->at++) {
        uint8_t character = text->content->bytes[text->at];
        if (character < '0' || character > '9')
            break;
        if (!neuron_multiply_count(*extent, 10, extent) ||
            __builtin_add_overflow(*extent, character - '0', extent))
            return false;
    }
    return text->at > first;
}

static int take_shape(scan *text, neuron_shape *shape)
{
    shape->rank = 0;
    if (!take(text, '('))
        return fail_at(text, "has no shape");
    while (!take(text, ')')) {
        if (shape->rank == NEURON_RANK_MAX)
            return neuron_fail(NEURON_E_UNSUPPORTED, "%s: the array has more than %d axes",
                               text->content->name, NEURON_RANK_MAX);
        if (!take_extent(text, &shape->extent[shape->rank++]))
            return fail_at(text, "has a shape of no numbers");
        if (!take(text, ',') && !is_at(text, ')'))
            return fail_at(text, "has a shape without an end");
    }
    return NEURON_OK;
}

static int take_dictionary(scan *text, neuron_npy_header *header)
{
    bool has_type = false, has_order = false, has_shape = false;
    if (!take(text, '{'))
        return fail_at(text, "is no dictionary");
    while (!take(text, '}')) {
        const char *key;
        size_t size;
        if (!take_text(text, &key, &size) || !take(text, ':'))
            return fail_at(text, "is no dictionary");
        if (size == 5 && memcmp(key, "descr", size) == 0 && !has_type) {
            RETURN_IF_ERROR(take_type(text, header));
            has_type = true;
        } else if (size == 13 && memcmp(key, "fortran_order", size) == 0 && !has_order) {
            RETURN_IF_ERROR(take_order(text));
            has_order = true;
        } else if (size == 5 && memcmp(key, "shape", size) == 0 && !has_shape) {
            RETURN_IF_ERROR(take_shape(text, &header->shape));
            has_shape = true;
        } else {
            return fail_at(text, "has a key too much");
        }
        if (!take(text, ',') && !is_at(text, '}'))
            return fail_at(text, "is no dictionary");
    }
    if (!has_type || !has_order || !has_shape)
        return fail_at(text, "lacks the type, the order or the shape");
    skip_blanks(text);
    return text->at == text->end ? NEURON_OK : fail_at(text, "goes on behind its dictionary");
}

/* Finds the text between the length in front and the elements. */
static int find_text(scan *text, const neuron_content *content)
{
    const uint8_t *bytes = content->bytes;
    if (content->size < MAGIC_SIZE + 2 || memcmp(bytes, "\x93NUMPY", MAGIC_SIZE) != 0)
        return neuron_fail(NEURON_E_FORMAT, "%s: not a .npy file: it does not begin with 93 NUMPY",
                           content->name);
    if (bytes[MAGIC_SIZE] < 1 || bytes[MAGIC_SIZE] > VERSION_MOST)
        return neuron_fail(NEURON_E_UNSUPPORTED, "%s: version %d of the .npy format, not 1 to %d",
                           content->name, bytes[MAGIC_SIZE], VERSION_MOST);
    size_t width = bytes[MAGIC_SIZE] == 1 ? 2 : 4, size = 0;
    *text = (scan){.content = content, .at = MAGIC_SIZE + 2 + width};
    if (content->size < text->at)
        return neuron_fail(NEURON_E_FORMAT, "%s: the array's header ends early, at byte %zu",
                           content->name, content->size);
    for (size_t i = width; i-- > 0;)
        size = size << 8 | bytes[MAGIC_SIZE + 2 + i];
    if (size > TEXT_MAX || size > content->size - text->at)
        return neuron_fail(NEURON_E_FORMAT,
                           "%s: the array's header of %zu bytes goes beyond the %zu bytes%s",
                           content->name, size, content->size, neuron_content_where(content));
    text->end = text->at + size;
    return NEURON_OK;
}

static int check_size(const neuron_npy_header *header, const neuron_content *content)
{
    neuron_shape checked;
    if (neuron_shape_set(&checked, header->shape.extent, header->shape.rank, 0, content->name) < 0)
        return NEURON_E_FORMAT; /* it is the file's doing, not the caller's */
    uint64_t needed = (uint64_t)neuron_shape_count(&checked) * header->size;
    size_t has = content->size - header->begin;
    if (needed == has)
        return NEURON_OK;
    char text[NEURON_SHAPE_TEXT];
    return neuron_fail(NEURON_E_FORMAT,
                       "%s: an array %s of elements of %zu bytes needs %" PRIu64
                       " bytes, but from byte %zu on there are %zu%s",
                       content->name, neuron_shape_text(&checked, text), header->size, needed,
                       header->begin, has, neuron_content_where(content));
}

int neuron_npy_parse(neuron_npy_header *header, const neuron_content *content)
{
    scan text;
    *header = (neuron_npy_header){.type = 0};
    RETURN_IF_ERROR(find_text(&text, content));
    header->begin = text.end;
    RETURN_IF_ERROR(take_dictionary(&text, header));
    return check_size(header, content);
}
