/* Images side by side with text below them. */
#ifndef REPORT_SECTIONS_TILES_H
#define REPORT_SECTIONS_TILES_H

#include "report/document/png.h"

void neuron_tiles_begin(neuron_section *section);

/* One image; what follows until neuron_tile_end() stands below it. */
int neuron_tile_begin(neuron_section *section, const neuron_image *image, const char *alt);
void neuron_tile_end(neuron_section *section);

void neuron_tiles_end(neuron_section *section);

#endif
