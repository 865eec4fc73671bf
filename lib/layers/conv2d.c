/* Two-dimensional convolution: see neuron_conv2d(). The sums are in kernels/correlation.c; here is
 * what they are sums of. */
#include "layers/layer.h"

#include "base/checked.h"
#include "kernels/correlation.h"
#include "kernels/window.h"
#include "layers/max-pool2d.h"

#include <inttypes.h>
#include <string.h>

static const neuron_option options[] = {
    {NEURON_NODE_FILTERS, "filters", true, 1, INT32_MAX, 1, NULL},
    {NEURON_NODE_KERNEL_HEIGHT, "kernel_height", true, 1, INT32_MAX, 1, NULL},
    {NEURON_NODE_KERNEL_WIDTH, "kernel_width", true, 1, INT32_MAX, 1, NULL},
    {NEURON_NODE_STRIDE_HEIGHT, "stride_height", true, 1, 1024, 1, NULL},
    {NEURON_NODE_STRIDE_WIDTH, "stride_width", true, 1, 1024, 1, NULL},
    {NEURON_NODE_PADDING, "padding", true, NEURON_PADDING_VALID, NEURON_PADDING_SAME,
     NEURON_PADDING_VALID, neuron_paddings},
    {NEURON_NODE_USE_BIAS, "use_bias", true, 0, 1, 1, NULL},
    {NEURON_NODE_INITIALIZER, "initializer", true, NEURON_INITIALIZER_GLOROT_UNIFORM,
     NEURON_INITIALIZER_ZEROS, NEURON_INITIALIZER_GLOROT_UNIFORM, neuron_initializers},
};

static int64_t option(const neuron_spec *spec, int32_t key)
{
    return (int64_t)neuron_spec_option(spec, key);
}

static neuron_window window(const neuron_spec *spec, int axis)
{
    bool same = option(spec, NEURON_NODE_PADDING) == NEURON_PADDING_SAME;
    return neuron_window_set(
        spec->inputs[0].extent[axis],
        option(spec, axis == 0 ? NEURON_NODE_KERNEL_HEIGHT : NEURON_NODE_KERNEL_WIDTH),
        option(spec, axis == 0 ? NEURON_NODE_STRIDE_HEIGHT : NEURON_NODE_STRIDE_WIDTH), same);
}

static int set_arrays(neuron_spec *spec, const char *node)
{
    int64_t filters = option(spec, NEURON_NODE_FILTERS);
    int64_t extents[4] = {option(spec, NEURON_NODE_KERNEL_HEIGHT),
                          option(spec, NEURON_NODE_KERNEL_WIDTH), spec->inputs[0].extent[2],
                          filters};
    neuron_array *kernel = &spec->arrays[0], *bias = &spec->arrays[1];
    *kernel = (neuron_array){.name = "kernel", .trainable = true};
    *bias =
        (neuron_array){.name = "bias", .trainable = true, .initializer = NEURON_INITIALIZER_ZEROS};
    RETURN_IF_ERROR(neuron_shape_set(&kernel->shape, extents, 4, 1, node));
    RETURN_IF_ERROR(neuron_shape_set(&bias->shape, &filters, 1, 1, node));
    double window_size = (double)extents[0] * (double)extents[1];
    kernel->initializer = (int32_t)option(spec, NEURON_NODE_INITIALIZER);
    kernel->fan_in = window_size * (double)extents[2];
    kernel->fan_out = window_size * (double)filters;
    spec->array_count = option(spec, NEURON_NODE_USE_BIAS) ? 2 : 1;
    return NEURON_OK;
}

static int infer(neuron_spec *spec, const char *node)
{
    char text[NEURON_SHAPE_TEXT];
    const neuron_shape *input = &spec->inputs[0];
    if (input->rank != 3)
        return neuron_fail(NEURON_E_SHAPE,
                           "%s: needs an input of rank 3 (height x width x channels), not %s", node,
                           neuron_shape_text(input, text));
    neuron_window down = window(spec, 0), along = window(spec, 1);
    if (down.output < 1 || along.output < 1)
        return neuron_fail(NEURON_E_SHAPE,
                           "%s: a kernel of %" PRId64 "x%" PRId64 " does not fit into %" PRId64
                           "x%" PRId64 " with padding valid",
                           node, down.kernel, along.kernel, down.input, along.input);
    int64_t extents[3] = {down.output, along.output, option(spec, NEURON_NODE_FILTERS)};
    RETURN_IF_ERROR(neuron_shape_set(&spec->output, extents, 3, 1, node));
    return set_arrays(spec, node);
}

