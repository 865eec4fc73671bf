/* The product of matrices: tiles of up to MULTIPLY_ROWS rows by two vectors of columns are summed
 * in registers. */
#include "kernels/store-tile.h"
#include "kernels/table.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* With fewer registers than this a tile has the rows that convolutions have. The loop over the
 * depth makes so many steps in a turn: where one takes long, or two of them would keep so many
 * values that sums have to leave the registers, only one. */
#if defined(__AVX512F__)
enum { MULTIPLY_ROWS = 14, TURN = 1 };
#elif defined(__AVX__)
enum { MULTIPLY_ROWS = TILE_ROWS, TURN = 2 };
#else
enum { MULTIPLY_ROWS = TILE_ROWS, TURN = 1 };
#endif

/* Rows are reached in sevens from one pointer, to which the processor adds while it loads: once,
 * twice or four times the step between rows, or that of three or of five of them. A pointer for
 * each row would not fit into the registers. */
enum { ROWS_BY_POINTER = 7, POINTERS = (MULTIPLY_ROWS + ROWS_BY_POINTER - 1) / ROWS_BY_POINTER };

/* Floats of a line of the caches. */
enum { LINE = 16 };

/* Floats of the right factor, and columns of the left one, that are fetched ahead of the sums: they
 * come from the second cache or from memory, and columns from lines far apart, which nothing else
 * foresees. */
enum { FLOATS_AHEAD = 2048, COLUMNS_AHEAD = 8 };

/* One tile. Unless lanes can be chosen, whole vectors are read and written at `start` and
 * `output`. Steps and jumps are bytes; jumps lead from the end of one to the next. */
typedef struct tile {
    const char *left;
    ptrdiff_t row_step, column_step;
    int64_t depth, stretch;    /* in all, and of a stretch */
    int64_t group, group_left; /* stretches of a group, and those left of one */
    ptrdiff_t stretch_jump, group_jump;
    const float *right; /* of the panel */
    const float *start;
    int64_t start_row;
    float *output;
    int64_t output_row;
    float floor;         /* no sum is stored below it */
    lane_choice lanes;   /* of the last vector */
    const char *fetched; /* is needed soon: a line is fetched with each step of the depth, */
    ptrdiff_t fetch_step;
    ptrdiff_t fetches, row_fetches, row_jump; /* after so many a jump leads to the next row, */
    ptrdiff_t fetch_jump;                     /* and after a stretch another to the next one */
} tile;

/* Keeps the compiler from making one pointer for each row after all. */
#define OPAQUE(value) __asm__("" : "+r"(value))

/* Where a tile's sums have got to. Steps are bytes. */
typedef struct place {
    const char *left[POINTERS];
    ptrdiff_t one_row, three_rows, four_rows, five_rows, column;
    const float *right;
    const char *fetched;
    ptrdiff_t fetch_step, fetches;
} place;

static ALWAYS_INLINE const float *left_at(const place *at, int row)
{
    const ptrdiff_t steps[ROWS_BY_POINTER] = {
        0,
        at->one_row,
        2 * at->one_row,
        at->three_rows,
        at->four_rows,
        at->five_rows,
        2 * at->three_rows,
    };
    return (const float *)(at->left[row / ROWS_BY_POINTER] + steps[row % ROWS_BY_POINTER]);
}

/* A jump is not expected, so that all that are taken in a loop are those to its beginning: the
 * processor foresees its end by them. */
static ALWAYS_INLINE void fetch(const tile *work, place *at)
{
    __builtin_prefetch(at->fetched);
    at->fetched += at->fetch_step;
    if (__builtin_expect(--at->fetches == 0, 0)) {
        at->fetched += work->row_jump;
        at->fetches = work->row_fetches;
    }
}

/* Adds `count` columns of the left matrix times as many rows of the right one. A panel of one
 * vector is small enough to be near. */
