/* Runs conv2d forward and backward, directly or by Winograd's way, whichever is faster. */
#include "layers/convolutions/conv2d.h"

#include "base/checked.h"
#include "ops/winograd.h"
#include "layers/image.h"
#include "layers/post.h"

#include <string.h>

/* The windows of a max_pool2d in the same pass; `spec` may be NULL. */
static neuron_pooling pooling_of(const neuron_spec *spec)
{
    neuron_pooling pooling = {0};
    if (spec) {
        neuron_window down = neuron_window_of(spec, 0);
        neuron_window along = neuron_window_of(spec, 1);
        pooling.window_rows = down.kernel;
        pooling.window_columns = along.kernel;
        pooling.rows = down.output;
        pooling.columns = along.output;
    }
    return pooling;
}

/* Winograd's way pools by windows of 2x2 when predicting, and keeps no places. */
static bool winograd_forward(const neuron_spec *spec, int64_t capacity, const neuron_spec *pooling,
                             bool training)
{
    neuron_correlation correlation = neuron_conv2d_forward(spec);
    neuron_pooling windows = pooling_of(pooling);
    bool pools = !training && windows.window_rows == 2 && windows.window_columns == 2;
    return (!pooling || pools) && neuron_winograd_fits(&correlation, capacity, !training);
}

static bool winograd_phase(const neuron_spec *spec, const neuron_conv2d_phase *phase,
                           int64_t capacity)
{
    neuron_correlation forward = neuron_conv2d_forward(spec);
    return neuron_winograd_fits(&forward, capacity, false) &&
           neuron_winograd_fits(&phase->correlation, capacity, false);
}

static bool winograd_weights(const neuron_spec *spec, int64_t capacity, bool rows)
{
    neuron_correlation forward = neuron_conv2d_forward(spec);
    return !rows && neuron_winograd_fits(&forward, capacity, false);
}

/* Where weights and bias lie, as the kernels want them. */
typedef struct weights_layout {
    size_t weights, bias, total;
} weights_layout;

static weights_layout lay_out(const neuron_correlation *correlation, bool winograd)
{
    int64_t depth = correlation->kernel_height * correlation->kernel_width * correlation->channels;
    int64_t columns = neuron_panel_round(correlation->filters);
    weights_layout layout = {.total = 0};
    if (winograd)
        layout.weights =
            neuron_reserve(&layout.total, 1, neuron_winograd_weights_size(correlation));
    else
        layout.weights = neuron_reserve(&layout.total, depth * columns, sizeof(float));
    layout.bias = neuron_reserve(&layout.total, columns, sizeof(float));
    return layout;
}

static void keep_larger(size_t *size, size_t other)
{
    if (*size < other)
        *size = other;
}

static size_t phase_needs(const neuron_spec *spec, const neuron_conv2d_phase *phase, int64_t batch,
                          int32_t threads)
{
    const neuron_correlation *correlation = &phase->correlation;
    bool winograd = winograd_phase(spec, phase, batch);
    size_t total = lay_out(correlation, winograd).total;
    size_t more = winograd ? neuron_winograd_correlate_scratch(correlation, batch, threads)
                           : neuron_correlate_scratch(correlation, batch, threads, NULL);
    return neuron_add_size(total, more, &total) ? total : SIZE_MAX;
}

static void plan_backward(const neuron_spec *spec, int64_t batch, int32_t threads,
                          neuron_needs *needs)
{
    neuron_correlation forward = neuron_conv2d_forward(spec);
    neuron_gradient_rows rows = {.multiple = needs->gradient_multiple};
    if (needs->pooling)
        rows.multiple = pooling_of(needs->pooling).window_rows;
    if (winograd_weights(spec, batch, rows.multiple > 0))
        keep_larger(&needs->scratch,
                    neuron_winograd_weight_gradient_scratch(&forward, batch, threads));
    else
        keep_larger(&needs->scratch, neuron_weight_gradient_scratch(&forward, batch, threads,
                                                                    rows.multiple ? &rows : NULL));
    for (int64_t y = 0; y < neuron_conv2d_phases(spec, 0); y++) {
        for (int64_t x = 0; x < neuron_conv2d_phases(spec, 1); x++) {
            neuron_conv2d_phase phase = neuron_conv2d_phase_at(spec, y, x);
            keep_larger(&needs->scratch, phase_needs(spec, &phase, batch, threads));
        }
    }
}

void neuron_conv2d_plan(const neuron_spec *spec, int64_t batch, bool training, int32_t threads,
                        neuron_needs *needs)
{
    neuron_correlation forward = neuron_conv2d_forward(spec);
    neuron_pooling pooling = pooling_of(needs->pooling);
    bool winograd = winograd_forward(spec, batch, needs->pooling, training);
    needs->prepared = lay_out(&forward, winograd).total;
    if (winograd) {
        needs->scratch = neuron_winograd_correlate_scratch(&forward, batch, threads);
    } else {
        needs->scratch =
            neuron_correlate_scratch(&forward, batch, threads, needs->pooling ? &pooling : NULL);
        needs->chunks = neuron_correlate_chunks(&forward, batch);
    }
    if (training && needs->pooling) /* places */
        neuron_reserve(&needs->saved, neuron_shape_count(&needs->pooling->output) * batch, 1);
    if (training)
        plan_backward(spec, batch, threads, needs);
}

static float *weights_at(void *memory, size_t place)
{
    return (float *)(void *)((char *)memory + place);
}

