/** @file table.h
 *  Tables: comma-separated values with names, words and gaps, and what was learnt of their columns.
 *
 *      neuron_dataset_load_csv(&train, context, "people.csv",
 *                              "label=income, categories=one_hot, missing=median, separator=;");
 *      neuron_dataset_load_csv_like(&test, context, "new.csv", train);
 *
 *  Loading a table finds out which column is what, numbers its words and computes what stands for
 *  missing values. All of this is the dataset's preparation. Other tables are read by the same one,
 *  so that a word has the same number in all of them. A training keeps it with its graph, and so
 *  does the graph's file; a server makes inputs of one row by it:
 *
 *      const char *const row[] = {"38", "Bern", ""};
 *      neuron_graph_prepare_row(input, inputs, NULL, graph, row, 3);
 *
 *  As text (JSON) a preparation can be kept anywhere.
 */
#ifndef NEURON_TABLE_H
#define NEURON_TABLE_H

#include <libneuron/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Loads examples from a table of text: a row for each, whose fields are separated by commas, or by
 *  what `separator` says. Fields may be in quotes, lines may end in LF or CR LF, and what some
 *  programs put in front of UTF-8 (a byte order mark) is no matter. Files are UTF-8, plain or gzip.
 *  Numbers have a point whatever the locale and become the float32 next to them. Rows are read by
 *  the threads of the context; the result is the same for any number of them.
 *
 *  The options that say which column is what are the names of columns, to the last letter, or their
 *  numbers from 1, as messages and spreadsheets count, or from -1 for the last one backwards.
 *  Several are joined by a plus: `targets=height+weight`. A name that is a number or a word of this
 *  page, or has a comma, a plus or blanks around it, stands in quotes: `label="1"`; two quotes are
 *  one within.
 *
 *  - `label`: the column with the class of a row; `none` if there is none, as in a table to
 *    predict: examples then get class 0, which means nothing. `first` and `last` are columns too.
 *    Default `guess`: the first, unless the table speaks against it (below).
 *  - `targets`: columns to be predicted in place of a class: the numbers of a regression, the tags
 *    of several labels; in the order of the table. Two words in a column are 0 and 1 in the order
 *    of their bytes: no and yes, False and True. The dataset is as of
 *    neuron_dataset_create_with_targets().
 *  - `ignore`: columns that are neither. A first column without a name, or called "Unnamed: 0", is
 *    the index that pandas and R write, and is ignored unless it is the label; the log says so.
 *  - `classes`: how many there are, 1 to 65,536, if labels are their numbers from 0 on. Default 0:
 *    as many as there are different labels. Then integers that are 0 to some number without a gap
 *    are class numbers. Other integers are numbered in their order, and words in that of their
 *    bytes; both become the names of the classes: neuron_dataset_class_name().
 *  - `categories`: what words become in columns of values: with `one_hot` each word of a column is
 *    an input that is 1 for the rows that have it and 0 for others, in the order of the words'
 *    bytes (1,000 at most); with `index` one input is the word's place in this order, from 0.
 *    Default `refuse`. Either takes columns that have no number at all; words among numbers are
 *    refused with line and column unless `categorical` has the column.
 *  - `categorical`: columns whose fields are words, also where they are numbers, as of postal
 *    codes. Without `categories` they become `one_hot`.
 *  - `missing`: what to do where a value is missing: `refuse` with line and column (default), take
 *    the `mean` or the `median` of the column, or `mark`: the mean, and one more input behind the
 *    column's that is 1 where the value is missing and else 0, for columns in which some are. For
 *    words the most frequent one (the first of equals) stands in place of mean and median; with
 *    `mark` and `one_hot` no input is 1 but that mark. Labels and targets must not be missing.
 *  - `na_values`: texts that mean that a value is missing, besides an empty field, `?`, `NA`,
 *    `N/A`, `n/a`, `NaN`, `nan`, `NULL`, `null`, `None`, `#N/A` and `<NA>`: `na_values=-999`.
 *  - `separator`: `comma` (default), `semicolon`, `tab`, `pipe` or `space`; `;` and `|` do as well.
 *  - `decimal`: `point` (default) or `comma`, which numbers then have in the point's place.
 *  - `comment`: `none` (default), `#` or `%`: lines that begin with it are no rows, nor are then
 *    empty ones.
 *  - `header`: whether the first row has names: `present`, `absent`, or `guess` (default). Guessing
 *    takes it for one if it does not begin with a number and another field is no number either
 *    (`label,a,b`), and if its fields are the numbers 0, 1, 2, ... that columns without names get,
 *    from the first field on (`0,1,2`) or behind a name (`label,0,1`). With words in the values it
 *    is one if it has no number, and the next row has some. What may be either is refused. Where an
 *    option has a name, there is a header.
 *  - `type`: `u8` for pixels, integers 0 to 255, which become inputs 0 to 1 as all bytes do; `f32`
 *    for numbers as they are. Default `guess`: bytes if all values of the table could be and it
 *    looks like images, as it has a `shape` or 64 columns of numbers or more; else float32, which
 *    it always is with `categories`, `categorical` or another `missing` than refuse.
 *  - `shape`: that of one example, such as `28x28x1`. Default: one axis of all inputs.
 *
 *  Where nobody says what the label is, the table is refused if it does not look as if the first
 *  column were: if it has no name (an index of pandas or R) or is called as an index ("id",
 *  "ImageId"), if it is called as the next but for a number that goes up ("pixel0,pixel1"), if
 *  another column is called "label", "class", "target", "y" or the like and the first is not; and
 *  in 16 rows or more without such a name, if it counts the rows, or never changes while the last
 *  column has class numbers that do. Words are labels only in a column that is called so.
 *  Nor are numbers labels that nearly all differ. What was guessed goes to the log.
 *  @param[out] dataset  the new dataset; NULL on failure.
 *  @param options  as text, see options.h; NULL for none.
 *  @return  0, NEURON_E_ARGUMENT, NEURON_E_IO; NEURON_E_FORMAT and, for a label, a target or a
 *           column that is not there, NEURON_E_DATA, with file, line and column; NEURON_E_SHAPE if
 *           rows do not have as many inputs as the shape, NEURON_E_UNSUPPORTED as
 *           neuron_dataset_load_idx(), NEURON_E_MEMORY. Any thread. Since 0.1. */
