/* What a graph says of all examples of a dataset, as classes. */
#ifndef REPORT_SECTIONS_PREDICTIONS_H
#define REPORT_SECTIONS_PREDICTIONS_H

#include <libneuron/dataset.h>
#include <libneuron/graph.h>

#include "report/document/buffer.h"

typedef struct neuron_prediction {
    int32_t truth, predicted;     /* classes */
    float of_truth, of_predicted; /* their probabilities */
} neuron_prediction;

/* Fills `room` with a prediction of each example; `name` is that of the graph in messages. The
 * outputs are the caller's to release, unless `kept` is NULL. */
int neuron_predictions_make(neuron_buffer *room, neuron_tensor_t **kept,
                            const neuron_graph_t *graph, const char *name,
                            const neuron_dataset_t *dataset, const char *who);

static inline const neuron_prediction *neuron_predictions_of(const neuron_buffer *room)
{
    return (const neuron_prediction *)(const void *)room->bytes;
}

#endif
