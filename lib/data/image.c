#include "data/image.h"

#include <inttypes.h>
#include <string.h>

/* What a width or a height may be: their product by three fits any count then. */
static const int64_t side_max = 1 << 20;

size_t neuron_image_size(const neuron_image *image)
{
    return (size_t)(image->height * image->width * image->channels);
}

int neuron_image_allocate(neuron_image *image, const neuron_content *content, uint64_t most)
{
    const char *name = content->name;
    if (image->height < 1 || image->width < 1 || image->height > side_max ||
        image->width > side_max)
        return neuron_fail(NEURON_E_FORMAT,
                           "%s: an image of %" PRId64 "x%" PRId64
                           " pixels; each side has 1 to %" PRId64,
                           name, image->height, image->width, side_max);
    if ((uint64_t)(image->height * image->width * image->channels) > most)
        return neuron_fail(NEURON_E_FORMAT,
                           "%s: %" PRId64 "x%" PRId64 "x%" PRId32
                           " pixels are more than %zu bytes can hold",
                           name, image->height, image->width, image->channels, content->size);
    image->pixels = neuron_allocate(content->context, neuron_image_size(image), 1);
    return image->pixels ? NEURON_OK : NEURON_E_MEMORY;
}

static bool begins(const neuron_content *content, const char *bytes, size_t size)
{
    return content->size >= size && memcmp(content->bytes, bytes, size) == 0;
}

int neuron_image_read(neuron_image *image, const neuron_content *content)
{
    *image = (neuron_image){.channels = 0};
    if (neuron_pnm_is(content))
        return neuron_pnm_read(image, content);
    if (neuron_png_is(content))
        return neuron_png_read(image, content);
    if (begins(content, "\xff\xd8\xff", 3))
        return neuron_fail(NEURON_E_UNSUPPORTED, "%s: JPEG is not read; PNG, PGM and PPM are",
                           content->name);
    return neuron_fail(NEURON_E_FORMAT, "%s: not an image that is read: PNG, PGM or PPM",
                       content->name);
}
