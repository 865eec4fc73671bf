/* Images in files: PGM, PPM and PNG. */
#ifndef DATA_IMAGE_H
#define DATA_IMAGE_H

#include "data/content.h"
#include "data/gzip.h"

/* No file has more samples than this for each of its bytes: a bit of PNG's may become three, and is
 * packed by deflate. */
enum { NEURON_IMAGE_RATIO_MAX = 24 * NEURON_GZIP_RATIO_MAX };

typedef struct neuron_image {
    int64_t height, width;
    int32_t channels; /* 1 or 3, the last axis */
    uint8_t *pixels;  /* from the content's context; the caller releases them */
} neuron_image;

/* Reads an image by what its file begins with. On failure there is nothing to release. */
int neuron_image_read(neuron_image *image, const neuron_content *content);

/* The formats. Each is asked only for a file that begins as its own. */
bool neuron_pnm_is(const neuron_content *content);
int neuron_pnm_read(neuron_image *image, const neuron_content *content);
bool neuron_png_is(const neuron_content *content);
int neuron_png_read(neuron_image *image, const neuron_content *content);

/* Checks that an image of this size has pixels, and at most `most` samples, and gets memory for them. */
int neuron_image_allocate(neuron_image *image, const neuron_content *content, uint64_t most);

/* Bytes of the pixels. */
size_t neuron_image_size(const neuron_image *image);

#endif
