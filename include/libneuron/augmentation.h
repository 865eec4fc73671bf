/** @file augmentation.h
 *  Augmentation: images changed at random in each epoch, so that a network learns to disregard
 *  such changes.
 *
 *      neuron_augmentation_create(&augmentation, context,
 *                                 "rotation=8, width_shift=0.1, horizontal_flip=yes");
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

/** Makes an augmentation. By default nothing is changed; the options are
 *
 *  - `rotation`: the largest angle in degrees, either way: 0 to 180; 0.
 *  - `width_shift`: the largest shift to the left or right: less than 1 is a share of the width, 1
 *    and above are pixels, up to 65536; 0. Any number in between is drawn.
 *  - `height_shift`: the same up or down, a share of the height.
 *  - `zoom`: the factors of the two axes are drawn independently between 1 - zoom and 1 + zoom: 0
 *    to 0.99; 0.
 *  - `shear`: the largest shear angle in degrees, either way: 0 to 89; 0.
 *  - `horizontal_flip`: yes to swap left and right of an image with probability 1/2; no.
 *  - `vertical_flip`: yes to swap top and bottom of an image with probability 1/2; no.
 *  - `brightness_low`, `brightness_high`: the factor of the brightness is drawn between these two,
 *    0 to 1000 each; 1. It multiplies the distance from what a stored 0 becomes; images of bytes
 *    are cut off at what 255 becomes.
 *  - `fill_mode`: what lies outside of the image abcd: `nearest` aaaa|abcd|dddd, the default,
 *    `constant`, `reflect` dcba|abcd|dcba or `wrap` abcd|abcd|abcd.
 *  - `fill_value`: that constant, as the network sees it; 0. Beyond the centres of the outermost
 *    pixels this value is taken as it is, not mixed with theirs.
 *  - `noise`: deviation of normal noise that is added to each value, as the network sees it: 0 or
 *    more; 0.
 *  - `blur`: how often each image is blurred with the weights 1 2 1, 2 4 2, 1 2 1, all divided by
 *    16: 0 to 100; 0. Values outside of the image are 0.
 *  - `sharpen`: how often each image is sharpened with the weights 0 -1 0, -1 5 -1, 0 -1 0: 0 to
 *    100; 0. Values outside of the image are 0.
 *
 *  @param[out] augmentation  the new augmentation; NULL on failure.
 *  @param options  as options.h has them; NULL for the defaults.
 *  @return  0, NEURON_E_ARGUMENT or NEURON_E_MEMORY. Any thread. Since 0.1. */
NEURON_API int neuron_augmentation_create(neuron_augmentation_t **augmentation,
                                          neuron_context_t *context, const char *options);

/** Adds an owner. @return  `augmentation`. Any thread. Since 0.1. */
NEURON_API neuron_augmentation_t *neuron_augmentation_ref(neuron_augmentation_t *augmentation);

/** Takes an owner away. Any thread. Since 0.1. */
NEURON_API void neuron_augmentation_unref(neuron_augmentation_t *augmentation);

/** Sets options, of this augmentation; a trainer's copy stays as it was.
 *  @return  0, or NEURON_E_ARGUMENT as options.h says, and then nothing is set. No other thread may
 *           use the augmentation meanwhile. Since 0.1. */
NEURON_API int neuron_augmentation_set(neuron_augmentation_t *augmentation, const char *options);

/** Sets one option to a number, likewise; 1 or 0 where it is yes or no.
 *  @return  0, or NEURON_E_ARGUMENT. No other thread may use the augmentation meanwhile.
 *           Since 0.1. */
NEURON_API int neuron_augmentation_set_number(neuron_augmentation_t *augmentation,
                                              const char *option, double value);

/** Reads the number of an option back.
 *  @return  0, or NEURON_E_ARGUMENT for an option that an augmentation does not have, and for one
 *           of words. Any thread, unless another one changes the augmentation meanwhile.
 *           Since 0.1. */
NEURON_API int neuron_augmentation_get_number(double *value,
                                              const neuron_augmentation_t *augmentation,
                                              const char *option);

/** Writes the value of an option as text, without its name ("" if it is not set), or with NULL as
 *  `option` all of them that are set, as `name=value, ...`, which can be set again.
 *  @param text         NULL to ask for the size only.
 *  @param capacity     bytes that there are at `text`.
 *  @param[out] needed  bytes that it takes with the zero behind it; may be NULL.
 *  @return  0, or NEURON_E_ARGUMENT, also for a capacity that is too small. Any thread, unless
 *           another one changes the augmentation meanwhile. Since 0.1. */
NEURON_API int neuron_augmentation_get_text(char *text, size_t capacity, size_t *needed,
                                            const neuron_augmentation_t *augmentation,
                                            const char *option);

/** Makes the images that a training of this seed sees in an epoch, to look at them. Any number of
 *  threads at a time.
 *  @param[out] values  count * (elements of one example) numbers.
 *  @param dataset  examples of height x width or height x width x channels.
 *  @param first  the first of them, counted from 0.
 *  @param count  how many.
 *  @param seed   a trainer's is its context's unless neuron_trainer_set_seed() gave it another.
 *  @param epoch  counted from 0, below 2^32.
 *  @return  0, NEURON_E_ARGUMENT, NEURON_E_SHAPE for examples that are not images, NEURON_E_MEMORY,
 *           or what a stream returned. Since 0.1. */
NEURON_API int neuron_augmentation_apply(float *values, const neuron_augmentation_t *augmentation,
                                         const neuron_dataset_t *dataset, int64_t first,
                                         int64_t count, uint64_t seed, int64_t epoch);

#ifdef __cplusplus
}
#endif

#endif
