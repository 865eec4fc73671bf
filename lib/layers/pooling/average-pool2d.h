/* Average pooling of images and of sequences, and by one window over all of them. */
#ifndef LAYERS_POOLING_AVERAGE_POOL2D_H
#define LAYERS_POOLING_AVERAGE_POOL2D_H

#include "layers/image.h"

void neuron_average_pool2d_forward(neuron_window_job *job);
void neuron_average_pool2d_backward(neuron_window_job *job);

/* What the layer rows call. */
int neuron_average_pool_forward(const neuron_run *run);
int neuron_average_pool_backward(const neuron_run *run);
int neuron_global_average_pool_forward(const neuron_run *run);
int neuron_global_average_pool_backward(const neuron_run *run);

#define NEURON_AVERAGE_POOL_CALLS                                                                  \
    .infer = neuron_pool_infer, .forward = neuron_average_pool_forward,                            \
    .backward = neuron_average_pool_backward

#define NEURON_GLOBAL_AVERAGE_POOL_CALLS                                                           \
    .forward = neuron_global_average_pool_forward, .backward = neuron_global_average_pool_backward

#endif
