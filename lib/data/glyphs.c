/* The generated data set: ten kinds of glyphs, drawn as strokes of straight lines. */
#include "data/dataset.h"

#include "base/float-mode.h"
#include "base/random.h"

#include <math.h>
#include <string.h>

enum { GLYPHS = 10, VERTICES_MAX = 12, LINES_MAX = 12, PIXELS_MIN = 8, PIXELS_MAX = 1024 };

typedef struct point {
    float x, y;
} point;

/* The vertices are called a, b, c, ...; `strokes` lists those that a pen passes, and a space where
 * it is lifted. A vertex that is named twice stays one point when it is moved. */
typedef struct glyph {
    const char *strokes;
    point vertices[VERTICES_MAX];
} glyph;

/* Between -1 and 1, x to the right and y down. */
static const glyph glyphs[GLYPHS] = {
    /* ring */
    {"abcdefghijkla",
     {{0.75f, 0},
      {0.65f, 0.375f},
      {0.375f, 0.65f},
      {0, 0.75f},
      {-0.375f, 0.65f},
      {-0.65f, 0.375f},
      {-0.75f, 0},
      {-0.65f, -0.375f},
      {-0.375f, -0.65f},
      {0, -0.75f},
      {0.375f, -0.65f},
      {0.65f, -0.375f}}},
    /* cross */
    {"ab cd", {{-0.6f, -0.6f}, {0.6f, 0.6f}, {0.6f, -0.6f}, {-0.6f, 0.6f}}},
    /* plus */
    {"ab cd", {{0, -0.8f}, {0, 0.8f}, {-0.8f, 0}, {0.8f, 0}}},
    /* triangle */
    {"abca", {{0, -0.8f}, {0.75f, 0.6f}, {-0.75f, 0.6f}}},
    /* square */
    {"abcda", {{-0.65f, -0.65f}, {0.65f, -0.65f}, {0.65f, 0.65f}, {-0.65f, 0.65f}}},
    /* angle */
    {"abc", {{-0.5f, -0.8f}, {-0.5f, 0.7f}, {0.6f, 0.7f}}},
    /* tee */
    {"ab cd", {{-0.7f, -0.7f}, {0.7f, -0.7f}, {0, -0.7f}, {0, 0.8f}}},
    /* zigzag */
    {"abcd", {{-0.6f, -0.7f}, {0.6f, -0.7f}, {-0.6f, 0.7f}, {0.6f, 0.7f}}},
    /* arrow up */
    {"ab cad", {{0, -0.8f}, {0, 0.8f}, {-0.6f, -0.2f}, {0.6f, -0.2f}}},
    /* cup */
    {"abcdefg",
     {{-0.6f, -0.75f},
      {-0.6f, 0.15f},
      {-0.42f, 0.57f},
      {0, 0.75f},
      {0.42f, 0.57f},
      {0.6f, 0.15f},
      {0.6f, -0.75f}}},
};

/* How far the drawings differ. Lengths are fractions of half the image's smaller side. */
static const float shift_max = 0.22f, turn_max = 0.4f, jitter_max = 0.08f;
static const float scale_min = 0.5f, scale_max = 0.95f;
static const float stroke_min = 0.06f, stroke_max = 0.15f;
/* Brightness, 0 to 255. */
static const float paper_max = 60, ink_min = 110, ink_max = 255, noise_max = 28;

/* A line from `start` along `along`; `inverse` is 1 / its length squared. */
typedef struct line {
    point start, along;
    float inverse;
} line;

/* One image's drawing, in pixels. */
typedef struct drawing {
    int line_count;
    line lines[LINES_MAX];
    float half_width; /* of the strokes */
    float paper, ink, noise;
} drawing;

typedef struct generation {
    uint64_t seed;
    int64_t height, width;
    uint8_t *images;
    int32_t *labels;
} generation;

static float draw_between(neuron_random_reader *reader, float low, float high)
{
    return low + (high - low) * neuron_random_float(neuron_random_next(reader));
}

/* Ten images in a row hold each class once. Their order comes from a far position in the first
 * one's sequence, so that each image can find it by itself. */
static int32_t class_of(uint64_t seed, int64_t image)
{
    int64_t first = image - image % GLYPHS;
    neuron_random_reader reader = neuron_random_read(seed, NEURON_RANDOM_GLYPHS, (uint32_t)first);
    reader.index = (uint64_t)1 << 32;
    int64_t order[GLYPHS];
    for (int64_t k = 0; k < GLYPHS; k++)
        order[k] = k;
    neuron_random_shuffle(&reader, order, GLYPHS);
    return (int32_t)order[image - first];
}

static line line_between(point start, point end)
{
    point along = {end.x - start.x, end.y - start.y};
    float squared = along.x * along.x + along.y * along.y;
    return (line){start, along, squared > 0 ? 1 / squared : 0};
}

/* Moves a glyph's vertices to where this image has them. */
static void transform_vertices(const glyph *shape, neuron_random_reader *reader, float half,
                               point center, point vertices[VERTICES_MAX])
{
    float angle = draw_between(reader, -turn_max, turn_max);
    float scale = half * draw_between(reader, scale_min, scale_max);
    float cosine = scale * cosf(angle), sine = scale * sinf(angle);
    center.x += half * draw_between(reader, -shift_max, shift_max);
    center.y += half * draw_between(reader, -shift_max, shift_max);
    for (int k = 0; k < VERTICES_MAX; k++) {
        float x = shape->vertices[k].x + draw_between(reader, -jitter_max, jitter_max);
        float y = shape->vertices[k].y + draw_between(reader, -jitter_max, jitter_max);
        vertices[k] = (point){center.x + cosine * x - sine * y, center.y + sine * x + cosine * y};
    }
}

