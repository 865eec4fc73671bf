/* The preparation of a table: what each of its columns is, and how fields become numbers. Loading a
 * table makes one (data/tables), and reading other tables or single rows goes by it. It never
 * changes once it is made. preparation-json.c writes and reads it; the calls of users are in
 * libneuron/table.h. */
#ifndef DATA_PREPARATION_H
#define DATA_PREPARATION_H

#include <libneuron/table.h>

#include "base/context.h"
#include "base/shape.h"

#include <stdatomic.h>
#include <stdbool.h>

/* A part of a text that stays. In an escaped one two quotes are one. */
typedef struct neuron_text_slice {
    const char *text;
    uint32_t size;
    bool escaped;
} neuron_text_slice;

/* The size of a slice. One that does not fit is cut: no column, word or number is so long. */
static inline uint32_t neuron_slice_size(size_t size)
{
    return size < UINT32_MAX ? (uint32_t)size : UINT32_MAX;
}

/* Texts, each with its zero, in one piece of memory that begins with `at`. */
typedef struct neuron_texts {
    char **at;
    int64_t count;
} neuron_texts;

/* What a column is for. */
enum { NEURON_COLUMN_IGNORED, NEURON_COLUMN_INPUT, NEURON_COLUMN_LABEL, NEURON_COLUMN_TARGET };

/* What its fields are: numbers, or words that become their place in a list or an input each. */
enum { NEURON_COLUMN_NUMBER, NEURON_COLUMN_INDEX, NEURON_COLUMN_ONE_HOT };

/* What is done about a missing value. */
enum {
    NEURON_CSV_MISSING_REFUSE,
    NEURON_CSV_MISSING_MEAN,
    NEURON_CSV_MISSING_MEDIAN,
    NEURON_CSV_MISSING_MARK
};

typedef struct neuron_column {
    char *name;         /* "" if the table has none */
    int32_t role, kind; /* of the enumerations above */
    neuron_texts words; /* of an input or a target sorted by their bytes; of a label in the order of
                             the classes, none if its numbers are those of the classes */
    float fill;         /* number or place in `words` of what is missing; NaN if that is refused */
    bool marked;        /* an input behind it is 1 where it is missing */
    int64_t field;      /* of an input column: its place among them, */
    int64_t first_input; /* and where its inputs begin */
} neuron_column;

/* How a table is written. */
typedef struct neuron_csv_dialect {
    char separator; /* ' ' for any blanks */
    char point;
    char comment; /* begins a line that is no row; 0 for none */
    bool header;
} neuron_csv_dialect;

struct neuron_preparation {
    neuron_handle handle;
    neuron_context_t *context;
    neuron_csv_dialect dialect;
    neuron_texts missing; /* texts that stand for nothing besides the usual ones */
    int32_t rule;         /* about missing values: NEURON_CSV_MISSING_... */
    int32_t type;         /* of the examples */
    neuron_shape shape;   /* of one of them */
    int64_t class_count;
    int64_t column_count, input_count;
    neuron_column *columns;
};

/* neuron_preparation_apply(), with `who` for messages. */
int neuron_preparation_apply_for(float *inputs, size_t capacity, size_t *needed,
                                 const neuron_preparation_t *preparation, const char *const *fields,
                                 int64_t count, const char *who);

/* One with `count` columns without a name; NULL if there is no memory. */
neuron_preparation_t *neuron_preparation_make(neuron_context_t *context, int64_t count);

/* Computes what follows from the columns: where their inputs are and how many. */
void neuron_preparation_number(neuron_preparation_t *preparation);

/* Copies slices, whose texts may go. */
int neuron_texts_make(neuron_texts *texts, neuron_context_t *context,
                      const neuron_text_slice *slices, int64_t count);

/* Copies a slice to a memory that is large enough, without a zero; tells its size there. */
size_t neuron_text_slice_copy(char *to, const neuron_text_slice *slice);

/* Where a word is in a sorted list; -1 if it is not in there. */
int64_t neuron_texts_find(const neuron_texts *sorted, const char *text, size_t size);

/* By the bytes; a shorter one that begins another comes first. */
int neuron_text_slice_compare(const char *a, size_t a_size, const char *b, size_t b_size);

/* A column of inputs whose words have other places in another preparation, or are none there; NULL
 * if there is none, or either is NULL. */
const neuron_column *neuron_preparation_differ(const neuron_preparation_t *a,
                                               const neuron_preparation_t *b);

/* Whether a field stands for a missing value. */
bool neuron_preparation_misses(const neuron_preparation_t *preparation, const char *text,
                               size_t size);

/* How many inputs a column becomes. */
int64_t neuron_column_inputs(const neuron_column *column);

/* Writes the inputs of a column. `value` is a number, the place of a word, or NaN if it is missing,
 * which the column must allow. */
void neuron_column_put(const neuron_column *column, float value, float *inputs);

#endif
