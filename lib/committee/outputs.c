/* What members put out, side by side, as a dataset of its own: see neuron_committee_outputs(). */
#include "committee/outputs.h"

#include <libneuron-committee/joining.h>

#include "base/checked.h"
#include "base/float-mode.h"
#include "graph/committee.h"
#include "graph/meaning.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

void neuron_member_outputs_end_hold(void *owner, void *object)
{
    (void)owner;
    neuron_member_outputs *outputs = object;
    neuron_context_t *context = outputs->context;
    for (int32_t i = 0; outputs->graphs && i < outputs->members; i++)
        neuron_graph_unref(outputs->graphs[i]);
    neuron_release(context, outputs->graphs);
    neuron_dataset_unref(outputs->dataset);
    neuron_batch_release(&outputs->targets);
    neuron_release(context, outputs);
    neuron_context_unref(context);
}

/* The targets of `part` as labels or targets of a dataset of their own. */
static int make_dataset(neuron_dataset_t **dataset, neuron_context_t *context,
                        neuron_tensor_t *examples, const neuron_dataset_t *part,
                        const neuron_batch *targets)
{
    neuron_tensor_t *labels;
    int64_t count = part->count, extents[NEURON_RANK_MAX] = {count};
    int status;
    if (!part->any_targets && part->labels->type != NEURON_TYPE_F32) {
        RETURN_IF_ERROR(neuron_tensor_create(&labels, context, NEURON_TYPE_I32, extents, 1));
        memcpy(labels->data, targets->labels, neuron_size(count) * sizeof *targets->labels);
        status = neuron_dataset_create_for(dataset, context, examples, labels, part->class_count,
                                           "committee");
    } else {
        int32_t rank = part->any_targets ? part->target_shape.rank : 1;
        extents[1] = part->outputs;
        for (int32_t axis = 0; part->any_targets && axis < rank; axis++)
            extents[axis + 1] = part->target_shape.extent[axis];
        RETURN_IF_ERROR(neuron_tensor_create(&labels, context, NEURON_TYPE_F32, extents, rank + 1));
        memcpy(labels->data, targets->targets,
               neuron_size_of(count * part->outputs, sizeof *targets->targets));
        status = part->any_targets ? neuron_dataset_create_with_targets_for(
                                         dataset, context, examples, labels, "committee")
                                   : neuron_dataset_create_for(dataset, context, examples, labels,
                                                               part->class_count, "committee");
    }
    neuron_tensor_unref(labels);
    RETURN_IF_ERROR(status);
    (*dataset)->one_hot = part->one_hot;
    (*dataset)->class_names = neuron_tensor_ref(part->class_names);
    if (!part->classes)
        return NEURON_OK;
    RETURN_IF_ERROR(
        neuron_tensor_create_raw(&(*dataset)->classes, context, NEURON_TYPE_I32, extents, 1));
    memcpy((*dataset)->classes->data, targets->labels,
           neuron_size(count) * sizeof *targets->labels);
    return NEURON_OK;
}

static int keep_weights(neuron_dataset_t *dataset, const neuron_batch *targets)
{
    bool all_are_1 = true;
    for (int64_t i = 0; i < dataset->count; i++)
        all_are_1 = all_are_1 && targets->weights[i] == 1;
    if (all_are_1)
        return NEURON_OK;
    RETURN_IF_ERROR(neuron_tensor_create(&dataset->weights, dataset->context, NEURON_TYPE_F32,
                                         &dataset->count, 1));
    float *weights = dataset->weights->data;
    for (int64_t i = 0; i < dataset->count; i++)
        weights[i] = (float)targets->weights[i];
    return NEURON_OK;
}

