/* The mean of each channel over the image: average pooling by one window over all of it. */
#include "layers/average-pool2d.h"

static int forward(const neuron_run *run)
{
    neuron_window_job job = neuron_global_job_of(run);
    neuron_average_pool2d_forward(&job);
    return NEURON_OK;
}

static int backward(const neuron_run *run)
{
    neuron_window_job job = neuron_global_job_of(run);
    neuron_average_pool2d_backward(&job);
    return NEURON_OK;
}

const neuron_layer neuron_layer_global_average_pool2d = {
    .name = "global_average_pool2d",
    .infer = neuron_global_pool2d_infer,
    .forward = forward,
    .backward = backward,
};
