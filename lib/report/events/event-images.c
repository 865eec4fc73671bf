/* Images of an event log. */
#include "report/events/event-log.h"

#include "base/float-mode.h"
#include "report/document/png.h"

#include <libneuron/tensor.h>

#include <stdio.h>

enum { IMAGES_MAX = 64, EXTENT_TEXT = 24 };

static int check(neuron_image *image, const neuron_tensor_t *images, const char *who)
{
    RETURN_IF_ERROR(neuron_image_of_tensor(image, images, who));
    int64_t count = neuron_tensor_extent(images, 0);
    if (count < 1 || count > IMAGES_MAX)
        return neuron_fail(NEURON_E_SHAPE,
                           "%s: images has %" PRId64 " images; it must have 1 to %d", who, count,
                           IMAGES_MAX);
    return NEURON_OK;
}

/* The files of all images, one behind the other, and where each ends. */
static int encode(neuron_buffer *files, size_t ends[IMAGES_MAX], neuron_image *image,
                  const neuron_tensor_t *images)
{
    int64_t size = image->height * image->width * image->channels;
    NEURON_BUFFER(room, files->context);
    uint8_t *pixels = neuron_buffer_room(&room, size, 1);
    if (!pixels)
        return NEURON_E_MEMORY;
    for (int64_t i = 0; i < neuron_tensor_extent(images, 0); i++) {
        neuron_image_at(image, images, i, pixels);
        RETURN_IF_ERROR(neuron_image_encode(files, image));
        ends[i] = files->size;
    }
    return NEURON_OK;
}

/* What TensorBoard wants of images: their width and height as text, and then each as a file. */
static int put_images(neuron_event_log_t *log, const char *tag, int64_t step,
                      const neuron_tensor_t *images, const char *who)
{
    neuron_image image;
    RETURN_IF_ERROR(check(&image, images, who));
    size_t ends[IMAGES_MAX], count = (size_t)neuron_tensor_extent(images, 0);
    NEURON_BUFFER(files, log->context);
    RETURN_IF_ERROR(encode(&files, ends, &image, images));
    char width[EXTENT_TEXT], height[EXTENT_TEXT];
    int width_length = snprintf(width, sizeof width, "%" PRId64, image.width);
    int height_length = snprintf(height, sizeof height, "%" PRId64, image.height);
    ProtobufCBinaryData strings[2 + IMAGES_MAX] = {
        neuron_event_bytes(width, (size_t)width_length),
        neuron_event_bytes(height, (size_t)height_length)};
    for (size_t i = 0; i < count; i++) {
        size_t first = i > 0 ? ends[i - 1] : 0;
        strings[2 + i] = neuron_event_bytes(files.bytes + first, ends[i] - first);
    }
    neuron_event_point point;
    neuron_event_point_init(&point, tag, step);
    neuron_event_point_set_strings(&point, "images", NEURON_EVENT_BLOBS, strings, 2 + count);
    return neuron_event_file_put(&log->file, &point.event);
}

int neuron_event_log_put_images(neuron_event_log_t *log, const char *tag, int64_t step,
                                const neuron_tensor_t *images)
{
    return put_images(log, tag, step, images, __func__);
}

int neuron_event_log_add_images(neuron_event_log_t *log, const char *tag, int64_t step,
                                const neuron_tensor_t *images)
{
    FLOAT_SCOPE;
    RETURN_IF_ERROR(neuron_event_check(log, tag, step, __func__));
    CHECK_ARGUMENT(images);
    size_t before = log->file.size;
    int status = put_images(log, tag, step, images, __func__);
    return neuron_event_log_done(log, before, status, __func__);
}
