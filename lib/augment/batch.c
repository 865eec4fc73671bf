/* Augmenting many examples: they are scaled out of the dataset, then each image by itself is
 * warped, brightened, blurred, sharpened and given noise. */
#include "augment/augmentation.h"

#include "base/checked.h"
#include "base/float-mode.h"

#include <string.h>

/* Images that one task makes. */
enum { IMAGES_PER_TASK = 2 };

int neuron_image_size_of(neuron_image_size *size, const neuron_shape *shape)
{
    if (!neuron_shape_is_image(shape)) {
        char text[NEURON_SHAPE_TEXT];
        return neuron_fail(NEURON_E_SHAPE,
                           "augmentation: examples are %s, not height x width or height x width x "
                           "channels",
                           neuron_shape_text(shape, text));
    }
    *size = (neuron_image_size){shape->extent[0], shape->extent[1],
                                shape->rank == 3 ? shape->extent[2] : 1};
    return NEURON_OK;
}

static int64_t elements(const neuron_image_size *size)
{
    return size->height * size->width * size->channels;
}

/* Whole lines of the cache, which no two threads share. */
size_t neuron_augment_room(const neuron_image_size *size)
{
    int64_t line = NEURON_ALIGNMENT / (int64_t)sizeof(float);
    return neuron_size_of(neuron_ceil_divide(elements(size), line), NEURON_ALIGNMENT);
}

static void augment(const neuron_augment_batch *batch, int64_t position, float *image,
                    float *scratch)
{
    const neuron_augment_settings *settings = batch->settings;
    const neuron_image_size *size = &batch->size;
    neuron_augment_key key = {batch->seed, batch->epoch, (uint64_t)position};
    neuron_augment_draw drawn = neuron_augment_draw_for(settings, size, &key);
    neuron_warp warp;
    if (neuron_warp_make(&warp, settings, &drawn, size)) {
        memcpy(scratch, image, (size_t)elements(size) * sizeof *image);
        neuron_warp_apply(&warp, size, scratch, image);
    }
    if (drawn.brightness != 1)
        neuron_augment_brighten(batch->dataset, size, drawn.brightness, image);
    int64_t blurs = (int64_t)neuron_augment_option(settings, NEURON_AUGMENTATION_BLUR);
    int64_t sharpens = (int64_t)neuron_augment_option(settings, NEURON_AUGMENTATION_SHARPEN);
    double noise = neuron_augment_option(settings, NEURON_AUGMENTATION_NOISE);
    neuron_augment_blur(size, blurs, image, scratch);
    neuron_augment_sharpen(size, sharpens, image, scratch);
    if (noise > 0)
        neuron_augment_add_noise(&key, noise, elements(size), image);
}

static void augment_task(void *work, int64_t task, int32_t worker)
{
    const neuron_augment_batch *batch = work;
    int64_t size = elements(&batch->size);
    float *scratch =
        batch->room + (size_t)worker * (neuron_augment_room(&batch->size) / sizeof *scratch);
    int64_t end = neuron_min_count(batch->count, (task + 1) * IMAGES_PER_TASK);
    for (int64_t i = task * IMAGES_PER_TASK; i < end; i++) {
        int64_t position = batch->positions ? batch->positions[i] : batch->first + i;
        augment(batch, position, batch->values + i * size, scratch);
    }
}

int neuron_augment_run(const neuron_augment_batch *batch, neuron_pool *pool)
{
    RETURN_IF_ERROR(neuron_dataset_gather(batch->dataset, pool, batch->positions, batch->first,
                                          batch->count, batch->values));
    neuron_pool_run(pool, neuron_ceil_divide(batch->count, IMAGES_PER_TASK), augment_task,
                    (void *)batch);
    return NEURON_OK;
}

int neuron_augmentation_apply(float *values, const neuron_augmentation_t *augmentation,
                              const neuron_dataset_t *dataset, int64_t first, int64_t count,
                              uint64_t seed, int64_t epoch)
{
    COMPUTE_SCOPE;
    CHECK_ARGUMENT(augmentation);
    CHECK_ARGUMENT(dataset);
    CHECK_PART(first, count, dataset->count);
    CHECK_RANGE(epoch, 0, UINT32_MAX);
    CHECK_ARGUMENT(values);
    neuron_context_t *context = dataset->context;
    neuron_augment_batch batch = {.settings = &augmentation->settings,
                                  .dataset = dataset,
                                  .first = first,
                                  .count = count,
                                  .seed = seed,
                                  .epoch = (uint64_t)epoch,
                                  .values = values};
    RETURN_IF_ERROR(neuron_image_size_of(&batch.size, &dataset->shape));
    neuron_hold_end_left();
    NEURON_HOLD(hold);
    neuron_hold_reference(&hold, augmentation, augmentation);
    neuron_hold_reference(&hold, dataset, dataset);
    batch.room = neuron_allocate(context, neuron_size(neuron_context_threads(context)),
                                 neuron_augment_room(&batch.size));
    if (!batch.room)
        return NEURON_E_MEMORY;
    neuron_hold_add(&hold, neuron_release_hold, context, batch.room);
    return neuron_augment_run(&batch, context->pool);
}
