/* Evaluation: a dataset goes through a session batch by batch, and what the loss says of each
 * example is summed in the order of the examples, so that the sums do not depend on threads. What
 * else is summed, by the kind of targets, is in sums.c. */
#include "evaluate/evaluation.h"

#include "base/checked.h"
#include "base/float-mode.h"
#include "communicate/communicator.h"
#include "graph/meaning.h"

#include <math.h>
#include <string.h>

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
    int64_t capacity; /* of a batch */
    char *told;       /* outputs of a batch of each rank; NULL for a single one */
    size_t *offsets;  /* where those of each rank are */
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
    neuron_release(e->context, e->told);
    neuron_release(e->context, e->offsets);
    neuron_release(e->context, e);
}

static neuron_communicator_t *others(const evaluator *e)
{
    neuron_communicator_t *communicator = e->watch ? e->watch->communicator : NULL;
    return neuron_ranks_of(communicator) > 1 ? communicator : NULL;
}

/* What a rank tells of a batch, in front of its outputs. */
typedef struct batch_head {
    neuron_gather_head head;
    int64_t failed;
} batch_head;

static size_t output_bytes(const evaluator *e, int64_t index, int64_t examples)
{
    const neuron_node_t *node = e->graph->outputs[e->first + index];
    return neuron_size_of(examples, sizeof(float)) *
           neuron_size(neuron_shape_count(&node->spec.output));
}

/* Room for the outputs of a batch of each rank. */
static int allocate_told(evaluator *e)
{
    size_t ranks = neuron_size(neuron_ranks_of(others(e))), block = sizeof(batch_head);
    if (!others(e))
        return NEURON_OK;
    for (int32_t i = 0; i < e->count; i++)
        block += output_bytes(e, i, e->capacity);
    block = (block + 7) / 8 * 8;
    e->told = neuron_allocate_zero(e->context, ranks, block);
    e->offsets = neuron_allocate(e->context, ranks + 1, sizeof *e->offsets);
    if (!e->told || !e->offsets)
        return NEURON_E_MEMORY;
    for (size_t i = 0; i <= ranks; i++)
        e->offsets[i] = i * block;
    return NEURON_OK;
}

