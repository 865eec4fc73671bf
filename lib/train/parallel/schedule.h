/* What all ranks do together in a step, in an order that follows from the graph alone, so that a
 * rank that computes nothing can take part: what layers that join the parts of a batch tell, and
 * sums of gradients. */
#ifndef TRAIN_PARALLEL_SCHEDULE_H
#define TRAIN_PARALLEL_SCHEDULE_H

#include "graph/graph.h"

/* Gradients that are summed at once: those of graph->values[first ... first + count - 1]. They are
 * whole when the steps of `node` and of all behind it have gone back. */
typedef struct neuron_gradient_bucket {
    int64_t first, count, node;
} neuron_gradient_bucket;

typedef struct neuron_part_schedule {
    const neuron_graph_t *graph;
    int64_t *joints; /* numbers of the nodes that join parts */
    int64_t joint_count;
    neuron_gradient_bucket *buckets; /* in the order in which they are summed */
    int64_t bucket_count;
    int64_t *users; /* of each node: the first that works with its arrays */
} neuron_part_schedule;

int neuron_part_schedule_create(neuron_part_schedule *schedule, const neuron_graph_t *graph);
void neuron_part_schedule_release(neuron_part_schedule *schedule);

/* Sets it by what is frozen now. Allocates nothing. */
void neuron_part_schedule_update(neuron_part_schedule *schedule);

/* The most buckets that there are, whatever is frozen. */
int64_t neuron_part_schedule_capacity(const neuron_part_schedule *schedule);

/* The most numbers that a bucket has, and that a layer tells of a part, whatever is frozen. */
int64_t neuron_part_schedule_longest(const neuron_part_schedule *schedule);
int64_t neuron_part_schedule_most_sums(const neuron_part_schedule *schedule);

#endif
