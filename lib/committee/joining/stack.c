/* Stacking: what is fitted to what members put out joins them from then on: a dense layer, or
 * tables for each member and class. */
#include "committee/joining/weights.h"

#include <libneuron-committee/joining.h>
#include <libneuron/committee.h>
#include <libneuron/layers.h>

#include "base/checked.h"
#include "base/float-mode.h"
#include "committee/joining/by-class.h"
#include "committee/joining/logistic.h"
#include "graph/graph.h"

#include <float.h>

enum { METHOD = 1, L2, ITERATIONS, POINTS };

static const neuron_word methods[] = {
    {NEURON_STACK_LOGISTIC, "logistic"},
    {NEURON_STACK_CLASS_WEIGHTS, "class_weights"},
    {NEURON_STACK_RANKS, "ranks"},
    {0, ""},
};

static const neuron_option rows[] = {
    NEURON_CHOICE(METHOD, "method", methods, NEURON_STACK_LOGISTIC, "what joins the members"),
    NEURON_L2_ROW(L2),
    NEURON_ITERATIONS_ROW(ITERATIONS),
    NEURON_POINTS_ROW(POINTS),
};

const neuron_option_table neuron_committee_stack_options = NEURON_OPTION_TABLE(rows);

static int read_options(neuron_stack_request *asked, const char *options)
{
    neuron_options given;
    neuron_options_reset(&given, &neuron_committee_stack_options);
    RETURN_IF_ERROR(neuron_options_parse(&given, options, "committee_stack"));
    *asked = (neuron_stack_request){(neuron_stack_method)neuron_options_value(&given, METHOD),
                                    neuron_options_value(&given, L2),
                                    (int64_t)neuron_options_value(&given, ITERATIONS),
                                    (int64_t)neuron_options_value(&given, POINTS)};
    return NEURON_OK;
}

static neuron_node_t *add_output(neuron_graph_t *graph, neuron_node_t *values,
                                 const neuron_member_outputs *outputs)
{
    if (outputs->plan.kind == NEURON_EVALUATION_CLASSES && outputs->size > 1)
        values = neuron_softmax(graph, values, NULL);
    else if (outputs->plan.kind != NEURON_EVALUATION_REGRESSION)
        values = neuron_sigmoid(graph, values);
    if (outputs->shape.rank > 1)
        values = neuron_reshape(graph, values, outputs->shape.extent, outputs->shape.rank);
    return values;
}

/* The layer that was fitted, as a graph. */
static int build_combiner(neuron_graph_t *graph, const neuron_member_outputs *outputs,
                          const float *kernel, const float *bias)
{
    int64_t inputs = outputs->members * outputs->size;
    neuron_node_t *x = neuron_input(graph, &inputs, 1);
    x = neuron_dense(graph, x, outputs->size, NULL);
    RETURN_IF_ERROR(neuron_graph_finish(graph, add_output(graph, x, outputs)));
    RETURN_IF_ERROR(
        neuron_graph_write_array(graph, 0, kernel, neuron_size(inputs * outputs->size)));
    return neuron_graph_write_array(graph, 1, bias, neuron_size(outputs->size));
}

static int fit_combiner(neuron_graph_t *graph, const neuron_member_outputs *outputs,
                        const neuron_stack_request *asked)
{
    neuron_context_t *context = outputs->context;
    size_t size = neuron_size(outputs->size);
    float *kernel = neuron_allocate(context, neuron_size(outputs->members),
                                    neuron_size_of(outputs->size * outputs->size, sizeof *kernel));
    float *bias = neuron_allocate(context, size, sizeof *bias);
    int status = kernel && bias
                     ? neuron_logistic_fit(kernel, bias, outputs, asked->l2, asked->iterations)
                     : NEURON_E_MEMORY;
    if (status == NEURON_OK)
        status = build_combiner(graph, outputs, kernel, bias);
    neuron_release(context, kernel);
    neuron_release(context, bias);
    return status;
}

/* ---- Tables for each member and class ---- */

/* A graph that gives the outputs of each member to tables, and adds what these make of them. What
 * the last node does is to divide by the sum, where the outputs are of classes. */
