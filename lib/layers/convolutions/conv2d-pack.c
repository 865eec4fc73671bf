/* The weights of conv2d in panels. */
#include "layers/convolutions/conv2d.h"

#include "base/checked.h"

#include <string.h>

/* One panel group of the columns of one group of the convolution is a task. */
typedef struct pack_job {
    const neuron_run *run;
    const neuron_convolution *forward;
    const neuron_convolution *convolution; /* which is packed for: the same, or */
    const neuron_conv2d_phase *phase;      /* that of a phase */
    int64_t group_tasks;
    float *packed;
} pack_job;

/* The weights that a group of the convolution begins with, in their plain order. */
static const float *weights_of(const pack_job *job, int64_t group)
{
    return job->run->values[0] + group * neuron_group_filters(job->forward);
}

static float *packed_of(const pack_job *job, int64_t group)
{
    return job->packed + group * neuron_convolution_weights_step(job->convolution);
}

static void pack_forward(void *work, int64_t task, int32_t worker)
{
    (void)worker;
    const pack_job *job = work;
    const neuron_convolution *convolution = job->convolution;
    int64_t depth = neuron_convolution_depth(convolution), group = task / job->group_tasks;
    int64_t first = task % job->group_tasks * NEURON_PANEL_GROUP;
    int64_t columns =
        neuron_min_count(neuron_group_filters(convolution) - first, NEURON_PANEL_GROUP);
    job->run->kernels->gemm->pack(packed_of(job, group) + first * depth,
                                  weights_of(job, group) + first, convolution->filters, depth,
                                  columns, NULL);
}

/* One panel: rows are (tap, filter), columns are channels of the input from `first` on. */
static void pack_panel(const pack_job *job, int64_t group, int64_t first, int64_t width)
{
    const neuron_convolution *phase = job->convolution, *forward = job->forward;
    int64_t filters = neuron_group_filters(forward), channels = neuron_group_channels(forward);
    int64_t columns = neuron_min_count(channels - first, width);
    float *to = packed_of(job, group) + first * neuron_convolution_depth(phase);
    memset(to, 0, (size_t)(neuron_convolution_depth(phase) * width) * sizeof *to);
    for (int64_t i = phase->kernel_height - 1; i >= 0; i--) {
        for (int64_t j = phase->kernel_width - 1; j >= 0; j--) {
            int64_t y = job->phase->down.tap + i * job->phase->down.step;
            int64_t x = job->phase->along.tap + j * job->phase->along.step;
            const float *from =
                weights_of(job, group) +
                ((y * forward->kernel_width + x) * channels + first) * forward->filters;
            for (int64_t f = 0; f < filters; f++, to += width)
                for (int64_t c = 0; c < columns; c++)
                    to[c] = from[c * forward->filters + f];
        }
    }
}

static void pack_backward(void *work, int64_t task, int32_t worker)
{
    (void)worker;
    const pack_job *job = work;
    int32_t lanes = job->run->kernels->lanes;
    int64_t columns = neuron_group_filters(job->convolution), place = task % job->group_tasks;
    int64_t end = neuron_min_count(columns, (place + 1) * NEURON_PANEL_GROUP);
    for (int64_t n = place * NEURON_PANEL_GROUP; n < end; n += 2 * lanes)
        pack_panel(job, task / job->group_tasks, n, neuron_panel_width(lanes, columns, n));
}

static void pack_groups(pack_job *job, neuron_task task)
{
    int64_t columns = neuron_group_filters(job->convolution);
    job->group_tasks = neuron_ceil_divide(columns, NEURON_PANEL_GROUP);
    neuron_pool_run(job->run->pool, job->convolution->groups * job->group_tasks, task, job);
}

void neuron_conv2d_pack(const neuron_run *run, const neuron_convolution *forward, float *packed)
{
    pack_job job = {.run = run, .forward = forward, .convolution = forward, .packed = packed};
    pack_groups(&job, pack_forward);
}

void neuron_conv2d_pack_phase(const neuron_run *run, const neuron_convolution *forward,
                              const neuron_conv2d_phase *phase, float *packed)
{
    pack_job job = {.run = run,
                    .forward = forward,
                    .convolution = &phase->convolution,
                    .phase = phase,
                    .packed = packed};
    pack_groups(&job, pack_backward);
}