/* The output as a correlation of the input. */
static neuron_correlation forward_correlation(const neuron_spec *spec)
{
    neuron_window down = window(spec, 0), along = window(spec, 1);
    neuron_correlation correlation = {
        .height = down.input,
        .width = along.input,
        .channels = spec->inputs[0].extent[2],
        .kernel_height = down.kernel,
        .kernel_width = along.kernel,
        .stride_height = down.stride,
        .stride_width = along.stride,
        .top = down.padding,
        .left = along.padding,
        .rows = down.output,
        .columns = along.output,
        .filters = spec->output.extent[2],
    };
    correlation.pixel_step = correlation.filters;
    correlation.row_step = correlation.columns * correlation.pixel_step;
    correlation.image_step = correlation.rows * correlation.row_step;
    return correlation;
}

/* Every stride-th input pixel, from `first` on, meets the same kernel pixels: tap + stride * i for
 * i < taps. Its gradient is the correlation, with stride 1, of the output's gradient with these, in
 * reverse order. This is one axis of it. */
typedef struct phase_axis {
    int64_t first, count; /* input pixels */
    int64_t tap, taps;
    int64_t padding;
} phase_axis;

static phase_axis phase_of(const neuron_window *window, int64_t first)
{
    phase_axis phase = {.first = first};
    phase.count =
        first < window->input ? neuron_ceil_divide(window->input - first, window->stride) : 0;
    phase.tap = (first + window->padding) % window->stride;
    if (phase.tap < window->kernel)
        phase.taps = neuron_ceil_divide(window->kernel - phase.tap, window->stride);
    phase.padding = phase.taps - 1 - (first + window->padding) / window->stride;
    return phase;
}

static neuron_correlation phase_correlation(const neuron_spec *spec, const phase_axis *down,
                                            const phase_axis *along)
{
    neuron_correlation forward = forward_correlation(spec);
    bool met = down->taps > 0 && along->taps > 0;
    neuron_correlation correlation = {
        .height = forward.rows,
        .width = forward.columns,
        .channels = forward.filters,
        .kernel_height = met ? down->taps : 0,
        .kernel_width = met ? along->taps : 0,
        .stride_height = met,
        .stride_width = met,
        .top = met ? down->padding : 0,
        .left = met ? along->padding : 0,
        .rows = down->count,
        .columns = along->count,
        .filters = forward.channels,
    };
    correlation.pixel_step = forward.stride_width * forward.channels;
    correlation.row_step = forward.stride_height * forward.width * forward.channels;
    correlation.image_step = forward.height * forward.width * forward.channels;
    return correlation;
}

/* Where packed weights and bias lie in the scratch; what neuron_correlate() needs comes behind. */
typedef struct weights_layout {
    size_t weights, bias, total;
} weights_layout;

static weights_layout lay_out(const neuron_correlation *correlation)
{
    int64_t depth = correlation->kernel_height * correlation->kernel_width * correlation->channels;
    int64_t columns = neuron_panel_round(correlation->filters);
    weights_layout layout = {.total = 0};
    layout.weights = neuron_reserve(&layout.total, depth * columns, sizeof(float));
    layout.bias = neuron_reserve(&layout.total, columns, sizeof(float));
    return layout;
}

static size_t correlation_needs(const neuron_correlation *correlation, int64_t batch,
                                int32_t threads, const neuron_pooling *pooling)
{
    size_t total = lay_out(correlation).total;
    size_t more = neuron_correlate_scratch(correlation, batch, threads, pooling);
    return neuron_add_size(total, more, &total) ? total : SIZE_MAX;
}

/* The windows of a max_pool2d in the same pass; `spec` may be NULL. */
static neuron_pooling pooling_of(const neuron_spec *spec)
{
    neuron_pooling pooling = {0};
    if (spec) {
        neuron_window down = neuron_max_pool2d_window(spec, 0);
        neuron_window along = neuron_max_pool2d_window(spec, 1);
        pooling.window_rows = down.kernel;
        pooling.window_columns = along.kernel;
        pooling.rows = down.output;
        pooling.columns = along.output;
    }
    return pooling;
}

static void keep_larger(size_t *size, size_t other)
{
    if (*size < other)
        *size = other;
}

