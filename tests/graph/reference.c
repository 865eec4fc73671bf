#include "reference.h"

#include "test-common.h"

#include <math.h>

struct reference {
    const neuron_graph_t *graph;
    int64_t batch;
    bool training;
    uint64_t seed, step;
    double **values; /* of each node */
};

/* One layer at work. */
typedef struct call {
    const reference_t *reference;
    const neuron_node_t *node;
    const double *parameters;
    const neuron_shape *shape; /* of the output */
    const neuron_shape *from;  /* of the first input */
    int64_t count;             /* values of all examples together */
    const double *x;           /* first input */
    double *y;
} call;

reference_t *reference_create(const neuron_graph_t *graph, int64_t batch, bool training,
                              uint64_t seed, uint64_t step)
{
    reference_t *made = malloc(sizeof *made);
    ck_assert_ptr_nonnull(made);
    *made = (reference_t){
        .graph = graph, .batch = batch, .training = training, .seed = seed, .step = step};
    made->values = calloc((size_t)graph->node_count, sizeof *made->values);
    ck_assert_ptr_nonnull(made->values);
    for (int32_t i = 0; i < graph->node_count; i++) {
        int64_t count = batch * neuron_shape_count(&graph->nodes[i]->spec.output);
        made->values[i] = calloc((size_t)count, sizeof **made->values);
        ck_assert_ptr_nonnull(made->values[i]);
    }
    return made;
}

void reference_destroy(reference_t *reference)
{
    for (int32_t i = 0; i < reference->graph->node_count; i++)
        free(reference->values[i]);
    free(reference->values);
    free(reference);
}

const double *reference_value(const reference_t *reference, const neuron_node_t *node)
{
    return reference->values[node->index];
}

static double option(const call *c, int32_t key)
{
    double value;
    assert_ok(neuron_node_get(c->node, key, &value));
    return value;
}

/* A parameter array by its name, or NULL. */
static const double *array(const call *c, const char *name)
{
    for (int32_t i = 0; i < c->node->spec.array_count; i++)
        if (strcmp(c->node->spec.arrays[i].name, name) == 0)
            return c->parameters + c->reference->graph->arrays[c->node->first_array + i].offset;
    return NULL;
}

static const double *input(const call *c, int32_t i)
{
    return c->reference->values[c->node->inputs[i]->index];
}

static double weight(const call *c, int32_t i)
{
    return c->node->weights ? c->node->weights[i] : 1;
}

static void copy(const call *c)
{
    memcpy(c->y, c->x, (size_t)c->count * sizeof *c->y);
}

static void dense(const call *c)
{
    const double *kernel = array(c, "kernel"), *bias = array(c, "bias");
    int64_t in = c->from->extent[0], units = c->shape->extent[0];
    for (int64_t e = 0; e < c->reference->batch; e++)
        for (int64_t u = 0; u < units; u++) {
            double sum = bias ? bias[u] : 0;
            for (int64_t i = 0; i < in; i++)
                sum += c->x[e * in + i] * kernel[i * units + u];
            c->y[e * units + u] = sum;
        }
}

/* Rows or columns of padding before the first pixel. */
static int64_t padding_before(const call *c, int axis, int64_t kernel, int64_t stride)
{
    int64_t in = c->from->extent[axis], out = c->shape->extent[axis];
    if (option(c, NEURON_NODE_PADDING) == NEURON_PADDING_VALID) {
        ck_assert_int_eq(out, (in - kernel) / stride + 1);
        return 0;
    }
    ck_assert_int_eq(out, (in + stride - 1) / stride);
    int64_t missing = (out - 1) * stride + kernel - in;
    return missing > 0 ? missing / 2 : 0;
}

/* A window that slides over images. */
typedef struct window {
    int64_t height, width, channels; /* of the input */
    int64_t rows, columns, filters;  /* of the output */
    int64_t kernel_height, kernel_width;
    int64_t stride_height, stride_width, top, left;
} window;

static window window_of(const call *c)
{
    window w = {
        .height = c->from->extent[0],
        .width = c->from->extent[1],
        .channels = c->from->extent[2],
        .rows = c->shape->extent[0],
        .columns = c->shape->extent[1],
        .filters = c->shape->extent[2],
        .kernel_height = (int64_t)option(c, NEURON_NODE_KERNEL_HEIGHT),
        .kernel_width = (int64_t)option(c, NEURON_NODE_KERNEL_WIDTH),
        .stride_height = (int64_t)option(c, NEURON_NODE_STRIDE_HEIGHT),
        .stride_width = (int64_t)option(c, NEURON_NODE_STRIDE_WIDTH),
    };
    w.top = padding_before(c, 0, w.kernel_height, w.stride_height);
    w.left = padding_before(c, 1, w.kernel_width, w.stride_width);
    return w;
}

