/* The largest output is the class; of a single output, which side of a half it is on. */
#include "report/sections/predictions.h"

#include <libneuron/tensor.h>

__attribute__((nothrow)) static void end_tensor(neuron_tensor_t **tensor)
{
    neuron_tensor_unref(*tensor);
}

/* How many numbers an example has at the output, which must be one for each class, or one. */
static int check_output(int64_t *outputs, const neuron_graph_t *graph, const char *name,
                        const neuron_dataset_t *dataset, const char *who)
{
    int64_t shape[NEURON_RANK_MAX];
    int32_t rank;
    if (neuron_graph_output_count(graph) == 0)
        return neuron_fail(NEURON_E_STATE, "%s: %s is not finished", who, name);
    if (neuron_graph_output_count(graph) != 1 || neuron_graph_input_count(graph) != 1)
        return neuron_fail(
            NEURON_E_SHAPE,
            "%s: %s has %" PRId64 " inputs and %" PRId64 " outputs; it must have one of each", who,
            name, neuron_graph_input_count(graph), neuron_graph_output_count(graph));
    if (neuron_dataset_target_count(dataset) == 0)
        return neuron_fail(NEURON_E_DATA, "%s: the dataset has no classes", who);
    RETURN_IF_ERROR(neuron_graph_output_shape(shape, &rank, graph));
    *outputs = 1;
    for (int32_t i = 0; i < rank; i++)
        *outputs *= shape[i];
    int64_t classes = neuron_dataset_class_count(dataset);
    if (*outputs != classes && (*outputs != 1 || classes != 2))
        return neuron_fail(NEURON_E_SHAPE,
                           "%s: %s has %" PRId64 " numbers at its output, the dataset has %" PRId64
                           " classes",
                           who, name, *outputs, classes);
    return NEURON_OK;
}

static neuron_prediction judge(const float *outputs, int64_t count, int32_t truth)
{
    if (count == 1) {
        int32_t predicted = outputs[0] > 0.5f;
        float one = outputs[0], zero = 1 - one;
        return (neuron_prediction){truth, predicted, truth == 1 ? one : zero,
                                   predicted ? one : zero};
    }
    int64_t best = 0;
    for (int64_t k = 1; k < count; k++)
        if (outputs[k] > outputs[best] || outputs[best] != outputs[best])
            best = k;
    return (neuron_prediction){truth, (int32_t)best, outputs[truth], outputs[best]};
}

/* The tensor of all outputs. */
static int predict(neuron_tensor_t **outputs, neuron_context_t *context,
                   const neuron_graph_t *graph, const neuron_dataset_t *dataset)
{
    int64_t shape[NEURON_RANK_MAX + 1] = {neuron_dataset_count(dataset)};
    int32_t rank;
    RETURN_IF_ERROR(neuron_graph_output_shape(shape + 1, &rank, graph));
    RETURN_IF_ERROR(neuron_tensor_create(outputs, context, NEURON_TYPE_F32, shape, rank + 1));
    return neuron_graph_predict_dataset(graph, dataset, *outputs);
}

int neuron_predictions_make(neuron_buffer *room, neuron_tensor_t **kept,
                            const neuron_graph_t *graph, const char *name,
                            const neuron_dataset_t *dataset, const char *who)
{
    int64_t count = neuron_dataset_count(dataset), numbers;
    RETURN_IF_ERROR(check_output(&numbers, graph, name, dataset, who));
    NEURON_BUFFER(label_room, room->context);
    neuron_prediction *predictions = neuron_buffer_room(room, count, sizeof *predictions);
    int32_t *labels = neuron_buffer_room(&label_room, count, sizeof *labels);
    if (!predictions || !labels)
        return NEURON_E_MEMORY;
    RETURN_IF_ERROR(neuron_dataset_read(NULL, labels, dataset, 0, count));
    neuron_tensor_t *outputs __attribute__((cleanup(end_tensor))) = NULL;
    RETURN_IF_ERROR(predict(&outputs, room->context, graph, dataset));
    const float *values = neuron_tensor_data_const(outputs);
    for (int64_t i = 0; i < count; i++)
        predictions[i] = judge(values + i * numbers, numbers, labels[i]);
    if (kept) {
        *kept = outputs;
        outputs = NULL;
    }
    return NEURON_OK;
}
