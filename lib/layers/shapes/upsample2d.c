/* Images of some times as many rows and columns: see neuron_upsample2d().
 *
 * Along an axis, an output of phase p = place % factor is a mix of two neighbours, with the same
 * shares wherever it lies; at the edges one neighbour is the edge once more. By 2, bilinear:
 *
 *     input          a           b           c
 *     output      a'    a"    b'    b"    c'    c"      a" = 3/4 a + 1/4 b, b' = 1/4 a + 3/4 b
 *
 * So a row is worked on phase by phase, in runs over all of its pixels. The nearest neighbour is a
 * mix with all of one. */
#include "base/bump.h"
#include "layers/image.h"

#include <string.h>

enum { NEAREST = 1, BILINEAR };

static const neuron_word words[] = {{NEAREST, "nearest"}, {BILINEAR, "bilinear"}, {0, ""}};

static const neuron_option options[] = {
    NEURON_INTEGER(NEURON_NODE_FACTOR_HEIGHT, "factor_height", 1, 1024, 2, "rows that one becomes"),
    NEURON_INTEGER(NEURON_NODE_FACTOR_WIDTH, "factor_width", 1, 1024, 2,
                   "columns that one becomes"),
    NEURON_CHOICE(NEURON_NODE_INTERPOLATION, "interpolation", words, NEAREST,
                  "what lies between pixels"),
};

static int64_t option(const neuron_spec *spec, int32_t key)
{
    return (int64_t)neuron_spec_option(spec, key);
}

static int infer(neuron_spec *spec, const char *node)
{
    RETURN_IF_ERROR(neuron_check_image(&spec->inputs[0], node));
    const int64_t *from = spec->inputs[0].extent;
    const int64_t extents[3] = {from[0] * option(spec, NEURON_NODE_FACTOR_HEIGHT),
                                from[1] * option(spec, NEURON_NODE_FACTOR_WIDTH), from[2]};
    return neuron_shape_set(&spec->output, extents, 3, 1, node);
}

/* What outputs of a phase are made of: the pixel `before` places before theirs, and the next. */
typedef struct mix {
    int64_t before;
    float share, next;
} mix;

typedef struct upsample_job {
    const neuron_run *run;
    neuron_image image;
    int64_t down, along, row; /* factors, and floats of a row */
    bool bilinear;
    int64_t worker_floats; /* a row with a pixel more at both ends, and another row */
} upsample_job;

static upsample_job job_of(const neuron_spec *spec)
{
    upsample_job job = {
        .image = neuron_image_of(&spec->inputs[0]),
        .down = option(spec, NEURON_NODE_FACTOR_HEIGHT),
        .along = option(spec, NEURON_NODE_FACTOR_WIDTH),
        .bilinear = option(spec, NEURON_NODE_INTERPOLATION) == BILINEAR,
    };
    job.row = job.image.width * job.image.channels;
    job.worker_floats = 2 * (job.row + job.image.channels);
    return job;
}

static int plan(const neuron_plan_request *request, neuron_needs *needs)
{
    const upsample_job job = job_of(request->spec);
    neuron_reserve(&needs->scratch, job.worker_floats, (size_t)request->threads * sizeof(float));
    return NEURON_OK;
}

static mix mix_of(const upsample_job *job, int64_t factor, int64_t phase)
{
    if (!job->bilinear)
        return (mix){0, 1, 0};
    /* Centres of pixels are halves: that of the output, counted in pixels of the input. */
    double place = ((double)phase + 0.5) / (double)factor - 0.5;
    mix made = {.before = place < 0, .next = (float)(place + (place < 0))};
    made.share = 1 - made.next;
    return made;
}

/* The image row that lies so far from another, or the edge. */
static int64_t row_at(const upsample_job *job, int64_t row)
{
    int64_t last = job->image.height - 1;
    return row < 0 ? 0 : row > last ? last : row;
}

/* output = first * share + second * next, or added to it. */
static void blend(const upsample_job *job, const float *first, const float *second, mix by,
                  int64_t count, float *output)
{
    neuron_weigh_kernel *weigh = job->run->kernels->element->weigh;
    weigh(first, count, by.share, false, output);
    if (by.next != 0)
        weigh(second, count, by.next, true, output);
}

static float *padded_of(const upsample_job *job, int32_t worker)
{
    return (float *)job->run->scratch + worker * job->worker_floats;
}

static void copy_pixel(float *to, const float *from, int64_t channels)
{
    memcpy(to, from, (size_t)channels * sizeof *to);
}