/* Its session has been acquired. */
static int allocate(evaluator *e)
{
    bool custom = false;
    e->capacity = neuron_min_count(neuron_session_batch(e->session), e->dataset->count);
    for (int32_t i = 0; i < e->count; i++)
        custom = custom || (e->scores[i].function && e->scores[i].function->function);
    e->results = neuron_loss_allocate_results(e->context, e->capacity, custom);
    if (!e->results)
        return NEURON_E_MEMORY;
    RETURN_IF_ERROR(allocate_told(e));
    return neuron_batches_create(&e->batches, e->context, e->dataset, e->first, e->count,
                                 e->capacity);
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

static int predict(evaluator *e, int64_t first, int64_t count)
{
    for (int32_t i = 0; i < e->graph->input_count; i++)
        RETURN_IF_ERROR(neuron_dataset_gather(neuron_dataset_input_at(e->dataset, i),
                                              e->context->pool, NULL, first, count,
                                              neuron_session_input(e->session, i)));
    return neuron_session_forward(e->session, NULL, count, 0, 0);
}

/* Judges a batch that was predicted. */
static int judge_batch(evaluator *e, int64_t first, int64_t count)
{
    for (int32_t i = 0; i < e->count; i++)
        RETURN_IF_ERROR(judge(e, i, first, count));
    return NEURON_OK;
}

static int tell_of_batch(const evaluator *e)
{
    return e->watch ? e->watch->after_batch(e->watch->object) : NEURON_OK;
}

static int64_t examples_of(const evaluator *e, int64_t batch)
{
    return neuron_between(0, e->dataset->count - batch * e->capacity, e->capacity);
}

/* ---- Batches that ranks share ---- */

static batch_head *told_by(const evaluator *e, int32_t rank)
{
    return (batch_head *)(void *)(e->told + e->offsets[rank]);
}

/* Copies the outputs of a batch from the session to what this rank tells, or what another has told
 * into the session. */
static void copy_outputs(const evaluator *e, int32_t rank, int64_t count, bool tells)
{
    char *told = (char *)(told_by(e, rank) + 1);
    for (int32_t i = 0; i < e->count; i++) {
        void *output = neuron_hold_object(neuron_session_output(e->session, e->first + i));
        size_t bytes = output_bytes(e, i, count);
        memcpy(tells ? told : output, tells ? output : told, bytes);
        told += output_bytes(e, i, e->capacity);
    }
}

/* What became of an evaluation so far. */
typedef struct progress {
    int own;    /* a failure of this rank, which it tells the others in the next round */
    bool ended; /* by a failure of some rank, or by the watch, which says the same on all */
} progress;

/* Judges the batches of a round in their order. */
static int judge_round(evaluator *e, int64_t first, progress *so_far)
{
    for (int32_t i = 0; i < others(e)->size && examples_of(e, first + i) > 0; i++) {
        int64_t count = examples_of(e, first + i);
        copy_outputs(e, i, count, false);
        so_far->own = judge_batch(e, (first + i) * e->capacity, count);
        if (so_far->own < 0)
            return NEURON_OK;
        int status = tell_of_batch(e);
        if (status != NEURON_OK)
            return status;
    }
    return NEURON_OK;
}

/* Has each rank predict one of the batches from the first on, and judges all of them. */
static int evaluate_round(evaluator *e, int64_t first, progress *so_far)
{
    neuron_communicator_t *communicator = others(e);
    int32_t rank = communicator->rank;
    int64_t count = examples_of(e, first + rank);
    if (so_far->own == NEURON_OK && count > 0)
        so_far->own = predict(e, (first + rank) * e->capacity, count);
    *told_by(e, rank) = (batch_head){.failed = so_far->own != NEURON_OK};
    if (so_far->own == NEURON_OK)
        copy_outputs(e, rank, count, true);
    RETURN_IF_ERROR(neuron_gather(communicator, e->told, e->offsets));
    for (int32_t i = 0; i < communicator->size; i++)
        so_far->ended = so_far->ended || told_by(e, i)->failed;
    return so_far->ended ? NEURON_OK : judge_round(e, first, so_far);
}

static int evaluate_together(evaluator *e)
{
    int64_t batches = neuron_ceil_divide(e->dataset->count, e->capacity);
    progress so_far = {.own = NEURON_OK};
    for (int64_t i = 0; i < batches && !so_far.ended; i += others(e)->size) {
        int status = evaluate_round(e, i, &so_far);
        if (status != NEURON_OK)
            return status;
    }
    return so_far.own;
}

static int evaluate_dataset(evaluator *e)
{
    int status = NEURON_OK;
    for (int64_t i = 0; status == NEURON_OK && examples_of(e, i) > 0; i++) {
        RETURN_IF_ERROR(predict(e, i * e->capacity, examples_of(e, i)));
        RETURN_IF_ERROR(judge_batch(e, i * e->capacity, examples_of(e, i)));
        status = tell_of_batch(e);
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

/* Makes what an evaluation works with; `*made` is to be let go of. */
static int create_evaluator(evaluator **made, const evaluator *settings)
{
    evaluator *e = neuron_allocate_zero(settings->context, 1, sizeof *e);
    if (!e)
        return NEURON_E_MEMORY;
    *e = *settings;
    *made = e;
    return allocate(e);
}

static int check_outputs(const neuron_graph_t *graph, const neuron_dataset_t *dataset,
                         const neuron_score *scores, int64_t first, int64_t count)
{
    RETURN_IF_ERROR(check(graph, dataset));
    for (int32_t i = 0; i < count; i++)
        if (scores[i].function)
            RETURN_IF_ERROR(neuron_loss_check_dataset(
                scores[i].function, neuron_dataset_target_at(dataset, first + i), "evaluate"));
    return NEURON_OK;
}

int neuron_evaluate_outputs(const neuron_graph_t *graph, const neuron_dataset_t *dataset,
                            neuron_score *scores, int64_t first, int64_t count,
                            const neuron_evaluation_watch *watch)
{
    NEURON_HOLD(hold);
    evaluator *e = NULL, settings = {.context = graph->context,
                                     .graph = graph,
                                     .dataset = dataset,
                                     .first = first,
                                     .count = count,
                                     .scores = scores,
                                     .watch = watch};
    int status = check_outputs(graph, dataset, scores, first, count);
    if (status == NEURON_OK)
        status = neuron_session_take(&settings.session, graph,
                                     neuron_min_count(dataset->count, NEURON_PREDICT_BATCH));
    neuron_hold_add(&hold, neuron_session_end_hold, NULL, settings.session);
    if (status == NEURON_OK)
        status = create_evaluator(&e, &settings);
    neuron_hold_add(&hold, release_evaluator, NULL, e);
    if ((others(&settings) && neuron_any_failed(others(&settings), status)) || status < 0)
        return status;
    for (int32_t i = 0; i < count; i++)
        scores[i].loss = scores[i].accuracy = 0;
    status = others(e) ? evaluate_together(e) : evaluate_dataset(e);
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
