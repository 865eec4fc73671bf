/* librsvg draws with cairo, which writes the PNG. Their memory is malloc()'s; there is no other. */
#include "report/document/svg-to-png.h"

#include <librsvg/rsvg.h>

const bool neuron_svg_to_png_works = true;

static cairo_status_t put_bytes(void *png, const unsigned char *bytes, unsigned int size)
{
    neuron_buffer_add(png, bytes, size);
    return ((neuron_buffer *)png)->failed ? CAIRO_STATUS_NO_MEMORY : CAIRO_STATUS_SUCCESS;
}

static bool draw(RsvgHandle *handle, cairo_surface_t *surface, double width, double height)
{
    const RsvgRectangle all = {0, 0, width, height};
    cairo_t *cairo = cairo_create(surface);
    bool drawn = rsvg_handle_render_document(handle, cairo, &all, NULL) &&
                 cairo_status(cairo) == CAIRO_STATUS_SUCCESS;
    cairo_destroy(cairo);
    return drawn;
}

int neuron_svg_to_png(neuron_buffer *png, const neuron_buffer *svg, double width, double height,
                      double scale)
{
    RsvgHandle *handle = rsvg_handle_new_from_data((const guint8 *)svg->bytes, svg->size, NULL);
    if (!handle)
        return neuron_fail(NEURON_E_UNSUPPORTED, "librsvg cannot read a picture of the report");
    width *= scale;
    height *= scale;
    cairo_surface_t *surface =
        cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)(width + 0.999), (int)(height + 0.999));
    bool done = draw(handle, surface, width, height) &&
                cairo_surface_write_to_png_stream(surface, put_bytes, png) == CAIRO_STATUS_SUCCESS;
    cairo_surface_destroy(surface);
    g_object_unref(handle);
    if (png->failed)
        return NEURON_E_MEMORY;
    return done ? NEURON_OK
                : neuron_fail(NEURON_E_MEMORY, "a picture of %d x %d pixels cannot be drawn",
                              (int)width, (int)height);
}
