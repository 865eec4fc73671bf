/* Evaluation: a dataset goes through a session batch by batch, and what the loss says of each
 * example is summed in the order of the examples, so that the sums do not depend on threads. What
 * else is summed, by the kind of targets, is in sums.c. */
#include "evaluate/evaluation.h"

#include "base/checked.h"
#include "base/float-mode.h"
#include "graph/meaning.h"

#include <math.h>

typedef struct evaluator {
    neuron_context_t *context;
    const neuron_graph_t *graph;
    const neuron_dataset_t *dataset;
    neuron_session *session;
    int64_t first, count; /* outputs that are judged, */
    neuron_score *scores; /* whose losses and accuracies are sums until the end */
    neuron_batch *batches;
    neuron_loss_result *results;
    const neuron_evaluation_watch *watch;
} evaluator;

neuron_loss_batch neuron_loss_batch_of(const neuron_session *session, int64_t output,
                                       const neuron_batch *batch)
{
    bool logits = neuron_session_logits(session, output);
    bool one_class = batch->class_count == 1;
    return (neuron_loss_batch){.kernels = neuron_session_kernels(session),
                               .count = batch->count,
                               .outputs = batch->outputs,
                               .logits = logits || neuron_session_puts_out_logits(session, output),
                               .threshold = one_class ? INFINITY
                                            : logits  ? 0
                                                      : NEURON_DATASET_THRESHOLD,
                               .predictions = neuron_session_output(session, output),
                               .targets = batch->targets,
                               .labels = batch->labels,
                               .weights = batch->weights};
}

int neuron_loss_check_dataset(const neuron_loss_t *loss, const neuron_dataset_t *dataset,
                              const char *who)
{
    if (!dataset->any_targets)
        return NEURON_OK;
    return neuron_loss_check_targets(loss, dataset->labels->data, dataset->order, dataset->count,
                                     dataset->outputs, who);
}

static void release_evaluator(void *owner, void *object)
{
    (void)owner;
    evaluator *e = object;
    neuron_batches_destroy(e->batches, e->context, e->count);
    neuron_release(e->context, e->results);
    neuron_release(e->context, e);
}

/* Its session has been acquired. */
static int allocate(evaluator *e, int64_t capacity)
{
    bool custom = false;
    for (int32_t i = 0; i < e->count; i++)
        custom = custom || (e->scores[i].function && e->scores[i].function->function);
    e->results = neuron_loss_allocate_results(e->context, capacity, custom);
    if (!e->results)
        return NEURON_E_MEMORY;
    return neuron_batches_create(&e->batches, e->context, e->dataset, e->first, e->count, capacity);
}

/* Compares what the session says at an output with the targets of `count` examples. */
static int judge(evaluator *e, int64_t index, int64_t first, int64_t count)
{
    neuron_pool *pool = e->context->pool;
    neuron_score *score = &e->scores[index];
    neuron_evaluation_t *into = score->into;
    neuron_batch *read = &e->batches[index];
    int64_t output = e->first + index;
    neuron_batch_read_target(read, e->dataset, output, pool, NULL, first, count, NULL);
    neuron_loss_batch batch = neuron_loss_batch_of(e->session, output, read);
    if (into) {
        if (isfinite(batch.threshold))
            batch.threshold = into->plan.threshold;
        neuron_evaluation_keep(into, read, batch.predictions, batch.logits);
        neuron_evaluation_add(into, read, batch.predictions); /* a loss changes targets */
    }
    RETURN_IF_ERROR(neuron_loss_compute(score->function, pool, &batch, e->results, NULL));
    for (int64_t i = 0; i < count; i++) {
        score->loss += e->results[i].loss;
        score->accuracy += e->results[i].predicted == batch.labels[i];
        if (into && into->plan.kind == NEURON_EVALUATION_CLASSES)
            neuron_evaluation_note(into, batch.labels[i], e->results[i].predicted);
    }
    return NEURON_OK;
}

static int evaluate_batch(evaluator *e, int64_t first, int64_t count)
{
    for (int32_t i = 0; i < e->graph->input_count; i++)
        RETURN_IF_ERROR(neuron_dataset_gather(neuron_dataset_input_at(e->dataset, i),
                                              e->context->pool, NULL, first, count,
                                              neuron_session_input(e->session, i)));
    RETURN_IF_ERROR(neuron_session_forward(e->session, NULL, count, 0, 0));
    for (int32_t i = 0; i < e->count; i++)
        RETURN_IF_ERROR(judge(e, i, first, count));
    return NEURON_OK;
}

