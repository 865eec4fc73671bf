/* Weights for the members of a committee, by how well each predicts a validation set. */
#include <libneuron/committee.h>

#include "evaluate/evaluation.h"

#include "base/float-mode.h"

static void drop_members(void *context, void *members)
{
    for (neuron_graph_t **member = members; *member; member++)
        neuron_graph_unref(*member);
    neuron_release(context, members);
}

/* Owns the graphs of a list, which layers of the caller's own may change meanwhile. */
static neuron_graph_t **copy_members(neuron_graph_t *const *members, int64_t count)
{
    neuron_graph_t **list =
        neuron_allocate_zero(members[0]->context, (size_t)count + 1, sizeof(neuron_graph_t *));
    for (int32_t i = 0; list && i < count; i++)
        list[i] = neuron_graph_ref(members[i]);
    return list;
}

int neuron_committee_weights(double *weights, neuron_graph_t *const *members, int64_t count,
                             const neuron_dataset_t *validation)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(weights);
    CHECK_ARGUMENT(members);
    CHECK_LIST(count);
    CHECK_ARGUMENT(validation);
    for (int32_t i = 0; i < count; i++)
        RETURN_IF_ERROR(neuron_graph_check_finished(members[i], __func__));
    neuron_context_t *context = members[0]->context;
    neuron_hold_end_left();
    NEURON_HOLD(hold);
    neuron_hold_reference(&hold, context, context);
    double *scores = neuron_allocate(context, neuron_size(count), sizeof *scores);
    neuron_hold_add(&hold, neuron_release_hold, context, scores);
    neuron_graph_t **list = copy_members(members, count);
    neuron_hold_add(&hold, drop_members, context, list);
    if (!scores || !list)
        return NEURON_E_MEMORY;
    neuron_hold_reference(&hold, dataset, validation);
    double sum = 0;
    for (int32_t i = 0; i < count; i++) {
        neuron_score score = {0};
        RETURN_IF_ERROR(neuron_evaluate_outputs(list[i], validation, &score, 0, 1, NULL));
        scores[i] = score.accuracy;
        sum += scores[i];
    }
    for (int32_t i = 0; i < count; i++)
        weights[i] = sum > 0 ? scores[i] / sum : 1.0 / (double)count;
    return NEURON_OK;
}
