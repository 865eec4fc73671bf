/* Broadcasting: see broadcast.h.
 *
 * Neighbouring axes on which each input has either its own values or one for all are one dimension.
 * So there are few, mostly two; [channels] beside [height, width, channels] is
 *
 *     dimension     0: height x width    1: channels
 *     input 0       its own              its own
 *     input 1       one for all          its own
 *
 * The last two are a matrix, of which some rows at a time are a block in the nearest cache: inputs
 * that do not lie like the output are written out there. Sums are over halves of a block, again and
 * again, and so are as accurate as they are fast. */
#include "layers/joins/broadcast.h"

#include "base/checked.h"
#include "base/compiler/attributes.h"
#include "layers/post.h"

#include <inttypes.h>
#include <string.h>

/* Floats of a block, and about those of a task. */
enum { BLOCK = 2048, TASK = 8192 };

/* The extent of an input on an axis of the output. */
static int64_t extent_of(const neuron_shape *input, const neuron_shape *output, int32_t axis)
{
    int32_t own = axis - (output->rank - input->rank);
    return own < 0 ? 1 : input->extent[own];
}

static int refuse(const neuron_spec *spec, int32_t input, int32_t axis, const char *node)
{
    char text[2][NEURON_SHAPE_TEXT];
    return neuron_fail(NEURON_E_SHAPE,
                       "%s: input %" PRId32 " is %s, which does not go with %s: on axis %" PRId32
                       " they must be equal, or one of them 1",
                       node, input, neuron_shape_text(&spec->inputs[input], text[0]),
                       neuron_shape_text(&spec->output, text[1]), axis);
}

NEURON_COLD int neuron_broadcast_infer(neuron_spec *spec, const char *node)
{
    neuron_shape output = spec->inputs[0];
    for (int32_t i = 1; i < spec->input_count; i++)
        if (spec->inputs[i].rank > output.rank)
            output = spec->inputs[i];
    for (int32_t i = 0; i < spec->input_count; i++) {
        for (int32_t axis = 0; axis < output.rank; axis++) {
            int64_t extent = extent_of(&spec->inputs[i], &output, axis);
            spec->output = output; /* so far */
            if (extent != output.extent[axis] && extent != 1 && output.extent[axis] != 1)
                return refuse(spec, i, axis, node);
            if (extent != 1)
                output.extent[axis] = extent;
        }
    }
    return neuron_shape_set(&spec->output, output.extent, output.rank, 1, node);
}

NEURON_COLD bool neuron_broadcasts(const neuron_spec *spec)
{
    for (int32_t i = 0; i < spec->input_count; i++)
        if (!neuron_shape_equal(&spec->inputs[i], &spec->output))
            return true;
    return false;
}

/* The dimensions of the output, and the axes of it that each begins with. */
typedef struct dimensions {
    int64_t count;
    int64_t extent[NEURON_RANK_MAX + 1];
    int32_t axis[NEURON_RANK_MAX + 1];
} dimensions;

static bool is_own(const neuron_spec *spec, int32_t input, int32_t axis)
{
    return extent_of(&spec->inputs[input], &spec->output, axis) == spec->output.extent[axis];
}

/* Whether an axis goes on what the one before it is to each input. */
static bool goes_on(const neuron_spec *spec, int32_t axis)
{
    for (int32_t i = 0; i < spec->input_count; i++)
        if (is_own(spec, i, axis) != is_own(spec, i, axis - 1))
            return false;
    return true;
}

static dimensions dimensions_of(const neuron_spec *spec)
{
    dimensions made = {.count = 0};
    for (int32_t axis = 0; axis < spec->output.rank; axis++) {
        int64_t extent = spec->output.extent[axis];
        if (made.count > 0 && goes_on(spec, axis)) {
            made.extent[made.count - 1] *= extent;
            continue;
        }
        made.extent[made.count] = extent;
        made.axis[made.count++] = axis;
    }
    return made;
}

typedef struct broadcast_job {
    const neuron_run *run;
    neuron_join_block join;
    dimensions dimensions;
    int64_t rows, columns;         /* the last two dimensions, */
    int64_t matrices;              /* of which an example has so many */
    int64_t task_rows, per_matrix; /* rows of a task, and tasks of a matrix */
} broadcast_job;

