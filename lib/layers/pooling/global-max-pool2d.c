/* The largest value of each channel over the image: max-pooling by one window over all of it. */
#include "layers/pooling/max-pool2d.h"

#include "base/bump.h"

int neuron_global_max_pool_plan(const neuron_plan_request *request, neuron_needs *needs)
{
    const neuron_spec *spec = request->spec;
    if (request->training)
        neuron_reserve(&needs->saved, neuron_shape_count(&spec->output) * request->batch,
                       sizeof(int32_t));
    return NEURON_OK;
}

int neuron_global_max_pool_forward(const neuron_run *run)
{
    neuron_window_job job = neuron_global_job_of(run);
    neuron_max_pool2d_forward(&job);
    return NEURON_OK;
}

int neuron_global_max_pool_backward(const neuron_run *run)
{
    neuron_window_job job = neuron_global_job_of(run);
    neuron_max_pool2d_backward(&job);
    return NEURON_OK;
}

const neuron_layer neuron_layer_global_max_pool2d = {
    .name = "global_max_pool2d",
    .infer = neuron_global_pool2d_infer,
    NEURON_GLOBAL_MAX_POOL_CALLS,
};
