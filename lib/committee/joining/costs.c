/* What members cost: the time of a prediction, or their parameters. */
#include <libneuron-committee/joining.h>

#include "base/checked.h"
#include "base/clock.h"
#include "base/float-mode.h"
#include "committee/outputs.h"
#include "committee/joining/weights.h"

#include <math.h>
#include <string.h>

enum { UNIT = 1, BATCH_SIZE, REPEATS };

enum { SECONDS, PARAMETERS };

static const neuron_word units[] = {
    {SECONDS, "seconds"},
    {PARAMETERS, "parameters"},
    {0, ""},
};

static const neuron_option rows[] = {
    NEURON_CHOICE(UNIT, "unit", units, SECONDS, "what is counted"),
    NEURON_INTEGER(BATCH_SIZE, "batch_size", 1, 65536, 1, "examples of a prediction"),
    NEURON_INTEGER(REPEATS, "repeats", 1, 10000, 20, "predictions, of which the fastest counts"),
};

const neuron_option_table neuron_committee_costs_options = NEURON_OPTION_TABLE(rows);

typedef struct request {
    int32_t unit;
    int64_t batch_size, repeats;
} request;

/* Tensors for the inputs and outputs of a graph, and one more owner of it. */
typedef struct room {
    neuron_context_t *context;
    neuron_graph_t *graph;
    neuron_tensor_t **tensors; /* inputs, then outputs */
} room;

static void end_room(void *owner, void *object)
{
    (void)owner;
    room *r = object;
    int64_t count = r->graph->input_count + r->graph->output_count;
    for (int64_t i = 0; r->tensors && i < count; i++)
        neuron_tensor_unref(r->tensors[i]);
    neuron_release(r->context, r->tensors);
    neuron_graph_unref(r->graph);
    neuron_release(r->context, r);
}

static int fill_room(room *r, int64_t batch_size)
{
    neuron_graph_t *graph = r->graph;
    int64_t inputs = graph->input_count, count = inputs + graph->output_count;
    r->tensors = neuron_allocate_zero(r->context, neuron_size(count), sizeof *r->tensors);
    if (!r->tensors)
        return NEURON_E_MEMORY;
    for (int64_t i = 0; i < count; i++) {
        const neuron_node_t *node = i < inputs ? graph->inputs[i] : graph->outputs[i - inputs];
        const neuron_shape *shape = &node->spec.output;
        int64_t extents[NEURON_RANK_MAX + 1] = {batch_size};
        for (int32_t axis = 0; axis < shape->rank; axis++)
            extents[axis + 1] = shape->extent[axis];
        RETURN_IF_ERROR(neuron_tensor_create(&r->tensors[i], r->context, NEURON_TYPE_F32, extents,
                                             shape->rank + 1));
    }
    return NEURON_OK;
}

static int time_member(double *seconds, neuron_graph_t *member, const request *asked)
{
    NEURON_HOLD(hold);
    room *r = neuron_allocate_zero(member->context, 1, sizeof *r);
    if (!r)
        return NEURON_E_MEMORY;
    r->context = member->context;
    r->graph = neuron_graph_ref(member);
    neuron_hold_add(&hold, end_room, NULL, r);
    RETURN_IF_ERROR(fill_room(r, asked->batch_size));
    *seconds = INFINITY;
    for (int64_t repeat = 0; repeat <= asked->repeats; repeat++) { /* the first one makes ready */
        double begun = neuron_clock_seconds();
        RETURN_IF_ERROR(neuron_graph_predict_many(member, r->tensors, member->input_count,
                                                  r->tensors + member->input_count,
                                                  member->output_count));
        if (repeat > 0)
            *seconds = fmin(*seconds, neuron_clock_seconds() - begun);
    }
    return NEURON_OK;
}

int neuron_committee_costs(double *costs, neuron_graph_t *const *members, int64_t count,
                           const char *options)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(costs);
    CHECK_ARGUMENT(members);
    CHECK_RANGE(count, 1, NEURON_COMMITTEE_MEMBERS_MAX);
    neuron_options given;
    neuron_options_reset(&given, &neuron_committee_costs_options);
    RETURN_IF_ERROR(neuron_options_parse(&given, options, "committee_costs"));
    const request asked = {(int32_t)neuron_options_value(&given, UNIT),
                           (int64_t)neuron_options_value(&given, BATCH_SIZE),
                           (int64_t)neuron_options_value(&given, REPEATS)};
    for (int64_t m = 0; m < count; m++)
        RETURN_IF_ERROR(neuron_graph_check_finished(members[m], __func__));
    neuron_hold_end_left();
    NEURON_HOLD(hold);
    neuron_context_t *context = members[0]->context;
    double *made = neuron_allocate(context, neuron_size(count), sizeof *made);
    if (!made)
        return NEURON_E_MEMORY;
    neuron_hold_reference(&hold, context, context);
    neuron_hold_add(&hold, neuron_release_hold, context, made);
    for (int64_t m = 0; m < count; m++) {
        if (asked.unit == PARAMETERS)
            made[m] = (double)neuron_graph_parameter_count(members[m]);
        else
            RETURN_IF_ERROR(time_member(&made[m], members[m], &asked));
    }
    memcpy(costs, made, neuron_size(count) * sizeof *costs);
    return NEURON_OK;
}
