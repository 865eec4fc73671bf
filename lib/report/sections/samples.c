/* Inputs become bytes again by the scales that made them inputs. */
#include "report/sections/samples.h"

#include <libneuron/dataset.h>
#include <libneuron/tensor.h>

#include <math.h>

void neuron_samples_end(neuron_samples *samples)
{
    neuron_buffer_end(&samples->values);
    neuron_buffer_end(&samples->pixels);
    neuron_buffer_end(&samples->scales);
}

static int read_scales(neuron_samples *samples)
{
    if (neuron_dataset_type(samples->dataset) != NEURON_TYPE_U8)
        return NEURON_OK;
    size_t count;
    RETURN_IF_ERROR(neuron_dataset_scales(NULL, NULL, 0, &count, samples->dataset));
    double *scales = neuron_buffer_room(&samples->scales, 2 * (int64_t)count, sizeof *scales);
    if (!scales)
        return NEURON_E_MEMORY;
    samples->scale_count = count;
    return neuron_dataset_scales(scales, scales + count, count, NULL, samples->dataset);
}

/* Gives examples the shape that the options say, if they say one. */
static int give_shape(int64_t shape[NEURON_RANK_MAX], int32_t *rank, const neuron_options *options,
                      const char *who)
{
    int64_t height = (int64_t)neuron_options_value(options, NEURON_SAMPLES_HEIGHT),
            width = (int64_t)neuron_options_value(options, NEURON_SAMPLES_WIDTH), count = 1;
    if (height == 0 && width == 0)
        return NEURON_OK;
    for (int32_t i = 0; i < *rank; i++)
        count *= shape[i];
    int64_t channels = height * width > 0 ? count / (height * width) : 0;
    if (height < 2 || width < 2 || channels * height * width != count ||
        (channels != 1 && channels != 3))
        return neuron_fail(NEURON_E_SHAPE,
                           "%s: height=%" PRId64 ", width=%" PRId64 ": examples have %" PRId64
                           " numbers, which are no image of 1 or 3 channels",
                           who, height, width, count);
    shape[0] = height;
    shape[1] = width;
    shape[2] = channels;
    *rank = 3;
    return NEURON_OK;
}

int neuron_samples_begin(neuron_samples *samples, bool *are_images, const neuron_dataset_t *dataset,
                         const neuron_options *options, const char *who)
{
    int64_t shape[NEURON_RANK_MAX];
    int32_t rank;
    samples->dataset = dataset;
    RETURN_IF_ERROR(neuron_dataset_shape(shape, &rank, dataset));
    RETURN_IF_ERROR(give_shape(shape, &rank, options, who));
    *are_images = neuron_image_of_shape(&samples->image, shape, rank);
    if (!*are_images)
        return NEURON_OK;
    samples->size = samples->image.height * samples->image.width * samples->image.channels;
    float *values = neuron_buffer_room(&samples->values, samples->size, sizeof *values);
    uint8_t *pixels = neuron_buffer_room(&samples->pixels, samples->size, 1);
    samples->image.pixels = pixels;
    return values && pixels ? read_scales(samples) : NEURON_E_MEMORY;
}

static void to_bytes(neuron_samples *samples, const float *values, uint8_t *pixels)
{
    const double *scales = (const double *)(const void *)samples->scales.bytes;
    for (int64_t i = 0; i < samples->size; i++) {
        size_t at = (size_t)i % samples->scale_count;
        double byte = (values[i] - scales[samples->scale_count + at]) / scales[at];
        pixels[i] = (uint8_t)(isfinite(byte) ? fmin(fmax(byte, 0), 255) + 0.5 : 0);
    }
}

int neuron_samples_read(neuron_samples *samples, int64_t index)
{
    float *values = (float *)(void *)samples->values.bytes;
    uint8_t *pixels = (uint8_t *)samples->pixels.bytes;
    RETURN_IF_ERROR(neuron_dataset_read(values, NULL, samples->dataset, index, 1));
    if (samples->scale_count > 0)
        to_bytes(samples, values, pixels);
    else
        neuron_image_from_reals(pixels, values, samples->size);
    return NEURON_OK;
}

void neuron_write_class(neuron_buffer *text, const neuron_dataset_t *dataset, int64_t class_number)
{
    const char *name = neuron_dataset_class_name(dataset, class_number);
    if (name)
        neuron_buffer_print(text, "<bdi>%s</bdi>", name);
    else
        neuron_buffer_print(text, "%" PRId64, class_number);
}
