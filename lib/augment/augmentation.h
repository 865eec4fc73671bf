/* Augmentation, from the inside: settings become random numbers (draw.c), these a map and
 * factors, and these an image (warp.c, values.c). batch.c does it for many; settings are in
 * augmentation.c. */
#ifndef AUGMENT_AUGMENTATION_H
#define AUGMENT_AUGMENTATION_H

#include <libneuron/augmentation.h>

#include "base/options/options.h"
#include "data/dataset.h"

/* Keys of the options: see neuron_augmentation_create(). */
enum {
    NEURON_AUGMENTATION_ROTATION = 1,
    NEURON_AUGMENTATION_WIDTH_SHIFT,
    NEURON_AUGMENTATION_HEIGHT_SHIFT,
    NEURON_AUGMENTATION_ZOOM,
    NEURON_AUGMENTATION_SHEAR,
    NEURON_AUGMENTATION_HORIZONTAL_FLIP,
    NEURON_AUGMENTATION_VERTICAL_FLIP,
    NEURON_AUGMENTATION_BRIGHTNESS_LOW,
    NEURON_AUGMENTATION_BRIGHTNESS_HIGH,
    NEURON_AUGMENTATION_FILL_MODE,
    NEURON_AUGMENTATION_FILL_VALUE,
    NEURON_AUGMENTATION_NOISE,
    NEURON_AUGMENTATION_BLUR,
    NEURON_AUGMENTATION_SHARPEN
};

/* What is set. A trainer keeps a copy, which nobody changes while its threads read it. */
typedef struct neuron_augment_settings {
    neuron_options options;
} neuron_augment_settings;

struct neuron_augmentation {
    neuron_handle handle;
    neuron_context_t *context;
    neuron_augment_settings settings;
};

NEURON_HOLD_DECLARE(augmentation);

static inline double neuron_augment_option(const neuron_augment_settings *settings, int32_t option)
{
    return neuron_options_value(&settings->options, option);
}

extern const neuron_option_table neuron_augmentation_options;

typedef struct neuron_image_size {
    int64_t height, width, channels;
} neuron_image_size;

/* Whether examples of a shape are images; and their size, which fails if they are none. */
static inline bool neuron_shape_is_image(const neuron_shape *shape)
{
    return shape->rank == 2 || shape->rank == 3;
}

int neuron_image_size_of(neuron_image_size *size, const neuron_shape *shape);

/* All random numbers of an image follow from these three. */
typedef struct neuron_augment_key {
    uint64_t seed, epoch, example;
} neuron_augment_key;

/* The numbers drawn for one image. Lengths are in pixels, angles in radians. */
typedef struct neuron_augment_draw {
    double rotation, shear, row_shift, column_shift, row_zoom, column_zoom;
    bool mirrored, flipped;
    double brightness;
} neuron_augment_draw;

neuron_augment_draw neuron_augment_draw_for(const neuron_augment_settings *settings,
                                            const neuron_image_size *size,
                                            const neuron_augment_key *key);

/* Where the value of a pixel comes from: row = rows[0] r + rows[1] c + rows[2], and so the
 * column. */
typedef struct neuron_warp {
    double rows[3], columns[3];
    int32_t fill; /* NEURON_FILL_... */
    float fill_value;
} neuron_warp;

/* Makes the map, and returns whether it moves anything. */
bool neuron_warp_make(neuron_warp *warp, const neuron_augment_settings *settings,
                      const neuron_augment_draw *drawn, const neuron_image_size *size);

void neuron_warp_apply(const neuron_warp *warp, const neuron_image_size *size, const float *from,
                       float *to);

/* What is done to values in place; `scratch` is for another image. */
void neuron_augment_brighten(const neuron_dataset_t *dataset, const neuron_image_size *size,
                             double factor, float *image);
void neuron_augment_blur(const neuron_image_size *size, int64_t times, float *image,
                         float *scratch);
void neuron_augment_sharpen(const neuron_image_size *size, int64_t times, float *image,
                            float *scratch);
void neuron_augment_add_noise(const neuron_augment_key *key, double stddev, int64_t count,
                              float *image);

/* Examples to be made: scaled out of the dataset, then augmented. `positions` count in the
 * dataset's order; NULL for first, first + 1, ... */
typedef struct neuron_augment_batch {
    const neuron_augment_settings *settings;
    const neuron_dataset_t *dataset;
    neuron_image_size size;
    const int64_t *positions;
    int64_t first, count;
    uint64_t seed, epoch;
    float *values;
    float *room; /* neuron_augment_room() bytes for each thread of the pool */
} neuron_augment_batch;

/* Bytes that one thread works with. */
size_t neuron_augment_room(const neuron_image_size *size);

int neuron_augment_run(const neuron_augment_batch *batch, neuron_pool *pool);

#endif
