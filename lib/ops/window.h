/* Windows that slide over an image: the geometry that convolution and pooling share. */
#ifndef OPS_WINDOW_H
#define OPS_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

/* One axis. */
typedef struct neuron_window {
    int64_t input, kernel, stride;
    int64_t output;  /* windows; 0 if none fits */
    int64_t padding; /* before the first pixel */
} neuron_window;

/* With `same` the windows cover stride * output pixels, the odd one of the padding at the end;
 * without it, all of a window lies inside. */
neuron_window neuron_window_set(int64_t input, int64_t kernel, int64_t stride, bool same);

#endif
