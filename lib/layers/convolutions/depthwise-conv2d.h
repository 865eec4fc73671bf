/* Convolution of each channel by itself, for the layer of that name, and for a convolution with as
 * many groups as channels, whose weights lie the same way. */
#ifndef LAYERS_CONVOLUTIONS_DEPTHWISE_CONV2D_H
#define LAYERS_CONVOLUTIONS_DEPTHWISE_CONV2D_H

#include "layers/layer.h"
#include "ops/depthwise.h"

/* What was decided when the session was compiled. */
typedef struct neuron_depthwise_operation {
    neuron_depthwise geometry; /* with the channels of the output */
    int64_t tasks, task_rows;  /* of an image's forward pass, and rows of one */
    bool reverses;             /* the gradient of the input is a convolution too */
    bool folds;                /* prepares weights and bias, with a scale and shift in them */
    size_t spread, reversed;   /* where spread images and reversed weights begin in the scratch */

    /* Rows are made flat, see ops/depthwise.h. Where weights that were laid out for it begin in
     * what is prepared, and reversed ones in the scratch, with the room of all threads. */
    bool flat;
    size_t laid_out, reversed_out, room;
    int64_t room_size; /* floats of a thread */
} neuron_depthwise_operation;

/* What layer rows call. */
int neuron_depthwise_plan(const neuron_plan_request *request, neuron_needs *needs);
void neuron_depthwise_prepare(const neuron_run *run);
int neuron_depthwise_forward(const neuron_run *run);
int neuron_depthwise_backward(const neuron_run *run);
const char *neuron_depthwise_refuse(const neuron_fuse_request *request);

#endif
