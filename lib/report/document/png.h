/* Images as PNG in pages. */
#ifndef REPORT_DOCUMENT_PNG_H
#define REPORT_DOCUMENT_PNG_H

#include <libneuron/tensor.h>

#include "report/document/section.h"

/* Bytes, row by row. */
typedef struct neuron_image {
    int64_t height, width, channels; /* channels: 1 for grey, 3 for colours */
    const uint8_t *pixels;
} neuron_image;

/* Whether examples of a shape are images; fills their size. */
bool neuron_image_of_shape(neuron_image *image, const int64_t *shape, int32_t rank);

/* Bytes of numbers: the smallest is black and the largest is white; what is not finite is black. */
void neuron_image_from_reals(uint8_t *pixels, const float *values, int64_t count);

/* The size of the images of a tensor [n, height, width] or [n, height, width, 1 or 3] of bytes or
 * float32; NEURON_E_TYPE and NEURON_E_SHAPE for others. */
int neuron_image_of_tensor(neuron_image *image, const neuron_tensor_t *images, const char *who);

/* Has an image of that size show the i-th of them: where it lies, or as bytes in `room`. */
void neuron_image_at(neuron_image *image, const neuron_tensor_t *images, int64_t i, uint8_t *room);

/* Puts its file behind what there is. */
int neuron_image_encode(neuron_buffer *bytes, const neuron_image *image);

/* Writes an element <img> with the image in it, and notes it as a picture `image-<n>`. */
int neuron_write_image(neuron_section *section, const neuron_image *image, const char *alt);

/* Reads base 64 back, which has `size` characters. */
void neuron_base64_read(neuron_buffer *bytes, const char *text, size_t size);

#endif
