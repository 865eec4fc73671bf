/* What the layers over images have in common: their inputs, and the windows of pooling. */
#ifndef LAYERS_IMAGE_H
#define LAYERS_IMAGE_H

#include "kernels/kernels.h"
#include "ops/window.h"
#include "layers/layer.h"

/* NEURON_E_SHAPE unless the shape is height x width x channels; `node` begins the message. */
int neuron_check_image(const neuron_shape *shape, const char *node);

/* Window, strides and padding along axis 0 (down) or 1, of a layer with the options for them. */
neuron_window neuron_window_of(const neuron_spec *spec, int axis);

/* NEURON_E_SHAPE if no window lies inside; `what` is the name of the window. */
int neuron_check_window(const neuron_window *down, const neuron_window *along, const char *what,
                        const char *node);

/* NEURON_E_ARGUMENT for a window whose places an int32_t cannot number. */
int neuron_check_places(int64_t rows, int64_t columns, const char *node);

/* Rows of the options that layers with a window have: the window itself, and where it is put. */
#define NEURON_OPTIONS_KERNEL                                                                      \
    NEURON_INTEGER(NEURON_NODE_KERNEL_HEIGHT, "kernel_height", 1, INT32_MAX, 1,                    \
                   "rows of a window"),                                                            \
        NEURON_INTEGER(NEURON_NODE_KERNEL_WIDTH, "kernel_width", 1, INT32_MAX, 1,                  \
                       "columns of a window")
#define NEURON_OPTIONS_STRIDES                                                                     \
    NEURON_INTEGER(NEURON_NODE_STRIDE_HEIGHT, "stride_height", 1, 1024, 1,                         \
                   "rows from one window to the next"),                                            \
        NEURON_INTEGER(NEURON_NODE_STRIDE_WIDTH, "stride_width", 1, 1024, 1,                       \
                       "columns from one window to the next"),                                     \
        NEURON_CHOICE(NEURON_NODE_PADDING, "padding", neuron_padding_words, NEURON_PADDING_VALID,  \
                      "what windows at the edges see")

/* The options of pooling layers, and their shapes. */
enum { NEURON_POOL2D_OPTIONS = 5 };
extern const neuron_option neuron_pool2d_options[NEURON_POOL2D_OPTIONS];
int neuron_pool2d_infer(neuron_spec *spec, const char *node);

/* The shapes of pooling over a whole image: [height, width, channels] -> [channels]. */
int neuron_global_pool2d_infer(neuron_spec *spec, const char *node);

/* Windows over the images of a run; `channels` are those of the input. */
typedef struct neuron_window_job {
    const neuron_run *run;
    neuron_window down, along;
    int64_t channels;
} neuron_window_job;

neuron_window_job neuron_window_job_of(const neuron_run *run);

/* The same with one window over the whole image. */
neuron_window_job neuron_global_job_of(const neuron_run *run);

/* What a kernel is told of one image's windows; of arrays nothing yet. */
neuron_pool_image neuron_window_image_of(const neuron_window_job *job);

/* Sets the part of the window of output row y and column x that lies inside, and returns where in
 * the image it begins. */
int64_t neuron_window_part_of(const neuron_window_job *job, int64_t y, int64_t x,
                              neuron_window_part *part);

/* Floats of an image, and of its output. */
int64_t neuron_window_input_size(const neuron_window_job *job);
int64_t neuron_window_output_size(const neuron_window_job *job);

#endif