static broadcast_job job_of(const neuron_run *run, neuron_join_block join)
{
    broadcast_job job = {.run = run, .join = join, .dimensions = dimensions_of(run->spec)};
    const dimensions *all = &job.dimensions;
    job.columns = all->extent[all->count - 1];
    job.rows = all->count > 1 ? all->extent[all->count - 2] : 1;
    job.matrices = neuron_shape_count(&run->spec->output) / (job.rows * job.columns);
    job.task_rows = job.columns < TASK ? TASK / job.columns : 1;
    job.per_matrix = neuron_ceil_divide(job.rows, job.task_rows);
    return job;
}

/* An input under a matrix of the output: where it begins, and the floats between its rows and
 * between its columns, 0 if there is one for all. */
typedef struct place {
    int64_t first, row_step, column_step;
} place;

static place place_of(const broadcast_job *job, int32_t input, int64_t example, int64_t matrix)
{
    const neuron_spec *spec = job->run->spec;
    const dimensions *all = &job->dimensions;
    int64_t step = 1;
    place at = {0};
    for (int64_t d = all->count - 1; d >= 0; d--) {
        int64_t own = is_own(spec, input, all->axis[d]) ? step : 0;
        if (d == all->count - 1) {
            at.column_step = own;
        } else if (d == all->count - 2) {
            at.row_step = own;
        } else {
            at.first += matrix % all->extent[d] * own;
            matrix /= all->extent[d];
        }
        step *= own ? all->extent[d] : 1;
    }
    at.first += example * neuron_shape_count(&spec->inputs[input]);
    return at;
}

/* A block of a matrix: some whole rows, or a part of one. */
typedef struct part {
    int64_t example, matrix, row, rows, column, columns;
    int64_t end; /* of the rows that are gone through, block by block */
} part;

static int64_t place_of_output(const broadcast_job *job, const part *of)
{
    return ((of->example * job->matrices + of->matrix) * job->rows + of->row) * job->columns +
           of->column;
}

/* The values of an input under a part: as they lie if they lie like the output, else written to
 * `room`. */
static const float *values_of(const broadcast_job *job, int32_t input, const part *of, float *room)
{
    const place at = place_of(job, input, of->example, of->matrix);
    const float *from =
        job->run->inputs[input] + at.first + of->row * at.row_step + of->column * at.column_step;
    if (at.column_step == 1 && (at.row_step == job->columns || of->rows == 1))
        return from;
    if (at.column_step == 1) {
        job->run->kernels->element->copy_rows(from, at.row_step, of->rows, of->columns, room,
                                              of->columns);
        return room;
    }
    float *to = room;
    for (int64_t row = 0; row < of->rows; row++, from += at.row_step)
        for (int64_t column = 0; column < of->columns; column++)
            *to++ = *from;
    return room;
}

static void join_part(const broadcast_job *job, const part *of)
{
    float room[BLOCK], other[BLOCK];
    int64_t count = of->rows * of->columns;
    float *output = job->run->output + place_of_output(job, of);
    const float *values = values_of(job, 0, of, room);
    for (int32_t i = 1; i < job->run->spec->input_count; i++) {
        job->join(job->run, values, values_of(job, i, of, other), count, output);
        values = output;
    }
}

static int64_t block_rows(const broadcast_job *job)
{
    return job->columns < BLOCK ? BLOCK / job->columns : 1;
}

static part first_part(const broadcast_job *job, int64_t number, int64_t first, int64_t end)
{
    return (part){.example = number / job->matrices,
                  .matrix = number % job->matrices,
                  .row = first,
                  .rows = neuron_min_count(block_rows(job), end - first),
                  .columns = neuron_min_count(job->columns, BLOCK),
                  .end = end};
}

/* The next one; false behind the last. */
static bool next_part(const broadcast_job *job, part *of)
{
    of->column += of->columns;
    if (of->column == job->columns) {
        of->column = 0;
        of->row += of->rows;
        of->rows = neuron_min_count(of->rows, of->end - of->row);
    }
    of->columns = neuron_min_count(job->columns - of->column, BLOCK);
    return of->rows > 0;
}