static ALWAYS_INLINE void multiply_some(const tile *work, place *at, int rows, int vectors,
                                        int count, vector sums[MULTIPLY_ROWS][2])
{
    UNROLL_FULLY
    for (int k = 0; k < count; k++) {
        vector factors[2];
        fetch(work, at);
        UNROLL_FULLY
        for (int v = 0; v < vectors; v++) {
            const float *from = at->right + (k * vectors + v) * LANES;
            if (vectors > 1 && v * LANES % LINE == 0)
                __builtin_prefetch(from + FLOATS_AHEAD);
            factors[v] = load(from);
        }
        UNROLL_FULLY
        for (int m = 0; m < rows; m++) {
            vector value = broadcast(*left_at(at, m));
            UNROLL_FULLY
            for (int v = 0; v < vectors; v++)
                sums[m][v] += value * factors[v];
        }
        UNROLL_FULLY
        for (int p = 0; p * ROWS_BY_POINTER < rows; p++) {
            at->left[p] += at->column;
            OPAQUE(at->left[p]);
        }
    }
    at->right += count * vectors * LANES;
    OPAQUE(at->right);
}

static ALWAYS_INLINE void move(place *at, int rows, ptrdiff_t left, ptrdiff_t fetched)
{
    UNROLL_FULLY
    for (int p = 0; p * ROWS_BY_POINTER < rows; p++)
        at->left[p] += left;
    at->fetched += fetched;
}

static ALWAYS_INLINE void multiply_tile(tile *work, int rows, int vectors)
{
    vector sums[MULTIPLY_ROWS][2];
    place at = {.one_row = work->row_step,
                .three_rows = 3 * work->row_step,
                .four_rows = 4 * work->row_step,
                .five_rows = 5 * work->row_step,
                .column = work->column_step,
                .right = work->right,
                .fetched = work->fetched,
                .fetch_step = work->fetch_step,
                .fetches = work->fetches};
    OPAQUE(at.one_row);
    OPAQUE(at.three_rows);
    OPAQUE(at.four_rows);
    OPAQUE(at.five_rows);
    UNROLL_FULLY
    for (int m = 0; m < rows; m++) {
        if (m % ROWS_BY_POINTER == 0)
            at.left[m / ROWS_BY_POINTER] = work->left + m * work->row_step;
        UNROLL_FULLY
        for (int v = 0; v < vectors; v++)
            sums[m][v] = (vector){0};
    }
    do {
        OPAQUE(work);
        int64_t steps = work->stretch;
        UNROLL_NOT
        for (; steps >= TURN; steps -= TURN)
            multiply_some(work, &at, rows, vectors, TURN, sums);
        if (steps > 0)
            multiply_some(work, &at, rows, vectors, 1, sums);
        OPAQUE(work);
        move(&at, rows, work->stretch_jump, work->fetch_jump);
        if (--work->group_left == 0) {
            work->group_left = work->group;
            move(&at, rows, work->group_jump, work->group_jump);
        }
    } while ((work->depth -= work->stretch) > 0);
    const float *start = work->start;
    float *output = work->output;
    vector floor = broadcast(work->floor);
    lane_choice lanes = work->lanes;
    int64_t start_row = work->start_row, output_row = work->output_row;
    UNROLL_FULLY
    for (int m = 0; m < rows; m++) {
        UNROLL_FULLY
        for (int v = 0; v < vectors - 1; v++)
            store(output + v * LANES, at_least(floor, load(start + v * LANES) + sums[m][v]));
        int last = vectors - 1;
        vector sum = load_lanes(start + last * LANES, lanes) + sums[m][last];
        store_lanes(output + last * LANES, at_least(floor, sum), lanes);
        start += start_row;
        output += output_row;
    }
}

typedef void (*tile_function)(tile *);

#define TILES(rows)                                                                                \
    static void tile_##rows##_1(tile *work)                                                        \
    {                                                                                              \
        multiply_tile(work, rows, 1);                                                              \
    }                                                                                              \
    static void tile_##rows##_2(tile *work)                                                        \
    {                                                                                              \
        multiply_tile(work, rows, 2);                                                              \
    }

