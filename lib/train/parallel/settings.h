/* How a batch is cut into parts, and who has which of them. Parts are what results follow from, not
 * ranks: each is computed as a batch of its own, but for layers that join examples, and what it
 * gives is added to what the others give in the order of a tree (communicate/part-tree.h). */
#ifndef TRAIN_PARALLEL_SETTINGS_H
#define TRAIN_PARALLEL_SETTINGS_H

#include "base/checked.h"
#include "communicate/communicator.h"
#include "communicate/part-tree.h"

typedef struct neuron_parts_settings {
    int32_t parts;                       /* of a batch; 1 for whole batches */
    neuron_communicator_t *communicator; /* NULL for a single rank */
    bool any;      /* each rank has one part, and sums are the communicator's own, in any order */
    bool overlaps; /* sums over ranks are made in a thread while backward goes on */
} neuron_parts_settings;

/* Whether batches are computed in parts at all. */
static inline bool neuron_parts_apply(const neuron_parts_settings *settings)
{
    return settings->parts > 1 || neuron_ranks_of(settings->communicator) > 1;
}

/* Examples of a batch in front of a part: parts have the same number of examples, but for the first
 * ones, which may have one more. */
static inline int64_t neuron_part_begin(int64_t examples, int64_t parts, int64_t part)
{
    return part * (examples / parts) + neuron_min_count(part, examples % parts);
}

/* The first part of this rank, and the one behind its last. */
static inline int32_t neuron_parts_first(const neuron_parts_settings *settings)
{
    return neuron_part_of_rank(settings->parts, neuron_rank_of(settings->communicator),
                               neuron_ranks_of(settings->communicator));
}

static inline int32_t neuron_parts_end(const neuron_parts_settings *settings)
{
    return neuron_part_of_rank(settings->parts, neuron_rank_of(settings->communicator) + 1,
                               neuron_ranks_of(settings->communicator));
}

/* The most examples that a rank has of a batch, this one, and that a part has. */
static inline int64_t neuron_parts_rank_examples(const neuron_parts_settings *settings,
                                                 int64_t capacity, int32_t rank)
{
    int32_t ranks = neuron_ranks_of(settings->communicator), parts = settings->parts;
    return neuron_part_begin(capacity, parts, neuron_part_of_rank(parts, rank + 1, ranks)) -
           neuron_part_begin(capacity, parts, neuron_part_of_rank(parts, rank, ranks));
}

static inline int64_t neuron_parts_own_examples(const neuron_parts_settings *settings,
                                                int64_t capacity)
{
    return neuron_parts_rank_examples(settings, capacity, neuron_rank_of(settings->communicator));
}

static inline int64_t neuron_parts_part_examples(const neuron_parts_settings *settings,
                                                 int64_t capacity)
{
    return neuron_ceil_divide(capacity, settings->parts);
}

#endif
