/* A field is read where it lies in the buffer, without a copy. */
#include "data/tables/csv-reader.h"

#include "base/text/number.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static bool is_blank(const neuron_csv_text *csv, char character)
{
    return character == ' ' || (character == '\t' && csv->dialect.separator != '\t');
}

static const char *skip_blanks(const neuron_csv_text *csv, const char *at)
{
    while (at < csv->end && is_blank(csv, *at))
        at++;
    return at;
}

/* Whether a carriage return is part of a line end. */
static bool ends_line(const neuron_csv_text *csv, const char *at)
{
    return at == csv->end || *at == '\n' || (*at == '\r' && at[1] == '\n');
}

static bool ends_field(const neuron_csv_text *csv, char character)
{
    return character == '\r' || character == '\n' || character == csv->dialect.separator ||
           (csv->dialect.separator == ' ' && character == '\t');
}

static int set_size(const neuron_csv_text *csv, neuron_csv_field *field, const char *end)
{
    size_t size = (size_t)(end - field->slice.text);
    if (size > UINT32_MAX)
        return neuron_csv_fail(NEURON_E_FORMAT, csv, field, "the field has %zu bytes", size);
    field->slice.size = (uint32_t)size;
    return NEURON_OK;
}

/* Text in quotes, where two quotes are one that does not end it. Moves behind it. */
static int read_quoted(const neuron_csv_text *csv, const char **position, neuron_csv_field *field)
{
    const char *at = *position;
    field->slice.text = ++at;
    for (;; at += 2) {
        at = memchr(at, '"', (size_t)(csv->end - at));
        if (!at)
            return neuron_csv_fail(NEURON_E_FORMAT, csv, field, "the quotes of a field are not %s",
                                   "closed");
        if (at + 1 == csv->end || at[1] != '"')
            break;
        field->slice.escaped = true;
    }
    *position = csv->dialect.separator == ' ' ? at + 1 : skip_blanks(csv, at + 1);
    return set_size(csv, field, at);
}

static int read_plain(const neuron_csv_text *csv, const char **position, neuron_csv_field *field)
{
    const char *begin = *position, *at = begin;
    while (at < csv->end && !ends_field(csv, *at))
        at++;
    const char *behind = at;
    while (behind > begin && is_blank(csv, behind[-1]))
        behind--;
    field->slice.text = begin;
    *position = at;
    return set_size(csv, field, behind);
}

int neuron_csv_read_field(const neuron_csv_text *csv, const char **position, int64_t column,
                          neuron_csv_field *field)
{
    const char *at = skip_blanks(csv, *position);
    *field = (neuron_csv_field){.at = *position, .column = column};
    RETURN_IF_ERROR(at < csv->end && *at == '"' ? read_quoted(csv, &at, field)
                                                : read_plain(csv, &at, field));
    if (csv->dialect.separator == ' ') {
        const char *next = skip_blanks(csv, at);
        if (next > at && !ends_line(csv, next)) {
            *position = next;
            return NEURON_OK;
        }
        at = next;
    } else if (at < csv->end && *at == csv->dialect.separator) {
        *position = at + 1;
        return NEURON_OK;
    }
    field->last = true;
    if (!ends_line(csv, at) && *at == '\r')
        return neuron_csv_fail(NEURON_E_FORMAT, csv, field, "%s",
                               "a carriage return (CR) ends the field, without a line feed (LF) "
                               "behind it: lines must end in LF or CR LF; convert them, such as "
                               "with tr '\\r' '\\n'");
    if (!ends_line(csv, at))
        return neuron_csv_fail(NEURON_E_FORMAT, csv, field, "text follows the closing %s",
                               "quotes");
    *position = at == csv->end ? at : at + 1 + (*at == '\r');
    return NEURON_OK;
}

bool neuron_csv_parse_number(const neuron_csv_text *csv, const neuron_text_slice *slice,
                             double *value, float *nearest)
{
    char point = csv->dialect.point;
    return (slice->size > 0 &&
            neuron_number_scan(slice->text, point, value, nearest) == slice->text + slice->size) ||
           neuron_number_parse_with(slice->text, slice->size, point, value, nearest);
}

const char *neuron_csv_row_end(const neuron_csv_text *csv, const char *at)
{
    size_t left = (size_t)(csv->end - at);
    const char *line = memchr(at, '\n', left);
    if (!line)
        return csv->end;
    if (!csv->quotes || !memchr(at, '"', (size_t)(line - at)))
        return line + 1;
    neuron_csv_field field = {.last = false};
    while (!field.last)
        if (neuron_csv_read_field(csv, &at, 0, &field) < 0)
            return csv->end;
    return at;
}

const char *neuron_csv_skip_comments(const neuron_csv_text *csv, const char *at)
{
    while (csv->dialect.comment && at < csv->end &&
           (*at == csv->dialect.comment || ends_line(csv, at))) {
        const char *line = memchr(at, '\n', (size_t)(csv->end - at));
        at = line ? line + 1 : csv->end;
    }
    return at;
}

int64_t neuron_csv_line(const neuron_csv_text *csv, const char *at)
{
    int64_t line = 1;
    for (const char *from = (const char *)csv->buffer->bytes; from < at; from++)
        line += *from == '\n';
    return line;
}

void neuron_csv_set_message(const neuron_csv_text *csv, const neuron_csv_field *field,
                            const char *format, ...)
{
    char text[NEURON_MESSAGE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    neuron_set_message("%s: line %" PRId64 ", column %" PRId64 ": %s", csv->buffer->name,
                       neuron_csv_line(csv, field->at), field->column + 1, text);
}

void neuron_csv_begin(neuron_csv_text *csv, const neuron_buffer *buffer,
                      const neuron_csv_dialect *dialect)
{
    const char *begin = (const char *)buffer->bytes, *end = begin + buffer->size;
    if (buffer->size >= 3 && memcmp(begin, "\xef\xbb\xbf", 3) == 0)
        begin += 3; /* what some programs put in front of UTF-8 */
    while (end > begin && (end[-1] == '\r' || end[-1] == '\n'))
        end--;
    *csv = (neuron_csv_text){buffer, *dialect, begin, end, false};
    csv->quotes = end > begin && memchr(begin, '"', (size_t)(end - begin));
}

/* ---- What is no such text ---- */

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
