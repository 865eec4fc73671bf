#include "layers/max-pool2d.h"

#include "base/bump.h"

static void plan(const neuron_spec *spec, int64_t batch, bool training, int32_t threads,
                 neuron_needs *needs)
{
    (void)threads;
    if (training)
        neuron_reserve(&needs->saved, neuron_shape_count(&spec->output) * batch, sizeof(int32_t));
}

static void forward(const neuron_run *run)
{
    neuron_window_job job = neuron_global_job_of(run);
    neuron_max_pool2d_forward(&job);
}

static void backward(const neuron_run *run)
{
    neuron_window_job job = neuron_global_job_of(run);
    neuron_max_pool2d_backward(&job);
}

const neuron_layer neuron_layer_global_max_pool2d = {
    .name = "global_max_pool2d",
    .flags = NEURON_LAYER_GATES,
    .infer = neuron_global_pool2d_infer,
    .plan = plan,
    .forward = forward,
    .backward = backward,
};
