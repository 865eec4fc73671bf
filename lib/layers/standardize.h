/* What standardising channels and the way back have in common. */
#ifndef LAYERS_STANDARDIZE_H
#define LAYERS_STANDARDIZE_H

#include "layers/post.h"

enum { NEURON_STANDARDIZE_ARRAYS = 2 };

int neuron_standardize_infer(neuron_spec *spec, const char *node);
int neuron_standardize_plan(const neuron_plan_request *request, neuron_needs *needs);
int neuron_standardize_forward(const neuron_run *run);
int neuron_standardize_backward(const neuron_run *run);
neuron_post_op neuron_standardize_post_op(const neuron_spec *spec);
void neuron_standardize_set_post_arrays(const neuron_spec *spec, const float *const *values,
                                        float *const *arrays);

#define NEURON_STANDARDIZE_CALLS                                                                   \
    .infer = neuron_standardize_infer, .plan = neuron_standardize_plan,                            \
    .forward = neuron_standardize_forward, .backward = neuron_standardize_backward,                \
    .refuse = neuron_post_refuse, .post_op = neuron_standardize_post_op,                           \
    .post_arrays = NEURON_STANDARDIZE_ARRAYS,                                                      \
    .set_post_arrays = neuron_standardize_set_post_arrays

#endif