static int evaluate_dataset(evaluator *e)
{
    int64_t count = e->dataset->count;
    int64_t capacity = neuron_min_count(neuron_session_batch(e->session), count);
    RETURN_IF_ERROR(allocate(e, capacity));
    int status = NEURON_OK;
    for (int64_t first = 0; first < count && status == NEURON_OK; first += capacity) {
        RETURN_IF_ERROR(evaluate_batch(e, first, neuron_min_count(capacity, count - first)));
        if (e->watch)
            status = e->watch->after_batch(e->watch->object);
    }
    return status;
}

static int check(const neuron_graph_t *graph, const neuron_dataset_t *dataset)
{
    RETURN_IF_ERROR(neuron_graph_check_finished(graph, "evaluate"));
    CHECK_HANDLE(dataset, "evaluate");
    RETURN_IF_ERROR(neuron_graph_check_judged(graph, dataset, "evaluate"));
    if (dataset->count == 0)
        return neuron_fail(NEURON_E_DATA, "evaluate: the dataset has no examples");
    return NEURON_OK;
}

int neuron_evaluate_outputs(const neuron_graph_t *graph, const neuron_dataset_t *dataset,
                            neuron_score *scores, int64_t first, int64_t count,
                            const neuron_evaluation_watch *watch)
{
    RETURN_IF_ERROR(check(graph, dataset));
    for (int32_t i = 0; i < count; i++)
        if (scores[i].function)
            RETURN_IF_ERROR(neuron_loss_check_dataset(
                scores[i].function, neuron_dataset_target_at(dataset, first + i), "evaluate"));
    NEURON_HOLD(hold);
    neuron_context_t *context = graph->context;
    neuron_session *session;
    RETURN_IF_ERROR(neuron_session_take(&session, graph,
                                        neuron_min_count(dataset->count, NEURON_PREDICT_BATCH)));
    neuron_hold_add(&hold, neuron_session_end_hold, NULL, session);
    evaluator *e = neuron_allocate_zero(context, 1, sizeof *e);
    if (!e)
        return NEURON_E_MEMORY;
    neuron_hold_add(&hold, release_evaluator, NULL, e);
    *e = (evaluator){.context = context,
                     .graph = graph,
                     .dataset = dataset,
                     .session = session,
                     .first = first,
                     .count = count,
                     .scores = scores,
                     .watch = watch};
    for (int32_t i = 0; i < count; i++)
        scores[i].loss = scores[i].accuracy = 0;
    int status = evaluate_dataset(e);
    if (status != NEURON_OK)
        return status;
    for (int32_t i = 0; i < count; i++) {
        scores[i].loss /= (double)dataset->count;
        scores[i].accuracy /= (double)dataset->count;
    }
    return NEURON_OK;
}

static void drop_evaluation(void *owner, void *evaluation)
{
    (void)owner;
    neuron_evaluation_unref(evaluation);
}

/* What the dataset calls the rows, or else the graph; NULL if they do not know it. */
static neuron_tensor_t *find_names(const neuron_node_t *output, const neuron_dataset_t *dataset,
                                   int64_t rows)
{
    if (dataset->class_names && dataset->class_count == rows)
        return dataset->class_names;
    return neuron_node_class_count(output) == rows ? output->meaning.class_names : NULL;
}

int neuron_graph_evaluate(neuron_evaluation_t **evaluation, const neuron_graph_t *graph,
                          const neuron_dataset_t *dataset, const neuron_loss_t *loss,
                          const char *options)
{
    COMPUTE_SCOPE;
    CHECK_ARGUMENT(evaluation);
    *evaluation = NULL;
    neuron_evaluation_plan plan;
    neuron_hold_end_left();
    CHECK_OPTIONAL(loss);
    NEURON_HOLD(hold);
    neuron_hold_reference(&hold, loss, loss);
    RETURN_IF_ERROR(check(graph, dataset));
    neuron_hold_reference(&hold, graph, graph);
    neuron_hold_reference(&hold, dataset, dataset);
    RETURN_IF_ERROR(neuron_evaluation_choose(&plan, graph, dataset, loss, options));
    const neuron_dataset_t *part = neuron_dataset_target_at(dataset, plan.output);
    if (!loss)
        loss = neuron_evaluation_loss_of(&plan, part);
    neuron_score score = {.function = loss};
    RETURN_IF_ERROR(
        neuron_evaluation_create_empty(&score.into, graph->context, &plan, dataset->count));
    neuron_evaluation_t *made = score.into;
    neuron_hold_add(&hold, drop_evaluation, NULL, made);
    neuron_graph_warn_of_meaning(graph, dataset, "evaluate");
    made->names = neuron_tensor_ref(find_names(graph->outputs[plan.output], part, plan.rows));
    RETURN_IF_ERROR(neuron_evaluate_outputs(graph, dataset, &score, plan.output, 1, NULL));
    made->loss = score.loss;
    neuron_evaluation_finish(made);
    *evaluation = neuron_evaluation_ref(made);
    return NEURON_OK;
}
