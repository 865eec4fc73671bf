/* Average pooling: see neuron_average_pool2d(). What padding adds counts for nothing: a window's
 * mean is over the pixels that lie inside. */
#include "layers/pooling/average-pool2d.h"

static void forward_image(void *work, int64_t image, int32_t worker)
{
    (void)worker;
    const neuron_window_job *job = work;
    const neuron_run *run = job->run;
    neuron_pool_image on = neuron_window_image_of(job);
    on.values = run->inputs[0] + image * neuron_window_input_size(job);
    on.output = run->output + image * neuron_window_output_size(job);
    run->kernels->pool->average_pool(&on);
}

static void backward_image(void *work, int64_t image, int32_t worker)
{
    (void)worker;
    const neuron_window_job *job = work;
    const neuron_run *run = job->run;
    neuron_pool_image on = neuron_window_image_of(job);
    on.gradients = run->output_gradient + image * neuron_window_output_size(job);
    on.value_gradients = run->input_gradients[0] + image * neuron_window_input_size(job);
    run->kernels->pool->average_pool_back(&on);
}

void neuron_average_pool2d_forward(neuron_window_job *job)
{
    neuron_pool_run(job->run->pool, job->run->batch, forward_image, job);
}

void neuron_average_pool2d_backward(neuron_window_job *job)
{
    neuron_pool_run(job->run->pool, job->run->batch, backward_image, job);
}

int neuron_average_pool_forward(const neuron_run *run)
{
    neuron_window_job job = neuron_window_job_of(run);
    neuron_average_pool2d_forward(&job);
    return NEURON_OK;
}

int neuron_average_pool_backward(const neuron_run *run)
{
    neuron_window_job job = neuron_window_job_of(run);
    neuron_average_pool2d_backward(&job);
    return NEURON_OK;
}

const neuron_layer neuron_layer_average_pool2d = {
    .name = "average_pool2d",
    .options = NEURON_OPTION_TABLE(neuron_pool2d_options),
    NEURON_AVERAGE_POOL_CALLS,
};
