/* Convolution of each channel by itself, for the layer of that name, and for a convolution with as
 * many groups as channels, whose weights lie the same way. */
#ifndef LAYERS_CONVOLUTIONS_DEPTHWISE_CONV2D_H
#define LAYERS_CONVOLUTIONS_DEPTHWISE_CONV2D_H

#include "layers/layer.h"
#include "ops/depthwise.h"

/* What was decided when the session was compiled. */
typedef struct neuron_depthwise_operation {
    neuron_depthwise geometry; /* with the channels of the output */
    bool reverses;             /* the gradient of the input is a convolution too */
    bool folds;                /* prepares weights and bias, with a scale and shift in them */
    size_t spread, reversed;   /* where spread images and reversed weights begin in the scratch */
} neuron_depthwise_operation;

/* What layer rows call. */
int neuron_depthwise_plan(const neuron_plan_request *request, neuron_needs *needs);
void neuron_depthwise_prepare(const neuron_run *run);
int neuron_depthwise_forward(const neuron_run *run);
int neuron_depthwise_backward(const neuron_run *run);
const char *neuron_depthwise_refuse(const neuron_fuse_request *request);

#endif
