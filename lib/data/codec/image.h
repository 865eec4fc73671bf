/* Images in files: PBM, PGM, PPM and PNG. */
#ifndef DATA_CODEC_IMAGE_H
#define DATA_CODEC_IMAGE_H

#include "data/codec/source.h"

/* No file has more samples than this for each of its bytes: a bit of PNG's may become three, and is
 * packed by deflate. */
enum { NEURON_IMAGE_RATIO_MAX = 24 * NEURON_GZIP_RATIO_MAX };

typedef struct neuron_image {
    int64_t height, width;
    int64_t channels; /* 1 or 3, the last axis */
    uint8_t *pixels;  /* from the source's context; the caller releases them */
} neuron_image;

/* The most that is needed to tell what a file is. */
enum { NEURON_IMAGE_MAGIC = 8 };

typedef struct neuron_magic {
    uint8_t bytes[NEURON_IMAGE_MAGIC];
    size_t size;
} neuron_magic;

/* Reads an image by what its file begins with. On failure there is nothing to release. */
int neuron_image_read(neuron_image *image, neuron_source *source);

/* Whether a file that begins so is an image of any common kind, read or not. */
bool neuron_image_is(const neuron_magic *magic);

/* The formats, behind their magic. Each is asked only for a file that begins as its own. */
int neuron_pnm_read(neuron_image *image, neuron_source *source, const neuron_magic *magic);
int neuron_png_read(neuron_image *image, neuron_source *source);

/* Checks that an image of this size has pixels, and at most `most` samples, and gets memory for
 * them, with room for `spare` more behind them. */
int neuron_image_allocate(neuron_image *image, const neuron_source *source, uint64_t most,
                          size_t spare);

/* Bytes of the pixels. */
size_t neuron_image_size(const neuron_image *image);

#endif
