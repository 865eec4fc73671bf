/* For builds without librsvg. */
#include "report/document/svg-to-png.h"

const bool neuron_svg_to_png_works = false;

int neuron_svg_to_png(neuron_buffer *png, const neuron_buffer *svg, double width, double height,
                      double scale)
{
    (void)png;
    (void)svg;
    (void)width;
    (void)height;
    (void)scale;
    return neuron_fail(NEURON_E_UNSUPPORTED, "this library was built without librsvg");
}
