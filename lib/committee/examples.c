/* Which examples a member learns from: a pure function of the seed, the method and the number of
 * the member, so that nothing of it need be kept. */
#include "committee/classes.h"

#include "base/checked.h"
#include "base/random.h"
#include "data/dataset.h"

#include <string.h>

uint64_t neuron_committee_member_seed(const neuron_committee_trainer_t *trainer, int64_t member)
{
    const neuron_random random = {trainer->seed, 0, NEURON_RANDOM_MEMBER_SEED};
    uint32_t numbers[4];
    neuron_random_block(&random, (uint64_t)member, numbers);
    return (uint64_t)numbers[0] << 32 | numbers[1];
}

bool neuron_committee_holds_out(const neuron_committee_trainer_t *trainer)
{
    neuron_committee_method method = neuron_committee_method_of(trainer);
    return method == NEURON_COMMITTEE_METHOD_BAGGING || method == NEURON_COMMITTEE_METHOD_FOLDS;
}

/* With replacement. */
static void draw(int32_t *counts, const neuron_committee_trainer_t *trainer, int64_t member)
{
    int64_t count = trainer->train->count;
    double fraction = neuron_committee_value(trainer, NEURON_COMMITTEE_SAMPLE_FRACTION);
    int64_t drawn = (int64_t)((double)count * fraction + 0.5);
    neuron_random_reader reader = neuron_random_read(neuron_committee_member_seed(trainer, member),
                                                     NEURON_RANDOM_MEMBER_SAMPLE, 0);
    for (int64_t i = 0; i < (drawn > 0 ? drawn : 1); i++)
        counts[neuron_random_below(&reader, (uint64_t)count)]++;
}

/* Each set of members divides the examples anew. */
static int leave_out(int32_t *counts, const neuron_committee_trainer_t *trainer, int64_t member)
{
    const neuron_dataset_t *train = trainer->train;
    int64_t folds = neuron_committee_folds(trainer);
    neuron_random_reader reader = neuron_random_read(trainer->seed, NEURON_RANDOM_COMMITTEE_FOLDS,
                                                     (uint32_t)(member / folds));
    int64_t *positions =
        neuron_allocate(trainer->context, 2 * neuron_size(train->count), sizeof *positions);
    if (!positions)
        return NEURON_E_MEMORY;
    int status = neuron_dataset_deal(train, positions, positions + train->count, &reader);
    for (int64_t i = 0; status == NEURON_OK && i < train->count; i++)
        counts[positions[i]] = i % folds != member % folds;
    neuron_release(trainer->context, positions);
    return status;
}

static int draw_examples(int32_t *counts, const neuron_committee_trainer_t *trainer, int64_t member)
{
    int64_t count = trainer->train->count;
    memset(counts, 0, (size_t)count * sizeof *counts);
    switch (neuron_committee_method_of(trainer)) {
    case NEURON_COMMITTEE_METHOD_BAGGING:
        draw(counts, trainer, member);
        return NEURON_OK;
    case NEURON_COMMITTEE_METHOD_FOLDS:
        return leave_out(counts, trainer, member);
    default:
        for (int64_t i = 0; i < count; i++)
            counts[i] = 1;
        return NEURON_OK;
    }
}

/* Leaves those out whose classes the member does not know. */
static int keep_known(int32_t *counts, const neuron_committee_trainer_t *trainer, int64_t member)
{
    const neuron_dataset_t *train = trainer->train;
    bool *known = neuron_allocate(trainer->context, neuron_size(train->class_count), sizeof *known);
    int status = known ? neuron_committee_known_classes(known, trainer, member) : NEURON_E_MEMORY;
    for (int64_t i = 0; status == NEURON_OK && i < train->count; i++)
        if (!known[neuron_dataset_label(train, i)])
            counts[i] = 0;
    neuron_release(trainer->context, known);
    return status;
}

int neuron_committee_count_examples(int32_t *counts, const neuron_committee_trainer_t *trainer,
                                    int64_t member, neuron_committee_part part)
{
    RETURN_IF_ERROR(draw_examples(counts, trainer, member));
    for (int64_t i = 0; part != NEURON_COMMITTEE_LEARNT && i < trainer->train->count; i++)
        counts[i] = counts[i] == 0;
    if (part == NEURON_COMMITTEE_HELD_OUT || !neuron_committee_has_class_subsets(trainer))
        return NEURON_OK;
    return keep_known(counts, trainer, member);
}

static int select_counted(neuron_dataset_t **selected, const neuron_committee_trainer_t *trainer,
                          const int32_t *counts)
{
    int64_t total = 0, used = 0;
    for (int64_t i = 0; i < trainer->train->count; i++)
        total += counts[i];
    if (total == 0)
        return NEURON_OK;
    int64_t *positions = neuron_allocate(trainer->context, neuron_size(total), sizeof *positions);
    if (!positions)
        return NEURON_E_MEMORY;
    for (int64_t i = 0; i < trainer->train->count; i++)
        for (int32_t k = 0; k < counts[i]; k++)
            positions[used++] = i;
    int status = neuron_dataset_derive(selected, trainer->train, positions, 0, total);
    neuron_release(trainer->context, positions);
    return status;
}

int neuron_committee_select(neuron_dataset_t **selected, const neuron_committee_trainer_t *trainer,
                            int64_t member, neuron_committee_part part)
{
    *selected = NULL;
    int32_t *counts =
        neuron_allocate(trainer->context, neuron_size(trainer->train->count), sizeof *counts);
    if (!counts)
        return NEURON_E_MEMORY;
    int status = neuron_committee_count_examples(counts, trainer, member, part);
    if (status == NEURON_OK)
        status = select_counted(selected, trainer, counts);
    neuron_release(trainer->context, counts);
    return status;
}
