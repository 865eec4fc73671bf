/* A prefetcher: a thread of its own, with a pool that helps it, makes the inputs of the next batch
 * while a step runs. How they are made, its owner says (batch-source.c). */
#ifndef TRAIN_PREFETCHER_H
#define TRAIN_PREFETCHER_H

#include "base/context.h"

#include <stdbool.h>

typedef struct neuron_prefetcher neuron_prefetcher;

/* Inputs to be made: of these examples in this epoch. */
typedef struct neuron_batch_request {
    const int64_t *positions; /* NULL for none */
    int64_t count, epoch;
} neuron_batch_request;

/* Who makes them, in the prefetcher's thread. */
typedef struct neuron_batch_maker {
    int (*make)(void *source, neuron_pool *pool, const neuron_batch_request *request,
                float *const *inputs);
    void *source;
    int64_t input_count;
    const size_t *sizes; /* bytes of an example of each input; they stay */
} neuron_batch_maker;

/* Starts one for batches of up to `capacity` examples. `*prefetcher` stays NULL, with a warning,
 * where no thread can be had. */
int neuron_prefetcher_create(neuron_prefetcher **prefetcher, neuron_context_t *context,
                             const neuron_batch_maker *maker, int32_t workers, int64_t capacity);

/* Returns when no worker does anything any more. */
void neuron_prefetcher_destroy(neuron_prefetcher *prefetcher);

/* Whether it has its thread: not in a child of fork(), nor if it is NULL. */
bool neuron_prefetcher_works(const neuron_prefetcher *prefetcher);

/* Waits for the inputs of `now`, copies them to `inputs`, and asks for those of `next`. Requests
 * are served in their order: `now` is the `next` of the call before, if that had one. */
int neuron_prefetcher_take(neuron_prefetcher *prefetcher, const neuron_batch_request *now,
                           const neuron_batch_request *next, float *const *inputs);

#endif