/* Makes room for outputs of `count` members like that of `graph`, and reads the targets. */
static int prepare(neuron_member_outputs *outputs, const neuron_graph_t *graph,
                   const neuron_dataset_t *dataset)
{
    neuron_context_t *context = outputs->context;
    const neuron_dataset_t *part = neuron_dataset_target_at(dataset, 0);
    neuron_tensor_t *examples;
    int64_t size, extents[2] = {dataset->count};
    RETURN_IF_ERROR(neuron_evaluation_choose(&outputs->plan, graph, dataset, NULL, NULL));
    outputs->shape = graph->outputs[0]->spec.output;
    outputs->size = size = neuron_shape_count(&outputs->shape);
    if (!neuron_multiply_count(outputs->members, size, &extents[1]))
        return neuron_fail(NEURON_E_MEMORY,
                           "committee: %" PRId64 " members with %" PRId64 " outputs",
                           outputs->members, size);
    RETURN_IF_ERROR(neuron_batch_allocate(&outputs->targets, context, part, dataset->count));
    neuron_batch_read_target(&outputs->targets, dataset, 0, context->pool, NULL, 0, dataset->count,
                             NULL);
    RETURN_IF_ERROR(neuron_tensor_create(&examples, context, NEURON_TYPE_F32, extents, 2));
    int status = make_dataset(&outputs->dataset, context, examples, part, &outputs->targets);
    neuron_tensor_unref(examples);
    RETURN_IF_ERROR(status);
    return keep_weights(outputs->dataset, &outputs->targets);
}

int neuron_member_outputs_begin(neuron_member_outputs **outputs, neuron_hold *hold,
                                neuron_context_t *context, int64_t members)
{
    *outputs = neuron_allocate_zero(context, 1, sizeof **outputs);
    if (!*outputs)
        return NEURON_E_MEMORY;
    (*outputs)->context = neuron_context_ref(context);
    (*outputs)->members = members;
    neuron_hold_add(hold, neuron_member_outputs_end_hold, NULL, *outputs);
    return NEURON_OK;
}

static void put(const neuron_member_outputs *outputs, int64_t member, const float *from)
{
    int64_t size = outputs->size, row = outputs->members * size;
    float *to = (float *)outputs->dataset->examples->data + member * size;
    for (int64_t i = 0; i < outputs->dataset->count; i++)
        memcpy(to + i * row, from + i * size, (size_t)size * sizeof *to);
}

int neuron_member_outputs_check(const neuron_member_outputs *outputs, bool shares)
{
    int64_t row = outputs->members * outputs->size;
    for (int64_t i = 0; i < outputs->dataset->count; i++) {
        const float *x = neuron_member_outputs_at(outputs, i);
        for (int64_t k = 0; k < row; k++) {
            int64_t member = k / outputs->size, place = k % outputs->size;
            if (!isfinite(x[k]))
                return neuron_fail(NEURON_E_NOT_FINITE,
                                   "committee: member %" PRId64 " puts out %g for example %" PRId64
                                   ", at place %" PRId64,
                                   member, (double)x[k], i, place);
            if (shares && !(x[k] >= 0 && x[k] <= 1))
                return neuron_fail(NEURON_E_DATA,
                                   "committee: member %" PRId64 " puts out %g for example %" PRId64
                                   ", at place %" PRId64
                                   "; a log loss is of probabilities, from 0 to 1",
                                   member, (double)x[k], i, place);
        }
    }
    return NEURON_OK;
}

static int64_t largest(const double *values, int64_t count)
{
    int64_t place = 0;
    for (int64_t k = 1; k < count; k++)
        place = values[k] > values[place] ? k : place;
    return place;
}

bool neuron_member_outputs_right(const neuron_member_outputs *outputs, int64_t example,
                                 int64_t unit, const double *values)
{
    const neuron_evaluation_plan *plan = &outputs->plan;
    int64_t size = outputs->size, first = 0;
    if (plan->kind == NEURON_EVALUATION_CLASSES && size > 1)
        return largest(values, size) == outputs->targets.labels[example];
    const float *wanted = outputs->targets.targets + example * size;
    if (plan->kind == NEURON_EVALUATION_PIXELS) {
        first = unit * plan->channels;
        size = plan->channels;
        if (size > 1)
            return wanted[first + largest(values + first, size)] > NEURON_DATASET_THRESHOLD;
    }
    for (int64_t k = first; k < first + size; k++)
        if ((values[k] > (double)NEURON_DATASET_THRESHOLD) !=
            (wanted[k] > NEURON_DATASET_THRESHOLD))
            return false;
    return true;
}

/* ---- Of graphs ---- */

