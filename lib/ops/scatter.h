/* The gradient of a convolution's input, spread from the outputs: each output's gradient times the
 * weights is what a whole window of the input gets of it. Where the input has few channels, vectors
 * are filled by all that lies under a row of the kernel, which the convolution that the
 * gradient is as well would leave nearly empty. */
#ifndef OPS_SCATTER_H
#define OPS_SCATTER_H

#include "ops/convolution.h"

/* Whether it takes clearly less time than a direct convolution. Follows from the shape alone. */
bool neuron_scatter_fits(const neuron_convolution *forward);

size_t neuron_scatter_scratch(const neuron_convolution *forward, int32_t threads);

/* `run` has the gradient of the output as its source; `kernel` is in the plain order. */
void neuron_scatter(const neuron_convolution *forward, const neuron_convolution_run *run,
                    const float *kernel, float *input_gradient);

#endif
