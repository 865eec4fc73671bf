/* Average pooling over any windows. */
#ifndef LAYERS_AVERAGE_POOL2D_H
#define LAYERS_AVERAGE_POOL2D_H

#include "layers/image.h"

void neuron_average_pool2d_forward(neuron_window_job *job);
void neuron_average_pool2d_backward(neuron_window_job *job);

#endif
