/* The weights of conv2d in panels. */
#include "layers/convolutions/conv2d.h"

#include "base/checked.h"

#include <string.h>

/* One group of columns a task. */
typedef struct pack_job {
    const neuron_run *run;
    const neuron_convolution *convolution;
    const neuron_conv2d_phase *phase;
    float *packed;
} pack_job;

static void pack_forward(void *work, int64_t task, int32_t worker)
{
    (void)worker;
    const pack_job *job = work;
    const neuron_convolution *convolution = job->convolution;
    int64_t depth = convolution->kernel_height * convolution->kernel_width * convolution->channels;
    int64_t first = task * NEURON_PANEL_GROUP;
    int64_t columns = neuron_min_count(convolution->filters - first, NEURON_PANEL_GROUP);
    job->run->kernels->gemm->pack(job->packed + first * depth, job->run->values[0] + first,
                                  convolution->filters, depth, columns, NULL);
}

/* One panel: rows are (tap, filter), columns are channels of the input from `first` on. */
static void pack_panel(const pack_job *job, int64_t first, int64_t width)
{
    const neuron_convolution *phase = job->convolution;
    neuron_convolution forward = neuron_conv2d_forward(job->run->spec);
    int64_t filters = forward.filters;
    int64_t columns = neuron_min_count(phase->filters - first, width);
    float *to = job->packed + first * phase->kernel_height * phase->kernel_width * filters;
    memset(to, 0,
           (size_t)(phase->kernel_height * phase->kernel_width * filters * width) * sizeof *to);
    for (int64_t i = phase->kernel_height - 1; i >= 0; i--) {
        for (int64_t j = phase->kernel_width - 1; j >= 0; j--) {
            int64_t y = job->phase->down.tap + i * forward.stride_height;
            int64_t x = job->phase->along.tap + j * forward.stride_width;
            const float *from =
                job->run->values[0] +
                ((y * forward.kernel_width + x) * forward.channels + first) * filters;
            for (int64_t f = 0; f < filters; f++, to += width)
                for (int64_t c = 0; c < columns; c++)
                    to[c] = from[c * filters + f];
        }
    }
}

static void pack_backward(void *work, int64_t task, int32_t worker)
{
    (void)worker;
    const pack_job *job = work;
    int32_t lanes = job->run->kernels->lanes;
    int64_t columns = job->convolution->filters;
    int64_t end = neuron_min_count(columns, (task + 1) * NEURON_PANEL_GROUP);
    for (int64_t n = task * NEURON_PANEL_GROUP; n < end; n += 2 * lanes)
        pack_panel(job, n, neuron_panel_width(lanes, columns, n));
}

static void pack_groups(const pack_job *job, neuron_task task)
{
    pack_job packing = *job;
    int64_t groups = neuron_ceil_divide(job->convolution->filters, NEURON_PANEL_GROUP);
    neuron_pool_run(job->run->pool, groups, task, &packing);
}

void neuron_conv2d_pack(const neuron_run *run, float *packed)
{
    neuron_convolution convolution = neuron_conv2d_forward(run->spec);
    pack_job job = {.run = run, .convolution = &convolution, .packed = packed};
    pack_groups(&job, pack_forward);
}

void neuron_conv2d_pack_phase(const neuron_run *run, const neuron_conv2d_phase *phase,
                              float *packed)
{
    pack_job job = {run, &phase->convolution, phase, packed};
    pack_groups(&job, pack_backward);
}
