/* Pictures of the caller's own. */
#include "report/document/report.h"

#include <libneuron/tensor.h>

#include "base/float-mode.h"
#include "report/sections/tiles.h"

#include <stdio.h>
#include <string.h>

static int check(neuron_image *image, const neuron_tensor_t *images, const char *who)
{
    int64_t shape[NEURON_RANK_MAX] = {0};
    int32_t rank = neuron_tensor_rank(images), type = neuron_tensor_type(images);
    if (type != NEURON_TYPE_U8 && type != NEURON_TYPE_F32)
        return neuron_fail(NEURON_E_TYPE,
                           "%s: images have elements of type %d; they must be of u8 or f32", who,
                           (int)type);
    for (int32_t i = 1; i < rank; i++)
        shape[i - 1] = neuron_tensor_extent(images, i);
    if (rank < 1 || !neuron_image_of_shape(image, shape, rank - 1))
        return neuron_fail(NEURON_E_SHAPE,
                           "%s: images have %d axes; they must have [n, height, width], or 1 or 3 "
                           "channels behind, and 2 to 4096 pixels a side",
                           who, (int)rank);
    return NEURON_OK;
}

static int put_image(neuron_section *section, const neuron_image *size,
                     const neuron_tensor_t *images, int64_t i, const char *caption, uint8_t *pixels)
{
    int64_t count = size->height * size->width * size->channels;
    const void *data = neuron_tensor_data_const(images);
    if (neuron_tensor_type(images) == NEURON_TYPE_U8)
        memcpy(pixels, (const uint8_t *)data + i * count, (size_t)count);
    else
        neuron_image_from_reals(pixels, (const float *)data + i * count, count);
    neuron_image image = *size;
    image.pixels = pixels;
    char number[32];
    snprintf(number, sizeof number, "Image %" PRId64, i + 1);
    RETURN_IF_ERROR(neuron_tile_begin(section, &image, caption ? caption : number));
    if (caption)
        neuron_buffer_print(&section->html, "<bdi>%s</bdi>", caption);
    neuron_tile_end(section);
    return NEURON_OK;
}

int neuron_report_add_images(neuron_report_t *report, const char *heading,
                             const neuron_tensor_t *images, const char *const *captions)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(report);
    CHECK_ARGUMENT(images);
    neuron_image size;
    RETURN_IF_ERROR(check(&size, images, __func__));
    NEURON_SECTION(section, report, heading, "Images");
    NEURON_BUFFER(room, report->context);
    uint8_t *pixels = neuron_buffer_room(&room, size.height * size.width * size.channels, 1);
    if (!pixels)
        return NEURON_E_MEMORY;
    neuron_tiles_begin(&section);
    for (int64_t i = 0; i < neuron_tensor_extent(images, 0); i++)
        RETURN_IF_ERROR(
            put_image(&section, &size, images, i, captions ? captions[i] : NULL, pixels));
    neuron_tiles_end(&section);
    return neuron_report_add(report, &section);
}