/* The pixel under (i, j) of the window at (row, column), or NULL in the padding. */
static const double *pixel(const window *w, const double *image, int64_t row, int64_t column,
                           int64_t i, int64_t j)
{
    int64_t y = row * w->stride_height - w->top + i, x = column * w->stride_width - w->left + j;
    if (y < 0 || y >= w->height || x < 0 || x >= w->width)
        return NULL;
    return image + (y * w->width + x) * w->channels;
}

static double convolve(const window *w, const double *image, const double *kernel, int64_t row,
                       int64_t column, int64_t filter)
{
    double sum = 0;
    for (int64_t i = 0; i < w->kernel_height; i++)
        for (int64_t j = 0; j < w->kernel_width; j++) {
            const double *from = pixel(w, image, row, column, i, j);
            for (int64_t k = 0; from && k < w->channels; k++)
                sum += from[k] *
                       kernel[((i * w->kernel_width + j) * w->channels + k) * w->filters + filter];
        }
    return sum;
}

static void conv2d(const call *c)
{
    const window w = window_of(c);
    const double *kernel = array(c, "kernel"), *bias = array(c, "bias");
    double *y = c->y;
    for (int64_t e = 0; e < c->reference->batch; e++)
        for (int64_t row = 0; row < w.rows; row++)
            for (int64_t column = 0; column < w.columns; column++)
                for (int64_t f = 0; f < w.filters; f++)
                    *y++ = (bias ? bias[f] : 0) +
                           convolve(&w, c->x + e * w.height * w.width * w.channels, kernel, row,
                                    column, f);
}

static double largest_in(const window *w, const double *image, int64_t row, int64_t column,
                         int64_t channel)
{
    double largest = -INFINITY;
    for (int64_t i = 0; i < w->kernel_height; i++)
        for (int64_t j = 0; j < w->kernel_width; j++) {
            const double *from = pixel(w, image, row, column, i, j);
            if (from && from[channel] > largest)
                largest = from[channel];
        }
    return largest;
}

static void max_pool2d(const call *c)
{
    const window w = window_of(c);
    double *y = c->y;
    for (int64_t e = 0; e < c->reference->batch; e++)
        for (int64_t row = 0; row < w.rows; row++)
            for (int64_t column = 0; column < w.columns; column++)
                for (int64_t k = 0; k < w.channels; k++)
                    *y++ =
                        largest_in(&w, c->x + e * w.height * w.width * w.channels, row, column, k);
}

static void batch_norm(const call *c)
{
    int64_t channels = c->shape->extent[c->shape->rank - 1], rows = c->count / channels;
    const double *gamma = array(c, "gamma"), *beta = array(c, "beta");
    for (int64_t k = 0; k < channels; k++) {
        double mean = array(c, "moving_mean")[k], variance = array(c, "moving_variance")[k];
        if (c->reference->training && !c->node->frozen) {
            mean = variance = 0;
            for (int64_t row = 0; row < rows; row++)
                mean += c->x[row * channels + k] / (double)rows;
            for (int64_t row = 0; row < rows; row++)
                variance += pow(c->x[row * channels + k] - mean, 2) / (double)rows;
        }
        double scale = gamma[k] / sqrt(variance + option(c, NEURON_NODE_EPSILON));
        for (int64_t row = 0; row < rows; row++)
            c->y[row * channels + k] = (c->x[row * channels + k] - mean) * scale + beta[k];
    }
}

/* A value is dropped if its 16 random bits, as a fraction, are below the rate. Of every 64 values
 * number i takes them from block i % 8 of eight: number i / 8 % 4 of it, the lower half for the first
 * 32 values, the upper one for the others. */
static void dropout(const call *c)
{
    const double rate = c->reference->training ? option(c, NEURON_NODE_RATE) : 0;
    const neuron_random random = {.seed = c->reference->seed,
                                  .stream = (uint32_t)c->node->index,
                                  .use = NEURON_RANDOM_DROPOUT};
    for (int64_t i = 0; i < c->count; i++) {
        uint32_t numbers[4], place = (uint32_t)(i % 64);
        uint64_t block = (uint64_t)i / 64 * 8 + place % 8;
        neuron_random_block(&random, (c->reference->step << 32) + block, numbers);
        uint32_t bits = numbers[place / 8 % 4] >> (place < 32 ? 0 : 16) & 0xffff;
        bool dropped = bits < rint(rate * 0x1p16);
        c->y[i] = dropped ? 0 : c->x[i] / (1 - rate);
    }
}

static void relu(const call *c)
{
    for (int64_t i = 0; i < c->count; i++)
        c->y[i] = c->x[i] > 0 ? c->x[i] : 0;
}

static void hyperbolic_tangent(const call *c)
{
    for (int64_t i = 0; i < c->count; i++)
        c->y[i] = tanh(c->x[i]);
}

