/* Cuts a row of windows into runs that see the same places of the window, for
 * kernels/conv-depthwise.c: at the edges each window by itself, and all that lie inside in one
 * go. */
#include "ops/depthwise.h"

#include "base/checked.h"

#include <string.h>

/* Of the window at `place`, the places that lie inside the image, and the first pixel. */
typedef struct seen {
    int64_t first, end, pixel;
} seen;

static seen seen_of(const neuron_window *window, int64_t place)
{
    int64_t begin = place * window->stride - window->padding;
    seen inside = {.first = begin < 0 ? -begin : 0};
    inside.end = neuron_min_count(window->kernel, window->input - begin);
    if (inside.end < inside.first)
        inside.end = inside.first;
    inside.pixel = begin + inside.first;
    return inside;
}

/* `whole` has the row's arrays from their first float on. */
static void run_row(const neuron_depthwise *geometry, int64_t y, neuron_depthwise_kernel *kernel,
                    const neuron_depthwise_work *whole)
{
    const neuron_window *along = &geometry->along;
    int64_t channels = geometry->channels;
    const seen down = seen_of(&geometry->down, y);
    for (int64_t x = 0; x < along->output;) {
        const seen across = seen_of(along, x);
        int64_t count = 1;
        if (across.end - across.first == along->kernel)
            count = (along->input - along->kernel - across.pixel) / along->stride + 1;
        count = neuron_min_count(count, along->output - x);
        int64_t pixel = (down.pixel * along->input + across.pixel) * channels;
        int64_t tap = (down.first * along->kernel + across.first) * channels;
        int64_t output = x * channels;
        const neuron_depthwise_work part = {
            .outputs = count,
            .channels = channels,
            .window_rows = down.end - down.first,
            .window_columns = across.end - across.first,
            .output_step = along->stride * channels,
            .row_step = along->input * channels,
            .weight_row = along->kernel * channels,
            .source = whole->source ? whole->source + pixel : NULL,
            .source_gradient = whole->source_gradient ? whole->source_gradient + pixel : NULL,
            .weights = whole->weights ? whole->weights + tap : NULL,
            .weight_sums = whole->weight_sums ? whole->weight_sums + tap : NULL,
            .bias = whole->bias,
            .bias_sums = whole->bias_sums,
            .floor = whole->floor,
            .output = whole->output ? whole->output + output : NULL,
            .gradient = whole->gradient ? whole->gradient + output : NULL,
        };
        kernel(&part);
        x += count;
    }
}

void neuron_depthwise_row(const neuron_depthwise *geometry, int64_t y, const float *image,
                          const float *weights, const float *bias, float floor, float *output)
{
    const neuron_depthwise_work work = {
        .source = image, .weights = weights, .bias = bias, .output = output, .floor = floor};
    run_row(geometry, y, geometry->kernels->conv->depthwise, &work);
}

void neuron_depthwise_row_back(const neuron_depthwise *geometry, int64_t y, const float *gradient,
                               const float *weights, float *image_gradient)
{
    const neuron_depthwise_work work = {
        .source_gradient = image_gradient, .weights = weights, .gradient = gradient};
    run_row(geometry, y, geometry->kernels->conv->depthwise_back, &work);
}

void neuron_depthwise_row_sums(const neuron_depthwise *geometry, int64_t y, const float *image,
                               const float *gradient, float *weight_sums, float *bias_sums)
{
    const neuron_depthwise_work work = {
        .source = image, .gradient = gradient, .weight_sums = weight_sums, .bias_sums = bias_sums};
    run_row(geometry, y, geometry->kernels->conv->depthwise_sums, &work);
}

static neuron_window reversed(const neuron_window *window)
{
    return (neuron_window){.input = window->output,
                           .kernel = window->kernel,
                           .stride = 1,
                           .output = window->input,
                           .padding = window->kernel - 1 - window->padding};
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
