/* Stacking: a dense layer is fitted to what members put out, and joins them from then on. */
#include "committee/weights.h"

#include <libneuron/committee.h>
#include <libneuron/layers.h>

#include "base/checked.h"
#include "base/float-mode.h"
#include "committee/logistic.h"
#include "graph/graph.h"

#include <float.h>

enum { L2 = 1, ITERATIONS };

static const neuron_option rows[] = {
    NEURON_REAL(L2, "l2", DBL_MIN, DBL_MAX, 1, "by how much the squares of the kernel cost"),
    NEURON_INTEGER(ITERATIONS, "iterations", 1, 100000, 1000, "of L-BFGS, at most"),
};

const neuron_option_table neuron_committee_stack_options = NEURON_OPTION_TABLE(rows);

typedef struct request {
    double l2;
    int64_t iterations;
} request;

static int read_options(request *asked, const char *options)
{
    neuron_options given;
    neuron_options_reset(&given, &neuron_committee_stack_options);
    RETURN_IF_ERROR(neuron_options_parse(&given, options, "committee_stack"));
    *asked = (request){neuron_options_value(&given, L2),
                       (int64_t)neuron_options_value(&given, ITERATIONS)};
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
                        const request *asked)
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

static int stack(neuron_graph_t **committee, neuron_context_t *context,
                 neuron_graph_t *const *members, int64_t count,
                 const neuron_member_outputs *outputs, const request *asked)
{
    neuron_graph_t *combiner;
    if (outputs->plan.kind == NEURON_EVALUATION_PIXELS)
        return neuron_fail(
            NEURON_E_UNSUPPORTED,
            "committee_stack: the targets are maps, whose places a dense layer would mix; "
            "neuron_committee_join() takes a graph of convolutions");
    RETURN_IF_ERROR(neuron_member_outputs_check(outputs, false));
    RETURN_IF_ERROR(neuron_graph_create(&combiner, context));
    int status = fit_combiner(combiner, outputs, asked);
    if (status == NEURON_OK)
        status = neuron_committee_join(committee, context, members, count, combiner);
    neuron_graph_unref(combiner);
    return status;
}

int neuron_committee_stack(neuron_graph_t **committee, neuron_context_t *context,
                           neuron_graph_t *const *members, int64_t count,
                           const neuron_dataset_t *validation, const char *options)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(committee);
    *committee = NULL;
    CHECK_ARGUMENT(context);
    CHECK_ARGUMENT(members);
    CHECK_RANGE(count, 1, NEURON_COMMITTEE_MEMBERS_MAX);
    CHECK_ARGUMENT(validation);
    request asked;
    RETURN_IF_ERROR(read_options(&asked, options));
    neuron_hold_end_left();
    NEURON_HOLD(hold);
    neuron_hold_reference(&hold, context, context);
    neuron_member_outputs *outputs;
    RETURN_IF_ERROR(neuron_member_outputs_predict(&outputs, &hold, members, count, validation));
    return stack(committee, context, outputs->graphs, count, outputs, &asked);
}

int neuron_committee_stack_from_outputs(neuron_graph_t **committee, neuron_context_t *context,
                                        neuron_graph_t *const *members, int64_t count,
                                        neuron_tensor_t *const *outputs,
                                        const neuron_tensor_t *targets, const char *options)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(committee);
    *committee = NULL;
    CHECK_ARGUMENT(context);
    CHECK_ARGUMENT(members);
    CHECK_RANGE(count, 1, NEURON_COMMITTEE_MEMBERS_MAX);
    CHECK_ARGUMENT(outputs);
    CHECK_ARGUMENT(targets);
    request asked;
    RETURN_IF_ERROR(read_options(&asked, options));
    neuron_hold_end_left();
    NEURON_HOLD(hold);
    neuron_member_outputs *given;
    RETURN_IF_ERROR(neuron_member_outputs_given(&given, &hold, context, outputs, count, targets));
    return stack(committee, context, members, count, given, &asked);
}
