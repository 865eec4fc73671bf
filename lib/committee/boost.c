/* What boosting by weights and by gradients have in common: room, datasets, the predictions of each
 * member, and the graph that all become. */
#include "committee/boost.h"

#include "base/checked.h"
#include "base/tensor.h"
#include "graph/import.h"
#include "graph/meaning.h"

#include <libneuron/committee.h>
#include <libneuron/evaluation.h>
#include <libneuron/layers.h>

#include <math.h>
#include <string.h>

bool neuron_committee_fits_gradients(const neuron_committee_trainer_t *trainer)
{
    return neuron_committee_method_of(trainer) == NEURON_COMMITTEE_METHOD_GRADIENT_BOOSTING;
}

bool neuron_committee_is_boosted(const neuron_committee_trainer_t *trainer)
{
    return neuron_committee_method_of(trainer) == NEURON_COMMITTEE_METHOD_ADABOOST ||
           neuron_committee_fits_gradients(trainer);
}

static bool is_samme_r(const neuron_committee_trainer_t *trainer)
{
    return neuron_committee_count(trainer, NEURON_COMMITTEE_ALGORITHM) ==
           NEURON_COMMITTEE_ALGORITHM_SAMME_R;
}

/* ---- Beginning ---- */

static int check_end(const neuron_committee_trainer_t *trainer, const neuron_graph_t *graph)
{
    const neuron_node_t *output = graph->outputs[0];
    bool squashes = output->spec.layer == neuron_layer_find("softmax") ||
                    output->spec.layer == neuron_layer_find("sigmoid") ||
                    output->spec.layer == neuron_layer_find("log_softmax");
    if (graph->output_count != 1 || output->spec.output.rank != 1)
        return neuron_fail(NEURON_E_UNSUPPORTED,
                           "boosting is for graphs with one output of rank 1");
    if (neuron_committee_fits_gradients(trainer) && squashes)
        return neuron_fail(NEURON_E_ARGUMENT,
                           "the graph ends in %s; for gradient boosting it must end in numbers of "
                           "any size, which the committee makes probabilities of",
                           output->spec.layer->name);
    if (!neuron_committee_fits_gradients(trainer) && is_samme_r(trainer) &&
        output->spec.layer != neuron_layer_find("softmax"))
        return neuron_fail(NEURON_E_ARGUMENT,
                           "the graph ends in %s; for SAMME.R it must end in "
                           "softmax",
                           output->spec.layer->name);
    return NEURON_OK;
}

static int check_targets(const neuron_committee_trainer_t *trainer, int64_t size)
{
    const neuron_dataset_t *train = trainer->train;
    if (neuron_dataset_targets(train) != 1)
        return neuron_fail(NEURON_E_UNSUPPORTED, "boosting is for datasets with one target");
    if (train->any_targets && !neuron_committee_fits_gradients(trainer))
        return neuron_fail(NEURON_E_DATA, "AdaBoost is for classes; the dataset has targets");
    bool one_for_two =
        size == 1 && train->class_count == 2 && neuron_committee_fits_gradients(trainer);
    if (train->any_targets ? size == train->outputs : size == train->class_count || one_for_two)
        return NEURON_OK;
    return neuron_fail(NEURON_E_SHAPE,
                       "the graph puts out %" PRId64 " numbers, the dataset has %" PRId64, size,
                       train->any_targets ? train->outputs : train->class_count);
}

static int make_room(neuron_committee_trainer_t *trainer)
{
    neuron_context_t *context = trainer->context;
    neuron_committee_boost *boost = &trainer->boost;
    size_t count = neuron_size(trainer->train->count), size = neuron_size(boost->size);
    boost->weights = neuron_allocate(context, count, sizeof *boost->weights);
    boost->steps = neuron_allocate(context, neuron_size(trainer->count), sizeof *boost->steps);
    boost->base = neuron_allocate_zero(context, size, sizeof *boost->base);
    boost->scores = neuron_allocate_zero(context, count, size * sizeof *boost->scores);
    if (!boost->weights || !boost->steps || !boost->base || !boost->scores)
        return NEURON_E_MEMORY;
    double sum = 0;
    for (int64_t i = 0; i < trainer->train->count; i++)
        sum += neuron_dataset_weight(trainer->train, i);
    for (int64_t i = 0; i < trainer->train->count; i++)
        boost->weights[i] =
            neuron_dataset_weight(trainer->train, i) * (double)trainer->train->count / sum;
    if (!(sum > 0))
        return neuron_fail(NEURON_E_DATA, "all examples have the weight 0");
    return neuron_committee_fits_gradients(trainer) ? neuron_gradient_boost_begin(trainer)
                                                    : NEURON_OK;
}

int neuron_committee_boost_begin(neuron_committee_trainer_t *trainer, const neuron_graph_t *graph)
{
    neuron_committee_boost *boost = &trainer->boost;
    RETURN_IF_ERROR(check_end(trainer, graph));
    int64_t size = neuron_shape_count(&graph->outputs[0]->spec.output);
    if (boost->begun)
        return size == boost->size
                   ? NEURON_OK
                   : neuron_fail(NEURON_E_SHAPE,
                                 "the graph puts out %" PRId64 " numbers, member 0 %" PRId64, size,
                                 boost->size);
    RETURN_IF_ERROR(check_targets(trainer, size));
    boost->size = size;
    int status = make_room(trainer);
    if (status < 0)
        neuron_committee_boost_release(trainer);
    else
        boost->begun = true;
    return status;
}

