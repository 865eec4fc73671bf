/** @file augmentation.h
 *  Augmentation: images changed at random in each epoch, so that a network learns to disregard
 *  such changes.
 *
 *      neuron_augmentation_create(&augmentation, context);
 *      neuron_augmentation_set_float(augmentation, NEURON_AUGMENTATION_ROTATION, 8);
 *      neuron_augmentation_set_float(augmentation, NEURON_AUGMENTATION_WIDTH_SHIFT, 0.1);
 *      neuron_augmentation_set_int(augmentation, NEURON_AUGMENTATION_HORIZONTAL_FLIP, 1);
 *      neuron_trainer_set_augmentation(trainer, augmentation);
 *
 *  The names and ranges are those of ImageDataGenerator of Keras. Images are changed as float32,
 *  after the dataset's scale and offset, in this order:
 *
 *  1. Rotation, shift, shear, zoom and flips as one map, with bilinear interpolation. With pixels
 *     numbered from the middle of the image, the value of pixel p comes from the place
 *     rotation(shift + shear(zoom(flip(p)))), as in Keras up to 2.8: a shift moves along the
 *     rotated axes, a shear slides columns along each other, and a zoom above 1 makes things
 *     smaller. Since 2.9 Keras has rows and columns change places in this: it shears along rows,
 *     and its height shift moves to the side.
 *  2. Brightness.
 *  3. Blur, then sharpening.
 *  4. Noise.
 *
 *  What happens to an example follows from the seed, the epoch and the example's number in the
 *  dataset alone: not from batch size, order or the number of threads. Each number is drawn whether
 *  its option is set or not, so an option does not change what the others do.
 */
#ifndef NEURON_AUGMENTATION_H
#define NEURON_AUGMENTATION_H

#include <libneuron/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What can be set: real numbers where nothing else is said. By default nothing is changed.
 *  Since 0.1. */
enum {
    /** Largest angle in degrees, either way: 0 to 180; 0. */
    NEURON_AUGMENTATION_ROTATION = 10,
    /** Largest shift to the left or right: less than 1 is a share of the width, 1 and above are
     *  pixels, up to 65536; 0. Any real number in between is drawn. */
    NEURON_AUGMENTATION_WIDTH_SHIFT = 20,
    /** The same up or down, a share of the height. */
    NEURON_AUGMENTATION_HEIGHT_SHIFT = 30,
    /** The factors of the two axes are drawn independently between 1 - zoom and 1 + zoom: 0 to
     *  0.99; 0. */
    NEURON_AUGMENTATION_ZOOM = 40,
    /** Largest shear angle in degrees, either way: 0 to 89; 0. */
    NEURON_AUGMENTATION_SHEAR = 50,
    /** 1 to swap left and right of an image with probability 1/2; 0. A whole number. */
    NEURON_AUGMENTATION_HORIZONTAL_FLIP = 60,
    /** 1 to swap top and bottom of an image with probability 1/2; 0. A whole number. */
    NEURON_AUGMENTATION_VERTICAL_FLIP = 70,
    /** The factor of the brightness is drawn between two bounds, 0 to 1000 each; 1. It multiplies
     *  the distance from what a stored 0 becomes; images of bytes are cut off at what 255
     *  becomes. */
    NEURON_AUGMENTATION_BRIGHTNESS_LOW = 80,
    NEURON_AUGMENTATION_BRIGHTNESS_HIGH = 90,
    /** What lies outside of the image: one of NEURON_FILL_...; NEURON_FILL_NEAREST. A whole
     *  number. */
    NEURON_AUGMENTATION_FILL_MODE = 100,
    /** The value of NEURON_FILL_CONSTANT, as the network sees it; 0. Beyond the
     *  centres of the outermost pixels this value is taken as it is, not mixed with theirs. */
    NEURON_AUGMENTATION_FILL_VALUE = 110,
    /** Deviation of normal noise that is added to each value, as the network sees it: 0 or more;
     *  0. */
    NEURON_AUGMENTATION_NOISE = 120,
    /** How often each image is blurred with the weights 1 2 1, 2 4 2, 1 2 1, all divided by 16: 0
     *  to 100; 0. A whole number. Values outside of the image are 0. */
    NEURON_AUGMENTATION_BLUR = 130,
    /** How often each image is sharpened with the weights 0 -1 0, -1 5 -1, 0 -1 0: 0 to 100; 0. A
     *  whole number. Values outside of the image are 0. */
    NEURON_AUGMENTATION_SHARPEN = 140
};

/** Makes an augmentation that changes nothing yet.
 *  @param[out] augmentation  the new augmentation; NULL on failure.
 *  @return  0, NEURON_E_ARGUMENT or NEURON_E_MEMORY. Since 0.1. */
NEURON_API int neuron_augmentation_create(neuron_augmentation_t **augmentation,
                                          neuron_context_t *context);

/** Adds an owner. @return  `augmentation`. Any thread. Since 0.1. */
NEURON_API neuron_augmentation_t *neuron_augmentation_ref(neuron_augmentation_t *augmentation);

/** Takes an owner away. Any thread. Since 0.1. */
NEURON_API void neuron_augmentation_unref(neuron_augmentation_t *augmentation);

/** Sets a whole number. A trainer's copy stays as it was.
 *  @return  0, or NEURON_E_ARGUMENT for another option, one that is a real number, or a value out
 *           of its bounds. Since 0.1. */
NEURON_API int neuron_augmentation_set_int(neuron_augmentation_t *augmentation, int32_t option,
                                           int64_t value);

/** Sets a real number, likewise.
 *  @return  0, or NEURON_E_ARGUMENT for another option, one that is a whole number, or a value out
 *           of its bounds. Since 0.1. */
NEURON_API int neuron_augmentation_set_float(neuron_augmentation_t *augmentation, int32_t option,
                                             double value);

/** Reads a whole number back. @return  0, or NEURON_E_ARGUMENT as for setting it. Since 0.1. */
NEURON_API int neuron_augmentation_get_int(const neuron_augmentation_t *augmentation,
                                           int32_t option, int64_t *value);

/** Reads a real number back. @return  0, or NEURON_E_ARGUMENT as for setting it. Since 0.1. */
NEURON_API int neuron_augmentation_get_float(const neuron_augmentation_t *augmentation,
                                             int32_t option, double *value);

/** The bounds of a number, whole or real, both inclusive.
 *  @return  0 or NEURON_E_ARGUMENT. Since 0.1. */
NEURON_API int neuron_augmentation_bounds(const neuron_augmentation_t *augmentation, int32_t option,
                                          double *minimum, double *maximum);

/** Makes the images that a training of this seed sees in an epoch, to look at them. Any number of
 *  threads at a time.
 *  @param dataset  examples of height x width or height x width x channels.
 *  @param first  the first of them, counted from 0.
 *  @param count  how many.
 *  @param seed   a trainer's is its context's.
 *  @param epoch  counted from 0, below 2^32.
 *  @param[out] values  count * (elements of one example) numbers.
 *  @return  0, NEURON_E_ARGUMENT, NEURON_E_SHAPE for examples that are not images, NEURON_E_MEMORY,
 *           or what a stream returned. Since 0.1. */
NEURON_API int neuron_augmentation_apply(const neuron_augmentation_t *augmentation,
                                         const neuron_dataset_t *dataset, int64_t first,
                                         int64_t count, uint64_t seed, int64_t epoch,
                                         float *values);

#ifdef __cplusplus
}
#endif

#endif
