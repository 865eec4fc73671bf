/* Windows along one axis of an image: how many there are, by kernel, stride and padding. */
#include "ops/window.h"

#include "base/checked.h"

neuron_window neuron_window_set(int64_t input, int64_t kernel, int64_t stride, bool same)
{
    return neuron_window_set_dilated(input, kernel, stride, 1, (neuron_zeros){0}, same);
}

neuron_window neuron_window_set_dilated(int64_t input, int64_t kernel, int64_t stride,
                                        int64_t dilation, neuron_zeros zeros, bool same)
{
    neuron_window window = {
        .input = input,
        .kernel = kernel,
        .stride = stride,
        .dilation = dilation,
        .padding = zeros.before,
        .padded = zeros.before + input + zeros.behind,
    };
    int64_t extent = neuron_dilated(kernel, dilation), padded = window.padded;
    if (same) {
        window.output = neuron_ceil_divide(padded, stride);
        int64_t covered = (window.output - 1) * stride + extent;
        window.padding += covered > padded ? (covered - padded) / 2 : 0;
    } else {
        window.output = extent <= padded ? (padded - extent) / stride + 1 : 0;
    }
    return window;
}

neuron_window_seen neuron_window_seen_at(const neuron_window *window, int64_t place)
{
    int64_t begin = place * window->stride - window->padding, dilation = window->dilation;
    neuron_window_seen seen = {.first = begin < 0 ? neuron_ceil_divide(-begin, dilation) : 0};
    int64_t left = window->input - begin; /* pixels from the window's first on */
    seen.end = left > 0 ? neuron_min_count(window->kernel, neuron_ceil_divide(left, dilation)) : 0;
    if (seen.end < seen.first)
        seen.first = seen.end = 0;
    seen.pixel = seen.end > 0 ? begin + seen.first * dilation : 0;
    return seen;
}
