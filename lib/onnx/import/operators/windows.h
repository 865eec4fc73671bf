/* Windows over images and sequences, as operators of ONNX say them: kernel, strides, dilations, and
 * padding of any kind. */
#ifndef ONNX_IMPORT_WINDOWS_H
#define ONNX_IMPORT_WINDOWS_H

#include "base/checked.h"
#include "onnx/import/reader.h"
#include "ops/window.h"

/* Rows and columns; a sequence has rows alone, and pooling goes over volumes too. */
enum { NEURON_ONNX_WINDOW_AXES = 3, NEURON_ONNX_WINDOW_TEXT = 400 };

typedef struct neuron_onnx_windows {
    int32_t axes;
    int64_t input[NEURON_ONNX_WINDOW_AXES], kernel[NEURON_ONNX_WINDOW_AXES];
    int64_t stride[NEURON_ONNX_WINDOW_AXES], dilation[NEURON_ONNX_WINDOW_AXES];
    int64_t before[NEURON_ONNX_WINDOW_AXES], behind[NEURON_ONNX_WINDOW_AXES]; /* padding */
    int64_t more[NEURON_ONNX_WINDOW_AXES];   /* padding behind that, which is never counted */
    int64_t output[NEURON_ONNX_WINDOW_AXES]; /* windows */
    char padding[16];                        /* auto_pad */
} neuron_onnx_windows;

/* Reads the attributes. `kernel` has the extents of a kernel that is an input; else NULL, and the
 * attribute says them. Padding is as it is given. There may be up to `axes` of space. */
int neuron_onnx_windows_read(neuron_onnx_windows *windows, const neuron_onnx_reader *reader,
                             const neuron_onnx_operator *from, const neuron_onnx_layout *layout,
                             const int64_t *kernel, int32_t axes);

/* Finds out the padding that is meant, and how many windows there are. */
int neuron_onnx_windows_place(neuron_onnx_windows *windows, const neuron_onnx_reader *reader,
                              const neuron_onnx_operator *from);

/* Options of a layer. */
void neuron_onnx_windows_text(const neuron_onnx_windows *windows,
                              char text[NEURON_ONNX_WINDOW_TEXT]);

/* The layout of what windows make: channels last. */
neuron_onnx_layout neuron_onnx_windows_result(const neuron_onnx_windows *windows,
                                              const neuron_onnx_layout *layout, int64_t channels);

/* What lies before an axis of a node, along it, and behind it. */
void neuron_onnx_cut_at(const neuron_node_t *node, int32_t axis, int64_t extents[3]);

/* Whether the first axis is the batch or one of 1, so that the others are channels and space. */
bool neuron_onnx_is_image(const neuron_onnx_layout *layout);

/* A value of axes [batch, channels, rows, columns] as an image, [rows, columns, channels]; with an
 * axis less as a sequence, and with one more as a volume. */
int neuron_onnx_image_of(neuron_node_t **node, neuron_onnx_reader *reader,
                         const neuron_onnx_operator *from, const neuron_onnx_item *item);

#endif
