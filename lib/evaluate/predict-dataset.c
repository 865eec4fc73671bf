/* Prediction of a dataset: it goes through a session batch by batch, as in an evaluation, and the
 * outputs are kept. */
#include "graph/meaning.h"
#include "session/ends.h"
#include "session/session.h"

#include "base/checked.h"
#include "base/float-mode.h"

/* The outputs are those of neuron_graph_predict_many(), with as many examples as the dataset. */
static int check(const neuron_graph_t *graph, const neuron_dataset_t *dataset,
                 neuron_tensor_t *const *outputs, int64_t output_count)
{
    const neuron_ends ends = neuron_ends_outputs(graph, "output");
    int64_t count = dataset->count;
    RETURN_IF_ERROR(neuron_graph_check_examples(graph, dataset, "predict"));
    return neuron_ends_check(&ends, outputs, output_count, false, &count);
}

static int predict(neuron_session *session, const neuron_graph_t *graph,
                   const neuron_dataset_t *dataset, neuron_tensor_t *const *outputs)
{
    int64_t count;
    for (int64_t first = 0; first < dataset->count; first += count) {
        count = neuron_min_count(neuron_session_batch(session), dataset->count - first);
        for (int32_t i = 0; i < graph->input_count; i++)
            RETURN_IF_ERROR(neuron_dataset_gather(neuron_dataset_input_at(dataset, i),
                                                  graph->context->pool, NULL, first, count,
                                                  neuron_session_input(session, i)));
        RETURN_IF_ERROR(neuron_session_forward(session, NULL, count, 0, 0));
        for (int32_t i = 0; i < graph->output_count; i++) {
            int64_t size = neuron_shape_count(&graph->outputs[i]->spec.output);
            memcpy((float *)outputs[i]->data + first * size, neuron_session_output(session, i),
                   (size_t)(count * size) * sizeof(float));
        }
    }
    return NEURON_OK;
}

int neuron_graph_predict_dataset_many(const neuron_graph_t *graph, const neuron_dataset_t *dataset,
                                      neuron_tensor_t *const *outputs, int64_t output_count)
{
    COMPUTE_SCOPE;
    RETURN_IF_ERROR(neuron_graph_check_finished(graph, __func__));
    CHECK_ARGUMENT(dataset);
    CHECK_ARGUMENT(outputs);
    RETURN_IF_ERROR(check(graph, dataset, outputs, output_count));
    neuron_graph_warn_of_meaning(graph, dataset, "predict");
    if (dataset->count == 0)
        return NEURON_OK;
    neuron_session *session;
    neuron_hold_end_left();
    NEURON_HOLD(hold);
    neuron_hold_reference(&hold, graph, graph);
    neuron_hold_reference(&hold, dataset, dataset);
    neuron_tensor_owners *owners =
        neuron_tensors_own(graph->context, outputs, output_count, NULL, 0);
    if (!owners)
        return NEURON_E_MEMORY;
    neuron_hold_add(&hold, neuron_tensors_end_hold, NULL, owners);
    RETURN_IF_ERROR(neuron_session_take(&session, graph, dataset->count));
    neuron_hold_add(&hold, neuron_session_end_hold, NULL, session);
    return predict(session, graph, dataset, outputs);
}

int neuron_graph_predict_dataset(const neuron_graph_t *graph, const neuron_dataset_t *dataset,
                                 neuron_tensor_t *output)
{
    RETURN_IF_ERROR(neuron_graph_check_finished(graph, __func__));
    CHECK_ARGUMENT(output);
    return neuron_graph_predict_dataset_many(graph, dataset, &output, 1);
}
