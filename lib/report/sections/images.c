/* Pictures of the caller's own. */
#include "report/document/report.h"

#include <libneuron/tensor.h>

#include "base/float-mode.h"
#include "report/sections/tiles.h"

#include <stdio.h>

static int put_image(neuron_section *section, const neuron_image *size,
                     const neuron_tensor_t *images, int64_t i, const char *caption, uint8_t *pixels)
{
    neuron_image image = *size;
    neuron_image_at(&image, images, i, pixels);
    char number[32];
    snprintf(number, sizeof number, "Image %" PRId64, i + 1);
    RETURN_IF_ERROR(neuron_tile_begin(section, &image, number));
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
    RETURN_IF_ERROR(neuron_image_of_tensor(&size, images, __func__));
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
