#include <libneuron/committee.h>

#include "evaluate/evaluation.h"

#include "base/float-mode.h"

int neuron_committee_weights(neuron_graph_t *const *members, int32_t count,
                             const neuron_dataset_t *validation, double *weights)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(members);
    CHECK_RANGE(count, 1, INT64_MAX);
    CHECK_ARGUMENT(validation);
    CHECK_ARGUMENT(weights);
    for (int32_t i = 0; i < count; i++)
        RETURN_IF_ERROR(neuron_graph_check_finished(members[i], __func__));
    neuron_context_t *context = members[0]->context;
    double *scores = neuron_allocate(context, (size_t)count, sizeof *scores);
    if (!scores)
        return NEURON_E_MEMORY;
    int status = NEURON_OK;
    double sum = 0;
    for (int32_t i = 0; i < count && status == NEURON_OK; i++) {
        scores[i] = 0;
        status = neuron_evaluate_into(members[i], validation, NULL, NULL, &scores[i], NULL);
        sum += scores[i];
    }
    for (int32_t i = 0; i < count && status == NEURON_OK; i++)
        weights[i] = sum > 0 ? scores[i] / sum : 1.0 / count;
    neuron_release(context, scores);
    return status;
}
