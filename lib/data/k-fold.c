/* Dividing a dataset for cross-validation. */
#include "data/dataset.h"

#include "base/random.h"

#include <inttypes.h>

/* Positions of one division, and room for those of the part that is being made. */
typedef struct folding {
    int64_t *positions, *part, *ends;
    neuron_random_reader reader;
} folding;

/* Examples are dealt like cards, class after class: each fold gets the same share of each class, and
 * none more than one example more than another. */
static int make_part(neuron_dataset_t **part, folding *all, const neuron_dataset_t *dataset,
                     int32_t k, int32_t fold, bool inside)
{
    int64_t used = 0;
    for (int64_t i = 0; i < dataset->count; i++)
        if ((i % k == fold) == inside)
            all->part[used++] = all->positions[i];
    neuron_random_shuffle(&all->reader, all->part, used);
    return neuron_dataset_derive(part, dataset, all->part, 0, used);
}

static int make_parts(folding *all, const neuron_dataset_t *dataset, int32_t k, int32_t fold,
                      neuron_dataset_t **train, neuron_dataset_t **validation)
{
    for (int64_t i = 0; i < dataset->count; i++)
        all->positions[i] = i;
    neuron_random_shuffle(&all->reader, all->positions, dataset->count);
    neuron_dataset_group(dataset, all->positions, all->part, all->ends);
    RETURN_IF_ERROR(make_part(train, all, dataset, k, fold, false));
    int status = make_part(validation, all, dataset, k, fold, true);
    if (status < 0) {
        neuron_dataset_unref(*train);
        *train = NULL;
    }
    return status;
}

int neuron_dataset_k_fold(neuron_dataset_t *dataset, int32_t k, int32_t fold, uint64_t seed,
                          neuron_dataset_t **train, neuron_dataset_t **validation)
{
    CHECK_ARGUMENT(train);
    *train = NULL;
    CHECK_ARGUMENT(validation);
    *validation = NULL;
    CHECK_ARGUMENT(dataset);
    CHECK_RANGE(k, 2, INT64_MAX);
    CHECK_RANGE(fold, 0, k - 1);
    if (k > dataset->count)
        return neuron_fail(NEURON_E_DATA, "%s: %" PRId32 " folds of %" PRId64 " examples", __func__,
                           k, dataset->count);
    neuron_context_t *context = dataset->context;
    size_t count = (size_t)dataset->count;
    folding all = {.reader = neuron_random_read(seed, NEURON_RANDOM_FOLD, 0)};
    int status = NEURON_E_MEMORY;
    all.positions = neuron_allocate(context, count, sizeof *all.positions);
    all.part = neuron_allocate(context, count, sizeof *all.part);
    all.ends = neuron_allocate(context, neuron_size(dataset->class_count), sizeof *all.ends);
    if (all.positions && all.part && all.ends)
        status = make_parts(&all, dataset, k, fold, train, validation);
    neuron_release(context, all.ends);
    neuron_release(context, all.part);
    neuron_release(context, all.positions);
    return status;
}
