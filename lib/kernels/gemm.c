/* The product of matrices: tiles of up to MULTIPLY_ROWS rows by two vectors of columns are summed
 * in registers. */
#include "kernels/store-tile.h"
#include "kernels/table.h"

#include <stdbool.h>
#include <string.h>

/* With fewer registers than this a tile has the rows that convolutions have. */
#if defined(__AVX512F__)
enum { MULTIPLY_ROWS = 14 };
#else
enum { MULTIPLY_ROWS = TILE_ROWS };
#endif

/* Rows are reached in threes from one pointer plus the step between them, which the processor adds
 * while it loads: a pointer for each would not fit into the registers. */
enum { ROWS_BY_POINTER = 3, POINTERS = (MULTIPLY_ROWS + ROWS_BY_POINTER - 1) / ROWS_BY_POINTER };

/* Both factors are fetched so many steps of the depth ahead of the sums: they come from the second
 * cache, and a column of the left one from lines far apart, which nothing else foresees. */
enum { STEPS_AHEAD = 8 };

/* Steps of one turn of the loop. More of them along a column only need more pointers. */
enum { PLAIN_TURN = 2, TRANSPOSED_TURN = 2 };

/* Floats of a line of the caches. */
enum { LINE = 16 };

/* One tile. Unless lanes can be chosen, whole vectors are read and written at `start` and
 * `output`. */
typedef struct tile {
    const float *left;
    int64_t left_row, left_column;
    int64_t depth; /* of a stretch */
    int64_t stretches, groups;
    int64_t stretch_jump, group_jump; /* from the end of one to the next */
    const float *right;               /* of the panel */
    const float *start;
    int64_t start_row;
    float *output;
    int64_t output_row;
    float floor;                   /* no sum is stored below it */
    lane_choice lanes;             /* of the last vector */
    const float *ahead;            /* a line of it is fetched with each turn of the loop, */
    const float *ahead_end;        /* to the end of its row, */
    int64_t ahead_row, ahead_jump; /* and then of the next */
} tile;

/* Keeps the compiler from making one pointer for each row after all. */
#define OPAQUE(value) __asm__("" : "+r"(value))

/* Where a tile's sums have got to. */
typedef struct place {
    const float *left[POINTERS];
    int64_t row_step, column_step;
    const float *right;
} place;

/* Adds `count` columns of the left matrix times as many rows of the right one. */
static ALWAYS_INLINE void multiply_some(place *at, int rows, int vectors, bool transposed,
                                        int count, vector sums[MULTIPLY_ROWS][2])
{
    UNROLL_FULLY
    for (int k = 0; k < count; k++) {
        vector factors[2];
        if (transposed)
            __builtin_prefetch(at->left[0] + STEPS_AHEAD * at->column_step + rows - 1);
        UNROLL_FULLY
        for (int v = 0; v < vectors; v++) {
            const float *from = at->right + (k * vectors + v) * LANES;
            __builtin_prefetch(from + STEPS_AHEAD * vectors * LANES);
            factors[v] = load(from);
        }
        UNROLL_FULLY
        for (int m = 0; m < rows; m++) {
            const float *from =
                transposed ? at->left[0] + m
                           : at->left[m / ROWS_BY_POINTER] + m % ROWS_BY_POINTER * at->row_step + k;
            vector value = broadcast(*from);
            UNROLL_FULLY
            for (int v = 0; v < vectors; v++)
                sums[m][v] += value * factors[v];
        }
        if (transposed) {
            at->left[0] += at->column_step;
            OPAQUE(at->left[0]);
        }
    }
    UNROLL_FULLY
    for (int p = 0; p < POINTERS; p++)
        if (!transposed && p * ROWS_BY_POINTER < rows)
            at->left[p] += count;
    at->right += count * vectors * LANES;
    OPAQUE(at->row_step);
}

static ALWAYS_INLINE void multiply_tile(const tile *work, int rows, int vectors, bool transposed)
{
    vector sums[MULTIPLY_ROWS][2];
    place at = {.row_step = work->left_row, .column_step = work->left_column, .right = work->right};
    UNROLL_FULLY
    for (int m = 0; m < rows; m++) {
        if (m % ROWS_BY_POINTER == 0)
            at.left[m / ROWS_BY_POINTER] = work->left + m * work->left_row;
        UNROLL_FULLY
        for (int v = 0; v < vectors; v++)
            sums[m][v] = (vector){0};
    }
    int turn = transposed ? TRANSPOSED_TURN : PLAIN_TURN;
    const float *ahead = work->ahead, *ahead_end = work->ahead_end;
    int64_t ahead_row = work->ahead_row, jump = work->ahead_jump;
    int64_t stretch = work->stretches;
    for (int64_t group = work->groups; group > 0;) {
        int64_t k = 0, left_jump = work->stretch_jump;
        for (; k + turn <= work->depth; k += turn) {
            __builtin_prefetch(ahead, 0, 2);
            ahead += LINE;
            if (ahead >= ahead_end) {
                ahead += jump;
                ahead_end += ahead_row;
            }
            multiply_some(&at, rows, vectors, transposed, turn, sums);
        }
        for (; k < work->depth; k++)
            multiply_some(&at, rows, vectors, transposed, 1, sums);
        if (--stretch == 0) {
            stretch = work->stretches;
            left_jump += work->group_jump;
            group--;
        }
        UNROLL_FULLY
        for (int p = 0; p < POINTERS; p++)
            if (p == 0 || (!transposed && p * ROWS_BY_POINTER < rows))
                at.left[p] += left_jump;
    }
    const float *start = work->start;
    float *output = work->output;
    vector floor = broadcast(work->floor);
    lane_choice lanes = work->lanes;
    UNROLL_FULLY
    for (int m = 0; m < rows; m++) {
        UNROLL_FULLY
        for (int v = 0; v < vectors - 1; v++)
            store(output + v * LANES, at_least(floor, load(start + v * LANES) + sums[m][v]));
        int last = vectors - 1;
        vector sum = load_lanes(start + last * LANES, lanes) + sums[m][last];
        store_lanes(output + last * LANES, at_least(floor, sum), lanes);
        start += work->start_row;
        output += work->output_row;
    }
}

