/* Where the batches of a run come from: the training set in the order of each epoch, augmented if
 * that is set, with all of its inputs and targets. Inputs are made by the pool of the context at
 * the time of the step, or by a prefetcher (prefetcher.h) one batch ahead. */
#ifndef TRAIN_BATCH_SOURCE_H
#define TRAIN_BATCH_SOURCE_H

#include "augment/augmentation.h"
#include "data/batch.h"
#include "train/parallel/settings.h"

typedef struct neuron_batch_source neuron_batch_source;

/* What batches are made of; all that it points to stays as it is during the run. */
typedef struct neuron_batch_settings {
    const neuron_dataset_t *dataset;
    const double *class_weights; /* of each class of the first target; NULL if all are 1 */
    const neuron_augment_settings *augmentation; /* NULL for none */
    int64_t batch_size;
    int64_t workers; /* threads that work ahead; negative for as many as are of use */
    bool shuffle;
    uint64_t seed; /* of the order and of the augmentation, with the number of the epoch */
    neuron_parts_settings split; /* which part of each batch is made */
    const int64_t
        *shards; /* examples that each rank has, where they have none in common; or NULL */
} neuron_batch_settings;

/* What is made of the batch of a step: so many examples, where they begin in it and in the order of
 * the epoch, and how many it has. */
typedef struct neuron_batch_share {
    int64_t count, first, begin, whole;
} neuron_batch_share;

int neuron_batch_source_create(neuron_batch_source **source, neuron_context_t *context,
                               const neuron_batch_settings *settings);

/* Returns when no worker does anything any more. */
void neuron_batch_source_destroy(neuron_batch_source *source);

/* Orders the examples of an epoch: it follows from seed and epoch alone. */
void neuron_batch_source_begin_epoch(neuron_batch_source *source, int64_t epoch);

/* What of the batch of a step is made here. */
neuron_batch_share neuron_batch_source_share(const neuron_batch_source *source, int64_t step);

/* Makes the batch of a step of the epoch, or this rank's share of it: of each input what goes to
 * `inputs`, and a list of one batch for each target, which is the source's and stays until the next
 * is made. Workers then go on with the inputs of the step that follows. */
int neuron_batch_source_next(neuron_batch_source *source, int64_t step, float *const *inputs,
                             const neuron_batch **batches);

/* A number of an example that is not finite. */
typedef struct neuron_bad_input {
    int64_t example; /* its place in the dataset */
    int32_t input;
    int64_t index; /* in the example */
    double value;
} neuron_bad_input;

/* Whether an example of a step has such an input, before augmentation, and the first of them. It
 * cannot be told of a dataset that cannot be read. `inputs` is memory for a batch. */
bool neuron_batch_source_find_bad_input(neuron_batch_source *source, int64_t step,
                                        float *const *inputs, neuron_bad_input *bad);

#endif
