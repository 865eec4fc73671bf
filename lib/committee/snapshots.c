/* Snapshot ensembles (Huang et al., 2017): one training whose rate falls along a cosine and begins
 * anew, again and again. Before each restart its parameters are a member. */
#include "committee/committee-trainer.h"

#include "base/checked.h"
#include "train/training.h"

#include <stdio.h>
#include <string.h>

/* Epochs of a cycle, 1 or more. */
static int64_t cycle(const neuron_committee_trainer_t *committee)
{
    return neuron_committee_count(committee, NEURON_COMMITTEE_EPOCHS);
}

int neuron_committee_check_callback(const neuron_committee_trainer_t *committee,
                                    const neuron_callback_t *callback, const char *prefix)
{
    if (!neuron_committee_takes_snapshots(committee) ||
        (strcmp(callback->kind->name, "early_stopping") != 0 &&
         strcmp(callback->kind->name, "stop_on_nan") != 0))
        return NEURON_OK;
    return neuron_fail(NEURON_E_ARGUMENT,
                       "%s%s may end the training before its last snapshot; method is snapshot, "
                       "whose members are all taken of it",
                       prefix, callback->kind->name);
}

int neuron_committee_add_cycles(neuron_trainer_t *trainer,
                                const neuron_committee_trainer_t *committee)
{
    char options[96];
    neuron_callback_t *cosine;
    if (!neuron_committee_takes_snapshots(committee))
        return NEURON_OK;
    for (int64_t i = 0; i < trainer->callbacks.count; i++) /* those of the setup too */
        RETURN_IF_ERROR(
            neuron_committee_check_callback(committee, trainer->callbacks.entries[i].callback, ""));
    int64_t steps = cycle(committee) * neuron_training_steps(trainer);
    RETURN_IF_ERROR(neuron_check_range(steps, 1, INT32_MAX, "steps of a cycle", "committee"));
    snprintf(options, sizeof options, "length=%" PRId64 ", per_step=yes, restart=yes", steps);
    RETURN_IF_ERROR(
        neuron_callback_create(&cosine, committee->context, "cosine_schedule", options));
    int status = neuron_trainer_add_callback(trainer, cosine);
    neuron_callback_unref(cosine);
    return status;
}

static void note(neuron_committee_member *member)
{
    member->built = true;
    atomic_store(&member->done, true);
}

int neuron_committee_take_snapshot(neuron_committee_trainer_t *committee)
{
    const neuron_trainer_t *trainer = committee->source.trainer;
    int64_t epoch = trainer->progress.epoch;
    if (epoch % cycle(committee) != 0 || epoch / cycle(committee) > committee->count)
        return NEURON_OK;
    neuron_committee_member *member = &committee->members[epoch / cycle(committee) - 1];
    neuron_graph_unref(member->graph); /* of an epoch that was not saved, and done again */
    member->graph = NULL;
    RETURN_IF_ERROR(neuron_graph_clone(&member->graph, committee->context, trainer->graph));
    RETURN_IF_ERROR(neuron_committee_save_graph(member));
    note(member);
    return NEURON_OK;
}

int neuron_committee_load_snapshots(neuron_committee_trainer_t *committee)
{
    int64_t epoch = committee->source.trainer->progress.epoch;
    for (int64_t i = 0; i < neuron_min_count(epoch / cycle(committee), committee->count); i++) {
        neuron_committee_member *member = &committee->members[i];
        if (atomic_load(&member->done))
            continue;
        RETURN_IF_ERROR(neuron_committee_load_graph(member));
        note(member);
    }
    return NEURON_OK;
}

int neuron_committee_check_snapshots(const neuron_committee_trainer_t *committee)
{
    for (int64_t i = 0; i < committee->count; i++)
        if (!atomic_load(&committee->members[i].done))
            return neuron_fail(NEURON_E_STATE,
                               "committee: the training ended in epoch %" PRId64
                               ", before the snapshot that is member %" PRId64,
                               (int64_t)committee->source.trainer->progress.epoch, i);
    return NEURON_OK;
}