typedef void (*tile_function)(const tile *);

#define TILES(rows)                                                                                \
    static void tile_##rows##_1_plain(const tile *work)                                            \
    {                                                                                              \
        multiply_tile(work, rows, 1, false);                                                       \
    }                                                                                              \
    static void tile_##rows##_2_plain(const tile *work)                                            \
    {                                                                                              \
        multiply_tile(work, rows, 2, false);                                                       \
    }                                                                                              \
    static void tile_##rows##_1_transposed(const tile *work)                                       \
    {                                                                                              \
        multiply_tile(work, rows, 1, true);                                                        \
    }                                                                                              \
    static void tile_##rows##_2_transposed(const tile *work)                                       \
    {                                                                                              \
        multiply_tile(work, rows, 2, true);                                                        \
    }

/* By transposed, vectors less one. */
#define ROW(rows)                                                                                  \
    {                                                                                              \
        {tile_##rows##_1_plain, tile_##rows##_2_plain},                                            \
        {                                                                                          \
            tile_##rows##_1_transposed, tile_##rows##_2_transposed                                 \
        }                                                                                          \
    }

/* clang-format off */
TILES(1) TILES(2) TILES(3) TILES(4) TILES(5) TILES(6)
#if defined(__AVX512F__) || defined(__aarch64__)
TILES(7) TILES(8) TILES(9) TILES(10) TILES(12)
#endif
#if defined(__AVX512F__)
TILES(14)
#endif

static const tile_function tiles[MULTIPLY_ROWS][2][2] = {
    ROW(1), ROW(2), ROW(3), ROW(4),  ROW(5),  ROW(6),
#if defined(__AVX512F__) || defined(__aarch64__)
    ROW(7), ROW(8), ROW(9), ROW(10), {{NULL}}, ROW(12),
#endif
#if defined(__AVX512F__)
    {{NULL}}, ROW(14),
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

/* Spreads over the tiles what is to be fetched ahead: each takes as many lines as its loop has
 * turns. */
static void set_ahead(const neuron_gemm_work *work, int64_t number, tile *part)
{
    int64_t turns = part->depth / (work->left_column == 1 ? PLAIN_TURN : TRANSPOSED_TURN) *
                    part->stretches * part->groups;
    int64_t lines = (work->ahead_columns + LINE - 1) / LINE;
    int64_t row = lines ? number * turns / lines : 0;
    part->ahead = part->right;
    part->ahead_end = part->right + LINE;
    part->ahead_row = 0;
    part->ahead_jump = -LINE;
    if (!work->ahead || lines == 0 || row >= work->ahead_rows)
        return;
    const float *begin = work->ahead + row * work->ahead_row;
    part->ahead = begin + number * turns % lines * LINE;
    part->ahead_end = begin + lines * LINE;
    part->ahead_row = work->ahead_row;
    part->ahead_jump = work->ahead_row - lines * LINE;
}

static void cut_depth(const neuron_gemm_work *work, tile *part)
{
    part->depth = work->stretch;
    part->stretches = work->stretches;
    part->groups = work->groups;
    part->stretch_jump = work->stretch_step - work->stretch * work->left_column;
    part->group_jump = work->group_step - work->stretches * work->stretch_step;
}

void KERNEL(multiply)(const neuron_gemm_work *work)
{
    static const float zeros[2 * LANES];
    int64_t most = tile_rows(work->rows), number = 0;
    int32_t from = floor_count(&work->post);
    bool transposed = work->left_column != 1, finishes = neuron_post_goes_on(work->post.ops, from);
    for (int64_t column = 0; column < work->columns; column += 2 * LANES) {
        int64_t count = work->columns - column;
        int wide = count > LANES;
        int64_t rows;
        for (int64_t row = 0; row < work->rows; row += rows) {
            rows = next_rows(work->rows - row, most);
            tile_function function = tiles[rows - 1][transposed][wide];
            float *output = work->output + row * work->output_row + column;
            tile part = {
                .left = work->left + row * work->left_row,
                .left_row = work->left_row,
                .left_column = work->left_column,
                .depth = work->depth,
                .stretches = 1,
                .groups = 1,
                .right = work->right + column * work->depth,
                .start = work->add    ? output
                         : work->bias ? work->bias + column
                                      : zeros,
                .start_row = work->add ? work->output_row : 0,
                .output = output,
                .output_row = work->output_row,
                .floor = from ? 0 : -INFINITY,
                .lanes = choose_lanes(count - wide * LANES),
            };
            if (work->stretch)
                cut_depth(work, &part);
            set_ahead(work, number++, &part);
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
