/* Sums of gradients over the parts of a batch: those of this rank are added up as they come, in
 * the order of the tree of parts, and then over all ranks. */
#ifndef TRAIN_PARALLEL_GRADIENT_SUMS_H
#define TRAIN_PARALLEL_GRADIENT_SUMS_H

#include "train/parallel/schedule.h"
#include "train/parallel/settings.h"

typedef struct neuron_gradient_sums neuron_gradient_sums;

/* Makes them for `count` parameters, of which up to `longest` are summed at a time. `gradients`,
 * which stays, is where the sums are in the end. A step has up to `buckets` of them. */
int neuron_gradient_sums_create(neuron_gradient_sums **sums, neuron_context_t *context,
                                const neuron_parts_settings *settings, float *gradients,
                                int64_t count, int64_t longest, int64_t buckets);
void neuron_gradient_sums_destroy(neuron_gradient_sums *sums);

/* Takes gradients of a part of this rank, from 0: all parts give each gradient in their order. Any
 * thread, never two for the same parameters. */
void neuron_gradient_sums_take(const neuron_gradient_sums *sums, int64_t part, int64_t first,
                               const float *gradient, int64_t count);

/* The same where a part has no examples: they are 0. */
void neuron_gradient_sums_take_none(const neuron_gradient_sums *sums, int64_t part, int64_t first,
                                    int64_t count);

/* Sums a bucket over all ranks, once all parts of this one have given theirs: now, or while the
 * caller goes on. All are done behind neuron_gradient_sums_wait(), and before nobody else may work
 * with the communicator. */
void neuron_gradient_sums_add_ranks(neuron_gradient_sums *sums,
                                    const neuron_gradient_bucket *bucket);
void neuron_gradient_sums_wait(neuron_gradient_sums *sums);

#endif