static void plan_drawing(drawing *plan, const glyph *shape, neuron_random_reader *reader,
                         int64_t height, int64_t width)
{
    float half = 0.5f * (float)(height < width ? height : width);
    point center = {0.5f * (float)width, 0.5f * (float)height};
    point vertices[VERTICES_MAX];
    transform_vertices(shape, reader, half, center, vertices);
    plan->line_count = 0;
    for (const char *pen = shape->strokes; pen[1]; pen++)
        if (pen[0] != ' ' && pen[1] != ' ')
            plan->lines[plan->line_count++] =
                line_between(vertices[pen[0] - 'a'], vertices[pen[1] - 'a']);
    plan->half_width = half * draw_between(reader, stroke_min, stroke_max);
    plan->paper = draw_between(reader, 0, paper_max);
    plan->ink = draw_between(reader, ink_min, ink_max);
    plan->noise = draw_between(reader, 0, noise_max);
}

/* Lowers `squared` to the squared distances of a row's pixels from a line. */
static void measure_row(float *squared, const line *stroke, float y, int64_t width)
{
    float start_x = stroke->start.x, along_x = stroke->along.x, along_y = stroke->along.y;
    float inverse = stroke->inverse, from_y = y - stroke->start.y;
    for (int64_t i = 0; i < width; i++) {
        float from_x = (float)i + 0.5f - start_x;
        float fraction = (from_x * along_x + from_y * along_y) * inverse;
        fraction = fraction < 0 ? 0 : fraction;
        fraction = fraction > 1 ? 1 : fraction;
        float dx = from_x - fraction * along_x, dy = from_y - fraction * along_y;
        float distance = dx * dx + dy * dy;
        squared[i] = distance < squared[i] ? distance : squared[i];
    }
}

/* About normal with stddev 1: the sum of four uniform bytes, less its mean. */
static float noise_of(uint64_t number)
{
    uint64_t pairs = (number & 0x00ff00ffu) + (number >> 8 & 0x00ff00ffu);
    int64_t sum = (int32_t)((pairs & 0xffffu) + (pairs >> 16));
    return (float)(sum - 510) * (1 / 147.8f);
}

static void paint_row(uint8_t *pixels, const drawing *plan, const float *squared,
                      neuron_random_reader *reader, int64_t width)
{
    for (int64_t i = 0; i < width; i++) {
        float cover = plan->half_width - sqrtf(squared[i]) + 0.5f;
        cover = cover < 0 ? 0 : cover;
        cover = cover > 1 ? 1 : cover;
        float value = plan->paper + cover * (plan->ink - plan->paper) +
                      plan->noise * noise_of(neuron_random_next(reader)) + 0.5f;
        value = value < 0 ? 0 : value;
        pixels[i] = (uint8_t)(value > 255 ? 255 : value);
    }
}

static void generate_image(void *work, int64_t image, int32_t worker)
{
    (void)worker;
    const generation *all = work;
    neuron_random_reader reader =
        neuron_random_read(all->seed, NEURON_RANDOM_GLYPHS, (uint32_t)image);
    int32_t label = class_of(all->seed, image);
    drawing plan;
    plan_drawing(&plan, &glyphs[label], &reader, all->height, all->width);
    uint8_t *pixels = all->images + image * all->height * all->width;
    float squared[PIXELS_MAX];
    for (int64_t row = 0; row < all->height; row++, pixels += all->width) {
        for (int32_t i = 0; i < all->width; i++)
            squared[i] = INFINITY;
        for (int k = 0; k < plan.line_count; k++)
            measure_row(squared, &plan.lines[k], (float)row + 0.5f, all->width);
        paint_row(pixels, &plan, squared, &reader, all->width);
    }
    all->labels[image] = label;
}

int neuron_dataset_generate_glyphs(neuron_dataset_t **dataset, neuron_context_t *context,
                                   int64_t count, int64_t height, int64_t width, uint64_t seed)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(dataset);
    *dataset = NULL;
    CHECK_ARGUMENT(context);
    CHECK_RANGE(count, 1, INT64_MAX);
    CHECK_RANGE(height, PIXELS_MIN, PIXELS_MAX);
    CHECK_RANGE(width, PIXELS_MIN, PIXELS_MAX);
    const int64_t extents[] = {count, height, width, 1};
    neuron_tensor_t *images = NULL, *labels = NULL;
    int status = neuron_tensor_create_raw(&images, context, NEURON_TYPE_U8, extents, 4);
    if (status == NEURON_OK)
        status = neuron_tensor_create_raw(&labels, context, NEURON_TYPE_I32, extents, 1);
    if (status == NEURON_OK) {
        generation work = {.seed = seed,
                           .height = height,
                           .width = width,
                           .images = images->data,
                           .labels = labels->data};
        neuron_pool_run(context->pool, count, generate_image, &work);
        status = neuron_dataset_create_for(dataset, context, images, labels, GLYPHS, __func__);
    }
    neuron_tensor_unref(labels);
    neuron_tensor_unref(images);
    return status;
}
