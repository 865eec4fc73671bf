/* Convolution of each channel by itself, and its gradients, image by image and row by row. */
#ifndef OPS_DEPTHWISE_H
#define OPS_DEPTHWISE_H

#include "kernels/kernels.h"
#include "ops/window.h"

#include <stdbool.h>

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

/* Whether rows are better made some at a time, each as one run of floats, of weights that were laid
 * out for it: where channels would fill a part of each vector. `bias` may be NULL. */
bool neuron_depthwise_is_flat(const neuron_depthwise *geometry);
int64_t neuron_depthwise_flat_weights(const neuron_depthwise *geometry); /* floats laid out, */
int64_t neuron_depthwise_flat_room(const neuron_depthwise *geometry); /* and of room for a thread */
void neuron_depthwise_flat_lay_out(const neuron_depthwise *geometry, const float *weights,
                                   const float *bias, float *laid_out);
/* Rows first .. end - 1 of the output, which begins with the first of them. */
void neuron_depthwise_flat_rows(const neuron_depthwise *geometry, int64_t first, int64_t end,
                                const float *image, const float *laid_out, float floor,
                                float *output, float *room);

/* With strides of 1 the gradient of the image is such a convolution too, of the output's gradient
 * with the weights in reverse order. */
neuron_depthwise neuron_depthwise_reversed(const neuron_depthwise *geometry);
void neuron_depthwise_reverse(const neuron_depthwise *geometry, const float *weights,
                              float *reversed);

#endif
