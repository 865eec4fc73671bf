/* Options are read by base/options; here they become settings, and lists of columns are taken
 * apart. */
#include "data/tables/csv-options.h"

#include "base/status.h"
#include "base/tensor.h"
#include "base/text/number.h"
#include "data/dataset.h"

#include <string.h>

static const neuron_word separators[] = {
    {',', "comma"}, {';', "semicolon"}, {'\t', "tab"}, {'|', "pipe"},
    {' ', "space"}, {';', ";"},         {'|', "|"},    {0, ""}};
static const neuron_word points[] = {{'.', "point"}, {',', "comma"}, {0, ""}};
static const neuron_word comments[] = {{0, "none"}, {'#', "#"}, {'%', "%"}, {0, ""}};
static const neuron_word headers[] = {{NEURON_CSV_HEADER_GUESS, "guess"},
                                      {NEURON_CSV_HEADER_PRESENT, "present"},
                                      {NEURON_CSV_HEADER_ABSENT, "absent"},
                                      {0, ""}};
static const neuron_word types[] = {
    {0, "guess"}, {NEURON_TYPE_U8, "u8"}, {NEURON_TYPE_F32, "f32"}, {0, ""}};
static const neuron_word categories[] = {{NEURON_CSV_CATEGORIES_REFUSE, "refuse"},
                                         {NEURON_CSV_CATEGORIES_ONE_HOT, "one_hot"},
                                         {NEURON_CSV_CATEGORIES_INDEX, "index"},
                                         {0, ""}};
static const neuron_word rules[] = {{NEURON_CSV_MISSING_REFUSE, "refuse"},
                                    {NEURON_CSV_MISSING_MEAN, "mean"},
                                    {NEURON_CSV_MISSING_MEDIAN, "median"},
                                    {NEURON_CSV_MISSING_MARK, "mark"},
                                    {0, ""}};

static const neuron_option rows[] = {
    NEURON_TEXT(NEURON_CSV_LABEL, "label", "the column of the class, or none"),
    NEURON_TEXT(NEURON_CSV_TARGETS, "targets", "the columns to predict in place of a class: a+b"),
    NEURON_TEXT(NEURON_CSV_IGNORE, "ignore", "columns that are left out: a+b"),
    NEURON_INTEGER(NEURON_CSV_CLASSES, "classes", 0, NEURON_CLASSES_MAX, 0,
                   "how many classes there are; 0 for as many as labels"),
    NEURON_CHOICE(NEURON_CSV_CATEGORIES, "categories", categories, NEURON_CSV_CATEGORIES_REFUSE,
                  "what words become in columns of values"),
    NEURON_TEXT(NEURON_CSV_CATEGORICAL, "categorical", "columns of words, even of numbers: a+b"),
    NEURON_CHOICE(NEURON_CSV_MISSING, "missing", rules, NEURON_CSV_MISSING_REFUSE,
                  "what stands for a missing value"),
    NEURON_TEXT(NEURON_CSV_NA_VALUES, "na_values", "texts of missing values: -999+unknown"),
    NEURON_CHOICE(NEURON_CSV_SEPARATOR, "separator", separators, ',', "what is between fields"),
    NEURON_CHOICE(NEURON_CSV_DECIMAL, "decimal", points, '.', "the point of numbers"),
    NEURON_CHOICE(NEURON_CSV_COMMENT, "comment", comments, 0, "what begins a line to skip"),
    NEURON_CHOICE(NEURON_CSV_HEADER, "header", headers, NEURON_CSV_HEADER_GUESS,
                  "whether the first row has names"),
    NEURON_CHOICE(NEURON_CSV_TYPE, "type", types, 0, "how values are stored"),
    NEURON_TEXT(NEURON_CSV_SHAPE, "shape", "of one example: 28x28x1"),
};

const neuron_option_table neuron_csv_options = NEURON_OPTION_TABLE(rows);

/* ---- Lists ---- */

