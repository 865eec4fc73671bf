/* A field is read where it lies in the buffer, without a copy. neuron_csv_read_number() is where
 * its text becomes a float32. */
#include "data/formats/csv-reader.h"

#include "base/text/number.h"

#include <math.h>
#include <string.h>

static bool is_at(const neuron_csv_reader *from, uint8_t character)
{
    return from->position < from->buffer->size && from->buffer->bytes[from->position] == character;
}

static bool at_line_end(const neuron_csv_reader *from)
{
    return is_at(from, '\n') ||
           (is_at(from, '\r') && (from->position + 1 == from->buffer->size ||
                                  from->buffer->bytes[from->position + 1] == '\n'));
}

bool neuron_csv_at_end(const neuron_csv_reader *from)
{
    size_t at = from->position;
    while (at < from->buffer->size &&
           (from->buffer->bytes[at] == '\r' || from->buffer->bytes[at] == '\n'))
        at++;
    return at == from->buffer->size;
}

static void skip_blanks(neuron_csv_reader *from)
{
    while (is_at(from, ' ') || is_at(from, '\t'))
        from->position++;
}

/* Text in quotes, where two quotes are one that does not end it. They stay two: such a text is no
 * number in any case. */
static int read_quoted(neuron_csv_reader *from, neuron_csv_field *field)
{
    const neuron_buffer *buffer = from->buffer;
    field->text = buffer->bytes + ++from->position;
    for (;; from->position++) {
        if (from->position == buffer->size)
            return neuron_csv_fail(NEURON_E_FORMAT, from->buffer, field,
                                   "the quotes of a field are not %s", "closed");
        if (is_at(from, '\n'))
            from->line++;
        if (!is_at(from, '"'))
            continue;
        if (from->position + 1 == buffer->size || buffer->bytes[from->position + 1] != '"')
            break;
        from->position++;
    }
    field->size = (size_t)(buffer->bytes + from->position - field->text);
    from->position++;
    skip_blanks(from);
    return NEURON_OK;
}

static void read_plain(neuron_csv_reader *from, neuron_csv_field *field)
{
    field->text = from->buffer->bytes + from->position;
    size_t begin = from->position;
    while (from->position < from->buffer->size && !is_at(from, ',') && !is_at(from, '\r') &&
           !is_at(from, '\n'))
        from->position++;
    field->size = from->position - begin;
    while (field->size > 0 &&
           (field->text[field->size - 1] == ' ' || field->text[field->size - 1] == '\t'))
        field->size--;
}

int neuron_csv_read_field(neuron_csv_reader *from, neuron_csv_field *field)
{
    *field = (neuron_csv_field){.line = from->line, .column = from->column};
    skip_blanks(from);
    if (is_at(from, '"'))
        RETURN_IF_ERROR(read_quoted(from, field));
    else
        read_plain(from, field);
    if (is_at(from, ',')) {
        from->position++;
        from->column++;
        return NEURON_OK;
    }
    field->last = true;
    if (is_at(from, '\r') && !at_line_end(from))
        return neuron_csv_fail(NEURON_E_FORMAT, from->buffer, field, "%s",
                               "a carriage return (CR) ends the field, without a line feed (LF) "
                               "behind it: lines must end in LF or CR LF; convert them, such as "
                               "with tr '\\r' '\\n'");
    if (from->position < from->buffer->size && !at_line_end(from))
        return neuron_csv_fail(NEURON_E_FORMAT, from->buffer, field, "text follows the closing %s",
                               "quotes");
    from->position += is_at(from, '\r');
    from->position += is_at(from, '\n');
    from->line++;
    from->column = 1;
    return NEURON_OK;
}