static void plan(const neuron_spec *spec, int64_t batch, bool training, int32_t threads,
                 neuron_needs *needs)
{
    neuron_correlation forward = forward_correlation(spec);
    neuron_pooling windows = pooling_of(needs->pooling);
    const neuron_pooling *pooling = needs->pooling ? &windows : NULL;
    needs->scratch = correlation_needs(&forward, batch, threads, pooling);
    needs->chunks = neuron_correlate_chunks(&forward, batch);
    if (!training)
        return;
    if (pooling) /* places */
        neuron_reserve(&needs->saved, neuron_shape_count(&needs->pooling->output) * batch, 1);
    neuron_gradient_rows rows = {.multiple =
                                     pooling ? pooling->window_rows : needs->gradient_multiple};
    keep_larger(&needs->scratch, neuron_weight_gradient_scratch(&forward, batch, threads,
                                                                rows.multiple ? &rows : NULL));
    neuron_window down = window(spec, 0), along = window(spec, 1);
    /* All phases of an axis beyond its extent are empty, however large the stride. */
    for (int64_t y = 0; y < neuron_min_count(down.stride, down.input); y++) {
        for (int64_t x = 0; x < neuron_min_count(along.stride, along.input); x++) {
            phase_axis phase_down = phase_of(&down, y), phase_along = phase_of(&along, x);
            neuron_correlation phase = phase_correlation(spec, &phase_down, &phase_along);
            keep_larger(&needs->scratch, correlation_needs(&phase, batch, threads, NULL));
        }
    }
}

/* Puts weights into panels, one group of columns a task. */
typedef struct pack_job {
    const neuron_run *run;
    const neuron_correlation *correlation;
    const phase_axis *down, *along; /* backward */
    float *packed;
} pack_job;

static void pack_forward(void *work, int64_t task, int32_t worker)
{
    (void)worker;
    const pack_job *job = work;
    const neuron_correlation *correlation = job->correlation;
    int64_t depth = correlation->kernel_height * correlation->kernel_width * correlation->channels;
    int64_t first = task * NEURON_PANEL_GROUP;
    int64_t columns = neuron_min_count(correlation->filters - first, NEURON_PANEL_GROUP);
    job->run->kernels->pack(job->packed + first * depth, job->run->values[0] + first,
                            correlation->filters, depth, columns, NULL);
}

/* One panel: rows are (tap, filter), columns are channels of the input from `first` on. */
static void pack_panel(const pack_job *job, int64_t first, int64_t width)
{
    const neuron_correlation *phase = job->correlation;
    neuron_correlation forward = forward_correlation(job->run->spec);
    int64_t filters = forward.filters;
    int64_t columns = neuron_min_count(phase->filters - first, width);
    float *to = job->packed + first * phase->kernel_height * phase->kernel_width * filters;
    memset(to, 0,
           (size_t)(phase->kernel_height * phase->kernel_width * filters * width) * sizeof *to);
    for (int64_t i = phase->kernel_height - 1; i >= 0; i--) {
        for (int64_t j = phase->kernel_width - 1; j >= 0; j--) {
            int64_t y = job->down->tap + i * forward.stride_height;
            int64_t x = job->along->tap + j * forward.stride_width;
            const float *from =
                job->run->values[0] +
                ((y * forward.kernel_width + x) * forward.channels + first) * filters;
            for (int64_t f = 0; f < filters; f++, to += width)
                for (int64_t c = 0; c < columns; c++)
                    to[c] = from[c * filters + f];
        }
    }
}

static void pack_backward(void *work, int64_t task, int32_t worker)
{
    (void)worker;
    const pack_job *job = work;
    int32_t lanes = job->run->kernels->lanes;
    int64_t columns = job->correlation->filters;
    int64_t end = neuron_min_count(columns, (task + 1) * NEURON_PANEL_GROUP);
    for (int64_t n = task * NEURON_PANEL_GROUP; n < end; n += 2 * lanes)
        pack_panel(job, n, neuron_panel_width(lanes, columns, n));
}

/* Packs the weights, then correlates. */
static void correlate(const pack_job *job, neuron_task pack, const float *source, const float *bias,
                      const neuron_epilogue *epilogue, const neuron_pooling *pooling,
                      neuron_moments *moments, float *output)
{
    const neuron_run *run = job->run;
    const neuron_correlation *correlation = job->correlation;
    weights_layout layout = lay_out(correlation);
    char *scratch = run->scratch;
    pack_job packing = *job;
    packing.packed = (float *)(void *)(scratch + layout.weights);
    neuron_pool_run(run->pool, neuron_ceil_divide(correlation->filters, NEURON_PANEL_GROUP), pack,
                    &packing);

    float *padded = (float *)(void *)(scratch + layout.bias);
    memset(padded, 0, (size_t)neuron_panel_round(correlation->filters) * sizeof *padded);
    if (bias)
        memcpy(padded, bias, (size_t)correlation->filters * sizeof *padded);
    neuron_correlation_run correlation_run = {.kernels = run->kernels,
                                              .pool = run->pool,
                                              .batch = run->batch,
                                              .source = source,
                                              .scratch = scratch + layout.total,
                                              .epilogue = *epilogue,
                                              .pooling = pooling,
                                              .moments = moments};
    neuron_correlate(correlation, &correlation_run, packing.packed, padded, output);
}

