/* Tasks are chunks of rows. Where the text has no quotes, every line end ends a row, and chunks are
 * found and counted side by side; else one walk over the text finds them. A row that cannot be read
 * is read again in the thread of the call, for its message: of several that of the first chunk. */
#include "data/tables/csv-rows.h"

#include "base/checked.h"
#include "base/text/number.h"

#include <math.h>
#include <stdatomic.h>
#include <string.h>

/* Bytes of a chunk, about. */
enum { CHUNK_SIZE = 1 << 17 };

/* In place of a status: a value is no byte, where that was only a guess. */
enum { NO_BYTES = 1 };

/* ---- Chunks ---- */

/* Rows from a position on that begin before a limit; moves it behind them. */
static int64_t count_rows(const neuron_csv_text *csv, const char **position, const char *limit)
{
    int64_t count = 0;
    const char *at = neuron_csv_skip_comments(csv, *position);
    while (at < limit) {
        at = neuron_csv_skip_comments(csv, neuron_csv_row_end(csv, at));
        count++;
    }
    *position = at;
    return count;
}

static const char *limit_of(const neuron_csv_text *csv, const char *begin, int64_t k)
{
    size_t offset = (size_t)k * CHUNK_SIZE;
    return (size_t)(csv->end - begin) < offset ? csv->end : begin + offset;
}

typedef struct counting {
    const neuron_csv_rows *rows;
    const char *begin;
} counting;

static void count_task(void *work, int64_t k, int32_t worker)
{
    (void)worker;
    const counting *all = work;
    const neuron_csv_text *csv = all->rows->csv;
    neuron_csv_chunk *chunk = &all->rows->chunks[k];
    const char *at = limit_of(csv, all->begin, k);
    if (k > 0) { /* behind the line end that is next, or just before */
        const char *line = memchr(at - 1, '\n', (size_t)(csv->end - at + 1));
        at = line ? line + 1 : csv->end;
    }
    chunk->begin = at;
    chunk->count = count_rows(csv, &at, limit_of(csv, all->begin, k + 1));
}

int neuron_csv_find_rows(neuron_csv_rows *rows, const char *begin)
{
    const neuron_csv_text *csv = rows->csv;
    neuron_context_t *context = csv->buffer->context;
    size_t size = begin < csv->end ? (size_t)(csv->end - begin) : 0;
    rows->chunk_count = (int64_t)(size / CHUNK_SIZE) + 1;
    rows->chunks =
        neuron_allocate_zero(context, neuron_size(rows->chunk_count), sizeof *rows->chunks);
    if (!rows->chunks)
        return NEURON_E_MEMORY;
    counting all = {rows, begin};
    if (!csv->quotes)
        neuron_pool_run(context->pool, size > 0 ? rows->chunk_count : 0, count_task, &all);
    for (int64_t k = 0; k < rows->chunk_count; k++) {
        neuron_csv_chunk *chunk = &rows->chunks[k];
        if (csv->quotes && size > 0) {
            chunk->begin = begin;
            chunk->count = count_rows(csv, &begin, limit_of(csv, all.begin, k + 1));
        }
        chunk->first = rows->count;
        rows->count += chunk->count;
    }
    return NEURON_OK;
}

void neuron_csv_rows_release(neuron_csv_rows *rows)
{
    if (rows->csv)
        neuron_release(rows->csv->buffer->context, rows->chunks);
    rows->chunks = NULL;
}

/* ---- Fields ---- */

/* What may be done about a field that is no number. */
static const char *remedy(const neuron_csv_rows *rows)
{
    return rows->words_welcome
               ? "; where a column has numbers and words, categorical=... takes all as words"
               : "; categories=one_hot or index takes columns of words";
}

static int refuse_number(const neuron_csv_rows *rows, const neuron_csv_field *field, bool missing)
{
    const neuron_csv_text *csv = rows->csv;
    if (field->slice.size == 0)
        return neuron_csv_fail(NEURON_E_FORMAT, csv, field, "there is no %s",
                               "number; missing=mean, median or mark puts one there");
    return neuron_csv_fail(
        NEURON_E_FORMAT, csv, field, "\"%.*s\" is not a number%s", neuron_csv_shown(field->slice),
        missing ? "; missing=mean, median or mark puts one there" : remedy(rows));
}

