/* Images as PNG in pages. */
#ifndef REPORT_DOCUMENT_PNG_H
#define REPORT_DOCUMENT_PNG_H

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

/* Puts its file behind what there is. */
int neuron_image_encode(neuron_buffer *bytes, const neuron_image *image);

/* Writes an element <img> with the image in it, and notes it as a picture `image-<n>`. */
int neuron_write_image(neuron_section *section, const neuron_image *image, const char *alt);

/* Reads base 64 back, which has `size` characters. */
void neuron_base64_read(neuron_buffer *bytes, const char *text, size_t size);

#endif
