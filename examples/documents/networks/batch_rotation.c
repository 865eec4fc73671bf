/* The rotation of document 000 as its networks had it: see batch_rotation.h. It also shows a layer
 * of a program's own that works across the examples of a batch. */
#include "batch_rotation.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { PARTS = 10000, FACTORS_MAX = 16, KIND_MAX = 32 };

static const double full_turn = 6.283185307179586;

/* Where a row of an example comes from: four rows of the batch, and how much of each. */
typedef struct {
    int64_t from[4];
    float share[4];
} blend_t;

/* An index beyond an axis, mirrored at its ends until it is on it: c b a | a b c | c b a. */
static int64_t mirror(int64_t index, int64_t extent)
{
    int64_t period = 2 * extent;
    int64_t within = ((index % period) + period) % period;

    return within < extent ? within : period - 1 - within;
}

/* The four rows around a point of the batch, `y` along its examples and `x` along their rows. */
static blend_t blend_at(double y, double x, int64_t examples, int64_t rows)
{
    double above = floor(y);
    double left = floor(x);
    float down = (float)(y - above);
    float right = (float)(x - left);
    blend_t blend = {
        .share = {(1 - down) * (1 - right), (1 - down) * right, down * (1 - right), down * right}};

    for (int i = 0; i < 4; i++)
        blend.from[i] =
            mirror((int64_t)above + i / 2, examples) * rows + mirror((int64_t)left + i % 2, rows);
    return blend;
}

/* The angle of this step, in radians; 0 where nothing is rotated. */
static double angle_of(const neuron_custom_run_t *run, double factor)
{
    float number;

    if (neuron_custom_run_training(run) == 0 ||
        neuron_custom_run_random(&number, run, 0, 1) != NEURON_OK)
        return 0;
    return (2 * (double)number - 1) * factor * full_turn;
}

/* Adds what each row of `to` takes from rows of `from`, or with `back` gives it back. */
static void rotate(const neuron_custom_run_t *run, double factor, const float *from, float *to,
                   int back)
{
    int64_t examples = neuron_custom_run_batch(run);
    int64_t shape[NEURON_RANK_MAX];
    int32_t rank;

    neuron_custom_run_output_shape(shape, &rank, run);
    int64_t rows = shape[0];
    int64_t columns = neuron_custom_run_output_size(run) / rows;
    double angle = angle_of(run, factor);
    double middle_y = (double)(examples - 1) / 2;
    double middle_x = (double)(rows - 1) / 2;

    memset(to, 0, sizeof *to * (size_t)(examples * rows * columns));
    for (int64_t row = 0; row < examples * rows; row++) {
        double y = (double)(row / rows) - middle_y;
        double x = (double)(row % rows) - middle_x;
        blend_t blend = blend_at(sin(angle) * x + cos(angle) * y + middle_y,
                                 cos(angle) * x - sin(angle) * y + middle_x, examples, rows);

        for (int i = 0; i < 4; i++) {
            const float *source = from + (back ? row : blend.from[i]) * columns;
            float *target = to + (back ? blend.from[i] : row) * columns;

            for (int64_t column = 0; column < columns; column++)
                target[column] += blend.share[i] * source[column];
        }
    }
}

static int forward(neuron_custom_run_t *run, void *user_data)
{
    const double *factor = user_data;

    rotate(run, *factor, neuron_custom_run_input(run, 0), neuron_custom_run_output(run), 0);
    return 0;
}

static int backward(neuron_custom_run_t *run, void *user_data)
{
    const double *factor = user_data;
    float *gradient = neuron_custom_run_input_gradient(run, 0);

    if (gradient != NULL)
        rotate(run, *factor, neuron_custom_run_output_gradient(run), gradient, 1);
    return 0;
}

static void name_kind(char name[KIND_MAX], double factor)
{
    snprintf(name, KIND_MAX, "batch_rotation_%.0f", factor * PARTS);
}

int batch_rotation_register(neuron_context_t *context, double factor)
{
    static double factors[FACTORS_MAX];
    static int count;
    char name[KIND_MAX];

    for (int i = 0; i < count; i++)
        if (factors[i] == factor)
            return NEURON_OK;
    if (count == FACTORS_MAX)
        return NEURON_E_ARGUMENT;
    factors[count] = factor;
    name_kind(name, factor);
    return neuron_custom_layer_register(context, name, forward, backward, NULL, &factors[count++],
                                        NULL);
}

neuron_node_t *batch_rotation(neuron_graph_t *graph, neuron_node_t *input, double factor)
{
    char name[KIND_MAX];

    name_kind(name, factor);
    return neuron_custom_layer(graph, name, &input, 1, NULL, 0);
}
