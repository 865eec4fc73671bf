/* The random numbers of one image, and the map that follows from them. All numbers are drawn
 * whatever is set, so that one option does not change those of another. */
#include "augment/augmentation.h"

#include "base/random.h"

#include <math.h>

/* Numbers that an image has to itself: more than are drawn, so that there are some for new ones. */
enum { BLOCKS_PER_IMAGE = 16 };

#define SET(option) neuron_augment_option(settings, NEURON_AUGMENTATION_##option)

static const double radians = 3.14159265358979323846 / 180;

static double between(neuron_random_reader *reader, double low, double high)
{
    return low + (high - low) * neuron_random_uniform(reader);
}

static double either_way(neuron_random_reader *reader, double most)
{
    return between(reader, -most, most);
}

static double shift(neuron_random_reader *reader, double most, int64_t extent)
{
    return either_way(reader, most < 1 ? most * (double)extent : most);
}

static bool toss(neuron_random_reader *reader, double wanted)
{
    return (neuron_random_uniform(reader) < 0.5) & (wanted == 1);
}

neuron_augment_draw neuron_augment_draw_for(const neuron_augment_settings *settings,
                                            const neuron_image_size *size,
                                            const neuron_augment_key *key)
{
    neuron_random_reader reader =
        neuron_random_read(key->seed, NEURON_RANDOM_AUGMENT, (uint32_t)key->epoch);
    reader.index = key->example * BLOCKS_PER_IMAGE;
    double zoom = SET(ZOOM);
    /* The order is part of what a seed means; new numbers come behind. */
    neuron_augment_draw drawn;
    drawn.rotation = radians * either_way(&reader, SET(ROTATION));
    drawn.row_shift = shift(&reader, SET(HEIGHT_SHIFT), size->height);
    drawn.column_shift = shift(&reader, SET(WIDTH_SHIFT), size->width);
    drawn.shear = radians * either_way(&reader, SET(SHEAR));
    drawn.row_zoom = between(&reader, 1 - zoom, 1 + zoom);
    drawn.column_zoom = between(&reader, 1 - zoom, 1 + zoom);
    drawn.mirrored = toss(&reader, SET(HORIZONTAL_FLIP));
    drawn.flipped = toss(&reader, SET(VERTICAL_FLIP));
    drawn.brightness = between(&reader, SET(BRIGHTNESS_LOW), SET(BRIGHTNESS_HIGH));
    return drawn;
}

static bool moves(const neuron_augment_draw *drawn)
{
    return drawn->rotation != 0 || drawn->row_shift != 0 || drawn->column_shift != 0 ||
           drawn->shear != 0 || drawn->row_zoom != 1 || drawn->column_zoom != 1 ||
           drawn->mirrored || drawn->flipped;
}

/* With R = [cos -sin; sin cos] of the rotation, S = [1 -sin; 0 cos] of the shear, Z and F of zoom
 * and flips: position = middle + R (shift + S Z F (pixel - middle)). */
bool neuron_warp_make(neuron_warp *warp, const neuron_augment_settings *settings,
                      const neuron_augment_draw *drawn, const neuron_image_size *size)
{
    double cosine = cos(drawn->rotation), sine = sin(drawn->rotation);
    double row_scale = drawn->flipped ? -drawn->row_zoom : drawn->row_zoom;
    double column_scale = drawn->mirrored ? -drawn->column_zoom : drawn->column_zoom;
    double slant = -sin(drawn->shear) * column_scale, stretch = cos(drawn->shear) * column_scale;
    double row_middle = (double)(size->height - 1) / 2;
    double column_middle = (double)(size->width - 1) / 2;
    double *rows = warp->rows, *columns = warp->columns;
    rows[0] = cosine * row_scale;
    rows[1] = cosine * slant - sine * stretch;
    columns[0] = sine * row_scale;
    columns[1] = sine * slant + cosine * stretch;
    rows[2] = row_middle + cosine * drawn->row_shift - sine * drawn->column_shift -
              rows[0] * row_middle - rows[1] * column_middle;
    columns[2] = column_middle + sine * drawn->row_shift + cosine * drawn->column_shift -
                 columns[0] * row_middle - columns[1] * column_middle;
    warp->fill = (int32_t)neuron_augment_option(settings, NEURON_AUGMENTATION_FILL_MODE);
    warp->fill_value = (float)neuron_augment_option(settings, NEURON_AUGMENTATION_FILL_VALUE);
    return moves(drawn);
}
