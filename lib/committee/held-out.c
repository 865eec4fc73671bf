/* What members predict of examples that they did not learn from. */
#include "committee/combine.h"

#include "base/checked.h"
#include "base/float-mode.h"
#include "base/tensor.h"

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
        RETURN_IF_ERROR(neuron_committee_count_examples(counts, trainer, member));
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
    int32_t *used;        /* members that predicted an example, where the mean is wanted */
    bool *known;          /* [examples, members], who has predicted what; may be NULL */
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
    for (int64_t i = 0; i < size; i++)
        sum[i] = all->used[example] > 0 ? sum[i] + row[i] : row[i];
    all->used[example]++;
}

static void finish(gathering *all)
{
    for (int64_t i = 0; all->mean && i < all->trainer->train->count; i++)
        for (int64_t k = 0; all->used[i] > 1 && k < all->size; k++)
            all->values[i * all->size + k] /= (float)all->used[i];
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
    RETURN_IF_ERROR(neuron_committee_select(&held_out, trainer, member->index, true));
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
        if (counts[i] > 0)
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
    all->used = neuron_allocate_zero(context, count, sizeof *all->used);
    neuron_hold_add(&hold, neuron_release_hold, context, all->used);
    if (!counts || !all->used)
        return NEURON_E_MEMORY;
    for (int64_t i = 0; i < trainer->count; i++) {
        RETURN_IF_ERROR(neuron_committee_count_examples(counts, trainer, i));
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

/* ---- To learn how members are joined ---- */

/* Members that count as one: the members of a set of folds, of which each example has one that did
 * not learn from it. */
static int64_t members_of_set(const neuron_committee_trainer_t *trainer)
{
    return neuron_committee_method_of(trainer) == NEURON_COMMITTEE_METHOD_FOLDS
               ? neuron_committee_folds(trainer)
               : 1;
}

/* The mean of what members from `first` on have put out for an example; how many have. */
static int64_t mean_of(float *mean, const gathering *all, int64_t example, int64_t first,
                       int64_t count)
{
    int64_t place = example * all->trainer->count + first, size = all->size, used = 0;
    for (int64_t m = 0; m < count; m++) {
        const float *row = all->values + (place + m) * size;
        if (!all->known[place + m])
            continue;
        for (int64_t k = 0; k < size; k++)
            mean[k] = used > 0 ? mean[k] + row[k] : row[k];
        used++;
    }
    for (int64_t k = 0; used > 1 && k < size; k++)
        mean[k] /= (float)used;
    return used;
}

/* Fills the rows of all sets for the examples that somebody did not learn from, whose positions it
 * writes; returns how many these are. */
static int64_t condense(float *rows, int64_t *positions, const gathering *all)
{
    const neuron_committee_trainer_t *trainer = all->trainer;
    int64_t each = members_of_set(trainer), sets = trainer->count / each, count = 0;
    for (int64_t i = 0; i < trainer->train->count; i++) {
        float *row = rows + count * sets * all->size;
        if (mean_of(row, all, i, 0, trainer->count) == 0)
            continue;
        for (int64_t s = sets - 1; s >= 0; s--) {
            float *own = row + s * all->size;
            if (mean_of(own, all, i, s * each, each) == 0)
                mean_of(own, all, i, 0, trainer->count);
        }
        positions[count++] = i;
    }
    return count;
}

int neuron_committee_read_held_out(neuron_member_outputs **outputs, neuron_hold *hold,
                                   const neuron_committee_trainer_t *trainer)
{
    const neuron_graph_t *first = trainer->members[0].graph;
    neuron_context_t *context = trainer->context;
    int64_t sets = trainer->count / members_of_set(trainer);
    int64_t size = neuron_shape_count(&first->outputs[0]->spec.output);
    size_t examples = neuron_size(trainer->train->count), members = neuron_size(trainer->count);
    neuron_dataset_t *dataset;
    RETURN_IF_ERROR(neuron_member_outputs_begin(outputs, hold, context, sets));
    NEURON_HOLD(own);
    float *values =
        neuron_allocate(context, examples, neuron_size_of(trainer->count * size, sizeof *values));
    neuron_hold_add(&own, neuron_release_hold, context, values);
    bool *known = neuron_allocate_zero(context, examples, members);
    neuron_hold_add(&own, neuron_release_hold, context, known);
    float *rows = neuron_allocate(context, examples, neuron_size_of(sets * size, sizeof *rows));
    neuron_hold_add(&own, neuron_release_hold, context, rows);
    int64_t *positions = neuron_allocate(context, examples, sizeof *positions);
    neuron_hold_add(&own, neuron_release_hold, context, positions);
    if (!values || !known || !rows || !positions)
        return NEURON_E_MEMORY;
    gathering all = {.trainer = trainer, .size = size, .values = values, .known = known};
    RETURN_IF_ERROR(gather(&all));
    int64_t count = condense(rows, positions, &all);
    if (count == 0)
        return neuron_fail(NEURON_E_DATA,
                           "committee: no example was held out from any member to learn from how "
                           "they are joined");
    RETURN_IF_ERROR(neuron_dataset_derive(&dataset, trainer->train, positions, 0, count));
    neuron_hold_add(&own, neuron_dataset_end_hold, NULL, dataset);
    return neuron_member_outputs_fill(*outputs, first, dataset, rows);
}
