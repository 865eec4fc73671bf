/* How the products of gemm.c are cut into tasks: by the shape alone, so that the bits of sums
 * do not depend on threads. */
#include "ops/gemm-tiling.h"

#include "base/checked.h"
#include "kernels/panels.h"

/* Weights that a task reads of them: some ten microseconds from memory. */
enum { STREAM_FLOATS = 65536 };

/* Columns that such a task has at least: side by side in memory if it can have many. */
enum { STREAM_COLUMNS = 128, STREAM_COLUMNS_ENOUGH = 1024 };

/* Multiplications of a task at least: some ten microseconds. */
static const int64_t task_products = 1000000;

/* Cuts `depth` into parts of blocks, all of about the same depth. */
static void cut_depth(neuron_forward_cut *cut, int64_t depth, int64_t parts, int64_t most)
{
    cut->part_blocks = neuron_ceil_divide(neuron_ceil_divide(depth, parts), most);
    cut->block = neuron_ceil_divide(depth, parts * cut->part_blocks);
    cut->blocks = neuron_ceil_divide(depth, cut->block);
    cut->parts = neuron_ceil_divide(cut->blocks, cut->part_blocks);
}

static neuron_forward_cut cut_stream(int64_t batch, int64_t inputs, int64_t units)
{
    neuron_forward_cut cut = {.streams = true, .rows = batch, .row_slices = 1};
    int64_t tasks = neuron_between(1, inputs * units / STREAM_FLOATS, 2 * NEURON_FORWARD_TASKS);
    int64_t wide = units / STREAM_COLUMNS_ENOUGH, narrow = units / STREAM_COLUMNS;
    int64_t slices = neuron_between(1, wide > 1 ? wide : narrow, tasks);
    cut.columns = neuron_panel_round(neuron_ceil_divide(units, slices));
    cut.column_slices = neuron_ceil_divide(units, cut.columns);
    int64_t parts = cut.column_slices < 4 ? neuron_ceil_divide(tasks, cut.column_slices) : 1;
    cut_depth(&cut, inputs, neuron_between(1, parts, neuron_ceil_divide(inputs, 16)), inputs);
    return cut;
}

/* The depth of a part at least. */
enum { DEPTH_LEAST = 128 };

/* Rows this far apart lie in one or two sets of the nearest cache, which cannot hold a tile of
 * them. If they are read often they are copied; else a tile has as many as a set can hold. */
static bool collides(int64_t row)
{
    return row % 512 == 0;
}

enum { COLLIDING_ROWS = 6, COPIED_PANELS = 4 };

neuron_forward_cut neuron_forward_cut_of(int64_t batch, int64_t inputs, int64_t units,
                                         bool invariant)
{
    if (batch <= NEURON_FORWARD_FEW_ROWS && !invariant)
        return cut_stream(batch, inputs, units);
    neuron_forward_cut cut = {.row_slices = neuron_ceil_divide(batch, NEURON_FORWARD_ROWS)};
    cut.rows = neuron_ceil_divide(batch, cut.row_slices);
    int64_t panels = neuron_panel_round(units) / NEURON_PANEL_GROUP;
    int64_t width =
        neuron_between(1, panels / neuron_ceil_divide(NEURON_FORWARD_TASKS, cut.row_slices),
                       NEURON_FORWARD_PANELS);
    cut.columns = width * NEURON_PANEL_GROUP;
    cut.column_slices = neuron_ceil_divide(panels, width);
    int64_t products;
    if (!neuron_multiply_count(batch, inputs * neuron_panel_round(units), &products))
        products = INT64_MAX;
    int64_t tasks = neuron_between(1, products / task_products, NEURON_FORWARD_TASKS);
    int64_t parts = invariant ? 1 : tasks / cut.row_slices / cut.column_slices;
    cut_depth(&cut, inputs, neuron_between(1, parts, neuron_ceil_divide(inputs, DEPTH_LEAST)),
              NEURON_FORWARD_DEPTH);
    cut.rows_at_once = cut.rows;
    if (collides(inputs) && panels < COPIED_PANELS)
        cut.rows_at_once = COLLIDING_ROWS;
    else if (collides(inputs))
        cut.copy_row = inputs + NEURON_PANEL_GROUP / 2;
    return cut;
}