int neuron_csv_read_number(neuron_csv_reader *from, neuron_csv_field *field, double *value,
                           float *nearest)
{
    RETURN_IF_ERROR(neuron_csv_read_field(from, field));
    if (field->size == 0)
        return neuron_csv_fail(NEURON_E_FORMAT, from->buffer, field, "there is no %s", "number");
    if (!neuron_number_parse((const char *)field->text, field->size, value, nearest))
        return neuron_csv_fail(NEURON_E_FORMAT, from->buffer, field, "\"%.*s\" is not a number",
                               neuron_csv_shown(field));
    if (!isfinite(*nearest))
        return neuron_csv_fail(NEURON_E_FORMAT, from->buffer, field,
                               "\"%.*s\" is too large for float32", neuron_csv_shown(field));
    return NEURON_OK;
}

neuron_csv_reader neuron_csv_begin(const neuron_buffer *buffer)
{
    neuron_csv_reader from = {.buffer = buffer, .line = 1, .column = 1};
    if (buffer->size >= 3 && memcmp(buffer->bytes, "\xef\xbb\xbf", 3) == 0)
        from.position = 3; /* what some programs put in front of UTF-8 */
    return from;
}

int neuron_csv_skip_row(neuron_csv_reader *from)
{
    neuron_csv_field field = {.last = false};
    while (!field.last)
        RETURN_IF_ERROR(neuron_csv_read_field(from, &field));
    return NEURON_OK;
}

static int fail_kind(const neuron_buffer *buffer, const char *kind, const char *remedy)
{
    return neuron_fail(NEURON_E_FORMAT, "%s: is %s, not comma-separated text in UTF-8%s",
                       buffer->name, kind, remedy);
}

/* UTF-16 of the characters that numbers and commas are of has a zero in every other byte. */
static int fail_at_zero(const neuron_buffer *buffer, size_t offset)
{
    static const char remedy[] = ": convert it, such as with iconv -f UTF-16 -t UTF-8";
    const uint8_t *bytes = buffer->bytes;
    if (buffer->size >= 4 && !bytes[1] && !bytes[3] && bytes[0] && bytes[2])
        return fail_kind(buffer, "UTF-16 (little-endian)", remedy);
    if (buffer->size >= 4 && !bytes[0] && !bytes[2] && bytes[1] && bytes[3])
        return fail_kind(buffer, "UTF-16 (big-endian)", remedy);
    int64_t line = 1;
    for (size_t i = 0; i < offset; i++)
        line += bytes[i] == '\n';
    return neuron_fail(NEURON_E_FORMAT,
                       "%s: line %" PRId64 ": a NUL byte, at byte %zu%s: the file is binary or "
                       "damaged",
                       buffer->name, line, offset, neuron_buffer_where(buffer));
}

int neuron_csv_check_text(const neuron_buffer *buffer)
{
    static const struct {
        char mark[5];
        uint8_t size;
        const char *kind, *remedy;
    } kinds[] = {
        {"\xff\xfe\0\0", 4, "UTF-32", ": convert it, such as with iconv -f UTF-32 -t UTF-8"},
        {"\0\0\xfe\xff", 4, "UTF-32", ": convert it, such as with iconv -f UTF-32 -t UTF-8"},
        {"\xff\xfe", 2, "UTF-16 (little-endian)",
         ": convert it, such as with iconv -f UTF-16 -t UTF-8"},
        {"\xfe\xff", 2, "UTF-16 (big-endian)",
         ": convert it, such as with iconv -f UTF-16 -t UTF-8"},
        {"PK\3\4", 4, "a zip archive or a workbook (.xlsx, .ods)", ": unpack it or save it as CSV"},
        {"\xd0\xcf\x11\xe0", 4, "a workbook (.xls)", ": save it as CSV"},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (buffer->size >= kinds[i].size &&
            memcmp(buffer->bytes, kinds[i].mark, kinds[i].size) == 0)
            return fail_kind(buffer, kinds[i].kind, kinds[i].remedy);
    const uint8_t *zero = buffer->size ? memchr(buffer->bytes, 0, buffer->size) : NULL;
    return zero ? fail_at_zero(buffer, (size_t)(zero - buffer->bytes)) : NEURON_OK;
}