NEURON_API int neuron_dataset_load_csv(neuron_dataset_t **dataset, neuron_context_t *context,
                                       const char *path, const char *options);

/** Reads bytes in memory as neuron_dataset_load_csv() reads a file. They are called "memory" in
 *  messages, and are the caller's again after the call.
 *  @param bytes  `size` of them; NULL for none.
 *  @return  as neuron_dataset_load_csv(). Any thread. Since 0.1. */
NEURON_API int neuron_dataset_load_csv_memory(neuron_dataset_t **dataset, neuron_context_t *context,
                                              const void *bytes, size_t size, const char *options);

/** Loads a table by the preparation of another one: the training set's for the rows to test with or
 *  to predict. The dataset has the same inputs, classes and targets; scale and offset are those
 *  that the other dataset has now.
 *
 *  Columns are found by their names if the other table had some, in any order, and others are
 *  ignored; else by their places, among all columns or those of the inputs alone. A table without
 *  the columns of label and targets is one to predict: examples then get class 0, or targets of 0.
 *  A word that the other table did not have is a missing value; so it is refused, with line
 *  and column, unless `missing` said more. How many there were goes to the log.
 *  @param like  a dataset from a table, or one made of it.
 *  @return  as neuron_dataset_load_csv(); NEURON_E_DATA also if `like` is not from a table, or a
 *           column is not there. Any thread. Since 0.1. */
NEURON_API int neuron_dataset_load_csv_like(neuron_dataset_t **dataset, neuron_context_t *context,
                                            const char *path, const neuron_dataset_t *like);

/** Reads bytes in memory as neuron_dataset_load_csv_like() reads a file.
 *  @param bytes  `size` of them; NULL for none.
 *  @return  as neuron_dataset_load_csv_like(). Any thread. Since 0.1. */
NEURON_API int neuron_dataset_load_csv_like_memory(neuron_dataset_t **dataset,
                                                   neuron_context_t *context, const void *bytes,
                                                   size_t size, const neuron_dataset_t *like);

/** Loads a table by a preparation, such as one that was kept as text. Scale and offset are those of
 *  any new dataset.
 *  @return  as neuron_dataset_load_csv_like(). Any thread. Since 0.1. */
NEURON_API int neuron_dataset_load_csv_prepared(neuron_dataset_t **dataset,
                                                neuron_context_t *context, const char *path,
                                                const neuron_preparation_t *preparation);

/** The same of bytes in memory.
 *  @param bytes  `size` of them; NULL for none.
 *  @return  as neuron_dataset_load_csv_like(). Any thread. Since 0.1. */
NEURON_API int neuron_dataset_load_csv_prepared_memory(neuron_dataset_t **dataset,
                                                       neuron_context_t *context, const void *bytes,
                                                       size_t size,
                                                       const neuron_preparation_t *preparation);

/** The preparation of the table that a dataset comes from; subsets and joined datasets have that of
 *  the first.
 *  @return  what lives as long as the dataset, or longer with neuron_preparation_ref(); NULL if
 *           there is none. Any thread. Since 0.1. */
NEURON_API const neuron_preparation_t *neuron_dataset_preparation(const neuron_dataset_t *dataset);

/** Makes a preparation of the text of one.
 *  @param[out] preparation  the new one; NULL on failure. It never changes, and any number of
 *                           threads may use it.
 *  @param json  what neuron_preparation_json() wrote.
 *  @return  0, NEURON_E_ARGUMENT, NEURON_E_FORMAT for other text, NEURON_E_MEMORY. Any thread.
 *           Since 0.1. */
NEURON_API int neuron_preparation_create(neuron_preparation_t **preparation,
                                         neuron_context_t *context, const char *json);