static void forward(const neuron_run *run)
{
    neuron_correlation correlation = forward_correlation(run->spec);
    pack_job job = {.run = run, .correlation = &correlation};
    neuron_epilogue epilogue = {.rectify = run->rectify,
                                .scale = run->scale,
                                .shift = run->shift,
                                .rectify_last = run->rectify_last};
    neuron_pooling pooling = pooling_of(run->pooling);
    pooling.output = run->output;
    pooling.places = run->training ? run->saved : NULL;
    correlate(&job, pack_forward, run->inputs[0],
              run->spec->array_count > 1 ? run->values[1] : NULL, &epilogue,
              run->pooling ? &pooling : NULL, run->measure, run->output);
}

static void input_gradient(const neuron_run *run)
{
    const neuron_spec *spec = run->spec;
    int64_t channels = spec->inputs[0].extent[2];
    neuron_window down = window(spec, 0), along = window(spec, 1);
    for (int64_t y = 0; y < neuron_min_count(down.stride, down.input); y++) {
        for (int64_t x = 0; x < neuron_min_count(along.stride, along.input); x++) {
            phase_axis phase_down = phase_of(&down, y), phase_along = phase_of(&along, x);
            neuron_correlation phase = phase_correlation(spec, &phase_down, &phase_along);
            pack_job job = {run, &phase, &phase_down, &phase_along, NULL};
            int64_t first = (y * along.input + x) * channels;
            neuron_epilogue epilogue = {.gate = run->gate ? run->inputs[0] + first : NULL};
            correlate(&job, pack_backward, run->output_gradient, NULL, &epilogue, NULL, NULL,
                      run->input_gradients[0] + first);
        }
    }
}

/* The gradient of rows of the output from that of its pooled values. */
static void unpool_rows(const void *maker, int64_t image, int64_t first, int64_t rows, float *to)
{
    const neuron_run *run = maker;
    const neuron_shape *output = &run->spec->output;
    neuron_pooling windows = pooling_of(run->pooling);
    int64_t width = windows.columns * output->extent[2];
    int64_t at = (image * windows.rows + first / windows.window_rows) * width;
    neuron_pool_work work = {
        .windows = windows.columns,
        .window_rows = windows.window_rows,
        .window_columns = windows.window_columns,
        .channels = output->extent[2],
        .row_step = output->extent[1] * output->extent[2],
        .places = (uint8_t *)run->saved + at,
        .gradients = run->output_gradient + at,
    };
    int64_t covered = work.windows * work.window_columns * work.channels, y = first;
    int64_t end = neuron_min_count(first + rows, windows.rows * work.window_rows);
    for (; y < end; y += work.window_rows) {
        work.value_gradients = to;
        run->kernels->pool_back(&work);
        for (int64_t i = 0; i < work.window_rows; i++, to += work.row_step)
            memset(to + covered, 0, (size_t)(work.row_step - covered) * sizeof *to);
        work.gradients += width;
        work.places += width;
    }
    memset(to, 0, (size_t)((first + rows - y) * work.row_step) * sizeof *to);
}

static void reader_rows(const void *maker, int64_t image, int64_t first, int64_t rows, float *to)
{
    const neuron_run *reader = maker;
    reader->spec->layer->gradient_rows(reader, image, first, rows, to);
}

static void backward(const neuron_run *run)
{
    neuron_correlation correlation = forward_correlation(run->spec);
    float *kernel = run->gradients[0];
    float *bias = run->spec->array_count > 1 ? run->gradients[1] : NULL;
    neuron_gradient_rows rows = {0};
    if (run->pooling)
        rows = (neuron_gradient_rows){unpool_rows, run, pooling_of(run->pooling).window_rows};
    if (run->reader)
        rows = (neuron_gradient_rows){reader_rows, run->reader, run->gradient_multiple};
    if (kernel || bias) {
        neuron_correlation_run correlation_run = {.kernels = run->kernels,
                                                  .pool = run->pool,
                                                  .batch = run->batch,
                                                  .source = run->inputs[0],
                                                  .scratch = run->scratch,
                                                  .gradient_rows = rows.make ? &rows : NULL};
        neuron_weight_gradient(&correlation, &correlation_run, run->output_gradient, kernel, bias);
    }
    if (run->input_gradients[0])
        input_gradient(run);
}

const neuron_layer neuron_layer_conv2d = {
    .name = "conv2d",
    .flags = NEURON_LAYER_READS_INPUT | NEURON_LAYER_RECTIFIES | NEURON_LAYER_SCALES |
             NEURON_LAYER_POOLS_FIRST | NEURON_LAYER_POOLS_PREDICTING | NEURON_LAYER_GATES |
             NEURON_LAYER_TAKES_ROWS | NEURON_LAYER_MEASURES,
    .option_count = sizeof options / sizeof *options,
    .options = options,
    .infer = infer,
    .plan = plan,
    .forward = forward,
    .backward = backward,
};
