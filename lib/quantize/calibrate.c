/* Predicts examples while ranges of inputs are measured: once for their bounds, and again for what
 * lies between them, if the range follows from that. */
#include "quantize/quantization.h"

#include "base/checked.h"
#include "session/session.h"

typedef struct calibration {
    neuron_range_seen *const *seen;
    bool counts; /* the second time */
} calibration;

static int observe(void *user_data, const neuron_node_t *node, const float *input, int64_t batch)
{
    const calibration *work = user_data;
    neuron_range_seen *seen = work->seen[node->index];
    int64_t count = neuron_shape_count(&node->spec.inputs[0]) * batch;
    if (!seen)
        return NEURON_OK;
    if (work->counts)
        neuron_range_count(seen, input, count);
    else if (!neuron_range_bound(seen, input, count))
        return neuron_fail(NEURON_E_NOT_FINITE, "quantize: an input of %s is not a finite number",
                           node->name);
    return NEURON_OK;
}

static int predict_all(neuron_session *session, const neuron_graph_t *graph,
                       const neuron_dataset_t *dataset, int64_t count)
{
    int64_t size = neuron_session_batch(session);
    for (int64_t first = 0; first < count; first += size) {
        int64_t batch = neuron_min_count(size, count - first);
        for (int32_t i = 0; i < graph->input_count; i++)
            RETURN_IF_ERROR(neuron_dataset_gather(neuron_dataset_input_at(dataset, i),
                                                  graph->context->pool, NULL, first, batch,
                                                  neuron_session_input(session, i)));
        RETURN_IF_ERROR(neuron_session_forward(session, NULL, batch, 0, 0));
    }
    return NEURON_OK;
}

static void destroy(void *owner, void *session)
{
    (void)owner;
    neuron_session_destroy(session);
}

int neuron_calibrate(const neuron_graph_t *graph, const neuron_dataset_t *dataset,
                     const neuron_options *options, neuron_range_seen *const *seen)
{
    calibration work = {.seen = seen};
    const neuron_session_observer observer = {observe, &work};
    int64_t count = neuron_min_count(
        dataset->count, (int64_t)neuron_options_value(options, NEURON_QUANTIZATION_EXAMPLES));
    neuron_session *session;
    RETURN_IF_ERROR(neuron_session_create(&session, graph, NEURON_SESSION_PREDICT,
                                          neuron_min_count(count, NEURON_PREDICT_BATCH)));
    NEURON_HOLD(hold);
    neuron_hold_add(&hold, destroy, NULL, session);
    neuron_session_observe(session, &observer);
    RETURN_IF_ERROR(predict_all(session, graph, dataset, count));
    if (neuron_options_value(options, NEURON_QUANTIZATION_RANGE) == NEURON_RANGE_MIN_MAX)
        return NEURON_OK;
    work.counts = true;
    return predict_all(session, graph, dataset, count);
}
