/* Growing code, its indentation, and templates. */
#include "source/text/code.h"

#include <stdio.h>
#include <string.h>

enum { PIECE_LEAST = 1 << 10, PIECE_MOST = 1 << 20, INDENT = 4 };

void neuron_code_end(neuron_code *code)
{
    while (code->first) {
        neuron_code_piece *piece = code->first;
        code->first = piece->next;
        neuron_release(code->context, piece);
    }
    *code = (neuron_code){.context = code->context};
}

/* A new piece, twice as large as the last one up to a size. */
static bool add_piece(neuron_code *code)
{
    size_t capacity = code->last ? 2 * code->last->capacity : PIECE_LEAST;
    capacity = capacity > PIECE_MOST ? PIECE_MOST : capacity;
    neuron_code_piece *piece = neuron_allocate(code->context, sizeof *piece + capacity, 1);
    if (!piece) {
        code->failed = true;
        return false;
    }
    *piece = (neuron_code_piece){.capacity = capacity};
    *(code->last ? &code->last->next : &code->first) = piece;
    code->last = piece;
    return true;
}

void neuron_code_add(neuron_code *code, const char *bytes, size_t size)
{
    while (size > 0 && !code->failed) {
        neuron_code_piece *piece = code->last;
        if (!piece || piece->size == piece->capacity) {
            add_piece(code);
            continue;
        }
        size_t room = piece->capacity - piece->size, part = size < room ? size : room;
        memcpy(piece->bytes + piece->size, bytes, part);
        piece->size += part;
        code->size += part;
        bytes += part;
        size -= part;
    }
}

void neuron_code_add_text(neuron_code *code, const char *text)
{
    neuron_code_add(code, text, strlen(text));
}

static void indent(neuron_code *code, char next)
{
    static const char blanks[] = "                                                            ";
    code->directive = next == '#' || (code->directive && code->before == '\\');
    int64_t steps = code->depth - (next == '}') + (code->continued && next != '{');
    size_t size = code->directive || steps < 0 ? 0 : (size_t)steps * INDENT;
    neuron_code_add(code, blanks, size < sizeof blanks ? size : sizeof blanks - 1);
}

static void end_line(neuron_code *code)
{
    neuron_code_add(code, "\n", 1);
    code->column = 0;
    code->continued = !code->directive && code->before && !strchr(";{}/", code->before);
}

/* Part of a line. */
static void put_text(neuron_code *code, const char *text, size_t size)
{
    for (size_t i = 0; i < size && code->column == 0; i++)
        if (text[i] != ' ') {
            indent(code, text[i]);
            code->column = 1;
            text += i;
            size -= i;
        }
    for (size_t i = 0; i < size; i++) {
        code->depth += text[i] == '{' ? 1 : text[i] == '}' ? -1 : 0;
        code->before = text[i] != ' ' ? text[i] : code->before;
    }
    neuron_code_add(code, text, size);
}

static void put_lines(neuron_code *code, const char *lines, size_t size)
{
    const char *end = lines + size;
    while (lines < end) {
        const char *stop = memchr(lines, '\n', (size_t)(end - lines));
        put_text(code, lines, (size_t)((stop ? stop : end) - lines));
        if (stop)
            end_line(code);
        lines = stop ? stop + 1 : end;
    }
}

void neuron_code_put(neuron_code *code, const char *lines)
{
    put_lines(code, lines, strlen(lines));
}

static const neuron_field *find(const neuron_field *fields, size_t count, const char *name,
                                size_t size)
{
    for (size_t i = 0; i < count; i++)
        if (strlen(fields[i].name) == size && memcmp(fields[i].name, name, size) == 0)
            return &fields[i];
    return NULL;
}

static void put_field(neuron_code *code, const neuron_field *field)
{
    char number[32];
    if (field && !field->text)
        snprintf(number, sizeof number, "%" PRId64, field->number);
    if (field)
        neuron_code_put(code, field->text ? field->text : number);
    else
        code->failed = true;
}

void neuron_code_fill(neuron_code *code, const char *template, const neuron_field *fields,
                      size_t count)
{
    while (*template && !code->failed) {
        size_t length = strcspn(template, "@");
        put_lines(code, template, length);
        template += length;
        if (*template == '\0')
            return;
        template ++;
        length = strcspn(template, "@");
        put_field(code, find(fields, count, template, length));
        template += length + 1;
    }
}

void neuron_code_append(neuron_code *code, neuron_code *other)
{
    code->failed |= other->failed;
    if (other->first) {
        *(code->last ? &code->last->next : &code->first) = other->first;
        code->last = other->last;
        code->size += other->size;
    }
    other->first = other->last = NULL;
    neuron_code_end(other);
}

bool neuron_code_same(const neuron_code *a, const neuron_code *b)
{
    if (a->size != b->size)
        return false;
    /* Pieces of both grow alike. */
    const neuron_code_piece *x = a->first, *y = b->first;
    for (; x && y && x->size == y->size; x = x->next, y = y->next)
        if (memcmp(x->bytes, y->bytes, x->size) != 0)
            return false;
    return !x && !y;
}

int neuron_code_status(const neuron_code *code)
{
    return code->failed ? NEURON_E_MEMORY : NEURON_OK;
}
