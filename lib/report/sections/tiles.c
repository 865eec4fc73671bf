/* A list of figures; readers are told how many there are. */
#include "report/sections/tiles.h"

void neuron_tiles_begin(neuron_section *section)
{
    neuron_buffer_put(&section->html, "<ul class=\"tiles\">\n");
}

int neuron_tile_begin(neuron_section *section, const neuron_image *image, const char *alt)
{
    neuron_buffer_put(&section->html, "<li><figure>");
    RETURN_IF_ERROR(neuron_write_image(section, image, alt));
    neuron_buffer_put(&section->html, "<figcaption>");
    return NEURON_OK;
}

void neuron_tile_end(neuron_section *section)
{
    neuron_buffer_put(&section->html, "</figcaption></figure></li>\n");
}

void neuron_tiles_end(neuron_section *section)
{
    neuron_buffer_put(&section->html, "</ul>\n");
}
