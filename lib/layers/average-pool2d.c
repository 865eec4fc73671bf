/* Average pooling: see neuron_average_pool2d(). What padding adds counts for nothing: a window's
 * mean is over the pixels that lie inside. */
#include "layers/average-pool2d.h"

#include <string.h>

static void forward_image(void *work, int64_t image, int32_t worker)
{
    (void)worker;
    const neuron_window_job *job = work;
    const neuron_run *run = job->run;
    const float *input = run->inputs[0] + image * neuron_window_input_size(job);
    float *to = run->output + image * neuron_window_output_size(job);
    for (int64_t y = 0; y < job->down.output; y++) {
        for (int64_t x = 0; x < job->along.output; x++, to += job->channels) {
            neuron_window_part part;
            int64_t first = neuron_window_part_of(job, y, x, &part);
            run->kernels->pool->average_pool(&part, input + first, to);
        }
    }
}

static void backward_image(void *work, int64_t image, int32_t worker)
{
    (void)worker;
    const neuron_window_job *job = work;
    const neuron_run *run = job->run;
    int64_t size = neuron_window_input_size(job);
    float *gradient = run->input_gradients[0] + image * size;
    const float *from = run->output_gradient + image * neuron_window_output_size(job);
    memset(gradient, 0, (size_t)size * sizeof *gradient);
    for (int64_t y = 0; y < job->down.output; y++) {
        for (int64_t x = 0; x < job->along.output; x++, from += job->channels) {
            neuron_window_part part;
            int64_t first = neuron_window_part_of(job, y, x, &part);
            run->kernels->pool->average_pool_back(&part, gradient + first, from);
        }
    }
}

void neuron_average_pool2d_forward(neuron_window_job *job)
{
    neuron_pool_run(job->run->pool, job->run->batch, forward_image, job);
}

void neuron_average_pool2d_backward(neuron_window_job *job)
{
    neuron_pool_run(job->run->pool, job->run->batch, backward_image, job);
}

static int forward(const neuron_run *run)
{
    neuron_window_job job = neuron_window_job_of(run);
    neuron_average_pool2d_forward(&job);
    return NEURON_OK;
}

static int backward(const neuron_run *run)
{
    neuron_window_job job = neuron_window_job_of(run);
    neuron_average_pool2d_backward(&job);
    return NEURON_OK;
}

const neuron_layer neuron_layer_average_pool2d = {
    .name = "average_pool2d",
    .options = NEURON_OPTION_TABLE(neuron_pool2d_options),
    .infer = neuron_pool2d_infer,
    .forward = forward,
    .backward = backward,
};
