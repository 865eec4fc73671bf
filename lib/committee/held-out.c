/* What members predict of examples that they did not learn from. */
#include "committee/held-out.h"

#include "base/checked.h"
#include "base/float-mode.h"
#include "base/tensor.h"
#include "committee/classes.h"

#include <libneuron/evaluation.h>

#include <math.h>
#include <string.h>

int neuron_committee_trainer_example_counts(int32_t *counts, size_t capacity, size_t *needed,
                                            const neuron_committee_trainer_t *trainer,
                                            int64_t member)
{
    CHECK_ARGUMENT(trainer);
    CHECK_ROOM(counts, capacity);
    if (!trainer->begun)
        return neuron_fail(NEURON_E_STATE, "committee: has not run yet");
    CHECK_RANGE(member, 0, neuron_committee_trainer_member_count(trainer) - 1);
    size_t count = neuron_size(trainer->train->count);
    if (counts && capacity < count) {
        if (needed)
            *needed = count;
        return neuron_fail(NEURON_E_ARGUMENT, "committee: capacity is %zu; there are %zu examples",
                           capacity, count);
    }
    if (counts)
        RETURN_IF_ERROR(
            neuron_committee_count_examples(counts, trainer, member, NEURON_COMMITTEE_LEARNT));
    if (needed)
        *needed = count;
    return NEURON_OK;
}

/* What is gathered: [examples, width] of one output, for which a row of each member comes to
 * `take`. */
typedef struct gathering {
    const neuron_committee_trainer_t *trainer;
    int64_t output, size; /* numbers of the output */
    bool mean;            /* of the members that predict; else each has its place */
    float *values;        /* [examples, members, size], or [examples, size] */
    int32_t *used;        /* members that predicted an example, where the mean is wanted; */
    int64_t width; /* of each of its classes, if members do not know all: [examples, width] */
    bool *classes; /* that each member knows, [members, size]; NULL for all */
    bool *known;   /* [examples, members], who has predicted what; may be NULL */
} gathering;

static void take(gathering *all, int64_t example, int64_t member, const float *row)
{
    int64_t members = all->trainer->count, size = all->size;
    if (!all->mean) {
        memcpy(all->values + (example * members + member) * size, row, (size_t)size * sizeof *row);
        if (all->known)
            all->known[example * members + member] = true;
        return;
    }
    float *sum = all->values + example * size;
    int32_t *used = all->used + example * all->width;
    for (int64_t k = 0; k < size; k++) {
        int32_t *of = all->classes ? &used[k] : used;
        if (all->classes && !all->classes[member * size + k])
            continue;
        sum[k] = *of > 0 ? sum[k] + row[k] : row[k];
        *of += all->classes != NULL;
    }
    used[0] += !all->classes;
}

/* Of members that know other classes: the mean of each class is that of those that know it. */
static void share(float *row, const int32_t *used, int64_t size)
{
    bool any = false;
    for (int64_t k = 0; k < size; k++)
        any = any || used[k] > 0;
    for (int64_t k = 0; any && k < size; k++)
        row[k] = used[k] > 0 ? row[k] / (float)used[k] : 0;
    if (any)
        neuron_committee_normalize(row, size);
}

static void finish(gathering *all)
{
    for (int64_t i = 0; all->mean && i < all->trainer->train->count; i++) {
        float *row = all->values + i * all->size;
        if (all->classes)
            share(row, all->used + i * all->width, all->size);
        else
            for (int64_t k = 0; all->used[i] > 1 && k < all->size; k++)
                row[k] /= (float)all->used[i];
    }
}

/* Shape [count, ...] of an output's predictions. */
static int64_t batch_shape(int64_t extent[NEURON_RANK_MAX], const neuron_shape *shape,
                           int64_t count)
{
    extent[0] = count;
    memcpy(extent + 1, shape->extent, (size_t)shape->rank * sizeof *extent);
    return shape->rank + 1;
}

/* Tensors for the predictions of all outputs. */
static int create_outputs(neuron_tensor_t **outputs, const neuron_graph_t *graph, int64_t count)
{
    for (int64_t i = 0; i < graph->output_count; i++) {
        int64_t extent[NEURON_RANK_MAX];
        int64_t rank = batch_shape(extent, &graph->outputs[i]->spec.output, count);
        RETURN_IF_ERROR(neuron_tensor_create_raw(&outputs[i], graph->context, NEURON_TYPE_F32,
                                                 extent, (int32_t)rank));
    }
    return NEURON_OK;
}

static void drop_outputs(void *context, void *outputs)
{
    for (neuron_tensor_t **output = outputs; *output; output++)
        neuron_tensor_unref(*output);
    neuron_release(context, outputs);
}

