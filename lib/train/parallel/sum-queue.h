/* A queue of sums over ranks: a thread of its own makes them in the order in which they were asked
 * for, while the thread that trains goes on with what comes before. */
#ifndef TRAIN_PARALLEL_SUM_QUEUE_H
#define TRAIN_PARALLEL_SUM_QUEUE_H

#include "communicate/ordered-sum.h"

typedef struct neuron_sum_queue neuron_sum_queue;

/* Numbers that are summed at once, of each of the blocks. */
typedef struct neuron_sum_range {
    int64_t first, count;
} neuron_sum_range;

/* Starts one for up to `capacity` sums between two waits. `*queue` stays NULL, with a warning,
 * where no thread can be had. */
int neuron_sum_queue_create(neuron_sum_queue **queue, neuron_context_t *context,
                            const neuron_ordered_sum *sum, float *const *blocks, int64_t capacity);

/* Returns when the thread does nothing any more. */
void neuron_sum_queue_destroy(neuron_sum_queue *queue);

/* Whether it has its thread: not in a child of fork(), nor if it is NULL. */
bool neuron_sum_queue_works(const neuron_sum_queue *queue);

/* Asks for a sum; and waits until all are made that were asked for. */
void neuron_sum_queue_add(neuron_sum_queue *queue, neuron_sum_range range);
void neuron_sum_queue_wait(neuron_sum_queue *queue);

#endif
