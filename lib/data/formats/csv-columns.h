/* What the first row of comma-separated values says of the columns. */
#ifndef DATA_FORMATS_CSV_COLUMNS_H
#define DATA_FORMATS_CSV_COLUMNS_H

#include "data/codec/buffer.h"
#include "data/formats/csv.h"

typedef struct neuron_csv_columns {
    int64_t count;
    int64_t label;    /* which one it is, from 0; -1 for none */
    int64_t left_out; /* 1 if the first one is an index */
    bool header;
    bool doubtful; /* nothing but its position speaks for the label */
} neuron_csv_columns;

/* Looks at the first row, and finds out what the caller has not said. */
int neuron_csv_find_columns(neuron_csv_columns *columns, const neuron_buffer *buffer,
                            const neuron_csv_settings *settings);

/* What a message about a wrong label ends with, where the caller has not said where it is. */
const char *neuron_csv_elsewhere(const neuron_csv_settings *settings);

/* Class numbers are 0 to class_count - 1. */
bool neuron_csv_is_label(double label, int32_t class_count);

#endif