static int gather_member(gathering *all, const neuron_committee_member *member,
                         const int32_t *counts)
{
    const neuron_committee_trainer_t *trainer = all->trainer;
    const neuron_graph_t *graph = member->graph;
    neuron_context_t *context = trainer->context;
    NEURON_HOLD(hold);
    neuron_dataset_t *held_out;
    RETURN_IF_ERROR(
        neuron_committee_select(&held_out, trainer, member->index, NEURON_COMMITTEE_HELD_OUT));
    if (!held_out)
        return NEURON_OK;
    neuron_hold_reference(&hold, dataset, held_out);
    int64_t count = held_out->count;
    neuron_dataset_unref(held_out);
    neuron_tensor_t **outputs = neuron_allocate_zero(context, neuron_size(graph->output_count) + 1,
                                                     sizeof(neuron_tensor_t *));
    if (!outputs)
        return NEURON_E_MEMORY;
    neuron_hold_add(&hold, drop_outputs, context, outputs);
    RETURN_IF_ERROR(create_outputs(outputs, graph, count));
    RETURN_IF_ERROR(
        neuron_graph_predict_dataset_many(graph, held_out, outputs, graph->output_count));
    const float *row = outputs[all->output]->data;
    for (int64_t i = 0; i < trainer->train->count; i++) {
        if (counts[i] == 0)
            continue;
        take(all, i, member->index, row);
        row += all->size;
    }
    return NEURON_OK;
}

static int gather(gathering *all)
{
    const neuron_committee_trainer_t *trainer = all->trainer;
    neuron_context_t *context = trainer->context;
    size_t count = neuron_size(trainer->train->count);
    NEURON_HOLD(hold);
    int32_t *counts = neuron_allocate(context, count, sizeof *counts);
    neuron_hold_add(&hold, neuron_release_hold, context, counts);
    RETURN_IF_ERROR(neuron_committee_read_classes(&all->classes, trainer));
    neuron_hold_add(&hold, neuron_release_hold, context, all->classes);
    all->width = all->classes ? all->size : 1;
    all->used = neuron_allocate_zero(context, count, neuron_size_of(all->width, sizeof *all->used));
    neuron_hold_add(&hold, neuron_release_hold, context, all->used);
    if (!counts || !all->used)
        return NEURON_E_MEMORY;
    for (int64_t i = 0; i < trainer->count; i++) {
        RETURN_IF_ERROR(
            neuron_committee_count_examples(counts, trainer, i, NEURON_COMMITTEE_HELD_OUT));
        RETURN_IF_ERROR(gather_member(all, &trainer->members[i], counts));
    }
    finish(all);
    return NEURON_OK;
}

static int check(const neuron_committee_trainer_t *trainer, int64_t output)
{
    if (trainer->running)
        return neuron_fail(NEURON_E_STATE, "committee: is running");
    if (!neuron_committee_holds_out(trainer))
        return neuron_fail(NEURON_E_STATE, "committee: method is %s, which holds no examples out",
                           neuron_committee_method_name(trainer));
    for (int64_t i = 0; i < trainer->count; i++)
        if (!atomic_load(&trainer->members[i].done))
            return neuron_fail(NEURON_E_STATE,
                               "committee: member %" PRId64 " is not trained to its end", i);
    if (trainer->count == 0)
        return neuron_fail(NEURON_E_STATE, "committee: has not run yet");
    return neuron_check_range(output, 0, trainer->members[0].graph->output_count - 1, "output",
                              "committee");
}

static int predict(neuron_tensor_t **predictions, const neuron_committee_trainer_t *trainer,
                   int64_t output, bool mean)
{
    RETURN_IF_ERROR(check(trainer, output));
    neuron_hold_end_left();
    NEURON_HOLD(hold);
    neuron_hold_reference(&hold, committee_trainer, trainer);
    const neuron_shape *shape = &trainer->members[0].graph->outputs[output]->spec.output;
    int64_t extent[NEURON_RANK_MAX + 1] = {trainer->train->count, trainer->count};
    int32_t rank = mean ? 1 : 2;
    if (rank + shape->rank > NEURON_RANK_MAX)
        return neuron_fail(NEURON_E_UNSUPPORTED,
                           "committee: an output of rank %" PRId32 " and members are too many",
                           shape->rank);
    memcpy(extent + rank, shape->extent, (size_t)shape->rank * sizeof *extent);
    neuron_tensor_t *made;
    RETURN_IF_ERROR(neuron_tensor_create_raw(&made, trainer->context, NEURON_TYPE_F32, extent,
                                             rank + shape->rank));
    neuron_hold_reference(&hold, tensor, made);
    neuron_tensor_unref(made);
    gathering all = {.trainer = trainer,
                     .output = output,
                     .size = neuron_shape_count(shape),
                     .mean = mean,
                     .values = made->data};
    int64_t numbers = neuron_shape_count(&made->shape);
    for (int64_t i = 0; i < numbers; i++)
        all.values[i] = NAN;
    RETURN_IF_ERROR(gather(&all));
    *predictions = neuron_tensor_ref(made);
    return NEURON_OK;
}

int neuron_committee_trainer_held_out(neuron_tensor_t **predictions,
                                      const neuron_committee_trainer_t *trainer, int64_t output)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(predictions);
    *predictions = NULL;
    CHECK_ARGUMENT(trainer);
    return predict(predictions, trainer, output, false);
}

int neuron_committee_trainer_out_of_fold(neuron_tensor_t **predictions,
                                         const neuron_committee_trainer_t *trainer, int64_t output)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(predictions);
    *predictions = NULL;
    CHECK_ARGUMENT(trainer);
    return predict(predictions, trainer, output, true);
}

int neuron_committee_gather(float *values, bool *known, const neuron_committee_trainer_t *trainer)
{
    const neuron_graph_t *first = trainer->members[0].graph;
    gathering all = {.trainer = trainer,
                     .size = neuron_shape_count(&first->outputs[0]->spec.output),
                     .values = values,
                     .known = known};
    return gather(&all);
}