static void softmax(const call *c)
{
    int64_t width = c->shape->extent[c->shape->rank - 1];
    for (int64_t row = 0; row < c->count / width; row++) {
        const double *x = c->x + row * width;
        double largest = x[0], sum = 0;
        for (int64_t i = 0; i < width; i++)
            largest = fmax(largest, x[i]);
        for (int64_t i = 0; i < width; i++)
            sum += exp(x[i] - largest);
        for (int64_t i = 0; i < width; i++)
            c->y[row * width + i] = exp(x[i] - largest) / sum;
    }
}

/* Takes each value of the output from where its coordinates say. */
static void concat(const call *c)
{
    int32_t rank = c->shape->rank, axis = (int32_t)option(c, NEURON_NODE_AXIS);
    if (axis < 0)
        axis += rank;
    for (int64_t o = 0; o < c->count; o++) {
        int64_t place[NEURON_RANK_MAX] = {0}, rest = o;
        for (int32_t a = rank - 1; a >= 0; a--) {
            place[a] = rest % c->shape->extent[a];
            rest /= c->shape->extent[a];
        }
        int32_t i = 0;
        while (place[axis] >= c->node->inputs[i]->spec.output.extent[axis])
            place[axis] -= c->node->inputs[i++]->spec.output.extent[axis];
        int64_t from = rest; /* the example */
        for (int32_t a = 0; a < rank; a++)
            from = from * c->node->inputs[i]->spec.output.extent[a] + place[a];
        c->y[o] = input(c, i)[from];
    }
}

static void average(const call *c)
{
    double all = 0;
    for (int32_t i = 0; i < c->node->spec.input_count; i++)
        all += weight(c, i);
    for (int64_t v = 0; v < c->count; v++) {
        c->y[v] = 0;
        for (int32_t i = 0; i < c->node->spec.input_count; i++)
            c->y[v] += weight(c, i) * input(c, i)[v] / all;
    }
}

/* Without ties, which inputs of a random test do not have. */
static void vote(const call *c)
{
    int64_t classes = c->shape->extent[c->shape->rank - 1];
    double all = 0;
    for (int32_t i = 0; i < c->node->spec.input_count; i++)
        all += weight(c, i);
    for (int64_t row = 0; row < c->count / classes; row++) {
        double *y = c->y + row * classes;
        for (int64_t k = 0; k < classes; k++)
            y[k] = 0;
        for (int32_t i = 0; i < c->node->spec.input_count; i++) {
            const double *x = input(c, i) + row * classes;
            int64_t best = 0;
            for (int64_t k = 1; k < classes; k++)
                best = x[k] > x[best] ? k : best;
            y[best] += weight(c, i) / all;
        }
    }
}

static const struct {
    const char *layer;
    void (*forward)(const call *c);
} table[] = {
    {"average", average},
    {"batch_norm", batch_norm},
    {"concat", concat},
    {"conv2d", conv2d},
    {"dense", dense},
    {"dropout", dropout},
    {"flatten", copy},
    {"max_pool2d", max_pool2d},
    {"relu", relu},
    {"softmax", softmax},
    {"tanh", hyperbolic_tangent},
    {"vote", vote},
    {"weighted_average", average},
};

static void forward_node(reference_t *reference, const neuron_node_t *node,
                         const double *parameters)
{
    const neuron_node_t *first = node->inputs[0];
    const call c = {
        .reference = reference,
        .node = node,
        .parameters = parameters,
        .shape = &node->spec.output,
        .from = &first->spec.output,
        .count = reference->batch * neuron_shape_count(&node->spec.output),
        .x = reference->values[first->index],
        .y = reference->values[node->index],
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (strcmp(table[i].layer, node->spec.layer->name) == 0) {
            table[i].forward(&c);
            return;
        }
    ck_abort_msg("the reference does not know the layer %s", node->spec.layer->name);
}

void reference_forward(reference_t *reference, const double *parameters, const float *examples)
{
    const neuron_graph_t *graph = reference->graph;
    int64_t count = reference->batch * neuron_shape_count(&graph->input->spec.output);
    for (int64_t i = 0; i < count; i++)
        reference->values[graph->input->index][i] = (double)examples[i];
    for (int32_t i = 0; i < graph->node_count; i++)
        if (graph->nodes[i] != graph->input)
            forward_node(reference, graph->nodes[i], parameters);
}

double reference_loss(const reference_t *reference, const float *target)
{
    const double *y = reference_value(reference, reference->graph->output);
    int64_t classes = neuron_shape_count(&reference->graph->output->spec.output);
    double loss = 0;
    for (int64_t e = 0; e < reference->batch; e++) {
        double sum = 0;
        for (int64_t k = 0; k < classes; k++)
            sum += y[e * classes + k];
        for (int64_t k = 0; k < classes; k++)
            loss -= (double)target[e * classes + k] * log(y[e * classes + k] / sum);
    }
    return loss / (double)reference->batch;
}
