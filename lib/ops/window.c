/* Windows along one axis of an image: how many there are, by kernel, stride and padding. */
#include "ops/window.h"

#include "base/checked.h"

neuron_window neuron_window_set(int64_t input, int64_t kernel, int64_t stride, bool same)
{
    neuron_window window = {.input = input, .kernel = kernel, .stride = stride};
    if (same) {
        window.output = neuron_ceil_divide(input, stride);
        int64_t covered = (window.output - 1) * stride + kernel;
        window.padding = covered > input ? (covered - input) / 2 : 0;
    } else {
        window.output = kernel <= input ? (input - kernel) / stride + 1 : 0;
    }
    return window;
}