/* By vectors less one. */
#define ROW(rows)                                                                                  \
    {                                                                                              \
        tile_##rows##_1, tile_##rows##_2                                                           \
    }

/* clang-format off */
TILES(1) TILES(2) TILES(3) TILES(4) TILES(5) TILES(6)
#if defined(__AVX512F__) || defined(__aarch64__)
TILES(7) TILES(8) TILES(9) TILES(10) TILES(12)
#endif
#if defined(__AVX512F__)
TILES(14)
#endif

static const tile_function tiles[MULTIPLY_ROWS][2] = {
    ROW(1), ROW(2), ROW(3), ROW(4),  ROW(5),  ROW(6),
#if defined(__AVX512F__) || defined(__aarch64__)
    ROW(7), ROW(8), ROW(9), ROW(10), {NULL}, ROW(12),
#endif
#if defined(__AVX512F__)
    {NULL}, ROW(14),
#endif
};
/* clang-format on */

/* Where a tile has fewer columns than its vectors, and lanes cannot be chosen, it works on
 * copies of its rows. */
__attribute__((unused)) static void multiply_narrow(const neuron_gemm_work *work, tile *part,
                                                    tile_function function, int64_t rows,
                                                    int64_t column)
{
    float copy[MULTIPLY_ROWS][2 * LANES] = {{0}};
    int64_t count = work->columns - column, output_row = part->output_row;
    float *output = part->output;
    if (work->add) {
        for (int64_t m = 0; m < rows; m++)
            memcpy(copy[m], output + m * output_row, (size_t)count * sizeof **copy);
        part->start = *copy;
        part->start_row = 2 * LANES;
    }
    part->output = *copy;
    part->output_row = 2 * LANES;
    function(part);
    for (int64_t m = 0; m < rows; m++)
        memcpy(output + m * output_row, copy[m], (size_t)count * sizeof **copy);
}

/* There are no tiles of 11 and of 13 rows, which would take much room and bring little. */
static bool is_left_out(int64_t rows)
{
    return rows == 11 || rows == 13;
}

/* Rows of each tile but the last, so that no tile is much smaller than the others. */
static int64_t tile_rows(int64_t rows)
{
    int64_t count = (rows + MULTIPLY_ROWS - 1) / MULTIPLY_ROWS;
    int64_t most = count ? (rows + count - 1) / count : 1;
    return is_left_out(most) ? most + 1 : most;
}

/* Rows of the next tile, if so many are left. */
static int64_t next_rows(int64_t left, int64_t most)
{
    int64_t rows = left < most ? left : most;
    return is_left_out(rows) ? (rows + 1) / 2 : rows;
}

static ptrdiff_t bytes(int64_t floats)
{
    return (ptrdiff_t)floats * (ptrdiff_t)sizeof(float);
}

static void cut_depth(const neuron_gemm_work *work, tile *part)
{
    part->stretch = work->stretch;
    part->group = part->group_left = work->stretches;
    part->stretch_jump = bytes(work->stretch_step - work->stretch * work->left_column);
    part->group_jump = bytes(work->group_step - work->stretches * work->stretch_step);
}

/* Rows apart from each other are fetched for the next tile if they have no more lines than this;
 * longer ones are foreseen. */
enum { SHORT_ROW = 4 };

/* Floats of the next tile's rows, of as many rows, that go with a step of the depth; 0 if its rows
 * are apart from each other. */
static int64_t step_to_next(const neuron_gemm_work *work, int64_t rows)
{
    int64_t floats = rows * work->left_row, length = work->stretch ? work->stretch : work->depth;
    return floats < LINE * length ? floats / length : 0;
}

