/* Rows and fields of comma-separated values, and the numbers in them. */
#ifndef DATA_FORMATS_CSV_READER_H
#define DATA_FORMATS_CSV_READER_H

#include "data/codec/buffer.h"

#include <inttypes.h>

/* A position in the text. Lines and columns count from 1, as editors and spreadsheets do. */
typedef struct neuron_csv_reader {
    const neuron_buffer *buffer;
    size_t position;
    int64_t line, column; /* of the field that comes next */
} neuron_csv_reader;

typedef struct neuron_csv_field {
    const uint8_t *text; /* without quotes and blanks around it; a quote within is two */
    size_t size;
    int64_t line, column;
    bool last; /* of its row */
} neuron_csv_field;

/* What messages show of a field. */
enum { NEURON_CSV_SHOWN_MAX = 40 };

/* Arguments for "%.*s". */
#define neuron_csv_shown(field)                                                                    \
    (int)((field)->size < NEURON_CSV_SHOWN_MAX ? (field)->size : NEURON_CSV_SHOWN_MAX),            \
        (const char *)(field)->text

#define neuron_csv_fail(status, buffer, field, format, ...)                                        \
    neuron_fail(status, "%s: line %" PRId64 ", column %" PRId64 ": " format, (buffer)->name,       \
                (field)->line, (field)->column, __VA_ARGS__)

/* Whether a buffer is text, as far as its bytes tell; the message says what else it seems to be. */
int neuron_csv_check_text(const neuron_buffer *buffer);

/* The position of the first field. */
neuron_csv_reader neuron_csv_begin(const neuron_buffer *buffer);

/* Whether nothing is left but ends of lines. */
bool neuron_csv_at_end(const neuron_csv_reader *from);

/* Reads a field and what ends it: a comma, the end of a row, or of the text. */
int neuron_csv_read_field(neuron_csv_reader *from, neuron_csv_field *field);

/* Reads a field that is a number: `nearest` is the float32 that becomes the input, `value` tells
 * whether it is a byte or a class number. */
int neuron_csv_read_number(neuron_csv_reader *from, neuron_csv_field *field, double *value,
                           float *nearest);

int neuron_csv_skip_row(neuron_csv_reader *from);

#endif