static int build_tables(neuron_graph_t *graph, const neuron_member_outputs *outputs, int64_t points)
{
    neuron_context_t *context = outputs->context;
    int64_t inputs = outputs->members * outputs->size;
    bool normalizes = outputs->plan.kind == NEURON_EVALUATION_CLASSES && outputs->size > 1;
    neuron_node_t *x = neuron_input(graph, &inputs, 1), *sum;
    neuron_node_t **members =
        neuron_allocate(context, neuron_size(outputs->members), sizeof *members);
    if (!members)
        return NEURON_E_MEMORY;
    for (int64_t m = 0; m < outputs->members; m++)
        members[m] = neuron_piecewise_linear(
            graph, neuron_slice(graph, x, m * outputs->size, outputs->size, NULL), points, NULL);
    sum = outputs->members > 1 ? neuron_add(graph, members, outputs->members) : members[0];
    neuron_release(context, members);
    sum = neuron_piecewise_linear(graph, sum, 2, normalizes ? "normalize=yes" : NULL);
    if (outputs->shape.rank > 1)
        sum = neuron_reshape(graph, sum, outputs->shape.extent, outputs->shape.rank);
    return neuron_graph_finish(graph, sum);
}

/* Writes the tables of a node, x and y. */
static int write_tables(neuron_graph_t *graph, int64_t node, const float *x, const float *y,
                        int64_t count)
{
    RETURN_IF_ERROR(neuron_graph_write_array(graph, 2 * node, x, neuron_size(count)));
    return neuron_graph_write_array(graph, 2 * node + 1, y, neuron_size(count));
}

/* The last tables: from 0 to 0, and from the largest sum there can be to itself. */
static int write_last(neuron_graph_t *graph, const neuron_member_outputs *outputs, float *room,
                      const double *largest)
{
    for (int64_t k = 0; k < outputs->size; k++) {
        room[2 * k] = 0;
        room[2 * k + 1] = (float)largest[k];
    }
    return write_tables(graph, outputs->members, room, room, 2 * outputs->size);
}

static int fit_class_weights(neuron_graph_t *graph, const neuron_member_outputs *outputs,
                             const neuron_stack_request *asked, float *room, double *numbers)
{
    int64_t size = outputs->size;
    double *weights = numbers, *largest = numbers + outputs->members * size, all = 0;
    RETURN_IF_ERROR(neuron_class_weights_fit(weights, outputs, asked->iterations));
    RETURN_IF_ERROR(build_tables(graph, outputs, 2));
    for (int64_t j = 0; j < outputs->members * size; j++)
        all += weights[j];
    for (int64_t k = 0; k < size; k++)
        largest[k] = 0;
    for (int64_t m = 0; m < outputs->members; m++) {
        float *x = room, *y = room + 2 * size;
        for (int64_t k = 0; k < size; k++) {
            double weight = weights[m * size + k] / all * (double)size;
            largest[k] += weight;
            x[2 * k] = y[2 * k] = 0;
            x[2 * k + 1] = 1;
            y[2 * k + 1] = (float)weight;
        }
        RETURN_IF_ERROR(write_tables(graph, m, x, y, 2 * size));
    }
    return write_last(graph, outputs, room, largest);
}

static int fit_ranks(neuron_graph_t *graph, const neuron_member_outputs *outputs,
                     const neuron_stack_request *asked, float *room, double *largest)
{
    int64_t count = outputs->size * asked->points;
    RETURN_IF_ERROR(build_tables(graph, outputs, asked->points));
    for (int64_t m = 0; m < outputs->members; m++) {
        RETURN_IF_ERROR(neuron_ranks_fill(room, room + count, outputs, m, asked->points));
        for (int64_t i = count; i < 2 * count; i++)
            room[i] /= (float)outputs->members; /* so that their sum is the mean */
        RETURN_IF_ERROR(write_tables(graph, m, room, room + count, count));
    }
    for (int64_t k = 0; k < outputs->size; k++)
        largest[k] = 1;
    return write_last(graph, outputs, room, largest);
}

