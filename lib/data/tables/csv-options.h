/* The options of neuron_dataset_load_csv(), which libneuron/table.h explains. */
#ifndef DATA_TABLES_CSV_OPTIONS_H
#define DATA_TABLES_CSV_OPTIONS_H

#include "base/options/options.h"
#include "data/preparation.h"

enum {
    NEURON_CSV_LABEL = 1,
    NEURON_CSV_TARGETS,
    NEURON_CSV_IGNORE,
    NEURON_CSV_CLASSES,
    NEURON_CSV_CATEGORIES,
    NEURON_CSV_CATEGORICAL,
    NEURON_CSV_MISSING,
    NEURON_CSV_NA_VALUES,
    NEURON_CSV_SEPARATOR,
    NEURON_CSV_DECIMAL,
    NEURON_CSV_COMMENT,
    NEURON_CSV_HEADER,
    NEURON_CSV_TYPE,
    NEURON_CSV_SHAPE
};

enum { NEURON_CSV_HEADER_GUESS, NEURON_CSV_HEADER_PRESENT, NEURON_CSV_HEADER_ABSENT };
enum { NEURON_CSV_CATEGORIES_REFUSE, NEURON_CSV_CATEGORIES_ONE_HOT, NEURON_CSV_CATEGORIES_INDEX };

extern const neuron_option_table neuron_csv_options;

/* What they say, in the words of the code. Lists are text of the caller's. */
typedef struct neuron_csv_settings {
    neuron_csv_dialect dialect;
    int64_t class_count; /* 0 to find out */
    int32_t type;        /* likewise */
    int32_t header, categories, rule;
    neuron_shape shape; /* of rank 0 for one axis of all */
    neuron_text_slice label, targets, ignore, categorical, na_values;
} neuron_csv_settings;

int neuron_csv_parse_options(neuron_csv_settings *settings, const char *options, const char *who);

/* Whether columns of values may be words. */
static inline bool neuron_csv_has_words(const neuron_csv_settings *settings)
{
    return settings->categories != NEURON_CSV_CATEGORIES_REFUSE || settings->categorical.text;
}

/* Takes the next item off a list such as `a+"b + c"+3`: false if none is left. */
bool neuron_csv_next_item(neuron_text_slice *list, neuron_text_slice *item, bool *quoted);

/* Copies the items of a list. */
int neuron_csv_copy_items(neuron_texts *texts, neuron_context_t *context, neuron_text_slice list);

#endif
