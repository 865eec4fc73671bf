/* Weighted sums of inputs of one shape, and their gradients: the arithmetic of add, average and
 * weighted_average. */
#include "layers/joins/join.h"

#include "base/checked.h"
#include "layers/pieces.h"
#include "layers/post.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

static int check_weights(const neuron_spec *spec, const char *node)
{
    double sum = 0;
    for (int32_t i = 0; i < spec->input_count; i++) {
        double weight = spec->weights[i];
        if (!isfinite(weight) || weight < 0)
            return neuron_fail(NEURON_E_ARGUMENT,
                               "%s: weight %" PRId32
                               " is %s; it must be a finite number of 0 or more",
                               node, i, weight < 0 ? "negative" : "not finite");
        sum += weight;
    }
    if (!(sum > 0) || !isfinite(sum))
        return neuron_fail(NEURON_E_ARGUMENT, "%s: the weights add up to %s", node,
                           sum > 0 ? "infinity" : "0; one must be above 0");
    return NEURON_OK;
}

int neuron_join_infer(neuron_spec *spec, const char *node)
{
    char text[2][NEURON_SHAPE_TEXT];
    for (int32_t i = 1; i < spec->input_count; i++)
        if (!neuron_shape_equal(&spec->inputs[i], &spec->inputs[0]))
            return neuron_fail(NEURON_E_SHAPE, "%s: input %" PRId32 " is %s, input 0 is %s", node,
                               i, neuron_shape_text(&spec->inputs[i], text[0]),
                               neuron_shape_text(&spec->inputs[0], text[1]));
    if (spec->weights)
        RETURN_IF_ERROR(check_weights(spec, node));
    spec->output = spec->inputs[0];
    return NEURON_OK;
}

/* What all weights add up to. */
static double total_weight(const neuron_spec *spec)
{
    if (!spec->weights)
        return spec->layer->flags & NEURON_LAYER_SUMS ? 1.0 : (double)spec->input_count;
    double sum = 0;
    for (int32_t i = 0; i < spec->input_count; i++)
        sum += spec->weights[i];
    return sum;
}

static double weight_of(const neuron_spec *spec, double total, int32_t input)
{
    return (spec->weights ? spec->weights[input] : 1.0) / total;
}

double neuron_join_weight(const neuron_spec *spec, int32_t input)
{
    return weight_of(spec, total_weight(spec), input);
}

/* Values that stay in the nearest cache while all inputs are gone through. */
enum { BLOCK = 1024 };

/* Without weights, so that nothing is rounded but the sums. */
static bool is_sum(const neuron_spec *spec)
{
    return !spec->weights && (spec->layer->flags & NEURON_LAYER_SUMS) && spec->input_count > 1;
}

static void sum_piece(const neuron_run *run, int64_t first, int64_t count)
{
    const neuron_element_kernels *element = run->kernels->element;
    float *output = run->output + first;
    element->sum(run->inputs[0] + first, run->inputs[1] + first, count, output);
    for (int32_t input = 2; input < run->spec->input_count; input++)
        element->sum(output, run->inputs[input] + first, count, output);
    neuron_post_finish(run, 0, first, count);
}

static void forward_piece(const neuron_run *run, int64_t first, int64_t count)
{
    double total = total_weight(run->spec);
    for (int64_t at = first; at < first + count; at += BLOCK)
        for (int32_t input = 0; input < run->spec->input_count; input++)
            run->kernels->element->weigh(
                run->inputs[input] + at, neuron_min_count(BLOCK, first + count - at),
                (float)weight_of(run->spec, total, input), input > 0, run->output + at);
    neuron_post_finish(run, 0, first, count);
}

static void copy_piece(const neuron_run *run, int64_t first, int64_t count)
{
    for (int32_t input = 0; input < run->spec->input_count; input++)
        if (run->input_gradients[input])
            memcpy(run->input_gradients[input] + first, run->output_gradient + first,
                   (size_t)count * sizeof(float));
}

static void backward_piece(const neuron_run *run, int64_t first, int64_t count)
{
    double total = total_weight(run->spec);
    for (int64_t at = first; at < first + count; at += BLOCK)
        for (int32_t input = 0; input < run->spec->input_count; input++)
            if (run->input_gradients[input])
                run->kernels->element->weigh(run->output_gradient + at,
                                             neuron_min_count(BLOCK, first + count - at),
                                             (float)weight_of(run->spec, total, input), false,
                                             run->input_gradients[input] + at);
}

int neuron_join_forward(const neuron_run *run)
{
    neuron_run_pieces(run, neuron_post_width(run), is_sum(run->spec) ? sum_piece : forward_piece);
    return NEURON_OK;
}

int neuron_join_backward(const neuron_run *run)
{
    neuron_run_pieces(run, 1, is_sum(run->spec) ? copy_piece : backward_piece);
    return NEURON_OK;
}
