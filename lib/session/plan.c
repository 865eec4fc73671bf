/* Places blocks in one arena, the largest first, each at the lowest offset
 * that is free while it lives. */
#include "session/plan.h"

#include "base/checked.h"
#include "base/sort.h"

static bool overlap_in_time(const neuron_block *a, const neuron_block *b)
{
    return a->first <= b->last && b->first <= a->last;
}

/* Largest first, and of equals the one that comes first in memory. */
static int larger_first(const void *a, const void *b)
{
    const neuron_block *left = *(neuron_block *const *)a, *right = *(neuron_block *const *)b;
    if (left->bytes != right->bytes)
        return left->bytes < right->bytes ? 1 : -1;
    return left < right ? -1 : left > right;
}

/* The lowest place that is free while the block lives; `placed` is sorted by offset. */
static size_t find_gap(neuron_block *const *placed, int64_t count, const neuron_block *block)
{
    size_t place = 0;
    for (int32_t i = 0; i < count; i++) {
        if (!overlap_in_time(placed[i], block))
            continue;
        if (placed[i]->offset >= place + block->bytes)
            break;
        size_t end = placed[i]->offset + placed[i]->bytes;
        place = end > place ? end : place;
    }
    return place;
}

static void insert_by_offset(neuron_block **placed, int64_t count, neuron_block *block)
{
    int64_t i = count;
    for (; i > 0 && placed[i - 1]->offset > block->offset; i--)
        placed[i] = placed[i - 1];
    placed[i] = block;
}

/* Rounds sizes up to whole lines; fails if all together do not fit into a size_t. */
static int round_sizes(neuron_block *blocks, int64_t count)
{
    size_t sum = 0;
    for (int32_t i = 0; i < count; i++) {
        if (blocks[i].bytes > SIZE_MAX - NEURON_ALIGNMENT)
            return neuron_fail(NEURON_E_MEMORY, "the values of a batch need too much memory");
        blocks[i].bytes =
            (blocks[i].bytes + NEURON_ALIGNMENT - 1) / NEURON_ALIGNMENT * NEURON_ALIGNMENT;
        if (!neuron_add_size(sum, blocks[i].bytes, &sum))
            return neuron_fail(NEURON_E_MEMORY, "the values of a batch need too much memory");
    }
    return NEURON_OK;
}

/* Nothing that is kept can share its place. */
static size_t place_kept(neuron_block *blocks, int64_t count)
{
    size_t total = 0;
    for (int32_t i = 0; i < count; i++) {
        if (blocks[i].last != NEURON_BLOCK_KEPT)
            continue;
        blocks[i].offset = total;
        total += blocks[i].bytes;
    }
    return total;
}

int neuron_plan(neuron_context_t *context, neuron_block *blocks, int64_t count, size_t *arena,
                size_t *kept)
{
    RETURN_IF_ERROR(round_sizes(blocks, count));
    *kept = place_kept(blocks, count);
    neuron_block **sorted = neuron_allocate(context, neuron_size(count), sizeof *sorted);
    neuron_block **placed = neuron_allocate(context, neuron_size(count), sizeof *placed);
    if (!sorted || !placed) {
        neuron_release(context, sorted);
        neuron_release(context, placed);
        return NEURON_E_MEMORY;
    }
    int32_t passing = 0;
    for (int32_t i = 0; i < count; i++)
        if (blocks[i].last != NEURON_BLOCK_KEPT)
            sorted[passing++] = &blocks[i];
    neuron_sort(sorted, (size_t)passing, sizeof *sorted, larger_first);
    *arena = 0;
    for (int32_t i = 0; i < passing; i++) {
        neuron_block *block = sorted[i];
        block->offset = find_gap(placed, i, block);
        insert_by_offset(placed, i, block);
        if (block->offset + block->bytes > *arena)
            *arena = block->offset + block->bytes;
    }
    neuron_release(context, placed);
    neuron_release(context, sorted);
    return NEURON_OK;
}
