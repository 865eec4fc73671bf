/* Dividing a dataset for cross-validation. */
#include "data/dataset.h"

#include "base/random.h"

#include <inttypes.h>

/* Positions of one division, and scratch for those of the subset that is being made. */
typedef struct folding {
    int64_t *positions, *subset;
    neuron_random_reader reader;
} folding;

int neuron_dataset_deal(const neuron_dataset_t *dataset, int64_t *positions, int64_t *scratch,
                        neuron_random_reader *reader)
{
    int64_t *ends =
        neuron_allocate(dataset->context, neuron_size(dataset->class_count), sizeof *ends);
    if (!ends)
        return NEURON_E_MEMORY;
    for (int64_t i = 0; i < dataset->count; i++)
        positions[i] = i;
    neuron_random_shuffle(reader, positions, dataset->count);
    neuron_dataset_group(dataset, positions, scratch, ends);
    neuron_release(dataset->context, ends);
    return NEURON_OK;
}

static int make_subset(neuron_dataset_t **subset, folding *all, const neuron_dataset_t *dataset,
                       int64_t k, int64_t fold, bool inside)
{
    int64_t used = 0;
    for (int64_t i = 0; i < dataset->count; i++)
        if ((i % k == fold) == inside)
            all->subset[used++] = all->positions[i];
    neuron_random_shuffle(&all->reader, all->subset, used);
    return neuron_dataset_derive(subset, dataset, all->subset, 0, used);
}

static int make_subsets(folding *all, const neuron_dataset_t *dataset, int64_t k, int64_t fold,
                        neuron_dataset_t **train, neuron_dataset_t **validation)
{
    RETURN_IF_ERROR(neuron_dataset_deal(dataset, all->positions, all->subset, &all->reader));
    RETURN_IF_ERROR(make_subset(train, all, dataset, k, fold, false));
    int status = make_subset(validation, all, dataset, k, fold, true);
    if (status < 0) {
        neuron_dataset_unref(*train);
        *train = NULL;
    }
    return status;
}

int neuron_dataset_k_fold(neuron_dataset_t **train, neuron_dataset_t **validation,
                          neuron_dataset_t *dataset, int64_t k, int64_t fold, uint64_t seed)
{
    CHECK_ARGUMENT(train);
    *train = NULL;
    CHECK_ARGUMENT(validation);
    *validation = NULL;
    CHECK_ARGUMENT(dataset);
    CHECK_RANGE(k, 2, INT64_MAX);
    CHECK_RANGE(fold, 0, k - 1);
    if (k > dataset->count)
        return neuron_fail(NEURON_E_DATA, "%s: %" PRId64 " folds of %" PRId64 " examples", __func__,
                           k, dataset->count);
    neuron_context_t *context = dataset->context;
    size_t count = (size_t)dataset->count;
    folding all = {.reader = neuron_random_read(seed, NEURON_RANDOM_FOLD, 0)};
    int status = NEURON_E_MEMORY;
    all.positions = neuron_allocate(context, count, sizeof *all.positions);
    all.subset = neuron_allocate(context, count, sizeof *all.subset);
    if (all.positions && all.subset)
        status = make_subsets(&all, dataset, k, fold, train, validation);
    neuron_release(context, all.subset);
    neuron_release(context, all.positions);
    return status;
}
