/* In place of png.c where there is no libpng. */
#include "data/codec/image.h"

int neuron_png_read(neuron_image *image, neuron_source *source)
{
    (void)image;
    return neuron_fail(NEURON_E_UNSUPPORTED,
                       "%s: this libneuron was built without libpng; PGM and PPM are read",
                       source->name);
}
