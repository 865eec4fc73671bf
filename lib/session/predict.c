/* Prediction by a graph: checks the tensors, borrows an idle session (cache.c) and runs the
 * examples in batches through it. */
#include "base/checked.h"
#include "base/float-mode.h"
#include "graph/meaning.h"
#include "session/ends.h"
#include "session/session.h"

#include <string.h>

/* The tensors of a call. */
typedef struct prediction {
    const neuron_graph_t *graph;
    neuron_tensor_t *const *inputs;
    neuron_tensor_t *const *outputs;
    int64_t count; /* of examples */
} prediction;

/* Where the session finds examples of an input from the first on: bytes become floats in its own
 * memory, which NULL stands for. */
static const float *lend(neuron_session *session, const prediction *p, int32_t input, int64_t first,
                         int64_t count)
{
    const neuron_tensor_t *tensor = p->inputs[input];
    const neuron_node_t *node = p->graph->inputs[input];
    int64_t size = neuron_shape_count(&node->spec.output);
    if (tensor->type == NEURON_TYPE_F32)
        return (const float *)tensor->data + first * size;
    const neuron_scaling by = neuron_node_scaling(node);
    neuron_scale_examples(&by, p->graph->context->pool,
                          (const uint8_t *)tensor->data + first * size, count, size,
                          neuron_session_input(session, input));
    return NULL;
}

/* Predicts examples, as many as there are, in batches of the session's size. */
static int predict(neuron_session *session, const prediction *p)
{
    const neuron_graph_t *graph = p->graph;
    const float **inputs = neuron_session_lent(session);
    int64_t step = neuron_session_batch(session);
    for (int64_t first = 0; first < p->count; first += step) {
        int64_t count = neuron_min_count(step, p->count - first);
        for (int32_t i = 0; i < graph->input_count; i++)
            inputs[i] = lend(session, p, i, first, count);
        RETURN_IF_ERROR(neuron_session_forward(session, inputs, count, 0, 0));
        for (int32_t i = 0; i < graph->output_count; i++) {
            int64_t size = neuron_shape_count(&graph->outputs[i]->spec.output);
            memcpy((float *)p->outputs[i]->data + first * size, neuron_session_output(session, i),
                   (size_t)(count * size) * sizeof(float));
        }
    }
    return NEURON_OK;
}

/* The same with layers of the caller's own. */
static int predict_custom(neuron_session *session, const prediction *p)
{
    const neuron_graph_t *graph = p->graph;
    NEURON_HOLD(hold);
    neuron_hold_reference(&hold, graph, graph);
    neuron_hold_add(&hold, neuron_session_end_hold, NULL, session);
    neuron_tensor_owners *owners = neuron_tensors_own(graph->context, p->inputs, graph->input_count,
                                                      p->outputs, graph->output_count);
    if (!owners)
        return NEURON_E_MEMORY;
    neuron_hold_add(&hold, neuron_tensors_end_hold, NULL, owners);
    return predict(session, p);
}

static int predict_all(const prediction *p)
{
    const neuron_graph_t *graph = p->graph;
    neuron_session *session;
    if (p->count == 0)
        return NEURON_OK;
    RETURN_IF_ERROR(neuron_session_take(&session, graph, p->count));
    if (neuron_graph_may_fail(graph))
        return predict_custom(session, p);
    int status = predict(session, p);
    neuron_session_give(session);
    return status;
}

int neuron_graph_predict_many(const neuron_graph_t *graph, neuron_tensor_t *const *inputs,
                              int64_t input_count, neuron_tensor_t *const *outputs,
                              int64_t output_count)
{
    COMPUTE_SCOPE;
    RETURN_IF_ERROR(neuron_graph_check_finished(graph, __func__));
    CHECK_ARGUMENT(inputs);
    CHECK_ARGUMENT(outputs);
    prediction p = {.graph = graph, .inputs = inputs, .outputs = outputs, .count = -1};
    neuron_ends in = neuron_ends_inputs(graph, "input");
    in.bytes = true;
    const neuron_ends out = neuron_ends_outputs(graph, "output");
    RETURN_IF_ERROR(neuron_ends_check(&in, inputs, input_count, false, &p.count));
    RETURN_IF_ERROR(neuron_ends_check(&out, outputs, output_count, false, &p.count));
    return predict_all(&p);
}

int neuron_graph_predict(const neuron_graph_t *graph, const neuron_tensor_t *input,
                         neuron_tensor_t *output)
{
    RETURN_IF_ERROR(neuron_graph_check_finished(graph, __func__));
    CHECK_ARGUMENT(input);
    CHECK_ARGUMENT(output);
    neuron_tensor_t *const inputs[] = {(neuron_tensor_t *)(uintptr_t)input};
    return neuron_graph_predict_many(graph, inputs, 1, &output, 1);
}