void neuron_committee_boost_release(neuron_committee_trainer_t *trainer)
{
    neuron_committee_boost *boost = &trainer->boost;
    neuron_release(trainer->context, boost->weights);
    neuron_release(trainer->context, boost->steps);
    neuron_release(trainer->context, boost->base);
    neuron_release(trainer->context, boost->scores);
    *boost = (neuron_committee_boost){0};
}

/* ---- Datasets ---- */

/* The examples with the weights of now. */
static int weigh(neuron_dataset_t *dataset, const neuron_committee_trainer_t *trainer)
{
    int64_t count = dataset->count;
    float *weights = neuron_allocate(trainer->context, neuron_size(count), sizeof *weights);
    if (!weights)
        return NEURON_E_MEMORY;
    for (int64_t i = 0; i < count; i++)
        weights[i] = (float)trainer->boost.weights[i];
    int status = neuron_dataset_set_weights(dataset, weights, count);
    neuron_release(trainer->context, weights);
    return status;
}

/* Targets of their own, for as many examples, which are nothing. */
static int make_targets(neuron_dataset_t **made, const neuron_committee_trainer_t *trainer)
{
    neuron_context_t *context = trainer->context;
    int64_t shape[2] = {trainer->train->count, trainer->boost.size}, one[2] = {shape[0], 1};
    neuron_tensor_t *examples, *targets = NULL;
    RETURN_IF_ERROR(neuron_tensor_create(&examples, context, NEURON_TYPE_U8, one, 2));
    int status = neuron_tensor_create_raw(&targets, context, NEURON_TYPE_F32, shape, 2);
    if (status == NEURON_OK)
        status = neuron_gradient_boost_targets(targets->data, trainer);
    if (status == NEURON_OK)
        status = neuron_dataset_create_with_targets(made, context, examples, targets);
    neuron_tensor_unref(examples);
    neuron_tensor_unref(targets);
    return status;
}

int neuron_committee_boost_dataset(neuron_dataset_t **dataset,
                                   const neuron_committee_trainer_t *trainer)
{
    neuron_dataset_t *made, *targets, *train = trainer->train;
    if (neuron_committee_fits_gradients(trainer)) {
        RETURN_IF_ERROR(make_targets(&targets, trainer));
        int status = neuron_dataset_zip(&made, &train, 1, &targets, 1);
        neuron_dataset_unref(targets);
        RETURN_IF_ERROR(status);
    } else {
        RETURN_IF_ERROR(neuron_dataset_subset(&made, train, 0, train->count));
    }
    int status = weigh(made, trainer);
    if (status == NEURON_OK)
        *dataset = made;
    else
        neuron_dataset_unref(made);
    return status;
}

/* ---- Going on ---- */

void neuron_committee_boost_use(neuron_committee_trainer_t *trainer, double step)
{
    neuron_committee_boost *boost = &trainer->boost;
    pthread_mutex_lock(&trainer->facts);
    boost->steps[boost->used++] = step;
    boost->stage++;
    pthread_mutex_unlock(&trainer->facts);
}

void neuron_committee_boost_end(neuron_committee_trainer_t *trainer)
{
    pthread_mutex_lock(&trainer->facts);
    trainer->boost.over = true;
    pthread_mutex_unlock(&trainer->facts);
}

/* Infinite scores, or classes of what is no number, would be a part of all that follows. */
static int check_predictions(const neuron_committee_trainer_t *trainer, const float *predictions)
{
    const neuron_committee_boost *boost = &trainer->boost;
    for (int64_t i = 0; i < trainer->train->count * boost->size; i++)
        if (!isfinite(predictions[i]))
            return neuron_fail(NEURON_E_NOT_FINITE,
                               "committee: member %" PRId64 " puts out %g for example %" PRId64
                               ", at place %" PRId64,
                               boost->stage, (double)predictions[i], i / boost->size,
                               i % boost->size);
    return NEURON_OK;
}

int neuron_committee_boost_advance(neuron_committee_trainer_t *trainer)
{
    const neuron_committee_member *member = &trainer->members[trainer->boost.stage];
    int64_t shape[2] = {trainer->train->count, trainer->boost.size};
    NEURON_HOLD(hold);
    neuron_tensor_t *predictions;
    RETURN_IF_ERROR(
        neuron_tensor_create_raw(&predictions, trainer->context, NEURON_TYPE_F32, shape, 2));
    neuron_hold_reference(&hold, tensor, predictions);
    neuron_tensor_unref(predictions);
    RETURN_IF_ERROR(neuron_graph_predict_dataset(member->graph, trainer->train, predictions));
    RETURN_IF_ERROR(check_predictions(trainer, predictions->data));
    return neuron_committee_fits_gradients(trainer)
               ? neuron_gradient_boost_advance(trainer, predictions->data)
               : neuron_adaboost_advance(trainer, predictions->data);
}

