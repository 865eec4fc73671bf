/* Predictions of examples that were held out: see held-out.h. */
#include "calibrate/held-out.h"

#include "base/checked.h"
#include "base/tensor.h"
#include "base/text/number.h"
#include "graph/meaning.h"
#include "losses/loss.h"

#include <inttypes.h>
#include <math.h>

void neuron_held_out_end(neuron_held_out *held_out)
{
    neuron_tensor_unref(held_out->probabilities);
    neuron_release(held_out->context, held_out->labels);
    neuron_release(held_out->context, held_out->targets);
}

int64_t neuron_held_out_count(const neuron_held_out *held_out, int64_t k)
{
    int64_t count = 0;
    for (int64_t i = 0; i < held_out->count; i++)
        count += neuron_held_out_is(held_out, i, k);
    return count;
}

static int check(const neuron_graph_t *graph, int64_t output, const neuron_dataset_t *dataset,
                 const char *who)
{
    char text[NEURON_SHAPE_TEXT];
    const neuron_node_t *node = graph->outputs[output];
    RETURN_IF_ERROR(neuron_graph_check_judged(graph, dataset, who));
    if (node->spec.output.rank != 1)
        return neuron_fail(NEURON_E_SHAPE,
                           "%s: %s puts out %s; it must be a vector of probabilities", who,
                           node->name, neuron_shape_text(&node->spec.output, text));
    if (dataset->count == 0)
        return neuron_fail(NEURON_E_DATA, "%s: the dataset has no examples", who);
    return NEURON_OK;
}

/* Predicts all outputs, and keeps one. */
static int predict(neuron_held_out *held_out, const neuron_graph_t *graph, int64_t output,
                   const neuron_dataset_t *dataset)
{
    size_t count = neuron_size(graph->output_count);
    neuron_tensor_t **outputs =
        neuron_allocate_zero(held_out->context, count, sizeof(neuron_tensor_t *));
    int status = outputs ? NEURON_OK : NEURON_E_MEMORY;
    for (int32_t i = 0; i < graph->output_count && status == NEURON_OK; i++) {
        const neuron_shape *shape = &graph->outputs[i]->spec.output;
        int64_t extents[NEURON_RANK_MAX] = {dataset->count};
        memcpy(extents + 1, shape->extent, (size_t)shape->rank * sizeof *extents);
        status = neuron_tensor_create_raw(&outputs[i], held_out->context, NEURON_TYPE_F32, extents,
                                          shape->rank + 1);
    }
    if (status == NEURON_OK)
        status = neuron_graph_predict_dataset_many(graph, dataset, outputs, graph->output_count);
    if (status == NEURON_OK)
        held_out->probabilities = neuron_tensor_ref(outputs[output]);
    for (int32_t i = 0; outputs && i < graph->output_count; i++)
        neuron_tensor_unref(outputs[i]);
    neuron_release(held_out->context, outputs);
    return status;
}

/* How far probabilities may be from adding up to 1, as those of a dataset may: halves are off by up
 * to a part in 2048. */
static const double tolerance = NEURON_LOSS_SUM_TOLERANCE;

static int check_row(const neuron_held_out *held_out, int64_t example, const char *who)
{
    char text[NEURON_NUMBER_TEXT];
    const float *p = neuron_held_out_row(held_out, example);
    double sum = 0;
    for (int64_t k = 0; k < held_out->classes; k++) {
        if (!isfinite(p[k]))
            return neuron_fail(NEURON_E_NOT_FINITE,
                               "%s: output %" PRId64 " of example %" PRId64
                               " is not a finite number",
                               who, k, example);
        if (p[k] < 0 || (double)p[k] > 1 + tolerance)
            return neuron_fail(NEURON_E_DATA,
                               "%s: output %" PRId64 " of example %" PRId64
                               " is %s; it must be a probability, as of softmax or sigmoid",
                               who, k, example, neuron_number_short((double)p[k], text));
        sum += (double)p[k];
    }
    if (held_out->labels && held_out->classes > 1 && fabs(sum - 1) > tolerance)
        return neuron_fail(NEURON_E_DATA,
                           "%s: outputs of example %" PRId64
                           " add up to %s; probabilities of classes add up to 1",
                           who, example, neuron_number_short(sum, text));
    return NEURON_OK;
}

static int read_targets(neuron_held_out *held_out, const neuron_dataset_t *dataset, const char *who)
{
    char text[NEURON_NUMBER_TEXT];
    size_t size = neuron_size_of(held_out->classes, sizeof *held_out->targets);
    held_out->targets = neuron_allocate(held_out->context, neuron_size(held_out->count), size);
    if (!held_out->targets)
        return NEURON_E_MEMORY;
    for (int64_t i = 0; i < held_out->count; i++) {
        float *targets = held_out->targets + i * held_out->classes;
        neuron_dataset_copy_target(dataset, i, targets);
        for (int64_t k = 0; k < held_out->classes; k++)
            if (targets[k] != 0 && targets[k] != 1)
                return neuron_fail(NEURON_E_DATA,
                                   "%s: target %" PRId64 " of example %" PRId64
                                   " is %s; with multi_label it must be 0 or 1",
                                   who, k, i, neuron_number_short((double)targets[k], text));
    }
    return NEURON_OK;
}

static int read_labels(neuron_held_out *held_out, const neuron_dataset_t *dataset)
{
    held_out->labels =
        neuron_allocate(held_out->context, neuron_size(held_out->count), sizeof *held_out->labels);
    if (!held_out->labels)
        return NEURON_E_MEMORY;
    for (int64_t i = 0; i < held_out->count; i++)
        held_out->labels[i] = neuron_dataset_label(dataset, i);
    return NEURON_OK;
}

int neuron_held_out_read(neuron_held_out *held_out, const neuron_graph_t *graph, int64_t output,
                         const neuron_dataset_t *dataset, bool multi_label, const char *who)
{
    *held_out = (neuron_held_out){.context = graph->context};
    RETURN_IF_ERROR(check(graph, output, dataset, who));
    const neuron_dataset_t *part = neuron_dataset_target_at(dataset, output);
    held_out->count = dataset->count;
    held_out->classes = graph->outputs[output]->spec.output.extent[0];
    RETURN_IF_ERROR(multi_label ? read_targets(held_out, part, who) : read_labels(held_out, part));
    RETURN_IF_ERROR(predict(held_out, graph, output, dataset));
    for (int64_t i = 0; i < held_out->count; i++)
        RETURN_IF_ERROR(check_row(held_out, i, who));
    return NEURON_OK;
}