bool neuron_csv_next_item(neuron_text_slice *list, neuron_text_slice *item, bool *quoted)
{
    if (!list->text)
        return false;
    const char *at = list->text, *end = at + list->size;
    bool inside = false;
    for (; at < end && (inside || *at != '+'); at++)
        inside ^= *at == '"';
    *item = (neuron_text_slice){list->text, (uint32_t)(at - list->text), false};
    *list = at < end ? (neuron_text_slice){at + 1, (uint32_t)(end - at - 1), false}
                     : (neuron_text_slice){0};
    for (; item->size > 0 && item->text[0] == ' '; item->size--)
        item->text++;
    while (item->size > 0 && item->text[item->size - 1] == ' ')
        item->size--;
    *quoted = item->size > 1 && item->text[0] == '"' && item->text[item->size - 1] == '"';
    if (*quoted)
        *item = (neuron_text_slice){item->text + 1, item->size - 2, true};
    return true;
}

int neuron_csv_copy_items(neuron_texts *texts, neuron_context_t *context, neuron_text_slice list)
{
    neuron_text_slice rest = list, item;
    bool quoted;
    int64_t count = 0;
    while (neuron_csv_next_item(&rest, &item, &quoted))
        count++;
    neuron_text_slice *items = neuron_allocate(context, neuron_size(count), sizeof *items);
    if (!items)
        return NEURON_E_MEMORY;
    for (int64_t i = 0; i < count; i++)
        neuron_csv_next_item(&list, &items[i], &quoted);
    int status = neuron_texts_make(texts, context, items, count);
    neuron_release(context, items);
    return status;
}

/* ---- Settings ---- */

static neuron_text_slice text_of(const neuron_options *options, int32_t key)
{
    size_t size;
    const char *text = neuron_options_given_text(options, key, &size);
    return (neuron_text_slice){text, neuron_slice_size(size), false};
}

static int check(const neuron_csv_settings *settings, const char *who)
{
    neuron_text_slice label = settings->label;
    bool none = label.size == 4 && memcmp(label.text, "none", 4) == 0;
    if (settings->targets.text && label.text && !none)
        return neuron_fail(
            NEURON_E_ARGUMENT, "%s: label is %.*s and targets is %.*s; it must be one of the two",
            who, (int)label.size, label.text, (int)settings->targets.size, settings->targets.text);
    if (settings->targets.text && settings->class_count > 0)
        return neuron_fail(NEURON_E_ARGUMENT, "%s: classes is %" PRId64 ", but targets have none",
                           who, settings->class_count);
    if (settings->type == NEURON_TYPE_U8 &&
        (neuron_csv_has_words(settings) || settings->rule != NEURON_CSV_MISSING_REFUSE))
        return neuron_fail(NEURON_E_ARGUMENT,
                           "%s: type is u8; it must be f32 with categories, categorical or missing",
                           who);
    return NEURON_OK;
}

int neuron_csv_parse_options(neuron_csv_settings *settings, const char *options, const char *who)
{
    neuron_options given;
    neuron_options_reset(&given, &neuron_csv_options);
    RETURN_IF_ERROR(neuron_options_parse(&given, options, who));
#define VALUE(key) (int32_t) neuron_options_value(&given, NEURON_CSV_##key)
#define TEXT(key)  text_of(&given, NEURON_CSV_##key)
    *settings = (neuron_csv_settings){
        .dialect = {(char)VALUE(SEPARATOR), (char)VALUE(DECIMAL), (char)VALUE(COMMENT), false},
        .class_count = VALUE(CLASSES),
        .type = VALUE(TYPE),
        .header = VALUE(HEADER),
        .categories = VALUE(CATEGORIES),
        .rule = VALUE(MISSING),
        .label = TEXT(LABEL),
        .targets = TEXT(TARGETS),
        .ignore = TEXT(IGNORE),
        .categorical = TEXT(CATEGORICAL),
        .na_values = TEXT(NA_VALUES)};
    const neuron_text_slice shape = TEXT(SHAPE);
#undef VALUE
#undef TEXT
    if (shape.text)
        RETURN_IF_ERROR(neuron_shape_parse(&settings->shape, shape.text, shape.size, "shape", who));
    return check(settings, who);
}
