/* Prediction of a dataset: it goes through a session batch by batch, as in an evaluation, and the
 * outputs are kept. */
#include "graph/meaning.h"
#include "session/session.h"

#include "base/checked.h"
#include "base/float-mode.h"

static int check(const neuron_graph_t *graph, const neuron_dataset_t *dataset,
                 const neuron_tensor_t *output)
{
    char ours[NEURON_SHAPE_TEXT], theirs[NEURON_SHAPE_TEXT];
    RETURN_IF_ERROR(neuron_graph_check_single(graph, "predict"));
    const neuron_shape *input = neuron_graph_first_input(graph),
                       *one = neuron_graph_first_output(graph);
    if (!neuron_shape_equal(&dataset->shape, input))
        return neuron_fail(NEURON_E_SHAPE, "predict: examples are %s, the input of %s is %s",
                           neuron_shape_text(&dataset->shape, ours), graph->name,
                           neuron_shape_text(input, theirs));
    if (output->type != NEURON_TYPE_F32)
        return neuron_fail(NEURON_E_TYPE, "predict: the output is %s, not f32",
                           neuron_type_name(output->type));
    bool fits = output->shape.rank == one->rank + 1 && output->shape.extent[0] == dataset->count;
    for (int32_t axis = 0; fits && axis < one->rank; axis++)
        fits = output->shape.extent[axis + 1] == one->extent[axis];
    if (!fits)
        return neuron_fail(NEURON_E_SHAPE, "predict: the output is %s, not %" PRId64 " x %s",
                           neuron_shape_text(&output->shape, ours), dataset->count,
                           neuron_shape_text(one, theirs));
    return NEURON_OK;
}

static int predict(neuron_session *session, const neuron_graph_t *graph,
                   const neuron_dataset_t *dataset, float *output)
{
    int64_t size = neuron_shape_count(neuron_graph_first_output(graph)), batch;
    for (int64_t first = 0; first < dataset->count; first += batch) {
        batch = neuron_min_count(neuron_session_batch(session), dataset->count - first);
        RETURN_IF_ERROR(neuron_dataset_gather(dataset, graph->context->pool, NULL, first, batch,
                                              neuron_session_input(session, 0)));
        RETURN_IF_ERROR(neuron_session_forward(session, NULL, batch, 0, 0));
        memcpy(output + first * size, neuron_session_output(session, 0),
               (size_t)(batch * size) * sizeof *output);
    }
    return NEURON_OK;
}

int neuron_graph_predict_dataset(const neuron_graph_t *graph, const neuron_dataset_t *dataset,
                                 neuron_tensor_t *output)
{
    COMPUTE_SCOPE;
    RETURN_IF_ERROR(neuron_graph_check_finished(graph, __func__));
    CHECK_ARGUMENT(dataset);
    CHECK_ARGUMENT(output);
    RETURN_IF_ERROR(check(graph, dataset, output));
    neuron_graph_warn_of_meaning(graph, dataset, "predict");
    if (dataset->count == 0)
        return NEURON_OK;
    neuron_session *session;
    neuron_hold_end_left();
    NEURON_HOLD(hold);
    neuron_hold_reference(&hold, graph, graph);
    neuron_hold_reference(&hold, dataset, dataset);
    neuron_hold_reference(&hold, tensor, output);
    RETURN_IF_ERROR(neuron_session_take(&session, graph, dataset->count));
    neuron_hold_add(&hold, neuron_session_end_hold, NULL, session);
    return predict(session, graph, dataset, output->data);
}
