/* Windows that slide over an image: the geometry that convolution and pooling share. */
#ifndef OPS_WINDOW_H
#define OPS_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

/* One axis. */
typedef struct neuron_window {
    int64_t input, kernel, stride;
    int64_t dilation; /* pixels from one that the window sees to the next */
    int64_t output;   /* windows; 0 if none fits */
    int64_t padding;  /* before the first pixel; below 0 if windows begin behind it */
    int64_t padded;   /* pixels, with zeros that were put around them before all else */
} neuron_window;

/* Zeros that lie before and behind the pixels of an axis. */
typedef struct neuron_zeros {
    int64_t before, behind;
} neuron_zeros;

/* With `same` the windows cover stride * output pixels, the odd one of the padding at the end;
 * without it, all of a window lies inside. */
neuron_window neuron_window_set(int64_t input, int64_t kernel, int64_t stride, bool same);

/* The same of a kernel whose places are `dilation` pixels apart, over pixels and the zeros around
 * them. */
neuron_window neuron_window_set_dilated(int64_t input, int64_t kernel, int64_t stride,
                                        int64_t dilation, neuron_zeros zeros, bool same);

/* Pixels from the first that a window sees to the last. */
static inline int64_t neuron_dilated(int64_t kernel, int64_t dilation)
{
    return (kernel - 1) * dilation + 1;
}

/* Of the window at `place`, the places that lie inside the image, from `first` to before `end`,
 * and the pixel of the first; none if they are equal. */
typedef struct neuron_window_seen {
    int64_t first, end, pixel;
} neuron_window_seen;

neuron_window_seen neuron_window_seen_at(const neuron_window *window, int64_t place);

#endif