static int fit_tables(neuron_graph_t *graph, const neuron_member_outputs *outputs,
                      const neuron_stack_request *asked)
{
    neuron_context_t *context = outputs->context;
    int64_t points = asked->method == NEURON_STACK_RANKS ? asked->points : 2;
    float *room = neuron_allocate(context, neuron_size(points),
                                  neuron_size_of(2 * outputs->size, sizeof *room));
    double *numbers = neuron_allocate(context, neuron_size(outputs->members + 1),
                                      neuron_size_of(outputs->size, sizeof *numbers));
    int status = NEURON_E_MEMORY;
    if (room && numbers)
        status = asked->method == NEURON_STACK_RANKS
                     ? fit_ranks(graph, outputs, asked, room, numbers)
                     : fit_class_weights(graph, outputs, asked, room, numbers);
    neuron_release(context, room);
    neuron_release(context, numbers);
    return status;
}

/* ---- All ways ---- */

int neuron_stack_check_plan(const neuron_stack_request *asked, const neuron_evaluation_plan *plan,
                            int64_t size)
{
    bool of_classes = plan->kind == NEURON_EVALUATION_CLASSES && size > 1;
    if (plan->kind == NEURON_EVALUATION_PIXELS)
        return neuron_fail(
            NEURON_E_UNSUPPORTED,
            "committee_stack: the targets are maps, whose places a dense layer would "
            "mix; neuron_committee_join() takes a graph of convolutions");
    if (asked->method == NEURON_STACK_CLASS_WEIGHTS && !of_classes)
        return neuron_fail(
            NEURON_E_UNSUPPORTED,
            "committee_stack: method=class_weights is for outputs of several classes");
    if (asked->method == NEURON_STACK_RANKS && plan->kind == NEURON_EVALUATION_REGRESSION)
        return neuron_fail(NEURON_E_UNSUPPORTED,
                           "committee_stack: the targets are those of a regression, which ranks "
                           "would not be near");
    return NEURON_OK;
}

int neuron_stack_learn(neuron_graph_t **committee, neuron_context_t *context,
                       neuron_graph_t *const *members, const neuron_member_outputs *outputs,
                       const neuron_stack_request *asked)
{
    neuron_graph_t *combiner;
    RETURN_IF_ERROR(neuron_stack_check_plan(asked, &outputs->plan, outputs->size));
    RETURN_IF_ERROR(
        neuron_member_outputs_check(outputs, asked->method == NEURON_STACK_CLASS_WEIGHTS));
    RETURN_IF_ERROR(neuron_graph_create(&combiner, context));
    int status = asked->method == NEURON_STACK_LOGISTIC ? fit_combiner(combiner, outputs, asked)
                                                        : fit_tables(combiner, outputs, asked);
    if (status == NEURON_OK)
        status = neuron_committee_join(committee, context, members, outputs->members, combiner);
    neuron_graph_unref(combiner);
    return status;
}

static int learn(neuron_graph_t **committee, neuron_context_t *context,
                 neuron_graph_t *const *members, const neuron_member_source *source,
                 const char *options)
{
    neuron_stack_request asked;
    RETURN_IF_ERROR(neuron_member_source_check(source));
    RETURN_IF_ERROR(read_options(&asked, options));
    NEURON_HOLD(hold);
    neuron_hold_reference(&hold, context, context);
    neuron_member_outputs *outputs;
    RETURN_IF_ERROR(neuron_member_outputs_read(&outputs, &hold, source));
    return neuron_stack_learn(committee, context, outputs->graphs ? outputs->graphs : members,
                              outputs, &asked);
}

int neuron_committee_stack(neuron_graph_t **committee, neuron_context_t *context,
                           neuron_graph_t *const *members, int64_t count,
                           const neuron_dataset_t *validation, const char *options)
{
    FLOAT_SCOPE;
    const neuron_member_source source = NEURON_MEMBERS_OF(validation);
    CHECK_ARGUMENT(committee);
    *committee = NULL;
    CHECK_ARGUMENT(context);
    neuron_hold_end_left();
    return learn(committee, context, members, &source, options);
}

int neuron_committee_stack_from_outputs(neuron_graph_t **committee, neuron_context_t *context,
                                        neuron_graph_t *const *members, int64_t count,
                                        neuron_tensor_t *const *outputs,
                                        const neuron_tensor_t *targets, const char *options)
{
    FLOAT_SCOPE;
    const neuron_member_source source = NEURON_OUTPUTS_GIVEN;
    CHECK_ARGUMENT(committee);
    *committee = NULL;
    CHECK_ARGUMENT(context);
    CHECK_ARGUMENT(members);
    neuron_hold_end_left();
    return learn(committee, context, members, &source, options);
}
