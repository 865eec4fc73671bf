/* Changing the values of an image where they are: brightness, blur, sharpening, noise. */
#include "augment/augmentation.h"

#include "base/checked.h"
#include "base/random.h"

#include <math.h>
#include <string.h>

/* The values that a stored 0 and a stored 255 become. */
static void end_values(const neuron_dataset_t *dataset, int64_t channel, float *black, float *white)
{
    const neuron_scale *scale = neuron_dataset_each_scale(dataset) + channel;
    *black = neuron_scale_value(scale, 0);
    *white = neuron_scale_value(scale, 255);
}

void neuron_augment_brighten(const neuron_dataset_t *dataset, const neuron_image_size *size,
                             double factor, float *image)
{
    int64_t count = size->height * size->width * size->channels;
    int64_t channels = neuron_dataset_scale_count(dataset);
    bool bytes = dataset->examples->type == NEURON_TYPE_U8;
    for (int64_t k = 0; k < channels; k++) {
        float black, white;
        end_values(dataset, k, &black, &white);
        float low = fminf(black, white), high = fmaxf(black, white);
        for (int64_t i = k; i < count; i += channels) {
            float value = (image[i] - black) * (float)factor + black;
            image[i] = bytes ? fminf(fmaxf(value, low), high) : value;
        }
    }
}

/* Adds `weight` times the image moved by up to a pixel each way to another; what comes from outside
 * is 0. */
static void add_moved(const neuron_image_size *size, int64_t down, int64_t along, float weight,
                      const float *from, float *to)
{
    int64_t line = size->width * size->channels, step = along * size->channels;
    int64_t first = step < 0 ? -step : 0, end = step > 0 ? line - step : line;
    for (int64_t r = 0; r < size->height; r++) {
        if (r + down < 0 || r + down >= size->height)
            continue;
        const float *source = from + (r + down) * line;
        float *sums = to + r * line;
        for (int64_t i = first; i < end; i++)
            sums[i] += weight * source[i + step];
    }
}

static void convolve(const neuron_image_size *size, const float weights[3][3], int64_t times,
                     float *image, float *scratch)
{
    size_t bytes = (size_t)(size->height * size->width * size->channels) * sizeof *image;
    for (int64_t i = 0; i < times; i++) {
        memcpy(scratch, image, bytes);
        memset(image, 0, bytes);
        for (int down = 0; down < 3; down++)
            for (int along = 0; along < 3; along++)
                if (weights[down][along] != 0)
                    add_moved(size, down - 1, along - 1, weights[down][along], scratch, image);
    }
}

void neuron_augment_blur(const neuron_image_size *size, int64_t times, float *image, float *scratch)
{
    static const float weights[3][3] = {
        {1.0f / 16, 2.0f / 16, 1.0f / 16},
        {2.0f / 16, 4.0f / 16, 2.0f / 16},
        {1.0f / 16, 2.0f / 16, 1.0f / 16},
    };
    convolve(size, weights, times, image, scratch);
}

void neuron_augment_sharpen(const neuron_image_size *size, int64_t times, float *image,
                            float *scratch)
{
    static const float weights[3][3] = {{0, -1, 0}, {-1, 5, -1}, {0, -1, 0}};
    convolve(size, weights, times, image, scratch);
}

/* Two normal numbers from two of 32 bits (Box and Muller, 1958). */
static void make_normal(const uint32_t numbers[2], float normal[2])
{
    float radius = sqrtf(-2 * logf(((float)numbers[0] + 1) * 0x1p-32f));
    float angle = (float)numbers[1] * (float)(2 * 3.14159265358979323846 * 0x1p-32);
    normal[0] = radius * cosf(angle);
    normal[1] = radius * sinf(angle);
}

void neuron_augment_add_noise(const neuron_augment_key *key, double stddev, int64_t count,
                              float *image)
{
    enum { PER_BLOCK = 4 };
    int64_t blocks = neuron_ceil_divide(count, PER_BLOCK);
    neuron_random random = {
        .seed = key->seed, .stream = (uint32_t)key->epoch, .use = NEURON_RANDOM_AUGMENT_NOISE};
    for (int64_t b = 0; b < blocks; b++) {
        uint32_t numbers[PER_BLOCK];
        float normal[PER_BLOCK];
        neuron_random_block(&random, key->example * (uint64_t)blocks + (uint64_t)b, numbers);
        make_normal(numbers, normal);
        make_normal(numbers + 2, normal + 2);
        int64_t end = neuron_min_count(PER_BLOCK, count - b * PER_BLOCK);
        for (int64_t i = 0; i < end; i++)
            image[b * PER_BLOCK + i] += (float)stddev * normal[i];
    }
}
