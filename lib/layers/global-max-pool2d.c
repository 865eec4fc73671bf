/* The largest value of each channel over the image: max-pooling by one window over all of it. */
#include "layers/max-pool2d.h"

#include "base/bump.h"

static int plan(const neuron_plan_request *request, neuron_needs *needs)
{
    const neuron_spec *spec = request->spec;
    if (request->training)
        neuron_reserve(&needs->saved, neuron_shape_count(&spec->output) * request->batch,
                       sizeof(int32_t));
    return NEURON_OK;
}

static int forward(const neuron_run *run)
{
    neuron_window_job job = neuron_global_job_of(run);
    neuron_max_pool2d_forward(&job);
    return NEURON_OK;
}

static int backward(const neuron_run *run)
{
    neuron_window_job job = neuron_global_job_of(run);
    neuron_max_pool2d_backward(&job);
    return NEURON_OK;
}

const neuron_layer neuron_layer_global_max_pool2d = {
    .name = "global_max_pool2d",
    .back_kinds = NEURON_POST_BIT(NEURON_POST_RELU),
    .infer = neuron_global_pool2d_infer,
    .plan = plan,
    .forward = forward,
    .backward = backward,
};