/* Reads a number of any kind, or that it is missing. */
static int read_any_number(const neuron_csv_rows *rows, const char **at, neuron_csv_field *field,
                           double *value, float *nearest)
{
    const neuron_csv_text *csv = rows->csv;
    const neuron_preparation_t *preparation = rows->preparation;
    RETURN_IF_ERROR(neuron_csv_read_field(csv, at, field->column, field));
    const neuron_text_slice *slice = &field->slice;
    *value = NAN;
    *nearest = NAN;
    if (neuron_preparation_misses(preparation, slice->text, slice->size))
        return preparation->rule == NEURON_CSV_MISSING_REFUSE ? refuse_number(rows, field, true)
                                                              : NEURON_OK;
    if (!neuron_csv_parse_number(csv, slice, value, nearest))
        return refuse_number(rows, field, false);
    if (!isfinite(*nearest))
        return neuron_csv_fail(NEURON_E_FORMAT, csv, field, "\"%.*s\" is too large for float32",
                               neuron_csv_shown(*slice));
    return NEURON_OK;
}

static int refuse_byte(const neuron_csv_rows *rows, const char *at, int64_t column)
{
    neuron_csv_field field;
    if (rows->guess)
        return NO_BYTES;
    RETURN_IF_ERROR(neuron_csv_read_field(rows->csv, &at, column, &field));
    return neuron_csv_fail(NEURON_E_FORMAT, rows->csv, &field,
                           "\"%.*s\" is not an integer from 0 to 255",
                           neuron_csv_shown(field.slice));
}

/* Reads what most numbers are: NULL if there is something else, which read_any_number() tells. */
static inline const char *read_quickly(const neuron_csv_rows *rows, const char *at, double *value,
                                       float *nearest)
{
    enum { DIGITS = 7 };
    const char *digit = at;
    int32_t digits = 0;
    for (; *digit >= '0' && *digit <= '9' && digit - at < DIGITS; digit++)
        digits = digits * 10 + (*digit - '0');
    if (digit > at && (*digit == rows->csv->dialect.separator || *digit == '\n')) {
        *value = digits;
        *nearest = (float)digits;
        return digit;
    }
    return neuron_number_scan(at, rows->csv->dialect.point, value, nearest);
}

/* Reads fields of a few digits, up to `count` of them and the first that is something else; returns
 * how many, and moves behind them. */
static inline int64_t read_bytes(const char **position, char separator, uint8_t *bytes,
                                 int64_t count)
{
    const char *at = *position;
    int64_t done = 0;
    for (; done < count; done++) {
        uint32_t value = (uint32_t)(*at - '0'), digit;
        if (value > 9)
            break;
        const char *next = at + 1;
        for (; (digit = (uint32_t)(*next - '0')) <= 9 && next < at + 3; next++)
            value = value * 10 + digit;
        if (*next != separator || value > UINT8_MAX)
            break;
        bytes[done] = (uint8_t)value;
        at = next + 1;
    }
    *position = at;
    return done;
}

/* Where the next field begins behind one that ends at `at`; NULL if it is not over there. */
static inline const char *end_quickly(const neuron_csv_text *csv, const char *at, bool *last)
{
    *last = *at != csv->dialect.separator;
    if (!*last || *at == '\n' || at == csv->end)
        return at + 1;
    return *at == '\r' && at[1] == '\n' ? at + 2 : NULL;
}

static inline int read_number(const neuron_csv_rows *rows, const char **at, int64_t column,
                              bool quick, double *value, float *nearest, bool *last)
{
    const char *next = quick ? read_quickly(rows, *at, value, nearest) : NULL;
    next = next ? end_quickly(rows->csv, next, last) : NULL;
    if (next) {
        *at = next;
        return NEURON_OK;
    }
    neuron_csv_field field = {.column = column};
    RETURN_IF_ERROR(read_any_number(rows, at, &field, value, nearest));
    *last = field.last;
    return NEURON_OK;
}

/* Notes what a field is, without a message. */
static void look(const neuron_csv_rows *rows, const neuron_csv_field *field, int32_t worker)
{
    neuron_csv_seen *seen = &rows->seen[worker * rows->column_count + field->column];
    double value;
    float nearest;
    if (neuron_preparation_misses(rows->preparation, field->slice.text, field->slice.size))
        return;
    if (neuron_csv_parse_number(rows->csv, &field->slice, &value, &nearest)) {
        seen->numbers++;
        return;
    }
    seen->words++;
    if (!seen->first_word || field->at < seen->first_word)
        seen->first_word = field->at;
}