static void fetch_next(const neuron_gemm_work *work, int64_t rows, int64_t step, tile *part)
{
    int64_t lines = (part->stretch + LINE - 1) / LINE;
    if (step == 0 && lines > SHORT_ROW)
        return;
    part->fetched = part->left + rows * part->row_step;
    if (step == 0 && lines > 1) {
        part->fetch_step = bytes(LINE);
        part->fetches = part->row_fetches = (ptrdiff_t)lines;
        part->row_jump = bytes(work->left_row - lines * LINE);
    } else {
        int64_t taken = step ? step : work->left_row;
        part->fetch_step = bytes(taken);
        part->fetch_jump = part->stretch_jump + bytes(part->stretch * (1 - taken));
    }
}

static void fetch_columns(int64_t rows, tile *part)
{
    part->fetched = part->left + COLUMNS_AHEAD * part->column_step + bytes(rows - 1);
    part->fetch_step = part->column_step;
    part->fetch_jump = part->stretch_jump;
}

/* Spreads over the tiles what is to be fetched ahead, a line with two steps of the depth. Returns
 * whether something of it is left for this one. */
static bool fetch_ahead(const neuron_gemm_work *work, int64_t number, tile *part)
{
    int64_t lines = (work->ahead_columns + LINE - 1) / LINE;
    if (!work->ahead || lines == 0)
        return false;
    int64_t before = number * (work->depth / 2), row = before / lines, line = before % lines;
    if (row >= work->ahead_rows)
        return false;
    part->fetched = (const char *)(work->ahead + row * work->ahead_row + line * LINE);
    part->fetch_step = bytes(LINE) / 2;
    part->fetches = 2 * (ptrdiff_t)(lines - line);
    part->row_fetches = 2 * (ptrdiff_t)lines;
    part->row_jump = bytes(work->ahead_row - lines * LINE);
    return true;
}

void KERNEL(multiply)(const neuron_gemm_work *work)
{
    static const float zeros[2 * LANES];
    int64_t most = tile_rows(work->rows), number = 0;
    int64_t step = most < work->rows ? step_to_next(work, most) : 0;
    int32_t from = floor_count(&work->post);
    bool finishes = neuron_post_goes_on(work->post.ops, from);
    for (int64_t column = 0; column < work->columns; column += 2 * LANES) {
        int64_t count = work->columns - column;
        int wide = count > LANES;
        int64_t rows;
        for (int64_t row = 0; row < work->rows; row += rows) {
            rows = next_rows(work->rows - row, most);
            tile_function function = tiles[rows - 1][wide];
            float *output = work->output + row * work->output_row + column;
            /* All of it is set: to clear it first would take as long as a small tile. */
            tile part = {
                .left = (const char *)(work->left + row * work->left_row),
                .row_step = bytes(work->left_row),
                .column_step = bytes(work->left_column),
                .depth = work->depth,
                .stretch = work->depth,
                .group = 0,
                .group_left = 0,
                .stretch_jump = 0,
                .group_jump = 0,
                .right = work->right + column * work->depth,
                .start = work->add    ? output
                         : work->bias ? work->bias + column
                                      : zeros,
                .start_row = work->add ? work->output_row : 0,
                .output = output,
                .output_row = work->output_row,
                .floor = from ? 0 : -INFINITY,
                .lanes = choose_lanes(count - wide * LANES),
                .fetched = (const char *)work->left,
                .fetch_step = 0,
                .fetches = PTRDIFF_MAX,
                .row_fetches = 0,
                .row_jump = 0,
                .fetch_jump = 0,
            };
            if (work->stretch)
                cut_depth(work, &part);
            if (work->left_column != 1)
                fetch_columns(rows, &part);
            else if (!fetch_ahead(work, number++, &part) && row + rows < work->rows)
                fetch_next(work, rows, step, &part);
            bool narrow = count < (wide + 1) * LANES;
            if (narrow && !CHOOSES_LANES)
                multiply_narrow(work, &part, function, rows, column);
            else
                function(&part);
            if (finishes) {
                const neuron_post_slice post =
                    neuron_post_slice_at(&work->post, column, row * work->output_row + column);
                finish_rows(&post, from, rows, narrow ? count : (wide + 1) * LANES, output,
                            work->output_row);
            }
        }
    }
}
