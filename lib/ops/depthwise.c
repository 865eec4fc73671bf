/* Rows of windows of 3x3 are kernels/depthwise/depthwise-3x3.c's. Others are cut into runs that see
 * the same places of the window, for kernels/depthwise/depthwise.c: at the edges each window by
 * itself, and all that lie inside in one go. Of few channels see depthwise-flat.c. */
#include "ops/depthwise.h"

#include "base/checked.h"

#include <string.h>

/* `row` has the row's arrays from their first float on; those that are not needed are NULL, and
 * stay so. */
static void run_row(const neuron_depthwise *geometry, int64_t y, neuron_depthwise_kernel *kernel,
                    neuron_depthwise_work *row)
{
    const neuron_window *along = &geometry->along;
    const neuron_depthwise_work first = *row;
    int64_t channels = geometry->channels;
    const neuron_window_seen down = neuron_window_seen_at(&geometry->down, y);
    int64_t extent = neuron_dilated(along->kernel, along->dilation);
    row->channels = channels;
    row->window_rows = down.end - down.first;
    row->output_step = along->stride * channels;
    row->row_step = geometry->down.dilation * along->input * channels;
    row->column_step = along->dilation * channels;
    row->weight_row = along->kernel * channels;
    for (int64_t x = 0; x < along->output; x += row->outputs) {
        const neuron_window_seen across = neuron_window_seen_at(along, x);
        row->window_columns = across.end - across.first;
        row->outputs = 1;
        if (row->window_columns == along->kernel)
            row->outputs = neuron_min_count(
                along->output - x, (along->input - extent - across.pixel) / along->stride + 1);
        int64_t pixel = (down.pixel * along->input + across.pixel) * channels;
        int64_t tap = (down.first * along->kernel + across.first) * channels;
        if (first.source)
            row->source = first.source + pixel;
        if (first.source_gradient)
            row->source_gradient = first.source_gradient + pixel;
        if (first.weights)
            row->weights = first.weights + tap;
        if (first.weight_sums)
            row->weight_sums = first.weight_sums + tap;
        if (first.output)
            row->output = first.output + x * channels;
        if (first.gradient)
            row->gradient = first.gradient + x * channels;
        kernel(row);
    }
}

/* Whether a window of 3x3 slides along whole rows. */
static bool slides(const neuron_depthwise *geometry)
{
    const neuron_window *down = &geometry->down, *along = &geometry->along;
    return down->kernel == 3 && along->kernel == 3 && down->dilation == 1 && along->dilation == 1 &&
           along->stride <= 2;
}

/* Row y of the windows, and the rows of the image that they take in. */
static neuron_depthwise_row_work slide_along(const neuron_depthwise *geometry, int64_t y,
                                             const float *image)
{
    const neuron_window *down = &geometry->down, *along = &geometry->along;
    neuron_depthwise_row_work work = {
        .width = along->input,
        .channels = geometry->channels,
        .outputs = along->output,
        .stride = along->stride,
        .padding = along->padding,
    };
    const neuron_window_seen rows = neuron_window_seen_at(down, y);
    for (int64_t i = rows.first; i < rows.end; i++)
        work.rows[i] = image + (rows.pixel + i - rows.first) * along->input * geometry->channels;
    return work;
}

void neuron_depthwise_row(const neuron_depthwise *geometry, int64_t y, const float *image,
                          const float *weights, const float *bias, float floor, float *output)
{
    if (slides(geometry)) {
        neuron_depthwise_row_work work = slide_along(geometry, y, image);
        work.weights = weights;
        work.bias = bias;
        work.output = output;
        work.floor = floor;
        geometry->kernels->conv->depthwise_row(&work);
        return;
    }
    neuron_depthwise_work work = {
        .source = image, .weights = weights, .bias = bias, .output = output, .floor = floor};
    run_row(geometry, y, geometry->kernels->conv->depthwise, &work);
}

void neuron_depthwise_row_back(const neuron_depthwise *geometry, int64_t y, const float *gradient,
                               const float *weights, float *image_gradient)
{
    neuron_depthwise_work work = {
        .source_gradient = image_gradient, .weights = weights, .gradient = gradient};
    run_row(geometry, y, geometry->kernels->conv->depthwise_back, &work);
}

void neuron_depthwise_row_sums(const neuron_depthwise *geometry, int64_t y, const float *image,
                               const float *gradient, float *weight_sums, float *bias_sums)
{
    if (slides(geometry)) {
        neuron_depthwise_row_work work = slide_along(geometry, y, image);
        work.gradient = gradient;
        work.weight_sums = weight_sums;
        work.bias_sums = bias_sums;
        geometry->kernels->conv->depthwise_row_sums(&work);
        return;
    }
    neuron_depthwise_work work = {
        .source = image, .gradient = gradient, .weight_sums = weight_sums, .bias_sums = bias_sums};
    run_row(geometry, y, geometry->kernels->conv->depthwise_sums, &work);
}

static neuron_window reversed(const neuron_window *window)
{
    return (neuron_window){.input = window->output,
                           .kernel = window->kernel,
                           .stride = 1,
                           .dilation = window->dilation,
                           .output = window->input,
                           .padding = neuron_dilated(window->kernel, window->dilation) - 1 -
                                      window->padding};
}

neuron_depthwise neuron_depthwise_reversed(const neuron_depthwise *geometry)
{
    neuron_depthwise back = *geometry;
    back.down = reversed(&geometry->down);
    back.along = reversed(&geometry->along);
    return back;
}

void neuron_depthwise_reverse(const neuron_depthwise *geometry, const float *weights,
                              float *reversed_weights)
{
    int64_t taps = geometry->down.kernel * geometry->along.kernel, channels = geometry->channels;
    for (int64_t t = 0; t < taps; t++)
        memcpy(reversed_weights + t * channels, weights + (taps - 1 - t) * channels,
               (size_t)channels * sizeof *weights);
}
