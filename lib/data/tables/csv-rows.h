/* All rows of a table at once, by the threads of the context: numbers go straight into a matrix,
 * and words are noted where they lie in the text. */
#ifndef DATA_TABLES_CSV_ROWS_H
#define DATA_TABLES_CSV_ROWS_H

#include "data/tables/csv-reader.h"

/* What is done with the fields of a column. */
enum { NEURON_CSV_SKIP, NEURON_CSV_NUMBER, NEURON_CSV_WORD, NEURON_CSV_LOOK };

typedef struct neuron_csv_cell {
    int32_t what;
    int64_t value; /* place of its number in a row of the matrix; -1 for none */
    int64_t word;  /* place in a row of the words, likewise */
    int64_t run;   /* how many columns from here on are numbers whose places follow each other */
} neuron_csv_cell;

/* Some rows. They are the same ones for any number of threads. */
typedef struct neuron_csv_chunk {
    const char *begin;
    int64_t first, count; /* rows */
} neuron_csv_chunk;

/* What the fields of a column are: kept for each thread, and then summed. */
typedef struct neuron_csv_seen {
    int64_t numbers, words;
    const char *first_word; /* position of its field; NULL for none */
} neuron_csv_seen;

typedef struct neuron_csv_rows {
    const neuron_csv_text *csv;
    const neuron_preparation_t *preparation; /* says what is missing */
    const neuron_csv_cell *cells;
    int64_t column_count;
    neuron_csv_chunk *chunks;
    int64_t chunk_count, count; /* and how many rows there are */

    uint8_t *bytes;           /* the matrix [count, values], if all are integers of 8 bits */
    float *floats;            /* else; NaN for a missing value */
    bool guess;               /* values that are no bytes stop the reading, and are no failure */
    bool words_welcome;       /* for a message: words are expected elsewhere */
    neuron_text_slice *words; /* [count, word_count] */
    int64_t value_count, word_count;
    neuron_csv_seen *seen; /* [threads, column_count] */
} neuron_csv_rows;

/* Finds the chunks of the rows that begin at `begin`, which neuron_csv_rows_release() releases. */
int neuron_csv_find_rows(neuron_csv_rows *rows, const char *begin);
void neuron_csv_rows_release(neuron_csv_rows *rows);

/* Reads all rows to where the members say. *bytes becomes false if a guess was wrong. */
int neuron_csv_read_rows(const neuron_csv_rows *rows, bool *bytes);

#endif
