/* Evaluations of outputs that are there already: they are the examples of a dataset that goes
 * through a graph without layers, and the rest is as for any other. */
#include "evaluate/evaluation.h"

#include "base/float-mode.h"

static int make_graph(neuron_graph_t **graph, neuron_context_t *context,
                      const neuron_shape *outputs)
{
    RETURN_IF_ERROR(neuron_graph_create(graph, context));
    neuron_node_t *input = neuron_input(*graph, outputs->extent + 1, outputs->rank - 1);
    return neuron_graph_finish(*graph, input);
}

/* Whole numbers, one for each example that has several outputs, are classes. */
static bool are_classes(const neuron_tensor_t *outputs, const neuron_tensor_t *targets)
{
    return targets->type != NEURON_TYPE_F32 && targets->shape.rank == 1 &&
           outputs->shape.rank == 2 && outputs->shape.extent[1] > 1;
}

static int make_dataset(neuron_dataset_t **dataset, neuron_context_t *context,
                        neuron_tensor_t *outputs, neuron_tensor_t *targets, const char *who)
{
    if (!are_classes(outputs, targets))
        return neuron_dataset_create_with_targets_for(dataset, context, outputs, targets, who);
    int64_t classes = outputs->shape.extent[1];
    CHECK_RANGE(classes, 2, NEURON_EVALUATION_CLASSES_MAX);
    return neuron_dataset_create_for(dataset, context, outputs, targets, classes, who);
}

int neuron_evaluation_take_outputs(neuron_graph_t **graph, neuron_dataset_t **dataset,
                                   neuron_context_t *context, const neuron_tensor_t *outputs,
                                   const neuron_tensor_t *targets, const char *who)
{
    *graph = NULL;
    *dataset = NULL;
    if (outputs->type != NEURON_TYPE_F32)
        return neuron_fail(NEURON_E_TYPE, "%s: outputs are %s, not f32", who,
                           neuron_type_name(outputs->type));
    RETURN_IF_ERROR(neuron_dataset_check_examples(outputs, who));
    /* It owns what it only reads. */
    RETURN_IF_ERROR(make_dataset(dataset, context, neuron_hold_object(outputs),
                                 neuron_hold_object(targets), who));
    int status = make_graph(graph, context, &outputs->shape);
    if (status == NEURON_OK)
        return NEURON_OK;
    neuron_graph_unref(*graph);
    neuron_dataset_unref(*dataset);
    *graph = NULL;
    *dataset = NULL;
    return status;
}

int neuron_evaluation_create_from_outputs(neuron_evaluation_t **evaluation,
                                          neuron_context_t *context, const neuron_tensor_t *outputs,
                                          const neuron_tensor_t *targets, const neuron_loss_t *loss,
                                          const char *options)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(evaluation);
    *evaluation = NULL;
    CHECK_ARGUMENT(context);
    CHECK_ARGUMENT(outputs);
    CHECK_ARGUMENT(targets);
    CHECK_OPTIONAL(loss);
    neuron_hold_end_left();
    NEURON_HOLD(hold);
    neuron_graph_t *graph;
    neuron_dataset_t *dataset;
    RETURN_IF_ERROR(
        neuron_evaluation_take_outputs(&graph, &dataset, context, outputs, targets, "evaluation"));
    neuron_hold_add(&hold, neuron_graph_end_hold, NULL, graph);
    neuron_hold_add(&hold, neuron_dataset_end_hold, NULL, dataset);
    return neuron_graph_evaluate(evaluation, graph, dataset, loss, options);
}
