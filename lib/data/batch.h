/* A batch: examples of a dataset with all that belongs to them, as they go through a step of a
 * training or of an evaluation together: from the dataset to the session's input, then with the
 * predictions to the loss. Who makes batches for a training is in train/batch-source.h. */
#ifndef DATA_BATCH_H
#define DATA_BATCH_H

#include "data/dataset.h"

typedef struct neuron_batch {
    neuron_context_t *context;
    int64_t count; /* of examples */
    int32_t outputs, class_count;
    float *inputs;   /* [count, shape of an example]; not the batch's own */
    float *targets;  /* [count, outputs] */
    int32_t *labels; /* [count], the class of each */
    double *weights; /* [count], by which losses are multiplied */
} neuron_batch;

/* Allocates a batch of up to `capacity` examples of a dataset, but for the inputs. After a failure
 * it can be released. */
int neuron_batch_allocate(neuron_batch *batch, neuron_context_t *context,
                          const neuron_dataset_t *dataset, int64_t capacity);
void neuron_batch_release(neuron_batch *batch);

/* Reads what is not an input of `count` examples. `positions` are places in the dataset; NULL for
 * first, first + 1, ... `class_weights` multiplies the weights of a class; NULL if all are 1. */
void neuron_batch_read_targets(neuron_batch *batch, const neuron_dataset_t *dataset,
                               neuron_pool *pool, const int64_t *positions, int64_t first,
                               int64_t count, const double *class_weights);

/* Reads all of `count` examples, the inputs to where batch->inputs points. */
int neuron_batch_read(neuron_batch *batch, const neuron_dataset_t *dataset, neuron_pool *pool,
                      const int64_t *positions, int64_t first, int64_t count);

#endif
