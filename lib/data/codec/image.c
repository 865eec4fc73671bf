/* Tells the kind of an image by its first bytes and hands it to its reader: pnm.c or png.c. What is
 * common to them is the allocation of pixels, after a check that so many can be in the file. */
#include "data/codec/image.h"

#include "base/checked.h"

#include <inttypes.h>
#include <string.h>

/* What a width or a height may be: their product by three fits any count then. */
static const int64_t side_max = 1 << 20;

size_t neuron_image_size(const neuron_image *image)
{
    return neuron_size(image->height * image->width * image->channels);
}

int neuron_image_allocate(neuron_image *image, const neuron_source *source, uint64_t most,
                          size_t spare)
{
    const char *name = source->name;
    if (image->height < 1 || image->width < 1 || image->height > side_max ||
        image->width > side_max)
        return neuron_fail(NEURON_E_FORMAT,
                           "%s: an image of %" PRId64 "x%" PRId64
                           " pixels; each side has 1 to %" PRId64,
                           name, image->height, image->width, side_max);
    if ((uint64_t)(image->height * image->width * image->channels) > most)
        return neuron_fail(NEURON_E_FORMAT,
                           "%s: %" PRId64 "x%" PRId64 "x%" PRId64
                           " pixels are more than %zu bytes can hold",
                           name, image->height, image->width, image->channels, source->end);
    size_t bytes;
    if (!neuron_add_size(neuron_image_size(image), spare, &bytes))
        bytes = SIZE_MAX; /* as what does not fit */
    image->pixels = neuron_allocate(source->context, bytes, 1);
    return image->pixels ? NEURON_OK : NEURON_E_MEMORY;
}

static bool begins(const neuron_magic *magic, const char *bytes)
{
    size_t size = strlen(bytes);
    return magic->size >= size && memcmp(magic->bytes, bytes, size) == 0;
}

static bool is_pnm(const neuron_magic *magic)
{
    return magic->size >= 2 && magic->bytes[0] == 'P' && magic->bytes[1] >= '1' &&
           magic->bytes[1] <= '6';
}

static const char png[] = "\x89PNG\r\n\x1a\n", jpeg[] = "\xff\xd8\xff";

/* Texts may begin with two letters of these too, as `BMI,` or `P1,`. */
bool neuron_image_is(const neuron_magic *magic)
{
    static const char *const known[] = {png, jpeg, "GIF8", "RIFF", "II*"};
    const uint8_t *bytes = magic->bytes;
    bool full = magic->size == sizeof magic->bytes;
    bool found = is_pnm(magic) && magic->size > 2 && memchr(" \t\n\v\f\r#", bytes[2], 7);
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        found = found || begins(magic, known[i]);
    return found || (full && memcmp(bytes, "MM\0*", 4) == 0) ||
           (full && memcmp(bytes, "BM", 2) == 0 && bytes[6] == 0 && bytes[7] == 0);
}

int neuron_image_read(neuron_image *image, neuron_source *source)
{
    neuron_magic magic;
    *image = (neuron_image){.channels = 0};
    RETURN_IF_ERROR(neuron_source_read(source, magic.bytes, sizeof magic.bytes, &magic.size));
    if (is_pnm(&magic))
        return neuron_pnm_read(image, source, &magic);
    if (begins(&magic, png))
        return neuron_png_read(image, source);
    if (begins(&magic, jpeg))
        return neuron_fail(NEURON_E_UNSUPPORTED, "%s: JPEG is not read; PNG, PGM and PPM are",
                           source->name);
    return neuron_fail(NEURON_E_FORMAT, "%s: not an image that is read: PNG, PGM or PPM",
                       source->name);
}
