/* A batch: examples of a dataset with all that belongs to one of their targets, as they go through
 * a step of a training or of an evaluation together, with the predictions to the loss. With several
 * targets there is one for each. Who makes batches for a training is in train/batch-source.h. */
#ifndef DATA_BATCH_H
#define DATA_BATCH_H

#include "base/compiler/attributes.h"
#include "data/dataset.h"

typedef struct neuron_batch {
    neuron_context_t *context;
    int64_t count; /* of examples */
    int64_t outputs, class_count;
    float *targets;  /* [count, outputs] */
    int32_t *labels; /* [count], the class of each */
    double *weights; /* [count], by which losses are multiplied */
} neuron_batch;

/* Allocates a batch of up to `capacity` examples for the targets of a dataset that is not zipped.
 * After a failure it can be released. */
NEURON_SHARED int neuron_batch_allocate(neuron_batch *batch, neuron_context_t *context,
                                        const neuron_dataset_t *dataset, int64_t capacity);
NEURON_SHARED void neuron_batch_release(neuron_batch *batch);

/* Allocates one for each of `count` targets of a dataset from the first on; and releases them, NULL
 * too. */
int neuron_batches_create(neuron_batch **batches, neuron_context_t *context,
                          const neuron_dataset_t *dataset, int64_t first, int64_t count,
                          int64_t capacity);
void neuron_batches_destroy(neuron_batch *batches, neuron_context_t *context, int64_t count);

/* Reads one target of `count` examples, with labels and weights. `positions` are places in the
 * dataset; NULL for first, first + 1, ... `class_weights` multiplies the weights of a class; NULL
 * if all are 1. */
NEURON_SHARED void neuron_batch_read_target(neuron_batch *batch, const neuron_dataset_t *dataset,
                                            int64_t target, neuron_pool *pool,
                                            const int64_t *positions, int64_t first, int64_t count,
                                            const double *class_weights);

#endif
