/* Choosing examples of a dataset, and putting them in another order. */
#include "data/dataset.h"

#include "base/random.h"

#include <inttypes.h>

int neuron_dataset_shuffle(neuron_dataset_t **shuffled, neuron_dataset_t *dataset, uint64_t seed)
{
    CHECK_ARGUMENT(shuffled);
    *shuffled = NULL;
    CHECK_ARGUMENT(dataset);
    neuron_context_t *context = dataset->context;
    int64_t *positions = neuron_allocate(context, neuron_size(dataset->count), sizeof *positions);
    if (!positions)
        return NEURON_E_MEMORY;
    for (int64_t i = 0; i < dataset->count; i++)
        positions[i] = i;
    neuron_random_reader reader = neuron_random_read(seed, NEURON_RANDOM_DATA_SHUFFLE, 0);
    neuron_random_shuffle(&reader, positions, dataset->count);
    int status = neuron_dataset_derive(shuffled, dataset, positions, 0, dataset->count);
    neuron_release(context, positions);
    return status;
}

/* A dataset of the examples that `keep` wants; `what` says which these are. */
static int derive_kept(neuron_dataset_t **filtered, const neuron_dataset_t *dataset,
                       neuron_dataset_keep_t keep, void *user_data, const char *who,
                       const char *what)
{
    NEURON_HOLD(hold);
    neuron_context_t *context = dataset->context;
    int64_t *positions = neuron_allocate(context, neuron_size(dataset->count), sizeof *positions);
    if (!positions)
        return NEURON_E_MEMORY;
    neuron_hold_reference(&hold, dataset, dataset);
    neuron_hold_add(&hold, neuron_release_hold, context, positions);
    int64_t count = 0;
    for (int64_t i = 0; i < dataset->count; i++)
        if (keep(i, neuron_dataset_label(dataset, i), user_data))
            positions[count++] = i;
    return count > 0 ? neuron_dataset_derive(filtered, dataset, positions, 0, count)
                     : neuron_fail(NEURON_E_DATA, "%s: none of the %" PRId64 " examples %s", who,
                                   dataset->count, what);
}

int neuron_dataset_filter_by(neuron_dataset_t **filtered, neuron_dataset_t *dataset,
                             neuron_dataset_keep_t keep, void *user_data)
{
    CHECK_ARGUMENT(filtered);
    *filtered = NULL;
    CHECK_ARGUMENT(dataset);
    CHECK_ARGUMENT(keep);
    return derive_kept(filtered, dataset, keep, user_data, __func__, "is kept");
}

static int is_wanted(int64_t position, int32_t label, void *user_data)
{
    (void)position;
    const bool *wanted = user_data;
    return wanted[label];
}

int neuron_dataset_filter(neuron_dataset_t **filtered, neuron_dataset_t *dataset,
                          const int32_t *classes, int32_t count)
{
    CHECK_ARGUMENT(filtered);
    *filtered = NULL;
    CHECK_ARGUMENT(dataset);
    CHECK_ARGUMENT(classes);
    CHECK_RANGE(count, 1, INT64_MAX);
    for (int32_t i = 0; i < count; i++)
        if (classes[i] < 0 || classes[i] >= dataset->class_count)
            return neuron_fail(NEURON_E_ARGUMENT,
                               "%s: a class is %" PRId32 "; it must be 0 to %" PRId32, __func__,
                               classes[i], dataset->class_count - 1);
    neuron_context_t *context = dataset->context;
    bool *wanted = neuron_allocate_zero(context, neuron_size(dataset->class_count), sizeof *wanted);
    if (!wanted)
        return NEURON_E_MEMORY;
    for (int32_t i = 0; i < count; i++)
        wanted[classes[i]] = true;
    int status = derive_kept(filtered, dataset, is_wanted, wanted, __func__, "is of these classes");
    neuron_release(context, wanted);
    return status;
}
