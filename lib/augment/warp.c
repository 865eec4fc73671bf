/* Moving the pixels of an image: each pixel of the result is interpolated (bilinear) between the
 * four around the point that the map takes it to. The map is made in draw.c. */
#include "augment/augmentation.h"

#include "ops/fill.h"

/* Nearer than this to a pixel is on it: the sine of half a turn is not quite 0. */
static const double near = 1e-6;

/* A coordinate between two pixels of one axis: `below` <= coordinate < below + 1. */
typedef struct neighbors {
    int64_t below, above;
    float fraction; /* of the pixel above */
} neighbors;

static neighbors neighbors_of(double coordinate)
{
    /* The largest integer up to there: floor() is a call where it is no instruction. */
    double moved = coordinate + near;
    neighbors found = {.below = (int64_t)moved};
    found.below -= (double)found.below > moved;
    double fraction = coordinate - (double)found.below;
    found.fraction = fraction < near ? 0 : (float)fraction;
    found.above = found.below + (found.fraction > 0);
    return found;
}

/* Makes both lie inside; returns false if nothing of the image is there. */
static bool bring_inside(neighbors *at, int64_t extent, int32_t fill)
{
    if (at->below >= 0 && at->above < extent)
        return true;
    if (fill == NEURON_FILL_CONSTANT)
        return false;
    at->below = neuron_fill_place(fill, at->below, extent);
    at->above = neuron_fill_place(fill, at->above, extent);
    return true;
}

static void sample(const float *from, const neuron_image_size *size, neighbors row,
                   neighbors column, float *to)
{
    int64_t channels = size->channels, line = size->width * channels;
    const float *upper = from + row.below * line, *lower = from + row.above * line;
    int64_t left = column.below * channels, right = column.above * channels;
    for (int64_t k = 0; k < channels; k++) {
        float a = upper[left + k] * (1 - column.fraction) + upper[right + k] * column.fraction;
        float b = lower[left + k] * (1 - column.fraction) + lower[right + k] * column.fraction;
        to[k] = a * (1 - row.fraction) + b * row.fraction;
    }
}

void neuron_warp_apply(const neuron_warp *warp, const neuron_image_size *size, const float *from,
                       float *to)
{
    for (int64_t r = 0; r < size->height; r++) {
        double row_start = warp->rows[0] * (double)r + warp->rows[2];
        double column_start = warp->columns[0] * (double)r + warp->columns[2];
        for (int64_t c = 0; c < size->width; c++, to += size->channels) {
            neighbors row = neighbors_of(row_start + warp->rows[1] * (double)c);
            neighbors column = neighbors_of(column_start + warp->columns[1] * (double)c);
            if (bring_inside(&row, size->height, warp->fill) &&
                bring_inside(&column, size->width, warp->fill))
                sample(from, size, row, column, to);
            else
                for (int64_t k = 0; k < size->channels; k++)
                    to[k] = warp->fill_value;
        }
    }
}
