/* How layers do what follows them in their own pass: the lists of neuron_fused, for
 * what lies in the cache because the layer has just made it. Layers whose driver (ops/)
 * does the lists give them to it. */
#ifndef LAYERS_POST_H
#define LAYERS_POST_H

#include "layers/layer.h"

/* For neuron_layer.refuse of a layer that does any list of values, but no
 * pooling and no statistics. */
const char *neuron_post_refuse(const neuron_fuse_request *request);

/* Floats of the output that belong together in pieces of it: the channels if anything in the
 * list goes by them, else 1. */
int64_t neuron_post_width(const neuron_run *run);

/* A scale and shift that comes first when predicting: a layer whose sums are linear can make it
 * part of its weights when it prepares them. NULL for none. */
const neuron_post_op *neuron_post_folded(const neuron_fused *fused, bool training);

/* Does the list from entry `from` on to elements first .. first + count - 1 of the output, which is
 * whole rows of neuron_post_width(). */
void neuron_post_finish(const neuron_run *run, int32_t from, int64_t first, int64_t count);

/* Does `back` to the gradients of elements first .. first + count - 1 of the first input. */
void neuron_post_finish_back(const neuron_run *run, int64_t first, int64_t count, float *gradients);

/* `back` as a list, for an input gradient that begins `first` floats behind that of the first
 * input. */
neuron_post_ops neuron_post_back_at(const neuron_run *run, int64_t first);

static inline bool neuron_post_back_is_relu(const neuron_run *run)
{
    return run->fused->back.kind == NEURON_POST_RELU;
}

#endif
