#include "evaluate/evaluation.h"

#include "base/checked.h"
#include "base/float-mode.h"

/* Sums over the examples, in their order, so that they do not depend on threads. */
struct tally {
    const neuron_loss_t *function; /* NULL if no loss is wanted */
    const neuron_dataset_t *dataset;
    float *target;             /* [outputs] of one example */
    neuron_evaluation_t *into; /* may be NULL */
    double loss;
    int64_t right;
};

static void count_example(struct tally *tally, int64_t position, const float *output, bool logits)
{
    const neuron_dataset_t *dataset = tally->dataset;
    if (tally->function)
        tally->loss += neuron_dataset_weight(dataset, position) *
                       neuron_loss_take(tally->function, dataset, position, output, logits,
                                        tally->target, 1, NULL);
    const int32_t truth = neuron_dataset_label(dataset, position);
    const int32_t predicted = neuron_loss_answer(dataset, output, logits);
    tally->right += truth == predicted;
    if (tally->into)
        neuron_evaluation_note(tally->into, truth, predicted);
}

static int count_dataset(struct tally *tally, neuron_session *session, neuron_pool *pool)
{
    const neuron_dataset_t *dataset = tally->dataset;
    const int64_t batch_max = neuron_session_batch(session);
    for (int64_t first = 0; first < dataset->count; first += batch_max) {
        const int64_t batch = neuron_min_count(batch_max, dataset->count - first);
        RETURN_IF_ERROR(neuron_dataset_gather(dataset, pool, NULL, first, batch,
                                              neuron_session_input(session)));
        RETURN_IF_ERROR(neuron_session_forward(session, NULL, batch, 0, 0));
        const float *outputs = neuron_session_output(session);
        for (int64_t i = 0; i < batch; i++)
            count_example(tally, first + i, outputs + i * dataset->outputs,
                          neuron_session_logits(session));
    }
    return NEURON_OK;
}

/* `loss` is NULL if none is wanted. */
static int check(const neuron_graph_t *graph, const neuron_dataset_t *dataset,
                 const neuron_loss_t *loss)
{
    RETURN_IF_ERROR(neuron_graph_check_finished(graph, "evaluate"));
    if (!dataset)
        return neuron_refuse_null("dataset", "evaluate");
    RETURN_IF_ERROR(neuron_dataset_check(dataset, &graph->input->spec.output,
                                         &graph->output->spec.output, "evaluate"));
    if (dataset->count == 0)
        return neuron_fail(NEURON_E_DATA, "evaluate: the dataset has no examples");
    return loss ? neuron_loss_check(loss, dataset, "evaluate") : NEURON_OK;
}

int neuron_evaluate_into(const neuron_graph_t *graph, const neuron_dataset_t *dataset,
                         const neuron_loss_t *function, double *loss, double *accuracy,
                         neuron_evaluation_t *evaluation)
{
    if (!loss)
        function = NULL;
    else if (!function)
        function = &neuron_loss_default;
    RETURN_IF_ERROR(check(graph, dataset, function));
    NEURON_HOLD(hold);
    neuron_context_t *context = graph->context;
    struct tally tally = {.function = function, .dataset = dataset, .into = evaluation};
    tally.target = neuron_allocate(context, neuron_size(dataset->outputs), sizeof *tally.target);
    if (!tally.target)
        return NEURON_E_MEMORY;
    neuron_hold_add(&hold, neuron_release_hold, context, tally.target);
    neuron_session *session;
    RETURN_IF_ERROR(neuron_session_take(&session, graph,
                                        neuron_min_count(dataset->count, NEURON_PREDICT_BATCH)));
    neuron_hold_add(&hold, neuron_session_end_hold, NULL, session);
    RETURN_IF_ERROR(count_dataset(&tally, session, context->pool));
    if (loss)
        *loss = tally.loss / (double)dataset->count;
    *accuracy = (double)tally.right / (double)dataset->count;
    return NEURON_OK;
}

static void drop_evaluation(void *owner, void *evaluation)
{
    (void)owner;
    neuron_evaluation_unref(evaluation);
}

int neuron_graph_evaluate_loss(const neuron_graph_t *graph, const neuron_dataset_t *dataset,
                               const neuron_loss_t *loss, neuron_evaluation_t **evaluation)
{
    COMPUTE_SCOPE;
    CHECK_ARGUMENT(evaluation);
    *evaluation = NULL;
    neuron_hold_settle();
    NEURON_HOLD(hold);
    neuron_hold_reference(&hold, loss, loss);
    if (!loss)
        loss = &neuron_loss_default;
    RETURN_IF_ERROR(check(graph, dataset, loss));
    neuron_hold_reference(&hold, graph, graph);
    neuron_hold_reference(&hold, dataset, dataset);
    neuron_evaluation_t *made;
    RETURN_IF_ERROR(neuron_evaluation_create_empty(&made, graph->context, dataset->class_count));
    neuron_hold_add(&hold, drop_evaluation, NULL, made);
    double accuracy;
    RETURN_IF_ERROR(neuron_evaluate_into(graph, dataset, loss, &made->loss, &accuracy, made));
    made->count = dataset->count;
    *evaluation = neuron_evaluation_ref(made);
    return NEURON_OK;
}

int neuron_graph_evaluate(const neuron_graph_t *graph, const neuron_dataset_t *dataset,
                          neuron_evaluation_t **evaluation)
{
    COMPUTE_SCOPE;
    return neuron_graph_evaluate_loss(graph, dataset, NULL, evaluation);
}
