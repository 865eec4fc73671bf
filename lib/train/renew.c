/* A pass that renews moving statistics: each batch goes forward as in training, with the moving
 * statistics at 0, so that what is left there is the part that the batch has in them. Their means,
 * by the number of examples, become the statistics (as torch.optim.swa_utils.update_bn() has it).
 */
#include "train/renew.h"

#include "base/checked.h"
#include "graph/graph.h"
#include "train/parallel/ranks.h"
#include "train/trainer.h"
#include "train/training.h"

#include <math.h>
#include <string.h>

/* The arrays that are renewed, and the sums over batches of what is left in them. */
typedef struct renewal {
    neuron_graph_t *graph;
    double *sums; /* laid out as the part of graph->values that is not trained */
    double examples;
} renewal;

/* The arrays of a normalisation that goes by its batch in training. */
static bool moves(const neuron_graph_array *array)
{
    const neuron_node_t *node = array->node;
    return !array->array->trainable && node->spec.layer == &neuron_layer_batch_norm &&
           !node->frozen;
}

/* The share of 1 that a forward pass leaves in a moving statistic of 0: each layer that works with
 * the arrays moves them once. */
static double left_of_one(const neuron_graph_t *graph, const neuron_node_t *owner)
{
    double momentum = neuron_spec_option(&owner->spec, NEURON_NODE_MOMENTUM), rest = 1;
    for (int64_t i = 0; i < graph->node_count; i++)
        if (graph->nodes[i] == owner || graph->nodes[i]->owner == owner)
            rest *= momentum;
    return 1 - rest;
}

static void clear(const renewal *r)
{
    for (int64_t i = 0; i < r->graph->array_count; i++) {
        const neuron_graph_array *array = &r->graph->arrays[i];
        if (moves(array))
            memset(r->graph->values + array->offset, 0, (size_t)array->count * sizeof(float));
    }
}

static void add(renewal *r, int64_t count)
{
    for (int64_t i = 0; i < r->graph->array_count; i++) {
        const neuron_graph_array *array = &r->graph->arrays[i];
        const float *values = r->graph->values + array->offset;
        double *sums = r->sums + (array->offset - r->graph->trainable_count);
        for (int64_t k = 0; moves(array) && k < array->count; k++)
            sums[k] += (double)count * (double)values[k];
    }
    r->examples += (double)count;
}

/* With a momentum of 1 nothing ever moves. */
static void finish(const renewal *r)
{
    for (int64_t i = 0; i < r->graph->array_count; i++) {
        const neuron_graph_array *array = &r->graph->arrays[i];
        if (!moves(array))
            continue;
        double left = left_of_one(r->graph, array->node);
        const double *sums = r->sums + (array->offset - r->graph->trainable_count);
        for (int64_t k = 0; left > 0 && k < array->count; k++)
            r->graph->values[array->offset + k] = (float)(sums[k] / (r->examples * left));
    }
}

/* A batch of which each rank has parts: the statistics are those of the whole. */
static int go_over_parts(neuron_trainer_t *trainer, renewal *r, int64_t step)
{
    neuron_batch_share share = neuron_batch_source_share(trainer->run.source, step);
    neuron_step_data data = {.count = share.count,
                             .first = share.first,
                             .whole = share.whole,
                             .sharded = neuron_trainer_shards(trainer) != NULL};
    clear(r);
    data.status = neuron_batch_source_next(trainer->run.source, step,
                                           neuron_step_inputs(trainer->step), &data.batches);
    RETURN_IF_ERROR(neuron_trainer_agreed(
        trainer, neuron_step_forward_parts(trainer->step, &data, trainer->progress.seed,
                                           trainer->progress.updates + (uint64_t)step)));
    add(r, share.whole);
    return NEURON_OK;
}

static int go_over(neuron_trainer_t *trainer, renewal *r)
{
    const neuron_batch *batches;
    neuron_batch_source_begin_epoch(trainer->run.source, trainer->progress.epoch);
    for (int64_t i = 0; i < neuron_training_steps(trainer); i++) {
        if (neuron_step_has_parts(trainer->step)) {
            RETURN_IF_ERROR(go_over_parts(trainer, r, i));
            continue;
        }
        RETURN_IF_ERROR(neuron_batch_source_next(trainer->run.source, i,
                                                 neuron_step_inputs(trainer->step), &batches));
        for (int64_t first = 0, count; first < batches->count; first += count) {
            count =
                neuron_min_count(neuron_step_micro_batch(trainer->step), batches->count - first);
            clear(r);
            RETURN_IF_ERROR(neuron_step_forward(trainer->step, first, count, trainer->progress.seed,
                                                trainer->progress.updates + (uint64_t)i));
            add(r, count);
        }
    }
    return NEURON_OK;
}

static bool has_statistics(const neuron_graph_t *graph)
{
    for (int64_t i = 0; i < graph->array_count; i++)
        if (moves(&graph->arrays[i]) && left_of_one(graph, graph->arrays[i].node) > 0)
            return true;
    return false;
}

static int renew(neuron_trainer_t *trainer)
{
    neuron_graph_t *graph = trainer->graph;
    if (!has_statistics(graph))
        return NEURON_OK;
    NEURON_HOLD(hold);
    renewal r = {.graph = graph};
    r.sums = neuron_allocate_zero(
        trainer->context, neuron_size(graph->value_count - graph->trainable_count), sizeof *r.sums);
    neuron_hold_add(&hold, neuron_release_hold, trainer->context, r.sums);
    int status = r.sums ? neuron_trainer_prepare(trainer) : NEURON_E_MEMORY;
    status = neuron_trainer_agree(trainer, status);
    if (status != NEURON_OK)
        return status;
    neuron_step_begin_forward(trainer->step);
    status = go_over(trainer, &r);
    if (status < 0) {
        neuron_step_undo(trainer->step);
        return status;
    }
    finish(&r);
    neuron_step_end_forward(trainer->step);
    return NEURON_OK;
}

int neuron_trainer_renew_statistics(neuron_trainer_t *trainer)
{
    neuron_callback_entry *last = neuron_callbacks_swapped(trainer);
    if (!last || !last->callback->kind->renews || !last->callback->kind->renews(last))
        return NEURON_OK;
    int status = renew(trainer);
    neuron_callbacks_note_swapped(trainer);
    if (status == NEURON_OK)
        last->callback->kind->on_renewed(last);
    return status;
}
