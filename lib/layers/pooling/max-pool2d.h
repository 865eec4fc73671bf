/* Maximum pooling of images and of sequences, and by one window over all of them. */
#ifndef LAYERS_POOLING_MAX_POOL2D_H
#define LAYERS_POOLING_MAX_POOL2D_H

#include "layers/image.h"

/* Any windows, image by image. In training, `saved` of the run has an int32_t for each output. */
void neuron_max_pool2d_forward(neuron_window_job *job);
void neuron_max_pool2d_backward(neuron_window_job *job);

/* What the layer rows call. */
int neuron_max_pool_plan(const neuron_plan_request *request, neuron_needs *needs);
int neuron_max_pool_forward(const neuron_run *run);
int neuron_max_pool_backward(const neuron_run *run);
neuron_post_op neuron_max_pool_post_op(const neuron_spec *spec);
int neuron_global_max_pool_plan(const neuron_plan_request *request, neuron_needs *needs);
int neuron_global_max_pool_forward(const neuron_run *run);
int neuron_global_max_pool_backward(const neuron_run *run);

#define NEURON_MAX_POOL_CALLS                                                                      \
    .infer = neuron_pool_infer, .plan = neuron_max_pool_plan, .forward = neuron_max_pool_forward,  \
    .backward = neuron_max_pool_backward, .post_op = neuron_max_pool_post_op,                      \
    .back_kinds = NEURON_POST_BIT(NEURON_POST_RELU)

#define NEURON_GLOBAL_MAX_POOL_CALLS                                                               \
    .plan = neuron_global_max_pool_plan, .forward = neuron_global_max_pool_forward,                \
    .backward = neuron_global_max_pool_backward, .back_kinds = NEURON_POST_BIT(NEURON_POST_RELU)

#endif