static void forward_rows(void *work, int64_t task, int32_t worker)
{
    (void)worker;
    const broadcast_job *job = work;
    int64_t row = task % job->per_matrix * job->task_rows;
    int64_t end = neuron_min_count(row + job->task_rows, job->rows);
    part of = first_part(job, task / job->per_matrix, row, end);
    int64_t first = place_of_output(job, &of);
    do
        join_part(job, &of);
    while (next_part(job, &of));
    neuron_post_finish(job->run, 0, first, (end - row) * job->columns);
}

void neuron_broadcast_forward(const neuron_run *run, neuron_join_block join)
{
    broadcast_job job = job_of(run, join);
    neuron_pool_run(run->pool, run->batch * job.matrices * job.per_matrix, forward_rows, &job);
}

/* Adds up rows of `columns` floats, in `room`, which may be where they are: the sum becomes the
 * first there. */
static void fold(const broadcast_job *job, const float *values, int64_t rows, int64_t columns,
                 float *room)
{
    const neuron_element_kernels *element = job->run->kernels->element;
    do {
        int64_t half = rows / 2;
        element->sum(values, values + (rows - half) * columns, half * columns, room);
        if (rows % 2 && values != room)
            memcpy(room + half * columns, values + half * columns, (size_t)columns * sizeof *room);
        values = room;
        rows -= half;
    } while (rows > 1);
}

/* Adds the gradients of a part to those of what stands for them. */
static void add_part(const broadcast_job *job, int32_t input, const part *of, const float *values,
                     float *room)
{
    const neuron_element_kernels *element = job->run->kernels->element;
    const place at = place_of(job, input, of->example, of->matrix);
    float *to = job->run->input_gradients[input] + at.first + of->row * at.row_step +
                of->column * at.column_step;
    int64_t rows = of->rows, columns = of->columns;
    if (at.row_step == 0 && rows > 1) {
        fold(job, values, rows, columns, room);
        values = room;
        rows = 1;
    }
    for (int64_t row = 0; row < rows; row++, to += at.row_step, values += columns) {
        if (at.column_step == 0)
            fold(job, values, columns, 1, room);
        element->sum(to, at.column_step ? values : room, at.column_step ? columns : 1, to);
    }
}

/* What the output's gradient gives an input of a part. */
static void gradient_of_part(const broadcast_job *job, int32_t input, const part *of)
{
    float product[BLOCK], room[BLOCK];
    const neuron_run *run = job->run;
    int64_t count = of->rows * of->columns, first = place_of_output(job, of);
    bool whole = neuron_shape_equal(&run->spec->inputs[input], &run->spec->output);
    const float *gradient = run->output_gradient + first;
    float *to = whole ? run->input_gradients[input] + first : product;
    for (int32_t i = 0; job->join && i < run->spec->input_count; i++) {
        if (i == input)
            continue;
        job->join(run, gradient, values_of(job, i, of, room), count, to);
        gradient = to;
    }
    if (!whole)
        add_part(job, input, of, gradient, gradient == to ? room : product);
    else if (gradient != to)
        memcpy(to, gradient, (size_t)count * sizeof *to);
}

static void backward_example(void *work, int64_t example, int32_t worker)
{
    (void)worker;
    const broadcast_job *job = work;
    const neuron_run *run = job->run;
    for (int32_t input = 0; input < run->spec->input_count; input++) {
        int64_t size = neuron_shape_count(&run->spec->inputs[input]);
        if (!run->input_gradients[input])
            continue;
        memset(run->input_gradients[input] + example * size, 0, (size_t)size * sizeof(float));
        for (int64_t matrix = 0; matrix < job->matrices; matrix++) {
            part of = first_part(job, example * job->matrices + matrix, 0, job->rows);
            do
                gradient_of_part(job, input, &of);
            while (next_part(job, &of));
        }
    }
}

void neuron_broadcast_backward(const neuron_run *run, neuron_join_block join)
{
    broadcast_job job = job_of(run, join);
    neuron_pool_run(run->pool, run->batch, backward_example, &job);
}