static void set_bias(const neuron_correlation *correlation, const float *bias, float *padded)
{
    memset(padded, 0, (size_t)neuron_panel_round(correlation->filters) * sizeof *padded);
    if (bias)
        memcpy(padded, bias, (size_t)correlation->filters * sizeof *padded);
}

void neuron_conv2d_prepare(const neuron_run *run)
{
    neuron_correlation correlation = neuron_conv2d_forward(run->spec);
    bool winograd = winograd_forward(run->spec, run->capacity, run->pooling, run->training);
    weights_layout layout = lay_out(&correlation, winograd);
    float *weights = weights_at(run->prepared, layout.weights);
    if (winograd)
        neuron_winograd_transform_weights(&correlation, run->kernels, run->pool, run->values[0],
                                          false, weights);
    else
        neuron_conv2d_pack(run, weights);
    set_bias(&correlation, run->spec->array_count > 1 ? run->values[1] : NULL,
             weights_at(run->prepared, layout.bias));
}

void neuron_conv2d_run_forward(const neuron_run *run)
{
    neuron_correlation correlation = neuron_conv2d_forward(run->spec);
    bool winograd = winograd_forward(run->spec, run->capacity, run->pooling, run->training);
    weights_layout layout = lay_out(&correlation, winograd);
    neuron_pooling pooling = pooling_of(run->pooling);
    pooling.output = run->output;
    pooling.places = run->training ? run->saved : NULL;
    neuron_post_ops post = neuron_run_post(run);
    if (run->pooling)
        neuron_post_append(&post,
                           (neuron_post_op){.kind = NEURON_POST_MAX_POOL, .pooling = &pooling});
    if (run->measure)
        neuron_post_append(
            &post, (neuron_post_op){.kind = NEURON_POST_STATISTICS, .statistics = run->measure});
    neuron_correlation_run work = {
        .kernels = run->kernels,
        .pool = run->pool,
        .batch = run->batch,
        .source = run->inputs[0],
        .scratch = run->scratch,
        .post = &post,
    };
    (winograd ? neuron_winograd_correlate
              : neuron_correlate)(&correlation, &work, weights_at(run->prepared, layout.weights),
                                  weights_at(run->prepared, layout.bias), run->output);
}

static void phase_gradient(const neuron_run *run, const neuron_conv2d_phase *phase)
{
    const neuron_correlation *correlation = &phase->correlation;
    const neuron_shape *input = &run->spec->inputs[0];
    int64_t first = (phase->down.first * input->extent[1] + phase->along.first) * input->extent[2];
    bool winograd = winograd_phase(run->spec, phase, run->capacity);
    weights_layout layout = lay_out(correlation, winograd);
    float *weights = weights_at(run->scratch, layout.weights);
    float *bias = weights_at(run->scratch, layout.bias);
    if (winograd)
        neuron_winograd_transform_weights(correlation, run->kernels, run->pool, run->values[0],
                                          true, weights);
    else
        neuron_conv2d_pack_phase(run, phase, weights);
    set_bias(correlation, NULL, bias);
    const neuron_post_ops post = neuron_run_post_back(run, first);
    neuron_correlation_run work = {
        .kernels = run->kernels,
        .pool = run->pool,
        .batch = run->batch,
        .source = run->output_gradient,
        .scratch = (char *)run->scratch + layout.total,
        .post = &post,
    };
    (winograd ? neuron_winograd_correlate : neuron_correlate)(correlation, &work, weights, bias,
                                                              run->input_gradients[0] + first);
}

static void input_gradient(const neuron_run *run)
{
    for (int64_t y = 0; y < neuron_conv2d_phases(run->spec, 0); y++) {
        for (int64_t x = 0; x < neuron_conv2d_phases(run->spec, 1); x++) {
            neuron_conv2d_phase phase = neuron_conv2d_phase_at(run->spec, y, x);
            phase_gradient(run, &phase);
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

/* Where the gradient of the output comes from, if it is no array. */
static neuron_gradient_rows rows_of(const neuron_run *run)
{
    if (run->pooling)
        return (neuron_gradient_rows){unpool_rows, run, pooling_of(run->pooling).window_rows};
    if (run->reader)
        return (neuron_gradient_rows){reader_rows, run->reader, run->gradient_multiple};
    return (neuron_gradient_rows){0};
}

static void weight_gradient(const neuron_run *run)
{
    neuron_correlation correlation = neuron_conv2d_forward(run->spec);
    float *kernel = run->gradients[0];
    float *bias = run->spec->array_count > 1 ? run->gradients[1] : NULL;
    neuron_gradient_rows rows = rows_of(run);
    neuron_correlation_run work = {.kernels = run->kernels,
                                   .pool = run->pool,
                                   .batch = run->batch,
                                   .source = run->inputs[0],
                                   .scratch = run->scratch,
                                   .gradient_rows = rows.make ? &rows : NULL};
    if (!kernel && !bias)
        return;
    if (winograd_weights(run->spec, run->capacity, rows.make))
        neuron_winograd_weight_gradient(&correlation, &work, run->output_gradient, kernel, bias);
    else
        neuron_weight_gradient(&correlation, &work, run->output_gradient, kernel, bias);
}

void neuron_conv2d_run_backward(const neuron_run *run)
{
    weight_gradient(run);
    if (run->input_gradients[0])
        input_gradient(run);
}
