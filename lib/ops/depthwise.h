/* Convolution of each channel by itself, and its gradients, image by image and row by row. */
#ifndef OPS_DEPTHWISE_H
#define OPS_DEPTHWISE_H

#include "kernels/kernels.h"
#include "ops/window.h"

typedef struct neuron_depthwise {
    const neuron_kernels *kernels;
    neuron_window down, along;
    int64_t channels;
} neuron_depthwise;

/* Row y of the output from an image, none of it below `floor`; `bias` may be NULL. */
void neuron_depthwise_row(const neuron_depthwise *geometry, int64_t y, const float *image,
                          const float *weights, const float *bias, float floor, float *output);

/* Adds what row y of the output's gradient gives the image, and what it gives weights and bias. */
void neuron_depthwise_row_back(const neuron_depthwise *geometry, int64_t y, const float *gradient,
                               const float *weights, float *image_gradient);
void neuron_depthwise_row_sums(const neuron_depthwise *geometry, int64_t y, const float *image,
                               const float *gradient, float *weight_sums, float *bias_sums);

/* With strides of 1 the gradient of the image is such a convolution too, of the output's gradient
 * with the weights in reverse order. */
neuron_depthwise neuron_depthwise_reversed(const neuron_depthwise *geometry);
void neuron_depthwise_reverse(const neuron_depthwise *geometry, const float *weights,
                              float *reversed);

#endif