static int check_members(const neuron_member_outputs *outputs, const neuron_dataset_t *dataset)
{
    char text[2][NEURON_SHAPE_TEXT];
    const neuron_shape *first = &outputs->graphs[0]->outputs[0]->spec.output;
    const neuron_tensor_t *names = neuron_dataset_target_at(dataset, 0)->class_names;
    for (int32_t i = 0; i < outputs->members; i++) {
        const neuron_graph_t *member = outputs->graphs[i];
        const neuron_tensor_t *theirs = member->outputs[0]->meaning.class_names;
        const neuron_shape *shape = &member->outputs[0]->spec.output;
        RETURN_IF_ERROR(neuron_graph_check_dataset(member, dataset, "committee"));
        if (!neuron_shape_equal(shape, first))
            return neuron_fail(NEURON_E_SHAPE,
                               "committee: member %" PRId32 " (%s) puts out %s, member 0 (%s) %s",
                               i, member->name, neuron_shape_text(shape, text[0]),
                               outputs->graphs[0]->name, neuron_shape_text(first, text[1]));
        RETURN_IF_ERROR(neuron_committee_check_names(outputs->graphs, i, "committee"));
        int64_t k = neuron_class_names_differ(theirs, names);
        if (k >= 0)
            return neuron_fail(NEURON_E_DATA,
                               "committee: class %" PRId64 " is \"%s\" in member %" PRId32
                               " (%s) and \"%s\" in the dataset",
                               k, neuron_class_names_at(theirs, k), i, member->name,
                               neuron_class_names_at(names, k));
    }
    return NEURON_OK;
}

/* A tensor for each output of a graph. */
typedef struct room {
    neuron_context_t *context;
    int64_t count;
    neuron_tensor_t *tensors[];
} room;

static void end_room(void *owner, void *object)
{
    (void)owner;
    room *r = object;
    for (int32_t i = 0; i < r->count; i++)
        neuron_tensor_unref(r->tensors[i]);
    neuron_release(r->context, r);
}

static int fill_room(room *r, const neuron_graph_t *member, int64_t examples)
{
    for (int32_t i = 0; i < r->count; i++) {
        const neuron_shape *shape = &member->outputs[i]->spec.output;
        int64_t extents[NEURON_RANK_MAX + 1] = {examples};
        for (int32_t axis = 0; axis < shape->rank; axis++)
            extents[axis + 1] = shape->extent[axis];
        RETURN_IF_ERROR(neuron_tensor_create(&r->tensors[i], r->context, NEURON_TYPE_F32, extents,
                                             shape->rank + 1));
    }
    return NEURON_OK;
}

static int predict_member(const neuron_member_outputs *outputs, int64_t index,
                          const neuron_dataset_t *dataset)
{
    const neuron_graph_t *member = outputs->graphs[index];
    NEURON_HOLD(hold);
    size_t size = sizeof(room) + neuron_size_of(member->output_count, sizeof(neuron_tensor_t *));
    room *r = neuron_allocate_zero(outputs->context, 1, size);
    if (!r)
        return NEURON_E_MEMORY;
    r->context = outputs->context;
    r->count = member->output_count;
    neuron_hold_add(&hold, end_room, NULL, r);
    RETURN_IF_ERROR(fill_room(r, member, dataset->count));
    RETURN_IF_ERROR(neuron_graph_predict_dataset_many(member, dataset, r->tensors, r->count));
    put(outputs, index, r->tensors[0]->data);
    return NEURON_OK;
}

static int predict(neuron_member_outputs *outputs, neuron_graph_t *const *members,
                   const neuron_dataset_t *dataset)
{
    int64_t count = outputs->members;
    outputs->graphs =
        neuron_allocate_zero(outputs->context, neuron_size(count), sizeof *outputs->graphs);
    if (!outputs->graphs)
        return NEURON_E_MEMORY;
    for (int32_t i = 0; i < count; i++)
        outputs->graphs[i] = neuron_graph_ref(members[i]);
    RETURN_IF_ERROR(check_members(outputs, dataset));
    RETURN_IF_ERROR(prepare(outputs, outputs->graphs[0], dataset));
    for (int32_t i = 0; i < count; i++)
        RETURN_IF_ERROR(predict_member(outputs, i, dataset));
    return NEURON_OK;
}

int neuron_member_outputs_predict(neuron_member_outputs **outputs, neuron_hold *hold,
                                  neuron_graph_t *const *members, int64_t count,
                                  const neuron_dataset_t *dataset)
{
    for (int32_t i = 0; i < count; i++)
        RETURN_IF_ERROR(neuron_graph_check_finished(members[i], "committee"));
    RETURN_IF_ERROR(neuron_member_outputs_begin(outputs, hold, members[0]->context, count));
    neuron_hold_reference(hold, dataset, dataset);
    if (dataset->count == 0)
        return neuron_fail(NEURON_E_DATA, "committee: the dataset has no examples");
    return predict(*outputs, members, dataset);
}