/* ---- The committee ---- */

/* What a member adds before the end of the committee: of SAMME.R its logits. */
static int import_member(neuron_node_t **node, neuron_graph_t *graph,
                         const neuron_committee_member *member, bool logits)
{
    neuron_graph_t *source = member->graph, *cut = NULL;
    neuron_node_t *before = logits ? source->outputs[0]->inputs[0] : NULL;
    if (logits)
        RETURN_IF_ERROR(neuron_graph_with_outputs(&cut, source, &before, 1));
    int status = neuron_graph_import_many(node, 1, graph, graph->inputs, graph->input_count,
                                          cut ? cut : source, NULL, NULL);
    neuron_graph_unref(cut);
    return status;
}

static int add_members(neuron_node_t **nodes, neuron_graph_t *graph,
                       const neuron_committee_trainer_t *trainer)
{
    bool gradients = neuron_committee_fits_gradients(trainer);
    for (int64_t i = 0; i < trainer->boost.used; i++) {
        RETURN_IF_ERROR(import_member(&nodes[i], graph, &trainer->members[i], !gradients));
        if (gradients)
            nodes[i] = neuron_rescale(graph, nodes[i], trainer->boost.steps[i], 0);
    }
    return NEURON_OK;
}

/* Of one sum for two classes, their probabilities: those of a sigmoid, side by side. */
static neuron_node_t *add_two_classes(neuron_graph_t *graph, neuron_node_t *sum)
{
    neuron_node_t *const halves[] = {neuron_rescale(graph, sum, -0.5, 0),
                                     neuron_rescale(graph, sum, 0.5, 0)};
    return neuron_softmax(graph, neuron_concat(graph, halves, 2, NULL), NULL);
}

/* The sum of all, from the base on; or the mean of the logits. */
static int add_end(neuron_graph_t *graph, neuron_node_t **nodes,
                   const neuron_committee_trainer_t *trainer)
{
    const neuron_committee_boost *boost = &trainer->boost;
    bool gradients = neuron_committee_fits_gradients(trainer);
    neuron_node_t *y = gradients ? neuron_add(graph, nodes, boost->used)
                                 : neuron_average(graph, nodes, boost->used);
    if (gradients)
        y = neuron_unstandardize(graph, y);
    if (y && gradients)
        RETURN_IF_ERROR(neuron_node_set_name(y, "base"));
    if (!gradients || (!trainer->train->any_targets && boost->size > 1))
        y = neuron_softmax(graph, y, NULL);
    else if (!trainer->train->any_targets)
        y = add_two_classes(graph, y);
    RETURN_IF_ERROR(neuron_graph_finish(graph, y));
    if (!gradients)
        return NEURON_OK;
    return neuron_graph_write_array(graph, neuron_graph_find_array(graph, "base.mean"), boost->base,
                                    neuron_size(boost->size));
}

static int build(neuron_graph_t *graph, neuron_node_t **nodes,
                 const neuron_committee_trainer_t *trainer)
{
    const neuron_graph_t *first = trainer->members[0].graph;
    for (int64_t i = 0; i < first->input_count; i++)
        if (!neuron_graph_copy_input(graph, first->inputs[i]))
            return graph->status;
    RETURN_IF_ERROR(add_members(nodes, graph, trainer));
    RETURN_IF_ERROR(neuron_graph_set_name(graph, "committee"));
    RETURN_IF_ERROR(add_end(graph, nodes, trainer));
    neuron_graph_learn_meaning(graph, trainer->train);
    return NEURON_OK;
}

static int build_committee(neuron_graph_t **committee, const neuron_committee_trainer_t *trainer)
{
    neuron_context_t *context = trainer->context;
    neuron_graph_t *made;
    neuron_node_t **nodes =
        neuron_allocate(context, neuron_size(trainer->boost.used), sizeof(neuron_node_t *));
    if (!nodes)
        return NEURON_E_MEMORY;
    int status = neuron_graph_create(&made, context);
    if (status == NEURON_OK) {
        status = build(made, nodes, trainer);
        if (status == NEURON_OK)
            *committee = made;
        else
            neuron_graph_unref(made);
    }
    neuron_release(context, nodes);
    return status;
}

int neuron_committee_boost_join(neuron_graph_t **committee,
                                const neuron_committee_trainer_t *trainer)
{
    const neuron_committee_boost *boost = &trainer->boost;
    if (neuron_committee_fits_gradients(trainer) || is_samme_r(trainer))
        return build_committee(committee, trainer);
    neuron_context_t *context = trainer->context;
    neuron_graph_t **members =
        neuron_allocate(context, neuron_size(boost->used), sizeof(neuron_graph_t *));
    if (!members)
        return NEURON_E_MEMORY;
    for (int64_t i = 0; i < boost->used; i++)
        members[i] = trainer->members[i].graph;
    int status = neuron_committee_create(committee, context, members, boost->used, boost->steps,
                                         "rule=weighted_vote");
    neuron_release(context, members);
    return status;
}