static int refuse_length(const neuron_csv_rows *rows, const char *at, int64_t column)
{
    const neuron_csv_field field = {.at = at, .column = column};
    if (column + 1 < rows->column_count)
        return neuron_csv_fail(NEURON_E_FORMAT, rows->csv, &field,
                               "the row ends here, not at column %" PRId64, rows->column_count);
    return neuron_csv_fail(NEURON_E_FORMAT, rows->csv, &field,
                           "the row goes on after the last of %" PRId64, rows->column_count);
}

static int read_row(const neuron_csv_rows *rows, const char **position, int64_t row, int32_t worker)
{
    char separator = rows->csv->dialect.separator;
    bool quick = separator != ' ' && separator != rows->csv->dialect.point &&
                 rows->preparation->missing.count == 0;
    const char *at = *position;
    for (int64_t i = 0; i < rows->column_count; i++) {
        const neuron_csv_cell *cell = &rows->cells[i];
        bool last;
        if (quick && rows->bytes && cell->run > 1) {
            uint8_t *to = rows->bytes + row * rows->value_count + cell->value;
            i += read_bytes(&at, separator, to, cell->run - (i + cell->run == rows->column_count));
            cell = &rows->cells[i];
        }
        const char *begin = at;
        if (cell->what == NEURON_CSV_NUMBER) {
            double value;
            float nearest;
            int64_t place = row * rows->value_count + cell->value;
            RETURN_IF_ERROR(read_number(rows, &at, i, quick, &value, &nearest, &last));
            if (rows->floats)
                rows->floats[place] = nearest;
            else if (value >= 0 && value <= UINT8_MAX && value == (int32_t)value)
                rows->bytes[place] = (uint8_t)value;
            else
                return refuse_byte(rows, begin, i);
        } else {
            neuron_csv_field field;
            RETURN_IF_ERROR(neuron_csv_read_field(rows->csv, &at, i, &field));
            if (cell->what == NEURON_CSV_WORD)
                rows->words[row * rows->word_count + cell->word] = field.slice;
            else if (cell->what == NEURON_CSV_LOOK)
                look(rows, &field, worker);
            last = field.last;
        }
        if (last != (i + 1 == rows->column_count))
            return refuse_length(rows, begin, i);
    }
    *position = at;
    return NEURON_OK;
}

/* ---- All ---- */

typedef struct reading {
    const neuron_csv_rows *rows;
    atomic_int_fast64_t failed; /* the first chunk that did; chunks behind it are left out */
    atomic_bool no_bytes;
} reading;

static int read_chunk(const neuron_csv_rows *rows, int64_t k, int32_t worker)
{
    const neuron_csv_chunk *chunk = &rows->chunks[k];
    const char *at = chunk->begin;
    for (int64_t i = 0; i < chunk->count; i++) {
        at = neuron_csv_skip_comments(rows->csv, at);
        int status = read_row(rows, &at, chunk->first + i, worker);
        if (status != NEURON_OK)
            return status;
    }
    return NEURON_OK;
}

static void read_task(void *work, int64_t k, int32_t worker)
{
    reading *all = work;
    int_fast64_t failed = atomic_load_explicit(&all->failed, memory_order_relaxed);
    if (k >= failed || atomic_load_explicit(&all->no_bytes, memory_order_relaxed))
        return;
    int status = read_chunk(all->rows, k, worker);
    if (status == NO_BYTES)
        atomic_store_explicit(&all->no_bytes, true, memory_order_relaxed);
    if (status >= 0)
        return;
    while (k < failed && !atomic_compare_exchange_weak(&all->failed, &failed, k))
        ;
}

int neuron_csv_read_rows(const neuron_csv_rows *rows, bool *bytes)
{
    reading all = {.rows = rows};
    atomic_init(&all.failed, rows->chunk_count);
    atomic_init(&all.no_bytes, false);
    neuron_pool_run(rows->csv->buffer->context->pool, rows->chunk_count, read_task, &all);
    *bytes = !atomic_load(&all.no_bytes);
    if (!*bytes)
        return NEURON_OK;
    int64_t failed = atomic_load(&all.failed);
    return failed < rows->chunk_count ? read_chunk(rows, failed, 0) : NEURON_OK;
}
