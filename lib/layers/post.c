/* Lists of post-operations for layers that have no driver in ops/. See post.h. */
#include "layers/post.h"

const char *neuron_post_refuse(const neuron_fuse_request *request)
{
    const neuron_post_ops *post = request->post;
    const neuron_post_kind kind = request->op.kind;
    if (post->count == NEURON_POST_OPS_MAX)
        return "it follows as many others as fit";
    if (neuron_post_find(post, NEURON_POST_MAX_POOL))
        return "it follows a pooling";
    if (kind == NEURON_POST_MAX_POOL)
        return "the layer before it does not pool";
    if (kind == NEURON_POST_QUANTIZE)
        return "the layer before it makes no bytes";
    if (kind == NEURON_POST_STATISTICS)
        return "the layer before it measures nothing";
    if (request->training && neuron_post_activation(post))
        return "it follows another activation, whose slope is needed first";
    return NULL;
}

/* Whether an entry has arrays that lie along the channels. */
static bool goes_by_channels(const neuron_post_op *op)
{
    return op->kind == NEURON_POST_SCALE_SHIFT || op->kind == NEURON_POST_PRELU;
}

/* The channels if anything in the list goes by them, of which there may be one; else 0. */
static int64_t channels_of(const neuron_run *run)
{
    const neuron_shape *shape = &run->spec->output;
    for (int32_t i = 0; i < run->fused->post.count; i++)
        if (goes_by_channels(&run->fused->post.list[i]))
            return shape->extent[shape->rank - 1];
    return 0;
}

const neuron_post_op *neuron_post_folded(const neuron_fused *fused, bool training)
{
    const neuron_post_ops *post = &fused->post;
    bool folds = !training && post->count > 0 && post->list[0].kind == NEURON_POST_SCALE_SHIFT;
    return folds ? &post->list[0] : NULL;
}

int64_t neuron_post_width(const neuron_run *run)
{
    int64_t channels = channels_of(run);
    return channels > 0 ? channels : 1;
}

void neuron_post_finish(const neuron_run *run, int32_t from, int64_t first, int64_t count)
{
    const neuron_post_ops *post = &run->fused->post;
    if (!neuron_post_goes_on(post, from))
        return;
    int64_t channels = channels_of(run), columns = channels > 0 ? channels : count;
    const neuron_post_slice slice = {post, 0, first};
    run->kernels->element->post_ops(&slice, from, count / columns, columns, run->output + first,
                                    columns);
}

void neuron_post_finish_back(const neuron_run *run, int64_t first, int64_t count, float *gradients)
{
    const neuron_post_op *back = &run->fused->back;
    if (back->kind != NEURON_POST_NONE)
        run->kernels->element->activate_back(back, gradients, back->seen + first, count, gradients);
}

neuron_post_ops neuron_post_back_at(const neuron_run *run, int64_t first)
{
    neuron_post_ops ops = {.count = 0};
    if (run->fused->back.kind == NEURON_POST_NONE)
        return ops;
    ops.list[ops.count] = run->fused->back;
    ops.list[ops.count++].seen += first;
    return ops;
}
