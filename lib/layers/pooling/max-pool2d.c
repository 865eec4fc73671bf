/* Maximum pooling: see neuron_max_pool2d(). In training, forward keeps for each output where in the
 * window it came from. */
#include "layers/pooling/max-pool2d.h"

#include "base/bump.h"
#include "kernels/kernels.h"
#include "layers/post.h"

#include <string.h>

static bool tiles_axis(const neuron_window *window)
{
    return window->kernel == window->stride && window->padding == 0 &&
           window->output * window->stride <= window->input;
}

/* Whether the windows lie side by side and inside the image. Rows and columns may be left over. */
static bool tiles(const neuron_spec *spec)
{
    neuron_window down = neuron_window_of(spec, 0);
    neuron_window along = neuron_window_of(spec, 1);
    return tiles_axis(&down) && tiles_axis(&along) &&
           down.kernel * along.kernel <= NEURON_POOL_PLACES;
}

int neuron_max_pool_plan(const neuron_plan_request *request, neuron_needs *needs)
{
    const neuron_spec *spec = request->spec;
    int64_t count = neuron_shape_count(&spec->output) * request->batch;
    if (request->training)
        neuron_reserve(&needs->saved, count, tiles(spec) ? sizeof(uint8_t) : sizeof(int32_t));
    return NEURON_OK;
}

static void forward_image(void *work, int64_t image, int32_t worker)
{
    (void)worker;
    const neuron_window_job *job = work;
    const neuron_run *run = job->run;
    int64_t pooled = image * neuron_window_output_size(job);
    neuron_pool_image on = neuron_window_image_of(job);
    on.values = run->inputs[0] + image * neuron_window_input_size(job);
    on.output = run->output + pooled;
    on.argmax = run->training ? (int32_t *)run->saved + pooled : NULL;
    run->kernels->pool->max_pool(&on);
}

static void backward_image(void *work, int64_t image, int32_t worker)
{
    (void)worker;
    const neuron_window_job *job = work;
    const neuron_run *run = job->run;
    int64_t pooled = image * neuron_window_output_size(job);
    neuron_pool_image on = neuron_window_image_of(job);
    on.relu = neuron_post_back_is_relu(run);
    on.output = on.relu ? run->output + pooled : NULL;
    on.argmax = (int32_t *)run->saved + pooled;
    on.gradients = run->output_gradient + pooled;
    on.value_gradients = run->input_gradients[0] + image * neuron_window_input_size(job);
    run->kernels->pool->max_pool_back(&on);
}

/* The first row of windows of an image, where they lie side by side. */
static neuron_pool_work first_row(const neuron_window_job *job, int64_t image, bool back)
{
    const neuron_run *run = job->run;
    neuron_pool_work row = {
        .windows = job->along.output,
        .window_rows = job->down.kernel,
        .window_columns = job->along.kernel,
        .channels = job->channels,
        .row_step = job->along.input * job->channels,
        .relu = neuron_post_back_is_relu(run),
    };
    int64_t pooled = image * job->down.output * row.windows * row.channels;
    int64_t values = image * job->down.input * row.row_step;
    row.argmax = run->training ? (uint8_t *)run->saved + pooled : NULL;
    row.output = run->output + pooled;
    if (back) {
        row.gradients = run->output_gradient + pooled;
        row.value_gradients = run->input_gradients[0] + values;
    } else {
        row.values = run->inputs[0] + values;
    }
    return row;
}

static void forward_tiles(void *work, int64_t image, int32_t worker)
{
    (void)worker;
    const neuron_window_job *job = work;
    neuron_pool_work row = first_row(job, image, false);
    int64_t width = row.windows * row.channels;
    for (int64_t y = 0; y < job->down.output; y++) {
        job->run->kernels->pool->max_pool_row(&row);
        row.values += row.window_rows * row.row_step;
        row.output += width;
        if (row.argmax)
            row.argmax += width;
    }
}

static void clear(float *values, int64_t count)
{
    memset(values, 0, (size_t)count * sizeof *values);
}

static void backward_tiles(void *work, int64_t image, int32_t worker)
{
    (void)worker;
    const neuron_window_job *job = work;
    neuron_pool_work row = first_row(job, image, true);
    int64_t width = row.windows * row.channels;
    int64_t covered = row.windows * row.window_columns * row.channels;
    for (int64_t y = 0; y < job->down.output; y++) {
        job->run->kernels->pool->max_pool_row_back(&row);
        for (int64_t i = 0; i < row.window_rows; i++, row.value_gradients += row.row_step)
            clear(row.value_gradients + covered, row.row_step - covered);
        row.gradients += width;
        row.output += width;
        row.argmax += width;
    }
    int64_t rows = job->down.input - job->down.output * row.window_rows;
    clear(row.value_gradients, rows * row.row_step);
}

void neuron_max_pool2d_forward(neuron_window_job *job)
{
    neuron_pool_run(job->run->pool, job->run->batch, forward_image, job);
}

void neuron_max_pool2d_backward(neuron_window_job *job)
{
    if (job->run->input_gradients[0])
        neuron_pool_run(job->run->pool, job->run->batch, backward_image, job);
}

int neuron_max_pool_forward(const neuron_run *run)
{
    neuron_window_job job = neuron_window_job_of(run);
    if (tiles(run->spec))
        neuron_pool_run(run->pool, run->batch, forward_tiles, &job);
    else
        neuron_max_pool2d_forward(&job);
    return NEURON_OK;
}

int neuron_max_pool_backward(const neuron_run *run)
{
    neuron_window_job job = neuron_window_job_of(run);
    if (!tiles(run->spec))
        neuron_max_pool2d_backward(&job);
    else if (run->input_gradients[0])
        neuron_pool_run(run->pool, run->batch, backward_tiles, &job);
    return NEURON_OK;
}

neuron_post_op neuron_max_pool_post_op(const neuron_spec *spec)
{
    const neuron_window down = neuron_window_of(spec, 0), along = neuron_window_of(spec, 1);
    if (!tiles(spec))
        return (neuron_post_op){.kind = NEURON_POST_NONE};
    return (neuron_post_op){
        .kind = NEURON_POST_MAX_POOL,
        .pooling = {.window_rows = down.kernel,
                    .window_columns = along.kernel,
                    .rows = down.output,
                    .columns = along.output},
    };
}

const neuron_layer neuron_layer_max_pool2d = {
    .name = "max_pool2d",
    .options = NEURON_OPTION_TABLE(neuron_pool2d_options),
    NEURON_MAX_POOL_CALLS,
};
