/* In place of png.c where there is no libpng. */
#include "data/image.h"

#include <string.h>

bool neuron_png_is(const neuron_content *content)
{
    return content->size >= 8 && memcmp(content->bytes, "\x89PNG\r\n\x1a\n", 8) == 0;
}

int neuron_png_read(neuron_image *image, const neuron_content *content)
{
    (void)image;
    return neuron_fail(NEURON_E_UNSUPPORTED,
                       "%s: this libneuron was built without libpng; PGM and PPM are read",
                       content->name);
}
