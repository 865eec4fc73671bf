/* The windows of a max_pool2d, for layers that pool in their own pass. */
#ifndef LAYERS_MAX_POOL2D_H
#define LAYERS_MAX_POOL2D_H

#include "kernels/window.h"
#include "layers/layer.h"

/* Along axis 0 (down) or 1. */
neuron_window neuron_max_pool2d_window(const neuron_spec *spec, int axis);

/* Whether the windows lie side by side and inside the image. Rows and columns may be left over. */
bool neuron_max_pool2d_tiles(const neuron_spec *spec);

#endif
