/* Rows and fields of a table's text, one after the other. csv-rows.c reads many at once. */
#ifndef DATA_TABLES_CSV_READER_H
#define DATA_TABLES_CSV_READER_H

#include "data/codec/buffer.h"
#include "data/preparation.h"

#include <inttypes.h>

/* The rows of a buffer, and how they are written. */
typedef struct neuron_csv_text {
    const neuron_buffer *buffer; /* a byte can be read behind its end */
    neuron_csv_dialect dialect;
    const char *begin, *end; /* of the rows; line ends behind the last one do not count */
    bool quotes;             /* there are any */
} neuron_csv_text;

typedef struct neuron_csv_field {
    neuron_text_slice slice; /* without quotes and blanks around it */
    const char *at;          /* where it begins with them */
    int64_t column;          /* from 0 */
    bool last;               /* of its row */
} neuron_csv_field;

/* What messages show of a field. */
enum { NEURON_CSV_SHOWN_MAX = 40 };

/* Arguments for "%.*s". */
#define neuron_csv_shown(slice)                                                                    \
    (int)((slice).size < NEURON_CSV_SHOWN_MAX ? (slice).size : NEURON_CSV_SHOWN_MAX), (slice).text

/* Lines and columns of messages count from 1, as editors and spreadsheets do. */
#define neuron_csv_fail(status, csv, field, ...)                                                   \
    (neuron_csv_set_message(csv, field, __VA_ARGS__), (status))
void neuron_csv_set_message(const neuron_csv_text *csv, const neuron_csv_field *field,
                            const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Whether a buffer is text, as far as its bytes tell; the message says what else it seems to be. */
int neuron_csv_check_text(const neuron_buffer *buffer);

/* Finds where the rows are. */
void neuron_csv_begin(neuron_csv_text *csv, const neuron_buffer *buffer,
                      const neuron_csv_dialect *dialect);

/* The line that a position is in, from 1. */
int64_t neuron_csv_line(const neuron_csv_text *csv, const char *at);

/* Where the next row begins: behind comments, and empty lines if there may be comments. */
const char *neuron_csv_skip_comments(const neuron_csv_text *csv, const char *at);

/* Reads a field at *at, and moves that behind what ends it: a separator, or the end of a row. */
int neuron_csv_read_field(const neuron_csv_text *csv, const char **at, int64_t column,
                          neuron_csv_field *field);

/* Whether a field is a number, whatever its size; quick for most. */
bool neuron_csv_parse_number(const neuron_csv_text *csv, const neuron_text_slice *slice,
                             double *value, float *nearest);

/* Moves behind the end of a row, and behind that of the text if it has none. */
const char *neuron_csv_row_end(const neuron_csv_text *csv, const char *at);

#endif