static void repeat_image(void *work, int64_t image, int32_t worker)
{
    (void)worker;
    const upsample_job *job = work;
    const neuron_run *run = job->run;
    int64_t channels = job->image.channels, width = job->row * job->along;
    const float *from = run->inputs[0] + image * job->image.height * job->row;
    float *to = run->output + image * job->image.height * job->down * width;
    for (int64_t y = 0; y < job->image.height; y++, from += job->row) {
        const float *made = to;
        for (int64_t phase = 0; phase < job->along; phase++)
            run->kernels->element->copy_rows(from, channels, job->image.width, channels,
                                             to + phase * channels, job->along * channels);
        to += width;
        for (int64_t i = 1; i < job->down; i++, to += width)
            memcpy(to, made, (size_t)width * sizeof *to);
    }
}

static void forward_image(void *work, int64_t image, int32_t worker)
{
    const upsample_job *job = work;
    const neuron_run *run = job->run;
    int64_t channels = job->image.channels, row = job->row;
    const float *from = run->inputs[0] + image * job->image.height * row;
    float *to = run->output + image * job->image.height * job->down * row * job->along;
    float *padded = padded_of(job, worker), *pixels = padded + channels;
    float *made = pixels + row + channels;
    for (int64_t y = 0; y < job->image.height * job->down; y++, to += row * job->along) {
        mix by = mix_of(job, job->down, y % job->down);
        int64_t first = y / job->down - by.before;
        blend(job, from + row_at(job, first) * row, from + row_at(job, first + 1) * row, by, row,
              pixels);
        copy_pixel(padded, pixels, channels);
        copy_pixel(pixels + row, pixels + row - channels, channels);
        for (int64_t phase = 0; phase < job->along; phase++) {
            by = mix_of(job, job->along, phase);
            const float *first_pixel = pixels - by.before * channels;
            blend(job, first_pixel, first_pixel + channels, by, row, made);
            run->kernels->element->copy_rows(made, channels, job->image.width, channels,
                                             to + phase * channels, job->along * channels);
        }
    }
}

/* The way back of blend(): adds to each what its share is. */
static void share_out(const upsample_job *job, const float *gradient, mix by, int64_t count,
                      float *first, float *second)
{
    neuron_weigh_kernel *weigh = job->run->kernels->element->weigh;
    if (by.share == 1)
        job->run->kernels->element->sum(first, gradient, count, first);
    else
        weigh(gradient, count, by.share, true, first);
    if (by.next != 0)
        weigh(gradient, count, by.next, true, second);
}

static void backward_image(void *work, int64_t image, int32_t worker)
{
    const upsample_job *job = work;
    const neuron_run *run = job->run;
    const neuron_element_kernels *element = run->kernels->element;
    int64_t channels = job->image.channels, row = job->row;
    const float *gradient =
        run->output_gradient + image * job->image.height * job->down * row * job->along;
    float *to = run->input_gradients[0] + image * job->image.height * row;
    float *padded = padded_of(job, worker), *pixels = padded + channels;
    float *given = pixels + row + channels;
    memset(to, 0, (size_t)(job->image.height * row) * sizeof *to);
    for (int64_t y = 0; y < job->image.height * job->down; y++, gradient += row * job->along) {
        memset(padded, 0, (size_t)(row + 2 * channels) * sizeof *padded);
        for (int64_t phase = 0; phase < job->along; phase++) {
            const mix by = mix_of(job, job->along, phase);
            float *first_pixel = pixels - by.before * channels;
            element->copy_rows(gradient + phase * channels, job->along * channels, job->image.width,
                               channels, given, channels);
            share_out(job, given, by, row, first_pixel, first_pixel + channels);
        }
        element->sum(pixels, padded, channels, pixels);
        element->sum(pixels + row - channels, pixels + row, channels, pixels + row - channels);
        const mix by = mix_of(job, job->down, y % job->down);
        int64_t first = y / job->down - by.before;
        share_out(job, pixels, by, row, to + row_at(job, first) * row,
                  to + row_at(job, first + 1) * row);
    }
}

static int forward(const neuron_run *run)
{
    upsample_job job = job_of(run->spec);
    job.run = run;
    neuron_pool_run(run->pool, run->batch, job.bilinear ? forward_image : repeat_image, &job);
    return NEURON_OK;
}

static int backward(const neuron_run *run)
{
    upsample_job job = job_of(run->spec);
    job.run = run;
    neuron_pool_run(run->pool, run->batch, backward_image, &job);
    return NEURON_OK;
}

const neuron_layer neuron_layer_upsample2d = {
    .name = "upsample2d",
    .options = NEURON_OPTION_TABLE(options),
    .infer = infer,
    .plan = plan,
    .forward = forward,
    .backward = backward,
};
