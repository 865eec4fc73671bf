/* One loading of a table, from its text to a dataset. Where to find what:
 *
 *     csv.c           the public calls, and the order of the steps
 *     csv-options.c   what the caller says
 *     csv-columns.c   the first row: what columns there are, and which of them is what
 *     csv-guess.c     what to make of a first row that nobody explained
 *     csv-match.c     the same for a table that is read like another
 *     csv-rows.c      all rows, side by side: numbers into a matrix, words where they lie
 *     csv-words.c     words become places in sorted lists
 *     csv-labels.c    labels become classes, and targets numbers
 *     csv-inputs.c    what stands for missing values, and the inputs of each row
 *     csv-reader.c    rows and fields, one after the other
 */
#ifndef DATA_TABLES_CSV_TABLE_H
#define DATA_TABLES_CSV_TABLE_H

#include "base/tensor.h"
#include "data/dataset.h"
#include "data/tables/csv-options.h"
#include "data/tables/csv-rows.h"

/* Where the caller has said nothing. */
typedef struct neuron_csv_doubts {
    bool label;   /* nothing but its place speaks for the first column */
    bool guessed; /* nobody said where the label is, */
    bool header;  /* or whether the first row has names */
    bool index;   /* the first column is taken for an index */
} neuron_csv_doubts;

typedef struct neuron_csv_table {
    neuron_context_t *context;
    neuron_csv_settings settings;
    neuron_csv_text csv;
    neuron_preparation_t *preparation; /* in the making, or of another table */
    bool given;                        /* it is that of another */
    neuron_csv_doubts doubts;
    neuron_csv_field *first_row; /* `column_count` fields */
    int64_t column_count;
    int64_t *matches;       /* column of the preparation for each of the file; -1 for none */
    neuron_csv_cell *cells; /* of each column of the file */
    neuron_csv_rows rows;
    neuron_tensor_t *values;  /* f32 or u8, [rows, a value for each input column] */
    neuron_text_slice *words; /* [rows, a slice for each column of words, label and targets] */
    neuron_tensor_t *examples, *labels, *names;
    int64_t unknown; /* words that the other table did not have */
} neuron_csv_table;

/* Reads the first row to first_row, and finds what each column is for; *begin is where the rows of
 * examples begin. */
int neuron_csv_find_columns(neuron_csv_table *table, const char **begin);

/* The same by a preparation that is given. */
int neuron_csv_match_columns(neuron_csv_table *table, const char **begin);

/* Reads the row at *begin to first_row, and moves *begin behind it. */
int neuron_csv_read_first_row(neuron_csv_table *table, const char **begin);

/* Whether a field has this text; `any_case` for letters of A to Z. */
bool neuron_csv_is_called(const neuron_text_slice *field, const neuron_text_slice *name,
                          bool any_case);

/* Finds the column that an item of an option means: *found is its place from 0, or -1 for none. */
int neuron_csv_find_item(const neuron_csv_table *table, const neuron_text_slice *item, bool quoted,
                         const char *option, int64_t *found);

/* Decides whether the first row has names, where nobody has said so: dialect.header. */
int neuron_csv_guess_header(neuron_csv_table *table, int64_t label, const char *second);

/* Names may speak against the first column as label. */
int neuron_csv_check_first_name(neuron_csv_table *table);

/* So may many rows, of labels that are numbers. */
int neuron_csv_check_doubts(const neuron_csv_table *table, const double *labels);

/* What the pandas calls an index that it has written itself and read again, or no name at all. */
bool neuron_csv_is_nameless(const neuron_text_slice *field);

/* What a message about a label that is none ends with, where nobody said that it is. */
const char *neuron_csv_elsewhere(const neuron_csv_table *table);

/* Finds out which columns are words, by all rows. */
int neuron_csv_find_kinds(neuron_csv_table *table);

/* Numbers the words of columns of inputs, and puts them into the matrix. */
int neuron_csv_number_words(neuron_csv_table *table);

/* Numbers the distinct words of one column: their places in a sorted list go to `places`, -1 for
 * what is missing or unknown. `known` is that list, or NULL to make *made, of at most `most`. */
int neuron_csv_sort_words(neuron_csv_table *table, int64_t column, const neuron_texts *known,
                          neuron_texts *made, int64_t most, int32_t *places);

/* Makes table->labels of labels or targets, and table->names. */
int neuron_csv_make_labels(neuron_csv_table *table);

/* Finds what stands for missing values, and makes table->examples. */
int neuron_csv_make_inputs(neuron_csv_table *table);

/* The slice of a column's field in a row, which is a column of words. */
static inline const neuron_text_slice *neuron_csv_word(const neuron_csv_table *table, int64_t row,
                                                       int64_t column)
{
    return &table->words[row * table->rows.word_count + table->cells[column].word];
}

/* For messages: the field that a slice is of. Quotes and blanks before it are left out. */
static inline neuron_csv_field neuron_csv_field_of(const neuron_text_slice *slice, int64_t column)
{
    return (neuron_csv_field){.slice = *slice, .at = slice->text, .column = column};
}

#endif
