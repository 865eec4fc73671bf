/* Prediction by a graph: checks the tensors, borrows an idle session (cache.c) and runs the
 * examples in batches through it. */
#include "base/checked.h"
#include "base/float-mode.h"
#include "base/tensor.h"
#include "graph/meaning.h"
#include "session/session.h"

#include <string.h>

/* Whether a tensor is f32, or bytes where these will do, [n, ...shape]. */
static int check_tensor(const neuron_tensor_t *tensor, const neuron_shape *shape, bool bytes,
                        const char *what, const char *graph)
{
    if (tensor->type != NEURON_F32 && !(bytes && tensor->type == NEURON_U8))
        return neuron_fail(NEURON_E_TYPE, "%s: the %s is %s, not f32", graph, what,
                           neuron_type_name(tensor->type));
    neuron_shape example = {.rank = tensor->shape.rank - 1};
    for (int32_t axis = 0; axis < example.rank; axis++)
        example.extent[axis] = tensor->shape.extent[axis + 1];
    char text[2][NEURON_SHAPE_TEXT];
    if (tensor->shape.rank == 0 || !neuron_shape_equal(&example, shape))
        return neuron_fail(NEURON_E_SHAPE, "%s: the %s is %s, not n x %s", graph, what,
                           neuron_shape_text(&tensor->shape, text[0]),
                           neuron_shape_text(shape, text[1]));
    return NEURON_OK;
}

static int check_tensors(const neuron_graph_t *graph, const neuron_tensor_t *input,
                         const neuron_tensor_t *output)
{
    if (input->type == NEURON_U8 && !graph->input->meaning.scaled)
        return neuron_fail(NEURON_E_TYPE,
                           "%s: the input is u8, not f32, and how bytes become inputs is not "
                           "known: neuron_graph_set_scale() and a training on bytes tell it",
                           graph->name);
    RETURN_IF_ERROR(check_tensor(input, &graph->input->spec.output, true, "input", graph->name));
    RETURN_IF_ERROR(
        check_tensor(output, &graph->output->spec.output, false, "output", graph->name));
    if (input->shape.extent[0] != output->shape.extent[0]) {
        char text[2][NEURON_SHAPE_TEXT];
        return neuron_fail(NEURON_E_SHAPE, "%s: the input is %s, but the output is %s", graph->name,
                           neuron_shape_text(&input->shape, text[0]),
                           neuron_shape_text(&output->shape, text[1]));
    }
    return NEURON_OK;
}

/* Runs examples from the first on, as many as `batch`. */
static int forward(neuron_session *session, const neuron_graph_t *graph,
                   const neuron_tensor_t *input, int64_t first, int64_t batch)
{
    int64_t size = neuron_shape_count(&graph->input->spec.output);
    if (input->type == NEURON_F32)
        return neuron_session_forward(session, (const float *)input->data + first * size, batch, 0,
                                      0);
    const neuron_scaling by = neuron_node_scaling(graph->input);
    neuron_scale_examples(&by, graph->context->pool, (const uint8_t *)input->data + first * size,
                          batch, size, neuron_session_input(session));
    return neuron_session_forward(session, NULL, batch, 0, 0);
}

/* Predicts examples, as many as there are, in batches of the session's size. */
static int predict(neuron_session *session, const neuron_graph_t *graph,
                   const neuron_tensor_t *input, neuron_tensor_t *output)
{
    int64_t count = input->shape.extent[0];
    int64_t out = neuron_shape_count(&graph->output->spec.output);
    int status = NEURON_OK;
    for (int64_t first = 0; first < count && status == NEURON_OK;
         first += neuron_session_batch(session)) {
        int64_t batch = neuron_min_count(neuron_session_batch(session), count - first);
        status = forward(session, graph, input, first, batch);
        if (status == NEURON_OK)
            memcpy((float *)output->data + first * out, neuron_session_output(session),
                   (size_t)(batch * out) * sizeof(float));
    }
    return status;
}

/* The same with layers of the caller's own. */
static int predict_custom(neuron_session *session, const neuron_graph_t *graph,
                          const neuron_tensor_t *input, neuron_tensor_t *output)
{
    NEURON_HOLD(hold);
    neuron_hold_reference(&hold, graph, graph);
    neuron_hold_reference(&hold, tensor, input);
    neuron_hold_reference(&hold, tensor, output);
    neuron_hold_add(&hold, neuron_session_end_hold, NULL, session);
    return predict(session, graph, input, output);
}

int neuron_graph_predict(const neuron_graph_t *graph, const neuron_tensor_t *input,
                         neuron_tensor_t *output)
{
    COMPUTE_SCOPE;
    RETURN_IF_ERROR(neuron_graph_check_finished(graph, __func__));
    CHECK_ARGUMENT(input);
    CHECK_ARGUMENT(output);
    RETURN_IF_ERROR(check_tensors(graph, input, output));
    if (input->shape.extent[0] == 0)
        return NEURON_OK;
    neuron_session *session;
    RETURN_IF_ERROR(neuron_session_take(&session, graph, input->shape.extent[0]));
    if (neuron_graph_may_fail(graph))
        return predict_custom(session, graph, input, output);
    int status = predict(session, graph, input, output);
    neuron_session_give(session);
    return status;
}
