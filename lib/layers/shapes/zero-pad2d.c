/* Rows and columns of 0 around an image: see neuron_zero_pad2d(). */
#include "layers/image.h"

#include <string.h>

static const neuron_option options[] = {
    NEURON_INTEGER(NEURON_NODE_TOP, "top", 0, INT32_MAX, 0, "rows above"),
    NEURON_INTEGER(NEURON_NODE_BOTTOM, "bottom", 0, INT32_MAX, 0, "rows below"),
    NEURON_INTEGER(NEURON_NODE_LEFT, "left", 0, INT32_MAX, 0, "columns before"),
    NEURON_INTEGER(NEURON_NODE_RIGHT, "right", 0, INT32_MAX, 0, "columns behind"),
};

static int64_t option(const neuron_spec *spec, int32_t key)
{
    return (int64_t)neuron_spec_option(spec, key);
}

static int infer(neuron_spec *spec, const char *node)
{
    RETURN_IF_ERROR(neuron_check_image(&spec->inputs[0], node));
    const int64_t *extent = spec->inputs[0].extent;
    int64_t extents[3] = {
        option(spec, NEURON_NODE_TOP) + extent[0] + option(spec, NEURON_NODE_BOTTOM),
        option(spec, NEURON_NODE_LEFT) + extent[1] + option(spec, NEURON_NODE_RIGHT), extent[2]};
    return neuron_shape_set(&spec->output, extents, 3, 1, node);
}

/* Floats of an image and of what it becomes. */
typedef struct rows {
    int64_t count, width;  /* of the image */
    int64_t padded_width;  /* of a row with its padding */
    int64_t before, after; /* floats of padding before the first row and behind the last */
    int64_t gap;           /* between the rows */
} rows;

static rows rows_of(const neuron_spec *spec)
{
    const int64_t *from = spec->inputs[0].extent, *to = spec->output.extent;
    rows r = {.count = from[0], .width = from[1] * from[2], .padded_width = to[1] * to[2]};
    int64_t left = option(spec, NEURON_NODE_LEFT) * to[2];
    r.gap = r.padded_width - r.width;
    r.before = option(spec, NEURON_NODE_TOP) * r.padded_width + left;
    r.after = option(spec, NEURON_NODE_BOTTOM) * r.padded_width + r.gap - left;
    return r;
}

static float *clear(float *to, int64_t count)
{
    memset(to, 0, (size_t)count * sizeof *to);
    return to + count;
}

static void forward_image(void *work, int64_t image, int32_t worker)
{
    (void)worker;
    const neuron_run *run = work;
    rows r = rows_of(run->spec);
    const float *from = run->inputs[0] + image * r.count * r.width;
    float *to = run->output + image * neuron_shape_count(&run->spec->output);
    to = clear(to, r.before);
    for (int64_t y = 0; y < r.count; y++, from += r.width) {
        memcpy(to, from, (size_t)r.width * sizeof *to);
        to = clear(to + r.width, y + 1 < r.count ? r.gap : r.after);
    }
}

static void backward_image(void *work, int64_t image, int32_t worker)
{
    (void)worker;
    const neuron_run *run = work;
    rows r = rows_of(run->spec);
    const float *from =
        run->output_gradient + image * neuron_shape_count(&run->spec->output) + r.before;
    float *to = run->input_gradients[0] + image * r.count * r.width;
    for (int64_t y = 0; y < r.count; y++, from += r.padded_width, to += r.width)
        memcpy(to, from, (size_t)r.width * sizeof *to);
}

static int forward(const neuron_run *run)
{
    neuron_pool_run(run->pool, run->batch, forward_image, (void *)(uintptr_t)run);
    return NEURON_OK;
}

static int backward(const neuron_run *run)
{
    neuron_pool_run(run->pool, run->batch, backward_image, (void *)(uintptr_t)run);
    return NEURON_OK;
}

const neuron_layer neuron_layer_zero_pad2d = {
    .name = "zero_pad2d",
    .options = NEURON_OPTION_TABLE(options),
    .infer = infer,
    .forward = forward,
    .backward = backward,
};
