/* Maximum pooling, for other layers that pool. */
#ifndef LAYERS_MAX_POOL2D_H
#define LAYERS_MAX_POOL2D_H

#include "layers/image.h"

/* Any windows, image by image. In training, `saved` of the run has an int32_t for each output. */
void neuron_max_pool2d_forward(neuron_window_job *job);
void neuron_max_pool2d_backward(neuron_window_job *job);

#endif