int neuron_committee_outputs(neuron_dataset_t **outputs, neuron_graph_t *const *members,
                             int64_t count, const neuron_dataset_t *dataset)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(outputs);
    *outputs = NULL;
    CHECK_ARGUMENT(members);
    CHECK_RANGE(count, 1, NEURON_COMMITTEE_MEMBERS_MAX);
    CHECK_ARGUMENT(dataset);
    neuron_hold_end_left();
    NEURON_HOLD(hold);
    neuron_member_outputs *made;
    RETURN_IF_ERROR(neuron_member_outputs_predict(&made, &hold, members, count, dataset));
    *outputs = neuron_dataset_ref(made->dataset);
    return NEURON_OK;
}

int neuron_member_outputs_fill(neuron_member_outputs *outputs, const neuron_graph_t *graph,
                               const neuron_dataset_t *dataset, const float *values)
{
    RETURN_IF_ERROR(prepare(outputs, graph, dataset));
    memcpy(outputs->dataset->examples->data, values,
           neuron_size_of(dataset->count * outputs->members * outputs->size, sizeof *values));
    return NEURON_OK;
}

/* ---- Of tensors ---- */

static int check_tensors(neuron_tensor_t *const *outputs, int64_t count)
{
    char text[2][NEURON_SHAPE_TEXT];
    for (int32_t i = 0; i < count; i++) {
        RETURN_IF_ERROR(
            neuron_handle_check_at(outputs[i], NEURON_HANDLE_TENSOR, "outputs", i, "committee"));
        if (outputs[i]->type != NEURON_TYPE_F32)
            return neuron_fail(NEURON_E_TYPE, "committee: outputs[%" PRId32 "] are %s, not f32", i,
                               neuron_type_name(outputs[i]->type));
        if (!neuron_shape_equal(&outputs[i]->shape, &outputs[0]->shape))
            return neuron_fail(NEURON_E_SHAPE,
                               "committee: outputs[%" PRId32 "] are %s, outputs[0] %s", i,
                               neuron_shape_text(&outputs[i]->shape, text[0]),
                               neuron_shape_text(&outputs[0]->shape, text[1]));
    }
    return NEURON_OK;
}

static int accept_tensors(neuron_member_outputs **outputs, neuron_hold *hold,
                          const neuron_member_source *source)
{
    neuron_graph_t *graph;
    neuron_dataset_t *dataset;
    RETURN_IF_ERROR(check_tensors(source->outputs, source->count));
    RETURN_IF_ERROR(neuron_member_outputs_begin(outputs, hold, source->context, source->count));
    RETURN_IF_ERROR(neuron_evaluation_take_outputs(
        &graph, &dataset, source->context, source->outputs[0], source->targets, "committee"));
    int status = prepare(*outputs, graph, dataset);
    for (int32_t i = 0; status == NEURON_OK && i < source->count; i++)
        put(*outputs, i, source->outputs[i]->data);
    neuron_graph_unref(graph);
    neuron_dataset_unref(dataset);
    return status;
}

/* ---- Of what a public call is given ---- */

int neuron_member_source_check(const neuron_member_source *source)
{
    const char *who = source->who;
    if (source->given)
        RETURN_IF_ERROR(
            neuron_handle_check(source->context, NEURON_HANDLE_CONTEXT, "context", who));
    if (source->given ? !source->outputs : !source->members)
        return neuron_refuse_null(source->given ? "outputs" : "members", who);
    RETURN_IF_ERROR(
        neuron_check_range(source->count, 1, NEURON_COMMITTEE_MEMBERS_MAX, "count", who));
    if (source->given)
        return neuron_handle_check(source->targets, NEURON_HANDLE_TENSOR, "targets", who);
    return neuron_handle_check(source->dataset, NEURON_HANDLE_DATASET, source->dataset_name, who);
}

int neuron_member_outputs_read(neuron_member_outputs **outputs, neuron_hold *hold,
                               const neuron_member_source *source)
{
    if (source->given)
        return accept_tensors(outputs, hold, source);
    return neuron_member_outputs_predict(outputs, hold, source->members, source->count,
                                         source->dataset);
}
