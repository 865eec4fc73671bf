/* SVG as PNG, which librsvg does, where the library was built with it. */
#ifndef REPORT_SVG_TO_PNG_H
#define REPORT_SVG_TO_PNG_H

#include "report/document/buffer.h"

extern const bool neuron_svg_to_png_works;

/* NEURON_E_UNSUPPORTED without librsvg. */
int neuron_svg_to_png(neuron_buffer *png, const neuron_buffer *svg, double width, double height,
                      double scale);

#endif
