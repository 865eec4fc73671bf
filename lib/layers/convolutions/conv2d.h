/* What the files of conv2d share: its geometry, and its weights as the kernels want them. */
#ifndef LAYERS_CONVOLUTIONS_CONV2D_H
#define LAYERS_CONVOLUTIONS_CONV2D_H

#include "layers/convolutions/depthwise-conv2d.h"
#include "ops/convolution.h"
#include "ops/window.h"
#include "layers/layer.h"

/* The output as a convolution of the input. */
neuron_convolution neuron_conv2d_forward(const neuron_spec *spec);

/* Every stride-th input pixel, from `first` on, meets the same kernel pixels: tap + step * i for
 * i < taps. Its gradient is the convolution, with stride 1, of the output's gradient with these, in
 * reverse order. This is one axis of it. */
typedef struct neuron_conv2d_axis {
    int64_t first, count; /* input pixels */
    int64_t tap, taps, step;
    int64_t dilation, padding;
} neuron_conv2d_axis;

typedef struct neuron_conv2d_phase {
    neuron_conv2d_axis down, along;
    neuron_convolution convolution;
} neuron_conv2d_phase;

/* How many phases there are along an axis: those beyond its extent are empty. */
int64_t neuron_conv2d_phases(const neuron_convolution *forward, int axis);

/* The phase that begins at an input pixel. */
neuron_conv2d_phase neuron_conv2d_phase_at(const neuron_convolution *forward, int64_t row,
                                           int64_t column);

/* Puts the weights into the panels of a convolution: that of forward, or of a phase of it. */
void neuron_conv2d_pack(const neuron_run *run, const neuron_convolution *forward, float *packed);
void neuron_conv2d_pack_phase(const neuron_run *run, const neuron_convolution *forward,
                              const neuron_conv2d_phase *phase, float *packed);

/* How a pass is computed: ops/convolution.h, winograd.h, and for the input's gradient scatter.h. */
typedef enum neuron_conv2d_way {
    NEURON_CONV2D_DIRECT,
    NEURON_CONV2D_WINOGRAD,
    NEURON_CONV2D_SCATTER
} neuron_conv2d_way;

/* What was decided when the session was compiled. */
typedef struct neuron_conv2d_operation {
    neuron_convolution geometry; /* of the forward pass */
    neuron_conv2d_way forward, input_gradient, weight_gradient;
    size_t weights, bias; /* where they lie in what prepare makes */
    bool by_channel;      /* all is done by the next, and nothing of the above is set */
    neuron_depthwise_operation depthwise;
} neuron_conv2d_operation;

/* Whether each channel has filters of its own. */
bool neuron_conv2d_is_depthwise(const neuron_spec *spec);

/* What the layer rows call: conv2d.c and conv2d-run.c. */
int neuron_conv2d_infer(neuron_spec *spec, const char *node);
const char *neuron_conv2d_refuse(const neuron_fuse_request *request);
int neuron_conv2d_plan(const neuron_plan_request *request, neuron_needs *needs);
void neuron_conv2d_prepare(const neuron_run *run);
int neuron_conv2d_run_forward(const neuron_run *run);
int neuron_conv2d_run_backward(const neuron_run *run);

/* All of a row but its name and its options. */
#define NEURON_CONV2D_CALLS                                                                        \
    .flags = NEURON_LAYER_READS_INPUT | NEURON_LAYER_READS_ROWS, .infer = neuron_conv2d_infer,     \
    .plan = neuron_conv2d_plan, .operation_size = sizeof(neuron_conv2d_operation),                 \
    .prepare = neuron_conv2d_prepare, .forward = neuron_conv2d_run_forward,                        \
    .backward = neuron_conv2d_run_backward, .refuse = neuron_conv2d_refuse,                        \
    .back_kinds = NEURON_POST_ACTIVATIONS

#endif