/** Adds an owner. @return  `preparation`. Any thread. Since 0.1. */
NEURON_API neuron_preparation_t *neuron_preparation_ref(const neuron_preparation_t *preparation);

/** Takes an owner away. Any thread. Since 0.1. */
NEURON_API void neuron_preparation_unref(neuron_preparation_t *preparation);

/** Writes a preparation as one line of JSON, which later versions read too.
 *  @param[out] json   room for `capacity` bytes; NULL with capacity 0 to ask for the size.
 *  @param[out] needed  bytes that the text has with the zero behind it. May be NULL.
 *  @return  0, NEURON_E_ARGUMENT for too little room, NEURON_E_MEMORY. Any thread. Since 0.1. */
NEURON_API int neuron_preparation_json(char *json, size_t capacity, size_t *needed,
                                       const neuron_preparation_t *preparation);

/** How many fields a row to predict has: the columns that become inputs, without label, targets and
 *  what is ignored. 0 for NULL. Any thread. Since 0.1. */
NEURON_API int64_t neuron_preparation_field_count(const neuron_preparation_t *preparation);

/** The name of such a column.
 *  @param index  from 0, in the order of the table.
 *  @return  "" if the table had no names, NULL if there is no such column. It lives as long as the
 *           preparation. Any thread. Since 0.1. */
NEURON_API const char *neuron_preparation_field_name(const neuron_preparation_t *preparation,
                                                     int64_t index);

/** How many numbers an example has that a row becomes. 0 for NULL. Any thread. Since 0.1. */
NEURON_API int64_t neuron_preparation_input_count(const neuron_preparation_t *preparation);

/** What an input is: "age", "city=Bern" for a word of a one-hot column, "age missing" for a mark.
 *  @param[out] name  room for `capacity` bytes; NULL with capacity 0 to ask for the size.
 *  @param[out] needed  bytes that the text has with the zero behind it. May be NULL.
 *  @param index  from 0.
 *  @return  0 or NEURON_E_ARGUMENT. Any thread. Since 0.1. */
NEURON_API int neuron_preparation_input_name(char *name, size_t capacity, size_t *needed,
                                             const neuron_preparation_t *preparation,
                                             int64_t index);

/** Makes the inputs of one row, as loading a table does, but not scaled: what a stored value is
 *  before scale and offset of the dataset. neuron_graph_prepare_row() scales them too.
 *  @param[out] inputs  room for `capacity` numbers; NULL with capacity 0 to ask how many there are.
 *  @param[out] needed  neuron_preparation_input_count(). May be NULL.
 *  @param fields  `count` texts, in the order of neuron_preparation_field_name(), without quotes
 *                 around them; NULL for one that is missing.
 *  @param count   neuron_preparation_field_count().
 *  @return  0, NEURON_E_ARGUMENT, NEURON_E_DATA for a field that cannot be read or is missing where
 *           that is refused, with its name. It needs no memory. Any thread. Since 0.1. */
NEURON_API int neuron_preparation_apply(float *inputs, size_t capacity, size_t *needed,
                                        const neuron_preparation_t *preparation,
                                        const char *const *fields, int64_t count);

/** Keeps a preparation with a graph, in place of one that it has. A trainer does so when it runs,
 *  if its training set has one (neuron_dataset_preparation()). It is saved and loaded with the
 *  graph, so that a program that predicts needs the model's file and nothing else.
 *  @param preparation  copied; NULL to forget the one that the graph has.
 *  @return  0, NEURON_E_ARGUMENT, NEURON_E_MEMORY. No other thread may use the graph meanwhile.
 *           Since 0.1. */
NEURON_API int neuron_graph_set_preparation(neuron_graph_t *graph,
                                            const neuron_preparation_t *preparation);

/** The preparation that is kept with a graph.
 *  @param[out] preparation  of which the caller is an owner then; NULL on failure.
 *  @return  0, NEURON_E_ARGUMENT, NEURON_E_DATA if the graph has none, NEURON_E_FORMAT if its file
 *           had one that is damaged, NEURON_E_MEMORY. Threads as for neuron_graph_predict().
 *           Since 0.1. */
NEURON_API int neuron_graph_preparation(neuron_preparation_t **preparation,
                                        const neuron_graph_t *graph);

/** Makes what a graph predicts from of one row: the inputs that the row becomes by the graph's
 *  preparation, scaled as those of the training set were.
 *  @param[out] inputs  room for `capacity` numbers; NULL with capacity 0 to ask how many there are.
 *  @param[out] needed  how many. May be NULL.
 *  @param fields  as for neuron_preparation_apply().
 *  @param count   likewise.
 *  @return  as neuron_preparation_apply() and neuron_graph_preparation(); NEURON_E_STATE before
 *           finish, NEURON_E_SHAPE if a row has not as many inputs as the graph's first input.
 *           Threads as for neuron_graph_predict(). Since 0.1. */
NEURON_API int neuron_graph_prepare_row(float *inputs, size_t capacity, size_t *needed,
                                        const neuron_graph_t *graph, const char *const *fields,
                                        int64_t count);

#ifdef __cplusplus
}
#endif

#endif
