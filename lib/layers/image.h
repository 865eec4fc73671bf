/* What the layers over images have in common: their inputs, and the windows of pooling. */
#ifndef LAYERS_IMAGE_H
#define LAYERS_IMAGE_H

#include "kernels/kernels.h"
#include "ops/window.h"
#include "layers/layer.h"

/* The extents of an image, or of a sequence of [length, channels]: an image of one column. */
typedef struct neuron_image {
    int64_t height, width, channels;
} neuron_image;

neuron_image neuron_image_of(const neuron_shape *shape);

/* NEURON_E_SHAPE unless the shape is height x width x channels, or length x channels; `node` begins
 * the message. */
int neuron_check_image(const neuron_shape *shape, const char *node);
int neuron_check_sequence(const neuron_shape *shape, const char *node);

/* The same, by whether the layer has windows of two axes or of one. */
int neuron_check_windowed(const neuron_spec *spec, const char *node);

/* Sets the shape of the output of such a layer: rows x columns x channels, or without columns. */
int neuron_set_windowed(neuron_spec *spec, int64_t rows, int64_t columns, int64_t channels,
                        const char *node);

/* Window, strides, dilation and padding along axis 0 (down) or 1, of a layer with the options for
 * them. A sequence goes down; across there is one pixel. */
neuron_window neuron_window_of(const neuron_spec *spec, int axis);

/* NEURON_E_SHAPE if no window lies inside; `what` is the name of the window. */
int neuron_check_window(const neuron_spec *spec, const char *what, const char *node);

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

#define NEURON_OPTIONS_DILATION                                                                    \
    NEURON_INTEGER(NEURON_NODE_DILATION_HEIGHT, "dilation_height", 1, 65536, 1,                    \
                   "rows from one that a kernel sees to the next"),                                \
        NEURON_INTEGER(NEURON_NODE_DILATION_WIDTH, "dilation_width", 1, 65536, 1,                  \
                       "columns from one that a kernel sees to the next")
#define NEURON_OPTIONS_ZEROS                                                                       \
    NEURON_INTEGER(NEURON_NODE_PADDING_TOP, "padding_top", 0, INT32_MAX, 0,                        \
                   "rows of padding above"),                                                       \
        NEURON_INTEGER(NEURON_NODE_PADDING_BOTTOM, "padding_bottom", 0, INT32_MAX, 0,              \
                       "rows of padding below"),                                                   \
        NEURON_INTEGER(NEURON_NODE_PADDING_LEFT, "padding_left", 0, INT32_MAX, 0,                  \
                       "columns of padding before"),                                               \
        NEURON_INTEGER(NEURON_NODE_PADDING_RIGHT, "padding_right", 0, INT32_MAX, 0,                \
                       "columns of padding behind")

/* The same of layers over sequences. */
#define NEURON_OPTIONS_KERNEL_1D                                                                   \
    NEURON_INTEGER(NEURON_NODE_KERNEL_SIZE, "kernel_size", 1, INT32_MAX, 1, "places of a window")
#define NEURON_OPTIONS_STRIDE_1D                                                                   \
    NEURON_INTEGER(NEURON_NODE_STRIDE, "stride", 1, 1024, 1,                                       \
                   "places from one window to the next"),                                          \
        NEURON_CHOICE(NEURON_NODE_PADDING, "padding", neuron_padding_words, NEURON_PADDING_VALID,  \
                      "what windows at the ends see")
#define NEURON_OPTIONS_ZEROS_1D                                                                    \
    NEURON_INTEGER(NEURON_NODE_PADDING_BEFORE, "padding_before", 0, INT32_MAX, 0,                  \
                   "places of padding before the sequence"),                                       \
        NEURON_INTEGER(NEURON_NODE_PADDING_BEHIND, "padding_behind", 0, INT32_MAX, 0,              \
                       "places of padding behind it")

/* Row of the option of convolutions. */
#define NEURON_OPTION_GROUPS                                                                       \
    NEURON_INTEGER(NEURON_NODE_GROUPS, "groups", 1, INT32_MAX, 1,                                  \
                   "groups of channels, each with filters of its own")

/* The options of pooling layers, and their shapes. */
enum { NEURON_POOL2D_OPTIONS = 9, NEURON_POOL1D_OPTIONS = 5 };
extern const neuron_option neuron_pool2d_options[NEURON_POOL2D_OPTIONS];
extern const neuron_option neuron_pool1d_options[NEURON_POOL1D_OPTIONS];
int neuron_pool_infer(neuron_spec *spec, const char *node);

/* The shapes of pooling over a whole image or sequence: [height, width, channels] -> [channels], or
 * [length, channels] -> [channels]. */
int neuron_global_pool2d_infer(neuron_spec *spec, const char *node);
int neuron_global_pool1d_infer(neuron_spec *spec, const char *node);

/* Windows over the images of a run; `channels` are those of the input. A sequence is a row here, in
 * which windows lie side by side. */
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

/* Floats of an image, and of its output. */
int64_t neuron_window_input_size(const neuron_window_job *job);
int64_t neuron_window_output_size(const neuron_window_job *job);

#endif
