/* Rotates each image by a random angle when training: see neuron_random_rotation(). Pixels between
 * others are interpolated; the gradient goes back the same way. */
#include "layers/layer.h"
#include "ops/fill.h"

#include <float.h>
#include <math.h>
#include <string.h>

static const neuron_word fill_words[] = {NEURON_FILL_WORDS, {0, ""}};

static const neuron_option options[] = {
    NEURON_REAL(NEURON_NODE_FACTOR, "factor", 0, 1, 0.1, "largest rotation, as a share of a turn"),
    NEURON_CHOICE(NEURON_NODE_FILL_MODE, "fill_mode", fill_words, NEURON_FILL_REFLECT,
                  "what lies outside of an image"),
    NEURON_REAL(NEURON_NODE_FILL_VALUE, "fill_value", -FLT_MAX, FLT_MAX, 0,
                "what lies outside with constant"),
};

static int infer(neuron_spec *spec, const char *node)
{
    char text[NEURON_SHAPE_TEXT];
    const neuron_shape *input = &spec->inputs[0];
    if (input->rank != 2 && input->rank != 3)
        return neuron_fail(NEURON_E_SHAPE,
                           "%s: needs an input of rank 2 or 3 (height x width, or height x width x "
                           "channels), not %s",
                           node, neuron_shape_text(input, text));
    spec->output = *input;
    return NEURON_OK;
}

/* How one image is rotated. */
typedef struct rotation {
    int64_t height, width, channels;
    double cosine, sine;
    int32_t fill_mode;
    float fill_value;
} rotation;

static rotation rotation_of(const neuron_run *run, int64_t image)
{
    double full_turn = 6.283185307179586;
    const neuron_shape *shape = &run->spec->output;
    double factor = neuron_spec_option(run->spec, NEURON_NODE_FACTOR);
    uint32_t numbers[4];
    neuron_random_block(&run->random, run->random_first + (uint64_t)image, numbers);
    double angle = full_turn * factor * ((double)numbers[0] * 0x1p-31 - 1);
    return (rotation){
        .height = shape->extent[0],
        .width = shape->extent[1],
        .channels = shape->rank == 3 ? shape->extent[2] : 1,
        .cosine = cos(angle),
        .sine = sin(angle),
        .fill_mode = (int32_t)neuron_spec_option(run->spec, NEURON_NODE_FILL_MODE),
        .fill_value = (float)neuron_spec_option(run->spec, NEURON_NODE_FILL_VALUE),
    };
}

/* What a pixel is made of: four pixels by their offset in the image, -1 for the constant. */
enum { TAPS = 4 };
typedef struct mixture {
    int64_t from[TAPS];
    float share[TAPS];
} mixture;

/* Where a pixel comes from: it is rotated back about the centre. */
static mixture mixture_at(const rotation *r, int64_t row, int64_t column)
{
    double middle_row = 0.5 * (double)(r->height - 1), middle_column = 0.5 * (double)(r->width - 1);
    double down = (double)row - middle_row, along = (double)column - middle_column;
    double y = middle_row + r->sine * along + r->cosine * down;
    double x = middle_column + r->cosine * along - r->sine * down;
    double above = floor(y), left = floor(x);
    mixture m;
    for (int tap = 0; tap < TAPS; tap++) {
        int below = tap / 2, right = tap % 2;
        int64_t from_row = neuron_fill_place(r->fill_mode, (int64_t)above + below, r->height);
        int64_t from_column = neuron_fill_place(r->fill_mode, (int64_t)left + right, r->width);
        bool outside = from_row < 0 || from_column < 0;
        m.from[tap] = outside ? -1 : (from_row * r->width + from_column) * r->channels;
        m.share[tap] =
            (float)((below ? y - above : 1 - (y - above)) * (right ? x - left : 1 - (x - left)));
    }
    return m;
}

static void rotate_image(void *work, int64_t image, int32_t worker)
{
    (void)worker;
    const neuron_run *run = work;
    rotation r = rotation_of(run, image);
    int64_t size = r.height * r.width * r.channels;
    const float *from = run->inputs[0] + image * size;
    float *to = run->output + image * size;
    for (int64_t i = 0; i < r.height * r.width; i++, to += r.channels) {
        mixture m = mixture_at(&r, i / r.width, i % r.width);
        for (int64_t k = 0; k < r.channels; k++) {
            to[k] = 0;
            for (int tap = 0; tap < TAPS; tap++)
                to[k] += m.share[tap] * (m.from[tap] < 0 ? r.fill_value : from[m.from[tap] + k]);
        }
    }
}

/* Gives each pixel's gradient to those that it was made of, by their shares. */
static void rotate_gradient(void *work, int64_t image, int32_t worker)
{
    (void)worker;
    const neuron_run *run = work;
    rotation r = rotation_of(run, image);
    int64_t size = r.height * r.width * r.channels;
    const float *from = run->output_gradient + image * size;
    float *to = run->input_gradients[0] + image * size;
    memset(to, 0, (size_t)size * sizeof *to);
    for (int64_t i = 0; i < r.height * r.width; i++, from += r.channels) {
        mixture m = mixture_at(&r, i / r.width, i % r.width);
        for (int tap = 0; tap < TAPS; tap++)
            for (int64_t k = 0; m.from[tap] >= 0 && k < r.channels; k++)
                to[m.from[tap] + k] += m.share[tap] * from[k];
    }
}

static int forward(const neuron_run *run)
{
    neuron_pool_run(run->pool, run->batch, rotate_image, (void *)(uintptr_t)run);
    return NEURON_OK;
}

static int backward(const neuron_run *run)
{
    neuron_pool_run(run->pool, run->batch, rotate_gradient, (void *)(uintptr_t)run);
    return NEURON_OK;
}

const neuron_layer neuron_layer_random_rotation = {
    .name = "random_rotation",
    .flags = NEURON_LAYER_TRAINING_ONLY,
    .options = NEURON_OPTION_TABLE(options),
    .infer = infer,
    .forward = forward,
    .backward = backward,
};
