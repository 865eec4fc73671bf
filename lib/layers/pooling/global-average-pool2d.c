/* The mean of each channel over the image: average pooling by one window over all of it. */
#include "layers/pooling/average-pool2d.h"

int neuron_global_average_pool_forward(const neuron_run *run)
{
    neuron_window_job job = neuron_global_job_of(run);
    neuron_average_pool2d_forward(&job);
    return NEURON_OK;
}

int neuron_global_average_pool_backward(const neuron_run *run)
{
    neuron_window_job job = neuron_global_job_of(run);
    neuron_average_pool2d_backward(&job);
    return NEURON_OK;
}

const neuron_layer neuron_layer_global_average_pool2d = {
    .name = "global_average_pool2d",
    .infer = neuron_global_pool2d_infer,
    NEURON_GLOBAL_AVERAGE_POOL_CALLS,
};
